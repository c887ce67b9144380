"""TypeScript's tokens: literals, names of members and comments, out of any text.

The texts come from files. None of them may end the literal or the comment that
it is put into, and none may hide in the editor (control characters, and those
that turn the direction of writing).
"""

import json
import math
import re
from collections.abc import Iterable
from typing import Final

MAX_LITERAL_DEPTH: Final = 16
"""Arrays and objects within each other of which a type is made, value by value."""

_PLAIN_MEMBER: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*", re.ASCII)
_LINE: Final = re.compile(r"\r\n|[\n\r\u2028\u2029]")
_SHORT_COMMENT: Final = 90


def literal(value: object, depth: int = 0) -> str:
    """The type of a JSON value and of no other: `"draft"`, `12`, `[1, "a"]`."""
    if isinstance(value, str):
        return quoted(value)
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, int | float):
        return _number(value)
    if depth == MAX_LITERAL_DEPTH:
        return "unknown"
    if isinstance(value, list):
        return f"[{', '.join(literal(item, depth + 1) for item in value)}]"
    if isinstance(value, dict):
        members = (f"{member_name(n)}: {literal(v, depth + 1)}" for n, v in value.items())
        return f"{{ {'; '.join(members)} }}" if value else "{}"
    raise TypeError(f"JSON has no {type(value).__name__}.")


def _number(value: float) -> str:
    # What no double holds would be the literal of another number.
    try:
        number = float(value)
    except OverflowError:
        return "number"
    return json.dumps(value) if math.isfinite(number) and number == value else "number"


def quoted(text: str) -> str:
    """A text as a literal."""
    return "".join(map(_escaped, json.dumps(text, ensure_ascii=False)))


def member_name(name: str) -> str:
    """The name of a member of an object, in quotation marks where it needs them."""
    return name if _PLAIN_MEMBER.fullmatch(name) else quoted(name)


def comment(paragraphs: Iterable[str], indentation: str) -> str:
    """A comment that editors show, with a line break behind it; empty where nothing is said."""
    lines: list[str] = []
    for paragraph in paragraphs:
        if lines:
            lines.append("")
        lines += (_in_comment(line).rstrip() for line in _LINE.split(paragraph.strip()))
    if not lines:
        return ""
    if len(lines) == 1 and len(lines[0]) <= _SHORT_COMMENT:
        return f"{indentation}/** {lines[0]} */\n"
    text = "".join(f"{indentation} * {line}".rstrip() + "\n" for line in lines)
    return f"{indentation}/**\n{text}{indentation} */\n"


def _in_comment(line: str) -> str:
    return "".join(map(_escaped, line.replace("\t", " "))).replace("*/", "*\\/")


def _escaped(character: str) -> str:
    r"""The character, as `\u202e` where it is not printable."""
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\u{{{code:x}}}"

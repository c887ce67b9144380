"""JSON as text: strict reading, lossless edits, and kvput's own way of writing it.

Belongs here: what kvput does with the bytes of a JSON text (RFC 8259). Does not
belong here: the grammar (`json_reader`), formats that are turned into JSON
(`json5_text`, `form`), and what the values mean.
"""

import json
import math
import re
from collections.abc import Callable, Iterator
from itertools import islice, repeat

import orjson

from kvput.content import json_reader
from kvput.content.source_text import decode_utf8
from kvput.errors import InvalidContent, MalformedContent

MAX_DEPTH = json_reader.MAX_DEPTH
"""Arrays and objects within each other that `parse` and `dump` take."""

_INDENTED_LEVELS = 16
"""What is nested deeper is written on one line: else a few deep bytes would become many."""

_MOST_INDENTED_PIECES = 65_536
"""What has more (each value is one to three) is written on one line: it is not for reading."""

_BATCH = 4096

# RFC 8259 section 2: white space is space, horizontal tab, line feed, carriage return.
_SPACE = rb"[ \t\n\r]*+"
_EMPTY_SET = re.compile(rb"%(s)b(?:\[%(s)b\]|\{%(s)b\})%(s)b" % {b"s": _SPACE})
_OBJECT_START = re.compile(
    rb'%(s)b\{(?P<gap>%(s)b)(?:\}|"[^"\\]*+(?:\\.[^"\\]*+)*"(?P<colon>%(s)b:%(s)b))'
    % {b"s": _SPACE},
    re.DOTALL,
)


def parse(text: bytes) -> object:
    """Return the value of a JSON text; which values there are, `json_reader.read` says.

    Raises MalformedContent, with line, column and, where known, pointer, when
    `text` is not JSON or is nested deeper than MAX_DEPTH.
    """
    try:
        value: object = orjson.loads(text)
    except orjson.JSONDecodeError:
        pass
    else:
        return value
    # orjson also refuses what the grammar allows: numbers that no double holds and escaped
    # lone surrogates. So its no is only a reason to ask the reader that decides.
    return json_reader.read(decode_utf8(text))


def is_empty_set(text: bytes) -> bool:
    """Say whether `text` is an empty set: zero bytes, `{}` or `[]`, with any white space."""
    return not text or _EMPTY_SET.fullmatch(text) is not None


# --- editing ------------------------------------------------------------------


def insert_first_member(text: bytes, name: str, value: str | int) -> bytes:
    """Return the JSON object `text` with a member put first; every other byte is kept.

    The member is written in the object's own style: its line breaks, its
    indentation, the space around its colons. `text` must be one that `parse`
    took; that it has no such member yet is the caller's to know.

    Raises ValueError when `text` is no object.
    """
    start = _OBJECT_START.match(text)
    if start is None:
        raise ValueError("The text is not a JSON object.")
    gap: bytes = start["gap"]
    colon: bytes | None = start["colon"]
    if colon is None or b"\n" in colon:
        member = _member(name, b": ", value)
    else:
        member = _member(name, colon, value)
    line_start = _last_line(gap)
    if colon is None:
        # The closing brace is all there is to learn from: one level more than it.
        before = line_start + b"  " if line_start else gap
        brace = start.start("gap")
        return text[:brace] + before + member + text[brace:]
    separator = line_start or (b"" if colon.endswith(b":") else b" ")
    first = start.end("gap")
    return text[:first] + member + b"," + separator + text[first:]


def _member(name: str, colon: bytes, value: str | int) -> bytes:
    return _utf8(_quote(name)) + colon + _utf8(_scalar(value))


def _last_line(gap: bytes) -> bytes:
    """Return the last line break in white space and the indentation after it, or nothing."""
    at = gap.rfind(b"\n")
    if at < 0:
        return b""
    return gap[at - 1 :] if gap[:at].endswith(b"\r") else gap[at:]


# --- writing ------------------------------------------------------------------


def dump(value: object) -> bytes:
    """Return `value` as kvput writes JSON of its own: for people and for git.

    Two spaces of indentation, members in their order, characters outside ASCII
    as they are (lone surrogates escaped), a line break at the end. What is large
    or nested deeply has no white space, so that it stays about as large as it came.

    Raises InvalidContent for a number that JSON cannot hold, MalformedContent
    when `value` is nested deeper than MAX_DEPTH, TypeError for what no reader makes.
    """
    indented = list(islice(_pieces(value, _INDENTED_LEVELS), _MOST_INDENTED_PIECES + 1))
    if len(indented) <= _MOST_INDENTED_PIECES:
        return _utf8("".join(indented))
    del indented
    pieces = _pieces(value, 0)
    text = bytearray()
    # Pieces are many and small: all of them at once would take many times their text.
    while batch := "".join(islice(pieces, _BATCH)):
        text += _utf8(batch)
    return bytes(text)


def _pieces(value: object, indented_levels: int) -> Iterator[str]:
    """Write `value`, the outer levels with indentation. No recursion: depth costs no stack."""
    # Outermost first: the children still to be written, what stands between two, what at the end.
    opened: list[tuple[Iterator[tuple[str, object]], str, str]] = []
    before, item = "", value
    while True:
        if isinstance(item, dict | list) and len(opened) == MAX_DEPTH:
            raise MalformedContent(
                f"The content is nested deeper than {MAX_DEPTH} levels: make it flatter."
            )
        if isinstance(item, dict | list) and item:
            opening, comma, colon, closing = _marks(item, len(opened), indented_levels)
            opened.append((_children(item, colon), comma, closing))
            before += opening
        else:
            yield before + _scalar(item)
            before = ""
        while opened:
            children, comma, closing = opened[-1]
            child = next(children, None)
            if child is not None:
                break
            opened.pop()
            yield closing
        else:
            yield "\n"
            return
        name, item = child
        before = (before or comma) + name


def _marks(
    container: dict[str, object] | list[object], depth: int, indented_levels: int
) -> tuple[str, str, str, str]:
    """Return what stands before, between, after the names of, and behind its children."""
    opening, closing = "{}" if isinstance(container, dict) else "[]"
    if depth >= indented_levels:
        return opening, ",", ":", closing
    outer = "\n" + "  " * depth
    inner = outer + "  "
    return opening + inner, "," + inner, ": ", outer + closing


def _children(
    container: dict[str, object] | list[object], colon: str
) -> Iterator[tuple[str, object]]:
    """Return each child with what is written before it."""
    if isinstance(container, dict):
        return ((_quote(name) + colon, child) for name, child in container.items())
    return zip(repeat(""), container, strict=False)


_quote: Callable[[str], str] = json.JSONEncoder(ensure_ascii=False).encode


def _integer(number: int) -> str:
    try:
        return str(number)
    except ValueError:
        # Writing thousands of digits takes quadratic time, so that Python refuses it.
        pass
    raise InvalidContent("An integer has too many digits to be written: send it as a string.")


def _float(number: float) -> str:
    if math.isfinite(number):
        return repr(number)
    # RFC 8259 section 6: "Numeric values that cannot be represented in the grammar below
    # (such as Infinity and NaN) are not permitted."
    raise InvalidContent(f"JSON has no number {number}: send null or a string instead.")


_SCALARS: dict[type, Callable[..., str]] = {
    str: _quote,
    bool: lambda value: "true" if value else "false",
    type(None): lambda _: "null",
    int: _integer,
    float: _float,
    dict: lambda _: "{}",  # Those that are not empty are taken apart.
    list: lambda _: "[]",
}


def _scalar(value: object) -> str:
    write = _SCALARS.get(type(value))
    if write is None:
        raise TypeError(f"JSON has no {type(value).__name__}.")
    return write(value)


def _utf8(text: str) -> bytes:
    """Encode JSON text. UTF-8 has no lone surrogates: they become escapes, which JSON has."""
    return text.encode("utf-8", "backslashreplace")

"""JSON Lines, also called NDJSON: one JSON text on each line.

Belongs here: where the lines are. Does not belong here: the grammar of JSON
(`json_text`), and what becomes of the values.
"""

import re
from collections.abc import Iterator

from kvput.content import json_text
from kvput.errors import MalformedContent

# RFC 8259 section 2: white space is space, horizontal tab, line feed, carriage return.
_SPACE = re.compile(rb"[ \t\n\r]*+")


def parse(text: bytes) -> Iterator[tuple[int, bytes, object]]:
    """Read one line after the other: its number from 1, its bytes, and the value that they hold.

    Lines end at a line feed, or a carriage return and a line feed, which are no
    part of the bytes. Blank lines are passed over.

    Raises MalformedContent, with line, column and, where known, pointer, at the
    first line that is no JSON text.
    """
    number, at = 1, 0
    while at < len(text):
        skipped = _SPACE.match(text, at)
        begin = at if skipped is None else skipped.end()
        if begin == len(text):
            return
        number += text.count(b"\n", at, begin)
        # The spaces before a value on its own line belong to it.
        start = max(at, text.rfind(b"\n", at, begin) + 1)
        end = text.find(b"\n", begin)
        end = len(text) if end < 0 else end
        line = text[start:end].removesuffix(b"\r")
        yield number, line, _value(line, number)
        number, at = number + 1, end + 1


def _value(line: bytes, number: int) -> object:
    try:
        return json_text.parse(line)
    except MalformedContent as error:
        malformed = error
    raise MalformedContent(
        f"{malformed.detail} Each line is to hold a whole JSON text.",
        line=number,
        column=malformed.column,
        pointer=malformed.pointer,
    )

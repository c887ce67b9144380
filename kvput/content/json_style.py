"""The white space of a JSON text: learned from what stands there, and used for what is added.

Belongs here: where lines break, how they are indented, and what surrounds
commas and colons. Does not belong here: where values stand (`json_slices`), and
how kvput writes JSON of its own (`json_text.dump`).
"""

import re
from dataclasses import dataclass
from typing import Final

_LARGEST_REWRITTEN: Final = 256 * 1024
"""Bytes; a larger value keeps the white space that it came with: nobody reads it."""

_MOST_INDENTATION: Final = 64
"""Bytes; what stands deeper is written on one line: else a few deep bytes would become many."""

_STRING: Final = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_TOKEN: Final = re.compile(rb'%s|[][{},:]|[^][{},:" \t\n\r]++' % _STRING, re.DOTALL)
_STRING_OR_SPACE: Final = re.compile(rb"(%s)|[ \t\n\r]++" % _STRING, re.DOTALL)


@dataclass(frozen=True, slots=True)
class Style:
    """How the items of one array or object are written.

    `newline` is the line break before an item, with its indentation; empty where
    items share one line. `closing` is the same of the line on which the closing
    bracket stands. `unit` is one level of indentation, `separator` what stands
    between two items, `comma` what does so on one line, `colon` what follows a
    name, `pad` what stands inside the braces of an object on one line. `flat` says
    that each item stands on one line, also one that is an array or object.
    """

    newline: bytes
    closing: bytes
    unit: bytes
    separator: bytes
    comma: bytes
    colon: bytes
    pad: bytes
    flat: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """What there is to learn from in an array or object; None where it has no such thing.

    `gap` is the white space behind the opening bracket, `end` that before the
    closing one, None when it is empty; `separator` and `colon` are the last ones.
    `flat` says that the last item is an array or object on one line.
    """

    gap: bytes
    end: bytes | None
    separator: bytes | None
    colon: bytes | None
    is_object: bool
    flat: bool


def learn(layout: Layout, parent: Style) -> Style:
    """The style of an array or object that stands in one of the style `parent`."""
    is_empty = layout.end is None
    closing = last_line(layout.end if layout.end is not None else layout.gap) or parent.newline
    newline = _newline(layout, closing)
    unit = b"\t" if newline.endswith(b"\t") else parent.unit
    if is_empty and newline:
        newline += unit
    elif closing and newline.startswith(closing):
        unit = newline[len(closing) :]
    colon = layout.colon or parent.colon
    if b"\n" in colon:
        colon = b": "
    separator = _separator(layout, newline, colon)
    pad = parent.pad
    if layout.is_object and b"\n" not in layout.gap and (layout.gap or not is_empty):
        pad = layout.gap
    return Style(
        newline=newline,
        closing=closing,
        unit=unit,
        separator=separator,
        comma=_comma(colon) if b"\n" in separator else separator,
        colon=colon,
        pad=pad,
        flat=layout.flat,
    )


def _newline(layout: Layout, closing: bytes) -> bytes:
    """The line break before an item; where there is none yet, that of the closing bracket."""
    if layout.separator is not None:
        return last_line(layout.separator.partition(b",")[2])
    return closing if layout.end is None else last_line(layout.gap)


def _separator(layout: Layout, newline: bytes, colon: bytes) -> bytes:
    if newline:
        return b"," + newline
    if layout.separator is not None and b"\n" not in layout.separator.partition(b",")[2]:
        return layout.separator
    return _comma(colon)


def _comma(colon: bytes) -> bytes:
    # What is written without a space behind colons has none behind commas.
    return b"," if colon.endswith(b":") else b", "


def last_line(space: bytes) -> bytes:
    """The last line break in white space and the indentation after it, or nothing."""
    at = space.rfind(b"\n")
    if at < 0:
        return b""
    return space[at - 1 :] if space[:at].endswith(b"\r") else space[at:]


def same_tokens(one: bytes, other: bytes) -> bool:
    """Whether two JSON texts differ in white space alone; large ones, whether not at all."""
    if one == other:
        return True
    if max(len(one), len(other)) > _LARGEST_REWRITTEN:
        return False
    # Most are told apart by what can be counted quickly.
    if any(one.count(mark) != other.count(mark) for mark in (b'"', b",", b":")):
        return False
    return _STRING_OR_SPACE.sub(rb"\1", one) == _STRING_OR_SPACE.sub(rb"\1", other)


def rewritten(text: bytes, style: Style, closing: bytes) -> bytes:
    """A JSON value in another style: its tokens are kept, its white space is not.

    `closing` is the line break with the indentation of the line on which its
    closing bracket is to stand; empty for all on one line.
    """
    if len(text) > _LARGEST_REWRITTEN:
        return text
    pieces: list[bytes] = []
    level, opened = 0, b""
    for token in _TOKEN.findall(text):
        if token in b"]}":
            level -= 1
            # An empty container stays so.
            pieces.append(b"" if opened else _inside(token, level, style, closing))
            opened = b""
        elif opened:
            pieces.append(_inside(opened, level, style, closing))
            opened = b""
        if token == b",":
            line = _line(level, style, closing)
            pieces.append(b"," + line if line else style.comma)
        else:
            pieces.append(style.colon if token == b":" else token)
        if token in b"[{":
            level += 1
            opened = token
    return b"".join(pieces)


def _inside(bracket: bytes, level: int, style: Style, closing: bytes) -> bytes:
    """The white space on the inner side of a bracket of a container that is not empty."""
    pad = style.pad if bracket in b"{}" else b""
    inner = level if bracket in b"[{" else level + 1
    return _line(level, style, closing) if _line(inner, style, closing) else pad


def _line(level: int, style: Style, closing: bytes) -> bytes:
    """The line break before what stands `level` levels inside; empty where no line breaks."""
    line = closing + style.unit * level if closing else b""
    return line if len(line) <= _MOST_INDENTATION else b""


def reindented(text: bytes, closing: bytes) -> bytes:
    """A JSON value with the lines that it has, moved to another indentation.

    `closing` is the line break with the indentation of the line on which its
    closing bracket is to stand.
    """
    if b"\n" not in text or not _MOST_INDENTATION >= len(closing) > 0:
        return text
    if len(text) > _LARGEST_REWRITTEN:
        return text
    line = text.rpartition(b"\n")[2]
    before = line[: len(line) - len(line.lstrip(b" \t"))]
    # A line break can stand between tokens only: in a string it is escaped.
    return text.replace(b"\n" + before, b"\n" + closing.rpartition(b"\n")[2])

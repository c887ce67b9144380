"""Values inside a JSON text, found without parsing it: where each stands and what is in it.

Belongs here: taking a text apart that `json_text.parse` has taken, so that its
grammar need not be looked at again. Does not belong here: changing it
(`json_document`), and what its white space tells of its author (`json_style`).

The brackets of a text are paired once, so that each later question costs no
more than what it is about, however deep it lies.
"""

import json
import re
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

SPACE: Final = b" \t\n\r"
"""RFC 8259 section 2: white space is space, horizontal tab, line feed, carriage return."""

# Quantifiers are possessive: the texts are valid, so that nothing is to be tried twice.
_GAP: Final = rb"[ \t\n\r]*+"
_STRING: Final = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_SCALAR: Final = rb'(?:%s|[^][{}," \t\n\r]++)' % _STRING
_COMMA: Final = _GAP + b"," + _GAP
_COLON: Final = _GAP + b":" + _GAP

_space: Final = re.compile(_GAP)
_scalar: Final = re.compile(_SCALAR, re.DOTALL)
_head: Final = re.compile(b"(%s)(%s)" % (_STRING, _COLON), re.DOTALL)
_after: Final = re.compile(b"%s(,%s)?" % (_GAP, _GAP))
# Strings are passed over inside the expression, so that one match is one bracket.
_bracket: Final = re.compile(rb'[^][{}"]*+(?:%s[^][{}"]*+)*+([][{}])' % _STRING, re.DOTALL)
# Items that are scalars, each with the comma behind it, are taken by the thousands at once.
_element: Final = re.compile(_SCALAR + _COMMA, re.DOTALL)
_elements: Final = re.compile(b"(?:%s%s)*+" % (_SCALAR, _COMMA), re.DOTALL)
_member: Final = re.compile(b"((%s)%s%s%s)" % (_STRING, _COLON, _SCALAR, _COMMA), re.DOTALL)
_members: Final = re.compile(b"(?:%s%s%s%s)*+" % (_STRING, _COLON, _SCALAR, _COMMA), re.DOTALL)

_OPENING: Final = b"[{"
_KINDS: Final = {
    b"{": "an object",
    b"[": "an array",
    b'"': "a text",
    b"t": "true",
    b"f": "false",
    b"n": "null",
}


class Source:
    """A JSON text, and which closing bracket belongs to which opening one."""

    __slots__ = ("_closings", "_openings", "text")

    def __init__(self, text: bytes) -> None:
        self.text = text
        self._openings: array[int] | None = None
        self._closings: array[int] = array("q")

    def closing(self, opening: int) -> int:
        """The offset of the bracket that closes the one at the offset `opening`."""
        if self._openings is None:
            self._openings = self._pair()
        return self._closings[bisect_left(self._openings, opening)]

    def _pair(self) -> "array[int]":
        openings, opened = array("q"), []
        for match in _bracket.finditer(self.text):
            at = match.start(1)
            if self.text[at] in _OPENING:
                opened.append(len(openings))
                openings.append(at)
                self._closings.append(-1)
            else:
                self._closings[opened.pop()] = at
                # Behind the last one no match would be found, at each place anew.
                if not opened:
                    break
        return openings


class Value(NamedTuple):
    """A JSON value: from `start` up to `end` in a text, without white space around it."""

    source: Source
    start: int
    end: int

    @property
    def text(self) -> bytes:
        """The value's own bytes."""
        return self.source.text[self.start : self.end]

    @property
    def is_object(self) -> bool:
        """Whether it is an object."""
        return self.source.text.startswith(b"{", self.start)

    @property
    def is_array(self) -> bool:
        """Whether it is an array."""
        return self.source.text.startswith(b"[", self.start)

    @property
    def is_flat(self) -> bool:
        """Whether it is an array or object, not empty, that stands on one line."""
        text = self.text
        return text[0] in _OPENING and b"\n" not in text and text[1:-1].strip(SPACE) != b""

    @property
    def kind(self) -> str:
        """What it is, in words for an error's sentence."""
        return _KINDS.get(self.source.text[self.start : self.start + 1], "a number")

    def members(self) -> Iterator[tuple[str, "Value"]]:
        """An object's members in their order; of those with one name, the last alone."""
        parts = split(self)
        last = dict(zip(parts.names, range(len(parts.names)), strict=True))
        for index, (name, item) in enumerate(zip(parts.names, parts.items, strict=True)):
            if last[name] == index:
                yield name, as_item(item, is_object=True).value

    def names(self) -> list[str]:
        """The names of an object's members in their order, each as often as it stands there."""
        return split(self).names

    def elements(self) -> Iterator["Value"]:
        """An array's elements."""
        return (as_item(item, is_object=False).value for item in split(self).items)


def value_in(text: bytes) -> Value:
    """The value of a whole JSON text, white space around it or not."""
    start = len(text) - len(text.lstrip(SPACE))
    return Value(Source(text), start, len(text.rstrip(SPACE)))


class Item(NamedTuple):
    """An element, or a member, in a container.

    `head` is a member's name and its colon, with all white space, empty in an
    array; `separator` the comma behind the value, with all white space.
    """

    head: bytes
    value: Value
    separator: bytes


@dataclass(slots=True)
class Parts:
    """What an array or an object is made of.

    `gap` is the white space behind the opening bracket, `end` that before the
    closing one. An item that is bytes is a scalar with its head and separator.
    The last item has no separator. `names` is empty for an array.
    """

    gap: bytes
    names: list[str]
    items: list[bytes | Item]
    end: bytes


def split(container: Value) -> Parts:
    """Take an array or an object apart, and nothing in it."""
    source, is_object = container.source, container.is_object
    text = source.text
    at = _end(_space, text, container.start + 1)
    parts = Parts(text[container.start + 1 : at], [], [], b"")
    last = container.end - 1
    while at < last:
        at = _take_scalars(parts, text, at, is_object=is_object)
        start = _end(_head, text, at) if is_object else at
        end = source.closing(start) + 1 if text[start] in _OPENING else _end(_scalar, text, start)
        after = _match(_after, text, end)
        head = text[at:start]
        if is_object:
            parts.names.append(_name(_match(_head, head, 0)[1]))
        separator = after[0] if after[1] else b""
        parts.items.append(Item(head, Value(source, start, end), separator))
        parts.end = b"" if after[1] else after[0]
        at = after.end()
    return parts


def _take_scalars(parts: Parts, text: bytes, at: int, *, is_object: bool) -> int:
    """Take the scalars from `at` on that have a comma behind them; return where they end."""
    if is_object:
        stop = _end(_members, text, at)
        if stop > at:
            found: list[tuple[bytes, bytes]] = _member.findall(text, at, stop)
            parts.items += [item for item, _ in found]
            parts.names += [_name(name) for _, name in found]
        return stop
    stop = _end(_elements, text, at)
    if stop > at:
        parts.items += _element.findall(text, at, stop)
    return stop


def as_item(item: bytes | Item, *, is_object: bool) -> Item:
    """An item as such, where it is still the bytes of a scalar with its head and separator."""
    if isinstance(item, Item):
        return item
    start = _end(_head, item, 0) if is_object else 0
    end = _end(_scalar, item, start)
    return Item(item[:start], Value(Source(item[start:end]), 0, end - start), item[end:])


def colon_of(member: Item) -> bytes:
    """The colon of a member, with the white space around it."""
    return _match(_head, member.head, 0)[2]


def first_colon(value: Value) -> bytes | None:
    """The colon of an object's first member; None for what is no object, or empty."""
    if not value.is_object:
        return None
    text = value.source.text
    head = _head.match(text, _end(_space, text, value.start + 1))
    return None if head is None else head[2]


def separator_of(item: bytes | Item) -> bytes:
    """The comma behind an item that has one, with the white space around it."""
    return item.separator if isinstance(item, Item) else item[len(_without_comma(item)) :]


def with_separator(item: bytes | Item, separator: bytes) -> bytes | Item:
    """An item with another separator; one that is bytes must have one."""
    if isinstance(item, Item):
        return item._replace(separator=separator)
    return _without_comma(item) + separator


def _without_comma(item: bytes) -> bytes:
    return item.rstrip(SPACE)[:-1].rstrip(SPACE)


def _name(token: bytes) -> str:
    name: str = json.loads(token) if b"\\" in token else token[1:-1].decode()
    return name


def _end(pattern: re.Pattern[bytes], text: bytes, at: int) -> int:
    return _match(pattern, text, at).end()


def _match(pattern: re.Pattern[bytes], text: bytes, at: int) -> re.Match[bytes]:
    match = pattern.match(text, at)
    if match is None:
        raise ValueError("the text is not JSON")
    return match

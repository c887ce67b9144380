"""Arrays and objects of a JSON text that are being edited: the tree behind `json_document`.

Belongs here: one container taken apart, its items, and how a new item is fitted
in between them. Does not belong here: paths of several tokens (`json_document`).

Of members with one name, an edit applies to the last, which is the one that
parsers see; removing it removes all of them, for else an old value would come back.
"""

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Final

from kvput.content.json_slices import (
    Item,
    Parts,
    Value,
    as_item,
    colon_of,
    first_colon,
    separator_of,
    split,
    value_in,
    with_separator,
)
from kvput.content.json_style import (
    Layout,
    Style,
    learn,
    reindented,
    rewritten,
    same_tokens,
)
from kvput.content.room import Room
from kvput.content.source_text import shown

# RFC 6901 section 4: an array index is "0" or digits without a leading "0".
_INDEX: Final = re.compile("0|[1-9][0-9]*", re.ASCII)
_MOST_DIGITS: Final = 15
_BEHIND_THE_LAST: Final = "-"
_encode: Final = json.JSONEncoder(ensure_ascii=False).encode


class PlaceMissingError(Exception):
    """An edit names a place that is not there; `place` are the tokens that lead to it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.place: tuple[str, ...] = ()


@dataclass(slots=True, eq=False)
class Branch:
    """An item whose value has been taken apart."""

    head: bytes
    container: "Container"
    separator: bytes


_Held = bytes | Item | Branch
"""An item as a container holds it: the bytes of a scalar, a value in a text, or taken apart."""


class Container(ABC):
    """An array or an object that has been taken apart.

    Its methods take a token of a JSON Pointer: a member's name, or an index.
    All raise PlaceMissingError when there is no such place.
    """

    def __init__(self, parts: Parts, style: Style, room: Room) -> None:
        self._style = style
        self._room = room
        is_empty = not parts.items
        self._empty = parts.gap if is_empty else b""
        self._gap = (style.newline or style.pad) if is_empty else parts.gap
        self._end = ((style.newline and style.closing) or style.pad) if is_empty else parts.end

    def value(self, token: str) -> Value:
        """The value at a place as it is now."""
        return self._item(token).value

    def enter(self, token: str) -> "Container":
        """The container at a place, taken apart."""
        held = self._get(token)
        if not isinstance(held, Branch):
            item = self._item(token)
            container = open_container(item.value, self._style, self._room)
            held = Branch(item.head, container, item.separator)
            self._set(token, held)
        return held.container

    def replace(self, token: str, text: bytes, *, moved: bool = False) -> None:
        """Put a value in the place of one; if their tokens are the same, nothing changes.

        The tokens of `text` stay as they are. Its white space is written anew, or, where it
        was moved from another place in the same text, shifted to its new indentation.
        """
        item = self._item(token)
        old = item.value.text
        if old == text or (not moved and same_tokens(old, text)):
            return
        new = self._fitted(text, moved=moved, flat=item.value.is_flat)
        self._room.take(len(new) - len(old))
        self._set(token, item._replace(value=value_in(new)))

    def in_its_style(self, text: bytes) -> bytes:
        """A value that is to take the place of the container itself, written as it is."""
        return rewritten(text, self._style, self._style.newline and self._style.closing)

    @abstractmethod
    def add(self, token: str, text: bytes, *, moved: bool = False) -> None:
        """Add a value as RFC 6902 section 4.1 does: an array's elements make room for it."""

    @abstractmethod
    def remove(self, token: str) -> None:
        """Take an item away."""

    @abstractmethod
    def _get(self, token: str) -> _Held:
        """What is held at a place."""

    @abstractmethod
    def _set(self, token: str, held: _Held) -> None:
        """Hold something else at a place where something is held."""

    @abstractmethod
    def _all(self) -> Iterable[_Held]:
        """All that is held, in order."""

    _brackets: ClassVar[tuple[bytes, bytes]]

    def pieces(self) -> Iterator[_Held]:
        """What its text is made of, in order."""
        held = list(self._all())
        opening, closing = self._brackets
        if not held:
            yield opening + self._empty + closing
            return
        yield opening + self._gap
        yield from held[:-1]
        last = held[-1]
        if isinstance(last, Branch):
            yield replace(last, separator=b"")
        else:
            yield with_separator(last, b"")
        yield self._end + closing

    def _item(self, token: str) -> Item:
        """The item at a place, and hold it as such."""
        held = self._get(token)
        if isinstance(held, Branch):
            item = Item(held.head, value_in(text_of(held.container)), held.separator)
        else:
            item = as_item(held, is_object=isinstance(self, ObjectContainer))
        self._set(token, item)
        return item

    def _new_item(self, head: bytes, text: bytes, *, moved: bool) -> Item:
        fitted = self._fitted(text, moved=moved, flat=self._style.flat)
        item = Item(head, value_in(fitted), self._style.separator)
        self._room.take(_length(item))
        return item

    def _fitted(self, text: bytes, *, moved: bool, flat: bool) -> bytes:
        if text[0] not in b"[{":
            return text
        newline = self._style.newline
        if moved and (newline or b"\n" not in text):
            return reindented(text, newline)
        return rewritten(text, self._style, b"" if flat else newline)


class ObjectContainer(Container):
    """An object that has been taken apart."""

    _brackets = (b"{", b"}")

    def __init__(self, parts: Parts, style: Style, room: Room) -> None:
        super().__init__(parts, style, room)
        # The last member of a name stands under the name, earlier ones beside a number.
        self._members: dict[str | tuple[str, int], _Held] = {}
        self._earlier: dict[str, int] = {}
        last = dict(zip(parts.names, range(len(parts.names)), strict=True))
        for index, (name, item) in enumerate(zip(parts.names, parts.items, strict=True)):
            if last[name] == index:
                self._members[name] = item
            else:
                number = self._earlier[name] = self._earlier.get(name, 0) + 1
                self._members[name, number] = item

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def add(self, token: str, text: bytes, *, moved: bool = False) -> None:
        if token in self._members:
            self.replace(token, text, moved=moved)
            return
        # UTF-8 has no lone surrogates: they become escapes.
        head = _encode(token).encode("utf-8", "backslashreplace") + self._style.colon
        self._members[token] = self._new_item(head, text, moved=moved)

    def remove(self, token: str) -> None:
        self._room.take(-_length(self._get(token)))
        del self._members[token]
        for number in range(1, self._earlier.pop(token, 0) + 1):
            self._room.take(-_length(self._members.pop((token, number))))

    def object_at(self, name: str) -> "ObjectContainer":
        """The object under a name; an empty one is put there where there is none."""
        container = self.enter(name) if self._holds_object(name) else None
        if isinstance(container, ObjectContainer):
            return container
        self.add(name, b"{}")
        return self.object_at(name)

    def _holds_object(self, name: str) -> bool:
        held = self._members.get(name)
        if held is None or isinstance(held, bytes):
            return False
        return isinstance(held, Branch) or held.value.is_object

    def _get(self, token: str) -> _Held:
        held = self._members.get(token)
        if held is None:
            raise PlaceMissingError(f"the object there has no member {shown(token)}")
        return held

    def _set(self, token: str, held: _Held) -> None:
        self._members[token] = held

    def _all(self) -> Iterable[_Held]:
        return self._members.values()


class ArrayContainer(Container):
    """An array that has been taken apart."""

    _brackets = (b"[", b"]")

    def __init__(self, parts: Parts, style: Style, room: Room) -> None:
        super().__init__(parts, style, room)
        self._elements: list[_Held] = [*parts.items]

    def add(self, token: str, text: bytes, *, moved: bool = False) -> None:
        # RFC 6902 section 4.1: "If the "-" character is used to index the end of the array
        # [...], this has the effect of appending the value to the array." And: "The specified
        # index MUST NOT be greater than the number of elements in the array."
        count = len(self._elements)
        index = count if token == _BEHIND_THE_LAST else self._index(token, count + 1)
        self._elements.insert(index, self._new_item(b"", text, moved=moved))

    def remove(self, token: str) -> None:
        index = self._index(token, len(self._elements))
        self._room.take(-_length(self._elements.pop(index)))

    def _get(self, token: str) -> _Held:
        return self._elements[self._index(token, len(self._elements))]

    def _set(self, token: str, held: _Held) -> None:
        self._elements[int(token)] = held

    def _all(self) -> Iterable[_Held]:
        return self._elements

    def _index(self, token: str, stop: int) -> int:
        if token == _BEHIND_THE_LAST:
            raise PlaceMissingError("the place behind an array's last element is empty")
        if not _INDEX.fullmatch(token):
            raise PlaceMissingError(f"{shown(token)} is no index of the array there")
        index = int(token) if len(token) <= _MOST_DIGITS else stop
        if index >= stop:
            count = len(self._elements)
            raise PlaceMissingError(f"{shown(token)} is too high for the array of {count} there")
        return index


def open_container(value: Value, parent: Style, room: Room) -> Container:
    """Take the array or object apart that stands in a container of the style `parent`."""
    if not value.is_object and not value.is_array:
        raise PlaceMissingError(f"{value.kind} stands there, which has nothing in it")
    parts = split(value)
    items = parts.items
    last = as_item(items[-1], is_object=value.is_object) if items else None
    layout = Layout(
        gap=parts.gap,
        end=None if last is None else parts.end,
        separator=separator_of(items[-2]) if len(items) > 1 else None,
        colon=None if last is None else colon_of(last) if last.head else first_colon(last.value),
        is_object=value.is_object,
        flat=last is not None and last.value.is_flat,
    )
    style = learn(layout, parent)
    if last is not None:
        # Each item is held with a separator, so that it does not matter which is the last.
        items[-1] = with_separator(last, style.separator)
    return (ObjectContainer if value.is_object else ArrayContainer)(parts, style, room)


def text_of(container: Container) -> bytes:
    """The container's text as it is now. No recursion: depth costs no stack."""
    pieces: list[bytes] = []
    waiting: list[_Held | Container] = [container]
    while waiting:
        match waiting.pop():
            case bytes() as piece:
                pieces.append(piece)
            case Item(head, value, separator):
                pieces += (head, value.text, separator)
            case Branch(head, inner, separator):
                pieces.append(head)
                waiting += (separator, inner)
            case Container() as inner:
                waiting += reversed(list(inner.pieces()))
    return b"".join(pieces)


def _length(held: _Held) -> int:
    match held:
        case bytes():
            return len(held)
        case Item(head, value, separator):
            return len(head) + value.end - value.start + len(separator)
        case Branch(head, container, separator):
            return len(head) + len(text_of(container)) + len(separator)

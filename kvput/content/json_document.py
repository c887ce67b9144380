"""The lossless editor of JSON texts: what an edit does not touch keeps every byte.

Belongs here: adding, replacing, removing, moving and copying values in a text
that `json_text.parse` has taken, addressed by the tokens of a JSON Pointer (RFC
6901). Does not belong here: how an array or object holds its items
(`json_containers`), and what a patch document means (`kvput.patching`).

Only those arrays and objects are taken apart that an edit goes through. What is
added is written in the style of what surrounds it.
"""

from collections.abc import Callable
from typing import Final, TypeVar

from kvput.content.json_containers import (
    ArrayContainer,
    Container,
    ObjectContainer,
    PlaceMissingError,
)
from kvput.content.json_slices import SPACE, Item, Parts, Value, value_in
from kvput.content.json_style import Style, reindented, same_tokens
from kvput.content.room import Room

_T = TypeVar("_T")

Tokens = tuple[str, ...]
"""The tokens of a JSON Pointer; none for the whole document."""

_WHOLE: Final = "0"
_OUTSIDE: Final = Style(
    newline=b"",
    closing=b"",
    unit=b"  ",
    separator=b", ",
    comma=b", ",
    colon=b": ",
    pad=b"",
    flat=False,
)
"""How a text is written that tells nothing of it."""


class Document:
    """A JSON text that is being edited.

    Where a method names no place that is there, it raises PlaceMissingError;
    where it would make the text far too large, ContentTooLarge.
    """

    def __init__(self, text: bytes, limit: int) -> None:
        """`text` is one that `json_text.parse` takes; `limit`, in bytes, is for what it becomes."""
        whole = value_in(text)
        self._before, self._after = text[: whole.start], text[whole.end :]
        self._room = Room(len(text), limit)
        self._outside = self._around(whole)

    def text(self) -> bytes:
        """The text as it is now. Raises ContentTooLarge when it is larger than the limit."""
        text = self._before + self.value(()).text + self._after
        self._room.require(len(text))
        return text

    def value(self, place: Tokens) -> Value:
        """The value at a place as it is now."""
        return self._at(place, lambda container, token: container.value(token))

    def root_object(self) -> ObjectContainer:
        """The whole value, which becomes an empty object where it is none."""
        if not self.value(()).is_object:
            self._replace_whole(b"{}")
        container = self._outside.enter(_WHOLE)
        if not isinstance(container, ObjectContainer):
            raise TypeError("what has just been found to be an object is one")
        return container

    def add(self, place: Tokens, text: bytes) -> None:
        """Add a value, a JSON text without white space around it, as RFC 6902 section 4.1 does."""
        self._add(place, text, moved=False)

    def replace(self, place: Tokens, text: bytes) -> None:
        """Put a value, a JSON text without white space around it, in the place of one."""
        if place:
            self._at(place, lambda container, token: container.replace(token, text))
        else:
            self._replace_whole(text)

    def remove(self, place: Tokens) -> None:
        """Take a value away; ValueError for the whole document, which has no place to leave."""
        if not place:
            raise ValueError("the whole document cannot be removed from itself")
        self._at(place, lambda container, token: container.remove(token))

    def copy(self, source: Tokens, place: Tokens) -> None:
        """Add a copy of the value at `source`, with the line breaks that it has there."""
        self._add(place, self.value(source).text, moved=True)

    def move(self, source: Tokens, place: Tokens) -> None:
        """Take the value at `source` away and add it, with the line breaks that it has there."""
        text = self.value(source).text
        if source != place:
            self.remove(source)
            self._add(place, text, moved=True)

    def _add(self, place: Tokens, text: bytes, *, moved: bool) -> None:
        if place:
            self._at(place, lambda container, token: container.add(token, text, moved=moved))
        else:
            self._replace_whole(text)

    def _replace_whole(self, text: bytes) -> None:
        old = self.value(())
        if same_tokens(old.text, text):
            return
        if old.text[0] in b"[{" and old.text[1:-1].strip(SPACE):
            text = self._outside.enter(_WHOLE).in_its_style(text)
        else:
            text = reindented(text, b"\n")
        self._room.take(len(text) - (old.end - old.start))
        self._outside = self._around(value_in(text))

    def _around(self, whole: Value) -> ArrayContainer:
        """The whole value as the one element of an array that is never shown."""
        return ArrayContainer(Parts(b"", [], [Item(b"", whole, b"")], b""), _OUTSIDE, self._room)

    def _at(self, place: Tokens, act: Callable[[Container, str], _T]) -> _T:
        container: Container = self._outside
        token, depth = _WHOLE, 0
        try:
            for following in place:
                container = container.enter(token)
                token = following
                depth += 1
            return act(container, token)
        except PlaceMissingError as error:
            error.place = place[:depth]
            raise

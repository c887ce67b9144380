"""Names of fields as places in an object: `a[b][0]` is the first item of the member b of a.

Belongs here: how such a name is read, and the object that fields with such
names make. Does not belong here: where the fields come from (`form`,
`multipart`, `csv_text`), and what their texts mean (`text_types`).
"""

import re
from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, TypeVar

from kvput.content.source_text import shown

MAX_DEPTH = 32
"""Places within each other that a name can lead through."""

MAX_ITEMS = 10_000
"""Items of a list whose names have numbers."""

MAX_MISSING = 100
"""Numbers that may be missing in such a list. More are rather years or ids: names, not places."""

_T = TypeVar("_T")

_BRACKETS = r"\[[^\[\]]*+\]"
_NAME = re.compile(rf"([^\[\]]++)((?:{_BRACKETS})*)")
# No digit first: "Version 2.0" is one name, and so is "incl. tax".
_WORD = r"[^\W\d][\w-]*+"
_DOTTED = re.compile(rf"{_WORD}(?:\.{_WORD}|{_BRACKETS})*")
_PLACE = re.compile(rf"{_BRACKETS}|[^.\[\]]++")
_INDEX = re.compile("0|[1-9][0-9]*+", re.ASCII)


class MisplacedField(ValueError):
    """A field cannot stand where its name says; the text is the sentence that says why."""


class _Kind(Enum):
    """What stands at a place, in the words of an error."""

    VALUE = "a value"
    LIST = "a list of values"
    NAMED = "an object"
    NUMBERED = "a list with numbers"


@dataclass(slots=True)
class _Node(Generic[_T]):
    kind: _Kind
    name: str
    children: "dict[str | int, _Node[_T]]" = field(default_factory=dict)
    values: list[_T] = field(default_factory=list)


class Members(Generic[_T]):
    """The object that fields make, one after the other.

    A name that repeats has a list of its values, one that ends in `[]` always
    has a list. `a[b]` is a member, `a[0]` an item: gaps between numbers are
    closed. With `dots`, names of words are split at their dots too (`a.b`).
    A name that is not written so is a member's name as it is.
    """

    __slots__ = ("_dots", "_root")

    def __init__(self, *, dots: bool = False) -> None:
        self._dots = dots
        self._root: _Node[_T] = _Node(_Kind.NAMED, "")

    def add(self, name: str, value: _T) -> None:
        """Put a field's value where its name says.

        Raises MisplacedField where something of another kind stands already, and for a name
        that leads too deep, has too high a number, or has `[]` before its end.
        """
        places, leaf = _places(name, self._dots)
        node = self._root
        for depth, place in enumerate(places, start=1):
            kind = leaf if depth == len(places) else _kind_around(places[depth])
            child = node.children.get(place)
            if child is None:
                child = node.children[place] = _Node(kind, str(place))
            elif child.kind is not kind:
                raise MisplacedField(
                    f"The field {shown(name)} makes {shown(child.name)} {kind.value}, but an "
                    f"earlier field has made it {child.kind.value}: give one of them another name."
                )
            node = child
        node.values.append(value)

    def finish(self) -> dict[str, object]:
        """The object, its members in the order in which they came.

        Raises MisplacedField for a list in which too many numbers are missing.
        """
        return {str(name): _value(child) for name, child in self._root.children.items()}


def _value(node: _Node[_T]) -> object:
    match node.kind:
        case _Kind.VALUE:
            return node.values[0] if len(node.values) == 1 else node.values
        case _Kind.LIST:
            return node.values
        case _Kind.NAMED:
            return {name: _value(child) for name, child in node.children.items()}
        case _Kind.NUMBERED:
            numbered = sorted((int(place), child) for place, child in node.children.items())
            if numbered[-1][0] >= len(numbered) + MAX_MISSING:
                raise MisplacedField(
                    f"The list {shown(node.name)} has the number {numbered[-1][0]}, which leaves "
                    f"more than {MAX_MISSING} places before it empty: number the items from 0, or "
                    "use names that are no numbers."
                )
            return [_value(child) for _, child in numbered]


def _places(name: str, dots: bool) -> tuple[tuple[str | int, ...], _Kind]:
    """The places that a name leads through, and what stands at the last one."""
    pieces = _pieces(name, dots)
    if len(pieces) > MAX_DEPTH:
        raise MisplacedField(
            f"The field {shown(name)} lies deeper than {MAX_DEPTH} levels: make the content "
            "flatter, or send it as application/json."
        )
    leaf = _Kind.VALUE
    if pieces[1:] and not pieces[-1]:
        pieces.pop()
        leaf = _Kind.LIST
    if not all(pieces[1:]):
        raise MisplacedField(
            f"The field {shown(name)} has [] before its end: number the items, as in a[0][b]."
        )
    return (pieces[0], *(_place(name, piece) for piece in pieces[1:])), leaf


def _pieces(name: str, dots: bool) -> list[str]:
    if dots and _DOTTED.fullmatch(name):
        return [piece.strip("[]") for piece in _PLACE.findall(name)]
    match = _NAME.fullmatch(name)
    if match is None:
        return [name]
    return [match[1], *match[2][1:-1].split("][")] if match[2] else [name]


def _place(name: str, piece: str) -> str | int:
    if not _INDEX.fullmatch(piece):
        return piece
    if len(piece) > len(str(MAX_ITEMS)) or int(piece) >= MAX_ITEMS:
        raise MisplacedField(
            f"The field {shown(name)} has the number {shown(piece)}, but lists of fields end at "
            f"{MAX_ITEMS - 1}: number the items from 0, or use names that are no numbers."
        )
    return int(piece)


def _kind_around(place: str | int) -> _Kind:
    return _Kind.NUMBERED if isinstance(place, int) else _Kind.NAMED

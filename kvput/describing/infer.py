"""A JSON Schema told from values: one that all of them meet, as a person would write it.

Belongs here: what values have in common, member by member. What texts have in
common is in `texts`. Values are added one by one, and what is kept of them does
not grow with their number: there are bounds on the depth, on the members of one
object and on all places together. What is beyond them, the schema leaves open.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from kvput.describing.texts import Texts

MAX_DEPTH: Final = 32
"""Arrays and objects within each other that are looked into."""

MAX_PROPERTIES: Final = 200
"""An object with more members than these, over all values, is a dictionary: its names are data."""

MAX_PLACES: Final = 5_000
"""Places in a value (`/tags`, an item of it, `/author/name`) of which something is said."""

# JSON Schema, Core, section 6.1.1. In this order a schema names the types: null comes last.
_TYPE_NAMES: Final[Mapping[type, str]] = {
    dict: "object",
    list: "array",
    str: "string",
    float: "number",
    int: "integer",
    bool: "boolean",
    type(None): "null",
}


def infer(values: Iterable[object]) -> dict[str, object]:
    """A JSON Schema (2020-12) that all the values meet; one that says nothing where there are none.

    Values are those of `kvput.content.json_text.parse`. Raises TypeError for others.
    """
    shape = Shape()
    for value in values:
        shape.add(value)
    return shape.schema()


class Shape:
    """What values look like that are added one by one. Not for several threads at a time."""

    def __init__(self) -> None:
        self._root = _Place(0, _Room())

    def add(self, value: object) -> None:
        """One more value. Raises TypeError for what no JSON text holds."""
        self._root.add(value)

    def schema(self) -> dict[str, object]:
        """The JSON Schema (2020-12) that all values added so far meet, as `infer` makes it."""
        return self._root.schema()


class _Room:
    """How many places there may yet be, in one value and all that is in it."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = MAX_PLACES


class _Place:
    """What the values in one place look like."""

    __slots__ = ("depth", "items", "members", "room", "texts", "types")

    def __init__(self, depth: int, room: _Room) -> None:
        self.depth = depth
        self.room = room
        self.types: set[type] = set()
        self.texts: Texts | None = None
        self.items: _Place | None = None
        self.members: _Members | None = None

    def add(self, value: object) -> None:
        """One more value. Raises TypeError for what no JSON text holds."""
        kind = type(value)
        if kind not in _TYPE_NAMES:
            raise TypeError(f"JSON has no {kind.__name__}.")
        self.types.add(kind)
        if isinstance(value, str):
            if self.texts is None:
                self.texts = Texts()
            self.texts.add(value)
        elif isinstance(value, dict):
            if self.members is None:
                self.members = _Members(self.depth + 1, self.room)
            self.members.add(value)
        elif isinstance(value, list) and value:
            if self.items is None:
                self.items = _below(self.depth + 1, self.room)
            for item in value:
                self.items.add(item)

    def merge(self, other: "_Place") -> None:
        """Add all that was added to another one, which is used no longer."""
        self.types |= other.types
        if self.texts is not None and other.texts is not None:
            self.texts.merge(other.texts)
        else:
            self.texts = self.texts or other.texts
        if self.members is not None and other.members is not None:
            self.members.merge(other.members)
        else:
            self.members = self.members or other.members
        if self.items is not None and other.items is not None:
            self.items = _merged(self.items, other.items)
        else:
            self.items = self.items or other.items
        self.room.left += 1

    def schema(self) -> dict[str, object]:
        """The schema that all values added so far meet."""
        alternatives = [self._alternative(kind) for kind in _TYPE_NAMES if self._has(kind)]
        is_nullable = type(None) in self.types
        if is_nullable and not alternatives:
            return {"type": "null"}
        if len(alternatives) == 1:
            return _nullable(alternatives[0]) if is_nullable else alternatives[0]
        if is_nullable:
            alternatives.append({"type": "null"})
        if all(len(alternative) == 1 for alternative in alternatives):
            types = [alternative["type"] for alternative in alternatives]
            return {"type": types} if types else {}
        return {"anyOf": alternatives}

    def _has(self, kind: type) -> bool:
        """Whether there is an alternative for it: none for null, and an integer is a number."""
        if kind is type(None) or (kind is int and float in self.types):
            return False
        return kind in self.types

    def _alternative(self, kind: type) -> dict[str, object]:
        schema: dict[str, object] = {"type": _TYPE_NAMES[kind]}
        if kind is str and self.texts is not None:
            schema |= self.texts.keywords()
        elif kind is dict and self.members is not None:
            schema |= self.members.keywords()
        elif kind is list and self.items is not None and (items := self.items.schema()):
            schema["items"] = items
        return schema


def _nullable(schema: dict[str, object]) -> dict[str, object]:
    """A schema of one type, which null meets as well."""
    nullable = schema | {"type": [schema["type"], "null"]}
    if isinstance(values := schema.get("enum"), list):
        nullable["enum"] = [*values, None]
    return nullable


class _Anything(_Place):
    """A place that is not looked into."""

    __slots__ = ()

    def add(self, value: object) -> None:
        pass

    def merge(self, other: _Place) -> None:
        pass

    def schema(self) -> dict[str, object]:
        return {}


_ANYTHING: Final = _Anything(0, _Room())


def _below(depth: int, room: _Room) -> _Place:
    """One more place, as far as there is room for it."""
    if depth > MAX_DEPTH or room.left == 0:
        return _ANYTHING
    room.left -= 1
    return _Place(depth, room)


def _merged(one: _Place | None, other: _Place) -> _Place:
    if one is None or other is _ANYTHING:
        return other
    one.merge(other)
    return one


class _Members:
    """What the objects in one place have as members.

    Once there is a `rest`, all members that are not known by name go there: those
    of a dictionary, or where there is no room to know them.
    """

    __slots__ = ("counts", "depth", "objects", "places", "rest", "room")

    def __init__(self, depth: int, room: _Room) -> None:
        self.depth = depth
        self.room = room
        self.objects = 0
        self.places: dict[str, _Place] = {}
        self.counts: dict[str, int] = {}
        self.rest: _Place | None = None

    def add(self, value: dict[str, object]) -> None:
        """One more object."""
        if self.rest is None and not value.keys() <= self.places.keys():
            self._make_room(value)
        self.objects += 1
        for name, member in value.items():
            place = self.places.get(name)
            if place is None:
                place = self._place_of_new(name)
            if place is not self.rest:
                self.counts[name] += 1
            place.add(member)

    def _make_room(self, value: dict[str, object]) -> None:
        """Let go of the names that not all objects have, if they would be too many with these."""
        if len(value.keys() | self.places.keys()) > MAX_PROPERTIES:
            self._let_go(
                name
                for name, count in self.counts.items()
                if count < self.objects or name not in value
            )

    def _place_of_new(self, name: str) -> _Place:
        if self.rest is not None:
            return self.rest
        place = _below(self.depth, self.room)
        if place is _ANYTHING:
            # What is left out once stays left out: nobody knows what it was.
            self.rest = place
        else:
            self.places[name] = place
            self.counts[name] = 0
        return place

    def _let_go(self, names: Iterable[str]) -> None:
        for name in list(names):
            del self.counts[name]
            self.rest = _merged(self.rest, self.places.pop(name))
        if self.rest is None:
            self.rest = _below(self.depth, self.room)

    def merge(self, other: "_Members") -> None:
        """Add all that was added to another one, which is used no longer."""
        # A name that only one of them knows may stand in the rest of the other.
        had_rest = self.rest is not None
        if other.rest is not None:
            self._let_go(name for name in self.places if name not in other.places)
            self.rest = _merged(self.rest, other.rest)
        for name, place in other.places.items():
            if name in self.places:
                self.places[name] = _merged(self.places[name], place)
                self.counts[name] += other.counts[name]
            elif had_rest:
                self.rest = _merged(self.rest, place)
            else:
                self.places[name] = place
                self.counts[name] = other.counts[name]
        self.objects += other.objects
        if len(self.places) > MAX_PROPERTIES:
            self._let_go(name for name, count in self.counts.items() if count < self.objects)
        if len(self.places) > MAX_PROPERTIES:
            self._let_go(self.places)

    def keywords(self) -> dict[str, object]:
        """What a schema of the type `object` says beside its type."""
        keywords: dict[str, object] = {}
        if self.places:
            keywords["properties"] = {name: place.schema() for name, place in self.places.items()}
        if required := [name for name in self.places if self.counts[name] == self.objects]:
            keywords["required"] = required
        if self.rest is not None and (rest := self.rest.schema()):
            keywords["additionalProperties"] = rest
        return keywords

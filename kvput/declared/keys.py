"""The keys that `kvput.toml` knows below `collections`, and what each may hold.

Here a value is read for itself, by a table from key to parser. Which values of
several keys contradict each other is in `contradictions`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from kvput.config_file import ConfigFile, shown
from kvput.declarations import Dangling, OnDelete, Timestamps
from kvput.errors import ConfigError, InvalidPath, PathTooLong
from kvput.names import SUFFIX, normalised
from kvput.paths import CollectionPath, ResourcePath, resource_at

_BARE: Final = re.compile(r"[A-Za-z0-9_-]{1,60}")


def as_key(name: str) -> str:
    """A name as TOML writes it for a key, in short: bare, or in quotation marks."""
    return name if _BARE.fullmatch(name) else shown(name)


Fields = dict[str, Any]
"""The values of a table's keys, each of the type that its parser gives."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the file: the keys that lead to it, and the one that a fault is told of."""

    file: ConfigFile
    keys: tuple[str, ...]
    subject: str

    def at(self, *keys: str) -> "Place":
        """The place of what further keys lead to."""
        return Place(self.file, (*self.keys, *keys), keys[-1])

    def key(self, name: str) -> "Place":
        """The place of a key itself, one of this table's."""
        return Place(self.file, (*self.keys, name), self.subject)

    def fault(self, sentence: str) -> ConfigError:
        """The error that tells of a fault here."""
        return self.file.fault(self.keys, f"{as_key(self.subject)}: {sentence}.")

    def refusal(self, value: object, ending: str) -> ConfigError:
        """The error for a value; the ending follows it."""
        return self.fault(f"{shown(value)} {ending}")


Parser = Callable[[Place, object], object]
"""Reads the value at a place. Raises ConfigError."""


def table(place: Place, value: object) -> Mapping[str, object]:
    """The value as a table. Raises ConfigError where it is none."""
    if isinstance(value, list):
        raise place.refusal(value, "is a list: write a table, its header in single brackets")
    if not isinstance(value, dict):
        raise place.refusal(value, "is no table: write keys and values")
    return value


def fields(place: Place, value: object, parsers: Mapping[str, Parser]) -> Fields:
    """The values of a table that may hold the keys of `parsers`. Raises ConfigError."""
    found: Fields = {}
    for key, inner in table(place, value).items():
        if key not in parsers:
            raise place.file.unknown((*place.keys, key), parsers)
        found[key] = parsers[key](place.at(key), inner)
    return found


def collection(place: Place, value: object) -> CollectionPath:
    """The collection of this path, decoded: `shop/orders`. Raises ConfigError."""
    if not isinstance(value, str) or not value:
        raise place.refusal(value, 'is no collection: name one, such as "authors"')
    if value.startswith("/") or value.endswith("/"):
        raise place.refusal(value, 'begins or ends with a slash: write it as "shop/orders"')
    if "*" in value:
        raise place.refusal(value, "is a pattern: name one collection")
    try:
        return CollectionPath(tuple(map(normalised, value.split("/"))))
    except (InvalidPath, PathTooLong) as error:
        why = error.detail[0].lower() + error.detail[1:].removesuffix(".")
        raise place.refusal(value, f"is no path of a collection: {why}") from None


def _boolean(place: Place, value: object) -> bool:
    if not isinstance(value, bool):
        raise place.refusal(value, "is neither true nor false")
    return value


def _choice(kind: type[Enum]) -> Parser:
    choices = {str(choice.value): choice for choice in kind}

    def parse(place: Place, value: object) -> Enum:
        if not isinstance(value, str) or value not in choices:
            raise place.refusal(value, f"is none of {', '.join(choices)}")
        return choices[value]

    return parse


def _member(place: Place, value: object) -> str:
    if not isinstance(value, str) or not value:
        raise place.refusal(value, "is no name of a member: give a text that is not empty")
    return value


def _member_to_fill(place: Place, value: object) -> str:
    member = _member(place, value)
    if member == "id":
        raise place.refusal(member, "is what a resource is called by: choose another member")
    return member


def _members(place: Place, value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise place.refusal(value, 'is no list of members: write one, such as ["slug"]')
    members: dict[str, None] = {}
    for member in value:
        if _member(place, member) in members:
            raise place.refusal(member, "stands there twice: name each member once")
        members[member] = None
    return tuple(members)


def _readonly(place: Place, value: object) -> bool | frozenset[str]:
    if isinstance(value, bool):
        return value
    if not isinstance(value, list):
        raise place.refusal(
            value, 'is neither true nor false nor a list of members, such as ["views"]'
        )
    return frozenset(_members(place, value))


def _timestamps(place: Place, value: object) -> Timestamps:
    timestamps = Timestamps(**fields(place, value, _TIMESTAMPS))
    updated = timestamps.updated
    if updated is not None and updated == timestamps.created:
        raise place.at("updated").refusal(updated, "is the member of created: choose another one")
    return timestamps


_NO_SCHEMA: Final[tuple[tuple[Callable[[str], bool], str], ...]] = (
    (lambda file: "\\" in file, "has a backslash: separate folders by a slash"),
    (lambda file: file.startswith("/"), "is absolute: give the path inside the data folder"),
    (lambda file: not file.endswith(SUFFIX), f"is no {SUFFIX} file: name one"),
    (
        lambda file: not {".", ".."}.isdisjoint(file.split("/")),
        "leads through . or ..: give the path inside the data folder",
    ),
    (
        lambda file: any(name.startswith(".") for name in file.split("/")),
        "is hidden, and never read: give it a name without a dot at its beginning",
    ),
)
"""What people write that is no file of a resource, and what is said of it."""


def _schema(place: Place, value: object) -> ResourcePath:
    if not isinstance(value, str):
        raise place.refusal(value, 'is no file: give its path, such as "schemas/article.json"')
    for is_fault, ending in _NO_SCHEMA:
        if is_fault(value):
            raise place.refusal(value, ending)
    resource = resource_at(value)
    if resource is None:
        raise place.refusal(value, "is no name of a file that kvput serves: give it another one")
    return resource


def _relations(place: Place, value: object) -> dict[str, Fields]:
    """The fields of each relation, by its member."""
    return {
        _member_to_fill(place.key(member), member): fields(place.at(member), given, _RELATION)
        for member, given in table(place, value).items()
    }


_TIMESTAMPS: Final[Mapping[str, Parser]] = {
    "created": _member_to_fill,
    "updated": _member_to_fill,
}
_RELATION: Final[Mapping[str, Parser]] = {
    "to": collection,
    "many": _boolean,
    "inverse": _member_to_fill,
    "inverse_many": _boolean,
    "on_delete": _choice(OnDelete),
    "required": _boolean,
    "dangling": _choice(Dangling),
}
COLLECTION: Final[Mapping[str, Parser]] = {
    "relations": _relations,
    "schema": _schema,
    "unique": _members,
    "readonly": _readonly,
    "timestamps": _timestamps,
}
"""The keys of a collection: each gives its value, `relations` the fields of each relation."""

"""What is known of a collection: the value that TypeScript and the API's description are made of.

A schema that is declared binds. One that is told from what is there describes
only, and what does not meet it may come tomorrow. The value says which it is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from kvput.declarations import Declaration, Relation
from kvput.describing.infer import Shape
from kvput.names import number_of
from kvput.paths import CollectionPath, ResourcePath
from kvput.query.rows import identifier
from kvput.query.values import ID

ANY_NAME: Final = "{name}"
"""Stands in the URL of a `Described` for the name of any resource."""


@dataclass(frozen=True, slots=True)
class Declared:
    """The schema that is declared for a collection, and the resource in which it stands."""

    file: ResourcePath
    schema: Mapping[str, object] | bool


@dataclass(frozen=True, slots=True, eq=False)
class Described:
    """A collection, or all of one kind, and what its resources look like.

    A segment is None where it is the name of any resource: `/articles/1/comments`
    and `/articles/2/comments` are one kind. `schema` is the JSON Schema (2020-12)
    of a resource as lists show it, with its `id`. It stands in the resource
    `declared_in`, or is told from the `seen` resources that there are. `ids` is
    the schema of the ids that the collection gives, `declaration` what else is
    declared of it.
    """

    segments: tuple[str | None, ...]
    schema: Mapping[str, object] | bool
    ids: Mapping[str, object]
    declared_in: ResourcePath | None = None
    relations: tuple[Relation, ...] = ()
    seen: int = 0
    declaration: Declaration | None = None

    @property
    def url(self) -> str:
        """Its address, with ANY_NAME for each segment that may be any: `/articles`."""
        # Braces are encoded in addresses, so that no other segment is written so.
        return "".join(
            f"/{ANY_NAME}" if segment is None else _url(segment) for segment in self.segments
        )


def _url(segment: str) -> str:
    # Behind another one, since the server's own segment cannot be the first.
    return CollectionPath(("_", segment)).url.removeprefix("/_")


class Observed:
    """What the resources of a collection look like, told while they are read one by one."""

    def __init__(self, segments: tuple[str | None, ...]) -> None:
        self.segments = segments
        self._shape = Shape()
        self._id_types: set[str] = set()
        self._seen = 0

    def add(self, name: str, value: object) -> None:
        """One more resource, by its name and the value of its content."""
        self._seen += 1
        self._id_types.add("string" if number_of(name) is None else "integer")
        if isinstance(value, dict):
            # As lists show it (`kvput.query.rows.listed`), the `id` first.
            value = {ID.text: identifier(name), **value}
        self._shape.add(value)

    def described(
        self, declared: Declared | None = None, relations: tuple[Relation, ...] = ()
    ) -> Described:
        """All that is known of the collection by now."""
        # Of an empty collection nobody knows which names it will have.
        types = sorted(self._id_types) or ["integer", "string"]
        return Described(
            segments=self.segments,
            schema=self._shape.schema() if declared is None else declared.schema,
            ids={"type": types[0] if len(types) == 1 else types},
            declared_in=None if declared is None else declared.file,
            relations=relations,
            seen=self._seen,
        )


def described(
    collection: CollectionPath,
    declared: Declared | None,
    resources: Iterable[tuple[str, object]],
    relations: tuple[Relation, ...] = (),
) -> Described:
    """What is known of a collection, by its resources: the name and the value of each.

    A value is that of the content, or of the item in a list. Where there is very
    much to read, `Observed` takes it piece by piece.
    """
    observed = Observed(collection.segments)
    for name, value in resources:
        observed.add(name, value)
    return observed.described(declared, relations)

"""Declarations: what is said of collections in `kvput.toml`, as frozen values.

Here belong the values, and what of them belongs together. How they are read from
a file is in `kvput.declared`, what they make the server do in `kvput.resources`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from kvput.paths import CollectionPath, ResourcePath


class OnDelete(Enum):
    """What becomes of the resources that name one that is to be deleted."""

    RESTRICT = "restrict"
    """It is not deleted as long as there are any."""
    CASCADE = "cascade"
    """They are deleted with it."""
    UNLINK = "unlink"
    """They name it no longer."""


class Dangling(Enum):
    """What becomes of a write that names a resource which is not there."""

    REFUSE = "refuse"
    ALLOW = "allow"


@dataclass(frozen=True, slots=True)
class Relation:
    """That resources of one collection name those of another, by id, in one of their members.

    `member` holds an id, or nothing; where `many`, a list of ids. `inverse`, where
    there is one, is the member in which those of `to` name the others in turn; the
    server keeps it. It holds a list of ids where `inverse_many`, else one.
    """

    collection: CollectionPath
    member: str
    to: CollectionPath
    many: bool = False
    inverse: str | None = None
    inverse_many: bool = True
    on_delete: OnDelete = OnDelete.RESTRICT
    required: bool = False
    dangling: Dangling = Dangling.REFUSE

    @property
    def is_symmetric(self) -> bool:
        """Whether it is its own inverse, as friendship is."""
        return self.to == self.collection and self.inverse == self.member


@dataclass(frozen=True, slots=True)
class Timestamps:
    """The members that say when a resource was created, and when it was last changed."""

    created: str | None = None
    updated: str | None = None


@dataclass(frozen=True, slots=True)
class Declaration:
    """What is said of one collection.

    `schema` is the resource that holds its JSON Schema, which is said in the line
    `schema_line` of the file, where that is known. `unique` are members of
    which no two resources have the same value. Where `readonly`, nothing in the
    collection is changed over HTTP; else `readonly_members` are not.
    """

    collection: CollectionPath
    relations: tuple[Relation, ...] = ()
    schema: ResourcePath | None = None
    unique: tuple[str, ...] = ()
    readonly: bool = False
    readonly_members: frozenset[str] = frozenset()
    timestamps: Timestamps = Timestamps()
    schema_line: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, eq=False)
class Declarations:
    """What is said of all collections of which anything is said."""

    collections: Mapping[CollectionPath, Declaration] = field(default_factory=dict)

    @property
    def relations(self) -> tuple[Relation, ...]:
        """All relations, in the order of the file."""
        return tuple(
            relation
            for declaration in self.collections.values()
            for relation in declaration.relations
        )


NOTHING_DECLARED: Final = Declarations()

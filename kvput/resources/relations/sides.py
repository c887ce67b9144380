"""The two sides of each relation: which member of which collection names resources of which.

Belongs here: what follows from the declarations alone. What members hold is in `links`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from kvput.declarations import Declarations, Relation
from kvput.errors import PathTooLong
from kvput.paths import CollectionPath, ResourcePath


class Side:
    """One side of a relation: a member in which resources of a collection name those of `to`.

    `other` is the member that names them in turn, if the relation has one. A symmetric
    relation has one side, which is its own other.
    """

    __slots__ = (
        "collection",
        "is_kept",
        "is_owner",
        "is_readonly",
        "is_required",
        "many",
        "member",
        "other",
        "relation",
        "to",
    )

    def __init__(self, relation: Relation, *, is_owner: bool, is_readonly: bool = False) -> None:
        self.relation = relation
        self.is_owner = is_owner
        """Whether the member is the one that the relation is declared of."""
        self.is_kept = not is_owner or relation.is_symmetric
        """Whether the server puts the member in where a client leaves it out."""
        self.is_readonly = is_readonly
        """Whether clients do not write the member, so that what it holds is not said by them."""
        self.is_required = is_owner and relation.required
        """Whether the member must name a resource."""
        self.collection = relation.collection if is_owner else relation.to
        self.to = relation.to if is_owner else relation.collection
        self.member = relation.member if is_owner else relation.inverse or ""
        self.many = relation.many if is_owner else relation.inverse_many
        self.other: Side | None = None

    def named(self, name: str) -> ResourcePath | None:
        """The resource that a name names on this side; None where no path has room for it."""
        try:
            return self.to.resource(name)
        except PathTooLong:
            return None


@dataclass(frozen=True, slots=True)
class Sides:
    """The sides of all relations: by the collection that has the member, and by the one named.

    Of those by the collection that is named, only the sides that a relation is declared of.
    """

    of: Mapping[CollectionPath, tuple[Side, ...]]
    naming: Mapping[CollectionPath, tuple[Side, ...]]

    def at(self, path: ResourcePath) -> tuple[Side, ...]:
        """The sides whose members a resource has."""
        return self.of.get(path.parent, ())


NO_SIDES: Final = Sides({}, {})
"""Those of no relation."""


def sides_of(declarations: Declarations) -> Sides:
    """The sides of all relations that are declared."""
    of: dict[CollectionPath, list[Side]] = {}
    naming: dict[CollectionPath, list[Side]] = {}
    for relation in declarations.relations:
        owner = Side(relation, is_owner=True)
        of.setdefault(owner.collection, []).append(owner)
        naming.setdefault(owner.to, []).append(owner)
        if relation.is_symmetric:
            owner.other = owner
        elif relation.inverse is not None:
            kept = declarations.collections.get(relation.to)
            is_readonly = kept is not None and relation.inverse in kept.readonly_members
            inverse = Side(relation, is_owner=False, is_readonly=is_readonly)
            owner.other, inverse.other = inverse, owner
            of.setdefault(inverse.collection, []).append(inverse)
    return Sides(
        {collection: tuple(sides) for collection, sides in of.items()},
        {collection: tuple(sides) for collection, sides in naming.items()},
    )

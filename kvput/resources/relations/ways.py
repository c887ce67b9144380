"""The ways that lead from the resources of a collection to others, by what is declared.

Belongs here: the names that queries may use for them, and whom each leads to. What is
then done with those is in `kvput.resources.embedding` and `kvput.resources.nested`;
so are the names by which json-server goes, where nothing is declared.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from kvput.paths import CollectionPath, ResourcePath
from kvput.query.filters import Condition, Operator
from kvput.query.values import ID, Name, own_member
from kvput.resources.relations.links import names_in
from kvput.resources.relations.sides import Side, Sides

_ID_SUFFIX = "Id"


@dataclass(frozen=True, slots=True)
class Way:
    """A way from resources of a collection to others.

    `side` is the member with the ids that it goes by. Where `is_own`, it is a member of
    those from which it leads, else of those to which it leads. `many` tells whether these
    may be several.
    """

    side: Side
    is_own: bool
    many: bool

    @property
    def to(self) -> CollectionPath:
        """The collection to which it leads."""
        return self.side.to if self.is_own else self.side.collection

    @property
    def back(self) -> Side | None:
        """The member by which those to which it leads name the others; None if they have none."""
        return self.side.other if self.is_own else self.side

    def names(self, value: object) -> tuple[str, ...]:
        """The names of those to which it leads from a resource of this value, by an own member."""
        return tuple(names_in(value, self.side))

    def condition(self, path: ResourcePath, value: object) -> Condition:
        """What those meet to which it leads from a resource of this value."""
        if self.is_own:
            return Condition(ID, Operator.EQUAL, tuple(map(Name, self.names(value))))
        return Condition(own_member(self.side.member), Operator.EQUAL, (Name(path.name),))


class Ways:
    """The ways from resources of one collection, by the names that they have in queries.

    `expand` has those to the resources that a member of theirs names, declared or kept as an
    inverse: by that member's name, and `authorId` also by `author`. `embed` has the same, and
    those from collections that name them: by the collection's name, where one relation of it
    alone leads here. `ambiguous` are the names of the others.
    """

    def __init__(self, sides: Sides, collection: CollectionPath) -> None:
        own = sides.of.get(collection, ())
        naming: dict[str, list[Side]] = {}
        for side in sides.naming.get(collection, ()):
            naming.setdefault(side.collection.segments[-1], []).append(side)
        members = {side.member: _by_member(side) for side in own}
        nouns = {
            name.removesuffix(_ID_SUFFIX): way
            for name, way in members.items()
            if name.endswith(_ID_SUFFIX) and name != _ID_SUFFIX
        }
        collections = {
            name: Way(each[0], is_own=False, many=True)
            for name, each in naming.items()
            if len(each) == 1
        }
        self.expand: Mapping[str, Way] = nouns | members
        self.embed: Mapping[str, Way] = nouns | collections | members
        self.ambiguous: Mapping[str, tuple[Side, ...]] = {
            name: tuple(each) for name, each in naming.items() if name not in self.embed
        }

    def __bool__(self) -> bool:
        """Whether any relation has to do with the collection."""
        return bool(self.embed or self.ambiguous)


def _by_member(side: Side) -> Way:
    """The way by a member: the ids in it, or what names its resource if the server keeps it."""
    if side.is_owner or side.other is None:
        return Way(side, is_own=True, many=side.many)
    return Way(side.other, is_own=False, many=side.many)

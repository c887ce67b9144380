"""What must be true of relations once all steps of a commit are done.

References lead somewhere, nobody names what a restricted deletion takes away, and
who must name another does. The order of the steps does not matter to any of this,
which is why it is looked at last. What changes with a step is in `keeper`.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from kvput.content.source_text import shown
from kvput.declarations import Dangling, OnDelete
from kvput.errors import InvalidReference, Referenced
from kvput.paths import ResourcePath
from kvput.resources.relations.graph import LinkGraph
from kvput.resources.relations.links import names_nobody, place_of
from kvput.resources.relations.sides import Side
from kvput.resources.violations import MAX_VIOLATIONS, Violation, refused, violation

_MOST_NAMED: Final = 10
"""How many of the resources that are in the way an error names."""


class Requirements:
    """What the steps of a commit have done that is to be looked at when all are done."""

    def __init__(self, graph: LinkGraph) -> None:
        self._graph = graph
        self._sides = graph.sides
        self._view = graph.view
        self.asked: dict[ResourcePath, None] = {}
        """What clients have written, or deleted."""
        self.deleted: dict[ResourcePath, None] = {}
        """All that was deleted by any step, or with what one deletes."""
        self.references: dict[tuple[ResourcePath, Side], dict[str, None]] = {}
        """Whom a resource has come to name on which side."""
        self.left_behind: dict[tuple[ResourcePath, Side], None] = {}
        """What was moved to where those that name it on that side cannot name it."""

    def require(self) -> None:
        """Raise Referenced or InvalidReference for what is not as it must be.

        Referenced where a resource is deleted that others name, InvalidReference for a reference
        to nothing, and for none where there must be one.
        """
        self._require_unnamed()
        for path in self.asked:
            faults = list(islice(self._faults(path), MAX_VIOLATIONS))
            if faults:
                raise refused(InvalidReference, path, faults)
        self._require_left()

    def _require_unnamed(self) -> None:
        for path in self.deleted:
            if self._view.get(path) is None:
                for side in self._sides.naming.get(path.parent, ()):
                    is_restricted = side.relation.on_delete is OnDelete.RESTRICT
                    if is_restricted or (path, side) in self.left_behind:
                        self._require_nobody_names(path, side)

    def _faults(self, path: ResourcePath) -> Iterator[Violation]:
        """What is wrong with the references of a resource that a client has written."""
        for side in self._sides.at(path):
            names = self._graph.names_of(path, side)
            if names is None:
                continue  # It is gone.
            if side.is_required and self._is_without(path, side):
                yield violation((side.member,), f"must name a resource of {side.to.url}")
            if side.relation.dangling is Dangling.REFUSE:
                for name in self.references.get((path, side), ()):
                    if name in names and not self._is_there(side, name):
                        yield self._dangling(path, side, name)

    def _require_left(self) -> None:
        """See that nothing that was not written itself has lost all that it must name."""
        left = list(islice(self._left(), _MOST_NAMED))
        if left:
            told = [self._left_by(path, side, name) for path, side, name in left]
            refusing, _ = told[0]
            error = refused(Referenced, refusing, [fault for by, fault in told if by == refusing])
            referrers = list(dict.fromkeys(path.url for path, _, _ in left))
            error.members = {**error.members, "referrers": referrers}
            raise error

    def _left(self) -> Iterator[tuple[ResourcePath, Side, str]]:
        for (path, side), name in self._graph.lost.items():
            if side.is_required and path not in self.asked and self._is_without(path, side):
                yield path, side, name

    def _left_by(self, path: ResourcePath, side: Side, name: str) -> tuple[ResourcePath, Violation]:
        """Which resource that was written has left one without a name, and by what."""
        named, other = side.named(name), side.other
        must = f"must name a resource of {side.to.url}"
        if named is not None and other is not None:
            takers = () if other.many else self._graph.naming(side, named)
            taker = next((each for each in takers if each in self.asked), None)
            if taker is not None:
                return taker, violation(
                    place_of(self._value(taker), side, name),
                    f"names {named.url}, which is already named by {path.url}, and that one "
                    f"{must}: change it first, or in the same batch",
                )
            if named in self.asked:
                return named, violation(
                    (other.member,),
                    f"no longer names {path.url}, and that one {must}: change or delete it "
                    "first, or in the same batch",
                )
        return path, violation((side.member,), f"{must}: give it one in the same batch")

    def _is_without(self, path: ResourcePath, side: Side) -> bool:
        """Whether a resource names none, as far as that can be told. None is one that is gone."""
        return self._graph.names_of(path, side) == {} and names_nobody(self._value(path), side)

    def _require_nobody_names(self, path: ResourcePath, side: Side) -> None:
        owners = list(islice(self._graph.naming(side, path), _MOST_NAMED + 1))
        if owners:
            urls = [owner.url for owner in owners[:_MOST_NAMED]]
            more = " and others" if len(owners) > _MOST_NAMED else ""
            raise Referenced(
                f"{path.url} is named by the member {shown(side.member)} of "
                f"{', '.join(urls)}{more}: change or delete these first, or in the same batch.",
                members={"referrers": urls},
            )

    def _is_there(self, side: Side, name: str) -> bool:
        named = side.named(name)
        return named is not None and self._view.get(named) is not None

    def _dangling(self, path: ResourcePath, side: Side, name: str) -> Violation:
        named = side.named(name)
        return violation(
            place_of(self._value(path), side, name),
            f"names {name if named is None else named.url}, which is not there: make that first, "
            "or name another",
        )

    def _value(self, path: ResourcePath) -> object:
        entry = self._view.get(path)
        return None if entry is None else self._graph.value(entry)

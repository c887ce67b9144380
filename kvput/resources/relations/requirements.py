"""What must be true of relations once all steps of a commit are done.

References lead somewhere, nobody names what a restricted deletion takes away, and
who must name another does. The order of the steps does not matter to any of this,
which is why it is looked at last. What changes with a step is in `keeper`.
"""

from itertools import islice
from typing import Final

from kvput.declarations import Dangling, OnDelete
from kvput.errors import InvalidReference, Referenced
from kvput.patching.pointer import format_pointer
from kvput.paths import ResourcePath
from kvput.resources.located import about
from kvput.resources.pending import PendingView
from kvput.resources.relations.graph import LinkGraph
from kvput.resources.relations.links import invalid, place_of
from kvput.resources.relations.sides import Side, Sides

_MOST_NAMED: Final = 10
"""How many of the resources that are in the way an error names."""


class Requirements:
    """What the steps of a commit have done that is to be looked at when all are done."""

    def __init__(self, sides: Sides, view: PendingView, graph: LinkGraph) -> None:
        self._sides = sides
        self._view = view
        self._graph = graph
        self.asked: dict[ResourcePath, None] = {}
        """What clients have written, or deleted."""
        self.deleted: dict[ResourcePath, None] = {}
        """All that was deleted by any step, or with what one deletes."""
        self.references: dict[tuple[ResourcePath, Side, str], None] = {}
        """Whom a resource has come to name on which side."""
        self.left_behind: dict[tuple[ResourcePath, Side], None] = {}
        """What was moved to where those that name it on that side cannot name it."""

    def require(self) -> None:
        """Raise Referenced or InvalidReference for what is not as it must be.

        Referenced where a resource is deleted that others name, InvalidReference for a reference
        to nothing, and for none where there must be one.
        """
        self._require_unnamed()
        self._require_references()
        self._require_required()

    def _require_unnamed(self) -> None:
        for path in self.deleted:
            if self._view.get(path) is None:
                for side in self._sides.naming.get(path.parent, ()):
                    is_restricted = side.relation.on_delete is OnDelete.RESTRICT
                    if is_restricted or (path, side) in self.left_behind:
                        self._require_nobody_names(path, side)

    def _require_references(self) -> None:
        for path, side, name in self.references:
            named = self._graph.names_of(path, side) or {}
            if side.relation.dangling is Dangling.REFUSE and name in named:
                with about(path):
                    self._require_there(path, side, name)

    def _require_required(self) -> None:
        written = ((path, side) for path in self.asked for side in self._sides.at(path))
        for path, side in (*written, *self._graph.lost):
            is_required = side.is_owner and side.relation.required
            # An empty one: None is one that is gone.
            if is_required and self._graph.names_of(path, side) == {}:
                with about(path):
                    raise self._without(path, side)

    def _require_nobody_names(self, path: ResourcePath, side: Side) -> None:
        owners = list(islice(self._graph.naming(side, path), _MOST_NAMED + 1))
        if owners:
            urls = [owner.url for owner in owners[:_MOST_NAMED]]
            more = " and others" if len(owners) > _MOST_NAMED else ""
            raise Referenced(
                f"{path.url} is named by the member {side.member} of {', '.join(urls)}{more}: "
                "change or delete these first, or in the same batch.",
                members={"referrers": urls},
            )

    def _require_there(self, path: ResourcePath, side: Side, name: str) -> None:
        named = side.named(name)
        if named is None or self._view.get(named) is None:
            entry = self._view.get(path)
            value = None if entry is None else self._graph.value(entry)
            raise invalid(
                side,
                place_of(value, side, name),
                f"names {name if named is None else named.url}, which is not there: make that "
                "first, or name another",
                path,
            )

    def _without(self, path: ResourcePath, side: Side) -> InvalidReference | Referenced:
        """The error for a resource that names none where it must name one."""
        reason = f"must name a resource of {side.to.url}"
        error = invalid(side, format_pointer((side.member,)), reason, path)
        if path in self.asked:
            return error
        return Referenced(
            f"{error.detail} Change or delete that one first, or in the same batch.",
            members={"referrers": [path.url]},
        )

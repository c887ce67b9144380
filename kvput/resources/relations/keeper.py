"""Relations: which resources change with one that is written, so that both sides agree.

A `RelationKeeper` is told of each step of a commit, and lays over the view what
follows from it. An owner's member and its inverse say the same; whichever of
them a client has written, the other is edited in the same commit. How a member
is read and edited is in `kvput.resources.relations.links`. Schemas and unique values do
not belong here.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Final

from kvput.content.json_members import members_in
from kvput.content.source_text import shown
from kvput.declarations import OnDelete
from kvput.errors import ContentTooLarge, InvalidReference, StoredContentMalformed
from kvput.patching.equality import equal
from kvput.paths import CollectionPath, ResourcePath
from kvput.resources.located import about
from kvput.resources.relations.graph import Linked, LinkGraph
from kvput.resources.relations.links import (
    Names,
    decide_of_itself,
    edited,
    held_in,
    id_called,
    names_in,
)
from kvput.resources.relations.requirements import Requirements
from kvput.resources.relations.sides import Side
from kvput.resources.resource import removal
from kvput.resources.violations import refused, violation
from kvput.store.base import Batch, Entry

MOST_RELATED: Final = 10_000
"""How many resources one commit changes at most beside those that it is asked to."""
Move = tuple[ResourcePath, ResourcePath]
"""The old path of a resource and its new one."""


class RelationKeeper:
    """Keeps the relations of what one commit writes; `graph` holds the links that this concerns."""

    def __init__(self, graph: LinkGraph) -> None:
        self._graph = graph
        self._sides = graph.sides
        self._view = graph.view
        self._content_of = graph.content_of
        self._moved: Move | None = None
        self._moved_from: Entry | None = None
        self._in_part = False
        self._waiting: deque[tuple[ResourcePath, Entry | None]] = deque()
        self._requirements = Requirements(graph)
        self._asked = self._requirements.asked
        self._related: set[ResourcePath] = set()

    def step(
        self,
        before: Mapping[ResourcePath, Entry | None],
        moved: Move | None = None,
        *,
        in_part: bool = False,
    ) -> tuple[ResourcePath, ...]:
        """Lay over the view what follows from writes that were laid over it just now.

        `before` holds the resources that were written, as they were; where one of them was
        moved, those that name it are to name it under its new name. `in_part` tells that they
        were changed in part, so that what is left out was taken out. Gives all whose content
        was changed by this. Raises InvalidReference, ContentTooLarge, StoredContentMalformed,
        and what `content_of` raises.
        """
        self._moved = moved
        self._moved_from = None if moved is None else before.get(moved[0])
        self._in_part = in_part
        sides = self._sides
        written = {
            path: entry
            for path, entry in before.items()
            if path.parent in sides.of or path.parent in sides.naming
        }
        if not written:
            return ()
        self._asked.update(dict.fromkeys(written))
        for path, entry in written.items():
            with about(path):
                self._load(path, entry)
        self._waiting.extend(written.items())
        while self._waiting:
            self._follow(*self._waiting.popleft())
        return self._write()

    def require(self) -> None:
        """See to it that all is well when all steps are done; see `Requirements.require`."""
        self._requirements.require()

    @property
    def deleted(self) -> Iterable[ResourcePath]:
        """All that was deleted by any step, or with what one deletes."""
        return self._requirements.deleted

    # --- what a client has written

    def _load(self, path: ResourcePath, before: Entry | None) -> None:
        """Hold a resource that a client has written, or deleted."""
        linked = self._graph.look_again(path)
        if linked is None:
            return
        own_id = id_called(path, linked.value)
        held = {side: held_in(linked.value, side) for side in self._sides.at(path)}
        stood = self._moved_from if self._is_new_name_of(path) else before
        faults = [
            fault
            for side, each in held.items()
            if each is not None and each.faults and not self._stood_so(path, side, stood)
            for fault in each.faults
        ]
        if faults:
            raise refused(InvalidReference, path, faults)
        said: dict[Side, Names | None] = {}
        names: dict[Side, Names] = {}
        for side, each in held.items():
            ids = {} if each is None else each.names
            linked.at_first[side] = dict(ids)
            if self._is_new_name_of(path, side.to) and self._old_name in ids:
                # It names itself.
                others = {name: id_ for name, id_ in ids.items() if name != self._old_name}
                ids = {**others, path.name: own_id}
            said[side] = None if each is None or side.is_readonly else ids
            names[side] = dict(ids)
            if each is None and side.is_kept and before is not None and not self._in_part:
                # Who says nothing of what the server keeps does not mean that it should go.
                names[side] = names_in(self._graph.value(before), side)
        for side in said:
            decide_of_itself(path, own_id, side, said, names)
        for side in said:
            linked.said[side] = names[side]
            self._graph.hold(path, linked, side, dict(names[side]))

    def _stood_so(self, path: ResourcePath, side: Side, before: Entry | None) -> bool:
        """Whether a resource holds in the member what it held before, as a hand has left it."""
        after = self._view.get(path)
        if before is None or after is None:
            return False
        held, holds = (
            (members_in(self._content_of(entry)) or {}).get(side.member)
            for entry in (before, after)
        )
        return held is not None and holds is not None and equal(held, holds)

    def _follow(self, path: ResourcePath, before: Entry | None) -> None:
        linked = self._graph.linked[path]
        if linked is None:
            if before is not None:
                self._removed(path, self._graph.value(before))
            return
        value = None if before is None else self._graph.value(before)
        references = self._requirements.references
        for side in self._sides.at(path):
            if before is None:
                self._welcome(path, side, linked)
                self._insist(path, side, linked)
            old, new = names_in(value, side), linked.now[side]
            for name in [name for name in new if name not in old]:
                references.setdefault((path, side), {})[name] = None
                self._link(side, name, path)
            for name in [name for name in old if name not in new]:
                self._unlink(side, name, path)

    def _welcome(self, path: ResourcePath, side: Side, linked: Linked) -> None:
        """Have a new resource name those that name it already; or these name it no longer.

        What it says itself holds, so that a PUT that is repeated changes nothing more: it takes
        up only what it leaves to the server, or what the same commit has said.
        """
        if side.other is None:
            return
        is_left_to_us = side.is_readonly or (side.is_kept and not _says(linked.value, side))
        for claimant in self._graph.naming(side.other, path):
            now = linked.now[side]
            if claimant.name in now:
                continue
            holds_on = is_left_to_us or claimant in self._asked or self._is_new_name_of(path)
            if holds_on and (side.many or not now):
                self._graph.add(path, linked, side, claimant.name)
            else:
                self._take_out(claimant, side.other, path.name)

    def _insist(self, path: ResourcePath, side: Side, linked: Linked) -> None:
        """Have a new resource name what it says, also where one before it in the same step has
        taken it for itself: what is written last wins.
        """
        now = linked.now[side]
        for name in [name for name in linked.said[side] if name not in now]:
            if not side.many:
                for other in list(now):
                    self._unlink(side, other, path)
                    self._graph.drop(path, linked, side, other)
            self._graph.add(path, linked, side, name)

    # --- what goes

    def _removed(self, path: ResourcePath, value: object) -> None:
        """What follows from a resource's going: for those it named, and those that name it."""
        self._requirements.deleted[path] = None
        for side in self._sides.at(path):
            if side.is_owner:
                for name in names_in(value, side):
                    self._unlink(side, name, path)
        target = None if self._moved is None or self._moved[0] != path else self._moved[1]
        for side in self._sides.naming.get(path.parent, ()):
            if target is not None:
                self._name_anew(side, path, target)
                continue
            match side.relation.on_delete:
                case OnDelete.RESTRICT:
                    pass  # Others may go in the same commit: `require` tells.
                case OnDelete.CASCADE:
                    for owner in self._graph.naming(side, path):
                        self._remove(owner, side, path)
                case OnDelete.UNLINK:
                    for owner in self._graph.naming(side, path):
                        self._take_out(owner, side, path.name)

    def _name_anew(self, side: Side, path: ResourcePath, target: ResourcePath) -> None:
        """Have those that name what was moved name it under its new name."""
        if target.parent != path.parent:
            # No relation leads there: as if it were to be deleted, but nothing goes along.
            self._requirements.left_behind[path, side] = None
            return
        for owner in self._graph.naming(side, path):
            linked = self._graph.at(owner)
            if linked is not None and path.name in linked.now[side]:
                self._graph.drop(owner, linked, side, path.name)
                self._graph.add(owner, linked, side, target.name)

    def _is_new_name_of(self, path: ResourcePath, collection: CollectionPath | None = None) -> bool:
        """Whether it was moved here, in this step, within its collection, or this one."""
        if self._moved is None or self._moved[1] != path:
            return False
        return self._moved[0].parent == (path.parent if collection is None else collection)

    @property
    def _old_name(self) -> str:
        return "" if self._moved is None else self._moved[0].name

    def _remove(self, path: ResourcePath, side: Side, named: ResourcePath) -> None:
        linked = self._graph.at(path)
        entry = self._view.get(path)
        # What the index has found, a hand may have changed meanwhile.
        if linked is None or entry is None or named.name not in linked.now[side]:
            return
        self._graph.remove(path)
        self._view.add(Batch(removal(self._view, path)))
        self._count(path)
        self._waiting.append((path, entry))

    # --- the other side

    def _link(self, side: Side, name: str, path: ResourcePath) -> None:
        """Have the resource that `path` names on this side name it in turn."""
        other, named = side.other, side.named(name)
        linked = None if other is None or named is None else self._graph.at(named)
        if other is None or named is None or linked is None:
            return
        if path.name in linked.now[other]:
            return
        if not other.many:
            for replaced in list(linked.now[other]):
                self._unlink(other, replaced, named)
                self._graph.drop(named, linked, other, replaced)
        self._graph.add(named, linked, other, path.name)

    def _unlink(self, side: Side, name: str, path: ResourcePath) -> None:
        """Have the resource that `path` named on this side name it no longer."""
        named = side.named(name)
        if side.other is not None and named is not None:
            self._take_out(named, side.other, path.name)

    def _take_out(self, path: ResourcePath, side: Side, name: str) -> None:
        linked = self._graph.at(path)
        if linked is not None:
            self._graph.drop(path, linked, side, name)

    # --- what comes of a step

    def _write(self) -> tuple[ResourcePath, ...]:
        """Have what has changed written, once somebody looks at it: the next step may change more.

        A batch that moves a thousand articles would else write their author's list as often.
        """
        changed = self._graph.changed()
        for path in changed:
            self._count(path)
            self._view.put_late(path, partial(self._content_for, path))
        return tuple(changed)

    def _content_for(self, path: ResourcePath) -> bytes | None:
        value, edits = self._graph.let_go(path)
        entry = self._view.get(path)
        if entry is None or not edits:
            return None
        if not isinstance(value, dict):
            raise self._cannot_be_edited(path, edits[0].side.member)
        return edited(self._content_of(entry), value, edits)

    def _cannot_be_edited(
        self, path: ResourcePath, member: str
    ) -> InvalidReference | StoredContentMalformed:
        if path in self._asked:
            reason = f"must be an object, because the server keeps its member {shown(member)}"
            return refused(InvalidReference, path, [violation((), reason)])
        return StoredContentMalformed(
            f"What is stored under {path.url} is no object, so that its member {shown(member)} "
            f"cannot be kept: mend the file {path.file}, or replace it with PUT."
        )

    def _count(self, path: ResourcePath) -> None:
        if path not in self._asked:
            self._related.add(path)
            if len(self._related) > MOST_RELATED:
                raise ContentTooLarge(
                    f"More than {MOST_RELATED} resources would change with what is written, and "
                    "all writes wait for it: delete or unlink some of them first."
                )


def _says(value: object, side: Side) -> bool:
    return isinstance(value, dict) and side.member in value

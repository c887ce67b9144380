"""Who names whom, in the middle of a commit: what was there, with all links that have changed.

Belongs here: the state that `kvput.resources.relations.keeper` works on, and what of it has
to be written. When a link comes or goes is decided there.
"""

from collections.abc import Callable, Iterator
from typing import Final

from kvput.content.json_text import parse
from kvput.errors import MalformedContent
from kvput.paths import ResourcePath
from kvput.query.filters import Condition, Operator
from kvput.query.selection import Selection
from kvput.query.values import Name, own_member
from kvput.resources.pending import PendingView
from kvput.resources.relations.links import LinkEdit, Names, id_called, names_in
from kvput.resources.relations.sides import Side, Sides
from kvput.store.base import Entry, View

_BROKEN: Final = object()
"""Stands for the value of a content that is no JSON."""


class Linked:
    """A resource in the middle of a step: what its content names, and what it is to name.

    Of one that a client has written, also whom it is to name by what the client says.
    """

    __slots__ = ("at_first", "now", "said", "value")

    def __init__(self, value: object) -> None:
        self.value = value
        self.at_first: dict[Side, Names] = {}
        self.said: dict[Side, Names] = {}
        self.now: dict[Side, Names] = {}


class LinkGraph:
    """The links of the resources that a commit has to do with.

    `below` shows what there was before the commit; over it, in `view`, lies what the commit
    writes. `content_of` gives the content of an entry, or raises ContentNeeded.
    """

    def __init__(
        self,
        sides: Sides,
        below: View,
        view: PendingView,
        content_of: Callable[[Entry], bytes],
    ) -> None:
        self.sides = sides
        self._below = below
        self.view = view
        self.content_of = content_of
        self.linked: dict[ResourcePath, Linked | None] = {}
        """What the commit has looked at; None for what is gone."""
        self._touched: dict[ResourcePath, None] = {}
        self.lost: dict[tuple[ResourcePath, Side], str] = {}
        """What names less than it did, in whichever step, and the name that went last."""
        # Of all that any step has looked at: what it names, and by whom each name is named.
        self._names: dict[ResourcePath, dict[Side, Names]] = {}
        self._naming: dict[Side, dict[str, dict[ResourcePath, None]]] = {}

    # --- looking

    def at(self, path: ResourcePath) -> Linked | None:
        """A resource as it is in this step; None where there is none."""
        if path in self.linked:
            return self.linked[path]
        linked = self.look_again(path)
        if linked is not None:
            for side in self.sides.at(path):
                linked.at_first[side] = names_in(linked.value, side)
                self.hold(path, linked, side, dict(linked.at_first[side]))
        return linked

    def look_again(self, path: ResourcePath) -> Linked | None:
        """A resource as it stands in the view, of which it is not known yet what it names."""
        self._forget(path)
        entry = self.view.get(path)
        linked = self.linked[path] = None if entry is None else Linked(self.value(entry))
        return linked

    def names_of(self, path: ResourcePath, side: Side) -> Names | None:
        """What a resource names that was looked at; None where it is gone or was not."""
        return self._names.get(path, {}).get(side)

    def naming(self, side: Side, path: ResourcePath) -> Iterator[ResourcePath]:
        """The resources that name `path` on this side, as they are in this step."""
        yield from list(self._naming.get(side, {}).get(path.name, ()))
        names_it = Condition(own_member(side.member), Operator.EQUAL, (Name(path.name),))
        selected = self._below.select(side.collection, Selection(names_it))
        for item in () if selected is None else selected.items:
            owner = side.collection.resource(item.name)
            # What this commit has to do with was told already.
            if owner not in self._names and self.view.get(owner) is not None:
                yield owner

    def value(self, entry: Entry) -> object:
        """The value of a content, where zero bytes are the empty object, and broken JSON none."""
        try:
            return parse(self.content_of(entry) or b"{}")
        except MalformedContent:
            return _BROKEN

    # --- changing

    def hold(self, path: ResourcePath, linked: Linked, side: Side, names: Names) -> None:
        """It is known now what the resource names."""
        self._touched[path] = None
        linked.now[side] = names
        self._names.setdefault(path, {})[side] = names
        naming = self._naming.setdefault(side, {})
        for name in names:
            naming.setdefault(name, {})[path] = None

    def add(self, path: ResourcePath, linked: Linked, side: Side, name: str) -> None:
        """Have a resource name another, by the id as that calls itself."""
        self._touched[path] = None
        named = side.to.resource(name)
        other = self.at(named)
        linked.now[side][name] = id_called(named, None if other is None else other.value)
        self._naming.setdefault(side, {}).setdefault(name, {})[path] = None

    def drop(self, path: ResourcePath, linked: Linked, side: Side, name: str) -> None:
        """Have a resource name another no longer, if it does."""
        if name in linked.now[side]:
            self._touched[path] = None
            del linked.now[side][name]
            del self._naming[side][name][path]
            self.lost[path, side] = name

    def remove(self, path: ResourcePath) -> None:
        """There is no such resource any more."""
        self._forget(path)
        self.linked[path] = None

    def _forget(self, path: ResourcePath) -> None:
        for side, names in self._names.pop(path, {}).items():
            for name in names:
                del self._naming[side][name][path]

    # --- what comes of it

    def changed(self) -> list[ResourcePath]:
        """Those touched since this was asked last that no longer name whom their content names."""
        touched, self._touched = self._touched, {}
        return [path for path in touched if next(self._differing(path), None) is not None]

    def let_go(self, path: ResourcePath) -> tuple[object, list[LinkEdit]]:
        """The value of a resource, and the edits that it needs; once made, it is looked at anew."""
        edits = [
            LinkEdit(side, now, {name: id_ for name, id_ in now.items() if name not in before})
            for side, now, before in self._differing(path)
        ]
        linked = self.linked.pop(path, None)
        return None if linked is None else linked.value, edits

    def _differing(self, path: ResourcePath) -> Iterator[tuple[Side, Names, Names]]:
        """Each side with what it is to name and what it names, where that is not the same."""
        linked = self.linked.get(path)
        if linked is None:
            return
        for side, now in linked.now.items():
            before = linked.at_first[side]
            # The lists may be long, and this is asked in each step of a batch.
            if len(now) != len(before) or now.keys() != before.keys():
                yield side, now, before

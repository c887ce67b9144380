"""The view of a request: the resources, and the collections that are declared.

A collection that is declared is there, also as long as nothing is stored in it: it has
a list, and a name that no resource takes. Here belongs that alone; what follows from
declarations when something is written is in `kvput.resources.consequences`.
"""

from dataclasses import dataclass

from kvput.declarations import Declarations
from kvput.names import natural_order
from kvput.paths import CollectionPath, ResourcePath
from kvput.query.selection import Selected, Selection
from kvput.store.base import Entry, Names, View

_NOTHING = Selected((), 0)


def with_declared(view: View, declarations: Declarations) -> View:
    """The view, in which the collections that are declared are there."""
    return _DeclaredView(view, declarations) if declarations.collections else view


@dataclass(frozen=True, slots=True)
class _DeclaredView:
    """See `kvput.store.base.View`."""

    _view: View
    _declarations: Declarations

    def get(self, path: ResourcePath) -> Entry | None:
        return self._view.get(path)

    def is_collection(self, collection: CollectionPath) -> bool:
        if self._view.is_collection(collection):
            return True
        # One that a hand has hidden behind a resource has no folder yet, and is to get none.
        is_declared = collection in self._declarations.collections
        return is_declared and self._view.get(collection.as_resource) is None

    def names(self, collection: CollectionPath) -> Names | None:
        names = self._view.names(collection)
        declared = self._declarations.collections
        within = {each for each in declared if each.segments[:-1] == collection.segments}
        if not within and (names is not None or collection not in declared):
            return names
        resources, collections = ((), ()) if names is None else (names.resources, names.collections)
        within.update(collections)
        return Names(
            resources,
            tuple(sorted(within, key=lambda inner: natural_order(inner.segments[-1]))),
        )

    def select(self, collection: CollectionPath, selection: Selection) -> Selected | None:
        selected = self._view.select(collection, selection)
        if selected is None and collection in self._declarations.collections:
            return _NOTHING
        return selected

    def counter(self, collection: CollectionPath) -> int:
        return self._view.counter(collection)

    def highest_number(self, collection: CollectionPath) -> int:
        return self._view.highest_number(collection)

    def remembered(self, key: str) -> bytes | None:
        return self._view.remembered(key)

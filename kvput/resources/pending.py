"""A view with writes laid over it: what a decision of several steps sees of the steps before.

Nothing of them stands in the store yet. Here belongs what the resources would
be; what each step means does not.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Collection

from kvput.errors import CounterDamaged, Unreadable
from kvput.names import natural_order, number_of
from kvput.paths import CollectionPath, ResourcePath
from kvput.query.layer import NOTHING, Layer, is_whole
from kvput.query.selection import Selected, Selection
from kvput.semantics.validators import content_digest
from kvput.store.base import (
    Batch,
    Delete,
    Entry,
    Names,
    Put,
    RaiseCounter,
    Remember,
    View,
    Write,
)


class PendingView:
    """See `kvput.store.base.View`: another view, and the writes that were added."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._entries: dict[ResourcePath, Entry | None] = {}
        # What was looked at beneath: a hand may change it while the decision is made, which
        # must not find a resource in one step that is gone in the next.
        self._seen: dict[ResourcePath, Entry | None] = {}
        # What is put as soon as somebody looks at it, by what gives its content then.
        self._late: dict[ResourcePath, Callable[[], bytes | None]] = {}
        self._counters: dict[CollectionPath, int] = {}
        self._remembered: list[Remember] = []
        # What is put and deleted directly in each collection, for selections.
        self._layers: defaultdict[CollectionPath, Layer] = defaultdict(Layer)
        # The highest number among the names: of those there were, looked for once, and put.
        self._old_numbers: dict[CollectionPath, int] = {}
        self._new_numbers: dict[CollectionPath, int] = {}
        # Each collection that something is written in, with how many resources stand there
        # because of that; and each that something is put in or beneath, with those of them
        # that are directly in it.
        self._put: dict[CollectionPath, int] = {}
        self._reached: dict[CollectionPath, set[CollectionPath]] = {}
        # What stood in a collection, looked for once; and which of these resources stand
        # there as they did.
        self._stood: dict[CollectionPath, Names | None] = {}
        self._left: dict[CollectionPath, set[ResourcePath]] = {}

    # --- the writes

    def add(self, batch: Batch) -> None:
        """Lay writes over what is there; each must be possible there."""
        for write in batch.writes:
            match write:
                case Put(path, content):
                    digest, before = content_digest(content), self.get(path)
                    # A write of the bytes that are there changes nothing.
                    unchanged = before is not None and before.digest == digest
                    modified = before.modified_ns if before and unchanged else time.time_ns()
                    self._lay(path, Entry(path, digest, modified, len(content), content))
                    self._layers[path.parent].put(path.name, content)
                    highest = self._new_numbers.get(path.parent, 0)
                    self._new_numbers[path.parent] = max(highest, number_of(path.name) or 0)
                case Delete(path):
                    self._late.pop(path, None)
                    self._lay(path, None)
                    self._layers[path.parent].remove(path.name)
                case RaiseCounter(collection, number):
                    self._counters[collection] = number
                    self._reach(collection)
                case Remember():
                    self._remembered.append(write)

    def put_late(self, path: ResourcePath, content: Callable[[], bytes | None]) -> None:
        """Put what `content` gives, None for nothing, as soon as the resource is looked at.

        So what many steps change is written once. What it raises comes out of the look.
        """
        self._late[path] = content

    def write_late(self) -> None:
        """Put all that is to be put late."""
        for path in list(self._late):
            self._write_late(path)

    def _write_late(self, path: ResourcePath) -> None:
        # Whoever gives the content may look at what was there before.
        late = self._late.pop(path, None)
        content = None if late is None else late()
        if content is not None:
            self.add(Batch((Put(path, content),)))

    @property
    def written(self) -> Collection[ResourcePath]:
        """The resources that are put or deleted by the writes."""
        self.write_late()
        return self._entries.keys()

    def writes(self) -> tuple[Write, ...]:
        """What is to be written so that all is as it seems here; each path stands there once.

        What came and went again is not among them.
        """
        self.write_late()
        writes: list[Write] = []
        for path, entry in self._entries.items():
            if entry is not None and entry.content is not None:
                writes.append(Put(path, entry.content))
            elif entry is None and self._beneath(path) is not None:
                writes.append(Delete(path))
        writes += [RaiseCounter(collection, n) for collection, n in self._counters.items()]
        return (*writes, *self._remembered)

    def _lay(self, path: ResourcePath, entry: Entry | None) -> None:
        collection = path.parent
        was_put = self._entries.get(path) is not None
        self._entries[path] = entry
        if collection in self._left:
            self._left[collection].discard(path)
        self._put[collection] = self._put.get(collection, 0) + (entry is not None) - was_put
        if entry is not None:
            self._reach(collection)

    def _reach(self, collection: CollectionPath) -> None:
        inner: CollectionPath | None = None
        while collection not in self._reached:
            self._reached[collection] = set() if inner is None else {inner}
            if not collection.segments:
                return
            inner, collection = collection, CollectionPath(collection.segments[:-1])
        if inner is not None:
            self._reached[collection].add(inner)

    # --- the view

    def get(self, path: ResourcePath) -> Entry | None:
        """See `View.get`. What was given once stays so, until it is written."""
        if path in self._late:
            self._write_late(path)
        return self._entries[path] if path in self._entries else self._beneath(path)

    def _beneath(self, path: ResourcePath) -> Entry | None:
        if path not in self._seen:
            self._seen[path] = self._view.get(path)
        return self._seen[path]

    def is_collection(self, collection: CollectionPath) -> bool:
        """See `View.is_collection`."""
        if self._put.get(collection, 0) > 0 or collection in self._counters:
            return True
        if collection not in self._put and collection not in self._reached:
            return self._view.is_collection(collection)
        # All names are read only where no counter tells: a batch may ask of each operation.
        if self._had_counter(collection):
            return True
        names = self._names_before(collection)
        if names is None:
            return collection in self._reached and not self._reached[collection]
        if self._left[collection]:
            return True
        return not names.collections and not self._reached.get(collection)

    def names(self, collection: CollectionPath) -> Names | None:
        """See `View.names`."""
        names = self._names_before(collection)
        if collection not in self._put and collection not in self._reached:
            return names
        if names is None:
            if collection not in self._reached:
                return None
            names = Names((), ())
        resources = self._left.get(collection, set()) | {
            path
            for path, entry in self._entries.items()
            if entry is not None and path.parent == collection
        }
        collections = {*names.collections} | self._reached.get(collection, set())
        return Names(
            tuple(sorted(resources, key=lambda path: natural_order(path.name))),
            tuple(sorted(collections, key=lambda inner: natural_order(inner.segments[-1]))),
        )

    def select(self, collection: CollectionPath, selection: Selection) -> Selected | None:
        """See `View.select`.

        ValueError for an order or a part of a collection that something is written in: no
        decision of several steps needs them.
        """
        for path in [path for path in self._late if path.parent == collection]:
            self._write_late(path)
        layer = self._layers.get(collection)
        if layer is not None and not is_whole(selection):
            raise ValueError("no order or part is made of what is not written yet")
        beneath = self._view.select(collection, selection)
        if beneath is None:
            if collection not in self._reached:
                return None
            beneath = NOTHING
        return beneath if layer is None else layer.over(beneath, selection.filter)

    def counter(self, collection: CollectionPath) -> int:
        """See `View.counter`."""
        counter = self._counters.get(collection)
        return self._view.counter(collection) if counter is None else counter

    def highest_number(self, collection: CollectionPath) -> int:
        """See `View.highest_number`."""
        if collection not in self._old_numbers:
            self._old_numbers[collection] = self._view.highest_number(collection)
        return max(self._old_numbers[collection], self._new_numbers.get(collection, 0))

    def remembered(self, key: str) -> bytes | None:
        """See `View.remembered`."""
        return self._view.remembered(key)

    def _names_before(self, collection: CollectionPath) -> Names | None:
        """The names that were there before the writes."""
        if collection not in self._stood:
            names = self._stood[collection] = self._view.names(collection)
            if names is not None:
                self._left[collection] = {*names.resources} - self._entries.keys()
        return self._stood[collection]

    def _had_counter(self, collection: CollectionPath) -> bool:
        try:
            return self._view.counter(collection) > 0
        except (CounterDamaged, Unreadable):
            return True

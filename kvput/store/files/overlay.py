"""What a decision sees while the commits before it in its group wait for the disk.

Those commits are decided and staged, and nothing of them stands in the folder
yet. Here their outcome is laid over the folder's state. Where that would need
more than a look (all names, an order or a part of a list, a directory that comes
or goes), the decision waits for the next group instead.
"""

from collections import defaultdict
from collections.abc import Iterable

from kvput.names import number_of
from kvput.paths import CollectionPath, ResourcePath
from kvput.query.layer import NOTHING, Layer, is_whole
from kvput.query.selection import Selected, Selection
from kvput.store.base import Batch, Change, Delete, Entry, Names, Put, RaiseCounter, Remember
from kvput.store.files.view import FileView


class AfterThisGroup(Exception):
    """The decision needs the folder as it will be once the group stands in it."""


class Overlay:
    """The outcome of a group's commits so far.

    `numbers` holds each collection in which resources are written, with the
    highest number among the names of those that are put there, 0 for none.
    """

    def __init__(self) -> None:
        self.entries: dict[str, Entry | None] = {}
        """By the resources' files."""
        self.counters: dict[CollectionPath, int] = {}
        self.remembered: dict[str, bytes] = {}
        self.numbers: dict[CollectionPath, int] = {}
        self.layers: defaultdict[CollectionPath, Layer] = defaultdict(Layer)
        """What is put and deleted directly in each collection, for selections."""
        # By their segments: each that something is written in or beneath, and each that
        # something is put directly in, and nothing deleted since.
        self._touched: set[tuple[str, ...]] = set()
        self._filled: set[tuple[str, ...]] = set()

    def add(self, batch: Batch, changes: Iterable[Change]) -> None:
        """Lay a commit's outcome over what is there."""
        for change in changes:
            self.entries[change.path.file] = change.after
        for write in batch.writes:
            match write:
                case Put(path, content):
                    collection = path.parent
                    self.layers[collection].put(path.name, content)
                    number = max(self.numbers.get(collection, 0), number_of(path.name) or 0)
                    self.numbers[collection] = number
                    self._filled.add(collection.segments)
                case Delete(path):
                    collection = path.parent
                    self.layers[collection].remove(path.name)
                    self.numbers.setdefault(collection, 0)
                    # It may have been what filled it: only the folder tells what is left.
                    self._filled.discard(collection.segments)
                case RaiseCounter(collection, number):
                    self.counters[collection] = number
                    self._filled.add(collection.segments)
                case Remember():
                    continue  # It stands in no collection.
            self._touch(collection.segments)

    def _touch(self, segments: tuple[str, ...]) -> None:
        while segments not in self._touched:
            self._touched.add(segments)
            segments = segments[:-1]

    def touches(self, collection: CollectionPath) -> bool:
        """Whether something is written in it, or beneath it."""
        return collection.segments in self._touched

    def fills(self, collection: CollectionPath) -> bool:
        """Whether it surely holds a resource or a counter, put directly in it."""
        return collection.segments in self._filled


class GroupView:
    """See `kvput.store.base.View`: the folder's state with the overlay, for one decision."""

    def __init__(self, view: FileView, overlay: Overlay) -> None:
        self._view = view
        self._overlay = overlay
        self.seen: dict[str, Entry | None] = {}
        """What the decision was told of each resource that it asked for, by its file."""

    def get(self, path: ResourcePath) -> Entry | None:
        entries = self._overlay.entries
        file = path.file
        # A decision that asks again is told the same: what it has made of one state of a file
        # and of another would not fit together, and only one is compared with what is replaced.
        if file in self.seen:
            return self.seen[file]
        entry = entries[file] if file in entries else self._view.get(path)
        self.seen[file] = entry
        return entry

    def is_collection(self, collection: CollectionPath) -> bool:
        if self._overlay.touches(collection):
            if self._overlay.fills(collection):
                return True
            raise AfterThisGroup
        return self._view.is_collection(collection)

    def names(self, collection: CollectionPath) -> Names | None:
        if self._overlay.touches(collection):
            raise AfterThisGroup
        return self._view.names(collection)

    def select(self, collection: CollectionPath, selection: Selection) -> Selected | None:
        if not self._overlay.touches(collection):
            return self._view.select(collection, selection)
        layer = self._overlay.layers.get(collection)
        if layer is not None and not is_whole(selection):
            raise AfterThisGroup
        # Where something is written in it or beneath, it will be there, if empty.
        beneath = self._view.select(collection, selection) or NOTHING
        return beneath if layer is None else layer.over(beneath, selection.filter)

    def counter(self, collection: CollectionPath) -> int:
        counter = self._overlay.counters.get(collection)
        return self._view.counter(collection) if counter is None else counter

    def highest_number(self, collection: CollectionPath) -> int:
        number = self._overlay.numbers.get(collection, 0)
        return max(self._view.highest_number(collection), number)

    def remembered(self, key: str) -> bytes | None:
        remembered = self._overlay.remembered.get(key)
        return self._view.remembered(key) if remembered is None else remembered

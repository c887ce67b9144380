"""Which collections have an index: made at first use, and let go where many others are used.

How one is read and kept up to date is in `kvput.store.files.index`.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from kvput.paths import CollectionPath
from kvput.query.selection import Selected, Selection
from kvput.store.files.cache import ReadCache
from kvput.store.files.index import CollectionGoneError, CollectionIndex, Progress
from kvput.store.files.layout import directories_of
from kvput.store.files.reader import Reader
from kvput.store.files.watch import Watcher

_MOST_INDEXES: Final = 1024


class IndexMissingError(Exception):
    """The collection's index is to be built first, which may take long; then ask again."""

    def __init__(self, collection: CollectionPath) -> None:
        super().__init__(collection)
        self.collection = collection


@dataclass(frozen=True, slots=True)
class Background:
    """What work that nobody waits for is given to, and who is told how far a long one is."""

    submit: Callable[[Callable[[], None]], object] = lambda work: work()
    progress: Progress | None = None


class Indexes:
    """The indexes of a folder's collections. May be used in several threads."""

    def __init__(self, reader: Reader, cache: ReadCache, background: Background) -> None:
        self._reader = reader
        self._cache = cache
        self._background = background
        self._watcher = Watcher()
        self._looking = threading.local()
        self._lock = threading.Lock()
        self._indexes: OrderedDict[CollectionPath, CollectionIndex] = OrderedDict()

    def select(self, collection: CollectionPath, selection: Selection) -> Selected | None:
        """See `View.select`. Raises IndexMissingError as well."""
        with self._lock:
            index = self._indexes.get(collection)
            if index is not None:
                self._indexes.move_to_end(collection)
        if index is not None:
            try:
                self._refresh(collection, index)
                return index.select(selection)
            except CollectionGoneError:
                self._put(collection, None)
        with self._reader.directory(directories_of(collection)) as directory:
            if directory is None:
                return None
        raise IndexMissingError(collection)

    @contextmanager
    def one_look(self) -> Iterator[None]:
        """Bring each index up to date once in the block, however often this thread asks it."""
        self._looking.refreshed = set()
        try:
            yield
        finally:
            self._looking.refreshed = None

    def _refresh(self, collection: CollectionPath, index: CollectionIndex) -> None:
        refreshed: set[CollectionPath] | None = getattr(self._looking, "refreshed", None)
        if refreshed is not None and collection in refreshed:
            return
        index.refresh()
        if index.sweep_is_due:
            self._background.submit(index.sweep)
        if refreshed is not None:
            refreshed.add(collection)

    def build(self, collection: CollectionPath) -> None:
        """Build the index of a collection, if there is such a directory. Raises Unreadable."""
        try:
            index = CollectionIndex(
                collection, self._reader, self._cache, self._watcher, self._background.progress
            )
        except CollectionGoneError:
            return
        self._put(collection, index)

    def close(self) -> None:
        """Watch nothing any longer; nothing is asked after this."""
        self._watcher.close()

    def _put(self, collection: CollectionPath, index: CollectionIndex | None) -> None:
        let_go = []
        with self._lock:
            let_go.append(self._indexes.pop(collection, None))
            if index is not None:
                self._indexes[collection] = index
            if len(self._indexes) > _MOST_INDEXES:
                let_go.append(self._indexes.popitem(last=False)[1])
        for old in let_go:
            if old is not None:
                old.close()

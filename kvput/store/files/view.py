"""The folder as it stands: what decisions and listings see of it.

Every method may block, so that the store calls them in threads.
"""

import errno
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache

from kvput.errors import CounterDamaged, Unreadable
from kvput.paths import CollectionPath, ResourcePath, collection_at, resource_at
from kvput.store.base import Batch, Delete, Entry, Names, Put, natural_order, number_of
from kvput.store.files.cache import ReadCache
from kvput.store.files.failures import failed_read, reading
from kvput.store.files.layout import COUNTER, directories_of
from kvput.store.files.reader import Reader, read_all

_logger = logging.getLogger("kvput")


class FileView:
    """See `kvput.store.base.View`."""

    def __init__(self, reader: Reader, cache: ReadCache) -> None:
        self._reader = reader
        self._cache = cache
        self._highest: dict[CollectionPath, tuple[_State, int]] = {}

    def get(self, path: ResourcePath) -> Entry | None:
        return self._cache.fresh(path)

    def is_collection(self, collection: CollectionPath) -> bool:
        with self._reader.directory(directories_of(collection)) as directory:
            if directory is None:
                return False
            prefix = _prefix(collection)
            holds_directories = False
            with reading(directories_of(collection)), os.scandir(directory) as entries:
                for entry in entries:
                    if entry.name == COUNTER or resource_at(prefix + entry.name) is not None:
                        return True
                    inner = collection_at(prefix + entry.name)
                    if inner is not None and _holds(entry.is_dir):
                        holds_directories = True
            return not holds_directories

    def names(self, collection: CollectionPath) -> Names | None:
        parts, prefix = directories_of(collection), _prefix(collection)
        resources, collections = [], []
        with self._reader.directory(parts) as directory:
            if directory is None:
                return None
            if not os.access(".", os.X_OK, dir_fd=directory):
                raise failed_read(parts, PermissionError(errno.EACCES, os.strerror(errno.EACCES)))
            with reading(parts), os.scandir(directory) as entries:
                for entry in entries:
                    if entry.is_symlink() and self._reader.resolve((*parts, entry.name)) is None:
                        continue
                    if _holds(entry.is_dir):
                        if (inner := collection_at(prefix + entry.name)) is not None:
                            collections.append(inner)
                    elif _holds(entry.is_file) and (resource := resource_at(prefix + entry.name)):
                        resources.append(resource)
        return Names(
            tuple(sorted(resources, key=lambda path: natural_order(path.name))),
            tuple(sorted(collections, key=lambda path: natural_order(path.segments[-1]))),
        )

    def entries(self, collection: CollectionPath) -> tuple[Entry, ...] | None:
        names = self.names(collection)
        if names is None:
            return None
        entries = (self._whole_or_logged(path) for path in names.resources)
        return tuple(entry for entry in entries if entry is not None)

    def _whole_or_logged(self, path: ResourcePath) -> Entry | None:
        """A broken file breaks nothing but itself: the list goes on without it."""
        try:
            return self._cache.whole(path)
        except Unreadable as error:
            _log_once(path.file, error.detail)
            return None

    def counter(self, collection: CollectionPath) -> int:
        parts = (*directories_of(collection), COUNTER)
        descriptor = self._reader.open_file(parts)
        if descriptor is None:
            try:
                self._reader.status("/".join(parts))
            except OSError:
                return 0
            text = b"no file"
        else:
            try:
                with reading(parts):
                    text = read_all(descriptor, 0).strip()
            finally:
                os.close(descriptor)
        if not (text.isdigit() and len(text) <= 18):
            held = text[:40].decode("utf-8", "replace")
            raise CounterDamaged(
                f"{'/'.join(parts)} must hold a whole number and holds {held!r}: "
                "write the highest number in use there, or remove the file."
            )
        return int(text)

    def highest_number(self, collection: CollectionPath) -> int:
        with self._reader.directory(directories_of(collection)) as directory:
            if directory is None:
                return 0
            state = _state(directory)
            known = self._highest.get(collection)
            if known is not None and known[0] == state:
                return known[1]
            prefix = _prefix(collection)
            with reading(directories_of(collection)):
                files = os.listdir(directory)
            numbers = (
                number_of(resource.name)
                for file in files
                if (resource := resource_at(prefix + file)) is not None
            )
            highest = max((number for number in numbers if number is not None), default=0)
            self._highest[collection] = (state, highest)
            return highest

    @contextmanager
    def carrying(self, batch: Batch) -> Iterator[None]:
        """Carry `highest_number` over a batch of our own, which changes the directories' times.

        Only what still holds when the block begins is carried: a number that
        came by hand since must be found, so that nothing is written over it.
        """
        paths = [write.path for write in batch.writes if isinstance(write, Put | Delete)]
        known = {
            collection: highest
            for collection in {path.parent for path in paths}
            if (highest := self._known_highest(collection)) is not None
        }
        yield
        for path in paths:
            if path.parent in known:
                known[path.parent] = max(known[path.parent], number_of(path.name) or 0)
        for collection, highest in known.items():
            # The batch is written by now: what fails here is looked up again when it is asked for.
            with (
                suppress(Unreadable),
                self._reader.directory(directories_of(collection)) as directory,
            ):
                if directory is not None:
                    self._highest[collection] = (_state(directory), highest)

    def _known_highest(self, collection: CollectionPath) -> int | None:
        known = self._highest.get(collection)
        if known is None:
            return None
        with self._reader.directory(directories_of(collection)) as directory:
            return known[1] if directory is not None and known[0] == _state(directory) else None


class ObservedView:
    """A view that remembers what a decision was made on, so that it can be checked again."""

    def __init__(self, view: FileView) -> None:
        self._view = view
        self.seen: dict[ResourcePath, str | None] = {}
        """The digest of each resource that was looked at, None where there was none."""

    def get(self, path: ResourcePath) -> Entry | None:
        entry = self._view.get(path)
        self.seen[path] = None if entry is None else entry.digest
        return entry

    def is_collection(self, collection: CollectionPath) -> bool:
        return self._view.is_collection(collection)

    def entries(self, collection: CollectionPath) -> tuple[Entry, ...] | None:
        return self._view.entries(collection)

    def counter(self, collection: CollectionPath) -> int:
        return self._view.counter(collection)

    def highest_number(self, collection: CollectionPath) -> int:
        return self._view.highest_number(collection)


_State = tuple[int, int]


def _state(directory: int) -> _State:
    """What changes when a name comes into the directory or leaves it."""
    status = os.fstat(directory)
    return status.st_mtime_ns, status.st_ino


@lru_cache(maxsize=1024)
def _log_once(file: str, reason: str) -> None:
    _logger.warning("%s is left out of its collection: %s", file, reason)


def _holds(ask: Callable[[], bool]) -> bool:
    """What an entry of a directory says of itself; no where a link loops or leads nowhere."""
    try:
        return ask()
    except OSError:
        return False


def _prefix(collection: CollectionPath) -> str:
    return collection.directory + "/" if collection.segments else ""

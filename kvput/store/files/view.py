"""The folder as it stands: what decisions and listings see of it.

Every method may block, so that the store calls them in threads.
"""

import errno
import os
import stat
from collections.abc import Callable
from typing import Final

from kvput.errors import CounterDamaged
from kvput.names import natural_order, number_of
from kvput.paths import CollectionPath, ResourcePath, collection_at, resource_at
from kvput.query.selection import Selected, Selection
from kvput.store.base import Entry, Names
from kvput.store.files.cache import ReadCache
from kvput.store.files.failures import failed_read, reading
from kvput.store.files.indexes import Background, Indexes
from kvput.store.files.layout import COUNTER, directories_of
from kvput.store.files.reader import Reader, read_all
from kvput.store.files.remembered import remembered

_ALONE: Final = Background()


class FileView:
    """See `kvput.store.base.View`."""

    def __init__(self, reader: Reader, cache: ReadCache, background: Background = _ALONE) -> None:
        self.reader = reader
        self.cache = cache
        self.indexes = Indexes(reader, cache, background)
        self._highest: dict[CollectionPath, tuple[_State, int]] = {}

    def get(self, path: ResourcePath) -> Entry | None:
        return self.cache.fresh(path)

    def is_collection(self, collection: CollectionPath) -> bool:
        # Each new resource asks whether it would hide one, and mostly there is nothing.
        if self.reader.is_nothing(collection.directory or "."):
            return False
        with self.reader.directory(directories_of(collection)) as directory:
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
        with self.reader.directory(parts) as directory:
            if directory is None:
                return None
            if not os.access(".", os.X_OK, dir_fd=directory):
                raise failed_read(parts, PermissionError(errno.EACCES, os.strerror(errno.EACCES)))
            with reading(parts), os.scandir(directory) as entries:
                for entry in entries:
                    if entry.is_symlink() and self.reader.resolve((*parts, entry.name)) is None:
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

    def select(self, collection: CollectionPath, selection: Selection) -> Selected | None:
        return self.indexes.select(collection, selection)

    def remembered(self, key: str) -> bytes | None:
        return remembered(self.reader, key)

    def counter(self, collection: CollectionPath) -> int:
        parts = (*directories_of(collection), COUNTER)
        descriptor = self.reader.open_file(parts)
        if descriptor is None:
            try:
                status = self.reader.status("/".join(parts))
            except OSError:
                return 0
            what = "folder" if stat.S_ISDIR(status.st_mode) else "link or special file"
            raise CounterDamaged(
                f"{'/'.join(parts)} is a {what}, and must be a file with a number: remove it."
            )
        try:
            with reading(parts):
                text = read_all(descriptor, 0).strip()
        finally:
            os.close(descriptor)
        if not (text.isdigit() and len(text) <= 18):
            held = text[:40].decode("utf-8", "replace")
            raise CounterDamaged(
                f"{'/'.join(parts)} must hold a whole number and holds {held!r}: "
                "write the highest number that was given there, or remove the file (the numbers of "
                "deleted resources may then be given again)."
            )
        return int(text)

    def highest_number(self, collection: CollectionPath) -> int:
        with self.reader.directory(directories_of(collection)) as directory:
            if directory is None:
                return 0
            state = _state(os.fstat(directory))
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

    def carry(
        self,
        collection: CollectionPath,
        before: os.stat_result,
        after: os.stat_result,
        number: int,
    ) -> None:
        """Carry `highest_number` over writes of our own, which changed the directory's times.

        `before` and `after` are the directory's; `number` is the highest one put in it.
        """
        known = self._highest.get(collection)
        if known is not None and known[0] == _state(before):
            self._highest[collection] = (_state(after), max(known[1], number))


_State = tuple[int, int]


def _state(status: os.stat_result) -> _State:
    """What changes when a name comes into the directory or leaves it."""
    return status.st_mtime_ns, status.st_ino


def _holds(ask: Callable[[], bool]) -> bool:
    """What an entry of a directory says of itself; no where a link loops or leads nowhere."""
    try:
        return ask()
    except OSError:
        return False


def _prefix(collection: CollectionPath) -> str:
    return collection.directory + "/" if collection.segments else ""

"""The folder as it stands: what decisions and listings see of it.

Every method may block, so that the store calls them in threads.
"""

import logging
import os

from kvput.errors import CounterDamaged, Unreadable
from kvput.paths import CollectionPath, ResourcePath, collection_at, resource_at
from kvput.store.base import Change, Entry, Names, natural_order, number_of
from kvput.store.files.cache import ReadCache
from kvput.store.files.layout import COUNTER, directories_of
from kvput.store.files.reader import Reader, read_all

_logger = logging.getLogger("kvput")


class FileView:
    """See `kvput.store.base.View`."""

    def __init__(self, reader: Reader, cache: ReadCache) -> None:
        self._reader = reader
        self._cache = cache
        self._highest: dict[CollectionPath, tuple[tuple[int, int], int]] = {}

    def get(self, path: ResourcePath) -> Entry | None:
        return self._cache.fresh(path)

    def is_collection(self, collection: CollectionPath) -> bool:
        with self._reader.directory(directories_of(collection)) as directory:
            if directory is None:
                return False
            prefix = _prefix(collection)
            holds_directories = False
            with os.scandir(directory) as entries:
                for entry in entries:
                    if entry.name == COUNTER or resource_at(prefix + entry.name) is not None:
                        return True
                    holds_directories = holds_directories or entry.is_dir()
            return not holds_directories

    def names(self, collection: CollectionPath) -> Names | None:
        parts, prefix = directories_of(collection), _prefix(collection)
        resources, collections = [], []
        with self._reader.directory(parts) as directory:
            if directory is None:
                return None
            with os.scandir(directory) as entries:
                for entry in entries:
                    if entry.is_symlink() and self._reader.resolve((*parts, entry.name)) is None:
                        continue
                    if entry.is_dir():
                        if (inner := collection_at(prefix + entry.name)) is not None:
                            collections.append(inner)
                    elif (resource := resource_at(prefix + entry.name)) is not None:
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
            _logger.warning("%s is left out of its collection: %s", path.file, error)
            return None

    def counter(self, collection: CollectionPath) -> int:
        parts = (*directories_of(collection), COUNTER)
        descriptor = self._reader.open_file(parts)
        if descriptor is None:
            return 0
        try:
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
            status = os.fstat(directory)
            state = (status.st_mtime_ns, status.st_ino)
            known = self._highest.get(collection)
            if known is not None and known[0] == state:
                return known[1]
            prefix = _prefix(collection)
            numbers = (
                number_of(resource.name)
                for file in os.listdir(directory)
                if (resource := resource_at(prefix + file)) is not None
            )
            highest = max((number for number in numbers if number is not None), default=0)
            self._highest[collection] = (state, highest)
            return highest

    def note(self, changes: tuple[Change, ...]) -> None:
        """Carry `highest_number` over a commit of our own, which changed the directory's times."""
        for change in changes:
            collection = change.path.parent
            known = self._highest.get(collection)
            number = number_of(change.path.name)
            if known is None or change.after is change.before:
                continue
            highest = known[1] if change.after is None else max(known[1], number or 0)
            with self._reader.directory(directories_of(collection)) as directory:
                if directory is not None:
                    status = os.fstat(directory)
                    self._highest[collection] = ((status.st_mtime_ns, status.st_ino), highest)


def _prefix(collection: CollectionPath) -> str:
    return collection.directory + "/" if collection.segments else ""

"""All resources of a folder, read one after another, by one who does not serve it.

Nothing is changed and no lock is kept: each file is read as it stands at its
moment, so that a folder can be read that is served meanwhile. What vanishes on
the way was not there. What is wrong in the folder, `kvput.store.files.check` tells.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from kvput.errors import KvputError
from kvput.paths import CollectionPath, ResourcePath
from kvput.store.base import Names, View
from kvput.store.files.cache import ReadCache
from kvput.store.files.check.own import open_to_check
from kvput.store.files.failures import reading
from kvput.store.files.layout import locate
from kvput.store.files.reader import read_all
from kvput.store.files.view import FileView

_ROOT: Final = CollectionPath(())
_NOTHING: Final = Names((), ())


class FolderContents:
    """The resources of a folder, as they stand when each is read.

    How far `resources` is, `done` of `expected` tell, in files; `expected` is None
    as long as it is not known. `unreadable` counts the files and directories that
    were passed over, because they cannot be read. All may be read from another thread.
    """

    def __init__(self, data: Path) -> None:
        """Raises DataUnusable."""
        self.done = 0
        self.expected: int | None = None
        self.unreadable = 0
        self._reader = open_to_check(data)
        self._view = FileView(self._reader, ReadCache(self._reader, 0))

    @property
    def view(self) -> View:
        """All of them as a view, in which only one look is at one moment."""
        return self._view

    def get(self, path: ResourcePath) -> bytes | None:
        """A resource's content; None when there is none. Raises Unreadable."""
        place = locate(path)
        parts = (*place.directories, place.file)
        descriptor = self._reader.open_file(parts)
        if descriptor is None:
            return None
        try:
            with reading(parts):
                return read_all(descriptor, os.fstat(descriptor).st_size)
        finally:
            os.close(descriptor)

    def resources(self, within: CollectionPath = _ROOT) -> Iterator[tuple[ResourcePath, bytes]]:
        """Every resource in a collection and below it, with its content, in natural order."""
        self.done = self.unreadable = 0
        # What cannot be listed is counted here; later it may have gone.
        for collection in self._collections(within):
            with suppress(KvputError):
                yield from self._contents(self._view.names(collection) or _NOTHING)

    def _contents(self, names: Names) -> Iterator[tuple[ResourcePath, bytes]]:
        for path in names.resources:
            try:
                content = self.get(path)
            except KvputError:
                self.unreadable += 1
            else:
                if content is not None:
                    yield path, content
            self.done += 1

    def _collections(self, within: CollectionPath) -> list[CollectionPath]:
        """A directory and all below it that have a path; counts what is in them on the way."""
        found: list[CollectionPath] = []
        waiting = [within]
        expected = 0
        while waiting:
            collection = waiting.pop()
            try:
                names = self._view.names(collection) or _NOTHING
            except KvputError:
                self.unreadable += 1
                continue
            found.append(collection)
            expected += len(names.resources)
            waiting += [inner for inner in reversed(names.collections) if not self._is_link(inner)]
        self.expected = expected
        return found

    def _is_link(self, collection: CollectionPath) -> bool:
        """Whether a link stands there: what it leads to is read under its own name.

        Else one that leads upwards would be followed for ever.
        """
        try:
            return stat.S_ISLNK(self._reader.status(collection.directory).st_mode)
        except OSError:
            return False

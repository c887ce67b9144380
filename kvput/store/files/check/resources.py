"""The resources of a folder that is checked, as a server would find them, one by one.

For checks that ask more of a resource than that it is JSON. Nothing is changed and
no lock is kept; what is asked of the resources is not known here.
"""

from collections.abc import Collection
from typing import Final

from kvput.errors import Unreadable
from kvput.paths import CollectionPath, ResourcePath, resource_at
from kvput.store.base import View
from kvput.store.files.cache import ReadCache
from kvput.store.files.reader import Reader
from kvput.store.files.view import FileView

_CACHE: Final = 1 << 20
"""Bytes: what is asked for with every resource, as its schema is, is not read each time."""


class CheckedResources:
    """Resources as they stand when each is read.

    `to_recover` are the files that the next start will write or remove: what stands
    there now is not what counts.
    """

    def __init__(self, reader: Reader, to_recover: Collection[str]) -> None:
        self._cache = ReadCache(reader, _CACHE)
        self._view = FileView(reader, self._cache)
        self._to_recover = to_recover

    @property
    def view(self) -> View:
        """All of them as a view, in which only one look is at one moment."""
        return self._view

    def paths(self, collection: CollectionPath) -> tuple[ResourcePath, ...]:
        """The resources of a collection, in natural order. Raises Unreadable and StoreFailed."""
        names = self._view.names(collection)
        found = dict.fromkeys(() if names is None else names.resources)
        recovered = (resource_at(place) for place in self._to_recover)
        found |= dict.fromkeys(p for p in recovered if p is not None and p.parent == collection)
        return tuple(found)

    def content(self, path: ResourcePath) -> bytes | None:
        """A resource's content; None where there is none. Raises Unreadable and StoreFailed."""
        if path.file in self._to_recover:
            raise Unreadable(f"{path.file} is not what it will be after the next start.")
        entry = self._cache.whole(path)
        return None if entry is None else entry.content

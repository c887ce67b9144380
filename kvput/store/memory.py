"""The reference store: the store interface over a dictionary, in the fewest words.

It says what the other stores must do (the contract suite runs against all of
them) and keeps nothing when it is closed.
"""

import threading
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

from kvput.errors import NotFound
from kvput.paths import CollectionPath, ResourcePath
from kvput.semantics.validators import content_digest
from kvput.store.base import (
    Batch,
    Change,
    Commit,
    Decision,
    Delete,
    Entry,
    Names,
    OpenContent,
    Put,
    RaiseCounter,
    natural_order,
    number_of,
)


@dataclass(frozen=True, slots=True)
class _HeldContent:
    content: bytes

    async def read(self, start: int, stop: int) -> AsyncIterator[bytes]:
        yield self.content[start:stop]

    async def close(self) -> None:
        """Nothing is held open."""


class MemoryStore:
    """A store that lives as long as the process."""

    def __init__(self) -> None:
        self._entries: dict[ResourcePath, Entry] = {}
        self._counters: dict[CollectionPath, int] = {}
        self._directories: set[CollectionPath] = {CollectionPath(())}
        self._lock = threading.Lock()
        self._sequence = 0
        self._view = _MemoryView(self._entries, self._counters, self._directories)

    @property
    def read_only(self) -> str | None:
        """It always can be written."""
        return None

    async def get(self, path: ResourcePath) -> Entry | None:
        """See `Store.get`."""
        return self._view.get(path)

    async def open(self, entry: Entry) -> OpenContent | None:
        """See `Store.open`."""
        if self._entries.get(entry.path) != entry or entry.content is None:
            return None
        return _HeldContent(entry.content)

    async def names(self, collection: CollectionPath) -> Names | None:
        """See `Store.names`."""
        if collection not in self._directories:
            return None
        inside = (d for d in self._directories if d.segments[:-1] == collection.segments)
        return Names(
            resources=tuple(e.path for e in self._view.entries(collection) or ()),
            collections=tuple(
                sorted(
                    (d for d in inside if d.segments), key=lambda d: natural_order(d.segments[-1])
                )
            ),
        )

    async def is_collection(self, collection: CollectionPath) -> bool:
        """See `Store.is_collection`."""
        return self._view.is_collection(collection)

    async def list(self, collection: CollectionPath) -> tuple[Entry, ...] | None:
        """See `Store.list`."""
        return self._view.entries(collection)

    async def commit(self, decide: Decision) -> Commit:
        """See `Store.commit`."""
        with self._lock:
            return self._apply(decide(self._view))

    async def close(self) -> None:
        """Nothing to let go of."""

    def _apply(self, batch: Batch) -> Commit:
        for write in batch.writes:
            if isinstance(write, Delete) and write.path not in self._entries:
                raise NotFound(f"Nothing is stored under {write.path.url}.")
        changes: list[Change] = []
        raised = False
        for write in batch.writes:
            match write:
                case Put(path, content):
                    before = self._entries.get(path)
                    digest = content_digest(content)
                    if before is None or before.digest != digest:
                        after = Entry(path, digest, time.time_ns(), len(content), content)
                        self._entries[path] = after
                        self._make_directories(path.parent)
                    else:
                        after = before
                    changes.append(Change(path, before, after))
                case Delete(path):
                    changes.append(Change(path, self._entries.pop(path), None))
                case RaiseCounter(collection, number):
                    self._counters[collection] = number
                    self._make_directories(collection)
                    raised = True
        self._sequence += raised or any(change.before != change.after for change in changes)
        return Commit(self._sequence, tuple(changes))

    def _make_directories(self, collection: CollectionPath) -> None:
        for depth in range(len(collection.segments) + 1):
            self._directories.add(CollectionPath(collection.segments[:depth]))


@dataclass(frozen=True, slots=True)
class _MemoryView:
    _entries: dict[ResourcePath, Entry]
    _counters: dict[CollectionPath, int]
    _directories: set[CollectionPath]

    def get(self, path: ResourcePath) -> Entry | None:
        return self._entries.get(path)

    def is_collection(self, collection: CollectionPath) -> bool:
        if collection not in self._directories:
            return False
        if collection in self._counters or any(p.parent == collection for p in self._entries):
            return True
        return not any(
            d.segments[:-1] == collection.segments for d in self._directories if d.segments
        )

    def entries(self, collection: CollectionPath) -> tuple[Entry, ...] | None:
        if collection not in self._directories:
            return None
        inside = (entry for path, entry in self._entries.items() if path.parent == collection)
        return tuple(sorted(inside, key=lambda entry: natural_order(entry.path.name)))

    def counter(self, collection: CollectionPath) -> int:
        return self._counters.get(collection, 0)

    def highest_number(self, collection: CollectionPath) -> int:
        numbers = (number_of(p.name) for p in self._entries if p.parent == collection)
        return max((number for number in numbers if number is not None), default=0)

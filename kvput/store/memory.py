"""The reference store: the store interface over a dictionary, in the fewest words.

It says what the other stores must do (the contract suite runs against all of
them) and keeps nothing when it is closed.
"""

import threading
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import TypeVar

from kvput.errors import NotFound
from kvput.names import natural_order, number_of
from kvput.paths import CollectionPath, ResourcePath
from kvput.query.selection import Selected, Selection
from kvput.query.table import Table
from kvput.semantics.validators import content_digest
from kvput.store.base import (
    REMEMBERED_SECONDS,
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
    Remember,
    View,
)

_T = TypeVar("_T")


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
        self._remembered: dict[str, tuple[float, bytes]] = {}
        self._lock = threading.Lock()
        self._sequence = 0
        self._view = _MemoryView(self._entries, self._counters, self._directories, self._remembered)

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

    async def read(self, look: Callable[[View], _T]) -> _T:
        """See `Store.read`."""
        with self._lock:
            return look(self._view)

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
                case Remember():
                    pass  # once all changes are known
        for write in batch.writes:
            if isinstance(write, Remember):
                self._remembered[write.key] = time.time(), write.text(tuple(changes))
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
    _remembered: dict[str, tuple[float, bytes]]

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

    def names(self, collection: CollectionPath) -> Names | None:
        if collection not in self._directories:
            return None
        resources = (path for path in self._entries if path.parent == collection)
        inside = (d for d in self._directories if d.segments[:-1] == collection.segments)
        return Names(
            tuple(sorted(resources, key=lambda path: natural_order(path.name))),
            tuple(
                sorted(
                    (d for d in inside if d.segments), key=lambda d: natural_order(d.segments[-1])
                )
            ),
        )

    def select(self, collection: CollectionPath, selection: Selection) -> Selected | None:
        names = self.names(collection)
        if names is None:
            return None
        table = Table()
        table.fill((path.name, self._entries[path].content or b"", 0) for path in names.resources)
        return table.select(selection)

    def counter(self, collection: CollectionPath) -> int:
        return self._counters.get(collection, 0)

    def highest_number(self, collection: CollectionPath) -> int:
        numbers = (number_of(p.name) for p in self._entries if p.parent == collection)
        return max((number for number in numbers if number is not None), default=0)

    def remembered(self, key: str) -> bytes | None:
        at, text = self._remembered.get(key, (0.0, None))
        return text if time.time() - at < REMEMBERED_SECONDS else None

"""What changes by name in directories, as the kernel tells it: inotify(7).

The kernel queues an event while the change is made, so that whoever asks after a
change finds it, without waiting. Nothing correct rests on that alone: not every
file system tells of all changes (a network's, another machine's), and other
systems have no such call. What to do then is for `kvput.store.files.index`.
"""

import os
import struct
import threading
import weakref
from collections.abc import Iterator

from kvput.store.files import kernel

_EVENT = struct.Struct("iIII")
_PIECE = 1 << 16


class Watch:
    """The changes in one directory since they were last taken."""

    __slots__ = ("_changed", "_lost", "_watcher", "ended", "number")

    def __init__(self, watcher: "Watcher", number: int) -> None:
        self._watcher = watcher
        self.number = number
        self.ended = False
        """Whether the directory is gone: nothing more will be told."""
        self._changed: set[str] = set()
        self._lost = False

    def take(self) -> frozenset[str] | None:
        """The names that have changed; None where events were lost, so that all may have."""
        with self._watcher.lock:
            self._watcher.drain()
            changed = None if self._lost else frozenset(self._changed)
            self._changed.clear()
            self._lost = False
            return changed

    def note(self, name: str) -> None:
        """The kernel says that something has happened to this name."""
        self._changed.add(name)

    def lose(self) -> None:
        """Events are missing."""
        self._lost = True

    def end(self) -> None:
        """The directory is gone."""
        self.ended = True

    def close(self) -> None:
        """Watch no longer."""
        self._watcher.forget(self)


class Watcher:
    """Watches directories through one queue of the kernel's. May be used in several threads."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        # Two collections may be one directory, by a link: the kernel has one number for both.
        self._watches: dict[int, list[Watch]] = {}
        self._queue = kernel.open_watch_queue()
        self.close = weakref.finalize(self, _close, self._queue)
        """Let go of the queue."""

    def watch(self, directory: int) -> Watch | None:
        """Watch the directory of a descriptor; None where the system cannot."""
        if self._queue is None:
            return None
        with self.lock:
            number = kernel.watch_names(self._queue, directory)
            if number is None:
                return None
            # What was queued for this number before is of an earlier watch, or of a collection
            # that is the same directory.
            self.drain()
            watch = Watch(self, number)
            self._watches.setdefault(number, []).append(watch)
            return watch

    def forget(self, watch: Watch) -> None:
        """Stop watching for this one; what it has no use for any more is let go."""
        with self.lock:
            watches = self._watches.get(watch.number, [])
            if watch in watches:
                watches.remove(watch)
                if self._queue is not None and not watches:
                    del self._watches[watch.number]
                    kernel.stop_watching(self._queue, watch.number)

    def drain(self) -> None:
        """Hand the queued events to the watches; `lock` is held."""
        if self._queue is None:
            return
        while True:
            try:
                events = os.read(self._queue, _PIECE)
            except BlockingIOError:
                return
            for number, mask, name in _parse(events):
                if mask & kernel.QUEUE_OVERFLOW:
                    for watches in self._watches.values():
                        for watch in watches:
                            watch.lose()
                elif mask & kernel.WATCH_ENDED:
                    # The directory is gone; its number may be given to another.
                    for watch in self._watches.pop(number, ()):
                        watch.end()
                else:
                    for watch in self._watches.get(number, ()):
                        watch.note(name)


def _close(queue: int | None) -> None:
    if queue is not None:
        os.close(queue)


def _parse(events: bytes) -> Iterator[tuple[int, int, str]]:
    """Number, mask and name of each event."""
    offset = 0
    while offset < len(events):
        number, mask, _, length = _EVENT.unpack_from(events, offset)
        offset += _EVENT.size
        yield number, mask, os.fsdecode(events[offset : offset + length].rstrip(b"\0"))
        offset += length

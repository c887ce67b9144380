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
_MOST_NAMES = 10_000


class Watch:
    """What has changed in one directory since that was last taken (`Watcher.take`)."""

    __slots__ = ("changed", "ended", "lost", "number")

    def __init__(self, number: int) -> None:
        self.number = number
        self.changed: set[str] = set()
        self.lost = False
        """Whether events are missing."""
        self.ended = False
        """Whether the directory is gone: nothing more will be told."""


class Watcher:
    """Watches directories through one queue of the kernel's. May be used in several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Two collections may be one directory, by a link: the kernel has one number for both.
        self._watches: dict[int, list[Watch]] = {}
        self._queue = kernel.open_watch_queue()
        self.close = weakref.finalize(self, _close, self._queue)
        """Let go of the queue. That is done also when nobody holds this any more."""

    def watch(self, directory: int) -> Watch | None:
        """Watch the directory of a descriptor; None where the system cannot."""
        if self._queue is None:
            return None
        with self._lock:
            number = kernel.watch_names(self._queue, directory)
            if number is None:
                return None
            # What was queued for this number before is of an earlier watch, or of a collection
            # that is the same directory.
            self._drain(self._queue)
            watch = Watch(number)
            self._watches.setdefault(number, []).append(watch)
            return watch

    def take(self, watch: Watch) -> frozenset[str] | None:
        """The names that have changed; None where events were lost, so that all may have.

        After that the watch itself may be dead as well: watch the directory anew.
        """
        with self._lock:
            if self._queue is not None:
                self._drain(self._queue)
            changed = None if watch.lost else frozenset(watch.changed)
            watch.changed.clear()
            return changed

    def forget(self, watch: Watch) -> None:
        """Stop watching for this one; what it has no use for any more is let go."""
        with self._lock:
            watches = self._watches.get(watch.number, [])
            if watch in watches:
                watches.remove(watch)
                if self._queue is not None and not watches:
                    del self._watches[watch.number]
                    kernel.stop_watching(self._queue, watch.number)

    def _drain(self, queue: int) -> None:
        """Hand the events that are queued now to the watches; `_lock` is held."""
        # Not until it is empty: whoever changes files without rest would keep all others waiting.
        left = kernel.queued_bytes(queue)
        while left > 0:
            try:
                events = os.read(queue, _PIECE)
            except BlockingIOError:
                return
            left -= len(events)
            for number, mask, name in _parse(events):
                if mask & kernel.QUEUE_OVERFLOW:
                    for watches in self._watches.values():
                        for watch in watches:
                            watch.lost = True
                elif mask & kernel.WATCH_ENDED:
                    # The directory is gone; its number may be given to another.
                    for watch in self._watches.pop(number, ()):
                        watch.ended = True
                else:
                    for watch in self._watches.get(number, ()):
                        _note(watch, name)


def _note(watch: Watch, name: str) -> None:
    if len(watch.changed) < _MOST_NAMES:
        watch.changed.add(name)
    else:
        # Nobody asks, or everything changes: to look at all is as good.
        watch.changed.clear()
        watch.lost = True


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

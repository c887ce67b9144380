"""Checkpoints: what the journal names is synced, so that its segment can be used again.

A checkpoint begins when the journal is large, or nobody writes. The writers go on
in the other segment; the syncs are made by a thread of its own. Which states
need no sync of their own is noted in `kvput.store.files.durability`.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from kvput.store.files.durability import State, sync_file_system, sync_places
from kvput.store.files.journal import Journal, OpenSegment
from kvput.store.files.writer import Writer

JOURNAL_LIMIT: Final = 8 << 20
"""Bytes of journal after which a checkpoint begins."""
_FEW: Final = 64
"""So many files are synced one by one, without what others have written on the disk."""


@dataclass(frozen=True, slots=True)
class _Work:
    """What the thread is to sync, and the segment that is free then."""

    written: Mapping[str, State]
    retired: OpenSegment | None
    times_set_back: int


class Checkpoints:
    """The checkpoints of one journal, one at a time.

    Raises SyncError and JournalBrokenError wherever a sync failed, after which
    nothing may be written any more; what else fails is tried again.
    """

    def __init__(self, journal: Journal, writer: Writer, limit: int) -> None:
        """`limit`: the bytes of journal after which a checkpoint begins."""
        self._journal = journal
        self._writer = writer
        self._durability = writer.durability
        self._limit = limit
        self._thread = ThreadPoolExecutor(1, "kvput-checkpoint")
        self._work: _Work | None = None
        self._running: Future[int] | None = None
        self._all_synced = False

    def before_a_group(self) -> None:
        """Take note of a checkpoint that is done; wait for it where the journal is too large."""
        self._take(wait=self._journal.size > 2 * self._limit)
        if not self._all_synced and self._work is None:
            # What stands in the folder from before is not known to be on the disk.
            self._all_synced = True
            self._start(_Work({}, None, self._durability.times_set_back), self._sync_file_system)

    def after_a_group(self, next_sequence: int) -> None:
        """Begin a checkpoint if the journal is large."""
        if self._journal.size > self._limit:
            self.begin(next_sequence)

    def begin(self, next_sequence: int) -> None:
        """Go on in another segment, and have the thread make this one free again."""
        self._take(wait=False)
        if self._work is not None or self._journal.is_empty:
            return
        written = self._durability.written
        try:
            retired = self._journal.begin(next_sequence)
        except OSError:
            # There is no room for another, or no descriptor.
            with suppress(OSError):
                self._in_place(next_sequence)
            return
        self._durability.retire()
        self._start(_Work(written, retired, self._durability.times_set_back))

    def make_room(self, next_sequence: int) -> None:
        """Have the journal take as little of the disk as it can. Raises OSError as well."""
        self._take(wait=True)
        self._in_place(next_sequence)
        self._journal.give_room()

    def finish(self, next_sequence: int) -> None:
        """Leave an empty journal. Raises OSError as well."""
        self._take(wait=True)
        if self._work is None and self._journal.is_begun:
            if not self._journal.is_empty:
                self._sync(self._durability.written)
            self._journal.finish(next_sequence)

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown()

    def _in_place(self, next_sequence: int) -> None:
        """Make the segment free at once, and go on in it."""
        synced_ns = self._sync(self._durability.written)
        self._journal.begin_again(next_sequence)
        self._durability.retire()
        self._durability.checkpointed(synced_ns)

    def _start(self, work: _Work, sync: Callable[[], int] | None = None) -> None:
        self._work = work
        self._running = self._thread.submit(sync or (lambda: self._make_free(work)))

    def _take(self, *, wait: bool) -> None:
        work, running = self._work, self._running
        if work is None or running is None or not (wait or running.done()):
            return
        try:
            synced_ns = running.result()
        except OSError:
            # Nothing that was synced is lost by that. The segment stays until it goes well.
            self._start(work)
            return
        self._work = self._running = None
        # A time from before the clock was set back says nothing now.
        in_time = work.times_set_back == self._durability.times_set_back
        self._durability.checkpointed(synced_ns if in_time else 0)

    # --- on the thread, but for what is done at once

    def _make_free(self, work: _Work) -> int:
        synced_ns = self._sync(work.written)
        if work.retired is not None:
            self._journal.release(work.retired)
        return synced_ns

    def _sync(self, written: Mapping[str, State]) -> int:
        """Have these on the disk; gives the time before which all else is, 0 if it is not."""
        reader, environment = self._writer.reader, self._writer.environment
        if len(written) <= _FEW and sync_places(written, reader, environment):
            return 0
        synced_ns = self._sync_file_system()
        if not synced_ns:
            # What a hand has taken away is then as safe as the hand has made it.
            sync_places(written, reader, environment)
        return synced_ns

    def _sync_file_system(self) -> int:
        # Where it fails, it may be for somebody else's file; but a disk that loses one loses all.
        return sync_file_system(self._writer.reader.descriptor, self._writer.environment)

"""Checkpoints: what the journal names is synced, so that its segment can be used again.

A checkpoint begins when the journal is large, or nobody writes. The writers go on
in the other segment; the syncs are made by a thread of its own. Which states
need no sync of their own is noted in `kvput.store.files.durability`.
"""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from kvput.store.files.durability import sync_file_system, sync_places
from kvput.store.files.journal import Journal, OpenSegment
from kvput.store.files.writer import Writer

JOURNAL_LIMIT: Final = 8 << 20
"""Bytes of journal after which a checkpoint begins."""
_FEW: Final = 64
"""So many files are synced one by one, without what others have written on the disk."""


class Checkpoints:
    """The checkpoints of one journal, one at a time. Raises OSError wherever a sync failed."""

    def __init__(self, journal: Journal, writer: Writer, limit: int) -> None:
        """`limit`: the bytes of journal after which a checkpoint begins."""
        self._journal = journal
        self._writer = writer
        self._durability = writer.durability
        self._limit = limit
        self._thread = ThreadPoolExecutor(1, "kvput-checkpoint")
        self._running: Future[int] | None = None
        self._all_synced = False

    def before_a_group(self) -> None:
        """Take note of a checkpoint that is done; wait for it where the journal is too large."""
        self._take(wait=self._journal.size > 2 * self._limit)
        if not self._all_synced and self._running is None:
            # What stands in the folder from before is not known to be on the disk.
            self._all_synced = True
            self._running = self._thread.submit(self._sync_file_system)

    def after_a_group(self, next_sequence: int) -> None:
        """Begin a checkpoint if the journal is large."""
        if self._journal.size > self._limit:
            self.begin(next_sequence)

    def begin(self, next_sequence: int) -> None:
        """Go on in another segment, and have the thread make this one free again."""
        self._take(wait=False)
        if self._running is not None or self._journal.is_empty:
            return
        places = self._durability.places
        try:
            retired = self._journal.begin(next_sequence)
        except OSError:
            # There is no room for another.
            self._in_place(next_sequence)
            return
        self._durability.retire()
        self._running = self._thread.submit(self._make_free, retired, places)

    def make_room(self, next_sequence: int) -> None:
        """Have the journal take as little of the disk as it can."""
        self._take(wait=True)
        self._in_place(next_sequence)
        self._journal.give_room()

    def finish(self, next_sequence: int) -> None:
        """Leave an empty journal."""
        self._take(wait=True)
        if self._journal.is_begun:
            if not self._journal.is_empty:
                self._sync(self._durability.places)
            self._journal.finish(next_sequence)

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown()

    def _in_place(self, next_sequence: int) -> None:
        """Make the segment free at once, and go on in it."""
        places = self._durability.places
        self._durability.retire()
        self._durability.checkpointed(self._sync(places))
        self._journal.begin_again(next_sequence)

    def _take(self, *, wait: bool) -> None:
        running = self._running
        if running is not None and (wait or running.done()):
            self._running = None
            self._durability.checkpointed(running.result())

    # --- on the thread, but for what is done at once

    def _make_free(self, retired: OpenSegment | None, places: Sequence[str]) -> int:
        synced_ns = self._sync(places)
        if retired is not None:
            self._journal.release(retired)
        return synced_ns

    def _sync(self, places: Sequence[str]) -> int:
        """Have these on the disk; gives the time before which all else is, 0 if it is not."""
        synced_ns = self._sync_file_system() if len(places) > _FEW else 0
        if not synced_ns:
            sync_places(places, self._writer.reader, self._writer.environment)
        return synced_ns

    def _sync_file_system(self) -> int:
        # Where it fails, it may be for somebody else's file; but a disk that loses one loses all.
        return sync_file_system(self._writer.reader.descriptor, self._writer.environment)

"""Group commit: many commits, one sync.

The commits that wait are decided one after the other, each on what those before
it will have done, and staged; one record of each goes into the journal, which
is synced once; then their files take their places. One thread runs this at a
time (`kvput.store.files.commit_queue`); the checkpoint, which makes the journal's
segments free again, runs in a thread of its own.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from kvput.errors import DiskFull, KvputError, NameInTheWay, StoreFailed
from kvput.store.base import Batch, Commit, Decision, Delete, RaiseCounter, View
from kvput.store.files.checkpoint import Checkpoints
from kvput.store.files.durability import SyncError
from kvput.store.files.failures import FULL, failed_write
from kvput.store.files.gate import Gate
from kvput.store.files.journal import Journal, JournalBrokenError
from kvput.store.files.overlay import AfterThisGroup
from kvput.store.files.publishing import UndoError
from kvput.store.files.record import encode_commit
from kvput.store.files.remembered import Forgetting
from kvput.store.files.staged import OvertakenError, StagedCommit
from kvput.store.files.view import FileView
from kvput.store.files.writer import Group, Writer

_logger = logging.getLogger("kvput")

_ATTEMPTS: Final = 10
_LARGEST_GROUP: Final = 256
_LARGEST_GROUP_BYTES: Final = 4 << 20
_MOST_DIRECTORIES: Final = 128
_ONE_FILE: Final = "Two of the commit's paths lead to one file, by a link: change them one by one."


@dataclass(slots=True, eq=False)
class Request:
    """A commit that waits to be made.

    `alone`: in a group of its own, because one with others failed.
    `with_counters`: False where there was no room for them, so that they come after the rest.
    """

    decide: Decision
    attempts: int = 0
    alone: bool = False
    with_counters: bool = True


Outcome = tuple[Request, Commit | Exception]
_Decided = tuple[Request, StagedCommit | Exception]


class Committer:
    """Commits groups of requests into one folder.

    `failure` says why no more writes are taken, None while all is well.
    """

    def __init__(
        self,
        writer: Writer,
        view: FileView,
        journal: Journal,
        gate: Gate,
        *,
        next_sequence: int,
        journal_limit: int,
    ) -> None:
        """`next_sequence`: what the first commit is called; `journal_limit` in bytes."""
        self._writer = writer
        self._view = view
        self._journal = journal
        self._gate = gate
        self._next = next_sequence
        self.failure: str | None = None
        self._checkpoints = Checkpoints(journal, writer, journal_limit)
        self._forgetting = Forgetting(view.reader, writer.environment)

    def run(self, waiting: deque[Request], answer: Callable[[list[Outcome]], None]) -> None:
        """Commit as one group as many as can be, from the left; they are no longer `waiting` then.

        `answer` is given the outcomes, each the commit or the error that its
        caller is to get, once the commits survive a crash and their files stand in
        the folder. Only scratch is tidied up after that.
        """
        with self._failing():
            self._checkpoints.before_a_group()
        self._writer.durability.look_at_the_clock()
        decided: list[_Decided] = []
        with Group(self._writer, self._view) as group:
            try:
                self._decide(group, waiting, decided)
                outcomes = self._commit(group, decided, waiting)
            except (JournalBrokenError, SyncError, UndoError) as error:
                self._fail(error.args[0])
                # Also those that were refused: perhaps because of what will not be.
                outcomes = [(request, self._failed()) for request, _ in decided]
            answer(outcomes)
        if self.failure is None:
            with self._failing():
                self._checkpoints.after_a_group(self._next)
            self._forgetting.go_on()

    def idle(self) -> None:
        """Nobody waits: have what the journal holds on the disk, and the journal empty."""
        if self.failure is None:
            with self._failing():
                self._checkpoints.begin(self._next)
            self._forgetting.go_on()

    def close(self) -> None:
        """Leave an empty journal, unless the disk has failed."""
        try:
            if self.failure is None:
                self._checkpoints.finish(self._next)
        except (OSError, JournalBrokenError, SyncError) as error:
            # It stays as it is: the next start recovers from it.
            self._journal.note_failure()
            _logger.warning("The journal could not be emptied (%s): the next start does it.", error)
        finally:
            self._checkpoints.close()
            self._journal.close()
            self._writer.close()

    # --- one group

    def _decide(self, group: Group, waiting: deque[Request], decided: list[_Decided]) -> None:
        size = 0
        while (
            waiting
            and len(decided) < _LARGEST_GROUP
            and size < _LARGEST_GROUP_BYTES
            and group.directories < _MOST_DIRECTORIES
        ):
            request = waiting[0]
            if request.alone and decided:
                return
            try:
                if self.failure is not None:
                    raise self._failed()
                commit = self._stage(group, request)
            except AfterThisGroup:
                if decided:
                    return
                decided.append((request, NameInTheWay(_ONE_FILE)))
            except (JournalBrokenError, SyncError):
                raise
            except DiskFull as full:
                if not decided and self._made_room():
                    continue
                if decided and self._journal.holds_room:
                    return
                decided.append((request, full))
            except Exception as error:  # noqa: BLE001  # whatever it is, its caller gets it
                decided.append((request, error))
            else:
                decided.append((request, commit))
                size += sum(len(write.content) for write in commit.writes)
            waiting.popleft()
            if request.alone:
                return

    def _stage(self, group: Group, request: Request) -> StagedCommit:
        while True:
            view = group.view()
            batch = request.decide(view)
            try:
                return group.stage(batch, view, with_counters=request.with_counters)
            except OvertakenError:
                self._count_attempt(request)

    @staticmethod
    def _count_attempt(request: Request) -> None:
        request.attempts += 1
        if request.attempts >= _ATTEMPTS:
            raise StoreFailed("The files change faster than they can be written: try again later.")

    def _commit(
        self,
        group: Group,
        decided: list[_Decided],
        waiting: deque[Request],
    ) -> list[Outcome]:
        """Write the journal, publish, and say what came of each."""
        first = self._next
        writing = [c for _, c in decided if isinstance(c, StagedCommit) and c.writes]
        published: dict[int, int] = {}
        failed: list[Outcome] = []
        if writing:
            try:
                offsets = self._append(group, writing, first)
            except OSError as error:
                return self._not_as_a_group(error, decided, waiting)
            self._journal.sync()
            try:
                group.begin_publishing()
                for commit in writing:
                    self._publish(group, commit)
                    published[id(commit)] = first + len(published)
            except (OSError, OvertakenError) as error:
                group.take_back_counters()
                self._journal.cut(offsets[len(published)])
                failed = self._take_out(error, writing[len(published)], decided, waiting)
        if published:
            self._next += len(published)
            # Before the answer: a hand that has seen it may change what it has written.
            group.finish()
            self._journal.note_published(self._next - 1, first)
        outcomes: list[Outcome] = []
        sequence = first - 1
        for request, result in decided:
            if isinstance(result, StagedCommit):
                sequence = published.get(id(result), sequence)
                outcomes.append((request, Commit(sequence, tuple(result.changes))))
                if not request.with_counters:
                    # What was deleted has made room. Nobody waits for this one.
                    waiting.appendleft(Request(_raising(result.batch), alone=True))
            else:
                outcomes.append((request, result))
        return outcomes + failed

    def _append(self, group: Group, commits: list[StagedCommit], first: int) -> list[int]:
        """Append a record of each commit; gives their offsets. Raises OSError."""
        group.stage_counters()
        if not self._journal.is_begun:
            self._journal.begin(first)
        pieces: list[bytes] = []
        offsets = []
        size = 0
        for sequence, commit in enumerate(commits, start=first):
            record = encode_commit(sequence, first, commit.writes, self._journal.salt)
            offsets.append(size)
            size += sum(map(len, record))
            pieces += record
        start = self._journal.append(pieces)
        return [start + offset for offset in offsets]

    def _publish(self, group: Group, commit: StagedCommit) -> None:
        paths = commit.paths
        if len(paths) > 1:
            with self._gate.closed(paths):
                group.publish(commit)
        else:
            group.publish(commit)

    def _take_out(
        self,
        error: OSError | OvertakenError,
        unpublished: StagedCommit,
        decided: list[_Decided],
        waiting: deque[Request],
    ) -> list[Outcome]:
        """This one could not be published: those behind it in the group are decided again."""
        place = next(n for n, (_, commit) in enumerate(decided) if commit is unpublished)
        request = decided[place][0]
        waiting.extendleft(reversed([behind for behind, _ in decided[place + 1 :]]))
        del decided[place:]
        try:
            if isinstance(error, OSError):
                raise failed_write(error) from error
            self._count_attempt(request)
        except KvputError as failed:
            return [(request, failed)]
        waiting.appendleft(request)
        return []

    def _not_as_a_group(
        self, error: OSError, decided: list[_Decided], waiting: deque[Request]
    ) -> list[Outcome]:
        """Nothing was written: each is tried alone, since one may fit where all do not."""
        request, commit = decided[0]
        if len(decided) > 1 or not isinstance(commit, StagedCommit):
            for each, _ in decided:
                each.alone = True
            waiting.extendleft(reversed([each for each, _ in decided]))
            return []
        if error.errno in FULL and self._made_room():
            waiting.appendleft(request)
            return []
        writes = commit.batch.writes
        others = [write for write in writes if not isinstance(write, RaiseCounter)]
        if (
            error.errno in FULL
            and request.with_counters
            and 0 < len(others) < len(writes)
            and all(isinstance(write, Delete) for write in others)
        ):
            # Whoever deletes to make room must not need room for that: the counter, which only
            # keeps the deleted number from being used again, comes when there is some.
            request.alone, request.with_counters = True, False
            waiting.appendleft(request)
            return []
        return [(request, failed_write(error))]

    def _made_room(self) -> bool:
        """Give back what the journal holds of the disk; whether that was anything."""
        if not self._journal.holds_room:
            return False
        try:
            self._checkpoints.make_room(self._next)
        except OSError:
            return False
        return True

    # --- failure

    def give_up(self) -> None:
        """Take no more writes: it is not known what has been done."""
        self.failure = self.failure or (
            "A write failed in the middle, so that no more writes are taken: start kvput again."
        )
        self._journal.note_failure()

    @contextmanager
    def _failing(self) -> Iterator[None]:
        """What fails in the block ends all writing."""
        try:
            yield
        except (JournalBrokenError, SyncError) as error:
            self._fail(error.args[0])

    def _fail(self, error: OSError) -> None:
        self.failure = (
            f"A write could not be made durable ({error.strerror}), so that no more "
            "writes are taken: check the disk, then start kvput again."
        )
        self._journal.note_failure()
        _logger.error("%s", self.failure)

    def _failed(self) -> StoreFailed:
        return StoreFailed(self.failure or "")


def _raising(batch: Batch) -> Decision:
    """The decision to raise a batch's counters, where nobody has meanwhile."""
    counters = [write for write in batch.writes if isinstance(write, RaiseCounter)]

    def decide(view: View) -> Batch:
        return Batch(tuple(c for c in counters if c.number > view.counter(c.collection)))

    return decide

"""The folder as it is served: what reads and commits need of it, opened anew where it is replaced.

The folder may be moved, replaced or emptied by hand, its `.kvput` included: what
stands under its path when a request comes is what counts, for reads and writes
alike. How a folder is opened is in `kvput.store.files.opening`.
"""

import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from kvput.errors import DataInUse, DataUnusable, KvputError, StoreFailed
from kvput.store.base import Commit, Entry
from kvput.store.files.cache import ReadCache
from kvput.store.files.committer import Committer, Outcome, Request
from kvput.store.files.env import Environment
from kvput.store.files.folder import Folder, open_folder
from kvput.store.files.gate import Gate
from kvput.store.files.indexes import Background
from kvput.store.files.layout import locate
from kvput.store.files.opening import open_committer, refuse_if_unrecovered
from kvput.store.files.reader import Reader
from kvput.store.files.view import FileView

_logger = logging.getLogger("kvput")


class ServedFolder:
    """What stands under a path, for reading in any thread, and for commits in one.

    It is the `Worker` of that thread (`kvput.store.files.commit_queue`).
    """

    def __init__(
        self,
        folder: Folder,
        environment: Environment,
        gate: Gate,
        *,
        read_cache: int,
        journal_limit: int,
        background: Background,
    ) -> None:
        """See `FileStore`. Raises DataUnusable."""
        self._background = background
        self._root = folder.root
        self._environment = environment
        self._gate = gate
        self._read_cache = read_cache
        self._journal_limit = journal_limit
        self._lock = threading.Lock()
        self.replaced: Callable[[], None] = lambda: None
        """Called, in any thread, when another folder is read from now on."""
        try:
            self.last_read = Reading(folder, read_cache, background)
            """What was read when it was last looked whether it still stands."""
            self._writing: _Writing | None = self._writing_in(folder, self.last_read)
            """None where the folder could not be opened again: the next commit tries to."""
        except BaseException:
            folder.close()
            raise

    @property
    def read_only(self) -> str | None:
        """Why nothing can be written, or None."""
        return None if self._writing is None else self._writing.folder.read_only

    def reading(self) -> "Reading":
        """What stands under the path now. Raises StoreFailed."""
        if self.last_read.reader.still_stands():
            return self.last_read
        with self._lock:
            if not self.last_read.reader.still_stands():
                self._read_anew(self.last_read.folder)
                self.replaced()
            return self.last_read

    def close(self) -> None:
        """Let go of what is read; `finish` has let go of the rest."""
        self.last_read.view.indexes.close()
        self.last_read.reader.close()

    # --- on the thread that commits, which alone uses what is closed here

    def make(self, waiting: deque[Request], answer: Callable[[Sequence[Outcome]], None]) -> None:
        """See `Worker.make`."""
        try:
            writing = self._current_writing()
        except KvputError as error:
            answer([(request, error) for request in waiting])
            waiting.clear()
            return
        if writing.committer is None:
            request = waiting.popleft()
            answer([(request, self._refused(request, writing))])
            return
        reader = writing.reading.reader

        def answer_if_there(outcomes: Sequence[Outcome]) -> None:
            if not reader.still_stands():
                gone = _gone("What was written is in the folder that was there before.")
                outcomes = [
                    (request, gone if isinstance(result, Commit) and result.changes else result)
                    for request, result in outcomes
                ]
            answer(outcomes)

        writing.committer.run(waiting, answer_if_there)

    def idle(self) -> None:
        """See `Worker.idle`."""
        if self._writing is not None and self._writing.committer is not None:
            self._writing.committer.idle()

    def give_up(self) -> None:
        """See `Worker.give_up`."""
        if self._writing is not None and self._writing.committer is not None:
            self._writing.committer.give_up()

    def finish(self) -> None:
        """See `Worker.finish`."""
        writing, self._writing = self._writing, None
        if writing is not None:
            writing.close()

    @staticmethod
    def _refused(request: Request, writing: "_Writing") -> Commit | Exception:
        """What a decision gives where nothing can be written."""
        try:
            if request.decide(writing.reading.view).writes:
                return writing.folder.refusal(writing.folder.read_only or "")
        except Exception as error:  # noqa: BLE001  # whatever it is, its caller gets it
            return error
        return Commit(0, ())

    def lock(self) -> None:
        """Have the folder that is read as this process's own, before it is written to."""
        # What is wrong is told to whoever writes.
        with suppress(StoreFailed):
            self._current_writing()

    def _read_anew(self, folder: Folder) -> None:
        try:
            self.last_read = Reading(folder, self._read_cache, self._background)
        except OSError as error:
            raise _gone(f"{self._root}: {error.strerror}.") from error

    def _current_writing(self) -> "_Writing":
        reading = self.reading()
        old = self._writing
        if old is not None:
            committer = old.committer
            # One that could not be written to may be by now.
            if old.reading is reading and committer is not None and old.folder.stands():
                return old
            if committer is not None and committer.failure is not None:
                raise StoreFailed(committer.failure)
            # Before it is opened again: the lock may be held just once.
            self._writing = None
            old.close()
        try:
            folder = open_folder(self._root, self._environment)
            try:
                with self._lock:
                    if folder.own is not None or old is None:
                        self._read_anew(folder)
                    reading = self.last_read
                self._writing = self._writing_in(folder, reading)
            except BaseException:
                folder.close()
                raise
        except (DataUnusable, DataInUse) as error:
            raise _gone(error.detail) from error
        if self._writing.committer is not None:
            was_read_only = old is not None and old.committer is None
            happened = "can be written to now" if was_read_only else "was replaced, or its .kvput"
            _logger.warning("%s is opened anew: it %s.", self._root, happened)
        return self._writing

    def _writing_in(self, folder: Folder, reading: "Reading") -> "_Writing":
        if folder.own is None:
            refuse_if_unrecovered(folder, reading.reader)
            return _Writing(folder, reading, None)
        committer = open_committer(
            folder, folder.own, reading.view, self._environment, self._gate, self._journal_limit
        )
        return _Writing(folder, reading, committer)


class Reading:
    """What reads need of the folder that stands under a path."""

    def __init__(self, folder: Folder, read_cache: int, background: Background) -> None:
        self.folder = folder
        self.reader = Reader(folder.root, folds_names=folder.folds_names)
        self.cache = ReadCache(self.reader, read_cache, fine_times=folder.fine_times)
        self.view = FileView(self.reader, self.cache, background)

    def open_unchanged(self, entry: Entry) -> int | None:
        """A descriptor of the entry's file; None when it is not what was read."""
        # The time alone does not tell: a hand may have set it back.
        current = self.cache.fresh(entry.path)
        if current is None or current.digest != entry.digest:
            return None
        place = locate(entry.path)
        descriptor = self.reader.open_file((*place.directories, place.file))
        if descriptor is None:
            return None
        status = os.fstat(descriptor)
        if (status.st_mtime_ns, status.st_size) != (entry.modified_ns, entry.size):
            os.close(descriptor)
            return None
        return descriptor


@dataclass(frozen=True, slots=True)
class _Writing:
    """What commits need: the folder, and who commits; None where nobody may."""

    folder: Folder
    reading: Reading
    committer: Committer | None

    def close(self) -> None:
        if self.committer is not None:
            self.committer.close()
        self.folder.close()


def _gone(reason: str) -> StoreFailed:
    return StoreFailed(f"The data folder was moved or replaced while it was served. {reason}")

"""The file store: the store interface over a folder, for one process at a time.

This module brings threads and the event loop together: reads that the cache can
answer stay on the loop, other reads go to a few threads, commits to one, which
is the lock that covers a write and takes all that wait at once. How the folder
is opened, read, cached and written is in the modules beside it.
"""

import asyncio
import logging
import os
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, TypeVar

import aiofiles
from aiofiles.threadpool.binary import AsyncBufferedReader

from kvput.errors import DataInUse, DataUnusable, KvputError, StoreFailed
from kvput.paths import CollectionPath, ResourcePath
from kvput.store.base import Commit, Decision, Entry, Names, OpenContent
from kvput.store.files.cache import UNKNOWN, ReadCache
from kvput.store.files.checkpoint import JOURNAL_LIMIT
from kvput.store.files.commit_queue import CommitQueue
from kvput.store.files.committer import Committer, Outcome, Request
from kvput.store.files.env import Environment, OperatingSystem
from kvput.store.files.folder import Folder, open_folder
from kvput.store.files.gate import Gate
from kvput.store.files.layout import PRIVATE, locate
from kvput.store.files.opening import open_committer, refuse_if_unrecovered
from kvput.store.files.reader import Reader
from kvput.store.files.view import FileView

_T = TypeVar("_T")
_logger = logging.getLogger("kvput")

_READ_THREADS: Final = 4
_PIECE: Final = 256 * 1024


class FileStore:
    """A folder of JSON files as a store.

    The folder may be moved, replaced or emptied by hand while it is open, its
    `.kvput` included: what stands under its path when a request comes is what
    counts, for reads and writes alike.
    """

    def __init__(
        self,
        folder: Folder,
        *,
        read_cache: int,
        environment: Environment | None = None,
        journal_limit: int = JOURNAL_LIMIT,
    ) -> None:
        """`read_cache` is the bytes of content that may be held in memory.

        `journal_limit`: the bytes of journal after which a checkpoint begins.
        Recovers what an earlier process left undone; raises DataUnusable.
        """
        self._root = folder.root
        self._read_cache = read_cache
        self._environment = environment or OperatingSystem()
        self._journal_limit = journal_limit
        self._gate = Gate()
        self._lock = threading.Lock()
        try:
            self._reading = _Reading(folder, read_cache)
            self._writing: _Writing | None = self._writing_in(folder, self._reading)
            """None where the folder could not be opened again: the next commit tries to."""
        except BaseException:
            folder.close()
            raise
        self._readers = ThreadPoolExecutor(_READ_THREADS, "kvput-read")
        self._queue = CommitQueue(self)

    @property
    def read_only(self) -> str | None:
        """See `Store.read_only`."""
        return None if self._writing is None else self._writing.folder.read_only

    async def get(self, path: ResourcePath) -> Entry | None:
        """See `Store.get`."""
        reading = self._reading
        if self._gate.is_open_for(path) and reading.reader.still_stands():
            entry = reading.cache.held(path)
            if entry is not UNKNOWN:
                return entry
        return await self._in_reader(lambda reading: reading.cache.load(path))

    async def open(self, entry: Entry) -> OpenContent | None:
        """See `Store.open`."""
        descriptor = await self._in_reader(lambda reading: reading.open_unchanged(entry))
        if descriptor is None:
            return None
        return _FileContent(await aiofiles.open(descriptor, "rb"))

    async def names(self, collection: CollectionPath) -> Names | None:
        """See `Store.names`."""
        return await self._in_reader(lambda reading: reading.view.names(collection))

    async def is_collection(self, collection: CollectionPath) -> bool:
        """See `Store.is_collection`."""
        return await self._in_reader(lambda reading: reading.view.is_collection(collection))

    async def list(self, collection: CollectionPath) -> tuple[Entry, ...] | None:
        """See `Store.list`."""
        return await self._in_reader(lambda reading: reading.view.entries(collection))

    async def commit(self, decide: Decision) -> Commit:
        """See `Store.commit`."""
        return await self._queue.commit(decide)

    async def close(self) -> None:
        """See `Store.close`."""
        await self._queue.stop()
        await asyncio.to_thread(self._readers.shutdown)
        self._reading.reader.close()

    async def _in_reader(self, call: "Callable[[_Reading], _T]") -> _T:
        loop = asyncio.get_running_loop()

        async def read() -> _T:
            return await loop.run_in_executor(self._readers, lambda: call(self._current_reading()))

        return await self._gate.reading(read)

    # --- on the thread that commits

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

    # --- the folder that stands under its path now

    def _current_reading(self) -> "_Reading":
        if self._reading.reader.still_stands():
            return self._reading
        with self._lock:
            if not self._reading.reader.still_stands():
                self._read_anew(self._reading.folder)
                # The folder that is read is to be this process's own before it is written to.
                self._queue.call(self._lock_quietly)
            return self._reading

    def _read_anew(self, folder: Folder) -> None:
        try:
            self._reading = _Reading(folder, self._read_cache)
        except OSError as error:
            raise _gone(f"{self._root}: {error.strerror}.") from error

    def _lock_quietly(self) -> None:
        # What is wrong is told to whoever writes.
        with suppress(StoreFailed):
            self._current_writing()

    def _current_writing(self) -> "_Writing":
        """Called on the committing thread alone, which alone uses what is closed here."""
        reading = self._current_reading()
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
                    reading = self._reading
                self._writing = self._writing_in(folder, reading)
            except BaseException:
                folder.close()
                raise
        except (DataUnusable, DataInUse) as error:
            raise _gone(error.detail) from error
        if self._writing.committer is not None:
            _logger.warning("%s is opened anew: it, or its %s, was replaced.", self._root, PRIVATE)
        return self._writing

    def _writing_in(self, folder: Folder, reading: "_Reading") -> "_Writing":
        if folder.own is None:
            refuse_if_unrecovered(folder, reading.reader)
            return _Writing(folder, reading, None)
        committer = open_committer(
            folder, folder.own, reading.view, self._environment, self._gate, self._journal_limit
        )
        return _Writing(folder, reading, committer)


class _Reading:
    """What reads need of the folder that stands under a path."""

    def __init__(self, folder: Folder, read_cache: int) -> None:
        self.folder = folder
        self.reader = Reader(folder.root, folds_names=folder.folds_names)
        self.cache = ReadCache(self.reader, read_cache, fine_times=folder.fine_times)
        self.view = FileView(self.reader, self.cache)

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
    reading: _Reading
    committer: Committer | None

    def close(self) -> None:
        if self.committer is not None:
            self.committer.close()
        self.folder.close()


def _gone(reason: str) -> StoreFailed:
    return StoreFailed(f"The data folder was moved or replaced while it was served. {reason}")


class _FileContent:
    """A large file, read in pieces off the event loop."""

    def __init__(self, file: AsyncBufferedReader) -> None:
        self._file = file

    async def read(self, start: int, stop: int) -> AsyncIterator[bytes]:
        """See `OpenContent.read`. Raises EOFError where somebody has cut the file short."""
        await self._file.seek(start)
        while start < stop:
            piece = await self._file.read(min(_PIECE, stop - start))
            if not piece:
                raise EOFError("the file was cut short while it was sent")
            start += len(piece)
            yield piece

    async def close(self) -> None:
        """See `OpenContent.close`."""
        await self._file.close()

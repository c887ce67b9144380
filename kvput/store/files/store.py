"""The file store: the store interface over a folder, for one process at a time.

This module brings threads and the event loop together: reads that the cache can
answer stay on the loop, other reads go to a few threads, commits to one, which
is the lock that covers a write. How the folder is opened, read, cached and
written is in the modules beside it.
"""

import asyncio
import logging
import os
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import aiofiles
from aiofiles.threadpool.binary import AsyncBufferedReader

from kvput.errors import DataInUse, DataUnusable, ReadOnly, StoreFailed
from kvput.paths import CollectionPath, ResourcePath
from kvput.store.base import Change, Commit, Decision, Entry, Names, OpenContent
from kvput.store.files.cache import UNKNOWN, ReadCache
from kvput.store.files.env import Environment, OperatingSystem
from kvput.store.files.folder import Folder, open_folder
from kvput.store.files.layout import PRIVATE, locate
from kvput.store.files.reader import Reader
from kvput.store.files.view import FileView, ObservedView
from kvput.store.files.writer import OvertakenError, Writer

_T = TypeVar("_T")
_logger = logging.getLogger("kvput")

_READ_THREADS: Final = 4
_ATTEMPTS: Final = 10
_PIECE: Final = 256 * 1024


class FileStore:
    """A folder of JSON files as a store.

    The folder may be moved, replaced or emptied by hand while it is open, its
    `.kvput` included: what stands under its path when a request comes is what
    counts, for reads and writes alike.
    """

    def __init__(
        self, folder: Folder, *, read_cache: int, environment: Environment | None = None
    ) -> None:
        """`read_cache` is the bytes of content that may be held in memory."""
        self._root = folder.root
        self._read_cache = read_cache
        self._environment = environment or OperatingSystem()
        self._reading = _Reading(folder.root, read_cache, folds_names=folder.folds_names)
        self._writing: _Writing | None = self._writing_in(folder, self._reading)
        """None where the folder could not be opened again: the next commit tries to."""
        self._lock = threading.Lock()
        self._committer = ThreadPoolExecutor(1, "kvput-commit")
        self._readers = ThreadPoolExecutor(_READ_THREADS, "kvput-read")
        self._sequence = 0

    @property
    def read_only(self) -> str | None:
        """See `Store.read_only`."""
        return None if self._writing is None else self._writing.folder.read_only

    async def get(self, path: ResourcePath) -> Entry | None:
        """See `Store.get`."""
        reading = self._reading
        entry = reading.cache.held(path) if reading.reader.still_stands() else UNKNOWN
        if entry is UNKNOWN:
            return await self._in_reader(lambda reading: reading.cache.load(path))
        return entry

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
        running = asyncio.get_running_loop().run_in_executor(self._committer, self._commit, decide)
        return await asyncio.shield(running)

    async def close(self) -> None:
        """See `Store.close`."""
        await asyncio.to_thread(self._committer.shutdown)
        await asyncio.to_thread(self._readers.shutdown)
        self._reading.reader.close()
        if self._writing is not None:
            self._writing.folder.close()

    async def _in_reader(self, call: "Callable[[_Reading], _T]") -> _T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, lambda: call(self._current_reading()))

    def _commit(self, decide: Decision) -> Commit:
        for _ in range(_ATTEMPTS):
            writing = self._current_writing()
            view = ObservedView(writing.reading.view)
            batch = decide(view)
            changes: tuple[Change, ...] = ()
            if batch.writes:
                if writing.writer is None:
                    raise ReadOnly(writing.folder.read_only or "")
                try:
                    with writing.reading.view.carrying(batch):
                        changes = writing.writer.apply(batch, view.seen)
                except OvertakenError:
                    continue
                if not writing.reading.reader.still_stands():
                    raise _gone("What was written is in the folder that was there before.")
            self._sequence += 1
            return Commit(self._sequence, changes)
        raise StoreFailed("The files change faster than they can be written: try again later.")

    # --- the folder that stands under its path now

    def _current_reading(self) -> "_Reading":
        if self._reading.reader.still_stands():
            return self._reading
        with self._lock:
            if not self._reading.reader.still_stands():
                self._read_anew(folds_names=self._reading.reader.folds_names)
                # The folder that is read is to be this process's own before it is written to.
                with suppress(RuntimeError):  # at the end nothing is begun any more
                    self._committer.submit(self._lock_quietly)
            return self._reading

    def _read_anew(self, *, folds_names: bool) -> None:
        try:
            self._reading = _Reading(self._root, self._read_cache, folds_names=folds_names)
        except OSError as error:
            raise _gone(f"{self._root}: {error.strerror}.") from error

    def _lock_quietly(self) -> None:
        # What is wrong is told to whoever writes.
        with suppress(StoreFailed):
            self._current_writing()

    def _current_writing(self) -> "_Writing":
        """Called on the committer's thread alone, which alone uses what is closed here."""
        reading = self._current_reading()
        old = self._writing
        if old is not None:
            # One that could not be written to may be by now.
            if old.reading is reading and old.writer is not None and old.folder.stands():
                return old
            if old.writer is not None and old.writer.failure is not None:
                raise StoreFailed(old.writer.failure)
            # Before it is opened again: the lock may be held just once.
            self._writing = None
            old.folder.close()
        try:
            folder = open_folder(self._root)
        except (DataUnusable, DataInUse) as error:
            raise _gone(error.detail) from error
        if folder.folds_names != reading.reader.folds_names and folder.scratch is not None:
            try:
                with self._lock:
                    self._read_anew(folds_names=folder.folds_names)
                    reading = self._reading
            except StoreFailed:
                folder.close()
                raise
        self._writing = self._writing_in(folder, reading)
        if self._writing.writer is not None:
            _logger.warning("%s is opened anew: it, or its %s, was replaced.", self._root, PRIVATE)
        return self._writing

    def _writing_in(self, folder: Folder, reading: "_Reading") -> "_Writing":
        writer = None
        if folder.scratch is not None:
            writer = Writer(reading.reader, reading.cache, self._environment, folder.scratch)
        return _Writing(folder, reading, writer)


class _Reading:
    """What reads need of the folder that stands under a path."""

    def __init__(self, root: Path, read_cache: int, *, folds_names: bool) -> None:
        self.reader = Reader(root, folds_names=folds_names)
        self.cache = ReadCache(self.reader, read_cache)
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
    """What commits need: the folder's lock and scratch, and who writes; None where nobody may."""

    folder: Folder
    reading: _Reading
    writer: Writer | None


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

"""The file store: the store interface over a folder, for one process at a time.

This module brings threads and the event loop together: reads that the cache can
answer stay on the loop, other reads go to a few threads, commits to one, which
is the lock that covers a write. How the folder is opened, read, cached and
written is in the modules beside it.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

import aiofiles
from aiofiles.threadpool.binary import AsyncBufferedReader

from kvput.errors import ReadOnly
from kvput.paths import CollectionPath, ResourcePath
from kvput.store.base import Change, Commit, Decision, Entry, Names, OpenContent
from kvput.store.files.cache import UNKNOWN, ReadCache
from kvput.store.files.env import Environment, OperatingSystem
from kvput.store.files.folder import Folder
from kvput.store.files.layout import locate
from kvput.store.files.reader import Reader
from kvput.store.files.view import FileView
from kvput.store.files.writer import Writer

_T = TypeVar("_T")
_READ_THREADS: Final = 4
_PIECE: Final = 256 * 1024


class FileStore:
    """A folder of JSON files as a store."""

    def __init__(
        self, folder: Folder, *, read_cache: int, environment: Environment | None = None
    ) -> None:
        """`read_cache` is the bytes of content that may be held in memory."""
        self._folder = folder
        self._reader = Reader(folder.root, folds_names=folder.folds_names)
        self._cache = ReadCache(self._reader, read_cache)
        self._view = FileView(self._reader, self._cache)
        self._writer = (
            None
            if folder.scratch is None
            else Writer(self._reader, self._cache, environment or OperatingSystem(), folder.scratch)
        )
        self._committer = ThreadPoolExecutor(1, "kvput-commit")
        self._readers = ThreadPoolExecutor(_READ_THREADS, "kvput-read")
        self._sequence = 0

    @property
    def read_only(self) -> str | None:
        """See `Store.read_only`."""
        return self._folder.read_only

    async def get(self, path: ResourcePath) -> Entry | None:
        """See `Store.get`."""
        entry = self._cache.held(path)
        if entry is UNKNOWN:
            return await self._in_reader(self._cache.load, path)
        return entry

    async def open(self, entry: Entry) -> OpenContent | None:
        """See `Store.open`."""
        descriptor = await self._in_reader(self._open_unchanged, entry)
        if descriptor is None:
            return None
        return _FileContent(await aiofiles.open(descriptor, "rb"))

    async def names(self, collection: CollectionPath) -> Names | None:
        """See `Store.names`."""
        return await self._in_reader(self._view.names, collection)

    async def is_collection(self, collection: CollectionPath) -> bool:
        """See `Store.is_collection`."""
        return await self._in_reader(self._view.is_collection, collection)

    async def list(self, collection: CollectionPath) -> tuple[Entry, ...] | None:
        """See `Store.list`."""
        return await self._in_reader(self._view.entries, collection)

    async def commit(self, decide: Decision) -> Commit:
        """See `Store.commit`."""
        running = asyncio.get_running_loop().run_in_executor(self._committer, self._commit, decide)
        return await asyncio.shield(running)

    async def close(self) -> None:
        """See `Store.close`."""
        await asyncio.to_thread(self._committer.shutdown)
        await asyncio.to_thread(self._readers.shutdown)
        self._reader.close()
        self._folder.close()

    async def _in_reader(self, call: Callable[..., _T], *arguments: object) -> _T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, call, *arguments)

    def _commit(self, decide: Decision) -> Commit:
        batch = decide(self._view)
        changes: tuple[Change, ...] = ()
        if batch.writes:
            if self._writer is None:
                raise ReadOnly(self._folder.read_only or "")
            with self._view.carrying(batch):
                changes = self._writer.apply(batch)
        self._sequence += 1
        return Commit(self._sequence, changes)

    def _open_unchanged(self, entry: Entry) -> int | None:
        # The time alone does not tell: a hand may have set it back.
        current = self._cache.fresh(entry.path)
        if current is None or current.digest != entry.digest:
            return None
        place = locate(entry.path)
        descriptor = self._reader.open_file((*place.directories, place.file))
        if descriptor is None:
            return None
        status = os.fstat(descriptor)
        if (status.st_mtime_ns, status.st_size) != (entry.modified_ns, entry.size):
            os.close(descriptor)
            return None
        return descriptor


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

"""The file store: the store interface over a folder, for one process at a time.

This module brings threads and the event loop together: reads that the cache can
answer stay on the loop, other reads go to a few threads, commits to one, which
is the lock that covers a write and takes all that wait at once. How the folder
is opened, read, cached and written is in the modules beside it.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

import aiofiles
from aiofiles.threadpool.binary import AsyncBufferedReader

from kvput.errors import StoreFailed
from kvput.paths import CollectionPath, ResourcePath
from kvput.store.base import Commit, Decision, Entry, OpenContent, View
from kvput.store.files.cache import UNKNOWN
from kvput.store.files.checkpoint import JOURNAL_LIMIT
from kvput.store.files.commit_queue import CommitQueue
from kvput.store.files.env import Environment, OperatingSystem
from kvput.store.files.folder import Folder
from kvput.store.files.gate import DisturbedError, Gate
from kvput.store.files.index import Progress
from kvput.store.files.indexes import Background, IndexMissingError
from kvput.store.files.served import Reading, ServedFolder

_T = TypeVar("_T")

_READ_THREADS: Final = 4
_LOOK_THREADS: Final = 4
_LOOKS: Final = 3
_INDEX_THREADS: Final = 4
_ATTEMPTS: Final = 10
_PIECE: Final = 256 * 1024


class FileStore:
    """A folder of JSON files as a store."""

    def __init__(
        self,
        folder: Folder,
        *,
        read_cache: int,
        environment: Environment | None = None,
        journal_limit: int = JOURNAL_LIMIT,
        indexing: Progress | None = None,
    ) -> None:
        """`read_cache` is the bytes of content that may be held in memory.

        `journal_limit`: the bytes of journal after which a checkpoint begins.
        `indexing` is told, in any thread, how far the building of an index is.
        Recovers what an earlier process left undone; raises DataUnusable.
        """
        self._gate = Gate()
        # Apart from the readers: a look at a large collection may take long, and building its
        # index seconds.
        self._indexers = ThreadPoolExecutor(_INDEX_THREADS, "kvput-index")
        self._builds: dict[CollectionPath, asyncio.Future[None]] = {}
        self._served = ServedFolder(
            folder,
            environment or OperatingSystem(),
            self._gate,
            read_cache=read_cache,
            journal_limit=journal_limit,
            background=Background(self._indexers.submit, indexing),
        )
        self._readers = ThreadPoolExecutor(_READ_THREADS, "kvput-read")
        self._lookers = ThreadPoolExecutor(_LOOK_THREADS, "kvput-look")
        self._queue = CommitQueue(self._served)
        self._served.replaced = lambda: self._queue.call(self._served.lock)

    @property
    def read_only(self) -> str | None:
        """See `Store.read_only`."""
        return self._served.read_only

    async def get(self, path: ResourcePath) -> Entry | None:
        """See `Store.get`."""
        reading = self._served.last_read
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

    async def read(self, look: Callable[[View], _T]) -> _T:
        """See `Store.read`."""

        def look_once(reading: Reading) -> _T:
            with reading.view.indexes.one_look():
                return look(reading.view)

        async def read() -> _T:
            try:
                return await self._in_threads(self._lookers, look_once, _LOOKS)
            except DisturbedError:
                # Commits of several files follow one another too fast: this has its turn, too.
                return await self._queue.between(lambda: look_once(self._served.reading()))

        return await self._with_indexes(read)

    async def commit(self, decide: Decision) -> Commit:
        """See `Store.commit`."""
        return await self._with_indexes(lambda: self._queue.commit(decide))

    async def close(self) -> None:
        """See `Store.close`."""
        await self._queue.stop()
        await asyncio.to_thread(self._readers.shutdown)
        await asyncio.to_thread(self._lookers.shutdown)
        await asyncio.to_thread(self._indexers.shutdown)
        self._served.close()

    async def _with_indexes(self, call: Callable[[], Awaitable[_T]]) -> _T:
        """What `call` gives, once each index that it needs is there."""
        built: Counter[CollectionPath] = Counter()
        while not built or max(built.values()) < _ATTEMPTS:
            try:
                return await call()
            except IndexMissingError as missing:
                await self._build(missing.collection)
                built[missing.collection] += 1
        raise StoreFailed("The folder changes faster than it can be indexed: try again later.")

    async def _build(self, collection: CollectionPath) -> None:
        """Build the index, once for all who wait for it."""
        build = self._builds.get(collection)
        if build is None:
            build = asyncio.get_running_loop().run_in_executor(
                self._indexers, lambda: self._served.reading().view.indexes.build(collection)
            )
            self._builds[collection] = build
            build.add_done_callback(lambda _: self._builds.pop(collection))
        await asyncio.shield(build)

    async def _in_reader(self, call: Callable[[Reading], _T]) -> _T:
        return await self._in_threads(self._readers, call)

    async def _in_threads(
        self,
        threads: ThreadPoolExecutor,
        call: Callable[[Reading], _T],
        attempts: int | None = None,
    ) -> _T:
        """Raises DisturbedError as `Gate.reading` does."""
        loop = asyncio.get_running_loop()

        async def read() -> _T:
            return await loop.run_in_executor(threads, lambda: call(self._served.reading()))

        return await self._gate.reading(read, attempts)


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

"""The index of one collection: a table of what its directory holds, brought up to date when asked.

Correctness rests on what a directory and its files say when they are looked at,
and the kernel's events (`kvput.store.files.watch`) only say where to look. The
store's own commits are seen in the same way as a hand's edits, so that there is
one way to be right. What is known of each file is its signature; where no
events can be had, all signatures are compared at each request, and where they
can, now and then, since not every file system tells of all changes.

How a table answers is in `kvput.query.table`; which collections have an index,
in `kvput.store.files.indexes`.
"""

import errno
import logging
import os
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import lru_cache
from typing import Final

from kvput.errors import KvputError, Unreadable
from kvput.names import MAX_NAME_BYTES, resource_name
from kvput.paths import MAX_PATH_BYTES, CollectionPath, resource_at
from kvput.query.selection import Selected, Selection
from kvput.query.table import Table
from kvput.store.files.cache import ReadCache
from kvput.store.files.failures import failed_read, reading
from kvput.store.files.layout import directories_of
from kvput.store.files.reader import Reader, read_all, signature
from kvput.store.files.watch import Watch, Watcher

_logger = logging.getLogger("kvput")

_FILE_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_SWEEP_SHARE: Final = 50
"""Signatures are compared for at most one part in so many of the time."""
_LEAST_SECONDS: Final = 0.1
_AT_ONCE_SECONDS: Final = 0.005
"""A comparison that takes longer than this is not waited for."""
_LATE_LOOKS: Final = 5
_LATE_SECONDS: Final = 0.001
_FEW: Final = 1_000
"""Changes that are always made one by one."""
LARGEST_LISTED: Final = 256 << 20
"""A file of more bytes would fill the memory."""
_FAULTS_OF_A_FILE: Final = frozenset(
    {errno.ENOENT, errno.EACCES, errno.EPERM, errno.ENXIO, errno.ENOTDIR, errno.ENODEV}
)
_PROGRESS_EVERY: Final = 1000

Progress = Callable[[CollectionPath, int, int], None]
"""Is told of a collection, how many of its files have been read, and how many there are."""


class CollectionGoneError(Exception):
    """Another directory, or none, stands where the one was that the index holds."""


class CollectionIndex:
    """The table of a directory's resources. May be used in several threads."""

    def __init__(
        self,
        collection: CollectionPath,
        reader: Reader,
        cache: ReadCache,
        watcher: Watcher,
        progress: Progress | None,
    ) -> None:
        """Read the directory. Raises CollectionGoneError where there is none, and Unreadable."""
        self._collection = collection
        self._parts = directories_of(collection)
        self._reader = reader
        self._cache = cache
        # At the root a name may be the server's own; deep down a path may be too long for one.
        self._all_fit = 0 < len(collection.directory.encode()) < MAX_PATH_BYTES - 2 * MAX_NAME_BYTES
        self._lock = threading.Lock()
        self._table = Table()
        # Names to be looked at again whatever is told of them: a link's file, or one that has
        # another name elsewhere, changes without an event here.
        self._linked: set[str] = set()
        # Names whose file may yet change within the same tick of its clock.
        self._unsettled: set[str] = set()
        # Names that a comparison has found to differ.
        self._suspected: set[str] = set()
        self._quiet = False
        """Whether names have come or gone here of which nothing was told."""
        self._sweeping = threading.Lock()
        started = time.monotonic()
        with reader.directory(self._parts) as directory:
            if directory is None:
                raise CollectionGoneError
            # Before the first look at the names: what changes from now on will be told.
            self._watcher = watcher
            self._watch = watcher.watch(directory)
            try:
                status = os.fstat(directory)
                self._identity = _identity(status)
                self._changed_ns = status.st_mtime_ns
                with reading(self._parts):
                    self._table.fill(self._read(directory, progress))
            except BaseException:
                self.close()
                raise
        self._swept = time.monotonic()
        # The first comparison is not worth waiting for where reading took long.
        self._sweep_seconds = (self._swept - started) / 5

    def close(self) -> None:
        """Watch the directory no longer."""
        if self._watch is not None:
            self._watcher.forget(self._watch)

    def select(self, selection: Selection) -> Selected:
        """What the selection asks for, of the directory as it was when it was last `refresh`ed."""
        with self._lock:
            return self._table.select(selection)

    def refresh(self) -> None:
        """Hold the directory as it stands now. Raises CollectionGoneError, and as a read does."""
        with self._lock, self._reader.directory(self._parts) as directory:
            if directory is None:
                raise CollectionGoneError
            with reading(self._parts):
                self._refresh(directory)

    @property
    def sweep_is_due(self) -> bool:
        """Whether all signatures should be compared, by `sweep`."""
        wait = max(_LEAST_SECONDS, _SWEEP_SHARE * self._sweep_seconds)
        return time.monotonic() > self._swept + wait

    def sweep(self) -> None:
        """Compare all signatures: the next `select` looks at the files that differ."""
        if not self._sweeping.acquire(blocking=False):
            return
        try:
            with (
                suppress(OSError, KvputError),
                self._reader.directory(self._parts) as directory,
            ):
                if directory is not None:
                    with self._lock:
                        known = self._table.signatures()
                    differing = self._differing(directory, known)
                    with self._lock:
                        self._suspected |= differing
        finally:
            self._sweeping.release()

    # --- reading all

    def _read(self, directory: int, progress: Progress | None) -> Iterator[tuple[str, bytes, int]]:
        """Each resource's name, content and signature."""
        with os.scandir(directory) as entries:
            total = sum(1 for _ in entries)
        done = 0
        # Not as a list of them all, whose memory would be kept where it is not given back.
        with os.scandir(directory) as entries:
            for entry in entries:
                if done % _PROGRESS_EVERY == 0 and progress is not None:
                    progress(self._collection, min(done, total), total)
                done += 1
                name = self._name_of(entry.name)
                if name is None:
                    continue
                read = self._read_one(name, entry.name, directory)
                if read is not None:
                    yield name, *read
        if progress is not None:
            progress(self._collection, total, total)

    def _name_of(self, file: str) -> str | None:
        """The name of the resource that a file here is; None where it is none."""
        if not self._all_fit:
            path = resource_at(self._collection.directory + "/" + file if self._parts else file)
            return None if path is None else path.name
        return resource_name(file)

    def _read_one(self, name: str, file: str, directory: int) -> tuple[bytes, int] | None:
        """The content and signature of a resource as it stands; None where there is none.

        Both are of the one file in this very directory, so that they belong together.
        """
        self._linked.discard(name)
        self._unsettled.discard(name)
        read_ns = time.time_ns()
        try:
            descriptor = os.open(file, _FILE_FLAGS, dir_fd=directory)
        except OSError as error:
            if error.errno == errno.ELOOP:
                return self._read_link(name, file, directory)
            self._refuse_unless_its_own(file, error)
            return None
        try:
            # Before it is read: what changes in between differs from this another time.
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                return None
            if status.st_size > LARGEST_LISTED:
                _log_once(self._place_of(file), "it is too large to be listed.")
                return None
            with reading((*self._parts, file)):
                content = read_all(descriptor, status.st_size)
        finally:
            os.close(descriptor)
        if status.st_nlink > 1:
            self._linked.add(name)
        if not self._cache.is_settled(status, read_ns):
            self._unsettled.add(name)
        return content, _packed(status)

    def _read_link(self, name: str, file: str, directory: int) -> tuple[bytes, int] | None:
        """The same of what a link leads to, if that is a resource in the folder."""
        self._linked.add(name)
        try:
            status = os.stat(file, dir_fd=directory, follow_symlinks=False)
            entry = self._cache.whole(self._collection.resource(name))
        except (OSError, Unreadable) as error:
            _log_once(self._place_of(file), getattr(error, "strerror", None) or str(error))
            return None
        if entry is None or entry.content is None or entry.size > LARGEST_LISTED:
            return None
        # That of the link itself says nothing of the content.
        return entry.content, hash((_packed(status), entry.digest))

    def _refuse_unless_its_own(self, file: str, error: OSError) -> None:
        """Raise for what has nothing to do with the file that could not be opened."""
        if error.errno not in _FAULTS_OF_A_FILE:
            raise failed_read((*self._parts, file), error) from error
        if error.errno != errno.ENOENT:
            _log_once(self._place_of(file), f"it cannot be read ({error.strerror}).")

    # --- bringing up to date

    def _refresh(self, directory: int) -> None:
        # The events before the times: what comes in between may be told another time.
        told = None if self._watch is None else self._watcher.take(self._watch)
        status = os.fstat(directory)
        if _identity(status) != self._identity:
            raise CollectionGoneError
        came_or_went = status.st_mtime_ns != self._changed_ns
        if self._watch is not None:
            if came_or_went and told is not None and not told:
                told = self._late_events(self._watch)
            if told is None or self._watch.ended:
                # With events the one that says that the watch is dead may be lost as well.
                raise CollectionGoneError
        # Names came or went, and nothing was told: this is a file system that keeps quiet.
        self._quiet = self._quiet or (came_or_went and not told)
        # Whatever fails from here on, what is suspected once is looked at some time.
        self._suspected.update(
            name for file in told or () if (name := self._name_of(file)) is not None
        )
        soon_done = self._sweep_seconds < _AT_ONCE_SECONDS
        if (
            self._watch is None
            or (came_or_went and self._quiet)
            or (self.sweep_is_due and soon_done)
        ):
            self._suspected |= self._differing(directory, self._table.signatures())
        self._changed_ns = status.st_mtime_ns
        names = sorted(self._suspected | self._linked | self._unsettled)
        if len(names) > max(_FEW, len(self._table) // 16):
            # Orders and columns are made anew sooner than changed so often.
            gone: list[str] = []
            self._table.fill(self._read_again(names, directory, gone))
            for name in gone:
                self._table.remove(name)
            return
        for name in names:
            self._look_at(name, directory)

    def _read_again(
        self, names: list[str], directory: int, gone: list[str]
    ) -> Iterator[tuple[str, bytes, int]]:
        """Each that there is, with content and signature; the others are put into `gone`."""
        for name in names:
            read = self._read_one(name, self._file_of(name), directory)
            self._suspected.discard(name)
            if read is None:
                gone.append(name)
            else:
                yield name, *read

    def _look_at(self, name: str, directory: int) -> None:
        """Have the table hold the resource as it stands."""
        file = self._file_of(name)
        if name in self._linked and name not in self._unsettled:
            # There may be very many of these, and most stay as they are.
            with suppress(OSError):
                status = os.stat(file, dir_fd=directory, follow_symlinks=False)
                if _packed(status) == self._table.signature(name):
                    self._suspected.discard(name)
                    return
        read = self._read_one(name, file, directory)
        if read is None:
            self._table.remove(name)
        else:
            self._table.put(name, *read)
        self._suspected.discard(name)

    def _place_of(self, file: str) -> str:
        return "/".join((*self._parts, file))

    def _file_of(self, name: str) -> str:
        return self._collection.resource(name).file.rpartition("/")[2]

    def _late_events(self, watch: Watch) -> frozenset[str] | None:
        """What is told of a change that shows in the directory's time already."""
        # The kernel sets the time a moment before it queues the event.
        for _ in range(_LATE_LOOKS):
            told = self._watcher.take(watch)
            if told is None or told:
                return told
            time.sleep(_LATE_SECONDS)
        return frozenset()

    def _differing(self, directory: int, known: dict[str, int]) -> set[str]:
        """The names whose file is not the one that the table holds; `known` are its signatures."""
        started = time.monotonic()
        differing = set()
        with reading(self._parts), os.scandir(directory) as entries:
            for entry in entries:
                name = self._name_of(entry.name)
                if name is None:
                    continue
                before = known.pop(name, None)
                with suppress(OSError):
                    if before != _packed(entry.stat(follow_symlinks=False)):
                        differing.add(name)
        differing |= known.keys()
        self._swept = time.monotonic()
        self._sweep_seconds = self._swept - started
        return differing


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_ino, status.st_dev


def _packed(status: os.stat_result) -> int:
    """A signature in 64 bits: a hundred thousand of them are held."""
    return hash(signature(status))


@lru_cache(maxsize=1024)
def _log_once(file: str, reason: str) -> None:
    _logger.warning("%s is left out of its collection: %s", file, reason)

"""What was read from the folder, and whether it still stands: the stat-validated read cache.

An entry may be used while the file's signature (times, size, inode) is the one
that it was read under. Because a file system's clock is coarse, two writes
within one of its ticks can leave one signature; so an entry that was read too
soon after its file's last change is read again, as git does with its index
("racy" entries). Where the kernel gives each change a time of its own, as soon
as one has looked at the time before, that is not needed. Correctness therefore
rests on stat alone, on no watcher.
"""

import os
import stat
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache
from typing import Final

from kvput.paths import ResourcePath
from kvput.semantics.validators import ContentHasher, content_digest
from kvput.store.base import Entry
from kvput.store.files.layout import locate
from kvput.store.files.reader import Reader, Signature, is_settled, read_all, read_pieces, signature

LARGEST_HELD: Final = 1 << 20
"""Content over this many bytes is not held: only its digest is kept."""

_ENTRY_OVERHEAD: Final = 1024
_ATTEMPTS: Final = 5


class _Unknown(Enum):
    UNKNOWN = "unknown"


UNKNOWN: Final = _Unknown.UNKNOWN
"""`ReadCache.held` cannot tell: the file must be read."""


@dataclass(slots=True, eq=False)
class _Held:
    signature: Signature
    entry: Entry
    settled: bool
    directories: tuple[str, ...]
    """Where in the folder the directories on the way to the file are."""
    cost: int
    """The bytes that it takes in memory, about."""
    used: bool = False


class ReadCache:
    """Entries of the folder's resources, always as they stand on disk.

    May be called from several threads at once.
    """

    def __init__(self, reader: Reader, budget: int, *, fine_times: bool = False) -> None:
        """`budget`: bytes of content, with a fixed share for each entry, that may be held.

        `fine_times`: on the folder's own disk each change shows in the file's times.
        """
        self._reader = reader
        self._fine_times_on = os.fstat(reader.descriptor).st_dev if fine_times else None
        self._budget = budget
        # By the resource's file: a text knows its hash.
        self._held: OrderedDict[str, _Held] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def held(self, path: ResourcePath) -> Entry | _Unknown | None:
        """The entry if it is held and still stands, None if there is no file, else UNKNOWN.

        This is the path of every hot GET: one lstat for each name on the way
        (which also sees that no link has come into it), no open, no lock.
        """
        held = self._held.get(path.file)
        if held is None:
            return UNKNOWN
        try:
            status = self._reader.status(path.file)
            if not held.settled or held.signature != signature(status):
                return UNKNOWN
            for directory in held.directories:
                if not stat.S_ISDIR(self._reader.status(directory).st_mode):
                    return UNKNOWN
        except (FileNotFoundError, NotADirectoryError):
            self.forget(path)
            return None
        except OSError:
            return UNKNOWN
        held.used = True
        return held.entry

    def fresh(self, path: ResourcePath) -> Entry | None:
        """The entry as it stands on disk, read where it has to be. May block."""
        entry = self.held(path)
        if entry is not UNKNOWN:
            return entry
        if path.file not in self._held and self._reader.is_nothing(path.file):
            return None
        return self.load(path)

    def load(self, path: ResourcePath) -> Entry | None:
        """Read the entry from disk and hold it. May block."""
        place = locate(path)
        for _ in range(_ATTEMPTS):
            read_ns = time.time_ns()
            descriptor = self._reader.open_file((*place.directories, place.file))
            if descriptor is None:
                self.forget(path)
                return None
            try:
                before = os.fstat(descriptor)
                entry = _read_entry(path, descriptor, before)
                if signature(os.fstat(descriptor)) == signature(before):
                    break
            finally:
                os.close(descriptor)
            # Somebody writes into the file at this moment: what was read may be half of each.
        self.hold(path, entry, before, read_ns)
        return entry

    def hold(self, path: ResourcePath, entry: Entry, status: os.stat_result, read_ns: int) -> None:
        """Keep an entry that stood on disk under `status` when it was read or written."""
        if entry.size > LARGEST_HELD and entry.content is not None:
            entry = replace(entry, content=None)
        settled = self.is_settled(status, read_ns)
        file = path.file
        directories = _ways(file.rpartition("/")[0])
        cost = _ENTRY_OVERHEAD + 2 * len(file) + len(entry.content or b"")
        new = _Held(signature(status), entry, settled, directories, cost)
        with self._lock:
            self._drop(file)
            self._held[file] = new
            self._size += new.cost
            # Second chance: an entry used since it was last looked at goes to the back once.
            while self._size > self._budget and self._held:
                oldest, held = next(iter(self._held.items()))
                if held.used:
                    held.used = False
                    self._held.move_to_end(oldest)
                else:
                    self._drop(oldest)

    def is_settled(self, status: os.stat_result, read_ns: int) -> bool:
        """Whether a file read at that time cannot change any more and keep this signature."""
        fine_times = status.st_dev == self._fine_times_on
        return fine_times or is_settled(status.st_ctime_ns, read_ns)

    def forget(self, path: ResourcePath) -> None:
        """Drop an entry whose file is gone."""
        if path.file in self._held:
            with self._lock:
                self._drop(path.file)

    def whole(self, path: ResourcePath) -> Entry | None:
        """The entry with its content, also where that is too large to be held. May block."""
        entry = self.fresh(path)
        if entry is None or entry.content is not None:
            return entry
        place = locate(path)
        descriptor = self._reader.open_file((*place.directories, place.file))
        if descriptor is None:
            return None
        try:
            status = os.fstat(descriptor)
            return _entry(path, read_all(descriptor, status.st_size), status)
        finally:
            os.close(descriptor)

    def _drop(self, file: str) -> None:
        held = self._held.pop(file, None)
        if held is not None:
            self._size -= held.cost


@lru_cache(maxsize=1024)
def _ways(directory: str) -> tuple[str, ...]:
    """The relative path of each directory down to this one, which may be the folder itself."""
    if not directory:
        return ()
    names = directory.split("/")
    return tuple("/".join(names[:depth]) for depth in range(1, len(names) + 1))


def _read_entry(path: ResourcePath, descriptor: int, status: os.stat_result) -> Entry:
    if status.st_size <= LARGEST_HELD:
        return _entry(path, read_all(descriptor, status.st_size), status)
    hasher = ContentHasher()
    size = 0
    for piece in read_pieces(descriptor):
        hasher.update(piece)
        size += len(piece)
    return Entry(path, hasher.digest(), status.st_mtime_ns, size, None)


def _entry(path: ResourcePath, content: bytes, status: os.stat_result) -> Entry:
    return Entry(path, content_digest(content), status.st_mtime_ns, len(content), content)

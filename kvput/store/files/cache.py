"""What was read from the folder, and whether it still stands: the stat-validated read cache.

An entry may be used while the file's signature (times, size, inode) is the one
that it was read under. Because a file system's clock is coarse, two writes
within one of its ticks can leave one signature; so an entry that was read too
soon after its file's last change is read again, as git does with its index
("racy" entries). Correctness therefore rests on stat alone, on no watcher.
"""

import os
import stat
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from kvput.paths import ResourcePath
from kvput.semantics.validators import ContentHasher, content_digest
from kvput.store.base import Entry
from kvput.store.files.layout import locate
from kvput.store.files.reader import Reader, Signature, read_all, read_pieces, signature

LARGEST_HELD: Final = 1 << 20
"""Content over this many bytes is not held: only its digest is kept."""

_ENTRY_OVERHEAD: Final = 1024
_ATTEMPTS: Final = 5

# The clock that stamps files on Linux ticks every 1 to 10 ms; where times are
# whole seconds (HFS+, some network file systems; FAT: two) one must wait longer.
_TICK_NS: Final = 50_000_000
_COARSE_TICK_NS: Final = 2_100_000_000


class _Unknown(Enum):
    UNKNOWN = "unknown"


UNKNOWN: Final = _Unknown.UNKNOWN
"""`ReadCache.held` cannot tell: the file must be read."""


@dataclass(slots=True)
class _Held:
    signature: Signature
    entry: Entry
    settled: bool
    file: str
    """Where in the folder the file is, and the directories on the way to it."""
    directories: tuple[str, ...]
    used: bool = False

    @property
    def cost(self) -> int:
        """The bytes that it takes in memory, about."""
        places = len(self.file) + sum(map(len, self.directories))
        return _ENTRY_OVERHEAD + places + len(self.entry.content or b"")


def _is_settled(changed_ns: int, read_ns: int) -> bool:
    """Whether a change after a read at `read_ns` would show in the file's times."""
    coarse = changed_ns % 1_000_000_000 == 0
    return changed_ns < read_ns - (_COARSE_TICK_NS if coarse else _TICK_NS)


class ReadCache:
    """Entries of the folder's resources, always as they stand on disk.

    May be called from several threads at once.
    """

    def __init__(self, reader: Reader, budget: int) -> None:
        """`budget`: bytes of content, with a fixed share for each entry, that may be held."""
        self._reader = reader
        self._budget = budget
        self._held: OrderedDict[ResourcePath, _Held] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def held(self, path: ResourcePath) -> Entry | _Unknown | None:
        """The entry if it is held and still stands, None if there is no file, else UNKNOWN.

        This is the path of every hot GET: one lstat for each name on the way
        (which also sees that no link has come into it), no open, no lock.
        """
        held = self._held.get(path)
        if held is None:
            return UNKNOWN
        try:
            status = self._reader.status(held.file)
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
        return self.load(path) if entry is UNKNOWN else entry

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
        settled = _is_settled(status.st_ctime_ns, read_ns)
        new = _Held(signature(status), entry, settled, *_places(path))
        with self._lock:
            self._drop(path)
            self._held[path] = new
            self._size += new.cost
            # Second chance: an entry used since it was last looked at goes to the back once.
            while self._size > self._budget and self._held:
                oldest, held = next(iter(self._held.items()))
                if held.used:
                    held.used = False
                    self._held.move_to_end(oldest)
                else:
                    self._drop(oldest)

    def forget(self, path: ResourcePath) -> None:
        """Drop an entry whose file is gone."""
        if path in self._held:
            with self._lock:
                self._drop(path)

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

    def _drop(self, path: ResourcePath) -> None:
        held = self._held.pop(path, None)
        if held is not None:
            self._size -= held.cost


def _places(path: ResourcePath) -> tuple[str, tuple[str, ...]]:
    """The relative paths of the resource's file and of each directory on the way to it."""
    directories = locate(path).directories
    ways = tuple("/".join(directories[:depth]) for depth in range(1, len(directories) + 1))
    return path.file, ways


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

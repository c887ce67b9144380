"""What is known to outlast a power loss: which states need no sync before they are replaced.

A state that the journal does not hold (a hand has made it) is synced before the
store replaces it; else a crash could bring back what stood there before it,
which recovery would have to take for a hand's later work. To sync each file
once would cost as much as the journal saves; so the file system is synced as a
whole now and then, and what has not changed since is known to be there.
"""

import errno
import os
import stat
import time
from collections.abc import Iterable
from typing import Final

from kvput.store.files.env import Environment
from kvput.store.files.reader import Reader, is_settled

_CLOCK_STEP_NS: Final = 10_000_000
"""By more than this, a clock is not slewed but set."""

_MOST_SYNCED: Final = 10_000

_State = tuple[int, int]


def _state(status: os.stat_result) -> _State:
    return status.st_ctime_ns, status.st_ino


class Durability:
    """Which files' and directories' states are on the disk, or in the journal."""

    def __init__(self) -> None:
        self._synced_ns = 0
        self._clock_ns = _clock()
        # The states that the journal's two segments hold: no more than fit in them.
        self._written: dict[str, _State] = {}
        self._retired: dict[str, _State] = {}
        # Those that were synced one by one.
        self._synced: dict[str, _State] = {}
        self._directories: dict[str, _State] = {}

    @property
    def places(self) -> tuple[str, ...]:
        """The files written since the last `retire`."""
        return tuple(self._written)

    def note_written(self, place: str, status: os.stat_result | None) -> None:
        """The journal holds the file as it stands now; None where it was removed."""
        self._written[place] = (0, 0) if status is None else _state(status)

    def note_directory(self, place: str, status: os.stat_result) -> None:
        """The journal holds, or the disk has, what brought the directory to its state."""
        self._directories[place] = _state(status)

    def retire(self) -> None:
        """The journal goes on in another segment: the checkpoint of what is noted begins."""
        self._retired, self._written = self._written, {}

    def checkpointed(self, synced_ns: int) -> None:
        """What was retired is on the disk, and what was changed before that time; 0: no more."""
        if synced_ns:
            self._synced_ns = max(self._synced_ns, synced_ns)
            self._synced.clear()
        else:
            self._synced.update(self._retired)
            while len(self._synced) > _MOST_SYNCED:
                del self._synced[next(iter(self._synced))]
        self._retired = {}
        self._directories = {
            place: state
            for place, state in self._directories.items()
            if not is_settled(state[0], self._synced_ns)
        }

    def look_at_the_clock(self) -> None:
        """Rely on no time any more if the clock was set back: a new state may look like an old."""
        clock_ns = _clock()
        if clock_ns < self._clock_ns - _CLOCK_STEP_NS:
            self._synced_ns = 0
        self._clock_ns = clock_ns

    def has(self, place: str, status: os.stat_result) -> bool:
        """Whether the file, as it stands now, needs no sync."""
        state = _state(status)
        return (
            is_settled(state[0], self._synced_ns)
            or self._written.get(place) == state
            or self._retired.get(place) == state
            or self._synced.get(place) == state
        )

    def has_directory(self, place: str, status: os.stat_result) -> bool:
        """Whether the names in the directory, as they are now, need no sync."""
        state = _state(status)
        return is_settled(state[0], self._synced_ns) or self._directories.get(place) == state


def _clock() -> int:
    """How far the clock is ahead of one that is never set."""
    return time.time_ns() - time.monotonic_ns()


def sync_file_system(directory: int, environment: Environment) -> int:
    """Sync all at once; gives the time before which each change is on the disk, 0 if none is.

    Raises OSError.
    """
    started_ns = time.time_ns()
    return started_ns if environment.sync_file_system(directory) else 0


def sync_places(places: Iterable[str], reader: Reader, environment: Environment) -> None:
    """Sync these files, as far as they are there, and every directory on the way to them.

    Raises OSError.
    """
    directories = {""}
    for place in places:
        _sync(place, os.O_RDONLY, reader, environment)
        while place := place.rpartition("/")[0]:
            directories.add(place)
    # From the deepest up: a name is worth nothing without what it names.
    for place in sorted(directories, key=len, reverse=True):
        _sync(place or ".", os.O_RDONLY | os.O_DIRECTORY, reader, environment)


# A hand may have removed it, shut it off, or put something else there, which is not ours to sync.
_NOT_OURS: Final = frozenset(
    {errno.ENOENT, errno.ENOTDIR, errno.EACCES, errno.ELOOP, errno.ENXIO, errno.ENAMETOOLONG}
)


def _sync(place: str, flags: int, reader: Reader, environment: Environment) -> None:
    flags |= os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(place, flags, dir_fd=reader.descriptor)
    except OSError as error:
        if error.errno in _NOT_OURS:
            return
        raise
    try:
        kind = os.fstat(descriptor).st_mode
        if stat.S_ISREG(kind) or stat.S_ISDIR(kind):
            environment.sync(descriptor)
    finally:
        os.close(descriptor)

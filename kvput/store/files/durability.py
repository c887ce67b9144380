"""What is known to outlast a power loss: which states need no sync before they are replaced.

A state that the journal does not hold (a hand has made it) is synced before the
store replaces it; else a crash could bring back what stood there before it,
which recovery would have to take for a hand's later work. To sync each file
once would cost as much as the journal saves; so the file system is synced as a
whole now and then, and what has not changed since is known to be there.
"""

import os
import stat
import time
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from kvput.store.files.env import Environment
from kvput.store.files.reader import Reader, is_settled

_T = TypeVar("_T")
_CLOCK_STEP_NS: Final = 10_000_000
"""By more than this, a clock is not slewed but set."""

_MOST_SYNCED: Final = 10_000

State = tuple[int, int]
"""ctime and inode; both 0 where nothing is known of the file."""
UNKNOWN: Final[State] = (0, 0)


def _state(status: os.stat_result) -> State:
    return status.st_ctime_ns, status.st_ino


class SyncError(Exception):
    """A sync has failed; its argument is the OSError.

    A second try would tell nothing: the kernel takes for written what it could
    not write.
    """


class Durability:
    """Which files' and directories' states are on the disk, or in the journal."""

    def __init__(self) -> None:
        self._synced_ns = 0
        self._clock_ns = _clock()
        self.times_set_back = 0
        """How often the clock was: a time from before says nothing after it."""
        # The states that the journal's two segments hold: no more than fit in them.
        self._written: dict[str, State] = {}
        self._retired: dict[str, State] = {}
        # Those that were synced one by one.
        self._synced: dict[str, State] = {}
        self._directories: dict[str, State] = {}

    @property
    def written(self) -> Mapping[str, State]:
        """The files written since the last `retire`, and how they stood."""
        return self._written

    def note_written(self, place: str, status: os.stat_result | None) -> None:
        """The journal holds the file as it stands now; None where it was removed."""
        self._written[place] = UNKNOWN if status is None else _state(status)

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
            self.times_set_back += 1
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

    Raises SyncError.
    """
    started_ns = time.time_ns()
    return started_ns if _synced(environment.sync_file_system, directory) else 0


def sync_places(written: Mapping[str, State], reader: Reader, environment: Environment) -> bool:
    """Sync these files, and every directory on the way to them; whether that was all.

    It is not where a hand has taken a file away, shut it off or put another in
    its place, and where there are no descriptors left. Raises SyncError.
    """
    directories = {""}
    complete = True
    for place, state in written.items():
        complete &= _sync(place, os.O_RDONLY, state[1], reader, environment)
        while place := place.rpartition("/")[0]:
            directories.add(place)
    # From the deepest up: a name is worth nothing without what it names.
    for place in sorted(directories, key=len, reverse=True):
        complete &= _sync(place or ".", os.O_RDONLY | os.O_DIRECTORY, 0, reader, environment)
    return complete


def _sync(place: str, flags: int, inode: int, reader: Reader, environment: Environment) -> bool:
    flags |= os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(place, flags, dir_fd=reader.descriptor)
    except OSError:
        return False
    try:
        status = os.fstat(descriptor)
        if stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode):
            _synced(environment.sync, descriptor)
        return stat.S_ISDIR(status.st_mode) or status.st_ino == inode
    finally:
        os.close(descriptor)


def _synced(sync: Callable[[int], _T], descriptor: int) -> _T:
    try:
        return sync(descriptor)
    except OSError as error:
        raise SyncError(error) from error

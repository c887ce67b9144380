"""Opening the data folder: is it one, may it be written to, does somebody else serve it.

What kvput keeps for itself (`.kvput/`: the lock, scratch, the journal's directory)
is made here. What the journal says is read in `kvput.store.files.opening`.
"""

import errno
import fcntl
import os
import stat
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kvput.errors import DataInUse, DataUnusable, DiskFull, KvputError, ReadOnly
from kvput.store.files.env import Environment, OperatingSystem
from kvput.store.files.failures import FULL
from kvput.store.files.layout import IGNORE, JOURNAL, LOCK, PRIVATE, SCRATCH

_DIRECTORY_FLAGS: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_LOOK_SECONDS: Final = 0.05
_UNWRITABLE: Final = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})


@dataclass(frozen=True, slots=True)
class Folder:
    """An opened data folder.

    `own` is None where the folder can only be read; then `read_only` says why, and
    `refusal` is the error that a write gets. `folds_names` tells whether its disk
    takes names for one that differ in case or normalisation, `fine_times` whether
    each change of a file shows in its times, however soon it comes after a look at
    them (as on Linux from 6.13 on).
    """

    root: Path
    own: "Own | None"
    read_only: str | None
    folds_names: bool
    fine_times: bool
    refusal: type[KvputError] = ReadOnly

    def stands(self) -> bool:
        """Whether what is kvput's own is still what stands under its names in the folder."""
        return self.own is None or self.own.stands(f"{self.root}/{PRIVATE}")

    def close(self) -> None:
        """Let go of the folder: another process may open it."""
        if self.own is not None:
            # Its number may be another process's soon, which nobody is to take for this one.
            with suppress(OSError):
                os.ftruncate(self.own.lock, 0)
            for descriptor in self.own.descriptors.values():
                os.close(descriptor)


@dataclass(slots=True)
class Own:
    """Descriptors of what kvput keeps in a folder for itself."""

    lock: int
    scratch: int
    journal: int
    _looked_at: tuple[int, int, int] | None = None
    """How the directory that names them stood when they were found under their names."""

    @property
    def descriptors(self) -> dict[str, int]:
        """Each by its name in `.kvput`."""
        return {SCRATCH: self.scratch, JOURNAL: self.journal, LOCK: self.lock}

    def stands(self, private: str) -> bool:
        """Whether they are what stands under their names in `private`, their directory."""
        try:
            status = os.stat(private, follow_symlinks=False)
        except OSError:
            return False
        # No name in a directory changes without the directory's time.
        looked_at = (status.st_ino, status.st_dev, status.st_mtime_ns)
        if looked_at != self._looked_at:
            names = self.descriptors.items()
            if not all(_is_still(descriptor, f"{private}/{name}") for name, descriptor in names):
                return False
            self._looked_at = looked_at
        return True


def _is_still(descriptor: int, place: str) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(place, follow_symlinks=False))
    except OSError:
        return False


def open_folder(data: Path, environment: Environment | None = None) -> Folder:
    """Open the folder, lock it, and clear what an earlier run left in scratch.

    A folder that cannot be written to is opened for reading, and not locked.
    Raises DataUnusable and DataInUse.
    """
    require_folder(data)
    try:
        return _open_for_writing(data, environment or OperatingSystem())
    except OSError as error:
        refusal: type[KvputError] = ReadOnly
        advice = "give the server's user write permission there"
        if error.errno in FULL:
            refusal, advice = DiskFull, "free some space on its disk"
        elif error.errno == errno.EROFS:
            advice = "mount it for writing"
        elif error.errno not in _UNWRITABLE:
            raise DataUnusable(f"{data}: cannot be opened: {error.strerror}.") from None
        reason = (
            f"The data folder cannot be written to ({error.strerror}), so it is served for "
            f"reading only: {advice}."
        )
        return Folder(data, None, reason, folds_names=True, fine_times=False, refusal=refusal)


def _open_for_writing(data: Path, environment: Environment) -> Folder:
    with ExitStack() as until_opened:
        private = _open_private(data)
        try:
            lock = _lock(data, private)
            until_opened.callback(os.close, lock)
            scratch = _open_directory(SCRATCH, private, environment)
            until_opened.callback(os.close, scratch)
            _clear(scratch)
            journal = _open_directory(JOURNAL, private, environment)
            until_opened.callback(os.close, journal)
            # What is written to the journal is found again only if these names are on the disk.
            environment.sync(private)
            _sync_directory(data, environment)
        finally:
            os.close(private)
        folds_names, fine_times = _probe(scratch)
        until_opened.pop_all()
        return Folder(data, Own(lock, scratch, journal), None, folds_names, fine_times)


def require_folder(data: Path) -> None:
    """Raise DataUnusable unless there is a folder that can be read."""
    try:
        status = data.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise DataUnusable(f"{data}: there is no such folder: make it, or name another.") from None
    except OSError as error:
        raise DataUnusable(f"{data}: cannot be opened: {error.strerror}.") from None
    if not stat.S_ISDIR(status.st_mode):
        hint = (
            "; kvput serves folders with one file per resource, see "
            '"Coming from json-server" in the README'
            if data.suffix == ".json"
            else ""
        )
        raise DataUnusable(f"{data}: is a file: name the folder that holds the resources{hint}.")
    if not os.access(data, os.R_OK | os.X_OK):
        raise DataUnusable(f"{data}: cannot be read: the server's user has no permission.")


def _open_private(data: Path) -> int:
    private = data / PRIVATE
    with suppress(FileExistsError):
        private.mkdir()
    if not stat.S_ISDIR(os.lstat(private).st_mode):
        raise DataUnusable(f"{private}: is no folder, which kvput needs there: move it away.")
    if not os.access(private, os.W_OK | os.X_OK) or not os.access(data, os.W_OK):
        read_only_mount = os.statvfs(data).f_flag & os.ST_RDONLY
        number = errno.EROFS if read_only_mount else errno.EACCES
        raise OSError(number, os.strerror(number))
    descriptor = os.open(private, _DIRECTORY_FLAGS)
    _tell_git(descriptor)
    return descriptor


def _tell_git(private: int) -> None:
    try:
        ignore = os.open(IGNORE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666, dir_fd=private)
    except OSError:
        return
    try:
        os.write(ignore, b"*\n")
    except OSError:
        # A full disk must not keep anybody from reading, or from deleting to make room.
        os.unlink(IGNORE, dir_fd=private)
    finally:
        os.close(ignore)


def _lock(data: Path, private: int) -> int:
    lock = os.open(
        LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666, dir_fd=private
    )
    with ExitStack() as until_locked:
        until_locked.callback(os.close, lock)
        try:
            _take(lock)
        except BlockingIOError:
            owner = os.pread(lock, 32, 0).decode("ascii", "replace").strip() or "unknown"
            raise DataInUse(
                f"{data}: is served by another kvput already (process {owner}): stop that one, "
                "or serve another folder."
            ) from None
        # The lock holds also where a full disk takes no number.
        with suppress(OSError):
            os.ftruncate(lock, 0)
            os.pwrite(lock, b"%d\n" % os.getpid(), 0)
        until_locked.pop_all()
    return lock


def _take(lock: int) -> None:
    """Lock the file, also where somebody only looks at this moment whether it is locked."""
    with suppress(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return
    time.sleep(_LOOK_SECONDS)
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _open_directory(name: str, private: int, environment: Environment) -> int:
    with suppress(FileExistsError):
        environment.make_directory(name, private)
    return os.open(name, _DIRECTORY_FLAGS, dir_fd=private)


def _sync_directory(place: Path, environment: Environment) -> None:
    descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        environment.sync(descriptor)
    finally:
        os.close(descriptor)


def _clear(scratch: int) -> None:
    for left_over in os.listdir(scratch):
        # A directory is somebody else's: kvput makes files there.
        with suppress(IsADirectoryError, PermissionError):
            os.unlink(left_over, dir_fd=scratch)


def _probe(scratch: int) -> tuple[bool, bool]:
    """`folds_names` and `fine_times`; where there is no room to try, what is right on any disk."""
    try:
        return _folds_names(scratch), _fine_times(scratch)
    except OSError as error:
        if error.errno not in FULL:
            raise
        return True, False


def _folds_names(scratch: int) -> bool:
    """Whether this disk takes names for one that differ in case or normalisation alone."""
    for written, asked in (("case", "CASE"), ("\u00e9", "e\u0301")):
        os.close(os.open(written, os.O_WRONLY | os.O_CREAT, 0o666, dir_fd=scratch))
        try:
            os.stat(asked, dir_fd=scratch)
        except FileNotFoundError:
            continue
        else:
            return True
        finally:
            os.unlink(written, dir_fd=scratch)
    return False


_LOOKS: Final = 5


def _fine_times(scratch: int) -> bool:
    """Whether two changes of a file never leave the same times, if one has looked in between."""
    name = "times"
    file = os.open(name, os.O_WRONLY | os.O_CREAT, 0o666, dir_fd=scratch)
    try:
        times = {os.fstat(file).st_ctime_ns}
        # A clock that ticks every few milliseconds would not tick between any two of these.
        for _ in range(_LOOKS):
            os.utime(file)
            times.add(os.fstat(file).st_ctime_ns)
        return len(times) == _LOOKS + 1
    finally:
        os.close(file)
        os.unlink(name, dir_fd=scratch)

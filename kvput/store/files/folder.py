"""Opening the data folder: is it one, may it be written to, does somebody else serve it.

What kvput keeps for itself (`.kvput/`: the lock, scratch) is made here.
"""

import errno
import fcntl
import os
import stat
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kvput.errors import DataInUse, DataUnusable
from kvput.store.files.layout import IGNORE, LOCK, PRIVATE, SCRATCH

_UNWRITABLE: Final = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})


@dataclass(frozen=True, slots=True)
class Folder:
    """An opened data folder.

    `scratch` and `lock` are descriptors, None where the folder can only be
    read; then `read_only` says why. `folds_names` tells whether its disk takes
    names for one that differ in case or normalisation.
    """

    root: Path
    scratch: int | None
    lock: int | None
    read_only: str | None
    folds_names: bool

    def stands(self) -> bool:
        """Whether the lock and scratch are still what stands under their names in the folder."""
        private = self.root / PRIVATE
        return _is_still(self.lock, private / LOCK) and _is_still(self.scratch, private / SCRATCH)

    def close(self) -> None:
        """Let go of the folder: another process may open it."""
        for descriptor in (self.scratch, self.lock):
            if descriptor is not None:
                os.close(descriptor)


def _is_still(descriptor: int | None, place: Path) -> bool:
    if descriptor is None:
        return True
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(place, follow_symlinks=False))
    except OSError:
        return False


def open_folder(data: Path) -> Folder:
    """Open the folder, lock it, and clear what an earlier run left in scratch.

    A folder that cannot be written to is opened for reading, and not locked.
    Raises DataUnusable and DataInUse.
    """
    _check_folder(data)
    try:
        return _open_for_writing(data)
    except OSError as error:
        if error.errno not in _UNWRITABLE:
            raise DataUnusable(f"{data}: cannot be opened: {error.strerror}.") from None
        reason = (
            f"The data folder cannot be written to ({error.strerror}), so it is served for "
            "reading only: give the server's user write permission there."
        )
        return Folder(data, None, None, reason, folds_names=True)


def _open_for_writing(data: Path) -> Folder:
    with ExitStack() as until_opened:
        private = _open_private(data)
        try:
            lock = _lock(data, private)
            until_opened.callback(os.close, lock)
            scratch = _open_scratch(private)
            until_opened.callback(os.close, scratch)
        finally:
            os.close(private)
        folds_names = _folds_names(scratch)
        until_opened.pop_all()
        return Folder(data, scratch, lock, None, folds_names)


def _check_folder(data: Path) -> None:
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
    descriptor = os.open(private, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
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
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
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


def _open_scratch(private: int) -> int:
    with suppress(FileExistsError):
        os.mkdir(SCRATCH, dir_fd=private)
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    scratch = os.open(SCRATCH, flags, dir_fd=private)
    for left_over in os.listdir(scratch):
        # A directory is somebody else's: kvput makes files there.
        with suppress(IsADirectoryError, PermissionError):
            os.unlink(left_over, dir_fd=scratch)
    return scratch


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

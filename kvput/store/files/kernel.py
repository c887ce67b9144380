"""Calls of the operating system that `os` does not offer, or not with the meaning needed here.

Each says what it does where the system at hand has no such call. What they are
used for is in the modules beside this one; that tests can take their place is
`kvput.store.files.env`.
"""

import ctypes
import errno
import fcntl
import os
import re
import sys
import termios
from contextlib import suppress
from hashlib import blake2b
from typing import Final

_C: Final = ctypes.CDLL(None, use_errno=True)

# --- rename with flags: renameat2(2), Linux 3.15

NO_REPLACE: Final = 1
"""RENAME_NOREPLACE: fail where the new name is taken."""
EXCHANGE: Final = 2
"""RENAME_EXCHANGE: let the two files change their names."""

_LACKING: Final = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP})
_renameat2 = getattr(_C, "renameat2", None)
if _renameat2 is not None:
    _renameat2.argtypes = (
        ctypes.c_int,
        ctypes.c_char_p,
        ctypes.c_int,
        ctypes.c_char_p,
        ctypes.c_uint,
    )


def rename(name: str, directory: int, new_name: str, new_directory: int, flag: int) -> bool:
    """Rename with a flag; False, with nothing done, where kernel or file system have none.

    Raises OSError.
    """
    if _renameat2 is None:
        return False
    if not _renameat2(directory, os.fsencode(name), new_directory, os.fsencode(new_name), flag):
        return True
    number = ctypes.get_errno()
    if number in _LACKING:
        return False
    raise OSError(number, os.strerror(number), new_name)


# --- having things on the disk

_FULL_SYNC: Final[int | None] = getattr(fcntl, "F_FULLFSYNC", None)


def sync(descriptor: int) -> None:
    """fsync; on macOS the call that has the disk empty its own cache, too."""
    if _FULL_SYNC is not None:
        with suppress(OSError):
            fcntl.fcntl(descriptor, _FULL_SYNC)
            return
    os.fsync(descriptor)


def sync_data(descriptor: int) -> None:
    """fdatasync where there is one."""
    if _FULL_SYNC is None and hasattr(os, "fdatasync"):
        os.fdatasync(descriptor)
    else:
        sync(descriptor)


_RELEASE: Final = re.match(r"([0-9]+)\.([0-9]+)", os.uname().release)
# Earlier kernels hold their tongue about writes that failed.
_SYNCFS_TELLS: Final = (
    sys.platform == "linux"
    and hasattr(_C, "syncfs")
    and _RELEASE is not None
    and (int(_RELEASE[1]), int(_RELEASE[2])) >= (5, 8)
)
# By the magic numbers of statfs(2). Not overlayfs, FUSE or network file systems: each has, or
# had for long, a syncfs that promises less.
_SYNCFS_WORKS: Final = frozenset({0xEF53, 0x58465342, 0x9123683E, 0xF2F52010, 0x01021994})


def sync_file_system(descriptor: int) -> bool:
    """syncfs(2) of the file system that the descriptor is in; False where it cannot be relied on.

    Raises OSError when the disk failed.
    """
    if not _SYNCFS_TELLS or _file_system(descriptor) not in _SYNCFS_WORKS:
        return False
    if _C.syncfs(descriptor):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return True


def _file_system(descriptor: int) -> int:
    """The `f_type` of statfs(2), which stands first; 0 where the call fails."""
    status = ctypes.create_string_buffer(256)
    if _C.fstatfs(descriptor, status):
        return 0
    return int.from_bytes(status.raw[:4], sys.byteorder)


def allocate(descriptor: int, size: int) -> None:
    """Give the file that size with its blocks reserved; without, where the disk cannot.

    Raises OSError, ENOSPC above all.
    """
    with suppress(AttributeError):  # macOS
        try:
            os.posix_fallocate(descriptor, 0, size)
        except OSError as error:
            if error.errno not in _LACKING:
                raise
        else:
            return
    if os.fstat(descriptor).st_size < size:
        os.ftruncate(descriptor, size)


# --- whether the system has gone down since

_BOOT: Final = "/proc/sys/kernel/random/boot_id"
_AT_EMPTY_PATH: Final = 0x1000
_UNIQUE_MOUNT: Final = 0x4000
_MOUNT_OFFSET: Final = 0x90
_INCARNATION_SIZE: Final = 24


def incarnation(descriptor: int) -> bytes:
    """What stays the same while nothing that was written can get lost, in 24 bytes.

    The boot's id, the mount's number (statx(2), Linux 6.8, which never gives one
    twice) and the directory's own: while all are the same, the file system holds
    all that was ever written to it, synced or not, and the directory is no copy.
    Random bytes where this cannot be known.
    """
    unknown = os.urandom(_INCARNATION_SIZE)
    try:
        with open(_BOOT, encoding="ascii") as file:
            boot = bytes.fromhex(file.read().strip().replace("-", ""))
    except (OSError, ValueError):
        return unknown
    status = ctypes.create_string_buffer(256)
    statx = getattr(_C, "statx", None)
    if statx is None or statx(descriptor, b"", _AT_EMPTY_PATH, _UNIQUE_MOUNT, status):
        return unknown
    if not boot or not int.from_bytes(status.raw[:4], sys.byteorder) & _UNIQUE_MOUNT:
        return unknown
    mount = int.from_bytes(status.raw[_MOUNT_OFFSET : _MOUNT_OFFSET + 8], sys.byteorder)
    itself = f"{boot.hex()} {mount} {os.fstat(descriptor).st_ino}"
    return blake2b(itself.encode(), digest_size=_INCARNATION_SIZE).digest()


# --- watching names in directories: inotify(7), Linux

QUEUE_OVERFLOW: Final = 0x4000
"""IN_Q_OVERFLOW: events were lost."""
WATCH_ENDED: Final = 0x8000
"""IN_IGNORED: the directory is gone."""
# IN_MODIFY, ATTRIB, CLOSE_WRITE, MOVED_FROM, MOVED_TO, CREATE, DELETE; IN_ONLYDIR.
_CHANGES: Final = 0x2 | 0x4 | 0x8 | 0x40 | 0x80 | 0x100 | 0x200 | 0x1000000
_inotify_add_watch = getattr(_C, "inotify_add_watch", None)
if _inotify_add_watch is not None:
    _inotify_add_watch.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_uint32)


def open_watch_queue() -> int | None:
    """The descriptor of a queue of events; None where there is no such call, or no more of them."""
    if _inotify_add_watch is None:
        return None
    queue: int = _C.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    return queue if queue >= 0 else None


def watch_names(queue: int, directory: int) -> int | None:
    """Queue an event for each change of a name in the directory, or of its file.

    Gives the number that the events carry; None where the directory cannot be watched.
    """
    if _inotify_add_watch is None:
        return None
    # By its descriptor: its path may have come to mean another one.
    number: int = _inotify_add_watch(queue, b"/proc/self/fd/%d" % directory, _CHANGES)
    return number if number >= 0 else None


def queued_bytes(queue: int) -> int:
    """How much is in the queue (FIONREAD)."""
    return int.from_bytes(fcntl.ioctl(queue, termios.FIONREAD, bytes(4)), sys.byteorder)


def stop_watching(queue: int, number: int) -> None:
    """Queue no more events of this number."""
    _C.inotify_rm_watch(queue, number)

"""The operating system as the file store's writing side sees it: every call that changes the disk.

Journal, writer, checkpoint and recovery make these calls through an
`Environment`, so that a test can make the n-th one fail as a disk does, stop
after it, or work out what a power loss would leave. Reading is not here: a
failed read changes nothing. The calls that `os` does not have stand in
`kvput.store.files.kernel`.
"""

import errno
import os
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, Protocol

from kvput.store.files import kernel

_MOST_PIECES: Final = 512
"""The number of pieces in one call of `pwritev`; POSIX guarantees 16, Linux takes 1024."""


class Environment(Protocol):
    """The calls by which the store changes the disk.

    Names are relative to a directory's descriptor. Each raises OSError, as the
    calls in `os` do. A name is in the disk's directory for good only once that
    directory was synced.
    """

    def create(self, name: str, directory: int, mode: int) -> int:
        """Make a new file and open it for reading and writing; fails where the name is taken."""

    def open(self, name: str, directory: int) -> int:
        """Open a file for reading and writing, to change it in place."""

    def write(self, descriptor: int, pieces: Sequence[bytes], offset: int) -> None:
        """Write all the pieces, one after the other, at `offset`."""

    def allocate(self, descriptor: int, size: int) -> None:
        """Give the file that size, with its blocks reserved where the disk can; new bytes are 0."""

    def truncate(self, descriptor: int, size: int) -> None:
        """Cut the file off at `size` bytes."""

    def set_mode(self, descriptor: int, mode: int) -> None:
        """Set a file's permission bits."""

    def set_modified(self, descriptor: int, modified_ns: int) -> None:
        """Set a file's time of modification, in nanoseconds since the epoch."""

    def sync(self, descriptor: int) -> None:
        """Have a file's content, or a directory's entries, on the disk before returning."""

    def sync_data(self, descriptor: int) -> None:
        """As `sync`, for content and size alone."""

    def sync_file_system(self, descriptor: int) -> bool:
        """Have all that was written to the file system on the disk.

        False where this system cannot do that and tell whether it failed; then
        nothing is promised.
        """

    def move(self, name: str, directory: int, new_name: str, new_directory: int) -> None:
        """Give a file another name; FileExistsError where something has that name."""

    def exchange(self, name: str, directory: int, other: str, other_directory: int) -> bool:
        """Let two files change their names, in one step for whoever reads `other`.

        False where the file system can only replace: then nothing has `name` now.
        """

    def unlink(self, name: str, directory: int) -> None:
        """Remove a file."""

    def make_directory(self, name: str, directory: int) -> None:
        """Make a directory."""

    def remove_directory(self, name: str, directory: int) -> None:
        """Remove an empty directory."""


class OperatingSystem:
    """The real one."""

    def create(self, name: str, directory: int, mode: int) -> int:
        """See `Environment.create`."""
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        return os.open(name, flags, mode, dir_fd=directory)

    def open(self, name: str, directory: int) -> int:
        """See `Environment.open`."""
        return os.open(name, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory)

    def write(self, descriptor: int, pieces: Sequence[bytes], offset: int) -> None:
        """See `Environment.write`."""
        for first in range(0, len(pieces), _MOST_PIECES):
            some = pieces[first : first + _MOST_PIECES]
            size = sum(map(len, some))
            written = os.pwritev(descriptor, some, offset)
            if written < size:
                rest = memoryview(b"".join(some))[written:]
                while rest:
                    rest = rest[os.pwrite(descriptor, rest, offset + size - len(rest)) :]
            offset += size

    def allocate(self, descriptor: int, size: int) -> None:
        """See `Environment.allocate`."""
        kernel.allocate(descriptor, size)

    def truncate(self, descriptor: int, size: int) -> None:
        """See `Environment.truncate`."""
        os.ftruncate(descriptor, size)

    def set_mode(self, descriptor: int, mode: int) -> None:
        """See `Environment.set_mode`."""
        os.fchmod(descriptor, mode)

    def set_modified(self, descriptor: int, modified_ns: int) -> None:
        """See `Environment.set_modified`."""
        os.utime(descriptor, ns=(modified_ns, modified_ns))

    def sync(self, descriptor: int) -> None:
        """See `Environment.sync`."""
        kernel.sync(descriptor)

    def sync_data(self, descriptor: int) -> None:
        """See `Environment.sync_data`."""
        kernel.sync_data(descriptor)

    def sync_file_system(self, descriptor: int) -> bool:
        """See `Environment.sync_file_system`."""
        return kernel.sync_file_system(descriptor)

    def move(self, name: str, directory: int, new_name: str, new_directory: int) -> None:
        """See `Environment.move`."""
        if kernel.rename(name, directory, new_name, new_directory, kernel.NO_REPLACE):
            return
        # Without that call, a link is what does not replace. Both names stand for a moment.
        if _link(name, directory, new_name, new_directory):
            os.unlink(name, dir_fd=directory)
            return
        # Without links, there is a moment in which a hand's new file would be replaced.
        with suppress(FileNotFoundError):
            os.stat(new_name, dir_fd=new_directory, follow_symlinks=False)
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), new_name)
        os.rename(name, new_name, src_dir_fd=directory, dst_dir_fd=new_directory)

    def exchange(self, name: str, directory: int, other: str, other_directory: int) -> bool:
        """See `Environment.exchange`."""
        if kernel.rename(name, directory, other, other_directory, kernel.EXCHANGE):
            return True
        # The file under the other name is kept under a third one while the first takes its place.
        kept = f"{name}.replaced"
        with suppress(FileNotFoundError):
            os.unlink(kept, dir_fd=directory)
        linked = _link(other, other_directory, kept, directory)
        os.replace(name, other, src_dir_fd=directory, dst_dir_fd=other_directory)
        if linked:
            os.replace(kept, name, src_dir_fd=directory, dst_dir_fd=directory)
        return linked

    def unlink(self, name: str, directory: int) -> None:
        """See `Environment.unlink`."""
        os.unlink(name, dir_fd=directory)

    def make_directory(self, name: str, directory: int) -> None:
        """See `Environment.make_directory`."""
        os.mkdir(name, dir_fd=directory)

    def remove_directory(self, name: str, directory: int) -> None:
        """See `Environment.remove_directory`."""
        os.rmdir(name, dir_fd=directory)


_NO_LINKS: Final = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK})


def _link(name: str, directory: int, new_name: str, new_directory: int) -> bool:
    """Give a file a second name; False where the file system knows no such thing."""
    try:
        os.link(
            name, new_name, src_dir_fd=directory, dst_dir_fd=new_directory, follow_symlinks=False
        )
    except OSError as error:
        if error.errno in _NO_LINKS:
            return False
        raise
    return True

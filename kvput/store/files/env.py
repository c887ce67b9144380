"""The operating system as the file store's writer sees it: every call that changes the disk.

The writer makes its calls through an `Environment`, so that a test can make the
n-th one fail as a disk does. Reading is not here: a failed read changes nothing.
"""

import os
from typing import Protocol


class Environment(Protocol):
    """The calls by which the store changes the disk.

    Names are relative to a directory's descriptor. Each raises OSError, as the
    calls in `os` do.
    """

    def create(self, name: str, directory: int, mode: int) -> int:
        """Make a new file and open it for writing; fails where the name is taken."""

    def write(self, descriptor: int, content: bytes) -> None:
        """Write all of `content`."""

    def set_mode(self, descriptor: int, mode: int) -> None:
        """Set a file's permission bits."""

    def sync(self, descriptor: int) -> None:
        """Have a file's content, or a directory's entries, on the disk before returning."""

    def rename(self, name: str, directory: int, new_name: str, new_directory: int) -> None:
        """Move a file, replacing atomically what stands under the new name."""

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
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        return os.open(name, flags, mode, dir_fd=directory)

    def write(self, descriptor: int, content: bytes) -> None:
        """See `Environment.write`."""
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(descriptor, rest) :]

    def set_mode(self, descriptor: int, mode: int) -> None:
        """See `Environment.set_mode`."""
        os.fchmod(descriptor, mode)

    def sync(self, descriptor: int) -> None:
        """See `Environment.sync`."""
        os.fsync(descriptor)

    def rename(self, name: str, directory: int, new_name: str, new_directory: int) -> None:
        """See `Environment.rename`."""
        os.replace(name, new_name, src_dir_fd=directory, dst_dir_fd=new_directory)

    def unlink(self, name: str, directory: int) -> None:
        """See `Environment.unlink`."""
        os.unlink(name, dir_fd=directory)

    def make_directory(self, name: str, directory: int) -> None:
        """See `Environment.make_directory`."""
        os.mkdir(name, dir_fd=directory)

    def remove_directory(self, name: str, directory: int) -> None:
        """See `Environment.remove_directory`."""
        os.rmdir(name, dir_fd=directory)

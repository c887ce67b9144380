"""What stands where a group of commits is about to write: directories, and files in them.

Directories are entered name by name, as `kvput.store.files.reader` does for
reading, and made where they are missing. What a hand has made and a commit is
about to replace is synced here, before anything is journaled
(`kvput.store.files.durability` says why).
"""

import errno
import os
import stat
from contextlib import suppress
from typing import Final

from kvput.paths import SERVER_SEGMENT
from kvput.store.base import Entry
from kvput.store.files.durability import Durability, SyncError
from kvput.store.files.env import Environment
from kvput.store.files.failures import in_the_way, name_clash
from kvput.store.files.reader import Reader
from kvput.store.files.staged import Directory, OvertakenError, Pending, StagedCommit, identity_of

_DIRECTORY_FLAGS: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_MOST_KEPT: Final = 64


class OpenDirectories:
    """Directories that earlier groups have written in, kept open."""

    def __init__(self) -> None:
        self._descriptors: dict[tuple[str, ...], int] = {}

    def open(
        self, above: Directory, name: str, real: tuple[str, ...], status: os.stat_result
    ) -> int:
        """A descriptor of the directory that stands there as `status` says."""
        kept = self._descriptors.pop(real, None)
        if kept is not None:
            if os.path.samestat(os.fstat(kept), status):
                self._descriptors[real] = kept  # at the end: it was used last
                return kept
            os.close(kept)
        descriptor = os.open(name, _DIRECTORY_FLAGS, dir_fd=above.descriptor)
        self._descriptors[real] = descriptor
        return descriptor

    def close(self, most: int = 0) -> None:
        """Close all but so many, those first that were used longest ago."""
        while len(self._descriptors) > most:
            os.close(self._descriptors.pop(next(iter(self._descriptors))))


class Surroundings:
    """What one group of commits finds."""

    def __init__(
        self,
        reader: Reader,
        environment: Environment,
        durability: Durability,
        kept: OpenDirectories,
        device: int,
    ) -> None:
        """`device` is the one that scratch is on: nothing can be renamed to another."""
        self._reader = reader
        self._environment = environment
        self._durability = durability
        self._kept = kept
        self._device = device
        self.directories: dict[tuple[str, ...], Directory] = {}
        """Those that were entered, by the names that led there."""

    def leave(self) -> None:
        """The group is done."""
        self._kept.close(_MOST_KEPT)

    def enter(self, parts: tuple[str, ...], commit: StagedCommit) -> Directory:
        """The directory of these names, made where it is missing.

        Raises NameClash, NameInTheWay, SyncError and OSError.
        """
        known = len(parts)
        while known and parts[:known] not in self.directories:
            known -= 1
        if not known and () not in self.directories:
            descriptor = self._reader.descriptor
            self.directories[()] = self._opened(descriptor, (), os.fstat(descriptor))
        directory = self.directories[parts[:known]]
        for depth in range(known + 1, len(parts) + 1):
            directory = self._below(directory, parts[:depth], commit)
            self.directories[parts[:depth]] = directory
        return directory

    def _below(self, above: Directory, parts: tuple[str, ...], commit: StagedCommit) -> Directory:
        name = parts[-1]
        real = (*above.parts, name)
        if real[0] == SERVER_SEGMENT:
            # No path leads here, but a link to the folder itself does.
            raise in_the_way(parts)
        clash = self._reader.clashing_name(above.descriptor, name)
        if clash is not None:
            raise name_clash(parts, clash)
        try:
            status = os.stat(name, dir_fd=above.descriptor, follow_symlinks=False)
        except FileNotFoundError:
            self._environment.make_directory(name, above.descriptor)
            commit.made.append(real)
            above.status = os.fstat(above.descriptor)
            status = os.stat(name, dir_fd=above.descriptor, follow_symlinks=False)
        if stat.S_ISLNK(status.st_mode):
            resolved = self._reader.resolve(real)
            if resolved is None:
                raise in_the_way(parts)
            return self.enter(resolved, commit)
        if not stat.S_ISDIR(status.st_mode):
            raise in_the_way(parts)
        return self._opened(self._kept.open(above, name, real, status), real, status)

    def _opened(self, descriptor: int, parts: tuple[str, ...], status: os.stat_result) -> Directory:
        if status.st_dev != self._device:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        directory = Directory(descriptor, parts, "/".join(parts), status)
        if not self._durability.has_directory(directory.place, status):
            # A name that a hand has given or taken away might come back after a crash.
            self.sync(descriptor)
        return directory

    def look(self, directory: Directory, name: str, before: Entry | None) -> Pending:
        """What stands in a place, which must be what the decision saw there.

        Raises OvertakenError, NameClash, NameInTheWay, SyncError and OSError.
        """
        place = directory.below(name)
        clash = self._reader.clashing_name(directory.descriptor, name)
        if clash is not None:
            raise name_clash((*directory.parts, name), clash)
        try:
            status = os.stat(name, dir_fd=directory.descriptor, follow_symlinks=False)
        except FileNotFoundError:
            if before is not None:
                raise OvertakenError from None
            return Pending(None, None)
        identity, file = identity_of(status), status
        if stat.S_ISLNK(status.st_mode):
            file = self._linked(directory, name)
        elif not stat.S_ISREG(status.st_mode):
            raise in_the_way((*directory.parts, name))
        if before is None or (before.modified_ns, before.size) != (file.st_mtime_ns, file.st_size):
            raise OvertakenError
        if not self._durability.has(place, status):
            self._sync_by_hand(directory, name)
        return Pending(identity, stat.S_IMODE(file.st_mode))

    def _linked(self, directory: Directory, name: str) -> os.stat_result:
        """A link that leads to a resource in the folder is replaced as a file is."""
        parts = (*directory.parts, name)
        if self._reader.resolve(parts) is not None:
            with suppress(OSError):
                status = os.stat(name, dir_fd=directory.descriptor)
                if stat.S_ISREG(status.st_mode):
                    return status
        raise in_the_way(parts)

    def _sync_by_hand(self, directory: Directory, name: str) -> None:
        """Have on the disk what a hand has put there, so that it is what a crash leaves."""
        descriptor = self._reader.open_file((*directory.parts, name))
        if descriptor is not None:
            try:
                self.sync(descriptor)
            finally:
                os.close(descriptor)

    def sync(self, descriptor: int) -> None:
        """Sync what a hand has made. Raises SyncError: a second try would tell nothing."""
        try:
            self._environment.sync(descriptor)
        except OSError as error:
            raise SyncError(error) from error

    def remove(self, made: tuple[str, ...]) -> None:
        """Remove a directory that a commit has made, if nothing is in it."""
        above = self.directories.get(made[:-1])
        if above is None:
            return
        with suppress(OSError):
            self._environment.remove_directory(made[-1], above.descriptor)
            self.directories = {
                parts: directory
                for parts, directory in self.directories.items()
                if directory.parts != made
            }
        above.status = os.fstat(above.descriptor)

    def look_again(self) -> None:
        """See in which directories somebody else has changed names since they were entered."""
        for directory in self.directories.values():
            status = os.fstat(directory.descriptor)
            directory.known = _times(status) == _times(directory.status)
            directory.status = status


def _times(status: os.stat_result) -> tuple[int, int]:
    return status.st_mtime_ns, status.st_ctime_ns

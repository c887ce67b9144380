"""An environment that does each call for real and writes it down.

What is written down names files and directories by numbers of its own, so that
`crash_states` can work out what each prefix of the record may leave on a disk.
Changes that came about past the environment are noticed when a call meets
them, and stand in the record as changes that nobody has synced.
"""

import os
import stat
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kvput.store.files.env import OperatingSystem

ROOT: Final = 0
"""The number of the folder itself."""

Slot = tuple[int, str]
"""A name in a directory."""


@dataclass(frozen=True, slots=True)
class Named:
    """Names that changed in one step: each with the number that it led to, and that it leads to.

    `modified_ns` is the time of a file that was made so.
    """

    changes: tuple[tuple[Slot, int | None, int | None], ...]
    makes_directory: bool = False
    modified_ns: int = 0


@dataclass(frozen=True, slots=True)
class Written:
    """Bytes that were written into a file; `modified_ns` is its time afterwards."""

    inode: int
    offset: int
    content: bytes
    modified_ns: int


@dataclass(frozen=True, slots=True)
class Resized:
    """A file that was given another size."""

    inode: int
    size: int
    modified_ns: int


@dataclass(frozen=True, slots=True)
class Timed:
    """A file that was given another time."""

    inode: int
    modified_ns: int


@dataclass(frozen=True, slots=True)
class Synced:
    """A file or directory that was synced, `inode` None for all that there are.

    `failed`: the call said that it was not, and the next one will say that it is.
    """

    inode: int | None
    data_alone: bool = False
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Noted:
    """What a test wants to find again at this place; the disk knows nothing of it."""

    note: object


Operation = Named | Written | Resized | Timed | Synced | Noted


@dataclass(frozen=True, slots=True)
class File:
    """A file as it stands."""

    content: bytes
    modified_ns: int


Picture = dict[str, File | None]
"""A folder: each path below it, parents first; None is a directory."""


def picture_of(folder: Path) -> Picture:
    """The folder as it stands."""
    return {
        place.relative_to(folder).as_posix(): None
        if place.is_dir()
        else File(place.read_bytes(), place.stat().st_mtime_ns)
        for place in sorted(folder.rglob("*"))
    }


def lay_out(picture: Picture, folder: Path) -> None:
    """Make the empty folder what the picture shows."""
    for path, file in picture.items():
        place = folder / path
        if file is None:
            place.mkdir()
            continue
        # Journals have room allocated in advance: zeros need not be written.
        with place.open("wb") as opened:
            opened.write(file.content.rstrip(b"\0"))
            opened.truncate(len(file.content))
        os.utime(place, ns=(file.modified_ns, file.modified_ns))


class RecordingEnvironment(OperatingSystem):
    """The real environment, with its record; several threads may call it.

    `syncs_all` False is a system on which `sync_file_system` promises nothing,
    `exchanges` False one where a file can only be renamed over another.
    """

    def __init__(self, folder: Path, *, syncs_all: bool = True, exchanges: bool = True) -> None:
        self.start: list[tuple[Slot, int, File | None]] = []
        self.log: list[Operation] = []
        self._folder = folder
        self._syncs_all = syncs_all
        self._exchanges = exchanges
        self.lock = threading.RLock()
        self._count = ROOT
        self._numbers = {folder.stat().st_ino: ROOT}
        self._slots: dict[Slot, int] = {}
        for path, file in picture_of(folder).items():
            place = folder / path
            slot = (self._numbers[place.parent.stat().st_ino], place.name)
            self._slots[slot] = self._new_number(place.stat().st_ino)
            self.start.append((slot, self._slots[slot], file))

    def note(self, note: object) -> None:
        """Put a note into the record."""
        with self.lock:
            self.log.append(Noted(note))

    # --- the calls

    def create(self, name: str, directory: int, mode: int) -> int:
        """See `Environment.create`."""
        with self.lock:
            slot = self._slot(name, directory)
            self._notice(slot, self._place_of(directory) / name)
            descriptor = super().create(name, directory, mode)
            status = os.fstat(descriptor)
            number = self._new_number(status.st_ino)
            self._rename((slot, None, number), modified_ns=status.st_mtime_ns)
            return descriptor

    def write(self, descriptor: int, pieces: Sequence[bytes], offset: int) -> None:
        """See `Environment.write`."""
        with self.lock:
            super().write(descriptor, pieces, offset)
            modified_ns = os.fstat(descriptor).st_mtime_ns
            self.log.append(Written(self._file(descriptor), offset, b"".join(pieces), modified_ns))

    def allocate(self, descriptor: int, size: int) -> None:
        """See `Environment.allocate`."""
        with self.lock:
            super().allocate(descriptor, size)
            self._resized(descriptor)

    def truncate(self, descriptor: int, size: int) -> None:
        """See `Environment.truncate`."""
        with self.lock:
            super().truncate(descriptor, size)
            self._resized(descriptor)

    def set_mode(self, descriptor: int, mode: int) -> None:
        """See `Environment.set_mode`; a crash that loses a mode is of no interest here."""
        with self.lock:
            super().set_mode(descriptor, mode)
            self.log.append(Noted("set_mode"))

    def set_modified(self, descriptor: int, modified_ns: int) -> None:
        """See `Environment.set_modified`."""
        with self.lock:
            super().set_modified(descriptor, modified_ns)
            self.log.append(Timed(self._file(descriptor), os.fstat(descriptor).st_mtime_ns))

    def sync(self, descriptor: int) -> None:
        """See `Environment.sync`; the real disk is spared it."""
        with self.lock:
            self.log.append(Synced(self._file(descriptor)))

    def sync_data(self, descriptor: int) -> None:
        """See `Environment.sync_data`."""
        with self.lock:
            self.log.append(Synced(self._file(descriptor), data_alone=True))

    def sync_file_system(self, descriptor: int) -> bool:
        """See `Environment.sync_file_system`."""
        with self.lock:
            self._file(descriptor)
            if self._syncs_all:
                self.log.append(Synced(None))
            return self._syncs_all

    def move(self, name: str, directory: int, new_name: str, new_directory: int) -> None:
        """See `Environment.move`."""
        with self._two(name, directory, new_name, new_directory) as (slot, new_slot):
            super().move(name, directory, new_name, new_directory)
            number = self._slots[slot]
            self._rename((slot, number, None), (new_slot, None, number))

    def exchange(self, name: str, directory: int, other: str, other_directory: int) -> bool:
        """See `Environment.exchange`."""
        with self._two(name, directory, other, other_directory) as (slot, other_slot):
            if not self._exchanges:
                self.replace(name, directory, other, other_directory)
                return False
            assert super().exchange(name, directory, other, other_directory)
            one, two = self._slots[slot], self._slots[other_slot]
            self._rename((slot, one, two), (other_slot, two, one))
            return True

    def replace(self, name: str, directory: int, new_name: str, new_directory: int) -> None:
        """What a hand's program does: rename over what stands under the new name."""
        with self._two(name, directory, new_name, new_directory) as (slot, new_slot):
            place = self._place_of(new_directory) / new_name
            (self._place_of(directory) / name).replace(place)
            number = self._slots[slot]
            self._rename((slot, number, None), (new_slot, self._slots.get(new_slot), number))

    def unlink(self, name: str, directory: int) -> None:
        """See `Environment.unlink`."""
        with self._removal(name, directory):
            super().unlink(name, directory)

    def make_directory(self, name: str, directory: int) -> None:
        """See `Environment.make_directory`."""
        with self.lock:
            slot = self._slot(name, directory)
            self._notice(slot, self._place_of(directory) / name)
            super().make_directory(name, directory)
            status = os.stat(name, dir_fd=directory)
            self._rename((slot, None, self._new_number(status.st_ino)), makes_directory=True)

    def remove_directory(self, name: str, directory: int) -> None:
        """See `Environment.remove_directory`."""
        with self._removal(name, directory):
            super().remove_directory(name, directory)

    # --- what has which number

    def _new_number(self, inode: int) -> int:
        # Always a new one: the system gives the number of a file that is gone again.
        self._count += 1
        self._numbers[inode] = self._count
        return self._count

    def _rename(
        self,
        *changes: tuple[Slot, int | None, int | None],
        makes_directory: bool = False,
        modified_ns: int = 0,
    ) -> None:
        for slot, _, number in changes:
            if number is None:
                self._slots.pop(slot, None)
            else:
                self._slots[slot] = number
        self.log.append(Named(changes, makes_directory, modified_ns))

    @contextmanager
    def _two(
        self, name: str, directory: int, other: str, other_directory: int
    ) -> Iterator[tuple[Slot, Slot]]:
        with self.lock:
            slot, other_slot = self._slot(name, directory), self._slot(other, other_directory)
            self._notice(slot, self._place_of(directory) / name)
            self._notice(other_slot, self._place_of(other_directory) / other)
            yield slot, other_slot

    @contextmanager
    def _removal(self, name: str, directory: int) -> Iterator[None]:
        with self.lock:
            slot = self._slot(name, directory)
            self._notice(slot, self._place_of(directory) / name)
            yield
            self._rename((slot, self._slots[slot], None))

    def _resized(self, descriptor: int) -> None:
        status = os.fstat(descriptor)
        self.log.append(Resized(self._file(descriptor), status.st_size, status.st_mtime_ns))

    def _slot(self, name: str, directory: int) -> Slot:
        return self._file(directory), name

    def _file(self, descriptor: int) -> int:
        inode = os.fstat(descriptor).st_ino
        if inode not in self._numbers:
            parts = self._place_of(descriptor).relative_to(self._folder).parts
            place, number = self._folder, ROOT
            for part in parts:
                place /= part
                self._notice((number, part), place)
                number = self._slots[number, part]
        return self._numbers[inode]

    def _notice(self, slot: Slot, place: Path) -> None:
        """Record what has become of a name past this environment."""
        known = self._slots.get(slot)
        if not place.exists():
            if known is not None:
                self._rename((slot, known, None))
            return
        status = place.stat()
        if known is None or self._numbers.get(status.st_ino) != known:
            number = self._new_number(status.st_ino)
            self._rename((slot, known, number), makes_directory=stat.S_ISDIR(status.st_mode))
            if stat.S_ISREG(status.st_mode):
                self.log.append(Written(number, 0, place.read_bytes(), status.st_mtime_ns))

    @staticmethod
    def _place_of(descriptor: int) -> Path:
        return Path(f"/proc/self/fd/{descriptor}").readlink()

"""Recovery: what the journal and the folder say of each other, and how the folder is put right.

`plan` reads both and changes nothing; `apply` does what it found, syncs all that
the journal names, and can be stopped at any point and done again. A file that
holds neither what the journal wrote nor what it replaced is a hand's work and
stands (`docs/journal.md` has the rules, with their reasons).
"""

import errno
import logging
import os
import stat
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Final

from kvput.errors import Unreadable
from kvput.semantics.validators import ContentHasher
from kvput.store.files.durability import UNKNOWN, sync_file_system, sync_places
from kvput.store.files.env import Environment
from kvput.store.files.journal import Found
from kvput.store.files.reader import Reader, read_pieces
from kvput.store.files.record import CommitRecord, Contents, FileWrite, contents_of

_logger = logging.getLogger("kvput")

_NEW_FILE_MODE: Final = 0o666
_MOST_NAMED: Final = 20
_BLOCK: Final = 512
"""Disks write sectors of this many bytes, or of a multiple, whole or not at all."""
_ZEROS: Final = bytes(_BLOCK)
_DIRECTORY_FLAGS: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NOT_THERE: Final = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG})


class Standing(Enum):
    """What was found under a name that the journal has written."""

    WRITTEN = "written"
    """Just what the last record says."""
    LOST = "lost"
    """An earlier state, or half of a file: the last record is to be applied."""
    BY_HAND = "by hand"
    """Something that the journal does not know: it stands."""


@dataclass(frozen=True, slots=True)
class Place:
    """A file that the journal names: its last write, and how it stands."""

    write: FileWrite
    standing: Standing


@dataclass(frozen=True, slots=True)
class Plan:
    """What recovery has to do."""

    contents: Contents
    places: tuple[Place, ...]

    @property
    def lost(self) -> tuple[FileWrite, ...]:
        """The writes that are to be applied."""
        return tuple(p.write for p in self.places if p.standing is Standing.LOST)

    @property
    def by_hand(self) -> tuple[str, ...]:
        """The places where a hand's work stands."""
        return tuple(p.write.place for p in self.places if p.standing is Standing.BY_HAND)


def plan(found: Found, reader: Reader, incarnation: bytes) -> Plan:
    """Compare the journal with the folder. Raises OSError and StoreFailed.

    `incarnation` is the system's own now (`kernel.incarnation`). While it is the
    one that the journal was written under, only the process has ended: what it
    had published stood in the folder, so that whatever stands there now is a
    hand's doing.
    """
    contents = contents_of(found.segments)
    went_down = any(segment.header.incarnation != incarnation for segment in found.segments)
    published = 0 if went_down else contents.published
    places = tuple(
        Place(writes[-1].write, _standing(writes, reader, published, went_down=went_down))
        for writes in _by_place(contents.commits).values()
    )
    if found.failed:
        places = tuple(map(_distrusted, places))
    return Plan(contents, places)


def _distrusted(place: Place) -> Place:
    """What to make of a file that looks right after a sync has failed: it is written again.

    The kernel may show content that it could not write and takes for written.
    """
    if place.standing is Standing.WRITTEN and place.write.after is not None:
        return Place(place.write, Standing.LOST)
    return place


@dataclass(frozen=True, slots=True)
class _Numbered:
    sequence: int
    write: FileWrite


def _by_place(commits: Iterable[CommitRecord]) -> Mapping[str, list[_Numbered]]:
    places: dict[str, list[_Numbered]] = {}
    for commit in commits:
        for write in commit.writes:
            places.setdefault(write.place, []).append(_Numbered(commit.sequence, write))
    return places


def _standing(
    writes: list[_Numbered], reader: Reader, published: int, *, went_down: bool
) -> Standing:
    last = writes[-1].write
    there = _look(reader, last.place)
    if there is not None and there.digest == last.after:
        return Standing.WRITTEN
    unpublished = [write.write for write in writes if write.sequence > published]
    if not unpublished or there is None:
        return Standing.BY_HAND
    known = {digest for write in unpublished for digest in (write.before, write.after)}
    if there.digest in known:
        return Standing.LOST
    if went_down and any(_is_torn(there, write, reader) for write in unpublished):
        return Standing.LOST
    return Standing.BY_HAND


@dataclass(frozen=True, slots=True)
class _There:
    """A regular file, or nothing: then `digest` is None."""

    digest: str | None
    size: int = 0
    modified_ns: int = 0


def _look(reader: Reader, place: str) -> _There | None:
    """What stands in a place; None where it is neither nothing nor a file that can be read."""
    if _leads_elsewhere(reader, place):
        return None
    try:
        descriptor = reader.open_file(tuple(place.split("/")))
    except Unreadable:
        return None
    if descriptor is None:
        try:
            reader.status(place)
        except OSError as error:
            if error.errno == errno.ENOENT:
                return _There(None)
            if error.errno not in _NOT_THERE:
                raise
        return None
    try:
        status = os.fstat(descriptor)
        hasher = ContentHasher()
        for piece in read_pieces(descriptor):
            hasher.update(piece)
        return _There(hasher.digest(), status.st_size, status.st_mtime_ns)
    finally:
        os.close(descriptor)


def _leads_elsewhere(reader: Reader, place: str) -> bool:
    """Whether a link stands on the way, which a hand has put there: the store names real places."""
    directories = place.split("/")[:-1]
    with suppress(OSError):  # then no link has been met; what there is, is for the caller
        for depth in range(1, len(directories) + 1):
            if stat.S_ISLNK(reader.status("/".join(directories[:depth])).st_mode):
                return True
    return False


def _is_torn(there: _There, write: FileWrite, reader: Reader) -> bool:
    """Whether the file is what a power loss may have left of the write, and no hand's work.

    The name can be on the disk before the bytes are: then the file is short, or
    has zeros in place of what was not written. A hand's edit would be newer.
    """
    if write.after is None or there.digest is None:
        return False
    if there.size > len(write.content) or there.modified_ns > write.modified_ns:
        return False
    descriptor = reader.open_file(tuple(write.place.split("/")))
    if descriptor is None:
        return False
    try:
        offset = 0
        for piece in read_pieces(descriptor):
            if not _is_part(piece, write.content[offset : offset + len(piece)]):
                return False
            offset += len(piece)
    finally:
        os.close(descriptor)
    return True


def _is_part(piece: bytes, content: bytes | memoryview) -> bool:
    if piece == content:
        return True
    return all(
        (block := piece[start : start + _BLOCK]) == content[start : start + len(block)]
        or block == _ZEROS[: len(block)]
        for start in range(0, len(piece), _BLOCK)
    )


# --- putting it right


def apply(plan: Plan, reader: Reader, environment: Environment, scratch: int) -> None:
    """Apply what was lost, and have all that the journal names on the disk.

    Raises OSError and SyncError.
    """
    for write in plan.lost:
        if write.after is None:
            _remove(write.place, reader, environment)
        else:
            _restore(write, reader, environment, scratch)
    if plan.places and not sync_file_system(reader.descriptor, environment):
        sync_places(
            dict.fromkeys((place.write.place for place in plan.places), UNKNOWN),
            reader,
            environment,
        )


def _restore(write: FileWrite, reader: Reader, environment: Environment, scratch: int) -> None:
    *directories, name = write.place.split("/")
    directory = _make_way(directories, reader, environment)
    try:
        temporary = f"recovered-{os.getpid()}"
        descriptor = environment.create(temporary, scratch, _NEW_FILE_MODE)
        try:
            environment.write(descriptor, (bytes(write.content),), 0)
            replaces = _mode(name, directory)
            if replaces is not None:
                environment.set_mode(descriptor, replaces)
            environment.set_modified(descriptor, write.modified_ns)
            # So that a crash in between leaves nothing that is torn in another way.
            environment.sync(descriptor)
        except OSError:
            with suppress(OSError):
                environment.unlink(temporary, scratch)
            raise
        finally:
            os.close(descriptor)
        if replaces is None:
            environment.move(temporary, scratch, name, directory)
        elif environment.exchange(temporary, scratch, name, directory):
            environment.unlink(temporary, scratch)
    finally:
        os.close(directory)


def _mode(name: str, directory: int) -> int | None:
    try:
        return stat.S_IMODE(os.stat(name, dir_fd=directory).st_mode)
    except FileNotFoundError:
        return None


def _make_way(names: list[str], reader: Reader, environment: Environment) -> int:
    """A descriptor of the directory, made where it is missing."""
    descriptor = os.dup(reader.descriptor)
    for name in names:
        try:
            with suppress(FileExistsError):
                environment.make_directory(name, descriptor)
            below = os.open(name, _DIRECTORY_FLAGS, dir_fd=descriptor)
        finally:
            os.close(descriptor)
        descriptor = below
    return descriptor


def _remove(place: str, reader: Reader, environment: Environment) -> None:
    *directories, name = place.split("/")
    with suppress(FileNotFoundError):
        directory = os.open(
            "/".join(directories) or ".", _DIRECTORY_FLAGS, dir_fd=reader.descriptor
        )
        try:
            environment.unlink(name, directory)
        finally:
            os.close(directory)


def tell(plan: Plan, found: Found) -> None:
    """Log what was found, for the person who has edited files or lost power."""
    for name in found.unreadable:
        _logger.warning(
            "The head of the journal's segment %s is damaged, so that all its writes were left "
            "out: compare the folder with what you expect; the journal's bytes are kept beside it.",
            name,
        )
    if plan.contents.damaged:
        _logger.warning(
            "Damaged writes in the journal that were left out: %d. Compare the folder with what "
            "you expect; the journal's bytes are kept beside it.",
            plan.contents.damaged,
        )
    if plan.lost:
        _logger.warning("Files recovered from the journal: %d.", len(plan.lost))
    for place in plan.by_hand[:_MOST_NAMED]:
        _logger.warning("%s was changed by hand since its last write: it stays as it is.", place)
    if len(plan.by_hand) > _MOST_NAMED:
        _logger.warning(
            "Further files that hands have changed: %d.", len(plan.by_hand) - _MOST_NAMED
        )

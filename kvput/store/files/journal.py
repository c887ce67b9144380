"""The journal on the disk: segments that are appended to, synced, and used again.

A segment is a file in `.kvput/journal`, its name a number. At most two are
used at a time: one is appended to, and one waits for its checkpoint. What a
record looks like is in `kvput.store.files.record`; when commits are appended is
the committer's, what is done with them after a crash recovery's affair.
"""

import errno
import os
import secrets
import stat
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Final

from kvput.store.files import kernel
from kvput.store.files.env import Environment
from kvput.store.files.failures import FULL
from kvput.store.files.reader import read_all
from kvput.store.files.record import (
    SALT_SIZE,
    SEGMENT_HEADER_SIZE,
    Segment,
    SegmentHeader,
    decode_header,
    decode_records,
    encode_header,
    encode_published,
)

_MODE: Final = 0o666
_STEP: Final = 1 << 20
"""Bytes by which a segment grows: a sync that changes no size costs a third less."""
_SMALLEST_STEP: Final = 16 << 10
_SHARE_OF_FREE: Final = 8
_UNUSED: Final = 0
_HEADER_SPACE: Final = bytes(SEGMENT_HEADER_SIZE)
DAMAGED_PREFIX: Final = "damaged-"
FAILED: Final = "failed"
"""An empty file in the journal's directory: a sync has failed."""


class JournalBrokenError(Exception):
    """What was appended could not be synced, or not be taken back; its argument is the OSError.

    After a failed fsync the kernel may have dropped the pages that it could not
    write, and a second fsync may report success: nothing written later could be
    trusted (Rebello et al., "Can Applications Recover from fsync Failures?",
    USENIX ATC 2020).
    """


@dataclass(slots=True)
class OpenSegment:
    """A segment that this process writes to. `end`: where the next record goes."""

    name: str
    descriptor: int
    salt: bytes
    end: int
    allocated: int


@dataclass(frozen=True, slots=True)
class Found:
    """What stands in the journal's directory when it is opened.

    `unreadable` are the names of segments whose head makes no sense; `unused`
    are those that hold nothing. `failed`: a sync failed while this was written.
    """

    segments: tuple[Segment, ...]
    unused: tuple[str, ...]
    unreadable: tuple[str, ...]
    failed: bool = False


def read_journal(directory: int) -> Found:
    """Read all segments, those in use in the order of their first sequences.

    Raises OSError and OtherVersionError.
    """
    segments: list[Segment] = []
    unused: list[str] = []
    unreadable: list[str] = []
    for name in os.listdir(directory):
        content = _content(name, directory) if is_segment(name) else None
        if content is None:
            continue
        header = decode_header(content)
        if header is None:
            # Without a head it was never written to, unless something else says so.
            (unreadable if content.strip(b"\0") else unused).append(name)
        elif header.first == _UNUSED:
            unused.append(name)
        else:
            records = tuple(decode_records(content, header.salt))
            segments.append(Segment(name, header, records))
    # Of two that begin with the same sequence, one was given up before anything was in it.
    segments.sort(key=lambda segment: (segment.header.first, bool(segment.records)))
    return Found(
        tuple(segments), tuple(unused), tuple(unreadable), failed=FAILED in os.listdir(directory)
    )


def is_segment(name: str) -> bool:
    """Whether a file of that name is a segment."""
    return name.isascii() and name.isdigit()


def _content(name: str, directory: int) -> bytes | None:
    """What is in a file; None where it is none."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = os.open(name, flags, dir_fd=directory)
    try:
        status = os.fstat(descriptor)
        return read_all(descriptor, status.st_size) if stat.S_ISREG(status.st_mode) else None
    finally:
        os.close(descriptor)


def note_failure(directory: int, environment: Environment) -> None:
    """Leave a mark that what was written is perhaps not on the disk, whatever it looks like."""
    with suppress(OSError):
        os.close(environment.create(FAILED, directory, _MODE))


def write_again(directory: int, environment: Environment) -> None:
    """Have the segments on the disk as they are read, after a sync of them has failed.

    To sync them again would not do: the kernel takes for written what it could
    not write, until it is written to again. Raises OSError.
    """
    for name in filter(is_segment, os.listdir(directory)):
        descriptor = environment.open(name, directory)
        try:
            content = read_all(descriptor, os.fstat(descriptor).st_size)
            environment.write(descriptor, (content,), 0)
            environment.sync(descriptor)
        finally:
            os.close(descriptor)


class Journal:
    """The segments that this process appends to.

    All but `release` is called on one thread at a time; `release` may run beside it.
    """

    def __init__(self, directory: int, environment: Environment) -> None:
        """`directory` is the descriptor of the journal's directory, this object's from now on."""
        self._directory = directory
        self._environment = environment
        self._incarnation = kernel.incarnation(directory)
        self._open: list[OpenSegment] = []
        self._free: list[OpenSegment] = []
        self._last_name = max(
            (int(name) for name in os.listdir(directory) if is_segment(name)), default=0
        )
        self._active: OpenSegment | None = None

    @property
    def size(self) -> int:
        """The bytes of the segment that is appended to."""
        return 0 if self._active is None else self._active.end

    @property
    def is_empty(self) -> bool:
        """Whether the segment that is appended to holds no record."""
        return self.size <= SEGMENT_HEADER_SIZE

    @property
    def salt(self) -> bytes:
        """The salt for records that are appended now."""
        return self._current.salt

    @property
    def _current(self) -> OpenSegment:
        if self._active is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        return self._active

    @property
    def is_begun(self) -> bool:
        """Whether there is a segment to append to."""
        return self._active is not None

    def resume(self, names: Sequence[str], first: int) -> None:
        """Begin with segments of an earlier run, of which nothing is needed any more.

        Raises OSError; nothing can be appended then until `begin` has gone well.
        """
        segments = []
        for name in names:
            descriptor = self._environment.open(name, self._directory)
            size = os.fstat(descriptor).st_size
            segments.append(OpenSegment(name, descriptor, b"", SEGMENT_HEADER_SIZE, size))
        self._open += segments
        if not segments:
            self.begin(first)
            return
        active, *others = segments
        # This one first: were all released before, the sequence would be forgotten by a crash.
        self._start(active, first)
        self._active = active
        for segment in others:
            self.release(segment)
        self._allocate(active, SEGMENT_HEADER_SIZE)

    def begin(self, first: int) -> OpenSegment | None:
        """Append to another segment from now on; gives the one before.

        `first` is the sequence that it begins with. Raises OSError, and goes on
        with the one before.
        """
        before = self._active
        segment = self._free.pop() if self._free else self._create()
        try:
            self._start(segment, first)
        except (OSError, JournalBrokenError):
            self._drop(segment)
            raise
        self._active = segment
        return before

    def begin_again(self, first: int) -> None:
        """Forget all records of the segment that is appended to; needs no room on the disk."""
        self._start(self._current, first)

    def append(self, pieces: Sequence[bytes]) -> int:
        """Write records behind the others, unsynced; gives the offset of the first.

        Raises OSError, and has then cut off what was written, and JournalBrokenError.
        """
        segment = self._current
        start = segment.end
        end = start + sum(map(len, pieces))
        if end > segment.allocated:
            self._allocate(segment, end)
        try:
            self._environment.write(segment.descriptor, pieces, start)
        except OSError:
            self.cut(start)
            raise
        segment.end = end
        segment.allocated = max(segment.allocated, end)
        return start

    def sync(self) -> None:
        """Have all that was appended on the disk. Raises JournalBrokenError."""
        self._sync_data(self._current)

    def cut(self, offset: int) -> None:
        """Take back the records from `offset` on, as if they had never been appended.

        Raises JournalBrokenError.
        """
        segment = self._current
        segment.end = segment.allocated = offset
        try:
            self._environment.truncate(segment.descriptor, offset)
        except OSError as error:
            raise JournalBrokenError(error) from error
        self._sync_data(segment)

    def note_published(self, sequence: int, group: int) -> None:
        """Say that all commits up to `sequence` stand in the folder.

        It is not synced: it tells what a process that was killed had done, and
        means nothing after the system went down. If it cannot be written, the
        commits are published again after a kill.
        """
        with suppress(OSError):
            self.append((encode_published(sequence, group, self.salt),))

    def release(self, segment: OpenSegment) -> None:
        """Let a segment be used again, of which nothing is needed any more. Raises OSError."""
        header = SegmentHeader(_UNUSED, secrets.token_bytes(SALT_SIZE), self._incarnation)
        self._environment.write(segment.descriptor, (encode_header(header),), 0)
        self._sync_data(segment)
        self._free.append(segment)

    @property
    def holds_room(self) -> bool:
        """Whether `begin_again` and `give_room` would leave more room on the disk."""
        return self.is_begun and (not self.is_empty or bool(self._free) or self._has_spare)

    @property
    def _has_spare(self) -> bool:
        return self._current.allocated > _SMALLEST_STEP

    def give_room(self) -> None:
        """Give back what an empty journal does not need; it keeps enough to delete files with."""
        while self._free:
            segment = self._free.pop()
            self._drop(segment)
        if self._has_spare:
            self._current.allocated = _SMALLEST_STEP
            with suppress(OSError):
                self._environment.truncate(self._current.descriptor, _SMALLEST_STEP)

    def finish(self, next_sequence: int) -> None:
        """Leave one segment, without any record, so that the sequence goes on. Raises OSError."""
        segment = self._current
        self._start(segment, next_sequence)
        self._environment.truncate(segment.descriptor, SEGMENT_HEADER_SIZE)
        for other in self._free:
            self._environment.unlink(other.name, self._directory)
        self._environment.sync(self._directory)

    def close(self) -> None:
        """Let go of all descriptors."""
        for segment in self._open:
            os.close(segment.descriptor)
        self._open.clear()
        os.close(self._directory)

    def note_failure(self) -> None:
        """See `note_failure`."""
        note_failure(self._directory, self._environment)

    # --- segments

    def _sync_data(self, segment: OpenSegment) -> None:
        try:
            self._environment.sync_data(segment.descriptor)
        except OSError as error:
            raise JournalBrokenError(error) from error

    def _drop(self, segment: OpenSegment) -> None:
        with suppress(OSError):
            self._environment.unlink(segment.name, self._directory)
        # Else it would keep its blocks.
        self._open.remove(segment)
        os.close(segment.descriptor)

    def _create(self) -> OpenSegment:
        name = str(self._last_name + 1)
        descriptor = self._environment.create(name, self._directory, _MODE)
        with ExitStack() as until_created:
            until_created.callback(os.close, descriptor)
            until_created.callback(self._environment.unlink, name, self._directory)
            segment = OpenSegment(name, descriptor, b"", SEGMENT_HEADER_SIZE, 0)
            self._allocate(segment, SEGMENT_HEADER_SIZE)
            self._environment.write(descriptor, (_HEADER_SPACE,), 0)
            self._environment.sync(descriptor)
            self._environment.sync(self._directory)
            until_created.pop_all()
        self._last_name += 1
        self._open.append(segment)
        return segment

    def _start(self, segment: OpenSegment, first: int) -> None:
        # With another salt, what stands in the file already is no record any more.
        header = SegmentHeader(first, secrets.token_bytes(SALT_SIZE), self._incarnation)
        self._environment.write(segment.descriptor, (encode_header(header),), 0)
        self._sync_data(segment)
        segment.salt = header.salt
        segment.end = SEGMENT_HEADER_SIZE

    def _allocate(self, segment: OpenSegment, needed: int) -> None:
        """Reserve blocks ahead, so that a write finds room and its sync changes no size.

        Where there is little room, a smaller share of it; where there is none,
        the write itself will tell.
        """
        status = os.fstatvfs(segment.descriptor)
        free = status.f_bavail * status.f_frsize
        step = min(_STEP, max(free // _SHARE_OF_FREE, _SMALLEST_STEP))
        size = (needed + step - 1) // step * step
        try:
            self._environment.allocate(segment.descriptor, size)
        except OSError as error:
            if error.errno not in FULL:
                raise
        else:
            segment.allocated = size

"""The journal as values to show: each segment, what it holds, and where it makes no sense.

For people who want to see what a server has written, or what is left of it. It
is read as it stands, whether a server writes to it or not. What the next start
makes of it is decided in `kvput.store.files.recovery`.
"""

import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kvput.errors import DataUnusable
from kvput.store.files.check.own import open_to_check, server_of
from kvput.store.files.journal import DAMAGED_PREFIX, is_segment
from kvput.store.files.layout import JOURNAL, PRIVATE
from kvput.store.files.reader import Reader, read_all
from kvput.store.files.record import (
    SEGMENT_HEADER_SIZE,
    VERSION,
    CommitRecord,
    OtherVersionError,
    Record,
    Segment,
    SegmentHeader,
    contents_of,
    decode_header,
    decode_records,
    encode_commit,
    encode_published,
)

_FILE_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_DIRECTORY_FLAGS: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Gap:
    """Bytes, from the offset `start` up to `end`, that are no record.

    `is_tail`: no record follows them, so that they may be what an earlier use of
    the file has left.
    """

    start: int
    end: int
    is_tail: bool


@dataclass(frozen=True, slots=True)
class SegmentReport:
    """One segment's file: its path below the folder, its bytes, and what is in it, in order.

    `version` is the format's number, None where the head is damaged. `header` is
    None there, in a format that is not this one, and in a file that was never used.
    """

    place: str
    size: int
    version: int | None
    header: SegmentHeader | None
    entries: tuple[Record | Gap, ...] = ()

    @property
    def records(self) -> tuple[Record, ...]:
        """The records among the entries."""
        return tuple(entry for entry in self.entries if not isinstance(entry, Gap))

    @property
    def first(self) -> int:
        """The sequence that it begins with; 0 where it is not in use."""
        return 0 if self.header is None else self.header.first

    @property
    def is_of_another_version(self) -> bool:
        """Whether it is in a format that this kvput does not read."""
        return self.version not in (None, VERSION)

    @property
    def holds_nothing(self) -> bool:
        """Whether it was never in use, or nothing but zeros follows its head."""
        return self.version == VERSION and not self.entries

    @property
    def is_put_aside(self) -> bool:
        """Whether an earlier start has kept it because of damage."""
        return self.place.rpartition("/")[2].startswith(DAMAGED_PREFIX)


@dataclass(frozen=True, slots=True)
class JournalReport:
    """All segments, and what can be said of them together.

    `is_there`: the folder has a journal, even if it is empty. `server` is the
    process that serves the folder, None for none. `damaged`
    commits cannot be read; `left_out` are the sequences of those that can, and do
    not count because one before them is not whole.
    """

    is_there: bool
    server: str | None
    segments: tuple[SegmentReport, ...]
    damaged: int
    left_out: frozenset[int]

    @property
    def is_damaged(self) -> bool:
        """Whether something was written there and cannot be read."""
        return bool(self.damaged) or any(
            segment.version != VERSION or (segment.is_put_aside and not segment.holds_nothing)
            for segment in self.segments
        )


def report_journal(data: Path) -> JournalReport:
    """Read the journal of a folder. Raises DataUnusable."""
    reader = open_to_check(data)
    directory = _open_journal(data, reader)
    reports: list[SegmentReport] = []
    if directory is not None:
        try:
            reports = sorted(_reports(data, directory), key=_order)
        finally:
            os.close(directory)
    in_use = [
        Segment(report.place, report.header, report.records)
        for report in reports
        if report.header is not None and report.first and not report.is_put_aside
    ]
    contents = contents_of(in_use)
    left_out = {
        record.sequence
        for segment in in_use
        for record in segment.records
        if isinstance(record, CommitRecord)
    } - {commit.sequence for commit in contents.commits}
    return JournalReport(
        is_there=directory is not None,
        server=server_of(reader),
        segments=tuple(reports),
        damaged=contents.damaged,
        left_out=frozenset(left_out),
    )


def _order(report: SegmentReport) -> tuple[bool, int, str]:
    """What was put aside comes first, as the oldest; then what is in use, in its order."""
    return not report.is_put_aside, report.first, report.place


def _open_journal(data: Path, reader: Reader) -> int | None:
    """The journal's directory; None where there is none. Raises DataUnusable."""
    above = os.dup(reader.descriptor)
    place = data
    for name in (PRIVATE, JOURNAL):
        place /= name
        try:
            below = os.open(name, _DIRECTORY_FLAGS, dir_fd=above)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unusable(place, error) from None
        finally:
            os.close(above)
        above = below
    return above


def _reports(data: Path, directory: int) -> Iterator[SegmentReport]:
    """Raises DataUnusable."""
    for name in os.listdir(directory):
        if not (is_segment(name) or name.startswith(DAMAGED_PREFIX)):
            continue
        try:
            content = _content(name, directory)
        except FileNotFoundError:  # a server has just removed it
            continue
        except OSError as error:
            raise _unusable(data / PRIVATE / JOURNAL / name, error) from None
        if content is not None:
            yield _report(f"{PRIVATE}/{JOURNAL}/{name}", content)


def _content(name: str, directory: int) -> bytes | None:
    """What is in a file; None where it is none. Raises OSError."""
    descriptor = os.open(name, _FILE_FLAGS, dir_fd=directory)
    try:
        status = os.fstat(descriptor)
        return read_all(descriptor, status.st_size) if stat.S_ISREG(status.st_mode) else None
    finally:
        os.close(descriptor)


def _unusable(place: Path, error: OSError) -> DataUnusable:
    if error.errno in (errno.ENOTDIR, errno.ELOOP):
        return DataUnusable(f"{place}: is a file or a link in the journal's place: move it away.")
    return DataUnusable(f"{place}: cannot be read: {error.strerror}.")


def _report(place: str, content: bytes) -> SegmentReport:
    try:
        header = decode_header(content)
    except OtherVersionError as error:
        return SegmentReport(place, len(content), error.args[0], None)
    if header is None:
        # A segment that was begun by a server which then ended is all zeros.
        version = None if content.strip(b"\0") else VERSION
        return SegmentReport(place, len(content), version, None)
    entries = tuple(_entries(content, header)) if header.first else ()
    return SegmentReport(place, len(content), VERSION, header, entries)


def _entries(content: bytes, header: SegmentHeader) -> Iterator[Record | Gap]:
    end = SEGMENT_HEADER_SIZE
    for record in decode_records(content, header.salt):
        if record.offset > end:
            yield Gap(end, record.offset, is_tail=False)
        yield record
        end = record.offset + _size(record)
    # Zeros are room that was reserved.
    rest = content[end:].rstrip(b"\0")
    if rest:
        yield Gap(end, end + len(rest), is_tail=True)


def _size(record: Record) -> int:
    if isinstance(record, CommitRecord):
        pieces = encode_commit(record.sequence, record.group, record.writes, b"")
        return sum(map(len, pieces))
    return len(encode_published(record.sequence, record.group, b""))

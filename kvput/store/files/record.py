"""The journal's format: segments and records as bytes, and bytes as records.

docs/journal.md holds the grammar and a worked example; the numbers below are
that page's. Pure: nothing here touches the disk (`kvput.store.files.journal`)
or decides what a record means for the folder (`kvput.store.files.recovery`).
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

VERSION: Final = 1
MAGIC: Final = b"kvputjnl"
SALT_SIZE: Final = 16
INCARNATION_SIZE: Final = 24

_CHECKSUM_SIZE: Final = 16
# magic, version, zero, first sequence, salt, incarnation; then the checksum.
_SEGMENT: Final = struct.Struct("<8sIIQ16s24s")
SEGMENT_HEADER_SIZE: Final = _SEGMENT.size + _CHECKSUM_SIZE

# tag, kind, number of writes, sequence, group, length of the body; then the body's checksum, and
# that of all this.
_RECORD: Final = struct.Struct("<4sIQQQQ")
_HEAD_CHECKSUM_SIZE: Final = 8
RECORD_HEADER_SIZE: Final = _RECORD.size + _CHECKSUM_SIZE + _HEAD_CHECKSUM_SIZE
_TAG: Final = b"kvrc"
_COMMIT: Final = 1
_PUBLISHED: Final = 2
_ALIGNMENT: Final = 8

# which digests there are, length of the place, length of the content, modified, before, after.
_WRITE: Final = struct.Struct("<HHIQq16s16s")
_HAS_BEFORE: Final = 1
_HAS_AFTER: Final = 2
_NO_DIGEST: Final = bytes(16)

_JOINED: Final = 1 << 16
"""Content up to this many bytes is copied into one piece with what surrounds it."""


class OtherVersionError(Exception):
    """A segment of a format version that is not this one; the only argument is its number."""


@dataclass(frozen=True, slots=True)
class FileWrite:
    """One file's change: its place below the folder, and what stood and stands there.

    `place` is the file's path from the folder, with `/`. `before` and `after` are
    content digests (32 hexadecimal digits), None for no file. `modified_ns` is the
    new file's time of modification, in nanoseconds since the epoch.
    """

    place: str
    before: str | None
    after: str | None
    modified_ns: int
    content: bytes | memoryview


@dataclass(frozen=True, slots=True)
class SegmentHeader:
    """The head of a segment: the sequence that it begins with, and under which system it did.

    `salt` is the key of all checksums in it, so that what an earlier use of the
    file has left behind is no record. `first` is 0 in a segment that is not in use.
    """

    first: int
    salt: bytes
    incarnation: bytes


@dataclass(frozen=True, slots=True)
class CommitRecord:
    """One commit: its sequence, the first sequence of its group, its writes, and its offset."""

    sequence: int
    group: int
    writes: tuple[FileWrite, ...]
    offset: int


@dataclass(frozen=True, slots=True)
class PublishedRecord:
    """All commits up to `sequence` stand in the folder, when this was written."""

    sequence: int
    group: int
    offset: int


Record = CommitRecord | PublishedRecord


# --- to bytes


def encode_header(header: SegmentHeader) -> bytes:
    """The head of a segment."""
    head = _SEGMENT.pack(MAGIC, VERSION, 0, header.first, header.salt, header.incarnation)
    return head + blake2b(head, digest_size=_CHECKSUM_SIZE).digest()


def encode_commit(
    sequence: int, group: int, writes: Sequence[FileWrite], salt: bytes
) -> list[bytes]:
    """A commit's record, in pieces that follow one another."""
    pieces: list[bytes] = []
    joined = bytearray()
    length = 0
    for write in writes:
        place = write.place.encode("utf-8", "surrogateescape")
        flags = (write.before is not None) * _HAS_BEFORE | (write.after is not None) * _HAS_AFTER
        joined += _WRITE.pack(
            flags,
            len(place),
            0,
            len(write.content),
            write.modified_ns,
            _NO_DIGEST if write.before is None else bytes.fromhex(write.before),
            _NO_DIGEST if write.after is None else bytes.fromhex(write.after),
        )
        joined += place
        length += _WRITE.size + len(place) + len(write.content)
        if len(write.content) <= _JOINED:
            joined += write.content
        else:
            pieces += (bytes(joined), bytes(write.content))
            joined.clear()
    joined += bytes(-length % _ALIGNMENT)
    pieces.append(bytes(joined))
    head = _RECORD.pack(_TAG, _COMMIT, len(writes), sequence, group, length)
    return [_head(head, pieces, salt) + pieces[0], *pieces[1:]]


def encode_published(sequence: int, group: int, salt: bytes) -> bytes:
    """The record that says that all commits up to `sequence` stand in the folder."""
    return _head(_RECORD.pack(_TAG, _PUBLISHED, 0, sequence, group, 0), (), salt)


def _head(head: bytes, body: Sequence[bytes | memoryview], salt: bytes) -> bytes:
    """A record's head with its checksums."""
    checksum = blake2b(digest_size=_CHECKSUM_SIZE, key=salt)
    for piece in body:
        checksum.update(piece)
    head += checksum.digest()
    # One of its own: whether a record begins at some place is seen without reading all of it.
    return head + blake2b(head, digest_size=_HEAD_CHECKSUM_SIZE, key=salt).digest()


# --- from bytes


def decode_header(segment: bytes) -> SegmentHeader | None:
    """The head of a segment; None when it is none, or damaged. Raises OtherVersionError."""
    if len(segment) < SEGMENT_HEADER_SIZE:
        return None
    magic, version, _, first, salt, incarnation = _SEGMENT.unpack_from(segment)
    if magic != MAGIC:
        return None
    if version != VERSION:
        raise OtherVersionError(version)
    head = segment[: _SEGMENT.size]
    checksum = segment[_SEGMENT.size : SEGMENT_HEADER_SIZE]
    if checksum != blake2b(head, digest_size=_CHECKSUM_SIZE).digest():
        return None
    return SegmentHeader(first, salt, incarnation)


def decode_records(segment: bytes, salt: bytes) -> Iterator[Record]:
    """Every whole record of a segment, in order, wherever bytes between them make no sense."""
    view = memoryview(segment)
    offset = SEGMENT_HEADER_SIZE
    while True:
        found = _record_at(view, offset, salt)
        if found is None:
            following = _next_tag(segment, offset + _ALIGNMENT)
            if following is None:
                return
            offset = following
        else:
            record, offset = found
            yield record


def _next_tag(segment: bytes, offset: int) -> int | None:
    """Where the next record may begin."""
    place = segment.find(_TAG, offset)
    while place >= 0 and place % _ALIGNMENT:
        place = segment.find(_TAG, place + 1)
    return place if place >= 0 else None


def _record_at(view: memoryview, offset: int, salt: bytes) -> tuple[Record, int] | None:
    """The record at an offset, and where it ends; None when none begins there."""
    body_start = offset + RECORD_HEADER_SIZE
    if body_start > len(view):
        return None
    tag, kind, count, sequence, group, length = _RECORD.unpack_from(view, offset)
    end = body_start + length + -length % _ALIGNMENT
    if tag != _TAG or end > len(view):
        return None
    checked = body_start - _HEAD_CHECKSUM_SIZE
    expected = blake2b(view[offset:checked], digest_size=_HEAD_CHECKSUM_SIZE, key=salt).digest()
    if view[checked:body_start] != expected:
        return None
    body = view[body_start:end]
    if view[offset:body_start] != _head(bytes(view[offset : offset + _RECORD.size]), (body,), salt):
        return None
    if kind == _PUBLISHED:
        return PublishedRecord(sequence, group, offset), end
    return CommitRecord(sequence, group, tuple(_writes(body, count)), offset), end


def _writes(body: memoryview, count: int) -> Iterator[FileWrite]:
    offset = 0
    for _ in range(count):
        flags, place_length, _, length, modified_ns, before, after = _WRITE.unpack_from(
            body, offset
        )
        offset += _WRITE.size
        place = bytes(body[offset : offset + place_length]).decode("utf-8", "surrogateescape")
        offset += place_length
        yield FileWrite(
            place,
            before.hex() if flags & _HAS_BEFORE else None,
            after.hex() if flags & _HAS_AFTER else None,
            modified_ns,
            body[offset : offset + length],
        )
        offset += length


# --- what a whole journal says


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment as it was read: its file's name, and what is in it."""

    name: str
    header: SegmentHeader
    records: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class Contents:
    """The journal's commits that count, in order, and what can be said of the others.

    `published`: commits up to this sequence stood in the folder before the
    process ended. `damaged`: commits that were on the disk once and cannot be
    read. `next_sequence`: what the next commit is to be called.
    """

    commits: tuple[CommitRecord, ...]
    published: int
    damaged: int
    next_sequence: int


def contents_of(segments: Sequence[Segment]) -> Contents:
    """Tell what counts of segments, given in the order of their first sequences.

    A group is synced before the next one is written, and before any of it is
    published: a commit was once on the disk for good if a record of a later
    group, a published record that covers it, or a later segment is there. If
    such a commit is missing, it is damaged. Of the last group, nothing may have
    been promised: what follows its first gap never happened.
    """
    commits: list[CommitRecord] = []
    published = damaged = 0
    expected = segments[0].header.first if segments else 1
    for number, segment in enumerate(segments):
        damaged += max(segment.header.first - expected, 0)
        expected = segment.header.first
        is_last = number == len(segments) - 1
        # The next segment says where the sequence went on: what lies beyond was dropped once.
        end = None if is_last else segments[number + 1].header.first
        groups = [record.group for record in segment.records]
        marks = [r.sequence for r in segment.records if isinstance(r, PublishedRecord)]
        published = max([published, *marks])
        promised = max([0, *marks, *(group - 1 for group in groups)])
        for record in segment.records:
            if not isinstance(record, CommitRecord):
                continue
            if record.sequence < expected or (end is not None and record.sequence >= end):
                continue
            missing = record.sequence - expected
            if is_last and missing and record.sequence - 1 > promised:
                break
            damaged += missing
            commits.append(record)
            expected = record.sequence + 1
        if is_last and expected <= promised:
            damaged += promised + 1 - expected
            expected = promised + 1
    return Contents(tuple(commits), published, damaged, expected)

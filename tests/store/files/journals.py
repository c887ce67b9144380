"""Journals made by hand: writes, records and segments, for the tests of what reads them."""

from pathlib import Path
from typing import Final

from kvput.semantics.validators import content_digest
from kvput.store.files.layout import JOURNAL, PRIVATE
from kvput.store.files.record import (
    FileWrite,
    SegmentHeader,
    encode_commit,
    encode_header,
    encode_published,
)

SALT: Final = bytes(range(16))
SAME: Final = b"this boot and this mount"
"""The incarnation of a system that has not gone down."""
EARLIER: Final = b"an earlier boot or mount"
MODIFIED: Final = 1_750_000_000_123_456_789


def write_of(
    place: str, before: bytes | None, after: bytes | None, modified_ns: int = MODIFIED
) -> FileWrite:
    """The write that brings a file from one content to another; None is no file."""
    return FileWrite(
        place,
        None if before is None else content_digest(before),
        None if after is None else content_digest(after),
        0 if after is None else modified_ns,
        after or b"",
    )


def commit(sequence: int, group: int, *writes: FileWrite, salt: bytes = SALT) -> bytes:
    """A commit's record, in one piece."""
    return b"".join(encode_commit(sequence, group, writes, salt))


def published(sequence: int, group: int, salt: bytes = SALT) -> bytes:
    """A published record."""
    return encode_published(sequence, group, salt)


def segment(first: int, *records: bytes, salt: bytes = SALT, incarnation: bytes = EARLIER) -> bytes:
    """A segment's bytes."""
    return encode_header(SegmentHeader(first, salt, incarnation)) + b"".join(records)


def journal_of(data: Path) -> Path:
    """The journal's directory of a folder, made where it is missing."""
    directory = data / PRIVATE / JOURNAL
    directory.mkdir(parents=True, exist_ok=True)
    return directory


def put_segment(data: Path, content: bytes, name: str = "1") -> Path:
    """Put a segment into a folder's journal, with room behind it as the store leaves it."""
    place = journal_of(data) / name
    place.write_bytes(content + bytes(-len(content) % (16 << 10)))
    return place

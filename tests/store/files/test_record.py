"""The journal's format: what is written is read again, and nothing else is."""

import struct
from collections.abc import Callable
from hashlib import blake2b
from itertools import pairwise
from typing import Final, SupportsIndex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kvput.store.files import record
from kvput.store.files.record import (
    RECORD_HEADER_SIZE,
    SEGMENT_HEADER_SIZE,
    CommitRecord,
    Contents,
    FileWrite,
    OtherVersionError,
    PublishedRecord,
    Record,
    Segment,
    SegmentHeader,
    contents_of,
    decode_header,
    decode_records,
    encode_commit,
    encode_header,
)
from tests.store.files.journals import EARLIER, SALT, commit, published, segment, write_of

OTHER_SALT: Final = bytes(reversed(SALT))


def records_of(content: bytes, salt: bytes = SALT) -> tuple[Record, ...]:
    """All records of a segment."""
    return tuple(decode_records(content, salt))


# --- there and back

digests = st.none() | st.binary(min_size=16, max_size=16).map(bytes.hex)
places = st.binary(min_size=1, max_size=80).map(
    lambda name: name.decode("utf-8", "surrogateescape")
)
numbers = st.integers(0, 2**64 - 1)
writes = st.builds(
    FileWrite,
    place=places,
    before=digests,
    after=digests,
    modified_ns=st.integers(-(2**63), 2**63 - 1),
    content=st.binary(max_size=200),
)
salts = st.binary(min_size=16, max_size=16)


@given(first=numbers, salt=salts, incarnation=st.binary(min_size=24, max_size=24))
def test_header_is_read_as_it_was_written(first: int, salt: bytes, incarnation: bytes) -> None:
    """A head keeps its three values, whatever comes behind it."""
    header = SegmentHeader(first, salt, incarnation)
    encoded = encode_header(header)
    assert len(encoded) == SEGMENT_HEADER_SIZE
    assert decode_header(encoded) == decode_header(encoded + b"rest") == header


@given(
    commits=st.lists(st.tuples(numbers, numbers, st.lists(writes, max_size=3)), max_size=4),
    salt=salts,
)
@settings(max_examples=50)
def test_commits_are_read_as_they_were_written(
    commits: list[tuple[int, int, list[FileWrite]]], salt: bytes
) -> None:
    """Any name, time, digest and content comes back, each record at a multiple of eight bytes."""
    content = segment(1, salt=salt)
    expected: list[Record] = []
    for sequence, group, changes in commits:
        expected.append(CommitRecord(sequence, group, tuple(changes), len(content)))
        content += commit(sequence, group, *changes, salt=salt)
        expected.append(PublishedRecord(sequence, group, len(content)))
        content += published(sequence, group, salt=salt)
    assert records_of(content, salt) == tuple(expected)
    assert all(found.offset % 8 == 0 for found in expected)


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 65_536, 65_537, 200_000])
def test_content_of_every_size(size: int) -> None:
    """What is copied into one piece and what is passed on as it is make the same record."""
    changes = [write_of("a.json", None, b"x" * size), write_of("b.json", b"1", b"y")]
    pieces = encode_commit(1, 1, changes, SALT)
    assert len(pieces) == (1 if size <= 65_536 else 3)
    (found,) = records_of(segment(1, b"".join(pieces)))
    assert found == CommitRecord(1, 1, tuple(changes), SEGMENT_HEADER_SIZE)


# --- what is no segment


@pytest.mark.parametrize(
    "content",
    [b"", b"k", bytes(SEGMENT_HEADER_SIZE), segment(1)[:-1], b"{}" * 100],
    ids=["empty", "one byte", "zeros", "cut short", "something else"],
)
def test_what_is_no_head(content: bytes) -> None:
    """Anything but a whole head is none."""
    assert decode_header(content) is None


def test_another_version_is_named() -> None:
    """A head of another format is told from damage, by its number."""
    head = struct.pack("<8sI", b"kvputjnl", 2)
    with pytest.raises(OtherVersionError) as raised:
        decode_header(head.ljust(SEGMENT_HEADER_SIZE, b"?"))
    assert raised.value.args == (2,)


# --- damage


def small(salt: bytes = SALT) -> tuple[bytes, ...]:
    """A few records of each kind."""
    return (
        commit(1, 1, write_of("a.json", None, b'{"a":1}'), salt=salt),
        published(1, 1, salt=salt),
        commit(
            2,
            2,
            write_of("a.json", b'{"a":1}', None),
            write_of("b/.counter", None, b"1\n"),
            salt=salt,
        ),
        commit(3, 2, write_of("c.json", b"1", b""), salt=salt),
    )


_SMALL: Final = small()
_STARTS: Final = [SEGMENT_HEADER_SIZE + len(b"".join(_SMALL[:number])) for number in range(5)]


@pytest.mark.parametrize("flip", [0x01, 0x80, 0xFF])
def test_every_flipped_byte_of_a_head_is_noticed(flip: int) -> None:
    """No byte of the head can change without being seen."""
    head = segment(1)
    for place in range(SEGMENT_HEADER_SIZE):
        changed = bytearray(head)
        changed[place] ^= flip
        try:
            assert decode_header(bytes(changed)) is None, place
        except OtherVersionError:
            assert 8 <= place < 12


@pytest.mark.parametrize("flip", [0x01, 0x80, 0xFF])
def test_every_flipped_byte_of_a_record_is_noticed(flip: int) -> None:
    """A changed byte costs its own record, and no other."""
    whole = segment(1, *_SMALL)
    records = records_of(whole)
    assert len(records) == len(_SMALL)
    for number, (start, end) in enumerate(pairwise(_STARTS)):
        others = records[:number] + records[number + 1 :]
        for place in range(start, end):
            changed = bytearray(whole)
            changed[place] ^= flip
            assert records_of(bytes(changed)) == others, place


def test_every_truncation_gives_a_prefix() -> None:
    """A segment that ends early, with or without zeros behind, holds its first records."""
    whole = segment(1, *_SMALL)
    records = records_of(whole)
    for end in range(SEGMENT_HEADER_SIZE, len(whole) + 1):
        count = sum(end >= start for start in _STARTS[1:])
        assert records_of(whole[:end]) == records[:count]
        # The end of a record may be zeros itself.
        count = sum(whole[end:start].strip(b"\0") == b"" for start in _STARTS[1:])
        assert records_of(whole[:end].ljust(len(whole) + 64, b"\0")) == records[:count]


def test_records_of_an_earlier_use_are_none() -> None:
    """What was written under another salt is not read, be it behind the new records or between."""
    new = commit(9, 9, write_of("a.json", None, b"9"))
    for stale in (
        b"".join(small(OTHER_SALT)),
        b"".join(commit(n, n, salt=OTHER_SALT) for n in range(5)),
    ):
        content = segment(9, new, stale, published(9, 9))
        assert records_of(content) == (
            CommitRecord(9, 9, (write_of("a.json", None, b"9"),), SEGMENT_HEADER_SIZE),
            PublishedRecord(9, 9, SEGMENT_HEADER_SIZE + len(new) + len(stale)),
        )


@pytest.mark.parametrize("shift", range(8))
def test_a_record_in_content_is_not_taken_for_one(shift: int) -> None:
    """A resource that holds a journal's bytes is content, at whatever offset they stand."""
    inner = bytes(shift) + segment(1, *_SMALL)
    (outer,) = records_of(segment(1, commit(1, 1, write_of("a.json", None, inner))))
    assert isinstance(outer, CommitRecord)
    assert bytes(outer.writes[0].content) == inner


def test_a_record_in_the_content_of_a_broken_one_has_another_salt() -> None:
    """Where the outer record is damaged its content is searched, and no client knows the salt."""
    inner = b"".join(small(OTHER_SALT))
    outer = commit(1, 1, write_of("a/b.json", None, inner))
    content = bytearray(segment(1, outer, published(1, 1)))
    assert content.index(inner) % 8 == 0
    content[SEGMENT_HEADER_SIZE + 16] ^= 1
    (found,) = records_of(bytes(content))
    assert isinstance(found, PublishedRecord)
    assert len(records_of(bytes(content), OTHER_SALT)) == len(small())


class _Counting(bytes):
    """Bytes that count how far they are searched."""

    searched = 0

    def find(  # type: ignore[override]
        self, sub: bytes, start: SupportsIndex = 0, end: SupportsIndex | None = None
    ) -> int:
        place = super().find(sub, start, end)
        _Counting.searched += (len(self) if place < 0 else place) - int(start) + 1
        return place


@pytest.mark.parametrize(
    "garbage",
    [
        lambda size: b"kvrc" * (size // 4),
        lambda size: b"kvrckvr\0" * (size // 8),
        lambda size: b"\0kvrc" * (size // 5),
        lambda size: struct.pack("<4sIQQQQ", b"kvrc", 1, 0, 1, 1, 0) * (size // 40),
        lambda size: struct.pack("<4sIQQQQ", b"kvrc", 1, 2**64 - 1, 1, 1, 2**64 - 1) * (size // 40),
        lambda size: commit(1, 1, salt=OTHER_SALT) * (size // 64),
    ],
    ids=["tags", "aligned", "unaligned", "heads", "lengths", "records"],
)
def test_garbage_costs_no_more_than_its_size(
    garbage: Callable[[int], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many records seem to begin in it, each byte is looked at a few times at most."""
    head, hashed = segment(1), 0

    def counting(data: bytes | memoryview = b"", *, digest_size: int, key: bytes) -> object:
        nonlocal hashed
        hashed += len(data)
        return blake2b(data, digest_size=digest_size, key=key)

    monkeypatch.setattr(record, "blake2b", counting)
    monkeypatch.setattr(_Counting, "searched", 0)
    content = _Counting(head + garbage(80_000))
    assert records_of(content) == ()
    assert hashed <= RECORD_HEADER_SIZE * len(content) / 8
    assert _Counting.searched <= 2 * len(content)


# --- what a whole journal says


def c(sequence: int, group: int) -> Record:
    """A commit."""
    return CommitRecord(sequence, group, (), 0)


def p(sequence: int, group: int) -> Record:
    """A published record."""
    return PublishedRecord(sequence, group, 0)


def contents(*segments: tuple[int, list[Record]]) -> Contents:
    """What segments say, each given by its first sequence and its records."""
    return contents_of(
        [
            Segment(str(number), SegmentHeader(first, SALT, EARLIER), tuple(records))
            for number, (first, records) in enumerate(segments)
        ]
    )


@pytest.mark.parametrize(
    ("segments", "commits", "marked", "damaged", "following"),
    [
        pytest.param([], [], 0, 0, 1, id="no journal"),
        pytest.param([(1, [])], [], 0, 0, 1, id="new"),
        pytest.param([(5, [])], [], 0, 0, 5, id="empty carries the sequence"),
        pytest.param([(1, [c(1, 1)])], [1], 0, 0, 2, id="one commit"),
        pytest.param([(1, [c(1, 1), p(1, 1)])], [1], 1, 0, 2, id="one that was published"),
        pytest.param([(4, [c(4, 4), c(5, 4)])], [4, 5], 0, 0, 6, id="a group"),
        pytest.param(
            [(1, [c(1, 1), p(1, 1), c(2, 2), c(3, 2)])], [1, 2, 3], 1, 0, 4, id="published before"
        ),
        # The last group is torn: what follows its first gap never happened.
        pytest.param([(1, [c(1, 1), c(3, 2)])], [1], 0, 0, 2, id="torn: first of the group"),
        pytest.param(
            [(1, [c(1, 1), c(2, 2), c(4, 2), c(5, 2)])], [1, 2], 0, 0, 3, id="torn: in the middle"
        ),
        pytest.param([(1, [c(2, 1), c(3, 1)])], [], 0, 0, 1, id="torn: the first group of all"),
        # Something later shows that it was on the disk.
        pytest.param([(1, [c(1, 1), c(3, 3)])], [1, 3], 0, 1, 4, id="damage: a later group"),
        pytest.param([(1, [c(3, 3)])], [3], 0, 2, 4, id="damage: from the start"),
        pytest.param(
            [(1, [c(1, 1), c(2, 2), c(4, 2), c(5, 5)])], [1, 2, 4, 5], 0, 1, 6, id="damage: inside"
        ),
        pytest.param(
            [(1, [c(1, 1), p(1, 1), p(2, 2)])], [1], 2, 1, 3, id="damage: the mark says so"
        ),
        pytest.param([(1, [c(2, 1), p(2, 1)])], [2], 2, 1, 3, id="damage: a mark behind its rest"),
        pytest.param([(1, [p(3, 1)])], [], 3, 3, 4, id="damage: only the mark is left"),
        pytest.param(
            [(1, [c(1, 1), c(4, 3), c(6, 6), c(8, 6)])],
            [1, 4, 6],
            0,
            3,
            7,
            id="damage, and then a torn group",
        ),
        pytest.param(
            [(2, [c(2, 2), p(3, 2), c(5, 4)])], [2], 3, 1, 4, id="a gap of both: one of each group"
        ),
        # Two segments.
        pytest.param(
            [(1, [c(1, 1), c(2, 2)]), (3, [c(3, 3)])], [1, 2, 3], 0, 0, 4, id="one goes on"
        ),
        pytest.param([(1, [c(1, 1)]), (2, [])], [1], 0, 0, 2, id="the second is empty"),
        pytest.param([(1, [c(1, 1)]), (3, [])], [1], 0, 1, 3, id="a gap between them"),
        pytest.param([(1, []), (3, [c(3, 3)])], [3], 0, 2, 4, id="the first has lost all"),
        pytest.param(
            [(1, [c(1, 1), c(3, 2)]), (4, [])], [1, 3], 0, 1, 4, id="no group but the last is torn"
        ),
        pytest.param(
            [(1, [c(1, 1), p(1, 1)]), (2, [c(2, 2), c(4, 2)])], [1, 2], 1, 0, 3, id="torn second"
        ),
        pytest.param(
            [(1, [c(1, 1), c(3, 2), c(4, 2)]), (2, [])], [1], 0, 0, 2, id="what was dropped once"
        ),
        pytest.param(
            [(1, [c(1, 1), c(3, 2)]), (2, [c(2, 2)])], [1, 2], 0, 0, 3, id="and written anew"
        ),
        # What is older than the segment says is left over.
        pytest.param([(5, [c(3, 3), p(3, 3), c(5, 5)])], [5], 3, 0, 6, id="older than its head"),
        pytest.param([(1, [c(1, 1), c(1, 1), c(2, 2)])], [1, 2], 0, 0, 3, id="the same twice"),
    ],
)
def test_what_a_journal_says(
    segments: list[tuple[int, list[Record]]],
    commits: list[int],
    marked: int,
    damaged: int,
    following: int,
) -> None:
    """Which commits count, up to which they were published, how many are damaged, and what next."""
    found = contents(*segments)
    assert [commit.sequence for commit in found.commits] == commits
    assert (found.published, found.damaged, found.next_sequence) == (marked, damaged, following)


@st.composite
def journals(draw: st.DrawFn) -> tuple[int, list[Record]]:
    """A segment's first sequence, and its records as a store writes them."""
    first = sequence = draw(st.integers(1, 50))
    records: list[Record] = []
    for size in draw(st.lists(st.integers(1, 4), max_size=5)):
        group = sequence
        for _ in range(size):
            records.append(c(sequence, group))
            sequence += 1
        if draw(st.booleans()):
            records.append(p(sequence - 1, group))
    return first, records


@given(journal=journals(), cut=st.integers(0, 30))
def test_a_torn_tail_is_no_damage(journal: tuple[int, list[Record]], cut: int) -> None:
    """Wherever writing stopped, what was written before counts, and nothing is called damaged."""
    first, records = journal
    found = contents((first, records[:cut]))
    assert found.commits == tuple(r for r in records[:cut] if isinstance(r, CommitRecord))
    assert found.damaged == 0
    assert found.next_sequence == first + len(found.commits)


@given(journal=journals(), lost=st.sets(st.integers(0, 30)))
def test_no_commit_is_lost_in_silence(journal: tuple[int, list[Record]], lost: set[int]) -> None:
    """Each commit before the last group is there or counted; what is there is in its order."""
    first, records = journal
    left = [record for number, record in enumerate(records) if number not in lost]
    found = contents((first, left))
    sequences = [commit.sequence for commit in found.commits]
    assert sequences == sorted(set(sequences))
    assert len(sequences) + found.damaged == found.next_sequence - first
    last_group = max((record.group for record in left), default=first)
    there = {record.sequence for record in left if isinstance(record, CommitRecord)}
    assert {n for n in there if n < last_group} <= set(sequences) <= there
    assert found.next_sequence >= last_group

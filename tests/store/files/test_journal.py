"""The journal on the disk: appended to, synced, cut, rotated, used again, and left empty."""

import errno
import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from kvput.store.base import Put
from kvput.store.files.env import Environment, OperatingSystem
from kvput.store.files.journal import Found, Journal, JournalBrokenError, read_journal
from kvput.store.files.layout import JOURNAL, PRIVATE
from kvput.store.files.record import (
    SEGMENT_HEADER_SIZE,
    CommitRecord,
    OtherVersionError,
    Record,
    decode_header,
    encode_commit,
)
from tests.store.files.hooked import FailsOnce, fails, hooked
from tests.store.files.journals import commit, segment, write_of
from tests.store.files.mounts import memory_disk
from tests.store.tools import opened, put, resource, writing

_MIB: Final = 1 << 20


@contextmanager
def journal_in(directory: Path, environment: Environment | None = None) -> Iterator[Journal]:
    """A journal in a directory, not begun yet."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    journal = Journal(descriptor, environment or OperatingSystem())
    try:
        yield journal
    finally:
        journal.close()


def found_in(directory: Path) -> Found:
    """What another start finds."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        return read_journal(descriptor)
    finally:
        os.close(descriptor)


def sequences_in(directory: Path) -> dict[int, list[int]]:
    """Each segment's first sequence, with those of its records."""
    return {
        found.header.first: [record.sequence for record in found.records]
        for found in found_in(directory).segments
    }


def append(journal: Journal, sequence: int, content: bytes = b"{}") -> int:
    """Append a commit."""
    writes = [write_of(f"a/{sequence}.json", None, content)]
    return journal.append(encode_commit(sequence, sequence, writes, journal.salt))


def sizes(directory: Path) -> dict[str, int]:
    """The files and how large they are."""
    return {place.name: place.stat().st_size for place in directory.iterdir()}


# --- one segment


def test_what_is_appended_is_found(tmp_path: Path) -> None:
    """Commits and marks are read in their order, at the offsets that they were given."""
    with journal_in(tmp_path) as journal:
        journal.begin(7)
        assert (journal.is_begun, journal.is_empty) == (True, True)
        assert append(journal, 7) == SEGMENT_HEADER_SIZE
        offset = append(journal, 8)
        assert offset == journal.size - len(commit(8, 8, write_of("a/8.json", None, b"{}")))
        journal.sync()
        journal.note_published(8, 7)
        assert (journal.is_begun, journal.is_empty) == (True, False)
        (found,) = found_in(tmp_path).segments
    assert (found.name, found.header.first) == ("1", 7)
    seen: list[tuple[type[Record], int]] = [(type(r), r.sequence) for r in found.records]
    assert [sequence for _, sequence in seen] == [7, 8, 8]
    assert [kind is CommitRecord for kind, _ in seen] == [True, True, False]
    assert found.records[1].offset == offset


def test_room_is_reserved_ahead(tmp_path: Path) -> None:
    """A segment grows by whole steps of zeros that take up blocks: a sync changes no size."""
    with journal_in(tmp_path) as journal:
        journal.begin(1)
        assert sizes(tmp_path) == {"1": _MIB}
        append(journal, 1)
        assert sizes(tmp_path) == {"1": _MIB}
        append(journal, 2, bytes(_MIB))
        assert sizes(tmp_path) == {"1": 2 * _MIB}
        assert (tmp_path / "1").stat().st_blocks * 512 >= 2 * _MIB
        assert (tmp_path / "1").read_bytes()[journal.size :].strip(b"\0") == b""


def test_what_is_cut_never_was(tmp_path: Path) -> None:
    """Records are taken back, from the disk too, and others take their place."""
    with journal_in(tmp_path) as journal:
        journal.begin(1)
        append(journal, 1)
        offset = append(journal, 2, b"x" * 5000)
        append(journal, 3)
        journal.sync()
        journal.cut(offset)
        assert sizes(tmp_path) == {"1": offset}
        assert sequences_in(tmp_path) == {1: [1]}
        append(journal, 2)
        journal.sync()
        assert sizes(tmp_path) == {"1": _MIB}
        assert sequences_in(tmp_path) == {1: [1, 2]}


# --- several segments, in turn


def test_two_segments_are_used_in_turn(tmp_path: Path) -> None:
    """One that was released is the next to begin; nothing of its earlier use is read."""
    with journal_in(tmp_path) as journal:
        assert journal.begin(1) is None
        append(journal, 1)
        salts = {journal.salt}
        for sequence in range(2, 8):
            before = journal.begin(sequence)
            assert before is not None
            assert journal.is_empty
            append(journal, sequence)
            assert sequences_in(tmp_path) == {n: [n] for n in (sequence - 1, sequence)}
            journal.release(before)
            assert sequences_in(tmp_path) == {sequence: [sequence]}
            assert found_in(tmp_path).unused == (before.name,)
            salts.add(journal.salt)
        assert set(sizes(tmp_path)) == {"1", "2"}
        assert len(salts) == 7


def test_segments_of_an_earlier_run_are_used_again(tmp_path: Path) -> None:
    """Of two that stood there, one goes on with the sequence and the other is free."""
    for name, first in (("4", 5), ("7", 9)):
        (tmp_path / name).write_bytes(segment(first, commit(first, first)))
    with journal_in(tmp_path) as journal:
        journal.resume(("4", "7"), 12)
        assert sequences_in(tmp_path) == {12: []}
        assert found_in(tmp_path).unused == ("7",)
        append(journal, 12)
        journal.begin(13)
        assert sequences_in(tmp_path) == {12: [12], 13: []}
        journal.begin(14)
        assert set(sizes(tmp_path)) == {"4", "7", "8"}


def test_the_sequence_is_never_forgotten_while_resuming(tmp_path: Path) -> None:
    """Stopped after any call, what stands there says at least how far the sequence has come."""
    for stop in itertools.count():
        directory = tmp_path / str(stop)
        directory.mkdir()
        for name, first in (("1", 5), ("2", 9)):
            (directory / name).write_bytes(segment(first, commit(first, first)))
        hook = FailsOnce(stop, errno.EIO, only=("write", "sync_data", "allocate", "truncate"))
        with journal_in(directory, hooked(hook)) as journal:
            try:
                journal.resume(("1", "2"), 10)
            except (OSError, JournalBrokenError):
                assert hook.failed
        assert max(sequences_in(directory)) >= 9
        if not hook.failed:
            break
    assert stop >= 4


def test_a_clean_end_leaves_a_head_alone(tmp_path: Path) -> None:
    """One file is left, as long as its head, and it tells the next sequence."""
    with journal_in(tmp_path) as journal:
        before = journal.begin(1)
        append(journal, 1)
        before = journal.begin(2)
        assert before is not None
        journal.release(before)
        append(journal, 2)
        journal.finish(3)
    assert sizes(tmp_path) == {"2": SEGMENT_HEADER_SIZE}
    assert sequences_in(tmp_path) == {3: []}


def test_beginning_again_needs_no_other_segment(tmp_path: Path) -> None:
    """All records of the one in use are forgotten in place."""
    with journal_in(tmp_path) as journal:
        journal.begin(1)
        append(journal, 1)
        journal.begin_again(2)
        assert journal.is_empty
        assert sequences_in(tmp_path) == {2: []}
        assert set(sizes(tmp_path)) == {"1"}


def test_nothing_can_be_appended_before_it_is_begun(tmp_path: Path) -> None:
    """Where no segment could be made there is an error of the system, and no other."""
    with journal_in(tmp_path) as journal:
        assert (journal.is_begun, journal.size) == (False, 0)
        with pytest.raises(OSError, match=os.strerror(errno.EBADF)):
            journal.append([b""])


# --- what stands in the directory


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        pytest.param("1", b"", "unused", id="empty"),
        pytest.param("1", bytes(5000), "unused", id="zeros"),
        pytest.param("1", segment(0), "unused", id="released"),
        pytest.param("1", segment(0, commit(1, 1)), "unused", id="released, with old records"),
        pytest.param("1", segment(1)[:50], "unreadable", id="half a head"),
        pytest.param("1", bytes(80) + b"x", "unreadable", id="no head, and something"),
        pytest.param("1", segment(1), "in use", id="a head alone"),
        pytest.param("damaged-1-1", b"x", "passed over", id="kept for somebody to look at"),
        pytest.param("notes.txt", b"x", "passed over", id="a hand's"),
    ],
)
def test_what_a_file_is(tmp_path: Path, name: str, content: bytes, expected: str) -> None:
    """Files are told apart by their heads; other names are nobody's business here."""
    (tmp_path / name).write_bytes(content)
    found = found_in(tmp_path)
    assert {
        "unused": found.unused,
        "unreadable": found.unreadable,
        "in use": tuple(each.name for each in found.segments),
    } == {kind: (name,) if kind == expected else () for kind in ("unused", "unreadable", "in use")}


def test_segments_come_in_the_order_of_their_sequences(tmp_path: Path) -> None:
    """The names of files say nothing about their order."""
    for name, first in (("1", 30), ("2", 10), ("10", 20)):
        (tmp_path / name).write_bytes(segment(first))
    assert [found.name for found in found_in(tmp_path).segments] == ["2", "10", "1"]


def test_another_version_is_not_read(tmp_path: Path) -> None:
    """A segment of another format is neither unused nor unreadable."""
    (tmp_path / "1").write_bytes(segment(1).replace(b"kvputjnl\1", b"kvputjnl\2"))
    with pytest.raises(OtherVersionError):
        found_in(tmp_path)


# --- little room


def test_on_a_small_disk_less_is_reserved(tmp_path: Path) -> None:
    """The journal reserves an eighth of what is free, so that it leaves room for files."""
    with memory_disk(tmp_path / "disk", "512k") as disk, journal_in(disk) as journal:
        journal.begin(1)
        assert sizes(disk) == {"1": 64 << 10}
        append(journal, 1, b"x" * (100 << 10))
        assert sizes(disk)["1"] < 180 << 10


def fill(disk: Path, *, leave: int = 0) -> Path:
    """Write a file that takes all room but so many bytes; gives the file."""
    place = disk / "fill"
    status = os.statvfs(disk)
    place.write_bytes(b"x" * (status.f_bavail * status.f_frsize - leave))
    return place


def test_a_record_that_does_not_fit_leaves_nothing(tmp_path: Path) -> None:
    """A full disk takes no part of a record, and what was there stays and can be added to."""
    with memory_disk(tmp_path / "disk", "256k") as disk, journal_in(disk) as journal:
        journal.begin(1)
        append(journal, 1)
        journal.sync()
        fill(disk)
        with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
            append(journal, 2, b"x" * 100_000)
        assert sequences_in(disk) == {1: [1]}
        (found,) = found_in(disk).segments
        content = (disk / found.name).read_bytes()
        assert content[journal.size :].strip(b"\0") == b""
        append(journal, 2)
        journal.sync()
        assert sequences_in(disk) == {1: [1, 2]}


def test_a_journal_on_a_full_disk(tmp_path: Path) -> None:
    """It cannot begin and leaves no file; once there is room it does."""
    with memory_disk(tmp_path / "disk", "256k") as disk, journal_in(disk) as journal:
        filling = fill(disk)
        with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
            journal.begin(1)
        assert not journal.is_begun
        assert set(sizes(disk)) == {"fill"}
        filling.unlink()
        journal.begin(1)
        append(journal, 1)
        assert sequences_in(disk) == {1: [1]}


def test_reserved_room_is_there_when_the_disk_is_full(tmp_path: Path) -> None:
    """What was reserved can be written to after all other room is gone."""
    with memory_disk(tmp_path / "disk", "256k") as disk, journal_in(disk) as journal:
        journal.begin(1)
        reserved = sizes(disk)["1"]
        fill(disk)
        count = 0
        while journal.size + 300 < reserved:
            count += 1
            append(journal, count)
            journal.sync()
        assert count > 50
        assert sequences_in(disk) == {1: list(range(1, count + 1))}


def test_going_on_in_place_needs_no_room(tmp_path: Path) -> None:
    """Where there is no room for a second segment, the first goes on as it was."""
    with memory_disk(tmp_path / "disk", "256k") as disk, journal_in(disk) as journal:
        journal.begin(1)
        append(journal, 1)
        fill(disk)
        with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
            journal.begin(2)
        assert sequences_in(disk) == {1: [1]}
        journal.begin_again(2)
        append(journal, 2)
        assert sequences_in(disk) == {2: [2]}


# --- calls that fail


def open_descriptors() -> int:
    """How many descriptors this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


def use(journal: Journal, synced: list[int]) -> None:
    """All that is done with a journal; `synced` holds what is in it for good at each moment."""
    journal.begin(1)
    append(journal, 1)
    journal.sync()
    synced.append(1)
    journal.note_published(1, 1)
    offset = append(journal, 2)
    journal.sync()
    journal.cut(offset)
    append(journal, 2, b"x" * 2 * _MIB)
    journal.sync()
    synced.append(2)
    before = journal.begin(3)
    assert before is not None
    append(journal, 3)
    journal.sync()
    synced[:] = [3]
    journal.release(before)
    synced.clear()
    journal.finish(4)


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC], ids=errno.errorcode.get)
def test_each_call_fails_once(tmp_path: Path, number: int) -> None:
    """Whichever call fails, what was synced is found, and nothing that was never appended."""
    for nth in itertools.count():
        directory = tmp_path / str(nth)
        directory.mkdir()
        hook = FailsOnce(nth, number)
        synced: list[int] = []
        descriptors = open_descriptors()
        with journal_in(directory, hooked(hook)) as journal:
            try:
                use(journal, synced)
            except (OSError, JournalBrokenError):
                assert hook.failed
        assert open_descriptors() == descriptors
        found = [n for each in sequences_in(directory).values() for n in each]
        assert set(synced) <= set(found) <= {1, 2, 3}
        if not hook.failed:
            break
    assert nth > 25


@pytest.mark.parametrize("call", ["sync_data", "truncate"])
def test_what_cannot_be_synced_or_cut_breaks_the_journal(tmp_path: Path, call: str) -> None:
    """The error is one of its own: no later write could be trusted."""
    failing = False

    def hook(name: str, *_: object) -> None:
        if failing and name == call:
            raise fails(errno.EIO)

    with journal_in(tmp_path, hooked(hook)) as journal:
        journal.begin(1)
        offset = append(journal, 1)
        failing = True
        with pytest.raises(JournalBrokenError):
            journal.sync() if call == "sync_data" else journal.cut(offset)


def test_a_mark_that_cannot_be_written_is_left_out(tmp_path: Path) -> None:
    """The published record is a hint: its failure is nobody's, and what comes next is whole."""
    failing = False

    def hook(name: str, *_: object) -> None:
        if failing and name == "write":
            raise fails(errno.ENOSPC)

    with journal_in(tmp_path, hooked(hook)) as journal:
        journal.begin(1)
        append(journal, 1)
        failing = True
        journal.note_published(1, 1)
        failing = False
        append(journal, 2)
        assert sequences_in(tmp_path) == {1: [1, 2]}


# --- under a store


async def test_a_clean_stop_leaves_an_empty_journal(tmp_path: Path) -> None:
    """One file as long as its head is left each time, and the next store goes on counting."""
    directory = tmp_path / PRIVATE / JOURNAL
    for number in range(1, 4):
        async with opened(tmp_path) as store:
            made = await store.commit(writing(Put(resource(f"/a/{number}"), b"1")))
            assert made.sequence == number
        (size,) = sizes(directory).values()
        assert size == SEGMENT_HEADER_SIZE
        (place,) = directory.iterdir()
        header = decode_header(place.read_bytes())
        assert header is not None
        assert header.first == number + 1


async def test_a_stop_without_writes_leaves_it_too(tmp_path: Path) -> None:
    """A store that was only read from leaves the same."""
    for _ in range(2):
        async with opened(tmp_path):
            pass
        assert list(sizes(tmp_path / PRIVATE / JOURNAL).values()) == [SEGMENT_HEADER_SIZE]
        assert sequences_in(tmp_path / PRIVATE / JOURNAL) == {1: []}


async def test_a_running_store_has_room_reserved(tmp_path: Path) -> None:
    """While it runs, a write changes the size of no journal file."""
    async with opened(tmp_path) as store:
        before = sizes(tmp_path / PRIVATE / JOURNAL)
        for number in range(20):
            await put(store, f"/a/{number}", b"{}")
        assert sizes(tmp_path / PRIVATE / JOURNAL) == before == {"1": _MIB}

"""Recovery: what a start makes of a journal and of the folder beside it."""

import errno
import fcntl
import itertools
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import pytest

from kvput.errors import DataUnusable
from kvput.store import open_store
from kvput.store.base import Delete, Entry, Put, RaiseCounter
from kvput.store.files import kernel
from kvput.store.files.journal import DAMAGED_PREFIX
from kvput.store.files.layout import COUNTER, LOCK, PRIVATE
from kvput.store.files.record import SEGMENT_HEADER_SIZE
from tests.store.files.hooked import FailsOnce, hooked, spared
from tests.store.files.journals import (
    EARLIER,
    MODIFIED,
    SAME,
    commit,
    journal_of,
    published,
    put_segment,
    segment,
    write_of,
)
from tests.store.files.mounts import NOBODY, as_nobody, memory_disk, open_place, remount
from tests.store.tools import (
    collection,
    content_of,
    delete,
    opened,
    put,
    resource,
    scratch_of,
    snapshot,
    writing,
)

PLACE: Final = "a/1.json"
OLD: Final = b'"from before the journal"'
ONE: Final = b'"one ' + b"1" * 1500 + b'"'
TWO: Final = b'"two ' + b"2" * 1500 + b'"'
HAND: Final = b'"by hand"'
_SECOND: Final = 1_000_000_000


@pytest.fixture(autouse=True)
def _same_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system now is SAME; a journal says EARLIER where it has gone down since."""
    monkeypatch.setattr(kernel, "incarnation", lambda _: SAME)


def lay(data: Path, place: str, content: bytes | None, modified_ns: int = MODIFIED) -> None:
    """Put a file into the folder, or remove it."""
    file = data / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    if content is not None:
        file.write_bytes(content)
        os.utime(file, ns=(modified_ns, modified_ns))


def content_there(data: Path, place: str = PLACE) -> bytes | None:
    """What stands in a place, None for nothing."""
    file = data / place
    return file.read_bytes() if file.exists() else None


async def recover(data: Path) -> None:
    """Start and stop once."""
    async with opened(data, environment=spared()):
        pass


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was logged, since it was last asked for."""
    messages = [each.getMessage() for each in caplog.records if each.levelno >= logging.WARNING]
    caplog.clear()
    return messages


RECOVERED: Final = ["Files recovered from the journal: 1."]
STANDS: Final = [f"{PLACE} was changed by hand since its last write: it stays as it is."]


def history(*contents: bytes | None, mark: int = 0, incarnation: bytes) -> bytes:
    """A segment in which a place gets one content after the other, the first from before it."""
    records = []
    for number, (before, after) in enumerate(itertools.pairwise(contents), start=1):
        write = write_of(PLACE, before, after, MODIFIED + number)
        records.append(commit(number, number, write))
        if number == mark:
            records.append(published(mark, mark))
    return segment(1, *records, incarnation=incarnation)


# --- one file, after a power loss


@pytest.mark.parametrize("mark", [0, 1, 2])
@pytest.mark.parametrize(
    ("written", "there", "expected", "says"),
    [
        pytest.param((OLD, ONE, TWO), TWO, TWO, [], id="the last one"),
        pytest.param((OLD, ONE, TWO), ONE, TWO, RECOVERED, id="an earlier one"),
        pytest.param((OLD, ONE, TWO), OLD, TWO, RECOVERED, id="what the first one replaced"),
        pytest.param((None, ONE, TWO), None, TWO, RECOVERED, id="none, as at first"),
        pytest.param((ONE, None, TWO), None, TWO, RECOVERED, id="none, as in between"),
        pytest.param((OLD, ONE, TWO), None, None, STANDS, id="none, which never was"),
        pytest.param((OLD, ONE, TWO), HAND, HAND, STANDS, id="something else"),
        pytest.param((OLD, ONE, None), None, None, [], id="removed"),
        pytest.param((OLD, ONE, None), ONE, None, RECOVERED, id="not removed"),
        pytest.param((OLD, ONE, None), OLD, None, RECOVERED, id="neither written nor removed"),
        pytest.param((OLD, ONE, None), HAND, HAND, STANDS, id="made anew by hand"),
        # What a new file may look like whose bytes did not all arrive.
        pytest.param((OLD, ONE, TWO), b"", TWO, RECOVERED, id="torn: empty"),
        pytest.param((OLD, ONE, TWO), TWO[:700], TWO, RECOVERED, id="torn: short"),
        pytest.param((OLD, ONE, TWO), ONE[:700], TWO, RECOVERED, id="torn: an earlier one, short"),
        pytest.param((OLD, ONE, TWO), bytes(len(TWO)), TWO, RECOVERED, id="torn: zeros"),
        pytest.param(
            (OLD, ONE, TWO),
            TWO[:512] + bytes(512) + TWO[1024:],
            TWO,
            RECOVERED,
            id="torn: a sector",
        ),
        pytest.param((OLD, ONE, TWO), bytes(600), TWO, RECOVERED, id="torn: short, and zeros"),
        pytest.param((OLD, ONE, None), ONE[:512], None, RECOVERED, id="torn, and not removed"),
        # What looks like it and cannot be.
        pytest.param((OLD, ONE, TWO), OLD[:9], OLD[:9], STANDS, id="not of the journal's, short"),
        pytest.param(
            (OLD, ONE, TWO), TWO + b"\0", TWO + b"\0", STANDS, id="longer than what was written"
        ),
        pytest.param(
            (OLD, ONE, TWO),
            TWO[:100] + bytes(len(TWO) - 100),
            TWO[:100] + bytes(len(TWO) - 100),
            STANDS,
            id="zeros from the middle of a sector",
        ),
        pytest.param(
            (OLD, ONE, TWO),
            ONE[:512] + TWO[512:],
            ONE[:512] + TWO[512:],
            STANDS,
            id="sectors of two writes",
        ),
    ],
)
async def test_one_file_after_a_power_loss(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    written: tuple[bytes | None, ...],
    there: bytes | None,
    expected: bytes | None,
    says: list[str],
    mark: int,
) -> None:
    """What the disk may have kept of the journal's is made the last; a hand's work stands.

    The published mark, which was not synced, makes no difference.
    """
    lay(tmp_path, PLACE, there)
    put_segment(tmp_path, history(*written, mark=mark, incarnation=EARLIER))
    await recover(tmp_path)
    assert content_there(tmp_path) == expected
    assert said(caplog) == says
    # Nothing is left to be done, and a hand's work is spoken of once.
    await recover(tmp_path)
    assert (content_there(tmp_path), said(caplog)) == (expected, [])


@pytest.mark.parametrize(
    "there", [b"", TWO[:512], bytes(len(TWO))], ids=["empty", "short", "zeros"]
)
@pytest.mark.parametrize(
    ("modified_ns", "expected"), [(MODIFIED + 2, TWO), (MODIFIED + 3, None)], ids=["old", "newer"]
)
async def test_a_torn_file_is_no_newer_than_its_write(
    tmp_path: Path, there: bytes, modified_ns: int, expected: bytes | None
) -> None:
    """A file that somebody has emptied or cut after the write is newer, and stands."""
    lay(tmp_path, PLACE, there, modified_ns)
    put_segment(tmp_path, history(OLD, ONE, TWO, incarnation=EARLIER))
    await recover(tmp_path)
    assert content_there(tmp_path) == (there if expected is None else expected)


# --- one file, after a kill


@pytest.mark.parametrize(
    ("mark", "written", "there", "expected"),
    [
        # All was published: whatever stands there is a hand's.
        pytest.param(2, (OLD, ONE, TWO), TWO, TWO, id="published"),
        pytest.param(2, (OLD, ONE, TWO), ONE, ONE, id="published, then put back by hand"),
        pytest.param(2, (OLD, ONE, TWO), OLD, OLD, id="published, then put back further"),
        pytest.param(2, (None, ONE, TWO), None, None, id="published, then deleted by hand"),
        pytest.param(2, (OLD, ONE, TWO), b"", b"", id="published, then emptied by hand"),
        pytest.param(2, (OLD, ONE, None), ONE, ONE, id="deleted, then brought back by hand"),
        # The last was not, as far as the journal tells.
        pytest.param(1, (OLD, ONE, TWO), TWO, TWO, id="not published, but there"),
        pytest.param(1, (OLD, ONE, TWO), ONE, TWO, id="not published"),
        pytest.param(1, (OLD, ONE, None), ONE, None, id="removal not published"),
        pytest.param(1, (OLD, None, TWO), None, TWO, id="creation not published"),
        pytest.param(1, (OLD, ONE, TWO), OLD, OLD, id="put back further than the last"),
        pytest.param(1, (None, ONE, TWO), None, None, id="deleted by hand before the last"),
        pytest.param(1, (OLD, ONE, TWO), TWO[:512], TWO[:512], id="nothing is torn by a kill"),
        pytest.param(1, (OLD, ONE, TWO), b"", b"", id="nothing is emptied by a kill"),
        pytest.param(1, (OLD, ONE, TWO), HAND, HAND, id="something else"),
        pytest.param(0, (OLD, ONE, TWO), OLD, TWO, id="no mark at all"),
        pytest.param(0, (None, ONE, TWO), None, TWO, id="no mark, and no file"),
    ],
)
async def test_one_file_after_a_kill(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    mark: int,
    written: tuple[bytes | None, ...],
    there: bytes | None,
    expected: bytes | None,
) -> None:
    """The system has lost nothing, so that only what was not published yet is done now."""
    lay(tmp_path, PLACE, there)
    put_segment(tmp_path, history(*written, mark=mark, incarnation=SAME))
    await recover(tmp_path)
    assert content_there(tmp_path) == expected
    last = written[-1]
    assert said(caplog) == ([] if there == last else RECOVERED if expected == last else STANDS)


@pytest.mark.parametrize(
    ("first", "second"), [(EARLIER, SAME), (SAME, EARLIER)], ids=["before", "after"]
)
async def test_of_two_segments_one_is_older_than_the_system(
    tmp_path: Path, first: bytes, second: bytes
) -> None:
    """If the system went down while any part of the journal counted, no mark counts."""
    lay(tmp_path, PLACE, OLD)
    one = commit(1, 1, write_of(PLACE, OLD, ONE))
    two = commit(2, 2, write_of(PLACE, ONE, TWO))
    put_segment(tmp_path, segment(1, one, published(1, 1), incarnation=first), "1")
    put_segment(tmp_path, segment(2, two, published(2, 2), incarnation=second), "2")
    await recover(tmp_path)
    assert content_there(tmp_path) == TWO


# --- several files, and counters


async def test_half_a_commit_is_completed(tmp_path: Path) -> None:
    """Of a commit with several files those that are missing are written, be it after a kill."""
    lay(tmp_path, "a/1.json", TWO)
    lay(tmp_path, "a/2.json", OLD)
    lay(tmp_path, "a/3.json", OLD)
    lay(tmp_path, f"a/{COUNTER}", b"1\n")
    writes = [
        write_of("a/1.json", OLD, TWO),
        write_of("a/2.json", OLD, TWO),
        write_of("a/3.json", OLD, None),
        write_of("b/c/1.json", None, TWO),
        write_of(f"a/{COUNTER}", b"1\n", b"2\n"),
        write_of(f"d/{COUNTER}", None, b"7\n"),
    ]
    put_segment(tmp_path, segment(1, commit(1, 1, *writes), incarnation=SAME))
    await recover(tmp_path)
    assert {
        path: state[3] for path, state in snapshot(tmp_path).items() if state[0] != "directory"
    } == {
        "a/1.json": TWO,
        "a/2.json": TWO,
        "b/c/1.json": TWO,
        f"a/{COUNTER}": b"2\n",
        f"d/{COUNTER}": b"7\n",
    }


@pytest.mark.parametrize(
    ("there", "expected"),
    [(b"1\n", b"3\n"), (b"2\n", b"3\n"), (b"", b"3\n"), (b"9\n", b"9\n"), (None, b"3\n")],
    ids=["before", "between", "torn", "by hand", "none"],
)
async def test_a_counter_is_recovered_as_a_file_is(
    tmp_path: Path, there: bytes | None, expected: bytes
) -> None:
    """The same rules hold for counters."""
    place = f"a/{COUNTER}"
    lay(tmp_path, place, there)
    records = [
        commit(1, 1, write_of(place, None, b"1\n")),
        commit(2, 2, write_of(place, b"1\n", b"2\n")),
        commit(3, 3, write_of(place, b"2\n", b"3\n")),
    ]
    put_segment(tmp_path, segment(1, *records))
    await recover(tmp_path)
    assert content_there(tmp_path, place) == expected


async def test_a_file_keeps_its_mode_and_gets_its_time(tmp_path: Path) -> None:
    """What is written anew looks as it did when it was acknowledged."""
    lay(tmp_path, PLACE, ONE)
    (tmp_path / PLACE).chmod(0o640)
    put_segment(tmp_path, history(OLD, ONE, TWO, incarnation=EARLIER))
    await recover(tmp_path)
    status = (tmp_path / PLACE).stat()
    assert (status.st_mode & 0o777, status.st_mtime_ns) == (0o640, MODIFIED + 2)


# --- what is no file


def make_directory(place: Path) -> None:
    """A directory with something in it."""
    place.mkdir()
    (place / "x").write_bytes(b"x")


def make_outward_link(place: Path) -> None:
    """A link to a file outside the folder that holds what the journal knows."""
    outside = place.parents[2] / "outside.json"
    outside.write_bytes(ONE)
    place.symlink_to(outside)


def make_inward_link(place: Path) -> None:
    """A link to a resource in the folder."""
    (place.parent / "other.json").write_bytes(HAND)
    place.symlink_to("other.json")


KINDS: Final[dict[str, Callable[[Path], None]]] = {
    "directory": make_directory,
    "pipe": os.mkfifo,
    "link to nothing": lambda place: place.symlink_to("nothing.json"),
    "link out of the folder": make_outward_link,
    "link to another resource": make_inward_link,
}


@pytest.mark.parametrize("incarnation", [SAME, EARLIER], ids=["kill", "power loss"])
@pytest.mark.parametrize("kind", KINDS)
async def test_what_a_hand_has_put_there_instead(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, kind: str, incarnation: bytes
) -> None:
    """What is no file of this folder's stands, and keeps nothing else from being recovered."""
    data = tmp_path / "data"
    (data / "a").mkdir(parents=True)
    KINDS[kind](data / PLACE)
    before = snapshot(data) if kind != "pipe" else {}
    other = commit(1, 1, write_of(PLACE, OLD, TWO), write_of("b.json", None, TWO))
    put_segment(data, segment(1, other, incarnation=incarnation))
    await recover(data)
    assert content_there(data, "b.json") == TWO
    assert said(caplog) == RECOVERED + STANDS
    if kind != "pipe":
        after = snapshot(data)
        del after["b.json"]
        assert after == before


async def test_a_file_where_a_directory_was(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A hand's file under a directory's name stands, with all that was beneath it gone."""
    (tmp_path / "a").write_bytes(b"no directory")
    put_segment(tmp_path, history(None, ONE, TWO, incarnation=EARLIER))
    await recover(tmp_path)
    assert content_there(tmp_path, "a") == b"no directory"
    assert said(caplog) == STANDS


@pytest.mark.parametrize("incarnation", [SAME, EARLIER], ids=["kill", "power loss"])
@pytest.mark.parametrize("last", [TWO, None], ids=["written", "removed"])
@pytest.mark.parametrize("target", ["nowhere", "../outside", "b", "a"])
async def test_a_link_where_a_directory_was(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    target: str,
    last: bytes | None,
    incarnation: bytes,
) -> None:
    """A link on the way is a hand's, wherever it leads: nothing is written through it."""
    data = tmp_path / "data"
    lay(data, "b/1.json", ONE)
    lay(tmp_path, "outside/1.json", ONE)
    (data / "a").symlink_to(target)
    put_segment(data, history(None, ONE, last, incarnation=incarnation))
    before = snapshot(tmp_path)
    await recover(data)
    assert snapshot(tmp_path) == before
    assert said(caplog) == STANDS


async def test_a_file_that_is_not_ours_to_read(caplog: pytest.LogCaptureFixture) -> None:
    """A file that a hand has shut off stands, and the others are recovered."""
    with open_place() as data:
        lay(data, PLACE, ONE)
        writes = [write_of(PLACE, ONE, TWO), write_of("b.json", None, TWO)]
        put_segment(data, segment(1, commit(1, 1, *writes)))
        for place in (data, *data.rglob("*")):
            os.chown(place, NOBODY, NOBODY)
        (data / PLACE).chmod(0)
        with as_nobody():
            await recover(data)
        assert (content_there(data), content_there(data, "b.json")) == (ONE, TWO)
        assert said(caplog) == RECOVERED + STANDS


# --- the whole way, through a store


async def acknowledged(data: Path, crashed: Path) -> dict[str, Entry | None]:
    """Write through a store, leave what a crash in the end leaves; gives what was acknowledged."""
    async with opened(data) as store:
        for number in range(1, 4):
            url = f"/a/{number}"
            raised = RaiseCounter(collection("/a/"), number)
            await store.commit(writing(Put(resource(url), ONE), raised))
        await put(store, "/a/1", TWO)
        await store.commit(writing(Delete(resource("/a/3")), RaiseCounter(collection("/a/"), 3)))
        await put(store, "/b/c/d", b"")
        known = {url: await store.get(resource(url)) for url in ("/a/1", "/a/2", "/a/3", "/b/c/d")}
        shutil.copytree(data, crashed)
    return known


def lose_nothing(data: Path) -> None:
    """All that was published was on the disk."""


def lose_everything(data: Path) -> None:
    """No file has come to the disk but the journal."""
    for name in ("a", "b"):
        shutil.rmtree(data / name)


def lose_something(data: Path) -> None:
    """Of some files the disk has an earlier state, or half of one."""
    lay(data, "a/1.json", ONE)
    lay(data, "a/2.json", bytes(512))
    lay(data, "a/3.json", b"")
    lay(data, f"a/{COUNTER}", b"2\n")


@pytest.mark.parametrize("lose", [lose_nothing, lose_everything, lose_something])
async def test_what_was_acknowledged_is_there_after_a_power_loss(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lose: Callable[[Path], None]
) -> None:
    """Content, ETag and Last-Modified are those that clients were told, and counting goes on."""
    crashed = tmp_path / "crashed"
    (tmp_path / "data").mkdir()
    known = await acknowledged(tmp_path / "data", crashed)
    lose(crashed)
    monkeypatch.setattr(kernel, "incarnation", lambda _: EARLIER)
    async with opened(crashed) as store:
        assert {url: await store.get(resource(url)) for url in known} == known
        assert (crashed / "a" / COUNTER).read_bytes() == b"3\n"
        assert (await delete(store, "/a/2")).sequence == 7


async def test_what_was_acknowledged_is_there_after_a_kill(tmp_path: Path) -> None:
    """A killed process leaves all in its place; what a hand does before the next start stands."""
    crashed = tmp_path / "crashed"
    (tmp_path / "data").mkdir()
    known = await acknowledged(tmp_path / "data", crashed)
    lay(crashed, "a/1.json", ONE)
    async with opened(crashed) as store:
        assert await content_of(store, "/a/1") == ONE
        for url in ("/a/2", "/a/3", "/b/c/d"):
            assert await store.get(resource(url)) == known[url]
        assert (await delete(store, "/a/2")).sequence == 7


# --- stopped, and done again


def lost_in_many_ways(data: Path) -> None:
    """A folder that needs every kind of recovering."""
    lay(data, "a/1.json", ONE)
    lay(data, "a/2.json", ONE)
    writes = [
        write_of("a/1.json", ONE, TWO),
        write_of("a/2.json", ONE, None),
        write_of("b/c/1.json", None, TWO),
        write_of(f"b/{COUNTER}", None, b"1\n"),
    ]
    put_segment(data, segment(3, commit(3, 3, *writes)), "1")
    put_segment(data, segment(4, commit(4, 4, write_of("d.json", None, TWO))), "2")


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC], ids=errno.errorcode.get)
async def test_recovery_that_fails_anywhere_is_done_by_the_next_start(
    tmp_path: Path, number: int
) -> None:
    """Whichever call fails, the start says so or goes on, and another start finds all."""
    for nth in itertools.count():
        data = tmp_path / str(nth)
        lost_in_many_ways(data)
        hook = FailsOnce(nth, number)
        try:
            async with opened(data, environment=hooked(hook)):
                pass
        except DataUnusable as error:
            assert hook.failed, error.detail  # noqa: PT017  # which of them fails is not known
        async with opened(data, environment=spared()) as store:
            for url in ("/a/1", "/b/c/1", "/d"):
                assert await content_of(store, url) == TWO
            assert await content_of(store, "/a/2") is None
            assert content_there(data, f"b/{COUNTER}") == b"1\n"
            assert scratch_of(data) == []
            assert (await put(store, "/new")).before is None
        if not hook.failed:
            break
    assert nth > 30


# --- damage


async def test_damage_in_the_middle(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The other commits are applied, it is said, and the bytes are kept; the next start is calm."""
    records = [commit(n, n, write_of(f"a/{n}.json", None, TWO)) for n in (1, 2, 3)]
    broken = bytearray(segment(1, *records))
    broken[SEGMENT_HEADER_SIZE + len(records[0]) + 200] ^= 1
    journal = journal_of(tmp_path)
    bytes_before = put_segment(tmp_path, bytes(broken)).read_bytes()
    async with opened(tmp_path) as store:
        assert [content_there(tmp_path, f"a/{n}.json") for n in (1, 2, 3)] == [TWO, None, TWO]
        first, *rest = said(caplog)
        assert first.startswith("Damaged writes in the journal that were left out: 1.")
        assert rest == ["Files recovered from the journal: 2."]
        assert (await store.commit(writing(Put(resource("/b"), b"1")))).sequence == 4
    (kept,) = (place for place in journal.iterdir() if place.name.startswith(DAMAGED_PREFIX))
    assert kept.read_bytes() == bytes_before
    await recover(tmp_path)
    assert said(caplog) == []
    assert kept.read_bytes() == bytes_before
    assert len(list(journal.iterdir())) == 2


async def test_a_head_that_makes_no_sense(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is said, the bytes are kept, and the other segment counts."""
    put_segment(tmp_path, segment(1, commit(1, 1, write_of("a.json", None, TWO))), "1")
    broken = bytearray(segment(2, commit(2, 2, write_of("b.json", None, TWO))))
    broken[20] ^= 1
    before = put_segment(tmp_path, bytes(broken), "2").read_bytes()
    async with opened(tmp_path) as store:
        assert await content_of(store, "/a") == TWO
        assert await content_of(store, "/b") is None
    told, *rest = said(caplog)
    assert told.startswith("The head of the journal's segment 2 is damaged")
    assert rest == RECOVERED
    kept = [place.read_bytes() for place in journal_of(tmp_path).glob(f"{DAMAGED_PREFIX}*")]
    assert before in kept
    await recover(tmp_path)
    assert said(caplog) == []


async def test_a_torn_tail_is_passed_over_in_silence(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A group that was being written when the power went was never acknowledged."""
    whole = commit(1, 1, write_of("a.json", None, ONE))
    torn = commit(2, 2, write_of("b.json", None, TWO))[:-512]
    put_segment(tmp_path, segment(1, whole, torn))
    async with opened(tmp_path) as store:
        assert await content_of(store, "/a") == ONE
        assert await content_of(store, "/b") is None
        assert (await store.commit(writing(Put(resource("/c"), b"1")))).sequence == 2
    assert said(caplog) == RECOVERED


async def test_what_was_dropped_once_stays_dropped(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The rest of a torn group is not found later on, wherever its recovery was stopped."""
    for nth in itertools.count():
        data = tmp_path / str(nth)
        last = [commit(n, 2, write_of(f"a/{n}.json", None, TWO)) for n in (2, 3, 4)]
        put_segment(data, segment(1, commit(1, 1, write_of("a/1.json", None, ONE))), "1")
        put_segment(data, segment(2, last[0], bytes(len(last[1])), last[2]), "2")
        hook = FailsOnce(nth, errno.EIO)
        with suppress(DataUnusable):
            async with opened(data, environment=hooked(hook)):
                pass
        async with opened(data, environment=spared()) as store:
            assert (await store.commit(writing(Put(resource("/b"), b"1")))).sequence == 3
        assert sorted(place.name for place in (data / "a").iterdir()) == ["1.json", "2.json"]
        assert not [text for text in said(caplog) if "damaged" in text]
        if not hook.failed:
            break
    assert nth > 20


async def test_damage_does_not_turn_the_sequence_back(tmp_path: Path) -> None:
    """Wherever the recovery of a damaged journal is stopped, the next commit goes on counting."""
    for nth in itertools.count():
        data = tmp_path / str(nth)
        records = [commit(n, n, write_of(f"a/{n}.json", None, TWO)) for n in (1, 2, 3)]
        broken = bytearray(segment(1, *records))
        broken[SEGMENT_HEADER_SIZE + len(records[0]) + 200] ^= 1
        put_segment(data, bytes(broken))
        hook = FailsOnce(nth, errno.EIO)
        with suppress(DataUnusable):
            async with opened(data, environment=hooked(hook)):
                pass
        async with opened(data, environment=spared()) as store:
            assert (await store.commit(writing(Put(resource("/b"), b"1")))).sequence == 4
        assert list(journal_of(data).glob(f"{DAMAGED_PREFIX}*"))
        if not hook.failed:
            break
    assert nth > 20


# --- folders that cannot be recovered


def refused(data: Path) -> str:
    """What is said of a folder that cannot be opened."""
    with pytest.raises(DataUnusable) as raised:
        open_store(data, read_cache=0)
    return raised.value.detail


def test_another_version(tmp_path: Path) -> None:
    """A journal of another format is not touched, and the way on is told."""
    lay(tmp_path, PLACE, ONE)
    other = history(OLD, ONE, TWO, incarnation=EARLIER).replace(b"jnl\1", b"jnl\7", 1)
    place = put_segment(tmp_path, other)
    before = place.read_bytes()
    said = refused(tmp_path)
    assert "has format 7, of another version of kvput" in said
    assert "start and stop that version once" in said
    assert (place.read_bytes(), content_there(tmp_path)) == (before, ONE)


async def test_a_full_disk(tmp_path: Path) -> None:
    """What waits is named with the room that it needs, and nothing is lost until there is some."""
    content = b"[" + b"1," * 40_000 + b"1]"
    with memory_disk(tmp_path / "disk", "512k") as data:
        put_segment(data, segment(1, commit(1, 1, write_of("a/1.json", None, content))))
        status = os.statvfs(data)
        filling = data / "fill"
        filling.write_bytes(b"x" * (status.f_bavail - 2) * status.f_frsize)
        for _ in range(2):
            said = refused(data)
            assert "what waits in its journal (1 of its files)" in said
            assert f"free {len(content) + (1 << 20):,} bytes" in said
            assert content_there(data) is None
        filling.unlink()
        async with opened(data) as store:
            assert await content_of(store, "/a/1") == content


async def test_a_folder_that_can_only_be_read(tmp_path: Path) -> None:
    """It is served where nothing waits, and not where that would be to forget a write."""
    with memory_disk(tmp_path / "disk", "512k") as data:
        lay(data, PLACE, TWO)
        put_segment(data, history(OLD, ONE, TWO, incarnation=EARLIER))
        (data / PRIVATE / LOCK).touch()
        remount(data, "ro")
        async with opened(data) as store:
            assert store.read_only is not None
            assert await content_of(store, "/a/1") == TWO
        remount(data, "rw")
        lay(data, PLACE, ONE)
        remount(data, "ro")
        said = refused(data)
        assert "what waits in its journal (1 of its files)" in said
        assert "mount it for writing" in said
        with held_lock(data):
            async with opened(data) as store:
                assert await content_of(store, "/a/1") == ONE


@contextmanager
def held_lock(data: Path) -> Iterator[None]:
    """Another kvput owns the folder during the block."""
    with (data / PRIVATE / LOCK).open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield

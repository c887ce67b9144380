"""What hands do to the folder itself while it is open, and in the middle of a commit."""

import asyncio
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from kvput.errors import (
    CounterDamaged,
    DataInUse,
    NameInTheWay,
    PreconditionFailed,
    StoreFailed,
    Unreadable,
)
from kvput.store.base import Batch, Delete, Put, RaiseCounter, View
from kvput.store.files.env import Environment
from kvput.store.files.folder import open_folder
from kvput.store.files.layout import COUNTER, JOURNAL, LOCK, PRIVATE, SCRATCH
from kvput.store.files.store import FileStore
from tests.store.files.hooked import hooked
from tests.store.files.mounts import NOBODY, as_nobody, memory_disk, open_place
from tests.store.tools import (
    collection,
    content_of,
    is_collection,
    list_of,
    names_of,
    opened,
    put,
    resource,
    scratch_of,
    seen,
    writing,
)

# --- the folder is moved or replaced


async def test_a_folder_that_is_moved_away(tmp_path: Path) -> None:
    """Nothing is read from or written into the place it went to; put back, all goes on."""
    data, away = tmp_path / "data", tmp_path / "away"
    data.mkdir()
    async with opened(data) as store:
        await put(store, "/a/1", b"1")
        data.rename(away)
        with pytest.raises(StoreFailed):
            await store.get(resource("/a/1"))
        with pytest.raises(StoreFailed) as raised:
            await put(store, "/a/1", b"2")
        assert "moved or replaced" in raised.value.detail
        with pytest.raises(StoreFailed):
            await list_of(store, "/a")
        assert (away / "a" / "1.json").read_bytes() == b"1"
        away.rename(data)
        await put(store, "/a/1", b"3")
        assert await content_of(store, "/a/1") == b"3"
    assert (data / "a" / "1.json").read_bytes() == b"3"


async def test_another_folder_in_its_place(tmp_path: Path) -> None:
    """What stands under the path now is what is read, listed and written."""
    data = tmp_path / "data"
    data.mkdir()
    async with opened(data) as store:
        await put(store, "/a/1", b"1")
        data.rename(tmp_path / "old")
        (data / "a").mkdir(parents=True)
        (data / "a" / "2.json").write_bytes(b"2")
        assert await content_of(store, "/a/1") is None
        assert await content_of(store, "/a/2") == b"2"
        listed = await list_of(store, "/a")
        assert listed is not None
        assert [entry.path for entry in listed] == [resource("/a/2")]
        await put(store, "/a/3", b"3")
        assert await content_of(store, "/a/3") == b"3"
        assert (data / "a" / "3.json").read_bytes() == b"3"
        # The old one is free, the new one is held.
        open_folder(tmp_path / "old").close()
        with pytest.raises(DataInUse):
            open_folder(data)
    assert not (tmp_path / "old" / "a" / "3.json").exists()


async def test_a_link_to_the_folder_that_is_led_elsewhere(tmp_path: Path) -> None:
    """A path that leads to another folder than before has that one's resources."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.json").write_text(f'"{name}"')
    link = tmp_path / "link"
    link.symlink_to("one")
    async with opened(link) as store:
        assert await content_of(store, "/a") == b'"one"'
        link.unlink()
        link.symlink_to("two")
        assert await content_of(store, "/a") == b'"two"'
        await put(store, "/b", b"1")
    assert (tmp_path / "two" / "b.json").exists()


async def test_a_link_is_led_elsewhere_while_all_is_in_the_cache(tmp_path: Path) -> None:
    """The hot path, too, asks for the folder that stands under the path now."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.json").write_text(f'"{name}"')
    link = tmp_path / "link"
    link.symlink_to("one")
    async with opened(link) as store:
        await asyncio.sleep(0.1)  # until the files are old enough to be trusted
        for _ in range(3):
            assert await content_of(store, "/a") == b'"one"'
        (tmp_path / "next").symlink_to("two")
        (tmp_path / "next").rename(link)
        assert await content_of(store, "/a") == b'"two"'


async def test_the_folder_above_is_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path still leads to the folder: nothing of it is missing, nothing unguarded."""
    (tmp_path / "w" / "data" / "a").mkdir(parents=True)
    (tmp_path / "w" / "data" / "a" / "link.json").symlink_to("1.json")
    monkeypatch.chdir(tmp_path / "w")
    async with opened(Path("data")) as store:
        for number in range(1, 4):
            await put(store, f"/a/{number}", b"1")
        await asyncio.sleep(0.1)
        assert await content_of(store, "/a/1") == b"1"
        (tmp_path / "w").rename(tmp_path / "w2")
        for _ in range(3):
            assert await content_of(store, "/a/1") == b"1"
            assert await content_of(store, "/a/link") == b"1"
            listed = await list_of(store, "/a")
            assert listed is not None
            assert len(listed) == 4
            with pytest.raises(PreconditionFailed):
                await store.commit(guarded("/a/2", b"something else", b"2"))


async def test_folders_that_take_turns(tmp_path: Path) -> None:
    """What a folder took, descriptors and memory, is given back when another has its place."""
    data, other = tmp_path / "data", tmp_path / "other"
    for place in (data, other):
        place.mkdir()
        (place / "a.json").write_bytes(b"1")
    async with opened(data) as store:
        await put(store, "/b", b"2")
        assert await list_of(store, "/") is not None
        before = len(os.listdir("/dev/fd"))  # noqa: PTH208  # this process's descriptors
        for _ in range(10):
            data.rename(tmp_path / "between")
            other.rename(data)
            (tmp_path / "between").rename(other)
            assert await content_of(store, "/a") == b"1"
            await put(store, "/b", b"2")
        assert len(os.listdir("/dev/fd")) <= before + 1  # noqa: PTH208  # as above


async def test_another_folder_is_locked_when_it_is_read(tmp_path: Path) -> None:
    """Before anything is written: the new one is held, and the old one let go."""
    data = tmp_path / "data"
    data.mkdir()
    async with opened(data) as store:
        data.rename(tmp_path / "old")
        data.mkdir()
        assert await store.get(resource("/a")) is None
        await store.commit(lambda _: Batch(()))
        with pytest.raises(DataInUse):
            open_folder(data)
        open_folder(tmp_path / "old").close()


@pytest.mark.parametrize("name", [".", SCRATCH, JOURNAL, LOCK])
async def test_what_kvput_needs_is_removed(tmp_path: Path, name: str) -> None:
    """`git clean -x` takes .kvput away: it is made again, and the folder stays locked."""
    async with opened(tmp_path) as store:
        await put(store, "/a/1", b"1")
        place = tmp_path / PRIVATE / name
        place.unlink() if name == LOCK else shutil.rmtree(place)
        await put(store, "/a/1", b"2")
        assert await content_of(store, "/a/1") == b"2"
        with pytest.raises(DataInUse):
            open_folder(tmp_path)


async def test_another_kvput_takes_the_folder_whose_lock_was_removed(tmp_path: Path) -> None:
    """Of two that hold a lock each, only the one whose lock stands in the folder writes."""
    async with opened(tmp_path) as store:
        await put(store, "/a", b"1")
        (tmp_path / PRIVATE / LOCK).unlink()
        async with opened(tmp_path) as other:
            await put(other, "/a", b"2")
            with pytest.raises(StoreFailed) as raised:
                await put(store, "/a", b"3")
            assert f"process {os.getpid()}" in raised.value.detail
            assert await content_of(store, "/a") == b"2"
        await put(store, "/a", b"4")
    assert (tmp_path / "a.json").read_bytes() == b"4"


# --- hand edits in the middle of a commit


def at_commits(call: str, hand: Callable[[], None]) -> Environment:
    """A system under which a hand does something before the first such call of a commit."""
    hands = [hand]

    def before(made: str, *_: object) -> None:
        if made == call and threading.current_thread().name == "kvput-commit" and hands:
            hands.pop()()

    return hooked(before)


def guarded(url: str, expected: bytes, new: bytes) -> Callable[[View], Batch]:
    """A decision to write `new` over `expected`, and over nothing else."""

    def decide(view: View) -> Batch:
        entry = view.get(resource(url))
        if (entry and entry.content) != expected:
            raise PreconditionFailed("it is something else")
        return Batch((Put(resource(url), new),))

    return decide


@pytest.mark.parametrize("call", ["sync", "create", "write", "sync_data", "exchange"])
async def test_a_hand_edit_before_the_file_takes_its_place(tmp_path: Path, call: str) -> None:
    """The precondition is evaluated again: what it was evaluated on is not there any more."""
    (tmp_path / "a.json").write_bytes(b"1")

    def edit() -> None:
        (tmp_path / "new").write_bytes(b"hand")
        (tmp_path / "new").rename(tmp_path / "a.json")

    async with opened(tmp_path, environment=at_commits(call, edit)) as store:
        with pytest.raises(PreconditionFailed):
            await store.commit(guarded("/a", b"1", b"2"))
        assert await content_of(store, "/a") == b"hand"
        await store.commit(guarded("/a", b"hand", b"3"))
    assert scratch_of(tmp_path) == []
    assert (tmp_path / "a.json").read_bytes() == b"3"


async def test_a_hand_edit_of_the_new_file_before_its_commit_ends(tmp_path: Path) -> None:
    """What is written into it shows, at once and later."""
    (tmp_path / "a.json").write_bytes(b"1")

    def edit() -> None:
        assert (tmp_path / "a.json").read_bytes() == b"kvput"
        (tmp_path / "a.json").write_bytes(b"hand")

    async with opened(tmp_path, environment=at_commits("move", edit)) as store:
        batch = writing(Put(resource("/a"), b"kvput"), Put(resource("/b"), b"kvput"))
        await store.commit(batch)
        for _ in range(3):
            assert await content_of(store, "/a") == b"hand"
            await asyncio.sleep(0.06)
    async with opened(tmp_path) as store:
        assert await content_of(store, "/a") == b"hand"


@pytest.mark.parametrize("call", ["sync", "write", "sync_data", "move"])
async def test_the_folder_is_moved_in_the_middle_of_a_commit(tmp_path: Path, call: str) -> None:
    """A write that went along with it is not acknowledged: nobody would find it."""
    data = tmp_path / "data"
    data.mkdir()

    def move() -> None:
        data.rename(tmp_path / "away")

    async with opened(data, environment=at_commits(call, move)) as store:
        with pytest.raises(StoreFailed) as raised:
            await put(store, "/a", b"1")
        assert "moved or replaced" in raised.value.detail


async def test_files_that_never_stand_still(tmp_path: Path) -> None:
    """A commit that is overtaken again and again is given up, and nothing is written."""
    count = 0

    def restless(call: str, *_: object) -> None:
        nonlocal count
        if call in ("sync", "sync_data"):
            count += 1
            (tmp_path / "a.json").write_bytes(b"%d" % count)

    def decide(view: View) -> Batch:
        view.get(resource("/a"))
        return Batch((Put(resource("/a"), b"kvput"),))

    async with opened(tmp_path, environment=hooked(restless)) as store:
        with pytest.raises(StoreFailed) as raised:
            await store.commit(decide)
        assert "faster" in raised.value.detail
        assert await content_of(store, "/a") == b"%d" % count


# --- odd things in it


@pytest.mark.parametrize("link", ["x", "../lp/x", "/proc/1/cwd/x"])
async def test_a_link_that_leads_nowhere_in_a_list(tmp_path: Path, link: str) -> None:
    """Neither a loop nor a place that cannot be looked at breaks the list around it."""
    (tmp_path / "lp").mkdir()
    (tmp_path / "lp" / "1.json").write_bytes(b"1")
    (tmp_path / "lp" / "x").symlink_to(link)
    async with opened(tmp_path) as store:
        names = await names_of(store, "/lp")
        assert names is not None
        assert names.resources == (resource("/lp/1"),)
        assert await is_collection(store, "/lp")


async def test_a_link_to_the_folder_does_not_reach_the_servers_own_segment(tmp_path: Path) -> None:
    """`/-/` has no files, by whatever way."""
    (tmp_path / "me").symlink_to(".")
    async with opened(tmp_path) as store:
        with pytest.raises(NameInTheWay):
            await put(store, "/me/-/x", b"1")
        assert await store.get(resource("/me/-/x")) is None
        await put(store, "/me/a", b"1")
        assert await content_of(store, "/a") == b"1"
    assert not (tmp_path / "-").exists()


@pytest.mark.parametrize("kind", ["directory", "link"])
async def test_a_counter_that_is_no_file(tmp_path: Path, kind: str) -> None:
    """Whoever asks for the counter is told; it is not taken for nothing."""
    (tmp_path / "a").mkdir()
    if kind == "directory":
        (tmp_path / "a" / COUNTER).mkdir()
    else:
        (tmp_path / "a" / COUNTER).symlink_to("elsewhere")
    async with opened(tmp_path) as store:
        with pytest.raises(CounterDamaged):
            await seen(store, lambda view: view.counter(collection("/a")))


async def test_descriptors_run_out(tmp_path: Path) -> None:
    """A list is whole or fails; it does not leave out what could not be opened."""
    async with opened(tmp_path, read_cache=0) as store:
        for number in range(20):
            await put(store, f"/a/{number}", b"1")
        held: list[int] = []
        lengths: set[int | None] = set()
        try:
            while (descriptor := _open_or_none(tmp_path)) is not None:
                held.append(descriptor)
            for _ in range(8):
                lengths.add(await _length_of_list(store))
                os.close(held.pop())
        finally:
            for descriptor in held:
                os.close(descriptor)
        assert lengths == {None, 20}


def _open_or_none(place: Path) -> int | None:
    try:
        return os.open(place, os.O_RDONLY)
    except OSError:
        return None


async def _length_of_list(store: FileStore) -> int | None:
    try:
        listed = await list_of(store, "/a")
    except StoreFailed:
        return None
    return None if listed is None else len(listed)


async def test_a_directory_whose_files_may_not_be_opened() -> None:
    """A list of it is refused, instead of being empty."""
    with open_place() as data:
        (data / "a").mkdir()
        (data / "a" / "1.json").write_bytes(b"1")
        (data / "a").chmod(0o744)
        os.chown(data, NOBODY, NOBODY)
        with as_nobody():
            async with opened(data) as store:
                with pytest.raises(Unreadable):
                    await list_of(store, "/a")


async def test_deleting_makes_room_on_a_full_disk(tmp_path: Path) -> None:
    """The counter that keeps the number from being used again does not stand in the way."""
    with memory_disk(tmp_path / "disk") as disk:
        async with opened(disk) as store:
            await put(store, "/c/5", b"1" * 5000)
            await put(store, "/c/6", b"1" * 5000)
            with pytest.raises(OSError, match="No space left"):
                (disk / "filler").write_bytes(b"x" * (1 << 20))
            batch = writing(Delete(resource("/c/6")), RaiseCounter(collection("/c"), 6))
            commit = await store.commit(batch)
            assert [change.path for change in commit.changes] == [resource("/c/6")]
            assert await store.get(resource("/c/6")) is None
            assert await seen(store, lambda view: view.counter(collection("/c"))) == 6


async def test_paths_that_are_not_there_take_no_memory(tmp_path: Path) -> None:
    """What strangers ask for is not remembered."""
    async with opened(tmp_path) as store:
        before = _resident_bytes()
        for number in range(300):
            assert await store.get(resource("/" + "a/" * 900 + str(number))) is None
        assert _resident_bytes() - before < 30 << 20


def _resident_bytes() -> int:
    status = Path("/proc/self/statm")
    if not status.exists():
        pytest.skip("/proc/self/statm is missing")
    return int(status.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

"""Opening the data folder: what is refused and in which words, and what is made there."""

import errno
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path

import pytest

from kvput.errors import DataInUse, DataUnusable, DiskFull, ReadOnly
from kvput.store.base import Put
from kvput.store.files.folder import Folder, open_folder
from kvput.store.files.layout import IGNORE, JOURNAL, LOCK, PRIVATE, SCRATCH
from tests.store.files.mounts import (
    as_nobody,
    fill,
    image_disk,
    memory_disk,
    open_place,
    remount,
    simulate_folding,
)
from tests.store.tools import content_of, delete, opened, put, resource, scratch_of, writing

HOLDER = """
import sys, time
from pathlib import Path
from kvput.store.files.folder import open_folder
folder = open_folder(Path(sys.argv[1]))
print("locked", flush=True)
time.sleep(60)
"""


@pytest.fixture
def shared_place() -> Iterator[Path]:
    """A folder that every user can reach."""
    with open_place() as place:
        yield place


def refusal(data: Path) -> str:
    """Why the folder is not opened."""
    with pytest.raises(DataUnusable) as raised:
        open_folder(data).close()
    assert "\n" not in raised.value.detail
    return raised.value.detail


# --- what is refused


def test_a_folder_that_is_missing(tmp_path: Path) -> None:
    """It is not made: a wrong name would serve an empty store."""
    data = tmp_path / "none"
    assert refusal(data) == f"{data}: there is no such folder: make it, or name another."
    assert not data.exists()


def test_a_folder_below_a_file(tmp_path: Path) -> None:
    """It is missing as well."""
    (tmp_path / "file").touch()
    data = tmp_path / "file" / "data"
    assert refusal(data) == f"{data}: there is no such folder: make it, or name another."


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("file", ""),
        (
            "db.json",
            (
                "; kvput serves folders with one file per resource, see "
                '"Coming from json-server" in the README'
            ),
        ),
    ],
)
def test_a_file(tmp_path: Path, name: str, hint: str) -> None:
    """It is no folder; one with JSON in it is what other servers are started with."""
    data = tmp_path / name
    data.write_text("{}")
    assert refusal(data) == f"{data}: is a file: name the folder that holds the resources{hint}."
    assert data.read_text() == "{}"


def test_a_folder_that_may_not_be_read(shared_place: Path) -> None:
    """The sentence says who lacks what."""
    data = shared_place / "data"
    data.mkdir(mode=0o700)
    with as_nobody():
        reason = refusal(data)
    assert reason == f"{data}: cannot be read: the server's user has no permission."


@pytest.mark.parametrize("kind", ["file", "link"])
def test_something_else_where_kvput_keeps_its_own(tmp_path: Path, kind: str) -> None:
    """A link would lead the lock and scratch out of the folder."""
    private, elsewhere = tmp_path / PRIVATE, tmp_path / "elsewhere"
    elsewhere.mkdir()
    if kind == "file":
        private.touch()
    else:
        private.symlink_to(elsewhere)
    assert refusal(tmp_path) == f"{private}: is no folder, which kvput needs there: move it away."
    assert list(elsewhere.iterdir()) == []


# --- the lock


def _hold(data: Path) -> subprocess.Popen[bytes]:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(data)], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"locked\n"
    return holder


def test_a_folder_that_another_process_serves(tmp_path: Path) -> None:
    """The sentence names that process; killed, it leaves the folder free."""
    with _hold(tmp_path) as holder:
        try:
            with pytest.raises(DataInUse) as raised:
                open_folder(tmp_path)
            assert raised.value.detail == (
                f"{tmp_path}: is served by another kvput already (process {holder.pid}): "
                "stop that one, or serve another folder."
            )
        finally:
            holder.send_signal(signal.SIGKILL)
            holder.wait()
    with closing(open_folder(tmp_path)):
        assert (tmp_path / PRIVATE / LOCK).read_text() == f"{os.getpid()}\n"


def test_a_folder_that_was_closed_is_free(tmp_path: Path) -> None:
    """Also where the lock's old text is longer than the new one."""
    open_folder(tmp_path).close()
    (tmp_path / PRIVATE / LOCK).write_text("99999999999999999\n")
    with closing(open_folder(tmp_path)):
        assert (tmp_path / PRIVATE / LOCK).read_text() == f"{os.getpid()}\n"


def test_a_folder_that_cannot_be_opened_is_not_kept_locked(tmp_path: Path) -> None:
    """The failure behind the lock gives it back."""
    (tmp_path / PRIVATE).mkdir()
    (tmp_path / PRIVATE / SCRATCH).write_text("no directory")
    refusal(tmp_path)
    (tmp_path / PRIVATE / SCRATCH).unlink()
    open_folder(tmp_path).close()


def test_a_directory_in_scratch_is_left_alone(tmp_path: Path) -> None:
    """kvput makes none there: it is somebody else's."""
    (tmp_path / PRIVATE / SCRATCH / "directory").mkdir(parents=True)
    open_folder(tmp_path).close()
    assert scratch_of(tmp_path) == ["directory"]


# --- what is made


def test_what_kvput_makes_in_a_folder(tmp_path: Path) -> None:
    """Its own directory, of which git is told to take no notice, and nothing beside it."""
    with closing(open_folder(tmp_path)) as folder:
        assert folder.read_only is None
        assert [place.name for place in tmp_path.iterdir()] == [PRIVATE]
        made = {place.name for place in (tmp_path / PRIVATE).iterdir()}
        assert made == {IGNORE, JOURNAL, LOCK, SCRATCH}
        assert (tmp_path / PRIVATE / IGNORE).read_text() == "*\n"
        assert scratch_of(tmp_path) == []


def test_what_an_earlier_run_left_in_scratch_is_cleared(tmp_path: Path) -> None:
    """A crash leaves temporary files; what a hand wrote into .gitignore stays."""
    open_folder(tmp_path).close()
    for name in ("123-1", "123-2"):
        (tmp_path / PRIVATE / SCRATCH / name).write_text("half of a res")
    (tmp_path / PRIVATE / IGNORE).write_text("mine\n")
    with closing(open_folder(tmp_path)):
        assert scratch_of(tmp_path) == []
        assert (tmp_path / PRIVATE / IGNORE).read_text() == "mine\n"


def test_whether_the_disk_folds_names_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By trying, which leaves nothing behind."""
    (tmp_path / "probe").touch()
    disk_folds = (tmp_path / "PROBE").exists()
    with closing(open_folder(tmp_path)) as folder:
        assert folder.folds_names is disk_folds
    simulate_folding(tmp_path, monkeypatch)
    assert (tmp_path / "PROBE").exists()
    with closing(open_folder(tmp_path)) as folder:
        assert folder.folds_names
        assert scratch_of(tmp_path) == []


# --- folders that can only be read


def _assert_reads_only(folder: Folder, reason: int) -> None:
    advice = "mount it for writing"
    if reason != errno.EROFS:
        advice = "give the server's user write permission there"
    assert folder.read_only == (
        f"The data folder cannot be written to ({os.strerror(reason)}), so it is served for "
        f"reading only: {advice}."
    )
    assert folder.own is None


@pytest.mark.parametrize("kept", [(), (LOCK,), (LOCK, SCRATCH, JOURNAL)], ids=len)
async def test_a_read_only_disk_is_served_for_reading(
    tmp_path: Path, kept: tuple[str, ...]
) -> None:
    """By any number of servers at once, whatever stands in `.kvput`; a write says why not."""
    with memory_disk(tmp_path / "disk") as disk:
        (disk / "a.json").write_text("1")
        if kept:
            open_folder(disk).close()
            for place in (disk / PRIVATE).iterdir():
                if place.name not in kept:
                    place.rmdir() if place.is_dir() else place.unlink()
        remount(disk, "ro")
        with closing(open_folder(disk)) as folder:
            _assert_reads_only(folder, errno.EROFS)
            async with opened(disk) as store:
                assert store.read_only == folder.read_only
                assert await content_of(store, "/a") == b"1"
                with pytest.raises(ReadOnly) as raised:
                    await put(store, "/b", b"2")
                assert raised.value.detail == folder.read_only
                assert (await store.commit(writing())).changes == ()
        assert (disk / PRIVATE).exists() == bool(kept)


@pytest.mark.parametrize("prepared", [False, True], ids=["first run", "root ran before"])
async def test_a_folder_of_another_user_is_served_for_reading(
    shared_place: Path, prepared: bool
) -> None:
    """Whether or not that user has served it already."""
    (shared_place / "a.json").write_text("1")
    if prepared:
        open_folder(shared_place).close()
    with as_nobody():
        with closing(open_folder(shared_place)) as folder:
            _assert_reads_only(folder, errno.EACCES)
        async with opened(shared_place) as store:
            assert await content_of(store, "/a") == b"1"


def test_a_lock_of_another_user_in_a_folder_for_all(shared_place: Path) -> None:
    """Where only the lock cannot be opened, the folder is served for reading as well."""
    open_folder(shared_place).close()
    for place in (shared_place, shared_place / PRIVATE, shared_place / PRIVATE / SCRATCH):
        place.chmod(0o777)
    (shared_place / PRIVATE / LOCK).chmod(0o600)
    with as_nobody(), closing(open_folder(shared_place)) as folder:
        _assert_reads_only(folder, errno.EACCES)


# --- full disks

DISKS: dict[str, Callable[[Path], AbstractContextManager[Path]]] = {
    "tmpfs": lambda place: memory_disk(place, size="128k"),
    "ext4": lambda place: image_disk(place, "ext4"),
}


@pytest.mark.parametrize("disk", DISKS.values(), ids=DISKS)
async def test_a_full_disk_can_be_opened(
    tmp_path: Path, disk: Callable[[Path], AbstractContextManager[Path]]
) -> None:
    """Where kvput has not been before: for reading, and for writing once a hand has made room."""
    with disk(tmp_path / "disk") as data:
        (data / "a.json").write_text("1")
        filler = fill(data)
        async with opened(data) as store:
            assert await content_of(store, "/a") == b"1"
            for write in (put(store, "/b", b"2"), put(store, "/a", b"2"), delete(store, "/a")):
                with pytest.raises(DiskFull):
                    await write
            assert await content_of(store, "/a") == b"1"
            filler.unlink()
            await put(store, "/b", b"2")
            assert store.read_only is None
            assert await content_of(store, "/b") == b"2"


@pytest.mark.parametrize("disk", DISKS.values(), ids=DISKS)
async def test_a_full_disk_that_has_been_served(
    tmp_path: Path, disk: Callable[[Path], AbstractContextManager[Path]]
) -> None:
    """What is there can be deleted, which makes room: the journal has some of its own."""
    with disk(tmp_path / "disk") as data:
        async with opened(data) as store:
            await put(store, "/a", b"1")
            await put(store, "/b", b"1")
        fill(data)
        async with opened(data) as store:
            assert store.read_only is None
            with pytest.raises(DiskFull):
                await put(store, "/c", b"2" * 20_000)
            for url in ("/a", "/b", "/filler"):
                await delete(store, url)
            await put(store, "/c", b"2" * 20_000)
            assert await content_of(store, "/c") == b"2" * 20_000


@pytest.mark.parametrize("name", [PRIVATE, LOCK, SCRATCH, JOURNAL, "case", "times"])
async def test_no_room_for_what_kvput_makes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Whichever of it: the folder is opened, and written to once there is room."""
    (tmp_path / "a.json").write_text("1")
    full = True

    def without_room(call: Callable[..., object], makes: Callable[..., bool]) -> object:
        def called(path: str | Path, *rest: int, **more: int) -> object:
            if full and Path(path).name == name and makes(*rest):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return call(path, *rest, **more)

        return called

    def creates(flags: int, *_: int) -> bool:
        return bool(flags & os.O_CREAT)

    monkeypatch.setattr(os, "open", without_room(os.open, creates))
    monkeypatch.setattr(os, "mkdir", without_room(os.mkdir, lambda *_: True))
    async with opened(tmp_path) as store:
        assert await content_of(store, "/a") == b"1"
        if store.read_only is not None:
            assert os.strerror(errno.ENOSPC) in store.read_only
            with pytest.raises(DiskFull):
                await put(store, "/a", b"2")
        full = False
        await put(store, "/a", b"2")
        assert store.read_only is None


# --- what a hand has chosen


def test_a_new_file_has_the_users_usual_mode(tmp_path: Path) -> None:
    """Nothing is opened to more users than the umask says."""
    before = os.umask(0o077)
    try:
        open_folder(tmp_path).close()
    finally:
        os.umask(before)
    for place in (tmp_path / PRIVATE, *(tmp_path / PRIVATE).iterdir()):
        assert stat.S_IMODE(place.stat().st_mode) & 0o077 == 0, place


async def test_the_folder_may_be_named_by_a_link(tmp_path: Path) -> None:
    """It is served as the folder is that it leads to."""
    (tmp_path / "data").mkdir()
    (tmp_path / "link").symlink_to("data")
    async with opened(tmp_path / "link") as store:
        await store.commit(writing(Put(resource("/a/1"), b"1")))
        assert await content_of(store, "/a/1") == b"1"
    assert (tmp_path / "data" / "a" / "1.json").read_bytes() == b"1"

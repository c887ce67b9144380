"""The index of a collection: whatever a hand or a commit does, the next list shows it."""

import asyncio
import errno
import gc
import os
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from kvput.errors import StoreFailed
from kvput.paths import CollectionPath
from kvput.query.selection import EVERYTHING, Selected, Selection, SortBy
from kvput.query.values import Field
from kvput.store.base import Batch, Decision, Delete, Put, View
from kvput.store.files import index, indexes, kernel, watch
from kvput.store.files.store import FileStore
from tests.store.tools import collection, opened, put, resource, writing

A = collection("/a/")


@pytest.fixture(params=["events", "no events"])
async def store(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[FileStore]:
    """A store over a folder with a collection of three, with the kernel's events and without."""
    if request.param == "no events":
        monkeypatch.setattr(kernel, "_inotify_add_watch", None)
    for name in ("1", "2", "10"):
        _write(tmp_path / "a" / f"{name}.json", b'{"id":%s}' % name.encode())
    async with opened(tmp_path) as store:
        yield store


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


async def _selected(
    store: FileStore, selection: Selection = EVERYTHING, path: CollectionPath = A
) -> Selected:
    selected = await store.read(lambda view: view.select(path, selection))
    assert selected is not None
    return selected


async def _texts(store: FileStore) -> dict[str, bytes]:
    return {item.name: item.text for item in (await _selected(store)).items}


async def test_a_list_is_in_natural_order_with_its_texts(store: FileStore) -> None:
    """2 before 10."""
    assert list((await _texts(store)).items()) == [
        ("1", b'{"id":1}'),
        ("2", b'{"id":2}'),
        ("10", b'{"id":10}'),
    ]


def _in_place(folder: Path) -> None:
    (folder / "1.json").write_bytes(b'{"id":7}')


def _in_place_at_the_same_time(folder: Path) -> None:
    file = folder / "1.json"
    before = file.stat()
    file.write_bytes(b'{"id":7}')
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def _by_renaming(folder: Path) -> None:
    (folder / "1.json~").write_bytes(b'{"id":7}')
    (folder / "1.json~").rename(folder / "1.json")


def _appended(folder: Path) -> None:
    (folder / "1.json").write_bytes(b'{"id":')
    with (folder / "1.json").open("ab") as file:
        file.write(b"7}")


@pytest.mark.parametrize("edit", [_in_place, _in_place_at_the_same_time, _by_renaming, _appended])
async def test_an_edit_shows_in_the_next_list(
    store: FileStore, tmp_path: Path, edit: Callable[[Path], None]
) -> None:
    """However an editor or a script does it."""
    assert (await _texts(store))["1"] == b'{"id":1}'
    edit(tmp_path / "a")
    assert (await _texts(store))["1"] == b'{"id":7}'


async def test_adding_and_removing_by_hand_shows_in_the_next_list(
    store: FileStore, tmp_path: Path
) -> None:
    """`cp`, `rm` and `mv`, and what is no resource stays out."""
    folder = tmp_path / "a"
    assert set(await _texts(store)) == {"1", "2", "10"}
    _write(folder / "x y.json", b"[]")
    _write(folder / "notes.txt", b"[]")
    _write(folder / ".hidden.json", b"[]")
    (folder / "sub.json").mkdir()
    assert set(await _texts(store)) == {"1", "2", "10", "x y"}
    (folder / "1.json").unlink()
    (folder / "2.json").rename(folder / "3.json")
    assert set(await _texts(store)) == {"3", "10", "x y"}


async def test_a_resource_that_becomes_a_directory_or_a_pipe_leaves_the_list(
    store: FileStore, tmp_path: Path
) -> None:
    """Only regular files are resources."""
    await _texts(store)
    for name, make in (("1", os.mkdir), ("2", os.mkfifo)):
        (tmp_path / "a" / f"{name}.json").unlink()
        make(tmp_path / "a" / f"{name}.json")
    assert set(await _texts(store)) == {"10"}


async def test_what_git_checks_out_shows_in_the_next_list(store: FileStore, tmp_path: Path) -> None:
    """A branch with other files, other content and one less."""

    def git(*arguments: str) -> None:
        subprocess.run(
            ("git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments),
            cwd=tmp_path, check=True, capture_output=True,
        )  # fmt: skip

    git("init", "-b", "one")
    git("add", "a")
    git("commit", "-m", "one")
    git("checkout", "-b", "two")
    _in_place(tmp_path / "a")
    (tmp_path / "a" / "2.json").unlink()
    _write(tmp_path / "a" / "4.json", b"4")
    git("add", "-A", "a")
    git("commit", "-m", "two")
    assert await _texts(store) == {"1": b'{"id":7}', "4": b"4", "10": b'{"id":10}'}
    git("checkout", "one")
    assert await _texts(store) == {"1": b'{"id":1}', "2": b'{"id":2}', "10": b'{"id":10}'}
    git("checkout", "two")
    assert await _texts(store) == {"1": b'{"id":7}', "4": b"4", "10": b'{"id":10}'}


async def test_a_directory_that_is_moved_emptied_replaced_and_made_again(
    store: FileStore, tmp_path: Path
) -> None:
    """The list is of what stands there now."""
    folder = tmp_path / "a"
    await _texts(store)
    folder.rename(tmp_path / "b")
    assert await store.read(lambda view: view.select(A, EVERYTHING)) is None
    folder.mkdir()
    assert await _texts(store) == {}
    _write(folder / "5.json", b"5")
    assert await _texts(store) == {"5": b"5"}
    (folder / "5.json").unlink()
    folder.rmdir()
    # Often under the same inode number.
    folder.mkdir()
    _write(folder / "6.json", b"6")
    assert await _texts(store) == {"6": b"6"}
    (tmp_path / "b").rename(tmp_path / "c")
    folder.rename(tmp_path / "b")
    (tmp_path / "c").rename(folder)
    assert set(await _texts(store)) == {"1", "2", "10"}


async def test_a_file_behind_a_link_is_looked_at_each_time(
    store: FileStore, tmp_path: Path
) -> None:
    """Its directory says nothing of a change there."""
    _write(tmp_path / "b" / "1.json", b"1")
    (tmp_path / "a" / "link.json").symlink_to(tmp_path / "b" / "1.json")
    assert (await _texts(store))["link"] == b"1"
    _write(tmp_path / "b" / "1.json", b"2")
    assert (await _texts(store))["link"] == b"2"
    (tmp_path / "b" / "1.json").unlink()
    assert "link" not in await _texts(store)
    _write(tmp_path / "b" / "1.json", b"3")
    assert (await _texts(store))["link"] == b"3"


async def test_a_file_with_another_name_elsewhere(store: FileStore, tmp_path: Path) -> None:
    """Its directory says nothing of a change under that name, nor of the name itself."""
    elsewhere = tmp_path / "elsewhere"
    os.link(tmp_path / "a" / "1.json", elsewhere)
    await _texts(store)
    elsewhere.write_bytes(b'{"id":7}')
    assert (await _texts(store))["1"] == b'{"id":7}'
    os.link(tmp_path / "a" / "2.json", tmp_path / "later")
    (tmp_path / "later").write_bytes(b'{"id":8}')
    await asyncio.sleep(0.15)
    assert (await _texts(store))["2"] == b'{"id":8}'


async def test_a_collection_behind_a_link(store: FileStore, tmp_path: Path) -> None:
    """It is the directory that the link leads to, also when that is another one."""
    (tmp_path / "l").symlink_to("a")
    both = [collection("/l/"), A]
    for content in (b"1", b"2"):
        _write(tmp_path / "a" / "1.json", content)
        for path in both:
            assert (await _selected(store, path=path)).items[0].text == content
    _write(tmp_path / "b" / "9.json", b"9")
    (tmp_path / "l").unlink()
    (tmp_path / "l").symlink_to("b")
    found = await store.read(lambda view: view.select(both[0], EVERYTHING))
    assert found is not None
    assert [item.name for item in found.items] == ["9"]


async def test_commits_show_in_the_next_list(store: FileStore) -> None:
    """New, changed and removed resources, in the list that follows the answer."""
    await _texts(store)
    await put(store, "/a/1", b'"one"')
    assert (await _texts(store))["1"] == b'"one"'
    await store.commit(writing(Put(resource("/a/3"), b"3"), Delete(resource("/a/2"))))
    assert set(await _texts(store)) == {"1", "3", "10"}
    await put(store, "/a/1", b'"two"')
    assert (await _texts(store))["1"] == b'"two"'


async def test_a_decision_selects_what_it_will_write_over(store: FileStore) -> None:
    """Also of what the commits before it in its group have written."""
    sizes: list[int] = []

    def put_another(number: int) -> Decision:
        def decide(view: View) -> Batch:
            selected = view.select(A, EVERYTHING)
            assert selected is not None
            sizes.append(selected.total)
            return Batch((Put(resource(f"/a/{100 + number}"), b"0"),))

        return decide

    await asyncio.gather(*(store.commit(put_another(number)) for number in range(20)))
    assert sizes == list(range(3, 23))


async def test_a_broken_file_is_left_out_until_it_is_mended(
    store: FileStore, tmp_path: Path
) -> None:
    """It breaks nothing but itself, and its fault is told with the place."""
    _write(tmp_path / "a" / "2.json", b'{"id":2,}')
    selected = await _selected(store)
    assert [item.name for item in selected.items] == ["1", "10"]
    (fault,) = selected.faults
    assert (fault.name, fault.line, fault.column) == ("2", 1, 9)
    _write(tmp_path / "a" / "2.json", b'{"id":2}')
    selected = await _selected(store)
    assert len(selected.items) == 3
    assert selected.faults == ()


async def test_large_content_is_listed_whole(store: FileStore) -> None:
    """What the read cache does not hold, the index does."""
    large = b'"' + b"x" * (2 << 20) + b'"'
    await _texts(store)
    await put(store, "/a/1", large)
    assert (await _texts(store))["1"] == large


async def test_a_file_without_permission_is_left_out(
    store: FileStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest of the list is there. (The error is made up: root may read all.)"""
    await _texts(store)
    real = os.open

    def refuse(path: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        if path == "1.json":
            raise PermissionError(13, "Permission denied")
        return real(path, flags, mode, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", refuse)
    _in_place(tmp_path / "a")
    assert set(await _texts(store)) == {"2", "10"}


# --- events


_QUEUE = Path("/proc/sys/fs/inotify/max_queued_events")


@pytest.mark.skipif(not _QUEUE.is_file(), reason="needs the queue of Linux's inotify")
async def test_lost_events_are_made_up_for(store: FileStore, tmp_path: Path) -> None:
    """More changes than the kernel's queue holds: all files are compared."""
    await _texts(store)
    most = int(_QUEUE.read_text())  # noqa: ASYNC240  # one number
    file = tmp_path / "a" / "x.json"
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT)
    other = os.open(tmp_path / "a" / "y.json", os.O_WRONLY | os.O_CREAT)
    # Equal events that follow one another are one: so by turns.
    for _ in range(most // 2 + 10):
        os.write(descriptor, b"1")
        os.write(other, b"1")
    os.close(descriptor)
    os.close(other)
    _in_place(tmp_path / "a")
    texts = await _texts(store)
    assert texts["1"] == b'{"id":7}'
    assert {"x", "y"} <= set(texts)


async def test_a_file_system_that_tells_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new name shows at once by the directory's time, an edit when all files are compared."""
    monkeypatch.setattr(kernel, "_CHANGES", 0x1000000 | 0x400)
    _write(tmp_path / "a" / "1.json", b"1")
    async with opened(tmp_path) as store:
        assert await _texts(store) == {"1": b"1"}
        _write(tmp_path / "a" / "2.json", b"2")
        assert await _texts(store) == {"1": b"1", "2": b"2"}
        _write(tmp_path / "a" / "1.json", b"11")
        await asyncio.sleep(0.15)
        assert (await _texts(store))["1"] == b"11"


async def test_files_are_not_compared_for_what_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However commits and lists meet: a time that shows before its event is no reason."""
    monkeypatch.setattr(index, "_LEAST_SECONDS", 60.0)
    compared = 0
    real = index.CollectionIndex._differing  # noqa: SLF001  # what must not be called

    def count(self: index.CollectionIndex, directory: int, known: dict[str, int]) -> set[str]:
        nonlocal compared
        compared += 1
        return real(self, directory, known)

    monkeypatch.setattr(index.CollectionIndex, "_differing", count)
    _write(tmp_path / "a" / "1.json", b"1")
    async with opened(tmp_path) as store:
        await _texts(store)

        async def commits() -> None:
            for number in range(300):
                await put(store, f"/a/{number % 3}", b"%d" % number)

        writers = [asyncio.create_task(commits()) for _ in range(3)]
        while not all(each.done() for each in writers):
            await asyncio.gather(*(_texts(store) for _ in range(4)))
        await asyncio.gather(*writers)
    assert compared == 0


async def test_where_comparing_takes_long_nobody_waits_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is done beside the requests, and shows in a later one."""
    monkeypatch.setattr(kernel, "_CHANGES", 0x1000000 | 0x400)
    monkeypatch.setattr(index, "_AT_ONCE_SECONDS", 0.0)
    monkeypatch.setattr(index, "_LEAST_SECONDS", 0.0)
    monkeypatch.setattr(index, "_SWEEP_SHARE", 0)
    _write(tmp_path / "a" / "1.json", b"1")
    async with opened(tmp_path) as store:
        await _texts(store)
        _write(tmp_path / "a" / "1.json", b"11")
        until = time.monotonic() + 10
        while (await _texts(store))["1"] != b"11":
            assert time.monotonic() < until
            await asyncio.sleep(0.01)


# --- building


async def test_building_is_told_and_keeps_nobody_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Resources, and lists of other collections, are read meanwhile."""
    for name in range(20):
        _write(tmp_path / "a" / f"{name}.json", b"1")
    _write(tmp_path / "b" / "1.json", b"1")
    monkeypatch.setattr(index, "_PROGRESS_EVERY", 10)
    told: list[tuple[str, int, int]] = []
    go_on = threading.Event()

    def progress(path: object, done: int, total: int) -> None:
        if path == A:
            told.append(("a", done, total))
            assert go_on.wait(30)

    async with opened(tmp_path, indexing=progress) as store:
        lists = [asyncio.create_task(_texts(store)) for _ in range(10)]
        for _ in range(10):
            await asyncio.sleep(0)
        assert await store.get(resource("/a/1")) is not None
        found = await store.read(lambda view: view.select(collection("/b"), EVERYTHING))
        assert found is not None
        await put(store, "/a/20", b"20")
        assert not any(each.done() for each in lists)
        go_on.set()
        for each in lists:
            assert len(await each) == 21
    assert told == [("a", 0, 20), ("a", 10, 20), ("a", 20, 20)]


async def test_the_least_used_indexes_are_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asks for many collections does not fill the memory, and each list is right."""
    monkeypatch.setattr(indexes, "_MOST_INDEXES", 2)
    for name in "abcd":
        _write(tmp_path / name / "1.json", b'"%s"' % name.encode())
    async with opened(tmp_path) as store:
        for _ in range(2):
            for name in "abcd":
                path = collection(f"/{name}/")
                selected = await _selected(store, path=path)
                assert selected.items[0].text == b'"%s"' % name.encode()


async def test_selections_while_everything_changes(store: FileStore, tmp_path: Path) -> None:
    """Each list is one moment's: whole items, each once, in order; the last one is exact."""
    stop = threading.Event()

    def hand() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            _write(tmp_path / "a" / f"hand{number % 5}.json", b'{"n":%d}' % number)
            if number % 3 == 0:
                (tmp_path / "a" / f"hand{number % 5}.json").unlink()

    async def commits() -> None:
        for number in range(200):
            await put(store, f"/a/{number % 7}", b'{"n":%d}' % number)

    thread = threading.Thread(target=hand)
    thread.start()
    try:
        writing_ = asyncio.create_task(commits())
        while not writing_.done():
            selected = await _selected(store, Selection(sort=(SortBy(Field("n"), True),)))
            names = [item.name for item in selected.items]
            assert len(names) == len(set(names)) == selected.total
            await asyncio.sleep(0)
        await writing_
    finally:
        stop.set()
        thread.join()
    on_disk = {
        file.stem: file.read_bytes() for file in (tmp_path / "a").glob("*.json") if file.is_file()
    }
    texts = await _texts(store)
    assert set(texts) == set(on_disk)
    assert all(b'"n":' in text or name == "10" for name, text in texts.items())


# --- what goes wrong meanwhile


async def test_a_failed_look_forgets_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list for which there was no descriptor fails, and the next one shows what had changed."""
    monkeypatch.setattr(index, "_LEAST_SECONDS", 60.0)
    for name in range(5):
        _write(tmp_path / "a" / f"{name}.json", b"1")
    async with opened(tmp_path) as store:
        assert len(await _texts(store)) == 5
        _write(tmp_path / "a" / "new.json", b"2")
        _write(tmp_path / "a" / "3.json", b"33")
        real = os.open
        failing = True

        def refuse(path: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
            if failing and path.endswith(".json"):
                raise OSError(24, "Too many open files")
            return real(path, flags, mode, dir_fd=dir_fd)

        monkeypatch.setattr(os, "open", refuse)
        with pytest.raises(StoreFailed):
            await _texts(store)
        failing = False
        texts = await _texts(store)
        assert (texts["new"], texts["3"]) == (b"2", b"33")


async def test_a_disk_that_dies_between_two_calls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The directory could still be opened, and nothing more: the list says that it failed."""
    _write(tmp_path / "a" / "1.json", b"1")
    async with opened(tmp_path) as store:
        assert len(await _texts(store)) == 1
        identity, real = (tmp_path / "a").stat().st_ino, os.fstat

        def fail(descriptor: int) -> os.stat_result:
            status = real(descriptor)
            if status.st_ino == identity:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            return status

        with monkeypatch.context() as patch:
            patch.setattr(os, "fstat", fail)
            with pytest.raises(StoreFailed, match="a could not be read"):
                await _texts(store)
        assert len(await _texts(store)) == 1


async def test_a_directory_that_changes_places_and_back(store: FileStore, tmp_path: Path) -> None:
    """What is held is always of the directory that it is held for."""
    folder, other, aside = tmp_path / "a", tmp_path / "other", tmp_path / "aside"
    for name in ("1", "2", "10"):
        _write(other / f"{name}.json", b'"other"')
    await _texts(store)
    stop = threading.Event()

    def swap() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            (folder / "1.json").write_bytes(b'{"id":1,"n":%d}' % number)
            folder.rename(aside)
            other.rename(folder)
            folder.rename(other)
            aside.rename(folder)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        for _ in range(150):
            await store.read(lambda view: view.select(A, EVERYTHING))
    finally:
        stop.set()
        thread.join()
    texts = await _texts(store)
    assert {name: (folder / f"{name}.json").read_bytes() for name in texts} == texts


async def test_many_changes_are_made_at_once(
    store: FileStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With orders in use: new, changed and removed ones, and a broken one."""
    monkeypatch.setattr(index, "_FEW", 3)
    by_n = Selection(sort=(SortBy(Field("n"), True),))
    await _selected(store, by_n)
    for name in range(20):
        _write(tmp_path / "a" / f"{name}.json", b'{"n":%d}' % (name % 7))
    (tmp_path / "a" / "10.json").unlink()
    _write(tmp_path / "a" / "11.json", b"{")
    selected = await _selected(store, by_n)
    assert [fault.name for fault in selected.faults] == ["11"]
    assert [int(item.name) % 7 for item in selected.items] == sorted(
        (name % 7 for name in range(20) if name not in (10, 11)), reverse=True
    )


async def test_names_that_nobody_asks_for_are_not_kept(
    store: FileStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond some thousands all is looked at anew, when somebody does."""
    monkeypatch.setattr(watch, "_MOST_NAMES", 10)
    await _texts(store)
    for number in range(50):
        _write(tmp_path / "a" / f"t{number}.json", b"1")
    assert len(await _texts(store)) == 53
    _in_place(tmp_path / "a")
    assert (await _texts(store))["1"] == b'{"id":7}'


async def test_a_file_that_is_too_large_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """One file does not fill the memory; the log names it."""
    monkeypatch.setattr(index, "LARGEST_LISTED", 10)
    _write(tmp_path / "a" / "1.json", b"1")
    _write(tmp_path / "a" / "large.json", b" " * 20 + b"1")
    async with opened(tmp_path) as store:
        assert set(await _texts(store)) == {"1"}
        _write(tmp_path / "a" / "1.json", b" " * 20 + b"1")
        assert await _texts(store) == {}
    assert "a/large.json is left out" in caplog.text


async def test_more_collections_in_one_look_than_attempts(tmp_path: Path) -> None:
    """Each index is built, however many are needed."""
    for number in range(30):
        _write(tmp_path / f"c{number}" / "1.json", b"1")

    def look(view: View) -> int:
        found = (view.select(collection(f"/c{n}/"), EVERYTHING) for n in range(30))
        return sum(each.total for each in found if each is not None)

    async with opened(tmp_path) as store:
        assert await store.read(look) == 30


async def test_an_index_is_brought_up_to_date_once_for_a_look(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often the look asks it; and anew for the next one."""
    times = 0
    real = index.CollectionIndex.refresh

    def count(self: index.CollectionIndex) -> None:
        nonlocal times
        times += 1
        real(self)

    monkeypatch.setattr(index.CollectionIndex, "refresh", count)

    def look(view: View) -> None:
        for _ in range(5):
            view.select(A, EVERYTHING)

    await _texts(store)
    times = 0
    for _ in range(2):
        await store.read(look)
    assert times == 2


async def test_a_long_look_beside_commits_of_several_files_has_its_turn(tmp_path: Path) -> None:
    """However fast they follow one another."""
    async with opened(tmp_path) as store:
        stop = asyncio.Event()

        async def commits() -> None:
            number = 0
            while not stop.is_set():
                number += 1
                both = (Put(resource(f"/a/{n}"), b"%d" % number) for n in (1, 2))
                await store.commit(writing(*both))

        def look(view: View) -> set[bytes]:
            first = view.get(resource("/a/1"))
            time.sleep(0.1)
            second = view.get(resource("/a/2"))
            return {entry.content or b"" for entry in (first, second) if entry is not None}

        writer = asyncio.create_task(commits())
        try:
            for _ in range(3):
                assert len(await asyncio.wait_for(store.read(look), 30)) <= 1
        finally:
            stop.set()
            await writer


async def test_a_folder_that_is_replaced_leaves_no_queue_behind(tmp_path: Path) -> None:
    """The kernel gives only so many to each user; nobody waits for Python to look for cycles."""
    folder = tmp_path / "data"
    _write(folder / "a" / "1.json", b"1")
    gc.disable()
    try:
        async with opened(folder) as store:
            await _texts(store)
            before = len(os.listdir("/dev/fd"))  # noqa: PTH208  # this process's descriptors
            for number in range(10):
                folder.rename(tmp_path / f"old{number}")
                _write(folder / "a" / "1.json", b"%d" % number)
                assert (await _texts(store))["1"] == b"%d" % number
                await put(store, "/a/2", b"2")
            assert len(os.listdir("/dev/fd")) <= before + 4  # noqa: PTH208  # as above
    finally:
        gc.enable()

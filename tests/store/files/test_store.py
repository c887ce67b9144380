"""The file store as a whole: hand edits between requests, large files, and what outlives it."""

import asyncio
import os
import resource as resource_module
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from kvput.errors import NameInTheWay, StoreFailed
from kvput.semantics.validators import content_digest
from kvput.store import open_store
from kvput.store.base import Put, RaiseCounter
from kvput.store.files.cache import LARGEST_HELD
from kvput.store.files.committer import Committer
from kvput.store.files.store import FileStore
from tests.store.tools import (
    READ_CACHE,
    collection,
    content_of,
    is_collection,
    list_of,
    names_in,
    opened,
    put,
    resource,
    scratch_of,
    seen,
    writing,
)

LARGE = b"[" + b"1," * LARGEST_HELD + b"1]"


async def test_what_was_written_outlives_the_store(tmp_path: Path) -> None:
    """Resources with their times, and counters; numbers of commits start again."""
    async with opened(tmp_path) as store:
        entry = (await put(store, "/a/1", b"{ }")).after
        await store.commit(writing(RaiseCounter(collection("/a/"), 7)))
    async with opened(tmp_path) as store:
        assert await store.get(resource("/a/1")) == entry
        assert await seen(store, lambda view: view.counter(collection("/a/"))) == 7
        assert (await store.commit(writing())).sequence == 2


async def test_open_store_opens_the_folder(tmp_path: Path) -> None:
    """It is the one place that chooses a store; closed, the folder is free for the next."""
    for _ in range(2):
        store = open_store(tmp_path, read_cache=READ_CACHE)
        assert isinstance(store, FileStore)
        await put(store, "/a", b"1")
        await store.close()
    assert (tmp_path / "a.json").read_bytes() == b"1"


async def test_closing_waits_for_what_has_begun(tmp_path: Path) -> None:
    """A commit under way is finished, and no descriptor stays open."""
    before = len(os.listdir("/dev/fd"))  # noqa: PTH208  # this process's descriptors
    async with opened(tmp_path) as store:
        commits = [asyncio.create_task(put(store, f"/{number}", LARGE)) for number in range(5)]
        await asyncio.sleep(0)
    assert [change.before for change in await asyncio.gather(*commits)] == [None] * 5
    assert len(os.listdir("/dev/fd")) == before  # noqa: PTH208  # as above
    assert names_in(tmp_path) == [f"{number}.json" for number in range(5)]


@pytest.mark.parametrize("read_cache", [0, READ_CACHE])
async def test_edits_in_place_right_after_a_put_show(tmp_path: Path, read_cache: int) -> None:
    """Hundreds of times, each of the same size, within one tick of the clock that stamps files."""
    file = tmp_path / "a.json"
    async with opened(tmp_path, read_cache=read_cache) as store:
        for number in range(200):
            await put(store, "/a", b"put %04d" % number)
            if number % 2:
                assert await content_of(store, "/a") == b"put %04d" % number
            file.write_bytes(b"own %04d" % number)
            assert await content_of(store, "/a") == b"own %04d" % number


async def test_a_decision_sees_an_edit_by_hand(tmp_path: Path) -> None:
    """It is checked against the bytes that stand there, and the change tells of them."""
    async with opened(tmp_path) as store:
        await put(store, "/a", b"1")
        (tmp_path / "a.json").write_bytes(b"2")
        assert await seen(store, lambda view: view.get(resource("/a"))) == await store.get(
            resource("/a")
        )
        change = await put(store, "/a", b"3")
        assert change.before is not None
        assert (change.before.digest, change.before.content) == (content_digest(b"2"), b"2")


def remove_directory(data: Path) -> None:
    """`rm -r articles`."""
    (data / "articles" / "1.json").unlink()
    (data / "articles").rmdir()


@pytest.mark.parametrize(
    ("edit", "names"),
    [
        (lambda data: (data / "articles" / "1.json").unlink(), []),
        (remove_directory, None),
        (lambda data: (data / "articles").rename(data / "posts"), None),
        (lambda data: (data / "articles" / "2.json").write_text("2"), ["1", "2"]),
        (lambda data: (data / "articles" / "1.json").rename(data / "articles/x.json"), ["x"]),
    ],
    ids=["rm", "rm -r", "mv of the directory", "new file", "mv of the file"],
)
async def test_what_a_hand_does_to_a_collection_shows_at_once(
    tmp_path: Path, edit: Callable[[Path], object], names: list[str] | None
) -> None:
    """In the list and under each name; a put makes again what it needs."""
    async with opened(tmp_path) as store:
        await put(store, "/articles/1", b"1")
        await asyncio.sleep(0.06)
        assert await content_of(store, "/articles/1") == b"1"
        edit(tmp_path)
        entries = await list_of(store, "/articles/")
        assert (None if entries is None else [entry.path.name for entry in entries]) == names
        expected = b"1" if "1" in (names or ()) else None
        assert await content_of(store, "/articles/1") == expected
        await put(store, "/articles/1", b"new")
        assert await content_of(store, "/articles/1") == b"new"


async def test_a_directory_made_by_hand_is_a_collection(tmp_path: Path) -> None:
    """Empty as it is."""
    async with opened(tmp_path) as store:
        assert not await is_collection(store, "/things/")
        (tmp_path / "things").mkdir()
        assert await is_collection(store, "/things/")
        assert await list_of(store, "/things/") == ()


async def test_lists_keep_nobody_waiting_who_reads_one_resource(tmp_path: Path) -> None:
    """Not even as many at once as there are threads, and more."""
    (tmp_path / "a.json").write_bytes(b"1")
    (tmp_path / "large.json").write_bytes(LARGE)
    go = threading.Event()
    async with opened(tmp_path) as store:
        lists = [asyncio.create_task(store.read(lambda _: go.wait(20))) for _ in range(20)]
        try:
            await asyncio.sleep(0)
            for url, content in (("/a", b"1"), ("/large", LARGE)):
                assert await content_of(store, url) == content
            assert not any(each.done() for each in lists)
        finally:
            go.set()
        assert all(await asyncio.gather(*lists))


# --- large content


async def test_large_content_is_opened_and_not_held(tmp_path: Path) -> None:
    """Whether kvput or a hand wrote it."""
    async with opened(tmp_path) as store:
        await put(store, "/put", LARGE)
        (tmp_path / "own.json").write_bytes(LARGE)
        for url in ("/put", "/own"):
            entry = await store.get(resource(url))
            assert entry is not None
            assert (entry.content, entry.size) == (None, len(LARGE))
            assert entry.digest == content_digest(LARGE)
            assert await content_of(store, url) == LARGE


def set_time_back(file: Path) -> None:
    """Change one byte in place, and put the old time on the file."""
    before = file.stat()
    with file.open("r+b") as opened_file:
        opened_file.write(b"{")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize(
    "edit",
    [
        lambda file: file.write_bytes(b"x" * len(LARGE)),
        lambda file: file.write_bytes(b""),
        lambda file: (file.with_name("new").write_bytes(b"x"), file.with_name("new").replace(file))[
            0
        ],
        lambda file: file.unlink(),
        set_time_back,
        lambda file: (file.unlink(), file.symlink_to("/etc/hostname"))[0],
    ],
    ids=["same size", "emptied", "replaced", "removed", "same size and time", "link out"],
)
async def test_large_content_that_has_changed_is_not_opened(
    tmp_path: Path, edit: Callable[[Path], object]
) -> None:
    """The entry's digest would belie it: the caller must get the entry anew."""
    file = tmp_path / "a.json"
    file.write_bytes(LARGE)
    async with opened(tmp_path) as store:
        entry = await store.get(resource("/a"))
        assert entry is not None
        edit(file)
        assert await store.open(entry) is None


async def test_content_that_is_cut_short_while_it_is_read(tmp_path: Path) -> None:
    """The reader hears of it: fewer bytes than were promised are never an end."""
    file = tmp_path / "a.json"
    file.write_bytes(LARGE)
    async with opened(tmp_path) as store:
        entry = await store.get(resource("/a"))
        assert entry is not None
        content = await store.open(entry)
        assert content is not None
        pieces = content.read(0, entry.size)
        first = await anext(pieces)
        os.truncate(file, len(first))
        assert LARGE.startswith(first)
        with pytest.raises(EOFError):
            await anext(pieces)
        await content.close()


async def test_a_large_write_leaves_nothing_in_scratch(tmp_path: Path) -> None:
    """And the folder holds the whole of it."""
    async with opened(tmp_path) as store:
        await store.commit(writing(Put(resource("/a/b"), LARGE), Put(resource("/c"), LARGE)))
        assert scratch_of(tmp_path) == []
    assert (tmp_path / "a" / "b.json").read_bytes() == LARGE


# --- what must not end all writing


@contextmanager
def without_descriptors() -> Iterator[None]:
    """Let nothing more be opened while the block runs."""
    soft, hard = resource_module.getrlimit(resource_module.RLIMIT_NOFILE)
    highest = max(int(place.name) for place in Path("/proc/self/fd").iterdir())
    resource_module.setrlimit(resource_module.RLIMIT_NOFILE, (highest + 1, hard))
    taken: list[int] = []
    try:
        with suppress(OSError):
            while True:
                taken.append(os.dup(0))
        yield
    finally:
        for descriptor in taken:
            os.close(descriptor)
        resource_module.setrlimit(resource_module.RLIMIT_NOFILE, (soft, hard))


async def test_a_checkpoint_without_descriptors_is_made_later(tmp_path: Path) -> None:
    """Nothing has failed to reach the disk; when there are some again, all goes on."""
    async with opened(tmp_path) as store:
        await put(store, "/a", b"1")
        with without_descriptors():
            await asyncio.sleep(1.5)  # the server is idle, and wants its journal empty
            with pytest.raises(StoreFailed):
                await put(store, "/b", b"2")
        await put(store, "/b", b"3")
    assert (tmp_path / "b.json").read_bytes() == b"3"


async def test_what_fails_between_commits_does_not_end_the_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever writes is told, instead of waiting for ever."""

    def fail(_: object) -> None:
        raise ZeroDivisionError

    async with opened(tmp_path) as store:
        await put(store, "/a", b"1")
        monkeypatch.setattr(Committer, "idle", fail)
        await asyncio.sleep(1.3)
        with pytest.raises(StoreFailed):
            await put(store, "/b", b"2")


async def test_two_paths_to_one_file_in_a_commit(tmp_path: Path) -> None:
    """It cannot be both: the commit is refused, and the next one made."""
    (tmp_path / "a").mkdir()
    (tmp_path / "link").symlink_to("a")
    async with opened(tmp_path) as store:
        with pytest.raises(NameInTheWay):
            await store.commit(writing(Put(resource("/a/1"), b"1"), Put(resource("/link/1"), b"2")))
        await put(store, "/a/1", b"3")
    assert names_in(tmp_path) == ["a", "a/1.json", "link"]


async def test_a_deep_path(tmp_path: Path) -> None:
    """Hundreds of folders are made, and found again: more than calls can be nested."""
    url = "/a" * 600  # no more, or pytest could not clear them away
    async with opened(tmp_path) as store:
        with descriptors(4096):
            await put(store, url, b"1")
        assert await content_of(store, url) == b"1"


@contextmanager
def descriptors(number: int) -> Iterator[None]:
    """Let so many files be open while the block runs."""
    limits = resource_module.getrlimit(resource_module.RLIMIT_NOFILE)
    resource_module.setrlimit(resource_module.RLIMIT_NOFILE, (min(number, limits[1]), limits[1]))
    try:
        yield
    finally:
        resource_module.setrlimit(resource_module.RLIMIT_NOFILE, limits)

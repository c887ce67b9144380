"""What decisions and listings see of a folder in which people work by hand."""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kvput.errors import CounterDamaged
from kvput.query.selection import EVERYTHING
from kvput.store.base import Batch, Names, Put, View
from kvput.store.files.cache import ReadCache
from kvput.store.files.layout import COUNTER
from kvput.store.files.reader import Reader
from kvput.store.files.view import FileView
from tests.store.files.mounts import as_nobody, open_place
from tests.store.tools import (
    collection,
    content_of,
    delete,
    entries_in,
    opened,
    put,
    resource,
    seen,
)


@pytest.fixture
def view(tmp_path: Path) -> Iterator[FileView]:
    """A view of `tmp_path`."""
    with closing(Reader(tmp_path, folds_names=False)) as reader:
        yield FileView(reader, ReadCache(reader, 1 << 20))


NO_RESOURCES: dict[str, Callable[[Path], object]] = {
    "other suffix": lambda d: (d / "notes.txt").touch(),
    "no suffix": lambda d: (d / "README").touch(),
    "upper-case suffix": lambda d: (d / "a.JSON").touch(),
    "suffix alone": lambda d: (d / ".json").touch(),
    "hidden": lambda d: (d / ".a.json").touch(),
    "hidden directory": lambda d: (d / ".git").mkdir(),
    "editor's backup": lambda d: (d / "a.json~").touch(),
    "configuration": lambda d: (d / "kvput.toml").touch(),
    "name that is not encoded": lambda d: (d / "a:b.json").touch(),
    "name that is encoded needlessly": lambda d: (d / "%61.json").touch(),
    "name in another case of encoding": lambda d: (d / "a%2fb.json").touch(),
    "name that is not UTF-8": lambda d: os.close(os.open(bytes(d) + b"/\xff.json", os.O_CREAT)),
    "name that is not NFC": lambda d: (d / "e\u0301.json").touch(),
    "directory with the suffix": lambda d: (d / "a.json").mkdir(),
    "FIFO": lambda d: os.mkfifo(d / "a.json"),
    "socket": lambda d: os.mknod(d / "a.json", 0o140600),
    "link to nothing": lambda d: (d / "a.json").symlink_to("none.json"),
    "link to itself": lambda d: (d / "a.json").symlink_to("a.json"),
    "link out": lambda d: (d / "a.json").symlink_to("/etc/hostname"),
    "link to a directory": lambda d: (d / "a.json").symlink_to("."),
    "directory link out": lambda d: (d / "a").symlink_to("/etc"),
    "directory link to nothing": lambda d: (d / "a").symlink_to("none"),
    "directory link to kvput's own": lambda d: (d / "a").symlink_to("/proc/self/fd"),
}


@pytest.mark.parametrize("make", NO_RESOURCES.values(), ids=NO_RESOURCES)
def test_what_is_no_resource_is_not_listed(
    tmp_path: Path, view: FileView, make: Callable[[Path], object]
) -> None:
    """Beside a resource and a collection, it is as if it were not there."""
    directory = tmp_path / "things"
    (directory / "inner").mkdir(parents=True)
    (directory / "1.json").write_text("1")
    make(directory)
    things = collection("/things/")
    assert view.names(things) == Names((resource("/things/1"),), (collection("/things/inner"),))
    entries = entries_in(view, things)
    assert entries is not None
    assert [entry.path.url for entry in entries] == ["/things/1"]
    assert view.is_collection(things)


@pytest.mark.parametrize("name", ["a.JSON", "%61.json", "a%2fb.json", ".a.json", "a:b.json"])
def test_what_is_not_listed_cannot_be_had_either(tmp_path: Path, view: FileView, name: str) -> None:
    """A name that is not the one kvput writes belongs to no path."""
    (tmp_path / name).write_text("1")
    for url in ("/a", "/a.JSON", "/a%2Fb", "/%2Ea", "/a%3Ab", "/%2561"):
        assert view.get(resource(url)) is None


@pytest.mark.parametrize(
    ("make", "is_one"),
    [
        (lambda _: None, True),
        (lambda d: (d / "README.md").touch(), True),
        (lambda d: (d / ".git").mkdir(), True),
        (lambda d: (d / "a.json").mkdir(), True),
        (lambda d: (d / "inner").mkdir(), False),
        (lambda d: ((d / "inner").mkdir(), (d / "README.md").touch())[0], False),
        (lambda d: ((d / "inner").mkdir(), (d / COUNTER).touch())[0], True),
        (lambda d: ((d / "inner").mkdir(), (d / "1.json").touch())[0], True),
    ],
    ids=[
        "empty",
        "only notes",
        "only hidden",
        "only what has no path",
        "directories",
        "directories and notes",
        "directories and a counter",
        "directories and a resource",
    ],
)
def test_which_directories_are_collections(
    tmp_path: Path, view: FileView, make: Callable[[Path], object], is_one: bool
) -> None:
    """What has no path does not count."""
    (tmp_path / "things").mkdir()
    make(tmp_path / "things")
    assert view.is_collection(collection("/things/")) is is_one


def test_a_folder_with_nothing_but_kvputs_own_is_a_collection(
    tmp_path: Path, view: FileView
) -> None:
    """As any empty directory is."""
    (tmp_path / ".kvput").mkdir()
    assert view.is_collection(collection("/"))
    assert view.names(collection("/")) == Names((), ())


def test_a_collection_through_a_link(tmp_path: Path, view: FileView) -> None:
    """A link that stays in the folder is another name of the collection."""
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "1.json").write_text("1")
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "real" / "2.json").symlink_to("1.json")
    names = view.names(collection("/link/"))
    assert names == Names((resource("/link/1"), resource("/link/2")), ())
    assert [e.content for e in entries_in(view, collection("/link/")) or ()] == [b"1", b"1"]
    root = view.names(collection("/"))
    assert root == Names((), (collection("/link"), collection("/real")))


def test_a_file_that_cannot_be_read_breaks_nothing_but_itself(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The list goes on without it, and the log says so."""
    with open_place() as place:
        for name in ("1", "2", "3"):
            (place / f"{name}.json").write_text(name)
        (place / "2.json").chmod(0o600)
        with as_nobody(), closing(Reader(place, folds_names=False)) as reader:
            view = FileView(reader, ReadCache(reader, 1 << 20))
            view.indexes.build(collection("/"))
            with caplog.at_level(logging.WARNING, "kvput"):
                selected = view.select(collection("/"), EVERYTHING)
        assert selected is not None
        assert [item.name for item in selected.items] == ["1", "3"]
        assert [record.getMessage()[:31] for record in caplog.records] == [
            "2.json is left out of its colle"
        ]


# --- counters and numbers


@pytest.mark.parametrize(
    ("text", "number"),
    [("7\n", 7), ("7", 7), ("  7 \n\n", 7), ("007\n", 7), ("0\n", 0), ("9" * 18, 10**18 - 1)],
)
def test_a_counter_that_a_hand_wrote(
    tmp_path: Path, view: FileView, text: str, number: int
) -> None:
    """White space around it does not matter."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / COUNTER).write_text(text)
    assert view.counter(collection("/a/")) == number


@pytest.mark.parametrize(
    "text", ["", "\n", "x", "-1", "1.5", "1 2", "9" * 19, "٣", "\udcff", "<<<<<<< HEAD\n7\n"]
)
def test_a_damaged_counter(tmp_path: Path, view: FileView, text: str) -> None:
    """The sentence names the file, shows what it holds and says what to write there."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / COUNTER).write_text(text, errors="surrogateescape")
    with pytest.raises(CounterDamaged) as raised:
        view.counter(collection("/a/"))
    assert raised.value.detail.startswith("a/.counter must hold a whole number and holds ")
    assert "\n" not in raised.value.detail


def test_a_counter_outside_the_folder_is_not_read(tmp_path: Path) -> None:
    """A link to it is no counter, and is not taken for a missing one."""
    (tmp_path / "data" / "a").mkdir(parents=True)
    (tmp_path / "number").write_text("7\n")
    (tmp_path / "data" / "a" / COUNTER).symlink_to(tmp_path / "number")
    with closing(Reader(tmp_path / "data", folds_names=False)) as reader:
        view = FileView(reader, ReadCache(reader, 0))
        with pytest.raises(CounterDamaged):
            view.counter(collection("/a/"))


async def test_numbers_that_come_by_hand_are_found(tmp_path: Path) -> None:
    """Also after a put of kvput's own, which changes the directory as the hand did."""
    async with opened(tmp_path) as store:
        await put(store, "/a/1")

        def look(view: View) -> int:
            return view.highest_number(collection("/a/"))

        assert await seen(store, look) == 1
        for number in (5, 7, 12):
            (tmp_path / "a" / f"{number}.json").write_text("{}")
            await put(store, "/a/1", b"%d" % number)
            assert await seen(store, look) == number


async def test_a_number_is_counted_on_without_another_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Puts of kvput's own do not make it list the directory again: many POSTs stay cheap."""
    looks: list[object] = []
    listdir: Callable[[int], list[str]] = os.listdir

    def noted_listdir(place: int) -> list[str]:
        looks.append(place)
        return listdir(place)

    async with opened(tmp_path) as store:
        await put(store, "/a/1")
        await seen(store, lambda view: view.highest_number(collection("/a/")))
        monkeypatch.setattr(os, "listdir", noted_listdir)
        for number in range(2, 12):

            def decide(view: View, expected: int = number) -> Batch:
                assert view.highest_number(collection("/a/")) == expected - 1
                return Batch((Put(resource(f"/a/{expected}"), b""),))

            await store.commit(decide)
    assert looks == []


async def test_a_batch_that_fails_counts_nothing(tmp_path: Path) -> None:
    """The number that it would have made is free."""
    async with opened(tmp_path) as store:
        await put(store, "/a/1")
        assert await seen(store, lambda view: view.highest_number(collection("/a/"))) == 1
        (tmp_path / "a" / "2.json").mkdir()
        with pytest.raises(Exception, match="move it away"):
            await put(store, "/a/2")
        (tmp_path / "a" / "2.json").rmdir()
        assert await seen(store, lambda view: view.highest_number(collection("/a/"))) == 1
        await put(store, "/a/2", b"2")
        assert await content_of(store, "/a/2") == b"2"
        await delete(store, "/a/2")

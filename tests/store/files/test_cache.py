"""The read cache: it never gives what no longer stands, and holds no more than it may."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kvput.semantics.validators import content_digest
from kvput.store.base import Entry
from kvput.store.files.cache import LARGEST_HELD, UNKNOWN, ReadCache
from kvput.store.files.reader import Reader
from tests.store.tools import resource

SETTLED_SECONDS = 0.06
"""After so long a file's last change lies far enough back for its entry to be trusted."""


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    """A reader of `tmp_path`."""
    with closing(Reader(tmp_path, folds_names=False)) as opened:
        yield opened


@pytest.fixture
def cache(reader: Reader) -> ReadCache:
    """A cache with room for everything."""
    return ReadCache(reader, 1 << 30)


def age(*places: Path) -> None:
    """Let a file's last change lie in the past, as far as the cache is concerned."""
    assert all(place.exists() for place in places)
    time.sleep(SETTLED_SECONDS)


def content(entry: object) -> bytes | None:
    """The content of what the cache gave."""
    assert isinstance(entry, Entry)
    return entry.content


def test_an_entry(tmp_path: Path, cache: ReadCache) -> None:
    """It tells the digest, time and size of the file, and holds its content."""
    file = tmp_path / "a.json"
    file.write_text('{"a": 1}')
    assert cache.fresh(resource("/a")) == Entry(
        resource("/a"), content_digest(b'{"a": 1}'), file.stat().st_mtime_ns, 8, b'{"a": 1}'
    )


def test_what_was_read_is_held(tmp_path: Path, cache: ReadCache) -> None:
    """Once the file has rested, a second read opens nothing: the same value comes back."""
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "a.json").write_text("1")
    age(tmp_path / "d" / "a.json")
    assert cache.held(resource("/d/a")) is UNKNOWN
    entry = cache.fresh(resource("/d/a"))
    assert cache.held(resource("/d/a")) is entry
    assert cache.fresh(resource("/d/a")) is entry


def test_what_has_just_changed_is_not_trusted(tmp_path: Path, cache: ReadCache) -> None:
    """Another change might leave the same times behind, so that it is read again."""
    (tmp_path / "a.json").write_text("1")
    cache.load(resource("/a"))
    assert cache.held(resource("/a")) is UNKNOWN


def test_times_of_whole_seconds_are_trusted_late(tmp_path: Path, cache: ReadCache) -> None:
    """They come from a disk whose clock ticks seldom; the file's own time says nothing of it."""
    (tmp_path / "a.json").write_text("1")
    entry = cache.fresh(resource("/a"))
    assert entry is not None
    status = (tmp_path / "a.json").stat()
    times = list(status)
    second = 1_700_000_000 * 10**9
    for behind, trusted in [(10**9, False), (2 * 10**9, False), (3 * 10**9, True)]:
        at = os.stat_result(times, {"st_ctime_ns": second, "st_mtime_ns": second})
        assert at.st_ctime_ns == second
        cache.hold(resource("/a"), entry, at, second + behind)
        assert cache._held["a.json"].settled is trusted  # noqa: SLF001  # no such disk here


def replace_by_rename(file: Path, text: str) -> None:
    """Save as most editors do."""
    temporary = file.with_name(".editor.tmp")
    temporary.write_text(text)
    temporary.replace(file)


def write_and_set_time_back(file: Path, text: str) -> None:
    """Write in place and put the old times on the file, as some synchronisers do."""
    before = file.stat()
    file.write_text(text)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def copy_with_time(file: Path, text: str) -> None:
    """Put another file of the same size and time in its place."""
    before = file.stat()
    temporary = file.with_name("copy")
    temporary.write_text(text)
    os.utime(temporary, ns=(before.st_atime_ns, before.st_mtime_ns))
    temporary.replace(file)


def swap_directory(file: Path, text: str) -> None:
    """Move another directory into the place of the file's own."""
    other = file.parent.with_name("other")
    other.mkdir()
    (other / file.name).write_text(text)
    file.parent.rename(file.parent.with_name("was"))
    other.rename(file.parent)


@pytest.mark.parametrize(
    "edit",
    [Path.write_text, replace_by_rename, write_and_set_time_back, copy_with_time, swap_directory],
    ids=lambda edit: edit.__name__,
)
@pytest.mark.parametrize("rested", [True, False], ids=["rested", "just read"])
def test_an_edit_by_hand_shows_at_once(
    tmp_path: Path, cache: ReadCache, edit: Callable[[Path, str], object], rested: bool
) -> None:
    """Of the same size, whichever way it is made, and whatever time it leaves on the file."""
    file = tmp_path / "d" / "a.json"
    file.parent.mkdir()
    file.write_text("1")
    if rested:
        age(file)
    assert content(cache.fresh(resource("/d/a"))) == b"1"
    edit(file, "2")
    assert content(cache.fresh(resource("/d/a"))) == b"2"


def test_edits_in_quick_succession_all_show(tmp_path: Path, cache: ReadCache) -> None:
    """Many within one tick of the clock that stamps files, all of one size."""
    file = tmp_path / "a.json"
    for number in range(600):
        text = f"{number:04}"
        file.write_text(text)
        assert content(cache.fresh(resource("/a"))) == text.encode()


def test_a_file_that_goes_and_comes_back(tmp_path: Path, cache: ReadCache) -> None:
    """It is gone at once, and there again at once."""
    file = tmp_path / "d" / "a.json"
    file.parent.mkdir()
    file.write_text("1")
    age(file)
    path = resource("/d/a")
    for place in (file, file.parent):
        assert content(cache.fresh(path)) == b"1"
        place.rename(tmp_path / "away")
        assert cache.held(path) is None
        assert cache.fresh(path) is None
        (tmp_path / "away").rename(place)
        assert content(cache.fresh(path)) == b"1"


@pytest.mark.parametrize("kind", ["file", "directory", "directory above"])
def test_a_link_out_that_comes_after_the_entry_was_held(
    tmp_path: Path, cache: ReadCache, kind: str
) -> None:
    """It is seen also where it leads to the very file that was held."""
    data = tmp_path / "data"
    (data / "d" / "e").mkdir(parents=True)
    (data / "d" / "e" / "a.json").write_text("1")
    (tmp_path / "out").mkdir()
    place = {
        "file": data / "d" / "e" / "a.json",
        "directory": data / "d" / "e",
        "directory above": data / "d",
    }[kind]
    age(place)
    with closing(Reader(data, folds_names=False)) as reader:
        cache = ReadCache(reader, 1 << 20)
        entry = cache.fresh(resource("/d/e/a"))
        assert cache.held(resource("/d/e/a")) is entry
        moved = place.rename(tmp_path / "out" / place.name)
        place.symlink_to(moved)
        assert cache.fresh(resource("/d/e/a")) is None


def test_a_link_in_the_folder_is_never_stale(tmp_path: Path, cache: ReadCache) -> None:
    """What it leads to may change without the link itself changing."""
    (tmp_path / "a.json").write_text("1")
    (tmp_path / "link.json").symlink_to("a.json")
    age(tmp_path / "a.json")
    for text in ("1", "2"):
        write_and_set_time_back(tmp_path / "a.json", text)
        assert content(cache.fresh(resource("/link"))) == text.encode()
    (tmp_path / "b.json").write_text("3")
    (tmp_path / "link.json").unlink()
    (tmp_path / "link.json").symlink_to("b.json")
    assert content(cache.fresh(resource("/link"))) == b"3"


# --- how much is held


def test_no_more_is_held_than_the_budget(tmp_path: Path, reader: Reader) -> None:
    """However much is read, and counting a share for each entry itself."""
    budget = 20_000
    cache = ReadCache(reader, budget)
    for number in range(60):
        (tmp_path / f"{number}.json").write_bytes(b"x" * 500 * (number % 4))
    age(tmp_path)
    for number in [*range(60), *range(0, 60, 7), *range(60)]:
        cache.fresh(resource(f"/{number}"))
        held = [
            entry for n in range(60) if isinstance(entry := cache.held(resource(f"/{n}")), Entry)
        ]
        assert sum(len(entry.content or b"") for entry in held) + 500 * len(held) < budget
    assert held


def test_what_is_used_stays(tmp_path: Path, reader: Reader) -> None:
    """An entry that is asked for again and again outlives many that are read once."""
    cache = ReadCache(reader, 20_000)
    for number in range(200):
        (tmp_path / f"{number}.json").write_bytes(b"x" * 500)
    age(tmp_path)
    hot = cache.fresh(resource("/0"))
    for number in range(1, 200):
        cache.fresh(resource(f"/{number}"))
        assert cache.held(resource("/0")) is hot


def test_a_cache_without_room(tmp_path: Path, reader: Reader) -> None:
    """It holds nothing, and gives all the same what stands."""
    cache = ReadCache(reader, 0)
    (tmp_path / "a.json").write_text("1")
    age(tmp_path)
    assert content(cache.fresh(resource("/a"))) == b"1"
    assert cache.held(resource("/a")) is UNKNOWN


def test_an_entry_that_is_replaced_frees_its_room(tmp_path: Path, reader: Reader) -> None:
    """The budget counts what is held, not what ever was."""
    cache = ReadCache(reader, 10_000)
    (tmp_path / "kept.json").write_text("1")
    (tmp_path / "a.json").write_text("x")
    age(tmp_path)
    kept = cache.fresh(resource("/kept"))
    for number in range(30):
        replace_by_rename(tmp_path / "a.json", f"{number}" * 1000)
        cache.fresh(resource("/a"))
    (tmp_path / "a.json").unlink()
    assert cache.fresh(resource("/a")) is None
    assert cache.held(resource("/kept")) is kept


@pytest.mark.parametrize("over", [0, 1])
def test_large_content_is_not_held(tmp_path: Path, cache: ReadCache, over: int) -> None:
    """Over LARGEST_HELD only its digest and size are; `whole` reads it for one use."""
    body = b"x" * (LARGEST_HELD + over)
    (tmp_path / "a.json").write_bytes(body)
    age(tmp_path)
    entry = cache.fresh(resource("/a"))
    assert entry is not None
    assert (entry.digest, entry.size) == (content_digest(body), len(body))
    assert entry.content == (None if over else body)
    assert cache.held(resource("/a")) is entry
    whole = cache.whole(resource("/a"))
    assert whole == Entry(entry.path, entry.digest, entry.modified_ns, entry.size, body)
    assert cache.held(resource("/a")) is entry


def test_large_content_that_was_written_is_not_held_either(
    tmp_path: Path, cache: ReadCache
) -> None:
    """A put hands its entry over with the content; the cache keeps it without."""
    body = b"x" * (LARGEST_HELD + 1)
    file = tmp_path / "a.json"
    file.write_bytes(body)
    age(file)
    status = file.stat()
    written = Entry(resource("/a"), content_digest(body), status.st_mtime_ns, len(body), body)
    cache.hold(resource("/a"), written, status, time.time_ns())
    assert content(cache.held(resource("/a"))) is None


def test_whole_is_none_where_nothing_is(cache: ReadCache) -> None:
    """As the other ways to an entry are."""
    assert cache.whole(resource("/a")) is None


# --- many readers at once


def test_readers_in_many_threads(tmp_path: Path, reader: Reader) -> None:
    """While files are replaced, each thread sees whole contents under their own digests."""
    cache = ReadCache(reader, 30_000)
    paths = [resource(f"/{number}") for number in range(20)]
    for path in paths:
        (tmp_path / path.file).write_text("0" * 1000)
    stop = threading.Event()
    faults: list[object] = []

    def look() -> None:
        while not stop.is_set():
            for path in paths:
                entry = cache.fresh(path)
                held = entry.content if entry is not None else None
                if entry is None or held is None or content_digest(held) != entry.digest:
                    faults.append(entry)
                elif len(set(held)) != 1:
                    faults.append(held)

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(40):
        for path in paths:
            replace_by_rename(tmp_path / path.file, f"{number % 10}" * 1000)
    stop.set()
    for thread in threads:
        thread.join()
    assert faults == []

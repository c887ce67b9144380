"""How batches get into the folder: what is written, and what is left when the disk fails."""

import errno
import itertools
import os
import re
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from kvput.errors import (
    DiskFull,
    KvputError,
    NameClash,
    NameInTheWay,
    NotFound,
    PathTooLong,
    ReadOnly,
    StoreFailed,
)
from kvput.store.base import Batch, Delete, Put, RaiseCounter, Store, Write
from kvput.store.files.layout import COUNTER, PRIVATE, SCRATCH
from tests.store.files.hooked import hooked
from tests.store.files.mounts import (
    NOBODY,
    as_nobody,
    image_disk,
    memory_disk,
    mounted,
    open_place,
    remount,
    simulate_folding,
)
from tests.store.tools import (
    collection,
    content_of,
    delete,
    is_collection,
    list_of,
    names_in,
    opened,
    put,
    resource,
    scratch_of,
    seen,
    settled,
    snapshot,
    writing,
)

# --- what is written


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("/a", "a.json"),
        ("/articles/1", "articles/1.json"),
        ("/articles/1/comments/5", "articles/1/comments/5.json"),
        ("/a.json/b.json", "a%2Ejson/b%2Ejson.json"),
        ("/%2Ekvput/x", "%2Ekvput/x.json"),
        ("/con/a%2Fb", "%63on/a%2Fb.json"),
        ("/%C3%A9", "é.json"),
    ],
)
async def test_the_file_of_a_resource(tmp_path: Path, url: str, file: str) -> None:
    """It has the name that its path says, holds the bytes, and nothing else is made."""
    async with opened(tmp_path) as store:
        await put(store, url, b'{"a": 1}')
        directories = [str(place) for place in Path(file).parents if place.name]
        assert names_in(tmp_path) == sorted([file, *directories])
        assert (tmp_path / file).read_bytes() == b'{"a": 1}'
        assert scratch_of(tmp_path) == []


async def test_a_counters_file(tmp_path: Path) -> None:
    """A decimal number and a newline, in its collection's directory."""
    async with opened(tmp_path) as store:
        await store.commit(writing(RaiseCounter(collection("/articles/"), 42)))
        assert (tmp_path / "articles" / COUNTER).read_bytes() == b"42\n"
        assert scratch_of(tmp_path) == []


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o444])
async def test_a_file_keeps_its_mode(tmp_path: Path, mode: int) -> None:
    """What a hand has set stays when the content is replaced."""
    file = tmp_path / "a.json"
    file.write_text("1")
    file.chmod(mode)
    async with opened(tmp_path) as store:
        await put(store, "/a", b"2")
    assert (stat.S_IMODE(file.stat().st_mode), file.read_bytes()) == (mode, b"2")


async def test_a_new_file_has_the_mode_that_the_umask_leaves(tmp_path: Path) -> None:
    """As any program's new files."""
    before = os.umask(0o027)
    try:
        async with opened(tmp_path) as store:
            await put(store, "/a/b")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a" / "b.json").stat().st_mode) == 0o640
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o750


async def test_the_same_bytes_touch_nothing(tmp_path: Path) -> None:
    """Neither the file nor its directory nor scratch: git and editors see no change."""
    async with opened(tmp_path) as store:
        await put(store, "/a/b", b"1")
        places = (tmp_path / "a" / "b.json", tmp_path / "a", tmp_path / PRIVATE / SCRATCH)
        before = [place.stat() for place in places]
        await put(store, "/a/b", b"1")
        after = [place.stat() for place in places]
    assert [(s.st_mtime_ns, s.st_ctime_ns, s.st_ino) for s in after] == [
        (s.st_mtime_ns, s.st_ctime_ns, s.st_ino) for s in before
    ]


async def test_whoever_reads_the_old_file_reads_on(tmp_path: Path) -> None:
    """A file is replaced, never written into."""
    async with opened(tmp_path) as store:
        await put(store, "/a", b"old")
        with (tmp_path / "a.json").open("rb") as reader:
            await put(store, "/a", b"new")
            assert reader.read() == b"old"


# --- what stands in the way


@contextmanager
def _outside(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """A folder, and one beside it that must stay as it is."""
    data, outside = tmp_path / "data", tmp_path / "outside"
    data.mkdir()
    outside.mkdir()
    (outside / "1.json").write_text('"secret"')
    yield data, outside
    assert {place.name: place.read_text() for place in outside.iterdir()} == {"1.json": '"secret"'}


@pytest.mark.parametrize(
    ("make", "url"),
    [
        (lambda data, _: (data / "a.json").mkdir(), "/a"),
        (lambda data, _: os.mkfifo(data / "a.json"), "/a"),
        (lambda data, _: (data / "a").touch(), "/a/b"),
        (lambda data, _: os.mkfifo(data / "a"), "/a/b"),
        (lambda data, outside: (data / "a.json").symlink_to(outside / "1.json"), "/a"),
        (lambda data, outside: (data / "a.json").symlink_to(outside / "new.json"), "/a"),
        (lambda data, _: (data / "a.json").symlink_to("nothing.json"), "/a"),
        (lambda data, _: (data / "a.json").symlink_to(".kvput/lock"), "/a"),
        (lambda data, _: (data / "a.json").symlink_to("a.json"), "/a"),
        (lambda data, _: (data / "a.json").symlink_to("."), "/a"),
        (lambda data, outside: (data / "a").symlink_to(outside), "/a/1"),
        (lambda data, outside: (data / "a").symlink_to(outside), "/a/new/1"),
        (lambda data, _: (data / "a").symlink_to("nothing"), "/a/1"),
        (lambda data, _: (data / "a").symlink_to(".kvput"), "/a/1"),
        (lambda data, _: (data / "a").symlink_to("a"), "/a/1"),
        (lambda data, _: (data / "a").symlink_to("../data/../outside"), "/a/1"),
    ],
    ids=[
        "directory",
        "FIFO",
        "file as directory",
        "FIFO as directory",
        "link out",
        "link out to nothing",
        "link to nothing",
        "link to kvput's own",
        "link to itself",
        "link to the folder",
        "directory link out",
        "directory link out, deep",
        "directory link to nothing",
        "directory link to kvput's own",
        "directory link to itself",
        "directory link out and about",
    ],
)
async def test_what_is_no_resource_is_left_alone(
    tmp_path: Path, make: Callable[[Path, Path], None], url: str
) -> None:
    """A put over it is refused, a delete finds nothing, and neither leaves the folder."""
    with _outside(tmp_path) as (data, outside):
        async with opened(data) as store:
            make(data, outside)
            before = snapshot(data)
            with pytest.raises(NameInTheWay) as raised:
                await put(store, url, b"2")
            assert url.split("/")[1] in raised.value.detail
            with pytest.raises(KvputError):
                await delete(store, url)
            assert snapshot(data) == before
            assert scratch_of(data) == []


async def test_a_link_to_a_resource_is_replaced(tmp_path: Path) -> None:
    """What it leads to keeps its content: two names do not become one by a put."""
    async with opened(tmp_path) as store:
        await put(store, "/a", b"1")
        (tmp_path / "b.json").symlink_to("a.json")
        await put(store, "/b", b"2")
        assert (await content_of(store, "/a"), await content_of(store, "/b")) == (b"1", b"2")
        (tmp_path / "c.json").symlink_to("a.json")
        await delete(store, "/c")
        assert await content_of(store, "/a") == b"1"
    assert not (tmp_path / "b.json").is_symlink()
    assert not (tmp_path / "c.json").is_symlink()


async def test_a_link_to_a_directory_in_the_folder_is_written_through(tmp_path: Path) -> None:
    """It is another name of that collection."""
    async with opened(tmp_path) as store:
        await put(store, "/real/1", b"1")
        (tmp_path / "link").symlink_to("real")
        await put(store, "/link/2/deep", b"2")
        assert await content_of(store, "/real/2/deep") == b"2"
        await delete(store, "/link/1")
        assert await content_of(store, "/real/1") is None
    assert (tmp_path / "link").is_symlink()


@pytest.mark.parametrize(
    "make",
    [
        lambda counter, _: counter.mkdir(),
        lambda counter, _: os.mkfifo(counter),
        lambda counter, outside: counter.symlink_to(outside / "1.json"),
        lambda counter, _: counter.symlink_to("nothing"),
    ],
    ids=["directory", "FIFO", "link out", "link to nothing"],
)
async def test_a_counter_that_is_no_file(
    tmp_path: Path, make: Callable[[Path, Path], None]
) -> None:
    """It is in the way: neither replaced nor followed, and nothing is written beside it."""
    with _outside(tmp_path) as (data, outside):
        (data / "a").mkdir()
        async with opened(data) as store:
            make(data / "a" / COUNTER, outside)
            before = snapshot(data)
            for more in ((), (Put(resource("/a/1"), b""),)):
                with pytest.raises(NameInTheWay):
                    await store.commit(writing(*more, RaiseCounter(collection("/a/"), 5)))
            assert snapshot(data) == before
            assert scratch_of(data) == []


async def test_a_counter_that_is_a_link_to_a_resource(tmp_path: Path) -> None:
    """It is replaced, as such a resource is, and has the mode of what it led to."""
    async with opened(tmp_path) as store:
        await put(store, "/b", b"7")
        (tmp_path / "a").mkdir()
        (tmp_path / "a" / COUNTER).symlink_to("../b.json")
        await store.commit(writing(RaiseCounter(collection("/a/"), 8)))
        assert await content_of(store, "/b") == b"7"
    counter = (tmp_path / "a" / COUNTER).lstat()
    assert (tmp_path / "a" / COUNTER).read_text() == "8\n"
    assert counter.st_mode == (tmp_path / "b.json").stat().st_mode


async def test_a_path_that_the_disk_cannot_hold(tmp_path: Path) -> None:
    """The folder's own path counts as well where it is very long."""
    deep = tmp_path
    while len(str(deep)) < 3500:
        deep /= "x" * 200
    deep.mkdir(parents=True)
    async with opened(deep) as store:
        await put(store, "/short", b"1")
        assert await content_of(store, "/short") == b"1"
        url = "/" + "/".join(["y" * 200] * 5)
        try:
            await put(store, url, b"1")
        except PathTooLong:
            assert await store.get(resource(url)) is None
        else:
            assert await content_of(store, url) == b"1"


# --- calls that fail


class Failing:
    """A hook: the n-th call of commits from `fail` on fails; a write is half done then.

    `calls` are the names of all that were made since, `failed` is the name of the one.
    """

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.failed: str | None = None
        self._nth: int | None = None
        self._error = OSError()

    def fail(self, nth: int | None, error: int) -> None:
        """Fail the n-th call, counted from now and from 1; None for no call."""
        self.calls, self.failed = [], None
        self._nth, self._error = nth, OSError(error, os.strerror(error))

    def __call__(self, call: str, *arguments: Any) -> None:  # noqa: ANN401  # each call's own
        if threading.current_thread().name != COMMITTING:
            return
        self.calls.append(call)
        if len(self.calls) != self._nth:
            return
        self.failed = call
        if call == "write":
            descriptor, pieces, offset = arguments
            content = b"".join(pieces)
            os.pwrite(descriptor, content[: len(content) // 2], offset)
        raise self._error


COMMITTING = "kvput-commit"
SITUATIONS: dict[str, tuple[Write, ...]] = {
    "create": (Put(resource("/new"), b'{"new": 1}'),),
    "create with parents": (Put(resource("/x/y/z"), b'{"new": 1}'),),
    "overwrite": (Put(resource("/old/1"), b'{"changed": 1}'),),
    "overwrite with the same": (Put(resource("/old/1"), b'{"old": 1}'),),
    "first number": (Put(resource("/x/1"), b"{}"), RaiseCounter(collection("/x/"), 1)),
    "next number": (Put(resource("/old/2"), b"{}"), RaiseCounter(collection("/old/"), 2)),
    "delete": (Delete(resource("/old/1")),),
    "delete a number": (Delete(resource("/old/1")), RaiseCounter(collection("/old/"), 5)),
    "all at once": (
        Put(resource("/old/2"), b"{}"),
        Delete(resource("/old/1")),
        Put(resource("/new"), b"{}"),
        RaiseCounter(collection("/old/"), 2),
    ),
}
CLASSES = {
    errno.ENOSPC: DiskFull,
    errno.EDQUOT: DiskFull,
    errno.EROFS: ReadOnly,
    errno.EACCES: ReadOnly,
    errno.EXDEV: ReadOnly,
    errno.EIO: StoreFailed,
}


@pytest.mark.parametrize("error", CLASSES, ids=errno.errorcode.get)
@pytest.mark.parametrize("writes", SITUATIONS.values(), ids=SITUATIONS)
async def test_each_call_that_can_fail(
    tmp_path: Path, writes: tuple[Write, ...], error: int
) -> None:
    """A commit either does without the call, or fails and leaves all as it was.

    A failed sync ends all writes; reads go on. After any other failure the same commit is made.
    """
    failing = Failing()
    for call in itertools.count(1):
        data = _prepared(tmp_path / str(call))
        async with opened(data, environment=hooked(failing)) as store:
            before = snapshot(data)
            failing.fail(call, error)
            failure = await _failure(store, writes)
            failed = failing.failed
            latched = failed in ("sync", "sync_data")
            if failure is None:
                assert not latched
                assert _all_stand(data, writes)
            else:
                assert type(failure) is (StoreFailed if latched else CLASSES[error])
                assert os.strerror(error) in failure.detail
                assert snapshot(data) == before
                assert scratch_of(data) == []
            failing.fail(None, error)
            if latched:
                with pytest.raises(StoreFailed, match=re.escape(str(failure))):
                    await put(store, "/later", b"1")
                assert await content_of(store, "/later") is None
                assert await content_of(store, "/old/1") == b'{"old": 1}'
            elif failure is not None:
                assert await _failure(store, writes) is None
                assert _all_stand(data, writes)
        if failed is None:
            break
    assert call > 1


async def _failure(store: Store, writes: tuple[Write, ...]) -> KvputError | None:
    """The error of a commit, after all that is done behind its answer."""
    try:
        await store.commit(writing(*writes))
    except KvputError as error:
        return error
    finally:
        await settled(store)
    return None


def _prepared(data: Path) -> Path:
    """A folder that a hand has made, with a mode that files do not have by themselves."""
    (data / "old").mkdir(parents=True)
    (data / "old" / "1.json").write_text('{"old": 1}')
    (data / "old" / "1.json").chmod(0o640)
    (data / "old" / COUNTER).write_text("1\n")
    return data


def _all_stand(data: Path, writes: tuple[Write, ...]) -> bool:
    """Whether all stands in the folder that was written."""
    for write in writes:
        match write:
            case Put(path, content):
                if (data / path.file).read_bytes() != content:
                    return False
            case Delete(path):
                if (data / path.file).exists():
                    return False
            case RaiseCounter(into, number):
                if (data / into.directory / COUNTER).read_text() != f"{number}\n":
                    return False
    return True


async def test_the_calls_that_were_made_to_fail(tmp_path: Path) -> None:
    """The table above reaches each kind of call of a commit, so that none goes untried."""
    listing = Failing()
    async with opened(_prepared(tmp_path / "data"), environment=hooked(listing)) as store:
        for writes in SITUATIONS.values():
            with suppress(NotFound):
                await store.commit(writing(*writes))
        assert set(listing.calls) == {
            "create",
            "exchange",
            "make_directory",
            "move",
            "set_mode",
            "sync",
            "sync_data",
            "unlink",
            "write",
        }


async def test_a_delete_that_fails_leaves_its_counter(tmp_path: Path) -> None:
    """The counter is in its place before the resource leaves its own, and is taken back."""

    def keeping(call: str, *arguments: object) -> None:
        if call == "move" and arguments[0] == "9.json":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    async with opened(tmp_path, environment=hooked(keeping)) as store:
        await put(store, "/a/9", b"{}")
        with pytest.raises(ReadOnly):
            await store.commit(
                writing(Delete(resource("/a/9")), RaiseCounter(collection("/a/"), 9))
            )
        assert await content_of(store, "/a/9") == b"{}"
        assert await seen(store, lambda view: view.counter(collection("/a/"))) == 0
        assert not (tmp_path / "a" / COUNTER).exists()
        assert scratch_of(tmp_path) == []


# --- the order of calls

PUBLISHED = "write journal"
"""The note that all stands in the folder."""
ORDERS: dict[str, tuple[tuple[Write, ...], list[str]]] = {
    "create": (
        (Put(resource("/own/2"), b"2"),),
        [
            *("create scratch", "write scratch"),
            *("write journal", "sync_data journal", "move scratch own/2.json"),
            PUBLISHED,
        ],
    ),
    "overwrite": (
        (Put(resource("/own/1"), b"2"),),
        [
            *("create scratch", "write scratch"),
            *("write journal", "sync_data journal", "exchange scratch own/1.json"),
            *(PUBLISHED, "unlink scratch"),
        ],
    ),
    "delete": (
        (Delete(resource("/own/1")),),
        [
            *("write journal", "sync_data journal", "move own/1.json scratch"),
            *(PUBLISHED, "unlink scratch"),
        ],
    ),
    "several: the counter first": (
        (
            Put(resource("/own/2"), b"2"),
            Delete(resource("/own/1")),
            RaiseCounter(collection("/own/"), 2),
        ),
        [
            *("create scratch", "write scratch", "create scratch", "write scratch"),
            *("write journal", "sync_data journal"),
            *("move scratch own/.counter", "move scratch own/2.json", "move own/1.json scratch"),
            *(PUBLISHED, "unlink scratch"),
        ],
    ),
    "new directories": (
        (Put(resource("/x/y/1"), b"1"),),
        [
            *("make_directory x", "sync x", "make_directory x/y", "sync x/y"),
            *("create scratch", "write scratch"),
            *("write journal", "sync_data journal", "move scratch x/y/1.json"),
            PUBLISHED,
        ],
    ),
    "over what a hand has made": (
        (Put(resource("/hand/1"), b"2"),),
        [
            *("sync hand", "sync hand/1.json"),
            *("create scratch", "write scratch", "set_mode scratch"),
            *("write journal", "sync_data journal", "exchange scratch hand/1.json"),
            *(PUBLISHED, "unlink scratch"),
        ],
    ),
    "the bytes that a hand has written": (
        (Put(resource("/hand/1"), b"1"),),
        ["sync hand", "sync hand/1.json"],
    ),
    "the bytes that the store has written": ((Put(resource("/own/1"), b"1"),), []),
}


@pytest.mark.parametrize(("writes", "expected"), ORDERS.values(), ids=ORDERS)
async def test_the_order_in_which_things_are_done(
    tmp_path: Path, writes: tuple[Write, ...], expected: list[str]
) -> None:
    """Staged, in the journal, on the disk, in its place; what a hand has made is synced before."""
    (tmp_path / "hand").mkdir()
    (tmp_path / "hand" / "1.json").write_text("1")
    (tmp_path / "hand" / "1.json").chmod(0o640)
    notes: list[str] = []

    def place(directory: int, name: str = "") -> str:
        """Where that is: a name in the folder, or which of kvput's own directories."""
        whole = Path(os.readlink(f"/proc/self/fd/{directory}")) / name  # noqa: PTH115  # no Path
        parts = whole.relative_to(tmp_path).parts
        return parts[1] if parts[:1] == (PRIVATE,) else "/".join(parts)

    def note(call: str, *arguments: Any) -> None:  # noqa: ANN401  # each call's own
        if threading.current_thread().name != COMMITTING:
            return
        if isinstance(arguments[0], str):
            names, directories = arguments[::2], arguments[1::2]
            places = [place(*pair) for pair in zip(directories, names, strict=False)]
        else:
            places = [place(arguments[0])]
        notes.append(" ".join([call, *places]))

    async with opened(tmp_path, environment=hooked(note, syncs_all=False)) as store:
        await put(store, "/own/1", b"1")
        await settled(store)
        notes.clear()
        await store.commit(writing(*writes))
        await settled(store)
        assert notes == expected


# --- disks that really fail


async def test_a_full_disk(tmp_path: Path) -> None:
    """A write that has no room changes nothing; with room again it goes through."""
    with memory_disk(tmp_path / "disk") as disk:
        async with opened(disk) as store:
            await put(store, "/kept", b"old")
            for number in range(1, 100):
                before = snapshot(disk)
                try:
                    await put(store, f"/filler/{number}", b"x" * 20_000)
                except DiskFull as full:
                    reason = full.detail
                    break
            assert os.strerror(errno.ENOSPC) in reason
            assert snapshot(disk) == before
            for url in ("/kept", "/filler/1", "/new/deep"):
                with pytest.raises(DiskFull):
                    await put(store, url, b"y" * 30_000)
            assert snapshot(disk) == before
            assert scratch_of(disk) == []
            assert await content_of(store, "/kept") == b"old"
            await delete(store, "/filler/1")
            await delete(store, "/filler/2")
            await put(store, "/kept", b"y" * 30_000)
            assert await content_of(store, "/kept") == b"y" * 30_000


async def test_a_small_disk(tmp_path: Path) -> None:
    """The journal gives its room up again, as often as the same file is written."""
    with memory_disk(tmp_path / "disk") as disk:
        async with opened(disk) as store:
            for number in range(30):
                content = b"%d" % number * 15_000
                await put(store, "/a", content)
                assert await content_of(store, "/a") == content


@pytest.mark.parametrize("kind", ["another disk", "the same disk, mounted there"])
async def test_a_part_on_another_disk(tmp_path: Path, kind: str) -> None:
    """It is read; what cannot change in one step is refused, with all that goes with it."""
    data, part, elsewhere = (tmp_path / name for name in ("data", "data/part", "elsewhere"))
    data.mkdir()
    elsewhere.mkdir()
    bound = mounted(part, "--bind", str(elsewhere))
    with memory_disk(part) if kind == "another disk" else bound:
        (part / "1.json").write_text("1")
        async with opened(data) as store:
            await put(store, "/beside", b"1")
            before = snapshot(data)
            writes: list[Write] = [Delete(resource("/part/1"))]
            writes += [Put(resource(f"/part/{name}"), b"2") for name in ("1", "2", "deep/3")]
            beside = (Put(resource("/beside"), b"2"), Put(resource("/a/b"), b"2"))
            for write, more in itertools.product(writes, ((), beside)):
                with pytest.raises(ReadOnly, match="on another file system"):
                    await store.commit(writing(*more, write))
                await settled(store)
                assert snapshot(data) == before
                assert scratch_of(data) == []
            assert await content_of(store, "/part/1") == b"1"
            await put(store, "/beside", b"3")
            assert await content_of(store, "/beside") == b"3"


async def test_a_part_that_is_read_only(tmp_path: Path) -> None:
    """The rest of the folder is written to as before."""
    (tmp_path / "data").mkdir()
    with memory_disk(tmp_path / "data" / "part") as part:
        (part / "1.json").write_text("1")
        remount(part, "ro")
        async with opened(tmp_path / "data") as store:
            with pytest.raises(ReadOnly):
                await put(store, "/part/1", b"2")
            with pytest.raises(ReadOnly):
                await delete(store, "/part/1")
            with pytest.raises(ReadOnly):
                await put(store, "/part/deep/1", b"2")
            assert await content_of(store, "/part/1") == b"1"
            await put(store, "/beside", b"3")
            assert await content_of(store, "/beside") == b"3"


async def test_a_disk_that_gives_up(tmp_path: Path) -> None:
    """A journal that fails takes ext4 out of service: no write is acknowledged, reads go on."""
    with image_disk(tmp_path / "disk", "ext4", "errors=remount-ro") as disk:
        async with opened(disk) as store:
            await put(store, "/a/1", b"1")
            remount(disk, "abort")
            for url in ("/a/1", "/a/2", "/b/c"):
                with pytest.raises((ReadOnly, StoreFailed)):
                    await put(store, url, b"2")
            with pytest.raises((ReadOnly, StoreFailed)):
                await delete(store, "/a/1")
            assert await content_of(store, "/a/1") == b"1"
            assert await content_of(store, "/a/2") is None


async def test_a_directory_of_another_user() -> None:
    """A write there is refused for the system's reason; what may be read is read."""
    with open_place() as data:
        (data / "theirs").mkdir()
        (data / "theirs" / "1.json").write_text("1")
        os.chown(data, NOBODY, NOBODY)
        with as_nobody():
            async with opened(data) as store:
                before = snapshot(data)
                for url in ("/theirs/1", "/theirs/2", "/theirs/deep/3"):
                    with pytest.raises(ReadOnly) as raised:
                        await put(store, url, b"2")
                    assert os.strerror(errno.EACCES) in raised.value.detail
                with pytest.raises(ReadOnly):
                    await delete(store, "/theirs/1")
                assert snapshot(data) == before
                assert scratch_of(data) == []
                assert await content_of(store, "/theirs/1") == b"1"
                await put(store, "/mine/1", b"3")
                assert await content_of(store, "/mine/1") == b"3"


# --- disks that take different names for one


@pytest.fixture(params=["simulated", "vfat"])
def folding_disk(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """A disk that ignores case; the simulated one also normalisation."""
    disk = tmp_path / "disk"
    if request.param == "vfat":
        with image_disk(disk, "vfat", "utf8") as place:
            yield place
    else:
        disk.mkdir()
        simulate_folding(disk, monkeypatch)
        yield disk


@pytest.mark.parametrize(
    ("there", "asked"),
    [
        ("/a", "/A"),
        ("/Articles/1", "/articles/1"),
        ("/Articles/1", "/articles/2"),
        ("/articles/One", "/articles/one"),
        ("/stra%C3%9Fe", "/STRA%E1%BA%9EE"),
    ],
)
async def test_two_names_that_the_disk_takes_for_one(
    folding_disk: Path, there: str, asked: str
) -> None:
    """Only the one that was written is there; the other cannot be written or deleted."""
    async with opened(folding_disk) as store:
        await put(store, there, b"1")
        for _ in range(2):
            assert await store.get(resource(asked)) is None
            assert await content_of(store, there) == b"1"
        before = snapshot(folding_disk)
        with pytest.raises(NameClash) as raised:
            await put(store, asked, b"2")
        assert "cannot tell" in raised.value.detail
        with pytest.raises(KvputError):
            await delete(store, asked)
        assert snapshot(folding_disk) == before
        await put(store, there, b"3")
        await delete(store, there)


async def test_a_name_that_is_free_again(folding_disk: Path) -> None:
    """Once the other is deleted, this one is written as it is asked for."""
    async with opened(folding_disk) as store:
        await put(store, "/a", b"1")
        await delete(store, "/a")
        await put(store, "/A", b"2")
        assert await content_of(store, "/a") is None
        assert await content_of(store, "/A") == b"2"
        assert names_in(folding_disk) == ["A.json"]


async def test_collections_on_a_disk_that_folds_names(folding_disk: Path) -> None:
    """A collection's other spelling is not there either."""
    async with opened(folding_disk) as store:
        await put(store, "/Articles/1", b"1")
        assert not await is_collection(store, "/articles/")
        assert await list_of(store, "/articles/") is None
        assert await is_collection(store, "/Articles/")


# --- one at a time


async def test_commits_run_in_one_thread(tmp_path: Path) -> None:
    """That thread is the lock that covers a write; the event loop's is another."""
    threads: set[str] = set()

    def decide(_: object) -> Batch:
        threads.add(threading.current_thread().name)
        return Batch(())

    async with opened(tmp_path) as store:
        for _ in range(3):
            await store.commit(decide)
    assert len(threads) == 1
    assert threads != {threading.current_thread().name}

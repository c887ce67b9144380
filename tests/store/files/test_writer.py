"""How batches get into the folder: what is written, and what is left when the disk fails."""

import errno
import os
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kvput.errors import (
    DiskFull,
    KvputError,
    NameClash,
    NameInTheWay,
    PathTooLong,
    ReadOnly,
    StoreFailed,
)
from kvput.store.base import Batch, Delete, Put, RaiseCounter, Write
from kvput.store.files.env import OperatingSystem
from kvput.store.files.layout import COUNTER, PRIVATE, SCRATCH
from tests.store.files.mounts import (
    NOBODY,
    as_nobody,
    image_disk,
    memory_disk,
    open_place,
    remount,
    simulate_folding,
)
from tests.store.tools import (
    collection,
    content_of,
    delete,
    names_in,
    opened,
    put,
    resource,
    scratch_of,
    seen,
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


async def test_a_counter_that_is_no_file(tmp_path: Path) -> None:
    """A link is replaced and not followed; a directory is in the way."""
    with _outside(tmp_path) as (data, outside):
        async with opened(data) as store:
            (data / "a").mkdir()
            (data / "a" / COUNTER).symlink_to(outside / "1.json")
            await store.commit(writing(RaiseCounter(collection("/a/"), 5)))
            assert (data / "a" / COUNTER).read_text() == "5\n"
            (data / "b" / COUNTER).mkdir(parents=True)
            before = snapshot(data)
            with pytest.raises(NameInTheWay):
                await store.commit(
                    writing(Put(resource("/b/1"), b""), RaiseCounter(collection("/b/"), 5))
                )
            assert snapshot(data) == before


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


class FailingSystem(OperatingSystem):
    """The operating system whose n-th call fails, or none while `failing` is 0.

    `failed` is what failed: the call's name, and whether a name in the folder
    had changed before. Nothing is really synced, which a test cannot see.
    """

    def __init__(self) -> None:
        self.failing = 0
        self.error = errno.EIO
        self.failed: tuple[str, bool] | None = None
        self._calls = 0
        self._published = False

    def fail(self, call: int, error: int) -> None:
        """Let the call with that number, counted from now, fail once."""
        self.failing, self.error, self.failed = call, error, None
        self._calls, self._published = 0, False

    def _count(self, name: str) -> None:
        self._calls += 1
        if self._calls == self.failing:
            self.failed = (name, self._published)
            raise OSError(self.error, os.strerror(self.error))

    def create(self, name: str, directory: int, mode: int) -> int:
        self._count("create")
        return super().create(name, directory, mode)

    def write(self, descriptor: int, content: bytes) -> None:
        try:
            self._count("write")
        except OSError:
            super().write(descriptor, content[: len(content) // 2])
            raise
        super().write(descriptor, content)

    def set_mode(self, descriptor: int, mode: int) -> None:
        self._count("set_mode")
        super().set_mode(descriptor, mode)

    def sync(self, descriptor: int) -> None:
        os.fstat(descriptor)
        self._count("sync")

    def rename(self, name: str, directory: int, new_name: str, new_directory: int) -> None:
        self._count("rename")
        super().rename(name, directory, new_name, new_directory)
        self._published = True

    def unlink(self, name: str, directory: int) -> None:
        self._count("unlink")
        super().unlink(name, directory)
        self._published = True

    def make_directory(self, name: str, directory: int) -> None:
        self._count("make_directory")
        super().make_directory(name, directory)


SITUATIONS: dict[str, tuple[Write, ...]] = {
    "create": (Put(resource("/new"), b'{"new": 1}'),),
    "create with parents": (Put(resource("/x/y/z"), b'{"new": 1}'),),
    "overwrite": (Put(resource("/old/1"), b'{"changed": 1}'),),
    "overwrite with the same": (Put(resource("/old/1"), b'{"old": 1}'),),
    "first number": (Put(resource("/x/1"), b"{}"), RaiseCounter(collection("/x/"), 1)),
    "next number": (Put(resource("/old/2"), b"{}"), RaiseCounter(collection("/old/"), 2)),
    "delete": (Delete(resource("/old/1")),),
}
FULL = (errno.ENOSPC, errno.EDQUOT)
CLASSES = {
    errno.ENOSPC: DiskFull,
    errno.EDQUOT: DiskFull,
    errno.EROFS: ReadOnly,
    errno.EACCES: ReadOnly,
    errno.EIO: StoreFailed,
}


@pytest.mark.parametrize("error", CLASSES, ids=errno.errorcode.get)
@pytest.mark.parametrize("writes", SITUATIONS.values(), ids=SITUATIONS)
async def test_each_call_that_can_fail(
    tmp_path: Path, writes: tuple[Write, ...], error: int
) -> None:
    """Nothing has changed then, but for a sync that fails when all is in its place.

    A failed sync, unless it was for lack of room, ends all writes; reads go on.
    """
    call, failed = 0, set()
    while True:
        call += 1
        data = tmp_path / str(call)
        (data / "old").mkdir(parents=True)
        (data / "old" / "1.json").write_text('{"old": 1}')
        (data / "old" / COUNTER).write_text("1\n")
        system = FailingSystem()
        async with opened(data, environment=system) as store:
            before = snapshot(data)
            system.fail(call, error)
            try:
                await store.commit(writing(*writes))
            except KvputError as raised:
                assert system.failed is not None
                failure = raised
            else:
                assert system.failed is None
                break
            name, published = system.failed
            failed.add(name)
            latched = name == "sync" and (published or error not in FULL)
            assert type(failure) is (StoreFailed if latched else CLASSES[error])
            assert os.strerror(error) in failure.detail
            assert scratch_of(data) == []
            if not published or name != "sync":
                assert snapshot(data) == before
            assert await content_of(store, "/old/1") in _possible(writes)
            if latched:
                with pytest.raises(StoreFailed) as again:
                    await put(store, "/later", b"1")
                assert again.value.detail == failure.detail
                assert await content_of(store, "/later") is None
            else:
                await store.commit(writing(*writes))
                assert [await content_of(store, url) for url in _puts(writes)] == list(
                    _puts(writes).values()
                )
    assert failed >= {"sync"}
    assert call > 1


def _puts(writes: tuple[Write, ...]) -> dict[str, bytes]:
    return {write.path.url: write.content for write in writes if isinstance(write, Put)}


def _possible(writes: tuple[Write, ...]) -> set[bytes | None]:
    """What may stand under /old/1 after a failure: the old or the new, whole."""
    after = {
        write.path.url: write.content if isinstance(write, Put) else None
        for write in writes
        if not isinstance(write, RaiseCounter)
    }
    return {b'{"old": 1}', after.get("/old/1", b'{"old": 1}')}


async def test_the_calls_that_were_made_to_fail(tmp_path: Path) -> None:
    """The table above reaches each kind of call, so that none goes untried."""
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "1.json").write_text('{"old": 1}')
    kinds = set()

    class Listing(FailingSystem):
        def _count(self, name: str) -> None:
            kinds.add(name)

    async with opened(tmp_path, environment=Listing()) as store:
        for writes in SITUATIONS.values():
            await store.commit(writing(*writes))
    assert kinds == {"create", "write", "set_mode", "sync", "rename", "unlink", "make_directory"}


async def test_a_delete_that_fails_may_leave_its_counter_raised(tmp_path: Path) -> None:
    """The resource stands; a number that is passed over harms nobody."""

    class Keeping(OperatingSystem):
        def unlink(self, name: str, directory: int) -> None:
            if name == "9.json":
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
            super().unlink(name, directory)

    async with opened(tmp_path, environment=Keeping()) as store:
        await put(store, "/a/9", b"{}")
        with pytest.raises(ReadOnly):
            await store.commit(
                writing(Delete(resource("/a/9")), RaiseCounter(collection("/a/"), 9))
            )
        assert await content_of(store, "/a/9") == b"{}"
        assert await seen(store, lambda view: view.counter(collection("/a/"))) in (0, 9)
        assert scratch_of(tmp_path) == []


class NotingSystem(OperatingSystem):
    """The operating system, with a note of what is synced and renamed."""

    def __init__(self, data: Path) -> None:
        self.notes: list[str] = []
        self._data = data

    def sync(self, descriptor: int) -> None:
        synced = os.fstat(descriptor)
        known = (self._data, *self._data.rglob("*"))
        names = [p.name for p in known if os.path.samestat(p.stat(), synced)]
        self.notes.append(f"sync {SCRATCH if names[0] in scratch_of(self._data) else names[0]}")
        super().sync(descriptor)

    def rename(self, name: str, directory: int, new_name: str, new_directory: int) -> None:
        self.notes.append(f"rename {new_name}")
        super().rename(name, directory, new_name, new_directory)


async def test_the_order_in_which_things_are_done(tmp_path: Path) -> None:
    """Content is synced before its rename, the directory after it; a number before its counter."""
    system = NotingSystem(tmp_path)
    (tmp_path / "a").mkdir()
    async with opened(tmp_path, environment=system) as store:
        await store.commit(
            writing(RaiseCounter(collection("/a/"), 1), Put(resource("/a/1"), b"{}"))
        )
    assert system.notes == [
        f"sync {tmp_path.name}",
        f"sync {SCRATCH}",
        f"sync {SCRATCH}",
        "rename 1.json",
        f"rename {COUNTER}",
        "sync a",
    ]


async def test_new_directories_are_on_the_disk_before_what_is_in_them(tmp_path: Path) -> None:
    """Each one's entry is synced in its parent."""
    system = NotingSystem(tmp_path)
    async with opened(tmp_path, environment=system) as store:
        await put(store, "/a/b/1")
    parents = [f"sync {name}" for name in (tmp_path.name, "a")]
    assert system.notes == [*parents, f"sync {SCRATCH}", "rename 1.json", "sync b"]


async def test_what_is_the_same_is_synced_before_it_is_acknowledged(tmp_path: Path) -> None:
    """A hand may have written it a moment ago, and a power cut would take it away."""
    system = NotingSystem(tmp_path)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.json").write_text("{}")
    async with opened(tmp_path, environment=system) as store:
        await put(store, "/a/1", b"{}")
    assert system.notes == [f"sync {name}" for name in (tmp_path.name, "1.json", "a")]


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


async def test_a_part_on_another_disk(tmp_path: Path) -> None:
    """It is read and deleted from; what cannot be replaced in one step is refused."""
    (tmp_path / "data").mkdir()
    with memory_disk(tmp_path / "data" / "part") as part:
        (part / "1.json").write_text("1")
        async with opened(tmp_path / "data") as store:
            before = snapshot(part)
            for url in ("/part/1", "/part/2", "/part/deep/3"):
                with pytest.raises(ReadOnly, match="on another file system"):
                    await put(store, url, b"2")
            assert snapshot(part) == before
            assert scratch_of(tmp_path / "data") == []
            assert await content_of(store, "/part/1") == b"1"
            await delete(store, "/part/1")
            await put(store, "/beside", b"3")
        assert names_in(part) == []


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
        assert not await store.is_collection(collection("/articles/"))
        assert await store.list(collection("/articles/")) is None
        assert await store.is_collection(collection("/Articles/"))


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

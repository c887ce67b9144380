"""The calls that `os` does not have, where the system has them and where it has not."""

import ctypes
import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kvput.store.files import kernel
from kvput.store.files.env import OperatingSystem
from tests.store.files.mounts import memory_disk, mounted


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[int]:
    """The descriptor of a directory with the files `a` and `b`, each with its name in it."""
    for name in ("a", "b"):
        (tmp_path / name).write_text(name)
    with opened(tmp_path) as descriptor:
        yield descriptor


@contextmanager
def opened(place: Path, flags: int = os.O_RDONLY) -> Iterator[int]:
    """A descriptor while the block runs."""
    descriptor = os.open(place, flags)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def files_in(place: Path) -> dict[str, str]:
    """The files and what is in them."""
    return {file.name: file.read_text() for file in place.iterdir()}


# --- renames with flags, and what stands in for them


@pytest.fixture(params=["renameat2", "link"])
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> OperatingSystem:
    """The system with its renames, and one on whose disks they do not work."""
    if request.param == "link":
        monkeypatch.setattr(kernel, "_renameat2", None)
    return OperatingSystem()


def test_moving_to_a_free_name(tmp_path: Path, directory: int, system: OperatingSystem) -> None:
    """The file has the new name and no longer the old one."""
    system.move("a", directory, "c", directory)
    assert files_in(tmp_path) == {"b": "b", "c": "a"}


def test_moving_to_a_name_that_is_taken(
    tmp_path: Path, directory: int, system: OperatingSystem
) -> None:
    """Nothing is replaced."""
    with pytest.raises(FileExistsError):
        system.move("a", directory, "b", directory)
    assert files_in(tmp_path) == {"a": "a", "b": "b"}


def test_exchanging(tmp_path: Path, directory: int, system: OperatingSystem) -> None:
    """Each file has the other's name."""
    system.exchange("a", directory, "b", directory)
    assert files_in(tmp_path) == {"a": "b", "b": "a"}


@pytest.mark.parametrize("names", [("a", "x"), ("x", "a")])
def test_exchanging_with_nothing(
    tmp_path: Path, directory: int, system: OperatingSystem, names: tuple[str, str]
) -> None:
    """Nothing happens where one of the two is missing."""
    with pytest.raises(FileNotFoundError):
        system.exchange(names[0], directory, names[1], directory)
    there = files_in(tmp_path)
    assert (there["a"], there["b"], "x" in there) == ("a", "b", False)


def test_a_name_is_bytes(tmp_path: Path, directory: int, system: OperatingSystem) -> None:
    """Names that are no UTF-8 are passed on as they are."""
    system.move("a", directory, "\udcff", directory)
    assert sorted(files_in(tmp_path)) == ["b", "\udcff"]


@pytest.mark.parametrize(
    "number", [errno.EINVAL, errno.ENOSYS, errno.ENOTSUP], ids=errno.errorcode.get
)
def test_a_rename_that_the_disk_does_not_know(
    directory: int, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """A disk without flags is told from one that fails."""

    def lacking(*_: object) -> int:
        ctypes.set_errno(number)
        return -1

    monkeypatch.setattr(kernel, "_renameat2", lacking)
    assert kernel.rename("a", directory, "b", directory, kernel.EXCHANGE) is False
    OperatingSystem().exchange("a", directory, "b", directory)


# --- having things on the disk


def test_full_sync_where_there_is_one(directory: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """On macOS the disk's own cache is emptied, and fsync stands in where it cannot be."""
    calls: list[str] = []
    monkeypatch.setattr(kernel, "_FULL_SYNC", 51)
    monkeypatch.setattr(fcntl, "fcntl", lambda _, call: calls.append(f"fcntl {call}"))
    monkeypatch.setattr(os, "fsync", lambda _: calls.append("fsync"))
    kernel.sync(directory)
    kernel.sync_data(directory)
    assert calls == ["fcntl 51", "fcntl 51"]

    def lacking(*_: object) -> None:
        raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))

    monkeypatch.setattr(fcntl, "fcntl", lacking)
    kernel.sync(directory)
    assert calls[2:] == ["fsync"]


def test_data_alone_is_synced_where_that_can_be_asked(
    directory: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A journal's sync is an fdatasync, and an fsync where there is none."""
    calls: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda _: calls.append("fsync"))
    monkeypatch.setattr(os, "fdatasync", lambda _: calls.append("fdatasync"))
    kernel.sync_data(directory)
    monkeypatch.delattr(os, "fdatasync")
    kernel.sync_data(directory)
    assert calls == ["fdatasync", "fsync"]


def test_a_file_system_is_synced_where_that_can_be_relied_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Known file systems of a kernel that tells of failures; not others, nor on older kernels."""
    monkeypatch.setattr(kernel, "_SYNCFS_TELLS", True)
    with memory_disk(tmp_path / "disk") as disk, opened(disk) as known:
        assert kernel.sync_file_system(known) is True
        monkeypatch.setattr(kernel, "_SYNCFS_TELLS", False)
        assert kernel.sync_file_system(known) is False
    monkeypatch.setattr(kernel, "_SYNCFS_TELLS", True)
    with opened(Path("/proc")) as unknown:
        assert kernel.sync_file_system(unknown) is False


def test_a_file_system_that_fails(directory: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be written is an error, and not a sync that promises nothing."""

    class Failing:
        def syncfs(self, _: int) -> int:
            ctypes.set_errno(errno.EIO)
            return -1

    monkeypatch.setattr(kernel, "_SYNCFS_TELLS", True)
    monkeypatch.setattr(kernel, "_file_system", lambda _: 0xEF53)
    monkeypatch.setattr(kernel, "_C", Failing())
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        kernel.sync_file_system(directory)


# --- room


@pytest.mark.parametrize("lacks", [False, True], ids=["reserved", "not reserved"])
def test_allocating(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, lacks: bool) -> None:
    """The file gets its size, keeps its content, and is never made shorter."""

    def lacking(*_: object) -> None:
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))

    if lacks:
        monkeypatch.setattr(os, "posix_fallocate", lacking)
    file = tmp_path / "a"
    file.write_bytes(b"abc")
    with opened(file, os.O_RDWR) as descriptor:
        kernel.allocate(descriptor, 100_000)
        assert file.read_bytes() == b"abc" + bytes(99_997)
        assert (file.stat().st_blocks * 512 >= 100_000) is not lacks
        kernel.allocate(descriptor, 10)
        assert file.stat().st_size == 100_000


def test_a_system_that_reserves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On macOS there is no such call, and the file gets its size alone."""
    monkeypatch.delattr(os, "posix_fallocate")
    file = tmp_path / "a"
    file.touch()
    with opened(file, os.O_RDWR) as descriptor:
        kernel.allocate(descriptor, 4096)
    assert file.read_bytes() == bytes(4096)


def test_allocating_more_than_there_is(tmp_path: Path) -> None:
    """A full disk says so before anything is written."""
    with memory_disk(tmp_path / "disk", "64k") as disk:
        file = disk / "a"
        file.touch()
        with (
            opened(file, os.O_RDWR) as descriptor,
            pytest.raises(OSError, match=os.strerror(errno.ENOSPC)),
        ):
            kernel.allocate(descriptor, 1 << 20)


# --- whether the system has gone down


def incarnation_of(place: Path) -> bytes:
    """What is told of a directory."""
    with opened(place) as descriptor:
        return kernel.incarnation(descriptor)


def test_incarnation_stays_the_same(tmp_path: Path) -> None:
    """Each directory of a mount has one, as long as it stands; a copy has another."""
    (tmp_path / "a").mkdir()
    found = incarnation_of(tmp_path)
    assert len(found) == 24
    if found != incarnation_of(tmp_path):
        pytest.skip("this kernel does not number its mounts")
    assert incarnation_of(tmp_path / "a") != found


def test_another_mount_is_another_incarnation(tmp_path: Path) -> None:
    """A disk that was taken away and came back may have lost what was not synced."""
    seen = set()
    for _ in range(2):
        with memory_disk(tmp_path / "disk") as disk:
            seen.add(incarnation_of(disk))
    with mounted(tmp_path / "again", "--bind", str(tmp_path)) as again:
        seen |= {incarnation_of(tmp_path), incarnation_of(again)}
    assert len(seen) == 4


@pytest.mark.parametrize("lacking", ["boot", "garbled boot", "call", "failing call", "number"])
def test_incarnation_that_cannot_be_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lacking: str
) -> None:
    """It is never the same then: a journal counts as one from before a power loss."""
    garbled = tmp_path / "garbled"
    garbled.write_text("no boot\n")

    class WithoutStatx:
        pass

    class FailingStatx:
        def statx(self, *_: object) -> int:
            return -1

    class NamelessStatx:
        def statx(self, *_: object) -> int:
            return 0

    match lacking:
        case "boot":
            monkeypatch.setattr(kernel, "_BOOT", str(tmp_path / "none"))
        case "garbled boot":
            monkeypatch.setattr(kernel, "_BOOT", str(garbled))
        case "call":
            monkeypatch.setattr(kernel, "_C", WithoutStatx())
        case "failing call":
            monkeypatch.setattr(kernel, "_C", FailingStatx())
        case "number":
            monkeypatch.setattr(kernel, "_C", NamelessStatx())
    found = [incarnation_of(tmp_path) for _ in range(3)]
    assert {len(each) for each in found} == {24}
    assert len(set(found)) == 3

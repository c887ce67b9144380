"""How the folder is read: what counts as a file or directory in it, and that nothing leads out."""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kvput.errors import Unreadable
from kvput.store.files.reader import Reader, read_all, read_pieces, signature
from tests.store.files.mounts import as_nobody, open_place

Make = Callable[[Path], None]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder beside another one with a secret."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "1.json").write_text("secret")
    folder = tmp_path / "data"
    (folder / ".kvput").mkdir(parents=True)
    (folder / ".kvput" / "1.json").write_text("secret")
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a" / "1.json").write_text("one")
    return folder


@pytest.fixture
def reader(data: Path) -> Iterator[Reader]:
    """A reader of that folder."""
    with closing(Reader(data, folds_names=False)) as opened:
        yield opened


def read(reader: Reader, *parts: str) -> bytes | None:
    """The content of a file, None where there is none."""
    descriptor = reader.open_file(parts)
    if descriptor is None:
        return None
    try:
        return read_all(descriptor, os.fstat(descriptor).st_size)
    finally:
        os.close(descriptor)


def is_directory(reader: Reader, *parts: str) -> bool:
    """Whether there is a directory."""
    with reader.directory(parts) as descriptor:
        return descriptor is not None


def test_files_and_directories(reader: Reader) -> None:
    """Each is found as what it is, and not as the other."""
    assert read(reader, "a", "1.json") == b"one"
    assert is_directory(reader, "a", "b")
    assert is_directory(reader)
    assert read(reader, "a", "b") is None
    assert read(reader, "a", "2.json") is None
    assert read(reader, "c", "1.json") is None
    assert read(reader, "a", "1.json", "x") is None
    assert not is_directory(reader, "a", "1.json")
    assert not is_directory(reader, "c")


def link_twice(data: Path, target: str) -> None:
    """A link `x` to a link `y` to the target."""
    (data / "x").symlink_to("y")
    (data / "y").symlink_to(target)


def link_beside(data: Path) -> None:
    """A link to a folder whose name begins as this one's."""
    (data.parent / "outside").rename(data.parent / "data2")
    (data / "x").symlink_to("../data2")


LINKS_IN: dict[str, tuple[Make, tuple[str, ...]]] = {
    "file": (lambda data: (data / "x.json").symlink_to("a/1.json"), ("x.json",)),
    "absolute": (lambda data: (data / "x.json").symlink_to(data / "a/1.json"), ("x.json",)),
    "directory": (lambda data: (data / "x").symlink_to("a"), ("x", "1.json")),
    "upward": (lambda data: (data / "a" / "b" / "x").symlink_to(".."), ("a", "b", "x", "1.json")),
    "to the folder": (lambda data: (data / "x").symlink_to("."), ("x", "a", "1.json")),
    "out and in": (lambda data: (data / "x").symlink_to("../data/a"), ("x", "1.json")),
    "twice": (lambda data: link_twice(data, "a"), ("x", "1.json")),
}


@pytest.mark.parametrize(("make", "parts"), LINKS_IN.values(), ids=LINKS_IN)
def test_links_in_the_folder_are_followed(
    data: Path, reader: Reader, make: Make, parts: tuple[str, ...]
) -> None:
    """Whatever way they take, as long as they end in it."""
    make(data)
    assert read(reader, *parts) == b"one"


LINKS_OUT: dict[str, tuple[Make, tuple[str, ...]]] = {
    "file": (lambda data: (data / "x.json").symlink_to("../outside/1.json"), ("x.json",)),
    "absolute": (
        lambda data: (data / "x.json").symlink_to(data.parent / "outside" / "1.json"),
        ("x.json",),
    ),
    "directory": (lambda data: (data / "x").symlink_to("../outside"), ("x", "1.json")),
    "deep": (
        lambda data: (data / "a/b/x").symlink_to("../../../outside"),
        ("a", "b", "x", "1.json"),
    ),
    "twice": (lambda data: link_twice(data, "../outside"), ("x", "1.json")),
    "name that begins like the folder's": (link_beside, ("x", "1.json")),
    "kvput's own": (lambda data: (data / "x").symlink_to(".kvput"), ("x", "1.json")),
    "hidden file": (lambda data: (data / "x.json").symlink_to(".kvput/1.json"), ("x.json",)),
    "nothing": (lambda data: (data / "x.json").symlink_to("none.json"), ("x.json",)),
    "directory that is nothing": (lambda data: (data / "x").symlink_to("none"), ("x", "1.json")),
    "itself": (lambda data: (data / "x").symlink_to("x"), ("x", "1.json")),
    "file as directory": (lambda data: (data / "x").symlink_to("a/1.json"), ("x", "1.json")),
}


@pytest.mark.parametrize(("make", "parts"), LINKS_OUT.values(), ids=LINKS_OUT)
def test_links_to_anything_else_are_not(
    data: Path, reader: Reader, make: Make, parts: tuple[str, ...]
) -> None:
    """What is outside, hidden or missing is not there, not even as a place."""
    make(data)
    assert read(reader, *parts) is None
    assert not is_directory(reader, *parts[:-1]) or len(parts) == 1
    assert reader.resolve(parts) is None


@pytest.mark.parametrize("kind", ["FIFO", "directory", "socket"])
def test_what_is_no_regular_file_is_no_file(data: Path, reader: Reader, kind: str) -> None:
    """Opening it neither waits nor fails."""
    place = data / "x.json"
    if kind == "FIFO":
        os.mkfifo(place)
    elif kind == "directory":
        place.mkdir()
    else:
        os.mknod(place, 0o140600)
    assert read(reader, "x.json") is None


def test_a_link_that_comes_between_the_check_and_the_opening(
    data: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A directory that turns into a link out after links were resolved is not followed."""
    (data / "x").symlink_to("a")
    resolve = reader.resolve

    def resolve_then_swap(parts: tuple[str, ...]) -> tuple[str, ...] | None:
        resolved = resolve(parts)
        (data / "a").rename(data / "moved")
        (data / "a").symlink_to("../outside")
        return resolved

    monkeypatch.setattr(reader, "resolve", resolve_then_swap)
    assert read(reader, "x", "1.json") is None


def test_the_folder_is_the_one_that_was_opened(data: Path, reader: Reader) -> None:
    """Moved away, it is still the one that is read."""
    data.rename(data.parent / "moved")
    assert read(reader, "a", "1.json") == b"one"


def test_a_file_that_may_not_be_read() -> None:
    """It is not missing: the error says what to do."""
    with open_place() as place:
        (place / "x.json").write_text("secret")
        (place / "x.json").chmod(0o600)
        (place / "d").mkdir(mode=0o700)
        with as_nobody(), closing(Reader(place, folds_names=False)) as reader:
            for parts in (("x.json",), ("d", "1.json")):
                with pytest.raises(Unreadable) as raised:
                    reader.open_file(parts)
                assert raised.value.detail.startswith(
                    f"{'/'.join(parts)} cannot be read ({os.strerror(errno.EACCES)}): "
                )


def test_no_descriptor_is_left_open(data: Path, reader: Reader) -> None:
    """Whether something is found, missing, a link or in the way."""
    (data / "in").symlink_to("a")
    (data / "out").symlink_to("../outside")
    os.mkfifo(data / "fifo.json")
    before = len(os.listdir("/dev/fd"))  # noqa: PTH208  # this process's descriptors
    for _ in range(3):
        for directory in ("a", "in", "out", "none"):
            read(reader, directory, "1.json")
            read(reader, directory, "b", "c", "1.json")
            is_directory(reader, directory)
        read(reader, "fifo.json")
    assert len(os.listdir("/dev/fd")) == before  # noqa: PTH208  # as above


@pytest.mark.parametrize("said", [0, 1, 99_999, 100_000, 100_001, 5_000_000])
def test_all_is_read_whatever_size_was_told(tmp_path: Path, said: int) -> None:
    """A file may grow or shrink after fstat."""
    (tmp_path / "x").write_bytes(b"x" * 100_000)
    descriptor = os.open(tmp_path / "x", os.O_RDONLY)
    try:
        assert read_all(descriptor, said) == b"x" * 100_000
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("size", [0, 1, 1 << 20, (1 << 20) + 1, 3_000_000])
def test_pieces_make_up_the_file(tmp_path: Path, size: int) -> None:
    """None of them is empty or of more than a mebibyte."""
    (tmp_path / "x").write_bytes(b"x" * size)
    descriptor = os.open(tmp_path / "x", os.O_RDONLY)
    try:
        pieces = list(read_pieces(descriptor))
    finally:
        os.close(descriptor)
    assert sum(map(len, pieces)) == size
    assert all(0 < len(piece) <= 1 << 20 for piece in pieces)


@pytest.mark.parametrize(
    "change",
    [
        lambda file: file.write_text("longer"),
        lambda file: os.utime(file, (1, 1)),
        lambda file: (
            file.with_suffix(".new").write_text("one"),
            file.with_suffix(".new").replace(file),
        ),
    ],
    ids=["written", "touched", "replaced"],
)
def test_a_change_shows_in_the_signature(data: Path, change: Callable[[Path], object]) -> None:
    """Also where size and content stay the same."""
    file = data / "a" / "1.json"
    before = signature(file.stat())
    assert signature(file.stat()) == before
    change(file)
    assert signature(file.stat()) != before

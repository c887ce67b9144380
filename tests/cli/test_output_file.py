"""Files that are written as a whole: the old one, or all of the new one."""

import errno
import os
import threading
from pathlib import Path

import pytest

from kvput.cli.output import OutputError
from kvput.cli.output_file import write_file

OLD, NEW = b"old", b"new\xff" * 100_000


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with the old content, alone in its folder."""
    file = tmp_path / "types.ts"
    file.write_bytes(OLD)
    return file


def test_a_new_file_has_the_permissions_of_any(tmp_path: Path) -> None:
    """Those that the umask leaves."""
    before = os.umask(0o027)
    try:
        write_file(tmp_path / "types.ts", NEW)
    finally:
        os.umask(before)
    assert (tmp_path / "types.ts").read_bytes() == NEW
    assert (tmp_path / "types.ts").stat().st_mode & 0o777 == 0o640


def test_a_file_that_is_there_is_replaced(file: Path) -> None:
    """It keeps its permissions, and nothing is left beside it."""
    file.chmod(0o604)
    with file.open("rb") as opened:
        write_file(file, NEW)
        assert opened.read() == OLD
    assert file.read_bytes() == NEW
    assert file.stat().st_mode & 0o777 == 0o604
    assert list(file.parent.iterdir()) == [file]


def test_a_link_stays_one(file: Path) -> None:
    """What it leads to is replaced."""
    link = file.parent / "link.ts"
    link.symlink_to("types.ts")
    write_file(link, NEW)
    assert link.is_symlink()
    assert file.read_bytes() == NEW


def test_a_pipe_is_written_into(tmp_path: Path) -> None:
    """It is no file that could be replaced."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    came: list[bytes] = []
    reader = threading.Thread(target=lambda: came.append(pipe.read_bytes()))
    reader.start()
    write_file(pipe, NEW)
    reader.join(timeout=20)
    assert came == [NEW]


@pytest.mark.parametrize("call", ["fsync", "fchmod", "replace"])
@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left"), KeyboardInterrupt()])
def test_a_failure_leaves_the_old_file(
    file: Path, monkeypatch: pytest.MonkeyPatch, call: str, error: BaseException
) -> None:
    """And nothing beside it, also where somebody stops the command."""

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(os, call, fail)
    with pytest.raises((OutputError, KeyboardInterrupt)) as raised:
        write_file(file, NEW)
    if isinstance(error, OSError):
        assert str(raised.value) == f"{file}: cannot be written: No space left."
    assert file.read_bytes() == OLD
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (".", "Is a directory"),
        ("none/types.ts", "No such file or directory"),
        ("types.ts/types.ts", "Not a directory"),
    ],
)
def test_a_place_that_takes_no_file_is_told(file: Path, name: str, reason: str) -> None:
    """In one sentence."""
    place = file.parent / name
    with pytest.raises(OutputError) as raised:
        write_file(place, NEW)
    assert raised.value.detail == f"{place}: cannot be written: {reason}."

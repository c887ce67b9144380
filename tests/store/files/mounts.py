"""Disks to put a folder on: full ones, read-only ones, ones that fold names; and another user.

Most need root. What the machine does not offer is skipped, with the reason.
"""

import os
import subprocess
import tempfile
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

NOBODY = 65534


def run_or_skip(*command: str) -> None:
    """Run a command that sets up a disk; skip the test where it is missing or fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    except FileNotFoundError:
        pytest.skip(f"the command {command[0]} is missing")
    if done.returncode:
        # Only the complaint itself: with its paths, each test would have a reason of its own.
        complaint = (done.stderr.splitlines() or [f"failed with {done.returncode}"])[0]
        pytest.skip(f"{command[0]}: {complaint.rpartition(': ')[2]}")


def need_root() -> None:
    """Skip the test unless root runs it."""
    if os.geteuid() != 0:
        pytest.skip("only root may do this")


@contextmanager
def mounted(place: Path, *options: str) -> Iterator[Path]:
    """`mount OPTIONS PLACE` while the block runs; the directory is made where it is missing."""
    need_root()
    place.mkdir(exist_ok=True)
    run_or_skip("mount", *options, str(place))
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True, timeout=30)


@contextmanager
def memory_disk(place: Path, size: str = "256k") -> Iterator[Path]:
    """An empty disk of that size."""
    with mounted(place, "-t", "tmpfs", "-o", f"size={size}", "none"):
        yield place


@contextmanager
def image_disk(place: Path, kind: str, *options: str) -> Iterator[Path]:
    """An empty disk of 8 MiB with the file system `kind`, in an image beside `place`."""
    need_root()
    image = place.with_suffix(".img")
    with image.open("wb") as file:
        file.truncate(8 << 20)
    run_or_skip(f"mkfs.{kind}", str(image))
    with mounted(place, "-o", ",".join(("loop", *options)), str(image)):
        yield place


def fill(disk: Path) -> Path:
    """Leave no room on a disk; gives the file, `filler.json`, that takes it."""
    filler = disk / "filler.json"
    with filler.open("wb", buffering=0) as file:
        # What the disk holds back for writes under way comes free once they are done.
        for _ in range(3):
            for size in (1 << 16, 1 << 10, 1):
                with suppress(OSError):
                    while file.write(b" " * size):
                        pass
            os.fsync(file.fileno())
    return filler


def remount(place: Path, options: str) -> None:
    """Change how a disk is mounted."""
    run_or_skip("mount", "-o", f"remount,{options}", str(place))


@contextmanager
def open_place() -> Iterator[Path]:
    """A new folder that every user can reach; pytest's own are closed to others."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        place.chmod(0o755)
        yield place


@contextmanager
def as_nobody() -> Iterator[None]:
    """Be a user without rights while the block runs."""
    need_root()
    os.setresuid(NOBODY, NOBODY, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


# --- disks that take different names for one


def simulate_folding(root: Path, patch: pytest.MonkeyPatch) -> None:
    """Let names below `root` be found as on a disk that ignores case and normalisation.

    As those disks do, it keeps a name as it was first written.
    """

    def folded(name: str) -> str:
        return unicodedata.normalize("NFD", name).casefold()

    def kept(name: str, directory: int | str) -> str:
        with suppress(OSError):
            names = os.listdir(directory)  # noqa: PTH208  # mostly a descriptor's
            if name not in names:
                return next((n for n in names if folded(n) == folded(name)), name)
        return name

    def on_disk(path: object, directory: int | None) -> object:
        if not isinstance(path, str | os.PathLike):
            return path
        text = str(path)
        if directory is not None:
            return kept(text, directory)
        if not text.startswith(f"{root}/"):
            return text
        place = str(root)
        for name in text.removeprefix(f"{root}/").split("/"):
            place = f"{place}/{kept(name, place)}"
        return place

    def with_one_name(call: Callable[..., object]) -> Callable[..., object]:
        def called(
            path: object, *rest: object, dir_fd: int | None = None, **more: object
        ) -> object:
            return call(on_disk(path, dir_fd), *rest, dir_fd=dir_fd, **more)

        return called

    replace: Callable[..., None] = os.replace

    def called_replace(
        old: str, new: str, *, src_dir_fd: int | None = None, dst_dir_fd: int | None = None
    ) -> None:
        names = on_disk(old, src_dir_fd), on_disk(new, dst_dir_fd)
        replace(*names, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)

    for name in ("open", "stat", "lstat", "mkdir", "unlink", "rmdir"):
        patch.setattr(os, name, with_one_name(getattr(os, name)))
    patch.setattr(os, "replace", called_replace)

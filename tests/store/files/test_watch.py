"""Watching directories: what the kernel says of names, for each who watches."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from kvput.store.files import kernel
from kvput.store.files.watch import Watch, Watcher

pytestmark = pytest.mark.skipif(
    kernel.open_watch_queue() is None, reason="this system has no inotify"
)


@pytest.fixture
def watcher() -> Iterator[Watcher]:
    """A watcher, closed at the end."""
    made = Watcher()
    yield made
    made.close()


def watch(watcher: Watcher, folder: Path) -> Watch:
    """A watch of a folder, which can be had here."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        made = watcher.watch(descriptor)
    finally:
        os.close(descriptor)
    assert made is not None
    return made


def test_each_change_is_told_once(watcher: Watcher, tmp_path: Path) -> None:
    """By its name, as soon as it is made."""
    seen = watch(watcher, tmp_path)
    assert watcher.take(seen) == frozenset()
    (tmp_path / "a").write_bytes(b"1")
    (tmp_path / "b\udcff").mkdir()
    assert watcher.take(seen) == frozenset({"a", "b\udcff"})
    assert watcher.take(seen) == frozenset()
    (tmp_path / "a").rename(tmp_path / "c")
    assert watcher.take(seen) == frozenset({"a", "c"})
    (tmp_path / "c").chmod(0o600)
    assert watcher.take(seen) == frozenset({"c"})
    (tmp_path / "c").unlink()
    assert watcher.take(seen) == frozenset({"c"})


def test_directories_are_told_apart(watcher: Watcher, tmp_path: Path) -> None:
    """And two who watch the same one are each told."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    first, other, second = (watch(watcher, tmp_path / name) for name in ("a", "b", "a"))
    (tmp_path / "a" / "1").touch()
    assert watcher.take(first) == frozenset({"1"})
    assert watcher.take(other) == frozenset()
    assert watcher.take(second) == frozenset({"1"})
    watcher.forget(first)
    (tmp_path / "a" / "2").touch()
    assert watcher.take(first) == frozenset()
    assert watcher.take(second) == frozenset({"2"})
    watcher.forget(second)
    third = watch(watcher, tmp_path / "a")
    (tmp_path / "a" / "3").touch()
    assert watcher.take(third) == frozenset({"3"})


def test_a_directory_that_goes_ends_its_watch(watcher: Watcher, tmp_path: Path) -> None:
    """Another one of its name has nothing to do with it."""
    folder = tmp_path / "a"
    folder.mkdir()
    seen = watch(watcher, folder)
    shutil.rmtree(folder)
    folder.mkdir()
    watcher.take(seen)
    assert seen.ended
    new = watch(watcher, folder)
    (folder / "1").touch()
    assert watcher.take(new) == frozenset({"1"})
    assert not new.ended
    watcher.forget(seen)
    (folder / "2").touch()
    assert watcher.take(new) == frozenset({"2"})


def test_where_nothing_can_be_watched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """There is no watch, and nothing to be closed."""
    monkeypatch.setattr(kernel, "_inotify_add_watch", None)
    watcher = Watcher()
    descriptor = os.open(tmp_path, os.O_RDONLY)
    try:
        assert watcher.watch(descriptor) is None
    finally:
        os.close(descriptor)
    watcher.close()

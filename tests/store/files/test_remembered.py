"""What is remembered under keys: for a day, across restarts, and no longer."""

import os
import time
from pathlib import Path

import pytest

from kvput.store.base import REMEMBERED_SECONDS, Put, Remember
from kvput.store.files import remembered
from kvput.store.files.env import OperatingSystem
from kvput.store.files.layout import remembered_place
from kvput.store.files.reader import Reader
from kvput.store.files.remembered import Forgetting
from tests.store.tools import opened, resource, writing


def _file(folder: Path, key: str) -> Path:
    return folder.joinpath(*remembered_place(key))


def _grow_old(file: Path) -> None:
    then = time.time() - REMEMBERED_SECONDS - 1
    os.utime(file, (then, then))


async def test_it_outlives_a_restart_and_not_a_day(tmp_path: Path) -> None:
    """The file's time tells its age."""
    async with opened(tmp_path) as store:
        await store.commit(writing(Remember("a key", lambda _: b"done")))
    async with opened(tmp_path) as store:
        assert await store.read(lambda view: view.remembered("a key")) == b"done"
        _grow_old(_file(tmp_path, "a key"))
        assert await store.read(lambda view: view.remembered("a key")) is None
        await store.commit(writing(Remember("a key", lambda _: b"done again")))
        assert await store.read(lambda view: view.remembered("a key")) == b"done again"


async def test_it_is_written_as_durably_as_what_it_is_for(tmp_path: Path) -> None:
    """One that is lost from the folder is in the journal, and shows that it is a commit's part."""
    async with opened(tmp_path) as store:
        await store.commit(writing(Put(resource("/a"), b"1"), Remember("k", lambda _: b"done")))
        journal = b"".join(f.read_bytes() for f in (tmp_path / ".kvput" / "journal").iterdir())
    assert b"done" in journal
    assert "/".join(remembered_place("k")).encode() in journal


def test_what_is_old_is_removed_now_and_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest stays, and nobody looks again for an hour."""
    for key in ("old", "new", "older"):
        _file(tmp_path, key).parent.mkdir(parents=True, exist_ok=True)
        _file(tmp_path, key).write_bytes(b"")
    _grow_old(_file(tmp_path, "old"))
    reader = Reader(tmp_path, folds_names=False)
    forgetting = Forgetting(reader, OperatingSystem())
    forgetting.go_on()
    assert [_file(tmp_path, key).exists() for key in ("old", "new", "older")] == [False, True, True]
    _grow_old(_file(tmp_path, "older"))
    forgetting.go_on()
    assert _file(tmp_path, "older").exists()
    monkeypatch.setattr(remembered, "_LOOK_EVERY_SECONDS", -1)
    forgetting = Forgetting(reader, OperatingSystem())
    forgetting.go_on()
    assert not _file(tmp_path, "older").exists()
    reader.close()


def test_a_folder_in_which_nothing_was_remembered(tmp_path: Path) -> None:
    """There is nothing to remove."""
    reader = Reader(tmp_path, folds_names=False)
    Forgetting(reader, OperatingSystem()).go_on()
    reader.close()


def test_only_some_are_looked_at_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And what cannot be removed keeps none of the others."""
    monkeypatch.setattr(remembered, "_AT_ONCE", 2)
    for key in range(5):
        _file(tmp_path, str(key)).parent.mkdir(parents=True, exist_ok=True)
        _file(tmp_path, str(key)).write_bytes(b"")
        _grow_old(_file(tmp_path, str(key)))
    _file(tmp_path, "a folder").mkdir()
    _grow_old(_file(tmp_path, "a folder"))
    reader = Reader(tmp_path, folds_names=False)
    forgetting = Forgetting(reader, OperatingSystem())
    left = []
    for _ in range(4):
        forgetting.go_on()
        left.append(len(list(_file(tmp_path, "").parent.iterdir())))
    assert left[0] >= 4
    assert left[2:] == [1, 1]
    reader.close()

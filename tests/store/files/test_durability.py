"""Which states are known to outlast a power loss, and what is synced to make them so."""

import errno
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from kvput.store.files.durability import (
    UNKNOWN,
    Durability,
    SyncError,
    sync_file_system,
    sync_places,
)
from kvput.store.files.env import OperatingSystem
from kvput.store.files.reader import Reader
from tests.store.files.hooked import fails, hooked, spared

_LATER_NS: Final = 3_000_000_000
"""Longer than any clock that stamps files takes to tick."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file in a folder."""
    (tmp_path / "a").mkdir()
    place = tmp_path / "a" / "1.json"
    place.write_bytes(b"1")
    return place


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    """The folder, open."""
    reader = Reader(tmp_path, folds_names=False)
    yield reader
    reader.close()


# --- what is known


def test_nothing_is_known_at_first(file: Path) -> None:
    """A file that was there before may be a hand's of a moment ago."""
    durability = Durability()
    assert not durability.has("a/1.json", file.stat())
    assert not durability.has_directory("a", file.parent.stat())
    assert not durability.written


def test_what_the_journal_holds_is_known_until_it_changes(file: Path) -> None:
    """The state that was written needs no sync; a hand's edit, or another file, does."""
    durability = Durability()
    durability.note_written("a/1.json", file.stat())
    assert durability.has("a/1.json", file.stat())
    assert not durability.has("a/2.json", file.stat())
    assert tuple(durability.written) == ("a/1.json",)
    other = file.with_name("2.json")
    other.write_bytes(b"1")
    assert not durability.has("a/1.json", other.stat())
    time.sleep(0.01)  # until the clock that stamps files has ticked
    os.utime(file)
    assert not durability.has("a/1.json", file.stat())


def test_what_was_removed_is_not_known(file: Path) -> None:
    """A file that comes where one was removed is a hand's."""
    durability = Durability()
    durability.note_written("a/1.json", None)
    assert not durability.has("a/1.json", file.stat())
    assert tuple(durability.written) == ("a/1.json",)


def test_it_is_known_through_a_checkpoint(file: Path) -> None:
    """While a segment waits for its checkpoint its states count; then those that were synced."""
    durability = Durability()
    durability.note_written("a/1.json", file.stat())
    durability.retire()
    assert not durability.written
    assert durability.has("a/1.json", file.stat())
    durability.checkpointed(0)
    assert durability.has("a/1.json", file.stat())
    file.write_bytes(b"2")
    assert not durability.has("a/1.json", file.stat())
    durability.checkpointed(file.stat().st_ctime_ns + _LATER_NS)
    assert durability.has("a/1.json", file.stat())
    assert durability.has_directory("a", file.parent.stat())


def test_what_is_written_during_a_checkpoint_is_not_forgotten(file: Path) -> None:
    """The segment in use goes on counting after the one before it was checkpointed."""
    durability = Durability()
    durability.retire()
    durability.note_written("a/1.json", file.stat())
    durability.checkpointed(0)
    assert durability.has("a/1.json", file.stat())


def test_a_sync_says_nothing_of_what_changed_since(file: Path) -> None:
    """A change as late as the sync is not known to be on the disk, by a clock that ticks."""
    durability = Durability()
    changed_ns = file.stat().st_ctime_ns
    durability.checkpointed(changed_ns + 1)
    assert not durability.has("a/1.json", file.stat())
    # An earlier sync that ends later takes nothing back.
    durability.checkpointed(changed_ns + _LATER_NS)
    durability.checkpointed(changed_ns - 1)
    assert durability.has("a/1.json", file.stat())


def test_a_directory_is_known_until_a_name_changes(file: Path) -> None:
    """A directory whose names changed only by the store's own writes needs no sync."""
    durability = Durability()
    durability.note_directory("a", file.parent.stat())
    assert durability.has_directory("a", file.parent.stat())
    durability.checkpointed(0)
    assert durability.has_directory("a", file.parent.stat())
    time.sleep(0.01)
    file.with_name("2.json").write_bytes(b"")
    assert not durability.has_directory("a", file.parent.stat())


# --- syncing


def test_the_time_of_a_sync_lies_before_it() -> None:
    """A change that came during the sync is never taken for one before it."""
    during = 0

    class Slow(OperatingSystem):
        def sync_file_system(self, descriptor: int) -> bool:
            nonlocal during
            during = time.time_ns()
            return descriptor == 7

    before = time.time_ns()
    assert before <= sync_file_system(7, Slow()) <= during
    assert sync_file_system(8, Slow()) == 0


def test_a_clock_that_was_set_back(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No time is relied on then: a new change may have an old one's."""
    durability = Durability()
    durability.look_at_the_clock()
    durability.checkpointed(file.stat().st_ctime_ns + _LATER_NS)
    durability.note_written("a/2.json", file.stat())
    durability.look_at_the_clock()
    assert durability.has("a/1.json", file.stat())
    now_ns = time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: now_ns - 60_000_000_000)
    durability.look_at_the_clock()
    assert not durability.has("a/1.json", file.stat())
    assert durability.has("a/2.json", file.stat())


def places_synced(reader: Reader, *places: str, number: int = 0) -> list[str]:
    """What is synced for these places, in order; with an error's number, each sync fails."""
    root = Path(f"/proc/self/fd/{reader.descriptor}").readlink()
    synced: list[str] = []

    def hook(call: str, descriptor: int) -> None:
        assert call == "sync"
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink().relative_to(root)))
        if number:
            raise fails(number)

    sync_places(dict.fromkeys(places, UNKNOWN), reader, hooked(hook))
    return synced


def test_files_are_synced_and_then_the_way_to_them(tmp_path: Path, reader: Reader) -> None:
    """Each file once, then each directory on the way, the deepest first and the folder last."""
    for place in ("a/b/1.json", "a/2.json", "3.json"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).touch()
    assert places_synced(reader, "a/b/1.json", "a/2.json", "3.json") == [
        "a/b/1.json",
        "a/2.json",
        "3.json",
        "a/b",
        "a",
        ".",
    ]


def test_of_what_was_removed_the_directory_is_synced(tmp_path: Path, reader: Reader) -> None:
    """A name that is gone must be gone on the disk, too; so must a directory's."""
    (tmp_path / "a").mkdir()
    assert places_synced(reader, "a/1.json", "b/c/1.json") == ["a", "."]


@pytest.mark.parametrize("kind", ["link", "pipe", "directory"])
def test_what_a_hand_has_put_there_is_not_ours(tmp_path: Path, reader: Reader, kind: str) -> None:
    """Syncing does not follow a link, wait for a pipe's writer, or fail."""
    (tmp_path / "elsewhere").write_bytes(b"1")
    place = tmp_path / "1.json"
    match kind:
        case "link":
            place.symlink_to("elsewhere")
        case "pipe":
            os.mkfifo(place)
        case "directory":
            place.mkdir()
    assert places_synced(reader, "1.json") == (["1.json", "."] if kind == "directory" else ["."])


@pytest.mark.parametrize("hand", ["takes away", "replaces", "shuts off"])
def test_what_a_hand_has_moved_is_not_all(tmp_path: Path, reader: Reader, hand: str) -> None:
    """What was written may lie elsewhere now: only a sync of everything reaches it."""
    file = tmp_path / "1.json"
    file.write_text("1")
    status = file.stat()
    written = {"1.json": (status.st_ctime_ns, status.st_ino)}
    assert sync_places(written, reader, spared())
    file.rename(tmp_path / "moved.json")
    if hand == "replaces":
        file.write_text("2")
    if hand == "shuts off":
        file.symlink_to("moved.json")
    assert not sync_places(written, reader, spared())


def test_a_sync_that_fails_is_told(tmp_path: Path, reader: Reader) -> None:
    """An error of the disk is not passed over."""
    (tmp_path / "1.json").touch()
    with pytest.raises(SyncError, match=os.strerror(errno.EIO)):
        places_synced(reader, "1.json", number=errno.EIO)

"""The model of a disk under a crash: which folders it takes for possible, call by call."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.store.files.contents import SECTOR
from tests.store.files.crash_states import Disk, Rule, chance
from tests.store.files.recording import (
    Noted,
    Picture,
    RecordingEnvironment,
    Synced,
    lay_out,
    picture_of,
)


class Desk:
    """A folder with a file `old` and a directory `d`, and short calls to change it."""

    def __init__(self, folder: Path) -> None:
        (folder / "old").write_bytes(b"old")
        (folder / "d").mkdir()
        self.folder = folder
        self.environment = RecordingEnvironment(folder)

    def _in(self, path: str) -> tuple[str, int]:
        place = self.folder / path
        return place.name, os.open(place.parent, os.O_RDONLY | os.O_DIRECTORY)

    def create(self, path: str, content: bytes | None = None) -> None:
        """A new file, with that content if it is one."""
        name, directory = self._in(path)
        descriptor = self.environment.create(name, directory, 0o666)
        if content is not None:
            self.environment.write(descriptor, [content], 0)
        os.close(descriptor)
        os.close(directory)

    def change(self, path: str, call: Callable[[RecordingEnvironment, int], object]) -> None:
        """Something that is done with an open file or directory."""
        place = self.folder / path
        descriptor = os.open(place, os.O_RDONLY if place.is_dir() else os.O_RDWR)
        call(self.environment, descriptor)
        os.close(descriptor)

    def write(self, path: str, content: bytes, offset: int = 0) -> None:
        """Write into a file."""
        self.change(path, lambda system, file: system.write(file, [content], offset))

    def truncate(self, path: str, size: int) -> None:
        """Cut a file off."""
        self.change(path, lambda system, file: system.truncate(file, size))

    def allocate(self, path: str, size: int) -> None:
        """Make a file larger."""
        self.change(path, lambda system, file: system.allocate(file, size))

    def sync(self, path: str) -> None:
        """Sync a file or a directory."""
        self.change(path, lambda system, file: system.sync(file))

    def sync_data(self, path: str) -> None:
        """Sync a file's content and size."""
        self.change(path, lambda system, file: system.sync_data(file))

    def sync_all(self) -> None:
        """Sync the whole file system."""
        self.change("", lambda system, file: system.sync_file_system(file))

    def two(self, kind: str, path: str, other: str) -> None:
        """`move`, `exchange` or `replace`."""
        name, directory = self._in(path)
        other_name, other_directory = self._in(other)
        getattr(self.environment, kind)(name, directory, other_name, other_directory)
        os.close(directory)
        os.close(other_directory)

    def one(self, kind: str, path: str) -> None:
        """`unlink`, `make_directory` or `remove_directory`."""
        name, directory = self._in(path)
        getattr(self.environment, kind)(name, directory)
        os.close(directory)

    def disk(self, rule: Rule) -> Disk:
        """The disk after all that was done."""
        disk = Disk(self.environment, rule)
        for operation in self.environment.log:
            disk.take(operation)
        return disk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A new one."""
    return Desk(tmp_path)


def shown(picture: Picture) -> str:
    """The files, but for `old` as it was, as `name=content`, with 0 for each zero byte."""
    files = {path: file.content for path, file in picture.items() if file is not None}
    if files.get("old") == b"old":
        del files["old"]
    elif "old" not in files:
        files["old"] = b"-"
    parts = (f"{path}={text.decode()}" for path, text in sorted(files.items()))
    return " ".join(parts).replace("\0", "0")


def all_shown(desk: Desk, rule: Rule) -> set[str]:
    """All states after a script, shown."""
    return {shown(state) for state in desk.disk(rule).states(chance(1), 300)}


def write_new(desk: Desk) -> None:
    """A new file with content, nothing synced."""
    desk.create("new", b"new")


def write_over(desk: Desk) -> None:
    """What an editor does: a new file, renamed over the old one, nothing synced."""
    write_new(desk)
    desk.two("replace", "new", "old")


def sync_and_write_over(desk: Desk) -> None:
    """As it should be done, but for the directory."""
    write_new(desk)
    desk.sync("new")
    desk.two("replace", "new", "old")


def exchange(desk: Desk) -> None:
    """Two files that change their names."""
    write_new(desk)
    desk.sync("new")
    desk.sync("")
    desk.two("exchange", "new", "old")


def exchange_and_unlink(desk: Desk) -> None:
    """As the store overwrites a resource, with what it replaces removed at last."""
    exchange(desk)
    desk.one("unlink", "new")


def write_in_place(desk: Desk) -> None:
    """What a plain `open(file, "w")` does."""
    desk.truncate("old", 0)
    desk.write("old", b"own")


def append(desk: Desk) -> None:
    """Into a file whose room was allocated and synced."""
    desk.create("log")
    desk.allocate("log", 6)
    desk.sync("log")
    desk.sync("")
    desk.write("log", b"one", 0)
    desk.sync_data("log")
    desk.write("log", b"two", 3)


def move_to_new_directory(desk: Desk) -> None:
    """The new directory's own name is not synced."""
    desk.one("make_directory", "e")
    desk.two("move", "old", "e/x")
    desk.sync("e")


def then_sync(script: Callable[[Desk], None], path: str) -> Callable[[Desk], None]:
    """The script, and a sync at its end."""

    def run(desk: Desk) -> None:
        script(desk)
        desk.sync(path)

    return run


def then_sync_all(script: Callable[[Desk], None]) -> Callable[[Desk], None]:
    """The script, and a sync of the file system."""

    def run(desk: Desk) -> None:
        script(desk)
        desk.sync_all()

    return run


@pytest.mark.parametrize(
    ("script", "posix", "ordered"),
    [
        (
            write_new,
            {"", "new=", "new=000", "new=new"},
            {"", "new=", "new=000", "new=new"},
        ),
        (
            # The name is promised by POSIX only once the directory is synced.
            then_sync(write_new, "new"),
            {"", "new=new"},
            {"new=new"},
        ),
        (
            then_sync(write_new, ""),
            {"new=", "new=000", "new=new"},
            {"new=", "new=000", "new=new"},
        ),
        (
            write_over,
            {"", "new=", "new=000", "new=new", "old=", "old=000", "old=new"},
            {"", "new=", "new=000", "new=new", "old=", "old=000", "old=new"},
        ),
        (
            sync_and_write_over,
            {"", "new=new", "old=new"},
            {"new=new", "old=new"},
        ),
        (then_sync(sync_and_write_over, ""), {"old=new"}, {"old=new"}),
        (then_sync_all(write_over), {"old=new"}, {"old=new"}),
        (exchange, {"new=new", "new=old old=new"}, {"new=new", "new=old old=new"}),
        (
            # Not "": the new file is removed only from where the exchange has put it.
            exchange_and_unlink,
            {"new=new", "new=old old=new", "old=new"},
            {"new=new", "new=old old=new", "old=new"},
        ),
        (
            write_in_place,
            {"", "old=", "old=000", "old=own"},
            {"", "old=", "old=000", "old=own"},
        ),
        (append, {"log=one000", "log=onetwo"}, {"log=one000", "log=onetwo"}),
        (
            # By POSIX's letter, what the directory holds is durable, but not the directory.
            move_to_new_directory,
            {"old=-", "e/x=old old=-"},
            {"e/x=old old=-"},
        ),
        (then_sync(move_to_new_directory, ""), {"e/x=old old=-"}, {"e/x=old old=-"}),
    ],
)
def test_what_a_crash_leaves(
    desk: Desk, script: Callable[[Desk], None], posix: set[str], ordered: set[str]
) -> None:
    """These states and no others, by each rule."""
    script(desk)
    assert all_shown(desk, Rule.POSIX) == posix
    assert all_shown(desk, Rule.ORDERED) == ordered


def test_changes_of_names_keep_their_order_on_a_journaling_file_system(desk: Desk) -> None:
    """By POSIX alone the later of two names may be there without the earlier."""
    desk.create("a")
    desk.create("d/b")
    assert all_shown(desk, Rule.POSIX) == {"", "a=", "d/b=", "a= d/b="}
    assert all_shown(desk, Rule.ORDERED) == {"", "a=", "a= d/b="}


def test_a_sync_takes_along_what_came_before_it(desk: Desk) -> None:
    """On a journaling file system; by POSIX it says nothing of other files."""
    desk.create("a")
    desk.create("d/b", b"x")
    desk.sync("d/b")
    assert all_shown(desk, Rule.ORDERED) == {"a= d/b=x"}
    assert all_shown(desk, Rule.POSIX) == {"", "a=", "d/b=x", "a= d/b=x"}


def test_a_sync_of_what_has_not_changed_takes_nothing_along(desk: Desk) -> None:
    """It has nothing to wait for."""
    desk.create("a")
    desk.sync("old")
    assert all_shown(desk, Rule.ORDERED) == {"", "a="}


def test_torn_content(desk: Desk) -> None:
    """Each sector is the old or the new one; what is new may be zeros or missing."""
    desk.create("log", b"a" * 2 * SECTOR)
    desk.sync("log")
    desk.sync("")
    desk.write("log", b"b" * 3 * SECTOR)
    found = set()
    for state in desk.disk(Rule.ORDERED).states(chance(1), 500):
        file = state["log"]
        assert file is not None
        content = file.content
        assert len(content) % SECTOR == 0
        pieces = [content[at : at + SECTOR] for at in range(0, len(content), SECTOR)]
        assert all(piece == piece[:1] * SECTOR for piece in pieces)
        found.add("".join(piece[:1].decode() for piece in pieces).replace("\0", "0"))
    assert found == {
        *("aa", "ab", "ba", "bb"),
        *(f"{one}{two}{three}" for one in "ab" for two in "ab" for three in "0b"),
    }


def test_a_sector_that_was_written_twice_holds_no_hole(desk: Desk) -> None:
    """When the second write has arrived, so has the first in the same sector."""
    desk.create("log")
    desk.allocate("log", 6)
    desk.sync("log")
    desk.sync("")
    desk.write("log", b"one", 0)
    desk.write("log", b"two", 3)
    assert all_shown(desk, Rule.POSIX) == {"log=000000", "log=one000", "log=onetwo"}


def test_times_may_be_lost(desk: Desk) -> None:
    """A write's own time and one that was set; a sync of data alone does not have them."""
    start = (desk.folder / "old").stat().st_mtime_ns
    os.utime(desk.folder / "old", ns=(5_000, 5_000))
    desk.environment = RecordingEnvironment(desk.folder)
    desk.write("old", b"own")
    desk.change("old", lambda system, file: system.set_modified(file, 9_000))
    for sync, expected in ((desk.sync_data, {5_000, 9_000, start}), (desk.sync, {9_000})):
        sync("old")
        times = set()
        for state in desk.disk(Rule.POSIX).states(chance(1), 100):
            file = state["old"]
            assert file is not None
            assert file.content == b"own"
            times.add(min(start, file.modified_ns))
        assert times == expected


def test_a_directory_is_removed_only_with_what_was_in_it(desk: Desk) -> None:
    """By either rule."""
    desk.create("d/a")
    desk.one("unlink", "d/a")
    desk.one("remove_directory", "d")
    for rule in Rule:
        for state in desk.disk(rule).states(chance(1), 100):
            assert "d" in state or "d/a" not in state
            assert all(path.rpartition("/")[0] in {"", *state} for path in state)


@pytest.mark.parametrize(
    "script", [write_over, exchange_and_unlink, write_in_place, append, move_to_new_directory]
)
@pytest.mark.parametrize("rule", Rule)
def test_with_nothing_lost_the_folder_is_what_it_is(
    desk: Desk, tmp_path: Path, script: Callable[[Desk], None], rule: Rule
) -> None:
    """The model has followed each call; and a state that is laid out is that state."""
    script(desk)
    kept = desk.disk(rule).kept()
    assert kept == picture_of(desk.folder)
    copy = tmp_path / "copy"
    copy.mkdir()
    lay_out(kept, copy)
    assert picture_of(copy) == kept


def test_what_was_done_past_the_environment_is_noticed(desk: Desk) -> None:
    """As something that is not synced."""
    (desk.folder / "own").write_bytes(b"own")
    (desk.folder / "old").unlink()
    desk.two("move", "own", "old")
    assert desk.disk(Rule.POSIX).kept() == {**picture_of(desk.folder)}
    assert "" in all_shown(desk, Rule.POSIX)
    desk.environment.note("here")
    assert desk.environment.log[-1] == Noted("here")


def test_a_sync_that_failed_is_not_made_good_by_the_next(desk: Desk) -> None:
    """The system takes the bytes for written; only writing them again brings them to the disk."""
    desk.write("old", b"own")
    desk.sync("old")
    place = len(desk.environment.log) - 1
    desk.environment.log[place] = Synced(desk.environment.start[-1][1], failed=True)
    desk.sync("old")
    for rule in Rule:
        assert all_shown(desk, rule) == {"", "old=own"}
    desk.write("old", b"own")
    desk.sync("old")
    for rule in Rule:
        assert all_shown(desk, rule) == {"old=own"}

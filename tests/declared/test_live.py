"""The declarations that hold now, of a file that is edited, broken, mended, removed and moved."""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kvput.config_file import CONFIG_FILE
from kvput.declarations import NOTHING_DECLARED
from kvput.declared import LiveDeclarations, live
from kvput.declared.live import is_settled
from kvput.errors import ConfigError
from tests.store.files.mounts import as_nobody, open_place

SETTLED_SECONDS = 0.1
"""After this long a file on a disk of today is settled."""


class Served:
    """A folder with a file, and its declarations as a server has them."""

    def __init__(self, folder: Path, text: str | None = None) -> None:
        self.folder = folder
        self.file = folder / CONFIG_FILE
        self._told: list[str] = []
        if text is not None:
            self.write(text)
        self.live = LiveDeclarations(folder, self._told.append)

    def write(self, text: str) -> None:
        """Edit the file as careful editors do: a new one takes its place."""
        other = self.folder / "new"
        other.write_text(text)
        other.replace(self.file)

    def holds(self) -> tuple[str, ...]:
        """What is declared to be unique in any collection."""
        collections = self.live.current().collections.values()
        return tuple(member for declaration in collections for member in declaration.unique)

    def told(self) -> list[str]:
        """What was told since this was last asked, without the file's path."""
        self.live.current()
        told = [sentence.removeprefix(str(self.file)) for sentence in self._told]
        self._told.clear()
        return told


def unique(*members: str) -> str:
    """A file that declares these to be unique in posts."""
    return f"[collections.posts]\nunique = {list(members)}\n"


BROKEN = "[collections.posts]\nunique = 1\n"
SAID = (
    ':2: unique: 1 is no list of members: write one, such as ["slug"]. '
    "What it declared before still holds."
)
RIGHT_AGAIN = ": is right again, and holds from now on."
GONE = ": is gone, so that nothing is declared."
NOTHING = ": declares nothing any more."
THERE = ": is there, and holds from now on."
AT_THE_NEXT_START = ": its options have changed, which takes effect at the next start."


# --- what holds


def test_an_edit_holds_at_once(tmp_path: Path) -> None:
    """However it is made, and however soon after the one before; none is told of."""
    served = Served(tmp_path, unique("a"))
    assert served.holds() == ("a",)
    for number in range(50):
        served.write(unique(f"b{number}"))
        assert served.holds() == (f"b{number}",)
        served.file.write_text(unique(f"c{number}"))
        assert served.holds() == (f"c{number}",)
    assert served.told() == []


def test_an_edit_that_keeps_size_and_time_holds(tmp_path: Path) -> None:
    """A tool that gives a copy the time of its original is seen through."""
    served = Served(tmp_path, unique("a"))
    status = served.file.stat()
    time.sleep(SETTLED_SECONDS)
    assert served.holds() == ("a",)
    served.file.write_text(unique("b"))
    os.utime(served.file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert served.holds() == ("b",)


def test_a_file_that_comes_and_goes(tmp_path: Path) -> None:
    """Without it nothing is declared, which is told; and so is that it is there again."""
    served = Served(tmp_path)
    assert served.live.current() is NOTHING_DECLARED
    served.write(unique("a"))
    assert served.holds() == ("a",)
    assert served.told() == [THERE]
    served.file.unlink()
    assert served.holds() == ()
    assert served.told() == [GONE]
    assert served.told() == []
    served.write(unique("a"))
    assert served.holds() == ("a",)
    assert served.told() == [THERE]
    served.write("[collections]\n")
    assert served.told() == [NOTHING]
    served.file.unlink()
    assert served.told() == []


def test_a_folder_that_is_moved_and_replaced(tmp_path: Path) -> None:
    """The one that stands at the path counts, with its file and its folders."""
    for name in ("data", "other"):
        (tmp_path / name).mkdir()
    (tmp_path / "other" / CONFIG_FILE).write_text(
        unique("b") + '[collections.posts.relations.author]\nto = "authors"\n'
    )
    (tmp_path / "other" / "authors").mkdir()
    served = Served(tmp_path / "data", unique("a"))
    assert served.holds() == ("a",)
    (tmp_path / "data").rename(tmp_path / "moved")
    assert served.holds() == ()
    (tmp_path / "other").rename(tmp_path / "data")
    assert served.holds() == ("b",)
    assert served.told() == [GONE, THERE]


def test_a_file_that_is_emptied_to_be_written(tmp_path: Path) -> None:
    """No write slips through while an editor is between emptying the file and filling it."""
    served = Served(tmp_path, unique("a"))
    with served.file.open("w") as file:
        assert served.file.stat().st_size == 0
        assert served.holds() == ("a",)
        file.write(unique("b"))
    assert served.holds() == ("b",)
    served.file.write_text("")
    assert served.holds() == ("b",)
    assert served.told() == []
    time.sleep(SETTLED_SECONDS)
    assert served.holds() == ()
    assert served.told() == [NOTHING]


def test_what_has_not_changed_is_the_same_value(tmp_path: Path) -> None:
    """Who makes something of the declarations may keep it for as long as they are these."""
    served = Served(tmp_path, unique("a"))
    first = served.live.current()
    served.write(unique("a"))
    assert served.live.current() is first
    served.file.touch()
    assert served.live.current() is first


# --- what is told


def test_a_fault_at_the_start(tmp_path: Path) -> None:
    """It is raised: there is nothing from before that could hold."""
    with pytest.raises(ConfigError) as raised:
        Served(tmp_path, BROKEN)
    assert raised.value.detail == (
        f'{tmp_path / CONFIG_FILE}:2: unique: 1 is no list of members: write one, such as ["slug"].'
    )


def test_a_fault_changes_nothing(tmp_path: Path) -> None:
    """What was declared holds; each state of the file is told of once."""
    served = Served(tmp_path, unique("a"))
    served.write(BROKEN)
    assert served.holds() == ("a",)
    assert served.told() == [SAID]
    assert served.told() == []
    served.write(BROKEN)
    assert served.told() == []
    served.write(f"\n{BROKEN}")
    assert served.told() == [SAID.replace(":2:", ":3:")]
    served.write("[")
    assert served.holds() == ("a",)
    (said,) = served.told()
    assert said.startswith(":1:")
    assert "is not TOML: " in said
    served.write(unique("b"))
    assert served.holds() == ("b",)
    assert served.told() == [RIGHT_AGAIN]
    served.write(BROKEN)
    assert served.holds() == ("b",)
    assert served.told() == [SAID]


def test_a_fault_of_a_file_that_goes(tmp_path: Path) -> None:
    """Then nothing is declared, which is told, since the fault was."""
    served = Served(tmp_path, unique("a"))
    served.write(BROKEN)
    assert served.told() == [SAID]
    served.file.unlink()
    assert served.holds() == ()
    assert served.told() == [GONE]


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """What it was holds; that it can be read again is noticed."""
    served = Served(tmp_path, unique("a"))
    served.file.unlink()
    served.file.mkdir()
    assert served.holds() == ("a",)
    assert served.told() == [
        ": cannot be read: Is a directory. What it declared before still holds."
    ]
    assert served.told() == []
    served.file.rmdir()
    served.write(unique("a"))
    assert served.holds() == ("a",)
    assert served.told() == [RIGHT_AGAIN]


def test_a_file_that_others_may_not_read() -> None:
    """It has been shut after the start, and is opened again."""
    with open_place() as place:
        served = Served(place, unique("a"))
        served.file.chmod(0o600)
        with as_nobody():
            assert served.holds() == ("a",)
            assert served.told() == [
                ": cannot be read: Permission denied. What it declared before still holds."
            ]
        served.file.chmod(0o644)
        with as_nobody():
            assert served.holds() == ("a",)
            assert served.told() == [RIGHT_AGAIN]


def test_a_failure_that_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be read for want of descriptors is read at the next look."""
    served = Served(tmp_path, unique("a"))
    served.write(unique("b"))
    time.sleep(SETTLED_SECONDS)

    def fail(file: Path) -> bytes:
        raise ConfigError(f"{file}: cannot be read: Too many open files.")

    with monkeypatch.context() as context:
        context.setattr(live, "file_content", fail)
        assert served.holds() == ("a",)
        assert served.told() == [
            ": cannot be read: Too many open files. What it declared before still holds."
        ]
    assert served.holds() == ("b",)
    assert served.told() == [RIGHT_AGAIN]


def test_a_folder_that_a_relation_waits_for(tmp_path: Path) -> None:
    """Once it is made, the file is right, although nobody has touched it."""
    served = Served(tmp_path, unique("a"))
    text = unique("b") + '[collections.posts.relations.author]\nto = "authors"\n'
    served.write(text)
    assert served.holds() == ("a",)
    (said,) = served.told()
    assert said.startswith(":4: to: /authors is neither declared nor a folder")
    time.sleep(SETTLED_SECONDS)
    assert served.told() == []
    (tmp_path / "authors").mkdir()
    assert served.holds() == ("b",)
    assert served.told() == [RIGHT_AGAIN]
    # What was there when it was read is not looked for again.
    (tmp_path / "authors").rmdir()
    assert served.holds() == ("b",)
    assert served.told() == []


def test_options_that_change(tmp_path: Path) -> None:
    """They take effect at the next start, and collections at once."""
    served = Served(tmp_path, f"port = 1\n{unique('a')}")
    served.write(f"port = 2\n{unique('b')}")
    assert served.holds() == ("b",)
    assert served.told() == [AT_THE_NEXT_START]
    served.write(f"port = 2\n{unique('c')}")
    assert served.told() == []
    served.write(f"port = 3\n{BROKEN}")
    assert served.told() == [SAID.replace(":2:", ":3:")]
    served.write(f"port = 3\n{unique('c')}")
    assert served.told() == [RIGHT_AGAIN, AT_THE_NEXT_START]
    # As it was at the start, so that nothing is left to take effect.
    served.write(f"port = 1\n{unique('c')}")
    assert served.told() == []
    served.file.unlink()
    assert served.told() == [GONE, AT_THE_NEXT_START]


# --- what it costs, and from where it is asked


def test_a_file_that_is_settled_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One look at its times is all, also where it is at fault or missing."""
    for text in (unique("a"), BROKEN, None):
        folder = tmp_path / str(text is None or len(text))
        folder.mkdir()
        served = Served(folder)
        if text is not None:
            served.write(text)
        served.live.current()
        time.sleep(SETTLED_SECONDS)
        expected = served.live.current()
        with monkeypatch.context() as context:
            context.setattr(live, "file_content", lambda _: pytest.fail("it is read"))
            assert served.live.current() is expected


@pytest.mark.parametrize(
    ("changed_ns", "later_ns", "settled"),
    [
        (1_500_000_000, 50_000_001, True),
        (1_500_000_000, 50_000_000, False),
        (1_500_000_000, 0, False),
        (1_500_000_000, -1_000_000_000, False),
        (1_000_000_000, 50_000_001, False),
        (1_000_000_000, 2_100_000_000, False),
        (1_000_000_000, 2_100_000_001, True),
    ],
)
def test_when_a_file_is_settled(changed_ns: int, later_ns: int, settled: bool) -> None:
    """Once its clock has ticked on; where times are whole seconds, that takes longer."""
    assert is_settled(changed_ns, changed_ns + later_ns) is settled


def test_two_edits_in_one_tick_of_the_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second one is seen although the file looks as it did."""
    served = Served(tmp_path, unique("a"))
    status = served.file.stat()
    time.sleep(SETTLED_SECONDS)
    # A clock of old: the moment of the look is that of the change, and so is all that follows.
    same = (status.st_mtime_ns, status.st_ctime_ns, 1, 1, 1)
    with monkeypatch.context() as context:
        context.setattr(LiveDeclarations, "_signature", lambda _: same)
        context.setattr(time, "time_ns", lambda: status.st_ctime_ns)
        assert served.holds() == ("a",)
        served.write(unique("b"))
        assert served.holds() == ("b",)


def test_many_threads_ask(tmp_path: Path) -> None:
    """Each gets whole declarations, a fault is told once, and nobody waits for good."""
    served = Served(tmp_path, unique("a", "b"))
    done = threading.Event()

    def ask() -> set[tuple[str, ...]]:
        seen = set()
        while not done.is_set():
            seen.add(served.holds())
        return seen

    with ThreadPoolExecutor(4) as threads:
        asking = [threads.submit(ask) for _ in range(4)]
        for _ in range(20):
            served.write(unique("c", "d"))
            served.write(unique("a", "b"))
        served.write(BROKEN)
        time.sleep(SETTLED_SECONDS)
        done.set()
        seen = set().union(*(each.result(timeout=30) for each in asking))
    assert seen <= {("a", "b"), ("c", "d")}
    assert served.told() == [SAID]

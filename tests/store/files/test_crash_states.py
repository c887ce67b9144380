"""Power loss after every single call: whatever the disk may hold then, recovery makes it right.

A story is recorded once. After each call of it, states of the disk are worked
out (`crash_states`), laid out in new folders and opened; what is found there is
held against the laws (`laws`). CRASH_STATES=n tries all states that the model
enumerates, and n at random, for each call; without it, a sample.
"""

import errno
import itertools
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Final

import pytest

from kvput.store.files.layout import LOCK, PRIVATE, SCRATCH
from tests.store.files.crash_states import Disk, Rule, chance
from tests.store.files.laws import Account, Files, files_at, files_in, shown
from tests.store.files.recording import (
    File,
    Noted,
    Picture,
    RecordingEnvironment,
    Synced,
    lay_out,
    picture_of,
)
from tests.store.files.story import STORIES, Life, Story, opening, prepare
from tests.store.tools import collection, content_of, names_of, put

AT_RANDOM: Final = int(os.environ["CRASH_STATES"]) if "CRASH_STATES" in os.environ else None
"""How many random states each call gets beside the enumerated ones; None is a sample of all."""
_SAMPLE: Final = 6
"""Every so many calls a state is tried, in the sample."""
STOPS_IN_RECOVERY: Final = 2 if AT_RANDOM is None else 15
_STEP: Final = 8 << 10
NEXT: Final = "/next/1"


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder to work in, in memory where there is such a disk."""
    memory = Path("/dev/shm")  # noqa: S108  # a new folder is made in it
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        yield Path(name)


@dataclass
class System:
    """What outlives the process: how often the system has gone down."""

    boots: int = 0

    def go_down(self) -> None:
        """Lose the power."""
        self.boots += 1


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> System:
    """The system at hand, with small journals, so that checkpoints happen under way."""
    there = System()
    monkeypatch.setattr("kvput.store.files.kernel.incarnation", lambda _: b"%024d" % there.boots)
    monkeypatch.setattr("kvput.store.files.journal._STEP", _STEP)
    return there


@dataclass(slots=True)
class Recording:
    """A story that was lived."""

    environment: RecordingEnvironment
    story: Story
    start: Files

    def account(self) -> Account:
        """A new account of it."""
        return Account(self.start, self.story.commits)


async def record(life: Life, folder: Path, environment: RecordingEnvironment) -> Recording:
    """Live the story, with a clean stop at its end."""
    start = files_at(folder)
    story = Story(folder, environment, tolerant=isinstance(environment, FailingSyncs))
    await life(story)
    await story.close()
    return Recording(environment, story, start)


def prepared(place: Path) -> Path:
    """The folder for a story."""
    folder = place / "story"
    folder.mkdir()
    prepare(folder)
    return folder


@dataclass(slots=True)
class Laboratory:
    """Recovers crash states of a recorded story, equal ones once, and holds them to the laws."""

    place: Path
    system: System
    recording: Recording
    recovered: int = 0
    _known: dict[object, Files] = field(default_factory=dict)

    def moments(self, rule: Rule) -> Iterator[tuple[str, Disk, Account]]:
        """After each call: what it was, the disk, and the account up to it; both go on."""
        disk, account = Disk(self.recording.environment, rule), self.recording.account()
        for number, operation in enumerate(self.recording.environment.log):
            disk.take(operation)
            account.read(operation)
            yield f"{number} {operation}"[:200], disk, account

    async def check(
        self, account: Account, crashed: Picture, where: str, *, killed: bool = False
    ) -> None:
        """Recover one state, and hold it against the laws."""
        with telling(where, crashed):
            found = await self.recover(crashed, killed=killed)
            account.check(files_in(crashed), found, killed=killed)

    async def recover(self, crashed: Picture, *, killed: bool = False) -> Files:
        """What the store makes of the folder; fails where it is not whole, or not lasting."""
        key = (killed, tuple(sorted(crashed.items(), key=lambda item: item[0])))
        if key not in self._known:
            self.recovered += 1
            with laid_out(crashed, self.place / "recovered") as folder:
                if not killed:
                    self.system.go_down()
                with NoDamage():
                    found = await look(folder)
                    assert await look(folder) == found, "another start found something else"
            self._known[key] = found
        return self._known[key]

    async def live_again(self, crashed: Picture, *, syncs_all: bool) -> RecordingEnvironment:
        """Recover one state, and write NEXT; the record of both."""
        with laid_out(crashed, self.place / "again") as folder:
            environment = RecordingEnvironment(folder, syncs_all=syncs_all)
            self.system.go_down()
            store = opening(folder, environment)
            await put(store, NEXT, b'"next"')
            environment.note(NEXT)
            await store.close()
        return environment


@contextmanager
def laid_out(picture: Picture, folder: Path) -> Iterator[Path]:
    """The folder that is in the picture, while the block runs."""
    folder.mkdir()
    try:
        lay_out(picture, folder)
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def telling(where: str, crashed: Picture) -> Iterator[None]:
    """Let what fails in the block say after which call, and with what on the disk."""
    try:
        yield
    except BaseException as error:
        error.add_note(f"after call {where}")
        error.add_note("\n".join(f"  {path}: {told(file)}" for path, file in crashed.items()))
        raise


def told(file: File | None) -> str:
    """A file of a crash state, in a message."""
    if file is None:
        return "directory"
    return f"{shown(file.content.rstrip(bytes(1)))}, {len(file.content)} bytes, {file.modified_ns}"


async def look(folder: Path) -> Files:
    """Start, and look at all that there is, as the store has it and as it stands on disk."""
    store = opening(folder)
    try:
        found = files_at(folder)
        assert not list((folder / PRIVATE / SCRATCH).iterdir())
        listed: Files = {}
        waiting = [collection("/")]
        while waiting:
            here = waiting.pop()
            names = await names_of(store, here.url.rstrip("/") + "/")
            assert names is not None
            waiting += names.collections
            for path in names.resources:
                content = await content_of(store, path.url)
                assert content is not None
                listed[path.file] = content
        assert listed == {path: text for path, text in found.items() if path.endswith(".json")}
        return found
    finally:
        await store.close()


class NoDamage(logging.Handler):
    """Fails at its end when the journal was called damaged: a crash damages nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the message."""
        self.messages.append(record.getMessage())

    def __enter__(self) -> None:
        logging.getLogger("kvput").addHandler(self)

    def __exit__(self, kind: object, *_: object) -> None:
        logging.getLogger("kvput").removeHandler(self)
        if kind is None:
            assert not [text for text in self.messages if "damage" in text], self.messages


def states_of(disk: Disk, random: Random, number: int, every: int = _SAMPLE) -> Iterator[Picture]:
    """The states to try after the call of that number."""
    if AT_RANDOM is not None:
        yield from disk.states(random, AT_RANDOM)
    elif number % every == 0:
        yield disk.random_state(random)


rules = pytest.mark.parametrize("rule", Rule, ids=lambda rule: rule.name.lower())
lives = pytest.mark.parametrize("life", STORIES, ids=lambda life: life.__name__)


@pytest.mark.parametrize(
    ("syncs_all", "exchanges"),
    [(True, True), (False, True), (True, False)],
    ids=["syncfs", "fsync", "rename"],
)
@rules
@lives
async def test_power_loss_after_every_call(
    place: Path, system: System, life: Life, rule: Rule, *, syncs_all: bool, exchanges: bool
) -> None:
    """All that was acknowledged is there, all or nothing of the rest, and what a hand did."""
    folder = prepared(place)
    environment = RecordingEnvironment(folder, syncs_all=syncs_all, exchanges=exchanges)
    recording = await record(life, folder, environment)
    await lose_power(Laboratory(place, system, recording), rule)


async def lose_power(laboratory: Laboratory, rule: Rule, every: int = _SAMPLE) -> None:
    """Hold states after each call, or in the sample after every so many, against the laws."""
    random = chance(1)
    for number, (where, disk, account) in enumerate(laboratory.moments(rule)):
        for crashed in states_of(disk, random, number, every):
            await laboratory.check(account, crashed, where)


@lives
async def test_a_kill_after_every_call(place: Path, system: System, life: Life) -> None:
    """The system goes on, nothing is lost: then each edit by hand stands, whatever it is."""
    folder = prepared(place)
    recording = await record(life, folder, RecordingEnvironment(folder))
    laboratory = Laboratory(place, system, recording)
    every = 1 if AT_RANDOM is not None else _SAMPLE // 2
    for number, (where, disk, account) in enumerate(laboratory.moments(Rule.ORDERED)):
        if number % every == 0:
            await laboratory.check(account, disk.kept(), where, killed=True)
    assert laboratory.recovered > 50 // every


@rules
@lives
async def test_power_loss_during_recovery_and_the_next_write(
    place: Path, system: System, life: Life, rule: Rule
) -> None:
    """Recovery, and what comes after it, is stopped after each call as well."""
    folder = prepared(place)
    recording = await record(life, folder, RecordingEnvironment(folder))
    laboratory = Laboratory(place, system, recording)
    random = chance(2)
    chosen = set(random.sample(range(len(recording.environment.log)), STOPS_IN_RECOVERY))
    for number, (where, disk, account) in enumerate(laboratory.moments(rule)):
        if number in chosen:
            crashed = disk.random_state(random)
            with telling(where, crashed):
                for syncs_all in (True, False):
                    environment = await laboratory.live_again(crashed, syncs_all=syncs_all)
                    states = chosen_states(environment, rule)
                    await stop_recovery(laboratory, account, crashed, states)


def chosen_states(
    environment: RecordingEnvironment, rule: Rule
) -> Iterator[tuple[str, Picture, bool]]:
    """States after each call of a second life: after which, and whether NEXT was answered."""
    disk, random, written = Disk(environment, rule), chance(3), False
    for number, operation in enumerate(environment.log):
        disk.take(operation)
        written = written or operation == Noted(NEXT)
        for state in states_of(disk, random, number):
            yield f"{number} {operation}"[:200], state, written


async def stop_recovery(
    laboratory: Laboratory,
    account: Account,
    crashed: Picture,
    states: Iterator[tuple[str, Picture, bool]],
) -> None:
    """Hold what is found in each state of a second life against the laws."""
    for where, state, written in states:
        with telling(where, state):
            found = dict(await laboratory.recover(state))
            there = found.pop("next/1.json", None)
            assert there == b'"next"' or (there is None and not written)
            account.check(files_in(crashed), found, killed=False)


class ForgetfulEnvironment(RecordingEnvironment):
    """A disk that syncs nothing, whatever it says."""

    def sync(self, descriptor: int) -> None:
        """Nothing."""

    def sync_data(self, descriptor: int) -> None:
        """Nothing."""

    def sync_file_system(self, descriptor: int) -> bool:
        """Nothing, and says that it did."""
        return descriptor >= 0


@rules
@lives
async def test_without_syncs_losses_are_seen(
    place: Path, system: System, life: Life, rule: Rule
) -> None:
    """The laws are broken then, and this test of them notices."""
    folder = prepared(place)
    recording = await record(life, folder, ForgetfulEnvironment(folder))
    with pytest.raises(AssertionError, match="commits were acknowledged"):
        await lose_power(Laboratory(place, system, recording), rule, every=1)


@lives
async def test_every_change_goes_through_the_environment(
    place: Path, system: System, life: Life
) -> None:
    """The record explains the folder as it stands in the end, but for the lock's content."""
    del system
    folder = prepared(place)
    recording = await record(life, folder, RecordingEnvironment(folder))
    disk = Disk(recording.environment, Rule.ORDERED)
    for operation in recording.environment.log:
        disk.take(operation)
    kept, there = disk.kept(), picture_of(folder)
    for picture in (kept, there):
        picture.pop(f"{PRIVATE}/{LOCK}", None)
        picture.pop(f"{PRIVATE}/.gitignore", None)
    assert kept == there


class FailingSyncs(RecordingEnvironment):
    """A disk that fails one sync, the n-th, counted from 0."""

    def __init__(self, folder: Path, fails: int) -> None:
        super().__init__(folder, syncs_all=bool(fails % 2))
        self.failed_at: int | None = None
        """The length of the record at that moment."""
        self._fails = fails
        self._syncs = 0

    def sync(self, descriptor: int) -> None:
        """See `Environment.sync`."""
        super().sync(descriptor)
        self._fail()

    def sync_data(self, descriptor: int) -> None:
        """See `Environment.sync_data`."""
        super().sync_data(descriptor)
        self._fail()

    def sync_file_system(self, descriptor: int) -> bool:
        """See `Environment.sync_file_system`."""
        done = super().sync_file_system(descriptor)
        if done:
            self._fail()
        return done

    def _fail(self) -> None:
        with self.lock:
            self._syncs += 1
            if self._syncs == self._fails + 1:
                self.failed_at = len(self.log)
                last = self.log[-1]
                assert isinstance(last, Synced)
                self.log[-1] = replace(last, failed=True)
                raise OSError(errno.EIO, os.strerror(errno.EIO))


@rules
@lives
async def test_power_loss_after_a_sync_that_failed(
    place: Path, system: System, life: Life, rule: Rule
) -> None:
    """What was answered before it, and after the next start, is there."""
    random = chance(4)
    for fails in itertools.count(0, 11 if AT_RANDOM is None else 1):
        folder = prepared(place)
        environment = FailingSyncs(folder, fails)
        recording = await record(life, folder, environment)
        shutil.rmtree(folder)
        if environment.failed_at is None:
            assert fails > 20
            return
        laboratory = Laboratory(place, system, recording)
        for number, (where, disk, account) in enumerate(laboratory.moments(rule)):
            if number < environment.failed_at:
                continue
            if AT_RANDOM is not None or number % _SAMPLE == 0:
                with telling(f"sync {fails} failed, call {environment.failed_at}", {}):
                    await laboratory.check(account, disk.random_state(random), where)

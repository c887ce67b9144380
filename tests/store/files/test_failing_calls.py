"""Each call that changes the disk fails once: nothing that was answered is lost or half done.

The same steps are done again and again, and each time another call fails, with
each of the errors below. CRASH_STATES (see test_crash_states) has each call
tried; without it, a sample is.
"""

import errno
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from kvput.errors import DiskFull, KvputError, StoreFailed
from kvput.store.base import Delete, Put, RaiseCounter, Store, Write
from kvput.store.files.env import OperatingSystem
from kvput.store.files.layout import COUNTER, PRIVATE, SCRATCH
from tests.store.files.laws import Files, files_at
from tests.store.files.story import LARGE, SEVERAL_SECTORS, opening, prepare
from tests.store.tools import collection, content_of, put, resource, writing

_EVERY: Final = 1 if "CRASH_STATES" in os.environ else 7
_OPENING: Final = -1


class FailingEnvironment(OperatingSystem):
    """Fails one call, the n-th, counted from 0; a write is half done then."""

    def __init__(self, fails: int, number: int) -> None:
        """`number` is the error's."""
        self.calls: list[str] = []
        self.failed_in: int | None = None
        """The step in which the call failed, None as long as it has not."""
        self.failed_in_checkpoint = False
        self.step = _OPENING
        self._fails = fails
        self._lock = threading.Lock()
        self._error = OSError(number, os.strerror(number))

    @property
    def failed(self) -> str:
        """The name of the call that failed, or nothing."""
        return "" if self.failed_in is None else self.calls[self._fails]

    def _count(self, call: str) -> bool:
        """Count a call; True for the one that is to fail."""
        with self._lock:
            self.calls.append(call)
            fails = len(self.calls) == self._fails + 1
            if fails:
                self.failed_in = self.step
                thread = threading.current_thread().name
                self.failed_in_checkpoint = thread.startswith("kvput-checkpoint")
            return fails

    def _try(self, call: str) -> None:
        if self._count(call):
            raise self._error

    def create(self, name: str, directory: int, mode: int) -> int:
        """See `Environment.create`."""
        self._try("create")
        return super().create(name, directory, mode)

    def open(self, name: str, directory: int) -> int:
        """See `Environment.open`."""
        self._try("open")
        return super().open(name, directory)

    def write(self, descriptor: int, pieces: Sequence[bytes], offset: int) -> None:
        """See `Environment.write`."""
        if self._count("write"):
            content = b"".join(pieces)
            super().write(descriptor, [content[: len(content) // 2]], offset)
            raise self._error
        super().write(descriptor, pieces, offset)

    def allocate(self, descriptor: int, size: int) -> None:
        """See `Environment.allocate`."""
        self._try("allocate")
        super().allocate(descriptor, size)

    def truncate(self, descriptor: int, size: int) -> None:
        """See `Environment.truncate`."""
        self._try("truncate")
        super().truncate(descriptor, size)

    def set_mode(self, descriptor: int, mode: int) -> None:
        """See `Environment.set_mode`."""
        self._try("set_mode")
        super().set_mode(descriptor, mode)

    def set_modified(self, descriptor: int, modified_ns: int) -> None:
        """See `Environment.set_modified`."""
        self._try("set_modified")
        super().set_modified(descriptor, modified_ns)

    def sync(self, descriptor: int) -> None:
        """See `Environment.sync`; the real disk is spared it."""
        del descriptor
        self._try("sync")

    def sync_data(self, descriptor: int) -> None:
        """See `Environment.sync_data`."""
        del descriptor
        self._try("sync_data")

    def sync_file_system(self, descriptor: int) -> bool:
        """See `Environment.sync_file_system`."""
        self._try("sync_file_system")
        return descriptor >= 0

    def move(self, name: str, directory: int, new_name: str, new_directory: int) -> None:
        """See `Environment.move`."""
        self._try("move")
        super().move(name, directory, new_name, new_directory)

    def exchange(self, name: str, directory: int, other: str, other_directory: int) -> bool:
        """See `Environment.exchange`."""
        self._try("exchange")
        return super().exchange(name, directory, other, other_directory)

    def unlink(self, name: str, directory: int) -> None:
        """See `Environment.unlink`."""
        self._try("unlink")
        super().unlink(name, directory)

    def make_directory(self, name: str, directory: int) -> None:
        """See `Environment.make_directory`."""
        self._try("make_directory")
        super().make_directory(name, directory)

    def remove_directory(self, name: str, directory: int) -> None:
        """See `Environment.remove_directory`."""
        self._try("remove_directory")
        super().remove_directory(name, directory)


STEPS: Final[tuple[tuple[Write, ...], ...]] = (
    (Put(resource("/a/1"), b'"over what a hand has made"'),),
    (Put(resource("/a/1"), b'"over what the store has made"'),),
    (Put(resource("/b/c/1"), SEVERAL_SECTORS),),
    (
        Put(resource("/a/1"), b'"of a batch"'),
        Delete(resource("/own")),
        Put(resource("/b/c/2"), b""),
        Put(resource("/d/1"), b'"new"'),
    ),
    (Put(resource("/posts/1"), b'"one"'), RaiseCounter(collection("/posts/"), 1)),
    (Put(resource("/posts/2"), b'"two"'), RaiseCounter(collection("/posts/"), 2)),
    (Delete(resource("/posts/2")), RaiseCounter(collection("/posts/"), 2)),
    (Delete(resource("/b/c/1")),),
    (Put(resource("/d/1"), LARGE),),
    (Put(resource("/own"), b'"again"'),),
)


def after(before: Files, writes: tuple[Write, ...]) -> Files:
    """The folder after one step."""
    files = dict(before)
    for write in writes:
        match write:
            case Put(path, content):
                files[path.file] = content
            case Delete(path):
                files.pop(path.file, None)
            case RaiseCounter(into, number):
                files[f"{into.directory}/{COUNTER}"] = b"%d\n" % number
    return files


@dataclass(slots=True)
class Life:
    """What the store has said, and what the folder must hold accordingly."""

    folder: Path
    files: Files
    errors: list[KvputError] = field(default_factory=list)
    perhaps: list[Files] = field(default_factory=list)
    """What another start may find instead: commits that have failed half-way."""

    @property
    def refused(self) -> bool:
        """Whether the store takes no more writes, because a sync has failed."""
        return any("no more writes" in error.detail for error in self.errors)

    async def step(self, store: Store, writes: tuple[Write, ...]) -> None:
        """Do one step; what failed is not there, or all of it is."""
        before, done = self.files, after(self.files, writes)
        try:
            await store.commit(writing(*writes))
        except KvputError as error:
            self.errors.append(error)
            there = files_at(self.folder)
            # A counter may be raised already: then its number is never given.
            assert there in (before, done, with_counters(before, done))
            if isinstance(error, DiskFull):
                assert there in (before, with_counters(before, done))
            self.files = there
            self.perhaps += [before, done]
        else:
            self.files = files_at(self.folder)
            # Deleting must not need room: the counter, which does, comes when there is some.
            assert self.files in (done, with_counters(done, before))
        await self.read(store)

    async def read(self, store: Store) -> None:
        """Reads go on, whatever has failed."""
        for path in {*self.files, "a/1.json", "d/1.json"}:
            if path.endswith(".json"):
                url = "/" + path.removesuffix(".json")
                assert await content_of(store, url) == self.files.get(path)


def with_counters(files: Files, others: Files) -> Files:
    """The files, but with the counters that are among the others."""
    resources = {path: text for path, text in files.items() if not path.endswith(COUNTER)}
    return resources | {path: text for path, text in others.items() if path.endswith(COUNTER)}


async def live(folder: Path, environment: FailingEnvironment) -> Life:
    """Do all steps, and stop cleanly."""
    life = Life(folder, files_at(folder))
    try:
        store = opening(folder, environment)
    except KvputError as error:
        life.errors.append(error)
        return life
    try:
        for number, writes in enumerate(STEPS):
            environment.step = number
            if all(write.path.file in life.files for write in writes if isinstance(write, Delete)):
                await life.step(store, writes)
        environment.step = len(STEPS)
        if life.refused:
            with pytest.raises(StoreFailed, match="no more writes"):
                await put(store, "/last", b"1")
        else:
            await life.step(store, (Put(resource("/last"), b"1"),))
    finally:
        await store.close()
    return life


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC, errno.EACCES], ids=errno.errorcode.get)
async def test_each_call_fails_once(tmp_path: Path, number: int) -> None:
    """The folder is as before or after each write, writing goes on, and another start agrees."""
    fails = 0
    while await one_failure(prepared(tmp_path, fails), fails, number):
        fails += _EVERY
    assert fails > 50


def prepared(place: Path, number: int) -> Path:
    """A folder for one life."""
    folder = place / str(number)
    folder.mkdir()
    prepare(folder)
    return folder


async def one_failure(folder: Path, fails: int, number: int) -> bool:
    """Live with one failure; False when there are not that many calls."""
    environment = FailingEnvironment(fails, number)
    try:
        life = await live(folder, environment)
        assert len(life.errors) <= 1 or life.refused
        if life.refused:
            # A checkpoint that fails leaves a journal that can no longer be emptied.
            assert environment.failed.startswith("sync") or environment.failed_in_checkpoint
        store = opening(folder, OperatingSystem())
        try:
            found = files_at(folder)
            assert found in (life.files, *life.perhaps)
            assert not list((folder / PRIVATE / SCRATCH).iterdir())
            life.files = found
            await life.read(store)
            await put(store, "/after", b"1")
        finally:
            await store.close()
    except BaseException as error:
        error.add_note(f"call {fails}, {environment.failed}, in step {environment.failed_in}")
        error.add_note(" ".join(environment.calls[max(0, fails - 10) : fails + 10]))
        raise
    return environment.failed_in is not None

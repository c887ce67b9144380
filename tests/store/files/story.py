"""Scripted lives of a data folder: writes through a store, and edits by hand past it.

A `Story` does both, and notes them in the record of the environment, for the
laws to be held against (`tests.store.files.laws`).
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, Self

from kvput.errors import KvputError
from kvput.paths import CollectionPath
from kvput.resources.ids import next_number, path_for_number
from kvput.store import open_store
from kvput.store.base import (
    Batch,
    Decision,
    Delete,
    Put,
    RaiseCounter,
    Remember,
    Store,
    View,
    Write,
)
from kvput.store.files.env import Environment
from kvput.store.files.layout import COUNTER, remembered_place
from tests.store.files.laws import Acknowledged, Begun, ByHand, CommitFiles, Refused
from tests.store.files.recording import RecordingEnvironment
from tests.store.tools import READ_CACHE, collection, resource, writing

REOPENED: Final = "reopened"
"""The note between a clean stop and another start."""
JOURNAL_LIMIT: Final = 2 << 10
LARGE: Final = b"[" + b"1," * 50_000 + b"1]"
SEVERAL_SECTORS: Final = b'"' + b"abcdefg\n" * 200 + b'"'


def _place(write: Write) -> str:
    if isinstance(write, RaiseCounter):
        return f"{write.collection.directory}/{COUNTER}".removeprefix("/")
    if isinstance(write, Remember):
        return "/".join(remembered_place(write.key))
    return write.path.file


class Story:
    """What is done, step by step, with a folder."""

    def __init__(
        self, folder: Path, environment: RecordingEnvironment, *, tolerant: bool = False
    ) -> None:
        """Opens the store. `tolerant`: go on after what fails."""
        self._tolerant = tolerant
        self.commits: list[CommitFiles] = []
        self._folder = folder
        self._environment = environment
        self._openings = 1
        self._sequence = 0
        self._store = self._open()

    def _open(self) -> Store:
        try:
            return opening(self._folder, self._environment)
        except KvputError:
            if not self._tolerant:
                raise
            return opening(self._folder, self._environment)

    async def reopen(self) -> None:
        """Stop cleanly, and start again."""
        await self._store.close()
        self._openings += 1
        self._environment.note(REOPENED)
        self._store = self._open()

    async def close(self) -> None:
        """Stop cleanly."""
        await self._store.close()

    # --- through the store

    async def commit(self, decide: Decision, *, again: bool = False) -> None:
        """Do one commit; a tolerant story asks once more for what was refused."""
        number = len(self.commits)
        written = CommitFiles()
        self.commits.append(written)

        def decide_and_tell(view: View) -> Batch:
            batch = decide(view)
            written.files = {_place(write): _content(write) for write in batch.writes}
            return batch

        self._environment.note(Begun(number))
        try:
            commit = await self._store.commit(decide_and_tell)
        except KvputError:
            if not self._tolerant:
                raise
            written.order = (self._openings, self._sequence, True)
            self._environment.note(Refused(number))
            if not again:
                await self.commit(decide, again=True)
        else:
            self._sequence = commit.sequence
            written.order = (self._openings, commit.sequence, False)
            self._environment.note(Acknowledged(number))

    async def write(self, *writes: Write) -> None:
        """Do one commit of these writes."""
        await self.commit(writing(*writes))

    async def put(self, url: str, content: bytes) -> None:
        """Put one resource."""
        await self.write(Put(resource(url), content))

    async def delete(self, url: str) -> None:
        """Delete one resource."""
        await self.write(Delete(resource(url)))

    async def post(self, url: str, content: bytes) -> None:
        """Create a resource under the next number."""
        await self.commit(posting(collection(url), content))

    # --- past it

    def by_hand(self, place: str, content: bytes | None) -> None:
        """Tell of an edit that begins now."""
        self._environment.note(ByHand(place, content))

    def _is_missing(self, place: str) -> bool:
        return self._tolerant and not (self._folder / place).exists()

    def edit(self, place: str, content: bytes) -> None:
        """Empty a file and write it anew, as most programs do."""
        if self._is_missing(place):
            return
        self.by_hand(place, content)
        with _Directory(self._folder / place) as directory:
            descriptor = self._environment.open(directory.name, directory.descriptor)
            self._environment.truncate(descriptor, 0)
            self._environment.write(descriptor, [content], 0)
            os.close(descriptor)

    def create(self, place: str, content: bytes) -> None:
        """Make a file."""
        self.by_hand(place, content)
        with _Directory(self._folder / place) as directory:
            descriptor = self._environment.create(directory.name, directory.descriptor, 0o666)
            self._environment.write(descriptor, [content], 0)
            os.close(descriptor)

    def replace(self, place: str, content: bytes) -> None:
        """Write a file beside the old one, and rename it over that, as careful editors do."""
        if self._is_missing(place):
            return
        self.create(f"{place}~", content)
        self.by_hand(f"{place}~", None)
        self.by_hand(place, content)
        with _Directory(self._folder / place) as directory:
            self._environment.replace(
                f"{directory.name}~", directory.descriptor, directory.name, directory.descriptor
            )

    def remove(self, place: str) -> None:
        """Remove a file."""
        if self._is_missing(place):
            return
        self.by_hand(place, None)
        with _Directory(self._folder / place) as directory:
            self._environment.unlink(directory.name, directory.descriptor)

    def rename_directory(self, place: str, new_name: str) -> None:
        """Give a directory another name beside its own."""
        if self._is_missing(place):
            return
        for file in sorted((self._folder / place).glob("*")):
            new_place = f"{Path(place).parent.as_posix()}/{new_name}/{file.name}"
            self.by_hand(f"{place}/{file.name}", None)
            self.by_hand(new_place.removeprefix("./"), file.read_bytes())
        with _Directory(self._folder / place) as directory:
            self._environment.move(
                directory.name, directory.descriptor, new_name, directory.descriptor
            )


def opening(folder: Path, environment: Environment | None = None) -> Store:
    """A store on the folder, with small journals, so that checkpoints happen under way."""
    return open_store(
        folder, read_cache=READ_CACHE, environment=environment, journal_limit=JOURNAL_LIMIT
    )


class _Directory:
    """The directory of a place, opened."""

    def __init__(self, place: Path) -> None:
        self.name = place.name
        self.descriptor = os.open(place.parent, os.O_RDONLY | os.O_DIRECTORY)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.descriptor)


def _content(write: Write) -> bytes | None:
    match write:
        case Put(_, content):
            return content
        case RaiseCounter(_, number):
            return b"%d\n" % number
        case Remember(_, text):
            return text(())
        case _:
            return None


def posting(into: CollectionPath, content: bytes) -> Decision:
    """A POST's decision, with the product's own choice of the number."""

    def decide(view: View) -> Batch:
        number = next_number(view, into)
        return Batch((Put(path_for_number(into, number), content), RaiseCounter(into, number)))

    return decide


# --- the stories


def prepare(folder: Path) -> None:
    """What stands there before any story begins, all on the disk."""
    (folder / "a").mkdir()
    (folder / "a" / "1.json").write_bytes(b'"first"')
    (folder / "own.json").write_bytes(SEVERAL_SECTORS)


async def overwrites(story: Story) -> None:
    """Single writes: over what was there, new, with new directories, over what the store wrote."""
    await story.put("/a/1", b'"second"')
    await story.put("/b/c/1", SEVERAL_SECTORS)
    await story.put("/b/c/1", b"")
    await story.delete("/a/1")
    await story.put("/a/1", b'"third"')
    await story.put("/a/1", b'"third"')
    await story.reopen()
    await story.put("/a/1", b'"second"')
    await story.delete("/own")
    await story.put("/a/1", LARGE)
    await story.put("/b/c/1", b'"last"')


async def batches(story: Story) -> None:
    """Several files in one commit, and several commits at a time."""
    await story.write(
        Put(resource("/a/1"), b'"one"'), Put(resource("/x/1"), b'"two"'), Delete(resource("/own"))
    )
    await asyncio.gather(
        story.put("/a/1", b'"three"'),
        story.write(Put(resource("/x/1"), b'"four"'), Put(resource("/x/2"), SEVERAL_SECTORS)),
        story.put("/a/1", b'"five"'),
        story.delete("/x/1"),
    )
    await story.write(
        Put(resource("/x/1"), b'"six"'), Delete(resource("/x/2")), Put(resource("/own"), b"{}")
    )
    await story.reopen()
    await asyncio.gather(*(story.put(f"/x/{number}", b'"seven"') for number in range(3)))


async def posts(story: Story) -> None:
    """Numbers that are given, freed and not given again."""
    await story.post("/posts/", b'"one"')
    await asyncio.gather(story.post("/posts/", b'"two"'), story.post("/posts/", b'"three"'))
    await story.write(Delete(resource("/posts/3")), RaiseCounter(collection("/posts/"), 3))
    await story.post("/posts/", b'"four"')
    await story.reopen()
    await story.write(Delete(resource("/posts/4")), RaiseCounter(collection("/posts/"), 4))
    await story.post("/posts/", b'"five"')
    await story.post("/a/", b'"beside the first"')


async def keys(story: Story) -> None:
    """What was done is remembered in the commit that does it."""
    await story.write(Put(resource("/a/1"), b'"one"'), _remember("one", b"done one"))
    await asyncio.gather(
        story.write(Put(resource("/a/1"), b'"two"'), _remember("two", b"done two")),
        story.write(
            Put(resource("/a/2"), b'"three"'),
            RaiseCounter(collection("/a/"), 2),
            _remember("three", SEVERAL_SECTORS),
        ),
        story.put("/a/3", b'"beside"'),
    )
    await story.reopen()
    await story.write(Delete(resource("/a/1")), _remember("four", b"done four"))
    await story.write(Put(resource("/a/1"), b'"again"'), _remember("one", b"done again"))


def _remember(key: str, text: bytes) -> Remember:
    return Remember(key, lambda _: text)


async def hands(story: Story) -> None:
    """Edits past the store between its writes, of what it wrote and of what it will write."""
    await story.put("/a/1", b'"put"')
    story.edit("a/1.json", b'"edited after the put"')
    story.create("a/2.json", b'"made by hand"')
    await story.put("/a/2", b'"put over what a hand has made"')
    story.edit("own.json", b'"edited in place"')
    await story.put("/own", b'"put over what was edited in place"')
    story.replace("own.json", b'"replaced"')
    await story.put("/own", b'"put over what was replaced"')
    await story.put("/b/1", b'"new"')
    story.remove("b/1.json")
    await story.put("/b/2", b'"beside what was removed"')
    await story.put("/b/1", b'"new again"')
    story.replace("b/1.json", b'"replaced after all"')
    await story.reopen()
    await story.put("/a/1", SEVERAL_SECTORS)
    story.edit("a/1.json", b'"edited again"')
    story.rename_directory("b", "c")
    await story.put("/c/2", b'"put where a directory was moved to"')
    story.create("own2.json", b'"last"')
    await story.put("/b/1", b'"where the directory was"')


STORIES: Final = (overwrites, batches, posts, keys, hands)


Life = Callable[[Story], Awaitable[None]]

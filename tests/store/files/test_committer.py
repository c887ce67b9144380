"""Group commit: who shares a sync, what each sees of the others, and what a failure leaves."""

import asyncio
import errno
import itertools
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, cast

import pytest

from kvput.config import Config
from kvput.errors import NameInTheWay, NotFound, NotUnique, PreconditionFailed, StoreFailed
from kvput.paths import CollectionPath
from kvput.query.filters import Condition, Operator
from kvput.query.selection import Selection
from kvput.query.values import Field
from kvput.store.base import (
    Batch,
    Commit,
    Decision,
    Delete,
    Put,
    RaiseCounter,
    Store,
    View,
    Write,
)
from kvput.store.files.cache import ReadCache
from kvput.store.files.checkpoint import JOURNAL_LIMIT
from kvput.store.files.committer import Committer, Outcome, Request
from kvput.store.files.env import Environment
from kvput.store.files.folder import open_folder
from kvput.store.files.gate import Gate
from kvput.store.files.journal import read_journal
from kvput.store.files.layout import COUNTER
from kvput.store.files.opening import open_committer
from kvput.store.files.reader import Reader
from kvput.store.files.record import RECORD_HEADER_SIZE, SEGMENT_HEADER_SIZE, CommitRecord, Segment
from kvput.store.files.view import FileView
from tests.serving import serving
from tests.store.files.hooked import fails, hooked, spared
from tests.store.files.journals import journal_of
from tests.store.tools import (
    READ_CACHE,
    collection,
    content_of,
    entries_in,
    list_of,
    opened,
    put,
    resource,
    scratch_of,
    snapshot,
    writing,
)


@dataclass(slots=True)
class Bench:
    """A committer that is driven by hand: one call of `run` is one group."""

    committer: Committer
    view: FileView
    waiting: deque[Request] = field(default_factory=deque)

    def group(self, *decisions: Decision) -> list[Commit | Exception]:
        """Have these wait, commit one group, and give its outcomes."""
        self.waiting.extend(map(Request, decisions))
        outcomes: list[Outcome] = []
        self.committer.run(self.waiting, outcomes.extend)
        return [result for _, result in outcomes]

    def groups(self, *decisions: Decision) -> list[list[Commit | Exception]]:
        """Commit until nobody waits; the outcomes of each group."""
        found = [self.group(*decisions)]
        while self.waiting:
            found.append(self.group())
        return found


@contextmanager
def bench(
    data: Path, environment: Environment | None = None, *, limit: int = JOURNAL_LIMIT
) -> Iterator[Bench]:
    """A committer over a folder."""
    folder = open_folder(data)
    assert folder.own is not None
    reader = Reader(data, folds_names=False)
    view = FileView(reader, ReadCache(reader, READ_CACHE))
    committer = open_committer(folder, folder.own, view, environment or spared(), Gate(), limit)
    try:
        yield Bench(committer, view)
    finally:
        committer.close()
        reader.close()
        folder.close()


def sequences(outcomes: list[Commit | Exception]) -> list[int]:
    """The numbers of commits that have all succeeded."""
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome
    return [outcome.sequence for outcome in outcomes if isinstance(outcome, Commit)]


def putting(url: str, content: bytes = b"{}") -> Decision:
    """The decision to put a resource."""
    return writing(Put(resource(url), content))


def posting(into: CollectionPath, content: bytes) -> Decision:
    """The decision to put a resource under the next number."""

    def decide(view: View) -> Batch:
        number = max(view.counter(into), view.highest_number(into)) + 1
        path = resource(f"{into.url.rstrip('/')}/{number}")
        return Batch((Put(path, content), RaiseCounter(into, number)))

    return decide


def segments_in(data: Path) -> Sequence[Segment]:
    """The journal's segments that are in use."""
    directory = os.open(journal_of(data), os.O_RDONLY)
    try:
        return read_journal(directory).segments
    finally:
        os.close(directory)


def journaled(data: Path) -> list[int]:
    """The numbers of the commits in the journal."""
    return [
        record.sequence
        for segment in segments_in(data)
        for record in segment.records
        if isinstance(record, CommitRecord)
    ]


def size_in_use(data: Path) -> int:
    """The bytes of the segment that is appended to; the last record of a group is a mark."""
    records = segments_in(data)[-1].records
    return records[-1].offset + RECORD_HEADER_SIZE if records else SEGMENT_HEADER_SIZE


class Counting:
    """A hook that counts calls by name, with the name of the file where there is one."""

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []

    def __call__(self, *call: object) -> None:
        """Count a call."""
        self.calls.append(call)

    def count(self, name: str, *, of: str | None = None) -> int:
        """How often it came; `of` is a file's name among its arguments."""
        return sum(call[0] == name and (of is None or of in call) for call in self.calls)


# --- one sync for many


def test_commits_that_wait_share_a_sync(tmp_path: Path) -> None:
    """Fifty commits are one group: one sync of the journal, and each has its number."""
    counting = Counting()
    with bench(tmp_path, hooked(counting)) as it:
        before = counting.count("sync_data")
        numbers = sequences(it.group(*(putting(f"/a/{n}") for n in range(50))))
        assert numbers == list(range(1, 51))
        assert counting.count("sync_data") == before + 1
        assert journaled(tmp_path) == numbers
        assert not it.waiting
        assert sequences(it.group(putting("/b"))) == [51]
    assert len(list((tmp_path / "a").iterdir())) == 50


async def test_commits_that_come_during_a_sync_are_the_next_group(tmp_path: Path) -> None:
    """Whatever was asked for while a group is written is written by the next one, as a whole."""
    counting, go = Counting(), threading.Event()

    def slow(_: View) -> Batch:
        go.wait(10)
        return Batch((Put(resource("/first"), b"1"),))

    async with opened(tmp_path, environment=hooked(counting)) as store:
        before = counting.count("sync_data")
        commits = [asyncio.create_task(store.commit(slow))]
        await asyncio.sleep(0.01)
        commits += [asyncio.create_task(put_number(store, n)) for n in range(50)]
        await asyncio.sleep(0)
        go.set()
        done = await asyncio.gather(*commits)
        assert sorted(commit.sequence for commit in done) == list(range(1, 52))
        assert counting.count("sync_data") <= before + 2


async def put_number(store: Store, number: int) -> Commit:
    """Put a resource of that name."""
    return await store.commit(putting(f"/a/{number}"))


@pytest.mark.parametrize(
    ("count", "size", "groups"),
    [(300, 2, [256, 44]), (6, 1 << 20, [4, 2]), (3, 5 << 20, [1, 1, 1])],
    ids=["many", "large", "each too large"],
)
def test_a_group_has_its_limits(tmp_path: Path, count: int, size: int, groups: list[int]) -> None:
    """Nobody waits for more than so many others, or for so many bytes."""
    content = b'"' + b"x" * (size - 2) + b'"'
    with bench(tmp_path, spared()) as it:
        found = it.groups(*(putting(f"/a/{n}", content) for n in range(count)))
    assert [len(group) for group in found] == groups
    assert [n for group in found for n in sequences(group)] == list(range(1, count + 1))


def test_a_commit_that_changes_nothing_writes_nothing(tmp_path: Path) -> None:
    """It has the number of the last commit before it, and costs no sync."""
    counting = Counting()
    with bench(tmp_path, hooked(counting)) as it:
        assert sequences(it.group(putting("/a"), writing(), putting("/a"))) == [1, 1, 1]
        before = list(counting.calls)
        assert sequences(it.group(putting("/a"), writing())) == [1, 1]
        assert counting.calls == before
        assert journaled(tmp_path) == [1]


# --- what they see of one another


def refusing(_: View) -> Batch:
    """A decision against it."""
    raise PreconditionFailed("no")


def broken(_: View) -> Batch:
    """A decision with a fault."""
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (refusing, PreconditionFailed),
        (broken, ZeroDivisionError),
        (writing(Delete(resource("/none"))), NotFound),
        (writing(Put(resource("/a/dir"), b"1")), NameInTheWay),
        (writing(Put(resource("/new/1"), b"1"), Delete(resource("/none"))), NotFound),
    ],
    ids=["refused", "broken", "nothing to delete", "in the way", "half staged"],
)
def test_one_that_fails_does_not_spoil_the_group(
    tmp_path: Path, bad: Decision, error: type[Exception]
) -> None:
    """Its caller gets the error, nothing of it is left, and the others are committed."""
    (tmp_path / "a" / "dir.json").mkdir(parents=True)
    with bench(tmp_path) as it:
        first, failed, last = it.group(putting("/a/1"), bad, putting("/a/2"))
    assert sequences([first, last]) == [1, 2]
    assert isinstance(failed, error)
    assert sorted(snapshot(tmp_path)) == ["a", "a/1.json", "a/2.json", "a/dir.json"]
    assert scratch_of(tmp_path) == []


def test_a_commit_sees_those_before_it_in_its_group(tmp_path: Path) -> None:
    """A condition holds against what the commit before it writes, and the next one's fails."""

    def replacing(expected: bytes | None, content: bytes | None) -> Decision:
        def decide(view: View) -> Batch:
            entry = view.get(resource("/a"))
            if (None if entry is None else entry.content) != expected:
                raise PreconditionFailed("changed")
            write = Delete(resource("/a")) if content is None else Put(resource("/a"), content)
            return Batch((write,))

        return decide

    steps = [(None, b"1"), (b"1", b"2"), (b"1", b"3"), (b"2", None), (None, b"4"), (b"4", b"5")]
    with bench(tmp_path) as it:
        outcomes = it.group(*(replacing(*step) for step in steps))
        assert isinstance(outcomes.pop(2), PreconditionFailed)
        assert sequences(outcomes) == [1, 2, 3, 4, 5]
        befores = [
            change.before and change.before.content
            for outcome in outcomes
            if isinstance(outcome, Commit)
            for change in outcome.changes
        ]
        assert befores == [None, b"1", b"2", None, b"4"]
        assert journaled(tmp_path) == [1, 2, 3, 4, 5]
    assert (tmp_path / "a.json").read_bytes() == b"5"
    assert scratch_of(tmp_path) == []


def test_numbers_of_a_group_differ_and_its_counter_is_written_once(tmp_path: Path) -> None:
    """Ten that ask for the next number get ten, and the counter takes its place once."""
    counting = Counting()
    into = collection("/posts/")
    with bench(tmp_path, hooked(counting)) as it:
        it.group(posting(into, b"0"))
        assert counting.count("move", of=COUNTER) == 1
        sequences(it.group(*(posting(into, b"%d" % n) for n in range(1, 11))))
        assert counting.count("move", of=COUNTER) == 1
        assert counting.count("exchange", of=COUNTER) == 1
    files = {place.name: place.read_bytes() for place in (tmp_path / "posts").iterdir()}
    assert files.pop(COUNTER) == b"11\n"
    assert files == {f"{n + 1}.json": b"%d" % n for n in range(11)}


def test_what_asks_for_a_value_needs_no_group_of_its_own(tmp_path: Path) -> None:
    """Commits share a sync that each look first whether one before them has the value."""
    into = collection("/a/")

    def taking(name: str, value: int) -> Decision:
        def decide(view: View) -> Batch:
            taken = Selection(Condition(Field("n"), Operator.EQUAL, (value,)))
            selected = view.select(into, taken)
            if selected is not None and selected.items:
                raise NotUnique(f"{selected.items[0].name} has it.")
            return Batch((Put(into.resource(name), b'{"n": %d}' % value),))

        return decide

    counting = Counting()
    with bench(tmp_path, hooked(counting)) as it:
        it.group(taking("1", 1))
        it.view.indexes.build(into)
        syncs = counting.count("sync_data")
        decisions = (taking("2", 2), taking("3", 1), taking("4", 2), taking("5", 3))
        second, third, fourth, fifth = it.group(*decisions)
        assert counting.count("sync_data") == syncs + 1
    assert sequences([second, fifth]) == [2, 3]
    assert [str(third), str(fourth)] == ["1 has it.", "2 has it."]


def test_what_needs_a_list_waits_for_the_next_group(tmp_path: Path) -> None:
    """A decision on a whole collection sees all that was asked for before it."""
    seen: list[list[str]] = []

    def listing(view: View) -> Batch:
        entries = entries_in(view, collection("/a"))
        assert entries is not None
        seen.append([entry.path.name for entry in entries])
        return Batch((Put(resource("/listed"), b"1"),))

    with bench(tmp_path) as it:
        found = it.groups(putting("/a/1"), putting("/a/2"), listing, putting("/a/3"))
    assert [sequences(group) for group in found] == [[1, 2], [3, 4]]
    assert seen == [["1", "2"]]


# --- hands in between


def edit_in_place(file: Path) -> None:
    """Write into the file."""
    file.write_bytes(b'"hand"')


def edit_by_replacing(file: Path) -> None:
    """Put another file in its place."""
    other = file.with_name("other")
    other.write_bytes(b'"hand"')
    other.rename(file)


EDITS: Final[dict[str, tuple[bytes | None, Callable[[Path], None], bytes | None]]] = {
    "edited": (b'"old"', edit_in_place, b'"hand"'),
    "replaced": (b'"old"', edit_by_replacing, b'"hand"'),
    "deleted": (b'"old"', Path.unlink, None),
    "created": (None, edit_in_place, b'"hand"'),
}


@pytest.mark.parametrize("files", [1, 3], ids=["one file", "the second of three"])
@pytest.mark.parametrize("edit", EDITS)
def test_a_hand_edits_between_decision_and_publication(
    tmp_path: Path, edit: str, files: int
) -> None:
    """The commit is decided again on what the hand has left, and is one commit in the journal."""
    old, by_hand, left = EDITS[edit]
    (tmp_path / "a").mkdir()
    urls = ["/a/2"] if files == 1 else ["/a/1", "/a/2", "/a/3"]
    file = tmp_path / "a" / "2.json"
    if old is not None:
        file.write_bytes(old)
    seen: list[bytes | None] = []
    armed = False

    def hook(call: str, *_: object) -> None:
        nonlocal armed
        if armed and call == "sync_data":
            armed = False
            by_hand(file)

    def decide(view: View) -> Batch:
        entry = view.get(resource("/a/2"))
        content = None if entry is None else entry.content
        seen.append(content)
        return Batch(tuple(Put(resource(url), b"[%s]" % (content or b"0")) for url in urls))

    with bench(tmp_path, hooked(hook)) as it:
        armed = True
        (outcomes,) = (group for group in it.groups(decide, putting("/b")) if group)
        assert sequences(outcomes) == [1, 2]
        assert journaled(tmp_path) == [1, 2]
    assert seen == [old, left]
    assert {(tmp_path / f"{url[1:]}.json").read_bytes() for url in urls} == {
        b"[%s]" % (left or b"0")
    }
    assert scratch_of(tmp_path) == []


def test_a_hand_that_never_stops(tmp_path: Path) -> None:
    """After some attempts the commit is given up, and the hand's work stands."""
    file = tmp_path / "a.json"
    file.write_bytes(b"0")
    times = 0
    editing = True

    def hook(call: str, *_: object) -> None:
        nonlocal times
        if call == "sync_data" and editing:
            times += 1
            file.write_bytes(b"%d" % times)

    with bench(tmp_path, hooked(hook)) as it:
        groups = it.groups(putting("/a", b'"mine"'), putting("/b"))
        editing = False
        failed, other = (outcome for group in groups for outcome in group)
        assert isinstance(failed, StoreFailed)
        assert "change faster than they can be written" in failed.detail
        assert sequences([other]) == [1]
        assert file.read_bytes() == b"%d" % times
        assert journaled(tmp_path) == [1]


# --- many files in one commit

MANY: Final = 1000


def version(number: int) -> Batch:
    """A commit that gives a thousand resources the same content."""
    content = b"%d" % number
    return Batch(tuple(Put(resource(f"/a/{n}"), content) for n in range(MANY)))


async def test_readers_see_all_of_a_commit_or_nothing(tmp_path: Path) -> None:
    """Neither gets, one after the other, nor lists see a part of it, however often they look."""
    async with opened(tmp_path, environment=spared()) as store:
        await store.commit(lambda _: version(0))
        last, looks, done = 0, 0, False
        lists: list[set[bytes | None]] = []

        async def get_in_turn() -> None:
            nonlocal last, looks
            while not done:
                # From the last to the first and back: against the order of publication, too.
                for n in (MANY - 1, 1, MANY // 2, 0, MANY - 2):
                    found = int(await content_of(store, f"/a/{n}") or b"-1")
                    assert found >= last, f"/a/{n}"
                    last = found
                    looks += 1
                await asyncio.sleep(0)

        async def list_all() -> None:
            while not done:
                entries = await list_of(store, "/a")
                assert entries is not None
                assert len(entries) == MANY
                lists.append({entry.content for entry in entries})

        readers = [asyncio.create_task(read()) for read in (get_in_turn, list_all)]
        try:
            for number in range(1, 4):
                await store.commit(lambda _, number=number: version(number))  # type: ignore[misc]
        finally:
            done = True
            await asyncio.gather(*readers)
        assert looks > 5
        assert lists
        assert all(len(contents) == 1 for contents in lists)


async def test_a_reader_waits_in_the_middle_of_a_commit(tmp_path: Path) -> None:
    """While one file is gone and the other is not yet there, both are waited for, no other is."""
    middle, go = threading.Event(), threading.Event()

    def hook(call: str, *_: object) -> None:
        if call == "exchange":
            middle.set()
            go.wait(10)

    async with opened(tmp_path, environment=hooked(hook)) as store:
        for url in ("/a/1", "/a/2", "/b"):
            await put(store, url, b"1")
        await asyncio.sleep(0.1)  # until the cache can be sure of them
        before = [await content_of(store, url) for url in ("/a/1", "/a/2", "/b")]
        assert before == [b"1", b"1", b"1"]
        both = Delete(resource("/a/1")), Put(resource("/a/2"), b"2")
        committing = asyncio.create_task(store.commit(writing(*both)))
        await asyncio.to_thread(middle.wait, 10)
        reading = [asyncio.create_task(content_of(store, url)) for url in ("/a/1", "/a/2")]
        listing = asyncio.create_task(list_of(store, "/a"))
        assert await content_of(store, "/b") == b"1"
        await asyncio.sleep(0.05)
        assert not any(task.done() for task in (*reading, listing, committing))
        go.set()
        assert await asyncio.gather(*reading) == [None, b"2"]
        listed = await listing
        assert listed is not None
        assert [entry.content for entry in listed] == [b"2"]
        await committing


async def test_clients_see_all_of_a_commit_or_nothing(tmp_path: Path) -> None:
    """Over HTTP, what was answered once is never followed by what stood there before."""
    async with (
        opened(tmp_path, environment=spared()) as store,
        serving(store, Config(data=tmp_path)) as address,
    ):
        await store.commit(lambda _: version(0))
        answers: list[int] = []
        done = False

        async def get_in_turn() -> None:
            while not done:
                for n in (MANY - 1, 0):
                    reply = await address.request("GET", f"/a/{n}")
                    answers.append(int(reply.body))

        clients = [asyncio.create_task(get_in_turn())]
        try:
            for number in range(1, 4):
                await store.commit(lambda _, number=number: version(number))  # type: ignore[misc]
        finally:
            done = True
            await asyncio.gather(*clients)
        assert answers == sorted(answers)
        assert len(answers) > 4


def mixed(count: int) -> tuple[Write, ...]:
    """Creations, replacements and removals in turn."""
    kinds: list[Callable[[int], Write]] = [
        lambda n: Put(resource(f"/new/{n}"), b'"new"'),
        lambda n: Put(resource(f"/a/{n}"), b'"new"'),
        lambda n: Delete(resource(f"/a/{n}")),
    ]
    return tuple(kinds[n % 3](n) for n in range(count))


@pytest.mark.parametrize("number", [errno.EIO, errno.EACCES], ids=errno.errorcode.get)
@pytest.mark.parametrize(("count", "nth"), [(MANY, 501), (7, 0), (7, 4), (7, 6)])
def test_a_failure_in_the_middle_of_publishing(
    tmp_path: Path, count: int, nth: int, number: int
) -> None:
    """All is as before, down to each file's inode and time, and the next commit succeeds."""
    (tmp_path / "a").mkdir()
    for n in range(count):
        (tmp_path / "a" / f"{n}.json").write_bytes(b'"old"')
    left = -1

    def hook(call: str, *_: object) -> None:
        nonlocal left
        if call in ("move", "exchange"):
            left -= 1
            if left == -1:
                raise fails(number)

    with bench(tmp_path, hooked(hook)) as it:
        before = snapshot(tmp_path)
        left = nth
        (failed,) = it.group(writing(*mixed(count)))
        assert left < 0
        assert isinstance(failed, Exception)
        assert snapshot(tmp_path) == before
        assert journaled(tmp_path) == []
        assert scratch_of(tmp_path) == []
        assert sequences(it.group(writing(*mixed(count)))) == [1]
    assert {place.read_bytes() for place in (tmp_path / "new").iterdir()} == {b'"new"'}
    assert len(list((tmp_path / "a").iterdir())) == count - len(range(0 + 2, count, 3))


async def test_what_cannot_be_undone_is_done_by_the_next_start(tmp_path: Path) -> None:
    """Where each call fails from some moment on, no more writes are taken, and none is half."""
    left: int | None = None

    def hook(call: str, *_: object) -> None:
        nonlocal left
        if left is not None and call in ("move", "exchange"):
            left -= 1
            if left < 0:
                raise fails(errno.EIO)

    async with opened(tmp_path, environment=hooked(hook)) as store:
        for n in range(9):
            await put(store, f"/a/{n}", b'"old"')
        left = 5
        for _ in range(2):
            with pytest.raises(StoreFailed):
                await store.commit(writing(*mixed(9)))
            left = None
        assert await content_of(store, "/a/0") == b'"old"'
    async with opened(tmp_path) as store:
        assert sorted(place.name for place in (tmp_path / "new").iterdir()) == [
            "0.json",
            "3.json",
            "6.json",
        ]
        assert [await content_of(store, f"/a/{n}") for n in range(3)] == [b'"old"', b'"new"', None]


def test_what_does_not_fit_together_is_tried_alone(tmp_path: Path) -> None:
    """Where the journal has no room for a group, each of its commits is written by itself."""

    def hook(call: str, *arguments: object) -> None:
        if call == "write" and b"".join(cast("list[bytes]", arguments[1])).count(b"kvrc") > 1:
            raise fails(errno.ENOSPC)

    with bench(tmp_path, hooked(hook)) as it:
        groups = it.groups(*(putting(f"/a/{n}") for n in range(3)))
        assert [n for group in groups for n in sequences(group)] == [1, 2, 3]
        assert journaled(tmp_path) == [1, 2, 3]


# --- the checkpoint


def test_the_journal_stays_small(tmp_path: Path) -> None:
    """However much is written, two segments are used in turn, and neither grows past its bound."""
    limit, size = 20 << 10, 1000
    largest = rotations = 0
    with bench(tmp_path, spared(), limit=limit) as it:
        for number in range(300):
            before = size_in_use(tmp_path)
            sequences(it.group(putting(f"/a/{number % 7}", b"1%0*d" % (size, number))))
            rotations += size_in_use(tmp_path) < before
            largest = max(largest, size_in_use(tmp_path))
            assert len(list(journal_of(tmp_path).iterdir())) <= 2
    assert rotations > 5
    assert largest <= 2 * limit + 2 * (size + 300)


def test_a_checkpoint_runs_beside_the_writers(tmp_path: Path) -> None:
    """Writers wait for it only once the journal is twice as large as it should be."""
    go, limit = threading.Event(), 4 << 10
    order: list[str] = []
    blocking = False

    def hook(*_: object) -> None:
        if blocking and threading.current_thread().name.startswith("kvput-checkpoint"):
            go.wait(10)
            order.append("checkpoint")

    def write() -> None:
        sequences(it.group(putting("/last", b"1")))
        order.append("commit")

    with bench(tmp_path, hooked(hook), limit=limit) as it, ExitStack() as at_the_end:
        at_the_end.callback(go.set)
        it.group(putting("/a/1"))
        settle(it, tmp_path)
        blocking = True
        numbers, rotations, size = itertools.count(2), 0, size_in_use(tmp_path)
        while size <= 2 * limit and not order:
            sequences(it.group(putting(f"/a/{next(numbers)}", b"1" * 500)))
            before, size = size, size_in_use(tmp_path)
            rotations += size < before
        assert (rotations, order) == (1, [])
        waits = threading.Thread(target=write)
        waits.start()
        time.sleep(0.05)
        seen = list(order)
        go.set()
        waits.join()
        blocking = False
        assert seen == []
        assert order[0] == "checkpoint"
        assert "commit" in order
        settle(it, tmp_path)
    assert len(list(journal_of(tmp_path).iterdir())) == 1


def settle(it: Bench, data: Path) -> None:
    """Be idle until the journal is empty, or cannot be emptied."""
    for _ in range(500):
        it.committer.idle()
        if it.committer.failure is not None or not journaled(data):
            return
        time.sleep(0.01)
    raise AssertionError("the journal was not emptied")


def test_the_journal_is_emptied_when_nobody_writes(tmp_path: Path) -> None:
    """After an idle moment all is in the folder for good, and the journal holds nothing."""
    with bench(tmp_path, spared()) as it:
        it.group(putting("/a"))
        assert journaled(tmp_path) == [1]
        settle(it, tmp_path)
        assert sequences(it.group(putting("/b"))) == [2]


def test_a_checkpoint_that_fails_stops_the_writing(tmp_path: Path) -> None:
    """What could not be brought to the disk stays in the journal, and no more writes are taken."""
    failing = False

    def hook(call: str, *_: object) -> None:
        if failing and call in ("sync_file_system", "sync"):
            raise fails(errno.EIO)

    with bench(tmp_path, hooked(hook)) as it:
        settle(it, tmp_path)
        it.group(putting("/a", b'"kept"'))
        failing = True
        settle(it, tmp_path)
        (failed,) = it.group(putting("/b"))
        assert isinstance(failed, StoreFailed)
        assert it.committer.failure is not None
        assert "could not be made durable" in it.committer.failure
    assert journaled(tmp_path) == [1]

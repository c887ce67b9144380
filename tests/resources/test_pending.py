"""Writes laid over a view: what is seen through it is what a store would show after them."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kvput.errors import CounterDamaged, KvputError, Unreadable
from kvput.paths import CollectionPath
from kvput.query.filters import Condition, Operator
from kvput.query.selection import EVERYTHING, Selection, SortBy
from kvput.query.values import ID, Field
from kvput.resources.pending import PendingView
from kvput.store.base import Batch, Delete, Put, RaiseCounter, Remember, View, Write
from kvput.store.memory import MemoryStore
from tests.resources.tools import CountingView
from tests.store.tools import collection, content_of, names_of, resource, seen, writing

URLS = ("/a", "/a/1", "/a/2", "/a/x", "/a/1/b", "/a/1/b/7", "/b/c/1", "/c")
CONTENTS = (b"1", b'{"n": 1}', b'{"n": 2}', b"{")
SELECTIONS = (
    EVERYTHING,
    Selection(Condition(Field("n"), Operator.EQUAL, (1,))),
    Selection(Condition(ID, Operator.NOT_EQUAL, ("1",))),
)
COLLECTIONS = [CollectionPath(())] + [collection(url + "/") for url in (*URLS, "/b", "/b/c")]


async def shown(store: MemoryStore) -> dict[str, bytes | None]:
    """What stands under each of the paths."""
    return {url: await content_of(store, url) for url in URLS}


def looked_at(view: View) -> object:
    """All that a decision can see of the paths and of the collections around them."""
    entries = {url: view.get(resource(url)) for url in URLS}
    return (
        {url: None if entry is None else entry.content for url, entry in entries.items()},
        [view.is_collection(each) for each in COLLECTIONS],
        [view.names(each) for each in COLLECTIONS],
        [view.counter(each) for each in COLLECTIONS],
        [view.select(each, selection) for each in COLLECTIONS for selection in SELECTIONS],
    )


_puts = st.builds(
    lambda url, content: Put(resource(url), content),
    st.sampled_from(URLS),
    st.sampled_from(CONTENTS),
)
_deletes = st.builds(lambda url: Delete(resource(url)), st.sampled_from(URLS))
_counters = st.builds(RaiseCounter, st.sampled_from(COLLECTIONS[1:]), st.integers(1, 5))
_writes: st.SearchStrategy[list[Write]] = st.lists(_puts | _deletes | _counters, max_size=8)


def _possible(writes: list[Write], there: set[str]) -> list[Write]:
    """Those writes that can be done one after the other: only what is there is deleted."""
    possible = []
    for write in writes:
        if isinstance(write, Put):
            there.add(write.path.url)
        elif isinstance(write, Delete):
            if write.path.url not in there:
                continue
            there.remove(write.path.url)
        possible.append(write)
    return possible


@settings(deadline=None)
@given(_writes, _writes)
async def test_what_is_seen_is_what_will_be(before: list[Write], writes: list[Write]) -> None:
    """The view with writes over it shows what the store shows once they are done."""
    there: set[str] = set()
    laid_over, done = MemoryStore(), MemoryStore()
    for write in _possible(before, there):
        await laid_over.commit(writing(write))
        await done.commit(writing(write))
    possible = _possible(writes, there)
    for write in possible:
        await done.commit(writing(write))

    def look(view: View) -> object:
        pending = PendingView(view)
        for write in possible:
            pending.add(Batch((write,)))
        return looked_at(pending)

    assert await seen(laid_over, look) == await seen(done, looked_at)


@settings(deadline=None)
@given(_writes, _writes)
async def test_what_is_written_makes_it_so(before: list[Write], writes: list[Write]) -> None:
    """Each path stands once among the writes, and all of them lead to the same resources."""
    there: set[str] = set()
    once, step_by_step = MemoryStore(), MemoryStore()
    for write in _possible(before, there):
        await once.commit(writing(write))
        await step_by_step.commit(writing(write))
    possible = _possible(writes, there)
    for write in possible:
        await step_by_step.commit(writing(write))

    def decide(view: View) -> Batch:
        pending = PendingView(view)
        for write in possible:
            pending.add(Batch((write,)))
        merged = pending.writes()
        paths = [write.path for write in merged if isinstance(write, Put | Delete)]
        assert len(paths) == len(set(paths))
        return Batch(merged)

    await once.commit(decide)
    assert await shown(once) == await shown(step_by_step)
    for each in COLLECTIONS:
        counters = [
            await seen(store, lambda view, each=each: view.counter(each))  # type: ignore[misc]
            for store in (once, step_by_step)
        ]
        assert counters[0] == counters[1]


async def test_what_comes_and_goes_is_not_written() -> None:
    """Nor is a resource deleted that was never there; numbers that were used up stay so."""
    store = MemoryStore()
    pending = PendingView(await seen(store, lambda view: view))
    path = resource("/a/1")
    pending.add(Batch((Put(path, b"1"), RaiseCounter(path.parent, 1))))
    pending.add(Batch((Delete(path),)))
    assert pending.writes() == (RaiseCounter(path.parent, 1),)


async def test_what_was_seen_stays_so() -> None:
    """A file that a hand takes away in the midst of a decision is there until its end."""
    store, taken, late = MemoryStore(), resource("/a/1"), resource("/a/2")
    await store.commit(writing(Put(taken, b"1")))
    pending = PendingView(await seen(store, lambda view: view))
    before = pending.get(taken)
    assert pending.get(late) is None
    await store.commit(writing(Delete(taken), Put(late, b"2")))
    assert pending.get(taken) is before is not None
    assert pending.get(late) is None


async def test_what_was_seen_is_deleted() -> None:
    """The store finds that a hand was first; a decision that is half forgotten does nothing."""
    store, path = MemoryStore(), resource("/a/1")
    await store.commit(writing(Put(path, b"1")))
    pending = PendingView(await seen(store, lambda view: view))
    assert pending.get(path) is not None
    pending.add(Batch((Delete(path),)))
    await store.commit(writing(Delete(path)))
    assert Delete(path) in pending.writes()


async def test_numbers_are_those_of_both() -> None:
    """The highest is among those that are there, or among those that were put."""
    store = MemoryStore()
    await store.commit(writing(Put(resource("/a/3"), b"1")))
    pending = PendingView(await seen(store, lambda view: view))
    assert pending.highest_number(collection("/a/")) == 3
    pending.add(Batch((Put(resource("/a/x"), b"1"), Put(resource("/a/2"), b"1"))))
    assert pending.highest_number(collection("/a/")) == 3
    pending.add(Batch((Put(resource("/a/12"), b"1"),)))
    assert pending.highest_number(collection("/a/")) == 12


async def test_unchanged_content_keeps_its_time() -> None:
    """A put of what is there is no change."""
    store = MemoryStore()
    path = resource("/a/1")
    await store.commit(writing(Put(path, b"1")))
    pending = PendingView(await seen(store, lambda view: view))
    before = pending.get(path)
    pending.add(Batch((Put(path, b"1"),)))
    assert pending.get(path) == before


@pytest.mark.parametrize(
    ("given", "steps"),
    [
        (("/a/x", "/a/y"), [Put(resource("/a/new"), b"1"), Delete(resource("/a/new"))]),
        (("/a/x", "/a/y"), [Delete(resource("/a/x")), Put(resource("/a/x"), b"1")]),
        (("/a/x/y",), [Put(resource("/a/new"), b"1"), Delete(resource("/a/new"))]),
        ((), [Put(resource("/a/new"), b"1"), Delete(resource("/a/new"))]),
    ],
)
async def test_names_are_read_once(given: tuple[str, ...], steps: list[Write]) -> None:
    """However often it is asked whether there is a collection: all other writes wait."""
    store = MemoryStore()
    await store.commit(writing(*(Put(resource(url), b"1") for url in given)))
    counts: Counter[tuple[str, object]] = Counter()

    def look(view: View) -> list[bool]:
        pending = PendingView(CountingView(view, counts))  # type: ignore[arg-type]  # but for its type
        answers = []
        for write in steps * 20:
            pending.add(Batch((write,)))
            answers.append(pending.is_collection(collection("/a/")))
        return answers

    answers = await seen(store, look)
    assert len(answers) == 40
    assert counts["names", collection("/a/")] <= 1


@pytest.mark.parametrize("error", [CounterDamaged, Unreadable])
async def test_a_counter_that_cannot_be_read_is_one(error: type[KvputError]) -> None:
    """The folder of a counter is a collection, whatever stands in the counter."""
    store = MemoryStore()
    await store.commit(writing(Put(resource("/a/x/y"), b"1"), Put(resource("/a/z"), b"1")))

    def look(view: View) -> bool:
        class Damaged:
            def counter(self, _: object) -> int:
                raise error("it cannot be read")

            def __getattr__(self, name: str) -> object:
                return getattr(view, name)

        pending = PendingView(Damaged())  # type: ignore[arg-type]  # a view but for one call
        pending.add(Batch((Delete(resource("/a/z")),)))
        return pending.is_collection(collection("/a/"))

    assert await seen(store, look)


@pytest.mark.parametrize(
    "selection", [Selection(sort=(SortBy(ID),)), Selection(start=1), Selection(stop=1)]
)
async def test_what_is_not_written_yet_is_not_sorted(selection: Selection) -> None:
    """Nor are parts of it given; of all other collections the store gives them."""
    store = MemoryStore()
    await store.commit(writing(*(Put(resource(url), b"1") for url in ("/a/1", "/b/1", "/b/2"))))
    view = await seen(store, lambda view: view)
    pending = PendingView(view)
    pending.add(Batch((Put(resource("/a/2"), b"1"), Put(resource("/b/c/1"), b"1"))))
    found = pending.select(collection("/b/"), selection)
    assert found == view.select(collection("/b/"), selection)
    assert found is not None
    assert found.items
    with pytest.raises(ValueError, match="not written yet"):
        pending.select(collection("/a/"), selection)


async def test_what_is_to_be_remembered_goes_along() -> None:
    """It is written with the rest, and seen only then."""
    store = MemoryStore()
    pending = PendingView(await seen(store, lambda view: view))
    remember = Remember("key", lambda _: b"text")
    pending.add(Batch((remember,)))
    assert pending.remembered("key") is None
    assert pending.writes() == (remember,)
    assert await names_of(store, "/") is not None

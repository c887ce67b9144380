"""What every store promises (`kvput.store.base`), tried against each of them."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kvput.errors import KvputError, NotFound, NotUnique
from kvput.query.filters import Condition, Operator
from kvput.query.selection import EVERYTHING, Selection, SortBy
from kvput.query.values import ID, Field
from kvput.semantics.validators import content_digest
from kvput.store.base import (
    Batch,
    Change,
    Commit,
    Decision,
    Delete,
    Entry,
    Names,
    Put,
    RaiseCounter,
    Remember,
    Store,
    View,
    Write,
)
from kvput.store.memory import MemoryStore
from tests.store.tools import (
    collection,
    content_of,
    delete,
    entries_in,
    is_collection,
    list_of,
    names_of,
    opened,
    put,
    resource,
    seen,
    writing,
)

LARGE = b"[" + b"1," * (1 << 20) + b"1]"


@pytest.fixture(params=["memory", "files"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """A store without content, of each kind."""
    if request.param == "memory":
        yield MemoryStore()
    else:
        async with opened(tmp_path) as files:
            yield files


# --- single resources


async def test_an_empty_store(store: Store) -> None:
    """There is nothing but a root without names, and it can be written to."""
    assert await store.get(resource("/a")) is None
    assert await names_of(store, "/") == Names((), ())
    assert await list_of(store, "/") == ()
    assert store.read_only is None


@pytest.mark.parametrize(
    "content",
    [
        b"{}",
        b"",
        b' {"a" : 1.0 }\r\n',
        b"\xff\x00 no JSON",
        "\ufeffé".encode(),
        b"1" * 300_000,
        LARGE,
    ],
    ids=["object", "nothing", "white space", "bytes", "text", "300 kB", "2 MiB"],
)
async def test_content_comes_back_as_it_was_put(store: Store, content: bytes) -> None:
    """Byte for byte, whatever it is and however large."""
    change = await put(store, "/articles/1", content)
    assert change.before is None
    assert change.after is not None
    assert (change.after.digest, change.after.size) == (content_digest(content), len(content))
    assert await content_of(store, "/articles/1") == content
    again = await store.get(resource("/articles/1"))
    assert again is not None
    assert (again.path, again.digest) == (resource("/articles/1"), change.after.digest)
    assert again.modified_ns == change.after.modified_ns


async def test_a_resource_is_as_old_as_its_last_change(store: Store) -> None:
    """`modified_ns` is the time of the put, but for a clock's tick."""
    start = time.time_ns()
    after = (await put(store, "/a")).after
    assert after is not None
    assert start - 50_000_000 < after.modified_ns <= time.time_ns()


async def test_a_put_over_something_gives_both_states(store: Store) -> None:
    """The entry before it is the one that was stored, the entry after it the one that is."""
    first = await put(store, "/a", b"1")
    second = await put(store, "/a", b"2")
    assert second.before == first.after
    assert second.after == await store.get(resource("/a"))
    assert await content_of(store, "/a") == b"2"


@pytest.mark.parametrize("content", [b"", b"{}", LARGE], ids=["nothing", "small", "large"])
async def test_the_same_bytes_change_nothing(store: Store, content: bytes) -> None:
    """Then before and after are one value, with the time of the first put."""
    first = (await put(store, "/a", content)).after
    await asyncio.sleep(0.02)
    second = await put(store, "/a", content)
    assert second.before is second.after
    assert first is not None
    assert second.after is not None
    assert second.after.modified_ns == first.modified_ns
    entry = await store.get(resource("/a"))
    assert entry is not None
    assert entry.modified_ns == first.modified_ns


@pytest.mark.parametrize("content", [b"", b'{"a": 1}', LARGE], ids=["nothing", "small", "large"])
async def test_a_deleted_resource_is_shown_a_last_time(store: Store, content: bytes) -> None:
    """The change holds its whole content, and it is gone."""
    await put(store, "/articles/1", content)
    (change,) = (await delete(store, "/articles/1")).changes
    assert change.before is not None
    assert change.before.content == content
    assert change.after is None
    assert await store.get(resource("/articles/1")) is None


async def test_nothing_is_not_deleted(store: Store) -> None:
    """A Delete of nothing fails, and leaves no directories behind."""
    with pytest.raises(NotFound):
        await delete(store, "/articles/1")
    assert await names_of(store, "/articles/") is None


@pytest.mark.parametrize(
    "url",
    [
        "/a.json",
        "/%2Ehidden",
        "/%2Ecounter",
        "/%2Ekvput/lock",
        "/kvput.toml",
        "/CON/aux.txt",
        "/with%20space%20",
        "/a%2Fb/c",
        "/100%25",
        "/%C3%A9t%C3%A9/%F0%9F%91%9E",
        "/" + "x" * 250,
        "/1/2/3/4/5/6/7/8/9",
    ],
)
async def test_names_of_every_kind_come_back(store: Store, url: str) -> None:
    """What can be addressed can be stored, listed and deleted."""
    path = resource(url)
    await put(store, url, b'"it"')
    assert await content_of(store, url) == b'"it"'
    names = await store.read(lambda view: view.names(path.parent))
    assert names is not None
    assert names.resources == (path,)
    await delete(store, url)
    assert await store.read(lambda view: view.names(path.parent)) == Names((), ())


# --- opened content


async def test_opened_content_is_read_in_parts(store: Store) -> None:
    """From any byte up to any other, in pieces, more than once."""
    entry = (await put(store, "/large", LARGE)).after
    assert entry is not None
    content = await store.open(entry)
    assert content is not None
    for start, stop in [(0, 10), (5, 5), (1 << 20, 1 << 21), (len(LARGE) - 1, len(LARGE))]:
        pieces = [piece async for piece in content.read(start, stop)]
        assert b"".join(pieces) == LARGE[start:stop]
    await content.close()


@pytest.mark.parametrize("write", [Put(resource("/a"), b"2"), Delete(resource("/a"))], ids=repr)
async def test_what_has_changed_is_not_opened(store: Store, write: Write) -> None:
    """An entry that no longer stands opens nothing: its digest would belie the bytes."""
    entry = (await put(store, "/a", b"1")).after
    assert entry is not None
    await store.commit(writing(write))
    assert await store.open(entry) is None


async def test_opened_content_outlives_its_replacement(store: Store) -> None:
    """Whoever reads on while another puts gets the old content to its end."""
    entry = (await put(store, "/a", LARGE)).after
    assert entry is not None
    content = await store.open(entry)
    assert content is not None
    await put(store, "/a", b"new")
    assert b"".join([piece async for piece in content.read(0, entry.size)]) == LARGE
    await content.close()


# --- collections


async def _fill(store: Store, *urls: str) -> None:
    await store.commit(writing(*(Put(resource(url), url.encode()) for url in urls)))


async def test_a_list_is_in_natural_order_and_holds_contents(store: Store) -> None:
    """2 before 10, numbers before names, nothing of other collections."""
    names = ["10", "2", "b", "a10", "a2", "1"]
    await _fill(store, *(f"/things/{name}" for name in names), "/things/1/deep", "/things", "/z/1")
    entries = await list_of(store, "/things/")
    assert entries is not None
    assert [entry.path.name for entry in entries] == ["1", "2", "10", "a2", "a10", "b"]
    assert [entry.content for entry in entries] == [e.path.url.encode() for e in entries]


async def test_a_list_holds_large_contents_as_well(store: Store) -> None:
    """In a list, no content is left out for its size."""
    await put(store, "/things/1", LARGE)
    selected = await store.read(lambda view: view.select(collection("/things/"), EVERYTHING))
    assert selected is not None
    assert selected.items[0].text == LARGE.strip()


async def test_names_tell_resources_from_collections(store: Store) -> None:
    """Each in natural order; what is both stands in both."""
    await _fill(store, "/10", "/2", "/2/x", "/10/x/y", "/b/1")
    names = await names_of(store, "/")
    assert names is not None
    assert [path.url for path in names.resources] == ["/2", "/10"]
    assert [path.url for path in names.collections] == ["/2", "/10", "/b"]


@pytest.mark.parametrize("url", ["/articles/", "/articles/1/comments/", "/things/1/"])
async def test_a_collection_that_is_not_there(store: Store, url: str) -> None:
    """It has no names and no list, and its name is free."""
    await put(store, "/things/1")
    assert await names_of(store, url) is None
    assert await list_of(store, url) is None
    assert not await is_collection(store, url)


@pytest.mark.parametrize(
    ("writes", "url", "is_one"),
    [
        ((), "/", True),
        ((), "/a/", False),
        ((Put(resource("/a/1"), b""),), "/a/", True),
        ((Put(resource("/a/1"), b""),), "/a/1/", False),
        ((Put(resource("/a/1/b/2"), b""),), "/a/", False),
        ((Put(resource("/a/1/b/2"), b""),), "/a/1/", False),
        ((Put(resource("/a/1/b/2"), b""),), "/a/1/b/", True),
        ((Put(resource("/a/1/b/2"), b""), Put(resource("/a/2"), b"")), "/a/", True),
        ((RaiseCounter(collection("/a/"), 3),), "/a/", True),
        ((RaiseCounter(collection("/a/"), 3), Put(resource("/a/b/1"), b"")), "/a/", True),
        ((Put(resource("/a"), b""),), "/a/", False),
        ((Put(resource("/a"), b""),), "/", True),
        ((Put(resource("/a/b"), b""),), "/", False),
    ],
)
async def test_what_is_a_collection(
    store: Store, writes: tuple[Write, ...], url: str, is_one: bool
) -> None:
    """A directory with a resource or a counter, or with nothing at all."""
    await store.commit(writing(*writes))
    assert await is_collection(store, url) is is_one
    assert await seen(store, lambda view: view.is_collection(collection(url))) is is_one


async def test_a_collection_stays_when_its_last_resource_goes(store: Store) -> None:
    """It is empty then, and still there."""
    await put(store, "/articles/1")
    await delete(store, "/articles/1")
    assert await list_of(store, "/articles/") == ()
    assert await is_collection(store, "/articles/")


async def test_a_decision_sees_what_readers_see(store: Store) -> None:
    """The view's entry, list and names are the store's own."""
    await _fill(store, "/articles/1", "/articles/2")

    def look(view: View) -> tuple[Entry | None, tuple[Entry, ...] | None]:
        return view.get(resource("/articles/1")), entries_in(view, collection("/articles/"))

    entry, entries = await seen(store, look)
    assert entry == await store.get(resource("/articles/1"))
    assert entries == await list_of(store, "/articles/")
    assert await seen(store, lambda view: entries_in(view, collection("/none/"))) is None


# --- numbers


async def test_a_counter_starts_at_nothing_and_is_raised(store: Store) -> None:
    """It belongs to its collection alone, and is no resource."""
    articles, tags = collection("/articles/"), collection("/tags/")
    assert await seen(store, lambda view: view.counter(articles)) == 0
    await store.commit(writing(RaiseCounter(articles, 41)))
    await store.commit(writing(RaiseCounter(articles, 42)))
    assert await seen(store, lambda view: (view.counter(articles), view.counter(tags))) == (42, 0)
    assert await store.read(lambda view: view.names(articles)) == Names((), ())


async def test_a_counter_outlives_what_it_counted(store: Store) -> None:
    """The numbers of deleted resources stay used up."""
    articles = collection("/articles/")
    await store.commit(writing(Put(resource("/articles/7"), b""), RaiseCounter(articles, 7)))
    await delete(store, "/articles/7")
    assert await seen(store, lambda view: view.counter(articles)) == 7


@pytest.mark.parametrize(
    ("names", "highest"),
    [
        ([], 0),
        (["1", "10", "9"], 10),
        (["a", "7"], 7),
        (["007", "1e3", "a12"], 0),
        (["0"], 0),
        (["3", "5/deep", "4/100"], 3),
        (["9007199254740991", "9007199254740992", "999999999999999999"], 2**53 - 1),
    ],
)
async def test_the_highest_number_among_names(store: Store, names: list[str], highest: int) -> None:
    """Names that are numbers in their one form count, whatever else is there."""
    await _fill(store, *(f"/things/{name}" for name in names))
    assert await seen(store, lambda view: view.highest_number(collection("/things/"))) == highest


async def test_the_highest_number_follows_each_write(store: Store) -> None:
    """It is asked before each of several puts, and is always right."""
    things = collection("/things/")
    for number in (3, 1, 9, 4):
        before = await seen(store, lambda view: view.highest_number(things))
        await put(store, f"/things/{number}")
        after = await seen(store, lambda view: view.highest_number(things))
        assert after == max(before, number)


# --- commits


async def test_a_commit_tells_each_change(store: Store) -> None:
    """Created, replaced, unchanged and deleted paths each have theirs; counters have none."""
    await _fill(store, "/old", "/same", "/gone")
    old = {url: await store.get(resource(url)) for url in ("/old", "/same", "/gone")}
    commit = await store.commit(
        writing(
            Put(resource("/new"), b"new"),
            Put(resource("/old"), b"replaced"),
            Put(resource("/same"), b"/same"),
            Delete(resource("/gone")),
            RaiseCounter(collection("/numbers/"), 5),
        )
    )
    new = {url: await store.get(resource(url)) for url in ("/new", "/old")}
    assert {change.path.url: change for change in commit.changes} == {
        "/new": Change(resource("/new"), None, new["/new"]),
        "/old": Change(resource("/old"), old["/old"], new["/old"]),
        "/same": Change(resource("/same"), old["/same"], old["/same"]),
        "/gone": Change(resource("/gone"), old["/gone"], None),
    }
    assert len(commit.changes) == 4


async def test_a_batch_that_cannot_be_written_writes_nothing(store: Store) -> None:
    """One write that fails takes the others with it, whatever their order."""
    await put(store, "/kept", b"1")
    for position in range(4):
        writes: list[Write] = [
            Put(resource("/kept"), b"2"),
            Put(resource("/deep/new"), b""),
            RaiseCounter(collection("/numbers/"), 5),
        ]
        writes.insert(position, Delete(resource("/none")))
        with pytest.raises(NotFound):
            await store.commit(writing(*writes))
        assert await content_of(store, "/kept") == b"1"
        assert await names_of(store, "/") == Names((resource("/kept"),), ())


@pytest.mark.parametrize("error", [KvputError("no"), ValueError("no"), KeyError()], ids=repr)
async def test_what_a_decision_raises_comes_out(store: Store, error: Exception) -> None:
    """Unchanged; nothing is written, and the store goes on."""

    def decide(_: View) -> Batch:
        raise error

    with pytest.raises(type(error)) as raised:
        await store.commit(decide)
    assert raised.value is error
    assert await names_of(store, "/") == Names((), ())
    await put(store, "/a", b"1")
    assert await content_of(store, "/a") == b"1"


async def test_commits_are_numbered(store: Store) -> None:
    """One by one; those that wrote nothing carry the last one's number, those that failed none."""

    async def number_of_commit(*writes: Write) -> int:
        return (await store.commit(writing(*writes))).sequence

    a, b = resource("/a"), resource("/b")
    assert await number_of_commit() == 0
    assert await number_of_commit(Put(a, b"1")) == 1
    with pytest.raises(NotFound):
        await delete(store, "/none")
    assert await number_of_commit(Put(a, b"1")) == 1
    assert await number_of_commit(Put(a, b"2"), Put(b, b"1")) == 2
    assert await number_of_commit(Put(a, b"3"), Put(b, b"1")) == 3
    assert await number_of_commit(RaiseCounter(collection("/"), 7)) == 4
    assert await number_of_commit(Delete(a)) == 5
    assert await number_of_commit() == 5


async def test_racing_decisions_lose_no_update(store: Store) -> None:
    """Each of many decisions reads what the one before it wrote."""

    def increment(view: View) -> Batch:
        entry = view.get(resource("/sum"))
        held = b"0" if entry is None else entry.content
        assert held is not None
        return Batch((Put(resource("/sum"), b"%d" % (int(held) + 1)),))

    commits = await asyncio.gather(*(store.commit(increment) for _ in range(60)))
    assert await content_of(store, "/sum") == b"60"
    assert sorted(commit.sequence for commit in commits) == list(range(1, 61))


async def test_of_racing_decisions_one_gets_what_there_is_only_one_of(store: Store) -> None:
    """Each looks first whether a resource has the value, and finds what those before it wrote."""
    people = collection("/people/")

    def take(number: int) -> Decision:
        def decide(view: View) -> Batch:
            email = f"{number % 5}@example.org"
            taken = Condition(Field("email"), Operator.EQUAL, (email,))
            selected = view.select(people, Selection(taken))
            if selected is not None and selected.items:
                raise NotUnique(f"{selected.items[0].name} has {email}.")
            content = b'{"email": "%s"}' % email.encode()
            return Batch((Put(resource(f"/people/{number}"), content),))

        return decide

    outcomes = await asyncio.gather(
        *(store.commit(take(number)) for number in range(40)), return_exceptions=True
    )
    assert sum(isinstance(outcome, Commit) for outcome in outcomes) == 5
    assert sum(isinstance(outcome, NotUnique) for outcome in outcomes) == 35
    selected = await store.read(lambda view: view.select(people, EVERYTHING))
    assert selected is not None
    assert len({item.text.partition(b"email")[2] for item in selected.items}) == 5


@pytest.mark.parametrize(
    "selection", [EVERYTHING, Selection(sort=(SortBy(ID, descending=True),), stop=3)], ids=repr
)
async def test_racing_decisions_list_what_was_written_before(
    store: Store, selection: Selection
) -> None:
    """All of it, whether a decision asks for everything or for a page."""

    def post_and_delete(view: View) -> Batch:
        selected = view.select(collection("/log/"), selection)
        total = 0 if selected is None else selected.total
        writes: list[Write] = [Put(resource(f"/log/{view.counter(log) + 1}"), b"%d" % total)]
        if total == 3:
            assert selected is not None
            oldest = min(int(item.name) for item in selected.items)
            writes.append(Delete(resource(f"/log/{oldest}")))
        return Batch((*writes, RaiseCounter(log, view.counter(log) + 1)))

    log = collection("/log/")
    await asyncio.gather(*(store.commit(post_and_delete) for _ in range(30)))
    names = await names_of(store, "/log/")
    assert names is not None
    assert [path.name for path in names.resources] == ["28", "29", "30"]
    assert await content_of(store, "/log/30") == b"3"


async def test_a_reader_never_sees_half_a_write(store: Store) -> None:
    """While two contents take turns, each read gives one of them whole, under its own digest."""
    contents = {content_digest(body): body for body in (b"a" * 50_000, b"b" * 70_000)}
    await put(store, "/a", b"a" * 50_000)

    async def write() -> None:
        for _ in range(15):
            for body in contents.values():
                await put(store, "/a", body)

    writer = asyncio.create_task(write())
    reads = 0
    while not writer.done():
        entry = await store.get(resource("/a"))
        assert entry is not None
        assert entry.content == contents[entry.digest]
        reads += 1
        await asyncio.sleep(0)
    await writer
    assert reads > 0


async def test_a_commit_goes_on_without_its_caller(store: Store) -> None:
    """A client that hangs up undoes nothing, whether its commit runs or waits for another."""

    def slowly(*writes: Write) -> Decision:
        def decide(_: View) -> Batch:
            time.sleep(0.05)
            return Batch(writes)

        return decide

    callers = [
        asyncio.create_task(
            store.commit(slowly(Put(resource("/a/1"), b"1"), RaiseCounter(collection("/a/"), 1)))
        ),
        asyncio.create_task(store.commit(slowly(Put(resource("/a/2"), b"2")))),
    ]
    await asyncio.sleep(0)
    for caller in callers:
        caller.cancel()
    await asyncio.gather(*callers, return_exceptions=True)
    following = await store.commit(writing(Put(resource("/b"), b"3")))
    assert following.sequence == 3
    assert [await content_of(store, url) for url in ("/a/1", "/a/2")] == [b"1", b"2"]
    assert await seen(store, lambda view: view.counter(collection("/a/"))) == 1


async def test_a_deep_path_makes_its_parents(store: Store) -> None:
    """Each directory on the way is there then, and holds what leads on."""
    await put(store, "/a/b/c/d", b"1")
    for url, inner in [("/", "/a"), ("/a/", "/a/b"), ("/a/b/", "/a/b/c")]:
        assert await names_of(store, url) == Names((), (collection(inner),))
    assert await names_of(store, "/a/b/c/") == Names((resource("/a/b/c/d"),), ())


# --- what is remembered


async def test_what_is_remembered_is_there_with_the_commit(store: Store) -> None:
    """It is made of what the commit changes, and kept under its key alone."""

    def text(changes: tuple[Change, ...]) -> bytes:
        return b",".join(change.path.url.encode() for change in changes)

    commit = await store.commit(
        writing(Remember("key", text), Put(resource("/a/1"), b"1"), Put(resource("/a/2"), b"2"))
    )
    assert [change.path.url for change in commit.changes] == ["/a/1", "/a/2"]
    assert await seen(store, lambda view: view.remembered("key")) == b"/a/1,/a/2"
    assert await store.read(lambda view: view.remembered("key")) == b"/a/1,/a/2"
    assert await store.read(lambda view: view.remembered("other")) is None
    names = await names_of(store, "/")
    assert names == Names((), (collection("/a/"),))


async def test_of_many_with_one_key_only_the_first_finds_nothing(store: Store) -> None:
    """However many are decided at the same time."""
    found: list[bytes | None] = []

    def once(number: int) -> Decision:
        def decide(view: View) -> Batch:
            found.append(view.remembered("key"))
            if found[-1] is not None:
                return Batch(())
            return Batch(
                (Put(resource(f"/a/{number}"), b""), Remember("key", lambda _: b"%d" % number))
            )

        return decide

    await asyncio.gather(*(store.commit(once(number)) for number in range(10)))
    assert found == [None, *([b"0"] * 9)]
    names = await names_of(store, "/a/")
    assert names is not None
    assert names.resources == (resource("/a/0"),)


async def test_a_commit_that_fails_remembers_nothing(store: Store) -> None:
    """It can be sent again."""
    with pytest.raises(NotFound):
        await store.commit(
            writing(Remember("key", lambda _: b"done"), Delete(resource("/nothing")))
        )
    assert await store.read(lambda view: view.remembered("key")) is None

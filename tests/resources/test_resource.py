"""What PUT and DELETE decide, asked of the decisions themselves."""

import time

import pytest

from kvput.content.media_types import Content, read_json
from kvput.errors import (
    CounterDamaged,
    HiddenName,
    KvputError,
    MalformedContent,
    MalformedParameter,
    NotFound,
    PreconditionFailed,
)
from kvput.resources.resource import (
    delete,
    method_not_allowed,
    modified_seconds,
    nothing_there,
    put,
    validators_of,
)
from kvput.semantics.fields import format_http_date, parse_http_date
from kvput.semantics.preconditions import NO_PRECONDITIONS, Preconditions
from kvput.semantics.validators import ANY, ETag, Validators, content_digest
from kvput.store.base import Batch, Delete, Entry, Put, RaiseCounter, View, Write
from kvput.store.memory import MemoryStore
from tests.store.tools import collection, list_of, resource, seen, writing

CONTENT = read_json(b'{"a": 1}')
BROKEN = MalformedContent("no JSON")
CREATE_ONLY = Preconditions(if_none_match=ANY)
UPDATE_ONLY = Preconditions(if_match=ANY)
OTHER_TAG = Preconditions(if_match=(ETag("other"),))
THIS_TAG = Preconditions(if_match=(ETag(content_digest(b"{}")),))


async def store_with(*urls: str) -> MemoryStore:
    """A store with `{}` under each of the paths; one that ends with a slash has a counter only."""
    store = MemoryStore()
    writes: list[Write] = [
        RaiseCounter(collection(url), 1) if url.endswith("/") else Put(resource(url), b"{}")
        for url in urls
    ]
    await store.commit(writing(*writes))
    return store


# --- PUT


@pytest.mark.parametrize(
    ("there", "url"),
    [
        ((), "/a"),
        ((), "/a/b/c"),
        (("/a",), "/a"),
        (("/articles/1",), "/articles/2"),
        (("/articles/1",), "/articles/1/comments/5"),
        (("/articles/1/comments/5",), "/articles/1"),
        (("/articles/1", "/articles/1/comments/5"), "/articles/1/comments/6"),
        (("/articles/1", "/articles/1/comments/5"), "/articles/1"),
        (("/a/b/c",), "/a"),
        (("/a",), "/a/b/c"),
        (("/b",), "/a"),
    ],
)
async def test_a_put_that_hides_nothing(there: tuple[str, ...], url: str) -> None:
    """It writes the content under its path, and nothing else."""
    store = await store_with(*there)
    decision = put(resource(url), CONTENT, NO_PRECONDITIONS)
    assert await seen(store, decision) == Batch((Put(resource(url), CONTENT.body),))


@pytest.mark.parametrize(
    ("there", "url", "named"),
    [
        (("/articles/1",), "/articles", "/articles is a collection"),
        (("/articles/",), "/articles", "/articles is a collection"),
        (("/articles",), "/articles/1", "/articles is a resource"),
        (("/a/b",), "/a/b/1", "/a/b is a resource"),
        (("/a/b", "/a/b/c/1"), "/a/b/1", "/a/b is a resource"),
        (("/a/b/1",), "/a/b", "/a/b is a collection"),
    ],
)
async def test_a_put_that_would_hide_something(
    there: tuple[str, ...], url: str, named: str
) -> None:
    """A collection behind a resource, or the reverse; the sentence says which."""
    store = await store_with(*there)
    with pytest.raises(HiddenName) as raised:
        await store.commit(put(resource(url), CONTENT, NO_PRECONDITIONS))
    assert raised.value.detail.startswith(f"{named}, which ")
    assert await store.get(resource(url)) is None


async def test_what_is_hidden_already_can_be_put_to() -> None:
    """Where a hand has made both, the resource that stands may change; so may the items."""
    store = MemoryStore()
    await store.commit(writing(Put(resource("/a"), b"{}"), Put(resource("/a/1"), b"{}")))
    for url in ("/a", "/a/1", "/a/2"):
        await store.commit(put(resource(url), CONTENT, NO_PRECONDITIONS))
        entry = await store.get(resource(url))
        assert entry is not None
        assert entry.content == CONTENT.body


async def test_an_empty_collection_is_hidden_as_well() -> None:
    """Its directory is there, and a POST to it is to be answered."""
    store = await store_with("/articles/1")
    await store.commit(delete(resource("/articles/1"), NO_PRECONDITIONS))
    with pytest.raises(HiddenName):
        await store.commit(put(resource("/articles"), CONTENT, NO_PRECONDITIONS))


@pytest.mark.parametrize(
    ("there", "conditions", "content", "error"),
    [
        ((), UPDATE_ONLY, CONTENT, PreconditionFailed),
        (("/a/b",), CREATE_ONLY, CONTENT, PreconditionFailed),
        (("/a/b",), OTHER_TAG, CONTENT, PreconditionFailed),
        ((), NO_PRECONDITIONS, BROKEN, MalformedContent),
        (("/a/b",), THIS_TAG, BROKEN, MalformedContent),
        ((), UPDATE_ONLY, BROKEN, PreconditionFailed),
        (("/a/b",), OTHER_TAG, BROKEN, PreconditionFailed),
        (("/a",), UPDATE_ONLY, BROKEN, HiddenName),
        (("/a",), NO_PRECONDITIONS, BROKEN, HiddenName),
    ],
)
async def test_the_order_in_which_a_put_is_checked(
    there: tuple[str, ...],
    conditions: Preconditions,
    content: Content | KvputError,
    error: type[KvputError],
) -> None:
    """What would fail anyway, then the preconditions, then the content."""
    store = await store_with(*there)
    with pytest.raises(error):
        await store.commit(put(resource("/a/b"), content, conditions))


@pytest.mark.parametrize(
    ("there", "conditions"),
    [((), CREATE_ONLY), (("/a/b",), UPDATE_ONLY), (("/a/b",), THIS_TAG)],
)
async def test_a_put_whose_preconditions_hold(
    there: tuple[str, ...], conditions: Preconditions
) -> None:
    """It is as one without."""
    store = await store_with(*there)
    (change,) = (await store.commit(put(resource("/a/b"), CONTENT, conditions))).changes
    assert change.after is not None
    assert change.after.content == CONTENT.body


# --- DELETE


@pytest.mark.parametrize(
    ("there", "url", "writes"),
    [
        (("/a",), "/a", ()),
        (("/a/x",), "/a/x", ()),
        (("/a/7",), "/a/7", (RaiseCounter(collection("/a/"), 7),)),
        (("/a/1", "/a/"), "/a/1", ()),
        (("/a/2", "/a/"), "/a/2", (RaiseCounter(collection("/a/"), 2),)),
        (("/a/007",), "/a/007", ()),
        (("/7",), "/7", ()),
    ],
)
async def test_what_a_delete_writes(
    there: tuple[str, ...], url: str, writes: tuple[Write, ...]
) -> None:
    """A number above its collection's counter is marked as used up with it."""
    store = await store_with(*there)
    batch = await seen(store, delete(resource(url), NO_PRECONDITIONS))
    assert batch == Batch((Delete(resource(url)), *writes))


@pytest.mark.parametrize(
    ("there", "conditions", "error"),
    [
        ((), NO_PRECONDITIONS, NotFound),
        ((), UPDATE_ONLY, NotFound),
        (("/a/b/c/1",), NO_PRECONDITIONS, NotFound),
        (("/a/b/1",), NO_PRECONDITIONS, MalformedParameter),
        (("/a/b/1",), OTHER_TAG, MalformedParameter),
        (("/a/b",), OTHER_TAG, PreconditionFailed),
        (("/a/b",), CREATE_ONLY, PreconditionFailed),
    ],
)
async def test_a_delete_that_is_refused(
    there: tuple[str, ...], conditions: Preconditions, error: type[KvputError]
) -> None:
    """Nothing there, a collection there, or a false precondition; in this order."""
    store = await store_with(*there)
    before = await list_of(store, "/a/")
    with pytest.raises(error):
        await store.commit(delete(resource("/a/b"), conditions))
    assert await list_of(store, "/a/") == before


async def test_a_delete_beside_a_damaged_counter() -> None:
    """The counter's damage is POST's affair: the resource goes."""
    store = await store_with("/a/7")

    def beside_damage(view: View) -> Batch:
        class Damaged:
            def counter(self, _: object) -> int:
                raise CounterDamaged("it holds no number")

            def __getattr__(self, name: str) -> object:
                return getattr(view, name)

        decision = delete(resource("/a/7"), NO_PRECONDITIONS)
        return decision(Damaged())  # type: ignore[arg-type]  # a view but for one call

    assert await seen(store, beside_damage) == Batch((Delete(resource("/a/7")),))


# --- validators


@pytest.mark.parametrize(
    ("modified_ns", "seconds"),
    [(0, 0), (999_999_999, 0), (1_000_000_000, 1), (1_700_000_000_123_456_789, 1_700_000_000)],
)
def test_when_a_resource_was_modified(modified_ns: int, seconds: int) -> None:
    """In whole seconds, rounded down: Last-Modified has no finer ones."""
    entry = Entry(resource("/a"), "digest", modified_ns, 0, b"")
    assert modified_seconds(entry) == seconds
    assert validators_of(entry) == Validators(ETag("digest"), seconds)


def test_a_time_in_the_future_is_now() -> None:
    """RFC 9110 8.8.2.1: Last-Modified must not be later than the message."""
    entry = Entry(resource("/a"), "digest", (int(time.time()) + 86_400) * 10**9, 0, b"")
    assert abs(modified_seconds(entry) - time.time()) < 5


@pytest.mark.parametrize(
    ("modified_ns", "told"),
    [
        (784_111_777_999_999_999, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
        (-62_135_596_800 * 10**9, "Mon, 01 Jan 0001 00:00:00 GMT"),
        (-62_135_596_801 * 10**9, "Mon, 01 Jan 0001 00:00:00 GMT"),
        (-(2**63) * 10**9, "Mon, 01 Jan 0001 00:00:00 GMT"),
    ],
)
def test_a_time_long_ago(modified_ns: int, told: str) -> None:
    """Whatever time a file has, it is one that HTTP can say, and reads back as the same."""
    seconds = modified_seconds(Entry(resource("/a"), "x", modified_ns, 0, b""))
    assert format_http_date(seconds) == told
    assert parse_http_date(told) == seconds


# --- what the sentences say


@pytest.mark.parametrize(
    ("method", "detail"),
    [
        ("DELETE", "DELETE does not apply here: use one of GET, HEAD."),
        ("PATCH", "PATCH does not apply here: use one of GET, HEAD."),
        ("POST", "POST does not apply here: POST to a collection, such as /posts."),
    ],
)
def test_a_method_that_is_not_allowed(method: str, detail: str) -> None:
    """The sentence says what to do instead; the field has all that is allowed."""
    error = method_not_allowed(method, "GET, HEAD")
    assert (error.detail, error.fields) == (detail, (("Allow", "GET, HEAD"),))


@pytest.mark.parametrize(
    ("url", "detail"),
    [
        ("/posts/1", "Nothing is stored under /posts/1."),
        (
            "/posts/1.json",
            "Nothing is stored under /posts/1.json: its address has no .json: /posts/1.",
        ),
        ("/.json", "Nothing is stored under /.json."),
        ("/posts/.json", "Nothing is stored under /posts/.json."),
        ("/posts.json/", "Nothing is stored under /posts.json/."),
        ("/json", "Nothing is stored under /json."),
    ],
)
def test_nothing_is_there(url: str, detail: str) -> None:
    """Who asks for the file learns the address of what is in it."""
    assert nothing_there(url).detail == detail

"""How a list is written, and what POST decides, asked of the decisions themselves."""

import json
from pathlib import Path

import pytest

from kvput.content.media_types import Content, read_json
from kvput.errors import (
    CounterDamaged,
    HiddenName,
    IdTaken,
    InvalidContent,
    KvputError,
    MalformedContent,
    MethodNotAllowed,
    PreconditionFailed,
)
from kvput.resources.collection import Rendered, create, render, validators_of
from kvput.resources.resource import delete
from kvput.resources.resource import put as put_decision
from kvput.semantics.preconditions import NO_PRECONDITIONS, Preconditions
from kvput.semantics.validators import ANY, ETag, Validators, content_digest
from kvput.store.base import Batch, Commit, Entry, Put, RaiseCounter, Store, Write
from kvput.store.files.layout import COUNTER
from kvput.store.memory import MemoryStore
from tests.store.tools import collection, content_of, opened, resource, seen, writing

ARTICLES = collection("/articles/")
OBJECT = read_json(b'{"a": 1}')
BROKEN = MalformedContent("no JSON")


def entry(url: str, content: bytes) -> Entry:
    """An entry with that content."""
    return Entry(resource(url), content_digest(content), 0, len(content), content)


async def store_with(**contents: bytes) -> MemoryStore:
    """A store with resources in /articles/, by name."""
    store = MemoryStore()
    await store.commit(writing(*(Put(ARTICLES.resource(n), c) for n, c in contents.items())))
    return store


async def post(store: Store, content: Content, conditions: Preconditions = NO_PRECONDITIONS) -> str:
    """POST to /articles/; the new resource's path."""
    commit = await store.commit(create(ARTICLES, content, conditions, bare_name=False))
    (change,) = commit.changes
    assert change.before is None
    return change.path.url


# --- lists


@pytest.mark.parametrize(
    ("url", "content", "item"),
    [
        ("/a/1", b'{"b": 2}', b'{"id":1,"b": 2}'),
        ("/a/x", b'{"b": 2}', b'{"id":"x","b": 2}'),
        ("/a/x", b'{"b": 2, "id": 9}', b'{"b": 2, "id": 9}'),
        ("/a/1", b"{}", b'{"id":1}'),
        ("/a/1", b"", b'{"id":1}'),
        ("/a/1", b" { } \n", b'{"id":1}'),
        ("/a/1", b"[1, 2]", b"[1, 2]"),
        ("/a/1", b" null\n", b"null"),
        ("/a/1", b'"text"', b'"text"'),
        ("/a/1", b'{"b":1.0,"b":1e400}', b'{"id":1,"b":1.0,"b":1e400}'),
    ],
)
def test_an_item_of_a_list(url: str, content: bytes, item: bytes) -> None:
    """Its own text, with the id that an object lacks; what is no object is as it is."""
    rendered = render([entry(url, content)]).text
    assert rendered.startswith(b"[")
    assert rendered.endswith(b"]\n")
    assert _without_space(rendered) == _without_space(b"[" + item + b"]\n")


def _without_space(text: bytes) -> bytes:
    return b"".join(text.split())


def test_a_list_has_a_line_for_each_item() -> None:
    """In the order that was given; an empty one is an empty array."""
    entries = [entry(f"/a/{name}", b"[%d]" % index) for index, name in enumerate("xyz")]
    assert render(entries) == Rendered(b"[[0],\n[1],\n[2]]\n", ())
    assert render([]) == Rendered(b"[]\n", ())


def test_what_is_no_json_is_left_out() -> None:
    """The others are listed, and the list tells which it leaves out, as they are, and why."""
    entries = [entry("/a/1", b"{}"), entry("/a/2", b'{"b": '), entry("/a/3", b"[\n\xff")]
    rendered = render(entries)
    assert json.loads(rendered.text) == [{"id": 1}]
    assert [
        (item.path.url, item.digest, item.fault.line, item.fault.column)
        for item in rendered.left_out
    ] == [
        ("/a/2", content_digest(b'{"b": '), 1, 7),
        ("/a/3", content_digest(b"[\n\xff"), 2, 1),
    ]


def test_the_validators_of_a_list() -> None:
    """Its own tag, and no date: a removal leaves none behind."""
    assert validators_of(render([])) == Validators(ETag(content_digest(b"[]\n")), None)


# --- POST: the name


async def test_the_first_resources_of_a_collection() -> None:
    """They are numbered from 1, carry their id as the first member, and raise the counter."""
    store = MemoryStore()
    batch = await seen(store, create(ARTICLES, OBJECT, NO_PRECONDITIONS, bare_name=True))
    body = b'{"id":1,"a": 1}'
    (written, counter) = batch.writes
    assert isinstance(written, Put)
    assert _without_space(written.content) == _without_space(body)
    assert (written.path, counter) == (resource("/articles/1"), RaiseCounter(ARTICLES, 1))
    assert [await post(store, OBJECT) for _ in range(3)] == [
        "/articles/1",
        "/articles/2",
        "/articles/3",
    ]


@pytest.mark.parametrize(
    ("content", "stored"),
    [
        (b"", {"id": 1}),
        (b"{}", {"id": 1}),
        (b'{"a": {"id": 7}}', {"id": 1, "a": {"id": 7}}),
    ],
)
async def test_an_object_without_id_gets_one(content: bytes, stored: object) -> None:
    """So does nothing at all, which is an empty object."""
    store = MemoryStore()
    assert await post(store, read_json(content)) == "/articles/1"
    held = await content_of(store, "/articles/1")
    assert held is not None
    assert json.loads(held) == stored


@pytest.mark.parametrize("content", [b"[1,\n2]", b"null", b'"text"', b" 1.0 ", b"[]"])
async def test_what_is_no_object_is_stored_as_it_is(content: bytes) -> None:
    """Under the next number, byte for byte."""
    store = MemoryStore()
    assert await post(store, read_json(content)) == "/articles/1"
    assert await content_of(store, "/articles/1") == content


@pytest.mark.parametrize(
    ("content", "url"),
    [
        (b'{"id": "red-shoe"}', "/articles/red-shoe"),
        (b'{"x": 1, "id": 42}', "/articles/42"),
        (b'{"id": "42"}', "/articles/42"),
        (b'{"id": "a/b"}', "/articles/a%2Fb"),
    ],
)
async def test_an_id_that_is_asked_for(content: bytes, url: str) -> None:
    """It is the name; the content is stored as it is, and no counter is touched."""
    decision = create(ARTICLES, read_json(content), NO_PRECONDITIONS, bare_name=False)
    assert await seen(MemoryStore(), decision) == Batch((Put(resource(url), content),))


async def test_an_id_that_is_taken() -> None:
    """The sentence names the resource that has it, which stays as it is."""
    store = await store_with(**{"42": b"old"})
    for content in (b'{"id": 42}', b'{"id": "42"}'):
        with pytest.raises(IdTaken, match=r"is taken by /articles/42: choose another"):
            await post(store, read_json(content))
    assert await content_of(store, "/articles/42") == b"old"


@pytest.mark.parametrize("content", [b'{"id": null}', b'{"id": true}', b'{"id": ""}', b'{"id":[]}'])
async def test_an_id_that_is_none(content: bytes) -> None:
    """Nothing is stored: the sender meant something else."""
    store = MemoryStore()
    with pytest.raises(InvalidContent):
        await post(store, read_json(content))
    assert await store.names(ARTICLES) is None


async def test_an_id_whose_name_is_a_collection() -> None:
    """It is hidden by no resource."""
    store = MemoryStore()
    await store.commit(writing(Put(resource("/articles/7/1"), b"{}")))
    with pytest.raises(HiddenName):
        await post(store, read_json(b'{"id": 7}'))


# --- POST: numbers


async def test_numbers_are_never_given_again() -> None:
    """Not those of deleted resources, whether POST or PUT had made them."""
    store = MemoryStore()
    assert await post(store, OBJECT) == "/articles/1"
    await store.commit(delete(resource("/articles/1"), NO_PRECONDITIONS))
    assert await post(store, OBJECT) == "/articles/2"
    await store.commit(put_decision(resource("/articles/9"), OBJECT, NO_PRECONDITIONS))
    await store.commit(delete(resource("/articles/9"), NO_PRECONDITIONS))
    assert await post(store, OBJECT) == "/articles/10"


async def test_numbers_go_on_above_those_that_were_put() -> None:
    """Names that are no numbers do not count."""
    store = await store_with(**{"41": b"{}", "red-shoe": b"{}", "0099": b"{}"})
    assert await post(store, OBJECT) == "/articles/42"


@pytest.mark.parametrize(
    "there",
    [
        (Put(resource("/articles/9007199254740991"), b"{}"),),
        (RaiseCounter(ARTICLES, 2**53 - 1),),
        (RaiseCounter(ARTICLES, 10**18 - 1),),
        (RaiseCounter(ARTICLES, 2**53 - 2), Put(resource("/articles/9007199254740991/a"), b"{}")),
    ],
)
async def test_numbers_that_are_used_up(there: tuple[Write, ...]) -> None:
    """The sender is told to choose an id; who does so is served, and nothing is damaged."""
    store = MemoryStore()
    await store.commit(writing(*there))
    with pytest.raises(IdTaken, match="used up"):
        await post(store, OBJECT)
    assert await post(store, read_json(b'{"id": 7}')) == "/articles/7"


async def test_the_highest_number_is_given_and_kept(tmp_path: Path) -> None:
    """The counter that is written with it can be read again."""
    async with opened(tmp_path) as store:
        await store.commit(writing(RaiseCounter(ARTICLES, 2**53 - 2)))
        assert await post(store, OBJECT) == "/articles/9007199254740991"
        await store.commit(delete(resource("/articles/9007199254740991"), NO_PRECONDITIONS))
        with pytest.raises(IdTaken, match="used up"):
            await post(store, OBJECT)
        assert await seen(store, lambda view: view.counter(ARTICLES)) == 2**53 - 1


@pytest.mark.parametrize("name", ["9007199254740992", "999999999999999999", "9" * 30])
async def test_a_larger_number_is_a_name_like_any_other(name: str) -> None:
    """It counts for nothing, whoever put or deleted it."""
    store = await store_with(**{name: b"{}"})
    assert render(await store.list(ARTICLES) or ()).text == b'[{"id": "%s"}]\n' % name.encode()
    assert await post(store, OBJECT) == "/articles/1"
    await store.commit(delete(resource(f"/articles/{name}"), NO_PRECONDITIONS))
    assert await post(store, OBJECT) == "/articles/2"


async def test_a_number_that_is_a_collection_is_passed_over() -> None:
    """A resource of that name would hide it."""
    store = MemoryStore()
    await store.commit(
        writing(Put(resource("/articles/1/a"), b""), Put(resource("/articles/2/a"), b""))
    )
    assert await post(store, OBJECT) == "/articles/3"
    assert await seen(store, lambda view: view.counter(ARTICLES)) == 3


async def test_hand_made_resources_are_never_overwritten(tmp_path: Path) -> None:
    """However they came between two requests."""
    async with opened(tmp_path) as store:
        assert await post(store, OBJECT) == "/articles/1"
        for number in range(2, 20, 2):
            (tmp_path / "articles" / f"{number}.json").write_text('"mine"')
            await store.commit(
                put_decision(resource("/articles/1"), read_json(b"[%d]" % number), NO_PRECONDITIONS)
            )
            assert await post(store, OBJECT) == f"/articles/{number + 1}"
        for number in range(2, 20, 2):
            assert await content_of(store, f"/articles/{number}") == b'"mine"'


async def test_a_number_that_the_view_has_not_counted() -> None:
    """What stands under the next number stays, however it came to be overlooked."""
    store = await store_with(**{"1": b"mine", "2": b"mine"})

    class Overlooking:
        def __init__(self, view: object) -> None:
            self._view = view

        def highest_number(self, _: object) -> int:
            return 0

        def __getattr__(self, name: str) -> object:
            return getattr(self._view, name)

    decision = create(ARTICLES, OBJECT, NO_PRECONDITIONS, bare_name=False)
    batch = await seen(store, lambda view: decision(Overlooking(view)))  # type: ignore[arg-type]  # a view but for one call
    assert isinstance(batch.writes[0], Put)
    assert batch.writes[0].path == resource("/articles/3")


async def test_a_damaged_counter_stops_numbers_alone(tmp_path: Path) -> None:
    """A POST that needs no number goes through; mended by hand, all do."""
    async with opened(tmp_path) as store:
        await post(store, OBJECT)
        (tmp_path / "articles" / COUNTER).write_text("<<<<<<<\n")
        with pytest.raises(CounterDamaged):
            await post(store, OBJECT)
        assert await post(store, read_json(b'{"id": "named"}')) == "/articles/named"
        (tmp_path / "articles" / COUNTER).unlink()
        assert await post(store, OBJECT) == "/articles/2"


# --- POST: what it is sent to


async def _post_to(url: str, there: tuple[Write, ...], *, bare_name: bool) -> Commit:
    store = MemoryStore()
    await store.commit(writing(*there))
    return await store.commit(
        create(collection(url), OBJECT, NO_PRECONDITIONS, bare_name=bare_name)
    )


@pytest.mark.parametrize("bare_name", [True, False])
@pytest.mark.parametrize(
    "there",
    [
        (),
        (Put(resource("/a/7"), b""),),
        (Put(resource("/a/7/b/1"), b""),),
        (RaiseCounter(collection("/a/"), 3),),
    ],
)
async def test_a_collection_takes_resources(there: tuple[Write, ...], bare_name: bool) -> None:
    """Also one that is not there yet: it is made."""
    commit = await _post_to("/a/", there, bare_name=bare_name)
    assert commit.changes[0].path.parent == collection("/a/")


@pytest.mark.parametrize(
    ("there", "bare_name", "error"),
    [
        (("/a",), True, MethodNotAllowed),
        (("/a",), False, HiddenName),
        (("/a", "/a/1"), True, MethodNotAllowed),
        (("/a", "/a/1"), False, None),
        (("/a", "/a/b/1"), False, HiddenName),
    ],
)
async def test_a_resource_takes_none(
    there: tuple[str, ...], bare_name: bool, error: type[KvputError] | None
) -> None:
    """By its bare name it is a resource; with the slash, a collection that it would hide."""
    writes = tuple(Put(resource(url), b"{}") for url in there)
    if error is None:
        commit = await _post_to("/a/", writes, bare_name=bare_name)
        assert commit.changes[0].path == resource("/a/2")
        return
    with pytest.raises(error) as raised:
        await _post_to("/a/", writes, bare_name=bare_name)
    if error is MethodNotAllowed:
        assert raised.value.fields == (("Allow", "GET, HEAD, PUT, DELETE, OPTIONS"),)


async def test_the_order_in_which_a_post_is_checked() -> None:
    """What would fail anyway, then the preconditions, then the content, then its id."""
    store = await store_with(**{"1": b"{}"})
    rendered = render(await store.list(ARTICLES) or ()).text
    current = Preconditions(if_match=(ETag(content_digest(rendered)),))
    other = Preconditions(if_match=(ETag("other"),))
    taken = read_json(b'{"id": 1}')

    attempts: list[tuple[Content | KvputError, Preconditions, type[KvputError]]] = [
        (BROKEN, other, PreconditionFailed),
        (taken, other, PreconditionFailed),
        (BROKEN, Preconditions(if_none_match=ANY), PreconditionFailed),
        (BROKEN, current, MalformedContent),
        (taken, current, IdTaken),
    ]
    for content, conditions, error in attempts:
        with pytest.raises(error):
            await store.commit(create(ARTICLES, content, conditions, bare_name=False))
    assert await post(store, OBJECT, current) == "/articles/2"
    with pytest.raises(PreconditionFailed):
        await post(store, OBJECT, current)


async def test_preconditions_on_a_collection_that_is_not_there() -> None:
    """If-None-Match: * lets only the first POST in."""
    store = MemoryStore()
    only_new = Preconditions(if_none_match=ANY)
    with pytest.raises(PreconditionFailed):
        await post(store, OBJECT, Preconditions(if_match=ANY))
    assert await post(store, OBJECT, only_new) == "/articles/1"
    with pytest.raises(PreconditionFailed):
        await post(store, OBJECT, only_new)

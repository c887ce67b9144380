"""What POST and a DELETE of many decide, asked of the decisions themselves."""

import json
from pathlib import Path
from unittest import mock

import pytest

from kvput.content.media_types import Content, read_json
from kvput.errors import (
    ContentTooLarge,
    CounterDamaged,
    HiddenName,
    IdTaken,
    InvalidContent,
    KvputError,
    MalformedContent,
    MalformedParameter,
    MethodNotAllowed,
    NotFound,
    PreconditionFailed,
)
from kvput.paths import CollectionPath
from kvput.query.parameters import parse_query
from kvput.query.selection import Selected, Selection
from kvput.resources import collection as collection_rules
from kvput.resources.collection import create, delete_selected
from kvput.resources.listing import listing
from kvput.resources.resource import delete
from kvput.resources.resource import put as put_decision
from kvput.semantics.preconditions import NO_PRECONDITIONS, Preconditions
from kvput.semantics.validators import ANY, ETag
from kvput.store.base import Batch, Commit, Put, RaiseCounter, Store, Write
from kvput.store.files.layout import COUNTER
from kvput.store.files.view import FileView
from kvput.store.memory import MemoryStore
from tests.store.tools import collection, content_of, names_of, opened, resource, seen, writing

ARTICLES = collection("/articles/")
OBJECT = read_json(b'{"a": 1}')
BROKEN = MalformedContent("no JSON")


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


# --- POST: the name


async def test_the_first_resources_of_a_collection() -> None:
    """They are numbered from 1, carry their id as the first member, and raise the counter."""
    store = MemoryStore()
    batch = await seen(store, create(ARTICLES, OBJECT, NO_PRECONDITIONS, bare_name=True))
    body = b'{"id":1,"a": 1}'
    (written, counter) = batch.writes
    assert isinstance(written, Put)
    assert b"".join(written.content.split()) == b"".join(body.split())
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


@pytest.mark.parametrize(
    ("content", "stored"),
    [
        (b'{"id": null}', b'{"id": 1}'),
        (b'{"a": 1.50, "id" :""}\n', b'{"a": 1.50, "id" :1}\n'),
        (b'{\n  "id": null,\n  "a": 1\n}', b'{\n  "id": 1,\n  "a": 1\n}'),
        (b'{"id": "x", "id": ""}', b'{"id": "x", "id": 1}'),
    ],
)
async def test_an_id_that_was_left_empty(content: bytes, stored: bytes) -> None:
    """It is none: the next number takes its place, and every other byte stays."""
    store = MemoryStore()
    assert await post(store, read_json(content)) == "/articles/1"
    assert await content_of(store, "/articles/1") == stored


@pytest.mark.parametrize(
    "content", [b'{"id": false}', b'{"id": true}', b'{"id": " \\u0000"}', b'{"id":[]}']
)
async def test_an_id_that_is_none(content: bytes) -> None:
    """Nothing is stored: the sender meant something else."""
    store = MemoryStore()
    with pytest.raises(InvalidContent):
        await post(store, read_json(content))
    assert await names_of(store, ARTICLES.url) is None


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
    shown = await store.read(listing(ARTICLES))
    assert shown is not None
    assert shown.text == b'[{"id": "%s"}]\n' % name.encode()
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
        assert raised.value.fields == (("Allow", "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"),)


async def test_the_order_in_which_a_post_is_checked() -> None:
    """What would fail anyway, then the preconditions, then the content, then its id."""
    store = await store_with(**{"1": b"{}"})
    shown = await store.read(listing(ARTICLES))
    assert shown is not None
    current = Preconditions(if_match=(shown.validators.etag,))
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


# --- DELETE of what a query finds


async def test_what_a_query_finds_is_deleted_in_one_commit() -> None:
    """The rest stays, and a deleted number is not given again."""
    store = await store_with(**{"1": b'{"a":1}', "2": b'{"a":2}', "x": b'{"a":1}', "9": b'{"a":1}'})
    commit = await store.commit(delete_selected(ARTICLES, parse_query("a=1"), NO_PRECONDITIONS))
    assert [change.path.name for change in commit.changes] == ["1", "9", "x"]
    assert await post(store, OBJECT) == "/articles/10"
    names = await names_of(store, "/articles/")
    assert names is not None
    assert [path.name for path in names.resources] == ["2", "10"]


async def test_only_the_page_that_is_asked_for_is_deleted() -> None:
    """What GET with the same query shows."""
    store = await store_with(**{str(n): b'{"a":1,"n":%d}' % n for n in range(5)})
    query = parse_query("a=1&_sort=n&_order=desc&_start=1&_limit=2")
    commit = await store.commit(delete_selected(ARTICLES, query, NO_PRECONDITIONS))
    assert [change.path.name for change in commit.changes] == ["3", "2"]


@pytest.mark.parametrize(
    "query",
    ["", "_page=1", "_sort=a", "_start=0&_end=1", "_embed=x", "id:contains=", "id_like=&q="],
)
async def test_a_delete_without_a_condition_is_refused(query: str) -> None:
    """Nobody deletes a collection by leaving something out."""
    store = await store_with(a=b"{}")
    with pytest.raises(MalformedParameter, match="no condition"):
        await store.commit(delete_selected(ARTICLES, parse_query(query), NO_PRECONDITIONS))
    assert await content_of(store, "/articles/a") == b"{}"


async def test_a_delete_by_query_has_the_conditions_of_its_list() -> None:
    """If-Match with the list's tag deletes just what was seen."""
    store = await store_with(a=b'{"a":1}')
    query = parse_query("a=1")
    shown = await store.read(listing(ARTICLES, query))
    assert shown is not None
    seen_before = Preconditions(if_match=(shown.validators.etag,))
    await store.commit(writing(Put(ARTICLES.resource("b"), b'{"a":1}')))
    with pytest.raises(PreconditionFailed):
        await store.commit(delete_selected(ARTICLES, query, seen_before))
    assert await content_of(store, "/articles/a") == b'{"a":1}'


async def test_a_delete_where_there_is_no_collection() -> None:
    """There is nothing to be found."""
    with pytest.raises(NotFound):
        await MemoryStore().commit(delete_selected(ARTICLES, parse_query("a=1"), NO_PRECONDITIONS))


async def test_what_a_hand_has_changed_meanwhile_is_not_deleted(tmp_path: Path) -> None:
    """The list may be of a moment ago; what is removed is looked at once more."""
    (tmp_path / "articles").mkdir()
    for name in "12":
        (tmp_path / "articles" / f"{name}.json").write_text('{"status":"draft"}')
    async with opened(tmp_path) as store:
        decide = delete_selected(ARTICLES, parse_query("status=draft"), NO_PRECONDITIONS)
        await store.read(listing(ARTICLES))
        real = FileView.select

        def select(self: FileView, path: CollectionPath, selection: Selection) -> Selected | None:
            selected = real(self, path, selection)
            (tmp_path / "articles" / "1.json").write_text('{"status":"published"}')
            return selected

        with mock.patch.object(FileView, "select", select):
            commit = await store.commit(decide)
        assert [change.path.name for change in commit.changes] == ["2"]


async def test_too_many_for_one_delete(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence says how to go on."""
    monkeypatch.setattr(collection_rules, "MOST_DELETED", 3)
    store = await store_with(**{str(n): b'{"a":1}' for n in range(5)})
    with pytest.raises(ContentTooLarge, match="_limit=3"):
        await store.commit(delete_selected(ARTICLES, parse_query("a=1"), NO_PRECONDITIONS))
    page = parse_query("a=1&_limit=3")
    commit = await store.commit(delete_selected(ARTICLES, page, NO_PRECONDITIONS))
    assert len(commit.changes) == 3

"""Lists: how they are written, and when their tag changes."""

import json
from collections.abc import Callable

import pytest

from kvput.query.parameters import parse_query
from kvput.resources.listing import Listing, listing
from kvput.semantics.validators import content_digest
from kvput.store.base import Delete, Put, RaiseCounter
from kvput.store.memory import MemoryStore
from tests.store.tools import collection, resource, writing

POSTS = collection("/posts/")


async def store_with(**contents: bytes) -> MemoryStore:
    """A store with these resources in /posts."""
    store = MemoryStore()
    await store.commit(
        writing(RaiseCounter(POSTS, 0), *(Put(POSTS.resource(n), c) for n, c in contents.items()))
    )
    return store


async def shown(store: MemoryStore, query: str = "", url: str = "/posts/") -> Listing:
    """The list that a URL shows."""
    found = await store.read(listing(collection(url), parse_query(query)))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "content", "item"),
    [
        ("1", b'{"b": 2}', b'{"id": 1, "b": 2}'),
        ("x", b'{"b": 2}', b'{"id": "x", "b": 2}'),
        ("x", b'{"b": 2, "id": 9}', b'{"b": 2, "id": 9}'),
        ("1", b"{}", b'{"id": 1}'),
        ("1", b"", b'{"id": 1}'),
        ("1", b" [1, 2]\n", b"[1, 2]"),
        ("1", b" null\n", b"null"),
        ("1", b'{"b":1.0,"b":1e400}', b'{"id":1, "b":1.0,"b":1e400}'),
    ],
)
async def test_an_item_of_a_list(name: str, content: bytes, item: bytes) -> None:
    """Its own text, with the id that an object lacks; what is no object is as it is."""
    text = (await shown(await store_with(**{name: content}))).text
    assert text.startswith(b"[")
    assert text.endswith(b"]\n")
    assert b"".join(text.split()) == b"[" + b"".join(item.split()) + b"]"


async def test_a_list_has_a_line_for_each_item() -> None:
    """An empty one is an empty array."""
    store = await store_with(x=b"[0]", y=b"[1]", z=b"[2]")
    assert (await shown(store)).text == b"[[0],\n[1],\n[2]]\n"
    assert (await shown(await store_with())).text == b"[]\n"


async def test_what_is_no_json_is_left_out() -> None:
    """The others are listed, and the list tells which it leaves out, as they are, and why."""
    found = await shown(await store_with(a=b"{}", b=b'{"b": ', c=b"[\n\xff"))
    assert json.loads(found.text) == [{"id": "a"}]
    assert [(f.name, f.digest, f.line, f.column) for f in found.left_out] == [
        ("b", content_digest(b'{"b": '), 1, 7),
        ("c", content_digest(b"[\n\xff"), 2, 1),
    ]


async def test_an_envelope_holds_the_page_and_tells_of_the_others() -> None:
    """As json-server 1.x gives it; beyond the last page it is the last one."""
    store = await store_with(**{str(n): b"{}" for n in range(1, 6)})
    for number in (3, 9):
        found = await shown(store, f"_page={number}&_per_page=2")
        assert json.loads(found.text) == {
            "first": 1, "prev": 2, "next": None, "last": 3, "pages": 3, "items": 5,
            "data": [{"id": 5}],
        }  # fmt: skip
        assert found.total == 5


@pytest.mark.parametrize("url", ["/none/", "/posts/7/comments/", "/posts/1/tags/"])
async def test_what_is_no_collection(url: str) -> None:
    """It has no list, not even an empty one."""
    store = await store_with(**{"1": b"{}"})
    assert await store.read(listing(collection(url))) is None


# --- the tag


QUERY = "draft=true&_sort=n&_page=1&_limit=2"
_Change = Callable[[], tuple[str, bytes | None]]


@pytest.mark.parametrize(
    ("name", "content", "changes"),
    [
        ("1", b'{"draft":true,"n":1, "t":1}', True),
        ("1", b'{"draft":true,"n":9}', True),
        ("1", b'{"draft":false,"n":1}', True),
        ("1", None, True),
        ("5", b'{"draft":true,"n":0}', True),
        # On another page, but it shows in the total.
        ("5", b'{"draft":true,"n":9}', True),
        ("3", None, True),
        # Left out now, which the answer tells.
        ("5", b"{", True),
        ("4", b"{", True),
        # Nothing that the answer tells.
        ("3", b'{"draft":true,"n":4,"t":1}', False),
        ("4", b'{"draft":false,"n":9}', False),
        ("4", None, False),
        ("5", b'{"draft":false}', False),
        ("1", b'{"draft":true,"n":1}\n', False),
    ],
)
async def test_the_tag_changes_just_when_the_answer_does(
    name: str, content: bytes | None, changes: bool
) -> None:
    """Page, total and what is left out make it; no date does: a removal leaves none behind."""
    store = await store_with(
        **{
            "1": b'{"draft":true,"n":1}',
            "2": b'{"draft":true,"n":2}',
            "3": b'{"draft":true,"n":3}',
        },
        **{"4": b'{"draft":false,"n":0}'},
    )
    before = await shown(store, QUERY)
    path = POSTS.resource(name)
    await store.commit(writing(Delete(path) if content is None else Put(path, content)))
    after = await shown(store, QUERY)
    assert (after.validators != before.validators) is changes
    assert after.validators.last_modified is None
    if not changes:
        assert (after.text, after.total, after.left_out) == (
            before.text, before.total, before.left_out
        )  # fmt: skip


# --- nested routes and what is brought along


async def related() -> MemoryStore:
    """Posts, comments and authors that name one another as json-server has it."""
    store = MemoryStore()
    contents = {
        "/posts/1": b'{"title": "a", "authorId": "ann"}',
        "/posts/2": b'{"title": "b", "author": 7}',
        "/posts/x": b"[]",
        "/authors/ann": b'{"name": "Ann"}',
        "/authors/7": b"",
        "/comments/1": b'{"postId": 1, "text": "1"}',
        "/comments/2": b'{"postId": "1", "text": "2"}',
        "/comments/3": b'{"post": 2, "text": "3"}',
        "/comments/4": b'{"postId": 9}',
    }
    await store.commit(writing(*(Put(resource(url), text) for url, text in contents.items())))
    return store


async def test_a_nested_route_shows_what_belongs_to_a_resource() -> None:
    """Where there is no such directory; with all that a query may ask for."""
    store = await related()
    found = json.loads((await shown(store, "", "/posts/1/comments/")).text)
    assert [item["id"] for item in found] == [1, 2]
    found = json.loads((await shown(store, "text=2", "/posts/1/comments/")).text)
    assert [item["id"] for item in found] == [2]
    found = json.loads((await shown(store, "", "/posts/2/comments/")).text)
    assert [item["id"] for item in found] == [3]
    await store.commit(writing(Put(resource("/posts/1/comments/8"), b"{}")))
    assert json.loads((await shown(store, "", "/posts/1/comments/")).text) == [{"id": 8}]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("_embed=comments", {1: [1, 2], 2: [3]}),
        ("_embed=author", {1: "Ann", 2: None}),
        ("_expand=author", {1: "Ann", 2: None}),
        ("_embed=nothings", {1: [], 2: []}),
        ("_embed=nothing", {1: "missing", 2: "missing"}),
    ],
)
async def test_related_resources_are_brought_along(query: str, expected: dict[int, object]) -> None:
    """Children by their plural, the parent by its singular, each with its id."""
    store = await related()
    name = query.partition("=")[2]
    items = json.loads((await shown(store, query)).text)
    assert items[2] == []
    for item in items[:2]:
        found = item.get(name, "missing")
        if isinstance(found, list):
            found = [each["id"] for each in found]
        elif isinstance(found, dict):
            assert found["id"] in ("ann", 7)
            found = found.get("name")
        assert found == expected[item["id"]]


async def test_several_are_brought_along_and_the_item_keeps_its_bytes() -> None:
    """What is embedded is added; the rest of the text stays as it was."""
    store = await related()
    text = (await shown(store, "id=1&_embed=comments&_expand=author")).text
    assert b'"title": "a", "authorId": "ann"' in text
    (item,) = json.loads(text)
    assert len(item["comments"]) == 2
    assert item["author"] == {"id": "ann", "name": "Ann"}

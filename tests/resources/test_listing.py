"""Lists: how they are written, and when their tag changes."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from kvput.errors import MalformedParameter
from kvput.query.parameters import parse_query
from kvput.resources.listing import MOST_EMBEDDED, Listing, listing, with_related
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


async def shown(
    store: MemoryStore, query: str = "", url: str = "/posts/", most_embedded: int = MOST_EMBEDDED
) -> Listing:
    """The list that a URL shows."""
    look = listing(collection(url), parse_query(query), most_embedded=most_embedded)
    found = await store.read(look)
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


async def test_a_total_is_not_taken_for_a_name() -> None:
    """One resource beside a broken file 23 has another tag than twelve beside a broken file 3."""
    one = await store_with(**{"1": b"{}", "23": b"{"})
    twelve = await store_with(**{str(n): b"{}" for n in (1, *range(10, 21))}, **{"3": b"{"})
    tags = []
    for store, total in ((one, 1), (twelve, 12)):
        found = await shown(store, "_limit=1")
        assert (found.text, found.total, len(found.left_out)) == (b'[{"id": 1}]\n', total, 1)
        tags.append(found.validators)
    assert tags[0] != tags[1]


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
        "/comments/5": b'{"postId": 9, "post": 1, "text": "5"}',
        "/comments/6": b'{"postId": null, "post": 1, "text": "6"}',
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
        ("_expand=comments", {1: "missing", 2: "missing"}),
        ("_embed=title", {1: "a", 2: "b"}),
        ("_expand=title", {1: "a", 2: "b"}),
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


async def items_with(query: str, contents: dict[str, str], url: str = "/posts/") -> list[Any]:
    """The items that a list of a store with these contents shows."""
    store = MemoryStore()
    puts = (Put(resource(path), text.encode()) for path, text in contents.items())
    await store.commit(writing(*puts))
    items = json.loads((await shown(store, query, url)).text)
    assert isinstance(items, list)
    return items


@pytest.mark.parametrize(
    ("query", "member"),
    [
        ("_expand=tags", ["a", "b"]),
        ("_expand=tag", "missing"),
        ("_embed=tags", []),
        ("_embed=views", 7),
        ("_expand=views", 7),
        ("_embed=likes", []),
        ("_expand=likes", "missing"),
        ("_expand=editor", "nobody"),
        ("_embed=editor", "nobody"),
        ("_embed=news", [{"id": "e", "postId": 1}]),
        ("_expand=news", {"id": "d", "n": 1}),
    ],
)
async def test_a_member_stays_where_nothing_takes_its_place(query: str, member: object) -> None:
    """`_expand` is for what an item belongs to alone, `_embed` for a collection that is there."""
    contents = {
        "/posts/1": '{"tags": ["a", "b"], "views": 7, "editor": "nobody", "newsId": "d"}',
        "/tags/a": "{}",
        "/editors/ann": "{}",
        # A word that is its own singular.
        "/news/d": '{"n": 1}',
        "/news/e": '{"postId": 1}',
    }
    (item,) = await items_with(query, contents)
    assert item.get(query.partition("=")[2], "missing") == member


@pytest.mark.parametrize(
    ("name", "belonging"),
    [("1", [1, 2, 3, 6]), ("1.0", [4]), ("1e0", []), ("true", [7])],
)
async def test_what_belongs_to_a_name(name: str, belonging: list[int]) -> None:
    """A number belongs to the name that it is; any other name is met by its text alone."""
    ids = ("1", '"1"', "1.0", '"1.0"', "true", "[1, 5]", '"true"', '"01"')
    contents = {f"/comments/{n}": f'{{"postId": {each}}}' for n, each in enumerate(ids, start=1)}
    for each in ("1", "1.0", "1e0", "true"):
        contents[f"/posts/{each}"] = "{}"
    posts = await items_with("_embed=comments", contents)
    (post,) = (post for post in posts if str(post["id"]) == name)
    assert [comment["id"] for comment in post["comments"]] == belonging
    nested = await items_with("", contents, f"/posts/{name}/comments/")
    assert [comment["id"] for comment in nested] == belonging


@pytest.mark.parametrize("name", ["1", "1.0", "1e0", "01", "true"])
async def test_a_resource_is_shown_by_its_very_name(name: str) -> None:
    """Not one whose name is the same number, written in another way."""
    others = {each: b"{}" for each in ("1", "1.0", "1e0", "01", "true") if each != name}
    query = parse_query("_embed=tags")
    found = await (await store_with(**{**others, name: b'{"n": 1}'})).read(
        with_related(POSTS.resource(name), query)
    )
    assert found is not None
    assert json.loads(found.text)["n"] == 1
    assert (
        await (await store_with(**others)).read(with_related(POSTS.resource(name), query)) is None
    )


async def test_the_first_key_that_is_there_counts() -> None:
    """`post` names what a comment belongs to only where there is no `postId`, either way round."""
    store = await related()
    for url, expected in (("/posts/1/comments/", [1, 2]), ("/posts/2/comments/", [3])):
        assert [item["id"] for item in json.loads((await shown(store, "", url)).text)] == expected
    items = json.loads((await shown(store, "_expand=post", "/comments/")).text)
    parents = {item["id"]: item.get("post") for item in items}
    title_of = {n: post["title"] for n, post in parents.items() if isinstance(post, dict)}
    assert title_of == {1: "a", 2: "a", 3: "b"}
    assert (parents[5], parents[6]) == (1, 1)


async def related_to_many(post: str, comment: str) -> MemoryStore:
    """Four posts, and one comment that belongs to each of them."""
    store = MemoryStore()
    puts = [Put(POSTS.resource(str(number)), post.encode()) for number in range(1, 5)]
    await store.commit(writing(*puts, Put(resource("/comments/1"), comment.encode())))
    return store


async def test_what_is_embedded_has_a_limit() -> None:
    """All items of a list together grow by no more bytes; a page of them may be asked for."""
    comment = '{"postId": [1, 2, 3, 4], "text": "%s"}' % ("x" * 1000)
    store = await related_to_many("{}", comment)
    whole = await shown(store, "_embed=comments")
    grown = len(whole.text) - len((await shown(store)).text)
    assert (await shown(store, "_embed=comments", most_embedded=grown)).text == whole.text
    for most in (grown - 1, 3000, 0):
        with pytest.raises(MalformedParameter, match=r"ask for a page \(_limit\)"):
            await shown(store, "_embed=comments", most_embedded=most)
    await shown(store, "_embed=comments&_limit=2", most_embedded=3000)


async def test_what_is_expanded_has_the_same_limit() -> None:
    """The parent counts as often as it is put in."""
    store = await related_to_many('{"text": "%s"}' % ("x" * 1000), '{"postId": 1}')
    with pytest.raises(MalformedParameter):
        await shown(store, "_expand=post", "/comments/", most_embedded=1000)
    await shown(store, "_expand=post", "/comments/", most_embedded=1100)
    look = with_related(resource("/comments/1"), parse_query("_expand=post"), most_embedded=1000)
    with pytest.raises(MalformedParameter):
        await store.read(look)


async def test_indentation_counts_as_what_is_embedded() -> None:
    """A short text takes much room where an item is indented by much."""
    store = await related_to_many("{\n" + " " * 10_000 + '"a": 1\n}', "{}")
    grown = len((await shown(store, "_embed=comments")).text) - len((await shown(store)).text)
    assert grown > 40_000
    await shown(store, "_embed=comments", most_embedded=grown)
    with pytest.raises(MalformedParameter):
        await shown(store, "_embed=comments", most_embedded=grown - 1)

"""Queries over HTTP: the whole table of them, and what an answer tells beside its list."""

import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from kvput.config import Config
from kvput.paths import ResourcePath
from kvput.store import open_store
from kvput.store.base import Put, Store
from kvput.store.memory import MemoryStore
from tests.query.cases import CASES
from tests.query.content import CONTENT, shown
from tests.serving import Address, Reply, serving
from tests.store.tools import writing


@pytest.fixture(params=["memory", "files"])
async def address(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Address]:
    """A server with the table's content as /posts, and twelve numbered /pages."""
    memory = request.param == "memory"
    store: Store = MemoryStore() if memory else open_store(tmp_path, read_cache=1 << 20)
    contents: dict[tuple[str, str], object] = {("posts", n): value for n, value in CONTENT.items()}
    contents |= {("pages", str(n)): {"n": n % 4, "t": f"page {n}"} for n in range(1, 13)}
    puts = (Put(ResourcePath(path), json.dumps(value).encode()) for path, value in contents.items())
    try:
        await store.commit(writing(*puts))
        async with serving(store, Config(data=tmp_path)) as served:
            yield served
    finally:
        await store.close()


async def ask(address: Address, target: str, **fields: str) -> Reply:
    """GET, which must be answered with 200."""
    reply = await address.request("GET", target, fields=fields)
    assert reply.status == 200, reply.body
    return reply


def ids(reply: Reply) -> list[object]:
    """The ids in a list."""
    value = reply.json()
    assert isinstance(value, list)
    return [item["id"] for item in value]


async def test_the_whole_table(address: Address) -> None:
    """Each query finds what the table says, in its order, and tells how many there are."""
    for case in CASES:
        reply = await ask(address, f"/posts?{case.url_query}")
        value = reply.json()
        items: object = value["data"] if isinstance(value, dict) else value
        assert isinstance(items, list)
        expected = [shown(name) for name in case.names]
        if "embed" not in case.query and "_expand" not in case.query:
            assert items == expected, case.query
        assert len(items) == len(expected), case.query
        assert reply.field("X-Total-Count") == str(case.total), case.query


# --- fields


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/pages", {"X-Total-Count": "12", "Link": None, "Content-Range": None}),
        ("/pages?n=1", {"X-Total-Count": "3", "Link": None}),
        ("/pages?n=77", {"X-Total-Count": "0"}),
        (
            "/pages?_page=2&_limit=5",
            {
                "X-Total-Count": "12",
                "Link": '</pages?_page=1&_limit=5>; rel="first", '
                '</pages?_page=1&_limit=5>; rel="prev", '
                '</pages?_page=3&_limit=5>; rel="next", '
                '</pages?_page=3&_limit=5>; rel="last"',
            },
        ),
        ("/pages?range=[2,4]", {"X-Total-Count": "12", "Content-Range": "pages 2-4/12"}),
        ("/pages?range=[20,29]", {"Content-Range": "pages */12"}),
        ("/pages/?filter={%22n%22:[1,2]}&range=[0,1]", {"Content-Range": "pages 0-1/6"}),
    ],
)
async def test_the_fields_of_a_list(
    address: Address, target: str, expected: Mapping[str, str | None]
) -> None:
    """What pages there are, and how many resources in all."""
    reply = await ask(address, target)
    assert {name: reply.field(name) for name in expected} == expected


async def test_head_tells_the_same_as_get(address: Address) -> None:
    """Without the content."""
    target = "/pages?_page=2&_limit=5&n_ne=0"
    got = await ask(address, target)
    head = await address.request("HEAD", target)
    assert (head.status, head.body) == (200, b"")
    ignored = {"Date"}
    assert [f for f in head.fields if f[0] not in ignored] == [
        f for f in got.fields if f[0] not in ignored
    ]


async def test_a_unit_of_ranges_that_is_none(address: Address) -> None:
    """simple-rest sends `Range: pages=0-4` beside its parameter: the answer is a 200."""
    reply = await ask(address, "/pages?range=[0,4]", Range="pages=0-4")
    assert len(ids(reply)) == 5


async def test_the_fields_are_shown_to_pages(address: Address) -> None:
    """Else a front end could not read them."""
    reply = await ask(address, "/pages?range=[0,4]", Origin="http://localhost:3000")
    exposed = (reply.field("Access-Control-Expose-Headers") or "").lower().split(", ")
    assert {"x-total-count", "link", "content-range", "etag", "left-out"} <= set(exposed)


# --- conditions


@pytest.mark.parametrize("cache_control", [None, "no-cache", "max-age=0", "no-store"])
async def test_a_list_that_is_known(address: Address, cache_control: str | None) -> None:
    """It is 304 until the answer would be another, also where `fetch` adds `no-cache`."""
    target = "/pages?n=1&_sort=t&_page=1&_limit=2"
    tag = (await ask(address, target)).field("ETag") or ""
    fields = {"If-None-Match": tag}
    if cache_control is not None:
        fields["Cache-Control"] = cache_control
    assert (await address.request("GET", target, fields=fields)).status == 304
    await address.request("PUT", "/pages/4", body=b'{"n":9}')
    assert (await address.request("GET", target, fields=fields)).status == 304
    await address.request("PUT", "/pages/4", body=b'{"n":1}')
    assert (await address.request("GET", target, fields=fields)).status == 200


@pytest.mark.parametrize("tag", ['"x"', "*"])
async def test_a_list_has_the_conditions_of_any_representation(address: Address, tag: str) -> None:
    """If-Match with another tag fails, with any tag it holds."""
    reply = await address.request("GET", "/pages?n=1", fields={"If-Match": tag})
    assert reply.status == (200 if tag == "*" else 412)


# --- what is wrong


@pytest.mark.parametrize(
    ("target", "named"),
    [
        ("/pages?_page=0", "_page"),
        ("/pages?_limit=-1", "_limit"),
        ("/pages?_nothing=1", "_nothing"),
        ("/pages?n:like_this=1", "n:like_this"),
        ("/pages?_where={", "_where"),
        ("/pages?filter={", "filter"),
        ("/pages/?range=[1]", "range"),
        ("/pages?n=%zz", "n"),
        ("/pages?n=%ff", "n"),
    ],
)
async def test_a_malformed_parameter_is_named(address: Address, target: str, named: str) -> None:
    """It is 400, never silence."""
    reply = await address.request("GET", target)
    assert (reply.status, reply.problem) == (400, "malformed-parameter")
    document = reply.json()
    assert isinstance(document, dict)
    assert named in document["detail"]


async def test_the_longest_query(address: Address) -> None:
    """It ends with its target, whose limit docs/query.md names."""
    target = "/pages?t=" + "x" * (8190 - len("/pages?t="))
    assert ids(await ask(address, target)) == []
    reply = await address.request("GET", target + "x")
    assert (reply.status, reply.problem) == (414, "path-too-long")
    page = Path(__file__).parents[2] / "docs" / "query.md"
    assert "8,190 bytes" in page.read_text("utf-8")


async def test_a_broken_file_is_told_of(tmp_path: Path) -> None:
    """In a field of its own, with the place of the first fault."""
    folder = tmp_path / "pages"
    folder.mkdir()
    for name, text in (("1", "{}"), ("2", "{\n'a': 1}"), ("a b", "{")):
        (folder / f"{name}.json").write_text(text)
    store = open_store(tmp_path, read_cache=1 << 20)
    try:
        async with serving(store, Config(data=tmp_path)) as address:
            reply = await ask(address, "/pages?_limit=1")
            assert ids(reply) == [1]
            assert reply.field("Left-Out") == 'count=2, first="/pages/2", line=2, column=1'
            (folder / "2.json").write_text("{}")
            reply = await ask(address, "/pages")
            assert reply.field("Left-Out") == 'count=1, first="/pages/a%20b", line=1, column=2'
            (folder / "a b.json").unlink()
            assert (await ask(address, "/pages")).field("Left-Out") is None
    finally:
        await store.close()


async def test_a_nested_route_tells_of_what_it_shows(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The file left out, and the unit of a range, are those of the collection that is shown."""
    for file, text in (("posts/1", "{}"), ("notes/1", '{"postId":1}'), ("notes/2", "{")):
        path = tmp_path / f"{file}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    store = open_store(tmp_path, read_cache=1 << 20)
    try:
        async with serving(store, Config(data=tmp_path)) as address:
            reply = await ask(address, "/posts/1/notes?range=[0,4]")
            assert ids(reply) == [1]
            assert reply.field("Content-Range") == "notes 0-0/1"
            assert reply.field("Left-Out") == 'count=1, first="/notes/2", line=1, column=2'
            assert [record.getMessage().partition(":")[0] for record in caplog.records] == [
                "notes/2.json"
            ]
            # It has been named, and is not named again under another address.
            await ask(address, "/notes")
            assert len(caplog.records) == 1
    finally:
        await store.close()


# --- DELETE of what a query finds


async def test_a_query_deletes_what_it_finds(address: Address) -> None:
    """The answer shows it a last time, and nothing else is gone."""
    reply = await address.request("DELETE", "/pages?n=1&t_ne=page%205")
    assert reply.status == 200
    assert ids(reply) == [1, 9]
    assert reply.field("X-Total-Count") == "2"
    assert ids(await ask(address, "/pages?n=1")) == [5]
    assert len(ids(await ask(address, "/pages"))) == 10
    reply = await address.request("DELETE", "/pages/?n=1", fields={"Prefer": "return=minimal"})
    assert (reply.status, reply.body) == (204, b"")
    assert reply.field("Preference-Applied") == "return=minimal"
    assert (await address.request("DELETE", "/pages?n=1")).body == b"[]\n"


@pytest.mark.parametrize("target", ["/pages?n=1", "/pages/?n=1", "/pages/3"])
async def test_a_dry_run_shows_what_would_go(address: Address, target: str) -> None:
    """And deletes nothing."""
    before = (await ask(address, "/pages")).body
    fields = {"Prefer": "handling=dry-run"}
    would = await address.request("DELETE", target, fields=fields)
    assert would.status == 200
    assert would.field("Preference-Applied") == "handling=dry-run"
    assert (await ask(address, "/pages")).body == before
    done = await address.request("DELETE", target)
    assert done.body == would.body


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("n=1&_page=9&_per_page=2", [9]),
        ("n=1&_page=1&_limit=2&_sort=-t", [9, 5]),
        ("n=1&_embed=notes&_expand=n", [1, 5, 9]),
        ("t:endsWith=large", [99]),
        ("n=77", []),
    ],
)
async def test_a_dry_run_answers_as_the_run_would(
    address: Address, query: str, expected: list[int]
) -> None:
    """An array of the resources, without envelope or what they bring along, large ones included."""
    large = b'{"t":"%s large"}' % (b"x" * 1_200_000)
    assert (await address.request("PUT", "/pages/99", body=large)).status == 201
    await address.request("PUT", "/notes/1", body=b'{"pageId":1}')
    dry = await address.request("DELETE", f"/pages?{query}", {"Prefer": "handling=dry-run"})
    done = await address.request("DELETE", f"/pages?{query}")
    assert (done.status, done.body) == (200, dry.body)
    assert done.field("X-Total-Count") == dry.field("X-Total-Count") == str(len(ids(done)))
    assert all("notes" not in item for item in done.json())  # type: ignore[attr-defined]
    assert ids(done) == expected


async def test_a_list_is_deleted_as_it_was_seen(address: Address) -> None:
    """If-Match with the tag of the list, and not if it has changed since."""
    tag = (await ask(address, "/pages?n=2")).field("ETag") or ""
    await address.request("PUT", "/pages/20", body=b'{"n":2}')
    fields = {"If-Match": tag}
    assert (await address.request("DELETE", "/pages?n=2", fields=fields)).status == 412
    await address.request("DELETE", "/pages/20")
    assert (await address.request("DELETE", "/pages?n=2", fields=fields)).status == 200


@pytest.mark.parametrize("target", ["/posts/1/notes?kind=a", "/posts/1/notes/?kind=a"])
async def test_a_nested_route_deletes_where_it_leads(address: Address, target: str) -> None:
    """In the collection that it shows, with and without the closing slash."""
    for number, kind in enumerate("aab", start=1):
        body = b'{"postId":1,"kind":"%s"}' % kind.encode()
        await address.request("PUT", f"/notes/{number}", body=body)
    dry = await address.request("DELETE", target, {"Prefer": "handling=dry-run"})
    assert ids(dry) == [1, 2]
    done = await address.request("DELETE", target)
    assert (done.status, done.body) == (200, dry.body)
    assert ids(await ask(address, "/notes")) == [3]


async def test_a_resource_at_the_root_embeds_nothing(address: Address) -> None:
    """It is in no collection by whose name others could name it."""
    await address.request("PUT", "/site", body=b'{"pageId":3}')
    reply = await ask(address, "/site?_embed=pages&_expand=page")
    assert reply.json() == {
        "id": "site",
        "pageId": 3,
        "pages": [],
        "page": {"id": 3, "n": 3, "t": "page 3"},
    }


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/pages", 400),
        ("/pages/", 400),
        ("/pages?_page=1", 400),
        ("/pages?_limit=3", 400),
        ("/pages?_where={}", 400),
        ("/pages?q=", 400),
        ("/pages?n:=1", 400),
        ("/none?n=1", 404),
        ("/none/?n=1", 404),
        ("/?n=1", 405),
    ],
)
async def test_a_delete_that_is_refused(address: Address, target: str, status: int) -> None:
    """Nobody deletes a collection by leaving something out."""
    before = (await ask(address, "/pages")).body
    assert (await address.request("DELETE", target)).status == status
    assert (await ask(address, "/pages")).body == before


async def test_a_delete_with_content_or_another_type(address: Address) -> None:
    """refine may send a body, react-admin's simple-rest says text/plain: neither does harm."""
    text = {"Content-Type": "text/plain"}
    assert (await address.request("DELETE", "/pages/1", fields=text)).status == 200
    content = {"Content-Type": "application/json"}
    assert (await address.request("DELETE", "/pages/2", content, b'{"a":1}')).status == 200
    assert ids(await ask(address, "/pages?_limit=1")) == [3]


# --- what is brought along


async def test_a_resource_with_what_belongs_to_it(tmp_path: Path) -> None:
    """By `_embed` and `_expand`, as in a list; any other query of a resource is ignored."""
    store = MemoryStore()
    await store.commit(
        writing(
            Put(ResourcePath(("posts", "1")), b'{"authorId": "a"}'),
            Put(ResourcePath(("authors", "a")), b'{"name": "Ann"}'),
            Put(ResourcePath(("comments", "7")), b'{"postId": 1}'),
            Put(ResourcePath(("posts", "2")), b'{"broken'),
        )
    )
    async with serving(store, Config(data=tmp_path)) as address:
        reply = await ask(address, "/posts/1?_embed=comments&_expand=author")
        assert reply.json() == {
            "id": 1, "authorId": "a", "comments": [{"id": 7, "postId": 1}],
            "author": {"id": "a", "name": "Ann"},
        }  # fmt: skip
        tag = reply.field("ETag") or ""
        known = await address.request(
            "GET", "/posts/1?_embed=comments&_expand=author", {"If-None-Match": tag}
        )
        assert known.status == 304
        assert (await ask(address, "/posts/1?_=123&x=y")).body == b'{"authorId": "a"}'
        reply = await address.request("GET", "/posts/2?_embed=comments")
        assert (reply.status, reply.problem) == (409, "stored-content-malformed")
        assert (await address.request("GET", "/posts/3?_embed=comments")).status == 404
        assert [item["id"] for item in (await ask(address, "/posts/1/comments")).json()] == [7]  # type: ignore[attr-defined]


async def test_a_large_parent_is_brought_along(address: Address) -> None:
    """As any other one: what is too large to be held in memory is never left out in silence."""
    text = "x" * 1_200_000
    await address.request("PUT", "/authors/ann", body=b'{"t":"%s"}' % text.encode())
    await address.request("PUT", "/notes/1", body=b'{"authorId":"ann"}')
    for target in ("/notes?_expand=author", "/notes/1?_expand=author"):
        value = (await ask(address, target)).json()
        item = value[0] if isinstance(value, list) else value
        assert isinstance(item, dict)
        assert item["author"] == {"id": "ann", "t": text}


async def test_a_list_that_brings_along_too_much_is_refused(tmp_path: Path) -> None:
    """Four times the largest content of a request is the limit; a page goes below it."""
    store = MemoryStore()
    puts = [Put(ResourcePath(("posts", str(number))), b"{}") for number in range(1, 11)]
    comment = Put(
        ResourcePath(("comments", "1")),
        json.dumps({"postId": list(range(1, 11)), "text": "x" * 500}).encode(),
    )
    await store.commit(writing(*puts, comment))
    async with serving(store, Config(data=tmp_path, max_body=1000)) as address:
        reply = await address.request("GET", "/posts?_embed=comments")
        assert (reply.status, reply.problem) == (400, "malformed-parameter")
        assert b"4,000 bytes" in reply.body
        assert b"_limit" in reply.body
        assert len(ids(await ask(address, "/posts?_embed=comments&_limit=5"))) == 5
        fields = {"If-Match": "*"}
        target = "/posts?id_gte=1&_embed=comments"
        assert (await address.request("DELETE", target, fields)).status == 400
        # Nothing is shown, and nothing compared with a tag: nothing is embedded.
        assert len(ids(await address.request("DELETE", target))) == 10

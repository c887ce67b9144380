"""What the answers to writes tell of relations, schemas and read-only collections, over each store.

What changes with what is in `tests/resources/test_relations.py`; here is how it is told.
"""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from kvput.config import Config
from kvput.config_file import CONFIG_FILE, parse_config_file
from kvput.declarations import Declaration, Declarations, OnDelete, Relation
from kvput.declared import declarations_in
from kvput.semantics.validators import content_digest
from kvput.store import open_store
from kvput.store.base import Put, Store
from kvput.store.memory import MemoryStore
from tests.serving import Address, Reply, serving
from tests.store.tools import collection, resource, writing
from tests.test_docs import described_members

DECLARED = declarations_in(
    parse_config_file(
        Path(CONFIG_FILE),
        b"""
        [collections]
        authors = {}
        tags = {}
        users = {unique = ["email"]}
        notes = {schema = "schemas/note.json"}
        [collections.articles.relations]
        author = {to = "authors", inverse = "articles"}
        tags = {to = "tags", many = true, inverse = "articles", on_delete = "unlink"}
        [collections.comments.relations]
        article = {to = "articles", inverse = "comments", on_delete = "cascade", required = true}
        [collections.drafts.relations]
        author = {to = "authors", on_delete = "cascade"}
        [collections.laws]
        readonly = true
        relations = {author = {to = "authors"}}
        """,
    ),
    lambda _: False,
)
GIVEN: Mapping[str, object] = {
    "/authors/1": {"name": "Ada", "articles": [5, 6]},
    "/authors/2": {"name": "Grace", "articles": []},
    "/authors/3": {"name": "Joan"},
    "/articles/5": {"author": 1, "tags": ["a", "b"], "comments": [1]},
    "/articles/6": {"author": 1},
    "/tags/a": {"articles": [5]},
    "/tags/b": {"articles": [5]},
    "/comments/1": {"article": 5},
    "/drafts/1": {"author": 2},
    "/laws/1": {"author": 3},
    "/users/1": {"email": "ada@example.com"},
    "/schemas/note": {"type": "object", "required": ["text"]},
    "/notes/1": {"text": "a note"},
}
JSON = {"Content-Type": "application/json"}
MERGE_PATCH = {"Content-Type": "application/merge-patch+json"}
LINES = {"Content-Type": "application/x-ndjson"}
CHANGES = "return=representation; changes"
DRY_RUN = "handling=dry-run"

Serve = Callable[..., AbstractAsyncContextManager[Address]]


@pytest.fixture(params=["memory", "files"])
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Serve:
    """Serves what is given, and more of it, by what is declared."""

    @asynccontextmanager
    async def serve(
        more: dict[str, bytes] | None = None, declared: Declarations = DECLARED
    ) -> AsyncIterator[Address]:
        store: Store = (
            MemoryStore() if request.param == "memory" else open_store(tmp_path, read_cache=2**20)
        )
        given = {url: json.dumps(value).encode() for url, value in GIVEN.items()} | (more or {})
        puts = [Put(resource(url), content) for url, content in given.items()]
        try:
            await store.commit(writing(*puts))
            async with serving(store, Config(data=tmp_path), lambda: declared) as address:
                yield address
        finally:
            await store.close()

    return serve


@dataclass(frozen=True)
class Write:
    """A request."""

    method: str
    target: str
    body: object = None
    fields: Mapping[str, str] = field(default_factory=lambda: JSON)

    async def send(self, address: Address, prefer: str = "", **fields: str) -> Reply:
        """Send it with a preference, and other fields."""
        more = {name.replace("_", "-"): value for name, value in fields.items()}
        more |= {"Prefer": prefer} if prefer else {}
        body = self.body
        content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        return await address.request(self.method, self.target, {**self.fields, **more}, content)

    def __str__(self) -> str:
        return f"{self.method} {self.target}"


def put(target: str, value: object) -> Write:
    return Write("PUT", target, value)


def patch(target: str, value: object) -> Write:
    return Write("PATCH", target, value, MERGE_PATCH)


def post(target: str, value: object) -> Write:
    return Write("POST", target, value)


def post_lines(target: str, *values: object) -> Write:
    return Write("POST", target, b"\n".join(json.dumps(v).encode() for v in values), LINES)


def delete(target: str) -> Write:
    return Write("DELETE", target, None, {})


def batch(*operations: object) -> Write:
    return Write("POST", "/-/batch", list(operations))


def related_in(reply: Reply) -> list[str]:
    """The URLs that it links to as related, in order."""
    links = [link.partition(">;") for link in reply.all_fields("Link")]
    return [url[1:] for url, _, more in links if more == ' rel="related"']


def object_in(reply: Reply) -> dict[str, Any]:
    """The content, which is an object."""
    value = reply.json()
    assert isinstance(value, dict)
    return value


# --- what else has changed

CHANGED, CREATED, DELETED, UNCHANGED = "changed", "created", "deleted", "unchanged"
WRITES = [
    # The request; what it is asked to write; what else is written.
    (put("/articles/7", {"author": 2}), {"/articles/7": CREATED}, {"/authors/2": CHANGED}),
    (put("/articles/6", {"author": 2}), {"/articles/6": CHANGED},
     {"/authors/2": CHANGED, "/authors/1": CHANGED}),
    (put("/articles/6", {"author": "1"}), {"/articles/6": CHANGED}, {}),
    (put("/articles/6", GIVEN["/articles/6"]), {"/articles/6": UNCHANGED}, {}),
    (put("/authors/2", {"articles": [6]}), {"/authors/2": CHANGED},
     {"/articles/6": CHANGED, "/authors/1": CHANGED}),
    (patch("/articles/6", {"author": None}), {"/articles/6": CHANGED}, {"/authors/1": CHANGED}),
    (patch("/authors/1", {"articles": [5]}), {"/authors/1": CHANGED}, {"/articles/6": CHANGED}),
    (post("/articles", {"author": 2, "tags": ["a"]}), {"/articles/7": CREATED},
     {"/authors/2": CHANGED, "/tags/a": CHANGED}),
    (post_lines("/articles", {"author": 2}, {"author": 1, "id": "x"}),
     {"/articles/7": CREATED, "/articles/x": CREATED},
     {"/authors/2": CHANGED, "/authors/1": CHANGED}),
    (delete("/articles/5"), {"/articles/5": DELETED},
     {"/comments/1": DELETED, "/authors/1": CHANGED, "/tags/a": CHANGED, "/tags/b": CHANGED}),
    (delete("/articles?author=1"), {"/articles/5": DELETED, "/articles/6": DELETED},
     {"/comments/1": DELETED, "/authors/1": CHANGED, "/tags/a": CHANGED, "/tags/b": CHANGED}),
    (delete("/authors/2"), {"/authors/2": DELETED}, {"/drafts/1": DELETED}),
    (delete("/tags/a"), {"/tags/a": DELETED}, {"/articles/5": CHANGED}),
    (batch({"op": "put", "path": "/authors/9", "value": {}},
           {"op": "create", "path": "/articles", "value": {"author": 9}},
           {"op": "patch", "path": "/articles/6", "value": {"author": 2}}),
     {"/authors/9": CREATED, "/articles/7": CREATED, "/articles/6": CHANGED},
     {"/authors/1": CHANGED, "/authors/2": CHANGED}),
    (batch({"op": "patch", "path": "/articles/5", "value": {"author": 2}},
           {"op": "patch", "path": "/articles/5", "value": {"author": 1}}),
     {"/articles/5": UNCHANGED}, {}),
    (batch({"op": "delete", "path": "/authors/1"},
           {"op": "delete", "path": "/articles/5"},
           {"op": "delete", "path": "/articles/6"}),
     {"/authors/1": DELETED, "/articles/5": DELETED, "/articles/6": DELETED},
     {"/comments/1": DELETED, "/tags/a": CHANGED, "/tags/b": CHANGED}),
]  # fmt: skip
Changes = Mapping[str, str]


@pytest.mark.parametrize(("write", "asked", "related"), WRITES, ids=str)
async def test_an_answer_links_to_what_else_has_changed(
    served: Serve, write: Write, asked: Changes, related: Changes
) -> None:
    """With the number of all of it; not to what the request names itself."""
    async with served() as address:
        reply = await write.send(address)
        assert reply.status < 300
        assert sorted(related_in(reply)) == sorted(related)
        assert reply.field("Related-Count") == (str(len(related)) if related else None)
        assert not asked.keys() & related.keys()


@pytest.mark.parametrize(("write", "asked", "related"), WRITES, ids=str)
async def test_a_list_of_all_changes_comes_where_it_is_preferred(
    served: Serve, write: Write, asked: Changes, related: Changes
) -> None:
    """What became of each, with the validators that GET has; what was asked for comes first."""
    async with served() as address:
        reply = await write.send(address, CHANGES)
        assert reply.field("Preference-Applied") == CHANGES
        changes = object_in(reply)["changes"]
        told = {change["path"]: change["status"] for change in changes}
        assert told == {**asked, **related}
        assert set(list(told)[: len(asked)]) == asked.keys()
        for change in changes:
            now = await address.request("GET", change["path"])
            assert change.get("etag") == now.field("ETag")
            assert change.get("lastModified") == now.field("Last-Modified")
            assert (now.status == 404) == (change["status"] == DELETED)


@pytest.mark.parametrize(("write", "asked", "related"), WRITES, ids=str)
async def test_a_dry_run_tells_the_same(
    served: Serve, write: Write, asked: Changes, related: Changes
) -> None:
    """Status, links, changes and tags; and nothing has changed."""
    async with served() as address:
        before = [await address.request("GET", url) for url in (*asked, *related)]
        would = await write.send(address, f"{CHANGES}, {DRY_RUN}")
        after = [await address.request("GET", url) for url in (*asked, *related)]
        assert [told(reply) for reply in before] == [told(reply) for reply in after]
        done = await write.send(address, CHANGES)
        assert (would.status, related_in(would)) == (done.status, related_in(done))
        assert without_times(would) == without_times(done)
        assert would.field("Related-Count") == done.field("Related-Count")


def told(reply: Reply) -> object:
    """What is the same as long as nothing changes."""
    return reply.status, reply.field("ETag"), reply.field("Last-Modified"), reply.body


def without_times(reply: Reply) -> object:
    """The list of changes without what only the run can tell."""
    changes = object_in(reply)["changes"]
    return [{name: value for name, value in c.items() if name != "lastModified"} for c in changes]


@pytest.mark.parametrize(
    "write", [write for write, _, _ in WRITES if write.target != "/-/batch"], ids=str
)
async def test_beside_a_list_of_changes_is_what_the_answer_would_have_been(
    served: Serve, write: Write
) -> None:
    """Its content is the member `value`."""
    async with served() as address:
        alone = await write.send(address, f"return=representation, {DRY_RUN}")
        assert object_in(await write.send(address, CHANGES))["value"] == alone.json()


@pytest.mark.parametrize(("write", "asked", "related"), WRITES, ids=str)
async def test_a_minimal_answer_tells_of_related_resources_as_well(
    served: Serve, write: Write, asked: Changes, related: Changes
) -> None:
    """In its fields; and it has no content."""
    async with served() as address:
        reply = await write.send(address, "return=minimal")
        assert (reply.status in (201, 204), reply.body) == (True, b"")
        assert sorted(related_in(reply)) == sorted(related)
        for url in asked:
            assert url not in related_in(reply)


async def test_only_the_first_fifty_are_linked_to(served: Serve) -> None:
    """Clients refuse a head that is too large: the number tells of all, and so does the list."""
    drafts = {f"/drafts/{number}": b'{"author": 3}' for number in range(100, 160)}
    laws = {"/laws/1": b"{}"}
    async with served(drafts | laws) as address:
        reply = await delete("/authors/3").send(address, CHANGES)
        assert (reply.status, reply.field("Related-Count")) == (200, "60")
        assert related_in(reply) == list(drafts)[:50]
        changes = object_in(reply)["changes"]
        assert [change["path"] for change in changes] == ["/authors/3", *drafts]


async def test_what_nothing_is_declared_of_is_told_of_all_the_same(served: Serve) -> None:
    """A list of changes may always be asked for; nothing is related to anything."""
    async with served() as address:
        reply = await put("/others/1", {"author": 1}).send(address, CHANGES)
        assert (related_in(reply), reply.field("Related-Count")) == ([], None)
        (change,) = object_in(reply)["changes"]
        assert (change["path"], change["status"]) == ("/others/1", CREATED)


# --- validators


@pytest.mark.parametrize(
    ("write", "has_validators"),
    [
        (put("/articles/6", {"author": 2}), True),
        (put("/articles/7", {"author": 2}), True),
        (put("/authors/1", {"articles": [5, 6]}), True),
        (put("/authors/1", {"articles": [6]}), True),
        (put("/authors/1", {"name": "Ada"}), False),
        (put("/authors/1", {}), False),
        (put("/authors/2", {}), True),
        (patch("/authors/1", {"name": "A."}), True),
        (patch("/authors/1", {"articles": [6]}), True),
        (post("/articles", {"author": 2}), True),
        (post("/authors", {"name": "Mary"}), True),
    ],
    ids=str,
)
async def test_validators_are_those_of_what_was_sent(
    served: Serve, write: Write, *, has_validators: bool
) -> None:
    """RFC 9110 9.3.4: none in a PUT's answer where the server has put something in."""
    async with served() as address:
        reply = await write.send(address)
        assert (reply.field("ETag") is not None) == has_validators
        assert (reply.field("Last-Modified") is not None) == has_validators
        now = await address.request("GET", reply.field("Location") or write.target)
        assert now.status == (204 if not now.body else 200)
        if has_validators:
            assert reply.field("ETag") == now.field("ETag")
        elif reply.body:
            assert reply.body == now.body


async def test_if_match_is_of_the_resource_alone(served: Serve) -> None:
    """What others have changed in it, it speaks of; what changes besides, it does not."""
    async with served() as address:
        stale = (await address.request("GET", "/authors/1")).field("ETag") or ""
        mine = (await address.request("GET", "/articles/6")).field("ETag") or ""
        assert (await put("/articles/6", {"author": 2}).send(address, If_Match=mine)).status == 200
        late = await put("/authors/1", {"name": "A."}).send(address, If_Match=stale)
        assert (late.status, late.problem) == (412, "precondition-failed")


# --- sent again


@pytest.mark.parametrize(
    "write",
    [
        post("/articles", {"author": 2, "tags": ["a"]}),
        post_lines("/articles", {"author": 2}, {"author": 1}),
        batch({"op": "put", "path": "/articles/9", "value": {"author": 2}}),
        batch({"op": "delete", "path": "/articles/5"}),
    ],
    ids=["one", "many", "a batch", "a batch that deletes"],
)
@pytest.mark.parametrize("prefer", ["", CHANGES, "return=minimal"])
async def test_a_request_that_is_sent_again_tells_of_the_same_changes(
    served: Serve, write: Write, prefer: str
) -> None:
    """With its Idempotency-Key: all but the date, and nothing is done."""
    async with served() as address:
        first = await write.send(address, prefer, Idempotency_Key="k")
        assert first.status < 300
        assert related_in(first)
        now = (await address.request("PUT", "/authors/2", JSON, b'{"articles": []}')).status
        assert now == 200
        state = [told(await address.request("GET", f"/{name}")) for name in ("articles", "authors")]
        second = await write.send(address, prefer, Idempotency_Key="k")
        again = [told(await address.request("GET", f"/{name}")) for name in ("articles", "authors")]
        assert (second.status, second.body) == (first.status, first.body)
        assert without_date(second) == without_date(first)
        assert again == state


def without_date(reply: Reply) -> object:
    return [line for line in reply.fields if line[0] != "Date"]


# --- large resources, whose content no store holds in memory

PAD = "x" * (1_500_000)


def large(**members: object) -> bytes:
    return json.dumps({**members, "pad": PAD}).encode()


@pytest.mark.parametrize(
    ("write", "url", "becomes"),
    [
        (put("/articles/6", {"author": 9}), "/authors/9", {"articles": [7, 6]}),
        (delete("/articles/7"), "/authors/9", {"articles": []}),
        (patch("/articles/7", {"author": None}), "/authors/9", {"articles": []}),
        (post("/articles", {"author": 9}), "/authors/9", {"articles": [7, 10]}),
        (batch({"op": "patch", "path": "/articles/6", "value": {"author": 9}},
               {"op": "delete", "path": "/articles/7"}), "/authors/9", {"articles": [6]}),
        (put("/authors/2", {"articles": [9]}), "/articles/9", {"author": 2, "tags": ["b"]}),
        (delete("/tags/b"), "/articles/9", {"author": 3, "tags": []}),
        (put("/authors/9", {"pad": PAD}), "/authors/9", {"articles": [7]}),
    ],
    ids=str,
)  # fmt: skip
async def test_large_resources_change_with_others(
    served: Serve, write: Write, url: str, becomes: Mapping[str, object]
) -> None:
    """Also in a dry run; and all but the one member keeps its bytes."""
    given = {
        "/authors/9": large(articles=[7]),
        "/articles/7": b'{"author": 9}',
        "/articles/9": large(author=3, tags=["b"]),
        "/authors/3": b'{"articles": [9]}',
        "/tags/b": b'{"articles": [5, 9]}',
    }
    async with served(given) as address:
        before = (await address.request("GET", url)).body
        assert (await write.send(address, DRY_RUN)).status < 300
        assert (await address.request("GET", url)).body == before
        reply = await write.send(address, CHANGES)
        assert reply.status < 300
        now = await address.request("GET", url)
        value = object_in(now)
        assert value.pop("pad") == PAD
        assert value == becomes
        tags = {change["path"]: change.get("etag") for change in object_in(reply)["changes"]}
        assert tags[url] == f'"{content_digest(now.body)}"'


@pytest.mark.parametrize("prefer", ["", DRY_RUN])
async def test_who_is_named_by_a_large_resource_is_not_deleted(served: Serve, prefer: str) -> None:
    """Though no list shows that one."""
    given = {"/articles/9": large(author=3), "/laws/1": b"{}", "/authors/3": b'{"articles": [9]}'}
    async with served(given) as address:
        reply = await delete("/authors/3").send(address, prefer)
        assert (reply.status, reply.problem) == (409, "referenced")
        assert object_in(reply)["referrers"] == ["/articles/9"]


async def test_large_resources_go_with_what_they_name(served: Serve) -> None:
    """A cascade does not pass them over."""
    async with served({"/drafts/2": large(author=2)}) as address:
        reply = await delete("/authors/2").send(address)
        assert related_in(reply) == ["/drafts/1", "/drafts/2"]
        assert (await address.request("GET", "/drafts/2")).status == 404


async def test_what_is_read_first_is_done_once(served: Serve) -> None:
    """An Idempotency-Key is for the request, however often its decision had to be made."""
    async with served({"/authors/9": large(articles=[])}) as address:
        write = post("/articles", {"author": 9})
        first = await write.send(address, Idempotency_Key="k")
        second = await write.send(address, Idempotency_Key="k")
        assert (first.status, related_in(first)) == (201, ["/authors/9"])
        assert without_date(second) == without_date(first)
        author = await address.request("GET", "/authors/9")
        assert object_in(author)["articles"] == [7]


# --- problems


@pytest.mark.parametrize(
    ("write", "status", "name", "members"),
    [
        (put("/articles/6", {"author": 9}), 422, "invalid-reference", {"pointer": "/author"}),
        (put("/articles/6", {"author": [1]}), 422, "invalid-reference", {"pointer": "/author"}),
        (put("/articles/6", {"tags": ["a", "z"]}), 422, "invalid-reference",
         {"pointer": "/tags/1"}),
        (put("/authors/1", {"articles": [5, True]}), 422, "invalid-reference",
         {"pointer": "/articles/1"}),
        (put("/authors/1", [1]), 422, "invalid-reference", {"pointer": ""}),
        (patch("/articles/6", {"author": 9}), 422, "invalid-reference", {"pointer": "/author"}),
        (post("/comments", {}), 422, "invalid-reference", {"pointer": "/article"}),
        (post_lines("/comments", {"article": 6}, {"article": 9}), 422, "invalid-reference",
         {"resource": "/comments/3", "row": 2, "line": 2}),
        (post_lines("/comments", {"article": 6}, {"article": {}}), 422, "invalid-reference",
         {"row": 2, "line": 2}),
        (post_lines("/comments", {"article": 6}, {}), 422, "invalid-reference",
         {"row": 2, "line": 2}),
        (post_lines("/users", {"email": "a"}, {"email": "a"}), 409, "not-unique",
         {"resource": "/users/3", "other": "/users/2", "row": 2}),
        (post_lines("/notes", {"text": "a"}, {"other": 1}), 422, "schema-violated",
         {"resource": "/notes/3", "row": 2, "line": 2}),
        (batch({"op": "put", "path": "/articles/6", "value": {"author": 9}},
         {"op": "put", "path": "/authors/4", "value": {}}), 422, "invalid-reference",
         {"operation": 0, "pointer": "/0"}),
        (batch({"op": "create", "path": "/users", "value": {"email": "b"}},
         {"op": "create", "path": "/users", "value": {"email": "b"}}), 409, "not-unique",
         {"operation": 1}),
        (batch({"op": "delete", "path": "/tags/a"}, {"op": "put", "path": "/articles/6",
         "value": {"author": []}}), 422, "invalid-reference", {"operation": 1, "pointer": "/1"}),
        (delete("/authors/1"), 409, "referenced", {"referrers": ["/articles/5", "/articles/6"]}),
        (delete("/authors?name=Ada"), 409, "referenced",
         {"referrers": ["/articles/5", "/articles/6"]}),
        (batch({"op": "delete", "path": "/authors/1"}, {"op": "delete", "path": "/articles/5"}),
         409, "referenced", {"referrers": ["/articles/6"]}),
        (put("/articles/5", {"author": 1, "comments": []}), 409, "referenced",
         {"referrers": ["/comments/1"], "resource": "/articles/5", "pointer": "/comments"}),
        (batch({"op": "put", "path": "/articles/5", "value": {"author": 1, "comments": []}}), 409,
         "referenced", {"referrers": ["/comments/1"], "operation": 0}),
        (delete("/authors/3"), 409, "referenced", {"referrers": ["/laws/1"]}),
        (post("/users", {"email": "ada@example.com"}), 409, "not-unique", {"pointer": "/email"}),
        (put("/notes/1", {"other": 1}), 422, "schema-violated", {}),
        (put("/articles/6", {"author": "broken"}), 409, "stored-content-malformed", {}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("prefer", ["", DRY_RUN, CHANGES])
async def test_what_cannot_be_is_a_problem_that_says_where(
    served: Serve,
    write: Write,
    status: int,
    name: str,
    members: Mapping[str, object],
    prefer: str,
) -> None:
    """Whatever the client prefers; nothing has changed, and the documentation knows its members."""
    async with served({"/authors/broken": b"{"}) as address:
        before = [(await address.request("GET", url)).field("ETag") for url in GIVEN]
        reply = await write.send(address, prefer)
        assert (reply.status, reply.problem) == (status, name)
        document = object_in(reply)
        assert {key: document.get(key) for key in members} == members
        standard = {"type", "title", "status", "detail", "instance", "message"}
        # What every problem of one operation has is told once.
        standard |= {"operation", "pointer"} if write.target == "/-/batch" else set()
        described = described_members(name) | ({"operation"} if "/-/batch" in str(write) else set())
        assert document.keys() - standard <= described
        assert [(await address.request("GET", url)).field("ETag") for url in GIVEN] == before


async def test_forms_get_a_sentence_for_each_field(served: Serve) -> None:
    """As the admin front ends show it."""
    async with served() as address:
        reply = await put("/articles/6", {"author": 9}).send(address)
        sentence = object_in(reply)["errors"]["author"]
        assert "/authors/9" in sentence
        assert (sentence[:1].isupper(), sentence[-1:]) == (True, ".")


# --- what is read-only


@pytest.mark.parametrize(
    "write",
    [
        put("/laws/1", {"author": 3}),
        put("/laws/2", {}),
        patch("/laws/1", {"n": 1}),
        delete("/laws/1"),
        delete("/laws?author=3"),
        post("/laws", {}),
        post_lines("/laws", {}, {}),
    ],
    ids=str,
)
@pytest.mark.parametrize("prefer", ["", DRY_RUN])
async def test_a_read_only_collection_is_not_written(
    served: Serve, write: Write, prefer: str
) -> None:
    """405, and Allow says what is left (RFC 9110 15.5.6)."""
    async with served() as address:
        reply = await write.send(address, prefer)
        assert (reply.status, reply.problem) == (405, "method-not-allowed")
        assert reply.field("Allow") == "GET, HEAD, OPTIONS"
        assert (await address.request("GET", "/laws/1")).json() == {"author": 3}


async def test_nor_by_a_batch(served: Serve) -> None:
    """There it is the content that cannot be taken, as POST is allowed."""
    async with served() as address:
        write = batch({"op": "put", "path": "/laws/1", "value": {}})
        reply = await write.send(address)
        assert (reply.status, reply.problem, reply.field("Allow")) == (422, "invalid-content", None)
        assert object_in(reply)["operation"] == 0


@pytest.mark.parametrize("target", ["/laws/1", "/laws/2", "/laws", "/laws/"])
async def test_options_says_what_a_read_only_collection_takes(served: Serve, target: str) -> None:
    """And no types of content, since it takes none."""
    async with served() as address:
        reply = await address.request("OPTIONS", target)
        assert (reply.status, reply.field("Allow")) == (204, "GET, HEAD, OPTIONS")
        assert reply.field("Accept-Post") is reply.field("Accept-Patch") is None


@pytest.mark.parametrize("on_delete", [OnDelete.CASCADE, OnDelete.UNLINK])
async def test_what_is_read_only_does_not_change_with_others(
    served: Serve, on_delete: OnDelete
) -> None:
    """Though a file that declares this is refused, no write gets around it."""
    laws = collection("/laws/")
    relation = Relation(laws, "author", collection("/authors/"), on_delete=on_delete)
    declared = Declarations({laws: Declaration(laws, (relation,), readonly=True)})
    async with served(declared=declared) as address:
        reply = await delete("/authors/3").send(address)
        assert (reply.status, reply.problem) == (409, "referenced")
        assert object_in(reply)["referrers"] == ["/laws/1"]
        assert (await address.request("GET", "/authors/3")).status == 200


# --- schemas

DESCRIBED_BY = '</schemas/note>; rel="describedby"'


@pytest.mark.parametrize(
    "request_",
    [
        Write("GET", "/notes/1", None, {}),
        Write("GET", "/notes", None, {}),
        Write("GET", "/notes/?text=other", None, {}),
        put("/notes/1", {"text": "b"}),
        put("/notes/2", {"text": "b"}),
        patch("/notes/1", {"text": "b"}),
        post("/notes", {"text": "b"}),
        post_lines("/notes", {"text": "b"}, {"text": "c"}),
        delete("/notes/1"),
        delete("/notes?id=1"),
    ],
    ids=str,
)
async def test_what_has_a_schema_links_to_it(served: Serve, request_: Write) -> None:
    """In each answer that shows it, or what became of it (RFC 8288)."""
    async with served() as address:
        reply = await request_.send(address)
        assert reply.status in (200, 201)
        assert reply.all_fields("Link") == [DESCRIBED_BY]


async def test_also_where_nothing_is_sent(served: Serve) -> None:
    """In 304 and 204, and in an answer to HEAD."""
    async with served() as address:
        tag = (await address.request("GET", "/notes/1")).field("ETag") or ""
        replies = [
            await address.request("GET", "/notes/1", {"If-None-Match": tag}),
            await address.request("HEAD", "/notes/1"),
            await put("/notes/1", {"text": "b"}).send(address, "return=minimal"),
        ]
        assert [reply.status for reply in replies] == [304, 200, 204]
        assert [reply.all_fields("Link") for reply in replies] == [[DESCRIBED_BY]] * 3


async def test_what_has_none_links_to_none(served: Serve) -> None:
    """Neither does the schema itself."""
    async with served() as address:
        for url in ("/articles/5", "/articles", "/schemas/note"):
            assert (await address.request("GET", url)).all_fields("Link") == []

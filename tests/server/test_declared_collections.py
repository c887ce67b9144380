"""Requests to collections that are declared, and in which nothing is stored yet."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kvput.config import Config
from kvput.store import open_store
from kvput.store.base import Put, Store
from kvput.store.memory import MemoryStore
from tests.declared.declaring import declared
from tests.serving import Address, Reply, serving
from tests.store.tools import resource, writing

DECLARED = declared(
    """
    [collections]
    posts = {}
    replies = {unique = ["slug"]}
    [collections.comments]
    unique = ["slug"]
    [collections.comments.relations]
    post = {to = "posts", on_delete = "cascade"}
    [collections."shop/orders"]
    [collections.laws]
    readonly = true
    """
)


@pytest.fixture(params=["memory", "files"])
async def address(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Address]:
    """A server with one post, by what is declared."""
    memory = request.param == "memory"
    store: Store = MemoryStore() if memory else open_store(tmp_path, read_cache=1 << 20)
    try:
        await store.commit(writing(Put(resource("/posts/1"), b'{"n": 1}')))
        async with serving(store, Config(data=tmp_path), lambda: DECLARED) as served:
            yield served
    finally:
        await store.close()


async def sent(address: Address, method: str, target: str, value: object = None) -> Reply:
    """The answer to a request with this content."""
    content = None if value is None else json.dumps(value).encode()
    return await address.request(method, target, {"Content-Type": "application/json"}, content)


@pytest.mark.parametrize(
    ("method", "target", "status", "value"),
    [
        ("GET", "/comments", 200, []),
        ("GET", "/comments/", 200, []),
        ("GET", "/shop/orders", 200, []),
        ("GET", "/laws", 200, []),
        ("GET", "/comments?slug=a&_sort=-slug&_page=1&_limit=5", 200, []),
        ("GET", "/posts/1/comments", 200, []),
        ("GET", "/posts/1/replies", 200, []),
        ("GET", "/posts?_embed=comments", 200, [{"id": 1, "n": 1, "comments": []}]),
        ("GET", "/", 200, {"collections": ["/comments", "/laws", "/posts", "/replies"],
                           "resources": []}),
        ("HEAD", "/comments", 200, None),
        ("DELETE", "/comments?slug=a", 200, []),
        ("DELETE", "/comments/?slug=a", 200, []),
        ("DELETE", "/comments", 400, None),
        ("PUT", "/comments", 409, None),
        ("PUT", "/shop/orders", 409, None),
        ("GET", "/comments/1", 404, None),
        ("GET", "/shop", 404, None),
        ("GET", "/others", 404, None),
    ],
)  # fmt: skip
async def test_it_is_a_collection_like_any_other(
    address: Address, method: str, target: str, status: int, value: object
) -> None:
    """An empty one, whose name no resource takes."""
    reply = await sent(address, method, target, {} if method == "PUT" else None)
    assert reply.status == status, reply.body
    if value is not None:
        assert reply.json() == value
    if status == 200 and value == []:
        assert reply.field("X-Total-Count") == "0"


async def test_its_envelope_tells_of_no_resource(address: Address) -> None:
    """As that of any other empty list."""
    envelope = (await sent(address, "GET", "/comments?_page=1&_per_page=5")).json()
    assert isinstance(envelope, dict)
    assert (envelope["items"], envelope["data"]) == (0, [])


@pytest.mark.parametrize(
    ("target", "allowed"),
    [
        ("/comments", "GET, HEAD, POST, DELETE, OPTIONS"),
        ("/comments/", "GET, HEAD, POST, DELETE, OPTIONS"),
        ("/laws", "GET, HEAD, OPTIONS"),
        ("/others", "GET, HEAD, PUT, POST, PATCH, DELETE, OPTIONS"),
    ],
)
async def test_its_methods(address: Address, target: str, allowed: str) -> None:
    """A collection has no PUT."""
    assert (await sent(address, "OPTIONS", target)).field("Allow") == allowed


async def test_the_first_resource_of_it(address: Address) -> None:
    """It gets the first number, and the list is another one from then on."""
    tag = {"If-None-Match": (await sent(address, "GET", "/comments")).field("ETag") or ""}
    assert (await address.request("GET", "/comments", tag)).status == 304
    assert (await sent(address, "POST", "/comments", {})).field("Location") == "/comments/1"
    assert (await address.request("GET", "/comments", tag)).status == 200


@pytest.mark.parametrize(
    ("target", "stored"),
    [
        ("/posts/1/comments", {"post": 1, "slug": "a", "id": 1}),
        ("/posts/1/replies", {"postId": 1, "slug": "a", "id": 1}),
    ],
)
async def test_a_post_to_a_nested_address_creates_in_it(
    address: Address, target: str, stored: object
) -> None:
    """So that what is declared of it holds from the first resource on."""
    reply = await sent(address, "POST", target, {"slug": "a"})
    assert (reply.status, reply.json()) == (201, stored)
    assert reply.field("Location") == f"/{target.rpartition('/')[2]}/1"
    assert (await sent(address, "POST", target, {"slug": "a"})).problem == "not-unique"


@pytest.mark.parametrize("op", ["put", "move"])
async def test_a_batch_gives_its_name_to_no_resource(address: Address, op: str) -> None:
    """As the single request does not."""
    members: dict[str, object] = {"value": {}} if op == "put" else {"from": "/posts/1"}
    operations = [{"op": op, "path": "/comments", **members}]
    reply = await sent(address, "POST", "/-/batch", {"operations": operations})
    assert (reply.status, reply.problem) == (409, "hidden-name")


async def test_it_is_there_after_its_last_resource_has_gone_in_a_batch(address: Address) -> None:
    """Also where only others lie within what it held."""
    await sent(address, "PUT", "/comments/x", {"post": 1})
    await sent(address, "PUT", "/comments/x/votes/1", {})
    operations = [
        {"op": "delete", "path": "/comments/x"},
        {"op": "put", "path": "/comments", "value": {}},
    ]
    reply = await sent(address, "POST", "/-/batch", {"operations": operations})
    assert (reply.status, reply.problem) == (409, "hidden-name")


async def test_a_resource_that_a_hand_has_given_its_name(tmp_path: Path) -> None:
    """It is served as it is, and nothing more is hidden behind it."""
    store = MemoryStore()
    await store.commit(writing(Put(resource("/comments"), b"[]")))
    async with serving(store, Config(data=tmp_path), lambda: DECLARED) as served:
        assert (await sent(served, "GET", "/comments")).body == b"[]"
        assert (await sent(served, "PUT", "/comments", [1])).status == 200
        assert (await sent(served, "GET", "/comments/")).json() == []
        for method, target in (("POST", "/comments/"), ("PUT", "/comments/1")):
            reply = await sent(served, method, target, {})
            assert (reply.status, reply.problem) == (409, "hidden-name")

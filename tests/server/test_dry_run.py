"""`Prefer: handling=dry-run`: each write says what it would do, and does nothing."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kvput.config import Config
from kvput.store import open_store
from kvput.store.base import Store
from kvput.store.memory import MemoryStore
from tests.serving import Address, Reply, serving

JSON = {"Content-Type": "application/json"}
_NOT_YET_KNOWN = {"Date", "ETag", "Last-Modified", "Preference-Applied"}


@pytest.fixture(params=["memory", "files"])
async def address(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Address]:
    """A server over a store of each kind, with two posts."""
    store: Store
    store = MemoryStore() if request.param == "memory" else open_store(tmp_path, read_cache=1 << 20)
    try:
        async with serving(store, Config(data=tmp_path)) as served:
            for number in (1, 2):
                body = b'{"n": %d,  "keep": 1.0}' % number
                await served.request("PUT", f"/posts/{number}", JSON, body)
            yield served
    finally:
        await store.close()


def told(reply: Reply) -> object:
    """What both answers must have in common."""
    fields = [field for field in reply.fields if field[0] not in _NOT_YET_KNOWN]
    return reply.status, fields, reply.body


@pytest.mark.parametrize(
    ("method", "target", "fields", "body"),
    [
        ("PUT", "/posts/1", JSON, b'{"n": 9}'),
        ("PUT", "/posts/1", JSON, b"{}"),
        ("PUT", "/posts/new", JSON, b'{"n": 9}'),
        ("PUT", "/posts/1", {**JSON, "If-Match": '"x"'}, b"{}"),
        ("PUT", "/posts/1", JSON, b"{"),
        ("PATCH", "/posts/1", JSON, b'{"n": 9}'),
        ("PATCH", "/posts/3", JSON, b'{"n": 9}'),
        ("POST", "/posts", JSON, b'{"n": 9}'),
        ("POST", "/posts", {"Content-Type": "application/x-ndjson"}, b'{"a":1}\n{"id":"x"}\n'),
        ("POST", "/posts", JSON, b'{"id": 1}'),
        ("DELETE", "/posts/1", {}, None),
        ("DELETE", "/posts/3", {}, None),
        ("DELETE", "/posts?n=1", {}, None),
    ],
)
async def test_a_dry_run_answers_as_the_run_would(
    address: Address, method: str, target: str, fields: dict[str, str], body: bytes | None
) -> None:
    """Status, fields and content, but for what only the run can tell; and nothing has changed."""
    before = (await address.request("GET", "/posts")).body
    prefer = {**fields, "Prefer": "handling=dry-run"}
    would = await address.request(method, target, prefer, body)
    assert (await address.request("GET", "/posts")).body == before
    done = await address.request(method, target, fields, body)
    assert told(would) == told(done)
    if done.status < 400:
        assert would.field("Preference-Applied") == "handling=dry-run"
        assert would.field("Last-Modified") is None


async def test_a_dry_run_with_a_key_leaves_the_key_free(address: Address) -> None:
    """What was not done is not remembered."""
    fields = {**JSON, "Idempotency-Key": "k"}
    prefer = {**fields, "Prefer": "handling=dry-run, return=minimal"}
    would = await address.request("POST", "/posts", prefer, b"{}")
    assert would.field("Preference-Applied") == "return=minimal, handling=dry-run"
    assert (await address.request("POST", "/posts", fields, b'{"a":1}')).status == 201


async def test_a_large_resource_is_shown_by_a_dry_run(address: Address) -> None:
    """Also where it is too large to be held in memory."""
    large = b'"' + b"x" * (2 << 20) + b'"'
    await address.request("PUT", "/posts/large", JSON, large)
    reply = await address.request("DELETE", "/posts/large", {"Prefer": "handling=dry-run"})
    assert reply.body == large
    assert (await address.request("DELETE", "/posts/large")).body == large


@pytest.mark.parametrize("target", ["/posts/1?n=2", "/posts/1?x", "/posts/1?_limit=1"])
async def test_a_condition_in_the_query_of_a_resource_is_not_lost(
    address: Address, target: str
) -> None:
    """Who writes one means it: the resource is not removed without it."""
    reply = await address.request("DELETE", target)
    assert (reply.status, reply.problem) == (400, "malformed-parameter")
    await asyncio.sleep(0)
    assert (await address.request("GET", "/posts/1")).status == 200


@pytest.mark.parametrize("target", ["/posts/1?", "/posts/1?_=17", "/posts/1?_=17&"])
async def test_what_gets_around_caches_is_no_condition(address: Address, target: str) -> None:
    """It removes the resource as without it."""
    assert (await address.request("DELETE", target)).status == 200

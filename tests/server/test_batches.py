"""Batches of what is large, of many operations, and by many at once, over each store."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kvput.config import Config
from kvput.store import open_store
from kvput.store.memory import MemoryStore
from tests.serving import Address, Reply, ServerProcess, serving

JSON = {"Content-Type": "application/json"}


@pytest.fixture(params=["memory", "files"])
async def address(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Address]:
    store = MemoryStore() if request.param == "memory" else open_store(tmp_path, read_cache=2**20)
    try:
        async with serving(store, Config(data=tmp_path)) as listening:
            yield listening
    finally:
        await store.close()


async def batch(address: Address, *operations: object, prefer: str | None = None) -> Reply:
    """The answer to a batch of these operations."""
    fields = JSON if prefer is None else {**JSON, "Prefer": prefer}
    return await address.request("POST", "/-/batch", fields, json.dumps(operations).encode())


async def test_results_have_the_validators_of_what_was_written(address: Address) -> None:
    """Those that GET has then; where a later operation has changed it again, the tag alone."""
    reply = await batch(
        address,
        {"op": "put", "path": "/a/1", "value": {"n": 1}},
        {"op": "create", "path": "/a", "value": {"n": 2}},
        {"op": "patch", "path": "/a/1", "value": {"m": 3}},
        prefer="return=representation",
    )
    assert reply.status == 200
    answer = reply.json()
    assert isinstance(answer, dict)
    first, *last = answer["results"]
    assert (first["path"], first["status"], first["value"]) == ("/a/1", 201, {"n": 1})
    assert "lastModified" not in first
    assert [(each["path"], each["status"]) for each in last] == [("/a/2", 201), ("/a/1", 200)]
    for each in last:
        now = await address.request("GET", each["path"])
        assert each["etag"] == now.field("ETag")
        assert each["lastModified"] == now.field("Last-Modified")
        assert each["value"] == now.json()


async def test_condition_of_the_whole_batch_is_sent_to_its_operations(address: Address) -> None:
    """There is nothing that its If-Match could be about: the sentence says what to write."""
    fields = {**JSON, "If-Match": "*"}
    reply = await address.request("POST", "/-/batch", fields, b"[]")
    answer = reply.json()
    assert isinstance(answer, dict)
    assert (reply.status, reply.problem) == (412, "precondition-failed")
    assert 'write "ifMatch" into the operations' in answer["detail"]
    for name in ("If-None-Match", "If-Unmodified-Since"):
        value = "*" if name == "If-None-Match" else "Sun, 06 Nov 1994 08:49:37 GMT"
        reply = await address.request("POST", "/-/batch", {**JSON, name: value}, b"[]")
        assert reply.status == 200


async def test_large_resources_are_patched_and_moved(address: Address) -> None:
    """Also those that are too large to be held in memory."""
    content = json.dumps({"id": 1, "pad": "x" * 1_500_000}).encode()
    for url in ("/a/1", "/b/1"):
        await address.request("PUT", url, body=content)
    reply = await batch(
        address,
        {"op": "patch", "path": "/a/1", "value": {"n": 1}},
        {"op": "move", "from": "/b/1", "path": "/b/2"},
        {"op": "delete", "path": "/a/1"},
    )
    assert reply.status == 200, reply.body
    moved = await address.request("GET", "/b/2")
    assert moved.body == content.replace(b'"id": 1', b'"id": 2')
    assert (await address.request("GET", "/a/1")).status == 404


async def test_thousands_of_operations_are_one(address: Address) -> None:
    """The last one fails, and nothing of the others is there; without it, all of them are."""
    operations = [{"op": "create", "path": "/a", "value": {"n": n}} for n in range(1000)]
    failing = await batch(address, *operations, {"op": "delete", "path": "/b"})
    assert (failing.status, failing.problem) == (404, "not-found")
    assert (await address.request("GET", "/a/")).status == 404
    done = await batch(address, *operations, prefer="return=minimal")
    assert done.status == 204
    created = (await address.request("GET", "/a/")).json()
    assert created == [{"id": n + 1, "n": n} for n in range(1000)]


async def test_batches_of_many_exclude_each_other(address: Address) -> None:
    """Of many that move the same resource and count it, one is done, and all others fail."""
    clients = 16
    await address.request("PUT", "/in/x", body=b"{}")
    await address.request("PUT", "/count", body=b'{"n": 0}')
    replies = await asyncio.gather(
        *(
            batch(
                address,
                {"op": "patch", "path": "/count", "value": {f"by{number}": True}},
                {"op": "move", "from": "/in/x", "path": f"/out/{number}"},
            )
            for number in range(clients)
        )
    )
    assert Counter(reply.status for reply in replies) == {200: 1, 404: clients - 1}
    (won,) = (number for number, reply in enumerate(replies) if reply.status == 200)
    count = await address.request("GET", "/count")
    assert count.json() == {"n": 0, f"by{won}": True}
    assert (await address.request("GET", f"/out/{won}")).status == 200


def test_batch_survives_a_crash(tmp_path: Path) -> None:
    """What was answered is there after the server was killed, all of it."""
    operations = [{"op": "put", "path": f"/{n % 7}/{n}", "value": n} for n in range(200)]
    with ServerProcess(tmp_path) as server:
        body = json.dumps(operations).encode()
        assert server.request("POST", "/-/batch", body, JSON).status == 200
        server.kill()
    with ServerProcess(tmp_path) as server:
        for n in range(200):
            assert server.request("GET", f"/{n % 7}/{n}").json() == n

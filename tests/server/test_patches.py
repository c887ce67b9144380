"""PATCH of what is large, and by many at once, over each store."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kvput.config import Config
from kvput.store import open_store
from kvput.store.memory import MemoryStore
from tests.serving import Address, read_reply, request_bytes, serving

MERGE = {"Content-Type": "application/merge-patch+json"}
JSON_PATCH = {"Content-Type": "application/json-patch+json"}


@pytest.fixture(params=["memory", "files"])
async def address(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Address]:
    store = MemoryStore() if request.param == "memory" else open_store(tmp_path, read_cache=2**20)
    try:
        async with serving(store, Config(data=tmp_path)) as listening:
            yield listening
    finally:
        await store.close()


@pytest.mark.parametrize("megabytes", [0.2, 3])
async def test_large_resource_is_patched_like_any_other(address: Address, megabytes: float) -> None:
    """Also one that is too large to be held in memory; each other byte is kept."""
    rows = [{"id": n, "price": f"{n}.50"} for n in range(int(megabytes * 30_000))]
    content = json.dumps({"rows": rows, "n": 1.0}, indent=1).encode() + b"\n"
    await address.request("PUT", "/a/1", body=content)
    patch = b'[{"op": "replace", "path": "/rows/700/price", "value": 12.50}]'
    reply = await address.request("PATCH", "/a/1", JSON_PATCH, patch)
    assert reply.status == 200
    assert reply.body == content.replace(b'"700.50"', b"12.50")
    assert (await address.request("GET", "/a/1")).body == reply.body
    refused = await address.request("PATCH", "/a/1", JSON_PATCH, patch.replace(b"700", b"7000000"))
    assert (refused.status, refused.problem) == (409, "patch-conflict")


@pytest.mark.parametrize("padding", [10, 100_000, 1_500_000])
async def test_patches_of_many_are_all_done(address: Address, padding: int) -> None:
    """Each is made of what the one before left, however large the resource is."""
    clients = 12
    content = json.dumps({"pad": "x" * padding, "list": []}).encode()
    await address.request("PUT", "/a/1", body=content)
    replies = await asyncio.gather(
        *(
            address.request(
                "PATCH",
                "/a/1",
                JSON_PATCH,
                b'[{"op": "add", "path": "/list/-", "value": %d}]' % number,
            )
            for number in range(clients)
        )
    )
    assert Counter(reply.status for reply in replies) == {200: clients}
    stored = (await address.request("GET", "/a/1")).json()
    assert isinstance(stored, dict)
    assert sorted(stored["list"]) == list(range(clients))


@pytest.mark.parametrize(
    ("target", "fields", "status"),
    [
        ("/a/2", MERGE, 404),
        ("/a", MERGE, 405),
        ("/a/1", {**MERGE, "If-Match": '"other"'}, 412),
        ("/a/1", {"Content-Type": "text/plain"}, 415),
        ("/a/1", {}, 415),
    ],
)
async def test_content_that_is_not_needed_is_not_asked_for(
    address: Address, target: str, fields: dict[str, str], status: int
) -> None:
    """What can be refused without the patch is refused before it is sent (RFC 9110 10.1.1)."""
    await address.request("PUT", "/a/1", body=b"{}")
    raw = request_bytes(
        "PATCH", target, {**fields, "Expect": "100-continue", "Content-Length": "1000"}
    )
    assert (await address.send(raw)).status == status


async def test_content_that_is_needed_is_asked_for(address: Address) -> None:
    """100 (Continue), and then the answer."""
    await address.request("PUT", "/a/1", body=b"{}")
    fields = {**MERGE, "Expect": "100-continue", "Content-Length": "8"}
    reader, writer = await asyncio.open_connection(address.host, address.port)
    try:
        writer.write(request_bytes("PATCH", "/a/1", fields))
        assert (await read_reply(reader)).status == 100
        writer.write(b'{"a": 1}')
        assert (await read_reply(reader)).body == b'{"a": 1}'
    finally:
        writer.close()
        await writer.wait_closed()

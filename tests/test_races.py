"""Many clients at once on one resource or collection, against each store."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from kvput.config import Config
from kvput.semantics.validators import content_digest
from kvput.store import open_store
from kvput.store.base import Store
from kvput.store.memory import MemoryStore
from tests.serving import Address, Reply, serving

CLIENTS = 32


@asynccontextmanager
async def fresh_store(kind: str, data: Path) -> AsyncIterator[Store]:
    store = MemoryStore() if kind == "memory" else open_store(data, read_cache=2**20)
    try:
        yield store
    finally:
        await store.close()


@pytest.fixture(params=["memory", "files"])
async def address(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Address]:
    async with (
        fresh_store(request.param, tmp_path) as store,
        serving(store, Config(data=tmp_path)) as listening,
    ):
        yield listening


async def statuses(*requests: Awaitable[Reply]) -> Counter[int]:
    return Counter(reply.status for reply in await asyncio.gather(*requests))


async def test_one_creation_wins(address: Address) -> None:
    """Of many PUTs with If-None-Match: *, one creates the resource, all others fail."""
    condition = {"If-None-Match": "*"}
    replies = await asyncio.gather(
        *(address.request("PUT", "/a/1", condition, b"%d" % n) for n in range(CLIENTS))
    )
    won = [n for n, reply in enumerate(replies) if reply.status == 201]
    assert len(won) == 1
    assert Counter(reply.status for reply in replies) == {201: 1, 412: CLIENTS - 1}
    assert (await address.request("GET", "/a/1")).body == b"%d" % won[0]


async def test_one_replacement_wins(address: Address) -> None:
    """Of many PUTs with the same If-Match, one replaces the resource, all others fail."""
    tag = (await address.request("PUT", "/a/1", body=b"null")).field("ETag")
    assert tag is not None
    condition = {"If-Match": tag}
    replies = await asyncio.gather(
        *(address.request("PUT", "/a/1", condition, b"%d" % n) for n in range(CLIENTS))
    )
    won = [n for n, reply in enumerate(replies) if reply.status == 200]
    assert len(won) == 1
    assert Counter(reply.status for reply in replies) == {200: 1, 412: CLIENTS - 1}
    assert (await address.request("GET", "/a/1")).body == b"%d" % won[0]


async def test_one_guarded_patch_wins(address: Address) -> None:
    """Of many JSON Patches that test what they read before they change it, one is done."""
    await address.request("PUT", "/a/1", body=b'{"n": 1}')
    patch = b"""[{"op": "test", "path": "/n", "value": 1},
               {"op": "replace", "path": "/n", "value": %d}]"""
    type_ = {"Content-Type": "application/json-patch+json"}
    replies = await asyncio.gather(
        *(address.request("PATCH", "/a/1", type_, patch % (n + 2)) for n in range(CLIENTS))
    )
    won = [n for n, reply in enumerate(replies) if reply.status == 200]
    assert len(won) == 1
    assert Counter(reply.status for reply in replies) == {200: 1, 409: CLIENTS - 1}
    assert (await address.request("GET", "/a/1")).body == b'{"n": %d}' % (won[0] + 2)


async def test_patches_of_different_members_are_all_done(address: Address) -> None:
    """None overwrites what another one has changed: each sees those before it."""
    await address.request("PUT", "/a/1", body=b"{}")
    type_ = {"Content-Type": "application/merge-patch+json"}
    found = await statuses(
        *(address.request("PATCH", "/a/1", type_, b'{"m%d": 1}' % n) for n in range(CLIENTS))
    )
    assert found == {200: CLIENTS}
    stored = (await address.request("GET", "/a/1")).json()
    assert stored == {f"m{n}": 1 for n in range(CLIENTS)}


async def test_one_deletion_wins(address: Address) -> None:
    """Of many DELETEs one removes the resource and shows it, all others find nothing."""
    await address.request("PUT", "/a/1", body=b"[1]")
    found = await statuses(*(address.request("DELETE", "/a/1") for _ in range(CLIENTS)))
    assert found == {200: 1, 404: CLIENTS - 1}


async def test_a_replacement_and_a_deletion_of_one_state_exclude_each_other(
    address: Address,
) -> None:
    """PUT and DELETE with the same If-Match: one of them is done, the other is told so."""
    for round_ in range(8):
        path = f"/a/{round_}"
        tag = (await address.request("PUT", path, body=b"[1]")).field("ETag")
        assert tag is not None
        put, delete = await asyncio.gather(
            address.request("PUT", path, {"If-Match": tag}, b"[2]"),
            address.request("DELETE", path, {"If-Match": tag}),
        )
        assert (put.status, delete.status) in {(200, 412), (412, 200)}
        assert (await address.request("GET", path)).status == (200 if put.status == 200 else 404)


async def test_numbers_are_given_once_and_without_gap(address: Address) -> None:
    """Many POSTs at once get the numbers from 1 on, each one once."""
    replies = await asyncio.gather(
        *(address.request("POST", "/a", body=b'{"client": %d}' % n) for n in range(CLIENTS))
    )
    assert {reply.status for reply in replies} == {201}
    places = [reply.field("Location") for reply in replies]
    assert sorted(places, key=str) == sorted(f"/a/{n}" for n in range(1, CLIENTS + 1))
    for client, reply in enumerate(replies):
        place = reply.field("Location") or ""
        stored = (await address.request("GET", place)).json()
        assert stored == {"id": int(place.removeprefix("/a/")), "client": client}


async def test_one_client_gets_the_id_that_all_ask_for(address: Address) -> None:
    """Of many POSTs with the same id, one creates the resource, all others are told it is taken."""
    body = b'{"id": "ada"}'
    found = await statuses(*(address.request("POST", "/a", body=body) for _ in range(CLIENTS)))
    assert found == {201: 1, 409: CLIENTS - 1}


async def test_a_read_is_never_torn(address: Address) -> None:
    """While many replace a resource, each GET gets one whole body, and the tag of that body."""
    bodies = [b'"' + bytes([97 + n]) * (1 + n * 9973) + b'"' for n in range(16)]
    await address.request("PUT", "/a/1", body=bodies[0])
    seen = set()

    async def write(body: bytes) -> None:
        for _ in range(3):
            assert (await address.request("PUT", "/a/1", body=body)).status == 200

    async def read_until(written: asyncio.Event) -> None:
        while not written.is_set():
            reply = await address.request("GET", "/a/1")
            assert reply.status == 200
            assert reply.field("ETag") == f'"{content_digest(reply.body)}"'
            seen.add(reply.body)

    written = asyncio.Event()
    reading = [asyncio.create_task(read_until(written)) for _ in range(4)]
    try:
        await asyncio.gather(*(write(body) for body in bodies))
    finally:
        written.set()
        await asyncio.gather(*reading)
    assert seen <= set(bodies)
    assert len(seen) > 1


async def test_a_list_holds_whole_resources(address: Address) -> None:
    """While many replace and remove resources, each list of them is JSON made of whole ones."""

    async def write(name: int) -> None:
        for turn in range(6):
            body = json.dumps({"id": name, "turn": turn, "pad": "x" * 997 * turn}).encode()
            assert (await address.request("PUT", f"/a/{name}", body=body)).status in (200, 201)
        assert (await address.request("DELETE", f"/a/{name}")).status == 200

    async def read() -> None:
        for _ in range(12):
            reply = await address.request("GET", "/a/")
            items = reply.json()
            assert isinstance(items, list)
            names = [item["id"] for item in items]
            assert names == sorted(set(names))
            assert all(len(item["pad"]) == 997 * item["turn"] for item in items)

    await address.request("PUT", "/a/99", body=b'{"id": 99, "turn": 0, "pad": ""}')
    await asyncio.gather(*(write(name) for name in range(1, 13)), read(), read())
    assert (await address.request("GET", "/a/")).json() == [{"id": 99, "turn": 0, "pad": ""}]


async def test_no_update_is_lost(address: Address) -> None:
    """Clients that add to a number under If-Match, and try again on 412, end at the exact sum."""
    await address.request("PUT", "/sum", body=b"0")
    failures = 0

    async def add() -> None:
        nonlocal failures
        added = 0
        while added < 5:
            current = await address.request("GET", "/sum")
            tag = current.field("ETag")
            assert tag is not None
            more = b"%d" % (int(current.body) + 1)
            reply = await address.request("PUT", "/sum", {"If-Match": tag}, more)
            assert reply.status in (200, 412)
            added += reply.status == 200
            failures += reply.status == 412

    await asyncio.gather(*(add() for _ in range(8)))
    assert (await address.request("GET", "/sum")).body == b"40"
    assert failures > 0

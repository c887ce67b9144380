"""Idempotency-Key: a POST that is sent again does nothing, and is answered as the first time."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kvput.config import Config
from kvput.store import open_store
from kvput.store.base import REMEMBERED_SECONDS, Store
from kvput.store.files.layout import remembered_place
from kvput.store.memory import MemoryStore
from tests.serving import Address, Reply, ServerProcess, serving

JSON = {"Content-Type": "application/json"}


@pytest.fixture(params=["memory", "files"])
async def address(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Address]:
    """A server over an empty store of each kind."""
    store: Store
    store = MemoryStore() if request.param == "memory" else open_store(tmp_path, read_cache=1 << 20)
    try:
        async with serving(store, Config(data=tmp_path)) as served:
            yield served
    finally:
        await store.close()


async def post(
    address: Address, key: str, body: bytes = b'{"a":1}', target: str = "/posts", **more: str
) -> Reply:
    """POST with a key."""
    fields = {**JSON, "Idempotency-Key": key, **{k.replace("_", "-"): v for k, v in more.items()}}
    return await address.request("POST", target, fields, body)


def told(reply: Reply) -> object:
    """What is the same in both answers: all but the date."""
    return reply.status, [field for field in reply.fields if field[0] != "Date"], reply.body


async def count(address: Address) -> int:
    """How many posts there are."""
    return int((await address.request("GET", "/posts")).field("X-Total-Count") or -1)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b'{"a":1}', {}),
        (b'{"a":"\xc3\xa9"}', {"Prefer": "return=minimal"}),
        (b'{"id":"x"}', {"Content_Type": "application/json5"}),
        (b'{"a":1}\n{"a":2}\n', {"Content_Type": "application/x-ndjson"}),
        (b"a,b\n1,2\n", {"Content_Type": "text/csv", "Prefer": "return=minimal"}),
    ],
)
async def test_the_second_answer_is_the_first(
    address: Address, body: bytes, fields: dict[str, str]
) -> None:
    """Status, fields and content, also when the resource has changed since."""
    first = await post(address, '"k1"', body, **fields)
    assert first.status == 201
    made = await count(address)
    location = first.field("Location") or ""
    await address.request("PUT", location, JSON, b'{"changed":true}')
    second = await post(address, '"k1"', body, **fields)
    assert told(second) == told(first)
    assert await count(address) == made


async def test_a_batch_is_done_once(address: Address) -> None:
    """And answered with the same results; a dry run is another matter."""
    body = b'[{"op":"create","path":"/posts","value":{}},{"op":"put","path":"/x","value":1.0}]'
    dry = await post(address, "key", body, "/-/batch", Prefer="handling=dry-run")
    assert dry.status == 200
    first = await post(address, "key", body, "/-/batch")
    assert first.status == 200
    await address.request("PUT", "/x", JSON, b"2")
    assert told(await post(address, "key", body, "/-/batch")) == told(first)
    assert await count(address) == 1
    assert (await address.request("GET", "/x")).body == b"2"
    assert (await post(address, "key", body[:-1] + b" ]", "/-/batch")).problem == "key-reused"
    assert (await post(address, '"', body, "/-/batch")).problem == "malformed-field"


async def test_with_another_key_it_is_another_request(address: Address) -> None:
    """And without one each is."""
    keys = ('"a"', '"b"')
    assert [(await post(address, key)).field("Location") for key in keys] == [
        "/posts/1",
        "/posts/2",
    ]
    for _ in range(2):
        await address.request("POST", "/posts", JSON, b"{}")
    assert await count(address) == 4


@pytest.mark.parametrize(
    ("body", "target", "fields"),
    [
        (b'{"a":2}', "/posts", {}),
        (b'{"a":1}', "/other", {}),
        (b'{"a":1}', "/posts?types=guess", {}),
        (b'{"a":1}', "/posts", {"Content_Type": "application/json5"}),
    ],
)
async def test_a_key_is_for_one_request(
    address: Address, body: bytes, target: str, fields: dict[str, str]
) -> None:
    """For another one it is 422, and nothing is done."""
    await post(address, "key")
    reply = await post(address, "key", body, target, **fields)
    assert (reply.status, reply.problem) == (422, "key-reused")
    assert await count(address) == 1


async def test_what_failed_may_be_tried_again(address: Address) -> None:
    """With the same key: it has changed nothing."""
    for body, status in ((b'{"a":', 400), (b'{"id":[]}', 422), (b'{"id":1}', 201), (b"{}", 422)):
        assert (await post(address, "key", body)).status == status
    taken = await post(address, "other", b'{"id":1}')
    assert taken.status == 409
    await address.request("DELETE", "/posts/1")
    assert (await post(address, "other", b'{"id":1}')).status == 201


async def test_many_at_the_same_time_make_one(address: Address) -> None:
    """However they race."""
    replies = await asyncio.gather(*(post(address, "key") for _ in range(10)))
    assert len({(reply.status, reply.body) for reply in replies}) == 1
    assert await count(address) == 1


async def test_a_precondition_is_not_looked_at_again(address: Address) -> None:
    """It held when the request was done."""
    await post(address, "first")
    tag = (await address.request("GET", "/posts")).field("ETag") or ""
    first = await post(address, "key", If_Match=tag)
    assert first.status == 201
    assert told(await post(address, "key", If_Match=tag)) == told(first)


@pytest.mark.parametrize("key", ["", '""', '"a', "a b", '"\\x"', "é", "x" * 256])
async def test_a_malformed_key_is_refused(address: Address, key: str) -> None:
    """Before anything is done."""
    reply = await post(address, key)
    assert (reply.status, reply.problem) == (400, "malformed-field")
    assert (await address.request("GET", "/posts")).status == 404


async def test_a_key_with_and_without_quotes_is_the_same(address: Address) -> None:
    """Most clients leave them out."""
    assert told(await post(address, "abc-1")) == told(await post(address, '"abc-1"'))


def test_a_key_outlives_kill_and_restart_and_is_kept_for_a_day(tmp_path: Path) -> None:
    """The answer came with the commit, so that it is as durable."""
    fields = {**JSON, "Idempotency-Key": "key"}
    with ServerProcess(tmp_path) as server:
        first = server.request("POST", "/posts", b'{"a":1}', fields)
        server.kill()
    with ServerProcess(tmp_path) as server:
        assert server.request("POST", "/posts", b'{"a":1}', fields).body == first.body
        kept = tmp_path.joinpath(*remembered_place("key"))
        assert kept.is_file()
        then = kept.stat().st_mtime - REMEMBERED_SECONDS
        os.utime(kept, (then, then))
        again = server.request("POST", "/posts", b'{"a":1}', fields)
        assert (first.field("Location"), again.field("Location")) == ("/posts/1", "/posts/2")

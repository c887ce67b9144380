"""Many resources in one request, and large content of every type, over the file store."""

import asyncio
import gzip
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kvput.config import Config
from kvput.content import yaml_text
from kvput.store import open_store
from tests.serving import Address, serving

LINES = {"Content-Type": "application/x-ndjson"}
TABLE = {"Content-Type": "text/csv"}
MIB = 2**20


@pytest.fixture
async def address(tmp_path: Path) -> AsyncIterator[Address]:
    """A server of a folder."""
    store = open_store(tmp_path, read_cache=MIB)
    try:
        async with serving(store, Config(data=tmp_path)) as address:
            yield address
    finally:
        await store.close()


def files(folder: Path) -> set[str]:
    """The files of a collection, its counter among them."""
    return {file.name for file in (folder / "articles").iterdir()}


async def test_a_thousand_rows_are_written_or_none(address: Address, tmp_path: Path) -> None:
    """The id of the last row is taken: no file, and no counter, is left of the others."""
    assert (await address.request("PUT", "/articles/x", {}, b"{}")).status == 201
    before = files(tmp_path)
    body = b"{}\n" * 999
    reply = await address.request("POST", "/articles", LINES, body + b'{"id": "x"}')
    assert (reply.status, reply.problem) == (409, "id-taken")
    assert files(tmp_path) == before
    reply = await address.request("POST", "/articles", LINES, body + b'{"id": "y"}')
    assert reply.status == 201
    rows = reply.json()
    assert isinstance(rows, list)
    assert [row["id"] for row in rows] == [*range(1, 1000), "y"]
    written = {f"{number}.json" for number in range(1, 1000)}
    assert files(tmp_path) == before | written | {"y.json", ".counter"}
    assert (tmp_path / "articles" / ".counter").read_bytes() == b"999\n"


async def test_many_that_are_coded_are_decoded(address: Address) -> None:
    """As other content is."""
    fields = {**LINES, "Content-Encoding": "gzip"}
    reply = await address.request("POST", "/articles", fields, gzip.compress(b'{"a":1}\n[2]'))
    assert (reply.status, reply.json()) == (201, [{"id": 1, "a": 1}, [2]])


async def test_clients_that_post_many_at_once_share_no_number(address: Address) -> None:
    """Each request has numbers of its own, without a gap."""
    replies = await asyncio.gather(
        *(address.request("POST", "/articles", LINES, b"{}\n" * 50) for _ in range(8))
    )
    given = []
    for reply in replies:
        rows = reply.json()
        assert isinstance(rows, list)
        numbers = [row["id"] for row in rows]
        assert numbers == list(range(numbers[0], numbers[0] + 50))
        given += numbers
    assert sorted(given) == list(range(1, 401))


@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        ("application/x-www-form-urlencoded", b"&".join([b"a=%41" + b"x" * 400] * 9999)),
        ("application/yaml", b"- {name: a thing, price: 12.5}\n" * 100_000),
        ("application/x-ndjson", b'"' + b"x" * 4 * MIB + b'"\n[1]'),
        ("text/csv", b"a\n" + (b"x" * 2000 + b"\n") * 2000),
        (
            "multipart/form-data; boundary=B",
            b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n'
            + b"x\r\n--A" * 600_000
            + b"\r\n--B--",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_large_content_keeps_nobody_waiting(
    address: Address, media_type: str, content: bytes
) -> None:
    """While it is read, others are answered."""
    posting = asyncio.create_task(
        address.request("POST", "/articles", {"Content-Type": media_type}, content)
    )
    waits = []
    while not posting.done():
        start = time.monotonic()
        assert (await address.request("GET", "/-/health")).status == 200
        waits.append(time.monotonic() - start)
    assert (await posting).status == 201
    assert len(waits) > 1
    assert max(waits) < 1


YAML = {"Content-Type": "application/yaml"}
JSON = {"Content-Type": "application/json"}


def slow_readers() -> int:
    """The threads there are for content that takes long to read."""
    return sum(thread.name.startswith("kvput-content") for thread in threading.enumerate())


@pytest.mark.parametrize(
    ("fields", "content", "threads"),
    [
        (YAML, b"a: " + b"x" * 15_000, 0),
        (YAML, b"a: " + b"x" * 17_000, 1),
        ({}, b"{a: '" + b"x" * 17_000 + b"'}", 1),
        (JSON, b'"' + b"x" * 300_000 + b'"', 0),
        (LINES, b'"' + b"x" * 300_000 + b'"\n1', 0),
    ],
    ids=["little YAML", "YAML", "JSON5", "JSON", "lines"],
)
async def test_slow_content_has_threads_of_its_own(
    tmp_path: Path, fields: dict[str, str], content: bytes, threads: int
) -> None:
    """They are started when they are needed, and end with the server."""
    store = open_store(tmp_path, read_cache=MIB)
    async with serving(store, Config(data=tmp_path)) as address:
        assert (await address.request("POST", "/articles", fields, content)).status == 201
        assert slow_readers() == threads
    await store.close()
    assert slow_readers() == 0


async def test_slow_content_keeps_no_other_content_waiting(
    address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seven uploads take two threads, and large JSON is read meanwhile."""
    begun, go = threading.Semaphore(0), threading.Event()

    def parse(_: bytes) -> object:
        begun.release()
        assert go.wait(20)
        return {}

    monkeypatch.setattr(yaml_text, "parse", parse)
    slow = b"#" * 20_000
    uploads = [
        asyncio.create_task(address.request("POST", "/articles", YAML, slow)) for _ in range(7)
    ]
    try:
        for _ in range(2):
            assert await asyncio.to_thread(begun.acquire, timeout=20)
        large = b'"' + b"x" * 300_000 + b'"'
        assert (await address.request("PUT", "/large", JSON, large)).status == 201
        assert slow_readers() == 2
        assert not any(upload.done() for upload in uploads)
    finally:
        go.set()
    assert [(await upload).status for upload in uploads] == [201] * 7

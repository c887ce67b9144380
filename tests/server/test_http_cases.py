"""HTTP to the letter: the tables of `http_cases`, row by row, over each store.

Every row has a server and a store of its own. Beside what a row asks, every
answer must have what all answers have: see `_check_any_answer`.
"""

import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from email import message_from_bytes
from email.policy import HTTP
from pathlib import Path
from types import SimpleNamespace

import pytest

from kvput.config import Config
from kvput.paths import ResourcePath, parse_target
from kvput.store import open_store
from kvput.store.base import Batch, Put, Store
from kvput.store.memory import MemoryStore
from tests.server.http_cases import (
    batches,
    bodies,
    codings,
    collections,
    conditions,
    contents,
    methods,
    patching,
    paths,
    posting,
    putting,
    ranges,
    reading,
)
from tests.server.http_cases.case import (
    MODIFIED,
    Answer,
    Case,
    Json,
    Presence,
    Problem,
    Request,
    get,
    tag,
)
from tests.serving import Address, Reply, serving
from tests.test_docs import described_members

TABLES = (
    putting,
    contents,
    codings,
    reading,
    conditions,
    ranges,
    posting,
    patching,
    batches,
    bodies,
    collections,
    methods,
    paths,
)
CASES: tuple[Case, ...] = tuple(case for table in TABLES for case in table.CASES)
GET_CASES = tuple(
    case for case in CASES if case.request.method == "GET" and "Range" not in case.request.fields
)

Open = Callable[[Case], AbstractAsyncContextManager[Address]]
_NOTHING = Case("nothing is stored", "kvput", get("/"), Answer(200))


@pytest.fixture(params=["memory", "files"])
def served(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Serves what a case is given."""

    @asynccontextmanager
    async def serve(case: Case) -> AsyncIterator[Address]:
        given = {_resource(url): content for url, content in case.given.items()}
        if request.param == "memory":
            store = await _memory_store(given, monkeypatch)
        else:
            store = _file_store(given, tmp_path)
        try:
            async with serving(store, Config(data=tmp_path, max_body=case.max_body)) as address:
                yield address
        finally:
            await store.close()

    return serve


def _resource(url: str) -> ResourcePath:
    resource = parse_target(url).resource
    assert resource is not None
    return resource


async def _memory_store(
    given: Mapping[ResourcePath, bytes], monkeypatch: pytest.MonkeyPatch
) -> Store:
    store = MemoryStore()
    writes = tuple(Put(path, content) for path, content in given.items())
    with monkeypatch.context() as patched:
        clock = SimpleNamespace(time_ns=lambda: MODIFIED * 10**9)
        patched.setattr("kvput.store.memory.time", clock)
        await store.commit(lambda _: Batch(writes))
    return store


def _file_store(given: Mapping[ResourcePath, bytes], folder: Path) -> Store:
    for path, content in given.items():
        file = folder / path.file
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        os.utime(file, (MODIFIED, MODIFIED))
    return open_store(folder, read_cache=2**20)


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_the_answer_is_the_one_that_is_due(case: Case, served: Open) -> None:
    """A request in a given situation has the answer, and the effect, that HTTP asks for."""
    async with served(case) as address:
        reply = await _send(address, case.request)
        _check(reply, case.answer)
        _check_any_answer(reply, case.request)
        due: Mapping[str, bytes | None] = case.after
        if reply.status >= 400 or case.request.method in ("GET", "HEAD", "OPTIONS"):
            due = {**case.given, **case.after}
        for url, content in due.items():
            now = await address.request("GET", url)
            assert (now.body if now.status in (200, 204) else None) == content
        shows_what_it_wrote = case.request.method in ("PUT", "PATCH", "POST")
        if reply.status < 300 and shows_what_it_wrote and not _is_own(case.request):
            await _check_validators(address, reply, case.request)


@pytest.mark.parametrize("case", GET_CASES, ids=str)
async def test_head_has_the_fields_of_get(case: Case, served: Open) -> None:
    """HEAD sends the status and the fields that GET would send, and no content (RFC 9110 9.3.2)."""
    head = Request("HEAD", case.request.target, case.request.content, case.request.fields)
    async with served(case) as address:
        of_get = await _send(address, case.request)
        of_head = await _send(address, head)
    assert of_head.status == of_get.status
    assert _without_date(of_head) == _without_date(of_get)
    assert of_head.body == b""


async def test_several_ranges_come_as_parts_in_the_order_asked_for(served: Open) -> None:
    """A part has its range's bytes, its Content-Range and the type of the whole (RFC 9110 14.6)."""
    content = b'"01234567"'
    async with served(replace(_NOTHING, given={"/a/1": content})) as address:
        reply = await address.request("GET", "/a/1", {"Range": "bytes=8-9, 0-1,50-60, -3"})
    assert reply.status == 206
    message = message_from_bytes(
        f"Content-Type: {reply.field('Content-Type')}\r\n\r\n".encode() + reply.body, policy=HTTP
    )
    assert message.get_content_type() == "multipart/byteranges"
    assert not message.defects
    parts = [
        (part["Content-Range"], part["Content-Type"], part.get_payload(decode=True))
        for part in message.iter_parts()
    ]
    assert parts == [
        ("bytes 8-9/10", "application/json", b'7"'),
        ("bytes 0-1/10", "application/json", b'"0'),
        ("bytes 7-9/10", "application/json", b'67"'),
    ]


async def test_a_number_is_never_given_twice(served: Open) -> None:
    """Not after its resource was deleted, nor when a client chose it (RFC 9110 9.3.3)."""
    async with served(_NOTHING) as address:
        locations = []
        for content in (b"{}", b"{}", b'{"id": 7}', b"{}"):
            reply = await address.request("POST", "/a", {}, content)
            locations.append(reply.field("Location"))
        for url in ("/a/8", "/a/7", "/a/2", "/a/1"):
            assert (await address.request("DELETE", url)).status == 200
        last = await address.request("POST", "/a", {}, b"{}")
        assert locations == ["/a/1", "/a/2", "/a/7", "/a/8"]
        assert last.field("Location") == "/a/9"


async def test_the_tag_is_of_the_bytes_alone(served: Open) -> None:
    """The same bytes have the same strong tag everywhere, and again later (RFC 9110 8.8.3)."""
    async with served(_NOTHING) as address:
        tags = [
            (await address.request("PUT", target, {}, content)).field("ETag")
            for target, content in (
                ("/a", b"[1]"),
                ("/a", b"[2]"),
                ("/b/c", b"[1]"),
                ("/a", b"[1]"),
            )
        ]
    assert tags == [tag(b"[1]"), tag(b"[2]"), tag(b"[1]"), tag(b"[1]")]
    assert tag(b"[1]") != tag(b"[2]")


async def test_a_deleted_resource_is_gone_for_every_method(served: Open) -> None:
    """After DELETE there is nothing to read, to delete or to condition on (RFC 9110 9.3.5)."""
    async with served(replace(_NOTHING, given={"/a/1": b"{}"})) as address:
        statuses = [
            (await address.request(method, "/a/1", fields, content)).status
            for method, fields, content in (
                ("DELETE", {}, None),
                ("GET", {}, None),
                ("HEAD", {}, None),
                ("DELETE", {}, None),
                ("PUT", {"If-Match": "*"}, b"{}"),
                ("PUT", {"If-None-Match": "*"}, b"{}"),
            )
        ]
    assert statuses == [200, 404, 404, 404, 412, 201]


def test_no_situation_stands_twice() -> None:
    """The name of a row says which one it is."""
    names = [case.name for case in CASES]
    assert sorted(set(names)) == sorted(names)


async def _send(address: Address, request: Request) -> Reply:
    return await address.request(request.method, request.target, request.fields, request.content)


async def _check_validators(address: Address, reply: Reply, request: Request) -> None:
    """The validators of what was written, where there are any, are those that GET has then."""
    now = await address.request("GET", reply.field("Location") or request.target)
    if reply.field("ETag") is not None:
        assert reply.field("ETag") == now.field("ETag")
        assert reply.field("Last-Modified") == now.field("Last-Modified")
    if reply.body:
        assert reply.body == now.body


def _check(reply: Reply, due: Answer) -> None:
    assert reply.status == due.status, reply.body
    for name, expected in due.fields.items():
        if isinstance(expected, Presence):
            assert reply.field(name), name
        else:
            assert reply.field(name) == expected, name
    match due.body:
        case bytes():
            assert reply.body == due.body
        case Json(value):
            assert reply.json() == value
        case Problem(name, members):
            document = reply.json()
            assert isinstance(document, dict)
            assert reply.problem == name, document["detail"]
            assert {key: document.get(key) for key in members} == members
        case None:
            pass


def _check_any_answer(reply: Reply, request: Request) -> None:
    assert reply.field("Date") is not None
    assert reply.field("Vary") == "Origin"
    assert reply.field("X-Content-Type-Options") == "nosniff"
    if reply.status >= 400 and request.method != "HEAD":
        _check_problem(reply, request)
    if reply.status in (204, 304):
        # RFC 9110 8.6: no Content-Length in 204; in 304 only the one that 200 would have.
        assert reply.field("Content-Length") is None
        assert reply.field("Content-Type") is None
    if request.method in ("GET", "HEAD") and not _is_own(request):
        assert reply.field("Cache-Control") == "no-cache"


def _check_problem(reply: Reply, request: Request) -> None:
    assert reply.field("Content-Type") == "application/problem+json"
    document = reply.json()
    assert isinstance(document, dict)
    assert list(document)[:6] == ["type", "title", "status", "detail", "instance", "message"]
    assert document["type"].startswith("urn:kvput:problem:")
    # What a problem has beyond that is described where problems are.
    described = described_members(reply.problem)
    if request.target == "/-/batch":
        described |= {"operation", "pointer"}
    assert set(list(document)[6:]) <= described
    assert document["status"] == reply.status
    assert document["title"]
    assert document["detail"]
    assert document["message"] == document["detail"]
    path = request.target.partition("?")[0].encode("utf-8", "surrogateescape")
    assert document["instance"] == path.decode("utf-8", "replace")


def _is_own(request: Request) -> bool:
    """Whether the target is a page of the server's own."""
    return request.target.startswith("/-/")


def _without_date(reply: Reply) -> list[tuple[str, str]]:
    return [(name, value) for name, value in reply.fields if name != "Date"]

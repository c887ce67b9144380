"""What happens on a connection: persistence, framing, expectations, and bytes that are no HTTP."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from kvput.config import Config
from kvput.paths import ResourcePath
from kvput.store.base import Entry
from kvput.store.memory import MemoryStore
from tests.serving import Address, Reply, read_reply, request_bytes, serving

MAX_BODY = 1000
SHOE = b'{"color": "red"}'
HAT = b'{"color": "blue"}'
TOO_LARGE = b'"' + b"x" * MAX_BODY + b'"'
# Longer than what goes over a connection at once.
FAR_TOO_LARGE = b'"' + b"x" * 3_000_000 + b'"'
HOST = b"Host: localhost\r\n"
SOON = 0.2
"""Seconds in which what is to come has come."""


@dataclass(frozen=True, slots=True)
class Wire:
    """One connection to the server, on which nothing is added and nothing hidden."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        """Send bytes."""
        self.writer.write(data)
        await self.writer.drain()

    async def reply(self, *, head: bool = False) -> Reply:
        """The next answer."""
        async with asyncio.timeout(5):
            return await read_reply(self.reader, head=head)

    async def ask(self, method: str, target: str, content: bytes | None = None) -> Reply:
        """Send a request and read its answer."""
        await self.send(request_bytes(method, target, {}, content))
        return await self.reply(head=method == "HEAD")

    async def is_silent(self) -> bool:
        """Whether nothing comes, not even the end."""
        try:
            async with asyncio.timeout(SOON):
                await self.reader.readexactly(1)
        except TimeoutError:
            return True
        except asyncio.IncompleteReadError:
            return False
        return False

    async def is_closed(self) -> bool:
        """Whether the server closes, and sends nothing before."""
        async with asyncio.timeout(5):
            return await self.reader.read() == b""

    async def is_open(self) -> bool:
        """Whether the next request is answered, and with its own answer."""
        return (await self.ask("GET", "/a/1")).body == SHOE


Connect = Callable[[], AbstractAsyncContextManager[Wire]]


@pytest.fixture
async def address(tmp_path: Path) -> AsyncIterator[Address]:
    """A server that has `/a/1`."""
    async with serving(MemoryStore(), Config(data=tmp_path, max_body=MAX_BODY)) as served:
        assert (await served.request("PUT", "/a/1", {}, SHOE)).status == 201
        yield served


@pytest.fixture
def connect(address: Address) -> Connect:
    """Connects to the server."""

    @asynccontextmanager
    async def connected() -> AsyncIterator[Wire]:
        reader, writer = await asyncio.open_connection(address.host, address.port)
        try:
            yield Wire(reader, writer)
        finally:
            writer.close()

    return connected


@pytest.fixture
async def wire(connect: Connect) -> AsyncIterator[Wire]:
    """One connection."""
    async with connect() as connected:
        yield connected


def _start(value: object) -> str | None:
    """The name of a parameter: of bytes their beginning."""
    return ascii(value[:50])[2:-1] if isinstance(value, bytes) else None


async def _stored(address: Address) -> bytes:
    return (await address.request("GET", "/a/1")).body


# --- persistence


async def test_a_connection_persists(wire: Wire) -> None:
    """HTTP/1.1 keeps it without a word, whatever the answers are (RFC 9112 section 9.3)."""
    for method, target, content, status in (
        ("GET", "/a/1", None, 200),
        ("HEAD", "/a/1", None, 200),
        ("PUT", "/a/1", b"{}", 204),
        ("PUT", "/a/1", SHOE, 200),
        ("PUT", "/a/1", b"{,}", 400),
        ("GET", "/nothing", None, 404),
        ("HEAD", "/nothing", None, 404),
        ("GET", "/a/..", None, 400),
        ("PATCH", "/a/1", b"{}", 415),
        ("OPTIONS", "/a/1", None, 204),
        ("GET", "/a/1", None, 200),
    ):
        reply = await wire.ask(method, target, content)
        assert reply.status == status
        assert reply.field("Connection") is None


async def test_an_answer_without_content_ends_where_its_fields_do(wire: Wire) -> None:
    """304, 204 and the answers to HEAD leave nothing on the connection (RFC 9112 section 6.3)."""
    known = request_bytes("GET", "/a/1", {"If-None-Match": "*"})
    options = request_bytes("OPTIONS", "/a/1")
    head = request_bytes("HEAD", "/a/1")
    await wire.send(known + options + head + head)
    statuses = [(await wire.reply()).status, (await wire.reply()).status]
    lengths = [(await wire.reply(head=True)).field("Content-Length") for _ in range(2)]
    assert statuses == [304, 204]
    assert lengths == [str(len(SHOE))] * 2
    assert await wire.is_open()


async def test_the_client_closes(wire: Wire) -> None:
    """Connection: close is answered with the same, and with the end (RFC 9112 section 9.6)."""
    await wire.send(request_bytes("GET", "/a/1", {"Connection": "close"}))
    reply = await wire.reply()
    assert reply.body == SHOE
    assert reply.field("Connection") == "close"
    assert await wire.is_closed()


async def test_what_follows_the_last_request_is_not_answered(address: Address, wire: Wire) -> None:
    """After Connection: close nothing more is taken (RFC 9112 section 9.6)."""
    last = request_bytes("GET", "/a/1", {"Connection": "close"})
    await wire.send(last)
    await wire.send(request_bytes("PUT", "/a/1", {}, HAT))
    await wire.reply()
    assert await wire.is_closed()
    assert await _stored(address) == SHOE


async def test_requests_in_one_go_are_answered_in_their_order(wire: Wire) -> None:
    """Pipelining, over writes and reads (RFC 9112 section 9.3.2)."""
    requests = [request_bytes("GET", "/a/1")]
    for number in range(40):
        content = b"[%d]" % number
        requests += [request_bytes("PUT", "/b/1", {}, content), request_bytes("GET", "/b/1")]
    await wire.send(b"".join(requests))
    assert (await wire.reply()).body == SHOE
    for number in range(40):
        written, read = await wire.reply(), await wire.reply()
        assert written.status == (200 if number else 201)
        assert written.body == read.body == b"[%d]" % number


class CountingStore(MemoryStore):
    """Tells how often it was read."""

    reads = 0

    async def get(self, path: ResourcePath) -> Entry | None:
        """See `Store.get`."""
        self.reads += 1
        return await super().get(path)


async def test_a_client_that_reads_nothing_gets_no_more_answers(tmp_path: Path) -> None:
    """They are not piled up in memory for it, but made as it reads them."""
    requests, content = 600, b'"' + b"x" * 60_000 + b'"'
    store = CountingStore()
    async with serving(store, Config(data=tmp_path)) as address:
        await address.request("PUT", "/a", {}, content)
        narrow = socket.socket()
        narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        narrow.setblocking(False)
        await asyncio.get_running_loop().sock_connect(narrow, (address.host, address.port))
        reader, writer = await asyncio.open_connection(sock=narrow)
        wire = Wire(reader, writer)
        writer.write(request_bytes("GET", "/a") * requests)
        before = -1
        while before != store.reads:
            before = store.reads
            await asyncio.sleep(SOON)
        assert 0 < store.reads < requests / 2
        for _ in range(requests):
            assert (await wire.reply()).body == content
        assert store.reads == requests
        writer.close()


async def test_a_request_may_come_byte_by_byte(wire: Wire) -> None:
    """Where the network cuts a message does not matter."""
    for byte in request_bytes("PUT", "/a/1", {}, HAT):
        await wire.send(bytes([byte]))
        await asyncio.sleep(0)
    assert (await wire.reply()).body == HAT


@pytest.mark.parametrize("sent", [None, "keep-alive"])
async def test_http_1_0_persists_when_asked_to(wire: Wire, sent: str | None) -> None:
    """And the answer says so; else the connection ends (RFC 9112 section 9.3)."""
    connection = f"Connection: {sent}\r\n".encode() if sent else b""
    await wire.send(b"GET /a/1 HTTP/1.0\r\n" + HOST + connection + b"\r\n")
    reply = await wire.reply()
    assert reply.body == SHOE
    if sent:
        assert reply.field("Connection") == "keep-alive"
        assert await wire.is_open()
    else:
        assert reply.field("Connection") == "close"
        assert await wire.is_closed()


@pytest.mark.parametrize("method", ["GET", "PUT"])
async def test_http_1_0_does_not_persist_after_chunks(wire: Wire, method: str) -> None:
    """It knows of none, so that the framing may be another to others (RFC 9112 section 6.1)."""
    fields = b"Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(SHOE), SHOE)
    await wire.send(f"{method} /a/1 HTTP/1.0\r\n".encode() + HOST + fields + chunked)
    reply = await wire.reply()
    assert (reply.status, reply.body) == (200, SHOE)
    assert reply.field("Connection") == "close"
    assert await wire.is_closed()


# --- content and its framing


@pytest.mark.parametrize(
    ("name", "chunked"),
    [
        ("one chunk", b"11\r\n" + HAT + b"\r\n0\r\n\r\n"),
        ("a chunk per byte", b"".join(b"1\r\n%c\r\n" % byte for byte in HAT) + b"0\r\n\r\n"),
        (
            "leading zeros and capitals",
            b"000A\r\n%s\r\n7\r\n%s\r\n0\r\n\r\n" % (HAT[:10], HAT[10:]),
        ),
        ("extensions", b'11;a;b=c;d="e;f"\r\n' + HAT + b"\r\n0;x\r\n\r\n"),
        ("trailers", b"11\r\n" + HAT + b"\r\n0\r\nX-Sum: 1\r\nContent-Type: text/plain\r\n\r\n"),
    ],
    ids=_start,
)
async def test_content_in_chunks(address: Address, wire: Wire, name: str, chunked: bytes) -> None:
    """Chunks are put together, and what stands beside them is left out (RFC 9112 section 7.1)."""
    await wire.send(request_bytes("PUT", "/a/1", {"Transfer-Encoding": "chunked"}, chunked))
    assert (await wire.reply()).status == 200, name
    assert await _stored(address) == HAT
    assert (await wire.ask("GET", "/a/1")).body == HAT


@pytest.mark.parametrize(
    ("name", "chunked"),
    [
        ("a size that is none", b"zz\r\n" + HAT + b"\r\n0\r\n\r\n"),
        ("a negative size", b"-11\r\n" + HAT + b"\r\n0\r\n\r\n"),
        ("a size in hexadecimal of C", b"0x11\r\n" + HAT + b"\r\n0\r\n\r\n"),
        ("a size that is too small", b"10\r\n" + HAT + b"\r\n0\r\n\r\n"),
        ("a size beyond 64 bits", b"f" * 20 + b"\r\n" + HAT + b"\r\n0\r\n\r\n"),
        ("line feeds alone", b"11\n" + HAT + b"\n0\n\n"),
        ("no line break after the chunk", b"11\r\n" + HAT + b"0\r\n\r\n"),
        ("a second chunk that is none", b"11\r\n" + HAT + b"\r\nGET / HTTP/1.1\r\n"),
    ],
    ids=_start,
)
@pytest.mark.parametrize("at_once", [True, False])
async def test_broken_chunks(
    address: Address, wire: Wire, name: str, chunked: bytes, at_once: bool
) -> None:
    """400, and no more on this connection: where the next request begins is not known."""
    head = request_bytes("PUT", "/a/1", {"Transfer-Encoding": "chunked"})
    if at_once:
        await wire.send(head + chunked)
    else:
        await wire.send(head)
        await asyncio.sleep(0.01)
        await wire.send(chunked)
    reply = await wire.reply()
    assert (reply.status, reply.problem) == (400, "malformed-request"), name
    assert reply.field("Connection") == "close"
    await wire.send(request_bytes("DELETE", "/a/1"))
    assert await _stored(address) == SHOE


@pytest.mark.parametrize(
    "fields",
    [
        b"Content-Length: -1\r\n",
        b"Content-Length: +17\r\n",
        b"Content-Length: 1_7\r\n",
        b"Content-Length: 17, 17\r\n",
        b"Content-Length: 17\r\nContent-Length: 18\r\n",
        b"Content-Length: 17\r\nContent-Length: 17\r\n",
        b"Content-Length: 99999999999999999999999\r\n",
        b"Content-Length: 17\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 17\r\n",
        b"Transfer-Encoding: gzip\r\n",
        b"Transfer-Encoding: chunked, gzip\r\n",
        b"Transfer-Encoding: chunked, chunked\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Transfer-Encoding : chunked\r\n",
        b"Content-Type: text/plain\r\nContent-Type: application/json\r\nContent-Length: 17\r\n",
    ],
    ids=_start,
)
async def test_framing_that_two_servers_could_read_differently(
    address: Address, wire: Wire, fields: bytes
) -> None:
    """400, closed, and nothing of it done: no request can be smuggled (RFC 9112 section 11.2)."""
    content = b"11\r\n" + HAT + b"\r\n0\r\n\r\n" if b"chunked" in fields else HAT
    await wire.send(b"PUT /a/1 HTTP/1.1\r\n" + HOST + fields + b"\r\n" + content)
    reply = await wire.reply()
    assert (reply.status, reply.problem) == (400, "malformed-request")
    assert reply.field("Connection") == "close"
    assert await wire.is_closed()
    assert await _stored(address) == SHOE


async def test_a_transfer_coding_that_is_not_known(address: Address, wire: Wire) -> None:
    """Content that cannot be decoded is not taken for what it is not (RFC 9112 section 6.1)."""
    fields = {"Transfer-Encoding": "gzip, chunked"}
    await wire.send(request_bytes("PUT", "/a/1", fields, b"11\r\n" + HAT + b"\r\n0\r\n\r\n"))
    assert (await wire.reply()).problem == "malformed-request"
    assert await _stored(address) == SHOE


@pytest.mark.parametrize(
    "unfinished",
    [
        request_bytes("PUT", "/a/1", {"Content-Length": "17"}, HAT[:9]),
        request_bytes("PUT", "/a/1", {"Content-Length": "19"}, HAT),
        request_bytes("PUT", "/a/1", {"Content-Length": "17"}),
        request_bytes("PUT", "/a/1", {"Transfer-Encoding": "chunked"}, b"11\r\n" + HAT + b"\r\n"),
        request_bytes("PUT", "/a/1", {"Transfer-Encoding": "chunked"}, b"11\r\n" + HAT[:5]),
        request_bytes("PUT", "/a/1")[:-2],
    ],
    ids=_start,
)
@pytest.mark.parametrize("ending", ["closes", "resets"])
async def test_a_request_that_breaks_off(
    address: Address, connect: Connect, unfinished: bytes, ending: str
) -> None:
    """Nothing is stored, and the others are served (RFC 9112 section 8)."""
    async with connect() as wire:
        await wire.send(unfinished)
        await asyncio.sleep(0.01)
        if ending == "resets":
            wire.writer.transport.abort()
    await asyncio.sleep(0.01)
    assert await _stored(address) == SHOE


async def test_content_of_a_request_that_has_no_use_for_it(wire: Wire) -> None:
    """It is passed over, so that the next request is found (RFC 9110 section 9.3.1)."""
    for method in ("GET", "OPTIONS", "PATCH"):
        await wire.send(request_bytes(method, "/a/1", {}, b"GET /x HTTP/1.1\r\n\r\n"))
        assert (await wire.reply()).status in (200, 204, 415)
    assert await wire.is_open()


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Range": "bytes 0-1/2"}, 400),
        ({"If-Match": '"x"'}, 412),
        ({"Host": "evil.example"}, 403),
    ],
)
async def test_content_that_is_refused_is_passed_over(
    wire: Wire, fields: dict[str, str], status: int
) -> None:
    """Where all of it is on its way, the connection persists (RFC 9112 section 9.3)."""
    await wire.send(request_bytes("PUT", "/a/1", fields, HAT))
    assert (await wire.reply()).status == status
    assert await wire.is_open()


@pytest.mark.parametrize("content", [TOO_LARGE, FAR_TOO_LARGE], ids=len)
@pytest.mark.parametrize("chunked", [False, True])
async def test_a_client_that_sends_too_much_gets_its_answer(
    address: Address, wire: Wire, content: bytes, chunked: bool
) -> None:
    """413 arrives also while the client still sends, and is the last (RFC 9110 15.5.14)."""
    if chunked:
        framed = b"%x\r\n%s\r\n0\r\n\r\n" % (len(content), content)
        sent = request_bytes("PUT", "/a/1", {"Transfer-Encoding": "chunked"}, framed)
    else:
        sent = request_bytes("PUT", "/a/1", {}, content)
    sending = asyncio.create_task(wire.send(sent))
    reply = await wire.reply()
    async with asyncio.timeout(5):
        await sending
    assert (reply.status, reply.problem) == (413, "content-too-large")
    if len(content) > 2 * MAX_BODY:
        assert reply.field("Connection") == "close"
        assert await wire.is_closed()
    assert await _stored(address) == SHOE


# --- expectations (RFC 9110 section 10.1.1)


@pytest.mark.parametrize("value", ["100-continue", "100-Continue"])
async def test_a_client_is_told_to_go_on(wire: Wire, value: str) -> None:
    """100 comes before the content, the answer after it, and the connection persists."""
    await wire.send(request_bytes("PUT", "/a/1", {"Expect": value, "Content-Length": "17"}))
    interim = await wire.reply()
    assert (interim.status, interim.fields) == (100, ())
    assert await wire.is_silent()
    await wire.send(HAT)
    assert (await wire.reply()).body == HAT
    assert (await wire.ask("GET", "/a/1")).body == HAT


async def test_a_client_that_goes_on_untold(wire: Wire) -> None:
    """Content that is there already changes nothing about the answer."""
    await wire.send(request_bytes("PUT", "/a/1", {"Expect": "100-continue"}, HAT))
    replies = [await wire.reply()]
    if replies[0].status == 100:
        replies.append(await wire.reply())
    assert replies[-1].body == HAT


async def test_a_fault_in_content_that_was_asked_for(wire: Wire) -> None:
    """A refusal may follow 100, and is whole."""
    fields = {"Expect": "100-continue", "Content-Length": "3"}
    await wire.send(request_bytes("PUT", "/a/1", fields))
    assert (await wire.reply()).status == 100
    await wire.send(b"{,}")
    assert (await wire.reply()).problem == "malformed-content"
    assert await wire.is_open()


@pytest.mark.parametrize(
    ("method", "target", "fields", "status"),
    [
        ("PUT", "/a/1", {"If-Match": '"x"'}, 412),
        ("PUT", "/a/1", {"If-None-Match": "*"}, 412),
        ("PUT", "/a/1", {"Content-Length": str(MAX_BODY + 1)}, 413),
        ("PUT", "/a/1", {"Content-Type": "text/plain"}, 415),
        ("PUT", "/a/1", {"Content-Encoding": "br"}, 415),
        ("PUT", "/a/1", {"Content-Range": "bytes 0-1/2"}, 400),
        ("PUT", "/a/1", {"Origin": "https://evil.example"}, 403),
        ("PUT", "/a/1", {"Host": "evil.example"}, 403),
        ("PUT", "/a/..", {}, 400),
        ("PUT", "/a/", {}, 405),
        ("PATCH", "/a", {}, 405),
        ("POST", "/", {}, 405),
        ("POST", "/a", {"Content-Type": "text/plain"}, 415),
        ("POST", "/a", {"Content-Length": str(MAX_BODY + 1)}, 413),
        ("GET", "/a/1", {}, 200),
        ("GET", "/a/2", {}, 404),
        ("OPTIONS", "/a/1", {}, 204),
    ],
)
async def test_a_client_is_refused_before_it_sends(
    address: Address, wire: Wire, method: str, target: str, fields: dict[str, str], status: int
) -> None:
    """No 100, and no more on this connection: what follows may be content or a request."""
    fields = {"Content-Length": "17", **fields, "Expect": "100-continue"}
    await wire.send(request_bytes(method, target, fields))
    reply = await wire.reply()
    assert reply.status == status
    assert reply.field("Connection") == "close"
    await wire.send(request_bytes("DELETE", "/a/1"))
    assert await _stored(address) == SHOE


async def test_an_unknown_expectation(address: Address, wire: Wire) -> None:
    """417 for a method that changes something."""
    await wire.send(request_bytes("PUT", "/a/1", {"Expect": "200-ok"}, HAT))
    assert (await wire.reply()).problem == "expectation-failed"
    await wire.send(request_bytes("DELETE", "/a/1", {"Expect": "a miracle"}))
    assert (await wire.reply()).problem == "expectation-failed"
    assert await _stored(address) == SHOE


async def test_http_1_0_expects_nothing(wire: Wire) -> None:
    """The expectation is ignored: no interim answer in HTTP/1.0."""
    fields = b"Expect: 100-continue\r\nContent-Length: 17\r\n\r\n"
    await wire.send(b"PUT /a/1 HTTP/1.0\r\n" + HOST + fields + HAT)
    assert (await wire.reply()).body == HAT


async def test_nobody_is_told_to_go_on_without_content(wire: Wire) -> None:
    """A PUT of nothing has nothing to wait for."""
    await wire.send(request_bytes("PUT", "/a/1", {"Expect": "100-continue"}, b""))
    replies = [await wire.reply()]
    if replies[0].status == 100:
        replies.append(await wire.reply())
    assert replies[-1].status == 204
    assert (await wire.ask("GET", "/a/1")).status == 204


# --- the request line and the fields


@pytest.mark.parametrize(
    ("sent", "status", "name"),
    [
        (b"GET /\xc3\xb6 HTTP/1.1\r\n" + HOST, 400, "malformed-request"),
        (b"GET /\xff HTTP/1.1\r\n" + HOST, 400, "malformed-request"),
        (b"GET /a b HTTP/1.1\r\n" + HOST, 400, "malformed-request"),
        (b"GET a/1 HTTP/1.1\r\n" + HOST, 400, "malformed-request"),
        (b"GET * HTTP/1.1\r\n" + HOST, 400, "malformed-request"),
        (b"GET / HTTP/1.1 x\r\n" + HOST, 400, "malformed-request"),
        (b"GET / HTTP/1.9\r\n" + HOST, 400, "malformed-request"),
        (b"GET / HTTP/x\r\n" + HOST, 400, "malformed-request"),
        (b"GET / SMTP/1.1\r\n" + HOST, 400, "malformed-request"),
        (b"GET / HTTP/1.1\nHost: localhost\n", 400, "malformed-request"),
        (b"GET / HTTP/1.1\r\n" + HOST + b"no colon\r\n", 400, "malformed-request"),
        (b"GET / HTTP/1.1\r\n" + HOST + b": no name\r\n", 400, "malformed-request"),
        (b"GET / HTTP/1.1\r\n" + HOST + b"A : b\r\n", 400, "malformed-request"),
        (b"GET / HTTP/1.1\r\n" + HOST + b"A: b\r\n folded\r\n", 400, "malformed-request"),
        (b"GET / HTTP/1.1\r\n" + HOST + b"A: b\0c\r\n", 400, "malformed-request"),
        (b"GET / HTTP/1.1\r\n" + HOST + b"A: b\rc\r\n", 400, "malformed-request"),
        (b"GET / HTTP/1.1\r\n", 400, "malformed-request"),
        (b"GET / HTTP/1.1\r\n" + HOST + HOST, 400, "malformed-request"),
        (b"GET / HTTP/1.1\r\n" + HOST + b"Host: evil.example\r\n", 400, "malformed-request"),
        (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\n" + HOST, 414, "path-too-long"),
        (b"GET /" + b"x" * 200_000 + b" HTTP/1.1\r\n" + HOST, 414, "path-too-long"),
        (b"GET /?" + b"x" * 9000 + b" HTTP/1.1\r\n" + HOST, 414, "path-too-long"),
        (b"GET / HTTP/1.1\r\n" + HOST + b"A: " + b"x" * 9000 + b"\r\n", 431, "fields-too-large"),
        (b"GET / HTTP/1.1\r\n" + HOST + b"A" * 9000 + b": x\r\n", 431, "fields-too-large"),
        (b"GET / HTTP/1.1\r\n" + HOST + b"A: x\r\n" * 1000, 431, "fields-too-large"),
        (b"get / HTTP/1.1\r\n" + HOST, 501, "method-not-implemented"),
        (b"BREW / HTTP/1.1\r\n" + HOST, 501, "method-not-implemented"),
        (b"G@T / HTTP/1.1\r\n" + HOST, 501, "method-not-implemented"),
        (b"GARBAGE\r\n", 501, "method-not-implemented"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n", 501, "method-not-implemented"),
    ],
    ids=_start,
)
async def test_what_is_no_request(wire: Wire, sent: bytes, status: int, name: str) -> None:
    """A problem document and the end: nothing after it could be understood (RFC 9112 2.2)."""
    await wire.send(sent + b"\r\n")
    reply = await wire.reply()
    assert (reply.status, reply.problem) == (status, name)
    assert reply.field("Connection") == "close"
    assert reply.field("Vary") == "Origin"
    assert reply.field("X-Content-Type-Options") == "nosniff"
    document = reply.json()
    assert isinstance(document, dict)
    assert list(document) == ["type", "title", "status", "detail", "message"]
    assert document["detail"].isprintable()
    assert await wire.is_closed()


async def test_a_request_before_what_is_none_is_answered(wire: Wire) -> None:
    """The answers come in order, the refusal last."""
    await wire.send(request_bytes("GET", "/a/1"))
    assert (await wire.reply()).body == SHOE
    await wire.send(b"nonsense\r\n\r\n")
    assert (await wire.reply()).status == 501
    assert await wire.is_closed()


async def test_a_write_in_one_go_with_what_is_no_request(address: Address, wire: Wire) -> None:
    """The first answer tells whether it was done."""
    await wire.send(request_bytes("PUT", "/a/1", {}, HAT) + b"nonsense\r\n\r\n")
    done = (await wire.reply()).status == 200
    assert await _stored(address) == (HAT if done else SHOE)


@pytest.mark.parametrize(
    "sent",
    [
        b"\r\n\r\nGET /a/1 HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET http://localhost/a/1 HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET HTTP://LocalHost:1/a/1 HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET https://127.0.0.1/a/1?x HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET /a/1 HTTP/1.1\r\n" + HOST + b"A:b\r\nC:\td \t\r\nE:\r\n\r\n",
        b"GET /a/1 HTTP/1.1\r\nhOST: localhost\r\n\r\n",
        b"GET /a/1 HTTP/1.1\r\n" + HOST + b"X-Name: gr\xf6\xc3\xb6\xff\r\n\r\n",
        b"GET /a/1 HTTP/1.1\r\n" + HOST + b"A: x\r\n" * 100 + b"\r\n",
        b"GET /a/1 HTTP/1.1\r\n" + HOST + b"A: " + b"x" * 8000 + b"\r\n\r\n",
        b"GET /a/1?" + b"x" * 8000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    ],
    ids=_start,
)
async def test_what_is_a_request_all_the_same(wire: Wire, sent: bytes) -> None:
    """Empty lines before it, an absolute target, fields of any look and number (RFC 9112 2.2)."""
    await wire.send(sent)
    assert (await wire.reply()).body == SHOE
    assert await wire.is_open()


async def test_an_absolute_target_without_a_path_is_the_root(wire: Wire) -> None:
    """RFC 9110 section 4.2.3: an empty path is the root's."""
    await wire.send(b"GET http://localhost HTTP/1.1\r\n" + HOST + b"\r\n")
    assert (await wire.reply()).json() == {"collections": ["/a"], "resources": []}


async def test_options_of_the_whole_server(wire: Wire) -> None:
    """The asterisk stands for the server itself (RFC 9112 section 3.2.4)."""
    assert (await wire.ask("OPTIONS", "*")).status == 204
    assert await wire.is_open()


@pytest.mark.parametrize(
    "target", ["ftp://localhost/a/1", "localhost:80", "http:///a/1", "mailto:x@localhost"]
)
async def test_a_target_of_another_kind(wire: Wire, target: str) -> None:
    """What names nothing here is refused, and not taken for a path."""
    assert (await wire.ask("GET", target)).status in (400, 403)


async def test_a_tunnel_is_not_made(wire: Wire) -> None:
    """CONNECT is refused, and what follows is not passed on."""
    await wire.send(b"CONNECT localhost:80 HTTP/1.1\r\n" + HOST + b"\r\n")
    assert (await wire.reply()).status in (400, 405)


@pytest.mark.parametrize(
    "fields",
    [
        {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Version": "13",
        },
        {"Upgrade": "h2c", "Connection": "Upgrade, HTTP2-Settings", "HTTP2-Settings": "AAMA"},
        {"Upgrade": "TLS/1.0", "Connection": "upgrade"},
    ],
)
async def test_an_upgrade_is_ignored(wire: Wire, fields: dict[str, str]) -> None:
    """The request is answered as if it had not been asked (RFC 9110 section 7.8)."""
    await wire.send(request_bytes("GET", "/a/1", fields))
    reply = await wire.reply()
    assert (reply.status, reply.body) == (200, SHOE)
    assert reply.field("Upgrade") is None
    assert await wire.is_open()


async def test_a_write_with_an_upgrade_is_done(address: Address, wire: Wire) -> None:
    """Its content is content, not the other protocol's first bytes (RFC 9110 section 7.8)."""
    fields = {"Upgrade": "h2c", "Connection": "Upgrade"}
    await wire.send(request_bytes("PUT", "/a/1", fields, HAT))
    assert (await wire.reply()).body == HAT
    assert await _stored(address) == HAT


async def test_two_clients_wait_for_nobody(connect: Connect) -> None:
    """A client that keeps its request to itself holds nobody up."""
    async with connect() as slow, connect() as other:
        await slow.send(request_bytes("PUT", "/a/1", {"Content-Length": "17"}, HAT[:5]))
        assert await other.is_open()
        await slow.send(HAT[5:])
        assert (await slow.reply()).body == HAT


# --- a client that closes its side


@pytest.mark.parametrize("gap", [False, True], ids=["at once", "a moment later"])
async def test_a_half_closed_connection_gets_its_answer(wire: Wire, gap: bool) -> None:
    """Who sends no more may still read (RFC 9112 section 9.6); then the server closes, too."""
    await wire.send(request_bytes("PUT", "/a/1", {}, HAT))
    await asyncio.sleep(SOON if gap else 0)
    wire.writer.write_eof()
    reply = await wire.reply()
    assert (reply.status, reply.body) == (200, HAT)
    assert await wire.is_closed()


async def test_all_requests_before_a_half_close_are_answered(address: Address, wire: Wire) -> None:
    """Also those that came in one go (RFC 9112 section 9.3.2)."""
    puts = [request_bytes("PUT", "/a/1", {}, b"[%d]" % number) for number in range(5)]
    await wire.send(b"".join(puts))
    wire.writer.write_eof()
    assert [(await wire.reply()).body for _ in puts] == [b"[0]", b"[1]", b"[2]", b"[3]", b"[4]"]
    assert await wire.is_closed()
    assert await _stored(address) == b"[4]"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"BAD\r\n\r\n", 501),
        (b"GET /a/1 HTTP/1.1\r\n\r\n", 400),
        (b"GET /a/1 HTTP/1.1\r\n" + HOST + HOST + b"\r\n", 400),
    ],
    ids=_start,
)
@pytest.mark.parametrize("gap", [False, True], ids=["at once", "a moment later"])
async def test_a_half_close_after_what_is_no_request(
    wire: Wire, sent: bytes, status: int, gap: bool
) -> None:
    """The client learns what is wrong all the same."""
    await wire.send(sent)
    await asyncio.sleep(SOON if gap else 0)
    wire.writer.write_eof()
    assert (await wire.reply()).status == status
    assert await wire.is_closed()


@pytest.mark.parametrize(
    "fields", [{"Content-Length": "100"}, {"Transfer-Encoding": "chunked"}], ids=str
)
async def test_content_that_a_half_close_cuts_off(
    address: Address, wire: Wire, fields: dict[str, str]
) -> None:
    """It is incomplete (RFC 9112 section 8): nothing of it is stored, and the client is told."""
    await wire.send(request_bytes("PUT", "/a/1", fields, b"10\r\n{}"))
    wire.writer.write_eof()
    reply = await wire.reply()
    assert (reply.status, reply.problem) == (400, "malformed-request")
    assert await wire.is_closed()
    assert await _stored(address) == SHOE


@pytest.mark.parametrize("sent", [b"", b"GET /a/1 HT"], ids=["nothing", "half a request line"])
async def test_a_half_close_without_a_request(wire: Wire, sent: bytes) -> None:
    """The connection is closed, and no answer invented."""
    await wire.send(sent)
    wire.writer.write_eof()
    assert await wire.is_closed()


# --- versions


@pytest.mark.parametrize("version", [b" HTTP/2.0", b""], ids=["2.0", "none"])
async def test_another_version(wire: Wire, version: bytes) -> None:
    """Only HTTP/1.1 and HTTP/1.0 are spoken (RFC 9110 section 15.6.6)."""
    await wire.send(b"GET /a/1" + version + b"\r\n" + HOST + b"\r\n")
    reply = await wire.reply()
    assert (reply.status, reply.problem) == (505, "version-not-supported")

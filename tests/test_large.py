"""Large resources and many clients: nothing is held in memory that need not be."""

import asyncio
import os
import random
import re
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from kvput.config import Config
from kvput.semantics.validators import content_digest
from kvput.store import open_store
from tests.serving import Address, Reply, ServerProcess, read_reply, request_bytes, serving

MIB = 2**20
SIZE = 40 * MIB
LIMIT = 16 * MIB
"""What a PUT may hold by default."""
BOUNDED = 24 * MIB
"""Memory that the server may take for its work: far less than one large resource."""


def json_text(size: int, seed: int = 1) -> bytes:
    """A JSON text of this many bytes, no two parts of it alike."""
    return b'"' + random.Random(seed).randbytes(size // 2).hex().encode()[: size - 2] + b'"'  # noqa: S311


CONTENT = json_text(SIZE)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with a large file that was put there by hand."""
    (tmp_path / "large.json").write_bytes(CONTENT)
    return tmp_path


@pytest.fixture
def server(data: Path) -> Iterator[ServerProcess]:
    with ServerProcess(data) as running:
        yield running
        code, said = running.stop()
        assert (code, said) == (0, "")


@pytest.fixture
def address(server: ServerProcess) -> Address:
    assert server.address is not None
    return server.address


def memory(server: ServerProcess, line: str) -> int:
    """Bytes of main memory: VmRSS has those in use now, VmHWM the most that ever were."""
    try:
        status = Path(f"/proc/{server.pid}/status").read_text()
    except FileNotFoundError:
        pytest.skip("this system does not tell a process's memory in /proc")
    match = re.search(rf"^{line}:\s+([0-9]+) kB$", status, re.MULTILINE)
    assert match
    return int(match[1]) * 1024


@asynccontextmanager
async def begun(address: Address, path: str) -> AsyncIterator[asyncio.StreamReader]:
    """A GET whose answer has begun, by a client with small buffers that has read nothing of it."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    connection.setblocking(False)
    await asyncio.get_running_loop().sock_connect(connection, (address.host, address.port))
    reader, writer = await asyncio.open_connection(sock=connection, limit=65536)
    try:
        writer.write(request_bytes("GET", path))
        yield reader
    finally:
        await drop(writer)


async def drop(writer: asyncio.StreamWriter) -> None:
    """Close a connection, whatever is still to be sent or read on it."""
    writer.transport.abort()
    with suppress(OSError):
        await writer.wait_closed()


# --- streaming


async def test_a_large_resource_is_streamed(server: ServerProcess, address: Address) -> None:
    """All bytes come, with their tag, and the server holds but a small part of them at a time."""
    before = memory(server, "VmRSS")
    for _ in range(2):
        reply = await address.request("GET", "/large")
        assert reply.body == CONTENT
        assert reply.field("ETag") == f'"{content_digest(CONTENT)}"'
    condition = {"If-None-Match": reply.field("ETag") or ""}
    assert (await address.request("GET", "/large", condition)).status == 304
    head = await address.request("HEAD", "/large")
    assert head.field("Content-Length") == str(SIZE)
    assert head.field("ETag") == reply.field("ETag")
    assert memory(server, "VmHWM") - before < BOUNDED


@pytest.mark.parametrize(
    ("value", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=1048575-1048577", MIB - 1, MIB + 2),
        (f"bytes={SIZE - 5}-", SIZE - 5, SIZE),
        ("bytes=-3000000", SIZE - 3_000_000, SIZE),
        (f"bytes=20000000-{SIZE * 9}", 20_000_000, SIZE),
    ],
)
async def test_a_range_of_a_large_resource(
    value: str, start: int, stop: int, address: Address
) -> None:
    """A part of a large resource is that part, wherever it begins and ends."""
    reply = await address.request("GET", "/large", {"Range": value})
    assert reply.status == 206
    assert reply.field("Content-Range") == f"bytes {start}-{stop - 1}/{SIZE}"
    assert reply.body == CONTENT[start:stop]


async def test_several_ranges_of_a_large_resource(address: Address) -> None:
    """Several parts come in the order asked for, each under its own Content-Range."""
    parts = [(SIZE - 10, SIZE), (0, 10), (5 * MIB, 8 * MIB)]
    wanted = ", ".join(f"{start}-{stop - 1}" for start, stop in parts)
    reply = await address.request("GET", "/large", {"Range": f"bytes={wanted}"})
    kind = re.fullmatch("multipart/byteranges; boundary=(.+)", reply.field("Content-Type") or "")
    assert reply.status == 206
    assert kind
    expected = "".join(
        f"\r\n--{kind[1]}\r\nContent-Type: application/json\r\n"
        f"Content-Range: bytes {start}-{stop - 1}/{SIZE}\r\n\r\n{CONTENT[start:stop].decode()}"
        for start, stop in parts
    )
    assert reply.body.decode() == f"{expected}\r\n--{kind[1]}--\r\n".removeprefix("\r\n")


async def test_a_range_of_a_replaced_resource_is_not_mixed(data: Path, address: Address) -> None:
    """If-Range with the tag of the old content gives all of the new."""
    tag = (await address.request("HEAD", "/large")).field("ETag")
    assert tag is not None
    new = json_text(2 * MIB, seed=2)
    (data / "new").write_bytes(new)
    (data / "new").replace(data / "large.json")
    reply = await address.request("GET", "/large", {"Range": "bytes=0-9", "If-Range": tag})
    assert (reply.status, reply.body) == (200, new)


# --- changes while an answer is on its way


async def test_a_replaced_resource_is_sent_to_its_end(data: Path, address: Address) -> None:
    """Who has begun to read gets the old content whole; who comes after, the new."""
    new = json_text(3 * MIB, seed=3)
    async with begun(address, "/large") as reader:
        assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")
        (data / "new").write_bytes(new)
        (data / "new").replace(data / "large.json")
        assert (await address.request("GET", "/large")).body == new
        assert (await address.request("PUT", "/large", body=b"null")).status == 200
        assert (await address.request("DELETE", "/large")).body == b"null"
        rest = await _rest(reader)
        assert rest == CONTENT


async def _rest(reader: asyncio.StreamReader) -> bytes:
    """The content of an answer whose status line has been read."""
    fields = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"(?m)^Content-Length: ([0-9]+)\r$", fields)
    assert length
    return await reader.readexactly(int(length[1]))


async def test_a_resource_cut_short_breaks_the_connection(data: Path, address: Address) -> None:
    """A file that is truncated while it is sent: the client sees that it did not get all."""
    async with begun(address, "/large") as reader:
        assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")
        os.truncate(data / "large.json", 1000)
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            async with asyncio.timeout(10):
                await _rest(reader)
    reply = await address.request("GET", "/large")
    assert (reply.status, reply.body) == (200, CONTENT[:1000])


# --- what may be sent


async def test_the_largest_content_is_taken(data: Path, address: Address) -> None:
    """A PUT of 16 MiB, the default limit, is stored, read and shown a last time."""
    content = json_text(LIMIT)
    put = await address.request("PUT", "/new", body=content)
    assert (put.status, put.body) == (201, content)
    assert put.field("ETag") == f'"{content_digest(content)}"'
    assert (data / "new.json").read_bytes() == content
    assert (await address.request("GET", "/new")).body == content
    assert (await address.request("DELETE", "/new")).body == content


@pytest.mark.parametrize("framing", ["Content-Length", "Transfer-Encoding"])
async def test_one_byte_more_is_refused(framing: str, data: Path, address: Address) -> None:
    """Content over the limit gets 413, whether its length is told before or not."""
    content = json_text(LIMIT) + b" "
    if framing == "Content-Length":
        reply = await address.request("PUT", "/new", body=content)
    else:
        chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(content), content)
        reply = await address.request("PUT", "/new", {framing: "chunked"}, chunked)
    assert (reply.status, reply.problem) == (413, "content-too-large")
    assert not (data / "new.json").exists()


# --- many clients


async def test_slow_readers_take_no_memory(server: ServerProcess, address: Address) -> None:
    """Clients that ask for large resources and do not read them cost little and hinder nobody."""
    assert (await address.request("HEAD", "/large")).status == 200
    before = memory(server, "VmRSS")
    clients = [begun(address, "/large") for _ in range(16)]
    readers = [await client.__aenter__() for client in clients]
    try:
        for reader in readers:
            assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")
        async with asyncio.timeout(10):
            assert (await address.request("PUT", "/new", body=b"1")).status == 201
            assert (await address.request("GET", "/new")).body == b"1"
            assert (await address.request("GET", "/large")).body == CONTENT
        assert memory(server, "VmRSS") - before < BOUNDED
    finally:
        for client in clients:
            await client.__aexit__(None, None, None)


async def test_slow_writers_hinder_nobody(address: Address) -> None:
    """Clients that stop in the middle of their content leave the server to the others."""
    stalled = []
    for number in range(50):
        _, writer = await asyncio.open_connection(address.host, address.port)
        writer.write(request_bytes("PUT", f"/stalled/{number}", body=b'{"a": 1}')[:-3])
        stalled.append(writer)
    try:
        async with asyncio.timeout(10):
            assert (await address.request("PUT", "/new", body=b"1")).status == 201
            assert (await address.request("GET", "/stalled/")).status == 404
    finally:
        for writer in stalled:
            await drop(writer)


async def test_two_hundred_clients_at_once(address: Address) -> None:
    """Each of 200 clients, all connected, writes and reads its own resource."""
    clients = 200
    connections = await asyncio.gather(
        *(asyncio.open_connection(address.host, address.port) for _ in range(clients))
    )

    async def ask(client: int, method: str, path: str, body: bytes | None = None) -> Reply:
        reader, writer = connections[client]
        writer.write(request_bytes(method, path, body=body))
        return await read_reply(reader)

    async def write_and_read(client: int) -> None:
        body = b"[%d]" % client
        assert (await ask(client, "PUT", f"/many/{client}", body)).status == 201
        assert (await ask(client, "GET", f"/many/{client}")).body == body
        assert (await ask(client, "DELETE", f"/many/{client}")).body == body

    try:
        await asyncio.gather(*(write_and_read(client) for client in range(clients)))
        assert (await address.request("GET", "/many/")).json() == []
    finally:
        for _, writer in connections:
            await drop(writer)


async def test_the_same_large_bytes_again(tmp_path: Path) -> None:
    """They are no empty set, although the store does not hold them in memory: 200, all there."""
    content = b'"' + b"a" * (2 << 20) + b'"'
    store = open_store(tmp_path, read_cache=1 << 20)
    async with serving(store, Config(data=tmp_path)) as served:
        first = await served.request("PUT", "/large", {}, content)
        again = await served.request("PUT", "/large", {}, content)
    await store.close()
    assert (first.status, again.status) == (201, 200)
    assert again.body == content
    assert again.field("ETag") == first.field("ETag")

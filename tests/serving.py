"""Servers under test, in this process or in one of their own, and a client that sends raw bytes.

The client adds nothing to a request and hides nothing of the answer, as a
well-meaning one would: Host and Content-Length are the test's to give.
"""

import asyncio
import http.client
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from aiohttp import web

from kvput.config import Config
from kvput.declarations import NOTHING_DECLARED, Declarations
from kvput.server.app import make_app
from kvput.store.base import Store

START_SECONDS = 20.0
STOP_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came."""

    status: int
    fields: tuple[tuple[str, str], ...]
    body: bytes

    def field(self, name: str) -> str | None:
        """The field's only value; None when it is absent. Fails when it comes twice."""
        values = self.all_fields(name)
        assert len(values) <= 1, f"{name} came {len(values)} times"
        return values[0] if values else None

    def all_fields(self, name: str) -> list[str]:
        """The values of each line of the field."""
        return [value for key, value in self.fields if key.lower() == name.lower()]

    def json(self) -> object:
        """The body as JSON."""
        value: object = json.loads(self.body)
        return value

    @property
    def problem(self) -> str:
        """The problem's name; fails when the answer is no problem document."""
        assert self.field("Content-Type") == "application/problem+json"
        value = json.loads(self.body)
        assert value["status"] == self.status
        name: str = value["type"].removeprefix("urn:kvput:problem:")
        return name


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens."""

    host: str
    port: int

    async def send(self, raw: bytes, *, head: bool = False) -> Reply:
        """Send the bytes on a connection of their own and read one answer."""
        reader, writer = await asyncio.open_connection(self.host, self.port)
        try:
            writer.write(raw)
            return await read_reply(reader, head=head)
        finally:
            # What a refused request has left to send must not keep the connection open.
            writer.transport.abort()
            with suppress(OSError):
                await writer.wait_closed()

    async def request(
        self,
        method: str,
        target: str,
        fields: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Reply:
        """Send a request; Host and, with a body, Content-Length are added unless given."""
        raw = request_bytes(method, target, fields, body, host=f"{self.host}:{self.port}")
        return await self.send(raw, head=method == "HEAD")


def request_bytes(
    method: str,
    target: str,
    fields: Mapping[str, str] | None = None,
    body: bytes | None = None,
    host: str = "localhost",
) -> bytes:
    """A request as it goes over the wire, with Host and Content-Length unless given."""
    lines = dict(fields or {})
    names = {name.lower() for name in lines}
    if "host" not in names:
        lines["Host"] = host
    if body is not None and not names & {"content-length", "transfer-encoding"}:
        lines["Content-Length"] = str(len(body))
    head = f"{method} {target} HTTP/1.1\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return head.encode("utf-8", "surrogateescape") + b"\r\n" + (body or b"")


async def read_reply(reader: asyncio.StreamReader, *, head: bool = False) -> Reply:
    """Read one answer; `head` tells that it answers HEAD and has no content."""
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("utf-8", "surrogateescape").split("\r\n")
    match = re.fullmatch(r"HTTP/1\.1 ([0-9]{3}) .*", lines[0])
    assert match, lines[0]
    status = int(match[1])
    fields = []
    for line in lines[1:-2]:
        name, colon, value = line.partition(":")
        assert colon
        fields.append((name, value.strip()))
    reply = Reply(status, tuple(fields), b"")
    if head or status in (204, 304) or status < 200:
        return reply
    length = reply.field("Content-Length")
    assert length is not None
    return Reply(status, reply.fields, await reader.readexactly(int(length)))


@asynccontextmanager
async def serving(
    store: Store, config: Config, declared: Callable[[], Declarations] = lambda: NOTHING_DECLARED
) -> AsyncIterator[Address]:
    """Serve a store in this process, on a free port, while the block runs."""
    edge = make_app(store, config, declared=declared)
    runner = web.ServerRunner(edge.server(), shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        yield Address(host, port)
    finally:
        await runner.cleanup()
        await edge.close()


class ServerProcess:
    """`kvput serve` in a process of its own, on a free port of the loopback."""

    def __init__(
        self,
        data: Path,
        *options: str,
        environment: Mapping[str, str] | None = None,
        module: str = "kvput",
    ) -> None:
        command = [sys.executable, "-m", module, "serve", str(data), "--port", "0", *options]
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **(environment or {})},
        )
        assert self.process.stdout is not None
        self.printed = []
        self.address: Address | None = None
        for line in self.process.stdout:
            self.printed.append(line.decode())
            match = re.search(r"http://(127\.0\.0\.1):([0-9]+)/$", line.decode().strip())
            if match:
                self.address = Address(match[1], int(match[2]))
            if line.startswith(b"Press"):
                break

    @property
    def pid(self) -> int:
        """The server's process."""
        return self.process.pid

    def request(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        fields: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send one request on a connection of its own."""
        assert self.address is not None
        connection = http.client.HTTPConnection(self.address.host, self.address.port, timeout=30)
        try:
            connection.request(method, target, body, dict(fields or {}))
            answer = connection.getresponse()
            return Reply(answer.status, tuple(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def kill(self) -> None:
        """End the server as a crash would, with SIGKILL."""
        self.process.kill()
        self._ended()

    def stop(self) -> tuple[int, str]:
        """Ask the server to stop with SIGTERM; gives its exit code and what it said on stderr."""
        self.process.send_signal(signal.SIGTERM)
        return self._ended()

    def _ended(self) -> tuple[int, str]:
        _, errors = self.process.communicate(timeout=STOP_SECONDS)
        return self.process.returncode, errors.decode()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.kill()


def run_kvput(
    *arguments: str, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `kvput` to its end, in a process of its own, and keep what it says."""
    return subprocess.run(
        [sys.executable, "-m", "kvput", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **(environment or {})},
        timeout=STOP_SECONDS,
        check=False,
    )

"""aiohttp's connection layer, with kvput's answers in place of its own.

kvput runs on `aiohttp.web.Server`, the layer below `web.Application`: routing
by patterns, sub-applications and signals have no use here, and cost as much
time as all the rest of a hot GET. Two things are replaced:

- `Delivery` writes an answer's bytes in one piece, instead of building a field
  map for each response and serialising that.
- `Connection.handle_error` answers what the parser refuses (a malformed request
  line, a field too large) with a problem document, where aiohttp sends text.

Nothing here knows of paths, methods or stores.
"""

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Final

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import HttpVersion11
from aiohttp.http_exceptions import BadHttpMethod, LineTooLong
from aiohttp.web_protocol import RequestHandler

from kvput.errors import (
    FieldsTooLarge,
    KvputError,
    MalformedRequest,
    MethodNotImplemented,
    PathTooLong,
)
from kvput.semantics.fields import format_http_date
from kvput.server.answer import Answer, Stream, closing, internal_error, problem

Handler = Callable[[web.BaseRequest], Awaitable["Delivery"]]

_logger = logging.getLogger("kvput")

_KEEP_ALIVE_SECONDS: Final = 75.0
_JOINED: Final = 1 << 16
"""Content up to this many bytes goes out in one write with its head."""


class Delivery(web.StreamResponse):
    """An answer on its way out.

    aiohttp asks three things of a response: `prepare`, `write_eof` and
    `keep_alive`. The base class is there for its type alone: its constructor
    makes the field map that is to be avoided.
    """

    def __init__(self, answer: Answer, common: bytes, *, head_only: bool, last: bool) -> None:
        """`common`: the field lines of every answer. `last`: no more on this connection."""
        self.answer = answer
        self._common = common
        self._head_only = head_only
        self._keep_alive = False if last or answer.close else None

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter:
        """Send the whole answer."""
        if self._keep_alive is None:
            self._keep_alive = request.keep_alive
        head = b"".join((
            self.answer.head(),
            _date_line(int(time.time())),
            self._common,
            _connection_line(request, keep_alive=bool(self._keep_alive)),
        ))  # fmt: skip
        writer = request.writer
        content = self.answer.content
        if isinstance(content, Stream):
            await self._send_stream(writer, head, content)
        elif self._head_only or not content:
            await writer.write(head)
        elif len(content) <= _JOINED:
            await writer.write(head + content)
        else:
            await writer.write(head)
            await writer.write(content)
        return writer

    async def write_eof(self, data: bytes = b"") -> None:
        """Nothing is left to send."""

    async def _send_stream(
        self, writer: AbstractStreamWriter, head: bytes, content: Stream
    ) -> None:
        try:
            await writer.write(head)
            if not self._head_only:
                async for piece in content.pieces():
                    await writer.write(piece)
        except EOFError as error:
            # The promised length cannot be kept: only a broken connection tells the client.
            raise ConnectionResetError(str(error)) from error
        finally:
            await content.close()


@lru_cache(maxsize=2)
def _date_line(now: int) -> bytes:
    return f"Date: {format_http_date(now)}\r\n".encode()


def _connection_line(request: web.BaseRequest, *, keep_alive: bool) -> bytes:
    if not keep_alive:
        return b"Connection: close\r\n\r\n"
    # RFC 9112 9.3: persistence is the rule in HTTP/1.1, and must be said in HTTP/1.0.
    return b"\r\n" if request.version >= HttpVersion11 else b"Connection: keep-alive\r\n\r\n"


class Connection(RequestHandler):
    """A client's connection."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer to a request that did not reach the handler, or that broke in sending."""
        if request.writer.output_size > 0:
            raise ConnectionResetError("part of an answer is sent already")
        if status >= 500:
            _logger.error("A request failed.", exc_info=exc)
            answer = internal_error(None)
        else:
            answer = closing(problem(_refusal(exc, message), None))
        return Delivery(answer, b"Vary: Origin\r\n", head_only=False, last=True)


class Server(web.Server):
    """Makes a `Connection` for each client."""

    def __init__(self, handler: Handler) -> None:
        super().__init__(handler)

    def __call__(self) -> Connection:
        """The protocol of a new connection."""
        return Connection(
            self,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=_KEEP_ALIVE_SECONDS,
            # Content is decoded above, where the limit on its decoded size is known.
            auto_decompress=False,
            access_log=None,  # type: ignore[arg-type]  # aiohttp takes None for "no log"
        )


# --- what the parser's errors mean

_REQUEST_LINE: Final = re.compile("reading (?:status line|request line|url)", re.IGNORECASE)


def _refusal(error: BaseException | None, message: str | None) -> KvputError:
    text = " ".join((message or "").split())[:200].rstrip(".:^ ")
    if isinstance(error, BadHttpMethod):
        return MethodNotImplemented(
            "The method is none of HTTP's: use GET, HEAD, PUT, POST, DELETE or OPTIONS."
        )
    if isinstance(error, LineTooLong):
        if _REQUEST_LINE.search(text):
            return PathTooLong(f"The request target is too long ({text}): shorten it.")
        return FieldsTooLarge(f"A header field is too long ({text}): shorten it.")
    return MalformedRequest(f"The request is no HTTP/1.1 message ({text}): correct it.")

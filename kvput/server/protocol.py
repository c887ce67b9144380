"""aiohttp's connection layer, with kvput's answers in place of its own.

kvput runs on `aiohttp.web.Server`, the layer below `web.Application`: routing
by patterns, sub-applications and signals have no use here, and cost as much
time as all the rest of a hot GET. Three things are replaced:

- `Delivery` writes an answer's bytes in one piece, instead of building a field
  map for each response and serialising that. It waits for a client that reads
  more slowly than it asks, so that answers do not pile up in memory.
- `Connection.handle_error` answers what the parser refuses (a malformed request
  line, a field too large) with a problem document, where aiohttp sends text;
  and `data_received` tells the handler when it is the content that is refused.
- A request that has come in full, on a connection that waits for one, is
  answered where it was parsed: no task is woken or made for it, unless it has
  to wait. Nearly all requests are such; it halves what a hot GET costs.

Nothing here knows of paths, methods or stores.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import lru_cache
from typing import Final, cast

from aiohttp import hdrs, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import HttpVersion11
from aiohttp.http_exceptions import BadHttpMethod, LineTooLong
from aiohttp.streams import StreamReader
from aiohttp.web_protocol import RequestHandler, _ErrInfo

from kvput.errors import (
    FieldsTooLarge,
    KvputError,
    MalformedRequest,
    MethodNotImplemented,
    PathTooLong,
)
from kvput.semantics.fields import format_http_date
from kvput.semantics.origins import VARY
from kvput.server.answer import Answer, Stream, closing, common_lines, internal_error, problem
from kvput.server.request import CompleteRequest, Request, is_complete, resumed

_logger = logging.getLogger("kvput")

# What every answer has, where no origin is known that could be told more.
COMMON_LINES: Final = common_lines(VARY)
_KEEP_ALIVE_SECONDS: Final = 75.0
_MAX_LINE: Final = 8190
"""RFC 9112 section 3: a server should take request lines of 8000 bytes, at least."""
_MAX_FIELD: Final = 8192
"""Another number than `_MAX_LINE`, since it alone tells in an error which of the two was passed."""
_LINGER_SECONDS: Final = 2.0
_JOINED: Final = 1 << 16
"""Content up to this many bytes goes out in one write with its head."""

Refused = Callable[[Answer], None]
"""Is told of each answer to what never became a request."""


class Delivery(web.StreamResponse):
    """An answer on its way out.

    aiohttp asks three things of a response: `prepare`, `write_eof` and
    `keep_alive`. The base class is there for its type alone: its constructor
    makes the field map that is to be avoided.
    """

    def __init__(
        self,
        answer: Answer,
        common: bytes,
        *,
        head_only: bool,
        last: bool,
        broken_connection: "Connection | None" = None,
    ) -> None:
        """`common`: the field lines of every answer. `last`: no more on this connection.

        `broken_connection`: the one on which the client's bytes make no sense any more.
        """
        self.answer = answer
        self._common = common
        self._head_only = head_only
        self._keep_alive = False if last or answer.close else None
        self._broken_connection = broken_connection

    def head(self, request: Request) -> bytes:
        """The answer's head as it goes out, and `keep_alive` decided."""
        if self._keep_alive is None:
            self._keep_alive = _persists(request)
        return b"".join((
            self.answer.head(),
            _date_line(int(time.time())),
            self._common,
            _connection_line(request, keep_alive=bool(self._keep_alive)),
        ))  # fmt: skip

    def at_once(self, request: CompleteRequest) -> bytes | None:
        """The whole answer, where it goes out in one piece; None where it does not."""
        content = self.answer.content
        if isinstance(content, Stream) or len(content) > _JOINED:
            return None
        head = self.head(request)
        return head if self._head_only else head + content

    async def prepare(self, request: Request) -> AbstractStreamWriter:
        """Send the whole answer."""
        if request.content.exception() is not None:
            self._broken_connection = cast("Connection", request.protocol)
        head = self.head(request)
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
        # A client that sends requests and reads no answers waits here for itself.
        if request.protocol.writing_paused:
            await writer.drain()
        return writer

    async def write_eof(self, data: bytes = b"") -> None:  # noqa: ARG002  # as aiohttp calls it
        """Nothing is left to send; but a client that cannot know it must get to read it."""
        if self._broken_connection is not None:
            await self._broken_connection.linger()

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


def _persists(request: Request) -> bool:
    # RFC 9112 6.1: in HTTP/1.0 a message with a Transfer-Encoding has faulty framing, and the
    # connection is closed after it.
    return request.keep_alive and (
        request.version >= HttpVersion11 or hdrs.TRANSFER_ENCODING not in request.headers
    )


def _connection_line(request: Request, *, keep_alive: bool) -> bytes:
    if not keep_alive:
        return b"Connection: close\r\n\r\n"
    # RFC 9112 9.3: persistence is the rule in HTTP/1.1, and must be said in HTTP/1.0.
    return b"\r\n" if request.version >= HttpVersion11 else b"Connection: keep-alive\r\n\r\n"


class Connection(RequestHandler):
    """A client's connection."""

    __slots__ = ("_ended", "_last_content", "_refused", "_serving")

    def __init__(self, server: "Server", refused: Refused | None) -> None:
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=_KEEP_ALIVE_SECONDS,
            # Content is decoded above, where the limit on its decoded size is known.
            auto_decompress=False,
            max_line_size=_MAX_LINE,
            max_field_size=_MAX_FIELD,
            access_log=None,  # type: ignore[arg-type]  # aiohttp takes None for "no log"
        )
        self._last_content: StreamReader | None = None
        self._ended = asyncio.Event()
        self._refused = refused
        self._serving: asyncio.Task[None] | bool = False
        """Whether a request is being answered here, and by what if it had to wait."""

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol.data_received`."""
        # aiohttp's own task waits for a request, and is not to be woken for one that is
        # answered here, nor by what comes in behind that.
        waiter, self._waiter = self._waiter, None
        try:
            super().data_received(data)
        finally:
            self._waiter = waiter
        if not self._messages:
            return
        self._look_at_the_last()
        if waiter is None or waiter.done() or self._serving:
            return
        if len(self._messages) == 1 and not self._paused:
            message, content = self._messages[0]
            if not isinstance(message, _ErrInfo) and is_complete(message, content):
                self._messages.clear()
                self._serve(CompleteRequest(message, content, self))
                return
        waiter.set_result(None)

    def _look_at_the_last(self) -> None:
        message, content = self._messages[-1]
        if not isinstance(message, _ErrInfo):
            self._last_content = content
            return
        # aiohttp queues what it cannot parse as a message of its own, behind the
        # request whose content it breaks and whose handler would wait for ever.
        if len(self._messages) > 1:
            self._last_content = self._messages[-2][1]
        self._break_off_content(_on_one_line(message.message))

    def eof_received(self) -> bool:  # type: ignore[override]  # True keeps our side open
        """The client sends no more: what it has asked is answered, and then we close as well.

        aiohttp closes at once, so that a client that half-closes (`nc -N`) would
        get no answer.
        """
        self._ended.set()
        waits = self._waiter is not None and not self._waiter.done() and not self._serving
        if waits or not self._request_count:
            return False
        self._break_off_content("the client closed the connection within it")
        self._close_after_the_last()
        return True

    def connection_lost(self, exc: BaseException | None) -> None:
        """See `asyncio.Protocol.connection_lost`."""
        self._ended.set()
        super().connection_lost(exc)

    def resume_reading(self, resume_parser: bool = True) -> None:  # aiohttp's
        """See `BaseProtocol.resume_reading`, which parses anew also where nothing was paused."""
        if self._reading_paused:
            super().resume_reading(resume_parser)

    async def shutdown(self, timeout: float | None = 15.0) -> None:  # noqa: ASYNC109  # aiohttp's
        """See `RequestHandler.shutdown`."""
        await super().shutdown(timeout)
        if isinstance(self._serving, asyncio.Task):
            self._serving.cancel()

    # --- requests that are answered where they were parsed

    def _serve(self, request: CompleteRequest) -> None:
        """Begin to answer; go on in a task if that has to wait."""
        if self._parser is not None:
            self._parser.message_consumed()
        self._serving = self._request_in_progress = True
        answering = self._answer(request)
        try:
            waits_for = answering.send(None)
        except (StopIteration, asyncio.CancelledError):
            return
        self._serving = self._loop.create_task(resumed(answering, waits_for))

    async def _answer(self, request: CompleteRequest) -> None:
        try:
            delivery = await self._delivery(request)
            whole = delivery.at_once(request)
            if whole is None:
                await delivery.prepare(request)
            elif self.transport is not None and not self.transport.is_closing():
                self.transport.write(whole)
                if self._paused:
                    await self._drain_helper()
            if not delivery.keep_alive:
                self.close()
        except ConnectionError:
            self.close()  # The client has gone, or what was promised cannot be sent.
        except asyncio.CancelledError:
            self.close()
            raise
        except Exception:
            _logger.exception("An answer could not be sent.")
            self.close()
        finally:
            # Here, and not when the task is seen to be done: the next request may come first.
            self._served()

    async def _delivery(self, request: CompleteRequest) -> Delivery:
        as_aiohttp_knows_it = cast("web.BaseRequest", request)
        if self._request_handler is None:
            raise ConnectionResetError("the connection is closed")
        try:
            return cast("Delivery", await self._request_handler(as_aiohttp_knows_it))
        except ConnectionError:
            raise
        except Exception as error:  # noqa: BLE001  # it is logged there
            return cast("Delivery", self.handle_error(as_aiohttp_knows_it, 500, error))

    def _served(self) -> None:
        """The answer has gone out: go on with what came in behind it, or wait for more."""
        self._serving = self._request_in_progress = False
        if self._handler_waiter is not None and not self._handler_waiter.done():
            self._handler_waiter.set_result(None)
        if self.transport is None:
            return
        if self._close or self._force_close:
            self.transport.close()
            return
        self._next_keepalive_close_time = self._loop.time() + _KEEP_ALIVE_SECONDS
        if self._keepalive_handle is None:
            self._keepalive = True
            self._keepalive_handle = self._loop.call_at(
                self._next_keepalive_close_time, self._process_keepalive
            )
        if self._messages and self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _process_keepalive(self) -> None:
        if self._serving:
            self._next_keepalive_close_time = self._loop.time() + _KEEP_ALIVE_SECONDS
        super()._process_keepalive()

    async def linger(self) -> None:
        """Read and drop what the client still sends, until it stops or a short time is over.

        RFC 9112 9.6: to close while bytes are coming in resets the connection,
        which can take the last answer away from the client.
        """
        self._close = True  # data_received takes nothing in from now on
        if self.transport is not None and self.transport.can_write_eof():
            self.transport.write_eof()
        with suppress(TimeoutError):
            async with asyncio.timeout(_LINGER_SECONDS):
                await self._ended.wait()

    def _close_after_the_last(self) -> None:
        answer = self._request_handler
        if not self._messages or answer is None:
            self._close = True
            return

        # aiohttp leaves unanswered what still waits when `_close` is set.
        async def answer_and_close(request: web.BaseRequest) -> web.StreamResponse:
            self._close = self._close or not self._messages
            return await answer(request)

        self._request_handler = answer_and_close

    def _break_off_content(self, reason: str) -> None:
        content = self._last_content
        if content is not None and not content.is_eof():
            content.set_exception(web.RequestPayloadError(reason))
            content.feed_eof()

    def log_exception(self, *args: object, **options: object) -> None:
        """See `RequestHandler.log_exception`: what aiohttp did not expect."""
        # Content that breaks off when its answer is sent already (a 413) is the client's affair.
        if not isinstance(options.get("exc_info"), web.RequestPayloadError):
            super().log_exception(*args, **options)

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
        if self._refused is not None:
            self._refused(answer)
        return Delivery(answer, COMMON_LINES, head_only=False, last=True, broken_connection=self)


class Server(web.Server):
    """Makes a `Connection` for each client."""

    def __init__(
        self,
        handler: Callable[[web.BaseRequest], Awaitable[Delivery]],
        refused: Refused | None = None,
    ) -> None:
        """`handler` answers requests; `refused` is told of answers that it did not give."""
        super().__init__(handler)
        self._refused = refused

    def __call__(self) -> Connection:
        """The protocol of a new connection."""
        return Connection(self, self._refused)


# --- what the parser's errors mean

_TOO_MANY_FIELDS: Final = "Too many headers received"


def _refusal(error: BaseException | None, message: str | None) -> KvputError:
    if isinstance(error, BadHttpMethod):
        return MethodNotImplemented(
            "The method is none of HTTP's: use GET, HEAD, PUT, POST, PATCH, DELETE or OPTIONS."
        )
    if isinstance(error, LineTooLong):
        _, limit, *_ = error.args
        if limit == _MAX_LINE:
            return PathTooLong(f"The request line is longer than {_MAX_LINE} bytes: shorten it.")
        return FieldsTooLarge(f"A header field is longer than {_MAX_FIELD} bytes: shorten it.")
    text = _on_one_line(message or "")
    if text == _TOO_MANY_FIELDS:
        return FieldsTooLarge("The request has too many header fields: send fewer.")
    return MalformedRequest(f"The request is no HTTP/1.1 message ({text}): correct it.")


def _on_one_line(message: str) -> str:
    return " ".join(message.split())[:200].rstrip(".:^ ")

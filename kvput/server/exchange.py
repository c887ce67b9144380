"""One request, as handlers see it: its method, target and fields, and its content once read.

Turns aiohttp's request into values and reads content within its limit. What a
request means is for the handlers and the rules below them.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final, TypeVar

from aiohttp import hdrs, web
from aiohttp.http import HttpVersion11

from kvput.config import Config
from kvput.content.coding import decoder_for
from kvput.content.media_types import (
    AnyContent,
    Content,
    MediaTable,
    Terms,
    is_quick,
    is_short_work,
    reader_for,
)
from kvput.content.source_text import shown
from kvput.content.text_types import PARAMETER as TYPES_PARAMETER
from kvput.content.text_types import types_named
from kvput.errors import (
    ContentTooLarge,
    ExpectationFailed,
    InvalidContent,
    KvputError,
    MalformedContent,
    MalformedRequest,
)
from kvput.paths import CollectionPath, ResourcePath, Target
from kvput.query.parameters import Query, parse_query
from kvput.query.url import malformed, split_query
from kvput.resources.consequences import Ruled, RuledDecision
from kvput.resources.declared_view import with_declared
from kvput.resources.idempotency import Keyed, keyed
from kvput.semantics.fields import parse_media_type
from kvput.semantics.idempotency_key import parse_idempotency_key
from kvput.semantics.preconditions import NO_PRECONDITIONS, Preconditions, parse_preconditions
from kvput.semantics.prefer import Preferences, parse_preferences
from kvput.server.left_out import LeftOutLog
from kvput.server.request import Request
from kvput.server.rules import LiveRules
from kvput.store.base import Decision, Store, View

_T = TypeVar("_T", Content, AnyContent)
_Seen = TypeVar("_Seen")

_SLOW_READERS: Final = 2
_PARAMETERS_OF_POST: Final = (TYPES_PARAMETER, "_")
_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Application:
    """What every handler is given: the store, the configuration, and what lists have logged.

    `slow_readers` are the threads for content that takes long to read: few, so that it takes
    its time from itself and not from others. None is started before it is needed, and they
    end with the application.
    """

    store: Store
    config: Config
    rules: LiveRules
    left_out: LeftOutLog = field(default_factory=LeftOutLog)
    slow_readers: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(_SLOW_READERS, "kvput-content")
    )

    async def read(self, look: Callable[[View], _Seen]) -> _Seen:
        """What `look` makes of the resources, and of the collections that are declared."""
        declarations = self.rules.lately.declarations
        return await self.store.read(lambda view: look(with_declared(view, declarations)))

    def ruled(self, decide: Decision, *, in_part: bool = False) -> Ruled:
        """The decision with what follows from it by the rules that hold when it is made.

        `in_part` tells that it puts what a patch has left.
        """
        if isinstance(decide, Ruled):
            return decide
        return RuledDecision(lambda: self.rules.now, decide, in_part=in_part)


class Exchange:
    """A request on its way through the server."""

    __slots__ = ("_received", "_request", "app", "method", "path", "query_string", "target")

    def __init__(self, app: Application, request: Request, target: Target) -> None:
        self.app = app
        self.method = request.method
        self.target = target
        self.path, _, self.query_string = request.raw_path.partition("?")
        self._request = request
        self._received = b""

    def field(self, name: str) -> str | None:
        """A header field's value, its lines joined by a comma (RFC 9110 5.3); None when absent."""
        return field_value(self._request, name)

    @property
    def resource(self) -> ResourcePath:
        """The resource that the target names, or would if there is no such collection."""
        if self.target.resource is None:
            raise TypeError("the routes send only targets with a resource here")
        return self.target.resource

    @property
    def collection(self) -> CollectionPath:
        """The collection that the target names, or would if there is no such resource."""
        if self.target.collection is None:
            raise TypeError("the routes send only targets with a collection here")
        return self.target.collection

    @property
    def query(self) -> Query:
        """What the query of the target asks for. Raises MalformedParameter."""
        return parse_query(self.query_string)

    @property
    def is_conditional(self) -> bool:
        """Whether the request has any precondition."""
        headers = self._request.headers
        return (
            hdrs.IF_NONE_MATCH in headers
            or hdrs.IF_MATCH in headers
            or hdrs.IF_MODIFIED_SINCE in headers
            or hdrs.IF_UNMODIFIED_SINCE in headers
        )

    def client_has(self, tag: str) -> bool:
        """Whether If-None-Match is just this entity tag, and no condition comes before it."""
        headers = self._request.headers
        return (
            headers.get(hdrs.IF_NONE_MATCH) == tag
            and hdrs.IF_MATCH not in headers
            and hdrs.IF_UNMODIFIED_SINCE not in headers
        )

    @property
    def preconditions(self) -> Preconditions:
        """The request's preconditions. Raises MalformedField."""
        return parse_preconditions(self.field) if self.is_conditional else NO_PRECONDITIONS

    @property
    def preferences(self) -> Preferences:
        """What the client prefers (RFC 7240)."""
        return parse_preferences(self.field("Prefer"))

    @property
    def idempotency_key(self) -> str | None:
        """The request's Idempotency-Key. Raises MalformedField."""
        value = self.field("Idempotency-Key")
        return None if value is None else parse_idempotency_key(value)

    @property
    def keyed(self) -> Keyed | None:
        """The request by its Idempotency-Key, once its content is read; None without a key."""
        key = self.idempotency_key
        if key is None:
            return None
        content_type = self.field("Content-Type") or ""
        target = f"{self.path}?{self.query_string}"
        return keyed(key, self.method, target, content_type, self._received)

    async def read_content(self, table: MediaTable[_T]) -> _T | KvputError:
        """Read the request's content by its media type.

        Content that does not parse is given back as its error: preconditions
        come before it. Raises UnsupportedMediaType, UnsupportedContentCoding,
        ContentTooLarge, ExpectationFailed, MalformedRequest, and MalformedField
        and MalformedParameter for what goes with the media type.
        """
        content_type = self.field("Content-Type")
        media_type = None if content_type is None else _media_type(content_type)
        essence = None if media_type is None else media_type.essence
        limit = self.app.config.max_body
        reader = reader_for(
            table,
            essence,
            None if media_type is None else media_type.parameter("charset"),
            Terms(() if media_type is None else media_type.parameters, self._types, limit),
        )
        make_decoder = decoder_for(self.field("Content-Encoding"))
        length = self._request.content_length
        if length is not None and length > limit:
            raise _too_large(limit)
        self._refuse_transfer_coding()
        await self._continue()

        async def read() -> _T:
            return _within(limit, await self._in_time(essence, lambda: reader(self._received)))

        try:
            if make_decoder is None:
                self._received = await self._read(limit)
                return await read()
            decoder = make_decoder()
            pieces: list[bytes] = [
                decoder.feed(piece, limit) async for piece in self._pieces(limit)
            ]
            self._received = b"".join([*pieces, decoder.finish()])
            # RFC 9110 9.3.4: no validators unless the stored bytes are those that were received.
            return replace(await read(), transformed=True)
        except (MalformedContent, InvalidContent) as error:
            return error

    async def _in_time(self, essence: str | None, read: Callable[[], _T]) -> _T:
        """What `read` makes of the content; in a thread where others would have to wait for it."""
        if is_short_work(essence, len(self._received)):
            return read()
        # None are the threads of the event loop, which slow content would fill.
        threads = None if is_quick(essence) else self.app.slow_readers
        return await asyncio.get_running_loop().run_in_executor(threads, read)

    @property
    def _types(self) -> str | None:
        """What the query of a POST says of texts in the content; None when it says nothing.

        Raises MalformedParameter, also for any other parameter.
        """
        if not self.query_string or self.method != "POST":
            return None
        parameters = split_query(self.query_string)
        for parameter in parameters:
            if parameter.name not in _PARAMETERS_OF_POST:
                raise malformed(parameter.name, _UNKNOWN_TO_POST)
        values = [each.value for each in parameters if each.name == TYPES_PARAMETER]
        if not values:
            return None
        # Several at once are no way that there is, and are refused as such.
        types_named(", ".join(values))
        return values[0]

    @property
    def awaits_continue(self) -> bool:
        """Whether the client holds its content back until it is told to go on."""
        # RFC 9110 10.1.1: a 100-continue expectation of an HTTP/1.0 request is ignored.
        return hdrs.EXPECT in self._request.headers and self._request.version >= HttpVersion11

    def refuse_expectation(self) -> None:
        """Raise ExpectationFailed for an `Expect` that is not known (RFC 9110 10.1.1)."""
        expectation = self.field("Expect")
        if expectation is not None and expectation.lower() != "100-continue":
            raise ExpectationFailed(
                f"The expectation {expectation!r} is unknown: send the request without Expect."
            )

    def _refuse_transfer_coding(self) -> None:
        # RFC 9112 6.1: content in a transfer coding that is not understood cannot be read.
        # (7: the names of transfer codings are case-insensitive.)
        coding = self.field("Transfer-Encoding")
        if coding is not None and coding.lower() != "chunked":
            raise MalformedRequest(
                f"The transfer coding {shown(coding)} is not known here: send the content with "
                "Content-Length or Transfer-Encoding: chunked."
            )

    async def _continue(self) -> None:
        if not self.awaits_continue:
            return
        await self._request.writer.write(_CONTINUE)
        # The interim answer is none: an error may still be sent in full.
        self._request.writer.output_size = 0

    async def _read(self, limit: int) -> bytes:
        stream = self._request.content
        if stream.is_eof() and stream.exception() is None:
            if stream.total_bytes > limit:
                raise _too_large(limit)
            return stream.read_nowait()
        pieces = [piece async for piece in self._pieces(limit)]
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    async def _pieces(self, limit: int) -> AsyncIterator[bytes]:
        size = 0
        stream = self._request.content
        while True:
            try:
                piece = await stream.readany()
            # An OSError where the connection is lost: then nobody is there to read the answer.
            except (web.RequestPayloadError, OSError) as error:
                raise MalformedRequest(
                    f"The content broke off or is framed wrongly ({error}): send it again."
                ) from None
            if not piece:
                return
            size += len(piece)
            if size > limit:
                raise _too_large(limit)
            yield piece


def field_value(request: Request, name: str) -> str | None:
    """A header field's value, its lines joined by a comma (RFC 9110 5.3); None when absent."""
    headers = request.headers
    if name not in headers:  # most fields are not there
        return None
    lines = headers.getall(name)
    return lines[0] if len(lines) == 1 else ", ".join(lines)


_UNKNOWN_TO_POST: Final = (
    f"means nothing to a POST, which takes {TYPES_PARAMETER}=guess and {TYPES_PARAMETER}=strings "
    "alone: leave it out"
)


def _within(limit: int, content: _T) -> _T:
    """The content; raises ContentTooLarge where it has become too large."""
    if content.size > limit:
        raise ContentTooLarge(
            f"The content is larger than {limit} bytes, which is the limit here, once it is "
            "written as JSON: send less, or start the server with a higher --max-body."
        )
    return content


_media_type = lru_cache(maxsize=256)(parse_media_type)


def _too_large(limit: int) -> ContentTooLarge:
    return ContentTooLarge(
        f"The content is larger than {limit} bytes, which is the limit here: send less, or start "
        "the server with a higher --max-body."
    )

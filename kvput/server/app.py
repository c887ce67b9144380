"""The edge: every request enters here, and every answer and error leaves here.

For each request: judge its host and origin, read its target, hand it to the
handler that the routes name, and turn what that raises into a problem document.
"""

import asyncio
import logging
import re
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from aiohttp import hdrs
from aiohttp.http import HttpVersion10, HttpVersion11

from kvput.config import Config
from kvput.declarations import NOTHING_DECLARED, Declarations
from kvput.errors import ContentTooLarge, KvputError, MalformedRequest, VersionNotSupported
from kvput.paths import Target, parse_target
from kvput.semantics.origins import (
    PREFLIGHT_VARY,
    OriginPolicy,
    Verdict,
    grant_fields,
    judge,
    preflight_fields,
)
from kvput.server.answer import Answer, closing, common_lines, field_lines, internal_error, problem
from kvput.server.exchange import Application, Exchange, field_value
from kvput.server.protocol import COMMON_LINES, Delivery, Server
from kvput.server.request import Request
from kvput.server.routes import SAFE_METHODS, route
from kvput.server.rules import LiveRules
from kvput.store.base import Store

_logger = logging.getLogger("kvput")

AccessLog = Callable[[str, str, Answer, float], None]
"""Is told of each answer: method, target as sent, the answer, seconds taken.

Method and target are `-` where what the client sent is no request.
"""

_VERSIONS: Final = (HttpVersion11, HttpVersion10)
_ABSOLUTE_TARGET: Final = re.compile(r"https?://(?P<authority>[^/?#]*)", re.IGNORECASE)
# What a preflight may be told depends on what it asks for as well.
_PREFLIGHT_COMMON_LINES: Final = common_lines(PREFLIGHT_VARY)
_NO_CACHE: Final = (("Cache-Control", "no-cache"),)


def make_app(
    store: Store,
    config: Config,
    access_log: AccessLog | None = None,
    declared: Callable[[], Declarations] = lambda: NOTHING_DECLARED,
) -> "Edge":
    """The application over a store. Raises ConfigError for a host or origin that is none.

    `declared` gives what is declared of the collections at the moment.
    """
    policy = OriginPolicy(config.allow_hosts, config.allow_origins)
    return Edge(
        Application(store, config, LiveRules(declared, _logger.warning)), policy, access_log
    )


class Edge:
    """The application: a handler for `aiohttp.web.Server`."""

    def __init__(
        self, app: Application, policy: OriginPolicy, access_log: AccessLog | None
    ) -> None:
        self._app = app
        self._access_log = access_log
        # Nearly all requests to a server come with a few values of these fields.
        self._judge = lru_cache(maxsize=1024)(
            lambda host, origin, site, unsafe: judge(policy, host, origin, site, unsafe)
        )
        self._in_flight = 0
        self._stopping = False
        self._drained = asyncio.Event()

    @property
    def rules(self) -> LiveRules:
        """The rules that hold while it runs."""
        return self._app.rules

    def server(self) -> Server:
        """A low-level aiohttp server that runs this application. Needs a running loop."""
        log = self._access_log
        return Server(
            self.__call__,
            refused=None if log is None else lambda answer: log("-", "-", answer, 0.0),
        )

    async def drain(self) -> None:
        """Return once each request that has begun is answered; no connection is kept from now."""
        self._stopping = True
        if self._in_flight:
            await self._drained.wait()

    async def close(self) -> None:
        """Let go of the threads, once no request comes any more."""
        await asyncio.to_thread(self._app.slow_readers.shutdown, cancel_futures=True)

    async def __call__(self, request: Request) -> Delivery:
        """Answer one request. Raises nothing but cancellation."""
        started = time.perf_counter()
        self._in_flight += 1
        try:
            answer, common = await self._answer(request)
        finally:
            self._in_flight -= 1
            if self._stopping and not self._in_flight:
                self._drained.set()
        if self._access_log is not None:
            seconds = time.perf_counter() - started
            self._access_log(request.method, request.raw_path, answer, seconds)
        return Delivery(answer, common, head_only=request.method == "HEAD", last=self._stopping)

    async def _answer(self, request: Request) -> tuple[Answer, bytes]:
        common = COMMON_LINES
        method = request.method
        try:
            path, host = _split_target(request)
            preflight = (
                method == "OPTIONS" and hdrs.ACCESS_CONTROL_REQUEST_METHOD in request.headers
            )
            verdict: Verdict = self._judge(
                host,
                field_value(request, hdrs.ORIGIN),
                request.headers.get("Sec-Fetch-Site"),
                preflight or method not in SAFE_METHODS,
            )
            if verdict.grant is not None:
                common = _common_lines(verdict.grant)
            if verdict.refusal is not None:
                raise verdict.refusal.error(verdict.refusal.detail)
            if preflight and verdict.grant is not None:
                return _preflight(request, verdict.grant)
            target = Target() if path == "*" else parse_target(path)
            exchange = Exchange(self._app, request, target)
            answer = await route(exchange)(exchange)
        except KvputError as error:
            fields = _NO_CACHE if method in ("GET", "HEAD") else ()
            answer = problem(error, _instance(request), fields)
            if isinstance(error, ContentTooLarge) and not request.content.is_eof():
                answer = closing(answer)
            if request.content.exception() is not None:  # It broke off: nothing can follow it.
                answer = closing(answer)
        except Exception:
            _logger.exception("%s %s failed", method, request.raw_path)
            answer = internal_error(_instance(request))
        # A client that was not told to go on may send its content or may not: what comes next
        # on this connection could not be told from content.
        if hdrs.EXPECT in request.headers and not request.content.is_eof():
            answer = closing(answer)
        return answer, common


def _instance(request: Request) -> str:
    return request.raw_path.partition("?")[0]


def _split_target(request: Request) -> tuple[str, str | None]:
    """The target's path, and the host that the request is for.

    RFC 9112 section 3.2: a target is in origin form, in absolute form (whose
    authority then stands for the Host, 3.2.2), or the asterisk of OPTIONS.
    Raises MalformedRequest, VersionNotSupported.
    """
    if request.version not in _VERSIONS:
        raise VersionNotSupported("The request is not HTTP/1.1: send it in that version.")
    host = field_value(request, hdrs.HOST)
    # RFC 9112 3.2: a request without Host, or with several, is answered 400.
    if host is None and request.version >= HttpVersion11:
        raise MalformedRequest("The request has no Host field, which HTTP/1.1 requires: add one.")
    target = request.raw_path
    if target == "*" and request.method == "OPTIONS":
        return target, host
    if not target.startswith("/"):
        absolute = _ABSOLUTE_TARGET.match(target)
        if absolute is not None:
            host = absolute["authority"]
            target = target[absolute.end() :]
            target = target if target.startswith("/") else "/" + target
    return target.partition("?")[0], host


@lru_cache(maxsize=256)
def _common_lines(origin: str) -> bytes:
    return COMMON_LINES + field_lines(grant_fields(origin))


def _preflight(request: Request, origin: str) -> tuple[Answer, bytes]:
    requested = field_value(request, hdrs.ACCESS_CONTROL_REQUEST_HEADERS)
    return Answer(204, preflight_fields(origin, requested)), _PREFLIGHT_COMMON_LINES

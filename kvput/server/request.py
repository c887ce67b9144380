"""Requests as the parser gives them, for answers that need nothing of aiohttp's own requests.

`CompleteRequest` has of `aiohttp.web.BaseRequest` what kvput looks at, under the
same names. How requests get here is in `kvput.server.protocol`.
"""

import asyncio
from collections.abc import Generator
from types import coroutine
from typing import TYPE_CHECKING, Any, Final, TypeVar

from aiohttp import hdrs, web
from aiohttp.http import HttpVersion, HttpVersion11, RawRequestMessage, StreamWriter
from aiohttp.streams import StreamReader

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from aiohttp.web_protocol import RequestHandler
    from multidict import CIMultiDictProxy

_T = TypeVar("_T")


class CompleteRequest:
    """A request whose content has come in full, on a connection that is to be kept."""

    __slots__ = ("content", "headers", "method", "protocol", "raw_path")

    version: Final[HttpVersion] = HttpVersion11
    keep_alive: Final = True

    def __init__(
        self, message: RawRequestMessage, content: StreamReader, protocol: "RequestHandler"
    ) -> None:
        self.method: str = message.method
        self.raw_path: str = message.path
        self.headers: CIMultiDictProxy[str] = message.headers
        self.content = content
        self.protocol = protocol

    @property
    def content_length(self) -> int | None:
        """See `web.BaseRequest.content_length`."""
        length = self.headers.get(hdrs.CONTENT_LENGTH)
        return None if length is None else int(length)

    @property
    def writer(self) -> StreamWriter:
        """Writes to the client, and waits where it does not read."""
        return StreamWriter(self.protocol, asyncio.get_running_loop())


Request = web.BaseRequest | CompleteRequest


def is_complete(message: RawRequestMessage, content: StreamReader) -> bool:
    """Whether a message can be answered as it is: nothing more is to come, and nothing unusual."""
    return (
        message.version == HttpVersion11
        and not message.should_close
        and not message.upgrade
        and content.is_eof()
        and content.exception() is None
        and hdrs.EXPECT not in message.headers
    )


@coroutine
def resumed(begun: "Coroutine[Any, Any, _T]", waits_for: object) -> Generator[Any, Any, _T]:
    """Go on with a coroutine that was begun outside a task and waits for a future.

    To begin it there saves what a task costs wherever it does not wait.
    """
    while True:
        try:
            sent = yield waits_for
        except BaseException as error:  # noqa: BLE001  # cancellation goes in as well
            try:
                waits_for = begun.throw(error)
            except StopIteration as finished:
                result: _T = finished.value
                return result
        else:
            try:
                waits_for = begun.send(sent)
            except StopIteration as finished:
                result = finished.value
                return result

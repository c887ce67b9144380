"""The server's own pages, under `/-/`, that need no module to themselves."""

from typing import Final

from kvput.errors import NotFound
from kvput.server.answer import Answer
from kvput.server.exchange import Exchange

_HEALTHY: Final = Answer(
    200,
    (("Content-Type", "application/json"), ("Cache-Control", "no-store")),
    b'{"status":"ok"}\n',
)


async def health(exchange: Exchange) -> Answer:  # noqa: ARG001  # one signature for handlers
    """GET and HEAD `/-/health`: 200 as long as the server answers."""
    return _HEALTHY


async def options_of_health(exchange: Exchange) -> Answer:  # noqa: ARG001  # as above
    """OPTIONS `/-/health`."""
    return Answer(204, (("Allow", "GET, HEAD, OPTIONS"),))


def no_page() -> NotFound:
    """The error for a page that the server has not."""
    return NotFound(
        "The server has no page of this name: see /-/docs, /-/openapi.json, /-/batch and /-/health."
    )

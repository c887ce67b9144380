"""The server's own paths, under `/-/`."""

from typing import Final

from kvput.errors import NotFound
from kvput.server.answer import Answer
from kvput.server.exchange import Exchange

_HEALTHY: Final = Answer(
    200,
    (("Content-Type", "application/json"), ("Cache-Control", "no-store")),
    b'{"status":"ok"}\n',
)


async def get(exchange: Exchange) -> Answer:
    """GET and HEAD `/-/health`: 200 as long as the server answers."""
    _require_health(exchange)
    return _HEALTHY


async def options(exchange: Exchange) -> Answer:
    """OPTIONS: what can be done at this path."""
    _require_health(exchange)
    return Answer(204, (("Allow", "GET, HEAD, OPTIONS"),))


def _require_health(exchange: Exchange) -> None:
    own = exchange.target.own
    if own is None or own.name != "health":
        raise NotFound("The server has no page of this name: see /-/health.")

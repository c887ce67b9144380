"""The root: which collections and resources there are."""

import orjson

from kvput.resources.resource import FREE_METHODS
from kvput.resources.root import top_level
from kvput.semantics.validators import ETag, Validators, content_digest
from kvput.server.answer import Answer
from kvput.server.exchange import Exchange
from kvput.server.handlers.represent import represent_rendered

_METHODS = "GET, HEAD, OPTIONS"


async def get(exchange: Exchange) -> Answer:
    """GET and HEAD `/`: the addresses of what stands directly in the folder."""
    top = await exchange.app.read(top_level)
    document = {"collections": top.collections, "resources": top.resources}
    rendered = orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    validators = Validators(ETag(content_digest(rendered)), None)
    return represent_rendered(exchange, rendered, validators)


async def options(exchange: Exchange) -> Answer:  # noqa: ARG001  # one signature for handlers
    """OPTIONS `/`."""
    return Answer(204, (("Allow", _METHODS),))


async def options_of_server(exchange: Exchange) -> Answer:  # noqa: ARG001  # as above
    """OPTIONS `*`: what the server can do at all (RFC 9110 9.3.7)."""
    return Answer(204, (("Allow", FREE_METHODS),))

"""GET, HEAD, PUT, DELETE and OPTIONS of `/articles/1`, whatever stands under that name."""

from typing import Final

from kvput.content.media_types import POST_TYPES, PUT_TYPES, Content, accept
from kvput.errors import PartialContent, StoreFailed
from kvput.paths import ResourcePath
from kvput.resources import resource as rules
from kvput.server.answer import Answer
from kvput.server.exchange import Exchange
from kvput.server.handlers import collections
from kvput.server.handlers.represent import (
    JSON_TYPE,
    EntryChangedError,
    represent,
)
from kvput.server.handlers.written import applied_fields, stored

_ATTEMPTS: Final = 5


async def get(exchange: Exchange) -> Answer:
    """GET and HEAD: the resource, or the collection of that name."""
    path = _resource(exchange)
    store = exchange.app.store
    for _ in range(_ATTEMPTS):
        entry = await store.get(path)
        if entry is None:
            if not await store.is_collection(path.beneath):
                raise rules.nothing_there(path.url)
            return await collections.get(exchange)
        try:
            return await represent(exchange, entry)
        except EntryChangedError:
            continue
    raise StoreFailed(f"{path.url} changes faster than it can be read: try again later.")


async def put(exchange: Exchange) -> Answer:
    """PUT: create or replace the resource (RFC 9110 9.3.4)."""
    path = _resource(exchange)
    exchange.refuse_expectation()
    if exchange.field("Content-Range") is not None:
        # RFC 9110 9.3.4 and 14.4: a partial PUT to a server that knows none must fail.
        raise PartialContent(
            "PUT replaces the whole resource: send all of it, without Content-Range."
        )
    conditions = exchange.preconditions
    if conditions and exchange.awaits_continue:
        entry = await exchange.app.store.get(path)
        rules.require_preconditions(conditions, "PUT", entry)
    content = await exchange.read_content(PUT_TYPES)
    commit = await exchange.app.store.commit(rules.put(path, content, conditions))
    transformed = isinstance(content, Content) and content.transformed
    return stored(exchange, commit.changes[0], transformed=transformed)


async def delete(exchange: Exchange) -> Answer:
    """DELETE: remove the resource, and show it a last time."""
    path = _resource(exchange)
    exchange.refuse_expectation()
    conditions = exchange.preconditions
    commit = await exchange.app.store.commit(rules.delete(path, conditions))
    removed = commit.changes[0].before
    content = b"" if removed is None else removed.content or b""
    if exchange.preferences.return_ == "minimal" or not content:
        return Answer(204, applied_fields(exchange))
    return Answer(200, (("Content-Type", JSON_TYPE), *applied_fields(exchange)), content)


async def options(exchange: Exchange) -> Answer:
    """OPTIONS: the methods for what stands under this name now."""
    allowed = await _allowed(exchange)
    if allowed == rules.RESOURCE_METHODS:
        return Answer(204, (("Allow", allowed),))
    return Answer(204, (("Allow", allowed), ("Accept-Post", accept(POST_TYPES))))


async def refuse(exchange: Exchange) -> Answer:
    """A method that no resource and no collection takes."""
    raise rules.method_not_allowed(exchange.method, await _allowed(exchange))


async def _allowed(exchange: Exchange) -> str:
    path = _resource(exchange)
    store = exchange.app.store
    if await store.get(path) is not None:
        return rules.RESOURCE_METHODS
    if await store.is_collection(path.beneath):
        return rules.COLLECTION_METHODS
    return rules.FREE_METHODS


def _resource(exchange: Exchange) -> ResourcePath:
    path = exchange.target.resource
    if path is None:
        raise TypeError("the routes send only targets with a resource here")
    return path

"""GET, HEAD, PUT, DELETE and OPTIONS of `/articles/1`, whatever stands under that name."""

import re
from dataclasses import replace
from typing import Final

from kvput.content.media_types import POST_TYPES, PUT_TYPES, Content, accept
from kvput.errors import MalformedParameter, PartialContent, StoreFailed
from kvput.paths import CollectionPath, ResourcePath
from kvput.resources import resource as rules
from kvput.resources.consequences import READ_ONLY_METHODS, refuse_read_only
from kvput.resources.patch import PATCH_TYPES
from kvput.server.answer import Answer
from kvput.server.exchange import Exchange
from kvput.server.handlers import lists
from kvput.server.handlers.represent import (
    JSON_TYPE,
    EntryChangedError,
    represent,
)
from kvput.server.handlers.written import committed, fields_of, stored, with_changes
from kvput.server.large import content_of_large

_ATTEMPTS: Final = 5
_BRINGS_ALONG: Final = re.compile("(?:^|&)(?:_embed|_expand|embed)=")
# Anything but what browsers' libraries add to get around caches.
_CONDITIONS: Final = re.compile("(?:^|&)(?!_=|&|$)")
# RFC 5789 section 3.1; LDP section 7.1.
_TAKEN: Final = (
    ("PATCH", "Accept-Patch", accept(PATCH_TYPES)),
    ("POST", "Accept-Post", accept(POST_TYPES)),
)
"""For a method that takes content, the field that tells of the types of it."""


async def get(exchange: Exchange) -> Answer:
    """GET and HEAD: the resource, or the collection of that name."""
    path = _resource(exchange)
    store = exchange.app.store
    for _ in range(_ATTEMPTS):
        entry = await store.get(path)
        if entry is None:
            return await lists.get(exchange)
        # Whatever else a URL says of a single resource, json-server and its clients ignore.
        if exchange.query_string and _BRINGS_ALONG.search(exchange.query_string):
            return await lists.get_related(exchange, path)
        try:
            return await represent(exchange, entry)
        except EntryChangedError:
            continue
    raise StoreFailed(f"{path.url} changes faster than it can be read: try again later.")


async def put(exchange: Exchange) -> Answer:
    """PUT: create or replace the resource (RFC 9110 9.3.4)."""
    path = _resource(exchange)
    exchange.refuse_expectation()
    refuse_read_only(exchange.app.rules.declared_at(path))
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
    written = await committed(exchange, rules.put(path, content, conditions))
    if isinstance(content, Content) and content.transformed:
        written = replace(written, transformed=frozenset((path,)))
    return stored(exchange, written)


async def delete(exchange: Exchange) -> Answer:
    """DELETE: remove the resource, or what a query finds in the collection of that name."""
    path = _resource(exchange)
    exchange.refuse_expectation()
    store = exchange.app.store
    if await store.get(path) is None and (
        exchange.query_string or await _is_collection(exchange, path.beneath)
    ):
        return await lists.delete(exchange)
    if _CONDITIONS.search(exchange.query_string):
        raise MalformedParameter(
            f"{path.url} is a resource, which a DELETE removes whatever its query says: leave the "
            "query out, or send If-Match to remove it only as you have seen it."
        )
    written = await committed(exchange, rules.delete(path, exchange.preconditions))
    removed = written.changes[0].before
    content = None if removed is None else await content_of_large(store, removed)
    fields = fields_of(exchange, written)
    if exchange.preferences.changes:
        content = with_changes(exchange, content or b"null", written)
    if exchange.preferences.return_ == "minimal" or not content:
        return Answer(204, fields)
    return Answer(200, (("Content-Type", JSON_TYPE), *fields), content)


async def options(exchange: Exchange) -> Answer:
    """OPTIONS: the methods for what stands under this name now."""
    allowed = await _allowed(exchange)
    taken = tuple((name, types) for method, name, types in _TAKEN if method in allowed)
    return Answer(204, (("Allow", allowed), *taken))


async def refuse(exchange: Exchange) -> Answer:
    """A method that no resource and no collection takes."""
    raise rules.method_not_allowed(exchange.method, await _allowed(exchange))


async def _allowed(exchange: Exchange) -> str:
    path = _resource(exchange)
    if await exchange.app.store.get(path) is not None:
        return allowed_in(exchange, path.parent, rules.RESOURCE_METHODS)
    if await _is_collection(exchange, path.beneath):
        return allowed_in(exchange, path.beneath, rules.COLLECTION_METHODS)
    return allowed_in(exchange, path.parent, rules.FREE_METHODS)


async def _is_collection(exchange: Exchange, collection: CollectionPath) -> bool:
    return await exchange.app.read(lambda view: view.is_collection(collection))


def allowed_in(exchange: Exchange, collection: CollectionPath, methods: str) -> str:
    """The methods, or what is left of them where the collection is declared to be read-only."""
    declaration = exchange.app.rules.declared_of(collection)
    return READ_ONLY_METHODS if declaration is not None and declaration.readonly else methods


def _resource(exchange: Exchange) -> ResourcePath:
    path = exchange.target.resource
    if path is None:
        raise TypeError("the routes send only targets with a resource here")
    return path

"""GET, HEAD, POST and OPTIONS of a collection, by its bare name or with a closing slash."""

import asyncio

from kvput.content.media_types import POST_TYPES, accept
from kvput.errors import NotFound
from kvput.paths import CollectionPath
from kvput.resources import collection as rules
from kvput.resources.resource import COLLECTION_METHODS, nothing_there
from kvput.server.answer import Answer
from kvput.server.exchange import Exchange
from kvput.server.handlers.represent import represent_rendered
from kvput.server.handlers.written import created


async def get(exchange: Exchange) -> Answer:
    """GET and HEAD: all its resources as a JSON array."""
    collection = _collection(exchange)
    entries = await exchange.app.store.list(collection)
    if entries is None:
        raise _no_collection(collection)
    rendered = await asyncio.to_thread(rules.render, entries)
    exchange.app.left_out.tell(collection, rendered.left_out)
    return represent_rendered(exchange, rendered.text, rules.validators_of(rendered))


async def post(exchange: Exchange) -> Answer:
    """POST: create a resource under a new name (RFC 9110 9.3.3)."""
    collection = _collection(exchange)
    exchange.refuse_expectation()
    conditions = exchange.preconditions
    content = await exchange.read_content(POST_TYPES)
    bare_name = exchange.target.resource is not None
    decision = rules.create(collection, content, conditions, bare_name=bare_name)
    commit = await exchange.app.store.commit(decision)
    return created(exchange, commit.changes[0], transformed=False)


async def options(exchange: Exchange) -> Answer:
    """OPTIONS: a collection's methods."""
    _collection(exchange)
    return Answer(204, (("Allow", COLLECTION_METHODS), ("Accept-Post", accept(POST_TYPES))))


def _no_collection(collection: CollectionPath) -> NotFound:
    return nothing_there(collection.url + "/")


def _collection(exchange: Exchange) -> CollectionPath:
    collection = exchange.target.collection
    if collection is None:
        raise TypeError("the routes send only targets with a collection here")
    return collection

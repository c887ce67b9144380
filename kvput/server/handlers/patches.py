"""PATCH of `/articles/1` (RFC 5789)."""

import asyncio
from typing import Final

from kvput.content.media_types import Content
from kvput.errors import KvputError, StoreFailed
from kvput.resources import patch as rules
from kvput.resources.consequences import refuse_read_only
from kvput.server.answer import Answer
from kvput.server.exchange import Exchange
from kvput.server.handlers.written import changed, committed
from kvput.server.large import content_of_large
from kvput.store.base import Entry, Store

_ATTEMPTS: Final = 20


async def patch(exchange: Exchange) -> Answer:
    """PATCH: change the resource in part, and show what it is now."""
    path = exchange.resource
    exchange.refuse_expectation()
    refuse_read_only(exchange.app.rules.declared_at(path))
    conditions = exchange.preconditions
    store = exchange.app.store
    limit = exchange.app.config.max_body
    says_its_type = exchange.field("Content-Type") is not None
    if exchange.awaits_continue or not says_its_type:
        await store.read(lambda view: rules.require_patchable(view, path, conditions, limit))
    if not says_its_type:
        raise rules.type_missing()
    content = await exchange.read_content(rules.PATCH_TYPES)
    prepared: dict[str, bytes] = {}
    for _ in range(_ATTEMPTS):
        try:
            decide = rules.patch(path, content, conditions, limit, prepared)
            written = await committed(exchange, exchange.app.ruled(decide, in_part=True))
        except rules.NotPrepared as needed:
            await _prepare(store, needed.entry, content, limit, prepared)
        else:
            return changed(exchange, written)
    raise StoreFailed(f"{path.url} changes faster than it can be read: try again later.")


async def _prepare(
    store: Store,
    entry: Entry,
    content: Content | KvputError,
    limit: int,
    prepared: dict[str, bytes],
) -> None:
    """Do what is long work on this state of the resource, while others may write."""
    stored = await content_of_large(store, entry)
    if stored is None or isinstance(content, KvputError):
        return
    prepared[entry.digest] = await asyncio.to_thread(
        rules.patched_content, entry.path, stored, rules.patch_in(content), limit
    )

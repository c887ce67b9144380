"""POST and OPTIONS of a collection, by its bare name or with a closing slash."""

from kvput.content.media_types import POST_TYPES, ManyContents, accept
from kvput.resources import collection as rules
from kvput.resources.resource import COLLECTION_METHODS
from kvput.server.answer import Answer
from kvput.server.exchange import Exchange
from kvput.server.handlers.once import commit_once
from kvput.server.handlers.represent import JSON_TYPE
from kvput.server.handlers.written import applied_fields, created
from kvput.store.base import Change


async def post(exchange: Exchange) -> Answer:
    """POST: create a resource, or many, under new names (RFC 9110 9.3.3)."""
    collection = exchange.collection
    exchange.refuse_expectation()
    conditions = exchange.preconditions
    _ = exchange.idempotency_key  # A malformed one is refused before the content is read.
    content = await exchange.read_content(POST_TYPES)
    bare_name = exchange.target.resource is not None
    decision = rules.create(collection, content, conditions, bare_name=bare_name)

    def answer(changes: tuple[Change, ...]) -> Answer:
        if isinstance(content, ManyContents):
            return _created_many(exchange, changes)
        return created(exchange, changes[0], transformed=False)

    return await commit_once(exchange, decision, answer)


def _created_many(exchange: Exchange, changes: tuple[Change, ...]) -> Answer:
    """201 with the new resources as a list shows them, and their collection as Location."""
    # RFC 9110 9.3.3: Location is "an identifier for the primary resource created".
    collection = changes[0].path.parent
    fields = (("Location", collection.url), *applied_fields(exchange))
    if exchange.preferences.return_ == "minimal":
        return Answer(201, fields)
    # Each object has its id by now, and none is stored without content.
    entries = (change.after for change in changes)
    items = [entry.content.strip() for entry in entries if entry is not None and entry.content]
    text = b"[" + b",\n".join(items) + b"]\n"
    return Answer(201, (("Content-Type", JSON_TYPE), *fields), text)


async def options(exchange: Exchange) -> Answer:  # noqa: ARG001  # one signature for handlers
    """OPTIONS: a collection's methods."""
    return Answer(204, (("Allow", COLLECTION_METHODS), ("Accept-Post", accept(POST_TYPES))))

"""POST and OPTIONS of a collection, by its bare name or with a closing slash."""

from dataclasses import replace

from kvput.content.media_types import POST_TYPES, ManyContents, accept
from kvput.errors import KvputError
from kvput.resources import collection as rules
from kvput.resources.consequences import refuse_read_only
from kvput.resources.resource import COLLECTION_METHODS
from kvput.server.answer import Answer
from kvput.server.exchange import Exchange
from kvput.server.handlers.once import commit_once
from kvput.server.handlers.represent import JSON_TYPE
from kvput.server.handlers.resources import allowed_in
from kvput.server.handlers.written import Written, created, fields_of, with_changes


async def post(exchange: Exchange) -> Answer:
    """POST: create a resource, or many, under new names (RFC 9110 9.3.3)."""
    collection = exchange.collection
    exchange.refuse_expectation()
    refuse_read_only(exchange.app.rules.declared_of(collection))
    conditions = exchange.preconditions
    _ = exchange.idempotency_key  # A malformed one is refused before the content is read.
    content = await exchange.read_content(POST_TYPES)
    bare_name = exchange.target.resource is not None
    sides = exchange.app.rules.now.sides
    decision = rules.create(collection, content, conditions, bare_name=bare_name, sides=sides)

    def answer(written: Written) -> Answer:
        if isinstance(content, ManyContents):
            return _created_many(exchange, written)
        # POST promises no more than to make a resource of the content: what is stored is shown.
        return created(exchange, replace(written, transformed=frozenset()))

    try:
        return await commit_once(exchange, decision, answer)
    except KvputError as error:
        raise decision.placed(error) from None


def _created_many(exchange: Exchange, written: Written) -> Answer:
    """201 with the new resources as a list shows them, and their collection as Location."""
    # RFC 9110 9.3.3: Location is "an identifier for the primary resource created".
    collection = written.changes[0].path.parent
    fields = (("Location", collection.url), *fields_of(exchange, written))
    if exchange.preferences.return_ == "minimal":
        return Answer(201, fields)
    # Each object has its id by now, and none is stored without content.
    entries = (change.after for change in written.changes)
    items = [entry.content.strip() for entry in entries if entry is not None and entry.content]
    text = b"[" + b",\n".join(items) + b"]\n"
    if exchange.preferences.changes:
        text = with_changes(exchange, text, written)
    return Answer(201, (("Content-Type", JSON_TYPE), *fields), text)


async def options(exchange: Exchange) -> Answer:
    """OPTIONS: a collection's methods."""
    allowed = allowed_in(exchange, exchange.collection, COLLECTION_METHODS)
    taken = (("Accept-Post", accept(POST_TYPES)),) if "POST" in allowed else ()
    return Answer(204, (("Allow", allowed), *taken))

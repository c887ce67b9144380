"""GET, HEAD and DELETE of what a query finds in a collection."""

from dataclasses import replace

from kvput.errors import NotFound, StoredContentMalformed
from kvput.paths import ResourcePath
from kvput.query.paging import Style, content_range, link
from kvput.query.rows import listed
from kvput.resources.collection import delete_selected
from kvput.resources.consequences import refuse_read_only
from kvput.resources.listing import Listing, listing, with_related
from kvput.resources.resource import nothing_there
from kvput.server.answer import Answer, Fields
from kvput.server.exchange import Exchange
from kvput.server.handlers.represent import (
    JSON_TYPE,
    described_by,
    represent_rendered,
    schema_of,
)
from kvput.server.handlers.written import Written, committed, fields_of, with_changes
from kvput.server.large import content_of_large


async def get(exchange: Exchange) -> Answer:
    """GET and HEAD: the resources that the query finds, as JSON."""
    collection = exchange.collection
    query = exchange.query
    look = listing(
        collection,
        query,
        bare_name=exchange.target.resource is not None,
        sides=exchange.app.rules.lately.sides,
        most_embedded=_most_embedded(exchange),
    )
    shown = await exchange.app.read(look)
    if shown is None:
        raise _no_collection(exchange)
    exchange.app.left_out.tell(shown.collection, shown.left_out)
    return represent_rendered(exchange, shown.text, shown.validators, _fields(exchange, shown))


async def get_related(exchange: Exchange, path: ResourcePath) -> Answer:
    """GET and HEAD of one resource with `_embed` or `_expand`: as a list would show it."""
    look = with_related(
        path,
        exchange.query,
        sides=exchange.app.rules.lately.sides,
        most_embedded=_most_embedded(exchange),
    )
    shown = await exchange.app.read(look)
    if shown is None:
        raise StoredContentMalformed(
            f"{path.url} is no JSON, so that nothing can be embedded in it: GET it without a query."
        )
    return represent_rendered(exchange, shown.text, shown.validators)


def _most_embedded(exchange: Exchange) -> int:
    """How many bytes of embedded resources an answer holds at most."""
    return 4 * exchange.app.config.max_body


def _no_collection(exchange: Exchange) -> NotFound:
    named = exchange.target.resource
    return nothing_there(exchange.collection.url + "/" if named is None else named.url)


def _fields(exchange: Exchange, shown: Listing) -> Fields:
    """What a list tells beside its content."""
    fields = [("X-Total-Count", str(shown.total))]
    schema = schema_of(exchange.app.rules.declared_of(shown.collection))
    if schema is not None:
        fields.append(described_by(schema))
    page = shown.page
    if page is not None:
        links = link(page, exchange.path, exchange.query_string, shown.total)
        if links is not None:
            fields.append(("Link", links))
        if page.style is Style.RANGE:
            name = shown.collection.segments[-1]
            fields.append(("Content-Range", content_range(page, name, shown.total)))
    if shown.left_out:
        first = shown.left_out[0]
        url = shown.collection.resource(first.name).url
        # RFC 9651 section 3.2: a dictionary.
        place = f", line={first.line}, column={first.column}" if first.line else ""
        fields.append(("Left-Out", f'count={len(shown.left_out)}, first="{url}"{place}'))
    return tuple(fields)


async def delete(exchange: Exchange) -> Answer:
    """DELETE `/posts/?status=draft`: remove what the query finds, and show it a last time."""
    exchange.refuse_expectation()
    refuse_read_only(exchange.app.rules.declared_of(exchange.collection))
    query, conditions = exchange.query, exchange.preconditions
    if not conditions:
        # What a list brings along makes another tag of it, and else means nothing here.
        query = replace(query, embed=(), expand=())
    decide = delete_selected(
        exchange.collection,
        query,
        conditions,
        bare_name=exchange.target.resource is not None,
        sides=exchange.app.rules.now.sides,
        most_embedded=_most_embedded(exchange),
    )
    texts = []
    written = await committed(exchange, decide)
    for change in written.changes:
        if change.before is not None:
            # What would be removed may be large, and is then read for this alone.
            content = await content_of_large(exchange.app.store, change.before)
            if content is not None:
                texts.append(listed(change.path.name, content).text)
    return _removed(exchange, written, texts)


def _removed(exchange: Exchange, written: Written, texts: list[bytes]) -> Answer:
    """The answer to a DELETE of a collection's resources: what they were, as a list."""
    fields = (("X-Total-Count", str(len(texts))), *fields_of(exchange, written))
    if exchange.preferences.return_ == "minimal":
        return Answer(204, fields)
    content = b"[" + b",\n".join(texts) + b"]\n"
    if exchange.preferences.changes:
        content = with_changes(exchange, content, written)
    return Answer(200, (("Content-Type", JSON_TYPE), *fields), content)

"""GET, HEAD and DELETE of what a query finds in a collection."""

from kvput.errors import NotFound, StoredContentMalformed
from kvput.paths import ResourcePath
from kvput.query.paging import Style, content_range, link
from kvput.query.rows import listed
from kvput.resources.collection import delete_selected
from kvput.resources.listing import Listing, listing, with_related
from kvput.resources.resource import nothing_there
from kvput.server.answer import Answer, Fields
from kvput.server.exchange import Exchange
from kvput.server.handlers.represent import JSON_TYPE, represent_rendered
from kvput.server.handlers.written import applied_fields
from kvput.store.base import Change, Decision, View


async def get(exchange: Exchange) -> Answer:
    """GET and HEAD: the resources that the query finds, as JSON."""
    collection = exchange.collection
    query = exchange.query
    look = listing(collection, query, bare_name=exchange.target.resource is not None)
    shown = await exchange.app.store.read(look)
    if shown is None:
        raise _no_collection(exchange)
    exchange.app.left_out.tell(collection, shown.left_out)
    return represent_rendered(exchange, shown.text, shown.validators, _fields(exchange, shown))


async def get_related(exchange: Exchange, path: ResourcePath) -> Answer:
    """GET and HEAD of one resource with `_embed` or `_expand`: as a list would show it."""
    shown = await exchange.app.store.read(with_related(path, exchange.query))
    if shown is None:
        raise StoredContentMalformed(
            f"{path.url} is no JSON, so that nothing can be embedded in it: GET it without a query."
        )
    return represent_rendered(exchange, shown.text, shown.validators)


def _no_collection(exchange: Exchange) -> NotFound:
    named = exchange.target.resource
    return nothing_there(exchange.collection.url + "/" if named is None else named.url)


def _fields(exchange: Exchange, shown: Listing) -> Fields:
    """What a list tells beside its content."""
    fields = [("X-Total-Count", str(shown.total))]
    page = shown.page
    if page is not None:
        links = link(page, exchange.path, exchange.query_string, shown.total)
        if links is not None:
            fields.append(("Link", links))
        if page.style is Style.RANGE:
            name = exchange.collection.segments[-1]
            fields.append(("Content-Range", content_range(page, name, shown.total)))
    if shown.left_out:
        first = shown.left_out[0]
        url = exchange.collection.resource(first.name).url
        # RFC 9651 section 3.2: a dictionary.
        place = f", line={first.line}, column={first.column}" if first.line else ""
        fields.append(("Left-Out", f'count={len(shown.left_out)}, first="{url}"{place}'))
    return tuple(fields)


async def delete(exchange: Exchange) -> Answer:
    """DELETE `/posts/?status=draft`: remove what the query finds, and show it a last time."""
    exchange.refuse_expectation()
    decide = delete_selected(
        exchange.collection,
        exchange.query,
        exchange.preconditions,
        bare_name=exchange.target.resource is not None,
    )
    if exchange.preferences.dry_run:
        return await would_remove(exchange, decide)
    commit = await exchange.app.store.commit(decide)
    return removed(exchange, commit.changes)


def removed(exchange: Exchange, changes: tuple[Change, ...]) -> Answer:
    """The answer to a DELETE of a collection's resources: what they were, as a list."""
    texts = [
        listed(change.path.name, change.before.content or b"").text
        for change in changes
        if change.before is not None
    ]
    return _shown_a_last_time(exchange, b"[" + b",\n".join(texts) + b"]\n", len(texts))


async def would_remove(exchange: Exchange, decide: Decision) -> Answer:
    """The answer to the same where the client only wants to know."""

    def look(view: View) -> Listing | None:
        decide(view)
        return listing(exchange.collection, exchange.query)(view)

    shown = await exchange.app.store.read(look)
    if shown is None:
        raise _no_collection(exchange)
    return _shown_a_last_time(exchange, shown.text, len(shown.names))


def _shown_a_last_time(exchange: Exchange, text: bytes, total: int) -> Answer:
    fields = (("X-Total-Count", str(total)), *applied_fields(exchange, dry_run=True))
    if exchange.preferences.return_ == "minimal":
        return Answer(204, fields)
    return Answer(200, (("Content-Type", JSON_TYPE), *fields), text)

"""Answers to PUT, PATCH and POST that tell what has been written."""

from kvput.content.json_text import is_empty_set
from kvput.resources.preview import would_change
from kvput.resources.resource import modified_seconds
from kvput.semantics.fields import format_http_date
from kvput.server.answer import Answer, Fields
from kvput.server.exchange import Exchange
from kvput.server.handlers.represent import JSON_TYPE
from kvput.store.base import Change, Decision


def created(exchange: Exchange, change: Change, *, transformed: bool) -> Answer:
    """201 for a new resource, with Location and, if the client does not mind, the resource.

    A transformed one has no validators in a PUT's answer (RFC 9110 9.3.4).
    """
    location = f"Location: {change.path.url}\r\n"
    return _with_content(
        exchange, 201, location + _validators(exchange, change, transformed), change
    )


def stored(exchange: Exchange, change: Change, *, transformed: bool) -> Answer:
    """The answer to a PUT: 201, 200 with what is stored, or 204 for an empty set."""
    if change.before is None:
        return created(exchange, change, transformed=transformed)
    lines = _validators(exchange, change, transformed)
    wanted = exchange.preferences.return_
    after = change.after
    content = b"" if after is None else after.content or b""
    if wanted == "minimal" or (is_empty_set(content) and (not content or wanted is None)):
        return Answer(204, applied_fields(exchange), block=lines.encode())
    return _with_content(exchange, 200, lines, change)


def changed(exchange: Exchange, change: Change) -> Answer:
    """The answer to a PATCH: 200 with what is stored now, or 204 where that is not wanted."""
    lines = _validators(exchange, change, transformed=False)
    is_empty = change.after is None or not change.after.content
    if exchange.preferences.return_ == "minimal" or is_empty:
        return Answer(204, applied_fields(exchange), block=lines.encode())
    return _with_content(exchange, 200, lines, change)


def _with_content(exchange: Exchange, status: int, lines: str, change: Change) -> Answer:
    content = b"" if change.after is None else change.after.content or b""
    applied = applied_fields(exchange)
    if exchange.preferences.return_ == "minimal" or not content:
        return Answer(status, applied, block=lines.encode())
    # RFC 9110 8.7: with it, what is enclosed is what GET would now give.
    described = f"Content-Type: {JSON_TYPE}\r\nContent-Location: {change.path.url}\r\n"
    return Answer(status, applied, content, block=(lines + described).encode())


def _validators(exchange: Exchange, change: Change, transformed: bool) -> str:
    """The field lines of the validators. Each is another, so that they are not looked up."""
    if transformed or change.after is None or exchange.preferences.dry_run:
        return ""
    modified = format_http_date(modified_seconds(change.after))
    return f'ETag: "{change.after.digest}"\r\nLast-Modified: {modified}\r\n'


def applied_fields(exchange: Exchange) -> Fields:
    """Preference-Applied, where the client prefers something (RFC 7240 section 3)."""
    applied = exchange.preferences.applied
    return () if applied is None else (("Preference-Applied", applied),)


async def committed(exchange: Exchange, decide: Decision) -> tuple[Change, ...]:
    """The changes that a commit of the decision makes, or would where the client asks for that."""
    store = exchange.app.store
    if exchange.preferences.dry_run:
        return await store.read(would_change(decide))
    return (await store.commit(decide)).changes

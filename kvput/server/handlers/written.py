"""Answers to PUT and POST that tell what has been written."""

from kvput.content.json_text import is_empty_set
from kvput.server.answer import Answer, Fields
from kvput.server.exchange import Exchange
from kvput.server.handlers.represent import JSON_TYPE, validator_fields
from kvput.store.base import Change


def created(exchange: Exchange, change: Change, *, transformed: bool) -> Answer:
    """201 for a new resource, with Location and, if the client does not mind, the resource.

    A transformed one has no validators in a PUT's answer (RFC 9110 9.3.4).
    """
    url = change.path.url
    fields = (("Location", url), *_validators(change, transformed=transformed))
    return _with_content(exchange, 201, fields, change)


def stored(exchange: Exchange, change: Change, *, transformed: bool) -> Answer:
    """The answer to a PUT: 201, 200 with what is stored, or 204 for an empty set."""
    if change.before is None:
        return created(exchange, change, transformed=transformed)
    fields = _validators(change, transformed=transformed)
    wanted = exchange.preferences.return_
    after = change.after
    content = b"" if after is None else after.content or b""
    if wanted == "minimal" or (is_empty_set(content) and (not content or wanted is None)):
        applied = applied_fields(exchange) if wanted == "minimal" else ()
        return Answer(204, (*fields, *applied))
    return _with_content(exchange, 200, fields, change)


def _with_content(exchange: Exchange, status: int, fields: Fields, change: Change) -> Answer:
    fields = (*fields, *applied_fields(exchange))
    content = b"" if change.after is None else change.after.content or b""
    if exchange.preferences.return_ == "minimal" or not content:
        return Answer(status, fields)
    # RFC 9110 8.7: with it, what is enclosed is what GET would now give.
    described = (("Content-Type", JSON_TYPE), ("Content-Location", change.path.url))
    return Answer(status, (*fields, *described), content)


def _validators(change: Change, *, transformed: bool) -> Fields:
    if transformed or change.after is None:
        return ()
    return validator_fields(change.after)


def applied_fields(exchange: Exchange) -> Fields:
    """Preference-Applied, where the client prefers one return or the other (RFC 7240 section 3)."""
    applied = exchange.preferences.applied
    return () if applied is None else (("Preference-Applied", applied),)

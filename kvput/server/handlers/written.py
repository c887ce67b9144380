"""What a request has written, and the answers to PUT, PATCH and POST that tell of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final, TypeVar

import orjson

from kvput.content.json_text import is_empty_set, parse
from kvput.errors import MalformedContent, StoreFailed
from kvput.paths import ResourcePath
from kvput.resources.consequences import Ruled
from kvput.resources.needed import ContentNeeded
from kvput.resources.preview import would_change
from kvput.resources.resource import modified_seconds
from kvput.semantics.fields import format_http_date
from kvput.server.answer import Answer, Fields
from kvput.server.exchange import Exchange
from kvput.server.handlers.represent import JSON_TYPE, described_by, schema_of
from kvput.server.large import content_of_large
from kvput.store.base import Change, Decision

_T = TypeVar("_T")

_ATTEMPTS: Final = 100
_MOST_LINKS: Final = 50
"""Clients refuse a head of more than some kilobytes; the list of changes has them all."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a commit has written: what was asked for, and what follows from that.

    `transformed` are those asked for that the server had to change as well.
    """

    changes: tuple[Change, ...]
    related: tuple[Change, ...] = ()
    transformed: frozenset[ResourcePath] = frozenset()


# --- writing


async def committed(exchange: Exchange, decide: Decision) -> Written:
    """What a commit of the decision writes, or would where the client asks for that."""
    ruled = exchange.app.ruled(decide)
    store = exchange.app.store
    if exchange.preferences.dry_run:
        look = would_change(ruled)
        return written_by(ruled, await with_content(exchange, ruled, lambda: store.read(look)))
    commit = await with_content(exchange, ruled, lambda: store.commit(ruled))
    return written_by(ruled, commit.changes)


def written_by(ruled: Ruled, changes: tuple[Change, ...]) -> Written:
    """The changes that a decision has made, told apart."""
    asked = ruled.asked
    if asked is None:
        return Written(changes)
    return Written(
        tuple(change for change in changes if change.path in asked),
        tuple(change for change in changes if change.path not in asked),
        ruled.transformed,
    )


async def with_content(exchange: Exchange, ruled: Ruled, call: Callable[[], Awaitable[_T]]) -> _T:
    """What `call` gives, once the decision has all content that it needs."""
    for _ in range(_ATTEMPTS):
        try:
            return await call()
        except ContentNeeded as needed:
            content = await content_of_large(exchange.app.store, needed.entry)
            if content is not None:
                ruled.held[needed.entry.digest] = content
    raise StoreFailed("The resources change faster than they can be read: try again later.")


# --- answers


def created(exchange: Exchange, written: Written) -> Answer:
    """201 for a new resource, with Location and, if the client does not mind, the resource.

    A transformed one has no validators in a PUT's answer (RFC 9110 9.3.4).
    """
    change = written.changes[0]
    location = f"Location: {change.path.url}\r\n"
    return _with_content(exchange, 201, location + _validators(exchange, written), written)


def stored(exchange: Exchange, written: Written) -> Answer:
    """The answer to a PUT: 201, 200 with what is stored, or 204 for an empty set."""
    change = written.changes[0]
    if change.before is None:
        return created(exchange, written)
    lines = _validators(exchange, written)
    preferences = exchange.preferences
    after = change.after
    content = b"" if after is None else after.content or b""
    if preferences.return_ == "minimal" or (
        is_empty_set(content) and (not content or preferences.return_ is None)
    ):
        return Answer(204, fields_of(exchange, written), block=lines.encode())
    return _with_content(exchange, 200, lines, written)


def changed(exchange: Exchange, written: Written) -> Answer:
    """The answer to a PATCH: 200 with what is stored now, or 204 where that is not wanted."""
    change = written.changes[0]
    is_empty = change.after is None or not change.after.content
    is_shown = exchange.preferences.return_ != "minimal" and not is_empty
    if is_shown:
        # 9.3.4 is of PUT alone: who is shown what is stored may well have its tag.
        written = replace(written, transformed=frozenset())
    lines = _validators(exchange, written)
    if not is_shown:
        return Answer(204, fields_of(exchange, written), block=lines.encode())
    return _with_content(exchange, 200, lines, written)


def _with_content(exchange: Exchange, status: int, lines: str, written: Written) -> Answer:
    change = written.changes[0]
    content = b"" if change.after is None else change.after.content or b""
    fields = fields_of(exchange, written)
    if exchange.preferences.return_ == "minimal" or not content:
        return Answer(status, fields, block=lines.encode())
    described = f"Content-Type: {JSON_TYPE}\r\n"
    if exchange.preferences.changes:
        content = with_changes(exchange, content, written)
    else:
        # RFC 9110 8.7: with it, what is enclosed is what GET would now give.
        described += f"Content-Location: {change.path.url}\r\n"
    return Answer(status, fields, content, block=(lines + described).encode())


def _validators(exchange: Exchange, written: Written) -> str:
    """The field lines of the validators. Each is another, so that they are not looked up."""
    change = written.changes[0]
    is_transformed = change.path in written.transformed
    if is_transformed or change.after is None or exchange.preferences.dry_run:
        return ""
    modified = format_http_date(modified_seconds(change.after))
    return f'ETag: "{change.after.digest}"\r\nLast-Modified: {modified}\r\n'


# --- what else has changed


def fields_of(exchange: Exchange, written: Written) -> Fields:
    """Preference-Applied (RFC 7240 section 3), and the links of an answer to a write."""
    applied = exchange.preferences.applied
    fields = [] if applied is None else [("Preference-Applied", applied)]
    rules = exchange.app.rules
    schema = schema_of(rules.declared_at(written.changes[0].path)) if written.changes else None
    if schema is not None:
        fields.append(described_by(schema))
    if written.related:
        fields += [
            ("Link", f'<{change.path.url}>; rel="related"')
            for change in written.related[:_MOST_LINKS]
        ]
        fields.append(("Related-Count", str(len(written.related))))
    return tuple(fields)


def with_changes(exchange: Exchange, content: bytes, written: Written) -> bytes:
    """The content as the member `value`, beside the list of all that has changed."""
    try:
        parse(content)
    except MalformedContent:
        content = b"null"  # A hand may have stored what is no JSON.
    return (
        b'{"value":'
        + content.strip()
        + b',\n"changes":'
        + list_of_changes(exchange, written)
        + b"}\n"
    )


def list_of_changes(exchange: Exchange, written: Written) -> bytes:
    """All that has changed, as a JSON array: paths, what became of each, and the new ETags."""
    is_done = not exchange.preferences.dry_run
    changes = (*written.changes, *written.related)
    lines = (orjson.dumps(_told(change, is_done=is_done)) for change in changes)
    return b"[" + b",\n".join(lines) + b"]"


def _told(change: Change, *, is_done: bool) -> dict[str, object]:
    before, after = change.before, change.after
    if after is None:
        return {"path": change.path.url, "status": "deleted"}
    status = "changed"
    if before is None:
        status = "created"
    elif before.digest == after.digest:
        status = "unchanged"
    told: dict[str, object] = {"path": change.path.url, "status": status}
    told["etag"] = f'"{after.digest}"'
    # Of what is only tried, nobody knows the time.
    if is_done:
        told["lastModified"] = format_http_date(modified_seconds(after))
    return told

"""Answers to GET and HEAD that carry a representation: conditions, ranges, freshness.

What is true of a representation (its validators, whether a condition holds,
which bytes a range names) is asked of the rules; here it becomes an answer.
"""

import secrets
import time
from collections.abc import AsyncIterator, Iterator
from functools import lru_cache
from typing import Final

from kvput.declarations import Declaration
from kvput.resources.resource import modified_seconds, validators_of
from kvput.semantics.fields import format_http_date
from kvput.semantics.preconditions import (
    Outcome,
    evaluate,
    require,
)
from kvput.semantics.ranges import (
    ByteRange,
    Multipart,
    content_range,
    if_range_holds,
    multipart,
    parse_ranges,
    select,
)
from kvput.semantics.validators import Validators
from kvput.server.answer import Answer, Fields, Stream, field_lines
from kvput.server.exchange import Exchange
from kvput.store.base import Entry, OpenContent

JSON_TYPE: Final = "application/json"


class EntryChangedError(Exception):
    """A large resource was replaced after its entry was read: read the entry again."""


async def represent(exchange: Exchange, entry: Entry) -> Answer:
    """The answer to GET or HEAD of a resource: 200, 204, 206 or 304.

    Raises PreconditionFailed, RangeNotSatisfiable, MalformedField, and
    EntryChangedError.
    """
    described_by = schema_of(exchange.app.rules.declared_at(entry.path))
    cache_control = exchange.app.config.cache_control
    lines_of = (entry.digest, modified_seconds(entry), cache_control, described_by)
    if exchange.is_conditional and (
        # A client that polls sends the one tag that it has, and nothing else: no list is to be
        # parsed to see that it is the current one. This halves what kvput adds to a 304.
        exchange.client_has(f'"{entry.digest}"') or _not_modified(exchange, validators_of(entry))
    ):
        return Answer(304, block=_validator_lines(*lines_of))
    if entry.size == 0:
        return Answer(204, block=_validator_lines(*lines_of))
    # RFC 9110 14.2: Range is defined for GET alone.
    requested = exchange.field("Range") if exchange.method == "GET" else None
    if requested is not None:
        ranges = _select_ranges(exchange, requested, entry)
        if ranges is not None:
            return await _partial(exchange, entry, ranges, _validator_lines(*lines_of))
    block = _full_lines(*lines_of)
    if entry.content is not None:
        return Answer(200, content=entry.content, block=block)
    return Answer(200, content=await _stream(exchange, entry, None), block=block)


def schema_of(declaration: Declaration | None) -> str | None:
    """The URL of the schema that is declared of a collection, if one is."""
    if declaration is None or declaration.schema is None:
        return None
    return declaration.schema.url


def described_by(url: str) -> tuple[str, str]:
    """The field that links to a schema (RFC 8288; JSON Schema core section 9.5.1.1)."""
    return "Link", f'<{url}>; rel="describedby"'


def represent_rendered(
    exchange: Exchange, rendered: bytes, validators: Validators, fields: Fields = ()
) -> Answer:
    """The answer to GET or HEAD of what was made for this request: a list, the root.

    `fields` are further ones, which the validators speak for as well.
    """
    cache_control = exchange.app.config.cache_control
    lines = _validator_lines(validators.etag.opaque, None, cache_control)
    if exchange.is_conditional and _not_modified(exchange, validators):
        return Answer(304, block=lines)
    return Answer(200, (("Content-Type", JSON_TYPE), *fields), rendered, block=lines)


def _not_modified(exchange: Exchange, current: Validators) -> bool:
    conditions = exchange.preconditions
    outcome = evaluate(conditions, exchange.method, current)
    if outcome is Outcome.FAILED:
        require(conditions, exchange.method, current)
    return outcome is Outcome.NOT_MODIFIED


# --- header blocks: a hot resource's are made once


@lru_cache(maxsize=8192)
def _validator_lines(
    digest: str, modified: int | None, cache_control: str, schema: str | None = None
) -> bytes:
    fields = [("ETag", f'"{digest}"'), ("Cache-Control", cache_control)]
    if schema is not None:
        fields.append(described_by(schema))
    if modified is not None:
        fields.insert(1, ("Last-Modified", format_http_date(modified)))
    return field_lines(tuple(fields))


@lru_cache(maxsize=8192)
def _full_lines(digest: str, modified: int | None, cache_control: str, schema: str | None) -> bytes:
    fields = (("Content-Type", JSON_TYPE), ("Accept-Ranges", "bytes"))
    return field_lines(fields) + _validator_lines(digest, modified, cache_control, schema)


# --- ranges (RFC 9110 section 14)


def _select_ranges(
    exchange: Exchange, requested: str, entry: Entry
) -> tuple[ByteRange, ...] | None:
    specs = parse_ranges(requested)
    if specs is None:
        return None
    # 13.2.2 step 5: If-Range is looked at last, and for Range alone.
    if not if_range_holds(exchange.field("If-Range"), validators_of(entry), int(time.time())):
        return None
    return select(specs, entry.size)


async def _partial(
    exchange: Exchange, entry: Entry, ranges: tuple[ByteRange, ...], lines: bytes
) -> Answer:
    framing = None
    if len(ranges) == 1:
        fields: Fields = (
            ("Content-Type", JSON_TYPE),
            ("Content-Range", content_range(ranges[0], entry.size)),
        )
    else:
        framing = multipart(ranges, entry.size, JSON_TYPE, secrets.token_hex(16))
        fields = (("Content-Type", framing.content_type),)
    if entry.content is None:
        stream = await _stream(exchange, entry, framing or ranges[0])
        return Answer(206, fields, stream, block=lines)
    return Answer(206, fields, _cut(entry.content, framing or ranges[0]), block=lines)


def _cut(content: bytes, wanted: Multipart | ByteRange) -> bytes:
    pieces = _pieces(wanted)
    return b"".join(
        piece if isinstance(piece, bytes) else content[piece.start : piece.stop] for piece in pieces
    )


async def _stream(exchange: Exchange, entry: Entry, wanted: Multipart | ByteRange | None) -> Stream:
    """Content too large to be held, opened before the answer begins."""
    opened = await exchange.app.store.open(entry)
    if opened is None:
        raise EntryChangedError
    whole = wanted or ByteRange(0, entry.size)
    length = whole.content_length if isinstance(whole, Multipart) else whole.length
    return Stream(length, lambda: _read(opened, whole), opened.close)


async def _read(opened: OpenContent, wanted: Multipart | ByteRange) -> AsyncIterator[bytes]:
    for piece in _pieces(wanted):
        if isinstance(piece, bytes):
            yield piece
        else:
            async for read in opened.read(piece.start, piece.stop):
                yield read


def _pieces(wanted: Multipart | ByteRange) -> Iterator[bytes | ByteRange]:
    """What goes out, in order: framing as bytes, content as the range to take it from."""
    if isinstance(wanted, ByteRange):
        yield wanted
        return
    for part in wanted.parts:
        yield part.head
        yield part.range
    yield wanted.closing

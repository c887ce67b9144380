"""POST `/-/batch`: several operations, all done or none."""

from collections.abc import Iterable, Mapping
from contextlib import suppress

import orjson

from kvput.content.json_text import parse
from kvput.content.media_types import accept
from kvput.errors import KvputError, MalformedContent, PreconditionFailed
from kvput.paths import ResourcePath
from kvput.resources.batch import BatchDecision, Outcome
from kvput.resources.batch_document import BATCH_TYPES, steps_of
from kvput.resources.resource import modified_seconds
from kvput.semantics.fields import format_http_date
from kvput.server.answer import Answer
from kvput.server.exchange import Exchange
from kvput.server.handlers.once import commit_once
from kvput.server.handlers.represent import JSON_TYPE
from kvput.server.handlers.written import Written, fields_of, list_of_changes, with_content
from kvput.store.base import Change


async def post(exchange: Exchange) -> Answer:
    """POST: do all that the batch says, or, with `Prefer: handling=dry-run`, say what it would."""
    exchange.refuse_expectation()
    # RFC 9110 13.1.1: where there is no representation, If-Match is false; the others are true.
    if exchange.preconditions.if_match is not None:
        raise PreconditionFailed(
            "If-Match is false because a batch is no resource: leave the field out, and write "
            '"ifMatch" into the operations that are to depend on what is there.'
        )
    _ = exchange.idempotency_key  # A malformed one is refused before the content is read.
    content = await exchange.read_content(BATCH_TYPES)
    if isinstance(content, KvputError):
        raise content
    app = exchange.app
    decide = BatchDecision(steps_of(content), app.config.max_body, app.rules.now)
    if decide.may_be_long and not exchange.preferences.dry_run:
        # If it fails now, perhaps since it was done before: the lock will tell.
        with suppress(KvputError):
            await with_content(exchange, decide, lambda: app.store.read(decide))
    return await commit_once(
        exchange, decide, lambda written: _answer(exchange, decide.outcomes, written)
    )


async def options(exchange: Exchange) -> Answer:  # noqa: ARG001  # one signature for handlers
    """OPTIONS `/-/batch`."""
    return Answer(204, (("Allow", "POST, OPTIONS"), ("Accept-Post", accept(BATCH_TYPES))))


def _answer(exchange: Exchange, outcomes: tuple[Outcome, ...], written: Written) -> Answer:
    fields = fields_of(exchange, written)
    preferences = exchange.preferences
    if preferences.return_ == "minimal":
        return Answer(204, fields)
    with_values = preferences.return_ == "representation"
    # Of what is only tried, nobody knows the time.
    done = () if preferences.dry_run else written.changes
    by_path = {change.path: change for change in done}
    results = (_result(outcome, by_path, with_values=with_values) for outcome in outcomes)
    head = b'{"dryRun":true,"results":' if preferences.dry_run else b'{"results":'
    told = b""
    if written.related or preferences.changes:
        told = b',\n"changes":' + list_of_changes(exchange, written)
    text = head + _array(results) + told + b"}\n"
    return Answer(200, (("Content-Type", JSON_TYPE), *fields), text)


def _array(items: Iterable[bytes]) -> bytes:
    return b"[" + b",\n".join(items) + b"]"


def _result(
    outcome: Outcome, changes: Mapping[ResourcePath, Change], *, with_values: bool
) -> bytes:
    """What became of one operation, as JSON."""
    change, after = changes.get(outcome.path), outcome.after
    result: dict[str, object] = {"op": outcome.verb, "path": outcome.path.url}
    if outcome.source is not None:
        result["from"] = outcome.source.url
    result["status"] = 201 if outcome.is_new else 200
    if after is not None:
        result["etag"] = f'"{after.digest}"'
        written = None if change is None else change.after
        # A later operation may have changed it again.
        if written is not None and written.digest == after.digest:
            result["lastModified"] = format_http_date(modified_seconds(written))
    text = orjson.dumps(result)
    shown = after or outcome.before
    value = None if shown is None else shown.content
    if value is None and after is None and change is not None and change.before is not None:
        value = change.before.content
    if with_values and value is not None and _is_json(value):
        text = text[:-1] + b',"value":' + value.strip() + b"}"
    return text


def _is_json(text: bytes) -> bool:
    """Whether it can stand in the answer: a hand may have stored what is none, or nothing."""
    try:
        parse(text)
    except MalformedContent:
        return False
    return True

"""Requests with an Idempotency-Key: the answer of the first time, each time.

What a key means is `kvput.resources.idempotency`'s; here an answer becomes the
text that is kept, and an answer again.
"""

from collections.abc import Callable

import orjson

from kvput.resources.idempotency import AlreadyDone, once
from kvput.resources.preview import would_change
from kvput.server.answer import Answer
from kvput.server.exchange import Exchange
from kvput.store.base import Change, Decision


async def commit_once(
    exchange: Exchange, decide: Decision, answer: Callable[[tuple[Change, ...]], Answer]
) -> Answer:
    """Commit the decision, and answer what `answer` makes of its changes.

    With a key that was answered before, that answer, and nothing is done. `answer`
    may be called in any thread, and twice. With `Prefer: handling=dry-run` nothing
    is done either, and the changes are those that would be made.
    """
    if exchange.preferences.dry_run:
        return answer(await exchange.app.store.read(would_change(decide)))
    decide = once(exchange.keyed, decide, lambda changes: _to_text(answer(changes)))
    try:
        commit = await exchange.app.store.commit(decide)
    except AlreadyDone as done:
        return _from_text(done.answer)
    return answer(commit.changes)


def _to_text(answer: Answer) -> bytes:
    if not isinstance(answer.content, bytes):
        raise TypeError("what is kept is in memory")
    head = orjson.dumps([answer.status, answer.fields, answer.block.decode("latin-1")])
    return head + b"\n" + answer.content


def _from_text(text: bytes) -> Answer:
    head, _, content = text.partition(b"\n")
    status, fields, block = orjson.loads(head)
    pairs = tuple((name, value) for name, value in fields)
    return Answer(status, pairs, content, block=block.encode("latin-1"))

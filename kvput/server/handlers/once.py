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
from kvput.server.handlers.written import Written, with_content, written_by
from kvput.store.base import Decision


async def commit_once(
    exchange: Exchange, decide: Decision, answer: Callable[[Written], Answer]
) -> Answer:
    """Commit the decision, and answer what `answer` makes of what it has written.

    With a key that was answered before, that answer, and nothing is done. `answer`
    may be called in any thread, and twice. With `Prefer: handling=dry-run` nothing
    is done either, and the changes are those that would be made.
    """
    ruled = exchange.app.ruled(decide)
    store = exchange.app.store

    async def commit() -> Answer:
        if exchange.preferences.dry_run:
            return answer(written_by(ruled, await store.read(would_change(ruled))))
        to_be_done = once(
            exchange.keyed, ruled, lambda changes: _to_text(answer(written_by(ruled, changes)))
        )
        return answer(written_by(ruled, (await store.commit(to_be_done)).changes))

    try:
        return await with_content(exchange, ruled, commit)
    except AlreadyDone as done:
        return _from_text(done.answer)


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

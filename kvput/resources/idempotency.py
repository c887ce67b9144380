"""Requests that are done once, however often they are sent: what Idempotency-Key means.

The answer is kept in the very commit that does the work, so that a client which
never saw it gets it by asking again, also after a crash. What failed is not
kept: it has changed nothing, and may be tried again.
"""

from collections.abc import Callable
from dataclasses import dataclass

from kvput.errors import KeyReused
from kvput.semantics.validators import content_digest
from kvput.store.base import Batch, Change, Decision, Remember, View


class AlreadyDone(Exception):  # no error: there is an answer
    """The request was done before; `answer` is what it was answered then."""

    def __init__(self, answer: bytes) -> None:
        super().__init__(answer)
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Keyed:
    """A request with its key, and what tells it from another one: `digest` of all it says."""

    key: str
    digest: str


def keyed(key: str, method: str, target: str, content_type: str, content: bytes) -> Keyed:
    """The request of this key. `target` has the query, `content` is as it was received."""
    says = "\n".join((method, target, content_type, content_digest(content)))
    return Keyed(key, content_digest(says.encode("utf-8", "surrogateescape")))


def once(
    request: Keyed | None, decide: Decision, answer: Callable[[tuple[Change, ...]], bytes]
) -> Decision:
    """The decision, to be made only the first time; `answer` tells what it was answered.

    It raises AlreadyDone where it was made before, and KeyReused where the key
    was for another request. Without a key it is `decide` itself.
    """
    if request is None:
        return decide

    def decide_once(view: View) -> Batch:
        remembered = view.remembered(request.key)
        # One that a hand has emptied tells nothing.
        if remembered:
            digest, _, text = remembered.partition(b"\n")
            if digest != request.digest.encode():
                raise KeyReused(
                    "This Idempotency-Key was sent with another request in the last 24 hours: "
                    "send a new key with each new request, and the same request with the same key."
                )
            raise AlreadyDone(text)
        remember = Remember(
            request.key, lambda changes: request.digest.encode() + b"\n" + answer(changes)
        )
        return Batch((*decide(view).writes, remember))

    return decide_once

"""Batches: several operations as one decision, all done or none.

Each operation is decided by the rule of the single request that it stands for, on
what the operations before it have left. How a batch is written down is in
`kvput.resources.batch_document`.
"""

import json
from dataclasses import dataclass
from typing import Final

from kvput.content.json_document import Document
from kvput.content.json_text import parse
from kvput.errors import (
    ContentTooLarge,
    IdTaken,
    InvalidContent,
    KvputError,
    MalformedContent,
    MethodNotAllowed,
    NotFound,
)
from kvput.paths import ResourcePath
from kvput.resources import collection as collections
from kvput.resources import resource as resources
from kvput.resources.batch_document import (
    CreateOperation,
    DeleteOperation,
    MoveOperation,
    Operation,
    PatchOperation,
    PutOperation,
    Step,
)
from kvput.resources.consequences import Consequences, Ruled, Rules
from kvput.resources.declared_view import with_declared
from kvput.resources.ids import ID_MEMBER, id_of, is_id_of
from kvput.resources.located import RESOURCE_MEMBER, located
from kvput.resources.needed import ContentNeeded
from kvput.resources.patch import patch_in, patched_content, require_patchable
from kvput.resources.pending import PendingView
from kvput.semantics.preconditions import NO_PRECONDITIONS, Preconditions
from kvput.store.base import Batch, Entry, Put, View

_MOST_TIMES_THE_LIMIT: Final = 4
"""What a batch writes may be so many times as large as one content may be."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one operation did.

    `before` and `after` are the resource before and after it, None where there was or is
    nothing; of a move, `after` stands under the new path, and `source` is the old one.
    """

    verb: str
    path: ResourcePath
    before: Entry | None
    after: Entry | None
    source: ResourcePath | None = None

    @property
    def is_new(self) -> bool:
        """Whether there is a resource where there was none."""
        return self.before is None


class BatchDecision(Ruled):
    """The decision of a batch. `outcomes` are those of the time that it was made last.

    `limit`, in bytes, is for each content. Made, it raises what its operations raise, with
    the members `operation` (the index, from 0) and `pointer` (into the batch document), and
    what `Consequences` raises.
    """

    def __init__(self, steps: tuple[Step, ...], limit: int, rules: Rules) -> None:
        super().__init__()
        self._steps = steps
        self._limit = limit
        self._rules = rules
        # What a patch has made of a content, by the step's number and the content's digest.
        self._patched: dict[tuple[int, str], bytes] = {}
        self.outcomes: tuple[Outcome, ...] = ()

    @property
    def may_be_long(self) -> bool:
        """Whether it is better made once before it is made under the lock.

        It remembers what its patches have made of contents, which then are not patched again
        unless they have changed.
        """
        return any(isinstance(step.operation, PatchOperation) for step in self._steps)

    def __call__(self, view: View) -> Batch:
        """See `kvput.store.base.Decision`."""
        pending = Consequences(self._rules, view, self.held)
        outcomes = []
        size = 0
        for number, step in enumerate(self._steps):
            try:
                outcome = self._perform(number, step, pending)
                if outcome.after is not None:
                    size += outcome.after.size
                    self._require_room(size)
            except KvputError as error:
                raise _located(error, number, step) from None
            outcomes.append(outcome)
        try:
            pending.require()
        except KvputError as error:
            raise self._located_by_resource(error, outcomes) from None
        self.outcomes = tuple(outcomes)
        return self._note(pending)

    def _located_by_resource(self, error: KvputError, outcomes: list[Outcome]) -> KvputError:
        """An error that shows only when all is done, of the last operation that it can be about."""
        refused = error.members.get(RESOURCE_MEMBER)
        for number in range(len(outcomes) - 1, -1, -1):
            outcome = outcomes[number]
            if refused in [each.url for each in (outcome.path, outcome.source) if each is not None]:
                return _located(error, number, self._steps[number])
        return error

    def _perform(self, number: int, step: Step, pending: Consequences) -> Outcome:
        view = with_declared(pending.view, self._rules.declarations)
        match step.operation:
            case PutOperation(path, content, conditions):
                before = view.get(path)
                pending.add(resources.put(path, content, conditions)(view))
                return Outcome(step.verb, path, before, view.get(path))
            case CreateOperation(collection, content, bare_name):
                decide = collections.create(
                    collection,
                    content,
                    NO_PRECONDITIONS,
                    bare_name=bare_name,
                    sides=self._rules.sides,
                )
                batch = decide(view)
                pending.add(batch)
                (path,) = (write.path for write in batch.writes if isinstance(write, Put))
                return Outcome(step.verb, path, None, view.get(path))
            case PatchOperation(path, content, conditions):
                before = require_patchable(view, path, conditions, self._limit)
                result = self._patched.get((number, before.digest))
                if result is None:
                    stored = self._content_of(before)
                    result = patched_content(path, stored, patch_in(content), self._limit)
                    self._patched[number, before.digest] = result
                pending.add(Batch((Put(path, result),)), in_part=True)
                return Outcome(step.verb, path, before, view.get(path))
            case DeleteOperation(path, conditions):
                before = view.get(path)
                if before is None:
                    _refuse_to_delete_many(view, path)
                pending.add(resources.delete(path, conditions)(view))
                return Outcome(step.verb, path, before, None)
            case MoveOperation(source, path, conditions):
                before = view.get(path)
                moved = _require_movable(view, source, path, conditions)
                result = _renamed(self._content_of(moved), source, path)
                removing = resources.delete(source, NO_PRECONDITIONS)(view)
                if before is None:
                    without = PendingView(view)
                    without.add(removing)
                    resources.refuse_to_hide(without, path)
                pending.add(Batch((*removing.writes, Put(path, result))), (source, path))
                return Outcome(step.verb, path, before, view.get(path), source)

    def _content_of(self, entry: Entry) -> bytes:
        content = entry.content if entry.content is not None else self.held.get(entry.digest)
        if content is None:
            raise ContentNeeded(entry)
        return content

    def _require_room(self, size: int) -> None:
        most = _MOST_TIMES_THE_LIMIT * self._limit
        if size > most:
            raise ContentTooLarge(
                f"The batch writes more than {most} bytes, {_MOST_TIMES_THE_LIMIT} times of what "
                "one content may have: send it in several."
            )


# --- deleting and moving


def _refuse_to_delete_many(view: View, path: ResourcePath) -> None:
    """Raise NotFound for a collection: there is no query that would say which of its resources."""
    if view.is_collection(path.beneath):
        raise NotFound(
            f"{path.url} is a collection, and a batch deletes resources by name: delete each "
            f"resource in it by itself, as in {path.url}/NAME."
        )


def _require_movable(
    view: View, source: ResourcePath, path: ResourcePath, conditions: Preconditions
) -> Entry:
    """The resource that is to be moved. A resource in its way goes only where If-Match names it.

    Raises NotFound, IdTaken, PreconditionFailed.
    """
    moved = view.get(source)
    if moved is None:
        if view.is_collection(source.beneath):
            raise NotFound(f"{source.url} is a collection: move each resource in it by itself.")
        raise resources.nothing_there(source.url)
    there = view.get(path)
    if there is not None and conditions.if_match is None:
        raise IdTaken(
            f"{path.url} is taken: choose another path, or send ifMatch with the entity tag of "
            "what is there to replace it."
        )
    resources.require_preconditions(conditions, "PUT", there)
    return moved


def _renamed(content: bytes, source: ResourcePath, path: ResourcePath) -> bytes:
    """The content for its new path: the same bytes, but for an `id` that was its old name."""
    try:
        value = parse(content)
    except MalformedContent:
        return content
    if not isinstance(value, dict) or not is_id_of(value.get(ID_MEMBER), source):
        return content
    identifier = path.name if isinstance(value[ID_MEMBER], str) else id_of(path)
    document = Document(content, limit=2 * (len(content) + len(path.url)))
    document.replace((ID_MEMBER,), json.dumps(identifier, ensure_ascii=False).encode())
    return document.text()


# --- errors


def _located(error: KvputError, number: int, step: Step) -> KvputError:
    """The error, of the same kind, that tells which operation it is of.

    It has no header fields, which would speak of the batch; so a method that does not apply
    becomes content that cannot be taken.
    """
    detail = f"Operation {number} ({step.verb} {_named(step.operation)}): {error.detail}"
    members = {**error.members, "operation": number, "pointer": step.pointer}
    if isinstance(error, MethodNotAllowed):
        return InvalidContent(detail, members=members)
    of_the_operation = located(error, detail, members)
    of_the_operation.fields = ()
    return of_the_operation


def _named(operation: Operation) -> str:
    match operation:
        case CreateOperation(collection):
            return collection.url
        case MoveOperation(source, path):
            return f"{source.url} to {path.url}"
        case PutOperation(path) | PatchOperation(path) | DeleteOperation(path):
            return path.url

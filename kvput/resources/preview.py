"""What a decision would change, for who only wants to know (`Prefer: handling=dry-run`)."""

import time
from collections.abc import Callable

from kvput.semantics.validators import content_digest
from kvput.store.base import Batch, Change, Decision, Delete, Entry, Put, View


def would_change(decide: Decision) -> Callable[[View], tuple[Change, ...]]:
    """What to ask a store for, to have the changes that the decision would make now.

    They are as `Store.commit` gives them, but for the time, which is the present.
    What the decision raises comes out unchanged.
    """

    def look(view: View) -> tuple[Change, ...]:
        return changes_of(decide(view), view)

    return look


def changes_of(batch: Batch, view: View) -> tuple[Change, ...]:
    """The changes that a batch makes of what a view shows."""
    changes = []
    for write in batch.writes:
        match write:
            case Put(path, content):
                before = view.get(path)
                digest = content_digest(content)
                after = Entry(path, digest, time.time_ns(), len(content), content)
                changes.append(Change(path, before, after))
            case Delete(path):
                changes.append(Change(path, view.get(path), None))
            case _:
                pass
    return tuple(changes)

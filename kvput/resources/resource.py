"""Single resources: what PUT and DELETE decide under the store's lock.

Each function here makes a decision for `Store.commit`. The order of its checks
is RFC 9110's: a request that would fail anyway fails so (13.2.1), then the
preconditions are evaluated (13.2.2), then the content is looked at.
"""

import time
from typing import Final

from kvput.content.media_types import Content
from kvput.errors import (
    CounterDamaged,
    HiddenName,
    KvputError,
    MalformedParameter,
    MethodNotAllowed,
    NotFound,
    Unreadable,
)
from kvput.names import number_of
from kvput.paths import CollectionPath, ResourcePath
from kvput.semantics.fields import EARLIEST_DATE
from kvput.semantics.preconditions import Preconditions, require
from kvput.semantics.validators import ETag, Validators
from kvput.store.base import Batch, Decision, Delete, Entry, Put, RaiseCounter, View, Write

RESOURCE_METHODS: Final = "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"
COLLECTION_METHODS: Final = "GET, HEAD, POST, DELETE, OPTIONS"
FREE_METHODS: Final = "GET, HEAD, PUT, POST, PATCH, DELETE, OPTIONS"
"""Where nothing stands yet: PUT makes a resource, POST a collection."""


def modified_seconds(entry: Entry) -> int:
    """When the resource was modified, in seconds since the epoch, as Last-Modified says it.

    A file whose time lies in the future, by hand or another clock, is as old as
    the answer: RFC 9110 8.8.2.1 forbids a Last-Modified later than the Date.
    One whose time lies before the year 1 is as old as that year.
    """
    seconds = min(entry.modified_ns // 1_000_000_000, int(time.time()))
    return max(seconds, EARLIEST_DATE)


def validators_of(entry: Entry) -> Validators:
    """The validators of a resource's representation."""
    return Validators(ETag(entry.digest), modified_seconds(entry))


def require_preconditions(conditions: Preconditions, method: str, entry: Entry | None) -> None:
    """Raise PreconditionFailed unless the conditions hold for what is there, or for nothing."""
    if conditions:
        require(conditions, method, None if entry is None else validators_of(entry))


def put(path: ResourcePath, content: Content | KvputError, conditions: Preconditions) -> Decision:
    """The decision of a PUT: store the content under the path.

    `content` may be the error that reading it gave; it is raised only once the
    preconditions hold. Raises HiddenName, PreconditionFailed.
    """

    def decide(view: View) -> Batch:
        before = view.get(path)
        if before is None:
            refuse_to_hide(view, path)
        require_preconditions(conditions, "PUT", before)
        if isinstance(content, KvputError):
            raise content
        return Batch((Put(path, content.body),))

    return decide


def delete(path: ResourcePath, conditions: Preconditions) -> Decision:
    """The decision of a DELETE. Raises NotFound, PreconditionFailed.

    MalformedParameter where the path names a collection, for which a query is needed.
    """

    def decide(view: View) -> Batch:
        before = view.get(path)
        if before is None:
            if view.is_collection(path.beneath):
                raise without_condition(path.beneath)
            raise nothing_there(path.url)
        require_preconditions(conditions, "DELETE", before)
        return Batch(removal(view, path))

    return decide


def removal(view: View, path: ResourcePath) -> tuple[Write, ...]:
    """What removes a resource: also its number is used up, as one that POST gave."""
    number, above = number_of(path.name), path.parent
    if number is not None and above.segments and is_above_counter(view, above, number):
        return Delete(path), RaiseCounter(above, number)
    return (Delete(path),)


def is_above_counter(view: View, collection: CollectionPath, number: int) -> bool:
    """Whether a collection's counter is to be raised where the resource of this number goes."""
    try:
        return number > view.counter(collection)
    except (CounterDamaged, Unreadable):
        # A broken file breaks nothing but itself: POST says so, DELETE goes on.
        return False


def refuse_to_hide(view: View, path: ResourcePath) -> None:
    """Raise HiddenName where a new resource would hide a collection, or make a hidden one."""
    refuse_to_hide_collection(view, path)
    if not path.parent.segments or view.is_collection(path.parent):
        return
    above = path.parent.as_resource
    if view.get(above) is not None:
        raise hidden_behind(above)


def refuse_to_hide_collection(view: View, path: ResourcePath) -> None:
    """Raise HiddenName where a new resource would hide a collection of its name."""
    if view.is_collection(path.beneath):
        raise HiddenName(
            f"{path.url} is a collection, which a resource of that name would hide: "
            f"put the resource into it ({path.url}/NAME), or choose another path."
        )


def hidden_behind(resource: ResourcePath) -> HiddenName:
    """The error for a write that would make a collection of the name that a resource has."""
    return HiddenName(
        f"{resource.url} is a resource, which would hide a collection of that name: "
        "choose another path, or remove that resource first."
    )


def without_condition(collection: CollectionPath) -> MalformedParameter:
    """The error for a DELETE of a collection that does not say which of its resources."""
    return MalformedParameter(
        f"A DELETE of {collection.url} deletes what its query finds, and this one has no "
        f"condition: say which, as in {collection.url}?status=draft, or name a resource."
    )


def nothing_there(url: str) -> NotFound:
    """The error for a path under which nothing is stored."""
    address = url.removesuffix(".json")
    if address != url and not address.endswith("/"):
        return NotFound(f"Nothing is stored under {url}: its address has no .json: {address}.")
    return NotFound(f"Nothing is stored under {url}.")


_INSTEAD: Final = {
    "POST": "POST does not apply here: POST to a collection, such as /posts.",
}
"""What to do where a method that people expect is not to be had; `Allow` names the others."""


def method_not_allowed(method: str, allowed: str) -> MethodNotAllowed:
    """The error for a method that what stands under the path does not take (RFC 9110 15.5.6)."""
    detail = _INSTEAD.get(method, f"{method} does not apply here: use one of {allowed}.")
    return MethodNotAllowed(detail, fields=(("Allow", allowed),))

"""Collections: how a list is written as JSON, and what POST decides under the store's lock.

Filters, sorting and pages belong to `kvput.query`.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from kvput.content.json_text import insert_first_member, parse
from kvput.content.media_types import Content
from kvput.errors import IdTaken, KvputError, MalformedContent
from kvput.paths import CollectionPath, ResourcePath
from kvput.resources.ids import ID_MEMBER, id_of, next_number, path_for_id, path_for_number
from kvput.resources.resource import (
    RESOURCE_METHODS,
    hidden_behind,
    method_not_allowed,
    refuse_to_hide,
)
from kvput.semantics.preconditions import Preconditions, require
from kvput.semantics.validators import ETag, Validators, content_digest
from kvput.store.base import Batch, Decision, Entry, Put, RaiseCounter, View, Write


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A resource that a list leaves out, as it stood then, and what is wrong with its content."""

    path: ResourcePath
    digest: str
    fault: MalformedContent


@dataclass(frozen=True, slots=True)
class Rendered:
    """A list as JSON, and what it leaves out."""

    text: bytes
    left_out: tuple[LeftOut, ...]


def render(entries: Iterable[Entry]) -> Rendered:
    """The JSON array of a collection's resources, a line each, every object with its `id`.

    A resource's own text is kept; an empty one (zero bytes) is the empty
    object. One that is no JSON, which only a hand on the file can make, is left
    out.
    """
    items, left_out = [], []
    for entry in entries:
        try:
            items.append(_item(entry))
        except MalformedContent as error:
            left_out.append(LeftOut(entry.path, entry.digest, error.with_traceback(None)))
    return Rendered(b"[" + b",\n".join(items) + b"]\n", tuple(left_out))


def _item(entry: Entry) -> bytes:
    text = entry.content or b"{}"
    value = parse(text)
    if isinstance(value, dict) and ID_MEMBER not in value:
        text = insert_first_member(text, ID_MEMBER, id_of(entry.path))
    return text.strip()


def validators_of(rendered: Rendered) -> Validators:
    """The validators of a list: its tag alone, for a removal leaves no date behind."""
    return Validators(ETag(content_digest(rendered.text)), None)


def create(
    collection: CollectionPath,
    content: Content | KvputError,
    conditions: Preconditions,
    *,
    bare_name: bool,
) -> Decision:
    """The decision of a POST: store the content under a new name in the collection.

    An object's own `id` is the name it asks for; else it gets the next number,
    and an `id` member that says so. `bare_name` tells whether the request named
    the collection without its closing slash. Raises MethodNotAllowed,
    HiddenName, PreconditionFailed, InvalidContent, IdTaken, CounterDamaged.
    """

    def decide(view: View) -> Batch:
        _refuse_a_resource(view, collection, bare_name=bare_name)
        if conditions:
            entries = view.entries(collection)
            current = None if entries is None else validators_of(render(entries))
            require(conditions, "POST", current)
        if isinstance(content, KvputError):
            raise content
        if isinstance(content.value, dict) and ID_MEMBER in content.value:
            path = path_for_id(collection, content.value[ID_MEMBER])
            if view.get(path) is not None:
                raise IdTaken(
                    f"The id {content.value[ID_MEMBER]!r} is taken by {path.url}: choose another, "
                    "leave it out to get the next number, or PUT to that path."
                )
            refuse_to_hide(view, path)
            return Batch((Put(path, content.body),))
        return Batch(_with_next_number(view, collection, content))

    return decide


def _refuse_a_resource(view: View, collection: CollectionPath, *, bare_name: bool) -> None:
    if not collection.segments:
        return
    resource = collection.as_resource
    if view.get(resource) is None:
        return
    if bare_name:
        raise method_not_allowed("POST", RESOURCE_METHODS)
    if not view.is_collection(collection):
        raise hidden_behind(resource)


def _with_next_number(
    view: View, collection: CollectionPath, content: Content
) -> tuple[Write, ...]:
    number = next_number(view, collection)
    path = path_for_number(collection, number)
    # A number is passed over where a directory of that name is a collection of its own,
    # or where a hand has made a resource since the numbers were looked at.
    while view.get(path) is not None or view.is_collection(path.beneath):
        number += 1
        path = path_for_number(collection, number)
    body = content.body
    if isinstance(content.value, dict):
        body = insert_first_member(body or b"{}", ID_MEMBER, number)
    return (Put(path, body), RaiseCounter(collection, number))

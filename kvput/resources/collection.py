"""Collections: what POST and DELETE decide under the store's lock.

How a list is shown is in `kvput.resources.listing`, what it may ask for in
`kvput.query`.
"""

from dataclasses import dataclass

from kvput.content.json_text import insert_first_member
from kvput.content.media_types import AnyContent, Content, ManyContents, Row
from kvput.errors import HiddenName, IdTaken, InvalidContent, KvputError
from kvput.names import number_of
from kvput.paths import CollectionPath, ResourcePath
from kvput.query.nouns import singular
from kvput.query.parameters import Query
from kvput.resources.embedding import foreign_keys, nested_route
from kvput.resources.ids import ID_MEMBER, id_of, next_number, path_for_id, path_for_number
from kvput.resources.listing import listing
from kvput.resources.resource import (
    RESOURCE_METHODS,
    hidden_behind,
    is_above_counter,
    method_not_allowed,
    nothing_there,
    refuse_to_hide,
    without_condition,
)
from kvput.semantics.preconditions import Preconditions, require
from kvput.store.base import Batch, Decision, Delete, Put, RaiseCounter, View, Write


def create(
    collection: CollectionPath,
    content: AnyContent | KvputError,
    conditions: Preconditions,
    *,
    bare_name: bool,
) -> Decision:
    """The decision of a POST: store the content, or each of many, under a new name.

    An object's own `id` is the name it asks for; else it gets the next number,
    and an `id` member that says so. `/posts/1/comments` may mean `/comments`, and a
    `postId` in it: see `_home`. `bare_name` tells whether the request named the
    collection without its closing slash. Raises MethodNotAllowed, HiddenName,
    PreconditionFailed, InvalidContent, IdTaken, CounterDamaged; where one of many is
    at fault, with the members `row` and `line`, which count from 1.
    """

    def decide(view: View) -> Batch:
        _refuse_a_resource(view, collection, bare_name=bare_name)
        if conditions:
            shown = listing(collection)(view)
            require(conditions, "POST", None if shown is None else shown.validators)
        if isinstance(content, KvputError):
            raise content
        home = _home(view, collection)
        if isinstance(content, ManyContents):
            return Batch(_many(view, home, content.rows))
        return Batch(_one(view, home, content))

    return decide


def delete_selected(
    collection: CollectionPath, query: Query, conditions: Preconditions, *, bare_name: bool = False
) -> Decision:
    """The decision of a DELETE of all that a query finds, on the page that it asks for.

    `conditions` are those of the list that GET with this query shows; `bare_name`
    is as for `create`. Raises MalformedParameter for a query that names nothing to
    be deleted, NotFound, PreconditionFailed.
    """

    def decide(view: View) -> Batch:
        shown = listing(collection, query, bare_name=bare_name)(view)
        if shown is None:
            raise nothing_there(collection.url + ("" if bare_name else "/"))
        if not query.is_filtered:
            raise without_condition(collection)
        require(conditions, "DELETE", shown.validators)
        home = shown.collection
        writes: list[Write] = [Delete(home.resource(name)) for name in shown.names]
        numbers = (number_of(name) for name in shown.names)
        highest = max((number for number in numbers if number is not None), default=0)
        # Numbers that clients chose are as used up as those that POST gave.
        if is_above_counter(view, home, highest):
            writes.append(RaiseCounter(home, highest))
        return Batch(tuple(writes))

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


@dataclass(frozen=True, slots=True)
class _Home:
    """Where new resources go, and the member that names what they belong to, with its value."""

    collection: CollectionPath
    foreign_key: tuple[str, str | int] | None = None


def _home(view: View, collection: CollectionPath) -> _Home:
    """The collection itself; as in json-server, `/comments` for a `/posts/1/comments` that is none.

    That is so where there is a resource `/posts/1` and a collection `/comments`.
    """
    nested = nested_route(view, collection)
    if nested is None or view.names(collection) is not None:
        return _Home(collection)
    name, _ = foreign_keys(singular(nested.parent.parent.segments[-1]))
    return _Home(nested.collection, (name, id_of(nested.parent)))


def _one(view: View, home: _Home, content: Content) -> tuple[Write, ...]:
    body = _owned(home, content.body, content.value)
    path = _path_asked_for(view, home.collection, content.value)
    if path is not None:
        return (Put(path, body),)
    number, path = _next_free(view, home.collection, next_number(view, home.collection))
    put = Put(path, _with_id(body, content.value, number))
    return (put, RaiseCounter(home.collection, number))


def _many(view: View, home: _Home, rows: tuple[Row, ...]) -> tuple[Write, ...]:
    bodies: list[bytes] = []
    asked_for: dict[ResourcePath, int] = {}
    paths: list[ResourcePath | None] = []
    for index, row in enumerate(rows, start=1):
        try:
            bodies.append(_owned(home, row.body, row.value))
            path = _path_asked_for(view, home.collection, row.value)
            if path in asked_for:
                raise IdTaken(f"Row {asked_for[path]} has the id already: choose another.")
        except (HiddenName, IdTaken, InvalidContent) as error:
            raise _of_row(error, index, row) from None
        if path is not None:
            asked_for[path] = index
        paths.append(path)
    chosen = (number_of(path.name) for path in asked_for)
    highest = max((number for number in chosen if number is not None), default=0)
    number = max(next_number(view, home.collection), highest + 1) - 1
    writes: list[Write] = []
    for path, body, row in zip(paths, bodies, rows, strict=True):
        if path is None:
            number, free = _next_free(view, home.collection, number + 1)
            writes.append(Put(free, _with_id(body, row.value, number)))
        else:
            writes.append(Put(path, body))
    if None in paths:
        writes.append(RaiseCounter(home.collection, number))
    return tuple(writes)


def _of_row(error: KvputError, index: int, row: Row) -> KvputError:
    """The error, of the same kind, that tells in which row it is."""
    return type(error)(
        f"Row {index}, on line {row.line}: {error.detail}",
        members={**error.members, "row": index, "line": row.line},
    )


def _owned(home: _Home, body: bytes, value: object) -> bytes:
    """The body with the member that names what it belongs to, if it is to have one."""
    if home.foreign_key is None:
        return body
    name, identifier = home.foreign_key
    if not isinstance(value, dict):
        raise InvalidContent(
            f"The content must be an object here, which gets the member {name}: send one, or POST "
            f"to {home.collection.url}."
        )
    if name not in value:
        return insert_first_member(body or b"{}", name, identifier)
    present = value[name]
    if isinstance(present, bool) or str(present) != str(identifier):
        raise InvalidContent(
            f"The member {name} is not {identifier}, which the address says: correct it, leave it "
            f"out, or POST to {home.collection.url}.",
            # RFC 6901 section 3: "~" and "/" are escaped in a pointer.
            members={"pointer": "/" + name.replace("~", "~0").replace("/", "~1")},
        )
    return body


def _path_asked_for(view: View, collection: CollectionPath, value: object) -> ResourcePath | None:
    """The path that an object's own `id` asks for, which is free; None where it asks for none."""
    if not isinstance(value, dict) or ID_MEMBER not in value:
        return None
    path = path_for_id(collection, value[ID_MEMBER])
    if view.get(path) is not None:
        raise IdTaken(
            f"The id {value[ID_MEMBER]!r} is taken by {path.url}: choose another, "
            "leave it out to get the next number, or PUT to that path."
        )
    refuse_to_hide(view, path)
    return path


def _next_free(view: View, collection: CollectionPath, number: int) -> tuple[int, ResourcePath]:
    """The first number from this one on that can be given, and its path."""
    path = path_for_number(collection, number)
    # A number is passed over where a directory of that name is a collection of its own,
    # or where a hand has made a resource since the numbers were looked at.
    while view.get(path) is not None or view.is_collection(path.beneath):
        number += 1
        path = path_for_number(collection, number)
    return number, path


def _with_id(body: bytes, value: object, number: int) -> bytes:
    if not isinstance(value, dict):
        return body
    return insert_first_member(body or b"{}", ID_MEMBER, number)

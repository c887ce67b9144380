"""Collections: what POST and DELETE decide under the store's lock.

How a list is shown is in `kvput.resources.listing`, what it may ask for in
`kvput.query`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from kvput.content.json_document import Document
from kvput.content.json_text import insert_first_member
from kvput.content.media_types import AnyContent, ManyContents
from kvput.errors import (
    ContentTooLarge,
    HiddenName,
    IdTaken,
    InvalidContent,
    KvputError,
    MalformedContent,
)
from kvput.names import number_of
from kvput.paths import CollectionPath, ResourcePath
from kvput.query.filters import meets
from kvput.query.parameters import Query
from kvput.query.rows import listed
from kvput.resources.ids import (
    ID_MEMBER,
    id_of,
    name_for_id,
    next_number,
    path_for_name,
    path_for_number,
)
from kvput.resources.listing import MOST_EMBEDDED, Listing, listing
from kvput.resources.located import RESOURCE_MEMBER, located
from kvput.resources.nested import NestedRoute, belonging, nested_route
from kvput.resources.relations.sides import NO_SIDES, Sides
from kvput.resources.resource import (
    RESOURCE_METHODS,
    hidden_behind,
    is_above_counter,
    method_not_allowed,
    nothing_there,
    refuse_to_hide_collection,
    without_condition,
)
from kvput.semantics.preconditions import Preconditions, require
from kvput.store.base import Batch, Decision, Delete, Put, RaiseCounter, View, Write

MOST_DELETED: Final = 10_000
"""How many resources one DELETE removes at most."""


class Creation:
    """The decision of a POST. See `create`."""

    def __init__(
        self,
        collection: CollectionPath,
        content: AnyContent | KvputError,
        conditions: Preconditions,
        sides: Sides,
        *,
        bare_name: bool,
    ) -> None:
        self._collection = collection
        self._conditions = conditions
        self._sides = sides
        self._bare_name = bare_name
        # What needs no view is done here: all other writes wait for what is done under the lock.
        self._news = _news_in(content)
        self._places: dict[str, tuple[int, int] | None] = {}

    def __call__(self, view: View) -> Batch:
        """See `kvput.store.base.Decision`."""
        _refuse_a_resource(view, self._collection, bare_name=self._bare_name)
        if self._conditions:
            shown = listing(self._collection, sides=self._sides)(view)
            require(self._conditions, "POST", None if shown is None else shown.validators)
        news = self._news
        if isinstance(news, KvputError):
            raise news
        writes = _creating(view, _home(view, self._collection, self._sides), news)
        puts = [write for write in writes if isinstance(write, Put)]
        self._places = {
            put.path.url: new.place for put, new in zip(puts, news, strict=True) if new.place
        }
        return Batch(writes)

    def placed(self, error: KvputError) -> KvputError:
        """An error that names a resource, with the row and line that it was to be made of."""
        if "row" in error.members:
            return error
        return _placed(error, self._places.get(str(error.members.get(RESOURCE_MEMBER))))


def create(
    collection: CollectionPath,
    content: AnyContent | KvputError,
    conditions: Preconditions,
    *,
    bare_name: bool,
    sides: Sides = NO_SIDES,
) -> Creation:
    """The decision of a POST: store the content, or each of many, under a new name.

    An object's own `id` is the name it asks for; without one, or where it is null or
    empty, it gets the next number, and an `id` member that says so.
    `/posts/1/comments` may mean `/comments`, and a `postId` in it: see `_home`.
    `bare_name` tells whether the request named the collection without its closing
    slash, `sides` are those of the relations that are declared. Raises MethodNotAllowed,
    HiddenName, PreconditionFailed, InvalidContent, IdTaken, CounterDamaged, NotFound
    where what a declared relation leads to is asked for of a resource that is not there,
    and the error that `content` may be; where one of many is at fault, with the members
    `row` and `line`, which count from 1.
    """
    return Creation(collection, content, conditions, sides, bare_name=bare_name)


def delete_selected(
    collection: CollectionPath,
    query: Query,
    conditions: Preconditions,
    *,
    bare_name: bool = False,
    sides: Sides = NO_SIDES,
    most_embedded: int = MOST_EMBEDDED,
) -> Decision:
    """The decision of a DELETE of all that a query finds, on the page that it asks for.

    `conditions` are those of the list that GET with this query shows; `bare_name` and
    `sides` are as for `create`, `most_embedded` as for `listing`. Raises MalformedParameter
    for a query that names nothing to be deleted, NotFound, PreconditionFailed.
    """
    look = listing(collection, query, bare_name=bare_name, sides=sides, most_embedded=most_embedded)

    def decide(view: View) -> Batch:
        shown = look(view)
        if shown is None:
            raise nothing_there(collection.url + ("" if bare_name else "/"))
        if not query.is_filtered:
            raise without_condition(collection)
        require(conditions, "DELETE", shown.validators)
        home = shown.collection
        if len(shown.names) > MOST_DELETED:
            raise ContentTooLarge(
                f"The query finds {len(shown.names)} resources, and one DELETE removes at most "
                f"{MOST_DELETED}, since all writes wait for it: ask for a page, as in _limit="
                f"{MOST_DELETED}, and send it again."
            )
        names = [name for name in shown.names if _still_meets(view, home.resource(name), shown)]
        writes: list[Write] = [Delete(home.resource(name)) for name in names]
        numbers = (number_of(name) for name in names)
        highest = max((number for number in numbers if number is not None), default=0)
        # Numbers that clients chose are as used up as those that POST gave.
        if is_above_counter(view, home, highest):
            writes.append(RaiseCounter(home, highest))
        return Batch(tuple(writes))

    return decide


def _still_meets(view: View, path: ResourcePath, shown: Listing) -> bool:
    """Whether a resource that a list has found is what the query asks for, as it stands now.

    A hand may have changed it since it was looked at; and what is read here is
    what the commit removes, or it is decided again.
    """
    entry = view.get(path)
    if entry is None or shown.filter is None:
        return False
    if entry.content is None:
        return True  # It is too large to be held, and so to be parsed here.
    try:
        row = listed(path.name, entry.content)
    except MalformedContent:
        return False
    # What is no object has nothing but its name that could change.
    return not isinstance(row.value, dict) or meets(shown.filter, row.value)


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
class _New:
    """A resource that is to be, and the name that its own `id` asks for, None for the next number.

    `place` is its row and line, both from 1, where it is one of many.
    """

    body: bytes
    value: object
    name: str | None
    place: tuple[int, int] | None = None


def _news_in(content: AnyContent | KvputError) -> tuple[_New, ...] | KvputError:
    """What is to be created, or, where the content alone tells that it cannot be, the error."""
    if isinstance(content, KvputError):
        return content
    try:
        if isinstance(content, ManyContents):
            return tuple(_rows_in(content))
        return (_New(content.body, content.value, _name_asked_for(content.value)),)
    except (IdTaken, InvalidContent) as error:
        return error


def _rows_in(content: ManyContents) -> Iterator[_New]:
    """Each row. Raises IdTaken, InvalidContent."""
    asked_for: dict[str, int] = {}
    for index, row in enumerate(content.rows, start=1):
        place = index, row.line
        try:
            name = _name_asked_for(row.value)
            if name in asked_for:
                raise IdTaken(f"Row {asked_for[name]} has the id already: choose another.")
        except (IdTaken, InvalidContent) as error:
            raise _placed(error, place) from None
        if name is not None:
            asked_for[name] = index
        yield _New(row.body, row.value, name, place)


def _name_asked_for(value: object) -> str | None:
    """The name that an object's own `id` asks for; None where it asks for none.

    Forms and tables have an empty text where nothing was filled in, and some clients null.
    """
    if not isinstance(value, dict) or value.get(ID_MEMBER) in (None, ""):
        return None
    return name_for_id(value[ID_MEMBER])


def _placed(error: KvputError, place: tuple[int, int] | None) -> KvputError:
    """The error, of the same kind, that tells in which row it is, if it is in one."""
    if place is None:
        return error
    row, line = place
    return located(error, f"Row {row}, on line {line}: {error.detail}", {"row": row, "line": line})


@dataclass(frozen=True, slots=True)
class _Home:
    """Where new resources go, and what they belong to, if the address says so."""

    collection: CollectionPath
    route: NestedRoute | None = None


def _home(view: View, collection: CollectionPath, sides: Sides) -> _Home:
    """The collection itself; or what a `/posts/1/comments` that is none means instead."""
    # Most directories that are there are told by a look; only for others are names read.
    is_short = len(collection.segments) < 3
    if is_short or view.is_collection(collection) or view.names(collection) is not None:
        return _Home(collection)
    route = nested_route(view, collection, sides)
    return _Home(collection if route is None else route.collection, route)


def _creating(view: View, home: _Home, news: tuple[_New, ...]) -> tuple[Write, ...]:
    bodies: list[bytes] = []
    paths: list[ResourcePath | None] = []
    for new in news:
        try:
            route = home.route
            bodies.append(new.body if route is None else belonging(route, new.body, new.value))
            paths.append(_path_asked_for(view, home.collection, new))
        except (HiddenName, IdTaken, InvalidContent) as error:
            raise _placed(error, new.place) from None
    is_numbered = None in paths
    number = _highest_before(view, home.collection, paths) if is_numbered else 0
    writes: list[Write] = []
    for path, body, new in zip(paths, bodies, news, strict=True):
        if path is None:
            number, free = _next_free(view, home.collection, number + 1)
            writes.append(Put(free, _with_id(body, new.value, number)))
        else:
            writes.append(Put(path, body))
    if is_numbered:
        writes.append(RaiseCounter(home.collection, number))
    return tuple(writes)


def _highest_before(
    view: View, collection: CollectionPath, paths: Iterable[ResourcePath | None]
) -> int:
    """The highest number that has been given or is asked for by one of these paths."""
    numbers = (number_of(path.name) for path in paths if path is not None)
    chosen = max((number for number in numbers if number is not None), default=0)
    return max(next_number(view, collection) - 1, chosen)


def _path_asked_for(view: View, collection: CollectionPath, new: _New) -> ResourcePath | None:
    """The path that an object's own `id` asks for, which is free; None where it asks for none."""
    if new.name is None:
        return None
    path = path_for_name(collection, new.name)
    if view.get(path) is not None:
        raise IdTaken(
            f"The id {id_of(path)!r} is taken by {path.url}: choose another, "
            "leave it out to get the next number, or PUT to that path."
        )
    # That the collection itself is hidden by nothing has been seen to, once for all rows.
    refuse_to_hide_collection(view, path)
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
    """The body with the number as its `id`, in the place of an empty one if it has that."""
    if not isinstance(value, dict):
        return body
    if ID_MEMBER not in value:
        return insert_first_member(body or b"{}", ID_MEMBER, number)
    identifier = b"%d" % number
    document = Document(body, limit=2 * (len(body) + len(identifier)))
    document.replace((ID_MEMBER,), identifier)
    return document.text()

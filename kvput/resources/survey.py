"""A survey of what there is: collections, kind by kind, and the resources beside them.

It is what the API's description is made of. Here belongs which of them are looked at,
so that a survey of any folder takes a bounded time; what is said of them does not.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from kvput.errors import PathTooLong, Unreadable
from kvput.paths import CollectionPath, ResourcePath
from kvput.query.selection import Item, Selection
from kvput.resources.root import ROOT
from kvput.store.base import Entry, View

MOST_KINDS: Final = 200
"""How many kinds of collections a survey tells of, and how many resources beside them."""
MOST_ITEMS: Final = 1_000
_MOST_BYTES: Final = 4 * 2**20
"""How much of one collection is looked at: so many resources, and so many bytes of them."""
_MOST_DIRECTORIES: Final = 1_000
_MOST_NAMES: Final = 5_000
"""A collection with more resources than this is not read name by name for each survey."""
_MOST_WITHIN: Final = 20
"""How many collections are looked at that lie within one, which are mostly alike."""
_AT_A_TIME: Final = 16

Segments = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """Collections of one kind, with the first of their resources as lists show them.

    A segment is None where it is the name of any resource, as in `/posts/1/comments`.
    `is_hidden` tells that a resource has the bare name of the collection.
    """

    segments: Segments
    items: tuple[Item, ...]
    is_hidden: bool = False


@dataclass(frozen=True, slots=True)
class Survey:
    """What there is. `singles` stand directly in the folder, in no collection.

    `is_complete` tells that nothing was left out because there is so much.
    """

    kinds: tuple[Kind, ...]
    singles: tuple[Entry, ...]
    is_complete: bool


@dataclass(frozen=True, slots=True)
class _Place:
    collection: CollectionPath
    segments: Segments


@dataclass(frozen=True, slots=True)
class _Found:
    """What stands at a place: a collection, if `items` are not None, and what lies within."""

    place: _Place
    items: tuple[Item, ...] | None
    is_hidden: bool
    within: tuple[_Place, ...]


Look = Callable[[View], tuple[_Found, ...]]


class Surveyor:
    """Makes a survey of many short looks, each at another moment.

    Ask for the next look, give it to the store, and take in what it finds, as long as
    there is one. So no index is waited for twice, and nobody waits for the whole.
    """

    def __init__(self, singles: tuple[Entry, ...], collections: Iterable[CollectionPath]) -> None:
        self._singles = singles
        self._waiting = deque(_Place(each, each.segments) for each in collections)
        self._kinds: dict[Segments, Kind] = {}
        self._seen = 0
        self._is_complete = len(singles) <= MOST_KINDS

    @property
    def survey(self) -> Survey:
        """What was found."""
        is_complete = self._is_complete and not self._waiting
        return Survey(tuple(self._kinds.values()), self._singles[:MOST_KINDS], is_complete)

    def next(self) -> Look | None:
        """What to ask the store for, collections near the root first; None when all is seen."""
        places = tuple(self._waiting)[: min(_AT_A_TIME, _MOST_DIRECTORIES - self._seen)]
        return (lambda view: tuple(map(_looking_at(view), places))) if places else None

    def take(self, found: tuple[_Found, ...]) -> None:
        """Take in what the last look has found."""
        self._seen += len(found)
        for each in found:
            self._waiting.popleft()
            self._waiting.extend(each.within)
            if each.items is not None:
                self._note(each.place.segments, each.items, is_hidden=each.is_hidden)

    def _note(self, segments: Segments, items: tuple[Item, ...], *, is_hidden: bool) -> None:
        known = self._kinds.get(segments)
        # At the address of a collection within one stands, as far as is known, a resource.
        if segments[-1] is None or (known is None and len(self._kinds) == MOST_KINDS):
            self._is_complete = False
        elif known is None:
            self._kinds[segments] = Kind(segments, tuple(_first(items)), is_hidden)
        else:
            self._kinds[segments] = Kind(segments, tuple(_first(known.items + items)), is_hidden)


def begin(view: View) -> Surveyor:
    """What to make a survey with: begun with what stands directly in the folder."""
    names = view.names(ROOT)
    if names is None:
        return Surveyor((), ())
    # One more than are told of: so it is seen that there are more.
    return Surveyor(tuple(_entries(view, names.resources[: MOST_KINDS + 1])), names.collections)


def _entries(view: View, paths: Iterable[ResourcePath]) -> Iterator[Entry]:
    for path in paths:
        try:
            entry = view.get(path)
        except Unreadable:
            continue
        if entry is not None:
            yield entry


def _first(items: Iterable[Item]) -> Iterator[Item]:
    """As many items as are looked at."""
    room = _MOST_BYTES
    for number, item in enumerate(items):
        room -= len(item.text)
        if number == MOST_ITEMS or (room < 0 and number):
            return
        yield item


def _looking_at(view: View) -> Callable[[_Place], _Found]:
    def look_at(place: _Place) -> _Found:
        try:
            return _found(view, place)
        except (Unreadable, PathTooLong):
            # What cannot be read is not there.
            return _Found(place, None, is_hidden=False, within=())

    return look_at


def _found(view: View, place: _Place) -> _Found:
    collection, segments = place.collection, place.segments
    selected = view.select(collection, Selection(stop=MOST_ITEMS))
    if selected is None:
        return _Found(place, None, is_hidden=False, within=())
    if selected.total == 0:
        is_collection = segments[-1] is not None and view.is_collection(collection)
        names = view.names(collection)
        inside = () if names is None else names.collections
        items: tuple[Item, ...] | None = () if is_collection else None
        within = tuple(_Place(each, (*segments, each.segments[-1])) for each in inside)
    else:
        items = selected.items
        if selected.total > _MOST_NAMES:
            # Those that lie beneath the first resources are as good as others.
            first = selected.items[:_MOST_WITHIN]
            inside = tuple(collection.resource(item.name).beneath for item in first)
        else:
            names = view.names(collection)
            inside = () if names is None else names.collections[:_MOST_WITHIN]
        within = tuple(_Place(each, (*segments, None)) for each in inside)
    is_hidden = None not in segments and view.get(collection.as_resource) is not None
    return _Found(place, items, is_hidden, within)

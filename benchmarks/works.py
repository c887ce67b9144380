"""The works: what every server is asked to do, and the 300 bytes that it does it with.

No server is named here but those that a work is kept to; how one is started is in `peers`,
how one is loaded in `load`. The resources of the collections that are listed are in `articles`.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from benchmarks.articles import BYTES, CATEGORIES, PAGE_SIZE, article
from benchmarks.declared import Declared

CONNECTIONS: Final = 32
RESOURCES: Final = 1_000
LARGE: Final = 100_000
COLLECTION: Final = "/articles"
STRIDE: Final = 7919
"""Coprime to all sizes: walking by it meets each resource once, and no neighbours in turn."""

FIRST_TURN: Final = 1
"""The first turn whose request is sent: wrk makes one before, to look at it."""

_HEAD: Final = '{"title":"A kettle that whistles again","version":"'
_TAIL: Final = '","body":"'
_END: Final = '"}'
_VERSION_DIGITS: Final = 10
_BODY: Final = "x" * (BYTES - len(_HEAD) - _VERSION_DIGITS - len(_TAIL) - len(_END))


class Kind(StrEnum):
    """The kinds of requests."""

    HOT = "hot"
    GET = "get"
    REVALIDATE = "revalidate"
    PUT = "put"
    CREATE = "create"
    POST = "post"
    PAGE = "page"
    FILTER = "filter"
    MOVE = "move"
    RECORD = "record"

    @property
    def writes(self) -> bool:
        """Whether the data changes."""
        return self in {Kind.PUT, Kind.CREATE, Kind.POST} or self.is_ruled

    @property
    def is_ruled(self) -> bool:
        """Whether something may be declared of what is written."""
        return self in {Kind.MOVE, Kind.RECORD}

    @property
    def adds(self) -> bool:
        """Whether the collection grows."""
        return self in {Kind.CREATE, Kind.POST}

    @property
    def lists(self) -> bool:
        """Whether a part of the collection is asked for, and not one resource."""
        return self in {Kind.PAGE, Kind.FILTER}


@dataclass(frozen=True, slots=True)
class Work:
    """One kind of request, on a collection of one size."""

    key: str
    title: str
    kind: Kind
    resources: int = RESOURCES
    connections: int = CONNECTIONS
    only: frozenset[str] = frozenset()
    """The keys of the servers that do it; all of them where it is empty."""

    without: frozenset[str] = frozenset()
    """The keys of the servers to which it means nothing."""

    puts_beside: int = 0
    """The PUTs per second that go to the same collection meanwhile, over other connections."""

    declared: Declared = Declared.NOTHING
    """What `kvput.toml` declares, for the kinds that are ruled."""

    @property
    def choices(self) -> int:
        """The resources, pages or categories that the requests choose from."""
        by_kind = {
            Kind.PAGE: self.resources // PAGE_SIZE,
            Kind.FILTER: CATEGORIES,
            # The same articles however many there are: what differs is the collection alone.
            Kind.MOVE: min(MOVED, self.resources),
        }
        return by_kind.get(self.kind, self.resources)

    @property
    def contents(self) -> Callable[[int], bytes]:
        """The content of each resource, by its number, before the work begins."""
        return article if self.kind.lists else seeded

    def is_for(self, peer: str) -> bool:
        """Whether the server of this key does it."""
        return peer not in self.without and (not self.only or peer in self.only)


_NO_STORE: Final = frozenset({"bare"})
SINGLE: Final = (
    Work("hot-get", "hot GET", Kind.HOT),
    Work("get", "GET over 1,000", Kind.GET),
    Work("304", "304", Kind.REVALIDATE),
    Work("put", "PUT over 1,000", Kind.PUT),
    Work("create", "PUT create", Kind.CREATE),
    Work("post", "POST", Kind.POST),
    Work("put-100", "PUT over 100", Kind.PUT, 100, without=_NO_STORE),
    Work("put-10000", "PUT over 10,000", Kind.PUT, 10_000, without=_NO_STORE),
    Work("put-100000", "PUT over 100,000", Kind.PUT, 100_000, without=_NO_STORE),
    Work("lone", "PUT, lone writer", Kind.PUT, connections=1, only=frozenset({"kvput", "bare"})),
)
"""Those that ask for one resource."""

SIZES: Final = {100: "put-100", 1_000: "put", 10_000: "put-10000", 100_000: "put-100000"}
"""The works that differ in nothing but the size of the collection."""

PAGES: Final = {size: f"page-{size}" for size in SIZES}
FILTERS: Final = {size: f"filter-{size}" for size in SIZES}
PUTS_BESIDE: Final = 50
PAGES_BESIDE_PUTS: Final = {size: f"page-{size}-puts" for size in (1_000, 100_000)}

_LISTING: Final = frozenset({"kvput", "json-server-0.17", "json-server-1.0"})
LISTS: Final = (
    *(
        Work(key, f"page over {size:,}", Kind.PAGE, size, only=_LISTING)
        for size, key in PAGES.items()
    ),
    *(
        Work(key, f"filter over {size:,}", Kind.FILTER, size, only=_LISTING)
        for size, key in FILTERS.items()
    ),
    *(
        Work(
            key,
            f"page over {size:,}, {PUTS_BESIDE} PUT/s",
            Kind.PAGE,
            size,
            only=frozenset({"kvput"}),
            puts_beside=PUTS_BESIDE,
        )
        for size, key in PAGES_BESIDE_PUTS.items()
    ),
)
"""Those that ask for a part of a collection."""


def _pair(work: Work) -> tuple[Work, Work]:
    """A work with nothing declared, and the same one with what it says."""
    key, title = f"{work.key}-{work.declared}", f"{work.title}, {work.declared}"
    return replace(work, declared=Declared.NOTHING), replace(work, key=key, title=title)


def _moves(resources: int) -> Iterator[Work]:
    """PUTs that move articles from one author to another, from many connections and from one."""
    key, title = f"move-{resources}", f"move over {resources:,}"
    move = Work(key, title, Kind.MOVE, resources, only=_OWN, declared=Declared.RELATION)
    yield move
    yield replace(move, key=f"{key}-lone", title=f"{title}, lone writer", connections=1)


def _record(resources: int, declared: Declared) -> Work:
    """PUTs of larger articles."""
    key, title = f"record-{resources}", f"record over {resources:,}"
    return Work(key, title, Kind.RECORD, resources, only=_OWN, declared=declared)


_OWN: Final = frozenset({"kvput"})
PAIRS: Final = tuple(
    _pair(work)
    for work in (
        *_moves(100),
        *_moves(LARGE),
        _record(RESOURCES, Declared.SCHEMA),
        _record(100, Declared.UNIQUE),
        _record(LARGE, Declared.UNIQUE),
    )
)
"""Works with nothing declared, each with the same one where something is."""

MOVES: Final = {
    (work.resources, work.connections): work.key for _, work in PAIRS if work.kind is Kind.MOVE
}
"""The keys of those that keep a relation, by how many articles and connections there are."""

RULED: Final = tuple(work for pair in PAIRS for work in pair)
WORKS: Final = (*SINGLE, *LISTS, *RULED)

START: Final = "start"
FIRST_LIST: Final = "first-list"
LIST_MEMORY: Final = "list-memory"
DELETE: Final = "delete"

UNLOADED: Final = (START, FIRST_LIST, LIST_MEMORY, DELETE)
"""The keys of what is measured of kvput without load: times and memory."""


@dataclass(frozen=True, slots=True)
class FirstList:
    """The first list that a process is asked for; it has `LARGE` resources to look at."""

    key: str
    title: str
    is_sorted: bool
    is_cached: bool
    """Whether the system has the files in its memory when the process starts."""


FIRST_LISTS: Final = tuple(
    FirstList(
        f"{order}-{files}", f"first list of {LARGE:,}, {order}, files {files}", is_sorted, is_cached
    )
    for files, is_cached in (("cached", True), ("on disk", False))
    for order, is_sorted in (("by name", False), ("sorted by a field", True))
)

FIRST_DELETE: Final = "first"
NEXT_DELETE: Final = "next"
CASCADE: Final = "cascade"
MOVED: Final = 100
"""How many articles are moved from author to author, of however many there are."""
ARTICLES_OF_ONE: Final = 1_000
DELETES: Final = {
    FIRST_DELETE: f"first DELETE of an author without articles, of {LARGE:,} articles",
    NEXT_DELETE: "the next such DELETEs, each",
    CASCADE: f"DELETE of an author with {ARTICLES_OF_ONE:,} articles by cascade, of as many",
}
"""What is timed where authors are deleted, with its title."""

GROUPS: Final = {
    "resources": (*(work.key for work in SINGLE), START),
    "collections": (*(work.key for work in LISTS), FIRST_LIST, LIST_MEMORY),
    "relations": (*(work.key for work in RULED), DELETE),
}
"""Names for several of these keys at once."""


def version(run: int, lap: int) -> str:
    """Tells the contents of two runs, and of two laps of one run, apart."""
    return f"{run:05}{lap:05}"


def content(of_version: str) -> bytes:
    """A resource of exactly `BYTES` bytes, as compact as any of the servers would write it."""
    made = f"{_HEAD}{of_version}{_TAIL}{_BODY}{_END}".encode()
    assert len(made) == BYTES
    return made


def seeded(_: int) -> bytes:
    """What every resource holds before a work begins."""
    return content(version(0, 0))


def version_of(made: bytes) -> str:
    """The version of a content that a server gives, in whatever layout it gives it."""
    value = json.loads(made)
    found = value["version"]
    assert isinstance(found, str)
    return found


def lap_of(of_version: str, run: int) -> int | None:
    """The lap of a run that has written a version; None where another one has."""
    return int(of_version[5:]) if of_version.startswith(version(run, 0)[:5]) else None


def key_of(turn: int, resources: int) -> str:
    """The resource that is asked for in this turn, from 0; as requests.lua counts."""
    return str(turn * STRIDE % resources + 1)


def created_key(run: int, turn: int) -> str:
    """The name that is created in this turn, from 0; as requests.lua names it."""
    return f"new-{run}-{turn}"

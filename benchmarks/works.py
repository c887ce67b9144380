"""The works: what every server is asked to do, and the 300 bytes that it does it with.

No server is named here but those that a work is kept to; how one is started is in `peers`,
how one is loaded in `load`.
"""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

CONNECTIONS: Final = 32
RESOURCES: Final = 1_000
BYTES: Final = 300
"""The size of a resource, as a small one of a content API has it."""

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

    @property
    def writes(self) -> bool:
        """Whether the data changes."""
        return self in {Kind.PUT, Kind.CREATE, Kind.POST}

    @property
    def adds(self) -> bool:
        """Whether the collection grows."""
        return self in {Kind.CREATE, Kind.POST}


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

    def is_for(self, peer: str) -> bool:
        """Whether the server of this key does it."""
        return peer not in self.without and (not self.only or peer in self.only)


_NO_STORE: Final = frozenset({"bare"})
WORKS: Final = (
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
START: Final = "start"
"""The key of the one measurement without load: start time and memory."""

SIZES: Final = {100: "put-100", 1_000: "put", 10_000: "put-10000", 100_000: "put-100000"}
"""The works that differ in nothing but the size of the collection."""


def version(run: int, lap: int) -> str:
    """Tells the contents of two runs, and of two laps of one run, apart."""
    return f"{run:05}{lap:05}"


def content(of_version: str) -> bytes:
    """A resource of exactly `BYTES` bytes, as compact as any of the servers would write it."""
    made = f"{_HEAD}{of_version}{_TAIL}{_BODY}{_END}".encode()
    assert len(made) == BYTES
    return made


def version_of(made: bytes) -> str:
    """The version of a content that a server gives, in whatever layout it gives it."""
    value = json.loads(made)
    found = value["version"]
    assert isinstance(found, str)
    return found


def key_of(turn: int, resources: int) -> str:
    """The resource that is asked for in this turn, from 0; as requests.lua counts."""
    return str(turn * STRIDE % resources + 1)


def created_key(run: int, turn: int) -> str:
    """The name that is created in this turn, from 0; as requests.lua names it."""
    return f"new-{run}-{turn}"

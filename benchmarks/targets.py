"""What kvput means to reach, as a table, and whether a run reached it."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from benchmarks.articles import BYTES
from benchmarks.figures import Results, median
from benchmarks.peers import BARE, JSON_SERVER_1, KVPUT, NGINX
from benchmarks.works import (
    CONNECTIONS,
    FIRST_LISTS,
    LARGE,
    MOVES,
    PAGES,
    PAGES_BESIDE_PUTS,
    PUTS_BESIDE,
    RESOURCES,
)

_MEGABYTE: Final = 1e6
_TIMES: Final = "times"
_NO_DIFFERENCE: Final = 0.01
"""The part of its bound below which a difference is none: a run cannot tell it from noise."""


class Verdict(StrEnum):
    """What became of a target."""

    REACHED = "reached"
    SHORT = "short"
    NOT_MEASURED = "not measured"


@dataclass(frozen=True, slots=True)
class Target:
    """A bound on a number that a run gives."""

    title: str
    bound: float
    measure: Callable[[Results], float | None]
    unit: str = _TIMES
    """That of a ratio, or of a difference of two medians."""

    at_most: bool = False
    aim: float | None = None
    """What would be better still, where that is said."""

    def goal(self) -> str:
        """The bound in words."""
        word = "at most" if self.at_most else "at least"
        aim = "" if self.aim is None else f" (aim: {self.aim:.1f})"
        return f"{word} {self.bound:.1f} {self.unit}{aim}"

    def found(self, results: Results) -> str:
        """The number in words."""
        value = self.measure(results)
        if value is None:
            return "-"
        if self.unit != _TIMES and abs(value) < _NO_DIFFERENCE * self.bound:
            return f"about 0 {self.unit}"
        return f"{value:.2f} {self.unit}"

    def verdict(self, results: Results) -> Verdict:
        """Whether the number keeps the bound."""
        value = self.measure(results)
        if value is None:
            return Verdict.NOT_MEASURED
        kept = value <= self.bound if self.at_most else value >= self.bound
        return Verdict.REACHED if kept else Verdict.SHORT


def ratio(over: float | None, under: float | None) -> float | None:
    """The quotient of two medians; None where one of them is missing."""
    return None if over is None or not under else over / under


def beside(
    work: str, peer: str, their_work: str | None = None
) -> Callable[[Results], float | None]:
    """kvput's rate as a multiple of another server's, in the same work if no other is named."""

    def measure(results: Results) -> float | None:
        return ratio(results.rate(work, KVPUT), results.rate(their_work or work, peer))

    return measure


def own(work: str, other_work: str) -> Callable[[Results], float | None]:
    """kvput's rate in a work as a multiple of its rate in another one."""

    def measure(results: Results) -> float | None:
        return ratio(results.rate(work, KVPUT), results.rate(other_work, KVPUT))

    return measure


def _start(results: Results) -> float | None:
    """The seconds that a start takes longer with many resources than with none."""
    large, small = results.start_seconds(LARGE), results.start_seconds(0)
    return None if large is None or small is None else large - small


def _memory(results: Results) -> float | None:
    """The megabytes that a start takes more with many resources than with none."""
    large, small = results.start_bytes(LARGE), results.start_bytes(0)
    return None if large is None or small is None else (large - small) / _MEGABYTE


def _first_list(results: Results) -> float | None:
    """The seconds of the slower one of the first lists over files that the system has at hand."""
    found = [results.first_list(first.key) for first in FIRST_LISTS if first.is_cached]
    known = [seconds for seconds in found if seconds is not None]
    return max(known) if len(known) == len(found) else None


def list_memory(results: Results) -> float | None:
    """The memory that lists take, as a multiple of the bytes of the files."""
    return ratio(median(results.list_bytes), LARGE * BYTES)


def lone_floor(results: Results) -> float | None:
    """What a lone durable PUT is held against: a synced append plus a bare answer, in ms."""
    bare = results.medians("lone", BARE)
    if bare is None or not results.append_ms:
        return None
    return statistics.median(results.append_ms) + bare.p50_ms


def _lone(results: Results) -> float | None:
    """The lone writer's p50 as a multiple of its floor."""
    own = results.medians("lone", KVPUT)
    return ratio(None if own is None else own.p50_ms, lone_floor(results))


_GET: Final = {"hot-get": "hot GET", "get": "GET over 1,000"}
TARGETS: Final = (
    *(
        Target(f"{title}, beside bare aiohttp", 0.9, beside(work, BARE), aim=1.0)
        for work, title in (*_GET.items(), ("304", "304"))
    ),
    *(
        Target(f"{title}, beside json-server 1.0", 2.5, beside(work, JSON_SERVER_1))
        for work, title in _GET.items()
    ),
    Target("PUT over 1,000, beside nginx", 1.0, beside("put", NGINX), aim=1.5),
    Target("PUT create, beside nginx", 0.5, beside("create", NGINX)),
    Target("PUT over 1,000, beside json-server 1.0", 4.0, beside("put", JSON_SERVER_1)),
    Target(
        "PUT create, beside json-server 1.0's POST", 4.0, beside("create", JSON_SERVER_1, "post")
    ),
    Target("PUT over 100,000, beside PUT over 100", 0.9, own("put-100000", "put-100")),
    Target("start with 100,000, beyond that with none", 0.5, _start, "s", at_most=True),
    Target("memory after it, beyond that with none", 20.0, _memory, "MB", at_most=True),
    Target(
        "PUT of a lone writer, p50, beside a synced append and a bare answer",
        1.5,
        _lone,
        at_most=True,
    ),
    *(
        Target(f"{title}, beside json-server 1.0", 20.0, beside(work, JSON_SERVER_1))
        for work, title in (("page-1000", "page over 1,000"), ("filter-1000", "filter over 1,000"))
    ),
    Target("page over 100,000, beside page over 1,000", 0.7, own(PAGES[LARGE], PAGES[RESOURCES])),
    Target(
        f"the same, with {PUTS_BESIDE} PUT/s beside each",
        0.7,
        own(PAGES_BESIDE_PUTS[LARGE], PAGES_BESIDE_PUTS[RESOURCES]),
    ),
    Target("first list of 100,000, files cached", 3.0, _first_list, "s", at_most=True),
    Target(
        "memory that lists of 100,000 take, beside the bytes of the files",
        2.5,
        list_memory,
        at_most=True,
    ),
    *(
        Target(
            f"move over 100,000, relation, beside that over 100{words}",
            0.8,
            own(MOVES[LARGE, connections], MOVES[100, connections]),
        )
        for connections, words in ((CONNECTIONS, ""), (1, ", lone writer"))
    ),
)

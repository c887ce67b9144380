"""How the cost of a request depends on the size of the collection, as pictures of lines."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.drawing import MARGIN, WIDTH, Point, picture, text
from benchmarks.figures import Results
from benchmarks.load import NO_ANSWER, TOO_SLOW
from benchmarks.peers import (
    BARE,
    JSON_SERVER_0,
    JSON_SERVER_1,
    KVPUT,
    NGINX,
    PEERS,
    UNSTORAGE,
    WSGIDAV,
    Peer,
)
from benchmarks.works import FILTERS, PAGES, SIZES

_STORING: Final = tuple(peer for peer in PEERS if peer.key != BARE)
_LABEL: Final = 17
_TICKS: Final = tuple(
    (digit * 10.0**power, f"{digit * 10.0 ** (power - of_unit):g} {unit}")
    for of_unit, unit, powers in ((-3, "µs", (-3, -2)), (0, "ms", (-1, 0, 1)), (3, "s", (2, 3, 4)))
    for power in powers
    for digit in (1, 2, 5)
)
"""Milliseconds that a line of the grid may stand for, ascending."""


@dataclass(frozen=True, slots=True)
class Look:
    """What tells a line from the others: its dashes, and the shape of its points."""

    dashes: str
    shape: str
    """The shape's path, around its middle."""


_CIRCLE: Final = "m-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z"
LOOKS: Final = {
    KVPUT: Look("none", "m-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z"),
    NGINX: Look("none", _CIRCLE),
    JSON_SERVER_0: Look("8 4", "m0 -5.5l5 9h-10z"),
    JSON_SERVER_1: Look("2 3", "m-4 -4h8v8h-8z"),
    UNSTORAGE: Look("none", "m0 -5.5l5.5 5.5l-5.5 5.5l-5.5 -5.5z"),
    WSGIDAV: Look("8 3 2 3", "m0 5.5l5 -9h-10z"),
}


@dataclass(frozen=True, slots=True)
class Growth:
    """What a picture is about: one kind of request over collections of several sizes."""

    what: str
    """The request, with its article."""

    requests: str
    """The same in the plural."""

    works: Mapping[int, str]
    """The keys of the works, by the number of resources."""


PUTS: Final = Growth("one PUT", "PUTs", SIZES)
SORTED: Final = Growth("one page of 20, sorted by a field,", "requests for pages", PAGES)
FILTERED: Final = Growth("one filtered page of 20", "requests for pages", FILTERS)


@dataclass(frozen=True, slots=True)
class Frame:
    """Where sizes and costs are in the picture; both axes are logarithmic."""

    low: float
    high: float
    """The milliseconds at the bottom and at the top."""

    left: float = 76
    right: float = WIDTH - 168
    top: float = 88
    bottom: float = 504
    height: float = 560

    def place(self, size: float, cost: float) -> Point:
        """Where a size and a cost in milliseconds meet."""
        across = (math.log10(size) - 2) / 3
        up = math.log10(cost / self.low) / math.log10(self.high / self.low)
        return Point(
            self.left + across * (self.right - self.left),
            self.bottom - up * (self.bottom - self.top),
        )


def puts(results: Results) -> str:
    """The server's time for one PUT against the number of resources."""
    return _growth(results, PUTS)


def pages(results: Results) -> str:
    """The server's time for one sorted page against the number of resources."""
    return _growth(results, SORTED)


def filters(results: Results) -> str:
    """The server's time for one filtered page against the number of resources."""
    return _growth(results, FILTERED)


def _growth(results: Results, growth: Growth) -> str:
    """A line for each server that was measured with at least one size."""
    lines = [(peer, points) for peer in _STORING if (points := _costs(results, growth, peer))]
    costs = [cost for _, points in lines for _, cost in points] or [0.1, 1.0]
    low = max(tick for tick, _ in _TICKS if tick <= min(costs))
    frame = Frame(low, min(tick for tick, _ in _TICKS if tick >= max(costs) and tick > low))
    parts = [
        text(Point(MARGIN, 40), f"What {growth.what} costs as the collection grows", "title"),
        text(
            Point(MARGIN, 60),
            f"Time of the server for one of the {growth.requests} that 32 connections send "
            "(seconds over requests finished). Lower is better.",
            "note",
        ),
        *_axes(frame, growth),
    ]
    ends = []
    for peer, points in reversed(lines):
        places = [frame.place(size, cost) for size, cost in points]
        own = "-own" if peer.key == KVPUT else ""
        path = " ".join(f"{place.x:.1f},{place.y:.1f}" for place in places)
        look = LOOKS[peer.key]
        parts.append(
            f'<polyline class="line{own}" stroke-dasharray="{look.dashes}" points="{path}"/>'
        )
        parts += [_dot(place, peer) for place in places]
        ends.append((places[-1], peer, _label(results, growth, peer)))
    parts += _labels(ends)
    about = f"Time for {growth.what.rstrip(',')} against the number of resources"
    return picture(frame.height, about, parts)


def _costs(results: Results, growth: Growth, peer: Peer) -> list[tuple[int, float]]:
    """For each size that was measured, the milliseconds of one request."""
    rates = [(size, results.rate(work, peer.key)) for size, work in growth.works.items()]
    return [(size, 1000 / rate) for size, rate in rates if rate]


def _dot(place: Point, peer: Peer) -> str:
    """A point of a server's line, in the server's shape."""
    own = "-own" if peer.key == KVPUT else ""
    shape = LOOKS[peer.key].shape
    return f'<path class="dot{own}" d="M{place.x:.1f} {place.y:.1f}{shape}"/>'


def _axes(frame: Frame, growth: Growth) -> list[str]:
    """The grid and what it stands for."""
    parts = []
    for value, name in _TICKS:
        if frame.low <= value <= frame.high:
            y = frame.place(100, value).y
            kind = "axis" if value == frame.low else "grid"
            parts.append(f'<path class="{kind}" d="M{frame.left} {y:.1f}H{frame.right}"/>')
            parts.append(text(Point(frame.left - 10, y + 4.5), name, "number", anchor="end"))
    for size in growth.works:
        below = Point(frame.place(size, frame.low).x, frame.bottom + 20)
        parts.append(text(below, f"{size:,}", "number", anchor="middle"))
    middle = Point((frame.left + frame.right) / 2, frame.bottom + 40)
    parts.append(text(middle, "resources in the collection", "note", anchor="middle"))
    return parts


def _labels(ends: Sequence[tuple[Point, Peer, str]]) -> list[str]:
    """Each name to the right of its line's end, apart from the other names."""
    parts = []
    for x in sorted({place.x for place, _, _ in ends}):
        column = sorted((end for end in ends if end[0].x == x), key=lambda end: end[0].y)
        heights = apart([place.y for place, _, _ in column], _LABEL)
        for y, (_, peer, label) in zip(heights, column, strict=True):
            kind = "own" if peer.key == KVPUT else "name"
            parts.append(text(Point(x + 13, y + 4.5), label, kind))
    return parts


def _label(results: Results, growth: Growth, peer: Peer) -> str:
    """A server's name, and that its line does not go on where it could not."""
    reasons = [results.skipped.get(work, {}).get(peer.key, "") for work in growth.works.values()]
    too_slow = any(reason.startswith((TOO_SLOW, NO_ANSWER)) for reason in reasons)
    return f"{peer.name}: too slow beyond" if too_slow else peer.name


def apart(heights: Sequence[float], distance: float) -> list[float]:
    """Ascending heights, moved as little as it takes to be the distance apart.

    Those that are too close become a group, which keeps its mean.
    """
    groups: list[list[float]] = []
    for height in heights:
        groups.append([height])
        while len(groups) > 1 and _first(groups[-1], distance) < (
            _first(groups[-2], distance) + len(groups[-2]) * distance
        ):
            last = groups.pop()
            groups[-1].extend(last)
    return [
        _first(group, distance) + place * distance
        for group in groups
        for place in range(len(group))
    ]


def _first(group: Sequence[float], distance: float) -> float:
    """Where a group begins that is spread around its mean."""
    return sum(group) / len(group) - (len(group) - 1) * distance / 2

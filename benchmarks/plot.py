"""The results as pictures: two SVG files, written by hand so that nothing is needed to draw them.

One shows how much each server does of each work, the other how the cost of a PUT depends on the
size of the collection. They follow the reader's choice of a light or dark page.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

from benchmarks.figures import Results
from benchmarks.load import TOO_SLOW
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
from benchmarks.works import SIZES, WORKS, Work

WIDTH: Final = 880
_MARGIN: Final = 32

# Ink on paper, and one accent: everything that is not kvput stays in greys.
_STYLE: Final = """
  .paper { fill: #fbfaf8; } .edge { stroke: #e4e0da; fill: none; }
  text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #57534e; }
  .title { font-size: 17px; font-weight: 600; fill: #1c1917; }
  .head { font-size: 14px; font-weight: 600; fill: #292524; }
  .note { font-size: 12px; fill: #78716c; }
  .name, .own { paint-order: stroke; stroke: #fbfaf8; stroke-width: 4px; }
  .number { font-variant-numeric: tabular-nums; }
  .own { fill: #0f766e; font-weight: 600; }
  .bar { fill: #948e87; } .bar-own { fill: #0f766e; }
  .hollow { fill: none; stroke: #948e87; stroke-width: 1.5; stroke-dasharray: 4 3; }
  .grid { stroke: #e4e0da; } .axis { stroke: #a8a29e; }
  .line { fill: none; stroke: #948e87; stroke-width: 1.75; }
  .dot { fill: #78716c; stroke: #fbfaf8; }
  .line-own { fill: none; stroke: #0f766e; stroke-width: 3; }
  .dot-own { fill: #0f766e; stroke: #fbfaf8; }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #1c1b1a; } .name, .own { stroke: #1c1b1a; } .edge { stroke: #3a3734; }
    text { fill: #b6b0a9; } .title { fill: #f5f3f0; } .head { fill: #e7e3de; }
    .note { fill: #8f8881; } .own { fill: #5ec4b6; }
    .bar { fill: #8f8881; } .bar-own { fill: #2fa395; } .hollow { stroke: #8f8881; }
    .grid { stroke: #34312e; } .axis { stroke: #6f6962; }
    .line { stroke: #8f8881; } .dot { fill: #b6b0a9; stroke: #1c1b1a; }
    .line-own { stroke: #2fa395; } .dot-own { fill: #2fa395; stroke: #1c1b1a; }
  }
"""


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the picture."""

    x: float
    y: float


# --- how much of each work

_COLUMNS: Final = 2
_GAP: Final = 40
_PANEL: Final = (WIDTH - 2 * _MARGIN - (_COLUMNS - 1) * _GAP) / _COLUMNS
_NAMES: Final = 116
_VALUES: Final = 60
_REMARKS: Final = 98
"""The room beyond the values that a panel of writes has: one of its servers stores nothing."""

_ROW: Final = 23
_BAR: Final = 13
_TOP: Final = 108
_HEAD: Final = 26
_BELOW: Final = 26


def bars(results: Results) -> str:
    """A panel for each work, with a bar for each server."""
    works = [work for work in WORKS if not work.only and work.key not in _SIZED]
    shown = [peer for peer in PEERS if peer.key not in results.absent]
    panel = _HEAD + len(shown) * _ROW + _BELOW
    lines = math.ceil(len(works) / _COLUMNS)
    height = _TOP + lines * panel + _MARGIN - _BELOW
    parts = [
        _text(Point(_MARGIN, 40), "Requests per second", "title"),
        _text(
            Point(_MARGIN, 60),
            "32 connections, resources of 300 bytes, each server on one core. "
            "Longer is better; each panel has its own scale.",
            "note",
        ),
        *_legend(),
    ]
    for index, work in enumerate(works):
        across, down = index % _COLUMNS, index // _COLUMNS
        corner = Point(_MARGIN + across * (_PANEL + _GAP), _TOP + down * panel)
        parts += _panel(corner, work, shown, results)
    return _picture(height, "Requests per second of each server, for each work", parts)


def _legend() -> list[str]:
    """What the kinds of bars stand for, in one line beneath the title."""
    kinds = (
        (_MARGIN, "bar-own", "kvput"),
        (_MARGIN + 84, "bar", "other servers that store"),
        (_MARGIN + 276, "hollow", "bare aiohttp: stores nothing, shows what the framework costs"),
    )
    return [
        part
        for x, kind, words in kinds
        for part in (_bar(Point(x, 80), 22, kind), _text(Point(x + 30, 84), words, "note"))
    ]


def _bar(start: Point, width: float, kind: str) -> str:
    """A bar from the middle of its left side."""
    return (
        f'<rect class="{kind}" x="{start.x:.1f}" y="{start.y - _BAR / 2:.1f}" '
        f'width="{width:.1f}" height="{_BAR}" rx="2"/>'
    )


_SIZED: Final = frozenset(SIZES.values()) - {"put"}


def _panel(corner: Point, work: Work, shown: Sequence[Peer], results: Results) -> list[str]:
    """One work's bars, beneath its name."""
    rates = {peer.key: results.rate(work.key, peer.key) for peer in shown}
    most = max((rate for rate in rates.values() if rate), default=1.0)
    room = _PANEL - _NAMES - _VALUES - (_REMARKS if work.kind.writes else 0)
    parts = [_text(Point(corner.x, corner.y + 14), work.title, "head")]
    if work.kind.writes:
        right = Point(corner.x + _PANEL, corner.y + 14)
        parts.append(_text(right, "only kvput's writes are synced", "note", anchor="end"))
    for row, peer in enumerate(shown):
        middle = corner.y + _HEAD + row * _ROW + _ROW / 2
        rate = rates[peer.key]
        own = " own" if peer.key == KVPUT else ""
        parts.append(_text(Point(corner.x, middle + 4.5), peer.name, f"name{own}"))
        left = corner.x + _NAMES
        if rate is None:
            parts.append(_text(Point(left, middle + 4.5), _gap(results, work, peer), "note"))
            continue
        width = max(rate / most * room, 1.5)
        kind = {KVPUT: "bar-own", BARE: "hollow"}.get(peer.key, "bar")
        parts.append(_bar(Point(left, middle), width, kind))
        number = Point(left + width + 7, middle + 4.5)
        remark = ", stores nothing" if peer.key == BARE and work.kind.writes else ""
        parts.append(_text(number, f"{rate:,.0f}{remark}", f"number{own}"))
    return parts


def _gap(results: Results, work: Work, peer: Peer) -> str:
    """A word in the place of a bar; the reason itself is on the page."""
    if peer.key in results.skipped.get(work.key, {}):
        refused = work.kind in peer.refuses
        return "does not do this" if refused else "could not be measured"
    return "not measured"


# --- the cost of a PUT against the size

_STORING: Final = tuple(peer for peer in PEERS if peer.key != BARE)
_LEFT: Final = 76
_RIGHT: Final = 168
_UPPER: Final = 88
_LOWER: Final = 56
_HEIGHT: Final = 560
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


def sizes(results: Results) -> str:
    """The server's time for one PUT against the number of resources, both axes logarithmic."""
    lines = [(peer, points) for peer in _STORING if (points := _costs(results, peer))]
    costs = [cost for _, points in lines for _, cost in points] or [0.1, 1.0]
    low = max(tick for tick, _ in _TICKS if tick <= min(costs))
    high = min(tick for tick, _ in _TICKS if tick >= max(costs) and tick > low)
    parts = [
        _text(Point(_MARGIN, 40), "What one PUT costs as the collection grows", "title"),
        _text(
            Point(_MARGIN, 60),
            "Time of the server for one of the PUTs that 32 connections send (seconds over "
            "requests finished). Lower is better.",
            "note",
        ),
        *_axes(low, high),
    ]
    ends = []
    for peer, points in reversed(lines):
        places = [_place(size, cost, low, high) for size, cost in points]
        own = "-own" if peer.key == KVPUT else ""
        path = " ".join(f"{place.x:.1f},{place.y:.1f}" for place in places)
        look = LOOKS[peer.key]
        parts.append(
            f'<polyline class="line{own}" stroke-dasharray="{look.dashes}" points="{path}"/>'
        )
        parts += [_dot(place, peer) for place in places]
        ends.append((places[-1], peer, _label(results, peer)))
    parts += _labels(ends)
    return _picture(_HEIGHT, "Time for one PUT against the number of resources", parts)


def _costs(results: Results, peer: Peer) -> list[tuple[int, float]]:
    """For each size that was measured, the milliseconds of one PUT."""
    rates = [(size, results.rate(work, peer.key)) for size, work in SIZES.items()]
    return [(size, 1000 / rate) for size, rate in rates if rate]


def _dot(place: Point, peer: Peer) -> str:
    """A point of a server's line, in the server's shape."""
    own = "-own" if peer.key == KVPUT else ""
    shape = LOOKS[peer.key].shape
    return f'<path class="dot{own}" d="M{place.x:.1f} {place.y:.1f}{shape}"/>'


def _place(size: float, cost: float, low: float, high: float) -> Point:
    """Where a size and a cost in milliseconds meet."""
    across = (math.log10(size) - 2) / 3
    up = math.log10(cost / low) / math.log10(high / low)
    return Point(
        _LEFT + across * (WIDTH - _LEFT - _RIGHT),
        _HEIGHT - _LOWER - up * (_HEIGHT - _UPPER - _LOWER),
    )


def _axes(low: float, high: float) -> list[str]:
    """The grid and what it stands for."""
    parts = []
    right = WIDTH - _RIGHT
    for value, name in _TICKS:
        if low <= value <= high:
            y = _place(100, value, low, high).y
            kind = "axis" if value == low else "grid"
            parts.append(f'<path class="{kind}" d="M{_LEFT} {y:.1f}H{right}"/>')
            parts.append(_text(Point(_LEFT - 10, y + 4.5), name, "number", anchor="end"))
    for size in SIZES:
        x = _place(size, low, low, high).x
        below = Point(x, _HEIGHT - _LOWER + 20)
        parts.append(_text(below, f"{size:,}", "number", anchor="middle"))
    middle = Point((_LEFT + right) / 2, _HEIGHT - _LOWER + 40)
    parts.append(_text(middle, "resources in the collection", "note", anchor="middle"))
    return parts


def _labels(ends: Sequence[tuple[Point, Peer, str]]) -> list[str]:
    """Each name to the right of its line's end, apart from the other names."""
    parts = []
    for x in sorted({place.x for place, _, _ in ends}):
        column = sorted((end for end in ends if end[0].x == x), key=lambda end: end[0].y)
        heights = apart([place.y for place, _, _ in column], _LABEL)
        for y, (_, peer, label) in zip(heights, column, strict=True):
            kind = "own" if peer.key == KVPUT else "name"
            parts.append(_text(Point(x + 13, y + 4.5), label, kind))
    return parts


def _label(results: Results, peer: Peer) -> str:
    """A server's name, and that its line does not go on where it could not."""
    reasons = [results.skipped.get(work, {}).get(peer.key) for work in SIZES.values()]
    too_slow = any(reason is not None and reason.startswith(TOO_SLOW) for reason in reasons)
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


# --- what both are made of


def _picture(height: float, about: str, parts: Sequence[str]) -> str:
    """A whole file."""
    extent = f'width="{WIDTH}" height="{height:.0f}"'
    inner = f'x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1:.0f}"'
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" {extent} '
        f'role="img" aria-label="{about}">'
    )
    paper = [f'<rect class="paper" {extent} rx="10"/>', f'<rect class="edge" {inner} rx="9.5"/>']
    named = [f"<title>{about}</title>", f"<style>{_STYLE}</style>"]
    return "\n".join([head, *named, *paper, *parts, "</svg>\n"])


def _text(place: Point, text: str, kind: str, anchor: str = "start") -> str:
    """A line of text."""
    aligned = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return (
        f'<text class="{kind}" x="{place.x:.1f}" y="{place.y:.1f}"{aligned}>{escape(text)}</text>'
    )

"""How much each server does of each work, as a picture: a panel for each, of bars."""

import math
from collections.abc import Sequence
from typing import Final

from benchmarks.drawing import MARGIN, WIDTH, Point, picture, text
from benchmarks.figures import Results
from benchmarks.peers import BARE, KVPUT, PEERS, Peer
from benchmarks.works import SINGLE, SIZES, Work

_COLUMNS: Final = 2
_GAP: Final = 40
_PANEL: Final = (WIDTH - 2 * MARGIN - (_COLUMNS - 1) * _GAP) / _COLUMNS
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
    works = [work for work in SINGLE if not work.only and work.key not in _SIZED]
    shown = [peer for peer in PEERS if peer.key not in results.absent]
    panel = _HEAD + len(shown) * _ROW + _BELOW
    lines = math.ceil(len(works) / _COLUMNS)
    height = _TOP + lines * panel + MARGIN - _BELOW
    parts = [
        text(Point(MARGIN, 40), "Requests per second", "title"),
        text(
            Point(MARGIN, 60),
            "32 connections, resources of 300 bytes, each server on one core. "
            "Longer is better; each panel has its own scale.",
            "note",
        ),
        *_legend(),
    ]
    for index, work in enumerate(works):
        across, down = index % _COLUMNS, index // _COLUMNS
        corner = Point(MARGIN + across * (_PANEL + _GAP), _TOP + down * panel)
        parts += _panel(corner, work, shown, results)
    return picture(height, "Requests per second of each server, for each work", parts)


def _legend() -> list[str]:
    """What the kinds of bars stand for, in one line beneath the title."""
    kinds = (
        (MARGIN, "bar-own", "kvput"),
        (MARGIN + 84, "bar", "other servers that store"),
        (MARGIN + 276, "hollow", "bare aiohttp: stores nothing, shows what the framework costs"),
    )
    return [
        part
        for x, kind, words in kinds
        for part in (_bar(Point(x, 80), 22, kind), text(Point(x + 30, 84), words, "note"))
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
    parts = [text(Point(corner.x, corner.y + 14), work.title, "head")]
    if work.kind.writes:
        right = Point(corner.x + _PANEL, corner.y + 14)
        parts.append(text(right, "only kvput's writes are synced", "note", anchor="end"))
    for row, peer in enumerate(shown):
        middle = corner.y + _HEAD + row * _ROW + _ROW / 2
        rate = rates[peer.key]
        own = " own" if peer.key == KVPUT else ""
        parts.append(text(Point(corner.x, middle + 4.5), peer.name, f"name{own}"))
        left = corner.x + _NAMES
        if rate is None:
            parts.append(text(Point(left, middle + 4.5), _gap(results, work, peer), "note"))
            continue
        width = max(rate / most * room, 1.5)
        kind = {KVPUT: "bar-own", BARE: "hollow"}.get(peer.key, "bar")
        parts.append(_bar(Point(left, middle), width, kind))
        number = Point(left + width + 7, middle + 4.5)
        remark = ", stores nothing" if peer.key == BARE and work.kind.writes else ""
        parts.append(text(number, f"{rate:,.0f}{remark}", f"number{own}"))
    return parts


def _gap(results: Results, work: Work, peer: Peer) -> str:
    """A word in the place of a bar; the reason itself is on the page."""
    if peer.key in results.skipped.get(work.key, {}):
        refused = work.kind in peer.refuses
        return "does not do this" if refused else "could not be measured"
    return "not measured"

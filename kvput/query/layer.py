"""Layers: resources of one collection that are written, but do not stand in its table yet.

A layer lies over what a selection finds without it. Belongs here: how the two
are put together. Which writes there are, and when they come to stand in the
table themselves, is for whoever holds the layer.
"""

from bisect import bisect_left
from collections.abc import Iterable
from typing import Final, TypeVar

from kvput.names import natural_order
from kvput.query.filters import Filter
from kvput.query.selection import Fault, Item, Selected, Selection
from kvput.query.table import Table

NOTHING: Final = Selected((), 0)
"""What every selection finds where a collection is empty."""

_Named = TypeVar("_Named", Item, Fault)


def is_whole(selection: Selection) -> bool:
    """Whether a selection is for all that meets its filter, in the order of names.

    Only then does what it finds without a layer hold all that is to be known
    of what lies beneath.
    """
    return selection == Selection(selection.filter)


class Layer:
    """What is written in one collection, by name. Not for several threads at the same time."""

    def __init__(self) -> None:
        # Each that was put or removed: what lies beneath is hidden by it.
        self._names: set[str] = set()
        # What the table does not know yet, None for what was removed: most layers are never
        # asked, and then nothing in them is read.
        self._unread: dict[str, bytes | None] = {}
        self._table: Table | None = None

    def put(self, name: str, content: bytes) -> None:
        """Hold this content under the name; what is no JSON is a fault, as in a table."""
        self._names.add(name)
        self._unread[name] = content

    def remove(self, name: str) -> None:
        """Hold that there is nothing under the name."""
        self._names.add(name)
        self._unread[name] = None

    def over(self, beneath: Selected, filter_: Filter | None) -> Selected:
        """All that meets the filter, with this layer over what a whole selection finds beneath.

        In natural order, with the faults of both. Each content is read once,
        however often this is asked.
        """
        own = self._read().select(Selection(filter_))
        items = self._laid_over(beneath.items, own.items)
        return Selected(items, len(items), self._laid_over(beneath.faults, own.faults))

    def _read(self) -> Table:
        """The table of what the layer holds, brought up to date."""
        if self._table is None:
            self._table = Table()
            # What was removed before anything was asked is in no table.
            put = ((name, text, 0) for name, text in self._unread.items() if text is not None)
            self._table.fill(put)
        else:
            for name, content in self._unread.items():
                if content is None:
                    self._table.remove(name)
                else:
                    self._table.put(name, content)
        self._unread.clear()
        return self._table

    def _laid_over(self, beneath: Iterable[_Named], own: tuple[_Named, ...]) -> tuple[_Named, ...]:
        """Both in natural order, which each of them is in, without what the layer hides."""
        left = [each for each in beneath if each.name not in self._names]
        # There may be very many beneath, and few here: only these look for their place.
        merged: list[_Named] = []
        start = 0
        for each in own:
            stop = bisect_left(left, natural_order(each.name), start, key=_place)
            merged += left[start:stop]
            merged.append(each)
            start = stop
        merged += left[start:]
        return tuple(merged)


def _place(each: Item | Fault) -> tuple[str, str]:
    return natural_order(each.name)

"""Orders: rows sorted by what stands in their fields, and kept sorted while they change.

Belongs here: where a row stands among others, and ranges of values, which lie
side by side in an order. What values are and how two of them compare is said in
`values`; which orders are kept, in `index`.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from kvput.names import natural_order, number_of
from kvput.query.filters import Condition, Operator, number_of_operand, tester
from kvput.query.values import sort_key, text_of


@dataclass(frozen=True, slots=True, eq=False)
class Sorting:
    """How rows are sorted: by lists of values, each rising or descending, and then by name.

    Names are in natural order, or the other way round; rows whose value has no
    place come last in either direction. The lists are those of the columns and
    of the table, which change with them.
    """

    keys: tuple[tuple[list[object], bool], ...]
    names: list[str]
    names_descending: bool = False

    def sort(self, rows: Iterable[int]) -> list[int]:
        """The rows, which are sorted by name, in this order."""
        ordered = list(rows)
        if self.names_descending:
            ordered.reverse()
        # Sorting is stable, so that the key that counts first is sorted by last.
        for values, descending in reversed(self.keys):
            ordered = _by_value(ordered, values, descending=descending)
        return ordered

    def place(self, row: int, rows: "array[int]") -> int:
        """Where in the rows, which are in this order, the row stands or would stand."""
        own_keys = [sort_key(values[row]) for values, _ in self.keys]
        own_name = natural_order(self.names[row])

        def is_before(other: int) -> bool:
            for own, (values, descending) in zip(own_keys, self.keys, strict=True):
                key = sort_key(values[other])
                if key != own:
                    if key is None or own is None:
                        return own is None
                    return (key < own) is not descending
            name = natural_order(self.names[other])
            return name > own_name if self.names_descending else name < own_name

        return bisect_left(rows, True, key=lambda other: not is_before(other))


def sorted_by_name(rows: Iterable[int], names: list[str]) -> list[int]:
    """The rows in the natural order of their names."""
    rows = list(rows)
    numbers = [number_of(names[row]) for row in rows]
    if None in numbers:
        return sorted(rows, key=lambda row: natural_order(names[row]))
    # Numbers alone are in the same order, in a fraction of the time.
    return [row for _, row in sorted(zip(numbers, rows, strict=True))]


def _by_value(rows: Iterable[int], values: list[object], *, descending: bool) -> list[int]:
    """The rows by their values; those that are equal stay in the order that they have."""
    # Values of one kind compare with each other, without their keys.
    value_of: Callable[[int], Any] = values.__getitem__
    kinds: dict[int, list[int]] = {}
    last = []
    for row in rows:
        key = sort_key(values[row])
        if key is None:
            last.append(row)
        else:
            kinds.setdefault(key[0], []).append(row)
    ordered = []
    for kind in sorted(kinds, reverse=descending):
        ordered += sorted(kinds[kind], key=value_of, reverse=descending)
    return ordered + last


class Order:
    """Rows in the order that a Sorting gives them; at first they are sorted by name."""

    __slots__ = ("_sorting", "rows")

    def __init__(self, sorting: Sorting, rows: Iterable[int]) -> None:
        self._sorting = sorting
        self.rows = array("I", sorting.sort(rows))

    def add(self, row: int) -> None:
        """Put a row in its place."""
        self.rows.insert(self._sorting.place(row, self.rows), row)

    def remove(self, row: int) -> None:
        """Take a row out, before its values or its name change."""
        del self.rows[self._sorting.place(row, self.rows)]


# --- ranges

_LAST: Final = (3,)
"""The place of what has none: after every key."""

_EDGES: Final[Mapping[Operator, tuple[Callable[..., int], bool]]] = {
    Operator.LESS: (bisect_left, False),
    Operator.LESS_OR_EQUAL: (bisect_right, False),
    Operator.GREATER: (bisect_right, True),
    Operator.GREATER_OR_EQUAL: (bisect_left, True),
}
"""Where a range ends at its limit, and whether it goes up from there."""

RANGES: Final = _EDGES.keys()
"""The conditions that `within` answers."""


def within(condition: Condition, values: list[object], rows: "array[int]") -> set[int]:
    """Those of the rows that meet a condition of RANGES; they are sorted by the values, rising."""

    def key(row: int) -> tuple[Any, ...]:
        return sort_key(values[row]) or _LAST

    edge, upwards = _EDGES[condition.operator]
    found: set[int] = set()
    for operand in condition.operands:
        # Numbers compare with numbers and texts with texts: the operand may stand for both.
        for limit in map(sort_key, (number_of_operand(operand), text_of(operand))):
            if limit is None:
                continue
            at, kind = edge(rows, limit, key=key), limit[0]
            if upwards:
                found.update(rows[at : bisect_left(rows, (kind + 1,), key=key)])
            else:
                found.update(rows[bisect_left(rows, (kind,), key=key) : at])
    # An array meets a condition by one of its elements, but has no place.
    test = tester(condition)
    unplaced = rows[bisect_left(rows, _LAST, key=key) :]
    found.update(row for row in unplaced if isinstance(values[row], list) and test(values[row]))
    return found

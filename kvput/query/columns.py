"""Columns: what stands in one field of every row, and which rows hold a value.

Belongs here: conditions that are answered from the values of one field. Ranges,
for which a column has to be sorted, are in `orders`.
"""

from array import array
from bisect import bisect_left, insort
from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import compress, repeat
from operator import contains
from typing import Final

from kvput.query.filters import Condition, Operator, tester
from kvput.query.rows import Rows, members
from kvput.query.values import (
    MISSING,
    Field,
    Key,
    elements,
    key_of,
    text_of,
    value_at,
)

_OBJECT: Final[dict[str, object]] = {}
"""Stands for every object, and for an array in an array: no condition tells one from another."""


class Column:
    """The values of a field, by row; MISSING where there is no such field, or no row."""

    __slots__ = ("_holders", "values")

    def __init__(self, values: list[object]) -> None:
        self.values = values
        # Made when it is first asked for.
        self._holders: _Holders | None = None

    def put(self, row: int, value: object) -> None:
        """Have the row hold the value, MISSING for none."""
        if row == len(self.values):
            self.values.append(MISSING)
        if self._holders is not None:
            for key in _keys_in(self.values[row]):
                self._holders.remove(key, row)
            for key in _keys_in(value):
                self._holders.add(key, row)
        self.values[row] = _compact(value, {})

    def equal(self, keys: Iterable[Key], rows: Iterable[int]) -> set[int]:
        """The rows that hold a value with one of the keys; `rows` are all there are."""
        if self._holders is None:
            self._holders = _Holders()
            for row in rows:
                for key in _keys_in(self.values[row]):
                    self._holders.add(key, row)
        return set[int]().union(*map(self._holders.of, keys))

    def present(self, rows: Iterable[int]) -> set[int]:
        """Those of the rows that have the field."""
        values = self.values
        return {row for row in rows if values[row] is not MISSING}

    def scan(self, condition: Condition, rows: Collection[int]) -> set[int]:
        """Those of the rows that meet the condition: each is looked at."""
        values = self.values
        test = tester(condition)
        compare = _COMPARISONS.get(condition.operator)
        if compare is None:
            return {row for row in rows if test(values[row])}
        # The same as the test, in loops that Python does not run itself: several times as fast.
        found, with_text, texts = set(), [], []
        for row in rows:
            value = values[row]
            if (text := text_of(value)) is not None:
                with_text.append(row)
                texts.append(text.casefold())
            elif isinstance(value, list) and test(value):
                found.add(row)
        for part in map(text_of, condition.operands):
            if part is not None:
                found.update(compress(with_text, map(compare, texts, repeat(part.casefold()))))
        return found


_COMPARISONS: Final[Mapping[Operator, Callable[[str, str], bool]]] = {
    Operator.CONTAINS: contains,
    Operator.STARTS_WITH: str.startswith,
    Operator.ENDS_WITH: str.endswith,
}


def read_columns(fields: Iterable[Field], rows: Rows) -> dict[Field, Column]:
    """The columns of several fields. Every row is read once, however many these are."""
    columns = {field: Column([MISSING] * len(rows.names)) for field in fields}
    # Of equal texts one is kept, but for the time of reading only.
    known: dict[str, str] = {}
    pairs = [(field, column.values) for field, column in columns.items()]
    for name, row in rows.numbers.items():
        value = members(name, rows.value(row))
        for field, values in pairs:
            values[row] = _compact(value_at(field, value), known)
    return columns


def _compact(value: object, known: dict[str, str]) -> object:
    """The value without what no condition looks at, with the texts in `known` for equal ones."""
    match value:
        case str():
            return known.setdefault(value, value)
        case dict():
            return _OBJECT
        case list():
            return [_OBJECT if isinstance(each, list) else _compact(each, known) for each in value]
        case _:
            return value


def _keys_in(value: object) -> set[Key]:
    return {key for each in elements(value) if (key := key_of(each)) is not None}


class _Holders:
    """The rows that hold each key."""

    __slots__ = ("_rows",)

    def __init__(self) -> None:
        # Sets would take ten times the memory. Where all keys differ, arrays would, too.
        self._rows: dict[Key, int | array[int]] = {}

    def of(self, key: Key) -> Iterable[int]:
        """The rows that hold the key."""
        held = self._rows.get(key, ())
        return (held,) if isinstance(held, int) else held

    def add(self, key: Key, row: int) -> None:
        """The row holds the key now."""
        held = self._rows.get(key)
        if held is None:
            self._rows[key] = row
        elif isinstance(held, int):
            self._rows[key] = array("I", sorted((held, row)))
        else:
            insort(held, row)

    def remove(self, key: Key, row: int) -> None:
        """The row, which held the key, does no more."""
        held = self._rows[key]
        if isinstance(held, int):
            del self._rows[key]
            return
        del held[bisect_left(held, row)]
        if not held:
            del self._rows[key]

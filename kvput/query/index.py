"""The index of a table: which rows meet a filter, and in which order they come.

Columns and orders are made when a query first needs them, kept up to date with
each change, and forgotten when others were used more recently, so that nobody
can fill the memory by asking for ever new fields. Resources by name, and what
is answered, belong in `table`.
"""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from kvput.query.columns import Column, read_columns
from kvput.query.filters import AllOf, AnyOf, Condition, Filter, Operator, Search, equal_keys
from kvput.query.orders import RANGES, Order, Sorting, sorted_by_name, within
from kvput.query.recent import Recent
from kvput.query.rows import Rows, members
from kvput.query.search import search
from kvput.query.selection import SortBy
from kvput.query.values import ID, MISSING, Field, Operand, as_name, value_at


@dataclass(frozen=True, slots=True)
class Limits:
    """What a table keeps for the next queries, and where one way to answer is faster than another.

    `columns`, `orders` and `answers` are how many of them are kept. Up to `few`
    rows are looked at one by one sooner than an index is asked. Fewer than one
    in `part` of all rows are sorted sooner than picked from an order of all.
    """

    columns: int = 16
    orders: int = 8
    answers: int = 16
    few: int = 500
    part: int = 64


DEFAULT_LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True)
class _Sort:
    """An order that may be kept: by fields, each once, and then by name."""

    by: tuple[SortBy, ...] = ()
    names_descending: bool = False


class Index:
    """See the head of the module. Whoever changes `rows` says so here."""

    def __init__(self, rows: Rows, limits: Limits) -> None:
        self._rows = rows
        self._limits = limits
        self._columns: Recent[Field, Column] = Recent(limits.columns)
        self._orders: Recent[_Sort, Order] = Recent(limits.orders)
        self.renew()

    # --- changes

    def renew(self) -> None:
        """The rows are others now."""
        self._columns.clear()
        self._orders.clear()
        names = self._rows.names
        by_name = sorted_by_name(self._rows.numbers.values(), names)
        self._by_name = Order(Sorting((), names), by_name)

    def add(self, row: int, value: object) -> None:
        """There is a new row, with this value."""
        self._set(row, value)
        self._by_name.add(row)
        for order in self._orders.values():
            order.add(row)

    def change(self, row: int, value: object) -> None:
        """The row has another value now."""
        for order in self._orders.values():
            order.remove(row)
        self._set(row, value)
        for order in self._orders.values():
            order.add(row)

    def remove(self, row: int) -> None:
        """The row is about to be removed."""
        self._by_name.remove(row)
        for order in self._orders.values():
            order.remove(row)
        for column in self._columns.values():
            column.put(row, MISSING)

    def _set(self, row: int, value: object) -> None:
        place = members(self._rows.names[row], value)
        for field, column in self._columns.items():
            column.put(row, value_at(field, place))

    # --- queries

    def find(self, filter_: Filter | None, sort: tuple[SortBy, ...]) -> "array[int]":
        """The rows that meet the filter, in order. Not to be changed; good until the next call."""
        kept = _kept(sort)
        try:
            self._need({*_fields_in(filter_), *(by.field for by in kept.by)})
            if filter_ is None:
                return self._order(kept).rows
            found = self._meeting(filter_, None)
            if len(found) * self._limits.part < len(self._rows.numbers):
                by_name = sorted_by_name(found, self._rows.names)
                return array("I", self._sorting(kept).sort(by_name))
            return array("I", filter(found.__contains__, self._order(kept).rows))
        finally:
            self._orders.trim()
            if self._columns.trim():
                self._forget_orders_without_columns()

    def _need(self, fields: set[Field]) -> None:
        missing = [field for field in fields if self._columns.use(field) is None]
        if missing:
            self._columns.update(read_columns(missing, self._rows))

    def _forget_orders_without_columns(self) -> None:
        for kept in tuple(self._orders):
            if any(by.field not in self._columns for by in kept.by):
                del self._orders[kept]

    def _order(self, kept: _Sort) -> Order:
        if kept == _BY_NAME:
            return self._by_name
        order = self._orders.use(kept)
        if order is None:
            order = Order(self._sorting(kept), self._by_name.rows)
            self._orders[kept] = order
        return order

    def _sorting(self, kept: _Sort) -> Sorting:
        keys = tuple((self._columns[by.field].values, by.descending) for by in kept.by)
        return Sorting(keys, self._rows.names, kept.names_descending)

    # --- filters

    def _meeting(self, filter_: Filter, among: set[int] | None) -> set[int]:
        """Those of the rows in `among`, None for all, that meet the filter."""
        every = self._rows.numbers.values()
        match filter_:
            case AllOf(filters):
                for each in sorted(filters, key=_cost):
                    among = self._meeting(each, among)
                return set(every) if among is None else among
            case AnyOf(filters):
                return set[int]().union(*(self._meeting(each, among) for each in filters))
            case Search():
                return search(filter_, self._rows, every if among is None else among)
            case Condition(field):
                if _asks_for_names(filter_):
                    found = self._named(filter_.operands)
                elif among is not None and len(among) <= self._limits.few:
                    return self._columns[field].scan(filter_, among)
                else:
                    found = self._by_column(filter_)
                return found if among is None else found & among

    def _by_column(self, condition: Condition) -> set[int]:
        column, every = self._columns[condition.field], self._rows.numbers.values()
        match condition.operator:
            case Operator.EQUAL:
                return column.equal(equal_keys(condition), every)
            case Operator.NOT_EQUAL:
                return column.present(every) - column.equal(equal_keys(condition), every)
            case operator if operator in RANGES:
                rising = self._order(_Sort((SortBy(condition.field),)))
                return within(condition, column.values, rising.rows)
            case _:
                return column.scan(condition, every)

    def _named(self, operands: tuple[Operand, ...]) -> set[int]:
        """The rows whose name is one of the operands: for these no column is needed."""
        rows = (self._rows.numbers.get(as_name(operand).text) for operand in operands)
        return {row for row in rows if row is not None}


def _asks_for_names(condition: Condition) -> bool:
    return condition.field == ID and condition.operator is Operator.EQUAL


def _fields_in(filter_: Filter | None) -> Iterator[Field]:
    """The fields whose columns a filter needs."""
    match filter_:
        case AllOf(filters) | AnyOf(filters):
            for each in filters:
                yield from _fields_in(each)
        case Condition(field) if not _asks_for_names(filter_):
            yield field


def _cost(filter_: Filter) -> int:
    """Which part of a filter is looked at first, so that the others look at fewer rows."""
    match filter_:
        case AllOf(filters) | AnyOf(filters):
            return max(map(_cost, filters), default=0)
        case Search():
            return _SCAN_COST + 1
        case Condition(_, operator):
            return _COSTS.get(operator, _SCAN_COST)


_COSTS: Final = {Operator.EQUAL: 0, **dict.fromkeys(RANGES, 1), Operator.NOT_EQUAL: 2}
_SCAN_COST: Final = 3


_BY_NAME: Final = _Sort()


def _kept(sort: tuple[SortBy, ...]) -> _Sort:
    """The order that is asked for, without what decides nothing."""
    by: dict[Field, SortBy] = {}
    for each in sort:
        if each.field == ID:
            # No two names are equal.
            return _Sort(tuple(by.values()), each.descending)
        by.setdefault(each.field, each)
    return _Sort(tuple(by.values()))

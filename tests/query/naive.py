"""The reference for selections: one resource at a time, everything sorted, nothing remembered.

It says in the fewest words which resources a selection finds and in which
order. `kvput.query.table` must give the same names.
"""

from collections.abc import Mapping

from kvput.names import natural_order, number_of
from kvput.query.filters import AllOf, AnyOf, Filter, Search, meets
from kvput.query.selection import Selection, SortBy
from kvput.query.values import Field, SortKey, sort_key, value_at

_ID = Field("id")


def select(items: Mapping[str, object], selection: Selection) -> tuple[list[str], int]:
    """The names that the selection finds, in its order, and how many there are without its limits.

    `items` holds the value of each resource by its name, as it is stored.
    """
    found = sorted(
        (name for name, value in items.items() if _meets(selection.filter, name, value)),
        key=natural_order,
    )
    # Sorting is stable: the least important key first.
    for by in reversed(selection.sort):
        found = _sorted(found, items, by)
    return found[selection.start : selection.stop], len(found)


def fields_of(name: str, value: object) -> dict[str, object]:
    """The members that a query sees: a resource's `id` is its name, whatever its content says."""
    number = number_of(name)
    members = value if isinstance(value, dict) else {}
    return {**members, "id": name if number is None else number}


def _meets(filter_: Filter | None, name: str, value: object) -> bool:
    match filter_:
        case None:
            return True
        case AllOf(filters):
            return all(_meets(each, name, value) for each in filters)
        case AnyOf(filters):
            return any(_meets(each, name, value) for each in filters)
        case Search() if not isinstance(value, dict):
            return meets(filter_, value)
        case _:
            return meets(filter_, fields_of(name, value))


def _sorted(names: list[str], items: Mapping[str, object], by: SortBy) -> list[str]:
    """The names by one key; those that have none come last in either direction."""
    if by.field == _ID:
        return sorted(names, key=natural_order, reverse=by.descending)
    keys: dict[str, SortKey] = {}
    for name in names:
        key = sort_key(value_at(by.field, fields_of(name, items[name])))
        if key is not None:
            keys[name] = key
    placed = [name for name in names if name in keys]
    # `reverse` leaves those that are equal in the order that they have.
    placed.sort(key=keys.__getitem__, reverse=by.descending)
    return placed + [name for name in names if name not in keys]

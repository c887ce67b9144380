"""Selections: which of a collection's resources are asked for, in which order, and what came out.

These are the values between whoever reads a query and whoever answers it.
"""

from dataclasses import dataclass

from kvput.query.filters import Filter
from kvput.query.values import Field


@dataclass(frozen=True, slots=True)
class SortBy:
    """An order by what stands in a field; resources without it come last either way."""

    field: Field
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Selection:
    """Those that meet `filter`, ordered by `sort` and then by name, from `start` up to `stop`.

    Names are in natural order. `stop` None is the end.
    """

    filter: Filter | None = None
    sort: tuple[SortBy, ...] = ()
    start: int = 0
    stop: int | None = None


EVERYTHING = Selection()


@dataclass(frozen=True, slots=True)
class Item:
    """A resource as a list shows it: its name, and its JSON text with an `id` in each object."""

    name: str
    text: bytes


@dataclass(frozen=True, slots=True)
class Fault:
    """A resource that no list can show, because its text is no JSON: where, and what to do.

    `digest` is the content digest of its bytes; `line` and `column` count from 1.
    """

    name: str
    digest: str
    detail: str
    line: int | None
    column: int | None


@dataclass(frozen=True, slots=True)
class Selected:
    """What a selection found: the items in their order, and how many met the filter in all.

    `faults` are those of the whole collection, in natural order.
    """

    items: tuple[Item, ...]
    total: int
    faults: tuple[Fault, ...] = ()

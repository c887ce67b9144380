"""`parse_query`: what the query of a URL asks for, in whichever dialect it is written.

Here the parameters are told apart and put together: a URL may mix the dialects,
and then all that it asks for holds. What each parameter means belongs to its
dialect (`json_server`, `simple_rest`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from kvput.names import shown
from kvput.query import json_server, simple_rest
from kvput.query.conditions import all_of, any_of, refuse_excess
from kvput.query.filters import Filter, restricts
from kvput.query.json_conditions import read_conditions
from kvput.query.json_server import Values
from kvput.query.paging import Page
from kvput.query.selection import EVERYTHING, Selection, SortBy
from kvput.query.url import is_json, malformed, only_value, split_query


@dataclass(frozen=True, slots=True)
class Query:
    """What a query asks for: the selection, how it is paged, and what is put in beside it.

    `embed` and `expand` name the collections whose resources go into each
    resource. `page` is None where the whole list is asked for.
    """

    selection: Selection = EVERYTHING
    page: Page | None = None
    embed: tuple[str, ...] = ()
    expand: tuple[str, ...] = ()

    @property
    def is_filtered(self) -> bool:
        """Whether it asks for less than all resources by a condition; a page is none."""
        return self.selection.filter is not None and restricts(self.selection.filter)

    def within(self, total: int) -> "Query":
        """This query, or the one for the last page where it asks for an envelope beyond that.

        `total` is how many resources meet the filter. Who gets another query
        back has to select again.
        """
        page = None if self.page is None else self.page.within(total)
        if page is None or page == self.page:
            return self
        selection = replace(self.selection, start=page.start, stop=page.stop)
        return replace(self, selection=selection, page=page)


NO_QUERY: Final = Query()


def parse_query(raw: str) -> Query:
    """What the query of a URL (what follows the `?`, as it was sent) asks for.

    Raises MalformedParameter for a parameter that is not known, one whose value
    is not what it takes, those that contradict one another, and more than can be
    answered in reasonable time. The error names the parameter.
    """
    if not raw:
        return NO_QUERY
    return _remembered(raw) if len(raw) <= _LONGEST_REMEMBERED else _parse(raw)


def _parse(raw: str) -> Query:
    given, fields = _told_apart(raw)
    page = _page(given)
    query = Query(
        Selection(
            all_of(_filters(given, fields)),
            _order(given),
            0 if page is None else page.start,
            None if page is None else page.stop,
        ),
        page,
        _embed(given),
        json_server.related(given, "_expand"),
    )
    refuse_excess(query.selection)
    return query


_LONGEST_REMEMBERED: Final = 512
_remembered: Final = lru_cache(maxsize=1_024)(_parse)
"""Longer queries are parsed each time: else strangers could fill the memory with them."""


def _told_apart(raw: str) -> tuple[Values, Values]:
    """The parameters of the dialects, and those that are conditions on fields."""
    given: dict[str, list[str]] = {}
    fields: dict[str, list[str]] = {}
    for parameter in split_query(raw):
        name, value = parameter.name, parameter.value
        if name in json_server.PARAMETERS or (name in simple_rest.PARAMETERS and is_json(value)):
            given.setdefault(name, []).append(value)
        elif name.startswith("_") and ":" not in name:
            raise malformed(name, _UNKNOWN)
        else:
            # How axios and jQuery write the elements of an array.
            field = name.removesuffix("[]")
            if "[" in field and ":" not in field:
                raise malformed(name, _bracketed(field))
            fields.setdefault(field, []).append(value)
    return given, fields


def _bracketed(name: str) -> str:
    """What is wrong with `author[gte]`: it would ask for a field of that very name."""
    before, _, within = name.partition("[")
    dotted = f"{before}.{within.rstrip(']').replace('][', '.')}"
    return (
        "has a bracket, which neither holds an operator nor leads into a field here: write "
        f'"{shown(before)}:gte" or another operator, or "{shown(dotted)}"; where the bracket is '
        f'part of the field\'s name, write "{shown(name)}:eq"'
    )


_UNKNOWN: Final = (
    "is not known: those that begin with an underscore are "
    f"{', '.join(name for name in json_server.PARAMETERS if name.startswith('_'))}; to ask about "
    'a field of such a name, write an operator, as in "_id:eq=5"'
)


def _filters(given: Values, fields: Values) -> Iterator[Filter | None]:
    yield from json_server.conditions(fields)
    if texts := list(json_server.searches(given.get("q", []))):
        yield any_of(texts)
    for name in ("_where", "filter"):
        for text in given.get(name, []):
            yield read_conditions(name, text)


def _order(given: Values) -> tuple[SortBy, ...]:
    """The order; a field counts where it is named first."""
    keys: dict[str, SortBy] = {}
    for by in json_server.order(given):
        keys.setdefault(by.field.text, by)
    for text in given.get("sort", []):
        for by in simple_rest.order(text):
            keys.setdefault(by.field.text, by)
    return tuple(keys.values())


def _page(given: Values) -> Page | None:
    page = json_server.page(given)
    if "range" not in given:
        return page
    if page is not None:
        raise malformed("range", "does not go together with _page, _start, _end and _limit")
    return simple_rest.page(only_value("range", given["range"]))


def _embed(given: Values) -> tuple[str, ...]:
    names = [name for text in given.get("embed", []) for name in simple_rest.embedded(text)]
    return json_server.related({"_embed": [*given.get("_embed", []), *names]}, "_embed")

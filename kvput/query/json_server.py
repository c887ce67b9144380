"""The parameters of json-server, 0.17 and 1.x: conditions, order, pages, related resources.

Each function takes what was given for some parameters and returns what it
asks for. How conditions are written in their names belongs to `conditions`, the
JSON of `_where` to `json_conditions`.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from kvput.names import shown
from kvput.query.conditions import WrittenOperator, field_and_operator
from kvput.query.filters import Condition, Search
from kvput.query.paging import Page, Style
from kvput.query.selection import SortBy
from kvput.query.url import malformed, only_value, whole_number
from kvput.query.values import Field

Values = Mapping[str, list[str]]
"""What was given for each parameter, in the order of the query."""

PARAMETERS: Final = (
    "q",
    "_where",
    "_sort",
    "_order",
    "_page",
    "_limit",
    "_per_page",
    "_start",
    "_end",
    "_embed",
    "_expand",
    "_",
)
"""All that are no conditions on a field; `_` keeps caches away, and means nothing."""

DEFAULT_PAGE_SIZE: Final = 10
MAX_NAMES: Final = 32
"""The most names of related resources."""

_DIRECTIONS: Final = {"": False, "asc": False, "desc": True}


# --- conditions


def conditions(fields: Values) -> Iterator[Condition]:
    """The conditions that parameters other than PARAMETERS are: `views_gte=5`, `views:gte=5`.

    Those on one field with one operator are one condition, which takes any of
    their values. Raises MalformedParameter for an unknown operator.
    """
    operands: dict[tuple[Field, WrittenOperator], list[str]] = {}
    for name, texts in fields.items():
        asked = field_and_operator(name, name)
        operands.setdefault(asked, []).extend(texts)
    for (field, written), texts in operands.items():
        yield Condition(field, written.operator, tuple(_operands(written, texts)))


def _operands(written: WrittenOperator, texts: list[str]) -> Iterator[str]:
    for text in texts:
        if written.divided:
            yield from (part.strip() for part in text.split(","))
        else:
            yield text


def searches(texts: list[str]) -> Iterator[Search]:
    """The searches that the values of `q` are; an empty one searches for nothing."""
    return (Search(text) for text in texts if text)


# --- order


def order(given: Values) -> Iterator[SortBy]:
    """The order that `_sort` and `_order` ask for: `_sort=author,-views`, `_order=desc,asc`.

    Raises MalformedParameter where `_order` holds another word, has more of them
    than `_sort` has fields, or contradicts a minus.
    """
    names = _listed(given.get("_sort", []))
    directions = _listed(given.get("_order", []))
    if len(directions) > len(names):
        raise malformed(
            "_order",
            f"gives more directions ({len(directions)}) than _sort has fields ({len(names)}): "
            "name a field for each",
        )
    directions += [""] * (len(names) - len(directions))
    for name, direction in zip(names, directions, strict=True):
        descending = _DIRECTIONS.get(direction.lower())
        if descending is None:
            raise malformed("_order", f'is "{shown(direction)}": it takes asc and desc')
        field = name.removeprefix("-")
        if not field:
            raise malformed("_sort", "has an empty name: write a field between two commas")
        if field != name and direction and not descending:
            raise malformed(
                "_sort", f'says descending by "{shown(name)}", and _order ascending: leave one out'
            )
        yield SortBy(Field(field), descending or field != name)


def _listed(texts: list[str]) -> list[str]:
    """What stands between the commas of all values; an empty value holds nothing."""
    return [part.strip() for text in texts if text for part in text.split(",")]


# --- pages


def page(given: Values) -> Page | None:
    """The page that is asked for; None where the whole list is.

    `_page` is a page of `_limit` or `_per_page`; without it, `_start` with
    `_end` or `_limit` is a slice. Raises MalformedParameter for what is no
    number, and for parameters that do not go together.
    """
    numbers = {
        name: whole_number(name, only_value(name, given[name]), least)
        for name, least in (
            ("_page", 1),
            ("_per_page", 1),
            ("_limit", 1 if "_page" in given else 0),
            ("_start", 0),
            ("_end", 0),
        )
        if name in given
    }
    for one, other, advice in _CONTRADICTIONS:
        if one in numbers and other in numbers:
            raise malformed(one, f"does not go together with {other}: {advice}")
    if "_page" in numbers:
        return _numbered(numbers)
    if "_per_page" in numbers:
        raise malformed("_per_page", "is the size of a page, but no page is named: add _page=1")
    return _slice(numbers) if numbers else None


_CONTRADICTIONS: Final = (
    ("_limit", "_per_page", "send _per_page for an envelope, _limit for an array"),
    ("_start", "_page", "send _page with _limit, or _start with _limit"),
    ("_end", "_page", "send _page with _limit, or _start with _end"),
    ("_end", "_limit", "send the one or the other with _start"),
)


def _numbered(numbers: Mapping[str, int]) -> Page:
    style = Style.ENVELOPE if "_per_page" in numbers else Style.ARRAY
    size = numbers.get("_per_page", numbers.get("_limit", DEFAULT_PAGE_SIZE))
    return Page(style, (numbers["_page"] - 1) * size, size)


def _slice(numbers: Mapping[str, int]) -> Page:
    start = numbers.get("_start", 0)
    size = numbers.get("_limit")
    if "_end" in numbers:
        size = max(0, numbers["_end"] - start)
    return Page(Style.SLICE, start, size)


# --- related resources


def related(given: Values, name: str) -> tuple[str, ...]:
    """The names in `_embed` or `_expand`, each once; MalformedParameter for too many."""
    names = tuple(dict.fromkeys(filter(None, _listed(given.get(name, [])))))
    if len(names) > MAX_NAMES:
        raise malformed(name, f"holds more than {MAX_NAMES} names: ask for fewer at once")
    return names

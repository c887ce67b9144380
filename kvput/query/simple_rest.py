"""The parameters of react-admin's simple-rest: `filter`, `range`, `sort` and `embed`, all JSON.

They are these only where the value begins with `{` or `[`; else they are
fields of such a name. The JSON of `filter` belongs to `json_conditions`.
"""

from collections.abc import Iterator
from typing import Final

from kvput.names import HIGHEST_NUMBER
from kvput.query.json_conditions import read_json
from kvput.query.paging import Page, Style
from kvput.query.selection import SortBy
from kvput.query.url import malformed
from kvput.query.values import Field

PARAMETERS: Final = ("filter", "range", "sort", "embed")

_DIRECTIONS: Final = {"asc": False, "desc": True}


def page(text: str) -> Page:
    """The page that a `range` asks for: `[0,9]` are the first ten. Raises MalformedParameter."""
    match read_json("range", text):
        # `[0,-1]` is what a page of no resources comes to. To Python, true is a number.
        case [int(first), int(last)] if (
            not isinstance(first, bool)
            and not isinstance(last, bool)
            and 0 <= first <= last + 1 <= HIGHEST_NUMBER
        ):
            return Page(Style.RANGE, first, last + 1 - first)
        case _:
            raise malformed(
                "range", "takes the places of the first and the last resource, such as [0,9]"
            )


def order(text: str) -> Iterator[SortBy]:
    """The order that a `sort` asks for: `["title","ASC"]`, or several such pairs.

    They may stand in one list or in a list each. Raises MalformedParameter.
    """
    value = read_json("sort", text)
    pairs = value if isinstance(value, list) else [value]
    if not any(isinstance(each, list) for each in pairs):
        pairs = [pairs[index : index + 2] for index in range(0, len(pairs), 2)]
    for pair in pairs:
        match pair:
            case [str(field), str(direction)] if field and direction.lower() in _DIRECTIONS:
                yield SortBy(Field(field), _DIRECTIONS[direction.lower()])
            case _:
                raise malformed("sort", 'takes pairs of a field and ASC or DESC: ["title","ASC"]')


def embedded(text: str) -> list[str]:
    """The names in an `embed`: `["author","comments"]`. Raises MalformedParameter."""
    value = read_json("embed", text)
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return value
    raise malformed("embed", 'takes a list of names, such as ["author"]')

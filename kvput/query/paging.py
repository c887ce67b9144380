"""Pages: which part of a list was asked for, which others there are, and how a client is told.

Here belong `Link` (RFC 8288), `Content-Range` as react-admin's simple-rest reads
it, and the numbers of json-server's envelope. Which parameters ask for a page
belongs to the dialects; sending the fields to the server.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from types import MappingProxyType
from typing import Final
from urllib.parse import quote

from kvput.query.url import Parameter, is_json, split_query


class Style(Enum):
    """How a client asks for its pages, and what it expects in return."""

    ARRAY = auto()
    """`_page` and `_limit`: an array."""
    ENVELOPE = auto()
    """`_page` and `_per_page`: an object that holds the array and tells of the other pages."""
    SLICE = auto()
    """`_start` with `_end` or `_limit`: an array."""
    RANGE = auto()
    """`range`: an array, and `Content-Range`."""


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list: `size` resources from `start` on, the first being 0; None is to the end."""

    style: Style
    start: int
    size: int | None

    @property
    def stop(self) -> int | None:
        """The place behind its last one; None is the end."""
        return None if self.size is None else self.start + self.size

    @property
    def number(self) -> int:
        """The number of the page, the first being 1."""
        return self.start // self.size + 1 if self.size else 1

    def within(self, total: int) -> "Page":
        """This page, or the last one where an envelope is asked for beyond it.

        An array beyond the last page is empty, as json-server 0.17 has it;
        json-server 1.x gives the last page in an envelope.
        """
        if self.style is not Style.ENVELOPE or not self.size or self.start < total:
            return self
        return replace(self, start=max(0, total - 1) // self.size * self.size)


def envelope_members(page: Page, total: int) -> dict[str, int | None]:
    """The members of an envelope that stand before `data`, for a page that is `within` the total.

    A list without resources has one page, which is empty.
    """
    size = page.size or 1
    pages = max(1, -(-total // size))
    number = page.number
    return {
        "first": 1,
        "prev": number - 1 if number > 1 else None,
        "next": number + 1 if number < pages else None,
        "last": pages,
        "pages": pages,
        "items": total,
    }


def content_range(page: Page, collection: str, total: int) -> str:
    """The value of `Content-Range` for a page of the style RANGE: `posts 0-9/319`.

    RFC 9110 section 14.4 gives the syntax, with a unit that need not be
    registered: the collection's name where it can be one, else `items`. A page
    on which there is nothing is `posts */319`.
    """
    # RFC 9110 section 14.1: range-unit = token.
    unit = collection if _TOKEN.fullmatch(collection) else "items"
    stop = total if page.stop is None else min(page.stop, total)
    if stop <= page.start:
        return f"{unit} */{total}"
    return f"{unit} {page.start}-{stop - 1}/{total}"


_TOKEN: Final = re.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+")


# --- links


def link(page: Page, path: str, raw_query: str, total: int) -> str | None:
    """The value of `Link` (RFC 8288 section 3) for a page; None where there is no other page.

    `path` is the path of the request, encoded as in a URL, and `raw_query` its
    query, which `parse_query` took. Each target has all the parameters of the
    request in their order and as they were sent, except those that name the page.
    """
    if not page.size:
        return None
    starts = _starts(page.start, page.size, total)
    if starts.keys() == {"first", "last"}:
        return None
    parameters = split_query(raw_query)
    named = _NAMED[page.style]
    links = []
    for relation, start in starts.items():
        query = _with(parameters, named(start, page.size))
        # RFC 3986 section 3.4: what else a client may have sent is no part of a query, and
        # ">" would end the target.
        links.append(f'<{quote(f"{path}?{query}", safe=_IN_A_URL)}>; rel="{relation}"')
    return ", ".join(links)


# RFC 3986 section 3.4: query = *( pchar / "/" / "?" ), here with its escapes.
_IN_A_URL: Final = "!$&'()*+,;=:@/?%"


def _starts(start: int, size: int, total: int) -> dict[str, int]:
    """Where other pages start, by their relation (RFC 8288 section 4.2).

    The pages follow one another from this one in both directions; only the
    first starts at 0 in any case.
    """
    offset = start % size
    last = offset + (total - 1 - offset) // size * size if total > offset else 0
    starts = {"first": 0}
    if start > 0:
        # From beyond the end the way back leads to the last page.
        starts["prev"] = max(0, min(start - size, last))
    if start + size < total:
        starts["next"] = start + size
    starts["last"] = last
    return starts


def _page_number(start: int, size: int) -> dict[str, str]:
    return {"_page": str(start // size + 1)}


def _slice(start: int, size: int) -> dict[str, str]:
    return {"_start": str(start), "_end": str(start + size)}


def _range(start: int, size: int) -> dict[str, str]:
    return {"range": f"[{start},{start + size - 1}]"}


_NAMED: Final[Mapping[Style, Callable[[int, int], dict[str, str]]]] = MappingProxyType(
    {
        Style.ARRAY: _page_number,
        Style.ENVELOPE: _page_number,
        Style.SLICE: _slice,
        Style.RANGE: _range,
    }
)
"""The parameters that name the page of this start and size."""


def _with(parameters: tuple[Parameter, ...], values: dict[str, str]) -> str:
    """The query with these values in place of those that it has."""
    written = [
        f"{each.name}={values[each.name]}" if _is_replaced(each, values) else each.written
        for each in parameters
    ]
    # A slice may have been asked for without its start; its end, where it has a `_limit`, moves
    # with the start.
    if "_start" in values and all(each.name != "_start" for each in parameters):
        written.append(f"_start={values['_start']}")
    return "&".join(written)


def _is_replaced(parameter: Parameter, values: dict[str, str]) -> bool:
    # A field may be named "range" as well.
    return parameter.name in values and (parameter.name != "range" or is_json(parameter.value))

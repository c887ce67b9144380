"""How the servers are asked for a part of a collection, and how they answer.

They name their parameters differently, and one puts the items into an envelope. Which of them
can be asked at all is in `peers`.
"""

import json
from dataclasses import dataclass
from typing import Final

from benchmarks.articles import FILTERED_BY, PAGE_SIZE, SORTED_BY
from benchmarks.load import Failure
from benchmarks.works import COLLECTION, Kind


@dataclass(frozen=True, slots=True)
class Dialect:
    """One way to ask, and to answer."""

    size: str
    """The parameter that says how many items make a page."""

    member: str | None = None
    """The member of the answer that has the items; None where the answer is the items."""

    def plain(self, page: str) -> str:
        """The target of a page in the server's own order."""
        return f"{COLLECTION}?_page={page}&{self.size}={PAGE_SIZE}"

    def ordered(self, page: str) -> str:
        """The target of a page in the order of a field."""
        return f"{self.plain(page)}&_sort={SORTED_BY}"

    def filtered(self, category: str) -> str:
        """The target of the first page of a category, which is a letter and this number."""
        return f"{self.plain('1')}&{FILTERED_BY}=c{category}"

    def target(self, kind: Kind, choice: str) -> str:
        """The target of a kind of list; the choice is the page's number, or the category's."""
        return {Kind.PAGE: self.ordered, Kind.FILTER: self.filtered}[kind](choice)

    def items(self, content: bytes) -> list[dict[str, object]]:
        """The items of an answer. Raises `Failure` where it has none in their place."""
        try:
            value = json.loads(content)
            items = value if self.member is None else value[self.member]
        except (ValueError, TypeError, KeyError) as error:
            raise Failure("a list is answered in another form") from error
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise Failure("a list is answered in another form")
        return items


ARRAY: Final = Dialect("_limit")
ENVELOPE: Final = Dialect("_per_page", "data")

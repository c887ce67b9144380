"""The resources of a collection that is listed: alike in size, each with values of its own.

They are made by number, so that every server, every run and every check has the same ones. What
is asked of single resources is in `works`, where all contents are alike.
"""

import hashlib
import json
from typing import Final

BYTES: Final = 300
"""The size of an article, as that of all other resources here."""

CATEGORIES: Final = 20
"""Each has as many articles as the next, one in twenty."""

PAGE_SIZE: Final = 20
SORTED_BY: Final = "views"
FILTERED_BY: Final = "category"

_VIEWS: Final = 1_000_000
"""More than there are articles: few of them share a place in the order."""

_TEXT: Final = (
    "The kettle on the old stove begins to whistle, and the whole house knows that it is four "
    "o'clock. Nobody moves. Then somebody laughs, and the afternoon goes on where it had stopped. "
    "Cups are found, and the door to the garden is left open for whoever comes by. "
)


def article(number: int, edition: str = "") -> bytes:
    """The article of a number, in exactly `BYTES` bytes; each edition has views of its own."""
    value = {
        "id": str(number),
        "title": f"A kettle that whistles, part {number}",
        "category": category_of(number),
        "views": views_of(number, edition),
        "draft": number % 3 == 0,
        "body": "",
    }
    empty = json.dumps(value, separators=(",", ":")).encode()
    made = empty[:-2] + _TEXT[: BYTES - len(empty)].encode() + empty[-2:]
    assert len(made) == BYTES
    return made


def category_of(number: int) -> str:
    """The category of an article: c1 to c20, in turn."""
    return f"c{number % CATEGORIES + 1}"


def views_of(number: int, edition: str = "") -> int:
    """A number that looks random, and is the same each time."""
    digest = hashlib.blake2b(f"{number}/{edition}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) % _VIEWS

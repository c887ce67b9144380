"""Names of types: `Article` for `/articles`, `ShopOrderLine` for `/shop/order-lines`.

They are good as identifiers in TypeScript, whatever collections and definitions
are called in the files.
"""

import re
from collections.abc import Container, Iterable
from typing import Final

from kvput.query.nouns import singular

_UNNAMED: Final = "Unnamed"
_LONGEST: Final = 100
_WORD: Final = re.compile(r"[^\W_]+")
_LAST_OF_BMP: Final = "\uffff"


def name_of_resources(segments: Iterable[str | None]) -> str:
    """The name of what stands in a collection: of each segment that is a word, the singular."""
    return type_name(*(singular(segment) for segment in segments if segment is not None))


def type_name(*texts: str) -> str:
    """The texts as one identifier, each word with a capital letter: `order-lines`: `OrderLines`."""
    words = [word for text in texts for word in _WORD.findall(text[:_LONGEST])]
    name = "".join(filter(_is_of_identifier, "".join(map(_capitalised, words))))[:_LONGEST]
    if not name:
        return _UNNAMED
    return name if name.isidentifier() else f"_{name}"


def unused(name: str, *used: Container[str]) -> str:
    """The name, with the first number from 2 on that makes it none of those in use."""
    number = 2
    free = name
    while any(free in names for names in used):
        free = f"{name}{number}"
        number += 1
    return free


def _capitalised(word: str) -> str:
    # Some letters have capitals of two letters, and some languages have none.
    return word[0].upper() + word[1:]


def _is_of_identifier(character: str) -> bool:
    # Beyond the Basic Multilingual Plane, what is a letter depends on the compiler's target.
    return character <= _LAST_OF_BMP and f"a{character}".isidentifier()

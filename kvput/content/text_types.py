"""Texts as values: what the `types` of a request makes of a form's fields and a table's cells.

Belongs here: the ways to take a text, and which texts are numbers. Does not
belong here: where the texts stand, and what an empty one means to a table.
"""

import re
from collections.abc import Callable
from enum import Enum

from kvput.content.source_text import shown
from kvput.errors import MalformedParameter
from kvput.names import HIGHEST_NUMBER

PARAMETER = "types"
"""The parameter of the query that says how texts are to be taken."""

# RFC 8259 section 6, with at most as many characters as the shortest form of a double has.
_NUMBER = re.compile(r"(?=.{1,24}\Z)-?(?:0|[1-9][0-9]*+)(\.[0-9]++)?+([eE][-+]?[0-9]++)?+")
_LITERALS: dict[str, object] = {"true": True, "false": False, "null": None}


class Types(Enum):
    """The ways to take texts, as `types` names them."""

    STRINGS = "strings"
    GUESS = "guess"

    @property
    def value_of(self) -> Callable[[str], object]:
        """The function from a text to the value that it is taken for."""
        return _VALUE_OF[self]


def guess(text: str) -> object:
    """The value that a text is the JSON of, if it is written again just so; else the text.

    `true`, `false`, `null` and numbers are values. Texts stay: `01234`, `1.50`, `1e3`, `-0`,
    which would lose their digits, and whole numbers above 2**53 - 1, which RFC 8259
    section 6 does not call exact everywhere.
    """
    if text in _LITERALS:
        return _LITERALS[text]
    number = _NUMBER.fullmatch(text)
    if number is None:
        return text
    if number[1] is None and number[2] is None:
        integer = int(text)
        return integer if abs(integer) <= HIGHEST_NUMBER and str(integer) == text else text
    decimal = float(text)
    return decimal if repr(decimal) == text else text


def types_named(name: str | None) -> Types:
    """The way that `types` names; strings where the request says nothing.

    Raises MalformedParameter for any other value.
    """
    if name is None:
        return Types.STRINGS
    try:
        return Types(name)
    except ValueError:
        pass
    raise MalformedParameter(
        f"The parameter {PARAMETER} is {shown(name)}: write {PARAMETER}=strings to keep texts as "
        f"they are, or {PARAMETER}=guess to read numbers, true, false and null from them."
    )


_VALUE_OF: dict[Types, Callable[[str], object]] = {Types.STRINGS: str, Types.GUESS: guess}

"""How queries compare the values of JSON: equality, order, and the places that a field names.

Equality does not mind the type: a text from a URL meets a number, a boolean or
null where it is written as one. Numbers compare as numbers, texts by code
point. Nothing here knows of filters or parameters.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from kvput.names import number_of


@dataclass(frozen=True, slots=True)
class Name:
    """The name of a resource as an operand: equal to it are the values that are its id.

    The name `1` meets 1, 1.0 and "1"; `1.0`, `true` and `01` meet the text alone.
    """

    text: str


Operand = str | int | float | bool | Name | None
"""What a value is compared with; a text where it comes from a URL. Names have no order."""


class _Word(Enum):
    """True, false and null as keys: in Python True is 1."""

    TRUE = "true"
    FALSE = "false"
    NULL = "null"


Key = str | int | float | _Word
"""Equal for equal values, and hashable."""

_WORDS: Final = {word.value: word for word in _Word}
# RFC 8259 section 6. So `01234` is a text and nothing else.
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?", re.ASCII)
_LONGEST_NUMBER: Final = 400
"""Characters: Python takes quadratic time for the digits of a very long number."""


def key_of(value: object) -> Key | None:
    """The key of a scalar; None for an array, an object, and a number that is none (NaN)."""
    match value:
        case None:
            return _Word.NULL
        case bool():
            return _Word.TRUE if value else _Word.FALSE
        case str() | int():
            return value
        case float():
            return value if value == value else None  # noqa: PLR0124  # NaN
        case _:
            return None


def keys_met_by(operand: Operand) -> frozenset[Key]:
    """The keys of all values that are equal to the operand.

    `1` and `"1"` meet 1, 1.0 and "1"; `"01"` meets "01" alone.
    """
    match operand:
        case Name(text):
            whole_number = number_of(text)
            return frozenset((text,) if whole_number is None else (text, whole_number))
        case str():
            keys: list[Key] = [operand]
            if (number := number_in(operand)) is not None:
                keys.append(number)
            if operand in _WORDS:
                keys.append(_WORDS[operand])
            return frozenset(keys)
        case None | bool():
            word = _Word.NULL if operand is None else _WORDS[str(operand).lower()]
            return frozenset((word, word.value))
        case _:
            return frozenset((operand, _in_digits(operand)))


def as_name(operand: Operand) -> Name:
    """The name of the resource whose id is equal to the operand.

    An id is compared as the name that it is: the text `1.0` is another name than
    `1`. A number of JSON is the name that this number has, however it is written.
    """
    match operand:
        case Name():
            return operand
        case str():
            return Name(operand)
        case None | bool():
            return Name(_Word.NULL.value if operand is None else str(operand).lower())
        case _:
            return Name(_in_digits(operand))


def _in_digits(number: float) -> str:
    """A number as a text meets it: `1` also for 1.0."""
    return str(int(number) if number == number // 1 else number)


def number_in(text: str) -> int | float | None:
    """The number that a text is, as JSON writes it and as kvput reads it; None if it is none."""
    if len(text) > _LONGEST_NUMBER or not _NUMBER.fullmatch(text):
        return None
    number = float(text) if any(mark in text for mark in ".eE") else int(text)
    # What no integer of 64 bits holds, is read from JSON as a double: see `json_reader.read`.
    return number if -(2**63) <= number < 2**64 else float(text)


def text_of(value: object) -> str | None:
    """A scalar as it is searched as text: `12.5`, `true`; None for null, arrays and objects."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case _:
            return None


# --- places


@dataclass(frozen=True, slots=True)
class Field:
    """A place in each resource, written with dots: `title`, `author.name`, `tags.0`.

    The members that `steps` name, one in the other; a step that is a number may
    also be the place in an array. A member whose own name is the whole text
    comes first. Where `is_member`, there is no other than that one.
    """

    text: str
    is_member: bool = False

    @property
    def steps(self) -> tuple[str, ...]:
        """The names on the way."""
        return tuple(self.text.split("."))


def own_member(name: str) -> Field:
    """The place of a member of the resource itself, whatever its name is."""
    # Without a dot both are the same place, and one column serves.
    return Field(name, is_member="." in name)


ID: Final = Field("id")
"""The member that holds a resource's name."""


class _Missing(Enum):
    MISSING = "missing"


MISSING: Final = _Missing.MISSING
"""Stands for the value of a field that a resource has not."""


def value_at(field: Field, value: object) -> object:
    """What stands in a place of a resource's value; MISSING where it has no such place."""
    if isinstance(value, dict) and field.text in value:
        return value[field.text]
    if field.is_member:
        return MISSING
    for step in field.steps:
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isascii() and step.isdigit() and len(step) < 10:
            if int(step) >= len(value):
                return MISSING
            value = value[int(step)]
        else:
            return MISSING
    return value


def elements(value: object) -> Iterator[object]:
    """What conditions look at: the elements of an array, of any other value itself."""
    if isinstance(value, list):
        yield from value
    elif value is not MISSING:
        yield value


def texts_in(value: object) -> Iterator[str]:
    """All scalars in a value, however deep, as text."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
        elif (text := text_of(value)) is not None:
            yield text


# --- order

SortKey = tuple[int, int | float | str]


def sort_key(value: object) -> SortKey | None:
    """The place of a value in an order: numbers, then texts, then false and true.

    None for what has no place of its own (null, arrays, objects, MISSING): it
    comes last in either direction.
    """
    match value:
        case bool():
            return 2, value
        case int() | float():
            return 0, value
        case str():
            return 1, value
        case _:
            return None

"""Filters as values, and whether a resource meets one.

`meets` says what each filter means, one resource at a time;
`kvput.query.table` gives the same answers faster. How filters are written in a
URL belongs to the dialects.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from kvput.query.like import Pattern
from kvput.query.values import (
    MISSING,
    Field,
    Operand,
    elements,
    key_of,
    keys_met_by,
    number_in,
    text_of,
    texts_in,
    value_at,
)


class Operator(Enum):
    """What a condition asks of a field."""

    EQUAL = "eq"
    NOT_EQUAL = "ne"
    LESS = "lt"
    LESS_OR_EQUAL = "lte"
    GREATER = "gt"
    GREATER_OR_EQUAL = "gte"
    CONTAINS = "contains"
    STARTS_WITH = "startsWith"
    ENDS_WITH = "endsWith"
    LIKE = "like"


@dataclass(frozen=True, slots=True)
class Condition:
    """A field and what is asked of it; of several operands one is enough.

    NOT_EQUAL asks for a value that is none of the operands. A resource without
    the field meets no condition on it, NOT_EQUAL included. Of an array one
    element is enough; for NOT_EQUAL it takes all of them.
    """

    field: Field
    operator: Operator
    operands: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Search:
    """A text, number or boolean in the resource, however deep, holds this; case does not count."""

    text: str


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every one of these."""

    filters: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of these at least."""

    filters: tuple["Filter", ...]


Filter = Condition | Search | AllOf | AnyOf


def meets(filter_: Filter, value: object) -> bool:
    """Whether a resource with this value meets the filter. The value's `id` is its name."""
    match filter_:
        case AllOf(filters):
            return all(meets(each, value) for each in filters)
        case AnyOf(filters):
            return any(meets(each, value) for each in filters)
        case Search(text):
            folded = text.casefold()
            return any(folded in each.casefold() for each in texts_in(value))
        case Condition(field):
            return tester(filter_)(value_at(field, value))


Test = Callable[[object], bool]
"""Whether what stands in a field, MISSING included, meets a condition."""


def tester(condition: Condition) -> Test:
    """The test of a condition, made once for many resources."""
    if condition.operator is Operator.NOT_EQUAL:
        keys = frozenset().union(*map(keys_met_by, condition.operands))
        return lambda value: (
            value is not MISSING and all(key_of(each) not in keys for each in elements(value))
        )
    one = _TESTS[condition.operator](condition.operands)
    return lambda value: any(map(one, elements(value)))


def _equal(operands: tuple[Operand, ...]) -> Test:
    keys = frozenset().union(*map(keys_met_by, operands))
    return lambda value: key_of(value) in keys


def _ordered(
    numbers: Callable[[float, float], bool], texts: Callable[[str, str], bool]
) -> Callable[[tuple[Operand, ...]], Test]:
    def make(operands: tuple[Operand, ...]) -> Test:
        limits = tuple((number_of_operand(each), text_of(each)) for each in operands)

        def test(value: object) -> bool:
            if isinstance(value, str):
                return any(text is not None and texts(value, text) for _, text in limits)
            if isinstance(value, int | float) and not isinstance(value, bool):
                return any(number is not None and numbers(value, number) for number, _ in limits)
            return False

        return test

    return make


def number_of_operand(operand: Operand) -> int | float | None:
    """The number that an operand is or is written as; None if it is none."""
    if isinstance(operand, str):
        return number_in(operand)
    return None if operand is None or isinstance(operand, bool) else operand


def _folded(part: Callable[[str, str], bool]) -> Callable[[tuple[Operand, ...]], Test]:
    def make(operands: tuple[Operand, ...]) -> Test:
        parts = tuple(text.casefold() for text in map(text_of, operands) if text is not None)

        def test(value: object) -> bool:
            text = text_of(value)
            return text is not None and any(part(text.casefold(), each) for each in parts)

        return test

    return make


def _like(operands: tuple[Operand, ...]) -> Test:
    patterns = tuple(Pattern(text) for text in map(text_of, operands) if text is not None)

    def test(value: object) -> bool:
        text = text_of(value)
        return text is not None and any(pattern.matches(text) for pattern in patterns)

    return test


_TESTS: Final[Mapping[Operator, Callable[[tuple[Operand, ...]], Test]]] = {
    Operator.EQUAL: _equal,
    Operator.LESS: _ordered(lambda a, b: a < b, lambda a, b: a < b),
    Operator.LESS_OR_EQUAL: _ordered(lambda a, b: a <= b, lambda a, b: a <= b),
    Operator.GREATER: _ordered(lambda a, b: a > b, lambda a, b: a > b),
    Operator.GREATER_OR_EQUAL: _ordered(lambda a, b: a >= b, lambda a, b: a >= b),
    Operator.CONTAINS: _folded(lambda text, part: part in text),
    Operator.STARTS_WITH: _folded(str.startswith),
    Operator.ENDS_WITH: _folded(str.endswith),
    Operator.LIKE: _like,
}

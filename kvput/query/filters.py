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
    ID,
    MISSING,
    Field,
    Key,
    Operand,
    as_name,
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
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Condition:
    """A field and what is asked of it; of several operands one is enough.

    NOT_EQUAL asks for a value that is none of the operands. A resource without
    the field meets MISSING, which has no operands, and no other condition on it,
    NOT_EQUAL included. Of an array one element is enough; for NOT_EQUAL it takes
    all of them. The `id` of a resource is equal as `as_name` says.
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


def restricts(filter_: Filter) -> bool:
    """Whether a filter leaves anything out that has the fields, instead of finding all there is.

    An empty text is in each text, and none is below it: a condition that was
    left empty.
    """
    match filter_:
        case AllOf(filters):
            return any(map(restricts, filters))
        case AnyOf(filters):
            return all(map(restricts, filters))
        case Search(text):
            return bool(text)
        case Condition(operator=operator, operands=operands):
            return operator not in _MET_BY_ANY_TEXT_IF_EMPTY or "" not in operands


_MET_BY_ANY_TEXT_IF_EMPTY: Final = frozenset(
    {
        Operator.GREATER_OR_EQUAL,
        Operator.CONTAINS,
        Operator.STARTS_WITH,
        Operator.ENDS_WITH,
        Operator.LIKE,
    }
)


Test = Callable[[object], bool]
"""Whether what stands in a field, MISSING included, meets a condition."""


def tester(condition: Condition) -> Test:
    """The test of a condition, made once for many resources."""
    match condition.operator:
        case Operator.MISSING:
            return lambda value: value is MISSING
        case Operator.EQUAL:
            keys = equal_keys(condition)
            return lambda value: any(key_of(each) in keys for each in elements(value))
        case Operator.NOT_EQUAL:
            keys = equal_keys(condition)
            return lambda value: (
                value is not MISSING and all(key_of(each) not in keys for each in elements(value))
            )
    one = _TESTS[condition.operator](condition.operands)
    return lambda value: any(map(one, elements(value)))


def equal_keys(condition: Condition) -> frozenset[Key]:
    """The keys of all values that are equal to one of a condition's operands."""
    operands = condition.operands
    named = map(as_name, operands) if condition.field == ID else operands
    return frozenset[Key]().union(*map(keys_met_by, named))


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
    return operand if isinstance(operand, int | float) and not isinstance(operand, bool) else None


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
    Operator.LESS: _ordered(lambda a, b: a < b, lambda a, b: a < b),
    Operator.LESS_OR_EQUAL: _ordered(lambda a, b: a <= b, lambda a, b: a <= b),
    Operator.GREATER: _ordered(lambda a, b: a > b, lambda a, b: a > b),
    Operator.GREATER_OR_EQUAL: _ordered(lambda a, b: a >= b, lambda a, b: a >= b),
    Operator.CONTAINS: _folded(lambda text, part: part in text),
    Operator.STARTS_WITH: _folded(str.startswith),
    Operator.ENDS_WITH: _folded(str.endswith),
    Operator.LIKE: _like,
}

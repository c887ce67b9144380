"""How a condition is written, and how filters are put together."""

import pytest

from kvput.errors import MalformedParameter
from kvput.query.conditions import (
    EQUAL,
    OPERATORS,
    SUFFIXES,
    all_of,
    any_of,
    field_and_operator,
)
from kvput.query.filters import AllOf, AnyOf, Filter, Operator, Search


@pytest.mark.parametrize(
    ("written", "field", "operator"),
    [
        ("views", "views", "eq"),
        ("views_gte", "views", "gte"),
        ("views_gt", "views", "gt"),
        ("title_like", "title", "like"),
        ("views:gte", "views", "gte"),
        ("title:startsWith", "title", "startsWith"),
        ("author.age_lt", "author.age", "lt"),
        ("author.age:lt", "author.age", "lt"),
        # A suffix is one only where there is no colon.
        ("views_gte:eq", "views_gte", "eq"),
        ("views_gte:lt", "views_gte", "lt"),
        ("a:b:eq", "a:b", "eq"),
        ("a::eq", "a:", "eq"),
        # Words that are operators after a colon alone.
        ("logged_in", "logged_in", "eq"),
        ("is_eq", "is_eq", "eq"),
        ("it_contains", "it_contains", "eq"),
        ("views_GTE", "views_GTE", "eq"),
        ("gte", "gte", "eq"),
        ("_gte", "_gte", "eq"),
        ("views_", "views_", "eq"),
        ("views__ne", "views_", "ne"),
        (" ", " ", "eq"),
    ],
)
def test_field_and_operator(written: str, field: str, operator: str) -> None:
    """The last colon divides them; without one, one of six suffixes does."""
    found, read = field_and_operator("name", written)
    assert (found.text, read.name) == (field, operator)


@pytest.mark.parametrize("written", ["", ":eq", "a:", "a:b", "a:EQ", "a:eq:", ":"])
def test_no_field_or_no_operator(written: str) -> None:
    """What stands after the last colon is an operator, and before it is a field."""
    with pytest.raises(MalformedParameter, match=r'^The parameter "name" '):
        field_and_operator("name", written)


def test_operators_leave_nothing_out() -> None:
    """Every operator but MISSING can be written, and each suffix is one of the same name."""
    written = {each.operator for each in OPERATORS.values()}
    assert written == set(Operator) - {Operator.MISSING}
    assert all(OPERATORS[name].name == name for name in OPERATORS)
    assert all(OPERATORS[suffix[1:]] is written for suffix, written in SUFFIXES.items())
    assert OPERATORS["eq"] is EQUAL


ONE, OTHER = Search("one"), Search("other")


@pytest.mark.parametrize(
    ("filters", "every", "either"),
    [
        ([], None, AnyOf(())),
        ([None], None, None),
        ([ONE], ONE, ONE),
        ([ONE, OTHER], AllOf((ONE, OTHER)), AnyOf((ONE, OTHER))),
        ([ONE, None], ONE, None),
        ([None, ONE, OTHER], AllOf((ONE, OTHER)), None),
    ],
)
def test_groups_without_restriction_are_left_out(
    filters: list[Filter | None], every: Filter | None, either: Filter | None
) -> None:
    """None restricts nothing: `and` does without it, `or` is met by everything with it."""
    assert all_of(filters) == every
    assert any_of(filters) == either

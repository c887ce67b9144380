"""How values compare, and where a field is."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvput.content import json_text
from kvput.query.values import (
    MISSING,
    Field,
    Name,
    Operand,
    as_name,
    elements,
    key_of,
    keys_met_by,
    number_in,
    own_member,
    sort_key,
    text_of,
    texts_in,
    value_at,
)

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(allow_nan=False),
    st.text(),
    st.sampled_from(["1", "01", "1.0", "-0", "1e2", "true", "null", "NaN", "Infinity", ""]),
)


@pytest.mark.parametrize(
    ("operand", "met", "not_met"),
    [
        ("1", [1, 1.0, "1"], ["01", "1.0", True, None, [1]]),
        (1, [1, 1.0, "1"], ["01", "1.0", True]),
        (1.0, [1, 1.0, "1"], ["1.0", True]),
        ("1.0", [1, 1.0, "1.0"], ["1"]),
        ("01", ["01"], [1, "1"]),
        ("1e2", [100, 100.0, "1e2"], ["100"]),
        ("-0", [0, -0.0, "-0"], ["0", False]),
        (0, [0, -0.0, "0"], [False, None, "", "-0"]),
        (-0.5, [-0.5, "-0.5"], [0.5]),
        ("true", [True, "true"], [1, "True", False]),
        (True, [True, "true"], [1, "1", False]),
        ("false", [False, "false"], [0, "", None]),
        (False, [False, "false"], [0, "0"]),
        ("null", [None, "null"], ["", 0, False]),
        (None, [None, "null"], ["", 0, False]),
        ("", [""], [None, 0, False, " "]),
        ("True", ["True"], [True]),
        (" 1", [" 1"], [1]),
        ("+1", ["+1"], [1]),
        ("0x1", ["0x1"], [1]),
        ("\u0661", ["\u0661"], [1]),
        ("NaN", ["NaN"], [math.nan]),
        ("Infinity", ["Infinity"], [math.inf]),
        ("1e999", ["1e999", math.inf], ["Infinity"]),
        (2**64 - 1, [2**64 - 1, str(2**64 - 1)], [2**64 - 2]),
        ("12345678901234567890123", [1.2345678901234568e22], []),
        (1.5e300, [1.5e300], [1]),
        ("é", ["é"], ["e\u0301", "É"]),
        (Name("1"), [1, 1.0, "1"], ["1.0", "01", True]),
        (Name("1.0"), ["1.0"], [1, "1"]),
        (Name("true"), ["true"], [True]),
        (Name("9007199254740993"), ["9007199254740993"], [9007199254740993]),
    ],
)
def test_equality(operand: Operand, met: list[object], not_met: list[object]) -> None:
    """The type does not count; how a text is written does."""
    keys = keys_met_by(operand)
    assert [value for value in met if key_of(value) not in keys] == []
    assert [value for value in not_met if key_of(value) in keys] == []


@pytest.mark.parametrize(
    ("operand", "name"),
    [
        (Name("1.0"), "1.0"),
        ("1.0", "1.0"),
        ("null", "null"),
        (1.0, "1"),
        (-0.0, "0"),
        (10**20, "1" + "0" * 20),
        (1e20, "1" + "0" * 20),
        (1.5, "1.5"),
        (math.inf, "inf"),
        (True, "true"),
        (None, "null"),
    ],
)
def test_name_that_an_operand_asks_for(operand: Operand, name: str) -> None:
    """A text is the name itself; a number is the name of its value."""
    assert as_name(operand) == Name(name)


@given(scalars)
def test_every_value_equals_itself_and_its_json(value: Operand) -> None:
    """Asked for as it is written in JSON, in a URL, a value other than a text is found."""
    assert key_of(value) in keys_met_by(value)
    if not isinstance(value, str) and not (isinstance(value, float) and math.isinf(value)):
        assert key_of(value) in keys_met_by(json_text.dump(value).decode().strip())


@given(scalars, scalars)
def test_equality_of_numbers_is_that_of_json(one: Operand, other: Operand) -> None:
    """Two values of one type that are no texts meet each other where they are equal."""
    if type(one) is type(other) and not isinstance(one, str):
        assert (key_of(one) in keys_met_by(other)) == (one == other)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("-0", 0),
        ("12", 12),
        ("-1.5", -1.5),
        ("1E+2", 100.0),
        ("18446744073709551615", 2**64 - 1),
        ("18446744073709551616", 2.0**64),
        ("-9223372036854775809", -(2.0**63)),
        ("9" * 400, math.inf),
        ("9" * 401, None),
        ("", None),
        ("01", None),
        (".5", None),
        ("5.", None),
        ("1e", None),
        ("1_0", None),
        ("1\n", None),
        ("NaN", None),
    ],
)
def test_number_in_a_text(text: str, number: float | None) -> None:
    """A text is a number where JSON would write one so, and has the value that it has in JSON."""
    found = number_in(text)
    assert found == number
    if number is not None:
        assert type(found) is type(number)
        assert json_text.parse(text.encode()) == found


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("a", {"a": 1}, 1),
        ("a", {"a": None}, None),
        ("a", {"b": 1}, MISSING),
        ("a.b", {"a": {"b": 1}}, 1),
        ("a.b", {"a.b": 1, "a": {"b": 2}}, 1),
        ("a.b.c", {"a": {"b.c": 1}}, MISSING),
        ("a.b", {"a": 1}, MISSING),
        ("a.0", {"a": [1, 2]}, 1),
        ("a.1", {"a": [1, 2]}, 2),
        ("a.2", {"a": [1, 2]}, MISSING),
        ("a.-1", {"a": [1, 2]}, MISSING),
        ("a.01", {"a": [1, 2]}, 2),
        ("a.\u0660", {"a": [1, 2]}, MISSING),
        ("a.9999999999", {"a": [1]}, MISSING),
        ("a.0", {"a": {"0": 1}}, 1),
        ("a.0.b", {"a": [{"b": 1}]}, 1),
        ("a.length", {"a": "text"}, MISSING),
        ("", {"": 1}, 1),
        (".", {"": {"": 1}}, 1),
        ("a.", {"a": {"": 1}}, 1),
        ("0", [5], 5),
        ("a", 5, MISSING),
        ("a", None, MISSING),
    ],
)
def test_value_at_a_field(field: str, value: object, expected: object) -> None:
    """Dots lead inwards, numbers into arrays, and a member of the whole name comes first."""
    assert value_at(Field(field), value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([1, [2], None], [1, [2], None]),
        ([], []),
        (1, [1]),
        (None, [None]),
        ({"a": 1}, [{"a": 1}]),
        (MISSING, []),
    ],
)
def test_elements(value: object, expected: list[object]) -> None:
    """Of an array its elements, of anything else itself, of nothing nothing."""
    assert list(elements(value)) == expected


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x", "x"),
        (12, "12"),
        (12.5, "12.5"),
        (True, "true"),
        (False, "false"),
        (None, None),
        ([1], None),
        ({}, None),
    ],
)
def test_text_of_a_value(value: object, text: str | None) -> None:
    """Scalars are searched as JSON writes them; null has no text."""
    assert text_of(value) == text


def test_texts_in_a_value_are_all_values_and_no_names() -> None:
    """However deep: texts, numbers and booleans, but neither null nor the names of members."""
    value: object = {"a": ["x", {"b": [1, [True]]}], "c": None, "d": {}, "e": 2.5}
    assert sorted(texts_in(value)) == ["1", "2.5", "true", "x"]
    deep: object = "bottom"
    for _ in range(100_000):
        deep = [deep]
    assert list(texts_in(deep)) == ["bottom"]


def test_order_of_values() -> None:
    """Numbers, then texts by code point, then false and true; what has no place is None."""
    ordered = [-math.inf, -1, 0, 0.5, 1, 10, 2**64, math.inf, "", "10", "9", "A", "a", "é", "🔨"]
    ordered += [False, True]
    keys = [sort_key(value) for value in ordered]
    assert all(key is not None for key in keys)
    for (one, first), (other, second) in itertools.combinations(enumerate(keys), 2):
        assert first is not None
        assert second is not None
        assert (first < second) is (one < other)
    assert sort_key(1) == sort_key(1.0)
    assert not any(map(sort_key, [None, [], [1], {}, {"a": 1}, MISSING]))


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("a", {"a": 1}, 1),
        ("a.b", {"a.b": 1, "a": {"b": 2}}, 1),
        ("a.b", {"a": {"b": 2}}, MISSING),
        ("0", ["x"], "x"),
    ],
)
def test_an_own_member(name: str, value: object, expected: object) -> None:
    """One that lies deeper is another, whatever it is called; without a dot both are one field."""
    assert value_at(own_member(name), value) == expected
    assert (own_member(name) == Field(name)) is ("." not in name)

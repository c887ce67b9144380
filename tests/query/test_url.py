"""How the parameters of a query are written."""

from urllib.parse import parse_qsl, quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvput.errors import MalformedParameter
from kvput.names import HIGHEST_NUMBER
from kvput.query.url import (
    MAX_CHARACTERS,
    MAX_PARAMETERS,
    Parameter,
    is_json,
    only_value,
    split_query,
    whole_number,
)


@pytest.mark.parametrize(
    ("raw", "parameters"),
    [
        ("", []),
        ("&&", []),
        ("a=1", [("a", "1")]),
        ("a=1&b=2&a=3", [("a", "1"), ("b", "2"), ("a", "3")]),
        ("a", [("a", "")]),
        ("a=", [("a", "")]),
        ("a=b=c", [("a", "b=c")]),
        ("a+b=c+d", [("a b", "c d")]),
        ("a%2Bb=c%2bd", [("a+b", "c+d")]),
        ("a%20b=c%20d", [("a b", "c d")]),
        ("a%26b=%3D", [("a&b", "=")]),
        ("a=%25", [("a", "%")]),
        ("%C3%A9=%F0%9F%94%A8", [("é", "🔨")]),
        ("a=%00", [("a", "\0")]),
        ("a[]={}|^`", [("a[]", "{}|^`")]),
        ("a=1;b=2", [("a", "1;b=2")]),
        ("?a=1", [("?a", "1")]),
    ],
)
def test_parameters_are_decoded_in_their_order(raw: str, parameters: list[tuple[str, str]]) -> None:
    """Names and values are split at the first equals sign, and decoded once."""
    assert [(each.name, each.value) for each in split_query(raw)] == parameters


def test_parameter_keeps_how_it_was_sent() -> None:
    """What is repeated in a link is what was sent."""
    assert split_query("%61=x%2by&b") == (
        Parameter("a", "x+y", "%61=x%2by"),
        Parameter("b", "", "b"),
    )


@given(st.lists(st.tuples(st.text(min_size=1), st.text())))
def test_what_a_form_encodes_is_read_back(pairs: list[tuple[str, str]]) -> None:
    """Whatever names and values a client encodes are what the server reads."""
    raw = urlencode(pairs)
    assert [(each.name, each.value) for each in split_query(raw)] == pairs
    assert parse_qsl(raw, keep_blank_values=True) == pairs
    raw = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)
    assert [(each.name, each.value) for each in split_query(raw)] == pairs


def test_limits_are_the_last_that_is_taken() -> None:
    """A query may have so many characters and parameters, and not one more."""
    assert len(split_query("a=" + "x" * (MAX_CHARACTERS - 2))) == 1
    assert len(split_query("&".join(["a"] * MAX_PARAMETERS))) == MAX_PARAMETERS
    for raw in ("a=" + "x" * (MAX_CHARACTERS - 1), "&".join(["a"] * (MAX_PARAMETERS + 1))):
        with pytest.raises(MalformedParameter, match="more than"):
            split_query(raw)


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("7", 7), ("007", 7)])
def test_whole_number(text: str, number: int) -> None:
    """Decimal digits are a number, with zeros before it or not."""
    assert whole_number("_start", text, 0) == number


@pytest.mark.parametrize("text", ["", "-1", "+1", " 1", "1.0", "1e3", "\u0663", "x", "9" * 17])
def test_no_whole_number(text: str) -> None:
    """Anything but decimal digits is refused, with the name and the value."""
    with pytest.raises(MalformedParameter, match=r'^The parameter "_start" is ".*": it takes'):
        whole_number("_start", text, 0)


def test_whole_number_has_bounds() -> None:
    """The least is for the parameter to say, the highest is the one that JSON holds exactly."""
    assert whole_number("_page", "1", 1) == 1
    assert whole_number("_page", str(HIGHEST_NUMBER), 1) == HIGHEST_NUMBER
    for text in ("0", str(HIGHEST_NUMBER + 1)):
        with pytest.raises(MalformedParameter):
            whole_number("_page", text, 1)


def test_only_value() -> None:
    """A parameter that may be given once is refused where it is given twice, even alike."""
    assert only_value("_page", ["1"]) == "1"
    with pytest.raises(MalformedParameter, match="given 2 times"):
        only_value("_page", ["1", "1"])


@pytest.mark.parametrize(
    ("value", "expected"), [("{", True), ("[0", True), ("", False), ("x{", False), (' "a"', False)]
)
def test_json_is_told_by_its_first_character(value: str, *, expected: bool) -> None:
    """An object or an array, and nothing else, begins so."""
    assert is_json(value) is expected

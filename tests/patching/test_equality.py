import time
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kvput.patching.equality import equal
from tests.odd_json import Number, exact, json_values


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (b"1", b"1.0"),
        (b"1", b"10e-1"),
        (b"1", b"0.1E+1"),
        (b"100", b"1e2"),
        (b"0", b"-0"),
        (b"0", b"0e999999999999999999999"),
        (b"-0.0", b"0E-5"),
        (b"1e400", b"10e399"),
        (b"1e99999999999999999999", b"10e99999999999999999998"),
        (b"0.1e-99999999999999999999", b"1e-100000000000000000000"),
        (b"123456789012345678901234567890", b"123456789012345678901234567890.0"),
        (b'"\\u0061\\/"', b'"a/"'),
        (b'"\\ud83d\\ude00"', '"\U0001f600"'.encode()),
        (b'"\\ud800"', b'"\\uD800"'),
        (b'{"a": 1, "b": [2]}', b'{"b":[2.0],"a":1}'),
        (b'{"a": 1, "a": 2}', b'{"a": 2}'),
        (b"[ ]", b"[]"),
        (b"{ }", b"{}"),
        (b"null", b"null"),
    ],
)
def test_equal_values(left: bytes, right: bytes) -> None:
    """However they are written."""
    assert equal(left, right)
    assert equal(b'{"x": [' + left + b"]}", b'{"x":[' + right + b"]}")


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (b"1", b"true"),
        (b"0", b"false"),
        (b"1", b'"1"'),
        (b'"n1e0"', b"1"),
        (b'"t"', b"true"),
        (b"null", b"false"),
        (b"null", b"0"),
        (b"[]", b"{}"),
        (b"[]", b"null"),
        (b"1", b"-1"),
        (b"1e400", b"1e401"),
        (b"9007199254740993", b"9007199254740992"),
        (b"0.1", b"0.1000000000000000055511151231257827"),
        (b"123456789012345678901234567890", b"123456789012345678901234567891"),
        (b"1e99999999999999999999", b"1e99999999999999999998"),
        pytest.param(b"1e" + b"9" * 5000, b"1e" + b"9" * 5001, id="5000 digits of exponent"),
        (b"[1, 2]", b"[2, 1]"),
        (b"[1]", b"[1, 1]"),
        (b'{"a": 1}', b'{"a": 1, "b": 1}'),
        (b'{"a": 1}', b'{"b": 1}'),
        (b'{"a": null}', b"{}"),
        ('"é"'.encode(), '"e\u0301"'.encode()),
    ],
)
def test_different_values(left: bytes, right: bytes) -> None:
    """Also those that a double, or Python, takes for equal."""
    assert not equal(left, right)
    assert not equal(right, left)
    assert not equal(b"[" + left + b"]", b"[" + right + b"]")


@settings(deadline=None)
@given(json_values, json_values)
def test_equality_is_that_of_the_values(left: bytes, right: bytes) -> None:
    """A value is equal to itself, and to another one as their parsed values are."""
    assert equal(left, left)
    assert equal(left, right) == (_plain(exact(left)) == _plain(exact(right)))


def _plain(value: object) -> object:
    """The value with its numbers as decimals, marked, and with truth marked as such."""
    if isinstance(value, Number):
        return ("number", Decimal(value.literal))
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return (type(value), value)


@given(st.decimals(allow_nan=False, allow_infinity=False), st.integers(0, 5))
def test_number_is_equal_however_its_point_is_set(number: Decimal, zeros: int) -> None:
    """With zeros behind it or an exponent."""
    sign, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    text = "".join(map(str, digits)).lstrip("0") or "0"
    minus = "-" if sign else ""
    assert equal(
        f"{minus}{text}e{exponent}".encode(),
        f"{minus}{text}{'0' * zeros if text != '0' else ''}.0e{exponent - zeros}".encode(),
    )


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"[" * 1000 + b"1.0" + b"]" * 1000, id="deep"),
        pytest.param(b"[" + b"1.0, " * 200_000 + b"1]", id="long"),
        pytest.param(b"1" * 10**6, id="many digits"),
        pytest.param(b"1e" + b"1" * 10**6, id="many digits of exponent"),
        pytest.param(b"0." + b"0" * 10**6 + b"1", id="many zeros"),
        pytest.param(b'"' + b"\\\\" * 10**6 + b'"', id="many escapes"),
    ],
)
def test_time_is_linear(text: bytes) -> None:
    """And depth costs no stack."""
    started = time.process_time()
    assert equal(text, text + b" ")
    assert time.process_time() - started < 5

"""The Idempotency-Key field: a structured string, or the bare text that most clients send."""

import pytest

from kvput.errors import MalformedField
from kvput.semantics.idempotency_key import MOST_CHARACTERS, parse_idempotency_key


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ('"8e03978e-40d5-43dd-bc93-6894a57f9324"', "8e03978e-40d5-43dd-bc93-6894a57f9324"),
        ("8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"),
        (' "a" ', "a"),
        ('"two words"', "two words"),
        (r'"a \" and a \\"', 'a " and a \\'),
        ("a/b:c+d=", "a/b:c+d="),
        ("x" * MOST_CHARACTERS, "x" * MOST_CHARACTERS),
    ],
)
def test_a_key(value: str, key: str) -> None:
    """With quotes and without, it is the same."""
    assert parse_idempotency_key(value) == key


@pytest.mark.parametrize(
    "value",
    ["", '""', '"a', 'a"', "a b", "a, b", '"a", "b"', '"a";q=1', r'"\a"', '"é"', "é",
     "x" * (MOST_CHARACTERS + 1), '"' + "x" * (MOST_CHARACTERS + 1) + '"', "\x7f"],
)  # fmt: skip
def test_what_is_no_key_is_refused(value: str) -> None:
    """With the field's name, and what to send."""
    with pytest.raises(MalformedField, match=r"^Idempotency-Key is malformed"):
        parse_idempotency_key(value)

"""Names in order, and the names that are numbers."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvput.names import HIGHEST_NUMBER, natural_order, number_of


@pytest.mark.parametrize(
    "ordered",
    [
        ["2", "10"],
        ["1", "2", "10", "a", "a2", "a10", "b"],
        ["9", "a", "é"],
        ["a", "a1", "a1b", "a1b2", "a1b10", "a2"],
        ["0", "00", "001", "01", "1", "2"],
        ["A", "B", "a"],
        ["999999999999999999", "1" + "0" * 60],
        ["-1", "-2", "-10"],
        ["2024-9-30", "2024-10-01"],
        ["1a", "1b", "10a"],
    ],
    ids=lambda names: " < ".join(name[:12] for name in names),
)
def test_names_are_ordered_as_people_order_them(ordered: list[str]) -> None:
    """Runs of digits count as numbers, and numbers come before text."""
    shuffled = ordered[::-1]
    random.Random(1).shuffle(shuffled)  # noqa: S311  # an order, not a secret
    assert sorted(shuffled, key=natural_order) == ordered


@given(st.lists(st.text("a01٣é-", max_size=6), unique=True), st.randoms(use_true_random=False))
def test_the_order_is_total(names: list[str], order: random.Random) -> None:
    """Different names never compare as equal, so that a listing has one order only."""
    shuffled = names.copy()
    order.shuffle(shuffled)
    assert sorted(shuffled, key=natural_order) == sorted(names, key=natural_order)
    assert len({natural_order(name) for name in names}) == len(names)


@given(st.integers(0, 10**30), st.integers(0, 10**30))
def test_numbers_are_ordered_by_value(left: int, right: int) -> None:
    """However many digits they have."""
    assert (natural_order(str(left)) < natural_order(str(right))) == (left < right)


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("0", 0),
        ("7", 7),
        ("10", 10),
        ("9007199254740991", 2**53 - 1),
        ("9007199254740992", None),
        ("9999999999999999", None),
        ("10000000000000000", None),
        ("999999999999999999", None),
        ("07", None),
        ("00", None),
        ("-1", None),
        ("+1", None),
        ("1.0", None),
        ("1e3", None),
        ("1_000", None),
        (" 1", None),
        ("1\n", None),
        ("٣", None),
        ("²", None),
        ("a1", None),
        ("", None),
    ],
)
def test_only_one_text_is_a_number(name: str, number: int | None) -> None:
    """The decimal form without sign or leading zeros, of ASCII digits, up to 2**53 - 1."""
    assert number_of(name) == number


@given(st.integers(0, HIGHEST_NUMBER))
def test_a_number_is_found_again_in_its_name(number: int) -> None:
    """What a POST gives is what the next POST counts from."""
    assert number_of(str(number)) == number

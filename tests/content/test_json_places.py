"""Where a value stands, by its pointer."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvput.content.json_places import place_in

TEXT = b"""\
{
  "a": 1, "b": [10, {"c": null},
    "x", [  ] , 20],
  "\\u00e9": {"deep": [[0]]},
  "a": 2, "\xc3\xbc": 3, "last": 4
}
"""

CASES = [
    ((), (1, 1)),
    (("a",), (5, 3)),
    (("b",), (2, 11)),
    (("b", "0"), (2, 17)),
    (("b", "1", "c"), (2, 22)),
    (("b", "2"), (3, 5)),
    (("b", "3"), (3, 10)),
    (("b", "4"), (3, 17)),
    (("é",), (4, 3)),
    (("é", "deep", "0", "0"), (4, 24)),
    (("last",), (5, 19)),
]
MISSING = [
    (("none",), (1, 1)),
    (("b", "5"), (2, 11)),
    (("b", "-"), (2, 11)),
    (("b", "٢"), (2, 11)),
    (("b", "1", "d"), (2, 21)),
    (("last", "more"), (5, 19)),
]


@pytest.mark.parametrize(("tokens", "place"), CASES)
def test_a_value_is_found(tokens: tuple[str, ...], place: tuple[int, int]) -> None:
    """A member where its name begins, an element where it begins; of two members the last."""
    assert place_in(TEXT, tokens) == place


@pytest.mark.parametrize(("tokens", "place"), MISSING)
def test_what_is_not_there_is_told_of_what_would_hold_it(
    tokens: tuple[str, ...], place: tuple[int, int]
) -> None:
    """As near as it gets."""
    assert place_in(TEXT, tokens) == place


def test_a_text_of_one_value_has_one_place() -> None:
    """White space before it counts."""
    assert place_in(b"\n  7\n", ("a",)) == (2, 3)


@given(st.lists(st.integers(0, 10**6) | st.text(), min_size=1), st.booleans(), st.data())
def test_each_element_is_found(values: list[object], as_ascii: bool, data: st.DataObject) -> None:
    """Whatever stands before it: here each is on a line of its own."""
    index = data.draw(st.integers(0, len(values) - 1))
    text = json.dumps({"list": values}, ensure_ascii=as_ascii, indent=1)
    assert place_in(text.encode(), ("list", str(index))) == (index + 3, 3)

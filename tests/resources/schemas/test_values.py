"""Values as a whole: how deep and large they are, and what no schema can be asked of."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvput.content.json_text import MAX_DEPTH
from kvput.resources.schemas.values import Shape, not_exchangeable, shape_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def shape_by_definition(value: object) -> Shape:
    """The same, by recursion."""
    if not isinstance(value, dict | list):
        return Shape(0, 1, isinstance(value, float) and math.isinf(value))
    inner = [shape_by_definition(v) for v in (value.values() if isinstance(value, dict) else value)]
    return Shape(
        1 + max((shape.depth for shape in inner), default=0),
        1 + sum(shape.count for shape in inner),
        any(shape.has_too_large for shape in inner),
    )


@given(JSON)
def test_a_shape_is_that_of_all_parts(value: object) -> None:
    """Depth, count and numbers are what going through each part finds."""
    assert shape_of(value) == shape_by_definition(value)


def deep(value: object) -> object:
    """As deep as content may be, with a value innermost."""
    for _ in range(MAX_DEPTH):
        value = [value]
    return value


def short(value: object) -> str:
    """A name for a case: the value itself may be too deep to be written."""
    return ascii(value) if shape_of(value).depth < 9 else "deep"


@pytest.mark.parametrize(
    ("value", "pointer", "words"),
    [
        (math.inf, "", "a number that programs can hold"),
        ([1, {"a": -math.inf}], "/1/a", "a number that programs can hold"),
        ("\ud800", "", "must be whole characters"),
        (["a", "b\udc00"], "/1", "must be whole characters"),
        ({"a": {"\ud800": 1}}, "/a/\ud800", "has a name that must be whole characters"),
        ([[math.inf], math.inf], "/0/0", "a number that programs can hold"),
        ({"a": [[], {}], "b": "\ud800"}, "/b", "must be whole characters"),
        (deep("\ud800"), "/0" * 500, "must be whole characters"),
    ],
    ids=short,
)
def test_what_programs_cannot_exchange_is_found(value: object, pointer: str, words: str) -> None:
    """The first of it is named, at its place, however deep it is."""
    found = not_exchangeable(value)
    assert found is not None
    assert found.pointer == pointer
    assert words in found.message


@pytest.mark.parametrize("value", [None, True, 1e308, "😀", {"ä": [1, "€"]}, deep(1)], ids=short)
def test_what_programs_can_exchange_has_no_fault(value: object) -> None:
    """Pairs of surrogates are characters, and depth is no matter."""
    assert not_exchangeable(value) is None

"""Schemas told from values: all values meet them, and they read as if written by hand."""

from collections.abc import Sequence
from typing import Any
from unittest.mock import patch

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvput.describing import infer as module
from kvput.describing.infer import MAX_DEPTH, MAX_PLACES, MAX_PROPERTIES, Shape, infer

TWICE = ["draft", "published"]

CASES: dict[str, tuple[Sequence[object], dict[str, object]]] = {
    "nothing": ([], {}),
    "null": ([None, None], {"type": "null"}),
    "integers": ([1, -2], {"type": "integer"}),
    "numbers, whole ones among them": ([1, 2.5], {"type": "number"}),
    "whole numbers written with a point": ([1.0], {"type": "number"}),
    "booleans are no numbers": ([True, 1], {"type": ["integer", "boolean"]}),
    "a text or null": (["a", None], {"type": ["string", "null"]}),
    "null comes last": ([None, 1, "a"], {"type": ["string", "integer", "null"]}),
    "an enumeration": (TWICE * 5, {"type": "string", "enum": TWICE}),
    "an enumeration or null": (
        [*TWICE * 5, None],
        {"type": ["string", "null"], "enum": [*TWICE, None]},
    ),
    "a format or null": (
        ["2026-01-31", "2026-02-01", None],
        {"type": ["string", "null"], "format": "date"},
    ),
    "a format or a number": (
        ["2026-01-31", "2026-02-01", 5],
        {"anyOf": [{"type": "string", "format": "date"}, {"type": "integer"}]},
    ),
    "an empty array": ([[]], {"type": "array"}),
    "items of all arrays together": (
        [[1], [], [2.5, None]],
        {"type": "array", "items": {"type": ["number", "null"]}},
    ),
    "an array or null": (
        [["a"], None],
        {"type": ["array", "null"], "items": {"type": "string"}},
    ),
    "an empty object": ([{}], {"type": "object"}),
    "members that all have are required": (
        [{"a": 1, "b": "x"}, {"b": "y", "c": None}],
        {
            "type": "object",
            "properties": {
                "a": {"type": "integer"},
                "b": {"type": "string"},
                "c": {"type": "null"},
            },
            "required": ["b"],
        },
    ),
    "objects within are put together": (
        [{"a": {"b": 1}}, {"a": {"b": 2.5, "c": []}}, {"a": None}],
        {
            "type": "object",
            "properties": {
                "a": {
                    "type": ["object", "null"],
                    "properties": {"b": {"type": "number"}, "c": {"type": "array"}},
                    "required": ["b"],
                }
            },
            "required": ["a"],
        },
    ),
    "an id or what it stands for": (
        [{"author": 5}, {"author": {"id": 5}}, {"author": None}],
        {
            "type": "object",
            "properties": {
                "author": {
                    "anyOf": [
                        {
                            "type": "object",
                            "properties": {"id": {"type": "integer"}},
                            "required": ["id"],
                        },
                        {"type": "integer"},
                        {"type": "null"},
                    ]
                }
            },
            "required": ["author"],
        },
    ),
}


@pytest.mark.parametrize(("values", "schema"), CASES.values(), ids=CASES)
def test_schema_of_values(values: Sequence[object], schema: dict[str, object]) -> None:
    """It is the one that a person would write."""
    assert infer(values) == schema


def test_a_shape_tells_of_what_was_added_so_far() -> None:
    """Asking changes nothing, so that one may ask while values come."""
    shape = Shape()
    assert shape.schema() == {}
    shape.add(1)
    assert shape.schema() == shape.schema() == {"type": "integer"}
    shape.add(None)
    assert shape.schema() == {"type": ["integer", "null"]}


def test_what_no_json_text_holds_is_refused() -> None:
    """A mistake of the caller does not become a schema."""
    with pytest.raises(TypeError, match="tuple"):
        infer([{"a": [(1, 2)]}])


# --- dictionaries


def day(number: int) -> str:
    """A name that is data."""
    return f"day-{number}"


def test_an_object_with_very_many_members_is_a_dictionary() -> None:
    """Its values are put together, whatever their names are."""
    value: object = {day(number): {"visits": number} for number in range(MAX_PROPERTIES + 1)}
    assert infer([value]) == {
        "type": "object",
        "additionalProperties": {
            "type": "object",
            "properties": {"visits": {"type": "integer"}},
            "required": ["visits"],
        },
    }


def test_many_members_may_be_in_many_objects() -> None:
    """What all of them have keeps its name."""
    values = [{"id": number, day(number): 2.5} for number in range(MAX_PROPERTIES + 1)]
    assert infer(values) == {
        "type": "object",
        "properties": {"id": {"type": "integer"}},
        "required": ["id"],
        "additionalProperties": {"type": "number"},
    }


def test_as_many_members_as_are_allowed_keep_their_names() -> None:
    """The bound itself is within."""
    schema = infer([{day(number): number for number in range(MAX_PROPERTIES)}])
    properties = schema["properties"]
    assert isinstance(properties, dict)
    assert len(properties) == MAX_PROPERTIES
    assert "additionalProperties" not in schema


def test_dictionaries_in_dictionaries_are_put_together() -> None:
    """Those that are small by themselves too."""
    value: object = {
        day(number): {f"{number}-{hour}": hour for hour in range(3)} for number in range(1_000)
    }
    assert infer([value]) == {
        "type": "object",
        "additionalProperties": {"type": "object", "additionalProperties": {"type": "integer"}},
    }


# --- bounds


def nested(depth: int) -> object:
    """A value with so many objects and arrays in turn around a number."""
    value: object = 5
    for level in range(depth):
        value = {"a": value} if level % 2 else [value]
    return value


def depth_of(schema: object) -> int:
    """How many schemas stand within each other."""
    if not isinstance(schema, dict):
        return 0
    inner = [schema["items"]] if "items" in schema else schema.get("properties", {}).values()
    return 1 + max((depth_of(each) for each in inner), default=0)


def test_what_is_very_deep_is_left_open() -> None:
    """The value meets the schema, which ends somewhere."""
    value = nested(1000)
    schema = infer([value])
    assert depth_of(schema) == MAX_DEPTH + 1
    assert jsonschema_rs.is_valid(schema, nested(300))
    assert depth_of(infer([nested(MAX_DEPTH)])) == MAX_DEPTH + 1


def places(schema: object) -> int:
    """How many schemas stand in this one, itself among them."""
    if isinstance(schema, list):
        return sum(places(each) for each in schema)
    if not isinstance(schema, dict):
        return 0
    inner = [*schema.get("properties", {}).values(), *schema.get("anyOf", [])]
    return 1 + places(inner) + places(schema.get("items"))


def test_there_is_a_bound_for_all_places_together() -> None:
    """A hostile value makes no schema of its own size, and what came first is told of."""
    value: object = {
        f"a{one}": {f"b{two}": {f"c{three}": 1 for three in range(50)} for two in range(50)}
        for one in range(50)
    }
    schema = infer([value])
    assert MAX_PLACES * 0.9 < places(schema) <= MAX_PLACES + 1
    assert jsonschema_rs.is_valid(schema, value)
    assert isinstance(schema["properties"], dict)
    assert "b49" in schema["properties"]["a0"]["properties"]


_names = st.sampled_from(["a", "b", "c", "d", "e", "id", "", "$ref", "type", "ü"])
_scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["2026-01-31", "2026-02-01", "a@b.org", "c@d.org", "http://a", "http://b/ü"]),
    st.text(max_size=3),
)
json_values = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_names, inner, max_size=5),
    max_leaves=20,
)


@pytest.mark.parametrize(
    "limits",
    [
        {"MAX_PROPERTIES": 200},
        {"MAX_PROPERTIES": 2},
        {"MAX_PLACES": 5},
        {"MAX_PLACES": 12, "MAX_PROPERTIES": 3},
        {"MAX_DEPTH": 1, "MAX_PROPERTIES": 3},
    ],
    ids=str,
)
@given(values=st.lists(json_values, max_size=12))
def test_every_value_meets_the_schema(limits: dict[str, Any], values: list[object]) -> None:
    """In any order, within the bounds and beyond them; and the schema is one."""
    with patch.multiple(module, **limits):
        schema = infer(values * 2)
    jsonschema_rs.meta.validate(schema)
    validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    for value in values:
        assert validator.is_valid(value), (schema, value)


@given(st.lists(json_values, max_size=8))
def test_asking_does_not_change_what_is_told_later(values: list[object]) -> None:
    """A shape that is asked after each value comes to the same schema."""
    shape = Shape()
    for value in values:
        shape.add(value)
        shape.schema()
    assert shape.schema() == infer(values)

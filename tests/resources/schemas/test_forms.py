"""Schemas for faults, which are met by the same values, and how far schemas lead on."""

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvput.content.json_text import MAX_DEPTH
from kvput.resources.schemas.forms import MAX_CHAIN, Reach, for_faults, is_old_draft, only_members
from kvput.resources.schemas.sentences import ANY_FORM, ONE_FORM, violations_of

DRAFT_4 = "http://json-schema.org/draft-04/schema#"
DRAFT_7 = "http://json-schema.org/draft-07/schema#"

NAMES = st.sampled_from("abc")
TYPES = st.sampled_from(["string", "integer", "number", "null", "object", "array"])
VALUES = st.recursive(
    st.none() | st.integers(0, 2) | st.sampled_from(["", "a"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
REFERENCES = st.fixed_dictionaries({"$ref": st.sampled_from(["#/$defs/a", "#/$defs/b"])})
PLAIN = st.booleans() | st.fixed_dictionaries({"type": TYPES}) | REFERENCES


def holding(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Schemas that hold others in each way."""
    some = st.lists(inner, min_size=1, max_size=3)
    return st.fixed_dictionaries(
        {},
        optional={
            "type": TYPES,
            "anyOf": some,
            "oneOf": some,
            "allOf": some,
            "not": inner,
            "properties": st.dictionaries(NAMES, inner, max_size=2),
            "additionalProperties": inner,
            "items": inner,
            "unevaluatedProperties": inner,
        },
    )


SCHEMAS = st.builds(
    lambda schema, a, b: {"allOf": [schema], "$defs": {"a": a, "b": b}},
    holding(st.recursive(PLAIN, holding, max_leaves=4)),
    # What is referred to refers to no more: else it might not end.
    st.fixed_dictionaries({"type": TYPES}),
    st.fixed_dictionaries({"anyOf": st.just([{"type": "null"}, {"required": ["a"]}])}),
)


@given(SCHEMAS, VALUES)
def test_the_same_values_are_valid(schema: dict[str, Any], value: object) -> None:
    """A schema that is rewritten to find faults is met by what the schema itself is met by."""
    rewritten: Any = for_faults(schema, is_old=False)
    assert jsonschema_rs.validator_for(rewritten).is_valid(value) == jsonschema_rs.validator_for(
        schema
    ).is_valid(value)


@pytest.mark.parametrize(
    ("schema", "value", "messages"),
    [
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, 1, ["must be a text or null"]),
        ({"anyOf": [{"type": ["string", "null"], "title": "x"}]}, 1, ["must be a text or null"]),
        ({"anyOf": [{"type": "integer"}, {"type": "number"}]}, "",
         ["must be a number or a whole number"]),
        ({"anyOf": [{"type": "string"}, {"maximum": 0}]}, 1, [ANY_FORM]),
        ({"anyOf": [{"type": "string"}, {"not": {}}]}, 1, [ANY_FORM]),
        ({"oneOf": [{"type": "string"}, {"type": "null"}]}, 1, ["must be a text or null"]),
        ({"oneOf": [{"type": "integer"}, {"type": "number"}]}, 1, [ONE_FORM]),
        ({"oneOf": [{"type": "string"}, {"type": "string"}]}, "", [ONE_FORM]),
        ({"allOf": [{"minimum": 2}], "anyOf": [{"not": {}}], "oneOf": [{"not": {}}]}, 1,
         ["must be at least 2", ONE_FORM, ANY_FORM]),
        ({"additionalProperties": False}, {"a": 1, "b": 2},
         ["is no member that the schema knows: leave it out"] * 2),
    ],
)  # fmt: skip
@pytest.mark.parametrize("dialect", [None, DRAFT_4, DRAFT_7])
def test_a_choice_is_one_fault(
    dialect: str | None, schema: dict[str, Any], value: object, messages: list[str]
) -> None:
    """Whatever is against each of its forms; those that are types only are named."""
    if dialect is not None:
        schema = {"$schema": dialect, **schema}
    rewritten: Any = for_faults(schema, is_old=is_old_draft(schema))
    errors = jsonschema_rs.validator_for(rewritten).iter_errors(value)
    assert [violation.message for violation in violations_of(errors)] == messages


@pytest.mark.parametrize(
    "schema",
    [
        True,
        {"type": "object", "properties": {"a": {"items": [{"allOf": [{}]}]}}},
        {"const": {"anyOf": [1]}, "enum": [{"oneOf": [1]}]},
        {"properties": {"additionalProperties": False, "anyOf": {}}},
        {"anyOf": 1, "allOf": 2, "$defs": [3], "items": None, "properties": []},
    ],
)
def test_what_has_no_choice_stays_as_it_is(schema: object) -> None:
    """It is the very same value, also where a choice is data, or a name, or no schema at all."""
    assert for_faults(schema, is_old=False) is schema


@pytest.mark.parametrize(
    ("schema", "value", "messages"),
    [
        ({"anyOf": [{"const": "é"}, {"const": None}]}, 1, ['must be "é" or null']),
        ({"anyOf": [{"const": "auto", "title": "x"}, {"type": ["number", "boolean"]}]}, "",
         ['must be "auto" or a number or true or false']),
        ({"oneOf": [{"const": "a"}, {"const": "b", "description": "x"}]}, 1,
         ['must be "a" or "b"']),
        ({"oneOf": [{"const": "a"}, {"const": "a"}]}, 1, [ONE_FORM]),
        ({"oneOf": [{"const": "a"}, {"type": "string"}]}, 1, [ONE_FORM]),
        ({"anyOf": [{"const": 10**30}, {"const": "a"}]}, 1, [ANY_FORM]),
        ({"anyOf": [{"const": "a", "minLength": 1}]}, 1, [ANY_FORM]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("dialect", [None, DRAFT_7])
def test_forms_that_are_values_are_named(
    dialect: str | None, schema: dict[str, Any], value: object, messages: list[str]
) -> None:
    """As long as they are few words; draft 4 knows none."""
    test_a_choice_is_one_fault(dialect, schema, value, messages)


@pytest.mark.parametrize("types", [1, ["x"], [[]], {}, "x", ["string", 1], []], ids=str)
def test_types_that_are_none_are_not_named(types: object) -> None:
    """The library says that they are none."""
    rewritten: Any = for_faults({"anyOf": [{"type": types}]}, is_old=False)
    assert ANY_FORM in str(rewritten)


# --- how far it leads on -----------------------------------------------------


def chain_of(schema: object) -> int:
    """The longest chain that a schema may have."""
    reach = Reach()
    reach.add(schema)
    return reach.chain


@pytest.mark.parametrize(
    ("schema", "chain"),
    [
        (True, 2),
        ({"properties": {"a": {"$ref": "#/$defs/a"}}, "$defs": {"a": {"type": "null"}}}, 2),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "b"}, "b": {"properties": {}}}}, 4),
        # A thousand definitions that refer to each other in members lead no value on.
        ({"$defs": {f"d{n}": {"properties": {"a": {"$ref": "#"}}} for n in range(1000)}}, 2),
        ({"allOf": [{"allOf": [{"$ref": "#/$defs/a"}]}]}, 9),
        ({"allOf": [{"items": {"allOf": [{}]}}]}, 4),
        ({"properties": {"a": {"$anchor": "a", "$ref": "#b"}}}, 3),
        ({"$defs": {"a": {"not": {"$dynamicRef": "#a"}}}}, 6),
        # What refers into the middle may lead anywhere.
        ({"properties": {"a": {"$ref": "#/properties/b"}, "b": {"$ref": "#/$defs/a"}}}, 4),
        ({"properties": {"a": {"$ref": "#%2Fproperties%2Fb"}, "b": {"$ref": "#"}}}, 4),
        ({"other": {"a": {"$ref": "#/other/b"}, "b": {"x": [{"$ref": "#/other/a"}]}}}, 4),
    ],
)
def test_a_chain_goes_through_what_leads_on(schema: object, chain: int) -> None:
    """Each place counts that has a name and hands its value on, and each keyword within another."""
    assert chain_of(schema) == chain


def test_several_documents_count_together() -> None:
    """A chain may go from one to the other."""
    reach = Reach()
    reach.add({"$ref": "b.json"})
    assert reach.chain == 3
    reach.add({"allOf": [{"$ref": "a.json"}]})
    assert reach.chain == 8


@pytest.mark.parametrize("schema", [1, None, [], {"$ref": 1}, {"$defs": [{}]}, {"properties": 1}])
def test_what_is_no_schema_leads_nowhere(schema: object) -> None:
    """It is for the library to refuse."""
    assert chain_of(schema) == 2


def test_the_longer_the_chain_the_flatter_the_value() -> None:
    """A usual schema takes whatever content may be; one with long chains takes little."""
    usual, longest = Reach(leading_places=3, nested=2), Reach(leading_places=MAX_CHAIN - 2)
    assert usual.max_depth == MAX_DEPTH
    assert (longest.chain, longest.max_depth) == (MAX_CHAIN, 16)


# --- which members there may be ------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "members"),
    [
        ({"additionalProperties": False}, set()),
        ({"properties": {"a": True, "b": {}}, "additionalProperties": False}, {"a", "b"}),
        ({"properties": {"a": {}}, "patternProperties": {}, "additionalProperties": False}, {"a"}),
        ({"patternProperties": {"^x": {}}, "additionalProperties": False}, None),
        ({"properties": {"a": {}}, "additionalProperties": {}}, None),
        ({"properties": {"a": {}}}, None),
        ({"properties": 1, "additionalProperties": False}, None),
        (True, None),
    ],
)
def test_the_only_members_that_a_schema_knows(schema: object, members: set[str] | None) -> None:
    """Where it lists them and allows no others."""
    assert only_members(schema) == members

"""Parameters in the API's description: they say just what the server takes."""

import json
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kvput.describing.openapi_parameters import PARAMETERS, conditions
from kvput.errors import MalformedField, MalformedParameter
from kvput.query import json_server
from kvput.query.json_conditions import read_conditions
from kvput.query.parameters import Query, parse_query
from kvput.semantics.idempotency_key import parse_idempotency_key
from kvput.semantics.validators import parse_entity_tags
from tests.describing.openapi_tools import meets, named

NAMES: Final = st.one_of(
    st.text("ab_:[]$-. \n", max_size=6),
    st.builds(
        str.__add__,
        st.sampled_from(["a", "_a", "", "a[", "a:b", "[]"]),
        st.sampled_from(["", "_gte", ":gte", ":eq", ":odd", "[]", ":like[]", "[gte]"]),
    ),
).filter(lambda name: name not in json_server.PARAMETERS)
CONDITIONS: Final = st.sampled_from(
    ["a", "b_gte", "c:gte", "d:like", "e:ne", "f[]", "g_like[]", "h:startsWith[]"]
)
VALUES: Final = st.sampled_from(["", "1", "a", "[", "a,b"])


def schema_of(name: str) -> Mapping[str, object]:
    """The schema of a parameter."""
    schema = PARAMETERS[name]["schema"]
    assert isinstance(schema, dict)
    return schema


def schema_of_conditions(*, required: bool) -> Mapping[str, object]:
    """The schema of all conditions together."""
    schema = conditions((), required=required)["schema"]
    assert isinstance(schema, dict)
    return schema


def parsed(query: str) -> Query | None:
    """What a query asks for; None where it is refused."""
    try:
        return parse_query(query)
    except MalformedParameter:
        return None


@given(NAMES)
@example("q")
@example("filter")
def test_conditions_have_the_names_that_are_taken(name: str) -> None:
    """A name meets the schema if, and only if, a condition may have it."""
    is_taken = parsed(f"{quote(name)}=1") is not None
    assert meets(schema_of_conditions(required=False), {name: "1"}) == is_taken


@given(st.dictionaries(CONDITIONS, VALUES | st.lists(VALUES, min_size=1, max_size=2)))
def test_a_delete_must_restrict(asked: dict[str, str | list[str]]) -> None:
    """Conditions meet the schema of a DELETE if, and only if, they leave something out."""
    query = parsed(urlencode(asked, doseq=True))
    assert query is not None
    assert meets(schema_of_conditions(required=True), asked) == query.is_filtered


@pytest.mark.parametrize(
    ("member", "is_named"),
    [
        ("author", True),
        ("logged_in", True),
        ("été", True),
        ("views_gte", False),
        ("_id", False),
        ("a:b", False),
        ("a[0]", False),
        ("q", False),
        ("range", False),
        ("", False),
    ],
)
def test_members_that_a_bare_name_asks_for_are_named(member: str, *, is_named: bool) -> None:
    """No member is offered whose name, as a parameter, means something else."""
    schema = conditions([member], required=False)["schema"]
    assert isinstance(schema, dict)
    assert (member in schema["properties"]) is is_named


@given(st.lists(st.text("a- ,\u0085\u001d\u3000\t", min_size=1, max_size=4), min_size=1))
def test_orders_are_those_that_are_taken(names: list[str]) -> None:
    """Names without a comma meet the schema if, and only if, they may be sorted by."""
    names = [name.replace(",", "b") for name in names]
    is_taken = parsed(f"_sort={quote(','.join(names))}") is not None
    assert meets(schema_of("sort"), names) == is_taken


@given(st.text('"W/*, \tab\u00e9\u007f\n', max_size=12))
@example('"a",, W/"b" ,')
@example("*")
def test_entity_tags_are_those_that_are_taken(value: str) -> None:
    """A value meets the schema if, and only if, it is a list of tags or a star."""
    try:
        parse_entity_tags("If-Match", value)
    except MalformedField:
        is_taken = False
    else:
        is_taken = True
    assert meets(schema_of("if-match"), value) == is_taken


@given(
    st.text('ab"\\ ,;é~', max_size=8) | st.sampled_from(["a" * 255, "a" * 256, f'"{"a" * 255}"'])
)
def test_keys_are_those_that_are_taken(value: str) -> None:
    """A key meets the schema if, and only if, it is taken; white space around it is not sent."""
    value = value.strip()
    try:
        parse_idempotency_key(value)
    except MalformedField:
        is_taken = False
    else:
        is_taken = True
    assert meets(schema_of("idempotency-key"), value) == is_taken


@pytest.mark.parametrize(
    ("parameter", "value", "text"),
    [
        (name, value, text)
        for name, text in (
            ("page", "_page"),
            ("limit", "_limit"),
            ("start", "_start"),
            ("end", "_end"),
        )
        for value in (-1, 0, 1, 2**53 - 1, 2**53)
    ],
)
def test_numbers_of_pages_are_those_that_are_taken(parameter: str, value: int, text: str) -> None:
    """From the least to the largest, and none beyond."""
    is_taken = parsed(f"{text}={value}") is not None
    assert meets(schema_of(parameter), value) == is_taken


SCALARS: Final = st.one_of(st.none(), st.booleans(), st.integers(0, 9), st.sampled_from(["", "a"]))
MEMBERS: Final = st.sampled_from(["a", "b.c", "a:eq", "a:ne", "a:odd", "$gt", "q", ""])


def is_taken_as_json(value: object) -> bool:
    """Whether a value is taken as conditions."""
    try:
        read_conditions("_where", json.dumps(value))
    except MalformedParameter:
        return False
    return True


@given(st.dictionaries(MEMBERS, SCALARS | st.lists(SCALARS, max_size=3), max_size=3))
def test_conditions_as_json_are_those_that_are_taken(value: dict[str, object]) -> None:
    """An object of values meets the schema if, and only if, it is taken as conditions."""
    assert meets(named("Conditions"), value) == is_taken_as_json(value)


def _within(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    operators = st.sampled_from(["eq", "ne", "in", "gt", "lte", "like", "contains"])
    return st.one_of(
        st.lists(SCALARS, max_size=3),
        st.dictionaries(operators | MEMBERS, inner, max_size=3),
        st.lists(st.dictionaries(MEMBERS, inner, max_size=2), max_size=2),
    )


@given(
    st.dictionaries(
        MEMBERS | st.sampled_from(["and", "or"]),
        st.recursive(SCALARS, _within, max_leaves=6),
        max_size=3,
    )
)
def test_what_meets_the_schema_of_conditions_is_taken(value: dict[str, object]) -> None:
    """However deep. (An object under an odd name is taken as well, which nobody needs to know.)"""
    assert is_taken_as_json(value) or not meets(named("Conditions"), value)

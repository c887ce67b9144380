"""Names, ids and patches in the API's description: they say just what the server takes."""

import json
from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kvput.content.json_slices import value_in
from kvput.declarations import Relation
from kvput.describing.openapi_values import reference
from kvput.errors import InvalidContent, InvalidPatch, InvalidPath, KvputError
from kvput.names import file_name, normalised
from kvput.patching.json_patch import operations_in
from kvput.paths import CollectionPath
from kvput.resources.ids import name_for_id
from kvput.resources.relations.links import held_in
from kvput.resources.relations.sides import Side
from tests.describing.openapi_tools import meets, named
from tests.strategies import characters

ARTICLES: Final = CollectionPath(("articles",))
NAMES: Final = st.text(characters | st.just("\0"), max_size=6) | st.sampled_from([".", "..", "..."])
IDS: Final = st.one_of(
    NAMES,
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([2**53 - 1, 2**53, -(2**53), 1.5, [], {}]),
)


def is_taken_as_id(value: object) -> bool:
    """Whether a value may be the id of a new resource."""
    try:
        name_for_id(value)
    except InvalidContent:
        return False
    return True


@given(NAMES)
def test_names_are_those_that_can_be_stored(name: str) -> None:
    """A short text meets the schema if, and only if, it is the name of a file."""
    try:
        file_name(normalised(name))
    except InvalidPath:
        is_taken = False
    else:
        is_taken = True
    assert meets(named("Name"), name) == is_taken


@pytest.mark.parametrize(("length", "is_name"), [(250, True), (251, False)])
def test_the_longest_name_is_that_of_the_longest_file(length: int, *, is_name: bool) -> None:
    """Where each character takes one byte, the schema and the file system agree."""
    name = "a" * length
    assert meets(named("Name"), name) is is_name
    if is_name:
        assert file_name(name) == name
    else:
        with pytest.raises(InvalidPath):
            file_name(name)


@given(IDS)
def test_new_ids_are_those_that_are_taken(value: object) -> None:
    """A value meets the schema if, and only if, POST takes it, or gives a number instead."""
    is_none = value is None or value == ""
    assert meets(named("NewId"), value) == (is_none or is_taken_as_id(value))


@given(IDS | st.lists(IDS, max_size=3), st.booleans())
@example([""], True)
@example(["", 1], True)
def test_references_are_those_that_are_taken(value: object, many: bool) -> None:
    """A value meets the schema if, and only if, it can name resources."""
    relation = Relation(ARTICLES, "tags", CollectionPath(("tags",)), many=many)
    side = Side(relation, is_owner=True)
    held = held_in({"tags": value}, side)
    assert held is not None
    assert meets(reference(relation.to, many=many), value) == (not held.faults)
    of_required = reference(relation.to, many=many, is_required=True)
    assert meets(of_required, value) == bool(held.names and not held.faults)


POINTERS: Final = st.sampled_from(["", "/", "/a", "/a/b", "/a~1", "/~", "/~2", "a", "/\n", "//"])
OPERATIONS: Final = st.fixed_dictionaries(
    {},
    optional={
        "op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test", "odd"]),
        "path": POINTERS,
        "from": POINTERS,
        "value": st.none() | st.integers(0, 1),
        "further": st.none(),
    },
)


def moves_into_itself(operation: object) -> bool:
    """Whether an operation moves a value into itself, which no schema can tell."""
    if not isinstance(operation, dict) or operation.get("op") != "move":
        return False
    source, path = str(operation.get("from", "")), str(operation.get("path", ""))
    return source != "" and path.startswith(f"{source}/")


@given(st.lists(OPERATIONS | st.none(), max_size=3) | st.none())
@example([{"op": "move", "from": "", "path": ""}])
def test_json_patches_are_those_that_are_taken(patch: object) -> None:
    """A value meets the schema if, and only if, it is a JSON Patch."""
    if isinstance(patch, list) and any(map(moves_into_itself, patch)):
        return
    try:
        operations_in(value_in(json.dumps(patch).encode()))
    except InvalidPatch:
        is_taken = False
    except KvputError as error:
        raise AssertionError from error
    else:
        is_taken = True
    assert meets(named("JsonPatch"), patch) == is_taken

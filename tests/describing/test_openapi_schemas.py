"""The schemas of resources in the API's description: what may be sent, and what is shown."""

from collections.abc import Mapping
from typing import Final

import jsonschema_rs
import pytest

from kvput.declarations import Declaration, Relation, Timestamps
from kvput.describing.described import Described, Observed
from kvput.describing.openapi import FIXED
from kvput.describing.openapi_schemas import ResourceSchemas, resource_schemas
from kvput.paths import CollectionPath, ResourcePath

ARTICLES: Final = CollectionPath(("articles",))
AUTHORS: Final = CollectionPath(("authors",))
TAGS: Final = CollectionPath(("tags",))
FILE: Final = ResourcePath(("schemas", "article"))
SCHEMA: Final[Mapping[str, object]] = {
    "type": "object",
    "properties": {"title": {"type": "string"}, "views": {"type": "integer"}},
    "required": ["title"],
}


def observed(**resources: object) -> Described:
    """Articles, of which these are there."""
    seen = Observed(ARTICLES.segments)
    for name, value in resources.items():
        seen.add(name, value)
    return seen.described()


def of_schema(schema: Mapping[str, object] | bool, *relations: Relation) -> Described:
    """Articles, of which this schema is declared."""
    return Described(ARTICLES.segments, schema, {"type": "integer"}, FILE, relations)


def schemas(
    described: Described, declaration: Declaration | None = None, *others: str
) -> ResourceSchemas:
    """The schemas of articles, with other collections beside them."""
    beside = [Observed((name,)).described() for name in others]
    declarations = {} if declaration is None else {"/articles": declaration}
    return resource_schemas([described, *beside], declarations, {}, frozenset(FIXED))


def takes(made: ResourceSchemas, use: str, value: object) -> bool:
    """Whether a value meets the schema of articles in one of their uses."""
    schema: Mapping[str, object] = getattr(made.uses["/articles"], use)
    components = {"components": {"schemas": {**FIXED, **made.components}}}
    return jsonschema_rs.Draft202012Validator({**components, **schema}).is_valid(value)


# --- without a schema


@pytest.mark.parametrize("use", ["listed", "single", "put", "merge_patch"])
@pytest.mark.parametrize("value", [{"title": 1}, [1], None, {}, "text"])
def test_without_a_schema_anything_goes(use: str, value: object) -> None:
    """What the resources look like that there are binds nobody."""
    made = schemas(observed(a={"title": "One"}))
    assert takes(made, use, value)
    assert made.components["Article"]["properties"] == {
        "id": {"type": "string"},
        "title": {"type": "string"},
    }


@pytest.mark.parametrize(
    ("identifier", "is_taken"),
    [(1, True), ("a", True), (None, True), ("", True), (1.5, False), (True, False), ("..", False)],
)
def test_a_new_resource_has_an_id_that_is_one(identifier: object, *, is_taken: bool) -> None:
    """Whether a schema is declared or not."""
    for made in (schemas(observed()), schemas(of_schema(SCHEMA))):
        value = {"title": "One", "id": identifier}
        assert takes(made, "new", value) is is_taken
        assert takes(made, "put", value)


@pytest.mark.parametrize(
    ("declaration", "value", "is_taken"),
    [
        (Declaration(ARTICLES), [1], True),
        (Declaration(ARTICLES, timestamps=Timestamps(updated="at")), [1], False),
        (Declaration(ARTICLES, readonly_members=frozenset({"n"})), [1], False),
        (Declaration(ARTICLES, readonly_members=frozenset({"n"})), {}, True),
    ],
)
def test_members_that_the_server_keeps_need_an_object(
    declaration: Declaration, value: object, *, is_taken: bool
) -> None:
    """Also where no schema is declared."""
    made = schemas(observed(), declaration)
    for use in ("new", "put"):
        assert takes(made, use, value) is is_taken


@pytest.mark.parametrize(
    ("many", "required", "value", "is_taken"),
    [
        (False, False, {"author": 1}, True),
        (False, False, {"author": "a"}, True),
        (False, False, {"author": None}, True),
        (False, False, {}, True),
        (False, False, [], True),
        (False, False, {"author": [1]}, False),
        (False, False, {"author": {"id": 1}}, False),
        (False, True, {"author": 1}, True),
        (False, True, {"author": None}, False),
        (False, True, {}, False),
        (False, True, [], False),
        (True, False, {"author": [1, "a"]}, True),
        (True, False, {"author": 1}, False),
        (True, True, {"author": []}, False),
    ],
)
def test_relations_bind_without_a_schema(
    value: object, *, many: bool, required: bool, is_taken: bool
) -> None:
    """A member that names resources holds ids, and nothing else."""
    relation = Relation(ARTICLES, "author", AUTHORS, many=many, required=required)
    described = Described(ARTICLES.segments, {}, {"type": "integer"}, None, (relation,))
    made = schemas(described, Declaration(ARTICLES, (relation,)), "authors")
    for use in ("new", "put"):
        assert takes(made, use, value) is is_taken
    assert made.uses["/articles"].needs_content is required


@pytest.mark.parametrize(
    ("value", "is_taken"), [({"replies": [1]}, True), ({}, True), ({"replies": 1}, False)]
)
def test_an_inverse_that_is_read_only_holds_ids_as_well(value: object, *, is_taken: bool) -> None:
    """So it is sent as it is stored."""
    relation = Relation(ARTICLES, "answers", ARTICLES, inverse="replies")
    declaration = Declaration(ARTICLES, (relation,), readonly_members=frozenset({"replies"}))
    described = Described(ARTICLES.segments, {}, {"type": "integer"}, None, (relation,))
    made = schemas(described, declaration)
    assert takes(made, "put", value) is is_taken
    properties = made.uses["/articles"].put["properties"]
    assert isinstance(properties, dict)
    assert properties["replies"]["readOnly"] is True


# --- with a schema


@pytest.mark.parametrize(
    ("use", "value", "is_taken"),
    [
        ("put", {"title": "One"}, True),
        ("put", {"views": 1}, False),
        ("put", [], False),
        ("new", {"title": "One"}, True),
        ("new", {"title": 1}, False),
        ("listed", {"title": "One"}, False),
        ("listed", {"title": "One", "id": 1}, True),
        ("listed", {"title": "One", "id": "a"}, True),
        ("single", {"title": "One"}, True),
        ("merge_patch", {"views": 1}, True),
        ("merge_patch", {"views": None}, True),
        ("merge_patch", {"title": None}, False),
        ("merge_patch", [], False),
        ("shallow_patch", {"views": "1"}, False),
        ("shallow_patch", {"views": None}, False),
        ("form", {"title": "One", "further": "1"}, True),
        ("form", {"further": "1"}, False),
    ],
)
def test_a_schema_that_is_declared_binds(use: str, value: object, *, is_taken: bool) -> None:
    """Lists show an id as well, and a patch need not say all."""
    assert takes(schemas(of_schema(SCHEMA)), use, value) is is_taken


@pytest.mark.parametrize(
    "schema",
    [
        {"allOf": [SCHEMA]},
        {"$ref": "#/$defs/one", "$defs": {"one": SCHEMA}},
        {"anyOf": [SCHEMA, {"type": "object", "required": ["title"]}]},
    ],
)
def test_a_schema_that_is_put_together_binds_as_well(schema: Mapping[str, object]) -> None:
    """Though nothing is known of its members."""
    made = schemas(of_schema(schema))
    assert takes(made, "new", {"title": "One", "id": "a"})
    assert not takes(made, "new", {"title": "One", "id": 1.5})
    assert not takes(made, "new", {})
    assert takes(made, "put", {"title": "One"})
    assert not takes(made, "put", {})
    assert not takes(made, "listed", {"title": "One"})
    assert takes(made, "listed", {"title": "One", "id": "a"})


@pytest.mark.parametrize(
    ("schema", "needs_content"),
    [
        (SCHEMA, True),
        ({"type": "object"}, False),
        ({"allOf": [SCHEMA]}, True),
        ({"$ref": "#/$defs/one", "$defs": {"one": SCHEMA}}, True),
        ({"minProperties": 1}, True),
        ({"type": "array"}, True),
        ({"type": "odd", "required": ["a"]}, True),
    ],
)
def test_content_is_needed_where_the_empty_object_is_too_little(
    schema: Mapping[str, object], *, needs_content: bool
) -> None:
    """Zero bytes count as one."""
    assert schemas(of_schema(schema)).uses["/articles"].needs_content is needs_content


@pytest.mark.parametrize(("schema", "is_taken"), [(True, True), (False, False)])
def test_a_schema_that_is_true_or_false(*, schema: bool, is_taken: bool) -> None:
    """Takes all, or nothing."""
    made = schemas(of_schema(schema))
    assert takes(made, "put", {"a": 1}) is is_taken


def test_what_the_server_keeps_need_not_be_sent() -> None:
    """Though the schema asks for it: the server puts it in before it looks."""
    schema = {
        "type": "object",
        "properties": {"createdAt": {"type": "string"}, "views": {"type": "integer"}},
        "required": ["createdAt", "views", "id"],
    }
    declaration = Declaration(
        ARTICLES,
        readonly_members=frozenset({"views"}),
        timestamps=Timestamps(created="createdAt", updated="updatedAt"),
    )
    made = schemas(of_schema(schema), declaration)
    assert takes(made, "new", {})
    assert takes(made, "put", {"id": 1})
    assert not takes(made, "put", {})
    properties = made.components["Article"]["properties"]
    assert isinstance(properties, dict)
    assert {name for name, each in properties.items() if each.get("readOnly")} == {
        "createdAt",
        "updatedAt",
        "views",
    }


def test_what_is_brought_along_may_stand_in_the_place_of_an_id() -> None:
    """In what GET shows, and nowhere else."""
    schema = {
        "type": "object",
        "properties": {"author": {"type": "integer"}, "n": {"type": "integer"}},
        "additionalProperties": False,
    }
    made = schemas(of_schema(schema), None, "authors")
    for use, is_taken in (("shown", True), ("single", True), ("listed", False), ("put", False)):
        assert takes(made, use, {"id": 1, "author": {"name": "Ada"}}) is is_taken
        assert not takes(made, use, {"id": 1, "n": {}})
    assert takes(made, "shown", {"id": 1, "comments": []})
    assert not takes(made, "put", {"comments": []})


def test_a_list_is_no_field_of_a_form() -> None:
    """It is sent under a name with brackets; an empty text says that there is none."""
    relation = Relation(ARTICLES, "tags", TAGS, many=True)
    schema = {"type": "object", "properties": {"parts": {"type": "array"}}}
    made = schemas(of_schema(schema, relation), Declaration(ARTICLES, (relation,)), "tags")
    assert takes(made, "form", {"tags": "", "tags[]": "a"})
    assert not takes(made, "form", {"tags": "a"})
    assert not takes(made, "form", {"parts": "a"})


def test_a_field_of_a_form_may_be_what_is_guessed_of_its_text() -> None:
    """Also where the schema speaks of it in a part of its own."""
    parts: Mapping[str, object] = {
        "allOf": [
            {"type": "object"},
            {"properties": {"n": {"type": "integer"}}, "required": ["n"]},
        ]
    }
    made = schemas(of_schema(parts))
    assert takes(made, "form", {"n": 1, "title": "One"})
    assert not takes(made, "form", {"n": "One"})
    assert not takes(made, "form", {"n": 1, "parts": [1]})


# --- names


def test_names_of_components() -> None:
    """Whatever collections are called, components have names of ASCII, each its own."""
    collections = [
        Observed((name,)).described() for name in ("articles", "article", "日本", "é", "names")
    ]
    made = resource_schemas(collections, {}, {"/article": {}, "/日": {}}, frozenset(FIXED))
    assert list(made.components) == [
        "Article", "Article2", "Resource", "Resource2", "Name2", "Article3", "Resource3",
    ]  # fmt: skip
    assert made.uses["/articles"].name == "Article"
    assert made.singles["/article"].name == "Article3"

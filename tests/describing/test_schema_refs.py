"""References between schemas: all become references to definitions, by their names."""

import jsonschema_rs
import pytest

from kvput.describing.schema_refs import (
    MAX_DEPTH,
    Definitions,
    Schema,
    SchemaFile,
    uris_referred_to,
)
from kvput.paths import ResourcePath

ARTICLE = ResourcePath(("schemas", "article"))
TEXT = {"type": "string"}
NAME = {"$ref": "#/$defs/Name"}


class Files:
    """Schema files by their places, as `Resolve` gives them."""

    def __init__(self, files: dict[str, object]) -> None:
        self._files = files

    def __call__(self, schema: ResourcePath, uri: str) -> SchemaFile | None:
        assert schema == ARTICLE
        for place, value in self._files.items():
            file = ResourcePath(tuple(place.split("/")))
            if file.uri == uri or (isinstance(value, dict) and value.get("$id") == uri):
                return SchemaFile(file, value)
        return None


def defined(schema: object, files: dict[str, object] | None = None) -> Definitions:
    """What becomes of a schema in schemas/article.json that is called Article."""
    definitions = Definitions(Files(files or {}))
    definitions.add("Article", schema, ARTICLE)
    definitions.finish()
    return definitions


IN_ONE_FILE: dict[str, tuple[Schema, dict[str, object]]] = {
    "by a pointer": (
        {"$ref": "#/$defs/name", "$defs": {"name": TEXT}},
        {"Article": NAME, "Name": TEXT},
    ),
    "beside other keywords": (
        {"items": {"$ref": "#/$defs/name", "description": "x"}, "$defs": {"name": TEXT}},
        {"Article": {"items": NAME | {"description": "x"}}, "Name": TEXT},
    ),
    "by a pointer with escapes": (
        {"$ref": "#/$defs/a~1b~0c%20d", "$defs": {"a/b~c d": TEXT}},
        {"Article": {"$ref": "#/$defs/ABCD"}, "ABCD": TEXT},
    ),
    "by a pointer into a list": (
        {"items": {"$ref": "#/allOf/1"}, "allOf": [True, TEXT]},
        {
            "Article": {"items": {"$ref": "#/$defs/_1"}, "allOf": [True, TEXT]},
            "_1": TEXT,
        },
    ),
    "by an anchor": (
        {"$ref": "#name", "$defs": {"x": {"$anchor": "name", "type": "string"}}},
        {"Article": NAME, "Name": TEXT},
    ),
    "by a dynamic anchor": (
        {"$dynamicRef": "#name", "$defs": {"x": {"$dynamicAnchor": "name", "type": "string"}}},
        {"Article": NAME, "Name": TEXT},
    ),
    "by an id": (
        {
            "$id": "https://example.org/article",
            "$ref": "name",
            "$defs": {"x": {"$id": "/name", "type": "string"}},
        },
        {"Article": NAME, "Name": TEXT},
    ),
    "within a part with an id of its own": (
        {
            "$ref": "part",
            "$defs": {
                "a": {"title": "Whole", "type": "number"},
                "b": {"$id": "part", "title": "Part", "items": {"$ref": "#/$defs/a"},
                      "$defs": {"a": {"title": "Name", "type": "string"}}},
            },
        },
        {
            "Article": {"$ref": "#/$defs/Part"},
            "Part": {"title": "Part", "items": NAME},
            "Name": {"title": "Name"} | TEXT,
        },
    ),
    "to the whole": (
        {"properties": {"parent": {"$ref": "#"}}},
        {"Article": {"properties": {"parent": {"$ref": "#/$defs/Article"}}}},
    ),
    "to each other": (
        {
            "$ref": "#/$defs/a",
            "$defs": {"a": {"items": {"$ref": "#/$defs/b"}}, "b": {"items": {"$ref": "#/$defs/a"}}},
        },
        {
            "Article": {"$ref": "#/$defs/A"},
            "A": {"items": {"$ref": "#/$defs/B"}},
            "B": {"items": {"$ref": "#/$defs/A"}},
        },
    ),
    "to what is called as something else": (
        {
            "allOf": [{"$ref": "#/$defs/article"}, {"$ref": "#/$defs/deep/article"}],
            "$defs": {"article": TEXT, "deep": {"article": {"type": "number"}}},
        },
        {
            "Article": {"allOf": [{"$ref": "#/$defs/Article2"}, {"$ref": "#/$defs/Article3"}]},
            "Article2": TEXT,
            "Article3": {"type": "number"},
        },
    ),
    "to what has a title": (
        {"$ref": "#/$defs/x", "$defs": {"x": {"title": "the name"} | TEXT}},
        {"Article": {"$ref": "#/$defs/TheName"}, "TheName": {"title": "the name"} | TEXT},
    ),
    "to true and false": (
        {"items": {"$ref": "#/$defs/a"}, "contains": {"$ref": "#/$defs/b"},
         "$defs": {"a": True, "b": False}},
        {"Article": {"items": {}, "contains": {"not": {}}}},
    ),
    "that is the name of a member, or a value": (
        {"properties": {"$ref": TEXT, "$defs": TEXT}, "const": {"$ref": "#/x"}},
        {"Article": {"properties": {"$ref": TEXT, "$defs": TEXT}, "const": {"$ref": "#/x"}}},
    ),
    "in the words of draft 7": (
        {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "definitions": {"name": TEXT},
            "items": [{"$ref": "#/definitions/name"}],
            "additionalItems": False,
            "dependencies": {"a": ["b"], "c": {"$ref": "#/definitions/name"}},
        },
        {
            "Article": {
                "prefixItems": [NAME],
                "items": False,
                "dependencies": {"a": ["b"], "c": NAME},
            },
            "Name": TEXT,
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize(("schema", "schemas"), IN_ONE_FILE.values(), ids=IN_ONE_FILE)
def test_references_in_one_file(schema: Schema, schemas: dict[str, object]) -> None:
    """Each is to a definition that says the same as what was referred to."""
    definitions = defined(schema)
    assert definitions.schemas == schemas
    assert not definitions.missing


@pytest.mark.parametrize(
    ("reference", "files", "name"),
    [
        ("author.json", {"schemas/author": TEXT}, "Author"),
        ("./author.json#", {"schemas/author": TEXT}, "Author"),
        ("../shared/defs.json#/$defs/name", {"shared/defs": {"$defs": {"name": TEXT}}}, "Name"),
        ("/shared/a%20b.json", {"shared/a b": TEXT}, "AB"),
        ("urn:x:author", {"schemas/a": {"$id": "urn:x:author", "type": "string"}}, "Author"),
        ("a.json", {"schemas/a": {"$ref": "b.json"}, "schemas/b": TEXT}, "A"),
    ],
)
def test_references_to_other_files(reference: str, files: dict[str, object], name: str) -> None:
    """They are found from the place of the file, or by their `$id`."""
    definitions = defined({"items": {"$ref": reference}}, files)
    assert definitions.schemas["Article"] == {"items": {"$ref": f"#/$defs/{name}"}}
    validator = jsonschema_rs.validator_for(
        {"$ref": f"#/$defs/{name}", "$defs": dict(definitions.schemas)}
    )
    assert [validator.is_valid(value) for value in ("a", 5)] == [True, False]


def test_what_a_file_refers_to() -> None:
    """The URIs of other files, each from the place at which it is referred to."""
    schema = {
        "$ref": "author#/$defs/name",
        "items": {"$id": "https://example.org/a/", "$ref": "b", "$defs": {"c": {"$id": "c"}}},
        "allOf": [{"$dynamicRef": "../x.json"}, {"$ref": "#/items"}, {"$ref": "https://["}],
        "anyOf": [{"$ref": "https://example.org/a/c"}, {"$ref": "article.json#"}, {"$ref": 1}],
        "const": {"$ref": "const.json"},
    }
    assert sorted(uris_referred_to(SchemaFile(ARTICLE, schema))) == [
        "file:///schemas/author",
        "file:///x.json",
        "https://example.org/a/b",
    ]


def test_files_refer_to_each_other_by_the_same_names() -> None:
    """One that is referred to from two sides is one definition, though it is read twice."""
    files: dict[str, object] = {
        "schemas/article": {},
        "schemas/author": {"items": {"$ref": "article.json"}},
        "schemas/tag": {"items": {"$ref": "./author.json"}},
    }
    definitions = defined({"allOf": [{"$ref": "author.json"}, {"$ref": "tag.json"}]}, files)
    assert definitions.schemas == {
        "Article": {"allOf": [{"$ref": "#/$defs/Author"}, {"$ref": "#/$defs/Tag"}]},
        "Author": {"items": {"$ref": "#/$defs/Article"}},
        "Tag": {"items": {"$ref": "#/$defs/Author"}},
    }


def test_references_may_be_to_another_definition_of_the_whole() -> None:
    """So that what lists add to a resource is not in what refers to its schema."""
    definitions = Definitions(prefix="#/components/schemas/")
    tree: Schema = {"properties": {"child": {"$ref": "#"}}}
    definitions.add("Tree", tree, ARTICLE, referred_to_as="TreeContent")
    definitions.finish()
    content = {"properties": {"child": {"$ref": "#/components/schemas/TreeContent"}}}
    assert definitions.schemas == {"Tree": content, "TreeContent": content}


@pytest.mark.parametrize(
    "reference",
    [
        "#/$defs/none",
        "#/allOf/01",
        "#/allOf/9",
        "#/type/a",
        "#none",
        "none.json",
        "../../outside.json",
        "author.txt",
        "https://example.org/author.json",
        "http://[",
        "/-/health.json",
        "#/$defs/a",
    ],
)
def test_a_reference_that_leads_nowhere_is_told(reference: str) -> None:
    """What it would have said is left open."""
    schema: Schema = {
        "type": "object", "properties": {"a": {"$ref": reference}}, "allOf": [True],
        "$defs": {"a": 5},
    }  # fmt: skip
    definitions = defined(schema)
    assert list(definitions.missing) == [(ARTICLE, reference)]
    comment = {"$comment": f"{reference} is not there."}
    assert definitions.schemas["Article"] == {
        "type": "object",
        "properties": {"a": comment},
        "allOf": [True],
    }


@pytest.mark.parametrize(("schema", "becomes"), [(True, True), (False, False), (5, True)])
def test_a_schema_that_is_no_object(schema: object, becomes: object) -> None:
    """True and false are schemas; what is none says nothing."""
    assert defined(schema).schemas == {"Article": becomes}


def test_what_is_nested_very_deeply_is_left_open() -> None:
    """It costs no stack, and what is referred to has the whole depth for itself."""
    schema: Schema = {**TEXT}
    for _ in range(1000):
        schema = {"items": schema}
    written: object = defined(schema).schemas["Article"]
    depth = 0
    while isinstance(written, dict) and written:
        written = written["items"]
        depth += 1
    assert depth == MAX_DEPTH + 1

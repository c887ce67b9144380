"""TypeScript made of schemas: it compiles, whatever the files hold, and takes every value."""

from collections.abc import Sequence
from pathlib import Path

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from kvput.declarations import Relation
from kvput.describing.described import Declared, Described, described
from kvput.describing.infer import infer
from kvput.describing.listed_schemas import ListedSchemas
from kvput.describing.schema_refs import Schema
from kvput.describing.typescript import declarations, module
from kvput.describing.typescript_text import literal
from kvput.paths import CollectionPath, ResourcePath
from tests.describing.compiler import complaints, needs_compiler
from tests.describing.test_infer import json_values

ARTICLES = CollectionPath(("articles",))
FILE = ResourcePath(("schemas", "article"))
HEAD = """\
// What the resources of a kvput server look like, as lists show them.
// Made by `kvput types`: make it anew instead of changing it.
"""


def test_module_of_a_folder() -> None:
    """An interface for each collection, what relations say, and all by their URLs."""
    authors = CollectionPath(("authors",))
    relation = Relation(ARTICLES, "author", authors, inverse="articles")
    article = {"title": "A", "author": 1, "place": {"x": 1, "y": None}, "tags": ["a"]}
    known = [
        described(ARTICLES, None, [("1", article), ("2", article | {"draft": True})], (relation,)),
        described(authors, None, [("1", {"name": "Ada", "first-name": None})]),
    ]
    assert (
        declarations(known)
        == HEAD
        + """
/** A resource of /articles, told from the 2 there are. */
export interface Article {
  id: number;
  title: string;
  /** Names a resource of /authors. */
  author: number;
  place: {
    x: number;
    y: null;
  };
  tags: string[];
  draft?: boolean;
}

/** What is sent to create a resource of /articles. */
export interface NewArticle {
  id?: number;
  title: string;
  /** Names a resource of /authors. */
  author: number;
  place: {
    x: number;
    y: null;
  };
  tags: string[];
  draft?: boolean;
}

/** A resource of /authors, told from the one that there is. */
export interface Author {
  id: number;
  name: string;
  "first-name": null;
  /** Names resources of /articles; the server keeps it. */
  articles?: number[];
}

/** What is sent to create a resource of /authors. */
export interface NewAuthor {
  id?: number;
  name: string;
  "first-name": null;
  /** Names resources of /articles; the server keeps it. */
  articles?: number[];
}

/** The type of a resource, by the collection that it is in. */
export interface Collections {
  "/articles": Article;
  "/authors": Author;
}
"""
    )


def test_members_that_only_the_server_writes() -> None:
    """Others may not assign to them; whatever they are called."""
    schema = {
        "type": "object",
        "properties": {
            "created-at": {"type": "string", "readOnly": True},
            "views": {"readOnly": False},
        },
        "required": ["created-at"],
    }
    text = declarations([described(ARTICLES, Declared(FILE, schema), [])])
    assert '  readonly "created-at": string;\n' in text
    assert "  views?: unknown;\n" in text


def test_module_of_nothing() -> None:
    """It is one all the same."""
    assert declarations([]).endswith("export interface Collections {\n}\n")


LONG = [f"value number {number}" for number in range(8)]
TYPES: dict[str, tuple[Schema | bool, str]] = {
    "nothing said": ({}, "unknown"),
    "true": (True, "unknown"),
    "false": (False, "never"),
    "a text": ({"type": "string"}, "string"),
    "an integer": ({"type": "integer"}, "number"),
    "an integer or number": ({"type": ["integer", "number"]}, "number"),
    "a text or null": ({"type": ["string", "null"]}, "string | null"),
    "a type that nobody knows": ({"type": "file"}, "unknown"),
    "no type": ({"type": []}, "never"),
    "one of some values": ({"enum": ["a", 1, None]}, '"a" | 1 | null'),
    "one of no values": ({"enum": []}, "never"),
    "values of one type": ({"type": "string", "enum": ["a", 1, True]}, '"a"'),
    "values that are integers": ({"type": "integer", "enum": [1, 1.0, 1.5, True, "1"]}, "1 | 1.0"),
    "values that are numbers": ({"type": "number", "enum": [1.5, True]}, "1.5"),
    "one value": ({"const": {"a": [1]}}, "{ a: [1] }"),
    "many values": ({"enum": LONG}, "".join(f'\n  | "{value}"' for value in LONG)),
    "an array": ({"type": "array"}, "unknown[]"),
    "an array of texts": ({"type": "array", "items": {"type": "string"}}, "string[]"),
    "an array of texts and nulls": ({"items": {"type": ["string", "null"]}}, "(string | null)[]"),
    "an empty array": ({"type": "array", "items": False}, "[]"),
    "a tuple": (
        {"prefixItems": [{"type": "string"}, {"type": "number"}], "minItems": 2, "items": False},
        "[string, number]",
    ),
    "a tuple that may be shorter or longer": (
        {"prefixItems": [{"type": "string"}, {"type": ["number", "null"]}], "minItems": 1},
        "[string, (number | null)?, ...unknown[]]",
    ),
    "a tuple that may not be longer": ({"prefixItems": [{"const": 1}], "maxItems": 1}, "[1?]"),
    "one of some types": (
        {"anyOf": [{"type": "string"}, {"items": {"type": "null"}}, {"type": "string"}]},
        "string | null[]",
    ),
    "exactly one of some": ({"oneOf": [{"const": 1}, {"type": "string"}]}, "1 | string"),
    "one of some and anything": ({"anyOf": [{"type": "string"}, {}]}, "unknown"),
    "all of some": (
        {"allOf": [{"anyOf": [{"const": 1}, {"const": 2}]}, {"type": "number"}, {}]},
        "(1 | 2) & number",
    ),
    "all of some that no value meets": ({"allOf": [{"type": "string"}, False]}, "never"),
    "an object": ({"type": "object"}, "{\n  [name: string]: unknown;\n}"),
    "an object without members": (
        {"type": "object", "additionalProperties": False},
        "{\n  [name: string]: never;\n}",
    ),
    "a dictionary": ({"additionalProperties": {"const": 1}}, "{\n  [name: string]: 1;\n}"),
    "a dictionary by patterns": (
        {"type": "object", "patternProperties": {"^a": {"const": 1}, "^b": {"const": 2}},
         "additionalProperties": False},
        "{\n  [name: string]: 1 | 2;\n}",
    ),
    "members and a dictionary": (
        {
            "properties": {"a": {"const": 1}},
            "additionalProperties": {"const": 2},
            "required": ["a"],
        },
        "{\n  a: 1;\n  [name: string]: 2 | 1;\n}",
    ),
    "members that may be missing, and a dictionary": (
        {"properties": {"a": {"const": 1}}, "additionalProperties": {"const": 2}},
        "{\n  a?: 1;\n  [name: string]: 2 | 1 | undefined;\n}",
    ),
    "members that are required and not described": (
        {"type": "object", "required": ["b", "a", 5]},
        "{\n  a: unknown;\n  b: unknown;\n}",
    ),
    "no further members": (
        {"properties": {"a": {}}, "additionalProperties": False}, "{\n  a?: unknown;\n}"
    ),
    "another definition": ({"$ref": "#/$defs/Other"}, "Other"),
    "another definition, and more": (
        {"$ref": "#/$defs/Other", "items": {"$ref": "#/$defs/Other"}}, "Other[] & Other"
    ),
    "a definition that is not there": ({"$ref": "#/$defs/None"}, "unknown"),
    "itself": ({"$ref": "#/$defs/Name"}, "unknown"),
    "itself, by way of others": ({"anyOf": [{"$ref": "#/$defs/Back"}, {"const": 1}]}, "unknown"),
    "an array of itself": ({"items": {"$ref": "#/$defs/Name"}}, "Name[]"),
    "what is said in a wrong way": (
        {"type": 5, "enum": 5, "required": 5, "properties": 5, "items": 5, "anyOf": 5, "$ref": 5},
        "{\n  [name: string]: unknown;\n} | unknown[]",
    ),
}  # fmt: skip


def of_schema(schema: Schema | bool) -> str:
    """A module with the schema as `Name`, and other definitions that it may refer to."""
    definitions: dict[str, Schema | bool] = {
        "Name": schema,
        "Other": {"type": "string"},
        "Back": {"allOf": [{"$ref": "#/$defs/Name"}]},
    }
    return module(ListedSchemas({}, definitions, ()))


@pytest.mark.parametrize(("schema", "written"), TYPES.values(), ids=TYPES)
def test_type_of_a_schema(schema: Schema | bool, written: str) -> None:
    """It says what the schema says, as far as types can."""
    definition = of_schema(schema).split("\n\n")[1].replace("\nexport type Other = string;", "")
    interface = f"export interface Name {written}\n"
    assert f"{definition.rstrip()}\n" in (f"export type Name = {written};\n", interface)


@needs_compiler
def test_all_types_compile(tmp_path: Path) -> None:
    """Those of the table above, each as a module."""
    modules = {f"case{number}": of_schema(s) for number, (s, _) in enumerate(TYPES.values())}
    assert complaints(tmp_path, **modules) == []


def test_what_is_said_for_people_becomes_comments() -> None:
    """Title, description and format of a collection's schema, and of each member."""
    schema = {
        "title": "Article",
        "description": "What is read.\nAnd liked.",
        "properties": {
            "id": {"type": "integer"},
            "at": {"type": "string", "format": "date-time", "title": "Time"},
            "old": {"deprecated": True},
            "gone": {"$ref": "gone.json"},
        },
    }
    text = declarations([described(ARTICLES, Declared(FILE, schema), [])])
    assert (
        """
/**
 * Article
 *
 * What is read.
 * And liked.
 */
export interface Article {
  id: number;
  /**
   * Time
   *
   * Format: date-time.
   */
  at?: string;
  /** @deprecated */
  old?: unknown;
  /** gone.json is not there. */
  gone?: unknown;
}
"""
        in text
    )


NASTY = [
    '"; export const broken = 1; "',
    "*/ export const broken = 1; /*",
    "\n}\nexport const broken = 1;\n{",
    "${broken} `",
    "\\",
    "\u2028\u2029\r\n\x00\x9b\u202e\ufeff",
    "\ud800",
    "constructor",
    "__proto__",
    "new",
    "readonly",
    "get",
    "1",
    "",
    " ",
    "日本 é 😀",
]


def nasty() -> list[Described]:
    """Collections of which everything is called in a way that could break out."""
    value: dict[str, object] = {text: text for text in NASTY}
    told = [(str(number), value) for number in range(12)]
    schema: Schema = {
        "title": "\n".join(NASTY),
        "description": NASTY[1],
        "properties": {text: {"enum": NASTY, "description": text} for text in NASTY},
        "additionalProperties": {"$ref": f"#/$defs/{NASTY[1].replace('/', '~1')}"},
        "required": NASTY,
        "$defs": {NASTY[1]: {"format": NASTY[0], "$ref": NASTY[2], "title": NASTY[1]}},
    }
    names = [
        "*",
        "a*",
        "*/",
        "Article",
        "ARTICLES",
        "string",
        "any",
        "Array",
        "interface",
        "1",
        "😀",
    ]
    return [
        described(ARTICLES, Declared(FILE, schema), told),
        *(described(CollectionPath((name, "b")), None, told) for name in names),
        described(CollectionPath(("a*", "/c")), None, told),
    ]


@needs_compiler
def test_no_name_and_no_text_breaks_out(tmp_path: Path) -> None:
    """The module compiles, and exports types alone."""
    text = declarations(nasty())
    assert complaints(tmp_path, nasty=text) == []
    uses = 'import * as all from "./nasty";\nall.broken;\n'
    (complaint,) = complaints(tmp_path, nasty=text, uses=uses)
    assert "Property 'broken' does not exist" in complaint


# One run of the compiler takes long, so that it is given many cases, and none is made smaller.
compiled = settings(
    max_examples=3,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def assignments(types: Sequence[tuple[Schema, Sequence[object]]]) -> str:
    """A module in which values are used as what their schemas say."""
    definitions: dict[str, Schema | bool] = {
        f"Type{number}": schema for number, (schema, _) in enumerate(types)
    }
    lines = [module(ListedSchemas({}, definitions, ()))]
    for number, (_, values) in enumerate(types):
        for other, value in enumerate(values):
            name = f"value{number}_{other}"
            lines.append(f"declare const {name}: {literal(value)};")
            lines.append(f"export const is_{name}: Type{number} = {name};")
    return "\n".join(lines) + "\n"


@needs_compiler
@compiled
@given(st.lists(st.lists(json_values, min_size=1, max_size=6), min_size=20, max_size=20))
def test_values_are_of_the_types_that_are_told_from_them(
    tmp_path: Path, lists: list[list[object]]
) -> None:
    """The compiler takes each of them."""
    assert complaints(tmp_path, values=assignments([(infer(v * 2), v) for v in lists])) == []


_names = st.sampled_from(["a", "b", "c"])
_small = st.recursive(
    st.sampled_from([None, True, 0, 1, 2.5, "", "a"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=3),
    max_leaves=6,
)
_types = st.sampled_from(["string", "integer", "number", "boolean", "null", "array", "object"])
_schemas: st.SearchStrategy[Schema] = st.recursive(
    st.one_of(
        st.just({}),
        st.builds(lambda name: {"type": name}, _types),
        st.builds(lambda names: {"type": names}, st.lists(_types, min_size=1, unique=True)),
        st.builds(lambda values: {"enum": values}, st.lists(_small, min_size=1, max_size=3)),
        st.builds(lambda value: {"const": value}, _small),
    ),
    lambda inner: st.one_of(
        st.fixed_dictionaries(
            # Where all members may be missing, TypeScript wants at least one to be there.
            {
                "type": st.just("object"),
                "required": st.lists(_names, unique=True, min_size=1, max_size=2),
            },
            optional={
                "properties": st.dictionaries(_names, inner, max_size=2),
                "additionalProperties": inner | st.booleans(),
            },
        ),
        st.fixed_dictionaries(
            {"type": st.just("array")},
            optional={
                "items": inner | st.booleans(),
                "prefixItems": st.lists(inner, min_size=1, max_size=2),
                "minItems": st.integers(0, 2),
                "maxItems": st.integers(0, 3),
            },
        ),
        st.builds(lambda some: {"anyOf": some}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda every: {"allOf": every}, st.lists(inner, min_size=1, max_size=2)),
    ),
    max_leaves=6,
)


@needs_compiler
@compiled
@given(st.lists(st.tuples(_schemas, st.lists(_small, max_size=8)), min_size=40, max_size=40))
def test_types_of_any_schemas_compile(
    tmp_path: Path, cases: list[tuple[Schema, list[object]]]
) -> None:
    """Values that meet a schema which names its types are of the type."""
    types = [
        (schema, [value for value in values if jsonschema_rs.is_valid(schema, value)])
        for schema, values in cases
    ]
    assert complaints(tmp_path, values=assignments(types)) == []

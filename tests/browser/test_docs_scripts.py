"""The functions behind the page `/-/docs` that can be asked without looking at it."""

import json
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.browser.browsing import Docs, require_browser
from tests.browser.conftest import OpenDocs
from tests.browser.document import SCHEMAS
from tests.strategies import characters

require_browser()

_TEXTS: Final = st.text(characters, max_size=8)
_VALUES: Final = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        _TEXTS,
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(_TEXTS, inner, max_size=3)
    ),
    max_leaves=10,
)


@pytest.fixture
def window(docs: OpenDocs) -> Docs:
    """The page, whose functions are called."""
    return docs()


def call(window: Docs, function: str, *arguments: object) -> Any:  # noqa: ANN401
    """What a function of the page's scripts gives."""
    return window.page.evaluate(f"(given) => {function}(...given)", list(arguments))


def about(window: Docs, function: str, schema: object) -> Any:  # noqa: ANN401
    """What a function of a description and a schema gives; undefined is None."""
    return window.page.evaluate(
        f"""(text) => {{
            const [schemas, schema] = JSON.parse(text);
            return {function}(new Description({{components: {{schemas}}}}), schema);
        }}""",
        json.dumps([SCHEMAS, schema]),
    )


@pytest.mark.parametrize(
    ("text", "laid_out"),
    [
        ("1", "1"),
        (" [ ] ", "[]"),
        ('{"a":{}}', '{\n  "a": {}\n}'),
        ("[1e400,-0.0,1E+2]", "[\n  1e400,\n  -0.0,\n  1E+2\n]"),
        ('{"a":1,"a":2}', '{\n  "a": 1,\n  "a": 2\n}'),
        ('"\\"{,}:\\\\"', '"\\"{,}:\\\\"'),
        (
            '["\\u0041",{"b":[true,null]}]',
            '[\n  "\\u0041",\n  {\n    "b": [\n      true,\n      null\n    ]\n  }\n]',
        ),
    ],
)
def test_json_is_laid_out(window: Docs, text: str, laid_out: str) -> None:
    """Each token stays as it was sent."""
    assert call(window, "laidOut", text) == laid_out


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(value=_VALUES)
def test_laid_out_json_is_the_same_value(window: Docs, value: object) -> None:
    """Whatever it is, and in the form in which Python indents it."""
    text = json.dumps(value, separators=(",", ":"))
    assert call(window, "laidOut", text) == json.dumps(value, indent=2)


@pytest.mark.parametrize(
    ("schema", "name"),
    [
        ({}, "anything"),
        (True, "anything"),
        (False, "nothing"),
        ({"type": "string"}, "string"),
        ({"type": "string", "format": "date"}, "string (date)"),
        ({"type": ["integer", "null"]}, "integer or null"),
        ({"type": "array"}, "array"),
        ({"type": "array", "items": {}}, "array"),
        ({"items": {"$ref": "#/components/schemas/Article"}}, "array of Article"),
        ({"$ref": "#/components/schemas/Article"}, "Article"),
        ({"allOf": [{"$ref": "#/components/schemas/Article"}]}, "Article"),
        ({"anyOf": [{"$ref": "#/components/schemas/Article"}, {}]}, "Article or anything"),
        ({"oneOf": [{"const": 1}, {"const": 2}, {"const": 3}, {"const": 4}]}, "one of 4 forms"),
        ({"enum": ["a", "b"]}, "string"),
        ({"enum": ["a", 1]}, "anything"),
        ({"properties": {}}, "object"),
        ({"type": "object", "title": "Point"}, "Point"),
        ({"title": "Whatever"}, "Whatever"),
    ],
)
def test_type_is_named(window: Docs, schema: object, name: str) -> None:
    """In the words that people use for it."""
    assert about(window, "typeName", schema) == name


@pytest.mark.parametrize(
    ("schema", "facts"),
    [
        ({"minLength": 1, "maxLength": 2}, ["at least 1 character", "at most 2 characters"]),
        ({"minimum": 0, "exclusiveMaximum": 9}, ["0 or more", "less than 9"]),
        ({"enum": ["a", 1]}, [{"words": "one of", "code": '"a", 1'}]),
        ({"default": None}, [{"words": "default", "code": "null"}]),
        ({"pattern": "^a"}, [{"words": "matches", "code": "^a"}]),
        ({"additionalProperties": False}, ["no other members"]),
        ({"additionalProperties": True, "uniqueItems": False}, []),
        (True, []),
    ],
)
def test_limits_are_told(window: Docs, schema: object, facts: list[object]) -> None:
    """As sentences; values as JSON."""
    assert call(window, "factsOf", schema) == facts


_REF: Final = {"$ref": "#/components/schemas/Person"}


@pytest.mark.parametrize(
    ("schema", "sample"),
    [
        ({"type": "string"}, "text"),
        ({"type": "string", "minLength": 6}, "text.."),
        ({"type": "string", "format": "date"}, "2026-01-31"),
        ({"type": "integer", "minimum": 5}, 5),
        ({"type": "number", "exclusiveMinimum": 5}, 6),
        ({"type": "string", "example": "a"}, "a"),
        ({"examples": [[1]], "default": 2}, [1]),
        ({"enum": ["x", "y"]}, "x"),
        ({"const": 0}, 0),
        ({"oneOf": [True, {"type": "boolean"}]}, True),
        (_REF, {"name": "text"}),
        ({"type": "array", "items": _REF}, [{"name": "text"}]),
        ({"type": "array"}, []),
        ({"type": "object", "properties": {"id": {"type": "integer", "readOnly": True}}}, {}),
        ({"properties": {"__proto__": {"type": "integer"}}}, {"__proto__": 0}),
        ({"type": "no type"}, {}),
        ({}, {}),
        (False, None),
    ],
)
def test_sample_is_made(window: Docs, schema: object, sample: object) -> None:
    """Of what a schema says, up to where a type comes again within itself."""
    assert about(window, "((...given) => JSON.stringify(sampleOf(...given)))", schema) == (
        None if sample is None else json.dumps(sample, separators=(",", ":"))
    )


@pytest.mark.parametrize(
    ("value", "media_type", "text"),
    [
        ([{"a": 1}, {"a": 2}], "application/x-ndjson", '{"a":1}\n{"a":2}'),
        ({"a": 'x,"y"', "b": None}, "text/csv", 'a,b\n"x,""y""",'),
        ([{"a": 1}, {"b": [1]}], "text/csv", "a,b\n1,\n,[1]"),
        ({"a": "x y&", "b": 1}, "application/x-www-form-urlencoded", "a=x+y%26&b=1"),
        ({"a": "x", "b": {"c": 1}}, "multipart/form-data", 'a=x\nb={"c":1}'),
        ("a: 1\n", "application/yaml", "a: 1\n"),
        ({"a": 1}, "application/yaml", '{\n  "a": 1\n}'),
        ("text", "application/json", '"text"'),
        ("text", "application/merge-patch+json", '"text"'),
    ],
)
def test_value_is_written(window: Docs, value: object, media_type: str, text: str) -> None:
    """As content of a media type."""
    assert call(window, "written", value, media_type) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\n\nc", "<p>a b</p><p>c</p>"),
        ("- a\n  b\n- c\n\nd", "<ul><li>a b</li><li>c</li></ul><p>d</p>"),
        ("1. a\n2. b", "<ul><li>a</li><li>b</li></ul>"),
        ("a\n- b", "<p>a</p><ul><li>b</li></ul>"),
        ("`<b>` **c** d", "<p><code>&lt;b&gt;</code> <strong>c</strong> d</p>"),
        ("```\n<i>\n\n- x\n```", '<pre tabindex="0">&lt;i&gt;\n\n- x</pre>'),
        ("```\nopen", '<pre tabindex="0">open</pre>'),
        ("* * * ` ** [ ]( )", "<ul><li>* * ` ** [ ]( )</li></ul>"),
        ("", ""),
    ],
)
def test_prose_is_set(window: Docs, text: str, shown: str) -> None:
    """What CommonMark means by it, for what is used of it; markup is text."""
    assert call(window, "((text) => prose(text)?.innerHTML ?? '')", text) == shown

"""Compiled schemas: what they find in values, and what neither schema nor value can do to us."""

import json
import math
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvput.resources.schemas.compiled import schema_fault
from kvput.resources.schemas.forms import MAX_CHAIN
from tests.resources.schemas.tools import ARTICLE, Data, compiled

ROOT = Path(__file__).parents[3]
DRAFTS = {
    "4": "http://json-schema.org/draft-04/schema#",
    "6": "http://json-schema.org/draft-06/schema#",
    "7": "http://json-schema.org/draft-07/schema#",
    "2019-09": "https://json-schema.org/draft/2019-09/schema",
    "2020-12": "https://json-schema.org/draft/2020-12/schema",
}


def nested(value: object, levels: int) -> object:
    """A value within so many objects."""
    for _ in range(levels):
        value = {"a": value}
    return value


# --- what is found -------------------------------------------------------------


async def test_all_faults_of_a_value_are_found() -> None:
    """Each at its place, and nothing in a value that is valid."""
    schema = await compiled(
        {
            "type": "object",
            "required": ["title"],
            "properties": {
                "title": True,
                "author": {"properties": {"name": {"type": "string"}}},
                "tags": {"items": {"type": "string"}},
                "kind": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            },
            "additionalProperties": False,
        }
    )
    value = {"author": {"name": 1}, "tags": ["a", 2], "kind": 3, "other": 4}
    assert [(v.field, v.message) for v in schema.violations(value)] == [
        ("author.name", "must be a text"),
        ("kind", "must be a text or null"),
        ("other", "is no member that the schema knows: leave it out"),
        ("tags.1", "must be a text"),
        ("title", "is required"),
    ]
    assert schema.violations({"title": "x", "kind": None}) == ()


@pytest.mark.parametrize("dialect", DRAFTS.values(), ids=DRAFTS)
async def test_older_drafts_are_honoured(dialect: str) -> None:
    """Each has the keywords that it had, and its choices are one fault each."""
    is_old = "draft-" in dialect
    definitions = {"definitions" if is_old else "$defs": {"x": {"type": "string"}}}
    name = next(iter(definitions))
    schema = await compiled(
        {
            "$schema": dialect,
            **definitions,
            "properties": {
                "a": {"$ref": f"#/{name}/x"},
                "b": {"oneOf": [{"type": "null"}, {"$ref": f"#/{name}/x"}]},
                "c": {"type": "string", "format": "email"},
                # `exclusiveMinimum` was a flag once, and `prefixItems` is new.
                "d": {"minimum": 3, "exclusiveMinimum": True} if "04" in dialect else
                     {"exclusiveMinimum": 3},
                "e": {"prefixItems": [{"type": "string"}]},
            },
        }
    )  # fmt: skip
    found = schema.violations({"a": 1, "b": 2, "c": "x", "d": 3, "e": [1]})
    fields = ["a", "b", "c", "d", *(["e.0"] if "2020" in dialect else [])]
    assert [violation.field for violation in found] == fields


@pytest.mark.parametrize("value", ["2024-02-30", "", "today"])
async def test_formats_are_asserted(value: str) -> None:
    """A text that is not of its format is a fault (validation, section 7.2)."""
    schema = await compiled({"format": "date"})
    assert [v.message for v in schema.violations(value)] == ["must be a date, such as 2024-02-29"]
    assert schema.violations("2024-02-29") == ()
    assert schema.violations(3) == ()


async def test_what_refers_into_a_choice_is_held_against_the_schema_all_the_same() -> None:
    """Where the fault stands is not found then, but that there is one."""
    schema = await compiled(
        {
            "anyOf": [{"type": "string"}, {"type": "object"}],
            "properties": {"a": {"$ref": "#/anyOf/0"}},
        }
    )
    assert schema.violations({"a": "x"}) == ()
    assert [(v.pointer, v.message) for v in schema.violations({"a": 1})] == [
        ("", "is not what the schema asks for")
    ]


SEEN_THROUGH = {"properties": {"a": {"enum": ["x", 1]}, "b": {"enum": [{}]}}}


@pytest.mark.parametrize(
    ("value", "pointer", "words"),
    [
        ({"a": math.inf}, "/a", "must be a number that programs can hold"),
        ({"a": "\ud800"}, "/a", "must be whole characters"),
        ({"b": {"\ud800": 1}}, "/b/\ud800", "must be whole characters"),
    ],
    ids=ascii,
)
async def test_what_programs_cannot_exchange_is_a_fault(
    value: object, pointer: str, words: str
) -> None:
    """The library can hold neither such numbers nor such texts against anything."""
    (found,) = (await compiled(SEEN_THROUGH)).violations(value)
    assert found.pointer == pointer
    assert words in found.message


# --- large and deep ------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "count"),
    [
        ([1] * 1000, 100),
        ([1] * 1_000_000, 1),
        ([[[[[[[[[[1, 1]]]]]]]]]], 2),
        ([[[[[[[[[[[1, 1]]]]]]]]]]], 1),
    ],
    ids=["small", "large", "flat", "deep"],
)
async def test_of_a_large_or_deep_value_the_first_fault_is_enough(
    value: object, count: int
) -> None:
    """To collect them all would take seconds, in which nobody else can write."""
    schema = await compiled({"items": {"$ref": "#"}, "type": ["array", "string"]})
    schema.violations("")
    start = time.monotonic()
    assert len(schema.violations(value)) == count
    assert time.monotonic() - start < 2


BLOCKS = ["p", "q", "list", "table", "row", "cell", "image", "b", "i", "code"]
DOCUMENT = {
    "$ref": "#/$defs/node",
    "$defs": {
        "node": {"oneOf": [{"$ref": f"#/$defs/{kind}"} for kind in BLOCKS]},
        **{
            kind: {
                "type": "object",
                "required": ["type", "content"],
                "properties": {
                    "type": {"const": kind},
                    "content": {"type": "array", "items": {"$ref": "#/$defs/node"}},
                },
            }
            for kind in BLOCKS
        },
    },
}
CHOICES = {
    "type": "object",
    "anyOf": [{"properties": {"a": {"$ref": "#"}}}, {"properties": {"a": {"$ref": "#"}}}],
}
BOTH = {**CHOICES, "unevaluatedProperties": False}


def blocks(levels: int) -> object:
    """A document of blocks within blocks, two in each; the innermost are of no kind."""
    if not levels:
        return {"type": "none", "content": []}
    return {"type": "q", "content": [blocks(levels - 1), blocks(levels - 1)]}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (DOCUMENT, blocks(3)),
        (DOCUMENT, blocks(9)),
        (CHOICES, nested(1, 9)),
        (CHOICES, nested(1, 500)),
        (BOTH, nested(1, 9)),
        (BOTH, nested(1, 200)),
    ],
    ids=["blocks", "many blocks", "choices", "deep choices", "both", "deep both"],
)
async def test_choices_within_choices_take_no_time(schema: object, value: object) -> None:
    """A fault in the innermost is found without going through all ways that lead to it."""
    usable = await compiled(schema)
    start = time.monotonic()
    assert usable.violations(value)
    assert time.monotonic() - start < 2


@pytest.mark.parametrize(
    "pattern",
    ["^(a+)+$", "(x+x+)+y", "^(a|a)*$", "(.*)(.*)(.*)(.*)(.*)[^a]$", "^(a?){99}a{99}$"],
)
async def test_no_pattern_takes_long(pattern: str) -> None:
    """They are matched in linear time: those that would take for ever elsewhere do not."""
    schema = await compiled({"pattern": pattern})
    start = time.monotonic()
    assert schema.violations("a" * 50_000 + "b" + "a" * 50_000)[:0] == ()
    assert time.monotonic() - start < 2


STEPS: dict[str, str] = {
    "reference": '{"$ref": next}',
    "within allOf": '{"allOf": [{}, {"$ref": next}]}',
    "within oneOf": '{"oneOf": [{"type": "integer"}, {"$ref": next}]}',
    "within anyOf": '{"anyOf": [{"type": "integer"}, {"$ref": next}]}',
    "within not": '{"not": {"not": {"$ref": next}}}',
    "within then": '{"if": True, "then": {"$ref": next}}',
    "unevaluated": '{"$ref": next, "unevaluatedProperties": False}',
    "several": '{"allOf": [{"allOf": [{"allOf": [{"$ref": next}]}]}]}',
}
# Each length of a chain of references, with the deepest value that it takes, and one deeper.
# The longest that there may be takes seconds, and is only prepared.
AT_THE_LIMIT = """
import asyncio, sys, threading
from tests.resources.schemas.tools import ARTICLE, Data
from tests.resources.schemas.test_compiled import nested
async def main():
    refused = 0
    for length in (1, 30, 300, 990, 30_000):
        chain = {}
        for n in range(length):
            next = f"#/$defs/a{n + 1}"
            chain[f"a{n}"] = STEP
        chain[f"a{length}"] = {"type": "object", "properties": {"a": {"$ref": "#/$defs/a0"}}}
        data = Data()
        await data.write(ARTICLE, {"$defs": chain, "$ref": "#/$defs/a0"})
        schema = await data.validator()
        refused += schema is None
        if schema is not None and length < 990:
            for value in ({}, 1):
                schema.violations(nested(value, schema._max_depth - 1))
            (found,) = schema.violations(nested({}, schema._max_depth))
            assert found.message.startswith("must not be nested deeper than"), found
    assert 1 <= refused <= 3, refused
thread = threading.Thread(target=lambda: (asyncio.run(main()), print("survived")))
thread.start()
thread.join()
"""


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_the_stack_does_not_end(step: str) -> None:
    """Neither long chains of references, nor deep values, nor both, end the process."""
    code = AT_THE_LIMIT.replace("STEP", step)
    process = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (process.returncode, process.stdout) == (0, "survived\n"), process.stderr


# --- what is no schema ---------------------------------------------------------


def deep(levels: int) -> object:
    """A schema within so many others."""
    schema: object = {"type": "string"}
    for _ in range(levels):
        schema = {"items": schema}
    return schema


PATTERN = "must be a regular expression, without look-around and references back"
NO_OBJECT = "is no JSON Schema: it must be an object, true or false"
INVALID = "is no valid JSON Schema: at"
NOWHERE = "has a reference that leads nowhere:"
CHAINED = f"may lead a value on from schema to schema more than {MAX_CHAIN} times: use fewer "
# A document, and how its fault begins.
FAULTS: list[tuple[object, str]] = [
    (3, NO_OBJECT),
    ("true", NO_OBJECT),
    (None, NO_OBJECT),
    ([{}], NO_OBJECT),
    ({"minimum": "3"}, f'{INVALID} "/minimum", it must be a number'),
    ({"required": "a"}, f'{INVALID} "/required", it must be a list'),
    ({"type": "text"}, f'{INVALID} "/type", it must be one of "array", "boolean", "integer", '),
    ({"$defs": {"name" * 20: {"minLength": -1}}},
     f'{INVALID} "…e{"name" * 12}/minLength", it must be at least 0'),
    ({"pattern": "(a"}, f'{INVALID} "/pattern", it {PATTERN}'),
    ({"pattern": "^(?=.*a)"}, f'{INVALID} "/pattern", it {PATTERN}'),
    ({"pattern": "(a)\\1"}, f'{INVALID} "/pattern", it {PATTERN}'),
    ({"pattern": "((a{99}){99}){99}"}, f'{INVALID} "/pattern", it {PATTERN}'),
    ({"patternProperties": {"(?<!a)b": True}},
     f'{INVALID} "/patternProperties/(?<!a)b", it {PATTERN}'),
    ({"const": "\ud800"}, f'{INVALID} "/const", it must be whole characters: it holds half '),
    ({"maximum": math.inf}, f'{INVALID} "/maximum", it must be a number that programs can hold'),
    ({"$ref": "#/$defs/a"}, f"{NOWHERE} Pointer '/$defs/a' does not exist"),
    ({"$ref": "#a"}, f"{NOWHERE} Anchor 'a' does not exist"),
    ({"$ref": "#/a\n"}, NOWHERE),
    (deep(251), "is nested deeper than 250 levels: use $defs and references"),
    ({"$defs": {str(n): {"$ref": f"#/$defs/{n + 1}"} for n in range(MAX_CHAIN)}}, CHAINED),
]  # fmt: skip


@pytest.mark.parametrize(("document", "fault"), FAULTS, ids=range(len(FAULTS)))
async def test_what_is_no_schema_is_told_why(document: object, fault: str) -> None:
    """The sentence goes on after the name of the file, and names the place in it."""
    says = schema_fault(document)
    assert says is not None
    assert says.startswith(fault)
    assert says.isprintable()
    if isinstance(document, dict) and math.inf not in document.values():
        data = Data()
        await data.write(ARTICLE, document)
        assert await data.validator() is None
        assert data.faults == [
            f"schemas/article.json {says}. Until it is mended, nothing is held against it."
        ]


@pytest.mark.parametrize(
    "document",
    [
        True,
        {},
        deep(249),
        {"$ref": "author.json"},
        {"$ref": "author.json#/$defs/x"},
        {"$ref": "https://example.com/author"},
        {"$schema": "https://example.com/dialect"},
        *({"$schema": dialect} for dialect in DRAFTS.values()),
    ],
)
def test_what_can_be_a_schema_has_no_fault(document: object) -> None:
    """What it refers to elsewhere may come later."""
    assert schema_fault(document) is None


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        (
            {"$ref": "author.json#/$defs/none"},
            "article.json has a reference that leads nowhere: Poi",
        ),
        (
            {"$ref": "author.json#none"},
            "article.json has a reference that leads nowhere: Anchor 'n",
        ),
        (
            {"$ref": "broken.json"},
            'schemas/broken.json is no valid JSON Schema: at "/minimum", it ',
        ),
        ({"$ref": "text.json"}, "schemas/text.json is no JSON Schema: it must be an object, true"),
        ({"$ref": "deep.json"}, "schemas/deep.json is nested deeper than 250 levels"),
        ({"$ref": "chain.json"}, "schemas/more.json may lead a value on from schema to schema"),
        ({"$schema": "https://example.com/dialect"}, '"https://example.com/dialect", which is the'),
        # Where a reference is wrong, it is the file in which it stands.
        ({"$ref": "lost.json"}, "schemas/lost.json refers to schemas/none.json, which is not ther"),
        ({"$ref": "lone.json"}, "schemas/lone.json has a reference that leads nowhere: Pointer"),
        ({"$ref": "ring.json"}, "schemas/ring.json has a reference that leads nowhere: Pointer"),
        (
            {"items": {"$ref": "none"}, "$ref": "lost.json"},
            "schemas/article.json refers to schemas",
        ),
        # What is wrong in itself is told of before what is wrong with others.
        ({"type": 5, "$ref": "lost.json"}, "schemas/article.json is no valid JSON Schema: at"),
        ({"$ref": "wrong.json"}, 'schemas/wrong.json is no valid JSON Schema: at "/type"'),
        # What has no draft is in that of the schema.
        (
            {"$schema": DRAFTS["7"], "items": {"$ref": "pair"}, "$ref": "lone"},
            "schemas/lone.json has a reference that leads nowhere: Pointer",
        ),
    ],
)
async def test_a_fault_of_another_file_is_told_of_that_file(schema: object, words: str) -> None:
    """Who is told has to find the place."""
    data = Data()
    half = {str(n): {"$ref": f"#/$defs/{n + 1}"} for n in range(MAX_CHAIN // 2)}
    await data.write("schemas/author.json", {})
    await data.write("schemas/broken.json", {"minimum": "3"})
    await data.write("schemas/text.json", "text")
    await data.write("schemas/deep.json", deep(251))
    await data.write("schemas/chain.json", {"$defs": half, "items": {"$ref": "more.json"}})
    await data.write("schemas/more.json", {"$defs": half})
    await data.write("schemas/lost.json", {"$ref": "none.json"})
    await data.write("schemas/lone.json", {"$ref": "author.json#/$defs/none"})
    await data.write("schemas/ring.json", {"$ref": "/schemas/article.json#/$defs/none"})
    await data.write("schemas/wrong.json", {"type": 6, "$ref": "bad.json"})
    await data.write("schemas/bad.json", b"{")
    await data.write("schemas/pair.json", {"items": [{"type": "string"}]})
    await data.write(ARTICLE, schema)
    assert await data.validator() is None
    (told,) = data.faults
    assert words in told


KEYWORDS = st.sampled_from(
    [
        "$ref", "$id", "$anchor", "$dynamicRef", "$schema", "$defs", "type", "properties", "items",
        "anyOf", "oneOf", "allOf", "not", "if", "then", "pattern", "patternProperties", "required",
        "const", "enum", "format", "minimum", "dependentSchemas",
    ]
)  # fmt: skip
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=3)
    | st.sampled_from(["#", "#/$defs/a", "a.json", "string", "^a", "(", "urn:a", *DRAFTS.values()]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(KEYWORDS | st.sampled_from("ab"), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(JUNK, JUNK)
async def test_whatever_is_written_as_a_schema_breaks_nothing(
    schema: object, value: object
) -> None:
    """It is a schema, and values are held against it, or it is told of."""
    data = Data()
    await data.write(ARTICLE, json.dumps(schema).encode())
    found: Any = await data.violations(value)
    assert (await data.validator() is None) == bool(data.told)
    assert len(found) <= 100

"""Articles of twenty members, with a JSON Schema that says what each of them must be.

Each PUT gives its article a new slug, which no other has: that is what `unique` has to find out.
"""

import json
from collections.abc import Iterator
from typing import Final

from benchmarks.declared import Declared, File, declaring
from benchmarks.works import version

BYTES: Final = 800
"""The size of a record; what twenty members need, and a text."""

KEY_MARK: Final = "######"
"""Stands for the article's number, in six digits, in what requests.lua is given."""

_MEMBERS: Final[dict[str, object]] = {
    "title": "A kettle that whistles again",
    "subtitle": "On the afternoon when nobody moved",
    "language": "en",
    "category": "household",
    "status": "published",
    "licence": "CC-BY-4.0",
    "author": {"name": "Ada Lovelace", "email": "ada@example.org"},
    "tags": ["kettle", "tea", "afternoon"],
    "views": 4711,
    "likes": 42,
    "rating": 4.5,
    "words": 1200,
    "minutes": 6,
    "draft": False,
    "featured": True,
    "published": "2026-03-01",
    "changed": "2026-03-02T16:00:00Z",
}
"""All but the slug and the version, which differ, and the body, which fills the rest."""

_COUNT: Final = {"type": "integer", "minimum": 0}
_LINE: Final = {"type": "string", "minLength": 1, "maxLength": 200}
SCHEMA: Final[dict[str, object]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "slug": {"type": "string", "pattern": "^[a-z0-9-]+$", "maxLength": 80},
        "version": {"type": "string", "minLength": 10, "maxLength": 10},
        "title": _LINE,
        "subtitle": _LINE,
        "language": {"enum": ["de", "en", "fr"]},
        "category": _LINE,
        "status": {"enum": ["draft", "published", "withdrawn"]},
        "licence": _LINE,
        "author": {
            "type": "object",
            "properties": {"name": _LINE, "email": {"type": "string", "format": "email"}},
            "required": ["name"],
            "additionalProperties": False,
        },
        "tags": {"type": "array", "items": _LINE, "maxItems": 20, "uniqueItems": True},
        "views": _COUNT,
        "likes": _COUNT,
        "rating": {"type": "number", "minimum": 0, "maximum": 5},
        "words": _COUNT,
        "minutes": _COUNT,
        "draft": {"type": "boolean"},
        "featured": {"type": "boolean"},
        "published": {"type": "string", "format": "date"},
        "changed": {"type": "string", "format": "date-time"},
        "body": {"type": "string"},
    },
    "required": ["slug", "title", "author", "status", "published"],
    "additionalProperties": False,
}


def record(key: str, of_version: str, **other: object) -> bytes:
    """A record in `BYTES` bytes, or as many as it takes with members of another value."""
    first = {"slug": f"kettle-{key}-{of_version}", "version": of_version}
    empty = json.dumps({**first, **_MEMBERS, **other, "body": ""}, separators=(",", ":")).encode()
    return empty[:-2] + b"x" * (BYTES - len(empty)) + empty[-2:]


def key_in_slug(number: int) -> str:
    """The number of an article as its slug has it."""
    return f"{number:06}"


def record_files(resources: int, declared: Declared) -> Iterator[File]:
    """A folder with so many records."""
    yield declaring(declared)
    yield "schemas/article.json", json.dumps(SCHEMA, indent=2).encode()
    before, after = record(KEY_MARK, version(0, 0)).split(KEY_MARK.encode())
    for number in range(1, resources + 1):
        yield f"articles/{number}.json", before + key_in_slug(number).encode() + after

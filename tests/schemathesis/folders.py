"""The folders over which schemathesis asks: the sample data, and one with all that is declared."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

SAMPLE: Final = Path(__file__).parents[2] / "data"

_DECLARATIONS: Final = """
[collections.articles]
schema = "schemas/article.json"
unique = ["slug"]
readonly = ["views"]
timestamps = {created = "createdAt", updated = "updatedAt"}

[collections.articles.relations.author]
to = "authors"
required = true

[collections.articles.relations.tags]
to = "tags"
many = true
inverse = "articles"
on_delete = "unlink"
dangling = "allow"

[collections.authors]
schema = "schemas/author.json"
readonly = true

[collections.comments.relations.article]
to = "articles"
inverse = "comments"
on_delete = "cascade"
dangling = "allow"

[collections.later]
schema = "schemas/later.json"

[collections.notes]
timestamps = {updated = "changed"}

[collections.schemas]
readonly = true

[collections.tags]
schema = "schemas/tag.json"
"""

_PART: Final = {
    "type": "object",
    "properties": {
        "text": {"type": "string"},
        "parts": {"type": "array", "items": {"$ref": "#/$defs/part"}},
    },
    "required": ["text"],
}
# Texts are such that none is a number, so that forms may be guessed.
_RESOURCES: Final[Mapping[str, object]] = {
    "schemas/shared": {
        "$defs": {"text": {"type": "string", "pattern": "^[A-Z][a-z ]*$", "maxLength": 40}}
    },
    "schemas/article": {
        "title": "An article",
        "type": "object",
        "properties": {
            "title": {"$ref": "shared.json#/$defs/text"},
            "slug": {"type": "string", "pattern": "^[a-z]{3,20}$"},
            # Those that there are, and stay: no other schema could say what may be named.
            "author": {"enum": [1, 2]},
            "state": {"enum": ["draft", "done"]},
            "views": {"type": "integer", "minimum": 0},
            "rating": {"type": ["number", "null"], "maximum": 5},
            "parts": {"type": "array", "items": {"$ref": "#/$defs/part"}},
        },
        "required": ["title", "author"],
        "$defs": {"part": _PART},
    },
    "schemas/author": {
        "type": "object",
        "properties": {
            "name": {"$ref": "shared.json#/$defs/text"},
            "email": {"type": "string", "format": "email"},
        },
        "required": ["name"],
    },
    "schemas/later": {
        "allOf": [
            {"type": "object"},
            {"properties": {"n": {"type": "integer"}}, "required": ["n"]},
        ]
    },
    "schemas/tag": {"type": "object"},
    "articles/1": {"title": "One", "slug": "abcd", "author": 1, "tags": ["a"], "comments": [1]},
    "articles/2": {"title": "Two", "slug": "abce", "author": 2, "tags": ["a"], "views": 7},
    "articles/1/images/1": {"src": "a"},
    "authors/1": {"name": "Ada"},
    "authors/2": {"name": "Grace"},
    "comments/1": {"article": 1, "text": "Yes"},
    "empty/x/y": 1,
    "later/1": {"n": 1},
    "notes/1": {"t": 1},
    "shop/orders/1": {"n": 1},
    "site": {"title": "x"},
    "tags/a": {"articles": [1, 2]},
}


def write_sample(folder: Path) -> None:
    """Copy the sample data."""
    shutil.copytree(SAMPLE, folder, ignore=shutil.ignore_patterns(".kvput"))


def write_declared(folder: Path) -> None:
    """Write the folder in which schemas, relations and all else are declared."""
    for path, value in _RESOURCES.items():
        file = folder / f"{path}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(value))
    (folder / "kvput.toml").write_text(_DECLARATIONS)

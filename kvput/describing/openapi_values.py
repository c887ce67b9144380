"""Schemas in the API's description that are the same whatever stands in the folder.

Belongs here: names and ids, patches, pages. Does not belong here: the schemas of
resources (`openapi_uses`), and those of conditions (`openapi_parameters`).
"""

from collections.abc import Mapping
from typing import Final

from kvput.describing.openapi_parts import Json, schema
from kvput.names import HIGHEST_NUMBER
from kvput.paths import CollectionPath

# 250 bytes and `.json` are the longest file name; in the longest, each character is one byte.
_LONGEST_NAME: Final = 250
_NAME_PATTERN: Final = r"^(?!\.{1,2}$)[^\u0000]+$"

NAME: Final[Json] = {
    "type": "string",
    "description": "The name of a resource: not empty, neither `.` nor `..`, without NUL, and "
    "as a file name, in which some characters are percent-encoded, up to 255 bytes long.",
    "minLength": 1,
    "maxLength": _LONGEST_NAME,
    "pattern": _NAME_PATTERN,
}


def reference(collection: CollectionPath, *, many: bool, is_required: bool = False) -> Json:
    """The schema of a member that names a resource of a collection, or many."""
    noun = "resources" if many else "a resource"
    name = {(False, False): "Reference", (False, True): "Id",
            (True, False): "References", (True, True): "Ids"}[many, is_required]  # fmt: skip
    return {"description": f"Names {noun} of {collection.url}, by id."} | schema(name)


_OF_IDS: Final[Json] = {"type": "array", "items": {"anyOf": [schema("Id"), {"const": ""}]}}
_NONE: Final[list[Json]] = [{"type": "null"}, {"const": ""}]

IDS: Final[Mapping[str, Json]] = {
    "Id": {
        "description": "A resource's name, as a text or a whole number. The letters of a text are "
        "composed (Unicode NFC).",
        "anyOf": [
            {"type": "integer", "minimum": -HIGHEST_NUMBER, "maximum": HIGHEST_NUMBER},
            schema("Name"),
        ],
    },
    "NewId": {
        "description": "The name that a new resource is to have, as a text or a whole number. It "
        "gets the next number where there is no `id`, or where it is null or empty.",
        "anyOf": [schema("Id"), *_NONE],
    },
    "Ids": _OF_IDS | {"minItems": 1, "contains": schema("Id")},
    "Reference": {"anyOf": [schema("Id"), *_NONE]},
    "References": {"anyOf": [_OF_IDS, *_NONE]},
}
"""The schemas of ids, by their names."""

# RFC 6901 section 3: json-pointer = *( "/" reference-token ).
_POINTER: Final[Json] = {"type": "string", "pattern": "^(?:/(?:[^~/]|~[01])*)*$"}
_WITHIN: Final[Json] = {"type": "string", "pattern": "^(?:/(?:[^~/]|~[01])*)+$"}


def _patch_operation(names: list[str], members: Mapping[str, Json]) -> Json:
    properties: Json = {"op": {"enum": names}, **members}
    return {"type": "object", "required": list(properties), "properties": properties}


JSON_PATCH: Final[Json] = {
    "type": "array",
    "description": "Operations that are done in order, all or none (RFC 6902).",
    "maxItems": 10_000,
    "items": {
        "anyOf": [
            _patch_operation(["add", "replace", "test"], {"path": _POINTER, "value": {}}),
            _patch_operation(["remove"], {"path": _WITHIN}),
            _patch_operation(["copy"], {"path": _POINTER, "from": _POINTER}),
            _patch_operation(["move"], {"path": _POINTER, "from": _WITHIN}),
            # RFC 6902 section 4.4: "The "from" location MUST NOT be a proper prefix of the "path"
            # location", which the whole document is of all but itself.
            _patch_operation(["move"], {"path": {"const": ""}, "from": {"const": ""}}),
        ]
    },
}

_AS_NUMBER_OR_NULL: Final[Json] = {"type": ["integer", "null"]}

ENVELOPE: Final[Json] = {
    "type": "object",
    "description": "A page of a list that was asked for with `_per_page`.",
    "required": ["first", "prev", "next", "last", "pages", "items", "data"],
    "properties": {
        "first": {"type": "integer", "description": "The number of the first page: 1."},
        "prev": _AS_NUMBER_OR_NULL,
        "next": _AS_NUMBER_OR_NULL,
        "last": {"type": "integer", "description": "The number of the last page."},
        "pages": {"type": "integer", "description": "How many pages there are."},
        "items": {"type": "integer", "description": "How many resources there are on all pages."},
        "data": {"type": "array", "description": "The resources on this page."},
    },
}

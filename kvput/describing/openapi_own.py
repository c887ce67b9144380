"""Operations of the API's description: the root, and the server's own pages."""

from collections.abc import Iterable, Mapping
from typing import Final

from kvput.describing.openapi_answers import answer, options, responses, without_content
from kvput.describing.openapi_parts import JSON_TYPE, WRITTEN, Json, headers, parameters, schema
from kvput.describing.openapi_problems import Kind


def of_own(batch: Json) -> dict[str, Json]:
    """The path items of the root and of the server's own pages; `batch` is its schema."""
    tag = SERVER_TAG
    return {
        "/": {
            "get": _page("getRoot", "Say what there is", "Collections and resources.", _ROOT),
            "head": _head("headRoot", "Say whether there is a root"),
            "options": options("optionsRoot", tag, "/", ()),
        },
        "/-/batch": {
            "post": {
                "operationId": "batch",
                "tags": [tag],
                "summary": "Do several operations, all or none",
                "description": "Each operation is what a single request would be, done on what "
                "those before it have left; all of them are one commit.",
                "parameters": parameters("if-none-match", "prefer", "idempotency-key"),
                "requestBody": {"required": True, "content": {JSON_TYPE: {"schema": batch}}},
                "responses": responses(
                    Kind.BATCH,
                    {
                        "200": answer(
                            "What became of each operation.",
                            schema("BatchAnswer"),
                            headers(*WRITTEN),
                        ),
                        "204": without_content("All is done.", headers(*WRITTEN)),
                    },
                ),
            },
            "options": options("optionsBatch", tag, "/-/batch", ("Accept-Post",)),
        },
        "/-/health": {
            "get": {
                "operationId": "health",
                "tags": [tag],
                "summary": "Say that the server answers",
                "responses": responses(
                    Kind.OWN,
                    {
                        "200": answer("It does.", _HEALTH, headers("Cache-Control")),
                    },
                ),
            },
            "head": {
                "operationId": "headHealth",
                "tags": [tag],
                "summary": "Say that the server answers, without content",
                "responses": responses(
                    Kind.OWN,
                    {"200": without_content("It does.", headers("Cache-Control"))},
                    has_content=False,
                ),
            },
            "options": options("optionsHealth", tag, "/-/health", ()),
        },
        "/-/openapi.json": {
            "get": _page(
                "getDescription", "Describe this API", "This document, as it is now.", _DESCRIPTION
            ),
            "head": _head("headDescription", "Say whether the description has changed"),
            "options": options("optionsDescription", tag, "/-/openapi.json", ()),
        },
    }


SERVER_TAG: Final = "/-/"

OWN_WORDS: Final = frozenset({"Root", "Batch", "Health", "Description"})
"""The words in `operationId` that operations of collections do not have."""

_PATHS: Final[Json] = {"type": "array", "items": {"type": "string"}}
_ROOT: Final[Json] = {
    "type": "object",
    "required": ["collections", "resources"],
    "properties": {"collections": _PATHS, "resources": _PATHS},
}
_HEALTH: Final[Json] = {
    "type": "object",
    "required": ["status"],
    "properties": {"status": {"const": "ok"}},
}
_DESCRIPTION: Final[Json] = {
    "type": "object",
    "description": "An OpenAPI document (3.1).",
    "required": ["openapi", "info", "paths"],
}


def _page(operation: str, summary: str, description: str, content: Json) -> Json:
    return {
        "operationId": operation,
        "tags": [SERVER_TAG],
        "summary": summary,
        "parameters": parameters("if-match", "if-none-match"),
        "responses": responses(
            Kind.OWN,
            {
                "200": answer(description, content, headers("ETag-always", "Cache-Control")),
                "304": without_content("It has not changed.", headers("ETag-always")),
            },
        ),
    }


def _head(operation: str, summary: str) -> Json:
    return {
        "operationId": operation,
        "tags": [SERVER_TAG],
        "summary": summary,
        "parameters": parameters("if-match", "if-none-match"),
        "responses": responses(
            Kind.OWN,
            {
                "200": without_content("It is there.", {}),
                "304": without_content("It has not changed.", headers("ETag-always")),
            },
            has_content=False,
        ),
    }


# --- batches ----------------------------------------------------------------

# A path as in a request: segments that are neither empty nor "." nor "..", percent-encoded; the
# server's own begin with "-".
_PCHAR: Final = r"(?:[A-Za-z0-9_~!$&'()*+,;=:@.-]|%[2-7][0-9A-F])"
_PATH: Final[Json] = {
    "type": "string",
    "pattern": rf"^/(?!-/|-$)(?:(?!\.{{1,2}}(?:/|$)){_PCHAR}+/)*(?!\.{{1,2}}$){_PCHAR}+$",
}
_TEXT: Final[Json] = {"type": "string"}


# Whose collection may be called either way.
_ALTERNATIVES: Final[Mapping[str, Json]] = {
    "create": {"oneOf": [{"required": ["path"]}, {"required": ["collection"]}]},
}


def batch_schema(
    forms: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]], patch_types: Iterable[str]
) -> Json:
    """The schema of a batch. `forms` are the members that each `op` needs, and that it may have."""
    members: dict[str, object] = {
        "path": _PATH,
        "from": _PATH,
        "collection": _PATH,
        "value": {},
        "type": {"enum": list(patch_types)},
        "ifMatch": _TEXT,
        "ifNoneMatch": _TEXT,
    }
    operations: Json = {
        "type": "array",
        "maxItems": 10_000,
        "items": {
            "oneOf": [
                {
                    "type": "object",
                    "required": ["op", *required],
                    "properties": {"op": {"const": verb}}
                    | {name: members.get(name, {}) for name in (*required, *optional)},
                    "additionalProperties": False,
                    **_ALTERNATIVES.get(verb, {}),
                }
                for verb, (required, optional) in forms.items()
            ]
        },
    }
    return {
        "anyOf": [
            {
                "type": "object",
                "required": ["operations"],
                "properties": {"operations": operations},
                "additionalProperties": False,
            },
            operations,
        ]
    }


BATCH_ANSWER: Final[Json] = {
    "type": "object",
    "required": ["results"],
    "properties": {
        "dryRun": {"const": True},
        "results": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["op", "path", "status"],
                "properties": {
                    "op": _TEXT,
                    "path": _TEXT,
                    "from": _TEXT,
                    "status": {"enum": [200, 201]},
                    "etag": _TEXT,
                    "lastModified": _TEXT,
                    "value": {},
                },
            },
        },
        "changes": {"type": "array", "items": {"type": "object"}},
    },
}

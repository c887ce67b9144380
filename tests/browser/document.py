"""A description of the sample data, small but with one of each thing that a page must show.

The types are recursive, and one schema refers to itself at once. `HOSTILE` are names that would
do harm if a page took them for anything but text.
"""

from typing import Any, Final

Json = dict[str, Any]

_JSON: Final = "application/json"
_TAG: Final = {"description": "The entity tag of what is stored.", "schema": {"type": "string"}}
_PROBLEM: Final = {
    _JSON.replace("json", "problem+json"): {"schema": {"$ref": "#/components/schemas/Problem"}}
}
_NAME: Final = {
    "name": "name",
    "in": "path",
    "required": True,
    "description": "The article's name: the last part of its address.",
    "schema": {"type": "string", "examples": ["1"]},
}
_IF_MATCH: Final = {
    "name": "If-Match",
    "in": "header",
    "description": 'Do it only if the current entity tag is one of these: `"33a64df5"`, or `*`.',
    "schema": {"type": "string"},
}
_PREFER: Final = {
    "name": "Prefer",
    "in": "header",
    "description": "What the answer should hold.",
    "schema": {
        "type": "string",
        "enum": ["return=minimal", "return=representation", "handling=dry-run"],
    },
}


def _answers(*statuses: str, good: Json) -> Json:
    descriptions = {
        "304": "What the client has is current.",
        "400": "The request is not written as it must be.",
        "404": "Nothing is stored there.",
        "412": "A condition of the request is false.",
        "415": "Content of this media type is not read here.",
    }
    problems = {
        status: {"description": descriptions[status], "content": _PROBLEM}
        for status in statuses
        if status != "304"
    }
    unchanged = {"304": {"description": descriptions["304"]}} if "304" in statuses else {}
    return {**good, **unchanged, **problems}


def _content(*types: str, **others: object) -> Json:
    return {each: {"schema": {"$ref": "#/components/schemas/Article"}, **others} for each in types}


_EXAMPLE: Final = {"title": "Mending a seam", "views": 12, "draft": False}

_COLLECTION: Final[Json] = {
    "get": {
        "operationId": "listArticles",
        "tags": ["articles"],
        "summary": "List the articles",
        "description": "The articles that meet **all** conditions, one page at a time.\n\n"
        "- A condition is a member, an operator and a value: `views_gte=100`.\n"
        "- Several conditions are joined by *and*.\n\nSee [the page](https://example.org/query).",
        "parameters": [
            {
                "name": "_limit",
                "in": "query",
                "description": "How many at most.",
                "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "examples": [10]},
            },
            {
                "name": "_sort",
                "in": "query",
                "description": "Members to sort by; a minus sign turns the order round.",
                "style": "form",
                "explode": False,
                "schema": {"type": "array", "items": {"type": "string"}, "examples": [["-views"]]},
            },
            {
                "name": "conditions",
                "in": "query",
                "description": "Members and what they must be.",
                "schema": {"type": "object", "additionalProperties": {"type": "string"}},
            },
            {
                "name": "If-None-Match",
                "in": "header",
                "description": "Answer 304 if the list still has this entity tag.",
                "schema": {"type": "string"},
            },
        ],
        "responses": _answers(
            "304",
            "400",
            good={
                "200": {
                    "description": "The articles of this page.",
                    "headers": {
                        "ETag": _TAG,
                        "X-Total-Count": {
                            "description": "How many there are on all pages.",
                            "schema": {"type": "integer", "minimum": 0},
                        },
                    },
                    "content": {
                        _JSON: {
                            "schema": {
                                "type": "array",
                                "items": {"$ref": "#/components/schemas/Article"},
                            },
                            "example": [{"id": 1, **_EXAMPLE}],
                        }
                    },
                }
            },
        ),
    },
    "post": {
        "operationId": "createArticle",
        "tags": ["articles"],
        "summary": "Add an article",
        "description": "The server chooses the name.",
        "parameters": [_PREFER],
        "requestBody": {
            "required": True,
            "content": {
                **_content(
                    _JSON,
                    examples={
                        "short": {"summary": "A short one", "value": {"title": "Short"}},
                        "long": {"summary": "A long one", "value": _EXAMPLE},
                    },
                ),
                **_content("application/x-www-form-urlencoded", "multipart/form-data", "text/csv"),
            },
        },
        "responses": _answers(
            "400",
            "415",
            good={
                "201": {
                    "description": "The new article, with its `id`.",
                    "headers": {
                        "Location": {
                            "description": "Its address.",
                            "schema": {"type": "string", "format": "uri-reference"},
                        },
                        "ETag": _TAG,
                    },
                    "content": _content(_JSON),
                    "links": {"read": {"operationId": "getArticle"}},
                }
            },
        ),
    },
}
_RESOURCE: Final[Json] = {
    "parameters": [_NAME],
    "get": {
        "operationId": "getArticle",
        "tags": ["articles"],
        "summary": "Read an article",
        "responses": _answers(
            "304",
            "404",
            good={
                "200": {
                    "description": "The article, byte for byte as it was stored.",
                    "headers": {"ETag": _TAG},
                    "content": _content(_JSON),
                }
            },
        ),
    },
    "put": {
        "operationId": "putArticle",
        "tags": ["articles"],
        "summary": "Store an article",
        "description": "What is sent becomes the article.",
        "parameters": [_IF_MATCH, _PREFER],
        "requestBody": {"required": True, "content": _content(_JSON, example=_EXAMPLE)},
        "responses": _answers(
            "400",
            "412",
            good={
                "200": {"description": "It was replaced.", "content": _content(_JSON)},
                "201": {"description": "It is new.", "content": _content(_JSON)},
            },
        ),
    },
    "patch": {
        "operationId": "patchArticle",
        "tags": ["articles"],
        "summary": "Change parts of an article",
        "requestBody": {
            "content": {
                "application/merge-patch+json": {"schema": {}, "example": {"draft": True}},
                "application/json-patch+json": {
                    "schema": {},
                    "example": [{"op": "replace", "path": "/draft", "value": True}],
                },
            }
        },
        "responses": _answers("404", good={"200": {"description": "The article as it is now."}}),
    },
    "delete": {
        "operationId": "deleteArticle",
        "tags": ["articles"],
        "summary": "Remove an article",
        "parameters": [_IF_MATCH],
        "responses": _answers(
            "404",
            "412",
            good={"200": {"description": "What was removed.", "content": _content(_JSON)}},
        ),
    },
}

SCHEMAS: Final[Json] = {
    "Article": {
        "type": "object",
        "description": "A text that somebody has written.",
        "required": ["title"],
        "properties": {
            "id": {"type": ["integer", "string"], "readOnly": True},
            "title": {"type": "string", "minLength": 1, "maxLength": 200},
            "views": {"type": "integer", "minimum": 0, "default": 0},
            "draft": {"type": "boolean"},
            "state": {"enum": ["idea", "text", "print"]},
            "published": {"type": "string", "format": "date-time"},
            "author": {"$ref": "#/components/schemas/Author"},
            "related": {"type": "array", "items": {"$ref": "#/components/schemas/Article"}},
            "place": {
                "anyOf": [
                    {"type": "null"},
                    {
                        "title": "Point",
                        "type": "object",
                        "properties": {"lat": {"type": "number"}, "lon": {"type": "number"}},
                    },
                ]
            },
        },
    },
    "Author": {
        "allOf": [
            {"$ref": "#/components/schemas/Person"},
            {
                "properties": {
                    "articles": {
                        "type": "array",
                        "items": {"$ref": "#/components/schemas/Article"},
                    }
                }
            },
        ]
    },
    "Person": {
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {"type": "string"},
            "knows": {"$ref": "#/components/schemas/Person"},
        },
    },
    "Problem": {
        "type": "object",
        "description": "What went wrong (RFC 9457).",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {"type": "string", "format": "uri"},
            "title": {"type": "string"},
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": {"type": "string"},
        },
    },
}

DOCUMENT: Final[Json] = {
    "openapi": "3.1.0",
    "info": {
        "title": "Workshop notes",
        "version": "1.2.3",
        "description": "A folder of JSON files, as an API.",
    },
    "tags": [
        {"name": "articles", "description": "What the workshop has written."},
        {"name": "server", "description": "The server itself."},
    ],
    "paths": {
        "/articles": _COLLECTION,
        "/articles/{name}": _RESOURCE,
        "/-/health": {
            "get": {
                "operationId": "health",
                "tags": ["server"],
                "summary": "Ask whether the server answers",
                "responses": {
                    "200": {
                        "description": "It does.",
                        "content": {_JSON: {"schema": {"type": "object"}}},
                    }
                },
            }
        },
    },
    "components": {"schemas": SCHEMAS},
}

# Each is a name of a file that somebody may have made. `hurt` is what they would set.
HOSTILE: Final = (
    "<script>window.hurt=1</script>",
    "<img src=x onerror=window.hurt=1>",
    "\"><svg onload='window.hurt=1'>",
    "</script><script>window.hurt=1</script>",
    "' onmouseover='window.hurt=1",
    "javascript:window.hurt=1",
    "{{constructor.constructor('window.hurt=1')()}}",
    "${window.hurt=1}",
    "__proto__",
    "constructor",
    "toString",
    "\u202egnp.exe",
    "a/b?c#d%2e%00",
    "-->",
    "x" * 300,
)


def hostile_document() -> Json:
    """Each hostile name in each place where a document holds a name or a text."""
    paths: Json = {}
    for number, name in enumerate(HOSTILE):
        schema = {
            "title": name,
            "description": f"{name} [{name}](javascript:window.hurt=1) `{name}`",
            "type": "object",
            "required": [name],
            "properties": {name: {"$ref": "#/components/schemas/" + _pointed(name)}},
            "patternProperties": {name: {"type": "string", "pattern": name, "format": name}},
            "example": {name: name},
        }
        operation = {
            "operationId": name,
            "tags": [name],
            "summary": name,
            "description": f"{name} [link](javascript:window.hurt=1)",
            "parameters": [
                {
                    "name": name,
                    "in": "query",
                    "description": name,
                    "schema": {"type": "string", "enum": [name], "default": name},
                },
                {"name": name, "in": "header", "schema": {"type": "string"}, "example": name},
            ],
            "requestBody": {
                "description": name,
                "content": {name: {"schema": schema, "examples": {name: {"value": name}}}},
            },
            "responses": {
                "200": {
                    "description": name,
                    "headers": {name: {"description": name, "schema": {"type": "string"}}},
                    "content": {name: {"schema": schema}},
                    "links": {name: {"operationId": name}},
                },
                name: {"description": name},
            },
        }
        paths[f"/{number}/{name}"] = {"post": operation}
    return {
        "openapi": "3.1.0",
        "info": {"title": HOSTILE[0], "version": HOSTILE[1], "description": HOSTILE[2]},
        "tags": [{"name": name, "description": name} for name in HOSTILE],
        "paths": paths,
        "components": {"schemas": {name: {"type": "string", "enum": [name]} for name in HOSTILE}},
    }


def _pointed(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1").replace("%", "%25")

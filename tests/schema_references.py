"""What `$ref` may be in `schemas/article.json`, and the file that is meant by it.

One table, to which all are held that follow references: what resources are held
against, `kvput types`, and the API's description.
"""

from typing import Final

ARTICLE: Final = "schemas/article.json"
_TEXT: Final = {"type": "string"}

Files = dict[str, object]
"""The contents of files, by their names."""


def _holding(file: str, *, identifier: str | None = None) -> Files:
    """A file that is a text's schema, and has another one in it."""
    named = {} if identifier is None else {"$id": identifier}
    return {file: {**named, **_TEXT, "$defs": {"x": {"$anchor": "an", **_TEXT}}}}


_BY_PLACE: Final = {
    "author.json": "schemas/author.json",
    "author": "schemas/author.json",
    "author.json#": "schemas/author.json",
    "author.json#/$defs/x": "schemas/author.json",
    "author#/$defs/x": "schemas/author.json",
    "author#an": "schemas/author.json",
    "./author.json": "schemas/author.json",
    "sub/author.json": "schemas/sub/author.json",
    "sub/author": "schemas/sub/author.json",
    "../shared/defs.json": "shared/defs.json",
    "../shared/defs#/$defs/x": "shared/defs.json",
    "/shared/defs.json": "shared/defs.json",
    "/shared/defs": "shared/defs.json",
    "../../../shared/defs.json": "shared/defs.json",
    "a%20b.json": "schemas/a b.json",
    "%C3%A4.json": "schemas/ä.json",
    # The file's name has the percent sign, as every URI of it has to say.
    "a%253Ab.json": "schemas/a%3Ab.json",
    "v1.2": "schemas/v1.2.json",
}
_BY_ID: Final = [
    ("schemas/a.json", "https://example.com/author", "https://example.com/author"),
    ("schemas/a.json", "https://example.com/author", "https://example.com/author#/$defs/x"),
    ("schemas/a.json", "https://example.com/author", "https://example.com/author#an"),
    ("schemas/a.json", "https://example.com/author#", "https://example.com/author"),
    ("schemas/a/b/c.json", "https://example.com/author", "https://example.com/author"),
    ("schemas/a.json", "urn:example:author", "urn:example:author"),
    # As it is itself a reference, it is relative to its file's place.
    ("schemas/a/b.json", "../writer.json", "writer.json"),
    ("schemas/a.json", "/people/author", "/people/author"),
]
_ODD: Final[Files] = {
    "schemas/0.json": {"$id": "https://example.com/other"},
    "schemas/1.json": b"no JSON",
    "schemas/2.json": {"$id": 3},
    "schemas/3.json": {"$id": "http://[x"},
}
"""Files among which one is looked for by its `$id`."""

FOUND: Final[list[tuple[object, Files]]] = [
    *(({"$ref": reference}, _holding(file)) for reference, file in _BY_PLACE.items()),
    *(
        ({"$ref": reference}, {**_ODD, **_holding(file, identifier=identifier)})
        for file, identifier, reference in _BY_ID
    ),
    # What is referred to refers on, from where it stands.
    (
        {"$ref": "a/b"},
        {"schemas/a/b.json": {"$ref": "c"}, **_holding("schemas/a/c.json")},
    ),
    (
        {"$ref": "/shared/defs#/$defs/y"},
        {
            "shared/defs.json": {"$defs": {"y": {"$ref": "urn:example:author"}}},
            # The folder of the schema that is declared is the one that is looked through.
            **_holding("schemas/a.json", identifier="urn:example:author"),
        },
    ),
    # Where a schema has an `$id`, its references go out from that (core, section 9.1.1).
    (
        {"$id": "https://example.com/v1/article", "$ref": "author"},
        {
            "schemas/author.json": {"type": "null"},
            **_holding("schemas/a.json", identifier="https://example.com/v1/author"),
        },
    ),
    (
        {"allOf": [{"$id": "sub/", "$ref": "author"}]},
        _holding("schemas/sub/author.json"),
    ),
]
"""The schema of a text, and the files beside it that it is made of."""

NOT_FOUND: Final[list[tuple[str, Files]]] = [
    ("author.json", {}),
    ("author.txt", _holding("schemas/author.json")),
    ("/author", _holding("schemas/author.json")),
    ("author#/$defs/y", _holding("schemas/author.json")),
    ("author#none", _holding("schemas/author.json")),
    ("broken", {"schemas/broken.json": b"{"}),
    ("/-/health", {}),
    ("https://example.com/a", _holding("a.json", identifier="https://example.com/a")),
    ("file://host/schemas/author.json", _holding("schemas/author.json")),
    ("file:///etc/passwd", {}),
    # Two of one name: there is none that is meant.
    (
        "https://example.com/a",
        {
            **_holding("schemas/a.json", identifier="https://example.com/a"),
            **_holding("schemas/b/c.json", identifier="https://example.com/a"),
        },
    ),
]
"""A reference that leads nowhere, and the files that there are."""

"""Pieces of the API's description that are referred to by name, and the header fields.

Belongs here: how operations refer to what they share, and the header fields of
answers. Does not belong here: parameters (`openapi_parameters`), problems
(`openapi_problems`), and schemas (`openapi_values`, `openapi_schemas`).
"""

from collections.abc import Mapping
from typing import Final

Json = dict[str, object]

JSON_TYPE: Final = "application/json"


def parameters(*names: str) -> list[Json]:
    """References to parameters by their names in `openapi_parameters.PARAMETERS`."""
    return [{"$ref": f"#/components/parameters/{name}"} for name in names]


def headers(*names: str) -> Json:
    """References to header fields by their names in HEADERS, for a response.

    The field of a name that ends in `-always` is there in each such response.
    """
    return {name.removesuffix(_ALWAYS): {"$ref": f"#/components/headers/{name}"} for name in names}


def schema(name: str) -> Json:
    """A reference to a schema by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


# --- header fields ----------------------------------------------------------

_ALWAYS: Final = "-always"
_ANY_TEXT: Final[Json] = {"type": "string"}
_WHOLE_NUMBER: Final[Json] = {"type": "integer", "minimum": 0}
# RFC 9110 section 5.6.7: IMF-fixdate.
_DATE: Final[Json] = {
    "type": "string",
    "pattern": "^[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT$",
}
_PATH: Final[Json] = {"type": "string", "pattern": "^/[!-~]*$"}
_METHODS: Final[Json] = {"type": "string", "pattern": "^[A-Z]+(?:, [A-Z]+)*$"}

_FIELDS: Final[Mapping[str, tuple[str, Json]]] = {
    "ETag": ("The entity tag.", {"type": "string", "pattern": '^"[0-9a-f]{32}"$'}),
    "Last-Modified": ("When the resource was changed last.", _DATE),
    "Cache-Control": ("How long the answer may be kept.", _ANY_TEXT),
    "Accept-Ranges": ("That `Range` is understood.", {"const": "bytes"}),
    "Content-Range": ("Which part of it all the content is.", _ANY_TEXT),
    "X-Total-Count": ("How many resources there are, on all pages.", _WHOLE_NUMBER),
    "Left-Out": ("Files that no list can show, since they are no JSON (RFC 9651).", _ANY_TEXT),
    "Link": ("Other pages, or related resources (RFC 8288).", _ANY_TEXT),
    "Location": ("The address of what was created.", _PATH),
    "Content-Location": ("The address of what the content is.", _PATH),
    "Preference-Applied": ("What was done of that which `Prefer` asks for.", _ANY_TEXT),
    "Related-Count": ("How many other resources have changed with it.", _WHOLE_NUMBER),
    "Allow": ("The methods that are possible here now.", _METHODS),
    "Accept": ("The media types that are taken.", _ANY_TEXT),
    "Accept-Post": ("The media types that POST takes.", _ANY_TEXT),
    "Accept-Patch": ("The media types that PATCH takes.", _ANY_TEXT),
    "Accept-Encoding": ("The content codings that are taken.", _ANY_TEXT),
}


def _headers() -> dict[str, Json]:
    by_name: dict[str, Json] = {}
    for name, (description, of_value) in _FIELDS.items():
        by_name[name] = {"description": description, "schema": of_value}
        by_name[name + _ALWAYS] = by_name[name] | {"required": True}
    return by_name


WRITTEN: Final = ("Preference-Applied", "Link", "Related-Count")
"""The header fields in the answer to any write."""

HEADERS: Final[Mapping[str, Json]] = _headers()
"""The header fields of answers, by the names under which they stand in `components`."""

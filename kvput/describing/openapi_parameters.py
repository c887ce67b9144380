"""Parameters in the API's description: of queries and header fields, and conditions as JSON.

Their schemas are exact: what meets them is taken, and what does not is refused, as
far as one parameter can tell. Which of them contradict one another, their
descriptions say: OpenAPI has no word for it.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from kvput.describing.openapi_parts import JSON_TYPE, Json, parameters, schema
from kvput.names import HIGHEST_NUMBER
from kvput.query import json_server, simple_rest
from kvput.query.conditions import OPERATORS, SUFFIXES
from kvput.query.json_server import MAX_NAMES

# --- conditions as parameters

# How axios and jQuery write the elements of an array, "tags[]", says nothing more than "tags".
_CONDITION_NAME: Final = rf"^(?:[^_:\[][^:\[]*|[\s\S]+:(?:{'|'.join(OPERATORS)}))(?:\[\])?$"

# Whatever is asked for is sent as a text, and a list as several; of an empty one, nothing is sent.
_SENT: Final[Json] = {"type": ["string", "number", "boolean", "null"]}
_ASKED_FOR: Final[Json] = {"anyOf": [_SENT, {"type": "array", "minItems": 1, "items": _SENT}]}
_EMPTY: Final[Json] = {"anyOf": [{"const": ""}, {"type": "array", "contains": {"const": ""}}]}
_MET_BY_ANY_TEXT_IF_EMPTY: Final = (
    r"(?::(?:gte|contains|startsWith|endsWith|like)|_gte|_like)(?:\[\])?$"
)


def conditions(members: Iterable[str], *, required: bool) -> Json:
    """The parameter that stands for all conditions: each is a parameter of the URL by itself.

    `members` are names that a client may ask for. Where there must be a condition,
    it must be one that leaves something out.
    """
    of_conditions: Json = {
        "type": "object",
        "properties": {name: _ASKED_FOR for name in members if _is_condition(name)},
        "additionalProperties": _ASKED_FOR,
        "propertyNames": {"pattern": _CONDITION_NAME},
    }
    if required:
        of_conditions["not"] = {
            "description": "Nothing but conditions that all texts meet.",
            "patternProperties": {_MET_BY_ANY_TEXT_IF_EMPTY: _EMPTY},
            "additionalProperties": False,
        }
    return {
        "name": "conditions",
        "in": "query",
        "required": required,
        "description": _ABOUT_CONDITIONS,
        "style": "form",
        "explode": True,
        "schema": of_conditions,
    }


def _is_condition(member: str) -> bool:
    """Whether the parameter of a member's bare name asks for its value, and nothing else."""
    if member in json_server.PARAMETERS or member in simple_rest.PARAMETERS:
        return False
    is_plain = _NO_CONDITION.search(member) is None
    return is_plain and not member.endswith(tuple(SUFFIXES))


_NO_CONDITION: Final = re.compile(r"^_|[:\[\]]|^$")

_ABOUT_CONDITIONS: Final = (
    "Conditions that resources must meet, each a parameter of its own: the name of a member "
    "(`author=2`), with dots into objects and lists (`links.website`, `tags.0`). An operator may "
    f"follow behind a colon, as in `views:gte=5`: {', '.join(OPERATORS)}. Those that may also end "
    f"the name are {', '.join(SUFFIXES)}. Several values of one condition ask for one of them "
    "(`tags=clay&tags=wood`), several conditions must all hold."
)

# --- all others

_FROM_0: Final[Json] = {"type": "integer", "minimum": 0, "maximum": HIGHEST_NUMBER}
_FROM_1: Final[Json] = {"type": "integer", "minimum": 1, "maximum": HIGHEST_NUMBER}
_ANY_TEXT: Final[Json] = {"type": "string"}
# RFC 9110 section 8.8.3: entity-tag = [ weak ] opaque-tag, in lists that may have empty elements.
_TAG: Final = r'(?:W/)?"[!#-~\u0080-\u00ff]*"'
_TAGS: Final[Json] = {
    "type": "string",
    "pattern": rf"^[ \t]*(?:\*|(?:,[ \t]*)*(?:{_TAG}[ \t]*(?:,[ \t]*(?:{_TAG}[ \t]*)?)*)?)[ \t]*$",
}


# What a name may have around it. A minus before it must not stand alone.
_SPACE: Final = r"\t-\r\u001c-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_SORT_NAME: Final = rf"^[{_SPACE}]*(?:[^,{_SPACE}-][^,]*|-[^,]*[^,{_SPACE}][^,]*)$"
_OF_NAMES: Final[Json] = {"type": "array", "items": {"type": "string", "pattern": _SORT_NAME}}


def _query(name: str, description: str, of_value: Json) -> Json:
    parameter: Json = {"name": name, "in": "query", "description": description, "schema": of_value}
    if of_value.get("type") == "array":
        parameter |= {"style": "form", "explode": False}
    return parameter


def _field(name: str, description: str, of_value: Json = _ANY_TEXT) -> Json:
    return {"name": name, "in": "header", "description": description, "schema": of_value}


PARAMETERS: Final[Mapping[str, Json]] = {
    "search": _query(
        "q", "A text that stands anywhere in the resource; case does not count.", _ANY_TEXT
    ),
    "where": {
        "name": "_where",
        "in": "query",
        "description": "Conditions as JSON: members of an object, with a value, a list of values, "
        'or operators as in `{"views": {"gte": 5, "lt": 9}}`. `and` and `or` take lists of such '
        "objects, `q` searches. `filter`, of react-admin's simple-rest, takes the same.",
        "content": {JSON_TYPE: {"schema": schema("Conditions")}},
    },
    "sort": _query(
        "_sort",
        "The members to sort by; a minus before the name turns the order round. `_order`, with "
        "`asc` and `desc` at the same places, does so as well.",
        _OF_NAMES,
    ),
    "page": _query(
        "_page",
        "The number of a page, the first being 1. Its size is `_limit`, or 10; with `_per_page` "
        "instead, the answer is an envelope.",
        _FROM_1,
    ),
    "limit": _query(
        "_limit",
        "How many resources to show, from `_start` on or on a `_page`, where it is at least 1.",
        _FROM_0,
    ),
    "per-page": _query(
        "_per_page",
        "The size of the `_page`; the answer is an envelope. Without `_limit`.",
        _FROM_1,
    ),
    "start": _query("_start", "The place of the first one, from 0. Without `_page`.", _FROM_0),
    "end": _query("_end", "The place behind the last one. Without `_page` and `_limit`.", _FROM_0),
    "embed": _query(
        "_embed",
        f"Up to {MAX_NAMES} collections, divided by commas, whose resources belong to each "
        "resource, as members such as `articleId` tell; they become a member of it.",
        _ANY_TEXT,
    ),
    "expand": _query(
        "_expand",
        f"Up to {MAX_NAMES} nouns, divided by commas, such as `author`: the resource that "
        "`authorId` or `author` names becomes a member.",
        _ANY_TEXT,
    ),
    "types": _query(
        "types",
        "What becomes of the texts of forms and tables: `guess` makes values of those that are "
        "written just as JSON writes them.",
        {"enum": ["guess", "strings"]},
    ),
    "if-match": _field(
        "If-Match",
        "Entity tags: nothing is done, and the answer is 412, unless one of them is the current "
        "one. `*` stands for any.",
        _TAGS,
    ),
    "if-none-match": _field(
        "If-None-Match",
        "Entity tags: where one of them is the current one, a read is answered with 304, and a "
        "write is not done (412). `*` stands for any.",
        _TAGS,
    ),
    "if-modified-since": _field(
        "If-Modified-Since",
        "A date: where nothing has changed since, the answer is 304. What is no date is ignored.",
    ),
    "if-unmodified-since": _field(
        "If-Unmodified-Since",
        "A date: nothing is done (412) if there was a change since. What is no date is ignored.",
    ),
    "range": _field(
        "Range",
        "Which bytes to send, as in `bytes=0-99`. What is no range of bytes is ignored.",
    ),
    "if-range": _field(
        "If-Range",
        "An entity tag or a date: `Range` counts only if it is still that of the resource.",
    ),
    "prefer": _field(
        "Prefer",
        "`return=minimal` asks for no content, `return=representation` for what is stored, with "
        "`; changes` for an object in which that is the `value`, and `changes` is a list of all "
        "that has changed. `handling=dry-run` does nothing, and tells what would be done. Others "
        "are ignored.",
    ),
    "idempotency-key": _field(
        "Idempotency-Key",
        "A new text for each new request: sent again with the same one within 24 hours, the "
        "request is not done again, and has the same answer.",
        {
            "type": "string",
            "pattern": r'^(?:[!#-+\--\[\]-~]{1,255}|"(?:[ !#-\[\]-~]|\\["\\]){1,255}")$',
        },
    ),
}
"""The parameters that stand in `components`, by the names under which they do."""


def related(embed: Iterable[str] = (), expand: Iterable[str] = ()) -> list[Json]:
    """The parameters `_embed` and `_expand`: with the names that they take, if these are known."""
    named = [
        _query(name, description, {"type": "array", "items": {"enum": names}, **_UP_TO_MAX_NAMES})
        for name, description, names in (
            ("_embed", _ABOUT_EMBED, list(embed)),
            ("_expand", _ABOUT_EXPAND, list(expand)),
        )
        if names
    ]
    return named or parameters("embed", "expand")


_UP_TO_MAX_NAMES: Final[Json] = {"maxItems": MAX_NAMES, "uniqueItems": True}
_ABOUT_EMBED: Final = (
    "Members and collections: the resources that relations lead to from this one become a member "
    "of it, in the place of ids."
)
_ABOUT_EXPAND: Final = (
    "Members: the resources that they name become a member in the place of the ids."
)


# --- conditions as JSON

_NULLABLE: Final[Json] = {"type": ["string", "number", "boolean", "null"]}
_SCALAR: Final[Json] = {"type": ["string", "number", "boolean"]}
_EQUALITY: Final = ("eq", "ne", "in")
# Others take no null, and are members of the member.
_MEMBER_NAME: Final = rf"^(?:[^$:][^:]*|[\s\S]+:(?:{'|'.join(_EQUALITY)}))$"


def _or_list(of_value: Json) -> Json:
    """What a member is compared with: a value, one of several, or what its own members ask for."""
    several: Json = {"type": "array", "items": of_value}
    return {"anyOf": [of_value, several, schema("ConditionsWithin")]}


def _conditions_as_json(further: Mapping[str, Json]) -> Json:
    return {
        "type": "object",
        "properties": {"and": _CONDITION_LISTS, "or": _CONDITION_LISTS, **further},
        "additionalProperties": _or_list(_NULLABLE),
        "propertyNames": {"pattern": _MEMBER_NAME},
    }


_CONDITION_LISTS: Final[Json] = {"type": "array", "items": schema("Conditions")}

CONDITIONS: Final[Mapping[str, Json]] = {
    "Conditions": _conditions_as_json({"q": {"type": "string"}}),
    "ConditionsWithin": _conditions_as_json(
        {name: _or_list(_NULLABLE if name in _EQUALITY else _SCALAR) for name in OPERATORS}
    ),
}
"""The schemas of conditions as JSON, by their names: of a resource, and of a member of it."""

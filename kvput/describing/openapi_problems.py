"""Problems in the API's description: which of them each kind of operation may be answered with.

Belongs here: the table of them, and the responses that it becomes. Does not belong
here: what each problem means, which `kvput.semantics.problem` says in few words and
`docs/problems.md` in many.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Final

from kvput.errors import (
    ContentTooLarge,
    CounterDamaged,
    DiskFull,
    ExpectationFailed,
    FieldsTooLarge,
    HiddenName,
    HostNotAllowed,
    IdChanged,
    IdTaken,
    InvalidContent,
    InvalidPatch,
    InvalidPath,
    InvalidReference,
    KeyReused,
    KvputError,
    MalformedContent,
    MalformedField,
    MalformedParameter,
    MalformedRequest,
    MethodNotAllowed,
    NameClash,
    NameInTheWay,
    NotFound,
    NotUnique,
    OriginNotAllowed,
    PartialContent,
    PatchConflict,
    PathTooLong,
    PreconditionFailed,
    RangeNotSatisfiable,
    ReadOnly,
    Referenced,
    SchemaViolated,
    StoredContentMalformed,
    StoreFailed,
    Unreadable,
    UnsupportedContentCoding,
    UnsupportedMediaType,
)
from kvput.semantics.problem import INTERNAL, MEDIA_TYPE, PROBLEM_TYPES, ProblemType

Json = dict[str, object]


class Kind(Enum):
    """What an operation does, as far as it matters for what may go wrong."""

    OWN = "Own"
    LIST = "List"
    READ = "Read"
    POST = "Post"
    PUT = "Put"
    PATCH = "Patch"
    DELETE = "Delete"
    DELETE_MANY = "DeleteMany"
    BATCH = "Batch"


_Errors = tuple[type[KvputError], ...]

_ANY: Final[_Errors] = (
    InvalidPath,
    MalformedRequest,
    MalformedField,
    HostNotAllowed,
    PathTooLong,
    FieldsTooLarge,
    StoreFailed,
)
_READS: Final[_Errors] = (Unreadable, NotFound, PreconditionFailed)
_WRITES: Final[_Errors] = (
    OriginNotAllowed,
    Unreadable,
    ReadOnly,
    MethodNotAllowed,
    PreconditionFailed,
    ContentTooLarge,
    ExpectationFailed,
    DiskFull,
)
# What is declared of one collection may concern what is written in another.
_RULES: Final[_Errors] = (Referenced, NotUnique, SchemaViolated, InvalidReference, InvalidContent)
_CONTENT: Final[_Errors] = (
    MalformedContent,
    NotFound,
    HiddenName,
    NameClash,
    NameInTheWay,
    UnsupportedMediaType,
    UnsupportedContentCoding,
    *_RULES,
)

_ERRORS: Final[Mapping[Kind, _Errors]] = {
    Kind.OWN: (*_ANY, PreconditionFailed),
    Kind.LIST: (*_ANY, *_READS, MalformedParameter),
    Kind.READ: (*_ANY, *_READS, MalformedParameter, StoredContentMalformed, RangeNotSatisfiable),
    Kind.POST: (
        *_ANY, *_WRITES, *_CONTENT, MalformedParameter, IdTaken, CounterDamaged, KeyReused,
    ),
    Kind.PUT: (*_ANY, *_WRITES, *_CONTENT, PartialContent, StoredContentMalformed),
    Kind.PATCH: (
        *_ANY, *_WRITES, *_CONTENT, InvalidPatch, IdChanged, PatchConflict, StoredContentMalformed,
    ),
    Kind.DELETE: (
        *_ANY, *_WRITES, *_RULES, NotFound, MalformedParameter, StoredContentMalformed,
    ),
    Kind.DELETE_MANY: (
        *_ANY, *_WRITES, *_RULES, NotFound, MalformedParameter, StoredContentMalformed,
    ),
    Kind.BATCH: (
        *_ANY, *_WRITES, *_CONTENT, IdTaken, IdChanged, InvalidPatch, PatchConflict,
        StoredContentMalformed, CounterDamaged, KeyReused,
    ),
}  # fmt: skip

_FIELDS: Final[Mapping[int, Mapping[str, str]]] = {
    405: {"Allow": "Allow-always"},
    415: {name: name for name in ("Accept", "Accept-Post", "Accept-Patch", "Accept-Encoding")},
    416: {"Content-Range": "Content-Range"},
}
"""Header fields beside a problem, by its status, each with its component."""


def problem_responses(kind: Kind, *, has_content: bool = True) -> Json:
    """References to what may go wrong, by status. The answer to HEAD has no content."""
    return {
        str(status): {"$ref": f"#/components/responses/{_name(kind, status, has_content)}"}
        for status in _by_status(kind)
    }


def problem_components() -> Json:
    """What `problem_responses` refers to, by its name."""
    return {
        _name(kind, status, has_content): _response(status, types, has_content=has_content)
        for kind in Kind
        for status, types in _by_status(kind).items()
        for has_content in ((True, False) if kind in _FOR_HEAD else (True,))
    }


_FOR_HEAD: Final = frozenset({Kind.OWN, Kind.LIST, Kind.READ})


def _name(kind: Kind, status: int, has_content: bool) -> str:
    return f"{kind.value}{'' if has_content else 'Head'}{status}"


def _by_status(kind: Kind) -> dict[int, list[ProblemType]]:
    by_status: dict[int, list[ProblemType]] = {}
    for error in _ERRORS[kind]:
        type_ = PROBLEM_TYPES[error]
        types = by_status.setdefault(type_.status, [])
        if type_ not in types:
            types.append(type_)
    by_status[INTERNAL.status] = [INTERNAL]
    return dict(sorted(by_status.items()))


def _response(status: int, types: list[ProblemType], *, has_content: bool) -> Json:
    response: Json = {"description": "\n".join(f"- `{each.name}`: {each.title}." for each in types)}
    if status in _FIELDS:
        response["headers"] = {
            field: {"$ref": f"#/components/headers/{component}"}
            for field, component in _FIELDS[status].items()
        }
    if has_content:
        schema: Json = {
            "$ref": "#/components/schemas/Problem",
            "properties": {
                "type": {"enum": [each.uri for each in types]},
                "status": {"const": status},
            },
        }
        response["content"] = {MEDIA_TYPE: {"schema": schema}}
    return response


def _text(description: str) -> Json:
    return {"type": "string", "description": description}


def _number(description: str) -> Json:
    return {"type": "integer", "description": description}


PROBLEM: Final[Json] = {
    "type": "object",
    "description": "What went wrong (RFC 9457). Some types have further members.",
    "required": ["type", "title", "status", "detail", "message"],
    "properties": {
        "type": _text("The kind of problem: an identifier, not an address to look up."),
        "title": _text("The kind of problem in a few words, always the same ones."),
        "status": _number("The HTTP status, once more."),
        "detail": _text("What is wrong with this very request, and what to do about it."),
        "instance": _text("The path of the request."),
        "message": _text("The same as `detail`, for clients that show this member."),
        "line": _number("The line of the content that is at fault, from 1."),
        "column": _number("The character in that line, from 1."),
        "pointer": _text("A JSON Pointer (RFC 6901) to the value that is at fault."),
        "row": _number("Which of many resources is at fault, from 1."),
        "operation": _number("Which operation is at fault, from 0."),
        "errors": {
            "type": "object",
            "description": "What is wrong with each field, for forms that show it there.",
            "additionalProperties": {"type": "string"},
        },
    },
}

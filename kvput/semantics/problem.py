"""Errors as problem details (RFC 9457): each error's problem type, status and document.

This module holds: the one table from the classes of `kvput.errors` to problem
types, and the bytes of a problem document. It does not hold: what goes wrong
when (the errors are raised where it does), nor the header fields of the answer
(an error carries its own).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import orjson

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
    MethodNotImplemented,
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
    VersionNotSupported,
)

MEDIA_TYPE: Final = "application/problem+json"
"""RFC 9457 section 3."""


@dataclass(frozen=True, slots=True)
class ProblemType:
    """A kind of problem (RFC 9457 section 3.1).

    `name` is the last part of its URI, `status` an HTTP status code, `title`
    the same few words for each occurrence.
    """

    name: str
    status: int
    title: str

    @property
    def uri(self) -> str:
        """The `type` member: an identifier that nobody has to look up."""
        return f"urn:kvput:problem:{self.name}"


INTERNAL: Final = ProblemType("internal-error", 500, "The server failed")
"""What every error without a row is: a fault of the server, not of the request."""

PROBLEM_TYPES: Final[Mapping[type[KvputError], ProblemType]] = MappingProxyType(
    {
        InvalidPath: ProblemType("invalid-path", 400, "The path names no resource"),
        PathTooLong: ProblemType("path-too-long", 414, "The path is too long"),
        NotFound: ProblemType("not-found", 404, "Nothing is stored here"),
        MalformedParameter: ProblemType(
            "malformed-parameter", 400, "A parameter of the query is malformed"
        ),
        MethodNotAllowed: ProblemType(
            "method-not-allowed", 405, "The method is not allowed at this path"
        ),
        MethodNotImplemented: ProblemType(
            "method-not-implemented", 501, "The method is not implemented"
        ),
        MalformedRequest: ProblemType("malformed-request", 400, "The request is malformed"),
        VersionNotSupported: ProblemType(
            "version-not-supported", 505, "The version of the protocol is not supported"
        ),
        FieldsTooLarge: ProblemType("fields-too-large", 431, "The header fields are too large"),
        MalformedField: ProblemType("malformed-field", 400, "A header field is malformed"),
        ExpectationFailed: ProblemType("expectation-failed", 417, "The expectation is unknown"),
        HostNotAllowed: ProblemType("host-not-allowed", 403, "The host is not allowed"),
        OriginNotAllowed: ProblemType("origin-not-allowed", 403, "The origin is not allowed"),
        MalformedContent: ProblemType("malformed-content", 400, "The content is malformed"),
        InvalidContent: ProblemType("invalid-content", 422, "The content cannot be taken"),
        SchemaViolated: ProblemType(
            "schema-violated", 422, "The content is not what the schema asks for"
        ),
        InvalidReference: ProblemType("invalid-reference", 422, "A reference cannot be taken"),
        InvalidPatch: ProblemType("invalid-patch", 422, "The patch cannot be taken"),
        ContentTooLarge: ProblemType("content-too-large", 413, "The content is too large"),
        PartialContent: ProblemType("partial-content", 400, "The content is only a part"),
        UnsupportedMediaType: ProblemType(
            "unsupported-media-type", 415, "The media type is not supported"
        ),
        UnsupportedContentCoding: ProblemType(
            "unsupported-content-coding", 415, "The content coding is not supported"
        ),
        RangeNotSatisfiable: ProblemType(
            "range-not-satisfiable", 416, "The range is not satisfiable"
        ),
        Unreadable: ProblemType("unreadable", 403, "What is stored cannot be read"),
        PreconditionFailed: ProblemType("precondition-failed", 412, "A precondition is false"),
        HiddenName: ProblemType("hidden-name", 409, "The write would hide stored data"),
        NameClash: ProblemType("name-clash", 409, "The disk confuses the name with another"),
        NameInTheWay: ProblemType("name-in-the-way", 409, "Something else has the name on disk"),
        IdTaken: ProblemType("id-taken", 409, "The id is taken"),
        NotUnique: ProblemType("not-unique", 409, "The value is taken"),
        Referenced: ProblemType("referenced", 409, "Other resources name it"),
        IdChanged: ProblemType("id-changed", 409, "The id cannot be changed"),
        PatchConflict: ProblemType("patch-conflict", 409, "The patch does not fit"),
        StoredContentMalformed: ProblemType(
            "stored-content-malformed", 409, "What is stored is malformed"
        ),
        KeyReused: ProblemType("key-reused", 422, "The idempotency key was used before"),
        CounterDamaged: ProblemType("counter-damaged", 409, "The id counter is damaged"),
        ReadOnly: ProblemType("read-only", 403, "The data is read-only"),
        DiskFull: ProblemType("disk-full", 507, "The disk is full"),
        StoreFailed: ProblemType("store-failed", 503, "The store takes no writes"),
    }
)
"""Each error that can become an answer; a subclass without a row has its base's."""


def problem_type(error: BaseException) -> ProblemType:
    """The problem type of an error; INTERNAL where it is not one for the client."""
    for error_class in type(error).__mro__:
        if error_class in PROBLEM_TYPES:
            return PROBLEM_TYPES[error_class]
    return INTERNAL


def problem_document(
    kind: ProblemType,
    detail: str,
    instance: str | None,
    members: Mapping[str, object],
) -> bytes:
    """The problem as JSON in UTF-8 (RFC 9457 section 3).

    `detail` is the error's sentence, `instance` the request target, None where
    there is none to name. `members` are JSON values; they follow the standard
    members and cannot replace them. Every text may hold what a request held: a
    lone surrogate, which UTF-8 has not, becomes U+FFFD.
    """
    standard: dict[str, object] = {
        "type": kind.uri,
        "title": kind.title,
        "status": kind.status,
        "detail": detail,
        **({} if instance is None else {"instance": instance}),
        # Admin front ends of the ecosystem show this member as it is.
        "message": detail,
    }
    # RFC 9457 section 3.2: "Problem type definitions MAY extend the problem details object
    # with additional members". The standard ones stand first for their place, last for
    # their values.
    document = {**standard, **members, **standard}
    try:
        return orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE)
    except orjson.JSONEncodeError:
        return orjson.dumps(_without_surrogates(document), option=orjson.OPT_APPEND_NEWLINE)


def _without_surrogates(value: object) -> object:
    """The JSON value with U+FFFD for each lone surrogate in its texts."""
    match value:
        case str():
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case Mapping():
            return {
                _without_surrogates(key): _without_surrogates(item) for key, item in value.items()
            }
        case list() | tuple():
            return [_without_surrogates(item) for item in value]
        case _:
            return value

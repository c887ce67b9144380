"""Every error that kvput raises on purpose, and what each carries.

An error's text is one sentence for the person who made the request: what is
wrong and what to do. Which status and problem type an error becomes over HTTP
is a table in `kvput.semantics.problem`; nothing here knows of statuses.
"""

from collections.abc import Mapping


class KvputError(Exception):
    """Base of all errors below.

    `detail` is the sentence; `fields` are header fields that the answer must
    carry beside it (`Allow`, `Accept`, ...); `members` are further members for
    the problem document (`line`, `column`, ...).
    """

    def __init__(
        self,
        detail: str,
        *,
        fields: tuple[tuple[str, str], ...] = (),
        members: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.fields = fields
        self.members: Mapping[str, object] = members or {}


# --- the request target -----------------------------------------------------


class InvalidPath(KvputError):
    """The path names no resource: empty or dot segments, NUL, invalid UTF-8, too long a name."""


class PathTooLong(KvputError):
    """The whole path is longer than any store can hold."""


class NotFound(KvputError):
    """Nothing is stored under this path."""


class MethodNotAllowed(KvputError):
    """The method is known, but not for what stands at this path. `fields` hold `Allow`."""


class MethodNotImplemented(KvputError):
    """The method is not one that kvput knows."""


class MalformedParameter(KvputError):
    """A parameter of the query is unknown, or its value is not what the parameter takes."""


# --- the message: framing, fields, host and origin --------------------------


class MalformedRequest(KvputError):
    """The request line, the framing or the body's transfer is broken."""


class VersionNotSupported(KvputError):
    """The request is of another version of HTTP than 1.0 and 1.1."""


class FieldsTooLarge(KvputError):
    """A header field, or all of them together, is larger than the server takes."""


class MalformedField(KvputError):
    """A header field's value does not have the field's syntax."""


class ExpectationFailed(KvputError):
    """An `Expect` other than `100-continue`."""


class HostNotAllowed(KvputError):
    """The `Host` is neither a loopback name nor a configured one."""


class OriginNotAllowed(KvputError):
    """A write, or its preflight, that a foreign web page makes."""


# --- the content ------------------------------------------------------------


class MalformedContent(KvputError):
    """The content does not parse as its media type.

    `line` and `column` count from 1, the column in characters; `pointer` is a
    JSON Pointer (RFC 6901) to the value in which the error stands. Each may be
    None where it is not known.
    """

    def __init__(
        self,
        detail: str,
        *,
        line: int | None = None,
        column: int | None = None,
        pointer: str | None = None,
    ) -> None:
        known = {"line": line, "column": column, "pointer": pointer}
        super().__init__(detail, members={k: v for k, v in known.items() if v is not None})
        self.line = line
        self.column = column
        self.pointer = pointer


class InvalidContent(KvputError):
    """The content parses, but cannot be taken: an `id` that is no name, a number JSON has not."""


class SchemaViolated(KvputError):
    """The content is not what the schema of its collection asks for.

    `members` hold `errors`, a sentence for each field, and `pointers`.
    """


class InvalidReference(KvputError):
    """A member of a relation is no id, or names what is not there, or is missing."""


class InvalidPatch(KvputError):
    """The patch document is well-formed, but no patch of its media type."""


class ContentTooLarge(KvputError):
    """The content, as sent or as decoded, is over the limit."""


class PartialContent(KvputError):
    """`Content-Range` on a PUT: kvput replaces whole resources only."""


class UnsupportedMediaType(KvputError):
    """No reader for the content's media type. `fields` hold `Accept`."""


class UnsupportedContentCoding(KvputError):
    """No decoder for the content's coding. `fields` hold `Accept-Encoding`."""


class RangeNotSatisfiable(KvputError):
    """None of the ranges lies within the representation. `fields` hold `Content-Range`."""


# --- the state of the store -------------------------------------------------


class Unreadable(KvputError):
    """Something stands there, but the server's user may not read it, or the disk fails."""


class PreconditionFailed(KvputError):
    """A precondition of the request is false (RFC 9110 section 13)."""


class HiddenName(KvputError):
    """The write would hide a collection behind a resource, or the reverse."""


class NameClash(KvputError):
    """The disk folds this name together with another's (case, normalisation)."""


class NameInTheWay(KvputError):
    """Something that is no resource stands on disk where the resource would go."""


class IdTaken(KvputError):
    """The `id` that a POST asks for names a resource that exists."""


class NotUnique(KvputError):
    """Another resource has the value already of which the collection has only one."""


class Referenced(KvputError):
    """The write would take away what other resources name, and must not do without."""


class IdChanged(KvputError):
    """The write would give the resource another `id` than its address says."""


class PatchConflict(KvputError):
    """The patch does not fit what is stored: a place is missing, or a test is false."""


class StoredContentMalformed(KvputError):
    """What is stored is no JSON, by a hand on the file, so that it cannot be changed in part."""


class KeyReused(KvputError):
    """The Idempotency-Key has been used for another request."""


class CounterDamaged(KvputError):
    """A collection's counter file does not hold a number."""


class ReadOnly(KvputError):
    """The folder, or this part of it, cannot be written to."""


class DiskFull(KvputError):
    """The disk, or the quota, has no room for the write."""


class StoreFailed(KvputError):
    """A sync has failed, so that the store takes no more writes until it is restarted."""


# --- starting ---------------------------------------------------------------


class ConfigError(KvputError):
    """An option, environment variable or configuration file is wrong."""


class DataUnusable(KvputError):
    """The data folder is missing, is no folder, or cannot be read."""


class DataInUse(KvputError):
    """Another kvput serves the folder already."""

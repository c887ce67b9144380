"""A row of the tables beside this module: a situation, a request, and the answer that is due.

Here stand the values that rows are made of and the words that make rows short.
What is checked of a row, and what of every answer, is in `test_http_cases`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from kvput.semantics.validators import content_digest

MODIFIED: Final = 784111777
"""When each given resource was modified, in seconds since the epoch."""
MODIFIED_DATE: Final = "Sun, 06 Nov 1994 08:49:37 GMT"
"""The same moment as Last-Modified says it."""

JSON: Final = {"Content-Type": "application/json"}
FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}

PUT_TYPES: Final = "application/json, application/*+json, application/json5"
POST_TYPES: Final = (
    f"{PUT_TYPES}, application/x-www-form-urlencoded, multipart/form-data, application/yaml, "
    "application/x-yaml, text/yaml, application/x-ndjson, application/jsonl, text/csv"
)


PATCH_TYPES: Final = "application/merge-patch+json, application/json-patch+json, application/json"
MERGE_PATCH: Final = {"Content-Type": "application/merge-patch+json"}
JSON_PATCH: Final = {"Content-Type": "application/json-patch+json"}


class Presence:
    """A field of any value."""


PRESENT: Final = Presence()
ABSENT: Final = None

ExpectedFields = Mapping[str, str | Presence | None]


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent; Host and, with content, Content-Length are added unless given."""

    method: str
    target: str
    content: bytes | None = None
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Json:
    """Content that is to be equal as a JSON value, whatever its bytes."""

    value: object


@dataclass(frozen=True, slots=True)
class Problem:
    """Content that is a problem document of this name, with at least these further members."""

    name: str
    members: Mapping[str, object] = field(default_factory=dict)


Body = bytes | Json | Problem | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What is to come back; `body` None where it is not of interest."""

    status: int
    body: Body = None
    fields: ExpectedFields = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    given: Mapping[str, bytes] = field(default_factory=dict)
    """What is stored before the request: path to content, modified at MODIFIED."""
    after: Mapping[str, bytes | None] = field(default_factory=dict)
    """What GET gives after it: None for 404. Of a refusal that all is as before goes unsaid."""
    max_body: int = 16 * 2**20
    """The server's limit on content."""


@dataclass(frozen=True, slots=True)
class Case(_State):
    """One row: `name` says the situation and what is due, `section` who says so.

    `section` is the number of an RFC and of its section; "kvput" where no RFC decides.
    """

    name: str
    section: str
    request: Request
    answer: Answer

    def __str__(self) -> str:
        return f"{self.section}: {self.name}"


def tag(content: bytes) -> str:
    """The entity tag of a resource that holds this content, as a field has it."""
    return f'"{content_digest(content)}"'


def put(target: str, content: bytes | None, fields: Mapping[str, str] | None = None) -> Request:
    """A PUT of JSON, unless other fields are given."""
    return Request("PUT", target, content, JSON if fields is None else fields)


def post(target: str, content: bytes | None, fields: Mapping[str, str] | None = None) -> Request:
    """A POST of JSON, unless other fields are given."""
    return Request("POST", target, content, JSON if fields is None else fields)


def patch(target: str, content: bytes | None, fields: Mapping[str, str] | None = None) -> Request:
    """A PATCH with a merge patch, unless other fields are given."""
    return Request("PATCH", target, content, MERGE_PATCH if fields is None else fields)


def get(target: str, fields: Mapping[str, str] | None = None) -> Request:
    """A GET."""
    return Request("GET", target, None, fields or {})


def head(target: str, fields: Mapping[str, str] | None = None) -> Request:
    """A HEAD."""
    return Request("HEAD", target, None, fields or {})


def delete(target: str, fields: Mapping[str, str] | None = None) -> Request:
    """A DELETE."""
    return Request("DELETE", target, None, fields or {})


def refusal(
    status: int, name: str, fields: ExpectedFields | None = None, **members: object
) -> Answer:
    """An answer that is a problem document."""
    return Answer(status, Problem(name, members), fields or {})


def valid(content: bytes) -> dict[str, str | Presence | None]:
    """The validators of content that has just been written."""
    return {"ETag": tag(content), "Last-Modified": PRESENT}


def valid_since(content: bytes) -> dict[str, str | Presence | None]:
    """The validators of given content, in an answer to GET."""
    return {"ETag": tag(content), "Last-Modified": MODIFIED_DATE, "Cache-Control": "no-cache"}

"""Answers as values, and their bytes: status, header fields, content.

Handlers make answers; `kvput.server.protocol` sends them. Nothing here reads a
request or decides what to answer.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final

from kvput.errors import KvputError
from kvput.semantics.problem import INTERNAL, MEDIA_TYPE, problem_document, problem_type

Fields = tuple[tuple[str, str], ...]

# RFC 9110 section 15 has new names for these, which Python has from 3.13 on.
_PHRASES: Final = {
    413: "Content Too Large",
    414: "URI Too Long",
    416: "Range Not Satisfiable",
    422: "Unprocessable Content",
}
_STATUS_LINES: Final = {
    status: f"HTTP/1.1 {status} {_PHRASES.get(status, phrase)}\r\n".encode()
    for status, phrase in ((status.value, status.phrase) for status in HTTPStatus)
}
_LINE_BREAK: Final = re.compile("[\r\n\0]")
_WITHOUT_CONTENT: Final = frozenset({204, 304})


@dataclass(frozen=True, slots=True)
class Stream:
    """Content that is not held in memory: its length in bytes, its pieces, and how to let go."""

    length: int
    pieces: Callable[[], AsyncIterator[bytes]]
    close: Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Answer:
    """A response before it is sent.

    `fields` do not hold what the edge adds to every answer (Date, Vary, CORS,
    Connection) nor Content-Length. `block` holds further field lines as they
    go over the wire. `close` asks for the connection to be closed afterwards.
    `problem` is the name of the problem type, where the answer tells a problem.
    """

    status: int
    fields: Fields = ()
    content: bytes | Stream = b""
    block: bytes = b""
    close: bool = False
    problem: str | None = None

    def head(self) -> bytes:
        """The status line and the field lines, up to those that the edge adds."""
        lines = self.block + (field_lines(self.fields) if self.fields else b"")
        if self.status not in _WITHOUT_CONTENT:
            length = self.content.length if isinstance(self.content, Stream) else len(self.content)
            lines += b"Content-Length: %d\r\n" % length
        return _STATUS_LINES[self.status] + lines


def field_lines(fields: Fields) -> bytes:
    """Header fields as they go over the wire. Raises ValueError for a line break in one."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields)
    if any(_LINE_BREAK.search(value) for _, value in fields):
        raise ValueError("a header field's value must be one line")
    return lines.encode("utf-8", "surrogateescape")


def common_lines(vary: str) -> bytes:
    """The field lines of every answer; `vary` are the request fields that it depends on."""
    # JSON is no script, whatever a page that embeds it says.
    return field_lines((("Vary", vary), ("X-Content-Type-Options", "nosniff")))


def problem(error: KvputError, instance: str | None, fields: Fields = ()) -> Answer:
    """The answer that an error becomes (RFC 9457). `fields` come beside the error's own."""
    kind = problem_type(error)
    document = problem_document(kind, error.detail, instance, error.members)
    all_fields = (("Content-Type", MEDIA_TYPE), *error.fields, *fields)
    return Answer(kind.status, all_fields, document, problem=kind.name)


def internal_error(instance: str | None) -> Answer:
    """The answer to a fault of kvput's own."""
    detail = "The server failed to answer this request; its log says more."
    document = problem_document(INTERNAL, detail, instance, {})
    fields = (("Content-Type", MEDIA_TYPE),)
    return Answer(INTERNAL.status, fields, document, close=True, problem=INTERNAL.name)


def closing(answer: Answer) -> Answer:
    """The same answer, after which the connection is closed."""
    return replace(answer, close=True)

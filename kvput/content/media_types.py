"""The media types that kvput takes: a table from media type to reader.

Belongs here: which reader a Content-Type calls for, and what to say when there
is none. Does not belong here: parsing the header field (the caller splits it),
the formats themselves, and what a method does with the content.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from kvput.content import form, json5_text, json_text
from kvput.content.source_text import shown
from kvput.errors import InvalidContent, MalformedContent, UnsupportedMediaType

_LARGEST_TRIED_AGAIN = 64 * 1024


@dataclass(frozen=True, slots=True)
class Content:
    """Content as it has been read.

    `body` are the bytes to store, `value` is what they hold; `transformed`
    says that `body` is not what was sent, so that its validators are not for
    the sender (RFC 9110 section 9.3.4).
    """

    body: bytes
    value: object
    transformed: bool


Reader = Callable[[bytes], Content]


@dataclass(frozen=True, slots=True, eq=False)
class MediaTable:
    """The media types that a method takes.

    `rows` pair a media range (`type/subtype` or `type/*+suffix`) with its
    reader; `fields` name the header fields that tell a client of them.
    """

    rows: tuple[tuple[str, Reader], ...]
    fields: tuple[str, ...]


def read_json(body: bytes) -> Content:
    """Read strict JSON and keep its bytes; raises MalformedContent.

    Zero bytes, which are no JSON text, are an empty set. The error tells of the
    media type that would have helped, where JSON5 would.
    """
    try:
        return _strict(body)
    except MalformedContent as error:
        as_json = error
    # Who writes JSON5 by hand writes little of it: a large text is not read twice.
    if len(body) > _LARGEST_TRIED_AGAIN or not _is_json5(body):
        raise as_json
    raise MalformedContent(
        f"{as_json.detail} It can be read as JSON5: send Content-Type: application/json5.",
        line=as_json.line,
        column=as_json.column,
        pointer=as_json.pointer,
    )


def read_json5(body: bytes) -> Content:
    """Read JSON5. What is strict JSON as well is kept as it is, the rest becomes JSON.

    Raises MalformedContent, and InvalidContent for a number that JSON cannot hold.
    """
    try:
        return _strict(body)
    except MalformedContent:
        pass
    return _transformed(json5_text.parse(body))


def read_undeclared(body: bytes) -> Content:
    """Read content without a Content-Type: strict JSON, else JSON5.

    Raises like `read_json5`; when the content is neither, the error of the
    reader that got further, which is more likely the one that was meant.
    """
    # RFC 9110 section 8.3: "If a Content-Type header field is not present, the recipient MAY
    # either assume a media type of "application/octet-stream" ([RFC2046], Section 4.5.1) or
    # examine the data to determine its type."
    try:
        return _strict(body)
    except MalformedContent as error:
        as_json = error
    try:
        value = json5_text.parse(body)
    except MalformedContent as as_json5:
        raise max(as_json, as_json5, key=_place) from None
    return _transformed(value)


def read_form(body: bytes) -> Content:
    """Read a form, which becomes JSON; raises MalformedContent and ContentTooLarge."""
    return _transformed(form.parse(body))


def _strict(body: bytes) -> Content:
    return Content(body, json_text.parse(body) if body else {}, transformed=False)


def _is_json5(body: bytes) -> bool:
    """Whether `read_json5` takes the text, which is not strict JSON."""
    try:
        _transformed(json5_text.parse(body))
    except (MalformedContent, InvalidContent):
        return False
    return True


def _transformed(value: object) -> Content:
    return Content(json_text.dump(value), value, transformed=True)


def _place(error: MalformedContent) -> tuple[int, int]:
    return error.line or 0, error.column or 0


_JSON_ROWS: tuple[tuple[str, Reader], ...] = (
    ("application/json", read_json),
    ("application/*+json", read_json),
    ("application/json5", read_json5),
)
_FORM = "application/x-www-form-urlencoded"

PUT_TYPES = MediaTable(_JSON_ROWS, fields=("Accept",))
POST_TYPES = MediaTable((*_JSON_ROWS, (_FORM, read_form)), fields=("Accept", "Accept-Post"))

# RFC 8259 section 8.1: "JSON text exchanged between systems that are not part of a closed
# ecosystem MUST be encoded using UTF-8", of which ASCII is a part.
_CHARSETS = ("utf-8", "us-ascii")

# Content-Types that clients send unasked, and what to do about it.
_ADVICE = {
    _FORM: ("It is what curl's -d sends: use --json, or add -H 'Content-Type: application/json'."),
    "text/plain": (
        "It is what fetch sends for a string without a header: "
        "add the header Content-Type: application/json."
    ),
}


def accept(table: MediaTable) -> str:
    """Return the table's media ranges as the value of Accept and Accept-Post."""
    return ", ".join(media_range for media_range, _ in table.rows)


@lru_cache(maxsize=256)
def reader_for(table: MediaTable, essence: str | None, charset: str | None) -> Reader:
    """Return the reader for a Content-Type; both parts None when the message has none.

    `essence` is `type/subtype`, `charset` the value of that parameter; case does not count.

    Raises UnsupportedMediaType when the table has no such type, or the charset is not UTF-8.
    """
    if essence is None:
        return read_undeclared
    # RFC 9110 section 8.3.1: "The type and subtype tokens are case-insensitive."
    essence = essence.lower()
    reader = next((reader for media_range, reader in table.rows if _in(essence, media_range)), None)
    if reader is None:
        advice = _ADVICE.get(essence, f"Send one of {accept(table)}.")
        raise _unsupported(
            table, f"Content of the type {shown(essence)} is not taken here. {advice}"
        )
    # RFC 9110 section 8.3.2: "charset names are matched case-insensitively."
    if charset is not None and charset.lower() not in _CHARSETS:
        raise _unsupported(table, f"The charset {shown(charset)} is not taken here: send UTF-8.")
    return reader


def _in(essence: str, media_range: str) -> bool:
    before, wildcard, after = media_range.partition("*")
    if not wildcard:
        return essence == media_range
    return (
        essence.startswith(before)
        and essence.endswith(after)
        and len(essence) > len(before) + len(after)
    )


def _unsupported(table: MediaTable, detail: str) -> UnsupportedMediaType:
    # RFC 9110 section 15.5.16: "if the cause was an unsupported media type, the Accept response
    # header field (Section 12.5.1) can be used to indicate which media types would have been
    # accepted in the request."
    value = accept(table)
    return UnsupportedMediaType(detail, fields=tuple((name, value) for name in table.fields))

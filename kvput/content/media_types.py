"""The media types that kvput takes: a table from media type to reader.

Belongs here: which reader a Content-Type calls for, what the readers give, and
what to say when there is none. Does not belong here: parsing the header field (the
caller splits it), the formats themselves, and what a method does with the content.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Generic, TypeVar

from kvput.content import csv_text, form, json5_text, json_lines, json_text, multipart, yaml_text
from kvput.content.source_text import shown
from kvput.content.text_types import Types, types_named
from kvput.errors import ContentTooLarge, InvalidContent, MalformedContent, UnsupportedMediaType

MAX_ROWS = 20_000
"""Resources that one request can make: while they are committed, all other writes wait."""

SHORT_WORK: Final = 16 * 1024
"""Bytes of content that are read in a moment, whatever they are written in."""

_SHORT_WORK_AS_JSON: Final = 256 * 1024
"""The same for what is read by the JSON parser, which is many times as fast as the others."""

_LARGEST_TRIED_AGAIN = SHORT_WORK


# --- values -----------------------------------------------------------------


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

    @property
    def size(self) -> int:
        """How many bytes there are to store."""
        return len(self.body)


@dataclass(frozen=True, slots=True)
class Row:
    """One resource of many: the bytes to store, what they hold, and the line on which it began."""

    body: bytes
    value: object
    line: int


@dataclass(frozen=True, slots=True)
class ManyContents:
    """Content that holds many resources, at least one, in their order."""

    rows: tuple[Row, ...]
    transformed: bool

    @property
    def size(self) -> int:
        """How many bytes there are to store."""
        return sum(len(row.body) for row in self.rows)


AnyContent = Content | ManyContents
_T = TypeVar("_T", Content, AnyContent)

Reader = Callable[[bytes], _T]


@dataclass(frozen=True, slots=True)
class Terms:
    """What a request says of its content beside the media type.

    `parameters` are the media type's, their names in lower case; `types` is what
    the query says of texts; `limit` the most bytes that the content may become.
    """

    parameters: tuple[tuple[str, str], ...] = ()
    types: str | None = None
    limit: int = 16 * 2**20

    def parameter(self, name: str) -> str | None:
        """The value of the media type's parameter; None when absent."""
        return dict(self.parameters).get(name)


@dataclass(frozen=True, slots=True)
class OnTerms(Generic[_T]):
    """Makes the reader for one request. `make` raises what is wrong with the terms themselves."""

    make: Callable[[Terms], Reader[_T]]


@dataclass(frozen=True, slots=True, eq=False)
class MediaTable(Generic[_T]):
    """The media types that a method takes.

    `rows` pair a media range (`type/subtype` or `type/*+suffix`) with its
    reader; `fields` name the header fields that tell a client of them.
    """

    rows: tuple[tuple[str, Reader[_T] | OnTerms[_T]], ...]
    fields: tuple[str, ...]


# --- readers ----------------------------------------------------------------


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


def read_yaml(body: bytes) -> Content:
    """Read YAML, which becomes JSON; raises MalformedContent and InvalidContent."""
    return _transformed(yaml_text.parse(body))


def read_json_lines(body: bytes) -> ManyContents:
    """Read a resource from each line, and keep its bytes; raises MalformedContent."""
    rows = (Row(line, value, number) for number, line, value in json_lines.parse(body))
    return ManyContents(_counted(rows), transformed=False)


def form_reader(terms: Terms) -> Reader[Content]:
    """The reader for a form, which becomes JSON. Raises MalformedParameter."""
    types = types_named(terms.types)
    return lambda body: _transformed(form.parse(body, types))


def multipart_reader(terms: Terms) -> Reader[Content]:
    """The reader for a form in parts, which becomes JSON. Raises MalformedParameter."""
    types = types_named(terms.types)
    boundary = terms.parameter("boundary")
    return lambda body: _transformed(multipart.parse(body, boundary, types))


def csv_reader(terms: Terms) -> Reader[AnyContent]:
    """The reader for a table, each row of which becomes JSON.

    Raises MalformedParameter, and UnsupportedMediaType for a table without a header.
    """
    types = types_named(terms.types)
    # RFC 4180 section 3: header, optional, "present" or "absent".
    header = terms.parameter("header")
    if header is not None and header.lower() != "present":
        raise UnsupportedMediaType(
            f"A table with header={shown(header)} is not taken here, because its first line gives "
            "the members their names: send one, and header=present or nothing."
        )
    return lambda body: ManyContents(_rows_of_table(body, types, terms.limit), transformed=True)


def _rows_of_table(body: bytes, types: Types, limit: int) -> tuple[Row, ...]:
    def rows() -> Iterable[Row]:
        size = 0
        for line, value in csv_text.parse(body, types):
            text = json_text.dump(value)
            # Each row repeats all names: a small table may become a huge text.
            size += len(text)
            if size > limit:
                raise ContentTooLarge(
                    f"The table becomes larger than {limit} bytes, which is the limit, as JSON, "
                    "in which each row repeats the names: send it in parts."
                )
            yield Row(text, value, line)

    return _counted(rows())


def _counted(rows: Iterable[Row]) -> tuple[Row, ...]:
    """All rows; raises ContentTooLarge beyond MAX_ROWS, InvalidContent where there are none."""
    counted: list[Row] = []
    for row in rows:
        if len(counted) == MAX_ROWS:
            raise ContentTooLarge(
                f"The content holds more than {MAX_ROWS} resources: send them in several requests."
            )
        counted.append(row)
    if not counted:
        raise InvalidContent("The content holds no resource: send at least one row.")
    return tuple(counted)


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


# --- tables -----------------------------------------------------------------

_JSON_ROWS: tuple[tuple[str, Reader[Content]], ...] = (
    ("application/json", read_json),
    ("application/*+json", read_json),
    ("application/json5", read_json5),
)
_FORM = "application/x-www-form-urlencoded"

_QUICK_RANGES = (
    "application/json",
    "application/*+json",
    "application/x-ndjson",
    "application/jsonl",
)

PUT_TYPES: MediaTable[Content] = MediaTable(_JSON_ROWS, fields=("Accept",))
POST_TYPES: MediaTable[AnyContent] = MediaTable(
    (
        *_JSON_ROWS,
        (_FORM, OnTerms(form_reader)),
        ("multipart/form-data", OnTerms(multipart_reader)),
        # RFC 9512 section 2.1: the others are deprecated aliases.
        ("application/yaml", read_yaml),
        ("application/x-yaml", read_yaml),
        ("text/yaml", read_yaml),
        ("application/x-ndjson", read_json_lines),
        ("application/jsonl", read_json_lines),
        ("text/csv", OnTerms(csv_reader)),
    ),
    fields=("Accept", "Accept-Post"),
)

# RFC 8259 section 8.1: "JSON text exchanged between systems that are not part of a closed
# ecosystem MUST be encoded using UTF-8", of which ASCII is a part.
_CHARSETS = ("utf-8", "us-ascii")

_NO_TERMS = Terms()

# Content-Types that clients send unasked, and what to do about it.
_ADVICE = {
    _FORM: ("It is what curl's -d sends: use --json, or add -H 'Content-Type: application/json'."),
    "text/plain": (
        "It is what fetch sends for a string without a header: "
        "add the header Content-Type: application/json."
    ),
}


def accept(table: MediaTable[Any]) -> str:
    """Return the table's media ranges as the value of Accept and Accept-Post."""
    return ", ".join(media_range for media_range, _ in table.rows)


def reader_for(
    table: MediaTable[_T], essence: str | None, charset: str | None, terms: Terms = _NO_TERMS
) -> Reader[_T]:
    """Return the reader for a Content-Type; essence and charset None when the message has none.

    `essence` is `type/subtype`, `charset` the value of that parameter; case does not count.

    Raises UnsupportedMediaType when the table has no such type, or the charset is not UTF-8;
    and what `OnTerms.make` raises.
    """
    if essence is None:
        return read_undeclared
    reader = table.rows[_row_for(table, essence, charset)][1]
    return reader.make(terms) if isinstance(reader, OnTerms) else reader


def is_quick(essence: str | None) -> bool:
    """Whether content of this type, None for undeclared, is read by the JSON parser alone."""
    # What is undeclared may be JSON5.
    return essence is not None and any(_in(essence.lower(), each) for each in _QUICK_RANGES)


def is_short_work(essence: str | None, size: int) -> bool:
    """Whether `size` bytes of this type are read so soon that others may wait meanwhile."""
    return size <= SHORT_WORK or (size <= _SHORT_WORK_AS_JSON and is_quick(essence))


@lru_cache(maxsize=256)
def _row_for(table: MediaTable[Any], essence: str, charset: str | None) -> int:
    # RFC 9110 section 8.3.1: "The type and subtype tokens are case-insensitive."
    essence = essence.lower()
    ranges = (media_range for media_range, _ in table.rows)
    row = next((row for row, media_range in enumerate(ranges) if _in(essence, media_range)), None)
    if row is None:
        advice = _ADVICE.get(essence, f"Send one of {accept(table)}.")
        raise _unsupported(
            table, f"Content of the type {shown(essence)} is not taken here. {advice}"
        )
    # RFC 9110 section 8.3.2: "charset names are matched case-insensitively."
    if charset is not None and charset.lower() not in _CHARSETS:
        raise _unsupported(table, f"The charset {shown(charset)} is not taken here: send UTF-8.")
    return row


def _in(essence: str, media_range: str) -> bool:
    before, wildcard, after = media_range.partition("*")
    if not wildcard:
        return essence == media_range
    return (
        essence.startswith(before)
        and essence.endswith(after)
        and len(essence) > len(before) + len(after)
    )


def _unsupported(table: MediaTable[Any], detail: str) -> UnsupportedMediaType:
    # RFC 9110 section 15.5.16: "if the cause was an unsupported media type, the Accept response
    # header field (Section 12.5.1) can be used to indicate which media types would have been
    # accepted in the request."
    value = accept(table)
    return UnsupportedMediaType(detail, fields=tuple((name, value) for name in table.fields))

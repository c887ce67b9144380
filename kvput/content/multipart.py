"""Forms: multipart/form-data (RFC 7578), as browsers and curl -F send them.

Belongs here: the parts, their header fields, and the texts in them. Does not
belong here: what the names mean (`field_names`), and what a text is taken for
(`text_types`). Files are refused: a resource is JSON.

Own code, because what there is to take either lets a broken boundary pass as
content, or cannot say where the error is.
"""

import re
from dataclasses import dataclass

from kvput.content.field_names import Members, MisplacedField
from kvput.content.source_text import shown
from kvput.content.text_types import Types
from kvput.errors import ContentTooLarge, MalformedContent, MalformedField, UnsupportedMediaType

MAX_PARTS = 10_000
MAX_HEADER = 8192
"""Bytes of the header fields of one part."""

# RFC 2046 section 5.1.1: boundary := 0*69<bchars> bcharsnospace
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]")
_PADDING = re.compile(rb"[ \t]*+")

_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]++"  # noqa: S105  # no password: a token of the grammar
# A browser writes a backslash as it is, others escape quotes with it: where both readings are
# possible, the quotation mark is escaped.
_QUOTED = r'"(?:[^"\\]++|\\.)*"|"[^"]*+"'
_KIND = re.compile(rf"[ \t]*+({_TOKEN}(?:/{_TOKEN})?)(?=[ \t]*+(?:;|\Z))")
_PARAMETER = re.compile(rf"[ \t]*+;[ \t]*+({_TOKEN})=({_QUOTED}|[^\s\";]++)(?=[ \t]*+(?:;|\Z))")
_END = re.compile(r"[ \t]*+;?[ \t]*+\Z")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
# HTML standard, "multipart/form-data encoding algorithm": what is escaped in a name.
_PERCENT = {"%0A": "\n", "%0D": "\r", "%22": '"'}
_PERCENT_ESCAPED = re.compile("%0A|%0D|%22")

_TEXT = "text/plain"
_CHARSETS = ("utf-8", "us-ascii")
_ENCODINGS = ("7bit", "8bit", "binary")


@dataclass(frozen=True, slots=True)
class _Part:
    """A part as it stands in the content: `start` and `end` are offsets of what it holds."""

    name: str
    file_name: str | None
    media_type: str
    start: int
    end: int


def parse(body: bytes, boundary: str | None, types: Types = Types.STRINGS) -> dict[str, object]:
    """Return the object that the parts make, their texts taken as `types` says.

    `boundary` is the parameter of the Content-Type. A file that was not chosen
    (no name and no content, as browsers send it) is passed over.

    Raises MalformedContent, with line and column, for what is no multipart
    content, no UTF-8, or names that contradict each other; MalformedField for a
    boundary that is missing or none; UnsupportedMediaType for a file;
    ContentTooLarge beyond MAX_PARTS and MAX_HEADER.
    """
    if boundary is None or not _BOUNDARY.fullmatch(boundary):
        raise MalformedField(
            "A multipart/form-data needs its boundary in the Content-Type, of 1 to 70 letters, "
            "digits and '()+_,-./:=?: let the client write the field (do not set it by hand)."
        )
    reader = _Reader(body, b"--" + boundary.encode("ascii"))
    members: Members[object] = Members()
    value_of = types.value_of
    try:
        for count, part in enumerate(iter(reader.next_part, None), start=1):
            if count > MAX_PARTS:
                raise ContentTooLarge(
                    f"The form has more than {MAX_PARTS} parts: send it as application/json."
                )
            if part.file_name == "" and part.start == part.end:
                continue
            _refuse_file(part)
            members.add(part.name, value_of(reader.text(part)))
        return members.finish()
    except MisplacedField as error:
        misplaced = str(error)
    raise reader.malformed(misplaced, reader.part_start)


def _refuse_file(part: _Part) -> None:
    if part.file_name is not None:
        raise UnsupportedMediaType(
            f"The part {shown(part.name)} is a file ({shown(part.file_name)}), which is not taken "
            "here, where all is JSON: leave it out, or send its text as a field."
        )
    if part.media_type != _TEXT:
        raise UnsupportedMediaType(
            f"The part {shown(part.name)} has the type {shown(part.media_type)}: send it as a "
            "text field without a Content-Type, or all of the content as application/json."
        )


class _Reader:
    """Goes through the parts of one content, whose lines are kept for errors."""

    __slots__ = ("_at", "_body", "_delimiter", "part_start")

    def __init__(self, body: bytes, dash_boundary: bytes) -> None:
        self._body = body
        self._delimiter = b"\r\n" + dash_boundary
        self.part_start = 0
        """Where the part that was read last begins."""
        # RFC 2046 section 5.1.1: what stands before the first boundary is ignored.
        if body.startswith(dash_boundary):
            self._at = len(dash_boundary)
        elif (found := body.find(self._delimiter)) >= 0:
            self._at = found + len(self._delimiter)
        else:
            raise self.malformed(
                "The boundary that the Content-Type names stands nowhere in the content: let the "
                "client write both.",
                0,
            )

    def malformed(self, detail: str, offset: int) -> MalformedContent:
        """The error that says `detail` of the place `offset`."""
        before = self._body[:offset]
        last_line = before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")
        return MalformedContent(detail, line=before.count(b"\n") + 1, column=len(last_line) + 1)

    def next_part(self) -> _Part | None:
        """The part behind the boundary that was read last; None behind the closing one."""
        closing = self._body.startswith(b"--", self._at)
        after = self._after_padding(self._at + 2 if closing else self._at)
        # RFC 2046 section 5.1.1: what stands behind the closing boundary's line is ignored.
        if closing and (after == len(self._body) or self._body.startswith(b"\r\n", after)):
            return None
        if closing or not self._body.startswith(b"\r\n", after):
            raise self.malformed("The line does not end behind the boundary: end it there.", after)
        self.part_start = after + 2
        header, start = self._header(self.part_start)
        # The line break that ends the header may be the one before the boundary.
        end = self._body.find(self._delimiter, start - 2)
        if end < 0:
            raise self.malformed(
                "The content ends without the closing boundary: it broke off, send it again.",
                len(self._body),
            )
        self._at = end + len(self._delimiter)
        return self._part(header, start, max(start, end))

    def text(self, part: _Part) -> str:
        """What a part holds, as text."""
        content = self._body[part.start : part.end]
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError as error:
            offset = part.start + error.start
        raise self.malformed(
            f"The part {shown(part.name)} is not UTF-8 here: encode it as UTF-8.", offset
        )

    def _after_padding(self, at: int) -> int:
        padding = _PADDING.match(self._body, at)
        return padding.end() if padding else at

    def _header(self, start: int) -> tuple[bytes, int]:
        """The header fields that begin at `start`, and where the content behind them does."""
        if self._body.startswith(b"\r\n", start):
            return b"", start + 2
        end = self._body.find(b"\r\n\r\n", start, start + MAX_HEADER + 4)
        if end >= 0:
            return self._body[start:end], end + 4
        if len(self._body) - start > MAX_HEADER:
            raise ContentTooLarge(
                f"The header fields of a part are longer than {MAX_HEADER} bytes: shorten its name."
            )
        raise self.malformed("A part needs a blank line behind its header fields.", start)

    def _part(self, header: bytes, start: int, end: int) -> _Part:
        fields = self._fields(header)
        # RFC 7578 section 4.2: "Each part MUST contain a Content-Disposition header field [...]
        # where the disposition type is "form-data"", with a "name" parameter.
        kind, parameters = self._parameters(fields.get("content-disposition", ""))
        name = parameters.get("name")
        if kind != "form-data" or name is None:
            raise self.malformed(
                'A part needs the field Content-Disposition: form-data; name="...".',
                self.part_start,
            )
        media_type, type_parameters = self._parameters(fields.get("content-type", _TEXT))
        self._refuse_encoding(name, type_parameters, fields)
        file_name = parameters.get("filename", parameters.get("filename*"))
        return _Part(name, file_name, media_type, start, end)

    def _refuse_encoding(
        self, name: str, type_parameters: dict[str, str], fields: dict[str, str]
    ) -> None:
        charset = type_parameters.get("charset", "utf-8")
        if charset.lower() not in _CHARSETS:
            raise UnsupportedMediaType(
                f"The part {shown(name)} has the charset {shown(charset)}: send UTF-8."
            )
        # RFC 7578 section 4.7: senders "SHOULD NOT generate any parts with a
        # Content-Transfer-Encoding header field".
        encoding = fields.get("content-transfer-encoding", "binary")
        if encoding.lower() not in _ENCODINGS:
            raise UnsupportedMediaType(
                f"The part {shown(name)} has the encoding {shown(encoding)}: send it as it is, "
                "without Content-Transfer-Encoding."
            )

    def _fields(self, header: bytes) -> dict[str, str]:
        """The fields of a part by their names in lower case. Unknown ones are of no interest."""
        fields: dict[str, str] = {}
        offset = self.part_start
        for line in header.split(b"\r\n") if header else ():
            name, colon, value = line.partition(b":")
            key = name.decode("latin-1").lower()
            if not colon or not re.fullmatch(_TOKEN, key) or b"\n" in value or b"\r" in value:
                raise self.malformed("A header field of a part has the form Name: value.", offset)
            if key in fields:
                raise self.malformed(f"The part has two fields {shown(key)}: send one.", offset)
            fields[key] = self._decoded(value, offset + len(name) + 1).strip(" \t")
            offset += len(line) + 2
        return fields

    def _decoded(self, value: bytes, offset: int) -> str:
        # HTML standard, in the same place: names have the encoding of the values, here UTF-8.
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError as error:
            offset += error.start
        raise self.malformed("The header field is not UTF-8 here: encode it as UTF-8.", offset)

    def _parameters(self, value: str) -> tuple[str, dict[str, str]]:
        """What a field says first, in lower case, and its parameters; "" where it is broken."""
        first = _KIND.match(value)
        parameters: dict[str, str] = {}
        at = first.end() if first else 0
        while match := _PARAMETER.match(value, at):
            parameters.setdefault(match[1].lower(), _unquoted(match[2]))
            at = match.end()
        if first is None or not _END.match(value, at):
            return "", {}
        return first[1].lower(), parameters


def _unquoted(value: str) -> str:
    if not value.startswith('"'):
        return value
    value = value[1:-1]
    if '\\"' in value:
        return _ESCAPED.sub(r"\1", value)
    return _PERCENT_ESCAPED.sub(lambda match: _PERCENT[match[0]], value)

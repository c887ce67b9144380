"""Range requests for bytes: Range, If-Range, Content-Range and multipart/byteranges.

Source: RFC 9110 section 14, and section 13.1.5 for If-Range. Here belongs
which bytes a request asks for and how they are framed; the bytes themselves
never come here, so that a body of any size can be streamed.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from kvput.errors import RangeNotSatisfiable
from kvput.semantics.fields import WHITESPACE, parse_http_date
from kvput.semantics.validators import Validators, parse_entity_tag

MAX_RANGES: Final = 50
"""A Range field with more ranges than this is ignored."""

# No representation is this long, so that a larger number says the same; its
# digits are few enough for int() whatever the interpreter's limit.
_LONGEST_NUMBER: Final = 18
_BEYOND_EVERY_SIZE: Final = 10**_LONGEST_NUMBER


@dataclass(frozen=True, slots=True)
class ByteRange:
    """The bytes from `start` up to, not including, `stop`; never empty."""

    start: int
    stop: int

    @property
    def length(self) -> int:
        """Number of bytes."""
        return self.stop - self.start


@dataclass(frozen=True, slots=True)
class IntRange:
    """`first-last` or `first-`, both positions included (RFC 9110 section 14.1.1)."""

    first: int
    last: int | None

    def within(self, size: int) -> ByteRange | None:
        """The bytes meant in a representation of this size; None when not satisfiable."""
        # 14.1.2: satisfiable if first-pos is less than the current length.
        if self.first >= size:
            return None
        # 14.1.2: a last-pos that is absent or beyond the end means the last byte.
        return ByteRange(self.first, size if self.last is None else min(self.last + 1, size))


@dataclass(frozen=True, slots=True)
class SuffixRange:
    """`-length`: the last bytes (RFC 9110 section 14.1.1)."""

    length: int

    def within(self, size: int) -> ByteRange | None:
        """The bytes meant in a representation of this size; None when not satisfiable."""
        # 14.1.2: satisfiable if the suffix-length is not zero. Of nothing there
        # are no last bytes either: `select` decides about that case.
        if self.length == 0 or size == 0:
            return None
        # 14.1.2: if the representation is shorter than that, all of it is used.
        return ByteRange(max(size - self.length, 0), size)


RangeSpec = IntRange | SuffixRange

_RANGE_SPEC: Final = re.compile(r"(?P<first>[0-9]*+)-(?P<last>[0-9]*+)")


# --- Range ------------------------------------------------------------------


def parse_ranges(value: str) -> tuple[RangeSpec, ...] | None:
    """The ranges of a Range field in their order (RFC 9110 sections 14.1.1 and 14.2).

    None when the unit is not `bytes` or the syntax is not valid: the field is
    to be ignored then.
    """
    unit, separator, range_set = value.strip(WHITESPACE).partition("=")
    # 14.1: range unit names are case-insensitive.
    # 14.2: ignore a Range field with a range unit that is not understood.
    if not separator or unit.lower() != "bytes":
        return None
    specs = []
    # 14.1.1: ranges-specifier = range-unit "=" OWS range-set, as erratum 7306 has it
    # and as 14.1.2 itself writes: "bytes= 0-999, 4500-5499, -1000".
    for element in range_set.split(","):
        text = element.strip(WHITESPACE)
        if not text:  # 5.6.1.2: empty elements are ignored.
            continue
        spec = _parse_range(text)
        if spec is None:
            return None
        specs.append(spec)
    # 14.1.1: range-set = 1#range-spec.
    return tuple(specs) or None


def _parse_range(text: str) -> RangeSpec | None:
    match = _RANGE_SPEC.fullmatch(text)
    if match is None or text == "-":
        return None
    first, last = match["first"].lstrip("0"), match["last"].lstrip("0")
    if not match["first"]:
        return SuffixRange(_number(last))
    if not match["last"]:
        return IntRange(_number(first), None)
    # 14.1.1: an int-range is invalid if last-pos is less than first-pos.
    # Without leading zeros, the longer numeral is the larger number.
    if (len(last), last) < (len(first), first):
        return None
    return IntRange(_number(first), _number(last))


def _number(digits: str) -> int:
    # 14.1.2: a recipient must anticipate large numerals, and prevent errors that
    # come from converting them.
    if len(digits) > _LONGEST_NUMBER:
        return _BEYOND_EVERY_SIZE
    return int(digits or "0")


def select(specs: Sequence[RangeSpec], size: int) -> tuple[ByteRange, ...] | None:
    """The ranges to answer with, in the order asked for; None for the whole representation.

    `size` is the number of bytes in the representation. Raises
    RangeNotSatisfiable, with its Content-Range field, when no range lies within.

    A single range is always served. Several are answered with the whole
    representation when any of these holds:
    - there are more than `MAX_RANGES`;
    - some byte lies in more than two of them.
    """
    # 14.2: a server may ignore a Range field with many small ranges: they are
    # more likely an attack than a need.
    if len(specs) > MAX_RANGES:
        return None
    if size == 0 and any(isinstance(spec, SuffixRange) and spec.length for spec in specs):
        # 14.1.2 calls the last N bytes of nothing satisfiable, but 14.4 has no
        # Content-Range for no bytes.
        return None
    ranges = tuple(found for spec in specs if (found := spec.within(size)) is not None)
    if not ranges:
        # 15.5.17: a 416 to a byte-range request should carry the current length.
        raise RangeNotSatisfiable(
            f"None of the ranges lies within the representation, which has {size} bytes: ask for "
            "bytes before its end, or leave Range out.",
            fields=(("Content-Range", f"bytes */{size}"),),
        )
    if len(ranges) == 1:
        return ranges
    # 14.2: a server may ignore more than two overlapping ranges.
    return None if _any_byte_thrice(ranges) else ranges


def _any_byte_thrice(ranges: Sequence[ByteRange]) -> bool:
    # Where the third, fourth, ... range starts, three are open unless the first,
    # second, ... to end has ended by then.
    starts = sorted(part.start for part in ranges)
    stops = sorted(part.stop for part in ranges)
    return any(start < stop for start, stop in zip(starts[2:], stops, strict=False))


# --- If-Range ---------------------------------------------------------------


def if_range_holds(value: str | None, current: Validators, now: int) -> bool:
    """Whether Range counts, given the If-Range field's value (RFC 9110 section 13.1.5).

    `now` is in seconds since the epoch. Without the field Range counts; with a
    malformed one it does not, which costs bytes but never mixes two states.
    """
    if value is None:
        return True
    # 13.1.5: an entity tag is told from a date by a DQUOTE in the first three characters.
    if '"' in value[:3]:
        tag = parse_entity_tag(value)
        # 13.1.5: the strong comparison function is used, so that weak tags never match.
        return tag is not None and tag.strongly_matches(current.etag)
    if current.last_modified is None:
        return False
    # 8.8.2.2: a date is weak as long as the representation may change again
    # within the second that it names.
    if now <= current.last_modified:
        return False
    # 13.1.5: a date must match Last-Modified exactly; a later one is no match.
    return parse_http_date(value, now) == current.last_modified


# --- Content-Range and multipart/byteranges ---------------------------------


def content_range(part: ByteRange, size: int) -> str:
    """The value of Content-Range for a part of `size` bytes (RFC 9110 section 14.4)."""
    return f"bytes {part.start}-{part.stop - 1}/{size}"


@dataclass(frozen=True, slots=True)
class Part:
    """The bytes to send before a range's own, from its delimiter to its empty line."""

    head: bytes
    range: ByteRange


@dataclass(frozen=True, slots=True)
class Multipart:
    """A multipart/byteranges body, without the content: send each part's head and range, then
    `closing`.

    `content_type` and `content_length` are the fields of the whole answer.
    """

    content_type: str
    parts: tuple[Part, ...]
    closing: bytes
    content_length: int


# RFC 2046 section 5.1.1 allows more in a boundary, if quoted; 14.6 warns that
# quoted boundaries are often handled incorrectly.
_BOUNDARY: Final = re.compile(r"[0-9A-Za-z'+_.-]{1,70}")


def multipart(
    ranges: Sequence[ByteRange], size: int, content_type: str, boundary: str
) -> Multipart:
    """The framing of several ranges of one representation (RFC 9110 section 14.6).

    `size` and `content_type` are the representation's. `boundary` must not
    occur in the content, as a random one will not. Raises ValueError when the
    boundary would have to be quoted or is too long.
    """
    if _BOUNDARY.fullmatch(boundary) is None:
        raise ValueError(f"{boundary!r} is no boundary that can go unquoted")
    parts = []
    delimiter = f"--{boundary}\r\n"
    for part in ranges:
        # 15.3.7.2: each part carries its own Content-Range, and the Content-Type
        # that the whole representation has.
        head = (
            f"{delimiter}Content-Type: {content_type}\r\n"
            f"Content-Range: {content_range(part, size)}\r\n\r\n"
        )
        parts.append(Part(head.encode(), part))
        delimiter = f"\r\n--{boundary}\r\n"
    closing = f"\r\n--{boundary}--\r\n".encode()
    return Multipart(
        content_type=f"multipart/byteranges; boundary={boundary}",
        parts=tuple(parts),
        closing=closing,
        content_length=sum(len(part.head) + part.range.length for part in parts) + len(closing),
    )

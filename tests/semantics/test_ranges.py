import email.message
import email.parser
import email.policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvput.errors import RangeNotSatisfiable
from kvput.semantics.ranges import (
    MAX_RANGES,
    ByteRange,
    IntRange,
    RangeSpec,
    SuffixRange,
    content_range,
    if_range_holds,
    multipart,
    parse_ranges,
    select,
)
from kvput.semantics.validators import ETag, Validators

HUGE = "9" * 8000

byte_ranges = st.builds(
    lambda start, length: ByteRange(start, start + length),
    st.integers(0, 900),
    st.integers(1, 100),
)


# --- Range: parsing ---------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "specs"),
    [
        ("bytes=0-499", (IntRange(0, 499),)),
        ("bytes=500-", (IntRange(500, None),)),
        ("bytes=-500", (SuffixRange(500),)),
        ("bytes=-0", (SuffixRange(0),)),
        ("bytes=7-7", (IntRange(7, 7),)),
        ("Bytes=0-0", (IntRange(0, 0),)),
        ("bytes=000-0010", (IntRange(0, 10),)),
        (
            "bytes= 0-999, 4500-5499, -1000",
            (IntRange(0, 999), IntRange(4500, 5499), SuffixRange(1000)),
        ),
        ("bytes=,0-1 ,\t, 4-5,", (IntRange(0, 1), IntRange(4, 5))),
    ],
)
def test_ranges(value: str, specs: tuple[RangeSpec, ...]) -> None:
    """Positions, suffixes and lists of them are read in their order."""
    assert parse_ranges(value) == specs


@pytest.mark.parametrize(
    "value",
    [
        "",
        "bytes",
        "bytes=",
        "bytes=,",
        "bytes=-",
        "bytes=--1",
        "bytes=+1-2",
        "bytes=1",
        "bytes=a-b",
        "bytes=1 - 2",
        "bytes=1-2-3",
        "bytes=1-2;3-4",
        "bytes=0-1,x",
        "bytes =0-1",
        "bytes:0-1",
        "items=0-1",
        "0-1",
        "bytes=5-4",
        "bytes=0-1,5-4",
        "bytes=10-9",
        "bytes=0010-9",
        f"bytes={HUGE}1-{HUGE}",
        "bytes=\u0660-\u0661",
        "bytes=0x1-2",
        "bytes=1_0-20",
    ],
)
def test_fields_to_ignore(value: str) -> None:
    """An unknown unit, or one invalid range, and the whole field is ignored."""
    assert parse_ranges(value) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (f"bytes=10-{HUGE}", (ByteRange(10, 1000),)),
        (f"bytes=-{HUGE}", (ByteRange(0, 1000),)),
        (f"bytes=000{HUGE}-,0-0", (ByteRange(0, 1),)),
        (f"bytes={HUGE}-{HUGE},5-6", (ByteRange(5, 7),)),
        (f"bytes={'0' * 8000}5-{'0' * 9000}6", (ByteRange(5, 7),)),
    ],
)
def test_numerals_of_any_length(value: str, expected: tuple[ByteRange, ...]) -> None:
    """Numbers too large for any representation are understood, not refused."""
    specs = parse_ranges(value)
    assert specs is not None
    assert select(specs, 1000) == expected


@given(st.text(alphabet="0123456789-, \t=bytes") | st.text())
def test_any_text_is_parsed_or_ignored(text: str) -> None:
    """No text makes the parser raise, and what it accepts is never an empty set."""
    assert parse_ranges(text) != ()
    assert parse_ranges(f"bytes={text}") != ()


# --- Range: selecting -------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "size", "expected"),
    [
        pytest.param("bytes=0-0", 10, (0, 1), id="first byte"),
        pytest.param("bytes=-1", 10, (9, 10), id="last byte"),
        pytest.param("bytes=9-", 10, (9, 10), id="from the last byte"),
        pytest.param("bytes=0-", 10, (0, 10), id="all of it is served as a range"),
        pytest.param("bytes=0-9", 10, (0, 10), id="all of it by positions"),
        pytest.param("bytes=5-99", 10, (5, 10), id="beyond the end"),
        pytest.param("bytes=-99", 10, (0, 10), id="longer suffix than there is"),
        pytest.param("bytes=20-30,2-3", 10, (2, 4), id="what lies beyond is left out"),
        pytest.param("bytes=-0,2-3", 10, (2, 4), id="the empty suffix is left out"),
    ],
)
def test_a_single_range(value: str, size: int, expected: tuple[int, int]) -> None:
    """A single satisfiable range is served, cut at the end."""
    specs = parse_ranges(value)
    assert specs is not None
    assert select(specs, size) == (ByteRange(*expected),)


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ("bytes=10-", 10),
        ("bytes=10-20", 10),
        ("bytes=-0", 10),
        ("bytes=99-,10-10,-0", 10),
        ("bytes=0-0", 0),
        ("bytes=0-", 0),
        ("bytes=-0", 0),
    ],
)
def test_no_satisfiable_range(value: str, size: int) -> None:
    """When no range lies within, the error carries the size in Content-Range."""
    specs = parse_ranges(value)
    assert specs is not None
    with pytest.raises(RangeNotSatisfiable) as caught:
        select(specs, size)
    assert caught.value.fields == (("Content-Range", f"bytes */{size}"),)
    assert f"{size} bytes" in caught.value.detail


@pytest.mark.parametrize("value", ["bytes=-5", "bytes=0-1,-5"])
def test_the_last_bytes_of_nothing(value: str) -> None:
    """The end of an empty representation is the whole of it, not an error."""
    specs = parse_ranges(value)
    assert specs is not None
    assert select(specs, 0) is None


def test_several_ranges_keep_the_order_asked_for() -> None:
    """Ranges come back as they were asked for, neither sorted nor joined."""
    specs = (SuffixRange(10), IntRange(0, 9), IntRange(5, 14))
    assert select(specs, 1000) == (ByteRange(990, 1000), ByteRange(0, 10), ByteRange(5, 15))


@pytest.mark.parametrize(
    ("specs", "served"),
    [
        pytest.param([IntRange(n * 1000, n * 1000) for n in range(MAX_RANGES)], True, id="many"),
        pytest.param(
            [IntRange(n * 1000, n * 1000) for n in range(MAX_RANGES + 1)], False, id="too many"
        ),
        pytest.param([IntRange(10**9, None)] * (MAX_RANGES + 1), False, id="too many beyond"),
        pytest.param([IntRange(0, 9)] * 2, True, id="two over each other"),
        pytest.param([IntRange(0, 9)] * 3, False, id="three over each other"),
        pytest.param(
            [IntRange(0, 9), IntRange(9, 19), IntRange(19, 29)], True, id="a chain in pairs"
        ),
        pytest.param([IntRange(0, 9), IntRange(10, 19), IntRange(20, 29)], True, id="side by side"),
        pytest.param(
            [IntRange(0, 9), IntRange(5, 9), IntRange(10, 19)], True, id="a third after two"
        ),
        pytest.param(
            [IntRange(0, 9), IntRange(5, 9), IntRange(9, 19)], False, id="one byte thrice"
        ),
    ],
)
def test_sets_that_are_many_or_overlap(specs: list[RangeSpec], served: bool) -> None:
    """Too many ranges, or a byte in more than two of them, get the whole representation."""
    assert (select(specs, 100_000) is not None) is served


@given(st.lists(byte_ranges, min_size=2, max_size=8))
def test_the_overlap_rule_counts_each_byte(ranges: list[ByteRange]) -> None:
    """The rule agrees with counting, byte by byte, how many ranges hold it."""
    specs = [IntRange(part.start, part.stop - 1) for part in ranges]
    most = max(sum(part.start <= byte < part.stop for part in ranges) for byte in range(1000))
    assert (select(specs, 10**9) is None) is (most > 2)


@given(
    st.lists(
        st.builds(SuffixRange, st.integers(0, 60))
        | st.builds(
            lambda first, more: IntRange(first, None if more is None else first + more),
            st.integers(0, 60),
            st.none() | st.integers(0, 60),
        ),
        min_size=1,
        max_size=4,
    ),
    st.integers(0, 50),
)
def test_every_selected_range_lies_within(specs: list[RangeSpec], size: int) -> None:
    """What is selected is never empty and never reaches past the end."""
    try:
        ranges = select(specs, size)
    except RangeNotSatisfiable:
        content = range(size)
        assert all(
            not content[spec.first :] if isinstance(spec, IntRange) else spec.length == 0
            for spec in specs
        )
        return
    assert ranges != ()
    assert all(0 <= part.start < part.stop <= size for part in ranges or ())


# --- If-Range ---------------------------------------------------------------

THEN = 784_111_777
THEN_TEXT = "Sun, 06 Nov 1994 08:49:37 GMT"
STRONG = Validators(ETag("now"), THEN)
WEAK = Validators(ETag("now", weak=True), THEN)
UNDATED = Validators(ETag("now"), None)


@pytest.mark.parametrize(
    ("value", "current", "now", "holds"),
    [
        pytest.param(None, STRONG, THEN, True, id="absent"),
        pytest.param('"now"', STRONG, THEN, True, id="the current tag"),
        pytest.param('"old"', STRONG, THEN, False, id="a stale tag"),
        pytest.param('W/"now"', STRONG, THEN, False, id="a weak tag"),
        pytest.param('"now"', WEAK, THEN, False, id="the current tag is weak"),
        pytest.param('W/"now"', WEAK, THEN, False, id="both are weak"),
        pytest.param('"now", "old"', STRONG, THEN, False, id="a list"),
        pytest.param("now", STRONG, THEN, False, id="no quotes"),
        pytest.param("*", STRONG, THEN, False, id="any"),
        pytest.param("", STRONG, THEN, False, id="empty"),
        pytest.param(THEN_TEXT, STRONG, THEN + 1, True, id="the date, its second over"),
        pytest.param(THEN_TEXT, STRONG, THEN, False, id="the date, within its second"),
        pytest.param(THEN_TEXT, STRONG, THEN - 9, False, id="the date, by a clock set back"),
        pytest.param("Sun, 06 Nov 1994 08:49:38 GMT", STRONG, THEN + 9, False, id="a later date"),
        pytest.param("Sun, 06 Nov 1994 08:49:36 GMT", STRONG, THEN + 9, False, id="an earlier"),
        pytest.param("Sunday, 06-Nov-94 08:49:37 GMT", STRONG, THEN + 1, True, id="old format"),
        pytest.param(THEN_TEXT, UNDATED, THEN + 1, False, id="no date known"),
        pytest.param("yesterday", UNDATED, THEN + 1, False, id="no date on either side"),
    ],
)
def test_if_range(value: str | None, current: Validators, now: int, holds: bool) -> None:
    """Range counts only when the validator is strong and exactly the current one."""
    assert if_range_holds(value, current, now) is holds


# --- Content-Range and multipart/byteranges ---------------------------------


def test_content_range_names_the_last_byte() -> None:
    """Content-Range counts positions inclusively."""
    assert content_range(ByteRange(0, 500), 1234) == "bytes 0-499/1234"


def body(content: bytes, ranges: list[ByteRange], boundary: str = "b0und4ry") -> bytes:
    framing = multipart(ranges, len(content), "application/json", boundary)
    pieces = [
        piece
        for part in framing.parts
        for piece in (part.head, content[part.range.start : part.range.stop])
    ]
    whole = b"".join([*pieces, framing.closing])
    assert len(whole) == framing.content_length
    return whole


def test_multipart_bytes() -> None:
    """The framing is byte for byte that of RFC 9110 section 14.6."""
    assert body(b'{"a": 1}', [ByteRange(0, 2), ByteRange(6, 8)]) == (
        b"--b0und4ry\r\n"
        b"Content-Type: application/json\r\n"
        b"Content-Range: bytes 0-1/8\r\n"
        b"\r\n"
        b'{"\r\n'
        b"--b0und4ry\r\n"
        b"Content-Type: application/json\r\n"
        b"Content-Range: bytes 6-7/8\r\n"
        b"\r\n"
        b"1}\r\n"
        b"--b0und4ry--\r\n"
    )


@given(st.lists(byte_ranges, min_size=1, max_size=5))
def test_multipart_is_read_by_another_parser(ranges: list[ByteRange]) -> None:
    """The standard library's MIME parser finds each part with its fields and its bytes."""
    content = bytes(n % 26 + 97 for n in range(1000))
    framing = multipart(ranges, len(content), "application/json", "b0und4ry")
    head = f"Content-Type: {framing.content_type}\r\n\r\n".encode()
    parser = email.parser.BytesParser(policy=email.policy.HTTP)
    message = parser.parsebytes(head + body(content, ranges))
    parts = list(message.iter_parts())
    assert [part["Content-Range"] for part in parts] == [content_range(r, 1000) for r in ranges]
    assert [part.get_content_type() for part in parts] == ["application/json"] * len(ranges)
    found = [part.get_payload(decode=True) for part in parts]
    assert found == [content[r.start : r.stop] for r in ranges]


@pytest.mark.parametrize("boundary", ["", "a b", 'a"', "a:b", "a\r\n", "x" * 71, "\u00e4"])
def test_a_boundary_that_would_need_quotes(boundary: str) -> None:
    """Only boundaries that can go unquoted are taken."""
    with pytest.raises(ValueError, match="boundary"):
        multipart([ByteRange(0, 1)], 1, "application/json", boundary)

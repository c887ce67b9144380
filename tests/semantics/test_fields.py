import calendar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvput.errors import MalformedField
from kvput.semantics.fields import (
    MediaType,
    excerpt,
    format_http_date,
    parse_http_date,
    parse_media_type,
    split_list,
    unquote,
)

EXAMPLE = calendar.timegm((1994, 11, 6, 8, 49, 37))
YEAR_2026 = calendar.timegm((2026, 6, 15, 12, 0, 0))


# --- lists ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "elements"),
    [
        pytest.param("", (), id="empty"),
        pytest.param(" \t ", (), id="only white space"),
        pytest.param(",,  ,", (), id="only commas"),
        pytest.param("a", ("a",), id="one"),
        pytest.param("a,b , \tc", ("a", "b", "c"), id="white space around"),
        pytest.param(",a,,b,", ("a", "b"), id="empty elements"),
        pytest.param("a b, c", ("a b", "c"), id="white space inside"),
        pytest.param('"a, b", c', ('"a, b"', "c"), id="comma in a quoted string"),
        pytest.param(r'"a\", b", c', (r'"a\", b"', "c"), id="escaped quote"),
        pytest.param('n="a,b";x="c,d", e', ('n="a,b";x="c,d"', "e"), id="quoted parameters"),
        pytest.param('a, "b, c', ("a", '"b, c'), id="a quote that never ends"),
        pytest.param('a, "b\\', ("a", '"b\\'), id="a backslash at the very end"),
        pytest.param("a\u00a0,b", ("a\u00a0", "b"), id="a no-break space is no white space"),
    ],
)
def test_split_list(value: str, elements: tuple[str, ...]) -> None:
    """Commas outside quotes separate; empty elements and white space around fall away."""
    assert split_list(value) == elements


@given(st.lists(st.text().filter(lambda text: text.strip(" \t")), max_size=8))
def test_any_texts_survive_being_quoted_and_listed(texts: list[str]) -> None:
    """Quoting, joining, splitting and unquoting give back the texts that went in."""
    quoted = ['"' + text.replace("\\", r"\\").replace('"', r"\"") + '"' for text in texts]
    assert [unquote(element) for element in split_list(", ".join(quoted))] == texts


@pytest.mark.parametrize(
    ("piece", "elements"),
    [
        ('"', 1),
        ("\\", 1),
        (",", 0),
        (" ", 0),
        ('"\\', 1),
        ('a"', 1),
        ('"a"', 1),
        ("a,", 500_000),
    ],
)
def test_a_megabyte_of_one_piece_is_split_in_linear_time(piece: str, elements: int) -> None:
    """No repeated piece makes the scanner backtrack: quadratic time would hit the time limit."""
    assert len(split_list(piece * (1_000_000 // len(piece)))) == elements


# --- media types ------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("application/json", MediaType("application", "json")),
        ("Application/JSON", MediaType("application", "json")),
        (" application/json\t", MediaType("application", "json")),
        ("application/problem+json", MediaType("application", "problem+json")),
        ("text/plain;charset=utf-8", MediaType("text", "plain", (("charset", "utf-8"),))),
        ("text/plain \t;\t Charset=UTF-8", MediaType("text", "plain", (("charset", "UTF-8"),))),
        ('text/plain;charset="utf-8"', MediaType("text", "plain", (("charset", "utf-8"),))),
        ('a/b;x="";y=1', MediaType("a", "b", (("x", ""), ("y", "1")))),
        (r'a/b;x="q\";,"', MediaType("a", "b", (("x", 'q";,'),))),
        ("text/plain;", MediaType("text", "plain")),
        ("text/plain;; ;a=b;", MediaType("text", "plain", (("a", "b"),))),
    ],
)
def test_media_type(value: str, expected: MediaType) -> None:
    """Names are folded to lower case, values are unquoted, empty parameters are let pass."""
    assert parse_media_type(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        "",
        "application",
        "application/",
        "/json",
        "application /json",
        "application/json, text/plain",
        "application/json;a=b, text/plain",
        "application/json text/plain",
        "text/plain; charset",
        "text/plain; charset=",
        "text/plain; charset =utf-8",
        "text/plain; charset= utf-8",
        'text/plain; charset="utf-8',
        'text/plain; charset="utf-8"x',
        "text/plain; charset=utf-8; CHARSET=latin-1",
        "text/plain\n",
        "text/pl\u00e4in",
    ],
)
def test_malformed_media_type(value: str) -> None:
    """Anything that is not exactly one media type is refused, with a sentence."""
    with pytest.raises(MalformedField) as caught:
        parse_media_type(value)
    assert caught.value.detail.endswith(".")


def test_parts_of_a_media_type() -> None:
    """The essence leaves parameters out; a parameter is found by its name in any case."""
    media_type = parse_media_type("Text/CSV; Header=Present")
    assert media_type.essence == "text/csv"
    assert media_type.parameter("HEADER") == "Present"
    assert media_type.parameter("charset") is None


@pytest.mark.parametrize("piece", [";", "; ", ';a="', "\\", '"'], ids=repr)
def test_a_long_media_type_is_judged_in_linear_time(piece: str) -> None:
    """A long run of one piece is accepted or refused without backtracking."""
    value = "a/b" + piece * 200_000 + "!"
    with pytest.raises(MalformedField):
        parse_media_type(value)


# --- dates ------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("Sun, 06 Nov 1994 08:49:37 GMT", id="IMF-fixdate"),
        pytest.param("Sunday, 06-Nov-94 08:49:37 GMT", id="rfc850-date"),
        pytest.param("Sun Nov  6 08:49:37 1994", id="asctime-date"),
        pytest.param("Sun Nov 06 08:49:37 1994", id="asctime-date with two digits"),
        pytest.param("Mon, 06 Nov 1994 08:49:37 GMT", id="a day name that does not fit"),
    ],
)
def test_the_three_formats_of_a_date(value: str) -> None:
    """All three formats of RFC 9110 section 5.6.7 give the same moment."""
    assert parse_http_date(value) == EXAMPLE


@pytest.mark.parametrize(
    "value",
    [
        "",
        "0",
        "784111777",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 gmt",
        "sun, 06 nov 1994 08:49:37 GMT",
        "SUN, 06 NOV 1994 08:49:37 GMT",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun,06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 94 08:49:37 GMT",
        "Sunday, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06-Nov-94 08:49:37 GMT",
        "Sunday, 06-Nov-1994 08:49:37 GMT",
        "Sun Nov 6 08:49:37 1994",
        "Sun Nov  6 08:49:37 1994 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 31 Nov 1994 08:49:37 GMT",
        "Sun, 29 Feb 1900 08:49:37 GMT",
        "Sun, 06 Nov 0000 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 Nov 1994 08:49:60 GMT",
        "Sun, 06 Nov 1994 23:59:61 GMT",
        "Sun, \u0660\u0666 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT\n",
        " Sun, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
    ],
)
def test_what_is_no_date(value: str) -> None:
    """Wrong syntax, case, day, time or digits: no date."""
    assert parse_http_date(value) is None


def test_a_leap_second_is_the_start_of_the_next_day() -> None:
    """23:59:60 is allowed, and counts as POSIX time counts it."""
    leap = parse_http_date("Sat, 31 Dec 2016 23:59:60 GMT")
    assert leap == parse_http_date("Sun, 01 Jan 2017 00:00:00 GMT")
    assert leap is not None


@pytest.mark.parametrize(
    ("value", "year"),
    [
        pytest.param("Thursday, 15-Jun-26 12:00:00 GMT", 2026, id="now"),
        pytest.param("Thursday, 15-Jun-70 12:00:00 GMT", 2070, id="44 years ahead"),
        pytest.param("Thursday, 15-Jun-76 12:00:00 GMT", 2076, id="50 years ahead to the second"),
        pytest.param("Thursday, 15-Jun-76 12:00:01 GMT", 1976, id="and one second more"),
        pytest.param("Thursday, 15-Jun-77 12:00:00 GMT", 1977, id="51 years ahead"),
        pytest.param("Thursday, 15-Jun-99 12:00:00 GMT", 1999, id="last century"),
    ],
)
def test_the_century_of_a_two_digit_year(value: str, year: int) -> None:
    """A date more than 50 years ahead is one of the past, and only that."""
    seconds = parse_http_date(value, YEAR_2026)
    assert seconds is not None
    assert format_http_date(seconds)[12:16] == str(year)


def test_a_two_digit_year_shortly_before_a_new_century() -> None:
    """In 2099 the year 05 is 2105: six years ahead is not more than fifty."""
    now = calendar.timegm((2099, 1, 1, 0, 0, 0))
    expected = calendar.timegm((2105, 1, 1, 0, 0, 0))
    assert parse_http_date("Thursday, 01-Jan-05 00:00:00 GMT", now) == expected


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (EXAMPLE, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
        (-62_135_596_800, "Mon, 01 Jan 0001 00:00:00 GMT"),
        (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
    ],
)
def test_format_of_a_date(seconds: int, text: str) -> None:
    """Dates are written as IMF-fixdate, with leading zeros."""
    assert format_http_date(seconds) == text


@pytest.mark.parametrize("seconds", [-62_135_596_801, 253_402_300_800, 10**30])
def test_a_moment_that_no_date_can_name(seconds: int) -> None:
    """Outside the years 1 to 9999 there is no HTTP-date."""
    with pytest.raises(OverflowError):
        format_http_date(seconds)


@given(st.integers(-62_135_596_800, 253_402_300_799))
def test_every_formatted_date_parses_to_the_same_second(seconds: int) -> None:
    """Parsing undoes formatting."""
    assert parse_http_date(format_http_date(seconds)) == seconds


def test_excerpt_is_short_ascii() -> None:
    """What an error shows of a value can be sent, whatever the value held."""
    shown = excerpt("\udc80\u00e4\x00" + "x" * 1000)
    assert shown.isascii()
    assert shown.isprintable()
    assert len(shown) < 100

"""The syntax that header fields share: lists, media types, dates (RFC 9110 sections 5.6 and 8.3).

Here belongs what more than one field is written in. The grammar of a single
field, and what its value means, belongs in the module of that field.

Parsing takes time linear in the length of the value: runs of characters are
possessive (`*+`), and no two ways lead through what repeats. Groups are not
possessive, because CPython before 3.11.5 matches those wrongly. White space is
SP and HTAB only; digits and letters are those of ASCII.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final

from kvput.errors import MalformedField

FieldGetter = Callable[[str], str | None]
"""Field name -> the field's lines joined by ", " (RFC 9110 section 5.3), None when absent."""

WHITESPACE: Final = " \t"
"""The characters of OWS (RFC 9110 section 5.6.3), as `str.strip` takes them."""

TOKEN: Final = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]++"  # noqa: S105  # no password: a token of the grammar
"""Pattern of a token (RFC 9110 section 5.6.2)."""

# Field values are decoded bytes, so that obs-text (%x80-FF) is every character
# from U+0080 on, the surrogates that stand for undecodable bytes included.
QUOTED_STRING: Final = (
    r'"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\U0010ffff]|\\[\t \x21-\x7e\x80-\U0010ffff])*"'
)
"""Pattern of a quoted-string with its quotes (RFC 9110 section 5.6.4)."""

_QUOTED_PAIR: Final = re.compile(r"\\(.)", re.DOTALL)
_EXCERPT_CHARACTERS: Final = 60


def excerpt(value: str) -> str:
    """The value as an error's sentence may show it: in quotes, in ASCII, not too long."""
    shown = ascii(value[:_EXCERPT_CHARACTERS])
    return shown if len(value) <= _EXCERPT_CHARACTERS else f"{shown}..."


def unquote(word: str) -> str:
    """The text that a token or a quoted-string stands for (RFC 9110 section 5.6.4)."""
    if not word.startswith('"'):
        return word
    # 5.6.4: a recipient handles a quoted-pair as if it were the octet after the backslash.
    return _QUOTED_PAIR.sub(r"\1", word[1:-1])


# --- lists ------------------------------------------------------------------

# A quoted string that never ends takes the rest of the value: the element is
# malformed then, which is for the element's own parser to say.
_ELEMENT: Final = re.compile(r'(?:[^",]++|"(?:[^"\\]++|\\.)*"?+)*', re.DOTALL)


def split_list(value: str) -> tuple[str, ...]:
    """The elements of a comma-separated list, in order (RFC 9110 section 5.6.1).

    A comma inside a quoted string separates nothing. White space around an
    element is removed; quotes and escapes stay as they were sent.
    """
    elements = []
    position = 0
    while position <= len(value):
        end = _ELEMENT.match(value, position).end()  # type: ignore[union-attr]  # matches ""
        # 5.6.1.2: a recipient must parse and ignore a reasonable number of empty elements.
        if element := value[position:end].strip(WHITESPACE):
            elements.append(element)
        position = end + 1
    return tuple(elements)


# --- media types ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MediaType:
    """A media type; type, subtype and the names of parameters are in lower case.

    The values of parameters are unquoted and keep their case: whether it
    matters is for each parameter to say (RFC 9110 section 8.3.1).
    """

    type: str
    subtype: str
    parameters: tuple[tuple[str, str], ...] = ()

    @property
    def essence(self) -> str:
        """Type and subtype without parameters: `application/json`."""
        return f"{self.type}/{self.subtype}"

    def parameter(self, name: str) -> str | None:
        """The value of the parameter of this name, in any case; None when absent."""
        return dict(self.parameters).get(name.lower())


_TYPE_AND_SUBTYPE: Final = re.compile(f"({TOKEN})/({TOKEN})")
# 5.6.6: parameters = *( OWS ";" OWS [ parameter ] ), without space around "=".
_PARAMETER: Final = re.compile(
    rf"[ \t]*+;[ \t]*+(?:(?P<name>{TOKEN})=(?P<value>{TOKEN}|{QUOTED_STRING}))?"
)


def parse_media_type(value: str) -> MediaType:
    """A media type with its parameters, as in Content-Type (RFC 9110 section 8.3.1).

    Raises MalformedField for anything else, also for the list that two
    Content-Type lines are joined into, and for a parameter given twice.
    """
    value = value.strip(WHITESPACE)
    essence = _TYPE_AND_SUBTYPE.match(value)
    if essence is None:
        raise MalformedField(
            f"{excerpt(value)} is no media type: send one type/subtype, such as application/json."
        )
    parameters: dict[str, str] = {}
    position = essence.end()
    while position < len(value):
        match = _PARAMETER.match(value, position)
        if match is None:
            # 8.3: a field value that was combined from several lines is no single
            # media type, and guessing which one was meant is a known attack.
            raise MalformedField(
                f"{excerpt(value)} is malformed from {excerpt(value[position:])} on: send a single "
                "media type, each of its parameters as ;name=value."
            )
        position = match.end()
        if match["name"] is None:
            continue
        name = match["name"].lower()
        if name in parameters:
            # RFC 6838 section 4.3: it is an error to specify a parameter more than once.
            raise MalformedField(
                f"The media type {excerpt(value)} has the parameter {name} twice: send it once."
            )
        parameters[name] = unquote(match["value"])
    return MediaType(essence[1].lower(), essence[2].lower(), tuple(parameters.items()))


# --- dates ------------------------------------------------------------------

_DAY_NAMES: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LONG_DAY_NAMES: Final = (
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
)
_MONTH_NAMES: Final = (
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
)
_MONTH_NUMBERS: Final = {name: number for number, name in enumerate(_MONTH_NAMES, start=1)}

_DAY: Final = f"(?:{'|'.join(_DAY_NAMES)})"
_LONG_DAY: Final = f"(?:{'|'.join(_LONG_DAY_NAMES)})"
_MONTH: Final = f"(?P<month>{'|'.join(_MONTH_NAMES)})"
_TIME: Final = "(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})"

# 5.6.7: a recipient must accept all three formats; HTTP-date is case-sensitive.
_DATE_FORMATS: Final = (
    # IMF-fixdate: Sun, 06 Nov 1994 08:49:37 GMT
    re.compile(f"{_DAY}, (?P<day>[0-9]{{2}}) {_MONTH} (?P<year>[0-9]{{4}}) {_TIME} GMT"),
    # rfc850-date: Sunday, 06-Nov-94 08:49:37 GMT
    re.compile(f"{_LONG_DAY}, (?P<day>[0-9]{{2}})-{_MONTH}-(?P<year>[0-9]{{2}}) {_TIME} GMT"),
    # asctime-date: Sun Nov  6 08:49:37 1994
    re.compile(f"{_DAY} {_MONTH} (?P<day>[0-9]{{2}}| [0-9]) {_TIME} (?P<year>[0-9]{{4}})"),
)

EARLIEST_DATE: Final = -62_135_596_800
"""The beginning of the year 1, in seconds since the epoch: no HTTP-date can say an earlier one."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS_PER_DAY: Final = 86_400


def parse_http_date(value: str, now: int | None = None) -> int | None:
    """An HTTP-date as seconds since the epoch; None when it is not valid (RFC 9110 section 5.6.7).

    `now`, in the same seconds, decides the century of a two-digit year; left
    out, it is the clock's time.

    A day name that does not fit the date is let pass: the date is complete
    without it, and dropping the whole field over it would turn a guarded write
    (If-Unmodified-Since) into an unguarded one.
    """
    for date_format in _DATE_FORMATS:
        if match := date_format.fullmatch(value):
            return _seconds_since_epoch(match, now)
    return None


def _seconds_since_epoch(match: re.Match[str], now: int | None) -> int | None:
    year, month, day = int(match["year"]), _MONTH_NUMBERS[match["month"]], int(match["day"])
    hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"])
    # 5.6.7: time-of-day runs from 00:00:00 to 23:59:60, the leap second; in GMT
    # a leap second stands nowhere else.
    is_leap_second = (hour, minute, second) == (23, 59, 60)
    if hour > 23 or minute > 59 or (second > 59 and not is_leap_second):
        return None
    if len(match["year"]) == 2:
        year = _full_year(year, (month, day, hour, minute, second), now)
    try:
        days = date(year, month, day).toordinal() - _EPOCH.toordinal()
    except ValueError:  # 30 February, year 0
        return None
    return days * _SECONDS_PER_DAY + hour * 3600 + minute * 60 + second


def _full_year(two_digits: int, rest: tuple[int, int, int, int, int], now: int | None) -> int:
    # 5.6.7: a two-digit year that appears to be more than 50 years in the future
    # is the most recent year in the past with the same last two digits.
    today = time.gmtime(now)
    latest = today.tm_year + 50
    year = latest - (latest - two_digits) % 100
    return year - 100 if (year - 50, *rest) > today[:6] else year


@lru_cache(maxsize=4096)
def format_http_date(seconds: int) -> str:
    """Seconds since the epoch as an IMF-fixdate, whatever the locale (RFC 9110 section 5.6.7).

    Raises OverflowError outside the years 1 to 9999, which the format cannot write.
    """
    # 5.6.7: a sender must generate timestamps in the IMF-fixdate format.
    moment = _EPOCH + timedelta(seconds=seconds)
    return (
        f"{_DAY_NAMES[moment.weekday()]}, {moment.day:02} {_MONTH_NAMES[moment.month - 1]} "
        f"{moment.year:04} {moment.hour:02}:{moment.minute:02}:{moment.second:02} GMT"
    )

"""What the texts in one place have in common: a format, or a few values that come back.

Formats are those of JSON Schema (Validation, section 7.3). Each is told here by
fewer texts than it has, so that whatever checks a text finds it in order.
"""

import re
from collections.abc import Callable
from datetime import date
from typing import Final

_MOST_VALUES: Final = 6
_LONGEST_VALUE: Final = 40
_FEWEST_TEXTS: Final = 10
"""From so many on it is clear that a few values are all there are, if each comes back."""

_LONGEST_WITH_FORMAT: Final = 2048

_TIME: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9})?"
    r"(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_EMAIL: Final = re.compile(
    rf"(?=[^@]{{1,64}}@)[A-Za-z0-9_+-]++(?:\.[A-Za-z0-9_+-]++)*+@(?=.{{1,253}}\Z)"
    rf"{_LABEL}(?:\.{_LABEL})*\.[A-Za-z]{{2,63}}"
)
# RFC 3986 section 3, with an authority that has a name and neither user nor brackets.
_URI_CHARACTER: Final = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})"
_URI: Final = re.compile(
    rf"[a-z][a-z0-9+.-]*+://[A-Za-z0-9][A-Za-z0-9.-]*+(?::[0-9]{{1,4}})?"
    rf"(?:/{_URI_CHARACTER}*+)?(?:\?(?:{_URI_CHARACTER}|\?)*+)?(?:\#(?:{_URI_CHARACTER}|\?)*+)?"
)


def _is_time(text: str) -> bool:
    return _TIME.fullmatch(text) is not None and _is_in_calendar(text[:10])


def _is_date(text: str) -> bool:
    return _DATE.fullmatch(text) is not None and _is_in_calendar(text)


def _is_in_calendar(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_email(text: str) -> bool:
    return _EMAIL.fullmatch(text) is not None


def _is_uri(text: str) -> bool:
    return _URI.fullmatch(text) is not None


_Format = tuple[str, Callable[[str], bool]]

# No text is in two of them.
_FORMATS: Final[tuple[_Format, ...]] = (
    ("date-time", _is_time),
    ("date", _is_date),
    ("email", _is_email),
    ("uri", _is_uri),
)


class Texts:
    """The texts of one place, added one by one; little is kept of them, however many they are."""

    __slots__ = ("count", "differ", "first", "formats", "values")

    def __init__(self) -> None:
        self.count = 0
        self.formats = _FORMATS
        # Kept as long as there may be a format.
        self.first = ""
        self.differ = False
        # How often each comes; None where they are too many or too long.
        self.values: dict[str, int] | None = {}

    def add(self, text: str) -> None:
        """One more text."""
        self.count += 1
        if self.values is not None:
            self._count_value(text, 1)
        if self.formats:
            self._see_format(text)

    def merge(self, other: "Texts") -> None:
        """Add all that was added to another one, which is used no longer."""
        if other.values is None:
            self.values = None
        elif self.values is not None:
            for text, times in other.values.items():
                self._count_value(text, times)
        self.formats = tuple(each for each in self.formats if each in other.formats)
        self.differ = self.differ or other.differ or self.first != other.first
        self.count += other.count

    def _count_value(self, text: str, times: int) -> None:
        if self.values is None:
            return
        before = self.values.get(text, 0)
        if before == 0 and (len(text) > _LONGEST_VALUE or len(self.values) == _MOST_VALUES):
            self.values = None
        else:
            self.values[text] = before + times

    def _see_format(self, text: str) -> None:
        if len(text) > _LONGEST_WITH_FORMAT:
            self.formats = ()
        else:
            self.formats = tuple(each for each in self.formats if each[1](text))
        if not self.formats:
            self.first = ""
        elif self.count == 1:
            self.first = text
        elif text != self.first:
            self.differ = True

    def keywords(self) -> dict[str, object]:
        """What a schema of the type `string` says beside its type: `format`, `enum` or nothing."""
        if self.formats and self.differ:
            return {"format": self.formats[0][0]}
        # One text, however often it comes, does not tell what another one would be.
        values = self.values or {}
        if self.count >= _FEWEST_TEXTS and len(values) > 1 and min(values.values()) > 1:
            return {"enum": sorted(values)}
        return {}

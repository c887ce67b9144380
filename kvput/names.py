"""File names: how a segment of a path is written on disk, and read back.

A file name is its segment's text. Only what some file system cannot hold, reads
as something else or drops without a word is percent-encoded in it, so that a
data folder can be copied to any machine. A name that is not the one that
`encode_segment` writes belongs to no segment.

Paths of several segments are in `kvput.paths`. What a given disk makes of a
name is for the store, which asks `fold`.
"""

import re
import unicodedata
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from kvput.errors import InvalidPath

SUFFIX: Final = ".json"

MAX_NAME_BYTES: Final = 255
"""The longest file name, suffix included: NAME_MAX of Linux, macOS and Windows."""

# NFC puts no more than three characters into each byte of what it makes.
_MOST_CHARACTERS: Final = 3 * MAX_NAME_BYTES

# The names that Windows gives to devices in every directory, whatever extension follows;
# spaces between the name and the extension do not count.
_DEVICE: Final = r"(?:CON|PRN|AUX|NUL|(?:COM|LPT)[0-9¹²³]|CONIN\$|CONOUT\$)\ *(?:\.|\Z)"

_UNSAFE: Final = re.compile(
    rf"""
      %                          # begins an escape
    | [\x00-\x1f\x7f-\x9f]       # control characters: C0, DEL, C1
    | [/<>:"|?*\\]               # separators and wildcards on one system or another
    | \A\.                       # hidden on POSIX; also `.counter` and temporary files
    | [.\ ]\Z                    # dropped by Windows
    | \A(?={_DEVICE}).           # opens a device on Windows
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)

# The usual names (`articles`, `42`), known at one glance to be their own encoding.
_PLAIN: Final = re.compile(rf"(?!{_DEVICE})[0-9A-Za-z_-]{{1,250}}", re.IGNORECASE | re.ASCII)

# Unicode's Default_Ignorable_Code_Point, which `unicodedata` does not tell.
_IGNORABLE: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def normalised(text: str) -> str:
    """The text in NFC; InvalidPath for one that is too long for a segment however it normalises."""
    # Normalising takes quadratic time where combining marks are many, so that the length
    # is looked at first.
    if len(text) > _MOST_CHARACTERS:
        raise InvalidPath(f'The segment "{shown(text)}" {_TOO_LONG}.')
    return unicodedata.normalize("NFC", text)


def encode_segment(segment: str) -> str:
    """The name on disk of a segment: of its directory and, with SUFFIX, of its file.

    Takes any text without surrogates; other text encodes to different names.
    Text that is in NFC stays so.
    """
    if _PLAIN.fullmatch(segment):
        return segment
    unsafe = {match.start() for match in _UNSAFE.finditer(segment)}
    # A directory never looks like the file of a resource, on no disk: `/a` is the file
    # `a.json`, `/a.json/b` lies in the directory `a%2Ejson`.
    if fold(segment).endswith(SUFFIX):
        unsafe.add(segment.rindex("."))
    name: list[str] = []
    escaped = False
    for index, character in enumerate(segment):
        # A combining mark behind an escape is escaped too: normalisation would join it
        # with the escape's last hexadecimal digit ("%2E" and an acute accent to "%2É").
        escaped = index in unsafe or (escaped and unicodedata.combining(character) != 0)
        name.append(_escape(character) if escaped else character)
    return "".join(name)


def decode_segment(name: str) -> str | None:
    """The segment that `encode_segment` turns into `name`; None where there is none.

    None also where a segment is no name of a resource: then nothing in the
    directory `name` has a path. Takes names as the OS gives them, surrogate
    escapes included.
    """
    if _PLAIN.fullmatch(name):
        return name
    try:
        segment = unquote_to_bytes(name).decode()
        return segment if file_name(segment) == name else None
    except (UnicodeError, InvalidPath):
        return None


def resource_name(file: str) -> str | None:
    """The last segment of the resource whose file has this name; None where it is no resource."""
    if not file.endswith(SUFFIX):
        return None
    return decode_segment(file.removesuffix(SUFFIX))


def fold(name: str) -> str:
    """What a disk that ignores case and normalisation makes of a name.

    Two names with the same result may be one file on such a disk. This is
    Unicode's canonical caseless match (section 3.13, D145) without ignorable
    code points, as the case-insensitive ext4, HFS+ and APFS compare.
    """
    if name.isascii():
        return name.lower()
    text = unicodedata.normalize("NFD", name).casefold()
    return unicodedata.normalize("NFD", _IGNORABLE.sub("", text))


def file_name(segment: str) -> str:
    """The encoded name of a segment; InvalidPath where it can be the name of nothing."""
    if _PLAIN.fullmatch(segment):
        return segment
    fault = _FAULTS.get(segment)
    if len(segment) > MAX_NAME_BYTES:
        fault = _TOO_LONG
    elif "\0" in segment:
        fault = 'holds a NUL ("%00"), which no file name can hold: leave it out'
    elif not unicodedata.is_normalized("NFC", segment):
        fault = "is not in Unicode's normal form C: normalise it"
    if fault:
        raise InvalidPath(f'The segment "{shown(segment)}" {fault}.')
    name = encode_segment(segment)
    try:
        size = len(name.encode()) + len(SUFFIX)
    except UnicodeEncodeError:
        raise InvalidPath(
            f'The segment "{shown(segment)}" holds half a surrogate pair: use whole characters.'
        ) from None
    if size > MAX_NAME_BYTES:
        raise InvalidPath(
            f'The segment "{shown(segment)}" makes a file name of {size} bytes:'
            f" choose one that makes at most {MAX_NAME_BYTES}."
        )
    return name


_TOO_LONG: Final = (
    f"makes a file name of more than {MAX_NAME_BYTES} bytes: choose one that makes at most that"
)
_FAULTS: Final = {
    "": "is empty: write a single slash between two names",
    ".": "is relative: write the path without it",
    "..": "is relative: write the path without it",
}


def _escape(character: str) -> str:
    # RFC 3986 section 2.1: "URI producers and normalizers should use uppercase
    # hexadecimal digits".
    return "".join(f"%{byte:02X}" for byte in character.encode())


def shown(text: str) -> str:
    """Text of a request for an error's sentence: ASCII, on one line, not too long."""
    short = text if len(text) <= 60 else text[:60] + "..."
    printable = "!$&'()*+,;=:@%/?#[]<>{}|^`\\"
    return quote(short, safe=printable, errors="backslashreplace")


# --- names that are numbers, and the order of names, the same in every store

HIGHEST_NUMBER: Final = 2**53 - 1
"""The largest number that a name is.

RFC 8259 section 6: integers up to this one are "interoperable in the sense that
implementations will agree exactly on their numeric values".
"""

_NUMBER: Final = re.compile("0|[1-9][0-9]{0,15}", re.ASCII)
_DIGITS: Final = re.compile("[0-9]+", re.ASCII)


def number_of(name: str) -> int | None:
    """The number that a name is, in its one decimal form (`7`, not `07`); None if it is none.

    None also for one above HIGHEST_NUMBER: that is a name like any other.
    """
    number = int(name) if _NUMBER.fullmatch(name) else None
    return None if number is None or number > HIGHEST_NUMBER else number


def natural_order(name: str) -> tuple[str, str]:
    """A sort key: runs of digits compare as numbers, other text by code point.

    Numbers come before text (`2`, `10`, `a2`, `a10`); names that differ in
    leading zeros alone are ordered as texts.
    """
    return _DIGITS.sub(_number_as_text, name), name


def _number_as_text(digits: re.Match[str]) -> str:
    # NUL, which no name holds, comes before all text. Of two numbers the longer is the
    # larger: its length comes first, as one character.
    significant = digits[0].lstrip("0")
    return "\0" + chr(len(significant)) + significant

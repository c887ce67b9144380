"""The query of a URL as parameters: names and values, decoded, in their order.

What the parameters mean belongs to `parameters` and the dialects; here is only
how they are written (RFC 3986, and the URL standard's form encoding), and how
each is refused by name.
"""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_to_bytes

from kvput.errors import MalformedParameter
from kvput.names import HIGHEST_NUMBER, shown

MAX_CHARACTERS: Final = 65_536
"""The longest query, as it is sent."""

MAX_PARAMETERS: Final = 1_000
"""The most parameters in a query."""

_SENDABLE: Final = re.compile("[!-~]*")
_BROKEN_ESCAPE: Final = re.compile("%(?![0-9A-Fa-f]{2})")
_WHOLE_NUMBER: Final = re.compile("[0-9]{1,16}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: its name and its value, and `written` as it was sent."""

    name: str
    value: str
    written: str


def split_query(raw: str) -> tuple[Parameter, ...]:
    """The parameters of a query, which is what follows the `?`; `+` is a space.

    Raises MalformedParameter for a broken escape, bytes that are no UTF-8, a
    character that a URL does not hold, a parameter without a name, and too many
    of them.
    """
    if len(raw) > MAX_CHARACTERS:
        raise MalformedParameter(
            f"The query has more than {MAX_CHARACTERS:,} characters: ask for less at once."
        )
    pieces = [piece for piece in raw.split("&") if piece]
    if len(pieces) > MAX_PARAMETERS:
        raise MalformedParameter(
            f"The query has more than {MAX_PARAMETERS:,} parameters: ask for less at once."
        )
    return tuple(map(_parameter, pieces))


def _parameter(piece: str) -> Parameter:
    written_name, _, written_value = piece.partition("=")
    name = _decode(written_name, written_name)
    if not name:
        raise MalformedParameter(
            f'The parameter "{shown(piece)}" has no name: write the name before the "=".'
        )
    return Parameter(name, _decode(written_value, name), piece)


def _decode(part: str, name: str) -> str:
    """Decode a name or a value of the parameter that errors call `name`."""
    if not _SENDABLE.fullmatch(part):
        raise malformed(
            name, "holds a space or a character beyond ASCII: percent-encode it as UTF-8"
        )
    if _BROKEN_ESCAPE.search(part):
        raise malformed(
            name, 'has a "%" that no two hexadecimal digits follow: write "%25" for the character'
        )
    # The URL standard, "application/x-www-form-urlencoded parsing": `+` is a space.
    spaced = part.replace("+", " ")
    if "%" not in spaced:
        return spaced
    try:
        return unquote_to_bytes(spaced).decode()
    except UnicodeDecodeError:
        raise malformed(
            name, "is not UTF-8: encode its characters as UTF-8 before escaping"
        ) from None


def is_json(value: str) -> bool:
    """Whether a value begins as JSON's objects and arrays do."""
    return value.startswith(("{", "["))


def malformed(name: str, fault: str) -> MalformedParameter:
    """The error for the parameter `name`; `fault` goes on from there, without a full stop."""
    return MalformedParameter(f'The parameter "{shown(name)}" {fault}.')


def only_value(name: str, values: list[str]) -> str:
    """The value of a parameter that may be given once; MalformedParameter where it repeats."""
    if len(values) > 1:
        raise malformed(name, f"is given {len(values)} times: give it once")
    return values[0]


def whole_number(name: str, text: str, least: int) -> int:
    """The number that a parameter's value is; MalformedParameter for one below `least`."""
    number = int(text) if _WHOLE_NUMBER.fullmatch(text) else -1
    if not least <= number <= HIGHEST_NUMBER:
        raise malformed(name, f'is "{shown(text)}": it takes a whole number from {least} on')
    return number

"""Whether two JSON texts hold the same value, as `test` in a JSON Patch asks it.

Source: RFC 6902 section 4.6. Numbers are compared as they are written, not as
the doubles next to them.
"""

import re
from typing import Final

from kvput.content import json_text

_STRING_OR_NUMBER: Final = re.compile(
    rb'"(?P<rest>[^"\\]*+(?:\\.[^"\\]*+)*+")'
    rb"|(?P<sign>-?)(?P<whole>[0-9]++)(?:\.(?P<fraction>[0-9]++))?(?:[eE](?P<exponent>[-+]?[0-9]++))?",
    re.DOTALL,
)
_MOST_EXPONENT_DIGITS: Final = 1000
"""An exponent of more digits is not reckoned with, which would take quadratic time."""


def equal(left: bytes, right: bytes) -> bool:
    """Whether two JSON texts hold equal values.

    Objects are equal whatever the order of their members (of those with one name,
    the last counts), numbers if they are the same number: `1`, `1.0` and `10e-1` are.
    """
    if left == right:
        return True
    # RFC 6902 section 4.6: "the value at the target location and the value conveyed by "value"
    # are of the same JSON type".
    waiting = [(_value(left), _value(right))]
    # No recursion: depth costs no stack.
    while waiting:
        one, other = waiting.pop()
        if isinstance(one, dict) and isinstance(other, dict):
            if one.keys() != other.keys():
                return False
            waiting += ((value, other[name]) for name, value in one.items())
        elif isinstance(one, list) and isinstance(other, list):
            if len(one) != len(other):
                return False
            waiting += zip(one, other, strict=True)
        elif one != other:
            return False
    return True


def _value(text: bytes) -> object:
    """The value, with a text for each number that tells which one it is, marked as such."""
    return json_text.parse(_STRING_OR_NUMBER.sub(_marked, text))


def _marked(match: re.Match[bytes]) -> bytes:
    rest: bytes | None = match["rest"]
    return b'"t' + rest if rest is not None else b'"n' + _number(match) + b'"'


def _number(match: re.Match[bytes]) -> bytes:
    """The one way to write this number: its digits without zeros around them, and an exponent."""
    fraction: bytes = match["fraction"] or b""
    exponent: bytes = match["exponent"] or b"0"
    digits: bytes = (match["whole"] + fraction).lstrip(b"0")
    significant = digits.rstrip(b"0")
    if not significant:
        return b"0"
    if len(exponent) > _MOST_EXPONENT_DIGITS:
        return match[0].lower()
    power = int(exponent) - len(fraction) + len(digits) - len(significant)
    return b"%s%se%d" % (match["sign"], significant, power)

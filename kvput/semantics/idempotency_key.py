"""The Idempotency-Key field: a name that a client gives to a request, to send it again safely.

Source: draft-ietf-httpapi-idempotency-key-header. What is kept under a key, and
for how long, is `kvput.resources.idempotency`'s.
"""

import re
from typing import Final

from kvput.errors import MalformedField
from kvput.semantics.fields import WHITESPACE, excerpt

MOST_CHARACTERS: Final = 255

# Section 2.1: "Idempotency-Key is an Item Structured Header [...] Its value MUST be a String"
# (RFC 9651 section 3.3.3). Most clients in the field leave the quotes out.
_STRING: Final = re.compile(r'"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"')
_BARE: Final = re.compile(r"[!#-+\--\[\]-~]+")
_ESCAPE: Final = re.compile(r"\\(.)")


def parse_idempotency_key(value: str) -> str:
    """The key, with or without quotes as it was sent. Raises MalformedField."""
    value = value.strip(WHITESPACE)
    match = _STRING.fullmatch(value)
    if match is not None:
        key = _ESCAPE.sub(r"\1", match[1])
    else:
        key = value if _BARE.fullmatch(value) else ""
    if not 0 < len(key) <= MOST_CHARACTERS:
        raise MalformedField(
            f"Idempotency-Key is malformed ({excerpt(value)}): send one key in double quotes, of 1 "
            f"to {MOST_CHARACTERS} printable ASCII characters, such as a new UUID."
        )
    return key

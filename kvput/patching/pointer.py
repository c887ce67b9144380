"""JSON Pointers (RFC 6901): from their text to tokens, and back.

What a token means to what stands there (a name, an index, the place behind the
last element) is for `kvput.content.json_containers`.
"""

import re
from typing import Final

from kvput.content.source_text import shown
from kvput.errors import InvalidPatch

# RFC 6901 section 3: "~" is written as "~0", and "/" as "~1"; another "~" is an error.
_BROKEN_ESCAPE: Final = re.compile("~(?![01])")


def parse_pointer(text: str) -> tuple[str, ...]:
    """The tokens of a JSON Pointer; none where it is empty, which names the whole document.

    Raises InvalidPatch for what is no pointer.
    """
    if not text:
        return ()
    # Section 3: json-pointer = *( "/" reference-token )
    if not text.startswith("/"):
        raise InvalidPatch(
            f'The JSON Pointer {shown(text)} does not begin with a slash: write "/" before the '
            "first name."
        )
    if _BROKEN_ESCAPE.search(text):
        raise InvalidPatch(
            f'The JSON Pointer {shown(text)} holds a "~" that begins no escape: write "~0" for '
            'the character itself, and "~1" for a slash in a name.'
        )
    # Section 4: first "~1", then "~0": "~01" is "~1" after that, and no slash.
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in text[1:].split("/"))


def format_pointer(tokens: tuple[str, ...]) -> str:
    """The JSON Pointer of tokens."""
    return "".join("/" + token.replace("~", "~0").replace("/", "~1") for token in tokens)

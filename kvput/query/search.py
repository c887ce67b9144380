"""Search: the rows that hold a text anywhere.

What that means is said in `filters`. There is no index for it: each text is
looked at as bytes, and read only where it may hold what is looked for.
"""

import re
from collections.abc import Iterable
from typing import Final

from kvput.query.filters import Search, meets
from kvput.query.rows import Rows

# What RFC 8259 section 7 lets stand behind a backslash, other than `u`.
_ESCAPED: Final = frozenset('"\\/\b\f\n\r\t')

_IN_NUMBERS: Final = frozenset("0123456789.e+-inf")
# Numbers that Python may write otherwise than they are written here: with an exponent, very
# small ones, and those of more digits than a float holds.
_REWRITTEN: Final = re.compile(rb"[0-9](?:[eE]|\.0000|[0-9.]{16})")


def search(asked: Search, rows: Rows, among: Iterable[int]) -> set[int]:
    """Those of the rows in `among` that meet the search."""
    folded = asked.text.casefold()
    has_escaped = not _ESCAPED.isdisjoint(folded)
    may_be_in_number = _IN_NUMBERS.issuperset(folded)
    found = set()
    for row in among:
        text = rows.texts[row]
        # Where none of these holds, the resource cannot meet the search: its strings and numbers
        # stand in the text as they are (case is folded character by character), and its `id`,
        # which the text may say otherwise, is its name.
        if (
            folded in text.decode().casefold()
            or (b"\\" in text and (has_escaped or b"\\u" in text))
            or (may_be_in_number and _REWRITTEN.search(text))
            or folded in rows.names[row].casefold()
        ) and meets(asked, rows.value(row)):
            found.add(row)
    return found

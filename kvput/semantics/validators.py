"""Validators: what tells one state of a representation from another (RFC 9110 section 8.8).

Here belong entity tags, their comparison and their syntax, and the digest that
kvput makes them from. What a request may ask of a validator belongs in
`preconditions` and `ranges`.
"""

import hashlib
import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

from kvput.errors import MalformedField
from kvput.semantics.fields import WHITESPACE, excerpt

# --- the digest -------------------------------------------------------------

DIGEST_HEX_DIGITS: Final = 32
"""128 bits: far beyond accidental collision, and short enough to read and compare by eye."""


class ContentHasher:
    """The digest of content that comes in pieces."""

    __slots__ = ("_hash",)

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def update(self, piece: bytes) -> None:
        """Take the next piece."""
        self._hash.update(piece)

    def digest(self) -> str:
        """What `content_digest` gives for all pieces so far, joined."""
        return self._hash.hexdigest()[:DIGEST_HEX_DIGITS]


def content_digest(content: bytes) -> str:
    """The first 32 hexadecimal digits of the content's SHA-256.

    The text of a resource's entity tag, which anyone can check by hand:
    `sha256sum FILE | cut -c1-32`.
    """
    return hashlib.sha256(content).hexdigest()[:DIGEST_HEX_DIGITS]


# --- entity tags ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ETag:
    """An entity tag (RFC 9110 section 8.8.3): the text between the quotes, and whether weak.

    `==` asks whether two tags are the same value; a protocol decision asks one
    of the two comparisons instead.
    """

    opaque: str
    weak: bool = False

    def __str__(self) -> str:
        """The tag as a field carries it: `"..."` or `W/"..."`."""
        return f'{"W/" if self.weak else ""}"{self.opaque}"'

    def strongly_matches(self, other: "ETag") -> bool:
        """Strong comparison (RFC 9110 section 8.8.3.2): byte for byte the same representation."""
        # 8.8.3.2: equivalent if both are not weak and their opaque-tags match
        # character by character.
        return not self.weak and not other.weak and self.opaque == other.opaque

    def weakly_matches(self, other: "ETag") -> bool:
        """Weak comparison (RFC 9110 section 8.8.3.2): as good as the same representation."""
        # 8.8.3.2: equivalent if their opaque-tags match, either or both being weak or not.
        return self.opaque == other.opaque


@dataclass(frozen=True, slots=True)
class Validators:
    """The validators of a representation; `last_modified` in whole seconds since the epoch."""

    etag: ETag
    last_modified: int | None


class AnyTag(Enum):
    """The type of `ANY`, an enumeration of one so that `is ANY` narrows the type."""

    ANY = "*"


ANY: Final = AnyTag.ANY
"""`*` in If-Match and If-None-Match: any current representation."""

EntityTags = AnyTag | tuple[ETag, ...]
"""What If-Match and If-None-Match hold."""

# 8.8.3: etagc = %x21 / %x23-7E / obs-text. A backslash escapes nothing, and a
# comma is as good as any other character, so that a general list of quoted
# strings would split some tags wrongly.
_ENTITY_TAG_PATTERN: Final = r'(?P<weak>W/)?"(?P<opaque>[\x21\x23-\x7e\x80-\U0010ffff]*+)"'
_ENTITY_TAG: Final = re.compile(_ENTITY_TAG_PATTERN)
# 5.6.1.2: an element of a list may be empty; \Z is the end of the value.
_ELEMENT: Final = re.compile(rf"[ \t]*+(?:{_ENTITY_TAG_PATTERN})?[ \t]*+(?:,|\Z)")

# What is wrong with a text that is no entity tag, by how it begins; the first that fits.
_COMPLAINTS: Final = (
    ("*", "* stands alone, never in a list"),
    ('w/"', "the prefix of a weak tag is an upper-case W/"),
    ("", "an entity tag is a text in double quotes without white space or control characters"),
)


def parse_entity_tag(value: str) -> ETag | None:
    """A single entity tag; None when the value is anything else (RFC 9110 section 8.8.3)."""
    match = _ENTITY_TAG.fullmatch(value)
    return None if match is None else _entity_tag(match)


def parse_entity_tags(field_name: str, value: str) -> EntityTags:
    """The value of If-Match or If-None-Match: `*`, or a list of entity tags.

    Sources: RFC 9110 sections 13.1.1 and 13.1.2. A list without elements is
    legal, and names no tag. Raises MalformedField, which names the field:
    ignoring a broken If-Match would let a guarded write through unguarded.
    """
    if value.strip(WHITESPACE) == "*":
        return ANY
    tags = []
    position = 0
    while position < len(value):
        match = _ELEMENT.match(value, position)
        if match is None:
            rest = value[position:].lstrip(WHITESPACE)
            complaint = next(text for start, text in _COMPLAINTS if rest.startswith(start))
            raise MalformedField(
                f"{field_name} is malformed from {excerpt(rest)} on: {complaint}; send each tag "
                "with its quotes, as the ETag field gave it."
            )
        if match["opaque"] is not None:
            tags.append(_entity_tag(match))
        position = match.end()
    return tuple(tags)


def _entity_tag(match: re.Match[str]) -> ETag:
    return ETag(match["opaque"], weak=match["weak"] is not None)

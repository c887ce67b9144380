"""Forms: application/x-www-form-urlencoded, as the WHATWG URL standard parses it.

Belongs here: names and values out of the bytes. Does not belong here: what a
repeated or a bracketed name means (`field_names`), and what a text is taken for
(`text_types`).

kvput is stricter than a browser's parser in one thing: what it would silently
replace or keep undecoded (a broken escape, bytes that are no UTF-8) it refuses.
"""

import re

from kvput.content.field_names import Members, MisplacedField
from kvput.content.source_text import decode_utf8, malformed
from kvput.content.text_types import Types
from kvput.errors import ContentTooLarge

MAX_FIELDS = 10_000

_ESCAPES = re.compile("%(?:[0-9A-Fa-f]{2}(?:%[0-9A-Fa-f]{2})*)?")


def parse(text: bytes, types: Types = Types.STRINGS) -> dict[str, object]:
    """Return the object that the fields of a form make, their values taken as `types` says.

    URL standard, section "application/x-www-form-urlencoded parsing": names and
    values are split at the first `=`, `+` is a space, escapes are UTF-8. What
    the names make is in `field_names.Members`.

    Raises MalformedContent, with line and column, for a broken escape, for what is no
    UTF-8, for names that contradict each other, and for JSON that is called a form;
    ContentTooLarge beyond MAX_FIELDS.
    """
    decoded = decode_utf8(text)
    _refuse_json(decoded)
    members: Members[object] = Members()
    value_of = types.value_of
    offset = count = 0
    try:
        for field in decoded.split("&"):
            if field:
                count += 1
                if count > MAX_FIELDS:
                    raise _too_many()
                name, equals, value = field.partition("=")
                value_offset = offset + len(name) + len(equals)
                members.add(
                    _decode(decoded, offset, name),
                    value_of(_decode(decoded, value_offset, value)),
                )
            offset += len(field) + 1
        return members.finish()
    except MisplacedField as error:
        misplaced = str(error)
    raise malformed(misplaced, decoded, offset=min(offset, len(decoded)))


def _refuse_json(text: str) -> None:
    start = len(text) - len(text.lstrip())
    # An encoder writes these as %7B and %5B. curl's -d sends JSON so, whose user must know.
    if text.startswith(("{", "["), start):
        raise malformed(
            "The content is JSON, but Content-Type says it is a form: "
            "send Content-Type: application/json (curl: --json instead of -d).",
            text,
            offset=start,
        )


def _too_many() -> ContentTooLarge:
    return ContentTooLarge(
        f"The form has more than {MAX_FIELDS} fields: send it as application/json."
    )


def _decode(text: str, offset: int, part: str) -> str:
    """Decode a name or a value, which stands at `offset` in `text`."""

    def unescape(match: re.Match[str]) -> str:
        escapes = match[0]
        if escapes == "%":
            raise malformed(
                "After % stand two hexadecimal digits: write %25 for the character itself.",
                text,
                offset=offset + match.start(),
            )
        # Characters that are not escaped are whole, so that each run of escapes must be so too.
        octets = bytes.fromhex(escapes.replace("%", ""))
        try:
            return octets.decode("utf-8")
        except UnicodeDecodeError as error:
            invalid = error.start
        raise malformed(
            "The escapes here are not UTF-8: encode the characters as UTF-8 before escaping.",
            text,
            offset=offset + match.start() + invalid * len("%00"),
        )

    return _ESCAPES.sub(unescape, part.replace("+", " "))

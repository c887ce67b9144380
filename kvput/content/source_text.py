"""What the readers of text share: UTF-8, line and column, and how an error shows a character.

Belongs here: what is the same for every textual format. Does not belong here:
anything that knows one format's grammar.

Lines end at a line feed alone and columns count code points, both from 1, so
that the numbers are the ones that editors show.
"""

from kvput.errors import MalformedContent

_SHOWN_LENGTH = 60
"""Characters of a client's text that an error repeats."""

_NAMED_CHARACTERS = {
    "\n": "a line break",
    "\r": "a carriage return",
    "\t": "a tab",
}


def decode_utf8(text: bytes) -> str:
    """Decode `text` as UTF-8, strictly; a byte order mark stays in the result.

    Raises MalformedContent, with line and column, at the first byte that is no UTF-8.
    """
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError as error:
        offset = error.start
    before = text[:offset].decode("utf-8")
    raise malformed(
        f"The content is not UTF-8: byte {text[offset]:#04x} is no part of a character here. "
        "Encode it as UTF-8.",
        before,
        offset=len(before),
    )


def locate(text: str, offset: int) -> tuple[int, int]:
    """Return the line and the column, from 1, of the code point at `offset` in `text`."""
    line = text.count("\n", 0, offset) + 1
    column = offset - (text.rfind("\n", 0, offset) + 1) + 1
    return line, column


def malformed(
    detail: str, text: str, *, offset: int, pointer: str | None = None
) -> MalformedContent:
    """Return the error that says `detail` of the place `offset` in `text`."""
    line, column = locate(text, offset)
    return MalformedContent(detail, line=line, column=column, pointer=pointer)


def found(text: str, offset: int) -> str:
    """Return what stands at `offset`, in words that fit after "found "."""
    if offset >= len(text):
        return "the end of the text"
    character = text[offset]
    if not character.isprintable():
        return _NAMED_CHARACTERS.get(character, f"U+{ord(character):04X}")
    return "a quotation mark" if character == '"' else f'"{character}"'


def shown(text: str) -> str:
    """Return a client's `text` quoted for an error: short, printable, free of lone surrogates."""
    short = text if len(text) <= _SHOWN_LENGTH else text[:_SHOWN_LENGTH] + "…"
    printable = (c if c.isprintable() else f"U+{ord(c):04X}" for c in short)
    return f'"{"".join(printable)}"'

"""JSON5 texts, read by pyjson5, whose errors are made to say line and column.

Belongs here: what has to be known of pyjson5. Does not belong here: writing the
value as JSON (`json_text.dump`), and when a text is taken for JSON5 (`media_types`).

Line and column come from the offset that pyjson5 gives, which is exact between
values, and inside a token (a string, an escape, a number) about where the token starts.
"""

import math
import re

import pyjson5

from kvput.content.source_text import decode_utf8, found, malformed

MAX_DEPTH = 256
"""Arrays and objects within each other.

pyjson5 recurses, with some 450 bytes of stack a level: this keeps it within
the small stacks that threads have on some systems, and within Python's own limit.
"""

_OFFSET = re.compile(r"(?P<what>.*?) near (?P<position>[0-9]++)", re.DOTALL)
# JSON5 sections 7 and 8: white space, line terminators and comments.
_SPACE_OR_COMMENT = re.compile(r"[\s\ufeff]++|//[^\n\r\u2028\u2029]*+|/\*(?s:.*?)\*/")
_DECIMAL = re.compile(r"[-+]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][-+]?[0-9]++)?(?![\w.+-])")

# A number below the smallest double: by its exponent, or by the zeros behind its point.
_MAY_UNDERFLOW = re.compile(r"[eE]-[0-9]{3}|\.0{100}")
_TOKEN = re.compile(
    r"""
      (?P<quote>["'])
    | //[^\n\r\u2028\u2029]*+
    | /\*(?s:.*?)\*/
    | 0[xX][0-9A-Fa-f]++
    | (?P<number>[-+]?(?P<mantissa>[0-9]++\.?[0-9]*+|\.[0-9]++)(?:[eE][-+]?[0-9]++)?)
    | [\w$]++
    """,
    re.VERBOSE,
)
_STRING_PIECE = {quote: re.compile(rf"[^\\{quote}]++|\\.", re.DOTALL) for quote in ('"', "'")}

_KEPT_BY_JSON = "send it as strict JSON, which is kept as it is, or as a string."

_EXPECTED_LITERAL = "Expected true, false, null, NaN or Infinity, found {found}."

# What pyjson5 says, up to its offset, and what an error of kvput says of it (for str.format).
# The first row that matches wins.
_SENTENCES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), sentence)
    for pattern, sentence in (
        ("No JSON data", "Expected a value, found the end of the text."),
        ("Extra data", "Expected the end of the text after the value, found {found}."),
        (
            "Maximum nesting",
            "The content is nested deeper than {max_depth} levels: make it flatter.",
        ),
        ("Unclosed b'(?:number|NumericLiteral)'", "{number}"),
        ("Unclosed b'array'", "The array that starts here has no ] at its end."),
        ("Unclosed b'object'", "The object that starts here has no }} at its end."),
        ("Unclosed b'string'", "The string that starts here is not closed on its line."),
        ("Unclosed b'comment'", "The comment that starts here has no */ at its end."),
        ("Unclosed b'escape", "The text ends within an escape of a string."),
        ("Unclosed b'literal'", _EXPECTED_LITERAL),
        ("Stray b'comma'", "A comma stands here without a value before it: remove it."),
        ("Stray b'slash'", "A / stands here that begins no comment: write // or /* */."),
        ("Expected b'JSON5Value'", "Expected a value (strings have quotes), found {found}."),
        (
            r"Expected b'comma' or U\+005d",
            "Expected a comma or ] after the element, found {found}.",
        ),
        (r"Expected b'comma' or U\+007d", "Expected a comma or }} after the value, found {found}."),
        ("Expected b'colon'", "Expected a colon after the member's name, found {found}."),
        ("Expected b'Ident", "Expected a member's name, quoted or an identifier, found {found}."),
        ("Expected b'hexadecimal", "Expected a hexadecimal digit in the escape, found {found}."),
        ("Expected b'escape", "JSON5 has no escape of {found}: write \\\\ for a backslash."),
        (
            r"Expected (?:b'(?:high|low) surrogate|U\+005c)",
            "A \\u escape of half a surrogate pair needs the other half beside it.",
        ),
        (r"Expected U\+", _EXPECTED_LITERAL),
        ("", "The content is not JSON5: {found} cannot stand here."),
    )
)


def parse(text: bytes) -> object:
    """Return the value of a JSON5 text (https://spec.json5.org) in UTF-8.

    Integers are exact, other numbers the nearest `float`; NaN and the infinities
    are `float`, too. Of members with the same name the last counts: pyjson5 does
    not tell of the others.

    Raises MalformedContent, with line and column, when `text` is not JSON5, is
    nested deeper than MAX_DEPTH, or holds a number that no `float` is near: one
    beyond the largest, or one that is not 0 and would become 0.
    """
    decoded = decode_utf8(text)
    try:
        value: object = pyjson5.decode(decoded, maxdepth=MAX_DEPTH)
    except pyjson5.Json5DecoderException as error:
        # The error holds all that was read so far, so that what is raised must not hold it.
        message, partial, character = (*error.args, None, None, None)[:3]
    else:
        _refuse_underflow(decoded)
        return value
    match = _OFFSET.match(str(message))
    what, position = (match["what"], int(match["position"])) if match else (str(message), 0)
    offset = _place(decoded, what, position, partial)
    raise malformed(_explain(what, decoded, offset, character), decoded, offset=offset)


def _place(text: str, what: str, position: int, partial: object) -> int:
    """Return the offset in `text` of the error that pyjson5 puts near `position`."""
    if what.startswith("No JSON data"):
        return len(text)
    if what.startswith("Extra data"):
        # Here the position is the end of the value; one more after digits, because
        # pyjson5 has to read beyond a number to know that it has ended.
        digits = type(partial) is int or (type(partial) is float and math.isfinite(partial))
        offset = position - 1 if digits else position
        while skipped := _SPACE_OR_COMMENT.match(text, offset):
            offset = skipped.end()
    elif what in {"Unclosed b'comment' starting", "Stray b'slash'"}:
        # Here it is one or two characters after the slash.
        offset = text.rfind("/", 0, position)
    else:
        # Elsewhere it counts from 1.
        offset = position - 1
    return min(max(offset, 0), len(text))


def _explain(what: str, text: str, offset: int, character: object) -> str:
    sentence = next(sentence for pattern, sentence in _SENTENCES if pattern.match(what))
    return sentence.format(
        found=found(character, 0) if isinstance(character, str) else found(text, offset),
        number=_explain_number(text, offset),
        max_depth=MAX_DEPTH,
    )


def _refuse_underflow(text: str) -> None:
    """Raise MalformedContent for a number of the JSON5 text that is not 0 and is read as 0."""
    if not _MAY_UNDERFLOW.search(text):
        return
    at = 0
    while token := _TOKEN.search(text, at):
        at = token.end()
        if quote := token["quote"]:
            while not text.startswith(quote, at):
                at = _STRING_PIECE[quote].match(text, at).end()  # type: ignore[union-attr]  # the text is JSON5: there is a piece, or the end
            at += 1
        elif token["mantissa"] and float(token["number"]) == 0 and token["mantissa"].strip("0."):
            raise malformed(
                "The number is too small to be read from JSON5, and would become 0: "
                + _KEPT_BY_JSON,
                text,
                offset=token.start(),
            )


def _explain_number(text: str, offset: int) -> str:
    """Say why pyjson5 does not read the number at `offset`: it is none, or too large for it."""
    if _DECIMAL.match(text, offset):
        return "The number is too large to be read from JSON5: " + _KEPT_BY_JSON
    return "This begins as a number but is none: end it, or put it in quotation marks."

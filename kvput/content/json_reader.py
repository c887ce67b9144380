"""A strict JSON reader that knows where it is: the grammar of RFC 8259, without recursion.

Belongs here: which texts are JSON, what values they hold, and the sentences
that say why a text is none, to who sends it as to who edits it in a file. Does not
belong here: the fast reader that is asked first (`json_text`), anything lenient
(`json5_text`), and what another Content-Type would change (`media_types`).

The reader never recurses, so that depth costs no stack, and looks at each
character a bounded number of times, so that time is linear in the text.
"""

import json
import re

from kvput.content.source_text import found, malformed
from kvput.errors import MalformedContent

MAX_DEPTH = 1024
"""Arrays and objects within each other; `orjson` has the same limit.

RFC 8259 section 9: "An implementation may set limits on the maximum depth of nesting."
"""

_MAX_POINTER_LENGTH = 1024
"""A longer pointer helps nobody, and names can be as long as the content."""

# RFC 8259 section 2: white space is space, horizontal tab, line feed, carriage return.
_SPACE = r"[ \t\n\r]*+"

_VALUE = re.compile(
    # Quantifiers are possessive, so that a text that does not match is not tried twice.
    _SPACE
    + r"""(?:
        (?P<string>"[^"\\\x00-\x1f]*+")
      | (?P<number>-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][-+]?[0-9]++)?(?![\w.+-]))
      | (?P<literal>(?:true|false|null)(?!\w))
      | (?P<array>\[)
      | (?P<object>\{)
      | (?P<quote>")
    )""",
    re.VERBOSE,
)
_AFTER_ELEMENT = re.compile(_SPACE + r"(?:(,)|\])")
_AFTER_MEMBER = re.compile(_SPACE + r"(?:(,)|\})")
_END_OF_ARRAY = re.compile(_SPACE + r"\]")
_END_OF_OBJECT = re.compile(_SPACE + r"\}")
_NAME = re.compile(_SPACE + r'(?:("[^"\\\x00-\x1f]*+")|")')
_COLON = re.compile(_SPACE + ":")
_SKIP = re.compile(_SPACE)
_STRING_PIECE = re.compile(r'[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})')
_SURROGATE = re.compile(r"[\ud800-\udfff]")

_strings = json.JSONDecoder()

_LITERALS: dict[str, object] = {"true": True, "false": False, "null": None}

_NO_COMMENTS = "JSON has no comments: remove it."
_NO_QUOTES = 'JSON strings and names stand in double quotation marks ("), not in these.'
_NO_NAN = "JSON has no NaN and no Infinity: write null or a string instead."

# What people write where JSON has nothing of the kind, and what to do about it.
# The first row that matches at the place of the error wins.
_ADVICE: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), sentence)
    for pattern, sentence in (
        # RFC 8259 section 8.1: "Implementations MUST NOT add a byte order mark (U+FEFF) to the
        # beginning of a networked-transmitted JSON text."
        (r"\ufeff", "A byte order mark stands here, which JSON does not have: remove it."),
        (r"//|/\*", _NO_COMMENTS),
        ("#", _NO_COMMENTS),
        ("['`\u2018-\u201f\u00ab\u00bb]", _NO_QUOTES),
        (r"[-+]?(?:NaN|nan|Infinity|inf)\b", _NO_NAN),
        (r"(?:True|False|None|TRUE|FALSE|NULL)\b", "JSON writes true, false and null so."),
        (r"undefined\b", "JSON has no undefined: leave the member out, or write null."),
        (r"-?0[0-9]", "A JSON number has no leading zeros: remove them, or write a string."),
        (r"-?0[xX]", "JSON has no hexadecimal numbers: write it as a decimal number."),
        (r"\+", "A JSON number has no plus sign before it: remove it."),
        (r"-?\.[0-9]", "A JSON number has a digit before its decimal point: add a 0."),
        (r"-?[0-9]++\.(?![0-9])", "A JSON number has a digit after its decimal point: add a 0."),
        (r"-?[0-9]++(?:\.[0-9]++)?[eE]", "The number's exponent is not one: write it as in 1e5."),
        ("-?[0-9]", "This begins as a number but is none: end it, or put it in quotation marks."),
        ("-", "Expected a digit after the minus sign."),
    )
)
_ADVICE_BETWEEN = _ADVICE[:3]
"""The rows that help where neither name nor value is expected: byte order mark and comments."""

_ADVICE_ON_NAMES = _ADVICE[:4]
"""These and the one on quotation marks."""


def read(text: str) -> object:
    """Read one JSON text (RFC 8259) and return its value.

    Objects are `dict` (of members with the same name the last counts), arrays
    `list`. An integer of 64 bits is an `int`; larger ones, and those with
    fraction or exponent, are the nearest `float`, infinite beyond its range.
    Escaped lone surrogates stay in the strings.

    Raises MalformedContent, with line, column and pointer, where the text is not JSON
    or is nested deeper than MAX_DEPTH.
    """
    return _Reader(text).read()


class _Reader:
    """One text being read: where it is, and the arrays and objects that are open there."""

    __slots__ = ("_at", "_names", "_open", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        # Outermost first; beside each the name of the member being read, "" in an array.
        self._open: list[list[object] | dict[str, object]] = []
        self._names: list[str] = []

    def read(self) -> object:
        while True:
            value = self._value()
            if value is _OPENED:
                continue
            while self._open and not self._more_after(value):
                self._names.pop()
                value = self._open.pop()
            if not self._open:
                self._expect_end()
                return value

    def _value(self) -> object:
        """Read a scalar or an empty container whole; of others the opening only: _OPENED."""
        match = _VALUE.match(self._text, self._at)
        if match is None:
            raise self._no_value()
        self._at = match.end()
        token = match[match.lastgroup or 0]
        match match.lastgroup:
            case "string":
                return token[1:-1]
            case "number":
                return _number(token)
            case "literal":
                return _LITERALS[token]
            case "quote":
                return self._string(len(self._open))
            case "array":
                return self._opened([], _END_OF_ARRAY)
            case _:
                return self._opened({}, _END_OF_OBJECT)

    def _opened(self, container: list[object] | dict[str, object], end: re.Pattern[str]) -> object:
        if len(self._open) == MAX_DEPTH:
            raise self._error(
                f"The content is nested deeper than {MAX_DEPTH} levels: make it flatter.",
                self._at - 1,
                len(self._open),
            )
        if closed := end.match(self._text, self._at):
            self._at = closed.end()
            return container
        self._open.append(container)
        self._names.append("")
        if isinstance(container, dict):
            self._names[-1] = self._name()
        return _OPENED

    def _more_after(self, value: object) -> bool:
        """Put `value` in its container; say whether another one follows there."""
        container = self._open[-1]
        if isinstance(container, list):
            container.append(value)
            match = _AFTER_ELEMENT.match(self._text, self._at)
            if match is None:
                raise self._expected("a comma or ] after the element")
            self._at = match.end()
            return match[1] is not None
        container[self._names[-1]] = value
        match = _AFTER_MEMBER.match(self._text, self._at)
        if match is None:
            raise self._expected("a comma or } after the member's value")
        self._at = match.end()
        if match[1] is None:
            return False
        self._names[-1] = self._name()
        return True

    def _name(self) -> str:
        """Read a member's name and the colon after it."""
        match = _NAME.match(self._text, self._at)
        if match is None:
            raise self._no_name()
        self._at = match.end()
        name = match[1][1:-1] if match[1] else self._string(len(self._open) - 1)
        colon = _COLON.match(self._text, self._at)
        if colon is None:
            raise self._expected("a colon after the member's name")
        self._at = colon.end()
        return name

    def _string(self, pointer_depth: int) -> str:
        """Read a string with escapes in it, whose quotation mark has just been passed."""
        start = self._at - 1
        try:
            string, self._at = _strings.raw_decode(self._text, start)
        except json.JSONDecodeError:
            pass
        else:
            return str(string)
        raise self._no_string(start, pointer_depth)

    def _expect_end(self) -> None:
        self._skip()
        if self._at < len(self._text):
            raise self._expected("the end of the text after the value")

    # --- what is wrong --------------------------------------------------------

    def _no_value(self) -> MalformedContent:
        self._skip()
        if self._open and self._open[-1] and self._text[self._at : self._at + 1] == "]":
            return self._trailing_comma()
        return self._expected("a value", _ADVICE, len(self._open))

    def _no_name(self) -> MalformedContent:
        self._skip()
        if self._open[-1]:
            if self._text[self._at : self._at + 1] == "}":
                return self._trailing_comma()
            return self._expected("a member's name in double quotation marks", _ADVICE_ON_NAMES)
        return self._expected("a member's name in double quotation marks, or }", _ADVICE_ON_NAMES)

    def _trailing_comma(self) -> MalformedContent:
        return self._error(
            f"JSON has no comma after the last item: remove the one before "
            f"{found(self._text, self._at)}.",
            self._at,
            len(self._open) - 1,
        )

    def _no_string(self, start: int, pointer_depth: int) -> MalformedContent:
        at = start + 1
        while piece := _STRING_PIECE.match(self._text, at):
            at = piece.end()
        character = self._text[at : at + 1]
        if character == "\\":
            escape = self._text[at : at + 2]
            detail = (
                'After \\u stand four hexadecimal digits, as in "\\u00e9".'
                if escape == "\\u"
                else 'JSON escapes are \\" \\\\ \\/ \\b \\f \\n \\r \\t and \\u: '
                "write \\\\ for a backslash."
            )
        elif character:
            detail = (
                f"A JSON string cannot hold {found(self._text, at)} as it is: "
                "escape it, or close the string before it."
            )
        else:
            detail = "Expected the string's closing quotation mark, found the end of the text."
        return self._error(detail, at, pointer_depth)

    def _expected(
        self,
        what: str,
        advice: tuple[tuple[re.Pattern[str], str], ...] = _ADVICE_BETWEEN,
        pointer_depth: int | None = None,
    ) -> MalformedContent:
        self._skip()
        detail = next(
            (sentence for pattern, sentence in advice if pattern.match(self._text, self._at)),
            f"Expected {what}, found {found(self._text, self._at)}.",
        )
        depth = len(self._open) - 1 if pointer_depth is None else pointer_depth
        return self._error(detail, self._at, depth)

    def _error(self, detail: str, offset: int, pointer_depth: int) -> MalformedContent:
        return malformed(detail, self._text, offset=offset, pointer=self._pointer(pointer_depth))

    def _pointer(self, depth: int) -> str | None:
        """Return the JSON Pointer (RFC 6901) of what stands `depth` containers down.

        None where there is no such place (after the value), or it cannot be said:
        a pointer is Unicode text, and an escaped lone surrogate is none.
        """
        if depth < 0:
            return None
        steps = (
            # RFC 6901 section 3: "~" is written as "~0" and "/" as "~1".
            name.replace("~", "~0").replace("/", "~1")
            if isinstance(container, dict)
            else str(len(container))
            for container, name in zip(self._open[:depth], self._names, strict=False)
        )
        pointer = "".join(f"/{step}" for step in steps)
        if len(pointer) > _MAX_POINTER_LENGTH or _SURROGATE.search(pointer):
            return None
        return pointer

    def _skip(self) -> None:
        match = _SKIP.match(self._text, self._at)
        self._at = match.end() if match else self._at


_OPENED = object()
"""Stands for a value of which only the opening bracket has been read."""


def _number(literal: str) -> object:
    """Return a number's value by the rule that `read` states, which is orjson's."""
    # No integer of 64 bits is longer than 20 characters, sign included; and int() of
    # a very long literal takes quadratic time, so that Python refuses it.
    if len(literal) <= 20 and not any(mark in literal for mark in ".eE"):
        integer = int(literal)
        if -(2**63) <= integer < 2**64:
            return integer
    return float(literal)

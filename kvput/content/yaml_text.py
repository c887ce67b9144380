"""YAML texts (RFC 9512), as far as they are JSON in another dress.

Belongs here: which YAML is taken, and the values that it holds. PyYAML gives
the events, by libyaml where that is there; its constructors, which know tags
and the types of YAML 1.1, have no part in this. Does not belong here: writing
the value as JSON (`json_text.dump`).

Refused: anchors, aliases, tags and merge keys, of which small texts make huge
or strange values (RFC 9512 section 4), more than one document, and keys that
are no texts. So what is taken means the same to every reader of YAML 1.2.
"""

import math
import re
from collections.abc import Iterator

import yaml

from kvput.content.source_text import decode_utf8, locate, malformed, shown
from kvput.errors import InvalidContent, MalformedContent

MAX_DEPTH = 256
"""Sequences and mappings within each other."""

MAX_DIGITS = 1000
"""Characters of a number: reading thousands of digits takes quadratic time."""

# YAML 1.2.2 section 10.2, the JSON schema, and ~ and nothing of the core schema (10.3).
_LITERALS: dict[str, object] = {"": None, "~": None, "null": None, "true": True, "false": False}
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*+)(\.[0-9]++)?+([eE][-+]?[0-9]++)?+", re.ASCII)
_NO_NUMBER = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_NUMBERS_BEGIN_WITH = frozenset("+-.0123456789")

# YAML 1.2.2 section 5.1, c-printable, without the line breaks that YAML 1.1 had beside its own.
_NOT_PRINTABLE = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)

_Parser: type[yaml.CSafeLoader] | type[yaml.SafeLoader] = getattr(
    yaml, "CSafeLoader", yaml.SafeLoader
)

# What the parser says, and what to do about it. The first row that matches wins.
_ADVICE: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), sentence)
    for pattern, sentence in (
        ("start any token", "Indent with spaces, and put texts with special characters in quotes."),
        ("mapping values", "Put a text that holds a colon and a space in quotation marks."),
        ("escape", 'Write a backslash within "..." as \\\\.'),
        ("end of stream", "Close the quotation marks that were opened."),
        ("", "Correct the indentation, the brackets or the quotation marks before this place."),
    )
)


def parse(text: bytes) -> object:
    """Return the value of a YAML text in UTF-8; one without a document is an empty object.

    Plain scalars are `null`, `~`, nothing, `true`, `false`, or numbers as JSON
    writes them; all others are texts: dates, `yes`, `0x1F`, whatever has quotes.

    Raises MalformedContent, with line and column, when `text` is no YAML or has
    what is refused here; InvalidContent, with the same members, for a number
    that JSON cannot hold.
    """
    decoded = decode_utf8(text).removeprefix("\ufeff")
    if strange := _NOT_PRINTABLE.search(decoded):
        raise malformed(
            f"YAML cannot hold U+{ord(strange[0]):04X} as it is: write it as an escape in "
            'quotation marks, such as "\\x00" or "\\u2028".',
            decoded,
            offset=strange.start(),
        )
    try:
        return _Builder(decoded).build(_events(decoded))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        offset = len(decoded) if mark is None else min(mark.index, len(decoded))
        what = ", ".join(filter(None, (error.problem, error.context)))
    advice = next(sentence for pattern, sentence in _ADVICE if pattern.search(what))
    raise malformed(f"The content is not YAML ({what}). {advice}", decoded, offset=offset)


def _events(text: str) -> Iterator[yaml.Event]:
    parser = _Parser(text)
    try:
        while isinstance(event := parser.get_event(), yaml.Event):
            yield event
    finally:
        parser.dispose()


def _offset(event: yaml.Event) -> int:
    return 0 if event.start_mark is None else event.start_mark.index


class _Builder:
    """Makes a value of events. No recursion: depth costs no stack."""

    __slots__ = ("_document", "_keys", "_open", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._open: list[dict[str, object] | list[object]] = []
        # The key in each open container for which the value is still to come.
        self._keys: list[str | None] = []
        self._document: list[object] = []

    def build(self, events: Iterator[yaml.Event]) -> object:
        for event in events:
            if isinstance(event, yaml.ScalarEvent):
                self._scalar(event)
            elif isinstance(event, yaml.CollectionStartEvent):
                self._refuse_properties(event)
                self._start(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                self._open.pop()
                self._keys.pop()
            elif isinstance(event, yaml.AliasEvent):
                raise self._malformed("Aliases are not taken here: write the value again.", event)
            elif isinstance(event, yaml.DocumentStartEvent) and self._document:
                raise self._malformed(
                    "A second document begins here: send one document in each request.", event
                )
        return self._document[0] if self._document else {}

    def _refuse_properties(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        if event.anchor is not None:
            raise self._malformed("Anchors (&) are not taken here: remove it.", event)
        if event.tag is not None:
            raise self._malformed("Tags (!) are not taken here: remove it.", event)

    def _start(self, event: yaml.CollectionStartEvent) -> None:
        if len(self._open) == MAX_DEPTH:
            raise self._malformed(
                f"The content is nested deeper than {MAX_DEPTH} levels: make it flatter.", event
            )
        if self._awaits_key():
            raise self._malformed("Keys are texts here: this one is a list or an object.", event)
        container: dict[str, object] | list[object]
        container = {} if isinstance(event, yaml.MappingStartEvent) else []
        self._add(container)
        self._open.append(container)
        self._keys.append(None)

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        if event.anchor is not None or event.tag is not None:
            self._refuse_properties(event)
        if self._awaits_key():
            self._keys[-1] = self._key(event)
        else:
            self._add(self._value(event))

    def _awaits_key(self) -> bool:
        return bool(self._keys) and self._keys[-1] is None and isinstance(self._open[-1], dict)

    def _add(self, value: object) -> None:
        if not self._open:
            self._document.append(value)
            return
        container, key = self._open[-1], self._keys[-1]
        if isinstance(container, list):
            container.append(value)
        elif key is not None:
            container[key] = value
            self._keys[-1] = None

    def _key(self, event: yaml.ScalarEvent) -> str:
        key = event.value
        if event.implicit[0] and key == "<<":
            raise self._malformed("Merge keys (<<) are not taken here: write the members.", event)
        if not isinstance(self._value(event), str):
            raise self._malformed(
                f"Keys are texts here: put {shown(key)} in quotation marks.", event
            )
        if key in self._open[-1]:
            raise self._malformed(f"The key {shown(key)} stands twice: remove one.", event)
        return key

    def _value(self, event: yaml.ScalarEvent) -> object:
        text = event.value
        # Only what has neither quotes nor a | or > before it is anything else than a text.
        if not event.implicit[0]:
            return text
        if text in _LITERALS:
            return _LITERALS[text]
        if text[0] not in _NUMBERS_BEGIN_WITH:
            return text
        number = _NUMBER.fullmatch(text)
        if number is not None:
            return self._number(number, event)
        if _NO_NUMBER.fullmatch(text):
            raise self._invalid(f"JSON has no number {text}", event)
        return text

    def _number(self, number: re.Match[str], event: yaml.ScalarEvent) -> int | float:
        literal = number[0]
        if len(literal) > MAX_DIGITS:
            raise self._invalid("The number is too long to be read", event)
        if number[1] is None and number[2] is None:
            return int(literal)
        value = float(literal)
        if math.isinf(value):
            raise self._invalid("The number is too large to be read", event)
        if value == 0 and re.search("[1-9]", literal.lower().partition("e")[0]):
            raise self._invalid("The number is too small to be read, and would become 0", event)
        return value

    def _invalid(self, what: str, event: yaml.Event) -> InvalidContent:
        line, column = locate(self._text, _offset(event))
        return InvalidContent(
            f"{what}: put it in quotation marks.", members={"line": line, "column": column}
        )

    def _malformed(self, detail: str, event: yaml.Event) -> MalformedContent:
        return malformed(detail, self._text, offset=_offset(event))

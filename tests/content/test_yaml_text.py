import re

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from kvput.content import json_text, yaml_text
from kvput.errors import InvalidContent, MalformedContent

PARSERS = [yaml.SafeLoader, *([yaml.CSafeLoader] if yaml.__with_libyaml__ else [])]


@pytest.fixture(params=PARSERS, ids=lambda parser: parser.__name__)
def _each_parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With libyaml and without it."""
    monkeypatch.setattr(yaml_text, "_Parser", request.param)


@pytest.mark.usefixtures("_each_parser")
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", {}),
        ("# nothing\n", {}),
        ("\ufeff", {}),
        ("---\n", None),
        ("a", "a"),
        ("a: 1", {"a": 1}),
        ("a: 1\r\nb: 2\r\n", {"a": 1, "b": 2}),
        ("\ufeffa: 1", {"a": 1}),
        ("%YAML 1.1\n---\na: 1\n...\n", {"a": 1}),
        ("b: 1\na: [x, 'y', \"z\"]\n", {"b": 1, "a": ["x", "y", "z"]}),
        ("- a\n- - b\n  - c\n-\n", ["a", ["b", "c"], None]),
        ("a:\n  b: {c: d, e}\n", {"a": {"b": {"c": "d", "e": None}}}),
        ('{"a": [1, true, null], "b": {}}', {"a": [1, True, None], "b": {}}),
        ('["x\\n\\u00e9\\/"]', ["x\né/"]),
        ("a: |\n  x\n  y\nb: >-\n  x\n  y\n", {"a": "x\ny\n", "b": "x y"}),
        ("a: x\n  y # z\n", {"a": "x y"}),
        ("größe: 😀\n", {"größe": "😀"}),
        ("? a\n: b\n", {"a": "b"}),
        ("'<<': 1\n'1': 2\n\"null\": 3\n", {"<<": 1, "1": 2, "null": 3}),
        ('"\\0\\x07\\u2028"', "\0\x07\u2028"),
    ],
)
def test_yaml_is_read(text: str, value: object) -> None:
    """Mappings are objects in their order, sequences arrays; no document is an empty object."""
    read = yaml_text.parse(text.encode())
    assert read == value
    if isinstance(value, dict) and isinstance(read, dict):
        assert list(read) == list(value)


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        *(("~", None), ("null", None), ("true", True), ("false", False), ("", None)),
        *(("0", 0), ("-7", -7), ("12345678901234567890123", 12345678901234567890123)),
        *(("1.5", 1.5), ("1.0", 1.0), ("1e3", 1000.0), ("-1.5E-3", -0.0015), ("0.0", 0.0)),
        *((text, text) for text in ("yes", "no", "on", "off", "y", "n", "Yes", "NO")),
        *((text, text) for text in ("True", "TRUE", "Null", "NULL", "None", "undefined")),
        *((text, text) for text in ("01234", "0o14", "0x1F", "0b1", "1_000", "+1", "+1.5")),
        *((text, text) for text in (".5", "1.", "1.5.2", "1e", "1:30", "190:20:30", "-a", "--1")),
        *((text, text) for text in ("2001-01-01", "2001-12-14t21:59:43.10-05:00", "=", "<<")),
        *((text, text) for text in ("nan", "inf", "NaN", "Infinity", "1 2", "٣")),
        *((f"'{text}'", text) for text in ("1", "true", "null", "~", "", ".inf", "<<")),
        *((f'"{text}"', text) for text in ("1", "true", "null", "~", "")),
    ],
)
@pytest.mark.usefixtures("_each_parser")
def test_scalars_are_json_or_texts(scalar: str, value: object) -> None:
    """Nothing is a date, an octal number or a yes: what JSON does not write so is a text."""
    assert yaml_text.parse(f"a: {scalar}\n".encode()) == {"a": value}
    document = yaml_text.parse(f"{scalar} # alone\n".encode())
    assert (document, type(document)) == (({}, dict) if scalar == "" else (value, type(value)))


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("a: &b 1", 1, 4, "Anchors (&) are not taken here"),
        ("- &b [1]", 1, 3, "Anchors (&) are not taken here"),
        ("&b a: 1", 1, 1, "Anchors (&) are not taken here"),
        ("a: *b", 1, 4, "Aliases are not taken here"),
        ("*a : 1", 1, 1, "Aliases are not taken here"),
        ("a:\n  !!str b", 2, 3, "Tags (!) are not taken here"),
        ("!local a", 1, 1, "Tags (!) are not taken here"),
        ("! a", 1, 1, "Tags (!) are not taken here"),
        ("!!python/object/apply:os.system ['true']", 1, 1, "Tags (!) are not taken here"),
        ("!<tag:yaml.org,2002:str> a", 1, 1, "Tags (!) are not taken here"),
        ("!!map {a: 1}", 1, 1, "Tags (!) are not taken here"),
        ("%TAG ! tag:example.org,2000:\n---\n!x a", 3, 1, "Tags (!) are not taken here"),
        ("<<: {a: 1}", 1, 1, "Merge keys (<<) are not taken here"),
        ("a: 1\n<<:\n- {b: 1}", 2, 1, "Merge keys (<<) are not taken here"),
        ("a: 1\nb: 2\na: 3", 3, 1, 'The key "a" stands twice'),
        ("a: {'x': 1, x: 2}", 1, 13, 'The key "x" stands twice'),
        ("1: a", 1, 1, 'Keys are texts here: put "1" in quotation marks'),
        ("a:\n  true: b", 2, 3, 'put "true" in quotation marks'),
        ("~: a", 1, 1, 'put "~" in quotation marks'),
        ("? [a]\n: b", 1, 3, "this one is a list or an object"),
        ("? {a: b}\n: c", 1, 3, "this one is a list or an object"),
        ("---\na\n---\nb", 3, 1, "A second document begins here"),
        ("a\n...\n---\n", 3, 1, "A second document begins here"),
        ("[" * 257, 1, 257, "deeper than 256 levels"),
        ("- " * 300, 1, 513, "deeper than 256 levels"),
        ("{a: " * 300, 1, 1025, "deeper than 256 levels"),
        ("a: \x00", 1, 4, "YAML cannot hold U+0000 as it is"),
        ("é\nü\x07", 2, 2, "YAML cannot hold U+0007 as it is"),
        ("a: \x7f", 1, 4, "U+007F"),
        ("a: x\x85y", 1, 5, "U+0085"),
        ("a: 'x\u2028y'", 1, 6, "U+2028"),
        ("a: \ufffe", 1, 4, "U+FFFE"),
    ],
)
@pytest.mark.usefixtures("_each_parser")
def test_what_other_readers_take_otherwise_is_refused(
    text: str, line: int, column: int, words: str
) -> None:
    """Above all what makes much of little."""
    with pytest.raises(MalformedContent) as caught:
        yaml_text.parse(text.encode())
    assert words in caught.value.detail
    assert (caught.value.line, caught.value.column) == (line, column)


BILLION_LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


def test_a_bomb_is_refused_at_its_first_anchor() -> None:
    """Nothing is expanded."""
    with pytest.raises(MalformedContent, match="Anchors") as caught:
        yaml_text.parse(BILLION_LAUGHS.encode())
    assert caught.value.line == 1


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("a: b: c", 1, 5, "Put a text that holds a colon and a space in quotation marks."),
        ("a:\n\tb: 1", 2, 1, "Indent with spaces"),
        ("a: @b", 1, 4, "Indent with spaces, and put texts with special characters in quotes."),
        ("é: [1, 2\n", 2, 1, "Correct the indentation, the brackets or the quotation marks"),
        ("a: 'x\n", 2, 1, "Close the quotation marks"),
        ("- a\nb: c\n", 2, 1, "Correct the indentation"),
        (": a", 1, 1, "Correct the indentation"),
        ("a: }", 1, 4, "Correct the indentation"),
        ("a\n...\nb", 3, 1, "Correct the indentation"),
    ],
)
@pytest.mark.usefixtures("_each_parser")
def test_what_is_no_yaml_is_refused_at_its_place(
    text: str, line: int, column: int, words: str
) -> None:
    """With what the parser says of it, and what most often helps."""
    with pytest.raises(MalformedContent, match="The content is not YAML") as caught:
        yaml_text.parse(text.encode())
    assert words in caught.value.detail
    assert (caught.value.line, caught.value.column) == (line, column)


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [(b"a: \xff", 1, 4), ("é".encode("latin-1"), 1, 1), ("a: 1".encode("utf-16"), 1, 1)],
)
def test_what_is_no_utf_8_is_refused(text: bytes, line: int, column: int) -> None:
    """YAML may be UTF-16 elsewhere; content of a request is UTF-8 here."""
    with pytest.raises(MalformedContent, match="not UTF-8") as caught:
        yaml_text.parse(text)
    assert (caught.value.line, caught.value.column) == (line, column)


@pytest.mark.parametrize(
    ("scalar", "words"),
    [
        *((text, "JSON has no number") for text in (".inf", "-.inf", "+.Inf", ".nan", ".NaN")),
        *((text, "too large to be read") for text in ("1e999", "-1e400")),
        *((text, "too small to be read, and would become 0") for text in ("1e-999", "0.1e-400")),
        ("1" * 1001, "too long to be read"),
    ],
)
@pytest.mark.usefixtures("_each_parser")
def test_number_that_json_cannot_hold_is_invalid(scalar: str, words: str) -> None:
    """The place is told, and quotation marks help."""
    with pytest.raises(InvalidContent, match=words) as caught:
        yaml_text.parse(f"a:\n- {scalar}".encode())
    assert caught.value.members == {"line": 2, "column": 3}
    assert yaml_text.parse(f"a:\n- '{scalar}'".encode()) == {"a": [scalar]}


# PyYAML writes 1e3 without quotes, which is a text to YAML 1.1 and a number to YAML 1.2.
texts = st.text().filter(lambda text: not re.fullmatch("-?[0-9]+[eE][-+]?[0-9]+", text))
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
    max_leaves=15,
)


@settings(deadline=None)
@given(values, st.booleans())
def test_what_pyyaml_writes_is_read_back(value: object, flow: bool) -> None:
    """Every value that JSON has."""
    text = yaml.safe_dump(value, default_flow_style=flow, sort_keys=False)
    assert yaml_text.parse(text.encode()) == value


@settings(deadline=None)
@given(values)
def test_json_that_kvput_writes_is_yaml(value: object) -> None:
    """YAML 1.2.2 section 1.3: what is JSON is YAML, but for the characters that YAML lacks."""
    text = json_text.dump(value).decode()
    if all(character.isprintable() or character == "\n" for character in text):
        assert yaml_text.parse(text.encode()) == value


@given(st.text("ab:-?[]{},&*!|>'\"%@`# \n\t~0.1e<", max_size=30))
def test_no_text_fails_otherwise(text: str) -> None:
    """Whatever comes is read, or refused with a place in it."""
    try:
        yaml_text.parse(text.encode())
    except MalformedContent as error:
        line = error.line or 0
    except InvalidContent:
        return
    else:
        return
    assert 1 <= line <= len(text.split("\n"))

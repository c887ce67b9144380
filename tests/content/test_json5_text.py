import math

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kvput.content import json5_text
from kvput.content.json5_text import MAX_DEPTH
from kvput.errors import MalformedContent

near_json5 = st.lists(
    st.sampled_from(
        [
            *("{", "}", "[", "]", ",", ":", "a", "'a'", '"', "'", "\\", "\\u00e9", "\\ud800"),
            *("1", "-", "+", ".", "0x", "e3", "1e400", "NaN", "Infinity", "true", "nul", "\\x4"),
            *("/", "*", "//", "/*", "*/", "\x00", "é", "😀", "\u2028", "\ufeff", " ", "\n"),
            "9" * 5000,
        ]
    ),
    max_size=14,
).map("".join)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{a: 1, $b: 2, 'c d': 3, é: 4,}", {"a": 1, "$b": 2, "c d": 3, "é": 4}),
        ("[1, .5, 5., +1, -1, 0x1F, 1e3,]", [1, 0.5, 5.0, 1, -1, 31, 1000.0]),
        ("// a\n/* b */ null // c", None),
        ("'a\\\nb\\x41\\'\"'", "abA'\""),
        ("[Infinity, -Infinity]", [math.inf, -math.inf]),
        ("\ufeff\xa0'x'", "x"),
        ('"\\ud83d\\ude00"', "😀"),
        ("1" * 30, int("1" * 30)),
        ('{a: 1, "a": 2}', {"a": 2}),
        ("{}", {}),
        ("[0e-400, 0.0e-999, .0E-1000]", [0.0, 0.0, 0.0]),
        ("[1e-320, 5e-324, 0.1000000000000000055]", [1e-320, 5e-324, 0.1]),
        (
            "{e: '1e-400', 'f\\'1e-400': \"'1e-400\", /*1e-400*/ e1: 0x1e, // 1e-400\n}",
            {"e": "1e-400", "f'1e-400": "'1e-400", "e1": 30},
        ),
        pytest.param("0." + "0" * 400, 0.0, id="zeros"),
        pytest.param("1" + "0" * 400 + "e-400", 1.0, id="back-and-forth"),
    ],
)
def test_what_json5_adds_is_read(text: str, value: object) -> None:
    """Names without quotes, comments, commas at the end, and the other numbers."""
    read = json5_text.parse(text.encode())
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("", 1, 1, "Expected a value, found the end of the text."),
        ("\n // x", 2, 6, "Expected a value, found the end of the text."),
        ("{a: b}", 1, 5, 'Expected a value (strings have quotes), found "b".'),
        ("{\n  a: 1,\n  b: x,\n}", 3, 6, 'found "x"'),
        ("['é😀', x]", 1, 8, 'found "x"'),
        ("[1,\n2,,]", 2, 3, "A comma stands here without a value before it"),
        ("[1 2]", 1, 4, 'Expected a comma or ] after the element, found "2".'),
        ("[1}", 1, 3, 'found "}"'),
        ("{a: 1]", 1, 6, 'Expected a comma or } after the value, found "]".'),
        ("{a 1}", 1, 4, 'Expected a colon after the member\'s name, found "1".'),
        ("{1: 1}", 1, 2, 'Expected a member\'s name, quoted or an identifier, found "1".'),
        ("{a-b: 1}", 1, 3, 'Expected a colon after the member\'s name, found "-".'),
        ("[1", 1, 1, "The array that starts here has no ] at its end."),
        ("\n {a: [1]", 2, 2, "The object that starts here has no } at its end."),
        ("['a', 'b]", 1, 7, "The string that starts here is not closed on its line."),
        ("'a\nb'", 1, 1, "The string that starts here is not closed on its line."),
        ("[1, /* x", 1, 5, "The comment that starts here has no */ at its end."),
        ("[1 /]", 1, 4, "A / stands here that begins no comment"),
        ("nul", 1, 1, "Expected true, false, null, NaN or Infinity"),
        ("Nan", 1, 1, "Expected true, false, null, NaN or Infinity"),
        ("'\\u12g4'", 1, 3, 'Expected a hexadecimal digit in the escape, found "g".'),
        ("'abc\\x4", 1, 6, "ends within an escape"),
        ("'\\x", 1, 1, "not closed on its line"),
        ("'\\1'", 1, 1, 'JSON5 has no escape of "1": write \\\\ for a backslash.'),
        ("'\\ud800'", 1, 7, "half a surrogate pair"),
        ("'\\udc00'", 1, 1, "half a surrogate pair"),
        ("{a: 1e400}", 1, 5, "too large to be read from JSON5"),
        ("[-1e999]", 1, 2, "too large to be read from JSON5"),
        pytest.param("9" * 5000, 1, 1, "too large to be read from JSON5", id="digits"),
        ("{a: 1e-400}", 1, 5, "too small to be read from JSON5"),
        ("[1, -1e-324]", 1, 5, "too small to be read from JSON5"),
        ("['1e-400', /* 1e-400 */ 2,\n // '\n\"\\\"1e-400\", 12.5E-0999]", 3, 13, "too small"),
        pytest.param("." + "0" * 400 + "1", 1, 1, "too small", id="zeros"),
        pytest.param("[0." + "0" * 320 + "1e-10]", 1, 2, "too small", id="zeros-exponent"),
        ("[1, -]", 1, 5, "begins as a number"),
        ("0x", 1, 1, "begins as a number"),
        ("1e+", 1, 1, "begins as a number"),
        ("[1] x", 1, 5, 'Expected the end of the text after the value, found "x".'),
        ("[1]\n/* c */ // d\n  x", 3, 3, 'found "x"'),
        ("1 2", 1, 3, 'found "2"'),
        ("01", 1, 2, 'found "1"'),
        ("1.5n", 1, 4, 'found "n"'),
        ("true1", 1, 5, 'found "1"'),
        ("Infinityx", 1, 9, 'found "x"'),
        ("'a' 'b'", 1, 5, 'found "\'"'),
        ("\x00", 1, 1, "found U+0000"),
        pytest.param("[" * 257, 1, 257, "deeper than 256", id="arrays"),
        pytest.param("{a:" * 257, 1, 769, "deeper than 256", id="objects"),
    ],
)
def test_refused_text_says_where_and_why(text: str, line: int, column: int, words: str) -> None:
    """Line and column are those of the error, or of the token in which it stands."""
    with pytest.raises(MalformedContent) as caught:
        json5_text.parse(text.encode())
    assert (caught.value.line, caught.value.column) == (line, column)
    assert words in caught.value.detail


def test_bytes_that_are_no_utf8_are_refused() -> None:
    """pyjson5 would take them for Latin-1."""
    with pytest.raises(MalformedContent, match="not UTF-8") as caught:
        json5_text.parse(b"['a', '\xff']")
    assert (caught.value.line, caught.value.column) == (1, 8)


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ("{a:", "}")])
def test_depth_ends_at_its_limit(opening: str, closing: str) -> None:
    """MAX_DEPTH levels are read, one more is refused."""
    json5_text.parse(
        (opening * MAX_DEPTH + "1" + closing * MAX_DEPTH).replace("[1]", "[]").encode()
    )
    with pytest.raises(MalformedContent, match="deeper than 256"):
        json5_text.parse((opening * (MAX_DEPTH + 1) + "1" + closing * (MAX_DEPTH + 1)).encode())


@pytest.mark.parametrize("opening", ["[", "{a:", "[{a:", "[/**/"])
def test_endless_nesting_is_refused(opening: str) -> None:
    """However deep a text is, the answer is a clear error."""
    with pytest.raises(MalformedContent, match="deeper than 256"):
        json5_text.parse((opening * 1_000_000).encode())


@settings(deadline=None, max_examples=300)
@given(near_json5.map(str.encode) | st.text().map(str.encode) | st.binary())
def test_bytes_are_read_or_refused_and_nothing_else(text: bytes) -> None:
    """No bytes raise another error; the place of the error is one in the text."""
    error = _refusal(text)
    if error is not None:
        lines = text.decode("utf-8", "replace").split("\n")
        assert 1 <= (error.line or 0) <= len(lines)
        assert 1 <= (error.column or 0) <= len(lines[(error.line or 0) - 1]) + 1
        assert orjson.dumps([error.detail, dict(error.members)])


def _refusal(text: bytes) -> MalformedContent | None:
    try:
        json5_text.parse(text)
    except MalformedContent as error:
        return error
    return None

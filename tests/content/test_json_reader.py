import json
import sys

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kvput.content import json_reader
from kvput.content.json_reader import MAX_DEPTH
from kvput.errors import MalformedContent

# text, line, column, pointer, words that the sentence has
REFUSED = [
    # no value
    ("", 1, 1, "", "Expected a value, found the end of the text."),
    (" \t\r\n", 2, 1, "", "found the end of the text"),
    ("x", 1, 1, "", 'Expected a value, found "x".'),
    ("\n\n  x", 3, 3, "", 'found "x"'),
    ("\x00", 1, 1, "", "found U+0000"),
    ("\x0b1", 1, 1, "", "found U+000B"),
    ("\xa01", 1, 1, "", "found U+00A0"),
    ("]", 1, 1, "", 'found "]"'),
    ("}", 1, 1, "", 'found "}"'),
    (",", 1, 1, "", 'found ","'),
    ("\ufeff{}", 1, 1, "", "byte order mark"),
    ("tru", 1, 1, "", 'found "t"'),
    ("truex", 1, 1, "", 'found "t"'),
    ("nulll", 1, 1, "", 'found "n"'),
    ("[true1]", 1, 2, "/0", 'found "t"'),
    ("True", 1, 1, "", "JSON writes true, false and null so."),
    ('{"a": None}', 1, 7, "/a", "JSON writes true, false and null so."),
    ("undefined", 1, 1, "", "JSON has no undefined"),
    ("NaN", 1, 1, "", "JSON has no NaN"),
    ("[1, -Infinity]", 1, 5, "/1", "JSON has no NaN"),
    ("'a'", 1, 1, "", "double quotation marks"),
    ("`a`", 1, 1, "", "double quotation marks"),
    ("“a”", 1, 1, "", "double quotation marks"),
    # after the value
    ("1 2", 1, 3, None, 'Expected the end of the text after the value, found "2".'),
    ("{}x", 1, 3, None, 'found "x"'),
    ("[1]]", 1, 4, None, 'found "]"'),
    ('"a" "b"', 1, 5, None, "found a quotation mark"),
    ("null\n\ntrue", 3, 1, None, 'found "t"'),
    ("{}\x00", 1, 3, None, "found U+0000"),
    ("{}\x0c", 1, 3, None, "found U+000C"),
    ("{} // end", 1, 4, None, "JSON has no comments"),
    ("1\ufeff", 1, 2, None, "byte order mark"),
    ('"é😀" x', 1, 6, None, 'found "x"'),
    # arrays
    ("[", 1, 2, "/0", "Expected a value, found the end of the text."),
    ("[1", 1, 3, "", "Expected a comma or ] after the element, found the end of the text."),
    ("[1,", 1, 4, "/1", "Expected a value, found the end of the text."),
    ("[1 2]", 1, 4, "", 'Expected a comma or ] after the element, found "2".'),
    ("[1}", 1, 3, "", 'Expected a comma or ] after the element, found "}".'),
    ("[1,]", 1, 4, "", "JSON has no comma after the last item"),
    ("[\n  1,\n  2,\n]", 4, 1, "", "JSON has no comma after the last item"),
    ("[,1]", 1, 2, "/0", 'Expected a value, found ",".'),
    ("[,]", 1, 2, "/0", 'Expected a value, found ",".'),
    ("[1,,2]", 1, 4, "/1", 'Expected a value, found ",".'),
    ("[[],[x]]", 1, 6, "/1/0", 'Expected a value, found "x".'),
    ("[[1,2],[3,4 5]]", 1, 13, "/1", "Expected a comma or ]"),
    ("[1 /* one */, 2]", 1, 4, "", "JSON has no comments"),
    ("[1, # one\n2]", 1, 5, "/1", "JSON has no comments"),
    # objects
    ("{", 1, 2, "", "Expected a member's name in double quotation marks, or }, found the end"),
    ("{a: 1}", 1, 2, "", 'Expected a member\'s name in double quotation marks, or }, found "a".'),
    ("{'a': 1}", 1, 2, "", "double quotation marks"),
    ("{1: 1}", 1, 2, "", 'found "1"'),
    ("{,}", 1, 2, "", 'found ","'),
    ("{]", 1, 2, "", 'found "]"'),
    ("{// no\n}", 1, 2, "", "JSON has no comments"),
    ('{"a"', 1, 5, "", "Expected a colon after the member's name, found the end of the text."),
    ('{"a" 1}', 1, 6, "", 'Expected a colon after the member\'s name, found "1".'),
    ('{"a"=1}', 1, 5, "", 'found "="'),
    ('{"a"}', 1, 5, "", 'Expected a colon after the member\'s name, found "}".'),
    ('{"a":', 1, 6, "/a", "Expected a value, found the end of the text."),
    ('{"a":}', 1, 6, "/a", 'Expected a value, found "}".'),
    ('{"a":,"b":1}', 1, 6, "/a", 'Expected a value, found ",".'),
    ('{"a"::1}', 1, 6, "/a", 'Expected a value, found ":".'),
    ('{"a":1', 1, 7, "", "Expected a comma or } after the member's value, found the end"),
    ('{"a":1 b', 1, 8, "", 'Expected a comma or } after the member\'s value, found "b".'),
    ('{"a":1]', 1, 7, "", 'found "]"'),
    ('{"a":1 "b":2}', 1, 8, "", "found a quotation mark"),
    ('{"a":1,', 1, 8, "", "Expected a member's name in double quotation marks, found the end"),
    ('{"a":1,}', 1, 8, "", "JSON has no comma after the last item"),
    ('{\n  "a": 1,\n}\n', 3, 1, "", "JSON has no comma after the last item"),
    ('{"a":1,,"b":2}', 1, 8, "", 'found ","'),
    ('{"a":1,b:2}', 1, 8, "", 'Expected a member\'s name in double quotation marks, found "b".'),
    ('{"a":{"b":[0,{"c":x}]}}', 1, 19, "/a/b/1/c", 'Expected a value, found "x".'),
    ('{"a":{"b":[0,1}}', 1, 15, "/a/b", "Expected a comma or ]"),
    ('{"a":[{"b":1},{"b"}]}', 1, 19, "/a/1", "Expected a colon"),
    ('{"a/b":{"m~n":x}}', 1, 15, "/a~1b/m~0n", 'Expected a value, found "x".'),
    ('{"":x}', 1, 5, "/", 'Expected a value, found "x".'),
    ('{"\\u00e9":x}', 1, 11, "/é", 'Expected a value, found "x".'),
    ('{"\\ud800":x}', 1, 11, None, 'Expected a value, found "x".'),
    ('{"é😀": x}', 1, 8, "/é😀", 'found "x"'),
    ('{\r\n "a": 1,\r\n "b": ?\r\n}', 3, 7, "/b", 'found "?"'),
    # strings
    ('"', 1, 2, "", "closing quotation mark, found the end of the text"),
    ('"abc', 1, 5, "", "closing quotation mark, found the end of the text"),
    ('["a", "b]', 1, 10, "/1", "closing quotation mark, found the end of the text"),
    ('{"a', 1, 4, "", "closing quotation mark, found the end of the text"),
    ('{"a\n": 1}', 1, 4, "", "cannot hold a line break"),
    ('{"a": "b\nc"}', 1, 9, "/a", "cannot hold a line break"),
    ('"\t"', 1, 2, "", "cannot hold a tab"),
    ('"ab\x00"', 1, 4, "", "cannot hold U+0000"),
    ('"\x1f"', 1, 2, "", "cannot hold U+001F"),
    ('"\\', 1, 2, "", "JSON escapes are"),
    ('"\\x41"', 1, 2, "", "JSON escapes are"),
    ('["ok", "C:\\dir"]', 1, 11, "/1", "write \\\\ for a backslash"),
    ('"a\\u"', 1, 3, "", "four hexadecimal digits"),
    ('"\\u12g4"', 1, 2, "", "four hexadecimal digits"),
    ('"\\n\\u12', 1, 4, "", "four hexadecimal digits"),
    ('"\\u 123"', 1, 2, "", "four hexadecimal digits"),
    ('"\\u-123"', 1, 2, "", "four hexadecimal digits"),
    ('"\\u0_00"', 1, 2, "", "four hexadecimal digits"),
    ('"\\u\uff10\uff10\uff14\uff11"', 1, 2, "", "four hexadecimal digits"),
    # numbers
    ("01", 1, 1, "", "no leading zeros"),
    ("[-01]", 1, 2, "/0", "no leading zeros"),
    ("+1", 1, 1, "", "no plus sign"),
    (".5", 1, 1, "", "digit before its decimal point"),
    ("-.5", 1, 1, "", "digit before its decimal point"),
    ("1.", 1, 1, "", "digit after its decimal point"),
    ("[1.e5]", 1, 2, "/0", "digit after its decimal point"),
    ("1e", 1, 1, "", "exponent"),
    ("1.5E+", 1, 1, "", "exponent"),
    ("0x1F", 1, 1, "", "no hexadecimal numbers"),
    ("-", 1, 1, "", "Expected a digit after the minus sign."),
    ("--1", 1, 1, "", "Expected a digit after the minus sign."),
    ("1_000", 1, 1, "", "begins as a number"),
    ("1a", 1, 1, "", "begins as a number"),
    ("2024-01-31", 1, 1, "", "begins as a number"),
    ("\uff11", 1, 1, "", 'found "\uff11"'),
    ("1\u0661", 1, 1, "", "begins as a number"),
    ('{"a": 1.2.3}', 1, 7, "/a", "begins as a number"),
]

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
near_json = st.lists(
    st.sampled_from(
        [
            *("{", "}", "[", "]", ",", ":", '"a"', '"', "\\", "\\u00e9", "1", "-", "0", ".5"),
            *("1e400", "true", "null", " ", "\n", "x", "\x00", "é", '"\\n"', "e3"),
        ]
    ),
    max_size=14,
).map("".join)


@pytest.mark.parametrize(("text", "line", "column", "pointer", "words"), REFUSED)
def test_refused_text_says_where_and_why(
    text: str, line: int, column: int, pointer: str | None, words: str
) -> None:
    """Line, column, pointer and sentence are those of the first thing that is no JSON."""
    with pytest.raises(MalformedContent) as caught:
        json_reader.read(text)
    error = caught.value
    assert (error.line, error.column, error.pointer) == (line, column, pointer)
    assert words in error.detail


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("null", None),
        (" true ", True),
        ("\r\n\tfalse", False),
        ("0", 0),
        ("-0", 0),
        ("-0.0", -0.0),
        ("1.0", 1.0),
        ("1E3", 1000.0),
        ("1e-2", 0.01),
        ("18446744073709551615", 2**64 - 1),
        ("18446744073709551616", float(2**64)),
        ("-9223372036854775808", -(2**63)),
        ("-9223372036854775809", -float(2**63)),
        ("1" * 30, float("1" * 30)),
        pytest.param("1" * 400, float("inf"), id="more-digits"),
        pytest.param("-" + "1" * 5000, float("-inf"), id="digits"),
        ("1e400", float("inf")),
        ("-1e400", float("-inf")),
        ("1e-400", 0.0),
        ('""', ""),
        ('"\x7f\u2028é"', "\x7f\u2028é"),
        (r'"\"\\\/\b\f\n\r\t"', '"\\/\b\f\n\r\t'),
        (r'"\u00e9\ud83d\ude00\u0000"', "é😀\x00"),
        (r'"\ud800"', "\ud800"),
        (r'["\udc00\ud800x"]', ["\udc00\ud800x"]),
        ("[]", []),
        ("[ \n]", []),
        ("{}", {}),
        ("{ }", {}),
        ("[[],{},[[]]]", [[], {}, [[]]]),
        ('{"a":{"b":{}},"c":[1,{"d":2}]}', {"a": {"b": {}}, "c": [1, {"d": 2}]}),
        ('{"a":1,"b":2,"a":3}', {"a": 3, "b": 2}),
        (r'{"\ud800\n" : 1}', {"\ud800\n": 1}),
        ('{"" : ""}', {"": ""}),
    ],
)
def test_value_is_read(text: str, value: object) -> None:
    """The value is the one that the text holds, of the type that orjson gives it."""
    read = json_reader.read(text)
    assert repr(read) == repr(value)


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_depth_ends_at_its_limit(opening: str, closing: str) -> None:
    """MAX_DEPTH levels are read, one more is refused where it opens."""
    deepest = opening * (MAX_DEPTH - 1) + "[]" + closing * (MAX_DEPTH - 1)
    assert _depth(json_reader.read(deepest)) == MAX_DEPTH
    with pytest.raises(MalformedContent, match="deeper than 1024") as caught:
        json_reader.read(opening + deepest + closing)
    assert caught.value.column == len(opening) * MAX_DEPTH + 1


def _depth(value: object) -> int:
    depth = 0
    while isinstance(value, list | dict):
        depth += 1
        items = value if isinstance(value, list) else list(value.values())
        value = items[0] if items else None
    return depth


@pytest.mark.parametrize("count", [100_000, 5_000_000])
@pytest.mark.parametrize("opening", ["[", '{"a":', "[[[{"])
def test_endless_nesting_costs_no_stack(opening: str, count: int) -> None:
    """However deep a text is, the answer is a clear error."""
    with pytest.raises(MalformedContent):
        json_reader.read(opening * (count // len(opening)))


@pytest.mark.parametrize(
    "text",
    ["[" + "1," * 40_000 + "x", "1" * 500_000 + "x", '"' + "\\n" * 200_000, " " * 500_000 + "x"],
    ids=["elements", "digits", "escapes", "spaces"],
)
@pytest.mark.timeout(10)
def test_time_is_linear_in_the_text(text: str) -> None:
    """A long text with its error at the end is refused at once, not in quadratic time."""
    with pytest.raises(MalformedContent):
        json_reader.read(text)


def test_pointer_too_long_to_help_is_left_out() -> None:
    """Names as long as the content do not come back in the error."""
    with pytest.raises(MalformedContent) as caught:
        json_reader.read('{"' + "a" * 2000 + '":x}')
    assert caught.value.pointer is None
    assert "pointer" not in caught.value.members


@settings(deadline=None)
@given(json_values)
def test_whatever_json_writes_is_read_as_orjson_reads_it(value: object) -> None:
    """On texts that both take, the two readers give the same value."""
    text = json.dumps(value)
    try:
        expected = orjson.loads(text)
    except orjson.JSONDecodeError:
        expected = json.loads(text, parse_int=float)
    assert repr(json_reader.read(text)) == repr(expected)


@settings(deadline=None)
@given(near_json | st.text())
def test_reader_takes_exactly_what_the_grammar_allows(text: str) -> None:
    """Python's own reader, kept from its extensions, takes and refuses the same texts."""
    try:
        json.loads(text, parse_constant=_no_constant)
        allowed = not text.startswith("\ufeff")
    except ValueError:
        allowed = False
    error = _refusal(text)
    assert (error is None) == allowed
    if error is not None:
        lines = text.split("\n")
        assert 1 <= (error.line or 0) <= len(lines)
        assert 1 <= (error.column or 0) <= len(lines[(error.line or 0) - 1]) + 1


def _refusal(text: str) -> MalformedContent | None:
    try:
        json_reader.read(text)
    except MalformedContent as error:
        return error
    return None


def _no_constant(name: str) -> object:
    raise ValueError(name)


def test_reader_does_not_lean_on_the_recursion_limit() -> None:
    """The deepest text is read with next to no stack left."""
    limit = sys.getrecursionlimit()
    depth = 0
    frame = sys._getframe()  # noqa: SLF001 - the only way to know how deep the test runs
    while frame.f_back is not None:
        depth, frame = depth + 1, frame.f_back
    sys.setrecursionlimit(depth + 30)
    try:
        value = json_reader.read("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    finally:
        sys.setrecursionlimit(limit)
    assert _depth(value) == MAX_DEPTH

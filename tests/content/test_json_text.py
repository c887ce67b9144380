import json
import math
import tracemalloc
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kvput.content import json_text
from kvput.errors import InvalidContent, MalformedContent
from tests.shared_data import shared_folder

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def _official_cases() -> list[Path]:
    return sorted((shared_folder("JSONTestSuite") / "test_parsing").glob("*.json"))


def test_official_cases_are_all_there() -> None:
    """The table below is not empty by mistake."""
    assert len(_official_cases()) == 318


@pytest.mark.parametrize("kind", ["y_", "n_", "i_"])
def test_official_case_is_taken_or_refused_as_it_says(kind: str) -> None:
    """y_ are JSON, n_ are not, of i_ a reader may say either; no case fails otherwise."""
    allowed = {"y_": {True}, "n_": {False}, "i_": {True, False}}[kind]
    cases = [path for path in _official_cases() if path.name.startswith(kind)]
    assert cases
    wrong = [path.name for path in cases if (_refusal(path.read_bytes()) is None) not in allowed]
    assert wrong == []


def _refusal(text: bytes) -> MalformedContent | None:
    try:
        json_text.parse(text)
    except MalformedContent as error:
        return error
    return None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b'{"a": [1, 2.5, "x", null, true]}', {"a": [1, 2.5, "x", None, True]}),
        (b'{"a":1,"a":2}', {"a": 2}),
        (b"1.0", 1.0),
        (b"1" * 30, 1.111111111111111e29),
        (b"[1e400]", [math.inf]),
        (b"-1e400", -math.inf),
        pytest.param(b"[" + b"9" * 5000 + b"]", [math.inf], id="digits"),
        (rb'"\ud800"', "\ud800"),
        (rb'{"\udfff": "\ud83d\ude00"}', {"\udfff": "😀"}),
        (b"\xc3\xa9".join([b'"', b'"']), "é"),
    ],
)
def test_what_the_grammar_allows_is_read(text: bytes, value: object) -> None:
    """Also what the fast reader refuses: numbers beyond a double, escaped lone surrogates."""
    read = json_text.parse(text)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        (b"", 1, 1, "found the end of the text"),
        (b" \n ", 2, 2, "found the end of the text"),
        (b"\xef\xbb\xbf{}", 1, 1, "byte order mark"),
        (b'{"a": "\xff"}', 1, 8, "not UTF-8"),
        (b'{\n"a": "\xc3\xa9\xed\xa0\x80"}', 2, 8, "not UTF-8"),
        (b"{\x00}", 1, 2, "found U+0000"),
        pytest.param(b"[" * 1025 + b"]" * 1025, 1, 1025, "deeper than 1024", id="1025"),
        pytest.param(b"[" * 100_000, 1, 1025, "deeper than 1024", id="100000"),
        pytest.param(b"[" * 5_000_000, 1, 1025, "deeper than 1024", id="5000000"),
        (b'{"a":1} b', 1, 9, "Expected the end of the text"),
    ],
)
def test_what_is_no_json_is_refused(text: bytes, line: int, column: int, words: str) -> None:
    """The error says line and column, of bytes that are no UTF-8 as well."""
    with pytest.raises(MalformedContent) as caught:
        json_text.parse(text)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert words in caught.value.detail


@settings(deadline=None)
@given(st.binary() | st.text().map(str.encode))
def test_bytes_are_read_or_refused_and_nothing_else(text: bytes) -> None:
    """No bytes raise another error, and each error can be sent as JSON."""
    error = _refusal(text)
    if error is not None:
        assert {"line", "column"} <= error.members.keys()
        assert orjson.dumps([error.detail, dict(error.members)])


# --- the empty set ------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{}",
        b"[]",
        b" {}",
        b"{ }",
        b"[\r\n\t ]",
        b"\n[ ]\n",
        b"{}\n",
        pytest.param(b" " * 100_000 + b"{}", id="spaces"),
    ],
)
def test_empty_set_with_any_white_space_is_empty(text: bytes) -> None:
    """Zero bytes, {} and [] are the empty set."""
    assert json_text.is_empty_set(text)


@pytest.mark.parametrize(
    "text",
    [
        *(b" ", b"\n", b"{]", b"{", b"}", b"[[]]", b"[{}]", b"{}{}", b"{} x", b"null", b'""', b"0"),
        *(b"{\x0b}", b"\xef\xbb\xbf{}", b'{"a":1}', b"[0]", b"{\x00}"),
        pytest.param(b" " * 100_000 + b"{", id="spaces"),
    ],
)
def test_what_is_not_the_empty_set_is_not(text: bytes) -> None:
    """White space alone is not even JSON; null, "" and [[]] are values."""
    assert not json_text.is_empty_set(text)


# --- a member put first -------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ('{"color":"red"}', '{"id":1,"color":"red"}'),
        ('{"color": "red"}', '{"id": 1, "color": "red"}'),
        ('{ "color": "red" }', '{ "id": 1, "color": "red" }'),
        ('{ "color":"red" }', '{ "id":1,"color":"red" }'),
        ('{"color" : "red"}', '{"id" : 1, "color" : "red"}'),
        ('{\n  "color": "red"\n}\n', '{\n  "id": 1,\n  "color": "red"\n}\n'),
        ('{\n\t"color":"red"\n}', '{\n\t"id":1,\n\t"color":"red"\n}'),
        ('{\r\n    "color": "red"\r\n}', '{\r\n    "id": 1,\r\n    "color": "red"\r\n}'),
        ('{\n\n  "color": "red"}', '{\n\n  "id": 1,\n  "color": "red"}'),
        ('{"color"\n:\n"red"}', '{"id": 1, "color"\n:\n"red"}'),
        ('{"a":1,"b":{"c":[]}}', '{"id":1,"a":1,"b":{"c":[]}}'),
        ("{}", '{"id": 1}'),
        ("{ }", '{ "id": 1 }'),
        (" {}\n", ' {"id": 1}\n'),
        ("{\n}", '{\n  "id": 1\n}'),
        ("{\r\n}\r\n", '{\r\n  "id": 1\r\n}\r\n'),
        ('\n{"a":1e400}', '\n{"id":1,"a":1e400}'),
        (r'{"a\"}:": 1.0}', r'{"id": 1, "a\"}:": 1.0}'),
        (r'{"\\":[]}', r'{"id":1,"\\":[]}'),
        ('{"é":"😀"}', '{"id":1,"é":"😀"}'),
        ('{"a":1,"a":2}', '{"id":1,"a":1,"a":2}'),
    ],
)
def test_first_member_follows_the_style_of_the_object(text: str, result: str) -> None:
    """The member looks as if it had been written with the others, which keep their bytes."""
    assert json_text.insert_first_member(text.encode(), "id", 1) == result.encode()


@pytest.mark.parametrize(
    ("name", "value", "result"),
    [
        ("id", "a-1", '{"id": "a-1"}'),
        ("id", 2**80, '{"id": 1208925819614629174706176}'),
        ("id", 'a"\\\n', r'{"id": "a\"\\\n"}'),
        ("é", "😀", '{"é": "😀"}'),
        ("\ud800", "\udfff", r'{"\ud800": "\udfff"}'),
    ],
)
def test_name_and_value_are_escaped(name: str, value: str | int, result: str) -> None:
    """Whatever is in the name and the value, the result is JSON."""
    text = json_text.insert_first_member(b"{}", name, value)
    assert text == result.encode()
    assert json.loads(text) == {name: value}


@settings(deadline=None)
@given(
    st.dictionaries(st.text(), json_values, max_size=3),
    st.sampled_from([None, 0, 1, "\t"]),
    st.sampled_from([(",", ":"), (", ", ": "), (" , ", " : ")]),
    st.sampled_from(["", " ", "\n", "\r\n "]),
)
def test_other_bytes_are_kept(
    value: dict[str, object], indent: int | str | None, marks: tuple[str, str], around: str
) -> None:
    """Whatever the object's style, it is read as before with one more member, first."""
    text = (around + json.dumps(value, indent=indent, separators=marks) + around).encode()
    result = json_text.insert_first_member(text, "kvput id", 7)
    assert list(json.loads(result).items()) == [("kvput id", 7), *json.loads(text).items()]
    brace = text.index(b"{") + 1
    assert result.startswith(text[:brace])
    assert result.endswith(text[brace:].lstrip() if value else text[brace:])


@pytest.mark.parametrize("text", [b"[]", b"1", b"", b'"{}"', b"{1}"])
def test_text_that_is_no_object_is_refused(text: bytes) -> None:
    """To insert into anything but an object is a mistake of the caller."""
    with pytest.raises(ValueError, match="not a JSON object"):
        json_text.insert_first_member(text, "id", 1)


# --- writing ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({}, "{}\n"),
        ([], "[]\n"),
        (None, "null\n"),
        (
            [True, False, 1, -0.0, 1.5, 1e100],
            "[\n  true,\n  false,\n  1,\n  -0.0,\n  1.5,\n  1e+100\n]\n",
        ),
        (
            {"a": {"b": [1, []]}, "c": {}},
            '{\n  "a": {\n    "b": [\n      1,\n      []\n    ]\n  },\n  "c": {}\n}\n',
        ),
        ({"é": "😀\n\x7f"}, '{\n  "é": "😀\\n\x7f"\n}\n'),
        ("\ud800x", '"\\ud800x"\n'),
        (2**100, "1267650600228229401496703205376\n"),
    ],
)
def test_value_is_written_for_people(value: object, text: str) -> None:
    """Two spaces, members in order, characters as they are, a line break at the end."""
    assert json_text.dump(value) == text.encode()


@settings(deadline=None)
@given(json_values)
def test_what_is_written_is_read_back(value: object) -> None:
    """dump writes JSON, laid out as Python's own json does it."""
    text = json_text.dump(value)
    assert json_text.parse(text) == json_text.parse(json.dumps(value).encode())
    assert text.decode() == json.dumps(value, indent=2, ensure_ascii=False) + "\n"


@pytest.mark.parametrize(
    "number", [math.nan, math.inf, -math.inf, pytest.param(10**5000, id="digits")]
)
def test_number_that_json_cannot_hold_is_refused(number: float) -> None:
    """The error says so, instead of a null in its place."""
    with pytest.raises(InvalidContent):
        json_text.dump({"a": [number]})


def _nested(depth: int) -> object:
    value: object = 1
    for level in range(depth):
        value = [value] if level % 2 else {"a": value}
    return value


def test_deepest_value_is_written_and_read_back() -> None:
    """What is MAX_DEPTH deep is written, without an indentation that grows with it."""
    text = json_text.dump(_nested(json_text.MAX_DEPTH))
    assert len(text) < 10 * json_text.MAX_DEPTH
    assert text.count(b"[") + text.count(b"{") == json_text.MAX_DEPTH
    json_text.parse(text)


@pytest.mark.parametrize(
    "value",
    [
        [1] * 100_000,
        [[]] * 100_000,
        {f"n{number}": [number, {}] for number in range(40_000)},
        [[[[[[[[[[[[[["a"] * 100_000]]]]]]]]]]]]],
    ],
    ids=["numbers", "arrays", "members", "deep"],
)
def test_a_large_value_is_written_without_white_space(value: object) -> None:
    """Indentation would make a few bytes many: what is large stays as small as it can be."""
    text = json.dumps(value, separators=(",", ":"))
    assert json_text.dump(value) == text.encode() + b"\n"


def test_writing_takes_little_more_memory_than_the_text() -> None:
    """Not a value for each of the pieces that the text is made of."""
    value = [1] * 1_000_000
    tracemalloc.start()
    try:
        text = json_text.dump(value)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 8 * len(text)


@pytest.mark.parametrize("depth", [json_text.MAX_DEPTH + 1, 100_000])
def test_value_too_deep_is_refused(depth: int) -> None:
    """One level more than MAX_DEPTH is refused, and many more cost no stack."""
    with pytest.raises(MalformedContent, match="deeper than 1024"):
        json_text.dump(_nested(depth))


@pytest.mark.parametrize("value", [b"", (1,), {"a": object()}])
def test_value_that_no_reader_makes_is_a_mistake(value: object) -> None:
    """Only what JSON holds is written."""
    with pytest.raises(TypeError, match="JSON has no"):
        json_text.dump(value)

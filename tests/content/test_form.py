from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kvput.content import form
from kvput.content.text_types import Types
from kvput.errors import ContentTooLarge, MalformedContent


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        (b"", {}),
        (b"&&", {}),
        (b"a=1", {"a": "1"}),
        (b"a=1&b=2", {"a": "1", "b": "2"}),
        (b"b=2&a=1&b=1", {"b": ["2", "1"], "a": "1"}),
        (b"a=1&a=1&a=", {"a": ["1", "1", ""]}),
        (b"a", {"a": ""}),
        (b"a=", {"a": ""}),
        (b"=a", {"": "a"}),
        (b"=", {"": ""}),
        (b"a=b=c", {"a": "b=c"}),
        (b"&a=1&&b=2&", {"a": "1", "b": "2"}),
        (b"a+b=c+d", {"a b": "c d"}),
        (b"a=%2B%26%3d%25", {"a": "+&=%"}),
        (b"n%61me=%C3%a9%F0%9F%98%80", {"name": "é😀"}),
        ("é=😀".encode(), {"é": "😀"}),
        (b"a[b]=c&a%5Bd%5D=e", {"a": {"b": "c", "d": "e"}}),
        (b"a[]=1", {"a": ["1"]}),
        (b"a[1][b]=2&a[0][b]=1", {"a": [{"b": "1"}, {"b": "2"}]}),
        (b"a[b=c", {"a[b": "c"}),
        (b"a.b=c", {"a.b": "c"}),
        (b"a=%00%0D%0A", {"a": "\x00\r\n"}),
        (b"a=1;b=2", {"a": "1;b=2"}),
        (b"a=%7B%7D", {"a": "{}"}),
        (b"%7B%22a%22", {'{"a"': ""}),
        (b"a={}", {"a": "{}"}),
        (b"a=true&b=null", {"a": "true", "b": "null"}),
    ],
)
def test_fields_are_read_in_their_order(text: bytes, fields: dict[str, object]) -> None:
    """All values are strings; those of a name that repeats are a list."""
    read = form.parse(text)
    assert read == fields
    assert list(read) == list(fields)


def test_values_are_guessed_where_that_is_asked_for() -> None:
    """Names are not, nor what a guess would lose."""
    read = form.parse(b"1=2&a=true&a=01&b[c]=1.5&d=", Types.GUESS)
    assert read == {"1": 2, "a": [True, "01"], "b": {"c": 1.5}, "d": ""}


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        (b"a=1&b=2&a[b]=2", 1, 9, 'makes "a" an object, but an earlier field has made it a value'),
        (b"a=1\n&a[b]=2", 2, 2, "an earlier field has made it a value"),
        (b"a[2024]=1", 1, 10, "leaves more than 100 places before it empty"),
        (b"x=1&a[][c]=1", 1, 5, "number the items"),
    ],
)
def test_names_that_contradict_each_other_are_refused(
    text: bytes, line: int, column: int, words: str
) -> None:
    """At the field that does not fit, or at the end where a list is not whole."""
    with pytest.raises(MalformedContent) as caught:
        form.parse(text)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert words in caught.value.detail


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        (b"a=%", 1, 3, "two hexadecimal digits"),
        (b"a=1&b%4=2", 1, 6, "two hexadecimal digits"),
        (b"a=100%&b=1", 1, 6, "two hexadecimal digits"),
        (b"a=%41%4g", 1, 6, "two hexadecimal digits"),
        (b"a=%u0041", 1, 3, "two hexadecimal digits"),
        ("é=%%".encode(), 1, 3, "two hexadecimal digits"),
        (b"a=\n%zz", 2, 1, "two hexadecimal digits"),
        (b"a=%FF", 1, 3, "not UTF-8"),
        (b"a=x%C3%A9%C3", 1, 10, "not UTF-8"),
        (b"a=%C3x%A9", 1, 3, "not UTF-8"),
        (b"a=1&b=%ED%A0%80", 1, 7, "not UTF-8"),
        (b"a=\xff", 1, 3, "not UTF-8"),
    ],
)
def test_broken_escape_is_refused_at_its_place(
    text: bytes, line: int, column: int, words: str
) -> None:
    """What a browser's parser would replace is an error here."""
    with pytest.raises(MalformedContent) as caught:
        form.parse(text)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert words in caught.value.detail


@pytest.mark.parametrize(
    ("text", "column"), [(b'{"a":1}', 1), (b"[1]", 1), (b" {}", 2), (b"{%zz", 1)]
)
def test_json_called_a_form_is_refused_with_the_way_out(text: bytes, column: int) -> None:
    """Who sends JSON with curl's -d learns of --json."""
    with pytest.raises(MalformedContent, match="curl: --json instead of -d") as caught:
        form.parse(text)
    assert caught.value.column == column


def test_fields_are_counted() -> None:
    """The limit itself is taken, one more is not."""
    most = b"&".join([b"a=1"] * form.MAX_FIELDS)
    assert form.parse(most) == {"a": ["1"] * form.MAX_FIELDS}
    with pytest.raises(ContentTooLarge, match="more than 10000 fields"):
        form.parse(most + b"&b")


@settings(deadline=None)
@given(st.lists(st.tuples(st.text().filter(lambda name: "[" not in name), st.text())))
def test_whatever_is_encoded_is_read_back(pairs: list[tuple[str, str]]) -> None:
    """No text is lost on the way through a form."""
    expected: dict[str, list[str]] = {}
    for name, value in pairs:
        expected.setdefault(name, []).append(value)
    read = form.parse(urlencode(pairs).encode())
    assert read == {name: v if len(v) > 1 else v[0] for name, v in expected.items()}

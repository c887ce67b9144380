import pytest

from kvput.content.source_text import decode_utf8, found, locate, shown
from kvput.errors import MalformedContent


@pytest.mark.parametrize(
    ("text", "offset", "place"),
    [
        ("", 0, (1, 1)),
        ("abc", 0, (1, 1)),
        ("abc", 3, (1, 4)),
        ("a\nbc", 1, (1, 2)),
        ("a\nbc", 2, (2, 1)),
        ("a\nbc", 3, (2, 2)),
        ("a\r\nb", 3, (2, 1)),
        ("a\rb", 2, (1, 3)),
        ("a\u2028b", 2, (1, 3)),
        ("é😀x", 2, (1, 3)),
        ("\n\n", 2, (3, 1)),
    ],
)
def test_place_counts_lines_and_code_points_from_one(
    text: str, offset: int, place: tuple[int, int]
) -> None:
    """Only a line feed ends a line, and each code point is one column."""
    assert locate(text, offset) == place


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        (b"\xff", 1, 1),
        (b"ab\xc3(", 1, 3),
        (b"\xc3\xa9\xff", 1, 2),
        (b"\n\xf0\x9f\x98\x80\xed\xa0\x80", 2, 2),
        (b"\xc0\x80", 1, 1),
        (b"\xf4\x90\x80\x80", 1, 1),
        (b"a\xe2\x82", 1, 2),
        (b"\xff\xfe1\x00", 1, 1),
    ],
)
def test_bytes_that_are_no_utf8_are_refused_at_their_place(
    text: bytes, line: int, column: int
) -> None:
    """The first byte that is no UTF-8 is the place of the error."""
    with pytest.raises(MalformedContent, match="not UTF-8") as caught:
        decode_utf8(text)
    assert (caught.value.line, caught.value.column) == (line, column)


@pytest.mark.parametrize("text", ["", "abc", "é😀", "\ufeffx", "\x00", "\uffff"])
def test_utf8_is_decoded_as_it_is(text: str) -> None:
    """Nothing is dropped, not even a byte order mark."""
    assert decode_utf8(text.encode()) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the end of the text"),
        ("b", '"b"'),
        ("é", '"é"'),
        ('"', "a quotation mark"),
        ("\n", "a line break"),
        ("\r", "a carriage return"),
        ("\t", "a tab"),
        ("\x00", "U+0000"),
        ("\ufeff", "U+FEFF"),
        ("\ud800", "U+D800"),
    ],
)
def test_found_character_is_named_so_that_it_can_be_read(text: str, words: str) -> None:
    """Characters that do not print have a name instead."""
    assert found(text, 0) == words


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("text/plain", '"text/plain"'),
        ("", '""'),
        ("a\r\nb", '"aU+000DU+000Ab"'),
        ("\udcff", '"U+DCFF"'),
        ("x" * 61, '"' + "x" * 60 + '…"'),
    ],
)
def test_text_of_a_client_is_shown_short_and_printable(text: str, quoted: str) -> None:
    """What an error repeats fits on a line and can be encoded."""
    assert shown(text) == quoted

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvput.content import json_lines
from kvput.errors import MalformedContent

Line = tuple[int, bytes, object]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (b"", []),
        (b"\n", []),
        (b" \r\n\t\n\n ", []),
        (b"{}", [(1, b"{}", {})]),
        (b"{}\n", [(1, b"{}", {})]),
        (b"{}\r\n[1]\r\n", [(1, b"{}", {}), (2, b"[1]", [1])]),
        (b"\n\n1\n \n2\n\n", [(3, b"1", 1), (5, b"2", 2)]),
        (b' {"a" : 1.0} \n', [(1, b' {"a" : 1.0} ', {"a": 1.0})]),
        (b'\n\t{"a":1}\t\r\n', [(2, b'\t{"a":1}\t', {"a": 1})]),
        (b'{"a":1,"a":1e400}', [(1, b'{"a":1,"a":1e400}', {"a": float("inf")})]),
        ('"é\u2028\x85"\n"ü"'.encode(), [(1, '"é\u2028\x85"'.encode(), "é\u2028\x85"),
                                          (2, '"ü"'.encode(), "ü")]),
        (b'"\\ud800"\nnull', [(1, b'"\\ud800"', "\ud800"), (2, b"null", None)]),
        (b"1\r\r\n2", [(1, b"1\r", 1), (2, b"2", 2)]),
    ],
)  # fmt: skip
def test_each_line_is_a_text_that_keeps_its_bytes(text: bytes, lines: list[Line]) -> None:
    """Blank lines are none, but count; white space around a text stays with it."""
    assert list(json_lines.parse(text)) == lines


@pytest.mark.parametrize(
    ("text", "line", "column", "pointer", "words"),
    [
        (b'{"a":1}\n{"a":\n1}', 2, 6, "/a", "found the end of the text. Each line is to hold"),
        (b'{\n  "a": 1\n}\n', 1, 2, "", "Each line is to hold a whole JSON text."),
        (b"1\n\n 2 3\n", 3, 4, None, "Expected the end of the text"),
        (b"1\n\xc3\xa9\xff\n", 2, 2, None, "not UTF-8"),
        (b"\xef\xbb\xbf1", 1, 1, "", "A byte order mark stands here"),
        (b"1\n{a:1}", 2, 2, "", "Expected a member's name"),
        (b"1\n2,", 2, 2, None, "Expected the end of the text"),
        (b"[1,\n2]", 1, 4, "/1", "Expected a value"),
        (b"\x00", 1, 1, "", "found U+0000"),
        (b"1\n" + b"[" * 1025, 2, 1025, None, "deeper than 1024"),
        (b"1\r2", 1, 3, None, "Expected the end of the text"),
        (b"\x1e{}", 1, 1, "", "found U+001E"),
    ],
)
def test_line_that_is_no_json_is_refused_at_its_place(
    text: bytes, line: int, column: int, pointer: str | None, words: str
) -> None:
    """The line is the content's, column and pointer are within it."""
    with pytest.raises(MalformedContent) as caught:
        list(json_lines.parse(text))
    assert words in caught.value.detail
    assert (caught.value.line, caught.value.column, caught.value.pointer) == (line, column, pointer)


@given(
    st.lists(
        st.recursive(
            st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
            max_leaves=10,
        )
    ),
    st.booleans(),
    st.sampled_from(["\n", "\r\n", "\n\n"]),
)
def test_what_the_json_module_writes_is_read_back(
    values: list[object], escaped: bool, line_end: str
) -> None:
    """Value by value, and byte by byte."""
    texts = [json.dumps(value, ensure_ascii=escaped).encode() for value in values]
    read = list(json_lines.parse(line_end.encode().join(texts)))
    assert [text for _, text, _ in read] == texts
    assert [value for _, _, value in read] == values

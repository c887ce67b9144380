import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kvput.content.json_style import (
    Layout,
    Style,
    last_line,
    learn,
    reindented,
    rewritten,
    same_tokens,
)
from tests.odd_json import exact, json_values

INDENTED = Style(b"\n    ", b"\n  ", b"  ", b",\n    ", b", ", b": ", b"", False)
COMPACT = Style(b"", b"", b"  ", b",", b",", b":", b"", False)
PADDED = Style(b"", b"", b"\t", b" , ", b" , ", b" : ", b" ", False)


def layout(
    gap: bytes = b"",
    end: bytes | None = b"",
    separator: bytes | None = None,
    colon: bytes | None = b": ",
    *,
    is_object: bool = True,
) -> Layout:
    """What there is to learn from; by default in an object of one member on one line."""
    return Layout(gap, end, separator, colon, is_object, flat=False)


@pytest.mark.parametrize(
    ("seen", "parent", "newline", "closing", "unit", "separator"),
    [
        (layout(b"\n\t", b"\n"), COMPACT, b"\n\t", b"\n", b"\t", b",\n\t"),
        (layout(b"\r\n  ", b"\r\n"), COMPACT, b"\r\n  ", b"\r\n", b"  ", b",\r\n  "),
        (layout(b"\n   ", b"\n", b",\n   "), COMPACT, b"\n   ", b"\n", b"   ", b",\n   "),
        (layout(b"\n\n  ", b"\n", b",\n\n  "), COMPACT, b"\n  ", b"\n", b"  ", b",\n  "),
        (layout(b"\n  ", b"\n", b", "), COMPACT, b"", b"\n", b"  ", b", "),
        (layout(b"", b"", b",\n"), COMPACT, b"\n", b"", b"  ", b",\n"),
        (layout(b"\n", b"\n"), COMPACT, b"\n", b"\n", b"", b",\n"),
        (layout(b" ", b" "), INDENTED, b"", b"\n    ", b"  ", b", "),
        (layout(b"", b"", None, b":"), INDENTED, b"", b"\n    ", b"  ", b","),
        (layout(b"", b"", b" ,"), INDENTED, b"", b"\n    ", b"  ", b" ,"),
        (layout(b"\n  ", b"\n", b"\n, "), INDENTED, b"", b"\n", b"  ", b"\n, "),
        (layout(b"", None, None, None), COMPACT, b"", b"", b"  ", b","),
        (layout(b"", None, None, None), INDENTED, b"\n      ", b"\n    ", b"  ", b",\n      "),
        (layout(b"\n ", None, None, None), COMPACT, b"\n   ", b"\n ", b"  ", b",\n   "),
        (layout(b"\n\t", None, None, None), COMPACT, b"\n\t\t", b"\n\t", b"\t", b",\n\t\t"),
    ],
)
def test_style_is_learned_from_what_is_there(
    seen: Layout, parent: Style, newline: bytes, closing: bytes, unit: bytes, separator: bytes
) -> None:
    """From the items first, then from the brackets, then from what stands around."""
    style = learn(seen, parent)
    assert (style.newline, style.closing, style.unit) == (newline, closing, unit)
    assert style.separator == separator


@pytest.mark.parametrize(
    ("seen", "parent", "colon", "comma", "pad"),
    [
        (layout(b" ", b" ", None, b" :"), COMPACT, b" :", b",", b" "),
        (layout(b"\n ", b"\n", None, b":\n"), PADDED, b": ", b", ", b" "),
        (layout(b"", b"", b",  "), PADDED, b": ", b",  ", b""),
        (layout(b"", b"", b" ,", None, is_object=False), PADDED, b" : ", b" ,", b" "),
        (layout(b" ", None, None, None), COMPACT, b":", b",", b" "),
        (layout(b"", None, None, None), PADDED, b" : ", b", ", b" "),
    ],
)
def test_what_stands_around_marks_on_one_line_is_learned(
    seen: Layout, parent: Style, colon: bytes, comma: bytes, pad: bytes
) -> None:
    """Padding is an object's affair; what cannot be seen is as it is around."""
    style = learn(seen, parent)
    assert (style.colon, style.comma, style.pad) == (colon, comma, pad)


@pytest.mark.parametrize(
    ("text", "style", "closing", "written"),
    [
        (b"1.0", INDENTED, b"\n", b"1.0"),
        (b"[ ]", INDENTED, b"\n", b"[]"),
        (b'[1,{"a":{}}]', INDENTED, b"\n", b'[\n  1,\n  {\n    "a": {}\n  }\n]'),
        (b'[1,{"a":{}}]', INDENTED, b"\r\n ", b'[\r\n   1,\r\n   {\r\n     "a": {}\r\n   }\r\n ]'),
        (b'[\n 1,\n {"a" : {}, "b": [ ]}]', COMPACT, b"", b'[1,{"a":{},"b":[]}]'),
        (b'[1,{"a":{},"b":[2,3]}]', PADDED, b"", b'[1 , { "a" : {} , "b" : [2 , 3] }]'),
        (b'{"a ,:[]{} \\" b":" , "}', INDENTED, b"", b'{"a ,:[]{} \\" b": " , "}'),
        (b"[123456789012345678901234567890,12.50]", COMPACT, b"", None),
    ],
)
def test_value_in_another_style(
    text: bytes, style: Style, closing: bytes, written: bytes | None
) -> None:
    """White space between tokens is written anew; tokens and strings are kept."""
    assert rewritten(text, style, closing) == (text if written is None else written)


@settings(deadline=None)
@given(json_values, st.sampled_from([INDENTED, COMPACT, PADDED]), st.sampled_from([b"", b"\n "]))
def test_value_in_another_style_has_the_same_tokens(
    text: bytes, style: Style, closing: bytes
) -> None:
    """No token is changed, moved or lost, and writing it twice changes nothing more."""
    written = rewritten(text, style, closing)
    assert exact(written) == exact(text)
    assert same_tokens(written, text)
    assert rewritten(written, style, closing) == written


@pytest.mark.parametrize(
    ("text", "closing", "moved"),
    [
        (b"[1, 2]", b"\n    ", b"[1, 2]"),
        (b'{\n  "a": 1\n}', b"\n\t", b'{\n\t  "a": 1\n\t}'),
        (b'{\r\n    "a": 1\r\n  }', b"\r\n", b'{\r\n  "a": 1\r\n}'),
        (b'{\n"a": [\n1]\n    }', b"\n  ", b'{\n"a": [\n1]\n  }'),
        (b"[\n  1\n]", b"", b"[\n  1\n]"),
    ],
)
def test_value_at_another_indentation(text: bytes, closing: bytes, moved: bytes) -> None:
    """Lines stay lines; those that are indented less than the closing bracket stay as they are."""
    assert reindented(text, closing) == moved


def test_what_is_deep_does_not_become_large() -> None:
    """Indentation is no way to make much of little: neither deep nor large values get it."""
    deep = b"[" * 1000 + b"]" * 1000
    assert len(rewritten(deep, INDENTED, b"\n")) < 6000
    far = b"\n" + b" " * 5000
    lines = b"[" + b"\n" * 5000 + b"]"
    assert rewritten(deep, INDENTED, far) == deep
    assert reindented(lines, far) == lines
    large = b"[" + b"\n1," * 200_000 + b"1]"
    assert rewritten(large, INDENTED, b"\n") == large
    assert reindented(large, b"\n      ") == large


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (b"[1, 2]", b"[\n1,2\n]", True),
        (b'{"a b": " "}', b'{ "a b" : " " }', True),
        (b'["a b"]', b'["ab"]', False),
        (b"[1]", b"[1.0]", False),
        (b"[1, 2]", b"[12]", False),
        (b"[[1, 2], 3]", b"[[1], 2, 3]", False),
        (b'["\\u0061"]', b'["a"]', False),
    ],
)
def test_same_tokens(one: bytes, other: bytes, same: bool) -> None:
    """White space between tokens does not count; how a token is written does."""
    assert same_tokens(one, other) is same


@pytest.mark.parametrize(
    ("space", "line"),
    [
        (b"", b""),
        (b"  \t", b""),
        (b"\n  ", b"\n  "),
        (b" \n\n\t", b"\n\t"),
        (b"\r\n", b"\r\n"),
        (b"\n\r\n \r", b"\r\n \r"),
    ],
)
def test_last_line(space: bytes, line: bytes) -> None:
    """The last line break, with a carriage return if it has one, and what follows it."""
    assert last_line(space) == line

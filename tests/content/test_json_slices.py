import json
import time

import pytest
from hypothesis import given, settings

from kvput.content.json_slices import (
    Item,
    Value,
    as_item,
    colon_of,
    first_colon,
    separator_of,
    split,
    value_in,
    with_separator,
)
from tests.odd_json import exact, json_texts


def joined(value: Value) -> bytes:
    """The text of a container, put together again from its parts."""
    parts = split(value)
    items = (b"".join([i.head, i.value.text, i.separator] if isinstance(i, Item) else [i])
             for i in parts.items)  # fmt: skip
    opening, closing = value.text[:1], value.text[-1:]
    return opening + parts.gap + b"".join(items) + parts.end + closing


def rebuilt(value: Value) -> object:
    """The value as what has been found in it makes it."""
    if value.is_object:
        return {name: rebuilt(member) for name, member in value.members()}
    if value.is_array:
        return [rebuilt(element) for element in value.elements()]
    return exact(value.text)


@settings(deadline=None)
@given(json_texts)
def test_what_is_found_is_what_a_parser_finds(text: bytes) -> None:
    """Each member and element, to the letter; of members with one name the last."""
    assert rebuilt(value_in(text)) == exact(text)


@settings(deadline=None)
@given(json_texts)
def test_parts_make_the_whole_again(text: bytes) -> None:
    """Each byte of a container stands in one of its parts, and nothing else does."""
    waiting = [value_in(text)]
    while waiting:
        value = waiting.pop()
        if value.is_object or value.is_array:
            assert joined(value) == value.text
            waiting += value.elements() if value.is_array else dict(value.members()).values()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (b"{}", []),
        (b'{"a": 1}', ["a"]),
        (b'{"b": 1, "a": 2, "b": 3}', ["b", "a", "b"]),
        (b'{"\\u0061": 1, "\\"": 2, "\\ud800": 3}', ["a", '"', "\ud800"]),
        ('{"é": [{"x": 1}], "": {}}'.encode(), ["é", ""]),
    ],
)
def test_names_come_as_often_as_they_stand_there(text: bytes, names: list[str]) -> None:
    """In their order, with escapes undone."""
    assert value_in(text).names() == names


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (b"{}", "an object"),
        (b"[]", "an array"),
        (b'""', "a text"),
        (b"true", "true"),
        (b"false", "false"),
        (b"null", "null"),
        (b"-1", "a number"),
        (b"0", "a number"),
    ],
)
def test_kind_is_said_in_words(text: bytes, kind: str) -> None:
    """White space around the value does not count."""
    assert value_in(b" \n" + text + b"\r\n").kind == kind


@pytest.mark.parametrize(
    ("item", "separator"),
    [
        (b'"a" :1 ,\n  ', b" ,\n  "),
        (b'"a":"x,",', b","),
        (b'"a": ", ", ', b", "),
    ],
)
def test_separator_is_the_comma_behind_the_value(item: bytes, separator: bytes) -> None:
    """Commas in strings are none; what stands before the separator stays."""
    assert separator_of(item) == separator
    assert separator_of(as_item(item, is_object=True)) == separator
    without = with_separator(item, b"")
    assert isinstance(without, bytes)
    assert without + separator == item
    whole = with_separator(as_item(item, is_object=True), b"")
    assert isinstance(whole, Item)
    assert whole.head + whole.value.text == without


@pytest.mark.parametrize(
    ("text", "colon"),
    [
        (b'{"a": 1, "b" : 2}', b": "),
        (b'{ "\\\\:":\t{"b":1}}', b":\t"),
        (b'{\n"a"\n:\n1}', b"\n:\n"),
        (b"{ }", None),
        (b'[{"a":1}]', None),
        (b'"a"', None),
    ],
)
def test_first_colon(text: bytes, colon: bytes | None) -> None:
    """With the white space around it; what has no member has none."""
    assert first_colon(value_in(text)) == colon


def test_colon_of_a_member_is_the_one_behind_its_name() -> None:
    """Colons in names and in values are none."""
    first, second = split(value_in(b'{"a:b" : [":"], ":" :{}}')).items
    assert isinstance(first, Item)
    assert isinstance(second, Item)
    assert (colon_of(first), colon_of(second)) == (b" : ", b" :")


@pytest.mark.parametrize(
    ("text", "flat"),
    [(b"[1]", True), (b'{"a": {}}', True), (b"[ ]", False), (b"[\n1]", False), (b'"a"', False)],
)
def test_flat_is_a_container_on_one_line(text: bytes, flat: bool) -> None:
    """An empty one tells nothing of how it would be written."""
    assert value_in(text).is_flat is flat


LEVELS = 1000


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"[" * LEVELS + b"1" * 10**6 + b"]" * LEVELS, id="deep"),
        pytest.param(b"[" + b"[]," * 10**5 + b"0]" + b" " * 10**6, id="many brackets, then space"),
        pytest.param(b'["' + b"\\\\" * 10**6 + b'"]', id="many escapes"),
        pytest.param(b'{"' + b"[{" * 10**6 + b'": 0}', id="brackets in a name"),
        pytest.param(b"[" + b"0," * 10**6 + b"0]", id="many numbers"),
        pytest.param(b"[" + b" " * 10**6 + b"0" + b" " * 10**6 + b"]", id="much space"),
    ],
)
def test_time_is_linear_in_the_text(text: bytes) -> None:
    """A text of megabytes is gone through to its depth in a second or so, whatever it holds."""
    started = time.process_time()
    value = value_in(text)
    for _ in range(LEVELS):
        inner = list(value.elements()) if value.is_array else []
        if value.is_object:
            inner = [member for _, member in value.members()]
        if not inner:
            break
        value = inner[0]
    assert time.process_time() - started < 5


def test_value_that_was_found_reads_as_it_is() -> None:
    """The text of a value is a JSON text of its own."""
    (_, inner), _ = value_in(b'{"a": [1.0, {"b": "]"}], "c": 2}').members()
    assert inner.text == b'[1.0, {"b": "]"}]'
    assert json.loads(list(inner.elements())[1].text) == {"b": "]"}


def test_text_that_is_no_json_is_said_to_be_none() -> None:
    """Only valid texts are to come here; another one does not hang or give nonsense."""
    with pytest.raises(ValueError, match="not JSON"):
        split(value_in(b'{"a" 1}'))

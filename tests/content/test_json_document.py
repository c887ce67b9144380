import json
import time
from collections.abc import Callable

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kvput.content.json_containers import PlaceMissingError
from kvput.content.json_document import Document, Tokens
from kvput.content.json_slices import Value, value_in
from kvput.content.json_text import parse
from kvput.errors import ContentTooLarge
from tests.odd_json import exact, json_texts, json_values, names

LIMIT = 2**21
ONE_LINE = b'{"a": 1.0, "b": [1, 2], "c": {"d": "x"}}'
COMPACT = b'{"a":1.0,"b":[1,2],"c":{"d":"x"}}\n'
INDENTED = b"""\
{
  "a": 1.0,
  "b": [
    1,
    2
  ],
  "c": {
    "d": "x"
  },
  "e": []
}
"""
MOVED = b"""\
{
  "a": 1.0,
  "c": {
    "d": "x",
    "b": [
      1,
      2
    ]
  },
  "e": []
}
"""
TABS = b'{\r\n\t"a": {\r\n\t\t"b": 1\r\n\t},\r\n\t"c": {}\r\n}\r\n'

Edit = Callable[[Document], object]


def edited(text: bytes, *edits: Edit) -> bytes:
    """The text after the edits, which is still JSON."""
    document = Document(text, limit=LIMIT)
    for edit in edits:
        edit(document)
    result = document.text()
    parse(result)
    return result


def add(place: Tokens, text: bytes) -> Edit:
    return lambda document: document.add(place, text)


def replace(place: Tokens, text: bytes) -> Edit:
    return lambda document: document.replace(place, text)


def remove(place: Tokens) -> Edit:
    return lambda document: document.remove(place)


def move(source: Tokens, place: Tokens) -> Edit:
    return lambda document: document.move(source, place)


def copy(source: Tokens, place: Tokens) -> Edit:
    return lambda document: document.copy(source, place)


# --- new values in the style of what is there


@pytest.mark.parametrize(
    ("text", "place", "value", "result"),
    [
        (b"{}", ("a",), b"1", b'{"a": 1}'),
        (b"{ }\n", ("a",), b"1", b'{ "a": 1 }\n'),
        (b"{\n}\n", ("a",), b"[1]", b'{\n  "a": [\n    1\n  ]\n}\n'),
        (b"[]", ("-",), b"1", b"[1]"),
        (b"[1]", ("-",), b"2", b"[1, 2]"),
        (b"[1]", ("0",), b"2", b"[2, 1]"),
        (b"[1,2]", ("-",), b"3", b"[1,2,3]"),
        (b"[ 1 , 2 ]", ("1",), b"3", b"[ 1 , 3 , 2 ]"),
        (b"[1, 2,\n 3, 4]", ("-",), b"5", b"[1, 2,\n 3, 4, 5]"),
        (b"[\n1,\n2\n]", ("1",), b"[3, 4]", b"[\n1,\n[\n3,\n4\n],\n2\n]"),
        (b'[{"a":1},\n{"a":2}]\n', ("-",), b'{"a":3}', b'[{"a":1},\n{"a":2},\n{"a":3}]\n'),
        (b'[{"a":1,"b":2}]', ("-",), b'{"a": 3, "b": 4}', b'[{"a":1,"b":2},{"a":3,"b":4}]'),
        (b'[{"a": 1},\n {"a": 2}]', ("-",), b"[1,2]", b'[{"a": 1},\n {"a": 2},\n [1, 2]]'),
        (b'{"a":1}', ("b",), b'{"c": [1, 2]}', b'{"a":1,"b":{"c":[1,2]}}'),
        (b'{ "a": 1 }', ("b",), b'{"c":[1]}', b'{ "a": 1, "b": { "c": [1] } }'),
        (b'{"a" : 1}', ("b",), b"2", b'{"a" : 1, "b" : 2}'),
        (b'{"a":\n1}', ("b",), b"2", b'{"a":\n1, "b": 2}'),
        (b'{\n  "a": 1\n, "b": 2\n}', ("c",), b"3", b'{\n  "a": 1\n, "b": 2\n, "c": 3\n}'),
        (ONE_LINE, ("c", "e"), b"null", ONE_LINE[:-2] + b', "e": null}}'),
        (COMPACT, ("b", "-"), b'{"x": 1}', COMPACT.replace(b"2]", b'2,{"x":1}]')),
        (
            INDENTED,
            ("e", "-"),
            b'{"x":[]}',
            INDENTED.replace(b"[]", b'[\n    {\n      "x": []\n    }\n  ]'),
        ),
        (INDENTED, ("f",), b"12.50", INDENTED.replace(b"[]\n", b'[],\n  "f": 12.50\n')),
        (INDENTED, ("c", "f"), b"9" * 30, INDENTED.replace(b'"x"', b'"x",\n    "f": ' + b"9" * 30)),
        (
            TABS,
            ("c", "d"),
            b'{\n    "e" : 1\n}',
            TABS.replace(b"{}", b'{\r\n\t\t"d": {\r\n\t\t\t"e": 1\r\n\t\t}\r\n\t}'),
        ),
        (b'{"a":1}', ("é\n\ud800",), b"2", '{"a":1,"é\\n\\ud800":2}'.encode()),
    ],
)
def test_what_is_added_looks_like_what_surrounds_it(
    text: bytes, place: Tokens, value: bytes, result: bytes
) -> None:
    """Its line breaks, its indentation, the space around commas and colons; its tokens stay."""
    assert edited(text, add(place, value)) == result


@pytest.mark.parametrize(
    ("text", "place", "value", "result"),
    [
        (ONE_LINE, ("a",), b"12.50", ONE_LINE.replace(b"1.0", b"12.50")),
        (ONE_LINE, ("b",), b'{"x":\n{}}', ONE_LINE.replace(b"[1, 2]", b'{"x": {}}')),
        (INDENTED, ("b",), b"[3]", INDENTED.replace(b"1,\n    2\n", b"3\n")),
        (INDENTED, ("a",), b"[3]", INDENTED.replace(b"1.0", b"[\n    3\n  ]")),
        (INDENTED, ("b", "1"), b'"x"', INDENTED.replace(b"2\n", b'"x"\n')),
        (b'{\n  "a": ["x"],\n  "b": 1\n}', ("a",), b"[1,2]", b'{\n  "a": [1, 2],\n  "b": 1\n}'),
        (b'{\n  "a": [ ],\n  "b": 1\n}', ("a",), b"[1]", b'{\n  "a": [\n    1\n  ],\n  "b": 1\n}'),
        (b' {"a":1}\n', (), b"[1, 2]", b" [1,2]\n"),
        (b'{\n  "a":1\n}\n', (), b'{"b": [ ]}', b'{\n  "b":[]\n}\n'),
        (b"1\n", (), b'{\n    "b": 1\n  }', b'{\n  "b": 1\n}\n'),
        (b"{}", (), b'{\n  "b": 1\n}', b'{\n  "b": 1\n}'),
        (b"[1]", (), b"true", b"true"),
    ],
)
def test_what_takes_a_place_looks_like_what_was_there(
    text: bytes, place: Tokens, value: bytes, result: bytes
) -> None:
    """On one line or on several; the name before it and the comma behind it are not touched."""
    assert edited(text, replace(place, value)) == result
    assert edited(text, add(place, value)) == result or (place and place[-1].isdigit())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b'{"a": [1,\n  2]}', b"[1, 2]"),
        (b'{"a": [1, 2]}', b"[\n1,2]"),
        (b'{"a": {"b" :1.0 }}', b'{"b": 1.0}'),
        (b'{"a": "x y"}', b'"x y"'),
    ],
)
def test_value_with_the_same_tokens_changes_nothing(text: bytes, value: bytes) -> None:
    """Who sends back what is there leaves its white space alone."""
    assert edited(text, replace(("a",), value)) == text
    assert edited(text, add(("a",), value)) == text


# --- removing


@pytest.mark.parametrize(
    ("text", "places", "result"),
    [
        (b'{"a": 1, "b": 2}', [("a",)], b'{"b": 2}'),
        (b'{"a": 1, "b": 2}', [("b",)], b'{"a": 1}'),
        (b'{ "a": 1 }', [("a",)], b"{}"),
        (b'{\n  "a": 1\n}\n', [("a",)], b"{}\n"),
        (INDENTED, [("a",)], INDENTED.replace(b'  "a": 1.0,\n', b"")),
        (INDENTED, [("e",)], INDENTED.replace(b',\n  "e": []', b"")),
        (INDENTED, [("b", "0")], INDENTED.replace(b"    1,\n", b"")),
        (INDENTED, [("b", "1")], INDENTED.replace(b",\n    2", b"")),
        (INDENTED, [("b", "1"), ("b", "0")], INDENTED.replace(b"\n    1,\n    2\n  ", b"")),
        (b"[1 , 2 , 3 ]", [("2",)], b"[1 , 2 ]"),
        (b"[1,\n 2,\n\n 3]", [("1",)], b"[1,\n 3]"),
        (b'{"a": 1, "b": 2, "\\u0061": 3}', [("a",)], b'{"b": 2}'),
        (b'{"a": {}, "b": 2, "a": [1], "a": 3}', [("a",)], b'{"b": 2}'),
        (b'{"x": {"a": 1, "a": 2}}', [("x", "a")], b'{"x": {}}'),
    ],
)
def test_what_is_removed_takes_its_comma_and_its_line_along(
    text: bytes, places: list[Tokens], result: bytes
) -> None:
    """All members of its name go, for else an old value would come back."""
    assert edited(text, *map(remove, places)) == result


@pytest.mark.parametrize(
    ("text", "result"),
    [
        (b'{\n  "a": 1\n}', b'{\n  "b": 2\n}'),
        (b'{"a":1}', b'{"b":2}'),
        (b'{ "a" : 1 }', b'{ "b" : 2 }'),
        (b'{\n\t"c": 1,\n\t"a": 1\n}', b'{\n\t"c": 1,\n\t"b": 2\n}'),
    ],
)
def test_style_outlives_the_last_of_its_items(text: bytes, result: bytes) -> None:
    """What is added where all was removed looks like what was removed."""
    assert edited(text, remove(("a",)), add(("b",), b"2")) == result


def test_edit_of_a_name_that_stands_twice_is_of_the_last() -> None:
    """It is the one that parsers see; where it stands in the object does not matter."""
    text = b'{"a": {"x": 1}, "b": 2, "a": {"y": 1}, "c": 3}'
    result = edited(text, replace(("a", "y"), b"2"), replace(("a", "y"), b"3"))
    assert result == text.replace(b'"y": 1', b'"y": 3')
    assert edited(text, replace(("a",), b"0")) == text.replace(b'{"y": 1}', b"0")


# --- moving and copying


@pytest.mark.parametrize(
    ("text", "edit", "result"),
    [
        (ONE_LINE, move(("c",), ("d",)), ONE_LINE.replace(b'"c": {', b'"d": {')),
        (ONE_LINE, move(("a",), ("a",)), ONE_LINE),
        (ONE_LINE, copy(("a",), ("b", "-")), ONE_LINE.replace(b"2]", b"2, 1.0]")),
        (ONE_LINE, move(("c",), ()), b'{"d": "x"}'),
        (b"[1, 2, 3]", move(("0",), ("2",)), b"[2, 3, 1]"),
        (b"[1, 2, 3]", move(("2",), ("0",)), b"[3, 1, 2]"),
        (INDENTED, move(("b",), ("c", "b")), MOVED),
        (INDENTED, copy(("c",), ("b", "1")), None),
        (b'{\n  "a": ["x", "y"],\n  "b": {}\n}', copy(("a",), ("b", "c")), None),
        (b'{\n "a": [\n  1\n ]\n}', move(("a",), ()), b"[\n 1\n]"),
    ],
)
def test_what_is_moved_keeps_its_lines(text: bytes, edit: Edit, result: bytes | None) -> None:
    """They move to the indentation of the new place; what stood on one line still does."""
    given = edited(text, edit)
    if result is not None:
        assert given == result
    elif text == INDENTED:
        moved = b'    1,\n    {\n      "d": "x"\n    },\n    2\n'
        assert given == text.replace(b"    1,\n    2\n", moved)
    else:
        assert given == text.replace(b"{}", b'{\n    "c": ["x", "y"]\n  }')


# --- places that are not there


@pytest.mark.parametrize(
    ("text", "edit", "place", "words"),
    [
        (ONE_LINE, remove(("x",)), ("x",), 'no member "x"'),
        (ONE_LINE, replace(("x",), b"1"), ("x",), 'no member "x"'),
        (ONE_LINE, add(("x", "y"), b"1"), ("x",), 'no member "x"'),
        (ONE_LINE, add(("c", "x", "y", "z"), b"1"), ("c", "x"), 'no member "x"'),
        (ONE_LINE, add(("a", "x"), b"1"), ("a",), "a number stands there"),
        (ONE_LINE, add(("c", "d", "x"), b"1"), ("c", "d"), "a text stands there"),
        (ONE_LINE, replace(("b", "2"), b"1"), ("b", "2"), '"2" is too high for the array of 2'),
        (ONE_LINE, add(("b", "3"), b"1"), ("b", "3"), "too high"),
        (ONE_LINE, add(("b", "9" * 5000), b"1"), ("b", "9" * 5000), "too high"),
        (ONE_LINE, remove(("b", "-")), ("b", "-"), "behind an array's last element"),
        (ONE_LINE, add(("b", "01"), b"1"), ("b", "01"), '"01" is no index'),
        (ONE_LINE, add(("b", "-1"), b"1"), ("b", "-1"), '"-1" is no index'),
        (ONE_LINE, add(("b", "\u0661"), b"1"), ("b", "\u0661"), "is no index"),
        (ONE_LINE, add(("b", ""), b"1"), ("b", ""), '"" is no index'),
        (ONE_LINE, copy(("b", "x"), ("c", "x")), ("b", "x"), "is no index"),
        (ONE_LINE, move(("b",), ("x", "y")), ("x",), 'no member "x"'),
        (b"null", add(("x",), b"1"), (), "null stands there"),
    ],
)
def test_place_that_is_not_there(text: bytes, edit: Edit, place: Tokens, words: str) -> None:
    """The error has the first token that leads nowhere, and says why."""
    with pytest.raises(PlaceMissingError) as raised:
        edited(text, edit)
    assert raised.value.place == place
    assert words in raised.value.reason


def test_whole_document_cannot_be_removed() -> None:
    """Nothing is no JSON text."""
    with pytest.raises(ValueError, match="whole document"):
        edited(b"{}", remove(()))


# --- what becomes of any text


@st.composite
def _places(draw: st.DrawFn, text: bytes) -> Tokens:
    """A place in a text, or beside one."""
    place: list[str] = []
    value: object = exact(text)
    while isinstance(value, dict | list) and draw(st.integers(0, 3)):
        choices = list(value) if isinstance(value, dict) else [str(n) for n in range(len(value))]
        token = draw(st.sampled_from(choices) | names if choices else names)
        place.append(token)
        try:
            value = value[int(token)] if isinstance(value, list) else value[token]
        except (LookupError, ValueError):
            break
    return tuple(place)


def _held(value: object, place: Tokens) -> object:
    for token in place:
        value = value[int(token)] if isinstance(value, list) else value[token]  # type: ignore[index]
    return value


@settings(deadline=None, max_examples=300)
@given(st.data(), json_texts, json_values)
def test_edit_is_that_of_the_value_and_leaves_all_else_as_it_is(
    data: st.DataObject, text: bytes, value: bytes
) -> None:
    """What parsers see is changed as it should be; every byte outside of the container stays."""
    place = data.draw(_places(text))
    assume(place)
    verb = data.draw(st.sampled_from(["add", "replace", "remove"]))
    edit = {"add": add(place, value), "replace": replace(place, value), "remove": remove(place)}
    try:
        result = edited(text, edit[verb])
    except PlaceMissingError:
        return
    expected = exact(text)
    container = _held(expected, place[:-1])
    if isinstance(container, list):
        index = len(container) if place[-1] == "-" else int(place[-1])
        container[index : index + (verb != "add")] = [] if verb == "remove" else [exact(value)]
    else:
        assert isinstance(container, dict)
        if verb == "remove":
            del container[place[-1]]
        else:
            container[place[-1]] = exact(value)
    assert exact(result) == expected
    _check_bytes(text, result, place)


def _check_bytes(before: bytes, after: bytes, place: Tokens) -> None:
    was, now = value_in(before), value_in(after)
    for token in place[:-1]:
        was, now = _inner(was, token), _inner(now, token)
    assert before[: was.start + 1] == after[: now.start + 1]
    assert before[was.end - 1 :] == after[now.end - 1 :]
    if was.is_object:
        old, new = dict(was.members()), dict(now.members())
        for name in old.keys() - {place[-1]}:
            assert old[name].text == new[name].text
    else:
        kept = [value.text for value in was.elements()]
        texts = iter([value.text for value in now.elements()])
        if place[-1].isdigit() and int(place[-1]) < len(kept):
            del kept[int(place[-1])]
        assert all(text in texts for text in kept)


def _inner(value: Value, token: str) -> Value:
    return list(value.elements())[int(token)] if value.is_array else dict(value.members())[token]


@settings(deadline=None)
@given(json_texts, json_values)
def test_adding_and_removing_again_leaves_the_text_as_it_was(text: bytes, value: bytes) -> None:
    """Of a container that is not empty, which has a style of its own."""
    held = exact(text)
    assume(held)
    if isinstance(held, dict):
        assert edited(text, add(("new",), value), remove(("new",))) == text
    elif isinstance(held, list):
        index = str(len(held))
        assert edited(text, add(("-",), value), remove((index,))) == text
        assert edited(text, add(("0",), value), remove(("0",))) == text


@settings(deadline=None)
@given(json_texts)
def test_going_through_changes_nothing(text: bytes) -> None:
    """However much of a text is taken apart."""
    document = Document(text, LIMIT)
    waiting: list[Tokens] = [()]
    while waiting:
        place = waiting.pop()
        value = exact(document.value(place).text)
        if isinstance(value, dict):
            waiting += [(*place, name) for name in value]
        elif isinstance(value, list):
            waiting += [(*place, str(index)) for index in range(len(value))]
    assert document.text() == text


# --- size and time


def test_text_that_becomes_too_large_is_refused() -> None:
    """At the end exactly, and in between before it is far too large."""
    document = Document(b'{"a":1}', 9)
    document.add(("b",), b"2")
    with pytest.raises(ContentTooLarge, match="larger than 9 bytes"):
        document.text()
    document.remove(("b",))
    document.replace(("a",), b"123")
    assert document.text() == b'{"a":123}'
    with pytest.raises(ContentTooLarge):
        document.add(("c",), b'"1234567"')


def test_copying_what_was_copied_does_not_fill_the_memory() -> None:
    """Doubling ends soon after the limit, and what goes makes room again."""
    document = Document(b'{"a":[0]}', 10_000)
    for _ in range(11):
        document.copy(("a",), ("a", "-"))
    with pytest.raises(ContentTooLarge):
        edited(document.value(()).text, *[copy(("a",), ("a", "-"))] * 30)
    document = Document(b'{"a":[0]}', 10_000)
    for _ in range(100):
        document.replace(("a",), b'"' + b"x" * 9_000 + b'"')
        document.copy(("a",), ("b",))
        document.remove(("b",))
    assert len(document.text()) < 10_000


def test_one_edit_of_a_megabyte_takes_some_milliseconds() -> None:
    """Only what the edit goes through is taken apart, so that it is about as fast as parsing."""
    rows = [{"id": n, "title": f"Row {n}", "tags": ["a", "b"], "x": 1.5} for n in range(15_000)]
    text = json.dumps(rows, indent=1).encode()
    assert len(text) > 10**6
    times = []
    for _ in range(5):
        started = time.process_time()
        result = edited(text, replace(("7000", "title"), b'"new"'))
        times.append(time.process_time() - started)
    assert result == text.replace(b'"Row 7000"', b'"new"')
    assert min(times) < 0.25


def test_thousands_of_edits_take_the_text_apart_once() -> None:
    """The cost of an edit does not grow with the text that it does not touch."""
    text = json.dumps({f"n{n}": [n, {"x": n}] for n in range(20_000)}).encode()
    started = time.process_time()
    result = edited(text, *(replace((f"n{n}", "1", "x"), b"0") for n in range(0, 20_000, 4)))
    assert time.process_time() - started < 5
    assert exact(result) == exact(
        json.dumps({f"n{n}": [n, {"x": 0 if n % 4 == 0 else n}] for n in range(20_000)}).encode()
    )


def test_depth_costs_no_stack() -> None:
    """Neither in the text nor where an edit makes it deeper."""
    levels = 1000
    document = Document(b"[" * levels + b"]" * levels, LIMIT)
    document.add(("0",) * (levels - 1) + ("-",), b"1")
    for depth in range(levels, levels + 2000, 100):
        document.add(("0",) * (levels - 1) + ("-",), b"[" * depth + b"]" * depth)
    text = document.text()
    assert text.count(b"[") == text.count(b"]") > levels

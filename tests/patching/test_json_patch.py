import json
from collections.abc import Iterator
from copy import deepcopy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kvput.content.json_slices import value_in
from kvput.errors import ContentTooLarge, InvalidPatch, PatchConflict
from kvput.patching.json_patch import MAX_OPERATIONS, JsonPatch, operations_in
from kvput.patching.pointer import format_pointer
from tests.odd_json import exact, json_texts, json_values, names
from tests.patching import reference
from tests.patching.tools import json_patched, result_of

OBJECT = b'{"a": 1.0, "b": [1, 2], "c": {"d": "x"}}'
COPIED = b'{"a": {"b": 1, "c": {"b": 1}}}'


# --- what the operations do


@pytest.mark.parametrize(
    ("text", "patch", "result"),
    [
        (OBJECT, b"[]", OBJECT),
        (
            b'{"price": 12.5}',
            b'[{"op": "replace", "path": "/price", "value": 12.50}]',
            b'{"price": 12.50}',
        ),
        (
            b'{"n": 1}',
            b'[{"op": "add", "path": "/m", "value": 123456789012345678901234567890}]',
            b'{"n": 1, "m": 123456789012345678901234567890}',
        ),
        (
            b'{\n  "a": 1\n}\n',
            b'[\n  {\n    "op": "add",\n    "path": "/b",\n    "value": {"c": [1]}\n  }\n]',
            b'{\n  "a": 1,\n  "b": {\n    "c": [\n      1\n    ]\n  }\n}\n',
        ),
        (b"[1, 2]", b'[{"op": "add", "path": "/-", "value": 3.0}]', b"[1, 2, 3.0]"),
        (b"[1, 2]", b'[{"op": "move", "from": "/0", "path": "/1"}]', b"[2, 1]"),
        (b"[1, 2]", b'[{"op": "copy", "from": "/0", "path": "/0"}]', b"[1, 1, 2]"),
        (b"[1, 2]", b'[{"op": "move", "from": "/0", "path": "/0"}]', b"[1, 2]"),
        (b'{"a": {"b": 1}}', b'[{"op": "move", "from": "/a/b", "path": "/a"}]', b'{"a": 1}'),
        (b'{"a": {"b": 1}}', b'[{"op": "copy", "from": "/a", "path": "/a/c"}]', COPIED),
        (
            b'{"a": [1]}',
            b'[{"op": "copy", "from": "", "path": "/b"}]',
            b'{"a": [1], "b": {"a": [1]}}',
        ),
        (b'{"a": [1]}', b'[{"op": "copy", "from": "/a", "path": ""}]', b"[1]"),
        (b'{"a": [1]}', b'[{"op": "move", "from": "/a", "path": ""}]', b"[1]"),
        (b'{"a": 1}', b'[{"op": "test", "path": "", "value": {"a": 1.0}}]', b'{"a": 1}'),
        (b'{"a": null}', b'[{"op": "test", "path": "/a", "value": null}]', b'{"a": null}'),
        (b'{"a": 1}', b'[{"op": "replace", "path": "", "value": null}]', b"null"),
        (b'{"a": 1, "a": 2}', b'[{"op": "test", "path": "/a", "value": 2}]', b'{"a": 1, "a": 2}'),
        (b'{"a": 1, "a": 2}', b'[{"op": "remove", "path": "/a"}]', b"{}"),
        (b'{"a~b/c": 1}', b'[{"op": "remove", "path": "/a~0b~1c"}]', b"{}"),
        (b'{"": {"": 1}}', b'[{"op": "remove", "path": "//"}]', b'{"": {}}'),
        (b'{"a": 1}', b'[{"op": "remove", "path": "/a", "value": 1, "x": [], "from": 7}]', b"{}"),
        (b'{"\\u0061": 1}', b'[{"o\\u0070": "remove", "path": "/\\u0061"}]', b"{}"),
    ],
)
def test_what_a_patch_does(text: bytes, patch: bytes, result: bytes) -> None:
    """Values are written as the patch has them; all else is as it was."""
    assert result_of(JsonPatch, text, patch) == result


@pytest.mark.parametrize(
    ("operations", "result"),
    [
        (
            [
                {"op": "add", "path": "/list", "value": []},
                {"op": "add", "path": "/list/-", "value": 1},
                {"op": "add", "path": "/list/0", "value": 0},
                {"op": "test", "path": "/list", "value": [0, 1]},
                {"op": "move", "from": "/list", "path": "/moved"},
                {"op": "remove", "path": "/moved/0"},
            ],
            b'{"moved": [1]}',
        ),
        (
            [
                {"op": "add", "path": "/a", "value": {"x": 1}},
                {"op": "copy", "from": "/a", "path": "/b"},
                {"op": "replace", "path": "/a/x", "value": 2},
            ],
            b'{"a": {"x": 2}, "b": {"x": 1}}',
        ),
    ],
)
def test_operations_see_those_before_them(operations: list[object], result: bytes) -> None:
    """A copy is another value than what it is a copy of."""
    assert json_patched(b"{}", *operations) == result


# --- what is no patch


@pytest.mark.parametrize(
    ("patch", "pointer", "words"),
    [
        (b"{}", "", "this is an object"),
        (b"null", "", "this is null"),
        (b"[1]", "/0", "Operation 0 is a number"),
        (b'[{"op": "test", "path": "", "value": {}}, []]', "/1", "Operation 1 is an array"),
        (b"[{}]", "/0", 'no "op"'),
        (b'[{"op": "add"}]', "/0", 'no "path"'),
        (b'[{"op": "add", "path": "/a"}]', "/0", '(add) has no "value"'),
        (b'[{"op": "replace", "path": "/a"}]', "/0", '(replace) has no "value"'),
        (b'[{"op": "test", "path": "/a"}]', "/0", '(test) has no "value"'),
        (b'[{"op": "move", "path": "/a"}]', "/0", 'no "from"'),
        (b'[{"op": "copy", "path": "/a"}]', "/0", 'no "from"'),
        (b'[{"op": "spam", "path": "/a"}]', "/0/op", '"spam", which is none'),
        (b'[{"op": "Add", "path": "/a"}]', "/0/op", '"Add", which is none'),
        (b'[{"op": 1, "path": "/a"}]', "/0/op", 'a number as its "op"'),
        (b'[{"op": "remove", "path": null}]', "/0/path", 'null as its "path"'),
        (b'[{"op": "remove", "path": ["a"]}]', "/0/path", 'an array as its "path"'),
        (b'[{"op": "remove", "path": "a"}]', "/0/path", "begin with a slash"),
        (b'[{"op": "remove", "path": "/~"}]', "/0/path", "begins no escape"),
        (b'[{"op": "copy", "path": "", "from": "a"}]', "/0/from", "begin with a slash"),
        (b'[{"op": "move", "from": "/c", "path": "/c/d"}]', "/0/path", "into itself"),
        (b'[{"op": "move", "from": "", "path": "/c"}]', "/0/path", "into itself"),
        (b'[{"op": "remove", "path": ""}]', "/0/path", "use DELETE"),
        # RFC 6902 appendix A.13.
        (
            b'[{"op": "add", "path": "/baz", "value": "qux", "op": "remove"}]',
            "/0/op",
            'several members "op"',
        ),
        (b'[{"op": "remove", "path": "/x"}, {"op": "none"}]', "/1/op", "Operation 1"),
    ],
)
def test_what_is_no_patch(patch: bytes, pointer: str, words: str) -> None:
    """It is refused before anything is done; the error has the place in the patch."""
    with pytest.raises(InvalidPatch) as raised:
        result_of(JsonPatch, OBJECT, patch)
    assert words in raised.value.detail
    assert raised.value.members == {"pointer": pointer}


@pytest.mark.parametrize("count", [MAX_OPERATIONS, MAX_OPERATIONS + 1])
def test_operations_are_not_without_number(count: int) -> None:
    """There are as many as make sense for one resource, and no more."""
    patch = value_in(b"[" + b",".join([b'{"op":"test","path":"","value":1}'] * count) + b"]")
    if count == MAX_OPERATIONS:
        assert len(operations_in(patch)) == count
        return
    with pytest.raises(InvalidPatch, match="more than 10000 operations"):
        operations_in(patch)


# --- what does not fit


@pytest.mark.parametrize(
    ("operations", "number", "pointer", "words"),
    [
        ([{"op": "remove", "path": "/x"}], 0, "/x", 'no place at "/x": the object there has no'),
        ([{"op": "replace", "path": "/x", "value": 1}], 0, "/x", "(replace)"),
        ([{"op": "add", "path": "/x/y", "value": 1}], 0, "/x", "(add)"),
        ([{"op": "add", "path": "/a/y", "value": 1}], 0, "/a", "a number stands there"),
        ([{"op": "add", "path": "/b/3", "value": 1}], 0, "/b/3", "too high for the array of 2"),
        ([{"op": "add", "path": "/b/x~1y", "value": 1}], 0, "/b/x~1y", '"x/y" is no index'),
        ([{"op": "remove", "path": "/b/-"}], 0, "/b/-", "behind an array's last element"),
        ([{"op": "copy", "from": "/x", "path": "/y"}], 0, "/x", "(copy)"),
        ([{"op": "move", "from": "/a", "path": "/x/y"}], 0, "/x", "(move)"),
        ([{"op": "test", "path": "/a", "value": 2}], 0, "/a", "another value stands"),
        ([{"op": "test", "path": "/x", "value": 2}], 0, "/x", "no member"),
        (
            [{"op": "remove", "path": "/a"}, {"op": "test", "path": "/a", "value": 1}],
            1,
            "/a",
            "Operation 1 (test)",
        ),
        (
            [
                {"op": "replace", "path": "", "value": 1},
                {"op": "add", "path": "/a", "value": 1},
            ],
            1,
            "",
            "in the whole resource",
        ),
    ],
)
def test_what_does_not_fit(operations: list[object], number: int, pointer: str, words: str) -> None:
    """The error has the operation's index and the place in the resource."""
    with pytest.raises(PatchConflict) as raised:
        json_patched(OBJECT, *operations)
    assert words in raised.value.detail
    assert raised.value.members == {"operation": number, "pointer": pointer}


# --- any patch


@st.composite
def _patches(draw: st.DrawFn, text: bytes) -> tuple[list[bytes], object]:
    """Operations that can be done on a text, and the value that they make of it."""
    value = exact(text)
    operations = []
    for _ in range(draw(st.integers(1, 5))):
        name = draw(st.sampled_from(["add", "remove", "replace", "move", "copy"]))
        place, source = (draw(_places(value)) for _ in range(2))
        new = draw(json_values)
        operation: dict[str, str] = {"op": name, "path": format_pointer(tuple(place))}
        before = deepcopy(value)
        try:
            if name in ("move", "copy"):
                if place[: len(source)] == source and place != source and name == "move":
                    continue
                operation["from"] = format_pointer(tuple(source))
                held = deepcopy(reference.value_at(value, source))
                if name == "move" and place != source:
                    value = reference.remove(value, source)
                    value = reference.add(value, place, held)
                elif name == "copy":
                    value = reference.add(value, place, held)
            elif name == "remove":
                if not place:
                    continue
                value = reference.remove(value, place)
            else:
                value = reference.OPERATIONS[name](value, place, exact(new))
        except reference.ImpossibleError:
            value = before
            continue
        head = json.dumps(operation)[:-1].encode()
        operations.append(head + b', "value": ' + new + b"}")
    return operations, value


def _places(value: object) -> st.SearchStrategy[list[str]]:
    return st.sampled_from(list(_all_places(value, []))).flatmap(
        lambda place: st.just(place) | names.map(lambda name: [*place, name])
    )


def _all_places(value: object, place: list[str]) -> Iterator[list[str]]:
    yield place
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _all_places(member, [*place, name])
    elif isinstance(value, list):
        for index, element in enumerate(value):
            yield from _all_places(element, [*place, str(index)])
        yield [*place, str(len(value))]


@settings(deadline=None, max_examples=300)
@given(st.data(), json_texts)
def test_result_is_that_of_the_values(data: st.DataObject, text: bytes) -> None:
    """Whatever is patched, with whatever operations, in whatever order."""
    operations, expected = data.draw(_patches(text))
    result = result_of(JsonPatch, text, b"[" + b",\n".join(operations) + b"]")
    assert exact(result) == expected
    if not operations:
        assert result == text


@settings(deadline=None)
@given(json_texts, json_values)
def test_any_document_is_a_patch_or_is_refused(text: bytes, patch: bytes) -> None:
    """With one of two errors, each of which says where."""
    try:
        result_of(JsonPatch, text, patch)
    except (InvalidPatch, PatchConflict) as error:
        pointer = error.members["pointer"]
    else:
        pointer = ""
    assert isinstance(pointer, str)


def test_copying_in_a_loop_ends_at_the_limit() -> None:
    """The error says at which operation."""
    doubling = {"op": "copy", "from": "", "path": "/-"}
    with pytest.raises(ContentTooLarge) as raised:
        json_patched(b'["0123456789"]', *[doubling] * 100)
    assert raised.value.members == {"operation": 17}

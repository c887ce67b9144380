import json

import pytest
from hypothesis import given, settings

from kvput.content.json_slices import value_in
from kvput.content.media_types import Content
from kvput.errors import ContentTooLarge, InvalidContent, KvputError, MalformedContent
from kvput.resources.batch_document import (
    BATCH_TYPES,
    MAX_OPERATIONS,
    CreateOperation,
    DeleteOperation,
    MoveOperation,
    Operation,
    PatchOperation,
    PutOperation,
    read_batch,
    steps_in,
    steps_of,
)
from kvput.resources.patch import patch_in
from kvput.semantics.preconditions import NO_PRECONDITIONS, Preconditions
from kvput.semantics.validators import ANY, ETag
from tests.odd_json import json_texts
from tests.store.tools import collection, resource


def content(text: bytes) -> Content:
    """Content as a batch gives it."""
    return Content(text, json.loads(text), transformed=False)


def operation(text: bytes) -> Operation:
    """The one operation of a batch."""
    (step,) = steps_in(value_in(b'{"operations": [' + text + b"]}"))
    return step.operation


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            b'{"op": "put", "path": "/a/1", "value": {"price": 12.50}}',
            PutOperation(resource("/a/1"), content(b'{"price": 12.50}'), NO_PRECONDITIONS),
        ),
        (
            b'{"op": "put", "path": "/a/1", "value": null, "ifNoneMatch": "*"}',
            PutOperation(resource("/a/1"), content(b"null"), Preconditions(if_none_match=ANY)),
        ),
        (
            rb'{"value": [1,  2], "ifMatch": "\"x\"", "path": "/%C3%A9", "op": "put"}',
            PutOperation(
                resource("/%C3%A9"), content(b"[1,  2]"), Preconditions(if_match=(ETag("x"),))
            ),
        ),
        (
            b'{"op": "put", "path": "/a", "value": {\n      "b": 1\n    }}',
            PutOperation(resource("/a"), content(b'{\n  "b": 1\n}'), NO_PRECONDITIONS),
        ),
        (
            b'{"op": "create", "path": "/a", "value": {}}',
            CreateOperation(collection("/a"), content(b"{}"), bare_name=True),
        ),
        (
            b'{"op": "create", "path": "/a/", "value": {}}',
            CreateOperation(collection("/a"), content(b"{}"), bare_name=False),
        ),
        (
            b'{"op": "create", "collection": "/a/b", "value": 1}',
            CreateOperation(collection("/a/b"), content(b"1"), bare_name=True),
        ),
        (
            b'{"op": "delete", "path": "/a/1"}',
            DeleteOperation(resource("/a/1"), NO_PRECONDITIONS),
        ),
        (
            rb'{"op": "delete", "path": "/a/1", "ifMatch": "\"x\", \"y\""}',
            DeleteOperation(resource("/a/1"), Preconditions(if_match=(ETag("x"), ETag("y")))),
        ),
        (
            b'{"op": "move", "from": "/a/1", "path": "/b/2"}',
            MoveOperation(resource("/a/1"), resource("/b/2"), NO_PRECONDITIONS),
        ),
        (
            b'{"op": "move", "from": "/a/1", "path": "/b/2", "ifMatch": "*"}',
            MoveOperation(resource("/a/1"), resource("/b/2"), Preconditions(if_match=ANY)),
        ),
    ],
)
def test_what_an_operation_says(text: bytes, expected: Operation) -> None:
    """Values keep their own text; lines that they have begin where the value does."""
    assert operation(text) == expected


@pytest.mark.parametrize(
    ("type_", "kind"),
    [
        (b"", "MergePatch"),
        (b'"type": "application/merge-patch+json", ', "MergePatch"),
        (b'"type": "application/json-patch+json", ', "JsonPatch"),
        (b'"type": "Application/JSON", ', "ShallowPatch"),
    ],
)
def test_kind_of_a_patch(type_: bytes, kind: str) -> None:
    """As with PATCH, but where no type is said it is a merge patch."""
    given = operation(b'{"op": "patch", ' + type_ + b'"path": "/a", "value": [1.0]}')
    assert isinstance(given, PatchOperation)
    patch = patch_in(given.content)
    assert (type(patch).__name__, patch.patch.text) == (kind, b"[1.0]")


def test_operations_may_stand_alone() -> None:
    """An array of them is a batch, too; pointers are into what was sent."""
    operations = b'[{"op": "delete", "path": "/a"}, {"op": "delete", "path": "/b"}]'
    alone = steps_in(value_in(operations))
    inside = steps_in(value_in(b'{"operations": ' + operations + b"}"))
    assert [step.operation for step in alone] == [step.operation for step in inside]
    assert [step.pointer for step in alone] == ["/0", "/1"]
    assert [step.pointer for step in inside] == ["/operations/0", "/operations/1"]
    assert steps_in(value_in(b"[]")) == ()


@pytest.mark.parametrize(
    ("text", "pointer", "words"),
    [
        (b"1", "", "this is a number"),
        (b"{}", "", 'no "operations"'),
        (b'{"operations": {}}', "/operations", "this is an object"),
        (b'{"operations": [], "x": 1}', "/x", 'member "x" is not known'),
        (b'{"operations": [], "operations": []}', "/operations", "several members"),
        (b"[1]", "/0", "Operation 0 is a number"),
        (b"[{}]", "/0", "Operation 0 has nothing as its"),
        (b'[{"op": "drop"}]', "/0/op", 'has "drop" as its "op"'),
        (b'[{"op": 1}]', "/0/op", "has a number as its"),
        (b'[{"op": "put", "path": "/a"}]', "/0", 'Operation 0 (put): There is no "value"'),
        (b'[{"op": "put", "value": 1}]', "/0", 'no "path"'),
        (b'[{"op": "delete", "path": "/a", "value": 1}]', "/0/value", '"value" is not known'),
        (b'[{"op": "delete", "path": "/a", "a/~b": 1}]', "/0/a~1~0b", "is not known"),
        (
            b'[{"op": "create", "path": "/a", "value": 1, "ifMatch": "*"}]',
            "/0/ifMatch",
            "not known",
        ),
        (b'[{"op": "put", "path": "/a", "path": "/b", "value": 1}]', "/0/path", "several members"),
        (b'[{"op": "delete", "path": 1}]', "/0/path", "must be a text, and is a number"),
        (b'[{"op": "delete", "path": "a"}]', "/0/path", "must begin with a slash"),
        (b'[{"op": "delete", "path": "/a//b"}]', "/0/path", "is empty"),
        (b'[{"op": "delete", "path": "/a/"}]', "/0/path", "names no resource"),
        (b'[{"op": "delete", "path": "/"}]', "/0/path", "names no resource"),
        (b'[{"op": "delete", "path": "/-/health"}]', "/0/path", "names no resource"),
        (b'[{"op": "delete", "path": "/a?b=1"}]', "/0/path", "path here has no query"),
        (b'[{"op": "delete", "path": "/a b"}]', "/0/path", "percent-encode"),
        (b'[{"op": "create", "path": "/-/batch", "value": 1}]', "/0/path", "names no collection"),
        (b'[{"op": "create", "path": "/", "value": 1}]', "/0/path", "names no collection"),
        (b'[{"op": "create", "value": 1}]', "/0/path", 'as "path" or as "collection"'),
        (
            b'[{"op": "create", "path": "/a", "collection": "/a", "value": 1}]',
            "/0/collection",
            'as "path" or as "collection"',
        ),
        (b'[{"op": "put", "path": "/a", "value": 1, "ifMatch": "x"}]', "/0/ifMatch", "malformed"),
        (b'[{"op": "put", "path": "/a", "value": 1, "ifMatch": 1}]', "/0/ifMatch", "a number"),
        (
            b'[{"op": "patch", "path": "/a", "value": 1, "type": "text/plain"}]',
            "/0/type",
            "not taken here",
        ),
        (b'[{"op": "move", "from": "/a", "path": "/a"}]', "/0/path", "where the resource is"),
        (b'[{"op": "move", "path": "/a"}]', "/0", 'no "from"'),
        (
            b'{"operations": [{"op": "delete", "path": "/a"}, {"op": "move", "from": 1}]}',
            "/operations/1",
            "Operation 1 (move)",
        ),
    ],
)
def test_what_is_no_batch(text: bytes, pointer: str, words: str) -> None:
    """The sentence says what is wrong, the pointer where."""
    with pytest.raises(InvalidContent) as raised:
        read_batch(text)
    assert words in raised.value.detail
    assert raised.value.members == {"pointer": pointer}


@pytest.mark.parametrize("text", [b"", b"{", b"[1,]"])
def test_what_is_no_json(text: bytes) -> None:
    """As with any content."""
    with pytest.raises(MalformedContent):
        read_batch(text)


@pytest.mark.parametrize("count", [MAX_OPERATIONS, MAX_OPERATIONS + 1])
def test_operations_are_not_without_number(count: int) -> None:
    """A batch is one commit, for which all others wait."""
    text = b"[" + b",".join([b'{"op":"delete","path":"/a"}'] * count) + b"]"
    if count == MAX_OPERATIONS:
        assert len(steps_of(read_batch(text))) == count
        return
    with pytest.raises(ContentTooLarge, match="more than 10000 operations"):
        read_batch(text)


def test_batch_without_a_type() -> None:
    """Content that another reader has read is read anew."""
    body = b'[{"op": "delete", "path": "/a"}]'
    assert steps_of(Content(body, [], transformed=False)) == steps_of(read_batch(body))
    with pytest.raises(InvalidContent):
        steps_of(Content(b"", {}, transformed=False))
    assert [media_range for media_range, _ in BATCH_TYPES.rows] == ["application/json"]


@settings(deadline=None)
@given(json_texts)
def test_any_document_is_a_batch_or_is_refused(text: bytes) -> None:
    """With an error that has a pointer."""
    try:
        read_batch(text)
    except KvputError as error:
        pointer = error.members["pointer"]
    else:
        pointer = ""
    assert isinstance(pointer, str)

"""What batches decide: each operation as its single request would, all or none."""

import json
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kvput.content.json_slices import value_in
from kvput.declarations import NOTHING_DECLARED
from kvput.errors import (
    ContentTooLarge,
    HiddenName,
    IdChanged,
    IdTaken,
    InvalidContent,
    InvalidPatch,
    KvputError,
    NotFound,
    PatchConflict,
    PreconditionFailed,
    StoredContentMalformed,
)
from kvput.resources.batch import BatchDecision, Outcome
from kvput.resources.batch_document import steps_in
from kvput.resources.consequences import Rules
from kvput.resources.needed import ContentNeeded
from kvput.resources.schemas.in_use import Schemas
from kvput.semantics.validators import content_digest
from kvput.store.base import Batch, Delete, Entry, Put, RaiseCounter, View, Write
from kvput.store.memory import MemoryStore
from tests.store.tools import collection, content_of, resource, seen, writing

LIMIT = 2**20


def tag(content: bytes) -> str:
    """The entity tag of a content, as `ifMatch` has it."""
    return f'"{content_digest(content)}"'


def deciding(*operations: object, held: Mapping[str, bytes] | None = None) -> BatchDecision:
    """The decision of a batch of these operations."""
    text = json.dumps({"operations": operations}, ensure_ascii=False).encode()
    decide = BatchDecision(steps_in(value_in(text)), LIMIT, Rules(NOTHING_DECLARED, Schemas(print)))
    decide.held.update(held or {})
    return decide


async def store_with(resources: Mapping[str, bytes]) -> MemoryStore:
    """A store with these resources."""
    store = MemoryStore()
    await store.commit(writing(*(Put(resource(url), text) for url, text in resources.items())))
    return store


GIVEN = {"/a/1": b'{"id": 1, "n": 1.0}', "/a/2": b'{"n": 2}', "/a/x": b"[1]", "/b": b'"b"'}

PUT = {"op": "put", "path": "/a/1", "value": {"n": 3}}
CREATE = {"op": "create", "path": "/a", "value": {"n": 3}}
PATCH = {"op": "patch", "path": "/a/1", "value": {"m": 2}}
DELETE = {"op": "delete", "path": "/a/1"}
MOVE = {"op": "move", "from": "/a/1", "path": "/c/7"}
UP = RaiseCounter(collection("/a/"), 2)


# --- what is written


@pytest.mark.parametrize(
    ("operations", "writes"),
    [
        ([], ()),
        ([PUT], (Put(resource("/a/1"), b'{"n": 3}'),)),
        ([PATCH], (Put(resource("/a/1"), b'{"id": 1, "n": 1.0, "m": 2}'),)),
        ([DELETE], (Delete(resource("/a/1")), RaiseCounter(collection("/a/"), 1))),
        (
            [CREATE, CREATE],
            (
                Put(resource("/a/3"), b'{"id": 3, "n": 3}'),
                Put(resource("/a/4"), b'{"id": 4, "n": 3}'),
                RaiseCounter(collection("/a/"), 4),
            ),
        ),
        (
            [MOVE],
            (
                Delete(resource("/a/1")),
                Put(resource("/c/7"), b'{"id": 7, "n": 1.0}'),
                RaiseCounter(collection("/a/"), 1),
            ),
        ),
        # Each path stands once, as it is in the end.
        ([PUT, PATCH], (Put(resource("/a/1"), b'{"n": 3, "m": 2}'),)),
        ([DELETE, PUT], (Put(resource("/a/1"), b'{"n": 3}'), RaiseCounter(collection("/a/"), 1))),
        ([PUT, DELETE], (Delete(resource("/a/1")), RaiseCounter(collection("/a/"), 1))),
        (
            [CREATE, {"op": "delete", "path": "/a/3"}, CREATE],
            (Put(resource("/a/4"), b'{"id": 4, "n": 3}'), RaiseCounter(collection("/a/"), 4)),
        ),
        (
            [MOVE, {"op": "move", "from": "/c/7", "path": "/a/1"}],
            (
                Put(resource("/a/1"), GIVEN["/a/1"]),
                RaiseCounter(collection("/a/"), 1),
                RaiseCounter(collection("/c/"), 7),
            ),
        ),
        (
            [
                {"op": "put", "path": "/d/1", "value": 1},
                {"op": "delete", "path": "/d/1"},
            ],
            (RaiseCounter(collection("/d/"), 1),),
        ),
        # A name that an operation has made free is free.
        (
            [{"op": "delete", "path": "/b"}, {"op": "create", "path": "/b", "value": 1}],
            (
                Delete(resource("/b")),
                Put(resource("/b/1"), b"1"),
                RaiseCounter(collection("/b/"), 1),
            ),
        ),
        (
            [{"op": "create", "path": "/a", "value": {"id": "y"}}, {**PATCH, "path": "/a/y"}],
            (Put(resource("/a/y"), b'{"id": "y", "m": 2}'),),
        ),
    ],
)
async def test_what_a_batch_writes(operations: list[object], writes: tuple[Write, ...]) -> None:
    """All that its operations do, one after the other."""
    store = await store_with(GIVEN)
    assert await seen(store, deciding(*operations)) == Batch(writes)
    await store.commit(deciding(*operations))


@pytest.mark.parametrize(
    ("content", "url", "result"),
    [
        (b'{"id": 1, "n": 1.0}', "/b/7", b'{"id": 7, "n": 1.0}'),
        (b'{"id": "1"}', "/b/7", b'{"id": "7"}'),
        (b'{"id":1}', "/b/x", b'{"id":"x"}'),
        (
            b'{\n  "n": 1.0,\n  "id" : 1\n}\n',
            "/b/%C3%A9",
            '{\n  "n": 1.0,\n  "id" : "é"\n}\n'.encode(),
        ),
        (b'{"id": 1}', "/b/1", b'{"id": 1}'),
        (b'{"id": 1.0}', "/b/7", b'{"id": 7}'),
        (b'{"id": 5}', "/b/7", b'{"id": 5}'),
        (b'{"id": true}', "/b/7", b'{"id": true}'),
        (b'{"x": {"id": 1}}', "/b/7", b'{"x": {"id": 1}}'),
        (b'{ "n" : 12.50 }', "/b/7", b'{ "n" : 12.50 }'),
        (b"[1]\n", "/b/7", b"[1]\n"),
        (b"", "/b/7", b""),
        (b"{broken", "/b/7", b"{broken"),
    ],
)
async def test_what_is_moved_keeps_its_bytes(content: bytes, url: str, result: bytes) -> None:
    """But for an `id` that was its old name, which becomes the new one, of the same type."""
    store = await store_with({"/a/1": content})
    await store.commit(deciding({"op": "move", "from": "/a/1", "path": url}))
    assert await content_of(store, url) == result
    assert await content_of(store, "/a/1") is None


# --- what came of each


async def test_outcomes_tell_of_each_operation() -> None:
    """What it found and what it left, also where a later one has changed it again."""
    store = await store_with(GIVEN)
    decide = deciding(PUT, PATCH, CREATE, {"op": "delete", "path": "/b"}, MOVE)
    await store.commit(decide)
    told = [
        (each.verb, each.path.url, _content(each.before), _content(each.after), each.is_new)
        for each in decide.outcomes
    ]
    assert told == [
        ("put", "/a/1", GIVEN["/a/1"], b'{"n": 3}', False),
        ("patch", "/a/1", b'{"n": 3}', b'{"n": 3, "m": 2}', False),
        ("create", "/a/3", None, b'{"id": 3, "n": 3}', True),
        ("delete", "/b", GIVEN["/b"], None, False),
        ("move", "/c/7", None, b'{"n": 3, "m": 2}', True),
    ]
    assert [each.source for each in decide.outcomes] == [None] * 4 + [resource("/a/1")]


def _content(entry: Entry | None) -> bytes | None:
    return None if entry is None else entry.content


async def test_outcomes_are_those_of_the_last_time() -> None:
    """A store may make a decision again."""
    store = await store_with({})
    decide = deciding(CREATE)
    for number in (1, 2):
        await store.commit(decide)
        (outcome,) = decide.outcomes
        assert isinstance(outcome, Outcome)
        assert outcome.path == resource(f"/a/{number}")


# --- what is refused


@pytest.mark.parametrize(
    ("failing", "error", "words"),
    [
        ({**PUT, "ifMatch": '"x"'}, PreconditionFailed, "(put /a/1): If-Match"),
        ({**PUT, "ifNoneMatch": "*"}, PreconditionFailed, "(put /a/1): If-None-Match"),
        ({**PUT, "path": "/a"}, HiddenName, "(put /a): /a is a collection"),
        ({**PUT, "path": "/b/1"}, HiddenName, "(put /b/1): /b is a resource"),
        ({**CREATE, "value": {"id": 2}}, IdTaken, "(create /a)"),
        ({**CREATE, "value": {"id": []}}, InvalidContent, "(create /a)"),
        ({**CREATE, "path": "/b"}, InvalidContent, "(create /b): POST does not apply"),
        ({**CREATE, "path": "/b/"}, HiddenName, "(create /b)"),
        ({**PATCH, "path": "/a/9"}, NotFound, "(patch /a/9)"),
        ({**PATCH, "path": "/a"}, InvalidContent, "(patch /a): PATCH does not apply"),
        ({**PATCH, "ifMatch": '"x"'}, PreconditionFailed, "(patch /a/1)"),
        ({**PATCH, "value": {"id": 2}}, IdChanged, "(patch /a/1)"),
        ({**PATCH, "type": "application/json", "value": 1}, InvalidPatch, "(patch /a/1)"),
        ({**PATCH, "type": "application/json", "path": "/a/x"}, PatchConflict, "(patch /a/x)"),
        ({**PATCH, "path": "/broken"}, StoredContentMalformed, "(patch /broken)"),
        (
            {
                **PATCH,
                "type": "application/json-patch+json",
                "value": [{"op": "remove", "path": "/z"}],
            },
            PatchConflict,
            "Operation 0 (remove) finds no place",
        ),
        ({**DELETE, "path": "/a/9"}, NotFound, "(delete /a/9)"),
        (
            {**DELETE, "path": "/a"},
            NotFound,
            "/a is a collection, and a batch deletes resources by",
        ),
        ({**DELETE, "ifMatch": '"x"'}, PreconditionFailed, "(delete /a/1)"),
        ({**MOVE, "from": "/a/9"}, NotFound, "(move /a/9 to /c/7)"),
        ({**MOVE, "from": "/a"}, NotFound, "/a is a collection: move each resource"),
        ({**MOVE, "path": "/a/2"}, IdTaken, "(move /a/1 to /a/2): /a/2 is taken"),
        ({**MOVE, "path": "/a/2", "ifMatch": '"x"'}, PreconditionFailed, "If-Match"),
        ({**MOVE, "ifMatch": "*"}, PreconditionFailed, "nothing is stored here"),
        ({**MOVE, "path": "/b/1"}, HiddenName, "/b is a resource"),
        ({**MOVE, "path": "/a"}, HiddenName, "/a is a collection"),
    ],
)
async def test_one_failure_fails_all(failing: object, error: type[KvputError], words: str) -> None:
    """With the error of the single request; it says which operation it is of."""
    given = {**GIVEN, "/broken": b"{"}
    store = await store_with(given)
    first = {"op": "put", "path": "/new", "value": 1}
    with pytest.raises(error) as raised:
        await store.commit(deciding(first, failing, first))
    assert type(raised.value) is error
    assert raised.value.detail.startswith("Operation 1 (")
    assert words in raised.value.detail
    assert raised.value.fields == ()
    assert raised.value.members["operation"] == 1
    assert raised.value.members["pointer"] == "/operations/1"
    assert str(raised.value) == raised.value.detail
    for url, content in {**given, "/new": None}.items():
        assert await content_of(store, url) == content


async def test_condition_is_about_what_the_operations_before_have_left() -> None:
    """As it would be for requests one after the other."""
    store = await store_with(GIVEN)
    await store.commit(
        deciding(
            {**PUT, "ifMatch": tag(GIVEN["/a/1"])},
            {**PATCH, "ifMatch": tag(b'{"n": 3}')},
            {**DELETE, "ifMatch": tag(b'{"n": 3, "m": 2}')},
            {**PUT, "ifNoneMatch": "*"},
        )
    )
    assert await content_of(store, "/a/1") == b'{"n": 3}'


async def test_what_is_in_the_way_of_a_move_goes_where_its_tag_is_named() -> None:
    """And only so."""
    store = await store_with(GIVEN)
    await store.commit(deciding({**MOVE, "path": "/a/2", "ifMatch": tag(GIVEN["/a/2"])}))
    assert await content_of(store, "/a/2") == b'{"id": 2, "n": 1.0}'


async def test_batch_does_not_write_without_bound() -> None:
    """What it adds up to is limited as well, however small the batch itself is."""
    store = await store_with({"/a/1": b'"' + b"x" * (LIMIT - 100) + b'"'})
    moves = [
        {"op": "move", "from": f"/a/{number}", "path": f"/a/{number + 1}"} for number in range(1, 6)
    ]
    with pytest.raises(ContentTooLarge, match="send it in several"):
        await store.commit(deciding(*moves))
    await store.commit(deciding(*moves[:4]))


async def test_what_was_patched_is_not_patched_again_under_the_lock() -> None:
    """Unless the resource has changed since the decision was made the first time."""
    store = await store_with({"/a/1": b'{"n": 1}'})
    decide = deciding(PATCH, MOVE)
    assert decide.may_be_long
    assert not deciding(PUT, CREATE, DELETE, MOVE).may_be_long
    first = await store.read(decide)
    assert await seen(store, decide) == first
    await store.commit(writing(Put(resource("/a/1"), b'{"n": 2}')))
    await store.commit(decide)
    assert await content_of(store, "/c/7") == b'{"n": 2, "m": 2}'


async def test_content_that_a_view_does_not_hold_is_asked_for() -> None:
    """It is read outside of the lock, and used by its digest."""
    store = await store_with({"/a/1": b'{"n": 1}'})

    def without_content(view: View) -> Batch:
        class Forgetful:
            def get(self, path: object) -> Entry | None:
                entry = view.get(path)  # type: ignore[arg-type]  # passed on as it is
                if entry is None:
                    return None
                return Entry(entry.path, entry.digest, entry.modified_ns, entry.size, None)

            def __getattr__(self, name: str) -> object:
                return getattr(view, name)

        return decide(Forgetful())  # type: ignore[arg-type]  # a view but for one call

    for operation in (PATCH, MOVE):
        decide = deciding(operation)
        with pytest.raises(ContentNeeded) as raised:
            await store.commit(without_content)
        assert raised.value.entry.digest == content_digest(b'{"n": 1}')
    decide = deciding(PATCH, MOVE, held={content_digest(b'{"n": 1}'): b'{"n": 1}'})
    await store.commit(without_content)
    assert await content_of(store, "/c/7") == b'{"n": 1, "m": 2}'


# --- any batch

URLS = ("/a", "/a/1", "/a/2", "/a/3", "/b/1", "/b/x")
_urls = st.sampled_from(URLS)
_values: st.SearchStrategy[object] = st.sampled_from(
    [1, [], {}, {"n": 1}, {"id": 1}, {"id": "x"}, {"id": "z"}, None]
)
_tags = st.sampled_from([None, "*", tag(b"1"), tag(b'{"n": 1}')])


def _given(names: list[str], **members: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.builds(
        lambda op, **rest: {"op": op} | {k: v for k, v in rest.items() if v is not None},
        st.sampled_from(names),
        **members,
    )


_operations = st.lists(
    st.one_of(
        st.builds(lambda url, value: {"op": "put", "path": url, "value": value}, _urls, _values),
        st.builds(
            lambda url, value: {"op": "create", "path": url, "value": value},
            st.sampled_from(["/a", "/b/", "/a/1"]),
            _values,
        ),
        st.builds(lambda url, value: {"op": "patch", "path": url, "value": value}, _urls, _values),
        _given(["delete"], path=_urls, ifMatch=_tags, ifNoneMatch=_tags),
        _given(["move"], **{"from": st.sampled_from(URLS[:3]), "path": st.sampled_from(URLS[3:])}),
    ),
    max_size=6,
)


@settings(deadline=None, max_examples=300)
@given(_operations, _operations)
async def test_batch_does_what_its_operations_do_one_by_one(
    before: list[object], operations: list[object]
) -> None:
    """The same resources, ids and counters in the end, or the same error, and nothing written."""
    at_once, one_by_one = MemoryStore(), MemoryStore()
    for operation in before:
        for store in (at_once, one_by_one):
            await _try(store, operation)
    unchanged = await _all(at_once)
    failure = None
    for operation in operations:
        failure = failure or await _try(one_by_one, operation)
    batch_failure = await _try(at_once, *operations)
    assert batch_failure == failure
    assert await _all(at_once) == (await _all(one_by_one) if failure is None else unchanged)


async def _try(store: MemoryStore, *operations: object) -> type[KvputError] | None:
    try:
        await store.commit(deciding(*operations))
    except KvputError as error:
        return type(error)
    return None


async def _all(store: MemoryStore) -> object:
    contents = {
        url: await content_of(store, url) for url in (*URLS, "/a/4", "/a/5", "/b/2", "/b/z")
    }
    counters = await seen(
        store, lambda view: [view.counter(collection(url)) for url in ("/a/", "/b/", "/a/1/")]
    )
    return contents, counters

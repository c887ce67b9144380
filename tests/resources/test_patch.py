"""What PATCH decides, asked of the decisions themselves."""

import pytest

from kvput.content.media_types import Content, Terms, reader_for
from kvput.errors import (
    ContentTooLarge,
    IdChanged,
    InvalidPatch,
    KvputError,
    MalformedContent,
    MethodNotAllowed,
    NotFound,
    PatchConflict,
    PreconditionFailed,
    StoredContentMalformed,
)
from kvput.resources.patch import (
    PATCH_TYPES,
    NotPrepared,
    patch,
    patch_in,
    patched_content,
    type_missing,
)
from kvput.semantics.preconditions import NO_PRECONDITIONS, Preconditions
from kvput.semantics.validators import ANY, ETag, content_digest
from kvput.store.base import Batch, Decision, Put
from kvput.store.memory import MemoryStore
from tests.store.tools import resource, seen, writing

LIMIT = 2**20
MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
SHALLOW = "application/json"
TEXT = b'{"a": 1.0}'
BROKEN = MalformedContent("no JSON")
OTHER_TAG = Preconditions(if_match=(ETag("other"),))
CREATE_ONLY = Preconditions(if_none_match=ANY)
THIS_TAG = Preconditions(if_match=(ETag(content_digest(TEXT)),))


def read(body: bytes, essence: str = MERGE) -> Content:
    """A patch as the table's reader gives it."""
    content = reader_for(PATCH_TYPES, essence, None, Terms())(body)
    assert isinstance(content, Content)
    return content


def deciding(
    url: str,
    content: Content | KvputError,
    conditions: Preconditions = NO_PRECONDITIONS,
    prepared: dict[str, bytes] | None = None,
) -> Decision:
    """The decision of a PATCH."""
    return patch(resource(url), content, conditions, LIMIT, prepared or {})


async def store_with(**resources: bytes) -> MemoryStore:
    """A store with these resources in `/a/`."""
    store = MemoryStore()
    writes = (Put(resource(f"/a/{name}"), content) for name, content in resources.items())
    await store.commit(writing(*writes))
    return store


@pytest.mark.parametrize(
    ("stored", "essence", "body", "result"),
    [
        (TEXT, MERGE, b'{"b": 2.50}', b'{"a": 1.0, "b": 2.50}'),
        (TEXT, JSON_PATCH, b'[{"op": "remove", "path": "/a"}]', b"{}"),
        (TEXT, SHALLOW, b'{"a": null}', b'{"a": null}'),
        (TEXT, MERGE, b"{}", TEXT),
        (b"", MERGE, b'{"a": 1}', b'{"a": 1}'),
        (b"", SHALLOW, b'{"a": 1}', b'{"a": 1}'),
        (b"", MERGE, b"{}", b""),
        (b"\n[1]\n", MERGE, b'{"a": 1}', b'\n{"a": 1}\n'),
    ],
)
async def test_what_a_patch_writes(stored: bytes, essence: str, body: bytes, result: bytes) -> None:
    """The resource as the patch makes it, and nothing else."""
    store = await store_with(x=stored)
    decision = deciding("/a/x", read(body, essence))
    assert await seen(store, decision) == Batch((Put(resource("/a/x"), result),))


@pytest.mark.parametrize(
    ("url", "conditions", "content", "error"),
    [
        ("/a/y", NO_PRECONDITIONS, read(b"{}"), NotFound),
        ("/a/y", OTHER_TAG, BROKEN, NotFound),
        ("/a", NO_PRECONDITIONS, read(b"{}"), MethodNotAllowed),
        ("/a", OTHER_TAG, BROKEN, MethodNotAllowed),
        ("/a/x", OTHER_TAG, BROKEN, PreconditionFailed),
        ("/a/x", CREATE_ONLY, read(b"1", JSON_PATCH), PreconditionFailed),
        ("/a/x", THIS_TAG, BROKEN, MalformedContent),
        ("/a/x", THIS_TAG, read(b"1", JSON_PATCH), InvalidPatch),
        ("/a/x", NO_PRECONDITIONS, read(b"1", SHALLOW), InvalidPatch),
        (
            "/a/x",
            NO_PRECONDITIONS,
            read(b'[{"op": "remove", "path": "/b"}]', JSON_PATCH),
            PatchConflict,
        ),
        ("/a/x", NO_PRECONDITIONS, read(b'{"id": "y"}'), IdChanged),
        ("/a/broken", NO_PRECONDITIONS, read(b"{}"), StoredContentMalformed),
        ("/a/broken", NO_PRECONDITIONS, read(b"1", JSON_PATCH), StoredContentMalformed),
        ("/a/large", NO_PRECONDITIONS, read(b"{}"), ContentTooLarge),
    ],
)
async def test_a_patch_that_is_refused(
    url: str,
    conditions: Preconditions,
    content: Content | KvputError,
    error: type[KvputError],
) -> None:
    """What is not there, then the preconditions, then the content, then what is stored."""
    store = await store_with(x=TEXT, broken=b'{"a": }', large=b'"' + b"x" * LIMIT + b'"')
    with pytest.raises(error) as raised:
        await store.commit(deciding(url, content, conditions))
    assert raised.type is error
    if error is MethodNotAllowed:
        assert raised.value.fields == (("Allow", "GET, HEAD, POST, DELETE, OPTIONS"),)
    if error is StoredContentMalformed:
        assert raised.value.members == {"line": 1, "column": 7, "pointer": "/a"}
        assert "a/broken.json" in raised.value.detail


# --- ids


@pytest.mark.parametrize(
    ("name", "stored", "body"),
    [
        ("1", b'{"id": 1}', b'{"id": "1"}'),
        ("1", b'{"id": "1"}', b'{"id": 1}'),
        ("1", b'{"id": 1}', b'{"id": 1.0}'),
        ("1", b'{"id": true}', b'{"id": 1.0}'),
        ("1", b'{"id": 1}', b'{"id": null}'),
        ("1", b"{}", b'{"id": 1}'),
        ("1", b'{"id": 7}', b'{"id": 1}'),
        ("1", b'{"id": 7}', b'{"b": 2}'),
        ("1", b'{"id": [7]}', b'{"b": 2}'),
        ("1", b'{"id": 7}', b'{"id": 7}'),
        ("1", b'{"id": 7}', b"[8]"),
        ("1", b'{"id": 1}', b'{"x": {"id": 2}}'),
        ("x", b'{"id": "x"}', b'{"id": "x", "b": 1}'),
        ("%C3%A9", b"{}", '{"id": "e\u0301"}'.encode()),
    ],
)
def test_an_id_that_may_be(name: str, stored: bytes, body: bytes) -> None:
    """The resource's name, in whatever type; none; and the one that was there before."""
    assert patched_content(resource(f"/a/{name}"), stored, patch_in(read(body)), LIMIT)


@pytest.mark.parametrize(
    ("name", "stored", "body"),
    [
        ("1", b'{"id": 1}', b'{"id": 2}'),
        ("1", b'{"id": 1}', b'{"id": true}'),
        ("1", b'{"id": 1}', b'{"id": 1.5}'),
        ("1", b'{"id": 1}', b'{"id": "01"}'),
        ("1", b'{"id": 1}', b'{"id": ""}'),
        ("1", b'{"id": 7}', b'{"id": "7"}'),
        ("1", b"{}", b'{"id": [1]}'),
        ("1", b"[]", b'{"id": 2}'),
        ("x", b"{}", b'{"id": "X"}'),
        ("x", b"{}", b'{"id": "' + b"x" * 5000 + b'"}'),
    ],
)
def test_an_id_that_may_not_be(name: str, stored: bytes, body: bytes) -> None:
    """Another one than the resource has in its address, unless it was there before."""
    with pytest.raises(IdChanged) as raised:
        patched_content(resource(f"/a/{name}"), stored, patch_in(read(body)), LIMIT)
    assert raised.value.members == {"pointer": "/id"}
    assert raised.value.detail.endswith(
        f"which must be the resource's name, {name}: leave the id as it is, or rename the resource "
        'by the operation "move" of POST /-/batch.'
    )


# --- what is long work


async def test_long_work_is_not_done_under_the_lock() -> None:
    """It is asked for, and what was done is used, but only if the resource is still the same."""
    large = b'{"pad": "' + b"x" * 20_000 + b'"}'
    store = await store_with(x=large)
    with pytest.raises(NotPrepared) as raised:
        await store.commit(deciding("/a/x", read(b'{"a": 1}')))
    assert raised.value.entry.content == large
    prepared = {raised.value.entry.digest: b'"prepared"'}
    decision = deciding("/a/x", read(b'{"a": 1}'), NO_PRECONDITIONS, prepared)
    assert await seen(store, decision) == Batch((Put(resource("/a/x"), b'"prepared"'),))
    await store.commit(writing(Put(resource("/a/x"), large + b"\n")))
    with pytest.raises(NotPrepared):
        await seen(store, decision)


async def test_what_changes_again_and_again_is_patched_under_the_lock_after_all() -> None:
    """So that a writer among many comes to its turn."""
    store = await store_with(x=b'{"pad": "' + b"x" * 20_000 + b'"}')
    prepared = {"one": b"1", "another": b"2", "third": b"3"}
    decision = deciding("/a/x", read(b'{"pad": 1}'), NO_PRECONDITIONS, prepared)
    assert await seen(store, decision) == Batch((Put(resource("/a/x"), b'{"pad": 1}'),))


async def test_a_long_patch_of_a_small_resource_is_long_work() -> None:
    """Their bytes count together."""
    store = await store_with(x=TEXT)
    with pytest.raises(NotPrepared):
        await store.commit(deciding("/a/x", read(b'{"b": "' + b"x" * 20_000 + b'"}')))


def test_a_patch_without_a_type() -> None:
    """The error names the types in its sentence and in both fields."""
    types = "application/merge-patch+json, application/json-patch+json, application/json"
    error = type_missing()
    assert types in error.detail
    assert error.fields == (("Accept", types), ("Accept-Patch", types))


def test_only_patches_are_patches() -> None:
    """Content that another table's reader has read is none."""
    with pytest.raises(TypeError):
        patch_in(Content(b"{}", {}, transformed=False))

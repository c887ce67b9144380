"""PATCH: what it takes, and what it decides under the store's lock (RFC 5789).

How a patch changes a text is in `kvput.patching`. Here belongs what surrounds
it: conditions, what is stored, ids, and that a long work is not done under the lock.
"""

from collections.abc import Callable, Mapping
from typing import Final

from kvput.content.json_slices import Value, value_in
from kvput.content.json_text import parse
from kvput.content.media_types import Content, MediaTable, Reader, accept
from kvput.errors import (
    ContentTooLarge,
    IdChanged,
    KvputError,
    MalformedContent,
    StoredContentMalformed,
    UnsupportedMediaType,
)
from kvput.patching.json_patch import JsonPatch
from kvput.patching.merge_patch import MergePatch
from kvput.patching.patch import Patch, patched
from kvput.patching.shallow import ShallowPatch
from kvput.paths import ResourcePath
from kvput.resources.ids import ID_MEMBER, is_id_of
from kvput.resources.resource import (
    COLLECTION_METHODS,
    method_not_allowed,
    nothing_there,
    require_preconditions,
)
from kvput.semantics.preconditions import Preconditions
from kvput.store.base import Batch, Decision, Entry, Put, View

_MOST_UNDER_THE_LOCK: Final = 16 * 1024
"""Bytes of a resource and its patch together: beyond, all other writes would have to wait."""
_ATTEMPTS: Final = 3
"""After so many, what has changed again meanwhile is patched under the lock after all."""


# --- what PATCH takes


def _reader(kind: Callable[[Value], Patch]) -> Reader[Content]:
    def read(body: bytes) -> Content:
        parse(body)
        return Content(body, kind(value_in(body)), transformed=False)

    return read


# RFC 5789 section 2.2: a 415 "SHOULD include an "Accept-Patch" response header".
PATCH_TYPES: Final[MediaTable[Content]] = MediaTable(
    (
        ("application/merge-patch+json", _reader(MergePatch)),
        ("application/json-patch+json", _reader(JsonPatch)),
        ("application/json", _reader(ShallowPatch)),
    ),
    fields=("Accept", "Accept-Patch"),
)


def type_missing() -> UnsupportedMediaType:
    """The error for a patch whose type is not said: it cannot be told by looking at it."""
    types = accept(PATCH_TYPES)
    return UnsupportedMediaType(
        f"A PATCH must say in Content-Type which kind of patch it is: send one of {types}.",
        fields=tuple((name, types) for name in PATCH_TYPES.fields),
    )


def patch_in(content: Content) -> Patch:
    """The patch that a reader of PATCH_TYPES has read."""
    patch = content.value
    if not isinstance(patch, MergePatch | JsonPatch | ShallowPatch):
        raise TypeError("the readers of PATCH_TYPES give patches")
    return patch


# --- the decision


class NotPrepared(Exception):  # no error: there is work to do first
    """The patch of this resource is long work, which is to be done outside of the lock."""

    def __init__(self, entry: Entry) -> None:
        super().__init__(entry.path.url)
        self.entry = entry


def patch(
    path: ResourcePath,
    content: Content | KvputError,
    conditions: Preconditions,
    limit: int,
    prepared: Mapping[str, bytes],
) -> Decision:
    """The decision of a PATCH: store what the patch makes of the resource.

    `content` may be the error that reading it gave; it is raised only once the
    preconditions hold. `limit` is for the result, in bytes. `prepared` holds results of
    `patched_content` by the digest of what they were made of. Raises NotFound,
    MethodNotAllowed, PreconditionFailed, ContentTooLarge, what `patched_content` raises, and
    NotPrepared, whose entry is to be prepared before the decision is made again.
    """

    def decide(view: View) -> Batch:
        before = require_patchable(view, path, conditions, limit)
        if isinstance(content, KvputError):
            raise content
        result = prepared.get(before.digest)
        if result is None:
            is_long = before.size + len(content.body) > _MOST_UNDER_THE_LOCK
            if before.content is None or (is_long and len(prepared) < _ATTEMPTS):
                raise NotPrepared(before)
            result = patched_content(path, before.content, patch_in(content), limit)
        return Batch((Put(path, result),))

    return decide


def require_patchable(
    view: View, path: ResourcePath, conditions: Preconditions, limit: int
) -> Entry:
    """What stands under the path, if it has at most `limit` bytes.

    Raises NotFound, MethodNotAllowed, PreconditionFailed, ContentTooLarge.
    """
    entry = view.get(path)
    if entry is None:
        if view.is_collection(path.beneath):
            raise method_not_allowed("PATCH", COLLECTION_METHODS)
        raise nothing_there(path.url)
    require_preconditions(conditions, "PATCH", entry)
    if entry.size > limit:
        raise ContentTooLarge(
            f"{path.url} has {entry.size} bytes, and only resources of up to {limit} bytes can be "
            "changed in part: start the server with a higher --max-body."
        )
    return entry


def patched_content(path: ResourcePath, content: bytes, patch: Patch, limit: int) -> bytes:
    """What a patch makes of the content under a path; zero bytes count as the empty object.

    Raises StoredContentMalformed, IdChanged, InvalidPatch, PatchConflict, ContentTooLarge.
    """
    text = content or b"{}"
    try:
        before = parse(text)
    except MalformedContent as error:
        raise StoredContentMalformed(
            f"What is stored under {path.url} is no JSON, so that it cannot be changed in part: "
            f"mend the file {path.file}, or replace it with PUT. {error.detail}",
            members=error.members,
        ) from None
    result = patched(text, patch, limit)
    _require_its_id(path, before, result.value)
    return content if result.text == text else result.text


def _require_its_id(path: ResourcePath, before: object, after: object) -> None:
    """Raise IdChanged where a patch has made the `id` another than the resource's name.

    One that was another one before, and was not changed, stays.
    """
    if not isinstance(after, dict) or ID_MEMBER not in after:
        return
    identifier = after[ID_MEMBER]
    if isinstance(before, dict) and ID_MEMBER in before:
        same_type = type(before[ID_MEMBER]) is type(identifier)
        if same_type and before[ID_MEMBER] == identifier:
            return
    if not is_id_of(identifier, path):
        raise IdChanged(
            f"The patch changes the id, which must be the resource's name, {path.name}: leave the "
            'id as it is, or rename the resource by the operation "move" of POST /-/batch.',
            members={"pointer": f"/{ID_MEMBER}"},
        )

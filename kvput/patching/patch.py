"""Patches of any kind: the text that one makes of another.

Here belongs what holds for all kinds. Each kind has a module of its own; which
media type it has is for `kvput.resources.patch`.
"""

from dataclasses import dataclass

from kvput.content.json_document import Document
from kvput.content.json_text import MAX_DEPTH, parse
from kvput.errors import InvalidPatch, MalformedContent
from kvput.patching.json_patch import JsonPatch
from kvput.patching.merge_patch import MergePatch
from kvput.patching.shallow import ShallowPatch

Patch = MergePatch | JsonPatch | ShallowPatch


@dataclass(frozen=True, slots=True)
class Patched:
    """What a patch makes of a text: the new text, and its value as `json_text.parse` gives it."""

    text: bytes
    value: object


def patched(text: bytes, patch: Patch, limit: int) -> Patched:
    """Apply a patch to a JSON text, of which every byte stays that it does not touch.

    `text` is one that `json_text.parse` has taken; the result is one that it takes, of at
    most `limit` bytes. Raises InvalidPatch, PatchConflict, ContentTooLarge.
    """
    document = Document(text, limit)
    patch.apply(document)
    result = document.text()
    try:
        return Patched(result, parse(result))
    except MalformedContent:
        # All else was JSON before, and is put together as JSON.
        raise InvalidPatch(
            f"The patch makes the resource deeper than {MAX_DEPTH} levels: make it flatter."
        ) from None

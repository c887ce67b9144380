"""Short ways to patch a text, for the tests of patches."""

import json
from collections.abc import Callable

from kvput.content.json_slices import Value, value_in
from kvput.patching.json_patch import JsonPatch
from kvput.patching.patch import Patch, patched

LIMIT = 2**20


def result_of(kind: Callable[[Value], Patch], text: bytes, patch: bytes) -> bytes:
    """The text that a patch of a kind makes of a text."""
    return patched(text, kind(value_in(patch)), LIMIT).text


def json_patched(text: bytes, *operations: object) -> bytes:
    """The text that a JSON Patch of these operations makes of a text."""
    return result_of(JsonPatch, text, json.dumps(operations).encode())

import pytest

from kvput.content.json_slices import value_in
from kvput.errors import ContentTooLarge, InvalidPatch
from kvput.patching.json_patch import JsonPatch
from kvput.patching.merge_patch import MergePatch
from kvput.patching.patch import Patched, patched


def test_result_comes_with_its_value() -> None:
    """As the readers of JSON give it."""
    patch = MergePatch(value_in(b'{"b": 12.50}'))
    assert patched(b'{"a": 1}', patch, 100) == Patched(b'{"a": 1, "b": 12.50}', {"a": 1, "b": 12.5})


@pytest.mark.parametrize(("limit", "fits"), [(20, True), (19, False)])
def test_result_is_held_to_the_limit(limit: int, fits: bool) -> None:
    """To the byte."""
    patch = MergePatch(value_in(b'{"b": 12.50}'))
    if fits:
        assert len(patched(b'{"a": 1}', patch, limit).text) == limit
        return
    with pytest.raises(ContentTooLarge):
        patched(b'{"a": 1}', patch, limit)


@pytest.mark.parametrize("levels", [1023, 1024])
def test_result_is_no_deeper_than_any_content(levels: int) -> None:
    """Each operation may be harmless by itself."""
    text = b"[" * levels + b"]" * levels
    operation = b'[{"op": "copy", "from": "/0", "path": "' + b"/0" * levels + b'"}]'
    patch = JsonPatch(value_in(operation))
    with pytest.raises(InvalidPatch, match="deeper than 1024 levels"):
        patched(text, patch, 10**6)

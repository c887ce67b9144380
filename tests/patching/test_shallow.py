import pytest
from hypothesis import given, settings

from kvput.errors import InvalidPatch, PatchConflict
from kvput.patching.shallow import ShallowPatch
from tests.odd_json import exact, json_texts
from tests.patching.tools import result_of


@pytest.mark.parametrize(
    ("text", "patch", "result"),
    [
        (b'{"a": 1, "b": 2}', b'{"b": 3.0}', b'{"a": 1, "b": 3.0}'),
        (b'{"a": 1}', b'{"a": null}', b'{"a": null}'),
        (b'{"a": {"x": 1}}', b'{"a": {"y": 2}}', b'{"a": {"y": 2}}'),
        (b'{"a": 1}', b'{"b": {"c": null}}', b'{"a": 1, "b": {"c": null}}'),
        (b'{\n  "a": 1.0\n}\n', b'{"b":"x"}', b'{\n  "a": 1.0,\n  "b": "x"\n}\n'),
        (b'{"a": 1, "a": 2}', b'{"a": 3}', b'{"a": 1, "a": 3}'),
        (b'{"a": 1}', b'{"b": 1, "b": 2}', b'{"a": 1, "b": 2}'),
        (b'{ "a" : [1,2] }', b'{"a": [1, 2]}', b'{ "a" : [1,2] }'),
        (b"{}", b"{}", b"{}"),
    ],
)
def test_members_are_assigned(text: bytes, patch: bytes, result: bytes) -> None:
    """Each as a whole, null as well; what is not named stays."""
    assert result_of(ShallowPatch, text, patch) == result


@pytest.mark.parametrize(
    ("text", "patch", "error", "words"),
    [
        (b"{}", b"[]", InvalidPatch, "this is an array"),
        (b"{}", b"null", InvalidPatch, "this is null"),
        (b"[1]", b"1", InvalidPatch, "this is a number"),
        (b"[1]", b"{}", PatchConflict, "What is stored is an array"),
        (b'"x"', b'{"a": 1}', PatchConflict, "What is stored is a text"),
    ],
)
def test_what_cannot_be_assigned(
    text: bytes, patch: bytes, error: type[InvalidPatch | PatchConflict], words: str
) -> None:
    """Only an object has members, on either side."""
    with pytest.raises(error) as raised:
        result_of(ShallowPatch, text, patch)
    assert words in raised.value.detail
    assert raised.value.members == {"pointer": ""}


@settings(deadline=None)
@given(json_texts, json_texts)
def test_result_is_that_of_the_values(text: bytes, patch: bytes) -> None:
    """What JavaScript calls Object.assign."""
    before, changes = exact(text), exact(patch)
    if not isinstance(before, dict) or not isinstance(changes, dict):
        with pytest.raises((InvalidPatch, PatchConflict)):
            result_of(ShallowPatch, text, patch)
        return
    assert exact(result_of(ShallowPatch, text, patch)) == before | changes

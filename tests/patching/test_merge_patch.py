import pytest
from hypothesis import given, settings

from kvput.errors import ContentTooLarge, InvalidPatch
from kvput.patching.merge_patch import MergePatch
from tests.odd_json import exact, json_texts, json_values
from tests.patching.reference import merged
from tests.patching.tools import result_of

# RFC 7396 appendix A, whole: the original, the patch, the result.
APPENDIX_A = (
    (b'{"a":"b"}', b'{"a":"c"}', b'{"a":"c"}'),
    (b'{"a":"b"}', b'{"b":"c"}', b'{"a":"b","b":"c"}'),
    (b'{"a":"b"}', b'{"a":null}', b"{}"),
    (b'{"a":"b","b":"c"}', b'{"a":null}', b'{"b":"c"}'),
    (b'{"a":["b"]}', b'{"a":"c"}', b'{"a":"c"}'),
    (b'{"a":"c"}', b'{"a":["b"]}', b'{"a":["b"]}'),
    (b'{"a":{"b":"c"}}', b'{"a":{"b":"d","c":null}}', b'{"a":{"b":"d"}}'),
    (b'{"a":[{"b":"c"}]}', b'{"a":[1]}', b'{"a":[1]}'),
    (b'["a","b"]', b'["c","d"]', b'["c","d"]'),
    (b'{"a":"b"}', b'["c"]', b'["c"]'),
    (b'{"a":"foo"}', b"null", b"null"),
    (b'{"a":"foo"}', b'"bar"', b'"bar"'),
    (b'{"e":null}', b'{"a":1}', b'{"e":null,"a":1}'),
    (b"[1,2]", b'{"a":"b","c":null}', b'{"a":"b"}'),
    (b"{}", b'{"a":{"bb":{"ccc":null}}}', b'{"a":{"bb":{}}}'),
)


@pytest.mark.parametrize(("original", "patch", "result"), APPENDIX_A)
def test_appendix_a(original: bytes, patch: bytes, result: bytes) -> None:
    """RFC 7396 appendix A."""
    assert exact(result_of(MergePatch, original, patch)) == exact(result)


def test_example_of_section_3() -> None:
    """RFC 7396 section 3, with the white space that the resource has there."""
    original = b"""{
  "title": "Goodbye!",
  "author" : {
    "givenName" : "John",
    "familyName" : "Doe"
  },
  "tags":[ "example", "sample" ],
  "content": "This will be unchanged"
}"""
    patch = b"""{
  "title": "Hello!",
  "phoneNumber": "+01-123-456-7890",
  "author": {
    "familyName": null
  },
  "tags": [ "example" ]
}"""
    assert (
        result_of(MergePatch, original, patch)
        == b"""{
  "title": "Hello!",
  "author" : {
    "givenName" : "John"
  },
  "tags":["example"],
  "content": "This will be unchanged",
  "phoneNumber": "+01-123-456-7890"
}"""
    )


@pytest.mark.parametrize(
    ("text", "patch", "result"),
    [
        (b'{"a": 1.0, "b": 2}', b'{"b": 3}', b'{"a": 1.0, "b": 3}'),
        (b'{"price": 12.5}', b'{"price": 12.50}', b'{"price": 12.50}'),
        (b'{"n": 1}', b'{"n": 123456789012345678901234567890}', None),
        (b'{\n  "a": [\n    1\n  ]\n}\n', b'{"a": [1]}', b'{\n  "a": [\n    1\n  ]\n}\n'),
        (b'{"a": 1, "a": 2, "b": 3}', b'{"a": null}', b'{"b": 3}'),
        (b'{"a": 1, "a": 2, "b": 3}', b'{"a": 4}', b'{"a": 1, "a": 4, "b": 3}'),
        (b'{"a": 1}', b'{"b": 1, "b": 2}', b'{"a": 1, "b": 2}'),
        (b'{"a": 1}', b'{"b": {"x": 1}, "b": {"y": null, "z": 2}}', b'{"a": 1, "b": {"z": 2}}'),
        (b'{"a": 1}', b'{"b": {"c": [null, {"d": null}]}}', None),
        (b'{"a": {"b": 1}}', b'{"a": {}}', b'{"a": {"b": 1}}'),
        (b'{"a": 1}', b"{}", b'{"a": 1}'),
        (b"\n[1]\n", b"{}", b"\n{}\n"),
        (b'{\n  "a": 1\n}', b'{"b":{"c":{"d":1}}}', None),
    ],
)
def test_what_the_patch_does_not_name_is_kept(
    text: bytes, patch: bytes, result: bytes | None
) -> None:
    """To the byte, as are the literals of the patch itself."""
    given = result_of(MergePatch, text, patch)
    if result is not None:
        assert given == result
    assert exact(given) == merged(exact(text), exact(patch))


@settings(deadline=None, max_examples=300)
@given(json_texts, json_texts)
def test_result_is_that_of_the_values(text: bytes, patch: bytes) -> None:
    """Whatever is patched with whatever."""
    assert exact(result_of(MergePatch, text, patch)) == merged(exact(text), exact(patch))


@settings(deadline=None)
@given(json_texts, json_values)
def test_patching_twice_changes_nothing_more(text: bytes, patch: bytes) -> None:
    """A merge patch is idempotent, to the byte."""
    once = result_of(MergePatch, text, patch)
    assert result_of(MergePatch, once, patch) == once


def test_deep_patch() -> None:
    """Depth costs no stack, and ends where it does for any content."""
    deepest = b'{"a":' * 1024 + b"1" + b"}" * 1024
    assert result_of(MergePatch, b"{}", deepest).count(b"{") == 1024
    assert result_of(MergePatch, deepest, deepest) == deepest
    inner = b'{"a":' * 1023 + b'{"b": 1}' + b"}" * 1023
    assert exact_depth(result_of(MergePatch, deepest, inner)) == 1024
    with pytest.raises(InvalidPatch, match="deeper than 1024"):
        result_of(MergePatch, b'{"a":' * 1023 + b"1" + b"}" * 1023, _too_deep())


def _too_deep() -> bytes:
    """A value of 1024 levels that a patch of one level more would hold."""
    return b'{"a":' + b'{"a":' * 1024 + b"[]" + b"}" * 1024 + b"}"


def exact_depth(text: bytes) -> int:
    """How deep the last of a text's brackets is."""
    return len(text) - len(text.rstrip(b"}"))


def test_what_becomes_too_large() -> None:
    """Nothing of it is given back."""
    with pytest.raises(ContentTooLarge):
        result_of(MergePatch, b'{"a": 1}', b'{"b": "' + b"x" * 2**20 + b'"}')

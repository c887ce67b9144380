"""The members of an object as they are written."""

import pytest

from kvput.content.json_members import members_in


@pytest.mark.parametrize(
    ("text", "members"),
    [
        (b'{"a": 1.50, "b": [ 1 ]}', {"a": b"1.50", "b": b"[ 1 ]"}),
        (b' {"a" : {"a": 2}}\n', {"a": b'{"a": 2}'}),
        (b'{"a": 1, "\\u0061": 2}', {"a": b"2"}),
        (b"{}", {}),
        (b"", {}),
        (b"[1]", None),
        (b"null", None),
        (b'{"a": }', None),
    ],
)
def test_members_as_they_are_written(text: bytes, members: dict[str, bytes] | None) -> None:
    """With all their digits and white space, by their names; the last one of a name counts."""
    assert members_in(text) == members

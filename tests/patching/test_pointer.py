import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvput.errors import InvalidPatch
from kvput.patching.pointer import format_pointer, parse_pointer


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        # RFC 6901 section 5.
        ("", ()),
        ("/foo", ("foo",)),
        ("/foo/0", ("foo", "0")),
        ("/", ("",)),
        ("/a~1b", ("a/b",)),
        ("/c%d", ("c%d",)),
        ("/e^f", ("e^f",)),
        ("/g|h", ("g|h",)),
        ("/i\\j", ("i\\j",)),
        ('/k"l', ('k"l',)),
        ("/ ", (" ",)),
        ("/m~0n", ("m~n",)),
        # Section 4: "~01" is "~1", and no slash.
        ("/~01", ("~1",)),
        ("/~10", ("/0",)),
        ("//", ("", "")),
        ("/a/", ("a", "")),
    ],
)
def test_tokens_of_a_pointer(text: str, tokens: tuple[str, ...]) -> None:
    """Each is decoded once; an empty one is a name like any other."""
    assert parse_pointer(text) == tokens
    assert format_pointer(tokens) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("foo", "does not begin with a slash"),
        ("#/foo", "does not begin with a slash"),
        (" /foo", "does not begin with a slash"),
        ("/~", '"~" that begins no escape'),
        ("/a~2", '"~" that begins no escape'),
        ("/~~0", '"~" that begins no escape'),
    ],
)
def test_what_is_no_pointer(text: str, words: str) -> None:
    """The sentence says why."""
    with pytest.raises(InvalidPatch) as raised:
        parse_pointer(text)
    assert words in raised.value.detail


@given(st.lists(st.text("ab/~01é"), max_size=4))
def test_pointer_leads_back_to_its_tokens(tokens: list[str]) -> None:
    """Whatever names hold."""
    assert parse_pointer(format_pointer(tuple(tokens))) == tuple(tokens)

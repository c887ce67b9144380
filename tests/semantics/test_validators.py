import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvput.errors import MalformedField
from kvput.semantics.validators import (
    ANY,
    DIGEST_HEX_DIGITS,
    ContentHasher,
    EntityTags,
    ETag,
    content_digest,
    parse_entity_tag,
    parse_entity_tags,
)

etag_characters = st.characters(min_codepoint=0x21, exclude_characters='"\x7f')
etags = st.builds(ETag, opaque=st.text(etag_characters), weak=st.booleans())


@pytest.mark.parametrize(
    ("content", "digest"),
    [
        (b"", "e3b0c44298fc1c149afbf4c8996fb924"),
        (b"abc", "ba7816bf8f01cfea414140de5dae2223"),
    ],
)
def test_digest_of_known_content(content: bytes, digest: str) -> None:
    """The digest is the beginning of what sha256sum prints."""
    assert content_digest(content) == digest
    assert hashlib.sha256(content).hexdigest().startswith(digest)
    assert len(digest) == DIGEST_HEX_DIGITS


@given(st.lists(st.binary()))
def test_digest_of_pieces(pieces: list[bytes]) -> None:
    """Content hashed in pieces has the digest of the whole."""
    hasher = ContentHasher()
    for piece in pieces:
        hasher.update(piece)
    assert hasher.digest() == content_digest(b"".join(pieces))


@pytest.mark.parametrize(
    ("one", "other", "strongly", "weakly"),
    [
        pytest.param(ETag("1", weak=True), ETag("1", weak=True), False, True, id="both weak"),
        pytest.param(ETag("1", weak=True), ETag("2", weak=True), False, False, id="weak, differ"),
        pytest.param(ETag("1", weak=True), ETag("1"), False, True, id="one weak"),
        pytest.param(ETag("1"), ETag("1"), True, True, id="both strong"),
        pytest.param(ETag("a"), ETag("A"), False, False, id="case matters"),
    ],
)
def test_comparison(one: ETag, other: ETag, strongly: bool, weakly: bool) -> None:
    """The table of RFC 9110 section 8.8.3.2 holds, both ways round."""
    assert one.strongly_matches(other) is other.strongly_matches(one) is strongly
    assert one.weakly_matches(other) is other.weakly_matches(one) is weakly


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("*", ANY),
        (" * ", ANY),
        ("", ()),
        (" , ,", ()),
        ('"a"', (ETag("a"),)),
        ('""', (ETag(""),)),
        ('W/"a"', (ETag("a", weak=True),)),
        ('"a","b"', (ETag("a"), ETag("b"))),
        (' "a" ,, \tW/"b" ,', (ETag("a"), ETag("b", weak=True))),
        ('"a,b", "c"', (ETag("a,b"), ETag("c"))),
        (r'"a\", "b"', (ETag("a\\"), ETag("b"))),
        ('"*"', (ETag("*"),)),
        ('"!#~"', (ETag("!#~"),)),
        ('"\u00e4\udc80"', (ETag("\u00e4\udc80"),)),
    ],
)
def test_entity_tags(value: str, expected: EntityTags) -> None:
    """Commas, backslashes and obs-text are legal in a tag; empty elements fall away."""
    assert parse_entity_tags("If-Match", value) == expected


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        pytest.param("abc", "double quotes", id="no quotes"),
        pytest.param("'abc'", "double quotes", id="single quotes"),
        pytest.param('"abc', "double quotes", id="no closing quote"),
        pytest.param('abc"', "double quotes", id="no opening quote"),
        pytest.param('"a"b"', "double quotes", id="a quote inside"),
        pytest.param('"a" "b"', "double quotes", id="no comma"),
        pytest.param('"a b"', "white space", id="a space inside"),
        pytest.param('"a\tb"', "control", id="a tab inside"),
        pytest.param('"a\x00b"', "control", id="NUL inside"),
        pytest.param('"a\x7fb"', "control", id="DEL inside"),
        pytest.param('W/ "a"', "double quotes", id="a space after the prefix"),
        pytest.param("W/a", "double quotes", id="weak without quotes"),
        pytest.param("W/", "double quotes", id="only the prefix"),
        pytest.param('w/"a"', "upper-case W/", id="lower-case prefix"),
        pytest.param('*, "a"', "stands alone", id="any, then a tag"),
        pytest.param('"a", *', "stands alone", id="a tag, then any"),
        pytest.param("*, *", "stands alone", id="any twice"),
        pytest.param("\u00a0", "double quotes", id="a no-break space"),
    ],
)
def test_malformed_entity_tags(value: str, hint: str) -> None:
    """The error names the field, what is wrong, and what to send."""
    with pytest.raises(MalformedField) as caught:
        parse_entity_tags("If-None-Match", value)
    assert caught.value.detail.startswith("If-None-Match ")
    assert hint in caught.value.detail
    assert "as the ETag field gave it" in caught.value.detail


@given(st.lists(etags, max_size=6))
def test_every_list_of_tags_parses_to_itself(tags: list[ETag]) -> None:
    """What is written as a list of tags is read as the same tags."""
    assert parse_entity_tags("If-Match", ", ".join(map(str, tags))) == tuple(tags)


@given(etags)
def test_every_tag_parses_to_itself(tag: ETag) -> None:
    """What is written as a single tag is read as the same tag."""
    assert parse_entity_tag(str(tag)) == tag


@pytest.mark.parametrize("value", ["", "*", "a", '"a", "b"', ' "a"', 'w/"a"', '"a"\n'])
def test_what_is_no_single_tag(value: str) -> None:
    """A list, a date, `*` and anything malformed are no single tag."""
    assert parse_entity_tag(value) is None


@pytest.mark.parametrize("piece", ['"', '"a"', '"a" ', ", ,", "W/", " "], ids=repr)
def test_a_megabyte_of_one_piece_is_judged_in_linear_time(piece: str) -> None:
    """No repeated piece makes the parser backtrack: quadratic time would hit the time limit."""
    value = piece * (1_000_000 // len(piece)) + "!"
    with pytest.raises(MalformedField):
        parse_entity_tags("If-Match", value)

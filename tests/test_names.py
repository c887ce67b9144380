"""kvput.names: segments to file names and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvput.names import decode_segment, encode_segment, fold, resource_name
from kvput.paths import collection_at, resource_at
from tests.strategies import characters


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        ".git",
        ".counter",
        "a.",
        "a ",
        "a%",
        "a%2",
        "a%2fb",  # lower case
        "%61",  # needs no escape
        "%2E",  # the segment would be "."
        "%2E.",
        "%2E%2E",
        "%00",
        "a%FF",
        "%ED%A0%80",
        "a?b",
        "a:b",
        "a\\b",
        "a/b",
        "con",
        "NUL.txt",
        "a.json",
        "a.JSON",
        "u\u0308",  # not NFC
        "a%CC%81",  # a combining mark behind no escape
        "%2E\u0301",  # a combining mark behind one
        "\udcff",
        "a" * 251,
    ],
)
def test_a_name_that_no_segment_encodes_to_is_no_name(name: str) -> None:
    """Of all file names only the canonical ones are read."""
    assert decode_segment(name) is None
    assert resource_name(name + ".json") is None
    assert resource_at(f"a/{name}.json") is None or "/" in name
    assert collection_at(f"a/{name}") is None or "/" in name


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Articles", "articles", True),
        ("ÜBER", "über", True),
        ("u\u0308ber", "über", True),
        ("STRASSE", "straße", True),
        ("Σ", "ς", True),
        ("\u1e9e", "SS", True),
        ("a\u200db", "ab", True),
        ("\u0345\u0301", "\u03b9\u0301", False),
        ("\u1fb3", "\u03b1\u03b9", True),
        ("a\ufe0f", "A", True),
        ("resume", "résumé", False),
        ("a", "b", False),
        ("I", "\u0131", False),
        ("%2F", "%2f", True),
    ],
)
def test_folding_shows_which_names_a_disk_confuses(one: str, other: str, same: bool) -> None:
    """Case, normalisation and ignorable characters do not tell names apart; accents do."""
    assert (fold(one) == fold(other)) is same


@given(st.text(characters, max_size=12))
def test_a_decoded_name_encodes_to_itself(name: str) -> None:
    """Any file name is either the encoding of exactly what it decodes to, or no name."""
    segment = decode_segment(name)
    assert segment is None or encode_segment(segment) == name


@given(st.text(characters, max_size=12))
def test_folding_twice_folds_no_further(name: str) -> None:
    """What is folded stays as it is."""
    assert fold(fold(name)) == fold(name)

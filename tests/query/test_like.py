"""Patterns of `_like`."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvput.query.like import Pattern


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("amm", "Hammer", True),
        ("AMM", "hammer", True),
        ("x", "Hammer", False),
        ("", "Hammer", True),
        ("", "", True),
        # Held at the beginning and the end.
        ("^ham", "Hammer", True),
        ("^amm", "Hammer", False),
        ("mer$", "Hammer", True),
        ("mme$", "Hammer", False),
        ("^hammer$", "Hammer", True),
        ("^hammer$", "Hammerhead", False),
        ("^hammer$", "Sledgehammer", False),
        ("^$", "", True),
        ("^$", "x", False),
        ("^", "x", True),
        ("$", "x", True),
        ("^aa$", "a", False),
        ("^aba$", "ababa", False),
        # Any characters.
        ("h.*r", "Hammer", True),
        ("r.*h", "Hammer", False),
        ("^h.*r$", "Hammer", True),
        ("^ab.*ba$", "aba", False),
        ("^ab.*ba$", "abba", True),
        (".*", "", True),
        ("a.*", "xa", True),
        ("^.*a$", "xa", True),
        ("a.*a.*a", "aa", False),
        ("a.*a.*a", "a-a-a", True),
        ("a.*b", "a\nb", True),
        ("^a.*$", "a", True),
        # Alternatives.
        ("saw|plane", "Plane", True),
        ("^s|e$", "Table", True),
        ("^s|e$", "Hammer", False),
        ("a|", "Hammer", True),
        ("|", "", True),
        # Escapes.
        (r"a\.b", "a.b", True),
        (r"a\.b", "axb", False),
        (r"\^a", "^a", True),
        (r"^\^a", "^a", True),
        (r"a\$", "a$", True),
        (r"a\$", "ba", False),
        (r"a\|b", "a|b", True),
        (r"a\|b", "a", False),
        (r"\.*", ".*", True),
        (r"\.*", "x", False),
        (r"a\\b", r"a\b", True),
        (r"\w", "w", True),
        (r"\w", "x", False),
        ("a\\", "a\\", True),
        # Everything else stands for itself.
        ("a.b", "axb", False),
        ("a^b", "a^b", True),
        ("a$b", "a$b", True),
        ("[a-z]", "b", False),
        ("[a-z]", "x[a-z]", True),
        ("a+", "aa", False),
        ("a*", "b", False),
        ("(a", "(A", True),
        ("**", "**", True),
        # Case, beyond ASCII.
        ("straße", "STRASSE", True),
        ("É", "café", True),
        ("^ß", "ss", True),
    ],
)
def test_pattern(pattern: str, text: str, *, found: bool) -> None:
    """The subset of regular expressions means what it does there; the rest is text."""
    assert Pattern(pattern).matches(text) is found


def as_expression(pattern: str) -> str:
    """The regular expression that finds what the pattern finds."""
    alternatives = [""]
    for token in re.findall(r"\\.|\.\*|.", pattern, re.DOTALL):
        if token == "|":  # noqa: S105  # no password
            alternatives.append("")
        else:
            alternatives[-1] += token if token == ".*" else f"{token};"  # noqa: S105  # nor here
    return "|".join(map(_alternative, alternatives))


def _alternative(tokens: str) -> str:
    parts = re.findall(r"\\.;|\.\*|.;", tokens, re.DOTALL)
    start = parts[:1] == ["^;"]
    end = len(parts) > start and parts[-1] == "$;"
    middle = parts[start : len(parts) - end]
    body = "".join(part if part == ".*" else re.escape(part[-2]) for part in middle)
    return (r"\A" if start else "") + body + (r"\Z" if end else "")


@given(st.text("ab^$|.*\\", max_size=8), st.text("ab^$|.*\\", max_size=8))
def test_pattern_is_its_regular_expression(pattern: str, text: str) -> None:
    """Python's own engine, given the same pattern, finds the same."""
    expected = re.search(as_expression(pattern), text, re.DOTALL) is not None
    assert Pattern(pattern).matches(text) is expected


@pytest.mark.parametrize(
    "pattern",
    [
        ".*a" * 4000 + "b",
        "a.*" * 4000 + "$",
        "^" + "a.*" * 4000 + "b$",
        "a" * 8000 + "b",
        "a" * 4000 + "b" + "a" * 4000,
        ".*" * 4000,
        "^" * 8000,
        "\\" * 8000,
        "(a*)*" * 1600,
    ],
    ids=lambda pattern: pattern[:8],
)
def test_hostile_pattern_takes_linear_time(pattern: str) -> None:
    """What would make a backtracking engine run for ever is done at once."""
    begun = time.process_time()
    compiled = Pattern(pattern)
    for _ in range(20):
        compiled.matches("a" * 100_000)
    assert time.process_time() - begun < 2

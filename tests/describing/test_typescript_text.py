"""Literals, names and comments: no text gets out of the one that it is put into."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvput.describing.typescript_text import comment, literal, member_name, quoted


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("draft", '"draft"'),
        ('say "no"\n\\', '"say \\"no\\"\\n\\\\"'),
        ("é 日 😀", '"é 日 😀"'),
        ("\u202e\u2028\x9b\ud800", '"\\u202e\\u2028\\u009b\\ud800"'),
        ("\U000e0001", '"\\u{e0001}"'),
        (True, "true"),
        (None, "null"),
        (-5, "-5"),
        (2.5, "2.5"),
        (1e22, "1e+22"),
        (2**53, "9007199254740992"),
        (2**53 + 1, "number"),
        (10**400, "number"),
        (float("inf"), "number"),
        ([1, "a", []], '[1, "a", []]'),
        ({"a": 1, "b-c": None}, '{ a: 1; "b-c": null }'),
        ({}, "{}"),
    ],
)
def test_literal_of_a_value(value: object, text: str) -> None:
    """It is the type of this value alone, or where there is no such type, of its kind."""
    assert literal(value) == text


def test_literal_of_what_is_very_deep() -> None:
    """It ends somewhere."""
    value: object = 1
    for _ in range(500):
        value = [value]
    assert literal(value) == f"{'[' * 16}unknown{']' * 16}"


def test_what_is_no_json_has_no_literal() -> None:
    """A mistake of the caller is told."""
    with pytest.raises(TypeError, match="set"):
        literal({1})


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("title", "title"),
        ("$ref", "$ref"),
        ("new", "new"),
        ("first-name", '"first-name"'),
        ("1st", '"1st"'),
        ("", '""'),
        ("naïve", '"naïve"'),
        ("a\n", '"a\\n"'),
    ],
)
def test_member_names_are_quoted_where_they_must(name: str, written: str) -> None:
    """Words of the language are good names of members."""
    assert member_name(name) == written


@pytest.mark.parametrize(
    ("paragraphs", "written"),
    [
        ([], ""),
        (["Short."], "  /** Short. */\n"),
        (["One\r\ntwo\u2028three"], "  /**\n   * One\n   * two\n   * three\n   */\n"),
        (["One.", "Two."], "  /**\n   * One.\n   *\n   * Two.\n   */\n"),
        (["x" * 91], f"  /**\n   * {'x' * 91}\n   */\n"),
        (["a */ b **/"], "  /** a *\\/ b **\\/ */\n"),
        (["a\x1b[2J\u202e\tb"], "  /** a\\u001b[2J\\u202e b */\n"),
    ],
)
def test_comment(paragraphs: list[str], written: str) -> None:
    """Lines stay lines, and nothing in it is its end."""
    assert comment(paragraphs, "  ") == written


_hostile = st.lists(
    st.sampled_from(['"', "\\", "*/", "*", "/", "\n", "\r", "\u2028", "`", "${", "\ud800", "a"])
).map("".join)


@given(_hostile | st.text())
def test_no_text_ends_what_it_stands_in(text: str) -> None:
    """A literal is one line that holds the text; a comment ends once."""
    written = quoted(text)
    assert written.isprintable()
    as_json = re.sub(
        r"\\u\{(\w+)\}", lambda match: json.dumps(chr(int(match[1], 16)))[1:-1], written
    )
    assert json.loads(as_json) == text
    said = comment([text], "")
    assert said.count("*/") == bool(said)
    assert said.replace("\n", "").isprintable()
    said.encode()

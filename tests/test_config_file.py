"""The file itself: whether it is TOML, on which line each key stands, and how a fault is worded."""

import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvput.config_file import (
    CONFIG_FILE,
    ConfigFile,
    likely_meant,
    parse_config_file,
    read_config_file,
    shown,
)
from kvput.errors import ConfigError

FILE = Path("data") / CONFIG_FILE


def parsed(text: str) -> ConfigFile:
    """The file with this text."""
    return parse_config_file(FILE, text.encode())


def refusal(content: bytes) -> str:
    """What is said of content that is no TOML, behind the file's path."""
    with pytest.raises(ConfigError) as raised:
        parse_config_file(FILE, content)
    detail = raised.value.detail
    assert len(detail.splitlines()) == 1
    assert detail.endswith(".")
    assert detail.startswith(str(FILE))
    return detail.removeprefix(str(FILE))


# --- reading


def test_a_file_is_read(tmp_path: Path) -> None:
    """Its table and its text; what is said of collections is no option."""
    file = tmp_path / CONFIG_FILE
    file.write_bytes(b"port = 1\r\n[collections.posts]\r\n")
    read = read_config_file(file)
    assert read == ConfigFile(
        file, {"port": 1, "collections": {"posts": {}}}, "port = 1\n[collections.posts]\n"
    )
    assert read.options == {"port": 1}


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """It says nothing, and so does one in a folder that is not there, or is none."""
    (tmp_path / "file").touch()
    for file in (tmp_path / CONFIG_FILE, tmp_path / "no" / CONFIG_FILE, tmp_path / "file" / "x"):
        assert read_config_file(file) == ConfigFile(file, {})


def test_what_is_no_file(tmp_path: Path) -> None:
    """Nobody waits for a writer of a FIFO."""
    file = tmp_path / CONFIG_FILE
    os.mkfifo(file)
    with pytest.raises(ConfigError) as raised:
        read_config_file(file)
    assert raised.value.detail == f"{file}: cannot be read: it is no file."


OPEN_TEXT = "is not TOML: a text is not closed before its line ends."
OPEN_AT_THE_END = "is not TOML: a text is not closed before the file ends."
NO_VALUE = (
    "is not TOML: a value must stand here: put texts in quotation marks, and write true and false "
    "in small letters."
)
NO_END = (
    "is not TOML: the line must end here: put texts in quotation marks, and begin a line for each "
    "key."
)
NO_EQUALS_SIGN = (
    "is not TOML: an equals sign must stand here: write key = value, and put a key in quotation "
    "marks that has other characters than a-z, A-Z, 0-9, _ and -."
)
NO_BRACKET = (
    "is not TOML: a bracket must close the header here: put a part of it in quotation marks that "
    'has other characters than a-z, A-Z, 0-9, _ and -, as in [collections."shop/orders"].'
)
NO_KEY = (
    "is not TOML: a key must stand here: write a table in braces on one line, without a comma at "
    "its end."
)
NO_TOML = {
    "at the end": (b"a = 1\nport = ", f":2: {NO_VALUE}"),
    "open at the end": (b"a = [\n1,\n\n", f":2: {NO_VALUE}"),
    "no key": (b"= 1", ":1:1: is not TOML: Invalid statement."),
    "no value": (b"a = 1\nport =\n", f":2:7: {NO_VALUE}"),
    "no quotation marks": (b"[a]\nto = users\n", f":2:6: {NO_VALUE}"),
    "in an array": (b"a = [x]", f":1:6: {NO_VALUE}"),
    "a capital letter": (b"many = True", f":1:8: {NO_VALUE}"),
    "other quotation marks": ("to = “users”".encode(), f":1:6: {NO_VALUE}"),
    "a text that begins as a number": (b"to = 1abc", f":1:7: {NO_END}"),
    "two on a line": (b"a = 1 b = 2", f":1:7: {NO_END}"),
    "a colon": (b'to: "users"', f":1:3: {NO_EQUALS_SIGN}"),
    "an odd key": ("größe = 1".encode(), f":1:3: {NO_EQUALS_SIGN}"),
    "a slash in a header": (b"[a.b/c]", f":1:5: {NO_BRACKET}"),
    "an open header": (b"a = 1\n[b\n", f":2:3: {NO_BRACKET}"),
    "a table of two lines": (b"x = {a = 1,\n b = 2}", f":1:12: {NO_KEY}"),
    "no comma": (
        b"a = [1 2]",
        ":1:8: is not TOML: a comma or a bracket must stand here: put a comma between the items.",
    ),
    "a backslash": (
        rb'a = "C:\data"',
        (
            ":1:10: is not TOML: a backslash stands for nothing here: write it twice, or the text "
            "in single quotation marks."
        ),
    ),
    "twice": (
        b"port = 1\nport = 2\n",
        ":2:9: is not TOML: this has a value already: leave one of the two out.",
    ),
    "open text": (b'host = "\n"', f":1:9: {OPEN_TEXT}"),
    "open text at the end": (b'host = "a', f":1: {OPEN_AT_THE_END}"),
    "open literal text at the end": (b"host = 'a", f":1: {OPEN_AT_THE_END}"),
    "carriage returns": (b"a = 1\r\nb =\r\n", f":2:4: {NO_VALUE}"),
    "not UTF-8": (
        "a = 1\nä = '".encode() + b"\xff'",
        ":2:6: is not TOML: a byte here is not UTF-8: save the file as UTF-8.",
    ),
    "nested": (b"a = " + b"[" * 5000, ": is nested too deeply to be read: write it flatter."),
    "digits": (b"a = " + b"1" * 5000, ": holds a number of too many digits: shorten it."),
}  # fmt: skip


@pytest.mark.parametrize(("content", "said"), NO_TOML.values(), ids=NO_TOML)
def test_what_is_no_toml(content: bytes, said: str) -> None:
    """The place is told in the form in which editors find it."""
    assert refusal(content) == said


# --- where a key stands

EVERY_KIND = '''\
# [not.a.table]
port = 1 # = [
"quoted key" = 2
'a.b' = 3
dotted . "key" = 4

many = [ # ]
  "]", [1,
  2], # [[
]
text = """
[not.a.table]
port = 3 \\""" ""
x"""""
literal = \'\'\'
\'\' [
\'\'\'\'\'
inline = {a = {"b c" = 1}, d = [{e = 1}]}

  [table . inner]  # of "quotes
after = 1
[table]
own = "\\"["
[[list]]
one = 1
[[list]]
one = 1
two = 2
[list.beneath]
three = 3
[""]
'' = 1
'''

LINES: list[tuple[tuple[str, ...], int]] = [
    ((), 1),
    (("port",), 2),
    (("quoted key",), 3),
    (("a.b",), 4),
    (("dotted",), 5),
    (("dotted", "key"), 5),
    (("many",), 7),
    (("text",), 11),
    (("literal",), 15),
    (("inline",), 18),
    (("inline", "a", "b c"), 18),
    (("inline", "d", "e"), 18),
    (("table", "inner"), 20),
    (("table",), 20),
    (("table", "inner", "after"), 21),
    (("table", "own"), 23),
    (("list",), 24),
    (("list", "one"), 25),
    (("list", "two"), 28),
    (("list", "beneath", "three"), 30),
    (("",), 31),
    (("", ""), 32),
    # What is not there: the line of what encloses it.
    (("nothing",), 1),
    (("not", "a"), 1),
    (("many", "0"), 7),
    (("port", "deeper"), 2),
    (("table", "inner", "missing"), 20),
    (("table", "missing"), 20),
]


@pytest.mark.parametrize(("keys", "line"), LINES, ids=repr)
def test_the_line_of_a_key(keys: tuple[str, ...], line: int) -> None:
    """Where the key begins, however it and its value are written."""
    assert parsed(EVERY_KIND).line_of(keys) == line
    assert parsed(EVERY_KIND.replace("\n", "\r\n")).line_of(keys) == line


def test_the_line_in_a_file_that_says_nothing() -> None:
    """There is a first line even then."""
    assert ConfigFile(FILE, {}).line_of(("port",)) == 1


VALUES = (
    "1", "'#'", '"]"', '"\\"["', "[\n1, # ]\n[2],\n]", "[ # '\n']', \"[\" ]", "{ a = [\n'}'\n] }",
    '"""\n[x]\nkey0 = 1\n"""', "'''\n'' [ '''''", '"""a""\\"""]"""', '""""["""""', "''", '""',
    "''''''", '"""\\\n  """', "1979-05-27T07:32:00Z", "{}", "[]",
)  # fmt: skip
BETWEEN = ("", "\n", "# [comment]\n", "  # '''\n", "\t\n\n", '# "\n# """\n')


@given(st.lists(st.tuples(st.sampled_from(BETWEEN), st.sampled_from(VALUES), st.booleans())))
def test_each_key_is_found_whatever_stands_around_it(
    statements: list[tuple[str, str, bool]],
) -> None:
    """No bracket, quote or hash in a text or comment leads astray."""
    text = ""
    header: tuple[str, ...] = ()
    expected: dict[tuple[str, ...], int] = {}
    for number, (between, value, begins_table) in enumerate(statements):
        text += between
        if begins_table:
            header = (f"table{number}", "inner")
            expected[header] = text.count("\n") + 1
            text += f" [{' . '.join(header)}] # [\n"
        keys: tuple[str, ...] = (*header, f"key{number}")
        expected[keys] = text.count("\n") + 1
        text += f"{keys[-1]} = {value} # ]\n"
    file = parsed(text)
    assert {keys: file.line_of(keys) for keys in expected} == expected


@pytest.mark.parametrize(
    ("text", "keys", "line"),
    [
        ("".join(f"key{number} = {number}\n" for number in range(1000)), ("key999",), 1000),
        ("a = [\n" + "1,\n" * 998 + "]\nb = 1\n", ("b",), 1001),
        ('a = """\n' + '"" \\\n' * 998 + '"""\nb = 1\n', ("b",), 1001),
        ("a = '''\n" + "'' [\n" * 998 + "'''\nb = 1\n", ("b",), 1001),
    ],
    ids=["keys", "array", "text", "literal text"],
)
def test_a_long_file(text: str, keys: tuple[str, ...], line: int) -> None:
    """Its lines are read once: that takes milliseconds."""
    file = parsed(text)
    begin = time.perf_counter()
    assert file.line_of(keys) == line
    assert time.perf_counter() - begin < 2


def test_a_key_of_very_many_parts() -> None:
    """It is gone through without a call for each."""
    text = "a." * 2_000 + "b = 1\n"
    assert parsed(text).line_of(("a",) * 2_000) == 1
    assert parsed(f"[{'a.' * 1_500}b]\nc = 1").line_of((*("a",) * 1_500, "b", "c")) == 2


# --- words


def test_a_fault_is_told_with_its_line() -> None:
    """In one line, as path, line, sentence."""
    file = parsed("a = 1\nb = 2\n")
    assert file.fault(("b",), "b: 2 is not 3.").detail == f"{FILE}:2: b: 2 is not 3."


@pytest.mark.parametrize(
    ("key", "guess"),
    [
        ("many", ", and 'many' is likely meant"),
        ("mani", ", and 'many' is likely meant"),
        ("onDelete", ", and 'on_delete' is likely meant"),
        ("MANY", ", and 'many' is likely meant"),
        ("x", ""),
        ("", ""),
    ],
)
def test_an_unknown_key(key: str, guess: str) -> None:
    """The known ones are named in order, and the one that was likely meant."""
    file = parsed(f"[top]\n'{key}' = 1\n")
    assert file.unknown(("top", key), ["on_delete", "many"]).detail == (
        f"{FILE}:2: the key {key!r} is unknown{guess}; known: many, on_delete."
    )


def test_a_very_long_name_is_compared_in_a_moment() -> None:
    """Only its beginning counts."""
    begin = time.perf_counter()
    assert likely_meant("many" * 1_000_000, ["many"]) is None
    assert time.perf_counter() - begin < 1


SHOWN = {
    "a = 'x'": "'x'",
    'a = "\\n"': r"'\n'",
    "a = true": "true",
    "a = 1.5": "1.5",
    "a = [true, 1]": "[true, 1]",
    "a = {b = 1}": "a table",
    "a = [{b = 1}, {}]": "[a table, a table]",
    "a = 1979-05-27": "1979-05-27",
    "a = 07:32:00": "07:32:00",
    "a = 1979-05-27T07:32:00Z": "1979-05-27T07:32:00+00:00",
    f"a = 0x{'f' * 5000}": "a number of very many digits",
    f"a = [0x{'f' * 5000}]": "[a number of very many digits]",
}


@pytest.mark.parametrize(("text", "words"), SHOWN.items(), ids=range(len(SHOWN)))
def test_how_a_value_is_shown(text: str, words: str) -> None:
    """As it may be written in the file, on one line."""
    assert shown(parsed(text).table["a"]) == words


@pytest.mark.parametrize(
    "text",
    [
        "a = '" + "x" * 1000 + "'",
        "a = [" + "1," * 1000 + "]",
        "a = " + "[" * 100 + "]" * 100,
        "a = " + "9" * 4000,
    ],
    ids=["text", "list", "lists", "number"],
)
def test_a_large_value_is_shown_in_short(text: str) -> None:
    """An error stays a line that can be read."""
    words = shown(parsed(text).table["a"])
    assert len(words) < 200
    assert "..." in words

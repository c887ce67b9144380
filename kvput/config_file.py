"""The file `kvput.toml`, read once, as a value that knows on which line each key stands.

Here belong the file's bytes, its TOML, and the words in which a fault is told:
`PATH:LINE: sentence`, the form in which editors and terminals find the place.
What the keys mean is for `kvput.config` (options) and `kvput.declared` (collections).
"""

import difflib
import os
import re
import reprlib
import stat
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time
from itertools import takewhile
from pathlib import Path
from typing import Final

from kvput.errors import ConfigError

CONFIG_FILE: Final = "kvput.toml"
"""The file's name in the data folder."""

COLLECTIONS: Final = "collections"
"""The one key at the file's top that is no option."""

_Keys = tuple[str, ...]

# What ends a statement, and what a line break does not end: brackets, and texts of several lines.
_TOKEN: Final = re.compile(
    r"""
      (?P<line_break>\n)
    | (?P<opening>[\[{])
    | (?P<closing>[\]}])
    | \#[^\n]*+
    | \"{3} (?: [^"\\] | \\. | "{1,2}(?!") )*+ "{3,5}
    | '{3} (?: [^'] | '{1,2}(?!') )*+ '{3,5}
    | " (?: [^"\\\n] | \\. )*+ "
    | ' [^'\n]*+ '
    | [^\n\[\]{}\#"']++
    """,
    re.VERBOSE | re.DOTALL,
)
_DEPTH: Final[Mapping[str | None, int]] = {"opening": 1, "closing": -1}

_PLACE: Final = re.compile(r" \(at (?:line ([0-9]+), column ([0-9]+)|end of document)\)\Z")
_CLEARER: Final[Mapping[str, str]] = {
    "Invalid value": (
        "a value must stand here: put texts in quotation marks, and write true and false in small "
        "letters"
    ),
    "Expected '=' after a key in a key/value pair": (
        "an equals sign must stand here: write key = value, and put a key in quotation marks that "
        "has other characters than a-z, A-Z, 0-9, _ and -"
    ),
    "Expected ']' at the end of a table declaration": (
        "a bracket must close the header here: put a part of it in quotation marks that has other "
        'characters than a-z, A-Z, 0-9, _ and -, as in [collections."shop/orders"]'
    ),
    "Expected newline or end of document after a statement": (
        "the line must end here: put texts in quotation marks, and begin a line for each key"
    ),
    "Invalid initial character for a key part": (
        "a key must stand here: write a table in braces on one line, without a comma at its end"
    ),
    "Cannot overwrite a value": "this has a value already: leave one of the two out",
    "Unclosed array": "a comma or a bracket must stand here: put a comma between the items",
    "Unescaped '\\' in a string": (
        "a backslash stands for nothing here: write it twice, or the text in single quotation marks"
    ),
    "Illegal character '\\n'": "a text is not closed before its line ends",
    "Unterminated string": "a text is not closed before the file ends",
    'Expected "\'"': "a text is not closed before the file ends",
}
"""What Python says of some TOML, what that means, and what to do."""


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """What the file says: `table` is its TOML, `text` where that comes from.

    A file that is not there says nothing.
    """

    path: Path
    table: Mapping[str, object]
    text: str = ""

    @property
    def options(self) -> Mapping[str, object]:
        """All but what is said of collections."""
        return {key: value for key, value in self.table.items() if key != COLLECTIONS}

    def line_of(self, keys: _Keys) -> int:
        """The first line, from 1, on which the key or the table of this path is written.

        Where it is not, as for a key in an array, the line of what encloses it: of as
        many of the keys as are found. The whole text is read for this, statement by statement.
        """
        found, most = 1, 0
        header: _Keys = ()
        for line, statement in _statements(self.text):
            # A statement is TOML of its own, and means the same without what surrounds it.
            table = tomllib.loads(statement)
            if statement.lstrip().startswith("["):
                header = _header(table)
                depth = _in_common(header, keys)
            elif keys[: len(header)] == header:
                depth = len(header) + _depth(table, keys[len(header) :])
            else:
                continue
            if depth > most:
                found, most = line, depth
        return found

    def fault(self, keys: _Keys, sentence: str) -> ConfigError:
        """The error that tells of a fault at this place; the sentence begins in lower case."""
        return ConfigError(f"{self.path}:{self.line_of(keys)}: {sentence}")

    def unknown(self, keys: _Keys, known: Iterable[str]) -> ConfigError:
        """The error for a key that means nothing here: names those that do, and the likely one."""
        names = sorted(known)
        likely = likely_meant(keys[-1], names)
        guess = "" if likely is None else f", and {likely!r} is likely meant"
        return self.fault(
            keys, f"the key {shown(keys[-1])} is unknown{guess}; known: {', '.join(names)}."
        )


# --- reading


def read_config_file(path: Path) -> ConfigFile:
    """What the file under this path says. Raises ConfigError."""
    return parse_config_file(path, file_content(path))


def file_content(path: Path) -> bytes:
    """The file's bytes, none where there is no file. Raises ConfigError where it cannot be read."""
    try:
        mode = path.stat().st_mode
        # Opening a FIFO that somebody left here would wait for its writer.
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise ConfigError(f"{path}: cannot be read: it is no file.")
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return b""
    except OSError as error:
        if not os.access(path.parent, os.X_OK):
            return b""  # The folder itself is closed: who opens it says so.
        raise ConfigError(f"{path}: cannot be read: {os.strerror(error.errno or 0)}.") from None


def parse_config_file(path: Path, content: bytes) -> ConfigFile:
    """What these bytes say, which are the file's under `path`. Raises ConfigError."""
    try:
        text = content.decode().replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line, column = before.count(b"\n") + 1, len(before.rpartition(b"\n")[2].decode()) + 1
        said = "a byte here is not UTF-8: save the file as UTF-8"
        raise ConfigError(f"{path}:{line}:{column}: is not TOML: {said}.") from None
    try:
        return ConfigFile(path, tomllib.loads(text), text)
    except tomllib.TOMLDecodeError as error:
        raise _not_toml(path, text, str(error)) from None
    except RecursionError:
        raise ConfigError(f"{path}: is nested too deeply to be read: write it flatter.") from None
    except ValueError:  # Python's bound for decimal digits
        raise ConfigError(f"{path}: holds a number of too many digits: shorten it.") from None


def _not_toml(path: Path, text: str, said: str) -> ConfigError:
    place = str(text.rstrip().count("\n") + 1)
    match = _PLACE.search(said)
    if match is not None:
        said = said[: match.start()]
        if match[1] is not None:  # else at the end
            place = f"{match[1]}:{match[2]}"
    return ConfigError(f"{path}:{place}: is not TOML: {_CLEARER.get(said, said)}.")


# --- where a key stands


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """The statements of a TOML text, and what lies between them, each with the line of its start.

    Every statement ends with its line, unless that leaves a bracket or a text open.
    """
    line, start, depth = 1, 0, 0
    text += "\n"
    for token in _TOKEN.finditer(text):
        depth += _DEPTH.get(token.lastgroup, 0)
        if token.lastgroup == "line_break" and depth == 0:
            yield line, text[start : token.end()]
            line += text.count("\n", start, token.end())
            start = token.end()


def _header(table: Mapping[str, object]) -> _Keys:
    """The keys in a table's header, of which `table` is what TOML makes: `[a.b]`, `[[a.b]]`."""
    keys: list[str] = []
    inner: object = table
    while isinstance(inner, dict) and inner:
        ((key, inner),) = inner.items()
        keys.append(key)
    return tuple(keys)


def _in_common(one: _Keys, other: _Keys) -> int:
    """How many keys both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _depth(table: Mapping[str, object], keys: _Keys) -> int:
    """How many of the keys lead from table to table in this one."""
    depth = 0
    inner: object = table
    for key in keys:
        if not isinstance(inner, dict) or key not in inner:
            break
        inner = inner[key]
        depth += 1
    return depth


# --- words


def likely_meant(name: str, known: Iterable[str]) -> str | None:
    """The one of the known names that is nearest to this one; None where none is near."""
    near = difflib.get_close_matches(name[:100].lower(), known, n=1)
    return near[0] if near else None


def shown(value: object) -> str:
    """A value of the file for an error's sentence: on one line, and not too long."""
    return _SHORT.repr(value)


class _Short(reprlib.Repr):
    """Values in short, as they may be written in TOML. A method for each type, by its name."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = 60

    def repr_bool(self, value: bool, _level: int) -> str:
        return str(value).lower()

    def repr_int(self, value: int, level: int) -> str:
        try:
            return super().repr_int(value, level)
        except ValueError:  # Python's bound for decimal digits
            return "a number of very many digits"

    def repr_dict(self, _value: dict[str, object], _level: int) -> str:
        return "a table"

    def repr_date(self, value: date | time, _level: int) -> str:
        return value.isoformat()

    repr_time = repr_datetime = repr_date


_SHORT: Final = _Short()

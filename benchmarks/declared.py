"""What `kvput.toml` declares in the works that are about it, and folders that begin alike.

Such works are kvput's alone: each is compared with the same one where nothing is declared. What
is in their folders is in `related` and `records`.
"""

import os
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Final

File = tuple[str, bytes]
"""Where a file is in a folder, and its content."""

DECLARED_IN: Final = "kvput.toml"


class Declared(StrEnum):
    """What is declared of the articles of a folder."""

    NOTHING = "nothing"
    RELATION = "relation"
    CASCADE = "cascade"
    SCHEMA = "schema"
    UNIQUE = "unique"


_RELATION: Final = """\
[collections.articles.relations.author]
to = "authors"
inverse = "articles"
"""
_TEXTS: Final = {
    Declared.NOTHING: "",
    Declared.RELATION: _RELATION,
    Declared.CASCADE: f'{_RELATION}on_delete = "cascade"\n',
    Declared.SCHEMA: '[collections.articles]\nschema = "schemas/article.json"\n',
    Declared.UNIQUE: '[collections.articles]\nunique = ["slug"]\n',
}


def declaring(declared: Declared) -> File:
    """The file that declares it."""
    return DECLARED_IN, _TEXTS[declared].encode()


def restore(folder: Path, files: Iterable[File]) -> None:
    """Have the folder hold these files, whatever a run has left there; most will be there."""
    there: dict[str, set[str]] = {}
    for place, content in files:
        directory, _, name = place.rpartition("/")
        if directory not in there:
            (folder / directory).mkdir(parents=True, exist_ok=True)
            there[directory] = set()
        there[directory].add(name)
        path = f"{folder}/{place}"
        if _content(path) != content:
            Path(path).write_bytes(content)
    for directory, names in there.items():
        for name in _others(folder, directory, names):
            (folder / directory / name).unlink()


def differing(folder: Path, files: Iterable[File]) -> set[str]:
    """Where the folder holds something else, or nothing, or more, but for what is the server's."""
    there: dict[str, set[str]] = {}
    found: set[str] = set()
    for place, content in files:
        directory, _, name = place.rpartition("/")
        there.setdefault(directory, set()).add(name)
        if _content(f"{folder}/{place}") != content:
            found.add(place)
    for directory, names in there.items():
        more = (name for name in _others(folder, directory, names) if not name.startswith("."))
        found.update(f"{directory}/{name}" for name in more)
    return found


def _content(path: str) -> bytes | None:
    # There are a hundred thousand: each is opened with as little ado as can be.
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        return os.read(descriptor, 1 << 20)
    finally:
        os.close(descriptor)


def _others(folder: Path, directory: str, names: set[str]) -> Iterator[str]:
    """The files of a collection that have none of these names."""
    if directory:
        yield from (
            entry.name for entry in (folder / directory).iterdir() if entry.name not in names
        )

"""Files that declare something, for the tests of what is made of them."""

from pathlib import Path

import pytest

from kvput.config_file import CONFIG_FILE, parse_config_file
from kvput.declarations import Declaration, Declarations
from kvput.declared import declarations_in
from kvput.errors import ConfigError
from kvput.paths import CollectionPath

FILE = Path("data") / CONFIG_FILE

POSTS = CollectionPath(("posts",))
AUTHORS = CollectionPath(("authors",))


def everywhere(_: CollectionPath) -> bool:
    """Every collection has a folder."""
    return True


def declared(text: str) -> Declarations:
    """What a file of this text declares."""
    return declarations_in(parse_config_file(FILE, text.encode()), everywhere)


def declared_of_posts(text: str) -> Declaration:
    """What a file of this text declares of `posts`."""
    return declared(text).collections[POSTS]


def refusal(text: str) -> tuple[int, str]:
    """The line and the sentence of what is wrong with a file of this text."""
    with pytest.raises(ConfigError) as raised:
        declared(text)
    detail = raised.value.detail
    assert len(detail.splitlines()) == 1
    assert detail.endswith(".")
    _, line, sentence = detail.split(":", 2)
    assert detail == f"{FILE}:{line}:{sentence}"
    return int(line), sentence.removeprefix(" ")

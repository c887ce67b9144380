"""The page on what is declared of collections: its keys, their defaults, and its examples."""

import re
from pathlib import Path

import pytest

from kvput.declared.keys import COLLECTION
from tests.declared.declaring import POSTS, declared, refusal

PAGE = (Path(__file__).parents[1] / "docs" / "collections.md").read_text("utf-8")

RELATION = '[collections.posts.relations.author]\nto = "authors"\ninverse = "posts"\n'
TABLES = [
    re.findall(r"^\| `(\w+)` \| (.+?) \| .+ \|$", table, re.MULTILINE)
    for table in re.findall(r"(?:^\|.*\n)+", PAGE, re.MULTILINE)
]
OF_COLLECTION, OF_TIMESTAMPS, OF_RELATION = TABLES


def known(header: str) -> set[str]:
    """The keys that are named where one below this header is unknown."""
    _, sentence = refusal(f'{header}\n"?" = 1\n')
    return set(sentence.rpartition("known: ")[2].removesuffix(".").split(", "))


def test_every_key_is_on_the_page() -> None:
    """None is missing, and none is there that means nothing."""
    assert {key for key, _ in OF_COLLECTION} == set(COLLECTION) == known("[collections.posts]")
    assert {key for key, _ in OF_TIMESTAMPS} == known("[collections.posts.timestamps]")
    assert {key for key, _ in OF_RELATION} == known(RELATION)


@pytest.mark.parametrize(
    ("header", "key", "default"),
    [
        (header, key, default.strip("`"))
        for header, table in (("[collections.posts]\n", OF_COLLECTION), (RELATION, OF_RELATION))
        for key, default in table
        if default.startswith("`")
    ],
)
def test_default_is_what_holds_without_the_key(header: str, key: str, default: str) -> None:
    """To write it changes nothing."""
    written, without = declared(f"{header}{key} = {default}\n"), declared(header)
    assert written.collections[POSTS] == without.collections[POSTS]


def test_example_is_taken_and_sets_every_key() -> None:
    """It can be copied as it is."""
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    values = declared(example)
    assert [path.url for path in values.collections] == ["/articles", "/shop/orders"]
    assert all(re.search(rf"^{key} = |\.{key}\.", example, re.MULTILINE) for key in COLLECTION)


def test_mistake_is_told_as_the_page_shows() -> None:
    """With its line, and the key that was likely meant."""
    line, sentence = refusal('[collections.articles.relations.author]\ninverze = "articles"\n')
    assert f"kvput: data/kvput.toml:{line}: {sentence}" in PAGE

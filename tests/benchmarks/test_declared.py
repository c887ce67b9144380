"""What is declared in the works that are about it, and the folders that they begin with."""

from pathlib import Path

import pytest

from benchmarks.declared import DECLARED_IN, Declared, declaring, differing, restore
from kvput.config_file import parse_config_file
from kvput.declarations import Declarations, OnDelete
from kvput.declared.reading import declarations_in
from kvput.paths import CollectionPath, ResourcePath

ARTICLES = CollectionPath(("articles",))
FILES = [
    ("kvput.toml", b""),
    ("articles/1.json", b"one"),
    ("articles/2.json", b"two"),
    ("authors/1.json", b"somebody"),
]


def declared(what: Declared) -> Declarations:
    """What kvput takes from the file."""
    place, content = declaring(what)
    assert place == DECLARED_IN
    return declarations_in(parse_config_file(Path(place), content), lambda _: True)


def test_each_declaration_says_what_its_name_says() -> None:
    """kvput itself reads it so."""
    assert declared(Declared.NOTHING).collections == {}
    for what, on_delete in (
        (Declared.RELATION, OnDelete.RESTRICT),
        (Declared.CASCADE, OnDelete.CASCADE),
    ):
        (relation,) = declared(what).relations
        assert (relation.collection, relation.member) == (ARTICLES, "author")
        assert (relation.to.url, relation.inverse) == ("/authors", "articles")
        assert relation.on_delete is on_delete
    schema = declared(Declared.SCHEMA).collections[ARTICLES].schema
    assert schema == ResourcePath(("schemas", "article"))
    assert declared(Declared.UNIQUE).collections[ARTICLES].unique == ("slug",)


def test_folder_is_restored_whatever_a_run_has_left(tmp_path: Path) -> None:
    """What changed, went or came is as it was; what was not touched is not written."""
    restore(tmp_path, FILES)
    assert differing(tmp_path, FILES) == set()
    untouched = (tmp_path / "articles/2.json").stat()
    (tmp_path / "articles/1.json").write_bytes(b"another")
    (tmp_path / "authors/1.json").unlink()
    for place in ("articles/3.json", "articles/.counter", ".kvput"):
        (tmp_path / place).write_bytes(b"new")
    restore(tmp_path, FILES)
    assert {place: (tmp_path / place).read_bytes() for place, _ in FILES} == dict(FILES)
    assert sorted(file.name for file in (tmp_path / "articles").iterdir()) == ["1.json", "2.json"]
    assert (tmp_path / "articles/2.json").stat().st_mtime_ns == untouched.st_mtime_ns
    assert (tmp_path / ".kvput").exists()


@pytest.mark.parametrize(
    ("place", "content", "found"),
    [
        ("articles/1.json", b"another", {"articles/1.json"}),
        ("articles/1.json", None, {"articles/1.json"}),
        ("articles/3.json", b"new", {"articles/3.json"}),
        ("articles/.counter", b"7", set()),
        ("articles/2.json", b"two", set()),
    ],
)
def test_difference_is_found(
    place: str, content: bytes | None, found: set[str], tmp_path: Path
) -> None:
    """Each file that changed, went or came; a counter is the server's own."""
    restore(tmp_path, FILES)
    if content is None:
        (tmp_path / place).unlink()
    else:
        (tmp_path / place).write_bytes(content)
    assert differing(tmp_path, FILES) == found

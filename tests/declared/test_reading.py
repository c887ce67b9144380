"""Declarations as they come out of a file."""

import os
from pathlib import Path

import pytest

from kvput.config_file import CONFIG_FILE
from kvput.declarations import (
    NOTHING_DECLARED,
    Dangling,
    Declaration,
    OnDelete,
    Relation,
    Timestamps,
)
from kvput.declared import declarations_of, folders_in
from kvput.errors import ConfigError
from kvput.paths import CollectionPath, ResourcePath
from tests.declared.declaring import AUTHORS, POSTS, declared, refusal
from tests.store.files.mounts import as_nobody, open_place

ALL = """\
port = 80

[collections.posts]
schema = "schemas/post.json"
unique = ["slug"]
readonly = ["views"]
timestamps = {created = "createdAt", updated = "updatedAt"}

[collections.posts.relations.author]
to = "authors"
inverse = "post"
many = true
inverse_many = false
on_delete = "cascade"
required = true
dangling = "allow"

[collections.posts.relations.editor]
to = "authors"

[collections."shop/orders"]
readonly = true
"""


def test_all_that_can_be_declared() -> None:
    """Every key has its value; what is left out, its default."""
    found = declared(ALL)
    orders = CollectionPath(("shop", "orders"))
    author = Relation(
        collection=POSTS,
        member="author",
        to=AUTHORS,
        many=True,
        inverse="post",
        inverse_many=False,
        on_delete=OnDelete.CASCADE,
        required=True,
        dangling=Dangling.ALLOW,
    )
    editor = Relation(
        collection=POSTS,
        member="editor",
        to=AUTHORS,
        many=False,
        inverse=None,
        inverse_many=True,
        on_delete=OnDelete.RESTRICT,
        required=False,
        dangling=Dangling.REFUSE,
    )
    assert found.collections == {
        POSTS: Declaration(
            POSTS,
            relations=(author, editor),
            schema=ResourcePath(("schemas", "post")),
            unique=("slug",),
            readonly=False,
            readonly_members=frozenset({"views"}),
            timestamps=Timestamps("createdAt", "updatedAt"),
        ),
        orders: Declaration(orders, readonly=True),
    }
    assert found.relations == (author, editor)


def test_the_line_of_a_schema() -> None:
    """So that who is told of it finds the place; it makes no other declaration of it."""
    found = declared(ALL)
    assert found.collections[POSTS].schema_line == 4
    assert found.collections[CollectionPath(("shop", "orders"))].schema_line is None


@pytest.mark.parametrize("text", ["", "port = 80\n", "collections = {}\n", "[collections]\n"])
def test_nothing_declared(text: str) -> None:
    """A file of options declares nothing."""
    assert declared(text).collections == {}


SYMMETRIC = [
    ("", False, False),
    ("many = true", True, True),
    ("many = true\ninverse_many = true", True, True),
    ("inverse_many = false", False, False),
    ('on_delete = "unlink"', False, False),
]


@pytest.mark.parametrize(("lines", "many", "inverse_many"), SYMMETRIC)
def test_a_relation_that_is_its_own_inverse(lines: str, many: bool, inverse_many: bool) -> None:
    """Both sides hold as many, and what is deleted is taken out of the others."""
    text = f'[collections.posts.relations.near]\nto = "posts"\ninverse = "near"\n{lines}\n'
    (relation,) = declared(text).relations
    assert relation.is_symmetric
    assert (relation.many, relation.inverse_many) == (many, inverse_many)
    assert relation.on_delete is OnDelete.UNLINK


@pytest.mark.parametrize("inverse", ['inverse = "parts"\n', ""])
def test_a_relation_to_its_own_collection(inverse: str) -> None:
    """A tree is not symmetric: its defaults are those of every relation."""
    (relation,) = declared(
        f'[collections.posts.relations.whole]\nto = "posts"\n{inverse}'
    ).relations
    assert not relation.is_symmetric
    assert relation.inverse_many
    assert relation.on_delete is OnDelete.RESTRICT


def test_one_collection_declared_twice() -> None:
    """Two spellings that are one path are told of."""
    text = '[collections."\u00e4"]\n\n[collections."a\u0308"]\n'
    assert refusal(text) == (
        3,
        "collections: 'a\u0308' declares /%C3%A4 again: declare it once.",
    )


# --- from a folder


def test_a_folder_that_declares_something(tmp_path: Path) -> None:
    """A relation may lead to what is declared, or there as a folder."""
    file = tmp_path / CONFIG_FILE
    (tmp_path / "file").touch()
    for to in ("authors", "shop/orders", "posts"):
        file.write_text(f'[collections.posts.relations.x]\nto = "{to}"\n[collections.authors]\n')
        (tmp_path / "shop" / "orders").mkdir(parents=True, exist_ok=True)
        (relation,) = declarations_of(tmp_path).relations
        assert relation.to == CollectionPath(tuple(to.split("/")))


@pytest.mark.parametrize(
    ("to", "key"),
    [
        ("nowhere", "nowhere"),
        ("file", "file"),
        ("shop/nowhere", "'shop/nowhere'"),
        ("file/deep", "'file/deep'"),
    ],
)
def test_a_relation_to_nowhere(tmp_path: Path, to: str, key: str) -> None:
    """A slip in a name is told, and a folder that is still to be made."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "file").touch()
    file = tmp_path / CONFIG_FILE
    file.write_text(f'[collections.shop]\n[collections.posts.relations.x]\nto = "{to}"\n')
    with pytest.raises(ConfigError) as raised:
        declarations_of(tmp_path)
    assert raised.value.detail == (
        f"{file}:3: to: /{to} is neither declared nor a folder: correct the name, or add "
        f"[collections.{key}]."
    )


def test_a_folder_without_a_file(tmp_path: Path) -> None:
    """It declares nothing, and neither does one that is not there."""
    assert declarations_of(tmp_path) is NOTHING_DECLARED
    assert declarations_of(tmp_path / "none") is NOTHING_DECLARED


def test_a_folder_that_may_not_be_entered() -> None:
    """What is behind it is not there, for all that can be seen."""
    with open_place() as place:
        (place / "shut" / "inner").mkdir(parents=True)
        inner = CollectionPath(("shut", "inner"))
        assert folders_in(place)(inner)
        os.chmod(place / "shut", 0)  # noqa: PTH101
        with as_nobody():
            assert not folders_in(place)(inner)

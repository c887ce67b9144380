"""The addresses of what stands at the top, over each store."""

from collections.abc import AsyncIterator
from pathlib import Path
from unittest.mock import Mock

import pytest

from kvput.errors import Unreadable
from kvput.paths import CollectionPath
from kvput.resources.root import TopLevel, top_level
from kvput.store.base import Names, RaiseCounter, Store, View
from kvput.store.memory import MemoryStore
from tests.store.tools import collection, opened, put, writing


@pytest.fixture(params=["memory", "files"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """A store without content, of each kind."""
    if request.param == "memory":
        yield MemoryStore()
    else:
        async with opened(tmp_path) as files:
            yield files


@pytest.mark.parametrize(
    ("urls", "collections", "resources"),
    [
        ((), (), ()),
        (("/site",), (), ("/site",)),
        (("/articles/1",), ("/articles",), ()),
        (("/deep/er/1",), ("/deep/",), ()),
        (("/deep/er/1", "/deep/1"), ("/deep",), ()),
        (("/a/b/1", "/a"), ("/a/",), ("/a",)),
        (("/b10/1", "/b9/1", "/c%20d", "/a"), ("/b9", "/b10"), ("/a", "/c%20d")),
    ],
)
async def test_each_address_leads_to_what_stands_there(
    store: Store, urls: tuple[str, ...], collections: tuple[str, ...], resources: tuple[str, ...]
) -> None:
    """A collection that its bare name does not name has its closing slash."""
    for url in urls:
        await put(store, url)
    assert await store.read(top_level) == TopLevel(collections, resources)


async def test_a_collection_that_was_emptied_keeps_its_bare_name(store: Store) -> None:
    """Its counter is what is left of it."""
    await store.commit(writing(RaiseCounter(collection("/articles/"), 7)))
    assert await store.read(top_level) == TopLevel(("/articles",), ())


async def test_a_collection_beside_a_resource_of_its_name(tmp_path: Path) -> None:
    """A hand can hide one: the bare name is the resource's."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.json").write_text("{}")
    (tmp_path / "a.json").write_text("{}")
    async with opened(tmp_path) as store:
        assert await store.read(top_level) == TopLevel(("/a/",), ("/a",))


def test_a_directory_that_cannot_be_read_hides_no_other() -> None:
    """It is listed as well: its address says what is wrong with it."""

    def is_collection(path: CollectionPath) -> bool:
        if path == collection("/closed/"):
            raise Unreadable("closed cannot be read.")
        return True

    view = Mock(View, is_collection=is_collection)
    view.names.return_value = Names((), (collection("/closed/"), collection("/open/")))
    assert top_level(view) == TopLevel(("/closed/", "/open"), ())


def test_a_root_that_is_gone() -> None:
    """There is nothing to list."""

    view = Mock(View)
    view.names.return_value = None
    assert top_level(view) == TopLevel((), ())

"""Collections that are declared, and in which nothing is stored yet, over each store."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from kvput.declarations import NOTHING_DECLARED
from kvput.query.selection import EVERYTHING, Selected
from kvput.resources.declared_view import with_declared
from kvput.resources.root import TopLevel, top_level
from kvput.store.base import Store, View
from kvput.store.memory import MemoryStore
from tests.declared.declaring import declared
from tests.store.tools import collection, opened, put

DECLARED = declared('[collections]\nusers = {}\n"shop/orders" = {}\n"a/1/b" = {}\n')


@pytest.fixture(params=["memory", "files"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """A store without content, of each kind."""
    if request.param == "memory":
        yield MemoryStore()
    else:
        async with opened(tmp_path) as files:
            yield files


async def seen(store: Store, look: Callable[[View], object]) -> object:
    """What is seen of a store by these declarations."""
    return await store.read(lambda view: look(with_declared(view, DECLARED)))


@pytest.mark.parametrize(
    ("url", "is_there"),
    [("/users/", True), ("/shop/orders/", True), ("/shop/", False), ("/posts/", False)],
)
async def test_what_is_declared_is_there(store: Store, url: str, is_there: bool) -> None:
    """With a list of nothing, and without names."""
    path = collection(url)
    assert await seen(store, lambda view: view.is_collection(path)) is is_there
    expected = Selected((), 0) if is_there else None
    assert await seen(store, lambda view: view.select(path, EVERYTHING)) == expected
    assert (await seen(store, lambda view: view.names(path)) is not None) == (url != "/posts/")


async def test_a_collection_with_something_in_it_is_as_it_stands(store: Store) -> None:
    """It is named once, among the others, in natural order."""
    for url in ("/users/1", "/users/2", "/z/1", "/single"):
        await put(store, url)
    assert await seen(store, top_level) == TopLevel(("/users", "/z"), ("/single",))
    selected = await seen(store, lambda view: view.select(collection("/users/"), EVERYTHING))
    assert isinstance(selected, Selected)
    assert selected.total == 2


async def test_the_root_lists_what_is_declared_there(store: Store) -> None:
    """Not what is declared within another: its address leads through nothing yet."""
    assert await seen(store, top_level) == TopLevel(("/users",), ())
    await put(store, "/b/1")
    assert await seen(store, top_level) == TopLevel(("/b", "/users"), ())


async def test_a_resource_that_has_the_name_keeps_it(store: Store) -> None:
    """The collection is at the address with the slash."""
    await put(store, "/users")
    assert not await seen(store, lambda view: view.is_collection(collection("/users/")))
    assert await seen(store, top_level) == TopLevel(("/users/",), ("/users",))


async def test_a_collection_within_a_resource_that_is_not_there(store: Store) -> None:
    """It is named in what lies above it."""
    names = await seen(store, lambda view: view.names(collection("/a/1/")))
    assert names is not None
    assert names == await seen(store, lambda view: view.names(collection("/a/1/")))
    assert getattr(names, "collections", None) == (collection("/a/1/b/"),)


async def test_a_view_by_which_nothing_is_declared(store: Store) -> None:
    """It is the view itself."""
    assert await store.read(lambda view: with_declared(view, NOTHING_DECLARED) is view)

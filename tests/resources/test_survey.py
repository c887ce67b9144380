"""Surveys: which collections and resources are looked at, in any folder in bounded time."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from kvput.errors import Unreadable
from kvput.paths import CollectionPath, ResourcePath
from kvput.resources import survey as module
from kvput.resources.survey import Survey, begin
from kvput.store import open_store
from kvput.store.base import Put, Store, View
from kvput.store.memory import MemoryStore
from tests.store.tools import resource, writing


@pytest.fixture(params=["memory", "files"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """An empty store."""
    is_memory = request.param == "memory"
    opened: Store = MemoryStore() if is_memory else open_store(tmp_path, read_cache=1 << 20)
    try:
        yield opened
    finally:
        await opened.close()


async def put(store: Store, *urls: str, content: bytes = b"{}") -> None:
    """Store resources."""
    await store.commit(writing(*(Put(resource(url), content) for url in urls)))


async def surveyed(
    store: Store, look_through: Callable[[View], View] = lambda view: view
) -> Survey:
    """The survey of all that is there."""
    surveyor = await store.read(lambda view: begin(look_through(view)))
    while (look := surveyor.next()) is not None:
        found = await store.read(lambda view, look=look: look(look_through(view)))  # type: ignore[misc]
        surveyor.take(found)
    return surveyor.survey


def kinds(survey: Survey) -> dict[tuple[str | None, ...], list[str]]:
    """The names of the resources of each kind."""
    return {kind.segments: [item.name for item in kind.items] for kind in survey.kinds}


async def test_collections_and_resources_beside_them(store: Store) -> None:
    """Each collection with its resources, and the resources that are in none."""
    await put(store, "/articles/1", "/articles/10", "/articles/2", "/tags/a", "/site")
    survey = await surveyed(store)
    assert kinds(survey) == {("articles",): ["1", "2", "10"], ("tags",): ["a"]}
    assert [entry.path for entry in survey.singles] == [ResourcePath(("site",))]
    assert survey.is_complete


async def test_an_empty_store(store: Store) -> None:
    """Nothing is there, and that is all."""
    assert await surveyed(store) == Survey((), (), is_complete=True)


async def test_stretches_of_path_are_walked_through(store: Store) -> None:
    """A directory of directories is no collection; those in it are."""
    await put(store, "/shop/orders/1", "/shop/archive/2025/orders/1")
    assert list(kinds(await surveyed(store))) == [
        ("shop", "orders"),
        ("shop", "archive", "2025", "orders"),
    ]


async def test_collections_of_one_kind_are_put_together(store: Store) -> None:
    """Those that lie beneath resources, with the resources of all of them."""
    await put(store, "/posts/1", "/posts/1/comments/1", "/posts/2/comments/2", "/posts/3/likes/x")
    assert kinds(await surveyed(store)) == {
        ("posts",): ["1"],
        ("posts", None, "comments"): ["1", "2"],
        ("posts", None, "likes"): ["x"],
    }


async def test_a_resource_may_hide_a_collection(tmp_path: Path) -> None:
    """By a hand: the collection is told from the resource."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "1.json").write_text("{}")
    (tmp_path / "site.json").write_text("{}")
    store = open_store(tmp_path, read_cache=1 << 20)
    try:
        survey = await surveyed(store)
    finally:
        await store.close()
    assert [(kind.segments, kind.is_hidden) for kind in survey.kinds] == [(("site",), True)]
    assert len(survey.singles) == 1


async def test_a_collection_in_the_place_of_a_resource_is_left_out(store: Store) -> None:
    """Its address is that of a resource; those beneath it are not lost."""
    await put(store, "/posts/1", "/posts/x/1", "/posts/x/1/comments/1")
    survey = await surveyed(store)
    assert list(kinds(survey)) == [("posts",), ("posts", None, None, "comments")]
    assert not survey.is_complete


@pytest.mark.parametrize(
    ("name", "value", "urls"),
    [
        ("MOST_KINDS", 2, ["/a/1", "/b/1", "/c/1"]),
        ("MOST_KINDS", 2, ["/a", "/b", "/c"]),
        ("_MOST_DIRECTORIES", 2, ["/a/1", "/b/1", "/c/1"]),
    ],
)
async def test_what_is_too_much_is_left_out(
    store: Store, monkeypatch: pytest.MonkeyPatch, name: str, value: int, urls: list[str]
) -> None:
    """And the survey says so."""
    monkeypatch.setattr(module, name, value)
    await put(store, *urls)
    survey = await surveyed(store)
    assert len(survey.kinds) + len(survey.singles) == 2
    assert not survey.is_complete
    monkeypatch.setattr(module, name, 3)
    assert (await surveyed(store)).is_complete


async def test_of_many_resources_the_first_are_looked_at(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many, and as many bytes of them; one, however large it is."""
    monkeypatch.setattr(module, "MOST_ITEMS", 2)
    await put(store, "/a/1", "/a/2", "/a/3", "/p/1", "/p/1/b/1", "/p/2/b/2", "/p/3/b/3")
    assert kinds(await surveyed(store)) == {
        ("a",): ["1", "2"],
        ("p",): ["1"],
        ("p", None, "b"): ["1", "2"],
    }
    monkeypatch.setattr(module, "_MOST_BYTES", 1)
    assert kinds(await surveyed(store))["a",] == ["1"]


async def test_of_a_large_collection_no_names_are_read(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What lies in it is looked for beneath its first resources."""
    monkeypatch.setattr(module, "_MOST_NAMES", 2)
    await put(store, "/a/1", "/a/2", "/a/3", "/a/1/x/1", "/a/0/y/1")
    assert list(kinds(await surveyed(store))) == [("a",), ("a", None, "x")]


class _Closed:
    """A view in which one collection cannot be read."""

    def __init__(self, view: View) -> None:
        self._view = view

    def __getattr__(self, name: str) -> object:
        ask = getattr(self._view, name)

        def asked(path: object, *rest: object) -> object:
            if path in (CollectionPath(("closed",)), ResourcePath(("locked",))):
                raise Unreadable("It cannot be read.")
            return ask(path, *rest)

        return asked


async def test_what_cannot_be_read_is_not_there(store: Store) -> None:
    """The survey goes on without it."""
    await put(store, "/closed/1", "/open/1", "/locked", "/site")
    survey = await surveyed(store, _Closed)  # type: ignore[arg-type]
    assert list(kinds(survey)) == [("open",)]
    assert [entry.path.name for entry in survey.singles] == ["site"]

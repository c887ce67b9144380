"""The repair of a folder's links: one decision, which does what it has shown or nothing."""

import json
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import cast

import pytest

from kvput.declarations import Relation
from kvput.errors import Unreadable
from kvput.paths import ResourcePath
from kvput.resources.relations.repair import ChangedMeanwhile, ContentsNeeded, LinkRepair
from kvput.store.base import Entry, View
from kvput.store.memory import MemoryStore
from tests.resources.relations.tools import AUTHOR, PARENT, TAGGED, Texts, declarations
from tests.store.tools import content_of, put, resource

ONE_SIDED: Texts = {
    "/articles/5": '{"author": 1}',
    "/articles/6": '{"author": 9}',
    "/authors/1": '{"x": 1.50, "articles": [8, "7"]}',
    "/articles/7": '{ "author" : 2 }',
    "/authors/2": "",
}


async def store_with(texts: Texts) -> MemoryStore:
    """A store with these resources."""
    store = MemoryStore()
    for url, text in texts.items():
        await put(store, url, text.encode())
    return store


class Veiled:
    """A view that holds no content of some resources, and cannot read others."""

    def __init__(self, view: View, large: AbstractSet[str], closed: AbstractSet[str]) -> None:
        self._view = view
        self._large = large
        self._closed = closed
        self.names = view.names

    def get(self, path: ResourcePath) -> Entry | None:
        """See `View.get`."""
        if path.url in self._closed:
            raise Unreadable(f"{path.file} cannot be read.")
        entry = self._view.get(path)
        return (
            entry if entry is None or path.url not in self._large else replace(entry, content=None)
        )


def veiled(
    view: View, *, large: AbstractSet[str] = frozenset(), closed: AbstractSet[str] = frozenset()
) -> View:
    """The view, with less to see."""
    return cast("View", Veiled(view, large, closed))


async def test_all_is_done_in_one_commit() -> None:
    """What is told is done, and what is not touched keeps its bytes."""
    store = await store_with(ONE_SIDED)
    repair = LinkRepair(declarations(AUTHOR))
    shown = await store.read(repair.look)
    assert {each.path.url: each.sentences for each in shown} == {
        "/articles/6": ('sets "author" to null instead of 9.',),
        "/authors/1": ('takes 8 and "7" out of "articles", and puts 5 into "articles".',),
        "/authors/2": ('puts 7 into "articles".',),
    }
    commit = await store.commit(repair)
    assert [change.path for change in commit.changes] == [each.path for each in shown]
    assert await content_of(store, "/authors/1") == b'{"x": 1.50, "articles": [5]}'
    assert await content_of(store, "/authors/2") == b'{"articles": [7]}'
    assert await content_of(store, "/articles/6") == b'{"author": null}'
    assert await store.read(LinkRepair(declarations(AUTHOR)).look) == ()


async def test_nothing_is_done_where_all_is_well() -> None:
    """Nor where nothing is declared."""
    store = await store_with(ONE_SIDED)
    assert await store.read(LinkRepair(declarations()).look) == ()
    well = await store_with({"/articles/5": '{"author": 1}', "/authors/1": '{"articles": [5]}'})
    repair = LinkRepair(declarations(AUTHOR))
    assert await well.read(repair.look) == ()
    assert (await well.commit(repair)).changes == ()


CHANGES = [
    ("/authors/1", b'{"articles": [5]}'),
    ("/authors/1", b'{"x": 1, "articles": [8, "7"]}'),
    ("/articles/7", b'{"author": 1}'),
    ("/articles/10", b'{"author": 1}'),
]


@pytest.mark.parametrize(("url", "content"), CHANGES)
async def test_what_was_not_shown_is_not_done(url: str, content: bytes) -> None:
    """Whoever has agreed to something gets that, or an error."""
    store = await store_with(ONE_SIDED)
    repair = LinkRepair(declarations(AUTHOR))
    with pytest.raises(ChangedMeanwhile):
        await store.commit(repair)
    await store.read(repair.look)
    await put(store, url, content)
    with pytest.raises(ChangedMeanwhile, match="nothing was repaired: run it again"):
        await store.commit(repair)
    assert await content_of(store, "/authors/2") == b""


async def test_a_change_that_does_not_matter_is_none() -> None:
    """What is not to be repaired may change meanwhile."""
    store = await store_with(ONE_SIDED)
    repair = LinkRepair(declarations(AUTHOR))
    await store.read(repair.look)
    await put(store, "/articles/5", b'{"author": "1", "text": "new"}')
    assert len((await store.commit(repair)).changes) == 3


async def test_large_contents_are_asked_for_at_once() -> None:
    """A look names all that it needs, and is done with them."""
    store = await store_with(ONE_SIDED)
    repair = LinkRepair(declarations(AUTHOR))
    large = {"/authors/1", "/articles/7"}
    with pytest.raises(ContentsNeeded) as raised:
        await store.read(lambda view: repair.look(veiled(view, large=large)))
    assert {entry.path.url for entry in raised.value.entries} == large
    for entry in raised.value.entries:
        repair.held[entry.digest] = ONE_SIDED[entry.path.url].encode()
    shown = await store.read(lambda view: repair.look(veiled(view, large=large)))
    assert len(shown) == 3
    repair.held.clear()
    with pytest.raises(ChangedMeanwhile):
        await store.commit(lambda view: repair(veiled(view, large=large)))


async def test_what_cannot_be_read_is_left_alone() -> None:
    """Whom it names, nobody knows."""
    store = await store_with(ONE_SIDED)
    repair = LinkRepair(declarations(AUTHOR))
    closed = {"/authors/1"}
    shown = await store.read(lambda view: repair.look(veiled(view, closed=closed)))
    assert {each.path.url for each in shown} == {"/articles/6", "/authors/2"}


SENTENCES = [
    (AUTHOR, "/articles/5", '{"author": 9}', 'sets "author" to null instead of 9.'),
    (AUTHOR, "/articles/5", '{"author": "a b"}', 'sets "author" to null instead of "a b".'),
    (AUTHOR, "/articles/5", '{"author": "\\u001b[31m"}',
     'sets "author" to null instead of "U+001B[31m".'),
    (TAGGED, "/articles/5", '{"tags": [7]}', 'takes 7 out of "tags".'),
    (AUTHOR, "/articles/5", '{"author": "gone"}', 'sets "author" to null instead of "gone".'),
    (TAGGED, "/articles/5", '{"tags": [7, "8", "é"]}', 'takes 7, "8" and "é" out of "tags".'),
    (TAGGED, "/articles/5", '{"tags": ["gone", 7.0]}', 'takes "gone" and 7.0 out of "tags".'),
    (TAGGED, "/articles/5", json.dumps({"tags": list(range(1012))}),
     'takes 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 1,002 more out of "tags".'),
]  # fmt: skip


@pytest.mark.parametrize(("relation", "url", "text", "sentence"), SENTENCES)
async def test_what_is_done_is_told(relation: Relation, url: str, text: str, sentence: str) -> None:
    """In few words, however much it is, and nothing that steers a terminal."""
    store = await store_with({url: text})
    (repair,) = await store.read(LinkRepair(declarations(relation)).look)
    assert (repair.path, repair.sentences) == (resource(url), (sentence,))


async def test_ids_that_come_are_told_as_the_resources_call_themselves() -> None:
    """A text in quotation marks, a number bare."""
    texts = {
        "/articles/5": '{"tags": ["clay"]}', "/articles/6": '{"id": "6", "tags": ["clay"]}',
        "/articles/x": '{"tags": ["clay"]}', "/tags/clay": "{}",
    }  # fmt: skip
    store = await store_with(texts)
    (repair,) = await store.read(LinkRepair(declarations(TAGGED)).look)
    assert repair.sentences == ('puts 5, "6" and "x" into "articles".',)
    assert json.loads(repair.content) == {"articles": [5, "6", "x"]}


async def test_each_member_has_a_sentence() -> None:
    """One resource may be at fault in several."""
    texts = {
        "/people/1": '{"children": [1, 2, 9]}', "/people/2": '{"parent": 1}',
        "/people/3": '{"parent": 2, "children": [9]}',
    }  # fmt: skip
    store = await store_with(texts)
    shown = await store.read(LinkRepair(declarations(PARENT)).look)
    assert [(each.path.url, each.sentences) for each in shown] == [
        ("/people/1", ('sets "parent" to 1.', 'takes 9 out of "children".')),
        ("/people/2", ('puts 3 into "children".',)),
        ("/people/3", ('takes 9 out of "children".',)),
    ]

"""Unique members: which values a commit may bring in."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kvput.declarations import Declaration
from kvput.errors import NotUnique
from kvput.paths import CollectionPath, ResourcePath
from kvput.query.selection import Selected
from kvput.resources.needed import ContentNeeded
from kvput.resources.pending import PendingView
from kvput.resources.unique import require_unique
from kvput.semantics.validators import content_digest
from kvput.store.base import Batch, Delete, Entry, Put, View, Write
from kvput.store.memory import MemoryStore
from tests.resources.tools import CountingView
from tests.store.tools import collection, resource, seen, writing

ARTICLES = collection("/articles/")
DECLARATIONS = {ARTICLES: Declaration(ARTICLES, unique=("slug",))}


async def view_of(stored: Mapping[str, str]) -> View:
    """A view of a store that holds these contents."""
    store = MemoryStore()
    await store.commit(writing(*_puts(stored)))
    return await seen(store, lambda view: view)


def _puts(contents: Mapping[str, str]) -> list[Put]:
    return [Put(resource(url), content.encode()) for url, content in contents.items()]


def require(
    below: View,
    puts: Mapping[str, str],
    deleted: tuple[str, ...] = (),
    declarations: Mapping[CollectionPath, Declaration] = DECLARATIONS,
) -> None:
    """Ask about a commit that puts these contents, and deletes these resources."""
    view = PendingView(below)
    deletes: list[Write] = [Delete(resource(url)) for url in deleted]
    view.add(Batch((*deletes, *_puts(puts))))
    entries = [entry for url in puts if (entry := view.get(resource(url))) is not None]
    require_unique(view, declarations, entries, {}, below.get)


SLUG = '{"slug": "x"}'


@pytest.mark.parametrize(
    ("stored", "puts", "deleted"),
    [
        ({}, {"/articles/1": SLUG}, ()),
        ({"/articles/1": SLUG}, {"/articles/1": '{"slug": "x", "a": 1}'}, ()),
        ({"/articles/1": SLUG}, {"/articles/2": '{"slug": "X"}'}, ()),
        ({"/articles/1": SLUG}, {"/articles/2": '{"name": "x"}'}, ()),
        ({"/articles/1": SLUG}, {"/articles/2": '{"in": {"slug": "x"}}'}, ()),
        ({"/articles/1": SLUG}, {"/articles/2": SLUG}, ("/articles/1",)),
        ({"/articles/1": SLUG}, {"/articles/1": '{"slug": "y"}', "/articles/2": SLUG}, ()),
        (
            {"/articles/1": SLUG, "/articles/2": '{"slug": "y"}'},
            {"/articles/1": '{"slug": "y"}', "/articles/2": SLUG},
            (),
        ),
        ({"/articles/1": SLUG, "/articles/2": SLUG}, {"/articles/2": '{"slug":"x", "a": 1}'}, ()),
        (
            {"/articles/1": SLUG, "/articles/2": SLUG},
            {"/articles/1": '{"slug": "x", "a": 1}', "/articles/2": '{"slug": "x", "a": 2}'},
            (),
        ),
        ({"/authors/1": SLUG}, {"/authors/2": SLUG}, ()),
        ({"/authors/1": SLUG, "/articles/1/parts/1": SLUG}, {"/articles/2": SLUG}, ()),
        ({"/articles/1": "[1]"}, {"/articles/2": "[1]"}, ()),
        ({"/articles/1": ""}, {"/articles/2": ""}, ()),
        ({"/articles/1": "{broken"}, {"/articles/2": "{broken"}, ()),
    ],
    ids=[
        "first",
        "its own",
        "other case",
        "other member",
        "deeper",
        "deleted",
        "moved on",
        "swapped",
        "equal by hand",
        "equal by hand, both written",
        "not declared",
        "other collections",
        "no object",
        "zero bytes",
        "no JSON",
    ],
)
async def test_what_may_be_written(
    stored: dict[str, str], puts: dict[str, str], deleted: tuple[str, ...]
) -> None:
    """Only what stands in the same collection after the commit counts, and only new values."""
    require(await view_of(stored), puts, deleted)


@pytest.mark.parametrize(
    ("stored", "puts", "path", "other"),
    [
        ({"/articles/1": SLUG}, {"/articles/2": SLUG}, "/articles/2", "/articles/1"),
        ({"/articles/2": SLUG}, {"/articles/1": SLUG}, "/articles/1", "/articles/2"),
        (
            {"/articles/1": SLUG},
            {"/articles/2": '{"sl\\u0075g":"\\u0078"}'},
            "/articles/2",
            "/articles/1",
        ),
        (
            {"/articles/1": SLUG, "/articles/2": '{"slug": "y"}'},
            {"/articles/2": SLUG},
            "/articles/2",
            "/articles/1",
        ),
        (
            {"/articles/1": SLUG, "/articles/2": "{broken"},
            {"/articles/2": SLUG},
            "/articles/2",
            "/articles/1",
        ),
        (
            {"/articles/1": SLUG},
            {"/articles/1": '{"slug": "x", "a": 1}', "/articles/2": SLUG},
            "/articles/2",
            "/articles/1",
        ),
        (
            {"/articles/1": SLUG},
            {"/articles/2": SLUG, "/articles/1": '{"slug": "x", "a": 1}'},
            "/articles/2",
            "/articles/1",
        ),
        ({"/articles/a%20b": SLUG}, {"/articles/2": SLUG}, "/articles/2", "/articles/a%20b"),
    ],
    ids=[
        "new",
        "new with a lower name",
        "spelled otherwise",
        "changed",
        "was no JSON",
        "other one written too",
        "other one written later",
        "odd name",
    ],
)
async def test_value_that_another_has_is_refused(
    stored: dict[str, str], puts: dict[str, str], path: str, other: str
) -> None:
    """The error names both resources, and points to the member."""
    with pytest.raises(NotUnique) as raised:
        require(await view_of(stored), puts)
    assert raised.value.detail == (
        f'The member "slug" of {path}, "x", is what {other} has, and no two resources of '
        "/articles may have the same: choose another."
    )
    assert raised.value.members == {
        "resource": raised.value.members["resource"],
        "other": other,
        "pointer": "/slug",
        "errors": {"slug": f"This is what {other} has: choose another."},
    }


async def test_value_that_a_commit_gives_twice_is_refused() -> None:
    """Though neither resource is there yet."""
    with pytest.raises(NotUnique) as raised:
        require(await view_of({}), {"/articles/8": SLUG, "/articles/9": SLUG})
    assert raised.value.detail == (
        'The member "slug" of /articles/9, "x", is what this request gives /articles/8 as well, '
        "and no two resources of /articles may have the same: choose another."
    )
    assert raised.value.members["other"] == "/articles/8"


@pytest.mark.parametrize(
    ("one", "other", "are_same"),
    [
        ('"1"', '"1"', True),
        ("1", "1", True),
        ("1", "1.0", True),
        ("100", "1e2", True),
        ("0", "-0.0", True),
        ("true", "true", True),
        ("false", "false", True),
        ('""', '""', True),
        ('"é"', '"\\u00e9"', True),
        ("9007199254740993", "9007199254740993", True),
        ("9007199254740993", "9007199254740992", False),
        ("1", '"1"', False),
        ("1", "true", False),
        ("0", "false", False),
        ("true", '"true"', False),
        ('"é"', '"e\\u0301"', False),
        ("null", "null", False),
        ("null", '"null"', False),
        ("[1]", "[1]", False),
        ("[1]", "1", False),
        ("{}", "{}", False),
    ],
)
async def test_when_two_values_are_the_same(one: str, other: str, *, are_same: bool) -> None:
    """As in JSON, in the store as in one commit; null, arrays and objects are never the same."""
    first, second = (f'{{"slug": {value}}}' for value in (one, other))
    below, nothing = await view_of({"/articles/1": first}), await view_of({})
    for view, puts in (
        (below, {"/articles/2": second}),
        (nothing, {"/articles/1": first, "/articles/2": second}),
        (nothing, {"/articles/1": second, "/articles/2": first}),
    ):
        if are_same:
            with pytest.raises(NotUnique):
                require(view, puts)
        else:
            require(view, puts)


@pytest.mark.parametrize(
    ("value", "shown"), [('"1"', '"1"'), ("1", "1"), ("1.50", "1.5"), ("true", "true")]
)
async def test_value_is_shown_as_json(value: str, shown: str) -> None:
    """So that a number can be told from a text."""
    content = f'{{"slug": {value}}}'
    with pytest.raises(NotUnique) as raised:
        require(await view_of({"/articles/1": content}), {"/articles/2": content})
    assert f"of /articles/2, {shown}, is what" in raised.value.detail


@pytest.mark.parametrize("member", ["a.b", "a/b", "", "0"])
async def test_odd_names_of_members(member: str) -> None:
    """Each is a member of the resource itself: a dot leads nowhere, a slash is escaped."""
    declarations = {ARTICLES: Declaration(ARTICLES, unique=(member,))}
    below = await view_of(
        {"/articles/1": json.dumps({member: 1}), "/articles/2": '{"a": {"b": 2}}'}
    )
    require(below, {"/articles/3": json.dumps({member: 2})}, declarations=declarations)
    with pytest.raises(NotUnique) as raised:
        require(below, {"/articles/3": json.dumps({member: 1})}, declarations=declarations)
    assert raised.value.members["pointer"] == "/" + member.replace("/", "~1")


async def test_each_of_several_members_is_unique_by_itself() -> None:
    """What one of them holds says nothing of another."""
    declarations = {ARTICLES: Declaration(ARTICLES, unique=("a", "b"))}
    below = await view_of({"/articles/1": '{"a": 1, "b": 2}'})
    require(below, {"/articles/2": '{"a": 2, "b": 1}'}, declarations=declarations)
    with pytest.raises(NotUnique) as raised:
        require(below, {"/articles/2": '{"a": 2, "b": 2}'}, declarations=declarations)
    assert raised.value.members["pointer"] == "/b"


# --- what it costs


async def test_index_is_asked_once_for_all_that_is_new() -> None:
    """However many resources a commit writes; where nothing is new, it is not asked."""
    counts: Counter[tuple[str, object]] = Counter()
    below = await view_of({"/articles/1": SLUG})
    view = PendingView(CountingView(below, counts))  # type: ignore[arg-type]
    view.add(Batch(tuple(_puts({f"/articles/{n}": f'{{"slug": {n}}}' for n in range(2, 50)}))))
    entries = [entry for n in range(2, 50) if (entry := view.get(resource(f"/articles/{n}")))]
    require_unique(view, DECLARATIONS, entries, {}, below.get)
    assert counts["select", ARTICLES] == 1
    require_unique(view, DECLARATIONS, entries, {}, view.get)
    assert counts["select", ARTICLES] == 1


class _NothingMore(PendingView):
    """A view that finds nothing in any collection."""

    def select(self, *_: object) -> Selected | None:
        return None


def _too_large(path: ResourcePath, content: bytes) -> Entry:
    return Entry(path, content_digest(content), 0, len(content), None)


@pytest.mark.parametrize("large", ["put", "before"])
async def test_content_too_large_for_a_view_is_asked_for(large: str) -> None:
    """Until it is among what is held."""
    path = resource("/articles/1")
    contents = {"put": SLUG.encode(), "before": b'{"slug": "y"}'}
    entries = {name: _too_large(path, content) for name, content in contents.items()}
    small = next(name for name in contents if name != large)
    entries[small] = replace(entries[small], content=contents[small])
    view = _NothingMore(await view_of({}))
    arguments = view, DECLARATIONS, [entries["put"]]
    with pytest.raises(ContentNeeded) as raised:
        require_unique(*arguments, {}, lambda _: entries["before"])
    assert raised.value.entry == entries[large]
    held = {entries[large].digest: contents[large]}
    require_unique(*arguments, held, lambda _: entries["before"])


async def test_content_is_not_asked_for_where_nothing_is_unique() -> None:
    """Neither what is put into a collection without unique members, nor what stood there."""
    view = _NothingMore(await view_of({}))
    put = _too_large(resource("/authors/1"), b"{}")
    require_unique(view, DECLARATIONS, [put], {}, lambda _: put)
    path = resource("/articles/1")
    without = Entry(path, content_digest(b"{}"), 0, 2, b"{}")
    require_unique(view, DECLARATIONS, [without], {}, lambda path: _too_large(path, b"[]"))


# --- the rule


_urls = st.sampled_from([f"/articles/{n}" for n in range(5)])
_contents = st.sampled_from(["x", "1", 1, 2, True, None, [1]]).map(
    lambda value: json.dumps({"slug": value})
)


def _value(content: str) -> str | None:
    """The value that counts, as a text that tells its type."""
    value = json.loads(content)["slug"]
    return repr(value) if isinstance(value, str | int) else None


@settings(deadline=None)
@given(
    st.dictionaries(_urls, _contents),
    st.dictionaries(_urls, _contents, min_size=1),
    st.sets(_urls),
)
async def test_refused_is_what_brings_in_a_value_that_is_there(
    stored: dict[str, str], puts: dict[str, str], gone: set[str]
) -> None:
    """Exactly those commits after which a new value is there twice."""
    deleted = tuple(sorted(gone & stored.keys() - puts.keys()))
    after = {url: each for url, each in (stored | puts).items() if url not in deleted}
    new = {
        url
        for url, content in puts.items()
        if _value(content) is not None
        and (url not in stored or _value(stored[url]) != _value(content))
    }
    is_twice = any(
        url != other and _value(after[url]) == _value(content)
        for url in new
        for other, content in after.items()
    )
    below = await view_of(stored)
    if is_twice:
        with pytest.raises(NotUnique):
            require(below, puts, deleted)
    else:
        require(below, puts, deleted)

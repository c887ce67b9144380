"""The rules one after the other, over a store: what is refused, and what is stored."""

import re
from collections.abc import Callable

import pytest

from kvput.declarations import Declaration, Declarations, Relation, Timestamps
from kvput.errors import (
    InvalidContent,
    InvalidReference,
    KvputError,
    MethodNotAllowed,
    NotUnique,
    Referenced,
    SchemaViolated,
)
from kvput.paths import ResourcePath
from kvput.resources.consequences import RuledDecision, Rules
from kvput.resources.resource import delete
from kvput.resources.schemas.in_use import Schemas
from kvput.semantics.preconditions import NO_PRECONDITIONS
from kvput.store.base import Change, Delete, Entry, View
from kvput.store.memory import MemoryStore
from tests.resources.relations.tools import Changes, Texts, decision, store_with
from tests.store.tools import collection, resource, seen

ARTICLES, AUTHORS, TAGS = map(collection, ("/articles/", "/authors/", "/tags/"))
SCHEMA = '{"properties": {"title": {"type": "string"}, "articles": {"maxItems": 1}}}'
DECLARED = Declarations(
    {
        ARTICLES: Declaration(
            ARTICLES,
            relations=(
                Relation(ARTICLES, "author", AUTHORS, inverse="articles"),
                Relation(ARTICLES, "tags", TAGS, many=True),
            ),
            schema=resource("/schemas/article"),
            unique=("slug",),
            timestamps=Timestamps("createdAt", "updatedAt"),
        ),
        AUTHORS: Declaration(AUTHORS, schema=resource("/schemas/author")),
        TAGS: Declaration(TAGS, readonly=True),
    }
)
BEFORE = {
    "/schemas/article": SCHEMA,
    "/schemas/author": SCHEMA,
    "/authors/1": "{}",
    "/tags/a": "{}",
}


async def committed(store: MemoryStore, texts: Changes) -> tuple[Change, ...]:
    """Write what the rules make of these writes."""
    rules = Rules(DECLARED, Schemas(print))
    return (await store.commit(RuledDecision(rules, decision(texts)))).changes


@pytest.mark.parametrize(
    ("texts", "error"),
    [
        ({"/articles/1": '{"title": 1}'}, SchemaViolated),
        ({"/articles/1": '{"author": 7}'}, InvalidReference),
        ({"/articles/1": '{"slug": "a"}', "/articles/2": '{"slug": "a"}'}, NotUnique),
        ({"/tags/a": '{"x": 1}'}, MethodNotAllowed),
        ({"/tags/b": "{}"}, MethodNotAllowed),
        ({"/tags/a": None}, MethodNotAllowed),
        ({"/schemas/article": '{"type": "objct"}'}, InvalidContent),
        ({"/schemas/article": "[]"}, InvalidContent),
        ({"/schemas/article": '{"$ref": "nowhere.json"}'}, InvalidContent),
        ({"/schemas/article": None}, Referenced),
        # What would break a related resource is refused, too.
        ({"/articles/1": '{"author": 1}', "/articles/2": '{"author": 1}'}, SchemaViolated),
    ],
)
async def test_a_rule_that_is_broken_stops_all(texts: Texts, error: type[KvputError]) -> None:
    """Nothing of the commit is written."""
    store = await store_with(BEFORE)
    with pytest.raises(error):
        await committed(store, texts)
    for url in texts:
        entry = await store.get(resource(url))
        assert (None if entry is None else (entry.content or b"").decode()) == BEFORE.get(url)


async def test_the_rules_that_change_something_have_their_turn_together() -> None:
    """Members that the server keeps, and the other side of a relation."""
    store = await store_with(BEFORE)
    first, second = await committed(store, {"/articles/1": '{"author": 1}'})
    assert first.after is not None
    assert second.after is not None
    time = r'"[0-9-]{10}T[0-9:]{8}\.[0-9]{3}Z"'
    expected = rf'{{"author": 1, "createdAt": {time}, "updatedAt": {time}}}'
    assert re.fullmatch(expected, (first.after.content or b"").decode())
    assert second.after.content == b'{"articles": [1]}'


async def test_a_related_resource_that_was_wrong_before_stops_nothing() -> None:
    """Its own fault is no fault of what is written."""
    store = await store_with({**BEFORE, "/authors/1": '{"title": 1}'})
    _, author = await committed(store, {"/articles/1": '{"author": 1}'})
    assert author.after is not None
    assert author.after.content == b'{"title": 1, "articles": [1]}'


IN_PARTS = {
    **BEFORE,
    "/schemas/article": '{"$ref": "shared/image#/$defs/image"}',
    "/schemas/shared/image": '{"$defs": {"image": {"$ref": "url"}}}',
    "/schemas/shared/url": '{"type": "object"}',
}
LONE = '{"$defs": {"image": {}}}'


@pytest.mark.parametrize(
    ("texts", "error", "refused"),
    [
        ({"/schemas/shared/image": None}, Referenced, "/schemas/shared/image"),
        ({"/schemas/shared/url": None}, Referenced, "/schemas/shared/url"),
        ({"/schemas/shared/image": "{}"}, InvalidContent, "/schemas/shared/image"),
        ({"/schemas/shared/url": "[]"}, InvalidContent, "/schemas/shared/url"),
        ({"/schemas/shared/url": '{"$ref": "no"}'}, InvalidContent, "/schemas/shared/url"),
        # All that a commit writes counts, in whatever order it does.
        ({"/schemas/shared/url": None, "/schemas/shared/image": LONE}, None, ""),
        ({"/schemas/shared/url": "{", "/schemas/article": "{}"}, None, ""),
        ({"/schemas/shared/image": "{}", "/schemas/article": '{"$ref": "shared/image"}'}, None, ""),
        ({"/schemas/new": None, "/schemas/article": '{"$ref": "new"}'}, InvalidContent,
         "/schemas/article"),
        ({"/schemas/new": "{}", "/schemas/article": '{"$ref": "new"}'}, None, ""),
        ({"/schemas/shared/url": '{"type": "string"}'}, None, ""),
    ],
)  # fmt: skip
async def test_what_a_schema_is_made_of(
    texts: Changes, error: type[KvputError] | None, refused: str
) -> None:
    """No commit leaves a schema that cannot be used; what it made of that, it does not matter."""
    store = await store_with(IN_PARTS)
    if error is None:
        await committed(store, texts)
        return
    with pytest.raises(error) as raised:
        await committed(store, texts)
    assert raised.value.members["resource"] == refused


async def test_what_a_schema_is_made_of_is_named_with_it() -> None:
    """The sentence says what it is a part of, and what to do."""
    store = await store_with(IN_PARTS)
    with pytest.raises(Referenced) as gone:
        await committed(store, {"/schemas/shared/url": None})
    assert gone.value.detail == (
        "/schemas/shared/url is a part of the schema of /articles (kvput.toml), and "
        "/schemas/article could not be used without it: take out what refers to it first."
    )
    assert gone.value.members["referrers"] == ["/schemas/article"]
    with pytest.raises(InvalidContent) as broken:
        await committed(store, {"/schemas/shared/url": "[]"})
    assert broken.value.detail == (
        "schemas/shared/url.json, a part of the schema of /articles (kvput.toml), is no JSON "
        "Schema: it must be an object, true or false."
    )


async def test_what_a_hand_has_broken_is_mended_step_by_step() -> None:
    """As long as a schema cannot be used, what it is to be made of may be anything."""
    store = await store_with({**IN_PARTS, "/schemas/shared/image": "["})
    for url, text in (("url", "["), ("image", '{"$defs": {"image": {"$ref": "url"}}}')):
        await committed(store, {f"/schemas/shared/{url}": text})
    await committed(store, {"/schemas/shared/url": '{"required": ["title"]}'})
    with pytest.raises(SchemaViolated):
        await committed(store, {"/articles/1": "{}"})


async def test_what_the_server_puts_in_is_for_the_schema_to_know() -> None:
    """A client is only asked to leave out what it may have sent."""
    store = await store_with({**BEFORE, "/schemas/article": '{"additionalProperties": false}'})
    with pytest.raises(SchemaViolated) as raised:
        await committed(store, {"/articles/1": '{"id": 1, "slug": "a", "tags": []}'})
    put_in = "Is put in by the server, and its schema does not know it: add it to "
    unknown = "Is no member that the schema knows: leave it out."
    assert raised.value.members["errors"] == {
        "id": f"{put_in}schemas/article.json.",
        "createdAt": f"{put_in}schemas/article.json.",
        "updatedAt": f"{put_in}schemas/article.json.",
        "slug": unknown,
        "tags": unknown,
    }
    assert raised.value.detail == (
        'The member "createdAt" of /articles/1 is put in by the server, and its schema does not '
        'know it: add it to schemas/article.json ("pointers" names 4 more).'
    )
    await committed(store, {"/schemas/author": '{"unevaluatedProperties": false}'})
    await committed(store, {"/schemas/article": "{}"})
    with pytest.raises(SchemaViolated, match=r'"articles" of /authors/1 is put in by the server'):
        await committed(store, {"/articles/1": '{"author": 1}'})


class TakenAway:
    """A view of what a hand takes away as soon as it was looked at."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._looked_at: set[ResourcePath] = set()

    def __getattr__(self, name: str) -> Callable[..., object]:
        ask: Callable[..., object] = getattr(self._view, name)
        return ask

    def get(self, path: ResourcePath) -> Entry | None:
        """See `View.get`."""
        if path in self._looked_at:
            return None
        self._looked_at.add(path)
        return self._view.get(path)


async def test_the_rules_see_what_the_decision_saw() -> None:
    """A file that goes in between is a matter for the store, which refuses to delete nothing."""
    store, path = await store_with({**BEFORE, "/articles/1": "{}"}), resource("/articles/1")
    view = TakenAway(await seen(store, lambda view: view))
    decide = RuledDecision(Rules(DECLARED, Schemas(print)), delete(path, NO_PRECONDITIONS))
    assert Delete(path) in decide(view).writes  # type: ignore[arg-type]  # it passes all on


async def test_a_schema_holds_from_the_next_commit_on() -> None:
    """In the commit that writes it, the one before still holds."""
    store = await store_with(BEFORE)
    strict = '{"required": ["title"]}'
    await committed(store, {"/schemas/article": strict, "/articles/1": "{}"})
    with pytest.raises(SchemaViolated):
        await committed(store, {"/articles/2": "{}"})

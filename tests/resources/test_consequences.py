"""The rules one after the other, over a store: what is refused, and what is stored."""

import json
import re
from collections.abc import Callable
from itertools import permutations

import pytest

from kvput.content.json_slices import value_in
from kvput.declarations import Dangling, Declaration, Declarations, Relation, Timestamps
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
from kvput.resources.batch import BatchDecision
from kvput.resources.batch_document import steps_in
from kvput.resources.consequences import RuledDecision, Rules
from kvput.resources.resource import delete
from kvput.resources.schemas.files import MAX_SIZE
from kvput.resources.schemas.in_use import Schemas
from kvput.semantics.preconditions import NO_PRECONDITIONS
from kvput.store.base import Change, Delete, Entry, View
from kvput.store.memory import MemoryStore
from tests.resources.relations.tools import (
    AUTHOR,
    Changes,
    Texts,
    decision,
    declarations,
    store_with,
)
from tests.store.tools import collection, resource, seen

ARTICLES, AUTHORS, TAGS = map(collection, ("/articles/", "/authors/", "/tags/"))
PEOPLE = collection("/people/")
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
    return (await store.commit(RuledDecision(lambda: rules, decision(texts)))).changes


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
TOO_LARGE = json.dumps({"type": "object", "description": "x" * MAX_SIZE})


@pytest.mark.parametrize(
    ("texts", "error", "refused"),
    [
        ({"/schemas/shared/image": None}, Referenced, "/schemas/shared/image"),
        ({"/schemas/shared/url": None}, Referenced, "/schemas/shared/url"),
        ({"/schemas/shared/image": "{}"}, InvalidContent, "/schemas/shared/image"),
        ({"/schemas/shared/url": "[]"}, InvalidContent, "/schemas/shared/url"),
        ({"/schemas/shared/url": '{"$ref": "no"}'}, InvalidContent, "/schemas/shared/url"),
        ({"/schemas/shared/url": TOO_LARGE}, InvalidContent, "/schemas/shared/url"),
        ({"/schemas/article": TOO_LARGE}, InvalidContent, "/schemas/article"),
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


IDENTIFIED = {
    **BEFORE,
    "/schemas/article": '{"properties": {"x": {"$ref": "https://ex.org/x"}}}',
    "/schemas/sub/x": '{"$id": "https://ex.org/x", "type": "integer"}',
}
X_OF_TEXT = '{"$id": "https://ex.org/x", "type": "string"}'


@pytest.mark.parametrize(
    ("texts", "refused"),
    [
        ({"/schemas/x2": X_OF_TEXT}, "/schemas/x2"),
        ({"/schemas/x2": X_OF_TEXT.replace("string", "sting")}, "/schemas/x2"),
        ({"/schemas/sub/y/z": X_OF_TEXT}, "/schemas/sub/y/z"),
        ({"/schemas/author": X_OF_TEXT}, "/schemas/author"),
        ({"/schemas/new": "{}", "/schemas/x2": X_OF_TEXT}, "/schemas/x2"),
        ({"/schemas/new": "{}", "/schemas/sub/x": "{}"}, "/schemas/sub/x"),
        # What is meant may change, as long as it is one.
        ({"/schemas/x2": X_OF_TEXT, "/schemas/sub/x": None}, None),
        ({"/schemas/sub/x": "{}", "/schemas/x2": X_OF_TEXT}, None),
        ({"/schemas/sub/x": X_OF_TEXT}, None),
        ({"/schemas/new": "{", "/elsewhere/x": X_OF_TEXT}, None),
    ],
)
async def test_who_is_meant_by_an_identifier(texts: Changes, refused: str | None) -> None:
    """No other file gets it, and a server that starts now understands the schema as this one."""
    store = await store_with(IDENTIFIED)
    rules = Rules(DECLARED, Schemas(pytest.fail))

    async def write(by: Rules, texts: Changes) -> None:
        await store.commit(RuledDecision(lambda: by, decision(texts)))

    await write(rules, {"/articles/1": '{"x": 1}'})
    if refused is None:
        await write(rules, texts)
    else:
        with pytest.raises(InvalidContent) as raised:
            await write(rules, texts)
        assert raised.value.members["resource"] == refused
    is_text = refused is None and X_OF_TEXT in [
        texts.get("/schemas/x2"),
        texts.get("/schemas/sub/x"),
    ]
    for by in (rules, Rules(DECLARED, Schemas(pytest.fail))):
        await write(by, {"/articles/1": '{"x": "a"}' if is_text else '{"x": 2}'})
        with pytest.raises(SchemaViolated):
            await write(by, {"/articles/1": '{"x": 2}' if is_text else '{"x": "a"}'})


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


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ('{"name": "Ada"}', False),
        ('{"name": "Ada", "articles": [5]}', False),
        ('{"name": "Ada", "articles": []}', True),
        ('{"name": "Grace"}', True),
        ("", True),
    ],
)
async def test_a_put_that_leaves_the_inverse_to_the_server(text: str, changes: bool) -> None:
    """It changes no time where it says nothing new, so that it may be repeated."""
    times = Timestamps(updated="updated")
    authors = Declaration(AUTHORS, timestamps=times)
    related = declarations(AUTHOR).collections
    rules = Rules(Declarations({**related, AUTHORS: authors}), Schemas(print))
    stored = '{"name": "Ada", "updated": "2020-01-01T00:00:00.000Z", "articles": [5]}'
    store = await store_with({"/authors/1": stored, "/articles/5": '{"author": 1}'})
    commit = await store.commit(RuledDecision(lambda: rules, decision({"/authors/1": text})))
    (change,) = [change for change in commit.changes if change.path.url == "/authors/1"]
    assert (change.before != change.after) is changes


async def test_what_a_schema_has_come_to_be_made_of() -> None:
    """The next commit knows, however soon it comes."""
    store = await store_with({**IN_PARTS, "/schemas/new": "{}"})
    rules = Rules(DECLARED, Schemas(print))
    for texts in ({"/x/1": "{}"}, {"/schemas/article": '{"$ref": "new"}'}):
        await store.commit(RuledDecision(lambda: rules, decision(texts)))
    with pytest.raises(Referenced):
        await store.commit(RuledDecision(lambda: rules, decision({"/schemas/new": None})))


async def test_what_a_hand_has_broken_is_mended_step_by_step() -> None:
    """As long as a schema cannot be used, what it is to be made of may be anything."""
    store = await store_with({**IN_PARTS, "/schemas/shared/image": "["})
    for url, text in (("url", "["), ("image", '{"$defs": {"image": {"$ref": "url"}}}')):
        await committed(store, {f"/schemas/shared/{url}": text})
    await committed(store, {"/schemas/shared/url": '{"required": ["title"]}'})
    with pytest.raises(SchemaViolated):
        await committed(store, {"/articles/1": "{}"})


def in_a_ring(file: str) -> Texts:
    """What a file is when it is right: it refers to the next one."""
    following = {"article": "b", "b": "c", "c": "article"}[file]
    schema = {"required": ["title"], "properties": {"x": {"$ref": following}}}
    return {f"/schemas/{file}": json.dumps(schema)}


@pytest.mark.parametrize(
    "broken", ['{"type": 5}', "[", "[]", '{"$ref": "none"}', '{"$ref": "#no"}']
)
@pytest.mark.parametrize("files", [*permutations(("article", "b", "c"))])
async def test_what_hands_have_broken_is_mended_file_by_file(
    files: tuple[str, ...], broken: str
) -> None:
    """In any order, also where each refers to another; what is written must be right by itself."""
    names = [f"/schemas/{file}" for file in files]
    store = await store_with({**BEFORE, **dict.fromkeys(names, broken)})
    for file in files:
        await committed(store, in_a_ring(file))
    with pytest.raises(SchemaViolated):
        await committed(store, {"/articles/1": "{}"})
    for name in names:
        with pytest.raises(InvalidContent):
            await committed(store, {name: broken})


@pytest.mark.parametrize(
    ("texts", "is_taken"),
    [
        ({"/schemas/article": '{"$ref": "b"}'}, True),
        ({"/schemas/article": '{"$ref": "b", "type": 6}'}, False),
        ({"/schemas/article": '{"$ref": "new"}', "/schemas/new": "{"}, False),
        ({"/schemas/article": '{"$ref": "new"}', "/schemas/new": '{"$ref": "b"}'}, True),
        ({"/schemas/b": '{"type": 7}'}, False),
        ({"/schemas/b": None}, True),
        ({"/schemas/b": "{}"}, True),
        ({"/schemas/b": '{"type": 5}', "/schemas/article": '{"$ref": "b"}'}, True),
    ],
)
async def test_what_cannot_be_used_gets_no_further_fault(texts: Changes, *, is_taken: bool) -> None:
    """What is written must be right in itself, whatever was wrong already."""
    before = {"/schemas/article": '{"title": "", "$ref": "b"}', "/schemas/b": '{"type": 5}'}
    store = await store_with({**BEFORE, **before})
    if is_taken:
        await committed(store, texts)
    else:
        with pytest.raises(InvalidContent):
            await committed(store, texts)


async def test_who_has_the_same_identifier_is_mended_file_by_file() -> None:
    """Either of the two may be changed, and what has nothing to do with it may be written."""
    for url in ("/schemas/sub/x", "/schemas/x2"):
        store = await store_with({**IDENTIFIED, "/schemas/x2": X_OF_TEXT})
        await committed(
            store, {"/schemas/new": "{}", "/schemas/article": IDENTIFIED["/schemas/article"] + " "}
        )
        with pytest.raises(InvalidContent):
            await committed(store, {url: X_OF_TEXT + " "})
        await committed(store, {url: "{}"})
        with pytest.raises(SchemaViolated):
            await committed(store, {"/articles/1": '{"x": null}'})


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
    decide = RuledDecision(lambda: Rules(DECLARED, Schemas(print)), delete(path, NO_PRECONDITIONS))
    assert Delete(path) in decide(view).writes  # type: ignore[arg-type]  # it passes all on


async def test_a_schema_holds_from_the_next_commit_on() -> None:
    """In the commit that writes it, the one before still holds."""
    store = await store_with(BEFORE)
    strict = '{"required": ["title"]}'
    await committed(store, {"/schemas/article": strict, "/articles/1": "{}"})
    with pytest.raises(SchemaViolated):
        await committed(store, {"/articles/2": "{}"})


# --- moves


@pytest.mark.parametrize(
    ("content", "url", "result"),
    [
        ('{"id": 1, "createdAt": 3}', "/articles/7", '{"id": 7, "createdAt": 3}'),
        (
            '{ "id":1, "next": 1, "createdAt": 3, "updatedAt": 4, "views": 5 }',
            "/articles/7",
            '{ "id":7, "next": 7, "createdAt": 3, "updatedAt": 4, "views": 5 }',
        ),
        ("{broken", "/articles/7", "{broken"),
    ],
)
async def test_what_gets_another_name_keeps_what_the_server_keeps(
    content: str, url: str, result: str
) -> None:
    """It is the same resource, and neither new nor changed: only its id and its links are."""
    store = await store_with({"/articles/1": content})
    declared = Declaration(
        ARTICLES,
        relations=(Relation(ARTICLES, "next", ARTICLES),),
        readonly_members=frozenset({"views"}),
        timestamps=Timestamps("createdAt", "updatedAt"),
    )
    rules = Rules(Declarations({ARTICLES: declared}), Schemas(print))
    steps = steps_in(value_in(f'[{{"op":"move","from":"/articles/1","path":"{url}"}}]'.encode()))
    await store.commit(BatchDecision(steps, 1 << 20, rules))
    entry = await store.get(resource(url))
    assert entry is not None
    assert (entry.content or b"").decode() == result


# --- an inverse that no client writes

KEPT = Declarations(
    {
        ARTICLES: Declaration(
            ARTICLES,
            (Relation(ARTICLES, "author", AUTHORS, inverse="articles", dangling=Dangling.ALLOW),),
        ),
        AUTHORS: Declaration(AUTHORS, readonly_members=frozenset({"articles"})),
        PEOPLE: Declaration(
            PEOPLE,
            (Relation(PEOPLE, "parent", PEOPLE, inverse="children"),),
            readonly_members=frozenset({"children"}),
        ),
    }
)
LINKED = {
    "/authors/1": '{"articles": [5]}',
    "/authors/2": "{}",
    "/articles/5": '{"author": 1}',
    "/articles/6": '{"author": 9}',
    "/people/3": '{"parent": 3, "children": [3]}',
    "/people/4": "{}",
}


@pytest.mark.parametrize(
    ("write", "changed"),
    [
        ({"/authors/1": '{"articles": [5.0], "n": 1}'}, {}),
        ({"/authors/1": '{"n": 1}'}, {"/authors/1": '{"n": 1, "articles": [5]}'}),
        ({"/authors/2": '{"articles": null}'}, {}),
        ({"/authors/3": '{"n": 1}'}, {}),
        ({"/authors/9": '{"articles": null}'}, {"/authors/9": '{"articles": [6]}'}),
        (
            {"/articles/5": '{"author": 2}'},
            {"/authors/1": '{"articles": []}', "/authors/2": '{"articles": [5]}'},
        ),
        ({"/articles/5": None}, {"/authors/1": '{"articles": []}'}),
        ({"/people/3": '{"n": 1}'}, {"/people/3": '{"n": 1, "children": []}'}),
        ({"/people/4": '{"parent": 4}'}, {"/people/4": '{"parent": 4, "children": [4]}'}),
    ],
)
@pytest.mark.parametrize("in_part", [False, True])
async def test_an_inverse_that_is_read_only_is_kept_by_the_server_alone(
    write: Changes, changed: Texts, *, in_part: bool
) -> None:
    """Who leaves it out, or sends it as it is, changes nobody's relations."""
    store = await store_with(LINKED)
    decide = RuledDecision(lambda: Rules(KEPT, Schemas(print)), decision(write), in_part=in_part)
    commit = await store.commit(decide)
    assert {
        change.path.url: change.after and (change.after.content or b"").decode()
        for change in commit.changes
    } == {**write, **changed}


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("/authors/1", '{"articles": []}'),
        ("/authors/1", '{"articles": null}'),
        ("/authors/1", '{"articles": [5, 6]}'),
        ("/authors/2", '{"articles": [5]}'),
        ("/authors/3", '{"articles": [5]}'),
        ("/people/4", '{"children": [4]}'),
    ],
)
async def test_no_client_writes_an_inverse_that_is_read_only(url: str, text: str) -> None:
    """What somebody has saved of an older state undoes nothing that was related since."""
    store = await store_with(LINKED)
    with pytest.raises(InvalidContent, match="is read-only"):
        await store.commit(
            RuledDecision(lambda: Rules(KEPT, Schemas(print)), decision({url: text}))
        )


async def test_what_is_moved_takes_along_an_inverse_that_is_read_only() -> None:
    """It is the same resource, and those that name it name it by its new name."""
    store = await store_with(LINKED)
    steps = steps_in(value_in(b'[{"op": "move", "from": "/authors/1", "path": "/authors/7"}]'))
    commit = await store.commit(BatchDecision(steps, 1 << 20, Rules(KEPT, Schemas(print))))
    assert {
        change.path.url: change.after and (change.after.content or b"").decode()
        for change in commit.changes
    } == {
        "/authors/1": None,
        "/authors/7": '{"articles": [5]}',
        "/articles/5": '{"author": 7}',
    }

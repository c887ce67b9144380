"""Schemas in use: which version holds, what is told of a broken one, and the error of a write."""

import threading
from collections import Counter
from dataclasses import replace

import pytest

from kvput.declarations import Declaration
from kvput.errors import SchemaViolated
from kvput.resources.pending import PendingView
from kvput.resources.schemas.in_use import SchemaFault, Schemas, Violation, require_valid
from kvput.store.base import Batch, Put
from kvput.store.memory import MemoryStore
from tests.resources.schemas.tools import ARTICLE, ARTICLES, Data
from tests.resources.tools import CountingView
from tests.store.tools import collection, resource, seen

SCHEMA = resource("/schemas/article")
TEXT = {"type": "string"}
NUMBER = {"type": "number"}
NOTHING_HELD = "Until it is mended, nothing is held against it."
NAMED = "schemas/article.json, the schema of /articles (kvput.toml, line 2),"
RIGHT_AGAIN = "schemas/article.json is right again, and holds from now on."
BEFORE_HELD = "Until it is mended, the version before stays in use."


async def messages(data: Data, value: object) -> list[str]:
    """What is wrong with a value now."""
    return [violation.message for violation in await data.violations(value)]


# --- which version holds -------------------------------------------------------


async def test_a_schema_holds_from_its_edit_on() -> None:
    """The next value is held against what the file says then."""
    data = Data()
    await data.write(ARTICLE, TEXT)
    assert await messages(data, 1) == ["must be a text"]
    await data.write(ARTICLE, NUMBER)
    assert await messages(data, 1) == []
    assert await messages(data, "x") == ["must be a number"]


async def test_an_edit_of_what_it_refers_to_holds_as_well() -> None:
    """Also of what is referred to by what it refers to."""
    data = Data()
    await data.write(ARTICLE, {"$ref": "author.json"})
    await data.write("schemas/author.json", {"$ref": "../shared/name.json#/$defs/name"})
    await data.write("shared/name.json", {"$defs": {"name": TEXT}})
    assert await messages(data, 1) == ["must be a text"]
    await data.write("shared/name.json", {"$defs": {"name": NUMBER}})
    assert await messages(data, 1) == []
    assert data.told == []


async def test_it_is_compiled_once() -> None:
    """As long as no file of it changes; other files may."""
    data = Data()
    await data.write(ARTICLE, {"$ref": "author.json"})
    await data.write("schemas/author.json", TEXT)
    first = await data.validator()
    await data.write("schemas/other.json", TEXT)
    assert await data.validator() is first
    await data.write("schemas/author.json", NUMBER)
    assert await data.validator() is not first


async def test_only_its_own_files_are_looked_at() -> None:
    """Each write that is held against a schema asks for its files, and for nothing else."""
    data = Data()
    await data.write(ARTICLE, {"$ref": "author.json"})
    await data.write("schemas/author.json", TEXT)
    await data.validator()
    counts: Counter[tuple[str, object]] = Counter()

    def look(view: object) -> None:
        counting = CountingView(view, counts)  # type: ignore[arg-type]
        data.schemas.validator(counting, ARTICLES)  # type: ignore[arg-type]

    await seen(data.store, look)
    assert counts == {("get", SCHEMA): 1, ("get", resource("/schemas/author")): 1}


async def test_a_schema_is_read_with_the_writes_that_are_pending() -> None:
    """What a batch writes first holds for what it writes next."""
    data = Data()
    await data.write(ARTICLE, TEXT)
    view = PendingView(await seen(data.store, lambda view: view))
    view.add(Batch((Put(SCHEMA, b'{"type": "number"}'),)))
    assert data.schemas.violations(view, ARTICLES, 1) == ()
    assert await messages(data, 1) == ["must be a text"]


# --- what cannot be used -------------------------------------------------------


BROKEN: list[tuple[object, str]] = [
    (b'{"type":', "schemas/article.json is no JSON in line 1: "),
    (b"", "schemas/article.json is no JSON in line 1: "),
    ({"type": 1}, 'schemas/article.json is no valid JSON Schema: at "/type", it must be'),
    ({"$ref": "author.json"}, "schemas/article.json refers to schemas/author.json, which is not"),
    ({"$ref": "broken.json"}, "schemas/broken.json is no JSON in line 1: "),
    ("text", "schemas/article.json is no JSON Schema: it must be an object, true or false"),
]


@pytest.mark.parametrize(("broken", "words"), BROKEN)
async def test_a_broken_schema_is_told_of_and_mended(broken: object, words: str) -> None:
    """Once, with the file and what to do; the version before stays in use meanwhile."""
    data = Data()
    await data.write("schemas/broken.json", b"{")
    await data.write(ARTICLE, broken)
    assert await messages(data, 1) == []
    assert await messages(data, 1) == []
    await data.write(ARTICLE, TEXT)
    assert await messages(data, 1) == ["must be a text"]
    await data.write(ARTICLE, broken)
    assert await messages(data, 1) == ["must be a text"]
    assert await messages(data, 1) == ["must be a text"]
    await data.write(ARTICLE, NUMBER)
    assert await messages(data, 1) == []
    first, mended, second, mended_again = data.faults
    assert first.startswith(words)
    assert second.startswith(words)
    assert [told.rpartition(". ")[2] for told in (first, second)] == [NOTHING_HELD, BEFORE_HELD]
    assert (mended, mended_again) == (RIGHT_AGAIN, RIGHT_AGAIN)


async def test_a_missing_schema_is_told_of_until_it_is_there() -> None:
    """Nothing is held against it before; and when it is removed, the last one is."""
    data = Data()
    assert await messages(data, 1) == []
    await data.write(ARTICLE, TEXT)
    assert await messages(data, 1) == ["must be a text"]
    await data.remove(ARTICLE)
    assert await messages(data, 1) == ["must be a text"]
    assert data.told == [
        f"{NAMED} is not there: correct the name, or write the file. {NOTHING_HELD}",
        f"{NAMED} is right again, and holds from now on.",
        f"{NAMED} is not there: correct the name, or write the file. {BEFORE_HELD}",
    ]


async def test_a_part_that_is_at_fault_is_named() -> None:
    """With the collection whose schema it is a part of."""
    data = Data()
    await data.write(ARTICLE, {"$ref": "author"})
    await data.write("schemas/author.json", [])
    await data.validator()
    (told,) = data.told
    assert told == (
        "schemas/author.json, a part of the schema of /articles (kvput.toml, line 2), is no JSON "
        f"Schema: it must be an object, true or false. {NOTHING_HELD}"
    )


async def test_each_collection_is_told_of() -> None:
    """Also where several have one schema; and where another schema is declared."""
    data = Data()
    other = Declaration(collection("/drafts/"), schema=SCHEMA, schema_line=5)
    missing = replace(ARTICLES, schema=resource("/schemas/artikel"))
    unknown = Declaration(collection("/notes/"))

    async def told(*declared: Declaration) -> list[str]:
        data.told.clear()
        data.schemas.tell_of(await seen(data.store, lambda v: data.schemas.states(v, declared)))
        return [sentence.partition(":")[0] for sentence in data.told]

    await data.write(ARTICLE, b"{")
    of_other = "schemas/article.json, the schema of /drafts (kvput.toml, line 5),"
    of_missing = "schemas/artikel.json, the schema of /articles (kvput.toml, line 2),"
    fault = "is no JSON in line 1"
    assert await told(ARTICLES, other, unknown) == [f"{NAMED} {fault}", f"{of_other} {fault}"]
    assert await told(ARTICLES, other) == []
    assert await told(missing, other) == [f"{of_missing} is not there"]
    await data.write(ARTICLE, TEXT)
    right = "is right again, and holds from now on."
    assert await told(ARTICLES, other) == [f"{NAMED} {right}", f"{of_other} {right}"]
    # What was not declared for a while is told of anew.
    assert await told(missing) == [f"{of_missing} is not there"]
    assert await told() == []
    assert await told(missing) == [f"{of_missing} is not there"]


@pytest.mark.parametrize(
    ("reference", "missing", "document"),
    [
        ("author.json", "schemas/author.json", TEXT),
        ("author", "schemas/author.json", TEXT),
        ("urn:author", "schemas/a/b.json", {"$id": "urn:author", **TEXT}),
    ],
)
async def test_a_reference_is_mended_by_the_file_that_was_missing(
    reference: str, missing: str, document: object
) -> None:
    """Also where it is found by its `$id`, under a name that nobody could know before."""
    data = Data()
    await data.write(ARTICLE, {"$ref": reference})
    assert await messages(data, 1) == []
    await data.write(missing, document)
    assert await messages(data, 1) == ["must be a text"]
    await data.remove(missing)
    assert await messages(data, 1) == ["must be a text"]
    assert [told.endswith(". " + BEFORE_HELD) for told in data.told] == [False, False, True]


async def test_each_state_is_told_of_once() -> None:
    """Another fault is another state; and so is the same one when it comes back."""
    data = Data()
    for document in (b"{", b"{", b"[", TEXT, b"{"):
        await data.write(ARTICLE, document)
        await data.validator()
    assert [told == RIGHT_AGAIN for told in data.faults] == [False, False, True, False]


async def test_a_fault_is_found_without_telling() -> None:
    """For who wants to refuse the write that would bring it."""
    data = Data()
    await data.write(ARTICLE, TEXT)
    view = PendingView(await seen(data.store, lambda view: view))
    assert data.schemas.fault(view, SCHEMA) is None
    view.add(Batch((Put(SCHEMA, b'{"$ref": "author.json"}'),)))
    assert data.schemas.fault(view, SCHEMA) == SchemaFault(
        SCHEMA,
        "refers to schemas/author.json, which is not there: write it, or correct the reference",
    )
    assert data.told == []
    assert await messages(data, 1) == ["must be a text"]


async def test_a_schema_knows_what_it_is_made_of() -> None:
    """Also by way of others; what is looked for in vain, too, since it would take its place."""
    data = Data()
    await data.write(ARTICLE, {"$id": "https://example.com/article", "$ref": "author"})
    await data.write("schemas/a.json", {"$id": "https://example.com/author", "$ref": "/b#/x"})
    await data.write("schemas/b.json", {"$id": "https://example.com/b", "x": {"$ref": "/c"}})
    await data.write("schemas/c.json", {"$id": "https://example.com/c"})
    await data.write("schemas/other.json", TEXT)

    async def parts(*names: str) -> list[str]:
        found = await seen(data.store, lambda view: data.schemas.parts(view, SCHEMA))
        return [name for name in names if resource(name) in found]

    own = [f"/schemas/{name}" for name in ("article", "a", "b", "c")]
    assert await parts(*own) == own
    # Each file that is searched for an `$id` may come to have it.
    assert await parts("/schemas/other", "/schemas/new", "/schemas/d/e/f") == [
        "/schemas/other", "/schemas/new", "/schemas/d/e/f",
    ]  # fmt: skip
    assert await parts("/schemas", "/new", "/articles/1", "/old/schemas/a") == []
    # So it is where it cannot be used.
    await data.write("schemas/a.json", {"$id": "https://example.com/author", "$ref": "urn:x"})
    assert await parts("/schemas/new", "/b") == ["/schemas/new"]


async def test_a_schema_whose_files_are_named_by_their_places_has_no_other_parts() -> None:
    """What else is written beside it need not be looked at; what would take a place must be."""
    data = Data()
    await data.write(ARTICLE, {"$ref": "author"})
    await data.write("schemas/author.json", TEXT)
    parts = await seen(data.store, lambda view: data.schemas.parts(view, SCHEMA))
    names = ("article", "author", "new")
    found = [name for name in names if resource(f"/schemas/{name}") in parts]
    assert found == ["article", "author"]


async def test_several_threads_may_ask() -> None:
    """Each gets what the view shows, whatever the others look at."""
    views = []
    for kind in ("string", "number"):
        store = MemoryStore()
        view = PendingView(await seen(store, lambda view: view))
        view.add(Batch((Put(SCHEMA, f'{{"type": "{kind}"}}'.encode()),)))
        views.append((view, kind == "number"))
    schemas = Schemas(pytest.fail)
    wrong: list[object] = []

    def ask() -> None:
        for _ in range(200):
            for view, is_number in views:
                found = schemas.violations(view, ARTICLES, 1)
                if (not found) != is_number:
                    wrong.append(found)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


# --- the error of a write ------------------------------------------------------


def error(*violations: Violation) -> SchemaViolated:
    """The error of a write with these faults."""
    with pytest.raises(SchemaViolated) as raised:
        require_valid(violations, resource("/articles/1"), SCHEMA)
    return raised.value


def test_the_error_names_the_member_and_the_schema() -> None:
    """The members of the problem hold each fault, at its field and at its pointer."""
    raised = error(Violation("/author/name", "must be a text", "author.name"))
    assert raised.detail == (
        'The member "author.name" of /articles/1 must be a text, as its schema /schemas/article '
        "says."
    )
    assert raised.members == {
        "resource": "/articles/1",
        "pointer": "/author/name",
        "errors": {"author.name": "Must be a text."},
        "pointers": [{"pointer": "/author/name", "message": "Must be a text."}],
        "schema": "/schemas/article",
    }


def test_a_fault_of_the_whole_has_the_field_root() -> None:
    """That is where forms look for it."""
    raised = error(Violation("", "must be an object", ""))
    assert raised.detail == "/articles/1 must be an object, as its schema /schemas/article says."
    assert raised.members["errors"] == {"root": "Must be an object."}
    assert raised.members["pointers"] == [{"pointer": "", "message": "Must be an object."}]


@pytest.mark.parametrize(("count", "words"), [(2, "names 1 more"), (99, "names 98 more")])
def test_the_error_says_how_many_faults_there_are(count: int, words: str) -> None:
    """A field shows its first fault, and the pointers name all of them."""
    raised = error(*[Violation("/a", f"must be {n}", "a") for n in range(count)])
    assert raised.detail.endswith(f' ("pointers" {words}).')
    assert raised.members["errors"] == {"a": "Must be 0."}
    pointers = raised.members["pointers"]
    assert isinstance(pointers, list)
    assert len(pointers) == count


def test_the_error_does_not_count_what_was_not_looked_for() -> None:
    """At a hundred faults, there may be more."""
    raised = error(*[Violation(f"/{n}", "must be a text", str(n)) for n in range(100)])
    assert raised.detail.endswith(' ("pointers" names 99 more, and there may be others).')


def test_without_faults_there_is_no_error() -> None:
    """What is valid may be written."""
    require_valid((), resource("/articles/1"), SCHEMA)

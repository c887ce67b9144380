"""The files that a schema is made of: which one a reference means, and when they have changed."""

import pytest

from kvput.paths import ResourcePath
from kvput.resources.schemas import files as schema_files
from kvput.resources.schemas.files import (
    MAX_SIZE,
    Identifiers,
    SchemaFiles,
    SchemaUnusableError,
)
from kvput.store.base import View
from kvput.store.files.cache import LARGEST_HELD
from tests.resources.schemas.tools import ARTICLE, Data
from tests.schema_references import FOUND, NOT_FOUND, Files
from tests.store.tools import resource, seen

SCHEMA = resource("/schemas/article")


async def files(data: Data, schema: ResourcePath = SCHEMA) -> SchemaFiles:
    """The files of a schema, as they stand."""
    return await seen(data.store, lambda view: SchemaFiles(view, schema, Identifiers()))


async def view_of(data: Data) -> View:
    """What a decision sees now."""
    return await seen(data.store, lambda view: view)


@pytest.mark.parametrize(("schema", "others"), FOUND)
async def test_a_reference_leads_to_a_file(schema: object, others: Files) -> None:
    """By its place, as seen from where the reference stands, or by its `$id`."""
    data = Data()
    for file, document in {ARTICLE: schema, **others}.items():
        await data.write(file, document)
    assert [v.message for v in await data.violations(1)] == ["must be a text"]
    assert data.told == []


@pytest.mark.parametrize(("reference", "others"), NOT_FOUND)
async def test_a_reference_that_leads_nowhere(reference: str, others: Files) -> None:
    """The schema cannot be used, which is told."""
    data = Data()
    for file, document in {ARTICLE: {"$ref": reference}, **others}.items():
        await data.write(file, document)
    assert await data.violations(1) == ()
    assert len(data.told) == 1


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("author.json", "refers to schemas/author.json, which is not there: write it"),
        ("/-/health", 'refers to "file:///-/health", which is the $id of no file'),
        ("https://example.com/a", 'refers to "https://example.com/a", which is the $id of no file'),
        ("file://host/etc/passwd", 'refers to "file://host/etc/passwd", which is the $id of no'),
        ("file:///etc/passwd", "refers to etc/passwd.json, which is not there"),
        ("broken.json", "schemas/broken.json is no JSON in line 2: "),
        ("urn:two", 'schemas/two/b.json has the $id "urn:two", which schemas/two/a.json has as'),
    ],
)
async def test_a_reference_that_leads_nowhere_is_named(reference: str, words: str) -> None:
    """Nothing is looked for outside of the data folder."""
    data = Data()
    await data.write("elsewhere/a.json", {"$id": "https://example.com/a"})
    await data.write("schemas/broken.json", b"{\n?}")
    for file in ("schemas/two/a.json", "schemas/two/b.json", "schemas/two/c/d.json"):
        await data.write(file, {"$id": "urn:two"})
    await data.write(ARTICLE, {"properties": {"a": {"$ref": reference}}})
    assert await data.violations({"a": 1}) == ()
    (told,) = data.faults
    assert words in told


async def test_a_schema_that_is_not_there_is_named() -> None:
    """It is not a reference that is wrong then."""
    with pytest.raises(
        SchemaUnusableError,
        match=r"^schemas/article\.json is not there: correct the name, or write the file$",
    ):
        (await files(Data())).document("file:///schemas/article.json")


def of_size(size: int) -> bytes:
    """A schema with an `$id`, of so many bytes."""
    return b'{"$id": "urn:large"}'.ljust(size)


async def test_what_is_too_large_is_no_schema() -> None:
    """It is its size that counts, whether its content is at hand or not."""
    data, uri = Data(), SCHEMA.uri
    await data.write(ARTICLE, of_size(MAX_SIZE))
    assert (await files(data)).document(uri).value == {"$id": "urn:large"}
    assert (await files(data)).document("urn:large").path == SCHEMA
    await data.write(ARTICLE, of_size(MAX_SIZE + 1))
    with pytest.raises(SchemaUnusableError, match=r"article\.json is too large for a schema"):
        (await files(data)).document(uri)
    with pytest.raises(SchemaUnusableError, match="is the \\$id of no file"):
        (await files(data)).document("urn:large")


def test_what_may_be_a_schema_is_held_by_every_store() -> None:
    """The content of a larger file is not at hand where it is looked at."""
    assert MAX_SIZE <= LARGEST_HELD


async def test_only_what_was_looked_at_counts_for_a_change() -> None:
    """Other files of the folder may change as they like."""
    data = Data()
    await data.write(ARTICLE, {})
    await data.write("schemas/author.json", {})
    looked = await files(data)
    looked.document(SCHEMA.uri)
    looked.document("file:///schemas/author.json")
    await data.write("schemas/other.json", {})
    assert looked.seen.stands(await view_of(data), SCHEMA)
    await data.write("schemas/author.json", {"a": 1})
    assert not looked.seen.stands(await view_of(data), SCHEMA)


async def test_a_search_in_vain_counts_as_a_look_at_all_files() -> None:
    """Any of them may be the one that was missing, once it changes."""
    data = Data()
    await data.write("schemas/a/other.json", {})
    looked = await files(data)
    with pytest.raises(SchemaUnusableError):
        looked.document("https://example.com/author")
    assert looked.seen.stands(await view_of(data), SCHEMA)
    await data.write("schemas/a/other.json", {"$id": "https://example.com/author"})
    assert not looked.seen.stands(await view_of(data), SCHEMA)


@pytest.mark.parametrize("file", ["schemas/0.json", "schemas/other.json", "schemas/a/b/c.json"])
async def test_a_search_with_success_counts_as_a_look_at_all_files(file: str) -> None:
    """Another one may come to have the same `$id`, before or behind the one that was found."""
    data = Data()
    await data.write("schemas/other.json", {})
    await data.write("schemas/a/author.json", {"$id": "https://example.com/author"})
    looked = await files(data)
    looked.document("https://example.com/author")
    await data.write("elsewhere/other.json", {"$id": "https://example.com/author"})
    assert looked.seen.stands(await view_of(data), SCHEMA)
    await data.write(file, {"$id": "https://example.com/author"})
    assert not looked.seen.stands(await view_of(data), SCHEMA)
    with pytest.raises(SchemaUnusableError, match="change one of them"):
        (await files(data)).document("https://example.com/author")


async def test_below_the_data_folder_itself_no_file_is_searched() -> None:
    """There, these are the resources of all collections."""
    data, schema = Data(), resource("/article")
    for file in ("author.json", "articles/1.json"):
        await data.write(file, {"$id": f"https://example.com/{file}"})
    looked = await files(data, schema)
    looked.document("https://example.com/author.json")
    with pytest.raises(SchemaUnusableError):
        looked.document("https://example.com/articles/1.json")
    parts = looked.seen.parts(schema)
    assert resource("/new") in parts
    assert resource("/articles/1") not in parts


async def test_no_more_than_a_thousand_files_are_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the folder itself come first."""
    monkeypatch.setattr(schema_files, "MAX_FILES", 2)
    data = Data()
    for file in ("schemas/9.json", "schemas/a/1.json", "schemas/b/1.json"):
        await data.write(file, {"$id": f"https://example.com/{file}"})
    looked = await files(data)
    looked.document("https://example.com/schemas/9.json")
    looked.document("https://example.com/schemas/a/1.json")
    with pytest.raises(SchemaUnusableError):
        looked.document("https://example.com/schemas/b/1.json")


async def test_identifiers_are_kept_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ever new contents do not fill the memory."""
    monkeypatch.setattr(schema_files, "_MAX_REMEMBERED", 2)
    data, identifiers = Data(), Identifiers()
    for number in range(9):
        await data.write(ARTICLE, {"$id": f"urn:{number}"})
        entry = (await view_of(data)).get(SCHEMA)
        assert entry is not None
        assert identifiers.of(entry) == f"urn:{number}"
        assert len(identifiers._known) <= 2  # noqa: SLF001

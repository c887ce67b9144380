"""GET /-/openapi.json: the API's own description, as it is at the moment."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import jsonschema_rs
import pytest

from kvput import __version__
from kvput.config import Config
from kvput.declarations import Declaration, Declarations
from kvput.declared import LiveDeclarations
from kvput.paths import resource_at
from kvput.server.handlers.description import rendered_description
from kvput.store import open_store
from kvput.store.base import Put, Store
from kvput.store.memory import MemoryStore
from tests.schema_references import ARTICLE, FOUND, NOT_FOUND, Files
from tests.serving import Address, Reply, serving
from tests.store.tools import collection, resource, writing

DESCRIPTION: Final = "/-/openapi.json"
SCHEMA: Final = {
    "type": "object",
    "properties": {"title": {"$ref": "defs/shared.json#/$defs/text"}},
    "required": ["title"],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with articles."""
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "1.json").write_text('{"title": "One"}')
    return tmp_path


@pytest.fixture
async def store(folder: Path) -> AsyncIterator[Store]:
    """The store over the folder."""
    opened = open_store(folder, read_cache=1 << 20)
    try:
        yield opened
    finally:
        await opened.close()


@pytest.fixture
async def address(store: Store, folder: Path) -> AsyncIterator[Address]:
    """A server, which heeds what is declared in the folder."""
    declared = LiveDeclarations(folder, print)
    async with serving(store, Config(data=folder), declared.current) as served:
        yield served


async def described(address: Address) -> dict[str, dict[str, object]]:
    """The description."""
    value = (await address.request("GET", DESCRIPTION)).json()
    assert isinstance(value, dict)
    return value


async def paths(address: Address) -> list[str]:
    """The paths of collections and resources that are described."""
    return [path for path in (await described(address))["paths"] if not path.startswith("/-/")][1:]


def declare(folder: Path, text: str) -> None:
    """Write what is declared; and wait for no clock: the file has another size each time."""
    (folder / "kvput.toml").write_text(text)


async def schema(address: Address, name: str) -> dict[str, object]:
    """The component of this name."""
    schemas = (await described(address))["components"]["schemas"]
    assert isinstance(schemas, dict)
    found = schemas[name]
    assert isinstance(found, dict)
    return found


async def test_it_is_openapi_in_json(address: Address) -> None:
    """With the version of the server."""
    reply = await address.request("GET", DESCRIPTION)
    assert (reply.status, reply.field("Content-Type")) == (200, "application/json")
    value = reply.json()
    assert isinstance(value, dict)
    assert value["openapi"].startswith("3.1.")
    assert value["info"]["version"] == __version__


async def test_it_is_asked_for_with_its_tag(address: Address) -> None:
    """304 as long as it is the same, and 200 once something else is there."""
    reply = await address.request("GET", DESCRIPTION)
    tag = reply.field("ETag")
    assert tag is not None

    async def again() -> Reply:
        return await address.request("GET", DESCRIPTION, {"If-None-Match": tag})

    assert (await again()).status == 304
    await address.request("PUT", "/articles/1", {"Content-Type": "application/json"}, b'{"n": 1}')
    assert (await again()).status == 200


async def test_head_and_options(address: Address) -> None:
    """As of the server's other pages."""
    head = await address.request("HEAD", DESCRIPTION)
    got = await address.request("GET", DESCRIPTION)
    assert (head.status, head.field("ETag"), head.body) == (200, got.field("ETag"), b"")
    assert head.field("Content-Length") == str(len(got.body))
    asked = await address.request("OPTIONS", DESCRIPTION)
    assert (asked.status, asked.field("Allow")) == (204, "GET, HEAD, OPTIONS")
    for method in ("PUT", "POST", "QUERY"):
        refused = await address.request(method, DESCRIPTION)
        assert (refused.status, refused.field("Allow")) == (405, "GET, HEAD, OPTIONS")


async def test_it_follows_what_is_there(address: Address, folder: Path) -> None:
    """What comes over HTTP, and what a hand makes."""
    assert await paths(address) == ["/articles", "/articles/{name}"]
    await address.request("POST", "/shoes", {"Content-Type": "application/json"}, b"{}")
    (folder / "site.json").write_text("{}")
    (folder / "articles" / "1" / "images").mkdir(parents=True)
    (folder / "articles" / "1" / "images" / "x.json").write_text("{}")
    assert await paths(address) == [
        "/articles",
        "/articles/{article}/images",
        "/articles/{article}/images/{name}",
        "/articles/{name}",
        "/shoes",
        "/shoes/{name}",
        "/site",
    ]


@pytest.mark.parametrize("text", ["{,}", "", "[" * 500 + "]" * 500, '"\\ud800"', "1e999"])
async def test_odd_files_spoil_nothing(address: Address, folder: Path, text: str) -> None:
    """Of what is no JSON, or is like no other, little is said."""
    (folder / "site.json").write_text(text)
    (folder / "articles" / "2.json").write_text(text)
    assert await paths(address) == ["/articles", "/articles/{name}", "/site"]


async def test_what_is_declared_is_described(address: Address, folder: Path) -> None:
    """The schema with what it refers to, relations, and collections that are not there yet."""
    for name, value in (
        ("article", SCHEMA),
        ("defs/shared", {"$defs": {"text": {"maxLength": 9}}}),
    ):
        file = folder / "schemas" / f"{name}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(value))
    declare(
        folder,
        '[collections.articles]\nschema = "schemas/article.json"\n'
        "[collections.articles.relations.author]\n"
        'to = "authors"\n[collections.authors]\nreadonly = true\n',
    )
    article = await schema(address, "Article")
    properties = article["properties"]
    assert isinstance(properties, dict)
    assert properties["title"] == {"$ref": "#/components/schemas/Text"}
    assert properties["author"]["$ref"] == "#/components/schemas/Reference"
    assert await schema(address, "Text") == {"maxLength": 9}
    assert "/authors/{name}" in await paths(address)
    # What the schema refers to is followed as well.
    (folder / "schemas" / "defs" / "shared.json").write_text(
        '{"$defs": {"text": {"minLength": 1}}}'
    )
    assert await schema(address, "Text") == {"minLength": 1}


async def described_article(schema: object, others: Files) -> dict[str, object]:
    """The description of articles, one of whose members has this schema."""
    store, path = MemoryStore(), resource("/schemas/article")
    files = {ARTICLE: {"properties": {"text": schema}}, **others}
    puts = [
        Put(place, text if isinstance(text, bytes) else json.dumps(text).encode())
        for name, text in files.items()
        if (place := resource_at(name)) is not None
    ]
    assert len(puts) == len(files)
    await store.commit(writing(*puts))
    articles = collection("/articles/")
    declared = Declarations({articles: Declaration(articles, schema=path)})
    document = json.loads(await rendered_description(store, declared))
    assert isinstance(document, dict)
    return document


@pytest.mark.parametrize(("schema", "others"), FOUND)
async def test_a_reference_leads_where_the_server_finds_it(schema: object, others: Files) -> None:
    """So that what is described is what may be stored."""
    document = await described_article(schema, others)
    validator = jsonschema_rs.validator_for(
        {"$ref": "#/components/schemas/Article", "components": document["components"]}
    )
    is_valid = [validator.is_valid({"id": 1, "text": text}) for text in ("a", 1)]
    assert is_valid == [True, False]


@pytest.mark.parametrize(("reference", "others"), NOT_FOUND)
async def test_a_reference_leads_nowhere_where_the_server_finds_nothing(
    reference: str, others: Files
) -> None:
    """The description says so."""
    said = f"{reference} is not there."
    assert said in json.dumps(await described_article({"$ref": reference}, others))


@pytest.mark.parametrize(
    "text",
    [None, "{,}", "[]", json.dumps({"$ref": "nowhere.json"}), json.dumps({"$ref": "#"})],
)
async def test_a_broken_schema_spoils_nothing(
    address: Address, folder: Path, text: str | None
) -> None:
    """Then the collection is described by what is there, or by what can be told."""
    (folder / "schemas").mkdir()
    if text is not None:
        (folder / "schemas" / "article.json").write_text(text)
    declare(folder, '[collections.articles]\nschema = "schemas/article.json"\n')
    assert "/articles/{name}" in await paths(address)


async def test_a_deep_schema_is_passed_over(address: Address, folder: Path) -> None:
    """No client could read it."""
    deep: dict[str, object] = {}
    for _ in range(600):
        deep = {"not": deep}
    (folder / "schemas").mkdir()
    (folder / "schemas" / "article.json").write_text(json.dumps(deep))
    declare(folder, '[collections.articles]\nschema = "schemas/article.json"\n')
    assert "not" not in await schema(address, "Article")


METHODS: Final = ("GET", "HEAD", "PUT", "POST", "PATCH", "DELETE")


@pytest.mark.parametrize("path", ["/articles", "/articles/1", "/", DESCRIPTION, "/-/health"])
async def test_methods_are_those_that_are_described(address: Address, path: str) -> None:
    """What Allow says of an address is what the description says of it."""
    template = path.replace("/articles/1", "/articles/{name}")
    item = (await described(address))["paths"][template]
    assert isinstance(item, dict)
    allowed = (await address.request("OPTIONS", path)).field("Allow")
    assert allowed is not None
    described_methods = {method.upper() for method in item} - {"PARAMETERS"}
    assert {*allowed.split(", ")} == described_methods


async def test_a_read_only_collection_refuses_before_it_reads(
    address: Address, folder: Path
) -> None:
    """405 comes before whatever else is wrong with the request."""
    declare(folder, "[collections.articles]\nreadonly = true\n")
    await asyncio.sleep(0.05)  # What was looked at is believed for 20 ms.
    for method, path in (
        ("POST", "/articles?_sort=odd"),
        ("DELETE", "/articles"),
        ("PUT", "/articles/1"),
        ("PATCH", "/articles/1"),
    ):
        fields = {"Content-Type": "odd/type"}
        reply = await address.request(method, path, fields, b"{")
        assert (reply.status, reply.field("Allow")) == (405, "GET, HEAD, OPTIONS"), method


# --- what is brought along


async def test_names_that_relations_have_are_told(address: Address, folder: Path) -> None:
    """Each of them is taken, and in a collection without relations nobody knows them all."""
    declare(
        folder,
        """
        [collections.users]
        [collections.articles.relations]
        author = {to = "users", inverse = "written"}
        "odd, name" = {to = "users"}
        [collections.notes.relations]
        writer = {to = "users"}
        reader = {to = "users"}
        """,
    )
    for url in ("/users/1", "/others/1"):
        await address.request("PUT", url, {"Content-Type": "application/json"}, b"{}")
    document = await described(address)
    told: dict[tuple[str, object], object] = {}
    for path, item in document["paths"].items():
        for parameter in item.get("get", {}).get("parameters", ()):  # type: ignore[attr-defined]  # JSON
            if parameter.get("name") in ("_embed", "_expand"):
                told[path, parameter["name"]] = parameter["schema"]["items"]["enum"]
    beside = {"articles", "article", "users", "user", "notes", "note", "others", "other"}
    nouns = {"article", "user", "note", "other"}
    for path in ("/users", "/users/{name}"):
        # Neither the two relations of /articles nor those of /notes are told apart by its name.
        assert set(told[path, "_embed"]) == {"written", *beside} - {"articles", "notes"}  # type: ignore[call-overload]  # names
        assert set(told[path, "_expand"]) == {"written", *nouns}  # type: ignore[call-overload]  # names
    for path in ("/articles", "/articles/{name}"):
        assert set(told[path, "_embed"]) == {"author", *beside}  # type: ignore[call-overload]  # names
    assert ("/others", "_embed") not in told
    for (path, parameter), names in told.items():
        if "{" not in path:
            for name in names:  # type: ignore[attr-defined]  # names
                assert (await address.request("GET", f"{path}?{parameter}={name}")).status == 200
    assert (await address.request("GET", "/users?_embed=notes")).status == 400


async def test_a_member_may_be_shown_with_what_it_names(address: Address, folder: Path) -> None:
    """Where a schema says that it is an id, the description of what GET shows says so as well."""
    (folder / "schemas").mkdir()
    of_article = {"type": "object", "properties": {"by": {"type": "integer"}}}
    (folder / "schemas" / "article.json").write_text(json.dumps(of_article))
    declare(
        folder,
        """
        [collections.users]
        [collections.articles]
        schema = "schemas/article.json"
        relations = {by = {to = "users"}}
        """,
    )
    shown = await schema(address, "ArticleWithRelated")
    kinds = [each["type"] for each in shown["properties"]["by"]["anyOf"]]  # type: ignore[index]  # JSON
    assert kinds == ["integer", "object", "array"]

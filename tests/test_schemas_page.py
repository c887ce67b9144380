"""The page on schemas: its examples are answered as it shows, and what it says of schemas holds."""

import json
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kvput.cli import main
from kvput.config import Config
from kvput.declared import declarations_of
from kvput.resources.schemas.files import MAX_FILES
from kvput.resources.survey import MOST_ITEMS
from kvput.store import open_store
from tests.serving import Address, Reply, serving

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "schemas.md").read_text("utf-8")

(DECLARATION,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
FILES = dict(re.findall(r"^`(\S+\.json)`:\n\n```json\n(.*?)```", PAGE, re.MULTILINE | re.DOTALL))
REQUEST, *LINKS = re.findall(r"```http\n(.*?)```", PAGE, re.DOTALL)
ANSWER = json.loads(re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)[-1])


JSON = {"Content-Type": "application/json"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The sample content, with what the page declares and the files that it shows."""
    folder = tmp_path / "data"
    shutil.copytree(ROOT / "data", folder, ignore=shutil.ignore_patterns(".kvput"))
    (folder / "kvput.toml").write_text(DECLARATION, "utf-8")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


@pytest.fixture
async def server(data: Path) -> AsyncIterator[Address]:
    """A server over that."""
    store = open_store(data, read_cache=2**20)
    declarations = declarations_of(data)
    try:
        async with serving(store, Config(data=data), lambda: declarations) as address:
            yield address
    finally:
        await store.close()


async def put(server: Address, content: str) -> Reply:
    """The answer to what the page sends, with another content."""
    method, url = REQUEST.split("\n")[0].split()
    return await server.request(method, url, JSON, content.encode())


async def test_request_is_answered_as_the_page_shows(server: Address) -> None:
    """With all faults; what is right is taken, and both link to the schema."""
    reply = await put(server, REQUEST.partition("\n\n")[2])
    assert (reply.status, reply.json()) == (ANSWER["status"], ANSWER)
    assert set(ANSWER["errors"].values()) == {each["message"] for each in ANSWER["pointers"]}
    reply = await put(server, '{"name": "Ada"}')
    assert (reply.status, f"Link: {reply.field('Link')}\n") == (201, LINKS[0])
    for url in ("/authors", "/authors/ada"):
        assert f"Link: {(await server.request('GET', url)).field('Link')}\n" == LINKS[0]


async def test_schema_that_cannot_be_used_is_told_as_the_page_shows(
    server: Address, data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """One that was in use before stays so."""
    (missing,) = (name for name in FILES if "shared" in name)
    (data / missing).unlink()
    assert (await put(server, "[]")).status == 201
    (data / missing).write_text("{}")
    assert (await put(server, "{}")).status == 422
    (data / missing).unlink()
    assert (await put(server, "{}")).status == 422
    (shown,) = re.findall(r"```text\nkvput: (schemas/.*)\n```", PAGE)
    named, right_again = shown.partition(" refers")[0], "is right again, and holds from now on."
    assert caplog.messages == [
        shown,
        f"{named} {right_again}",
        shown.replace("nothing is held against it", "the version before stays in use"),
    ]


async def test_no_write_leaves_a_schema_that_cannot_be_used(server: Address) -> None:
    """Whichever of its files it is, and however it is written."""
    for name in reversed(FILES):
        url = f"/{name.removesuffix('.json')}"
        assert (await server.request("PUT", url, {}, b"[]")).status == 422
        assert (await server.request("DELETE", url)).status == 409
        moves = [{"op": "move", "from": url, "path": f"/elsewhere{url}"}]
        reply = await server.request("POST", "/-/batch", JSON, json.dumps(moves).encode())
        assert reply.status == 409
        assert re.search(rb'"operation": ?0', reply.body)
        put = {"op": "put", "path": url, "value": {}}
        reply = await server.request("POST", "/-/batch", JSON, json.dumps([*moves, put]).encode())
        assert reply.status == 200


async def test_what_hands_have_broken_is_mended_file_by_file(server: Address, data: Path) -> None:
    """In any order; in the end, the schema holds."""
    for names in (list(FILES), list(reversed(FILES))):
        for name in names:
            (data / name).write_text('{"type": 5}')
        for name in names:
            url = f"/{name.removesuffix('.json')}"
            assert (await server.request("PUT", url, {}, FILES[name].encode())).status == 200
        assert (await put(server, '{"links": 1}')).status == 422


async def test_an_identifier_is_that_of_one_file(server: Address, data: Path) -> None:
    """The write of a second one is refused; where a hand writes it, the schema before holds on."""
    author = FILES["schemas/author.json"].replace("shared/links.json", "urn:links")
    links = json.dumps({"$id": "urn:links", **json.loads(FILES["schemas/shared/links.json"])})
    (data / "schemas/shared/links.json").write_text(links)
    (data / "schemas/author.json").write_text(author)
    wrong = '{"name": "Ada", "links": 1}'
    assert (await put(server, wrong)).status == 422
    second = links.replace("object", "integer").encode()
    for url, status in (("/schemas/links", 422), ("/links", 201)):
        assert (await server.request("PUT", url, {}, second)).status == status
    (data / "schemas/links.json").write_bytes(second)
    assert (await put(server, wrong)).status == 422


def test_as_many_files_are_searched_as_the_page_says() -> None:
    """The number is the one in the code."""
    assert f"in up to {MAX_FILES:,} files" in PAGE


async def test_a_file_of_a_schema_may_be_as_large_as_the_page_says(server: Address) -> None:
    """What is larger could not be used, whichever of the files it is."""
    (mebibytes,) = re.findall(r"A file of a schema may have (\d+) MiB", PAGE)
    size = int(mebibytes) * 2**20
    for name, text in FILES.items():
        url = f"/{name.removesuffix('.json')}"
        assert (await server.request("PUT", url, {}, text.encode().ljust(size))).status == 200
        reply = await server.request("PUT", url, {}, text.encode().ljust(size + 1))
        assert reply.status == 422


@pytest.mark.parametrize(
    ("draft", "is_older"),
    [
        ("http://json-schema.org/draft-04/schema#", True),
        ("http://json-schema.org/draft-06/schema#", True),
        ("http://json-schema.org/draft-07/schema#", True),
        ("https://json-schema.org/draft/2019-09/schema", True),
        ("https://json-schema.org/draft/2020-12/schema", False),
    ],
)
async def test_an_older_draft_is_honoured(
    server: Address, data: Path, draft: str, *, is_older: bool
) -> None:
    """Up to 2019-09, `items` may be a list of schemas; from 2020-12 on, that is no schema."""
    schema = {"$schema": draft, "properties": {"tags": {"items": [{"type": "string"}]}}}
    (data / "schemas" / "author.json").write_text(json.dumps(schema))
    assert (await put(server, '{"tags": [1]}')).status == (422 if is_older else 201)


FORMATS = {
    "date": "2024-02-29", "time": "12:30:00Z", "duration": "P3D", "email": "a@example.org",
    "hostname": "example.org", "ipv4": "192.0.2.1", "ipv6": "2001:db8::1",
    "uri": "https://example.org/", "uri-reference": "/a", "uri-template": "/{a}",
    "uuid": "123e4567-e89b-12d3-a456-426614174000", "json-pointer": "/a", "regex": "a+",
    "date-time": "2024-02-29T12:30:00Z",
}  # fmt: skip


async def test_each_format_on_the_page_counts(server: Address, data: Path) -> None:
    """A text that has it is taken, and one that has it not is refused; of others, any text is."""
    row = next(line for line in PAGE.splitlines() if line.startswith("- **Formats count**"))
    assert set(re.findall(r"`([a-z0-9-]+)`", row)) | {"date-time"} == set(FORMATS)
    members = {name: {"format": name} for name in [*FORMATS, "unheard-of"]}
    (data / "schemas" / "author.json").write_text(json.dumps({"properties": members}))
    good = FORMATS | {"unheard-of": "a"}
    assert (await put(server, json.dumps(good))).status == 201
    reply = (await put(server, json.dumps(dict.fromkeys(members, "{ ( \\")))).json()
    assert isinstance(reply, dict)
    assert set(reply["errors"]) == set(FORMATS)


@pytest.mark.parametrize(
    ("draft", "is_checked"),
    [
        ("http://json-schema.org/draft-04/schema#", False),
        ("http://json-schema.org/draft-06/schema#", False),
        ("http://json-schema.org/draft-07/schema#", False),
        ("https://json-schema.org/draft/2019-09/schema", True),
        ("https://json-schema.org/draft/2020-12/schema", True),
    ],
)
async def test_formats_are_those_of_the_draft(
    server: Address, data: Path, draft: str, *, is_checked: bool
) -> None:
    """Those that the page names came with 2019-09."""
    (said,) = re.findall(r"They are those of the draft .*", PAGE)
    members = {name: {"format": name} for name in re.findall(r"`([a-z]+)`", said)}
    schema = {"$schema": draft, "properties": members}
    (data / "schemas" / "author.json").write_text(json.dumps(schema))
    assert members
    for name in members:
        reply = await put(server, json.dumps({name: "{"}))
        assert (reply.status == 422) == is_checked


def test_types_are_those_that_the_page_shows(
    data: Path, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The interface on the page is what the command prints of the sample content."""
    monkeypatch.setattr("sys.argv", ["kvput", "types", str(data)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    (shown,) = re.findall(r"```ts\n(.*?)```", PAGE, re.DOTALL)
    assert shown in capfdbinary.readouterr().out.decode()


def test_description_is_of_as_many_resources_as_the_page_says() -> None:
    """The number is the one in the code."""
    assert f"its first {MOST_ITEMS:,} resources" in PAGE

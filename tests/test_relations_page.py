"""The page on relations: each row of its tables is what a server does."""

import json
import re
import shutil
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from kvput.cli import main
from kvput.cli.link_watch import link_faults, sentence
from kvput.config import Config
from kvput.config_file import CONFIG_FILE
from kvput.declarations import OnDelete
from kvput.resources.relations import keeper as relation_rules
from kvput.server.handlers import written
from kvput.store.base import Put
from kvput.store.memory import MemoryStore
from tests.declared.declaring import declared
from tests.serving import Address, Reply, serving
from tests.store.tools import resource, writing

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "relations.md").read_text("utf-8")

_TOML, *_ = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
_BEFORE, _CHANGES = (json.loads(text) for text in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL))
_CHANGES_ASKED_FOR = {"Prefer": "return=representation; changes"}

REQUESTS = re.findall(
    r"^\| `(PUT|PATCH|DELETE) (\S+)`(?: `(\{.*?\})`)? \| (.+) \|$", PAGE, re.MULTILINE
)
KINDS = re.findall(r"^\| (\w+ to \w+) \| (.+) \| `(\".+?)` \| `(\".+?)` \|$", PAGE, re.MULTILINE)


async def store_of(resources: Mapping[str, object]) -> MemoryStore:
    """A store with these resources, by their URLs."""
    store = MemoryStore()
    puts = [Put(resource(url), json.dumps(value).encode()) for url, value in resources.items()]
    await store.commit(writing(*puts))
    return store


@asynccontextmanager
async def served(declarations: str, resources: Mapping[str, object]) -> AsyncIterator[Address]:
    """A server over these resources, by their URLs, and what is declared of them."""
    store = await store_of(resources)
    values = declared(declarations)
    async with serving(store, Config(data=Path("data")), lambda: values) as address:
        yield address


def as_object(members: str) -> dict[str, object]:
    """Members as the page writes them, `"author": 1`, as an object."""
    value = json.loads(f"{{{members}}}")
    assert isinstance(value, dict)
    return value


async def asked(address: Address, method: str, url: str, content: str) -> Reply:
    """The answer to a request of the page, with the list of what has changed."""
    fields = dict(_CHANGES_ASKED_FOR)
    if content:
        fields["Content-Type"] = "application/json"
    return await address.request(method, url, fields, content.encode())


async def shown(address: Address, url: str) -> dict[str, object]:
    """A resource."""
    value = (await address.request("GET", url)).json()
    assert isinstance(value, dict)
    return value


def test_no_row_is_overlooked() -> None:
    """Each of the tables is read to its end."""
    tables = re.findall(r"(?:^\|.*\n)+", PAGE, re.MULTILINE)
    rows = {table.split(" | ")[0]: table.count("\n") - 2 for table in tables}
    assert rows["| request"] == len(REQUESTS) > 10
    assert rows["| kind"] == len(KINDS) == 4


@pytest.mark.parametrize(("method", "url", "content", "follows"), REQUESTS)
async def test_what_else_changes(method: str, url: str, content: str, follows: str) -> None:
    """What the row names, and nothing else; or the problem that it names."""
    async with served(_TOML, _BEFORE) as address:
        reply = await asked(address, method, url, content)
        problem = re.match(r"([0-9]{3}) `([a-z-]+)`: ", follows)
        if problem:
            assert (reply.status, reply.problem) == (int(problem[1]), problem[2])
            assert set(re.findall(r"`(/\S+)`", follows)) <= set(
                re.findall(r"/\w+/\w+", _said(reply))
            )
            return
        answer = reply.json()
        assert isinstance(answer, dict)
        if "puts" in follows:
            (members,) = re.findall(r"`(\".+?)`", follows)
            assert answer["value"] == json.loads(content) | as_object(members)
            assert reply.field("ETag") is None
            follows = ""
        due = dict(re.findall(r"`(/\S+)`: `(.+?)`", follows))
        assert [change["path"] for change in answer["changes"]] == [url, *due]
        for path, members in due.items():
            assert await shown(address, path) == _BEFORE[path] | as_object(members)


def _said(reply: Reply) -> str:
    problem = reply.json()
    assert isinstance(problem, dict)
    return str(problem["detail"])


async def test_changes_are_listed_as_the_page_shows() -> None:
    """With validators; and the header fields that the page names."""
    async with served(_TOML, _BEFORE) as address:
        reply = await asked(address, "PUT", "/articles/5", '{"author": 2}')
        answer = reply.json()
        assert isinstance(answer, dict)
        for change in answer["changes"]:
            change["etag"] = change["lastModified"] = "..."
        assert answer == _CHANGES
        fields = [f"{name}: {value}" for name, value in reply.fields]
        block = next(block for block in re.findall(r"```http\n(.*?)```", PAGE, re.DOTALL)
                     if "Related-Count" in block)  # fmt: skip
        assert block.splitlines() == [
            line for line in fields if line.startswith(("Link", "Related-Count"))
        ]


@pytest.mark.parametrize(("kind", "keys", "member", "inverse"), KINDS)
async def test_each_kind_is_kept_as_the_page_shows(
    kind: str, keys: str, member: str, inverse: str
) -> None:
    """With the keys in its row, whoever is named by the one member has the other."""
    ((name, ids),) = as_object(member).items()
    ((inverse_name, inverse_ids),) = as_object(inverse).items()
    lines = "\n".join(re.findall(r"`(.+?)`", keys))
    text = (
        f'[collections.ones.relations.{name}]\nto = "others"\n{lines}\ninverse = "{inverse_name}"'
    )
    owners = inverse_ids if isinstance(inverse_ids, list) else [inverse_ids]
    named = ids if isinstance(ids, list) else [ids]
    async with served(text, {f"/others/{each}": {} for each in named}) as address:
        for owner in owners:
            await asked(address, "PUT", f"/ones/{owner}", f"{{{member}}}")
        for each in named:
            assert await shown(address, f"/others/{each}") == {inverse_name: inverse_ids}, kind


@pytest.mark.parametrize("rule", OnDelete)
def test_each_rule_for_deleting_is_in_the_table(rule: OnDelete) -> None:
    """By the word that is written in the file."""
    assert f'\n| `"{rule.value}"` | ' in PAGE


def test_limits_are_those_that_hold() -> None:
    """What the page says, the code does."""
    assert f"change {relation_rules.MOST_RELATED:,} resources" in PAGE
    assert f"the first {written._MOST_LINKS}, " in PAGE  # noqa: SLF001  # nobody else needs it


def test_repair_of_the_sample_content_is_told_as_the_page_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """With the relation of the page, of which the content knows nothing."""
    shutil.copytree(ROOT / "data", tmp_path / "data", ignore=shutil.ignore_patterns(".kvput"))
    (tmp_path / "data" / CONFIG_FILE).write_text(_TOML)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["kvput", "check", "--fix", "--yes", "data"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    (shown,) = re.findall(r"```text\n(data/.*\n)```", PAGE)
    assert shown in capfd.readouterr().out


async def test_server_says_of_the_sample_content_what_the_page_shows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """When the relation of the page is declared, of which the content knows nothing."""
    resources = {
        f"/{file.parent.name}/{file.stem}": json.loads(file.read_text("utf-8"))
        for file in (ROOT / "data").glob("*/*.json")
    }
    store = await store_of(resources)
    monkeypatch.setattr(sys, "argv", ["kvput", "serve"])
    said = sentence(await link_faults(store, declared(_TOML)), Path("data"))
    assert f"\nkvput: {said}\n" in PAGE


# --- what the text says beside its tables

FRIENDS = (
    '[collections.people.relations.friends]\nto = "people"\nmany = true\ninverse = "friends"\n'
)


async def test_friends_name_each_other() -> None:
    """A relation that is its own inverse; who is deleted is taken out."""
    async with served(FRIENDS, {"/people/1": {}, "/people/2": {}}) as address:
        await asked(address, "PATCH", "/people/1", '{"friends": [2]}')
        assert await shown(address, "/people/2") == {"friends": [1]}
        await asked(address, "DELETE", "/people/1", "")
        assert await shown(address, "/people/2") == {"friends": []}


async def test_one_that_there_can_be_once_goes_to_the_last() -> None:
    """And the one that had it has none."""
    text = (
        '[collections.people.relations.profile]\nto = "profiles"\ninverse = "person"\n'
        "inverse_many = false\n"
    )
    before = {"/profiles/1": {"person": 6}, "/people/6": {"profile": 1}, "/people/5": {}}
    async with served(text, before) as address:
        await asked(address, "PATCH", "/people/5", '{"profile": 1}')
        assert await shown(address, "/people/6") == {"profile": None}
        assert await shown(address, "/profiles/1") == {"person": 5}


@pytest.mark.parametrize(
    ("content", "after", "author"),
    [
        ("{}", {"articles": [5]}, 9),
        ('{"articles": []}', {"articles": []}, None),
    ],
)
async def test_who_is_named_before_it_is_there(
    content: str, after: dict[str, object], author: object
) -> None:
    """Where that is allowed, it takes up those that name it, unless it says otherwise."""
    text = f'{_TOML}dangling = "allow"\n'
    async with served(text, {"/articles/5": {"author": 9}}) as address:
        await asked(address, "PUT", "/authors/9", content)
        assert await shown(address, "/authors/9") == after
        assert await shown(address, "/articles/5") == {"author": author}


async def test_moves_of_what_is_named() -> None:
    """Within the collection those that name it follow; to another one it does not go."""
    async with served(_TOML, _BEFORE) as address:
        move = '[{"op": "move", "from": "/authors/1", "path": "%s"}]'
        reply = await asked(address, "POST", "/-/batch", move % "/authors/ada")
        assert reply.status == 200
        assert await shown(address, "/articles/5") == {"author": "ada"}
        reply = await asked(
            address, "POST", "/-/batch", (move % "/former/1").replace("authors/1", "authors/ada")
        )
        assert (reply.status, reply.problem) == (409, "referenced")


async def test_a_folder_that_does_not_agree_is_left_alone() -> None:
    """What comes or goes is put in or taken out, what stays is not; deletions are restricted."""
    before = {"/authors/1": {}, "/articles/5": {"author": 1}, "/articles/6": {"author": 1}}
    async with served(_TOML, before) as address:
        await asked(address, "PATCH", "/articles/5", '{"title": "Glue"}')
        assert await shown(address, "/authors/1") == {}
        assert (await asked(address, "DELETE", "/authors/1", "")).problem == "referenced"
        await asked(address, "PUT", "/articles/7", '{"author": 1}')
        assert await shown(address, "/authors/1") == {"articles": [7]}

"""What the server says of schemas that cannot be used, once it serves."""

import asyncio
from pathlib import Path

import pytest

from kvput.cli import looking_again
from kvput.cli.schema_watch import watching_schemas
from kvput.declarations import Declaration, Declarations
from kvput.errors import Unreadable
from kvput.resources.consequences import Rules
from kvput.resources.schemas.in_use import Schemas
from kvput.store.memory import MemoryStore
from tests.cli.test_declared_findings import write
from tests.serving import ServerProcess
from tests.store.tools import collection, put, resource

ARTICLES = collection("/articles/")
DECLARED = Declarations({ARTICLES: Declaration(ARTICLES, schema=resource("/schemas/article"))})


async def test_what_cannot_be_read_is_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look that fails ends nothing, and the end of the server ends all."""
    monkeypatch.setattr(looking_again, "_LOOK_SECONDS", 0.0)
    told: list[str] = []
    done = asyncio.Event()

    class Failing(MemoryStore):
        looks = 0

        async def read(self, look):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
            self.looks += 1
            if self.looks == 1:
                raise Unreadable("No permission.")
            if self.looks == 4:
                done.set()
            return await super().read(look)

    store = Failing()
    rules = Rules(DECLARED, Schemas(told.append))
    async with watching_schemas(store, lambda: rules):
        await done.wait()
    assert [told_once.partition(":")[0] for told_once in told] == [
        "schemas/article.json, the schema of /articles (kvput.toml), is not there"
    ]
    assert len(asyncio.all_tasks()) == 1


async def test_a_look_that_was_disturbed_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is seen of half a commit is looked at again by the store, and was never there."""
    monkeypatch.setattr(looking_again, "_LOOK_SECONDS", 3600.0)
    told: list[str] = []
    done = asyncio.Event()

    class Disturbed(MemoryStore):
        async def read(self, look):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
            await super().read(look)
            await put(self, "/schemas/article", b"{}")
            done.set()
            return await super().read(look)

    rules = Rules(DECLARED, Schemas(told.append))
    async with watching_schemas(Disturbed(), lambda: rules):
        await done.wait()
    assert told == []


def test_a_server_says_it_in_its_log(tmp_path: Path) -> None:
    """At the start, where the name is wrong; that it is mended; and where another one is declared.

    Nobody has to write anything for it.
    """
    declared = '[collections.authors]\nunique = ["name"]\nschema = "schemas/{}.json"\n'
    wrong, right = "schemas/autor.json", "schemas/author.json"
    of = ", the schema of /authors (kvput.toml, line 3), is"
    missing = "not there: correct the name, or write the file."
    write(tmp_path, "kvput.toml", declared.format("autor"))
    write(tmp_path, right, "{}")
    with ServerProcess(tmp_path) as server:
        errors = server.process.stderr
        assert errors is not None
        said = f"kvput: {wrong}{of} {missing} Until it is mended, nothing is held against it.\n"
        assert errors.readline().decode() == said
        write(tmp_path, "kvput.toml", declared.format("author"))
        right_again = f"kvput: {right}{of} right again, and holds from now on.\n"
        assert errors.readline().decode() == right_again
        write(tmp_path, "kvput.toml", "")
        nothing = f"kvput: {tmp_path}/kvput.toml: declares nothing any more.\n"
        assert errors.readline().decode() == nothing
        write(tmp_path, "kvput.toml", declared.format("autor"))
        there = f"kvput: {tmp_path}/kvput.toml: is there, and holds from now on.\n"
        assert errors.readline().decode() == there
        assert errors.readline().decode() == said
        assert server.stop() == (0, "")

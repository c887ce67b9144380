"""What the server says of links that do not agree, once it serves."""

import asyncio
import json
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from kvput.cli import link_watch, looking_again
from kvput.cli.link_watch import link_faults, sentence, watching_links
from kvput.declarations import NOTHING_DECLARED, Declarations
from kvput.errors import Unreadable
from kvput.resources.relations.audit import LinkFault, LinkFaultKind
from kvput.resources.relations.sides import Side
from kvput.store.base import Store, View
from kvput.store.memory import MemoryStore
from tests.cli.test_declared_findings import write
from tests.resources.relations.tools import AUTHOR, TAGGED, Texts, declarations, judge, required
from tests.serving import ServerProcess
from tests.store.files.mounts import as_nobody, open_place
from tests.store.tools import opened, put, resource

_T = TypeVar("_T")

MALFORMED, MISSING = LinkFaultKind.MALFORMED, LinkFaultKind.MISSING
DANGLING, ONE_SIDED = LinkFaultKind.DANGLING, LinkFaultKind.ONE_SIDED


@pytest.fixture(autouse=True)
def called_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a shell finds it."""
    monkeypatch.setattr(sys, "argv", ["kvput", "serve"])


def faults(kind: LinkFaultKind, repairable: int, others: int = 0) -> list[LinkFault]:
    """So many faults of a kind."""
    path, side = resource("/articles/5"), Side(AUTHOR, is_owner=True)
    return [
        LinkFault(kind, path, side, "", "", number < repairable)
        for number in range(repairable + others)
    ]


SENTENCES = [
    ([*faults(DANGLING, 3), *faults(ONE_SIDED, 2)],
     ("3 links lead to nothing and 2 links are one-sided: kvput check data shows them, "
      "kvput check --fix data repairs them.")),
    (faults(ONE_SIDED, 1),
     "1 link is one-sided: kvput check data shows it, kvput check --fix data repairs it."),
    (faults(DANGLING, 1000, 200),
     ("1,200 links lead to nothing: kvput check data shows them, kvput check --fix data repairs "
      "1,000 of them.")),
    (faults(MISSING, 0, 1), "1 link is missing: kvput check data shows it."),
    ([*faults(MALFORMED, 0, 2), *faults(MISSING, 0, 2), *faults(DANGLING, 1)],
     ("1 link leads to nothing, 2 links are missing and 2 members hold no ids: kvput check data "
      "shows them, kvput check --fix data repairs 1 of them.")),
]  # fmt: skip


@pytest.mark.parametrize(("found", "told"), SENTENCES)
def test_the_line_says_how_many_there_are_and_what_to_do(found: list[LinkFault], told: str) -> None:
    """Only what can be repaired is promised to be."""
    assert sentence(found, Path("data")) == told


def test_the_line_can_be_copied_to_a_shell() -> None:
    """Whatever the folder is called; nothing in it steers the terminal."""
    told = sentence(faults(MISSING, 0, 1), Path("/my data/\x1b[31m"))
    assert told == "1 link is missing: kvput check '/my data/?[31m' shows it."


# --- counting

WRONG: Texts = {
    "/articles/5": '{"author": 1}',
    "/articles/6": '{"author": 9}',
    "/articles/7": '{"author": [1]}',
    "/articles/8": "{}",
    "/articles/9": "{",
    "/authors/1": '{"articles": [6, 9, 77]}',
}


async def fill(store: Store, texts: Texts) -> None:
    """Put these resources into a store."""
    for url, text in texts.items():
        await put(store, url, text.encode())


async def test_what_an_audit_finds_is_found_in_a_store(tmp_path: Path) -> None:
    """In a folder as in memory, what is no JSON in it or not."""
    relation = required(AUTHOR)
    expected = [fault.identity for fault in judge(WRONG, relation).faults]
    assert len(expected) == 6
    memory = MemoryStore()
    async with opened(tmp_path) as folder:
        for store in (memory, folder):
            await fill(store, WRONG)
            found = await link_faults(store, declarations(relation))
            assert [fault.identity for fault in found] == expected


async def test_large_folders_are_read_part_by_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each part is looked at in full."""
    monkeypatch.setattr(link_watch, "_PART", 3)
    texts = {f"/articles/{n}": json.dumps({"author": n % 2 + 1}) for n in range(10)}
    store = MemoryStore()
    await fill(store, {**texts, "/authors/1": "{}"})
    found = await link_faults(store, declarations(AUTHOR))
    assert [fault.kind for fault in found] == [ONE_SIDED, DANGLING] * 5


async def test_collections_that_are_not_there_hold_nothing() -> None:
    """They may come later."""
    assert await link_faults(MemoryStore(), declarations(AUTHOR, TAGGED)) == []


class Busy(MemoryStore):
    """A store into which somebody writes between one look and the next."""

    def __init__(self) -> None:
        super().__init__()
        self.looks = 0

    async def read(self, look: Callable[[View], _T]) -> _T:
        """See `Store.read`."""
        seen = await super().read(look)
        self.looks += 1
        if self.looks == 1:
            await put(self, "/authors/2", b'{"articles": [6]}')
            await put(self, "/articles/6", b'{"author": 2}')
            await put(self, "/authors/1", b'{"articles": [5, 7]}')
        return seen


async def test_what_is_written_between_two_looks_is_no_fault() -> None:
    """What seems to be wrong is looked at again, both resources at one moment."""
    store = Busy()
    await fill(store, {
        "/articles/5": '{"author": 1}', "/articles/7": '{"author": 8}', "/authors/1": "{}"
    })  # fmt: skip
    store.looks = 0
    found = await link_faults(store, declarations(AUTHOR))
    assert [fault.identity[1:] for fault in found] == [
        (resource("/articles/7"), "author", "8"),
        (resource("/authors/1"), "articles", "7"),
    ]


async def test_what_cannot_be_read_any_more_is_no_fault() -> None:
    """Nobody knows what it says."""
    with open_place() as data:
        write(data, "articles/5.json", '{"author": 1}')
        write(data, "authors/1.json", "{}")
        async with opened(data) as store:
            assert len(await link_faults(store, declarations(AUTHOR))) == 1
            (data / "authors" / "1.json").chmod(0)
            with as_nobody():
                assert await link_faults(store, declarations(AUTHOR)) == []


async def test_what_is_too_large_for_a_look_is_no_fault(tmp_path: Path) -> None:
    """It is there, and whom it names is not asked."""
    write(tmp_path, "articles/5.json", '{"author": 1}')
    write(tmp_path, "authors/1.json", '{"text": "%s"}' % ("x" * 2**21))
    async with opened(tmp_path) as store:
        assert await link_faults(store, declarations(AUTHOR)) == []


# --- while it serves


async def told_by(
    store: Store, moments: list[Declarations], monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    """What is told while one after the other is declared."""
    monkeypatch.setattr(looking_again, "_LOOK_SECONDS", 0.0)
    told: list[str] = []
    done = asyncio.Event()
    waiting = iter(moments)
    last = moments[-1]

    def declared() -> Declarations:
        current = next(waiting, None)
        if current is None:
            done.set()
        return current or last

    async with watching_links(store, declared, Path("data"), told.append):
        await done.wait()
    return told


async def test_it_is_told_once_for_what_is_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Again where other relations are declared, and not where they are read again."""
    store = MemoryStore()
    await fill(store, WRONG)
    moments = [NOTHING_DECLARED, declarations(AUTHOR), declarations(AUTHOR), declarations(TAGGED),
               declarations(required(AUTHOR))]  # fmt: skip
    first, second = await told_by(store, moments, monkeypatch)
    assert first == (
        "2 links lead to nothing, 2 links are one-sided and 1 member holds no ids: kvput check "
        "data shows them, kvput check --fix data repairs 4 of them."
    )
    assert second.startswith("2 links lead to nothing, 2 links are one-sided, 1 link is missing ")


async def test_nothing_is_told_where_all_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor where nothing can be read."""
    store = MemoryStore()
    await fill(store, {"/articles/5": '{"author": 1}', "/authors/1": '{"articles": [5]}'})
    assert await told_by(store, [declarations(AUTHOR)], monkeypatch) == []

    async def closed(_store: Store, _declarations: Declarations) -> list[LinkFault]:
        raise Unreadable("No permission.")

    monkeypatch.setattr(link_watch, "link_faults", closed)
    assert await told_by(store, [declarations(AUTHOR)], monkeypatch) == []


async def test_it_ends_with_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """However far it is, nobody waits for it."""
    begun = asyncio.Event()

    async def endless(_store: Store, _declarations: Declarations) -> list[LinkFault]:
        begun.set()
        await asyncio.sleep(3600)
        return []

    monkeypatch.setattr(link_watch, "link_faults", endless)
    told: list[str] = []
    async with watching_links(
        MemoryStore(), lambda: declarations(AUTHOR), Path("data"), told.append
    ):
        await begun.wait()
    assert told == []
    assert len(asyncio.all_tasks()) == 1


def test_a_server_says_it_in_its_log(tmp_path: Path) -> None:
    """One line on standard error, after it has begun to serve; and again for other relations."""
    relation = '[collections.articles.relations.author]\nto = "authors"\n'
    write(tmp_path, "kvput.toml", relation)
    write(tmp_path, "articles/5.json", '{"author": 9}')
    write(tmp_path, "authors/1.json", '{"articles": [5]}')
    with ServerProcess(tmp_path) as server:
        errors = server.process.stderr
        assert errors is not None
        line = "1 link leads to nothing: {1} check {0} shows it, {1} check --fix {0} repairs it."
        called = f"{shlex.quote(sys.executable)} -m kvput"
        assert errors.readline().decode() == f"kvput: {line.format(tmp_path, called)}\n"
        write(tmp_path, "kvput.toml", f'{relation}inverse = "articles"\n')
        assert errors.readline().decode().startswith("kvput: 1 link leads to nothing and 1 link is")
        assert server.stop() == (0, "")

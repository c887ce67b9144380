"""`kvput check --fix`: repairs links in one commit, after it has said what it will do.

What is to be repaired, and how, is in `kvput.resources.relations.repair`; that all of it is
done or nothing is the store's. What is left is then told by `kvput.cli.check`.
"""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click

from kvput.cli.check import check
from kvput.cli.findings import WRONG
from kvput.cli.output import counted, say, shown
from kvput.declared import declarations_of
from kvput.errors import DataInUse, ReadOnly
from kvput.resources.relations.repair import ChangedMeanwhile, ContentsNeeded, LinkRepair, Repair
from kvput.server.large import content_of_large
from kvput.store import open_store, serving_process
from kvput.store.base import Store

_ATTEMPTS: Final = 10


def fix(folder: Path, *, as_json: bool, is_confirmed: bool) -> int:
    """Repair the folder's links, and check it; gives the exit code.

    On a terminal it asks first, unless that `is_confirmed`. Raises ConfigError, DataUnusable,
    DataInUse, ChangedMeanwhile, OutputError, and what a commit raises.
    """
    repair = LinkRepair(declarations_of(folder))
    with asyncio.Runner() as runner, _opened(folder, runner) as store:
        repairs = runner.run(_look(folder, store, repair))
        if repairs:
            if store.read_only is not None:
                raise ReadOnly(
                    f"{folder}: cannot be repaired, because it cannot be written to: give yourself "
                    "permission there, or mount it for writing."
                )
            if not as_json:
                _show(folder, repairs)
                if not is_confirmed and not _is_wanted(repairs):
                    say("Nothing was changed.")
                    return WRONG
            runner.run(_commit(store, repair))
            if not as_json:
                say(f"Repaired {counted(len(repairs), 'file')} in one commit.")
    return check(folder, as_json=as_json, repairs=repairs)


@contextmanager
def _opened(folder: Path, runner: asyncio.Runner) -> Iterator[Store]:
    try:
        store = open_store(folder, read_cache=0)
    except DataInUse:
        process = serving_process(folder) or "unknown"
        raise DataInUse(
            f"{folder}: is served by kvput (process {process}), and nothing can be repaired "
            "meanwhile: stop that one first."
        ) from None
    try:
        yield store
    finally:
        runner.run(store.close())


async def _look(folder: Path, store: Store, repair: LinkRepair) -> tuple[Repair, ...]:
    for _ in range(_ATTEMPTS):
        try:
            return await store.read(repair.look)
        except ContentsNeeded as needed:
            for entry in needed.entries:
                content = await content_of_large(store, entry)
                if content is not None:  # else it has changed, and is asked for again
                    repair.held[entry.digest] = content
    raise ChangedMeanwhile(f"{folder}: changes faster than it can be read: try again later.")


async def _commit(store: Store, repair: LinkRepair) -> None:
    await store.commit(repair)


def _show(folder: Path, repairs: tuple[Repair, ...]) -> None:
    for repair in repairs:
        for sentence in repair.sentences:
            say(f"{shown(str(folder / repair.path.file))}: --fix {shown(sentence)}")


def _is_wanted(repairs: tuple[Repair, ...]) -> bool:
    """Whether whoever sits at the terminal wants it; nobody there has nothing against it."""
    if sys.stdin is None or not sys.stdin.isatty():
        return True
    return click.confirm(f"Change {counted(len(repairs), 'file')}?", err=True)

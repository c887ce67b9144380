"""What `kvput serve` says of links that do not agree, which hands have written.

Once it serves, and again when other relations are declared, the links are counted
in the background, while requests are answered. Here belongs how that is done
beside commits that go on, and the line that is logged.
"""

import asyncio
import shlex
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Final

from kvput.cli.looking_again import looking_again
from kvput.cli.output import shown
from kvput.cli.program import program
from kvput.declarations import Declarations, Relation
from kvput.errors import Unreadable
from kvput.paths import CollectionPath, ResourcePath
from kvput.query.selection import EVERYTHING, Item, Selected
from kvput.resources.relations.audit import (
    BROKEN,
    LinkAudit,
    LinkFault,
    LinkFaultKind,
    still_stands,
    value_of,
)
from kvput.store.base import Store, View

_PART: Final = 100
"""Resources that are read in one go: for about a millisecond, nobody else can do anything."""

_WORDS: Final = {
    LinkFaultKind.DANGLING: ("link leads to nothing", "links lead to nothing"),
    LinkFaultKind.ONE_SIDED: ("link is one-sided", "links are one-sided"),
    LinkFaultKind.MISSING: ("link is missing", "links are missing"),
    LinkFaultKind.MALFORMED: ("member holds no ids", "members hold no ids"),
}


def watching_links(
    store: Store,
    declared: Callable[[], Declarations],
    folder: Path,
    tell: Callable[[str], None],
) -> AbstractAsyncContextManager[None]:
    """While the block runs, tell of links that do not agree by what is declared at that time."""
    last: tuple[Relation, ...] = ()

    async def look() -> None:
        nonlocal last
        declarations = declared()
        if declarations.relations == last:
            return
        last = declarations.relations
        faults = await link_faults(store, declarations)
        if faults:
            tell(sentence(faults, folder))

    return looking_again(look)


def sentence(faults: Sequence[LinkFault], folder: Path) -> str:
    """The line that tells how many faults there are, and what to do."""
    counts = Counter(fault.kind for fault in faults)
    parts = [
        f"{counts[kind]:,} {one if counts[kind] == 1 else many}"
        for kind, (one, many) in _WORDS.items()
        if counts[kind]
    ]
    told = " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))
    kvput, data = shown(program()), shown(shlex.quote(str(folder)))
    shows = f"{kvput} check {data} shows {_them(len(faults))}"
    repairable = sum(fault.is_repairable for fault in faults)
    if not repairable:
        return f"{told}: {shows}."
    of_all = f"{repairable:,} of them" if repairable < len(faults) else _them(repairable)
    return f"{told}: {shows}, {kvput} check --fix {data} repairs {of_all}."


def _them(number: int) -> str:
    return "it" if number == 1 else "them"


# --- counting


async def link_faults(store: Store, declarations: Declarations) -> list[LinkFault]:
    """The faults of all links, in a store that is written to meanwhile.

    Raises Unreadable and StoreFailed.
    """
    audit = LinkAudit(declarations)
    for collection in audit.collections:
        selected = await store.read(_all_of(collection))
        if selected is not None:
            for start in range(0, len(selected.items), _PART):
                items = selected.items[start : start + _PART]
                await asyncio.to_thread(_add, audit, collection, items)
            for fault in selected.faults:
                audit.add(collection.resource(fault.name), BROKEN)
    # Each collection was seen at a moment of its own, and without what is too large for a list.
    suspects = (await asyncio.to_thread(audit.judge)).faults
    faults: list[LinkFault] = []
    for start in range(0, len(suspects), _PART):
        part = suspects[start : start + _PART]
        seen = await store.read(_contents_of(part))
        faults += await asyncio.to_thread(_standing, part, declarations, seen)
    return faults


def _all_of(collection: CollectionPath) -> Callable[[View], Selected | None]:
    return lambda view: view.select(collection, EVERYTHING)


def _add(audit: LinkAudit, collection: CollectionPath, items: Sequence[Item]) -> None:
    for item in items:
        audit.add(collection.resource(item.name), value_of(item.text))


_Seen = dict[ResourcePath, bytes | None]
"""The contents of those that are there; None for one that cannot be read now."""


def _contents_of(faults: Sequence[LinkFault]) -> Callable[[View], _Seen]:
    paths = dict.fromkeys(path for fault in faults for path in fault.concerned)

    def look(view: View) -> _Seen:
        seen: _Seen = {}
        for path in paths:
            try:
                entry = view.get(path)
            except Unreadable:
                seen[path] = None
            else:
                if entry is not None:
                    seen[path] = entry.content
        return seen

    return look


def _standing(
    faults: Sequence[LinkFault], declarations: Declarations, seen: _Seen
) -> list[LinkFault]:
    values = {
        path: BROKEN if content is None else value_of(content) for path, content in seen.items()
    }
    return [
        fault
        for fault in faults
        if still_stands(
            fault, declarations, {path: values[path] for path in fault.concerned if path in values}
        )
    ]

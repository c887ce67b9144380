"""The repair of a folder's links, as one decision: what is to be written, and in words.

What is at fault and what members are to name is decided in `audit`. Here
belongs what that makes of contents. What a schema says of them is not looked at:
a resource that names what is not there is no better for being valid.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final

from kvput.content.source_text import shown
from kvput.declarations import Declarations
from kvput.errors import KvputError, Unreadable
from kvput.paths import ResourcePath
from kvput.resources.ids import id_of
from kvput.resources.relations.audit import BROKEN, LinkAudit, value_of
from kvput.resources.relations.links import LinkEdit, edited, names_in
from kvput.store.base import Batch, Entry, Put, View

_MOST_NAMED: Final = 10
"""How many of the names that come or go the words tell."""


class ChangedMeanwhile(KvputError):
    """Something else would be written than what was shown."""


class ContentsNeeded(Exception):  # no error: there is work to do first
    """These are too large for a view to hold, and must be read first."""

    def __init__(self, entries: tuple[Entry, ...]) -> None:
        super().__init__(len(entries))
        self.entries = entries


@dataclass(frozen=True, slots=True)
class Repair:
    """What is done to one resource: its new content, and a sentence for each member."""

    path: ResourcePath
    content: bytes
    sentences: tuple[str, ...]


class LinkRepair:
    """Repairs all links that can be repaired. First `look`, then a commit of it.

    `held` is for the contents, by their digests, of what ContentsNeeded names.
    """

    def __init__(self, declarations: Declarations) -> None:
        self._declarations = declarations
        self.held: dict[str, bytes] = {}
        self._shown: tuple[Repair, ...] | None = None

    def look(self, view: View) -> tuple[Repair, ...]:
        """What is to be done, and what the decision then does.

        Raises ContentsNeeded, and what a view raises.
        """
        self._shown = self._repairs(view)
        return self._shown

    def __call__(self, view: View) -> Batch:
        """See `kvput.store.base.Decision`.

        Raises ChangedMeanwhile where it would not do just what was shown.
        """
        try:
            repairs = self._repairs(view)
        except ContentsNeeded:
            raise _changed() from None
        if repairs != self._shown:
            raise _changed()
        return Batch(tuple(Put(repair.path, repair.content) for repair in repairs))

    def _repairs(self, view: View) -> tuple[Repair, ...]:
        audit = LinkAudit(self._declarations)
        needed: list[Entry] = []
        for path in _paths(view, audit):
            try:
                entry = view.get(path)
            except Unreadable:
                audit.add(path, BROKEN)
                continue
            content = None if entry is None else self._content(entry)
            if content is not None:
                audit.add(path, value_of(content))
            elif entry is not None:
                needed.append(entry)
        if needed:
            raise ContentsNeeded(tuple(needed))
        edits = audit.judge().repairs
        return tuple(self._repair(view, path, edits[path]) for path in edits)

    def _repair(self, view: View, path: ResourcePath, edits: tuple[LinkEdit, ...]) -> Repair:
        entry = view.get(path)
        content = None if entry is None else self._content(entry)
        value = None if content is None else value_of(content)
        if content is None or not isinstance(value, dict):
            raise _changed()
        sentences = tuple(_sentence(edit, value) for edit in edits)
        return Repair(path, edited(content, value, edits), sentences)

    def _content(self, entry: Entry) -> bytes | None:
        return self.held.get(entry.digest) if entry.content is None else entry.content


def _paths(view: View, audit: LinkAudit) -> Iterator[ResourcePath]:
    for collection in audit.collections:
        names = view.names(collection)
        yield from () if names is None else names.resources


def _changed() -> ChangedMeanwhile:
    return ChangedMeanwhile(
        "The folder has changed meanwhile, so that nothing was repaired: run it again."
    )


# --- the words


def _sentence(edit: LinkEdit, value: Mapping[str, object]) -> str:
    member, before = shown(edit.side.member), names_in(value, edit.side)
    gone = [identifier for name, identifier in before.items() if name not in edit.after]
    come = [
        edit.ids.get(name, id_of(edit.side.to.resource(name)))
        for name in edit.after
        if name not in before
    ]
    if edit.side.many:
        parts = [f"takes {_listed(gone)} out of {member}"] if gone else []
        parts += [f"puts {_listed(come)} into {member}"] if come else []
        return f"{', and '.join(parts)}."
    instead = f" instead of {_listed(gone)}" if gone else ""
    return f"sets {member} to {_listed(come) or 'null'}{instead}."


def _listed(ids: list[object]) -> str:
    more = len(ids) - _MOST_NAMED
    told = [_told(identifier) for identifier in islice(ids, _MOST_NAMED)]
    if more > 0:
        return f"{', '.join(told)} and {more:,} more"
    return " and ".join(filter(None, (", ".join(told[:-1]), *told[-1:])))


def _told(identifier: object) -> str:
    """An id as JSON has it, in short."""
    return shown(identifier) if isinstance(identifier, str) else str(identifier)

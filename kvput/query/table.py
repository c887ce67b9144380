"""The table of a collection: its resources by name, and the answers to selections, fast.

A table is told of every resource that is put or removed, and does the rest in
memory. `kvput.query.filters` says what a filter means; what is kept so that it
need not be asked of every resource is in `index`. How the table's owner learns
of changes, and that only one thread is here at a time, is the owner's affair.
"""

import hashlib
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from kvput.errors import MalformedContent
from kvput.names import natural_order
from kvput.query.index import DEFAULT_LIMITS, Index, Limits
from kvput.query.recent import Recent
from kvput.query.rows import Row, Rows, listed
from kvput.query.selection import Fault, Item, Selected, Selection

_DIGEST_HEX_DIGITS: Final = 32
"""As in `kvput.semantics.validators.content_digest`, which a query knows nothing of."""


@dataclass(frozen=True, slots=True)
class _Broken:
    fault: Fault
    signature: int


class Table:
    """The resources of one collection. Not for several threads at the same time."""

    def __init__(self, limits: Limits = DEFAULT_LIMITS) -> None:
        self.version = 0
        """Another number whenever a selection may find something else than before."""
        self._rows = Rows()
        self._index = Index(self._rows, limits)
        self._broken: dict[str, _Broken] = {}
        # In natural order; None until they are asked for.
        self._faults: tuple[Fault, ...] | None = None
        # The rows that filters have found, by what was asked.
        self._answers: Recent[str, array[int]] = Recent(limits.answers)

    # --- changes

    def fill(self, resources: Iterable[tuple[str, bytes, int]]) -> None:
        """Put many, each with name, content and signature: faster than one by one.

        What `resources` raises comes out; those that came before it are held.
        """
        try:
            for name, content, signature in resources:
                read = _read(name, content)
                row = self._rows.numbers.get(name)
                if isinstance(read, Fault):
                    self._broken[name] = _Broken(read, signature)
                    if row is not None:
                        self._rows.remove(name)
                    continue
                self._broken.pop(name, None)
                if row is None:
                    self._rows.add(name, read.text, signature)
                else:
                    self._rows.change(row, read.text, signature)
        finally:
            self._index.renew()
            self._changed()

    def put(self, name: str, content: bytes, signature: int = 0) -> None:
        """Hold this content under the name; what is no JSON becomes a fault.

        The signature is what the owner knows the content by: any 64 bits, signed.
        """
        read = _read(name, content)
        if isinstance(read, Fault):
            self._put_fault(name, read, signature)
            return
        row = self._rows.numbers.get(name)
        if row is None:
            self._broken.pop(name, None)
            self._index.add(self._rows.add(name, read.text, signature), read.value)
        elif self._rows.texts[row] != read.text:
            self._rows.change(row, read.text, signature)
            self._index.change(row, read.value)
        else:
            self._rows.change(row, self._rows.texts[row], signature)
            return
        self._changed()

    def _put_fault(self, name: str, fault: Fault, signature: int) -> None:
        before = self._broken.get(name)
        if before is None or before.fault != fault:
            self.remove(name)
            self._changed()
        self._broken[name] = _Broken(fault, signature)

    def remove(self, name: str) -> None:
        """Hold nothing under the name any more, if there is anything."""
        row = self._rows.numbers.get(name)
        if row is not None:
            self._index.remove(row)
            self._rows.remove(name)
        elif self._broken.pop(name, None) is None:
            return
        self._changed()

    def _changed(self) -> None:
        self.version += 1
        self._answers.clear()
        self._faults = None

    # --- what is held

    def __len__(self) -> int:
        return len(self._rows.numbers) + len(self._broken)

    def __contains__(self, name: object) -> bool:
        return name in self._rows.numbers or name in self._broken

    def signature(self, name: str) -> int | None:
        """The signature that was put last under the name; None where nothing is held."""
        if name in self._rows.numbers:
            return self._rows.signature(name)
        broken = self._broken.get(name)
        return None if broken is None else broken.signature

    def signatures(self) -> dict[str, int]:
        """The signature of each name, in a dictionary of the caller's own."""
        return self._rows.signatures() | {
            name: broken.signature for name, broken in self._broken.items()
        }

    # --- queries

    def select(self, selection: Selection) -> Selected:
        """What the selection finds, and all faults there are."""
        rows = self._find(selection)
        names, texts = self._rows.names, self._rows.texts
        page = rows[selection.start : selection.stop]
        items = tuple([Item(names[row], texts[row]) for row in page])
        if self._faults is None:
            faults = (broken.fault for broken in self._broken.values())
            self._faults = tuple(sorted(faults, key=lambda fault: natural_order(fault.name)))
        return Selected(items, len(rows), self._faults)

    def _find(self, selection: Selection) -> "array[int]":
        if selection.filter is None:
            return self._index.find(None, selection.sort)
        # As a text: for Python the operands 1 and true are equal.
        asked = repr((selection.filter, selection.sort))
        rows = self._answers.use(asked)
        if rows is None:
            rows = self._answers[asked] = self._index.find(selection.filter, selection.sort)
            self._answers.trim()
        return rows


def _read(name: str, content: bytes) -> Row | Fault:
    try:
        return listed(name, content)
    except MalformedContent as error:
        digest = hashlib.sha256(content).hexdigest()[:_DIGEST_HEX_DIGITS]
        return Fault(name, digest, error.detail, error.line, error.column)

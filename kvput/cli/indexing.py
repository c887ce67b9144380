"""How far the building of a large collection's index is, for who waits for its first list.

A bar on a terminal, else a line when it begins and one when it is done. A small
collection is not worth a word.
"""

import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import click

from kvput.cli.output import counted, shown
from kvput.paths import CollectionPath

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_LARGE: Final = 5_000
"""Files from which on it is told of: below, all is done in an instant."""


class IndexingProgress:
    """Is told by the store, in any thread (`kvput.store.open_store`)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begun: dict[CollectionPath, float] = {}
        self._bars: dict[CollectionPath, TaskID] = {}
        self._progress: Progress | None = None

    def __call__(self, collection: CollectionPath, done: int, total: int) -> None:
        """So many files of so many have been read."""
        if total < _LARGE:
            return
        with self._lock, suppress(OSError):  # that nobody can be told stops nothing
            if collection not in self._begun:
                self._begun[collection] = time.monotonic()
                self._begin(collection, total)
            if self._progress is not None:
                self._progress.update(self._bars[collection], completed=done)
            if done == total:
                self._end(collection, total, time.monotonic() - self._begun.pop(collection))

    def _begin(self, collection: CollectionPath, total: int) -> None:
        name = shown(collection.url)
        if sys.stderr is None or not sys.stderr.isatty():
            click.echo(f"Indexing {name}: {counted(total, 'file')} ...", err=True)
            return
        if self._progress is None:
            # Only here: a server that indexes nothing large starts without it.
            from rich.console import Console  # noqa: PLC0415
            from rich.progress import Progress  # noqa: PLC0415

            self._progress = Progress(console=Console(stderr=True), transient=True)
            self._progress.start()
        self._bars[collection] = self._progress.add_task(f"Indexing {name}", total=total)

    def _end(self, collection: CollectionPath, total: int, seconds: float) -> None:
        if self._progress is not None:
            self._progress.remove_task(self._bars.pop(collection))
            if not self._bars:
                self._progress.stop()
                self._progress = None
        name = shown(collection.url)
        click.echo(f"Indexed {name}: {counted(total, 'file')} in {seconds:.1f} s.", err=True)

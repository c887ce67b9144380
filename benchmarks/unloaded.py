"""What is measured of kvput without load: its start, its first list, and what an index takes.

How long DELETEs take is in `deletes`.
Each figure is of a process that was just started.
"""

import os
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.articles import PAGE_SIZE, article
from benchmarks.deletes import Deletes
from benchmarks.dialects import ARRAY
from benchmarks.figures import Results, Start
from benchmarks.load import Failure, Skip
from benchmarks.peers import KVPUT, PEERS
from benchmarks.place import Place
from benchmarks.servers import Server
from benchmarks.works import (
    DELETE,
    FIRST_LIST,
    FIRST_LISTS,
    LARGE,
    LIST_MEMORY,
    START,
    FirstList,
    seeded,
)

_SETTLE_SECONDS: Final = 0.5
_LIST_SECONDS: Final = 120.0
_DROP_CACHES: Final = Path("/proc/sys/vm/drop_caches")
_PAGES_AND_NAMES: Final = "3\n"
_KVPUT: Final = next(peer for peer in PEERS if peer.key == KVPUT)

Step = tuple[str, Callable[[], None]]


@dataclass(frozen=True, slots=True)
class Unloaded:
    """The measurements without load, each as a step of a round."""

    place: Place
    results: Results

    def steps(self, chosen: Collection[str]) -> list[Step]:
        """What there is to do in a round for the chosen keys, with what it is."""
        makers = {
            START: self._starts,
            FIRST_LIST: self._first_lists,
            LIST_MEMORY: self._memory,
            DELETE: Deletes(self.place, self.results).steps,
        }
        return [step for key, steps in makers.items() if key in chosen for step in steps()]

    # --- the start

    def _starts(self) -> Iterator[Step]:
        for resources in (0, LARGE):
            yield f"{START}, {resources:,} resources", partial(self._start, resources)

    def _start(self, resources: int) -> None:
        """Start kvput, and look at its memory when it has answered and come to rest."""
        folder = self.place.seeded(_KVPUT, str(resources), resources, seeded)
        with self.place.running(_KVPUT, folder) as server:
            start = Start(server.start_seconds, _memory_at_rest(server))
        self.results.starts.setdefault(resources, []).append(start)

    # --- lists

    def _first_lists(self) -> Iterator[Step]:
        for first in FIRST_LISTS:
            yield first.title, partial(self._first, first)

    def _first(self, first: FirstList) -> None:
        """Start kvput and time its first list, where the files can be had as they must be."""
        assert _KVPUT.layout is not None
        folder = self._articles()
        if first.is_cached:
            _KVPUT.layout.values(folder)
        elif not drop_caches():
            return  # it stays a gap: no figure is of another state than its name says
        with self.place.running(_KVPUT, folder) as server:
            started = time.perf_counter()
            self._list(server, ARRAY.ordered("1") if first.is_sorted else ARRAY.plain("1"))
            taken = time.perf_counter() - started
        self.results.first_lists.setdefault(first.key, []).append(taken)

    def _memory(self) -> Iterator[Step]:
        yield LIST_MEMORY, self._list_memory

    def _list_memory(self) -> None:
        """What the process takes more after a list, a sorted one and a filtered one."""
        with self.place.running(_KVPUT, self._articles()) as server:
            before = _memory_at_rest(server)
            for target in (ARRAY.plain("1"), ARRAY.ordered("1"), ARRAY.filtered("7")):
                self._list(server, target)
            self.results.list_bytes.append(_memory_at_rest(server) - before)

    def _articles(self) -> Path:
        """The folder with the large collection."""
        return self.place.seeded(_KVPUT, f"lists-{LARGE}", LARGE, article)

    def _list(self, server: Server, target: str) -> None:
        """Ask for a list, and insist on a page of it."""
        try:
            answer = server.ask("GET", target, within=_LIST_SECONDS)
        except Skip as skip:
            raise Failure(f"GET {target}: {skip}") from skip
        if answer.status != 200 or len(ARRAY.items(answer.content)) != PAGE_SIZE:
            raise Failure(f"GET {target} was not answered with a page of {PAGE_SIZE}")


def drop_caches() -> bool:
    """Have the system forget all files; False where only root may ask for it."""
    os.sync()
    try:
        _DROP_CACHES.write_text(_PAGES_AND_NAMES, "ascii")
    except OSError:
        return False
    return True


def _memory_at_rest(server: Server) -> int:
    """The memory that a server holds when it has come to rest."""
    time.sleep(_SETTLE_SECONDS)
    return server.memory_bytes()

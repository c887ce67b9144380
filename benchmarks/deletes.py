"""How long DELETEs of authors take, of a process that was just started: one after the other.

Whether anybody names an author is for the index of the articles to say, which the first DELETE
has to wait for.
"""

import itertools
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from benchmarks.declared import Declared, differing
from benchmarks.figures import Results
from benchmarks.load import Failure
from benchmarks.peers import KVPUT, PEERS
from benchmarks.place import Place
from benchmarks.related import prolific, prolific_files, related_files, unnamed, unnamed_files
from benchmarks.servers import Server
from benchmarks.works import CASCADE, DELETE, FIRST_DELETE, LARGE, NEXT_DELETE, Kind

_SECONDS: Final = 120.0
_KVPUT: Final = next(peer for peer in PEERS if peer.key == KVPUT)


@dataclass(frozen=True, slots=True)
class Deletes:
    """The DELETEs of authors, as a step of a round."""

    place: Place
    results: Results

    def steps(self) -> Iterator[tuple[str, Callable[[], None]]]:
        """The one step, with what it is."""
        yield DELETE, self._delete

    def _delete(self) -> None:
        """Delete authors without articles, then the one with many; look at what is left."""
        more = (*prolific_files(LARGE), *unnamed_files(LARGE))
        files = itertools.chain(related_files(LARGE, Declared.CASCADE), more)
        folder = self.place.restored(f"{Kind.MOVE}-{LARGE}", files)
        with self.place.running(_KVPUT, folder) as server:
            first, *others = [_timed(server, author) for author in unnamed(LARGE)]
            cascade = _timed(server, prolific(LARGE))
        if wrong := differing(folder, related_files(LARGE, Declared.CASCADE)):
            raise Failure(f"DELETE left or changed {len(wrong)} files, such as {min(wrong)}")
        found = {FIRST_DELETE: first, NEXT_DELETE: statistics.median(others), CASCADE: cascade}
        for key, seconds in found.items():
            self.results.deletes.setdefault(key, []).append(seconds)


def _timed(server: Server, author: int) -> float:
    """The seconds that a DELETE takes."""
    path = f"/authors/{author}"
    started = time.perf_counter()
    answer = server.ask("DELETE", path, within=_SECONDS)
    taken = time.perf_counter() - started
    if answer.status != 200:
        raise Failure(f"DELETE {path} was answered {answer.status}")
    return taken

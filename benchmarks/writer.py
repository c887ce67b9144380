"""PUTs at a steady rate while something else is measured, as people who edit send them.

They go to the articles of the collection that is listed, each over a new edition of it, and come
from the core of the load. What they take themselves is not measured.
"""

import contextlib
import http.client
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

from benchmarks.articles import article
from benchmarks.load import Failure, Skip
from benchmarks.servers import ADDRESS
from benchmarks.works import COLLECTION, Work, key_of, version

_CONNECTIONS: Final = 10
"""So many that a PUT may wait behind all that the load has sent, and the rate still be kept."""

_LEAST: Final = 0.9
"""The part of the PUTs that must be answered: with fewer, the work is another one."""

_SECONDS: Final = 60.0
_JSON: Final = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Writer:
    """Sends the PUTs of a work; each run of it writes editions of its own."""

    work: Work
    port: int
    core: int
    run: int
    over: threading.Event = field(default_factory=threading.Event)

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Write while the block runs.

        Raises `Failure` where a PUT fails, `Skip` where too few of them were answered.
        """
        started = time.monotonic()
        with ThreadPoolExecutor(_CONNECTIONS) as pool:
            turns = [pool.submit(self._turns, first, started) for first in range(_CONNECTIONS)]
            try:
                yield
            finally:
                taken = time.monotonic() - started
                self.over.set()
        answered = sum(each.result() for each in turns)
        asked = int(taken * self.work.puts_beside)
        if answered < _LEAST * asked:
            raise Skip(f"only {answered} of {asked} PUTs beside it were answered")

    def _turns(self, first: int, started: float) -> int:
        """One connection's share of the turns. Gives how many of its PUTs were answered."""
        os.sched_setaffinity(0, {self.core})  # of this thread alone
        connection = http.client.HTTPConnection(ADDRESS, self.port, timeout=_SECONDS)
        turn, answered = first, 0
        try:
            while not self.over.wait(started + turn / self.work.puts_beside - time.monotonic()):
                self._put(connection, turn)
                turn, answered = turn + _CONNECTIONS, answered + 1
        except (OSError, http.client.HTTPException) as error:
            raise Failure(f"a PUT beside it was not answered: {error!r}") from error
        finally:
            connection.close()
        return answered

    def _put(self, connection: http.client.HTTPConnection, turn: int) -> None:
        """One PUT, of an edition that is not there yet."""
        key = key_of(turn, self.work.resources)
        sent = article(int(key), version(self.run, turn // self.work.resources))
        connection.request("PUT", f"{COLLECTION}/{key}", sent, _JSON)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise Failure(f"a PUT beside it was answered {answer.status}")

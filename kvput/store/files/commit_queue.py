"""The queue before the one thread that commits, and the way of its answers back.

Callers wait on an event loop; the thread takes all that wait at once, and gives
all that are answered at once back to the loop. What a commit does is not known
here.
"""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future as ConcurrentFuture
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Final, Protocol, TypeVar

from kvput.errors import StoreFailed
from kvput.store.base import Commit, Decision
from kvput.store.files.committer import Outcome, Request

_T = TypeVar("_T")

_logger = logging.getLogger("kvput")

_IDLE_SECONDS: Final = 1.0
"""After so long without a commit, there is time for other things."""


class Worker(Protocol):
    """What the thread does. All of it is called there."""

    def make(self, waiting: deque[Request], answer: Callable[[Sequence[Outcome]], None]) -> None:
        """Make some commits from the left, take them out of `waiting`, and answer each once."""

    def idle(self) -> None:
        """Nobody has waited for a second."""

    def give_up(self) -> None:
        """A commit has failed in a way that nobody has thought of."""

    def finish(self) -> None:
        """Nothing comes after this."""


@dataclass(slots=True, eq=False, kw_only=True)
class _Call(Request):
    """A request, and who waits for its outcome."""

    loop: asyncio.AbstractEventLoop
    answered: "asyncio.Future[Commit]"


class CommitQueue:
    """Hands commits to a thread of its own."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._calls: SimpleQueue[_Call | Callable[[], None] | None] = SimpleQueue()
        self._stopped = False
        self._thread = threading.Thread(target=self._work, name="kvput-commit")
        self._thread.start()

    async def commit(self, decide: Decision) -> Commit:
        """Have a commit made; raises what it raises, and StoreFailed after `stop`.

        It is made also when the caller is cancelled.
        """
        if self._stopped:
            raise _stopping()
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[Commit] = loop.create_future()
        self._calls.put(_Call(decide, loop=loop, answered=answered))
        return await answered

    async def between(self, function: Callable[[], _T]) -> _T:
        """What a function gives that is called on the thread, between two groups of commits.

        Raises what it raises, and StoreFailed after `stop`.
        """
        if self._stopped:
            raise _stopping()
        done: ConcurrentFuture[_T] = ConcurrentFuture()

        def call() -> None:
            try:
                result = function()
            except Exception as error:  # noqa: BLE001  # whatever it is, who asked gets it
                done.set_exception(error)
            else:
                done.set_result(result)

        self._calls.put(call)
        return await asyncio.wrap_future(done)

    def call(self, function: Callable[[], None]) -> None:
        """Have something else done on the thread, between two groups of commits."""
        self._calls.put(function)

    async def stop(self) -> None:
        """Make the commits that wait, finish, and end the thread."""
        if not self._stopped:
            self._stopped = True
            self._calls.put(None)
        await asyncio.to_thread(self._thread.join)

    # --- on the thread

    def _work(self) -> None:
        waiting: deque[Request] = deque()
        stopping = False
        while not stopping or waiting:
            stopping = self._take(waiting, wait=not waiting) or stopping
            if waiting:
                self._commit(waiting)
        self._guarded(self._worker.finish)

    def _take(self, waiting: deque[Request], *, wait: bool) -> bool:
        """Take all that is there, something at least if `wait`; tells whether to stop."""
        try:
            call = self._calls.get(block=wait, timeout=_IDLE_SECONDS if wait else None)
            while call is not None:
                if isinstance(call, _Call):
                    waiting.append(call)
                else:
                    self._guarded(call)
                call = self._calls.get_nowait()
        except Empty:
            if wait and not waiting:
                self._guarded(self._worker.idle)
            return False
        return True

    def _guarded(self, call: Callable[[], None]) -> None:
        """Nothing that goes wrong between commits may end the thread: all would wait for ever."""
        try:
            call()
        except Exception:
            _logger.exception("What is done between commits failed.")
            self._worker.give_up()

    def _commit(self, waiting: deque[Request]) -> None:
        calls = tuple(waiting)
        try:
            self._worker.make(waiting, _answer)
        except Exception:
            _logger.exception("A commit failed.")
            waiting.clear()
            self._worker.give_up()
            failed = StoreFailed("The write failed; the server's log says more.")
            # Those that were answered before keep that answer.
            _answer([(call, failed) for call in calls])


def _stopping() -> StoreFailed:
    return StoreFailed("The server is stopping: try again when it is back.")


def _answer(outcomes: Sequence[Outcome]) -> None:
    """Give outcomes to those who wait, with one call of each event loop."""
    loops: dict[asyncio.AbstractEventLoop, list[tuple[_Call, Commit | Exception]]] = {}
    for call, result in outcomes:
        if isinstance(call, _Call):
            loops.setdefault(call.loop, []).append((call, result))
    for loop, answers in loops.items():
        with suppress(RuntimeError):  # closed: nobody waits there any more
            loop.call_soon_threadsafe(_settle, answers)


def _settle(answers: Sequence[tuple[_Call, Commit | Exception]]) -> None:
    for call, result in answers:
        if call.answered.done():  # cancelled: the client has hung up
            continue
        if isinstance(result, Commit):
            call.answered.set_result(result)
        else:
            call.answered.set_exception(result)

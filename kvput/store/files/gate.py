"""The gate before resources that a commit is about to change together.

Their files take their places one after the other; whoever reads one of them
meanwhile waits until all stand, so that nobody sees half of a commit.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TypeVar

from kvput.paths import ResourcePath

_T = TypeVar("_T")


class DisturbedError(Exception):
    """Commits have come each time between the beginning and the end."""


class Gate:
    """Closed by the thread that publishes, waited at on the event loop."""

    def __init__(self) -> None:
        self._opened: Future[None] | None = None
        self._paths: frozenset[ResourcePath] = frozenset()
        self._times_closed = 0

    @contextmanager
    def closed(self, paths: frozenset[ResourcePath]) -> Iterator[None]:
        """Keep readers of these paths, and all who look at several, waiting during the block."""
        opened: Future[None] = Future()
        # Running: one who waits and is cancelled must not cancel it for the others.
        opened.set_running_or_notify_cancel()
        self._paths = paths
        self._opened = opened
        # After it: whoever has taken this number finds the gate closed.
        self._times_closed += 1
        try:
            yield
        finally:
            self._opened = None
            opened.set_result(None)

    def is_open_for(self, path: ResourcePath) -> bool:
        """Whether nobody needs to wait who reads this path alone."""
        return self._opened is None or path not in self._paths

    async def reading(self, read: Callable[[], Awaitable[_T]], attempts: int | None = None) -> _T:
        """What `read` gives when the gate was open all the while; it is called until it was.

        What it raises comes out where the gate was open all the while: half of a commit can
        make a look fail as well. Raises DisturbedError when it was open none of so many times;
        None is no limit.
        """
        disturbed = 0
        while disturbed != attempts:
            times = self._times_closed
            opened = self._opened
            if opened is not None:
                await asyncio.wrap_future(opened)
                continue
            try:
                result = await read()
            except Exception:
                if times == self._times_closed:
                    raise
            else:
                if times == self._times_closed:
                    return result
            disturbed += 1
        raise DisturbedError

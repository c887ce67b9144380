"""What `kvput serve` says of schemas that cannot be used, without waiting for a write.

Once it serves, and from then on every few seconds, the schemas that are declared
are looked at. What is said of them, and how often, is in `kvput.resources`.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

from kvput.errors import KvputError
from kvput.resources.consequences import Rules
from kvput.resources.schemas.in_use import States
from kvput.store.base import Store, View

_LOOK_SECONDS: Final = 2.0


@asynccontextmanager
async def watching_schemas(store: Store, rules: Callable[[], Rules]) -> AsyncIterator[None]:
    """While the block runs, have it told of schemas that cannot be used by the rules of then."""
    watching = asyncio.create_task(_watch(store, rules))
    try:
        yield
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching


def _states(rules: Rules) -> Callable[[View], States]:
    return lambda view: rules.schemas.states(view, rules.declarations.collections.values())


async def _watch(store: Store, rules: Callable[[], Rules]) -> None:
    while True:
        current = rules()
        with suppress(KvputError):  # What cannot be read, requests and checks tell.
            current.schemas.tell_of(await store.read(_states(current)))
        await asyncio.sleep(_LOOK_SECONDS)

"""What `kvput serve` looks at again and again, so that it tells of it without being asked.

Here belongs how often, and how that ends. What is looked at, and what is said of it, is
in `link_watch` and `schema_watch`.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

from kvput.errors import KvputError

_LOOK_SECONDS: Final = 2.0


@asynccontextmanager
async def looking_again(look: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """While the block runs, have `look` done, and again some time after it is done.

    A KvputError from it is passed over: what cannot be read, requests and checks tell.
    """

    async def watch() -> None:
        while True:
            with suppress(KvputError):
                await look()
            await asyncio.sleep(_LOOK_SECONDS)

    watching = asyncio.create_task(watch())
    try:
        yield
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching

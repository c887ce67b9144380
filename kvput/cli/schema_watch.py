"""What `kvput serve` says of schemas that cannot be used, without waiting for a write.

Once it serves, and from then on every few seconds, the schemas that are declared
are looked at. What is said of them, and how often, is in `kvput.resources`.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from kvput.cli.looking_again import looking_again
from kvput.resources.consequences import Rules
from kvput.resources.schemas.in_use import States
from kvput.store.base import Store, View


def watching_schemas(store: Store, rules: Callable[[], Rules]) -> AbstractAsyncContextManager[None]:
    """While the block runs, have it told of schemas that cannot be used by the rules of then."""

    async def look() -> None:
        current = rules()
        current.schemas.tell_of(await store.read(_states(current)))

    return looking_again(look)


def _states(rules: Rules) -> Callable[[View], States]:
    return lambda view: rules.schemas.states(view, rules.declarations.collections.values())

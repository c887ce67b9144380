"""The rules that hold while the server runs: what is declared may be edited at any time."""

import time
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from kvput.declarations import Declaration, Declarations
from kvput.paths import CollectionPath, ResourcePath
from kvput.resources.consequences import Rules
from kvput.resources.schemas.in_use import Schemas

_LATELY_SECONDS: Final = 0.02


class LiveRules:
    """The rules as they are declared now."""

    def __init__(self, declared: Callable[[], Declarations], tell: Callable[[str], None]) -> None:
        """`declared` gives what is declared now; `tell` is told of schemas that are broken."""
        self._declared = declared
        self._schemas = Schemas(tell)
        # The declarations stay the same value as long as nobody edits them.
        self._rules = lru_cache(maxsize=2)(lambda declarations: Rules(declarations, self._schemas))
        self._last = self._rules(declared())
        self._looked = time.monotonic()

    @property
    def now(self) -> Rules:
        """The rules that hold at this moment: what every write asks for."""
        self._last = rules = self._rules(self._declared())
        self._looked = time.monotonic()
        return rules

    @property
    def lately(self) -> Rules:
        """Those of the last 20 ms: a GET only tells of them, and need not look at a file for it."""
        return self._last if time.monotonic() < self._looked + _LATELY_SECONDS else self.now

    def declared_of(self, collection: CollectionPath) -> Declaration | None:
        """What was lately declared of a collection, if anything."""
        return self.lately.declared_of(collection)

    def declared_at(self, path: ResourcePath) -> Declaration | None:
        """The same of a resource's collection, which is not made where nothing is declared."""
        declared = self.lately.declarations.collections
        return declared.get(path.parent) if declared else None

"""Views for the tests of decisions."""

from collections import Counter
from collections.abc import Callable

from kvput.store.base import View


class CountingView:
    """A view that counts how often it is asked for what of which path."""

    def __init__(self, view: View, counts: Counter[tuple[str, object]]) -> None:
        self._view = view
        self._counts = counts

    def __getattr__(self, name: str) -> Callable[..., object]:
        ask: Callable[..., object] = getattr(self._view, name)

        def counted(path: object, *rest: object) -> object:
            self._counts[name, path] += 1
            return ask(path, *rest)

        return counted

"""An environment that lets a test look in before each call, and fail it."""

import os
from collections.abc import Callable, Mapping
from typing import Final, cast

from kvput.store.files.env import Environment, OperatingSystem


def hooked(before: Callable[..., object], *, syncs_all: bool = True) -> Environment:
    """The real environment; `before` is called with each call's name and arguments, and may raise.

    What `before` returns does not matter. The real disk is spared all syncs;
    `syncs_all`: whether it is one of those where all can be synced at once.
    """
    return cast("Environment", _Hooked(before, syncs_all=syncs_all))


class _Hooked:
    def __init__(self, before: Callable[..., object], *, syncs_all: bool) -> None:
        self._spared: Final[Mapping[str, object]] = {
            "sync": None,
            "sync_data": None,
            "sync_file_system": syncs_all,
        }
        self._before = before
        self._real = OperatingSystem()

    def __getattr__(self, name: str) -> Callable[..., object]:
        call: Callable[..., object] = getattr(self._real, name)

        def hooked_call(*arguments: object) -> object:
            self._before(name, *arguments)
            return self._spared[name] if name in self._spared else call(*arguments)

        return hooked_call


def spared() -> Environment:
    """The real environment, with the real disk spared all syncs."""
    return hooked(lambda *_: None)


def fails(number: int) -> OSError:
    """The error of that number."""
    return OSError(number, os.strerror(number))


class FailsOnce:
    """A hook: the call of that number, counted from 0, fails; `only` counts calls of these names.

    `calls` are the names of all calls that came to be counted.
    """

    def __init__(self, nth: int, number: int, *, only: tuple[str, ...] = ()) -> None:
        """`number` is the error's."""
        self.calls: list[str] = []
        self._nth = nth
        self._number = number
        self._only = only

    @property
    def failed(self) -> bool:
        """Whether the call has come."""
        return len(self.calls) > self._nth

    def __call__(self, call: str, *_: object) -> None:
        """Count a call."""
        if self._only and call not in self._only:
            return
        self.calls.append(call)
        if len(self.calls) == self._nth + 1:
            raise fails(self._number)

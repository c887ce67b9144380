"""How staged files take their places, and give them back.

A file that replaces another changes places with it, so that what it displaced
can be looked at, and put back: by a hand's edit that came at the last moment,
or because another file of the same commit could not take its place.
"""

import errno
import os
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from kvput.store.files.env import Environment
from kvput.store.files.staged import OvertakenError, Step, identity_of


class UndoError(Exception):
    """A commit was published in part, and could not be taken back; its argument is the OSError."""


class Publisher:
    """Moves files between scratch and their places."""

    def __init__(self, environment: Environment, scratch: int) -> None:
        """`scratch` is the descriptor of the scratch directory."""
        self._environment: Final = environment
        self._scratch: Final = scratch
        self._only_replaces = False
        """Whether the file system knows neither an exchange nor links."""

    def publish(self, step: Step) -> None:
        """Give a file its place, or take it out of it. Raises OvertakenError and OSError."""
        environment, scratch = self._environment, self._scratch
        place = (step.name, step.directory.descriptor)
        staged = (step.scratch_name, scratch)
        try:
            if step.before is None:
                environment.move(*staged, *place)
                step.published = True
                return
            if step.identity is None:
                environment.move(*place, *staged)
                step.displaces = True
            else:
                if self._only_replaces and not self._is_expected(step):
                    raise OvertakenError
                step.displaces = environment.exchange(*staged, *place)
                self._only_replaces = not step.displaces
        except (FileExistsError, FileNotFoundError):
            raise OvertakenError from None
        step.published = True
        if not step.displaces:
            return
        displaced = os.stat(step.scratch_name, dir_fd=scratch, follow_symlinks=False)
        if identity_of(displaced) != step.before:
            self._take_back(step)
            raise OvertakenError

    def _take_back(self, step: Step) -> None:
        environment, scratch = self._environment, self._scratch
        place = (step.name, step.directory.descriptor)
        staged = (step.scratch_name, scratch)
        if step.before is None:
            environment.move(*place, *staged)
        elif not step.displaces:
            raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))
        elif step.identity is None:
            environment.move(*staged, *place)
        else:
            environment.exchange(*staged, *place)
        step.published = step.displaces = False

    @staticmethod
    def _is_expected(step: Step) -> bool:
        status = os.stat(step.name, dir_fd=step.directory.descriptor, follow_symlinks=False)
        return identity_of(status) == step.before

    def undo(self, steps: Iterable[Step]) -> None:
        """Give each place back what it had, and have that on the disk. Raises UndoError."""
        published = [step for step in steps if step.published]
        try:
            for step in reversed(published):
                self._take_back(step)
            for descriptor in {step.directory.descriptor for step in published}:
                self._environment.sync(descriptor)
        except OSError as error:
            raise UndoError(error) from error

    def clear(self, steps: Iterable[Step]) -> None:
        """Remove what is left of these in scratch; what cannot be is removed at the next start."""
        for step in steps:
            if step.displaces or not step.published:
                with suppress(OSError):
                    self._environment.unlink(step.scratch_name, self._scratch)

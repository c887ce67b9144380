"""What is remembered under keys: a file for each in the folder's own directory.

It is written with the commit that it belongs to, as a resource is
(`kvput.store.files.writer`). Here it is read, and let go when it is too old.
"""

import os
import time
from contextlib import suppress
from typing import Final

from kvput.errors import KvputError
from kvput.store.base import REMEMBERED_SECONDS
from kvput.store.files.env import Environment
from kvput.store.files.failures import reading
from kvput.store.files.layout import PRIVATE, REMEMBERED, remembered_place
from kvput.store.files.reader import Reader, read_all

_LOOK_EVERY_SECONDS: Final = 60 * 60
_AT_ONCE: Final = 200
_PLACE: Final = (PRIVATE, REMEMBERED)


def remembered(reader: Reader, key: str) -> bytes | None:
    """What is kept under the key; None when there is none, or it is too old. Raises Unreadable."""
    parts = remembered_place(key)
    descriptor = reader.open_file(parts)
    if descriptor is None:
        return None
    try:
        with reading(parts):
            return None if _is_old(os.fstat(descriptor)) else read_all(descriptor, 0)
    finally:
        os.close(descriptor)


class Forgetting:
    """Removes what is too old, now and then and a part at a time: all writes wait meanwhile."""

    def __init__(self, reader: Reader, environment: Environment) -> None:
        self._reader = reader
        self._environment = environment
        self._next = 0.0
        # Names that are still to be looked at.
        self._left: list[str] = []

    def go_on(self) -> None:
        """Look at some of what is kept, unless all was looked at not long ago."""
        if not self._left and time.monotonic() < self._next:
            return
        # What cannot be removed now can be later: nobody is told of it any more.
        with suppress(OSError, KvputError), self._reader.directory(_PLACE) as directory:
            if not self._left:
                self._next = time.monotonic() + _LOOK_EVERY_SECONDS
                self._left = [] if directory is None else os.listdir(directory)
            if directory is None:
                self._left = []
                return
            some, self._left = self._left[:_AT_ONCE], self._left[_AT_ONCE:]
            for name in some:
                with suppress(OSError):
                    if _is_old(os.stat(name, dir_fd=directory, follow_symlinks=False)):
                        self._environment.unlink(name, directory)


def _is_old(status: os.stat_result) -> bool:
    return status.st_mtime < time.time() - REMEMBERED_SECONDS

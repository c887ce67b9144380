"""The declarations that hold now: those of the file as it stands, at every look.

Here belongs when the file is read again, and what is said of that. The file may be
edited, removed and replaced while the server runs, and so may its folder.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Final

from kvput.config_file import CONFIG_FILE, file_content, parse_config_file
from kvput.declarations import NOTHING_DECLARED, Declarations
from kvput.declared.reading import declarations_in, folders_in
from kvput.errors import ConfigError
from kvput.paths import CollectionPath

Signature = tuple[int, int, int, int, int]
"""mtime, ctime (nanoseconds), size, inode, device: changes whenever the file's bytes may have."""

# The clock that stamps files on Linux ticks every 1 to 10 ms; where times are whole
# seconds (HFS+, some network file systems; FAT: two) one must wait longer.
_TICK_NS: Final = 50_000_000
_COARSE_TICK_NS: Final = 2_100_000_000


@dataclass(frozen=True, slots=True)
class _Look:
    """What was found at one look at the file, and what holds since.

    `signature` is None where there was no file, `content` where it could not be
    read. `awaited` are the collections for want of which the file is at fault.
    """

    signature: Signature | None = None
    is_settled: bool = False
    content: bytes | None = None
    fault: str | None = None
    awaited: frozenset[CollectionPath] = frozenset()
    options: Mapping[str, object] | None = None
    declarations: Declarations = NOTHING_DECLARED


class LiveDeclarations:
    """What the `kvput.toml` in a folder declares, whenever that is asked.

    A file that is wrong changes nothing: what was declared before holds, and
    `tell` is told once what is wrong, and once that it is mended. It is told
    in the midst of a look, and must not look itself. For any thread.
    """

    def __init__(self, folder: Path, tell: Callable[[str], None]) -> None:
        """Read the file. Raises ConfigError."""
        self._file = folder / CONFIG_FILE
        self._is_there = folders_in(folder)
        self._tell = tell
        self._lock = Lock()
        self._last = _Look()
        first = self._look()
        if first.fault is not None:
            raise ConfigError(first.fault)
        self._last = first
        self._started_with = first.options

    def current(self) -> Declarations:
        """The declarations that hold now. Takes one `stat` where the file has not changed."""
        last = self._last
        if not self._stands(last):
            with self._lock:
                if not self._stands(self._last):  # else another thread has just read it
                    before, self._last = self._last, self._look()
                    self._tell_difference(before, self._last)
                last = self._last
        return last.declarations

    def _stands(self, last: _Look) -> bool:
        """Whether nothing has changed since a look."""
        return (
            last.is_settled
            and last.signature == self._signature()
            and not any(map(self._is_there, last.awaited))
        )

    def _signature(self) -> Signature | None:
        try:
            status = self._file.stat()
        except OSError:  # what keeps it from being read is told by whoever reads it
            return None
        return (
            status.st_mtime_ns,
            status.st_ctime_ns,
            status.st_size,
            status.st_ino,
            status.st_dev,
        )

    # --- a look at the file, with the lock

    def _look(self) -> _Look:
        """What the file says now; what the last look found holds where it is wrong."""
        # First the signature, then the content: what changes in between is seen next time.
        signature, moment = self._signature(), time.time_ns()
        settled = signature is None or is_settled(signature[1], moment)
        last = replace(self._last, signature=signature, is_settled=settled)
        try:
            content = file_content(self._file)
        except ConfigError as error:
            # Perhaps it is for want of descriptors: what can be read later has no new signature.
            return replace(
                last, is_settled=False, content=None, fault=error.detail, awaited=frozenset()
            )
        # Who writes a file in place empties it first: no write is to slip through meanwhile.
        if last.content and not content and not settled:
            return last
        if content == last.content and not any(map(self._is_there, last.awaited)):
            return last
        return self._read(replace(last, content=content, awaited=frozenset()))

    def _read(self, look: _Look) -> _Look:
        """The look with what its content says."""
        missed: list[CollectionPath] = []

        def is_there(collection: CollectionPath) -> bool:
            if self._is_there(collection):
                return True
            missed.append(collection)
            return False

        try:
            file = parse_config_file(self._file, look.content or b"")
            declarations = declarations_in(file, is_there)
        except ConfigError as error:
            return replace(look, fault=error.detail, awaited=frozenset(missed))
        return replace(look, fault=None, options=file.options, declarations=declarations)

    # --- what is told

    def _tell_difference(self, before: _Look, now: _Look) -> None:
        if now.fault is not None:
            if (now.fault, now.content) != (before.fault, before.content):
                self._tell(f"{now.fault} What it declared before still holds.")
            return
        had_any, has_any = bool(before.declarations.collections), bool(now.declarations.collections)
        if now.signature is None and (had_any or before.fault is not None):
            self._tell(f"{self._file}: is gone, so that nothing is declared.")
        elif had_any and not has_any:
            self._tell(f"{self._file}: declares nothing any more.")
        elif before.fault is not None:
            self._tell(f"{self._file}: is right again, and holds from now on.")
        elif has_any and not had_any:
            self._tell(f"{self._file}: is there, and holds from now on.")
        if now.options not in (before.options, self._started_with):
            self._tell(
                f"{self._file}: its options have changed, which takes effect at the next start."
            )


def is_settled(changed_ns: int, moment_ns: int) -> bool:
    """Whether a file, last changed at a time, was surely not changed after that moment unseen.

    Two changes within one tick of the clock that stamps files leave the same time;
    a file that is read so soon after its change is "racy", as git calls it.
    """
    coarse = changed_ns % 1_000_000_000 == 0
    return changed_ns < moment_ns - (_COARSE_TICK_NS if coarse else _TICK_NS)

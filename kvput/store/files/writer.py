"""How a batch gets into the folder: staged as temporary files, then renamed, then synced.

A file is written in full and synced in the scratch directory before anything
in the folder changes, so that a full disk is met while all is as it was. Each
write syncs for itself, and the files of one batch appear one after the other;
a batch that fails half-way is undone as far as files were created. One thread
runs this at a time (`kvput.store.files.store`); reading is the cache's.
"""

import errno
import itertools
import os
import stat
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from typing import Final

from kvput.errors import (
    DiskFull,
    KvputError,
    NotFound,
    StoreFailed,
)
from kvput.paths import SERVER_SEGMENT, ResourcePath
from kvput.semantics.validators import content_digest
from kvput.store.base import Batch, Change, Delete, Entry, Put, RaiseCounter, Write
from kvput.store.files.cache import ReadCache
from kvput.store.files.env import Environment
from kvput.store.files.failures import FULL, failed_write, in_the_way, name_clash
from kvput.store.files.layout import COUNTER, directories_of, locate
from kvput.store.files.reader import Reader

_DIRECTORY_FLAGS: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW_FILE_MODE: Final = 0o666


@dataclass(frozen=True, slots=True)
class _Replacement:
    """A put that changes something: the entry before, and what comes in its place."""

    path: ResourcePath
    before: Entry | None
    content: bytes
    digest: str


@dataclass(slots=True)
class _Staged:
    """A file that waits in scratch to be renamed to `name` in `directory` (a descriptor).

    `replacement` is None for a counter.
    """

    scratch_name: str
    descriptor: int
    directory: int
    name: str
    creates: bool
    replacement: _Replacement | None
    published: bool = False
    status: os.stat_result | None = None
    """How the file stood when it had been published, at `read_ns`."""
    read_ns: int = 0


@dataclass(slots=True)
class _Work:
    """What one batch has done so far, so that it can be undone."""

    descriptors: ExitStack = field(default_factory=ExitStack)
    entered: dict[tuple[str, ...], int] = field(default_factory=dict)
    """The descriptor of each directory that the batch writes in."""
    staged: list[_Staged] = field(default_factory=list)
    removals: list[tuple[int, str, Change]] = field(default_factory=list)
    made_directories: list[tuple[int, str]] = field(default_factory=list)
    unchanged: list[Change] = field(default_factory=list)
    touched: set[int] = field(default_factory=set)
    """Directories whose entries are to be on the disk before the answer."""


class OvertakenError(Exception):
    """A hand has changed what the batch was decided on: decide again."""


class Writer:
    """Writes batches into the folder that `reader` reads."""

    def __init__(
        self, reader: Reader, cache: ReadCache, environment: Environment, scratch: int
    ) -> None:
        """`scratch` is the descriptor of the scratch directory."""
        self._reader = reader
        self._cache = cache
        self._environment = environment
        self._scratch = scratch
        self._numbers = itertools.count(1)
        self.failure: str | None = None
        """Why no more writes are taken: a sync failed. None while all is well."""

    def apply(
        self, batch: Batch, seen: Mapping[ResourcePath, str | None] | None = None
    ) -> tuple[Change, ...]:
        """Write the batch; gives each put or deleted path's change.

        `seen` are the digests that the batch was decided on: nothing is written
        once one of them has changed, and OvertakenError is raised. Else raises as
        `Store.commit`.
        """
        if self.failure is not None:
            raise StoreFailed(self.failure)
        try:
            return self._apply(batch.writes, seen or {})
        except DiskFull:
            # Whoever deletes to make room must not need room for that: the counter, which
            # only keeps the deleted number from being used again, comes when there is some.
            counters = tuple(w for w in batch.writes if isinstance(w, RaiseCounter))
            others = tuple(w for w in batch.writes if not isinstance(w, RaiseCounter))
            if not counters or not all(isinstance(write, Delete) for write in others):
                raise
            changes = self._apply(others, seen or {})
            with suppress(DiskFull):
                self._apply(counters, {})
            return changes

    def _apply(
        self, writes: tuple[Write, ...], seen: Mapping[ResourcePath, str | None]
    ) -> tuple[Change, ...]:
        work = _Work()
        with work.descriptors:
            try:
                for write in writes:
                    self._stage(write, work)
                self._refuse_if_overtaken(seen)
                self._publish(work)
                return self._changes(work)
            except OSError as error:
                self._undo(work)
                raise failed_write(error) from error
            except (KvputError, OvertakenError):
                self._undo(work)
                raise

    def _refuse_if_overtaken(self, seen: Mapping[ResourcePath, str | None]) -> None:
        """Staging takes as long as the disk does: a hand may have written meanwhile."""
        for path, digest in seen.items():
            entry = self._cache.fresh(path)
            if digest != (None if entry is None else entry.digest):
                raise OvertakenError

    # --- staging: nothing in the folder changes but for new empty directories

    def _stage(self, write: Write, work: _Work) -> None:
        match write:
            case Put(path, content):
                self._stage_put(path, content, work)
            case Delete(path):
                before = self._cache.whole(path)
                if before is None:
                    # Removed by hand since the decision was made.
                    raise NotFound(f"Nothing is stored under {path.url}.")
                place = locate(path)
                directory = self._enter(place.directories, work)
                self._check_place(directory, place.directories, place.file)
                work.removals.append((directory, place.file, Change(path, before, None)))
            case RaiseCounter(collection, number):
                directory = self._enter(directories_of(collection), work)
                content = b"%d\n" % number
                self._stage_file(directory, COUNTER, content, None, work)

    def _stage_put(self, path: ResourcePath, content: bytes, work: _Work) -> None:
        before = self._cache.fresh(path)
        digest = content_digest(content)
        place = locate(path)
        directory = self._enter(place.directories, work)
        if before is not None and before.digest == digest:
            self._sync_as_it_is(path, work)
            work.touched.add(directory)
            # Large content is not held in the entry; here it is at hand.
            entry = replace(before, content=content)
            work.unchanged.append(Change(path, entry, entry))
            return
        self._check_place(directory, place.directories, place.file)
        replacement = _Replacement(path, before, content, digest)
        self._stage_file(directory, place.file, content, replacement, work)

    def _sync_as_it_is(self, path: ResourcePath, work: _Work) -> None:
        """Have on the disk what stands there already: a hand may have written it unsynced."""
        place = locate(path)
        descriptor = self._reader.open_file((*place.directories, place.file))
        if descriptor is not None:
            work.descriptors.callback(os.close, descriptor)
            self._sync(descriptor)

    def _stage_file(
        self,
        directory: int,
        name: str,
        content: bytes,
        replacement: _Replacement | None,
        work: _Work,
    ) -> None:
        try:
            mode = stat.S_IMODE(os.stat(name, dir_fd=directory).st_mode)
        except FileNotFoundError:
            mode = None
        scratch_name = f"{os.getpid()}-{next(self._numbers)}"
        descriptor = self._environment.create(scratch_name, self._scratch, _NEW_FILE_MODE)
        work.descriptors.callback(os.close, descriptor)
        staged = _Staged(scratch_name, descriptor, directory, name, mode is None, replacement)
        work.staged.append(staged)
        self._environment.write(descriptor, content)
        if mode is not None:
            self._environment.set_mode(descriptor, mode)
        self._sync(descriptor)

    def _enter(self, parts: tuple[str, ...], work: _Work) -> int:
        """The descriptor of a directory, made where it is missing, and its entry on the disk."""
        if parts in work.entered:
            return work.entered[parts]
        if parts[:1] == (SERVER_SEGMENT,):
            # No path leads here, but a link to the folder itself does.
            raise in_the_way(parts)
        descriptor = os.dup(self._reader.descriptor)
        work.descriptors.callback(os.close, descriptor)
        for depth, name in enumerate(parts, start=1):
            clash = self._reader.clashing_name(descriptor, name)
            if clash is not None:
                raise name_clash(parts[:depth], clash)
            try:
                below = os.open(name, _DIRECTORY_FLAGS, dir_fd=descriptor)
            except FileNotFoundError:
                self._environment.make_directory(name, descriptor)
                work.made_directories.append((descriptor, name))
                below = os.open(name, _DIRECTORY_FLAGS, dir_fd=descriptor)
            except OSError as error:
                if error.errno not in (errno.ELOOP, errno.ENOTDIR):
                    raise
                resolved = self._reader.resolve(parts[:depth])
                if resolved is None or resolved == parts[:depth]:
                    raise in_the_way(parts[:depth]) from None
                return self._enter((*resolved, *parts[depth:]), work)
            work.descriptors.callback(os.close, below)
            # Somebody may have made it just now: its own entry must be on the disk as well.
            self._sync(descriptor)
            descriptor = below
        work.entered[parts] = descriptor
        return descriptor

    def _check_place(self, directory: int, parts: tuple[str, ...], name: str) -> None:
        clash = self._reader.clashing_name(directory, name)
        if clash is not None:
            raise name_clash((*parts, name), clash)
        try:
            mode = os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode
        except FileNotFoundError:
            return
        # A link that leads to a resource in the folder is replaced as a file is.
        linked = stat.S_ISLNK(mode) and self._reader.resolve((*parts, name)) is not None
        if not stat.S_ISREG(mode) and not (linked and self._is_file(name, directory)):
            raise in_the_way((*parts, name))

    @staticmethod
    def _is_file(name: str, directory: int) -> bool:
        with suppress(OSError):
            return stat.S_ISREG(os.stat(name, dir_fd=directory).st_mode)
        return False

    # --- publishing

    def _publish(self, work: _Work) -> None:
        # Counters come last: what was created before one can be undone without
        # room on the disk, and a number without its counter is still taken.
        for staged in sorted(work.staged, key=lambda staged: staged.replacement is None):
            self._environment.rename(
                staged.scratch_name, self._scratch, staged.name, staged.directory
            )
            staged.published = True
            work.touched.add(staged.directory)
            # Now, and not after the sync: a hand may write into the file during that, which
            # must not look like what was written here. (The rename itself shows, too.)
            staged.read_ns = time.time_ns()
            staged.status = os.fstat(staged.descriptor)
        for directory, name, _ in work.removals:
            self._environment.unlink(name, directory)
            work.touched.add(directory)
        for directory in work.touched:
            self._sync(directory, published=bool(work.staged or work.removals))

    def _changes(self, work: _Work) -> tuple[Change, ...]:
        changes = list(work.unchanged)
        for staged in work.staged:
            new = staged.replacement
            if new is None:
                continue
            status = staged.status or os.fstat(staged.descriptor)
            after = Entry(new.path, new.digest, status.st_mtime_ns, len(new.content), new.content)
            self._cache.hold(new.path, after, status, staged.read_ns)
            changes.append(Change(new.path, new.before, after))
        for _, _, change in work.removals:
            self._cache.forget(change.path)
            changes.append(change)
        return tuple(changes)

    def _sync(self, descriptor: int, *, published: bool = False) -> None:
        """Sync; `published` tells that the folder has changed, so that nothing can be promised."""
        try:
            self._environment.sync(descriptor)
        except OSError as error:
            # After a failed fsync the kernel may have dropped the dirty pages and
            # a second fsync may report success: nothing written later could be
            # trusted (Rebello et al., "Can Applications Recover from fsync
            # Failures?", USENIX ATC 2020).
            if published or error.errno not in FULL:
                self.failure = (
                    f"A write could not be made durable ({error.strerror}), so that no more "
                    "writes are taken: check the disk, then start kvput again."
                )
                raise StoreFailed(self.failure) from error
            raise

    def _undo(self, work: _Work) -> None:
        for staged in work.staged:
            with suppress(OSError):
                if not staged.published:
                    self._environment.unlink(staged.scratch_name, self._scratch)
                elif staged.creates:
                    self._environment.unlink(staged.name, staged.directory)
        for parent, name in reversed(work.made_directories):
            with suppress(OSError):
                self._environment.remove_directory(name, parent)

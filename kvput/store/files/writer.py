"""How commits get into the folder: staged as temporary files, then published under their names.

A group of commits is staged before the journal is written, so that a full disk
or a name in the way is met while all is as it was, and published after it was
synced. Nothing is synced here but what a hand has made and a commit is about to
replace. When a group is written is the committer's, what the journal holds its
records'.
"""

import itertools
import os
import stat
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final, Self

from kvput.errors import KvputError, NotFound
from kvput.paths import CollectionPath, ResourcePath
from kvput.semantics.validators import content_digest
from kvput.store.base import Batch, Change, Delete, Entry, Put, RaiseCounter, Remember
from kvput.store.files.cache import ReadCache
from kvput.store.files.durability import Durability, SyncError
from kvput.store.files.env import Environment
from kvput.store.files.failures import failed_write, in_the_way
from kvput.store.files.layout import COUNTER, directories_of, locate, remembered_place
from kvput.store.files.overlay import AfterThisGroup, GroupView, Overlay
from kvput.store.files.publishing import Publisher
from kvput.store.files.reader import Reader, read_all
from kvput.store.files.record import FileWrite
from kvput.store.files.staged import (
    Directory,
    Identity,
    OvertakenError,
    Pending,
    StagedCommit,
    Step,
    identity_of,
)
from kvput.store.files.surroundings import OpenDirectories, Surroundings
from kvput.store.files.view import FileView

_NEW_FILE_MODE: Final = 0o666


@dataclass(slots=True)
class _Counter:
    """A collection's counter, which the group raises: once, to what its last commit asks for."""

    directory: Directory
    before: str | None
    identity: Identity | None
    mode: int | None
    content: bytes


class Writer:
    """Makes groups that write into the folder which `reader` reads."""

    def __init__(
        self,
        reader: Reader,
        cache: ReadCache,
        environment: Environment,
        scratch: int,
        durability: Durability,
    ) -> None:
        """`scratch` is the descriptor of the scratch directory."""
        self.reader = reader
        self.cache = cache
        self.environment = environment
        self.scratch = scratch
        self.durability = durability
        self.publisher = Publisher(environment, scratch)
        self._device = os.fstat(scratch).st_dev
        self._kept = OpenDirectories()
        self._numbers = itertools.count(1)
        self._process = os.getpid()

    def scratch_name(self) -> str:
        """A name that nothing in scratch has."""
        return f"{self._process}-{next(self._numbers)}"

    def surroundings(self) -> Surroundings:
        """What another group will find."""
        return Surroundings(
            self.reader, self.environment, self.durability, self._kept, self._device
        )

    def close(self) -> None:
        """Let go of directories that were kept open."""
        self._kept.close()


class Group:
    """Commits that are staged together, and published one after the other.

    A context manager: at its end, what was not published is gone.
    """

    def __init__(self, writer: Writer, view: FileView) -> None:
        self._writer = writer
        self._environment = writer.environment
        self._view = view
        self._overlay = Overlay()
        self._surroundings = writer.surroundings()
        self._pending: dict[str, Pending | None] = {}
        self._counters: dict[str, _Counter] = {}
        self._counter_steps: list[Step] = []
        self._unpublished: list[StagedCommit] = []
        self._published: list[StagedCommit] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for commit in reversed(self._unpublished):
            self._discard(commit)
        publisher = self._writer.publisher
        for commit in self._published:
            publisher.clear(commit.steps)
        publisher.clear(self._counter_steps)
        self._surroundings.leave()

    @property
    def directories(self) -> int:
        """How many directories it holds open."""
        return len(self._surroundings.directories)

    def view(self) -> GroupView:
        """What the next decision of the group sees."""
        return GroupView(self._view, self._overlay)

    # --- staging: nothing in the folder changes but for new empty directories

    def stage(self, batch: Batch, view: GroupView, *, with_counters: bool = True) -> StagedCommit:
        """Stage a batch that was decided on `view`.

        Raises OvertakenError, AfterThisGroup, SyncError, and as `Store.commit`; then
        nothing of it is left.
        """
        commit = StagedCommit(batch)
        counters = {place: replace(counter) for place, counter in self._counters.items()}
        try:
            for write in batch.writes:
                match write:
                    case Put(path, content):
                        self._stage_put(path, content, view, commit)
                    case Delete(path):
                        self._stage_delete(path, view, commit)
                    case RaiseCounter(collection, number):
                        if with_counters:
                            self._raise_counter(collection, number, commit)
                    case Remember():
                        pass  # once all changes are known
            for write in batch.writes:
                if isinstance(write, Remember):
                    self._stage_remembered(write, commit)
        except (OSError, KvputError, OvertakenError, AfterThisGroup, SyncError) as error:
            self._pending.update(commit.pending_before)
            self._counters = counters
            self._discard(commit)
            if isinstance(error, OSError):
                raise failed_write(error) from error
            raise
        self._unpublished.append(commit)
        self._overlay.add(batch, commit.changes)
        self._overlay.remembered.update(commit.remembered)
        return commit

    def stage_counters(self) -> None:
        """Stage the counters that the group raises. Raises OSError."""
        modified: dict[str, int] = {}
        for place, counter in self._counters.items():
            there = Pending(counter.identity, counter.mode)
            step, modified[place] = self._stage_file(
                counter.directory, COUNTER, counter.content, there, None
            )
            self._counter_steps.append(step)
        if modified:
            # Else a crash that leaves half of one would seem to be a hand's later work.
            for commit in self._unpublished:
                commit.writes = [
                    replace(write, modified_ns=modified[write.place])
                    if write.place in modified
                    else write
                    for write in commit.writes
                ]

    def _stage_put(
        self, path: ResourcePath, content: bytes, view: GroupView, commit: StagedCommit
    ) -> None:
        before = view.seen[path.file] if path.file in view.seen else view.get(path)
        digest = content_digest(content)
        place = locate(path)
        directory = self._surroundings.enter(place.directories, commit)
        there = self._there(directory, place.file, path, before)
        if before is not None and before.digest == digest:
            # Large content is not held in the entry; here it is at hand.
            entry = replace(before, content=content)
            commit.changes.append(Change(path, entry, entry))
            return
        step, modified_ns = self._stage_file(directory, place.file, content, there, path)
        commit.steps.append(step)
        self._will_hold(step.place, Pending(step.identity, step.mode, path), commit)
        step.entry = Entry(path, digest, modified_ns, len(content), content)
        commit.changes.append(Change(path, before, step.entry))
        before_digest = None if before is None else before.digest
        commit.writes.append(FileWrite(step.place, before_digest, digest, modified_ns, content))

    def _stage_delete(self, path: ResourcePath, view: GroupView, commit: StagedCommit) -> None:
        before = view.seen[path.file] if path.file in view.seen else view.get(path)
        if before is not None and before.content is None:
            whole = self._writer.cache.whole(path)
            if whole is None or whole.digest != before.digest:
                raise OvertakenError
            before = whole
        if before is None:
            raise NotFound(f"Nothing is stored under {path.url}.")
        place = locate(path)
        directory = self._surroundings.enter(place.directories, commit)
        there = self._there(directory, place.file, path, before)
        name = self._writer.scratch_name()
        step = Step(name, directory, place.file, there.identity, None, path, None)
        commit.steps.append(step)
        self._will_hold(step.place, Pending(None, None, path), commit)
        commit.changes.append(Change(path, before, None))
        commit.writes.append(FileWrite(step.place, before.digest, None, 0, b""))

    def _raise_counter(self, collection: CollectionPath, number: int, commit: StagedCommit) -> None:
        directory = self._surroundings.enter(directories_of(collection), commit)
        place = directory.below(COUNTER)
        counter = self._counters.get(place)
        if counter is None:
            there, pending = self._own_file(directory, COUNTER)
            counter = _Counter(directory, there, pending.identity, pending.mode, b"")
            self._counters[place] = counter
        before = counter.before
        counter.content = b"%d\n" % number
        counter.before = content_digest(counter.content)
        # Its time is known when it is staged.
        commit.writes.append(FileWrite(place, before, counter.before, 0, counter.content))

    def _stage_remembered(self, write: Remember, commit: StagedCommit) -> None:
        content = write.text(tuple(commit.changes))
        *directories, name = remembered_place(write.key)
        directory = self._surroundings.enter(tuple(directories), commit)
        before, there = self._own_file(directory, name)
        step, modified_ns = self._stage_file(directory, name, content, there, None)
        commit.steps.append(step)
        digest = content_digest(content)
        commit.writes.append(FileWrite(step.place, before, digest, modified_ns, content))
        commit.remembered[write.key] = content

    def _there(
        self, directory: Directory, name: str, path: ResourcePath, before: Entry | None
    ) -> Pending:
        """What stands in a place, or will when the commits before are published."""
        pending = self._pending.get(directory.below(name))
        if pending is None:
            return self._surroundings.look(directory, name, before)
        if pending.path != path:  # By a link, two paths lead there.
            raise AfterThisGroup
        return pending

    def _will_hold(self, place: str, pending: Pending, commit: StagedCommit) -> None:
        commit.pending_before.setdefault(place, self._pending.get(place))
        self._pending[place] = pending

    def _own_file(self, directory: Directory, name: str) -> tuple[str | None, Pending]:
        """The digest of a file that is no resource's, None for none; and what stands there."""
        try:
            status = os.stat(name, dir_fd=directory.descriptor, follow_symlinks=False)
        except FileNotFoundError:
            return None, Pending(None, None)
        descriptor = self._writer.reader.open_file((*directory.parts, name))
        if descriptor is None:
            raise in_the_way((*directory.parts, name))
        try:
            digest = content_digest(read_all(descriptor, status.st_size))
            if not self._writer.durability.has(directory.below(name), status):
                self._surroundings.sync(descriptor)
            mode = stat.S_IMODE(os.fstat(descriptor).st_mode)
        finally:
            os.close(descriptor)
        return digest, Pending(identity_of(status), mode)

    def _stage_file(
        self,
        directory: Directory,
        name: str,
        content: bytes,
        there: Pending,
        path: ResourcePath | None,
    ) -> tuple[Step, int]:
        """A file in scratch that is to take the place of what is there, and when it was made."""
        scratch_name = self._writer.scratch_name()
        scratch = self._writer.scratch
        descriptor = self._environment.create(scratch_name, scratch, _NEW_FILE_MODE)
        try:
            self._environment.write(descriptor, (content,), 0)
            status = os.fstat(descriptor)
            mode = stat.S_IMODE(status.st_mode)
            if there.mode is not None and there.mode != mode:
                self._environment.set_mode(descriptor, there.mode)
                mode = there.mode
        except OSError:
            with suppress(OSError):
                self._environment.unlink(scratch_name, scratch)
            raise
        finally:
            os.close(descriptor)
        step = Step(scratch_name, directory, name, there.identity, identity_of(status), path, None)
        step.mode = mode
        return step, status.st_mtime_ns

    # --- publishing, after the journal was synced

    def begin_publishing(self) -> None:
        """Take counters to their places, and see what has changed in the directories since.

        Raises OSError and OvertakenError.
        """
        self._surroundings.look_again()
        for step in self._counter_steps:
            self._writer.publisher.publish(step)

    def publish(self, commit: StagedCommit) -> None:
        """Take a commit's files to their places: all, or none where an error is raised.

        Raises OvertakenError, OSError, and UndoError.
        """
        try:
            for step in commit.steps:
                self._writer.publisher.publish(step)
        except (OSError, OvertakenError):
            self._writer.publisher.undo(commit.steps)
            raise
        self._unpublished.remove(commit)
        self._published.append(commit)

    def take_back_counters(self) -> None:
        """Give each counter back what it had that no published commit raises.

        One that stays may be higher than needed, which does no harm. Raises UndoError.
        """
        raised = {write.place for commit in self._published for write in commit.writes}
        steps = [step for step in self._counter_steps if step.place not in raised]
        self._writer.publisher.undo(steps)

    def finish(self) -> None:
        """Remember how the files stand that were published."""
        cache, durability = self._writer.cache, self._writer.durability
        counters = (step for step in self._counter_steps if step.published)
        last = {
            step.place: step
            for step in itertools.chain(counters, *(commit.steps for commit in self._published))
        }
        for place, step in last.items():
            read_ns = time.time_ns()
            try:
                status = os.stat(step.name, dir_fd=step.directory.descriptor, follow_symlinks=False)
            except OSError:
                status = None
            if status is None or identity_of(status) != step.identity:
                # Removed, or a hand was there already: what it left is not what was written.
                status = None
            durability.note_written(place, status)
            if step.path is None:
                continue
            if status is None or step.entry is None:
                cache.forget(step.path)
            else:
                cache.hold(step.path, step.entry, status, read_ns)
        self._note_directories()

    def _note_directories(self) -> None:
        # Only where nobody else has changed names since they were looked at: a number that came
        # by hand must be found, so that nothing is written over it.
        known = {
            parts: (directory, os.fstat(directory.descriptor))
            for parts, directory in self._surroundings.directories.items()
            if directory.known
        }
        for directory, status in known.values():
            self._writer.durability.note_directory(directory.place, status)
        for collection, number in self._overlay.numbers.items():
            parts = directories_of(collection)
            if parts in known:
                directory, status = known[parts]
                self._view.carry(collection, directory.status, status, number)

    # --- leaving nothing behind

    def _discard(self, commit: StagedCommit) -> None:
        # What was to be removed has no file in scratch.
        self._writer.publisher.clear(step for step in commit.steps if step.identity is not None)
        for made in reversed(commit.made):
            self._surroundings.remove(made)

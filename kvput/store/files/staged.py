"""Staged commits as values: files that wait to take their places, and what they will displace.

How they come about is in `kvput.store.files.writer`, how they take their places
in `kvput.store.files.publishing`.
"""

import os
from dataclasses import dataclass, field

from kvput.paths import ResourcePath
from kvput.store.base import Batch, Change, Entry
from kvput.store.files.record import FileWrite

Identity = tuple[int, int, int, int]
"""inode, device, mtime, size: what tells a file from another, or from itself after an edit."""


def identity_of(status: os.stat_result) -> Identity:
    """What a file is told by."""
    return status.st_ino, status.st_dev, status.st_mtime_ns, status.st_size


class OvertakenError(Exception):
    """A hand has changed what the commit was decided on: decide again."""


@dataclass(slots=True)
class Directory:
    """A directory that the group writes in, open; `place` is where it really is."""

    descriptor: int
    parts: tuple[str, ...]
    place: str
    status: os.stat_result
    """How it stood when it was last looked at."""
    known: bool = True
    """Whether the store knows how the directory got to its state, at each look so far."""

    def below(self, name: str) -> str:
        """The place of a name in it."""
        return f"{self.place}/{name}" if self.place else name


@dataclass(slots=True, eq=False)
class Step:
    """One file that waits in scratch to take its place, or one that is to leave it.

    `before` is what it displaces, None for nothing; `identity` is the new file's,
    None for a removal. `path` and `entry` are None for a file that is no resource's.
    """

    scratch_name: str
    directory: Directory
    name: str
    before: Identity | None
    identity: Identity | None
    path: ResourcePath | None
    entry: Entry | None
    mode: int | None = None
    published: bool = False
    displaces: bool = False
    """Whether the old file now stands in scratch."""

    @property
    def place(self) -> str:
        """Where the file is to stand, from the folder."""
        return self.directory.below(self.name)


@dataclass(slots=True, eq=False)
class StagedCommit:
    """A commit that can be published: its records for the journal, and what it will have changed.

    `changes` holds each put or deleted path's.
    """

    batch: Batch
    writes: list[FileWrite] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    remembered: dict[str, bytes] = field(default_factory=dict)
    made: list[tuple[str, ...]] = field(default_factory=list)
    """The directories that it has made: the names that lead to each."""
    pending_before: dict[str, "Pending | None"] = field(default_factory=dict)
    """What the group would have put in its places without it."""

    @property
    def paths(self) -> frozenset[ResourcePath]:
        """The resources that it changes."""
        return frozenset(step.path for step in self.steps if step.path is not None)


@dataclass(slots=True)
class Pending:
    """What the group will have put in a place; `identity` is None where it removes a file."""

    identity: Identity | None
    mode: int | None
    path: ResourcePath | None = None

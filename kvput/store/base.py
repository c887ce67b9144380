"""The store interface: what every store does, and the values that go in and come out.

A store keeps resources (bytes under a path) and a number counter for each
collection. It knows nothing of HTTP: conditions, relations and the choice of
ids are decisions, functions that it runs under the lock that covers the write.
What a concrete store needs of files or databases does not belong here.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from kvput.paths import CollectionPath, ResourcePath
from kvput.query.selection import Selected, Selection

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Entry:
    """A resource as it stood when it was read.

    `digest` is `kvput.semantics.validators.content_digest` of the content,
    `modified_ns` nanoseconds since the epoch, `size` bytes. `content` is None
    when it is too large to be held: `Store.open` reads such content.
    """

    path: ResourcePath
    digest: str
    modified_ns: int
    size: int
    content: bytes | None


@dataclass(frozen=True, slots=True)
class Put:
    """Replace or create a resource."""

    path: ResourcePath
    content: bytes


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove a resource."""

    path: ResourcePath


@dataclass(frozen=True, slots=True)
class RaiseCounter:
    """Set a collection's counter to `number`: no number up to it is given again."""

    collection: CollectionPath
    number: int


@dataclass(frozen=True, slots=True)
class Remember:
    """Keep a text under a key for REMEMBERED_SECONDS, so that a request is not done twice.

    `text` makes it from what the rest of the batch changes. It must raise nothing.
    """

    key: str
    text: Callable[[tuple["Change", ...]], bytes]


REMEMBERED_SECONDS: Final = 24 * 60 * 60

Write = Put | Delete | RaiseCounter | Remember


@dataclass(frozen=True, slots=True)
class Batch:
    """What a decision asks the store to write, all or nothing; each path stands in it once."""

    writes: tuple[Write, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A resource before and after a commit; None where there was or is nothing.

    A write of the bytes that stand there already changes nothing: then `before`
    and `after` are the same value. `after`, and `before` of a deleted resource,
    always hold their content.
    """

    path: ResourcePath
    before: Entry | None
    after: Entry | None


@dataclass(frozen=True, slots=True)
class Commit:
    """What a commit did: its number, and each put or deleted path.

    A commit that writes something has a number one above that of the one before;
    one that writes nothing carries the number of the last that did, 0 if none has.
    """

    sequence: int
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Names:
    """What stands directly in a collection, each in natural order."""

    resources: tuple[ResourcePath, ...]
    collections: tuple[CollectionPath, ...]


class View(Protocol):
    """The resources at one moment. For a decision, what its batch will be written over."""

    def get(self, path: ResourcePath) -> Entry | None:
        """The resource's entry, or None when there is none."""

    def is_collection(self, collection: CollectionPath) -> bool:
        """Whether the bare name (`/articles`) names this collection.

        It does when the directory holds a resource or a counter, or nothing at
        all. A directory of directories only (`articles/1/` above
        `articles/1/comments/`) is a stretch of path, so that `/articles/1`
        stays free for a resource.
        """

    def names(self, collection: CollectionPath) -> Names | None:
        """The names in a collection; None when there is no such directory."""

    def select(self, collection: CollectionPath, selection: Selection) -> Selected | None:
        """The resources that a selection asks for; None when there is no such directory."""

    def counter(self, collection: CollectionPath) -> int:
        """The highest number that was given or that a DELETE has freed; 0 at first.

        Raises CounterDamaged.
        """

    def highest_number(self, collection: CollectionPath) -> int:
        """The highest number among the names of its resources; 0 when there is none.

        One that was deleted may still count.
        """

    def remembered(self, key: str) -> bytes | None:
        """What a Remember has kept under the key; None when there is none, or it is too old."""


Decision = Callable[[View], Batch]


class OpenContent(Protocol):
    """Content too large to be held, opened: it stays what it was while it is read."""

    def read(self, start: int, stop: int) -> AsyncIterator[bytes]:
        """The bytes from `start` up to `stop`, in pieces."""

    async def close(self) -> None:
        """Give the descriptor back."""


class Store(Protocol):
    """Resources under paths, with commits that are all or nothing."""

    @property
    def read_only(self) -> str | None:
        """Why nothing can be written, or None."""

    async def get(self, path: ResourcePath) -> Entry | None:
        """The resource's entry as it stands now, or None."""

    async def open(self, entry: Entry) -> OpenContent | None:
        """The content of `entry`; None when the resource has changed since it was read."""

    async def read(self, look: Callable[[View], _T]) -> _T:
        """What `look` makes of the resources as they are, none of them in the middle of a commit.

        It may be called more than once, in any thread; what it raises comes out unchanged.
        """

    async def commit(self, decide: Decision) -> Commit:
        """Run `decide` under the lock that covers the write, and write its batch durably.

        What `decide` raises comes out unchanged, and nothing is written. A
        commit that has begun goes on when its caller is cancelled. Raises
        NotFound for a Delete of nothing, and ReadOnly, DiskFull, NameClash,
        NameInTheWay, PathTooLong, StoreFailed, Unreadable.
        """

    async def close(self) -> None:
        """Finish what has begun and let go of the data."""

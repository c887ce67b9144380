"""Short ways to paths, commits and whole folders, for the tests of stores."""

import stat
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TypeVar

from kvput.errors import KvputError
from kvput.paths import CollectionPath, ResourcePath, parse_target
from kvput.store.base import (
    Batch,
    Change,
    Commit,
    Decision,
    Delete,
    Entry,
    Names,
    Put,
    Store,
    View,
    Write,
)
from kvput.store.files.env import Environment
from kvput.store.files.folder import open_folder
from kvput.store.files.index import Progress
from kvput.store.files.layout import PRIVATE, SCRATCH
from kvput.store.files.store import FileStore

_T = TypeVar("_T")
READ_CACHE = 1 << 20


def resource(url: str) -> ResourcePath:
    """The resource at a URL's path."""
    path = parse_target(url).resource
    assert path is not None
    return path


def collection(url: str) -> CollectionPath:
    """The collection at a URL's path; `/` is the root."""
    path = parse_target(url).collection
    assert path is not None
    return path


def writing(*writes: Write) -> Decision:
    """A decision that looks at nothing."""
    return lambda _: Batch(writes)


async def put(store: Store, url: str, content: bytes = b"{}") -> Change:
    """Put one resource; its change."""
    commit = await store.commit(writing(Put(resource(url), content)))
    (change,) = commit.changes
    return change


async def delete(store: Store, url: str) -> Commit:
    """Delete one resource."""
    return await store.commit(writing(Delete(resource(url))))


def entries_in(view: View, collection: CollectionPath) -> tuple[Entry, ...] | None:
    """The entries of a collection's resources, one by one; None for no directory."""
    names = view.names(collection)
    if names is None:
        return None
    entries = (view.get(path) for path in names.resources)
    return tuple(entry for entry in entries if entry is not None)


async def list_of(store: Store, url: str) -> tuple[Entry, ...] | None:
    """The entries of a collection's resources, at one moment."""
    return await store.read(lambda view: entries_in(view, collection(url)))


async def names_of(store: Store, url: str) -> Names | None:
    """The names in a collection."""
    return await store.read(lambda view: view.names(collection(url)))


async def is_collection(store: Store, url: str) -> bool:
    """Whether the bare name names a collection."""
    return await store.read(lambda view: view.is_collection(collection(url)))


async def settled(store: Store) -> None:
    """Wait until nothing is left to do of commits that have been answered."""
    with suppress(KvputError):
        await store.commit(writing())


async def content_of(store: Store, url: str) -> bytes | None:
    """The content that the store gives for a resource, however it holds it; None if none."""
    entry = await store.get(resource(url))
    if entry is None:
        return None
    if entry.content is not None:
        assert entry.size == len(entry.content)
        return entry.content
    opened = await store.open(entry)
    assert opened is not None
    try:
        return b"".join([piece async for piece in opened.read(0, entry.size)])
    finally:
        await opened.close()


async def seen(store: Store, look: Callable[[View], _T]) -> _T:
    """What a decision sees: `look` is called with the view, and nothing is written."""
    found: list[_T] = []

    def decide(view: View) -> Batch:
        found.append(look(view))
        return Batch(())

    await store.commit(decide)
    return found[0]


@asynccontextmanager
async def opened(
    data: Path,
    *,
    read_cache: int = READ_CACHE,
    environment: Environment | None = None,
    indexing: Progress | None = None,
) -> AsyncIterator[FileStore]:
    """A file store over a folder, while the block runs."""
    folder = open_folder(data, environment)
    store = FileStore(folder, read_cache=read_cache, environment=environment, indexing=indexing)
    try:
        yield store
    finally:
        await store.close()


def snapshot(data: Path) -> dict[str, tuple[object, ...]]:
    """All that stands in the folder but for kvput's own: kinds, modes, times, bytes, links."""
    return {
        str(place.relative_to(data)): _state(place)
        for place in sorted(data.rglob("*"))
        if PRIVATE not in place.relative_to(data).parts
    }


def _state(place: Path) -> tuple[object, ...]:
    status = place.lstat()
    if stat.S_ISDIR(status.st_mode):
        # Its times are not compared: what was made in it and undone has changed them.
        return ("directory", status.st_mode)
    if stat.S_ISLNK(status.st_mode):
        return ("link", str(place.readlink()))
    content = place.read_bytes() if stat.S_ISREG(status.st_mode) else b""
    return (status.st_mode, status.st_ino, status.st_mtime_ns, content)


def names_in(data: Path) -> list[str]:
    """The files and directories of the folder but for kvput's own."""
    return sorted(snapshot(data))


def scratch_of(data: Path) -> list[str]:
    """What stands in scratch."""
    return sorted(place.name for place in (data / PRIVATE / SCRATCH).iterdir())

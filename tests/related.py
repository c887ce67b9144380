"""Related collections to test a server with: relations of every kind, and who keeps them."""

import asyncio
import tempfile
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path as Folder
from typing import Final, Protocol

from kvput.config import Config
from kvput.config_file import CONFIG_FILE, parse_config_file
from kvput.declared import declarations_in
from kvput.paths import CollectionPath
from kvput.store import open_store
from kvput.store.base import Store, View
from kvput.store.memory import MemoryStore
from tests.edges import Path, ends_of
from tests.serving import Address, Reply, ServerProcess, serving

RELATIONS: Final = """
[collections]
authors = {readonly = ["edits"]}
tags = {}
profiles = {}
targets = {}
songs = {}
"shop/customers" = {}

[collections.articles.relations]
author = {to = "authors", inverse = "articles", on_delete = "restrict"}
editor = {to = "authors", inverse = "edits", on_delete = "unlink"}
tags = {to = "tags", many = true, inverse = "articles", on_delete = "unlink"}
[collections.comments.relations]
article = {to = "articles", inverse = "comments", on_delete = "cascade", required = true}
[collections.reviews.relations]
article = {to = "articles", on_delete = "cascade"}
critics = {to = "authors", many = true, on_delete = "restrict"}
readers = {to = "authors", many = true, on_delete = "unlink"}

[collections.people.relations]
profile = {to = "profiles", inverse = "person", inverse_many = false}
badge = {to = "profiles", inverse = "bearer", inverse_many = false, on_delete = "unlink"}
parent = {to = "people", inverse = "children", on_delete = "cascade"}
friends = {to = "people", many = true, inverse = "friends"}
spouse = {to = "people", inverse = "spouse"}
next = {to = "people", inverse = "previous", inverse_many = false, on_delete = "unlink"}
follows = {to = "people", many = true, inverse = "followers", on_delete = "unlink"}

[collections.a.relations]
b = {to = "b", inverse = "as", on_delete = "cascade"}
[collections.b.relations]
c = {to = "c", inverse = "bs", on_delete = "cascade"}
[collections.c.relations]
a = {to = "a", inverse = "cs", on_delete = "cascade"}
b = {to = "b", inverse = "others", on_delete = "restrict"}

[collections.links.relations]
target = {to = "targets", inverse = "links", on_delete = "unlink", dangling = "allow"}
only = {to = "targets", inverse = "mirror", inverse_many = false, dangling = "allow"}
seen = {to = "targets", many = true, on_delete = "cascade", dangling = "allow"}
peers = {to = "links", many = true, inverse = "peers", dangling = "allow"}
twin = {to = "links", inverse = "twin", dangling = "allow"}

[collections.albums.relations]
songs = {to = "songs", many = true, inverse = "album", inverse_many = false}
needs = {to = "songs", many = true, inverse = "needed", on_delete = "cascade", required = true}

[collections."shop/orders".relations]
customer = {to = "shop/customers", inverse = "orders", required = true}
[collections."shop/invoices".relations.order]
to = "shop/orders"
inverse = "invoice"
inverse_many = false
on_delete = "cascade"
required = true
"""
GROUPS: Final = (
    ("authors", "tags", "articles", "comments", "reviews"),
    ("profiles", "people"),
    ("a", "b", "c"),
    ("targets", "links"),
    ("songs", "albums"),
    ("shop/customers", "shop/orders", "shop/invoices"),
)
"""Collections that have to do with each other; those that name others stand behind them."""
COLLECTIONS: Final = tuple(collection for group in GROUPS for collection in group)
DECLARED: Final = declarations_in(
    parse_config_file(Folder(CONFIG_FILE), RELATIONS.encode()), lambda _: False
)
ENDS: Final = ends_of(DECLARED)
READONLY: Final = frozenset(
    (collection.url.strip("/"), member)
    for collection, declaration in DECLARED.collections.items()
    for member in declaration.readonly_members
)
"""Members of collections, here all of them kept for a relation, that no client writes."""

State = dict[Path, tuple[bytes, int]]
"""The content of each resource, and when it was modified."""


class System(Protocol):
    """A server over a store, and what stands in that."""

    def request(
        self, method: str, target: str, fields: Mapping[str, str], body: bytes | None
    ) -> Reply:
        """Make one request."""

    def state(self) -> State:
        """Read all resources, but not over HTTP."""

    def restart(self) -> None:
        """Have the server begin anew with what is stored."""

    def close(self) -> None:
        """Let go of all."""


class _InThisProcess:
    """A server that runs whenever a request is made."""

    def __init__(self) -> None:
        self.runner = asyncio.Runner()
        self._parts = AsyncExitStack()
        self.serve()

    def open(self) -> Store:
        raise NotImplementedError

    def serve(self) -> None:
        async def start() -> Address:
            store = self.open()
            self._parts.push_async_callback(store.close)
            config = Config(data=Folder())
            return await self._parts.enter_async_context(serving(store, config, lambda: DECLARED))

        self._address = self.runner.run(start())

    def end(self) -> None:
        self.runner.run(self._parts.aclose())

    def request(
        self, method: str, target: str, fields: Mapping[str, str], body: bytes | None
    ) -> Reply:
        return self.runner.run(self._address.request(method, target, fields, body))

    def close(self) -> None:
        self.end()
        self.runner.close()


class OverMemory(_InThisProcess):
    """Over the memory store; a restart leaves all as it is."""

    def open(self) -> Store:
        self._store = MemoryStore()
        return self._store

    def state(self) -> State:
        return self.runner.run(self._store.read(_state_in))

    def restart(self) -> None:
        pass


def _state_in(view: View) -> State:
    found = {}
    for collection in COLLECTIONS:
        names = view.names(CollectionPath(tuple(collection.split("/"))))
        for path in () if names is None else names.resources:
            entry = view.get(path)
            assert entry is not None
            found[collection, path.name] = entry.content or b"", entry.modified_ns
    return found


class OverFiles(_InThisProcess):
    """Over a folder; a restart opens it anew."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        super().__init__()

    def open(self) -> Store:
        return open_store(Folder(self._folder.name), read_cache=4096)

    def state(self) -> State:
        return files_in(Folder(self._folder.name))

    def restart(self) -> None:
        self.end()
        self.serve()

    def close(self) -> None:
        super().close()
        self._folder.cleanup()


class InItsOwnProcess:
    """`kvput serve`; a restart kills it first."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._data = Folder(self._folder.name)
        (self._data / CONFIG_FILE).write_text(RELATIONS)
        self._server = ServerProcess(self._data)

    def request(
        self, method: str, target: str, fields: Mapping[str, str], body: bytes | None
    ) -> Reply:
        return self._server.request(method, target, body, fields)

    def state(self) -> State:
        return files_in(self._data)

    def restart(self) -> None:
        self._server.kill()
        self._server = ServerProcess(self._data)

    def close(self) -> None:
        assert self._server.stop() == (0, "")
        self._folder.cleanup()


def files_in(data: Folder) -> State:
    """The resources of a folder."""
    found = {}
    for file in data.rglob("*.json"):
        place = file.relative_to(data)
        found[str(place.parent), place.stem] = file.read_bytes(), file.stat().st_mtime_ns
    return found

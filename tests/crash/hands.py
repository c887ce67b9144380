"""A hand: somebody who edits the files of the folder while it is served, without the server.

What it did last stands, whatever the server wrote before. It keeps account as
clients do. It is done with an edit before anybody else in this process goes on,
while the server goes on beside it.
"""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

from tests.crash.accounts import Account
from tests.crash.clients import CUT, Conditions, Connection, DiskGone, Writer

REMEMBERED = 4
"""The number of former bodies of a path that the hand may come back to."""
LONGEST_REST = 0.01


class Hand(Writer):
    """Edits files; before some edits it has the server write the same path.

    A `careful` hand writes only what nobody has written before, and syncs it, unless it
    is to be overwritten at once. That is what must stand after a power loss: an edit
    that brought back older bytes looks there like a write that the disk has not taken.
    """

    def __init__(
        self,
        name: str,
        conditions: Conditions,
        data: Path,
        own: Mapping[str, Account],
        shared: Mapping[str, Account],
        *,
        careful: bool = False,
    ) -> None:
        """`own` are paths that nobody else writes to; there it sends requests as well."""
        super().__init__(name, conditions)
        self.data = data
        self.own = own
        self.accounts = {**own, **shared}
        self.former: dict[str, list[bytes]] = {path: [] for path in self.accounts}
        self.careful = careful

    async def write(self, connection: Connection) -> None:
        """See `Writer.write`."""
        await asyncio.sleep(self.random.uniform(0, LONGEST_REST))
        path = self.random.choice(list(self.accounts))
        try:
            if path in self.own and self.random.random() < 0.6:
                await self._have_written(connection, path)
                if self.random.random() < 0.3:
                    return
            self._edit(path)
        except CUT:
            raise
        except OSError:
            if not self.conditions.disk_gone:
                raise
            raise DiskGone from None

    def edit(self) -> None:
        """Edit a few files while no server runs."""
        for _ in range(self.random.randrange(4)):
            self._edit(self.random.choice(list(self.accounts)))

    async def _have_written(self, connection: Connection, path: str) -> None:
        if self.random.random() < 0.8:
            if self.careful and self.random.random() < 0.5:
                self._scribble(path)
            _, body = self.body()
            self._remember(path, body)
            reply = await self.send(connection, self.accounts[path], "PUT", path, body)
            # 204 where the hand had left an empty file.
            assert reply.status in (200, 201, 204), reply
        else:
            before = self.accounts[path].known
            reply = await self.send(connection, self.accounts[path], "DELETE", path)
            assert (reply.status == 404) == (before is None), reply

    def _scribble(self, path: str) -> None:
        """Change a file in place and leave it unsynced, so that a power loss may tear it.

        What the server then writes must not be taken for older than what is left of this.
        """
        file = self.data / f"{path[1:]}.json"
        if file.exists():
            _, body = self.body()
            write = self.accounts[path].begin(body, torn=True)
            self._change_in_place(file, body)
            self.accounts[path].end(write)

    def _edit(self, path: str) -> None:
        file = self.data / f"{path[1:]}.json"
        file.parent.mkdir(exist_ok=True)
        body = self._content(path)
        write = self.accounts[path].begin(body)
        if body is None:
            file.unlink(missing_ok=True)
        elif self.careful or self.random.random() < 0.5:
            self._replace(file, body)
        else:
            self._change_in_place(file, body)
        self.accounts[path].end(write)

    def _content(self, path: str) -> bytes | None:
        """What is to stand there: mostly new bytes, else former ones, none, or no file."""
        kind = (
            "new" if self.careful else self.random.choice(("new", "new", "former", "empty", "no"))
        )
        if kind == "no":
            return None
        if kind == "empty":
            return b""
        if kind == "former" and self.former[path]:
            return self.random.choice(self.former[path])
        _, body = self.body()
        self._remember(path, body)
        return body

    def _remember(self, path: str, body: bytes) -> None:
        self.former[path] = [*self.former[path], body][-REMEMBERED:]

    def _replace(self, file: Path, body: bytes) -> None:
        """As most editors and git do."""
        # Beside the folder, so that a temporary file in it is the server's.
        temporary = self.data.parent / f"{self.name}.draft"
        with temporary.open("wb") as draft:
            draft.write(body)
            if self.careful:
                draft.flush()
                os.fsync(draft.fileno())
        temporary.replace(file)
        if self.careful:
            sync_directory(file.parent)

    @staticmethod
    def _change_in_place(file: Path, body: bytes) -> None:
        """As a shell's `>` does, or `sed` with a cautious hand: the file stays the same one."""
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(body)
            opened.truncate()


def sync_directory(directory: Path) -> None:
    """Have a directory's entries on the disk."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

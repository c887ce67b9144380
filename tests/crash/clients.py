"""Clients that write as fast as they are answered, and keep account of it.

They go on until they are told to stop or the server is gone. An answer that
says a write was done is held against the server whenever it came; one that says
that the disk is gone or full counts only while the test has made it so.
"""

import asyncio
import json
import random
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from tests.crash.accounts import Account, Posts
from tests.serving import Address, Reply, read_reply, request_bytes

SIZES = (0, 10, 1_000, 60_000, 400_000)
COLLECTION = "/posts"
MOST_POSTS = 6
"""The number that a client keeps at a time, so that a disk is not filled by chance."""
CUT = (ConnectionError, asyncio.IncompleteReadError)
"""What a client meets whose connection was cut."""


@dataclass
class Conditions:
    """What the test has done to the server that may show in an answer."""

    disk_gone: bool = False
    disk_full: bool = False
    stopping: bool = False
    """The clients are to stop."""


class Refused(Exception):
    """The answer says that the write was not done, and the conditions are such."""


class DiskGone(Exception):
    """The answer is of a server whose disk is gone: no more is to be learnt from it."""


class Connection:
    """A connection that is kept for one request after the other."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def request(self, method: str, path: str, body: bytes | None = None) -> Reply:
        """Send a request and read its answer; raises one of CUT when there is none."""
        host, port = self._address.host, self._address.port
        if self._streams is None:
            self._streams = await asyncio.open_connection(host, port)
        reader, writer = self._streams
        writer.write(request_bytes(method, path, body=body, host=f"{host}:{port}"))
        reply = await read_reply(reader)
        if reply.field("Connection") == "close":
            self.close()
        return reply

    def close(self) -> None:
        """Close it without waiting; another request opens it anew."""
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None


class Writer(ABC):
    """What every client does: bodies of its own, and accounts kept around each request."""

    def __init__(self, name: str, conditions: Conditions) -> None:
        self.name = name
        self.conditions = conditions
        self.random = random.Random(name)  # noqa: S311  # a test's, the same in each run
        self.count = 0

    @abstractmethod
    async def write(self, connection: Connection) -> None:
        """Make one request, or none where there is nothing to do."""

    async def work(self, address: Address) -> int:
        """Write until told to stop or cut off; gives the number of writes that were answered."""
        answers = 0
        connection = Connection(address)
        try:
            while not self.conditions.stopping:
                with suppress(Refused):
                    await self.write(connection)
                    answers += 1
        except (*CUT, DiskGone):
            pass
        finally:
            connection.close()
        return answers

    def body(self) -> tuple[str, bytes]:
        """A new token, and a body with it that nobody has sent before."""
        self.count += 1
        token = f"{self.name}-{self.count}"
        pad = self.random.choice("abc") * self.random.choice(SIZES)
        return token, json.dumps({"token": token, "pad": pad}).encode()

    async def send(
        self,
        connection: Connection,
        account: Account,
        method: str,
        path: str,
        body: bytes | None = None,
    ) -> Reply:
        """Send a write and enter its answer. Raises Refused, DiskGone and CUT."""
        write = account.begin(body)
        reply = await connection.request(method, path, body)
        try:
            self.check(reply)
        except Refused:
            account.withdraw(write)
            raise
        account.end(write)
        return reply

    def check(self, reply: Reply) -> None:
        """Raise where the answer says that nothing was done, and may say so."""
        if self.conditions.disk_gone and reply.status >= 500:
            raise DiskGone
        if self.conditions.disk_full and reply.status == 507:
            raise Refused
        assert reply.status < 500, reply


class Client(Writer):
    """Writes to resources that are its alone, and knows what each answer must be."""

    def __init__(
        self, name: str, conditions: Conditions, accounts: Mapping[str, Account], posts: Posts
    ) -> None:
        super().__init__(name, conditions)
        self.accounts = accounts
        self.posts = posts

    async def write(self, connection: Connection) -> None:
        """See `Writer.write`."""
        kinds = (self._put, self._put, self._put, self._delete, self._post, self._delete_post)
        await self.random.choice(kinds)(connection)

    async def _put(self, connection: Connection) -> None:
        path = self.random.choice(list(self.accounts))
        account = self.accounts[path]
        before = account.known
        _, body = self.body()
        reply = await self.send(connection, account, "PUT", path, body)
        assert reply.status == (201 if before is None else 200), reply

    async def _delete(self, connection: Connection) -> None:
        path = self.random.choice(list(self.accounts))
        account = self.accounts[path]
        before = account.known
        reply = await self.send(connection, account, "DELETE", path)
        if before is None:
            assert reply.status == 404, reply
        else:
            assert (reply.status, reply.body) == (200, before)

    async def _post(self, connection: Connection) -> None:
        if len(self._own_posts()) >= MOST_POSTS:
            await self._delete_post(connection)
            return
        token, body = self.body()
        self.posts.in_flight[token] = body
        reply = await connection.request("POST", COLLECTION, body)
        try:
            self.check(reply)
        except Refused:
            del self.posts.in_flight[token]
            raise
        assert reply.status == 201, reply
        number = int((reply.field("Location") or "").removeprefix(f"{COLLECTION}/"))
        self.posts.given(number, token, reply.body)

    async def _delete_post(self, connection: Connection) -> None:
        """Remove one of its own posts, the newest of all if it is that: its number is used up."""
        own = self._own_posts()
        # On a full disk there may be no room to note that the number is used up.
        if not own or self.conditions.disk_full:
            return
        account = self.posts.accounts[max(own)]
        before = account.known
        reply = await self.send(connection, account, "DELETE", f"{COLLECTION}/{max(own)}")
        assert (reply.status, reply.body) == (200, before)

    def _own_posts(self) -> list[int]:
        return [
            number
            for number, account in self.posts.accounts.items()
            if self.posts.tokens[number].startswith(f"{self.name}-") and account.allowed != (None,)
        ]


class Rival(Writer):
    """Writes to resources that others write to as well: each answer may be any of theirs."""

    def __init__(self, name: str, conditions: Conditions, accounts: Mapping[str, Account]) -> None:
        super().__init__(name, conditions)
        self.accounts = accounts

    async def write(self, connection: Connection) -> None:
        """See `Writer.write`."""
        path = self.random.choice(list(self.accounts))
        account = self.accounts[path]
        if self.random.random() < 0.75:
            reply = await self.send(connection, account, "PUT", path, self.body()[1])
            assert reply.status in (200, 201, 204), reply
        else:
            reply = await self.send(connection, account, "DELETE", path)
            # Where nothing was, it was deleted all the same, by somebody else.
            assert reply.status in (200, 204, 404), reply

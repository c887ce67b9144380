"""Everything that writes to one folder, in all rounds, and how the folder is held against it."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from kvput.store.files.layout import COUNTER, PRIVATE, SCRATCH
from tests.crash.accounts import Account, Lost, Posts, shown
from tests.crash.clients import COLLECTION, Client, Conditions, Connection, Rival, Writer
from tests.crash.hands import Hand, sync_directory
from tests.serving import Address

CLIENTS = 12
KEYS = 4


def _accounts(collection: str) -> dict[str, Account]:
    return {f"/{collection}/{key}": Account() for key in range(KEYS)}


class Load:
    """Twelve clients, each on resources of its own, and a hand with a rival."""

    def __init__(self, data: Path, *, careful_hand: bool = False) -> None:
        """`careful_hand`: see `Hand`."""
        self.data = data
        self.conditions = Conditions()
        self.posts = Posts()
        own, shared = _accounts("hand"), _accounts("both")
        self.accounts = own | shared
        self.hand = Hand("hand", self.conditions, data, own, shared, careful=careful_hand)
        self.writers: list[Writer] = [self.hand, Rival("rival", self.conditions, shared)]
        for number in range(CLIENTS):
            name = f"client{number}"
            accounts = _accounts(name)
            self.accounts |= accounts
            self.writers.append(Client(name, self.conditions, accounts, self.posts))
        for collection in ("hand", "both"):
            (data / collection).mkdir(parents=True)
        for directory in (data, data.parent):
            sync_directory(directory)

    async def run(
        self,
        address: Address,
        seconds: float,
        strike: Callable[[], Awaitable[None]],
        idle_seconds: float = 0.0,
    ) -> int:
        """Write for a time, then strike; gives the number of writes that were answered.

        With `idle_seconds`, all writes come to their end first, and nothing happens for
        that time.
        """
        self.conditions.stopping = False
        writing = [asyncio.create_task(writer.work(address)) for writer in self.writers]
        await asyncio.wait(writing, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
        if idle_seconds:
            self.conditions.stopping = True
            await asyncio.wait(writing)
            await asyncio.sleep(idle_seconds)
        await strike()
        return sum(await asyncio.gather(*writing))

    async def compare(self, address: Address) -> None:
        """Hold what is served, and what is on disk, against all accounts. Raises Lost.

        What may be, and is, is from then on what must be.
        """
        connection = Connection(address)
        try:
            for path, account in self.accounts.items():
                await _settle(connection, path, account)
            await self._compare_posts(connection)
            for collection in {path.split("/")[1] for path in self.accounts} - {"hand", "both"}:
                await self._compare_list(connection, f"/{collection}/")
        finally:
            connection.close()
        self._compare_files()

    async def _compare_posts(self, connection: Connection) -> None:
        items = await _items(connection, f"{COLLECTION}/")
        listed = {int(str(item["id"])): str(item["token"]) for item in items}
        if len(listed) != len(items):
            raise Lost(f"{COLLECTION}/ lists a number twice: {sorted(listed)}")
        bodies = {}
        for number in listed.keys() - self.posts.tokens.keys():
            bodies[number] = (await connection.request("GET", f"{COLLECTION}/{number}")).body
        self.posts.settle(listed, bodies)
        for number, account in self.posts.accounts.items():
            await _settle(connection, f"{COLLECTION}/{number}", account)
        self.posts.forget_deleted()
        if listed.keys() != self.posts.accounts.keys():
            raise Lost(f"{COLLECTION}/ lists {sorted(listed)}, not {sorted(self.posts.accounts)}")

    async def _compare_list(self, connection: Connection, collection: str) -> None:
        listed = {str(item["token"]) for item in await _items(connection, collection)}
        stored = {
            account.known for path, account in self.accounts.items() if path.startswith(collection)
        } - {None}
        if len(listed) != len(stored):
            raise Lost(
                f"{collection} lists {sorted(listed)}, and {len(stored)} resources are in it"
            )

    def _compare_files(self) -> None:
        """Nothing is in the folder but whole resources, counters, and the server's own."""
        accounts = dict(self.accounts)
        accounts |= {f"{COLLECTION}/{n}": account for n, account in self.posts.accounts.items()}
        left = list((self.data / PRIVATE / SCRATCH).iterdir())
        if left:
            raise Lost(f"{left} are left over")
        found = {}
        counters = {}
        for file in self.data.rglob("*"):
            place = file.relative_to(self.data)
            if place.parts[0] == PRIVATE or file.is_dir():
                continue
            if file.name == COUNTER:
                number = file.read_text()
                if not number.strip().isdigit():
                    raise Lost(f"{file} holds no number but {number!r}")
                counters[place.parts[0]] = int(number)
                continue
            found[f"/{place.with_suffix('')}" if file.suffix == ".json" else str(place)] = file
        for path, file in found.items():
            if path not in accounts:
                raise Lost(f"nobody has written {file}")
            body = file.read_bytes()
            if body != accounts[path].known:
                raise Lost(f"{file} holds {shown(body)}, not what is served")
        missing = [p for p, a in accounts.items() if a.known is not None and p not in found]
        if missing:
            raise Lost(f"{missing} are served, and no files")
        highest = max((counters.get(COLLECTION[1:], 0), *self.posts.accounts))
        if highest < max(self.posts.tokens, default=0):
            raise Lost(f"numbers over {highest} were given, and would be given again")


async def _settle(connection: Connection, path: str, account: Account) -> None:
    reply = await connection.request("GET", path)
    # 204: an empty file.
    assert reply.status in (200, 204, 404), reply
    account.settle(None if reply.status == 404 else reply.body, path)


async def _items(connection: Connection, collection: str) -> list[dict[str, object]]:
    reply = await connection.request("GET", collection)
    if reply.status == 404:
        return []
    assert reply.status == 200, reply
    items = reply.json()
    assert isinstance(items, list)
    return items

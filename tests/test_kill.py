"""`kill -9` while many clients write: what was acknowledged is there, and nothing is half there.

Each client keeps account of its own resources: what the last answer said, and
what the request asked for that was never answered. After each restart the
server must hold the one or the other.
"""

import asyncio
import json
import os
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.serving import Address, Reply, ServerProcess

ROUNDS = int(os.environ.get("KILL_ROUNDS", "20"))
CLIENTS = 12
KEYS = 4
SECONDS_OF_WRITING = (0.05, 0.5)
SIZES = (0, 10, 1_000, 60_000, 400_000)
COLLECTION = "/posts"
# What a client meets whose connection the kill has cut.
CUT = (ConnectionError, asyncio.IncompleteReadError)


@dataclass
class Account:
    """What may stand under one path; None is nothing."""

    acknowledged: bytes | None = None
    in_flight: list[bytes | None] = field(default_factory=list)

    def settle(self, found: bytes | None, path: str) -> None:
        """Take what was found after a restart for the truth, if it may be that."""
        assert found in (self.acknowledged, *self.in_flight), (
            f"{path}: {shown(found)} is neither the acknowledged {shown(self.acknowledged)} "
            f"nor one of {[shown(body) for body in self.in_flight]}"
        )
        self.acknowledged = found
        self.in_flight.clear()


def shown(body: bytes | None) -> str:
    return "nothing" if body is None else f"{body[:60]!r} ({len(body)} bytes)"


class Posts:
    """What POST was asked to create: which number got which token, in all rounds."""

    def __init__(self) -> None:
        self.tokens: dict[int, str] = {}
        self.in_flight: dict[str, bytes] = {}
        self.accounts: dict[int, Account] = {}

    def given(self, number: int, token: str, body: bytes) -> None:
        """The number is this token's from now on; fails when it was another's before."""
        sent = json.loads(self.in_flight.pop(token))
        assert json.loads(body) == {"id": number, **sent}
        assert number not in self.tokens, f"{number} was given twice"
        self.tokens[number] = token
        self.accounts[number] = Account(body)


class Client:
    """Writes to its own resources, one request after the other, until the server is gone."""

    def __init__(self, name: int, posts: Posts) -> None:
        self.name = name
        self.posts = posts
        self.accounts = {f"/c{name}/{key}": Account() for key in range(KEYS)}
        self.random = random.Random(name)  # noqa: S311  # a test's, the same in each run
        self.count = 0

    async def write(self, address: Address) -> int:
        """Write until the connection breaks; gives the number of answers that came."""
        answers = 0
        kinds = (self._put, self._put, self._put, self._delete, self._post, self._delete_post)
        try:
            while True:
                await self.random.choice(kinds)(address)
                answers += 1
        except CUT:
            return answers

    def _body(self) -> tuple[str, bytes]:
        self.count += 1
        token = f"{self.name}-{self.count}"
        pad = self.random.choice("abc") * self.random.choice(SIZES)
        return token, json.dumps({"token": token, "pad": pad}).encode()

    async def _put(self, address: Address) -> None:
        path = self.random.choice(list(self.accounts))
        account = self.accounts[path]
        _, body = self._body()
        reply = await _acknowledged(address, account, body, "PUT", path)
        created = account.acknowledged is None
        assert reply.status == (201 if created else 200), reply
        account.acknowledged = body

    async def _delete(self, address: Address) -> None:
        path = self.random.choice(list(self.accounts))
        account = self.accounts[path]
        reply = await _acknowledged(address, account, None, "DELETE", path)
        assert (reply.status, reply.body) == (
            (404, reply.body) if account.acknowledged is None else (200, account.acknowledged)
        )
        account.acknowledged = None

    async def _post(self, address: Address) -> None:
        token, body = self._body()
        self.posts.in_flight[token] = body
        reply = await address.request("POST", COLLECTION, body=body)
        assert reply.status == 201, reply
        number = int((reply.field("Location") or "").removeprefix(f"{COLLECTION}/"))
        self.posts.given(number, token, reply.body)

    async def _delete_post(self, address: Address) -> None:
        """Remove one of its own posts, the newest of all if it is that: its number is used up."""
        own = [
            number
            for number, token in self.posts.tokens.items()
            if token.startswith(f"{self.name}-")
            and self.posts.accounts[number].acknowledged is not None
        ]
        if not own:
            return
        account = self.posts.accounts[max(own)]
        path = f"{COLLECTION}/{max(own)}"
        reply = await _acknowledged(address, account, None, "DELETE", path)
        assert (reply.status, reply.body) == (200, account.acknowledged)
        account.acknowledged = None


async def _acknowledged(
    address: Address, account: Account, body: bytes | None, method: str, path: str
) -> Reply:
    account.in_flight.append(body)
    reply = await address.request(method, path, body=body)
    account.in_flight.remove(body)
    return reply


async def check_resources(address: Address, paths: Iterable[tuple[str, Account]]) -> None:
    for path, account in paths:
        reply = await address.request("GET", path)
        assert reply.status in (200, 404)
        account.settle(reply.body if reply.status == 200 else None, path)


async def check_posts(address: Address, posts: Posts) -> None:
    reply = await address.request("GET", f"{COLLECTION}/")
    listed: dict[int, str] = {}
    if reply.status != 404:
        items = reply.json()
        assert isinstance(items, list)
        listed = {item["id"]: item["token"] for item in items}
        assert len(listed) == len(items)
    for number, token in listed.items():
        if number not in posts.tokens:
            # Stored, and killed before it was answered.
            assert token in posts.in_flight, f"nobody has just posted {token}"
            body = (await address.request("GET", f"{COLLECTION}/{number}")).body
            posts.given(number, token, body)
        assert posts.tokens[number] == token
    posts.in_flight.clear()
    numbers = ((f"{COLLECTION}/{number}", account) for number, account in posts.accounts.items())
    await check_resources(address, numbers)


def check_folder(data: Path, clients: list[Client], posts: Posts) -> None:
    """Nothing stands on disk but whole resources, a counter, and the server's own."""
    accounts = {path: account for client in clients for path, account in client.accounts.items()}
    accounts |= {f"{COLLECTION}/{number}": account for number, account in posts.accounts.items()}
    assert list((data / ".kvput" / "scratch").iterdir()) == []
    for file in data.rglob("*"):
        place = file.relative_to(data)
        if file.is_dir() or place.parts[0] == ".kvput":
            continue
        if file.name == ".counter":
            assert int(file.read_text()) >= 0
            continue
        assert file.suffix == ".json"
        account = accounts[f"/{place.with_suffix('')}"]
        assert file.read_bytes() == account.acknowledged


async def test_a_kill_loses_nothing_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    """Over 20 kills: what was acknowledged is there byte for byte, no number comes twice."""
    chance = random.Random(20)  # noqa: S311  # as above
    posts = Posts()
    clients = [Client(name, posts) for name in range(CLIENTS)]
    answers = 0
    for _ in range(ROUNDS):
        with await asyncio.to_thread(ServerProcess, tmp_path) as server:
            assert server.address is not None
            for client in clients:
                await check_resources(server.address, client.accounts.items())
            await check_posts(server.address, posts)
            check_folder(tmp_path, clients, posts)
            writing = [asyncio.create_task(client.write(server.address)) for client in clients]
            await asyncio.sleep(chance.uniform(*SECONDS_OF_WRITING))
            server.process.kill()
            answers += sum(await asyncio.gather(*writing))
            server.kill()
    with await asyncio.to_thread(ServerProcess, tmp_path) as server:
        assert server.address is not None
        for client in clients:
            await check_resources(server.address, client.accounts.items())
        await check_posts(server.address, posts)
        check_folder(tmp_path, clients, posts)
        assert server.stop() == (0, "")
    assert answers > ROUNDS * CLIENTS

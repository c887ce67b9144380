"""A disk that is full to the last block: while the server runs, and when it recovers.

Nothing that was acknowledged is lost by it, nothing is half done, and removing
things works.
"""

import json
import random
import re
from pathlib import Path

import pytest

from kvput.store.files.layout import PRIVATE, SCRATCH
from tests.crash.clients import SIZES
from tests.crash.disks import MEBIBYTE, Disk, new_disk
from tests.crash.load import Load
from tests.crash.rounds import counted, how_many
from tests.crash.starts import DidNotStart, started
from tests.serving import ServerProcess

ROUNDS = how_many("POWER_LOSS_ROUNDS", 1)
SECONDS_OF_WRITING = (0.3, 1.0)
# About what the load comes to fill when it starts from an empty folder.
MOST_ROOM = 12 * MEBIBYTE
# Where something was removed, room may come back a little later.
ATTEMPTS = 20


async def test_writes_on_a_full_disk(tmp_path: Path) -> None:
    """PUT and POST answer 507 and change nothing, DELETE works; with room again all do."""
    with new_disk(tmp_path / "disk", "ext4") as disk:
        data = disk.place / "data"
        data.mkdir()
        async with started(data) as (server, _):
            for key in range(6):
                assert server.request("PUT", f"/a/{key}", _body(key, 60_000)).status == 201
            for size in SIZES:
                for path in ("/a/0", "/a/new", f"/new{size}/1"):
                    _refused(disk, server, "PUT", path, size)
            _refused(disk, server, "POST", "/a", 0)
            _refused(disk, server, "POST", "/newer", 0)
            for key in (1, 2):
                disk.fill()
                body = _served(server, f"/a/{key}")
                reply = server.request("DELETE", f"/a/{key}")
                assert (reply.status, reply.body) == (200, body)
                assert server.request("GET", f"/a/{key}").status == 404
            disk.make_room()
            for path in ("/a/0", "/a/1", "/a/new"):
                body = _body(f"again {path}", 400_000)
                assert server.request("PUT", path, body).status in (200, 201)
                assert _served(server, path) == body
            assert server.request("POST", "/newer", b'{"a": 1}').status == 201
            before = _files(data)
            assert server.stop() == (0, "")
        async with started(data):
            assert _files(data) == before


async def test_recovery_on_a_full_disk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It recovers, or says what it needs; with room again all that was acknowledged is there."""
    chance = random.Random(22)  # noqa: S311  # a test's, the same in each run
    for number in counted(ROUNDS, "recovery on a full disk", capsys):
        with new_disk(tmp_path / "disk", "ext4") as disk:
            load = Load(disk.place / "data")
            # What it edits in place would be torn, by nobody's fault.
            load.writers.remove(load.hand)
            load.conditions.disk_full = True
            disk.fill(leave=chance.randrange(MOST_ROOM))
            async with started(load.data) as (server, address):

                async def kill(server: ServerProcess = server) -> None:
                    server.process.kill()

                await load.run(address, chance.uniform(*SECONDS_OF_WRITING), kill)
            if number % 2:
                disk.lose_power()
                disk.mount_again()
            disk.fill()
            await _recover_or_refuse(load)
            disk.make_room()
            async with started(load.data) as (server, address):
                await load.compare(address)
                assert server.stop()[0] == 0


async def _recover_or_refuse(load: Load) -> None:
    refusal = None
    try:
        async with started(load.data) as (_, address):
            await load.compare(address)
    except DidNotStart as ended:
        refusal = ended
    if refusal is not None:
        assert refusal.code == 1, refusal
        assert re.fullmatch(r"kvput: .*\b(room|space)\b.*\n", refusal.said), refusal


def _body(name: object, size: int) -> bytes:
    return json.dumps({"name": name, "pad": "x" * size}).encode()


def _refused(disk: Disk, server: ServerProcess, method: str, path: str, size: int) -> None:
    """Fill the disk until a write is refused; it must have changed nothing."""
    data = disk.place / "data"
    for attempt in range(ATTEMPTS):
        disk.fill()
        before = _files(data)
        # New bytes each time: those that are there already need no room.
        reply = server.request(method, path, _body(f"{path} {attempt}", size))
        if reply.status == 507:
            assert reply.problem == "disk-full"
            assert _files(data) == before
            # No temporary file is left, so that it cannot be a later write's either.
            assert not list((data / PRIVATE / SCRATCH).iterdir())
            return
        assert reply.status in (200, 201), reply
    pytest.fail("no write was refused: the disk cannot be filled")


def _served(server: ServerProcess, path: str) -> bytes:
    reply = server.request("GET", path)
    assert reply.status == 200
    return reply.body


def _files(data: Path) -> dict[str, bytes | None]:
    """All that is in the folder but the server's own, with what is in it; None for directories."""
    return {
        str(place): file.read_bytes() if file.is_file() else None
        for file in data.rglob("*")
        if (place := file.relative_to(data)).parts[0] != PRIVATE
    }

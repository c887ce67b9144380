"""A crash in the middle of one request that changes a thousand resources.

All of it is there afterwards or nothing, and both sides of each relation agree:
after `kill -9`, after a loss of power, and to every reader before that.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.crash.accounts import Lost
from tests.crash.clients import CUT
from tests.crash.disks import Disk, new_disk
from tests.crash.library import ARTICLES, Library
from tests.crash.rounds import counted, how_many
from tests.crash.starts import SHOWS_OPEN_FILES, SYNCED, UNSYNCED, interrupted_start, started
from tests.serving import Address

KILL_ROUNDS = max(how_many("KILL_ROUNDS", 20) // 5, 1)
POWER_LOSS_ROUNDS = how_many("POWER_LOSS_ROUNDS", 1)
# What a round needs to be sure to hit the middle now and then.
MANY = 20
# For about as long a thousand files take their places.
SECONDS_OF_MOTION = 0.005
KINDS = ("ext4", "xfs")

Strike = Callable[[], Awaitable[None]]


class Trial:
    """A library that is struck time and again while it is filled or emptied."""

    def __init__(self, library: Library, chance: random.Random, module: str = SYNCED) -> None:
        self.library = library
        self.chance = chance
        self.module = module
        self.halves = 0
        """How often a strike has left half of a request on the disk."""
        self.has_power = True
        # How long the requests take that fill the library and empty it, as far as is known.
        self._seconds = {False: 0.5, True: 0.3}

    async def strike(self, strike: Strike) -> None:
        """Start, compare, have a request made, and strike before its answer or right after it."""
        async with started(self.library.data, self.module) as (server, address):
            await self.library.compare(address)
            await self.library.prepare(address)
            moment = self.chance.choice((self._some_time, self._files_in_motion))
            waiting = asyncio.create_task(moment())
            making = asyncio.create_task(self._make_request(address))
            watching = asyncio.create_task(self._watch(address))
            await asyncio.wait((waiting, making), return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            await strike()
            server.process.kill()
            await asyncio.gather(making, watching)

    async def _some_time(self) -> None:
        await asyncio.sleep(self._seconds[self.library.is_full] * self.chance.uniform(0, 1.1))

    async def _files_in_motion(self) -> None:
        """Wait until files have begun to take their places, or to go; and a little longer."""
        before = self.library.names()
        while self.library.names() == before:  # noqa: ASYNC110  # a file gives no event
            await asyncio.sleep(0.0005)
        await asyncio.sleep(self.chance.uniform(0, SECONDS_OF_MOTION))

    async def _make_request(self, address: Address) -> None:
        was_full, begun = self.library.is_full, time.monotonic()
        reply = await self.library.turn(address)
        if reply is not None and reply.status < 300:
            self._seconds[was_full] = time.monotonic() - begun
        else:
            assert reply is None or not self.has_power, reply
            self._seconds[was_full] *= 1.2

    async def _watch(self, address: Address) -> None:
        """Read until the server or its disk is gone: no reader sees half of a request."""
        try:
            while True:
                reply = await address.request("GET", "/articles?author=1&_limit=1")
                if not self.has_power:
                    return  # Where files can no longer be moved, half of them may have been.
                assert reply.status == 200, reply
                assert reply.field("X-Total-Count") in ("0", str(ARTICLES))
                await asyncio.sleep(0.002)
        except CUT:
            pass

    def look_at_halves(self) -> None:
        """Count what a crash has left, before it is put right."""
        self.halves += 0 < self.library.count() < ARTICLES

    async def compare(self) -> None:
        """Start, compare, and stop."""
        async with started(self.library.data, self.module) as (server, address):
            await self.library.compare(address)
            code, _ = await asyncio.to_thread(server.stop)
            assert code == 0


# --- kill -9


async def test_a_kill_leaves_a_cascade_whole_or_undone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where it comes again while the server puts right what the first one has left."""
    chance = random.Random(41)  # noqa: S311  # a test's, the same in each run
    trial = Trial(Library(tmp_path / "data"), chance)
    for _ in counted(KILL_ROUNDS, "kill -9 in a cascade", capsys):
        await trial.strike(nothing)
        trial.look_at_halves()
        if chance.random() < 0.5:
            await interrupted_start(trial.library.data, chance, nothing)
            trial.look_at_halves()
    await trial.compare()
    if KILL_ROUNDS >= MANY and SHOWS_OPEN_FILES:
        assert trial.halves


async def nothing() -> None:
    """No fault but the kill that follows."""


# --- loss of power


@pytest.mark.parametrize("kind", KINDS)
async def test_a_power_loss_leaves_a_cascade_whole_or_undone(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was acknowledged is there, whatever the disk had kept of it."""
    with new_disk(tmp_path / "disk", kind) as disk:
        trial = trial_on(disk, kind)
        for _ in counted(POWER_LOSS_ROUNDS, f"power loss in a cascade on {kind}", capsys):
            await lose_power(trial, disk, 1)
        await trial.compare()


@pytest.mark.parametrize("kind", KINDS)
async def test_a_server_that_syncs_nothing_is_caught(kind: str, tmp_path: Path) -> None:
    """The same rounds see that it has lost what it acknowledged, or half of it."""
    if POWER_LOSS_ROUNDS == 1:
        pytest.skip("make crash runs it")
    with new_disk(tmp_path / "disk", kind) as disk:
        trial = trial_on(disk, kind, UNSYNCED)
        with pytest.raises(Lost):
            await lose_power(trial, disk, MANY)


def trial_on(disk: Disk, kind: str, module: str = SYNCED) -> Trial:
    """A new library on a disk."""
    chance = random.Random(kind)  # noqa: S311  # as above
    return Trial(Library(disk.place / "data"), chance, module)


async def lose_power(trial: Trial, disk: Disk, rounds: int) -> None:
    """So many rounds; now and then the power fails again while the server recovers."""

    async def strike() -> None:
        trial.has_power = False
        disk.lose_power()
        # The server still runs, and must not acknowledge what it cannot keep.
        await asyncio.sleep(trial.chance.uniform(0, 0.03))

    for _ in range(rounds):
        await trial.strike(strike)
        disk.mount_again()
        if trial.chance.random() < 0.5:
            await interrupted_start(trial.library.data, trial.chance, strike, trial.module)
            disk.lose_power()
            disk.mount_again()
        trial.has_power = True

"""The power fails while many clients write: the disk keeps what was synced, and forgets the rest.

For that a file system is forced down without flushing, as the tests of Linux's
file systems do it, and mounted again from what had reached its image. What was
acknowledged is there, and what a careful hand has synced. A server that syncs
nothing fails the same rounds, which proves that they see a loss.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.crash.accounts import Lost
from tests.crash.disks import Disk, new_disk
from tests.crash.load import CLIENTS, Load
from tests.crash.rounds import counted, how_many
from tests.crash.starts import SYNCED, UNSYNCED, interrupted_start, started
from tests.serving import ServerProcess

ROUNDS = how_many("POWER_LOSS_ROUNDS", 1)
ROUNDS_ON_ONE_DISK = 10
UNSYNCED_ROUNDS = 5
SECONDS_OF_WRITING = (0.2, 2.0)
# Each so many rounds the clients rest before the power fails, for about as long as a server
# waits before it writes out what it has put off.
ROUNDS_TO_A_REST = 5
SECONDS_OF_REST = (0.9, 1.4)
# For how long the server still runs when its disk is gone.
SECONDS_WITHOUT_DISK = (0.0, 0.03)

KINDS = ("ext4", "xfs")


@pytest.mark.parametrize("kind", KINDS)
async def test_a_power_loss_takes_nothing_that_was_acknowledged(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is there byte for byte, no number comes twice, and no temporary file is left."""
    chance = random.Random(kind)  # noqa: S311  # a test's, the same in each run
    rounds = counted(ROUNDS, f"power loss on {kind}", capsys)
    answers = 0
    for _ in range(0, ROUNDS, ROUNDS_ON_ONE_DISK):
        with new_disk(tmp_path / "disk", kind) as disk:
            trial = Trial(disk, Load(disk.place / "data", careful_hand=True), chance)
            for number, _ in zip(range(ROUNDS_ON_ONE_DISK), rounds, strict=False):
                resting = number % ROUNDS_TO_A_REST == ROUNDS_TO_A_REST - 1
                answers += await trial.write_and_lose_power(resting=resting)
            await trial.compare_and_stop()
    assert answers > ROUNDS * CLIENTS


@pytest.mark.parametrize("kind", KINDS)
async def test_a_server_that_syncs_nothing_is_caught(kind: str, tmp_path: Path) -> None:
    """The same rounds see that it has lost what it acknowledged."""
    if ROUNDS == 1:
        pytest.skip("make crash runs it")
    chance = random.Random(kind)  # noqa: S311  # as above
    with new_disk(tmp_path / "disk", kind) as disk:
        load = Load(disk.place / "data", careful_hand=True)
        trial = Trial(disk, load, chance, module=UNSYNCED)
        with pytest.raises(Lost):
            await trial.go_on(UNSYNCED_ROUNDS)


@dataclass(frozen=True, slots=True)
class Trial:
    """One folder on one disk, which loses its power time and again."""

    disk: Disk
    load: Load
    chance: random.Random
    module: str = SYNCED

    async def write_and_lose_power(self, *, resting: bool = False) -> int:
        """Start, compare, write, and lose the power; gives the number of answered writes."""
        async with started(self.load.data, self.module) as (server, address):
            await self.load.compare(address)
            answers = await self.load.run(
                address,
                self.chance.uniform(*SECONDS_OF_WRITING),
                self._ending(server),
                idle_seconds=self.chance.uniform(*SECONDS_OF_REST) if resting else 0.0,
            )
        if not self.load.conditions.disk_gone and self.chance.random() < 0.5:
            # The server finds all in memory still, and must not take it for what is on the disk.
            await self._recover_in_vain()
        self._power_returns()
        for _ in range(self.chance.choice((0, 0, 1, 2))):
            self.load.hand.edit()
            await self._recover_in_vain()
            if self.load.conditions.disk_gone or self.chance.random() < 0.5:
                self._power_returns()
        self.load.hand.edit()
        return answers

    async def go_on(self, rounds: int) -> None:
        """Lose the power so often."""
        for _ in range(rounds):
            await self.write_and_lose_power()

    async def compare_and_stop(self) -> None:
        """Start, compare, stop, and lose the power when all is over."""
        for _ in range(2):
            async with started(self.load.data, self.module) as (server, address):
                await self.load.compare(address)
                code, _ = await asyncio.to_thread(server.stop)
                assert code == 0
            self._power_returns()

    async def _recover_in_vain(self) -> None:
        """Start, and be killed or lose the power while the server recovers or just after it."""
        strike = self.chance.choice((self._lose_power, _nothing))
        await interrupted_start(self.load.data, self.chance, strike, self.module)

    def _ending(self, server: ServerProcess) -> Callable[[], Awaitable[None]]:
        """What ends the writing: mostly the loss of power itself, which follows all the same."""

        async def kill() -> None:
            server.process.kill()

        async def stop() -> None:
            await asyncio.to_thread(server.stop)

        return self.chance.choice((self._lose_power, self._lose_power, kill, stop))

    async def _lose_power(self) -> None:
        # Before, so that no answer that tells of it comes as a surprise.
        self.load.conditions.disk_gone = True
        self.disk.lose_power()
        await asyncio.sleep(self.chance.uniform(*SECONDS_WITHOUT_DISK))

    def _power_returns(self) -> None:
        """Where the power has not failed yet, it does so now."""
        self.disk.lose_power()
        self.disk.mount_again()
        self.load.conditions.disk_gone = False


async def _nothing() -> None:
    """No fault but the kill that follows."""

"""`kill -9` while many clients and a hand write, and while the server recovers from that.

What was acknowledged is there, what a hand did last stands, and nothing is half
there. Nothing that was written gets lost by a kill: what a hand has done needs
no sync.
"""

import random
from pathlib import Path

import pytest

from tests.crash.load import CLIENTS, Load
from tests.crash.rounds import counted, how_many
from tests.crash.starts import SHOWS_OPEN_FILES, interrupted_start, started

ROUNDS = how_many("KILL_ROUNDS", 20)
SECONDS_OF_WRITING = (0.05, 0.5)


async def test_a_kill_loses_nothing_and_leaves_nothing_half_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was acknowledged is there byte for byte, no number comes twice."""
    chance = random.Random(20)  # noqa: S311  # a test's, the same in each run
    load = Load(tmp_path / "data")
    answers = 0
    for _ in counted(ROUNDS, "kill -9", capsys):
        answers += await _write_and_kill(load, chance.uniform(*SECONDS_OF_WRITING))
    await _stop_and_start_again(load)
    assert answers > ROUNDS * CLIENTS


async def test_a_kill_while_it_recovers_loses_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Recovery may be killed time and again, and a hand may edit in between."""
    chance = random.Random(21)  # noqa: S311  # as above
    load = Load(tmp_path / "data")
    struck = 0
    rounds = max(ROUNDS // 5, 3)
    for _ in counted(rounds, "kill -9 during recovery", capsys):
        await _write_and_kill(load, chance.uniform(0.5, 1.5))
        for _ in range(chance.randint(2, 4)):
            load.hand.edit()
            struck += await interrupted_start(load.data, chance, _at_once)
        load.hand.edit()
    await _stop_and_start_again(load)
    if SHOWS_OPEN_FILES:
        assert struck >= rounds / 2


async def _write_and_kill(load: Load, seconds: float) -> int:
    """Start, compare, write, and kill; gives the number of writes that were answered."""
    async with started(load.data) as (server, address):
        await load.compare(address)

        async def kill() -> None:
            server.process.kill()

        return await load.run(address, seconds, kill)


async def _at_once() -> None:
    """Strike without a fault before the kill."""


async def _stop_and_start_again(load: Load) -> None:
    """What is there at the end is there after a clean stop, too, and nothing is said of it."""
    async with started(load.data) as (server, address):
        await load.compare(address)
        code, _ = server.stop()
        assert code == 0
    async with started(load.data) as (server, address):
        await load.compare(address)
        assert server.stop() == (0, "")

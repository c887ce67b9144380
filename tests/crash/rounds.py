"""How often a fault is made, and a line now and then for whoever waits."""

import os
from collections.abc import Iterator

import pytest

STEP = 20


def how_many(variable: str, otherwise: int) -> int:
    """The number of rounds that an environment variable asks for."""
    return int(os.environ.get(variable, otherwise))


def counted(count: int, what: str, capsys: pytest.CaptureFixture[str]) -> Iterator[int]:
    """The rounds from 0 on, with a line after each STEP of them where there are more."""
    for number in range(count):
        yield number
        if count > STEP and (number + 1) % STEP == 0:
            with capsys.disabled():
                # pytest is in the middle of a line of dots.
                line = "" if number >= STEP else "\n"
                print(f"{line}  {what}: {number + 1} of {count} rounds", flush=True)

"""One run of wrk: the command, and the figures out of what it prints."""

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.works import STRIDE, Work

TOO_SLOW: Final = "no request finished in"
NO_ANSWER: Final = "no answer in"
"""How the reasons begin that tell of a server that is too slow for a work, not wrong in it."""

_SCRIPT: Final = Path(__file__).with_name("requests.lua")
_FIGURES: Final = re.compile(
    r"^figures requests=(\d+) microseconds=(\d+) p50=(\d+) p99=(\d+) status=(\d+) broken=(\d+)$",
    re.MULTILINE,
)
_SPARE_SECONDS: Final = 60


class Failure(Exception):
    """A server does something else than what the work's name says."""


class Skip(Exception):
    """A server cannot do the work, or not within the time."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What one run of wrk found."""

    requests: int
    requests_per_second: float
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class Load:
    """The load of a work on a server, from one core."""

    work: Work
    port: int
    core: int
    text: str
    """What is sent: a content with zeros for its version, or a target with an @ in it."""

    fields: Mapping[str, str] = field(default_factory=dict)

    def command(self, run: int, seconds: int) -> list[str]:
        """The command of wrk for one run."""
        work, fields = self.work, {**self.fields}
        if work.kind.writes:
            fields = {"Content-Type": "application/json", **fields}
        return [
            "wrk",
            "--threads=1",
            f"--connections={work.connections}",
            f"--duration={seconds}",
            # What takes longer than this is no part of wrk's percentiles: nothing here does.
            f"--timeout={seconds + 1}",
            f"--script={_SCRIPT}",
            *(part for name, value in fields.items() for part in ("--header", f"{name}: {value}")),
            f"http://127.0.0.1:{self.port}",
            "--",
            work.kind,
            str(run),
            str(work.choices),
            str(STRIDE),
            self.text,
        ]

    def run(self, run: int, seconds: int) -> Figure:
        """Load the server. Raises `Failure` for errors, `Skip` where no request finished."""
        try:
            printed = subprocess.run(
                ["taskset", "-c", str(self.core), *self.command(run, seconds)],
                check=True,
                capture_output=True,
                text=True,
                timeout=seconds + _SPARE_SECONDS,
            ).stdout
        except subprocess.CalledProcessError as error:
            raise Failure(f"wrk failed: {(error.stderr or error.stdout).strip()}") from error
        except subprocess.TimeoutExpired as error:
            raise Failure(f"wrk did not end within {seconds + _SPARE_SECONDS} s") from error
        return read_figure(printed, seconds)


def read_figure(printed: str, seconds: int) -> Figure:
    """The figures in what wrk printed. Raises `Failure` for errors, `Skip` where none finished."""
    match = _FIGURES.search(printed)
    if match is None:
        raise Failure(f"wrk printed no figures:\n{printed}")
    requests, microseconds, p50, p99, status, broken = (int(number) for number in match.groups())
    if status:
        raise Failure(f"{status} of {requests} answers had an error status")
    if broken:
        raise Failure(f"{broken} connections broke")
    if not requests:
        raise Skip(f"{TOO_SLOW} {seconds} s")
    return Figure(requests, requests / microseconds * 1e6, p50 / 1000, p99 / 1000)

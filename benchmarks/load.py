"""One run of wrk: the command, and the figures out of what it prints."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.works import STRIDE, Work, content, version

TOO_SLOW: Final = "no request finished in"
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


def command(work: Work, port: int, run: int, seconds: int, fields: dict[str, str]) -> list[str]:
    """The command of wrk for one run."""
    given = {"Content-Type": "application/json", **fields} if work.kind.writes else fields
    return [
        "wrk",
        "--threads=1",
        f"--connections={work.connections}",
        f"--duration={seconds}",
        f"--script={_SCRIPT}",
        *(part for name, value in given.items() for part in ("--header", f"{name}: {value}")),
        f"http://127.0.0.1:{port}",
        "--",
        work.kind,
        str(run),
        str(work.resources),
        str(STRIDE),
        content(version(0, 0)).decode(),
    ]


def load(
    work: Work, port: int, core: int, run: int, seconds: int, fields: dict[str, str]
) -> Figure:
    """Load the server from one core. Raises `Failure` for errors, `Skip` where none finished."""
    try:
        printed = subprocess.run(
            ["taskset", "-c", str(core), *command(work, port, run, seconds, fields)],
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

"""A server as a process: started on one core, asked, measured, and ended by its own pid."""

import http.client
import re
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.load import NO_ANSWER, Failure, Skip

ADDRESS: Final = "127.0.0.1"
_START_SECONDS: Final = 30.0
_STOP_SECONDS: Final = 30.0
_PROBE: Final = "/articles/1"
_ANSWER_SECONDS: Final = 10.0
_CATCH_UP_SECONDS: Final = 60.0
_POLL_SECONDS: Final = 0.002
_TOLD_CHARACTERS: Final = 600


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as it came."""

    status: int
    fields: tuple[tuple[str, str], ...]
    content: bytes

    def field(self, name: str) -> str | None:
        """A field's first value."""
        return next((value for key, value in self.fields if key.lower() == name.lower()), None)


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers."""

    port: int
    pid: int
    start_seconds: float
    """From the start of its process to its first answer."""

    def ask(
        self,
        method: str,
        path: str,
        fields: Mapping[str, str] | None = None,
        content: bytes | None = None,
        *,
        within: float = _ANSWER_SECONDS,
    ) -> Answer:
        """One request, on a connection of its own.

        Raises `Skip` where the answer takes more than so many seconds, `Failure` where none comes.
        """
        try:
            return ask(self.port, method, path, fields, content, within=within)
        except TimeoutError as error:
            raise Skip(f"{NO_ANSWER} {within:g} s") from error
        except (OSError, http.client.HTTPException) as error:
            raise Failure(f"{method} {path} was not answered: {error!r}") from error

    def catch_up(self) -> None:
        """Wait until it answers again: a slow one works on what a load has left behind."""
        self.ask("GET", _PROBE, within=_CATCH_UP_SECONDS)

    def memory_bytes(self) -> int:
        """The memory that it holds (resident set), without that of other processes."""
        status = Path(f"/proc/{self.pid}/status").read_text("ascii")
        match = re.search(r"^VmRSS:\s+(\d+) kB$", status, re.MULTILINE)
        assert match is not None, status
        return int(match[1]) * 1024


def ask(
    port: int,
    method: str,
    path: str,
    fields: Mapping[str, str] | None = None,
    content: bytes | None = None,
    *,
    within: float = _ANSWER_SECONDS,
) -> Answer:
    """One request to a port. Raises OSError or HTTPException where no answer comes."""
    connection = http.client.HTTPConnection(ADDRESS, port, timeout=within)
    try:
        connection.request(method, path, content, dict(fields or {}))
        answer = connection.getresponse()
        return Answer(answer.status, tuple(answer.getheaders()), answer.read())
    finally:
        connection.close()


def free_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as listener:
        listener.bind((ADDRESS, 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def running(
    command: Sequence[str], port: int, core: int, folder: Path, log: Path
) -> Iterator[Server]:
    """Run a server on one core while the block runs, from its first answer on."""
    with log.open("wb") as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            ["taskset", "-c", str(core), *command],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # In a session of its own: Ctrl+C is for the benchmark, which then ends the server.
            start_new_session=True,
        )
    try:
        _wait_until_it_answers(process, port, started, log)
        yield Server(port, process.pid, time.perf_counter() - started)
    finally:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_it_answers(
    process: subprocess.Popen[bytes], port: int, started: float, log: Path
) -> None:
    """Return at the first answer, whatever it says; raises `Failure` where none comes."""
    while time.perf_counter() - started < _START_SECONDS:
        if process.poll() is not None:
            break
        try:
            ask(port, "GET", _PROBE)
        except (OSError, http.client.HTTPException):
            time.sleep(_POLL_SECONDS)
        else:
            return
    told = log.read_text("utf-8", "replace").strip()[-_TOLD_CHARACTERS:]
    raise Failure(f"it did not start: {told or 'it said nothing'}")

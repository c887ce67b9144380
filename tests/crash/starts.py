"""Servers that are started to become ready, and others that never get that far."""

import asyncio
import os
import random
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from kvput.store.files.layout import LOCK, PRIVATE
from tests.serving import STOP_SECONDS, Address, ServerProcess

SYNCED = "kvput"
UNSYNCED = "tests.crash.unsynced"
# So that the modules are found from wherever the tests are run.
_PATH = {"PYTHONPATH": str(Path(__file__).parents[2])}
SHOWS_OPEN_FILES = Path("/proc/self/fd").exists()
_POLL_SECONDS = 0.0005
_LONGEST_START = 20.0
# Powers of ten of seconds: from before the journal is read to after the server has become ready.
_MOMENTS = (-4.0, -0.7)


class DidNotStart(AssertionError):
    """A server that ended before it was ready, with that code and those words."""

    def __init__(self, code: int, said: str) -> None:
        super().__init__(f"the server ended with {code}: {said}")
        self.code = code
        self.said = said


@asynccontextmanager
async def started(data: Path, module: str = SYNCED) -> AsyncIterator[tuple[ServerProcess, Address]]:
    """A server that is ready; at the end of the block it is killed, unless it is gone by then.

    `module` is run in the place of kvput. Raises DidNotStart.
    """
    server = await asyncio.to_thread(ServerProcess, data, environment=_PATH, module=module)
    process = server.process
    try:
        if server.address is None:
            _, errors = process.communicate(timeout=STOP_SECONDS)
            raise DidNotStart(process.returncode, errors.decode())
        yield server, server.address
    finally:
        process.kill()
        process.wait(STOP_SECONDS)
        for stream in (process.stdout, process.stderr):
            assert stream is not None
            stream.close()


async def interrupted_start(
    data: Path,
    chance: random.Random,
    strike: Callable[[], Awaitable[None]],
    module: str = SYNCED,
) -> bool:
    """Start a server, strike about when it recovers, and kill it.

    Tells whether it had opened the folder by then, and was not ready. Raises DidNotStart.
    """
    process = _start(data, module)
    try:
        opened = await _has_opened(process, data / PRIVATE / LOCK)
        await asyncio.sleep(10 ** chance.uniform(*_MOMENTS))
        ended = process.poll()
        await strike()
    finally:
        process.kill()
        printed, errors = process.communicate(timeout=STOP_SECONDS)
    if ended is not None:
        raise DidNotStart(ended, errors.decode())
    return opened and b"Press" not in printed


def _start(data: Path, module: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", module, "serve", str(data), "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **_PATH},
    )


async def _has_opened(process: subprocess.Popen[bytes], file: Path) -> bool:
    """Wait until a process has opened a file; False where it ends before, or none can see it."""
    async with asyncio.timeout(_LONGEST_START):
        while SHOWS_OPEN_FILES and process.poll() is None:
            if file in _open_files(process.pid):
                return True
            await asyncio.sleep(_POLL_SECONDS)
    return False


def _open_files(pid: int) -> set[Path]:
    files = set()
    with suppress(FileNotFoundError):  # it closes them meanwhile
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            files.add(descriptor.readlink())
    return files

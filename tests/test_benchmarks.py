"""`make bench`, as far as it can be told without measuring."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOOLS = {
    "taskset": '#!/bin/sh\nshift 2\nexec "$@"\n',
    "wrk": '#!/bin/sh\necho started > "$STARTED"\nexec sleep 60\n',
}


@pytest.mark.skipif(
    len(getattr(os, "sched_getaffinity", lambda _: ())(0)) < 2, reason="it needs two cores"
)
def test_an_interrupted_benchmark_ends_quietly(tmp_path: Path) -> None:
    """Ctrl+C, which reaches every process of the terminal, shows no stack trace of any."""
    started = tmp_path / "started"
    for name, text in TOOLS.items():
        tool = tmp_path / name
        tool.write_text(text)
        tool.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks"],
        cwd=ROOT,
        env={**os.environ, "PATH": path, "STARTED": str(started)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        end = time.monotonic() + 20
        while not started.exists():
            assert process.poll() is None
            assert time.monotonic() < end
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGINT)
        said, _ = process.communicate(timeout=20)
    finally:
        process.kill()
    assert (process.returncode, said) == (130, b"")

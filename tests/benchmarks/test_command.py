"""`make bench` as a command: what it needs, how it ends, and one tiny run."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from benchmarks.__main__ import parse
from benchmarks.figures import from_json
from benchmarks.machine import MEMORY_FILE_SYSTEMS, file_system, two_cores
from benchmarks.progress import remaining
from benchmarks.works import GROUPS

ROOT = Path(__file__).parents[2]
TOOLS = {
    "taskset": '#!/bin/sh\nshift 2\nexec "$@"\n',
    "wrk": '#!/bin/sh\necho started > "$STARTED"\nexec sleep 60\n',
}
needs_two_cores = pytest.mark.skipif(two_cores() is None, reason="it needs two cores, on Linux")


def arguments(folder: Path, *more: str) -> list[str]:
    """The command, for kvput and the bare framework alone: nothing is installed for them."""
    chosen = ["--peers", "kvput,bare", "--data", str(folder), *more]
    return [sys.executable, "-m", "benchmarks", *chosen]


def disk(tmp_path: Path) -> Path:
    """A folder to measure; skips where there is none but in memory."""
    if file_system(tmp_path) in MEMORY_FILE_SYSTEMS:
        pytest.skip("the folder for temporary files is in memory")
    return tmp_path / "data"


def ran(command: list[str], **variables: str) -> subprocess.CompletedProcess[str]:
    """What the command says, with the variables beside those that there are."""
    environment: Mapping[str, str] = {**os.environ, **variables}
    return subprocess.run(
        command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True, timeout=100
    )


@needs_two_cores
def test_missing_tools_are_told_in_one_line(tmp_path: Path) -> None:
    """A machine that cannot measure is no failure."""
    done = ran(arguments(tmp_path / "data"), PATH=str(tmp_path))
    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        "bench skipped: wrk and taskset not installed\n",
        "",
    )


@needs_two_cores
def test_interrupted_benchmark_ends_quietly(tmp_path: Path) -> None:
    """Ctrl+C, which reaches every process of the terminal, shows no stack trace of any."""
    data, started = disk(tmp_path), tmp_path / "started"
    for name, text in TOOLS.items():
        tool = tmp_path / name
        tool.write_text(text)
        tool.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    process = subprocess.Popen(
        arguments(data, "--only", "hot-get"),
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
    assert (process.returncode, said) == (130, b"round 1 of 5: hot GET, kvput\n")
    assert list(data.iterdir()) == []


@needs_two_cores
@pytest.mark.skipif(
    shutil.which("wrk") is None or shutil.which("taskset") is None,
    reason="wrk and taskset are not installed",
)
def test_tiny_run_measures_and_checks_each_kind(tmp_path: Path) -> None:
    """Requests to kvput and the framework get through their checks, and leave nothing."""
    data, file = disk(tmp_path), tmp_path / "figures.json"
    works, lists = ["304", "put", "post"], ["filter-100", "page-1000-puts"]
    ruled = ["move-100", "move-100-relation", "record-1000-schema", "record-100-unique"]
    chosen = ",".join([*works, *lists, *ruled])
    short = ["--rounds", "1", "--seconds", "1", "--only", chosen, "--json", str(file)]
    done = ran(arguments(data, *short))
    assert done.returncode == 0, done.stderr
    found = from_json(file.read_text("utf-8"))
    for peer, asked in {"kvput": [*works, *lists, *ruled], "bare": works}.items():
        assert [work for work in asked if not found.rate(work, peer)] == []
    assert found.skipped == {}
    assert "PUT over 1,000" in done.stdout
    assert list(data.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            ["--only", "hot-get,patch"],
            "'patch' is none of resources, collections, relations, hot-get, ",
        ),
        (["--peers", "apache"], "'apache' is none of kvput, bare, "),
        (["--rounds", "0"], "--rounds"),
        (["--write", "--only", "put"], "--write needs all works and servers"),
        (["--write", "--peers", "kvput"], "--write needs all works and servers"),
    ],
)
def test_option_that_makes_no_sense_is_refused(
    options: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message says what there is."""
    with pytest.raises(SystemExit):
        parse(options)
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "chosen"),
    [
        ("collections", [*GROUPS["collections"]]),
        ("relations", [*GROUPS["relations"]]),
        ("put,hot-get,put", ["hot-get", "put"]),
        ("lone,relations,collections,resources", parse([]).only),
    ],
)
def test_works_are_chosen_by_name_or_group(given: str, chosen: list[str]) -> None:
    """Each is measured once, in the usual order."""
    assert parse(["--only", given]).only == chosen


@pytest.mark.parametrize(
    ("seconds", "done", "words"),
    [(0.0, 0, ""), (10.0, 5, " (about 10 s left)"), (100.0, 2, " (about 7 min left)")],
)
def test_rest_is_told_by_the_steps_before(seconds: float, done: int, words: str) -> None:
    """Seconds when it is short, minutes when it is long, nothing before the first step."""
    assert remaining(seconds, done, 10) == words

"""`make bench`: kvput's hot reads beside a bare aiohttp application, in one run.

Both run under uvloop on one core, wrk on another; they take turns within each
round, so that what else the machine does meets both. The bare application
answers the very bytes and header fields that kvput answers, from constants: it
is what aiohttp costs without a store. Only ratios of one run mean anything.
"""

import argparse
import http.client
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

CONNECTIONS: Final = 32
TARGET: Final = "/articles/1"
# 300 bytes, as a small resource of a content API has.
CONTENT: Final = json.dumps({"title": "A kettle that whistles again", "body": "x" * 248}).encode()
INTERRUPTED: Final = 130
"""The exit code after Ctrl+C: 128 and the signal's number, as shells have it."""
ADDED_BY_SERVERS: Final = frozenset({"date", "content-length", "connection", "server"})


@dataclass(frozen=True, slots=True)
class Peer:
    """A server under load, and the request that it is given."""

    work: str
    name: str
    port: int
    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """One run of wrk."""

    requests_per_second: float
    p50_ms: float
    p99_ms: float


def main() -> None:
    """Measure and print; does nothing but say why where a tool is missing."""
    parser = argparse.ArgumentParser(prog="make bench", description="Hot reads, side by side.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4, help="length of one run of wrk")
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    options = parser.parse_args()
    missing = [tool for tool in ("wrk", "taskset") if shutil.which(tool) is None]
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if missing or len(cores) < 2:
        reason = f"{' and '.join(missing)} not installed" if missing else "it needs two cores"
        print(f"bench skipped: {reason}")
        return
    with ExitStack() as servers:
        peers = start_peers(servers, cores[0])
        figures = measure(peers, cores[1], options.rounds, options.seconds)
    report(figures)
    if options.json is not None:
        write_json(figures, options.json)


def start_peers(servers: ExitStack, core: int) -> list[Peer]:
    """Start kvput, and a bare application for each kind of answer."""
    data = Path(servers.enter_context(tempfile.TemporaryDirectory()))
    (data / "articles").mkdir()
    (data / "articles" / "1.json").write_bytes(CONTENT)
    kvput = servers.enter_context(
        server(core, "kvput", "serve", str(data), "--port", "0", "--access-log", "never")
    )
    status, fields, content = fetch(kvput, {})
    assert (status, content) == (200, CONTENT)
    conditional = (("If-None-Match", dict(fields)["ETag"]),)
    not_modified, bare_fields, nothing = fetch(kvput, dict(conditional))
    assert (not_modified, nothing) == (304, b"")
    bare = servers.enter_context(bare_server(core, 200, fields, data / "articles" / "1.json"))
    bare_304 = servers.enter_context(bare_server(core, 304, bare_fields, None))
    return [
        Peer("hot GET", "bare aiohttp", bare, ()),
        Peer("hot GET", "kvput", kvput, ()),
        Peer("304", "bare aiohttp", bare_304, conditional),
        Peer("304", "kvput", kvput, conditional),
    ]


@contextmanager
def server(core: int, module: str, *arguments: str) -> Iterator[int]:
    """Run a server on one core while the block runs; gives its port."""
    command = ["taskset", "-c", str(core), sys.executable, "-m", module, *arguments]
    # In a session of its own: Ctrl+C is for the benchmark, which then ends the server.
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        assert process.stdout is not None
        for line in process.stdout:
            match = re.search(r"http://127\.0\.0\.1:([0-9]+)/$", line.strip())
            if match:
                yield int(match[1])
                return
        raise SystemExit(f"{module} did not start")
    finally:
        process.terminate()
        process.wait()


def bare_server(
    core: int, status: int, fields: tuple[tuple[str, str], ...], content: Path | None
) -> AbstractContextManager[int]:
    """A bare aiohttp application that gives the same answer."""
    return server(core, "benchmarks.bare", str(status), json.dumps(fields), str(content or ""))


def fetch(port: int, fields: dict[str, str]) -> tuple[int, tuple[tuple[str, str], ...], bytes]:
    """One answer: its status, the fields that a handler sets, its content."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", TARGET, headers=fields)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    own = tuple(f for f in answer.getheaders() if f[0].lower() not in ADDED_BY_SERVERS)
    return answer.status, own, content


def measure(peers: list[Peer], core: int, rounds: int, seconds: int) -> dict[Peer, list[Figure]]:
    """Each peer in turn within each round, after one short run to warm up."""
    figures: dict[Peer, list[Figure]] = {peer: [] for peer in peers}
    for peer in peers:
        load(peer, core, 1)
    for number in range(1, rounds + 1):
        for peer in peers:
            progress(f"round {number} of {rounds}: {peer.work}, {peer.name}")
            figures[peer].append(load(peer, core, seconds))
    progress("")
    return figures


def load(peer: Peer, core: int, seconds: int) -> Figure:
    """One run of wrk."""
    fields = [part for name, value in peer.fields for part in ("-H", f"{name}: {value}")]
    command = ["taskset", "-c", str(core), "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}"]
    url = f"http://127.0.0.1:{peer.port}{TARGET}"
    printed = subprocess.run(
        [*command, "--latency", *fields, url], check=True, capture_output=True, text=True
    ).stdout
    if "Non-2xx" in printed and peer.work != "304":
        raise SystemExit(f"{peer.name} answered with errors:\n{printed}")
    rate = re.search(r"Requests/sec:\s+([0-9.]+)", printed)
    assert rate is not None, printed
    return Figure(float(rate[1]), milliseconds(printed, "50%"), milliseconds(printed, "99%"))


def milliseconds(printed: str, percentile: str) -> float:
    """A percentile out of wrk's latency distribution."""
    match = re.search(rf"{percentile}\s+([0-9.]+)(us|ms|s)\b", printed)
    assert match is not None, printed
    return float(match[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[match[2]]


def report(figures: dict[Peer, list[Figure]]) -> None:
    """Print medians, and kvput's as a ratio of the bare application's."""
    print(f"{'work':<10}{'server':<16}{'requests/s':>12}{'p50 ms':>9}{'p99 ms':>9}{'ratio':>8}")
    base = 0.0
    for peer, runs in figures.items():
        rate = statistics.median(run.requests_per_second for run in runs)
        p50 = statistics.median(run.p50_ms for run in runs)
        p99 = statistics.median(run.p99_ms for run in runs)
        base = rate if peer.name != "kvput" else base
        ratio = f"{rate / base:.2f}"
        print(f"{peer.work:<10}{peer.name:<16}{rate:>12,.0f}{p50:>9.2f}{p99:>9.2f}{ratio:>8}")


def write_json(figures: dict[Peer, list[Figure]], file: Path) -> None:
    """Every run's figures, for other tools."""
    rows = [
        {
            "work": peer.work,
            "server": peer.name,
            "requests_per_second": [run.requests_per_second for run in runs],
            "p50_ms": [run.p50_ms for run in runs],
            "p99_ms": [run.p99_ms for run in runs],
        }
        for peer, runs in figures.items()
    ]
    file.write_text(json.dumps({"time": int(time.time()), "figures": rows}, indent=2) + "\n")


def progress(text: str) -> None:
    """A line that is written over on a terminal; nothing where output is piped."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        progress("")
        sys.exit(INTERRUPTED)

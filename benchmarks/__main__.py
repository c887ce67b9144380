"""`make bench`: kvput beside the servers that it may be compared with, in one run.

Only ratios of one run mean anything: what else the machine does meets all servers alike, as
they take turns within each round. The other modules: `works` says what is asked, `peers` of
whom, `bench` in which order; `targets`, `report`, `bars` and `lines` say what came of it.
"""

import argparse
import contextlib
import datetime as dt
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from benchmarks import install, lines
from benchmarks.bars import bars
from benchmarks.bench import Bench
from benchmarks.figures import Results, from_json, to_json
from benchmarks.load import Failure
from benchmarks.machine import MEMORY_FILE_SYSTEMS, Cores, describe, file_system, two_cores
from benchmarks.peers import KVPUT, PEERS, ROOT, Peer
from benchmarks.place import Place
from benchmarks.progress import Progress
from benchmarks.report import rewritten, terminal
from benchmarks.works import GROUPS, UNLOADED, WORKS

INTERRUPTED: Final = 130
"""The exit code after Ctrl+C: 128 and the signal's number, as shells have it."""

PAGE: Final = ROOT / "docs" / "benchmarks.md"
FIGURES: Final = ROOT / "docs" / "benchmarks.json"
PICTURES: Final[dict[Path, Callable[[Results], str]]] = {
    ROOT / "docs" / "benchmarks" / "rates.svg": bars,
    ROOT / "docs" / "benchmarks" / "sizes.svg": lines.puts,
    ROOT / "docs" / "benchmarks" / "pages.svg": lines.pages,
    ROOT / "docs" / "benchmarks" / "filters.svg": lines.filters,
}
_TOOLS: Final = ("wrk", "taskset")
_DATA: Final = ROOT / "benchmarks" / ".data"
_INSTALLS: Final = {
    "json-server-0.17": install.install_modules,
    "json-server-1.0": install.install_modules,
    "unstorage": install.install_modules,
    "wsgidav": install.install_wsgidav,
}


def main() -> None:
    """Measure and report; says why and does nothing else where a tool is missing."""
    options = parse(sys.argv[1:])
    if options.figures is not None:
        results = from_json(options.figures.read_text("utf-8"))
    else:
        cores, reason = two_cores(), missing(options.data)
        if cores is None or reason is not None:
            print(f"bench skipped: {reason or 'it needs two cores, on Linux'}")
            return
        results = measured(options, cores)
    print(terminal(results), end="")
    if options.json is not None:
        options.json.write_text(to_json(results), "utf-8")
    if options.write:
        write(results)


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(prog="make bench", description="kvput beside others.")
    parser.add_argument("--rounds", type=_positive, default=5)
    parser.add_argument("--seconds", type=_positive, default=4, help="length of one run of wrk")
    parser.add_argument("--only", metavar="WORK,...", help=f"of {', '.join([*GROUPS, *_works()])}")
    parser.add_argument("--peers", metavar="NAME,...", help=f"of {', '.join(_peers())}")
    parser.add_argument("--data", type=Path, default=_DATA, help="a folder on the disk to measure")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures to it as well")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md anew")
    parser.add_argument(
        "--from",
        type=Path,
        dest="figures",
        metavar="FILE",
        help="measure nothing: take its figures",
    )
    options = parser.parse_args(arguments)
    for option, known in (("only", _works()), ("peers", _peers())):
        given = getattr(options, option)
        asked = known if given is None else given.split(",")
        groups = GROUPS if option == "only" else {}
        chosen = [key for name in asked for key in groups.get(name, (name,))]
        for name in chosen:
            if name not in known:
                parser.error(f"--{option}: {name!r} is none of {', '.join([*groups, *known])}")
        setattr(options, option, [key for key in known if key in chosen])
    if (
        options.write
        and options.figures is None
        and (options.only, options.peers) != (_works(), _peers())
    ):
        parser.error("--write needs all works and servers: the page shows one whole run")
    return options


def missing(data: Path) -> str | None:
    """Why nothing can be measured here; None where it can."""
    tools = [tool for tool in _TOOLS if shutil.which(tool) is None]
    if tools:
        return f"{' and '.join(tools)} not installed"
    data.mkdir(parents=True, exist_ok=True)
    kind = file_system(data)
    if kind in MEMORY_FILE_SYSTEMS:
        return f"{data} is on {kind}, where a write costs nothing: --data names another folder"
    return None


def measured(options: argparse.Namespace, cores: Cores) -> Results:
    """Install, measure, and clear away."""
    works = [work for work in WORKS if work.key in options.only]
    chosen = [peer for peer in PEERS if peer.key in options.peers]
    absent = {peer.key: reason for peer in chosen if (reason := why_absent(peer)) is not None}
    present = [peer for peer in chosen if peer.key not in absent]
    results = Results(
        measured=dt.datetime.now(tz=dt.UTC).date().isoformat(),
        rounds=options.rounds,
        seconds=options.seconds,
        machine=describe(options.data),
        versions={peer.key: peer.version() for peer in present},
        absent=absent,
    )
    progress = Progress()
    try:
        with tempfile.TemporaryDirectory(dir=options.data) as folder:
            bench = Bench(Place(Path(folder), cores), results)
            own = KVPUT in options.peers
            unloaded = [key for key in UNLOADED if own and key in options.only]
            bench.measure(works, present, unloaded, progress)
            progress.tell("clearing the data away")
    finally:
        progress.clear()
        if options.data == _DATA:
            with contextlib.suppress(OSError):
                _DATA.rmdir()
    return results


def why_absent(peer: Peer) -> str | None:
    """Why a server cannot be measured, after an attempt to install it."""
    setup = _INSTALLS.get(peer.key)
    failed = None if setup is None else setup()
    return failed or peer.missing()


def write(results: Results) -> None:
    """The page, its figures and its pictures."""
    PAGE.write_text(rewritten(PAGE.read_text("utf-8"), results), "utf-8")
    FIGURES.write_text(to_json(results), "utf-8")
    for file, draw in PICTURES.items():
        file.parent.mkdir(exist_ok=True)
        file.write_text(draw(results), "utf-8")


def _works() -> list[str]:
    return [*(work.key for work in WORKS), *UNLOADED]


def _peers() -> list[str]:
    return [peer.key for peer in PEERS]


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except Failure as failure:
        sys.exit(f"bench failed: {failure}")

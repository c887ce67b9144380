"""The figures of a whole run, as values: gathered, read from JSON, and reduced to medians."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from benchmarks.load import Figure


@dataclass(frozen=True, slots=True)
class Start:
    """One start of kvput."""

    seconds: float
    memory_bytes: int


@dataclass(frozen=True, slots=True)
class Medians:
    """The medians of a work's runs with one server."""

    requests_per_second: float
    p50_ms: float
    p99_ms: float


@dataclass(slots=True)
class Results:
    """Everything that a run found."""

    measured: str
    """The day, as YYYY-MM-DD."""

    rounds: int
    seconds: int
    machine: dict[str, str]
    versions: dict[str, str]
    """By the server's key, as all that follows."""

    absent: dict[str, str]
    """Why a server was not measured at all."""

    runs: dict[str, dict[str, list[Figure]]] = field(default_factory=dict)
    """By the work's key, then the server's."""

    skipped: dict[str, dict[str, str]] = field(default_factory=dict)
    """Why a server did not do a work; by the work's key, then the server's."""

    starts: dict[int, list[Start]] = field(default_factory=dict)
    """By the number of resources."""

    append_ms: list[float] = field(default_factory=list)
    """For each round, the median of one append of 400 bytes and its fdatasync."""

    first_lists: dict[str, list[float]] = field(default_factory=dict)
    """The seconds that kvput's first list takes; by its key of `benchmarks.works`."""

    list_bytes: list[int] = field(default_factory=list)
    """The memory that kvput takes more once it has listed, sorted and filtered."""

    deletes: dict[str, list[float]] = field(default_factory=dict)
    """The seconds that DELETEs of authors take; by their keys of `benchmarks.works`."""

    def add(self, work: str, peer: str, figure: Figure) -> None:
        """Keep a run."""
        self.runs.setdefault(work, {}).setdefault(peer, []).append(figure)

    def skip(self, work: str, peer: str, reason: str) -> None:
        """Keep a reason. What was measured before it does not count any more."""
        self.runs.get(work, {}).pop(peer, None)
        self.skipped.setdefault(work, {})[peer] = reason

    def reason(self, work: str, peer: str) -> str | None:
        """Why this server did not do this work; None where it did."""
        return self.absent.get(peer) or self.skipped.get(work, {}).get(peer)

    def medians(self, work: str, peer: str) -> Medians | None:
        """The medians; None where there are no runs."""
        figures = self.runs.get(work, {}).get(peer)
        if not figures:
            return None
        return Medians(
            statistics.median(figure.requests_per_second for figure in figures),
            statistics.median(figure.p50_ms for figure in figures),
            statistics.median(figure.p99_ms for figure in figures),
        )

    def rate(self, work: str, peer: str) -> float | None:
        """The median of requests per second; None where there are no runs."""
        medians = self.medians(work, peer)
        return None if medians is None else medians.requests_per_second

    def start_seconds(self, resources: int) -> float | None:
        """The median of the times that a start takes."""
        return median([start.seconds for start in self.starts.get(resources, ())])

    def first_list(self, key: str) -> float | None:
        """The median of the seconds of a first list."""
        return median(self.first_lists.get(key, ()))

    def delete(self, key: str) -> float | None:
        """The median of the seconds of a DELETE of an author."""
        return median(self.deletes.get(key, ()))

    def start_bytes(self, resources: int) -> float | None:
        """The median of the memory after a start."""
        return median([start.memory_bytes for start in self.starts.get(resources, ())])


def median(values: Sequence[float]) -> float | None:
    """The median; None of nothing."""
    return statistics.median(values) if values else None


def to_json(results: Results) -> str:
    """Every figure of every run, for other tools and for the page."""
    value = asdict(results)
    value["runs"] = {
        work: {
            peer: {name: [figure[name] for figure in figures] for name in figures[0]}
            for peer, figures in peers.items()
        }
        for work, peers in value["runs"].items()
    }
    return json.dumps(_rounded(value), indent=1, ensure_ascii=False) + "\n"


def from_json(text: str) -> Results:
    """The results that `to_json` wrote."""
    value = json.loads(text)
    runs = {
        work: {peer: _figures(columns) for peer, columns in peers.items()}
        for work, peers in value.pop("runs").items()
    }
    starts = {
        int(resources): [Start(**start) for start in found]
        for resources, found in value.pop("starts").items()
    }
    return Results(runs=runs, starts=starts, **value)


def _figures(columns: dict[str, list[float]]) -> list[Figure]:
    """The figures of the runs, out of a list for each name."""
    return [
        Figure(int(requests), rate, p50, p99)
        for requests, rate, p50, p99 in zip(
            columns["requests"],
            columns["requests_per_second"],
            columns["p50_ms"],
            columns["p99_ms"],
            strict=True,
        )
    ]


def _rounded(value: object) -> object:
    """Floats without the digits that mean nothing."""
    match value:
        case float():
            return round(value, 4)
        case dict():
            return {key: _rounded(member) for key, member in value.items()}
        case list():
            return [_rounded(member) for member in value]
        case _:
            return value

"""The results as text: tables for a terminal, and the generated parts of docs/benchmarks.md."""

import re
from collections.abc import Callable, Sequence
from typing import Final

from benchmarks.figures import Medians, Results, median
from benchmarks.peers import BARE, KVPUT, PEERS
from benchmarks.targets import TARGETS, Verdict, list_memory, lone_floor, ratio
from benchmarks.works import (
    DELETES,
    FIRST_LISTS,
    LARGE,
    LISTS,
    PAGES,
    PAGES_BESIDE_PUTS,
    PAIRS,
    RESOURCES,
    RULED,
    SINGLE,
    WORKS,
    Work,
)

_NOTHING: Final = "-"
_NONE: Final = "This run did not measure it.\n"
_BY_ALL: Final = tuple(work for work in SINGLE if not work.only)
_TITLES: Final = {work.key: work.title for work in WORKS}
_MARKS: Final = {Verdict.REACHED: "reached", Verdict.SHORT: "**short**"}


# --- for a terminal


def terminal(results: Results) -> str:
    """All that was found, in columns."""
    blocks = [_block(work, results) for work in WORKS if _is_known(work, results)]
    alone = [*_single(results), *_lists(results), *_ruled(results)]
    if alone:
        rows = [f"  {name:<72}{value:>12}" for name, value in alone]
        blocks.append("\n".join(["without load, or alone", *rows]))
    judged = [(target, target.verdict(results)) for target in TARGETS]
    lines = [
        f"  {target.title:<70}{target.found(results):>10}  {target.goal():<34}{verdict}"
        for target, verdict in judged
        if verdict is not Verdict.NOT_MEASURED
    ]
    if lines:
        blocks.append("\n".join(["targets", *lines]))
    names = {peer.key: peer.name for peer in PEERS}
    notes = [f"  {names[key]}: {version}" for key, version in results.versions.items()]
    notes += [f"  {names[key]} left out: {reason}" for key, reason in results.absent.items()]
    notes += [f"  {name}: {value}" for name, value in results.machine.items()]
    blocks.append("\n".join(["measured", *notes]))
    return "\n\n".join(blocks) + "\n"


def _is_known(work: Work, results: Results) -> bool:
    """Whether there is anything to say of a work."""
    return bool(results.runs.get(work.key) or results.skipped.get(work.key))


def _block(work: Work, results: Results) -> str:
    """One work: a line for each server."""
    lines = [f"{work.title:<45}{'requests/s':>12}{'p50 ms':>10}{'p99 ms':>10}{'kvput is':>10}"]
    own = results.rate(work.key, KVPUT)
    for peer in PEERS:
        medians = results.medians(work.key, peer.key)
        if medians is not None:
            times = ratio(own, medians.requests_per_second)
            beside = "" if times is None or peer.key == KVPUT else f"{times:.2f} x"
            lines.append(
                f"  {peer.name:<43}{medians.requests_per_second:>12,.0f}{medians.p50_ms:>10.2f}"
                f"{medians.p99_ms:>10.2f}{beside:>10}"
            )
        elif work.is_for(peer.key) and (reason := results.skipped.get(work.key, {}).get(peer.key)):
            lines.append(f"  {peer.name:<43}{_NOTHING:>12}  {reason}")
    return "\n".join(lines)


# --- for the page


def rounds(results: Results) -> str:
    """What a figure of this run is: a median, or one measurement."""
    if results.rounds == 1:
        return (
            f"This run had one round of {results.seconds} s: each figure is one measurement, not a "
            "median, and nothing here tells how far another run would be from it.\n"
        )
    return f"Each figure is the median of {results.rounds} rounds of {results.seconds} s.\n"


def rates_table(results: Results) -> str:
    """Requests per second: a row for each work, a column for each server."""
    return _matrix(results, _BY_ALL, _rate)


def times_table(results: Results) -> str:
    """p50 and p99 in milliseconds: a row for each work, a column for each server."""
    return _matrix(results, _BY_ALL, _times)


def list_rates_table(results: Results) -> str:
    """Lists per second: a row for each work, a column for each server that gives them."""
    return _matrix(results, LISTS, _rate)


def list_times_table(results: Results) -> str:
    """p50 and p99 in milliseconds: a row for each work, a column for each server with lists."""
    return _matrix(results, LISTS, _times)


def _rate(medians: Medians) -> str:
    return f"{medians.requests_per_second:,.0f}"


def _times(medians: Medians) -> str:
    return f"{medians.p50_ms:.2f} / {medians.p99_ms:.2f}"


def _matrix(results: Results, works: Sequence[Work], cell: Callable[[Medians], str]) -> str:
    """A row for each work, a column for each server that was measured with any of them."""
    shown = [
        peer
        for peer in PEERS
        if peer.key not in results.absent and any(work.is_for(peer.key) for work in works)
    ]
    rows = []
    for work in works:
        found = [results.medians(work.key, peer.key) for peer in shown]
        rows.append([work.title, *(cell(medians) if medians else _NOTHING for medians in found)])
    return _table(["work", *(peer.name for peer in shown)], rows, numbers=True)


def reasons(results: Results) -> str:
    """Why there are gaps: a line for each."""
    lines = [
        f"- {peer.name} was not measured: {results.absent[peer.key]}."
        for peer in PEERS
        if peer.key in results.absent
    ]
    for peer in PEERS:
        by_reason: dict[str, list[str]] = {}
        for work in WORKS:
            reason = results.skipped.get(work.key, {}).get(peer.key)
            if reason is not None:
                by_reason.setdefault(reason, []).append(work.title)
        lines += [
            f"- {peer.name}, {' and '.join(titles)}: {reason}."
            for reason, titles in by_reason.items()
        ]
    return "\n".join(lines) + "\n"


def targets_table(results: Results) -> str:
    """Each target: what was found, and whether that reaches it."""
    rows = []
    for target in TARGETS:
        verdict = target.verdict(results)
        rows.append(
            [target.title, target.goal(), target.found(results), _MARKS.get(verdict, verdict)]
        )
    return _table(["", "target", "found", ""], rows)


def single_table(results: Results) -> str:
    """What is measured without load, or with one connection."""
    return _table(["", "found"], [list(pair) for pair in _single(results)], numbers=True)


def lists_table(results: Results) -> str:
    """What lists cost kvput beside what each of them takes."""
    return _table(["", "found"], [list(pair) for pair in _lists(results)], numbers=True)


def ruled_times_table(results: Results) -> str:
    """Rates, p50 and p99: a row for each work of which something may be declared."""
    found = [(work.title, results.medians(work.key, KVPUT)) for work in RULED]
    rows = [[title, _rate(each), _times(each)] for title, each in found if each is not None]
    return _table(["work", "per second", "p50 / p99 ms"], rows, numbers=True) if rows else _NONE


def ruled_table(results: Results) -> str:
    """What declarations cost, as ratios; and how long DELETEs take that follow relations."""
    rows = [list(pair) for pair in _ruled(results)]
    return _table(["", "found"], rows, numbers=True) if rows else _NONE


def servers_table(results: Results) -> str:
    """What each server is, and the version that was measured."""
    rows = [
        [peer.name, results.versions.get(peer.key, _NOTHING), peer.about]
        for peer in PEERS
        if peer.key not in results.absent
    ]
    return _table(["server", "version", "what it is and does"], rows)


def machine_list(results: Results) -> str:
    """Where, when and how it was measured."""
    facts = {
        "measured on": results.measured,
        "rounds": f"{results.rounds}, of {results.seconds} s for each work and server",
        **results.machine,
    }
    return "".join(f"- {name}: {value}\n" for name, value in facts.items())


PARTS: Final[dict[str, Callable[[Results], str]]] = {
    "rounds": rounds,
    "rates": rates_table,
    "times": times_table,
    "reasons": reasons,
    "list-rates": list_rates_table,
    "list-times": list_times_table,
    "lists": lists_table,
    "ruled-times": ruled_times_table,
    "ruled": ruled_table,
    "single": single_table,
    "servers": servers_table,
    "machine": machine_list,
    "targets": targets_table,
}


def part(name: str) -> re.Pattern[str]:
    """Where a generated part stands on the page: between its comment and the next `end`."""
    return re.compile(rf"(?<=<!-- {name}: )([^\n]*-->\n)(.*?)(?=<!-- end -->)", re.DOTALL)


def rewritten(page: str, results: Results) -> str:
    """The page with its generated parts anew. Raises ValueError where one has no place."""
    for name, write in PARTS.items():
        match = part(name).search(page)
        if match is None:
            raise ValueError(f"the page has no place for {name!r}")
        page = f"{page[: match.start(2)]}\n{write(results)}\n{page[match.end(2) :]}"
    return page


def _single(results: Results) -> list[tuple[str, str]]:
    """Names and values of what is measured without load, or with one connection."""
    rows: list[tuple[str, str]] = []
    for resources, text in ((0, "no resources"), (LARGE, f"{LARGE:,} resources")):
        seconds, memory = results.start_seconds(resources), results.start_bytes(resources)
        if seconds is not None and memory is not None:
            rows.append((f"start with {text}, to the first answer", f"{seconds:.2f} s"))
            rows.append((f"memory after a start with {text}", f"{memory / 1e6:.1f} MB"))
    floor, own, bare = lone_floor(results), *(results.medians("lone", k) for k in (KVPUT, BARE))
    if floor is not None and own is not None and bare is not None:
        rows.append(("append of 400 bytes and fdatasync", f"{floor - bare.p50_ms:.3f} ms"))
        rows.append(("lone writer's PUT, bare aiohttp, p50", f"{bare.p50_ms:.3f} ms"))
        rows.append(("lone writer's floor: the sum of these two", f"{floor:.3f} ms"))
        rows.append(("lone writer's PUT, kvput, p50", f"{own.p50_ms:.3f} ms"))
        rows.append(("lone writer's PUT, kvput, p99", f"{own.p99_ms:.3f} ms"))
    return rows


def _lists(results: Results) -> list[tuple[str, str]]:
    """Names and values of what lists cost a process once, and of what PUTs take from them."""
    rows: list[tuple[str, str]] = []
    for first in FIRST_LISTS:
        seconds = results.first_list(first.key)
        if seconds is not None:
            rows.append((first.title, f"{seconds:.2f} s"))
    taken, times = median(results.list_bytes), list_memory(results)
    if taken is not None and times is not None:
        rows.append((f"memory that lists of {LARGE:,} take", f"{taken / 1e6:.1f} MB"))
        rows.append(("the same, beside the bytes of the files", f"{times:.2f} times"))
    for size, work in PAGES_BESIDE_PUTS.items():
        for other in {size: PAGES[size], RESOURCES: PAGES[RESOURCES]}.values():
            times = ratio(results.rate(work, KVPUT), results.rate(other, KVPUT))
            if times is not None:
                rows.append((f"{_TITLES[work]}, beside {_TITLES[other]}", f"{times:.2f} times"))
    return rows


def _ruled(results: Results) -> list[tuple[str, str]]:
    """Names and values of what declarations cost."""
    rows: list[tuple[str, str]] = []
    for bare, declared in PAIRS:
        times = ratio(results.rate(declared.key, KVPUT), results.rate(bare.key, KVPUT))
        if times is not None:
            rows.append((f"{declared.title}, beside nothing declared", f"{times:.2f} times"))
    for key, title in DELETES.items():
        seconds = results.delete(key)
        if seconds is not None:
            rows.append((title, f"{seconds * 1000:,.1f} ms"))
    return rows


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: bool = False) -> str:
    """A table of Markdown; all columns but the first to the right where they are numbers."""
    rule = ["---", *(["---:" if numbers else "---"] * (len(head) - 1))]
    return "".join(f"| {' | '.join(row)} |\n" for row in (head, rule, *rows))

"""The order of work: each server in turn, within each work, within each round.

A server runs only while it is measured, on its own core, on a folder of its own. What it leaves
unsynced is synced before the next one starts, which would otherwise pay for it.
"""

import contextlib
import itertools
import json
import os
import shutil
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.checks import Checks
from benchmarks.figures import LARGE, Results, Start
from benchmarks.load import Failure, Skip, load
from benchmarks.machine import Cores
from benchmarks.peers import BARE, KVPUT, PEERS, ROOT, Peer
from benchmarks.progress import Progress
from benchmarks.servers import Answer, Server, free_port, running
from benchmarks.works import COLLECTION, START, Kind, Work, content, version

_ADDED_BY_SERVERS: Final = frozenset({"date", "content-length", "connection", "server"})
_APPENDED: Final = b"x" * 400
_APPEND_SECONDS: Final = 1.0
_WARM_UP_SECONDS: Final = 1
_SETTLE_SECONDS: Final = 0.5
_KVPUT: Final = next(peer for peer in PEERS if peer.key == KVPUT)
_LONE: Final = "lone"


@dataclass(frozen=True, slots=True)
class Bench:
    """One run of the benchmark, in a folder that is thrown away after it."""

    folder: Path
    cores: Cores
    results: Results
    runs: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def measure(
        self, works: Sequence[Work], peers: Sequence[Peer], *, starts: bool, progress: Progress
    ) -> None:
        """All rounds. Raises `Failure` where kvput or its ceiling does not do what it should."""
        cells = [(work, peer) for work in works for peer in peers if work.is_for(peer.key)]
        for work, peer in cells:
            if (reason := peer.refuses.get(work.kind)) is not None:
                self.results.skip(work.key, peer.key, reason)
        rounds = self.results.rounds
        left = [cell for cell in cells if self._is_open(*cell)]
        progress.expect(rounds * (len(left) + 2 * starts))
        for number in range(1, rounds + 1):
            for work, peer in left:
                if self._is_open(work, peer):
                    progress.step(f"round {number} of {rounds}: {work.title}, {peer.name}")
                    self._measure(work, peer)
                else:
                    progress.leave_out()
            if any(work.key == _LONE for work in works):
                self.results.append_ms.append(self._append())
            for resources in (0, LARGE) if starts else ():
                progress.step(f"round {number} of {rounds}: {START}, {resources:,} resources")
                self._start(resources)

    def _is_open(self, work: Work, peer: Peer) -> bool:
        """Whether nothing is known yet that keeps the server from the work."""
        return self.results.reason(work.key, peer.key) is None

    def _measure(self, work: Work, peer: Peer) -> None:
        """One run of wrk, or the reason why there is none."""
        try:
            self._run(work, peer)
        except Skip as skip:
            self.results.skip(work.key, peer.key, str(skip))
        except Failure as failure:
            if peer.of_repository:
                raise Failure(f"{peer.name}, {work.title}: {failure}") from failure
            self.results.skip(work.key, peer.key, f"failed: {failure}")

    def _run(self, work: Work, peer: Peer) -> None:
        """Check, warm up, load, check."""
        folder = self._data(work, peer)
        with self._running(peer, folder) as server:
            checks = Checks(peer, work, server, folder, self.runs)
            fields = checks.before()
            with contextlib.suppress(Skip):
                load(work, server.port, self.cores.load, next(self.runs), _WARM_UP_SECONDS, fields)
            counted, run = checks.count(), next(self.runs)
            seconds = self.results.seconds
            figure = load(work, server.port, self.cores.load, run, seconds, fields)
            checks.after(run, figure, counted)
        self.results.add(work.key, peer.key, figure)

    @contextlib.contextmanager
    def _running(self, peer: Peer, folder: Path) -> Iterator[Server]:
        """Run a server on a quiet disk."""
        os.sync()
        port = free_port()
        place = ROOT if peer.of_repository else folder
        log = self.folder / f"{peer.key}.log"
        with running(peer.command(folder, port), port, self.cores.server, place, log) as server:
            yield server

    # --- folders

    def _data(self, work: Work, peer: Peer) -> Path:
        """The server's folder: anew where the collection grows, kept where it does not."""
        if peer.layout is None:
            return self._answers() / work.kind
        folder = self.folder / peer.key / (work.kind if work.kind.adds else str(work.resources))
        if work.kind.adds:
            shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            peer.layout.seed(folder, work.resources)
        return folder

    def _answers(self) -> Path:
        """A folder for each kind of request, with the answer that kvput gives to it."""
        answers = self.folder / BARE
        if answers.exists():
            return answers
        data = self.folder / "asked"
        layout = _KVPUT.layout
        assert layout is not None
        layout.seed(data, 2)
        with self._running(_KVPUT, data) as server:
            for kind in Kind:
                place = answers / kind
                place.mkdir(parents=True)
                (place / "answer.json").write_text(constant(kind, self._answer(kind, server)))
        return answers

    def _answer(self, kind: Kind, server: Server) -> Answer:
        """kvput's answer to one request of a kind."""
        sent = content(version(next(self.runs), 0))
        fields = {"Content-Type": "application/json"}
        match kind:
            case Kind.HOT | Kind.GET:
                answer = server.ask("GET", f"{COLLECTION}/1")
            case Kind.REVALIDATE:
                tag = server.ask("GET", f"{COLLECTION}/1").field("ETag") or ""
                answer = server.ask("GET", f"{COLLECTION}/1", {"If-None-Match": tag})
            case Kind.PUT:
                answer = server.ask("PUT", f"{COLLECTION}/2", fields, sent)
            case Kind.CREATE:
                answer = server.ask("PUT", f"{COLLECTION}/new", fields, sent)
            case Kind.POST:
                answer = server.ask("POST", COLLECTION, fields, sent)
        if answer.status != _KVPUT.status(kind):
            raise Failure(f"kvput answers {answer.status} to {kind}")
        return answer

    # --- what is measured without wrk

    def _append(self) -> float:
        """The median of appends to a file, each with its fdatasync, in milliseconds."""
        os.sync()
        taken = []
        descriptor = os.open(self.folder / "append", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            end = time.perf_counter() + _APPEND_SECONDS
            while (started := time.perf_counter()) < end:
                os.write(descriptor, _APPENDED)
                os.fdatasync(descriptor)
                taken.append(time.perf_counter() - started)
        finally:
            os.close(descriptor)
        return statistics.median(taken) * 1000

    def _start(self, resources: int) -> None:
        """Start kvput, and look at its memory when it has answered and come to rest."""
        folder = self.folder / KVPUT / str(resources)
        layout = _KVPUT.layout
        assert layout is not None
        if not folder.exists():
            layout.seed(folder, resources)
        with self._running(_KVPUT, folder) as server:
            time.sleep(_SETTLE_SECONDS)
            start = Start(server.start_seconds, server.memory_bytes())
        self.results.starts.setdefault(resources, []).append(start)


def constant(kind: Kind, answer: Answer) -> str:
    """An answer as `benchmarks.bare` reads it: what a handler sets, and not what aiohttp adds."""
    fields = [pair for pair in answer.fields if pair[0].lower() not in _ADDED_BY_SERVERS]
    text = None if kind is Kind.REVALIDATE else answer.content.decode()
    return json.dumps({"status": answer.status, "fields": fields, "content": text})

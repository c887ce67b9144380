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
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.checks import Checks
from benchmarks.figures import Results
from benchmarks.load import Failure, Load, Skip
from benchmarks.peers import BARE, KVPUT, PEERS, Peer
from benchmarks.place import Place
from benchmarks.progress import Progress
from benchmarks.ruled import files_of, template
from benchmarks.servers import Answer, Server
from benchmarks.unloaded import Unloaded
from benchmarks.works import COLLECTION, Kind, Work, content, seeded, version
from benchmarks.writer import Writer

_ADDED_BY_SERVERS: Final = frozenset({"date", "content-length", "connection", "server"})
_APPENDED: Final = b"x" * 400
_APPEND_SECONDS: Final = 1.0
_WARM_UP_SECONDS: Final = 1
_KVPUT: Final = next(peer for peer in PEERS if peer.key == KVPUT)
_LONE: Final = "lone"


@dataclass(frozen=True, slots=True)
class Bench:
    """One run of the benchmark."""

    place: Place
    results: Results
    runs: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def measure(
        self,
        works: Sequence[Work],
        peers: Sequence[Peer],
        unloaded: Collection[str],
        progress: Progress,
    ) -> None:
        """All rounds. Raises `Failure` where kvput or its ceiling does not do what it should."""
        steps = Unloaded(self.place, self.results).steps(unloaded)
        cells = [(work, peer) for work in works for peer in peers if work.is_for(peer.key)]
        for work, peer in cells:
            if (reason := peer.refuses.get(work.kind)) is not None:
                self.results.skip(work.key, peer.key, reason)
        rounds = self.results.rounds
        left = [cell for cell in cells if self._is_open(*cell)]
        progress.expect(rounds * (len(left) + len(steps)))
        for number in range(1, rounds + 1):
            for work, peer in left:
                if self._is_open(work, peer):
                    progress.step(f"round {number} of {rounds}: {work.title}, {peer.name}")
                    self._measure(work, peer)
                else:
                    progress.leave_out()
            if any(work.key == _LONE for work in works):
                self.results.append_ms.append(self._append())
            for text, measure in steps:
                progress.step(f"round {number} of {rounds}: {text}")
                measure()

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
        folder, core = self._data(work, peer), self.place.cores.load
        with self.place.running(peer, folder) as server:
            checks = Checks(peer, work, server, folder, self.runs)
            fields = checks.before()
            load = Load(work, server.port, core, sent(work, peer), fields)
            writer = Writer(work, server.port, core, next(self.runs))
            with writer.writing() if work.puts_beside else contextlib.nullcontext():
                with contextlib.suppress(Skip):
                    load.run(next(self.runs), _WARM_UP_SECONDS)
                server.catch_up()
                counted, run = checks.count(), next(self.runs)
                figure = load.run(run, self.results.seconds)
            server.catch_up()
            checks.after(run, figure, counted)
        self.results.add(work.key, peer.key, figure)

    # --- folders

    def _data(self, work: Work, peer: Peer) -> Path:
        """The server's folder: anew where the collection grows, kept where it does not."""
        if peer.layout is None:
            return self._answers() / work.kind
        if work.kind.is_ruled:
            return self.place.restored(f"{work.kind}-{work.resources}", files_of(work))
        if work.kind.adds:
            shutil.rmtree(self.place.folder / peer.key / work.kind, ignore_errors=True)
            name: str = work.kind
        else:
            name = f"lists-{work.resources}" if work.kind.lists else str(work.resources)
        return self.place.seeded(peer, name, work.resources, work.contents)

    def _answers(self) -> Path:
        """A folder for each kind of request, with the answer that kvput gives to it."""
        answers = self.place.folder / BARE
        if answers.exists():
            return answers
        data = self.place.seeded(_KVPUT, "asked", 2, seeded)
        with self.place.running(_KVPUT, data) as server:
            for kind in (kind for kind in Kind if not (kind.lists or kind.is_ruled)):
                place = answers / kind
                place.mkdir(parents=True)
                (place / "answer.json").write_text(constant(kind, self._answer(kind, server)))
        return answers

    def _answer(self, kind: Kind, server: Server) -> Answer:
        """kvput's answer to one request of a kind."""
        made = content(version(next(self.runs), 0))
        fields = {"Content-Type": "application/json"}
        match kind:
            case Kind.HOT | Kind.GET:
                answer = server.ask("GET", f"{COLLECTION}/1")
            case Kind.REVALIDATE:
                tag = server.ask("GET", f"{COLLECTION}/1").field("ETag") or ""
                answer = server.ask("GET", f"{COLLECTION}/1", {"If-None-Match": tag})
            case Kind.PUT:
                answer = server.ask("PUT", f"{COLLECTION}/2", fields, made)
            case Kind.CREATE:
                answer = server.ask("PUT", f"{COLLECTION}/new", fields, made)
            case Kind.POST:
                answer = server.ask("POST", COLLECTION, fields, made)
            case Kind.PAGE | Kind.FILTER | Kind.MOVE | Kind.RECORD:
                raise AssertionError("the bare application gives no lists and has no rules")
        if answer.status != _KVPUT.status(kind):
            raise Failure(f"kvput answers {answer.status} to {kind}")
        return answer

    # --- what a lone writer is held against

    def _append(self) -> float:
        """The median of appends to a file, each with its fdatasync, in milliseconds."""
        os.sync()
        taken = []
        descriptor = os.open(
            self.place.folder / "append", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600
        )
        try:
            end = time.perf_counter() + _APPEND_SECONDS
            while (started := time.perf_counter()) < end:
                os.write(descriptor, _APPENDED)
                os.fdatasync(descriptor)
                taken.append(time.perf_counter() - started)
        finally:
            os.close(descriptor)
        return statistics.median(taken) * 1000


def sent(work: Work, peer: Peer) -> str:
    """What the requests of a work are made from, for this server."""
    if work.kind.is_ruled:
        return template(work.kind).decode()
    if not work.kind.lists:
        return content(version(0, 0)).decode()
    assert peer.dialect is not None
    return peer.dialect.target(work.kind, "@")


def constant(kind: Kind, answer: Answer) -> str:
    """An answer as `benchmarks.bare` reads it: what a handler sets, and not what aiohttp adds."""
    fields = [pair for pair in answer.fields if pair[0].lower() not in _ADDED_BY_SERVERS]
    text = None if kind is Kind.REVALIDATE else answer.content.decode()
    return json.dumps({"status": answer.status, "fields": fields, "content": text})

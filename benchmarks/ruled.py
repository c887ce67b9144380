"""The checks of the works of which something may be declared: `checks` knows the others.

Before a load, one PUT: all that it changes in the folder, and nothing else. Where something is
declared, what it forbids must be refused. After: what the load has left in each file, as often as
wrk counted.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks import records, related
from benchmarks.declared import Declared, File, differing
from benchmarks.load import Failure, Figure
from benchmarks.servers import Server
from benchmarks.works import (
    COLLECTION,
    FIRST_TURN,
    MOVED,
    Kind,
    Work,
    key_of,
    lap_of,
    version,
    version_of,
)

_JSON: Final = {"Content-Type": "application/json"}
_TRIED: Final = 2
"""The article that is put before a load."""

_FIRST_SECONDS: Final = 120.0
"""How long the first PUT may take: an index may have to be made for it."""

_SETTLE_SECONDS: Final = 0.5

_REFUSED: Final = {
    Declared.RELATION: (422, related.article("99999", version(0, 0))),
    Declared.SCHEMA: (422, records.record(records.key_in_slug(_TRIED), version(0, 0), views=-1)),
    Declared.UNIQUE: (409, records.record(records.key_in_slug(1), version(0, 0))),
}
"""What must be refused where something is declared, and with which status."""


def files_of(work: Work) -> Iterator[File]:
    """The folder in which a work begins."""
    make = {Kind.MOVE: related.related_files, Kind.RECORD: records.record_files}[work.kind]
    return make(work.resources, work.declared)


def template(kind: Kind) -> bytes:
    """What requests.lua makes the content of each request from."""
    if kind is Kind.MOVE:
        return related.article(related.AUTHOR_MARK, version(0, 0))
    return records.record(records.KEY_MARK, version(0, 0))


@dataclass(frozen=True, slots=True)
class RuledChecks:
    """The checks of one such work, on its folder. Each raises `Failure`."""

    work: Work
    server: Server
    folder: Path
    runs: Iterator[int]

    def before(self) -> dict[str, str]:
        """Put one article, and look at all that has changed; gives the fields of requests."""
        sent, changed = self._tried()
        self._put(sent, 200)
        if self.work.declared in _REFUSED:
            status, refused = _REFUSED[self.work.declared]
            self._put(refused, status)
        found = differing(self.folder, files_of(self.work))
        if found != changed:
            raise Failure(f"a PUT changed {sorted(found)}, and should change {sorted(changed)}")
        if (self.folder / f"articles/{_TRIED}.json").read_bytes() != sent:
            raise Failure("a PUT does not leave what was sent")
        if self.work.declared is Declared.RELATION:
            related.read_related(self.folder).require_agreement()
        return {}

    def _tried(self) -> tuple[bytes, set[str]]:
        """What is put before a load, and where it changes files."""
        of_version, resources = version(next(self.runs), 0), self.work.resources
        changed = {f"articles/{_TRIED}.json"}
        if self.work.kind is Kind.RECORD:
            return records.record(records.key_in_slug(_TRIED), of_version), changed
        author = related.author_of(_TRIED, resources, related.TRIED)
        if self.work.declared is Declared.RELATION:
            left = related.author_of(_TRIED, resources)
            changed |= {f"authors/{each}.json" for each in (left, author)}
        return related.article(str(author), of_version), changed

    def after(self, run: int, figure: Figure) -> None:
        """Look at each file of the folder."""
        # The last requests, which nobody waits for any more, may still be on their way.
        time.sleep(_SETTLE_SECONDS)
        versions = self._moved(run) if self.work.kind is Kind.MOVE else self._recorded()
        written = puts_of(run, versions)
        # At the end of a run, each connection may have sent a request that wrk does not count.
        if not figure.requests <= written <= figure.requests + self.work.connections:
            raise Failure(f"{written} PUTs are on disk, and wrk counted {figure.requests}")

    def _moved(self, run: int) -> dict[int, str]:
        """The version of each article, where authors and articles are as they must be."""
        found = related.read_related(self.folder)
        found.require_moved(run)
        if self.work.declared is Declared.RELATION:
            found.require_agreement()
        elif any(place.startswith("authors/") for place in self._differing()):
            raise Failure("authors have changed where nothing is declared of them")
        moved = min(MOVED, len(found.versions))
        return {number: found.versions[number] for number in range(1, moved + 1)}

    def _recorded(self) -> dict[int, str]:
        """The version of each record, where they are as they must be."""
        versions = {
            int(Path(place).stem): version_of((self.folder / place).read_bytes())
            for place, _ in files_of(self.work)
            if place.startswith("articles/")
        }
        for number, found in versions.items():
            stored = (self.folder / f"articles/{number}.json").read_bytes()
            if stored != records.record(records.key_in_slug(number), found):
                raise Failure(f"article {number} is not as it was put")
        return versions

    def _differing(self) -> set[str]:
        return differing(self.folder, files_of(self.work))

    def _put(self, sent: bytes, wanted: int) -> None:
        path = f"{COLLECTION}/{_TRIED}"
        answer = self.server.ask("PUT", path, _JSON, sent, within=_FIRST_SECONDS)
        if answer.status != wanted:
            raise Failure(f"PUT {path} was answered {answer.status}, not {wanted}")


def puts_of(run: int, versions: dict[int, str]) -> int:
    """The PUTs of a run that are on disk, by the version that each article has now."""
    laps = {number: lap_of(found, run) for number, found in versions.items()}
    # The turns before the first one that is sent belong to nobody.
    unsent = {int(key_of(turn, len(versions))) for turn in range(FIRST_TURN)}
    return sum(lap + (number not in unsent) for number, lap in laps.items() if lap is not None)

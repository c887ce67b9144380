"""What may be found in a data folder after a crash: the laws, for any story that was recorded.

A story notes in the record of its environment when a commit begins, when it is
answered, and what a hand does (`tests.store.files.story`). An `Account` reads
the record up to any place, and says whether a folder is one of those that the
crash at this place may leave once it is recovered.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from kvput.store.files.layout import PRIVATE, REMEMBERED
from tests.store.files.recording import Noted, Operation, Picture

Files = dict[str, bytes]
"""Contents of files below the folder, counters among them; what is kvput's own left out."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A commit was asked for."""

    number: int


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A commit was answered."""

    number: int


@dataclass(frozen=True, slots=True)
class Refused:
    """A commit was answered with an error: it may be there, or not."""

    number: int


@dataclass(frozen=True, slots=True)
class ByHand:
    """A hand begins to give a file that content; None removes it."""

    place: str
    content: bytes | None


@dataclass(slots=True)
class CommitFiles:
    """A commit: when it came, and what it has put where."""

    order: tuple[int, int, bool] = (0, 0, False)
    files: dict[str, bytes | None] = field(default_factory=dict)


def files_in(picture: Picture) -> Files:
    """The contents in a picture that commits and hands have made."""
    return {
        path: file.content
        for path, file in picture.items()
        if file is not None and _is_made(Path(path))
    }


def _is_made(place: Path) -> bool:
    """Whether a commit or a hand makes such a file, and not the store for itself."""
    return place.parts[0] != PRIVATE or place.parts[1:2] == (REMEMBERED,)


def files_at(folder: Path) -> Files:
    """The same of what stands below a folder; it may be busy meanwhile."""
    files: Files = {}
    for directory, _, names in os.walk(folder):
        for name in names:
            place = Path(directory, name)
            if _is_made(place.relative_to(folder)):
                files[place.relative_to(folder).as_posix()] = place.read_bytes()
    return files


@dataclass(slots=True)
class _Moment:
    """A place in the record: commits acknowledged and begun, and the edits by hand so far.

    Each edit comes with the number of commits that were acknowledged before it.
    """

    acknowledged: int = 0
    begun: int = 0
    edits: list[tuple[int, ByHand]] = field(default_factory=list)


class Account:
    """What may be found in the folder."""

    def __init__(self, start: Files, commits: Iterable[CommitFiles]) -> None:
        """`commits` are the story's, in the order in which they were asked for."""
        asked = list(commits)
        order = sorted(range(len(asked)), key=lambda number: asked[number].order)
        self._start = start
        self._commits = [asked[number].files for number in order]
        self._position = {number: position for position, number in enumerate(order)}
        self._refused = {p for p, number in enumerate(order) if asked[number].order[2]}
        self._moment = _Moment()

    def read(self, operation: Operation) -> None:
        """Read one more entry of the record."""
        moment = self._moment
        match operation:
            case Noted(Begun(number)):
                moment.begun = max(moment.begun, self._position[number] + 1)
            case Noted(Acknowledged(number) | Refused(number)):
                moment.acknowledged = max(moment.acknowledged, self._position[number] + 1)
            case Noted(ByHand() as edit):
                moment.edits.append((moment.acknowledged, edit))

    def check(self, crashed: Files, found: Files, *, killed: bool) -> None:
        """Fail unless `found` may be what recovery makes of `crashed`, at this place in the record.

        `killed`: the system went on, so that nothing at all was lost.
        """
        moment = self._moment
        complaints = []
        for count in range(moment.acknowledged, moment.begun + 1):
            refused = sorted(self._refused.intersection(range(count)))
            # A group that is refused may be there after all, up to one of its commits.
            for number in range(len(refused) + 1):
                positions = [p for p in range(count) if p not in refused[number:]]
                complaint = self._complaint(positions, crashed, found, killed=killed)
                if complaint is None:
                    return
                complaints.append(f"as commits {positions} leave it: {complaint}")
        raise AssertionError(
            f"{moment.acknowledged} commits were acknowledged, {moment.begun} begun; "
            + "; ".join(complaints)
        )

    def _complaint(
        self, positions: list[int], crashed: Files, found: Files, *, killed: bool
    ) -> str | None:
        """What speaks against the folder being as these commits leave it."""
        moment = self._moment
        edited = {edit.place for _, edit in moment.edits}
        places = set(self._start).union(crashed, found, edited, *self._commits)
        for place in sorted(places):
            last, content = -1, self._start.get(place)
            for position in positions:
                if place in self._commits[position]:
                    last, content = position, self._commits[position][place]
            here = [(after, edit.content) for after, edit in moment.edits if edit.place == place]
            edits = [text for after, text in here if after > last]
            there, now = crashed.get(place), found.get(place)
            # What the journal may know the file by: then an edit cannot be told from its past.
            known = {files[place] for files in self._commits if place in files}
            known.add(self._start.get(place))
            known.update(text for after, text in here if after <= last)
            allowed = {content}
            if edits:
                allowed |= {there, *edits}
                if killed or (there in edits and there not in known):
                    allowed = {there}
            if now not in allowed:
                return (
                    f"{place} is {shown(now)}, not {' or '.join(map(shown, allowed))} "
                    f"(after the crash it was {shown(there)})"
                )
        return None


def shown(content: bytes | None) -> str:
    """A content in a message."""
    if content is None:
        return "missing"
    return f"{content[:40]!r}" + (f" ({len(content)} bytes)" if len(content) > 40 else "")

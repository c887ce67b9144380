"""How findings of `kvput check` are said in words: place, sentence, and a line that sums up."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from kvput.cli.output import counted, shown
from kvput.store import Finding, FolderCheck, Kind, Severity

GOOD: Final = 0
WRONG: Final = 1
MOST_NOTES: Final = 10
"""Of one kind, as lines for people."""


class Counts:
    """How many problems and notes there are."""

    def __init__(self) -> None:
        self.problems = 0
        self.notes = 0
        self.by_kind: Counter[Kind] = Counter()

    def add(self, finding: Finding) -> None:
        """Count one more."""
        self.by_kind[finding.kind] += 1
        if finding.is_problem:
            self.problems += 1
        else:
            self.notes += 1

    def shows(self, finding: Finding) -> bool:
        """Whether people are shown what was counted last: all problems, and no flood of notes."""
        return finding.is_problem or self.by_kind[finding.kind] <= MOST_NOTES

    @property
    def exit_code(self) -> int:
        """1 when something is wrong."""
        return WRONG if self.problems else GOOD


def where(folder: Path, finding: Finding) -> str:
    """The place in the form in which editors and terminals find it: path, line, column."""
    numbers = [str(n) for n in (finding.line, finding.column) if n is not None]
    return ":".join((shown(str(folder / finding.place)), *numbers))


def what(finding: Finding) -> str:
    """The sentence, which tells a note from a problem."""
    return ("" if finding.is_problem else "note: ") + shown(finding.message)


def left_out(counts: Counts) -> Iterator[str]:
    """A line for each kind of which people were not shown all."""
    for kind, number in counts.by_kind.items():
        if kind.severity is Severity.NOTE and number > MOST_NOTES:
            yield f"note: and {number - MOST_NOTES:,} more of {kind.value} (--json has them all)."


def summary(checking: FolderCheck, counts: Counts) -> str:
    """The last line."""
    parts = [
        counted(checking.files, "file"),
        counted(counts.problems, "problem") if counts.problems else "nothing wrong",
        *([counted(counts.notes, "note")] if counts.notes else []),
    ]
    others = ""
    if checking.others:
        others = f" {counted(checking.others, 'other file')} without .json: never served."
    return f"{', '.join(parts)}.{others}"

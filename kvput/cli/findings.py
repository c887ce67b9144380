"""How findings of `kvput check` are said in words: place, sentence, and a line that sums up."""

from pathlib import Path
from typing import Final

from kvput.cli.output import counted, shown
from kvput.store import Finding, FolderCheck

GOOD: Final = 0
WRONG: Final = 1


class Counts:
    """How many problems and notes there are."""

    def __init__(self) -> None:
        self.problems = 0
        self.notes = 0

    def add(self, finding: Finding) -> None:
        """Count one more."""
        if finding.is_problem:
            self.problems += 1
        else:
            self.notes += 1

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

"""`kvput check`: what is wrong with a data folder, as lines for people or as JSON for programs.

What is looked for, and the sentences, are in `kvput.store`; here they become
lines and an exit code. What only a terminal has is in `kvput.cli.progress`, the
journal's records in `kvput.cli.journal`.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from kvput.cli.output import counted, is_on_terminal, say, shown, unicode
from kvput.config import DATA_VARIABLE, DEFAULT_DATA
from kvput.content.json_text import parse
from kvput.errors import ConfigError
from kvput.store import Finding, FolderCheck, check_folder

GOOD: Final = 0
WRONG: Final = 1
INTERRUPTED: Final = 130
"""128 and the number of SIGINT, as shells say it."""


def data_folder(data: str | None, environment: Mapping[str, str]) -> Path:
    """The folder that the command line, else KVPUT_DATA, names. Raises ConfigError.

    `kvput.config.load_config` cannot be asked: it fails where kvput.toml is
    wrong, which a check is to find.
    """
    if data == "":
        raise ConfigError("DATA is empty: name a folder, or leave it out to check ./data.")
    return Path(data or environment.get(DATA_VARIABLE) or DEFAULT_DATA)


def check(folder: Path, *, as_json: bool) -> int:
    """Check the folder and print what is found; gives the exit code.

    Raises DataUnusable and OutputError.
    """
    checking = check_folder(folder, parse)
    if as_json:
        return _print_json(checking)
    if is_on_terminal():
        # It takes as long to import as all the rest, and piped output needs none of it.
        from kvput.cli.progress import show  # noqa: PLC0415

        return show(checking).exit_code
    counts = Counts()
    for finding in checking.findings():
        counts.add(finding)
        say(f"{where(folder, finding)}: {what(finding)}")
    say(summary(checking, counts))
    return counts.exit_code


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


# --- for people


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


# --- for programs


def _print_json(checking: FolderCheck) -> int:
    counts = Counts()
    findings = []
    for finding in checking.findings():
        counts.add(finding)
        findings.append(
            {
                "kind": finding.kind.value,
                "severity": finding.kind.severity.value,
                "place": unicode(finding.place),
                "line": finding.line,
                "column": finding.column,
                "message": unicode(finding.message),
            }
        )
    document = {
        "folder": unicode(str(checking.folder.resolve())),
        "files": checking.files,
        "problems": counts.problems,
        "notes": counts.notes,
        "findings": findings,
    }
    say(json.dumps(document, indent=2))
    return counts.exit_code

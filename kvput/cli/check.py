"""`kvput check`: what is wrong with a data folder, as lines for people or as JSON for programs.

What is looked for, and the sentences, are in `kvput.store`; here they become
lines and an exit code. What only a terminal has is in `kvput.cli.progress`, the
journal's records in `kvput.cli.journal`.
"""

import json
from pathlib import Path
from typing import Final

from kvput.cli.declared_findings import all_findings
from kvput.cli.findings import Counts, left_out, summary, what, where
from kvput.cli.id_findings import other_id
from kvput.cli.output import is_on_terminal, say, unicode
from kvput.content.json_text import parse
from kvput.resources.relations.repair import Repair
from kvput.store import FolderCheck, check_folder

INTERRUPTED: Final = 130
"""128 and the number of SIGINT, as shells say it."""


def check(folder: Path, *, as_json: bool, repairs: tuple[Repair, ...] | None = None) -> int:
    """Check the folder and print what is found; gives the exit code.

    `repairs` are those that were done before, of which programs are told here.
    Raises DataUnusable and OutputError.
    """
    checking = check_folder(folder, parse, other_id)
    if as_json:
        return _print_json(checking, repairs)
    if is_on_terminal():
        # It takes as long to import as all the rest, and piped output needs none of it.
        from kvput.cli.progress import show  # noqa: PLC0415

        return show(checking).exit_code
    counts = Counts()
    for finding in all_findings(checking):
        counts.add(finding)
        if counts.shows(finding):
            say(f"{where(folder, finding)}: {what(finding)}")
    for line in left_out(counts):
        say(line)
    say(summary(checking, counts))
    return counts.exit_code


# --- for programs


def _print_json(checking: FolderCheck, repairs: tuple[Repair, ...] | None) -> int:
    counts = Counts()
    findings = []
    for finding in all_findings(checking):
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
    document: dict[str, object] = {
        "folder": unicode(str(checking.folder.resolve())),
        "files": checking.files,
        "problems": counts.problems,
        "notes": counts.notes,
        "findings": findings,
    }
    if repairs is not None:
        document["repairs"] = [
            {"place": repair.path.file, "message": sentence}
            for repair in repairs
            for sentence in repair.sentences
        ]
    say(json.dumps(document, indent=2))
    return counts.exit_code

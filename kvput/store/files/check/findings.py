"""What a check can find: the kinds, each with its word, weight and meaning, and the finding.

Values only. How things are found is in `kvput.store.files.check.files` and beside it,
how they are shown is the command's; docs/check.md has the kinds as a table.
"""

import re
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final, Self

from kvput.config import CONFIG_FILE
from kvput.errors import ConfigError, KvputError

_FAULT: Final = re.compile(r"(?::([0-9]+))?(?::([0-9]+))?: ")
"""What stands between a file's path and what is said of it."""


class Severity(Enum):
    """How much a finding weighs."""

    PROBLEM = "problem"
    """Something is wrong: somebody has to mend it."""
    NOTE = "note"
    """Something to know: kvput copes with it."""


class Kind(Enum):
    """The kinds of findings, each by its word, which stays the same for programs."""

    SYNTAX = (
        "syntax",
        Severity.PROBLEM,
        "The file is no JSON. It is served as it is, and its list leaves it out (`Left-Out`).",
    )
    UNREADABLE = (
        "unreadable",
        Severity.PROBLEM,
        "The file or folder cannot be read, so that nothing is known of what is in it.",
    )
    FILE_NAME = (
        "file-name",
        Severity.PROBLEM,
        "The file ends in `.json`, and its name is one that no address leads to.",
    )
    FOLDER_NAME = (
        "folder-name",
        Severity.PROBLEM,
        "No address leads to the folder, because of its name. What is in it was not checked.",
    )
    LINK = (
        "link",
        Severity.PROBLEM,
        "The link leads nowhere, out of the data folder or to something that is never served.",
    )
    NOT_A_FILE = (
        "not-a-file",
        Severity.PROBLEM,
        "It is named like a resource's file and is none: a pipe, a socket, a link to a folder.",
    )
    NAME_CLASH = (
        "name-clash",
        Severity.PROBLEM,
        "A disk that ignores case (macOS, Windows) takes it for another name: a copy loses one.",
    )
    COUNTER = (
        "counter",
        Severity.PROBLEM,
        "The `.counter` of a collection holds no number, so that POST gives none.",
    )
    DANGLING = (
        "dangling",
        Severity.PROBLEM,
        "A member of a relation names a resource that is not there. `--fix` takes it out.",
    )
    ONE_SIDED = (
        "one-sided",
        Severity.PROBLEM,
        "A resource names another one, which does not name it in turn. `--fix` makes them agree.",
    )
    REFERENCE_MISSING = (
        "reference-missing",
        Severity.PROBLEM,
        "A member of a relation names no resource, and is declared to be `required`.",
    )
    REFERENCE_MALFORMED = (
        "reference-malformed",
        Severity.PROBLEM,
        "A member of a relation holds what is no id, or no list where there may be many.",
    )
    SCHEMA = (
        "schema",
        Severity.PROBLEM,
        "The content is not what the schema of its collection asks for.",
    )
    SCHEMA_UNUSABLE = (
        "schema-unusable",
        Severity.PROBLEM,
        "The schema of a collection is missing or wrong, so that nothing is held against it.",
    )
    NOT_UNIQUE = (
        "not-unique",
        Severity.PROBLEM,
        "Two resources have the same value in a member that is declared to be `unique`.",
    )
    CONFIGURATION = (
        "configuration",
        Severity.PROBLEM,
        "`kvput.toml` does not load, so that kvput does not start.",
    )
    IN_THE_WAY = (
        "in-the-way",
        Severity.PROBLEM,
        "Something else stands where kvput keeps its own, so that it does not start.",
    )
    JOURNAL_DAMAGED = (
        "journal-damaged",
        Severity.PROBLEM,
        "The journal holds commits that cannot be read any more.",
    )
    JOURNAL_VERSION = (
        "journal-version",
        Severity.PROBLEM,
        "The journal is in the format of another version of kvput.",
    )
    DAMAGED_SEGMENT = (
        "damaged-segment",
        Severity.PROBLEM,
        "An earlier start has found the journal damaged, and has kept its bytes here.",
    )
    FAILED_SYNC = (
        "failed-sync",
        Severity.PROBLEM,
        "The disk failed while the server ran. The next start writes the last writes again.",
    )
    SCHEMA_CLOSED = (
        "schema-closed",
        Severity.NOTE,
        "A schema that allows no other members does not know one that the server puts in.",
    )
    HIDDEN_COLLECTION = (
        "hidden-collection",
        Severity.NOTE,
        "A resource has the name of a collection, whose address then needs its closing slash.",
    )
    OTHER_ID = (
        "other-id",
        Severity.NOTE,
        "The `id` in a resource is not its name, so that lists show one that leads elsewhere.",
    )
    UNUSED_DECLARATION = (
        "unused-declaration",
        Severity.NOTE,
        "A collection is declared that has no folder, and one with a similar name is not declared.",
    )
    COUNTER_BEHIND = (
        "counter-behind",
        Severity.NOTE,
        "The `.counter` of a collection is lower than a number in use. POST copes with that.",
    )
    NUMBERS_USED_UP = (
        "numbers-used-up",
        Severity.NOTE,
        "The highest number has been taken, so that POST has none left to give.",
    )
    SERVED = (
        "served",
        Severity.NOTE,
        "A server runs on the folder. Its journal and scratch are in use, and were not checked.",
    )
    RECOVERY = (
        "recovery",
        Severity.NOTE,
        "The server was killed, or the power failed: the next start recovers what it had written.",
    )
    CHANGED_BY_HAND = (
        "changed-by-hand",
        Severity.NOTE,
        "The journal names the file, and a hand has changed it since: recovery leaves it alone.",
    )
    LEFTOVER = (
        "leftover",
        Severity.NOTE,
        "In `.kvput` stands something that an earlier run, or somebody else, has left.",
    )

    severity: Severity
    meaning: str

    def __new__(cls, word: str, severity: Severity, meaning: str) -> Self:
        """A kind whose value is its word."""
        kind = object.__new__(cls)
        kind._value_ = word
        kind.severity = severity
        kind.meaning = meaning
        return kind


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found.

    `place` is the path below the data folder, with `/`, as the OS gives it
    (surrogate escapes included), empty for the folder itself. `message` says what
    is wrong and what to do. `line` and `column` count from 1, None where the
    place has none.
    """

    kind: Kind
    place: str
    message: str
    line: int | None = None
    column: int | None = None

    @property
    def is_problem(self) -> bool:
        """Whether something is wrong."""
        return self.kind.severity is Severity.PROBLEM


def misconfigured(folder: Path, error: ConfigError) -> Finding:
    """The finding for a `kvput.toml` that does not load, in this folder."""
    # Told as PATH:LINE:COLUMN: sentence, as far as the place is known.
    _, line, column, sentence = _FAULT.split(error.detail[len(str(folder / CONFIG_FILE)) :], 1)
    if sentence.startswith(("is ", "cannot ", "holds ")):
        sentence = f"It {sentence}"
    return Finding(
        Kind.CONFIGURATION,
        CONFIG_FILE,
        sentence,
        None if line is None else int(line),
        None if column is None else int(column),
    )


def unreadable(place: str, error: OSError | KvputError) -> Finding:
    """The finding for a place that an error keeps from being read."""
    cause = error if isinstance(error, OSError) else error.__cause__
    reason = cause.strerror if isinstance(cause, OSError) else str(error)
    advice = (
        "give the server's user, and whoever checks, permission there"
        if isinstance(cause, PermissionError)
        else "check the disk"
    )
    return Finding(Kind.UNREADABLE, place, f"It cannot be read ({reason}): {advice}.")

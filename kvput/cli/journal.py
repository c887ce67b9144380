"""`kvput check --journal`: the journal's segments and records, as text or as JSON.

What a record is, and what the journal as a whole says, is in `kvput.store`.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from kvput.cli.findings import GOOD, WRONG
from kvput.cli.output import counted, say, shown, unicode
from kvput.store import (
    CommitRecord,
    FileWrite,
    Gap,
    JournalReport,
    Record,
    SegmentReport,
    report_journal,
)

_SHOWN_DIGITS: Final = 12


def journal(folder: Path, *, as_json: bool) -> int:
    """Print the folder's journal; gives the exit code, which tells whether it is damaged.

    Raises DataUnusable and OutputError.
    """
    report = report_journal(folder)
    if as_json:
        say(json.dumps(_document(folder, report), indent=2))
    else:
        for line in _lines(folder, report):
            say(line)
    return WRONG if report.is_damaged else GOOD


# --- for people


def _lines(folder: Path, report: JournalReport) -> Iterator[str]:
    if report.server is not None:
        yield f"Process {report.server} serves the folder: what it writes now may be cut short."
    for segment in report.segments:
        yield f"{shown(str(folder / segment.place))}: {_state(segment)}, {_bytes(segment.size)}"
        for entry in segment.entries:
            yield from _entry(entry, report)
    if not report.is_there:
        yield "No journal: kvput has not served this folder."
        return
    commits = sum(isinstance(e, CommitRecord) for s in report.segments for e in s.entries)
    damaged = f", {counted(report.damaged, 'commit')} damaged" if report.damaged else ""
    yield f"{counted(len(report.segments), 'segment')}, {counted(commits, 'commit')}{damaged}."


def _state(segment: SegmentReport) -> str:
    if segment.version is None:
        return "its head is damaged"
    if segment.is_of_another_version:
        return f"in format {segment.version}, of another version of kvput"
    return f"from commit {segment.first} on" if segment.first else "not in use"


def _entry(entry: Record | Gap, report: JournalReport) -> Iterator[str]:
    if isinstance(entry, Gap):
        yield f"  {entry.start:>8}  {_bytes(entry.end - entry.start)} that hold no record" + (
            ": of an earlier use of the file, or of a write that was not finished"
            if entry.is_tail
            else ""
        )
        return
    if not isinstance(entry, CommitRecord):
        yield f"  {entry.offset:>8}  published up to commit {entry.sequence}"
        return
    left_out = ", left out: one before it is not whole" if entry.sequence in report.left_out else ""
    writes = counted(len(entry.writes), "write")
    yield f"  {entry.offset:>8}  commit {entry.sequence}, group {entry.group}, {writes}{left_out}"
    for write in entry.writes:
        change = f"{_digest(write.before)} -> {_digest(write.after)}"
        rest = (
            ""
            if write.after is None
            else f", {_time(write.modified_ns)}, {_bytes(len(write.content))}"
        )
        yield f"            {shown(write.place)}: {change}{rest}"


def _digest(digest: str | None) -> str:
    return "none" if digest is None else digest[:_SHOWN_DIGITS]


def _bytes(number: int) -> str:
    return counted(number, "byte")


def _time(nanoseconds: int) -> str:
    """A time as RFC 3339 writes it, in UTC."""
    seconds, fraction = divmod(nanoseconds, 1_000_000_000)
    try:
        date = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return f"{nanoseconds} ns"
    return f"{date:%Y-%m-%dT%H:%M:%S}.{fraction:09}Z"


# --- for programs


def _document(folder: Path, report: JournalReport) -> dict[str, object]:
    return {
        "folder": unicode(str(folder.resolve())),
        "served_by": report.server,
        "damaged": report.damaged,
        "segments": [
            {
                "place": unicode(segment.place),
                "size": segment.size,
                "format": segment.version,
                "first": segment.first or None,
                "entries": [_entry_document(entry, report) for entry in segment.entries],
            }
            for segment in report.segments
        ],
    }


def _entry_document(entry: Record | Gap, report: JournalReport) -> dict[str, object]:
    if isinstance(entry, Gap):
        return {"kind": "gap", "offset": entry.start, "end": entry.end}
    if not isinstance(entry, CommitRecord):
        return {"kind": "published", "offset": entry.offset, "sequence": entry.sequence}
    return {
        "kind": "commit",
        "offset": entry.offset,
        "sequence": entry.sequence,
        "group": entry.group,
        "counts": entry.sequence not in report.left_out,
        "writes": [_write_document(write) for write in entry.writes],
    }


def _write_document(write: FileWrite) -> dict[str, object]:
    is_removal = write.after is None
    return {
        "place": unicode(write.place),
        "before": write.before,
        "after": write.after,
        "modified": None if is_removal else _time(write.modified_ns),
        "size": None if is_removal else len(write.content),
    }

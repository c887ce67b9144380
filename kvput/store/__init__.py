"""The only place that names concrete stores: what opens one, and what looks at one from outside."""

from pathlib import Path

from kvput.store.base import Store
from kvput.store.files.check.files import FolderCheck, Look, ReadJson, nothing_to_say
from kvput.store.files.check.findings import Finding, Kind, Severity, misconfigured
from kvput.store.files.check.journal_report import Gap, JournalReport, SegmentReport
from kvput.store.files.check.journal_report import report_journal as _report_journal
from kvput.store.files.check.own import open_to_check, server_of
from kvput.store.files.check.resources import CheckedResources
from kvput.store.files.checkpoint import JOURNAL_LIMIT
from kvput.store.files.contents import FolderContents
from kvput.store.files.env import Environment
from kvput.store.files.folder import open_folder
from kvput.store.files.index import Progress
from kvput.store.files.record import CommitRecord, FileWrite, PublishedRecord, Record
from kvput.store.files.store import FileStore

__all__ = [
    "CheckedResources",
    "CommitRecord",
    "FileWrite",
    "Finding",
    "FolderCheck",
    "FolderContents",
    "Gap",
    "JournalReport",
    "Kind",
    "Look",
    "PublishedRecord",
    "Record",
    "SegmentReport",
    "Severity",
    "check_folder",
    "misconfigured",
    "open_store",
    "read_folder",
    "report_journal",
    "serving_process",
]


def open_store(
    data: Path,
    *,
    read_cache: int,
    environment: Environment | None = None,
    journal_limit: int = JOURNAL_LIMIT,
    indexing: Progress | None = None,
) -> Store:
    """The store over the folder `data`; `read_cache` is the bytes of content it may hold.

    Recovers what an earlier process has left in the folder's journal.
    `environment` stands between the store and the disk, for tests;
    `journal_limit` is the bytes of journal after which a checkpoint begins.
    `indexing` is told, in any thread, how far the building of a collection's index is.
    Raises DataUnusable and DataInUse.
    """
    return FileStore(
        open_folder(data, environment),
        read_cache=read_cache,
        environment=environment,
        journal_limit=journal_limit,
        indexing=indexing,
    )


def check_folder(data: Path, read_json: ReadJson, look: Look = nothing_to_say) -> FolderCheck:
    """A check of the folder `data`, to be run by asking for its findings.

    `read_json` reads one JSON text, and raises MalformedContent for what is none;
    `look` says what else there is to say of it. Raises DataUnusable.
    """
    return FolderCheck(data, read_json, look)


def read_folder(data: Path) -> FolderContents:
    """The resources of the folder `data`, to be read by asking for them. Raises DataUnusable."""
    return FolderContents(data)


def report_journal(data: Path) -> JournalReport:
    """What the journal of the folder `data` holds. Raises DataUnusable."""
    return _report_journal(data)


def serving_process(data: Path) -> str | None:
    """The process that serves the folder `data`, None for none. Raises DataUnusable."""
    return server_of(open_to_check(data))

"""From an opened folder to one that can be written to: recovery, then the journal.

What a folder is and who owns it is in `kvput.store.files.folder`, what recovery
finds and does in `kvput.store.files.recovery`; here they are put together, and
what fails is said to the person who starts the server.
"""

import errno
import fcntl
import os
import time
from contextlib import suppress
from typing import Final

from kvput.errors import DataUnusable, StoreFailed
from kvput.store.files import kernel, recovery
from kvput.store.files.committer import Committer
from kvput.store.files.durability import Durability, SyncError
from kvput.store.files.env import Environment
from kvput.store.files.failures import FULL
from kvput.store.files.folder import Folder, Own
from kvput.store.files.gate import Gate
from kvput.store.files.journal import (
    DAMAGED_PREFIX,
    FAILED,
    Found,
    Journal,
    JournalBrokenError,
    note_failure,
    read_journal,
    write_again,
)
from kvput.store.files.layout import JOURNAL, LOCK, PRIVATE
from kvput.store.files.reader import Reader
from kvput.store.files.record import OtherVersionError
from kvput.store.files.recovery import Plan
from kvput.store.files.view import FileView
from kvput.store.files.writer import Writer

_DIRECTORY_FLAGS: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_SPARE: Final = 1 << 20
"""Bytes that recovery needs beside what it writes: a block for each file, at least."""


def open_committer(
    folder: Folder, own: Own, view: FileView, environment: Environment, gate: Gate, limit: int
) -> Committer:
    """Recover what the journal holds, and begin it anew. Raises DataUnusable.

    `limit`: the bytes of journal after which a checkpoint begins.
    """
    found, plan = _read(folder, own.journal, view.reader)
    try:
        if found.failed:
            write_again(own.journal, environment)
        recovery.apply(plan, view.reader, environment, own.scratch)
    except (OSError, SyncError) as error:
        note_failure(own.journal, environment)
        cause = error if isinstance(error, OSError) else error.args[0]
        raise _not_applied(folder, plan, cause) from error
    recovery.tell(plan, found)
    journal = _open_journal(folder, own, environment)
    try:
        _begin(journal, found, plan, own.journal, environment)
    except (OSError, JournalBrokenError) as error:
        journal.note_failure()
        journal.close()
        cause = error if isinstance(error, OSError) else error.args[0]
        raise _not_written(folder, cause) from error
    writer = Writer(view.reader, view.cache, environment, own.scratch, Durability())
    first = plan.contents.next_sequence
    return Committer(writer, view, journal, gate, next_sequence=first, journal_limit=limit)


def _open_journal(folder: Folder, own: Own, environment: Environment) -> Journal:
    try:
        return Journal(os.dup(own.journal), environment)
    except OSError as error:
        raise _not_written(folder, error) from error


def _not_written(folder: Folder, error: OSError) -> DataUnusable:
    return DataUnusable(
        f"{folder.root}: the journal cannot be written ({error.strerror}): check the disk, "
        "then start kvput again."
    )


def refuse_if_unrecovered(folder: Folder, reader: Reader) -> None:
    """Raise DataUnusable for a folder that can only be read, and has not all that was written.

    To serve it would be to forget writes that were acknowledged.
    """
    private = folder.root / PRIVATE
    with suppress(FileNotFoundError, NotADirectoryError, PermissionError):
        lock = os.open(private / LOCK, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            # Another kvput that may write there looks after its journal itself.
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            journal = os.open(private / JOURNAL, _DIRECTORY_FLAGS)
            try:
                _, plan = _read(folder, journal, reader)
            finally:
                os.close(journal)
        except BlockingIOError:
            return
        finally:
            os.close(lock)
        if plan.lost:
            # As much as can be said without trying.
            read_only = os.statvfs(folder.root).f_flag & os.ST_RDONLY
            number = errno.EROFS if read_only else errno.EACCES
            raise _not_applied(folder, plan, OSError(number, os.strerror(number)))


def _read(folder: Folder, journal: int, reader: Reader) -> tuple[Found, Plan]:
    try:
        found = read_journal(journal)
        return found, recovery.plan(found, reader, kernel.incarnation(journal))
    except OtherVersionError as error:
        raise DataUnusable(
            f"{folder.root}: its journal has format {error.args[0]}, of another version of kvput: "
            "start and stop that version once, which leaves the journal empty, then this one."
        ) from error
    except (OSError, StoreFailed) as error:
        raise DataUnusable(
            f"{folder.root}: the journal, or a file that it names, cannot be read ({error}): "
            "check the disk, then start kvput again."
        ) from error


def _not_applied(folder: Folder, plan: Plan, error: OSError) -> DataUnusable:
    size = sum(len(write.content) for write in plan.lost)
    if error.errno in FULL:
        advice = f"free {size + _SPARE:,} bytes"
    elif error.errno == errno.EROFS:
        advice = "mount it for writing"
    elif error.errno in (errno.EACCES, errno.EPERM):
        advice = "give the server's user write permission there"
    else:
        advice = "check the disk"
    return DataUnusable(
        f"{folder.root}: it cannot be served before what waits in its journal ({len(plan.lost)} "
        f"of its files) is recovered, which is not possible ({error.strerror}): {advice}, then "
        "start kvput again; nothing is lost."
    )


def _begin(
    journal: Journal, found: Found, plan: Plan, directory: int, environment: Environment
) -> None:
    names = (*(segment.name for segment in found.segments), *found.unused, *found.unreadable)
    damaged = names if plan.contents.damaged or found.unreadable else ()
    try:
        # Before what is damaged is put away: a crash in between must not forget the sequence.
        journal.resume(() if damaged else names, plan.contents.next_sequence)
    except OSError as error:
        # On a full disk one can still read; each commit tries to begin the journal. But what is
        # recovered must not be there another time.
        if error.errno not in FULL or any(segment.records for segment in found.segments):
            raise
    if found.failed:
        environment.unlink(FAILED, directory)
        environment.sync(directory)
    if damaged:
        # What cannot be read may still tell somebody something.
        now = int(time.time())
        for name in damaged:
            environment.move(name, directory, f"{DAMAGED_PREFIX}{now}-{name}", directory)
            # One after the other, for the older is nothing to be applied without the later.
            environment.sync(directory)

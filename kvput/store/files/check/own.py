"""The check of what kvput keeps for itself in a folder: the lock, the journal and scratch.

How a folder is opened to be checked is here as well.

While a server holds the lock, journal and scratch are its own and in motion;
else what stands there is what an earlier run has left. What the next start
would do with it, `kvput.store.files.recovery` is asked; nothing is done here.
"""

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kvput.errors import DataUnusable, KvputError
from kvput.store.files import kernel, recovery
from kvput.store.files.check.findings import Finding, Kind, unreadable
from kvput.store.files.folder import require_folder
from kvput.store.files.journal import DAMAGED_PREFIX, FAILED, read_journal
from kvput.store.files.layout import IGNORE, JOURNAL, LOCK, PRIVATE, REMEMBERED, SCRATCH
from kvput.store.files.reader import Reader, read_all
from kvput.store.files.record import SEGMENT_HEADER_SIZE, OtherVersionError, decode_header
from kvput.store.files.recovery import Plan

_DIRECTORY_FLAGS: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_KNOWN: Final = frozenset({LOCK, JOURNAL, SCRATCH, REMEMBERED, IGNORE})
_OTHER_KIND: Final = frozenset({errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.ENXIO})
_ATTEMPTS: Final = 5


@dataclass(frozen=True, slots=True)
class OwnCheck:
    """What was found, and the files that the next start recovers, whatever stands there now."""

    findings: tuple[Finding, ...]
    to_recover: frozenset[str] = frozenset()


def open_to_check(data: Path) -> Reader:
    """A reader of the folder, for who may not be the one to serve it. Raises DataUnusable."""
    with suppress(OSError):  # then the next line says more
        if data.is_dir() and not os.access(data, os.R_OK | os.X_OK):
            raise DataUnusable(
                f"{data}: cannot be read: you have no permission; ask for it, or check as a user "
                "who has it."
            )
    require_folder(data)
    try:
        # Names are taken from the directories themselves: none is folded.
        return Reader(data, folds_names=False)
    except OSError as error:
        raise DataUnusable(f"{data}: cannot be opened: {error.strerror}.") from None


def check_own(reader: Reader) -> OwnCheck:
    """Check `.kvput` in the folder that `reader` reads."""
    try:
        private = os.open(PRIVATE, _DIRECTORY_FLAGS, dir_fd=reader.descriptor)
    except FileNotFoundError:
        return OwnCheck(())
    except OSError as error:
        return OwnCheck((_unopened(PRIVATE, error),))
    try:
        return _check_private(private, reader)
    except OSError as error:
        return OwnCheck((unreadable(PRIVATE, error),))
    finally:
        os.close(private)


def _check_private(private: int, reader: Reader) -> OwnCheck:
    strangers = tuple(
        _stranger(f"{PRIVATE}/{name}") for name in sorted(os.listdir(private)) if name not in _KNOWN
    )
    for _ in range(_ATTEMPTS):
        try:
            before = _look_at_lock(private)
        except OSError as error:
            return OwnCheck((*strangers, _unopened(f"{PRIVATE}/{LOCK}", error)))
        if before.server is not None:
            return OwnCheck((*strangers, *_kept_journals(private), _served(before.server)))
        left = _check_left(private, reader)
        # Else a server has begun, and what was read may be half of each.
        if _look_at_lock(private) == before:
            break
    return OwnCheck((*strangers, *_kept_journals(private), *left.findings), left.to_recover)


# --- the lock


@dataclass(frozen=True, slots=True)
class _Lock:
    """Who holds it, None for nobody; and its file's state, which each server changes."""

    server: str | None
    state: tuple[int, int] | None


def _look_at_lock(private: int) -> _Lock:
    """Whether a server holds the lock. Raises OSError."""
    try:
        lock = os.open(LOCK, _FILE_FLAGS, dir_fd=private)
    except FileNotFoundError:
        return _Lock(None, None)
    try:
        status = os.fstat(lock)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
        # Only for this moment, and shared: a server that starts is not to be kept from it.
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        server = os.pread(lock, 32, 0).decode("ascii", "replace").strip()
        return _Lock(server or "unknown", None)
    else:
        return _Lock(None, (status.st_mtime_ns, status.st_ino))
    finally:
        os.close(lock)


def server_of(reader: Reader) -> str | None:
    """The process that serves the folder, as the lock names it; None when there is none."""
    with suppress(OSError):
        private = os.open(PRIVATE, _DIRECTORY_FLAGS, dir_fd=reader.descriptor)
        try:
            return _look_at_lock(private).server
        finally:
            os.close(private)
    return None


# --- what an earlier run has left


def _check_left(private: int, reader: Reader) -> OwnCheck:
    findings = list(_scratch(private))
    try:
        journal = os.open(JOURNAL, _DIRECTORY_FLAGS, dir_fd=private)
    except FileNotFoundError:
        return OwnCheck(tuple(findings))
    except OSError as error:
        return OwnCheck((*findings, _unopened(f"{PRIVATE}/{JOURNAL}", error)))
    try:
        found = read_journal(journal)
        plan = recovery.plan(found, reader, kernel.incarnation(journal))
    except OtherVersionError as error:
        findings.append(_other_version(error))
    except (OSError, KvputError) as error:
        findings.append(unreadable(f"{PRIVATE}/{JOURNAL}", error))
    else:
        findings += (_no_head(name) for name in found.unreadable)
        findings += _recovery(plan, is_whole=not (found.unreadable or found.failed))
        lost = frozenset(write.place for write in plan.lost)
        return OwnCheck(tuple(findings), lost)
    finally:
        os.close(journal)
    return OwnCheck(tuple(findings))


def _scratch(private: int) -> Iterator[Finding]:
    place = f"{PRIVATE}/{SCRATCH}"
    try:
        scratch = os.open(SCRATCH, _DIRECTORY_FLAGS, dir_fd=private)
    except FileNotFoundError:
        return
    except OSError as error:
        yield _unopened(place, error)
        return
    files = 0
    try:
        with os.scandir(scratch) as entries:
            for entry in entries:
                # The next start removes files; a directory is somebody else's.
                if entry.is_dir(follow_symlinks=False):
                    yield _stranger(f"{place}/{entry.name}")
                else:
                    files += 1
    except OSError as error:
        yield unreadable(place, error)
    finally:
        os.close(scratch)
    if files:
        yield Finding(
            Kind.LEFTOVER,
            place,
            f"It holds {_counted(files, 'file')} that an earlier run has left: the next start "
            "removes them.",
        )


def _recovery(plan: Plan, *, is_whole: bool) -> Iterator[Finding]:
    """What the next start would do with the journal, which else than by its commits is whole."""
    journal = f"{PRIVATE}/{JOURNAL}"
    damaged, commits = plan.contents.damaged, len(plan.contents.commits)
    if damaged:
        yield Finding(
            Kind.JOURNAL_DAMAGED,
            journal,
            f"{_counted(damaged, 'commit')} in it cannot be read, and the next start goes on "
            "without: compare the folder with what you expect (kvput check --journal shows what "
            "can be read).",
        )
    if commits:
        lost = _counted(len(plan.lost), "file") if plan.lost else "nothing"
        comfort = "nothing is lost, start kvput" if is_whole and not damaged else "start kvput"
        yield Finding(
            Kind.RECOVERY,
            journal,
            f"The next start has {_counted(commits, 'commit')} in it to look through, and {lost} "
            f"to recover: {comfort}.",
        )
    for write in plan.lost:
        does = "removes this file," if write.after is None else "writes this file"
        yield Finding(Kind.RECOVERY, write.place, f"The next start {does} as the journal has it.")
    for place in plan.by_hand:
        yield Finding(
            Kind.CHANGED_BY_HAND,
            place,
            "It was changed by hand since its last write: the next start leaves it as it is.",
        )


# --- findings


def _kept_journals(private: int) -> Iterator[Finding]:
    """What stands in the journal's directory and is no journal."""
    try:
        journal = os.open(JOURNAL, _DIRECTORY_FLAGS, dir_fd=private)
    except OSError:
        return
    try:
        names = sorted(os.listdir(journal))
        empty = {n for n in names if n.startswith(DAMAGED_PREFIX) and _holds_nothing(n, journal)}
    finally:
        os.close(journal)
    for name in names:
        place = f"{PRIVATE}/{JOURNAL}/{name}"
        if name in empty:
            yield Finding(
                Kind.LEFTOVER, place, "An earlier start has kept it, and it is empty: remove it."
            )
        elif name.startswith(DAMAGED_PREFIX):
            yield Finding(
                Kind.DAMAGED_SEGMENT,
                place,
                "An earlier start has found the journal damaged and kept its bytes here: compare "
                "the folder with what you expect (kvput check --journal shows what can be read), "
                "then remove this file.",
            )
        elif name == FAILED:
            yield Finding(
                Kind.FAILED_SYNC,
                place,
                "A sync has failed while the folder was served: check the disk, then start kvput, "
                "which writes again what the journal names.",
            )
        elif not name.isdigit():
            yield _stranger(place)


def _holds_nothing(name: str, journal: int) -> bool:
    """Whether a segment was never in use, or nothing but zeros follows its head."""
    try:
        descriptor = os.open(name, _FILE_FLAGS, dir_fd=journal)
    except OSError:
        return False
    try:
        content = read_all(descriptor, os.fstat(descriptor).st_size)
        header = decode_header(content)
    except (OSError, OtherVersionError):
        return False
    finally:
        os.close(descriptor)
    if header is not None and not header.first:
        return True
    return not content[0 if header is None else SEGMENT_HEADER_SIZE :].strip(b"\0")


def _served(server: str) -> Finding:
    return Finding(
        Kind.SERVED,
        f"{PRIVATE}/{LOCK}",
        f"The folder is served by process {server}: its journal and scratch are in use, and were "
        "not checked.",
    )


def _no_head(name: str) -> Finding:
    return Finding(
        Kind.JOURNAL_DAMAGED,
        f"{PRIVATE}/{JOURNAL}/{name}",
        "Its head is damaged, so that nothing in it can be read, and the next start goes on "
        "without: compare the folder with what you expect.",
    )


def _other_version(error: OtherVersionError) -> Finding:
    return Finding(
        Kind.JOURNAL_VERSION,
        f"{PRIVATE}/{JOURNAL}",
        f"It has format {error.args[0]}, of another version of kvput: start and stop that version "
        "once, which leaves it empty.",
    )


def _stranger(place: str) -> Finding:
    return Finding(Kind.LEFTOVER, place, "It is none of kvput's: move it away, or remove it.")


def _unopened(place: str, error: OSError) -> Finding:
    """The finding for a directory, or the lock, of kvput's own that cannot be opened."""
    if error.errno in _OTHER_KIND:
        kind = "regular file" if place.endswith(LOCK) else "folder"
        return Finding(
            Kind.IN_THE_WAY, place, f"It is no {kind}, which kvput needs there: move it away."
        )
    return unreadable(place, error)


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"

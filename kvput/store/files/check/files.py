"""The check of a data folder: every file as the server would read it, and what is beside them.

Nothing is changed and no lock is kept, so that a folder can be checked that is
served, that somebody edits, or that may only be read. What vanishes meanwhile is
no fault. Here are the folder's files; what kvput keeps for itself is in
`kvput.store.files.check.own`, which names are wrong in `check_names`, and what
can be found at all in `findings`. Nothing is printed here.
"""

import errno
import os
import stat
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from kvput.config import CONFIG_FILE, load_config
from kvput.errors import ConfigError, CounterDamaged, KvputError, MalformedContent
from kvput.names import HIGHEST_NUMBER, SUFFIX, number_of
from kvput.paths import CollectionPath, collection_at, resource_at
from kvput.store.files.cache import ReadCache
from kvput.store.files.check.findings import Finding, Kind, misconfigured, unreadable
from kvput.store.files.check.names import (
    clash,
    clashes,
    looks_like_a_resource,
    not_a_file,
    wrong_directory_name,
    wrong_file_name,
)
from kvput.store.files.check.own import check_own, open_to_check
from kvput.store.files.check.resources import CheckedResources
from kvput.store.files.layout import COUNTER
from kvput.store.files.reader import read_all, signature
from kvput.store.files.view import FileView

# O_NONBLOCK: a FIFO that has come into the place of a file must not be waited at.
_FILE_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
# What an entry gives that has gone, or become something else, since the directory was listed.
_GONE: Final = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO})
_ATTEMPTS: Final = 5

ReadJson = Callable[[bytes], object]
"""Reads one JSON text; raises MalformedContent, with line and column, for what is none."""

Look = Callable[[str, bytes, object], Finding | None]
"""What is to be said of a file that is JSON: its place, its content, and what it holds."""


def nothing_to_say(_place: str, _content: bytes, _value: object) -> None:
    """A look that finds nothing."""


class FolderCheck:
    """One check of a folder.

    `files` counts the resources looked at, `others` the files passed by that are
    none and do not look like one. How far it is, `done` of `expected` tell: the
    names that end in `.json`, right or wrong; `expected` is None as long as it is
    not known. They may be read from another thread.
    """

    def __init__(self, data: Path, read_json: ReadJson, look: Look = nothing_to_say) -> None:
        """Raises DataUnusable."""
        self._reader = open_to_check(data)
        self.folder = data
        self.files = 0
        self.others = 0
        self.done = 0
        self.expected: int | None = None
        self.is_served = False
        """Whether a server had the folder when `findings` began."""
        self._read_json = read_json
        self._look = look
        self._to_recover: frozenset[str] = frozenset()
        self._view = FileView(self._reader, ReadCache(self._reader, 0))

    def findings(self) -> Iterator[Finding]:
        """Check all there is, and give what is found, place by place."""
        yield from _configuration(self.folder)
        own = check_own(self._reader)
        self.is_served = any(finding.kind is Kind.SERVED for finding in own.findings)
        yield from own.findings
        self._to_recover = own.to_recover
        for place in self._directories():
            yield from self._directory(place)

    def resources(self) -> CheckedResources:
        """The folder's resources, for further checks, once `findings` has looked at all."""
        return CheckedResources(self._reader, self._to_recover)

    def _directories(self) -> list[str]:
        """The places of all directories that are served; counts what is in them on the way."""
        found: list[str] = []
        waiting = [""]
        expected = 0
        while waiting:
            place = waiting.pop()
            found.append(place)
            below = []
            # What cannot be read is told when its turn comes.
            with suppress(KvputError, OSError), self._reader.directory(_parts(place)) as directory:
                if directory is None:
                    continue
                with os.scandir(directory) as entries:
                    for entry in entries:
                        if entry.name.startswith("."):
                            continue
                        if entry.is_dir(follow_symlinks=False):
                            below.append(_join(place, entry.name))
                        expected += _counts_as_expected(entry)
            below.sort(reverse=True)
            waiting += [inner for inner in below if collection_at(inner) is not None]
        self.expected = expected
        return found

    # --- one directory

    def _directory(self, place: str) -> Iterator[Finding]:
        try:
            with self._reader.directory(_parts(place)) as directory:
                if directory is not None:
                    # Else one that may be listed and not entered would give a finding per file.
                    os.stat(".", dir_fd=directory)
                    with os.scandir(directory) as scanned:
                        entries = [entry for entry in scanned if not entry.name.startswith(".")]
                    entries.sort(key=lambda entry: entry.name)
                    yield from self._entries(place, directory, entries)
        except (KvputError, OSError) as error:
            yield unreadable(place, error)

    def _entries(
        self, place: str, directory: int, entries: list[os.DirEntry[str]]
    ) -> Iterator[Finding]:
        prefix = _join(place, "")
        names = frozenset(entry.name for entry in entries)
        clashing = clashes(entry.name for entry in entries if _has_a_meaning(entry))
        highest = 0
        for entry in entries:
            name = entry.name
            if not _has_a_meaning(entry):
                self.others += bool(place) or name != CONFIG_FILE
                continue
            resource = resource_at(prefix + name)
            if resource is not None:
                highest = max(highest, number_of(resource.name) or 0)
            if entry.is_file(follow_symlinks=False):
                if resource is None:
                    yield wrong_file_name(prefix, name, names)
                elif finding := self._file(prefix + name, name, directory):
                    yield finding
            elif entry.is_dir(follow_symlinks=False):
                yield from self._inner_directory(prefix, name, names)
            elif entry.is_symlink():
                yield from self._link(prefix, name, directory, names)
            else:
                yield not_a_file(prefix + name)
            if name in clashing:
                yield clash(prefix + name, clashing[name])
            self.done += _counts_as_expected(entry)
        if place:
            yield from self._counter(place, highest)

    def _inner_directory(self, prefix: str, name: str, names: Collection[str]) -> Iterator[Finding]:
        collection = collection_at(prefix + name)
        if collection is None:
            yield wrong_directory_name(prefix, name, names)
        elif name + SUFFIX in names and self._is_collection(collection):
            yield Finding(
                Kind.HIDDEN_COLLECTION,
                prefix + name,
                f'{collection.url} gives the resource "{name}{SUFFIX}" beside it, and only '
                f"{collection.url}/ this collection: rename one of the two if that is not meant.",
            )

    def _is_collection(self, collection: CollectionPath) -> bool:
        try:
            return self._view.is_collection(collection)
        except KvputError:  # it is told when its turn comes
            return False

    def _link(
        self, prefix: str, name: str, directory: int, names: Collection[str]
    ) -> Iterator[Finding]:
        place = prefix + name
        try:
            kind = os.stat(name, dir_fd=directory).st_mode
        except OSError as error:
            if error.errno in _GONE:
                yield from _leads_nowhere(place, name, directory)
            else:
                yield unreadable(place, error)
            return
        is_like_a_file = looks_like_a_resource(name)
        if is_like_a_file and not stat.S_ISREG(kind):
            yield not_a_file(place)
            return
        if not is_like_a_file and not stat.S_ISDIR(kind):
            self.others += 1
            return
        target = self._reader.resolve(_parts(place))
        if target is None:
            yield Finding(
                Kind.LINK,
                place,
                "It is a link that leads out of the data folder, or to what is hidden in it, and "
                "is never followed: put what it leads to in its place, or remove it.",
            )
        elif not is_like_a_file:
            yield from self._inner_directory(prefix, name, names)
        elif resource_at(place) is None:
            yield wrong_file_name(prefix, name, names)
        elif not target[-1].endswith(SUFFIX):
            yield Finding(
                Kind.LINK,
                place,
                f'It is a link to "{target[-1]}", whose name does not end in {SUFFIX}, and is '
                "never followed: rename that file, and let the link lead to its new name.",
            )
        elif finding := self._linked_file(place, target):
            yield finding

    # --- one file

    def _file(self, place: str, name: str, directory: int) -> Finding | None:
        self.files += 1
        if place in self._to_recover:
            return None
        try:
            descriptor = os.open(name, _FILE_FLAGS, dir_fd=directory)
        except OSError as error:
            return None if error.errno in _GONE else unreadable(place, error)
        return self._content(place, descriptor)

    def _linked_file(self, place: str, target: tuple[str, ...]) -> Finding | None:
        self.files += 1
        # Else it is looked at under its own name.
        if resource_at("/".join(target)) is not None:
            return None
        try:
            descriptor = self._reader.open_file(_parts(place))
        except KvputError as error:
            return unreadable(place, error)
        return None if descriptor is None else self._content(place, descriptor)

    def _content(self, place: str, descriptor: int) -> Finding | None:
        """Read the file and close it; what is wrong with it."""
        finding = None
        try:
            for _ in range(_ATTEMPTS):
                before = os.fstat(descriptor)
                if not stat.S_ISREG(before.st_mode):
                    return None
                finding = self._judged(place, read_all(descriptor, before.st_size))
                # Else somebody writes into the file at this moment: it may be half of each.
                if finding is None or signature(os.fstat(descriptor)) == signature(before):
                    break
        except OSError as error:
            return unreadable(place, error)
        finally:
            os.close(descriptor)
        return finding

    def _judged(self, place: str, content: bytes) -> Finding | None:
        # Zero bytes are an empty resource.
        if not content:
            return None
        try:
            value = self._read_json(content)
        except MalformedContent as error:
            return Finding(Kind.SYNTAX, place, error.detail, error.line, error.column)
        return self._look(place, content, value)

    def _counter(self, place: str, highest: int) -> Iterator[Finding]:
        """Compare a collection's counter with the highest number in use there."""
        counter_place = _join(place, COUNTER)
        collection = collection_at(place)
        if collection is None or counter_place in self._to_recover:
            return
        try:
            counter = self._view.counter(collection)
            self._reader.status(counter_place)
        except CounterDamaged as error:
            # The sentence begins with the place.
            fault = error.detail.removeprefix(counter_place)
            yield Finding(Kind.COUNTER, counter_place, f"It{fault}")
            return
        except KvputError as error:
            yield unreadable(counter_place, error)
            return
        except OSError:
            counter = highest
        if counter < highest:
            yield Finding(
                Kind.COUNTER_BEHIND,
                counter_place,
                f"It says {counter}, and {highest} is in use: POST copes, and goes on after "
                f"{highest}; write {highest} into it, or leave it to the next POST.",
            )
        if max(counter, highest) >= HIGHEST_NUMBER:
            yield Finding(
                Kind.NUMBERS_USED_UP,
                place,
                f"{HIGHEST_NUMBER}, the last number, has been taken, so that POST has none left "
                "to give: let clients send an id of their own.",
            )


# --- findings


def _configuration(folder: Path) -> Iterator[Finding]:
    try:
        load_config(str(folder), {}, {})
    except ConfigError as error:
        yield misconfigured(folder, error)


def _leads_nowhere(place: str, name: str, directory: int) -> Iterator[Finding]:
    with suppress(OSError):  # it has vanished as well
        os.stat(name, dir_fd=directory, follow_symlinks=False)
        yield Finding(
            Kind.LINK,
            place,
            "It is a link that leads nowhere: let it lead to what it is meant for, or remove it.",
        )


# --- places


def _counts_as_expected(entry: os.DirEntry[str]) -> bool:
    return entry.name.endswith(SUFFIX) and not entry.is_dir(follow_symlinks=False)


def _has_a_meaning(entry: os.DirEntry[str]) -> bool:
    """Whether it may be a resource or a collection: not `notes.txt`, not a pipe."""
    return (
        looks_like_a_resource(entry.name)
        or entry.is_dir(follow_symlinks=False)
        or entry.is_symlink()
    )


def _parts(place: str) -> tuple[str, ...]:
    return tuple(place.split("/")) if place else ()


def _join(place: str, name: str) -> str:
    return f"{place}/{name}" if place else name

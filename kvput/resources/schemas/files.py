"""The files that a JSON Schema is made of, as one view shows them.

A schema refers to another by the place of its file (`author.json`,
`../shared/defs.json`, `/shared/defs.json` from the data folder on; `.json` may be
left out), or by the `$id` that one file has in the schema's folder or below it.
Here belongs which file is meant, and what was looked at to find it, so that a
change of it shows: for an `$id`, all files that may have it. What the files say is
not looked into, but for their `$id`.
"""

from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote, urldefrag, urljoin

from kvput.content.json_text import parse
from kvput.content.source_text import shown
from kvput.errors import MalformedContent, Unreadable
from kvput.names import SUFFIX
from kvput.paths import FOLDER_URI, CollectionPath, ResourcePath, resource_at
from kvput.store.base import Entry, View

MAX_FILES: Final = 1000
"""Files that are looked through for an `$id`: writes wait meanwhile."""

MAX_SIZE: Final = 1 << 20
"""The bytes that a file may have: as many as every store gives with its entry."""

_MAX_REMEMBERED: Final = 4096

_Digests = tuple[tuple[ResourcePath, str | None], ...]


@dataclass(frozen=True, slots=True)
class SchemaFault:
    """Why a schema cannot be used: the file at fault, and what to say after its name.

    `other` is one that is as much at fault: to change either of them would do.
    """

    path: ResourcePath
    message: str
    other: ResourcePath | None = None

    @property
    def paths(self) -> tuple[ResourcePath, ...]:
        """All files at fault."""
        return (self.path,) if self.other is None else (self.path, self.other)

    def __str__(self) -> str:
        return f"{self.path.file} {self.message}"


class SchemaUnusableError(Exception):
    """That a schema cannot be used, and why."""

    def __init__(self, path: ResourcePath, message: str, other: ResourcePath | None = None) -> None:
        """See `SchemaFault`."""
        self.fault = SchemaFault(path, message, other)
        super().__init__(str(self.fault))


@dataclass(frozen=True, slots=True)
class Seen:
    """What was looked at: each file's digest, None where there is none that can be read.

    `searched` are all files among which one was looked for by its `$id`; None where none was.
    """

    files: _Digests
    searched: _Digests | None = None

    def stands(self, view: View, schema: ResourcePath) -> bool:
        """Whether it would be the same now."""
        return all(_digest(view, path) == digest for path, digest in self.files) and (
            self.searched is None or self.searched == _digests(_around(view, schema.parent))
        )

    def parts(self, schema: ResourcePath) -> "Parts":
        """Whatever a write may change so that it would not be the same."""
        folders = () if self.searched is None else (schema.parent,)
        return Parts(frozenset(path for path, _ in self.files), frozenset(folders))


@dataclass(frozen=True, slots=True)
class Parts:
    """The files that schemas are made of, and those that would take the place of one.

    `folders` are those that are searched: in them, any file may be one of these.
    """

    files: frozenset[ResourcePath] = frozenset()
    folders: frozenset[CollectionPath] = frozenset()

    def __or__(self, other: "Parts") -> "Parts":
        return Parts(self.files | other.files, self.folders | other.folders)

    def __contains__(self, path: ResourcePath) -> bool:
        return path in self.files or any(_is_around(path, folder) for folder in self.folders)


class Identifiers:
    """The `$id` of files, by their digests: they are asked for again and again."""

    def __init__(self) -> None:
        self._known: dict[tuple[ResourcePath, str], str | None] = {}

    def of(self, entry: Entry) -> str | None:
        """The absolute `$id` of a file; None where it has none."""
        key = entry.path, entry.digest
        with suppress(KeyError):
            return self._known[key]
        if len(self._known) >= _MAX_REMEMBERED:
            self._known.clear()
        self._known[key] = identifier = _identifier(entry)
        return identifier


@dataclass(frozen=True, slots=True)
class Document:
    """A schema's file, read."""

    path: ResourcePath
    value: object


@dataclass(slots=True)
class SchemaFiles:
    """The files that the schema in `schema` is made of, read as they are asked for.

    `documents` are those that were found, by their URI.
    """

    view: View
    schema: ResourcePath
    identifiers: Identifiers
    documents: dict[str, Document] = field(default_factory=dict)
    _used: dict[ResourcePath, str | None] = field(default_factory=dict)
    _searched: _Digests | None = None
    _identified: dict[str, list[ResourcePath]] = field(default_factory=dict)

    @property
    def seen(self) -> Seen:
        """What was looked at so far."""
        return Seen(tuple(self._used.items()), self._searched)

    def document(self, uri: str, referrer: ResourcePath | None = None) -> Document:
        """The document of a URI without a fragment.

        Raises SchemaUnusableError. Where the reference leads nowhere, the file at fault is the
        `referrer`; for None, it is the schema as a whole.
        """
        if uri not in self.documents:
            path = self._find(uri, referrer or self.schema)
            self.documents[uri] = Document(path, self._read(path))
        return self.documents[uri]

    def _find(self, uri: str, referrer: ResourcePath) -> ResourcePath:
        path = _place(uri)
        if path is not None:
            self._used[path] = _digest(self.view, path)
            if self._used[path] is not None or path == self.schema:
                return path
        match self._with_identifier(uri):
            case [found]:
                return found
            case [first, second, *_]:
                # JSON Schema core, section 9.1.2: a URI identifies no more than one schema.
                raise SchemaUnusableError(
                    second,
                    f"has the $id {shown(uri)}, which {first.file} has as well: change one of them",
                    first,
                )
        if path is not None:
            raise SchemaUnusableError(
                referrer,
                f"refers to {path.file}, which is not there: write it, or correct the reference",
            )
        raise SchemaUnusableError(
            referrer,
            f"refers to {shown(uri)}, which is the $id of no file in its folder or below it, and "
            "nothing is fetched from elsewhere: put such a file there",
        )

    def _with_identifier(self, uri: str) -> list[ResourcePath]:
        """The files that have this `$id`."""
        if self._searched is None:
            around = list(_around(self.view, self.schema.parent))
            self._searched = _digests(around)
            for path, entry in around:
                identifier = None if entry is None else self.identifiers.of(entry)
                if identifier is not None:
                    self._identified.setdefault(identifier, []).append(path)
        return self._identified.get(uri, [])

    def _read(self, path: ResourcePath) -> object:
        entry = _entry(self.view, path)
        self._used[path] = None if entry is None else entry.digest
        if entry is None:
            raise SchemaUnusableError(path, "is not there: correct the name, or write the file")
        content = _content(entry)
        if content is None:
            raise SchemaUnusableError(
                path,
                "is too large for a schema, which may have 1 MiB: make it smaller, or split it",
            )
        try:
            return parse(content)
        except MalformedContent as error:
            at = "" if error.line is None else f" in line {error.line}"
            raise SchemaUnusableError(
                path, f"is no JSON{at}: {error.detail.removesuffix('.')}"
            ) from None


def _entry(view: View, path: ResourcePath) -> Entry | None:
    try:
        return view.get(path)
    except Unreadable:
        return None


def _content(entry: Entry) -> bytes | None:
    """The content of a file; None where it is too large, also where it is not written yet."""
    return entry.content if entry.size <= MAX_SIZE else None


def _digest(view: View, path: ResourcePath) -> str | None:
    entry = _entry(view, path)
    return None if entry is None else entry.digest


_Around = Iterable[tuple[ResourcePath, Entry | None]]


def _digests(around: _Around) -> _Digests:
    return tuple((path, None if entry is None else entry.digest) for path, entry in around)


def _around(view: View, folder: CollectionPath) -> _Around:
    """The files in a folder, and those below it, the nearest first; no more than MAX_FILES.

    What lies below the data folder itself are the resources: these are not among them.
    """
    folders = deque([folder])
    left = MAX_FILES
    while folders and left:
        names = view.names(folders.popleft())
        if names is not None:
            for path in names.resources[:left]:
                yield path, _entry(view, path)
            left -= len(names.resources[:left])
            folders.extend(names.collections if folder.segments else ())


def _is_around(path: ResourcePath, folder: CollectionPath) -> bool:
    """Whether a file is among those that `_around` gives, or would be."""
    around = path.parent.segments
    return around == folder.segments or (
        bool(folder.segments) and around[: len(folder.segments)] == folder.segments
    )


# --- URIs --------------------------------------------------------------------


def _place(uri: str) -> ResourcePath | None:
    """The resource whose file, or whose path, a URI names; None where it names none."""
    if not uri.startswith(FOLDER_URI):
        return None
    file = unquote(uri.removeprefix(FOLDER_URI))
    return resource_at(file if file.endswith(SUFFIX) else file + SUFFIX)


def _identifier(entry: Entry) -> str | None:
    content = _content(entry)
    try:
        document = None if content is None else parse(content)
    except MalformedContent:
        return None
    written = document.get("$id") if isinstance(document, dict) else None
    if not isinstance(written, str):
        return None
    try:
        return urldefrag(urljoin(entry.path.uri, written)).url
    except ValueError:  # no URI: it cannot be referred to
        return None

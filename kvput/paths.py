"""Request targets as values, and where each value lies below the data folder.

A resource `/articles/1` is the file `articles/1.json`, a collection
`/articles/` the directory `articles`. The mapping is total and reversible: each
allowed path has exactly one file, and a file has either exactly one path or,
where its name is not the one that `encode_segment` writes, none.

This module holds the syntax of a path and the values that come of it. How one
segment is written on disk is in `kvput.names`; whether something is stored
there is for the store, the query of a target for `kvput.query`.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from kvput.errors import InvalidPath, PathTooLong
from kvput.names import SUFFIX, decode_segment, file_name, normalised, shown

SERVER_SEGMENT: Final = "-"
"""The first segment of the server's own paths (`/-/health`)."""

FOLDER_URI: Final = "file:///"
"""The data folder in the URIs of its files, which nothing takes for places on the machine."""

MAX_PATH_BYTES: Final = 2048
"""The longest file path below the data folder: leaves half of Linux's PATH_MAX to the folder."""

# Each byte of a path may be sent as three characters ("%41"), and NFC makes no
# text shorter than a quarter. What is longer than this is too long however it decodes,
# and is told so before any work is done on it.
_MAX_SENT_CHARACTERS: Final = 12 * MAX_PATH_BYTES

_CACHED_TARGETS: Final = 16_384
# Longer paths are parsed each time: else strangers could fill the cache's memory with them.
_MAX_CACHED_CHARACTERS: Final = 512

# RFC 3986 section 3.3: pchar = unreserved / pct-encoded / sub-delims / ":" / "@".
# The unreserved ones, `quote` leaves as they are.
_PCHAR: Final = "!$&'()*+,;=:@"

_NOT_IN_A_PATH: Final = re.compile(r"[^!-~]|[#?]")
_BROKEN_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")


# --- values -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ResourcePath:
    """The path of a resource: one or more segments of decoded text in NFC.

    Raises InvalidPath for a segment that is no name and for the server's own
    first segment, PathTooLong for a file path over MAX_PATH_BYTES, ValueError
    without segments: a value of this class always has a file.
    """

    segments: tuple[str, ...]
    file: str = field(init=False, repr=False, compare=False)
    """The file, relative to the data folder and in POSIX form: `articles/1.json`."""

    def __post_init__(self) -> None:
        if not self.segments:
            raise ValueError("a resource path needs at least one segment")
        object.__setattr__(self, "file", _encode_all(self.segments) + SUFFIX)

    @property
    def name(self) -> str:
        """The last segment."""
        return self.segments[-1]

    @property
    def url(self) -> str:
        """The path as a request target: `/articles/1`; parsing it gives this path again."""
        return _url(self.segments)

    @property
    def uri(self) -> str:
        """The file as a URI, the data folder being the root: `file:///articles/1.json`.

        References between files are relative to it (RFC 3986 section 5.1).
        """
        return FOLDER_URI + quote(self.file)

    @property
    def parent(self) -> "CollectionPath":
        """The collection in which the resource is an item."""
        return _collection(self.segments[:-1])

    @property
    def beneath(self) -> "CollectionPath":
        """The collection of the same name: `/articles/1/` for `/articles/1`."""
        return CollectionPath(self.segments)


@dataclass(frozen=True, slots=True)
class CollectionPath:
    """The path of a collection: segments of decoded text in NFC, none for the root.

    Raises InvalidPath and PathTooLong as ResourcePath does: each collection but
    the root has a resource of the same name.
    """

    segments: tuple[str, ...]
    directory: str = field(init=False, repr=False, compare=False)
    """The directory, relative to the data folder and in POSIX form; the root is empty text."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "directory", _encode_all(self.segments))

    @property
    def url(self) -> str:
        """The path as a request target, without a closing slash: `/articles`; the root is `/`."""
        return _url(self.segments)

    def resource(self, name: str) -> ResourcePath:
        """The item called `name`, which is decoded text: a slash in it is part of the name.

        Raises InvalidPath when it is no name, PathTooLong when it does not fit.
        """
        return ResourcePath((*self.segments, normalised(name)))

    @property
    def as_resource(self) -> ResourcePath:
        """The resource of the same name; ValueError at the root, which has none."""
        return ResourcePath(self.segments)


# Each write asks for a path's collection several times.
_collection: Final = lru_cache(maxsize=1024)(CollectionPath)


@dataclass(frozen=True, slots=True)
class ServerPath:
    """A path of the server's own: `/-/health` is called `health`.

    The name stays percent-encoded, in its shortest form: a slash in it always
    separates, so that no encoded one can lead out of a folder of static files.
    """

    name: str


@dataclass(frozen=True, slots=True)
class Target:
    """What a request's path can name.

    `/articles` names a resource or the collection of that name, whichever
    exists; `/articles/` and `/` a collection only; `/-/health` neither.
    """

    resource: ResourcePath | None = None
    collection: CollectionPath | None = None
    own: ServerPath | None = None


# --- from the request target ------------------------------------------------


def parse_target(path: str) -> Target:
    """Read the path of a request target (RFC 3986 section 3.3), as sent and without its query.

    Each segment is percent-decoded exactly once, as UTF-8, and normalised to NFC.

    Raises InvalidPath for a path that can name nothing, PathTooLong for one that
    no store holds.
    """
    return _parse_cached(path) if len(path) <= _MAX_CACHED_CHARACTERS else _parse(path)


def _parse(path: str) -> Target:
    if not path.startswith("/"):
        raise InvalidPath(f'The path "{shown(path)}" must begin with a slash.')
    if len(path) > _MAX_SENT_CHARACTERS:
        raise _too_long()
    *sent, last = path[1:].split("/")
    names_collection = not last
    if last:
        sent.append(last)
    segments = tuple(_decode(segment) for segment in sent)
    if segments[:1] == (SERVER_SEGMENT,):
        for segment in segments:
            file_name(segment)
        ending = "/" if names_collection and len(segments) > 1 else ""
        return Target(own=ServerPath(_url(segments[1:])[1:] + ending))
    collection = CollectionPath(segments)
    if names_collection:
        return Target(collection=collection)
    return Target(resource=ResourcePath(segments), collection=collection)


_parse_cached: Final = lru_cache(maxsize=_CACHED_TARGETS)(_parse)


def _decode(sent: str) -> str:
    """A segment as sent, as text in NFC."""
    if _NOT_IN_A_PATH.search(sent):
        raise InvalidPath(
            f'The segment "{shown(sent)}" holds a character that a path cannot hold as it is:'
            " percent-encode it, as UTF-8."
        )
    if _BROKEN_ESCAPE.search(sent):
        raise InvalidPath(
            f'The segment "{shown(sent)}" holds a "%" without two hexadecimal digits:'
            ' write the percent sign itself as "%25".'
        )
    if "%" not in sent:
        return sent
    # RFC 3986 section 2.4: "Implementations must not percent-encode or decode the same
    # string more than once".
    try:
        text = unquote_to_bytes(sent).decode()
    except UnicodeDecodeError:
        raise InvalidPath(
            f'The segment "{shown(sent)}" is not UTF-8: percent-encode its text as UTF-8.'
        ) from None
    return normalised(text)


# --- to and from the disk ---------------------------------------------------


def resource_at(file: str) -> ResourcePath | None:
    """The resource whose `file` this is; None where it is no resource's."""
    if not file.endswith(SUFFIX):
        return None
    segments = _decode_all(file.removesuffix(SUFFIX))
    return ResourcePath(segments) if segments else None


def collection_at(directory: str) -> CollectionPath | None:
    """The collection whose `directory` this is; None where nothing in it has a path."""
    segments = _decode_all(directory) if directory else ()
    return None if segments is None else CollectionPath(segments)


def _encode_all(segments: tuple[str, ...]) -> str:
    """The path on disk, without a suffix, that the segments name; InvalidPath, PathTooLong."""
    if segments[:1] == (SERVER_SEGMENT,):
        raise InvalidPath(
            f'The first segment "{SERVER_SEGMENT}" is for the server itself: choose another name.'
        )
    path = "/".join(map(file_name, segments))
    if len(path.encode()) + len(SUFFIX) > MAX_PATH_BYTES:
        raise _too_long()
    return path


def _decode_all(path: str) -> tuple[str, ...] | None:
    """The segments that `_encode_all` turns into `path`; None where there are none."""
    segments: list[str] = []
    for name in path.split("/"):
        segment = decode_segment(name)
        if segment is None:
            return None
        segments.append(segment)
    fits = len(path.encode()) + len(SUFFIX) <= MAX_PATH_BYTES
    return tuple(segments) if fits and segments[0] != SERVER_SEGMENT else None


# --- helpers ----------------------------------------------------------------


@lru_cache(maxsize=4096)
def _url(segments: tuple[str, ...]) -> str:
    return "/" + "/".join(quote(segment, safe=_PCHAR) for segment in segments)


def _too_long() -> PathTooLong:
    return PathTooLong(
        f"The path makes a file path of more than {MAX_PATH_BYTES} bytes:"
        " use shorter or fewer segments."
    )

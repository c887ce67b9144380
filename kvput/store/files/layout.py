"""Every name that kvput puts on disk, and the way from a path to its place in the folder.

Text only: nothing here touches the disk. How a resource's own name becomes a
file name is a rule for all stores and stands in `kvput.names`.
"""

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Final

from kvput.config import CONFIG_FILE
from kvput.paths import CollectionPath, ResourcePath

PRIVATE: Final = ".kvput"
"""The folder's own directory: the lock, the journal and scratch. git is told to leave it alone."""
LOCK: Final = "lock"
JOURNAL: Final = "journal"
SCRATCH: Final = "scratch"
REMEMBERED: Final = "remembered"
"""In PRIVATE: what requests with a key were answered, a file for each, named by the key's hash."""
IGNORE: Final = ".gitignore"
COUNTER: Final = ".counter"
"""In a collection's directory: the highest number given, decimal, and a newline."""

__all__ = [
    "CONFIG_FILE",
    "COUNTER",
    "IGNORE",
    "JOURNAL",
    "LOCK",
    "PRIVATE",
    "REMEMBERED",
    "SCRATCH",
]


@dataclass(frozen=True, slots=True)
class Location:
    """Where a resource stands below the folder: its directories and its file's name."""

    directories: tuple[str, ...]
    file: str


def locate(path: ResourcePath) -> Location:
    """The place of a resource's file."""
    directory, _, file = path.file.rpartition("/")
    return Location(_names(directory), file)


@lru_cache(maxsize=1024)
def _names(directory: str) -> tuple[str, ...]:
    return tuple(directory.split("/")) if directory else ()


def remembered_place(key: str) -> tuple[str, ...]:
    """The names that lead to what is remembered under a key."""
    return PRIVATE, REMEMBERED, sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def directories_of(collection: CollectionPath) -> tuple[str, ...]:
    """The directory names from the folder down to the collection's own."""
    return _names(collection.directory)

"""What a failed call of the operating system means to the person who asked for it.

A table from error numbers to kvput's errors, with the sentence of each. What is
undone after a failure is for the writer.
"""

import errno
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from kvput.errors import (
    DiskFull,
    KvputError,
    NameClash,
    NameInTheWay,
    PathTooLong,
    ReadOnly,
    StoreFailed,
    Unreadable,
)

FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""The numbers of errors that say that there is no room."""


def _disk_full(error: OSError) -> KvputError:
    return DiskFull(
        f"The disk has no room for this write ({error.strerror}): free some space and try again; "
        "nothing was changed."
    )


def _read_only(error: OSError) -> KvputError:
    return ReadOnly(
        f"The data folder cannot be written to ({error.strerror}): give the server's user "
        "write permission there, or mount it for writing."
    )


def _other_file_system(error: OSError) -> KvputError:
    return ReadOnly(
        f"This part of the data folder lies on another file system ({error.strerror}), where a "
        "file cannot be replaced in one step: serve that part with a kvput of its own."
    )


def _too_long(error: OSError) -> KvputError:
    return PathTooLong(f"The disk takes no path of this length ({error.strerror}): shorten it.")


def _blocked(error: OSError) -> KvputError:
    return NameInTheWay(
        f"Something else stands where the resource would go ({error.strerror}): "
        "move it away by hand, or choose another path."
    )


_MEANINGS: Final[Mapping[int, Callable[[OSError], KvputError]]] = {
    **dict.fromkeys(FULL, _disk_full),
    **dict.fromkeys((errno.EROFS, errno.EACCES, errno.EPERM), _read_only),
    errno.EXDEV: _other_file_system,
    errno.ENAMETOOLONG: _too_long,
    **dict.fromkeys((errno.EEXIST, errno.EISDIR, errno.ENOTDIR, errno.ENOTEMPTY), _blocked),
}


def failed_write(error: OSError) -> KvputError:
    """The error that a failed call of a write becomes."""
    meaning = _MEANINGS.get(error.errno or 0)
    if meaning is not None:
        return meaning(error)
    return StoreFailed(f"The write failed ({error.strerror}) and was given up: try again later.")


def in_the_way(parts: tuple[str, ...]) -> NameInTheWay:
    """The error for a place that something other than a resource or a directory takes."""
    place = "/".join(parts)
    return NameInTheWay(
        f"{place} is no regular file or folder, or a link that leaves the data folder: "
        "move it away by hand, or choose another path."
    )


def name_clash(parts: tuple[str, ...], existing: str) -> NameClash:
    """The error for a name that the disk takes for `existing`."""
    place = "/".join(parts)
    return NameClash(
        f"This disk cannot tell {place} from {existing}, which is there already: "
        "use that name, or another one."
    )


def failed_read(parts: tuple[str, ...], error: OSError) -> KvputError:
    """The error that a failed call of a read becomes."""
    place = "/".join(parts) or "The data folder"
    if error.errno in (errno.EACCES, errno.EPERM):
        return Unreadable(
            f"{place} cannot be read ({error.strerror}): give the server's user permission there."
        )
    return StoreFailed(f"{place} could not be read ({error.strerror}): try again later.")


@contextmanager
def reading(parts: tuple[str, ...]) -> Iterator[None]:
    """Let a failed call in the block, which reads that place, be raised as `failed_read`."""
    try:
        yield
    except OSError as error:
        raise failed_read(parts, error) from error

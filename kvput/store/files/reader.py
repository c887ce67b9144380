"""How the folder is read: files and directories are opened so that nothing outside it ever is.

A path is walked from the folder's own descriptor down, one name at a time and
without following links, so that a link set up between a check and the opening
cannot lead out. Where a link is met, it is resolved; what it leads to is walked
again, if it lies in the folder and is not hidden. What was read is kept and
checked in `kvput.store.files.cache`.
"""

import errno
import os
import stat
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from kvput.names import SUFFIX, fold
from kvput.paths import SERVER_SEGMENT
from kvput.store.files.failures import failed_read

_DIRECTORY_FLAGS: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# O_NONBLOCK: opening a FIFO that somebody left in the folder must not wait for its writer.
_FILE_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
# ENXIO: a socket stands there, which is no file.
_NOT_THERE: Final = frozenset(
    {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.ENXIO}
)
_PIECE: Final = 1 << 20
_MOST_AT_ONCE: Final = 1 << 30

Signature = tuple[int, int, int, int, int]
"""mtime, ctime (nanoseconds), size, inode, device: changes whenever the file's bytes may have."""


def signature(status: os.stat_result) -> Signature:
    """The signature by which a change of the file is seen."""
    return (
        status.st_mtime_ns,
        status.st_ctime_ns,
        status.st_size,
        status.st_ino,
        status.st_dev,
    )


# The clock that stamps files on Linux ticks every 1 to 10 ms; where times are
# whole seconds (HFS+, some network file systems; FAT: two) one must wait longer.
_TICK_NS: Final = 50_000_000
_COARSE_TICK_NS: Final = 2_100_000_000


def is_settled(changed_ns: int, moment_ns: int) -> bool:
    """Whether what is said to be changed at a time was surely changed before that moment."""
    coarse = changed_ns % 1_000_000_000 == 0
    return changed_ns < moment_ns - (_COARSE_TICK_NS if coarse else _TICK_NS)


class Reader:
    """Opens what stands in the folder that stood at `root` when this was made.

    The folder stays open until the last who uses this is done with it.
    """

    def __init__(self, root: Path, *, folds_names: bool) -> None:
        self._root = os.fspath(root)
        self.descriptor = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self.close = weakref.finalize(self, os.close, self.descriptor)
        """Let go of the folder."""
        status = os.fstat(self.descriptor)
        self._identity = (status.st_ino, status.st_dev)
        self.folds_names = folds_names

    def still_stands(self) -> bool:
        """Whether the folder still is what stands at its path, and not another in its place."""
        try:
            status = os.stat(self._root)
        except OSError:
            return False
        return (status.st_ino, status.st_dev) == self._identity

    def status(self, place: str) -> os.stat_result:
        """`lstat` of a place in the folder, by its relative path. Raises OSError."""
        return os.stat(place, dir_fd=self.descriptor, follow_symlinks=False)

    def is_nothing(self, place: str) -> bool:
        """Whether nothing stands in a place, by one call; False where that does not tell."""
        try:
            self.status(place)
        except FileNotFoundError:
            return True
        except OSError:
            pass
        return False

    @contextmanager
    def directory(self, parts: tuple[str, ...]) -> Iterator[int | None]:
        """The directory's descriptor while the block runs; None when there is none inside."""
        descriptor = self._open(parts, _DIRECTORY_FLAGS)
        try:
            yield descriptor
        finally:
            if descriptor is not None:
                os.close(descriptor)

    def open_file(self, parts: tuple[str, ...]) -> int | None:
        """A descriptor of the regular file, for reading; None when there is none inside."""
        descriptor = self._open(parts, _FILE_FLAGS)
        if descriptor is not None and not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            return None
        return descriptor

    def resolve(self, parts: tuple[str, ...]) -> tuple[str, ...] | None:
        """The place with its links resolved; None when that is outside, hidden or nothing."""
        # Looked up each time: the folder above this one may have been moved as well.
        root = os.path.realpath(self._root)
        try:
            real = os.path.realpath("/".join((root, *parts)), strict=True)
        except OSError:
            return None
        if real == root:
            return ()
        beneath = root.rstrip("/") + "/"
        if not real.startswith(beneath):
            return None
        resolved = tuple(real.removeprefix(beneath).split("/"))
        # What has no path of its own gets none by a link: hidden names, and the server's segment.
        hidden = resolved[0] == SERVER_SEGMENT or any(part.startswith(".") for part in resolved)
        return None if hidden else resolved

    def clashing_name(self, directory: int, name: str) -> str | None:
        """The name under which a folding disk keeps what `name` opens, where it differs."""
        if not self.folds_names:
            return None
        folded = fold(name)
        names = [other for other in os.listdir(directory) if fold(other) == folded]
        return next(iter(names), None) if name not in names else None

    def _open(self, parts: tuple[str, ...], flags: int) -> int | None:
        try:
            return self._walk(parts, flags)
        except OSError as error:
            if error.errno not in _NOT_THERE:
                raise failed_read(parts, error) from error
            # A link gives ELOOP, or ENOTDIR where a directory is asked for.
            if error.errno not in (errno.ELOOP, errno.ENOTDIR):
                return None
        resolved = self.resolve(parts)
        if resolved is None or resolved == parts:
            return None
        # A link makes no resource of a file that is none (`kvput.toml`).
        if flags == _FILE_FLAGS and not (resolved and resolved[-1].endswith(SUFFIX)):
            return None
        try:
            return self._walk(resolved, flags)
        except OSError as error:
            if error.errno in _NOT_THERE:
                return None
            raise failed_read(parts, error) from error

    def _walk(self, parts: tuple[str, ...], flags: int) -> int:
        if not parts:
            return os.dup(self.descriptor)
        descriptor = self.descriptor
        try:
            for depth, name in enumerate(parts, start=1):
                below = os.open(
                    name, flags if depth == len(parts) else _DIRECTORY_FLAGS, dir_fd=descriptor
                )
                parent, descriptor = descriptor, below
                try:
                    if self.clashing_name(parent, name) is not None:
                        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)
                finally:
                    if parent != self.descriptor:
                        os.close(parent)
        except BaseException:
            if descriptor != self.descriptor:
                os.close(descriptor)
            raise
        return descriptor


def read_all(descriptor: int, size: int) -> bytes:
    """The file's bytes from its start; `size` is what fstat said, the truth may differ."""
    # A regular file gives fewer bytes than asked for only at its end, or beyond 2 GiB.
    piece = os.pread(descriptor, size + 1, 0)
    if len(piece) <= size < _MOST_AT_ONCE:
        return piece
    pieces = [piece]
    offset = len(piece)
    while piece := os.pread(descriptor, _PIECE, offset):
        pieces.append(piece)
        offset += len(piece)
    return b"".join(pieces)


def read_pieces(descriptor: int) -> Iterator[bytes]:
    """The file's bytes from its start, in pieces."""
    offset = 0
    while piece := os.pread(descriptor, _PIECE, offset):
        yield piece
        offset += len(piece)

"""A file that a command writes as a whole: it holds what it held before, or all of the new."""

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

from kvput.cli.output import OutputError, shown

_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_PERMISSIONS: Final = 0o666
"""Of a new file, as far as the umask lets it."""


def write_file(path: Path, content: bytes) -> None:
    """Write the file, which takes its place when it is whole. Raises OutputError.

    A link keeps its place, and the file that it leads to is replaced. What is no
    file (`/dev/stdout`, a pipe) is written into.
    """
    try:
        place = Path(os.path.realpath(path))
        mode = _mode(place)
        if mode is not None and not stat.S_ISREG(mode):
            path.write_bytes(content)
        else:
            _replace(place, content, mode)
    except OSError as error:
        raise OutputError(f"{shown(str(path))}: cannot be written: {error.strerror}.") from error


def _mode(place: Path) -> int | None:
    try:
        return place.stat().st_mode
    except FileNotFoundError:
        return None


def _replace(place: Path, content: bytes, mode: int | None) -> None:
    temporary = place.with_name(f".kvput-{secrets.token_hex(8)}")
    descriptor = os.open(temporary, _NEW, _PERMISSIONS)
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123  # it is open already
            if mode is not None:
                os.fchmod(descriptor, stat.S_IMODE(mode))
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        temporary.replace(place)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise

"""Printing what the disk holds, names in any bytes among it, to an output that may fail."""

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

import click

from kvput.cli.printable import printable
from kvput.errors import KvputError


class OutputError(KvputError):
    """Nothing more can be written to standard output."""


def say(text: str) -> None:
    """Print a line. Raises OutputError, and BrokenPipeError when nobody reads on."""
    with writing():
        click.echo(encodable(text))


@contextmanager
def writing() -> Iterator[None]:
    """Let what fails in the block, which prints, be raised as OutputError.

    A pipe whose reader has gone is left to click, which ends the command quietly.
    """
    try:
        yield
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise
        raise OutputError(f"The output cannot be written: {error.strerror}.") from error


def is_on_terminal() -> bool:
    """Whether a terminal shows the output. There may be none at all (`>&-`)."""
    stream: TextIO | None = sys.stdout
    return stream is not None and stream.isatty()


def encodable(text: str) -> str:
    """The text with an escape for each character that the output's encoding does not have."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def unicode(text: str) -> str:
    r"""Text with names of files in it, as Unicode: a byte that is not UTF-8 becomes `\xff`."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def shown(text: str) -> str:
    """Text with names of files in it, fit for a terminal."""
    return printable(unicode(text))


def counted(number: int, what: str) -> str:
    """`1 file`, `1,204 files`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"

"""The command `kvput`: reads the command line, and says each failure in one line."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NoReturn

import click

from kvput import __version__
from kvput.cli.check import INTERRUPTED, check
from kvput.cli.fixing import fix
from kvput.cli.journal import journal
from kvput.cli.printable import printable
from kvput.cli.serve import serve
from kvput.cli.types import types
from kvput.config import OPTIONS, Option, data_folder, load_config
from kvput.errors import ConfigError, KvputError

_USAGE_ERROR: Final = 2
_FAILURE: Final = 1


def _flag(option: Option) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    default = "" if option.shown_default is None else f" [default: {option.shown_default}]"
    if option.is_switch:
        text = f"{option.help} ({option.variable})"
        return click.option(option.flag, option.name, is_flag=True, default=None, help=text)
    return click.option(
        option.flag,
        option.name,
        metavar=option.metavar,
        multiple=option.repeatable,
        help=f"{option.help}{default} ({option.variable})",
    )


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="kvput %(version)s")
def command() -> None:
    """A folder of JSON files is an HTTP API."""


def _serve(data: str | None, **flags: object) -> None:
    """Serve the JSON files in the folder DATA over HTTP.

    DATA is `data` where neither it nor KVPUT_DATA is given. Each option can also
    be set by the variable named beside it, or in DATA/kvput.toml; flags come
    before variables, variables before the file.
    """
    given = {name: value for name, value in flags.items() if value not in (None, ())}
    serve(load_config(data, given, os.environ))


for _option in reversed(OPTIONS):
    _serve = _flag(_option)(_serve)
command.command("serve")(click.argument("data", required=False)(_serve))


@command.command("check")
@click.argument("data", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, for programs.")
@click.option(
    "--journal", "of_journal", is_flag=True, help="Print the records of the journal instead."
)
@click.option(
    "--fix",
    "fixes",
    is_flag=True,
    help="First repair the links that do not agree, in one commit. "
    "On a terminal it asks before; where standard input is none, it repairs without asking.",
)
@click.option("--yes", "is_confirmed", is_flag=True, help="With --fix: do not ask before.")
def _check(
    data: str | None, *, as_json: bool, of_journal: bool, fixes: bool, is_confirmed: bool
) -> NoReturn:
    """Say what is wrong with the folder DATA: its files, their names, its journal.

    What DATA/kvput.toml declares is looked at as well: links, schemas, unique members.
    DATA is `data` where neither it nor KVPUT_DATA is given. Without --fix nothing is
    changed, and the folder may be served meanwhile. The exit code is 1 when something
    is wrong, 2 when the folder cannot be checked.
    """
    _require_fitting(of_journal=of_journal, fixes=fixes, as_json=as_json, is_confirmed=is_confirmed)
    with _looking():
        folder = data_folder(data, os.environ)
        if fixes:
            sys.exit(fix(folder, as_json=as_json, is_confirmed=is_confirmed))
        sys.exit((journal if of_journal else check)(folder, as_json=as_json))


def _require_fitting(*, of_journal: bool, fixes: bool, as_json: bool, is_confirmed: bool) -> None:
    """Raise UsageError for options of a check that mean nothing together."""
    if fixes and of_journal:
        raise click.UsageError("--fix and --journal do not go together: leave one out.")
    if fixes and as_json and not is_confirmed:
        raise click.UsageError("--fix with --json cannot ask: add --yes.")
    if is_confirmed and not fixes:
        raise click.UsageError("--yes is for --fix: add that, or leave it out.")


@command.command("types")
@click.argument("data", required=False)
@click.option("-o", "output", metavar="FILE", help="Write to this file instead of standard output.")
@click.option("--json-schema", "as_json_schema", is_flag=True, help="Print JSON Schemas instead.")
def _types(data: str | None, *, output: str | None, as_json_schema: bool) -> None:
    """Print what the resources in the folder DATA look like, as types of TypeScript.

    DATA is `data` where neither it nor KVPUT_DATA is given. Where DATA/kvput.toml
    declares a schema for a collection, that one counts, else what is stored. Nothing
    is changed; the folder may be served meanwhile. The exit code is 2 when the
    folder cannot be read or the output not be written.
    """
    with _looking():
        folder = data_folder(data, os.environ)
        types(
            folder, output=None if output is None else Path(output), as_json_schema=as_json_schema
        )


@contextmanager
def _looking() -> Iterator[None]:
    """Let a command that only looks at a folder end as it should, whatever is raised in it."""
    try:
        yield
    except KeyboardInterrupt:
        # Not 1, by which a check says that something is wrong with the folder.
        _fail("stopped.", INTERRUPTED)
    except KvputError as error:
        # Nor 1 for a folder that cannot be read, or an output that takes nothing.
        _fail(error.detail, _USAGE_ERROR)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command and exit: 0 when all went well, 2 for wrong usage, 1 for other failures.

    Commands that only look at a folder differ: 2 says that they could not, and a check
    ends with 1 when it has found a problem.
    """
    _open_standard_streams()
    try:
        command.main(arguments, prog_name="kvput", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(_USAGE_ERROR)
    except click.UsageError as error:
        page = "kvput" if error.ctx is None else error.ctx.command_path
        _fail(f"{_with_hint(error.format_message(), page)} --help", _USAGE_ERROR)
    except click.ClickException as error:
        _fail(error.format_message(), _USAGE_ERROR)
    except click.Abort:
        _fail("stopped.", INTERRUPTED)
    except ConfigError as error:
        _fail(error.detail, _USAGE_ERROR)
    except KvputError as error:
        _fail(error.detail, _FAILURE)
    sys.exit(0)


def _open_standard_streams() -> None:
    """Give what was started without standard streams (`>&-`) empty ones.

    Else the first file or socket that is opened would have the number of one of
    them, and the event loop, which knows that this cannot be, would abort.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def _with_hint(sentence: str, page: str) -> str:
    """The sentence, and where to read on; a question (`Did you mean ...?`) stays one."""
    if sentence.endswith("?"):
        return f"{sentence} See {page}"
    return f"{sentence.rstrip('.')}; see {page}"


def _fail(sentence: str, code: int) -> NoReturn:
    click.echo(f"kvput: {printable(' '.join(sentence.split()))}", err=True)
    sys.exit(code)

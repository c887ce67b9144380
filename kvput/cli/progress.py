"""Long work on a terminal: a bar, and the findings of `kvput check` in colour above it.

Imported only there. The bar is drawn by a thread of its own, a few times a
second, from the numbers that the work keeps: the work itself is not slowed.
"""

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Final, Protocol

from rich.console import Console, RenderableType
from rich.live import Live
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from kvput.cli.declared_findings import all_findings
from kvput.cli.findings import Counts, left_out, summary, what, where
from kvput.cli.output import encodable, writing
from kvput.store import Finding, FolderCheck

_FRAMES_PER_SECOND: Final = 10


def show(checking: FolderCheck) -> Counts:
    """Run the check and show what it finds. Raises OutputError."""
    console = Console(highlight=False, soft_wrap=True)
    counts = Counts()
    with writing():
        with _bar(console, "Checking", checking):
            for finding in all_findings(checking):
                counts.add(finding)
                if counts.shows(finding):
                    console.print(_line(checking.folder, finding), soft_wrap=True)
        for line in left_out(counts):
            console.print(Text(line, "yellow"), soft_wrap=True)
        style = "bold red" if counts.problems else "bold green"
        console.print(Text(encodable(summary(checking, counts)), style), soft_wrap=True)
    return counts


def _line(folder: Path, finding: Finding) -> Text:
    return Text.assemble(
        (encodable(where(folder, finding)), "bold"),
        (": ", "dim"),
        (encodable(what(finding)), "red" if finding.is_problem else "yellow"),
    )


class Work(Protocol):
    """Work on files: so many are done, of so many as soon as that is known."""

    done: int
    expected: int | None


def bar_on_standard_error(what: str, work: Work) -> AbstractContextManager[object]:
    """A bar while the block runs, on standard error, since the work prints to standard output."""
    return _bar(Console(stderr=True), what, work)


def _bar(console: Console, what: str, work: Work) -> AbstractContextManager[object]:
    """The bar, drawn while the block runs; none where the cursor cannot be moved."""
    if not console.is_terminal or console.is_dumb_terminal:
        return nullcontext()
    progress = Progress(
        TextColumn(what),
        BarColumn(),
        _Files(),
        _Rate(),
        TimeRemainingColumn(),
        console=console,
        auto_refresh=False,
    )
    task = progress.add_task("", total=None)

    def render() -> RenderableType:
        progress.update(task, completed=work.done, total=work.expected)
        return progress.get_renderable()

    return Live(
        console=console,
        get_renderable=render,
        refresh_per_second=_FRAMES_PER_SECOND,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )


class _Files(ProgressColumn):
    """How many files of how many."""

    def render(self, task: Task) -> Text:
        total = "" if task.total is None else f" of {task.total:,.0f}"
        return Text(f"{task.completed:,.0f}{total} files")


class _Rate(ProgressColumn):
    """Files in a second."""

    def render(self, task: Task) -> Text:
        return Text("" if task.speed is None else f"{task.speed:,.0f}/s", "dim")

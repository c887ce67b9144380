"""`kvput check --fix` from outside: what it says, what it does, and what it leaves alone."""

import asyncio
import json
import os
import pty
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import Protocol

import pytest

from kvput.cli import main
from kvput.content.json_text import parse
from kvput.declared import declarations_of
from kvput.resources.relations.audit import LinkAudit, LinkFault
from tests.cli.test_declared_findings import write
from tests.serving import ServerProcess, run_kvput
from tests.store.files.mounts import as_nobody, open_place
from tests.store.tools import list_of, opened, snapshot

DECLARED = """\
[collections.articles.relations.author]
to = "authors"
inverse = "articles"
"""
SHOWN = """\
{data}/articles/3.json: --fix sets "author" to null instead of 9.
{data}/authors/1.json: --fix takes 7 out of "articles", and puts 2 into "articles".
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with links that do not agree, in two files."""
    folder = tmp_path / "data"
    fill(folder)
    return folder


def fill(folder: Path) -> None:
    """Write them."""
    write(folder, "kvput.toml", DECLARED)
    write(folder, "articles/1.json", '{"author": 1}')
    write(folder, "articles/2.json", '{"author": 1}')
    write(folder, "articles/3.json", '{"x": 1.50, "author": 9}')
    write(folder, "authors/1.json", '{"articles": [1, 7]}\n')


class Fix(Protocol):
    """Runs `kvput check --fix` in this process: exit code, standard output, standard error."""

    def __call__(self, data: Path, *options: str) -> tuple[int, str, str]: ...


@pytest.fixture
def fix(capsys: pytest.CaptureFixture[str]) -> Fix:
    """As `run_kvput` does, in a tenth of the time."""

    def run(data: Path, *options: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as exit_info:
            main(["check", *(options or ("--fix",)), str(data)])
        said = capsys.readouterr()
        assert isinstance(exit_info.value.code, int)
        return exit_info.value.code, said.out, said.err

    return run


def test_it_says_what_it_does_and_does_it(data: Path) -> None:
    """Line by line; then what is left, which is nothing, and a second time there is nothing."""
    ended = run_kvput("check", "--fix", str(data))
    assert ended.stderr == ""
    assert ended.stdout == (
        SHOWN.format(data=data) + "Repaired 2 files in one commit.\n4 files, nothing wrong.\n"
    )
    assert ended.returncode == 0
    assert (data / "articles" / "3.json").read_text() == '{"x": 1.50, "author": null}'
    assert (data / "authors" / "1.json").read_text() == '{"articles": [1, 2]}\n'
    before = snapshot(data)
    again = run_kvput("check", "--fix", str(data))
    assert (again.returncode, again.stdout) == (0, "4 files, nothing wrong.\n")
    assert snapshot(data) == before


def test_what_is_left_is_told(data: Path, fix: Fix) -> None:
    """What only a person can repair makes the exit code 1; what was done is done."""
    write(data, "articles/4.json", '{"author": [1]}')
    write(data, "articles/5.json", "{")
    code, out, errors = fix(data, "--fix", "--yes")
    assert (code, errors) == (1, "")
    lines = out.splitlines()
    assert lines[2] == "Repaired 2 files in one commit."
    assert lines[3].startswith(f"{data}/articles/5.json:1:2: ")
    assert lines[4].startswith(f'{data}/articles/4.json:1:2: The member "author" holds what is no')
    assert lines[5:] == ["6 files, 2 problems."]


@pytest.mark.parametrize("text", ["", "port = 9000", "[collections.articles]\nunique = ['x']"])
def test_no_relation_is_nothing_to_repair(text: str, data: Path, fix: Fix) -> None:
    """It is a check then."""
    write(data, "kvput.toml", text)
    assert fix(data) == (0, "4 files, nothing wrong.\n", "")


def test_options_of_the_server_that_are_wrong_do_not_matter(data: Path, fix: Fix) -> None:
    """What is declared is what counts here; the rest is told as always."""
    write(data, "kvput.toml", f"port = 1e9\n{DECLARED}")
    code, out, _ = fix(data)
    assert code == 1
    assert "Repaired 2 files in one commit." in out
    assert out.endswith("4 files, 1 problem.\n")


def test_programs_are_told_what_was_done(data: Path, fix: Fix) -> None:
    """In the same document, and nothing beside it."""
    code, out, errors = fix(data, "--fix", "--json", "--yes")
    assert (code, errors) == (0, "")
    document = json.loads(out)
    assert document["repairs"] == [
        {"place": "articles/3.json", "message": 'sets "author" to null instead of 9.'},
        {
            "place": "authors/1.json",
            "message": 'takes 7 out of "articles", and puts 2 into "articles".',
        },
    ]
    assert document["problems"] == 0
    assert json.loads(fix(data, "--fix", "--json", "--yes")[1])["repairs"] == []


def test_large_resources_are_repaired_as_well(data: Path, fix: Fix) -> None:
    """They are read before the commit."""
    text = '{"articles": [1, 7], "text": "%s"}' % ("x" * 2**21)
    write(data, "authors/1.json", text)
    assert fix(data)[0] == 0
    assert (data / "authors" / "1.json").read_text() == text.replace("[1, 7]", "[1, 2]")


# --- what it does not do


def test_a_folder_that_is_served_is_left_alone(data: Path) -> None:
    """One line says which process to stop."""
    with ServerProcess(data) as server:
        before = snapshot(data)
        ended = run_kvput("check", "--fix", str(data))
        assert (ended.returncode, ended.stdout) == (2, "")
        assert ended.stderr == (
            f"kvput: {data}: is served by kvput (process {server.pid}), and nothing can be "
            "repaired meanwhile: stop that one first.\n"
        )
        assert snapshot(data) == before


@pytest.mark.parametrize("text", ["[collections", "[collections.a]\nb = 1"])
def test_a_file_of_declarations_that_does_not_load_ends_it(text: str, data: Path, fix: Fix) -> None:
    """One line with its place; nothing is repaired by half of what is declared."""
    write(data, "kvput.toml", text)
    before = snapshot(data)
    code, out, errors = fix(data)
    assert (code, out) == (2, "")
    assert errors.startswith(f"kvput: {data}/kvput.toml:")
    assert errors.count("\n") == 1
    assert snapshot(data) == before


def test_a_folder_that_may_not_be_written_to_is_told(fix: Fix) -> None:
    """In one line; where there is nothing to repair, there is nothing to tell."""
    with open_place() as data:
        fill(data)
        with as_nobody():
            code, out, errors = fix(data)
        assert (code, out) == (2, "")
        assert errors.startswith(
            f"kvput: {data}: cannot be repaired, because it cannot be written to: "
        )
        assert errors.count("\n") == 1
        write(data, "articles/3.json", "{}")
        write(data, "authors/1.json", '{"articles": [1, 2]}')
        with as_nobody():
            assert fix(data) == (0, "4 files, nothing wrong.\n", "")


WRONG_USAGE = [
    ("--fix", "--journal"),
    ("--fix", "--json"),
    ("--yes",),
    ("--yes", "--json"),
]


@pytest.mark.parametrize("options", WRONG_USAGE)
def test_options_that_do_not_go_together(options: tuple[str, ...], data: Path, fix: Fix) -> None:
    """One line, exit code 2, and nothing done."""
    before = snapshot(data)
    code, out, errors = fix(data, *options)
    assert (code, out, errors.count("\n")) == (2, "", 1)
    assert snapshot(data) == before


def on_terminal(data: Path, answer: bytes) -> tuple[int, str]:
    """The exit code and output of a repair in a terminal where somebody answers so."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "kvput", "check", "--fix", str(data)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "dumb", "COLUMNS": "200"},
        start_new_session=True,
    )
    os.close(theirs)
    pieces = b""
    answered = False
    try:
        while True:
            if not select.select([ours], [], [], 1)[0]:
                # A signal in the moment before Python waits for a line is seen with the next one.
                if answered and not answer:
                    process.send_signal(signal.SIGINT)
                continue
            piece = os.read(ours, 65536)
            if not piece:
                break
            pieces += piece
            if b"[y/N]" in pieces and not answered:
                answered = True
                if answer:
                    os.write(ours, answer)
                else:
                    process.send_signal(signal.SIGINT)
    except OSError:  # so Linux says that the last writer has gone
        pass
    finally:
        os.close(ours)
        if not answered:
            process.kill()
            process.wait()
    assert answered
    return process.wait(timeout=20), pieces.decode().replace("\r\n", "\n")


def test_a_terminal_is_asked_and_may_agree(data: Path) -> None:
    """After it was shown what would be done."""
    code, out = on_terminal(data, b"y\n")
    assert code == 0
    assert out.startswith(SHOWN.format(data=data) + "Change 2 files? [y/N]: ")
    assert "Repaired 2 files in one commit." in out


@pytest.mark.parametrize(("answer", "code", "end"), [
    (b"n\n", 1, "Nothing was changed.\n"),
    (b"\n", 1, "Nothing was changed.\n"),
    (b"\x04", 130, "kvput: stopped.\n"),
    (b"", 130, "kvput: stopped.\n"),
])  # fmt: skip
def test_a_terminal_is_asked_and_may_refuse(answer: bytes, code: int, end: str, data: Path) -> None:
    """By an answer, by none, by Ctrl+D and by Ctrl+C."""
    before = snapshot(data)
    ended, out = on_terminal(data, answer)
    assert ended == code
    assert out.endswith(end)
    assert snapshot(data) == before


def test_an_output_that_takes_nothing_stops_it_before(data: Path) -> None:
    """Nothing is done of which nobody was told."""
    before = snapshot(data)
    with open("/dev/full", "w") as full:  # noqa: PTH123  # a device
        ended = subprocess.run(
            [sys.executable, "-m", "kvput", "check", "--fix", str(data)],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert ended.returncode == 2
    assert ended.stderr == "kvput: The output cannot be written: No space left on device.\n"
    assert snapshot(data) == before


# --- killed in the middle

MANY = 40
KILLED = """\
import os, signal, sys
from kvput.cli import main
from kvput.store.files import journal, publishing

place, count = sys.argv[1].rpartition(".")[::2]
owners = {"publish": publishing.Publisher, "sync": journal.Journal}
owner, name = owners[place], place
real, left = getattr(owner, name), int(count)

def killing(*arguments):
    global left
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    left -= 1
    return real(*arguments)

setattr(owner, name, killing)
main(["check", "--fix", "--yes", *sys.argv[2:]])
"""


async def faults_in(data: Path) -> tuple[LinkFault, ...]:
    """What is wrong with the folder's links once its next start has recovered it."""
    audit = LinkAudit(declarations_of(data))
    async with opened(data) as store:
        for url in ("/articles/", "/authors/"):
            for entry in await list_of(store, url) or ():
                audit.add(entry.path, parse(entry.content or b"{}"))
    return audit.judge().faults


@pytest.mark.parametrize(
    ("moment", "left"),
    [
        # Before the journal is synced, the kernel may still write what is in it.
        ("sync.0", {0, MANY}),
        ("publish.0", {0}),
        ("publish.17", {0}),
        (f"publish.{MANY - 1}", {0}),
    ],
)
def test_a_repair_that_is_killed_is_done_as_a_whole_or_not_at_all(
    moment: str, left: set[int], tmp_path: Path
) -> None:
    """With SIGKILL, at whichever moment: the next start makes it whole."""
    write(tmp_path, "kvput.toml", DECLARED)
    for number in range(1, MANY + 1):
        write(tmp_path, f"articles/{number}.json", json.dumps({"author": number}))
        write(tmp_path, f"authors/{number}.json", "{}")
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, moment, str(tmp_path)], capture_output=True, check=False
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert len(asyncio.run(faults_in(tmp_path))) in left

"""The README's tour: every command in it runs, in order, and prints what is printed there."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.serving import Address, ServerProcess

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")

_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HERE_DOCUMENT = re.compile(r".* <<'(\w+)'\n(?s:.*?)\n\1\n")
_DATABASE = """\
{
  "posts": [{"id": 1, "title": "Hello"}, {"id": "x7f2", "title": "Again"}],
  "profile": {"name": "Ada"}
}
"""
"""The `db.json` that the README's reader is taken to have."""
_OLDEST_CURL = (7, 82)
"""The first version with --json."""


@dataclass(frozen=True, slots=True)
class Command:
    """A line after a dollar sign, with its here-document if it has one, and what it prints."""

    line: str
    printed: str


def console_commands(text: str) -> list[Command]:
    """The commands of all ```console blocks in a Markdown text, in their order."""
    commands = []
    for block in _BLOCK.finditer(text):
        before, *rest = re.split(r"^\$ ", block[1], flags=re.MULTILINE)
        assert not before, f"a block begins with output: {before!r}"
        for command in rest:
            here = _HERE_DOCUMENT.match(command)
            end = here.end() if here else command.index("\n") + 1
            commands.append(Command(command[:end].removesuffix("\n"), command[end:]))
    return commands


def run(command: Command, folder: Path, address: Address) -> str:
    """What the command prints, as a terminal would show it, with a line break at the end."""
    line = command.line.replace("localhost:8080", f"{address.host}:{address.port}")
    result = subprocess.run(
        ["sh", "-c", line],
        cwd=folder,
        # Neither the user's .curlrc nor a proxy has a say.
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C", "NO_PROXY": "*"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=30,
        check=False,
    )
    shown = result.stdout.decode().replace("\r", "")
    return shown if not shown or shown.endswith("\n") else shown + "\n"


def why_curl_cannot() -> str | None:
    """Why the commands cannot be run here; None when they can."""
    curl = shutil.which("curl")
    if curl is None:
        return "curl is not installed"
    said = subprocess.run([curl, "--version"], capture_output=True, text=True, check=True).stdout
    match = re.match(r"curl (\d+)\.(\d+)", said)
    if match is None or (int(match[1]), int(match[2])) < _OLDEST_CURL:
        return f"this curl has no --json, which came with 7.82: {said.splitlines()[0]}"
    return None


@pytest.fixture
def tour(tmp_path: Path) -> Iterator[tuple[Path, Address]]:
    """A folder with a `db.json`, and the sample content in `data` with a server over it."""
    reason = why_curl_cannot()
    if reason is not None:
        pytest.skip(reason)
    shutil.copytree(ROOT / "data", tmp_path / "data", ignore=shutil.ignore_patterns(".kvput"))
    (tmp_path / "db.json").write_text(_DATABASE, "utf-8")
    with ServerProcess(tmp_path / "data") as server:
        assert server.address is not None
        yield tmp_path, server.address


def test_every_command_prints_what_the_readme_shows(tour: tuple[Path, Address]) -> None:
    """The tour is true, from the first command to the last."""
    folder, address = tour
    commands = console_commands(README)
    assert len(commands) >= 30
    differences = [
        f"$ {command.line}\n--- the README shows\n{command.printed}--- it prints\n{printed}"
        for command in commands
        if (printed := run(command, folder, address)) != command.printed
    ]
    assert not differences, "\n".join(differences)


def test_wrong_line_is_noticed(tour: tuple[Path, Address]) -> None:
    """The comparison can fail: neither a changed line nor a missing one passes."""
    folder, address = tour
    text = (
        "```console\n$ echo one && printf two\none\ntwo\n$ curl -s localhost:8080/-/health\n```\n"
    )
    said, silent = console_commands(text)
    assert run(said, folder, address) == said.printed == "one\ntwo\n"
    assert silent.printed == ""
    assert run(silent, folder, address) == '{"status":"ok"}\n'


def test_here_document_is_a_part_of_its_command(tour: tuple[Path, Address]) -> None:
    """What stands between the two marks is fed to the command, and is not what it prints."""
    folder, address = tour
    first, second = console_commands(
        "```console\n$ tr a-z A-Z <<'END'\none\n\n$HOME\nEND\nONE\n\n$HOME\n$ echo\n\n```\n"
    )
    assert first.printed == run(first, folder, address) == "ONE\n\n$HOME\n"
    assert second.line == "echo"


def test_split_database_is_served_as_it_was(tour: tuple[Path, Address]) -> None:
    """After the lines for those who come from json-server, every address gives what it gave."""
    folder, address = tour
    (split,) = [command for command in console_commands(README) if "db.json data2" in command.line]
    assert run(split, folder, address) == ""
    with ServerProcess(folder / "data2") as server:
        answers = {
            target: server.request("GET", target).json()
            for target in ("/posts", "/posts/1", "/posts/x7f2", "/profile")
        }
    database = json.loads(_DATABASE)
    assert answers == {
        "/posts": database["posts"],
        "/posts/1": database["posts"][0],
        "/posts/x7f2": database["posts"][1],
        "/profile": database["profile"],
    }


def test_log_names_a_broken_file_as_the_readme_shows(tmp_path: Path) -> None:
    """The line that the README shows is what the server says of that file."""
    (file,) = [c for c in console_commands(README) if c.line.endswith("> data/tools/rasp.json")]
    (tmp_path / "data" / "tools").mkdir(parents=True)
    with ServerProcess(tmp_path / "data") as server:
        assert server.address is not None
        run(file, tmp_path, server.address)
        assert server.request("GET", "/tools").json() == []
        _, said = server.stop()
    (shown,) = re.findall(r"^```text\n(tools/rasp\.json:.*\n)```$", README, re.MULTILINE)
    assert said.endswith(shown)


def test_tour_touches_no_file_but_the_sample_content() -> None:
    """What the tour reads and writes by hand lies in `data/`, but for what is split off a copy."""
    targets = [
        target
        for command in console_commands(README)
        for target in re.findall(r"(?:>|\brm|\bcat(?! *>)) +([^\s|&]+)", command.line)
    ]
    assert targets
    assert all(target.startswith(("data/", "data2/")) or target == "db.json" for target in targets)

"""How the program is called, for advice that can be copied to a shell."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from kvput.cli.program import program

SCRIPT = """\
#!{python}
from kvput.cli.program import program
print(program())
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """A script of the program's name, in a folder whose name a shell would split."""
    folder = tmp_path / "my bin"
    folder.mkdir()
    file = folder / "kvput"
    file.write_text(SCRIPT.format(python=sys.executable))
    file.chmod(0o755)
    return file


def said(command: str, script: Path, path: str = "") -> str:
    """What the script says of itself when a shell runs this command, in the folder above it."""
    search = os.pathsep.join(filter(None, (path, os.environ["PATH"])))
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=script.parents[1],
        env={**os.environ, "PATH": search, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.removesuffix("\n")


def test_what_a_shell_finds_by_its_name_is_called_so(script: Path) -> None:
    """The path behind the name says nothing to whoever wrote the name."""
    assert said("kvput", script, str(script.parent)) == "kvput"


def test_what_is_called_by_a_path_is_called_so_again(script: Path) -> None:
    """As it was written, also beside another one that has the name; quoted for a shell."""
    for path in ("", "/usr/bin"):
        assert said("'my bin/kvput'", script, path) == "'my bin/kvput'"


def test_what_is_run_as_a_module_is_called_so_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the Python that runs it."""
    monkeypatch.setattr(sys, "argv", ["/somewhere/kvput/__main__.py", "serve"])
    assert program() == f"{shlex.quote(sys.executable)} -m kvput"

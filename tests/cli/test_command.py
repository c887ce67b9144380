import json
import logging
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from kvput import __version__
from kvput.cli import main
from kvput.cli.printable import printable
from kvput.config import OPTIONS
from tests.serving import ServerProcess, run_kvput

AS_NOBODY = (
    "import os, sys; from kvput.cli import main; os.geteuid() or os.setuid(65534); "
    "main(sys.argv[1:])"
)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def sentence(self) -> str:
        """The sentence after `kvput: `; fails unless that is one line and all there is."""
        assert self.out == ""
        line = re.fullmatch(r"kvput: ([^\n]+)\n", self.err)
        assert line, self.err
        return line[1]


class Kvput(Protocol):
    """Runs the command, in this process."""

    def __call__(self, *arguments: str) -> Ended: ...


@pytest.fixture
def kvput(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Kvput]:
    monkeypatch.chdir(tmp_path)
    root = logging.getLogger()
    handlers = list(root.handlers)

    def run(*arguments: str) -> Ended:
        with pytest.raises(SystemExit) as exit_info:
            main(arguments)
        said = capsys.readouterr()
        assert isinstance(exit_info.value.code, int)
        return Ended(exit_info.value.code, said.out, said.err)

    yield run
    root.handlers[:] = handlers


# --- wrong usage and configuration: exit code 2

# arguments after `kvput`, words that the line has
WRONG_USAGE = [
    (["nope"], "No such command 'nope'; see kvput --help"),
    (["serv"], "No such command 'serv'. Did you mean 'serve'? See kvput --help"),
    (["--nope"], "No such option '--nope'; see kvput --help"),
    (["serve", ""], "DATA is empty"),
    (["serve", "--nope"], "No such option '--nope'; see kvput serve --help"),
    (["serve", "--port"], "Option '--port' requires an argument; see kvput --help"),
    (["serve", "one", "two"], "unexpected extra argument (two); see kvput serve --help"),
    (["serve", ".", "--port", "http"], "--port: 'http' is not a port"),
    (["serve", ".", "--port", "65536"], "--port: '65536' is not a port"),
    (["serve", ".", "--port", "-1"], "--port: '-1' is not a port"),
    (["serve", ".", "--max-body", "16 apples"], "--max-body: '16 apples' is not a size"),
    (["serve", ".", "--max-body", "0"], "--max-body: '0' leaves no room at all"),
    (["serve", ".", "--read-cache", "-1"], "--read-cache: '-1' is not a size"),
    (["serve", ".", "--access-log", "often"], "--access-log: 'often' is none of auto, always"),
    (["serve", ".", "--cache-control", "a\nb"], "--cache-control: 'a\\nb' is not a header field"),
    (["serve", ".", "--allow-origin", "app.example.org"], "--allow-origin (allow_origins): 'app"),
    (["serve", ".", "--allow-origin", "https://a.example/x"], "'https://a.example/x' has a path"),
    (["serve", ".", "--allow-host", "http://a.example"], "--allow-host (allow_hosts): 'http://a"),
    (["serve", ".", "--host", "0.0.0.0"], "add --insecure"),  # noqa: S104
    (["serve", ".", "--host", "192.0.2.1"], "add --insecure"),
    (["serve", ".", "--host", "::"], "add --insecure"),
]


@pytest.mark.parametrize(("arguments", "words"), WRONG_USAGE)
def test_wrong_usage_is_one_line_and_exit_code_2(
    arguments: list[str], words: str, kvput: Kvput
) -> None:
    """Whoever mistypes learns in one line which argument is wrong and why."""
    ended = kvput(*arguments)
    assert words in ended.sentence
    assert ended.code == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("port = ", "kvput.toml:1: is not TOML: a value must stand here: "),
        ('prot = 80\nhost = "x"', "kvput.toml:1: the key 'prot' is unknown, and 'port' is"),
        ('port = "x"', "kvput.toml:1: port: 'x' is not a port"),
        ('allow_hosts = [""]', "kvput.toml:1: allow_hosts: [''] is not a list of texts"),
        ("max_body = true", "kvput.toml:1: max_body: true is not a size"),
        ("insecure = 1", "kvput.toml:1: insecure: 1 is neither true nor false"),
    ],
)
def test_a_wrong_configuration_file_is_named(
    text: str, words: str, tmp_path: Path, kvput: Kvput
) -> None:
    """A fault in kvput.toml stops the server and is told with the file's name."""
    (tmp_path / "kvput.toml").write_text(text)
    ended = kvput("serve", str(tmp_path))
    assert words in ended.sentence
    assert ended.code == 2


def test_a_configuration_file_that_is_not_utf8_is_named(tmp_path: Path, kvput: Kvput) -> None:
    """A file in another encoding is no reason for a stack trace."""
    (tmp_path / "kvput.toml").write_bytes(b'host = "\xe9"')
    ended = kvput("serve", str(tmp_path))
    assert "kvput.toml:1:9: is not TOML" in ended.sentence
    assert ended.code == 2


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("KVPUT_PROT", "80", "KVPUT_PROT is unknown; known: KVPUT_ACCESS_LOG, "),
        ("KVPUT_PORT", "http", "KVPUT_PORT: 'http' is not a port"),
        ("KVPUT_INSECURE", "perhaps", "KVPUT_INSECURE: 'perhaps' is neither true nor false"),
    ],
)
def test_a_wrong_variable_is_named(
    variable: str, value: str, words: str, kvput: Kvput, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistyped variable would silently do nothing: it stops the server instead."""
    monkeypatch.setenv(variable, value)
    ended = kvput("serve", ".")
    assert words in ended.sentence
    assert ended.code == 2


def test_a_variable_of_another_program_is_none_of_ours(
    kvput: Kvput, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the prefix KVPUT_ claims a variable."""
    monkeypatch.setenv("MYKVPUT_PROT", "80")
    assert "there is no such folder" in kvput("serve", "none").sentence


# --- other failures: exit code 1


def test_a_missing_folder_is_named(tmp_path: Path, kvput: Kvput) -> None:
    """The folder is not made: a typing error would start an empty server."""
    ended = kvput("serve", str(tmp_path / "none"))
    assert ended.sentence.startswith(f"{tmp_path / 'none'}: there is no such folder")
    assert ended.code == 1
    assert not (tmp_path / "none").exists()


def test_the_default_folder_is_data(kvput: Kvput) -> None:
    """Without DATA and KVPUT_DATA, `data` in the working directory is served."""
    assert kvput("serve").sentence.startswith("data: there is no such folder")


def test_a_file_is_no_folder(tmp_path: Path, kvput: Kvput) -> None:
    """`kvput serve db.json` tells that a folder is wanted."""
    (tmp_path / "db.json").write_text("{}")
    ended = kvput("serve", str(tmp_path / "db.json"))
    assert "is a file: name the folder" in ended.sentence
    assert 'see "Coming from json-server" in the README' in ended.sentence
    assert ended.code == 1


@pytest.mark.parametrize("mode", [0o700, 0o711])
def test_a_folder_without_permission_is_refused(mode: int) -> None:
    """A folder that the user may not read is told as that."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o711)
        closed = Path(name, "closed")
        closed.mkdir()
        closed.chmod(mode if os.geteuid() == 0 else mode & 0o077)
        ended = subprocess.run(
            [sys.executable, "-c", AS_NOBODY, "serve", str(closed)],
            capture_output=True,
            text=True,
            check=False,
        )
    assert ended.returncode == 1
    told = "cannot be read: the server's user has no permission."
    assert ended.stderr == f"kvput: {closed}: {told}\n"


def test_a_configuration_file_that_cannot_be_read_is_named(tmp_path: Path, kvput: Kvput) -> None:
    """A kvput.toml that cannot be read does not count as none."""
    (tmp_path / "kvput.toml").mkdir()
    ended = kvput("serve", str(tmp_path))
    assert "kvput.toml: cannot be read: Is a directory." in ended.sentence
    assert ended.code == 2


def test_a_taken_port_is_told(tmp_path: Path, kvput: Kvput) -> None:
    """Another program on the port is the commonest failure of all: it says what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = kvput("serve", str(tmp_path), "--port", str(port))
    assert ended.sentence.startswith(f"127.0.0.1:{port} is in use by another program")
    assert ended.code == 1


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("192.0.2.1", "192.0.2.1:0 cannot be listened on"),
        ("no-such-name.invalid", "--host no-such-name.invalid: there is no such address here"),
    ],
)
def test_a_foreign_address_is_told(host: str, words: str, tmp_path: Path, kvput: Kvput) -> None:
    """An address that this machine does not have is one line as well."""
    ended = kvput("serve", str(tmp_path), "--host", host, "--port", "0", "--insecure")
    assert words in ended.sentence
    assert ended.code == 1


@pytest.mark.parametrize(
    "host", ["localhost:9", "127.0.0.1:8080", "http://localhost", "no-such-name.invalid", "a\0b"]
)
def test_what_is_no_address_is_not_called_unsafe(host: str, tmp_path: Path, kvput: Kvput) -> None:
    """Who mistypes the address learns that, and is not led to --insecure."""
    (tmp_path / "kvput.toml").write_text(f"host = {json.dumps(host)}")
    ended = kvput("serve", str(tmp_path), "--port", "0")
    assert "there is no such address here: name one of this machine" in ended.sentence
    assert "insecure" not in ended.sentence
    assert ended.code == 1


def test_a_served_folder_names_who_serves_it(tmp_path: Path, kvput: Kvput) -> None:
    """The second server names the first one's process, whatever way leads to the folder."""
    (tmp_path / "data").mkdir()
    (tmp_path / "link").symlink_to("data")
    with ServerProcess(tmp_path / "data") as first:
        ended = kvput("serve", str(tmp_path / "link"), "--port", "0")
        assert f"is served by another kvput already (process {first.pid})" in ended.sentence
        assert ended.code == 1
        assert first.request("GET", "/").status == 200


@pytest.mark.parametrize("name", ["a\nb", "\x1b[31mred", "\x9b31m", "\u202eevil", "\udcff"])
def test_a_failure_does_not_steer_the_terminal(name: str, tmp_path: Path, kvput: Kvput) -> None:
    """What a name holds of line breaks and control characters is not passed on."""
    assert kvput("serve", str(tmp_path / name)).sentence.isprintable()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/articles/1", "/articles/1"),
        ("/ärticles/日本", "/ärticles/日本"),
        ("a\x1b[2Jb", "a?[2Jb"),
        ("a\r\nb\x00\x7f", "a??b??"),
        ("\x9b31m\u202e\u2028\udcff", "?31m???"),
    ],
)
def test_text_for_the_terminal_is_printable(text: str, shown: str) -> None:
    """Letters of all languages stay, what steers the terminal does not."""
    assert printable(text) == shown


# --- help and version


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_names_the_commands(flag: str, kvput: Kvput) -> None:
    """`kvput --help` is on stdout and no failure."""
    ended = kvput(flag)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("Usage: kvput [OPTIONS] COMMAND")
    assert "serve" in ended.out


def test_help_of_serve_names_every_option_and_its_variable(kvput: Kvput) -> None:
    """Each option stands in the help, with the variable that sets it, too."""
    ended = kvput("serve", "--help")
    assert (ended.code, ended.err) == (0, "")
    for option in OPTIONS:
        assert f" {option.flag} " in ended.out
        assert f"({option.variable})" in ended.out
    shown = " ".join(ended.out.split())
    for default in ("127.0.0.1", "8080", "16MiB", "64MiB", "auto"):
        assert f"[default: {default}]" in shown
    assert shown.count("[default: ") == sum(o.shown_default is not None for o in OPTIONS)


def test_no_command_shows_the_help_as_it_is(kvput: Kvput) -> None:
    """`kvput` alone is wrong usage, answered with the help in its own lines."""
    ended = kvput()
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == kvput("--help").out


def test_the_version_is_the_packages(kvput: Kvput) -> None:
    """`kvput --version` says one line that a script can read."""
    ended = kvput("--version")
    assert (ended.code, ended.out, ended.err) == (0, f"kvput {__version__}\n", "")


@pytest.mark.parametrize("arguments", [["--version"], ["serve", "--help"], ["nope"]])
def test_the_installed_command_is_the_module(arguments: list[str]) -> None:
    """`kvput` and `python -m kvput` are the same, their name in the help included."""
    installed = shutil.which("kvput", path=str(Path(sys.executable).parent))
    if installed is None:
        pytest.skip("the command is not installed beside this Python")
    ended = subprocess.run([installed, *arguments], capture_output=True, text=True, check=False)
    module = run_kvput(*arguments)
    assert (ended.returncode, ended.stdout, ended.stderr) == (
        module.returncode,
        module.stdout,
        module.stderr,
    )

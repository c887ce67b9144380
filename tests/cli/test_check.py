"""`kvput check` from outside: what it prints, for people and programs, and how it ends."""

import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from kvput.cli import main
from kvput.config import data_folder
from kvput.errors import ConfigError
from kvput.store import Kind, Severity
from kvput.store.files.record import FileWrite, SegmentHeader, encode_commit, encode_header
from tests.serving import ServerProcess, run_kvput
from tests.store.tools import delete, opened, put

PAGE = Path(__file__).parents[2] / "docs" / "check.md"
ENDLESS = """\
import sys, time
from kvput.cli import main
def read_for_ever(text):
    print("begun", file=sys.stderr, flush=True)
    time.sleep(60)
sys.modules["kvput.cli.check"].parse = read_for_ever
main(["check", *sys.argv[1:]])
"""
ESCAPE = "\x1b"
SHOW_CURSOR = f"{ESCAPE}[?25h"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended and what it said."""

    code: int
    out: str


class Check(Protocol):
    """Runs `kvput check` in this process."""

    def __call__(self, *arguments: object) -> Ended: ...


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Check:
    """As `run_kvput` does, in a tenth of the time; nothing may be said on standard error."""

    def run(*arguments: object) -> Ended:
        with pytest.raises(SystemExit) as exit_info:
            main(["check", *map(str, arguments)])
        said = capsys.readouterr()
        assert said.err == ""
        assert isinstance(exit_info.value.code, int)
        return Ended(exit_info.value.code, said.out)

    return run


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with two good files."""
    folder = tmp_path / "data"
    (folder / "articles").mkdir(parents=True)
    (folder / "articles" / "1.json").write_text("{}")
    (folder / "site.json").write_text("{}")
    return folder


@pytest.fixture
def broken(data: Path) -> Path:
    """That folder, with two problems and a note."""
    (data / "articles" / "2.json").write_text('{\n  "a": 1,\n}\n')
    (data / "1.JSON").write_text("{}")
    (data / "articles.json").write_text("{}")
    return data


# --- for people


def test_a_good_folder_is_one_line(data: Path) -> None:
    """There is nothing to read where there is nothing to do."""
    ended = run_kvput("check", str(data))
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "2 files, nothing wrong.\n", "")


def test_findings_are_lines_that_editors_find(broken: Path) -> None:
    """Each begins with the path, as it is from here, and with line and column."""
    ended = run_kvput("check", str(broken))
    assert (ended.returncode, ended.stderr) == (1, "")
    wrong_name, note, syntax, last = ended.stdout.splitlines()
    assert wrong_name == (
        f"{broken}/1.JSON: Its name does not end in .json, in small letters, so that it is never "
        'served: rename it to "1.json".'
    )
    assert note == (
        f'{broken}/articles: note: /articles gives the resource "articles.json" beside it, and '
        "only /articles/ this collection: rename one of the two if that is not meant."
    )
    assert syntax == (
        f"{broken}/articles/2.json:3:1: JSON has no comma after the last item: remove the one "
        'before "}".'
    )
    assert last == "4 files, 2 problems, 1 note."


def test_a_note_is_nothing_wrong(data: Path, check: Check) -> None:
    """Notes are told, and the exit code stays 0."""
    (data / "articles.json").write_text("{}")
    (data / "notes.txt").touch()
    ended = check(data)
    assert ended.code == 0
    assert ended.out.splitlines()[-1] == (
        "3 files, nothing wrong, 1 note. 1 other file without .json: never served."
    )


def test_a_flood_of_notes_is_cut_short_for_people(data: Path, check: Check) -> None:
    """Ten of a kind are shown and the rest is counted; problems, and programs, get them all."""
    for number in range(15):
        (data / f"c{number:02}" / "1.json").parent.mkdir()
        (data / f"c{number:02}" / "1.json").write_text("{")
        (data / f"c{number:02}.json").touch()
    *lines, left_out, last = check(data).out.splitlines()
    assert sum("note: /c" in line for line in lines) == 10
    assert sum("1.json:1:2: " in line for line in lines) == 15
    assert left_out == "note: and 5 more of hidden-collection (--json has them all)."
    assert last == "32 files, 15 problems, 15 notes."
    assert len(json.loads(check(data, "--json").out)["findings"]) == 30


def test_thousands_are_counted_readably(data: Path, check: Check) -> None:
    """A number of four digits has its comma."""
    for number in range(1000):
        (data / "articles" / f"{number}.json").touch()
    assert check(data).out == "1,001 files, nothing wrong.\n"


def test_the_folder_may_be_left_out(data: Path) -> None:
    """As for serving: the argument, KVPUT_DATA, else `data`."""
    assert data_folder("a", {"KVPUT_DATA": "b"}) == Path("a")
    assert data_folder(None, {"KVPUT_DATA": "b"}) == Path("b")
    assert data_folder(None, {}) == Path("data")
    with pytest.raises(ConfigError):
        data_folder("", {})
    ended = run_kvput("check", environment={"KVPUT_DATA": str(data)})
    assert ended.stdout == "2 files, nothing wrong.\n"


@pytest.mark.parametrize("options", [(), ("--json",), ("--journal",)])
def test_a_missing_folder_is_one_line(options: tuple[str, ...], tmp_path: Path) -> None:
    """It is the line that serving has for it; exit code 2 tells it from a folder with problems."""
    place = str(tmp_path / "none")
    ended = run_kvput("check", place, *options)
    served = run_kvput("serve", place)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == served.stderr != ""


@pytest.mark.parametrize("arguments", [("--nope",), ("one", "two"), ("",)])
def test_wrong_usage_is_exit_code_2(arguments: tuple[str, ...]) -> None:
    """So that a script can tell it from a folder with problems."""
    ended = run_kvput("check", *arguments)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert re.fullmatch(r"kvput: [^\n]+\n", ended.stderr)


def test_names_do_not_steer_the_terminal(data: Path, check: Check) -> None:
    """Control characters and bytes that are not UTF-8 are shown as something harmless."""
    (data / "\x1b[31mred.json").touch()
    os.close(os.open(bytes(data) + b"/\xff.json", os.O_CREAT))
    ended = check(data)
    assert f"{data}/?[31mred.json: " in ended.out
    assert f"{data}/\\xff.json: Its name is not UTF-8" in ended.out
    assert ESCAPE not in ended.out


def test_an_output_without_unicode_gets_escapes(data: Path) -> None:
    """A name that the output's encoding does not have stops nothing."""
    (data / "\u65e5.json").write_text("{")
    ended = run_kvput("check", str(data), environment={"PYTHONIOENCODING": "ascii"})
    assert f"{data}/\\u65e5.json:1:2: " in ended.stdout


@pytest.mark.parametrize("options", [(), ("--json",), ("--journal",)])
def test_an_output_that_is_full_is_told(options: tuple[str, ...], data: Path) -> None:
    """It is one line, and no stack trace."""
    with open("/dev/full", "w") as full:  # noqa: PTH123  # a device
        ended = subprocess.run(
            [sys.executable, "-m", "kvput", "check", str(data), *options],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert ended.returncode == 2
    assert ended.stderr == "kvput: The output cannot be written: No space left on device.\n"


@pytest.mark.parametrize("options", [(), ("--json",), ("--journal",)])
def test_a_reader_who_goes_is_no_failure(options: tuple[str, ...], broken: Path) -> None:
    """`kvput check | head -1` says nothing of a broken pipe; nor does a closed output."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as gone:
        ended = subprocess.run(
            [sys.executable, "-m", "kvput", "check", str(broken), *options],
            stdout=gone,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert ended.stderr == ""
    closed = subprocess.run(
        ["sh", "-c", 'exec "$0" -m kvput check "$@" >&-', sys.executable, str(broken), *options],
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert closed.stderr == ""


def test_ctrl_c_ends_it_calmly(data: Path) -> None:
    """One line and exit code 130, which does not say that something is wrong."""
    process = subprocess.Popen(
        [sys.executable, "-c", ENDLESS, str(data)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stderr is not None
        assert process.stderr.readline() == "begun\n"
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=20)
    assert (process.returncode, out, errors) == (130, "", "kvput: stopped.\n")


@pytest.mark.parametrize("arguments", ["check", "serve"])
def test_ctrl_c_while_it_is_loaded_ends_it_calmly(arguments: str) -> None:
    """Before there is a command that could be stopped, it is the same line and code."""
    program = (
        "import os, signal, sys, runpy\n"
        "class Interrupting:\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name == 'kvput.cli.serve':\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupting())\n"
        "runpy.run_module('kvput', run_name='__main__')\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, arguments], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "kvput: stopped.\n")


# --- on a terminal


def on_terminal(*command: str, environment: Mapping[str, str]) -> tuple[int, str]:
    """The exit code, and all that the command writes to a terminal of its own."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, *command],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "200", **environment},
        start_new_session=True,
    )
    os.close(theirs)
    pieces = []
    interrupted = False
    try:
        while piece := os.read(ours, 65536):
            pieces.append(piece)
            if not interrupted and b"begun" in b"".join(pieces):
                interrupted = True
                process.send_signal(signal.SIGINT)
    except OSError:  # so Linux says that the last writer has gone
        pass
    finally:
        os.close(ours)
    return process.wait(timeout=20), b"".join(pieces).decode().replace("\r\n", "\n")


def test_a_terminal_gets_a_bar_and_colours(broken: Path) -> None:
    """The bar counts files and is gone at the end; lines stay whole, however narrow it is."""
    code, shown = on_terminal(
        "-m", "kvput", "check", str(broken), environment={"COLUMNS": "40", "NO_COLOR": ""}
    )
    assert code == 1
    assert "Checking" in shown
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)
    assert re.search(r"[0-9]+ of 4 files|0 files", plain)
    assert "Its name does not end in .json, in small letters, so that it is never served" in plain
    assert f"{ESCAPE}[31m" in shown
    _, _, after = shown.rpartition(SHOW_CURSOR)
    assert "Checking" not in after
    assert re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", after).strip() == "4 files, 2 problems, 1 note."


def test_no_color_is_honoured(broken: Path) -> None:
    """NO_COLOR takes the colours away, and not the bar."""
    _, shown = on_terminal("-m", "kvput", "check", str(broken), environment={"NO_COLOR": "1"})
    colours = re.findall(r"\x1b\[([0-9;]*)m", shown)
    assert "Checking" in shown
    assert all(int(code) < 30 for codes in colours for code in codes.split(";") if code)


def test_a_terminal_that_moves_no_cursor_gets_no_bar(broken: Path) -> None:
    """TERM=dumb, as in an editor's window, shows the lines alone."""
    _, shown = on_terminal("-m", "kvput", "check", str(broken), environment={"TERM": "dumb"})
    assert "Checking" not in shown
    assert ESCAPE not in shown
    assert shown.endswith("\n4 files, 2 problems, 1 note.\n")


def test_ctrl_c_on_a_terminal_brings_the_cursor_back(data: Path) -> None:
    """The bar goes, and the terminal is as it was."""
    code, shown = on_terminal("-c", ENDLESS, str(data), environment={})
    assert code == 130
    assert SHOW_CURSOR in shown
    assert shown.endswith("kvput: stopped.\n")


@pytest.mark.parametrize("options", [("--json",), ("--journal",)])
def test_what_is_for_programs_has_no_bar_anywhere(options: tuple[str, ...], data: Path) -> None:
    """On a terminal, too, it is the same text."""
    code, shown = on_terminal("-m", "kvput", "check", str(data), *options, environment={})
    assert code == 0
    assert shown == run_kvput("check", str(data), *options).stdout


# --- for programs


def test_json_is_one_document(broken: Path, check: Check) -> None:
    """All that the lines say, with the kinds by their words, and nothing beside it."""
    ended = check(broken, "--json")
    assert ended.code == 1
    document = json.loads(ended.out)
    findings = document.pop("findings")
    assert document == {"folder": str(broken), "files": 4, "problems": 2, "notes": 1}
    assert [list(finding) for finding in findings] == [
        ["kind", "severity", "place", "line", "column", "message"]
    ] * 3
    assert [list(finding.values())[:5] for finding in findings] == [
        ["file-name", "problem", "1.JSON", None, None],
        ["hidden-collection", "note", "articles", None, None],
        ["syntax", "problem", "articles/2.json", 3, 1],
    ]
    assert findings[2]["message"].startswith("JSON has no comma after the last item")


def test_json_holds_any_name(data: Path) -> None:
    """It is ASCII without half a surrogate pair, whatever bytes a name has."""
    os.close(os.open(bytes(data) + b"/\xff\x1b\xc3\xa9.json", os.O_CREAT))
    ended = run_kvput("check", str(data), "--json", environment={"PYTHONIOENCODING": "ascii"})
    (finding,) = json.loads(ended.stdout)["findings"]
    assert finding["place"] == "\\xff\x1b\u00e9.json"
    assert "\\ud" not in ended.stdout


# --- while it is served, and after a kill


def test_a_served_folder_can_be_checked(data: Path) -> None:
    """It names the server's process, and disturbs nothing."""
    with ServerProcess(data) as server:
        assert server.request("PUT", "/articles/2", b"{}").status == 201
        ended = run_kvput("check", str(data))
        assert ended.returncode == 0
        assert f"note: The folder is served by process {server.pid}:" in ended.stdout
        assert server.request("PUT", "/articles/3", b"{}").status == 201
        assert server.stop() == (0, "")
    assert run_kvput("check", str(data)).stdout == "4 files, nothing wrong.\n"


async def test_what_a_killed_server_has_written_is_listed(
    data: Path, tmp_path: Path, check: Check
) -> None:
    """Each record with its writes: place, digests, time and size."""
    killed = tmp_path / "killed"
    async with opened(data) as store:
        await put(store, "/articles/2", b'{"a": 1}')
        await put(store, "/articles/2", b'{"a": 2}')
        await delete(store, "/site")
        # This is what stands there after a kill.
        shutil.copytree(data, killed)
        served = check(data, "--journal")
        assert served.out.startswith(f"Process {os.getpid()} serves the folder")
    ended = check(killed, "--journal")
    assert ended.code == served.code == 0
    time = r"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{9}Z"
    digest = "[0-9a-f]{12}"
    for line in (
        rf"{re.escape(str(killed))}/\.kvput/journal/[0-9]+: from commit 1 on, [0-9,]+ bytes",
        r" +[0-9]+  commit 1, group 1, 1 write",
        rf" +articles/2\.json: none -> {digest}, {time}, 8 bytes",
        r" +[0-9]+  published up to commit 1",
        rf" +articles/2\.json: {digest} -> {digest}, {time}, 8 bytes",
        rf" +site\.json: {digest} -> none",
        r"[12] segments?, 3 commits\.",
    ):
        assert re.search(f"^{line}$", ended.out, re.MULTILINE), line
    found = check(killed)
    assert found.code == 0
    assert "has 3 commits in it to look through, and nothing to recover" in found.out


# --- the journal

SALT = b"s" * 16


def record(sequence: int, group: int, place: str = "a.json") -> bytes:
    """A commit's record."""
    write = FileWrite(place, None, "ab" * 16, 1_000_000_001, b"{}")
    return b"".join(encode_commit(sequence, group, (write,), SALT))


def with_segment(data: Path, *records: bytes, name: str = "1") -> Path:
    """The folder, with that segment in its journal."""
    journal = data / ".kvput" / "journal"
    journal.mkdir(parents=True, exist_ok=True)
    head = encode_header(SegmentHeader(1, SALT, b"o" * 24))
    (journal / name).write_bytes(head + b"".join(records))
    return data


def test_no_journal_is_no_failure(data: Path, check: Check) -> None:
    """A folder that was never served has none."""
    ended = check(data, "--journal")
    assert (ended.code, ended.out) == (0, "No journal: kvput has not served this folder.\n")
    assert json.loads(check(data, "--journal", "--json").out)["segments"] == []
    (data / ".kvput" / "journal").mkdir(parents=True)
    assert check(data, "--journal").out == "0 segments, 0 commits.\n"


@pytest.mark.parametrize("name", [".kvput", ".kvput/journal", ".kvput/journal/1"])
@pytest.mark.parametrize("is_link", [False, True])
def test_what_stands_in_the_journals_place_is_named(
    name: str, is_link: bool, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The place and what to do; a segment may be a file, of course."""
    place = data / name
    place.parent.mkdir(parents=True, exist_ok=True)
    if is_link:
        place.symlink_to(data / "articles")
    else:
        place.touch()
    with pytest.raises(SystemExit) as exit_info:
        main(["check", str(data), "--journal"])
    told = f"kvput: {place}: is a file or a link in the journal's place: move it away.\n"
    is_segment = name.endswith("1") and not is_link
    assert exit_info.value.code == (0 if is_segment else 2)
    assert capsys.readouterr().err == ("" if is_segment else told)


def test_what_was_put_aside_and_holds_nothing_is_no_damage(data: Path, check: Check) -> None:
    """An earlier start has kept it with the others."""
    with_segment(data, bytes(1000), name="damaged-1-1")
    assert check(data, "--journal").code == 0


def test_where_damage_lies_is_shown(data: Path, check: Check) -> None:
    """A commit that was acknowledged and cannot be read makes the exit code 1."""
    lost = bytes(len(record(2, 2)))
    with_segment(data, record(1, 1), lost, record(3, 3), bytes(4096))
    ended = check(data, "--journal")
    assert ended.code == 1
    lines = [line.split(maxsplit=1)[1] for line in ended.out.splitlines()[1:-1]]
    assert lines == [
        "commit 1, group 1, 1 write",
        "none -> abababababab, 1970-01-01T00:00:01.000000001Z, 2 bytes",
        f"{len(lost)} bytes that hold no record",
        "commit 3, group 3, 1 write",
        "none -> abababababab, 1970-01-01T00:00:01.000000001Z, 2 bytes",
    ]
    assert ended.out.endswith("\n1 segment, 2 commits, 1 commit damaged.\n")


def test_a_group_that_was_not_finished_is_shown_and_is_no_damage(data: Path, check: Check) -> None:
    """Nothing of it was acknowledged; what is whole of it does not count."""
    with_segment(data, record(1, 1), bytes(len(record(2, 2))), record(3, 2), b"torn")
    ended = check(data, "--journal")
    assert ended.code == 0
    assert "commit 3, group 2, 1 write, left out: one before it is not whole" in ended.out
    assert "4 bytes that hold no record: of an earlier use of the file, or of a" in ended.out
    document = json.loads(check(data, "--journal", "--json").out)
    (segment,) = document["segments"]
    assert [(e["kind"], e.get("sequence"), e.get("counts")) for e in segment["entries"]] == [
        ("commit", 1, True),
        ("gap", None, None),
        ("commit", 3, False),
        ("gap", None, None),
    ]
    assert segment["entries"][0]["writes"] == [
        {
            "place": "a.json",
            "before": None,
            "after": "ab" * 16,
            "modified": "1970-01-01T00:00:01.000000001Z",
            "size": 2,
        }
    ]


SEGMENTS = [
    ("damaged-1-1", record(1, 1), "from commit 1 on"),
    ("1", None, "its head is damaged"),
    ("1", b"kvputjnl\x09\0\0\0" + bytes(100), "in format 9, of another version of kvput"),
]


@pytest.mark.parametrize(("name", "content", "words"), SEGMENTS)
def test_a_segment_that_cannot_be_used_is_shown(
    name: str, content: bytes | None, words: str, data: Path, check: Check
) -> None:
    """What was put aside is shown as far as it can be read; each is damage."""
    with_segment(data, record(1, 1), name=name)
    if not name.startswith("damaged"):
        (data / ".kvput" / "journal" / name).write_bytes(content or b"x" * 100)
    ended = check(data, "--journal")
    assert ended.code == 1
    assert f"journal/{name}: {words}, " in ended.out


@pytest.mark.parametrize("content", [b"", bytes(1000)])
def test_a_segment_that_was_never_used_is_shown(content: bytes, data: Path, check: Check) -> None:
    """A server that ended too soon has left it."""
    with_segment(data)
    (data / ".kvput" / "journal" / "1").write_bytes(content)
    ended = check(data, "--journal")
    assert ended.code == 0
    assert "journal/1: not in use, " in ended.out


# --- the page


def kind_table() -> list[str]:
    """The rows of the table of all kinds."""
    return [f"| `{kind.value}` | {kind.severity.value} | {kind.meaning} |" for kind in Kind]


def test_the_page_has_all_kinds_as_the_code_has_them() -> None:
    """The table on the page is what the code says, in the same order."""
    _, _, section = PAGE.read_text("utf-8").partition("## Kinds of findings\n")
    section, _, _ = section.partition("\n## ")
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    assert rows == kind_table()


def test_problems_come_before_notes() -> None:
    """So that the table is in two halves, and each word stands once."""
    severities = [kind.severity for kind in Kind]
    assert severities == sorted(severities, key=list(Severity).index)
    assert len({kind.value for kind in Kind}) == len(Kind)


def keys(document: object) -> set[str]:
    """All keys of a document, at any depth."""
    if isinstance(document, dict):
        return set(document).union(*map(keys, document.values()))
    return set().union(*map(keys, document)) if isinstance(document, list) else set()


def test_the_page_has_the_keys_of_the_journal(data: Path, check: Check) -> None:
    """Whoever reads the document by program finds each key described, and no other."""
    with_segment(data, record(1, 1), b"torn" * 10, record(3, 3))
    _, _, section = PAGE.read_text("utf-8").partition("| key | meaning |\n| --- | --- |\n")
    rows = [line.split("|")[1] for line in section.partition("\n\n")[0].splitlines()]
    described = {key for row in rows for key in re.findall("`([a-z_]+)`", row)}
    assert keys(json.loads(check(data, "--journal", "--json").out)) == described


def test_the_page_names_every_option() -> None:
    """What the help lists is described."""
    page = PAGE.read_text("utf-8")
    options = re.findall(r"--[a-z]+", run_kvput("check", "--help").stdout)
    assert {"--json", "--journal"} <= set(options)
    assert all(option in page for option in options if option != "--help")

"""The pages in docs/ and the README: what they tell of the code is what the code says.

`python -m tests.test_docs` writes the generated parts anew.
"""

import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from kvput.cli import command
from kvput.config import CONFIG_FILE, OPTIONS, Config, Option, load_config
from kvput.errors import KvputError
from kvput.semantics.problem import INTERNAL, PROBLEM_TYPES, ProblemType
from kvput.semantics.validators import content_digest
from kvput.store.files.record import (
    RECORD_HEADER_SIZE,
    SEGMENT_HEADER_SIZE,
    CommitRecord,
    FileWrite,
    PublishedRecord,
    SegmentHeader,
    decode_header,
    decode_records,
    encode_commit,
    encode_header,
    encode_published,
)

ROOT = Path(__file__).parents[1]
CONFIGURATION = ROOT / "docs" / "configuration.md"
PROBLEMS = ROOT / "docs" / "problems.md"
JOURNAL = ROOT / "docs" / "journal.md"
README = ROOT / "README.md"
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]

_LINK = re.compile(r"\[[^\]\n]+\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)


# --- what is generated


def option_table() -> str:
    """The table of all options."""
    rows = [
        "| flag | variable | key | default | meaning |",
        "| --- | --- | --- | --- | --- |",
    ]
    for option in OPTIONS:
        flag = f"{option.flag} {option.metavar}".strip()
        rows.append(
            f"| `{flag}` | `{option.variable}` | `{option.name}` | {shown_default(option)} "
            f"| {option.help} |"
        )
    return "\n".join(rows) + "\n"


def shown_default(option: Option) -> str:
    """An option's default as the tables have it."""
    if option.shown_default is not None:
        return f"`{option.shown_default}`"
    return "off" if option.is_switch else "none"


def help_text() -> str:
    """What `kvput serve --help` prints on a terminal of 80 columns."""
    result = CliRunner().invoke(
        command, ["serve", "--help"], prog_name="kvput", terminal_width=80, color=False
    )
    assert result.exit_code == 0, result.output
    return f"```text\n{result.output}```\n"


def problem_table() -> str:
    """The table of all problem types."""
    rows = ["| name | status | title |", "| --- | --- | --- |"]
    rows += [
        f"| [`{kind.name}`](#{kind.name}) | {kind.status} | {kind.title} |" for kind in all_types()
    ]
    return "\n".join(rows) + "\n"


def all_types() -> list[ProblemType]:
    """Every problem type, in the order of the table in the code."""
    return [*PROBLEM_TYPES.values(), INTERNAL]


GENERATED: dict[str, tuple[Path, Callable[[], str]]] = {
    "options": (CONFIGURATION, option_table),
    "help": (CONFIGURATION, help_text),
    "types": (PROBLEMS, problem_table),
}


def part(name: str) -> re.Pattern[str]:
    """Where a generated part stands: between its comment and the next `end`."""
    return re.compile(rf"(?<=<!-- {name}: )([^\n]*-->\n)(.*?)(?=<!-- end -->)", re.DOTALL)


def rewrite() -> None:
    """Write the generated parts anew."""
    for name, (page, generate) in GENERATED.items():
        text = page.read_text("utf-8")
        match = part(name).search(text)
        assert match is not None, f"{page} has no place for {name}"
        page.write_text(f"{text[: match.start(2)]}\n{generate()}\n{text[match.end(2) :]}", "utf-8")


@pytest.mark.parametrize("name", GENERATED)
def test_generated_part_is_up_to_date(name: str) -> None:
    """The page says what the code says; `python -m tests.test_docs` makes it so."""
    page, generate = GENERATED[name]
    match = part(name).search(page.read_text("utf-8"))
    assert match is not None
    assert match[2] == f"\n{generate()}\n"


# --- configuration


def example_keys() -> str:
    """The example of a kvput.toml on the configuration page."""
    match = re.search(
        r"^```toml\n(.*?)^```$", CONFIGURATION.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    assert match is not None
    return match[1]


def test_example_file_sets_every_key_and_is_taken(tmp_path: Path) -> None:
    """The example can be copied as it is, and leaves out no option."""
    (tmp_path / CONFIG_FILE).write_text(example_keys(), "utf-8")
    config = load_config(str(tmp_path), {}, {})
    assert isinstance(config, Config)
    assert set(tomllib.loads(example_keys())) == {option.name for option in OPTIONS}
    assert (config.port, config.max_body) == (9000, 64 * 2**20)


def test_readme_lists_every_option_with_its_default() -> None:
    """The short table in the README leaves out no option and tells its true default."""
    rows = re.findall(r"^\| `(--[a-z-]+)` \| ([^|]+) \|", README.read_text("utf-8"), re.MULTILINE)
    assert rows == [(option.flag, shown_default(option)) for option in OPTIONS]


# --- problems


def problem_sections() -> dict[str, str]:
    """The text below each problem's heading."""
    pieces = re.split(r"^#{2,3} (.+)\n", PROBLEMS.read_text("utf-8"), flags=re.MULTILINE)[1:]
    sections = dict(zip(pieces[::2], pieces[1::2], strict=True))
    return {name: text for name, text in sections.items() if text.strip()}


def test_each_problem_type_has_its_section_in_order() -> None:
    """Problems are described one by one, none too many, in the order of the code."""
    assert list(problem_sections()) == [kind.name for kind in all_types()]


@pytest.mark.parametrize("name", [kind.name for kind in all_types()])
def test_problem_says_when_and_what_to_do(name: str) -> None:
    """Each description answers the two questions that its reader has."""
    text = problem_sections()[name]
    assert re.search(r"^- \*\*When:\*\* .{20,}$", text, re.MULTILINE)
    assert re.search(r"^- \*\*What to do:\*\* .{10,}$", text, re.MULTILINE)


def described_members(name: str) -> set[str]:
    """The members that a problem's section tells of, beside those that all have."""
    match = re.search(r"^- \*\*Members:\*\* (.+)$", problem_sections()[name], re.MULTILINE)
    return set() if match is None else set(re.findall(r"`([a-z]+)`", match[1]))


def test_members_beyond_the_standard_ones_are_described() -> None:
    """Each member that an error's class takes stands in its problem's section."""
    for error_class, kind in PROBLEM_TYPES.items():
        parameters = ("line", "column", "pointer")
        added = {name for name in parameters if adds_member(error_class, name)}
        assert added <= described_members(kind.name), kind.name


def adds_member(error_class: type[KvputError], name: str) -> bool:
    """Whether the error takes a member of this name beside its sentence."""
    code = error_class.__init__.__code__
    return name in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


# --- the journal


def journal_blocks(kind: str) -> list[str]:
    """The blocks of that kind on the journal's page."""
    text = JOURNAL.read_text("utf-8")
    return re.findall(rf"^```{kind}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def journal_example() -> bytes:
    """The segment that the page shows, each line at its offset."""
    (block,) = (block for block in journal_blocks("text") if block.startswith("segment header"))
    rows = re.findall(r"^([0-9a-f]{8})  ((?:[0-9a-f]{2} ?)+)", block, re.MULTILINE)
    content = b""
    for offset, row in rows:
        assert int(offset, 16) == len(content)
        content += bytes.fromhex(row)
    return content


def test_journal_example_is_read_and_written_as_it_is() -> None:
    """The bytes on the page are a segment, and these values give the same bytes."""
    content = journal_example()
    header = SegmentHeader(12, bytes(range(0xD0, 0xE0)), bytes(range(0xB0, 0xC0)) + b"*" + bytes(7))
    assert decode_header(content) == header
    title, number = b'{"title":"Clay"}', b"1\n"
    writes = tuple(
        FileWrite(place, None, content_digest(written), 1_772_366_400_123_456_789 + later, written)
        for place, written, later in (
            ("articles/1.json", title, 0),
            ("articles/.counter", number, 250_000),
        )
    )
    assert list(decode_records(content, header.salt)) == [
        CommitRecord(12, 12, writes, 80),
        PublishedRecord(12, 12, 312),
    ]
    again = [encode_header(header), *encode_commit(12, 12, writes, header.salt)]
    assert b"".join([*again, encode_published(12, 12, header.salt)]) == content


def test_journal_example_explains_itself() -> None:
    """What stands beside the bytes is what they are: each number and each text."""
    (block,) = (block for block in journal_blocks("text") if block.startswith("segment header"))
    numbers = re.findall(r"^[0-9a-f]{8}  ([0-9a-f ]+?)  +[^:\n]+: ([0-9]+)\b", block, re.MULTILINE)
    texts = re.findall(r'^[0-9a-f]{8}  ([0-9a-f ]+?)  +[^:\n]+: "([^"]+)"$', block, re.MULTILINE)
    assert len(numbers) >= 14
    for row, number in numbers:
        assert int.from_bytes(bytes.fromhex(row), "little") == int(number)
    assert len(texts) >= 4
    for row, text in texts:
        assert text.encode().startswith(bytes.fromhex(row))


def test_journal_program_prints_what_the_page_shows(tmp_path: Path) -> None:
    """The program on the page can be copied as it is."""
    (program,) = journal_blocks("python")
    (tmp_path / "1").write_bytes(journal_example() + bytes(5000))
    (tmp_path / "read.py").write_text(program, "utf-8")
    command = [sys.executable, "-W", "ignore", "read.py", "1"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout in journal_blocks("text")
    assert done.stdout.startswith("segment from 12\n")


def test_journal_tables_give_the_sizes_of_the_code() -> None:
    """Fields follow one another without gaps, and end where the code says that they end."""
    text = JOURNAL.read_text("utf-8")
    tables = re.findall(r"(?:^\| [0-9]+ \| [0-9]+ \| .+\n)+", text, re.MULTILINE)
    ends = []
    for table in tables:
        end = 0
        for start, size in re.findall(r"^\| ([0-9]+) \| ([0-9]+) \|", table, re.MULTILINE):
            assert int(start) == end
            end += int(size)
        ends.append(end)
    write = len(b"".join(encode_commit(1, 1, [FileWrite("", None, None, 0, b"")], bytes(16))))
    assert ends == [SEGMENT_HEADER_SIZE, RECORD_HEADER_SIZE, write - RECORD_HEADER_SIZE]


# --- links and commands


def anchors(page: Path) -> set[str]:
    """The anchors that a page's headings get on GitHub."""
    text = _FENCE.sub("", page.read_text("utf-8"))
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in _HEADING.findall(text)
    }


def broken_links(page: Path, text: str) -> list[str]:
    """The links in a page's text that lead nowhere; links to the web are not looked at."""
    broken = []
    for link in _LINK.findall(_FENCE.sub("", text)):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    return broken


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    """Every relative link names a file that is there, and a heading in it."""
    assert broken_links(page, page.read_text("utf-8")) == []


def test_broken_link_is_noticed() -> None:
    """The check of links can fail, for a file and for a heading."""
    text = "[a](docs/none.md) [b](docs/problems.md#nothing) [c](docs/problems.md#not-found)"
    assert broken_links(README, text) == ["docs/none.md", "docs/problems.md#nothing"]


def test_each_page_can_be_reached_from_the_readme() -> None:
    """No page is left over: the README, or a page that it links to, names it."""
    reached, waiting = {README}, [README]
    while waiting:
        page = waiting.pop()
        links = {link.partition("#")[0] for link in _LINK.findall(page.read_text("utf-8"))}
        pages = {(page.parent / link).resolve() for link in links if link.endswith(".md")}
        waiting.extend(pages - reached)
        reached |= pages
    assert set(PAGES) <= reached


def test_make_targets_in_the_pages_exist() -> None:
    """Every `make` command that a page names is a target of the Makefile."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    lines = "\n".join(page.read_text("utf-8") for page in PAGES)
    named = re.findall(r"(?:^|`)make ((?:[a-z-]+ ?)+)", lines, re.MULTILINE)
    words = {word for words in named for word in words.split()}
    assert {"serve", "test", "lint", "types", "bench", "crash"} <= words
    assert words <= targets


if __name__ == "__main__":
    rewrite()

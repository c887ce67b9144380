"""The pages in docs/ and the README: what they tell of the code is what the code says.

`python -m tests.test_docs` writes the generated parts anew.
"""

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from kvput.cli import command
from kvput.config import CONFIG_FILE, OPTIONS, Config, Option, load_config
from kvput.errors import KvputError
from kvput.semantics.problem import INTERNAL, PROBLEM_TYPES, ProblemType

ROOT = Path(__file__).parents[1]
CONFIGURATION = ROOT / "docs" / "configuration.md"
PROBLEMS = ROOT / "docs" / "problems.md"
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


def test_members_beyond_the_standard_ones_are_described() -> None:
    """Each member that some error adds stands in its problem's section."""
    parameters = ("line", "column", "pointer")
    for error_class, kind in PROBLEM_TYPES.items():
        documented = re.search(
            r"^- \*\*Members:\*\* (.+)$", problem_sections()[kind.name], re.MULTILINE
        )
        added = [name for name in parameters if adds_member(error_class, name)]
        assert (documented is not None) == bool(added), kind.name
        assert all(documented and f"`{name}`" in documented[1] for name in added)


def adds_member(error_class: type[KvputError], name: str) -> bool:
    """Whether the error takes a member of this name beside its sentence."""
    code = error_class.__init__.__code__
    return name in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


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
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    lines = "\n".join(page.read_text("utf-8") for page in PAGES)
    named = re.findall(r"(?:^|`)make ((?:[a-z]+ ?)+)", lines, re.MULTILINE)
    words = {word for words in named for word in words.split()}
    assert {"serve", "test", "lint", "types", "bench", "crash"} <= words
    assert words <= targets


if __name__ == "__main__":
    rewrite()

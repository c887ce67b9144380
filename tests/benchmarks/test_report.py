"""The page, its pictures, and the table on a terminal."""

import dataclasses
import re
from collections.abc import Callable

import pytest

from benchmarks.__main__ import FIGURES, PAGE, PICTURES, parse
from benchmarks.figures import Results, from_json
from benchmarks.report import (
    PARTS,
    list_rates_table,
    list_times_table,
    lists_table,
    part,
    rates_table,
    reasons,
    rewritten,
    rounds,
    ruled_table,
    ruled_times_table,
    single_table,
    targets_table,
    terminal,
)
from benchmarks.works import GROUPS
from tests.benchmarks.sample import NOTHING, results

# --- what is committed


@pytest.mark.skipif(not FIGURES.exists(), reason="no figures have been written yet")
def test_page_and_pictures_show_the_figures_beside_them() -> None:
    """`python -m benchmarks --from docs/benchmarks.json --write` makes it so."""
    found = from_json(FIGURES.read_text("utf-8"))
    page = PAGE.read_text("utf-8")
    assert rewritten(page, found) == page
    for file, draw in PICTURES.items():
        assert file.read_text("utf-8") == draw(found)
        assert f"]({file.relative_to(PAGE.parent).as_posix()})" in page


def test_page_has_a_place_for_each_part() -> None:
    """Nothing that is written has nowhere to go."""
    page = PAGE.read_text("utf-8")
    assert [name for name in PARTS if part(name).search(page) is None] == []


def test_page_lists_the_options_works_and_servers() -> None:
    """The table of options leaves out none, nor any of their values."""
    page = PAGE.read_text("utf-8")
    rows = dict(re.findall(r"^\| `(--[a-z]+)[^`]*` \| (.+) \|$", page, re.MULTILINE))
    options = parse([])
    assert set(rows) == {f"--{name}" for name in vars(options) if name != "figures"} | {"--from"}
    assert re.findall(r"`([^`]+)`", rows["--only"]) == [*options.only, *GROUPS]
    assert re.findall(r"`([^`]+)`", rows["--peers"]) == options.peers
    assert f"; {options.rounds} without" in rows["--rounds"]
    assert f"; {options.seconds} without" in rows["--seconds"]


# --- the tables


def test_rates_have_a_row_for_each_work_and_a_column_for_each_server() -> None:
    """What was not measured is a dash, a server that was not there no column."""
    head, _, *rows = rates_table(results()).splitlines()
    assert head == "| work | kvput | bare aiohttp | nginx | json-server 1.0 | unstorage |"
    assert rows[0] == "| hot GET | 9,500 | 10,000 | 30,000 | 2,000 | - |"
    assert rows[-1] == "| PUT over 100,000 | 4,750 | - | 3,900 | - | 1,990 |"


def test_each_gap_has_its_reason() -> None:
    """Works with the same reason share a line."""
    assert reasons(results()).splitlines() == [
        "- json-server 0.17 was not measured: node is not installed.",
        "- WsgiDAV was not measured: pip failed: no network.",
        "- nginx, POST: it does not create by POST.",
        "- json-server 1.0, PUT over 10,000 and PUT over 100,000: no request finished in 4 s.",
        "- json-server 1.0, page over 10,000: no answer in 10 s.",
    ]


def test_target_that_is_not_reached_stands_out() -> None:
    """The page says so where kvput falls short."""
    rows = targets_table(results()).splitlines()
    assert "| PUT create, beside nginx | at least 0.5 times | 0.40 times | **short** |" in rows
    assert sum("**short**" in row for row in rows) == 4


@pytest.mark.parametrize(
    ("count", "words"),
    [(1, "one round of 4 s: each figure is one measurement"), (3, "median of 3 rounds of 4 s.")],
)
def test_page_says_what_a_figure_is(count: int, words: str) -> None:
    """The figures of a single round are not called medians."""
    assert words in rounds(dataclasses.replace(results(), rounds=count))


def test_floor_of_the_lone_writer_stands_beside_its_time() -> None:
    """The sum of its two parts is a row of its own, right before what was found."""
    rows = single_table(results()).splitlines()
    at = rows.index("| lone writer's floor: the sum of these two | 0.650 ms |")
    assert rows[at + 1] == "| lone writer's PUT, kvput, p50 | 0.667 ms |"


def test_lists_have_tables_of_their_own() -> None:
    """A row for each list, and a column for each server that gives any."""
    head, _, *rows = list_rates_table(results()).splitlines()
    assert head == "| work | kvput | json-server 1.0 |"
    assert rows[1] == "| page over 1,000 | 8,000 | 160 |"
    assert rows[2] == "| page over 10,000 | 7,900 | - |"
    assert rows[-1] == "| page over 100,000, 50 PUT/s | 4,000 | - |"
    times = list_times_table(results()).splitlines()
    assert "| page over 1,000 | 4.00 / 8.00 | 200.00 / 400.00 |" in times


def test_cost_of_lists_is_told_as_far_as_it_was_measured() -> None:
    """Times of first lists, memory, and pages beside PUTs against those without."""
    assert lists_table(results()).splitlines()[2:] == [
        "| first list of 100,000, by name, files cached | 2.00 s |",
        "| first list of 100,000, sorted by a field, files cached | 2.50 s |",
        "| first list of 100,000, by name, files on disk | 3.50 s |",
        "| memory that lists of 100,000 take | 67.5 MB |",
        "| the same, beside the bytes of the files | 2.25 times |",
        "| page over 1,000, 50 PUT/s, beside page over 1,000 | 0.94 times |",
        "| page over 100,000, 50 PUT/s, beside page over 100,000 | 0.67 times |",
        "| page over 100,000, 50 PUT/s, beside page over 1,000 | 0.50 times |",
    ]


def test_cost_of_declarations_is_told_as_far_as_it_was_measured() -> None:
    """A work beside the same one where nothing is declared, and DELETEs in milliseconds."""
    times = ruled_times_table(results()).splitlines()
    assert times[2:4] == [
        "| move over 100 | 4,000 | 8.00 / 16.00 |",
        "| move over 100, relation | 2,000 | 16.00 / 32.00 |",
    ]
    assert ruled_table(results()).splitlines()[2:] == [
        "| move over 100, relation, beside nothing declared | 0.50 times |",
        "| first DELETE of an author without articles, of 100,000 articles | 2,000.0 ms |",
        "| DELETE of an author with 1,000 articles by cascade, of as many | 62.5 ms |",
    ]


@pytest.mark.parametrize("table", [ruled_table, ruled_times_table])
def test_part_of_which_nothing_was_measured_says_so(table: Callable[[Results], str]) -> None:
    """A table without rows would tell nothing."""
    assert table(NOTHING) == "This run did not measure it.\n"


def test_page_is_rewritten_in_its_places_alone() -> None:
    """What is written by hand stays; writing twice changes nothing."""
    places = "\n".join(f"<!-- {name}: written -->\n\nold\n\n<!-- end -->" for name in PARTS)
    page = rewritten(f"# By hand\n{places}\nand after", results())
    assert (page.splitlines()[0], page.splitlines()[-1]) == ("# By hand", "and after")
    assert "old" not in page
    assert rewritten(page, results()) == page
    with pytest.raises(ValueError, match="rounds"):
        rewritten("nothing here", results())


def test_terminal_shows_all_that_was_measured() -> None:
    """Figures, reasons, targets, versions and the machine."""
    shown = terminal(results())
    for words in (
        "9,500",
        "no request finished in 4 s",
        "0.95 x",
        "short",
        "nginx 1",
        "WsgiDAV left out: pip failed: no network",
        "two & a half <cores>",
    ):
        assert words in shown
    assert "targets" not in terminal(NOTHING)

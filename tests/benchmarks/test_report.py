"""The page, its pictures, and the table on a terminal."""

import dataclasses
import re
from xml.etree import ElementTree as ET

import pytest

from benchmarks.__main__ import FIGURES, PAGE, PICTURES, parse
from benchmarks.figures import Results, from_json
from benchmarks.peers import BARE, PEERS
from benchmarks.plot import LOOKS, WIDTH, apart, bars, sizes
from benchmarks.report import (
    PARTS,
    part,
    rates_table,
    reasons,
    rewritten,
    rounds,
    single_table,
    targets_table,
    terminal,
)
from tests.benchmarks.sample import results

SVG = "{http://www.w3.org/2000/svg}"
NOTHING = Results("2020-02-02", 1, 1, {}, {}, {peer.key: "not asked" for peer in PEERS})


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
    assert re.findall(r"`([^`]+)`", rows["--only"]) == options.only
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
    ]


def test_target_that_is_not_reached_stands_out() -> None:
    """The page says so where kvput falls short."""
    rows = targets_table(results()).splitlines()
    assert "| PUT create, beside nginx | at least 0.5 times | 0.40 times | **short** |" in rows
    assert sum("**short**" in row for row in rows) == 1


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


# --- the pictures


@pytest.mark.parametrize("draw", [bars, sizes])
@pytest.mark.parametrize("found", [results(), NOTHING], ids=["a run", "an empty run"])
def test_picture_is_well_formed_and_within_its_frame(draw: object, found: Results) -> None:
    """It can be parsed, names its subject, and puts nothing outside."""
    assert callable(draw)
    root = ET.fromstring(draw(found))  # noqa: S314 - it is our own
    assert root.tag == f"{SVG}svg"
    assert root.findtext(f"{SVG}title")
    height = float(root.attrib["height"])
    for element in root.iter():
        if "x" in element.attrib:
            right = float(element.attrib["x"]) + float(element.attrib.get("width", 0))
            assert 0 <= right <= WIDTH
            assert 0 <= float(element.attrib.get("y", 0)) <= height


def test_bars_are_as_long_as_the_rates() -> None:
    """In a panel, the ratio of two bars is that of the rates."""
    root = ET.fromstring(bars(results()))  # noqa: S314 - it is our own
    drawn = [rect for rect in root.iter(f"{SVG}rect") if rect.attrib["class"].startswith("bar")]
    _, _, own, nginx, *_ = (float(rect.attrib["width"]) for rect in drawn)  # two of the legend
    assert own / nginx == pytest.approx(9500 / 30000, rel=0.01)
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert "9,500" in texts
    assert "does not do this" in texts


def test_bar_of_what_stores_nothing_says_so() -> None:
    """No write of the bare framework is taken for one that was kept."""
    root = ET.fromstring(bars(results()))  # noqa: S314 - it is our own
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert texts.count("9,000, stores nothing") == 3
    hollow = [rect for rect in root.iter(f"{SVG}rect") if rect.attrib["class"] == "hollow"]
    assert len(hollow) == 1 + 6


def test_each_line_can_be_told_from_the_others() -> None:
    """Every server that is drawn has a shape of its own."""
    stored = {peer.key for peer in PEERS} - {BARE}
    assert set(LOOKS) == stored
    assert len({look.shape for look in LOOKS.values()}) == len(stored)


def test_lines_have_a_point_for_each_size_that_was_measured() -> None:
    """A server that gives up has a shorter line, with its name at the end."""
    root = ET.fromstring(sizes(results()))  # noqa: S314 - it is our own
    lines = [len(line.attrib["points"].split()) for line in root.iter(f"{SVG}polyline")]
    assert sorted(lines) == [2, 3, 4, 4]
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert {"kvput", "nginx", "json-server 1.0: too slow beyond", "unstorage"} <= set(texts)
    assert "bare aiohttp" not in texts


@pytest.mark.parametrize(
    ("heights", "moved"),
    [
        ([], []),
        ([10.0, 50.0], [10.0, 50.0]),
        ([10.0, 14.0], [7.0, 17.0]),
        ([10.0, 10.0, 19.0], [3.0, 13.0, 23.0]),
    ],
)
def test_labels_are_moved_apart_around_their_mean(heights: list[float], moved: list[float]) -> None:
    """Only those that would overlap are moved."""
    assert apart(heights, 10) == pytest.approx(moved)

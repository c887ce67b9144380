"""The pictures: bars of rates, and lines of costs."""

from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest

from benchmarks import lines
from benchmarks.bars import bars
from benchmarks.drawing import WIDTH
from benchmarks.figures import Results
from benchmarks.lines import LOOKS, apart
from benchmarks.peers import BARE, PEERS
from tests.benchmarks.sample import NOTHING, results

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("draw", [bars, lines.puts, lines.pages, lines.filters])
@pytest.mark.parametrize("found", [results(), NOTHING], ids=["a run", "an empty run"])
def test_picture_is_well_formed_and_within_its_frame(
    draw: Callable[[Results], str], found: Results
) -> None:
    """It can be parsed, names its subject, and puts nothing outside."""
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
    root = ET.fromstring(lines.puts(results()))  # noqa: S314 - it is our own
    assert points_of(root) == [2, 3, 4, 4]
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert {"kvput", "nginx", "json-server 1.0: too slow beyond", "unstorage"} <= set(texts)
    assert "bare aiohttp" not in texts


def test_lists_have_lines_of_their_own() -> None:
    """A server that gave no answer in time is too slow beyond the last one that it gave."""
    root = ET.fromstring(lines.pages(results()))  # noqa: S314 - it is our own
    assert points_of(root) == [2, 4]
    assert "json-server 1.0: too slow beyond" in [text.text for text in root.iter(f"{SVG}text")]
    assert points_of(ET.fromstring(lines.filters(results()))) == [1, 1]  # noqa: S314 - our own


def points_of(root: ET.Element) -> list[int]:
    """How many points each line has, ascending."""
    return sorted(len(line.attrib["points"].split()) for line in root.iter(f"{SVG}polyline"))


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

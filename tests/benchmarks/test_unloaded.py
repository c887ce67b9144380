"""What is measured without load, as far as it can be told without a server."""

from pathlib import Path

import pytest

from benchmarks import unloaded
from benchmarks.machine import Cores
from benchmarks.place import Place
from benchmarks.unloaded import Unloaded, drop_caches
from benchmarks.works import DELETE, FIRST_LIST, FIRST_LISTS, LIST_MEMORY, START, UNLOADED
from tests.benchmarks.sample import results


@pytest.mark.parametrize(
    ("chosen", "texts"),
    [
        ([], []),
        ([START], ["start, 0 resources", "start, 100,000 resources"]),
        ([FIRST_LIST], [first.title for first in FIRST_LISTS]),
        ([LIST_MEMORY], [LIST_MEMORY]),
        ([DELETE], [DELETE]),
    ],
)
def test_steps_are_those_of_the_chosen_keys(
    chosen: list[str], texts: list[str], tmp_path: Path
) -> None:
    """What is not asked for takes no time."""
    measured = Unloaded(Place(tmp_path, Cores(0, 1)), results())
    assert [text for text, _ in measured.steps(chosen)] == texts
    assert {text for text, _ in measured.steps(UNLOADED)} >= set(texts)


def test_caches_that_only_root_may_empty_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list over files on disk is then not measured, instead of over cached ones."""
    monkeypatch.setattr(unloaded, "_DROP_CACHES", tmp_path / "none" / "drop_caches")
    assert not drop_caches()
    monkeypatch.setattr(unloaded, "_DROP_CACHES", tmp_path / "drop_caches")
    assert drop_caches()
    assert (tmp_path / "drop_caches").read_text("ascii") == "3\n"

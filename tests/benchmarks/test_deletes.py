"""DELETEs of authors: what is timed, and what must be left."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import deletes
from benchmarks.deletes import Deletes
from benchmarks.figures import Results
from benchmarks.load import Failure
from benchmarks.machine import Cores
from benchmarks.place import Place
from benchmarks.servers import Server
from benchmarks.works import DELETES
from tests.benchmarks.answering import answering
from tests.benchmarks.sample import results

SIZE = 100


def delete(folder: Path, path: str, *, cascade: bool) -> tuple[int, bytes]:
    """Delete an author, with the articles or without them."""
    author = folder / f"{path.removeprefix('/')}.json"
    if cascade:
        for number in json.loads(author.read_bytes())["articles"]:
            (folder / f"articles/{number}.json").unlink()
    author.unlink()
    return 200, b""


def measured(folder: Path, monkeypatch: pytest.MonkeyPatch, *, cascade: bool) -> Results:
    """The results of a round, with a server that deletes so, on a hundred articles."""
    found = results()
    found.deletes = {}

    @contextlib.contextmanager
    def running(_: Place, __: object, data: Path) -> Iterator[Server]:
        with answering(lambda _, path, __: delete(data, path, cascade=cascade)) as port:
            yield Server(port, 0, 0.0)

    monkeypatch.setattr(Place, "running", running)
    monkeypatch.setattr(deletes, "LARGE", SIZE)
    for _, step in Deletes(Place(folder, Cores(0, 1)), found).steps():
        step()
    return found


def test_each_delete_is_timed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A figure of each, in every round."""
    found = measured(tmp_path, monkeypatch, cascade=True)
    assert found.deletes.keys() == DELETES.keys()
    assert {len(seconds) for seconds in found.deletes.values()} == {1}
    assert all(0 < seconds[0] < 10 for seconds in found.deletes.values())


def test_article_that_is_left_behind_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A DELETE that does not cascade is fast, and another work."""
    with pytest.raises(Failure, match="left or changed 1000 files"):
        measured(tmp_path, monkeypatch, cascade=False)

"""All texts of JSONTestSuite, each as the content of a PUT.

A text's name says what a parser must do with it: y_ take it, n_ refuse it, i_
either.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving import ServerProcess
from tests.shared_data import shared_folder

TEXTS = sorted((shared_folder("JSONTestSuite") / "test_parsing").glob("*.json"))
# Zero bytes are no JSON text, but an empty set to kvput.
ZERO_BYTES = "n_structure_no_data.json"
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def server(data: Path) -> Iterator[ServerProcess]:
    with ServerProcess(data) as running:
        yield running
        assert running.stop() == (0, "")


def test_the_suite_is_whole() -> None:
    """The suite has 318 texts of three kinds."""
    kinds = [text.name[:2] for text in TEXTS]
    assert len(TEXTS) == 318
    assert set(kinds) == {"y_", "n_", "i_"}
    assert any(text.name == ZERO_BYTES for text in TEXTS)


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.name)
def test_a_put_takes_json_and_nothing_else(text: Path, server: ServerProcess, data: Path) -> None:
    """What is JSON is kept byte for byte; what is none is refused, and leaves no trace."""
    content = text.read_bytes()
    path = "/" + text.stem.replace("#", "")
    put = server.request("PUT", path, content, JSON)
    stored = server.request("GET", path)
    file = data / f"{path}.json".lstrip("/")
    if text.name == ZERO_BYTES:
        assert (put.status, stored.status, stored.body) == (201, 204, b"")
    elif text.name.startswith("y_") or put.status == 201:
        assert not text.name.startswith("n_")
        assert (put.status, put.body) == (201, content)
        assert (stored.status, stored.body) == (200, content)
        assert stored.field("ETag") == put.field("ETag")
        assert file.read_bytes() == content
    else:
        assert (put.status, put.problem) == (400, "malformed-content")
        assert json.loads(put.body)["detail"]
        assert stored.status == 404
        assert not file.exists()

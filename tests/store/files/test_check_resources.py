"""The resources of a folder that is checked: as a server would find them."""

from pathlib import Path

import pytest

from kvput.errors import Unreadable
from kvput.store.files.check.resources import CheckedResources
from kvput.store.files.reader import Reader
from tests.store.files.mounts import as_nobody, open_place
from tests.store.tools import collection, resource


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with a collection of two, one of them a link."""
    (tmp_path / "tags").mkdir()
    (tmp_path / "tags" / "10.json").write_text("[10]")
    (tmp_path / "tags" / "9.json").symlink_to("10.json")
    (tmp_path / "tags" / "notes.txt").write_text("x")
    return tmp_path


def resources(data: Path, *to_recover: str) -> CheckedResources:
    """Those of the folder."""
    return CheckedResources(Reader(data, folds_names=False), to_recover)


def urls(found: CheckedResources, url: str) -> list[str]:
    """The resources of a collection."""
    return [path.url for path in found.paths(collection(url))]


def test_what_is_there_is_given_in_natural_order(data: Path) -> None:
    """A link is a resource of its own, and what is no resource's file is none."""
    found = resources(data)
    assert urls(found, "/tags/") == ["/tags/9", "/tags/10"]
    assert found.content(resource("/tags/9")) == found.content(resource("/tags/10")) == b"[10]"
    entry = found.view.get(resource("/tags/10"))
    assert entry is not None
    assert entry.content == b"[10]"


def test_what_is_not_there_is_nothing(data: Path) -> None:
    """Neither a collection nor a resource need be there."""
    found = resources(data)
    assert found.paths(collection("/none/")) == ()
    assert found.content(resource("/tags/1")) is None


def test_large_content_is_given_whole(data: Path) -> None:
    """Also where it is too large for a cache."""
    large = b'"' + b"x" * 2**21 + b'"'
    (data / "tags" / "10.json").write_bytes(large)
    assert resources(data).content(resource("/tags/10")) == large


def test_each_look_is_a_new_one(data: Path) -> None:
    """A file that changes between two of them is read again."""
    found = resources(data)
    assert found.content(resource("/tags/10")) == b"[10]"
    (data / "tags" / "10.json").write_text("[11]")
    assert found.content(resource("/tags/10")) == b"[11]"


def test_what_is_to_be_recovered_is_there_and_unknown(data: Path) -> None:
    """What stands in its place now does not count, nor that nothing stands there."""
    found = resources(data, "tags/10.json", "tags/11.json", "more/1.json", "tags/.counter")
    assert urls(found, "/tags/") == ["/tags/9", "/tags/10", "/tags/11"]
    assert urls(found, "/more/") == ["/more/1"]
    for url in ("/tags/10", "/tags/11"):
        with pytest.raises(Unreadable):
            found.content(resource(url))


def test_what_may_not_be_read_is_an_error() -> None:
    """It is not nothing."""
    with open_place() as data:
        for place in ("closed", "open"):
            (data / place).mkdir()
            (data / place / "1.json").write_text("{}")
        (data / "open" / "1.json").chmod(0)
        (data / "closed").chmod(0o711)
        found = resources(data)
        with as_nobody():
            with pytest.raises(Unreadable):
                found.content(resource("/open/1"))
            with pytest.raises(Unreadable):
                found.paths(collection("/closed/"))

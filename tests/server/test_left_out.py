"""What the log says of files that lists leave out."""

import logging
from pathlib import Path

import pytest

from kvput.config import Config
from kvput.paths import CollectionPath
from kvput.query.selection import Fault
from kvput.server import left_out
from kvput.server.left_out import LeftOutLog
from kvput.store import open_store
from tests.serving import serving

ARTICLES = CollectionPath(("articles",))


def item(name: str, digest: str = "1") -> Fault:
    """A file of /articles that a list leaves out."""
    return Fault(name, digest, "It is broken.", 2, 7)


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """What kvput logs while the test runs."""
    caplog.set_level(logging.WARNING, "kvput")
    return caplog


def told(log: pytest.LogCaptureFixture) -> list[str]:
    """What has been logged since this was asked last."""
    messages = [record.getMessage() for record in log.records]
    log.clear()
    return messages


async def test_a_broken_file_is_named_once_for_each_change(
    tmp_path: Path, log: pytest.LogCaptureFixture
) -> None:
    """With its place, in words for who edits it, however often the folder is listed."""
    file = tmp_path / "articles" / "1.json"
    file.parent.mkdir()
    (tmp_path / "articles" / "2.json").write_text("{}")
    store = open_store(tmp_path, read_cache=2**20)
    said = []
    try:
        async with serving(store, Config(data=tmp_path)) as address:
            for content in ('{\n  "a": 1,\n}\n', "{'a': 1}", "{}", "{'a': 1}"):
                file.write_text(content)
                for _ in range(3):
                    assert (await address.request("GET", "/articles")).status == 200
                said.append(told(log))
    finally:
        await store.close()
    ending = " The list of /articles leaves the file out until it is corrected."
    quotes = 'JSON strings and names stand in double quotation marks ("), not in these.'
    assert said == [
        [
            "articles/1.json:3:1: JSON has no comma after the last item: remove the one before "
            '"}".' + ending
        ],
        ["articles/1.json:1:2: " + quotes + ending],
        [],
        ["articles/1.json:1:2: " + quotes + ending],
    ]


def test_only_what_is_new_is_named(log: pytest.LogCaptureFixture) -> None:
    """A file that was named is not named again beside another one."""
    lists = LeftOutLog()
    lists.tell(ARTICLES, (item("1"),))
    told(log)
    lists.tell(ARTICLES, (item("1"), item("2")))
    lists.tell(CollectionPath(("other",)), ())
    lists.tell(ARTICLES, (item("1", "2"), item("2")))
    assert [message.partition(":")[0] for message in told(log)] == [
        "articles/2.json",
        "articles/1.json",
    ]


def test_many_files_are_named_in_part(log: pytest.LogCaptureFixture) -> None:
    """The first hundred by name, the others by number; once, as well."""
    lists = LeftOutLog()
    many = tuple(item(str(number)) for number in range(1, 351))
    lists.tell(ARTICLES, many)
    messages = told(log)
    assert len(messages) == 101
    assert messages[99].startswith("articles/100.json:2:7: It is broken.")
    assert messages[100] == "The list of /articles leaves out 250 more files."
    lists.tell(ARTICLES, many)
    assert told(log) == []


def test_the_collection_listed_longest_ago_is_forgotten(
    log: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is remembered does not grow with the number of collections."""
    monkeypatch.setattr(left_out, "_MOST_COLLECTIONS", 2)
    lists = LeftOutLog()
    for name in ("a", "b", "a", "c"):
        lists.tell(CollectionPath((name,)), (item("1"),))
    assert len(told(log)) == 3
    lists.tell(CollectionPath(("a",)), (item("1"),))
    assert told(log) == []
    lists.tell(CollectionPath(("b",)), (item("1"),))
    assert len(told(log)) == 1

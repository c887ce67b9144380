"""Lists must have what is on disk, or they are not measured."""

import itertools
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.articles import PAGE_SIZE, article
from benchmarks.checks import Checks
from benchmarks.layouts import Files
from benchmarks.load import Failure
from benchmarks.peers import KVPUT, PEERS
from benchmarks.servers import Server
from benchmarks.works import LISTS
from tests.benchmarks.answering import answering

PEER = next(peer for peer in PEERS if peer.key == KVPUT)
WORKS = {work.key: work for work in LISTS}
ARTICLES = [json.loads(article(number)) for number in range(1, 101)]
Items = list[dict[str, object]]


def by_views(items: Items) -> Items:
    """In the order of the pages."""
    return sorted(items, key=lambda item: int(str(item["views"])))


def right(target: str) -> Items:
    """What a server that understands the target answers."""
    fields = dict(part.split("=") for part in target.partition("?")[2].split("&"))
    found = [
        item for item in ARTICLES if item["category"] == fields.get("category", item["category"])
    ]
    start = (int(fields["_page"]) - 1) * PAGE_SIZE
    return (by_views(found) if "_sort" in fields else found)[start : start + PAGE_SIZE]


def check(key: str, folder: Path, reply: Callable[[str], Items]) -> None:
    """Ask a server that answers so, once, on a folder with a hundred articles."""
    Files(".json").seed(folder, 100, article)
    with answering(lambda _, target, __: (200, json.dumps(reply(target)).encode())) as port:
        Checks(PEER, WORKS[key], Server(port, 0, 0.0), folder, itertools.count()).before()


@pytest.mark.parametrize("key", ["page-100", "filter-100"])
def test_list_with_what_is_on_disk_can_be_measured(key: str, tmp_path: Path) -> None:
    """A right answer passes."""
    check(key, tmp_path / "data", right)


@pytest.mark.parametrize(
    ("key", "reply", "words"),
    [
        ("page-100", lambda _: ARTICLES[:PAGE_SIZE], "page 1 is not the one"),
        ("page-100", lambda _: by_views(ARTICLES)[:PAGE_SIZE], "page 5 is not the one"),
        ("page-100", lambda _: by_views(ARTICLES), "page 1 is not the one"),
        ("filter-100", lambda _: ARTICLES[:PAGE_SIZE], "c1 is not answered"),
        ("filter-100", lambda _: right("?_page=1&category=c1"), "c20 is not answered"),
        ("filter-100", lambda _: [], "c1 is not answered"),
    ],
    ids=["unsorted", "always the first", "all", "unfiltered", "always the same", "nothing"],
)
def test_list_of_something_else_is_not_measured(
    key: str, reply: Callable[[str], Items], words: str, tmp_path: Path
) -> None:
    """A parameter that the server does not know would make it look fast."""
    with pytest.raises(Failure, match=words):
        check(key, tmp_path / "data", reply)

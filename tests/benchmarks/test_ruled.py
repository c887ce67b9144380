"""A work of which something is declared must do what is declared, or it is not measured."""

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.declared import restore
from benchmarks.load import Failure, Figure
from benchmarks.related import author_of, person
from benchmarks.ruled import RuledChecks, files_of, puts_of, template
from benchmarks.servers import Server
from benchmarks.works import RULED, Kind, Work, version
from tests.benchmarks.answering import answering

WORKS: dict[str, Work] = {work.key: work for work in RULED}
MOVE, RECORD = "move-100-relation", "record-100-unique"

Act = Callable[[Path, bytes], int]
"""Does something with what is put under articles/2, in a folder, and gives the status."""


def store(folder: Path, sent: bytes) -> int:
    """Write what was sent, and nothing else."""
    (folder / "articles/2.json").write_bytes(sent)
    return 200


def move(folder: Path, sent: bytes) -> int:
    """Move the article, or refuse where its author is not there."""
    author = json.loads(sent)["author"]
    if not (folder / f"authors/{author}.json").exists():
        return 422
    old = json.loads((folder / "articles/2.json").read_bytes())["author"]
    for each, change in ((old, list.remove), (author, list.append)):
        file = folder / f"authors/{each}.json"
        articles = json.loads(file.read_bytes())["articles"]
        change(articles, 2)
        file.write_bytes(person(each, articles))
    return store(folder, sent)


def forget_one_side(folder: Path, sent: bytes) -> int:
    """Leave the article with the author that it had, too."""
    before = (folder / "authors/10001.json").read_bytes()
    status = move(folder, sent)
    if status == 200:
        (folder / "authors/10001.json").write_bytes(before.replace(b"Author", b"author"))
    return status


def keep_unique(folder: Path, sent: bytes) -> int:
    """Refuse the slug of another."""
    slug = json.loads(sent)["slug"]
    others = [json.loads((folder / f"articles/{n}.json").read_bytes()) for n in (1, 3)]
    return 409 if slug in [each["slug"] for each in others] else store(folder, sent)


@contextmanager
def checking(key: str, folder: Path, act: Act) -> Iterator[RuledChecks]:
    """The checks of a work with a server that acts so, on the folder that it begins with."""
    work = WORKS[key]
    restore(folder, files_of(work))
    with answering(lambda _, __, sent: (act(folder, sent), b"")) as port:
        yield RuledChecks(work, Server(port, 0, 0.0), folder, itertools.count(1))


@pytest.mark.parametrize(
    ("key", "act"),
    [(MOVE, move), ("move-100", store), (RECORD, keep_unique), ("record-100", store)],
)
def test_server_that_does_what_is_declared_can_be_measured(
    key: str, act: Act, tmp_path: Path
) -> None:
    """A right one passes."""
    with checking(key, tmp_path, act) as checks:
        assert checks.before() == {}


@pytest.mark.parametrize(
    ("key", "act", "words"),
    [
        (MOVE, store, "not 422"),
        (MOVE, forget_one_side, "do not name each other"),
        ("move-100", move, "should change"),
        (RECORD, store, "not 409"),
        ("record-100", lambda *_: 200, "should change"),
        ("record-100", lambda folder, _: store(folder, b"{}"), "not leave what was sent"),
        ("record-100", lambda *_: 500, "answered 500"),
    ],
)
def test_server_that_does_something_else_is_not_measured(
    key: str, act: Act, words: str, tmp_path: Path
) -> None:
    """Too little, too much, or the wrong thing."""
    with checking(key, tmp_path, act) as checks, pytest.raises(Failure, match=words):
        checks.before()


FIGURE = Figure(1, 1.0, 1.0, 1.0)


def write_turn(folder: Path, number: int, content: bytes) -> None:
    """Write an article as a run would."""
    (folder / f"articles/{number}.json").write_bytes(content)


@pytest.mark.parametrize(
    ("number", "words"),
    [(2, None), (3, "article 3 is not as it was put")],
)
def test_what_a_run_has_left_is_looked_at(number: int, words: str | None, tmp_path: Path) -> None:
    """A record in the file of another is found."""
    made = template(Kind.RECORD).replace(b"######", b"000002")
    made = made.replace(version(0, 0).encode(), version(7, 0).encode())
    with checking(RECORD, tmp_path, store) as checks:
        write_turn(tmp_path, number, made)
        if words is None:
            checks.after(7, FIGURE)
        else:
            with pytest.raises(Failure, match=words):
                checks.after(7, FIGURE)


@pytest.mark.parametrize("declared", [False, True])
def test_move_that_changes_one_side_alone_is_found_where_a_relation_is_declared(
    *, declared: bool, tmp_path: Path
) -> None:
    """Without one, the authors must be as they were."""
    made = template(Kind.MOVE).replace(b"@@@@@", b"%d" % author_of(2, 100, 3))
    made = made.replace(version(0, 0).encode(), version(7, 0).encode())
    with checking(MOVE if declared else "move-100", tmp_path, store) as checks:
        write_turn(tmp_path, 2, made)
        if not declared:
            checks.after(7, FIGURE)
            (tmp_path / "authors/10001.json").write_bytes(person(10001, []))
        with pytest.raises(Failure, match="name each other" if declared else "authors have chan"):
            checks.after(7, FIGURE)


@pytest.mark.parametrize("counted", [0, 3])
def test_puts_that_are_not_on_disk_are_found(counted: int, tmp_path: Path) -> None:
    """As many as wrk counted; those of its connections that it does not count may come on top."""
    with checking(MOVE.replace("100-", "100-lone-"), tmp_path, store) as checks:
        if counted == 0:
            checks.after(7, Figure(0, 0.0, 0.0, 0.0))
        else:
            with pytest.raises(Failure, match="0 PUTs are on disk, and wrk counted 3"):
                checks.after(7, Figure(counted, 1.0, 1.0, 1.0))


def test_puts_are_counted_by_the_laps_of_each_article() -> None:
    """The first turn is not sent: the article whose turn it is has one less."""
    versions = {1: version(7, 2), 2: version(7, 2), 3: version(6, 9), 4: version(7, 0)}
    assert puts_of(7, versions) == 2 + 3 + 0 + 1
    assert puts_of(6, versions) == 10

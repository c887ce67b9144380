"""PUTs beside a load: how many, of what, and when they do not count."""

import os
import threading
import time

import pytest

from benchmarks.articles import article
from benchmarks.load import Failure, Skip
from benchmarks.works import LISTS, Work, version
from benchmarks.writer import Writer
from tests.benchmarks.answering import Reply, answering

WORK: Work = next(work for work in LISTS if work.puts_beside)
SECONDS = 0.5


def write(reply: Reply) -> None:
    """Let the PUTs of a run, the seventh, go to a server that answers so."""
    core = min(os.sched_getaffinity(0))
    with answering(reply) as port, Writer(WORK, port, core, 7).writing():
        time.sleep(SECONDS)


def test_puts_come_at_their_rate_and_replace_articles() -> None:
    """Each is a new edition of an article that is there."""
    sent: list[tuple[str, str, bytes]] = []

    def reply(method: str, path: str, content: bytes) -> tuple[int, bytes]:
        sent.append((method, path, content))
        return 200, content

    write(reply)
    rate = len(sent) / SECONDS
    assert 0.8 * WORK.puts_beside <= rate <= 1.4 * WORK.puts_beside
    for method, path, content in sent:
        number = int(path.removeprefix("/articles/"))
        assert (method, content) == ("PUT", article(number, version(7, 0)))
        assert 1 <= number <= WORK.resources


def test_put_that_is_refused_fails_the_run() -> None:
    """A page is not measured beside writes that do nothing."""
    with pytest.raises(Failure, match="a PUT beside it was answered 500"):
        write(lambda *_: (500, b""))


def test_too_few_puts_are_no_run() -> None:
    """Where the server keeps the writers waiting, the load beside it was a lighter one."""
    lock = threading.Lock()

    def reply(*_: object) -> tuple[int, bytes]:
        with lock:
            time.sleep(0.1)
        return 200, b""

    with pytest.raises(Skip, match=r"only \d+ of \d+ PUTs beside it were answered"):
        write(reply)

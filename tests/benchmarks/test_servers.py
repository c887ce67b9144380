"""What a server is asked, and what becomes of it when no answer comes."""

import threading

import pytest

from benchmarks.load import Failure, Skip
from benchmarks.servers import Server, free_port
from tests.benchmarks.answering import answering


def test_answer_is_given_as_it_came() -> None:
    """Status, fields and content."""
    with answering(lambda method, path, sent: (404, f"{method} {path} ".encode() + sent)) as port:
        answer = Server(port, 0, 0.0).ask("PUT", "/articles/1", {"X-Field": "y"}, b"{}")
    assert (answer.status, answer.content) == (404, b"PUT /articles/1 {}")
    assert answer.field("content-length") == "18"


def test_answer_that_takes_too_long_is_none() -> None:
    """A slow server is left out of the work: it did nothing wrong."""
    given = threading.Event()

    def reply(*_: object) -> tuple[int, bytes]:
        given.wait(10)
        return 200, b""

    with answering(reply) as port:
        with pytest.raises(Skip, match=r"no answer in 0\.1 s"):
            Server(port, 0, 0.0).ask("GET", "/articles", within=0.1)
        given.set()


def test_connection_that_is_refused_is_a_failure() -> None:
    """Nothing listens there."""
    with pytest.raises(Failure, match="GET /articles was not answered"):
        Server(free_port(), 0, 0.0).ask("GET", "/articles")

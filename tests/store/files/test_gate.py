"""The gate: whoever looks at what is being published waits, and all others do not."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from kvput.paths import ResourcePath
from kvput.store.files.gate import Gate
from tests.store.tools import resource

A, B, OTHER = (resource(url) for url in ("/a/1", "/a/2", "/b"))


@contextmanager
def closed_by_a_thread(gate: Gate, *paths: ResourcePath) -> Iterator[threading.Event]:
    """The gate is closed until the event is set, by another thread as in the store."""
    closed, done = threading.Event(), threading.Event()

    def publish() -> None:
        with gate.closed(frozenset(paths)):
            closed.set()
            done.wait()

    thread = threading.Thread(target=publish)
    thread.start()
    closed.wait()
    try:
        yield done
    finally:
        done.set()
        thread.join()


async def value() -> int:
    """What is read."""
    return 1


def test_it_is_closed_for_the_paths_of_one_commit() -> None:
    """One path alone is read at any time, unless it is being published with others."""
    gate = Gate()
    assert gate.is_open_for(A)
    with gate.closed(frozenset({A, B})):
        assert [gate.is_open_for(path) for path in (A, B, OTHER)] == [False, False, True]
    assert gate.is_open_for(A)


def test_it_opens_where_publishing_fails() -> None:
    """Nobody waits for what will not be."""
    gate = Gate()
    with pytest.raises(OSError, match="disk"), gate.closed(frozenset({A})):
        raise OSError("disk")
    assert gate.is_open_for(A)


async def test_a_reader_waits_until_it_is_open() -> None:
    """What is read is what stands after the commit."""
    gate = Gate()
    with closed_by_a_thread(gate, A, B) as done:
        reading = asyncio.create_task(gate.reading(value))
        await asyncio.sleep(0.02)
        assert not reading.done()
        done.set()
        assert await reading == 1


async def test_what_was_read_across_a_commit_is_read_again() -> None:
    """A list that was begun before a commit and ended after it may hold half of each."""
    gate = Gate()
    times = 0

    async def read() -> int:
        nonlocal times
        times += 1
        if times <= 2:
            with gate.closed(frozenset({A, B})):
                pass
        return times

    assert await gate.reading(read) == 3


async def test_a_read_that_fails_is_not_repeated() -> None:
    """An error comes out as it is."""

    async def read() -> int:
        raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        await Gate().reading(read)


async def test_what_fails_across_a_commit_is_read_again() -> None:
    """Who has seen half of a commit may find what cannot be."""
    gate = Gate()
    times = 0

    async def read() -> int:
        nonlocal times
        times += 1
        if times <= 2:
            with gate.closed(frozenset({A, B})):
                raise LookupError("half of it")
        return times

    assert await gate.reading(read) == 3


async def test_one_who_gives_up_waiting_does_not_disturb_the_others() -> None:
    """A client that hangs up while it waits cancels nothing but itself."""
    gate = Gate()
    with closed_by_a_thread(gate, A, B) as done:
        first, second = (asyncio.create_task(gate.reading(value)) for _ in range(2))
        await asyncio.sleep(0.01)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert not second.done()
        done.set()
        assert await second == 1

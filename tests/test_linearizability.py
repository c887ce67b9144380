"""Linearizability: what concurrent clients see of a key is what one order of their requests gives.

First the checker itself, on histories whose verdict is known, then the server
over each store, with a `kill -9` in the middle too, then stores that are broken
on purpose: a harness that cannot see their faults would prove nothing.
"""

import asyncio
import itertools
import json
import os
import random
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, TypeVar

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from kvput.config import Config
from kvput.paths import ResourcePath
from kvput.semantics.validators import content_digest
from kvput.store.base import Commit, Decision, Entry, Store
from kvput.store.memory import MemoryStore
from tests.linearizability import (
    Action,
    Answer,
    Delete,
    Linearization,
    Operation,
    Outcome,
    Read,
    State,
    Violation,
    Write,
    WriteIfMatch,
    WriteIfNothing,
    check,
)
from tests.serving import Address, Reply, ServerProcess, read_reply, request_bytes, serving

_T = TypeVar("_T")
ROUNDS = int(os.environ.get("LINEARIZABILITY_ROUNDS", "1"))

# --- the checker: histories whose verdict is known

NOTHING: Final = Answer(Outcome.NOTHING)
CREATED: Final = Answer(Outcome.CREATED)
REPLACED: Final = Answer(Outcome.REPLACED)
REFUSED: Final = Answer(Outcome.REFUSED)


def found(value: str) -> Answer:
    return Answer(Outcome.FOUND, value)


def removed(value: str) -> Answer:
    return Answer(Outcome.REMOVED, value)


Line = tuple[int, int | None, Action, Answer | None]


def history(*lines: Line) -> list[Operation]:
    """One operation of a client of its own for each line: invoked, answered, action, answer."""
    return [
        Operation(client, action, invoked, answered, answer)
        for client, (invoked, answered, action, answer) in enumerate(lines)
    ]


LINEARIZABLE: dict[str, list[Line]] = {
    "nothing happened": [],
    "a life in one client's hands": [
        (0, 1, Read(), NOTHING),
        (2, 3, WriteIfNothing("a"), CREATED),
        (4, 5, Read(), found("a")),
        (6, 7, WriteIfMatch("a", "b"), REPLACED),
        (8, 9, WriteIfMatch("a", "c"), REFUSED),
        (10, 11, WriteIfNothing("d"), REFUSED),
        (12, 13, Write("e"), REPLACED),
        (14, 15, Delete(), removed("e")),
        (16, 17, Delete(), NOTHING),
        (18, 19, Write("f"), CREATED),
    ],
    "a read during a write finds the old": [
        (0, 1, Write("a"), CREATED),
        (2, 9, Write("b"), REPLACED),
        (3, 4, Read(), found("a")),
    ],
    "a read during a write finds the new": [
        (0, 1, Write("a"), CREATED),
        (2, 9, Write("b"), REPLACED),
        (3, 4, Read(), found("b")),
    ],
    "answered at the moment of the next invocation is concurrent": [
        (0, 5, Write("a"), CREATED),
        (5, 9, Read(), NOTHING),
    ],
    "concurrent writes in the order that their answers tell": [
        (0, 9, Write("a"), REPLACED),
        (0, 9, Write("b"), REPLACED),
        (0, 9, Write("c"), CREATED),
        (10, 11, Read(), found("a")),
    ],
    "of two creators one is refused": [
        (0, 9, WriteIfNothing("a"), REFUSED),
        (1, 8, WriteIfNothing("b"), CREATED),
    ],
    "two creators with a deletion between them": [
        (0, 9, WriteIfNothing("a"), CREATED),
        (0, 9, WriteIfNothing("b"), CREATED),
        (0, 9, Delete(), removed("b")),
        (10, 11, Read(), found("a")),
    ],
    "a value that comes back": [
        (0, 1, Write("a"), CREATED),
        (2, 20, Write("b"), REPLACED),
        (3, 20, Write("a"), REPLACED),
        (4, 5, Read(), found("a")),
        (6, 7, Read(), found("b")),
        (8, 9, Read(), found("a")),
    ],
    "a write without an answer was done": [
        (0, None, Write("a"), None),
        (1, 2, Read(), found("a")),
    ],
    "a write without an answer was never done": [
        (0, None, Write("a"), None),
        (1, 2, Read(), NOTHING),
    ],
    "a write without an answer was done late": [
        (0, None, Write("a"), None),
        (1, 2, Read(), NOTHING),
        (3, 4, Write("b"), CREATED),
        (5, 6, Read(), found("b")),
        (7, 8, Read(), found("a")),
    ],
    "a deletion without an answer explains a second creation": [
        (0, 1, WriteIfNothing("a"), CREATED),
        (2, None, Delete(), None),
        (3, 4, Read(), found("a")),
        (5, 6, WriteIfNothing("b"), CREATED),
    ],
    "a chain of conditional writes without answers": [
        (0, None, WriteIfMatch("b", "c"), None),
        (0, None, WriteIfMatch("a", "b"), None),
        (0, None, WriteIfNothing("a"), None),
        (1, 2, Read(), NOTHING),
        (3, 4, Read(), found("c")),
    ],
}

NOT_LINEARIZABLE: dict[str, list[Line]] = {
    "a stale read": [
        (0, 1, Write("a"), CREATED),
        (2, 3, Write("b"), REPLACED),
        (4, 5, Read(), found("a")),
    ],
    "a read that misses what was created": [
        (0, 1, Write("a"), CREATED),
        (2, 3, Read(), NOTHING),
    ],
    "a read of what was deleted": [
        (0, 1, Write("a"), CREATED),
        (2, 3, Delete(), removed("a")),
        (4, 5, Read(), found("a")),
    ],
    "a read of a value never written": [
        (0, 1, Write("a"), CREATED),
        (0, 9, Read(), found("b")),
    ],
    "a read of a value that was refused": [
        (0, 1, Write("a"), CREATED),
        (2, 9, WriteIfNothing("b"), REFUSED),
        (3, 8, Read(), found("b")),
    ],
    "a read before the write": [
        (0, 1, Read(), found("a")),
        (2, 3, Write("a"), CREATED),
    ],
    "reads that go back while the write goes on": [
        (0, 1, Write("a"), CREATED),
        (2, 9, Write("b"), REPLACED),
        (3, 4, Read(), found("b")),
        (5, 6, Read(), found("a")),
    ],
    "two clients that see two writes in different orders": [
        (0, 20, Write("a"), CREATED),
        (0, 20, Write("b"), REPLACED),
        (1, 2, Read(), found("b")),
        (3, 4, Read(), found("a")),
    ],
    "a lost update": [
        (0, 1, Write("a"), CREATED),
        (2, 9, WriteIfMatch("a", "b"), REPLACED),
        (2, 9, WriteIfMatch("a", "c"), REPLACED),
    ],
    "an update of what was replaced": [
        (0, 1, Write("a"), CREATED),
        (2, 3, Write("b"), REPLACED),
        (4, 5, WriteIfMatch("a", "c"), REPLACED),
    ],
    "an update of nothing": [
        (0, 1, WriteIfMatch("a", "b"), REPLACED),
    ],
    "an update that was refused without a reason": [
        (0, 1, Write("a"), CREATED),
        (2, 3, WriteIfMatch("a", "b"), REFUSED),
    ],
    "two creators who were both told success": [
        (0, 9, WriteIfNothing("a"), CREATED),
        (0, 9, WriteIfNothing("b"), CREATED),
    ],
    "a creator who was refused although nothing was there": [
        (0, 1, WriteIfNothing("a"), REFUSED),
        (0, 1, Read(), NOTHING),
    ],
    "a creator who replaced": [
        (0, 1, Write("a"), CREATED),
        (2, 3, WriteIfNothing("b"), REPLACED),
    ],
    "two plain writes that both created": [
        (0, 9, Write("a"), CREATED),
        (0, 9, Write("b"), CREATED),
    ],
    "a plain write that was refused": [
        (0, 1, Write("a"), REFUSED),
    ],
    "a write that replaced nothing": [
        (0, 1, Write("a"), REPLACED),
    ],
    "one value deleted twice": [
        (0, 1, Write("a"), CREATED),
        (2, 9, Delete(), removed("a")),
        (2, 9, Delete(), removed("a")),
    ],
    "a deletion that shows another value": [
        (0, 1, Write("a"), CREATED),
        (2, 3, Write("b"), REPLACED),
        (4, 5, Delete(), removed("a")),
    ],
    "a deletion that found nothing": [
        (0, 1, Write("a"), CREATED),
        (2, 3, Delete(), NOTHING),
    ],
    "a write without an answer that was done and undone": [
        (0, 1, Write("a"), CREATED),
        (2, None, Write("b"), None),
        (3, 4, Read(), found("b")),
        (5, 6, Read(), found("a")),
    ],
    "a write without an answer that was done twice": [
        (0, None, Write("a"), None),
        (1, 2, Delete(), removed("a")),
        (3, 4, Delete(), removed("a")),
    ],
    "a write without an answer that was done before it was asked for": [
        (0, 1, Read(), found("a")),
        (2, None, Write("a"), None),
    ],
}


@pytest.mark.parametrize("lines", LINEARIZABLE.values(), ids=LINEARIZABLE)
def test_what_one_order_explains(lines: list[Line]) -> None:
    """A history that one order of its operations explains passes, and that order is shown."""
    operations = history(*lines)
    verdict = check(operations)
    assert isinstance(verdict, Linearization)
    assert explains(verdict.order, operations)


@pytest.mark.parametrize("lines", NOT_LINEARIZABLE.values(), ids=NOT_LINEARIZABLE)
def test_what_no_order_explains(lines: list[Line]) -> None:
    """A history that no order explains fails, and so it does in whatever order it is given."""
    operations = history(*lines)
    assert isinstance(check(operations), Violation)
    assert isinstance(check(reversed(operations)), Violation)


def test_the_report_leads_to_the_fault() -> None:
    """A violation names the longest order, the state after it, and what cannot follow."""
    write, update, late, other = operations = history(
        (0, 1, Write("a"), CREATED),
        (2, 9, WriteIfMatch("a", "b"), REPLACED),
        (3, 9, WriteIfMatch("a", "c"), REPLACED),
        (10, 11, Read(), found("b")),
    )
    verdict = check(operations)
    assert verdict == Violation((write, update), "b", (late,))
    assert str(verdict) == (
        "No order of the operations explains their answers. The longest that does so far:\n"
        f"  {write}\n"
        f"  {update}\n"
        "Then the key holds b, and none of these can come next:\n"
        "  [3 to 9] client 2: write c over a: replaced (here it would be: condition failed)"
    )
    assert other.client == 3


def test_a_long_report_ends_where_the_fault_is() -> None:
    """Of a long history, the report shows the end of what can be explained."""
    reads: list[Line] = [(2 * n, 2 * n + 1, Read(), NOTHING) for n in range(100)]
    lines = str(check(history(*reads, (200, 201, Read(), found("a"))))).splitlines()
    assert len(lines) < 20
    assert lines[1] == "  (88 operations before these)"
    assert lines[-1] == "  [200 to 201] client 100: read: found a (here it would be: nothing there)"


def test_a_key_may_hold_something_at_first() -> None:
    """The state before the history is the caller's to name."""
    operations = history((0, 1, Delete(), removed("a")))
    assert isinstance(check(operations, initial="a"), Linearization)
    assert isinstance(check(operations), Violation)


@pytest.mark.parametrize(
    ("answered", "answer"), [(None, NOTHING), (1, None), (-1, NOTHING)], ids=str
)
def test_no_operation_that_cannot_be(answered: int | None, answer: Answer | None) -> None:
    """An answer without a time, a time without an answer, and an early answer are mistakes."""
    with pytest.raises(ValueError, match="answer"):
        Operation(0, Read(), 0, answered, answer)


# --- the checker: beside all permutations, and on long histories


def explains(order: Iterable[Operation], operations: Iterable[Operation]) -> bool:
    """Whether the order holds all that was answered, nothing twice, in time, with these answers."""
    order, rest = list(order), Counter(operations)
    rest.subtract(order)
    if any(n < 0 or (n and operation.answer is not None) for operation, n in rest.items()):
        return False
    for earlier, later in itertools.combinations(order, 2):
        if later.answered is not None and later.answered < earlier.invoked:
            return False
    state: State = None
    for operation in order:
        answer, state = operation.action.apply(state)
        if operation.answer not in (None, answer):
            return False
    return True


def some_order_explains(operations: list[Operation]) -> bool:
    """The verdict by trying everything."""
    return any(
        explains(order, operations)
        for count in range(len(operations) + 1)
        for order in itertools.permutations(operations, count)
    )


values = st.sampled_from("ab")
actions: st.SearchStrategy[Action] = st.one_of(
    st.builds(Read),
    st.builds(Write, values),
    st.builds(Delete),
    st.builds(WriteIfMatch, values, values),
    st.builds(WriteIfNothing, values),
)
answers = st.one_of(
    st.sampled_from([NOTHING, CREATED, REPLACED, REFUSED]),
    st.builds(Answer, st.sampled_from([Outcome.FOUND, Outcome.REMOVED]), values),
)


@st.composite
def true_histories(draw: st.DrawFn, largest: int) -> list[Operation]:
    """Histories of a register: each operation takes effect at one moment of its duration."""
    durations = draw(
        st.lists(
            st.tuples(st.integers(0, 30), st.integers(0, 9), st.integers(0, 9)), max_size=largest
        )
    )
    operations = []
    state: State = None
    for client, (moment, before, after) in enumerate(sorted(durations)):
        action = draw(actions)
        answer, following = action.apply(state)
        operation = Operation(client, action, moment - before, moment + after, answer)
        lost = draw(st.sampled_from(["", "", "", "", "the answer", "the request"]))
        if lost:
            operation = replace(operation, answered=None, answer=None)
        if lost != "the request":
            state = following
        operations.append(operation)
    return draw(st.permutations(operations))


@settings(deadline=None)  # other work on the machine may hold one up
@given(operations=true_histories(largest=60))
def test_a_true_history_passes(operations: list[Operation]) -> None:
    """What a register with compare-and-set did is accepted, with an order that explains it."""
    verdict = check(operations)
    assert isinstance(verdict, Linearization), verdict
    assert explains(verdict.order, operations)


@settings(deadline=None)  # other work on the machine may hold one up
@given(operations=true_histories(largest=5), data=st.data())
def test_the_verdict_is_that_of_trying_all_orders(
    operations: list[Operation], data: st.DataObject
) -> None:
    """On small histories, true ones with some answers changed, the search misses no order."""
    for index, operation in enumerate(operations):
        if operation.answer is not None and data.draw(st.integers(0, 2)) == 0:
            operations[index] = replace(operation, answer=data.draw(answers))
    verdict = check(operations)
    event(type(verdict).__name__)
    assert isinstance(verdict, Linearization) == some_order_explains(operations)
    if isinstance(verdict, Linearization):
        assert explains(verdict.order, operations)
    else:
        assert violates(verdict, operations)


def violates(violation: Violation, operations: list[Operation]) -> bool:
    """Whether the report is true: its prefix is an order, and nothing in `blocked` can follow."""
    early = [operation for operation in operations if operation in violation.prefix]
    return explains(violation.prefix, early) and not any(
        operation.action.apply(violation.state)[0] == operation.answer
        for operation in violation.blocked
    )


def simulated(clients: int, count: int, chance: random.Random) -> list[Operation]:
    """What clients that ask without a pause see of a true register."""
    free = [0] * clients
    effects = []
    for _ in range(count):
        client = free.index(min(free))
        invoked = free[client] + 1
        effect = invoked + chance.randrange(1000)
        free[client] = effect + chance.randrange(1000)
        effects.append((effect, client, invoked, free[client]))
    operations = []
    state: State = None
    for turn, (_, client, invoked, answered) in enumerate(sorted(effects)):
        expected = chance.choice((state, f"{turn - 1}")) or "none"
        action = chance.choice(
            (
                Read(),
                Write(f"{turn}"),
                Delete(),
                WriteIfMatch(expected, f"{turn}"),
                WriteIfNothing(f"{turn}"),
            )
        )
        answer, state = action.apply(state)
        operations.append(Operation(client, action, invoked, answered, answer))
    return operations


@pytest.mark.timeout(20)
@pytest.mark.parametrize("clients", [2, 8, 16])
def test_a_thousand_operations_are_no_trouble(clients: int) -> None:
    """Long histories of many clients on one key get their verdict soon, whichever it is."""
    operations = simulated(clients, 1000, random.Random(clients))  # noqa: S311  # a test's
    assert isinstance(check(operations), Linearization)
    late = max(n for n, operation in enumerate(operations) if isinstance(operation.action, Read))
    operations[late] = replace(operations[late], answer=found("1"))
    assert isinstance(check(operations), Violation)


# --- recording what clients see of a server

PATHS: Final = ("/top", "/a/1", "/a/b", "/a/deep/er/x")
"""A few keys: at the top, a number (whose deletion commits a counter too), side by side, deep."""
SIZES: Final = {0: 200, 1_000: 20, 60_000: 8, 1_200_000: 1}
"""How long a body is padded to be, each with its share.

The longest is more than the read cache holds of one resource.
"""
# A server that hangs is to be told from histories that are hard to check.
ANSWER_SECONDS: Final = 20
# What a client meets whose connection the kill has cut.
CUT: Final = (ConnectionError, asyncio.IncompleteReadError)

OUTCOMES: Final = {
    ("GET", 200): Outcome.FOUND,
    ("GET", 404): Outcome.NOTHING,
    ("PUT", 200): Outcome.REPLACED,
    ("PUT", 201): Outcome.CREATED,
    ("PUT", 412): Outcome.REFUSED,
    ("DELETE", 200): Outcome.REMOVED,
    ("DELETE", 404): Outcome.NOTHING,
}


@dataclass(frozen=True, slots=True)
class Request:
    """An action on a key, as a client asks for it."""

    action: Action
    method: str
    body: bytes | None = None
    fields: tuple[tuple[str, str], ...] = ()


Kind = Callable[[bytes, bytes], Request]
"""Makes a request from a body that nobody has sent before, and the one that was seen last."""

KINDS: Final[dict[Kind, int]] = {
    lambda _new, _seen: Request(Read(), "GET"): 6,
    lambda new, _seen: Request(Write(content_digest(new)), "PUT", new): 4,
    lambda _new, seen: Request(Write(content_digest(seen)), "PUT", seen): 1,
    lambda _new, _seen: Request(Delete(), "DELETE"): 3,
    lambda new, seen: Request(
        WriteIfMatch(content_digest(seen), content_digest(new)),
        "PUT",
        new,
        (("If-Match", f'"{content_digest(seen)}"'),),
    ): 5,
    lambda new, _seen: Request(
        WriteIfNothing(content_digest(new)), "PUT", new, (("If-None-Match", "*"),)
    ): 4,
}
"""What clients ask for, each with its share."""


def one_of(shares: Mapping[_T, int], chance: random.Random) -> _T:
    """One of the keys, each as likely as its share is large."""
    return chance.choices(list(shares), list(shares.values()))[0]


def answer_of(request: Request, reply: Reply) -> Answer:
    """What the reply says; fails when it is none that the method knows, or not of one piece."""
    outcome = OUTCOMES.get((request.method, reply.status))
    assert outcome is not None, (request.method, reply)
    digest = content_digest(reply.body)
    if outcome in (Outcome.FOUND, Outcome.CREATED, Outcome.REPLACED):
        assert reply.field("ETag") == f'"{digest}"'
    if outcome in (Outcome.CREATED, Outcome.REPLACED):
        assert reply.body == request.body
    return Answer(outcome, digest if outcome in (Outcome.FOUND, Outcome.REMOVED) else None)


Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def connected(address: Address) -> AsyncIterator[Connection]:
    """A connection to send one request after the other on."""
    reader, writer = await asyncio.open_connection(address.host, address.port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()
        with suppress(OSError):
            await writer.wait_closed()


@dataclass
class Recording:
    """What all clients asked and were told, by key."""

    name: str
    histories: dict[str, list[Operation]] = field(
        default_factory=lambda: {path: [] for path in PATHS}
    )
    # The body that any client last found or wrote: what makes conditions hold now and then.
    seen: dict[str, bytes] = field(default_factory=lambda: dict.fromkeys(PATHS, b"0"))
    bodies: Iterator[int] = field(default_factory=itertools.count)

    async def client(self, number: int, address: Address, turns: Iterable[object]) -> None:
        """Send one request after the other over one connection, as many as there are turns."""
        chance = random.Random(f"{self.name} {number}")  # noqa: S311  # a test's, the same each run
        async with connected(address) as connection:
            for _ in turns:
                path = chance.choice(PATHS)
                make, size = one_of(KINDS, chance), one_of(SIZES, chance)
                body = {"body": next(self.bodies), "pad": "x" * size}
                request = make(json.dumps(body).encode(), self.seen[path])
                await self._record(number, path, request, connection)

    async def _record(
        self, client: int, path: str, request: Request, connection: Connection
    ) -> None:
        reader, writer = connection
        raw = request_bytes(request.method, path, dict(request.fields), request.body)
        operation = Operation(client, request.action, time.monotonic_ns())
        try:
            writer.write(raw)
            async with asyncio.timeout(ANSWER_SECONDS):
                reply = await read_reply(reader)
        except CUT:
            self.histories[path].append(operation)
            raise
        answered = time.monotonic_ns()
        answer = answer_of(request, reply)
        self.histories[path].append(replace(operation, answered=answered, answer=answer))
        if answer.outcome in (Outcome.FOUND, Outcome.CREATED, Outcome.REPLACED):
            self.seen[path] = reply.body

    async def final_reads(self, address: Address) -> None:
        """Look at each key once more when all is quiet: the last writes must be seen too."""
        async with connected(address) as connection:
            for path in PATHS:
                await self._record(-1, path, Request(Read(), "GET"), connection)

    def violations(self) -> list[str]:
        """A report for each key whose history no order explains."""
        verdicts = {path: check(operations) for path, operations in self.histories.items()}
        return [
            f"{path}: {verdict}"
            for path, verdict in verdicts.items()
            if isinstance(verdict, Violation)
        ]

    def kinds(self) -> set[tuple[type[Action], Outcome]]:
        """Which actions were answered how."""
        return {
            (type(operation.action), operation.answer.outcome)
            for operation in itertools.chain.from_iterable(self.histories.values())
            if operation.answer is not None
        }


EVERY_KIND: Final = {
    (Read, Outcome.FOUND),
    (Read, Outcome.NOTHING),
    (Write, Outcome.CREATED),
    (Write, Outcome.REPLACED),
    (Delete, Outcome.REMOVED),
    (Delete, Outcome.NOTHING),
    (WriteIfMatch, Outcome.REPLACED),
    (WriteIfMatch, Outcome.REFUSED),
    (WriteIfNothing, Outcome.CREATED),
    (WriteIfNothing, Outcome.REFUSED),
}


def for_seconds(seconds: float) -> Iterator[int]:
    """Turns until the time is over, and on a slow machine until there were some at least."""
    end = time.monotonic() + seconds
    return itertools.takewhile(
        lambda turn: turn < FEWEST_TURNS or time.monotonic() < end, itertools.count()
    )


# --- kvput

SECONDS = 1.0
FEWEST_TURNS = 40
SECONDS_BEFORE_KILL = (0.1, 0.6)


def clients_of(round_: int) -> range:
    return range(8 + 4 * (round_ % 3))


@pytest.mark.timeout(60 + 30 * ROUNDS)
async def test_what_clients_see_is_what_one_order_gives(tmp_path: Path) -> None:
    """Of all that concurrent clients are told, each key's part fits one order of its requests."""
    for round_ in range(ROUNDS):
        data = tmp_path / str(round_)
        data.mkdir()
        recording = Recording(f"running {round_}")
        with await asyncio.to_thread(ServerProcess, data) as server:
            assert server.address is not None
            await asyncio.gather(
                *(
                    recording.client(number, server.address, for_seconds(SECONDS))
                    for number in clients_of(round_)
                )
            )
            await recording.final_reads(server.address)
            assert server.stop() == (0, "")
        assert not (violations := recording.violations()), "\n".join(violations)
        assert recording.kinds() == EVERY_KIND


@pytest.mark.timeout(60 + 30 * ROUNDS)
async def test_a_kill_does_not_show_in_what_clients_see(tmp_path: Path) -> None:
    """Over a `kill -9` and a restart still one order fits: what was told stays so, the rest may."""
    chance = random.Random(9)  # noqa: S311  # a test's
    for round_ in range(ROUNDS):
        data = tmp_path / str(round_)
        data.mkdir()
        recording = Recording(f"killed {round_}")
        with await asyncio.to_thread(ServerProcess, data) as server:
            assert server.address is not None
            clients = [
                asyncio.create_task(recording.client(number, server.address, itertools.count()))
                for number in clients_of(round_)
            ]
            await asyncio.sleep(chance.uniform(*SECONDS_BEFORE_KILL))
            server.process.kill()
            ends = await asyncio.gather(*clients, return_exceptions=True)
            assert all(isinstance(end, CUT) for end in ends), ends
            server.kill()
        operations = list(itertools.chain.from_iterable(recording.histories.values()))
        unanswered = sum(operation.answer is None for operation in operations)
        assert 0 < unanswered <= len(clients) < len(operations)
        with await asyncio.to_thread(ServerProcess, data) as server:
            assert server.address is not None
            await recording.final_reads(server.address)
            await asyncio.gather(
                *(
                    recording.client(number, server.address, for_seconds(SECONDS / 2))
                    for number in clients_of(round_)
                )
            )
            await recording.final_reads(server.address)
            code, said = server.stop()
            assert code == 0
            # A kill is no damage, and nobody's edit: that is all there may be to say of it.
            assert re.fullmatch(r"(kvput: Files recovered from the journal: [0-9]+\.\n)?", said)
        assert not (violations := recording.violations()), "\n".join(violations)


# --- stores that are broken on purpose


class ReadsThePrevious(MemoryStore):
    """Answers each fifth GET with what it answered the one before, as a cache might."""

    def __init__(self) -> None:
        super().__init__()
        self._reads = 0
        self._shown: dict[ResourcePath, Entry | None] = {}

    async def get(self, path: ResourcePath) -> Entry | None:
        self._reads += 1
        if self._reads % 5:
            self._shown[path] = await super().get(path)
        return self._shown.get(path)


class DecidesWithoutTheLock(MemoryStore):
    """Lets other requests in between a decision and its write."""

    async def commit(self, decide: Decision) -> Commit:
        batch = decide(self._view)
        await asyncio.sleep(0.001)
        return self._apply(batch)


class AnswersTooEarly(MemoryStore):
    """Answers a write a moment before the reads can see it."""

    def __init__(self) -> None:
        super().__init__()
        self._published: dict[ResourcePath, Entry | None] = {}

    async def get(self, path: ResourcePath) -> Entry | None:
        return self._published.get(path)

    async def commit(self, decide: Decision) -> Commit:
        commit = await super().commit(decide)
        publish = self._published.update
        states = {change.path: change.after for change in commit.changes}
        asyncio.get_running_loop().call_later(0.005, publish, states)
        return commit


class LosesAWrite(MemoryStore):
    """Forgets one write in twenty that it answers as done."""

    async def commit(self, decide: Decision) -> Commit:
        commit = await super().commit(decide)
        (change, *_) = commit.changes
        if commit.sequence % 20 == 0:
            for change in commit.changes:
                if change.before is None:
                    del self._entries[change.path]
                else:
                    self._entries[change.path] = change.before
        return commit


async def record(store: Store, name: str, data: Path) -> Recording:
    """What eight clients see of a store in this process."""
    recording = Recording(name)
    async with serving(store, Config(data=data)) as address:
        await asyncio.gather(
            *(recording.client(number, address, range(100)) for number in range(8))
        )
        await recording.final_reads(address)
    return recording


async def test_the_plain_store_passes(tmp_path: Path) -> None:
    """The store that the broken ones are made from is found without fault."""
    recording = await record(MemoryStore(), "memory", tmp_path)
    assert not (violations := recording.violations()), "\n".join(violations)


@pytest.mark.parametrize(
    "broken", [ReadsThePrevious, DecidesWithoutTheLock, AnswersTooEarly, LosesAWrite]
)
async def test_a_broken_store_is_found(broken: type[MemoryStore], tmp_path: Path) -> None:
    """A fault that only concurrent or later requests can see does not stay hidden."""
    recording = await record(broken(), broken.__name__, tmp_path)
    assert recording.violations()

"""Whether what many clients saw of one key can be explained by one order of their operations.

Here belong the register with compare-and-set that a key is, as a function from
state to answer and state, and the search for an order. How a history is
recorded does not belong here: the module knows no clock, no server and no HTTP.

A history is linearizable when its operations, put into some order, each give
the answer that was seen, and none comes before one that was answered before it
was invoked. A history of several keys is linearizable when that of each key is
(Herlihy & Wing 1990, "Linearizability: A Correctness Condition for Concurrent
Objects", section 3.1), so each key is checked alone.

The search is Wing & Gong's (1993, "Testing and Verifying Concurrent Objects"):
take an operation that may come first, see what it answers, go on with the rest,
and put it back where that leads nowhere. Lowe (2017, "Testing for
linearizability") adds the memory of each pair of taken operations and state
that was met before, so that no such pair is searched twice.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

State = str | None
"""What a key holds: a text that identifies the value, or None where there is nothing."""

# --- the register


class Outcome(Enum):
    """What an answer says, apart from the value that came with it."""

    FOUND = "found"
    NOTHING = "nothing there"
    CREATED = "created"
    REPLACED = "replaced"
    REMOVED = "removed"
    REFUSED = "condition failed"


@dataclass(frozen=True, slots=True)
class Answer:
    """What an operation was told; `value` is what was found or removed, else None."""

    outcome: Outcome
    value: State = None

    def __str__(self) -> str:
        return self.outcome.value + ("" if self.value is None else f" {self.value}")


_WITHOUT_EFFECT: Final = frozenset({Outcome.FOUND, Outcome.NOTHING, Outcome.REFUSED})
"""What is answered only by operations that leave the state as it is.

A write of the value that is there anyway is none of them: elsewhere in the
order the same write, with the same answer, changes the state.
"""

_NOTHING: Final = Answer(Outcome.NOTHING)
_CREATED: Final = Answer(Outcome.CREATED)
_REPLACED: Final = Answer(Outcome.REPLACED)
_REFUSED: Final = Answer(Outcome.REFUSED)


@dataclass(frozen=True, slots=True)
class Read:
    """GET: shows the value."""

    def apply(self, state: State) -> tuple[Answer, State]:
        """The right answer in this state, and the state afterwards."""
        return (_NOTHING if state is None else Answer(Outcome.FOUND, state)), state

    def __str__(self) -> str:
        return "read"


@dataclass(frozen=True, slots=True)
class Write:
    """PUT: sets the value, and tells whether there was one."""

    value: str

    def apply(self, state: State) -> tuple[Answer, State]:
        """See `Read.apply`."""
        return (_CREATED if state is None else _REPLACED), self.value

    def __str__(self) -> str:
        return f"write {self.value}"


@dataclass(frozen=True, slots=True)
class Delete:
    """DELETE: removes the value, and shows it a last time."""

    def apply(self, state: State) -> tuple[Answer, State]:
        """See `Read.apply`."""
        return (_NOTHING if state is None else Answer(Outcome.REMOVED, state)), None

    def __str__(self) -> str:
        return "delete"


@dataclass(frozen=True, slots=True)
class WriteIfMatch:
    """PUT with If-Match: sets the value where it is the expected one."""

    expected: str
    value: str

    def apply(self, state: State) -> tuple[Answer, State]:
        """See `Read.apply`."""
        return (_REPLACED, self.value) if state == self.expected else (_REFUSED, state)

    def __str__(self) -> str:
        return f"write {self.value} over {self.expected}"


@dataclass(frozen=True, slots=True)
class WriteIfNothing:
    """PUT with If-None-Match: *: sets the value where there is none."""

    value: str

    def apply(self, state: State) -> tuple[Answer, State]:
        """See `Read.apply`."""
        return (_CREATED, self.value) if state is None else (_REFUSED, state)

    def __str__(self) -> str:
        return f"write {self.value} over nothing"


Action = Read | Write | Delete | WriteIfMatch | WriteIfNothing


# --- histories


@dataclass(frozen=True, slots=True)
class Operation:
    """What a client asked of the key, when, and what it was told.

    Times are of one clock, in any unit. An operation without an answer has no
    time for it either: it may have taken effect at any time after its
    invocation, or never.
    """

    client: int
    action: Action
    invoked: int
    answered: int | None = None
    answer: Answer | None = None

    def __post_init__(self) -> None:
        if (self.answered is None) != (self.answer is None):
            raise ValueError("an answer and its time come together")
        if self.answered is not None and self.answered < self.invoked:
            raise ValueError("an answer cannot come before its question")

    def __str__(self) -> str:
        answered = "..." if self.answered is None else self.answered
        answer = "no answer" if self.answer is None else self.answer
        return f"[{self.invoked} to {answered}] client {self.client}: {self.action}: {answer}"


@dataclass(frozen=True, slots=True)
class Linearization:
    """An order that explains the history.

    An unanswered operation is part of it only where it must have taken effect.
    """

    order: tuple[Operation, ...]


@dataclass(frozen=True, slots=True)
class Violation:
    """No order explains the history.

    `prefix` is the longest one found that explains as many of its operations,
    `state` what the key holds after it, and `blocked` the answered operations
    of which one had to come next, while none was answered as it would be here.
    """

    prefix: tuple[Operation, ...]
    state: State
    blocked: tuple[Operation, ...]

    def __str__(self) -> str:
        """A report for whoever reads the failed test."""
        shown = self.prefix[-_SHOWN:]
        after = [f"  {operation}" for operation in shown]
        if len(self.prefix) > len(shown):
            after.insert(0, f"  ({len(self.prefix) - len(shown)} operations before these)")
        blocked = [
            f"  {operation} (here it would be: {operation.action.apply(self.state)[0]})"
            for operation in self.blocked
        ]
        return "\n".join(
            (
                "No order of the operations explains their answers. The longest that does so far:",
                *after,
                f"Then the key holds {self.state or 'nothing'}, and none of these can come next:",
                *blocked,
            )
        )


_SHOWN: Final = 12
"""How many operations of the prefix a report ends with: they lead to what is wrong."""


# --- the search


def check(history: Iterable[Operation], initial: State = None) -> Linearization | Violation:
    """Search for an order that explains the history of one key, which first holds `initial`."""
    operations = sorted(history, key=lambda operation: operation.invoked)
    remaining = _Remaining(operations)
    unexplained = sum(operation.answer is not None for operation in operations)
    order: list[int] = []
    # What was decided before each operation of the order, and now: the state, the set of taken
    # operations as a bit mask, and the steps that have not been tried.
    states = [initial]
    taken = [0]
    untried = [_steps(operations, remaining, initial)]
    met = {(0, initial)}
    longest: list[int] = []
    while unexplained:
        step = next(untried[-1], None)
        if step is None:
            if not order:
                return _violation(operations, longest, initial)
            index = order.pop()
            remaining.put_back(index)
            unexplained += operations[index].answer is not None
            for stack in (states, taken, untried):
                stack.pop()
            continue
        index, state = step
        configuration = (taken[-1] | 1 << index, state)
        if configuration in met:
            continue
        met.add(configuration)
        remaining.take(index)
        unexplained -= operations[index].answer is not None
        order.append(index)
        states.append(state)
        taken.append(configuration[0])
        untried.append(_steps(operations, remaining, state))
        if len(order) > len(longest):
            longest = order.copy()
    return Linearization(tuple(operations[index] for index in order))


def _steps(
    operations: list[Operation], remaining: "_Remaining", state: State
) -> Iterator[tuple[int, State]]:
    """The operations that may come next, each with the state that it leads to."""
    certain = []
    uncertain = []
    for index in remaining.first():
        operation = operations[index]
        answer, after = operation.action.apply(state)
        if operation.answer is None:
            # Without an effect it might as well never have happened.
            if after != state:
                uncertain.append((index, after))
        elif answer == operation.answer:
            if answer.outcome in _WITHOUT_EFFECT:
                # An order in which it comes later explains the history as well with it moved
                # to here: it had no effect there either. No other step need be tried.
                return iter([(index, after)])
            certain.append((index, after))
    return iter(certain + uncertain)


def _violation(operations: list[Operation], longest: list[int], state: State) -> Violation:
    """What to report where no order is longer than this one, which begins in `state`."""
    remaining = _Remaining(operations)
    for index in longest:
        remaining.take(index)
        state = operations[index].action.apply(state)[1]
    prefix = tuple(operations[index] for index in longest)
    first = (operations[index] for index in remaining.first())
    return Violation(
        prefix, state, blocked=tuple(operation for operation in first if operation.answer)
    )


class _Remaining:
    """The operations not yet taken, by their place in the order of invocation.

    Taking one and putting back the one taken last touch only its neighbours, as in
    Wing & Gong's list of calls and returns.
    """

    def __init__(self, operations: list[Operation]) -> None:
        count = len(operations)
        self._operations = operations
        # The place after the last one stands before the first and after the last.
        self._end = count
        self._after = [*range(1, count + 1), 0]
        self._before = [count, *range(count)]

    def take(self, index: int) -> None:
        """Leave the operation out from now on."""
        before, after = self._before[index], self._after[index]
        self._after[before] = after
        self._before[after] = before

    def put_back(self, index: int) -> None:
        """Undo the last `take` that has not been undone, which was of this operation."""
        self._after[self._before[index]] = index
        self._before[self._after[index]] = index

    def first(self) -> list[int]:
        """Those that may come first: none that remains was answered before they were invoked."""
        found = []
        earliest: int | None = None
        index = self._after[self._end]
        while index != self._end:
            operation = self._operations[index]
            if earliest is not None and earliest < operation.invoked:
                break
            if operation.answered is not None:
                answered = operation.answered
                earliest = answered if earliest is None else min(earliest, answered)
            found.append(index)
            index = self._after[index]
        return found

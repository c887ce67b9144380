"""Accounts of what was written, against which the server is held after a crash.

They know nothing of HTTP, files or crashes. Whoever writes notes when a write
begins and when it is known to have been done; what was begun and never answered
may have happened or not.
"""

import itertools
import json
import math
from dataclasses import dataclass


class Lost(AssertionError):
    """What was found is not what the accounts allow."""


def shown(body: bytes | None) -> str:
    """A body as a sentence can hold it; None is nothing at all."""
    return "nothing" if body is None else f"{body[:60]!r} ({len(body)} bytes)"


@dataclass(slots=True, eq=False)
class Write:
    """One write of a path, from `begun` to `ended` by the account's clock."""

    body: bytes | None
    begun: int
    ended: float = math.inf
    torn: bool = False
    """Whether a power loss may leave anything of it, as of all that nobody syncs."""


class Account:
    """What may stand under one path. Several may write to it at a time.

    A write that was done before another one, which was done as well, began can no
    longer be seen. Of those that overlap either may have been the last, and one
    that was never answered may yet come to be.
    """

    def __init__(self, body: bytes | None = None) -> None:
        self._clock = itertools.count()
        self._writes: list[Write] = []
        self.end(self.begin(body))

    def begin(self, body: bytes | None, *, torn: bool = False) -> Write:
        """Note that a write begins; None deletes."""
        write = Write(body, next(self._clock), torn=torn)
        self._writes.append(write)
        return write

    def end(self, write: Write) -> None:
        """Note that the write was done."""
        write.ended = next(self._clock)
        newest = max(write.begun for write in self._writes if write.ended < math.inf)
        self._writes = [write for write in self._writes if write.ended > newest]

    def withdraw(self, write: Write) -> None:
        """Note that the write was refused, and has changed nothing."""
        self._writes.remove(write)

    @property
    def allowed(self) -> tuple[bytes | None, ...]:
        """What may stand there now."""
        return tuple(write.body for write in self._writes)

    @property
    def known(self) -> bytes | None:
        """What stands there; only where no write is under way."""
        (body,) = self.allowed
        return body

    def settle(self, found: bytes | None, path: str) -> None:
        """Take what was found for the truth; Lost when it may not be that."""
        if found not in self.allowed and not any(write.torn for write in self._writes):
            allowed = " or ".join(shown(body) for body in self.allowed)
            raise Lost(f"{path} holds {shown(found)} instead of {allowed}")
        self._writes.clear()
        self.end(self.begin(found))


class Posts:
    """What POST was asked to create: which number got which token, in all rounds."""

    def __init__(self) -> None:
        self.tokens: dict[int, str] = {}
        self.in_flight: dict[str, bytes] = {}
        self.accounts: dict[int, Account] = {}

    def given(self, number: int, token: str, body: bytes) -> None:
        """The number is this token's from now on; Lost when it was another's before."""
        sent = json.loads(self.in_flight.pop(token))
        if json.loads(body) != {"id": number, **sent}:
            raise Lost(f"{number} holds {shown(body)}, which is not what was sent")
        if number in self.tokens:
            raise Lost(f"{number} was given to {self.tokens[number]} and to {token}")
        self.tokens[number] = token
        self.accounts[number] = Account(body)

    def settle(self, listed: dict[int, str], bodies: dict[int, bytes]) -> None:
        """Take the listed numbers, with their tokens, for all there are; Lost if they are not.

        `bodies` are the numbers that no answer has told.
        """
        for number, token in listed.items():
            if number in bodies:
                if token not in self.in_flight:
                    raise Lost(f"nobody has just posted {token}, which is {number}")
                self.given(number, token, bodies[number])
            if self.tokens[number] != token:
                raise Lost(f"{number} holds {token}, and was given to {self.tokens[number]}")
        self.in_flight.clear()

    def forget_deleted(self) -> None:
        """Close the accounts of numbers under which nothing is left; they stay given."""
        left = {n: account for n, account in self.accounts.items() if account.allowed != (None,)}
        self.accounts = left

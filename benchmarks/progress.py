"""How far a run is: one line that is written over on a terminal, plain lines elsewhere."""

import sys
import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class Progress:
    """Tells each step, and from the second on how long the rest is likely to take."""

    steps: int = 0
    done: int = 0
    started: float = field(default_factory=time.monotonic)

    def expect(self, steps: int) -> None:
        """Begin, with so many steps to go."""
        self.steps, self.done, self.started = steps, 0, time.monotonic()

    def step(self, text: str) -> None:
        """Begin a step."""
        taken = time.monotonic() - self.started
        left = remaining(taken, self.done, self.steps)
        self.done += 1
        self.tell(text, left)

    def tell(self, text: str, left: str = "") -> None:
        """Say what goes on; what is left is for a terminal, where it is written over."""
        if sys.stderr.isatty():
            print(f"\r\x1b[K{text}{left}", end="", file=sys.stderr, flush=True)
        else:
            print(text, file=sys.stderr, flush=True)

    def leave_out(self) -> None:
        """Take a step off what is to come."""
        self.steps -= 1

    def clear(self) -> None:
        """Leave an empty line behind on a terminal."""
        if sys.stderr.isatty():
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def remaining(seconds: float, done: int, steps: int) -> str:
    """The rest of the time in words; nothing before there is a step to judge by."""
    if not done:
        return ""
    left = seconds / done * (steps - done)
    return f" (about {left / 60:.0f} min left)" if left >= 90 else f" (about {left:.0f} s left)"

"""What a crash leaves of one file's content: lost, kept and torn writes.

Each sector holds any of the versions that it had since the last sync. Which
changes a crash may keep together is in `crash_states`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Final

from tests.store.files.recording import Resized, Written

SECTOR: Final = 512
"""What a disk writes in one piece, in bytes."""


@dataclass(frozen=True, slots=True)
class Tear:
    """What has arrived of a write: some sectors, and a size that they or all of it give."""

    sectors: frozenset[int]
    whole_size: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """What a crash keeps: times of changes to names, sizes and times, and of writes."""

    changes: frozenset[int]
    writes: frozenset[int]
    torn: Mapping[int, Tear] = field(default_factory=dict)
    dropped: bool = False
    """Whether what a failed sync should have written is not on the disk."""


@dataclass(slots=True)
class Content:
    """A file: what is on the disk, and what was done since, with the version after each step."""

    durable: bytes = b""
    modified_ns: int = 0
    steps: list[tuple[int, Written | Resized, bytes]] = field(default_factory=list)
    doubtful: dict[int, bytes] = field(default_factory=dict)
    """Sectors of `durable` that a failed sync may not have written: what they hold then."""

    @property
    def latest(self) -> bytes:
        """As every reader sees it."""
        return self.steps[-1][2] if self.steps else self.durable

    def take(self, time: int, step: Written | Resized) -> None:
        """Do one more step."""
        now = bytearray(self.latest)
        if isinstance(step, Resized):
            now = with_size(now, step.size)
        else:
            now = with_size(now, max(len(now), step.offset))
            now[step.offset : step.offset + len(step.content)] = step.content
        self.steps.append((time, step, bytes(now)))

    def has_grown_at(self, time: int) -> bool:
        """Whether a step that is not on the disk yet has made the file larger."""
        versions = [self.durable, *(version for _, _, version in self.steps)]
        return any(
            step_time == time and len(versions[place + 1]) > len(versions[place])
            for place, (step_time, _, _) in enumerate(self.steps)
        )

    def settle(self) -> None:
        """Have it all on the disk."""
        for sector in self._written():
            self.doubtful.pop(sector, None)
        self.durable = self.latest
        self.steps.clear()

    def drop(self) -> None:
        """Fail to have it on the disk, and take it for written."""
        for sector in self._written():
            self.doubtful.setdefault(sector, self.durable[sector * SECTOR : (sector + 1) * SECTOR])
        self.durable = self.latest
        self.steps.clear()

    def _written(self) -> set[int]:
        return {
            sector
            for _, step, _ in self.steps
            if isinstance(step, Written)
            for sector in sectors_of(step)
        }

    def after(self, choice: Choice) -> bytes:
        """What is left of it."""
        durable = self._with_what_was_dropped() if choice.dropped else self.durable
        if not self.steps:
            return durable
        versions = [durable, *(version for _, _, version in self.steps)]
        resized = [
            place for place, (_, step, _) in enumerate(self.steps) if isinstance(step, Resized)
        ]
        shrunk = [place for place in resized if len(versions[place + 1]) < len(versions[place])]
        kept = [place for place in resized if self.steps[place][0] in choice.changes]
        sized = kept[-1] if kept else -1
        # What was cut off does not come back, and what was written before is cut off with it.
        base = max((place for place in shrunk if place <= sized), default=-1)
        end = min((place for place in shrunk if place > sized), default=len(self.steps))
        end_of_size = min((place for place in resized if place > sized), default=end)
        content, size = bytearray(versions[base + 1]), len(versions[sized + 1])
        for place in range(base + 1, end):
            time, step, version = self.steps[place]
            if isinstance(step, Resized) or time not in choice.writes:
                continue
            tear = choice.torn.get(time)
            sectors = sectors_of(step) if tear is None else sorted(tear.sectors)
            content = with_size(content, max(len(content), len(version)))
            reached = 0
            for sector in sectors:
                reached = min(sector * SECTOR + SECTOR, len(version))
                content[sector * SECTOR : reached] = version[sector * SECTOR : reached]
            if sized < place < end_of_size:
                size = max(size, reached if tear and not tear.whole_size else len(version))
        return bytes(with_size(content, size))

    def _with_what_was_dropped(self) -> bytes:
        content = bytearray(self.durable)
        for sector, held in self.doubtful.items():
            start = sector * SECTOR
            length = max(0, min(SECTOR, len(content) - start))
            content[start : start + length] = held.ljust(SECTOR, b"\0")[:length]
        return bytes(content)


def with_size(content: bytearray, size: int) -> bytearray:
    return content[:size] if size <= len(content) else content + bytes(size - len(content))


def sectors_of(step: Written) -> range:
    return range(step.offset // SECTOR, -(-(step.offset + len(step.content)) // SECTOR))


def tears(step: Written, random: Random) -> list[Tear]:
    """Zeros for all of it, only its beginning, and some sectors with either size."""
    sectors = list(sectors_of(step))
    some = frozenset(sector for sector in sectors if random.random() < 0.5)
    beginning = frozenset(sectors[: random.randint(0, len(sectors))])
    return list(
        dict.fromkeys(
            (
                Tear(frozenset(), whole_size=True),
                Tear(beginning, whole_size=False),
                Tear(some, whole_size=True),
                Tear(some, whole_size=False),
            )
        )
    )

"""What a journaling file system may leave behind when the power goes, worked out from a record.

A `Disk` takes the operations of a `RecordingEnvironment` one by one. After
each, `states` gives folders that a crash at this moment may leave, by one of
two rules:

- POSIX: a sync of a file makes its content durable, one of a directory its
  names; every other change may be lost or kept on its own, as long as what it
  rests on (the same name's earlier change) is kept.
- ORDERED, as ext4 and xfs: changes of names, sizes and times go to the disk in
  their order, so that a crash keeps the first n of them, and a sync of a file
  or directory has on the disk whatever came before its own last change.

By both, unsynced content is lost, kept or torn on its own, file by file: each
sector holds any of the versions that it had since the last sync (zeros, where
it is new), and the size is any of those that the file had. A rename is one
step, whatever it changes. After a sync that failed, the system takes what it
could not write for written, as Linux does: it shows the new bytes, and a later
sync has nothing to do, but the disk may hold the old ones.

How kvput must take such a folder is not here.
"""

import enum
import itertools
from collections.abc import Collection, Iterator
from dataclasses import replace
from random import Random
from typing import Final

from tests.store.files.contents import Choice, Content, tears
from tests.store.files.recording import (
    ROOT,
    File,
    Named,
    Operation,
    Picture,
    RecordingEnvironment,
    Resized,
    Slot,
    Synced,
    Timed,
    Written,
)

_ALL_SUBSETS_UP_TO: Final = 8
"""So many changes that may be lost are tried in every combination."""


def chance(seed: int) -> Random:
    """A source of chance that is the same in each run."""
    return Random(seed)  # noqa: S311  # no secret


class Rule(enum.Enum):
    """What a file system promises; see the head."""

    POSIX = enum.auto()
    ORDERED = enum.auto()


class Disk:
    """A disk under a record; `take` each operation, and look at `states` between them."""

    def __init__(self, environment: RecordingEnvironment, rule: Rule) -> None:
        """The folder that the environment found is on the disk."""
        self._rule = rule
        self._time = 0
        self._names: dict[Slot, int] = {}
        self._directories = {ROOT}
        self._contents: dict[int, Content] = {}
        self._pending: dict[int, Named | Written | Resized | Timed] = {}
        """Changes of names, sizes and times that may be lost, by the time of each; a write is
        one of the file's time."""
        self._settled_sizes: set[int] = set()
        self._rests_on: dict[int, set[int]] = {}
        """By the time of a change of names: the earlier ones that it cannot do without."""
        self._last_change: dict[Slot, int] = {}
        for slot, number, file in environment.start:
            self._names[slot] = number
            if file is None:
                self._directories.add(number)
            else:
                self._contents[number] = Content(file.content, file.modified_ns)

    def take(self, operation: Operation) -> None:
        """Have one more operation done."""
        self._time += 1
        match operation:
            case Named():
                self._take_names(operation)
            case Written(inode) | Resized(inode):
                self._contents[inode].take(self._time, operation)
                self._pending[self._time] = operation
            case Timed():
                self._pending[self._time] = operation
            case Synced(None, failed=True):
                # Each file's own sync is still going to tell.
                pass
            case Synced(inode, failed=True):
                if inode in self._contents:
                    self._contents[inode].drop()
            case Synced(None):
                self._settle(self._pending)
                for content in self._contents.values():
                    content.settle()
                self._settled_sizes.clear()
            case Synced(inode):
                assert inode is not None
                self._sync(inode, data_alone=operation.data_alone)

    def _take_names(self, operation: Named) -> None:
        rests_on: set[int] = set()
        for slot, before, after in operation.changes:
            rests_on |= {self._last_change[slot]} if slot in self._last_change else set()
            if after is None and before in self._directories:
                # An empty directory alone can be removed.
                rests_on |= {t for s, t in self._last_change.items() if s[0] == before}
            self._last_change[slot] = self._time
            if after is not None and operation.makes_directory:
                self._directories.add(after)
            elif after is not None and after not in self._directories:
                self._contents.setdefault(after, Content(modified_ns=operation.modified_ns))
        self._rests_on[self._time] = rests_on & self._pending.keys()
        self._pending[self._time] = operation

    # --- what a sync makes durable

    def _sync(self, inode: int, *, data_alone: bool) -> None:
        if self._rule is Rule.ORDERED:
            concerned = [
                time
                for time, change in self._pending.items()
                if self._concerns(time, change, inode, data_alone=data_alone)
            ]
            last = max(concerned, default=0)
            self._settle([time for time in self._pending if time <= last])
        elif inode in self._directories:
            self._settle(
                self._with_what_they_rest_on(
                    time
                    for time, change in self._pending.items()
                    if isinstance(change, Named)
                    and any(s[0] == inode for s, _, _ in change.changes)
                )
            )
        content = self._contents.get(inode)
        if content is not None:
            times = {time for time, _, _ in content.steps}
            content.settle()
            self._settled_sizes -= times
            for time, change in list(self._pending.items()):
                if isinstance(change, Resized) and change.inode == inode:
                    self._settle([time])
                    self._settled_sizes.discard(time)
                elif not (data_alone or isinstance(change, Named)) and change.inode == inode:
                    self._settle([time])

    def _concerns(self, time: int, change: Operation, inode: int, *, data_alone: bool) -> bool:
        """Whether a sync of `inode` waits for the change; one of data alone does for its size."""
        concerned = False
        match change:
            case Named(changes):
                concerned = any(
                    slot[0] == inode
                    or (inode in (before, after) and not (data_alone and before is not None))
                    for slot, before, after in changes
                )
            case Written(written):
                concerned = written == inode and (
                    not data_alone or self._contents[inode].has_grown_at(time)
                )
            case Resized(resized):
                concerned = resized == inode
            case Timed(timed):
                concerned = timed == inode and not data_alone
        return concerned

    def _with_what_they_rest_on(self, times: Iterator[int]) -> list[int]:
        found: set[int] = set()
        waiting = list(times)
        while waiting:
            time = waiting.pop()
            if time not in found:
                found.add(time)
                waiting.extend(self._rests_on[time] & self._pending.keys())
        return sorted(found)

    def _settle(self, times: Collection[int]) -> None:
        for time in sorted(times):
            change = self._pending.pop(time)
            if isinstance(change, Named):
                self._change_names(self._names, change)
                continue
            self._contents[change.inode].modified_ns = change.modified_ns
            if isinstance(change, Resized):
                self._settled_sizes.add(time)

    @staticmethod
    def _change_names(names: dict[Slot, int], change: Named) -> None:
        for slot, _, after in change.changes:
            if after is None:
                names.pop(slot, None)
            else:
                names[slot] = after

    # --- what a crash leaves

    @property
    def pending(self) -> int:
        """How many changes may be lost, contents included."""
        return len(self._pending) + len(self._writes())

    def kept(self) -> Picture:
        """The folder when nothing is lost: when the process is killed, the system goes on."""
        return self._picture(Choice(frozenset(self._pending), frozenset(self._writes())))

    def states(self, random: Random, at_random: int) -> Iterator[Picture]:
        """Folders that a crash may leave now; some come more than once.

        Both extremes; each change lost or kept alone, and each write torn; every
        combination where there are few changes; `at_random` other combinations.
        """
        for choice in self._choices(random, at_random):
            yield self._picture(choice)

    def random_state(self, random: Random) -> Picture:
        """One folder that a crash may leave now."""
        return self._picture(self._random_choice(random))

    def _writes(self) -> dict[int, Written]:
        return {
            time: step
            for content in self._contents.values()
            for time, step, _ in content.steps
            if isinstance(step, Written)
        }

    def _choices(self, random: Random, at_random: int) -> Iterator[Choice]:
        writes = self._writes()
        changes, every = frozenset(self._pending), frozenset(writes)
        orders = list(self._changes_alone())
        yield from (Choice(kept, every) for kept in orders)
        yield from (Choice(kept, frozenset()) for kept in orders)
        for time, step in writes.items():
            yield Choice(changes, every - {time})
            yield Choice(changes, frozenset({time}))
            for tear in tears(step, random):
                yield Choice(changes, every, {time: tear})
        if len(changes) + len(writes) <= _ALL_SUBSETS_UP_TO:
            for kept, some in itertools.product(self._all_changes(), _subsets(sorted(every))):
                yield Choice(kept, some)
                for time in some:
                    for tear in tears(writes[time], random):
                        yield Choice(kept, some, {time: tear})
        if any(content.doubtful for content in self._contents.values()):
            yield Choice(changes, every, dropped=True)
        yield from (self._random_choice(random) for _ in range(at_random))

    def _changes_alone(self) -> Iterator[frozenset[int]]:
        """None, all, and each one alone lost or kept; by the ordered rule the first n, each n."""
        times = sorted(self._pending)
        if self._rule is Rule.ORDERED:
            yield from (frozenset(times[:count]) for count in range(len(times) + 1))
            return
        yield frozenset()
        yield frozenset(times)
        for time in times:
            yield self._closed({time})
            yield self._closed(set(times) - {time})

    def _all_changes(self) -> Iterator[frozenset[int]]:
        if self._rule is Rule.ORDERED:
            yield from self._changes_alone()
        else:
            yield from {self._closed(set(some)) for some in _subsets(sorted(self._pending))}

    def _closed(self, times: set[int]) -> frozenset[int]:
        """Without the changes of names that rest on one that is not among them."""
        kept: set[int] = set()
        for time in sorted(times):
            if self._rests_on.get(time, set()) & self._pending.keys() <= kept:
                kept.add(time)
        return frozenset(kept)

    def _random_choice(self, random: Random) -> Choice:
        times = sorted(self._pending)
        if self._rule is Rule.ORDERED:
            changes = frozenset(times[: random.randint(0, len(times))])
        else:
            share = random.choice((0.2, 0.5, 0.8, 0.95))
            changes = self._closed({time for time in times if random.random() < share})
        share = random.choice((0.0, 0.3, 0.7, 1.0))
        steps = self._writes()
        writes = frozenset(time for time in steps if random.random() < share)
        torn = {
            time: random.choice(tears(steps[time], random))
            for time in writes
            if random.random() < 0.3
        }
        return Choice(changes, writes, torn, dropped=random.random() < 0.5)

    def _picture(self, choice: Choice) -> Picture:
        names = dict(self._names)
        times = {number: content.modified_ns for number, content in self._contents.items()}
        for time in sorted(choice.changes):
            change = self._pending[time]
            if isinstance(change, Named):
                self._change_names(names, change)
            else:
                times[change.inode] = change.modified_ns
        if self._settled_sizes:
            changes = choice.changes | self._settled_sizes
            choice = replace(choice, changes=changes)
        below: dict[int, list[tuple[str, int]]] = {}
        for (directory, name), number in names.items():
            below.setdefault(directory, []).append((name, number))
        picture: Picture = {}
        waiting = [("", ROOT)]
        while waiting:
            above, directory = waiting.pop()
            for name, number in sorted(below.get(directory, [])):
                path = above + name
                if number in self._directories:
                    picture[path] = None
                    waiting.append((f"{path}/", number))
                else:
                    content = self._contents[number].after(choice)
                    picture[path] = File(content, times[number])
        return picture


def _subsets(times: list[int]) -> Iterator[frozenset[int]]:
    for count in range(len(times) + 1):
        yield from map(frozenset, itertools.combinations(times, count))

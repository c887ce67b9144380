"""What is measured must be what its name says: a server is asked before its load and after.

Before: each kind of request gets its status, what was written can be read, by GET and on disk,
and a list has the items that the disk says it has. After: the last run's writes are there, as many
as wrk counted. What only holds where something is declared is in `ruled`.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.articles import FILTERED_BY, PAGE_SIZE, SORTED_BY
from benchmarks.layouts import Layout, Values
from benchmarks.load import Failure, Figure
from benchmarks.peers import Peer
from benchmarks.ruled import RuledChecks
from benchmarks.servers import Answer, Server
from benchmarks.works import (
    COLLECTION,
    FIRST_TURN,
    Kind,
    Work,
    content,
    created_key,
    key_of,
    version,
    version_of,
)

_JSON: Final = {"Content-Type": "application/json"}
_CHECK: Final = "check"
_SETTLE_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Checks:
    """The checks of one work with one server, on its folder."""

    peer: Peer
    work: Work
    server: Server
    folder: Path
    runs: Iterator[int]
    """Gives each run, and each write here, a number of its own."""

    def before(self) -> dict[str, str]:
        """Ask once for what the work asks; gives the fields that its requests need."""
        ruled = self._ruled
        check: Callable[[], dict[str, str]] = {
            Kind.HOT: self._get,
            Kind.GET: self._get,
            Kind.REVALIDATE: self._revalidate,
            Kind.PUT: self._put,
            Kind.CREATE: self._create,
            Kind.POST: self._post,
            Kind.PAGE: self._pages,
            Kind.FILTER: self._filtered,
            Kind.MOVE: ruled.before,
            Kind.RECORD: ruled.before,
        }[self.work.kind]
        return check()

    def count(self) -> int:
        """The resources on disk."""
        layout = self.peer.layout
        return 0 if layout is None else layout.count(self.folder)

    def after(self, run: int, figure: Figure, counted: int) -> None:
        """Look for what the run wrote; `counted` resources were there before it."""
        layout = self.peer.layout
        if layout is None or not self.work.kind.writes:
            self.before()
            return
        if self.work.kind.is_ruled:
            self._ruled.after(run, figure)
            return
        if self.work.kind.adds:
            # A document may still be on its way to the disk.
            least = counted + figure.requests
            self._eventually(
                lambda: self.count() >= least, f"fewer than {figure.requests} new resources on disk"
            )
        if self.work.kind is not Kind.POST:
            key = (
                created_key(run, FIRST_TURN)
                if self.work.kind.adds
                else key_of(FIRST_TURN, self.work.resources)
            )
            self._has_version_of(run, key, layout)

    @property
    def _ruled(self) -> RuledChecks:
        return RuledChecks(self.work, self.server, self.folder, self.runs)

    def _get(self) -> dict[str, str]:
        answer = self._ask(Kind.HOT, "GET", f"{COLLECTION}/1")
        layout = self.peer.layout
        if layout is not None:
            stored = layout.stored(self.folder, "1")
            if stored is None or not layout.is_same(answer.content, stored):
                raise Failure("GET does not give what is on disk")
        elif len(answer.content) != len(content(version(0, 0))):
            raise Failure("GET gives another length")
        return {}

    def _revalidate(self) -> dict[str, str]:
        first = self.server.ask("GET", f"{COLLECTION}/1")
        # The bare application answers 304 to the first request as well, as it does to all.
        tag = first.field("ETag")
        if tag is None:
            raise Failure("GET sends no ETag")
        fields = {"If-None-Match": tag}
        if self._ask(Kind.REVALIDATE, "GET", f"{COLLECTION}/1", fields).content:
            raise Failure("a 304 has content")
        return fields

    def _put(self) -> dict[str, str]:
        self._write(Kind.PUT, "2")
        return {}

    def _create(self) -> dict[str, str]:
        self._write(Kind.CREATE, f"{_CHECK}-{next(self.runs)}")
        return {}

    def _post(self) -> dict[str, str]:
        sent = content(version(next(self.runs), 0))
        counted = self.count()
        answer = self._ask(Kind.POST, "POST", COLLECTION, _JSON, sent)
        if version_of(answer.content) != version_of(sent):
            raise Failure("POST does not answer what was sent")
        if self.peer.layout is not None:
            self._eventually(lambda: self.count() == counted + 1, "POST leaves nothing on disk")
        return {}

    def _pages(self) -> dict[str, str]:
        views = sorted(_views(value) for value in self._values())
        for page, wanted in ((1, views[:PAGE_SIZE]), (self.work.choices, views[-PAGE_SIZE:])):
            if [item.get(SORTED_BY) for item in self._items(page)] != wanted:
                raise Failure(f"page {page} is not the one that is on disk")
        return {}

    def _filtered(self) -> dict[str, str]:
        for choice in (1, self.work.choices):
            category = f"c{choice}"
            there = sum(value[FILTERED_BY] == category for value in self._values())
            wanted = [category] * min(there, PAGE_SIZE)
            if [item.get(FILTERED_BY) for item in self._items(choice)] != wanted:
                raise Failure(f"{category} is not answered with what is on disk")
        return {}

    def _values(self) -> Values:
        """All that is on disk."""
        assert self.peer.layout is not None
        return self.peer.layout.values(self.folder)

    def _items(self, choice: int) -> Values:
        """What a list gives."""
        assert self.peer.dialect is not None
        target = self.peer.dialect.target(self.work.kind, str(choice))
        return self.peer.dialect.items(self._ask(self.work.kind, "GET", target).content)

    def _write(self, kind: Kind, key: str) -> None:
        """PUT once, and find it."""
        sent = content(version(next(self.runs), 0))
        answer = self._ask(kind, "PUT", f"{COLLECTION}/{key}", _JSON, sent)
        layout = self.peer.layout
        if layout is None:
            if answer.content != sent:
                raise Failure("the bare application does not send back what it is sent")
            return
        given = self._ask(Kind.HOT, "GET", f"{COLLECTION}/{key}").content
        if not layout.is_same(given, sent):
            raise Failure("GET does not give what PUT sent")
        self._eventually(
            lambda: _is_stored(layout, self.folder, key, sent), "PUT leaves nothing on disk"
        )

    def _has_version_of(self, run: int, key: str, layout: Layout) -> None:
        """Find what the run wrote first, by GET and on disk."""
        given = self._ask(Kind.HOT, "GET", f"{COLLECTION}/{key}").content
        if not version_of(given).startswith(version(run, 0)[:5]):
            raise Failure("GET does not give what the run wrote")
        self._eventually(
            lambda: _is_stored(layout, self.folder, key, given), "the run's writes are not on disk"
        )

    def _ask(
        self,
        kind: Kind,
        method: str,
        path: str,
        fields: dict[str, str] | None = None,
        sent: bytes | None = None,
    ) -> Answer:
        """Ask, and insist on the status."""
        answer = self.server.ask(method, path, fields, sent)
        wanted = self.peer.status(kind)
        if answer.status != wanted:
            raise Failure(f"{method} {path} was answered {answer.status}, not {wanted}")
        return answer

    def _eventually(self, is_true: Callable[[], bool], otherwise: str) -> None:
        """Wait until it is true; raises `Failure` where that takes too long."""
        end = time.monotonic() + _SETTLE_SECONDS
        while not is_true():
            if time.monotonic() > end:
                raise Failure(otherwise)
            time.sleep(0.05)


def _views(value: dict[str, object]) -> int:
    """What the pages are sorted by."""
    views = value[SORTED_BY]
    assert isinstance(views, int)
    return views


def _is_stored(layout: Layout, folder: Path, key: str, sent: bytes) -> bool:
    """Whether the disk has it."""
    stored = layout.stored(folder, key)
    return stored is not None and layout.is_same(stored, sent)

"""CSV texts (RFC 4180) with a header line: rows, and the object that each makes.

Belongs here: lines, cells and columns. Does not belong here: what a column's
name means (`field_names`), and what a cell's text is taken for (`text_types`).

Stricter than most readers, which guess: a row has as many cells as the header,
and quotation marks stand around a cell or not at all. Each character is looked
at a bounded number of times, so that time is linear in the text.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kvput.content.field_names import Members, MisplacedField
from kvput.content.source_text import decode_utf8, found, malformed, shown
from kvput.content.text_types import Types
from kvput.errors import ContentTooLarge, MalformedContent

MAX_COLUMNS = 10_000

_BYTE_ORDER_MARK = "\ufeff"
_BARE = re.compile(r'[^",\r\n]*+')


def parse(text: bytes, types: Types = Types.STRINGS) -> Iterator[tuple[int, dict[str, object]]]:
    """Read one row after the other: the line on which it begins, and the object that it makes.

    The header's names are the members' names, nested as in `field_names.Members`
    with dots; cells are taken as `types` says. Where that is a guess, the member
    of an empty cell is left out. Empty lines are passed over, a byte order mark too.

    Raises MalformedContent, with line and column, for what is no UTF-8 or no CSV, for a row
    that has too few or too many cells, and for names of columns that are empty, stand twice
    or contradict each other; ContentTooLarge beyond MAX_COLUMNS.
    """
    decoded = decode_utf8(text)
    rows = _Rows(decoded, len(_BYTE_ORDER_MARK) if decoded.startswith(_BYTE_ORDER_MARK) else 0)
    header = rows.next_row(None)
    if header is None:
        return
    make = _maker(_template(rows, header), types)
    while (cells := rows.next_row(len(header))) is not None:
        yield rows.line, make(cells)


class _Rows:
    """Goes through the rows of a text."""

    __slots__ = ("_at", "_next_line", "_text", "line", "start")

    def __init__(self, text: str, at: int) -> None:
        self._text = text
        self._at = self.start = at
        """Where the row begins that was read last."""
        self._next_line = self.line = 1
        """The line on which it begins."""

    def next_row(self, width: int | None) -> list[str] | None:
        """The cells of the next row, `width` of them unless that is None; None at the end."""
        text = self._text
        while self._at < len(text):
            self.start, self.line = self._at, self._next_line
            end = text.find("\n", self._at)
            end = len(text) if end < 0 else end
            if text.find('"', self._at, end) >= 0:
                cells = self._quoted_row()
                if width is not None and len(cells) != width:
                    raise self._ragged(len(cells), width)
                return cells
            self._at, self._next_line = end + 1, self._next_line + 1
            # A carriage return ends a line only together with a line feed.
            stop = end - 1 if end < len(text) and text.endswith("\r", self.start, end) else end
            if stop > self.start:
                return self._plain_row(stop, width)
        return None

    def malformed(self, detail: str, offset: int) -> MalformedContent:
        """The error that says `detail` of the place `offset`."""
        return malformed(detail, self._text, offset=offset)

    def _plain_row(self, stop: int, width: int | None) -> list[str]:
        text = self._text
        count = text.count(",", self.start, stop) + 1
        # Counted before it is split: a line of commas alone would make a huge list.
        if width is not None and count != width:
            raise self._ragged(count, width)
        if count > MAX_COLUMNS:
            raise _too_wide()
        stray = text.find("\r", self.start, stop)
        if stray >= 0:
            raise self._stray(stray)
        return text[self.start : stop].split(",")

    def _quoted_row(self) -> list[str]:
        text, at = self._text, self._at
        cells: list[str] = []
        while True:
            cell, at = self._quoted(at) if text.startswith('"', at) else self._bare(at)
            cells.append(cell)
            if len(cells) > MAX_COLUMNS:
                raise _too_wide()
            if text.startswith(",", at):
                at += 1
                continue
            if at < len(text) and not text.startswith(("\n", "\r\n"), at):
                raise self._stray(at)
            self._at = at + (2 if text.startswith("\r", at) else 1)
            self._next_line += text.count("\n", self.start, self._at)
            return cells

    def _quoted(self, start: int) -> tuple[str, int]:
        """The cell whose quotation mark stands at `start`, and where it ends."""
        text, at = self._text, start + 1
        while True:
            at = text.find('"', at)
            if at < 0:
                raise self.malformed(
                    "The quotation mark that opens here is never closed: close it, and write one "
                    'within a cell twice ("").',
                    start,
                )
            # RFC 4180 section 2: "a double-quote appearing inside a field must be escaped by
            # preceding it with another double quote."
            if not text.startswith('""', at):
                return text[start + 1 : at].replace('""', '"'), at + 1
            at += 2

    def _bare(self, start: int) -> tuple[str, int]:
        """The cell without quotation marks that begins at `start`, and where it ends."""
        cell = _BARE.match(self._text, start)
        end = start if cell is None else cell.end()
        if self._text.startswith('"', end):
            raise self._stray(end)
        return self._text[start:end], end

    def _stray(self, offset: int) -> MalformedContent:
        if self._text.startswith("\r", offset):
            return self.malformed(
                "A carriage return without a line feed stands here: end lines with a line feed, "
                "and put a cell that holds one in quotation marks.",
                offset,
            )
        if self._text.startswith('"', offset):
            return self.malformed(
                "A quotation mark stands within a cell that does not begin with one: put the whole "
                'cell in quotation marks, and write this one twice ("").',
                offset,
            )
        return self.malformed(
            "Expected a comma or the end of the line after the closing quotation mark, found "
            f"{found(self._text, offset)}.",
            offset,
        )

    def _ragged(self, count: int, width: int) -> MalformedContent:
        return self.malformed(
            f"The row has {count} cells, but the header has {width}: put a cell that holds a "
            "comma or a line break in quotation marks, and write a comma for each empty cell.",
            self.start,
        )


def _too_wide() -> ContentTooLarge:
    return ContentTooLarge(f"The table has more than {MAX_COLUMNS} columns: send it as NDJSON.")


def _template(rows: _Rows, header: list[str]) -> dict[str, object]:
    """The object of a row, with the number of its column where each value will be."""
    members: Members[int] = Members(dots=True)
    seen: dict[str, int] = {}
    try:
        for column, name in enumerate(header):
            if not name:
                raise rows.malformed(f"Column {column + 1} has no name: give it one.", rows.start)
            if name in seen:
                raise rows.malformed(
                    f"The columns {seen[name] + 1} and {column + 1} are both called "
                    f"{shown(name)}: rename one.",
                    rows.start,
                )
            seen[name] = column
            members.add(name, column)
        return members.finish()
    except MisplacedField as error:
        misplaced = str(error)
    raise rows.malformed(misplaced, rows.start)


def _maker(template: dict[str, object], types: Types) -> Callable[[list[str]], dict[str, object]]:
    """The function from a row's cells to its object."""
    names = list(template)
    if types is Types.STRINGS and list(template.values()) == list(range(len(names))):
        return lambda cells: dict(zip(names, cells, strict=True))
    value_of = types.value_of
    keeps_empty = types is Types.STRINGS
    root = _Around(None, "", is_list=False)
    # In the order of the template, which is not always that of the columns.
    places = tuple(_places(root, template))

    def make(cells: list[str]) -> dict[str, object]:
        made: dict[str, object] = {}
        # Objects and lists are made when the first cell goes in: where thousands of columns lie
        # deep, the empty cells of a row are many times as much work as its text is long.
        containers: dict[_Around, _Container] = {root: made}
        for column, around, name in places:
            if (cell := cells[column]) or keeps_empty:
                _put(_container(around, containers), name, value_of(cell))
        return made

    return make


_Container = dict[str, object] | list[object]


@dataclass(frozen=True, slots=True, eq=False)
class _Around:
    """What values stand in: an object or a list, and its own place."""

    parent: "_Around | None"
    name: str
    is_list: bool


def _places(around: _Around, members: _Container) -> Iterator[tuple[int, _Around, str]]:
    """The column, the container and the name in it of each value of a template."""
    items = members.items() if isinstance(members, dict) else (("", each) for each in members)
    for name, inner in items:
        if isinstance(inner, int):
            yield inner, around, name
        elif isinstance(inner, dict | list):
            yield from _places(_Around(around, name, isinstance(inner, list)), inner)


def _container(around: _Around, containers: dict[_Around, _Container]) -> _Container:
    container = containers.get(around)
    if container is None:
        container = containers[around] = [] if around.is_list else {}
        if around.parent is not None:
            _put(_container(around.parent, containers), around.name, container)
    return container


def _put(container: _Container, name: str, value: object) -> None:
    if isinstance(container, list):
        container.append(value)
    else:
        container[name] = value

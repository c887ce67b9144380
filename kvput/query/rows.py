"""Rows: a resource as lists show it, and many of them side by side.

Belongs here: what a list makes of a resource's content, the value that queries
see, and how a table holds both in little memory. Which rows a selection finds
is for `index` and what it is made of.
"""

from array import array
from dataclasses import dataclass
from typing import Final

from kvput.content.json_text import insert_first_member, parse
from kvput.names import number_of
from kvput.query.values import ID


@dataclass(frozen=True, slots=True)
class Row:
    """A resource as lists show it: its JSON text, and its value with the `id` that queries see."""

    text: bytes
    value: object


def listed(name: str, content: bytes) -> Row:
    """The row of a resource of this name, with this content.

    Zero bytes count as the empty object. White space around the text is left
    out, and an object that has no `id` gets one. For queries an object's `id`
    is its name, whatever its content says. Raises MalformedContent for what is
    no JSON.
    """
    text = content or b"{}"
    value = parse(text)
    if isinstance(value, dict):
        own = identifier(name)
        if ID.text not in value:
            text = insert_first_member(text, ID.text, own)
        value[ID.text] = own
    return Row(text.strip(), value)


def members(name: str, value: object) -> dict[str, object]:
    """Where fields are looked for in a row's value: what is no object has its `id` alone."""
    return value if isinstance(value, dict) else {ID.text: identifier(name)}


def identifier(name: str) -> int | str:
    """The `id` that a resource of this name has."""
    number = number_of(name)
    return name if number is None else number


class Rows:
    """The rows of a table: each is a number, its place in the lists `names` and `texts`.

    There is no object for each row, since there may be very many. The number of
    a row that is removed is free for the next one; until then its name and text
    are empty.
    """

    __slots__ = ("_free", "_signatures", "names", "numbers", "texts")

    def __init__(self) -> None:
        self.numbers: Final[dict[str, int]] = {}
        self.names: Final[list[str]] = []
        self.texts: Final[list[bytes]] = []
        self._signatures = array("q")
        self._free: list[int] = []

    def add(self, name: str, text: bytes, signature: int) -> int:
        """The number of a new row, of a name that there is not yet."""
        if self._free:
            row = self._free.pop()
            self.names[row], self.texts[row], self._signatures[row] = name, text, signature
        else:
            row = len(self.names)
            self.names.append(name)
            self.texts.append(text)
            self._signatures.append(signature)
        self.numbers[name] = row
        return row

    def change(self, row: int, text: bytes, signature: int) -> None:
        """Give a row another text."""
        self.texts[row], self._signatures[row] = text, signature

    def remove(self, name: str) -> None:
        """Forget the row of this name."""
        row = self.numbers.pop(name)
        self.names[row], self.texts[row] = "", b""
        self._free.append(row)

    def value(self, row: int) -> object:
        """The value that queries see, read anew."""
        value = parse(self.texts[row])
        if isinstance(value, dict):
            value[ID.text] = identifier(self.names[row])
        return value

    def signature(self, name: str) -> int:
        """What the owner gave with the row."""
        return self._signatures[self.numbers[name]]

    def signatures(self) -> dict[str, int]:
        """All of them, by name."""
        return {name: self._signatures[row] for name, row in self.numbers.items()}

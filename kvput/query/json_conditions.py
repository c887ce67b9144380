"""Conditions written as JSON: the values of `_where` (json-server) and of `filter` (simple-rest).

An object asks for all that its members ask for:

- `"views": 5` asks for equality, `"views": [5, 6]` for one of them;
- `"views": {"gt": 5, "lt": 9}` asks with operators;
- `"author": {"name": "Ada"}` asks about `author.name`;
- a name may also hold its operator, as a parameter's does: `"views_gte": 5`;
- `"or": [...]` and `"and": [...]` hold objects like this one;
- `"q": "text"`, not within a field, searches everywhere.
"""

import json
from collections.abc import Mapping
from typing import Final

from kvput.content import json_text
from kvput.errors import MalformedContent
from kvput.names import shown
from kvput.query.conditions import (
    EQUAL,
    OPERATORS,
    WrittenOperator,
    all_of,
    any_of,
    field_and_operator,
)
from kvput.query.filters import Condition, Filter, Operator, Search
from kvput.query.url import malformed
from kvput.query.values import Field, Operand

MAX_DEPTH: Final = 32
"""Objects and arrays within each other."""

_GROUPS: Final = {"and": all_of, "or": any_of}
_SEARCH: Final = "q"
_FOREIGN: Final = "$"
"""What names of operators begin with elsewhere: a field of such a name would never be meant."""


def read_conditions(name: str, text: str) -> Filter | None:
    """The filter that the value of the parameter `name` is; None where it restricts nothing.

    Raises MalformedParameter for what is no such JSON object.
    """
    value = read_json(name, text)
    if not isinstance(value, dict):
        raise malformed(name, 'takes a JSON object, such as {"views": 5}')
    return _Conditions(name).read("", value)


def read_json(name: str, text: str) -> object:
    """The value of the JSON that a parameter holds, in which no name repeats in an object.

    Raises MalformedParameter.
    """
    try:
        value = json_text.parse(text.encode())
    except MalformedContent as error:
        place = "" if error.column is None else f", at character {error.column}"
        raise malformed(name, f"is no JSON{place}: {error.detail.rstrip('.')}") from None
    if _deeper_than(MAX_DEPTH, value):
        raise malformed(name, f"nests its JSON more than {MAX_DEPTH} levels deep: write it flatter")
    _refuse_half_pairs(name, value)
    _refuse_repeated_names(name, text)
    return value


def _refuse_half_pairs(name: str, value: object) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise malformed(name, "escapes half a surrogate pair: use whole characters") from None


def _refuse_repeated_names(name: str, text: str) -> None:
    # Of two members with one name only the last would count: a condition lost without a word.
    def members(pairs: list[tuple[str, object]]) -> None:
        names = set()
        for key, _ in pairs:
            if key in names:
                raise malformed(name, f'has the member "{shown(key)}" twice: use "and" for both')
            names.add(key)

    # Numbers stay texts, because Python refuses to read one of very many digits.
    json.loads(text, object_pairs_hook=members, parse_int=str)


def _deeper_than(depth: int, value: object) -> bool:
    level = [value]
    for _ in range(depth + 1):
        level = [
            child
            for each in level
            if isinstance(each, dict | list)
            for child in (each.values() if isinstance(each, dict) else each)
        ]
    return bool(level)


class _Conditions:
    """Reads the objects in one parameter's value; `name` is the parameter's, for errors."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def read(self, prefix: str, members: Mapping[str, object]) -> Filter | None:
        """What the members ask for; `prefix` is the field they stand in, and a dot."""
        return all_of(self._member(prefix, key, value) for key, value in members.items())

    def _member(self, prefix: str, key: str, value: object) -> Filter | None:
        if key.startswith(_FOREIGN) and ":" not in key:
            raise malformed(self._name, _foreign_operator(key))
        if key in _GROUPS:
            return _GROUPS[key]([self.read(prefix, each) for each in self._objects(key, value)])
        if key == _SEARCH and not prefix:
            return self._search(value)
        if isinstance(value, dict):
            return self.read(f"{prefix}{key}.", value)
        if key in OPERATORS and prefix:
            return self._condition(Field(prefix[:-1]), OPERATORS[key], value)
        field, operator = field_and_operator(self._name, key)
        return self._condition(Field(prefix + field.text), operator, value)

    def _objects(self, key: str, value: object) -> list[dict[str, object]]:
        if isinstance(value, list) and all(isinstance(each, dict) for each in value):
            return value
        raise malformed(
            self._name,
            f'takes a list of objects for "{key}"; a field of that name is written "{key}:eq"',
        )

    def _search(self, value: object) -> Filter | None:
        if not isinstance(value, str):
            raise malformed(
                self._name, 'takes a text for "q"; a field of that name is written "q:eq"'
            )
        return Search(value) if value else None

    def _condition(self, field: Field, written: WrittenOperator, value: object) -> Condition:
        operands = tuple(map(self._operand, value if isinstance(value, list) else [value]))
        equality = written.operator in {Operator.EQUAL, Operator.NOT_EQUAL}
        if not equality and None in operands:
            raise malformed(
                self._name,
                f'compares "{shown(field.text)}" with null by "{written.name}": '
                f"only {EQUAL.name}, ne and in take it",
            )
        return Condition(field, written.operator, operands)

    def _operand(self, value: object) -> Operand:
        if value is None or isinstance(value, str | int | float):
            return value
        raise malformed(
            self._name, "compares with an array or an object in a list: list texts and numbers only"
        )


def _foreign_operator(key: str) -> str:
    return (
        f'has "{shown(key)}", which is no operator here: write one of {", ".join(OPERATORS)}, or '
        f'"and" or "or"; a field of that name is written "{shown(key)}:eq"'
    )

"""How a condition is written: the operators by their names, and a field with its operator.

Every dialect writes conditions with these names, in parameters as in JSON. What
an operator asks is in `filters`, where the operands come from in the dialects.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from kvput.errors import MalformedParameter
from kvput.names import shown
from kvput.query.filters import AllOf, AnyOf, Condition, Filter, Operator, Search
from kvput.query.selection import Selection
from kvput.query.url import malformed
from kvput.query.values import Field

MAX_CONDITIONS: Final = 100
"""The most conditions in a query, each of which may have to look at every resource.

Of those that take long, each counts as several: so many as can be asked for at once find
what they find among 30,000 resources of a few hundred characters in about a second.
"""

_SEARCH_WEIGHT: Final = 10
_PATTERN_WEIGHT: Final = 3

MAX_FIELDS: Final = 32
"""The most fields that a query names, in conditions and as its order."""


@dataclass(frozen=True, slots=True)
class WrittenOperator:
    """An operator as it is written: `in` is EQUAL to one of several, divided by commas."""

    name: str
    operator: Operator
    divided: bool = False


EQUAL: Final = WrittenOperator("eq", Operator.EQUAL)

OPERATORS: Final[Mapping[str, WrittenOperator]] = MappingProxyType(
    {
        written.name: written
        for written in (
            EQUAL,
            WrittenOperator("ne", Operator.NOT_EQUAL),
            WrittenOperator("lt", Operator.LESS),
            WrittenOperator("lte", Operator.LESS_OR_EQUAL),
            WrittenOperator("gt", Operator.GREATER),
            WrittenOperator("gte", Operator.GREATER_OR_EQUAL),
            WrittenOperator("in", Operator.EQUAL, divided=True),
            WrittenOperator("contains", Operator.CONTAINS),
            WrittenOperator("startsWith", Operator.STARTS_WITH),
            WrittenOperator("endsWith", Operator.ENDS_WITH),
            WrittenOperator("like", Operator.LIKE),
        )
    }
)
"""What may stand after a colon, in the order in which errors list them."""

SUFFIXES: Final[Mapping[str, WrittenOperator]] = MappingProxyType(
    {f"_{name}": OPERATORS[name] for name in ("ne", "lt", "lte", "gt", "gte", "like")}
)
"""What may end a name without a colon. `_in` is none of them: fields are named `logged_in`."""


def field_and_operator(name: str, written: str) -> tuple[Field, WrittenOperator]:
    """The field that a name asks about, and how: `views`, `views_gte`, `views:gte`.

    The operator stands after the last colon; a name without a colon may end in
    a suffix. `name` is the parameter for errors, `written` the name to be read,
    which is the same unless it is a member's. Raises MalformedParameter for
    another word after the colon, and for a field without a name.
    """
    text, colon, word = written.rpartition(":")
    if colon:
        operator = OPERATORS.get(word)
        if operator is None:
            raise malformed(name, _unknown_operator(written, word))
    else:
        text, operator = _without_suffix(written)
    if not text:
        raise malformed(name, f'names no field in "{shown(written)}": write one before the ":"')
    return Field(text), operator


def _without_suffix(written: str) -> tuple[str, WrittenOperator]:
    text, underscore, word = written.rpartition("_")
    operator = SUFFIXES.get(underscore + word)
    return (text, operator) if text and operator else (written, EQUAL)


def _unknown_operator(written: str, word: str) -> str:
    return (
        f'has no operator "{shown(word)}" in "{shown(written)}": after a colon stands one of '
        f"{', '.join(OPERATORS)}; where the colon is part of the field's name, write "
        f'"{shown(written)}:eq"'
    )


# --- putting filters together


def all_of(filters: Iterable[Filter | None]) -> Filter | None:
    """Every one of these, where None restricts nothing; None where none does."""
    restricting = tuple(each for each in filters if each is not None)
    return restricting[0] if len(restricting) == 1 else AllOf(restricting) if restricting else None


def any_of(filters: Iterable[Filter | None]) -> Filter | None:
    """One of these at least; of no filters at all there is none that a resource could meet."""
    several: list[Filter] = []
    for each in filters:
        if each is None:
            return None
        several.append(each)
    return several[0] if len(several) == 1 else AnyOf(tuple(several))


def refuse_excess(selection: Selection) -> None:
    """Raise MalformedParameter for a selection that would take too long to answer."""
    leaves = tuple(() if selection.filter is None else _leaves(selection.filter))
    if sum(map(_weight, leaves)) > MAX_CONDITIONS:
        raise MalformedParameter(
            f"The query asks for more than {MAX_CONDITIONS} conditions, where each text of a "
            f"comparison counts, a search as {_SEARCH_WEIGHT}, and a pattern as {_PATTERN_WEIGHT} "
            'and one for each part between "|" and ".*": ask for less at once, or for one of many '
            'values with ":in".'
        )
    fields = {leaf.field for leaf in leaves if isinstance(leaf, Condition)}
    fields.update(by.field for by in selection.sort)
    if len(fields) > MAX_FIELDS:
        raise MalformedParameter(
            f"The query names more than {MAX_FIELDS} fields in its conditions and its order: "
            "ask about fewer at once."
        )


def _leaves(filter_: Filter) -> Iterator[Condition | Search]:
    match filter_:
        case AllOf(filters) | AnyOf(filters):
            for each in filters:
                yield from _leaves(each)
        case _:
            yield filter_


def _weight(leaf: Condition | Search) -> int:
    """What this costs: equality with many values is looked up once for all."""
    match leaf:
        case Search():
            return _SEARCH_WEIGHT
        case Condition(operator=Operator.EQUAL | Operator.NOT_EQUAL):
            return 1
        case Condition(operator=Operator.LIKE, operands=operands):
            return sum(_PATTERN_WEIGHT + _parts(str(operand)) for operand in operands)
        case Condition(operands=operands):
            return max(1, len(operands))


def _parts(pattern: str) -> int:
    """How many texts a pattern may have looked for, one after the other."""
    return 1 + pattern.count("|") + pattern.count(".*")

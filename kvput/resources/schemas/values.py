"""What a value is like as a whole, which is looked at before a JSON Schema is applied to it.

How much work a value makes depends on how large and how deep it is. What programs
cannot exchange (RFC 8259 sections 6 and 8.2), the library can hold against nothing.
"""

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from kvput.resources.violations import Token, Violation, violation

_CONTAINERS: Final = frozenset({dict, list})


@dataclass(frozen=True, slots=True)
class Shape:
    """How many lists and objects stand within each other, at most, and how many values there are.

    `has_too_large` tells of a number that no double holds.
    """

    depth: int
    count: int
    has_too_large: bool


def shape_of(value: object) -> Shape:
    """The shape of what `kvput.content.json_text.parse` has given."""
    depth, count, has_too_large = 0, 1, _is_too_large(value)
    level = [value]
    while level := [_children(one) for one in level if type(one) in _CONTAINERS]:
        depth += 1
        count += sum(map(len, level))
        # `in` looks through them without a step of Python's for each.
        has_too_large = has_too_large or any(
            math.inf in children or -math.inf in children for children in level
        )
        level = [child for children in level for child in children]
    return Shape(depth, count, has_too_large)


def not_exchangeable(value: object) -> Violation | None:
    """The first number or text in the value that programs cannot exchange; None without any."""
    # No recursion: what is deep may be deeper than the stack. The first step leads to the value
    # itself, and belongs to no place.
    opened: list[Iterator[tuple[Token, object]]] = [iter([("", value)])]
    steps: list[Token] = []
    while opened:
        step = next(opened[-1], None)
        if step is None:
            opened.pop()
            del steps[-1:]
            continue
        token, one = step
        if isinstance(token, str) and _is_broken(token):
            return violation([*steps, token][1:], f"has a name that {_HALF}")
        if _is_too_large(one):
            return violation([*steps, token][1:], _TOO_LARGE)
        if isinstance(one, str) and _is_broken(one):
            return violation([*steps, token][1:], _HALF)
        if isinstance(one, dict | list):
            opened.append(iter(one.items() if isinstance(one, dict) else enumerate(one)))
            steps.append(token)
    return None


_HALF: Final = "must be whole characters: it holds half of a surrogate pair"
_TOO_LARGE: Final = "must be a number that programs can hold: write it as a text"


def _children(container: object) -> Collection[object]:
    if isinstance(container, dict):
        return container.values()
    return container if isinstance(container, list) else ()


def _is_too_large(value: object) -> bool:
    return isinstance(value, float) and math.isinf(value)


def _is_broken(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False

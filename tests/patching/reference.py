"""Patches on parsed values, as the RFCs tell them: what the patches of texts are compared with.

Values are as `tests.odd_json.exact` gives them.
"""

from collections.abc import Callable, Mapping
from typing import Any

Document = Any


class ImpossibleError(Exception):
    """An operation cannot be done."""


def merged(target: Document, patch: Document) -> Document:
    """RFC 7396 section 2, line by line."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def _container(document: Document, place: list[str]) -> Document:
    for token in place[:-1]:
        document = _get(document, token)
    return document


def _index(token: str, stop: int) -> int:
    if token not in map(str, range(stop)):
        raise ImpossibleError
    return int(token)


def _get(container: Document, token: str) -> Document:
    if isinstance(container, list):
        return container[_index(token, len(container))]
    if not isinstance(container, dict) or token not in container:
        raise ImpossibleError
    return container[token]


def value_at(document: Document, place: list[str]) -> Document:
    """The value at a place."""
    for token in place:
        document = _get(document, token)
    return document


def add(document: Document, place: list[str], value: Document) -> Document:
    """RFC 6902 section 4.1."""
    if not place:
        return value
    container, token = _container(document, place), place[-1]
    if isinstance(container, list):
        count = len(container)
        container.insert(count if place[-1] == "-" else _index(token, count + 1), value)
    elif isinstance(container, dict):
        container[token] = value
    else:
        raise ImpossibleError
    return document


def remove(document: Document, place: list[str]) -> Document:
    """RFC 6902 section 4.2."""
    container, token = _container(document, place), place[-1]
    _get(container, token)
    if isinstance(container, list):
        container.pop(int(token))
    else:
        del container[token]
    return document


def replace(document: Document, place: list[str], value: Document) -> Document:
    """RFC 6902 section 4.3."""
    if not place:
        return value
    container, token = _container(document, place), place[-1]
    _get(container, token)
    container[int(token) if isinstance(container, list) else token] = value
    return document


OPERATIONS: Mapping[str, Callable[..., Document]] = {
    "add": add,
    "remove": remove,
    "replace": replace,
}

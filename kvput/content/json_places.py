"""Where in a JSON text a value stands: what a JSON Pointer names, as line and column.

For those who are told of a fault in a text that parses. Where a text is no JSON,
`json_reader` says itself.
"""

from kvput.content.json_slices import Item, Value, as_item, split, value_in
from kvput.content.source_text import locate


def place_in(text: bytes, tokens: tuple[str, ...]) -> tuple[int, int]:
    """Line and column, from 1, of the value that the tokens of a JSON Pointer (RFC 6901) name.

    Of a member it is where its name begins. Where there is no such value, it is the
    place of what would hold it. `text` is one that `json_text.parse` takes.
    """
    value = value_in(text)
    at = value.start
    for token in tokens:
        found = _found(value, token)
        if found is None:
            break
        at, value = found
    before = text[:at].decode()
    return locate(before, len(before))


def _found(container: Value, token: str) -> tuple[int, Value] | None:
    """Where the item of this name or index begins in the text, and its value; None if not there."""
    if not (container.is_object or container.is_array):
        return None
    parts = split(container)
    indices = {name: index for index, name in enumerate(parts.names)}
    if not container.is_object:
        indices = {token: int(token)} if token.isdecimal() and token.isascii() else {}
    index = indices.get(token, len(parts.items))
    if index >= len(parts.items):
        return None
    before = sum(map(_length, parts.items[:index]))
    item = as_item(parts.items[index], is_object=container.is_object)
    return container.start + 1 + len(parts.gap) + before, item.value


def _length(item: bytes | Item) -> int:
    if isinstance(item, bytes):
        return len(item)
    return len(item.head) + item.value.end - item.value.start + len(item.separator)

"""JSON Patch (RFC 6902): a list of operations, of which all are done or none.

Belongs here: which documents are JSON Patches, and what each operation does.
Does not belong here: pointers (`pointer`), and the editing itself
(`kvput.content.json_document`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from kvput.content.json_containers import PlaceMissingError
from kvput.content.json_document import Document, Tokens
from kvput.content.json_slices import Value
from kvput.content.json_text import parse
from kvput.content.source_text import shown
from kvput.errors import ContentTooLarge, InvalidPatch, KvputError, PatchConflict
from kvput.patching.equality import equal
from kvput.patching.pointer import format_pointer, parse_pointer

MAX_OPERATIONS: Final = 10_000

_NOTHING: Final = b""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: its name, its places as tokens, and the text of its value.

    `source` is what RFC 6902 calls "from"; it and `value` are empty where the
    operation has none.
    """

    name: str
    place: Tokens
    source: Tokens
    value: bytes


class _TestFailedError(Exception):
    """A `test` operation found another value."""


def _test(document: Document, operation: Operation) -> None:
    if not equal(document.value(operation.place).text, operation.value):
        raise _TestFailedError


# RFC 6902 section 4: what each operation does.
_ACTS: Final[Mapping[str, Callable[[Document, Operation], None]]] = {
    "add": lambda document, operation: document.add(operation.place, operation.value),
    "remove": lambda document, operation: document.remove(operation.place),
    "replace": lambda document, operation: document.replace(operation.place, operation.value),
    "move": lambda document, operation: document.move(operation.source, operation.place),
    "copy": lambda document, operation: document.copy(operation.source, operation.place),
    "test": _test,
}
_WITH_SOURCE: Final = frozenset({"move", "copy"})
_WITH_VALUE: Final = frozenset({"add", "replace", "test"})


@dataclass(frozen=True, slots=True)
class JsonPatch:
    """A JSON Patch, as it was sent."""

    patch: Value

    def apply(self, document: Document) -> None:
        """Perform all operations, in order, on a document that is thrown away if one fails.

        Raises InvalidPatch, with a `pointer` into the patch, where it is no JSON Patch, before
        anything is done; PatchConflict, with the `pointer` of the place and the index of the
        `operation`, where a place is missing or a test fails; ContentTooLarge.
        """
        for number, operation in enumerate(operations_in(self.patch)):
            try:
                _ACTS[operation.name](document, operation)
            except PlaceMissingError as error:
                place = format_pointer(error.place)
                where = f"at {shown(place)}" if place else "in the whole resource"
                raise _conflict(
                    number,
                    operation,
                    place,
                    f"finds no place {where}: {error.reason}. Fetch the resource to see what there "
                    "is.",
                ) from None
            except _TestFailedError:
                place = format_pointer(operation.place)
                raise _conflict(
                    number,
                    operation,
                    place,
                    f"fails: another value stands at {shown(place)}. Fetch the resource, and "
                    "decide anew.",
                ) from None
            except ContentTooLarge as error:
                raise ContentTooLarge(
                    error.detail, members={**error.members, "operation": number}
                ) from None


def _conflict(number: int, operation: Operation, place: str, what: str) -> KvputError:
    return PatchConflict(
        f"Operation {number} ({operation.name}) {what}",
        members={"operation": number, "pointer": place},
    )


# --- reading


def operations_in(patch: Value) -> list[Operation]:
    """The operations of a JSON Patch. Raises InvalidPatch, with a `pointer` into the patch."""
    # RFC 6902 section 3: "A JSON Patch document is a JSON document that represents an array
    # of objects."
    if not patch.is_array:
        raise _invalid(
            f"A JSON Patch is an array of operations, and this is {patch.kind}: put the operations "
            "in an array, or send a patch of the type application/merge-patch+json.",
            "",
        )
    operations = []
    for number, value in enumerate(patch.elements()):
        if number == MAX_OPERATIONS:
            raise _invalid(
                f"The patch has more than {MAX_OPERATIONS} operations: send them in several.", ""
            )
        operations.append(_operation(value, number))
    return operations


def _operation(value: Value, number: int) -> Operation:
    if not value.is_object:
        raise _invalid(
            f"Operation {number} is {value.kind}: each one must be an object.", f"/{number}"
        )
    # Section 4: "Members that are not explicitly defined for the operation in question MUST be
    # ignored".
    members = dict(value.members())
    # Appendix A.13 takes two "op" members in one operation for an error.
    _refuse_repeated(value, number)
    name = _text(members, "op", number)
    if name not in _ACTS:
        raise _invalid(
            f"Operation {number} has the op {shown(name)}, which is none: use one of "
            f"{', '.join(_ACTS)}.",
            f"/{number}/op",
        )
    place = _place(members, "path", number)
    source = _place(members, "from", number) if name in _WITH_SOURCE else ()
    # Section 4.4: "The "from" location MUST NOT be a proper prefix of the "path" location".
    if name == "move" and len(place) > len(source) and place[: len(source)] == source:
        raise _invalid(
            f"Operation {number} (move) would put a value into itself: choose a path outside of "
            f'"from".',
            f"/{number}/path",
        )
    if name == "remove" and not place:
        raise _invalid(
            f"Operation {number} (remove) takes the whole resource away, which a patch cannot: "
            "use DELETE.",
            f"/{number}/path",
        )
    return Operation(name, place, source, _value(members, name, number))


def _refuse_repeated(value: Value, number: int) -> None:
    for name in ("op", "path", "from", "value"):
        if value.names().count(name) > 1:
            raise _invalid(
                f'Operation {number} has several members "{name}": leave one.',
                f"/{number}/{name}",
            )


def _value(members: Mapping[str, Value], name: str, number: int) -> bytes:
    if name not in _WITH_VALUE:
        return _NOTHING
    if "value" not in members:
        raise _invalid(f'Operation {number} ({name}) has no "value": add one.', f"/{number}")
    return members["value"].text


def _place(members: Mapping[str, Value], name: str, number: int) -> Tokens:
    text = _text(members, name, number)
    try:
        return parse_pointer(text)
    except InvalidPatch as error:
        raise _invalid(f"Operation {number}: {error.detail}", f"/{number}/{name}") from None


def _text(members: Mapping[str, Value], name: str, number: int) -> str:
    value = members.get(name)
    if value is None:
        raise _invalid(f'Operation {number} has no "{name}": add one.', f"/{number}")
    text = parse(value.text)
    if not isinstance(text, str):
        raise _invalid(
            f'Operation {number} has {value.kind} as its "{name}": it must be a text.',
            f"/{number}/{name}",
        )
    return text


def _invalid(detail: str, pointer: str) -> InvalidPatch:
    return InvalidPatch(detail, members={"pointer": pointer})

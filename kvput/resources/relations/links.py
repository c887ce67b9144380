"""Links: how a resource names others in a member, and how such a member is edited.

Here belongs what is true of one resource's text. Which resources are to name
which is in `kvput.resources.relations.keeper`.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from kvput.content.json_document import Document
from kvput.content.source_text import shown
from kvput.errors import InvalidContent
from kvput.names import HIGHEST_NUMBER, number_of
from kvput.paths import ResourcePath
from kvput.resources.ids import ID_MEMBER, id_of, name_for_id
from kvput.resources.relations.sides import Side
from kvput.resources.violations import MAX_VIOLATIONS, Violation, violation

Names = dict[str, object]
"""The resources that a member names: their names, each with the id as it is written."""

_ROOM: Final = 1024
"""Bytes beside the ids that an edit may need: a member's name, line breaks."""


# --- reading


@dataclass(frozen=True, slots=True)
class Held:
    """Whom a member names, and what stands in it that can name nobody."""

    names: Names
    faults: tuple[Violation, ...] = ()


def held_in(value: object, side: Side) -> Held | None:
    """What a value holds in the side's member; None where it has no such member.

    Null and an empty text name none, and so does an empty text in a list. Faults are what is no
    id, a text whose letters are not composed as in names, a list where one id belongs, and the
    reverse; no more than MAX_VIOLATIONS are told.
    """
    if not isinstance(value, dict) or side.member not in value:
        return None
    held = value[side.member]
    if held in (None, ""):
        return Held({})
    if side.many and not isinstance(held, list):
        reason = f"must be a list of ids of {side.to.url}, as in [1, 2]: the relation is to many"
        return Held({}, (violation((side.member,), reason),))
    names: Names = {}
    faults: list[Violation] = []
    for index, identifier in enumerate(held if side.many else (held,)):
        try:
            names[_name_of(identifier)] = identifier
        except InvalidContent as error:
            if identifier != "" and len(faults) < MAX_VIOLATIONS:
                place = (side.member, index) if side.many else (side.member,)
                faults.append(violation(place, _no_id(identifier, side, error)))
    return Held(names, tuple(faults))


def names_in(value: object, side: Side) -> Names:
    """Whom a value names in the side's member: what can name nobody is passed over."""
    held = held_in(value, side)
    return {} if held is None else held.names


def names_nobody(value: object, side: Side) -> bool:
    """Whether the member is missing or left empty; not where what it holds cannot be read."""
    held = held_in(value, side)
    return held is None or not (held.names or held.faults)


def _no_id(identifier: object, side: Side, error: InvalidContent) -> str:
    """Why it can name nobody, to go on after the member's name."""
    if not side.many and isinstance(identifier, list | dict):
        or_null = "" if side.is_required else ", or null"
        return f"must be one id of a resource in {side.to.url}{or_null}"
    # That error speaks of a resource's own id, which may be left out.
    is_named = _is_of_a_kind_that_names(identifier)
    why = str(error).removesuffix(".") if is_named else "an id is a text or a whole number"
    return f"is no id of a resource in {side.to.url}: {why}"


def decide_of_itself(
    path: ResourcePath,
    own_id: object,
    side: Side,
    said: Mapping[Side, Names | None],
    names: Mapping[Side, Names],
) -> None:
    """Make one of what two members of a resource may say of itself, as its parent and its child.

    The member that the relation is declared of decides, and the other one where that is left
    out; not what it was before, so that a PUT that is repeated changes nothing more. `own_id` is
    the id that the resource calls itself by.
    """
    name, other = path.name, side.other
    if not side.is_owner or other is None or other is side or other not in names:
        return
    own = said[side]
    if name not in ((said[other] or {}) if own is None else own):
        names[side].pop(name, None)
        names[other].pop(name, None)
        return
    for each in (side, other):
        if not each.many:
            names[each].clear()
        names[each][name] = own_id


def _is_of_a_kind_that_names(identifier: object) -> bool:
    """Whether it is no id for what it says, and not for being a list, an object or a fraction."""
    if isinstance(identifier, bool) or not isinstance(identifier, str | int | float):
        return False
    return isinstance(identifier, str) or abs(identifier) > HIGHEST_NUMBER


def _name_of(identifier: object) -> str:
    if isinstance(identifier, float) and identifier.is_integer():
        identifier = int(identifier)
    name = name_for_id(identifier)
    # An index finds who names a resource by the text that stands there.
    if isinstance(identifier, str) and identifier != name:
        raise InvalidContent(
            f"Its letters are not composed (Unicode NFC): write it as {shown(name)}."
        )
    return name


# --- writing


@dataclass(frozen=True, slots=True)
class LinkEdit:
    """What a side's member is to name, by the names that it has now and those that it shall have.

    `ids` holds the ids of those that come, as they call themselves; one that is not in it has
    its name as its id, as a number where it is one.
    """

    side: Side
    after: Names
    ids: Mapping[str, object]


def id_called(path: ResourcePath, value: object) -> str | int:
    """The id of a resource as it calls itself: its own `id` where that is its name."""
    own = value.get(ID_MEMBER) if isinstance(value, dict) else None
    # Only there may the letters of a text be other than composed.
    if isinstance(own, str | int) and not isinstance(own, bool) and str(own) == path.name:
        return own
    return id_of(path)


def place_of(value: object, side: Side, name: str) -> tuple[str, ...]:
    """The tokens of the JSON Pointer to where a resource's value names this one."""
    held = value.get(side.member) if isinstance(value, dict) else None
    for index, each in enumerate(held if isinstance(held, list) else ()):
        if _name_or_none(each) == name:
            return side.member, str(index)
    return (side.member,)


def edited(content: bytes, value: Mapping[str, object], edits: Iterable[LinkEdit]) -> bytes:
    """The content of a resource with members that name others than before.

    `value` is the content's, an object. What is not touched keeps its bytes.
    """
    text = content or b"{}"
    edits = tuple(edits)
    added = sum(len(name) + 16 for edit in edits for name in edit.after)
    document = Document(text, 2 * len(text) + 4 * added + _ROOM * len(edits))
    for edit in edits:
        if edit.side.many:
            _edit_list(document, value, edit)
        else:
            _edit_one(document, value, edit)
    return document.text()


def _edit_one(document: Document, value: Mapping[str, object], edit: LinkEdit) -> None:
    member = edit.side.member
    text = b"null"
    for name in edit.after:
        text = _id_text(name, edit)
    if member in value:
        document.replace((member,), text)
    elif edit.after:
        document.add((member,), text)


def _edit_list(document: Document, value: Mapping[str, object], edit: LinkEdit) -> None:
    member = edit.side.member
    held = value.get(member)
    if not isinstance(held, list):
        ids = b", ".join(_id_text(name, edit) for name in edit.after)
        if member in value:
            document.replace((member,), b"[" + ids + b"]")
        elif edit.after:
            document.add((member,), b"[" + ids + b"]")
        return
    there = [_name_or_none(each) for each in held]
    for place in range(len(there) - 1, -1, -1):
        name = there[place]
        if name is not None and name not in edit.after:
            document.remove((member, str(place)))
    already = set(there)
    for name in edit.after:
        if name not in already:
            document.add((member, "-"), _id_text(name, edit))


def _name_or_none(identifier: object) -> str | None:
    try:
        return _name_of(identifier)
    except InvalidContent:
        return None


def _id_text(name: str, edit: LinkEdit) -> bytes:
    identifier = edit.ids.get(name)
    if identifier is None:
        number = number_of(name)
        identifier = name if number is None else number
    return json.dumps(identifier, ensure_ascii=False).encode()

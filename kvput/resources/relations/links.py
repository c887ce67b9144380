"""Links: how a resource names others in a member, and how such a member is edited.

Here belongs what is true of one resource's text. Which resources are to name
which is in `kvput.resources.relations.keeper`.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from kvput.content.json_document import Document
from kvput.content.json_text import parse
from kvput.content.source_text import shown
from kvput.errors import InvalidContent, InvalidReference
from kvput.names import HIGHEST_NUMBER, number_of
from kvput.patching.pointer import format_pointer
from kvput.paths import ResourcePath
from kvput.resources.ids import ID_MEMBER, id_of, is_id_of, name_for_id
from kvput.resources.relations.sides import Side

Names = dict[str, object]
"""The resources that a member names: their names, each with the id as it is written."""

_ROOM: Final = 1024
"""Bytes beside the ids that an edit may need: a member's name, line breaks."""


# --- reading


def names_in(value: object, side: Side) -> Names | None:
    """The resources that a value names in the side's member; None where it has no such member.

    Null and an empty text name none. Raises InvalidReference, with a `pointer`, for what is
    no id, or a list where one id belongs, or the reverse.
    """
    if not isinstance(value, dict) or side.member not in value:
        return None
    held = value[side.member]
    if held in (None, ""):
        return {}
    place = format_pointer((side.member,))
    if not side.many:
        return {_name(held, side, place): held}
    if not isinstance(held, list):
        raise invalid(
            side,
            place,
            f"must be a list of ids of {side.to.url}, as in [1, 2]: the relation is to many",
        )
    return {_name(each, side, f"{place}/{n}"): each for n, each in enumerate(held)}


def names_in_stored(value: object, side: Side) -> Names:
    """The same of what may have been written by hand: what cannot be read names nothing."""
    if not isinstance(value, dict):
        return {}
    held = value.get(side.member)
    candidates = held if side.many and isinstance(held, list) else [] if side.many else [held]
    names: Names = {}
    for each in candidates:
        try:
            names[_name_of(each)] = each
        except InvalidContent:
            continue
    return names


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


def _name(identifier: object, side: Side, place: str) -> str:
    try:
        return _name_of(identifier)
    except InvalidContent as error:
        if side.many or not isinstance(identifier, list | dict):
            # That error speaks of a resource's own id, which may be left out.
            is_named = _is_of_a_kind_that_names(identifier)
            why = str(error).removesuffix(".") if is_named else "an id is a text or a whole number"
            reason = f"is no id of a resource in {side.to.url}: {why}"
        else:
            reason = f"must be one id of a resource in {side.to.url}, or null"
        raise invalid(side, place, reason) from None


def _is_of_a_kind_that_names(identifier: object) -> bool:
    """Whether it is no id for what it says, and not for being a list, an object or a fraction."""
    if isinstance(identifier, bool) or not isinstance(identifier, str | int | float):
        return False
    return isinstance(identifier, str) or abs(identifier) > HIGHEST_NUMBER


def _name_of(identifier: object) -> str:
    if isinstance(identifier, float) and identifier.is_integer():
        identifier = int(identifier)
    return name_for_id(identifier)


def invalid(
    side: Side, place: str, reason: str, path: ResourcePath | None = None
) -> InvalidReference:
    """The error for a member, of a resource if `path` says which.

    `reason` goes on after the member's name; `place` is a JSON Pointer to what is wrong.
    """
    whose = "" if path is None else f" of {path.url}"
    return InvalidReference(
        f"The member {shown(side.member)}{whose} {reason}.",
        members={"pointer": place, "errors": {side.member: f"{reason[:1].upper()}{reason[1:]}."}},
    )


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
    if isinstance(own, str | int) and not isinstance(own, bool) and is_id_of(own, path):
        return own
    return id_of(path)


def place_of(value: object, side: Side, name: str) -> str:
    """The JSON Pointer to where a resource's value names this one."""
    held = value.get(side.member) if isinstance(value, dict) else None
    for index, each in enumerate(held if isinstance(held, list) else ()):
        if _name_or_none(each) == name:
            return format_pointer((side.member, str(index)))
    return format_pointer((side.member,))


def edited(content: bytes, edits: Iterable[LinkEdit]) -> bytes:
    """The content of a resource with members that name others than before.

    What is not touched keeps its bytes. Raises InvalidReference where it is no object.
    """
    text = content or b"{}"
    edits = tuple(edits)
    added = sum(len(name) + 16 for edit in edits for name in edit.after)
    document = Document(text, 2 * len(text) + 4 * added + _ROOM * len(edits))
    value = parse(text)
    for edit in edits:
        if not isinstance(value, dict):
            raise invalid(
                edit.side,
                "",
                "is kept by the server, so that the content must be an object: send one",
            )
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

"""Unique members: no two resources of a collection have the same value in one of them.

Belongs here: finding out whether a commit brings such a value in. Does not belong here:
how the resources that hold a value are found (`kvput.query`), and the names of resources,
which are unique anyway.

The values that count are texts, numbers and booleans, in members of the resource itself.
Two of them are the same as in JSON: 1 and 1.0 are, 1 and "1" are not, nor are 1 and true.
Numbers are compared as they are read: integers of 64 bits exactly, all others as doubles.
What no list shows, because it is no JSON or too large, has no values here either.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kvput.content.json_text import parse
from kvput.content.source_text import shown
from kvput.declarations import Declaration
from kvput.errors import MalformedContent, NotUnique
from kvput.patching.pointer import format_pointer
from kvput.paths import CollectionPath, ResourcePath
from kvput.query.filters import Condition, Operator
from kvput.query.selection import Selection
from kvput.query.values import Key, key_of, own_member
from kvput.resources.located import RESOURCE_MEMBER
from kvput.resources.needed import ContentNeeded
from kvput.store.base import Entry, View

_Value = str | int | float | bool


@dataclass(frozen=True, slots=True)
class _Claim:
    """A value that a resource of the commit has in a unique member.

    `is_new` tells that the resource did not have it before.
    """

    path: ResourcePath
    value: _Value
    is_new: bool


_Claims = dict[str, list[tuple[Key, _Claim]]]
"""By member, in the order of the puts."""


def require_unique(
    view: View,
    declarations: Mapping[CollectionPath, Declaration],
    puts: Sequence[Entry],
    held: Mapping[str, bytes],
    before: Callable[[ResourcePath], Entry | None],
) -> None:
    """Raise NotUnique where a commit gives a resource a unique value that another one has.

    `puts` are the resources that the commit writes, each once, and `view` shows all as it
    will be after it. `before` gives what a resource was before: a value that it had already
    is not asked about, even if a hand has given it to two. `held` has contents by their
    digests that are too large for a view; raises ContentNeeded for one that it has not.
    The index of each collection is asked once for each unique member.
    """
    for collection, entries in _by_collection(puts).items():
        declaration = declarations.get(collection)
        if declaration is None or not declaration.unique:
            continue
        claims = _claims(declaration.unique, entries, held, before)
        written = {entry.path.name for entry in entries}
        for member, claimed in claims.items():
            _require_once(member, claimed)
            _require_free(view, collection, member, claimed, written)


def _by_collection(puts: Sequence[Entry]) -> dict[CollectionPath, list[Entry]]:
    collections: dict[CollectionPath, list[Entry]] = {}
    for entry in puts:
        collections.setdefault(entry.path.parent, []).append(entry)
    return collections


# --- what the commit claims


def _claims(
    members: Sequence[str],
    entries: Sequence[Entry],
    held: Mapping[str, bytes],
    before: Callable[[ResourcePath], Entry | None],
) -> _Claims:
    claims: _Claims = {member: [] for member in members}
    for entry in entries:
        after = _unique_values(members, _content_of(entry, held))
        if not after:
            continue
        stood = before(entry.path)
        had = {} if stood is None else _unique_values(members, _content_of(stood, held))
        for member, (key, value) in after.items():
            is_new = member not in had or had[member][0] != key
            claims[member].append((key, _Claim(entry.path, value, is_new)))
    return claims


def _content_of(entry: Entry, held: Mapping[str, bytes]) -> bytes:
    content = held.get(entry.digest) if entry.content is None else entry.content
    if content is None:
        raise ContentNeeded(entry)
    return content


def _unique_values(members: Sequence[str], content: bytes) -> dict[str, tuple[Key, _Value]]:
    """The values that count in a content, with their keys; none in one that is no JSON object."""
    try:
        resource = parse(content) if content else None
    except MalformedContent:
        return {}
    if not isinstance(resource, dict):
        return {}
    values: dict[str, tuple[Key, _Value]] = {}
    for member in members:
        value = resource.get(member)
        key = key_of(value)
        if value is not None and key is not None:
            values[member] = key, value
    return values


# --- whether it may


def _require_once(member: str, claimed: Sequence[tuple[Key, _Claim]]) -> None:
    """Raise NotUnique where two resources of the commit have a value that one did not have."""
    holders: dict[Key, _Claim] = {}
    for key, claim in claimed:
        other = holders.setdefault(key, claim)
        if other is claim:
            continue
        if claim.is_new:
            raise _taken(member, claim, other.path, _TWICE if other.is_new else _THERE)
        if other.is_new:
            raise _taken(member, other, claim.path, _THERE)


def _require_free(
    view: View,
    collection: CollectionPath,
    member: str,
    claimed: Sequence[tuple[Key, _Claim]],
    written: set[str],
) -> None:
    """Raise NotUnique where a resource that the commit does not write has a new value."""
    new = {key: claim for key, claim in claimed if claim.is_new}
    if not new:
        return
    values = tuple(claim.value for claim in new.values())
    # It finds more than that: "1" for 1, and arrays that hold it.
    condition = Condition(own_member(member), Operator.EQUAL, values)
    selected = view.select(collection, Selection(condition))
    for item in () if selected is None else selected.items:
        if item.name in written:
            continue
        key, _ = _unique_values((member,), item.text).get(member, (None, None))
        if key is not None and key in new:
            raise _taken(member, new[key], collection.resource(item.name), _THERE)


_THERE: Final = "is what {url} has"
_TWICE: Final = "is what this request gives {url} as well"


def _taken(member: str, claim: _Claim, other: ResourcePath, reason: str) -> NotUnique:
    value = shown(claim.value) if isinstance(claim.value, str) else json.dumps(claim.value)
    says = reason.format(url=other.url)
    return NotUnique(
        f"The member {shown(member)} of {claim.path.url}, {value}, {says}, and no two "
        f"resources of {claim.path.parent.url} may have the same: choose another.",
        members={
            RESOURCE_MEMBER: claim.path.url,
            "other": other.url,
            "pointer": format_pointer((member,)),
            "errors": {member: f"This {says}: choose another."},
        },
    )

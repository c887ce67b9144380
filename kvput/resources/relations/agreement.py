"""What members are to name where the two sides of a relation do not agree.

Here belong what the resources of a folder say, as names alone, and what they are
to say so that they agree; what nobody but a person can tell stays as it is. How
that is told is in `kvput.resources.relations.audit`, what a commit does in `relations`.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from kvput.declarations import Dangling
from kvput.names import natural_order
from kvput.paths import CollectionPath
from kvput.resources.relations.sides import Side

_FEW: Final = 8
"""Up to so many names, looking at each takes no longer than a table does."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a resource says in a side's member.

    `names` are those that can be read. `is_there` tells that it has the member,
    `is_known` that all of it can be read, `is_object` that it can have members.
    """

    names: Collection[str]
    is_there: bool = True
    is_known: bool = True
    is_object: bool = True

    @property
    def can_be_edited(self) -> bool:
        """Whether the member may be changed without losing what somebody has written."""
        return self.is_known and self.is_object


ABSENT: Final = Said((), is_there=False)
"""An object without the member."""
NO_OBJECT: Final = Said((), is_there=False, is_object=False)
UNKNOWN: Final = Said((), is_known=False)
"""A resource that cannot be read: whom it names, nobody knows."""


def collected(names: Iterable[str]) -> Collection[str]:
    """The names in their order, each once, in little memory, and fast to look for one."""
    table = dict.fromkeys(names)
    return table if len(table) > _FEW else tuple(table)


@dataclass(slots=True)
class Folder:
    """The resources of all collections that relations concern, and what they say."""

    there: dict[CollectionPath, set[str]] = field(default_factory=dict)
    said: dict[Side, dict[str, Said]] = field(default_factory=dict)

    def is_there(self, side: Side, name: str) -> bool:
        """Whether there is the resource that a name names on this side."""
        return name in self.there[side.to]

    def may_name(self, side: Side, name: str) -> bool:
        """Whether it is, or need not be."""
        return side.relation.dangling is Dangling.ALLOW or self.is_there(side, name)


Wanted = Mapping[Side, Mapping[str, Collection[str]]]
"""What members are to name, by resource; those that are not in it stay as they are."""

_Names = dict[str, Collection[str]]
Claims = dict[str, dict[str, None]]
"""By whom each resource is named, in natural order."""


def wanted(owner: Side, folder: Folder) -> Wanted:
    """What the members of a relation are to name; `owner` is the side that it is declared of."""
    if owner.other is None:
        return {owner: _owners(owner, folder, {})}
    if owner.other is owner:
        return {owner: _mutual(owner, folder)}
    claims = claims_on(owner, folder)
    offers = _offers(owner, owner.other, folder, claims)
    return {
        owner: _owners(owner, folder, offers),
        owner.other: _inverses(owner, owner.other, folder, claims),
    }


def claims_on(side: Side, folder: Folder) -> Claims:
    """By whom each resource is named in a side's member."""
    claims: Claims = {}
    said = folder.said[side]
    for name in sorted(said, key=natural_order):
        for named in said[name].names:
            claims.setdefault(named, {})[name] = None
    return claims


# --- the side that the relation is declared of


def _offers(owner: Side, inverse: Side, folder: Folder, claims: Claims) -> Claims:
    """Those that leave out their member, each with the resources that name it in the inverse.

    One that can name a single resource, and is named by another one, makes no offer.
    """
    offers: Claims = {}
    owners = folder.said[owner]
    for name, said in folder.said[inverse].items():
        if inverse.many or name not in claims:
            for named in said.names:
                if named in owners and not owners[named].is_there:
                    offers.setdefault(named, {})[name] = None
    return offers


def _owners(owner: Side, folder: Folder, offers: Claims) -> _Names:
    """The member is the truth where it is there; else what the inverse says, if that is clear."""
    changed: _Names = {}
    for name, said in folder.said[owner].items():
        if not said.can_be_edited:
            continue
        offered = offers.get(name, {})
        if offered and (owner.many or len(offered) == 1):
            changed[name] = collected(sorted(offered, key=natural_order))
            continue
        kept = tuple(named for named in said.names if folder.may_name(owner, named))
        if len(kept) < len(said.names) and (kept or not owner.relation.required):
            changed[name] = collected(kept)
    return changed


# --- the side that agrees


def _inverses(owner: Side, inverse: Side, folder: Folder, claims: Claims) -> _Names:
    changed: _Names = {}
    owners = folder.said[owner]
    for name, said in folder.said[inverse].items():
        if not said.can_be_edited:
            continue
        claimed = claims.get(name, {})
        kept = tuple(
            named
            for named in said.names
            if named in claimed or _may_stay(named, owners.get(named), folder, inverse)
        )
        after = (*kept, *(named for named in claimed if named not in said.names))
        if not inverse.many and len(after) > 1:
            # One alone is certain; what another means that cannot be read, nobody knows.
            is_certain = len(claimed) == 1 and all(
                named not in owners or owners[named].is_known for named in kept
            )
            after = tuple(claimed) if is_certain else kept
        if after != tuple(said.names):
            changed[name] = collected(after)
    return changed


def _may_stay(name: str, said: Said | None, folder: Folder, inverse: Side) -> bool:
    """Whether one may be named that does not name this one, for all that is known of it."""
    if said is None:
        return folder.may_name(inverse, name)
    return not (said.is_there and said.is_known)


# --- a member that is its own inverse


def _mutual(side: Side, folder: Folder) -> _Names:
    """Who names another one is believed, as long as the other has room."""
    changed: _Names = {}
    claims = claims_on(side, folder)
    for name, said in folder.said[side].items():
        if not said.can_be_edited:
            continue
        kept = tuple(named for named in said.names if folder.may_name(side, named))
        missing = tuple(named for named in claims.get(name, ()) if named not in said.names)
        after = kept
        if side.many or (not kept and len(missing) == 1):
            after = (*kept, *missing)
        if after != tuple(said.names):
            changed[name] = collected(after)
    return changed

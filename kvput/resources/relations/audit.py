"""What is wrong with the links of a folder that hands have written, and what would repair it.

A `LinkAudit` is shown the resources of all collections that relations concern, one
after the other, and keeps the names that they hold, not their contents. What members
are to name is decided in `kvput.resources.relations.agreement`; how files are read and
findings printed does not belong here.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from kvput.content.json_text import parse
from kvput.content.source_text import shown
from kvput.declarations import Declarations
from kvput.errors import MalformedContent
from kvput.names import natural_order
from kvput.patching.pointer import parse_pointer
from kvput.paths import CollectionPath, ResourcePath
from kvput.resources.ids import id_of
from kvput.resources.relations.agreement import (
    ABSENT,
    NO_OBJECT,
    UNKNOWN,
    Claims,
    Folder,
    Said,
    Wanted,
    claims_on,
    collected,
    wanted,
)
from kvput.resources.relations.links import LinkEdit, held_in, id_called, place_of
from kvput.resources.relations.sides import Side, sides_of


class LinkFaultKind(Enum):
    """What can be wrong with a member of a relation."""

    MALFORMED = "malformed"
    """It holds what is no id, or a list where one id belongs, or the reverse."""
    MISSING = "missing"
    """It names none, and must name one."""
    DANGLING = "dangling"
    """It names what is not there."""
    ONE_SIDED = "one-sided"
    """It names one that does not name it in turn."""


@dataclass(frozen=True, slots=True)
class LinkFault:
    """A fault of the member of one resource on a side, and of one name in it, if any.

    `other` is the resource that is named, if there can be one. `message` says what is
    wrong, `advice` what to do; where `is_repairable`, that is what the repair does.
    """

    kind: LinkFaultKind
    path: ResourcePath
    side: Side
    message: str
    advice: str
    is_repairable: bool = False
    name: str | None = None
    other: ResourcePath | None = None

    @property
    def concerned(self) -> tuple[ResourcePath, ...]:
        """The resources that it is a fault of: two, or one."""
        return (self.path,) if self.other in (None, self.path) else (self.path, self.other)

    @property
    def identity(self) -> tuple[LinkFaultKind, ResourcePath, str, str | None]:
        """What tells one fault from another, however it is worded."""
        return self.kind, self.path, self.side.member, self.name

    def place(self, value: object) -> tuple[str, ...]:
        """The tokens of the JSON Pointer to what is at fault in the resource's value."""
        if self.name is not None:
            return place_of(value, self.side, self.name)
        held = held_in(value, self.side)
        faults = () if held is None else held.faults
        return parse_pointer(faults[0].pointer) if faults else (self.side.member,)


@dataclass(frozen=True, slots=True)
class LinkVerdict:
    """All faults, ordered by their resources, and the edits of each resource that repair them."""

    faults: tuple[LinkFault, ...]
    repairs: Mapping[ResourcePath, tuple[LinkEdit, ...]]


BROKEN: Final = object()
"""Stands for the value of a resource that is no JSON, or cannot be read."""


def value_of(content: bytes) -> object:
    """The value of a content as links are read from it: zero bytes are the empty object."""
    try:
        return parse(content or b"{}")
    except MalformedContent:
        return BROKEN


class LinkAudit:
    """Looks through the links of a folder, or of a part of it."""

    def __init__(self, declarations: Declarations) -> None:
        sides = sides_of(declarations)
        self._sides = sides.of
        self._owners = tuple(side for sides in sides.naming.values() for side in sides)
        self._folder = Folder(
            {collection: set() for collection in (*sides.of, *sides.naming)},
            {side: {} for sides in sides.of.values() for side in sides},
        )
        self._malformed: list[LinkFault] = []
        # The ids of resources that do not call themselves as others would call them.
        self._called: dict[CollectionPath, dict[str, object]] = {}

    @property
    def collections(self) -> tuple[CollectionPath, ...]:
        """The collections whose resources are to be added; none where there is no relation."""
        return tuple(self._folder.there)

    def add(self, path: ResourcePath, value: object) -> None:
        """Note what a resource names; `value` is its content's, or BROKEN."""
        collection, name = path.parent, path.name
        if collection not in self._folder.there:
            return
        self._folder.there[collection].add(name)
        called = id_called(path, value)
        if called != id_of(path):
            self._called.setdefault(collection, {})[name] = called
        for side in self._sides.get(collection, ()):
            self._folder.said[side][name] = self._said(path, side, value)

    def _said(self, path: ResourcePath, side: Side, value: object) -> Said:
        if value is BROKEN:
            return UNKNOWN
        if not isinstance(value, dict):
            return NO_OBJECT
        held = held_in(value, side)
        if held is None:
            return ABSENT
        if held.faults:
            self._malformed.append(_malformed(path, side, value))
        return Said(collected(held.names), is_known=not held.faults)

    # --- what comes of it

    def judge(self) -> LinkVerdict:
        """What is wrong with the resources that were added, and what would repair it."""
        faults = list(self._malformed)
        edits: dict[ResourcePath, list[LinkEdit]] = {}
        for owner in self._owners:
            plan = wanted(owner, self._folder)
            faults += _Judge(owner, self._folder, plan).faults()
            for side, after in plan.items():
                for name, names in after.items():
                    path = side.collection.resource(name)
                    edits.setdefault(path, []).append(self._edit(side, names))
        faults.sort(key=lambda fault: (*_order(fault.path), fault.side.member))
        repairs = {path: tuple(edits[path]) for path in sorted(edits, key=_order)}
        return LinkVerdict(tuple(faults), repairs)

    def _edit(self, side: Side, names: Collection[str]) -> LinkEdit:
        called = self._called.get(side.to, {})
        ids = {name: called[name] for name in names if name in called}
        return LinkEdit(side, dict.fromkeys(names), ids)


def still_stands(
    fault: LinkFault, declarations: Declarations, values: Mapping[ResourcePath, object]
) -> bool:
    """Whether a fault is found as well where only the two resources are looked at that it concerns.

    `values` holds those of them that are there. For a folder that is written to while it is
    looked through: no commit comes between two resources that were read at one moment.
    """
    audit = LinkAudit(declarations)
    for path, value in values.items():
        audit.add(path, value)
    return any(fault.identity == found.identity for found in audit.judge().faults)


def _order(path: ResourcePath) -> tuple[str, tuple[str, str]]:
    return path.parent.directory, natural_order(path.name)


def _malformed(path: ResourcePath, side: Side, value: Mapping[str, object]) -> LinkFault:
    is_no_list = side.many and not isinstance(value.get(side.member), list)
    reason = "must hold a list of ids of" if is_no_list else "holds what is no id of a resource in"
    return LinkFault(
        LinkFaultKind.MALFORMED,
        path,
        side,
        f"The member {shown(side.member)} {reason} {side.to.url}",
        "correct it by hand",
    )


class _Judge:
    """Words what is wrong with the members of one relation; `plan` is what they are to name."""

    def __init__(
        self,
        owner: Side,
        folder: Folder,
        plan: Wanted,
    ) -> None:
        self._owner = owner
        self._folder = folder
        self._plan = plan
        self._claims: dict[Side, Claims] = {}

    def faults(self) -> Iterator[LinkFault]:
        for side in dict.fromkeys((self._owner, self._owner.other)):
            if side is None:
                continue
            for name, said in self._folder.said[side].items():
                if side.is_owner and side.relation.required and said.is_known and not said.names:
                    yield self._missing(side, name)
                for named in said.names:
                    if not self._folder.is_there(side, named):
                        if not self._folder.may_name(side, named):
                            yield self._dangling(side, name, named)
                    elif side.other is not None and not self._is_mutual(side.other, named, name):
                        yield self._one_sided(side, side.other, name, named)

    def _is_mutual(self, side: Side, name: str, named: str) -> bool:
        """Whether one names another, or may well do so."""
        said = self._folder.said[side][name]
        return named in said.names or not said.is_known

    def _will_name(self, side: Side, name: str, named: str) -> bool:
        after = self._plan.get(side, {}).get(name)
        return named in (self._folder.said[side][name].names if after is None else after)

    # --- the words

    def _missing(self, side: Side, name: str) -> LinkFault:
        path = side.collection.resource(name)
        after = self._plan[side].get(name, ())
        told = " and ".join(side.to.resource(named).url for named in after)
        return LinkFault(
            LinkFaultKind.MISSING,
            path,
            side,
            f"The member {shown(side.member)} must name a resource of {side.to.url}, "
            "and names none",
            f"let it name {told}, which names this one" if after else "let it name one",
            bool(after),
        )

    def _dangling(self, side: Side, name: str, named: str) -> LinkFault:
        other = side.named(named)
        called = shown(named) if other is None else other.url
        is_repairable = not self._will_name(side, name, named)
        must = ", and must name one" if self._is_last(side, name) else ""
        return LinkFault(
            LinkFaultKind.DANGLING,
            side.collection.resource(name),
            side,
            f"The member {shown(side.member)} names {called}, which is not there{must}",
            "take it out" if is_repairable else "correct it by hand",
            is_repairable,
            named,
            other,
        )

    def _is_last(self, side: Side, name: str) -> bool:
        """Whether nothing would be left where one must be named."""
        names = self._folder.said[side][name].names
        is_required = side.is_owner and side.relation.required
        return is_required and not any(self._folder.is_there(side, named) for named in names)

    def _one_sided(self, side: Side, other: Side, name: str, named: str) -> LinkFault:
        path, named_path = side.collection.resource(name), side.to.resource(named)
        back = f"its {shown(other.member)}"
        is_repairable = True
        if self._will_name(other, named, name):
            advice = f"let that one name {path.url}"
        elif not self._will_name(side, name, named):
            advice = "take it out"
        else:
            is_repairable = False
            advice = self._left_to_a_person(side, other, name, named)
        return LinkFault(
            LinkFaultKind.ONE_SIDED,
            path,
            side,
            f"The member {shown(side.member)} names {named_path.url}, and {back} does not name "
            "this one in turn",
            advice,
            is_repairable,
            named,
            named_path,
        )

    def _left_to_a_person(self, side: Side, other: Side, name: str, named: str) -> str:
        """What to do about one that names another, where no repair can tell who is right."""
        if not self._folder.said[other][named].is_object:
            return "make an object of that one"
        rivals = self._rivals(other, side, named, name, "it too")
        rivals = rivals or self._rivals(side, other, name, named, "this one")
        return f"{rivals}change the one that is wrong"

    def _rivals(self, place: Side, naming: Side, name: str, one: str, what: str) -> str:
        """Who beside `one` claims the only place that a resource has in the member `place`."""
        claims = {} if place.many else self._claims_on(place, naming)[name]
        rivals = (place.to.resource(each).url for each in claims if each != one)
        first = next(rivals, None)
        if first is None:
            return ""
        more = len(claims) - 2
        claim = f" and {more:,} more claim" if more else " claims"
        return f"{first}{claim} {what}; "

    def _claims_on(self, place: Side, naming: Side) -> Claims:
        """Who is to stand in that member of each resource: whoever names it, and whom it names."""
        if place not in self._claims:
            claims = claims_on(naming, self._folder)
            for name, said in self._folder.said[place].items():
                for named in said.names:
                    if self._folder.is_there(place, named):
                        claims.setdefault(name, {})[named] = None
            self._claims[place] = claims
        return self._claims[place]

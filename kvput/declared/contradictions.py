"""Declarations that contradict themselves or each other, and what is said of them.

Each value has been read for itself before (`keys`). Here belongs what only several
of them together can get wrong; where in the file that stands, their places tell.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from kvput.config_file import shown
from kvput.declarations import Declaration, OnDelete, Relation
from kvput.declared.keys import Place, as_key
from kvput.paths import CollectionPath

Found = dict[CollectionPath, tuple[Place, Declaration]]
"""What is declared of each collection, and where."""

IsThere = Callable[[CollectionPath], bool]
"""Whether there is a folder of this collection."""

_Kept = dict[tuple[CollectionPath, str], Relation]
"""The relation for which a member of a collection is kept, as the inverse."""

_NOTHING: Final = Declaration(CollectionPath(()))


def examine(found: Found, is_there: IsThere) -> None:
    """Raise ConfigError, with the line, for the first contradiction in what was found.

    `is_there` is asked for a collection that a relation leads to and that is not declared.
    """
    declared = {path: declaration for path, (_, declaration) in found.items()}
    kept: _Kept = {}
    for place, declaration in found.values():
        for relation in declaration.relations:
            here = place.at("relations", relation.member)
            _examine_alone(here, relation, declared)
            _examine_inverse(here, relation, kept)
            if relation.to not in declared and not is_there(relation.to):
                raise here.at("to").fault(
                    f"{relation.to.url} is neither declared nor a folder: correct the name, or add "
                    f"[collections.{as_key('/'.join(relation.to.segments))}]"
                )
    for place, declaration in found.values():
        _examine_timestamps(place.at("timestamps"), declaration, kept)


# --- one relation


@dataclass(frozen=True, slots=True)
class _Case:
    """A relation, what is declared of its own collection, and of the one that it leads to."""

    relation: Relation
    own: Declaration
    to: Declaration


@dataclass(frozen=True, slots=True)
class _Rule:
    """What a relation may not say: the key at which it does, how that is seen, what is told.

    The key is empty where the relation itself is at fault.
    """

    key: str
    is_broken: Callable[[_Case], bool]
    sentence: str


_RULES: Final = (
    _Rule(
        "on_delete",
        lambda case: case.relation.is_symmetric and case.relation.on_delete is not OnDelete.UNLINK,
        "{member} is its own inverse, from which a resource that is deleted is taken out: "
        'leave this out, or write "unlink"',
    ),
    _Rule(
        "inverse_many",
        lambda case: (
            case.relation.is_symmetric and case.relation.many != case.relation.inverse_many
        ),
        "{member} is its own inverse, so that both hold one id, or both many: leave this out",
    ),
    _Rule(
        "required",
        lambda case: case.relation.is_symmetric and case.relation.required,
        "{member} is its own inverse, and emptied where the other is deleted: leave this out",
    ),
    _Rule(
        "required",
        lambda case: case.relation.required and case.relation.on_delete is OnDelete.UNLINK,
        "what must name a resource cannot be unlinked from it: leave this out, or let on_delete "
        'be "restrict" or "cascade"',
    ),
    _Rule(
        "inverse",
        lambda case: (
            not case.relation.is_symmetric
            and case.relation.inverse in {each.member for each in case.to.relations}
        ),
        "{inverse} is declared as a relation of {to}, too: declare it on one side only",
    ),
    _Rule(
        "inverse",
        lambda case: case.relation.inverse is not None and case.to.readonly,
        "{to} is readonly, so that no member of it can be kept: leave this out, or readonly there",
    ),
    _Rule(
        "",
        lambda case: case.relation.member in case.own.readonly_members,
        "is a relation, and readonly as well, so that nobody could set it: take it out of the list",
    ),
    _Rule(
        "on_delete",
        lambda case: case.own.readonly and case.relation.on_delete is not OnDelete.RESTRICT,
        "{collection} is readonly, so that nothing in it can be deleted or unlinked: leave this "
        'out, or write "restrict"',
    ),
)


def _examine_alone(
    place: Place, relation: Relation, declared: Mapping[CollectionPath, Declaration]
) -> None:
    case = _Case(relation, declared[relation.collection], declared.get(relation.to, _NOTHING))
    for rule in _RULES:
        if rule.is_broken(case):
            raise (place.at(rule.key) if rule.key else place).fault(
                rule.sentence.format(
                    collection=relation.collection.url,
                    member=shown(relation.member),
                    to=relation.to.url,
                    inverse=shown(relation.inverse),
                )
            )


# --- several


def _examine_inverse(place: Place, relation: Relation, kept: _Kept) -> None:
    if relation.inverse is None:
        return
    other = kept.setdefault((relation.to, relation.inverse), relation)
    if other is not relation:
        raise place.at("inverse").refusal(
            relation.inverse,
            f"is kept in {relation.to.url} for the {shown(other.member)} of "
            f"{other.collection.url} already: choose another member",
        )


def _examine_timestamps(place: Place, declaration: Declaration, kept: _Kept) -> None:
    own = {relation.member for relation in declaration.relations}
    for key in ("created", "updated"):
        member = getattr(declaration.timestamps, key)
        if member in own or (declaration.collection, member) in kept:
            raise place.at(key).refusal(member, "belongs to a relation: choose another member")

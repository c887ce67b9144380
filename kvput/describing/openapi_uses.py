"""The uses of a resource in the API's description, each with its schema.

Lists show a resource otherwise than it is stored, and a POST takes it otherwise
than a PUT. Belongs here: what these schemas have in common, and where they differ.
Does not belong here: where the schema of a collection comes from
(`openapi_schemas`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from kvput.declarations import Declaration, Relation
from kvput.describing.listed_schemas import members_kept
from kvput.describing.openapi_parts import Json, schema
from kvput.describing.openapi_values import reference
from kvput.query.values import ID

SCALARS: Final = frozenset({"string", "number", "integer", "boolean", "null"})
_EMPTY: Final[Json] = {"const": ""}

_FIELDS: Final[Json] = {
    "type": "object",
    "description": "Fields become members. They are texts; with `types=guess`, those that are "
    "written just as JSON writes numbers, booleans and null become these values. Names with "
    "brackets lead inside: `maker[town]`, `tags[]`.",
    "additionalProperties": {"type": "string"},
}
_ELSEWHERE: Final = ("allOf", "$ref")
"""Keywords by which a schema speaks of members that it does not name itself."""
_NOT_BINDING: Final = (
    "What the resources look like that there are. No schema is declared of them: any JSON may be "
    "stored that is not refused for what else is declared."
)


@dataclass(frozen=True, slots=True, eq=False)
class Uses:
    """The schemas of a resource: as lists show it, as it is stored, and as it is sent.

    `shown` and `single` are what GET gives, of a list and of the resource itself, with
    what may be brought along; `listed` and `stored` are the same without. `new` and
    `form` are for POST. `name` is what operations are named after, `members` are the
    names of members that have one value. `needs_content` tells that zero bytes, which
    count as the empty object, are too little.
    """

    name: str
    shown: Json
    listed: Json
    single: Json
    stored: Json
    new: Json
    form: Json
    put: Json
    merge_patch: Json
    shallow_patch: Json
    members: tuple[str, ...] = ()
    needs_content: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Bounds:
    """What contents must meet, whatever their schema says.

    `references` are the schemas of members that name resources, of which some are
    `required`, and some hold `lists`. `kept` are the schemas of members that are not
    for clients to write.
    """

    references: Mapping[str, Json]
    required: tuple[str, ...]
    lists: frozenset[str]
    kept: Mapping[str, Json]

    @property
    def asks_for_object(self) -> bool:
        """Whether a content that is no object is refused."""
        return bool(self.kept or self.required)


def bounds_of(
    declaration: Declaration | None, own: tuple[Relation, ...], inverse: tuple[Relation, ...]
) -> Bounds:
    """The bounds by what is declared; `inverse` are relations whose other side is in the member."""
    references: dict[str, Json] = {}
    lists: set[str] = set()
    for relation in inverse:
        if relation.inverse is not None:
            references[relation.inverse] = reference(
                relation.collection, many=relation.inverse_many
            )
            lists |= {relation.inverse} if relation.inverse_many else set()
    for relation in own:
        references[relation.member] = reference(
            relation.to, many=relation.many, is_required=relation.required
        )
        lists |= {relation.member} if relation.many else set()
    return Bounds(
        references,
        tuple(relation.member for relation in own if relation.required),
        frozenset(lists),
        {
            name: {"description": sentence, "readOnly": True}
            for name, sentence in members_kept(declaration).items()
        },
    )


# --- without a schema


def free_uses(name: str, listed: Json, bounds: Bounds) -> Uses:
    """The uses of what may be any JSON within the bounds; `listed` tells what there is."""
    anything: Json = {"description": _NOT_BINDING, "anyOf": [schema(name), {}]}
    members: Json = dict(bounds.references)
    for member, of_kept in bounds.kept.items():
        members[member] = {**bounds.references.get(member, {}), **of_kept}
    content = anything
    if members:
        content = content | {"properties": members}
    if bounds.asks_for_object:
        content = content | {"type": "object"}
    if bounds.required:
        content = content | {"required": list(bounds.required)}
    new = content | {"properties": {ID.text: schema("NewId"), **members}}
    of_patch: Json = {"properties": _removable(members, bounds)} if members else {}
    merged: Json = {"type": "object"} if bounds.asks_for_object else {}
    return Uses(
        name=name,
        shown=anything,
        listed=anything,
        single=anything,
        stored=anything,
        new=new,
        form=as_form(new, bounds),
        put=content,
        merge_patch={"description": MERGED, **merged, **of_patch},
        shallow_patch={"type": "object", "description": REPLACED, **of_patch},
        members=members_with_one_value(listed),
        needs_content=bool(bounds.required),
    )


MERGED: Final = "Members take the place of those there are; objects are merged, null removes."
REPLACED: Final = "Members take the place of those there are, as a whole."


def _removable(members: Json, bounds: Bounds) -> Json:
    return {
        name: of_member if name in bounds.required else or_null(of_member)
        for name, of_member in members.items()
    }


def or_null(of_member: object) -> Json:
    """The schema of what may be null as well."""
    return {"anyOf": [of_member, {"type": "null"}]}


def as_form(new: Json, bounds: Bounds) -> Json:
    """The schema of a form, whose fields are one text each; of a list, that is an empty one."""
    properties = {
        name: _EMPTY if name in bounds.lists else of_member if _is_scalar(of_member) else False
        for name, of_member in properties_of(new).items()
    }
    others = {key: new[key] for key in ("required", *_ELSEWHERE) if key in new}
    fields = _FIELDS | others | {"properties": properties}
    if not others.keys().isdisjoint(_ELSEWHERE):
        # What they say of other members may ask for a value that `types=guess` makes of a text.
        fields |= {"additionalProperties": {"type": ["string", "number", "boolean"]}}
    return fields


def _is_scalar(of_member: object) -> bool:
    """Whether a value of this schema may be no list and no object, as far as it says."""
    types = of_member.get("type") if isinstance(of_member, dict) else None
    listed = types if isinstance(types, list) else [types]
    return types is None or not SCALARS.isdisjoint(listed)


# --- schemas as values


def properties_of(of_object: Mapping[str, object]) -> Mapping[str, object]:
    """The members that a schema speaks of, each with its schema."""
    properties = of_object.get("properties")
    return properties if isinstance(properties, Mapping) else {}


def texts_in(value: object) -> list[str]:
    """The texts in a list; none where it is no list."""
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def without_required(of_object: Json, names: frozenset[str]) -> Json:
    """The schema of an object that may do without these members."""
    required = [name for name in texts_in(of_object.get("required")) if name not in names]
    others = {key: value for key, value in of_object.items() if key != "required"}
    return others | {"required": required} if required else others


def members_with_one_value(listed: Json) -> tuple[str, ...]:
    """The names of members that have one value, as far as their schemas say."""
    return tuple(
        name
        for name, of_member in properties_of(listed).items()
        if isinstance(of_member, dict) and of_member.get("type") not in ("object", "array")
    )

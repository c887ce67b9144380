"""Schemas of resources as lists show them: with their `id`, and with the members of relations.

Belongs here: what relations and ids add to a schema that is declared or told from
values, and the definitions of all collections together. Does not belong here: in
which language they are written.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from kvput.declarations import Declaration, Relation
from kvput.describing.described import Described
from kvput.describing.schema_refs import Definitions, Resolve, Schema, nowhere, reference_to
from kvput.describing.type_names import name_of_resources, unused
from kvput.paths import CollectionPath, ResourcePath
from kvput.query.values import ID

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

COLLECTIONS: Final = "Collections"
"""The name of the type that has all others in it."""

_OF_TYPES: Final = ("$ref", "allOf", "anyOf", "const", "enum", "oneOf", "type")
"""Keywords by one of which a schema says what a value is."""

_TIME: Final[Mapping[str, object]] = {"type": "string", "format": "date-time"}
_ANY_ID: Final[Mapping[str, object]] = {"type": ["integer", "string"]}


@dataclass(frozen=True, slots=True, eq=False)
class ListedSchemas:
    """The schemas of collections as lists show their resources.

    `definitions` are schemas that refer to each other by `#/$defs/Name`. `names`
    give, by a collection's URL, the definition of its resources. `missing` are
    references that lead nowhere, each with the file in which it stands. `new` are,
    by the definition of the resources, the name and the schema of what is sent to
    create one.
    """

    names: Mapping[str, str]
    definitions: Mapping[str, Schema | bool]
    missing: tuple[tuple[ResourcePath | None, str], ...]
    new: Mapping[str, tuple[str, Schema | bool]] = field(default_factory=dict)

    def document(self) -> dict[str, object]:
        """One JSON Schema (2020-12): of an object that has a resource for each collection."""
        return {
            "$schema": DIALECT,
            "type": "object",
            "properties": {url: {"$ref": reference_to(name)} for url, name in self.names.items()},
            "$defs": dict(self.definitions),
        }


def listed_schemas(
    collections: Sequence[Described],
    resolve: Resolve = nowhere,
    reserved: frozenset[str] = frozenset({COLLECTIONS}),
) -> ListedSchemas:
    """The schemas of all collections, and of what they refer to; no name is a `reserved` one.

    `resolve` gives the files to which declared schemas refer.
    """
    names: dict[str, str] = {}
    definitions = Definitions(resolve, reserved=reserved)
    for each in collections:
        wanted = name_of_resources(each.segments)
        name = names[each.url] = unused(wanted, definitions.schemas, reserved)
        schema = each.schema if each.declared_in is not None else _said_to_be_told(each)
        definitions.add(name, schema, each.declared_in, referred_to_as=f"{name}Content")
    definitions.finish()
    schemas = definitions.schemas
    relations = _Relations(collections)
    for each in collections:
        name = names[each.url]
        members = tuple(relations.members(each))
        is_declared = each.declared_in is not None
        schemas[name] = _with_members(schemas[name], members, is_declared=is_declared)
    new: dict[str, tuple[str, Schema | bool]] = {}
    for each in collections:
        if each.declaration is None or not each.declaration.readonly:
            name = names[each.url]
            taken = {*schemas, *(other for other, _ in new.values())}
            sent = _sent(schemas[name], each, relations)
            new[name] = unused(f"New{name}", taken, reserved), sent
    return ListedSchemas(names, schemas, tuple(definitions.missing), new)


def members_kept(declaration: Declaration | None) -> dict[str, str]:
    """The members that are not for clients to write, each with a sentence that says so."""
    if declaration is None:
        return {}
    times = declaration.timestamps
    sentences = dict.fromkeys(sorted(declaration.readonly_members), "Not for clients to write.")
    for name, sentence in (
        (times.created, "When the resource was created; the server writes it."),
        (times.updated, "When the resource was changed last; the server writes it."),
    ):
        if name is not None:
            sentences[name] = sentence
    return sentences


def _said_to_be_told(described: Described) -> Schema | bool:
    if isinstance(described.schema, bool):
        return described.schema
    if described.seen == 0:
        # Nothing is known but what relations say.
        sentence = f"A resource of {described.url}, where there is none yet."
        return {"description": sentence, "type": "object"}
    seen = "the one that there is" if described.seen == 1 else f"the {described.seen:,} there are"
    sentence = f"A resource of {described.url}, told from {seen}."
    return {"description": sentence, **described.schema}


@dataclass(frozen=True, slots=True)
class _Member:
    """A member that is there because of ids and relations.

    `sentence` is said of it. It is `required`, unless that is None: then the
    schema that there is tells, and without one it may be missing, or null. One that
    `is_kept` is not for clients to write.
    """

    name: str
    schema: Schema
    sentence: str = ""
    required: bool | None = None
    is_kept: bool = False


class _Relations:
    """The relations of all collections, seen from either side."""

    def __init__(self, collections: Sequence[Described]) -> None:
        self._ids = {each.segments: dict(each.ids) for each in collections}
        self._all = [relation for each in collections for relation in each.relations]

    def members(self, described: Described) -> Iterator[_Member]:
        """What a collection's resources have as members, whatever is known of their content."""
        yield _Member(ID.text, dict(described.ids), required=True)
        for relation in described.relations:
            if not relation.is_symmetric:
                yield self._member(relation)
        for relation in self._all:
            if relation.inverse is not None and relation.to.segments == described.segments:
                yield self._inverse(relation, relation.inverse)
        if described.declaration is not None:
            times = described.declaration.timestamps
            for name, sentence in members_kept(described.declaration).items():
                schema = _TIME if name in (times.created, times.updated) else {}
                yield _Member(name, dict(schema), sentence, is_kept=True)

    def inverses(self, described: Described) -> frozenset[str]:
        """The members that the server puts in where a client leaves them out."""
        return frozenset(
            relation.inverse
            for relation in self._all
            if relation.inverse is not None and relation.to.segments == described.segments
        )

    def _member(self, relation: Relation) -> _Member:
        schema = self._schema_of_ids(relation.to, many=relation.many)
        sentence = f"Names {_resources(relation.to, many=relation.many)}."
        return _Member(relation.member, schema, sentence, True if relation.required else None)

    def _inverse(self, relation: Relation, member: str) -> _Member:
        many = relation.inverse_many
        schema = self._schema_of_ids(relation.collection, many=many)
        sentence = f"Names {_resources(relation.collection, many=many)}; the server keeps it."
        return _Member(member, schema, sentence)

    def _schema_of_ids(self, collection: CollectionPath, *, many: bool) -> Schema:
        ids = self._ids.get(collection.segments, dict(_ANY_ID))
        return {"type": "array", "items": ids} if many else ids


def _resources(collection: CollectionPath, *, many: bool) -> str:
    return f"{'resources' if many else 'a resource'} of {collection.url}"


def _with_members(
    schema: Schema | bool, members: Iterable[_Member], *, is_declared: bool
) -> Schema | bool:
    """The schema with these members; what a declared one says of them stands."""
    if isinstance(schema, bool):
        return schema
    alternatives = schema.get("anyOf")
    if not is_declared and isinstance(alternatives, list):
        # Of values of several types, objects alone have members.
        return schema | {
            "anyOf": [_with_members(each, members, is_declared=False) for each in alternatives]
        }
    types = schema.get("type")
    if types == "object" or (types is None and "properties" in schema):
        return _added(schema, members, is_declared=is_declared)
    if types is not None or not schema:
        return schema
    # What it says of the members, other schemas say.
    return {"allOf": [schema, _added({"type": "object"}, members, is_declared=True)]}


def _added(schema: Schema, members: Iterable[_Member], *, is_declared: bool) -> Schema:
    there = schema.get("properties")
    properties: dict[str, object] = dict(there) if isinstance(there, dict) else {}
    listed = schema.get("required")
    required = list(listed) if isinstance(listed, list) else []
    for member in members:
        before = properties.get(member.name)
        of_member = _schema_of_member(member, before, is_declared=is_declared)
        if member.name == ID.text and before is None:
            properties = {ID.text: of_member, **properties}
        else:
            properties[member.name] = of_member
        if member.required and member.name not in required:
            required.append(member.name)
    return schema | {"properties": properties, "required": required}


def _schema_of_member(member: _Member, before: object, *, is_declared: bool) -> Schema:
    of_member = before if isinstance(before, dict) else {}
    if member.is_kept:
        of_member = member.schema | of_member | {"readOnly": True}
    elif not any(keyword in of_member for keyword in _OF_TYPES):
        may_be_null = not member.required and member.schema["type"] != "array"
        of_member = of_member | (_or_null(member.schema) if may_be_null else member.schema)
    elif not is_declared and member.name != ID.text:
        # What was told from ids that happen to be used says less than the relation.
        may_be_null = not member.required and _takes_null(of_member)
        of_member = _or_null(member.schema) if may_be_null else member.schema
    elif member.required and member.name != ID.text:
        of_member = _without_null(of_member)
    if not member.sentence:
        return of_member
    said = of_member.get("description")
    text = f"{said}\n\n{member.sentence}" if isinstance(said, str) else member.sentence
    return of_member | {"description": text}


def _takes_null(schema: Schema) -> bool:
    """Whether null meets a schema that was told from values."""
    types = schema.get("type")
    alternatives = schema.get("anyOf")
    return (
        types == "null"
        or (isinstance(types, list) and "null" in types)
        or (isinstance(alternatives, list) and {"type": "null"} in alternatives)
    )


def _without_null(schema: Schema) -> Schema:
    """The schema without a type or a form that is null alone, which the server does not take."""
    types, forms = schema.get("type"), schema.get("anyOf")
    if isinstance(types, list):
        left = [each for each in types if each != "null"]
        schema = schema | {"type": left[0] if len(left) == 1 else left}
    if isinstance(forms, list):
        schema = schema | {"anyOf": [each for each in forms if each != {"type": "null"}]}
    return schema


def _sent(schema: Schema | bool, described: Described, relations: _Relations) -> Schema | bool:
    """The schema of what is sent to create a resource, by the schema of the resource."""
    sent = _relieved(
        schema,
        without=frozenset(members_kept(described.declaration)),
        optional=relations.inverses(described) | {ID.text},
    )
    if not isinstance(sent, dict):
        return sent
    said = f"What is sent to create a resource of {described.url}."
    return {key: value for key, value in sent.items() if key != "title"} | {"description": said}


def _relieved(
    schema: Schema | bool, without: frozenset[str], optional: frozenset[str]
) -> Schema | bool:
    """The schema of an object that must do without some members, and may do without others."""
    if not isinstance(schema, dict):
        return schema
    relieved = dict(schema)
    properties, required = schema.get("properties"), schema.get("required")
    if isinstance(properties, dict):
        relieved["properties"] = {
            name: of_member for name, of_member in properties.items() if name not in without
        }
    if isinstance(required, list):
        relieved["required"] = [name for name in required if name not in without | optional]
    for keyword in ("allOf", "anyOf", "oneOf"):
        if isinstance(forms := schema.get(keyword), list):
            relieved[keyword] = [_relieved(form, without, optional) for form in forms]
    return relieved


def _or_null(schema: Schema) -> Schema:
    types = schema["type"]
    return schema | {"type": [*(types if isinstance(types, list) else [types]), "null"]}

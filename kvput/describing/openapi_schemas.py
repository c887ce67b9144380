"""The schemas of all resources in the API's description, as components.

Belongs here: which components there are, and what they are called. Does not belong
here: in which uses a resource has which schema (`openapi_uses`), how schemas are
told from values (`infer`), and how references are put in order (`schema_refs`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kvput.declarations import Declaration
from kvput.describing.described import Described
from kvput.describing.listed_schemas import listed_schemas
from kvput.describing.openapi_declared import DeclaredUses
from kvput.describing.openapi_parts import Json
from kvput.describing.openapi_uses import Bounds, Uses, bounds_of, free_uses
from kvput.describing.schema_refs import Resolve, name_in, nowhere
from kvput.describing.type_names import type_name, unused
from kvput.query.nouns import singular

_COMPONENTS: Final = "#/components/schemas/"
_UNNAMED: Final = "Resource"


@dataclass(frozen=True, slots=True, eq=False)
class ResourceSchemas:
    """The schemas of all resources, and the components that they refer to.

    `uses` are by the URL of the collection, `singles` by that of the resource.
    """

    uses: Mapping[str, Uses]
    singles: Mapping[str, Uses]
    components: Mapping[str, Json]


def resource_schemas(
    collections: Sequence[Described],
    declarations: Mapping[str, Declaration],
    singles: Mapping[str, Mapping[str, object]],
    reserved: frozenset[str],
    resolve: Resolve = nowhere,
) -> ResourceSchemas:
    """The schemas of all resources in all their uses; no component has a `reserved` name.

    `declarations` are by the URL of the collection. `singles` are the schemas, told
    from their values, of resources that are in no collection, by their URLs.
    """
    listed = listed_schemas(collections, resolve, reserved)
    new_names = _ascii_names(listed.definitions, reserved)
    components: dict[str, Json] = {
        new_names[name]: _as_object(_moved(each, new_names))
        for name, each in listed.definitions.items()
    }
    relations = [relation for each in collections for relation in each.relations]
    uses: dict[str, Uses] = {}
    for each in collections:
        name = new_names[listed.names[each.url]]
        inverse = tuple(one for one in relations if one.to.segments == each.segments)
        bounds = bounds_of(declarations.get(each.url), each.relations, inverse)
        if each.declared_in is None:
            uses[each.url] = free_uses(name, components[name], bounds)
        else:
            related = _related(each, collections) | bounds.references.keys()
            declared = DeclaredUses(name, each.schema, bounds, related, components, reserved)
            uses[each.url] = declared.uses()
    uses_of_singles: dict[str, Uses] = {}
    for url, of_value in singles.items():
        name = unused(_ascii(type_name(url)), components, reserved)
        components[name] = dict(of_value)
        uses_of_singles[url] = free_uses(name, components[name], _NO_BOUNDS)
    return ResourceSchemas(uses, uses_of_singles, components)


_NO_BOUNDS: Final[Bounds] = bounds_of(None, (), ())


def _related(described: Described, collections: Sequence[Described]) -> frozenset[str]:
    """The names by which others are brought along: those of collections beside, and singulars."""
    beside = [
        each.segments[-1]
        for each in collections
        if each.segments[:-1] == described.segments[:-1] and each.segments[-1] is not None
    ]
    return frozenset(beside).union(map(singular, beside))


def _as_object(value: object) -> Json:
    if isinstance(value, dict):
        return value
    return {"not": {}} if value is False else {}


def _ascii_names(names: Mapping[str, object], reserved: frozenset[str]) -> dict[str, str]:
    """For each name one that a component can have, which is ASCII."""
    new_names = {name: name for name in names if name.isascii()}
    for name in names:
        if not name.isascii():
            new_names[name] = unused(_ascii(name), new_names.values(), reserved)
    return new_names


def _ascii(name: str) -> str:
    ascii_part = "".join(filter(str.isascii, name))
    return ascii_part if ascii_part.isidentifier() else _UNNAMED


def _moved(value: object, new_names: Mapping[str, str]) -> object:
    """The schema, its references being to components."""
    if isinstance(value, dict):
        return {key: _moved_member(key, each, new_names) for key, each in value.items()}
    return [_moved(each, new_names) for each in value] if isinstance(value, list) else value


def _moved_member(key: str, value: object, new_names: Mapping[str, str]) -> object:
    if key == "$ref" and isinstance(value, str):
        name = name_in(value)
        return _COMPONENTS + new_names[name] if name in new_names else value
    return _moved(value, new_names)

"""The API's own description: an OpenAPI document (3.1) of what is there at the moment.

Belongs here: which paths, components and tags there are. Does not belong here: the
operations themselves (`openapi_paths`, `openapi_own`), the schemas of resources
(`openapi_schemas`), and where what is described comes from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from kvput.declarations import Declaration, Relation
from kvput.describing.described import ANY_NAME, Described
from kvput.describing.openapi_own import BATCH_ANSWER, OWN_WORDS, SERVER_TAG, batch_schema, of_own
from kvput.describing.openapi_parameters import CONDITIONS, PARAMETERS, related
from kvput.describing.openapi_parts import HEADERS, Json
from kvput.describing.openapi_paths import Named, of_collection, of_resource
from kvput.describing.openapi_problems import PROBLEM, problem_components
from kvput.describing.openapi_schemas import resource_schemas
from kvput.describing.openapi_uses import Uses
from kvput.describing.openapi_values import ENVELOPE, IDS, JSON_PATCH, NAME
from kvput.describing.schema_refs import Resolve, nowhere
from kvput.describing.type_names import type_name, unused
from kvput.query.nouns import singular
from kvput.query.values import ID

OPENAPI: Final = "3.1.1"

FIXED: Final[Mapping[str, Json]] = {
    "Problem": PROBLEM,
    "Name": NAME,
    "Envelope": ENVELOPE,
    "JsonPatch": JSON_PATCH,
    "BatchAnswer": BATCH_ANSWER,
    **IDS,
    **CONDITIONS,
}
"""The schemas that are there whatever is described, by their names."""


@dataclass(frozen=True, slots=True, eq=False)
class Collection:
    """A collection, or all those of one kind.

    `is_hidden` tells that a resource has its bare name, so that its address has a
    closing slash. `name` is that of a resource in it, for examples. `embed` and
    `expand` are the names that `_embed` and `_expand` take, where relations are
    declared; else nobody knows them all.
    """

    described: Described
    declaration: Declaration | None = None
    is_hidden: bool = False
    name: str | None = None
    embed: tuple[str, ...] = ()
    expand: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Api:
    """All that is described.

    `singles` are the resources that are in no collection, by their URLs, each with a
    schema that was told from its value. `patch_types` are the media types that PATCH
    takes, `batch_forms` the members that each operation of a batch needs, and those
    that it may have. `is_complete` tells that nothing was left out.
    """

    version: str
    collections: Sequence[Collection]
    singles: Mapping[str, Mapping[str, object]]
    patch_types: Sequence[str]
    batch_forms: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]
    is_complete: bool = True
    resolve: Resolve = field(default=nowhere)


def document(api: Api) -> Json:
    """The OpenAPI document."""
    schemas = resource_schemas(
        [each.described for each in api.collections],
        {
            each.described.url: each.declaration
            for each in api.collections
            if each.declaration is not None
        },
        api.singles,
        frozenset(FIXED),
        api.resolve,
    )
    paths = of_own(batch_schema(api.batch_forms, api.patch_types))
    tags = [{"name": SERVER_TAG, "description": "The server itself."}]
    words = _Words()
    addressed = {
        each.described.segments: _Addressed(each, schemas.uses[each.described.url], words)
        for each in api.collections
    }
    for each in addressed.values():
        paths |= each.paths(api.patch_types, addressed)
        tags.append({"name": each.url, "description": each.sentence})
    for url in api.singles:
        uses = schemas.singles[url]
        named = Named(url, url, "", words.new(uses.name))
        paths[url] = of_resource(
            named, uses, [], related(), api.patch_types, is_readonly=False, links={}
        )
        tags.append({"name": url, "description": f"The resource {url}."})
    components: dict[str, Mapping[str, object]] = {
        "schemas": dict(sorted({**FIXED, **schemas.components}.items())),
        "parameters": PARAMETERS,
        "headers": HEADERS,
        "responses": problem_components(),
    }
    return {
        "openapi": OPENAPI,
        "info": _info(api),
        "servers": [{"url": "/"}],
        "tags": tags,
        "paths": dict(sorted(paths.items())),
        "components": _referred_to(paths, components),
    }


def _referred_to(paths: object, components: Mapping[str, Mapping[str, object]]) -> dict[str, Json]:
    """The components that the paths refer to, and those that these refer to in turn."""
    seen: set[tuple[str, str]] = set()
    waiting = [paths]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.values()
            reference = value.get("$ref")
            if isinstance(reference, str) and reference.startswith(_COMPONENTS):
                group, _, name = reference.removeprefix(_COMPONENTS).partition("/")
                if (group, name) not in seen and name in components.get(group, ()):
                    seen.add((group, name))
                    waiting.append(components[group][name])
        elif isinstance(value, list):
            waiting += value
    return {
        group: {name: each for name, each in members.items() if (group, name) in seen}
        for group, members in components.items()
    }


_COMPONENTS: Final = "#/components/"


def _info(api: Api) -> Json:
    sentences = [_ABOUT]
    if not api.is_complete:
        sentences.append(_NOT_ALL)
    return {
        "title": "kvput",
        "version": api.version,
        "description": "\n\n".join(sentences),
        "license": {"name": "MIT", "identifier": "MIT"},
    }


_ABOUT: Final = (
    "A folder of JSON files, as an HTTP API: `/articles/1` is the file `articles/1.json`. This "
    "document tells of what is there at the moment. Any other path may be written as well: PUT "
    "makes a resource, and POST a collection, where there is none."
)
_NOT_ALL: Final = "There are more collections and resources than are described here."


class _Words:
    """The words in `operationId`, each of which is used once."""

    def __init__(self) -> None:
        self._used = set(OWN_WORDS)

    def new(self, wanted: str) -> str:
        """The word, or the first one like it that is not used yet."""
        word = unused(wanted, self._used)
        self._used.add(word)
        return word


class _Addressed:
    """A collection with its addresses, and what its operations are called."""

    def __init__(self, collection: Collection, uses: Uses, words: _Words) -> None:
        self._collection = collection
        self._uses = uses
        segments = collection.described.segments
        url = collection.described.url
        self._outer: list[str] = []
        for index, segment in enumerate(segments):
            if segment is None:
                self._outer.append(unused(_noun(segments[index - 1]), self._outer, _RESERVED))
                url = url.replace(ANY_NAME, f"{{{self._outer[-1]}}}", 1)
        self.url = url + ("/" if collection.is_hidden else "")
        plural = type_name(*(segment for segment in segments if segment is not None))
        self._many = words.new(plural if plural.isascii() else f"{uses.name}List")
        self.one = words.new(uses.name if uses.name != self._many else f"One{uses.name}")

    @property
    def sentence(self) -> str:
        """What its tag says."""
        sentences = [f"The collection {self.url}."]
        schema = self._collection.described.declared_in
        if schema is not None:
            sentences.append(f"Its schema stands in {schema.url}.")
        declaration = self._collection.declaration
        if declaration is not None and declaration.unique:
            members = ", ".join(f"`{name}`" for name in declaration.unique)
            sentences.append(f"No two resources have the same {members}.")
        if declaration is not None and declaration.readonly:
            sentences.append("It is read-only.")
        return " ".join(sentences)

    def paths(
        self,
        patch_types: Sequence[str],
        others: Mapping[tuple[str | None, ...], "_Addressed"],
    ) -> dict[str, Json]:
        """The path items of the collection and of its resources."""
        declaration = self._collection.declaration
        is_readonly = declaration is not None and declaration.readonly
        brings = related(self._collection.embed, self._collection.expand)
        outer = [_path_parameter(name, None) for name in self._outer]
        item = f"{self.url.removesuffix('/')}/{{{_NAME}}}"
        at_item = [*outer, _path_parameter(_NAME, self._collection.name)]
        many = Named(self.url, self.url, self._many, self.one)
        one = Named(item, self.url, self._many, self.one)
        return {
            self.url: of_collection(
                many,
                self._uses,
                outer,
                brings,
                is_readonly=is_readonly,
                links=self._links_of_new(),
            ),
            item: of_resource(
                one,
                self._uses,
                at_item,
                brings,
                patch_types,
                is_readonly=is_readonly,
                links=self._links_to(others),
            ),
        }

    def _links_of_new(self) -> Json:
        if self._outer:
            return {}
        given = {_NAME: f"$response.body#/{ID.text}"}
        return {
            f"{verb}{self.one}": {"operationId": f"{verb}{self.one}", "parameters": given}
            for verb in ("get", "put", "patch", "delete")
        }

    def _links_to(self, others: Mapping[tuple[str | None, ...], "_Addressed"]) -> Json:
        """Links to the resources that a resource names."""
        return {
            relation.member: {
                "operationId": f"get{other.one}",
                "description": f"The resource of {relation.to.url} that `{relation.member}` names.",
                "parameters": {_NAME: f"$response.body#/{_escaped(relation)}"},
            }
            for relation in self._collection.described.relations
            if not relation.many
            and _COMPONENT_NAME.issuperset(relation.member)
            and (other := others.get(relation.to.segments)) is not None
        }


_NAME: Final = "name"
_RESERVED: Final = frozenset({_NAME})
# What OpenAPI lets the name of a link be made of.
_COMPONENT_NAME: Final = frozenset(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"
)


def _escaped(relation: Relation) -> str:
    # RFC 6901 section 3: "~" and "/" are escaped in a pointer.
    return relation.member.replace("~", "~0").replace("/", "~1")


def _noun(segment: str | None) -> str:
    noun = singular(segment) if segment is not None else ""
    return noun if noun.isascii() and noun.isidentifier() else "outer"


def _path_parameter(name: str, example: str | None) -> Json:
    parameter: Json = {
        "name": name,
        "in": "path",
        "required": True,
        "schema": {"$ref": "#/components/schemas/Name"},
    }
    return parameter if example is None else parameter | {"example": example}

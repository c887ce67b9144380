"""References between JSON Schemas (2020-12, Core, section 8), put in order.

A schema refers to another place in its file, by pointer, anchor or `$id`, and to
other files. Here all that is referred to gets a name, so that what comes out are
definitions that refer to each other by `#/$defs/Name` alone. Older drafts come
out in the words of 2020-12. Where the files come from does not belong here.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, unquote, urldefrag, urljoin

from kvput.describing.type_names import type_name, unused
from kvput.names import SUFFIX
from kvput.paths import ResourcePath

Schema = dict[str, object]

MAX_DEPTH: Final = 64
"""Schemas within each other; what is nested deeper, and not referred to, is left open."""

DEFINITIONS: Final = "#/$defs/"

_ONE_SCHEMA: Final = frozenset(
    {
        "additionalItems", "additionalProperties", "contains", "contentSchema", "else", "if",
        "items", "not", "propertyNames", "then", "unevaluatedItems", "unevaluatedProperties",
    }
)  # fmt: skip
_MANY_SCHEMAS: Final = frozenset({"allOf", "anyOf", "items", "oneOf", "prefixItems"})
_NAMED_SCHEMAS: Final = frozenset(
    {"dependencies", "dependentSchemas", "patternProperties", "properties"}
)
_DEFINITIONS: Final = frozenset({"$defs", "definitions"})
_REFERENCES: Final = ("$ref", "$dynamicRef", "$recursiveRef")
_ANCHORS: Final = ("$anchor", "$dynamicAnchor")
_LAST_OF_URI: Final = re.compile(r".*[/:]", re.DOTALL)
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,5}", re.ASCII)
# Those that have done their work when all references are put in order.
_LEFT_OUT: Final = frozenset(
    {
        *_DEFINITIONS, *_REFERENCES, *_ANCHORS,
        "$comment", "$id", "$recursiveAnchor", "$schema", "$vocabulary", "id",
    }
)  # fmt: skip


def reference_to(name: str, prefix: str = DEFINITIONS) -> str:
    """The reference to a definition, which is a URI (RFC 3986 section 3.5)."""
    return prefix + quote(name)


def name_in(reference: str) -> str:
    """The name of the definition to which `reference_to` refers."""
    return unquote(reference.removeprefix(DEFINITIONS))


@dataclass(frozen=True, slots=True, eq=False)
class SchemaFile:
    """A resource that holds a schema."""

    path: ResourcePath
    schema: object


Resolve = Callable[[ResourcePath, str], SchemaFile | None]
"""The file that an absolute URI without fragment means for the schema that begins in a resource."""


def nowhere(schema: ResourcePath, uri: str) -> None:
    """A `Resolve` for schemas that refer to no other file."""


def uris_referred_to(file: SchemaFile) -> Iterator[str]:
    """The absolute URIs of what a file refers to that is not in it, without their fragments."""
    whole = _File(file.path, file.schema, file.path)
    for schema in whole.schemas:
        for keyword in _REFERENCES:
            if isinstance(reference := schema.get(keyword), str):
                uri = whole.uri_of(reference, schema)
                if uri is not None and uri not in whole.parts:
                    yield uri


@dataclass(slots=True)
class Definitions:
    """Schemas by their names, none of them `reserved`; they refer to each other behind `prefix`.

    `missing` are references that lead nowhere, each with the file in which it stands.
    """

    resolve: Resolve = nowhere
    prefix: str = DEFINITIONS
    reserved: frozenset[str] = frozenset()
    schemas: dict[str, Schema | bool] = field(default_factory=dict)
    missing: dict[tuple[ResourcePath | None, str], None] = field(default_factory=dict)
    _names: dict[int, str] = field(default_factory=dict)
    _wanted: dict[int, str] = field(default_factory=dict)
    _files: dict[ResourcePath, "_File"] = field(default_factory=dict)
    _waiting: list[tuple[str, "_File", Schema]] = field(default_factory=list)

    def add(
        self,
        name: str,
        schema: object,
        path: ResourcePath | None = None,
        referred_to_as: str | None = None,
    ) -> None:
        """Define what is given under a name that is not in use yet.

        `path` is the resource in which the schema stands. What it refers to is
        defined by `finish`, so that whatever is added has its own name by then.
        References to the schema itself are to its name; or where one is given to
        another definition of it, which is `referred_to_as`.
        """
        file = self._files.get(path) if path is not None else None
        if file is None:
            file = _File(path, schema, path)
            if path is not None:
                self._files[path] = file
        if not isinstance(file.root, dict):
            self.schemas[name] = file.root is not False
            return
        if referred_to_as is None:
            self._names.setdefault(id(file.root), name)
        else:
            self._wanted.setdefault(id(file.root), referred_to_as)
        self.schemas[name] = {}
        self._waiting.append((name, file, file.root))

    def finish(self) -> None:
        """Put all references in order, and define what they refer to."""
        while self._waiting:
            name, file, schema = self._waiting.pop(0)
            self.schemas[name] = self._rewritten(schema, file, 0)

    def _rewritten(self, schema: object, file: "_File", depth: int) -> Schema:
        if not isinstance(schema, dict):
            return {"not": {}} if schema is False else {}
        if depth > MAX_DEPTH:
            return {}
        rewritten: Schema = {}
        for reference in _REFERENCES:
            if isinstance(target := schema.get(reference), str):
                rewritten |= self._reference(target, schema, file)
        for keyword, value in _in_new_words(schema):
            if keyword not in _LEFT_OUT:
                rewritten[keyword] = self._keyword(keyword, value, file, depth + 1)
        return rewritten

    def _keyword(self, keyword: str, value: object, file: "_File", depth: int) -> object:
        if keyword in _MANY_SCHEMAS and isinstance(value, list):
            return [self._inner(inner, file, depth) for inner in value]
        if keyword in _ONE_SCHEMA:
            return self._inner(value, file, depth)
        if keyword in _NAMED_SCHEMAS and isinstance(value, dict):
            # A list of names is what draft 7 knows beside a schema.
            return {
                name: inner if isinstance(inner, list) else self._inner(inner, file, depth)
                for name, inner in value.items()
            }
        return value

    def _inner(self, schema: object, file: "_File", depth: int) -> Schema | bool:
        return schema if isinstance(schema, bool) else self._rewritten(schema, file, depth)

    def _reference(self, reference: str, schema: Schema, file: "_File") -> Schema:
        found = self._find(reference, schema, file)
        if found is None:
            self.missing[file.path, reference] = None
            return {"$comment": f"{reference} is not there."}
        target_file, target = found
        if not isinstance(target, dict):
            return {"not": {}} if target is False else {}
        name = self._names.get(id(target))
        if name is None:
            wanted = self._wanted.get(id(target)) or _name(reference, target)
            name = unused(wanted, self.schemas, self.reserved)
            self._names[id(target)] = name
            self.schemas[name] = {}
            self._waiting.append((name, target_file, target))
        return {"$ref": reference_to(name, self.prefix)}

    def _find(self, reference: str, schema: Schema, file: "_File") -> tuple["_File", object] | None:
        """The file and the schema in it that a reference means."""
        uri, _, fragment = reference.partition("#")
        part = file.part_of(schema)
        if uri:
            absolute = file.uri_of(uri, schema)
            if absolute is None:
                return None
            if absolute in file.parts:
                part = file.parts[absolute]
            else:
                other = self._other_file(file, absolute)
                if other is None:
                    return None
                file, part = other, other.whole
        target = part.find(unquote(fragment))
        return None if not isinstance(target, dict | bool) else (file, target)

    def _other_file(self, file: "_File", uri: str) -> "_File | None":
        if file.begins_in is None:
            return None
        found = self.resolve(file.begins_in, uri)
        if found is None:
            return None
        # However it is referred to, it is the one that is known by its path.
        if found.path not in self._files:
            self._files[found.path] = _File(found.path, found.schema, file.begins_in)
        return self._files[found.path]


@dataclass(slots=True, eq=False)
class _Part:
    """A schema with a URI of its own (`$id`): a file, or what is embedded in one."""

    uri: str
    root: object
    anchors: dict[str, object] = field(default_factory=dict)

    def find(self, fragment: str) -> object:
        """What a fragment means, decoded: a JSON Pointer (RFC 6901), an anchor, or nothing."""
        if not fragment.startswith("/"):
            return self.anchors.get(fragment) if fragment else self.root
        value = self.root
        for sent in fragment[1:].split("/"):
            token = _unescaped(sent)
            if isinstance(value, dict):
                value = value.get(token)
            elif isinstance(value, list) and _INDEX.fullmatch(token):
                value = value[int(token)] if int(token) < len(value) else None
            else:
                return None
        return value


class _File:
    """A schema file: its parts, and which part each of its schemas is in.

    `begins_in` is the file of the schema that this one is a part of.
    """

    def __init__(
        self, path: ResourcePath | None, root: object, begins_in: ResourcePath | None
    ) -> None:
        self.path = path
        self.root = root
        self.begins_in = begins_in
        self.whole = _Part("" if path is None else path.uri, root)
        self.parts: dict[str, _Part] = {self.whole.uri: self.whole}
        self.schemas: list[Schema] = []
        self._part_of: dict[int, _Part] = {}
        waiting: list[tuple[object, _Part]] = [(root, self.whole)]
        while waiting:
            schema, part = waiting.pop()
            if isinstance(schema, dict):
                part = self._look_at(schema, part)
                waiting += [(inner, part) for inner in _within(schema)]

    def part_of(self, schema: Schema) -> _Part:
        """The part in which a schema of this file stands."""
        return self._part_of.get(id(schema), self.whole)

    def uri_of(self, reference: str, schema: Schema) -> str | None:
        """The absolute URI, without fragment, of what is referred to in a schema of this file."""
        try:
            return urldefrag(urljoin(self.part_of(schema).uri, reference)).url
        except ValueError:
            return None

    def _look_at(self, schema: Schema, part: _Part) -> _Part:
        self.schemas.append(schema)
        if isinstance(uri := schema.get("$id"), str):
            try:
                absolute = urljoin(part.uri, uri.rstrip("#"))
            except ValueError:
                absolute = uri
            if schema is self.root:
                part.uri = absolute
            else:
                part = _Part(absolute, schema)
            self.parts.setdefault(absolute, part)
        for keyword in _ANCHORS:
            if isinstance(anchor := schema.get(keyword), str):
                part.anchors.setdefault(anchor, schema)
        self._part_of[id(schema)] = part
        return part


def _within(schema: Schema) -> Iterator[object]:
    """The schemas that stand directly in a schema."""
    for keyword, value in schema.items():
        if keyword in _NAMED_SCHEMAS or keyword in _DEFINITIONS:
            yield from value.values() if isinstance(value, dict) else ()
        elif keyword in _MANY_SCHEMAS and isinstance(value, list):
            yield from value
        elif keyword in _ONE_SCHEMA:
            yield value


def _in_new_words(schema: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """The keywords of a schema, those of a tuple as 2020-12 has them."""
    is_old_tuple = isinstance(schema.get("items"), list)
    for keyword, value in schema.items():
        if is_old_tuple and keyword == "items":
            yield "prefixItems", value
        elif keyword == "additionalItems":
            if is_old_tuple:
                yield "items", value
        else:
            yield keyword, value


def _name(reference: str, target: Schema) -> str:
    """A name for what is referred to: its title, or what it is called where it stands."""
    title = target.get("title")
    if isinstance(title, str) and title:
        return type_name(title)
    uri, _, fragment = reference.partition("#")
    called = _unescaped(unquote(fragment).rpartition("/")[2])
    return type_name(called or unquote(_LAST_OF_URI.sub("", uri)).removesuffix(SUFFIX))


def _unescaped(token: str) -> str:
    # RFC 6901 section 4: "~1" first, since "~01" is "~1".
    return token.replace("~1", "/").replace("~0", "~")

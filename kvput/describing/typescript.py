"""What resources look like, as TypeScript: an interface for each collection.

Belongs here: which type says what a JSON Schema (2020-12) says, as far as types
can: any value that meets the schema is of the type. How texts are written is in
`typescript_text`, what ids and relations add in `listed_schemas`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeGuard

from kvput.describing.described import Described
from kvput.describing.listed_schemas import COLLECTIONS, ListedSchemas, listed_schemas
from kvput.describing.schema_refs import Resolve, Schema, name_in, nowhere
from kvput.describing.typescript_text import comment, literal, member_name, quoted

_HEAD: Final = """\
// What the resources of a kvput server look like, as lists show them.
// Made by `kvput types`: make it anew instead of changing it.
"""
_STEP: Final = "  "
_LONG: Final = 90
_MOST_IN_INDEX: Final = 8
"""Types that the other members of an object are a union of; more say no more than `unknown`."""

# Keywords by which a definition is more than an object with members.
_COMBINING: Final = ("$ref", "allOf", "anyOf", "oneOf", "enum", "const")
# What a schema without `type` is taken to speak of.
_OF_OBJECTS: Final = ("properties", "additionalProperties", "patternProperties")
_OF_ARRAYS: Final = ("items", "prefixItems")


def declarations(collections: Sequence[Described], resolve: Resolve = nowhere) -> str:
    """A TypeScript module with a type for each collection's resources, and one of all by URL.

    `resolve` gives the files to which declared schemas refer.
    """
    return module(listed_schemas(collections, resolve))


def module(listed: ListedSchemas) -> str:
    """As `declarations`, of schemas that are put in order already."""
    writer = _Writer({**listed.definitions, **dict(listed.new.values())})
    parts = [_HEAD]
    for name in listed.definitions:
        parts.append(writer.definition(name))
        if name in listed.new:
            parts.append(writer.definition(listed.new[name][0]))
    members = "".join(f"{_STEP}{quoted(url)}: {name};\n" for url, name in listed.names.items())
    sentence = "The type of a resource, by the collection that it is in."
    parts.append(f"{comment([sentence], '')}export interface {COLLECTIONS} {{\n{members}}}\n")
    return "\n".join(parts)


@dataclass(frozen=True, slots=True)
class _Type:
    """A type as text. `loose` tells that it needs brackets within another one."""

    text: str
    loose: bool = False

    @property
    def tight(self) -> str:
        return f"({self.text})" if self.loose else self.text


_UNKNOWN: Final = _Type("unknown")
_NEVER: Final = _Type("never")
_SCALARS: Final[Mapping[str, _Type]] = {
    "string": _Type("string"),
    "number": _Type("number"),
    "integer": _Type("number"),
    "boolean": _Type("boolean"),
    "null": _Type("null"),
}


class _Writer:
    """Writes definitions, which refer to each other by `#/$defs/Name`."""

    def __init__(self, definitions: Mapping[str, Schema | bool]) -> None:
        self._definitions = definitions
        self._direct = {
            name: frozenset(_direct_references(schema)) for name, schema in definitions.items()
        }

    def definition(self, name: str) -> str:
        """The definition of this name as an interface, or what is none as another type."""
        schema = self._definitions[name]
        said = comment(_paragraphs(schema), "")
        if _is_interface(schema):
            return f"{said}export interface {name} {self._object(schema, '').text}\n"
        written = self._type(schema, "", within=name)
        return f"{said}export type {name} = {written.text};\n"

    def _type(self, schema: object, indentation: str, within: str | None = None) -> _Type:
        """The type of the values that meet a schema.

        `within` is the definition that would be this type itself: it must not
        refer to itself so directly.
        """
        if not isinstance(schema, dict):
            return _NEVER if schema is False else _UNKNOWN
        every = [self._own(schema, indentation)]
        if isinstance(reference := schema.get("$ref"), str):
            every.append(self._reference(reference, within))
        every += [self._type(each, indentation, within) for each in _listed(schema, "allOf")]
        for keyword in ("anyOf", "oneOf"):
            if isinstance(schema.get(keyword), list):
                some = [self._type(each, indentation, within) for each in _listed(schema, keyword)]
                every.append(_union(some, indentation))
        return _intersection(every)

    def _reference(self, reference: str, within: str | None) -> _Type:
        name = name_in(reference)
        if name not in self._definitions or (within is not None and self._leads_to(name, within)):
            return _UNKNOWN
        return _Type(name)

    def _leads_to(self, name: str, wanted: str) -> bool:
        """Whether the one definition is, by references that stand for it, the other one."""
        waiting, seen = [name], {name}
        while waiting:
            current = waiting.pop()
            if current == wanted:
                return True
            new = self._direct.get(current, frozenset()) - seen
            seen |= new
            waiting += new
        return False

    def _own(self, schema: Schema, indentation: str) -> _Type:
        """What the schema says itself of type and values."""
        types = _types(schema)
        if "const" in schema or isinstance(schema.get("enum"), list):
            values = [schema["const"]] if "const" in schema else _listed(schema, "enum")
            fitting = [value for value in values if types is None or _is_of(value, types)]
            return _union([_Type(literal(value)) for value in fitting], indentation)
        if types is None:
            return _UNKNOWN
        return _union([self._of_type(schema, each, indentation) for each in types], indentation)

    def _of_type(self, schema: Schema, name: object, indentation: str) -> _Type:
        if name == "object":
            return self._object(schema, indentation)
        if name == "array":
            return self._array(schema, indentation)
        return _SCALARS.get(str(name), _UNKNOWN)

    # --- arrays

    def _array(self, schema: Schema, indentation: str) -> _Type:
        rest = self._type(schema.get("items"), indentation)
        first = _listed(schema, "prefixItems")
        if not first:
            return _Type("[]" if rest == _NEVER else f"{rest.tight}[]")
        at_least = schema.get("minItems")
        needed = at_least if isinstance(at_least, int) else 0
        items = [
            f"{self._type(each, indentation).tight}{'' if number < needed else '?'}"
            for number, each in enumerate(first)
        ]
        at_most = schema.get("maxItems")
        if rest != _NEVER and not (isinstance(at_most, int) and at_most <= len(first)):
            items.append(f"...{rest.tight}[]")
        return _Type(f"[{', '.join(items)}]")

    # --- objects

    def _object(self, schema: Schema | bool, indentation: str) -> _Type:
        if isinstance(schema, bool):
            return _UNKNOWN
        inner = indentation + _STEP
        properties = schema.get("properties")
        named: dict[str, object] = dict(properties) if isinstance(properties, dict) else {}
        required = frozenset(each for each in _listed(schema, "required") if isinstance(each, str))
        for name in sorted(required - named.keys()):
            named[name] = schema.get("additionalProperties", True)
        types = {name: self._type(each, inner) for name, each in named.items()}
        lines = [
            f"{comment(_paragraphs(named[name]), inner)}"
            f"{inner}{_modifier(named[name])}{member_name(name)}"
            f"{'' if name in required else '?'}: {written.text};\n"
            for name, written in types.items()
        ]
        others = self._others(schema, inner, is_empty=not named)
        if others is not None:
            members = [*types.values(), *([] if named.keys() <= required else [_UNDEFINED])]
            lines.append(f"{inner}[name: string]: {_of_all(others, members).text};\n")
        return _Type(f"{{\n{''.join(lines)}{indentation}}}")

    def _others(self, schema: Schema, indentation: str, *, is_empty: bool) -> _Type | None:
        """The type of members that have no name in the schema; None where it says nothing."""
        patterns = schema.get("patternProperties")
        schemas = list(patterns.values()) if isinstance(patterns, dict) else []
        others = schema.get("additionalProperties", True if is_empty and not schemas else None)
        if others is not None and (others is not False or (is_empty and not schemas)):
            schemas.append(others)
        if not schemas:
            return None
        return _union([self._type(each, indentation) for each in schemas], indentation)


_UNDEFINED: Final = _Type("undefined")


def _of_all(others: _Type, members: Iterable[_Type]) -> _Type:
    """The type of any member: TypeScript asks that those with names have it as well."""
    types = {others, *members}
    is_large = len(types) > _MOST_IN_INDEX or any("\n" in each.text for each in types - {others})
    return _UNKNOWN if is_large else _union([others, *members], "")


def _union(types: Sequence[_Type], indentation: str) -> _Type:
    """What is of one of the types."""
    distinct = [each for each in dict.fromkeys(types) if each != _NEVER]
    if _UNKNOWN in distinct:
        return _UNKNOWN
    if len(distinct) < 2:
        return distinct[0] if distinct else _NEVER
    texts = [each.tight for each in distinct]
    joined = " | ".join(texts)
    if len(joined) > _LONG and "\n" not in joined:
        joined = "".join(f"\n{indentation}{_STEP}| {text}" for text in texts)
    return _Type(joined, loose=True)


def _intersection(types: Iterable[_Type]) -> _Type:
    """What is of all of the types."""
    distinct = [each for each in dict.fromkeys(types) if each != _UNKNOWN]
    if _NEVER in distinct:
        return _NEVER
    if len(distinct) < 2:
        return distinct[0] if distinct else _UNKNOWN
    return _Type(" & ".join(each.tight for each in distinct), loose=True)


# --- what a schema says


def _is_interface(schema: Schema | bool) -> bool:
    return (
        isinstance(schema, dict)
        and not any(keyword in schema for keyword in _COMBINING)
        and _types(schema) == ["object"]
    )


def _types(schema: Schema) -> list[object] | None:
    """The names of the types of which a schema speaks; None where it does not say."""
    types = schema.get("type")
    if isinstance(types, list):
        return types
    if isinstance(types, str):
        return [types]
    implied: list[object] = []
    if any(keyword in schema for keyword in _OF_OBJECTS):
        implied.append("object")
    if any(keyword in schema for keyword in _OF_ARRAYS):
        implied.append("array")
    return implied or None


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


_IS_OF: Final[Mapping[str, Callable[[object], bool]]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "number": _is_number,
    "integer": lambda value: _is_number(value) and float(value).is_integer(),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}


def _is_of(value: object, types: Sequence[object]) -> bool:
    """Whether a value has one of the types; those that JSON Schema does not know have all."""
    return any(
        _IS_OF[name](value) if isinstance(name, str) and name in _IS_OF else True for name in types
    )


def _listed(schema: Schema, keyword: str) -> list[object]:
    value = schema.get(keyword)
    return value if isinstance(value, list) else []


def _direct_references(schema: object) -> Iterator[str]:
    """The definitions that stand in a schema for what it is itself, not for what is in it."""
    if not isinstance(schema, dict):
        return
    if isinstance(reference := schema.get("$ref"), str):
        yield name_in(reference)
    for keyword in ("allOf", "anyOf", "oneOf"):
        for each in _listed(schema, keyword):
            yield from _direct_references(each)


def _modifier(schema: object) -> str:
    return "readonly " if isinstance(schema, dict) and schema.get("readOnly") is True else ""


def _paragraphs(schema: object) -> list[str]:
    """What is said of a schema for people."""
    if not isinstance(schema, dict):
        return []
    said = [schema.get(keyword) for keyword in ("title", "description", "$comment")]
    paragraphs = [text for text in said if isinstance(text, str) and text.strip()]
    if isinstance(name := schema.get("format"), str):
        paragraphs.append(f"Format: {name}.")
    if schema.get("deprecated") is True:
        paragraphs.append("@deprecated")
    return paragraphs

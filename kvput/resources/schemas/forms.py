"""What is looked up in a JSON Schema before it is used: its choices, and how far it leads on.

Here belongs what is read off the keywords of a schema. What they may hold is for
the library to say: here they may hold anything.

A choice (`anyOf`, `oneOf`) whose forms hold choices in turn, as a tree's nodes
do, has a number of faults that is exponential in the depth of the value, and the
library collects them all. Whether such a choice is met, it finds out once for
each part of the value. So faults are looked for with a schema that is rewritten
to ask for that only, and says of a choice as a whole that it is not met.

A value is handed on from schema to schema, deeper into the stack each time, and
the end of the stack is the end of the process. How often that can happen on one
level of a value is bounded by the number of schemas that lead to others.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final
from urllib.parse import unquote

from kvput.content.json_text import MAX_DEPTH
from kvput.resources.schemas.sentences import ANY_FORM, ONE_FORM, SAID, TYPES, type_names

_STEPS: Final = 16_000
"""A step takes up to 400 bytes of stack, of which a thread has 8 MiB."""

MAX_CHAIN: Final = 1_000
"""To prepare a step for use takes up to 4,000 bytes, and time that grows with their square."""


class _Applies(Enum):
    """What a keyword applies its schemas to."""

    HERE = auto()
    INSIDE = auto()
    NOTHING = auto()
    """They stand there to be referred to."""


_H, _I, _N = _Applies.HERE, _Applies.INSIDE, _Applies.NOTHING
_KEYWORDS: Final[Mapping[str, _Applies]] = {
    "$defs": _N, "definitions": _N,
    "allOf": _H, "anyOf": _H, "oneOf": _H, "not": _H, "if": _H, "then": _H, "else": _H,
    "dependentSchemas": _H, "dependencies": _H,
    "properties": _I, "patternProperties": _I, "additionalProperties": _I, "propertyNames": _I,
    "prefixItems": _I, "items": _I, "additionalItems": _I, "contains": _I, "contentSchema": _I,
    "unevaluatedItems": _I, "unevaluatedProperties": _I,
}  # fmt: skip
"""The keywords that hold schemas (JSON Schema 2020-12 core, sections 8.2.4, 10 and 11)."""

_NAMED: Final = frozenset(
    {"$defs", "definitions", "dependentSchemas", "dependencies", "properties", "patternProperties"}
)
REFERENCES: Final = ("$ref", "$dynamicRef", "$recursiveRef")
_NAMES: Final = frozenset({"$id", "id", "$anchor", "$dynamicAnchor", "$recursiveAnchor"})
_CHOICES: Final = {"anyOf": ANY_FORM, "oneOf": ONE_FORM}
_NAMED_VALUES: Final = (str, bool, type(None))
"""Of these, two are the same only where they are written so."""
_ANNOTATIONS: Final = frozenset({"title", "description", "default", "examples", "$comment"})


# --- choices -----------------------------------------------------------------


def is_old_draft(schema: object) -> bool:
    """Whether it is of a draft before 7, in which there is no `if`."""
    dialect = schema.get("$schema") if isinstance(schema, dict) else None
    return isinstance(dialect, str) and ("draft-04" in dialect or "draft-06" in dialect)


def only_members(schema: object) -> frozenset[str] | None:
    """The only members that an object may have; None where that takes more to say than a list."""
    if not isinstance(schema, dict) or schema.get("additionalProperties") is not False:
        return None
    properties = schema.get("properties", {})
    is_plain = isinstance(properties, dict) and not schema.get("patternProperties")
    return frozenset(properties) if is_plain else None


def for_faults(schema: object, *, is_old: bool) -> object:
    """The schema by which the faults of a value are found; the same one where it may be.

    It is met by the same values. What refers to a form of a choice by its place
    (`#/anyOf/0`) finds nothing there any more.
    """
    if not isinstance(schema, dict):
        return schema
    rewritten = {
        keyword: _rewritten_inside(keyword, value, is_old=is_old)
        for keyword, value in schema.items()
    }
    # Only beside these does the library say which members are too many.
    is_bare = rewritten.keys().isdisjoint({"properties", "patternProperties"})
    if rewritten.get("additionalProperties") is False and is_bare:
        rewritten["properties"] = {}
    choices = [
        _choice(keyword, rewritten.pop(keyword), is_old=is_old)
        for keyword in _CHOICES
        if isinstance(rewritten.get(keyword), list)
    ]
    if choices:
        others = rewritten.get("allOf", [])
        rewritten["allOf"] = [*(others if isinstance(others, list) else []), *choices]
    is_same = rewritten.keys() == schema.keys() and all(
        rewritten[keyword] is schema[keyword] for keyword in schema
    )
    return schema if is_same else rewritten


def _rewritten_inside(keyword: str, value: object, *, is_old: bool) -> object:
    if keyword not in _KEYWORDS:
        return value
    if isinstance(value, list):
        elements = [for_faults(element, is_old=is_old) for element in value]
        is_same = all(a is b for a, b in zip(elements, value, strict=True))
        return value if is_same else elements
    if isinstance(value, dict) and keyword in _NAMED:
        members = {name: for_faults(member, is_old=is_old) for name, member in value.items()}
        is_same = all(members[name] is member for name, member in value.items())
        return value if is_same else members
    return for_faults(value, is_old=is_old)


def _choice(keyword: str, forms: object, *, is_old: bool) -> dict[str, object]:
    choice = {keyword: forms}
    # Unlike `not`, `if` keeps what the forms say of `unevaluatedProperties`, which old drafts
    # do not have.
    says = {"$comment": f"{SAID}{_said(keyword, forms)}"}
    return {"not": {"not": choice, **says}} if is_old else {"if": choice, "else": {"not": says}}


def _said(keyword: str, forms: object) -> str:
    """What is wrong where the choice is not met; forms that are types or values only are named."""
    types: list[str] = []
    values: list[str] = []
    for form in forms if isinstance(forms, list) else ():
        says = form.keys() - _ANNOTATIONS if isinstance(form, dict) else ()
        if says == {"type"}:
            names = form["type"] if isinstance(form["type"], list) else [form["type"]]
            types += (name if isinstance(name, str) else "" for name in names)
        elif says == {"const"} and type(form["const"]) in _NAMED_VALUES:
            values.append(json.dumps(form["const"], ensure_ascii=False))
        else:
            return _CHOICES[keyword]
    is_known = bool(types or values) and TYPES.keys() >= set(types)
    # What is of two types at once is too much for `oneOf`; a whole number is of two anyway.
    is_exclusive = len({*types, *values}) == len([*types, *values]) and not (types and values)
    is_exclusive = is_exclusive and not {"integer", "number"} <= set(types)
    if not is_known or (keyword == "oneOf" and not is_exclusive):
        return _CHOICES[keyword]
    return f"must be {' or '.join([*values, *([type_names(set(types))] if types else [])])}"


# --- how far it leads on -----------------------------------------------------


@dataclass(slots=True)
class Reach:
    """How often one level of a value can be handed on from schema to schema, at most.

    A chain of them goes through places that something refers to, each once,
    and from each through keywords within each other to the next reference.
    """

    leading_places: int = 0
    """Places that have a name, and hand the value on to a reference."""
    references: int = 0
    nested: int = 0
    """Keywords within each other, at most, that apply to the same value."""
    refers_by_name: bool = True

    @property
    def chain(self) -> int:
        """The longest chain that there may be."""
        places = self.leading_places if self.refers_by_name else self.references
        return (places + 2) * (self.nested + 1)

    @property
    def max_depth(self) -> int:
        """How deep a value may be nested, so that there is stack for it."""
        return min(MAX_DEPTH, _STEPS // self.chain)

    def add(self, schema: object) -> None:
        """Count a schema's document in."""
        self._visit(schema, nested=0, has_name=True)

    def _visit(self, schema: object, *, nested: int, has_name: bool) -> bool:
        """Whether the schema hands its value on to a reference."""
        if isinstance(schema, list):
            inside = [self._visit(one, nested=nested, has_name=has_name) for one in schema]
            return any(inside)
        if not isinstance(schema, dict):
            return False
        self.nested = max(self.nested, nested)
        leads = False
        for keyword in REFERENCES:
            reference = schema.get(keyword)
            if isinstance(reference, str):
                leads = True
                self.references += 1
                self.refers_by_name = self.refers_by_name and _is_by_name(reference)
        for keyword, value in schema.items():
            # What stands under another keyword may be referred to as well.
            applies = _KEYWORDS.get(keyword, _Applies.NOTHING)
            named = keyword in _NAMED and isinstance(value, dict)
            for inner in value.values() if named else [value]:
                inner_leads = self._visit(
                    inner,
                    nested=nested + 1 if applies is _Applies.HERE else 0,
                    has_name=applies is _Applies.NOTHING,
                )
                leads = leads or (inner_leads and applies is _Applies.HERE)
        if leads and (has_name or not schema.keys().isdisjoint(_NAMES)):
            self.leading_places += 1
        return leads


def _is_by_name(reference: str) -> bool:
    """Whether it leads to a document, an anchor or a definition, not into the middle."""
    fragment = unquote(reference.partition("#")[2])
    steps = fragment.split("/")
    return not fragment.startswith("/") or (
        len(steps) == 3 and steps[1] in {"$defs", "definitions"}
    )

"""The uses of a resource for which a schema is declared, in the API's description.

What its file says, it must meet. Belongs here: where a request may say less than
that, or other things, and where an answer says more. Does not belong here: which
uses there are, and what other declarations ask for (`openapi_uses`).
"""

from collections.abc import Mapping
from typing import Final

import jsonschema_rs

from kvput.describing.openapi_parts import Json, schema
from kvput.describing.openapi_uses import (
    MERGED,
    REPLACED,
    SCALARS,
    Bounds,
    Uses,
    as_form,
    members_with_one_value,
    or_null,
    properties_of,
    texts_in,
    without_required,
)
from kvput.describing.openapi_values import IDS, NAME
from kvput.describing.type_names import unused
from kvput.query.values import ID

_ANY_ID: Final[Json] = {"type": ["integer", "string"]}
_BROUGHT_ALONG: Final[list[Json]] = [
    {"type": "object", "description": "A related resource, with `_expand` or `_embed`."},
    {
        "type": "array",
        "items": {"type": "object"},
        "description": "Related resources, with `_embed` or `_expand`.",
    },
]


class DeclaredUses:
    """Makes the uses of a resource that must meet a schema.

    `own` is what the file says, and the component `name` the schema of the resource in
    lists. What differs from that becomes a further component, whose name is not
    `reserved`. `related` are the names by which others may be brought along.
    """

    def __init__(
        self,
        name: str,
        own: Mapping[str, object] | bool,
        bounds: Bounds,
        related: frozenset[str],
        components: dict[str, Json],
        reserved: frozenset[str],
    ) -> None:
        self._name = name
        self._own = own if isinstance(own, Mapping) else {}
        self._bounds = bounds
        self._related = related
        self._components = components
        self._reserved = reserved
        # A schema that is put together of others stands whole beside what lists add to it.
        parts = components[name].get("allOf")
        if isinstance(parts, list) and not {"type", "properties"} & self._own.keys():
            content, added = parts
            self._content: Json = self._bounded(content)
            self._listed: Json = {"allOf": [content, self._bounded(added)]}
        else:
            self._content = self._listed = self._bounded(components[name])
        components[name] = self._listed

    def uses(self) -> Uses:
        """The schemas; those that differ from what lists show become components."""
        stored = without_required(self._content, frozenset(self._bounds.kept))
        if not self._requires(ID.text):
            stored = without_required(stored, frozenset({ID.text}))
        put = self._with_id(stored, for_post=False)
        new = self._with_id(stored, for_post=True)
        content = self._component(f"{self._name}Content", put)
        return Uses(
            name=self._name,
            shown=self._with_related(self._listed, self._name),
            listed=schema(self._name),
            single=self._with_related(put, f"{self._name}Content"),
            stored=content,
            new=self._component(f"New{self._name}", new),
            form=as_form(new, self._bounds),
            put=content,
            merge_patch=self._patch(is_merged=True),
            shallow_patch=self._patch(is_merged=False),
            members=members_with_one_value(self._listed),
            needs_content=not self._takes_nothing(put),
        )

    def _requires(self, member: str) -> bool:
        return member in texts_in(self._own.get("required"))

    def _says(self, member: str) -> bool:
        return member in properties_of(self._own)

    def _bounded(self, listed: object) -> Json:
        """The schema with what the bounds say of members, where the file says nothing."""
        before: Json = listed if isinstance(listed, dict) else {}
        properties = dict(properties_of(before))
        if ID.text in properties and not self._says(ID.text):
            properties[ID.text] = _ANY_ID
        for name, of_member in self._bounds.references.items():
            if name in properties and not self._says(name):
                properties[name] = of_member
        for name, of_kept in self._bounds.kept.items():
            said = properties.get(name) if self._says(name) else None
            properties[name] = {**of_kept, **(said if isinstance(said, dict) else {})}
        return before | {"properties": properties} if properties else before

    def _with_id(self, content: Json, *, for_post: bool) -> Json:
        """The schema with what a client may send as the `id`: in a PUT, what the file says."""
        properties = dict(properties_of(content))
        of_id = properties.pop(ID.text, None)
        if for_post:
            new_id: Json = schema("NewId")
            properties = {
                ID.text: {"allOf": [of_id, new_id]} if self._says(ID.text) else new_id,
                **properties,
            }
        elif self._says(ID.text):
            properties = {ID.text: of_id, **properties}
        sent = content | {"properties": properties}
        return without_required(sent, frozenset({ID.text})) if for_post else sent

    def _with_related(self, content: Json, name: str) -> Json:
        """A reference to what a content may be with others that `_embed` or `_expand` brings."""
        properties = dict(properties_of(content))
        for member in self._related & properties.keys():
            properties[member] = {"anyOf": [properties[member], *_BROUGHT_ALONG]}
        shown = content | ({"properties": properties} if properties else {})
        if shown.get("additionalProperties") is False:
            del shown["additionalProperties"]
        return self._component(name if shown == content else f"{name}WithRelated", shown)

    def _component(self, wanted: str, content: Json) -> Json:
        """A reference to the content as a component; to one that is there, if it is the same."""
        for name in (self._name, wanted):
            if self._components.get(name) == content:
                return schema(name)
        name = unused(wanted, self._components, self._reserved)
        self._components[name] = content
        return schema(name)

    def _takes_nothing(self, content: Json) -> bool:
        """Whether the empty object, which zero bytes count as, meets the schema of a content."""
        components = {"schemas": {**IDS, "Name": NAME, **self._components}}
        try:
            validator = jsonschema_rs.Draft202012Validator({**content, "components": components})
        except (ValueError, jsonschema_rs.ReferencingError):
            return not texts_in(content.get("required"))
        return validator.is_valid({})

    def _patch(self, *, is_merged: bool) -> Json:
        required = texts_in(self._listed.get("required"))
        properties = {
            name: _patched(of_member, is_merged=is_merged, is_required=name in required)
            for name, of_member in properties_of(self._content).items()
            if name != ID.text
        }
        said = MERGED if is_merged else REPLACED
        return {
            "type": "object",
            "description": f"{said} The result must meet the schema of the resource.",
            "properties": properties,
        }


def _patched(of_member: object, *, is_merged: bool, is_required: bool) -> object:
    """The schema of a member in a patch; of one that is merged itself, nothing is said."""
    if not is_merged or not isinstance(of_member, dict):
        return of_member
    types = of_member.get("type")
    listed = types if isinstance(types, list) else [types]
    if not all(each in SCALARS for each in listed):
        return {"readOnly": True} if of_member.get("readOnly") else {}
    return of_member if is_required else or_null(of_member)

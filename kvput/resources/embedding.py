"""Embedding: related resources that an item of a list, or a single resource, brings along.

As in json-server, what is related is told by names: a comment belongs to the post
whose id its `postId` holds (or its `post`, where that is an id). Relations that
the server keeps by itself do not belong here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from kvput.content.json_document import Document
from kvput.content.json_text import parse
from kvput.errors import InvalidContent, MalformedContent
from kvput.paths import CollectionPath, ResourcePath
from kvput.query.filters import AnyOf, Condition, Filter, Operator
from kvput.query.nouns import singular
from kvput.query.rows import listed
from kvput.query.selection import Selection
from kvput.query.values import Field
from kvput.resources.ids import id_of, path_for_id
from kvput.store.base import View

_NO_LIMIT: Final = 2**63

Embed = Callable[[ResourcePath, dict[str, object]], bytes | None]
"""The JSON text that a resource with this value gets as a member; None for none."""


def foreign_keys(noun: str) -> tuple[str, str]:
    """The members by which a resource names what it belongs to: `postId`, or just `post`."""
    return f"{noun}Id", noun


def children(parent: ResourcePath) -> Filter:
    """What those in another collection meet that belong to a resource."""
    keys = foreign_keys(singular(parent.parent.segments[-1]))
    operands = (id_of(parent),)
    return AnyOf(tuple(Condition(Field(name), Operator.EQUAL, operands) for name in keys))


@dataclass(frozen=True, slots=True)
class NestedRoute:
    """`/posts/1/comments`: the resource that it begins with, and the collection that it ends with.

    The collection stands beside the resource's own: `/comments`.
    """

    parent: ResourcePath
    collection: CollectionPath


def nested_route(view: View, collection: CollectionPath) -> NestedRoute | None:
    """What the path of a collection that is not there may mean besides, as in json-server."""
    if len(collection.segments) < 3:
        return None
    *beside, _, _, last = collection.segments
    parent = ResourcePath(collection.segments[:-1])
    other = CollectionPath((*beside, last))
    if view.get(parent) is None or not view.is_collection(other):
        return None
    return NestedRoute(parent, other)


class Embedder:
    """Puts related resources into the items of one collection."""

    def __init__(self, view: View, collection: CollectionPath, names: tuple[str, ...]) -> None:
        """`names` are what is asked for: `comments` that belong to it, the `author` it has."""
        self._view = view
        beside = view.names(CollectionPath(collection.segments[:-1]))
        others = {} if beside is None else {each.segments[-1]: each for each in beside.collections}
        self._embeds = {name: self._embed(name, others) for name in names}

    def __call__(self, path: ResourcePath, text: bytes) -> bytes:
        """The text of an item, as lists show it, with a member for each name.

        One that is no object stays as it is.
        """
        value = parse(text)
        if not isinstance(value, dict):
            return text
        document = Document(text, _NO_LIMIT)
        for name, embed in self._embeds.items():
            member = embed(path, value)
            if member is not None:
                document.add((name,), member)
        return document.text()

    def _embed(self, name: str, others: dict[str, CollectionPath]) -> Embed:
        if name in others:
            return lambda path, _: self._children(others[name], path)
        for noun, collection in ((singular(other), path) for other, path in others.items()):
            if noun == name:
                return lambda _, value: self._parent(name, collection, value)
        # Nothing has been stored there yet: a list is empty, and there is nobody to belong to.
        return lambda _, __: None if singular(name) == name else b"[]"

    def _children(self, collection: CollectionPath, path: ResourcePath) -> bytes | None:
        if not path.parent.segments:
            return b"[]"  # It is in no collection by whose name others would name it.
        selected = self._view.select(collection, Selection(children(path)))
        items = () if selected is None else selected.items
        return b"[" + b", ".join(item.text for item in items) + b"]"

    def _parent(
        self, noun: str, collection: CollectionPath, value: dict[str, object]
    ) -> bytes | None:
        for key in foreign_keys(noun):
            try:
                path = path_for_id(collection, value.get(key))
                entry = self._view.get(path)
                if entry is not None and entry.content is not None:
                    return listed(path.name, entry.content).text
            except (InvalidContent, MalformedContent):
                continue
        return None

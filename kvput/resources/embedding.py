"""Embedding: related resources that an item of a list, or a single resource, brings along.

As in json-server, what is related is told by names: a comment belongs to the post
whose id its `postId` holds (or its `post`, where that is an id). Relations that
the server keeps by itself do not belong here.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from kvput.content.json_document import Document
from kvput.content.json_text import parse
from kvput.errors import ContentTooLarge, InvalidContent, MalformedParameter
from kvput.paths import SERVER_SEGMENT, CollectionPath, ResourcePath
from kvput.query.filters import AllOf, AnyOf, Condition, Filter, Operator
from kvput.query.nouns import singular
from kvput.query.parameters import Query
from kvput.query.selection import Selection
from kvput.query.values import ID, Field, Name
from kvput.resources.ids import path_for_id
from kvput.store.base import View

Embed = Callable[[ResourcePath, dict[str, object]], bytes | None]
"""The JSON text that a resource with this value gets as a member; None for none."""


def foreign_keys(noun: str) -> tuple[str, str]:
    """The members by which a resource names what it belongs to: `postId`, or just `post`."""
    return f"{noun}Id", noun


def children(parent: ResourcePath) -> Filter:
    """What those in another collection meet that belong to a resource.

    `post` counts only where there is no `postId`.
    """
    first, second = map(Field, foreign_keys(singular(parent.parent.segments[-1])))
    name = (Name(parent.name),)
    without_first = Condition(first, Operator.MISSING, ())
    by_second = AllOf((Condition(second, Operator.EQUAL, name), without_first))
    return AnyOf((Condition(first, Operator.EQUAL, name), by_second))


def texts_of(view: View, collection: CollectionPath, names: Iterable[str]) -> dict[str, bytes]:
    """The JSON texts of resources as lists show them, by name; none of those that no list shows."""
    named = Condition(ID, Operator.EQUAL, tuple(map(Name, names)))
    selected = view.select(collection, Selection(named))
    return {} if selected is None else {item.name: item.text for item in selected.items}


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
    if not beside and last == SERVER_SEGMENT:
        return None
    parent = ResourcePath(collection.segments[:-1])
    other = CollectionPath((*beside, last))
    if view.get(parent) is None or not view.is_collection(other):
        return None
    return NestedRoute(parent, other)


class Embedder:
    """Puts related resources into the items of one list."""

    def __init__(
        self, view: View, collection: CollectionPath, query: Query, most_embedded: int
    ) -> None:
        """What the query embeds and expands in items of the collection.

        `most_embedded` is by how many bytes all items together may grow.
        """
        self._view = view
        self._most = self._room = most_embedded
        beside = view.names(CollectionPath(collection.segments[:-1]))
        others = () if beside is None else beside.collections
        self._children_in = {each.segments[-1]: each for each in others}
        self._parents_in = {singular(each.segments[-1]): each for each in reversed(others)}
        # Those that were looked for: many items may belong to one.
        self._parents: dict[ResourcePath, bytes | None] = {}
        self._embeds: list[tuple[str, Embed]] = [
            *((name, self._embed(name)) for name in query.embed),
            *((name, self._expand(name)) for name in query.expand),
        ]

    def __call__(self, path: ResourcePath, text: bytes) -> bytes:
        """The text of an item, as lists show it, with a member for each name.

        One that is no object stays as it is. Raises MalformedParameter where the
        items grow too large.
        """
        value = parse(text)
        if not isinstance(value, dict):
            return text
        document = Document(text, len(text) + self._room)
        try:
            for name, embed in self._embeds:
                member = embed(path, value)
                if member is not None:
                    document.add((name,), member)
            grown = document.text()
        except ContentTooLarge:
            raise self._too_much() from None
        self._room -= max(0, len(grown) - len(text))
        return grown

    def _embed(self, name: str) -> Embed:
        """`_embed` is for those that belong to an item, and as in json-server 1.x for its parent.

        Where nothing has been stored yet under a plural, its list is empty.
        """
        if name in self._children_in:
            return lambda path, _: self._children(self._children_in[name], path)
        if name in self._parents_in:
            return self._expand(name)
        is_plural = singular(name) != name
        return lambda _, value: b"[]" if is_plural and name not in value else None

    def _expand(self, name: str) -> Embed:
        """`_expand` is for what an item belongs to."""
        return lambda _, value: self._parent(name, value)

    def _children(self, collection: CollectionPath, path: ResourcePath) -> bytes | None:
        if not path.parent.segments:
            return b"[]"  # It is in no collection by whose name others would name it.
        selected = self._view.select(collection, Selection(children(path)))
        texts = () if selected is None else [item.text for item in selected.items]
        # Before they are put together: the same ones may belong to each of many items.
        if sum(map(len, texts)) > self._room:
            raise self._too_much()
        return b"[" + b", ".join(texts) + b"]"

    def _parent(self, noun: str, value: dict[str, object]) -> bytes | None:
        key = next((key for key in foreign_keys(noun) if key in value), None)
        collection = self._parents_in.get(noun)
        if key is None or collection is None:
            return None
        try:
            path = path_for_id(collection, value[key])
        except InvalidContent:
            return None
        if path not in self._parents:
            self._parents[path] = texts_of(self._view, collection, (path.name,)).get(path.name)
        return self._parents[path]

    def _too_much(self) -> MalformedParameter:
        return MalformedParameter(
            f"The answer has more than {self._most:,} bytes of embedded resources: embed less at "
            "once, or ask for a page (_limit)."
        )

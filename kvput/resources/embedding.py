"""Embedding: related resources that an item of a list, or a single resource, brings along.

What is declared comes first. Else, as in json-server, what is related is told by
names: a comment belongs to the post whose id its `postId` holds (or its `post`, where
that is an id). Whom a declared relation leads to is in `kvput.resources.relations.ways`.
"""

from collections.abc import Callable, Iterable

from kvput.content.json_document import Document
from kvput.content.json_text import parse
from kvput.errors import ContentTooLarge, InvalidContent, MalformedParameter
from kvput.names import shown
from kvput.paths import CollectionPath, ResourcePath
from kvput.query.filters import AllOf, AnyOf, Condition, Filter, Operator
from kvput.query.nouns import singular
from kvput.query.parameters import Query
from kvput.query.selection import Selection
from kvput.query.url import malformed
from kvput.query.values import ID, Field, Name
from kvput.resources.ids import path_for_id
from kvput.resources.relations.sides import Sides
from kvput.resources.relations.ways import Way, Ways
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


class Embedder:
    """Puts related resources into the items of one list."""

    def __init__(
        self,
        view: View,
        collection: CollectionPath,
        query: Query,
        sides: Sides,
        most_embedded: int,
    ) -> None:
        """What the query embeds and expands in items of the collection.

        `most_embedded` is by how many bytes all items together may grow. Raises
        MalformedParameter for a name that leads nowhere, where relations are declared.
        """
        self._view = view
        self._collection = collection
        self._most = self._room = most_embedded
        self._ways = Ways(sides, collection)
        beside = view.names(CollectionPath(collection.segments[:-1]))
        others = () if beside is None else beside.collections
        self._children_in = {each.segments[-1]: each for each in others}
        self._parents_in = {singular(each.segments[-1]): each for each in reversed(others)}
        # Those that were looked for, None for what is not there: many items may name one.
        self._texts: dict[CollectionPath, dict[str, bytes | None]] = {}
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

    # --- what a name means

    def _embed(self, name: str) -> Embed:
        """`_embed` is for those that belong to an item, and as in json-server 1.x for its parent.

        Where nothing has been stored yet under a plural, its list is empty.
        """
        way = self._ways.embed.get(name)
        if way is not None:
            return self._by(way)
        if name in self._ways.ambiguous:
            raise self._ambiguous(name)
        if name in self._children_in:
            return lambda path, _: self._children(self._children_in[name], path)
        if name in self._parents_in:
            return self._expand(name)
        if self._ways:
            raise self._nowhere("_embed", name, self._ways.embed)
        is_plural = singular(name) != name
        return lambda _, value: b"[]" if is_plural and name not in value else None

    def _expand(self, name: str) -> Embed:
        """`_expand` is for what an item names."""
        way = self._ways.expand.get(name)
        if way is not None:
            return self._by(way)
        if self._ways and name not in self._parents_in:
            raise self._nowhere("_expand", name, self._ways.expand)
        return lambda _, value: self._parent(name, value)

    def _by(self, way: Way) -> Embed:
        """Those to which a declared way leads: a list of them where they may be several."""
        if way.many:
            return lambda path, value: self._several(way, path, value)
        return lambda path, value: next(iter(self._led_to(way, path, value)), None)

    # --- what is brought along

    def _several(self, way: Way, path: ResourcePath, value: dict[str, object]) -> bytes | None:
        if way.is_own and not isinstance(value.get(way.side.member), list):
            return None
        return self._joined(self._led_to(way, path, value))

    def _led_to(self, way: Way, path: ResourcePath, value: dict[str, object]) -> list[bytes]:
        if way.is_own:
            return self._named(way.to, way.names(value))
        return self._meeting(way.to, way.condition(path, value))

    def _children(self, collection: CollectionPath, path: ResourcePath) -> bytes | None:
        if not path.parent.segments:
            return b"[]"  # It is in no collection by whose name others would name it.
        return self._joined(self._meeting(collection, children(path)))

    def _parent(self, noun: str, value: dict[str, object]) -> bytes | None:
        key = next((key for key in foreign_keys(noun) if key in value), None)
        collection = self._parents_in.get(noun)
        if key is None or collection is None:
            return None
        try:
            path = path_for_id(collection, value[key])
        except InvalidContent:
            return None
        return next(iter(self._named(collection, (path.name,))), None)

    def _meeting(self, collection: CollectionPath, condition: Filter) -> list[bytes]:
        selected = self._view.select(collection, Selection(condition))
        return [] if selected is None else [item.text for item in selected.items]

    def _named(self, collection: CollectionPath, names: tuple[str, ...]) -> list[bytes]:
        """The texts of those resources that are there, in the order of the names."""
        known = self._texts.setdefault(collection, {})
        unknown = [name for name in names if name not in known]
        if unknown:
            found = texts_of(self._view, collection, unknown)
            known.update((name, found.get(name)) for name in unknown)
        return [text for name in names if (text := known[name]) is not None]

    def _joined(self, texts: list[bytes]) -> bytes:
        # Before they are put together: the same ones may belong to each of many items.
        if sum(map(len, texts)) > self._room:
            raise self._too_much()
        return b"[" + b", ".join(texts) + b"]"

    # --- errors

    def _too_much(self) -> MalformedParameter:
        return MalformedParameter(
            f"The answer has more than {self._most:,} bytes of embedded resources: embed less at "
            "once, or ask for a page (_limit)."
        )

    def _nowhere(self, parameter: str, name: str, known: Iterable[str]) -> MalformedParameter:
        names = ", ".join(map(shown, sorted(known))) or "none"
        return malformed(
            parameter,
            f'asks for "{shown(name)}", to which no relation leads from {self._collection.url}; '
            f"those that are declared there: {names}",
        )

    def _ambiguous(self, name: str) -> MalformedParameter:
        members = ", ".join(
            f"{shown(side.member)} in {side.collection.url}" for side in self._ways.ambiguous[name]
        )
        return malformed(
            "_embed",
            f'asks for "{shown(name)}", whose resources name those of {self._collection.url} in '
            f"several members ({members}): declare an inverse for one, and ask for that",
        )

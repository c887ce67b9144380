"""Nested routes: what `/posts/1/comments` means where no collection stands at that address.

Where a relation is declared, it is those to which it leads from the resource; else, as
in json-server, those of `/comments` that name it by their `postId`. Here belongs which
these are, and how a new one says that it belongs there; how they are listed and created
is in `kvput.resources.listing` and `kvput.resources.collection`.
"""

import json
from dataclasses import dataclass
from typing import Final

from kvput.content.json_document import Document
from kvput.content.json_text import insert_first_member, parse
from kvput.errors import InvalidContent, MethodNotAllowed, NotFound
from kvput.names import shown
from kvput.patching.pointer import format_pointer
from kvput.paths import SERVER_SEGMENT, CollectionPath, ResourcePath
from kvput.query.filters import Filter
from kvput.query.nouns import singular
from kvput.query.values import Name, elements, key_of, keys_met_by
from kvput.resources.embedding import children, foreign_keys, texts_of
from kvput.resources.ids import id_of
from kvput.resources.relations.sides import Sides
from kvput.resources.relations.ways import Way, Ways
from kvput.resources.resource import nothing_there
from kvput.store.base import View

_ROOM: Final = 1024
"""Bytes that a list of one id may take beside its name: the id, a line break, indentation."""
_LISTED_ELSEWHERE_METHODS: Final = "GET, HEAD, DELETE, OPTIONS"


@dataclass(frozen=True, slots=True)
class NestedRoute:
    """The resource with which a nested address begins, and what belongs to it.

    Those are the resources of `collection` that meet `condition`. That a new one belongs to
    the parent, the first of `members` says, and none of the others may deny: it holds the id,
    or a list of ids where `many`. There is none where only the parent can say so.
    """

    parent: ResourcePath
    collection: CollectionPath
    condition: Filter
    members: tuple[str, ...]
    many: bool = False


def nested_route(view: View, collection: CollectionPath, sides: Sides) -> NestedRoute | None:
    """What the path of a collection that is not there may mean besides; None for nothing.

    Raises NotFound where it means what a declared relation leads to, and the resource is not
    there, or several relations are meant.
    """
    if len(collection.segments) < 3:
        return None
    parent, name = ResourcePath(collection.segments[:-1]), collection.segments[-1]
    ways = Ways(sides, parent.parent)
    way = ways.embed.get(name)
    if way is not None and way.many:
        return _declared(view, parent, way)
    if name in ways.ambiguous:
        meanings = " or ".join(
            f"those of {side.collection.url} that name {parent.url} as their {shown(side.member)}"
            for side in ways.ambiguous[name]
        )
        raise NotFound(
            f"{collection.url} may mean {meanings}: ask for their collection with a condition, or "
            "declare an inverse for one."
        )
    return _by_names(view, parent, name)


def _declared(view: View, parent: ResourcePath, way: Way) -> NestedRoute:
    if view.get(parent) is None:
        raise nothing_there(parent.url)
    text = texts_of(view, parent.parent, (parent.name,)).get(parent.name) if way.is_own else None
    condition = way.condition(parent, None if text is None else parse(text))
    if way.back is None or way.back.is_readonly:
        return NestedRoute(parent, way.to, condition, ())
    return NestedRoute(parent, way.to, condition, (way.back.member,), way.back.many)


def _by_names(view: View, parent: ResourcePath, name: str) -> NestedRoute | None:
    beside = parent.parent.segments[:-1]
    if not beside and name == SERVER_SEGMENT:
        return None
    other = CollectionPath((*beside, name))
    if view.get(parent) is None or not view.is_collection(other):
        return None
    members = foreign_keys(singular(parent.parent.segments[-1]))
    return NestedRoute(parent, other, children(parent), members)


# --- new resources


def belonging(route: NestedRoute, body: bytes, value: object) -> bytes:
    """The body of a new resource, which has this value, with a member that names the parent.

    Raises InvalidContent where it names another, MethodNotAllowed where no member of it could
    name one.
    """
    if not route.members:
        raise MethodNotAllowed(
            f"{route.parent.url} says itself which resources belong to it: POST to "
            f"{route.collection.url}, and name the new resource there.",
            fields=(("Allow", _LISTED_ELSEWHERE_METHODS),),
        )
    first, *others = route.members
    identifier = id_of(route.parent)
    if not isinstance(value, dict):
        raise InvalidContent(
            f"The content must be an object here, which gets the member {first}: send one, or "
            f"POST to {route.collection.url}."
        )
    equal = keys_met_by(Name(route.parent.name))
    if first in value:
        named = elements(value[first]) if route.many else (value[first],)
        if not any(key_of(each) in equal for each in named):
            raise _of_another(route, first)
    for other in others:
        # `post` may as well be something else than an id, such as the post itself.
        key = key_of(value.get(other))
        if isinstance(key, str | int | float) and key not in equal:
            raise _of_another(route, other)
    if first in value:
        return body
    if not route.many:
        return insert_first_member(body or b"{}", first, identifier)
    document = Document(body or b"{}", limit=2 * (len(body) + len(first)) + _ROOM)
    document.add((first,), json.dumps([identifier], ensure_ascii=False).encode())
    return document.text()


def _of_another(route: NestedRoute, member: str) -> InvalidContent:
    verb = "does not name" if route.many else "is not"
    return InvalidContent(
        f"The member {member} {verb} {id_of(route.parent)}, which the address says: correct it, "
        f"leave it out, or POST to {route.collection.url}.",
        members={"pointer": format_pointer((member,))},
    )

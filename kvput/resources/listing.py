"""Lists: what GET of a collection with a query is, as one representation.

Filters, orders and pages are `kvput.query`'s, and how a collection is searched is
the store's; what other resources an item brings along is in
`kvput.resources.embedding`, what the address of a nested list means in
`kvput.resources.nested`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import orjson

from kvput.paths import CollectionPath, ResourcePath
from kvput.query.filters import AllOf, Filter
from kvput.query.paging import Page, Style, envelope_members
from kvput.query.parameters import NO_QUERY, Query
from kvput.query.selection import Fault, Selected
from kvput.resources.embedding import Embedder, texts_of
from kvput.resources.nested import nested_route
from kvput.resources.relations.sides import NO_SIDES, Sides
from kvput.semantics.validators import ContentHasher, ETag, Validators, content_digest
from kvput.store.base import View

MOST_EMBEDDED: Final = 64 * 2**20
"""By how many bytes a list grows at most by what it embeds, where nobody says otherwise."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A list as it is shown.

    `collection` is what it is of, which for a nested route (`/posts/1/comments`) is
    another one than asked for. `text` is its JSON, `names` are those of its
    resources, `filter` is what each of them meets, `total` is how many the query
    found on all pages, `page` the one that is shown, None where that is all.
    `left_out` are the resources of the collection that no list can show.
    """

    collection: CollectionPath
    text: bytes
    names: tuple[str, ...]
    filter: Filter | None
    total: int
    page: Page | None
    left_out: tuple[Fault, ...]
    validators: Validators


@dataclass(frozen=True, slots=True)
class Related:
    """A resource with what it embeds, as JSON."""

    text: bytes
    validators: Validators


def listing(
    collection: CollectionPath,
    query: Query = NO_QUERY,
    *,
    bare_name: bool = False,
    sides: Sides = NO_SIDES,
    most_embedded: int = MOST_EMBEDDED,
) -> Callable[[View], Listing | None]:
    """What to ask a store for, to have the list; it gives None where there is no such collection.

    `bare_name` tells whether it is named without its closing slash, `sides` are those of the
    relations that are declared. Asking raises MalformedParameter where embedded resources have
    more than `most_embedded` bytes, or a name leads to none; NotFound where what a nested
    list belongs to is not there.
    """

    def look(view: View) -> Listing | None:
        home, asked = collection, query
        selected, page = _select(view, home, asked)
        if selected is None:
            nested = nested_route(view, collection, sides)
            if nested is None:
                return None
            home, asked = nested.collection, _only(query, nested.condition)
            selected, page = _select(view, home, asked)
            if selected is None:
                return None
        elif bare_name and not selected.total and not view.is_collection(collection):
            return None
        texts = [item.text for item in selected.items]
        if query.embed or query.expand:
            embedded = Embedder(view, home, query, sides, most_embedded)
            texts = [embedded(home.resource(i.name), i.text) for i in selected.items]
        text = b"[" + b",\n".join(texts) + b"]\n"
        if page is not None and page.style is Style.ENVELOPE:
            text = _enveloped(text, page, selected.total)
        listed = tuple(item.name for item in selected.items)
        validators = _validators(text, selected)
        return Listing(
            home,
            text,
            listed,
            asked.selection.filter,
            selected.total,
            page,
            selected.faults,
            validators,
        )

    return look


def with_related(
    path: ResourcePath,
    query: Query,
    *,
    sides: Sides = NO_SIDES,
    most_embedded: int = MOST_EMBEDDED,
) -> Callable[[View], Related | None]:
    """What to ask a store for, to have a resource as a list would show it with what it embeds.

    It gives None where there is no such resource that a list shows. `sides` and `most_embedded`
    are as for `listing`, and so are the errors.
    """

    def look(view: View) -> Related | None:
        item = texts_of(view, path.parent, (path.name,)).get(path.name)
        if item is None:
            return None
        text = Embedder(view, path.parent, query, sides, most_embedded)(path, item)
        return Related(text, Validators(ETag(content_digest(text)), None))

    return look


def _only(query: Query, condition: Filter) -> Query:
    """The query with a further condition."""
    before = query.selection.filter
    both = condition if before is None else AllOf((condition, before))
    return replace(query, selection=replace(query.selection, filter=both))


def _select(
    view: View, collection: CollectionPath, query: Query
) -> tuple[Selected | None, Page | None]:
    selected = view.select(collection, query.selection)
    if selected is None:
        return None, None
    # Only now is it known which page is the last.
    shown = query.within(selected.total)
    if shown is not query:
        selected = view.select(collection, shown.selection)
    return selected, shown.page


def _enveloped(text: bytes, page: Page, total: int) -> bytes:
    members = orjson.dumps(envelope_members(page, total))
    return members[:-1] + b',"data":' + text.rstrip() + b"}\n"


def _validators(text: bytes, selected: Selected) -> Validators:
    """The tag of a list alone, for a removal leaves no date behind.

    It changes with all that the answer tells: also with what other pages hold,
    which shows in the total, and with what is left out.
    """
    hasher = ContentHasher()
    hasher.update(text)
    # Neither a digit nor a name may be taken for a part of what stands beside it.
    hasher.update(b"\n%d\n" % selected.total)
    for fault in selected.faults:
        hasher.update(f"{fault.name}/{fault.digest}\n".encode())
    return Validators(ETag(hasher.digest()), None)

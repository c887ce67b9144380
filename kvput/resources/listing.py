"""Lists: what GET of a collection with a query is, as one representation.

Filters, orders and pages are `kvput.query`'s, and how a collection is searched is
the store's; what other resources an item brings along is in
`kvput.resources.embedding`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import orjson

from kvput.paths import CollectionPath, ResourcePath
from kvput.query.filters import AllOf, Condition, Filter, Operator
from kvput.query.paging import Page, Style, envelope_members
from kvput.query.parameters import NO_QUERY, Query
from kvput.query.selection import Fault, Selected, Selection
from kvput.query.values import Field
from kvput.resources.embedding import Embedder, children, nested_route
from kvput.resources.ids import ID_MEMBER
from kvput.semantics.validators import ContentHasher, ETag, Validators, content_digest
from kvput.store.base import View


@dataclass(frozen=True, slots=True)
class Listing:
    """A list as it is shown.

    `collection` is what it is of, which for a nested route (`/posts/1/comments`) is
    another one than asked for. `text` is its JSON, `names` are those of its
    resources, `total` is how many the query found on all pages, `page` the one that
    is shown, None where that is all. `left_out` are the resources of the collection
    that no list can show.
    """

    collection: CollectionPath
    text: bytes
    names: tuple[str, ...]
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
    collection: CollectionPath, query: Query = NO_QUERY, *, bare_name: bool = False
) -> Callable[[View], Listing | None]:
    """What to ask a store for, to have the list; it gives None where there is no such collection.

    `bare_name` tells whether it is named without its closing slash.
    """

    def look(view: View) -> Listing | None:
        selected, page = _select(view, collection, query)
        if selected is None:
            nested = nested_route(view, collection)
            if nested is None:
                return None
            only = _only(query, children(nested.parent))
            return listing(nested.collection, only)(view)
        if bare_name and not selected.total and not view.is_collection(collection):
            return None
        texts = [item.text for item in selected.items]
        names = (*query.embed, *query.expand)
        if names and texts:
            embedded = Embedder(view, collection, names)
            texts = [embedded(collection.resource(i.name), i.text) for i in selected.items]
        text = b"[" + b",\n".join(texts) + b"]\n"
        if page is not None and page.style is Style.ENVELOPE:
            text = _enveloped(text, page, selected.total)
        listed = tuple(item.name for item in selected.items)
        validators = _validators(text, selected)
        return Listing(collection, text, listed, selected.total, page, selected.faults, validators)

    return look


def with_related(path: ResourcePath, query: Query) -> Callable[[View], Related | None]:
    """What to ask a store for, to have a resource as a list would show it with what it embeds.

    It gives None where there is no such resource that a list shows.
    """
    itself = Condition(Field(ID_MEMBER), Operator.EQUAL, (path.name,))

    def look(view: View) -> Related | None:
        selected = view.select(path.parent, Selection(itself))
        item = None if selected is None else next(iter(selected.items), None)
        if item is None:
            return None
        text = Embedder(view, path.parent, (*query.embed, *query.expand))(path, item.text)
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
    hasher.update(b"%d" % selected.total)
    for fault in selected.faults:
        hasher.update(f"{fault.name}/{fault.digest}\n".encode())
    return Validators(ETag(hasher.digest()), None)

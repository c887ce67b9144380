"""The root: the addresses of what stands directly in the folder.

The server lists them under `/`, and the command prints them when it starts. How
either is written does not belong here.
"""

from dataclasses import dataclass

from kvput.errors import Unreadable
from kvput.paths import CollectionPath, ResourcePath
from kvput.store.base import View

ROOT = CollectionPath(())


@dataclass(frozen=True, slots=True)
class TopLevel:
    """The URL paths of the collections and of the resources, each in natural order."""

    collections: tuple[str, ...]
    resources: tuple[str, ...]


def top_level(view: View) -> TopLevel:
    """What stands at the top, each under an address that leads to it.

    A collection has its bare name (`/articles`). Where that does not name it,
    since a resource is called so or since the directory holds nothing but
    directories, it has its closing slash (`/articles/`).
    """
    names = view.names(ROOT)
    if names is None:
        return TopLevel((), ())
    resources = frozenset(names.resources)
    collections = [_address(view, path, resources) for path in names.collections]
    return TopLevel(tuple(collections), tuple(path.url for path in names.resources))


def _address(view: View, collection: CollectionPath, resources: frozenset[ResourcePath]) -> str:
    if collection.as_resource in resources:
        return collection.url + "/"
    try:
        has_bare_name = view.is_collection(collection)
    except Unreadable:
        # A directory that cannot be read is no reason to list none; its address says why.
        has_bare_name = False
    return collection.url if has_bare_name else collection.url + "/"

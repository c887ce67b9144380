"""react-admin's two data providers, every method, over each data set.

What is answered with a resource's own bytes (getOne, update, delete) has an
`id` only where its content has one; in lists each record has it.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.clients.data_sets import DATA_SETS, DataSet, Record
from tests.clients.node import needs_node
from tests.clients.providers import Call, Failure, differences

pytestmark = needs_node


def _asked(
    page: int = 1,
    size: int = 25,
    sort: tuple[str, str] = ("id", "ASC"),
    filter_: Record | None = None,
) -> Record:
    return {
        "pagination": {"page": page, "perPage": size},
        "sort": {"field": sort[0], "order": sort[1]},
        "filter": filter_ or {},
    }


def _pages(data: DataSet) -> Iterator[Call]:
    """Pages and orders of getList; the fifth of a page lies between two of 75 views."""
    items = data.listed
    by_title = sorted(items, key=lambda item: str(item["title"]))
    by_views = sorted(items, key=lambda item: int(item["views"]), reverse=True)
    for page, size, sort, part in (
        (1, 5, ("id", "ASC"), items[:5]),
        (3, 5, ("id", "ASC"), items[10:]),
        (9, 5, ("id", "ASC"), []),
        (1, 5, ("id", "DESC"), items[:-6:-1]),
        (2, 4, ("title", "ASC"), by_title[4:8]),
        (1, 6, ("views", "DESC"), by_views[:6]),
    ):
        yield Call("getList", ("posts", _asked(page, size, sort)), {"data": part, "total": 12})


def _filtered(data: DataSet, filters: Iterable[tuple[Record, list[int]]]) -> Iterator[Call]:
    for filter_, found in filters:
        items = [data.listed[index] for index in found]
        expected = {"data": items, "total": len(items)}
        yield Call("getList", ("posts", _asked(filter_=filter_)), expected)


def _filters(data: DataSet) -> Iterator[Call]:
    """Filters that both providers can write."""
    one, two, three, *_ = data.ids
    yield from _filtered(
        data,
        [
            ({"author": one}, [0, 3, 6, 9]),
            ({"author": [one, two]}, [0, 1, 3, 4, 6, 7, 9, 10]),
            ({"author": three, "featured": True}, [2, 11]),
            ({"place": {"city": "Turin"}, "views": 75}, [5]),
            ({"q": "OIL"}, [0, 8]),
            ({"q": "turin", "featured": False}, [5, 8]),
            ({"title": "Oiling"}, []),
        ],
    )


def _operators(data: DataSet) -> Iterator[Call]:
    """Filters with json-server's operators."""
    yield from _filtered(
        data,
        [
            ({"views_gte": 75, "views_lte": 300}, [1, 4, 5, 11]),
            ({"featured_ne": True, "title_like": "a "}, [1, 5, 10]),
        ],
    )


def _one(data: DataSet) -> Iterator[Call]:
    """getOne, with an id as JSON has it, and as a text, as a page's address has it."""
    nothing = Failure(404, "Nothing is stored under /posts/none.")
    yield Call("getOne", ("posts", {"id": data.ids[2]}), {"data": data.stored[2]})
    yield Call("getOne", ("posts", {"id": str(data.ids[11])}), {"data": data.stored[11]})
    yield Call("getOne", ("posts", {"id": "none"}), nothing)


def _many(data: DataSet) -> Iterator[Call]:
    """getMany, and getManyReference, the list of those that name another resource."""
    items, ids = data.listed, data.ids
    yield Call("getMany", ("posts", {"ids": [ids[1], ids[10]]}), {"data": [items[1], items[10]]})
    yield Call("getMany", ("posts", {"ids": [str(ids[2]), "none"]}), {"data": [items[2]]})
    reference = {"target": "author", "id": str(ids[1])}
    for page, found in ((1, [10, 7, 4]), (2, [1])):
        asked = _asked(page, 3, ("id", "DESC"), {"featured": False}) | reference
        expected = {"data": [items[index] for index in found], "total": 4}
        yield Call("getManyReference", ("posts", asked), expected)


def _create(data: DataSet) -> Iterator[Call]:
    """create, without an id and with one of the client's own."""
    made: Record = {"title": "Made", "views": 0}
    named: Record = {"id": "named", "title": "Named"}
    numbered: Record = {"id": data.next_id, **made}
    yield Call("create", ("posts", {"data": made}), {"data": numbered})
    yield Call("create", ("posts", {"data": named}), {"data": named})
    yield Call("create", ("posts", {"data": named}), Failure(409, "taken by /posts/named"))
    yield Call("getOne", ("posts", {"id": data.next_id}), {"data": numbered})
    yield Call("getMany", ("posts", {"ids": ["named", data.next_id]}), {"data": [numbered, named]})


def _update(data: DataSet) -> Iterator[Call]:
    """update, which sends all that getOne gave, with what has changed."""
    id_, before = data.ids[3], data.stored[3]
    after = before | {"title": "Changed", "views": 1.5}
    sent = {"id": id_, "data": after, "previousData": before}
    yield Call("update", ("posts", sent), {"data": after})
    yield Call("getOne", ("posts", {"id": id_}), {"data": after})
    yield Call("getMany", ("posts", {"ids": [id_]}), {"data": [{"id": id_, **after}]})


def _update_many(data: DataSet) -> Iterator[Call]:
    """updateMany, which replaces each resource by the same data: here without an id."""
    ids = data.ids[4:6]
    replaced = [{"id": data.id_by_name(index), "featured": True} for index in (4, 5)]
    sent = {"ids": ids, "data": {"featured": True}}
    yield Call("updateMany", ("posts", sent), {"data": [None, None]})
    yield Call("getMany", ("posts", {"ids": ids}), {"data": replaced})


def _delete(data: DataSet) -> Iterator[Call]:
    """delete and deleteMany, and what is there afterwards."""
    one, *more = data.ids[6:9]
    before = data.stored
    deleted = [each.get("id") for each in before[7:9]]
    sent = {"id": one, "previousData": data.listed[6]}
    yield Call("delete", ("posts", sent), {"data": before[6]})
    yield Call("deleteMany", ("posts", {"ids": more}), {"data": deleted})
    yield Call("getMany", ("posts", {"ids": [one, *more]}), {"data": []})
    yield Call("delete", ("posts", sent), Failure(404, f"Nothing is stored under /posts/{one}."))


def _encoded(_: DataSet) -> Iterator[Call]:
    """An id that can be in an address only percent-encoded."""
    record: Record = {"id": "a/b? 50%", "title": "Odd"}
    yield Call("create", ("posts", {"data": record}), {"data": record})
    yield Call("getOne", ("posts", {"id": record["id"]}), {"data": record})
    yield Call("getMany", ("posts", {"ids": [record["id"]]}), {"data": [record]})
    yield Call("update", ("posts", {"id": record["id"], "data": record}), {"data": record})
    yield Call("deleteMany", ("posts", {"ids": [record["id"]]}), {"data": [record["id"]]})


_BOTH = (_pages, _filters, _one, _many, _create, _update, _update_many, _delete)
_PROVIDERS = {
    # Filters come before what changes the data; this provider leaves ids as they are in addresses.
    "ra-data-json-server": (_operators, *_BOTH),
    "ra-data-simple-rest": (*_BOTH, _encoded),
}


@pytest.mark.parametrize("data", DATA_SETS, ids=lambda data: data.key)
@pytest.mark.parametrize("package", _PROVIDERS)
def test_every_method_gives_what_react_admin_works_with(
    package: str, data: DataSet, tmp_path: Path
) -> None:
    """Each call of the provider comes to the records or the error that it should."""
    calls = [call for make in _PROVIDERS[package] for call in make(data)]
    wrong = differences(package, data, calls, tmp_path)
    assert not wrong, "\n".join(wrong)

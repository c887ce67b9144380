"""refine's simple-rest data provider, every method, over each data set.

What is answered with a resource's own bytes (getOne, update, deleteOne) has an
`id` only where its content has one; in lists each record has it.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.data_sets import DATA_SETS, DataSet, Record
from tests.clients.node import needs_node
from tests.clients.providers import URL, Call, Failure, differences

pytestmark = needs_node


def _list(data: DataSet, found: list[int], total: int | None = None, **asked: object) -> Call:
    """A getList that must find the resources with these places in the data, in this order."""
    items = [data.listed[index] for index in found]
    expected = {"data": items, "total": len(items) if total is None else total}
    return Call("getList", ({"resource": "posts", **asked},), expected)


def _pages(data: DataSet) -> Iterator[Call]:
    """Pages, ten a page unless asked; `off` leaves it to the client."""
    yield _list(data, [*range(10)], 12)
    yield _list(data, [*range(5, 10)], 12, pagination={"currentPage": 2, "pageSize": 5})
    yield _list(data, [], 12, pagination={"currentPage": 4, "pageSize": 5})
    yield _list(data, [*range(12)], pagination={"mode": "off"})


def _sorters(data: DataSet) -> Iterator[Call]:
    """One sorter, and two where the first leaves some equal."""
    views = {"field": "views", "order": "desc"}
    title, featured = ({"field": name, "order": "asc"} for name in ("title", "featured"))
    six = {"currentPage": 1, "pageSize": 6}
    yield _list(data, [9, 3, 7, 1, 11, 4], 12, sorters=[views], pagination=six)
    yield _list(data, [9, 3, 7, 1, 11, 5], 12, sorters=[views, title], pagination=six)
    yield _list(data, [7, 1, 4, 5, 8, 10], 12, sorters=[featured, views], pagination=six)


def _filters(data: DataSet) -> Iterator[Call]:
    """Each operator that the provider writes; all filters must be met."""
    for found, filters in (
        ([0, 3, 6, 9], [("author", "eq", data.ids[0])]),
        ([0, 1, 3, 4, 6, 7, 9, 10], [("author", "eq", [*data.ids[:2]])]),
        ([1, 4, 5, 7, 8, 10], [("featured", "ne", True)]),
        ([2, 6, 10], [("views", "lte", 18)]),
        ([3, 9], [("views", "gte", 1200)]),
        ([4, 5, 11], [("views", "gte", 75), ("views", "lte", 150)]),
        ([0, 8], [("title", "contains", "OIL")]),
        ([5], [("place.city", "eq", "Turin"), ("views", "eq", "75")]),
        ([0, 8], [("q", "eq", "oil")]),
        ([], [("title", "eq", "Oiling")]),
    ):
        asked = [dict(zip(("field", "operator", "value"), each, strict=True)) for each in filters]
        yield _list(data, found, filters=asked)


def _reading(data: DataSet) -> Iterator[Call]:
    """getOne and getMany, with ids as JSON has them, and as texts."""
    ids, items = data.ids, data.listed
    nothing = Failure(404, "Nothing is stored under /posts/none.")
    for id_ in (ids[2], str(ids[2])):
        yield Call("getOne", ({"resource": "posts", "id": id_},), {"data": data.stored[2]})
    yield Call("getOne", ({"resource": "posts", "id": "none"},), nothing)
    asked = {"resource": "posts", "ids": [ids[1], str(ids[10]), "none"]}
    yield Call("getMany", (asked,), {"data": [items[1], items[10]]})


def _create(data: DataSet) -> Iterator[Call]:
    """create, without an id and with one of the client's own."""
    made: Record = {"title": "Made", "views": 0}
    named: Record = {"id": "named", "title": "Named"}
    numbered: Record = {"id": data.next_id, **made}
    taken = Failure(409, "taken by /posts/named")
    yield Call("create", ({"resource": "posts", "variables": made},), {"data": numbered})
    yield Call("create", ({"resource": "posts", "variables": named},), {"data": named})
    yield Call("create", ({"resource": "posts", "variables": named},), taken)
    yield Call("getOne", ({"resource": "posts", "id": data.next_id},), {"data": numbered})


def _update(data: DataSet) -> Iterator[Call]:
    """update, which is a PATCH of what has changed, or the method that is asked for."""
    asked = {"resource": "posts", "id": data.ids[3]}
    patched = data.stored[3] | {"title": "Changed", "place": {"city": None}}
    replaced = data.stored[3]
    changes: Record = {"title": "Changed", "place": {"city": None}}
    yield Call("update", ({**asked, "variables": changes},), {"data": patched})
    yield Call("getOne", (asked,), {"data": patched})
    put = {**asked, "variables": replaced, "meta": {"method": "put"}}
    yield Call("update", (put,), {"data": replaced})
    yield Call("getOne", (asked,), {"data": replaced})
    nowhere = {"resource": "posts", "id": "none", "variables": changes}
    yield Call("update", (nowhere,), Failure(404, "Nothing is stored under /posts/none."))


def _delete(data: DataSet) -> Iterator[Call]:
    """deleteOne, which sends content with the request where it has variables."""
    one, other = ({"resource": "posts", "id": id_} for id_ in data.ids[6:8])
    yield Call("deleteOne", (one,), {"data": data.stored[6]})
    yield Call("deleteOne", ({**other, "variables": {"why": "old"}},), {"data": data.stored[7]})
    yield Call("getMany", ({"resource": "posts", "ids": [*data.ids[6:8]]},), {"data": []})
    yield Call("deleteOne", (one,), Failure(404, f"Nothing is stored under /posts/{one['id']}."))


def _custom(data: DataSet) -> Iterator[Call]:
    """custom, whose queries begin with an empty parameter, and getApiUrl."""
    posts, one = f"{URL}/posts", f"{URL}/posts/{data.ids[8]}"
    before = data.stored[8]
    asked = {
        "sorters": [{"field": "views", "order": "asc"}],
        "filters": [{"field": "views", "operator": "gte", "value": 1000}],
        "query": {"featured": "true", "_start": 1, "_limit": 1},
    }
    made: Record = {"id": "custom", "title": "Custom"}
    yield Call("getApiUrl", (), URL)
    yield Call("custom", ({"url": posts, "method": "get", **asked},), {"data": [data.listed[9]]})
    yield Call("custom", ({"url": one, "method": "get"},), {"data": before})
    yield Call("custom", ({"url": posts, "method": "post", "payload": made},), {"data": made})
    for method, payload, after in (
        ("patch", {"views": 34}, before | {"views": 34}),
        ("put", before, before),
        ("delete", None, before),
    ):
        sent = {"url": one, "method": method, "payload": payload}
        yield Call("custom", (sent,), {"data": after})
    nothing = Failure(404, f"Nothing is stored under /posts/{data.ids[8]}.")
    yield Call("custom", ({"url": one, "method": "get"},), nothing)


_METHODS = (_pages, _sorters, _filters, _reading, _create, _update, _delete, _custom)


@pytest.mark.parametrize("data", DATA_SETS, ids=lambda data: data.key)
def test_every_method_gives_what_refine_works_with(data: DataSet, tmp_path: Path) -> None:
    """Each call of the provider comes to the records or the error that it should."""
    calls = [call for make in _METHODS for call in make(data)]
    wrong = differences("@refinedev/simple-rest", data, calls, tmp_path)
    assert not wrong, "\n".join(wrong)

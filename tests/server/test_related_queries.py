"""Queries that go by declared relations, over each store: `_embed`, `_expand`, nested addresses."""

import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from kvput.config import Config
from kvput.query.parameters import parse_query
from kvput.resources.listing import listing
from kvput.resources.relations.sides import sides_of
from kvput.store import open_store
from kvput.store.base import Put, Store
from kvput.store.memory import MemoryStore
from tests.declared.declaring import declared
from tests.resources.tools import CountingView
from tests.serving import Address, Reply, serving
from tests.store.tools import collection, resource, writing

DECLARED = declared(
    """
    [collections]
    users = {}
    [collections.tags]
    readonly = ["kind"]
    [collections.posts.relations]
    author = {to = "users", inverse = "posts"}
    editor = {to = "users"}
    tags = {to = "tags", many = true, inverse = "posts", on_delete = "unlink"}
    seeAlso = {to = "posts", many = true, on_delete = "unlink"}
    categoryId = {to = "categories"}
    [collections.categories.relations]
    parent = {to = "categories", inverse = "children"}
    [collections.profiles.relations]
    user = {to = "users", inverse = "profile", inverse_many = false}
    [collections.comments.relations]
    post = {to = "posts", required = true, on_delete = "cascade"}
    author = {to = "users"}
    [collections.notes.relations]
    writer = {to = "users"}
    reader = {to = "users"}
    [collections.people.relations]
    friends = {to = "people", many = true, inverse = "friends"}
    [collections."shop/orders".relations]
    customer = {to = "shop/customers", inverse = "orders"}
    [collections."shop/customers"]
    """
)
GIVEN: Mapping[str, object] = {
    "/users/1": {"name": "Ada", "posts": [1, 2], "profile": 7},
    "/users/2": {"name": "Grace", "posts": []},
    "/posts/1": {"author": 1, "tags": ["wood", "clay"], "categoryId": 2, "seeAlso": [2, 3]},
    "/posts/2": {"author": "1", "editor": 2, "tags": [], "likeId": "x"},
    "/posts/3": {"author": None, "title": "c"},
    "/tags/clay": {"posts": [1]},
    "/tags/wood": {"posts": [1]},
    "/categories/1": {"children": [2]},
    "/categories/2": {"parent": 1, "children": []},
    "/profiles/7": {"user": 1, "bio": "x"},
    "/comments/1": {"post": 1, "author": 2},
    "/comments/2": {"post": 1, "author": 2},
    "/comments/3": {"post": 2, "author": 1},
    "/notes/1": {"writer": 1},
    "/people/1": {"friends": ["x"]},
    "/people/x": {"friends": [1]},
    "/likes/x": {"n": 1},
    "/shop/customers/1": {"orders": [1]},
    "/shop/orders/1": {"customer": 1},
    # By json-server's names, a reply belongs to a post, though nobody has declared it.
    "/replies/1": {"postId": 2},
}
JSON = {"Content-Type": "application/json"}


@pytest.fixture(params=["memory", "files"])
async def address(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Address]:
    """A server with what is given, by what is declared."""
    memory = request.param == "memory"
    store: Store = MemoryStore() if memory else open_store(tmp_path, read_cache=1 << 20)
    puts = [Put(resource(url), json.dumps(value).encode()) for url, value in GIVEN.items()]
    try:
        await store.commit(writing(*puts))
        async with serving(store, Config(data=tmp_path), lambda: DECLARED) as served:
            yield served
    finally:
        await store.close()


async def asked(address: Address, target: str) -> object:
    """What GET shows, with only the id of each object in another."""
    reply = await address.request("GET", target)
    assert reply.status == 200, reply.body
    assert reply.field("ETag") is not None
    return reply.json()


def ids(value: object) -> object:
    """The id of what is brought along, or the ids; what is none stays."""
    if isinstance(value, list):
        return [ids(each) for each in value]
    return f"/{value['id']}" if isinstance(value, dict) else value


async def sent(address: Address, method: str, target: str, value: object = None) -> Reply:
    """The answer to a request with this content."""
    content = None if value is None else json.dumps(value).encode()
    return await address.request(method, target, JSON, content)


# --- what is brought along


@pytest.mark.parametrize(
    ("url", "query", "member", "expected"),
    [
        # By a member that is declared, with either parameter.
        ("/posts/1", "_expand=author", "author", "/1"),
        ("/posts/1", "_embed=author", "author", "/1"),
        ("/posts/2", "_expand=author", "author", "/1"),
        ("/posts/2", "_expand=editor", "editor", "/2"),
        ("/posts/1", "_expand=tags", "tags", ["/wood", "/clay"]),
        ("/posts/1", "_embed=tags", "tags", ["/wood", "/clay"]),
        ("/posts/1", "_expand=seeAlso", "seeAlso", ["/2", "/3"]),
        ("/posts/1", "_expand=categoryId", "categoryId", "/2"),
        ("/posts/1", "_expand=category", "category", "/2"),
        ("/posts/1", "_embed=category", "category", "/2"),
        ("/categories/2", "_expand=parent", "parent", "/1"),
        ("/people/1", "_expand=friends", "friends", ["/x"]),
        ("/profiles/7", "_expand=user", "user", "/1"),
        ("/shop/orders/1", "_expand=customer", "customer", "/1"),
        # By an inverse: whoever names the resource, whatever the inverse says.
        ("/users/1", "_embed=posts", "posts", ["/1", "/2"]),
        ("/users/1", "_expand=posts", "posts", ["/1", "/2"]),
        ("/users/2", "_embed=posts", "posts", []),
        ("/tags/wood", "_embed=posts", "posts", ["/1"]),
        ("/categories/1", "_embed=children", "children", ["/2"]),
        ("/users/1", "_embed=profile", "profile", "/7"),
        ("/shop/customers/1", "_embed=orders", "orders", ["/1"]),
        # By the name of the collection, where one relation of it leads here.
        ("/users/2", "_embed=comments", "comments", ["/1", "/2"]),
        ("/posts/1", "_embed=comments", "comments", ["/1", "/2"]),
        ("/users/1", "_embed=profiles", "profiles", ["/7"]),
        ("/categories/1", "_embed=categories", "categories", ["/2"]),
        # By json-server's names, where nothing is declared for them.
        ("/posts/2", "_embed=replies", "replies", ["/1"]),
        ("/posts/2", "_expand=like", "like", "/x"),
        # What names nothing stays as it is.
        ("/posts/3", "_expand=author", "author", None),
        ("/posts/3", "_expand=tags", "tags", "missing"),
        ("/posts/2", "_expand=tags", "tags", []),
        ("/users/2", "_embed=profile", "profile", "missing"),
    ],
)
async def test_what_is_declared_is_brought_along(
    address: Address, url: str, query: str, member: str, expected: object
) -> None:
    """In a list and in a single resource alike."""
    alone = await asked(address, f"{url}?{query}")
    above, _, name = url.rpartition("/")
    (listed,) = [
        each
        for each in (await asked(address, f"{above}?{query}"))  # type: ignore[attr-defined]  # a list
        if str(each["id"]) == name
    ]
    assert listed == alone
    assert ids(listed.get(member, "missing")) == expected


async def test_what_leads_nowhere_is_left_out_of_a_list() -> None:
    """And an id alone stays: nobody could tell what it is of otherwise."""
    lost = b'{"author": 99, "tags": ["lost", "clay"]}'
    store = MemoryStore()
    await store.commit(writing(Put(resource("/posts/1"), lost), Put(resource("/tags/clay"), b"{}")))
    async with serving(store, Config(data=Path("data")), lambda: DECLARED) as served:
        post = await asked(served, "/posts/1?_expand=author,tags")
    assert post == {"id": 1, "author": 99, "tags": [{"id": "clay"}]}


async def test_what_is_brought_along_is_the_text_that_is_stored(tmp_path: Path) -> None:
    """Each number as it is written; and all other bytes of the item stay."""
    store = MemoryStore()
    await store.commit(
        writing(
            Put(resource("/posts/1"), b'{"n": 1e400,  "author": 1}'),
            Put(resource("/users/1"), b'{"id": 1,"n":1.10}'),
        )
    )
    async with serving(store, Config(data=tmp_path), lambda: DECLARED) as served:
        post = await served.request("GET", "/posts/1?_expand=author")
        user = await served.request("GET", "/users/1?_embed=posts")
    assert post.body.startswith(b'{"id": 1, "n": 1e400,  "author": {')
    assert b"1.10" in post.body
    assert b"1e400" in user.body


@pytest.mark.parametrize(
    ("target", "member"),
    [("/users/1?_embed=posts", "author"), ("/users?_embed=posts", "author")],
)
async def test_the_tag_changes_with_what_is_brought_along(
    address: Address, target: str, member: str
) -> None:
    """A client that has the answer is told so until then."""
    tag = {"If-None-Match": (await address.request("GET", target)).field("ETag") or ""}
    assert (await address.request("GET", target, tag)).status == 304
    await sent(address, "PUT", "/posts/1", {member: 1, "title": "new"})
    assert (await address.request("GET", target, tag)).status == 200


async def test_one_look_at_the_index_for_each_resource() -> None:
    """Who is named by many is looked for once, and no collection is read through."""
    store = MemoryStore()
    users = [Put(resource(f"/users/{n}"), b"{}") for n in range(5)]
    posts = [Put(resource(f"/posts/{n}"), b'{"author": %d}' % (n % 2)) for n in range(20)]
    await store.commit(writing(*users, *posts))
    sides = sides_of(DECLARED)
    for url, query, looked_at, times in (
        ("/users/", "_embed=posts", "/posts/", 5),
        ("/posts/", "_expand=author", "/users/", 2),
    ):
        counts: Counter[tuple[str, object]] = Counter()
        look = listing(collection(url), parse_query(query), sides=sides)
        await store.read(lambda view, look=look, counts=counts: look(CountingView(view, counts)))  # type: ignore[misc]  # a view that counts
        assert counts["select", collection(looked_at)] == times
        assert counts["names", collection(looked_at)] == 0


# --- names that lead nowhere


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("/posts?_expand=autor", "author, category, categoryId, editor, seeAlso, tags"),
        ("/posts/1?_expand=autor", '"_expand"'),
        ("/posts?_expand=comments", '"comments"'),
        ("/posts?_embed=coments", "author, category, categoryId, comments, editor, posts, "),
        ("/posts?_embed=autor", '"autor"'),
        ("/posts?id=none&_expand=autor", '"autor"'),
        ("/posts?embed=[%22autor%22]", '"_embed"'),
        ("/users/1/posts?_expand=autor", '"autor"'),
        ("/users?_embed=notes", "(writer in /notes, reader in /notes)"),
    ],
)
async def test_a_name_that_leads_nowhere(address: Address, target: str, says: str) -> None:
    """Where relations are declared, it is refused, with the names that there are."""
    reply = await address.request("GET", target)
    assert (reply.status, reply.problem) == (400, "malformed-parameter")
    assert says in json.loads(reply.body)["detail"]


@pytest.mark.parametrize("query", ["_embed=nothings", "_expand=noun", "_embed=noun"])
async def test_a_name_that_leads_nowhere_where_no_relation_is_declared(
    address: Address, query: str
) -> None:
    """It is taken, since what leads there may come with the next write."""
    assert await asked(address, f"/likes?{query}") == [
        {"id": "x", "n": 1} | ({"nothings": []} if query == "_embed=nothings" else {})
    ]


# --- nested addresses


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/users/1/posts", ["/1", "/2"]),
        ("/users/1/posts/", ["/1", "/2"]),
        ("/users/1/posts?editor=2", ["/2"]),
        ("/users/1/posts?_sort=-id&_limit=1", ["/2"]),
        ("/users/2/posts", []),
        ("/tags/wood/posts", ["/1"]),
        ("/posts/1/tags", ["/clay", "/wood"]),
        ("/posts/2/tags", []),
        ("/posts/3/tags", []),
        ("/posts/1/seeAlso", ["/2", "/3"]),
        ("/categories/1/children", ["/2"]),
        ("/categories/1/categories", ["/2"]),
        ("/users/2/comments", ["/1", "/2"]),
        ("/posts/1/comments", ["/1", "/2"]),
        ("/users/1/profiles", ["/7"]),
        ("/people/1/friends", ["/x"]),
        ("/shop/customers/1/orders", ["/1"]),
        ("/posts/2/replies", ["/1"]),
    ],
)
async def test_a_nested_address_lists_what_a_relation_leads_to(
    address: Address, target: str, expected: object
) -> None:
    """By the name of a member or of a collection, with all that a query may ask for."""
    assert ids(await asked(address, target)) == expected


async def test_items_of_a_nested_list_bring_others_along(address: Address) -> None:
    """They are those of their own collection."""
    posts = await asked(address, "/users/1/posts?_expand=author&_embed=comments")
    assert isinstance(posts, list)
    assert [(ids(post["author"]), ids(post["comments"])) for post in posts] == [
        ("/1", ["/1", "/2"]),
        ("/1", ["/3"]),
    ]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE"])
@pytest.mark.parametrize(
    "target", ["/users/99/posts", "/tags/stone/posts", "/posts/99/tags", "/users/1/notes"]
)
async def test_a_nested_address_of_nothing(address: Address, method: str, target: str) -> None:
    """404: what the address names is not there, or several relations could be meant."""
    query = "?title=c" if method == "DELETE" else ""
    reply = await sent(address, method, target + query, {} if method == "POST" else None)
    assert reply.status == 404
    assert (await address.request("GET", target + "/1")).status == 404


async def test_a_folder_at_a_nested_address_comes_first(address: Address) -> None:
    """What stands there is what the address names."""
    await sent(address, "PUT", "/users/1/posts/9", {})
    assert ids(await asked(address, "/users/1/posts")) == ["/9"]
    created = await sent(address, "POST", "/users/1/posts", {})
    assert created.field("Location") == "/users/1/posts/10"


@pytest.mark.parametrize(
    ("target", "value", "location", "stored"),
    [
        ("/users/2/posts", {}, "/posts/4", {"author": 2, "id": 4}),
        ("/users/2/posts", {"author": "2"}, "/posts/4", {"author": "2", "id": 4}),
        ("/tags/wood/posts", {"t": 1}, "/posts/4", {"tags": ["wood"], "t": 1, "id": 4}),
        (
            "/tags/wood/posts",
            {"tags": ["clay", "wood"]},
            "/posts/4",
            {"tags": ["clay", "wood"], "id": 4},
        ),
        ("/categories/2/children", {}, "/categories/3", {"parent": 2, "id": 3}),
        ("/posts/3/comments", {}, "/comments/4", {"post": 3, "id": 4}),
        ("/posts/3/tags", {}, "/tags/1", {"posts": [3], "id": 1}),
        ("/people/1/friends", {}, "/people/2", {"friends": [1], "id": 2}),
        ("/posts/2/replies", {}, "/replies/2", {"postId": 2, "id": 2}),
    ],
)
async def test_a_post_to_a_nested_address(
    address: Address, target: str, value: object, location: str, stored: object
) -> None:
    """The new resource names what the address says, in the member that is declared for that."""
    reply = await sent(address, "POST", target, value)
    assert reply.status == 201, reply.body
    assert reply.field("Location") == location
    assert reply.json() == stored
    assert f"/{json.loads(reply.body)['id']}" in ids(await asked(address, target))  # type: ignore[operator]  # a list


async def test_the_other_side_changes_with_a_post_to_a_nested_address(address: Address) -> None:
    """As with any other write."""
    reply = await sent(address, "POST", "/tags/wood/posts", {"author": 2})
    assert sorted(reply.all_fields("Link")) == [
        '</tags/wood>; rel="related"',
        '</users/2>; rel="related"',
    ]
    assert await asked(address, "/tags/wood") == {"posts": [1, 4]}


@pytest.mark.parametrize(
    ("target", "value", "status", "says"),
    [
        ("/users/2/posts", {"author": 1}, 422, "The member author is not 2"),
        ("/users/2/posts", {"author": None}, 422, "The member author is not 2"),
        ("/users/2/posts", {"author": [2]}, 422, "The member author is not 2"),
        ("/tags/wood/posts", {"tags": ["clay"]}, 422, "The member tags does not name wood"),
        ("/users/2/posts", [], 422, "The content must be an object here"),
        ("/posts/1/seeAlso", {}, 405, "POST to /posts"),
    ],
)
async def test_a_post_that_says_otherwise_than_its_address(
    address: Address, target: str, value: object, status: int, says: str
) -> None:
    """It is refused with what to do instead."""
    reply = await sent(address, "POST", target, value)
    assert reply.status == status
    assert says in json.loads(reply.body)["detail"]


async def test_a_post_where_only_the_server_writes_the_member_that_belongs(tmp_path: Path) -> None:
    """Nobody could say there that a new tag belongs to the post."""
    rules = declared(
        """
        [collections.posts.relations]
        tags = {to = "tags", many = true, inverse = "posts"}
        [collections.tags]
        readonly = ["posts"]
        """
    )
    store = MemoryStore()
    await store.commit(writing(Put(resource("/posts/1"), b"{}")))
    async with serving(store, Config(data=tmp_path), lambda: rules) as served:
        reply = await sent(served, "POST", "/posts/1/tags", {})
        assert (reply.status, reply.problem) == (405, "method-not-allowed")
        assert "/posts/1 says itself" in json.loads(reply.body)["detail"]


async def test_several_collections_of_one_name(tmp_path: Path) -> None:
    """The answer says which there are, and by which members they lead there."""
    rules = declared(
        """
        [collections.customers]
        [collections.orders.relations]
        customer = {to = "customers"}
        [collections."shop/orders".relations]
        customer = {to = "customers"}
        """
    )
    store = MemoryStore()
    await store.commit(writing(Put(resource("/customers/1"), b"{}")))
    async with serving(store, Config(data=tmp_path), lambda: rules) as served:
        for target in ("/customers/1/orders", "/customers/1?_embed=orders"):
            detail = json.loads((await served.request("GET", target)).body)["detail"]
            assert "/orders" in detail
            assert "/shop/orders" in detail


async def test_a_batch_creates_at_a_nested_address(address: Address) -> None:
    """By what is declared, as the single request does."""
    operations = [{"op": "create", "path": "/users/2/posts", "value": {}}]
    reply = await sent(address, "POST", "/-/batch", {"operations": operations})
    assert reply.status == 200, reply.body
    assert await asked(address, "/posts/4") == {"author": 2, "id": 4}


async def test_a_delete_by_query_at_a_nested_address(address: Address) -> None:
    """It deletes what GET with the same query lists."""
    reply = await sent(address, "DELETE", "/users/2/comments?post=1")
    assert ids(reply.json()) == ["/1", "/2"]
    assert ids(await asked(address, "/comments")) == ["/3"]


async def test_a_list_of_what_a_resource_names_is_deleted_by_query(address: Address) -> None:
    """Of others, that meet the query as well, nothing is deleted."""
    reply = await sent(address, "DELETE", "/posts/1/tags?id_ne=wood")
    assert ids(reply.json()) == ["/clay"]
    assert ids(await asked(address, "/tags")) == ["/wood"]

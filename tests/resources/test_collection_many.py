"""What a POST of many, and one to a nested route, decide, asked of the decisions themselves."""

from collections import Counter

import pytest

from kvput.content.media_types import AnyContent, ManyContents, read_json, read_json_lines
from kvput.errors import HiddenName, IdTaken, InvalidContent, KvputError
from kvput.names import HIGHEST_NUMBER
from kvput.resources.collection import create
from kvput.semantics.preconditions import NO_PRECONDITIONS
from kvput.store.base import Batch, Decision, Put, RaiseCounter, Store, View
from kvput.store.memory import MemoryStore
from tests.resources.tools import CountingView
from tests.store.tools import collection, content_of, resource, seen, writing

ARTICLES = collection("/articles/")


def lines(*texts: str) -> ManyContents:
    """Content of many resources."""
    return read_json_lines("\n".join(texts).encode())


async def store_with(*urls: str) -> MemoryStore:
    """A store with resources, all of them `{}`."""
    store = MemoryStore()
    await store.commit(writing(*(Put(resource(url), b"{}") for url in urls)))
    return store


async def decided(store: Store, url: str, content: AnyContent) -> Batch:
    """The batch of a POST to the collection, which is not written."""
    decision = create(collection(url), content, NO_PRECONDITIONS, bare_name=True)
    return await seen(store, decision)


async def names(store: Store, content: AnyContent) -> list[str]:
    """The names that a POST of it to /articles gives, in their order."""
    batch = await decided(store, "/articles", content)
    return [write.path.name for write in batch.writes if isinstance(write, Put)]


@pytest.mark.parametrize(
    ("given", "rows", "due"),
    [
        ([], ["{}", "{}"], ["1", "2"]),
        (["/articles/4"], ["{}", "[]", "{}"], ["5", "6", "7"]),
        ([], ['{"id": "b"}', "{}", '{"id": "a"}', "{}"], ["b", "1", "a", "2"]),
        ([], ["{}", '{"id": 1}', '{"id": "7"}', "{}"], ["8", "1", "7", "9"]),
        (["/articles/9"], ["{}", '{"id": 3}'], ["10", "3"]),
        ([], ['{"id": "007"}', '{"id": -3}', "{}"], ["007", "-3", "1"]),
        (["/articles/2/x"], ["{}", "{}", "{}"], ["1", "3", "4"]),
        ([], ['{"id": ""}', '{"id": 4}', '{"id": null}', '{"id": ""}'], ["5", "4", "6", "7"]),
    ],
)
async def test_the_names_of_many(given: list[str], rows: list[str], due: list[str]) -> None:
    """Ids that are asked for, and numbers above these and all that are there."""
    assert await names(await store_with(*given), lines(*rows)) == due


async def test_many_are_one_batch() -> None:
    """Each path stands in it once, and the counter says which number was the last."""
    batch = await decided(MemoryStore(), "/articles", lines('{"a":1}', "[ 1 ]", '{"id": 5}'))
    assert batch.writes == (
        Put(resource("/articles/6"), b'{"id":6,"a":1}'),
        Put(resource("/articles/7"), b"[ 1 ]"),
        Put(resource("/articles/5"), b'{"id": 5}'),
        RaiseCounter(ARTICLES, 7),
    )


async def test_many_that_ask_for_their_ids_touch_no_counter() -> None:
    """As one does not."""
    batch = await decided(MemoryStore(), "/articles", lines('{"id": 1}', '{"id": "x"}'))
    assert batch.writes == (
        Put(resource("/articles/1"), b'{"id": 1}'),
        Put(resource("/articles/x"), b'{"id": "x"}'),
    )


@pytest.mark.parametrize(
    ("rows", "kind", "row", "words"),
    [
        (["{}", "", '{"id": 4}'], IdTaken, 2, "The id 4 is taken by /articles/4"),
        (['{"id": 5}', "{}", '{"id": "5"}'], IdTaken, 3, "Row 1 has the id already"),
        (['{"id": "é"}', '{"id": "e\\u0301"}'], IdTaken, 2, "Row 1 has the id already"),
        (["{}", '{"id": true}'], InvalidContent, 2, "must be a text or a whole number"),
        (['{"id": ".."}'], InvalidContent, 1, "cannot be a resource's name"),
        (["{}", '{"id": "old"}'], HiddenName, 2, "/articles/old is a collection"),
    ],
)
async def test_the_row_at_fault_is_told(
    rows: list[str], kind: type[KvputError], row: int, words: str
) -> None:
    """By its number among the rows, and by its line; nothing is written."""
    store = await store_with("/articles/4", "/articles/old/1")
    line = [text for text in rows if text][row - 1]
    with pytest.raises(kind, match=words) as caught:
        await decided(store, "/articles", lines(*rows))
    assert caught.value.detail.startswith(f"Row {row}, on line {rows.index(line) + 1}: ")
    assert caught.value.members == {"row": row, "line": rows.index(line) + 1}


async def test_numbers_may_end_within_many() -> None:
    """Then there is none for a row, and none of the rows is written."""
    store = await store_with(f"/articles/{HIGHEST_NUMBER - 1}")
    assert await names(store, lines("{}")) == [str(HIGHEST_NUMBER)]
    with pytest.raises(IdTaken, match="used up"):
        await names(store, lines("{}", "{}"))


async def test_a_thousand_rows_are_written_or_none() -> None:
    """The last row's id is taken."""
    store = await store_with("/articles/x")
    rows = ["{}"] * 999
    with pytest.raises(IdTaken):
        await store.commit(
            create(ARTICLES, lines(*rows, '{"id": "x"}'), NO_PRECONDITIONS, bare_name=True)
        )
    assert await content_of(store, "/articles/1") is None
    commit = await store.commit(
        create(ARTICLES, lines(*rows, '{"id": "y"}'), NO_PRECONDITIONS, bare_name=True)
    )
    assert len(commit.changes) == 1000
    assert await content_of(store, "/articles/999") == b'{"id": 999}'


async def test_what_rows_have_in_common_is_looked_at_once() -> None:
    """All other writes wait meanwhile: of the folder it is not asked for each row."""
    store = await store_with("/articles/4")
    rows = [f'{{"id": "x{number}"}}' for number in range(50)]
    decision = create(ARTICLES, lines(*rows), NO_PRECONDITIONS, bare_name=True)
    counts, _ = await counted(store, decision)
    assert counts["is_collection", ARTICLES] + counts["names", ARTICLES] <= 1


async def test_what_rows_tell_by_themselves_is_found_before_the_lock() -> None:
    """Nothing is looked at for rows that cannot be created in any case."""
    store = await store_with("/articles/4")
    for rows in (['{"id": 4}', '{"id": ".."}'], ['{"id": "x"}', '{"id": "x"}']):
        decision = create(ARTICLES, lines(*rows), NO_PRECONDITIONS, bare_name=False)
        counts, raised = await counted(store, decision)
        assert isinstance(raised, InvalidContent | IdTaken)
        assert raised.members == {"row": 2, "line": 2}
        assert {asked for asked, _ in counts} <= {"get"}
        assert counts["get", resource("/articles/4")] == 0


async def test_an_id_that_only_the_collection_rules_out() -> None:
    """At the root, `-` is the server's own."""
    with pytest.raises(InvalidContent, match="for the server itself") as caught:
        await decided(MemoryStore(), "/", lines("{}", '{"id": "-"}'))
    assert caught.value.members == {"row": 2, "line": 2}


async def counted(
    store: Store, decision: Decision
) -> tuple[Counter[tuple[str, object]], KvputError | None]:
    """How often the decision asks for what of which path, and the error that it raises."""
    counts: Counter[tuple[str, object]] = Counter()

    def look(view: View) -> KvputError | None:
        try:
            decision(CountingView(view, counts))  # type: ignore[arg-type]  # a view but for its type
        except KvputError as error:
            return error
        return None

    return counts, await seen(store, look)


# --- nested routes


@pytest.mark.parametrize(
    ("url", "given", "path", "body"),
    [
        ("/posts/1/comments", [], "/comments/8", b'{"id": 8,"postId": 1}'),
        ("/posts/a/comments", ["/posts/a"], "/comments/8", b'{"id": 8,"postId": "a"}'),
        ("/people/7/comments", ["/people/7"], "/comments/8", b'{"id": 8,"personId": 7}'),
        ("/posts/1/likes", [], "/posts/1/likes/1", b'{"id": 1}'),
        ("/posts/2/comments", [], "/posts/2/comments/1", b'{"id": 1}'),
        ("/posts/1/comments", ["/posts/1/comments/4"], "/posts/1/comments/5", b'{"id": 5}'),
        ("/posts/1/comments", ["/posts/1/comments/a/b"], "/posts/1/comments/1", b'{"id": 1}'),
        ("/posts/comments", [], "/posts/comments/1", b'{"id": 1}'),
        ("/a/posts/1/comments", ["/a/posts/1"], "/a/posts/1/comments/1", b'{"id": 1}'),
        ("/a/posts/1/notes", ["/a/posts/1", "/a/notes/1"], "/a/notes/2", b'{"id": 2,"postId": 1}'),
    ],
)
async def test_where_a_post_to_a_nested_route_goes(
    url: str, given: list[str], path: str, body: bytes
) -> None:
    """Into the collection beside, where there is one, and the resource that it is to belong to."""
    store = await store_with("/posts/1", "/comments/7", *given)
    batch = await decided(store, url, read_json(b"{}"))
    (written, _) = batch.writes
    assert isinstance(written, Put)
    assert (written.path.url, b"".join(written.content.split())) == (
        path,
        b"".join(body.split()),
    )


@pytest.mark.parametrize("given", [[], ["/comments/x/y"]])
async def test_a_nested_collection_that_is_there_is_told_by_a_look(given: list[str]) -> None:
    """Its names are not read for it."""
    store = await store_with("/posts/1", "/comments/7", "/posts/1/comments/1", *given)
    decision = create(
        collection("/posts/1/comments"), read_json(b"{}"), NO_PRECONDITIONS, bare_name=True
    )
    counts, raised = await counted(store, decision)
    assert raised is None
    assert not [asked for asked, _ in counts if asked == "names"]


@pytest.mark.parametrize(
    ("content", "stored"),
    [
        (b'{"postId":1}', b'{"postId":1}'),
        (b'{"postId":"1"}', b'{"postId":"1"}'),
        (b'{"postId":1.0}', b'{"postId":1.0}'),
        (b'{"postId":1,"post":1}', b'{"postId":1,"post":1}'),
        (b'{"post":1}', b'{"postId":1,"post":1}'),
        (b'{"post":"1"}', b'{"postId":1,"post":"1"}'),
        (b'{"post":{"id":2}}', b'{"postId":1,"post":{"id":2}}'),
        (b'{"post":null}', b'{"postId":1,"post":null}'),
    ],
)
async def test_a_nested_resource_that_names_its_owner(content: bytes, stored: bytes) -> None:
    """As the list of what belongs to it would find it; `post` may be something else than an id."""
    store = await store_with("/posts/1", "/comments/7")
    batch = await decided(store, "/posts/1/comments", read_json(content))
    (written, _) = batch.writes
    assert isinstance(written, Put)
    assert written.content == b'{"id":8,' + stored[1:]


@pytest.mark.parametrize(
    ("content", "member"),
    [
        (b'{"postId":2}', "postId"),
        (b'{"postId":true}', "postId"),
        (b'{"postId":"1.0"}', "postId"),
        (b'{"postId":[1]}', "postId"),
        (b'{"post":2}', "post"),
        (b'{"post":"x"}', "post"),
        (b'{"postId":1,"post":2}', "post"),
    ],
)
async def test_a_nested_resource_that_names_another_owner(content: bytes, member: str) -> None:
    """By either member."""
    store = await store_with("/posts/1", "/posts/2", "/comments/7")
    with pytest.raises(InvalidContent, match=f"The member {member} is not 1") as caught:
        await decided(store, "/posts/1/comments", read_json(content))
    assert caught.value.members == {"pointer": f"/{member}"}


async def test_the_owner_of_a_nested_resource_is_told_by_its_pointer() -> None:
    """Escaped, where the name of the member is not as simple as most."""
    store = await store_with("/a%2Fbs/1", "/comments/7")
    with pytest.raises(InvalidContent, match="The member a/bId is not 1") as caught:
        await decided(store, "/a%2Fbs/1/comments", read_json(b'{"a/bId": 2}'))
    assert caught.value.members == {"pointer": "/a~1bId"}

"""What a resource is called: ids in contents, names in paths, and the next number."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvput.errors import CounterDamaged, IdTaken, InvalidContent
from kvput.resources.ids import id_of, is_id_of, next_number, path_for_id, path_for_number
from kvput.store.base import Batch, Delete, Put, RaiseCounter, View, Write
from kvput.store.memory import MemoryStore
from tests.store.tools import collection, resource, seen, writing

ARTICLES = collection("/articles/")


@pytest.mark.parametrize(
    ("url", "identifier"),
    [
        ("/articles/7", 7),
        ("/articles/0", 0),
        ("/articles/007", "007"),
        ("/articles/-1", "-1"),
        ("/articles/1.0", "1.0"),
        ("/articles/red-shoe", "red-shoe"),
        ("/articles/a%2Fb", "a/b"),
        ("/articles/9007199254740991", 2**53 - 1),
        ("/articles/9007199254740992", "9007199254740992"),
        ("/articles/1000000000000000000", "1000000000000000000"),
    ],
)
def test_the_id_of_a_resource(url: str, identifier: str | int) -> None:
    """A number where the name is one, in its one form; else the name's text."""
    assert id_of(resource(url)) == identifier
    assert type(id_of(resource(url))) is type(identifier)
    assert path_for_id(ARTICLES, identifier) == resource(url)


@pytest.mark.parametrize(
    ("identifier", "url"),
    [
        (7, "/articles/7"),
        ("7", "/articles/7"),
        (-1, "/articles/-1"),
        (1 - 2**53, f"/articles/{1 - 2**53}"),
        (str(10**30), f"/articles/{10**30}"),
        ("a b", "/articles/a%20b"),
        ("../x", "/articles/..%2Fx"),
        ("-", "/articles/-"),
        (".counter", "/articles/%2Ecounter"),
        ("e\u0301", "/articles/%C3%A9"),
    ],
)
def test_an_id_that_a_content_asks_for(identifier: object, url: str) -> None:
    """Text or whole number, it is a name in the collection, whatever characters it has."""
    assert path_for_id(ARTICLES, identifier) == resource(url)


@pytest.mark.parametrize(
    "identifier", [True, False, None, 1.0, 1.5, [], ["a"], {}, {"id": 1}], ids=repr
)
def test_an_id_that_is_no_text_or_number(identifier: object) -> None:
    """The sentence says what an id is, and that it may be left out."""
    with pytest.raises(InvalidContent) as raised:
        path_for_id(ARTICLES, identifier)
    assert raised.value.detail == (
        "The id must be a text or a whole number: correct it, or leave it out to get the "
        "next number."
    )


@pytest.mark.parametrize(
    "identifier", [2**53, -(2**53), 2**64, 10**30, 1e30, -1e300, math.inf, -math.inf], ids=repr
)
def test_an_id_that_is_too_large_for_a_number(identifier: object) -> None:
    """Not every client would read it exactly, and it is rounded here beyond 64 bits."""
    with pytest.raises(InvalidContent) as raised:
        path_for_id(ARTICLES, identifier)
    assert raised.value.detail == (
        "The id is too large for a number, which ends at 9007199254740991: send it as a text, "
        "in quotation marks."
    )


@pytest.mark.parametrize("identifier", ["", ".", "..", "a\0b", "x" * 300, "\ud800"], ids=ascii)
def test_an_id_that_can_be_no_name(identifier: str) -> None:
    """It is the content that is wrong, not the path of the request."""
    with pytest.raises(InvalidContent, match=r"^The id cannot be a resource's name\. "):
        path_for_id(ARTICLES, identifier)


def test_an_id_of_the_servers_own_name() -> None:
    """At the root, `-` is taken."""
    with pytest.raises(InvalidContent, match="for the server itself"):
        path_for_id(collection("/"), "-")


@pytest.mark.parametrize(
    ("identifier", "url", "is_its_id"),
    [
        (7, "/articles/7", True),
        ("7", "/articles/7", True),
        (7.0, "/articles/7", True),
        (-0.0, "/articles/0", True),
        (7.5, "/articles/7", False),
        (7.0, "/articles/7.0", False),
        ("7.0", "/articles/7.0", True),
        ("7.0", "/articles/7", False),
        (8.0, "/articles/7", False),
        (True, "/articles/1", False),
        (None, "/articles/1", False),
        (1e300, "/articles/1", False),
        (math.inf, "/articles/1", False),
        (math.nan, "/articles/1", False),
    ],
)
def test_whether_an_id_is_the_name(identifier: object, url: str, *, is_its_id: bool) -> None:
    """A number is the same however it is written; a text is none."""
    assert is_id_of(identifier, resource(url)) is is_its_id


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20))
def test_ids_and_names_lead_to_each_other(text: str) -> None:
    """A resource that was stored under an id is found under the id that it is listed with."""
    if text in (".", ".."):
        return
    path = path_for_id(ARTICLES, text)
    assert path.parent == ARTICLES
    assert path_for_id(ARTICLES, id_of(path)) == path


@pytest.mark.parametrize(
    ("writes", "number"),
    [
        ((), 1),
        ((Put(resource("/articles/red-shoe"), b""),), 1),
        ((Put(resource("/articles/1"), b""),), 2),
        ((Put(resource("/articles/10"), b""), Put(resource("/articles/9"), b"")), 11),
        ((RaiseCounter(ARTICLES, 5),), 6),
        ((RaiseCounter(ARTICLES, 5), Put(resource("/articles/3"), b"")), 6),
        ((RaiseCounter(ARTICLES, 5), Put(resource("/articles/8"), b"")), 9),
        ((Put(resource("/posts/70"), b""), RaiseCounter(collection("/posts/"), 80)), 1),
        ((Put(resource("/articles/070"), b""),), 1),
    ],
)
async def test_the_next_number(writes: tuple[Write, ...], number: int) -> None:
    """It is above the counter and above all names that are numbers."""
    store = MemoryStore()
    await store.commit(writing(*writes))
    assert await seen(store, lambda view: next_number(view, ARTICLES)) == number


def test_the_last_number() -> None:
    """Numbers end where JSON's are no longer exact everywhere; the sentence says what to do."""
    assert path_for_number(ARTICLES, 2**53 - 1) == resource("/articles/9007199254740991")
    with pytest.raises(IdTaken, match=r"^The numbers of /articles are used up.* an id of your own"):
        path_for_number(ARTICLES, 2**53)


async def test_a_damaged_counter_gives_no_number() -> None:
    """A number might be given twice: the error comes out."""

    def damaged(view: View) -> int:
        class Damaged:
            def counter(self, _: object) -> int:
                raise CounterDamaged("it holds no number")

            def __getattr__(self, name: str) -> object:
                return getattr(view, name)

        return next_number(Damaged(), ARTICLES)  # type: ignore[arg-type]  # a view but for one call

    with pytest.raises(CounterDamaged):
        await seen(MemoryStore(), damaged)


async def test_a_number_that_was_deleted_is_not_given_again() -> None:
    """As long as its counter was raised with the deletion."""
    store = MemoryStore()
    await store.commit(writing(Put(resource("/articles/9"), b"")))
    await store.commit(
        lambda _: Batch((Delete(resource("/articles/9")), RaiseCounter(ARTICLES, 9)))
    )
    assert await seen(store, lambda view: next_number(view, ARTICLES)) == 10

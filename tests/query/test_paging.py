"""Pages: links to the others, `Content-Range`, the numbers of an envelope."""

import re
from urllib.parse import urlsplit

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kvput.query.paging import Page, Style, content_range, envelope_members, link
from kvput.query.parameters import parse_query


def links(raw: str, total: int, path: str = "/posts") -> dict[str, str]:
    """The targets of the links for a query, by their relation."""
    page = parse_query(raw).page
    assert page is not None
    value = link(page, path, raw, total)
    if value is None:
        return {}
    found = re.findall(r'<([^<>]*)>; rel="([a-z]+)"', value)
    assert value == ", ".join(f'<{target}>; rel="{relation}"' for target, relation in found)
    return {relation: target for target, relation in found}


def test_link_is_written_as_the_rfc_has_it() -> None:
    """RFC 8288 section 3: targets in angle brackets, relations in quotes, divided by commas."""
    page = parse_query("_page=2&_limit=10").page
    assert page is not None
    assert link(page, "/posts", "_page=2&_limit=10", 30) == (
        '</posts?_page=1&_limit=10>; rel="first", </posts?_page=1&_limit=10>; rel="prev", '
        '</posts?_page=3&_limit=10>; rel="next", </posts?_page=3&_limit=10>; rel="last"'
    )


@pytest.mark.parametrize(
    ("raw", "total", "expected"),
    [
        # Pages.
        ("_page=1", 25, {"first": "_page=1", "next": "_page=2", "last": "_page=3"}),
        ("_page=3", 25, {"first": "_page=1", "prev": "_page=2", "last": "_page=3"}),
        ("_page=9", 25, {"first": "_page=1", "prev": "_page=3", "last": "_page=3"}),
        ("_page=9", 0, {"first": "_page=1", "prev": "_page=1", "last": "_page=1"}),
        ("_page=1", 10, {}),
        ("_page=1", 0, {}),
        (
            "_page=2&_per_page=4",
            9,
            {
                "first": "_page=1&_per_page=4",
                "prev": "_page=1&_per_page=4",
                "next": "_page=3&_per_page=4",
                "last": "_page=3&_per_page=4",
            },
        ),
        # Slices.
        (
            "_start=10&_end=20",
            45,
            {
                "first": "_start=0&_end=10",
                "prev": "_start=0&_end=10",
                "next": "_start=20&_end=30",
                "last": "_start=40&_end=50",
            },
        ),
        (
            "_start=5&_end=15",
            30,
            {
                "first": "_start=0&_end=10",
                "prev": "_start=0&_end=10",
                "next": "_start=15&_end=25",
                "last": "_start=25&_end=35",
            },
        ),
        ("_limit=5", 7, {"first": "_limit=5&_start=0", "next": "_limit=5&_start=5"}),
        ("_end=5", 7, {"first": "_end=5&_start=0", "next": "_end=10&_start=5"}),
        ("_start=5&_limit=5", 7, {"first": "_start=0&_limit=5", "prev": "_start=0&_limit=5"}),
        ("_start=90&_limit=5", 7, {"prev": "_start=5&_limit=5", "last": "_start=5&_limit=5"}),
        ("_limit=5", 5, {}),
        ("_limit=0", 5, {}),
        ("_start=3", 5, {}),
        ("_start=5&_end=5", 9, {}),
        # Ranges.
        (
            "range=[10,19]",
            45,
            {
                "first": "range=%5B0,9%5D",
                "prev": "range=%5B0,9%5D",
                "next": "range=%5B20,29%5D",
                "last": "range=%5B40,49%5D",
            },
        ),
        ("range=%5B0%2C1%5D&range=x", 3, {"next": "range=%5B2,3%5D&range=x"}),
        ("range=[0,-1]", 3, {}),
        # All other parameters stay, as they were sent.
        (
            "a=%2bx+y&_page=1&b&%61=é".replace("é", "%C3%A9"),
            11,
            {"next": "a=%2bx+y&_page=2&b&%61=%C3%A9"},
        ),
        ("%5Fpage=1&x=1", 11, {"next": "_page=2&x=1"}),
        ('filter={"a":"<>"}&_page=1', 11, {"next": "filter=%7B%22a%22:%22%3C%3E%22%7D&_page=2"}),
    ],
)
def test_links_of_a_page(raw: str, total: int, expected: dict[str, str]) -> None:
    """Each link is the request itself with another page; where there is none, there is no link."""
    found = links(raw, total)
    assert {relation: found.get(relation) for relation in expected} == {
        relation: f"/posts?{query}" for relation, query in expected.items()
    }
    assert bool(found) == bool(expected)
    if "next" not in expected and expected.keys() >= {"first", "last"}:
        assert "next" not in found


def test_path_of_a_link_is_the_path_of_the_request() -> None:
    """A path keeps its escapes, and its closing slash."""
    found = links("_page=1", 11, "/caf%C3%A9/posts/")
    assert found["next"] == "/caf%C3%A9/posts/?_page=2"


@given(
    style=st.sampled_from(["_page={page}&_limit={size}", "_start={start}&_limit={size}", "range"]),
    start=st.integers(0, 60),
    size=st.integers(1, 20),
    total=st.integers(0, 60),
)
def test_links_lead_through_the_whole_list(style: str, start: int, size: int, total: int) -> None:
    """Following `next` from `first` sees all in order, and ends at `last`, from any page."""
    raw = style.format(page=start // size + 1, start=start, size=size)
    if style == "range":
        raw = f"range=[{start},{start + size - 1}]"
    found = links(raw, total)
    assume(found)
    seen: list[int] = []
    at: str | None = found["first"]
    while at is not None:
        query = urlsplit(at).query
        page = parse_query(query).page
        assert page is not None
        seen += range(total)[page.start : page.stop]
        last, at = at, links(query, total).get("next")
    assert seen == list(range(total))
    if start % size == 0:
        assert last == found["last"]
    if "prev" in found:
        before = parse_query(urlsplit(found["prev"]).query).page
        assert before is not None
        assert before.start < start


@given(st.text(), st.integers(0, 100))
def test_link_is_always_a_header_field(raw: str, total: int) -> None:
    """Whatever else a query says, the value can be sent, and has no target that ends early."""
    query = "&".join(["_page=2", *filter(None, (quoted(raw),))])
    for target in links(query, total).values():
        assert re.fullmatch(r"/posts\?[!-~]*", target)
        assert not set(target) & set('<>"{}|\\^` ')


def quoted(text: str) -> str:
    """A text as a value of a parameter, with nothing encoded but what has to be."""
    return "a=" + "".join(
        character
        if "!" <= character <= "~" and character not in "&%"
        else "".join(f"%{byte:02x}" for byte in character.encode("utf-8", "replace"))
        for character in text
    )


# --- Content-Range


@pytest.mark.parametrize(
    ("start", "size", "collection", "total", "expected"),
    [
        (0, 10, "posts", 319, "posts 0-9/319"),
        (310, 10, "posts", 319, "posts 310-318/319"),
        (0, 10, "posts", 10, "posts 0-9/10"),
        (0, 10, "posts", 0, "posts */0"),
        (20, 10, "posts", 5, "posts */5"),
        (0, 0, "posts", 5, "posts */5"),
        (0, 1, "posts", 1, "posts 0-0/1"),
        (0, 10, "blog posts", 1, "items 0-0/1"),
        (0, 10, "caf\u00e9s", 1, "items 0-0/1"),
        (0, 10, "", 1, "items 0-0/1"),
        (0, 10, "a\r\nb", 1, "items 0-0/1"),
    ],
)
def test_content_range(start: int, size: int, collection: str, total: int, expected: str) -> None:
    """First and last place and the total; the unit is the collection where it can be one."""
    assert content_range(Page(Style.RANGE, start, size), collection, total) == expected


# --- the envelope


@pytest.mark.parametrize(
    ("number", "size", "total", "expected"),
    [
        (1, 10, 25, (1, None, 2, 3, 3, 25)),
        (2, 10, 25, (1, 1, 3, 3, 3, 25)),
        (3, 10, 25, (1, 2, None, 3, 3, 25)),
        (9, 10, 25, (1, 2, None, 3, 3, 25)),
        (1, 10, 20, (1, None, 2, 2, 2, 20)),
        (1, 10, 0, (1, None, None, 1, 1, 0)),
        (9, 10, 0, (1, None, None, 1, 1, 0)),
        (1, 1, 1, (1, None, None, 1, 1, 1)),
    ],
)
def test_envelope(number: int, size: int, total: int, expected: tuple[int | None, ...]) -> None:
    """The members are json-server's, in its order; a page beyond the last is the last."""
    page = parse_query(f"_page={number}&_per_page={size}").page
    assert page is not None
    members = envelope_members(page.within(total), total)
    assert tuple(members.items()) == tuple(
        zip(("first", "prev", "next", "last", "pages", "items"), expected, strict=True)
    )


def test_page_knows_its_number() -> None:
    """Pages are numbered from 1; a slice to the end is the first and only one."""
    assert Page(Style.ARRAY, 0, 10).number == 1
    assert Page(Style.ARRAY, 20, 10).number == 3
    assert Page(Style.SLICE, 5, None).number == 1
    assert Page(Style.SLICE, 5, None).stop is None

"""The names of types."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvput.describing.type_names import name_of_resources, type_name, unused


@pytest.mark.parametrize(
    ("segments", "name"),
    [
        (("articles",), "Article"),
        (("shop", "order-lines"), "ShopOrderLine"),
        (("articles", None, "comments"), "ArticleComment"),
        (("news",), "News"),
        (("blogPosts",), "BlogPost"),
        (("BLOG_POSTS",), "BLOGPOST"),
        (("2024",), "_2024"),
        (("archive", "2024"), "Archive2024"),
        (("статьи",), "Статьи"),
        (("日本",), "日本"),
        (("été.d'hiver",), "ÉtéDHiver"),
        (("a*/ b",), "AB"),
        (("ßa",), "SSa"),
        (("...",), "Unnamed"),
        (("😀",), "Unnamed"),
        (("\u202eabc",), "Abc"),
        ((None,), "Unnamed"),
        ((), "Unnamed"),
    ],
)
def test_name_of_a_collections_resources(segments: tuple[str | None, ...], name: str) -> None:
    """It is the singular, in the capitals that types have, and fit for a program."""
    assert name_of_resources(segments) == name


@given(st.lists(st.text(max_size=12)))
def test_every_name_is_an_identifier(texts: list[str]) -> None:
    """Whatever the files call it."""
    name = type_name(*texts)
    assert name.isidentifier()
    assert len(name) <= 101


@pytest.mark.parametrize(
    ("used", "name"),
    [
        ([[], []], "Tag"),
        ([["Tag"], []], "Tag2"),
        ([["Tag"], ["Tag2", "Tag4"]], "Tag3"),
    ],
)
def test_a_name_that_is_in_use_gets_a_number(used: list[list[str]], name: str) -> None:
    """The first that is free in all of the places."""
    assert unused("Tag", *used) == name

"""The articles of a collection that is listed."""

import collections
import json

import pytest

from benchmarks.articles import BYTES, CATEGORIES, PAGE_SIZE, article, category_of, views_of


@pytest.mark.parametrize("number", [1, 20, 99_999, 100_000])
@pytest.mark.parametrize("edition", ["", "0000100002"])
def test_article_has_its_length_and_its_values(number: int, edition: str) -> None:
    """It is compact JSON of one size, and carries the number as its id."""
    made = article(number, edition)
    value = json.loads(made)
    assert len(made) == BYTES
    assert json.dumps(value, separators=(",", ":")).encode() == made
    assert value["id"] == str(number)
    assert value["category"] == category_of(number)
    assert value["views"] == views_of(number, edition)


def test_categories_have_equally_many_articles() -> None:
    """A filter finds one article in twenty, whichever category it asks for."""
    counted = collections.Counter(category_of(number) for number in range(1, 1001))
    assert counted == {f"c{number}": 1000 // CATEGORIES for number in range(1, CATEGORIES + 1)}


def test_views_are_the_same_each_time_and_hardly_ever_twice() -> None:
    """Every server has the same order to keep, and ties are too few to matter."""
    views = [views_of(number) for number in range(1, 1001)]
    assert views[:3] == [707_577, 563_957, 146_364]
    assert len(set(views)) > 1000 - PAGE_SIZE
    assert views != sorted(views)


def test_each_edition_has_views_of_its_own() -> None:
    """A PUT of another edition moves the article in the order."""
    assert len({views_of(7, edition) for edition in ("", "1", "2", "3")}) == 4

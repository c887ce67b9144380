"""Articles and their authors: who has whom, at first and after each lap of each run."""

import itertools
import json
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.articles import BYTES
from benchmarks.declared import Declared, restore
from benchmarks.load import Failure
from benchmarks.related import (
    ARTICLES_EACH,
    AT_FIRST,
    TRIED,
    UNNAMED,
    Related,
    article,
    author_of,
    moved_on,
    prolific,
    prolific_files,
    read_related,
    related_files,
    unnamed,
    unnamed_files,
)
from benchmarks.works import ARTICLES_OF_ONE, version

FOLDER = list(related_files(100, Declared.RELATION))


def test_articles_and_authors_have_one_size() -> None:
    """All are compact JSON of the bytes that the page says."""
    for place, content in FOLDER[1:]:
        assert len(content) == BYTES, place
        assert json.dumps(json.loads(content), separators=(",", ":")).encode() == content


@pytest.mark.parametrize("on", [AT_FIRST, 1, TRIED])
@pytest.mark.parametrize("resources", [100, 100_000])
def test_each_author_has_equally_many_articles(resources: int, on: int) -> None:
    """Also when all have been moved on."""
    counted = Counter(author_of(number, resources, on) for number in range(1, resources + 1))
    assert set(counted.values()) == {ARTICLES_EACH}
    assert len(counted) == resources // ARTICLES_EACH


def test_no_put_names_the_author_that_an_article_has() -> None:
    """After the first author, the one before a run, and any lap of the run before it."""
    warming = {moved_on(6, lap) for lap in range(4)}
    measured = {moved_on(7, lap) for lap in range(4)}
    distinct = {AT_FIRST, TRIED, *warming, *measured}
    assert len(distinct) == 2 + len(warming) + len(measured)
    for laps in itertools.pairwise(range(4)):
        assert len({moved_on(7, lap) for lap in laps}) == 2
    assert len({author_of(1, 100, on) for on in distinct}) == len(distinct)


def test_folder_begins_in_agreement(tmp_path: Path) -> None:
    """Also with the authors and articles that are there to be deleted."""
    more = (*prolific_files(100), *unnamed_files(100))
    restore(tmp_path, (*FOLDER, *more))
    found = read_related(tmp_path)
    found.require_agreement()
    assert len(found.articles[prolific(100)]) == ARTICLES_OF_ONE
    assert [found.articles[author] for author in unnamed(100)] == [[]] * UNNAMED
    assert len(found.authors) == 100 + ARTICLES_OF_ONE


def related(authors: dict[int, int], articles: dict[int, list[int]]) -> Related:
    """A folder in which these articles and authors name each other so."""
    return Related(authors, dict.fromkeys(authors, version(7, 0)), articles)


@pytest.mark.parametrize(
    ("articles", "words"),
    [
        ({5: [1]}, "article 2 and author 6"),
        ({5: [1], 6: []}, "article 2 and author 6"),
        ({5: [1, 2], 6: [2]}, "article 2 and author 5"),
        ({5: [1], 6: [2, 3]}, "article 3 and author 6"),
        ({5: [1, 1], 6: [2]}, "names an article twice"),
    ],
)
def test_disagreement_is_found(articles: dict[int, list[int]], words: str) -> None:
    """Whichever side says more than the other."""
    related({1: 5, 2: 6}, {5: [1], 6: [2]}).require_agreement()
    with pytest.raises(Failure, match=words):
        related({1: 5, 2: 6}, articles).require_agreement()


def test_article_with_another_author_than_its_run_gave_is_found() -> None:
    """What another run has written is not this one's to answer for."""
    authors = {number: author_of(number, 20, moved_on(7, 0)) for number in range(1, 21)}
    related(authors, {}).require_moved(7)
    authors[3] = author_of(3, 20)
    related(authors, {}).require_moved(8)
    with pytest.raises(Failure, match="article 3 has another author"):
        related(authors, {}).require_moved(7)


def test_article_is_made_of_its_author_and_its_version() -> None:
    """Nothing else tells two of them apart."""
    value = json.loads(article("10007", "0000100002"))
    assert (value["author"], value["version"]) == (10007, "0000100002")

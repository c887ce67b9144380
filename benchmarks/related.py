"""Articles and their authors: ten articles each, which a load moves from one author to another.

Which author an article has after which lap of which run is a matter of numbers, so that
requests.lua can count alike, and what a run has left can be held against it.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.articles import BYTES
from benchmarks.declared import Declared, File, declaring
from benchmarks.load import Failure
from benchmarks.works import ARTICLES_OF_ONE, MOVED, lap_of, version

ARTICLES_EACH: Final = 10
FIRST_AUTHOR: Final = 10_001
"""With at most 10,000 authors all ids have five digits, and all articles one length."""

AUTHOR_MARK: Final = "@@@@@"
"""Stands for the author in what requests.lua is given."""

AT_FIRST: Final = 0
TRIED: Final = 5
"""How far articles are moved on before a run, and in the request that is made before it: the
turns of runs are 1 to 4, so that each PUT moves its article, whatever was there."""

UNNAMED: Final = 21
"""How many authors without articles there are beside the others, for DELETE."""


def moved_on(run: int, lap: int) -> int:
    """By how many authors an article is moved on from its first one; each lap by another."""
    return 1 + 2 * (run % 2) + lap % 2


def author_of(number: int, resources: int, on: int = AT_FIRST) -> int:
    """The author of an article that was moved on, where there are so many articles."""
    return FIRST_AUTHOR + ((number - 1) // ARTICLES_EACH + on) % (resources // ARTICLES_EACH)


def article(author: str, of_version: str) -> bytes:
    """An article in `BYTES` bytes."""
    return _filled(
        f'{{"title":"A kettle that whistles again","author":{author},"version":"{of_version}"'
    )


def person(number: int, articles: list[int]) -> bytes:
    """An author, in `BYTES` bytes where these are not too many."""
    named = json.dumps(articles, separators=(",", ":"))
    return _filled(f'{{"name":"Author {number}","articles":{named}')


def _filled(head: str) -> bytes:
    head += ',"body":"'
    return f'{head}{"x" * (BYTES - len(head) - 2)}"}}'.encode()


# --- folders


def related_files(resources: int, declared: Declared) -> Iterator[File]:
    """A folder with so many articles, each with its first author."""
    yield declaring(declared)
    for number in range(1, resources + 1):
        yield _article(number, author_of(number, resources))
    for author in range(FIRST_AUTHOR, FIRST_AUTHOR + resources // ARTICLES_EACH):
        first = (author - FIRST_AUTHOR) * ARTICLES_EACH + 1
        yield _person(author, [*range(first, first + ARTICLES_EACH)])


def prolific(resources: int) -> int:
    """The author who has `ARTICLES_OF_ONE` articles, beside the others."""
    return FIRST_AUTHOR + resources // ARTICLES_EACH


def unnamed(resources: int) -> range:
    """The authors whom nothing names, beside the others."""
    return range(prolific(resources) + 1, prolific(resources) + 1 + UNNAMED)


def prolific_files(resources: int) -> Iterator[File]:
    """That author, and those articles."""
    author, numbers = prolific(resources), range(resources + 1, resources + 1 + ARTICLES_OF_ONE)
    yield _person(author, [*numbers])
    yield from (_article(number, author) for number in numbers)


def unnamed_files(resources: int) -> Iterator[File]:
    """Those authors."""
    return (_person(author, []) for author in unnamed(resources))


def _article(number: int, author: int) -> File:
    return f"articles/{number}.json", article(str(author), version(0, 0))


def _person(number: int, articles: list[int]) -> File:
    return f"authors/{number}.json", person(number, articles)


# --- what a run has left


@dataclass(frozen=True, slots=True)
class Related:
    """A folder as it stands: the author and the version of each article, and who names whom."""

    authors: Mapping[int, int]
    versions: Mapping[int, str]
    articles: Mapping[int, list[int]]

    def require_agreement(self) -> None:
        """Raise `Failure` unless authors and articles name each other, and nobody else."""
        named = {(number, author) for author, each in self.articles.items() for number in each}
        if len(named) != sum(map(len, self.articles.values())):
            raise Failure("an author names an article twice")
        if named != set(self.authors.items()):
            number, author = min(named ^ set(self.authors.items()))
            raise Failure(f"article {number} and author {author} do not name each other")

    def require_moved(self, run: int) -> None:
        """Raise `Failure` unless each article that the run wrote has the author that it gave."""
        moved = min(MOVED, len(self.authors))
        for number, author in self.authors.items():
            lap = lap_of(self.versions[number], run)
            if lap is None:
                continue
            if number > moved or author != author_of(number, moved, moved_on(run, lap)):
                raise Failure(f"article {number} has another author than the run gave it")


def read_related(folder: Path) -> Related:
    """Read a folder."""
    articles = {int(file.stem): json.loads(file.read_bytes()) for file in _json(folder, "articles")}
    authors = {int(file.stem): json.loads(file.read_bytes()) for file in _json(folder, "authors")}
    return Related(
        authors={number: value["author"] for number, value in articles.items()},
        versions={number: value["version"] for number, value in articles.items()},
        articles={number: value["articles"] for number, value in authors.items()},
    )


def _json(folder: Path, collection: str) -> Iterator[Path]:
    return (folder / collection).glob("[!.]*.json")

"""The words in which lists are asked for, and the forms in which they come."""

import pytest

from benchmarks.dialects import ARRAY, ENVELOPE, Dialect
from benchmarks.load import Failure
from benchmarks.works import Kind


@pytest.mark.parametrize(
    ("dialect", "kind", "target"),
    [
        (ARRAY, Kind.PAGE, "/articles?_page=@&_limit=20&_sort=views"),
        (ARRAY, Kind.FILTER, "/articles?_page=1&_limit=20&category=c@"),
        (ENVELOPE, Kind.PAGE, "/articles?_page=@&_per_page=20&_sort=views"),
        (ENVELOPE, Kind.FILTER, "/articles?_page=1&_per_page=20&category=c@"),
    ],
)
def test_target_is_in_the_words_of_its_dialect(dialect: Dialect, kind: Kind, target: str) -> None:
    """The choice stands where the script of wrk puts one in."""
    assert dialect.target(kind, "@") == target


@pytest.mark.parametrize(
    ("dialect", "content"),
    [(ARRAY, b'[{"id":"1"}]'), (ENVELOPE, b'{"first":1,"data":[{"id":"1"}]}')],
)
def test_items_are_found_in_their_place(dialect: Dialect, content: bytes) -> None:
    """An envelope is opened, an array taken as it is."""
    assert dialect.items(content) == [{"id": "1"}]


@pytest.mark.parametrize(
    ("dialect", "content"),
    [
        (ARRAY, b'{"data":[]}'),
        (ARRAY, b"[1]"),
        (ARRAY, b"<html>"),
        (ENVELOPE, b"[]"),
        (ENVELOPE, b'{"items":[]}'),
        (ENVELOPE, b'{"data":{}}'),
    ],
)
def test_answer_in_another_form_is_a_failure(dialect: Dialect, content: bytes) -> None:
    """What is no list is not measured as one."""
    with pytest.raises(Failure, match="another form"):
        dialect.items(content)

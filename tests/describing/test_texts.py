"""What texts have in common, and that it is told only where it is clear."""

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvput.describing.texts import Texts

MANY = 12


def keywords(texts: list[str]) -> dict[str, object]:
    """What is told of the texts."""
    seen = Texts()
    for text in texts:
        seen.add(text)
    return seen.keywords()


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("date-time", ["2026-01-31T09:00:00Z", "2024-02-29T23:59:59.123+01:30"]),
        ("date", ["2026-01-31", "2024-02-29"]),
        ("email", ["ada@example.org", "a.b+c@mail.example.co"]),
        ("uri", ["https://example.org", "ftp://example.org:2121/a%20b?c=d#e", "http://a/"]),
    ],
)
def test_texts_of_one_format_tell_it(name: str, texts: list[str]) -> None:
    """Two that differ are enough, and the order does not matter."""
    assert keywords(texts) == keywords(texts[::-1]) == {"format": name}


@pytest.mark.parametrize(
    "texts",
    [
        [],
        ["2026-01-31"],
        ["2026-01-31"] * 5,
        ["2026-01-31", ""],
        ["2026-01-31", "2026-02-30"],
        ["2026-01-31", "2026-01-31T09:00:00Z"],
        ["2026-01-31T09:00:00", "2026-01-31T09:00:01"],
        ["2026-01-31T24:00:00Z", "2026-01-31T09:00:01Z"],
        ["2026-01-31T09:00:60Z", "2026-01-31T09:00:01Z"],
        ["٢٠٢٦-01-31", "2026-01-31"],
        ["a@example.org", "a@example"],
        ["a@example.org", ".a@example.org"],
        ["a@example.org", "a@b@example.org"],
        ["a@example.org", "a@-example.org"],
        ["a@example.org", f"{'a' * 65}@example.org"],
        ["https://example.org", "example.org"],
        ["https://example.org", "https://example.org/a b"],
        ["https://example.org", "https://example.org/%2"],
        ["https://example.org", "https://example.org/#a#b"],
        ["https://example.org", "https://example.org/\n"],
        ["https://example.org", f"https://example.org/{'a' * 2048}"],
    ],
)
def test_texts_of_no_common_format_tell_none(texts: list[str]) -> None:
    """One that is not quite of it is enough."""
    assert keywords(texts) == {}


@pytest.mark.parametrize(
    ("texts", "values"),
    [
        (["draft", "published"] * 5, ["draft", "published"]),
        (["b", "a", "a", "b", "a", "a", "a", "a", "a", "a"], ["a", "b"]),
        (["a", "b", "c", "d", "e", "f"] * 2, ["a", "b", "c", "d", "e", "f"]),
        (["", "all"] * 6, ["", "all"]),
        (["x" * 40, "y"] * 5, ["x" * 40, "y"]),
    ],
)
def test_few_values_that_come_back_are_an_enumeration(texts: list[str], values: list[str]) -> None:
    """In an order that does not hang on which came first."""
    assert keywords(texts) == {"enum": values}


@pytest.mark.parametrize(
    "texts",
    [
        ["draft", "published"] * 4 + ["draft"],
        ["draft"] * 10 + ["published"],
        ["a", "b", "c", "d", "e", "f", "g"] * 2,
        ["x" * 41, "y"] * 10,
        ["yes"] * 100,
        ["2026-01-31"] * 100,
        [f"{number}" for number in range(100)],
    ],
)
def test_values_that_may_be_any_are_none(texts: list[str]) -> None:
    """Too few in all, one that came once, too many, too long."""
    assert keywords(texts) == {}


_parts = st.sampled_from(
    ["2026", "-", "01", "31", "T", "09:00:00", ".5", "Z", "+01:00", "a", "@", ".", "example.org",
     "https://", "/", "%20", "%", "?", "#", ":", "80", "ü", "\n", " ", "[", "|", "'"]
)  # fmt: skip
_formatted = st.one_of(
    st.datetimes(timezones=st.just(None)).map(lambda time: f"{time.isoformat()}Z"),
    st.dates().map(str),
    st.emails(),
    st.lists(_parts, max_size=9).map("".join),
    st.builds("https://{}/{}".format, st.sampled_from(["a.b", "a", "0"]), st.text(max_size=4)),
)


@given(st.lists(_formatted, min_size=1, max_size=3))
def test_a_format_that_is_told_is_one_of_all_texts(texts: list[str]) -> None:
    """What checks schemas in earnest finds nothing to complain of."""
    told = keywords([*texts, *texts])
    validator = jsonschema_rs.validator_for({"type": "string"} | told, validate_formats=True)
    assert all(validator.is_valid(text) for text in texts)


@given(st.lists(_formatted, min_size=1), st.lists(_formatted, min_size=1))
def test_merged_texts_are_as_if_added_to_one(one: list[str], other: list[str]) -> None:
    """Whatever each of the two has seen."""
    repeated = [[text for text in texts for _ in range(MANY)] for texts in (one, other)]
    seen = [Texts(), Texts()]
    for texts, added in zip(seen, repeated, strict=True):
        for text in added:
            texts.add(text)
    seen[0].merge(seen[1])
    assert seen[0].keywords() == keywords([*repeated[0], *repeated[1]])

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvput.content.field_names import MAX_DEPTH, MAX_ITEMS, MAX_MISSING, Members, MisplacedField


def made(*names: str, dots: bool = False) -> dict[str, object]:
    """The object that fields of these names make, with their numbers from 0 as values."""
    members: Members[int] = Members(dots=dots)
    for number, name in enumerate(names):
        members.add(name, number)
    return members.finish()


@pytest.mark.parametrize(
    ("names", "value"),
    [
        ((), {}),
        (("a", "b"), {"a": 0, "b": 1}),
        (("a", "b", "a"), {"a": [0, 2], "b": 1}),
        (("a[]",), {"a": [0]}),
        (("a[]", "b", "a[]"), {"a": [0, 2], "b": 1}),
        (("a[b]", "a[c]"), {"a": {"b": 0, "c": 1}}),
        (("a[b]", "a[b]"), {"a": {"b": [0, 1]}}),
        (("a[b][]",), {"a": {"b": [0]}}),
        (("a[b][c d][é]",), {"a": {"b": {"c d": {"é": 0}}}}),
        (("a[0]", "a[1]"), {"a": [0, 1]}),
        (("a[1]", "a[0]"), {"a": [1, 0]}),
        (("a[10]", "a[9]", "a[2]"), {"a": [2, 1, 0]}),
        (("a[0]", "a[0]"), {"a": [[0, 1]]}),
        (("a[0][b]", "a[0][c]", "a[1][b]"), {"a": [{"b": 0, "c": 1}, {"b": 2}]}),
        (("a[0][0]", "a[0][1]", "a[1][0]"), {"a": [[0, 1], [2]]}),
        (("a[0][]", "a[0][]"), {"a": [[0, 1]]}),
        (("a[01]", "a[-1]", "a[1.0]", "a[٣]"), {"a": {"01": 0, "-1": 1, "1.0": 2, "٣": 3}}),
        (("0", "1[a]"), {"0": 0, "1": {"a": 1}}),
    ],
)
def test_names_are_places(names: tuple[str, ...], value: object) -> None:
    """Brackets lead inside, numbers count, and what repeats is a list."""
    assert made(*names) == value


@pytest.mark.parametrize(
    "name",
    ["", "[", "]", "[]", "[a]", "[0][a]", "a[", "a]", "a[b", "a[b]c", "a[b]c[d]", "a[[b]]", "a][b",
     "a.b", "a.b[", "a[]]", "__proto__"],
)  # fmt: skip
def test_other_names_are_members_as_they_are(name: str) -> None:
    """What is not written as a place is no place, and is not lost."""
    assert made(name) == {name: 0}


@pytest.mark.parametrize(
    ("names", "value"),
    [
        (("a.b", "a.c.d"), {"a": {"b": 0, "c": {"d": 1}}}),
        (("größe.x_1", "größe.x-2"), {"größe": {"x_1": 0, "x-2": 1}}),
        (("a.b[0].c", "a.b[1].c"), {"a": {"b": [{"c": 0}, {"c": 1}]}}),
        (("a[b].c", "a[d][e]"), {"a": {"b": {"c": 0}, "d": {"e": 1}}}),
        (("a.b[]",), {"a": {"b": [0]}}),
        (("a b[c]",), {"a b": {"c": 0}}),
        (("Version 2.0",), {"Version 2.0": 0}),
        (("v1.0", "incl. tax", "e.g.", ".a", "a..b", "a. b"),
         {"v1.0": 0, "incl. tax": 1, "e.g.": 2, ".a": 3, "a..b": 4, "a. b": 5}),
    ],
)  # fmt: skip
def test_dots_lead_inside_names_of_words(names: tuple[str, ...], value: object) -> None:
    """Only where columns are named so: a dot in a sentence or in a number is none of these."""
    assert made(*names, dots=True) == value


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("a", "a[b]"), r'The field "a\[b\]" makes "a" an object, but .* has made it a value:'),
        (("a", "a[0]"), 'makes "a" a list with numbers, but .* has made it a value:'),
        (("a", "a[]"), 'makes "a" a list of values, but .* has made it a value:'),
        (("a[]", "a"), 'makes "a" a value, but .* has made it a list of values:'),
        (("a[]", "a[0]"), 'makes "a" a list with numbers, but .* has made it a list of values:'),
        (("a[b]", "a[0]"), 'makes "a" a list with numbers, but .* has made it an object:'),
        (("a[0]", "a[b]"), 'makes "a" an object, but .* has made it a list with numbers:'),
        (("a[b]", "a"), 'makes "a" a value, but .* has made it an object:'),
        (("a[b]", "a[b][c]"), 'makes "b" an object, but .* has made it a value:'),
        (("a[0]", "a[0][c]"), 'makes "0" an object, but .* has made it a value:'),
        (("a[][b]",), r'"a\[\]\[b\]" has \[\] before its end: number the items'),
        (("a[b][][]",), r"has \[\] before its end"),
        ((f"a[{MAX_ITEMS}]",), 'has the number "10000", but lists of fields end at 9999'),
        (("a[99999999999999999999]",), "but lists of fields end at 9999"),
        (("a[2024]",), 'The list "a" has the number 2024, which leaves more than 100 places'),
        ((f"a[0][{MAX_MISSING + 1}]",), 'The list "0" has the number 101'),
        (("a" + "[b]" * MAX_DEPTH,), "deeper than 32 levels"),
    ],
)
def test_names_that_make_no_object_are_refused(names: tuple[str, ...], words: str) -> None:
    """The sentence names the field and what stands in its way."""
    with pytest.raises(MisplacedField, match=words):
        made(*names)


def test_the_limits_themselves_are_taken() -> None:
    """One more is one too many: see above."""
    assert made(*(f"a[{number}]" for number in range(MAX_ITEMS))) == {"a": list(range(MAX_ITEMS))}
    assert made(f"a[{MAX_MISSING}]") == {"a": [0]}
    deep = made("a" + "[b]" * (MAX_DEPTH - 1))
    for _ in range(MAX_DEPTH):
        (deep,) = deep.values()  # type: ignore[assignment]  # the last one is the value
    assert deep == 0  # type: ignore[comparison-overlap]


names = st.text(st.characters(exclude_characters="[]"), min_size=1).filter(
    lambda name: not (name.isascii() and name.isdecimal())
)
values = st.recursive(
    st.integers(),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4),
        st.dictionaries(names, inner, min_size=1, max_size=4),
    ),
    max_leaves=20,
)


def fields(name: str, value: object) -> list[tuple[str, object]]:
    """The fields that make a value."""
    if isinstance(value, dict):
        return [field for key, v in value.items() for field in fields(f"{name}[{key}]", v)]
    if isinstance(value, list):
        return [field for i, v in enumerate(value) for field in fields(f"{name}[{i}]", v)]
    return [(name, value)]


@given(st.dictionaries(names, values, max_size=4), st.randoms(use_true_random=False))
def test_whatever_is_written_as_places_is_read_back(
    value: dict[str, object], random: object
) -> None:
    """The order of the fields does not count for what they make."""
    written = [field for name, inner in value.items() for field in fields(name, inner)]
    random.shuffle(written)  # type: ignore[attr-defined]  # hypothesis names its class nowhere
    members: Members[object] = Members()
    for name, inner in written:
        members.add(name, inner)
    assert members.finish() == value


@given(st.lists(st.text("a[]0.1", max_size=12), max_size=8), st.booleans())
def test_no_name_fails_otherwise(written: list[str], dots: bool) -> None:
    """Each list of names makes an object, or is refused with a sentence."""
    with suppress(MisplacedField):
        made(*written, dots=dots)

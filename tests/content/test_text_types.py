import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvput.content import json_text
from kvput.content.text_types import Types, guess, types_named
from kvput.errors import MalformedParameter


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("false", False),
        ("null", None),
        ("0", 0),
        ("-5", -5),
        ("12.5", 12.5),
        ("1.0", 1.0),
        ("0.1", 0.1),
        ("1e+16", 1e16),
        ("9007199254740991", 2**53 - 1),
        ("-9007199254740991", 1 - 2**53),
    ],
)
def test_what_is_written_as_json_writes_it_is_a_value(text: str, value: object) -> None:
    """Numbers, true, false and null, of the type that JSON gives them."""
    guessed = guess(text)
    assert (guessed, type(guessed)) == (value, type(value))


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "1 ", " 1", "1\n", "red", "True", "NULL", "nan", "NaN", "Infinity", "-inf"),
        *("01234", "-0", "1.50", "1.", ".5", "+1", "1e3", "1E3", "1e16", "0x1F", "1_000", "1,5"),
        *("9007199254740992", "123456789012345678901", "1e999", "1e-999", "0.1000000000000000055"),
        *("٣", "①", "½", "1" * 5000, "[1]", "{}", '"a"', "2001-01-01"),
    ],
)
def test_what_would_be_written_otherwise_stays_text(text: str) -> None:
    """No digit, zero or sign is lost, and no number that some reader of JSON rounds is made."""
    assert guess(text) == text


@given(
    st.one_of(
        st.text("0123456789.eE+-", max_size=30),
        st.integers().map(str),
        st.floats().map(repr),
        st.text(),
    )
)
def test_a_guess_never_loses_anything(text: str) -> None:
    """What is no text any more is written as JSON just as it came."""
    value = guess(text)
    if value is not text:
        assert json_text.dump(value) == text.encode() + b"\n"


@pytest.mark.parametrize(
    ("name", "types"), [(None, Types.STRINGS), ("strings", Types.STRINGS), ("guess", Types.GUESS)]
)
def test_types_are_named(name: str | None, types: Types) -> None:
    """Who says nothing gets texts."""
    assert types_named(name) is types


def test_texts_stay_texts_unless_asked() -> None:
    """Strings keep what a guess would read."""
    assert Types.STRINGS.value_of("1") == "1"
    assert Types.GUESS.value_of("1") == 1


@pytest.mark.parametrize("name", ["", "Guess", "string", "strings, guess", "guess "])
def test_other_names_are_refused(name: str) -> None:
    """The sentence names the parameter, its value, and the values that there are."""
    with pytest.raises(MalformedParameter, match=r"types=strings .* types=guess") as caught:
        types_named(name)
    assert f'The parameter types is "{name}"' in caught.value.detail

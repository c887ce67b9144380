"""JSON texts as people and programs write them, and what they hold to the letter."""

import json
from dataclasses import dataclass

from hypothesis import strategies as st


@dataclass(frozen=True, slots=True)
class Number:
    """A number by its literal: `1`, `1.0` and `1e0` are three."""

    literal: str


def exact(text: bytes) -> object:
    """The value of a JSON text, its numbers as they are written."""
    value: object = json.loads(text, parse_int=Number, parse_float=Number)
    return value


def _as_it_is(name: str) -> str:
    if name.isprintable():
        return json.dumps(name, ensure_ascii=False)
    return json.dumps(name)


_spaces = st.text(" \t\n\r", max_size=3)
# Names meet often, so that some stand twice and some patches find their place.
names = st.sampled_from(
    ["a", "b", "c", "", "0", "1", "-", "~", "/", "é", '"', "\\", "\ud800", "id"]
)
_tokens_of_names = names.map(json.dumps) | names.map(_as_it_is)
_numbers = st.sampled_from(
    [
        "0",
        "-0",
        "1",
        "1.0",
        "10e-1",
        "12.50",
        "1e400",
        "1E+2",
        "-7",
        "9" * 30,
        "0.1000000000000000055",
    ]
)
_strings = st.sampled_from(['"', ",", "]}", "\\", "a: {[", "//", "é\u2028", "\ud83d", "😀", "\n"])
_scalars = (
    _numbers
    | st.sampled_from(["true", "false", "null", '"\\u0061\\/"'])
    | st.lists(_strings, max_size=2).map(lambda parts: json.dumps("".join(parts)))
)


def _array(elements: list[tuple[str, str, str]], gap: str) -> str:
    return "[" + (",".join("".join(element) for element in elements) or gap) + "]"


def _object(members: list[tuple[str, str, str, str, str, str]], gap: str) -> str:
    written = (f"{a}{name}{b}:{c}{value}{d}" for a, name, b, c, value, d in members)
    return "{" + (",".join(written) or gap) + "}"


def _containers(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    elements = st.lists(st.tuples(_spaces, inner, _spaces), max_size=4)
    members = st.lists(
        st.tuples(_spaces, _tokens_of_names, _spaces, _spaces, inner, _spaces), max_size=4
    )
    return st.builds(_array, elements, _spaces) | st.builds(_object, members, _spaces)


_values = st.recursive(_scalars, _containers, max_leaves=12)
_tidy = _values.flatmap(
    lambda text: st.sampled_from(
        [
            json.dumps(json.loads(text), indent=indent, separators=separators)
            for indent, separators in ((2, None), ("\t", None), (None, (",", ":")), (None, None))
            if "1e400" not in text
        ]
        or [text]
    )
)
json_values = (_values | _tidy).map(lambda text: text.encode())
"""JSON values without white space around them."""
json_texts = st.builds(
    lambda before, value, after: before.encode() + value + after.encode(),
    _spaces,
    json_values,
    _spaces,
)
"""Whole JSON texts, in any formatting, with members of one name, odd numbers and odd names."""

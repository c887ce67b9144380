import pytest

from kvput.content.json_containers import (
    ArrayContainer,
    Container,
    ObjectContainer,
    PlaceMissingError,
    open_container,
    text_of,
)
from kvput.content.json_slices import value_in
from kvput.content.json_style import Style
from kvput.content.room import Room

AROUND = Style(
    newline=b"",
    closing=b"",
    unit=b"  ",
    separator=b", ",
    comma=b", ",
    colon=b": ",
    pad=b"",
    flat=False,
)


def opened(text: bytes) -> Container:
    """The container that a text is, with room for some more."""
    return open_container(value_in(text), AROUND, Room(len(text), 1000))


def opened_object(text: bytes) -> ObjectContainer:
    """The same of an object."""
    container = opened(text)
    assert isinstance(container, ObjectContainer)
    return container


@pytest.mark.parametrize("text", [b"[]", b"[ 1 , [2] ]", b"{\n}", b'{"a" :1,\n"a":{"b":[ ]}}'])
def test_container_that_is_not_changed_has_its_text(text: bytes) -> None:
    """Also when all in it is taken apart."""
    container = opened(text)
    assert text_of(container) == text
    if isinstance(container, ObjectContainer) and "a" in container:
        container.enter("a").enter("b")
    assert text_of(container) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [(b"1", "a number"), (b'"{}"', "a text"), (b"true", "true"), (b"null", "null")],
)
def test_scalar_has_nothing_in_it(text: bytes, words: str) -> None:
    """The reason says what stands there."""
    with pytest.raises(PlaceMissingError) as raised:
        opened(text)
    assert raised.value.reason == f"{words} stands there, which has nothing in it"


def test_value_of_a_place_shows_what_was_changed_in_it() -> None:
    """Of a container that is taken apart, and of one that is taken apart once more."""
    outer = opened_object(b'{"a": {"b": 1}}')
    outer.enter("a").add("c", b"2")
    assert outer.value("a").text == b'{"b": 1, "c": 2}'
    outer.enter("a").remove("b")
    assert outer.value("a").text == b'{"c": 2}'
    assert text_of(outer) == b'{"a": {"c": 2}}'


@pytest.mark.parametrize(
    ("text", "result"),
    [
        (b"{}", b'{"a": {"x": 1}}'),
        (b'{"a": 1}', b'{"a": {"x": 1}}'),
        (b'{"a": [1]}', b'{"a": {"x": 1}}'),
        (b'{"a": {"y": 0}}', b'{"a": {"y": 0, "x": 1}}'),
        (b'{"a": {}, "b": 2}', b'{"a": {"x": 1}, "b": 2}'),
        (b'{"a": "{", "b": 2}', b'{"a": {"x": 1}, "b": 2}'),
    ],
)
def test_object_under_a_name_is_made_where_there_is_none(text: bytes, result: bytes) -> None:
    """What is no object gives way to one; one that is there is gone into."""
    container = opened_object(text)
    container.object_at("a").add("x", b"1")
    container.object_at("a").add("x", b"1")
    assert text_of(container) == result


def test_array_that_was_gone_into_gives_way_to_an_object() -> None:
    """As does one that was not."""
    container = opened_object(b'{"a": [1]}')
    assert isinstance(container.enter("a"), ArrayContainer)
    container.object_at("a")
    assert text_of(container) == b'{"a": {}}'


def test_name_of_several_members_is_one_place() -> None:
    """Its value is the last one; without it there is none of that name."""
    container = opened_object(b'{"a": 1, "b": 2, "a": 3, "a": 4}')
    assert container.value("a").text == b"4"
    container.remove("a")
    assert "a" not in container
    container.add("a", b"5")
    container.remove("a")
    assert text_of(container) == b'{"b": 2}'


def test_value_in_the_style_of_the_container_that_it_replaces() -> None:
    """With its lines and its indentation, or on one line as it is."""
    assert opened(b'{\n\t"a" : 1\n}').in_its_style(b'{"b":[1]}') == b'{\n\t"b" : [\n\t\t1\n\t]\n}'
    assert opened(b'{"a":1}').in_its_style(b'{"b": [1]}') == b'{"b":[1]}'

"""What is written, laid over what stands in a table: what is found is what the table will give."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvput.query.filters import AnyOf, Condition, Filter, Operator, Search
from kvput.query.layer import NOTHING, Layer, is_whole
from kvput.query.rows import Row, listed
from kvput.query.selection import EVERYTHING, Selected, Selection, SortBy
from kvput.query.table import Table
from kvput.query.values import ID, Field

N = Field("n")
ONE = Condition(N, Operator.EQUAL, (1,))
FILTERS: tuple[Filter | None, ...] = (
    None,
    ONE,
    Condition(N, Operator.NOT_EQUAL, ("1",)),
    Condition(N, Operator.GREATER, (1,)),
    Condition(N, Operator.MISSING, ()),
    Condition(ID, Operator.EQUAL, ("2", "a2", "01")),
    AnyOf((ONE, Search("x"))),
)

names = st.sampled_from(["1", "2", "10", "01", "a2", "a10", "ä"])
contents = st.sampled_from(
    [b'{"n": 1}', b' {"n": 2, "id": 7}\n', b'{"n": ["x", 1]}', b"", b"[1]", b"{", b'{"n": }']
)
# Each puts a content, or removes what is there: None. Some are looked at, some are not.
steps = st.lists(st.tuples(names, st.none() | contents, st.booleans()), max_size=12)


def found(contents: Mapping[str, bytes], filter_: Filter | None) -> Selected:
    """What the filter finds in a table of these contents."""
    held = Table()
    held.fill((name, content, 0) for name, content in contents.items())
    return held.select(Selection(filter_))


def layer_of(contents: Mapping[str, bytes | None]) -> Layer:
    """A layer in which these are put, or removed where there is no content."""
    layer = Layer()
    for name, content in contents.items():
        if content is None:
            layer.remove(name)
        else:
            layer.put(name, content)
    return layer


@given(beneath=st.dictionaries(names, contents), steps=steps, filter_=st.sampled_from(FILTERS))
def test_what_is_found_is_what_a_table_will_give(
    beneath: dict[str, bytes], steps: list[tuple[str, bytes | None, bool]], filter_: Filter | None
) -> None:
    """Items, their order, the total and the faults, after each write or after several."""
    layer, expected = Layer(), dict(beneath)
    for name, content, is_asked in [*steps, ("1", b'{"n": 1}', True)]:
        if content is None:
            layer.remove(name)
            expected.pop(name, None)
        else:
            layer.put(name, content)
            expected[name] = content
        if is_asked:
            assert layer.over(found(beneath, filter_), filter_) == found(expected, filter_)


@pytest.mark.parametrize(
    ("beneath", "written", "names"),
    [
        pytest.param({}, {"1": b'{"n": 1}'}, ["1"], id="a new one where there was none"),
        pytest.param({"2": b'{"n": 1}'}, {"10": b'{"n": 1}'}, ["2", "10"], id="one after"),
        pytest.param({"2": b'{"n": 1}'}, {"1": b'{"n": 1}'}, ["1", "2"], id="one before"),
        pytest.param(
            {"1": b'{"n": 1}', "3": b'{"n": 1}'}, {"2": b'{"n": 1}'}, ["1", "2", "3"], id="between"
        ),
        pytest.param({"1": b'{"n": 1}'}, {"1": b'{"n": 2}'}, [], id="one that meets it no more"),
        pytest.param({"1": b'{"n": 2}'}, {"1": b'{"n": 1}'}, ["1"], id="one that meets it now"),
        pytest.param({"1": b'{"n": 1}'}, {"1": b'{"n": 1.0}'}, ["1"], id="one that still does"),
        pytest.param({"1": b'{"n": 1}', "2": b'{"n": 1}'}, {"1": None}, ["2"], id="a removed one"),
        pytest.param({"1": b'{"n": 1}'}, {"1": b'{"n": '}, [], id="one that is no JSON now"),
        pytest.param({"1": b"{"}, {"1": b'{"n": 1}'}, ["1"], id="one that was no JSON"),
    ],
)
def test_what_is_written_counts(
    beneath: dict[str, bytes], written: dict[str, bytes | None], names: list[str]
) -> None:
    """What lies beneath under the same name counts no more."""
    selected = layer_of(written).over(found(beneath, ONE), ONE)
    assert ([item.name for item in selected.items], selected.total) == (names, len(names))


def test_over_nothing_there_is_the_layer_alone() -> None:
    """As in a collection that only what is written makes."""
    assert Layer().over(NOTHING, None) == NOTHING
    assert layer_of({"1": None}).over(NOTHING, None) == NOTHING
    assert layer_of({"1": b"2"}).over(NOTHING, None) == found({"1": b"2"}, None)


def test_layers_lie_over_one_another() -> None:
    """What one finds is beneath the next."""
    first, second = layer_of({"1": b'{"n": 1}', "2": None}), layer_of({"1": None, "3": b'{"n": 1}'})
    beneath = {"2": b'{"n": 1}', "4": b'{"n": 1}'}
    selected = second.over(first.over(found(beneath, ONE), ONE), ONE)
    assert selected == found({"3": b'{"n": 1}', "4": b'{"n": 1}'}, ONE)


def test_a_content_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """When something is asked first, however often that is; what was replaced before, never."""
    read = []

    def counted(name: str, content: bytes) -> Row:
        read.append(content)
        return listed(name, content)

    monkeypatch.setattr("kvput.query.table.listed", counted)
    layer = layer_of({"1": b"1", "2": b"2"})
    layer.put("1", b"3")
    assert read == []
    for _ in range(3):
        layer.over(NOTHING, ONE)
    assert read == [b"3", b"2"]
    layer.put("2", b"4")
    for filter_ in FILTERS:
        layer.over(NOTHING, filter_)
    assert read == [b"3", b"2", b"4"]


@pytest.mark.parametrize(
    ("selection", "is_one"),
    [
        (EVERYTHING, True),
        (Selection(ONE), True),
        (Selection(ONE, (SortBy(N),)), False),
        (Selection(ONE, start=1), False),
        (Selection(ONE, stop=100), False),
    ],
)
def test_a_selection_without_order_and_part_is_whole(selection: Selection, is_one: bool) -> None:
    """Whatever its filter."""
    assert is_whole(selection) is is_one

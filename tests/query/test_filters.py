"""What each operator asks of a field."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvput.query.filters import AllOf, AnyOf, Condition, Filter, Operator, Search, meets, restricts
from kvput.query.filters import tester as make_tester
from kvput.query.values import ID, MISSING, Field, Name, Operand

FIELD = Field("f")

EQ, NE = Operator.EQUAL, Operator.NOT_EQUAL
LT, LTE, GT, GTE = (
    Operator.LESS,
    Operator.LESS_OR_EQUAL,
    Operator.GREATER,
    Operator.GREATER_OR_EQUAL,
)
CONTAINS, STARTS, ENDS = Operator.CONTAINS, Operator.STARTS_WITH, Operator.ENDS_WITH
LIKE = Operator.LIKE


@pytest.mark.parametrize(
    ("operator", "operands", "met", "not_met"),
    [
        (EQ, ("5",), [5, 5.0, "5", [4, 5], ["5"]], [6, "05", None, True, [], [[5]], {}, {"f": 5}]),
        (EQ, ("5", "6"), [5, 6, [7, 6]], [7]),
        (EQ, (), [], [5, None, [], ""]),
        (EQ, ("null",), [None, "null", [None]], [0, "", []]),
        (EQ, ("",), [""], [None, [], 0, False]),
        (EQ, (Name("5"),), [5, 5.0, "5", [4, "5"]], ["5.0", 6, True]),
        (EQ, (Name("5.0"),), ["5.0"], [5, 5.0, "5"]),
        (NE, (Name("5.0"),), [5, "5"], ["5.0"]),
        (GTE, (Name("5"),), [], [5, "5", 6]),
        (CONTAINS, (Name("5"),), [], [5, "5"]),
        (Operator.MISSING, (), [], [5, None, [], {}]),
        (NE, ("5",), [6, "05", None, [], [4], {}, True], [5, "5", [4, 5]]),
        (NE, ("5", "6"), [7, [7, 8]], [5, 6, [7, 6]]),
        (NE, (), [5, None, []], []),
        (LT, ("5",), [4, 4.9, -1, "4", "", "10", [9, 4]], [5, 6, "5", None, True, [], {}]),
        (LTE, ("5",), [5, 5.0, "5", 4], [5.1, "50", None]),
        (GT, ("5",), [6, 5.1, "50", "a", [1, 6]], [5, 4, "10", "5", None, True, [[6]]]),
        (GTE, ("5",), [5, 6, "5"], [4.9, "40"]),
        (GTE, ("b",), ["b", "c", "é"], ["a", "B", 5, 1e300, True]),
        (GTE, (5,), [5, 6, "5"], [4, "40"]),
        (GT, ("5", "1"), [2, 6], [1]),
        (GT, (), [], [5, "a"]),
        (GT, ("01",), ["02", "1"], [5, "00"]),
        (LT, ("1e2",), [99, "1"], [100, 101, "2"]),
        (LT, (None,), [], [1, "a", None]),
        (LT, (True,), ["a"], [0, 1, False, "u"]),
        (CONTAINS, ("B",), ["abc", "ABC", "b", ["a", "b"]], ["ac", None, {"f": "b"}, []]),
        (CONTAINS, ("2.",), [12.5], [12, 25]),
        (CONTAINS, ("ru",), [True, "true"], [False]),
        (CONTAINS, ("",), ["", "a", 1, False, [""]], [None, [], {}]),
        (CONTAINS, ("ß",), ["STRASSE"], ["s"]),
        (CONTAINS, ("x", "y"), ["ax", "ay"], ["a"]),
        (STARTS, ("A",), ["abc", "Abc", ["x", "a"]], ["ba", 1, None]),
        (STARTS, ("1",), [1, 12.5, "1"], [21]),
        (ENDS, ("C",), ["abc", "C"], ["ca"]),
        (ENDS, (5,), [12.5, 5, "x5"], [50]),
        (LIKE, ("^a.*c$",), ["abc", "AC", ["x", "ac"]], ["abcd", None, {}]),
        (LIKE, ("x", "y"), ["ax", "ay"], ["a"]),
    ],
)
def test_condition(
    operator: Operator, operands: tuple[Operand, ...], met: list[object], not_met: list[object]
) -> None:
    """Each operator with the values that meet it, and those that do not."""
    condition = Condition(FIELD, operator, operands)
    assert [value for value in met if not meets(condition, {"f": value})] == []
    assert [value for value in not_met if meets(condition, {"f": value})] == []


@pytest.mark.parametrize("operator", Operator)
@pytest.mark.parametrize("operand", ["", "x", "null", None, 0, False])
def test_missing_field_meets_nothing(operator: Operator, operand: Operand) -> None:
    """A resource without the field meets no condition on it but the one that asks for this."""
    condition = Condition(FIELD, operator, (operand,))
    is_met = operator is Operator.MISSING
    assert make_tester(condition)(MISSING) is is_met
    others: list[object] = [{}, {"g": "x"}, [], "x", None]
    for value in others:
        assert meets(condition, value) is is_met


@pytest.mark.parametrize(
    ("operand", "identifier", "is_equal"),
    [
        ("1", 1, True),
        ("1.0", 1, False),
        ("1e0", 1, False),
        ("1.0", "1.0", True),
        (1.0, 1, True),
        (1.5, "1.5", True),
        (Name("1"), 1, True),
        (Name("1.0"), 1, False),
        (True, "true", True),
        (None, "null", True),
        ("1", "01", False),
    ],
)
def test_equality_of_ids_is_that_of_names(
    operand: Operand, identifier: str | int, is_equal: bool
) -> None:
    """The text 1.0 is another name than 1; of other fields it meets the number 1."""
    item = {"id": identifier}
    assert meets(Condition(ID, EQ, (operand,)), item) is is_equal
    assert meets(Condition(ID, NE, (operand,)), item) is not is_equal


@pytest.mark.parametrize(
    ("text", "met", "not_met"),
    [
        ("ham", [{"a": "Hammer"}, ["x", ["sham"]], "HAM"], [{"ham": 1}, {"a": "h-am"}, None]),
        ("12", [{"a": 312}, 12.5, [{"b": [{"c": "012"}]}]], [1.2, [1, 2]]),
        ("true", [{"a": True}, "untrue"], [{"a": False}]),
        ("null", ["nullify"], [None, {"a": None}]),
        ("strasse", [{"a": "Straße"}], []),
        ("", ["", {"a": 1}], [{}, None, []]),
    ],
)
def test_search(text: str, met: list[object], not_met: list[object]) -> None:
    """Texts, numbers and booleans are searched, however deep; names of members are not."""
    assert [value for value in met if not meets(Search(text), value)] == []
    assert [value for value in not_met if meets(Search(text), value)] == []


def _conditions() -> Iterator[Condition]:
    for field in "ab":
        yield Condition(Field(field), EQ, (1,))
        yield Condition(Field(field), GT, (1,))


@pytest.mark.parametrize(
    ("filter_", "does_restrict"),
    [
        *((Condition(FIELD, operator, ("x",)), True) for operator in Operator),
        *((Condition(FIELD, operator, ("",)), False) for operator in (CONTAINS, STARTS, ENDS)),
        *((Condition(FIELD, operator, ("",)), False) for operator in (LIKE, GTE)),
        *((Condition(FIELD, operator, ("",)), True) for operator in (EQ, NE, LT, LTE, GT)),
        (Condition(FIELD, CONTAINS, ("x", "")), False),
        (Condition(FIELD, CONTAINS, (0, False, None)), True),
        (Condition(FIELD, EQ, ()), True),
        (Condition(FIELD, Operator.MISSING, ()), True),
        (Search("x"), True),
        (Search(""), False),
        (AllOf(()), False),
        (AllOf((Search(""), Search("x"))), True),
        (AllOf((Search(""), Condition(FIELD, LIKE, ("",)))), False),
        (AnyOf(()), True),
        (AnyOf((Search("x"), Search("y"))), True),
        (AnyOf((Search("x"), Search(""))), False),
        (AnyOf((Search("x"), AllOf((AnyOf((Search(""),)),)))), False),
    ],
)
def test_whether_a_filter_restricts(filter_: Filter, *, does_restrict: bool) -> None:
    """One that finds each text there is does not: something was left empty."""
    assert restricts(filter_) is does_restrict
    if not does_restrict:
        assert all(meets(filter_, {"f": text}) for text in ("", "a", "ß"))


filters: st.SearchStrategy[Filter] = st.recursive(
    st.sampled_from([*_conditions(), Search("1")]),
    lambda inner: st.one_of(
        st.builds(AllOf, st.lists(inner, max_size=3).map(tuple)),
        st.builds(AnyOf, st.lists(inner, max_size=3).map(tuple)),
    ),
    max_leaves=8,
)


@given(
    filters, filters, st.fixed_dictionaries({}, optional={"a": st.integers(0, 2), "b": st.just(1)})
)
def test_groups_are_and_and_or(one: Filter, other: Filter, value: dict[str, int]) -> None:
    """AllOf asks for every one, AnyOf for one; of none, AllOf is met and AnyOf is not."""
    both, either = meets(AllOf((one, other)), value), meets(AnyOf((one, other)), value)
    assert both == (meets(one, value) and meets(other, value))
    assert either == (meets(one, value) or meets(other, value))
    assert meets(AllOf(()), value)
    assert not meets(AnyOf(()), value)

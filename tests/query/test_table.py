"""The table gives the same answers as the reference, whatever was put and removed before."""

import json
import random
from collections.abc import Callable, Iterable, Iterator, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from kvput.content.json_text import parse
from kvput.errors import MalformedContent
from kvput.names import natural_order, number_of
from kvput.query import index
from kvput.query.columns import Column, read_columns
from kvput.query.filters import AllOf, AnyOf, Condition, Filter, Operator, Search
from kvput.query.index import DEFAULT_LIMITS, Limits
from kvput.query.orders import Order, Sorting
from kvput.query.rows import Rows
from kvput.query.search import search
from kvput.query.selection import EVERYTHING, Item, Selected, Selection, SortBy
from kvput.query.table import Table
from kvput.query.values import ID, Field, Name, Operand
from kvput.semantics.validators import content_digest
from tests.query import naive

# --- what is drawn

names = st.sampled_from(["1", "2", "10", "01", "1a", "a", "b2", "b10", "true", "1" + "0" * 20])

_ODD_SCALARS = (
    *("0", "1", "-1", "1.0", "-0", "-0.0", "1.50", "1e2", "1E400", "0.00001", "12345678901.5"),
    *("9007199254740993", "18446744073709551616", "0.30000000000000004440", "true", "false"),
    *("null", '""', '"a"', '"A"', '"ab"', '"B"', '"1"', '"01"', '"1.0"', '"true"', '"null"'),
    *('"\\u0041"', '"a\\nb"', '"a\\\\b"', '"\\/"', '"stra\\u00dfe"', '"straße"', '"STRASSE"'),
    *('"\u017f\u017f"', '"\u0130"', '"\\ud800"', '"\u212a"', '"inf"', '"id"'),
)
_ODD_OPERANDS = (
    *("", "0", "1", "1.0", "-0", "01", "100", "100.0", "1e2", "1e400", "a", "A", "ab", "b", "B"),
    *("true", "false", "null", "ss", "s", "k", "i", "n", "e", "id", "\n", "\\", "/", "u0041"),
    *("^a", "b$", "a.*b", "a|1", "1.5", "1.50", "inf", "1e-05", "0.00001", "0.3", "0.30000"),
    *("1.844", "e+19", "18446744073709551616", "\ud800", "\u0130", "i\u0307", "RASS", "x"),
    *(0, 1, -1, 100, 1.0, 1.5, 0.5, 1e400, 10**20, True, False, None),
    *map(Name, ("1", "1.0", "01", "100", "true", "null", "a")),
)
fields = st.sampled_from(["a", "b", "a.b", "a.0", "id", "id.a"]).map(Field)
scalars = st.sampled_from(_ODD_SCALARS) | st.builds(
    json.dumps, st.text(max_size=2), ensure_ascii=st.booleans()
)


def _array(texts: Iterable[str]) -> str:
    return f"[{', '.join(texts)}]"


def _object(members: Iterable[tuple[str, str]]) -> str:
    return "{" + ", ".join(f'"{name}": {text}' for name, text in members) + "}"


def _objects(texts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    # The last name is `a` as well.
    member_names = st.sampled_from(["a", "b", "id", "a.b", "\\u0061"])
    return st.lists(st.tuples(member_names, texts), max_size=4).map(_object)


json_texts = st.recursive(
    scalars,
    lambda texts: st.lists(texts, max_size=3).map(_array) | _objects(texts),
    max_leaves=5,
)
contents = st.one_of(
    _objects(scalars | st.lists(scalars, max_size=3).map(_array)),
    _objects(json_texts),
    json_texts.map(lambda text: f" {text}\n"),
    st.just(""),
).map(str.encode)
broken = st.sampled_from([b"{", b" ", b"[1,]", b"\xff", b'{"a": NaN}'])

operands = st.sampled_from(_ODD_OPERANDS) | st.text(max_size=2)
conditions = st.builds(
    Condition, fields, st.sampled_from(Operator), st.lists(operands, max_size=3).map(tuple)
)
filters: st.SearchStrategy[Filter] = st.recursive(
    conditions | operands.map(str).map(Search),
    lambda some: st.builds(
        lambda kind, parts: kind(tuple(parts)),
        st.sampled_from([AllOf, AnyOf]),
        st.lists(some, max_size=3),
    ),
    max_leaves=5,
)
sorts = st.lists(st.builds(SortBy, fields, st.booleans()), max_size=3).map(tuple)
selections = st.builds(
    Selection, st.none() | filters, sorts, st.integers(0, 3), st.none() | st.integers(0, 8)
)
limits = st.builds(
    Limits,
    columns=st.integers(0, 3),
    orders=st.integers(0, 3),
    answers=st.integers(0, 2),
    few=st.sampled_from([-1, -1, 2]),
    part=st.sampled_from([1, 2, 1000]),
)


# --- the table and the reference, side by side


class BesideTheReference(RuleBasedStateMachine):
    """A table with tiny limits, and a dictionary of what it should hold."""

    def __init__(self) -> None:
        super().__init__()
        self.contents: dict[str, bytes] = {}
        self.asked: list[Selection] = []
        self.seen: dict[str, tuple[int, Selected]] = {}

    @initialize(limits=limits, resources=st.dictionaries(names, contents))
    def begin(self, limits: Limits, resources: dict[str, bytes]) -> None:
        self.table = Table(limits)
        self.fill(resources)

    @rule(resources=st.dictionaries(names, contents | broken, max_size=4))
    def fill(self, resources: dict[str, bytes]) -> None:
        self.table.fill((name, text, len(text)) for name, text in resources.items())
        self.contents |= resources

    @rule(name=names, content=contents | broken)
    def put(self, name: str, content: bytes) -> None:
        self.table.put(name, content, len(content))
        self.contents[name] = content

    @rule(name=names)
    def remove(self, name: str) -> None:
        self.table.remove(name)
        self.contents.pop(name, None)

    @rule(selection=selections)
    def select(self, selection: Selection) -> None:
        self.asked.append(selection)

    @invariant()
    def answers_as_the_reference(self) -> None:
        items, faults = _split(self.contents)
        for selection in self.asked[-4:]:
            selected = self.table.select(selection)
            expected = naive.select(items, selection)
            assert ([item.name for item in selected.items], selected.total) == expected
            assert [fault.name for fault in selected.faults] == faults
            for item in selected.items:
                assert repr(parse(item.text)) == repr(_shown(item.name, items[item.name]))
            version, before = self.seen.get(repr(selection), (None, None))
            assert version != self.table.version or before == selected
            self.seen[repr(selection)] = self.table.version, selected

    @invariant()
    def knows_its_names(self) -> None:
        expected = {name: len(content) for name, content in self.contents.items()}
        assert self.table.signatures() == expected
        assert len(self.table) == len(expected)


def _split(contents: dict[str, bytes]) -> tuple[dict[str, object], list[str]]:
    """The values by name, and the names of those that are no JSON, in natural order."""
    items: dict[str, object] = {}
    faults = []
    for name, content in contents.items():
        try:
            items[name] = parse(content or b"{}")
        except MalformedContent:
            faults.append(name)
    return items, sorted(faults, key=natural_order)


def _shown(name: str, value: object) -> object:
    """What a list shows: the value as it is, with an `id` first where an object has none."""
    if not isinstance(value, dict) or "id" in value:
        return value
    number = number_of(name)
    return {"id": name if number is None else number, **value}


TestBesideTheReference = BesideTheReference.TestCase
TestBesideTheReference.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)


# What holds a scalar in one way or another.
_AROUND = (
    '{"a": %s}',
    '{"a": [%s]}',
    '{"a": ["a", %s]}',
    '{"b": %s}',
    '{"a": {"b": %s}}',
    "%s",
    '{"id": "", "a": %s}',
)


@pytest.fixture(scope="module")
def all_odd_contents() -> dict[str, bytes]:
    texts = [around.replace("%s", scalar) for around in _AROUND for scalar in _ODD_SCALARS]
    return {str(number): text.encode() for number, text in enumerate(texts)}


@pytest.mark.parametrize("operator", Operator)
@pytest.mark.parametrize("few", [-1, 1000])
def test_every_operand_meets_what_it_should(
    all_odd_contents: dict[str, bytes], operator: Operator, few: int
) -> None:
    """Of all values there are, whether an index is asked or each row is looked at."""
    table = table_of(all_odd_contents, Limits(few=few))
    items, _ = _split(all_odd_contents)
    # With it, the condition is asked of those that are found already.
    every = Condition(ID, Operator.GREATER_OR_EQUAL, ("0",))
    for operand in _ODD_OPERANDS:
        condition = Condition(Field("a"), operator, (operand,))
        for filter_ in (condition, AllOf((condition, every))):
            expected = naive.select(items, Selection(filter_))
            assert (found(table, Selection(filter_)), len(expected[0])) == expected


def test_every_text_is_found_where_it_stands(all_odd_contents: dict[str, bytes]) -> None:
    """However strings are escaped, numbers are written, and case is folded."""
    table = table_of(all_odd_contents)
    items, _ = _split(all_odd_contents)
    for text in map(str, _ODD_OPERANDS):
        selection = Selection(Search(text))
        assert found(table, selection) == naive.select(items, selection)[0]


@given(name=names, content=contents, text=st.text(max_size=3))
def test_a_search_misses_nothing(name: str, content: bytes, text: str) -> None:
    """Nor is anything found that the reference does not find."""
    table = table_of({name: content})
    selection = Selection(Search(text))
    expected, _ = naive.select({name: parse(content or b"{}")}, selection)
    assert found(table, selection) == expected


def test_many_rows_in_use() -> None:
    """With the usual limits, hundreds of changes between queries on a thousand rows."""
    chance = random.Random(1)  # noqa: S311  # a repeatable choice, not a secret
    table = Table()
    values: dict[str, object] = {}

    def value() -> dict[str, object]:
        kinds = (chance.randrange(50), chance.random(), f"text {chance.randrange(50)}", None, True)
        tags = [f"tag{chance.randrange(9)}" for _ in range(chance.randrange(3))]
        return {"n": chance.choice(kinds), "group": chance.randrange(4), "tags": tags}

    def change() -> None:
        name = str(chance.randrange(1500))
        if chance.random() < 0.3:
            values.pop(name, None)
            table.remove(name)
        else:
            values[name] = value()
            table.put(name, json.dumps(values[name]).encode())

    values.update((str(number), value()) for number in range(1000))
    table.fill((name, json.dumps(each).encode(), 0) for name, each in values.items())
    n, group, tags = Field("n"), Field("group"), Field("tags")
    asked = [
        Selection(sort=(SortBy(n),), start=100, stop=120),
        Selection(sort=(SortBy(n, descending=True), SortBy(group)), start=500, stop=530),
        Selection(Condition(group, Operator.EQUAL, ("2",)), (SortBy(n),)),
        Selection(Condition(n, Operator.GREATER, ("10",)), (SortBy(group, descending=True),)),
        Selection(Condition(tags, Operator.NOT_EQUAL, ("tag1", "tag2")), (SortBy(tags),)),
        Selection(
            AllOf(
                (
                    Condition(n, Operator.CONTAINS, ("ext 1",)),
                    Condition(group, Operator.EQUAL, (1, 2)),
                    AnyOf((Condition(tags, Operator.EQUAL, ("tag3",)), Search("TAG4"))),
                )
            )
        ),
    ]
    for _ in range(20):
        for _ in range(50):
            change()
        for selection in asked:
            selected = table.select(selection)
            expected = naive.select(values, selection)
            assert ([item.name for item in selected.items], selected.total) == expected


# --- single facts


def table_of(contents: Mapping[str, bytes], limits: Limits = DEFAULT_LIMITS) -> Table:
    table = Table(limits)
    table.fill((name, content, 0) for name, content in contents.items())
    return table


def found(table: Table, selection: Selection) -> list[str]:
    return [item.name for item in table.select(selection).items]


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("1", b'{"id": 1, "a": 1.50}', b'{"id": 1, "a": 1.50}'),
        ("1", b'{"a": 1}', b'{"id": 1, "a": 1}'),
        ("1", b"", b'{"id": 1}'),
        ("x", b"{}", b'{"id": "x"}'),
        ("01", b"{}", b'{"id": "01"}'),
        ("1", b' \n{"id": 7}\r\n', b'{"id": 7}'),
        ("1", b"[1, 2]\n", b"[1, 2]"),
        ("1", b"null", b"null"),
    ],
)
def test_a_resource_as_lists_show_it(name: str, content: bytes, text: bytes) -> None:
    """Its own text without white space around it; an object without `id` gets one."""
    (item,) = table_of({name: content}).select(EVERYTHING).items
    assert item == Item(name, text)


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (EVERYTHING, ["1", "2", "10", "a"]),
        (Selection(start=1, stop=3), ["2", "10"]),
        (Selection(start=3), ["a"]),
        (Selection(start=9), []),
        (Selection(sort=(SortBy(ID, descending=True),)), ["a", "10", "2", "1"]),
        (Selection(sort=(SortBy(Field("n")),)), ["2", "10", "1", "a"]),
        (Selection(sort=(SortBy(Field("n"), descending=True),)), ["1", "2", "10", "a"]),
        (
            Selection(sort=(SortBy(Field("n")), SortBy(ID, descending=True))),
            ["10", "2", "1", "a"],
        ),
        (
            Selection(sort=(SortBy(Field("n")), SortBy(Field("n"), descending=True))),
            ["2", "10", "1", "a"],
        ),
    ],
)
def test_the_order(selection: Selection, expected: list[str]) -> None:
    """By the first field that tells, then by name; what lacks the field comes last."""
    contents = {"10": b'{"n": 1}', "a": b'{"n": null}', "2": b'{"n": 1.0}', "1": b'{"n": "x"}'}
    selected = table_of(contents).select(selection)
    assert [item.name for item in selected.items] == expected
    assert selected.total == 4


def test_operands_that_python_takes_for_equal() -> None:
    """`1` and `true` are two questions, though one answer is kept when the other is asked."""
    table = table_of({"1": b'{"a": 1}', "2": b'{"a": true}'})
    for operand, expected in ((1, ["1"]), (True, ["2"]), (1.0, ["1"])):
        condition = Condition(Field("a"), Operator.EQUAL, (operand,))
        assert found(table, Selection(condition)) == expected


@pytest.mark.parametrize(
    ("operand", "expected"),
    [
        ("5", ["5"]),
        (5, ["5"]),
        ("5.0", ["5.0"]),
        ("5e0", ["5e0"]),
        (Name("5"), ["5"]),
        (Name("5.0"), ["5.0"]),
        (5.0, ["5"]),
        ("05", ["05"]),
        ("1" + "0" * 20, ["1" + "0" * 20]),
        (10**20, ["1" + "0" * 20]),
        ("1e400", []),
        ("inf", ["inf"]),
        ("true", ["true"]),
        (True, ["true"]),
        (Name("true"), ["true"]),
        ("9", []),
        (None, []),
    ],
)
def test_a_name_as_an_operand(operand: Operand, expected: list[str]) -> None:
    """The `id` is the name, a number where the name is one, whatever the content says."""
    names = ["05", "5", "5.0", "5e0", "1" + "0" * 20, "inf", "true"]
    table = table_of(dict.fromkeys(names, b'{"id": 9}'))
    equal = Condition(ID, Operator.EQUAL, (operand,))
    assert found(table, Selection(equal)) == expected
    others = Condition(ID, Operator.NOT_EQUAL, (operand,))
    assert found(table, Selection(others)) == [name for name in names if name not in expected]


@pytest.mark.parametrize("operator", Operator)
@pytest.mark.parametrize("field", [ID, Field("a")])
@pytest.mark.parametrize("part", [1, 1000])
def test_rows_come_and_go(operator: Operator, field: Field, part: int) -> None:
    """No condition is met by what was there before: columns follow each change."""
    contents = {"1": b'{"a": 1}', "2": b'{"a": [2, "1"]}', "3": b'{"a": "3", "id": 1}'}
    contents |= dict.fromkeys("6789", b"{}")
    table = table_of(contents, Limits(part=part))
    changes: list[tuple[str, bytes | None]] = [
        ("1", None),
        ("4", b'{"a": 2}'),
        ("3", b'{"a": [1, 2], "id": 2}'),
        ("2", None),
        ("3", None),
        ("2", b'{"id": 1}'),
    ]
    for name, content in changes:
        for operand in "123":
            selection = Selection(Condition(field, operator, (operand,)))
            expected = naive.select(_split(contents)[0], selection)
            assert (found(table, selection), table.select(selection).total) == expected
        if content is None:
            del contents[name]
            table.remove(name)
        else:
            contents[name] = content
            table.put(name, content)


# --- faults


def test_what_is_no_json_is_a_fault() -> None:
    """It is in no list and no total, but is named with each, and knows its signature."""
    table = table_of({"10": b"[\n1,]", "9": b"{", "1": b"{}"})
    selected = table.select(Selection(stop=1, filter=Condition(ID, Operator.EQUAL, (1,))))
    assert ([item.name for item in selected.items], selected.total) == (["1"], 1)
    assert [fault.name for fault in selected.faults] == ["9", "10"]
    fault = selected.faults[1]
    assert (fault.line, fault.column) == (2, 3)
    assert fault.digest == content_digest(b"[\n1,]")
    assert fault.detail


def test_a_resource_breaks_and_is_mended() -> None:
    """It is in the list or among the faults, never in both."""
    table = Table()
    seen = []
    for content in (b"{}", b"{", b"[", b"{}"):
        table.put("1", content)
        selected = table.select(EVERYTHING)
        seen.append((selected.total, [fault.digest for fault in selected.faults]))
    faults = [[content_digest(content)] for content in (b"{", b"[")]
    assert seen == [(1, []), (0, faults[0]), (0, faults[1]), (1, [])]


# --- the version


@pytest.mark.parametrize(
    ("change", "changes"),
    [
        (lambda table: table.put("1", b'{"id": 1}', 5), False),
        (lambda table: table.put("1", b'{"id": 1}\n'), False),
        (lambda table: table.put("2", b"{", 5), False),
        (lambda table: table.remove("3"), False),
        (lambda table: table.put("1", b'{"id":1}'), True),
        (lambda table: table.put("1", b"{"), True),
        (lambda table: table.put("2", b"["), True),
        (lambda table: table.put("2", b"{}"), True),
        (lambda table: table.put("3", b"{}"), True),
        (lambda table: table.remove("1"), True),
        (lambda table: table.remove("2"), True),
        (lambda table: table.fill([("3", b"{}", 0)]), True),
    ],
)
def test_the_version(change: Callable[[Table], None], *, changes: bool) -> None:
    """Is another one after all that a list can show, and only then."""
    table = table_of({"1": b'{"id": 1}', "2": b"{"})
    before, shown = table.version, table.select(EVERYTHING)
    change(table)
    assert (table.version != before) is changes
    assert (table.select(EVERYTHING) != shown) is changes


def test_signatures_are_those_put_last() -> None:
    """Of faults as well, and also where the content is the same."""
    table = Table()
    table.fill([("1", b"{}", -(2**63)), ("2", b"{", 2), ("3", b"{}", 3)])
    table.put("1", b"{}", 2**63 - 1)
    table.put("2", b"{", 5)
    table.remove("3")
    assert table.signatures() == {"1": 2**63 - 1, "2": 5}
    assert [table.signature(name) for name in "123"] == [2**63 - 1, 5, None]
    assert [name in table for name in "123"] == [True, True, False]


def test_filling_stops_halfway() -> None:
    """What came before the error is held, and found."""

    def resources() -> Iterator[tuple[str, bytes, int]]:
        yield "1", b"{}", 0
        raise OSError

    table = Table()
    with pytest.raises(OSError):  # noqa: PT011  # the very one that is raised above
        table.fill(resources())
    assert found(table, EVERYTHING) == ["1"]


# --- what is kept


def test_the_place_of_a_removed_row_is_used_again() -> None:
    """Ever new names fill no memory where as many others go."""
    rows = Rows()
    numbers = {rows.add("1", b"1", 0), rows.add("2", b"2", 0)}
    rows.remove("1")
    rows.remove("2")
    assert {rows.add("3", b"3", 3), rows.add("4", b"4", 4)} == numbers
    assert (sorted(rows.names), sorted(rows.texts)) == (["3", "4"], [b"3", b"4"])
    assert rows.signatures() == {"3": 3, "4": 4}


def by(fields_: str) -> Selection:
    """One letter is one field to sort by."""
    return Selection(sort=tuple(SortBy(Field(letter)) for letter in fields_))


def test_columns_are_kept_up_to_their_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """A field that was asked for of late needs no reading; ever new ones fill no memory."""
    read: list[set[str]] = []

    def noted(fields: Iterable[Field], rows: Rows) -> dict[Field, Column]:
        fields = list(fields)
        read.append({field.text for field in fields})
        return read_columns(fields, rows)

    monkeypatch.setattr(index, "read_columns", noted)
    table = table_of({"1": b"{}"}, Limits(columns=2))
    for letters in ("ab", "b", "a", "c", "a", "b", "abc", "c"):
        table.select(by(letters))
    assert read == [{"a", "b"}, {"c"}, {"b"}, {"c"}]


def test_orders_are_kept_up_to_their_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that was used of late is there, also after changes; another one is made again."""
    made = 0

    class Noted(Order):
        def __init__(self, sorting: Sorting, rows: Iterable[int]) -> None:
            nonlocal made
            made += 1
            super().__init__(sorting, rows)

    table = table_of({"1": b"{}"}, Limits(orders=2))
    monkeypatch.setattr(index, "Order", Noted)
    numbers = []
    for letters in ("a", "b", "a", "ab", "a", "b"):
        table.select(by(letters))
        table.put("2", f'{{"a": "{letters}"}}'.encode())
        numbers.append(made)
    assert numbers == [1, 2, 2, 3, 3, 4]


def test_answers_are_kept_up_to_their_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same filter and order is answered once, until something changes."""
    searched = []

    def noted(asked: Search, rows: Rows, among: Iterable[int]) -> set[int]:
        searched.append(asked.text)
        return search(asked, rows, among)

    monkeypatch.setattr(index, "search", noted)
    table = table_of({"1": b'{"a": "xyz"}'}, Limits(answers=2))
    for text in "xyxzxy":
        table.select(Selection(Search(text), start=len(searched)))
    assert "".join(searched) == "xyzy"
    table.put("2", b"{}")
    table.select(Selection(Search("y")))
    assert "".join(searched) == "xyzyy"

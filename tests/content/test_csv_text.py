import csv
import io
import sys
from collections import Counter
from types import FrameType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvput.content import csv_text
from kvput.content.text_types import Types
from kvput.errors import ContentTooLarge, MalformedContent

Rows = list[tuple[int, dict[str, object]]]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (b"", []),
        (b"a,b", []),
        (b"a,b\r\n", []),
        (b"a,b\n1,2", [(2, {"a": "1", "b": "2"})]),
        (b"a,b\r\n1,2\r\n3,4\r\n", [(2, {"a": "1", "b": "2"}), (3, {"a": "3", "b": "4"})]),
        (b"a,b\n1,2\r\n3,4\n", [(2, {"a": "1", "b": "2"}), (3, {"a": "3", "b": "4"})]),
        (b"\xef\xbb\xbfa,b\n1,2", [(2, {"a": "1", "b": "2"})]),
        (b'\xef\xbb\xbf"a",b\n1,2', [(2, {"a": "1", "b": "2"})]),
        (b"a,b\n,\n", [(2, {"a": "", "b": ""})]),
        (b'a,b\n"",""\n', [(2, {"a": "", "b": ""})]),
        (b'"a","b"\n"1","2"', [(2, {"a": "1", "b": "2"})]),
        (b'a,b\n"1,5","x ""y"" z"\n', [(2, {"a": "1,5", "b": 'x "y" z'})]),
        (b'a,b\n"x\ny","\r\n"\n3,4', [(2, {"a": "x\ny", "b": "\r\n"}), (5, {"a": "3", "b": "4"})]),
        (b'a,b\n1,"2"\r\n"3",4\r\n', [(2, {"a": "1", "b": "2"}), (3, {"a": "3", "b": "4"})]),
        (b"a,b\n\n\r\n1,2\n\n", [(4, {"a": "1", "b": "2"})]),
        (b'a\n\n""\n \n', [(3, {"a": ""}), (4, {"a": " "})]),
        (b" a ,b\n 1 ,2", [(2, {" a ": " 1 ", "b": "2"})]),
        ("größe\n😀\n".encode(), [(2, {"größe": "😀"})]),
        (b"a\n\x00\x0b\x0c\x1c\n", [(2, {"a": "\0\x0b\x0c\x1c"})]),
        ("a\n\u2028\x85x\n".encode(), [(2, {"a": "\u2028\x85x"})]),
        (b"a\ntrue\n", [(2, {"a": "true"})]),
        (b"a;b\n1;2\n", [(2, {"a;b": "1;2"})]),
        (b'"a\nb",c\n1,2', [(3, {"a\nb": "1", "c": "2"})]),
    ],
)
def test_rows_are_read_with_their_lines(text: bytes, rows: Rows) -> None:
    """Each is an object with the header's names; all values are strings."""
    assert list(csv_text.parse(text)) == rows


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"a.b,a.c\n1,2", {"a": {"b": "1", "c": "2"}}),
        (b"a[b],a[c][]\n1,2", {"a": {"b": "1", "c": ["2"]}}),
        (b"t[0],t[1]\n1,2", {"t": ["1", "2"]}),
        (b"t[1],x,t[0]\n1,2,3", {"t": ["3", "1"], "x": "2"}),
        (b"a[0].b,a[1].b\n1,2", {"a": [{"b": "1"}, {"b": "2"}]}),
        (b"Version 2.0,incl. tax\n1,2", {"Version 2.0": "1", "incl. tax": "2"}),
    ],
)
def test_columns_nest_by_their_names(text: bytes, value: object) -> None:
    """By brackets, as in forms, and by the dots between words."""
    assert [row for _, row in csv_text.parse(text)] == [value]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"a,b,c\n1,true,x", {"a": 1, "b": True, "c": "x"}),
        (b"a,b,c\n01,1.50,null", {"a": "01", "b": "1.50", "c": None}),
        (b'a,b\n"1",2', {"a": 1, "b": 2}),
        (b"a,b,c\n1,,3", {"a": 1, "c": 3}),
        (b'a,b,c\n1,"",3', {"a": 1, "c": 3}),
        (b"a,b\n,", {}),
        (b"a.b,a.c,d\n,,1", {"d": 1}),
        (b"a.b,a.c,d\n,1,", {"a": {"c": 1}}),
        (b"t[0],t[1],t[2]\n1,,3", {"t": [1, 3]}),
        (b"t[0],t[1],a\n,,0", {"a": 0}),
        (b"t[]\n5", {"t": [5]}),
        (b"t[0].a,t[1].a,t[2].b\n1,,3", {"t": [{"a": 1}, {"b": 3}]}),
    ],
)
def test_cells_are_guessed_where_that_is_asked_for(text: bytes, value: object) -> None:
    """The member of an empty cell is left out, and so is an object or a list of these alone."""
    assert [row for _, row in csv_text.parse(text, Types.GUESS)] == [value]


def test_members_stand_in_the_order_of_the_header() -> None:
    """Also where the first of those that stand together has no value in a row."""
    rows = csv_text.parse(b"a.b,c,a.d\n1,2,3\n,2,3\n", Types.GUESS)
    assert [list(row) for _, row in rows] == [["a", "c"], ["a", "c"]]


def test_empty_cells_are_no_work() -> None:
    """However deep their columns lie: the work is in proportion to the text."""
    header = ",".join(f"a{number}" + ".b" * 30 for number in range(100))
    text = f"{header},x\n{',' * 99},1\n".encode()
    calls: Counter[str] = Counter()

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        calls[event] += 1

    rows = csv_text.parse(text + b"," * 100 + b"\n", Types.GUESS)
    assert next(rows) == (2, {"x": 1})
    before = sys.getprofile()
    sys.setprofile(count)
    try:
        row = next(rows)
    finally:
        sys.setprofile(before)
    assert row == (3, {})
    assert calls["call"] < 100


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        (b"a,b\n1\n", 2, 1, "The row has 1 cells, but the header has 2"),
        (b"a,b\n1,2\n\n1,2,3\n", 4, 1, "The row has 3 cells, but the header has 2"),
        (b'a,b\n"x\ny"\n', 2, 1, "The row has 1 cells, but the header has 2"),
        (b'a\n"1",2\n', 2, 1, "The row has 2 cells, but the header has 1"),
        (b"a,b\n1,2 \n ", 3, 1, "The row has 1 cells, but the header has 2"),
        (b'a,b\n1,"2\n3,4\n', 2, 3, "is never closed"),
        (b'a\n"', 2, 1, "is never closed"),
        (b'a\n"x""', 2, 1, "is never closed"),
        (b'"a\n1', 1, 1, "is never closed"),
        (b'a,b\n1,x"y"\n', 2, 4, "within a cell that does not begin with one"),
        (b'a,b\n1, "2"\n', 2, 4, "within a cell that does not begin with one"),
        (b'a"b\n', 1, 2, "within a cell that does not begin with one"),
        (b'a,b\n"1"x,2\n', 2, 4, 'after the closing quotation mark, found "x".'),
        (b'a,b\n"1" ,2\n', 2, 4, 'after the closing quotation mark, found " ".'),
        (b"a,b\r1,2\r", 1, 4, "A carriage return without a line feed"),
        (b"a,b\n1,\r2\n", 2, 3, "A carriage return without a line feed"),
        (b"a,b\n1,2\r", 2, 4, "A carriage return without a line feed"),
        (b'a,b\n"1",2\r', 2, 6, "A carriage return without a line feed"),
        (b'a,b\n"1"\r,2', 2, 4, "A carriage return without a line feed"),
        (b"a,a\n", 1, 1, 'The columns 1 and 2 are both called "a"'),
        (b'a,b,"a"\n', 1, 1, 'The columns 1 and 3 are both called "a"'),
        (b"a,,b\n", 1, 1, "Column 2 has no name"),
        (b"\n,a\n1,2\n", 2, 1, "Column 1 has no name"),
        (b"a,a.b\n1,2\n", 1, 1, "an earlier field has made it a value"),
        (b"a[5000]\n1\n", 1, 1, "leaves more than 100 places before it empty"),
        (b"a\n\xff\n", 2, 1, "not UTF-8"),
        ("a\n1\n".encode("utf-16"), 1, 1, "not UTF-8"),
        ("é,b\nö,ü".encode("latin-1"), 1, 1, "not UTF-8"),
    ],
)
def test_malformed_table_is_refused_at_its_place(
    text: bytes, line: int, column: int, words: str
) -> None:
    """Nothing is guessed: a row that is cut, or shifted by a comma, is an error."""
    with pytest.raises(MalformedContent) as caught:
        list(csv_text.parse(text))
    assert words in caught.value.detail
    assert (caught.value.line, caught.value.column) == (line, column)


def test_rows_before_an_error_are_given() -> None:
    """It is for the caller to take all or none."""
    rows = csv_text.parse(b"a\n1\n2,3\n")
    assert next(rows) == (2, {"a": "1"})
    with pytest.raises(MalformedContent):
        next(rows)


@pytest.mark.parametrize("quote", ["", '"'])
def test_columns_are_counted(quote: str) -> None:
    """The limit itself is taken, one more is not."""
    most = ",".join(f"{quote}c{number}{quote}" for number in range(csv_text.MAX_COLUMNS))
    ((_, row),) = csv_text.parse((most + "\n" + "," * (csv_text.MAX_COLUMNS - 1)).encode())
    assert len(row) == csv_text.MAX_COLUMNS
    with pytest.raises(ContentTooLarge, match="more than 10000 columns"):
        list(csv_text.parse((most + ",x\n").encode()))


cells = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from('",\r\n \ufeff'))


@given(
    st.integers(1, 4).flatmap(
        lambda width: st.lists(st.lists(cells, min_size=width, max_size=width))
    ),
    # With "\n" and few quotes, some versions of the module leave a carriage return bare.
    st.sampled_from([("\r\n", csv.QUOTE_MINIMAL), ("\r\n", csv.QUOTE_ALL), ("\n", csv.QUOTE_ALL)]),
)
def test_what_the_csv_module_writes_is_read_back(
    table: list[list[str]], style: tuple[str, int]
) -> None:
    """No text is lost on the way through a table."""
    header = [f"c{number}" for number in range(len(table[0]) if table else 1)]
    text = io.StringIO()
    line_end, quoting = style
    writer = csv.writer(text, lineterminator=line_end, quoting=quoting)  # type: ignore[arg-type]  # one of the csv module's constants
    writer.writerows([header, *table])
    read = [row for _, row in csv_text.parse(text.getvalue().encode())]
    assert read == [dict(zip(header, row, strict=True)) for row in table]


@given(st.lists(st.sampled_from(["a", ",", '"', '""', "\n", "\r\n", " ", "é"]), max_size=30))
def test_what_is_taken_is_what_the_csv_module_reads(pieces: list[str]) -> None:
    """Where kvput takes a table, the standard library reads the same, and its lines are right."""
    text = "c0,c1\n" + "".join(pieces)
    try:
        taken = list(csv_text.parse(text.encode()))
    except MalformedContent:
        return
    lines = (line + "\n" for line in text.removesuffix("\n").split("\n"))
    rows = [row for row in csv.reader(lines, strict=True) if row]
    assert [list(row.values()) for _, row in taken] == rows[1:]
    assert [line for line, _ in taken] == sorted({line for line, _ in taken})

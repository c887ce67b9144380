from email.message import EmailMessage
from email.policy import HTTP

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kvput.content import multipart
from kvput.content.text_types import Types
from kvput.errors import ContentTooLarge, MalformedContent, MalformedField, UnsupportedMediaType

PIECES = (
    *(b"--B", b"--", b"\r\n", b"\n", b"\r", b" ", b"x", b": ", b'"', b";", b"\xff"),
    b'Content-Disposition: form-data; name="a"',
)
FILE = b'Content-Disposition: form-data; name="f"; filename="%s"\r\nContent-Type: %s'


def form(*parts: tuple[bytes, bytes], boundary: bytes = b"B") -> bytes:
    """A form as browsers write it, of parts with their header fields and their content."""
    written = (b"--%s\r\n%s\r\n\r\n%s\r\n" % (boundary, *part) for part in parts)
    return b"".join(written) + b"--%s--\r\n" % boundary


def field(name: str, value: bytes = b"1") -> tuple[bytes, bytes]:
    """A part that is a text field; `name` as it is written, with its quotation marks."""
    return f"Content-Disposition: form-data; name={name}".encode(), value


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (form(), {}),
        (form(field('"a"', b"x")), {"a": "x"}),
        (form(field('"a"', b"")), {"a": ""}),
        (form(field('"b"'), field('"a"'), field('"b"', b"2")), {"b": ["1", "2"], "a": "1"}),
        (form(field('"a[b]"'), field('"a[c][]"')), {"a": {"b": "1", "c": ["1"]}}),
        (form(field('"a[0][b]"'), field('"a[1][b]"', b"2")), {"a": [{"b": "1"}, {"b": "2"}]}),
        (form(field('""')), {"": "1"}),
        (form(field("a")), {"a": "1"}),
        (form(field('"é"', "😀".encode())), {"é": "😀"}),
        (
            form(field('"a"', b"\r\n--\r\n--A\r\n -- B\n--B\r--B\x00")),
            {"a": "\r\n--\r\n--A\r\n -- B\n--B\r--B\0"},
        ),
        (form(field('"a"', b"true")), {"a": "true"}),
        (form((b'CONTENT-DISPOSITION:Form-Data ; NAME="a"', b"1")), {"a": "1"}),
        (
            form((field('"a"')[0] + b"\r\nContent-Type: text/plain; charset=UTF-8", b"1")),
            {"a": "1"},
        ),
        (form((field('"a"')[0] + b"\r\nContent-Type: Text/Plain", b"1")), {"a": "1"}),
        (form((field('"a"')[0] + b"\r\nContent-Transfer-Encoding: 8bit", b"1")), {"a": "1"}),
        (form((b"X-Other: 1; x=\r\n" + field('"a"')[0], b"1")), {"a": "1"}),
        # A file that was not chosen, as browsers send it.
        (form(field('"a"'), (FILE % (b"", b"application/octet-stream"), b"")), {"a": "1"}),
        # RFC 2046 section 5.1.1: what stands before and behind, and padding.
        (b"Hello\r\n" + form(field('"a"')) + b"Bye\r\n--B\r\n", {"a": "1"}),
        (
            form(field('"a"')).replace(b"--B\r\n", b"--B \t\r\n").replace(b"B--", b"B-- "),
            {"a": "1"},
        ),
        (form(field('"a"')).removesuffix(b"\r\n"), {"a": "1"}),
        # Content that is not even empty: the line break belongs to the boundary.
        (b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n--B--', {"a": ""}),
    ],
)
def test_parts_are_read_as_fields(body: bytes, value: object) -> None:
    """Their names nest as those of other forms do; all values are strings."""
    assert multipart.parse(body, "B") == value


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ('"a%22b"', 'a"b'),
        ('"a%0D%0Ab"', "a\r\nb"),
        ('"a%20b"', "a%20b"),
        ('"a\\"b"', 'a"b'),
        ('"a\\"b\\\\c"', 'a"b\\c'),
        ('"a\\b"', "a\\b"),
        ('"a\\\\b"', "a\\\\b"),
        ('"a\\"', "a\\"),
        ('"a;b=c"', "a;b=c"),
        ('"a" ; x=y', "a"),
        ('"a";', "a"),
    ],
)
def test_names_are_read_as_browsers_and_others_write_them(written: str, name: str) -> None:
    """The escapes of the HTML standard, and backslashes where they escape a quotation mark."""
    assert multipart.parse(form(field(written)), "B") == {name: "1"}


@pytest.mark.parametrize(
    "boundary", ["B", "x" * 70, "----WebKitFormBoundary7MA4", "a b'()+_,-./:=?c"]
)
def test_boundaries_of_all_kinds(boundary: str) -> None:
    """Up to 70 characters of those that RFC 2046 has."""
    body = form(field('"a"', b"--" + boundary.encode()[:-1]), boundary=boundary.encode())
    assert multipart.parse(body, boundary) == {"a": "--" + boundary[:-1]}


@pytest.mark.parametrize("boundary", [None, "", "x" * 71, "a ", "a\r\nb", "é", 'a"b', "a;b"])
def test_no_boundary_or_none_of_these_is_refused(boundary: str | None) -> None:
    """It is the header field that is wrong, most often because a client wrote it by hand."""
    with pytest.raises(MalformedField, match="needs its boundary in the Content-Type"):
        multipart.parse(form(field('"a"')), boundary)


@pytest.mark.parametrize(
    ("body", "line", "column", "words"),
    [
        (b"", 1, 1, "stands nowhere in the content"),
        (b"a=1&b=2", 1, 1, "stands nowhere in the content"),
        (form(field('"a"'), boundary=b"C"), 1, 1, "stands nowhere in the content"),
        (b"x--B--", 1, 1, "stands nowhere in the content"),
        (b"--B", 1, 4, "The line does not end behind the boundary"),
        (b"--Bx\r\n", 1, 4, "The line does not end behind the boundary"),
        (b"--B\nContent-Disposition: form-data; name=a\n\n1\n--B--", 1, 4, "does not end behind"),
        (form(field('"a"', b"1\r\n--Bx")), 5, 4, "The line does not end behind the boundary"),
        (b"--B--x", 1, 6, "The line does not end behind the boundary"),
        (b"--B-\r\n", 1, 4, "The line does not end behind the boundary"),
        (form(field('"a"')).removesuffix(b"--B--\r\n"), 5, 1, "without the closing boundary"),
        (form(field('"a"'))[:-4], 5, 4, "The line does not end behind the boundary"),
        (b"--B\r\n", 2, 1, "needs a blank line behind its header fields"),
        (b"--B\r\na: b\r\n--B--", 2, 1, "needs a blank line behind its header fields"),
        (b"--B\r\na: b\r\n--B\r\n\r\n--B--", 3, 1, "has the form Name: value"),
        (form((b"", b"")), 2, 1, "needs the field Content-Disposition"),
        (form((b"a: b", b"")), 2, 1, "needs the field Content-Disposition"),
        (form((b"Content-Disposition: form-data", b"")), 2, 1, "needs the field Content-Disp"),
        (form((b"Content-Disposition: file; name=a", b"")), 2, 1, "needs the field Content-Disp"),
        (form((b"Content-Disposition: form-data; name", b"")), 2, 1, "needs the field Content-D"),
        (form((b'Content-Disposition: form-data; name="a', b"")), 2, 1, "needs the field Content"),
        (form((b'Content-Disposition: form-data, name="a"', b"")), 2, 1, "needs the field Conte"),
        (form((field("a")[0] + b"\r\n " + b"b: c", b"")), 3, 1, "has the form Name: value"),
        (form((field("a")[0] + b"\r\nx", b"")), 3, 1, "has the form Name: value"),
        (form((field("a")[0] + b"\nb: c", b"")), 2, 1, "has the form Name: value"),
        (form((field("a")[0] + b"\rb: c", b"")), 2, 1, "has the form Name: value"),
        (form((b"\r\n".join([field("a")[0]] * 2), b"")), 3, 1, "has two fields"),
        (form((b'Content-Disposition: form-data; name="\xff"', b"")), 2, 39, "is not UTF-8 here"),
        (form(field('"a"', b"x\n\xc3\xa9\xff")), 5, 2, 'The part "a" is not UTF-8 here'),
        (form(field('"a"'), field('"a[b]"')), 6, 1, "an earlier field has made it a value"),
        (form(field('"a[500]"')), 2, 1, "leaves more than 100 places before it empty"),
    ],
)
def test_malformed_content_is_refused_at_its_place(
    body: bytes, line: int, column: int, words: str
) -> None:
    """A boundary within a text that is not one is an error, and never content."""
    with pytest.raises(MalformedContent) as caught:
        multipart.parse(body, "B")
    assert words in caught.value.detail
    assert (caught.value.line, caught.value.column) == (line, column)


@pytest.mark.parametrize(
    ("header", "content", "words"),
    [
        (FILE % (b"x.png", b"image/png"), b"1", r'The part "f" is a file \("x.png"\)'),
        (FILE % (b"x.txt", b"text/plain"), b"1", "is a file"),
        (FILE % (b"x.txt", b"text/plain"), b"", "is a file"),
        (FILE % (b"", b"text/plain"), b"1", "is a file"),
        (field("f")[0] + b"; filename*=UTF-8''x", b"1", "is a file"),
        (field("f")[0] + b"\r\nContent-Type: application/json", b"{}", 'type "application/json"'),
        (field("f")[0] + b"\r\nContent-Type: text/html", b"", 'the type "text/html"'),
        (field("f")[0] + b"\r\nContent-Type: multipart/mixed; boundary=C", b"", "has the type"),
        (field("f")[0] + b"\r\nContent-Type: nonsense;", b"", 'the type "nonsense"'),
        (field("f")[0] + b"\r\nContent-Type: ;", b"", 'the type ""'),
        (field("f")[0] + b"\r\nContent-Type: text/plain;charset=latin1", b"", 'charset "latin1"'),
        (field("f")[0] + b"\r\nContent-Transfer-Encoding: base64", b"eA==", 'encoding "base64"'),
    ],
)
def test_what_is_no_text_is_refused(header: bytes, content: bytes, words: str) -> None:
    """Files above all: the sentence names the part and what it is."""
    with pytest.raises(UnsupportedMediaType, match=words):
        multipart.parse(form((header, content)), "B")


def test_texts_are_guessed_where_that_is_asked_for() -> None:
    """As in other forms."""
    read = multipart.parse(form(field('"a"'), field('"b"', b"01")), "B", Types.GUESS)
    assert read == {"a": 1, "b": "01"}


def test_parts_are_counted() -> None:
    """The limit itself is taken, one more is not."""
    most = [field('"a[]"')] * multipart.MAX_PARTS
    assert multipart.parse(form(*most), "B") == {"a": ["1"] * multipart.MAX_PARTS}
    with pytest.raises(ContentTooLarge, match="more than 10000 parts"):
        multipart.parse(form(*most, field('"b"')), "B")


def test_header_fields_have_a_limit() -> None:
    """The limit itself is taken, one byte more is not."""
    name = "x" * (multipart.MAX_HEADER - len(field("")[0]))
    assert multipart.parse(form(field(name)), "B") == {name: "1"}
    with pytest.raises(ContentTooLarge, match="longer than 8192 bytes"):
        multipart.parse(form(field(name + "x")), "B")


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.text().filter(lambda name: "[" not in name and "\\" not in name), st.text())
    ),
)
def test_whatever_is_written_is_read_back(pairs: list[tuple[str, str]]) -> None:
    """No text is lost on the way through a form, and none is taken for a boundary."""
    escapes = str.maketrans({"\n": "%0A", "\r": "%0D", '"': "%22"})
    # A name that looks escaped already cannot be told from one that is.
    pairs = [pair for pair in pairs if "%" not in pair[0]]
    parts = [field(f'"{name.translate(escapes)}"', value.encode()) for name, value in pairs]
    expected: dict[str, list[str]] = {}
    for name, value in pairs:
        expected.setdefault(name, []).append(value)
    read = multipart.parse(form(*parts, boundary=b"=boundary="), "=boundary=")
    assert read == {name: v if len(v) > 1 else v[0] for name, v in expected.items()}


@settings(deadline=None)
@given(
    st.dictionaries(st.from_regex(r"[a-z]{1,9}", fullmatch=True), st.text("aé-\r\n", max_size=9))
)
def test_what_another_writer_makes_is_read(values: dict[str, str]) -> None:
    """The standard library's, which knows nothing of kvput."""
    message = EmailMessage(policy=HTTP)
    message.make_mixed(boundary="B")
    for name, value in values.items():
        part = EmailMessage(policy=HTTP)
        part["Content-Disposition"] = f'form-data; name="{name}"'
        part["Content-Type"] = "text/plain; charset=utf-8"
        part["Content-Transfer-Encoding"] = "8bit"
        part.set_payload(value.encode().decode("ascii", "surrogateescape"))
        message.attach(part)
    body = message.as_bytes().partition(b"\r\n\r\n")[2] if values else form()
    normal = {name: "\r\n".join(value.splitlines()) for name, value in values.items()}
    read = multipart.parse(body, "B")
    assert {k: "\r\n".join(str(v).splitlines()) for k, v in read.items()} == normal


@given(st.lists(st.sampled_from(PIECES)))
def test_no_bytes_fail_otherwise(pieces: list[bytes]) -> None:
    """Whatever comes is read, or refused with a place in it."""
    body = b"".join(pieces)
    try:
        multipart.parse(body, "B")
    except MalformedContent as error:
        line, column = error.line or 0, error.column or 0
    else:
        return
    lines = body.split(b"\n")
    assert 1 <= line <= len(lines)
    assert 1 <= column <= len(lines[line - 1]) + 1

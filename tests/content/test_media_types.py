import pytest

from kvput.content import json_text, media_types
from kvput.content.media_types import (
    POST_TYPES,
    PUT_TYPES,
    AnyContent,
    Content,
    ManyContents,
    MediaTable,
    Reader,
    Row,
    Terms,
    accept,
    csv_reader,
    form_reader,
    is_quick,
    is_short_work,
    multipart_reader,
    read_json,
    read_json5,
    read_json_lines,
    read_undeclared,
    read_yaml,
    reader_for,
)
from kvput.errors import (
    ContentTooLarge,
    InvalidContent,
    MalformedContent,
    MalformedField,
    MalformedParameter,
    UnsupportedMediaType,
)

FORM = "application/x-www-form-urlencoded"
PUT_ACCEPT = "application/json, application/*+json, application/json5"
POST_ACCEPT = (
    f"{PUT_ACCEPT}, {FORM}, multipart/form-data, application/yaml, application/x-yaml, text/yaml, "
    "application/x-ndjson, application/jsonl, text/csv"
)
read_form = form_reader(Terms())


@pytest.mark.parametrize("charset", [None, "utf-8", "UTF-8", "us-ascii", "US-ASCII"])
@pytest.mark.parametrize(
    ("table", "essence", "reader"),
    [
        (PUT_TYPES, None, read_undeclared),
        (PUT_TYPES, "application/json", read_json),
        (PUT_TYPES, "Application/JSON", read_json),
        (PUT_TYPES, "application/ld+json", read_json),
        (PUT_TYPES, "application/vnd.kvput.v1+json", read_json),
        (PUT_TYPES, "application/json5", read_json5),
        (POST_TYPES, None, read_undeclared),
        (POST_TYPES, "application/json", read_json),
        (POST_TYPES, "application/hal+json", read_json),
        (POST_TYPES, "application/json5", read_json5),
        (POST_TYPES, "application/yaml", read_yaml),
        (POST_TYPES, "application/x-yaml", read_yaml),
        (POST_TYPES, "Text/YAML", read_yaml),
        (POST_TYPES, "application/x-ndjson", read_json_lines),
        (POST_TYPES, "application/jsonl", read_json_lines),
    ],
)
def test_content_type_calls_for_its_reader(
    table: MediaTable[AnyContent],
    essence: str | None,
    charset: str | None,
    reader: Reader[AnyContent],
) -> None:
    """The type chooses the reader; case does not count, nor does a charset that is UTF-8."""
    assert reader_for(table, essence, charset) is reader


@pytest.mark.parametrize(
    ("table", "essence", "words"),
    [
        (
            PUT_TYPES,
            FORM,
            "curl's -d sends: use --json, or add -H 'Content-Type: application/json'",
        ),
        (PUT_TYPES, "text/plain", "fetch sends for a string without a header"),
        (POST_TYPES, "text/plain", "fetch sends for a string without a header"),
        (PUT_TYPES, "text/html", f"Send one of {PUT_ACCEPT}."),
        (PUT_TYPES, "application/yaml", f"Send one of {PUT_ACCEPT}."),
        (PUT_TYPES, "text/csv", f"Send one of {PUT_ACCEPT}."),
        (POST_TYPES, "multipart/mixed", f"Send one of {POST_ACCEPT}."),
        (POST_TYPES, "application/json-seq", f"Send one of {POST_ACCEPT}."),
        (PUT_TYPES, "text/json", "Send one of"),
        (PUT_TYPES, "image/svg+json", "Send one of"),
        (PUT_TYPES, "application/+json", "Send one of"),
        (PUT_TYPES, "application/jsonx", "Send one of"),
        (PUT_TYPES, "application/octet-stream", "Send one of"),
        (PUT_TYPES, "", "Send one of"),
    ],
)
def test_other_types_are_refused_with_advice(
    table: MediaTable[AnyContent], essence: str, words: str
) -> None:
    """The error names the type, what to do, and in its fields the types that are taken."""
    with pytest.raises(UnsupportedMediaType) as caught:
        reader_for(table, essence, None)
    assert f'"{essence}"' in caught.value.detail
    assert words in caught.value.detail


@pytest.mark.parametrize(
    ("table", "fields"),
    [
        (PUT_TYPES, (("Accept", PUT_ACCEPT),)),
        (POST_TYPES, (("Accept", POST_ACCEPT), ("Accept-Post", POST_ACCEPT))),
    ],
)
@pytest.mark.parametrize(
    ("essence", "charset"), [("text/html", None), ("application/json", "latin1")]
)
def test_refusal_carries_the_types_that_are_taken(
    table: MediaTable[AnyContent],
    fields: tuple[tuple[str, str], ...],
    essence: str,
    charset: str | None,
) -> None:
    """Accept for both, Accept-Post for POST as well."""
    with pytest.raises(UnsupportedMediaType) as caught:
        reader_for(table, essence, charset)
    assert caught.value.fields == fields


@pytest.mark.parametrize("charset", ["iso-8859-1", "utf-16", "UTF-16LE", "", "windows-1252"])
def test_other_charsets_are_refused(charset: str) -> None:
    """JSON between systems is UTF-8."""
    with pytest.raises(UnsupportedMediaType, match="send UTF-8"):
        reader_for(PUT_TYPES, "application/json", charset)


@pytest.mark.parametrize(("table", "value"), [(PUT_TYPES, PUT_ACCEPT), (POST_TYPES, POST_ACCEPT)])
def test_accept_lists_the_table(table: MediaTable[AnyContent], value: str) -> None:
    """The field's value has the ranges in the table's order."""
    assert accept(table) == value


@pytest.mark.parametrize(
    ("reader", "body", "content"),
    [
        (read_json, b"", Content(b"", {}, transformed=False)),
        (read_json, b' {"a" : 1.0}\n', Content(b' {"a" : 1.0}\n', {"a": 1.0}, transformed=False)),
        (read_json5, b"", Content(b"", {}, transformed=False)),
        (read_json5, b' {"a" : 1.0}\n', Content(b' {"a" : 1.0}\n', {"a": 1.0}, transformed=False)),
        (read_json5, b"[1e400]", Content(b"[1e400]", [float("inf")], transformed=False)),
        (read_json5, b"{a:1}", Content(b'{\n  "a": 1\n}\n', {"a": 1}, transformed=True)),
        (read_json5, b"[1,]", Content(b"[\n  1\n]\n", [1], transformed=True)),
        (read_undeclared, b"", Content(b"", {}, transformed=False)),
        (read_undeclared, b"[ 1 ]", Content(b"[ 1 ]", [1], transformed=False)),
        (read_undeclared, b"'x'", Content(b'"x"\n', "x", transformed=True)),
        (
            read_form,
            b"a=1&a=2",
            Content(
                b'{\n  "a": [\n    "1",\n    "2"\n  ]\n}\n', {"a": ["1", "2"]}, transformed=True
            ),
        ),
        (read_form, b"", Content(b"{}\n", {}, transformed=True)),
    ],
)
def test_content_is_kept_or_transformed(
    reader: Reader[Content], body: bytes, content: Content
) -> None:
    """Strict JSON keeps its bytes whatever it is called, all else becomes JSON."""
    assert reader(body) == content


@pytest.mark.parametrize(
    ("reader", "body", "line", "column", "words"),
    [
        (read_json, b"{a:1}", 1, 2, "Expected a member's name in double quotation marks"),
        (read_json5, b"{a:b}", 1, 4, "strings have quotes"),
        (read_json5, b'{"a":}', 1, 6, "strings have quotes"),
        # JSON5 gets further: it is JSON5 with a mistake.
        (read_undeclared, b"{a: 1, b: x}", 1, 11, "strings have quotes"),
        # Both stop at the same place: JSON says why.
        (read_undeclared, b'{"a": x}', 1, 7, 'Expected a value, found "x".'),
        # JSON gets further: pyjson5 says where the array starts.
        (read_undeclared, b"[1, 2\n", 2, 1, "Expected a comma or ]"),
        (read_undeclared, b"<html>", 1, 1, 'Expected a value, found "<".'),
        (read_undeclared, b"a=1&b=2", 1, 1, 'Expected a value, found "a".'),
        pytest.param(read_undeclared, b"[" * 2000, 1, 1025, "deeper than 1024", id="json"),
        pytest.param(read_undeclared, b"{a:" + b"[" * 2000, 1, 259, "deeper than 256", id="json5"),
        (read_undeclared, b"'\xff'", 1, 2, "not UTF-8"),
        (read_form, b"a=%", 1, 3, "two hexadecimal digits"),
    ],
)
def test_error_is_that_of_the_reader_that_got_further(
    reader: Reader[Content], body: bytes, line: int, column: int, words: str
) -> None:
    """Who means JSON5 hears of JSON5, who means JSON of JSON."""
    with pytest.raises(MalformedContent) as caught:
        reader(body)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert words in caught.value.detail


@pytest.mark.parametrize("reader", [read_json5, read_undeclared])
@pytest.mark.parametrize(
    "body", [b"{a: NaN}", b"[-Infinity]", pytest.param(b"0x" + b"f" * 5000, id="digits")]
)
def test_number_that_json_cannot_hold_is_invalid(reader: Reader[Content], body: bytes) -> None:
    """JSON5 that cannot become JSON is refused, not bent."""
    with pytest.raises(InvalidContent):
        reader(body)


@pytest.mark.parametrize(
    ("body", "helps"),
    [
        (b"{a: 1}", True),
        (b'{"a": 1,}', True),
        (b"// all\n[]", True),
        (b"\xef\xbb\xbf{}", True),
        (b"{a: b}", False),
        (b'{"a": NaN}', False),
        (b"[1,] x", False),
        (b"", False),
        (b"[1e-400,]", False),
        (b"{a: 1}" + b" " * 100_000, False),
    ],
    ids=lambda value: value[:12] if isinstance(value, bytes) else value,
)
def test_json5_sent_as_json_is_told_so(body: bytes, helps: bool) -> None:
    """The other Content-Type is named where it would help, and only there; the place stays."""
    with pytest.raises(MalformedContent) as caught:
        read_json(body or b" ")
    assert (
        caught.value.detail.endswith(
            " It can be read as JSON5: send Content-Type: application/json5."
        )
        is helps
    )
    with pytest.raises(MalformedContent) as plain:
        json_text.parse(body)
    if body:
        assert caught.value.detail.startswith(plain.value.detail)
        assert caught.value.members == plain.value.members


# --- terms


@pytest.mark.parametrize(
    ("essence", "terms", "body", "content"),
    [
        (FORM, Terms(), b"a=1", b'{\n  "a": "1"\n}\n'),
        (FORM, Terms(types="strings"), b"a=1", b'{\n  "a": "1"\n}\n'),
        (FORM, Terms(types="guess"), b"a=1", b'{\n  "a": 1\n}\n'),
        (
            "multipart/form-data",
            Terms((("boundary", "B"),), "guess"),
            b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--B--',
            b'{\n  "a": 1\n}\n',
        ),
        ("application/yaml", Terms(types="guess"), b"a: '1'", b'{\n  "a": "1"\n}\n'),
        ("application/json", Terms(types="nonsense"), b"{}", b"{}"),
    ],
)
def test_reader_keeps_to_the_terms(essence: str, terms: Terms, body: bytes, content: bytes) -> None:
    """Texts are taken as the request says, where there are texts to be taken."""
    read = reader_for(POST_TYPES, essence, None, terms)(body)
    assert isinstance(read, Content)
    assert (read.body, read.size) == (content, len(content))


@pytest.mark.parametrize("essence", [FORM, "multipart/form-data", "text/csv"])
def test_types_that_are_none_are_refused_before_the_content_is_read(essence: str) -> None:
    """No content can make them right."""
    with pytest.raises(MalformedParameter, match='types is "numbers"'):
        reader_for(POST_TYPES, essence, None, Terms(types="numbers"))


def test_multipart_without_boundary_is_refused() -> None:
    """It stands in the Content-Type."""
    with pytest.raises(MalformedField, match="boundary"):
        multipart_reader(Terms())(b"")


@pytest.mark.parametrize("header", [None, "present", "PRESENT"])
def test_table_with_a_header_is_taken(header: str | None) -> None:
    """Whether the request says that there is one or not."""
    terms = Terms(() if header is None else (("header", header),))
    row = Row(b'{\n  "a": "1"\n}\n', {"a": "1"}, 2)
    assert csv_reader(terms)(b"a\n1") == ManyContents((row,), transformed=True)


@pytest.mark.parametrize("header", ["absent", "ABSENT", "no", ""])
def test_table_without_a_header_is_refused(header: str) -> None:
    """Its first line would be taken for one."""
    with pytest.raises(UnsupportedMediaType, match="its first line gives the members their names"):
        csv_reader(Terms((("header", header),)))


# --- many


def test_lines_keep_their_bytes() -> None:
    """Each is a resource of its own, with its line."""
    read = read_json_lines(b'{"a" : 1.0}\r\n\n [2]\n')
    rows = (Row(b'{"a" : 1.0}', {"a": 1.0}, 1), Row(b" [2]", [2], 3))
    assert read == ManyContents(rows, transformed=False)
    assert read.size == len(b'{"a" : 1.0} [2]')


@pytest.mark.parametrize(
    ("reader", "body"),
    [
        (read_json_lines, b""),
        (read_json_lines, b"\n \n"),
        (csv_reader(Terms()), b""),
        (csv_reader(Terms()), b"a,b\n\n"),
    ],
)
def test_content_without_any_resource_is_invalid(reader: Reader[AnyContent], body: bytes) -> None:
    """There is nothing to be created."""
    with pytest.raises(InvalidContent, match="holds no resource: send at least one row"):
        reader(body)


@pytest.mark.parametrize(
    ("reader", "header"), [(read_json_lines, b""), (csv_reader(Terms()), b"a\n")]
)
def test_resources_are_counted(
    reader: Reader[AnyContent], header: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit itself is taken, one more is not."""
    monkeypatch.setattr(media_types, "MAX_ROWS", 5)
    read = reader(header + b"1\n" * 5)
    assert isinstance(read, ManyContents)
    assert len(read.rows) == 5
    with pytest.raises(ContentTooLarge, match="more than 5 resources"):
        reader(header + b"1\n" * 6)


def test_names_that_each_row_repeats_count() -> None:
    """A small table that would become a huge text is refused on the way."""
    table = b"a" * 1000 + b"\n" + b"1\n" * 100
    size = 100 * len(b'{\n  "": "1"\n}\n') + 100 * 1000
    read = csv_reader(Terms(limit=size))(table)
    assert read.size == size
    with pytest.raises(ContentTooLarge, match="in which each row repeats the names"):
        csv_reader(Terms(limit=size - 1))(table)


@pytest.mark.parametrize(
    ("essence", "most"),
    [
        ("application/json", 256),
        ("Application/JSON", 256),
        ("application/hal+json", 256),
        ("application/merge-patch+json", 256),
        ("application/x-ndjson", 256),
        ("application/jsonl", 256),
        (None, 16),
        ("application/json5", 16),
        (FORM, 16),
        ("multipart/form-data", 16),
        ("application/yaml", 16),
        ("text/csv", 16),
    ],
)
def test_only_what_the_json_parser_reads_alone_is_quick(essence: str | None, most: int) -> None:
    """Up to so many KiB are short work; of all else less is."""
    assert is_quick(essence) is (most == 256)
    assert is_short_work(essence, most * 1024)
    assert not is_short_work(essence, most * 1024 + 1)


def test_readers_share_no_value() -> None:
    """Who changes one empty set changes no other."""
    assert read_json(b"").value is not read_json(b"").value

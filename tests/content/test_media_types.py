import pytest

from kvput.content import json_text
from kvput.content.media_types import (
    POST_TYPES,
    PUT_TYPES,
    Content,
    MediaTable,
    Reader,
    accept,
    read_form,
    read_json,
    read_json5,
    read_undeclared,
    reader_for,
)
from kvput.errors import InvalidContent, MalformedContent, UnsupportedMediaType

FORM = "application/x-www-form-urlencoded"
PUT_ACCEPT = "application/json, application/*+json, application/json5"
POST_ACCEPT = f"{PUT_ACCEPT}, {FORM}"


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
        (POST_TYPES, FORM, read_form),
    ],
)
def test_content_type_calls_for_its_reader(
    table: MediaTable, essence: str | None, charset: str | None, reader: Reader
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
        (POST_TYPES, "multipart/form-data", f"Send one of {POST_ACCEPT}."),
        (PUT_TYPES, "text/json", "Send one of"),
        (PUT_TYPES, "image/svg+json", "Send one of"),
        (PUT_TYPES, "application/+json", "Send one of"),
        (PUT_TYPES, "application/jsonx", "Send one of"),
        (PUT_TYPES, "application/octet-stream", "Send one of"),
        (PUT_TYPES, "", "Send one of"),
    ],
)
def test_other_types_are_refused_with_advice(table: MediaTable, essence: str, words: str) -> None:
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
    table: MediaTable, fields: tuple[tuple[str, str], ...], essence: str, charset: str | None
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
def test_accept_lists_the_table(table: MediaTable, value: str) -> None:
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
def test_content_is_kept_or_transformed(reader: Reader, body: bytes, content: Content) -> None:
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
    reader: Reader, body: bytes, line: int, column: int, words: str
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
def test_number_that_json_cannot_hold_is_invalid(reader: Reader, body: bytes) -> None:
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


def test_readers_share_no_value() -> None:
    """Who changes one empty set changes no other."""
    assert read_json(b"").value is not read_json(b"").value

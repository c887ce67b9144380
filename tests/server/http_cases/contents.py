"""What content is taken: media types, content without one, JSON that is none, JSON5."""

from typing import Final

from tests.server.http_cases.case import (
    ABSENT,
    JSON,
    POST_TYPES,
    PRESENT,
    PUT_TYPES,
    Answer,
    Case,
    Json,
    post,
    put,
    refusal,
    valid,
)

SHOE: Final = b'{ "color": "red" }'
JSON5_SHOE: Final = b'{ name: "shoe", color: "red" }'
STORED_SHOE: Final = b'{\n  "name": "shoe",\n  "color": "red"\n}\n'
_TYPE: Final = "Content-Type"

TAKEN_AS_JSON: Final = (
    "application/json",
    "Application/JSON",
    "application/json; charset=utf-8",
    'application/json;charset="UTF-8"',
    "application/json; charset=us-ascii",
    "application/json; profile=x",
    "application/vnd.api+json",
    "application/ld+json; charset=utf-8",
)
NOT_TAKEN: Final = (
    "text/plain",
    "text/html; charset=utf-8",
    "application/xml",
    "application/octet-stream",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/+json",
    "text/json",
    "application/json; charset=utf-16",
    "application/json; charset=iso-8859-1",
)
MALFORMED: Final[dict[str, tuple[bytes, int, int]]] = {
    "NaN": (b'{"a": NaN}', 1, 7),
    "Infinity": (b"[-Infinity]", 1, 2),
    "a comma after the last member": (b'{"a": 1,\n}', 2, 1),
    "a comma after the last element": (b"[1,]", 1, 4),
    "a comment": (b"[1] // one", 1, 5),
    "a comment inside": (b"[\n 1, /* one */\n 2]", 2, 5),
    "a name without quotes": (b"{a: 1}", 1, 2),
    "quotes of another kind": (b"['a']", 1, 2),
    "white space alone": (b" \n ", 2, 2),
    "two values": (b"{} {}", 1, 4),
    "a value that breaks off": (b'{"a":', 1, 6),
    "a leading zero": (b"[01]", 1, 2),
    "a plus sign": (b"+1", 1, 1),
    "a point without digits": (b"[1.]", 1, 2),
    "a hexadecimal number": (b"0x10", 1, 1),
    "a control character in a string": (b'["a\tb"]', 1, 4),
    "an unknown escape": (b'["\\x41"]', 1, 3),
    "True": (b"[True]", 1, 2),
    "a text that is no JSON": (b"hello", 1, 1),
    "a single quotation mark": (b'"', 1, 2),
}

_TYPES = (
    *(
        Case(
            f"taken as JSON: {value}",
            "9110 8.3",
            put("/articles/1", SHOE, {_TYPE: value}),
            Answer(201, SHOE, valid(SHOE)),
            after={"/articles/1": SHOE},
        )
        for value in TAKEN_AS_JSON
    ),
    *(
        Case(
            f"PUT does not take {value}",
            "9110 15.5.16",
            put("/articles/1", SHOE, {_TYPE: value}),
            refusal(415, "unsupported-media-type", {"Accept": PUT_TYPES, "Accept-Post": ABSENT}),
            given={"/articles/1": b"{}"},
        )
        for value in NOT_TAKEN
    ),
    *(
        Case(
            f"POST does not take {value}",
            "9110 15.5.16",
            post("/articles", SHOE, {_TYPE: value}),
            refusal(
                415, "unsupported-media-type", {"Accept": POST_TYPES, "Accept-Post": POST_TYPES}
            ),
            after={"/articles/": None},
        )
        for value in NOT_TAKEN
        if "urlencoded" not in value and "multipart" not in value
    ),
    Case(
        "a Content-Type that is no media type",
        "9110 8.3",
        put("/articles/1", SHOE, {_TYPE: "json"}),
        refusal(400, "malformed-field"),
        after={"/articles/1": None},
    ),
    Case(
        "content of another type comes before conditions",
        "9110 13.2.1",
        put("/articles/1", SHOE, {_TYPE: "text/plain", "If-Match": '"x"'}),
        refusal(415, "unsupported-media-type", {"Accept": PUT_TYPES}),
        given={"/articles/1": b"{}"},
    ),
)
_UNDECLARED = (
    Case(
        "PUT without content and without a type",
        "kvput",
        put("/articles/1", None, {}),
        Answer(201, b"", {"Location": "/articles/1", "Content-Type": ABSENT, **valid(b"")}),
        after={"/articles/1": b""},
    ),
    Case(
        "PUT of zero bytes without a type",
        "kvput",
        put("/articles/1", b"", {}),
        Answer(201, b"", {"Location": "/articles/1", **valid(b"")}),
        after={"/articles/1": b""},
    ),
    Case(
        "PUT of JSON without a type",
        "9110 8.3",
        put("/articles/1", SHOE, {}),
        Answer(201, SHOE, {"Location": "/articles/1", **valid(SHOE)}),
        after={"/articles/1": SHOE},
    ),
    Case(
        "PUT of JSON5 without a type: stored as JSON, so no validators",
        "9110 9.3.4",
        put("/articles/1", JSON5_SHOE, {}),
        Answer(
            201,
            STORED_SHOE,
            {
                "Location": "/articles/1",
                "Content-Type": "application/json",
                "ETag": ABSENT,
                "Last-Modified": ABSENT,
            },
        ),
        after={"/articles/1": STORED_SHOE},
    ),
    Case(
        "PUT of JSON5 without a type over what is there",
        "9110 9.3.4",
        put("/articles/1", JSON5_SHOE, {}),
        Answer(200, STORED_SHOE, {"ETag": ABSENT, "Last-Modified": ABSENT}),
        given={"/articles/1": SHOE},
        after={"/articles/1": STORED_SHOE},
    ),
    Case(
        "PUT of an empty set with a comment over what is there",
        "9110 9.3.4",
        put("/articles/1", b"{/* nothing */}", {}),
        Answer(204, b"", {"ETag": ABSENT, "Last-Modified": ABSENT}),
        given={"/articles/1": SHOE},
    ),
    Case(
        "PUT of neither JSON nor JSON5 without a type",
        "kvput",
        put("/articles/1", b"{name: shoe}", {}),
        refusal(400, "malformed-content", line=1, column=8),
        given={"/articles/1": SHOE},
    ),
    Case(
        "PUT of white space without a type",
        "kvput",
        put("/articles/1", b" \n ", {}),
        refusal(400, "malformed-content", line=2, column=2),
        given={"/articles/1": SHOE},
    ),
    Case(
        "POST without content and without a type",
        "kvput",
        post("/articles", None, {}),
        Answer(201, Json({"id": 1}), {"Location": "/articles/1", "ETag": PRESENT}),
    ),
    Case(
        "POST of JSON without a type",
        "kvput",
        post("/articles", SHOE, {}),
        Answer(201, Json({"id": 1, "color": "red"}), {"Location": "/articles/1", "ETag": PRESENT}),
    ),
    Case(
        "POST of JSON5 without a type",
        "kvput",
        post("/articles", JSON5_SHOE, {}),
        Answer(
            201,
            Json({"id": 1, "name": "shoe", "color": "red"}),
            {"Location": "/articles/1", "ETag": PRESENT, "Last-Modified": PRESENT},
        ),
    ),
)
_JSON5 = (
    Case(
        "JSON5 by its type",
        "9110 9.3.4",
        put("/articles/1", b"{a: +1, b: .5, c: 0x10, d: 'x',}", {_TYPE: "application/json5"}),
        Answer(201, Json({"a": 1, "b": 0.5, "c": 16, "d": "x"}), {"ETag": ABSENT}),
    ),
    Case(
        "strict JSON of the type JSON5 is kept to the byte",
        "9110 9.3.4",
        put("/articles/1", SHOE, {_TYPE: "application/json5"}),
        Answer(201, SHOE, valid(SHOE)),
        after={"/articles/1": SHOE},
    ),
    Case(
        "JSON5 with a number that JSON has not",
        "8259 6",
        put("/articles/1", b"{a: NaN}", {_TYPE: "application/json5"}),
        refusal(422, "invalid-content"),
        given={"/articles/1": SHOE},
    ),
    Case(
        "JSON5 that is larger as JSON than the limit",
        "9110 15.5.14",
        put("/articles/1", b"[" + b"1," * 40 + b"]", {_TYPE: "application/json5"}),
        refusal(413, "content-too-large"),
        given={"/articles/1": SHOE},
        max_body=100,
    ),
    Case(
        "much JSON5 becomes no larger than it was",
        "kvput",
        put("/articles/1", b"[" + b"1," * 100_000 + b"]", {_TYPE: "application/json5"}),
        Answer(201, b"[" + b"1," * 99_999 + b"1]\n", {"ETag": ABSENT}),
        max_body=200_002,
    ),
    Case(
        "JSON5 with a number that would become 0",
        "kvput",
        put("/articles/1", b"{a: 1e-400}", {_TYPE: "application/json5"}),
        refusal(400, "malformed-content", line=1, column=5),
        given={"/articles/1": SHOE},
    ),
    Case(
        "JSON5 of the type JSON",
        "8259 2",
        put("/articles/1", JSON5_SHOE),
        refusal(400, "malformed-content", line=1, column=3),
        given={"/articles/1": SHOE},
    ),
)
_MALFORMED = (
    *(
        Case(
            f"no JSON: {name}",
            "8259 2",
            put("/articles/1", content),
            refusal(400, "malformed-content", line=line, column=column),
            given={"/articles/1": SHOE},
        )
        for name, (content, line, column) in MALFORMED.items()
    ),
    Case(
        "a byte order mark",
        "8259 8.1",
        put("/articles/1", b"\xef\xbb\xbf{}"),
        refusal(400, "malformed-content", line=1, column=1),
        after={"/articles/1": None},
    ),
    Case(
        "a byte order mark, without a type",
        "8259 8.1",
        put("/articles/1", b"\xef\xbb\xbf{}", {}),
        Answer(201, Json({}), {"ETag": ABSENT}),
    ),
    Case(
        "bytes that are no UTF-8",
        "8259 8.1",
        put("/articles/1", b'[1,\n "\xff"]'),
        refusal(400, "malformed-content", line=2, column=3),
        given={"/articles/1": SHOE},
    ),
    Case(
        "a surrogate encoded as if it were a character",
        "8259 8.1",
        put("/articles/1", b'"\xed\xa0\x80"'),
        refusal(400, "malformed-content", line=1, column=2),
        given={"/articles/1": SHOE},
    ),
    Case(
        "UTF-16",
        "8259 8.1",
        put("/articles/1", "{}".encode("utf-16")),
        refusal(400, "malformed-content", line=1, column=1),
        given={"/articles/1": SHOE},
    ),
    Case(
        "100,000 levels of nesting",
        "8259 9",
        put("/articles/1", b"[" * 100_000 + b"]" * 100_000),
        refusal(400, "malformed-content", line=1, column=1025),
        given={"/articles/1": SHOE},
    ),
    Case(
        "100,000 levels of nesting without a type",
        "8259 9",
        put("/articles/1", b'{"a":' * 100_000 + b"1" + b"}" * 100_000, {}),
        refusal(400, "malformed-content"),
        given={"/articles/1": SHOE},
    ),
    Case(
        "a fault that is deep down is pointed to",
        "kvput",
        put("/articles/1", b'{"items": [1, {"price": 1.}]}'),
        refusal(400, "malformed-content", line=1, column=25, pointer="/items/1/price"),
        given={"/articles/1": SHOE},
    ),
    Case(
        "columns count characters, not bytes",
        "kvput",
        put("/articles/1", '{"größe": nein}'.encode(), JSON),
        refusal(400, "malformed-content", line=1, column=11),
    ),
)

CASES: Final = (*_TYPES, *_UNDECLARED, *_JSON5, *_MALFORMED)

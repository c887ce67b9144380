"""PUT of JSON: creating, overwriting, the empty set, exactness, preferences, hidden names."""

from typing import Final

from tests.server.http_cases.case import (
    ABSENT,
    JSON,
    MODIFIED_DATE,
    PRESENT,
    Answer,
    Case,
    Json,
    get,
    put,
    refusal,
    tag,
    valid,
)

SHOE: Final = b'{ "color": "red" }'
HAT: Final = b'{"color": "blue"}\n'
EXACT: Final = {
    "white space around and inside": b' \t\r\n{ "a" :\t[ 1 ,2 ]\r\n} \n',
    "the order of members": b'{"z": 1, "a": 2, "m": 3}',
    "members of the same name": b'{"a": 1, "a": 2}',
    "1.0, which is not 1": b'{"price": 1.0, "other": 1}',
    "1E400, beyond every double": b'{"n": 1e400, "m": -1E+400}',
    "an integer of 30 digits": b"123456789012345678901234567890",
    "a number of many decimals": b"[0.1000000000000000055511151231257827, 5e-324, -0, -0.0]",
    "escapes that need not be": b'{"\\u0061\\/": "\\u00e9\\ud83d\\ude00"}',
    "a lone surrogate as an escape": b'["\\ud800"]',
    "text beyond ASCII": '{"größe": "\U0001f600"}'.encode(),
    "U+2028, which JavaScript once broke on": '"\u2028\u2029"'.encode(),
    "a string alone": b'"text"',
    "null": b"null",
    "an array of objects": b"[{}, {}]",
    "an object that holds an empty one": b'{"a": {}}',
    "1,000 levels of nesting": b"[" * 1000 + b"]" * 1000,
}
EMPTY_SETS: Final = {
    "zero bytes": b"",
    "{}": b"{}",
    "[]": b"[]",
    "{} in white space": b" \n{}\r\n\t",
    "[] in white space": b"\n[] ",
    "white space in {}": b"{ \t\r\n}",
    "white space in []": b"[\n\n]",
}
NO_EMPTY_SETS: Final = {
    "null": b"null",
    "an empty string": b'""',
    "false": b"false",
    "0": b"0",
    "an array that holds an empty one": b"[[]]",
}

_CREATING = (
    Case(
        "a new resource is created",
        "9110 9.3.4",
        put("/articles/1", SHOE),
        Answer(
            201,
            SHOE,
            {
                "Location": "/articles/1",
                "Content-Type": "application/json",
                "Content-Location": "/articles/1",
                **valid(SHOE),
            },
        ),
        after={"/articles/1": SHOE},
    ),
    Case(
        "a new resource at the root",
        "kvput",
        put("/settings", SHOE),
        Answer(201, SHOE, {"Location": "/settings"}),
        after={"/settings": SHOE},
    ),
    Case(
        "parents are made as needed",
        "kvput",
        put("/a/b/c/d/e/f", SHOE),
        Answer(201, SHOE, {"Location": "/a/b/c/d/e/f"}),
        after={"/a/b/c/d/e/f": SHOE, "/a/b": None},
    ),
    *(
        Case(
            f"an empty set that creates is 201: {name}",
            "9110 9.3.4",
            put("/articles/1", content),
            Answer(201, content, {"Location": "/articles/1", **valid(content)}),
            after={"/articles/1": content},
        )
        for name, content in EMPTY_SETS.items()
    ),
)
_OVERWRITING = (
    Case(
        "another representation replaces the one that is there",
        "9110 9.3.4",
        put("/articles/1", HAT),
        Answer(
            200,
            HAT,
            {
                "Location": ABSENT,
                "Content-Type": "application/json",
                "Content-Location": "/articles/1",
                **valid(HAT),
            },
        ),
        given={"/articles/1": SHOE},
        after={"/articles/1": HAT},
    ),
    Case(
        "a resource of zero bytes is overwritten like any other",
        "9110 9.3.4",
        put("/articles/1", HAT),
        Answer(200, HAT, valid(HAT)),
        given={"/articles/1": b""},
        after={"/articles/1": HAT},
    ),
    Case(
        "the same bytes again change nothing",
        "9110 9.2.2",
        put("/articles/1", SHOE),
        Answer(200, SHOE, {"ETag": tag(SHOE), "Last-Modified": MODIFIED_DATE}),
        given={"/articles/1": SHOE},
        after={"/articles/1": SHOE},
    ),
    Case(
        "the same empty set again changes nothing",
        "9110 9.2.2",
        put("/articles/1", b"{}"),
        Answer(204, b"", {"ETag": tag(b"{}"), "Last-Modified": MODIFIED_DATE}),
        given={"/articles/1": b"{}"},
        after={"/articles/1": b"{}"},
    ),
    Case(
        "an equal value in other bytes is another representation",
        "9110 8.8.3",
        put("/articles/1", b'{"color":"red"}'),
        Answer(200, b'{"color":"red"}', valid(b'{"color":"red"}')),
        given={"/articles/1": SHOE},
        after={"/articles/1": b'{"color":"red"}'},
    ),
    *(
        Case(
            f"overwritten with an empty set is 204: {name}",
            "kvput",
            put("/articles/1", content),
            Answer(204, b"", {"Location": ABSENT, **valid(content)}),
            given={"/articles/1": SHOE},
            after={"/articles/1": content},
        )
        for name, content in EMPTY_SETS.items()
    ),
    *(
        Case(
            f"overwritten with what is no empty set is 200: {name}",
            "kvput",
            put("/articles/1", content),
            Answer(200, content, valid(content)),
            given={"/articles/1": SHOE},
            after={"/articles/1": content},
        )
        for name, content in NO_EMPTY_SETS.items()
    ),
)
_EXACT = tuple(
    Case(
        f"kept to the byte: {name}",
        "9110 9.3.4",
        put("/articles/1", content),
        Answer(201, content, valid(content)),
        after={"/articles/1": content},
    )
    for name, content in EXACT.items()
)
_PREFERENCES = (
    Case(
        "minimal, on creating",
        "7240 4.2",
        put("/articles/1", SHOE, JSON | {"Prefer": "return=minimal"}),
        Answer(
            201,
            b"",
            {
                "Preference-Applied": "return=minimal",
                "Location": "/articles/1",
                "Content-Type": ABSENT,
                "Content-Location": ABSENT,
                **valid(SHOE),
            },
        ),
        after={"/articles/1": SHOE},
    ),
    Case(
        "minimal, on overwriting",
        "7240 4.2",
        put("/articles/1", HAT, JSON | {"Prefer": "return=minimal"}),
        Answer(204, b"", {"Preference-Applied": "return=minimal", **valid(HAT)}),
        given={"/articles/1": SHOE},
        after={"/articles/1": HAT},
    ),
    Case(
        "representation, on creating",
        "7240 4.2",
        put("/articles/1", SHOE, JSON | {"Prefer": "return=representation"}),
        Answer(201, SHOE, {"Preference-Applied": "return=representation"}),
    ),
    Case(
        "representation, on overwriting with an empty set",
        "7240 4.2",
        put("/articles/1", b"{}", JSON | {"Prefer": "return=representation"}),
        Answer(200, b"{}", {"Preference-Applied": "return=representation", **valid(b"{}")}),
        given={"/articles/1": SHOE},
        after={"/articles/1": b"{}"},
    ),
    Case(
        "the first of two preferences of one name counts",
        "7240 2",
        put("/articles/1", SHOE, JSON | {"Prefer": "return=minimal, return=representation"}),
        Answer(201, b"", {"Preference-Applied": "return=minimal"}),
    ),
    Case(
        "preferences on two lines",
        "7240 2",
        put("/articles/1", SHOE, JSON | {"Prefer": "wait=10", "prefer": "return=minimal"}),
        Answer(201, b"", {"Preference-Applied": "return=minimal"}),
    ),
    Case(
        "an unknown preference is ignored",
        "7240 2",
        put("/articles/1", SHOE, JSON | {"Prefer": "respond-async, return=everything"}),
        Answer(201, SHOE, {"Preference-Applied": ABSENT}),
    ),
)
_REFUSED = (
    Case(
        "a part of a representation",
        "9110 14.4",
        put("/articles/1", b'{"a', JSON | {"Content-Range": "bytes 0-2/10"}),
        refusal(400, "partial-content"),
        given={"/articles/1": SHOE},
    ),
    Case(
        "a part of a representation that is not there yet",
        "9110 9.3.4",
        put("/articles/1", b"{}", JSON | {"Content-Range": "nonsense"}),
        refusal(400, "partial-content"),
        after={"/articles/1": None},
    ),
    Case(
        "a resource would hide the collection of its name",
        "kvput",
        put("/articles", SHOE),
        refusal(409, "hidden-name"),
        given={"/articles/1": SHOE},
        after={"/articles/1": SHOE},
    ),
    Case(
        "a collection would be hidden by the resource of its name",
        "kvput",
        put("/articles/1", SHOE),
        refusal(409, "hidden-name"),
        given={"/articles": SHOE},
        after={"/articles/1": None},
    ),
    Case(
        "a hidden name comes before conditions",
        "9110 13.2.1",
        put("/articles", SHOE, JSON | {"If-Match": '"x"'}),
        refusal(409, "hidden-name"),
        given={"/articles/1": SHOE},
    ),
    Case(
        "a resource may stand above a collection of collections",
        "kvput",
        put("/articles/1", SHOE),
        Answer(201, SHOE),
        given={"/articles/1/comments/5": HAT},
        after={"/articles/1": SHOE, "/articles/1/comments/5": HAT},
    ),
    Case(
        "a collection of collections may stand below a resource",
        "kvput",
        put("/articles/1/comments/5", HAT),
        Answer(201, HAT, {"Location": "/articles/1/comments/5"}),
        given={"/articles/1": SHOE},
        after={"/articles/1": SHOE, "/articles/1/comments/5": HAT},
    ),
    Case(
        "content of the length that is allowed",
        "9110 15.5.14",
        put("/articles/1", SHOE),
        Answer(201, SHOE),
        max_body=len(SHOE),
    ),
    Case(
        "content that is a byte longer than is allowed",
        "9110 15.5.14",
        put("/articles/1", SHOE),
        refusal(413, "content-too-large"),
        given={"/articles/1": HAT},
        max_body=len(SHOE) - 1,
    ),
    Case(
        "content in chunks that is longer than is allowed",
        "9110 15.5.14",
        put(
            "/articles/1",
            b'c\r\n{"color": "r\r\n4\r\ned"}\r\n0\r\n\r\n',
            JSON | {"Transfer-Encoding": "chunked"},
        ),
        refusal(413, "content-too-large"),
        given={"/articles/1": HAT},
        max_body=15,
    ),
    Case(
        "content in chunks of the length that is allowed",
        "9112 7.1",
        put(
            "/articles/1",
            b'c\r\n{"color": "r\r\n4\r\ned"}\r\n0\r\n\r\n',
            JSON | {"Transfer-Encoding": "chunked"},
        ),
        Answer(201, b'{"color": "red"}'),
        max_body=16,
    ),
    Case(
        "content that is too large comes before conditions",
        "9110 13.2.1",
        put("/articles/1", SHOE, JSON | {"If-Match": '"x"'}),
        refusal(413, "content-too-large"),
        given={"/articles/1": HAT},
        max_body=5,
    ),
    Case(
        "a query does not change the resource that is meant",
        "kvput",
        put("/articles/1?x=1", SHOE),
        Answer(201, SHOE, {"Location": "/articles/1"}),
        after={"/articles/1": SHOE},
    ),
    Case(
        "a resource that was put is found in its collection",
        "kvput",
        get("/articles/"),
        Answer(200, Json([{"id": 1, "color": "red"}]), {"ETag": PRESENT}),
        given={"/articles/1": SHOE},
    ),
)

CASES: Final = (*_CREATING, *_OVERWRITING, *_EXACT, *_PREFERENCES, *_REFUSED)

"""GET and HEAD of single resources, and DELETE of them."""

from typing import Final

from tests.server.http_cases.case import (
    ABSENT,
    MODIFIED_DATE,
    Answer,
    Case,
    delete,
    get,
    head,
    refusal,
    tag,
    valid_since,
)

SHOE: Final = b'{ "color": "red" }'
BY_HAND: Final = {
    "zero bytes in the middle of nothing": b" \n",
    "what is no JSON at all": b"<<<<<<< HEAD\n{}\n",
    "a byte order mark": b"\xef\xbb\xbf{}",
}

CASES: Final = (
    Case(
        "GET of a resource",
        "9110 9.3.1",
        get("/articles/1"),
        Answer(
            200,
            SHOE,
            {
                "Content-Type": "application/json",
                "Content-Length": "18",
                "Accept-Ranges": "bytes",
                "Content-Location": ABSENT,
                **valid_since(SHOE),
            },
        ),
        given={"/articles/1": SHOE},
    ),
    Case(
        "HEAD of a resource",
        "9110 9.3.2",
        head("/articles/1"),
        Answer(
            200,
            b"",
            {
                "Content-Type": "application/json",
                "Content-Length": "18",
                "Accept-Ranges": "bytes",
                **valid_since(SHOE),
            },
        ),
        given={"/articles/1": SHOE},
    ),
    Case(
        "GET of zero bytes",
        "9110 15.3.5",
        get("/articles/1"),
        Answer(204, b"", valid_since(b"")),
        given={"/articles/1": b""},
    ),
    Case(
        "GET of an empty object",
        "9110 9.3.1",
        get("/articles/1"),
        Answer(200, b"{}", valid_since(b"{}")),
        given={"/articles/1": b"{}"},
    ),
    Case(
        "GET of a large resource",
        "9110 9.3.1",
        get("/articles/1"),
        Answer(200, b'"' + b"x" * 3_000_000 + b'"', {"Content-Length": "3000002"}),
        given={"/articles/1": b'"' + b"x" * 3_000_000 + b'"'},
    ),
    Case(
        "HEAD of a large resource",
        "9110 9.3.2",
        head("/articles/1"),
        Answer(200, b"", {"Content-Length": "3000002"}),
        given={"/articles/1": b'"' + b"x" * 3_000_000 + b'"'},
    ),
    *(
        Case(
            f"GET gives what a hand has written: {name}",
            "kvput",
            get("/articles/1"),
            Answer(200, content, valid_since(content)),
            given={"/articles/1": content},
        )
        for name, content in BY_HAND.items()
    ),
    Case(
        "GET with a query that asks for nothing known",
        "kvput",
        get("/articles/1?a=b&c"),
        Answer(200, SHOE),
        given={"/articles/1": SHOE},
    ),
    Case(
        "GET with Accept for another type",
        "9110 12.4.1",
        get("/articles/1", {"Accept": "text/html"}),
        Answer(200, SHOE),
        given={"/articles/1": SHOE},
    ),
    Case("GET of nothing", "9110 15.5.5", get("/articles/1"), refusal(404, "not-found")),
    Case("HEAD of nothing", "9110 15.5.5", head("/articles/1"), Answer(404, b"")),
    Case(
        "GET of nothing beside something",
        "9110 15.5.5",
        get("/articles/2"),
        refusal(404, "not-found"),
        given={"/articles/1": SHOE},
    ),
    Case(
        "GET beneath a resource",
        "9110 15.5.5",
        get("/articles/1/title"),
        refusal(404, "not-found"),
        given={"/articles/1": SHOE},
    ),
    Case(
        "a file's suffix is no part of a path",
        "kvput",
        get("/articles/1.json"),
        refusal(404, "not-found"),
        given={"/articles/1": SHOE},
    ),
    Case(
        "GET of a resource above a collection",
        "kvput",
        get("/articles/1"),
        Answer(200, SHOE),
        given={"/articles/1": SHOE, "/articles/1/comments/5": b"{}"},
    ),
    Case(
        "GET of a resource below a resource",
        "kvput",
        get("/articles/1/comments/5"),
        Answer(200, b"[5]"),
        given={"/articles/1": SHOE, "/articles/1/comments/5": b"[5]"},
    ),
    Case(
        "DELETE shows the resource a last time",
        "9110 9.3.5",
        delete("/articles/1"),
        Answer(
            200,
            SHOE,
            {
                "Content-Type": "application/json",
                "ETag": ABSENT,
                "Last-Modified": ABSENT,
                "Content-Location": ABSENT,
            },
        ),
        given={"/articles/1": SHOE, "/articles/2": b"{}"},
        after={"/articles/1": None, "/articles/2": b"{}"},
    ),
    Case(
        "DELETE of zero bytes",
        "9110 9.3.5",
        delete("/articles/1"),
        Answer(204, b""),
        given={"/articles/1": b""},
        after={"/articles/1": None},
    ),
    Case(
        "DELETE of an empty object",
        "9110 9.3.5",
        delete("/articles/1"),
        Answer(200, b"{}"),
        given={"/articles/1": b"{}"},
        after={"/articles/1": None},
    ),
    Case(
        "DELETE with minimal preferred",
        "7240 4.2",
        delete("/articles/1", {"Prefer": "return=minimal"}),
        Answer(204, b"", {"Preference-Applied": "return=minimal"}),
        given={"/articles/1": SHOE},
        after={"/articles/1": None},
    ),
    Case(
        "DELETE with the representation preferred",
        "7240 4.2",
        delete("/articles/1", {"Prefer": "return=representation"}),
        Answer(200, SHOE, {"Preference-Applied": "return=representation"}),
        given={"/articles/1": SHOE},
        after={"/articles/1": None},
    ),
    Case(
        "DELETE of a large resource",
        "9110 9.3.5",
        delete("/articles/1"),
        Answer(200, b'"' + b"x" * 3_000_000 + b'"'),
        given={"/articles/1": b'"' + b"x" * 3_000_000 + b'"'},
        after={"/articles/1": None},
    ),
    Case("DELETE of nothing", "9110 15.5.5", delete("/articles/1"), refusal(404, "not-found")),
    Case(
        "DELETE of a resource above a collection leaves the collection",
        "kvput",
        delete("/articles/1"),
        Answer(200, SHOE),
        given={"/articles/1": SHOE, "/articles/1/comments/5": b"{}"},
        after={"/articles/1": None, "/articles/1/comments/5": b"{}"},
    ),
    Case(
        "Last-Modified is the time of the last change",
        "9110 8.8.2",
        head("/articles/1"),
        Answer(200, b"", {"Last-Modified": MODIFIED_DATE, "ETag": tag(b"1")}),
        given={"/articles/1": b"1"},
    ),
)

"""GET of collections and of the root."""

from typing import Final

from tests.server.http_cases.case import (
    ABSENT,
    PRESENT,
    Answer,
    Case,
    Json,
    get,
    head,
    refusal,
    tag,
)

SHOE: Final = b'{ "color": "red" }'
_LIST: Final = b'[{ "id": 1, "color": "red" }]\n'
# It speaks for the total as well.
_TAG: Final = tag(_LIST + b"\n1\n")

CASES: Final = (
    Case(
        "a collection is a JSON array",
        "kvput",
        get("/articles/"),
        Answer(
            200,
            _LIST,
            {
                "Content-Type": "application/json",
                "ETag": _TAG,
                "Cache-Control": "no-cache",
                "Last-Modified": ABSENT,
                "Accept-Ranges": ABSENT,
            },
        ),
        given={"/articles/1": SHOE},
    ),
    Case(
        "a collection by its bare name",
        "kvput",
        get("/articles"),
        Answer(200, _LIST, {"ETag": _TAG}),
        given={"/articles/1": SHOE},
    ),
    Case(
        "HEAD of a collection",
        "9110 9.3.2",
        head("/articles/"),
        Answer(200, b"", {"Content-Length": str(len(_LIST)), "ETag": _TAG}),
        given={"/articles/1": SHOE},
    ),
    Case(
        "natural order: numbers first, 2 before 10",
        "kvput",
        get("/articles/"),
        Answer(200, Json([{"id": name} for name in (1, 2, 10, 100, "a2", "a10", "b", "\u00e9")])),
        given={
            f"/articles/{name}": b"{}"
            for name in ("b", "10", "a10", "2", "100", "%C3%A9", "1", "a2")
        },
    ),
    Case(
        "an id is inserted where there is none: a number for a number",
        "kvput",
        get("/articles/"),
        Answer(
            200,
            Json(
                [
                    {"id": 1, "a": 1},
                    {"id": "007", "a": 2},
                    {"id": "x/y", "a": 3},
                ]
            ),
        ),
        given={
            "/articles/1": b'{"a": 1}',
            "/articles/007": b'{"a": 2}',
            "/articles/x%2Fy": b'{"a": 3}',
        },
    ),
    Case(
        "an id that is there is kept",
        "kvput",
        get("/articles/"),
        Answer(200, b'[{"a": 1, "id": "mine"},\n{"id": null}]\n'),
        given={"/articles/1": b'{"a": 1, "id": "mine"}', "/articles/2": b'{"id": null}'},
    ),
    Case(
        "the bytes of the resources are kept",
        "kvput",
        get("/articles/"),
        Answer(200, b'[{"id": 1, "price": 1.0, "n": 1e400},\n[ 1,\n 2 ],\nnull]\n'),
        given={
            "/articles/1": b'{"price": 1.0, "n": 1e400}\n',
            "/articles/2": b"\n[ 1,\n 2 ]\n",
            "/articles/3": b"null",
        },
    ),
    Case(
        "zero bytes are an empty object",
        "kvput",
        get("/articles/"),
        Answer(200, Json([{"id": 1}])),
        given={"/articles/1": b""},
    ),
    Case(
        "a broken file breaks nothing but itself",
        "kvput",
        get("/articles/"),
        Answer(200, Json([{"id": 1}, {"id": 3}])),
        given={"/articles/1": b"{}", "/articles/2": b"<<<<", "/articles/3": b"{}"},
    ),
    Case(
        "what lies deeper is not in the collection",
        "kvput",
        get("/articles/"),
        Answer(200, Json([{"id": 1, "color": "red"}])),
        given={"/articles/1": SHOE, "/articles/1/comments/5": b"{}"},
    ),
    Case(
        "the collection below a resource",
        "kvput",
        get("/articles/1/comments"),
        Answer(200, Json([{"id": 5}])),
        given={"/articles/1": SHOE, "/articles/1/comments/5": b"{}"},
    ),
    Case(
        "a stretch of path is no collection by its bare name",
        "kvput",
        get("/articles/1"),
        refusal(404, "not-found"),
        given={"/articles/1/comments/5": b"{}"},
    ),
    Case(
        "a resource has its bare name before the collection",
        "kvput",
        get("/articles"),
        Answer(200, SHOE),
        given={"/articles": SHOE, "/articles/1/comments/5": b"{}"},
    ),
    Case(
        "the collection of a name that is a resource's, when there is none",
        "kvput",
        get("/articles/1/"),
        refusal(404, "not-found"),
        given={"/articles/1": SHOE},
    ),
    Case("no collection", "9110 15.5.5", get("/articles/"), refusal(404, "not-found")),
    Case("HEAD of no collection", "9110 15.5.5", head("/articles/"), Answer(404, b"")),
    Case(
        "the root tells what is there",
        "kvput",
        get("/"),
        Answer(
            200,
            Json({"collections": ["/articles", "/b%20c"], "resources": ["/1", "/settings"]}),
            {"ETag": PRESENT, "Content-Type": "application/json", "Last-Modified": ABSENT},
        ),
        given={
            "/settings": b"{}",
            "/1": b"{}",
            "/b%20c/x": b"{}",
            "/articles/1": SHOE,
            "/articles/1/comments/5": b"{}",
        },
    ),
    Case(
        "the root of nothing",
        "kvput",
        get("/"),
        Answer(200, Json({"collections": [], "resources": []})),
    ),
    Case(
        "the root that is known",
        "9110 13.1.2",
        get("/", {"If-None-Match": "*"}),
        Answer(304, b"", {"ETag": PRESENT}),
    ),
    Case(
        "HEAD of the root",
        "9110 9.3.2",
        head("/"),
        Answer(200, b"", {"ETag": PRESENT, "Content-Length": PRESENT}),
    ),
    Case(
        "the server's health",
        "kvput",
        get("/-/health"),
        Answer(200, Json({"status": "ok"}), {"Cache-Control": "no-store"}),
    ),
    Case(
        "a page that the server has not", "9110 15.5.5", get("/-/nope"), refusal(404, "not-found")
    ),
    Case("the server's own name alone", "9110 15.5.5", get("/-"), refusal(404, "not-found")),
)

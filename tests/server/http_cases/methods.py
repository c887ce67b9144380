"""Which methods there are at what stands under a path: OPTIONS, 405 and 501."""

from collections.abc import Mapping
from typing import Final

from tests.server.http_cases.case import (
    ABSENT,
    PATCH_TYPES,
    POST_TYPES,
    Answer,
    Case,
    Request,
    delete,
    head,
    put,
    refusal,
)

SHOE: Final = b'{ "color": "red" }'
_GIVEN: Final = {"/articles/1": SHOE}
_OF_RESOURCE: Final = "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"
_OF_COLLECTION: Final = "GET, HEAD, POST, DELETE, OPTIONS"
_OF_FREE_NAME: Final = "GET, HEAD, PUT, POST, PATCH, DELETE, OPTIONS"
_OF_ROOT: Final = "GET, HEAD, OPTIONS"

# What stands there, its target, its methods.
_TARGETS: Final = (
    ("a resource", "/articles/1", _OF_RESOURCE),
    ("a collection", "/articles/", _OF_COLLECTION),
    ("a collection by its bare name", "/articles", _OF_COLLECTION),
    ("a free name", "/articles/2", _OF_FREE_NAME),
    ("the root", "/", _OF_ROOT),
    ("the server's health", "/-/health", _OF_ROOT),
)


def _send(method: str, target: str, fields: Mapping[str, str] | None = None) -> Request:
    return Request(method, target, None, fields or {})


CASES: Final = (
    *(
        Case(
            f"OPTIONS of {name}",
            "9110 9.3.7",
            _send("OPTIONS", target),
            Answer(
                204,
                b"",
                {
                    "Allow": allowed,
                    "Accept-Post": POST_TYPES if "POST" in allowed else ABSENT,
                    "Accept-Patch": PATCH_TYPES if "PATCH" in allowed else ABSENT,
                },
            ),
            given=_GIVEN,
        )
        for name, target, allowed in _TARGETS
    ),
    *(
        Case(
            f"{method} of {name}",
            "9110 15.5.6",
            _send(method, target),
            refusal(405, "method-not-allowed", {"Allow": allowed}),
            given=_GIVEN,
        )
        for method in ("PATCH", "TRACE")
        for name, target, allowed in _TARGETS
        if method not in allowed
    ),
    Case(
        "OPTIONS of the server",
        "9110 9.3.7",
        _send("OPTIONS", "*"),
        Answer(204, b"", {"Allow": _OF_FREE_NAME}),
    ),
    Case(
        "OPTIONS of a collection that POST would make",
        "9110 9.3.7",
        _send("OPTIONS", "/articles/"),
        Answer(204, b"", {"Allow": _OF_COLLECTION, "Accept-Post": POST_TYPES}),
        after={"/articles/": None},
    ),
    Case(
        "OPTIONS of a page that the server has not",
        "9110 15.5.5",
        _send("OPTIONS", "/-/nope"),
        refusal(404, "not-found"),
    ),
    Case(
        "DELETE of a collection by its bare name, without a query",
        "kvput",
        delete("/articles"),
        refusal(400, "malformed-parameter"),
        given=_GIVEN,
    ),
    Case(
        "DELETE of a collection without a query",
        "kvput",
        delete("/articles/"),
        refusal(400, "malformed-parameter"),
        given=_GIVEN,
    ),
    Case(
        "PUT of a collection",
        "9110 15.5.6",
        put("/articles/", b"[]"),
        refusal(405, "method-not-allowed", {"Allow": _OF_COLLECTION}),
        given=_GIVEN,
    ),
    Case(
        "PUT of a collection that is not there",
        "9110 15.5.6",
        put("/articles/", b"[]"),
        refusal(405, "method-not-allowed", {"Allow": _OF_COLLECTION}),
    ),
    Case(
        "PUT of the root",
        "9110 15.5.6",
        put("/", b"{}"),
        refusal(405, "method-not-allowed", {"Allow": _OF_ROOT}),
    ),
    Case(
        "DELETE of the root",
        "9110 15.5.6",
        delete("/"),
        refusal(405, "method-not-allowed", {"Allow": _OF_ROOT}),
        given=_GIVEN,
    ),
    Case(
        "PUT of a page of the server's own",
        "9110 15.5.6",
        put("/-/health", b"{}"),
        refusal(405, "method-not-allowed", {"Allow": _OF_ROOT}),
    ),
    Case(
        "HEAD of the server's health",
        "9110 9.3.2",
        head("/-/health"),
        Answer(200, b"", {"Content-Type": "application/json"}),
    ),
    *(
        Case(
            f"{method}, a method of another protocol",
            "9110 15.6.2",
            _send(method, "/articles/1"),
            refusal(501, "method-not-implemented", {"Allow": ABSENT}),
            given=_GIVEN,
        )
        for method in ("PROPFIND", "LOCK", "SEARCH")
    ),
)

"""Preconditions on every method: the four fields, and the order that they count in."""

from collections.abc import Mapping
from typing import Final

from tests.server.http_cases.case import (
    ABSENT,
    JSON,
    MODIFIED_DATE,
    Answer,
    Case,
    Json,
    Request,
    delete,
    get,
    head,
    post,
    put,
    refusal,
    tag,
    valid,
    valid_since,
)

SHOE: Final = b'{ "color": "red" }'
HAT: Final = b'{"color": "blue"}'
_SHOE_TAG: Final = tag(SHOE)
_WEAK: Final = f"W/{_SHOE_TAG}"
_GIVEN: Final = {"/articles/1": SHOE}
_EARLIER: Final = "Sun, 06 Nov 1994 08:49:36 GMT"
_LATER: Final = "Sun, 06 Nov 1994 08:49:38 GMT"
_FUTURE: Final = "Fri, 01 Jan 2100 00:00:00 GMT"
# Of the list `/articles/` of what is given: it changes with any of its resources, and the total.
_LIST: Final = b'[{ "id": 1, "color": "red" }]\n'
_LIST_TAG: Final = tag(_LIST + b"\n1\n")

_FOUND: Final = Answer(200, SHOE, valid_since(SHOE))
_NOT_MODIFIED: Final = Answer(
    304, b"", {**valid_since(SHOE), "Accept-Ranges": ABSENT, "Content-Range": ABSENT}
)
_FAILED: Final = refusal(412, "precondition-failed")
_REPLACED: Final = Answer(200, HAT, valid(HAT))
_DELETED: Final = Answer(200, SHOE)
_CREATED: Final = Answer(201, HAT, {"Location": "/articles/1", **valid(HAT)})

# What is the same for every method that finds a representation: fields, whether they hold.
_HOLD: Final[tuple[tuple[str, str, Mapping[str, str]], ...]] = (
    ("If-Match with the tag", "9110 13.1.1", {"If-Match": _SHOE_TAG}),
    ("If-Match with the tag in a list", "9110 13.1.1", {"If-Match": f'"x", {_SHOE_TAG} ,"y"'}),
    ("If-Match with *", "9110 13.1.1", {"If-Match": "*"}),
    (
        "If-Match on two lines, the second with the tag",
        "9110 5.3",
        {"If-Match": '"x"', "if-match": _SHOE_TAG},
    ),
    ("If-None-Match with another tag", "9110 13.1.2", {"If-None-Match": '"x"'}),
    ("If-None-Match with a tag that holds a comma", "9110 8.8.3", {"If-None-Match": '"a,b"'}),
    ("If-None-Match with an empty tag", "9110 8.8.3", {"If-None-Match": '""'}),
    ("If-None-Match with an empty list", "9110 5.6.1", {"If-None-Match": ""}),
    ("If-Unmodified-Since the date", "9110 13.1.4", {"If-Unmodified-Since": MODIFIED_DATE}),
    ("If-Unmodified-Since a later date", "9110 13.1.4", {"If-Unmodified-Since": _LATER}),
    (
        "If-Unmodified-Since in the form of RFC 850",
        "9110 5.6.7",
        {"If-Unmodified-Since": "Sunday, 06-Nov-94 08:49:37 GMT"},
    ),
    (
        "If-Unmodified-Since in the form of asctime",
        "9110 5.6.7",
        {"If-Unmodified-Since": "Sun Nov  6 08:49:37 1994"},
    ),
    (
        "If-Unmodified-Since that is no date",
        "9110 13.1.4",
        {"If-Unmodified-Since": "1994-11-06T08:49:36Z"},
    ),
    (
        "If-Unmodified-Since twice is no date",
        "9110 13.1.4",
        {"If-Unmodified-Since": _EARLIER, "if-unmodified-since": _EARLIER},
    ),
    (
        "If-Unmodified-Since that fails beside an If-Match that holds",
        "9110 13.2.2",
        {"If-Match": _SHOE_TAG, "If-Unmodified-Since": _EARLIER},
    ),
)
_FAIL: Final[tuple[tuple[str, str, Mapping[str, str]], ...]] = (
    ("If-Match with another tag", "9110 13.1.1", {"If-Match": '"x"'}),
    ("If-Match with the tag made weak", "9110 8.8.3.2", {"If-Match": _WEAK}),
    ("If-Match with an empty list", "9110 5.6.1", {"If-Match": ""}),
    ("If-Match with a part of the tag", "9110 8.8.3", {"If-Match": _SHOE_TAG[:9] + '"'}),
    ("If-Unmodified-Since an earlier date", "9110 13.1.4", {"If-Unmodified-Since": _EARLIER}),
    (
        "If-Unmodified-Since earlier, in the form of RFC 850",
        "9110 5.6.7",
        {"If-Unmodified-Since": "Sunday, 06-Nov-94 08:49:36 GMT"},
    ),
    (
        "If-Unmodified-Since earlier, in the form of asctime",
        "9110 5.6.7",
        {"If-Unmodified-Since": "Sun Nov  6 08:49:36 1994"},
    ),
    (
        "If-Match that fails beside an If-None-Match that is false too",
        "9110 13.2.2",
        {"If-Match": '"x"', "If-None-Match": _SHOE_TAG},
    ),
    (
        "If-Unmodified-Since that fails beside an If-None-Match that is false too",
        "9110 13.2.2",
        {"If-Unmodified-Since": _EARLIER, "If-None-Match": _SHOE_TAG},
    ),
)
# False for a read is 304, for a write 412.
_KNOWN: Final[tuple[tuple[str, str, Mapping[str, str]], ...]] = (
    ("If-None-Match with the tag", "9110 13.1.2", {"If-None-Match": _SHOE_TAG}),
    ("If-None-Match with the tag in a list", "9110 13.1.2", {"If-None-Match": f'"x",{_SHOE_TAG}'}),
    ("If-None-Match with the tag made weak", "9110 8.8.3.2", {"If-None-Match": _WEAK}),
    ("If-None-Match with *", "9110 13.1.2", {"If-None-Match": "*"}),
    (
        "If-None-Match on two lines, the second with the tag",
        "9110 5.3",
        {"If-None-Match": '"x"', "if-none-match": _SHOE_TAG},
    ),
    (
        "If-None-Match that is false beside an If-Match that holds",
        "9110 13.2.2",
        {"If-Match": _SHOE_TAG, "If-None-Match": _SHOE_TAG},
    ),
    (
        "If-None-Match that is false beside an If-Modified-Since that is true",
        "9110 13.1.3",
        {"If-None-Match": _SHOE_TAG, "If-Modified-Since": _EARLIER},
    ),
)
# For reads alone: other methods ignore it.
_NOT_SINCE: Final[tuple[tuple[str, str, Mapping[str, str]], ...]] = (
    ("If-Modified-Since the date", "9110 13.1.3", {"If-Modified-Since": MODIFIED_DATE}),
    ("If-Modified-Since a later date", "9110 13.1.3", {"If-Modified-Since": _LATER}),
    ("If-Modified-Since a date to come", "9110 13.1.3", {"If-Modified-Since": _FUTURE}),
    (
        "If-Modified-Since in the form of RFC 850",
        "9110 5.6.7",
        {"If-Modified-Since": "Sunday, 06-Nov-94 08:49:37 GMT"},
    ),
    (
        "If-Modified-Since in the form of asctime",
        "9110 5.6.7",
        {"If-Modified-Since": "Sun Nov  6 08:49:37 1994"},
    ),
    (
        "If-Modified-Since beside an If-Match that holds",
        "9110 13.2.2",
        {"If-Match": "*", "If-Modified-Since": MODIFIED_DATE},
    ),
)
_SINCE: Final[tuple[tuple[str, str, Mapping[str, str]], ...]] = (
    ("If-Modified-Since an earlier date", "9110 13.1.3", {"If-Modified-Since": _EARLIER}),
    ("If-Modified-Since that is no date", "9110 13.1.3", {"If-Modified-Since": "yesterday"}),
    (
        "If-Modified-Since in another zone than GMT",
        "9110 5.6.7",
        {"If-Modified-Since": "Sun, 06 Nov 1994 08:49:37 +0000"},
    ),
    (
        "If-Modified-Since that is false beside an If-None-Match that is true",
        "9110 13.1.3",
        {"If-None-Match": '"x"', "If-Modified-Since": MODIFIED_DATE},
    ),
)
_MALFORMED: Final[tuple[tuple[str, str, Mapping[str, str]], ...]] = (
    ("If-Match without quotes", "9110 8.8.3", {"If-Match": _SHOE_TAG.strip('"')}),
    ("If-None-Match without quotes", "9110 8.8.3", {"If-None-Match": "x"}),
    ("If-Match with * in a list", "9110 13.1.1", {"If-Match": f"*, {_SHOE_TAG}"}),
    ("If-None-Match with w/", "9110 8.8.3", {"If-None-Match": f"w/{_SHOE_TAG}"}),
)


def _put(fields: Mapping[str, str]) -> Request:
    return put("/articles/1", HAT, {**JSON, **fields})


_READS = tuple(
    Case(f"GET, {name}", section, get("/articles/1", fields), due, given=_GIVEN)
    for rows, due in (
        (_HOLD, _FOUND),
        (_SINCE, _FOUND),
        (_FAIL, _FAILED),
        (_KNOWN, _NOT_MODIFIED),
        (_NOT_SINCE, _NOT_MODIFIED),
        (_MALFORMED, refusal(400, "malformed-field")),
    )
    for name, section, fields in rows
)
_WRITES = tuple(
    Case(
        f"{method}, {name}",
        section,
        delete("/articles/1", fields) if method == "DELETE" else _put(fields),
        (_DELETED if method == "DELETE" else _REPLACED) if due is None else due,
        given=_GIVEN,
        after={"/articles/1": None if method == "DELETE" else HAT} if due is None else _GIVEN,
    )
    for method in ("PUT", "DELETE")
    for rows, due in (
        (_HOLD, None),
        (_SINCE, None),
        (_NOT_SINCE, None),
        (_FAIL, _FAILED),
        (_KNOWN, _FAILED),
        (_MALFORMED, refusal(400, "malformed-field")),
    )
    for name, section, fields in rows
)
_NOTHING_THERE = (
    Case(
        "PUT that is to create only, where nothing is",
        "9110 13.1.2",
        _put({"If-None-Match": "*"}),
        _CREATED,
        after={"/articles/1": HAT},
    ),
    Case(
        "PUT with any tag ruled out, where nothing is",
        "9110 13.1.2",
        _put({"If-None-Match": '"x"'}),
        _CREATED,
    ),
    Case(
        "PUT that is to replace only, where nothing is",
        "9110 13.1.1",
        _put({"If-Match": "*"}),
        _FAILED,
        after={"/articles/1": None},
    ),
    Case(
        "PUT over a tag, where nothing is",
        "9110 13.1.1",
        _put({"If-Match": _SHOE_TAG}),
        _FAILED,
        after={"/articles/1": None, "/articles/": None},
    ),
    Case(
        "PUT if unmodified, where nothing is",
        "9110 13.1.4",
        _put({"If-Unmodified-Since": _EARLIER}),
        _CREATED,
    ),
    Case(
        "GET over a tag, where nothing is",
        "9110 13.2.1",
        get("/articles/1", {"If-Match": "*"}),
        refusal(404, "not-found"),
    ),
    Case(
        "GET with the tag of what was there",
        "9110 13.2.1",
        get("/articles/1", {"If-None-Match": _SHOE_TAG}),
        refusal(404, "not-found"),
    ),
    Case(
        "DELETE over a tag, where nothing is",
        "9110 13.2.1",
        delete("/articles/1", {"If-Match": _SHOE_TAG}),
        refusal(404, "not-found"),
    ),
)
_CONTENT_AND_CONDITIONS = (
    Case(
        "malformed JSON comes after a condition that fails",
        "9110 13.2.1",
        put("/articles/1", b"{,}", {**JSON, "If-Match": '"x"'}),
        _FAILED,
        given=_GIVEN,
    ),
    Case(
        "malformed JSON under a condition that holds",
        "9110 13.2.1",
        put("/articles/1", b"{,}", {**JSON, "If-Match": _SHOE_TAG}),
        refusal(400, "malformed-content", line=1, column=2),
        given=_GIVEN,
    ),
    Case(
        "the same bytes under a condition that fails",
        "9110 13.1.1",
        put("/articles/1", SHOE, {**JSON, "If-Match": '"x"'}),
        _FAILED,
        given=_GIVEN,
    ),
    Case(
        "an empty set under a condition that holds",
        "9110 13.1.1",
        put("/articles/1", b"[]", {**JSON, "If-Match": _SHOE_TAG}),
        Answer(204, b"", valid(b"[]")),
        given=_GIVEN,
        after={"/articles/1": b"[]"},
    ),
    Case(
        "JSON5 under a condition that holds",
        "9110 9.3.4",
        put("/articles/1", b"{a: 1}", {"If-Match": _SHOE_TAG}),
        Answer(200, Json({"a": 1}), {"ETag": ABSENT, "Last-Modified": ABSENT}),
        given=_GIVEN,
    ),
    Case(
        "a part comes before conditions",
        "9110 13.2.1",
        put("/articles/1", HAT, {**JSON, "Content-Range": "bytes 0-1/9", "If-Match": '"x"'}),
        refusal(400, "partial-content"),
        given=_GIVEN,
    ),
    Case(
        "zero bytes that are known",
        "9110 13.1.2",
        get("/articles/1", {"If-None-Match": tag(b"")}),
        Answer(304, b"", valid_since(b"")),
        given={"/articles/1": b""},
    ),
    Case(
        "HEAD of what is known",
        "9110 13.2.2",
        head("/articles/1", {"If-None-Match": _SHOE_TAG}),
        _NOT_MODIFIED,
        given=_GIVEN,
    ),
    Case(
        "HEAD under a condition that fails",
        "9110 13.2.2",
        head("/articles/1", {"If-Match": '"x"'}),
        Answer(412, b""),
        given=_GIVEN,
    ),
    Case(
        "the answer to a failed condition tells the current tag",
        "kvput",
        delete("/articles/1", {"If-Match": '"x"'}),
        refusal(
            412,
            "precondition-failed",
            detail=(
                "If-Match does not name the current entity tag, which is "
                f"{_SHOE_TAG} (a weak tag never matches): fetch the resource again and repeat "
                "the request with its tag."
            ),
        ),
        given=_GIVEN,
    ),
)
_COLLECTIONS = (
    Case(
        "GET of a collection that is known",
        "9110 13.1.2",
        get("/articles/", {"If-None-Match": _LIST_TAG}),
        Answer(304, b"", {"ETag": _LIST_TAG, "Cache-Control": "no-cache"}),
        given=_GIVEN,
    ),
    Case(
        "GET of a collection by its bare name that is known",
        "9110 13.1.2",
        get("/articles", {"If-None-Match": f"W/{_LIST_TAG}"}),
        Answer(304, b"", {"ETag": _LIST_TAG}),
        given=_GIVEN,
    ),
    Case(
        "GET of a collection that has changed",
        "9110 13.1.2",
        get("/articles/", {"If-None-Match": _LIST_TAG}),
        Answer(200, Json([{"id": 1, "color": "red"}, {"id": 2, "color": "blue"}])),
        given={**_GIVEN, "/articles/2": HAT},
    ),
    Case(
        "GET of a collection if modified: it has no date",
        "9110 13.1.3",
        get("/articles/", {"If-Modified-Since": _FUTURE}),
        Answer(200, _LIST, {"Last-Modified": ABSENT}),
        given=_GIVEN,
    ),
    Case(
        "GET of a collection over another tag",
        "9110 13.1.1",
        get("/articles/", {"If-Match": '"x"'}),
        _FAILED,
        given=_GIVEN,
    ),
    Case(
        "POST over the collection's tag",
        "9110 13.1.1",
        post("/articles", HAT, {**JSON, "If-Match": _LIST_TAG}),
        Answer(201, Json({"id": 2, "color": "blue"}), {"Location": "/articles/2"}),
        given=_GIVEN,
    ),
    Case(
        "POST over another tag",
        "9110 13.1.1",
        post("/articles", HAT, {**JSON, "If-Match": '"x"'}),
        _FAILED,
        given=_GIVEN,
        after={"/articles/2": None},
    ),
    Case(
        "POST over the tag of what is in the collection",
        "9110 13.1.1",
        post("/articles", HAT, {**JSON, "If-Match": _SHOE_TAG}),
        _FAILED,
        given=_GIVEN,
        after={"/articles/2": None},
    ),
    Case(
        "POST that is to make the collection, which is there",
        "9110 13.1.2",
        post("/articles", HAT, {**JSON, "If-None-Match": "*"}),
        _FAILED,
        given=_GIVEN,
        after={"/articles/2": None},
    ),
    Case(
        "POST that is to make the collection, which is not there",
        "9110 13.1.2",
        post("/articles", HAT, {**JSON, "If-None-Match": "*"}),
        Answer(201, Json({"id": 1, "color": "blue"})),
    ),
    Case(
        "POST into a collection that is to be there, and is not",
        "9110 13.1.1",
        post("/articles", HAT, {**JSON, "If-Match": "*"}),
        _FAILED,
        after={"/articles/": None},
    ),
    Case(
        "POST if unmodified: a collection has no date",
        "9110 13.1.4",
        post("/articles", HAT, {**JSON, "If-Unmodified-Since": _EARLIER}),
        Answer(201),
        given=_GIVEN,
    ),
    Case(
        "POST of malformed JSON under a condition that fails",
        "9110 13.2.1",
        post("/articles", b"{,}", {**JSON, "If-Match": '"x"'}),
        _FAILED,
        given=_GIVEN,
    ),
    Case(
        "POST of another type under a condition that fails",
        "9110 13.2.1",
        post("/articles", HAT, {"Content-Type": "text/plain", "If-Match": '"x"'}),
        refusal(415, "unsupported-media-type"),
        given=_GIVEN,
    ),
    Case(
        "POST of an id that is taken under a condition that fails",
        "9110 13.2.2",
        post("/articles", b'{"id": 1}', {**JSON, "If-Match": '"x"'}),
        _FAILED,
        given=_GIVEN,
    ),
    Case(
        "POST to a resource under a condition that fails",
        "9110 13.2.1",
        post("/articles/1", HAT, {**JSON, "If-Match": '"x"'}),
        refusal(405, "method-not-allowed"),
        given=_GIVEN,
    ),
    Case(
        "DELETE of a collection under a condition that fails",
        "9110 13.2.1",
        delete("/articles", {"If-Match": '"x"'}),
        refusal(400, "malformed-parameter"),
        given=_GIVEN,
    ),
    Case(
        "OPTIONS under a condition that fails",
        "9110 13.2.1",
        Request("OPTIONS", "/articles/1", None, {"If-Match": '"x"'}),
        Answer(204, b""),
        given=_GIVEN,
    ),
)

CASES: Final = (
    *_READS,
    *_WRITES,
    *_NOTHING_THERE,
    *_CONTENT_AND_CONDITIONS,
    *_COLLECTIONS,
)

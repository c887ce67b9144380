"""Range and If-Range: single ranges, several, none that fits, and what is ignored."""

from typing import Final

from tests.server.http_cases.case import (
    ABSENT,
    JSON,
    MODIFIED_DATE,
    PRESENT,
    Answer,
    Case,
    get,
    head,
    put,
    refusal,
    tag,
    valid_since,
)

DIGITS: Final = b'"01234567"'
LARGE: Final = b'"' + bytes(range(48, 58)) * 300_000 + b'"'
_GIVEN: Final = {"/a/1": DIGITS}
_WHOLE: Final = Answer(
    200,
    DIGITS,
    {**valid_since(DIGITS), "Content-Range": ABSENT, "Content-Type": "application/json"},
)

# Range, the bytes that are due, Content-Range.
SINGLE: Final = (
    ("bytes=0-0", b'"', "bytes 0-0/10"),
    ("bytes=0-4", b'"0123', "bytes 0-4/10"),
    ("bytes=5-", b'4567"', "bytes 5-9/10"),
    ("bytes=9-9", b'"', "bytes 9-9/10"),
    ("bytes=0-", DIGITS, "bytes 0-9/10"),
    ("bytes=0-9", DIGITS, "bytes 0-9/10"),
    ("bytes=3-100", b'234567"', "bytes 3-9/10"),
    (f"bytes=3-{'9' * 40}", b'234567"', "bytes 3-9/10"),
    ("bytes=-3", b'67"', "bytes 7-9/10"),
    ("bytes=-10", DIGITS, "bytes 0-9/10"),
    ("bytes=-11", DIGITS, "bytes 0-9/10"),
    ("BYTES=0-0", b'"', "bytes 0-0/10"),
    ("bytes= 0-0", b'"', "bytes 0-0/10"),
    ("bytes=,0-0 ,", b'"', "bytes 0-0/10"),
    ("bytes=0000-0001", b'"0', "bytes 0-1/10"),
    ("bytes=0-1,50-60", b'"0', "bytes 0-1/10"),
)
UNSATISFIABLE: Final = (
    "bytes=10-",
    "bytes=10-20",
    "bytes=-0",
    "bytes=100-, -0",
    f"bytes={'9' * 40}-",
)
IGNORED: Final = (
    "items=0-4",
    "bytes=5-2",
    "bytes=a-b",
    "bytes=-",
    "bytes=",
    "bytes 0-4",
    "0-4",
    "bytes=0-1,x",
    "bytes=1-2-3",
    "bytes=+1-2",
    "bytes=0-5,1-6,2-7",
    "bytes=" + ",".join(["0-0"] * 51),
)


_TYPE: Final = "Content-Type"

CASES: Final = (
    *(
        Case(
            f"a single range: {value[:30]}",
            "9110 14.1.2",
            get("/a/1", {"Range": value}),
            Answer(
                206,
                due,
                {
                    "Content-Range": content_range,
                    "Content-Length": str(len(due)),
                    _TYPE: "application/json",
                    **valid_since(DIGITS),
                },
            ),
            given=_GIVEN,
        )
        for value, due, content_range in SINGLE
    ),
    *(
        Case(
            f"none that fits: {value[:30]}",
            "9110 15.5.17",
            get("/a/1", {"Range": value}),
            refusal(416, "range-not-satisfiable", {"Content-Range": "bytes */10"}),
            given=_GIVEN,
        )
        for value in UNSATISFIABLE
    ),
    *(
        Case(
            f"a Range that is ignored: {value[:30]}",
            "9110 14.2",
            get("/a/1", {"Range": value}),
            _WHOLE,
            given=_GIVEN,
        )
        for value in IGNORED
    ),
    Case(
        "HEAD ignores Range",
        "9110 14.2",
        head("/a/1", {"Range": "bytes=0-0"}),
        Answer(200, b"", {"Content-Length": "10", "Content-Range": ABSENT}),
        given=_GIVEN,
    ),
    Case(
        "HEAD ignores a Range that does not fit",
        "9110 14.2",
        head("/a/1", {"Range": "bytes=50-"}),
        Answer(200, b"", {"Content-Length": "10", "Content-Range": ABSENT}),
        given=_GIVEN,
    ),
    Case(
        "PUT ignores Range",
        "9110 14.2",
        put("/a/1", b"[1]", {**JSON, "Range": "bytes=0-0"}),
        Answer(200, b"[1]", {"Content-Range": ABSENT}),
        given=_GIVEN,
        after={"/a/1": b"[1]"},
    ),
    Case(
        "a range of zero bytes' last ones is ignored",
        "9110 14.1.2",
        get("/a/1", {"Range": "bytes=-1"}),
        Answer(204, b"", valid_since(b"")),
        given={"/a/1": b""},
    ),
    Case(
        "a collection ignores Range",
        "9110 14.2",
        get("/a/", {"Range": "bytes=0-0"}),
        Answer(200, b'["01234567"]\n', {"Accept-Ranges": ABSENT}),
        given=_GIVEN,
    ),
    Case(
        "a range of nothing",
        "9110 15.5.5",
        get("/a/2", {"Range": "bytes=0-0"}),
        refusal(404, "not-found"),
        given=_GIVEN,
    ),
    Case(
        "a range from the middle of a large resource",
        "9110 14.1.2",
        get("/a/1", {"Range": "bytes=1999999-2000002"}),
        Answer(
            206, LARGE[1999999:2000003], {"Content-Range": f"bytes 1999999-2000002/{len(LARGE)}"}
        ),
        given={"/a/1": LARGE},
    ),
    Case(
        "the end of a large resource",
        "9110 14.1.2",
        get("/a/1", {"Range": "bytes=-5"}),
        Answer(206, b'6789"', {"Content-Length": "5"}),
        given={"/a/1": LARGE},
    ),
    Case(
        "a condition that is false for what is known comes before Range",
        "9110 13.2.2",
        get("/a/1", {"Range": "bytes=0-0", "If-None-Match": tag(DIGITS)}),
        Answer(304, b"", {"Content-Range": ABSENT}),
        given=_GIVEN,
    ),
    Case(
        "a condition that fails comes before Range",
        "9110 13.2.2",
        get("/a/1", {"Range": "bytes=50-", "If-Match": '"x"'}),
        refusal(412, "precondition-failed", {"Content-Range": ABSENT}),
        given=_GIVEN,
    ),
    *(
        Case(
            f"If-Range that holds: {name}",
            "9110 13.1.5",
            get("/a/1", {"Range": "bytes=0-0", "If-Range": value}),
            Answer(206, b'"', {"Content-Range": "bytes 0-0/10"}),
            given=_GIVEN,
        )
        for name, value in {
            "the tag": tag(DIGITS),
            "the date": MODIFIED_DATE,
            "the date as asctime has it": "Sun Nov  6 08:49:37 1994",
        }.items()
    ),
    *(
        Case(
            f"If-Range that does not hold: {name}",
            "9110 13.1.5",
            get("/a/1", {"Range": "bytes=0-0", "If-Range": value}),
            _WHOLE,
            given=_GIVEN,
        )
        for name, value in {
            "another tag": '"x"',
            "the tag made weak": f"W/{tag(DIGITS)}",
            "a list of tags": f'{tag(DIGITS)}, "x"',
            "an earlier date": "Sun, 06 Nov 1994 08:49:36 GMT",
            "a later date": "Sun, 06 Nov 1994 08:49:38 GMT",
            "neither tag nor date": "nonsense",
            "nothing": "",
            "*": "*",
        }.items()
    ),
    Case(
        "If-Range that does not hold, with a Range that does not fit",
        "9110 14.2",
        get("/a/1", {"Range": "bytes=50-", "If-Range": '"x"'}),
        _WHOLE,
        given=_GIVEN,
    ),
    Case(
        "If-Range that holds, with a Range that does not fit",
        "9110 13.1.5",
        get("/a/1", {"Range": "bytes=50-", "If-Range": tag(DIGITS)}),
        refusal(416, "range-not-satisfiable", {"Content-Range": "bytes */10"}),
        given=_GIVEN,
    ),
    Case(
        "If-Range without Range is ignored",
        "9110 13.1.5",
        get("/a/1", {"If-Range": '"x"'}),
        _WHOLE,
        given=_GIVEN,
    ),
    Case(
        "several ranges have a Content-Range in each part alone",
        "9110 15.3.7.2",
        get("/a/1", {"Range": "bytes=0-1,8-9"}),
        Answer(206, None, {"Content-Range": ABSENT, _TYPE: PRESENT, **valid_since(DIGITS)}),
        given=_GIVEN,
    ),
)

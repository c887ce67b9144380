"""Content codings of requests: what is undone, what is refused, and the limit."""

import gzip
import zlib
from typing import Final

from tests.server.http_cases.case import (
    ABSENT,
    JSON,
    PRESENT,
    Answer,
    Case,
    Json,
    post,
    put,
    refusal,
    valid,
)

SHOE: Final = b'{ "color": "red" }'
HAT: Final = b'{"color": "blue"}'
_RAW = zlib.compressobj(wbits=-15)
CODED: Final = {
    "gzip": gzip.compress(SHOE),
    "GZip": gzip.compress(SHOE),
    "x-gzip": gzip.compress(SHOE),
    "deflate": zlib.compress(SHOE),
    "deflate, gzip": gzip.compress(zlib.compress(SHOE)),
    "identity, gzip": gzip.compress(SHOE),
}
NOT_DECODED: Final = ("br", "zstd", "compress", "gzip, br", "gzip, gzip, gzip", "*")
_RAW_DEFLATE: Final = _RAW.compress(SHOE) + _RAW.flush()
_ENCODING: Final = "Content-Encoding"

CASES: Final = (
    *(
        Case(
            f"undone, and so no validators: {coding}",
            "9110 9.3.4",
            put("/articles/1", content, JSON | {_ENCODING: coding}),
            Answer(201, SHOE, {_ENCODING: ABSENT, "ETag": ABSENT, "Last-Modified": ABSENT}),
            after={"/articles/1": SHOE},
        )
        for coding, content in CODED.items()
    ),
    Case(
        "deflate without the zlib format around it",
        "9110 8.4.1.2",
        put("/articles/1", _RAW_DEFLATE, JSON | {_ENCODING: "deflate"}),
        Answer(201, SHOE, {"ETag": ABSENT}),
        after={"/articles/1": SHOE},
    ),
    Case(
        "two gzip members",
        "1952 2.2",
        put(
            "/articles/1",
            gzip.compress(SHOE[:5]) + gzip.compress(SHOE[5:]),
            JSON | {_ENCODING: "gzip"},
        ),
        Answer(201, SHOE),
        after={"/articles/1": SHOE},
    ),
    *(
        Case(
            f"nothing to undo: {coding!r}",
            "9110 8.4",
            put("/articles/1", SHOE, JSON | {_ENCODING: coding}),
            Answer(201, SHOE, valid(SHOE)),
        )
        for coding in ("identity", "", " , ")
    ),
    Case(
        "POST of coded content",
        "9110 8.4",
        post("/articles", gzip.compress(SHOE), JSON | {_ENCODING: "gzip"}),
        Answer(201, Json({"id": 1, "color": "red"}), {"ETag": PRESENT}),
    ),
    *(
        Case(
            f"not known: {coding}",
            "9110 15.5.16",
            put("/articles/1", SHOE, JSON | {_ENCODING: coding}),
            refusal(
                415,
                "unsupported-content-coding",
                {"Accept-Encoding": "gzip, deflate", "Accept": ABSENT},
            ),
            given={"/articles/1": HAT},
        )
        for coding in NOT_DECODED
    ),
    Case(
        "content that is not coded as it says",
        "9110 8.4",
        put("/articles/1", SHOE, JSON | {_ENCODING: "gzip"}),
        refusal(400, "malformed-content"),
        given={"/articles/1": HAT},
    ),
    Case(
        "gzip that breaks off",
        "9110 8.4",
        put("/articles/1", gzip.compress(SHOE)[:-4], JSON | {_ENCODING: "gzip"}),
        refusal(400, "malformed-content"),
        given={"/articles/1": HAT},
    ),
    Case(
        "gzip of zero bytes",
        "9110 8.4",
        put("/articles/1", b"", JSON | {_ENCODING: "gzip"}),
        refusal(400, "malformed-content"),
        given={"/articles/1": HAT},
    ),
    Case(
        "gzip of an empty set",
        "9110 8.4",
        put("/articles/1", gzip.compress(b""), JSON | {_ENCODING: "gzip"}),
        Answer(204, b""),
        given={"/articles/1": HAT},
        after={"/articles/1": b""},
    ),
    Case(
        "content whose decoded size is over the limit",
        "9110 15.5.14",
        put("/articles/1", gzip.compress(b" " * 10**7), JSON | {_ENCODING: "gzip"}),
        refusal(413, "content-too-large"),
        given={"/articles/1": HAT},
        max_body=10**5,
    ),
    Case(
        "content coded twice whose decoded size is over the limit",
        "9110 15.5.14",
        put(
            "/articles/1",
            gzip.compress(gzip.compress(b" " * 10**7)),
            JSON | {_ENCODING: "gzip, gzip"},
        ),
        refusal(413, "content-too-large"),
        given={"/articles/1": HAT},
        max_body=10**5,
    ),
    Case(
        "malformed JSON under its coding",
        "8259 2",
        put("/articles/1", gzip.compress(b"[1,]"), JSON | {_ENCODING: "gzip"}),
        refusal(400, "malformed-content", line=1, column=4),
        given={"/articles/1": HAT},
    ),
    Case(
        "damaged content comes after conditions",
        "9110 13.2.1",
        put("/articles/1", SHOE, JSON | {_ENCODING: "gzip", "If-Match": '"x"'}),
        refusal(412, "precondition-failed"),
        given={"/articles/1": HAT},
    ),
    Case(
        "an unknown coding comes before conditions",
        "9110 13.2.1",
        put("/articles/1", SHOE, JSON | {_ENCODING: "br", "If-Match": '"x"'}),
        refusal(415, "unsupported-content-coding"),
        given={"/articles/1": HAT},
    ),
)

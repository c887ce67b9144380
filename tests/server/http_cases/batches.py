"""Batches: POST `/-/batch`, what it does, what it answers, and what is refused."""

import json
from typing import Final

from tests.server.http_cases.case import (
    ABSENT,
    JSON,
    Answer,
    Case,
    Json,
    Request,
    head,
    post,
    put,
    refusal,
    tag,
)

SHOE: Final = b'{"id": 1, "price": 12.50}'
_GIVEN: Final = {"/shoes/1": SHOE}
_BATCH: Final = b"""[
  {"op": "put", "path": "/hats/a", "value": {"size": 58.0}},
  {"op": "delete", "path": "/hats/a"},
  {"op": "delete", "path": "/shoes/1"}
]"""
_METHODS: Final = "POST, OPTIONS"


def _batch(content: bytes, **fields: str) -> Request:
    return post("/-/batch", content, {**JSON, **fields})


def _dry(content: bytes, **fields: str) -> Request:
    """A batch that is only tried; what it answers has no times in it."""
    return _batch(content, Prefer=", ".join(["handling=dry-run", *fields.values()]))


def _results(*results: object) -> Json:
    return Json({"dryRun": True, "results": list(results)})


_DRY: Final = {"Preference-Applied": "handling=dry-run"}

_DONE: Final = (
    Case(
        "a batch is done",
        "kvput",
        _batch(_BATCH, Prefer="return=minimal"),
        Answer(204, b"", {"Preference-Applied": "return=minimal", "Location": ABSENT}),
        given=_GIVEN,
        after={"/hats/a": None, "/shoes/1": None},
    ),
    Case(
        "a batch that deletes answers what it did",
        "kvput",
        _batch(b'{"operations": [{"op": "delete", "path": "/shoes/1"}]}'),
        Answer(
            200,
            b'{"results":[{"op":"delete","path":"/shoes/1","status":200}]}\n',
            {
                "Content-Type": "application/json",
                "ETag": ABSENT,
                "Location": ABSENT,
                "Preference-Applied": ABSENT,
            },
        ),
        given=_GIVEN,
        after={"/shoes/1": None},
    ),
    Case(
        "a batch shows what it deletes where that is preferred",
        "7240 4.2",
        _batch(b'[{"op": "delete", "path": "/shoes/1"}]', Prefer="return=representation"),
        Answer(
            200,
            b'{"results":[{"op":"delete","path":"/shoes/1","status":200,"value":%s}]}\n' % SHOE,
            {"Preference-Applied": "return=representation"},
        ),
        given=_GIVEN,
        after={"/shoes/1": None},
    ),
    Case(
        "a batch without operations does nothing",
        "kvput",
        _batch(b"[]"),
        Answer(200, b'{"results":[]}\n'),
        given=_GIVEN,
        after=_GIVEN,
    ),
    Case(
        "a batch without a type",
        "9110 8.3",
        post("/-/batch", b'[{"op": "delete", "path": "/shoes/1"}]', {}),
        Answer(200),
        given=_GIVEN,
        after={"/shoes/1": None},
    ),
    Case(
        "a value in a batch keeps its literals and its own lines",
        "kvput",
        _batch(
            b"""[
              {"op": "put", "path": "/shoes/1", "value": {
                "price": 12.50,
                "n": 123456789012345678901234567890
              }}
            ]"""
        ),
        Answer(200),
        given=_GIVEN,
        after={
            "/shoes/1": b'{\n  "price": 12.50,\n  "n": 123456789012345678901234567890\n}',
        },
    ),
    Case(
        "a patch in a batch keeps what it does not name",
        "kvput",
        _batch(b'[{"op": "patch", "path": "/shoes/1", "value": {"size": 42.0}}]'),
        Answer(200),
        given=_GIVEN,
        after={"/shoes/1": b'{"id": 1, "price": 12.50, "size": 42.0}'},
    ),
    Case(
        "a move in a batch",
        "kvput",
        _batch(b'[{"op": "move", "from": "/shoes/1", "path": "/boots/7"}]'),
        Answer(200),
        given=_GIVEN,
        after={"/shoes/1": None, "/boots/7": b'{"id": 7, "price": 12.50}'},
    ),
)

_TRIED: Final = (
    Case(
        "a batch that is only tried writes nothing",
        "7240 4.4",
        _dry(_BATCH),
        Answer(
            200,
            _results(
                {"op": "put", "path": "/hats/a", "status": 201, "etag": tag(b'{"size": 58.0}')},
                {"op": "delete", "path": "/hats/a", "status": 200},
                {"op": "delete", "path": "/shoes/1", "status": 200},
            ),
            _DRY,
        ),
        given=_GIVEN,
        after={**_GIVEN, "/hats/a": None},
    ),
    Case(
        "a batch that is only tried tells the ids that it would give",
        "kvput",
        _dry(
            json.dumps([{"op": "create", "path": "/shoes", "value": {}}] * 2).encode(),
            and_="return=representation",
        ),
        Answer(
            200,
            _results(
                *(
                    {
                        "op": "create",
                        "path": f"/shoes/{number}",
                        "status": 201,
                        "etag": tag(b'{"id": %d}' % number),
                        "value": {"id": number},
                    }
                    for number in (2, 3)
                )
            ),
            {"Preference-Applied": "return=representation, handling=dry-run"},
        ),
        given=_GIVEN,
        after={**_GIVEN, "/shoes/2": None},
    ),
    Case(
        "a batch that is only tried and answered shortly",
        "7240 4.2",
        _dry(_BATCH, and_="return=minimal"),
        Answer(204, b"", {"Preference-Applied": "return=minimal, handling=dry-run"}),
        given=_GIVEN,
        after={**_GIVEN, "/hats/a": None},
    ),
    Case(
        "a batch that is only tried and would fail",
        "kvput",
        _dry(b'[{"op": "delete", "path": "/shoes/2"}]'),
        refusal(404, "not-found", operation=0, pointer="/0"),
        given=_GIVEN,
    ),
    Case(
        "what is no JSON cannot be shown in a batch's answer",
        "kvput",
        _dry(b'[{"op": "delete", "path": "/shoes/1"}]', and_="return=representation"),
        Answer(200, _results({"op": "delete", "path": "/shoes/1", "status": 200})),
        given={"/shoes/1": b"{broken"},
        after={"/shoes/1": b"{broken"},
    ),
)


def _after_a_put(operation: str) -> bytes:
    """A batch whose second operation is to fail."""
    return b'{"operations": [{"op": "put", "path": "/new", "value": 1}, %s]}' % operation.encode()


# Why the second operation of a batch fails, the operation, the status and the problem.
_FAILING: Final = (
    (
        "puts under another tag",
        r'{"op": "put", "path": "/shoes/1", "value": 1, "ifMatch": "\"x\""}',
        412,
        "precondition-failed",
    ),
    (
        "puts where a collection is",
        '{"op": "put", "path": "/shoes", "value": 1}',
        409,
        "hidden-name",
    ),
    (
        "creates under an id that is taken",
        '{"op": "create", "path": "/shoes", "value": {"id": 1}}',
        409,
        "id-taken",
    ),
    (
        "creates under what that batch has made a resource",
        '{"op": "create", "path": "/new/", "value": 1}',
        409,
        "hidden-name",
    ),
    (
        "patches a collection",
        '{"op": "patch", "path": "/shoes", "value": {}}',
        422,
        "invalid-content",
    ),
    (
        "changes the id",
        '{"op": "patch", "path": "/shoes/1", "value": {"id": 2}}',
        409,
        "id-changed",
    ),
    (
        "tests in vain",
        """{"op": "patch", "path": "/shoes/1", "type": "application/json-patch+json",
            "value": [{"op": "test", "path": "/price", "value": 1}]}""",
        409,
        "patch-conflict",
    ),
    ("deletes nothing", '{"op": "delete", "path": "/shoes/2"}', 404, "not-found"),
    (
        "moves to where something is",
        '{"op": "move", "from": "/shoes/1", "path": "/new"}',
        409,
        "id-taken",
    ),
)

_REFUSED: Final = (
    *(
        Case(
            f"a batch whose second operation {name}",
            "kvput",
            _batch(_after_a_put(operation)),
            refusal(
                status,
                problem,
                {"Allow": ABSENT},
                operation=1,
                pointer="/operations/1",
            ),
            given=_GIVEN,
            after={"/new": None},
        )
        for name, operation, status, problem in _FAILING
    ),
    Case(
        "a batch with an operation that is none",
        "kvput",
        _batch(_after_a_put('{"op": "drop"}')),
        refusal(422, "invalid-content", pointer="/operations/1/op"),
        given=_GIVEN,
        after={"/new": None},
    ),
    Case(
        "a batch that is an object without operations",
        "kvput",
        _batch(b"{}"),
        refusal(422, "invalid-content", pointer=""),
    ),
    Case(
        "a batch that is no JSON",
        "9110 15.5.1",
        _batch(b'[{"op": delete}]'),
        refusal(400, "malformed-content", line=1, column=9),
    ),
    Case(
        "a batch without content",
        "9110 15.5.1",
        _batch(b""),
        refusal(400, "malformed-content", line=1, column=1),
    ),
    *(
        Case(
            f"a batch of the type {media_type}",
            "9110 15.5.16",
            post("/-/batch", b"[]", {"Content-Type": media_type}),
            refusal(
                415,
                "unsupported-media-type",
                {"Accept": "application/json", "Accept-Post": "application/json"},
            ),
        )
        for media_type in ("text/plain", "application/json5", "application/json-patch+json")
    ),
    Case(
        "a batch of more operations than one may have",
        "9110 15.5.14",
        _batch(b"[" + b'{"op":"delete","path":"/a"},' * 10_000 + b'{"op":"delete","path":"/a"}]'),
        refusal(413, "content-too-large"),
    ),
    Case(
        "a batch that is too large",
        "9110 15.5.14",
        _batch(b"[" + b" " * 100 + b"]"),
        refusal(413, "content-too-large"),
        max_body=100,
    ),
    Case(
        "a batch under a condition of its own",
        "9110 13.1.1",
        _batch(_BATCH, **{"If-Match": "*"}),
        refusal(412, "precondition-failed"),
        given=_GIVEN,
    ),
    Case(
        "a batch with an expectation that is unknown",
        "9110 10.1.1",
        _batch(_BATCH, Expect="much"),
        refusal(417, "expectation-failed"),
        given=_GIVEN,
    ),
    *(
        Case(
            f"{request.method} of the batch page",
            "9110 15.5.6",
            request,
            refusal(405, "method-not-allowed", {"Allow": _METHODS})
            if request.method != "HEAD"
            else Answer(405, b"", {"Allow": _METHODS}),
        )
        for request in (
            Request("GET", "/-/batch"),
            head("/-/batch"),
            put("/-/batch", b"[]"),
            Request("PATCH", "/-/batch"),
            Request("DELETE", "/-/batch"),
        )
    ),
    Case(
        "OPTIONS of the batch page",
        "9110 9.3.7",
        Request("OPTIONS", "/-/batch"),
        Answer(204, b"", {"Allow": _METHODS, "Accept-Post": "application/json"}),
    ),
    *(
        Case(
            f"{method} of a page that is none, below the batch page",
            "9110 15.5.5",
            Request(method, "/-/batch/1", b"[]", JSON),
            refusal(404, "not-found"),
        )
        for method in ("POST", "PUT", "GET")
    ),
)

CASES: Final = (*_DONE, *_TRIED, *_REFUSED)

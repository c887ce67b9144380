"""PATCH: what each kind of patch does, what it answers, and what is refused."""

from typing import Final

from tests.server.http_cases.case import (
    ABSENT,
    JSON,
    JSON_PATCH,
    MERGE_PATCH,
    MODIFIED_DATE,
    PATCH_TYPES,
    PRESENT,
    Answer,
    Case,
    patch,
    refusal,
    tag,
    valid,
)

SHOE: Final = b'{\n  "color": "red",\n  "price": 12.50,\n  "sizes": [41, 42.0]\n}\n'
_SHOES: Final = {"/shoes/1": SHOE}


def _shown(content: bytes) -> Answer:
    """The answer that shows a resource as it is after the patch."""
    return Answer(
        200,
        content,
        {
            "Content-Type": "application/json",
            "Content-Location": "/shoes/1",
            "Location": ABSENT,
            "Preference-Applied": ABSENT,
            **valid(content),
        },
    )


def _patched(old: bytes, new: bytes, text: bytes = SHOE) -> bytes:
    assert old in text
    return text.replace(old, new)


# What the patch does, the fields that say its kind, the patch, and the resource after it.
_DONE: Final = (
    (
        "a merge patch changes a member",
        "7396 2",
        MERGE_PATCH,
        b'{"color":"blue"}',
        _patched(b'"red"', b'"blue"'),
    ),
    (
        "a merge patch adds and removes members",
        "7396 2",
        MERGE_PATCH,
        b'{"heel": {"height": 3.0}, "color": null}',
        _patched(b'  "color": "red",\n', b"").replace(
            b"42.0]\n", b'42.0],\n  "heel": {\n    "height": 3.0\n  }\n'
        ),
    ),
    (
        "a merge patch that is no object replaces the resource",
        "7396 2",
        MERGE_PATCH,
        b'"gone"',
        b'"gone"\n',
    ),
    (
        "a merge patch to an empty object leaves it empty",
        "kvput",
        MERGE_PATCH,
        b'{"color": null, "price": null, "sizes": null}',
        b"{}\n",
    ),
    (
        "a JSON Patch is done in order",
        "6902 3",
        JSON_PATCH,
        b"""[{"op": "test", "path": "/price", "value": 12.5},
             {"op": "add", "path": "/sizes/-", "value": 43},
             {"op": "remove", "path": "/color"},
             {"op": "copy", "from": "/sizes/0", "path": "/first"}]""",
        _patched(b'  "color": "red",\n', b"").replace(b"42.0]", b'42.0, 43],\n  "first": 41'),
    ),
    (
        "an empty JSON Patch changes nothing",
        "6902 3",
        JSON_PATCH,
        b"[]",
        SHOE,
    ),
    (
        "a patch of application/json assigns members, null as well",
        "kvput",
        JSON,
        b'{"color": null, "price": 13.00}',
        _patched(b'"red"', b"null").replace(b"12.50", b"13.00"),
    ),
    (
        "a patch of application/json with what is there changes nothing",
        "kvput",
        JSON,
        b'{"color":"red","sizes":[41,42.0]}',
        SHOE,
    ),
    (
        "a patch may add the id that the resource has",
        "kvput",
        MERGE_PATCH,
        b'{"id": 1}',
        _patched(b"42.0]\n", b'42.0],\n  "id": 1\n'),
    ),
    (
        "a patch may write the id as a text",
        "kvput",
        JSON,
        b'{"id": "1"}',
        _patched(b"42.0]\n", b'42.0],\n  "id": "1"\n'),
    ),
    (
        "a merge patch with a charset",
        "9110 8.3.2",
        {"Content-Type": "application/merge-patch+json; charset=utf-8"},
        b'{"color":"blue"}',
        _patched(b'"red"', b'"blue"'),
    ),
    (
        "the media type of a patch has no case",
        "9110 8.3.1",
        {"Content-Type": "Application/Merge-Patch+JSON"},
        b'{"color":"blue"}',
        _patched(b'"red"', b'"blue"'),
    ),
)

_CHANGING: Final = (
    *(
        Case(
            name,
            section,
            patch("/shoes/1", content, fields),
            _shown(result),
            given=_SHOES,
            after={"/shoes/1": result},
        )
        for name, section, fields, content, result in _DONE
    ),
    Case(
        "a patch that changes nothing writes nothing",
        "9110 9.2.2",
        patch("/shoes/1", b'{"color": "red"}'),
        Answer(200, SHOE, {"ETag": tag(SHOE), "Last-Modified": MODIFIED_DATE}),
        given=_SHOES,
    ),
    Case(
        "a resource of zero bytes is patched as the empty object",
        "kvput",
        patch("/shoes/1", b'{"a": 1}'),
        _shown(b'{"a": 1}'),
        given={"/shoes/1": b""},
        after={"/shoes/1": b'{"a": 1}'},
    ),
    Case(
        "a resource of zero bytes that a patch leaves alone stays so",
        "9110 15.3.5",
        patch("/shoes/1", b'{"a": null}'),
        Answer(204, b"", {"ETag": tag(b""), "Content-Type": ABSENT}),
        given={"/shoes/1": b""},
        after={"/shoes/1": b""},
    ),
    Case(
        "an id that was another one before may stay",
        "kvput",
        patch("/shoes/1", b'{"a": 1}'),
        _shown(b'{"id": 7, "a": 1}'),
        given={"/shoes/1": b'{"id": 7}'},
        after={"/shoes/1": b'{"id": 7, "a": 1}'},
    ),
    Case(
        "an id may be removed",
        "kvput",
        patch("/shoes/1", b'{"id": null}'),
        _shown(b'{"a": 1}'),
        given={"/shoes/1": b'{"id": 1, "a": 1}'},
        after={"/shoes/1": b'{"a": 1}'},
    ),
    Case(
        "a patch whose answer is to be minimal",
        "7240 4.2",
        patch("/shoes/1", b'{"color":"blue"}', {**MERGE_PATCH, "Prefer": "return=minimal"}),
        Answer(
            204,
            b"",
            {
                "Preference-Applied": "return=minimal",
                "Content-Location": ABSENT,
                **valid(_patched(b'"red"', b'"blue"')),
            },
        ),
        given=_SHOES,
        after={"/shoes/1": _patched(b'"red"', b'"blue"')},
    ),
    Case(
        "a patch whose answer is to have the resource",
        "7240 4.2",
        patch("/shoes/1", b"{}", {**MERGE_PATCH, "Prefer": "return=representation"}),
        Answer(200, SHOE, {"Preference-Applied": "return=representation"}),
        given=_SHOES,
    ),
)

_CONDITIONS: Final = (
    Case(
        "a patch under the current tag",
        "9110 13.1.1",
        patch("/shoes/1", b'{"color":"blue"}', {**MERGE_PATCH, "If-Match": tag(SHOE)}),
        _shown(_patched(b'"red"', b'"blue"')),
        given=_SHOES,
        after={"/shoes/1": _patched(b'"red"', b'"blue"')},
    ),
    Case(
        "a patch under another tag",
        "9110 13.1.1",
        patch("/shoes/1", b'{"color":"blue"}', {**MERGE_PATCH, "If-Match": '"other"'}),
        refusal(412, "precondition-failed"),
        given=_SHOES,
    ),
    Case(
        "a patch that is no JSON under a false condition",
        "9110 13.2.2",
        patch("/shoes/1", b"{", {**MERGE_PATCH, "If-Match": '"other"'}),
        refusal(412, "precondition-failed"),
        given=_SHOES,
    ),
    Case(
        "a patch that is no patch under a false condition",
        "9110 13.2.2",
        patch("/shoes/1", b"{}", {**JSON_PATCH, "If-Match": '"other"'}),
        refusal(412, "precondition-failed"),
        given=_SHOES,
    ),
    Case(
        "a patch where nothing may be",
        "9110 13.1.2",
        patch("/shoes/1", b"{}", {**MERGE_PATCH, "If-None-Match": "*"}),
        refusal(412, "precondition-failed"),
        given=_SHOES,
    ),
    Case(
        "a patch of nothing under a condition",
        "9110 13.2.1",
        patch("/shoes/2", b"{}", {**MERGE_PATCH, "If-Match": "*"}),
        refusal(404, "not-found"),
        given=_SHOES,
        after={"/shoes/2": None},
    ),
)

_REFUSED: Final = (
    Case(
        "a patch of nothing",
        "9110 15.5.5",
        patch("/shoes/2", b'{"color":"blue"}'),
        refusal(404, "not-found"),
        after={"/shoes/2": None},
    ),
    Case(
        "a patch that is no JSON",
        "5789 2.2",
        patch("/shoes/1", b'{"color": blue}'),
        refusal(400, "malformed-content", line=1, column=11, pointer="/color"),
        given=_SHOES,
    ),
    Case(
        "a patch without content",
        "5789 2.2",
        patch("/shoes/1", b""),
        refusal(400, "malformed-content", line=1, column=1),
        given=_SHOES,
    ),
    *(
        Case(
            f"a patch of the type {media_type or 'that nobody has said'}",
            "5789 2.2",
            patch("/shoes/1", b"{}", {"Content-Type": media_type} if media_type else {}),
            refusal(
                415,
                "unsupported-media-type",
                {"Accept-Patch": PATCH_TYPES, "Accept": PATCH_TYPES},
            ),
            given=_SHOES,
        )
        for media_type in (
            None,
            "text/plain",
            "application/json5",
            "application/ld+json",
            "application/x-www-form-urlencoded",
            "application/merge-patch+json; charset=utf-16",
        )
    ),
    Case(
        "a JSON Patch that is an object",
        "5789 2.2",
        patch("/shoes/1", b'{"op": "remove"}', JSON_PATCH),
        refusal(422, "invalid-patch", pointer=""),
        given=_SHOES,
    ),
    Case(
        "a JSON Patch whose second operation is none",
        "5789 2.2",
        patch("/shoes/1", b'[{"op": "remove", "path": "/color"}, {"op": "eat"}]', JSON_PATCH),
        refusal(422, "invalid-patch", pointer="/1/op"),
        given=_SHOES,
    ),
    Case(
        "a JSON Patch whose second operation finds nothing",
        "6902 5",
        patch(
            "/shoes/1",
            b'[{"op": "remove", "path": "/color"}, {"op": "remove", "path": "/a~1b"}]',
            JSON_PATCH,
        ),
        refusal(409, "patch-conflict", operation=1, pointer="/a~1b"),
        given=_SHOES,
    ),
    Case(
        "a JSON Patch whose test is false",
        "6902 5",
        patch("/shoes/1", b'[{"op": "test", "path": "/price", "value": "12.50"}]', JSON_PATCH),
        refusal(409, "patch-conflict", operation=0, pointer="/price"),
        given=_SHOES,
    ),
    Case(
        "a patch of application/json that is no object",
        "kvput",
        patch("/shoes/1", b"[1]", JSON),
        refusal(422, "invalid-patch", pointer=""),
        given=_SHOES,
    ),
    Case(
        "a patch of application/json to what is no object",
        "kvput",
        patch("/shoes/1", b"{}", JSON),
        refusal(409, "patch-conflict", pointer=""),
        given={"/shoes/1": b"[1]"},
    ),
    *(
        Case(
            f"a patch that makes the id {identifier.decode()}",
            "kvput",
            patch("/shoes/1", b'{"id": %s}' % identifier),
            refusal(409, "id-changed", pointer="/id"),
            given={"/shoes/1": b'{"id": 1}'},
        )
        for identifier in (b"2", b'"01"', b"true", b"1.5", b"[1]", b"1" * 30, b'"a/b"')
    ),
    Case(
        "a patch of what a hand has broken",
        "kvput",
        patch("/shoes/1", b'{"a": 1}'),
        refusal(409, "stored-content-malformed", line=2, column=5, pointer="/a"),
        given={"/shoes/1": b'{"a":\n    b}'},
    ),
    Case(
        "a patch that makes the resource too large",
        "9110 15.5.14",
        patch("/shoes/1", b'{"a": "0123456789"}'),
        refusal(413, "content-too-large"),
        given={"/shoes/1": b'{"b": 1}'},
        max_body=25,
    ),
    Case(
        "a patch of a resource that is too large",
        "9110 15.5.14",
        patch("/shoes/1", b'{"a": 1}'),
        refusal(413, "content-too-large"),
        given=_SHOES,
        max_body=25,
    ),
    Case(
        "a patch with an expectation that is unknown",
        "9110 10.1.1",
        patch("/shoes/1", b"{}", {**MERGE_PATCH, "Expect": "much"}),
        refusal(417, "expectation-failed"),
        given=_SHOES,
    ),
    *(
        Case(
            f"a patch of the collection {target}",
            "9110 15.5.6",
            patch(target, b"{}"),
            refusal(405, "method-not-allowed", {"Allow": PRESENT}),
            given=_SHOES,
        )
        for target in ("/shoes", "/shoes/", "/")
    ),
)

CASES: Final = (*_CHANGING, *_CONDITIONS, *_REFUSED)

"""POST to a collection: ids, forms, content of every kind, and what is refused."""

from typing import Final
from urllib.parse import quote

from tests.server.http_cases.case import (
    FORM,
    JSON,
    PRESENT,
    Answer,
    Case,
    Json,
    get,
    post,
    refusal,
    tag,
    valid,
)

SHOE: Final = b'{ "color": "red" }'
WITH_ID: Final = b'{ "id": 1, "color": "red" }'
_RESOURCE_METHODS: Final = "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"

# The id of the content -> the path of the resource.
USED_IDS: Final = {
    b"7": "/articles/7",
    b"0": "/articles/0",
    b"9007199254740991": "/articles/9007199254740991",
    b'"9007199254740992"': "/articles/9007199254740992",
    b"-3": "/articles/-3",
    b'"7"': "/articles/7",
    b'"007"': "/articles/007",
    b'"red-shoe"': "/articles/red-shoe",
    '"größe"'.encode(): "/articles/gr%C3%B6%C3%9Fe",
    b'"a/b"': "/articles/a%2Fb",
    b'"a b?c#d"': "/articles/a%20b%3Fc%23d",
    b'"-"': "/articles/-",
    b'".hidden"': "/articles/.hidden",
    b'"o\\u0308"': "/articles/%C3%B6",
}
WRONG_IDS: Final = {
    "true": b"true",
    "a number with a fraction": b"1.5",
    "1.0": b"1.0",
    "an integer beyond 2**53 - 1": b"9007199254740992",
    "an integer beyond 64 bits": b"123456789012345678901234567890",
    "a text of many accents": ('"a' + "\u0301\u0327" * 40_000 + '"').encode(),
    "an object": b'{"a": 1}',
    "an array": b"[1]",
    "two dots": b'".."',
    "one dot": b'"."',
    "a NUL": b'"a\\u0000b"',
    "a lone surrogate": b'"\\ud800"',
    "a text that is too long": b'"' + b"x" * 300 + b'"',
}
STORED_AS_THEY_ARE: Final = (b"[1, 2]", b"null", b'"text"', b"1.0", b"true", b"[]", b" 17\n")
FORMS: Final = {
    b"color=red&size=42": {"id": 1, "color": "red", "size": "42"},
    b"color=dark+red": {"id": 1, "color": "dark red"},
    b"name=Gr%C3%B6%C3%9Fe%26": {"id": 1, "name": "Gr\u00f6\u00dfe&"},
    b"tag=a&tag=b&tag=a": {"id": 1, "tag": ["a", "b", "a"]},
    b"a&b=&&=c": {"id": 1, "a": "", "b": "", "": "c"},
    b"": {"id": 1},
}

CASES: Final = (
    Case(
        "the first resource makes its collection",
        "9110 9.3.3",
        post("/articles", SHOE),
        Answer(
            201,
            WITH_ID,
            {
                "Location": "/articles/1",
                "Content-Type": "application/json",
                "Content-Location": "/articles/1",
                **valid(WITH_ID),
            },
        ),
        after={"/articles/1": WITH_ID},
    ),
    Case(
        "the collection's name with a closing slash",
        "kvput",
        post("/articles/", SHOE),
        Answer(201, WITH_ID, {"Location": "/articles/1"}),
        after={"/articles/1": WITH_ID},
    ),
    Case(
        "the next number is above all that are there",
        "kvput",
        post("/articles", SHOE),
        Answer(201, None, {"Location": "/articles/11"}),
        given={"/articles/2": b"{}", "/articles/10": b"{}", "/articles/x99": b"{}"},
    ),
    Case(
        "a collection below a resource",
        "kvput",
        post("/articles/1/comments", SHOE),
        Answer(201, WITH_ID, {"Location": "/articles/1/comments/1"}),
        given={"/articles/1": b"{}"},
        after={"/articles/1": b"{}", "/articles/1/comments/1": WITH_ID},
    ),
    Case(
        "a number that is too large for one is passed over",
        "8259 6",
        post("/articles", SHOE),
        Answer(201, None, {"Location": "/articles/1"}),
        given={"/articles/999999999999999999": b"{}"},
    ),
    Case(
        "no number is left",
        "8259 6",
        post("/articles", SHOE),
        refusal(409, "id-taken"),
        given={"/articles/9007199254740991": b"{}"},
    ),
    Case(
        "the number of a resource that has a collection below it is not given again",
        "kvput",
        post("/articles", SHOE),
        Answer(201, None, {"Location": "/articles/2"}),
        given={"/articles/1": b"{}", "/articles/1/comments/1": b"{}"},
    ),
    Case(
        "a number that names a collection is passed over",
        "kvput",
        post("/articles", SHOE),
        Answer(201, None, {"Location": "/articles/2"}),
        given={"/articles/1/a": b"{}"},
    ),
    Case(
        "the id is the first member, and the rest keeps its bytes",
        "kvput",
        post("/articles", b'{\n  "price": 1.0,\n  "price": 1e400\n}\n'),
        Answer(201, b'{\n  "id": 1,\n  "price": 1.0,\n  "price": 1e400\n}\n'),
        after={"/articles/1": b'{\n  "id": 1,\n  "price": 1.0,\n  "price": 1e400\n}\n'},
    ),
    Case(
        "an empty object gets its id",
        "kvput",
        post("/articles", b"{ }"),
        Answer(201, Json({"id": 1}), {"ETag": PRESENT}),
    ),
    Case(
        "zero bytes become an object with its id",
        "kvput",
        post("/articles", b""),
        Answer(201, Json({"id": 1}), {"ETag": PRESENT}),
    ),
    Case(
        "no content becomes an object with its id",
        "kvput",
        post("/articles", None),
        Answer(201, Json({"id": 1}), {"ETag": PRESENT}),
    ),
    *(
        Case(
            f"the id that the content has is used: {identifier.decode()}",
            "kvput",
            post("/articles", b'{"id": %s, "a": 1}' % identifier),
            Answer(
                201,
                b'{"id": %s, "a": 1}' % identifier,
                {"Location": url, "ETag": tag(b'{"id": %s, "a": 1}' % identifier)},
            ),
            after={url: b'{"id": %s, "a": 1}' % identifier},
        )
        for identifier, url in USED_IDS.items()
    ),
    *(
        Case(
            f"an id that was left empty: {empty}",
            "kvput",
            post("/articles", f'{{"a": 1.50, "id": {empty}}}'.encode()),
            Answer(201, b'{"a": 1.50, "id": 1}', {"Location": "/articles/1", "ETag": PRESENT}),
            after={"/articles/1": b'{"a": 1.50, "id": 1}'},
        )
        for empty in ("null", '""')
    ),
    *(
        Case(
            f"an id that cannot be one: {name}",
            "kvput",
            post("/articles", b'{"id": %s}' % identifier),
            refusal(422, "invalid-content"),
            after={"/articles/": None},
        )
        for name, identifier in WRONG_IDS.items()
    ),
    Case(
        "an id that is taken",
        "kvput",
        post("/articles", b'{"id": 1, "color": "blue"}'),
        refusal(409, "id-taken"),
        given={"/articles/1": SHOE},
    ),
    Case(
        "an id that is taken, as a text",
        "kvput",
        post("/articles", b'{"id": "1"}'),
        refusal(409, "id-taken"),
        given={"/articles/1": SHOE},
    ),
    Case(
        "an id that names a collection",
        "kvput",
        post("/articles", b'{"id": "old"}'),
        refusal(409, "hidden-name"),
        given={"/articles/old/1": SHOE},
    ),
    *(
        Case(
            f"stored as it is, under a number: {content.decode()}",
            "kvput",
            post("/articles", content),
            Answer(201, content, {"Location": "/articles/1", **valid(content)}),
            after={"/articles/1": content},
        )
        for content in STORED_AS_THEY_ARE
    ),
    *(
        Case(
            f"a form: {quote(content, safe='=&%+')}",
            "kvput",
            post("/articles", content, FORM),
            Answer(201, Json(due), {"Location": "/articles/1", "ETag": PRESENT}),
        )
        for content, due in FORMS.items()
    ),
    Case(
        "a form with an id",
        "kvput",
        post("/articles", b"id=red&size=42", FORM),
        Answer(201, Json({"id": "red", "size": "42"}), {"Location": "/articles/red"}),
    ),
    Case(
        "a form with two ids",
        "kvput",
        post("/articles", b"id=red&id=blue", FORM),
        refusal(422, "invalid-content"),
    ),
    Case(
        "JSON that is called a form, as curl -d does",
        "kvput",
        post("/articles", SHOE, FORM),
        refusal(
            400,
            "malformed-content",
            line=1,
            column=1,
            detail=(
                "The content is JSON, but Content-Type says it is a form: "
                "send Content-Type: application/json (curl: --json instead of -d)."
            ),
        ),
        after={"/articles/": None},
    ),
    Case(
        "a form with a broken escape",
        "kvput",
        post("/articles", b"a=%zz", FORM),
        refusal(400, "malformed-content", line=1, column=3),
    ),
    Case(
        "a form that is no UTF-8",
        "kvput",
        post("/articles", b"a=%ff", FORM),
        refusal(400, "malformed-content"),
    ),
    Case(
        "malformed JSON makes no collection",
        "8259 2",
        post("/articles", b'{"a": }'),
        refusal(400, "malformed-content", line=1, column=7),
        after={"/articles/": None},
    ),
    Case(
        "to a resource",
        "9110 15.5.6",
        post("/articles/1", SHOE),
        refusal(405, "method-not-allowed", {"Allow": _RESOURCE_METHODS}),
        given={"/articles/1": b"{}"},
    ),
    Case(
        "to the root",
        "9110 15.5.6",
        post("/", SHOE),
        refusal(405, "method-not-allowed", {"Allow": "GET, HEAD, OPTIONS"}),
    ),
    Case(
        "to a collection that a resource would hide",
        "kvput",
        post("/articles/1/", SHOE),
        refusal(409, "hidden-name"),
        given={"/articles/1": b"{}"},
    ),
    Case(
        "content that is larger than is allowed",
        "9110 15.5.14",
        post("/articles", SHOE),
        refusal(413, "content-too-large"),
        after={"/articles/": None},
        max_body=10,
    ),
    Case(
        "minimal is preferred",
        "7240 4.2",
        post("/articles", SHOE, {**JSON, "Prefer": "return=minimal"}),
        Answer(
            201,
            b"",
            {
                "Location": "/articles/1",
                "Preference-Applied": "return=minimal",
                **valid(WITH_ID),
            },
        ),
        after={"/articles/1": WITH_ID},
    ),
    Case(
        "the representation is preferred",
        "7240 4.2",
        post("/articles", SHOE, {**JSON, "Prefer": "return=representation"}),
        Answer(201, WITH_ID, {"Preference-Applied": "return=representation"}),
    ),
    Case(
        "what was posted is found where Location says",
        "9110 10.2.2",
        get("/articles/a%2Fb"),
        Answer(200, SHOE),
        given={"/articles/a%2Fb": SHOE},
    ),
)

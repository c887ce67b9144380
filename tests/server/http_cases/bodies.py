"""POST of what is no JSON: forms, YAML, lines and tables, and POST to a nested route."""

from typing import Final

from tests.server.http_cases.case import (
    ABSENT,
    FORM,
    JSON,
    PRESENT,
    Answer,
    Case,
    Json,
    post,
    refusal,
)

_TYPE: Final = "Content-Type"
_MULTIPART: Final = {_TYPE: "multipart/form-data; boundary=B"}
_YAML: Final = {_TYPE: "application/yaml"}
_LINES: Final = {_TYPE: "application/x-ndjson"}
_TABLE: Final = {_TYPE: "text/csv"}

_PARTS: Final = (
    b'--B\r\nContent-Disposition: form-data; name="color"\r\n\r\nred\r\n'
    b'--B\r\nContent-Disposition: form-data; name="size[eu]"\r\n\r\n42\r\n'
    b'--B\r\nContent-Disposition: form-data; name="photo"; filename=""\r\n'
    b"Content-Type: application/octet-stream\r\n\r\n\r\n--B--\r\n"
)
_FILE: Final = (
    b'--B\r\nContent-Disposition: form-data; name="photo"; filename="a.png"\r\n'
    b"Content-Type: image/png\r\n\r\n\x89PNG\r\n--B--\r\n"
)
_SHOES: Final = b'{"color" : "red"}\r\n\n[1.0]\n{ "id": "x", "color": "blue" }'
_FIRST: Final = b'{"id" : 1, "color" : "red"}'
_LAST: Final = b'{ "id": "x", "color": "blue" }'
_LIST: Final = b"[" + b",\n".join((_FIRST, b"[1.0]", _LAST)) + b"]\n"

_FORMS: Final = (
    *(
        Case(
            f"a form with names that nest: {content.decode()}",
            "kvput",
            post(f"/articles{query}", content, FORM),
            Answer(201, Json(due), {"Location": "/articles/1", "ETag": PRESENT}),
        )
        for query, content, due in (
            ("", b"size[eu]=42&size[uk]=8", {"id": 1, "size": {"eu": "42", "uk": "8"}}),
            ("", b"tags[]=new", {"id": 1, "tags": ["new"]}),
            ("", b"a[0][b]=x&a[1][b]=y", {"id": 1, "a": [{"b": "x"}, {"b": "y"}]}),
            ("?types=guess", b"size=42&zip=01234&new=true", {
                "id": 1, "size": 42, "zip": "01234", "new": True}),
            ("?types=strings", b"size=42", {"id": 1, "size": "42"}),
            ("?_=17&types=guess", b"size=4.5", {"id": 1, "size": 4.5}),
        )
    ),
    Case(
        "a form whose names contradict each other",
        "kvput",
        post("/articles", b"a=1&a[b]=2", FORM),
        refusal(400, "malformed-content", line=1, column=5),
        after={"/articles/": None},
    ),
    *(
        Case(
            f"types of texts that there are none of: {query}",
            "kvput",
            post(f"/articles?{query}", b"a=1", FORM),
            refusal(400, "malformed-parameter"),
            after={"/articles/": None},
        )
        for query in ("types=numbers", "types=", "types", "types=guess&types=strings")
    ),
    *(
        Case(
            f"a parameter that a POST does not take: {query}",
            "kvput",
            post(f"/articles?{query}", b"a=1", FORM),
            refusal(400, "malformed-parameter"),
            after={"/articles/": None},
        )
        for query in ("typs=guess", "types=guess&a=b", "c", "_embed=tags", "%FF=1", "_typ=%zz")
    ),
    Case(
        "a form in parts, with a file that was not chosen",
        "7578 4",
        post("/articles", _PARTS, _MULTIPART),
        Answer(
            201,
            Json({"id": 1, "color": "red", "size": {"eu": "42"}}),
            {"Location": "/articles/1", "ETag": PRESENT},
        ),
    ),
    Case(
        "a form in parts, guessed",
        "kvput",
        post("/articles?types=guess", _PARTS, _MULTIPART),
        Answer(201, Json({"id": 1, "color": "red", "size": {"eu": 42}})),
    ),
    Case(
        "a form in parts without any",
        "kvput",
        post("/articles", b"--B--\r\n", _MULTIPART),
        Answer(201, Json({"id": 1})),
    ),
    Case(
        "a form with a file",
        "9110 15.5.16",
        post("/articles", _FILE, _MULTIPART),
        refusal(415, "unsupported-media-type"),
        after={"/articles/": None},
    ),
    Case(
        "a form in parts that breaks off",
        "2046 5.1.1",
        post("/articles", _PARTS[:56], _MULTIPART),
        refusal(400, "malformed-content", line=4, column=4),
    ),
    Case(
        "a form in parts without its boundary",
        "2046 5.1.1",
        post("/articles", _PARTS, {_TYPE: "multipart/form-data"}),
        refusal(400, "malformed-field"),
    ),
)  # fmt: skip

_YAML_CASES: Final = (
    *(
        Case(
            f"YAML as {media_type}",
            "9512",
            post("/articles", b"color: red\nsize: 42\nsold: no\n", {_TYPE: media_type}),
            Answer(
                201,
                Json({"id": 1, "color": "red", "size": 42, "sold": "no"}),
                {"Location": "/articles/1", "ETag": PRESENT},
            ),
        )
        for media_type in ("application/yaml", "application/x-yaml", "text/yaml; charset=utf-8")
    ),
    Case(
        "YAML with an id",
        "kvput",
        post("/articles", b"id: red\n", _YAML),
        Answer(201, Json({"id": "red"}), {"Location": "/articles/red"}),
    ),
    Case(
        "YAML that is a list",
        "kvput",
        post("/articles", b"- 1\n- b\n", _YAML),
        Answer(201, Json([1, "b"]), {"Location": "/articles/1"}),
    ),
    Case(
        "YAML that is none",
        "kvput",
        post("/articles", b"a: 1\nb: c: d\n", _YAML),
        refusal(400, "malformed-content", line=2, column=5),
    ),
    Case(
        "YAML with an anchor",
        "9512 4",
        post("/articles", b"a: &b 1\n", _YAML),
        refusal(400, "malformed-content", line=1, column=4),
    ),
    Case(
        "YAML with a number that JSON has not",
        "8259 6",
        post("/articles", b"a: .nan\n", _YAML),
        refusal(422, "invalid-content", line=1, column=4),
        after={"/articles/": None},
    ),
)

_MANY: Final = (
    Case(
        "lines make a resource each, and keep their bytes",
        "9110 9.3.3",
        post("/articles", _SHOES, _LINES),
        Answer(
            201,
            _LIST,
            {
                "Location": "/articles",
                "Content-Type": "application/json",
                "Content-Location": ABSENT,
                "ETag": ABSENT,
                "Last-Modified": ABSENT,
            },
        ),
        after={"/articles/1": _FIRST, "/articles/2": b"[1.0]", "/articles/x": _LAST},
    ),
    Case(
        "lines as application/jsonl, to a collection with a closing slash",
        "kvput",
        post("/articles/", b"{}\n{}\n", {_TYPE: "application/jsonl"}),
        Answer(201, Json([{"id": 1}, {"id": 2}]), {"Location": "/articles"}),
    ),
    Case(
        "a table makes a resource of each row",
        "4180",
        post("/articles", b'name,size.eu\r\n"a, ""b""",42\r\nc,\r\n', _TABLE),
        Answer(
            201,
            Json(
                [
                    {"id": 1, "name": 'a, "b"', "size": {"eu": "42"}},
                    {"id": 2, "name": "c", "size": {"eu": ""}},
                ]
            ),
            {"Location": "/articles", "ETag": ABSENT},
        ),
    ),
    Case(
        "a table, guessed",
        "kvput",
        post("/articles?types=guess", b"name,size.eu,n\na,42,1.50\nc,,", _TABLE),
        Answer(
            201,
            Json([{"id": 1, "name": "a", "size": {"eu": 42}, "n": "1.50"}, {"id": 2, "name": "c"}]),
        ),
    ),
    Case(
        "a table that says that it has a header",
        "4180 3",
        post("/articles", b"a\n1", {_TYPE: "text/csv; charset=utf-8; header=present"}),
        Answer(201, Json([{"id": 1, "a": "1"}])),
    ),
    Case(
        "a table that says that it has none",
        "4180 3",
        post("/articles", b"a\n1", {_TYPE: "text/csv; header=absent"}),
        refusal(415, "unsupported-media-type"),
        after={"/articles/": None},
    ),
    Case(
        "a table with types of texts that there are none of",
        "kvput",
        post("/articles?types=auto", b"a\n1", _TABLE),
        refusal(400, "malformed-parameter"),
    ),
    Case(
        "a table whose last row is too short",
        "4180 2",
        post("/articles", b"a,b\n1,2\n3\n", _TABLE),
        refusal(400, "malformed-content", line=3, column=1),
        after={"/articles/": None},
    ),
    Case(
        "lines of which one is malformed",
        "kvput",
        post("/articles", b'{"a": 1}\n{"a": }\n', _LINES),
        refusal(400, "malformed-content", line=2, column=7, pointer="/a"),
        after={"/articles/": None},
    ),
    *(
        Case(
            f"no resource at all: {fields[_TYPE]}, {content.decode()!r}",
            "kvput",
            post("/articles", content, fields),
            refusal(422, "invalid-content"),
            after={"/articles/": None},
        )
        for fields, content in ((_LINES, b""), (_LINES, b"\n\n"), (_TABLE, b""), (_TABLE, b"a,b\n"))
    ),
    Case(
        "numbers follow those that are there and those that are asked for",
        "kvput",
        post(
            "/articles",
            b'{}\n{"id": 12}\n{"id": "red"}\n{}\n',
            {**_LINES, "Prefer": "return=minimal"},
        ),
        Answer(201, b"", {"Location": "/articles", "Preference-Applied": "return=minimal"}),
        given={"/articles/10": b"{}"},
        after={
            "/articles/11": None,
            "/articles/12": b'{"id": 12}',
            "/articles/13": b'{"id": 13}',
            "/articles/14": b'{"id": 14}',
            "/articles/red": b'{"id": "red"}',
        },
    ),
    Case(
        "an id that is taken, in a row",
        "kvput",
        post("/articles", b'{}\n\n{"id": 7}\n', _LINES),
        refusal(409, "id-taken", row=2, line=3),
        given={"/articles/7": b"{}"},
        after={"/articles/8": None},
    ),
    Case(
        "an id that two rows ask for",
        "kvput",
        post("/articles", b"id\nred\nblue\nred\n", _TABLE),
        refusal(
            409,
            "id-taken",
            row=3,
            line=4,
            detail="Row 3, on line 4: Row 1 has the id already: choose another.",
        ),
        after={"/articles/": None},
    ),
    Case(
        "an id that is no name, in a row",
        "kvput",
        post("/articles", b"id\nred\n..\n", _TABLE),
        refusal(422, "invalid-content", row=2, line=3),
        after={"/articles/": None},
    ),
    Case(
        "an id that names a collection, in a row",
        "kvput",
        post("/articles", b'{"id": "old"}', _LINES),
        refusal(409, "hidden-name", row=1, line=1),
        given={"/articles/old/1": b"{}"},
    ),
    Case(
        "a false condition comes before lines that are malformed",
        "9110 13.2.2",
        post("/articles", b"{", {**_LINES, "If-Match": '"other"'}),
        refusal(412, "precondition-failed"),
        given={"/articles/1": b"{}"},
    ),
    Case(
        "lines to a resource",
        "9110 15.5.6",
        post("/articles/1", b"{}", _LINES),
        refusal(405, "method-not-allowed"),
        given={"/articles/1": b"{}"},
    ),
    Case(
        "a table that is small, and too large as JSON",
        "9110 15.5.14",
        post("/articles", b"a" * 50 + b"\n1\n1\n1\n", _TABLE),
        refusal(413, "content-too-large"),
        after={"/articles/": None},
        max_body=100,
    ),
)

_POST_AND_COMMENTS: Final = {"/posts/1": b"{}", "/comments/1": b"{}"}
_NESTED: Final = (
    *(
        Case(
            f"to a nested route, which is a collection beside: {content.decode()}",
            "kvput",
            post("/posts/1/comments", content, fields),
            Answer(201, Json(due), {"Location": "/comments/2", "ETag": PRESENT}),
            given=_POST_AND_COMMENTS,
            after={"/posts/1": b"{}", "/comments/1": b"{}"},
        )
        for content, fields, due in (
            (b'{"text": "x"}', JSON, {"id": 2, "postId": 1, "text": "x"}),
            (b'{"postId": 1}', JSON, {"id": 2, "postId": 1}),
            (b'{"postId": "1"}', JSON, {"id": 2, "postId": "1"}),
            (b"", JSON, {"id": 2, "postId": 1}),
            (b"text=x", FORM, {"id": 2, "postId": 1, "text": "x"}),
        )
    ),
    Case(
        "to a nested route below a resource whose name is a text",
        "kvput",
        post("/shop/blog-posts/a%2Fb/comments", b'{"id": "c"}'),
        Answer(201, Json({"blog-postId": "a/b", "id": "c"}), {"Location": "/shop/comments/c"}),
        given={"/shop/blog-posts/a%2Fb": b"{}", "/shop/comments/1": b"{}"},
    ),
    *(
        Case(
            f"to a nested route, with another owner: {content.decode()}",
            "kvput",
            post("/posts/1/comments", content),
            refusal(422, "invalid-content", pointer="/postId"),
            given=_POST_AND_COMMENTS,
            after={"/comments/2": None},
        )
        for content in (
            b'{"postId": 2}',
            b'{"postId": null}',
            b'{"postId": true}',
            b'{"postId": 1.5}',
            b'{"postId": "01"}',
            b'{"postId": [1]}',
        )
    ),
    Case(
        "to a nested route, with another owner by the other member",
        "kvput",
        post("/posts/1/comments", b'{"post": 2}'),
        refusal(422, "invalid-content", pointer="/post"),
        given=_POST_AND_COMMENTS,
        after={"/comments/2": None},
    ),
    Case(
        "to a nested route, with what is no object",
        "kvput",
        post("/posts/1/comments", b"[1]"),
        refusal(422, "invalid-content"),
        given=_POST_AND_COMMENTS,
    ),
    Case(
        "many to a nested route",
        "kvput",
        post(
            "/posts/1/comments",
            b'{"id": "x"}\n{"postId": 1}',
            {**_LINES, "Prefer": "return=minimal"},
        ),
        Answer(201, b"", {"Location": "/comments"}),
        given=_POST_AND_COMMENTS,
        after={
            "/comments/x": b'{"postId": 1, "id": "x"}',
            "/comments/2": b'{"id": 2, "postId": 1}',
        },
    ),
    Case(
        "many to a nested route, one of them with another owner",
        "kvput",
        post("/posts/1/comments", b'{}\n{"postId": 3}', _LINES),
        refusal(422, "invalid-content", pointer="/postId", row=2, line=2),
        given=_POST_AND_COMMENTS,
        after={"/comments/2": None},
    ),
    Case(
        "to a nested route that is a collection of its own",
        "kvput",
        post("/posts/1/comments", b"{}"),
        Answer(201, Json({"id": 8}), {"Location": "/posts/1/comments/8"}),
        given={**_POST_AND_COMMENTS, "/posts/1/comments/7": b"{}"},
    ),
    Case(
        "to a nested route, without a collection beside",
        "kvput",
        post("/posts/1/comments", b"{}"),
        Answer(201, Json({"id": 1}), {"Location": "/posts/1/comments/1"}),
        given={"/posts/1": b"{}"},
    ),
    Case(
        "to a nested route below a resource that is not there",
        "kvput",
        post("/posts/2/comments", b"{}"),
        Answer(201, Json({"id": 1}), {"Location": "/posts/2/comments/1"}),
        given=_POST_AND_COMMENTS,
    ),
)

CASES: Final = (*_FORMS, *_YAML_CASES, *_MANY, *_NESTED)

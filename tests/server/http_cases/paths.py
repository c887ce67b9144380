"""Paths: what names a resource, what names none, and that names come back as they were."""

from typing import Final

from tests.server.http_cases.case import Answer, Case, get, put, refusal

SHOE: Final = b'{ "color": "red" }'

# The target as sent -> the Location of what it makes.
ROUND_TRIPS: Final = {
    "/a/b%2Fc": "/a/b%2Fc",
    "/a%2Fb": "/a%2Fb",
    "/a/%41": "/a/A",
    "/a/%7e": "/a/~",
    "/a/b%20c": "/a/b%20c",
    "/a/b%25c": "/a/b%25c",
    "/a/%252F": "/a/%252F",
    "/a/.hidden": "/a/.hidden",
    "/a/.counter": "/a/.counter",
    "/.kvput/x": "/.kvput/x",
    "/a/b.": "/a/b.",
    "/a/b%20": "/a/b%20",
    "/a/...": "/a/...",
    "/a/CON": "/a/CON",
    "/a/nul.txt": "/a/nul.txt",
    "/a/1.json": "/a/1.json",
    "/a.json/1": "/a.json/1",
    "/a/b%3Ac%3Fd%2Ae%22f%3Cg%3Eh%7Ci%5Cj": "/a/b:c%3Fd*e%22f%3Cg%3Eh%7Ci%5Cj",
    "/a/!$&'()*+,;=:@-._~": "/a/!$&'()*+,;=:@-._~",
    "/a/%0A%09%7F": "/a/%0A%09%7F",
    '/a/b|c"d\\e^f': "/a/b%7Cc%22d%5Ce%5Ef",
    "/a/gr%C3%B6%C3%9Fe": "/a/gr%C3%B6%C3%9Fe",
    "/a/gro%CC%88%C3%9Fe": "/a/gr%C3%B6%C3%9Fe",
    "/a/%F0%9F%98%80": "/a/%F0%9F%98%80",
    "/a/-": "/a/-",
    "/--/1": "/--/1",
    "/a/" + "x" * 250: "/a/" + "x" * 250,
    "/" + "/".join(["y" * 100] * 20): "/" + "/".join(["y" * 100] * 20),
}
NO_PATHS: Final = {
    "an empty segment": "/a//b",
    "an empty first segment": "//a",
    "a dot": "/a/./b",
    "two dots": "/a/../b",
    "two dots at the end": "/a/..",
    "two dots, encoded": "/a/%2e%2e/b",
    "a dot, encoded": "/a/%2E",
    "a NUL": "/a/b%00c",
    "bytes that are no UTF-8": "/a/%ff",
    "an overlong encoding": "/a/%c0%af",
    "an encoded surrogate": "/a/%ed%a0%80",
    "an escape of one digit": "/a/%4",
    "an escape that is none": "/a/%zz",
    "a name that is a byte too long": "/a/" + "x" * 251,
    "a name that is too long once its characters are escaped": "/a/" + "%3A" * 100,
    "a name that is too long in UTF-8": "/a/" + "%C3%B6" * 126,
}

CASES: Final = (
    *(
        Case(
            f"a name comes back: {sent[:50]}",
            "3986 2",
            put(sent, SHOE),
            Answer(201, SHOE, {"Location": due}),
            after={sent: SHOE, due: SHOE},
        )
        for sent, due in ROUND_TRIPS.items()
    ),
    *(
        Case(f"no path: {name}, read", "3986 3.3", get(target), refusal(400, "invalid-path"))
        for name, target in NO_PATHS.items()
    ),
    *(
        Case(
            f"no path: {name}, written",
            "3986 3.3",
            put(target, SHOE),
            refusal(400, "invalid-path"),
            given={"/b": b"{}"},
        )
        for name, target in NO_PATHS.items()
    ),
    Case(
        "a path that is too long",
        "9110 15.5.15",
        put("/" + "/".join(["y" * 100] * 21), SHOE),
        refusal(414, "path-too-long"),
    ),
    Case(
        "a path that is too long, read",
        "9110 15.5.15",
        get("/" + "/".join(["y" * 100] * 21)),
        refusal(414, "path-too-long"),
    ),
    Case(
        "a slash within a name separates nothing",
        "3986 2.2",
        get("/a/b/c"),
        Answer(404),
        given={"/a/b%2Fc": SHOE},
    ),
    Case(
        "names in either normal form are one",
        "kvput",
        get("/o%CC%88"),
        Answer(200, SHOE),
        given={"/%C3%B6": SHOE},
    ),
    Case(
        "names that differ in case are two",
        "kvput",
        get("/Shoe"),
        refusal(404, "not-found"),
        given={"/shoe": SHOE},
    ),
    Case(
        "the server's own segment holds no resources",
        "kvput",
        put("/-", SHOE),
        refusal(404, "not-found"),
    ),
)

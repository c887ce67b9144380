"""kvput.paths: targets to values, values to file names, and back."""

import os.path
import posixpath
import time
import unicodedata
from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kvput.errors import InvalidPath, PathTooLong
from kvput.names import encode_segment, fold, resource_name
from kvput.paths import (
    MAX_PATH_BYTES,
    CollectionPath,
    ResourcePath,
    ServerPath,
    Target,
    collection_at,
    parse_target,
    resource_at,
)
from tests.strategies import characters


def resource(path: str) -> ResourcePath:
    """The resource that a path names."""
    parsed = parse_target(path).resource
    assert parsed is not None
    return parsed


# Path as sent, its segments, its file, and its path as kvput writes it where that differs.
RESOURCES: list[tuple[str, tuple[str, ...], str, str | None]] = [
    # Plain names.
    ("/articles", ("articles",), "articles.json", None),
    ("/articles/1", ("articles", "1"), "articles/1.json", None),
    ("/posts/1/notes/5", ("posts", "1", "notes", "5"), "posts/1/notes/5.json", None),
    ("/A-b_c", ("A-b_c",), "A-b_c.json", None),
    ("/v1.2", ("v1.2",), "v1.2.json", None),
    ("/a~b", ("a~b",), "a~b.json", None),
    ("/a@b,c;d=e", ("a@b,c;d=e",), "a@b,c;d=e.json", None),
    ("/a!b$c&d'e(f)g+h", ("a!b$c&d'e(f)g+h",), "a!b$c&d'e(f)g+h.json", None),
    ("/-a", ("-a",), "-a.json", None),
    ("/--", ("--",), "--.json", None),
    ("/a/-", ("a", "-"), "a/-.json", None),
    ("/a/-/b", ("a", "-", "b"), "a/-/b.json", None),
    ("/__proto__", ("__proto__",), "__proto__.json", None),
    # Escapes are decoded once.
    ("/%61rticles", ("articles",), "articles.json", "/articles"),
    ("/a%20b", ("a b",), "a b.json", None),
    ("/%20a", (" a",), " a.json", None),
    ("/a+b", ("a+b",), "a+b.json", None),
    ("/a%2Fb", ("a/b",), "a%2Fb.json", None),
    ("/a%2fb", ("a/b",), "a%2Fb.json", "/a%2Fb"),
    ("/100%25", ("100%",), "100%25.json", None),
    ("/%2541", ("%41",), "%2541.json", None),
    ("/%252e%252e", ("%2e%2e",), "%252e%252e.json", None),
    ("/%2E%2E%2Fetc", ("../etc",), "%2E.%2Fetc.json", "/..%2Fetc"),
    # Raw characters that RFC 3986 would have escaped, but that clients send.
    ("/[a]", ("[a]",), "[a].json", "/%5Ba%5D"),
    ("/{a}", ("{a}",), "{a}.json", "/%7Ba%7D"),
    ("/a^b`c", ("a^b`c",), "a^b`c.json", "/a%5Eb%60c"),
    # Characters that some file system does not hold.
    ("/a%3Fb", ("a?b",), "a%3Fb.json", None),
    ("/a%23b", ("a#b",), "a#b.json", None),
    ("/a:b", ("a:b",), "a%3Ab.json", None),
    ("/a*b", ("a*b",), "a%2Ab.json", None),
    ("/a|b", ("a|b",), "a%7Cb.json", "/a%7Cb"),
    ('/a"b', ('a"b',), "a%22b.json", "/a%22b"),
    ("/<a>", ("<a>",), "%3Ca%3E.json", "/%3Ca%3E"),
    ("/a\\b", ("a\\b",), "a%5Cb.json", "/a%5Cb"),
    ("/a%09b", ("a\tb",), "a%09b.json", None),
    ("/a%0D%0Ab", ("a\r\nb",), "a%0D%0Ab.json", None),
    ("/a%7Fb", ("a\x7fb",), "a%7Fb.json", None),
    ("/a%C2%85b", ("a\x85b",), "a%C2%85b.json", None),
    ("/%01", ("\x01",), "%01.json", None),
    # Dots and spaces at an end.
    ("/.git", (".git",), "%2Egit.json", None),
    ("/.git/config", (".git", "config"), "%2Egit/config.json", None),
    ("/...", ("...",), "%2E.%2E.json", None),
    ("/a.", ("a.",), "a%2E.json", None),
    ("/a..", ("a..",), "a.%2E.json", None),
    ("/a%20", ("a ",), "a%20.json", None),
    ("/%20", (" ",), "%20.json", None),
    ("/.counter", (".counter",), "%2Ecounter.json", None),
    ("/.kvput/lock", (".kvput", "lock"), "%2Ekvput/lock.json", None),
    # Names of Windows devices.
    ("/con", ("con",), "%63on.json", None),
    ("/CON", ("CON",), "%43ON.json", None),
    ("/Aux/b", ("Aux", "b"), "%41ux/b.json", None),
    ("/nul.txt", ("nul.txt",), "%6Eul.txt.json", None),
    ("/con%20.txt", ("con .txt",), "%63on .txt.json", None),
    ("/prn%20", ("prn ",), "%70rn%20.json", None),
    ("/com1", ("com1",), "%63om1.json", None),
    ("/LPT0.a.b", ("LPT0.a.b",), "%4CPT0.a.b.json", None),
    ("/com%C2%B9", ("com¹",), "%63om¹.json", None),
    ("/CONIN$", ("CONIN$",), "%43ONIN$.json", None),
    ("/conout$.x", ("conout$.x",), "%63onout$.x.json", None),
    ("/con.json", ("con.json",), "%63on%2Ejson.json", None),
    ("/console", ("console",), "console.json", None),
    ("/com10", ("com10",), "com10.json", None),
    ("/com", ("com",), "com.json", None),
    ("/acon", ("acon",), "acon.json", None),
    # A directory never has the name of a resource's file.
    ("/a.json", ("a.json",), "a%2Ejson.json", None),
    ("/a.json/b", ("a.json", "b"), "a%2Ejson/b.json", None),
    ("/a.JSON", ("a.JSON",), "a%2EJSON.json", None),
    ("/a.json.json", ("a.json.json",), "a.json%2Ejson.json", None),
    ("/.json", (".json",), "%2Ejson.json", None),
    ("/a.j%C5%BFon", ("a.j\u017fon",), "a%2Ej\u017fon.json", None),
    ("/a.json5", ("a.json5",), "a.json5.json", None),
    ("/json", ("json",), "json.json", None),
    # Text beyond ASCII.
    ("/b%C3%BCcher", ("bücher",), "bücher.json", None),
    ("/bu%CC%88cher", ("bücher",), "bücher.json", "/b%C3%BCcher"),
    ("/%E2%84%AA", ("K",), "K.json", "/K"),
    ("/%E6%97%A5%E6%9C%AC", ("日本",), "日本.json", None),
    ("/%F0%9F%98%80", ("😀",), "😀.json", None),
    ("/.%CC%81a", (".\u0301a",), "%2E%CC%81a.json", None),
    ("/b%2F%CC%87%CC%A3", ("b/\u0323\u0307",), "b%2F%CC%A3%CC%87.json", "/b%2F%CC%A3%CC%87"),
    ("/" + "a" * 250, ("a" * 250,), "a" * 250 + ".json", None),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "segments", "file", "url"), RESOURCES)
def test_a_path_has_one_file_and_the_file_that_path(
    sent: str, segments: tuple[str, ...], file: str, url: str | None
) -> None:
    """A path, its segments and its file determine each other."""
    path = resource(sent)
    assert path == ResourcePath(segments)
    assert path.file == file
    assert path.url == (url or sent)
    assert resource(path.url) == path
    assert resource_at(file) == path
    assert resource_name(file.rpartition("/")[2]) == path.name == segments[-1]


@pytest.mark.parametrize(("sent", "segments", "file", "url"), RESOURCES)
def test_a_closing_slash_names_the_collection(
    sent: str, segments: tuple[str, ...], file: str, url: str | None
) -> None:
    """With a closing slash the path names a collection only, whose directory has the same name."""
    target = parse_target(sent + "/")
    assert target == Target(collection=CollectionPath(segments))
    assert target.collection is not None
    assert target.collection.directory == file.removesuffix(".json")
    assert target.collection.url == (url or sent)
    assert collection_at(target.collection.directory) == target.collection


def test_the_values_lead_to_each_other() -> None:
    """A resource knows its collections, a collection its resources."""
    path = resource("/articles/1")
    articles = CollectionPath(("articles",))
    assert path.name == "1"
    assert path.parent == articles
    assert path.beneath == CollectionPath(("articles", "1"))
    assert path.beneath.as_resource == path
    assert articles.resource("1") == path
    assert articles.resource("a/b").url == "/articles/a%2Fb"
    assert articles.resource("u\u0308").name == "ü"


def test_the_root_is_a_collection_without_a_name() -> None:
    """The root has a collection, the data folder itself, and no resource."""
    root = CollectionPath(())
    assert parse_target("/") == Target(collection=root)
    assert (root.url, root.directory) == ("/", "")
    assert collection_at("") == root
    assert resource("/articles").parent == root
    with pytest.raises(ValueError, match="at least one segment"):
        _ = root.as_resource


def test_a_path_without_a_closing_slash_names_both() -> None:
    """Which of the two `/articles` means, only the store can tell."""
    assert parse_target("/articles") == Target(
        resource=ResourcePath(("articles",)), collection=CollectionPath(("articles",))
    )


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("/-", ""),
        ("/-/", ""),
        ("/-/health", "health"),
        ("/%2D/health", "health"),
        ("/-/ui/", "ui/"),
        ("/-/ui/app.js", "ui/app.js"),
        ("/-/%68ealth", "health"),
        ("/-/ui/..%2F..%2Fetc", "ui/..%2F..%2Fetc"),
        ("/-/con", "con"),
    ],
)
def test_the_first_segment_dash_is_the_servers_own(sent: str, name: str) -> None:
    """Below `/-` there are no resources, and an encoded slash does not separate."""
    assert parse_target(sent) == Target(own=ServerPath(name))


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ("", "begin with a slash"),
        ("articles", "begin with a slash"),
        ("*", "begin with a slash"),
        ("http://localhost/a", "begin with a slash"),
        ("//", "is empty"),
        ("//a", "is empty"),
        ("/a//b", "is empty"),
        ("/a//", "is empty"),
        ("/.", '"." is relative'),
        ("/..", '".." is relative'),
        ("/a/../b", '".." is relative'),
        ("/a/./b", '"." is relative'),
        ("/a/..", '".." is relative'),
        ("/a/../", '".." is relative'),
        ("/%2e", '"." is relative'),
        ("/%2E%2e/etc/passwd", '".." is relative'),
        ("/.%2e", '".." is relative'),
        ("/-/..", '".." is relative'),
        ("/-/../a", '".." is relative'),
        ("/-//a", "is empty"),
        ("/%00", "NUL"),
        ("/a%00.json", "NUL"),
        ("/-/a%00", "NUL"),
        ("/%", "two hexadecimal digits"),
        ("/a%4", "two hexadecimal digits"),
        ("/a%zz", "two hexadecimal digits"),
        ("/a%%41", "two hexadecimal digits"),
        ("/100%/b", '"100%" holds a "%"'),
        ("/%u0041", "two hexadecimal digits"),
        ("/%FF", "not UTF-8"),
        ("/%C3", "not UTF-8"),
        ("/%C3/%BC", "not UTF-8"),
        ("/%C0%AF", "not UTF-8"),
        ("/%C0%AE%C0%AE", "not UTF-8"),
        ("/%ED%A0%80", "not UTF-8"),
        ("/%ED%A0%BD%ED%B8%80", "not UTF-8"),
        ("/%F4%90%80%80", "not UTF-8"),
        ("/a b", "percent-encode it"),
        ("/a\tb", "percent-encode it"),
        ("/a\r\nb", "percent-encode it"),
        ("/a\x00", "percent-encode it"),
        ("/a\x7f", "percent-encode it"),
        ("/ü", "percent-encode it"),
        ("/\udcc3\udcbc", "percent-encode it"),
        ("/a#b", "percent-encode it"),
        ("/a?b", "percent-encode it"),
        ("/" + "a" * 251, "a file name of 256 bytes"),
        ("/" + "a" * 251 + "/b", "a file name of 256 bytes"),
        ("/" + "%C3%BC" * 126, "a file name of 257 bytes"),
        ("/" + "%3F" * 84, "a file name of 257 bytes"),
    ],
)
def test_a_path_that_names_nothing_is_invalid(sent: str, says: str) -> None:
    """The error says which segment is wrong and how, in printable ASCII."""
    with pytest.raises(InvalidPath) as caught:
        parse_target(sent)
    assert says in caught.value.detail
    assert caught.value.detail.isascii()
    assert caught.value.detail.isprintable()


@pytest.mark.parametrize(
    ("sent", "fits"),
    [
        ("/" + "a/" * 1021 + "b", True),  # 2 * 1021 + 1 + 5 = 2048 bytes
        ("/" + "a/" * 1021 + "bc", False),
        ("/" + "a/" * 1021 + "b/", True),
        ("/" + "a/" * 1021 + "bc/", False),
        ("/a" * 10_000, False),
        ("/" + "%61" * 100_000, False),
    ],
)
def test_the_whole_file_path_is_limited(sent: str, fits: bool) -> None:
    """A file path of 2,048 bytes fits, one of 2,049 does not, nor does a huge single segment."""
    if fits:
        assert parse_target(sent).collection is not None
    else:
        with pytest.raises(PathTooLong, match="2048 bytes"):
            parse_target(sent)


def test_a_hostile_path_takes_no_longer_than_its_length() -> None:
    """A thousand combining marks, or escapes without end, are refused at once."""
    start = time.perf_counter()
    for sent in ("/a" + "%CC%81%CC%A3" * 1000, "/" + "%25" * 6000, "/" + "con%20" * 3000):
        with pytest.raises((InvalidPath, PathTooLong)):
            parse_target(sent)
    assert time.perf_counter() - start < 1


@pytest.mark.parametrize(
    ("segments", "says"),
    [
        (("-",), "for the server itself"),
        (("-", "health"), "for the server itself"),
        (("",), "is empty"),
        (("a", ".."), "is relative"),
        (("a\0b",), "NUL"),
        (("u\u0308",), "normal form C"),
        (("\ud800",), "surrogate"),
        (("a" * 251,), "256 bytes"),
        (("a" + "\u0301\u0327" * 100_000,), "more than 255 bytes"),
    ],
)
def test_a_value_with_an_impossible_segment_cannot_be_made(
    segments: tuple[str, ...], says: str
) -> None:
    """The constructors hold what the parser promises."""
    for make in (ResourcePath, CollectionPath):
        with pytest.raises(InvalidPath, match=says) as caught:
            make(segments)
        assert caught.value.detail.isascii()


@pytest.mark.parametrize(
    "name",
    [
        "a" + "\u0301\u0327" * 500_000,
        "\u1100" * 1_000_000,
        "a" + "\u0345\u0301" * 400,
        "?" * 1_000_000,
    ],
    ids=["accents", "jamo", "some", "escapes"],
)
@pytest.mark.timeout(10)
def test_a_hostile_id_takes_no_longer_than_its_length(name: str) -> None:
    """Normalising takes quadratic time: a text of any length is refused before that."""
    with pytest.raises(InvalidPath, match=r"a file name of more than 255 bytes") as caught:
        CollectionPath(()).resource(name)
    assert len(caught.value.detail) < 1000


@pytest.mark.parametrize(
    "character", ["\u1fbe\u0308\u0341", "\u2126\u0343\u0340\u0345", "\u1100\u1161\u11a8"]
)
def test_a_long_spelling_of_a_short_name_fits(character: str) -> None:
    """What normalisation makes short enough is not refused for how it was sent."""
    short = unicodedata.normalize("NFC", character)
    count = 250 // len(short.encode())
    path = CollectionPath(()).resource(character * count)
    assert path.name == short * count
    assert parse_target("/" + quote(character * count)).resource == path
    with pytest.raises(InvalidPath, match="a file name of 25"):
        CollectionPath(()).resource(character * (count + 1))


@pytest.mark.parametrize("name", ["-", "", ".", "..", "a\0", "\udcff", "a" * 251])
def test_an_id_that_is_no_name_makes_no_resource(name: str) -> None:
    """A collection refuses the names that no path could give."""
    with pytest.raises(InvalidPath):
        CollectionPath(()).resource(name)


@pytest.mark.parametrize(
    "file",
    [
        "",
        ".json",
        "a",
        "a.JSON",
        "a.json5",
        "a.json.tmp",
        ".counter",
        "kvput.toml",
        "-.json",
        "-/a.json",
        "/a.json",
        "a//b.json",
        "../a.json",
        "a/../b.json",
        ".kvput/a.json",
        "a.json/b.json",
        "a/.json",
        "a/" * 1022 + "b.json",
    ],
)
def test_other_files_are_no_resources(file: str) -> None:
    """Dotfiles, other suffixes, the server's own segment and path tricks name no resource."""
    assert resource_at(file) is None


@pytest.mark.parametrize("directory", ["-", "-/a", "/", "a/", ".kvput", "a.json", "a/../b", ".."])
def test_other_directories_are_no_collections(directory: str) -> None:
    """A directory that no path leads to is no collection."""
    assert collection_at(directory) is None


# --- properties -------------------------------------------------------------

odd_names = st.sampled_from(
    ["con", "NUL.txt", "com¹", "a.json", "A.JSON", ".json", "...", "a. ", "%2E", "-", "CON .x"]
)
segments = (
    st.one_of(st.text(characters, min_size=1, max_size=8), odd_names)
    .map(lambda text: unicodedata.normalize("NFC", text))
    .filter(lambda text: text not in {".", ".."})
)
paths = (
    st.lists(segments, min_size=1, max_size=4)
    .filter(lambda found: found[0] != "-")
    .map(lambda found: ResourcePath(tuple(found)))
)


@given(paths)
def test_every_path_comes_back_from_its_url_and_its_file(path: ResourcePath) -> None:
    """url -> path -> file -> path -> url loses nothing."""
    again = resource(path.url)
    assert again == path
    assert again.file == path.file
    found = resource_at(again.file)
    assert found == path
    assert found.url == path.url
    assert collection_at(path.beneath.directory) == path.beneath


@given(paths)
def test_every_url_is_made_of_rfc_3986_characters(path: ResourcePath) -> None:
    """A path is written in pchar and slashes only, so that it can stand in any header field."""
    unreserved = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~"
    assert set(path.url) <= set(unreserved + "!$&'()*+,;=" + ":@" + "%/")


@given(paths)
def test_every_file_name_is_safe_on_every_disk(path: ResourcePath) -> None:
    """No name is hidden, is trimmed, changes under normalisation or holds an unsafe character."""
    for name in path.file.split("/"):
        assert not name.startswith(".")
        assert not name.endswith((".", " "))
        assert not set(name) & set('<>:"|?*\\\0\n\t\x7f\x85')
        assert unicodedata.is_normalized("NFC", name)
        assert len(name.encode()) <= 255
        assert name.partition(".")[0].rstrip(" ").upper() not in {"CON", "NUL", "COM1", "COM¹"}
    assert len(path.file.encode()) <= MAX_PATH_BYTES


@given(paths)
def test_no_file_lies_outside_the_data_folder(path: ResourcePath) -> None:
    """Joined to a folder, a file's path is already normal and stays below the folder."""
    for join, normalise in ((os.path.join, os.path.normpath), (posixpath.join, posixpath.normpath)):
        joined = join("/data", path.file)
        assert normalise(joined) == joined
        assert joined.startswith("/data/")


@given(paths, paths)
def test_two_paths_never_meet_on_disk(one: ResourcePath, other: ResourcePath) -> None:
    """Distinct paths have distinct files, and no file stands where a directory must."""
    assume(one != other)
    assert one.file != other.file
    for low, high in ((one, other), (other, one)):
        assert not high.file.startswith(low.file + "/")
        assert not fold(high.file).startswith(fold(low.file) + "/")


@given(segments, segments)
def test_a_name_and_a_longer_path_never_meet_on_disk(name: str, beneath: str) -> None:
    """The file of `/a` and the directories of `/a.json/b` differ on each disk, whatever `a` is."""
    directory = fold(encode_segment(unicodedata.normalize("NFC", name + ".json")))
    assert directory != fold(encode_segment(name) + ".json")
    assert not fold(encode_segment(beneath)).endswith(".json")


@given(st.text(max_size=20).map(lambda text: "/" + text) | st.text("/.%2eEfF0aü-\0 ", max_size=12))
def test_any_text_is_read_or_refused(sent: str) -> None:
    """Whatever is sent, the parser gives a target or an error of its own."""
    try:
        target = parse_target(sent)
    except (InvalidPath, PathTooLong):
        return
    assert (target.own is None) is (target.collection is not None)

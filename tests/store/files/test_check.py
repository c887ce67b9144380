"""What a check of a folder finds: one fault each, and nothing where there is none."""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from kvput.content.json_text import parse
from kvput.errors import DataUnusable, KvputError
from kvput.names import HIGHEST_NUMBER
from kvput.semantics.validators import content_digest
from kvput.store import check_folder
from kvput.store.files.check.findings import Finding, Kind
from kvput.store.files.folder import open_folder
from kvput.store.files.record import (
    FileWrite,
    SegmentHeader,
    encode_commit,
    encode_header,
    encode_published,
)
from tests.store.files.mounts import as_nobody, open_place
from tests.store.tools import opened, put

SALT = b"s" * 16
OTHER_SYSTEM = b"o" * 24
NEVER_SERVED = "so that it is never served"

Make = Callable[[Path], object]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder in which all is well: two collections, a resource, and what is none."""
    folder = tmp_path / "data"
    for place, text in {
        "articles/1.json": '{"title": "One"}',
        "articles/2.json": "[1, 2.5e3, null]\n",
        "articles/.counter": "2\n",
        "articles/1/comments/7.json": "true",
        "tags/clay.json": "",
        "site.json": '"text"',
        "kvput.toml": "port = 9000",
        ".git/index": "{",
        ".hidden.json": "{",
    }.items():
        file = folder / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (folder / "linked").symlink_to("tags")
    (folder / "again.json").symlink_to("site.json")
    return folder


def found(data: Path) -> list[Finding]:
    """All that a check finds."""
    return list(check_folder(data, parse).findings())


def only(data: Path) -> tuple[Kind, str]:
    """Kind and place of all that a check finds, which must be one thing."""
    (finding,) = found(data)
    return finding.kind, finding.place


def write(data: Path, place: str, content: str | bytes = "{}") -> None:
    """Write a file; directories are made as needed."""
    file = data / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content if isinstance(content, bytes) else content.encode())


def write_all(data: Path, *places: str) -> None:
    """Write several files."""
    for place in places:
        write(data, place)


def link(place: Path, target: str) -> None:
    """Make a link; directories are made as needed."""
    place.parent.mkdir(parents=True)
    place.symlink_to(target)


def test_a_good_folder_has_nothing_wrong(data: Path) -> None:
    """Resources, empty ones, links among them, other files and hidden ones are all right."""
    write(data, "notes.txt", "{")
    checking = check_folder(data, parse)
    assert list(checking.findings()) == []
    assert (checking.files, checking.others, checking.expected) == (6, 1, 6)
    assert checking.done == 6


def test_a_folder_that_a_server_has_left_has_nothing_wrong(data: Path) -> None:
    """The lock, the journal and scratch, as a clean stop leaves them, are no findings."""
    open_folder(data).close()
    assert found(data) == []


async def test_a_folder_that_was_written_to_has_nothing_wrong(data: Path) -> None:
    """Nor is a journal without records."""
    async with opened(data) as store:
        await put(store, "/tags/3")
    assert found(data) == []


# --- the text of files

SYNTAX = [
    ('{"a": 1,}', 1, 9, 'JSON has no comma after the last item: remove the one before "}".'),
    ('{\n  "a": 1\n  "b": 2\n}', 3, 3, "Expected a comma or } after the member's value"),
    (" \n", 2, 1, "Expected a value, found the end of the text."),
    (b"\xef\xbb\xbf{}", 1, 1, "A byte order mark stands here, which JSON does not have"),
    (b'"\xff"', 1, 2, "The content is not UTF-8: byte 0xff is no part of a character here."),
    ("[" * 1025 + "]" * 1025, 1, 1025, "The content is nested deeper than 1024 levels"),
]


@pytest.mark.parametrize(("content", "line", "column", "sentence"), SYNTAX)
def test_a_text_that_is_no_json(
    content: str | bytes, line: int, column: int, sentence: str, data: Path
) -> None:
    """It is told with line and column, in the sentence that lists have for it."""
    write(data, "articles/x.json", content)
    (finding,) = found(data)
    assert (finding.kind, finding.place) == (Kind.SYNTAX, "articles/x.json")
    assert (finding.line, finding.column) == (line, column)
    assert finding.message.startswith(sentence)
    assert finding.is_problem


def test_what_orjson_refuses_and_json_allows_is_no_fault(data: Path) -> None:
    """A number that no double holds, and half a surrogate pair, are JSON."""
    write(data, "a.json", '[1e999, "\\ud800"]')
    assert found(data) == []


def test_a_file_that_is_written_meanwhile_is_read_again(data: Path) -> None:
    """Half a text, of which the rest comes while it is read, is no fault."""
    place = data / "a.json"
    place.write_text('{"a": ')
    texts = []

    def read_json(text: bytes) -> object:
        texts.append(text)
        if text == b'{"a": ':
            place.write_text('{"a": 1}')
        return parse(text)

    assert list(check_folder(data, read_json).findings()) == []
    assert b'{"a": 1}' in texts


def test_a_file_that_vanishes_meanwhile_is_no_fault(data: Path) -> None:
    """Nor is a directory."""

    def read_json(text: bytes) -> object:
        for place in ("articles/2.json", "tags/clay.json"):
            (data / place).unlink(missing_ok=True)
        if (data / "tags").exists():
            (data / "tags").rmdir()
        return parse(text)

    assert list(check_folder(data, read_json).findings()) == []


# --- names and kinds of entries

# what is made, the kind, the place, words of the sentence
NAMES: dict[str, tuple[Make, Kind, str, str]] = {
    "suffix in capitals": (
        lambda d: write(d, "3.JSON"),
        Kind.FILE_NAME,
        "3.JSON",
        'in small letters, so that it is never served: rename it to "3.json"',
    ),
    "not encoded": (
        lambda d: write(d, "tags/a:b.json"),
        Kind.FILE_NAME,
        "tags/a:b.json",
        'rename it to "a%3Ab.json".',
    ),
    "encoded needlessly": (
        lambda d: write(d, "%61.json"),
        Kind.FILE_NAME,
        "%61.json",
        'rename it to "a.json".',
    ),
    "encoded in small letters": (
        lambda d: write(d, "a%2fb.json"),
        Kind.FILE_NAME,
        "a%2fb.json",
        'rename it to "a%2Fb.json".',
    ),
    "half an escape": (
        lambda d: write(d, "50%.json"),
        Kind.FILE_NAME,
        "50%.json",
        'rename it to "50%25.json".',
    ),
    "the right name is taken": (
        lambda d: write(d, "%73ite.json"),
        Kind.FILE_NAME,
        "%73ite.json",
        'its right name, "site.json", is taken',
    ),
    "not NFC": (
        lambda d: write(d, "e\u0301.json"),
        Kind.FILE_NAME,
        "e\u0301.json",
        'not in Unicode\'s normal form C, so that it is never served: rename it to "\u00e9.json".',
    ),
    "not UTF-8": (
        lambda d: os.close(os.open(bytes(d) + b"/\xff.json", os.O_CREAT)),
        Kind.FILE_NAME,
        "\udcff.json",
        f"Its name is not UTF-8, {NEVER_SERVED}",
    ),
    "no name at all": (
        lambda d: write(d, "%2E.json"),
        Kind.FILE_NAME,
        "%2E.json",
        "No address leads to its name",
    ),
    "too long when encoded": (
        lambda d: write(d, ":" * 100 + ".json"),
        Kind.FILE_NAME,
        ":" * 100 + ".json",
        "choose one that makes at most 255",
    ),
    "the server's own": (
        lambda d: write(d, "-.json"),
        Kind.FILE_NAME,
        "-.json",
        "is for the server's own addresses",
    ),
    "path too long": (
        lambda d: write(d, "/".join(["d" * 200] * 10 + ["f" * 200]) + ".json"),
        Kind.FILE_NAME,
        "/".join(["d" * 200] * 10 + ["f" * 200]) + ".json",
        "longer than 2048 bytes",
    ),
    "folder not encoded": (
        lambda d: write(d, "a:b/1.json", "{"),
        Kind.FOLDER_NAME,
        "a:b",
        'rename it to "a%3Ab".',
    ),
    "folder with the suffix": (
        lambda d: (d / "a.json").mkdir(),
        Kind.FOLDER_NAME,
        "a.json",
        "It is a folder whose name ends as a file's",
    ),
    "folder of the server's own": (
        lambda d: (d / "-").mkdir(),
        Kind.FOLDER_NAME,
        "-",
        "is for the server's own addresses",
    ),
    "FIFO": (lambda d: os.mkfifo(d / "a.json"), Kind.NOT_A_FILE, "a.json", "is none"),
    "link to a folder": (
        lambda d: (d / "a.json").symlink_to("tags"),
        Kind.NOT_A_FILE,
        "a.json",
        "is none",
    ),
    "link to nothing": (
        lambda d: (d / "a.json").symlink_to("none.json"),
        Kind.LINK,
        "a.json",
        "leads nowhere",
    ),
    "link to itself": (lambda d: (d / "a").symlink_to("a"), Kind.LINK, "a", "leads nowhere"),
    "link out": (
        lambda d: (d / "a.json").symlink_to("/etc/hostname"),
        Kind.LINK,
        "a.json",
        "leads out of the data folder",
    ),
    "folder link out": (
        lambda d: (d / "tags" / "a").symlink_to("/etc"),
        Kind.LINK,
        "tags/a",
        "leads out of the data folder",
    ),
    "link to what is hidden": (
        lambda d: (d / "a.json").symlink_to(".hidden.json"),
        Kind.LINK,
        "a.json",
        "to what is hidden in it",
    ),
    "link to a file without the suffix": (
        lambda d: (d / "a.json").symlink_to("kvput.toml"),
        Kind.LINK,
        "a.json",
        'a link to "kvput.toml", whose name does not end in .json',
    ),
    "link with a wrong name": (
        lambda d: (d / "%61.json").symlink_to("site.json"),
        Kind.FILE_NAME,
        "%61.json",
        'rename it to "a.json".',
    ),
    "case": (
        lambda d: write(d, "Site.json"),
        Kind.NAME_CLASH,
        "site.json",
        'takes it for "Site.json"',
    ),
    "case of a folder": (lambda d: (d / "Tags").mkdir(), Kind.NAME_CLASH, "tags", 'for "Tags"'),
    "case beyond ASCII": (
        lambda d: write_all(d, "\u00c9.json", "\u00e9.json"),
        Kind.NAME_CLASH,
        "\u00e9.json",
        'takes it for "\u00c9.json"',
    ),
}


@pytest.mark.parametrize(("make", "kind", "place", "words"), NAMES.values(), ids=NAMES)
def test_a_name_that_is_wrong(make: Make, kind: Kind, place: str, words: str, data: Path) -> None:
    """What looks like a resource or a collection and is none is told, with what to do."""
    make(data)
    (finding,) = found(data)
    assert (finding.kind, finding.place) == (kind, place)
    assert words in finding.message
    assert finding.is_problem
    assert (finding.line, finding.column) == (None, None)


OTHERS: dict[str, Make] = {
    "other suffix": lambda d: write(d, "notes.txt"),
    "backup": lambda d: write(d, "site.json~"),
    "configuration of another": lambda d: write(d, "tags/kvput.toml", "["),
    "pipe": lambda d: os.mkfifo(d / "pipe"),
    "link to a file out of the folder": lambda d: (d / "host").symlink_to("/etc/hostname"),
}


@pytest.mark.parametrize("make", OTHERS.values(), ids=OTHERS)
def test_what_does_not_look_like_a_resource_is_only_counted(make: Make, data: Path) -> None:
    """A data folder may hold other things."""
    make(data)
    checking = check_folder(data, parse)
    assert list(checking.findings()) == []
    assert checking.others == 1


def test_a_resource_that_hides_a_collection_is_a_note(data: Path) -> None:
    """By hand both may be there, and both have an address."""
    write(data, "tags.json")
    (finding,) = found(data)
    assert (finding.kind, finding.place) == (Kind.HIDDEN_COLLECTION, "tags")
    assert not finding.is_problem


def test_a_linked_file_is_read_where_only_the_link_serves_it(data: Path) -> None:
    """What stands under a wrong name is told for that, and its content at the link."""
    write(data, "%61.json", "{")
    (data / "b.json").symlink_to("%61.json")
    assert [(f.kind, f.place) for f in found(data)] == [
        (Kind.FILE_NAME, "%61.json"),
        (Kind.SYNTAX, "b.json"),
    ]


def test_a_check_comes_to_its_end(data: Path) -> None:
    """What is counted as done is what was expected, whatever is wrong with the names."""
    for name in ("%61.json", "a:b.json", "1.JSON", "notes.txt"):
        write(data, name)
    os.mkfifo(data / "pipe.json")
    (data / "nowhere.json").symlink_to("none")
    (data / "folder.json").mkdir()
    checking = check_folder(data, parse)
    assert list(checking.findings())
    assert checking.done == checking.expected == 10


# --- permissions


def test_what_cannot_be_read_is_told_once() -> None:
    """A file, a folder that is closed and one that can only be listed; the rest is checked."""
    with open_place() as data:
        for name in ("closed", "listed", "open"):
            write(data, f"{name}/1.json", "{")
            write(data, f"{name}/2.json", "{")
        (data / "open" / "1.json").chmod(0)
        (data / "closed").chmod(0o711)
        (data / "listed").chmod(0o744)
        with as_nobody():
            findings = found(data)
    assert [(f.kind, f.place) for f in findings] == [
        (Kind.UNREADABLE, "closed"),
        (Kind.UNREADABLE, "listed"),
        (Kind.UNREADABLE, "open/1.json"),
        (Kind.SYNTAX, "open/2.json"),
    ]
    assert findings[0].message == (
        "It cannot be read (Permission denied): give the server's user, and whoever checks, "
        "permission there."
    )


async def test_another_user_may_check_and_changes_nothing() -> None:
    """Who may read the folder may check it, the journal included."""
    with open_place() as data:
        async with opened(data) as store:
            await put(store, "/articles/1")
        before = states(data)
        with as_nobody():
            assert found(data) == []
        assert states(data) == before


def states(data: Path) -> dict[str, tuple[int, int, int]]:
    """Size, time and inode of all that stands in the folder, kvput's own included."""
    return {
        str(place): (place.lstat().st_size, place.lstat().st_mtime_ns, place.lstat().st_ino)
        for place in [data, *data.rglob("*")]
    }


def test_a_closed_folder_is_told_to_whoever_checks() -> None:
    """It is not the server's user who lacks the permission."""
    with open_place() as data:
        data.chmod(0o711)
        with as_nobody(), pytest.raises(DataUnusable) as raised:
            check_folder(data, parse)
    assert raised.value.detail.startswith(f"{data}: cannot be read: you have no permission; ")


@pytest.mark.parametrize("place", ["none", "file", "file/below"])
def test_what_is_no_folder_is_refused_as_serving_refuses_it(place: str, tmp_path: Path) -> None:
    """The sentence is the same for both."""
    (tmp_path / "file").touch()
    told = []
    for attempt in (
        lambda: check_folder(tmp_path / place, parse),
        lambda: open_folder(tmp_path / place),
    ):
        with pytest.raises(DataUnusable) as raised:
            attempt()
        told.append(raised.value.detail)
    assert told[0] == told[1]


# --- counters

COUNTERS = [
    ("x", Kind.COUNTER, "It must hold a whole number and holds 'x'"),
    ("", Kind.COUNTER, "It must hold a whole number and holds ''"),
    ("-1", Kind.COUNTER, "It must hold a whole number and holds '-1'"),
    ("1\n", Kind.COUNTER_BEHIND, "It says 1, and 2 is in use"),
]


@pytest.mark.parametrize(("text", "kind", "words"), COUNTERS)
def test_a_counter_that_is_wrong(text: str, kind: Kind, words: str, data: Path) -> None:
    """One that holds no number keeps POST from working; one that is too low does not."""
    write(data, "articles/.counter", text)
    (finding,) = found(data)
    assert (finding.kind, finding.place) == (kind, "articles/.counter")
    assert finding.message.startswith(words)


def test_a_counter_that_is_no_file(data: Path) -> None:
    """A folder of that name holds no number either, and is called one."""
    (data / "tags" / ".counter").mkdir()
    (finding,) = found(data)
    assert (finding.kind, finding.place) == (Kind.COUNTER, "tags/.counter")
    assert finding.message == "It is a folder, and must be a file with a number: remove it."


def test_whoever_is_to_remove_a_counter_learns_what_that_does(data: Path) -> None:
    """Numbers of deleted resources come again, which clients may not expect."""
    write(data, "articles/.counter", "x")
    (finding,) = found(data)
    assert "the numbers of deleted resources may then be given again" in finding.message


def test_numbers_that_are_used_up_are_a_note(data: Path) -> None:
    """Whether the counter says so or a resource, POST has no number left."""
    write(data, "articles/.counter", str(HIGHEST_NUMBER))
    write(data, f"tags/{HIGHEST_NUMBER}.json")
    assert [(f.kind, f.place) for f in found(data)] == [
        (Kind.NUMBERS_USED_UP, "articles"),
        (Kind.NUMBERS_USED_UP, "tags"),
    ]


def test_a_counter_at_the_root_means_nothing(data: Path) -> None:
    """Nothing is posted to the root, so that it is one hidden file more."""
    write(data, ".counter", "x")
    assert found(data) == []


# --- configuration

CONFIGURATIONS = [
    ("port = ", 1, None, "It is not TOML: a value must stand here: "),
    ("a = 1\nport =\n", 2, 7, "It is not TOML: a value must stand here: "),
    ("\nprot = 1", 2, None, "the key 'prot' is unknown, and 'port' is likely meant; known: "),
    ('port = "x"', 1, None, "port: 'x' is not a port"),
    ('a = "b\n"', 1, 7, "It is not TOML: a text is not closed before its line ends."),
    (b'host = "\xff"', 1, 9, "It is not TOML: a byte here is not UTF-8: save the file as UTF-8."),
    pytest.param(
        "a = " + "9" * 5000,
        None,
        None,
        "It holds a number of too many digits: shorten it.",
        id="digits",
    ),
]


@pytest.mark.parametrize(("text", "line", "column", "words"), CONFIGURATIONS)
def test_a_configuration_that_does_not_load(
    text: str | bytes, line: int | None, column: int | None, words: str, data: Path
) -> None:
    """It is told as serving tells it, with its place where that is known."""
    write(data, "kvput.toml", text)
    (finding,) = found(data)
    assert (finding.kind, finding.place) == (Kind.CONFIGURATION, "kvput.toml")
    assert (finding.line, finding.column) == (line, column)
    assert finding.message.startswith(words)


# --- what kvput keeps for itself

OWN: dict[str, tuple[Make, Kind, str]] = {
    "file in scratch": (
        lambda d: write(d, ".kvput/scratch/12-1"),
        Kind.LEFTOVER,
        ".kvput/scratch",
    ),
    "folder in scratch": (
        lambda d: (d / ".kvput/scratch/x").mkdir(parents=True),
        Kind.LEFTOVER,
        ".kvput/scratch/x",
    ),
    "stranger": (lambda d: write(d, ".kvput/x"), Kind.LEFTOVER, ".kvput/x"),
    "stranger in the journal": (
        lambda d: write(d, ".kvput/journal/x"),
        Kind.LEFTOVER,
        ".kvput/journal/x",
    ),
    "damage of an earlier start": (
        lambda d: write(d, ".kvput/journal/damaged-1-1"),
        Kind.DAMAGED_SEGMENT,
        ".kvput/journal/damaged-1-1",
    ),
    "kept, and never used": (
        lambda d: write(d, ".kvput/journal/damaged-1-1", segment(0) + b"of an earlier use"),
        Kind.LEFTOVER,
        ".kvput/journal/damaged-1-1",
    ),
    "kept, and nothing behind its head": (
        lambda d: write(d, ".kvput/journal/damaged-1-1", segment(1) + bytes(1000)),
        Kind.LEFTOVER,
        ".kvput/journal/damaged-1-1",
    ),
    "kept, and empty": (
        lambda d: write(d, ".kvput/journal/damaged-1-1", b""),
        Kind.LEFTOVER,
        ".kvput/journal/damaged-1-1",
    ),
    "kept, and with bytes that are no record": (
        lambda d: write(d, ".kvput/journal/damaged-1-1", segment(1) + b"x"),
        Kind.DAMAGED_SEGMENT,
        ".kvput/journal/damaged-1-1",
    ),
    "file in its place": (lambda d: write(d, ".kvput"), Kind.IN_THE_WAY, ".kvput"),
    "link in its place": (lambda d: (d / ".kvput").symlink_to("tags"), Kind.IN_THE_WAY, ".kvput"),
    "file in scratch's place": (
        lambda d: write(d, ".kvput/scratch"),
        Kind.IN_THE_WAY,
        ".kvput/scratch",
    ),
    "file in the journal's place": (
        lambda d: write(d, ".kvput/journal"),
        Kind.IN_THE_WAY,
        ".kvput/journal",
    ),
    "folder in the lock's place": (
        lambda d: (d / ".kvput/lock").mkdir(parents=True),
        Kind.IN_THE_WAY,
        ".kvput/lock",
    ),
    "segment without a head": (
        lambda d: write(d, ".kvput/journal/1", b"x" * 1000),
        Kind.JOURNAL_DAMAGED,
        ".kvput/journal/1",
    ),
    "segment of another version": (
        lambda d: write(d, ".kvput/journal/1", b"kvputjnl\x09\0\0\0" + bytes(1000)),
        Kind.JOURNAL_VERSION,
        ".kvput/journal",
    ),
    "segment that is a link": (
        lambda d: link(d / ".kvput/journal/1", "2"),
        Kind.UNREADABLE,
        ".kvput/journal",
    ),
}


@pytest.mark.parametrize(("make", "kind", "place"), OWN.values(), ids=OWN)
def test_what_is_wrong_with_kvputs_own(make: Make, kind: Kind, place: str, data: Path) -> None:
    """What is in the way, left over or damaged there is told."""
    make(data)
    assert only(data) == (kind, place)


@pytest.mark.parametrize("name", [".kvput", ".kvput/scratch", ".kvput/journal", ".kvput/lock"])
def test_what_is_called_in_the_way_keeps_a_server_from_starting(name: str, data: Path) -> None:
    """The check calls nothing a problem that serving takes."""
    (data / name).parent.mkdir(exist_ok=True)
    if name.endswith("lock"):
        (data / name).mkdir()
    else:
        (data / name).touch()
    assert only(data) == (Kind.IN_THE_WAY, name)
    with pytest.raises((KvputError, OSError)):
        open_folder(data)


def test_a_served_folder_is_checked_but_for_what_is_in_use(data: Path) -> None:
    """The server's process is named; scratch and the journal are its own meanwhile."""
    folder = open_folder(data)
    try:
        write(data, ".kvput/scratch/12-1")
        write(data, ".kvput/journal/1", b"x" * 1000)
        write(data, "a.json", "{")
        findings = found(data)
    finally:
        folder.close()
    assert [(f.kind, f.place) for f in findings] == [
        (Kind.SERVED, ".kvput/lock"),
        (Kind.SYNTAX, "a.json"),
    ]
    assert f"served by process {os.getpid()}:" in findings[0].message


def test_a_check_lets_a_server_start(data: Path) -> None:
    """While a check runs, the lock is free."""
    open_folder(data).close()
    findings = check_folder(data, parse).findings()
    write(data, "a.json", "{")
    assert next(findings).kind is Kind.SYNTAX
    open_folder(data).close()


def test_a_server_that_starts_meanwhile_is_noticed(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read of the journal before it came is not believed."""
    write(data, ".kvput/lock", "4242\n")
    write(data, ".kvput/scratch/12-1")
    servers: list[int] = []
    flock = fcntl.flock

    def lock_after_the_first_look(descriptor: int, operation: int) -> None:
        flock(descriptor, operation)
        if not servers:
            servers.append(os.open(data / ".kvput/lock", os.O_RDONLY))
            flock(descriptor, fcntl.LOCK_UN)
            flock(servers[0], fcntl.LOCK_EX)

    monkeypatch.setattr(fcntl, "flock", lock_after_the_first_look)
    try:
        assert only(data) == (Kind.SERVED, ".kvput/lock")
    finally:
        os.close(servers[0])


# --- the journal


def digest(content: bytes | None) -> str | None:
    return None if content is None else content_digest(content)


def changed(place: str, before: bytes | None, after: bytes | None) -> FileWrite:
    """A write of the journal."""
    return FileWrite(place, digest(before), digest(after), 1, after or b"")


def segment(first: int, *records: list[bytes]) -> bytes:
    """A segment's bytes, of a system that has gone down since."""
    head = encode_header(SegmentHeader(first, SALT, OTHER_SYSTEM))
    return head + b"".join(b"".join(pieces) for pieces in records)


def commit(sequence: int, *writes: FileWrite, group: int | None = None) -> list[bytes]:
    """A record's bytes."""
    return encode_commit(sequence, group or sequence, writes, SALT)


def test_commits_that_stand_in_the_folder_are_one_note(data: Path) -> None:
    """A server that was killed leaves its journal, which nothing has to be done about."""
    write(data, "a.json", "1")
    record = commit(1, changed("a.json", None, b"1"))
    write(data, ".kvput/journal/1", segment(1, record))
    (finding,) = found(data)
    assert (finding.kind, finding.place) == (Kind.RECOVERY, ".kvput/journal")
    assert finding.message == (
        "The next start has 1 commit in it to look through, and nothing to recover: nothing is "
        "lost, start kvput."
    )


def test_what_recovery_would_do_is_told(data: Path) -> None:
    """Each file that it would write, remove or leave alone, and none of them as broken."""
    write(data, "torn.json", '{"a"')
    write(data, "articles/.counter", "")
    write(data, "gone.json", "1")
    write(data, "hand.json", "3")
    record = commit(
        1,
        changed("torn.json", None, b'{"a": 1}'),
        changed("articles/.counter", b"", b"2\n"),
        changed("new.json", None, b"1"),
        changed("gone.json", b"1", None),
        changed("hand.json", b"1", b"2"),
    )
    (data / "torn.json").chmod(0o644)
    os.utime(data / "torn.json", ns=(0, 0))
    write(data, ".kvput/journal/1", segment(1, record))
    findings = found(data)
    assert {(f.kind, f.place) for f in findings} == {
        (Kind.RECOVERY, ".kvput/journal"),
        (Kind.RECOVERY, "torn.json"),
        (Kind.RECOVERY, "articles/.counter"),
        (Kind.RECOVERY, "new.json"),
        (Kind.RECOVERY, "gone.json"),
        (Kind.CHANGED_BY_HAND, "hand.json"),
    }
    assert not any(finding.is_problem for finding in findings)
    assert "1 commit in it to look through, and 4 files to recover" in findings[0].message
    removed = next(finding for finding in findings if finding.place == "gone.json")
    assert removed.message == "The next start removes this file, as the journal has it."
    written = next(finding for finding in findings if finding.place == "new.json")
    assert written.message == "The next start writes this file as the journal has it."


def test_damage_in_the_journal_is_a_problem(data: Path) -> None:
    """A commit that was acknowledged and cannot be read is lost, as far as the journal goes."""
    first = b"".join(commit(1, changed("a.json", None, b"1")))
    second = commit(2, changed("a.json", b"1", b"2"))
    write(data, "a.json", "2")
    head = segment(1)
    write(data, ".kvput/journal/1", head + bytes(len(first)) + b"".join(second))
    problems = [finding for finding in found(data) if finding.is_problem]
    assert [(f.kind, f.place) for f in problems] == [(Kind.JOURNAL_DAMAGED, ".kvput/journal")]
    assert problems[0].message.startswith("1 commit in it cannot be read")


@pytest.mark.parametrize("harm", ["a commit", "a head", "a sync"])
def test_beside_damage_nothing_says_that_nothing_is_lost(harm: str, data: Path) -> None:
    """What can be read is recovered, and the rest is not made light of."""
    write(data, "a.json", "2")
    first = commit(1, changed("a.json", None, b"1"))
    second = commit(2, changed("a.json", b"1", b"2"))
    if harm == "a commit":
        first = [bytes(len(b"".join(first)))]
    write(data, ".kvput/journal/1", segment(1, first, second))
    if harm == "a head":
        write(data, ".kvput/journal/2", b"x" * 1000)
    if harm == "a sync":
        write(data, ".kvput/journal/failed", b"")
    messages = [finding.message for finding in found(data)]
    assert any(message.endswith("to recover: start kvput.") for message in messages)
    assert not any("nothing is lost" in message for message in messages)


def test_a_torn_tail_is_no_finding(data: Path) -> None:
    """What was never acknowledged is silently left out, by recovery and by the check."""
    record = b"".join(commit(1, changed("a.json", None, b"1")))
    write(data, ".kvput/journal/1", segment(1, [record[:-8]], [encode_published(1, 1, b"x")]))
    assert found(data) == []

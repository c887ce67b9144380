"""What `kvput check` finds by what is declared: links, schemas and unique members."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kvput.cli import declared_findings
from kvput.cli.declared_findings import all_findings
from kvput.content.json_text import parse
from kvput.resources.relations.audit import LinkFaultKind
from kvput.store import Finding, FolderCheck, Kind, check_folder
from kvput.store.files.folder import open_folder
from tests.serving import ServerProcess, run_kvput
from tests.store.files.mounts import as_nobody, open_place

DECLARED = """\
[collections.articles]
schema = "schemas/article.json"
unique = ["slug", "code"]
[collections.articles.relations.author]
to = "authors"
inverse = "articles"
[collections."shop/orders".relations.article]
to = "articles"
required = true
"""
SCHEMA = '{"properties": {"title": {"type": "string"}}, "required": ["title"]}'


def write(data: Path, place: str, text: str) -> None:
    """Write a file of the folder."""
    file = data / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder in which all is as it is declared."""
    fill(tmp_path)
    return tmp_path


def fill(data: Path) -> None:
    """Write what is declared, and resources that are so."""
    write(data, "kvput.toml", DECLARED)
    write(data, "schemas/article.json", SCHEMA)
    write(data, "articles/1.json", '{"title": "One", "author": "ada", "slug": 1, "code": null}')
    write(data, "articles/2.json", '{"title": "Two", "slug": "1", "code": null}')
    write(data, "articles/3.json", '{"title": "Three", "slug": true}')
    write(data, "authors/ada.json", '{"articles": [1]}')
    write(data, "shop/orders/1.json", '{"article": 1}')


def found(data: Path) -> list[Finding]:
    """All that a check finds."""
    return list(all_findings(check_folder(data, parse)))


def short(finding: Finding) -> tuple[Kind, str, int | None, int | None]:
    """A finding without its words."""
    return finding.kind, finding.place, finding.line, finding.column


def test_a_folder_that_is_as_declared_has_nothing_wrong(data: Path) -> None:
    """Files are counted once, and those that are looked at again are part of the way."""
    checking = check_folder(data, parse)
    assert list(all_findings(checking)) == []
    assert checking.files == 6
    assert checking.done == checking.expected == 6 + 5


def test_nothing_declared_is_looked_at_once(data: Path) -> None:
    """It takes no longer than before."""
    write(data, "kvput.toml", "port = 9000")
    checking = check_folder(data, parse)
    assert list(all_findings(checking)) == []
    assert checking.done == checking.expected == 6


CASES = [
    ("dangling", "articles/1.json", '{"title": "",\n\n "author": 7}', "authors/ada.json", "{}",
     (Kind.DANGLING, "articles/1.json", 3, 2),
     'The member "author" names /authors/7, which is not there: take it out, or let --fix do it.'),
    ("one-sided", "authors/ada.json", "{}", "site.json", "{}",
     (Kind.ONE_SIDED, "articles/1.json", 1, 18),
     ('The member "author" names /authors/ada, and its "articles" does not name this one in turn: '
      "let that one name /articles/1, or let --fix do it.")),
    ("an element", "authors/ada.json", '{"articles": [1,\n 44, 1]}', "site.json", "{}",
     (Kind.DANGLING, "authors/ada.json", 2, 2),
     ('The member "articles" names /articles/44, which is not there: take it out, or let --fix do '
      "it.")),
    ("missing", "shop/orders/2.json", "", "site.json", "{}",
     (Kind.REFERENCE_MISSING, "shop/orders/2.json", None, None),
     'The member "article" must name a resource of /articles, and names none: let it name one.'),
    ("malformed", "shop/orders/2.json", '{"article":\n[1]}', "site.json", "{}",
     (Kind.REFERENCE_MALFORMED, "shop/orders/2.json", 1, 2),
     'The member "article" holds what is no id of a resource in /articles: correct it by hand.'),
    ("a schema", "articles/2.json", '{\n"title": 2}', "site.json", "{}",
     (Kind.SCHEMA, "articles/2.json", 2, 1),
     'The member "title" must be a text, as its schema schemas/article.json says: correct it.'),
    ("a schema's missing member", "articles/2.json", "{}", "site.json", "{}",
     (Kind.SCHEMA, "articles/2.json", 1, 1),
     'The member "title" is required, as its schema schemas/article.json says: correct it.'),
    ("the schema of all", "articles/2.json", "7", "schemas/article.json", '{"type": ["object"]}',
     (Kind.SCHEMA, "articles/2.json", 1, 1),
     "It must be an object, as its schema schemas/article.json says: correct it."),
    ("what is empty", "articles/2.json", "", "site.json", "{}",
     (Kind.SCHEMA, "articles/2.json", None, None),
     'The member "title" is required, as its schema schemas/article.json says: correct it.'),
    ("no schema", "schemas/article.json", "[", "schemas/article.json", '"text"',
     (Kind.SCHEMA_UNUSABLE, "schemas/article.json", None, None), None),
    ("a unique text", "articles/3.json", '{"title": "", "slug": "1"}', "site.json", "{}",
     (Kind.NOT_UNIQUE, "articles/3.json", 1, 15),
     ('The member "slug" is the same as that of articles/2.json, and no two resources of /articles '
      "may have the same: change one of the two.")),
    ("a unique number", "articles/3.json", '{"title": "", "slug": 1.0}', "site.json", "{}",
     (Kind.NOT_UNIQUE, "articles/3.json", 1, 15),
     ('The member "slug" is the same as that of articles/1.json, and no two resources of /articles '
      "may have the same: change one of the two.")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "text", "other", "other_text", "expected", "message"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_each_fault_is_found_at_its_place(
    file: str,
    text: str,
    other: str,
    other_text: str,
    expected: tuple[Kind, str, int | None, int | None],
    message: str | None,
    data: Path,
) -> None:
    """One fault, with line and column, and in a sentence that says what to do."""
    write(data, file, text)
    write(data, other, other_text)
    (finding,) = found(data)
    assert short(finding) == expected
    assert message in (None, finding.message)


def test_every_kind_of_fault_of_a_link_has_a_kind() -> None:
    """None is left without a word."""
    assert set(declared_findings._KINDS) == set(LinkFaultKind)  # noqa: SLF001


UNUSED = [
    ("a folder of nearly that name", "[collections.article]", ["articles/1.json"],
     ('"article" is declared, and there is no such folder: if "articles" is meant, correct the '
     "name.")),
    ("in another folder", '[collections."shop/ordrs"]', ["shop/orders/1.json", "ordrs/1.json"],
     ('"shop/ordrs" is declared, and there is no such folder: if "shop/orders" is meant, correct '
     "the name.")),
    ("an empty folder", "[collections.article]", ["article/.counter", "articles/1.json"], None),
    ("nothing like it", "[collections.tags]", ["articles/1.json"], None),
    ("nothing like it beside it", '[collections."shop/articles"]', ["article/1.json"], None),
    ("what is declared itself", "[collections.article]\n[collections.articles]",
     ["articles/1.json"], None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("declared", "places", "message"), [case[1:] for case in UNUSED], ids=[c[0] for c in UNUSED]
)
def test_a_name_in_the_declarations_that_was_likely_mistaken(
    declared: str, places: list[str], message: str | None, tmp_path: Path
) -> None:
    """It is a note, at its line; a collection that has no folder yet is none."""
    write(tmp_path, "kvput.toml", f"# what is here\n{declared}\n")
    for place in places:
        write(tmp_path, place, "1")
    findings = found(tmp_path)
    assert [(*short(finding), finding.message) for finding in findings] == (
        [] if message is None else [(Kind.UNUSED_DECLARATION, "kvput.toml", 2, None, message)]
    )
    assert not any(finding.is_problem for finding in findings)


def test_a_schema_that_is_missing_is_told_once(data: Path) -> None:
    """However many resources would be measured by it, and they are looked at otherwise."""
    (data / "schemas" / "article.json").unlink()
    write(data, "articles/4.json", '{"slug": "1"}')
    first, second = found(data)
    assert short(first) == (Kind.SCHEMA_UNUSABLE, "schemas/article.json", None, None)
    assert first.message == (
        "The schema of /articles (kvput.toml, line 2) is not there: correct the name, or write "
        "the file."
    )
    assert second.kind is Kind.NOT_UNIQUE


def test_a_closed_schema_that_does_not_know_what_the_server_puts_in(data: Path) -> None:
    """It is told once, and of each resource that has such a member."""
    write(data, "kvput.toml", DECLARED + '[collections.authors]\nschema = "schemas/author.json"\n')
    write(data, "schemas/author.json", '{"additionalProperties": false}')
    closed, *violations = found(data)
    assert short(closed) == (Kind.SCHEMA_CLOSED, "schemas/author.json", None, None)
    assert closed.message == (
        'The schema of /authors allows no members but its properties, and the server puts in "id", '
        '"articles": add what is missing to them.'
    )
    (violation,) = violations
    assert violation.message == (
        'The member "articles" is put in by the server, and its schema does not know it: add it to '
        "schemas/author.json."
    )
    known = '{"properties": {"id": {}, "articles": {}}, "additionalProperties": false}'
    write(data, "schemas/author.json", known)
    assert found(data) == []


def test_what_is_no_json_is_told_as_that_alone(data: Path) -> None:
    """Neither is it blamed for its links, nor who names it."""
    for place in ("articles/1.json", "authors/ada.json"):
        write(data, place, "{")
    assert [finding.kind for finding in found(data)] == [Kind.SYNTAX] * 2


def test_what_cannot_be_read_is_told_as_that_alone() -> None:
    """A file; a folder of which nobody knows what is in it."""
    with open_place() as data:
        fill(data)
        (data / "articles" / "1.json").chmod(0)
        with as_nobody():
            assert [finding.kind for finding in found(data)] == [Kind.UNREADABLE]
        (data / "authors").chmod(0o711)
        with as_nobody():
            assert [finding.kind for finding in found(data)] == [Kind.UNREADABLE] * 2


CONFIGURATIONS = [
    ("[collections.articles]\nuniqe = []", 2, None, "the key 'uniqe' is unknown"),
    ("[collections.articles.relations.author]\nto = 'authrs'", 2, None, "to: /authrs is neither"),
    ("[collections", 1, None, "It is not TOML"),
    ("port = 1e9\n[collections.a]\nb = 1", 1, None, "port:"),
]


@pytest.mark.parametrize(("text", "line", "column", "message"), CONFIGURATIONS)
def test_a_file_of_declarations_that_does_not_load_is_one_finding(
    text: str, line: int, column: int | None, message: str, data: Path
) -> None:
    """It is told once, with its line, and all else is checked."""
    write(data, "kvput.toml", text)
    write(data, "articles/1.json", "{")
    configuration, syntax = found(data)
    assert short(configuration) == (Kind.CONFIGURATION, "kvput.toml", line, column)
    assert configuration.message.startswith(message)
    assert syntax.kind is Kind.SYNTAX


def test_programs_and_people_are_told_the_same(data: Path) -> None:
    """Lines and exit code, and the same as JSON."""
    write(data, "articles/1.json", '{"title": "One", "author": 9}')
    ended = run_kvput("check", str(data))
    assert (ended.returncode, ended.stderr) == (1, "")
    first, second, last = ended.stdout.splitlines()
    assert first.startswith(f'{data}/articles/1.json:1:18: The member "author" names /authors/9')
    assert second.startswith(f'{data}/authors/ada.json:1:15: The member "articles" names /art')
    assert last == "6 files, 2 problems."
    document = json.loads(run_kvput("check", str(data), "--json").stdout)
    assert [f"{data}/{f['place']}:{f['line']}:{f['column']}: {f['message']}"
            for f in document["findings"]] == [first, second]  # fmt: skip
    assert [finding["kind"] for finding in document["findings"]] == ["dangling", "one-sided"]
    assert "repairs" not in document


# --- while the folder is served


def test_a_served_folder_is_checked(data: Path) -> None:
    """What the server does is right; what a hand does is found."""
    with ServerProcess(data) as server:
        reply = server.request("PUT", "/articles/2", b'{"title": "", "author": "ada"}')
        assert reply.status == 200
        assert [finding.kind for finding in found(data)] == [Kind.SERVED]
        write(data, "authors/ada.json", "{}")
        assert [f.kind for f in found(data)] == [Kind.SERVED, Kind.ONE_SIDED, Kind.ONE_SIDED]


class Moving(FolderCheck):
    """A check between whose looks something changes."""

    def findings(self) -> Iterator[Finding]:
        """Those of the files; then the folder is in the middle of a commit."""
        yield from super().findings()
        write(self.folder, "articles/2.json", '{"title": "", "author": "ada"}')


def test_half_a_commit_is_no_fault(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What seems to be wrong in a folder that is served is looked at again, a moment later."""

    def other_half(_seconds: float) -> None:
        write(data, "authors/ada.json", '{"articles": [1, 2]}')

    monkeypatch.setattr(time, "sleep", other_half)
    folder = open_folder(data)
    try:
        findings = list(all_findings(Moving(data, parse)))
    finally:
        folder.close()
    assert [finding.kind for finding in findings] == [Kind.SERVED]


def test_a_fault_that_vanishes_while_it_is_told_does_no_harm(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The place is not known then."""
    write(data, "articles/1.json", '{"title": "One", "author": 9}')
    monkeypatch.setattr(
        declared_findings,
        "still_stands",
        lambda *_: bool((data / "articles" / "1.json").write_text("{")),
    )
    folder = open_folder(data)
    try:
        findings = list(all_findings(check_folder(data, parse)))
    finally:
        folder.close()
    assert short(findings[1]) == (Kind.DANGLING, "articles/1.json", None, None)

"""`kvput types` from outside: what it prints and writes, and how it ends."""

import json
import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import jsonschema_rs
import pytest

from kvput.cli import main
from kvput.paths import ResourcePath
from tests.describing.compiler import complaints, needs_compiler
from tests.schema_references import ARTICLE, FOUND, NOT_FOUND, Files
from tests.serving import ServerProcess, run_kvput

SAMPLE = Path(__file__).parents[2] / "data"


@dataclass(frozen=True, slots=True)
class Ended:
    """How the command ended and what it said."""

    code: int
    out: str
    err: str


class Types:
    """Runs `kvput types` in this process."""

    def __init__(self, capture: pytest.CaptureFixture[bytes]) -> None:
        self._capture = capture

    def __call__(self, *arguments: object) -> Ended:
        with pytest.raises(SystemExit) as exit_info:
            main(["types", *map(str, arguments)])
        said = self._capture.readouterr()
        assert isinstance(exit_info.value.code, int)
        return Ended(exit_info.value.code, said.out.decode(), said.err.decode())


@pytest.fixture
def types(capfdbinary: pytest.CaptureFixture[bytes]) -> Types:
    """As `run_kvput` does, in a tenth of the time."""
    return Types(capfdbinary)


def write(folder: Path, files: Mapping[str, object]) -> Path:
    """Put files into a folder: texts as they are, other values as JSON."""
    for name, value in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(value if isinstance(value, str) else json.dumps(value), "utf-8")
    return folder


def interface(text: str, name: str) -> list[str]:
    """The lines of an interface, without indentation and comments."""
    _, _, rest = text.partition(f"export interface {name} {{\n")
    lines = [line.strip() for line in rest.partition("\n}\n")[0].splitlines()]
    return [line for line in lines if not line.startswith(("/**", "*"))]


def collections(text: str) -> list[str]:
    """The lines of the interface of all collections."""
    return interface(text, "Collections")


# --- what is printed


@needs_compiler
def test_types_of_the_sample_data(types: Types, tmp_path: Path) -> None:
    """They compile, and say of each member what it is."""
    ended = types(SAMPLE)
    assert (ended.code, ended.err) == (0, "")
    use = """
import type { Article, Collections } from "./sample";
export const article = (all: Collections): Article => all["/articles"];
export const views: number = ({} as Article).views;
// @ts-expect-error
export const title: number = ({} as Article).title;
"""
    assert complaints(tmp_path, sample=ended.out, use=use) == []


@needs_compiler
def test_types_of_a_nasty_folder(types: Types, tmp_path: Path) -> None:
    """Whatever files and members are called and hold, the module compiles."""
    data, out = tmp_path / "data", tmp_path / "out"
    out.mkdir()
    texts = [
        '"',
        "'",
        "\\",
        "*/",
        "/*",
        "//",
        "`${a}",
        "{}",
        "\n}",
        "é 日 😀",
        "\u2028",
        "1",
        "new",
    ]
    value = {text: [dict.fromkeys(texts, text)] for text in texts}
    for name in [*texts, "articles", "Article", "article", "Collections", "string", "undefined"]:
        for number in range(1, 12):
            file = ResourcePath((name, str(number))).file
            write(data, {file: value | {"kind": texts[number % 4], "same": number % 2 or "a"}})
        write(data, {ResourcePath((name, "1", name, name)).file: value})
    ended = types(data)
    assert (ended.code, ended.err) == (0, "")
    assert len(collections(ended.out)) == 38
    assert complaints(out, nasty=ended.out) == []
    assert types(data, "--json-schema").code == 0


def test_collections_of_one_kind_have_one_type(types: Types, tmp_path: Path) -> None:
    """Those beneath resources are one; those in a folder that is none are each their own."""
    write(
        tmp_path,
        {
            "site.json": {"title": "Not in a collection"},
            "site/pages/1.json": {},
            "articles/1.json": {},
            "articles/1/comments/5.json": {"text": "a"},
            "articles/2/comments/6.json": {"text": None},
            "authors/ada.json": {},
            "authors/ada/books/1.json": {},
            "authors/bob/books/1.json": {},
            "shop/orders/1.json": {},
            "shop/orders/1/order-lines/1.json": {},
        },
    )
    ended = types(tmp_path)
    assert (ended.code, ended.err) == (0, "")
    assert collections(ended.out) == [
        '"/articles": Article;',
        '"/articles/{name}/comments": ArticleComment;',
        '"/authors": Author;',
        '"/authors/{name}/books": AuthorBook;',
        '"/authors/bob/books": AuthorBobBook;',
        '"/shop/orders": ShopOrder;',
        '"/shop/orders/{name}/order-lines": ShopOrderOrderLine;',
        '"/site/pages": SitePage;',
    ]
    assert interface(ended.out, "ArticleComment") == ["id: number;", "text: string | null;"]


DECLARED = """\
[collections.articles]
schema = "schemas/article.json"
[collections.articles.relations.author]
to = "authors"
inverse = "articles"
[collections.drafts]
readonly = ["views"]
timestamps.created = "createdAt"
[collections."1/2"]
"""


def test_what_is_declared_comes_before_what_is_seen(types: Types, tmp_path: Path) -> None:
    """Schemas, those that they refer to, relations, and collections that have nothing yet."""
    schema = {
        "description": "What is read.",
        "type": "object",
        "properties": {
            "title": {"type": "string"},
            "author": {"$ref": "shared/ids.json#/$defs/id"},
            "place": {"$ref": "https://example.org/place"},
        },
        "required": ["title"],
    }
    write(
        tmp_path,
        {
            "kvput.toml": DECLARED,
            "schemas/article.json": schema,
            "schemas/shared/ids.json": {"$defs": {"id": {"type": "string"}}},
            "schemas/shared/place.json": {
                "$id": "https://example.org/place",
                "type": "object",
                "properties": {"x": {"type": "number"}},
            },
            "articles/1.json": {"title": 5, "other": 5},
            "authors/ada.json": {},
            "1/2/3.json": {},
        },
    )
    ended = types(tmp_path)
    assert (ended.code, ended.err) == (0, "")
    assert collections(ended.out) == [
        '"/1/2": _12;',
        '"/articles": Article;',
        '"/authors": Author;',
        '"/drafts": Draft;',
        '"/schemas/shared": SchemaShared;',
    ]
    assert "/** What is read. */\nexport interface Article {" in ended.out
    assert interface(ended.out, "Article") == [
        "id: number;",
        "title: string;",
        "author?: Id;",
        "place?: Place;",
    ]
    assert interface(ended.out, "Author") == ["id: string;", "articles?: number[];"]
    assert interface(ended.out, "Draft") == [
        "id: number | string;",
        "readonly views?: unknown;",
        "readonly createdAt?: string;",
    ]
    assert interface(ended.out, "NewDraft") == ["id?: number | string;"]
    assert interface(ended.out, "Place") == ["x?: number;"]


def test_json_schemas_can_be_printed_instead(types: Types) -> None:
    """One document with all of them; each resource, as it is listed, meets its own."""
    ended = types(SAMPLE, "--json-schema")
    assert (ended.code, ended.err) == (0, "")
    document = json.loads(ended.out)
    jsonschema_rs.meta.validate(document)
    article = json.loads((SAMPLE / "articles" / "1.json").read_bytes())
    validator = jsonschema_rs.validator_for(document)
    assert validator.is_valid({"/articles": {"id": 1, **article}})
    assert not validator.is_valid({"/articles": {"id": 1, **article, "title": 5}})


def test_what_is_printed_does_not_steer_the_terminal(types: Types, tmp_path: Path) -> None:
    """Names and texts come from files, that others may have written."""
    odd = "\x9b2J\u202e\U000e0001é"
    write(tmp_path, {"things/1.json": {odd: 1}, "thing\u202es/1.json": {}})
    for arguments in ((), ("--json-schema",)):
        ended = types(tmp_path, *arguments)
        assert ended.out.replace("\n", "").isprintable()
        assert "é" in ended.out
    schema = json.loads(ended.out)["$defs"]["Thing"]
    assert schema["required"] == ["id", odd]


# --- what is left out


def test_files_that_are_no_json_are_left_out(types: Types, tmp_path: Path) -> None:
    """One line says how many, and the rest is told."""
    write(tmp_path, {f"notes/{number}.json": "{" for number in range(2)})
    write(tmp_path, {"notes/5.json": {"text": "a"}, "notes/6.json": ""})
    ended = types(tmp_path)
    assert (ended.code, interface(ended.out, "Note")) == (0, ["id: number;", "text?: string;"])
    assert ended.err == (
        "kvput: 2 files are left out, being no JSON or unreadable: `kvput check` tells which.\n"
    )
    (tmp_path / "notes" / "0.json").unlink()
    assert types(tmp_path).err.startswith("kvput: 1 file is left out")


@pytest.mark.parametrize(
    ("schema", "fault"),
    [
        (None, "is not there: correct the name, or write the file"),
        ([], "is no JSON Schema: it must be an object, true or false"),
        ("", "is no JSON in line 1: "),
        ({"type": "objct"}, 'is no valid JSON Schema: at "/type", it must be'),
    ],
)
def test_a_schema_that_is_of_no_use_is_told(
    types: Types, tmp_path: Path, schema: object, fault: str
) -> None:
    """One line names it; the types are told from what there is."""
    write(tmp_path, {"kvput.toml": '[collections.articles]\nschema = "schemas/article.json"\n'})
    write(tmp_path, {"articles/1.json": {"title": "A"}})
    if schema is not None:
        write(tmp_path, {"schemas/article.json": schema})
    ended = types(tmp_path)
    assert ended.err.startswith(f"kvput: schemas/article.json {fault}")
    assert ended.err.endswith(". The types are told from what is stored instead.\n")
    assert (ended.code, interface(ended.out, "Article")) == (0, ["id: number;", "title: string;"])


def article_in(folder: Path, schema: object, others: Files) -> Path:
    """A folder with a schema that is declared, and other files."""
    write(folder, {"kvput.toml": f'[collections.articles]\nschema = "{ARTICLE}"\n'})
    texts = {name: text.decode() if isinstance(text, bytes) else text
             for name, text in others.items()}  # fmt: skip
    return write(folder, {ARTICLE: {"properties": {"text": schema}}, **texts})


@pytest.mark.parametrize(("schema", "others"), FOUND)
def test_a_reference_leads_where_the_server_finds_it(
    types: Types, tmp_path: Path, schema: object, others: Files
) -> None:
    """So that the type of a member is that of what may be stored."""
    ended = types(article_in(tmp_path, schema, others), "--json-schema")
    assert (ended.code, ended.err) == (0, "")
    validator = jsonschema_rs.validator_for(json.loads(ended.out))
    is_valid = [validator.is_valid({"/articles": {"id": 1, "text": text}}) for text in ("a", 1)]
    assert is_valid == [True, False]


@pytest.mark.parametrize(("reference", "others"), NOT_FOUND)
def test_a_reference_leads_nowhere_where_the_server_finds_nothing(
    types: Types, tmp_path: Path, reference: str, others: Files
) -> None:
    """It is told, and the type is left open."""
    ended = types(article_in(tmp_path, {"$ref": reference}, others))
    assert ended.err.endswith("which is not there.\n")
    assert "text?: unknown;" in interface(ended.out, "Article")


def test_references_that_lead_nowhere_are_told(types: Types, tmp_path: Path) -> None:
    """In one line, however many they are."""
    schema = {"properties": {name: {"$ref": f"{name}.json"} for name in ("a", "b", "c")}}
    write(tmp_path, {"schemas/article.json": schema, "schemas/b.json": "{"})
    write(tmp_path, {"kvput.toml": '[collections.articles]\nschema = "schemas/article.json"\n'})
    ended = types(tmp_path)
    assert ended.code == 0
    assert ended.err == (
        "kvput: schemas/article.json refers to a.json, which is not there (and 2 more).\n"
    )


# --- where it goes


def test_a_file_is_written_as_a_whole(types: Types, tmp_path: Path) -> None:
    """It holds what would have been printed, and nothing is printed."""
    printed = types(SAMPLE).out
    file = tmp_path / "types.ts"
    file.write_text("old")
    assert types(SAMPLE, "-o", file) == Ended(0, "", "")
    assert file.read_text("utf-8") == printed
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["{0}/none"], "{0}/none: there is no such folder: make it, or name another."),
        (["{0}", "-o", "{0}/a/b"], "{0}/a/b: cannot be written: No such file or directory."),
        (["{0}", "--json"], "No such option '--json'"),
        ([""], "DATA is empty: name a folder, or leave it out for ./data."),
    ],
)
def test_what_cannot_be_done_is_one_line(
    types: Types, tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    """And the exit code is 2."""
    ended = types(*(argument.format(tmp_path) for argument in arguments))
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"kvput: {sentence.format(tmp_path)}")
    assert ended.err.count("\n") == 1


def test_a_wrong_declaration_is_one_line(types: Types, tmp_path: Path) -> None:
    """With the line on which it stands; no types are made of half of the file."""
    write(tmp_path, {"kvput.toml": "[collections.articles]\nscheme = 1\n"})
    ended = types(tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"kvput: {tmp_path}/kvput.toml:2: ")


def test_a_full_output_is_told() -> None:
    """Nobody takes half of the types for all."""
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "kvput", "types", str(SAMPLE)],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert ended.returncode == 2
    assert ended.stderr == "kvput: The output cannot be written: No space left on device.\n"


def test_types_are_utf8_whatever_the_terminal_is(tmp_path: Path) -> None:
    """TypeScript is."""
    write(tmp_path, {"été/1.json": {"né": "é"}})
    result = subprocess.run(
        [sys.executable, "-m", "kvput", "types", str(tmp_path)],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert "export interface Été {" in result.stdout.decode("utf-8")


def test_a_folder_that_is_served_can_be_read(tmp_path: Path) -> None:
    """No lock is asked for, and nothing in the folder is changed."""
    folder = shutil.copytree(SAMPLE, tmp_path / "data")
    with ServerProcess(folder):
        before = sorted(path for path in folder.rglob("*"))
        ended = run_kvput("types", str(folder))
        assert sorted(path for path in folder.rglob("*")) == before
    assert (ended.returncode, ended.stderr) == (0, "")
    assert '"/articles": Article;' in ended.stdout


def test_a_terminal_gets_a_bar_on_standard_error(tmp_path: Path) -> None:
    """It is gone at the end, and the output is free of it."""
    write(tmp_path, {f"notes/{number}.json": {} for number in range(50)})
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "kvput", "types", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100", "NO_COLOR": "1"},
    )
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 65536):
            shown += piece
    except OSError:  # so Linux says that the last writer has gone
        pass
    finally:
        os.close(ours)
    out, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert b"Reading" in shown
    assert out.startswith(b"// What the resources")
    assert b"\x1b" not in out

"""What `kvput check` notes of an `id` in the content of a resource."""

from pathlib import Path

import pytest

from kvput.cli.id_findings import other_id
from kvput.content.json_text import parse
from kvput.store import Kind, check_folder
from tests.cli.test_declared_findings import write
from tests.serving import run_kvput

WELL = [
    ("odd/5.json", '{"id": 5}'),
    ("odd/5.json", '{"id": "5"}'),
    ("odd/5.json", '{"id": 5.0}'),
    ("odd/5.json", "{}"),
    ("odd/5.json", ""),
    ("odd/5.json", '[{"id": 99}]'),
    ("odd/5.json", '{"of": {"id": 99}}'),
    ("odd/a%3Ab.json", '{"id": "a:b"}'),
    ("site.json", '{"id": 99}'),
]


@pytest.mark.parametrize(("place", "text"), WELL)
def test_an_id_that_is_well(place: str, text: str, tmp_path: Path) -> None:
    """It is the name, or is not there; or no list shows it."""
    write(tmp_path, place, text)
    assert list(check_folder(tmp_path, parse, other_id).findings()) == []


OTHER = [
    ("odd/5.json", '{"id": 99}', 1, 2, "5"),
    ("odd/5.json", '{\n "x": 1,\n "id": "05"}', 3, 2, "5"),
    ("odd/5.json", '{"id": null}', 1, 2, "5"),
    ("odd/5.json", '{"id": [5]}', 1, 2, "5"),
    ("odd/5.json", '{"id": true}', 1, 2, "5"),
    ("odd/5.json", '{"id": "http://a.example/5"}', 1, 2, "5"),
    ("odd/a%3Ab.json", '{"id": "a%3Ab"}', 1, 2, "a:b"),
    ("odd/5/deep/1.json", '{"id": 5}', 1, 2, "1"),
]


@pytest.mark.parametrize(("place", "text", "line", "column", "name"), OTHER)
def test_an_id_that_is_not_the_name(
    place: str, text: str, line: int, column: int, name: str, tmp_path: Path
) -> None:
    """It is a note, at its line and column: the server gives the file as it is."""
    write(tmp_path, place, text)
    (finding,) = check_folder(tmp_path, parse, other_id).findings()
    assert (finding.kind, finding.place) == (Kind.OTHER_ID, place)
    assert (finding.line, finding.column) == (line, column)
    assert finding.message == (
        f'Its "id" is not its name, which is "{name}", so that lists show an id under which it is '
        "not found: make the two the same, or take the member out."
    )
    assert not finding.is_problem


def test_the_command_tells_it(tmp_path: Path) -> None:
    """The exit code stays 0."""
    write(tmp_path, "odd/5.json", '{"id": 99}')
    ended = run_kvput("check", str(tmp_path))
    assert ended.stdout.startswith(f'{tmp_path}/odd/5.json:1:2: note: Its "id" is not its name')
    assert ended.stdout.endswith("\n1 file, nothing wrong, 1 note.\n")
    assert ended.returncode == 0

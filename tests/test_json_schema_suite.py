"""All required cases of the JSON Schema test suite, each as the content of a PUT.

A running server is given one schema after the other, also by PUT, so that each of
them is one that has just been changed.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.schema_suite import Case, copy_remotes, files_of, groups_of, suite_folder
from tests.serving import ServerProcess

SUITE = suite_folder()
FILES = files_of(SUITE)
JSON = {"Content-Type": "application/json"}
DECLARED = """
[collections.cases]
schema = "schemas/case.json"
"""


def is_otherwise(file: Path, case: Case) -> bool:
    """Whether kvput answers otherwise than the suite asks for, and means to.

    `format` may be no more than an annotation, as the suite has it by default, or an assertion
    (JSON Schema 2020-12 validation, section 7.2). In kvput it is an assertion: who writes
    `"format": "email"` into a schema wants no other texts.
    """
    return (
        file.name == "format.json"
        and case.description.startswith("invalid ")
        and case.description.endswith("is only an annotation by default")
    )


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server of the collection `cases`, whose schema is `/schemas/case`."""
    data = tmp_path_factory.mktemp("data")
    copy_remotes(SUITE, data / "schemas" / "remotes")
    (data / "kvput.toml").write_text(DECLARED)
    (data / "schemas" / "case.json").write_text("true")
    with ServerProcess(data) as running:
        yield running
        # It would say so if it could not use one of the schemas, and go on with the one before.
        assert running.stop() == (0, "")


def test_the_suite_is_whole() -> None:
    """The required part has 1257 cases in 46 files; 19 are about what `format` is by default."""
    cases = [(file, case) for file in FILES for group in groups_of(file) for case in group.cases]
    assert (len(FILES), len(cases)) == (46, 1257)
    assert sum(is_otherwise(file, case) for file, case in cases) == 19


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_put_is_held_against_the_schema(file: Path, server: ServerProcess) -> None:
    """What is valid is stored, what is not is refused with the places of its faults."""
    wrong: list[str] = []
    count = 0
    for group in groups_of(file):
        schema = server.request("PUT", "/schemas/case", json.dumps(group.schema).encode(), JSON)
        assert schema.status in {200, 204}, schema.body
        for case in group.cases:
            count += 1
            reply = server.request("PUT", "/cases/1", json.dumps(case.data).encode(), JSON)
            is_stored = reply.status in {200, 201, 204}
            if not is_stored:
                assert (reply.status, reply.problem) == (422, "schema-violated"), reply.body
                assert json.loads(reply.body)["pointers"]
            if is_stored != (case.valid and not is_otherwise(file, case)):
                wrong.append(f"{group.description}: {case.description}")
    assert not wrong, f"{count - len(wrong)} of {count} cases are as they should be"

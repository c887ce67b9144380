"""All cases of the JSON Patch test suite (json-patch-tests on GitHub)."""

import json

import pytest

from kvput.errors import InvalidPatch, PatchConflict
from kvput.patching.json_patch import JsonPatch
from tests.odd_json import exact
from tests.patching.tools import result_of
from tests.shared_data import shared_folder

FOLDER = shared_folder("json-patch-tests")
RECORDS = [
    record
    for file in ("tests.json", "spec_tests.json")
    for record in json.loads((FOLDER / file).read_text("utf-8"))
]
# Reading the suite loses the second of two members of one name: our own table has such a patch.
LOST = [record for record in RECORDS if "has two 'op' members" in record.get("error", "")]
CASES = [record for record in RECORDS if "patch" in record and record not in LOST]


def _name(case: dict[str, object]) -> str:
    return str(case.get("comment") or case.get("error") or json.dumps(case.get("patch")))


def test_the_suite_is_whole() -> None:
    """It has 112 records; none but two of those that are disabled is left out."""
    assert (len(RECORDS), len(LOST)) == (112, 2)
    assert len(CASES) == 110


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("case", CASES, ids=_name)
def test_case_of_the_suite(case: dict[str, object], indent: int | None) -> None:
    """The result is the one that is asked for, or the patch is refused where it should be."""
    text = json.dumps(case["doc"], indent=indent).encode()
    patch = json.dumps(case["patch"]).encode()
    if "error" in case:
        with pytest.raises((InvalidPatch, PatchConflict)):
            result_of(JsonPatch, text, patch)
        return
    result = result_of(JsonPatch, text, patch)
    if "expected" in case:
        assert exact(result) == exact(json.dumps(case["expected"]).encode())
    elif all(operation["op"] == "test" for operation in case["patch"]):  # type: ignore[attr-defined]
        assert result == text

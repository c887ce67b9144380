"""The official test suite of JSON Schema (JSON-Schema-Test-Suite on GitHub), where there is a copy.

`make schema-suite` fetches one. Here belongs what the files of the suite hold; what is
done with it does not.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

DRAFT = "draft2020-12"
_REMOTES = "http://localhost:1234/"
_PLACES = (
    Path(os.environ.get("SHARED_TEST_DATA", Path(__file__).parents[2] / "shared"))
    / "JSON-Schema-Test-Suite",
    Path(__file__).parent / ".suites" / "jsonschema-4.26.0" / "json",
)


@dataclass(frozen=True, slots=True)
class Case:
    """A value, and whether it is valid by the schema of its group."""

    description: str
    data: object
    valid: bool


@dataclass(frozen=True, slots=True)
class Group:
    """A schema, and the values that are held against it."""

    description: str
    schema: object
    cases: tuple[Case, ...]


def suite_folder() -> Path:
    """The suite's folder; the tests that ask are skipped where there is none."""
    named = os.environ.get("JSON_SCHEMA_TEST_SUITE")
    for folder in [Path(named)] if named else _PLACES:
        if (folder / "tests" / DRAFT).is_dir():
            return folder
    pytest.skip("the suite is missing: fetch it with make schema-suite", allow_module_level=True)


def files_of(folder: Path) -> list[Path]:
    """The files of the required part."""
    return sorted((folder / "tests" / DRAFT).glob("*.json"))


def groups_of(file: Path) -> Iterator[Group]:
    """The groups of a file."""
    for group in json.loads(file.read_text("utf-8")):
        yield Group(
            group["description"],
            group["schema"],
            tuple(Case(c["description"], c["data"], c["valid"]) for c in group["tests"]),
        )


def copy_remotes(folder: Path, to: Path) -> int:
    """Write the documents that the suite expects at an address, as files that have it as `$id`.

    Gives how many there are.
    """
    remotes = folder / "remotes"
    files = [*remotes.glob("*.json"), *(remotes / DRAFT).rglob("*.json")]
    for file in files:
        name = file.relative_to(remotes)
        copy = to / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        document = _identified(json.loads(file.read_text("utf-8")), f"{_REMOTES}{name.as_posix()}")
        copy.write_text(json.dumps(document), "utf-8")
    return len(files)


def _identified(document: dict[str, Any], uri: str) -> dict[str, Any]:
    own = document.get("$id", uri)
    if own == uri:
        return {"$id": uri, **document}
    # It goes by another name than its address. A schema of that address bundles it (JSON Schema
    # 2020-12 core, section 9.3), and means it.
    return {"$id": uri, "$ref": own, "$defs": {"bundled": document}}

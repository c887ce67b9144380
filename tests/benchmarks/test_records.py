"""Articles of twenty members, and the schema that they are held against."""

import json

import jsonschema_rs
import pytest

from benchmarks.declared import Declared
from benchmarks.records import BYTES, SCHEMA, key_in_slug, record, record_files
from benchmarks.works import version

MEMBERS = 20


def test_record_has_its_size_and_all_members_of_the_schema() -> None:
    """Nothing that the schema tells of is left out, so that all of it is looked at."""
    made = record(key_in_slug(7), version(1, 2))
    value = json.loads(made)
    assert len(made) == BYTES
    assert json.dumps(value, separators=(",", ":")).encode() == made
    properties = SCHEMA["properties"]
    assert isinstance(properties, dict)
    assert value.keys() == properties.keys()
    assert len(value) == MEMBERS


@pytest.mark.parametrize(
    ("other", "valid"),
    [({}, True), ({"views": -1}, False), ({"changed": "then"}, False), ({"more": 1}, False)],
)
def test_schema_tells_records_from_others(other: dict[str, object], *, valid: bool) -> None:
    """A schema that takes everything would cost nothing."""
    validator = jsonschema_rs.validator_for(SCHEMA, validate_formats=True)
    value = json.loads(record(key_in_slug(7), version(1, 2), **other))
    assert validator.is_valid(value) == valid


def test_no_two_records_have_one_slug() -> None:
    """Neither in the folder, nor of two laps."""
    made = [
        json.loads(content)
        for place, content in record_files(100, Declared.UNIQUE)
        if place.startswith("articles/")
    ]
    again = [json.loads(record(key_in_slug(n), version(1, lap))) for n in (1, 2) for lap in (0, 1)]
    slugs = [value["slug"] for value in (*made, *again)]
    assert len(set(slugs)) == len(slugs) == 104
    assert made[6]["slug"] == "kettle-000007-0000000000"

"""What schemathesis is told beside the description: what no schema can say, and to count.

Loaded by schemathesis itself (`hooks` in `schemathesis.toml`), which is installed by
`make schemathesis` alone: so it is imported without its types.
"""

import atexit
import csv
import io
import json
import os
import re
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final
from unicodedata import normalize
from uuid import UUID

import yaml
from hypothesis import strategies as st

from tests.schemathesis.report import REPORT

_CONDITIONS: Final = ("If-Match", "If-None-Match", "If-Unmodified-Since")
# What does not go together, as the description says of each: the second gives way.
_CONTRADICTIONS: Final = (
    ("_page", "_start"),
    ("_page", "_end"),
    ("_limit", "_end"),
    ("_limit", "_per_page"),
)
_OF_TEXTS: Final = frozenset(
    {"application/x-www-form-urlencoded", "multipart/form-data", "text/csv"}
)

_answers: dict[str, int] = {}


def before_call(_context: object, case: Any, _kwargs: object) -> None:  # noqa: ANN401
    """Make of a case what its descriptions say, where its schemas cannot say it."""
    number = sum(_answers.values())
    for name, value in (case.path_parameters or {}).items():
        # It is taken from answers, in which a member of the same name may hold anything.
        if value == "" and not _is_negative(case, "PATH"):
            case.path_parameters[name] = "1"
    if case.headers and not _is_negative(case, "HEADER"):
        # A key is used once: with another request it is refused.
        if "Idempotency-Key" in case.headers:
            case.headers["Idempotency-Key"] = str(UUID(int=number + 1))
        # Conditions that nobody can guess would hide what comes behind them.
        if number % 4:
            for name in _CONDITIONS:
                case.headers.pop(name, None)
    if case.media_type in _OF_TEXTS and not _is_negative(case, "QUERY"):
        # Without it, no number that a schema asks for could be sent.
        case.query = {**(case.query or {}), "types": "guess"}
    if case.method == "POST" and isinstance(case.body, dict) and number % 4:
        # An id that is taken would hide what comes behind it as well.
        case.body = {name: value for name, value in case.body.items() if name != "id"}
    if isinstance(case.body, list | dict):
        _without_moves_to_itself(case.body)
        if not _is_negative(case, "BODY"):
            case.body = _composed(case.body)
    if case.query and not _is_negative(case, "QUERY"):
        _without_contradictions(case.query)


def _is_negative(case: Any, location: str) -> bool:  # noqa: ANN401
    """Whether what is sent there is to be wrong."""
    if case.meta is None:
        return False
    return any(
        place.name == location and component.mode.is_negative
        for place, component in case.meta.components.items()
    )


def _without_contradictions(query: dict[str, Any]) -> None:
    for name, other in _CONTRADICTIONS:
        if name in query:
            query.pop(other, None)
    if "_page" not in query:
        query.pop("_per_page", None)
    elif query.get("_limit") in (0, "0"):
        query.pop("_limit")


def _composed(value: object) -> object:
    """The value with the letters of all texts composed, as those of an id are to be."""
    match value:
        case str():
            return normalize("NFC", value)
        case list():
            return [_composed(each) for each in value]
        case dict():
            return {name: _composed(each) for name, each in value.items()}
        case _:
            return value


def _without_moves_to_itself(batch: object) -> None:
    operations = batch.get("operations") if isinstance(batch, dict) else batch
    for operation in operations if isinstance(operations, list) else ():
        if isinstance(operation, dict) and operation.get("op") == "move":
            source, path = operation.get("from"), operation.get("path")
            # Of a JSON Patch, this is an operation that changes nothing.
            if isinstance(path, str) and source == path and path:
                operation["path"] = f"{path}0"


def after_call(_context: object, case: Any, response: Any) -> None:  # noqa: ANN401
    """Count the answer: for each operation, by whether the request is to be good, and status."""
    mode = "none" if case.meta is None else case.meta.generation.mode.value
    key = f"{case.operation.label} {mode} {response.status_code}"
    _answers[key] = _answers.get(key, 0) + 1


@atexit.register
def _report() -> None:
    file = os.environ.get(REPORT)
    if file:
        Path(file).write_text(json.dumps(_answers))


def filter_failure(_context: object, _failure: object, case: Any, response: Any) -> bool:  # noqa: ANN401
    """Whether a failure is one: OpenAPI has no word for content that may as well be missing.

    What is stored by a PUT without content has zero bytes, and so has the answer that shows it.
    """
    return not (case.method == "PUT" and response.status_code == 201 and not response.content)


# --- media types for which schemathesis has no texts of its own


def _json_lines(values: Sequence[object]) -> bytes:
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


def _table(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerows([[*_ASKED_FOR, "note"], *([*_ASKED_FOR.values(), *row] for row in rows)])
    return text.getvalue().encode()


class _YamlDumper(yaml.SafeDumper):
    """Puts texts in quotation marks that look like numbers to JSON, and to YAML 1.2."""


def _yaml_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = '"' if _NUMBER.fullmatch(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


_YamlDumper.add_representer(str, _yaml_text)
_NUMBER: Final = re.compile("-?[0-9]+(?:[.][0-9]+)?(?:[eE][+-]?[0-9]+)?")


def _as_yaml(_context: object, value: object) -> bytes:
    return value if isinstance(value, bytes) else yaml.dump(value, Dumper=_YamlDumper).encode()


def _as_json5(_context: object, value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    return b"// A comment.\n" + json.dumps(value).encode() + b" // Another one."


# What the schemas that are declared ask for.
_ASKED_FOR: Final = {"title": "One", "author": 1, "n": 1}
_members = st.dictionaries(
    st.text().filter(lambda name: name not in {"id", *_ASKED_FOR}),
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    max_size=4,
)
_lines = st.lists(_members.map(lambda value: value | _ASKED_FOR), min_size=1, max_size=3)
_cells = st.text(st.characters(exclude_characters="\0\r", exclude_categories=["Cs"]))
_rows = st.lists(st.lists(_cells, min_size=1, max_size=1), min_size=1, max_size=3)

_schemathesis = import_module("schemathesis")
for _hook in (before_call, after_call, filter_failure):
    _schemathesis.hook(_hook)
_schemathesis.serializer("application/json5")(_as_json5)
_schemathesis.serializer("application/yaml", "application/x-yaml", "text/yaml")(_as_yaml)
_media_type = _schemathesis.openapi.media_type
_media_type("application/x-ndjson", _lines.map(_json_lines))
_media_type("application/jsonl", _lines.map(_json_lines))
_media_type("text/csv", _rows.map(_table))

"""The API's description, held against the server by schemathesis, with all of its checks.

`make schemathesis` installs what is needed, runs all phases, and demands 20,000
requests. Where it is installed already, `make test` asks for some hundreds.

All checks are on. Where a check cannot know what the answer should be, its settings
say so in `tests/schemathesis/schemathesis.toml`, each with the reason:

- `positive_data_acceptance` takes 412 and 416 for an answer to a good request, and in a
  PATCH where something is declared, and in a batch, 422: what is stored decides there.
- `negative_data_rejection` takes 412, 413, 414 and 416 for a refusal.
- `allow_header_conformance` is off for path templates: what `Allow` says depends on
  what stands at the very address.
- `use_after_free` is off for OPTIONS, which asks about an address, and not for what
  stands there.
- `unsupported_method` does not send PUT to collections, nor POST to resources, which
  are refused for what stands there, or done where nothing does.
- A PUT that creates a resource without content is answered 201 without content
  (`filter_failure` in `tests/schemathesis/hooks.py`): OpenAPI cannot say that either.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import pytest

from tests.schemathesis.folders import write_declared, write_sample
from tests.schemathesis.report import REPORT
from tests.serving import ServerProcess

ROOT: Final = Path(__file__).parents[1]
CONFIGURATION: Final = ROOT / "tests" / "schemathesis" / "schemathesis.toml"

DEMANDED: Final = int(os.environ.get("SCHEMATHESIS_REQUESTS", "0"))
"""How many requests there must be, over both folders; with none demanded, a few are made."""

FOLDERS: Final[dict[str, Callable[[Path], None]]] = {
    "sample": write_sample,
    "declared": write_declared,
}


def _needs(module: str) -> None:
    if find_spec(module) is None:
        pytest.skip(f"{module} is not installed: make schemathesis installs it")


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("folder", FOLDERS)
def test_the_server_does_what_its_description_says(
    folder: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No check fails, in none of the phases; and requests that are in order are mostly done."""
    _needs("schemathesis")
    data, report = tmp_path / "data", tmp_path / "report.json"
    FOLDERS[folder](data)
    extent = ("--max-examples", "25") if DEMANDED else ("--phases", "examples", "-n", "3")
    with ServerProcess(data) as server:
        assert server.address is not None
        origin = f"http://{server.address.host}:{server.address.port}"
        run = subprocess.run(
            [
                sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIGURATION),
                "run", f"{origin}/-/openapi.json", "--seed", "1", "--generation-database", "none",
                "--continue-on-failure", "--no-color", *extent,
            ],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), REPORT: str(report)},
            check=False,
        )  # fmt: skip
        code, errors = server.stop()
    answers: dict[str, int] = json.loads(report.read_text())
    total = sum(answers.values())
    with capsys.disabled():
        print(f"\n{folder}: {total:,} requests by schemathesis.")
    assert run.returncode == 0, run.stdout
    assert code == 0
    assert "Traceback" not in errors
    assert total >= DEMANDED // len(FOLDERS)
    done = Counter[bool]()
    for key, count in answers.items():
        _, mode, status = key.rsplit(" ", 2)
        if mode == "positive":
            done[status < "400"] += count
    assert done[True] > done[False]


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_description_is_openapi(folder: str, tmp_path: Path) -> None:
    """It is valid by the schema of OpenAPI 3.1, and by what that cannot say."""
    _needs("openapi_spec_validator")
    FOLDERS[folder](tmp_path / "data")
    with ServerProcess(tmp_path / "data") as server:
        description = server.request("GET", "/-/openapi.json").body
    file = tmp_path / "openapi.json"
    file.write_bytes(description)
    run = subprocess.run(
        [sys.executable, "-m", "openapi_spec_validator", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout

"""Clients of npm, run by node: whether they are installed, and what a script of theirs says."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

_FOLDER = Path(__file__).parent
_SECONDS = 60


def _why_not() -> str | None:
    """Why no client can be run here; None where all can."""
    if shutil.which("node") is None:
        return "node is not installed"
    wanted = json.loads((_FOLDER / "package.json").read_bytes())["dependencies"]
    for package, version in wanted.items():
        if _installed(package) != version:
            return f"{package} {version} is not installed: `make clients` does it"
    return None


def _installed(package: str) -> object:
    try:
        said = (_FOLDER / "node_modules" / package / "package.json").read_bytes()
    except FileNotFoundError:
        return None
    return json.loads(said)["version"]


_REASON = _why_not()
needs_node = pytest.mark.skipif(_REASON is not None, reason=str(_REASON))


def run_script(script: str, *arguments: str, given: str = "") -> str:
    """What a script of this folder prints; `given` is its standard input."""
    result = subprocess.run(
        ["node", str(_FOLDER / script), *arguments],
        input=given.encode(),
        # axios would ask a proxy that the environment names.
        env={"PATH": os.environ["PATH"], "NO_PROXY": "*"},
        capture_output=True,
        timeout=_SECONDS,
        check=False,
    )
    assert result.returncode == 0, result.stderr.decode()
    return result.stdout.decode()

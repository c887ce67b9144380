"""The TypeScript compiler of npm: whether it is installed, and what it says of a module."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

_CLIENTS = Path(__file__).parents[1] / "clients"
_COMPILER = _CLIENTS / "node_modules" / ".bin" / "tsc"
_SECONDS = 60


def _why_not() -> str | None:
    """Why nothing can be compiled here; None where it can."""
    if shutil.which("node") is None:
        return "node is not installed"
    version = json.loads((_CLIENTS / "package.json").read_bytes())["dependencies"]["typescript"]
    try:
        said = (_CLIENTS / "node_modules" / "typescript" / "package.json").read_bytes()
    except FileNotFoundError:
        said = b"{}"
    if json.loads(said).get("version") != version:
        return f"typescript {version} is not installed: `make clients` does it"
    return None


_REASON = _why_not()
needs_compiler = pytest.mark.skipif(_REASON is not None, reason=str(_REASON))


def complaints(folder: Path, **modules: str) -> list[str]:
    """What the compiler finds wrong with modules, each by its name, put into a folder."""
    files = []
    for name, text in modules.items():
        file = folder / f"{name}.ts"
        file.write_bytes(text.encode())
        files.append(file.name)
    options = ["--noEmit", "--strict"]
    result = subprocess.run(
        [_COMPILER, *options, *files],
        cwd=folder,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    said = result.stdout.splitlines()
    assert result.returncode == 0 or said, result.stderr
    return said

"""Installs the servers that come from npm and PyPI, below benchmarks/programs, once.

What cannot be installed is told by `missing_modules` and `missing_wsgidav`, and left out.
"""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

PROGRAMS: Final = Path(__file__).with_name("programs")
MODULES: Final = PROGRAMS / "node_modules"
_ENVIRONMENT: Final = PROGRAMS / ".venv"
WSGIDAV_PYTHON: Final = _ENVIRONMENT / "bin" / "python"

_PACKAGES: Final = PROGRAMS / "package.json"
_REQUIREMENTS: Final = PROGRAMS / "requirements.txt"
_SECONDS: Final = 600


def install_modules() -> str | None:
    """Install what package.json names. Gives why it did not work, or None."""
    missing = [tool for tool in ("node", "npm") if shutil.which(tool) is None]
    if missing:
        return f"{' and '.join(missing)} not installed"
    quiet = ["--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"]
    return _set_up(MODULES, _PACKAGES, [["npm", "install", *quiet]])


def install_wsgidav() -> str | None:
    """Install what requirements.txt names. Gives why it did not work, or None."""
    pip = [str(WSGIDAV_PYTHON), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    steps = [
        [sys.executable, "-m", "venv", "--clear", str(_ENVIRONMENT)],
        [*pip, "--requirement", str(_REQUIREMENTS)],
    ]
    return _set_up(_ENVIRONMENT, _REQUIREMENTS, steps)


def missing_modules(module: str) -> str | None:
    """Why a server of npm cannot be started; None where it can."""
    if shutil.which("node") is None:
        return "node is not installed"
    if not (MODULES / module / "package.json").exists():
        return f"npm has not installed {module}"
    return None


def missing_wsgidav() -> str | None:
    """Why WsgiDAV cannot be started; None where it can."""
    if not _is_set_up(_ENVIRONMENT, _REQUIREMENTS):
        return "pip has not installed WsgiDAV"
    return None


def _set_up(place: Path, wanted: Path, steps: Sequence[Sequence[str]]) -> str | None:
    """Run the steps where the place is not as the file wants it yet."""
    if _is_set_up(place, wanted):
        return None
    print(f"Setting up {place.relative_to(PROGRAMS.parent)} (once) ...", file=sys.stderr)
    try:
        for step in steps:
            subprocess.run(
                step, check=True, cwd=PROGRAMS, capture_output=True, text=True, timeout=_SECONDS
            )
    except subprocess.CalledProcessError as error:
        return f"{Path(step[0]).name} failed: {_last_line(error.stderr)}"
    except subprocess.TimeoutExpired:
        return f"{Path(step[0]).name} did not end within {_SECONDS} s"
    (place / ".done").write_bytes(wanted.read_bytes())
    return None


def _is_set_up(place: Path, wanted: Path) -> bool:
    """Whether the place was made from this very file."""
    try:
        return (place / ".done").read_bytes() == wanted.read_bytes()
    except FileNotFoundError:
        return False


def _last_line(printed: str) -> str:
    """The line that most likely tells the reason."""
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"

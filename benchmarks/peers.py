"""The servers: how each is started, which version it is, and why it may have to be left out.

A server is a row of the table `PEERS`. What is installed for them is in `install`.
"""

import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.dialects import ARRAY, ENVELOPE, Dialect
from benchmarks.install import (
    MODULES,
    PROGRAMS,
    WSGIDAV_PYTHON,
    missing_modules,
    missing_wsgidav,
)
from benchmarks.layouts import Document, Files, Layout
from benchmarks.works import Kind

ROOT: Final = Path(__file__).parents[1]
KVPUT: Final = "kvput"
BARE: Final = "bare"
NGINX: Final = "nginx"
JSON_SERVER_0: Final = "json-server-0.17"
JSON_SERVER_1: Final = "json-server-1.0"
UNSTORAGE: Final = "unstorage"
WSGIDAV: Final = "wsgidav"


@dataclass(frozen=True, slots=True)
class Peer:
    """A server that can be measured."""

    key: str
    name: str
    about: str
    """What it is and what its answer to a write means, for the page."""

    command: Callable[[Path, int], list[str]]
    """The command that serves a folder on a port."""

    version: Callable[[], str]
    missing: Callable[[], str | None]
    """Why it cannot be started here; None where it can."""

    layout: Layout | None
    """None for the one that stores nothing."""

    statuses: Mapping[Kind, int] = field(default_factory=dict)
    """What it answers where that is not the usual status (see `status`)."""

    refuses: Mapping[Kind, str] = field(default_factory=dict)
    """The kinds of requests that it does not do, with the reason."""

    dialect: Dialect | None = None
    """How its lists are asked for; None where it has none that could be compared."""

    of_repository: bool = False
    """Started in the repository, whose packages it runs."""

    def status(self, kind: Kind) -> int:
        """The status that means success."""
        return self.statuses.get(kind, _STATUSES[kind])


_STATUSES: Final = {
    Kind.HOT: 200,
    Kind.GET: 200,
    Kind.REVALIDATE: 304,
    Kind.PUT: 200,
    Kind.CREATE: 201,
    Kind.POST: 201,
    Kind.PAGE: 200,
    Kind.FILTER: 200,
    Kind.MOVE: 200,
    Kind.RECORD: 200,
}


# --- kvput and its ceiling


def _kvput(folder: Path, port: int) -> list[str]:
    options = ["--port", str(port), "--access-log", "never"]
    return [sys.executable, "-m", "kvput", "serve", str(folder), *options]


def _kvput_version() -> str:
    import kvput  # noqa: PLC0415 - its version is that of the folder that is measured

    return f"kvput {kvput.__version__} (Python {_python_version()})"


def _bare(folder: Path, port: int) -> list[str]:
    return [sys.executable, "-m", "benchmarks.bare", str(port), str(folder / "answer.json")]


def _bare_version() -> str:
    versions = [f"{name} {importlib.metadata.version(name)}" for name in ("aiohttp", "uvloop")]
    return f"{', '.join(versions)} (Python {_python_version()})"


def _python_version() -> str:
    return ".".join(str(part) for part in sys.version_info[:3])


def _nothing_missing() -> None:
    return None


# --- nginx


def _nginx(folder: Path, port: int) -> list[str]:
    # As root it would serve as another user, who may not see the folder.
    user = "user root root;" if os.geteuid() == 0 else ""
    text = (PROGRAMS / "nginx.conf").read_text("utf-8")
    for mark, value in {"PORT": str(port), "FOLDER": str(folder), "USER": user}.items():
        text = text.replace(f"@{mark}@", value)
    configuration = folder / "nginx.conf"
    configuration.write_text(text, "utf-8")
    return ["nginx", "-p", str(folder), "-c", str(configuration)]


def _nginx_told(option: str) -> str:
    done = subprocess.run(["nginx", option], check=False, capture_output=True, text=True)
    return done.stderr + done.stdout


def _nginx_version() -> str:
    match = re.search(r"nginx/(\S+)", _nginx_told("-v"))
    return f"nginx {match[1] if match else 'of unknown version'}"


def _nginx_missing() -> str | None:
    if shutil.which("nginx") is None:
        return "nginx is not installed"
    if "http_dav_module" not in _nginx_told("-V"):
        return "this nginx has no dav module"
    return None


# --- those of npm


def _node_version(module: str) -> str:
    package = json.loads((MODULES / module / "package.json").read_bytes())
    node = subprocess.run(["node", "--version"], check=True, capture_output=True, text=True)
    return f"{package['name']} {package['version']} (node {node.stdout.strip().lstrip('v')})"


def _json_server_0(folder: Path, port: int) -> list[str]:
    program = str(MODULES / JSON_SERVER_0 / "lib/cli/bin.js")
    options = ["--quiet", "--host", "127.0.0.1", "--port", str(port)]
    return ["node", program, *options, str(folder / "db.json")]


def _json_server_1(folder: Path, port: int) -> list[str]:
    program = str(MODULES / JSON_SERVER_1 / "lib/bin.js")
    loopback = ["--require", str(PROGRAMS / "loopback.cjs")]
    return ["node", *loopback, program, "--port", str(port), str(folder / "db.json")]


def _unstorage(folder: Path, port: int) -> list[str]:
    return ["node", str(PROGRAMS / "unstorage.mjs"), str(folder), str(port)]


# --- WsgiDAV


def _wsgidav(folder: Path, port: int) -> list[str]:
    place = ["--host", "127.0.0.1", "--port", str(port), "--root", str(folder)]
    return [str(WSGIDAV_PYTHON), "-m", "wsgidav.server.server_cli", *place, *_WSGIDAV_OPTIONS]


_WSGIDAV_OPTIONS: Final = ("--auth", "anonymous", "--server", "cheroot", "--no-config", "-q")


def _wsgidav_version() -> str:
    code = (
        "import platform; from importlib.metadata import version as v;"
        "print(f\"WsgiDAV {v('WsgiDAV')}, cheroot {v('cheroot')}"
        ' (Python {platform.python_version()})")'
    )
    command = [str(WSGIDAV_PYTHON), "-c", code]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


# --- the table

_NO_CREATE: Final = "its PUT of a new name is 404: POST is how it creates"
_NO_POST: Final = "it does not create by POST"
_NO_304: Final = "it sends no ETag and answers no conditional GET"


def _json_server(
    key: str,
    name: str,
    how: str,
    command: Callable[[Path, int], list[str]],
    dialect: Dialect,
    refuses: Mapping[Kind, str],
) -> Peer:
    """The row of one of the two, which are one thing but for the options and the lists."""
    return Peer(
        key=key,
        name=name,
        about=f"{how} Keeps all resources in memory and writes all of them to one file for each "
        "write, without sync.",
        command=command,
        version=lambda: _node_version(key),
        missing=lambda: missing_modules(key),
        layout=Document(),
        refuses=refuses,
        dialect=dialect,
    )


PEERS: Final = (
    Peer(
        key=KVPUT,
        name="kvput",
        about="This server, as `kvput serve DATA --access-log never` starts it. "
        "A write is answered when it is safe from a power loss.",
        command=_kvput,
        version=_kvput_version,
        missing=_nothing_missing,
        layout=Files(".json"),
        dialect=ARRAY,
        of_repository=True,
    ),
    Peer(
        key=BARE,
        name="bare aiohttp",
        about="An `aiohttp.web.Application` under uvloop whose one handler gives kvput's answers "
        "as constants, and sends back what it is sent: what the framework costs. "
        "It stores nothing.",
        command=_bare,
        version=_bare_version,
        missing=_nothing_missing,
        layout=None,
        of_repository=True,
    ),
    Peer(
        key=NGINX,
        name="nginx",
        about="Static files, and its dav module for PUT: a temporary file, renamed. One worker, no "
        "access log. It never syncs: a power loss takes writes that it has answered.",
        command=_nginx,
        version=_nginx_version,
        missing=_nginx_missing,
        layout=Files(),
        statuses={Kind.PUT: 204},
        refuses={Kind.POST: _NO_POST},
    ),
    _json_server(
        JSON_SERVER_0,
        "json-server 0.17",
        "Its command with `--quiet`.",
        _json_server_0,
        ARRAY,
        {Kind.CREATE: _NO_CREATE},
    ),
    _json_server(
        JSON_SERVER_1,
        "json-server 1.0",
        "Its command, as it is.",
        _json_server_1,
        ENVELOPE,
        {Kind.CREATE: _NO_CREATE, Kind.REVALIDATE: _NO_304},
    ),
    Peer(
        key=UNSTORAGE,
        name="unstorage",
        about="Its HTTP server with the `fs` driver. Overwrites the file in place, without sync.",
        command=_unstorage,
        version=lambda: _node_version(UNSTORAGE),
        missing=lambda: missing_modules(UNSTORAGE),
        layout=Files(),
        statuses={Kind.CREATE: 200},
        refuses={Kind.POST: _NO_POST, Kind.REVALIDATE: _NO_304},
    ),
    Peer(
        key=WSGIDAV,
        name="WsgiDAV",
        about="Under cheroot, without a login, all else as it comes. Overwrites the file in place, "
        "without sync.",
        command=_wsgidav,
        version=_wsgidav_version,
        missing=missing_wsgidav,
        layout=Files(),
        statuses={Kind.PUT: 204},
        refuses={Kind.POST: _NO_POST},
    ),
)

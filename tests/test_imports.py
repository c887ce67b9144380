"""Imports run one way through the house, and what is pure stays so: read off the source."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# What each group may import, of kvput, beside its own modules: a module that fits several
# rows belongs to the first. A row that is missing here is a group that nobody has placed.
_FOUNDATION = ("kvput.errors", "kvput.names", "kvput.paths")
_BASE = "kvput.store.base"
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "kvput.errors": (),
    "kvput.names": ("kvput.errors",),
    "kvput.paths": ("kvput.errors", "kvput.names"),
    "kvput.declarations": _FOUNDATION,
    "kvput.config_file": ("kvput.errors",),
    "kvput.config": ("kvput.errors", "kvput.config_file"),
    "kvput.declared": (*_FOUNDATION, "kvput.config_file", "kvput.declarations"),
    "kvput.semantics": _FOUNDATION,
    "kvput.content": _FOUNDATION,
    "kvput.patching": (*_FOUNDATION, "kvput.content"),
    "kvput.query": (*_FOUNDATION, "kvput.content"),
    "kvput.describing": (
        *_FOUNDATION,
        "kvput.declarations",
        "kvput.semantics",
        "kvput.content",
        "kvput.query",
    ),
    "kvput.store.base": (*_FOUNDATION, "kvput.semantics", "kvput.query"),
    "kvput.store.changes": (*_FOUNDATION, _BASE),
    "kvput.store.memory": (*_FOUNDATION, "kvput.semantics", "kvput.query", _BASE),
    "kvput.store.files": (
        *_FOUNDATION,
        "kvput.config",
        "kvput.semantics",
        "kvput.query",
        _BASE,
        "kvput.store.changes",
    ),
    "kvput.store.postgres": (
        *_FOUNDATION,
        "kvput.config",
        "kvput.semantics",
        "kvput.query",
        _BASE,
        "kvput.store.changes",
    ),
    "kvput.store": (*_FOUNDATION, "kvput.config", "kvput.store"),
    "kvput.resources": (
        *_FOUNDATION,
        "kvput.declarations",
        "kvput.semantics",
        "kvput.content",
        "kvput.patching",
        "kvput.query",
        _BASE,
    ),
    "kvput.server": (
        *_FOUNDATION,
        "kvput.config",
        "kvput.declarations",
        "kvput.declared",
        "kvput.describing",
        "kvput.semantics",
        "kvput.content",
        "kvput.query",
        _BASE,
        "kvput.resources",
    ),
    "kvput.cli": ("kvput",),
    "kvput.__main__": ("kvput.cli",),
    "kvput": (),
}
"""Prefixes of module names, the most special first."""

PURE = ("kvput.errors", "kvput.names", "kvput.paths", "kvput.declarations",
        "kvput.describing", "kvput.semantics", "kvput.content", "kvput.patching", "kvput.query",
        "kvput.store.base", "kvput.resources")  # fmt: skip
INPUT_AND_OUTPUT = frozenset(
    {
        "aiofiles", "aiohttp", "asyncio", "concurrent", "fcntl", "glob", "http", "io", "mmap",
        "multiprocessing", "os", "pathlib", "select", "selectors", "shutil", "signal", "socket",
        "socketserver", "sqlite3", "ssl", "subprocess", "sys", "tempfile", "threading", "uvloop",
    }
)  # fmt: skip
MAY_IMPORT_AIOHTTP = ("kvput.server", "kvput.cli")


@dataclass(frozen=True, slots=True)
class Source:
    """A module's name and text; `is_package` tells that it is an `__init__.py`."""

    module: str
    text: str
    is_package: bool = False


def sources() -> list[Source]:
    """Every module under kvput."""
    found = []
    for file in sorted((ROOT / "kvput").rglob("*.py")):
        parts = file.relative_to(ROOT).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        module = ".".join(parts[:-1] if is_package else parts)
        found.append(Source(module, file.read_text(), is_package))
    return found


def imports(source: Source) -> Iterator[str]:
    """The modules that it imports, anywhere in it, by their whole names.

    For `from a import b` that is `a`, and `a.b` too where that may be a module.
    """
    package = source.module if source.is_package else source.module.rpartition(".")[0]
    for node in ast.walk(ast.parse(source.text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *filter(None, [node.module])])
            for alias in node.names:
                module = f"{base}.{alias.name}"
                yield (
                    module
                    if (ROOT / module.replace(".", "/")).is_dir()
                    or (ROOT / f"{module.replace('.', '/')}.py").is_file()
                    else base
                )


def within(module: str, prefixes: tuple[str, ...]) -> bool:
    """Whether a module is one of these, or in one of them."""
    return any(module == prefix or module.startswith(f"{prefix}.") for prefix in prefixes)


def group_of(module: str) -> str:
    """The row of MAY_IMPORT that a module belongs to."""
    if module == "kvput":
        return module
    return next(group for group in MAY_IMPORT if group != "kvput" and within(module, (group,)))


def faults(source: Source) -> list[str]:
    """What is wrong with a module's imports."""
    group = group_of(source.module)
    allowed = (*MAY_IMPORT[group], group) if group != "kvput" else ()
    found = []
    for imported in imports(source):
        top = imported.partition(".")[0]
        # `from kvput import __version__` takes a constant, not a module.
        if top == "kvput" and imported != "kvput" and not within(imported, allowed):
            found.append(f"{source.module} must not import {imported}")
        if top in INPUT_AND_OUTPUT and within(source.module, PURE):
            found.append(f"{source.module} is pure and must not import {imported}")
        if top == "aiohttp" and not within(source.module, MAY_IMPORT_AIOHTTP):
            found.append(f"{source.module} must leave {imported} to the edge")
    return found


@pytest.mark.parametrize("source", sources(), ids=lambda source: source.module)
def test_imports_run_one_way(source: Source) -> None:
    """Each module imports only what its group may."""
    assert faults(source) == []


def test_all_modules_are_looked_at() -> None:
    """Those of each kind are among them."""
    names = {source.module for source in sources()}
    assert names >= {"kvput", "kvput.__main__", "kvput.paths", "kvput.store", "kvput.cli"}
    assert {group_of(name) for name in names} >= {"kvput.store.files", "kvput.server"}
    assert len(names) > 40


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("kvput.paths", "import kvput.config"),
        ("kvput.paths", "import os"),
        ("kvput.semantics.x", "from kvput.content import form"),
        ("kvput.semantics.x", "from kvput.content.form import parse"),
        ("kvput.content.x", "from ..semantics import fields"),
        ("kvput.content.x", "from .. import store"),
        ("kvput.content.x", "def f():\n    from socket import socket"),
        ("kvput.query.x", "from kvput.store.base import Entry"),
        ("kvput.patching.x", "import asyncio.subprocess"),
        ("kvput.store.base", "from kvput.store.memory import MemoryStore"),
        ("kvput.store.base", "from kvput.store import open_store"),
        ("kvput.store.base", "from pathlib import Path"),
        ("kvput.store.memory", "from kvput.store.files.store import FileStore"),
        ("kvput.store.files.x", "from kvput.store.memory import MemoryStore"),
        ("kvput.store.files.x", "from kvput.resources import ids"),
        ("kvput.store.files.x", "import aiohttp"),
        ("kvput.resources.x", "from kvput.store.files.layout import COUNTER"),
        ("kvput.resources.x", "from kvput.store import open_store"),
        ("kvput.resources.x", "from aiohttp import web"),
        ("kvput.resources.x", "if True:\n    import aiohttp.web as w"),
        ("kvput.server.x", "from kvput.store import open_store"),
        ("kvput.server.x", "from kvput.store.files import store"),
        ("kvput.server.x", "from kvput.cli import main"),
        ("kvput.__main__", "from kvput.server.app import make_app"),
    ],
)
def test_an_import_the_wrong_way_is_found(module: str, text: str) -> None:
    """However it is written, and wherever in the module it stands."""
    assert faults(Source(module, text))


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("kvput.content.x", "from . import form"),
        ("kvput.content.x", "import json, re\nfrom kvput.errors import KvputError"),
        ("kvput.store.files.x", "import os\nfrom kvput.store.files.reader import Reader"),
        ("kvput.resources.x", "from kvput.store.base import View"),
        ("kvput.server.x", "from aiohttp import web\nfrom kvput import __version__"),
        ("kvput.cli.x", "import aiohttp\nfrom kvput.store import open_store"),
    ],
)
def test_an_import_the_right_way_is_none(module: str, text: str) -> None:
    """What may be imported is not complained of."""
    assert faults(Source(module, text)) == []

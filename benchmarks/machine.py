"""The machine: its cores and how they are shared out, and what it is, for the page."""

import os
import platform
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MEMORY_FILE_SYSTEMS: Final = frozenset({"tmpfs", "ramfs", "zram"})
"""A write costs nothing there, and a sync less: nothing could be compared."""


@dataclass(frozen=True, slots=True)
class Cores:
    """One core for the server under load, one for the load."""

    server: int
    load: int


def two_cores() -> Cores | None:
    """The cores; None where there are not two."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    return Cores(*cores[:2]) if len(cores) >= 2 else None


def file_system(folder: Path) -> str:
    """The kind of file system that a folder is on: that of the longest mount point above it."""
    try:
        mounts = Path("/proc/self/mountinfo").read_text("utf-8")
    except OSError:
        return "unknown"
    return kind_of_mount(mounts, str(folder.resolve()))


def kind_of_mount(mounts: str, folder: str) -> str:
    """The file system of a folder in the text of proc_pid_mountinfo(5)."""
    best, kind = "", "unknown"
    for line in mounts.splitlines():
        place, _, source = line.partition(" - ")
        point = re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), place.split()[4])
        above = folder == point or folder.startswith(point.rstrip("/") + "/")
        if above and len(point) >= len(best):
            best, kind = point, source.split()[0]
    return kind


def describe(folder: Path) -> dict[str, str]:
    """What matters for the figures, by its name."""
    return {
        "system": f"{_distribution()}, {platform.system()} {platform.release()}",
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "memory": _memory(),
        "file system of the data": file_system(folder),
        "load average before the run": f"{os.getloadavg()[0]:.1f}",
    }


def _distribution() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return "unknown distribution"


def _processor() -> str:
    found = _line_of("/proc/cpuinfo", "model name")
    return found or platform.processor() or platform.machine()


def _memory() -> str:
    found = _line_of("/proc/meminfo", "MemTotal")
    return f"{int(found.split()[0]) / 2**20:.0f} GiB" if found else "unknown"


def _line_of(file: str, name: str) -> str | None:
    """The value of the first line `name: value`."""
    try:
        text = Path(file).read_text("utf-8")
    except OSError:
        return None
    match = re.search(rf"^{re.escape(name)}\s*:\s*(.+)$", text, re.MULTILINE)
    return match[1].strip() if match else None

"""`kvput` with nothing ever synced: what a power loss takes from it, the tests must notice.

Run as `python -m tests.crash.unsynced serve DATA`. For tests alone.
"""

import sys

from kvput.cli import main
from kvput.store.files.env import OperatingSystem

SYNCS = ("sync", "sync_data", "sync_file_system")


def _claim(*_: object) -> bool:
    """Say that it was done."""
    return True


if __name__ == "__main__":
    for name in SYNCS:
        if hasattr(OperatingSystem, name):
            setattr(OperatingSystem, name, _claim)
    main(sys.argv[1:])

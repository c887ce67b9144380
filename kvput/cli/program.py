"""How this program is called, for advice that can be copied to a shell."""

import shlex
import shutil
import sys
from pathlib import Path
from typing import Final

_NAME: Final = "kvput"


def program() -> str:
    """What to write for this program where it was started: `kvput`, `.venv/bin/kvput`."""
    started = sys.argv[0]
    if Path(started).name == "__main__.py":
        return f"{shlex.quote(sys.executable)} -m {_NAME}"
    # What a shell has found by its name alone is given the whole path.
    return _NAME if started == shutil.which(_NAME) else shlex.quote(started)

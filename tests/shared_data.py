"""Where the test data of other projects stands that kvput is tested with."""

import os
from pathlib import Path

import pytest


def shared_folder(name: str) -> Path:
    """Return the folder `name` of the shared data; skip the tests that ask when there is none.

    The shared data is what KVPUT_SHARED names, else the folder `shared` beside the project's.
    """
    root = os.environ.get("KVPUT_SHARED")
    shared = Path(root) if root else Path(__file__).parents[2] / "shared"
    folder = shared / name
    if not folder.is_dir():
        pytest.skip(f"{folder} is missing; KVPUT_SHARED names its parent", allow_module_level=True)
    return folder

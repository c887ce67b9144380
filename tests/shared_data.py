"""Where the test data of other projects stands that kvput is tested with."""

import os
from pathlib import Path

import pytest


def shared_folder(name: str) -> Path:
    """Return the folder `name` of the shared data; skip the tests that ask when there is none.

    The shared data is what SHARED_TEST_DATA names, else the folder `shared` beside the project's.
    """
    root = os.environ.get("SHARED_TEST_DATA")
    shared = Path(root) if root else Path(__file__).parents[2] / "shared"
    folder = shared / name
    if not folder.is_dir():
        reason = f"{folder} is missing; SHARED_TEST_DATA names its parent"
        pytest.skip(reason, allow_module_level=True)
    return folder

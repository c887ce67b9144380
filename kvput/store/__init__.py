"""The only place that names concrete stores: `open_store` makes the one that a server uses."""

from pathlib import Path

from kvput.store.base import Store
from kvput.store.files.folder import open_folder
from kvput.store.files.store import FileStore


def open_store(data: Path, *, read_cache: int) -> Store:
    """The store over the folder `data`; `read_cache` is the bytes of content it may hold.

    Raises DataUnusable and DataInUse.
    """
    return FileStore(open_folder(data), read_cache=read_cache)

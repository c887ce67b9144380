"""How the servers keep their resources on disk: a file for each, or one document for all."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

_NAME: Final = "articles"

Contents = Callable[[int], bytes]
"""Gives the content of each resource by its number."""

Values = list[dict[str, object]]


class Layout(Protocol):
    """A server's data folder."""

    def seed(self, folder: Path, resources: int, contents: Contents) -> None:
        """Fill a new folder with the resources 1, 2, 3, ... of the collection."""

    def count(self, folder: Path) -> int:
        """The resources on disk."""

    def stored(self, folder: Path, key: str) -> bytes | None:
        """A resource as it is on disk; None where there is none."""

    def values(self, folder: Path) -> Values:
        """All resources on disk, in any order."""

    def is_same(self, given: bytes, sent: bytes) -> bool:
        """Whether the server gives what was sent, as far as it promises to."""


@dataclass(frozen=True, slots=True)
class Files:
    """A file for each resource, with the bytes that were sent."""

    suffix: str = ""

    def seed(self, folder: Path, resources: int, contents: Contents) -> None:
        """Write the files."""
        collection = folder / _NAME
        collection.mkdir(parents=True)
        for number in range(1, resources + 1):
            (collection / f"{number}{self.suffix}").write_bytes(contents(number))

    def count(self, folder: Path) -> int:
        """Count the files."""
        return len(self._files(folder))

    def stored(self, folder: Path, key: str) -> bytes | None:
        """Read the file."""
        try:
            return (folder / _NAME / f"{key}{self.suffix}").read_bytes()
        except FileNotFoundError:
            return None

    def values(self, folder: Path) -> Values:
        """Read each file."""
        return [json.loads(file.read_bytes()) for file in self._files(folder)]

    def is_same(self, given: bytes, sent: bytes) -> bool:
        """Compare bytes."""
        return given == sent

    def _files(self, folder: Path) -> list[Path]:
        """The files; those with a leading dot are the server's own."""
        return [file for file in (folder / _NAME).iterdir() if not file.name.startswith(".")]


@dataclass(frozen=True, slots=True)
class Document:
    """One JSON document with all resources; each carries its `id`."""

    file: str = "db.json"

    def seed(self, folder: Path, resources: int, contents: Contents) -> None:
        """Write the document."""
        folder.mkdir(parents=True)
        items = [
            {"id": str(number), **json.loads(contents(number))}
            for number in range(1, resources + 1)
        ]
        (folder / self.file).write_text(json.dumps({_NAME: items}, indent=2), "ascii")

    def count(self, folder: Path) -> int:
        """Count the items."""
        return len(self.values(folder))

    def stored(self, folder: Path, key: str) -> bytes | None:
        """Find the item."""
        found = next((item for item in self.values(folder) if str(item["id"]) == key), None)
        return None if found is None else json.dumps(found).encode()

    def values(self, folder: Path) -> Values:
        """The items; none while the document is being written."""
        try:
            items: Values = json.loads((folder / self.file).read_bytes())[_NAME]
        except (FileNotFoundError, ValueError):
            return []
        return items

    def is_same(self, given: bytes, sent: bytes) -> bool:
        """Compare values, but for the `id` that the server adds."""
        return _without_id(given) == _without_id(sent)


def _without_id(given: bytes) -> object:
    """The value, without its `id`."""
    value = json.loads(given)
    return {key: member for key, member in value.items() if key != "id"}

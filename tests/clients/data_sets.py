"""One small collection, in the five ways in which resources come by their ids."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Record = dict[str, Any]

_CITIES = ("Delft", "Ghent", "Turin")
_FIELDS: tuple[tuple[str, int, bool], ...] = (
    ("Oiling a hinge", 40, True),
    ("Sharpening a plane", 300, False),
    ("A crack in the glaze", 5, True),
    ("Dovetails by hand", 1200, True),
    ("Waxing thread", 75, False),
    ("Stitching a sole", 75, False),
    ("Felt from fleece", 9, True),
    ("Dyeing with woad", 610, False),
    ("Boiling linseed oil", 33, False),
    ("A stool in a day", 2100, True),
    ("Turning a bowl", 18, False),
    ("Mending a seam", 150, True),
)
"""Title, views (twice the same, and in another order as texts than as numbers), featured."""


@dataclass(frozen=True, slots=True)
class DataSet:
    """The collection `posts`: its resources' ids, and whether their content says them too."""

    key: str
    ids: tuple[int | str, ...]
    has_member: bool

    @property
    def stored(self) -> list[Record]:
        """What the files hold, in natural order."""
        items = self.listed
        if not self.has_member:
            for item in items:
                del item["id"]
        return items

    @property
    def listed(self) -> list[Record]:
        """What lists show, in natural order. Each third resource has the same author."""
        return [
            {
                "id": id_,
                "title": title,
                "views": views,
                "featured": featured,
                "author": self.ids[index % 3],
                "place": {"city": _CITIES[index % 3]},
            }
            for index, (id_, (title, views, featured)) in enumerate(
                zip(self.ids, _FIELDS, strict=True)
            )
        ]

    def id_by_name(self, index: int) -> int | str:
        """The id that a list gives a resource whose content has none."""
        name = str(self.ids[index])
        return int(name) if name.isdigit() and not name.startswith("0") else name

    @property
    def next_id(self) -> int:
        """The number that a POST without an id gets first."""
        return 13 if isinstance(self.id_by_name(-1), int) else 1

    def write(self, folder: Path) -> None:
        """Write the resources as files below a data folder."""
        posts = folder / "posts"
        posts.mkdir(parents=True)
        for id_, content in zip(self.ids, self.stored, strict=True):
            text = json.dumps(content, indent=2, ensure_ascii=False)
            (posts / f"{id_}.json").write_text(f"{text}\n", "utf-8")


_NUMBERS = tuple(range(1, 13))
_TEXTS = ("0a3f", "1e24", "007", "b7", "b10", "blue felt", "null", "true", "x-2", "y_3", "ü", "木")
"""In natural order. None is a number, though some look like one, or like another word of JSON."""

DATA_SETS = (
    DataSet("numbers", _NUMBERS, has_member=True),
    DataSet("numbers-of-names", _NUMBERS, has_member=False),
    DataSet("texts", _TEXTS, has_member=True),
    DataSet("texts-of-names", _TEXTS, has_member=False),
    # As json-server 1 writes them: in the content a text, in the address a number.
    DataSet("numerals", tuple(map(str, _NUMBERS)), has_member=True),
)

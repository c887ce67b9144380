"""The collection that the tables of queries are asked about: small, and odd in every way."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from kvput.names import number_of

CONTENT: Final[Mapping[str, object]] = MappingProxyType(
    {
        "1": {
            "title": "Hammer",
            "price": 12.5,
            "stock": 4,
            "sold": True,
            "code": "01234",
            "tags": ["wood", "metal"],
            "maker": {"name": "Stahl", "city": "Graz"},
        },
        "2": {
            "title": "Saw",
            "price": 20,
            "stock": 0,
            "sold": False,
            "code": 1234,
            "tags": ["wood"],
            "maker": {"name": "Fjeld", "city": "Bergen"},
        },
        "3": {
            "title": "Plane",
            "price": 20.0,
            "stock": 10,
            "sold": True,
            "code": "1234",
            "tags": [],
            "maker": {"name": "Stahl", "city": "Graz"},
        },
        "4": {
            "title": "Chisel",
            "price": 8,
            "stock": 2,
            "code": None,
            "tags": ["wood", "carving"],
            "maker": None,
        },
        "5": {
            "title": "Kettle",
            "price": "12.5",
            "stock": 1,
            "sold": "true",
            "tags": "metal",
            "maker": {"name": "Østby", "city": "Oslo"},
        },
        "6": {"title": "teapot", "price": None, "stock": 3, "tags": ["clay"], "note": ""},
        "7": {
            "title": "Café Table",
            "price": 150,
            "stock": 1,
            "tags": ["wood", "Metal"],
            "maker": {"name": "Ana", "city": {"name": "Porto", "zip": "04000"}},
        },
        "8": {"title": "Straße", "price": 1e2, "stock": -5, "note": "one & only"},
        "9": {"title": 1984, "price": 0, "stock": 10, "sizes": [1, 2, 3]},
        "10": {"title": "1984", "price": -3.5, "sizes": [10, 20]},
        "11": {"title": "Hammer", "price": 9, "stock": "4", "sizes": ["2"]},
        "12": {"title": "100% wool", "price": 9, "note": "50% off (a+b)"},
        "13": {"title": "a.b", "a.b": 1, "a": {"b": 2}},
        "14": {"title": "a^b|c$", "a": {"b": 1}},
        "15": {"title": True, "rating": 5},
        "16": {"title": None, "rating": "5"},
        "17": {"rating": 4.5, "x_gte": 7, "x": 9},
        "18": {
            "rating": 10,
            "x": 7,
            "with:colon": 1,
            "_id": "k1",
            "or": 1,
            "q": "quiet",
            "filter": "f",
            "range": 3,
            "lt": 6,
        },
        "20": {},
        "100": {"title": "Hundred", "id": "wrong", "big": 1.2345678901234568e22},
        "007": {"title": "Bond", "price": 7},
        "a2": {"title": "A two", "rating": None, "nested": [{"deep": ["treasure"]}]},
        "a10": {"title": "A ten", "rating": 5, "matrix": [[1, 2], [3]]},
        "b": "only a text: Hammer",
        "c": [1, "clay"],
        "Ärger": {"title": "Ärger", "emoji": "🔨", "price": 7},
    }
)
"""The value of each resource by its name."""


def shown(name: str) -> object:
    """A resource as a list shows it: objects have an `id`, the name where they have none."""
    value = CONTENT[name]
    if not isinstance(value, dict):
        return value
    number = number_of(name)
    return {"id": name if number is None else number, **value}

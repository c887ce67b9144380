"""A library in which one request changes a thousand resources, and what must hold of it always.

An author has a thousand articles, which are made by one POST and go with the
author by one DELETE; each article has tags, which list it. Crashes are not here.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from kvput.config_file import CONFIG_FILE
from tests.crash.accounts import Lost, shown
from tests.crash.clients import CUT
from tests.crash.hands import sync_directory
from tests.related import files_in
from tests.serving import Address, Reply

ARTICLES: Final = 1000

_DECLARED: Final = """
[collections]
authors = {}
tags = {}
[collections.articles.relations]
author = {to = "authors", inverse = "articles", on_delete = "cascade", required = true}
tags = {to = "tags", many = true, inverse = "articles", on_delete = "unlink"}
"""
_TAGS: Final = 10
_BUSY: Final = "/authors/1"
_OTHER: Final = 2
_LINES: Final = {"Content-Type": "application/x-ndjson"}
_OTHERS: Final = 20
"""The articles of another author, with which no request has to do."""


class Library:
    """A folder of authors, articles and tags.

    `allowed` is how many articles the busy author may have, None for no such author: two
    numbers while a request is under way that was not answered.
    """

    def __init__(self, data: Path) -> None:
        """Make the folder, by hand, and have it on the disk."""
        self.data = data
        self.allowed: set[int | None] = {None}
        articles = {str(number): _article(number, _OTHER) for number in range(1, _OTHERS + 1)}
        for name, article in articles.items():
            self._write(f"articles/{name}", article)
        for tag in range(_TAGS):
            named = [int(name) for name, article in articles.items() if tag in article["tags"]]
            self._write(f"tags/{tag}", {"id": tag, "articles": named})
        self._write(f"authors/{_OTHER}", {"articles": [int(name) for name in articles]})
        (data / CONFIG_FILE).write_text(_DECLARED)
        os.sync()
        sync_directory(data)
        self._others = self._files_of_the_other()

    def _write(self, place: str, value: object) -> None:
        file = self.data / f"{place}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(value))

    @property
    def is_full(self) -> bool:
        """Whether the busy author is known to have all articles."""
        return self.allowed == {ARTICLES}

    # --- what is asked for

    async def prepare(self, address: Address) -> None:
        """Have the busy author there, before the request that is to be struck."""
        if self.allowed == {None}:
            reply = await address.request("PUT", _BUSY, {}, b'{"name": "busy"}')
            assert reply.status == 201, reply
            self.allowed = {0}

    async def turn(self, address: Address) -> Reply | None:
        """Empty the library if it is full, else fill it, by one request; its answer if it came."""
        after = None if self.is_full else ARTICLES
        is_full = self.is_full
        self.allowed.add(after)
        try:
            if is_full:
                reply = await address.request("DELETE", _BUSY)
            else:
                rows = (json.dumps(_article(number, 1)) for number in range(ARTICLES))
                body = "\n".join(rows).encode()
                reply = await address.request("POST", "/articles", _LINES, body)
        except CUT:
            return None
        if reply.status < 300:
            self.allowed = {after}
        return reply

    # --- what must hold

    def count(self) -> int:
        """How many of the busy author's articles are files at this moment."""
        articles = (self.data / "articles").glob("*.json")
        return sum(b'"author":1' in file.read_bytes().replace(b" ", b"") for file in articles)

    def names(self) -> int:
        """How many names of files the articles have at this moment."""
        return sum(1 for _ in (self.data / "articles").iterdir())

    async def compare(self, address: Address) -> None:
        """Hold what is on the disk, and what is served, against what must be. Raises Lost."""
        values = self._look()
        for collection in ("authors", "articles", "tags"):
            listed = (await address.request("GET", f"/{collection}/")).json()
            assert isinstance(listed, list)
            stored = {url for url in values if url.startswith(f"/{collection}/")}
            if {f"/{collection}/{item['id']}" for item in listed} != stored:
                raise Lost(f"/{collection}/ lists {len(listed)}, and {len(stored)} are stored")

    def _look(self) -> Mapping[str, Any]:
        """The values of all files, by their URLs, once they are known to be as they must."""
        values = {}
        for (collection, name), (body, _) in files_in(self.data).items():
            try:
                values[f"/{collection}/{name}"] = json.loads(body)
            except ValueError:
                raise Lost(f"/{collection}/{name} holds {shown(body)}") from None
        _require_agreement(values)
        busy = values.get(_BUSY)
        found = None if busy is None else len(busy.get("articles", ()))
        if found not in self.allowed:
            raise Lost(f"{_BUSY} has {found} articles, instead of {self.allowed}")
        self.allowed = {found}
        if self._files_of_the_other() != self._others:
            raise Lost("articles of another author have changed")
        return values

    def _files_of_the_other(self) -> Mapping[object, object]:
        """Bytes and times of what no request has to do with."""
        owner = f'"author": {_OTHER}'.encode()
        return {
            path: state
            for path, state in files_in(self.data).items()
            if owner in state[0] or path == ("authors", str(_OTHER))
        }


def _article(number: int, author: int) -> dict[str, Any]:
    return {"author": author, "tags": sorted({number % _TAGS, (number * 7 + 1) % _TAGS})}


def _require_agreement(values: Mapping[str, Any]) -> None:
    """Raise Lost unless both sides of both relations say the same."""
    said, listed = set(), set()
    for url, value in values.items():
        if url.startswith("/articles/"):
            said |= {(f"/tags/{tag}", url) for tag in value["tags"]}
            said.add((f"/authors/{value['author']}", url))
        else:
            listed |= {(url, f"/articles/{name}") for name in value.get("articles", ())}
    if said != listed:
        raise Lost(f"the sides do not agree on {sorted(said ^ listed)[:10]}")

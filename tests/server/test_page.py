"""`/-/docs`: the page as it is sent, and the policy under which it is shown."""

import re
from base64 import b64encode
from collections.abc import AsyncIterator
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

import pytest

from kvput.config import Config
from kvput.server.handlers import page
from kvput.store.memory import MemoryStore
from tests.serving import Address, serving

_DOCS: Final = "/-/docs"
_SOURCES: Final = Path(page.__file__).parents[2] / "ui" / "docs"


@pytest.fixture
async def address(tmp_path: Path) -> AsyncIterator[Address]:
    """A server over nothing."""
    store = MemoryStore()
    try:
        async with serving(store, Config(data=tmp_path)) as listening:
            yield listening
    finally:
        await store.close()


class _Parts(HTMLParser):
    """The elements of a document that load or run something."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.texts: dict[str, list[str]] = {"style": [], "script": []}
        self.addresses: list[str] = []
        self.handlers: list[str] = []
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.texts:
            self.texts[tag].append("")
        self._inside = tag
        for name, value in attrs:
            if name in {"src", "srcset"} or (name == "href" and tag == "link"):
                self.addresses.append(value or "")
            if name.startswith("on") or name == "style":
                self.handlers.append(name)

    def handle_endtag(self, tag: str) -> None:
        self._inside = "" if tag == self._inside else self._inside

    def handle_data(self, data: str) -> None:
        if self._inside in self.texts:
            self.texts[self._inside][-1] += data


def _directives(policy: str | None) -> dict[str, list[str]]:
    split = [directive.split() for directive in (policy or "").split(";")]
    return {name: values for name, *values in split}


async def test_page_is_one_document(address: Address) -> None:
    """It holds all of its parts, and loads nothing: its icon is in it as well."""
    reply = await address.request("GET", _DOCS)
    assert reply.status == 200
    assert reply.field("Content-Type") == "text/html; charset=utf-8"
    assert reply.field("X-Content-Type-Options") == "nosniff"
    parts = _Parts(reply.body.decode())
    assert all(each.startswith("data:") for each in parts.addresses)
    assert parts.handlers == []
    files = sorted(_SOURCES.iterdir())
    expected = {
        kind: sorted(file.read_text() for file in files if file.suffix == suffix)
        for kind, suffix in (("style", ".css"), ("script", ".js"))
    }
    assert {kind: sorted(texts) for kind, texts in parts.texts.items()} == expected


async def test_policy_allows_what_is_in_the_page_and_nothing_else(address: Address) -> None:
    """Each script and the style sheet by its hash; of addresses, only this server's."""
    reply = await address.request("GET", _DOCS)
    directives = _directives(reply.field("Content-Security-Policy"))
    texts = _Parts(reply.body.decode()).texts
    for kind in ("style", "script"):
        hashes = [b64encode(sha256(text.encode()).digest()).decode() for text in texts[kind]]
        assert directives.pop(f"{kind}-src") == [f"'sha256-{each}'" for each in hashes]
    assert directives == {
        "default-src": ["'none'"],
        "connect-src": ["'self'"],
        "img-src": ["data:"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
        "frame-ancestors": ["'none'"],
        "require-trusted-types-for": ["'script'"],
        "trusted-types": ["'none'"],
    }
    assert reply.field("Referrer-Policy") == "same-origin"
    assert reply.field("Cross-Origin-Opener-Policy") == "same-origin"


async def test_page_is_sent_again_only_if_it_is_another(address: Address) -> None:
    """HEAD has the fields of GET, and If-None-Match with their tag is answered 304."""
    reply = await address.request("GET", _DOCS)
    head = await address.request("HEAD", _DOCS)
    without_date = [field for field in reply.fields if field[0] != "Date"]
    assert [field for field in head.fields if field[0] != "Date"] == without_date
    tag = reply.field("ETag")
    assert tag is not None
    again = await address.request("GET", _DOCS, {"If-None-Match": tag})
    assert (again.status, again.body, again.field("ETag")) == (304, b"", tag)
    failed = await address.request("GET", _DOCS, {"If-Match": '"another"'})
    assert failed.status == 412


@pytest.mark.parametrize("method", ["PUT", "POST", "PATCH", "DELETE"])
async def test_page_is_only_read(address: Address, method: str) -> None:
    """What else can be done with it is said in Allow."""
    reply = await address.request(method, _DOCS, body=b"{}")
    assert reply.status == 405
    asked = await address.request("OPTIONS", _DOCS)
    assert asked.status == 204
    assert reply.field("Allow") == asked.field("Allow") == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("target", ["/-/docs/", "/-/docs/docs.js", "/-/docs/index.html", "/-/doc"])
async def test_parts_of_the_page_have_no_address(address: Address, target: str) -> None:
    """They are in the page."""
    assert (await address.request("GET", target)).status == 404


@pytest.mark.parametrize(
    "part", ["let a = '</script>';", "a = '<SCRIPT'", "/* <!-- */", "x { content: '</style' }"]
)
def test_part_that_would_end_its_element_is_refused(
    part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before any reader gets a page that is cut off."""
    (tmp_path / "index.html").write_text('<script src="a.js"></script>')
    (tmp_path / "a.js").write_text(part)
    monkeypatch.setattr(page, "_PARTS", tmp_path)
    with pytest.raises(ValueError, match=re.escape("a.js")):
        page.docs_page.__wrapped__()


def test_line_breaks_are_hashed_as_the_browser_reads_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A checkout with CRLF gives the page of one with LF."""
    (tmp_path / "index.html").write_bytes(b'<link rel="stylesheet" href="a.css">')
    monkeypatch.setattr(page, "_PARTS", tmp_path)
    pages = []
    for text in (b"a {\n}\n", b"a {\r\n}\r\n"):
        (tmp_path / "a.css").write_bytes(text)
        pages.append(page.docs_page.__wrapped__())
    assert pages[0] == pages[1]

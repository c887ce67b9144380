"""GET `/-/docs`: the page that shows the API's description, as one document.

Its parts lie in `kvput/ui/docs`. Here they are put together, style sheet and scripts into the
document, so that the page is one answer and needs nothing else; and its policy is made, which
allows nothing else. What the page shows, and how, does not belong here.
"""

import re
from base64 import b64encode
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Final

from kvput.semantics.validators import ETag, Validators, content_digest
from kvput.server.answer import Answer, Fields
from kvput.server.exchange import Exchange
from kvput.server.handlers.represent import represent_rendered

_PARTS: Final = files("kvput") / "ui" / "docs"
_INDEX: Final = "index.html"
_PART: Final = re.compile(
    r'<link rel="stylesheet" href="(?P<style>[a-z]+\.css)">'
    r'|<script src="(?P<script>[a-z]+\.js)"></script>'
)
# HTML, "Restrictions for contents of script elements" and "Raw text elements": the texts
# that would end or change the state of the element that a part is put into.
_NOT_IN_A_PART: Final = re.compile(r"<!--|</?(?:script|style)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Page:
    """A document with all its parts in it, and the policy under which it is shown."""

    content: bytes
    policy: str

    @property
    def fields(self) -> Fields:
        """The header fields that go with the document."""
        return (
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Security-Policy", self.policy),
            # Not "no-referrer", with which some browsers send writes with the origin "null".
            ("Referrer-Policy", "same-origin"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
        )

    @property
    def validators(self) -> Validators:
        """The validators: another policy is another tag, since a 304 keeps the one that came."""
        return Validators(ETag(content_digest(self.content + self.policy.encode())), None)


async def get(exchange: Exchange) -> Answer:
    """GET and HEAD `/-/docs`."""
    page = docs_page()
    answer = represent_rendered(exchange, page.content, page.validators)
    # What is represented elsewhere is JSON. A 304 has no content that the fields could be about.
    return replace(answer, fields=page.fields) if answer.status == 200 else answer


async def options(exchange: Exchange) -> Answer:  # noqa: ARG001  # one signature for handlers
    """OPTIONS `/-/docs`."""
    return Answer(204, (("Allow", "GET, HEAD, OPTIONS"),))


@cache
def docs_page() -> Page:
    """The page, as this version of kvput has it.

    Raises ValueError for a part that cannot stand inside the document as it is.
    """
    hashes: dict[str, list[str]] = {"style": [], "script": []}

    def put_in(match: re.Match[str]) -> str:
        element = match.lastgroup or ""
        text = _text_of(match[element])
        hashes[element].append(_hash(text))
        return f"<{element}>{text}</{element}>"

    content = _PART.sub(put_in, (_PARTS / _INDEX).read_text("utf-8")).encode()
    return Page(content, _policy(hashes["style"], hashes["script"]))


def _text_of(name: str) -> str:
    # The HTML parser makes one line feed of each line break, before anything is hashed.
    text = (_PARTS / name).read_text("utf-8").replace("\r\n", "\n")
    if _NOT_IN_A_PART.search(text):
        raise ValueError(f"{name} holds a text that ends the element around it")
    return text


def _hash(text: str) -> str:
    # Content Security Policy Level 3, section 2.3.1: hash-source.
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _policy(styles: list[str], scripts: list[str]) -> str:
    """What the page may do: run its own scripts, and talk to this server. Nothing else."""
    return "; ".join((
        "default-src 'none'",
        f"script-src {' '.join(scripts)}",
        f"style-src {' '.join(styles)}",
        "connect-src 'self'",
        # Its icon is in the document.
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        # Text from files becomes text: the browser refuses to read markup out of any string.
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ))  # fmt: skip

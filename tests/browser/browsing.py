"""A real browser, and the page `/-/docs` as it is open in one.

playwright drives the system's Chromium. It is no dependency of the other tests, so that its
types are not known here. What is checked of each page, whatever a test looks at, stands in
`Docs.faults`.
"""

import importlib.util
import json
import os
import re
import shutil
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlsplit

import pytest

from kvput.semantics.validators import content_digest
from tests.browser.document import Json

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM: Final = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)

# A status is what a test asks for, not a fault of the page.
_STATUS: Final = re.compile(r"Failed to load resource: the server responded with a status of")
_DESCRIPTION: Final = "/-/openapi.json"
_LISTENS_FOR_VIOLATIONS: Final = """
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (event) =>
        window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
"""


def _why_not() -> str | None:
    """Why no browser can be driven here; None where one can."""
    if importlib.util.find_spec("playwright") is None:
        return "playwright is not installed: `make browser` does it"
    if CHROMIUM is None:
        return f"none of {', '.join(_NAMES)} is installed, and CHROMIUM names no other"
    return None


def require_browser() -> None:
    """Skip the module that calls this where no browser can be driven, and say why."""
    reason = _why_not()
    if reason is not None:
        pytest.skip(reason, allow_module_level=True)


@dataclass
class Docs:
    """The page in a browser. Each test may set `description` to what the server is to give.

    `description` None is the server's own. `status` is the status that it comes with. `calls`
    are the requests of the page, `METHOD path?query`; none goes out to another server.
    """

    page: Any
    origin: str
    description: Json | str | None
    status: int = 200
    calls: list[str] = field(default_factory=list)
    conditions: list[str | None] = field(default_factory=list)
    """If-None-Match of each request for the description."""
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.add_init_script(_LISTENS_FOR_VIOLATIONS)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", self._heard)
        self.page.on("request", self._called)
        self.page.route("**/*", self._route)

    def open(self, address: str = "") -> "Docs":
        """Open the page at an address in it: `#/articles`."""
        self.page.goto(f"{self.origin}/-/docs{address}")
        self.page.wait_for_selector("h1")
        return self

    def show(self, *names: str) -> None:
        """Go to a group, or to an operation of it."""
        self.page.evaluate(
            """hash => new Promise((resolve) => {
                addEventListener("hashchange", resolve, {once: true});
                location.hash = hash;
            })""",
            "#/" + "/".join(map(encoded, names)),
        )

    def wait_for_heading(self, words: str) -> None:
        """Fail unless the page is headed so, or is soon: an address takes effect a little later."""
        self.page.wait_for_function(
            "words => document.querySelector('main h1')?.innerText.trim() === words", arg=words
        )

    def field(self, label: str) -> Any:  # noqa: ANN401  # playwright's
        """The control with this label, of the form or of the list."""
        return self.page.get_by_label(label, exact=True)

    def button(self, name: str) -> Any:  # noqa: ANN401  # playwright's
        """The button of this name."""
        return self.page.get_by_role("button", name=name, exact=True)

    def send(self) -> str:
        """Send what is in the form; gives the line about the answer."""
        self.page.evaluate("document.querySelector('.answer')?.remove()")
        self.page.locator(".send").click()
        self.page.wait_for_selector(".answer, .failure")
        line: str = self.page.locator(".answer-head, .failure").inner_text()
        return line

    @property
    def answer(self) -> str:
        """The content of the answer, as it is shown."""
        text: str = self.page.locator(".answer .box").inner_text()
        return text

    @property
    def command(self) -> str:
        """The request as a curl command."""
        text: str = self.page.locator(".command").text_content()
        return text

    def open_everything(self) -> None:
        """Open all that can be opened in the main part, three steps deep."""
        for _ in range(3):
            self.page.evaluate(
                "document.querySelectorAll('main [aria-expanded=false]')"
                ".forEach((button) => button.click())"
            )

    def open_fields(self) -> None:
        """Open the fields of the form that may be left out."""
        self.page.locator(".more > .opener[aria-expanded=false]").evaluate_all(
            "all => all.forEach((button) => button.click())"
        )

    def width(self) -> int:
        """How wide the page is, in pixels: more than the window where it scrolls sideways."""
        width: int = self.page.evaluate("document.documentElement.scrollWidth")
        return width

    def close(self) -> None:
        """Close it, and fail if anything was wrong with it."""
        violations = self.page.evaluate("window.violations")
        self.page.context.close()
        assert violations == []
        assert self.faults == []

    def _heard(self, message: Any) -> None:  # noqa: ANN401  # playwright's
        if message.type in {"error", "warning"} and not _STATUS.match(message.text):
            self.faults.append(message.text)

    def _called(self, request: Any) -> None:  # noqa: ANN401  # playwright's
        url = urlsplit(request.url)
        if url.scheme == "data":
            return
        if f"{url.scheme}://{url.netloc}" != self.origin:
            self.faults.append(f"the page asked for {request.url}")
        self.calls.append(f"{request.method} {url.path}" + (f"?{url.query}" if url.query else ""))

    def _route(self, route: Any) -> None:  # noqa: ANN401  # playwright's
        request = route.request
        if not request.url.startswith(self.origin):
            route.abort()
        elif urlsplit(request.url).path != _DESCRIPTION:
            route.continue_()
        else:
            self.conditions.append(request.headers.get("if-none-match"))
            self._give_description(route)

    def _give_description(self, route: Any) -> None:  # noqa: ANN401  # playwright's
        if self.description is None:
            route.continue_()
            return
        given = self.description
        text = given if isinstance(given, str) else json.dumps(given)
        tag = f'"{content_digest(text.encode())}"'
        if self.status == 200 and route.request.headers.get("if-none-match") == tag:
            route.fulfill(status=304, headers={"ETag": tag})
        else:
            route.fulfill(
                status=self.status,
                headers={"ETag": tag, "Content-Type": "application/json"},
                body=text,
            )


def encoded(name: str) -> str:
    """A name as it stands in an address of the page."""
    return quote(name, safe="!'()*")

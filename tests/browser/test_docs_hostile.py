"""Names, texts and answers that would do harm if the page `/-/docs` took them for anything else."""

import json
from typing import Final

import pytest

from tests.browser.browsing import Docs, encoded, require_browser
from tests.browser.conftest import OpenDocs
from tests.browser.document import DOCUMENT, HOSTILE, hostile_document
from tests.serving import ServerProcess

require_browser()

# Elements that nothing in a page of text has a use for.
_FOREIGN: Final = "main :is(script, img, svg, iframe, object, style, link, base, meta, video)"


def assert_unhurt(window: Docs) -> None:
    """Nothing ran, nothing was drawn, and no link leads where a script would run."""
    assert window.page.evaluate("typeof window.hurt") == "undefined"
    assert window.page.evaluate("Object.prototype.hurt === undefined && !('x' in {})")
    assert window.page.locator(_FOREIGN).count() == 0
    protocols = window.page.evaluate("[...document.links].map((link) => link.protocol)")
    assert set(protocols) <= {"http:", "https:"}


@pytest.mark.parametrize("name", HOSTILE)
def test_name_is_a_text_wherever_it_stands(docs: OpenDocs, name: str) -> None:
    """In the overview, in the list, in a group, in an operation and all that can be opened."""
    window = docs("", hostile_document())
    window.wait_for_heading(f"{HOSTILE[0]} {HOSTILE[1]}")
    for address in ("#/", f"#/{encoded(name)}", f"#/{encoded(name)}/{encoded(name)}"):
        window.open(address)
        window.page.wait_for_timeout(50)
        window.open_everything()
        assert name in window.page.locator("main").text_content()
        assert name in window.page.locator("#side").text_content()
        assert_unhurt(window)
    window.wait_for_heading(name)
    window.open_fields()
    window.page.keyboard.press("/")
    window.page.keyboard.type(name[:40])
    assert_unhurt(window)


@pytest.mark.parametrize("name", HOSTILE)
def test_request_with_such_a_name_stays_with_the_server(docs: OpenDocs, name: str) -> None:
    """Whatever the path of an operation looks like, it is a path of this server's."""
    document = hostile_document()
    operation = {"post": {"operationId": "send", "tags": ["x"], "responses": {}}}
    document["paths"] = {
        f"/{name}": operation,
        f"//example.org/{name}": {"post": {**operation["post"], "operationId": "far"}},
    }
    for each in ("send", "far"):
        window = docs(f"#/x/{each}", document)
        window.send()
        assert all(" /" in call for call in window.calls)
        assert_unhurt(window)


@pytest.mark.parametrize("name", HOSTILE)
def test_answer_is_a_text(docs: OpenDocs, server: ServerProcess, name: str) -> None:
    """Members, values and problems of hostile content."""
    content = json.dumps({name: [name, {name: name}]}).encode()
    server.request("PUT", "/hostile/1", content)
    document = {
        "paths": {
            "/hostile/1": {"get": {"operationId": "read", "tags": ["x"]}},
            "/hostile/{name}": {
                "parameters": [{"name": "name", "in": "path"}],
                "get": {"operationId": "none", "tags": ["x"]},
            },
        }
    }
    window = docs("#/x/read", document)
    assert window.send().startswith("200")
    assert json.loads(window.answer.replace("\u00a0", " ")) == {name: [name, {name: name}]}
    assert_unhurt(window)
    window.show("x", "none")
    window.field("name required").fill(name)
    assert window.send()[0] == "4"
    assert_unhurt(window)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_example_begins_the_form_as_a_text(docs: OpenDocs, text: str) -> None:
    """A form's content and its choices are set, not read as markup."""
    window = docs(f"#/{encoded(text)}/{encoded(text)}", hostile_document())
    assert window.page.locator("#try-body").input_value() == text
    assert text.replace("'", "'\\''") in window.command
    assert_unhurt(window)


def test_markup_in_a_string_is_refused_by_the_browser_itself(docs: OpenDocs) -> None:
    """Should a change to the page ever read markup out of a string, nothing comes of it."""
    window = docs()
    refused = window.page.evaluate(
        """() => { try { document.querySelector('main').innerHTML = '<b>x</b>'; return ''; }
                   catch (error) { return error.name; } }"""
    )
    assert refused == "TypeError"
    assert window.page.evaluate("window.violations.splice(0).length") == 1
    window.faults.clear()


@pytest.mark.parametrize(
    "scheme", ["javascript:", "data:text/html,", "vbscript:", "blob:", "file:"]
)
def test_link_leads_to_the_web_alone(docs: OpenDocs, scheme: str) -> None:
    """Of a link to anything else, the words are left."""
    document = json.loads(json.dumps(DOCUMENT))
    document["info"]["description"] = f"[words]({scheme}x) and [more](https://example.org/)"
    window = docs("", document)
    assert window.page.locator("main .prose").inner_text() == "words and more"
    assert window.page.locator("main .prose a").all_inner_texts() == ["more"]

"""Requests that the page `/-/docs` sends from its forms, and the answers as it shows them."""

import copy
import json
import shutil
import subprocess
from typing import Final

import pytest

from tests.browser.browsing import Docs, require_browser
from tests.browser.conftest import OpenDocs
from tests.browser.document import DOCUMENT
from tests.serving import ServerProcess

require_browser()

_NAME: Final = "name required"
_EXACT: Final = b'{"big":12345678901234567890,"one":1.0,"big":"\\u00e9",\n "none":[],"no":{}}'


def fill(window: Docs, **values: str) -> None:
    """Fill fields, by the names of their parameters."""
    window.open_fields()
    for name, value in values.items():
        control = window.page.locator(f'.trial [id$="%3A{name}"]')
        if control.evaluate("node => node.tagName") == "SELECT":
            control.select_option(value)
        else:
            control.fill(value)


def test_get_shows_the_answer(docs: OpenDocs, server: ServerProcess) -> None:
    """Status, time, size and fields; the content laid out, with each token as it was sent."""
    server.request("PUT", "/articles/exact", _EXACT)
    window = docs("#/articles/getArticle")
    window.field(_NAME).fill("exact")
    line = window.send()
    assert line.startswith("200 OK ")
    assert f" ms · {len(_EXACT)} bytes" in line
    assert window.answer.split("\n") == [
        "{",
        '  "big": 12345678901234567890,',
        '  "one": 1.0,',
        '  "big": "\\u00e9",',
        '  "none": [],',
        '  "no": {}',
        "}",
    ]
    fields = window.page.locator(".fields").inner_text()
    assert "application/json" in fields
    assert "etag" in fields
    window.button("As sent").click()
    assert window.answer == _EXACT.decode()


@pytest.mark.parametrize("method", ["health", "getArticle", "deleteArticle", "putArticle"])
def test_request_is_sent_by_its_method(docs: OpenDocs, server: ServerProcess, method: str) -> None:
    """What the form says is what the server gets."""
    server.request("PUT", "/articles/sent", b"{}")
    path, verb, tag = next(
        (path, verb, operation["tags"][0])
        for path, item in DOCUMENT["paths"].items()
        for verb, operation in item.items()
        if verb != "parameters" and operation["operationId"] == method
    )
    window = docs(f"#/{tag}/{method}")
    if "{" in path:
        window.field(_NAME).fill("sent")
    assert window.send().startswith("200 OK")
    assert f"{verb.upper()} {path.replace('{name}', 'sent')}" in window.calls


def test_put_post_patch_and_delete_change_what_is_stored(
    docs: OpenDocs, server: ServerProcess
) -> None:
    """From making a resource to removing it, in one window."""
    window = docs("#/articles/putArticle")
    window.field(_NAME).fill("made here")
    window.field("Content").fill('{"title": "Mäde",  "views": 1.0}')
    assert window.send().startswith("201 Created")
    stored = server.request("GET", "/articles/made%20here").body
    assert stored.decode() == '{"title": "Mäde",  "views": 1.0}'

    window.show("articles", "patchArticle")
    window.field(_NAME).fill("made here")
    assert window.field("Content-Type").input_value() == "application/merge-patch+json"
    window.field("Content").fill('{"views": 2}')
    assert window.send().startswith("200 OK")
    assert b'"views": 2' in server.request("GET", "/articles/made%20here").body

    window.show("articles", "deleteArticle")
    window.field(_NAME).fill("made here")
    assert window.send().startswith("200 OK")
    assert server.request("GET", "/articles/made%20here").status == 404

    window.show("articles", "createArticle")
    assert window.send().startswith("201 Created")
    place = window.page.locator(".fields dt:has(:text-is('location')) + dd").inner_text()
    assert server.request("GET", place).json() == json.loads(window.answer)


def test_description_is_asked_for_after_a_write(docs: OpenDocs) -> None:
    """A write may change what the description says: the page does not wait for its next turn."""
    window = docs("#/articles/createArticle")
    window.page.clock.install()
    window.conditions.clear()
    window.page.reload()
    window.page.wait_for_selector(".send")
    window.send()
    window.page.clock.run_for(100)
    window.page.wait_for_timeout(300)
    assert len(window.conditions) == 2


@pytest.mark.parametrize(
    ("values", "query"),
    [
        ({}, ""),
        ({"_limit": "2"}, "?_limit=2"),
        ({"_sort": "-views\ntitle"}, "?_sort=-views,title"),
        ({"conditions": "views_gte=10\ntitle_like=a=b"}, "?views_gte=10&title_like=a%3Db"),
        ({"conditions": "title=ü & ö/+#"}, "?title=%C3%BC%20%26%20%C3%B6/%2B%23"),
    ],
)
def test_query_is_written(docs: OpenDocs, values: dict[str, str], query: str) -> None:
    """Of lists in one parameter, of conditions as parameters of their own; empty ones are out."""
    window = docs("#/articles/listArticles")
    fill(window, **values)
    assert window.send().startswith("200 OK")
    assert f"GET /articles{query}" in window.calls


@pytest.mark.parametrize("style", ["deepObject", "spaceDelimited", "pipeDelimited", "form"])
def test_style_of_a_parameter_is_kept(docs: OpenDocs, style: str) -> None:
    """OpenAPI 3.1, 4.8.12.3: the examples of the styles."""
    document = copy.deepcopy(DOCUMENT)
    shape = "object" if style == "deepObject" else "array"
    document["paths"]["/articles"]["get"]["parameters"] = [
        {"name": "color", "in": "query", "style": style, "schema": {"type": shape}}
    ]
    window = docs("#/articles/listArticles", document)
    fill(window, color="R=100\nG=200")
    expected = {
        "deepObject": "color%5BR%5D=100&color%5BG%5D=200",
        "spaceDelimited": "color=R%3D100%20G%3D200",
        "pipeDelimited": "color=R%3D100%7CG%3D200",
        "form": "color=R%3D100&color=G%3D200",
    }
    window.send()
    assert f"GET /articles?{expected[style]}" in window.calls


def test_parameter_of_a_media_type_is_one_text(docs: OpenDocs) -> None:
    """OpenAPI 3.1, 4.8.12.2.2: it is written as that type writes it, and so is its example."""
    document = copy.deepcopy(DOCUMENT)
    content = {"schema": {"type": "object", "example": {"views": 5}}}
    document["paths"]["/articles"]["get"]["parameters"] = [
        {"name": "_where", "in": "query", "content": {"application/json": content}}
    ]
    window = docs("#/articles/listArticles", document)
    assert window.field("_where").get_attribute("placeholder") == '{"views":5}'
    fill(window, _where='{"views": {"gte": 5}}')
    window.send()
    assert "GET /articles?_where=%7B%22views%22:%20%7B%22gte%22:%205%7D%7D" in window.calls


def test_conditions_are_sent(docs: OpenDocs, server: ServerProcess) -> None:
    """What the browser has kept does not answer for the server: 304 and 412 are seen."""
    tag = server.request("GET", "/articles").field("ETag")
    window = docs("#/articles/listArticles")
    fill(window, **{"If-None-Match": tag or ""})
    assert window.send().startswith("304")
    assert "No content." in window.page.locator(".answer").inner_text()

    window.show("articles", "putArticle")
    fill(window, **{"name": "1", "If-Match": '"another"'})
    line = window.send()
    assert line.startswith("412")
    assert '"urn:kvput:problem:precondition-failed"' in window.answer


def test_choice_of_a_field_is_sent(docs: OpenDocs, server: ServerProcess) -> None:
    """Values that a description counts up are chosen, or none of them."""
    window = docs("#/articles/putArticle")
    fill(window, name="dry", Prefer="handling=dry-run")
    assert window.send().startswith("201")
    assert server.request("GET", "/articles/dry").status == 404


@pytest.mark.parametrize(
    ("media_type", "content", "stored"),
    [
        ("application/json", '{"title": "é"}', {"title": "é"}),
        ("application/x-www-form-urlencoded", "title=a%26b", {"title": "a&b"}),
        ("multipart/form-data", "title=\"a\";'b'\nplace.city=Gh=nt", {"title": "\"a\";'b'"}),
        ("text/csv", "title\none", {"title": "one"}),
    ],
)
def test_content_is_sent_as_its_type(
    docs: OpenDocs, media_type: str, content: str, stored: dict[str, str]
) -> None:
    """A form of several parts is written in lines, and framed by the browser."""
    window = docs("#/articles/createArticle")
    window.field("Content-Type").select_option(media_type)
    window.field("Content").fill(content)
    assert window.send().startswith("201")
    answer = json.loads(window.answer)
    if isinstance(answer, list):
        [answer] = answer
    assert stored.items() <= answer.items()


@pytest.mark.parametrize(
    ("media_type", "start"),
    [
        ("application/json", '{\n  "title": "Short"\n}'),
        ("application/x-www-form-urlencoded", "title=text&views=0&draft=true&state=idea&"),
        ("multipart/form-data", "title=text\nviews=0\ndraft=true\n"),
        ("text/csv", "title,views,draft,state,published,author,related,place\ntext,0,true,idea,"),
    ],
)
def test_form_begins_with_an_example(docs: OpenDocs, media_type: str, start: str) -> None:
    """The one that the description gives, else one that is made from the schema."""
    window = docs("#/articles/createArticle")
    window.field("Content-Type").select_option(media_type)
    assert window.field("Content").input_value().startswith(start)
    assert "id" not in window.field("Content").input_value().split("author")[0].replace("idea", "")


def test_another_example_is_chosen(docs: OpenDocs) -> None:
    """It takes the place of what is in the form."""
    window = docs("#/articles/createArticle")
    window.field("Begin with").select_option("A long one")
    assert json.loads(window.field("Content").input_value())["views"] == 12
    assert '"views": 12' in window.command


def test_form_is_kept_while_one_looks_elsewhere(docs: OpenDocs) -> None:
    """What was typed, and what was answered."""
    window = docs("#/articles/createArticle")
    window.field("Content-Type").select_option("text/csv")
    window.field("Content").fill("title\nkept")
    window.send()
    window.show("articles", "listArticles")
    window.show("articles", "createArticle")
    assert window.field("Content-Type").input_value() == "text/csv"
    assert window.field("Content").input_value() == "title\nkept"
    assert window.page.locator(".answer-head").inner_text().startswith("201")


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("name", "", ""),
        ("name", ".", "step between folders"),
        ("name", "..", "step between folders"),
        ("If-Match", "\u20ac", "Latin-1"),
    ],
)
def test_what_no_browser_sends_is_refused(
    docs: OpenDocs, field: str, value: str, reason: str
) -> None:
    """`..` would be taken out of the address, and the request be about something else."""
    window = docs("#/articles/deleteArticle")
    fill(window, **{"name": "x", field: value})
    window.page.locator(".send").click()
    fault = window.page.evaluate("document.querySelector('form :invalid').validationMessage")
    assert reason in fault
    assert not any(call.startswith("DELETE") for call in window.calls)


def test_name_with_signs_is_one_segment(docs: OpenDocs, server: ServerProcess) -> None:
    """A slash in it is part of the name, and so is whatever else means something in addresses."""
    name = "a/b?c#d%41&'\"<é> "
    window = docs("#/articles/putArticle")
    window.field(_NAME).fill(name)
    assert window.send().startswith("201")
    listed = server.request("GET", "/articles/a%2Fb%3Fc%23d%2541%26'%22%3C%C3%A9%3E%20")
    assert listed.status == 200


def test_control_enter_sends(docs: OpenDocs) -> None:
    """From within the content, where Enter alone is a line break."""
    window = docs("#/articles/createArticle")
    window.field("Content").press("Control+Enter")
    window.page.wait_for_selector(".answer")
    assert "POST /articles" in window.calls


def test_nothing_that_comes_back_is_said(docs: OpenDocs) -> None:
    """A server that is away is a sentence, not an empty page."""
    window = docs("#/articles/getArticle")
    window.page.evaluate(
        "() => { window.fetch = () => Promise.reject(new TypeError('Failed to fetch')) }"
    )
    assert window.send() == "Nothing came back: Failed to fetch."


_STREAM: Final = """() => {
    window.fetch = async (address, {signal}) => new Response(new ReadableStream({
        start(controller) {
            const bytes = (text) => new TextEncoder().encode(text);
            controller.enqueue(bytes('data: one\\n\\n'));
            setTimeout(() => controller.enqueue(bytes('data: two\\n\\n')), 50);
            signal.addEventListener('abort', () => controller.error(signal.reason));
        }}), {headers: {'Content-Type': 'text/event-stream'}})
}"""


def test_answer_without_an_end_is_shown_as_it_comes(docs: OpenDocs) -> None:
    """Until somebody has seen enough of it."""
    window = docs("#/server/health")
    window.page.evaluate(_STREAM)
    assert "so far" in window.send()
    window.page.wait_for_function("document.querySelector('.answer').textContent.includes('two')")
    window.button("Cancel").click()
    window.page.wait_for_function("document.querySelector('.buttons .quiet').hidden")
    assert window.answer.split() == ["data:", "one", "data:", "two"]


def test_long_answer_is_cut(docs: OpenDocs) -> None:
    """A page that holds it all would be of no use to anybody."""
    window = docs("#/server/health")
    window.page.evaluate("() => { window.fetch = async () => new Response('ü'.repeat(3_000_000)) }")
    assert "MB so far" in window.send()
    assert set(window.answer.strip()) == {"ü"}


def test_content_that_is_no_text_is_not_shown(docs: OpenDocs) -> None:
    """Its size is."""
    window = docs("#/server/health")
    window.page.evaluate(
        "() => { window.fetch = async () => new Response(new Uint8Array([255, 254, 0])) }"
    )
    window.send()
    assert "3 bytes that are no text" in window.page.locator(".answer").inner_text()


# --- the same for curl

_TEXTS: Final = [
    "plain",
    "it's",
    "'",
    "''\\'",
    '"$(echo hurt) `echo hurt` $HOME"',
    "@/etc/hostname",
    "a\nb\n",
    "back\\slash \\\n",
    "é{1,2}[a-b]*?~!#&;|<>",
    "--help",
    "-d",
    "%41+ ",
]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("text", _TEXTS)
def test_curl_command_does_the_same(docs: OpenDocs, server: ServerProcess, text: str) -> None:
    """A shell runs it as it stands, whatever is in it: what is stored then is what was meant."""
    content = json.dumps({"text": text}, ensure_ascii=False, indent=1)
    window = docs("#/articles/putArticle")
    one_line = text.replace("\n", " ")
    window.field(_NAME).fill(one_line)
    window.field("Content").fill(content)
    assert window.send().startswith(("200", "201"))
    by_page = server.request("GET", "/articles?_limit=1000").field("ETag")
    done = subprocess.run(["sh", "-c", window.command], capture_output=True, timeout=20, check=True)
    assert done.stdout.startswith(b"HTTP/1.1 200 OK")
    # PUT of the bytes that are already there changes nothing.
    assert server.request("GET", "/articles?_limit=1000").field("ETag") == by_page


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("media_type", ["multipart/form-data", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize("text", ["it's @x", "</etc/hostname", 'a;type=x "b"'])
def test_curl_command_sends_forms(docs: OpenDocs, media_type: str, text: str) -> None:
    """Values that curl would take for the name of a file are sent as they are."""
    window = docs("#/articles/createArticle")
    window.field("Content-Type").select_option(media_type)
    is_lines = media_type.startswith("multipart")
    sent = text if is_lines else text.replace(" ", "%20").replace(";", "%3B")
    window.field("Content").fill(f"title={sent}")
    done = subprocess.run(["sh", "-c", window.command], capture_output=True, timeout=20, check=True)
    assert done.stdout.startswith(b"HTTP/1.1 201 Created")
    assert json.loads(done.stdout.split(b"\r\n\r\n")[-1])["title"] == text


def test_curl_command_is_copied(docs: OpenDocs) -> None:
    """To the clipboard, as it is shown, and the button says so."""
    window = docs("#/articles/getArticle", permissions=["clipboard-read", "clipboard-write"])
    button = window.button("Copy the curl command")
    button.click()
    window.page.wait_for_function("document.body.textContent.includes('Copied')")
    assert window.page.evaluate("navigator.clipboard.readText()") == window.command
    assert window.command == f"curl -i '{window.origin}/articles/1'"


def test_copying_has_an_older_way(docs: OpenDocs) -> None:
    """Where the page has not the clipboard of today, as over plain HTTP in a network."""
    window = docs("#/articles/getArticle", permissions=["clipboard-read", "clipboard-write"])
    window.page.evaluate(
        "() => { navigator.clipboard.writeText = () => Promise.reject(new Error()) }"
    )
    window.button("Copy the curl command").click()
    window.page.wait_for_function("document.body.textContent.includes('Copied')")
    assert window.page.evaluate("navigator.clipboard.readText()") == window.command

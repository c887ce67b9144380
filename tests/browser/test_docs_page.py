"""The page `/-/docs` in a real browser: what it shows, and how people get about in it."""

import copy
from itertools import pairwise
from typing import Any, Final

import pytest

from tests.browser.browsing import encoded, require_browser
from tests.browser.conftest import OpenDocs
from tests.browser.document import DOCUMENT, HOSTILE, Json, hostile_document
from tests.serving import ServerProcess

require_browser()

_OPERATIONS: Final = [
    (path, method, item[method])
    for path, item in DOCUMENT["paths"].items()
    for method in item
    if method != "parameters"
]
_VIEWS: Final = ["", "#/articles", "#/articles/createArticle", "#/articles/listArticles", "#/x/y"]
_PUT: Final = "#/articles/putArticle"


@pytest.mark.parametrize("view", _VIEWS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_loads_with_all_else_out_of_reach(docs: OpenDocs, view: str, scheme: str) -> None:
    """It asks for itself and for the description, and for nothing else."""
    window = docs(view, color_scheme=scheme)
    assert window.calls == ["GET /-/docs", "GET /-/openapi.json"]
    assert window.page.title().endswith("· Workshop notes")


@pytest.mark.parametrize(("path", "method", "operation"), _OPERATIONS)
def test_each_operation_is_shown(docs: OpenDocs, path: str, method: str, operation: Json) -> None:
    """By way of the list: its method, path, words, parameters, content and answers."""
    window = docs()
    side = window.page.locator("#side")
    side.get_by_role("button", name=operation["tags"][0]).click()
    side.get_by_role("link", name=operation["summary"]).click()
    window.wait_for_heading(operation["summary"])
    assert window.page.locator(".address .method").inner_text() == method.upper()
    assert window.page.locator(".address > code").inner_text() == path
    window.open_everything()
    text = window.page.locator(".reference").inner_text()
    item = DOCUMENT["paths"][path]
    for parameter in [*item.get("parameters", []), *operation.get("parameters", [])]:
        assert parameter["name"] in text
        assert parameter["description"].replace("`", "") in text
    for status, response in operation["responses"].items():
        assert status in text
        assert response["description"].replace("`", "") in text
        assert all(name in text for name in response.get("headers", {}))
        assert all(media in text for media in response.get("content", {}))
    options = window.page.locator("#try-type option").all_inner_texts()
    assert options == list(operation.get("requestBody", {}).get("content", {}))


def test_list_marks_what_is_shown(docs: OpenDocs) -> None:
    """The group is open, and the operation is the current one."""
    window = docs(_PUT)
    current = window.page.locator("#side [aria-current=page]")
    assert current.inner_text().split("\n")[-1].strip().endswith("Store an article")
    group = window.page.locator("#side").get_by_role("button", name="articles")
    assert group.get_attribute("aria-expanded") == "true"


@pytest.mark.parametrize(
    ("address", "heading"),
    [
        ("", "Workshop notes 1.2.3"),
        ("#/", "Workshop notes 1.2.3"),
        ("#/articles", "articles"),
        ("#/articles/putArticle", "Store an article"),
        ("#/articles/get", "List the articles"),
        ("#/articles/none", "Not in the description"),
        ("#/none", "Not in the description"),
        ("#/%E0%A4%A", "Not in the description"),
    ],
)
def test_address_leads_to_a_part(docs: OpenDocs, address: str, heading: str) -> None:
    """To an operation by its id or, for short, its method."""
    docs(address).wait_for_heading(heading)


def test_browser_goes_back(docs: OpenDocs) -> None:
    """Each part is a step in the history."""
    window = docs("#/articles")
    window.page.locator("main").get_by_role("link", name="Add an article").click()
    window.wait_for_heading("Add an article")
    window.page.go_back()
    window.wait_for_heading("articles")


def test_links_of_an_answer_lead_on(docs: OpenDocs) -> None:
    """OpenAPI's links name operations, which are then a step away."""
    window = docs("#/articles/createArticle")
    window.page.locator(".links a").click()
    window.wait_for_heading("Read an article")


def test_description_is_set_as_text(docs: OpenDocs) -> None:
    """Paragraphs, lists, code and links of CommonMark are shown as such."""
    window = docs("#/articles/listArticles")
    words = window.page.locator("main > .prose")
    assert words.locator("p strong").inner_text() == "all"
    assert words.locator("li code").inner_text() == "views_gte=100"
    assert words.locator("a").get_attribute("href") == "https://example.org/query"


def test_type_within_itself_opens_step_by_step(docs: OpenDocs) -> None:
    """An article's related articles have related articles in turn, each as soon as it is asked."""
    window = docs("#/articles/getArticle")
    for depth in range(1, 5):
        opener = window.page.locator(".reference").get_by_role("button", name="related")
        assert opener.count() == depth
        opener.nth(depth - 1).press("Enter")
    assert window.page.locator(".reference").get_by_role("button", name="related").count() == 5


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/components/schemas/Loop"},
        {"type": "array", "items": {"$ref": "#/components/schemas/Loop"}},
        {"allOf": [{"$ref": "#/components/schemas/Loop"}]},
        {"oneOf": [{"$ref": "#/components/schemas/Loop"}, {"type": "null"}]},
        {"additionalProperties": {"$ref": "#/components/schemas/Loop"}},
        {"properties": {"me": {"$ref": "#/components/schemas/Loop"}}, "required": ["me"]},
        {"$ref": "#/components/schemas/None"},
        {"$ref": "https://example.org/elsewhere.json"},
        {"$ref": "#/components/schemas/constructor/prototype"},
        {"$ref": "#%E0%A4%A"},
        {"$ref": 5},
        True,
        False,
        None,
        [],
        "text",
    ],
)
def test_schema_without_an_end_is_shown(docs: OpenDocs, schema: object) -> None:
    """So is one that leads nowhere, or is none."""
    document = copy.deepcopy(DOCUMENT)
    document["components"]["schemas"] |= {"Article": schema, "Loop": schema}
    window = docs(_PUT, document)
    window.open_everything()
    window.wait_for_heading("Store an article")


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        {"info": 1, "paths": [], "tags": {}},
        {"paths": {"/a": None, "/b": {"get": {}}, "c": {"get": {"tags": 5, "responses": None}}}},
        {"paths": {"/a": {"get": {"parameters": [None, {}, {"$ref": "#/none"}]}}}},
        {"paths": {"/a": {"post": {"requestBody": {"content": {"text/csv": None}}}}}},
        {"paths": {"/a": {"get": {"responses": {"200": {"$ref": "#/paths"}}}}}},
        {"paths": {"/\ud800": {"get": {"tags": ["\ud800"], "operationId": "\ud800"}}}},
    ],
)
def test_odd_description_is_shown_as_far_as_it_goes(docs: OpenDocs, document: Any) -> None:  # noqa: ANN401
    """What is missing, or of another kind, is left out."""
    window = docs("", document)
    groups = window.page.locator("main .card").evaluate_all("all => all.map((card) => card.hash)")
    for group in groups:
        window.open(group)
        window.page.locator("main .card").first.click()
        window.open_everything()
        assert window.page.locator(".trial").count() == 1


# --- by keyboard, and read aloud


def test_search_by_keyboard(docs: OpenDocs) -> None:
    """`/` goes to it, words narrow the list, Enter goes to what is first."""
    window = docs()
    window.page.keyboard.press("/")
    window.page.keyboard.type("articles remove")
    assert window.page.locator("#found").inner_text() == "1 operation found"
    assert window.page.locator("#side .operations a").count() == 1
    window.page.keyboard.press("Enter")
    window.wait_for_heading("Remove an article")
    assert window.page.evaluate("document.activeElement.tagName") == "H1"


def test_search_is_given_up(docs: OpenDocs) -> None:
    """Escape brings the whole list back; nothing found is said."""
    window = docs()
    window.page.keyboard.press("/")
    window.page.keyboard.type("no such thing")
    assert window.page.locator("#found").inner_text() == "Nothing is called so"
    window.page.keyboard.press("Escape")
    assert window.page.locator("#filter").input_value() == ""
    assert window.page.locator("#side .opener").count() == 2


def test_slash_in_a_field_is_a_slash(docs: OpenDocs) -> None:
    """The key is for the search only where nobody types."""
    window = docs(_PUT)
    window.field("name required").fill("")
    window.field("name required").press("/")
    assert window.field("name required").input_value() == "/"


def test_arrows_go_through_the_list(docs: OpenDocs) -> None:
    """From the search to what was found, on, and back."""
    window = docs("#/articles")
    focused = "document.activeElement.textContent.trim()"
    window.page.locator("#filter").press("ArrowDown")
    assert window.page.evaluate(focused).endswith("List the articles")
    window.page.keyboard.press("ArrowDown")
    assert window.page.evaluate(focused).endswith("Add an article")
    for _ in range(3):
        window.page.keyboard.press("ArrowUp")
    assert window.page.evaluate("document.activeElement.id") == "filter"


def test_skip_link_is_the_first_stop(docs: OpenDocs) -> None:
    """It is seen when it has the focus, and leads over the list."""
    window = docs(_PUT)
    window.page.keyboard.press("Tab")
    skip = window.button("Skip to the content")
    assert skip.evaluate("node => node === document.activeElement")
    assert skip.bounding_box()["y"] >= 0
    window.page.keyboard.press("Enter")
    assert window.page.evaluate("document.activeElement.id") == "content"


def test_everything_is_reached_by_tab_with_a_ring_around_it(docs: OpenDocs) -> None:
    """Each control and link is a stop, in turn, and one sees where one is."""
    window = docs(_PUT)
    stops = window.page.evaluate(
        """[...document.querySelectorAll('a, button, input, select, textarea, pre')]
           .filter((node) => node.checkVisibility({visibilityProperty: true})).length"""
    )
    seen = set()
    for _ in range(stops):
        window.page.keyboard.press("Tab")
        place, ring = window.page.evaluate(
            """() => {
                const node = document.activeElement;
                const all = [...document.querySelectorAll('*')];
                return [all.indexOf(node), getComputedStyle(node).outlineStyle];
            }"""
        )
        assert ring == "solid"
        seen.add(place)
    assert len(seen) == stops


@pytest.mark.parametrize("view", _VIEWS)
def test_everything_has_a_name(docs: OpenDocs, view: str) -> None:
    """For those who hear the page: its parts, its controls, and what these open."""
    window = docs(view)
    window.open_everything()
    for role in ("banner", "navigation", "main", "search"):
        assert window.page.get_by_role(role).count() == 1
    assert window.page.locator("h1").count() == 1
    nameless = window.page.evaluate(
        """[...document.querySelectorAll('input, select, textarea, button, a, pre')]
           .filter((node) => !(node.labels?.length || node.getAttribute('aria-label')
                               || (!['INPUT', 'SELECT', 'TEXTAREA', 'PRE'].includes(node.tagName)
                                   && node.textContent.trim())))
           .map((node) => node.outerHTML)"""
    )
    assert nameless == []
    astray = window.page.evaluate(
        """[...document.querySelectorAll('[aria-controls], [aria-describedby], label[for]')]
           .flatMap((node) => ['aria-controls', 'aria-describedby', 'for']
               .map((name) => node.getAttribute(name)))
           .filter((id) => id && !document.getElementById(id))"""
    )
    assert astray == []
    twice = window.page.evaluate(
        """() => { const ids = [...document.querySelectorAll('[id]')].map(({id}) => id);
                   return ids.filter((id, place) => ids.indexOf(id) !== place); }"""
    )
    assert twice == []


def test_heading_levels_leave_none_out(docs: OpenDocs) -> None:
    """Each heading is at most one level below the one before."""
    window = docs("#/articles/createArticle")
    levels = window.page.evaluate(
        "[...document.querySelectorAll('main :is(h1, h2, h3, h4)')].map((h) => +h.tagName[1])"
    )
    assert all(after - before <= 1 for before, after in pairwise(levels))


# --- to look at

# WCAG 2.2, 1.4.3 and "relative luminance". Each text is taken with the backgrounds behind it.
_CONTRASTS: Final = """() => {
    const parts = (colour) => {
        const [red, green, blue, alpha = 1] = colour.match(/[0-9.]+/g).map(Number);
        return {rgb: [red, green, blue], alpha};
    };
    const over = (top, below) =>
        top.rgb.map((value, at) => value * top.alpha + below[at] * (1 - top.alpha));
    const luminance = (rgb) => rgb
        .map((value) => value / 255)
        .map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
        .reduce((sum, value, at) => sum + value * [0.2126, 0.7152, 0.0722][at], 0);
    const background = (node) => node === null ? [255, 255, 255]
        : over(parts(getComputedStyle(node).backgroundColor), background(node.parentElement));
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const node = walker.currentNode.parentElement;
        if (walker.currentNode.data.trim() && !node.closest('script, style, noscript, option')
            && node.checkVisibility({visibilityProperty: true})) {
            const below = background(node);
            const text = luminance(over(parts(getComputedStyle(node).color), below));
            const [light, dark] = [text, luminance(below)].sort((a, b) => b - a);
            found.push([(light + 0.05) / (dark + 0.05), walker.currentNode.data]);
        }
    }
    return found;
}"""


@pytest.mark.parametrize("view", _VIEWS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_background(docs: OpenDocs, view: str, scheme: str) -> None:
    """By 4.5 to 1, which WCAG asks for at level AA; the answer of a request as well."""
    window = docs(view, color_scheme=scheme)
    if "Articles" in view:
        window.send()
    window.open_everything()
    contrasts = window.page.evaluate(_CONTRASTS)
    assert len(contrasts) > 5
    assert [each for each in contrasts if each[0] < 4.5] == []


@pytest.mark.parametrize("view", [*_VIEWS, _PUT])
@pytest.mark.parametrize("width", [360, 700, 1100])
def test_no_width_scrolls_sideways(docs: OpenDocs, view: str, width: int) -> None:
    """With all that is in it open, and with an answer."""
    window = docs(view, size=(width, 740))
    window.open_everything()
    if "Article" in view:
        window.send()
    assert window.width() == width


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_scrolls_a_narrow_page_sideways(docs: OpenDocs, name: str) -> None:
    """However long it is."""
    window = docs(f"#/{encoded(name)}/{encoded(name)}", hostile_document(), size=(360, 740))
    window.open_everything()
    assert window.width() == 360


def test_list_of_a_narrow_page_comes_and_goes(docs: OpenDocs) -> None:
    """With its button, with Escape, and once something was chosen."""
    window = docs(_PUT, size=(360, 740))
    menu, side = window.button("Operations"), window.page.locator("#side")
    assert (menu.get_attribute("aria-expanded"), side.is_visible()) == ("false", False)
    menu.click()
    assert (menu.get_attribute("aria-expanded"), side.is_visible()) == ("true", True)
    window.page.keyboard.press("Escape")
    assert (menu.get_attribute("aria-expanded"), side.is_visible()) == ("false", False)
    assert menu.evaluate("node => node === document.activeElement")
    window.page.keyboard.press("/")
    assert side.is_visible()
    side.get_by_role("link", name="Add an article").click()
    assert not side.is_visible()
    window.wait_for_heading("Add an article")


def test_form_of_a_narrow_page_is_a_step_away(docs: OpenDocs) -> None:
    """The form stands below all else there, and a button leads to it."""
    window = docs(_PUT, size=(360, 740))
    window.button("Try it").click()
    assert window.field("name required").evaluate("node => node === document.activeElement")
    assert 0 <= window.page.locator(".trial").bounding_box()["y"] < 740


def test_nothing_moves_for_those_who_ask_so(docs: OpenDocs) -> None:
    """prefers-reduced-motion ends all transitions."""
    window = docs(_PUT, reduced_motion="reduce")
    durations = window.page.evaluate(
        "[...document.querySelectorAll('*')].map((node) => getComputedStyle(node).transition)"
    )
    assert set(durations) == {"none"}


# --- the description changes


def _with_summary(summary: str) -> Json:
    document = copy.deepcopy(DOCUMENT)
    document["paths"]["/articles/{name}"]["put"]["summary"] = summary
    return document


def _with_another_group() -> Json:
    document = copy.deepcopy(DOCUMENT)
    document["paths"]["/tools"] = {"get": {"tags": ["tools"], "summary": "List the tools"}}
    return document


def _wait_for_poll(window: Any) -> None:  # noqa: ANN401
    asked = len(window.conditions)
    window.page.clock.run_for(5000)
    for _ in range(100):
        if len(window.conditions) > asked:
            break
        window.page.wait_for_timeout(20)
    window.page.wait_for_timeout(100)


@pytest.fixture
def timed(docs: OpenDocs) -> OpenDocs:
    """Opens the page with a clock that only the test moves."""

    def opened(address: str) -> Any:  # noqa: ANN401
        window = docs(address)
        window.page.clock.install()
        window.conditions.clear()
        window.page.reload()
        window.page.wait_for_selector("h1")
        return window

    return opened


def test_description_that_stays_is_asked_for_by_its_tag(timed: OpenDocs) -> None:
    """Every few seconds, with If-None-Match; what is shown is left as it is."""
    window = timed(_PUT)
    window.page.evaluate("document.querySelector('h1').dataset.same = 'yes'")
    _wait_for_poll(window)
    _wait_for_poll(window)
    assert window.conditions[0] is None
    assert len(window.conditions) >= 3
    assert all(condition is not None for condition in window.conditions[1:])
    assert window.page.locator("h1").get_attribute("data-same") == "yes"


def test_change_elsewhere_touches_only_the_list(timed: OpenDocs) -> None:
    """A new collection appears there, while what somebody reads stays the very same."""
    window = timed(_PUT)
    window.page.evaluate("document.querySelector('h1').dataset.same = 'yes'")
    window.description = _with_another_group()
    _wait_for_poll(window)
    assert window.page.locator("#side").get_by_role("button", name="tools").count() == 1
    assert window.page.locator("h1").get_attribute("data-same") == "yes"


def test_change_of_what_is_shown_keeps_what_was_typed(timed: OpenDocs) -> None:
    """The words, the place in them, what was opened, and the answer that was there."""
    window = timed(_PUT)
    window.send()
    window.page.locator(".reference").get_by_role("button", name="author").first.click()
    content = window.page.locator("#try-body")
    content.fill('{"half": "typ')
    content.evaluate("node => node.setSelectionRange(3, 5)")
    window.description = _with_summary("Put an article away")
    _wait_for_poll(window)
    window.wait_for_heading("Put an article away")
    assert content.input_value() == '{"half": "typ'
    selection = "[document.activeElement.id, document.activeElement.selectionStart]"
    assert window.page.evaluate(selection) == ["try-body", 3]
    opener = window.page.locator(".reference").get_by_role("button", name="author").first
    assert opener.get_attribute("aria-expanded") == "true"
    assert window.page.locator(".answer").count() == 1


def test_operation_that_goes_is_said_to_be_gone(timed: OpenDocs) -> None:
    """The page says so in its place."""
    window = timed(_PUT)
    document = copy.deepcopy(DOCUMENT)
    del document["paths"]["/articles/{name}"]
    window.description = document
    _wait_for_poll(window)
    window.wait_for_heading("Not in the description")


def test_description_that_fails_for_a_while(timed: OpenDocs) -> None:
    """What was read stays, the page says that it may be old, and is up to date again later."""
    window = timed(_PUT)
    state = window.page.locator("#state")
    assert state.inner_text() == "Live"
    window.status = 503
    _wait_for_poll(window)
    assert state.inner_text() == "Not up to date"
    window.wait_for_heading("Store an article")
    window.status, window.description = 200, _with_summary("Put an article away")
    _wait_for_poll(window)
    assert state.inner_text() == "Live"
    window.wait_for_heading("Put an article away")


@pytest.mark.parametrize(
    ("status", "text", "reason"),
    [(404, "{}", "The server answered 404"), (200, "{", "JSON"), (200, "<p>", "JSON")],
)
def test_no_description_is_said(docs: OpenDocs, status: int, text: str, reason: str) -> None:
    """With the reason, and a button to ask again."""
    window = docs()
    window.status, window.description = status, text
    window.page.reload()
    window.page.wait_for_selector(".failure")
    assert reason in window.page.locator(".failure").inner_text()
    window.status, window.description = 200, DOCUMENT
    window.button("Try again").click()
    window.page.wait_for_selector(".cards")
    window.wait_for_heading("Workshop notes 1.2.3")


# --- the server's own description


def test_description_of_the_server_is_shown_whole(docs: OpenDocs, server: ServerProcess) -> None:
    """Each operation that it tells of is in the list, and has its page; nothing is amiss."""
    document = server.request("GET", "/-/openapi.json").json()
    assert isinstance(document, dict)
    described = {
        (method.upper(), operation["summary"])
        for item in document["paths"].values()
        for method, operation in item.items()
        if method in {"get", "head", "post", "put", "patch", "delete", "options"}
    }
    window = docs("", None)
    closed = window.page.locator("#side .opener[aria-expanded=false]")
    closed.evaluate_all("all => all.forEach((button) => button.click())")
    links = window.page.locator(".operations a").evaluate_all(
        "all => all.map((link) => [link.hash, ...[...link.children].map((c) => c.textContent)])"
    )
    assert {(method, summary) for _, method, summary in links} == described
    assert len(links) == len({address for address, *_ in links}) > 40
    for address, method, summary in links:
        window.page.evaluate("address => { location.hash = address }", address)
        window.page.wait_for_function("words => document.title.startsWith(words)", arg=summary)
        assert window.page.locator(".address .method").inner_text() == method
        window.open_everything()


@pytest.mark.parametrize("address", ["#/", "#/articles", "#/articles/get", "#/articles/post"])
def test_description_of_the_server_fits_a_narrow_page(docs: OpenDocs, address: str) -> None:
    """With all of it open, twice over in the depth."""
    window = docs(address, None, size=(360, 740))
    window.open_everything()
    window.open_fields()
    assert window.width() == 360


def test_new_collection_appears_by_itself(docs: OpenDocs, server: ServerProcess) -> None:
    """A file that is stored by anybody is a group in the list soon after."""
    window = docs("", None)
    assert window.page.locator("#side").get_by_role("button", name="lathes").count() == 0
    server.request("PUT", "/lathes/1", b'{"swing": 300}')
    window.page.wait_for_selector("#groups button:has-text('lathes')")

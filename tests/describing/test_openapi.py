"""The API's description as a document: whole in itself, whatever it describes."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

import pytest

from kvput.content.media_types import POST_TYPES, PUT_TYPES
from kvput.declarations import Declaration, Relation
from kvput.describing.described import Described, Observed
from kvput.describing.openapi import Api, Collection, document
from kvput.paths import CollectionPath, ResourcePath

METHODS: Final = ("get", "head", "post", "put", "patch", "delete", "options")
PATCH_TYPES: Final = ("application/merge-patch+json", "application/json", "application/odd")
ARTICLES: Final = CollectionPath(("articles",))
AUTHORS: Final = CollectionPath(("authors",))


def observed(*segments: str | None, **resources: object) -> Described:
    """A collection with these resources."""
    seen = Observed(segments)
    for name, value in resources.items():
        seen.add(name, value)
    return seen.described()


def api(*collections: Collection, **singles: Mapping[str, object]) -> Api:
    """An API of these collections, and of resources beside them."""
    by_url = {f"/{name}": schema for name, schema in singles.items()}
    return Api("1.2.3", collections, by_url, PATCH_TYPES, {"delete": (("path",), ())})


def described(
    *collections: Collection, **singles: Mapping[str, object]
) -> dict[str, dict[str, dict[str, object]]]:
    """The paths of the document for an API, each with its operations."""
    paths = document(api(*collections, **singles))["paths"]
    assert isinstance(paths, dict)
    return paths


def declared() -> Collection:
    """Articles, of which all is declared that can be."""
    author = Relation(ARTICLES, "author", AUTHORS, inverse="articles")
    declaration = Declaration(ARTICLES, (author,), unique=("slug",))
    schema = {"type": "object", "properties": {"a": {"$ref": "#/$defs/b"}}, "$defs": {"b": True}}
    file = ResourcePath(("schemas", "article"))
    return Collection(
        Described(("articles",), schema, {"type": "integer"}, file, (author,)), declaration
    )


EVERYTHING: Final = (
    declared(),
    Collection(observed("authors", a={"name": "Ada"})),
    Collection(observed("articles", None, "comments")),
    Collection(observed("articles", None, "comments", None, "likes")),
    Collection(observed("shop", "order-lines")),
    Collection(observed("sheep")),
    Collection(observed("Sheep")),
    Collection(observed("roots")),
    Collection(observed("batches")),
    Collection(observed("é ü{name}/~")),
    Collection(observed("日本")),
    Collection(observed("problems")),
    Collection(observed("site"), is_hidden=True),
)
"""Collections of all kinds, with names that get in each other's way."""


def references_in(value: object) -> Iterator[str]:
    """All references, wherever they stand."""
    if isinstance(value, dict):
        for key, member in value.items():
            if key == "$ref":
                yield member
            yield from references_in(member)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from references_in(each)


def resolved(whole: object, reference: str) -> object:
    """What a reference leads to; KeyError where that is nothing."""
    for token in reference.removeprefix("#/").split("/"):
        assert isinstance(whole, dict)
        whole = whole[token.replace("~1", "/").replace("~0", "~")]
    return whole


def operations() -> Iterator[tuple[str, str, dict[str, object]]]:
    """All operations of the document for EVERYTHING, each with its path and method."""
    for path, item in described(*EVERYTHING, site={}).items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def test_references_lead_somewhere_and_nothing_is_left_over() -> None:
    """Each component is referred to, and each reference is to a component."""
    whole = document(api(*EVERYTHING, site={"type": "object"}))
    references = set(references_in(whole))
    for reference in references:
        resolved(whole, reference)
    components = whole["components"]
    assert isinstance(components, dict)
    listed = {f"#/components/{group}/{name}" for group in components for name in components[group]}
    assert references == listed
    assert all(re.fullmatch(r"#/components/[a-z]+/[A-Za-z0-9._-]+", each) for each in listed)


def test_each_operation_has_a_name_of_its_own() -> None:
    """However much the names of collections look alike."""
    names = Counter(operation["operationId"] for _, _, operation in operations())
    assert [name for name, count in names.items() if count > 1] == []
    assert all(re.fullmatch("[A-Za-z][A-Za-z0-9_]*", str(name)) for name in names)


def test_paths_have_the_parameters_that_they_name() -> None:
    """Each of them once, and no others."""
    for path, item in described(*EVERYTHING, site={}).items():
        named = re.findall(r"\{([^}]*)\}", path)
        parameters: object = item.get("parameters", [])
        assert isinstance(parameters, list)
        assert [each["name"] for each in parameters] == named
        assert len({*named}) == len(named)


def test_each_operation_stands_under_a_tag_that_says_what_it_is() -> None:
    """Tags are listed with a sentence, in the order of the document."""
    whole = document(api(*EVERYTHING, site={}))
    tags = whole["tags"]
    assert isinstance(tags, list)
    assert len({tag["name"] for tag in tags}) == len(tags)
    used = {tag for _, _, each in operations() for tag in each["tags"]}  # type: ignore[attr-defined]
    assert used == {tag["name"] for tag in tags}
    assert all(tag["description"].endswith(".") for tag in tags)


def test_responses_say_what_they_are() -> None:
    """Each has a description, and what has been answered to HEAD has no content."""
    whole = document(api(*EVERYTHING, site={}))
    for path, method, operation in operations():
        responses = operation["responses"]
        assert isinstance(responses, dict)
        for status, response in responses.items():
            if "$ref" in response:
                response = resolved(whole, response["$ref"])  # noqa: PLW2901
            assert response["description"], (path, method, status)
            assert "content" not in response or method != "head", (path, status)


def test_media_types_are_those_of_the_tables() -> None:
    """What is sent in a POST, a PUT and a PATCH."""
    paths = described(Collection(observed("things")))
    post = [media_range for media_range, _ in POST_TYPES.rows]
    put = [media_range for media_range, _ in PUT_TYPES.rows]
    for path, method, expected in (
        ("/things", "post", post),
        ("/things/{name}", "put", put),
        ("/things/{name}", "patch", list(PATCH_TYPES)),
    ):
        body = paths[path][method]["requestBody"]
        assert isinstance(body, dict)
        assert list(body["content"]) == expected


@pytest.mark.parametrize(
    ("collection", "addresses"),
    [
        (Collection(observed("things")), ["/things", "/things/{name}"]),
        (Collection(observed("things"), is_hidden=True), ["/things/", "/things/{name}"]),
        (Collection(observed("a b", "c")), ["/a%20b/c", "/a%20b/c/{name}"]),
        (
            Collection(observed("posts", None, "comments")),
            ["/posts/{post}/comments", "/posts/{post}/comments/{name}"],
        ),
        (
            Collection(observed("names", None, "names", None, "x")),
            ["/names/{name2}/names/{name3}/x", "/names/{name2}/names/{name3}/x/{name}"],
        ),
        (Collection(observed("日本", None, "x")), ["/%E6%97%A5%E6%9C%AC/{outer}/x", None]),
    ],
)
def test_addresses(collection: Collection, addresses: list[str | None]) -> None:
    """A collection, and a resource in it, stand at addresses that requests may have."""
    paths = [path for path in described(collection) if not path.startswith("/-")][1:]
    assert len(paths) == 2
    assert all(expected in (None, path) for path, expected in zip(paths, addresses, strict=True))


def test_a_read_only_collection_is_read() -> None:
    """It has no operations that write, nor has a resource in it."""
    declaration = Declaration(ARTICLES, readonly=True)
    paths = described(Collection(observed("articles"), declaration))
    for path in ("/articles", "/articles/{name}"):
        assert paths[path].keys() & {*METHODS} == {"get", "head", "options"}


def test_a_new_resource_leads_to_what_can_be_done_with_it() -> None:
    """By the id that it got."""
    paths = described(Collection(observed("articles")))
    responses = paths["/articles"]["post"]["responses"]
    assert isinstance(responses, dict)
    links = responses["201"]["links"]
    assert links.keys() == {"getArticle", "putArticle", "patchArticle", "deleteArticle"}
    assert links["getArticle"]["parameters"] == {"name": "$response.body#/id"}


def test_a_resource_leads_to_those_that_it_names() -> None:
    """Where the relation is to one, and the other collection is described."""
    paths = described(declared(), Collection(observed("authors")))
    responses = paths["/articles/{name}"]["get"]["responses"]
    assert isinstance(responses, dict)
    assert responses["200"]["links"] == {
        "author": {
            "operationId": "getAuthor",
            "description": "The resource of /authors that `author` names.",
            "parameters": {"name": "$response.body#/author"},
        }
    }


def test_it_says_of_which_version_it_is_and_that_something_is_left_out() -> None:
    """The version is the server's; a description that is not whole says so."""
    whole = document(api())
    assert whole["openapi"] == "3.1.1"
    info = whole["info"]
    assert isinstance(info, dict)
    assert info["version"] == "1.2.3"
    more = "There are more collections"
    assert more not in info["description"]
    part = document(Api("1.2.3", (), {}, PATCH_TYPES, {}, is_complete=False))["info"]
    assert isinstance(part, dict)
    assert more in part["description"]

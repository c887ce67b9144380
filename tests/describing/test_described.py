"""What is known of a collection by its resources."""

import pytest

from kvput.declarations import Relation
from kvput.describing.described import Declared, Described, Observed, described
from kvput.paths import CollectionPath, ResourcePath

ARTICLES = CollectionPath(("articles",))


def test_resources_are_as_lists_show_them() -> None:
    """Each object has its `id` first, its name where it says no other; what is none has none."""
    known = described(ARTICLES, None, [("1", {"title": "A"}), ("2", {"title": "B", "id": "b"})])
    assert known.schema == {
        "type": "object",
        "properties": {"id": {"type": ["string", "integer"]}, "title": {"type": "string"}},
        "required": ["id", "title"],
    }
    assert described(ARTICLES, None, [("1", [5])]).schema == {
        "type": "array",
        "items": {"type": "integer"},
    }


@pytest.mark.parametrize(
    ("names", "types"),
    [
        ([], ["integer", "string"]),
        (["1", "23"], "integer"),
        (["ada", "01"], "string"),
        (["ada", "1"], ["integer", "string"]),
    ],
)
def test_ids_are_what_the_names_are(names: list[str], types: object) -> None:
    """Numbers, texts or both; of an empty collection nobody knows."""
    assert described(ARTICLES, None, [(name, {}) for name in names]).ids == {"type": types}


def test_a_declared_schema_comes_before_what_is_seen() -> None:
    """It stands as it is; names and numbers are told all the same."""
    schema = {"type": "object", "properties": {"title": {"type": "string"}}}
    file = ResourcePath(("schemas", "article"))
    relation = Relation(ARTICLES, "author", CollectionPath(("authors",)))
    known = described(ARTICLES, Declared(file, schema), [("1", {"title": 5})], (relation,))
    assert (known.schema, known.declared_in) == (schema, file)
    assert (known.ids, known.relations, known.seen) == ({"type": "integer"}, (relation,), 1)


@pytest.mark.parametrize(
    ("segments", "url"),
    [
        (("articles",), "/articles"),
        (("shop", "order lines"), "/shop/order%20lines"),
        (("articles", None, "comments"), "/articles/{name}/comments"),
        (("articles", "{name}"), "/articles/%7Bname%7D"),
        (("a", "-", "é"), "/a/-/%C3%A9"),
    ],
)
def test_url_of_a_collection(segments: tuple[str | None, ...], url: str) -> None:
    """No segment can be taken for the place of any name."""
    known = Described(segments, True, {})
    assert known.url == url


def test_what_is_observed_is_told_at_any_time() -> None:
    """Resource by resource, so that many need not be held."""
    observed = Observed(("articles", None, "comments"))
    assert observed.described().schema == {}
    observed.add("1", {})
    observed.add("2", {})
    known = observed.described()
    assert (known.url, known.seen) == ("/articles/{name}/comments", 2)
    assert known.schema == described(ARTICLES, None, [("1", {}), ("2", {})]).schema

"""Schemas of resources as lists show them: what ids and relations add to what is known."""

from dataclasses import replace

import jsonschema_rs
import pytest

from kvput.declarations import Declaration, Relation, Timestamps
from kvput.describing.described import Declared, Described, described
from kvput.describing.listed_schemas import listed_schemas
from kvput.describing.schema_refs import Schema
from kvput.paths import CollectionPath, ResourcePath

ARTICLES = CollectionPath(("articles",))
AUTHORS = CollectionPath(("authors",))
TAGS = CollectionPath(("tags",))
FILE = ResourcePath(("schemas", "article"))
ID = {"type": "integer"}
TEXT = {"type": "string"}
NAMES_ONE = "Names a resource of /authors."


def authors(*names: str) -> Described:
    """Authors of these names, who have no members."""
    return described(AUTHORS, None, [(name, {}) for name in names or ("1",)])


def articles(*values: dict[str, object], **relation: object) -> Described:
    """Articles with these contents, and a relation to authors."""
    named = [(str(number), value) for number, value in enumerate(values, start=1)]
    related = Relation(ARTICLES, "author", AUTHORS, **relation)  # type: ignore[arg-type]
    return described(ARTICLES, None, named, (related,))


def declared(schema: Schema | bool) -> Described:
    """Articles of which a schema is declared, and a relation to authors."""
    related = Relation(ARTICLES, "author", AUTHORS)
    return described(ARTICLES, Declared(FILE, schema), [("1", {})], (related,))


def member(name: str, of_articles: Described, *others: Described) -> tuple[object, bool]:
    """What is said of a member of articles, and whether it is required."""
    schema = listed_schemas([of_articles, *others]).definitions["Article"]
    assert isinstance(schema, dict)
    properties, required = schema["properties"], schema["required"]
    assert isinstance(properties, dict)
    assert isinstance(required, list)
    return properties.get(name), name in required


@pytest.mark.parametrize(
    ("of_articles", "of_authors", "schema", "required"),
    [
        (articles({"author": 1}), authors(), ID, True),
        (articles({"author": 1}, {}), authors(), ID, False),
        (articles({"author": 1}, {"author": None}), authors(), {"type": ["integer", "null"]}, True),
        (articles({"author": None}), authors(), {"type": ["integer", "null"]}, True),
        (articles({}), authors(), {"type": ["integer", "null"]}, False),
        (articles({}, required=True), authors(), ID, True),
        (articles({"author": None}, required=True), authors(), ID, True),
        (articles({"author": "ada"}), authors("ada", "bob"), {"type": "string"}, True),
        (articles({"author": "ada"}), authors("ada", "1"), {"type": ["integer", "string"]}, True),
        (articles({"author": {}}, {"author": 1}), authors(), ID, True),
        (articles({"author": [1]}, many=True), authors(), {"type": "array", "items": ID}, True),
        (articles({}, many=True), authors(), {"type": "array", "items": ID}, False),
    ],
)
def test_member_of_a_relation(
    of_articles: Described, of_authors: Described, schema: Schema, required: bool
) -> None:
    """It holds ids of the other collection; null, where nothing says that it must not."""
    assert member("author", of_articles, of_authors) == (
        {**schema, "description": member_sentence(schema)},
        required,
    )


def member_sentence(schema: Schema) -> str:
    """What is said of a member with this schema."""
    return "Names resources of /authors." if schema["type"] == "array" else NAMES_ONE


@pytest.mark.parametrize(
    ("relation", "schema", "sentence"),
    [
        ({}, {"type": "array", "items": ID}, "Names resources of /articles; the server keeps it."),
        (
            {"inverse_many": False},
            {"type": ["integer", "null"]},
            "Names a resource of /articles; the server keeps it.",
        ),
    ],
)
def test_inverse_of_a_relation(relation: dict[str, bool], schema: Schema, sentence: str) -> None:
    """It is told of where the server keeps it, though no author may have one yet."""
    known = [articles({}, inverse="texts", **relation), authors()]
    of_authors = listed_schemas(known).definitions["Author"]
    assert isinstance(of_authors, dict)
    assert of_authors["properties"] == {"id": ID, "texts": {**schema, "description": sentence}}
    assert of_authors["required"] == ["id"]


def test_a_symmetric_relation_is_told_of_once() -> None:
    """Friendship is kept on both sides, which are one."""
    friends = Relation(AUTHORS, "friends", AUTHORS, True, "friends")
    known = described(AUTHORS, None, [("1", {})], (friends,))
    of_authors = listed_schemas([known]).definitions["Author"]
    assert isinstance(of_authors, dict)
    assert of_authors["properties"] == {
        "id": ID,
        "friends": {
            "type": "array",
            "items": ID,
            "description": "Names resources of /authors; the server keeps it.",
        },
    }


def test_ids_of_a_collection_that_is_not_there_may_be_any() -> None:
    """The relation is declared, and nobody has come yet."""
    expected = {"type": ["integer", "string", "null"], "description": NAMES_ONE}
    assert member("author", articles({})) == (expected, False)


@pytest.mark.parametrize(
    ("schema", "of_author"),
    [
        ({"type": "object"}, {"type": ["integer", "null"], "description": NAMES_ONE}),
        (
            {"properties": {"author": {"type": "number", "description": "Who wrote it."}}},
            {"type": "number", "description": f"Who wrote it.\n\n{NAMES_ONE}"},
        ),
        (
            {"properties": {"author": {"description": "Who wrote it."}}},
            {"type": ["integer", "null"], "description": f"Who wrote it.\n\n{NAMES_ONE}"},
        ),
        (
            {"type": "object", "properties": {"author": True}},
            {"type": ["integer", "null"], "description": NAMES_ONE},
        ),
    ],
)
def test_what_a_declared_schema_says_stands(schema: Schema, of_author: Schema) -> None:
    """Where it says something of the member; the relation only adds a sentence."""
    assert member("author", declared(schema), authors()) == (of_author, False)
    assert member("id", declared(schema), authors()) == (ID, True)


def test_members_are_added_to_a_schema_that_is_made_of_others() -> None:
    """All that it says holds, and what is added as well."""
    known = declared({"allOf": [{"required": ["title"]}]})
    schema = listed_schemas([known, authors()]).definitions["Article"]
    assert isinstance(schema, dict)
    is_valid = jsonschema_rs.validator_for(schema).is_valid
    assert is_valid({"id": 1, "title": "A", "author": 1})
    assert not is_valid({"id": 1, "author": 1})
    assert not is_valid({"title": "A", "author": 1})


@pytest.mark.parametrize("schema", [True, False, {}, {"type": "array"}, {"type": ["object"]}])
def test_a_schema_that_says_nothing_of_objects_is_left_alone(schema: Schema | bool) -> None:
    """No member is there for sure."""
    assert listed_schemas([declared(schema)]).definitions == {"Article": schema}


def test_of_several_types_the_object_has_the_members() -> None:
    """A collection may hold other values as well, which have no `id`."""
    known = described(ARTICLES, None, [("1", {}), ("2", [1])])
    assert listed_schemas([known]).definitions == {
        "Article": {
            "description": "A resource of /articles, told from the 2 there are.",
            "anyOf": [
                {"type": "object", "properties": {"id": ID}, "required": ["id"]},
                {"type": "array", "items": ID},
            ],
        }
    }


def test_of_an_empty_collection_only_relations_tell() -> None:
    """Its resources will have ids, and what the relation says."""
    schema = listed_schemas([articles(), authors()]).definitions["Article"]
    assert schema == {
        "description": "A resource of /articles, where there is none yet.",
        "type": "object",
        "properties": {
            "id": {"type": ["integer", "string"]},
            "author": {"type": ["integer", "null"], "description": NAMES_ONE},
        },
        "required": ["id"],
    }


def test_each_collection_has_a_name_of_its_own() -> None:
    """Also where two are called alike, as something that a schema refers to, or as what is kept."""
    by, all_of_them = {"title": "Author"} | TEXT, {"title": "Collections"} | TEXT
    schema: Schema = {
        "type": "object",
        "properties": {"by": {"$ref": "#/$defs/by"}, "in": {"$ref": "#/$defs/all"}},
        "$defs": {"by": by, "all": all_of_them},
    }
    known = [declared(schema), authors(), described(CollectionPath(("author",)), None, [])]
    listed = listed_schemas(known)
    assert listed.names == {"/articles": "Article", "/authors": "Author", "/author": "Author2"}
    assert listed.definitions["Author3"] == by
    assert listed.definitions["Collections2"] == all_of_them


def test_what_refers_to_a_resources_schema_has_no_id() -> None:
    """Only what a collection holds is listed with one."""
    known = declared({"type": "object", "properties": {"children": {"items": {"$ref": "#"}}}})
    listed = listed_schemas([known, authors()])
    content = listed.definitions["ArticleContent"]
    children = {"items": {"$ref": "#/$defs/ArticleContent"}}
    assert content == {"type": "object", "properties": {"children": children}}


def test_the_document_is_one_schema_for_all() -> None:
    """An object with a resource of each collection meets it, if the resources do."""
    listed = listed_schemas([articles({"author": 1}), authors()])
    document = listed.document()
    jsonschema_rs.meta.validate(document)
    is_valid = jsonschema_rs.validator_for(document).is_valid
    assert is_valid({"/articles": {"id": 1, "author": 1}, "/authors": {"id": 1}})
    assert not is_valid({"/articles": {"id": 1, "author": "x"}})


# --- what is not for clients to write, and what they send


KEPT = Declaration(
    ARTICLES,
    readonly_members=frozenset({"views"}),
    timestamps=Timestamps(created="createdAt", updated="updatedAt"),
)
TIME = {"type": "string", "format": "date-time", "readOnly": True}
CREATED, UPDATED = (
    f"When the resource was {word}; the server writes it." for word in ("created", "changed last")
)
NOT_FOR_CLIENTS = "Not for clients to write."


@pytest.mark.parametrize(
    "known",
    [
        described(ARTICLES, None, [("1", {"views": 5})]),
        described(
            ARTICLES,
            Declared(FILE, {"type": "object", "properties": {"views": {"type": "integer"}}}),
            [],
        ),
    ],
    ids=["told", "declared"],
)
def test_members_that_are_not_for_clients_to_write(known: Described) -> None:
    """They are said to be so, and a time is one where nothing else is known."""
    known = replace(known, declaration=KEPT)
    assert member("views", known)[0] == {**ID, "readOnly": True, "description": NOT_FOR_CLIENTS}
    assert member("createdAt", known) == ({**TIME, "description": CREATED}, False)
    assert member("updatedAt", known) == ({**TIME, "description": UPDATED}, False)


@pytest.mark.parametrize(
    ("said", "holds"),
    [
        ({"type": ["integer", "null"]}, ID),
        ({"type": ["integer", "string", "null"]}, {"type": ["integer", "string"]}),
        ({"anyOf": [ID, {"type": "null"}]}, {"anyOf": [ID]}),
    ],
)
def test_what_a_required_relation_names_is_not_null(said: Schema, holds: Schema) -> None:
    """Whatever its schema would take: the server refuses it."""
    for required, expected in ((True, holds), (False, said)):
        related = Relation(ARTICLES, "author", AUTHORS, required=required)
        schema = {"type": "object", "properties": {"author": said}}
        known = described(ARTICLES, Declared(FILE, schema), [], (related,))
        assert member("author", known)[0] == {**expected, "description": NAMES_ONE}


def sent(*known: Described) -> Schema:
    """The schema of what is sent to create an article."""
    name, schema = listed_schemas(known).new["Article"]
    assert name == "NewArticle"
    assert isinstance(schema, dict)
    return schema


def test_what_is_sent_to_create_a_resource() -> None:
    """It has nothing that only the server writes; what the server puts in may be left out."""
    value = {"title": "A", "views": 5, "createdAt": "", "tags": [1]}
    tagged = Relation(TAGS, "articles", ARTICLES, True, "tags")
    tags = described(TAGS, None, [("1", {"articles": [1]})], (tagged,))
    known = replace(described(ARTICLES, None, [("1", value)]), declaration=KEPT)
    schema = sent(known, tags)
    assert schema["description"] == "What is sent to create a resource of /articles."
    properties = schema["properties"]
    assert isinstance(properties, dict)
    assert list(properties) == ["id", "title", "tags"]
    assert schema["required"] == ["title"]


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/$defs/a", "$defs": {"a": {"type": "object", "required": ["title"]}}},
        {"anyOf": [{"type": "object", "required": ["title", "id"]}]},
        {"type": "object", "title": "An article", "required": ["id", "title", "views"]},
    ],
    ids=["by a reference", "with forms", "as it is"],
)
def test_what_is_sent_of_a_declared_schema(schema: Schema) -> None:
    """Wherever it says what there must be."""
    known = replace(described(ARTICLES, Declared(FILE, schema), []), declaration=KEPT)
    definitions = listed_schemas([known]).definitions
    validator = jsonschema_rs.validator_for({**sent(known), "$defs": dict(definitions)})
    assert [validator.is_valid(value) for value in ({"title": ""}, {"id": 1})] == [True, False]


@pytest.mark.parametrize("schema", [True, False])
def test_what_is_sent_of_a_schema_that_is_no_object(*, schema: bool) -> None:
    """It is that."""
    assert listed_schemas([declared(schema)]).new["Article"] == ("NewArticle", schema)


def test_nothing_is_sent_to_a_collection_that_is_read_only() -> None:
    """Each other one has a type that is called as no other is."""
    new_articles = described(CollectionPath(("new-articles",)), None, [("1", {})])
    closed = replace(authors(), declaration=Declaration(AUTHORS, readonly=True))
    listed = listed_schemas([articles({}), new_articles, closed])
    assert {name: new for name, (new, _) in listed.new.items()} == {
        "Article": "NewArticle2",
        "NewArticle": "NewNewArticle",
    }

"""The keys below `collections`: what each may hold, and what is said of anything else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvput.config_file import ConfigFile
from kvput.declarations import Timestamps
from kvput.declared import declarations_in
from kvput.errors import ConfigError
from kvput.paths import CollectionPath, ResourcePath
from tests.declared.declaring import FILE, declared, declared_of_posts, everywhere, refusal

# A line in [collections.posts], the attribute that it sets, and to what.
TAKEN = [
    ('schema = "schemas/post.json"', "schema", ResourcePath(("schemas", "post"))),
    ('schema = "post.json"', "schema", ResourcePath(("post",))),
    ('schema = "ä b/a%3Ab.json"', "schema", ResourcePath(("ä b", "a:b"))),
    ("unique = []", "unique", ()),
    ('unique = ["slug", "a.b", "id"]', "unique", ("slug", "a.b", "id")),
    ("readonly = true", "readonly", True),
    ("readonly = false", "readonly", False),
    ('readonly = ["views"]', "readonly_members", frozenset({"views"})),
    ("readonly = []", "readonly_members", frozenset()),
    ("timestamps = {}", "timestamps", Timestamps()),
    ('timestamps = {created = "c"}', "timestamps", Timestamps("c", None)),
    ('timestamps = {updated = "u", created = "c"}', "timestamps", Timestamps("c", "u")),
    ('timestamps.updated = "u"', "timestamps", Timestamps(None, "u")),
    ("[collections.posts.relations]", "relations", ()),
]


@pytest.mark.parametrize(("line", "attribute", "value"), TAKEN)
def test_what_a_key_takes(line: str, attribute: str, value: object) -> None:
    """It sets its own attribute, and no other."""
    plain = declared_of_posts("[collections.posts]\n")
    found = declared_of_posts(f"[collections.posts]\n{line}\n")
    for name in {*plain.__slots__} - {"schema_line"}:
        expected = value if name == attribute else getattr(plain, name)
        assert getattr(found, name) == expected


COLLECTIONS = [
    ("posts", ("posts",)),
    ("shop/orders", ("shop", "orders")),
    ("a/1/b", ("a", "1", "b")),
    ("a b", ("a b",)),
    ("%20", ("%20",)),
    ("a\u0308", ("ä",)),
    ("a/-", ("a", "-")),
    (".well-known", (".well-known",)),
]


@pytest.mark.parametrize(("text", "segments"), COLLECTIONS)
def test_how_a_collection_is_written(text: str, segments: tuple[str, ...]) -> None:
    """As its path without a slash at its beginning, decoded, in any normal form."""
    found = declared(f'[collections.x.relations.y]\nto = "{text}"\n[collections."{text}"]\n')
    (relation,) = found.relations
    assert relation.to == CollectionPath(segments)
    assert set(found.collections) == {CollectionPath(("x",)), CollectionPath(segments)}


NO_COLLECTIONS = [
    ("", "'' is no collection: name one, such as \"authors\"."),
    ("/authors", "'/authors' begins or ends with a slash: write it as \"shop/orders\"."),
    ("authors/", "'authors/' begins or ends with a slash: write it as \"shop/orders\"."),
    ("a*", "'a*' is a pattern: name one collection."),
    (
        "a//b",
        ("'a//b' is no path of a collection: the segment \"\" is empty: write a single slash "
        "between two names."),
    ),
    (
        "../a",
        ("'../a' is no path of a collection: the segment \"..\" is relative: write the path "
        "without it."),
    ),
    (
        "-",
        ("'-' is no path of a collection: the first segment \"-\" is for the server itself: "
        "choose another name."),
    ),
    (
        "a" * 300,
        (f"'{'a' * 27}...{'a' * 28}' is no path of a collection: the segment "
        f"\"{'a' * 60}...\" makes a file name of more than 255 bytes: choose one that makes at "
        "most that."),
    ),
    (
        "/".join(["abcdefghi"] * 250),
        ("'abcdefghi/abcdefghi/abcdefg...bcdefghi/abcdefghi/abcdefghi' is no path of a "
        "collection: the path makes a file path of more than 2048 bytes: use shorter or fewer "
        "segments."),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), NO_COLLECTIONS, ids=range(len(NO_COLLECTIONS)))
def test_what_is_no_collection(text: str, said: str) -> None:
    """Neither as what a relation leads to nor as what is declared."""
    assert refusal(f'[collections.posts.relations.author]\nto = "{text}"\n') == (2, f"to: {said}")
    assert refusal(f'[collections.posts]\n[collections."{text}"]\n') == (2, f"collections: {said}")


# A line in [collections.posts], and what is said of it.
REFUSED = [
    ("schema = 1", 'schema: 1 is no file: give its path, such as "schemas/article.json".'),
    ("schema = {}", 'schema: a table is no file: give its path, such as "schemas/article.json".'),
    (
        'schema = "/etc/x.json"',
        "schema: '/etc/x.json' is absolute: give the path inside the data folder.",
    ),
    (
        "schema = 'a\\b.json'",
        "schema: 'a\\\\b.json' has a backslash: separate folders by a slash.",
    ),
    ('schema = ""', "schema: '' is no .json file: name one."),
    ('schema = "schemas/post"', "schema: 'schemas/post' is no .json file: name one."),
    ('schema = "post.JSON"', "schema: 'post.JSON' is no .json file: name one."),
    (
        'schema = "a/../b.json"',
        "schema: 'a/../b.json' leads through . or ..: give the path inside the data folder.",
    ),
    (
        'schema = "./b.json"',
        "schema: './b.json' leads through . or ..: give the path inside the data folder.",
    ),
    (
        'schema = ".kvput/b.json"',
        (
            "schema: '.kvput/b.json' is hidden, and never read: give it a name without a dot at "
            "its beginning."
        ),
    ),
    (
        'schema = ".json"',
        "schema: '.json' is hidden, and never read: give it a name without a dot at its beginning.",
    ),
    (
        'schema = "a//b.json"',
        "schema: 'a//b.json' is no name of a file that kvput serves: give it another one.",
    ),
    (
        'schema = "-/b.json"',
        "schema: '-/b.json' is no name of a file that kvput serves: give it another one.",
    ),
    ('unique = "slug"', "unique: 'slug' is no list of members: write one, such as [\"slug\"]."),
    ("unique = true", 'unique: true is no list of members: write one, such as ["slug"].'),
    ('unique = ["a", ""]', "unique: '' is no name of a member: give a text that is not empty."),
    ("unique = [1]", "unique: 1 is no name of a member: give a text that is not empty."),
    (
        'unique = [\n"a",\n"b",\n"a"]',
        "unique: 'a' stands there twice: name each member once.",
    ),
    (
        'readonly = "views"',
        "readonly: 'views' is neither true nor false nor a list of members, such as [\"views\"].",
    ),
    (
        "readonly = 1",
        'readonly: 1 is neither true nor false nor a list of members, such as ["views"].',
    ),
    ('readonly = ["a", "a"]', "readonly: 'a' stands there twice: name each member once."),
    ('readonly = [""]', "readonly: '' is no name of a member: give a text that is not empty."),
    ('timestamps = "at"', "timestamps: 'at' is no table: write keys and values."),
    (
        'timestamps = {created = ""}',
        "created: '' is no name of a member: give a text that is not empty.",
    ),
    (
        'timestamps = {updated = "id"}',
        "updated: 'id' is what a resource is called by: choose another member.",
    ),
    (
        'timestamps = {created = "at", updated = "at"}',
        "updated: 'at' is the member of created: choose another one.",
    ),
    (
        'timestamps = {create = "at"}',
        "the key 'create' is unknown, and 'created' is likely meant; known: created, updated.",
    ),
    (
        "uniqe = []",
        (
            "the key 'uniqe' is unknown, and 'unique' is likely meant; known: readonly, relations, "
            "schema, timestamps, unique."
        ),
    ),
    (
        "x = 1",
        "the key 'x' is unknown; known: readonly, relations, schema, timestamps, unique.",
    ),
    (
        "[collections.posts.relation.author]",
        (
            "the key 'relation' is unknown, and 'relations' is likely meant; known: readonly, "
            "relations, schema, timestamps, unique."
        ),
    ),
    (
        "[collections.posts.comments]",
        (
            "posts: 'comments' is unknown; a collection in another is declared by its whole "
            'path, as in [collections."shop/orders"].'
        ),
    ),
    ("relations = []", "relations: [] is a list: write a table, its header in single brackets."),
    (
        "[[collections.posts.relations]]",
        "relations: [a table] is a list: write a table, its header in single brackets.",
    ),
    ("relations.author = 1", "author: 1 is no table: write keys and values."),
    (
        'relations.id = {to = "authors"}',
        "relations: 'id' is what a resource is called by: choose another member.",
    ),
    (
        'relations."" = {to = "authors"}',
        "relations: '' is no name of a member: give a text that is not empty.",
    ),
    ('relations."a\\nb" = {}', "'a\\nb': leads nowhere: add to = \"COLLECTION\"."),
]


@pytest.mark.parametrize(("line", "said"), REFUSED, ids=range(len(REFUSED)))
def test_what_a_key_does_not_take(line: str, said: str) -> None:
    """The line is that of the key, and the sentence says what to write."""
    assert refusal(f"\n[collections.posts]\n{line}\n") == (3, said)


# A line of a relation, and what is said of it.
REFUSED_OF_A_RELATION = [
    ("to = 1", 'to: 1 is no collection: name one, such as "authors".'),
    ('many = "true"', "many: 'true' is neither true nor false."),
    ("required = 1", "required: 1 is neither true nor false."),
    ('inverse = "posts"\ninverse_many = 1', "inverse_many: 1 is neither true nor false."),
    ("inverse = 1", "inverse: 1 is no name of a member: give a text that is not empty."),
    ('inverse = ""', "inverse: '' is no name of a member: give a text that is not empty."),
    ('inverse = "id"', "inverse: 'id' is what a resource is called by: choose another member."),
    ('on_delete = "keep"', "on_delete: 'keep' is none of restrict, cascade, unlink."),
    ('on_delete = "CASCADE"', "on_delete: 'CASCADE' is none of restrict, cascade, unlink."),
    ("on_delete = true", "on_delete: true is none of restrict, cascade, unlink."),
    ('dangling = "allowed"', "dangling: 'allowed' is none of refuse, allow."),
    ("dangling = []", "dangling: [] is none of refuse, allow."),
    (
        'onDelete = "cascade"',
        ("the key 'onDelete' is unknown, and 'on_delete' is likely meant; known: dangling, "
        "inverse, inverse_many, many, on_delete, required, to."),
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "said"), REFUSED_OF_A_RELATION, ids=range(len(REFUSED_OF_A_RELATION))
)
def test_what_a_relation_does_not_take(line: str, said: str) -> None:
    """Of two lines the last is at fault."""
    to = "" if line.startswith("to =") else 'to = "authors"\n'
    text = f"[collections.posts.relations.author]\n{to}{line}\n"
    assert refusal(text) == (text.count("\n"), said)


NO_TABLES = [
    ("collections = 1", "collections: 1 is no table: write keys and values."),
    (
        "[[collections]]",
        "collections: [a table] is a list: write a table, its header in single brackets.",
    ),
    ("collections.posts = true", "posts: true is no table: write keys and values."),
    (
        "[[collections.posts]]",
        "posts: [a table] is a list: write a table, its header in single brackets.",
    ),
]


@pytest.mark.parametrize(("text", "said"), NO_TABLES)
def test_what_is_no_table(text: str, said: str) -> None:
    """Collections, and each of them, are tables."""
    assert refusal(f"port = 1\n{text}\n") == (2, said)


VALUES = st.recursive(
    st.one_of(
        st.text(max_size=8),
        st.integers(),
        st.booleans(),
        st.floats(),
        st.datetimes(),
        st.sampled_from(["id", "authors", "a.json", "unlink", "allow", "cascade"]),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner)),
    max_leaves=5,
)
KEYS = ("relations", "schema", "unique", "readonly", "timestamps", "created", "updated", "to",
        "many", "inverse", "inverse_many", "on_delete", "required", "dangling", "x")  # fmt: skip
TABLES = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=4)


@given(
    st.dictionaries(
        st.sampled_from(["posts", "authors", "a/b", "-"]),
        st.one_of(
            VALUES,
            TABLES,
            st.fixed_dictionaries({"relations": st.dictionaries(st.text(max_size=2), TABLES)}),
        ),
        max_size=3,
    )
)
def test_whatever_is_declared_is_taken_or_refused_in_one_line(table: dict[str, object]) -> None:
    """Nothing but ConfigError comes of it."""
    try:
        declarations_in(ConfigFile(FILE, {"collections": table}), everywhere)
    except ConfigError as error:
        assert len(error.detail.splitlines()) == 1  # noqa: PT017  # both ways are right

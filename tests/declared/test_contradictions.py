"""Declarations that contradict themselves or each other: each is told with its line."""

import pytest

from tests.declared.declaring import declared, refusal

SYMMETRIC = '[collections.posts.relations.near]\nto = "posts"\ninverse = "near"\n'
AUTHOR = '[collections.posts.relations.author]\nto = "authors"\n'

# A file, its line that is at fault, and what is said.
CONTRADICTIONS = {
    "symmetric and restricted": (
        SYMMETRIC + 'on_delete = "restrict"\n',
        4,
        ("on_delete: 'near' is its own inverse, from which a resource that is deleted is taken "
        'out: leave this out, or write "unlink".'),
    ),
    "symmetric and cascading": (
        SYMMETRIC + 'on_delete = "cascade"\n',
        4,
        ("on_delete: 'near' is its own inverse, from which a resource that is deleted is taken "
        'out: leave this out, or write "unlink".'),
    ),
    "symmetric, one to many": (
        SYMMETRIC + "inverse_many = true\n",
        4,
        ("inverse_many: 'near' is its own inverse, so that both hold one id, or both many: leave "
        "this out."),
    ),
    "symmetric, many to one": (
        SYMMETRIC + "many = true\ninverse_many = false\n",
        5,
        ("inverse_many: 'near' is its own inverse, so that both hold one id, or both many: leave "
        "this out."),
    ),
    "symmetric and required": (
        SYMMETRIC + "required = true\n",
        4,
        ("required: 'near' is its own inverse, and emptied where the other is deleted: leave this "
        "out."),
    ),
    "required and unlinked": (
        AUTHOR + 'on_delete = "unlink"\nrequired = true\n',
        4,
        ("required: what must name a resource cannot be unlinked from it: leave this out, or let "
        'on_delete be "restrict" or "cascade".'),
    ),
    "no relation to": (
        "[collections.posts.relations.author]\nmany = true\n",
        1,
        'author: leads nowhere: add to = "COLLECTION".',
    ),
    "many of no inverse": (
        AUTHOR + "inverse_many = true\n",
        3,
        ("inverse_many: says how many an inverse holds, and there is none: add inverse, or leave "
        "this out."),
    ),
    "both sides declared": (
        AUTHOR + 'inverse = "posts"\n[collections.authors.relations.posts]\nto = "posts"\n',
        3,
        ("inverse: 'posts' is declared as a relation of /authors, too: declare it on one side "
        "only."),
    ),
    "both sides of a tree declared": (
        ('[collections.posts.relations.whole]\nto = "posts"\ninverse = "parts"\n'
        '[collections.posts.relations.parts]\nto = "posts"\nmany = true\n'),
        3,
        "inverse: 'parts' is declared as a relation of /posts, too: declare it on one side only.",
    ),
    "one inverse of two relations": (
        AUTHOR + 'inverse = "posts"\n[collections.pages.relations.writer]\n'
        'to = "authors"\ninverse = "posts"\n',
        6,
        ("inverse: 'posts' is kept in /authors for the 'author' of /posts already: choose another "
        "member."),
    ),
    "inverse in a readonly collection": (
        AUTHOR + 'inverse = "posts"\n[collections.authors]\nreadonly = true\n',
        3,
        ("inverse: /authors is readonly, so that no member of it can be kept: leave this out, or "
        "readonly there."),
    ),
    "symmetric and readonly": (
        '[collections.posts]\nreadonly = ["near"]\n' + SYMMETRIC,
        3,
        ("near: is a relation, and readonly as well, so that nobody could set it: take it out of "
        "the list."),
    ),
    "readonly relation": (
        '[collections.posts]\nreadonly = ["author"]\n' + AUTHOR,
        3,
        ("author: is a relation, and readonly as well, so that nobody could set it: take it out of "
        "the list."),
    ),
    "unlinked where all is readonly": (
        "[collections.posts]\nreadonly = true\n" + AUTHOR + 'on_delete = "unlink"\n',
        5,
        ("on_delete: /posts is readonly, so that nothing in it can be deleted or unlinked: leave "
        'this out, or write "restrict".'),
    ),
    "cascading where all is readonly": (
        "[collections.posts]\nreadonly = true\n" + AUTHOR + 'on_delete = "cascade"\n',
        5,
        ("on_delete: /posts is readonly, so that nothing in it can be deleted or unlinked: leave "
        'this out, or write "restrict".'),
    ),
    "timestamp in a relation": (
        '[collections.posts]\ntimestamps = {created = "at", updated = "author"}\n' + AUTHOR,
        2,
        "updated: 'author' belongs to a relation: choose another member.",
    ),
    "timestamp in an inverse": (
        AUTHOR + 'inverse = "posts"\n[collections.authors]\ntimestamps.created = "posts"\n',
        5,
        "created: 'posts' belongs to a relation: choose another member.",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "line", "said"), CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_a_contradiction(text: str, line: int, said: str) -> None:
    """The line is that of a key that can be changed, and the sentence says how."""
    assert refusal(text) == (line, said)


NO_CONTRADICTIONS = {
    "same inverse in two collections": AUTHOR
    + 'inverse = "posts"\n[collections.posts.relations.tag]\nto = "tags"\ninverse = "posts"\n',
    "inverse called as the relation, elsewhere": AUTHOR + 'inverse = "author"\n',
    "readonly collection that leads to others": "[collections.posts]\nreadonly = true\n"
    + AUTHOR
    + 'inverse = "posts"\n',
    "relation to a readonly collection": AUTHOR + "[collections.authors]\nreadonly = true\n",
    "readonly inverse": '[collections.authors]\nreadonly = ["posts"]\n'
    + AUTHOR
    + 'inverse = "posts"\n',
    "readonly members beside": '[collections.posts]\nreadonly = ["views"]\n' + AUTHOR,
    "required and cascading": AUTHOR + 'required = true\non_delete = "cascade"\n',
    "unique and one to one": '[collections.posts]\nunique = ["author"]\n' + AUTHOR,
    "timestamp named as an inverse elsewhere": '[collections.posts]\ntimestamps.created = "posts"\n'
    + AUTHOR
    + 'inverse = "posts"\n',
    "two symmetric relations": SYMMETRIC + SYMMETRIC.replace("near", "far"),
}


@pytest.mark.parametrize("text", NO_CONTRADICTIONS.values(), ids=NO_CONTRADICTIONS)
def test_what_is_no_contradiction(text: str) -> None:
    """It only looks like one."""
    assert declared(text).relations

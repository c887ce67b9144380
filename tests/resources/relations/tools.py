"""Relations of every kind, and folders of resources as texts."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from kvput.declarations import Dangling, Declaration, Declarations, OnDelete, Relation
from kvput.paths import CollectionPath
from kvput.resources.relations.audit import LinkAudit, LinkVerdict, value_of
from kvput.store.base import Batch, Decision, Delete, Put, View, Write
from kvput.store.memory import MemoryStore
from tests.store.tools import collection, resource, writing

ARTICLES, AUTHORS, TAGS = map(collection, ("/articles/", "/authors/", "/tags/"))
PEOPLE, PROFILES = collection("/people/"), collection("/profiles/")

AUTHOR: Final = Relation(ARTICLES, "author", AUTHORS, inverse="articles")
ALONE: Final = replace(AUTHOR, inverse=None)
TAGGED: Final = Relation(ARTICLES, "tags", TAGS, many=True, inverse="articles")
PROFILE: Final = Relation(PEOPLE, "profile", PROFILES, inverse="person", inverse_many=False)
CHAPTERS: Final = Relation(
    AUTHORS, "articles", ARTICLES, many=True, inverse="author", inverse_many=False
)
PARENT: Final = Relation(PEOPLE, "parent", PEOPLE, inverse="children")
FRIENDS: Final = Relation(
    PEOPLE, "friends", PEOPLE, many=True, inverse="friends", on_delete=OnDelete.UNLINK
)
SPOUSE: Final = replace(FRIENDS, member="spouse", inverse="spouse", many=False, inverse_many=False)
KINDS: Final = (AUTHOR, ALONE, TAGGED, PROFILE, CHAPTERS, PARENT, FRIENDS, SPOUSE)

Texts = Mapping[str, str]
"""The contents of resources, by their URLs."""
Changes = Mapping[str, str | None]
"""What is to stand under URLs; None for what is to be deleted."""


def required(relation: Relation) -> Relation:
    """The relation, where one must be named."""
    return replace(relation, required=True)


def lax(relation: Relation) -> Relation:
    """The relation, where what is named need not be there."""
    return replace(relation, dangling=Dangling.ALLOW)


def declarations(*relations: Relation) -> Declarations:
    """The declarations of these relations, and of nothing else."""
    by_collection: dict[CollectionPath, Declaration] = {}
    for relation in relations:
        before = by_collection.get(relation.collection, Declaration(relation.collection))
        by_collection[relation.collection] = replace(
            before, relations=(*before.relations, relation)
        )
    return Declarations(by_collection)


async def store_with(texts: Texts) -> MemoryStore:
    """A store with these resources."""
    store = MemoryStore()
    await store.commit(writing(*(Put(resource(url), text.encode()) for url, text in texts.items())))
    return store


def decision(changes: Changes) -> Decision:
    """Make the changes; what is not there anyway is not deleted."""

    def decide(view: View) -> Batch:
        writes: list[Write] = []
        for url, text in changes.items():
            if text is not None:
                writes.append(Put(resource(url), text.encode()))
            elif view.get(resource(url)) is not None:
                writes.append(Delete(resource(url)))
        return Batch(tuple(writes))

    return decide


def judge(texts: Texts, *relations: Relation) -> LinkVerdict:
    """What an audit of these resources finds."""
    audit = LinkAudit(declarations(*relations))
    for url, text in texts.items():
        audit.add(resource(url), value_of(text.encode()))
    return audit.judge()

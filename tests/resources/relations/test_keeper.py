"""What changes with what is written, so that both sides of a relation agree."""

import json
from dataclasses import dataclass, field, replace
from unittest import mock

import pytest

from kvput.content.json_slices import value_in
from kvput.declarations import Dangling, OnDelete, Relation
from kvput.errors import (
    ContentTooLarge,
    InvalidReference,
    KvputError,
    Referenced,
    StoredContentMalformed,
)
from kvput.resources.batch import BatchDecision
from kvput.resources.batch_document import steps_in
from kvput.resources.consequences import RuledDecision, Rules
from kvput.resources.relations import keeper as relation_rules
from kvput.resources.relations import links
from kvput.resources.schemas.in_use import Schemas
from kvput.store.memory import MemoryStore
from tests.resources.relations.tools import (
    ALONE,
    ARTICLES,
    AUTHOR,
    CHAPTERS,
    FRIENDS,
    PARENT,
    PEOPLE,
    PROFILE,
    PROFILES,
    SPOUSE,
    TAGGED,
    Changes,
    Texts,
    decision,
    declarations,
    store_with,
)
from tests.store.tools import resource


def rules(*relations: Relation) -> Rules:
    """The rules of these relations, and of nothing else."""
    return Rules(declarations(*relations), Schemas(print))


@dataclass(frozen=True)
class Case:
    """Resources, what is written, and what changes besides; or the error, and a part of it."""

    title: str
    relations: tuple[Relation, ...]
    before: Texts
    write: Changes
    related: Changes = field(default_factory=dict)
    error: type[KvputError] | None = None
    says: str = ""


ONE = {"/authors/1": '{"articles": [5]}', "/authors/2": "{}", "/articles/5": '{"author": 1}'}
TWO = {**ONE, "/articles/6": '{"author": 1}', "/authors/1": '{"articles": [5, 6]}'}
PAIRS = {
    "/people/1": '{"profile": 1}', "/people/2": '{"profile": 2}', "/people/3": "{}",
    "/profiles/1": '{"person": 1}', "/profiles/2": '{"person": 2}', "/profiles/3": "{}",
}  # fmt: skip
FAMILY = {
    "/people/1": '{"children": [2, 3]}',
    "/people/2": '{"parent": 1, "children": [4]}',
    "/people/3": '{"parent": 1}',
    "/people/4": '{"parent": 2}',
}


def on_delete(rule: OnDelete, relation: Relation = AUTHOR) -> tuple[Relation, ...]:
    """The relation with another rule."""
    return (replace(relation, on_delete=rule),)


RESTRICT, CASCADE, UNLINK = OnDelete.RESTRICT, OnDelete.CASCADE, OnDelete.UNLINK

CASES = [
    # --- to one
    Case("a new one is named in turn", (AUTHOR,), {"/authors/1": "{}"},
         {"/articles/5": '{"author": 1}'}, {"/authors/1": '{"articles": [5]}'}),
    Case("an id may be a text", (AUTHOR,), {"/authors/1": "{}"},
         {"/articles/5": '{"author": "1"}'}, {"/authors/1": '{"articles": [5]}'}),
    Case("a whole number may be written with a point", (AUTHOR,), {"/authors/1": "{}"},
         {"/articles/5": '{"author": 1.0}'}, {"/authors/1": '{"articles": [5]}'}),
    Case("an id is written as the resource writes it", (AUTHOR,), {"/authors/1": "{}"},
         {"/articles/5": '{"id": "5", "author": 1}'}, {"/authors/1": '{"articles": ["5"]}'}),
    Case("but composed as its name is", (AUTHOR,), {"/authors/1": "{}"},
         {"/articles/%C3%A9": '{"id": "e\\u0301", "author": 1}'},
         {"/authors/1": '{"articles": ["\u00e9"]}'}),
    Case("letters that are not composed name nobody", (AUTHOR,), {"/authors/%C3%A9": "{}"},
         {"/articles/5": '{"author": "e\\u0301"}'}, error=InvalidReference,
         says='write it as "\u00e9"'),
    Case("a member with a dot is one of the resource itself",
         (replace(ALONE, member="by.author"),), {"/authors/1": "{}",
         "/articles/5": '{"by": {"author": 1}}'}, {"/authors/1": None}),
    Case("whatever the others in the list look like", (AUTHOR,),
         {**ONE, "/authors/1": '{"articles": ["5"]}'},
         {"/articles/6": '{"author": 1}'}, {"/authors/1": '{"articles": ["5", 6]}'}),
    Case("also who is not there yet, and named already", (replace(AUTHOR,
         dangling=Dangling.ALLOW),), {"/articles/5": '{"id": "5", "author": 9}'},
         {"/authors/9": "{}"}, {"/authors/9": '{"articles": ["5"]}'}),
    Case("also of itself", (PARENT,), {}, {"/people/3": '{"id": "3", "children": [3]}'},
         {"/people/3": '{"id": "3", "children": [3], "parent": "3"}'}),
    Case("a name is a text", (AUTHOR,), {"/authors/ada": "{}"},
         {"/articles/notes": '{"author": "ada"}'}, {"/authors/ada": '{"articles": ["notes"]}'}),
    Case("one that moves leaves one and comes to the other", (AUTHOR,), ONE,
         {"/articles/5": '{"author": 2}'},
         {"/authors/1": '{"articles": []}', "/authors/2": '{"articles": [5]}'}),
    Case("one that stays changes nothing", (AUTHOR,), ONE, {"/articles/5": '{"author": "1"}'}),
    Case("null names nobody", (AUTHOR,), ONE, {"/articles/5": '{"author": null}'},
         {"/authors/1": '{"articles": []}'}),
    Case("nor does an empty text", (AUTHOR,), ONE, {"/articles/5": '{"author": ""}'},
         {"/authors/1": '{"articles": []}'}),
    Case("nor one that says nothing", (AUTHOR,), ONE, {"/articles/5": "{}"},
         {"/authors/1": '{"articles": []}'}),
    Case("nor zero bytes", (AUTHOR,), ONE, {"/articles/5": ""}, {"/authors/1": '{"articles": []}'}),
    Case("nor what is no object", (AUTHOR,), ONE, {"/articles/5": "[1]"},
         {"/authors/1": '{"articles": []}'}),
    Case("one that goes is named no more", (AUTHOR,), TWO, {"/articles/5": None},
         {"/authors/1": '{"articles": [6]}'}),
    Case("several at once", (AUTHOR,), TWO, {"/articles/5": None, "/articles/6": None},
         {"/authors/1": '{"articles": []}'}),
    Case("a list that hands have bent holds on to the rest", (AUTHOR,),
         {**ONE, "/authors/1": '{ "articles" : [ {"odd":1} , 5,5.0 ,"5" ] , "x":1.50}'},
         {"/articles/5": "{}"}, {"/authors/1": '{ "articles" : [ {"odd":1} ] , "x":1.50}'}),
    Case("what is not touched keeps its bytes", (AUTHOR,),
         {"/authors/1": '{\n\t"x": 1.50,\n\t"articles": [\n\t\t3\n\t],\n\t"y": {}\n}\n',
          "/articles/3": '{"author": 1}'},
         {"/articles/5": '{"author": 1}'},
         {"/authors/1": '{\n\t"x": 1.50,\n\t"articles": [\n\t\t3,\n\t\t5\n\t],\n\t"y": {}\n}\n'}),
    Case("without an inverse only it changes", (ALONE,), ONE, {"/articles/5": '{"author": 2}'}),
    # --- the inverse is written
    Case("the inverse takes one", (AUTHOR,), {**ONE, "/articles/6": "{}"},
         {"/authors/2": '{"articles": [6]}'}, {"/articles/6": '{"author": 2}'}),
    Case("the inverse takes one from another", (AUTHOR,), ONE, {"/authors/2": '{"articles": [5]}'},
         {"/articles/5": '{"author": 2}', "/authors/1": '{"articles": []}'}),
    Case("the inverse lets one go", (AUTHOR,), TWO, {"/authors/1": '{"articles": [6]}'},
         {"/articles/5": '{"author": null}'}),
    Case("null in the inverse lets all go", (AUTHOR,), ONE, {"/authors/1": '{"articles": null}'},
         {"/articles/5": '{"author": null}'}),
    Case("who leaves the inverse out does not mean it", (AUTHOR,), ONE,
         {"/authors/1": '{"name": "Ada"}'},
         {"/authors/1": '{"name": "Ada", "articles": [5]}'}),
    Case("a new one is told who names it already", (replace(AUTHOR, dangling=Dangling.ALLOW),),
         {"/articles/5": '{"author": 9}', "/articles/6": '{"author": "9"}'},
         {"/authors/9": '{"name": "Ada"}'},
         {"/authors/9": '{"name": "Ada", "articles": [5, 6]}'}),
    Case("but where it names others itself, those it names", (replace(AUTHOR,
         dangling=Dangling.ALLOW),),
         {"/articles/5": '{"author": 9}', "/articles/6": "{}"},
         {"/authors/9": '{"articles": [6]}'},
         {"/articles/5": '{"author": null}', "/articles/6": '{"author": 9}'}),
    Case("both sides in one commit", (AUTHOR,), {},
         {"/authors/1": '{"articles": [5]}', "/articles/5": '{"author": 1}'}),
    Case("one side of two new ones is enough", (AUTHOR,), {},
         {"/authors/1": '{"articles": [5]}', "/articles/5": "{}"},
         {"/articles/5": '{"author": 1}'}),
    Case("or the other, whichever comes first", (AUTHOR,), {},
         {"/articles/5": '{"author": 1}', "/authors/1": "{}"}, {"/authors/1": '{"articles": [5]}'}),
    Case("one that is left alone may come again", (AUTHOR,),
         {"/authors/1": '{"articles": [5]}', "/authors/2": "{}"},
         {"/articles/5": '{"author": 2}'},
         {"/authors/1": '{"articles": []}', "/authors/2": '{"articles": [5]}'}),
    # --- references that cannot be
    Case("a reference to nothing", (AUTHOR,), ONE, {"/articles/5": '{"author": 9}'},
         error=InvalidReference, says="/authors/9"),
    Case("a reference to nothing that is allowed", (replace(AUTHOR, dangling=Dangling.ALLOW),), {},
         {"/articles/5": '{"author": 9}'}),
    Case("a reference to nothing in the inverse", (AUTHOR,), ONE,
         {"/authors/2": '{"articles": [5, 99]}'}, error=InvalidReference, says="/articles/99"),
    Case("one that was there before does not matter", (AUTHOR,), {"/articles/5": '{"author": 9}'},
         {"/articles/5": '{"author": 9, "x": 1}'}),
    Case("nor what was no id before", (AUTHOR,), {"/articles/5": '{"author": {"id": 1, "x": 2}}'},
         {"/articles/5": '{"author": {"x":2.0, "id":1}, "y": 1}'}),
    Case("nor what was no list before", (TAGGED,), {"/articles/5": '{"tags": "a"}'},
         {"/articles/5": '{"tags": "a", "y": 1}'}),
    Case("nor where one must be named", (replace(AUTHOR, required=True),),
         {"/articles/5": '{"author": [1]}'}, {"/articles/5": '{"author": [1], "y": 1}'}),
    Case("what names somebody beside it does so", (TAGGED,),
         {"/articles/5": '{"tags": [null, "a"]}', "/tags/a": "{}"},
         {"/articles/5": '{"tags": [null, "a"], "y": 1}'}),
    Case("what is not as it was is asked about", (AUTHOR,), {"/articles/5": '{"author": [1]}'},
         {"/articles/5": '{"author": [2]}'}, error=InvalidReference, says="one id"),
    Case("also where only another one was so", (AUTHOR,), {"/articles/5": '{"author": [1]}'},
         {"/articles/6": '{"author": [1]}'}, error=InvalidReference, says="one id"),
    Case("also where it was no object", (AUTHOR,), {"/articles/5": "[1]"},
         {"/articles/5": '{"author": [1]}'}, error=InvalidReference, says="one id"),
    Case("who must name one does not leave it empty", (replace(AUTHOR, required=True),),
         {"/articles/5": '{"author": null}'}, {"/articles/5": '{"author": null, "y": 1}'},
         error=InvalidReference, says="must name"),
    Case("no id: a list", (AUTHOR,), ONE, {"/articles/5": '{"author": [1]}'},
         error=InvalidReference, says="one id"),
    Case("no id: an object", (AUTHOR,), ONE, {"/articles/5": '{"author": {"id": 1}}'},
         error=InvalidReference, says="one id"),
    Case("no id: a boolean", (AUTHOR,), ONE, {"/articles/5": '{"author": true}'},
         error=InvalidReference, says="no id"),
    Case("no id: a fraction", (AUTHOR,), ONE, {"/articles/5": '{"author": 1.5}'},
         error=InvalidReference, says="no id"),
    Case("no id: a dot", (AUTHOR,), ONE, {"/articles/5": '{"author": ".."}'},
         error=InvalidReference, says="no id"),
    Case("no list", (AUTHOR,), ONE, {"/authors/2": '{"articles": 5}'},
         error=InvalidReference, says="list"),
    Case("no id in the list", (AUTHOR,), ONE, {"/authors/2": '{"articles": [5, [6]]}'},
         error=InvalidReference, says="no id"),
    Case("one must be named", (replace(AUTHOR, required=True),), ONE, {"/articles/6": "{}"},
         error=InvalidReference, says="must name"),
    Case("one of many must be named", (replace(TAGGED, required=True),), {"/tags/a": "{}"},
         {"/articles/6": '{"tags": []}'}, error=InvalidReference, says="must name"),
    Case("the inverse may not let it go", (replace(AUTHOR, required=True),), ONE,
         {"/authors/1": '{"articles": []}'}, error=Referenced, says="/articles/5"),
    Case("but may take it from another", (replace(AUTHOR, required=True),), ONE,
         {"/authors/2": '{"articles": [5]}'},
         {"/articles/5": '{"author": 2}', "/authors/1": '{"articles": []}'}),
    Case("what the inverse gives is enough", (replace(AUTHOR, required=True),), {},
         {"/articles/5": "{}", "/authors/1": '{"articles": [5]}'},
         {"/articles/5": '{"author": 1}'}),
    Case("what is no object cannot be kept", (AUTHOR,), ONE, {"/authors/1": "[1]"},
         error=InvalidReference, says="object"),
    Case("what is broken cannot be kept", (AUTHOR,), {"/authors/1": "{"},
         {"/articles/5": '{"author": 1}'}, error=StoredContentMalformed, says="authors/1.json"),
    # --- many to many
    Case("many to many, one side", (TAGGED,), {"/tags/a": "{}", "/tags/b": '{"articles": [1]}'},
         {"/articles/5": '{"tags": ["a", "b"]}'},
         {"/tags/a": '{"articles": [5]}', "/tags/b": '{"articles": [1, 5]}'}),
    Case("and from the other", (TAGGED,), {"/articles/1": '{"tags": ["b"]}', "/articles/2": "{}"},
         {"/tags/a": '{"articles": [1, 2]}'},
         {"/articles/1": '{"tags": ["b", "a"]}', "/articles/2": '{"tags": ["a"]}'}),
    Case("one comes, one goes, one stays", (TAGGED,),
         {"/tags/a": '{"articles": [5]}', "/tags/b": '{"articles": [5, 6]}', "/tags/c": "{}",
          "/articles/5": '{"tags": ["a", "b"]}', "/articles/6": '{"tags": ["b"]}'},
         {"/articles/5": '{"tags": ["c", "b"]}'},
         {"/tags/a": '{"articles": []}', "/tags/c": '{"articles": [5]}'}),
    Case("an empty text in a list names none", (TAGGED,), {"/tags/a": "{}"},
         {"/articles/5": '{"tags": ["", "a", ""]}'}, {"/tags/a": '{"articles": [5]}'}),
    Case("also beside what goes", (TAGGED,),
         {"/tags/a": '{"articles": [5]}', "/articles/5": '{"tags": ["", "a"]}'},
         {"/tags/a": '{"articles": []}'}, {"/articles/5": '{"tags": [""]}'}),
    Case("and is not enough where one must be named", (replace(TAGGED, required=True),), {},
         {"/articles/5": '{"tags": [""]}'}, error=InvalidReference, says="must name"),
    Case("twice is once", (TAGGED,), {"/tags/a": "{}"}, {"/articles/5": '{"tags": ["a", "a"]}'},
         {"/tags/a": '{"articles": [5]}'}),
    # --- one to one
    Case("one to one", (PROFILE,), PAIRS, {"/people/3": '{"profile": 3}'},
         {"/profiles/3": '{"person": 3}'}),
    Case("one to one takes from another", (PROFILE,), PAIRS, {"/people/1": '{"profile": 2}'},
         {"/profiles/1": '{"person": null}', "/profiles/2": '{"person": 1}',
          "/people/2": '{"profile": null}'}),
    Case("one to one from the other side", (PROFILE,), PAIRS, {"/profiles/1": '{"person": 2}'},
         {"/people/1": '{"profile": null}', "/people/2": '{"profile": 1}',
          "/profiles/2": '{"person": null}'}),
    Case("one to many, declared of the one", (CHAPTERS,), ONE, {"/authors/2": '{"articles": [5]}'},
         {"/articles/5": '{"author": 2}', "/authors/1": '{"articles": []}'}),
    # --- to itself
    Case("a child", (PARENT,), FAMILY, {"/people/5": '{"parent": 4}'},
         {"/people/4": '{"parent": 2, "children": [5]}'}),
    Case("its own child", (PARENT,), FAMILY, {"/people/3": '{"parent": 3}'},
         {"/people/1": '{"children": [2]}', "/people/3": '{"parent": 3, "children": [3]}'}),
    Case("rows that name each other", (PARENT,), {},
         {"/people/1": '{"parent": 2}', "/people/2": '{"children": [1, 3]}', "/people/3": "{}"},
         {"/people/3": '{"parent": 2}'}),
    Case("of rows that contradict each other, the last wins", (PARENT,), {"/people/9": "{}"},
         {"/people/1": '{"parent": 9}', "/people/2": '{"children": [1]}'},
         {"/people/1": '{"parent": 2}'}),
    Case("whichever member it has", (PARENT,), {"/people/9": "{}"},
         {"/people/2": '{"children": [1]}', "/people/1": '{"parent": 9}'},
         {"/people/2": '{"children": []}', "/people/9": '{"children": [1]}'}),
    Case("of rows that pair up, too", (SPOUSE,), {},
         {"/people/1": '{"spouse": 3}', "/people/2": "{}", "/people/3": '{"spouse": 2}'},
         {"/people/1": '{"spouse": null}', "/people/2": '{"spouse": 3}'}),
    Case("what says two things of itself means the member that is declared", (PARENT,), FAMILY,
         {"/people/3": '{"parent": 1, "children": [3]}'},
         {"/people/3": '{"parent": 1, "children": []}'}),
    Case("so it is its own child, whatever its children say", (PARENT,), FAMILY,
         {"/people/3": '{"parent": 3, "children": []}'},
         {"/people/1": '{"children": [2]}', "/people/3": '{"parent": 3, "children": [3]}'}),
    Case("where that is left out, the other one says it", (PARENT,), FAMILY,
         {"/people/3": '{"children": [3]}'},
         {"/people/1": '{"children": [2]}', "/people/3": '{"children": [3], "parent": 3}'}),
    Case("friends", (FRIENDS,), {"/people/1": "{}", "/people/2": "{}"},
         {"/people/1": '{"friends": [2, 1]}'}, {"/people/2": '{"friends": [1]}'}),
    Case("a friend that goes", (FRIENDS,),
         {"/people/1": '{"friends": [2]}', "/people/2": '{"friends": [1]}'}, {"/people/1": None},
         {"/people/2": '{"friends": []}'}),
    # --- deleting
    Case("restrict", on_delete(RESTRICT), ONE, {"/authors/1": None}, error=Referenced,
         says="/articles/5"),
    Case("restrict without an inverse", on_delete(RESTRICT, ALONE), ONE, {"/authors/1": None},
         error=Referenced, says="/articles/5"),
    Case("restrict, where nobody names it", on_delete(RESTRICT), ONE, {"/authors/2": None}),
    Case("restrict, where all go", on_delete(RESTRICT), ONE,
         {"/authors/1": None, "/articles/5": None}),
    Case("restrict, where it is named by who is not in its list", on_delete(RESTRICT),
         {**ONE, "/authors/2": "{}", "/articles/6": '{"author": 2}'}, {"/authors/2": None},
         error=Referenced, says="/articles/6"),
    Case("cascade", on_delete(CASCADE), TWO, {"/authors/1": None},
         {"/articles/5": None, "/articles/6": None}),
    Case("cascade leaves alone who only seems to be named", on_delete(CASCADE),
         {**TWO, "/articles/6": '{"author": 2}'}, {"/authors/1": None}, {"/articles/5": None}),
    Case("cascade without an inverse", on_delete(CASCADE, ALONE), TWO, {"/authors/1": None},
         {"/articles/5": None, "/articles/6": None}),
    Case("cascade goes on", on_delete(CASCADE, PARENT), FAMILY, {"/people/1": None},
         {"/people/2": None, "/people/3": None, "/people/4": None}),
    Case("cascade ends where it has begun", on_delete(CASCADE, PARENT),
         {"/people/1": '{"parent": 2, "children": [2]}',
          "/people/2": '{"parent": 1, "children": [1]}'},
         {"/people/1": None}, {"/people/2": None}),
    Case("cascade takes its part out of others", (*on_delete(CASCADE), TAGGED),
         {**ONE, "/articles/5": '{"author": 1, "tags": ["a"]}', "/tags/a": '{"articles": [5]}'},
         {"/authors/1": None}, {"/articles/5": None, "/tags/a": '{"articles": []}'}),
    Case("cascade stops at restrict", (*on_delete(CASCADE),
         Relation(PROFILES, "article", ARTICLES)),
         {**ONE, "/profiles/1": '{"article": 5}'}, {"/authors/1": None}, error=Referenced,
         says="/profiles/1"),
    Case("cascade of many", on_delete(CASCADE, TAGGED),
         {"/tags/a": '{"articles": [5]}', "/articles/5": '{"tags": ["a"]}'}, {"/tags/a": None},
         {"/articles/5": None}),
    Case("unlink", on_delete(UNLINK), TWO, {"/authors/1": None},
         {"/articles/5": '{"author": null}', "/articles/6": '{"author": null}'}),
    Case("unlink of many", on_delete(UNLINK, TAGGED),
         {"/tags/a": '{"articles": [5]}', "/articles/5": '{"tags": ["a", "b"]}'}, {"/tags/a": None},
         {"/articles/5": '{"tags": ["b"]}'}),
    Case("unlink of one to one", on_delete(UNLINK, PROFILE), PAIRS, {"/profiles/1": None},
         {"/people/1": '{"profile": null}'}),
    Case("a number that goes is not given again", on_delete(CASCADE), ONE, {"/authors/1": None},
         {"/articles/5": None}),
    # --- others are left alone
    Case("collections of other names", (AUTHOR,), ONE, {"/comments/5": '{"author": 1}'}),
    Case("other members", (AUTHOR,), ONE, {"/articles/5": '{"author": 1, "authors": [2]}'}),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
async def test_what_changes_with_a_write(case: Case) -> None:
    """Only what must changes; or, with an error, nothing at all."""
    store = await store_with(case.before)
    ruled = RuledDecision(lambda: rules(*case.relations), decision(case.write))
    if case.error is not None:
        with pytest.raises(case.error) as caught:
            await store.commit(ruled)
        assert case.says in caught.value.detail
        return
    commit = await store.commit(ruled)
    expected = dict(case.write) | dict(case.related)
    changed = {
        change.path.url: None if change.after is None else (change.after.content or b"").decode()
        for change in commit.changes
    }
    assert changed == expected
    assert ruled.asked is None or set(ruled.asked) == {resource(url) for url in case.write}
    transformed = {url for url in case.write if url in case.related}
    assert {path.url for path in ruled.transformed} == transformed


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.error is None and len(case.write) == 1],
    ids=lambda case: case.title,
)
async def test_a_write_that_was_made_changes_nothing_the_second_time(case: Case) -> None:
    """What it says is so already."""
    store = await store_with(case.before)
    decide = RuledDecision(lambda: rules(*case.relations), decision(case.write))
    first = await store.commit(decide)
    again = {url: text for url, text in case.write.items() if text is not None}
    commit = await store.commit(RuledDecision(lambda: rules(*case.relations), decision(again)))
    assert all(change.before == change.after for change in commit.changes)
    assert commit.sequence == first.sequence


async def test_numbers_of_those_that_go_along_are_used_up() -> None:
    """A cascade raises their collection's counter."""
    store = await store_with(ONE)
    decide = RuledDecision(lambda: rules(*on_delete(CASCADE)), decision({"/authors/1": None}))
    await store.commit(decide)
    assert await store.read(lambda view: view.counter(ARTICLES)) == 5


async def test_too_many_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than the most that may change with one write are refused, and nothing is done."""
    monkeypatch.setattr(relation_rules, "MOST_RELATED", 2)
    texts = {f"/articles/{number}": '{"author": 1}' for number in range(3)}
    store = await store_with({"/authors/1": "{}", **texts})
    decide = RuledDecision(lambda: rules(*on_delete(CASCADE)), decision({"/authors/1": None}))
    with pytest.raises(ContentTooLarge):
        await store.commit(decide)
    assert await store.get(resource("/articles/0")) is not None


@pytest.mark.parametrize(
    ("text", "pointers", "fields"),
    [
        ('{"author": 9}', ["/author"], ["author"]),
        ('{"author": {}}', ["/author"], ["author"]),
        ('{"tags": {}}', ["/tags"], ["tags"]),
        ('{"tags": ["a", 1.5, "", null]}', ["/tags/1", "/tags/3"], ["tags.1", "tags.3"]),
        ('{"author": true, "tags": [[]]}', ["/author", "/tags/0"], ["author", "tags.0"]),
        ('{"tags": ["z", "a", "y"], "author": 9}', ["/author", "/tags/0", "/tags/2"],
         ["author", "tags.0", "tags.2"]),
    ],
)  # fmt: skip
async def test_an_error_says_all_places(text: str, pointers: list[str], fields: list[str]) -> None:
    """As pointers into the content, and as a sentence for each field of a form."""
    store = await store_with({"/tags/a": "{}"})
    with pytest.raises(InvalidReference) as caught:
        await store.commit(
            RuledDecision(lambda: rules(AUTHOR, TAGGED), decision({"/articles/1": text}))
        )
    members = caught.value.members
    assert members["pointer"] == pointers[0]
    assert isinstance(members["errors"], dict)
    assert list(members["errors"]) == fields
    assert isinstance(members["pointers"], list)
    assert members["pointers"] == [
        {"pointer": pointer, "message": members["errors"][field]}
        for pointer, field in zip(pointers, fields, strict=True)
    ]
    assert f'The member "{fields[0]}" of /articles/1 ' in caught.value.detail


async def test_what_must_be_named_is_a_fault_beside_others() -> None:
    """All that is known when all is done is told at once."""
    relations = (replace(AUTHOR, required=True), TAGGED)
    with pytest.raises(InvalidReference) as caught:
        await MemoryStore().commit(
            RuledDecision(lambda: rules(*relations), decision({"/articles/1": '{"tags": ["a"]}'}))
        )
    assert caught.value.members["errors"] == {
        "author": "Must name a resource of /authors.",
        "tags.0": "Names /tags/a, which is not there: make that first, or name another.",
    }


OWNED = Relation(PROFILES, "user", PEOPLE, inverse="profile", inverse_many=False, required=True)
OWNERS = {
    "/people/1": '{"profile": 1}', "/people/2": '{"profile": 2}', "/people/3": "{}",
    "/profiles/1": '{"user": 1}', "/profiles/2": '{"user": 2}',
}  # fmt: skip
HELD = replace(CHAPTERS, required=True)


@pytest.mark.parametrize(
    ("relation", "before", "write", "refused", "pointer", "sentence", "referrers"),
    [
        (OWNED, OWNERS, {"/profiles/3": '{"user": 1}'}, "/profiles/3", "/user",
         ("names /people/1, which is already named by /profiles/1, and that one must name a "
         "resource of /people: change it first, or in the same batch."), ["/profiles/1"]),
        (OWNED, OWNERS, {"/people/1": '{"profile": null}'}, "/people/1", "/profile",
         ("no longer names /profiles/1, and that one must name a resource of /people: change or "
         "delete it first, or in the same batch."), ["/profiles/1"]),
        (OWNED, OWNERS, {"/people/1": '{"profile": 2}'}, "/people/1", "/profile",
         ("no longer names /profiles/1, and that one must name a resource of /people: change or "
         "delete it first, or in the same batch."), ["/profiles/1"]),
        (HELD, ONE, {"/authors/2": '{"articles": ["", 5]}'}, "/authors/2", "/articles/1",
         ("names /articles/5, which is already named by /authors/1, and that one must name a "
         "resource of /articles: change it first, or in the same batch."), ["/authors/1"]),
        (replace(AUTHOR, required=True), TWO, {"/authors/1": '{"articles": []}'}, "/authors/1",
         "/articles", ("no longer names /articles/5, and that one must name a resource of "
         '/authors: change or delete it first, or in the same batch ("pointers" names 1 more).'),
         ["/articles/5", "/articles/6"]),
    ],
)  # fmt: skip
async def test_who_leaves_another_without_what_it_must_name_is_told_by_what(
    relation: Relation, before: Texts, write: Changes, refused: str, pointer: str, sentence: str,
    referrers: list[str],
) -> None:  # fmt: skip
    """The member at fault is that of the resource that is written, where a form shows it."""
    store = await store_with(before)
    with pytest.raises(Referenced) as caught:
        await store.commit(RuledDecision(lambda: rules(relation), decision(write)))
    field = pointer[1:].replace("/", ".")
    assert caught.value.detail == f'The member "{field}" of {refused} {sentence}'
    members = caught.value.members
    assert (members["resource"], members["pointer"]) == (refused, pointer)
    assert members["referrers"] == referrers
    assert isinstance(members["errors"], dict)
    assert list(members["errors"]) == [field]


async def test_what_lost_its_name_to_one_that_has_given_it_up_again() -> None:
    """Then it is itself what is refused; a name of its own in the same batch is enough."""
    store = await store_with(OWNERS)
    operations = [
        {"op": "put", "path": "/profiles/3", "value": {"user": 1}},
        {"op": "put", "path": "/profiles/3", "value": {"user": 3}},
    ]
    text = value_in(json.dumps(operations).encode())
    with pytest.raises(Referenced, match="give it one in the same batch") as caught:
        await store.commit(BatchDecision(steps_in(text), 1 << 20, rules(OWNED)))
    assert caught.value.members["resource"] == "/profiles/1"
    operations.append({"op": "put", "path": "/profiles/1", "value": {"user": 1}})
    text = value_in(json.dumps(operations).encode())
    await store.commit(BatchDecision(steps_in(text), 1 << 20, rules(OWNED)))


@pytest.mark.parametrize("identifier", ["null", '"z"'])
async def test_not_more_faults_are_told_than_help(identifier: str) -> None:
    """An answer must not become much larger than its request."""
    text = f'{{"tags": [{", ".join([identifier] * 101)}], "author": 9}}'.replace('"z"', '"z%d"')
    text = text % tuple(range(text.count("%d")))
    with pytest.raises(InvalidReference, match="names 99 more, and there may be others") as caught:
        await MemoryStore().commit(
            RuledDecision(lambda: rules(TAGGED, AUTHOR), decision({"/articles/1": text}))
        )
    assert isinstance(caught.value.members["pointers"], list)
    assert len(caught.value.members["pointers"]) == 100


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"author": [1]}', "must be one id of a resource in /authors, or null."),
        ('{"owner": [1]}', "must be one id of a resource in /authors."),
        ('{"author": true}', "in /authors: an id is a text or a whole number."),
        ('{"author": 1.5}', "in /authors: an id is a text or a whole number."),
        ('{"tags": [null]}', "in /tags: an id is a text or a whole number."),
        ('{"tags": [{"id": 1}]}', "in /tags: an id is a text or a whole number."),
        ('{"author": 1e400}', "send it as a text, in quotation marks."),
        ('{"author": ".."}', 'The segment ".." is relative: write the path without it.'),
    ],
)
async def test_an_error_says_what_is_no_id(text: str, reason: str) -> None:
    """And nothing of numbers that the server gives, as where a new resource is named."""
    owner = replace(ALONE, member="owner", required=True)
    with pytest.raises(InvalidReference) as caught:
        await MemoryStore().commit(
            RuledDecision(lambda: rules(AUTHOR, TAGGED, owner), decision({"/articles/1": text}))
        )
    assert caught.value.detail.endswith(f" {reason}")


def test_json_of_the_cases_is_json() -> None:
    """But for what is meant to be broken."""
    for case in CASES:
        for text in [*case.write.values(), *case.related.values()]:
            if text:
                json.loads(text)


@pytest.mark.parametrize("left", ["{}", '{"articles": null}', '{"articles": []}'])
async def test_what_a_patch_takes_out_is_gone(left: str) -> None:
    """Who changes a resource in part, and leaves nothing of the inverse, means it."""
    store = await store_with(ONE)
    decide = RuledDecision(lambda: rules(AUTHOR), decision({"/authors/1": left}), in_part=True)
    commit = await store.commit(decide)
    contents = [change.after and change.after.content for change in commit.changes]
    assert contents == [left.encode(), b'{"author": null}']


async def test_a_list_that_many_steps_change_is_written_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The time that a batch takes grows with its steps, and not with its steps and the list."""
    steps = [
        {"op": "put", "path": f"/articles/{number}", "value": {"author": 1}} for number in range(50)
    ]
    edited = mock.Mock(wraps=links.edited)
    monkeypatch.setattr(relation_rules, "edited", edited)
    store = await store_with({"/authors/1": "{}"})
    text = value_in(json.dumps(steps).encode())
    await store.commit(BatchDecision(steps_in(text), 1 << 20, rules(AUTHOR)))
    entry = await store.get(resource("/authors/1"))
    assert entry is not None
    assert json.loads(entry.content or b"") == {"articles": list(range(50))}
    assert edited.call_count == 1


# --- moving


MOVES = [
    Case("those that name it name it anew", (AUTHOR,), TWO, {"/authors/1": "/authors/7"},
         {"/articles/5": '{"author": 7}', "/articles/6": '{"author": 7}'}),
    Case("without an inverse, too", on_delete(CASCADE, ALONE), TWO, {"/authors/1": "/authors/ada"},
         {"/articles/5": '{"author": "ada"}', "/articles/6": '{"author": "ada"}'}),
    Case("those that it names name it anew", (AUTHOR,), ONE, {"/articles/5": "/articles/8"},
         {"/authors/1": '{"articles": [8]}'}),
    Case("also who is not in its list", (AUTHOR,), {**TWO, "/authors/1": '{"articles": [5]}'},
         {"/authors/1": "/authors/7"},
         {"/articles/5": '{"author": 7}', "/articles/6": '{"author": 7}',
          "/authors/7": '{"articles": [5, 6]}'}),
    Case("itself", (PARENT,), {"/people/1": '{"parent": 1, "children": [1]}'},
         {"/people/1": "/people/2"}, {"/people/2": '{"parent": 2, "children": [2]}'}),
    Case("itself, as it calls itself", (PARENT,),
         {"/people/1": '{"id": "1", "parent": 1, "children": [1]}'}, {"/people/1": "/people/2"},
         {"/people/2": '{"id": "2", "parent": "2", "children": ["2"]}'}),
    Case("a friend", (FRIENDS,),
         {"/people/1": '{"friends": [2]}', "/people/2": '{"friends": [1]}'},
         {"/people/1": "/people/3"}, {"/people/2": '{"friends": [3]}'}),
    Case("what holds no id", (AUTHOR,), {"/articles/5": '{"author": [1]}'},
         {"/articles/5": "/articles/8"}),
    Case("but not to where it must hold one", (AUTHOR,), {"/former/5": '{"author": [1]}'},
         {"/former/5": "/articles/5"}, error=InvalidReference, says="one id"),
    Case("to where no relation leads", on_delete(CASCADE), ONE, {"/authors/1": "/former/1"},
         error=Referenced, says="/articles/5"),
    Case("to where no relation leads, if nobody minds", on_delete(CASCADE), ONE,
         {"/authors/2": "/former/2"}),
]  # fmt: skip


@pytest.mark.parametrize("case", MOVES, ids=lambda case: case.title)
async def test_what_changes_with_a_move(case: Case) -> None:
    """No rule for deletions takes anything along."""
    store = await store_with(case.before)
    ((source, target),) = case.write.items()
    text = f'[{{"op": "move", "from": "{source}", "path": "{target}"}}]'.encode()
    decide = BatchDecision(steps_in(value_in(text)), 1 << 20, rules(*case.relations))
    if case.error is not None:
        with pytest.raises(case.error) as caught:
            await store.commit(decide)
        assert case.says in caught.value.detail
        return
    commit = await store.commit(decide)
    assert target is not None
    expected = {source: None, target: case.before[source]} | dict(case.related)
    changed = {
        change.path.url: None if change.after is None else (change.after.content or b"").decode()
        for change in commit.changes
    }
    assert changed == expected

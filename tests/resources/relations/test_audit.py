"""Links that hands have written: what is wrong with them, and that the repair is one."""

import json
from contextlib import suppress
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvput.declarations import Relation
from kvput.errors import KvputError
from kvput.paths import CollectionPath
from kvput.resources.consequences import RuledDecision, Rules
from kvput.resources.relations.audit import (
    LinkFault,
    LinkFaultKind,
    LinkVerdict,
    value_of,
)
from kvput.resources.relations.links import edited
from kvput.resources.schemas.in_use import Schemas
from kvput.store.base import Store
from kvput.store.memory import MemoryStore
from tests.resources.relations.tools import (
    ALONE,
    AUTHOR,
    CHAPTERS,
    FRIENDS,
    KINDS,
    PARENT,
    PROFILE,
    SPOUSE,
    TAGGED,
    Texts,
    decision,
    declarations,
    judge,
    lax,
    required,
)
from tests.store.tools import list_of

MALFORMED, MISSING = LinkFaultKind.MALFORMED, LinkFaultKind.MISSING
DANGLING, ONE_SIDED = LinkFaultKind.DANGLING, LinkFaultKind.ONE_SIDED


def repaired(texts: Texts, verdict: LinkVerdict) -> dict[str, str]:
    """The resources with what repairs them."""
    after = dict(texts)
    for path, edits in verdict.repairs.items():
        content = texts[path.url].encode()
        value = value_of(content)
        assert isinstance(value, dict)
        after[path.url] = edited(content, value, edits).decode()
    return after


async def texts_in(store: Store, relation: Relation) -> dict[str, str]:
    """The resources of the collections that a relation concerns."""
    found: dict[str, str] = {}
    for where in (relation.collection, relation.to):
        for entry in await list_of(store, f"{where.url}/") or ():
            found[entry.path.url] = (entry.content or b"").decode()
    return found


def told(fault: LinkFault) -> tuple[LinkFaultKind, str, str | None, bool]:
    """A fault in short."""
    return fault.kind, fault.path.url, fault.name, fault.is_repairable


# --- folders, what is wrong with them, and what the repair changes

NO: Texts = {}
CASES = [
    # --- all is well
    ("both agree", AUTHOR,
     {"/articles/5": '{"author": 1}', "/authors/1": '{"articles": [5]}'}, [], NO),
    ("nobody says anything", AUTHOR,
     {"/articles/5": "{}", "/articles/6": "", "/authors/1": "[1]", "/authors/2": "{}"}, [], NO),
    ("ids are written in any way", AUTHOR,
     {"/articles/5": '{"author": "1"}', "/authors/1": '{"articles": ["5", 5.0, 5]}'}, [], NO),
    ("to oneself", PARENT, {"/people/1": '{"parent": 1, "children": [1]}'}, [], NO),
    ("friends", FRIENDS,
     {"/people/1": '{"friends": [2, 1]}', "/people/2": '{"friends": [1]}'}, [], NO),
    ("another collection, another member", AUTHOR,
     {"/tags/5": '{"author": 9}', "/articles/5": '{"writer": 9}'}, [], NO),
    # --- what is not there
    ("an id of nothing", AUTHOR, {"/articles/5": '{"x": 1.50, "author": 9}'},
     [(DANGLING, "/articles/5", "9", True)], {"/articles/5": '{"x": 1.50, "author": null}'}),
    ("an id of nothing, without inverse", ALONE, {"/articles/5": '{"author": "ada"}'},
     [(DANGLING, "/articles/5", "ada", True)], {"/articles/5": '{"author": null}'}),
    ("an id of nothing, which is allowed", lax(AUTHOR),
     {"/articles/5": '{"author": 9}', "/authors/1": '{"articles": [8]}'}, [], NO),
    ("one of many", TAGGED,
     {"/articles/5": '{"tags": ["a", "b"]}', "/tags/a": '{"articles": [5]}'},
     [(DANGLING, "/articles/5", "b", True)], {"/articles/5": '{"tags": ["a"]}'}),
    ("one in the inverse", AUTHOR, {"/authors/1": '{"articles": [7, {"odd": 1}, 8]}'},
     [(MALFORMED, "/authors/1", None, False), (DANGLING, "/authors/1", "7", False),
      (DANGLING, "/authors/1", "8", False)], NO),
    ("an id that no path has room for", ALONE, {"/articles/5": json.dumps({"author": "a" * 250})},
     [(DANGLING, "/articles/5", "a" * 250, True)], {"/articles/5": '{"author": null}'}),
    ("nothing would be left where one must be", required(AUTHOR), {"/articles/5": '{"author": 9}'},
     [(DANGLING, "/articles/5", "9", False)], NO),
    ("the last ones of many that must be", required(TAGGED), {"/articles/5": '{"tags": [8, 9]}'},
     [(DANGLING, "/articles/5", "8", False), (DANGLING, "/articles/5", "9", False)], NO),
    ("some of many that must be", required(TAGGED),
     {"/articles/5": '{"tags": [8, "a", 9]}', "/tags/a": '{"articles": [5]}'},
     [(DANGLING, "/articles/5", "8", True), (DANGLING, "/articles/5", "9", True)],
     {"/articles/5": '{"tags": ["a"]}'}),
    # --- the owner is the truth
    ("the inverse leaves out its member", AUTHOR,
     {"/articles/10": '{"author": 1}', "/articles/9": '{"author": 1}', "/authors/1": "{}"},
     [(ONE_SIDED, "/articles/9", "1", True), (ONE_SIDED, "/articles/10", "1", True)],
     {"/authors/1": '{"articles": [9, 10]}'}),
    ("the inverse is written as texts", AUTHOR,
     {"/articles/5": '{"author": 1}', "/articles/6": '{"author": 1}',
      "/authors/1": '{"articles": ["5"]}'},
     [(ONE_SIDED, "/articles/6", "1", True)], {"/authors/1": '{"articles": ["5", 6]}'}),
    ("an id is written as the resource writes it", AUTHOR,
     {"/articles/5": '{"id": "5", "author": 1}', "/authors/1": '{"articles": null}'},
     [(ONE_SIDED, "/articles/5", "1", True)], {"/authors/1": '{"articles": ["5"]}'}),
    ("the inverse names one that names another", AUTHOR,
     {"/articles/5": '{"author": 2}', "/authors/1": '{"articles": [5]}',
      "/authors/2": '{"articles": [5]}'},
     [(ONE_SIDED, "/authors/1", "5", True)], {"/authors/1": '{"articles": []}'}),
    ("the inverse names one that names null", AUTHOR,
     {"/articles/5": '{"author": null}', "/authors/1": '{"articles": [5]}'},
     [(ONE_SIDED, "/authors/1", "5", True)], {"/authors/1": '{"articles": []}'}),
    ("the inverse names one that names none of many", TAGGED,
     {"/articles/5": '{"tags": []}', "/tags/a": '{"articles": [5]}'},
     [(ONE_SIDED, "/tags/a", "5", True)], {"/tags/a": '{"articles": []}'}),
    ("one to one", PROFILE,
     {"/people/1": '{"profile": 2}', "/profiles/2": '{"person": 3}', "/people/3": '{"profile": 4}',
      "/profiles/4": '{"person": 3}'},
     [(ONE_SIDED, "/people/1", "2", True), (ONE_SIDED, "/profiles/2", "3", True)],
     {"/profiles/2": '{"person": 1}'}),
    ("two name one that can name one, which has decided", PROFILE,
     {"/people/1": '{"profile": 2}', "/people/3": '{"profile": 2}', "/profiles/2": '{"person": 3}'},
     [(ONE_SIDED, "/people/1", "2", False)], NO),
    ("two name one that can name one, and names a third", PROFILE,
     {"/people/1": '{"profile": 2}', "/people/3": '{"profile": 2}', "/people/4": "{}",
      "/profiles/2": '{"person": 4}'},
     [(ONE_SIDED, "/people/1", "2", False), (ONE_SIDED, "/people/3", "2", False),
      (ONE_SIDED, "/profiles/2", "4", False)], NO),
    ("two lists hold what can name one", CHAPTERS,
     {"/authors/1": '{"articles": [5]}', "/authors/2": '{"articles": [5]}',
      "/articles/5": '{"author": null}'},
     [(ONE_SIDED, "/authors/1", "5", False), (ONE_SIDED, "/authors/2", "5", False)], NO),
    ("one is named, and names another that says nothing", PROFILE,
     {"/people/1": '{"profile": 2}', "/people/4": "{}", "/profiles/2": '{"person": 4}'},
     [(ONE_SIDED, "/people/1", "2", True), (ONE_SIDED, "/profiles/2", "4", True)],
     {"/profiles/2": '{"person": 1}'}),
    # --- the owner leaves out its member
    ("the inverse alone says it", AUTHOR,
     {"/articles/5": "{}", "/articles/6": "", "/authors/1": '{"articles": [5, 6]}'},
     [(ONE_SIDED, "/authors/1", "5", True), (ONE_SIDED, "/authors/1", "6", True)],
     {"/articles/5": '{"author": 1}', "/articles/6": '{"author": 1}'}),
    ("two say it of one that can name one", AUTHOR,
     {"/articles/5": "{}", "/authors/1": '{"articles": [5]}', "/authors/2": '{"articles": [5]}'},
     [(ONE_SIDED, "/authors/1", "5", False), (ONE_SIDED, "/authors/2", "5", False)], NO),
    ("two say it of one that can name many", TAGGED,
     {"/articles/5": "{}", "/tags/b": '{"articles": [5]}', "/tags/a": '{"articles": [5]}'},
     [(ONE_SIDED, "/tags/a", "5", True), (ONE_SIDED, "/tags/b", "5", True)],
     {"/articles/5": '{"tags": ["a", "b"]}'}),
    ("one that must be named is offered", required(AUTHOR),
     {"/articles/5": "{}", "/authors/1": '{"articles": [5]}'},
     [(MISSING, "/articles/5", None, True), (ONE_SIDED, "/authors/1", "5", True)],
     {"/articles/5": '{"author": 1}'}),
    ("one that must be named is not", required(AUTHOR),
     {"/articles/5": "{}", "/articles/6": '{"author": null}', "/articles/7": "[]"},
     [(MISSING, "/articles/5", None, False), (MISSING, "/articles/6", None, False),
      (MISSING, "/articles/7", None, False)], NO),
    ("a child that says nothing", PARENT,
     {"/people/1": '{"children": [2]}', "/people/2": '{"children": null}'},
     [(ONE_SIDED, "/people/1", "2", True)],
     {"/people/2": '{"children": null, "parent": 1}'}),
    # --- its own inverse
    ("a friend", FRIENDS, {"/people/1": '{"friends": [2]}', "/people/2": '{"friends": []}'},
     [(ONE_SIDED, "/people/1", "2", True)], {"/people/2": '{"friends": [1]}'}),
    ("a spouse of one who names nobody", SPOUSE, {"/people/1": '{"spouse": 2}', "/people/2": "{}"},
     [(ONE_SIDED, "/people/1", "2", True)], {"/people/2": '{"spouse": 1}'}),
    ("a spouse of one who names another", SPOUSE,
     {"/people/1": '{"spouse": 2}', "/people/2": '{"spouse": 3}', "/people/3": '{"spouse": 2}'},
     [(ONE_SIDED, "/people/1", "2", False)], NO),
    ("two spouses", SPOUSE,
     {"/people/1": '{"spouse": 2}', "/people/2": "{}", "/people/3": '{"spouse": 2}'},
     [(ONE_SIDED, "/people/1", "2", False), (ONE_SIDED, "/people/3", "2", False)], NO),
    # --- what cannot be read, or edited
    ("no id", AUTHOR, {"/articles/5": '{"author": [1]}', "/authors/1": '{"articles": [5]}'},
     [(MALFORMED, "/articles/5", None, False)], NO),
    ("no list", AUTHOR, {"/articles/5": '{"author": 1}', "/authors/1": '{"articles": 5}'},
     [(MALFORMED, "/authors/1", None, False)], NO),
    ("a list that is read in part", TAGGED,
     {"/articles/5": '{"tags": ["a", true]}', "/tags/a": "{}", "/tags/b": '{"articles": [5]}'},
     [(MALFORMED, "/articles/5", None, False), (ONE_SIDED, "/articles/5", "a", True)],
     {"/tags/a": '{"articles": [5]}'}),
    ("what is no JSON says nothing, and may say anything", AUTHOR,
     {"/articles/5": '{"author": 1}', "/articles/6": "{", "/authors/1": "}",
      "/authors/2": '{"articles": [6]}'}, [], NO),
    ("what is no object cannot name anybody", AUTHOR,
     {"/articles/5": '{"author": 1}', "/articles/6": "7", "/authors/1": "[]",
      "/authors/2": '{"articles": [6]}'},
     [(ONE_SIDED, "/articles/5", "1", False), (ONE_SIDED, "/authors/2", "6", False)], NO),
    ("one names it that can be read, another perhaps", PROFILE,
     {"/people/1": '{"profile": 2}', "/people/3": "{", "/profiles/2": '{"person": 3}'},
     [(ONE_SIDED, "/people/1", "2", False)], NO),
]  # fmt: skip


@pytest.mark.parametrize(
    ("relation", "texts", "faults", "changed"),
    [case[1:] for case in CASES],
    ids=[c[0] for c in CASES],
)
def test_a_folder_is_judged_and_repaired(
    relation: Relation,
    texts: Texts,
    faults: list[tuple[LinkFaultKind, str, str | None, bool]],
    changed: Texts,
) -> None:
    """What is wrong, what of it can be repaired, and just what that changes."""
    verdict = judge(texts, relation)
    assert list(map(told, verdict.faults)) == faults
    after = repaired(texts, verdict)
    assert {url: text for url, text in after.items() if text != texts[url]} == changed
    assert {path.url for path in verdict.repairs} == set(changed)


SENTENCES = [
    (AUTHOR, {"/articles/5": '{"author": 9}'},
     'The member "author" names /authors/9, which is not there: take it out.'),
    (required(AUTHOR), {"/articles/5": '{"author": 9}'},
     ('The member "author" names /authors/9, which is not there, and must name one: '
      "correct it by hand.")),
    (AUTHOR, {"/articles/5": '{"author": 1}', "/authors/1": "{}"},
     ('The member "author" names /authors/1, and its "articles" does not name this one in turn: '
      "let that one name /articles/5.")),
    (AUTHOR, {"/articles/5": '{"author": null}', "/authors/1": '{"articles": [5]}'},
     ('The member "articles" names /articles/5, and its "author" does not name this one in turn: '
      "take it out.")),
    (AUTHOR, {"/articles/5": '{"author": 1}', "/authors/1": "[]"},
     ('The member "author" names /authors/1, and its "articles" does not name this one in turn: '
      "make an object of that one.")),
    (SPOUSE, {"/people/1": '{"spouse": 2}', "/people/2": '{"spouse": 2}'},
     ('The member "spouse" names /people/2, and its "spouse" does not name this one in turn: '
      "/people/2 claims it too; change the one that is wrong.")),
    (CHAPTERS, {"/articles/6": '{"author": 5}', "/authors/5": '{"articles": [6]}',
                "/authors/6": '{"articles": [6]}'},
     ('The member "articles" names /articles/6, and its "author" does not name this one in turn: '
      "/authors/5 claims it too; change the one that is wrong.")),
    (PROFILE, {"/people/1": '{"profile": 2}', "/people/3": "{", "/profiles/2": '{"person": 3}'},
     ('The member "profile" names /profiles/2, and its "person" does not name this one in turn: '
      "/people/3 claims it too; change the one that is wrong.")),
    (AUTHOR, {"/articles/5": '{"author": 2}', "/authors/1": '{"articles": [5, true]}',
              "/authors/2": '{"articles": [5]}'},
     ('The member "articles" names /articles/5, and its "author" does not name this one in turn: '
      "/authors/2 claims it too; change the one that is wrong.")),
    (TAGGED, {"/articles/5": '{"tags": []}', "/tags/a": '{"articles": [5, true]}'},
     ('The member "articles" names /articles/5, and its "tags" does not name this one in turn: '
      "change the one that is wrong.")),
    (required(AUTHOR), {"/articles/5": "{}"},
     'The member "author" must name a resource of /authors, and names none: let it name one.'),
    (AUTHOR, {"/articles/5": '{"author": true}'},
     'The member "author" holds what is no id of a resource in /authors: correct it by hand.'),
    (AUTHOR, {"/authors/5": '{"articles": 7}'},
     'The member "articles" must hold a list of ids of /articles: correct it by hand.'),
]  # fmt: skip


@pytest.mark.parametrize(("relation", "texts", "sentence"), SENTENCES)
def test_a_fault_says_what_is_wrong_and_what_to_do(
    relation: Relation, texts: Texts, sentence: str
) -> None:
    """In one sentence."""
    fault = judge(texts, relation).faults[-1]
    assert f"{fault.message}: {fault.advice}." == sentence


def test_everyone_who_claims_a_place_is_told_of() -> None:
    """One by its address, the others counted; of what is named as well, and of what names it."""
    texts = {
        "/people/1": '{"profile": 2}', "/people/3": '{"profile": 2}', "/people/4": "{}",
        "/profiles/2": '{"person": 4}',
    }  # fmt: skip
    wrong = "change the one that is wrong"
    assert [fault.advice for fault in judge(texts, PROFILE).faults] == [
        f"/people/3 and 1 more claim it too; {wrong}",
        f"/people/1 and 1 more claim it too; {wrong}",
        f"/people/1 and 1 more claim this one; {wrong}",
    ]


def test_very_many_that_claim_one_place_take_no_quadratic_time() -> None:
    """Each is told with another one."""
    texts = {f"/people/{n}": '{"profile": 2}' for n in range(20_000)} | {"/profiles/2": "{}"}
    faults = judge(texts, PROFILE).faults
    assert faults[0].advice.startswith("/people/1 and 19,998 more claim it too; ")
    assert len(faults) == 20_000


PLACES = [
    (TAGGED, '{"tags": ["1", 9, 8]}', [("tags", "0"), ("tags", "1"), ("tags", "2")]),
    (TAGGED, '{"tags": [[], {}, true]}', [("tags", "0")]),
    (TAGGED, '{"tags": 7}', [("tags",)]),
    (required(TAGGED), '{"tags": []}', [("tags",)]),
    (AUTHOR, '{"author": [9]}', [("author",)]),
    (AUTHOR, '{"author": 9}', [("author",)]),
    (required(AUTHOR), "[]", [("author",)]),
]


@pytest.mark.parametrize(("relation", "text", "places"), PLACES)
def test_a_fault_has_a_place(relation: Relation, text: str, places: list[tuple[str, ...]]) -> None:
    """The element of a list, else the member."""
    faults = judge({"/articles/5": text}, relation).faults
    assert [fault.place(json.loads(text)) for fault in faults] == places


def test_one_that_must_be_named_and_is_offered_is_told_of() -> None:
    """The repair lets it name who names it."""
    texts = {"/articles/5": "{}", "/authors/1": '{"articles": [5]}'}
    fault = judge(texts, required(AUTHOR)).faults[0]
    assert fault.advice == "let it name /authors/1, which names this one"


def test_a_large_folder_takes_no_quadratic_time() -> None:
    """One resource that names very many is judged with them in a moment."""
    count = 20_000
    texts = {f"/articles/{n}": '{"author": 1}' for n in range(count)}
    texts["/authors/1"] = json.dumps({"articles": list(range(0, count, 2))})
    for relation in (AUTHOR, CHAPTERS):
        assert len(judge(texts, relation).faults) == count // 2


# --- whatever stands in a folder

NAMES = ("1", "2", "3", "a")
IDS = st.sampled_from([1, 2, 3, "a", "1", 9, "none"])
HELD = st.one_of(
    IDS,
    st.none(),
    st.lists(IDS, max_size=4),
    st.sampled_from(["", True, {"id": 1}, [True], [1, {}]]),
)
SELDOM = st.sampled_from([False] * 9 + [True])


@st.composite
def relations(draw: st.DrawFn) -> Relation:
    """A relation of any kind, between collections of which only some are different."""
    is_required, is_lax = draw(SELDOM), draw(SELDOM)
    relation = draw(st.sampled_from(KINDS))
    if is_required and not relation.is_symmetric:
        relation = required(relation)
    return lax(relation) if is_lax else relation


@st.composite
def members(draw: st.DrawFn, relation: Relation, where: CollectionPath) -> dict[str, object]:
    """A resource, which mostly names others as it should."""
    value: dict[str, object] = {"x": 1}
    sides = [
        (relation.collection, relation.member, relation.many),
        (relation.to, relation.inverse, relation.inverse_many),
    ]
    for held_in, member, many in sides:
        if held_in != where or member is None or draw(st.booleans()):
            continue
        right = st.lists(IDS, max_size=4) if many else st.none() | IDS
        value[member] = draw(HELD if draw(SELDOM) else right)
    return value


@st.composite
def folders(draw: st.DrawFn) -> tuple[Relation, dict[str, str]]:
    """A relation and resources."""
    relation = draw(relations())
    texts: dict[str, str] = {}
    for where in dict.fromkeys((relation.collection, relation.to)):
        for name in draw(st.lists(st.sampled_from(NAMES), unique=True)):
            text = json.dumps(draw(members(relation, where)))
            odd = draw(st.sampled_from(["[1]", "{", ""])) if draw(SELDOM) else text
            texts[f"{where.url}/{name}"] = odd
    return relation, texts


@given(folders())
def test_the_repair_leaves_what_it_says_it_leaves(folder: tuple[Relation, dict[str, str]]) -> None:
    """What was not repairable is found again, nothing else, and there is nothing to repair then."""
    relation, texts = folder
    verdict = judge(texts, relation)
    again = judge(repaired(texts, verdict), relation)
    left = [fault.identity for fault in verdict.faults if not fault.is_repairable]
    assert [fault.identity for fault in again.faults] == left
    assert not again.repairs
    assert not any(fault.is_repairable for fault in again.faults)


@given(folders())
def test_the_repair_touches_only_what_is_at_fault(folder: tuple[Relation, dict[str, str]]) -> None:
    """Each resource that it changes has a repairable fault, or is named by one that has."""
    relation, texts = folder
    verdict = judge(texts, relation)
    repairable = [fault for fault in verdict.faults if fault.is_repairable]
    concerned = {fault.path for fault in repairable} | {fault.other for fault in repairable}
    assert set(verdict.repairs) <= concerned
    assert bool(verdict.repairs) == bool(repairable)


@given(folders(), st.randoms(use_true_random=False))
def test_the_order_of_files_does_not_matter(
    folder: tuple[Relation, dict[str, str]], random: Random
) -> None:
    """A folder has none of its own."""
    relation, texts = folder
    shuffled = list(texts.items())
    random.shuffle(shuffled)
    one, other = judge(texts, relation), judge(dict(shuffled), relation)
    assert {fault.identity for fault in one.faults} == {fault.identity for fault in other.faults}
    assert repaired(texts, one) == repaired(texts, other)


@st.composite
def histories(draw: st.DrawFn) -> tuple[Relation, list[dict[str, str | None]]]:
    """A relation, and commits: each writes some resources and deletes others."""
    relation = draw(relations())
    commits: list[dict[str, str | None]] = []
    for _ in range(draw(st.integers(1, 6))):
        writes: dict[str, str | None] = {}
        for where in dict.fromkeys((relation.collection, relation.to)):
            for name in draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=3)):
                text = json.dumps(draw(members(relation, where)))
                odd = draw(st.sampled_from(["[1]", ""])) if draw(SELDOM) else text
                writes[f"{where.url}/{name}"] = None if draw(SELDOM) else odd
        commits.append(writes)
    return relation, commits


@given(histories())
async def test_what_is_written_over_http_is_never_at_fault(
    history: tuple[Relation, list[dict[str, str | None]]],
) -> None:
    """Commits keep the relations that the audit asks for: both mean the same by them."""
    relation, commits = history
    store = MemoryStore()
    rules = Rules(declarations(relation), Schemas(print))
    for writes in commits:
        with suppress(KvputError):
            await store.commit(RuledDecision(lambda: rules, decision(writes)))
    assert judge(await texts_in(store, relation), relation).faults == ()

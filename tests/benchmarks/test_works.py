"""The works: their keys, their sizes, and what they are done with."""

import json
from dataclasses import replace

import pytest

from benchmarks.articles import BYTES
from benchmarks.declared import Declared
from benchmarks.peers import KVPUT, PEERS
from benchmarks.works import (
    FILTERS,
    GROUPS,
    LISTS,
    PAGES,
    PAGES_BESIDE_PUTS,
    PAIRS,
    RULED,
    SIZES,
    UNLOADED,
    WORKS,
    Kind,
    Work,
    content,
    key_of,
    lap_of,
    version,
    version_of,
)


def test_content_has_its_length_and_its_version() -> None:
    """A version changes nothing but itself, and is found again in any layout."""
    one, other = content(version(1, 2)), content(version(1, 3))
    assert len(one) == len(other) == BYTES
    assert one != other
    assert json.dumps(json.loads(one), separators=(",", ":")).encode() == one
    assert version_of(json.dumps(json.loads(one), indent=2).encode()) == "0000100002"


@pytest.mark.parametrize("resources", SIZES)
def test_walk_meets_each_resource_once_in_a_lap(resources: int) -> None:
    """So that no PUT of a lap finds the bytes of the same lap."""
    keys = {key_of(turn, resources) for turn in range(resources)}
    assert keys == {str(number) for number in range(1, resources + 1)}


def test_keys_of_works_are_their_own() -> None:
    """A key names one work."""
    keys = [work.key for work in WORKS]
    assert len(set(keys)) == len(keys)
    for same in (SIZES, PAGES, FILTERS, PAGES_BESIDE_PUTS):
        assert set(same.values()) <= set(keys)
    assert {work.kind for work in WORKS} == set(Kind)


def test_every_key_is_in_one_group() -> None:
    """What is asked for by group is all that there is."""
    keys = [key for group in GROUPS.values() for key in group]
    assert sorted(keys) == sorted([*(work.key for work in WORKS), *UNLOADED])


@pytest.mark.parametrize("work", LISTS, ids=lambda work: work.key)
def test_lists_are_asked_of_those_that_have_them(work: Work) -> None:
    """A server that is kept to a list can be asked for it, and kvput is one."""
    asked = {peer.key for peer in PEERS if work.is_for(peer.key)}
    assert KVPUT in asked
    assert asked <= {peer.key for peer in PEERS if peer.dialect is not None}


def test_pair_differs_in_nothing_but_what_is_declared() -> None:
    """What a declaration costs is told by the same work without it, and by kvput alone."""
    for bare, declared in PAIRS:
        same = replace(bare, key=declared.key, title=declared.title, declared=declared.declared)
        assert same == declared
        assert bare.declared is Declared.NOTHING
        assert declared.declared is not Declared.NOTHING
    assert {work.key for work in WORKS if work.kind.is_ruled} == {work.key for work in RULED}
    assert {work.only for work in RULED} == {frozenset({KVPUT})}


@pytest.mark.parametrize(
    ("of_version", "run", "lap"),
    [("0000100002", 1, 2), ("0000100002", 2, None), ("1234500000", 12345, 0)],
)
def test_version_tells_run_and_lap(of_version: str, run: int, lap: int | None) -> None:
    """Another run's version has no lap of this one."""
    assert lap_of(of_version, run) == lap


@pytest.mark.parametrize(
    ("key", "choices"),
    [("page-100", 5), ("page-100000", 5_000), ("filter-100", 20), ("move-100", 100)],
)
def test_requests_choose_from_what_there_is(key: str, choices: int) -> None:
    """No page is asked for that is empty, and no category that nothing is in."""
    assert next(work.choices for work in WORKS if work.key == key) == choices

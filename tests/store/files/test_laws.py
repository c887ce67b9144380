"""The laws: which folders an account of commits, edits and a crash takes for right."""

from collections.abc import Sequence

import pytest

from tests.store.files.laws import Account, Acknowledged, Begun, ByHand, CommitFiles, Files, Refused
from tests.store.files.recording import Noted

OLD = {"a.json": b"0"}
COMMITS: tuple[dict[str, bytes | None], ...] = (
    {"a.json": b"1", "b.json": b"1"},
    {"a.json": b"2"},
    {"b.json": None},
)
ONE = (Begun(0), Acknowledged(0))
TWO = (*ONE, Begun(1), Acknowledged(1))
EDITED = (*ONE, ByHand("a.json", b"own"))
AFTER_ONE = {"a.json": b"1", "b.json": b"1"}
AFTER_TWO = {"a.json": b"2", "b.json": b"1"}
OWN = {"a.json": b"own", "b.json": b"1"}


def account(notes: Sequence[object], refused: Sequence[int] = ()) -> Account:
    """An account of the commits, read up to the end of the notes."""
    written = [
        CommitFiles((1, number, number in refused), dict(files))
        for number, files in enumerate(COMMITS)
    ]
    there = Account(OLD, written)
    for note in notes:
        there.read(Noted(note))
    return there


@pytest.mark.parametrize(
    ("notes", "crashed", "found"),
    [
        ((), OLD, OLD),
        ((Begun(0),), OLD, OLD),
        ((Begun(0),), OLD, AFTER_ONE),
        (ONE, OLD, AFTER_ONE),
        ((*ONE, Begun(1)), AFTER_ONE, AFTER_TWO),
        (TWO, OLD, AFTER_TWO),
        ((*TWO, Begun(2)), AFTER_TWO, {"a.json": b"2"}),
        (EDITED, OWN, OWN),
        (EDITED, AFTER_ONE, AFTER_ONE),
        (EDITED, {**OWN, "a.json": b""}, {**OWN, "a.json": b""}),
        (EDITED, {**OWN, "a.json": b""}, AFTER_ONE),
        ((*EDITED, Begun(1), Acknowledged(1)), OWN, AFTER_TWO),
    ],
)
def test_what_is_right(notes: Sequence[object], crashed: Files, found: Files) -> None:
    """Each acknowledged commit as a whole, each later one whole or not, and the hand's work."""
    account(notes).check(crashed, found, killed=False)


@pytest.mark.parametrize(
    ("notes", "crashed", "found"),
    [
        (ONE, OLD, OLD),
        (ONE, OLD, {"a.json": b"1"}),
        (ONE, OLD, {"a.json": b"1", "b.json": b""}),
        ((Begun(0),), OLD, {"a.json": b"0", "b.json": b"1"}),
        (TWO, AFTER_TWO, AFTER_ONE),
        (TWO, AFTER_TWO, {"a.json": b"2"}),
        (ONE, OLD, {**AFTER_ONE, "c.json": b""}),
        (EDITED, OWN, AFTER_ONE),
        (EDITED, OWN, {"b.json": b"1"}),
        ((*EDITED, Begun(1), Acknowledged(1)), OWN, OWN),
    ],
)
def test_what_is_wrong(notes: Sequence[object], crashed: Files, found: Files) -> None:
    """A commit that is lost, or half there; one that nobody asked for; a hand's work undone."""
    with pytest.raises(AssertionError, match="commits were acknowledged"):
        account(notes).check(crashed, found, killed=False)


@pytest.mark.parametrize("content", [b"0", b"2", b""])
def test_after_a_kill_each_edit_stands(content: bytes) -> None:
    """Also one that gives a file content which it had before; a power loss leaves no difference."""
    edited = account((*ONE, ByHand("a.json", content)))
    crashed = {"a.json": content, "b.json": b"1"}
    edited.check(crashed, crashed, killed=True)
    with pytest.raises(AssertionError):
        edited.check(crashed, AFTER_ONE, killed=True)


@pytest.mark.parametrize("found", [AFTER_ONE, AFTER_TWO])
def test_what_was_refused_may_be_there(found: Files) -> None:
    """The answer was that it failed, which can be said of a sync without knowing."""
    account((*ONE, Begun(1), Refused(1)), refused=[1]).check(OLD, found, killed=False)

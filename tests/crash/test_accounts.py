"""What an account allows: the harness must neither overlook a loss nor see one that is none."""

import pytest

from tests.crash.accounts import Account, Lost, Posts, Write

BODIES = {"old": b"old", "a": b"a", "b": b"b", "-": None}


def account_after(steps: str) -> Account:
    """`a` begins the write of a, `a.` ends it, `a!` withdraws it."""
    account = Account(b"old")
    writes: dict[str, Write] = {}
    for step in steps.split():
        name = step.rstrip(".!")
        if step.endswith("."):
            account.end(writes[name])
        elif step.endswith("!"):
            account.withdraw(writes[name])
        else:
            writes[name] = account.begin(BODIES[name])
    return account


@pytest.mark.parametrize(
    ("steps", "allowed"),
    [
        ("", {"old"}),
        ("a", {"old", "a"}),
        ("a a.", {"a"}),
        ("a a!", {"old"}),
        ("a a. b", {"a", "b"}),
        ("a a. b b.", {"b"}),
        ("a a. - -.", {"-"}),
        ("a b a. b.", {"a", "b"}),
        ("a b b. a.", {"a", "b"}),
        ("a b b.", {"a", "b"}),
        ("a b a.", {"a", "b"}),
        ("a b b. a. - -.", {"-"}),
    ],
)
def test_what_may_stand_under_a_path(steps: str, allowed: set[str]) -> None:
    """What was surely replaced is gone; of what overlaps or was not answered, either may stand."""
    expected = {BODIES[name] for name in allowed}
    assert set(account_after(steps).allowed) == expected
    for name, body in BODIES.items():
        account = account_after(steps)
        if body in expected:
            account.settle(body, "/path")
            assert account.known == body
        else:
            with pytest.raises(Lost):
                account.settle(body, f"/{name}")


def test_a_number_that_comes_twice() -> None:
    """It is a loss, also when the first owner is gone."""
    posts = Posts()
    posts.in_flight = {"x": b'{"token": "x"}', "y": b'{"token": "y"}'}
    posts.given(1, "x", b'{"id": 1, "token": "x"}')
    with pytest.raises(Lost):
        posts.given(1, "y", b'{"id": 1, "token": "y"}')

import pytest

from kvput.content.room import Room
from kvput.errors import ContentTooLarge


def test_what_comes_and_goes_is_counted() -> None:
    """Up to twice the limit in between: what goes makes room again."""
    room = Room(8, limit=10)
    room.take(12)
    room.take(-5)
    room.take(5)
    with pytest.raises(ContentTooLarge, match="larger than 10 bytes"):
        room.take(1)


def test_what_is_too_large_already_may_become_smaller() -> None:
    """Only growing is refused."""
    room = Room(50, limit=10)
    room.take(-1)
    room.take(0)
    with pytest.raises(ContentTooLarge):
        room.take(1)


@pytest.mark.parametrize(("size", "fits"), [(0, True), (10, True), (11, False)])
def test_the_end_is_held_to_the_limit_itself(size: int, fits: bool) -> None:
    """Not to twice of it."""
    room = Room(0, limit=10)
    if fits:
        room.require(size)
        return
    with pytest.raises(ContentTooLarge, match="--max-body"):
        room.require(size)

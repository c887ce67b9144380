"""How much room a text has to grow in while it is edited.

Belongs here: counting bytes against the limit. Does not belong here: which
limit holds, and what is edited.
"""

from kvput.errors import ContentTooLarge


class Room:
    """How large a text is while it is edited, and how large it may become, in bytes."""

    def __init__(self, size: int, limit: int) -> None:
        self._size = size
        self._limit = limit

    def take(self, size: int) -> None:
        """Count bytes that come, or, below 0, that go.

        Raises ContentTooLarge as soon as there are twice as many as the limit: what one
        edit adds, the next may remove, but not without bound.
        """
        self._size += size
        if size > 0:
            self.require(self._size, times=2)

    def require(self, size: int, times: int = 1) -> None:
        """Raise ContentTooLarge for a size that is over the limit, taken so many times."""
        if size > times * self._limit:
            raise ContentTooLarge(
                f"The change makes the resource larger than {self._limit} bytes, which is the "
                "limit here: add less, or start the server with a higher --max-body."
            )

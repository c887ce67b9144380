"""What was used of late: a dictionary that forgets what was not used for longest."""

from typing import Generic, TypeVar

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Recent(dict[_Key, _Value], Generic[_Key, _Value]):
    """A dictionary of the values that were used last, the oldest first.

    It grows beyond its limit until it is trimmed, so that what one request
    needs at the same time is there, however much it is.
    """

    __slots__ = ("_limit",)

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit

    def use(self, key: _Key) -> _Value | None:
        """The value under the key, which is now the youngest; None where there is none."""
        value = self.pop(key, None)
        if value is not None:
            self[key] = value
        return value

    def trim(self) -> bool:
        """Forget the oldest beyond the limit; whether there was any."""
        if len(self) <= self._limit:
            return False
        while len(self) > self._limit:
            del self[next(iter(self))]
        return True

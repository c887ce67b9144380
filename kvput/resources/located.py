"""Errors that say what they are about: which resource, which row, which operation.

A rule knows the resource that it refuses; which row of a table or which operation
of a batch that is, only who has read these knows.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from typing import Final

from kvput.errors import KvputError
from kvput.paths import ResourcePath

RESOURCE_MEMBER: Final = "resource"
"""The member of a problem document with the URL of the resource that is refused."""


@contextmanager
def about(path: ResourcePath) -> Iterator[None]:
    """Have an error in the block say that it is about this resource, if it says nothing yet."""
    try:
        yield
    except KvputError as error:
        error.members = {RESOURCE_MEMBER: path.url, **error.members}
        raise


def located(error: KvputError, detail: str, members: Mapping[str, object]) -> KvputError:
    """An error of the same kind that says more; `members` are added to its own."""
    other = copy(error)
    other.args, other.detail = (detail,), detail
    other.members = {**error.members, **members}
    return other

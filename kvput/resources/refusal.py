"""Refusals of a resource for what its members hold: each fault in words, at its place.

Here belongs how the faults are told, whichever rule has found them: in `errors` for forms, by
member, and in `pointers` for programs. What a fault is, the rules say.
"""

from collections.abc import Sequence
from typing import TypeVar

from kvput.content.source_text import shown
from kvput.errors import KvputError
from kvput.paths import ResourcePath
from kvput.resources.located import RESOURCE_MEMBER
from kvput.resources.schemas.sentences import MAX_VIOLATIONS, Violation

_Error = TypeVar("_Error", bound=KvputError)


def refused(kind: type[_Error], path: ResourcePath, faults: Sequence[Violation]) -> _Error:
    """The error of this kind for a resource with these faults, of which there is one at least.

    `detail` speaks of the first, and `pointer` leads to it. Of more than MAX_VIOLATIONS, it tells
    the first ones.
    """
    told = faults[:MAX_VIOLATIONS]
    first, others = told[0], len(told) - 1
    what = f"The member {shown(first.field)} of {path.url}" if first.field else path.url
    not_all = ", and there may be others" if len(told) == MAX_VIOLATIONS else ""
    rest = f' ("pointers" names {others} more{not_all})' if others else ""
    errors: dict[str, str] = {}
    for fault in told:
        errors.setdefault(fault.field or "root", fault.sentence)
    return kind(
        f"{what} {first.message}{rest}.",
        members={
            RESOURCE_MEMBER: path.url,
            "pointer": first.pointer,
            "errors": errors,
            "pointers": [{"pointer": fault.pointer, "message": fault.sentence} for fault in told],
        },
    )

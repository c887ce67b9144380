"""What is wrong with a resource's value, whichever rule has found it: in words, at its place.

Here belongs how faults are told: in `errors` for forms, by member, and in `pointers`
for programs. What a fault is, the rules say: relations, schemas, read-only members.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from kvput.content.source_text import shown
from kvput.errors import KvputError
from kvput.patching.pointer import format_pointer
from kvput.paths import ResourcePath
from kvput.resources.located import RESOURCE_MEMBER

MAX_VIOLATIONS: Final = 100
"""More of them help nobody, and make an answer as large as its request."""

_MAX_PLACE: Final = 1000
"""Characters of a place: names may be as long as the content."""

Token = str | int
"""A step of the way to a value: the name of a member, or the index of an element."""

_Error = TypeVar("_Error", bound=KvputError)


@dataclass(frozen=True, slots=True)
class Violation:
    """One fault of a value, and where it stands.

    `pointer` is a JSON Pointer (RFC 6901), `field` the same as forms write it
    (`author.name`, `tags.0`); both are empty for the whole value. A member that is
    missing has the place that it should have. `message` goes on after the name of
    what stands there: "must be a text"; where it `names_schema`, it says whose rule that is.
    """

    pointer: str
    message: str
    field: str
    names_schema: bool = False

    @property
    def sentence(self) -> str:
        """The message, to stand alone."""
        return f"{self.message[:1].upper()}{self.message[1:]}."


def violation(tokens: Iterable[Token], message: str) -> Violation:
    """The fault at a place; where the place takes too many words, at the last that does not."""
    kept: list[str] = []
    left = _MAX_PLACE
    for token in map(str, tokens):
        left -= len(token) + 1
        if left < 0:
            break
        kept.append(token)
    return Violation(format_pointer(tuple(kept)), message, ".".join(kept))


def refused(
    kind: type[_Error],
    path: ResourcePath,
    faults: Sequence[Violation],
    whose: str = "",
    **members: object,
) -> _Error:
    """The error of this kind for a resource with these faults, of which there is one at least.

    `detail` speaks of the first, and `pointer` leads to it; `whose` goes on after it, and says
    whose rule that is. Of more than MAX_VIOLATIONS, it tells the first ones. `members` are
    further ones of the problem document.
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
        f"{what} {first.message}{whose}{rest}.",
        members={
            RESOURCE_MEMBER: path.url,
            "pointer": first.pointer,
            "errors": errors,
            "pointers": [{"pointer": fault.pointer, "message": fault.sentence} for fault in told],
            **members,
        },
    )

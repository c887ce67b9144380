"""Conditional requests: If-Match and its siblings, and the order that they count in.

Source: RFC 9110 section 13. Here belong the four fields that decide whether a
method is performed. If-Range decides about Range only, and belongs in
`ranges`. Which validators are current, and under which lock, is for the
caller: a condition of a write is worth something only when it is evaluated
under the lock that covers the write.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, Literal

from kvput.errors import PreconditionFailed
from kvput.semantics.fields import FieldGetter, parse_http_date
from kvput.semantics.validators import ANY, EntityTags, ETag, Validators, parse_entity_tags


@dataclass(frozen=True, slots=True)
class Preconditions:
    """The conditions of one request; dates in seconds since the epoch, None where not asked.

    True when there is any condition at all.
    """

    if_match: EntityTags | None = None
    if_none_match: EntityTags | None = None
    if_modified_since: int | None = None
    if_unmodified_since: int | None = None

    def __bool__(self) -> bool:
        return self != NO_PRECONDITIONS


NO_PRECONDITIONS: Final = Preconditions()


class Outcome(Enum):
    """What the conditions make of a request."""

    PROCEED = auto()
    NOT_MODIFIED = auto()
    FAILED = auto()


_FieldName = Literal["If-Match", "If-Unmodified-Since", "If-None-Match", "If-Modified-Since"]

_READS: Final = frozenset({"GET", "HEAD"})
_WITHOUT_REPRESENTATION: Final = frozenset({"CONNECT", "OPTIONS", "TRACE"})

# The sentence for each field that can be false, by whether a representation exists.
_EXPLANATIONS: Final[dict[tuple[_FieldName, bool], str]] = {
    ("If-Match", True): (
        "If-Match does not name the current entity tag, which is {etag} (a weak tag never "
        "matches): fetch the resource again and repeat the request with its tag."
    ),
    ("If-Match", False): (
        "If-Match is false because nothing is stored here now: to create the resource, repeat "
        "the request without it."
    ),
    ("If-Unmodified-Since", True): (
        "The resource was modified after the date in If-Unmodified-Since, and its entity tag is "
        "now {etag}: fetch the resource again and repeat the request with If-Match."
    ),
    ("If-None-Match", True): (
        "If-None-Match rules out what is stored here now, with the entity tag {etag}: to replace "
        "it, repeat the request with If-Match."
    ),
}


def parse_preconditions(get: FieldGetter) -> Preconditions:
    """The conditions in a request's header fields (RFC 9110 section 13.1).

    Raises MalformedField for an If-Match or If-None-Match that is no list of
    entity tags. A date that is not valid counts as absent.
    """
    if_match = _parse_tags(get, "If-Match")
    if_none_match = _parse_tags(get, "If-None-Match")
    return Preconditions(
        if_match=if_match,
        if_none_match=if_none_match,
        # 13.1.3: ignore If-Modified-Since if the request contains an If-None-Match field.
        if_modified_since=_parse_date(get, "If-Modified-Since") if if_none_match is None else None,
        # 13.1.4: ignore If-Unmodified-Since if the request contains an If-Match field.
        if_unmodified_since=_parse_date(get, "If-Unmodified-Since") if if_match is None else None,
    )


def _parse_tags(get: FieldGetter, field_name: _FieldName) -> EntityTags | None:
    value = get(field_name)
    return None if value is None else parse_entity_tags(field_name, value)


def _parse_date(get: FieldGetter, field_name: _FieldName) -> int | None:
    value = get(field_name)
    # 13.1.3, 13.1.4: ignore the field if its value is not a valid HTTP-date
    # (two lines, joined into a list of dates, are none either).
    return None if value is None else parse_http_date(value)


def evaluate(conditions: Preconditions, method: str, current: Validators | None) -> Outcome:
    """What the conditions make of the request, in the order of RFC 9110 section 13.2.2.

    `current` holds the validators of the selected representation, None when
    there is none. Ask only when the request would otherwise succeed: where it
    would end in 404, say, conditions must be ignored (section 13.2.1). That a
    failed write has perhaps been done already, by this very request sent
    twice, is not looked into (section 13.1.1 allows, but does not ask it).
    """
    field_name = _first_false(conditions, method, current)
    return Outcome.PROCEED if field_name is None else _outcome(field_name, method)


def require(conditions: Preconditions, method: str, current: Validators | None) -> None:
    """Raise PreconditionFailed when `evaluate` gives FAILED.

    The error names the field that is false, and the current entity tag where
    there is one.
    """
    field_name = _first_false(conditions, method, current)
    if field_name is None or _outcome(field_name, method) is not Outcome.FAILED:
        return
    explanation = _EXPLANATIONS[field_name, current is not None]
    raise PreconditionFailed(explanation.format(etag="" if current is None else current.etag))


def _first_false(
    conditions: Preconditions, method: str, current: Validators | None
) -> _FieldName | None:
    # 13.2.1: ignore the conditions when the method does not involve the selection
    # or modification of a selected representation.
    if method in _WITHOUT_REPRESENTATION:
        return None
    # 13.1.3, 13.1.4: ignore the dates if the resource has no modification date available.
    modified = None if current is None else current.last_modified

    # 13.2.2 step 1: If-Match is present.
    if conditions.if_match is not None:
        if not _names(conditions.if_match, current, ETag.strongly_matches):
            return "If-Match"
    # 13.2.2 step 2: If-Match is not present, and If-Unmodified-Since is.
    # 13.1.4: true if the last modification date is earlier than or equal to the date.
    elif (
        conditions.if_unmodified_since is not None
        and modified is not None
        and modified > conditions.if_unmodified_since
    ):
        return "If-Unmodified-Since"

    # 13.2.2 step 3: If-None-Match is present.
    if conditions.if_none_match is not None:
        if _names(conditions.if_none_match, current, ETag.weakly_matches):
            return "If-None-Match"
    # 13.2.2 step 4: the method is GET or HEAD, If-None-Match is not present, and
    # If-Modified-Since is.
    # 13.1.3: false if the last modification date is earlier than or equal to the date.
    elif (
        method in _READS
        and conditions.if_modified_since is not None
        and modified is not None
        and modified <= conditions.if_modified_since
    ):
        return "If-Modified-Since"
    return None


def _names(
    tags: EntityTags, current: Validators | None, matches: Callable[[ETag, ETag], bool]
) -> bool:
    if current is None:
        return False
    # 13.1.1, 13.1.2: "*" stands for any current representation.
    return tags is ANY or any(matches(tag, current.etag) for tag in tags)


def _outcome(field_name: _FieldName, method: str) -> Outcome:
    # 13.2.2 steps 3 and 4: false for GET and HEAD is 304, for other methods 412;
    # steps 1 and 2: false is 412 for every method.
    if method in _READS and field_name in {"If-None-Match", "If-Modified-Since"}:
        return Outcome.NOT_MODIFIED
    return Outcome.FAILED

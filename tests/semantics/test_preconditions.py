from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvput.errors import MalformedField, PreconditionFailed
from kvput.semantics.fields import format_http_date
from kvput.semantics.preconditions import (
    NO_PRECONDITIONS,
    Outcome,
    Preconditions,
    evaluate,
    parse_preconditions,
    require,
)
from kvput.semantics.validators import ANY, ETag, Validators

THEN = 784_111_777
THEN_TEXT = "Sun, 06 Nov 1994 08:49:37 GMT"
EARLIER, LATER = THEN - 1, THEN + 1

CURRENT = Validators(ETag("now"), THEN)
WEAK = Validators(ETag("now", weak=True), THEN)
UNDATED = Validators(ETag("now"), None)

SAME, WEAKLY_SAME, OTHER = (ETag("now"),), (ETag("now", weak=True),), (ETag("old"),)

PROCEED, NOT_MODIFIED, FAILED = Outcome.PROCEED, Outcome.NOT_MODIFIED, Outcome.FAILED


def getter(values: dict[str, str]) -> Callable[[str], str | None]:
    return values.get


# --- parsing ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param({}, NO_PRECONDITIONS, id="no fields"),
        pytest.param({"If-Match": '"a"'}, Preconditions(if_match=(ETag("a"),)), id="a tag"),
        pytest.param({"If-Match": ""}, Preconditions(if_match=()), id="no tags, but the field"),
        pytest.param({"If-None-Match": "*"}, Preconditions(if_none_match=ANY), id="any"),
        pytest.param(
            {"If-Modified-Since": THEN_TEXT}, Preconditions(if_modified_since=THEN), id="a date"
        ),
        pytest.param(
            {"If-Unmodified-Since": THEN_TEXT},
            Preconditions(if_unmodified_since=THEN),
            id="the other date",
        ),
        pytest.param(
            {"If-Modified-Since": "yesterday", "If-Unmodified-Since": "0"},
            NO_PRECONDITIONS,
            id="invalid dates are ignored",
        ),
        pytest.param(
            {"If-Modified-Since": f"{THEN_TEXT}, {THEN_TEXT}"},
            NO_PRECONDITIONS,
            id="two dates are none",
        ),
        pytest.param(
            {"If-None-Match": '"a"', "If-Modified-Since": THEN_TEXT},
            Preconditions(if_none_match=(ETag("a"),)),
            id="If-None-Match replaces If-Modified-Since",
        ),
        pytest.param(
            {"If-Match": "", "If-Unmodified-Since": THEN_TEXT},
            Preconditions(if_match=()),
            id="If-Match replaces If-Unmodified-Since",
        ),
        pytest.param(
            {"If-Match": "*", "If-Modified-Since": THEN_TEXT},
            Preconditions(if_match=ANY, if_modified_since=THEN),
            id="If-Match leaves If-Modified-Since",
        ),
        pytest.param(
            {"If-None-Match": "*", "If-Unmodified-Since": THEN_TEXT},
            Preconditions(if_none_match=ANY, if_unmodified_since=THEN),
            id="If-None-Match leaves If-Unmodified-Since",
        ),
    ],
)
def test_parse(values: dict[str, str], expected: Preconditions) -> None:
    """Each field is read; a date counts only when valid and without its sibling tag field."""
    parsed = parse_preconditions(getter(values))
    assert parsed == expected
    assert bool(parsed) is (expected != NO_PRECONDITIONS)


@pytest.mark.parametrize("field_name", ["If-Match", "If-None-Match"])
def test_parse_malformed_tags(field_name: str) -> None:
    """A malformed list of tags is an error that names its field, never an absent condition."""
    with pytest.raises(MalformedField, match=f"^{field_name} "):
        parse_preconditions(getter({field_name: "unquoted"}))


# --- one condition at a time ------------------------------------------------


@pytest.mark.parametrize(
    ("conditions", "current", "outcome"),
    [
        pytest.param(Preconditions(if_match=SAME), CURRENT, PROCEED, id="same"),
        pytest.param(Preconditions(if_match=OTHER + SAME), CURRENT, PROCEED, id="one of several"),
        pytest.param(Preconditions(if_match=OTHER), CURRENT, FAILED, id="other"),
        pytest.param(Preconditions(if_match=()), CURRENT, FAILED, id="no tags"),
        pytest.param(Preconditions(if_match=ANY), CURRENT, PROCEED, id="any, exists"),
        pytest.param(Preconditions(if_match=ANY), None, FAILED, id="any, missing"),
        pytest.param(Preconditions(if_match=SAME), None, FAILED, id="a tag, missing"),
        pytest.param(Preconditions(if_match=WEAKLY_SAME), CURRENT, FAILED, id="weak sent"),
        pytest.param(Preconditions(if_match=SAME), WEAK, FAILED, id="weak current"),
        pytest.param(Preconditions(if_match=WEAKLY_SAME), WEAK, FAILED, id="both weak"),
        pytest.param(Preconditions(if_unmodified_since=THEN), CURRENT, PROCEED, id="same second"),
        pytest.param(Preconditions(if_unmodified_since=LATER), CURRENT, PROCEED, id="older"),
        pytest.param(Preconditions(if_unmodified_since=EARLIER), CURRENT, FAILED, id="newer"),
        pytest.param(Preconditions(if_unmodified_since=EARLIER), UNDATED, PROCEED, id="undated"),
        pytest.param(Preconditions(if_unmodified_since=EARLIER), None, PROCEED, id="missing"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE"])
def test_if_match_and_if_unmodified_since(
    conditions: Preconditions, current: Validators | None, outcome: Outcome, method: str
) -> None:
    """They mean the same for every method; tags are compared strongly."""
    assert evaluate(conditions, method, current) is outcome


@pytest.mark.parametrize(
    ("conditions", "current", "holds"),
    [
        pytest.param(Preconditions(if_none_match=SAME), CURRENT, False, id="same"),
        pytest.param(Preconditions(if_none_match=OTHER + SAME), CURRENT, False, id="one of two"),
        pytest.param(Preconditions(if_none_match=WEAKLY_SAME), CURRENT, False, id="weak sent"),
        pytest.param(Preconditions(if_none_match=SAME), WEAK, False, id="weak current"),
        pytest.param(Preconditions(if_none_match=OTHER), CURRENT, True, id="other"),
        pytest.param(Preconditions(if_none_match=()), CURRENT, True, id="no tags"),
        pytest.param(Preconditions(if_none_match=ANY), CURRENT, False, id="any, exists"),
        pytest.param(Preconditions(if_none_match=ANY), None, True, id="any, missing"),
        pytest.param(Preconditions(if_none_match=SAME), None, True, id="a tag, missing"),
    ],
)
@pytest.mark.parametrize(
    ("method", "when_false"),
    [
        ("GET", NOT_MODIFIED),
        ("HEAD", NOT_MODIFIED),
        ("PUT", FAILED),
        ("POST", FAILED),
        ("PATCH", FAILED),
        ("DELETE", FAILED),
        ("get", FAILED),
    ],
)
def test_if_none_match(
    conditions: Preconditions,
    current: Validators | None,
    holds: bool,
    method: str,
    when_false: Outcome,
) -> None:
    """False is 304 for GET and HEAD, 412 for all else; tags are compared weakly."""
    assert evaluate(conditions, method, current) is (PROCEED if holds else when_false)


@pytest.mark.parametrize(
    ("since", "method", "current", "outcome"),
    [
        pytest.param(THEN, "GET", CURRENT, NOT_MODIFIED, id="same second"),
        pytest.param(LATER, "HEAD", CURRENT, NOT_MODIFIED, id="older"),
        pytest.param(EARLIER, "GET", CURRENT, PROCEED, id="newer"),
        pytest.param(LATER, "GET", UNDATED, PROCEED, id="undated"),
        pytest.param(LATER, "GET", None, PROCEED, id="missing"),
        pytest.param(LATER, "PUT", CURRENT, PROCEED, id="not for writes"),
        pytest.param(LATER, "DELETE", CURRENT, PROCEED, id="not for deletes"),
    ],
)
def test_if_modified_since(
    since: int, method: str, current: Validators | None, outcome: Outcome
) -> None:
    """It counts for GET and HEAD only, and only where a date is known."""
    assert evaluate(Preconditions(if_modified_since=since), method, current) is outcome


# --- several conditions -----------------------------------------------------


@pytest.mark.parametrize(
    ("conditions", "method", "outcome"),
    [
        pytest.param(
            Preconditions(if_match=OTHER, if_none_match=SAME), "GET", FAILED, id="step 1 before 3"
        ),
        pytest.param(
            Preconditions(if_match=SAME, if_none_match=SAME),
            "GET",
            NOT_MODIFIED,
            id="step 1 true goes on to 3",
        ),
        pytest.param(
            Preconditions(if_match=SAME, if_unmodified_since=EARLIER),
            "PUT",
            PROCEED,
            id="step 2 only without If-Match",
        ),
        pytest.param(
            Preconditions(if_unmodified_since=EARLIER, if_none_match=SAME),
            "GET",
            FAILED,
            id="step 2 before 3",
        ),
        pytest.param(
            Preconditions(if_unmodified_since=THEN, if_none_match=SAME),
            "GET",
            NOT_MODIFIED,
            id="step 2 true goes on to 3",
        ),
        pytest.param(
            Preconditions(if_none_match=OTHER, if_modified_since=LATER),
            "GET",
            PROCEED,
            id="step 4 only without If-None-Match",
        ),
        pytest.param(
            Preconditions(if_match=SAME, if_modified_since=LATER),
            "GET",
            NOT_MODIFIED,
            id="step 1 true goes on to 4",
        ),
        pytest.param(
            Preconditions(if_unmodified_since=EARLIER, if_modified_since=LATER),
            "GET",
            FAILED,
            id="step 2 before 4",
        ),
    ],
)
def test_order(conditions: Preconditions, method: str, outcome: Outcome) -> None:
    """The steps of RFC 9110 section 13.2.2 are taken in their order."""
    assert evaluate(conditions, method, CURRENT) is outcome


tags = st.none() | st.sampled_from([ANY, (), SAME, WEAKLY_SAME, OTHER])
dates = st.none() | st.sampled_from([EARLIER, THEN, LATER])
conditions_of_any_kind = st.builds(Preconditions, tags, tags, dates, dates)
states = st.sampled_from([None, CURRENT, WEAK, UNDATED])


@given(conditions_of_any_kind, states, st.sampled_from(["OPTIONS", "TRACE", "CONNECT"]))
def test_methods_without_a_representation(
    conditions: Preconditions, current: Validators | None, method: str
) -> None:
    """OPTIONS, TRACE and CONNECT ignore all conditions."""
    assert evaluate(conditions, method, current) is PROCEED


@given(states, st.sampled_from(["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE"]))
def test_no_conditions(current: Validators | None, method: str) -> None:
    """Without conditions every request proceeds."""
    assert evaluate(NO_PRECONDITIONS, method, current) is PROCEED


@given(conditions_of_any_kind, states, st.sampled_from(["GET", "PUT", "PATCH", "DELETE"]))
def test_what_is_parsed_away_would_not_have_counted(
    conditions: Preconditions, current: Validators | None, method: str
) -> None:
    """Sent as fields, the conditions come to the same outcome as evaluated directly."""

    def text(value: object) -> str:
        if isinstance(value, int):
            return format_http_date(value)
        return "*" if value is ANY else ", ".join(map(str, value))  # type: ignore[call-overload]

    members = {
        "If-Match": conditions.if_match,
        "If-None-Match": conditions.if_none_match,
        "If-Modified-Since": conditions.if_modified_since,
        "If-Unmodified-Since": conditions.if_unmodified_since,
    }
    sent = {name: text(value) for name, value in members.items() if value is not None}
    parsed = parse_preconditions(getter(sent))
    assert evaluate(parsed, method, current) is evaluate(conditions, method, current)


# --- require ----------------------------------------------------------------


@given(conditions_of_any_kind, states, st.sampled_from(["GET", "PUT", "POST", "PATCH", "DELETE"]))
def test_require_raises_exactly_when_evaluation_fails(
    conditions: Preconditions, current: Validators | None, method: str
) -> None:
    """`require` and `evaluate` never disagree, and every failure has its sentence."""
    if evaluate(conditions, method, current) is not FAILED:
        require(conditions, method, current)
        return
    with pytest.raises(PreconditionFailed) as caught:
        require(conditions, method, current)
    assert current is None or str(current.etag) in caught.value.detail


@pytest.mark.parametrize(
    ("conditions", "current", "words"),
    [
        pytest.param(
            Preconditions(if_match=OTHER), CURRENT, ["If-Match", '"now"', "again"], id="changed"
        ),
        pytest.param(
            Preconditions(if_match=OTHER), None, ["If-Match", "nothing is stored"], id="deleted"
        ),
        pytest.param(
            Preconditions(if_unmodified_since=EARLIER),
            CURRENT,
            ["If-Unmodified-Since", '"now"'],
            id="modified since",
        ),
        pytest.param(
            Preconditions(if_none_match=ANY), CURRENT, ["If-None-Match", '"now"'], id="exists"
        ),
    ],
)
def test_the_sentence_of_a_failure(
    conditions: Preconditions, current: Validators | None, words: list[str]
) -> None:
    """The sentence names the false field and the current tag, and says what to do."""
    with pytest.raises(PreconditionFailed) as caught:
        require(conditions, "PUT", current)
    assert [word for word in words if word not in caught.value.detail] == []
    assert "{" not in caught.value.detail

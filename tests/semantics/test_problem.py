"""kvput.semantics.problem: errors to problem types and documents."""

import json
import re
from collections.abc import Mapping
from http import HTTPStatus

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvput import errors
from kvput.errors import ConfigError, DataInUse, DataUnusable, KvputError, NotFound
from kvput.semantics.problem import (
    INTERNAL,
    PROBLEM_TYPES,
    ProblemType,
    problem_document,
    problem_type,
)

EVERY_TYPE = [*PROBLEM_TYPES.values(), INTERNAL]
STARTING = {ConfigError, DataUnusable, DataInUse}
"""The errors that end the program before it answers anything."""


def subclasses(base: type[KvputError]) -> set[type[KvputError]]:
    """The classes of kvput.errors below a class, itself excluded."""
    found = {value for value in vars(errors).values() if isinstance(value, type)}
    return {value for value in found if issubclass(value, base) and value is not base}


class StaleNotFound(NotFound):
    """An error of some other module, more special than the table knows."""


def test_every_error_that_can_be_an_answer_has_a_row() -> None:
    """The table holds the errors of kvput.errors, but for those of starting, and no others."""
    assert set(PROBLEM_TYPES) == subclasses(KvputError) - STARTING


def test_every_problem_type_has_a_name_of_its_own() -> None:
    """Clients tell problems apart by their type."""
    assert len({kind.uri for kind in EVERY_TYPE}) == len(EVERY_TYPE)


@pytest.mark.parametrize("kind", EVERY_TYPE, ids=lambda kind: kind.name)
def test_a_problem_type_is_well_formed(kind: ProblemType) -> None:
    """Each name can stand in a URN, each status is a registered error, each title is a phrase."""
    assert re.fullmatch(r"urn:kvput:problem:[a-z]+(-[a-z]+)*", kind.uri)
    assert HTTPStatus(kind.status) >= 400
    assert re.fullmatch(r"[A-Z][a-z]*( [a-z-]+)+", kind.title)


@pytest.mark.parametrize("error_class", PROBLEM_TYPES, ids=lambda error_class: error_class.__name__)
def test_a_name_says_what_its_class_says(error_class: type[KvputError]) -> None:
    """The problem type is named after the error class, in words joined by hyphens."""
    words = re.sub(r"(?<!^)(?=[A-Z])", "-", error_class.__name__).lower()
    assert PROBLEM_TYPES[error_class].name == words


@pytest.mark.parametrize(
    ("error", "name", "status"),
    [
        (errors.InvalidPath(""), "invalid-path", 400),
        (errors.PathTooLong(""), "path-too-long", 414),
        (errors.NotFound(""), "not-found", 404),
        (StaleNotFound(""), "not-found", 404),
        (errors.MethodNotAllowed(""), "method-not-allowed", 405),
        (errors.MethodNotImplemented(""), "method-not-implemented", 501),
        (errors.MalformedRequest(""), "malformed-request", 400),
        (errors.FieldsTooLarge(""), "fields-too-large", 431),
        (errors.MalformedField(""), "malformed-field", 400),
        (errors.ExpectationFailed(""), "expectation-failed", 417),
        (errors.HostNotAllowed(""), "host-not-allowed", 403),
        (errors.OriginNotAllowed(""), "origin-not-allowed", 403),
        (errors.MalformedContent("", line=1), "malformed-content", 400),
        (errors.InvalidContent(""), "invalid-content", 422),
        (errors.ContentTooLarge(""), "content-too-large", 413),
        (errors.PartialContent(""), "partial-content", 400),
        (errors.UnsupportedMediaType(""), "unsupported-media-type", 415),
        (errors.UnsupportedContentCoding(""), "unsupported-content-coding", 415),
        (errors.RangeNotSatisfiable(""), "range-not-satisfiable", 416),
        (errors.PreconditionFailed(""), "precondition-failed", 412),
        (errors.HiddenName(""), "hidden-name", 409),
        (errors.NameClash(""), "name-clash", 409),
        (errors.NameInTheWay(""), "name-in-the-way", 409),
        (errors.IdTaken(""), "id-taken", 409),
        (errors.CounterDamaged(""), "counter-damaged", 409),
        (errors.ReadOnly(""), "read-only", 403),
        (errors.DiskFull(""), "disk-full", 507),
        (errors.StoreFailed(""), "store-failed", 503),
        (errors.ConfigError(""), "internal-error", 500),
        (errors.DataInUse(""), "internal-error", 500),
        (KvputError(""), "internal-error", 500),
        (ValueError(""), "internal-error", 500),
        (KeyboardInterrupt(), "internal-error", 500),
    ],
)
def test_an_error_has_its_status(error: BaseException, name: str, status: int) -> None:
    """Each error becomes its problem type; what is no error for the client becomes a 500."""
    kind = problem_type(error)
    assert (kind.name, kind.status) == (name, status)


NOT_FOUND = PROBLEM_TYPES[NotFound]


def test_a_document_holds_the_members_in_their_order() -> None:
    """The standard members come first, `message` repeats the detail, the error's own follow."""
    document = problem_document(NOT_FOUND, "Nöthing.", "/a", {"line": 3, "errors": {"id": "x"}})
    assert json.loads(document) == {
        "type": "urn:kvput:problem:not-found",
        "title": NOT_FOUND.title,
        "status": 404,
        "detail": "Nöthing.",
        "instance": "/a",
        "message": "Nöthing.",
        "line": 3,
        "errors": {"id": "x"},
    }
    assert list(json.loads(document)) == [
        *("type", "title", "status", "detail", "instance", "message"),
        *("line", "errors"),
    ]


def test_a_request_without_a_target_has_no_instance() -> None:
    """Where the request line could not be read, the member is left out."""
    assert "instance" not in json.loads(problem_document(NOT_FOUND, "x", None, {}))


@pytest.mark.parametrize("name", ["type", "title", "status", "detail", "instance", "message"])
def test_a_member_cannot_replace_a_standard_one(name: str) -> None:
    """An error whose members are named like the standard ones does not change them."""
    plain = problem_document(NOT_FOUND, "x", "/a", {})
    assert problem_document(NOT_FOUND, "x", "/a", {name: "other"}) == plain


@pytest.mark.parametrize(
    ("text", "answered"),
    [
        ("a\ud800b", "a\ufffdb"),
        ("\udcff\udcfe", "\ufffd\ufffd"),
        ("\udc00a\ud800", "\ufffda\ufffd"),
        ("\ud83d\ude00", "😀"),
        ("\ufeffa", "\ufeffa"),
        ("a\0\x1b\u2028", "a\0\x1b\u2028"),
    ],
)
def test_text_of_a_request_cannot_break_a_document(text: str, answered: str) -> None:
    """A lone surrogate becomes U+FFFD wherever it stands; other text stays as it is."""
    members: Mapping[str, object] = {"errors": {text: text}, "pointers": [text, 1, None], "line": 2}
    # One more surrogate, so that every row goes through the repair.
    document = orjson.loads(problem_document(NOT_FOUND, text, text + "\ud800", members))
    assert document["detail"] == document["message"] == answered
    assert document["instance"] == answered + "\ufffd"
    assert document["errors"] == {answered: answered}
    assert document["pointers"] == [answered, 1, None]
    assert document["line"] == 2


@given(st.text(st.characters()), st.text(st.characters()))
def test_any_text_makes_a_document(detail: str, instance: str) -> None:
    """Whatever the texts hold, the document is JSON in UTF-8."""
    document = orjson.loads(problem_document(INTERNAL, detail, instance, {"text": detail}))
    assert document["status"] == 500
    assert document["detail"] == document["text"]

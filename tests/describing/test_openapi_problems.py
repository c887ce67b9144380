"""Problems in the API's description: each stands where it may happen."""

from typing import Final

import pytest

from kvput.describing.openapi_problems import Kind, problem_components, problem_responses
from kvput.errors import ConfigError, DataInUse, DataUnusable, KvputError
from kvput.semantics.problem import PROBLEM_TYPES

COMPONENTS: Final = problem_components()
NEVER_SEEN: Final = {"method-not-implemented", "version-not-supported"}
"""Of requests that no operation is: an unknown method, another protocol."""


def names_in(kind: Kind, status: str) -> set[str]:
    """The problems with a status that an operation may be answered with."""
    reference = problem_responses(kind)[status]
    assert isinstance(reference, dict)
    response = COMPONENTS[reference["$ref"].rpartition("/")[2]]
    assert isinstance(response, dict)
    schema = response["content"]["application/problem+json"]["schema"]
    assert schema["properties"]["status"] == {"const": int(status)}
    return {uri.removeprefix("urn:kvput:problem:") for uri in schema["properties"]["type"]["enum"]}


def test_every_problem_may_happen_somewhere() -> None:
    """But for those of requests that are no operation."""
    seen = {
        name
        for kind in Kind
        for status in problem_responses(kind)
        for name in names_in(kind, status)
    }
    known = {each.name for each in PROBLEM_TYPES.values()}
    assert known - seen == NEVER_SEEN
    assert seen - known == {"internal-error"}


def test_every_error_of_a_request_is_in_the_table_of_problems() -> None:
    """So that the description can speak of it."""
    of_starting = {ConfigError, DataUnusable, DataInUse}
    # Commands have errors of their own, if they were imported.
    errors = {e for e in KvputError.__subclasses__() if e.__module__ == KvputError.__module__}
    assert errors - of_starting == {*PROBLEM_TYPES}


@pytest.mark.parametrize(
    ("kind", "status", "name"),
    [
        (Kind.POST, "409", "id-taken"),
        (Kind.POST, "422", "key-reused"),
        (Kind.PUT, "400", "partial-content"),
        (Kind.PATCH, "409", "patch-conflict"),
        (Kind.PATCH, "422", "schema-violated"),
        (Kind.DELETE, "409", "referenced"),
        (Kind.DELETE_MANY, "400", "malformed-parameter"),
        (Kind.READ, "416", "range-not-satisfiable"),
        (Kind.LIST, "404", "not-found"),
        (Kind.BATCH, "413", "content-too-large"),
        (Kind.OWN, "400", "malformed-field"),
    ],
)
def test_a_problem_stands_under_its_status(kind: Kind, status: str, name: str) -> None:
    """With the others that have the same."""
    assert name in names_in(kind, status)


def test_the_answer_to_head_has_no_content() -> None:
    """It has the same statuses."""
    without = problem_responses(Kind.READ, has_content=False)
    assert without.keys() == problem_responses(Kind.READ).keys()
    for reference in without.values():
        assert isinstance(reference, dict)
        response = COMPONENTS[reference["$ref"].rpartition("/")[2]]
        assert isinstance(response, dict)
        assert response.keys() == {"description"} or response.keys() == {"description", "headers"}

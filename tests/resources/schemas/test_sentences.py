"""Sentences: what a schema finds wrong, in words, at the place where a form shows it."""

from typing import Any

import jsonschema_rs
import pytest

from kvput.resources.schemas import sentences
from kvput.resources.schemas.sentences import TYPES, sentence, type_names, violations_of
from kvput.resources.violations import MAX_VIOLATIONS, Violation, violation

OLD = {"$schema": "http://json-schema.org/draft-07/schema#"}
NO_MEMBER = "is no member that the schema knows: leave it out"
FORMS = "the forms that the schema allows"


def found(schema: dict[str, Any], value: object) -> tuple[Violation, ...]:
    """The violations of a value, as the library finds them."""
    validator = jsonschema_rs.validator_for(schema, validate_formats=True, mask="the value")
    return violations_of(validator.iter_errors(value))


# The schema, a value, and where what is wrong.
CASES: list[tuple[dict[str, Any], object, str, str]] = [
    ({**OLD, "items": [True], "additionalItems": False}, [1, 2, 3], "/1",
     "is an element too many: leave it out"),
    ({"properties": {}, "additionalProperties": False}, {"a": 1}, "/a", NO_MEMBER),
    ({"unevaluatedProperties": False}, {"a": 1}, "/a", NO_MEMBER),
    ({"prefixItems": [True], "unevaluatedItems": False}, [1, 2], "",
     "holds elements that the schema does not know: leave them out"),
    ({"prefixItems": [True], "items": False}, [1, 2], "/1", "must not be there"),
    ({"properties": {"a": False}}, {"a": 1}, "/a", "must not be there"),
    ({"required": ["a"]}, {}, "/a", "is required"),
    ({"dependentRequired": {"a": ["b"]}}, {"a": 1}, "/b", "is required"),
    ({"const": {"a": [1, "x"]}}, 1, "", 'must be {"a":[1,"x"]}'),
    ({"enum": [1, "a", None]}, 2, "", 'must be one of 1, "a", null'),
    ({"contains": {"type": "null"}}, [1], "",
     "must hold an element of the kind that the schema asks for"),
    ({"contains": {"type": "null"}, "minContains": 2}, [None], "",
     "must hold more elements of the kind that the schema asks for"),
    ({"contains": {"type": "null"}, "maxContains": 1}, [None, None], "",
     "must hold fewer elements of the kind that the schema limits"),
    ({**OLD, "contentEncoding": "base64"}, "ä", "", "must be encoded as base64"),
    ({**OLD, "contentMediaType": "application/json"}, "{", "", "must hold application/json"),
    ({"exclusiveMaximum": 3}, 3, "", "must be less than 3"),
    ({"exclusiveMinimum": 3.5}, 3, "", "must be more than 3.5"),
    ({"maximum": 3.0}, 4, "", "must be at most 3"),
    ({"minimum": 1e30}, 4, "", "must be at least 1e+30"),
    ({"multipleOf": 0.5}, 0.75, "", "must be a multiple of 0.5"),
    ({"format": "email"}, "x", "", "must be an email address"),
    ({"format": "date"}, "x", "", "must be a date, such as 2024-02-29"),
    ({"maxItems": 1}, [1, 2], "", "must have at most 1 element"),
    ({"maxLength": 2}, "abc", "", "must have at most 2 characters"),
    ({"maxProperties": 0}, {"a": 1}, "", "must have at most 0 members"),
    ({"minItems": 1}, [], "", "must not be empty"),
    ({"minLength": 2}, "a", "", "must have at least 2 characters"),
    ({"minProperties": 2}, {"a": 1}, "", "must have at least 2 members"),
    ({"not": {"type": "integer"}}, 1, "", "must not be what the schema rules out"),
    ({"not": {"$comment": "kvput: must be kind"}}, 1, "", "must be kind"),
    ({"anyOf": [{"type": "null"}, {"maximum": 3}]}, 4, "", "must be null, or must be at most 3"),
    ({"anyOf": [{"type": "null"}, {"type": "null"}]}, 4, "", "must be null"),
    ({"anyOf": [{"required": ["a"]}, {"required": ["a", "b"]}]}, {}, "",
     f"must have one of {FORMS}"),
    ({"anyOf": [{"properties": {"a": False}}, False]}, {"a": 1}, "", f"must have one of {FORMS}"),
    ({"oneOf": [{"type": "null"}, {"type": "string"}]}, 4, "", "must be null, or must be a text"),
    ({"oneOf": [True, True]}, 4, "", f"must have exactly one of {FORMS}"),
    ({"pattern": "^a"}, "b", "", "must match the pattern ^a"),
    ({"propertyNames": {"pattern": "^a"}}, {"b": 1}, "/b",
     "has a name that must match the pattern ^a"),
    ({"type": ["null", "integer", "string"]}, 1.5, "", "must be a text or a whole number or null"),
    ({"uniqueItems": True}, [1, 1], "", "must not hold the same element twice"),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "value", "pointer", "message"), CASES)
def test_what_is_wrong_is_said_in_a_sentence(
    schema: dict[str, Any], value: object, pointer: str, message: str
) -> None:
    """Each kind of error has words of its own, at the place where it is mended."""
    first = found(schema, value)[0]
    assert (first.pointer, first.message) == (pointer, message)


def test_each_sentence_is_among_those_above() -> None:
    """No row of the table is without a case."""
    kinds = {
        type(error.kind)
        for schema, value, _, _ in CASES
        for error in jsonschema_rs.validator_for(schema, validate_formats=True).iter_errors(value)
    }
    assert kinds == set(sentences._SENTENCES)  # noqa: SLF001


@pytest.mark.parametrize("name", sorted(sentences._FORMATS))  # noqa: SLF001
def test_a_format_has_words_of_its_own(name: str) -> None:
    """What is not of a format is told what the format is, without its name in the schema."""
    (fault,) = found({"format": name}, "[{~ not of any")
    assert fault.message == f"must be {sentences._FORMATS[name]}"  # noqa: SLF001


@pytest.mark.parametrize("name", TYPES)
def test_a_type_has_words_of_its_own(name: str) -> None:
    """A value of another type is told which it must be of."""
    value = 1 if name in {"string", "null"} else "x"
    (fault,) = found({"type": name}, value)
    assert fault.message == f"must be {type_names([name])}"


def test_a_format_without_words_is_named() -> None:
    """One that is not in the table goes by its name."""
    validator = jsonschema_rs.validator_for(
        {"format": "even"}, validate_formats=True, formats={"even": lambda _: False}
    )
    (error,) = validator.iter_errors("x")
    assert sentence(error) == "must have the format even"


def test_an_error_without_a_sentence_has_the_words_of_the_library() -> None:
    """They are cut, and do not repeat the value."""

    class Never:
        def __init__(self, *_: object) -> None: ...

        def validate(self, _: object) -> None:
            raise ValueError("never " * 100)

    validator = jsonschema_rs.validator_for({"never": 1}, keywords={"never": Never})
    (error,) = validator.iter_errors("x")
    assert sentence(error).startswith("never never")
    assert len(sentence(error)) == 200


def test_a_long_list_of_values_is_cut() -> None:
    """A sentence has 200 characters at most."""
    (fault,) = found({"enum": list(range(1000))}, "x")
    assert fault.message.startswith("must be one of 0, 1, 2,")
    assert (len(fault.message), fault.message[-1]) == (200, "…")


@pytest.mark.parametrize(
    ("steps", "pointer", "field"),
    [
        ([], "", ""),
        (["author", "name"], "/author/name", "author.name"),
        (["tags", 0], "/tags/0", "tags.0"),
        (["a/b", "~"], "/a~1b/~0", "a/b.~"),
        ([""], "/", ""),
        (["x" * 600, "y" * 600], "/" + "x" * 600, "x" * 600),
        (["x" * 1001, "y"], "", ""),
    ],
)
def test_a_place_is_a_pointer_and_a_field(steps: list[str | int], pointer: str, field: str) -> None:
    """A pointer is escaped (RFC 6901 section 3); one that is too long ends earlier."""
    assert violation(steps, "must be there") == Violation(pointer, "must be there", field)


def test_violations_stand_in_the_order_of_their_places() -> None:
    """Elements count by their number; what is found twice stands there once."""
    text = {"type": "string"}
    schema = {"items": text, "properties": {"b": text, "a": text}, "allOf": [{"items": text}]}
    assert [v.pointer for v in found(schema, list(range(11)))] == [f"/{n}" for n in range(11)]
    assert [v.pointer for v in found(schema, {"b": 1, "a": 1})] == ["/a", "/b"]


def test_there_are_a_hundred_violations_at_most() -> None:
    """They are the first that the library finds."""
    assert len(found({"items": False}, [1] * 1000)) == MAX_VIOLATIONS == 100
    names = {str(n): 1 for n in range(1000)}
    assert len(found({"unevaluatedProperties": False}, names)) == MAX_VIOLATIONS


def test_a_message_stands_alone_as_a_sentence() -> None:
    """It begins with a capital, and what it quotes keeps its case."""
    assert Violation("", 'must be "aB"', "").sentence == 'Must be "aB".'

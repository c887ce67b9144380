"""What a JSON Schema finds wrong, in words for people, at the place where a form shows it.

Here belongs the way from the library's errors to sentences. What the value is
measured by, and when, does not.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, Final

import orjson
from jsonschema_rs import ValidationError
from jsonschema_rs import ValidationErrorKind as Kind

from kvput.resources.violations import MAX_VIOLATIONS, Token, Violation, violation

_MAX_SENTENCE: Final = 200
"""Characters of a sentence: a schema may list a thousand values."""

SAID: Final = "kvput: "
"""What a `$comment` begins with that holds the sentence for its schema; see `forms`."""


def violations_of(errors: Iterable[ValidationError]) -> tuple[Violation, ...]:
    """The faults that the library's errors mean, in the order of their places; each once."""
    found = (
        (_order(tokens), violation(tokens, _cut(message)))
        for error in errors
        for tokens, message in _places(error)
    )
    first = dict.fromkeys(islice(found, MAX_VIOLATIONS))
    return tuple(v for _, v in sorted(first, key=lambda pair: (pair[0], pair[1].message)))


def sentence(error: ValidationError) -> str:
    """What is wrong, to go on after the name of what stands at the error's place."""
    say = _SENTENCES.get(type(error.kind))
    return _cut(error.message if say is None else say(error))


def type_names(types: Iterable[str]) -> str:
    """The types of JSON Schema in words: "a text or null"."""
    return " or ".join(TYPES[name] for name in sorted(types, key=_ORDER_OF_TYPES.index))


def _order(tokens: Iterable[Token]) -> tuple[tuple[bool, int, str], ...]:
    """Elements in the order of the list, members in that of the alphabet."""
    return tuple(
        (False, token, "") if isinstance(token, int) else (True, 0, token) for token in tokens
    )


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_SENTENCE else text[: _MAX_SENTENCE - 1] + "…"


# --- places ------------------------------------------------------------------


def _places(error: ValidationError) -> Iterator[tuple[list[Token], str]]:
    """Each place that an error concerns, with what is wrong there."""
    here, kind = error.instance_path, error.kind
    if isinstance(kind, Kind.Required):
        yield [*here, kind.property], sentence(error)
    elif isinstance(kind, Kind.AdditionalProperties | Kind.UnevaluatedProperties):
        yield from (([*here, name], sentence(error)) for name in kind.unexpected)
    elif isinstance(kind, Kind.AdditionalItems):
        yield [*here, kind.limit], sentence(error)
    elif isinstance(kind, Kind.PropertyNames):
        yield [*here, str(kind.error.instance)], sentence(error)
    else:
        yield here, sentence(error)


# --- words -------------------------------------------------------------------

TYPES: Final = {
    "string": "a text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
_ORDER_OF_TYPES: Final = tuple(TYPES)

_FORMATS: Final = {
    "date": "a date, such as 2024-02-29",
    "date-time": "a date with time and offset, such as 2024-02-29T12:30:00Z",
    "duration": "a duration, such as P3DT12H",
    "email": "an email address",
    "hostname": "the name of a host, such as example.com",
    "idn-email": "an email address",
    "idn-hostname": "the name of a host, such as example.com",
    "ipv4": "an IPv4 address, such as 192.0.2.1",
    "ipv6": "an IPv6 address, such as 2001:db8::1",
    "iri": "an absolute address, such as https://example.com/",
    "iri-reference": "an address, such as /articles/1",
    "json-pointer": "a JSON Pointer, such as /author/name",
    "regex": "a regular expression",
    "relative-json-pointer": "a relative JSON Pointer, such as 1/name",
    "time": "a time with offset, such as 12:30:00Z",
    "uri": "an absolute address, such as https://example.com/",
    "uri-reference": "an address, such as /articles/1",
    "uri-template": "a template of addresses, such as /articles/{id}",
    "uuid": "a UUID, such as 123e4567-e89b-12d3-a456-426614174000",
}

_CONTAINS: Final = {
    "contains": "must hold an element of the kind that the schema asks for",
    "minContains": "must hold more elements of the kind that the schema asks for",
    "maxContains": "must hold fewer elements of the kind that the schema limits",
}
"""By the keyword: the library has one kind of error for the three of them."""

ANY_FORM: Final = "must have one of the forms that the schema allows"
ONE_FORM: Final = "must have exactly one of the forms that the schema allows"

UNKNOWN_MEMBER: Final = "is no member that the schema knows: leave it out"


def _shown(value: object) -> str:
    """A value of the schema, as JSON."""
    return orjson.dumps(value).decode()


def _number(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return f"{value:g}" if abs(value) >= 1e16 else str(int(value))
    return str(value)


def _count(limit: int, noun: str) -> str:
    return f"{limit} {noun}" if limit == 1 else f"{limit} {noun}s"


def _at_most(noun: str) -> Callable[[ValidationError], str]:
    return lambda error: f"must have at most {_count(_of(error).limit, noun)}"


def _at_least(noun: str) -> Callable[[ValidationError], str]:
    def say(error: ValidationError) -> str:
        limit = _of(error).limit
        return "must not be empty" if limit == 1 else f"must have at least {_count(limit, noun)}"

    return say


def _limit(words: str) -> Callable[[ValidationError], str]:
    return lambda error: f"must be {words} {_number(_of(error).limit)}"


def _always(words: str) -> Callable[[ValidationError], str]:
    return lambda _: words


def _format(error: ValidationError) -> str:
    name = _of(error).format
    return f"must be {_FORMATS[name]}" if name in _FORMATS else f"must have the format {name}"


def _not(error: ValidationError) -> str:
    schema = _of(error).schema
    comment = schema.get("$comment") if isinstance(schema, dict) else None
    if isinstance(comment, str) and comment.startswith(SAID):
        return comment.removeprefix(SAID)
    return "must not be what the schema rules out"


def _forms(otherwise: str) -> Callable[[ValidationError], str]:
    def say(error: ValidationError) -> str:
        # Where each form has one thing against the value as a whole, these are the choice.
        found = [
            sentence(branch[0])
            for branch in _of(error).context
            if len(branch) == 1 and branch[0].instance_path == error.instance_path
        ]
        is_all = len(found) == len(_of(error).context)
        return ", or ".join(dict.fromkeys(found)) if found and is_all else otherwise

    return say


def _of(error: ValidationError) -> Any:  # noqa: ANN401 - each kind has attributes of its own
    return error.kind


_SENTENCES: Final[dict[type[Kind], Callable[[ValidationError], str]]] = {
    Kind.AdditionalItems: _always("is an element too many: leave it out"),
    Kind.AdditionalProperties: _always(UNKNOWN_MEMBER),
    Kind.AnyOf: _forms(ANY_FORM),
    Kind.Constant: lambda error: f"must be {_shown(_of(error).expected_value)}",
    Kind.Contains: lambda error: _CONTAINS[str(error.schema_path[-1])],
    Kind.ContentEncoding: lambda error: f"must be encoded as {_of(error).content_encoding}",
    Kind.ContentMediaType: lambda error: f"must hold {_of(error).content_media_type}",
    Kind.Enum: lambda error: f"must be one of {', '.join(map(_shown, _of(error).options))}",
    Kind.ExclusiveMaximum: _limit("less than"),
    Kind.ExclusiveMinimum: _limit("more than"),
    Kind.FalseSchema: _always("must not be there"),
    Kind.Format: _format,
    Kind.MaxItems: _at_most("element"),
    Kind.MaxLength: _at_most("character"),
    Kind.MaxProperties: _at_most("member"),
    Kind.Maximum: _limit("at most"),
    Kind.MinItems: _at_least("element"),
    Kind.MinLength: _at_least("character"),
    Kind.MinProperties: _at_least("member"),
    Kind.Minimum: _limit("at least"),
    Kind.MultipleOf: lambda error: f"must be a multiple of {_number(_of(error).multiple_of)}",
    Kind.Not: _not,
    Kind.OneOfMultipleValid: _always(ONE_FORM),
    Kind.OneOfNotValid: _forms(ONE_FORM),
    Kind.Pattern: lambda error: f"must match the pattern {_of(error).pattern}",
    Kind.PropertyNames: lambda error: f"has a name that {sentence(_of(error).error)}",
    Kind.Required: _always("is required"),
    Kind.Type: lambda error: f"must be {type_names(_of(error).types)}",
    # Which they are, the library does not say.
    Kind.UnevaluatedItems: _always("holds elements that the schema does not know: leave them out"),
    Kind.UnevaluatedProperties: _always(UNKNOWN_MEMBER),
    Kind.UniqueItems: _always("must not hold the same element twice"),
}
"""What is not here has the library's own words, in which the value is not repeated."""

"""A JSON Schema in the form in which values are held against it.

Here belongs what is asked of the library, and how: its limits, and what it must
not do. Where the schema comes from, and which value it is for, does not.

Patterns are matched in linear time, so that none of them can keep the server; in
exchange they have no look-around and no references to what was matched before.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from jsonschema_rs import RegexOptions, ValidationError, Validator, validator_for
from jsonschema_rs import ValidationErrorKind as Kind

from kvput.content.source_text import shown
from kvput.patching.pointer import format_pointer
from kvput.paths import ResourcePath
from kvput.resources.schemas.files import Document, SchemaFault, SchemaFiles, SchemaUnusableError
from kvput.resources.schemas.forms import (
    MAX_CHAIN,
    REFERENCES,
    Reach,
    for_faults,
    is_old_draft,
    only_members,
)
from kvput.resources.schemas.sentences import sentence, violations_of
from kvput.resources.schemas.values import Shape, not_exchangeable, shape_of
from kvput.resources.violations import Violation, violation

_PATTERNS: Final = RegexOptions(size_limit=1024 * 1024)

_MAX_DEPTH: Final = 250
"""The library takes 255."""

_NOWHERE: Final = "file:///schema.json"

_ALL_FAULTS_SIZE: Final = 20_000
_ALL_FAULTS_DEPTH: Final = 10
"""Of what is larger or deeper, only the first fault is looked for: the library collects all of
them, each with its place, before it shows one."""


@dataclass(frozen=True, slots=True)
class CompiledSchema:
    """A schema that values are held against."""

    _verdict: Validator
    _faults: Validator | None
    """None where the schema cannot be rewritten to find them."""
    _max_depth: int
    only_members: frozenset[str] | None = None
    """The only members that a value may have, where the schema simply lists them."""

    def violations(self, value: object) -> tuple[Violation, ...]:
        """What is wrong with a value, in the order of the places; nothing where it is valid.

        `value` is what `kvput.content.json_text.parse` has given. There are no more than
        MAX_VIOLATIONS, and of a large or deep value only the first.
        """
        shape = shape_of(value)
        if shape.depth > self._max_depth:
            return (violation((), f"must not be nested deeper than {self._max_depth} levels"),)
        if shape.has_too_large:
            return _named(not_exchangeable(value))
        try:
            if self._verdict.is_valid(value):
                return ()
            # Whether it is valid, the schema itself says: the other one only finds the places.
            return violations_of(self._errors(value, shape)) or _named(None)
        except ValueError:  # half a character; or an error too deep for the library to show
            return _named(not_exchangeable(value))

    def _errors(self, value: object, shape: Shape) -> Iterable[ValidationError]:
        if self._faults is None:
            return ()
        is_small = shape.depth * shape.count <= _ALL_FAULTS_SIZE
        if is_small and shape.depth <= _ALL_FAULTS_DEPTH:
            return self._faults.iter_errors(value)
        try:
            self._faults.validate(value)
        except ValidationError as error:
            return (error,)
        return ()


def _named(found: Violation | None) -> tuple[Violation]:
    return (found or violation((), "is not what the schema asks for"),)


# --- compiling ---------------------------------------------------------------


def compile_schema(files: SchemaFiles) -> CompiledSchema:
    """The schema of these files. Raises SchemaUnusableError: why it cannot be used."""
    sources = _Sources(files)
    try:
        verdict = _validator(sources.take(files.schema.uri), files.schema.uri, sources.take)
    except ValueError as error:
        fault = _why(files) or sources.fault or SchemaFault(files.schema, _fault(error))
        raise SchemaUnusableError(fault.path, fault.message, fault.other) from None
    document = files.document(files.schema.uri).value
    return CompiledSchema(
        verdict, sources.faults(verdict), sources.reach.max_depth, only_members(document)
    )


class _Sources:
    """The documents that a schema is made of, looked at before the library gets them."""

    def __init__(self, files: SchemaFiles) -> None:
        self._files = files
        self._is_old: bool | None = None
        self._for_faults: dict[str, object] = {}
        self.reach = Reach()
        self.fault: SchemaFault | None = None
        """Why one cannot be used; of what is raised to the library, it keeps less."""

    def take(self, uri: str) -> object:
        """The document of a URI. Raises SchemaUnusableError."""
        try:
            document = self._files.document(uri)
            if uri not in self._for_faults:
                self._look_at(uri, document)
        except SchemaUnusableError as error:
            self.fault = self.fault or error.fault
            raise
        return document.value

    def _look_at(self, uri: str, document: Document) -> None:
        unfit = _unfit(document.value)
        if unfit is not None:
            raise SchemaUnusableError(document.path, unfit)
        # It is the first one's draft that counts.
        if self._is_old is None:
            self._is_old = is_old_draft(document.value)
        self._for_faults[uri] = for_faults(document.value, is_old=self._is_old)
        self.reach.add(self._for_faults[uri])
        if self.reach.chain > MAX_CHAIN:
            raise SchemaUnusableError(document.path, _CHAINED)

    def faults(self, verdict: Validator) -> Validator | None:
        """What finds the faults of a value; None where the schema cannot be rewritten to do so."""
        documents = self._files.documents
        if all(self._for_faults[uri] is documents[uri].value for uri in documents):
            return verdict
        uri = self._files.schema.uri
        try:
            return _validator(self._for_faults[uri], uri, self._for_faults.__getitem__)
        except ValueError:
            return None


def schema_fault(document: object) -> str | None:
    """Why a document can be no JSON Schema, to go on after its name; None where it can be one.

    What it refers to in other documents is not looked into.
    """
    elsewhere: list[str] = []

    def retrieve(uri: str) -> object:
        elsewhere.append(uri)
        raise LookupError(uri)

    unfit = _unfit(document)
    if unfit is not None:
        return unfit
    try:
        _validator(document, _NOWHERE, retrieve)
    except ValueError as error:
        return None if elsewhere and _is_reference(error) else _fault(error)
    return None


def _why(files: SchemaFiles) -> SchemaFault | None:
    """The first of the files that is wrong in itself, or has a reference that is; None for none."""
    root = files.document(files.schema.uri).value
    for document in files.documents.values():
        fault = schema_fault(_in_its_draft(document.value, root))
        if fault is not None:
            return SchemaFault(document.path, fault)
    alone: dict[str, object] = {}
    for uri, document in list(files.documents.items()):
        referred = _Referred(files, document.path, root, alone)
        try:
            _validator(_in_its_draft(document.value, root), uri, referred.take)
        except ValueError as error:
            return referred.fault or SchemaFault(document.path, _fault(error))
    return None


@dataclass(slots=True)
class _Referred:
    """What one of the files refers to, each without its own references: these are not in question.

    `alone` are those that were asked for already, `fault` is why one could not be given.
    """

    files: SchemaFiles
    referrer: ResourcePath
    root: object
    alone: dict[str, object]
    fault: SchemaFault | None = None

    def take(self, uri: str) -> object:
        """The document of a URI. Raises SchemaUnusableError."""
        try:
            if uri not in self.alone:
                self.alone[uri] = _without_references(self._right(uri).value)
        except SchemaUnusableError as error:
            self.fault = error.fault
            raise
        return self.alone[uri]

    def _right(self, uri: str) -> Document:
        document = self.files.document(uri, self.referrer)
        fault = schema_fault(_in_its_draft(document.value, self.root))
        if fault is not None:
            raise SchemaUnusableError(document.path, fault)
        return document


def _in_its_draft(document: object, root: object) -> object:
    """A document with what says which draft it is of: where it does not, it is the root's."""
    if isinstance(document, dict) and isinstance(root, dict) and "$schema" in root:
        return {"$schema": root["$schema"], **document}
    return document


def _without_references(value: object) -> object:
    if isinstance(value, list):
        return [_without_references(each) for each in value]
    if isinstance(value, dict):
        return {
            name: _without_references(each)
            for name, each in value.items()
            # A member that is called so may be described by a schema.
            if name not in REFERENCES or not isinstance(each, str)
        }
    return value


def _is_reference(error: ValueError) -> bool:
    return isinstance(error, ValidationError) and isinstance(error.kind, Kind.Referencing)


def _fault(error: ValueError) -> str:
    if not isinstance(error, ValidationError):
        return f"cannot be used as a JSON Schema: {_printable(str(error))}"
    if _is_reference(error):
        return f"has a reference that leads nowhere: {_printable(error.message)}"
    is_pattern = isinstance(error.kind, Kind.Format) and error.kind.format == "regex"
    return _invalid(
        format_pointer(tuple(map(str, error.instance_path))),
        _PATTERN if is_pattern else sentence(error),
    )


def _invalid(pointer: str, message: str) -> str:
    # Its end says more than its beginning.
    short = pointer if len(pointer) <= _MAX_SHOWN else f"…{pointer[1 - _MAX_SHOWN :]}"
    place = f"at {shown(short)}, it" if pointer else "it"
    return f"is no valid JSON Schema: {place} {message}"


def _printable(message: str) -> str:
    """What the library says, which may repeat a reference: it must fit on a line of a log."""
    return "".join(c if c.isprintable() else " " for c in message[:_MAX_MESSAGE])


_MAX_SHOWN: Final = 60
_MAX_MESSAGE: Final = 200

_PATTERN: Final = "must be a regular expression, without look-around and references back"

_CHAINED: Final = (
    f"may lead a value on from schema to schema more than {MAX_CHAIN} times: use fewer references "
    "to what refers to others"
)


def _unfit(document: object) -> str | None:
    """Why a document must not even be shown to the library, which takes what is fit for it."""
    # A text, it would take for a JSON text.
    if not isinstance(document, dict | bool):
        return "is no JSON Schema: it must be an object, true or false"
    shape = shape_of(document)
    if shape.depth > _MAX_DEPTH:
        return f"is nested deeper than {_MAX_DEPTH} levels: use $defs and references"
    odd = not_exchangeable(document)
    if odd is not None:
        return _invalid(odd.pointer, odd.message)
    reach = Reach()
    reach.add(for_faults(document, is_old=False))
    return _CHAINED if reach.chain > MAX_CHAIN else None


def _validator(document: object, uri: str, retrieve: Callable[[str], object]) -> Validator:
    """Raises ValidationError for what is no schema, ValueError for what the library cannot take."""
    return validator_for(
        document,  # type: ignore[arg-type]  # whatever it is, the library looks
        base_uri=uri,
        # Without one, the library would fetch what a schema refers to over the network.
        retriever=retrieve,  # type: ignore[arg-type]
        pattern_options=_PATTERNS,
        validate_formats=True,
        # Its messages must not repeat the value, which may be as large as it likes.
        mask="the value",
    )

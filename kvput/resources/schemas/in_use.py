"""JSON Schemas as rules of collections: which one holds now, and what it makes of a value.

A schema is a resource of the data folder, read through the same view as what it
is for, so that an edit of it takes effect with the next write. Here belongs which
version is in use, what is told of one that cannot be, and the error of a write.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_
from time import monotonic
from typing import Final

from kvput.declarations import Declaration
from kvput.errors import SchemaViolated
from kvput.patching.pointer import format_pointer
from kvput.paths import CollectionPath, ResourcePath
from kvput.resources.schemas.compiled import CompiledSchema, compile_schema, schema_fault
from kvput.resources.schemas.files import (
    Identifiers,
    Parts,
    SchemaFault,
    SchemaFiles,
    SchemaUnusableError,
    Seen,
)
from kvput.resources.schemas.sentences import UNKNOWN_MEMBER
from kvput.resources.violations import Violation, refused
from kvput.store.base import View

KNOWN_SECONDS: Final = 0.02
"""As long as a GET goes by the declarations that it has seen last."""

__all__ = ["CompiledSchema", "SchemaFault", "Schemas", "Violation", "require_valid", "schema_fault"]


@dataclass(frozen=True, slots=True)
class SchemaState:
    """A schema as its files stood, and why it cannot be used; `in_use` is the last that could."""

    schema: ResourcePath
    seen: Seen
    fault: SchemaFault | None
    in_use: CompiledSchema | None


States = tuple[tuple[Declaration, SchemaState], ...]
"""How the schemas of collections stand."""


@dataclass(frozen=True, slots=True)
class _Known:
    """The parts of some schemas, to be looked at again from `until` on."""

    schemas: Collection[ResourcePath]
    parts: Parts
    until: float


class Schemas:
    """The schemas in use, kept for the life of the server.

    Several threads may ask: each state is a value that takes the place of the one
    before, and the worst that can come of a race is work done twice.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        """`tell` gets a sentence for each state of a schema's files that cannot be used.

        And one when it can be used again.
        """
        self._tell = tell
        self._states: dict[ResourcePath, SchemaState] = {}
        self._told: dict[CollectionPath, SchemaState] = {}
        self._identifiers = Identifiers()
        self._known: _Known | None = None

    def validator(self, view: View, declaration: Declaration) -> CompiledSchema | None:
        """A collection's schema as the view shows it; where that cannot be used, as it was before.

        None where it never could be used: then nothing is held against it. None also where no
        schema is declared.
        """
        if declaration.schema is None:
            return None
        state = self._state(view, declaration.schema)
        self._tell_once(declaration, state)
        return state.in_use

    def violations(
        self, view: View, declaration: Declaration, value: object
    ) -> tuple[Violation, ...]:
        """What is wrong with a value; see `CompiledSchema.violations`."""
        validator = self.validator(view, declaration)
        return () if validator is None else validator.violations(value)

    def states(self, view: View, declared: Iterable[Declaration]) -> States:
        """How the schemas that are declared stand. Tells nobody: the view may be disturbed."""
        return tuple(
            (declaration, self._state(view, declaration.schema))
            for declaration in declared
            if declaration.schema is not None
        )

    def tell_of(self, states: States) -> None:
        """Tell of the schemas of all collections, and begin anew with those that have none now."""
        for declaration, state in states:
            self._tell_once(declaration, state)
        for collection in {*self._told} - {declaration.collection for declaration, _ in states}:
            self._told.pop(collection, None)

    def are_parts(
        self, view: View, schemas: Collection[ResourcePath], paths: Collection[ResourcePath]
    ) -> bool:
        """Whether any of these resources is a part of one of the schemas, as for `parts`.

        That a hand has changed a schema may show KNOWN_SECONDS late. Each write asks this, and
        to look at the files of ten schemas would take a fifth of the time of a write.
        """
        known, now = self._known, monotonic()
        if known is None or known.schemas is not schemas or now > known.until:
            parts = reduce(or_, (self.parts(view, each) for each in schemas), Parts())
            known = self._known = _Known(schemas, parts, now + KNOWN_SECONDS)
        if not any(path in known.parts for path in paths):
            return False
        # What is written may have others for its parts.
        self._known = None
        return True

    def parts(self, view: View, schema: ResourcePath) -> Parts:
        """The resources that the schema is made of; where it cannot be used, those looked at."""
        return self._state(view, schema).seen.parts(schema)

    def fault(self, view: View, schema: ResourcePath) -> SchemaFault | None:
        """Why the schema, as the view shows it, cannot be used; None where it can."""
        return self._read(view, schema, None).fault

    def _tell_once(self, declaration: Declaration, state: SchemaState) -> None:
        before = self._told.get(declaration.collection)
        if state is before:
            return
        self._told[declaration.collection] = state
        if state.fault is not None:
            meanwhile = _MEANWHILE[state.in_use is not None]
            self._tell(f"{fault_in_full(state.fault, declaration)} {meanwhile}")
        elif before is not None and before.fault is not None:
            what = f"{state.schema.file}, {_of(declaration)}"
            self._tell(f"{what}, is right again, and holds from now on.")

    def _state(self, view: View, schema: ResourcePath) -> SchemaState:
        state = self._states.get(schema)
        if state is None or not state.seen.stands(view, schema):
            state = self._read(view, schema, None if state is None else state.in_use)
            self._states[schema] = state
        return state

    def _read(self, view: View, schema: ResourcePath, in_use: CompiledSchema | None) -> SchemaState:
        files = SchemaFiles(view, schema, self._identifiers)
        try:
            compiled = compile_schema(files)
        except SchemaUnusableError as error:
            return SchemaState(schema, files.seen, error.fault, in_use)
        return SchemaState(schema, files.seen, None, compiled)


# --- words


_MEANWHILE: Final = {
    True: "Until it is mended, the version before stays in use.",
    False: "Until it is mended, nothing is held against it.",
}


def fault_in_full(fault: SchemaFault, declaration: Declaration) -> str:
    """Why the schema that is declared cannot be used, with the file at fault."""
    return f"{fault.path.file}, {part_of(declaration, fault.path)}, {fault.message}."


def part_of(declaration: Declaration, path: ResourcePath) -> str:
    """What a file is for a collection: "the schema of /authors (kvput.toml, line 3)"."""
    return _of(declaration) if path == declaration.schema else f"a part of {_of(declaration)}"


def _of(declaration: Declaration) -> str:
    line = "" if declaration.schema_line is None else f", line {declaration.schema_line}"
    return f"the schema of {declaration.collection.url} (kvput.toml{line})"


def for_whom_it_is(
    violations: Iterable[Violation], put_in: Iterable[str], schema: ResourcePath
) -> tuple[Violation, ...]:
    """The violations, none of which asks a client to leave out what the server puts in.

    `put_in` are the names of these members: there it is the schema that is to be changed.
    """
    pointers = {format_pointer((member,)) for member in put_in}
    message = f"is put in by the server, and its schema does not know it: add it to {schema.file}"
    return tuple(
        replace(each, message=message, names_schema=True)
        if each.message == UNKNOWN_MEMBER and each.pointer in pointers
        else each
        for each in violations
    )


def require_valid(
    violations: Sequence[Violation], path: ResourcePath, schema: ResourcePath
) -> None:
    """Raise SchemaViolated where there are any: of what is to stand under `path`."""
    if violations:
        says = "" if violations[0].names_schema else f", as its schema {schema.url} says"
        raise refused(SchemaViolated, path, violations, says, schema=schema.url)

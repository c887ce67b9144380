"""What `kvput check` finds wrong by what `kvput.toml` declares: links, schemas, unique members.

The rules themselves are in `kvput.resources`, and how files are read in `kvput.store`;
here the ones are asked of the others, and what comes of it becomes findings.
"""

import time
from collections.abc import Iterator, Mapping
from typing import Final

from kvput.config_file import COLLECTIONS, CONFIG_FILE, likely_meant, read_config_file
from kvput.content.json_places import place_in
from kvput.content.json_text import parse
from kvput.content.source_text import shown
from kvput.declarations import NOTHING_DECLARED, Declaration, Declarations
from kvput.declared import declarations_of
from kvput.errors import ConfigError, KvputError, MalformedContent
from kvput.patching.pointer import parse_pointer
from kvput.paths import CollectionPath, ResourcePath
from kvput.query.values import Key, key_of
from kvput.resources.members import members_put_in
from kvput.resources.relations.audit import (
    BROKEN,
    LinkAudit,
    LinkFault,
    LinkFaultKind,
    still_stands,
    value_of,
)
from kvput.resources.relations.sides import sides_of
from kvput.resources.schemas.in_use import Schemas, for_whom_it_is, part_of
from kvput.store import Finding, FolderCheck, Kind, misconfigured

_ROUNDS: Final = 3
_COMMIT_SECONDS: Final = 0.1
"""By then a commit that was under way stands in the folder as a whole."""
_KINDS: Final[Mapping[LinkFaultKind, Kind]] = {
    LinkFaultKind.MALFORMED: Kind.REFERENCE_MALFORMED,
    LinkFaultKind.MISSING: Kind.REFERENCE_MISSING,
    LinkFaultKind.DANGLING: Kind.DANGLING,
    LinkFaultKind.ONE_SIDED: Kind.ONE_SIDED,
}


def all_findings(checking: FolderCheck) -> Iterator[Finding]:
    """What is wrong with the folder's files, and then with what is declared of them."""
    findings = checking.findings()
    first = next(findings, None)
    declarations = NOTHING_DECLARED
    try:
        declarations = declarations_of(checking.folder)
    except ConfigError as error:
        # Where the whole file does not load, that has been told.
        if first is None or first.kind is not Kind.CONFIGURATION:
            yield misconfigured(checking.folder, error)
    if first is not None:
        yield first
        yield from findings
    if declarations.collections:
        yield from _Examination(checking, declarations).findings()


class _Examination:
    """Looks through all resources of which something is declared, each once."""

    def __init__(self, checking: FolderCheck, declarations: Declarations) -> None:
        self._checking = checking
        self._declarations = declarations
        self._resources = checking.resources()
        self._audit = LinkAudit(declarations)
        # What cannot be used is told once, before anything is measured by it.
        self._schemas = Schemas(lambda _: None)
        self._sides = sides_of(declarations)
        self._unique: dict[tuple[CollectionPath, str], dict[Key, ResourcePath]] = {}

    def findings(self) -> Iterator[Finding]:
        declared = self._declarations.collections
        yield from self._unused()
        yield from self._unusable_schemas()
        yield from self._closed_schemas()
        all_read = True
        for collection in dict.fromkeys((*declared, *self._audit.collections)):
            try:
                paths = self._resources.paths(collection)
            except KvputError:  # told by who looks at directories
                all_read = False
                continue
            self._checking.expected = (self._checking.expected or 0) + len(paths)
            for path in paths:
                yield from self._resource(path, declared.get(collection))
                self._checking.done += 1
        # Of a collection that cannot be listed nobody knows what is there.
        if all_read:
            yield from self._links()

    def _unused(self) -> Iterator[Finding]:
        """Declarations of what is not there, where something else was likely meant."""
        declared, view = self._declarations.collections, self._resources.view
        for collection in declared:
            try:
                if view.names(collection) is not None:
                    continue
                *above, name = collection.segments
                beside = view.names(CollectionPath(tuple(above)))
                file = read_config_file(self._checking.folder / CONFIG_FILE)
            except KvputError:  # told by who looks at files and directories
                continue
            others = () if beside is None else beside.collections
            likely = likely_meant(name, [o.segments[-1] for o in others if o not in declared])
            if likely is not None:
                key, other = "/".join(collection.segments), "/".join((*above, likely))
                yield Finding(
                    Kind.UNUSED_DECLARATION,
                    CONFIG_FILE,
                    f"{shown(key)} is declared, and there is no such folder: if {shown(other)} is "
                    "meant, correct the name.",
                    file.line_of((COLLECTIONS, key)),
                )

    def _unusable_schemas(self) -> Iterator[Finding]:
        declared = self._declarations.collections.values()
        used = {each.schema: each for each in declared if each.schema is not None}
        for schema, declaration in used.items():
            fault = self._schemas.fault(self._resources.view, schema)
            if fault is not None:
                what = part_of(declaration, fault.path)
                message = f"{what[0].upper()}{what[1:]} {fault.message}."
                yield Finding(Kind.SCHEMA_UNUSABLE, fault.path.file, message)

    def _closed_schemas(self) -> Iterator[Finding]:
        for declaration in self._declarations.collections.values():
            schema = self._schemas.validator(self._resources.view, declaration)
            known = None if schema is None else schema.only_members
            if known is None or declaration.schema is None or declaration.readonly:
                continue
            put_in = members_put_in(declaration, self._sides)
            unknown = ", ".join(shown(member) for member in put_in if member not in known)
            if unknown:
                yield Finding(
                    Kind.SCHEMA_CLOSED,
                    declaration.schema.file,
                    f"The schema of {declaration.collection.url} allows no members but its "
                    f"properties, and the server puts in {unknown}: add what is missing to them.",
                )

    def _resource(self, path: ResourcePath, declaration: Declaration | None) -> Iterator[Finding]:
        try:
            content = self._resources.content(path)
            value = None if content is None else parse(content or b"{}")
        except (KvputError, MalformedContent):  # told by who looks at files
            self._audit.add(path, BROKEN)
            return
        if content is None:
            return
        self._audit.add(path, value)
        if declaration is not None:
            yield from self._violations(path, declaration, content, value)
            yield from self._taken(path, declaration, content, value)

    # --- schemas and unique members

    def _violations(
        self, path: ResourcePath, declaration: Declaration, content: bytes, value: object
    ) -> Iterator[Finding]:
        schema = declaration.schema
        if schema is None:
            return
        violations = self._schemas.violations(self._resources.view, declaration, value)
        put_in = members_put_in(declaration, self._sides)
        for violation in for_whom_it_is(violations, put_in, schema):
            what = f"The member {shown(violation.field)}" if violation.field else "It"
            says = f", as its schema {schema.file} says: correct it"
            yield Finding(
                Kind.SCHEMA,
                path.file,
                f"{what} {violation.message}{'' if violation.names_schema else says}.",
                *_place(content, parse_pointer(violation.pointer)),
            )

    def _taken(
        self, path: ResourcePath, declaration: Declaration, content: bytes, value: object
    ) -> Iterator[Finding]:
        if not isinstance(value, dict):
            return
        for member in declaration.unique:
            held = value.get(member)
            key = None if held is None else key_of(held)
            if key is None:
                continue
            holders = self._unique.setdefault((declaration.collection, member), {})
            other = holders.setdefault(key, path)
            if other != path:
                yield Finding(
                    Kind.NOT_UNIQUE,
                    path.file,
                    f"The member {shown(member)} is the same as that of {other.file}, and no two "
                    f"resources of {declaration.collection.url} may have the same: change one of "
                    "the two.",
                    *_place(content, (member,)),
                )

    # --- links

    def _links(self) -> Iterator[Finding]:
        faults = self._audit.judge().faults
        # A commit may have come between two looks at what belongs together.
        for _ in range(_ROUNDS if faults and self._checking.is_served else 0):
            time.sleep(_COMMIT_SECONDS)
            faults = tuple(fault for fault in faults if self._stands(fault))
        for fault in faults:
            yield self._finding(fault)

    def _stands(self, fault: LinkFault) -> bool:
        values: dict[ResourcePath, object] = {}
        for path in fault.concerned:
            try:
                content = self._resources.content(path)
            except KvputError:
                values[path] = BROKEN
            else:
                if content is not None:
                    values[path] = value_of(content)
        return still_stands(fault, self._declarations, values)

    def _finding(self, fault: LinkFault) -> Finding:
        place: tuple[int | None, int | None] = None, None
        try:
            content = self._resources.content(fault.path)
            if content:
                place = _place(content, fault.place(parse(content)))
        except (KvputError, MalformedContent):
            pass  # It has changed meanwhile.
        repair = ", or let --fix do it" if fault.is_repairable else ""
        message = f"{fault.message}: {fault.advice}{repair}."
        return Finding(_KINDS[fault.kind], fault.path.file, message, *place)


def _place(content: bytes, tokens: tuple[str, ...]) -> tuple[int | None, int | None]:
    """Line and column; none in what is empty."""
    return place_in(content, tokens) if content else (None, None)

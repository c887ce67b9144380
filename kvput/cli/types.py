"""`kvput types`: what the resources of a folder look like, as TypeScript or JSON Schema.

Here the folder is read, collection by collection, and what was left out is told.
How schemas are told from values, and written, is in `kvput.describing`.
"""

import json
import re
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Final

import click

from kvput.cli.output import counted, shown, writing
from kvput.cli.output_file import write_file
from kvput.content.json_text import dump, parse
from kvput.declarations import Declaration, Declarations
from kvput.declared import declarations_of
from kvput.describing.described import Declared, Described, Observed
from kvput.describing.listed_schemas import ListedSchemas, listed_schemas
from kvput.describing.schema_refs import SchemaFile
from kvput.describing.typescript import module
from kvput.errors import KvputError, MalformedContent
from kvput.names import natural_order, number_of
from kvput.paths import CollectionPath, ResourcePath
from kvput.resources.schemas.compiled import schema_fault
from kvput.resources.schemas.files import (
    Document,
    Identifiers,
    SchemaFiles,
    SchemaUnusableError,
)
from kvput.store import FolderContents, read_folder
from kvput.store.base import View

_NOT_FOR_A_TERMINAL: Final = re.compile(r"[^\n -~]")


def types(folder: Path, *, output: Path | None, as_json_schema: bool) -> None:
    """Print what the resources of the folder look like, or write it to the file `output`.

    Raises ConfigError, DataUnusable and OutputError.
    """
    declared = declarations_of(folder)
    contents = read_folder(folder)
    files = _SchemaFiles(contents.view)
    survey = _Survey(contents, declared)
    with _bar(contents):
        for path, content in contents.resources():
            survey.add(path, content)
    left_out = survey.broken + contents.unreadable
    listed = listed_schemas(survey.described(files), files.resolve)
    written = _json_schema(listed) if as_json_schema else module(listed)
    for line in _told(left_out, files, listed):
        click.echo(f"kvput: {line}", err=True)
    if output is None:
        with writing():
            # As bytes: TypeScript and JSON are UTF-8, whatever the terminal's encoding is.
            click.echo(written.encode(), nl=False)
    else:
        write_file(output, written.encode())


def _json_schema(listed: ListedSchemas) -> str:
    text = dump(listed.document()).decode()
    return _NOT_FOR_A_TERMINAL.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    character = match[0]
    return character if character.isprintable() else json.dumps(character)[1:-1]


def _bar(contents: FolderContents) -> AbstractContextManager[object]:
    if sys.stderr is None or not sys.stderr.isatty():
        return nullcontext()
    # It takes as long to import as all the rest.
    from kvput.cli.progress import bar_on_standard_error  # noqa: PLC0415

    return bar_on_standard_error("Reading", contents)


def _told(left_out: int, files: "_SchemaFiles", listed: ListedSchemas) -> Iterator[str]:
    """A line for each thing that keeps the types from telling all."""
    if left_out:
        are = "is" if left_out == 1 else "are"
        yield (
            f"{counted(left_out, 'file')} {are} left out, being no JSON or unreadable: "
            "`kvput check` tells which."
        )
    yield from files.faults
    if listed.missing:
        file, reference = listed.missing[0]
        more = f" (and {len(listed.missing) - 1:,} more)" if len(listed.missing) > 1 else ""
        place = "A schema" if file is None else shown(file.file)
        yield f"{place} refers to {shown(reference)}, which is not there{more}."


_Kind = tuple[str | None, ...]
"""See `Described.segments`."""


class _Survey:
    """What is seen of a folder: its collections, those of one kind together."""

    def __init__(self, contents: FolderContents, declared: Declarations) -> None:
        self.broken = 0
        self._contents = contents
        self._declared: dict[_Kind, Declaration] = {
            path.segments: declaration for path, declaration in declared.collections.items()
        }
        self._observed: dict[_Kind, Observed] = {kind: Observed(kind) for kind in self._declared}
        # What is told of their resources, stands in the types of other collections.
        self._of_schemas = {
            declaration.schema.parent.segments
            for declaration in self._declared.values()
            if declaration.schema is not None
        }
        self._kinds: dict[CollectionPath, _Kind | None] = {}
        self._names_a_resource: dict[tuple[str, ...], bool] = {}

    def add(self, path: ResourcePath, content: bytes) -> None:
        """One more resource, if the collection that it is in is told of."""
        collection = path.parent
        if collection not in self._kinds:
            self._kinds[collection] = self._kind(collection.segments)
        kind = self._kinds[collection]
        if kind is None:
            return
        try:
            value = _value(content)
        except MalformedContent:
            self.broken += 1
            return
        if kind not in self._observed:
            self._observed[kind] = Observed(kind)
        self._observed[kind].add(path.name, value)

    def _kind(self, segments: tuple[str, ...]) -> _Kind | None:
        if segments in self._declared:
            return segments
        # The resources of the root have nothing in common.
        if not segments or segments in self._of_schemas:
            return None
        # `/articles/1/comments` is one of many, `/shop/orders` is not.
        return tuple(
            None if depth > 1 and self._is_name(segments[:depth]) else segment
            for depth, segment in enumerate(segments, start=1)
        )

    def _is_name(self, segments: tuple[str, ...]) -> bool:
        """Whether the last segment is the name of a resource, though one that may have gone."""
        if segments not in self._names_a_resource:
            self._names_a_resource[segments] = number_of(
                segments[-1]
            ) is not None or self._is_there(ResourcePath(segments))
        return self._names_a_resource[segments]

    def _is_there(self, path: ResourcePath) -> bool:
        try:
            return self._contents.get(path) is not None
        except KvputError:
            return True

    def described(self, files: "_SchemaFiles") -> list[Described]:
        """What is known of each collection, in natural order."""
        nothing = Declaration(CollectionPath(()))
        declared = {kind: self._declared.get(kind, nothing) for kind in self._observed}
        return [
            replace(
                self._observed[kind].described(
                    files.declared(declared[kind].schema), declared[kind].relations
                ),
                declaration=declared[kind],
            )
            for kind in sorted(self._observed, key=_order)
        ]


def _order(kind: _Kind) -> list[object]:
    return [natural_order(segment or "") for segment in kind]


class _SchemaFiles:
    """The resources that hold schemas. `faults` are sentences on those that cannot be used."""

    def __init__(self, view: View) -> None:
        self.faults: list[str] = []
        self._view = view
        self._identifiers = Identifiers()
        self._files: dict[ResourcePath, SchemaFiles] = {}

    def declared(self, path: ResourcePath | None) -> Declared | None:
        """The schema that is declared to stand there; None where there is none that is any use."""
        if path is None:
            return None
        try:
            schema = self._document(path, path.uri).value
            fault = schema_fault(schema)
            if fault is None and isinstance(schema, dict | bool):
                return Declared(path, schema)
            said = f"{path.file} {fault}"
        except SchemaUnusableError as error:
            said = str(error)
        self.faults.append(f"{shown(said)}. The types are told from what is stored instead.")
        return None

    def resolve(self, schema: ResourcePath, uri: str) -> SchemaFile | None:
        """See `kvput.describing.schema_refs.Resolve`."""
        try:
            document = self._document(schema, uri)
        except SchemaUnusableError:
            return None
        return SchemaFile(document.path, document.value)

    def _document(self, schema: ResourcePath, uri: str) -> Document:
        if schema not in self._files:
            self._files[schema] = SchemaFiles(self._view, schema, self._identifiers)
        return self._files[schema].document(uri)


def _value(content: bytes) -> object:
    """What a resource holds; zero bytes are the empty object. Raises MalformedContent."""
    return parse(content) if content else {}

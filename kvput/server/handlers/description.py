"""GET `/-/openapi.json`: the API's own description, made of what is there at the moment.

Nothing is made anew that is the same as the last time, so that it may be asked for
often. Here belongs where what is described comes from; what is said of it does not.
"""

import asyncio
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from threading import Lock
from typing import Final, Generic, TypeVar

import orjson

from kvput import __version__
from kvput.content.json_text import parse
from kvput.declarations import Declarations
from kvput.describing.described import Described, Observed
from kvput.describing.infer import infer
from kvput.describing.openapi import Api, Collection, document
from kvput.describing.schema_refs import SchemaFile, uris_referred_to
from kvput.errors import MalformedContent
from kvput.paths import CollectionPath, ResourcePath
from kvput.query.recent import Recent
from kvput.resources.batch_document import FORMS
from kvput.resources.patch import PATCH_TYPES
from kvput.resources.schemas.files import Identifiers, SchemaFiles, SchemaUnusableError, Seen
from kvput.resources.survey import MOST_KINDS, Kind, Survey, begin
from kvput.semantics.validators import ContentHasher, ETag, Validators, content_digest
from kvput.server.answer import Answer
from kvput.server.exchange import Exchange
from kvput.server.handlers.related_names import with_related_names
from kvput.server.handlers.represent import represent_rendered
from kvput.store.base import Entry, Store, View

_Made = TypeVar("_Made")

_METHODS: Final = "GET, HEAD, OPTIONS"
_PATCH_TYPES: Final = tuple(media_range for media_range, _ in PATCH_TYPES.rows)
_BATCH_FORMS: Final = {verb: (form.required, form.optional) for verb, form in FORMS.items()}
_MOST_SCHEMA_FILES: Final = 1_000
_DEEPEST: Final = 100
_IDENTIFIERS: Final = Identifiers()


async def get(exchange: Exchange) -> Answer:
    """GET and HEAD `/-/openapi.json`."""
    app = exchange.app
    rendered = await rendered_description(app.store, app.rules.now.declarations)
    validators = Validators(ETag(content_digest(rendered)), None)
    return represent_rendered(exchange, rendered, validators)


async def options(exchange: Exchange) -> Answer:  # noqa: ARG001  # one signature for handlers
    """OPTIONS `/-/openapi.json`."""
    return Answer(204, (("Allow", _METHODS),))


async def rendered_description(store: Store, declarations: Declarations) -> bytes:
    """The OpenAPI document of what there is in a store, as JSON."""
    surveyor = await store.read(begin)
    while (look := surveyor.next()) is not None:
        surveyor.take(await store.read(look))
    schemas = await store.read(lambda view: _schemas(view, declarations))
    return await asyncio.to_thread(_rendered, surveyor.survey, declarations, schemas)


# --- schemas that are declared


@dataclass(frozen=True, slots=True, eq=False)
class _Schemas:
    """The schemas that are declared, by their resources, and what they refer to.

    `files` are by the schema and the URI by which it refers to one, `seen` is all that was
    looked at to find them.
    """

    files: Mapping[tuple[ResourcePath, str], SchemaFile]
    seen: tuple[Seen, ...]

    def resolve(self, schema: ResourcePath, uri: str) -> SchemaFile | None:
        """See `kvput.describing.schema_refs.Resolve`."""
        return self.files.get((schema, uri))


def _schemas(view: View, declarations: Declarations) -> _Schemas:
    """The schemas that are declared, as a view shows them."""
    found: dict[tuple[ResourcePath, str], SchemaFile] = {}
    seen: list[Seen] = []
    declared = (each.schema for each in declarations.collections.values())
    for schema in dict.fromkeys(each for each in declared if each is not None):
        files = SchemaFiles(view, schema, _IDENTIFIERS)
        uris = {schema.uri: None}
        waiting = [schema.uri]
        while waiting and len(found) < _MOST_SCHEMA_FILES:
            uri = waiting.pop()
            try:
                document = files.document(uri)
            except SchemaUnusableError:
                continue
            value = None if _is_deep(document.value) else document.value
            file = found[schema, uri] = SchemaFile(document.path, value)
            new = dict.fromkeys(each for each in uris_referred_to(file) if each not in uris)
            uris |= new
            waiting += new
        seen.append(files.seen)
    return _Schemas(found, tuple(seen))


def _value_in(entry: Entry) -> object:
    """The value of a content; None for one that is no JSON, too large to be held, or too deep."""
    try:
        value = None if not entry.content else parse(entry.content)
    except MalformedContent:
        return None
    return None if _is_deep(value) else value


def _inside(value: object) -> Iterable[object]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _is_deep(value: object) -> bool:
    """Whether a value is nested so deeply that no client could read it."""
    level = [value]
    for _ in range(_DEEPEST):
        level = [each for outer in level for each in _inside(outer)]
    return bool(level)


# --- the description


def _rendered(survey: Survey, declarations: Declarations, schemas: _Schemas) -> bytes:
    kinds = {_digest_of(kind): kind for kind in survey.kinds}
    key = (
        *kinds,
        *(kind.is_hidden for kind in survey.kinds),
        *((entry.path, entry.digest) for entry in survey.singles),
        schemas.seen,
        survey.is_complete,
        declarations,
    )
    rendered = _RENDERED.get(key)
    if rendered is None:
        api = Api(
            version=__version__,
            collections=list(
                with_related_names(list(_collections(kinds, declarations, schemas)), declarations)
            ),
            singles={entry.path.url: _schema_of_single(entry) for entry in survey.singles},
            patch_types=_PATCH_TYPES,
            batch_forms=_BATCH_FORMS,
            is_complete=survey.is_complete,
            resolve=schemas.resolve,
        )
        rendered = _as_json(document(api))
        _RENDERED.put(key, rendered)
    return rendered


def _as_json(value: dict[str, object]) -> bytes:
    try:
        return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)
    except (orjson.JSONEncodeError, TypeError):
        # What is told from values may hold what they hold: lone surrogates, huge integers.
        return json.dumps(value).encode() + b"\n"


def _collections(
    kinds: Mapping[str, Kind],
    declarations: Declarations,
    schemas: _Schemas,
) -> Iterator[Collection]:
    left = dict(declarations.collections)
    for digest, kind in kinds.items():
        segments = tuple(segment for segment in kind.segments if segment is not None)
        is_one = len(segments) == len(kind.segments)
        declaration = left.pop(CollectionPath(segments), None) if is_one else None
        described = _OBSERVED.get(digest)
        if described is None:
            described = _observed(kind)
            _OBSERVED.put(digest, described)
        first = kind.items[0].name if kind.items else None
        bare = Collection(described, declaration, kind.is_hidden, first)
        yield _with_schema(bare, schemas)
    # What is declared may have nothing in it yet.
    for path, declaration in list(left.items())[: MOST_KINDS - len(kinds)]:
        described = _observed(Kind(path.segments, ()))
        yield _with_schema(Collection(described, declaration), schemas)


def _with_schema(collection: Collection, schemas: _Schemas) -> Collection:
    """The collection, described by what is declared of it."""
    declaration = collection.declaration
    if declaration is None:
        return collection
    described = replace(
        collection.described, relations=declaration.relations, declaration=declaration
    )
    schema = declaration.schema
    file = None if schema is None else schemas.resolve(schema, schema.uri)
    if file is not None and isinstance(file.schema, dict | bool):
        described = replace(described, schema=file.schema, declared_in=file.path)
    return replace(collection, described=described)


def _observed(kind: Kind) -> Described:
    observed = Observed(kind.segments)
    for item in kind.items:
        observed.add(item.name, parse(item.text))
    return observed.described()


def _schema_of_single(entry: Entry) -> Mapping[str, object]:
    value = _value_in(entry)
    return {} if value is None else infer([value])


def _digest_of(kind: Kind) -> str:
    hasher = ContentHasher()
    # Neither a name nor a text may be taken for a part of what stands beside it.
    hasher.update(repr(kind.segments).encode("utf-8", "surrogatepass"))
    for item in kind.items:
        hasher.update(f"\n{item.name}\0{len(item.text)}\0".encode())
        hasher.update(item.text)
    return hasher.digest()


class _Lately(Generic[_Made]):
    """What was made lately, by all that it was made of. Several threads ask for it."""

    def __init__(self, limit: int) -> None:
        self._lock = Lock()
        self._made: Recent[object, _Made] = Recent(limit)

    def get(self, key: object) -> _Made | None:
        """What was made of this, if it is still there."""
        with self._lock:
            return self._made.use(key)

    def put(self, key: object, made: _Made) -> None:
        """Keep what was made, and forget what was not asked for for longest."""
        with self._lock:
            self._made[key] = made
            self._made.trim()


_OBSERVED: Final[_Lately[Described]] = _Lately(2 * MOST_KINDS)
_RENDERED: Final[_Lately[bytes]] = _Lately(4)

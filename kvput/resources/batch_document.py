"""Batch documents: from their JSON text to operations as values.

Belongs here: which documents are batches, and what each operation says. Does not
belong here: whether it can be done (`kvput.resources.batch`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from kvput.content.json_slices import Value, value_in
from kvput.content.json_style import reindented
from kvput.content.json_text import parse
from kvput.content.media_types import Content, MediaTable, Terms, reader_for
from kvput.content.source_text import shown
from kvput.errors import ContentTooLarge, InvalidContent, KvputError
from kvput.paths import CollectionPath, ResourcePath, Target, parse_target
from kvput.resources.patch import PATCH_TYPES
from kvput.semantics.preconditions import Preconditions
from kvput.semantics.validators import EntityTags, parse_entity_tags

MAX_OPERATIONS: Final = 10_000

_LINE_START: Final = b"\n"
_MERGE_PATCH: Final = "application/merge-patch+json"


# --- the operations


@dataclass(frozen=True, slots=True)
class PutOperation:
    """Store a content under a path."""

    path: ResourcePath
    content: Content
    conditions: Preconditions


@dataclass(frozen=True, slots=True)
class CreateOperation:
    """Store a content under a new name in a collection; `bare_name` as in a POST."""

    collection: CollectionPath
    content: Content
    bare_name: bool


@dataclass(frozen=True, slots=True)
class PatchOperation:
    """Change a resource in part; `content` is what a reader of PATCH_TYPES gives."""

    path: ResourcePath
    content: Content
    conditions: Preconditions


@dataclass(frozen=True, slots=True)
class DeleteOperation:
    """Remove a resource."""

    path: ResourcePath
    conditions: Preconditions


@dataclass(frozen=True, slots=True)
class MoveOperation:
    """Give a resource another path; the conditions are for what stands there."""

    source: ResourcePath
    path: ResourcePath
    conditions: Preconditions


Operation = PutOperation | CreateOperation | PatchOperation | DeleteOperation | MoveOperation


@dataclass(frozen=True, slots=True)
class Step:
    """One operation of a batch, and how errors and results speak of it.

    `verb` is its `op`, `pointer` leads to it in the batch document.
    """

    verb: str
    operation: Operation
    pointer: str


# --- reading


def read_batch(body: bytes) -> Content:
    """Read a batch document; the value of the content are its steps, a tuple.

    Raises MalformedContent for what is no JSON, InvalidContent, with a `pointer`, for what is
    no batch, and ContentTooLarge for more than MAX_OPERATIONS.
    """
    parse(body)
    return Content(body, steps_in(value_in(body)), transformed=False)


BATCH_TYPES: Final[MediaTable[Content]] = MediaTable(
    (("application/json", read_batch),), fields=("Accept", "Accept-Post")
)


def steps_of(content: Content) -> tuple[Step, ...]:
    """The steps of a batch that `read_batch` has read, or another reader where no type was said."""
    return (
        content.value
        if isinstance(content.value, tuple)
        else steps_in(value_in(content.body or b"null"))
    )


def steps_in(document: Value) -> tuple[Step, ...]:
    """The steps of a batch: an object with `operations`, or the array of them alone."""
    operations, pointer = document, ""
    if document.is_object:
        members = _members(document, "", required=("operations",))
        operations, pointer = members["operations"], "/operations"
    if not operations.is_array:
        raise _invalid(
            f"A batch is an array of operations, and this is {operations.kind}: send "
            '{"operations": [...]}.',
            pointer,
        )
    steps = []
    for number, value in enumerate(operations.elements()):
        if number == MAX_OPERATIONS:
            raise ContentTooLarge(
                f"The batch has more than {MAX_OPERATIONS} operations: send them in several."
            )
        steps.append(_step(value, number, f"{pointer}/{number}"))
    return tuple(steps)


@dataclass(frozen=True, slots=True)
class Form:
    """What an operation looks like: its members, and how they are read."""

    required: tuple[str, ...]
    optional: tuple[str, ...]
    read: Callable[[Mapping[str, Value]], Operation]


def _step(value: Value, number: int, pointer: str) -> Step:
    if not value.is_object:
        raise _invalid(f"Operation {number} is {value.kind}: it must be an object.", pointer)
    named = dict(value.members()).get("op")
    verb = None if named is None else parse(named.text)
    form = FORMS.get(verb) if isinstance(verb, str) else None
    if form is None or not isinstance(verb, str):
        what = shown(verb) if isinstance(verb, str) else named.kind if named else "nothing"
        raise _invalid(
            f'Operation {number} has {what} as its "op": use one of {", ".join(FORMS)}.',
            pointer if named is None else f"{pointer}/op",
        )
    try:
        members = _members(value, pointer, ("op", *form.required), form.optional)
        return Step(verb, form.read(members), pointer)
    except _FaultyMemberError as fault:
        raise _invalid(
            f"Operation {number} ({verb}): {fault.detail}", f"{pointer}/{fault.member}"
        ) from None
    except InvalidContent as error:
        raise InvalidContent(
            f"Operation {number} ({verb}): {error.detail}", members=error.members
        ) from None


class _FaultyMemberError(Exception):
    """A member of an operation has a value that it cannot have."""

    def __init__(self, member: str, detail: str) -> None:
        super().__init__(detail)
        self.member = member
        self.detail = detail


def _members(
    value: Value, pointer: str, required: tuple[str, ...], optional: tuple[str, ...] = ()
) -> dict[str, Value]:
    """An object's members, of which there must be these, and may be those, each once."""
    names = value.names()
    known = (*required, *optional)
    for name in names:
        if name not in known:
            raise _invalid(
                f"The member {shown(name)} is not known here: leave it out, or use "
                f"{', '.join(known)}.",
                f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}",
            )
    for name in known:
        if names.count(name) > 1:
            raise _invalid(f'There are several members "{name}": leave one.', f"{pointer}/{name}")
    for name in required:
        if name not in names:
            raise _invalid(f'There is no "{name}": add one.', pointer)
    return dict(value.members())


# --- members


def _put(members: Mapping[str, Value]) -> Operation:
    return PutOperation(_resource(members), _content(members), _conditions(members))


def _create(members: Mapping[str, Value]) -> Operation:
    name = "collection" if "collection" in members else "path"
    if ("collection" in members) == ("path" in members):
        raise _FaultyMemberError(name, 'Name the collection as "path" or as "collection".')
    target = _target(members, name)
    if target.collection is None or not target.collection.segments:
        raise _FaultyMemberError(
            name, f'"{name}" names no collection: write a path such as "/articles".'
        )
    return CreateOperation(target.collection, _content(members), target.resource is not None)


def _patch(members: Mapping[str, Value]) -> Operation:
    named = _text(members, "type") if "type" in members else _MERGE_PATCH
    try:
        read = reader_for(PATCH_TYPES, named, None, Terms())
    except KvputError as error:
        raise _FaultyMemberError("type", error.detail) from None
    return PatchOperation(_resource(members), read(members["value"].text), _conditions(members))


def _delete(members: Mapping[str, Value]) -> Operation:
    return DeleteOperation(_resource(members), _conditions(members))


def _move(members: Mapping[str, Value]) -> Operation:
    source, path = _resource(members, "from"), _resource(members)
    if source == path:
        raise _FaultyMemberError("path", '"path" is where the resource is: name another one.')
    return MoveOperation(source, path, _conditions(members))


_CONDITIONS: Final = ("ifMatch", "ifNoneMatch")
FORMS: Final[Mapping[str, Form]] = {
    "put": Form(("path", "value"), _CONDITIONS, _put),
    "create": Form(("value",), ("path", "collection"), _create),
    "patch": Form(("path", "value"), ("type", *_CONDITIONS), _patch),
    "delete": Form(("path",), _CONDITIONS, _delete),
    "move": Form(("from", "path"), ("ifMatch",), _move),
}
"""Each `op`, and what its operation looks like."""


def _resource(members: Mapping[str, Value], name: str = "path") -> ResourcePath:
    target = _target(members, name)
    if target.resource is None:
        raise _FaultyMemberError(
            name, f'"{name}" names no resource: write a path such as "/articles/1".'
        )
    return target.resource


def _target(members: Mapping[str, Value], name: str) -> Target:
    path = _text(members, name)
    if "?" in path:
        raise _FaultyMemberError(
            name,
            "A path here has no query: leave out the question mark and what follows it, or write "
            '"%3F" where it is part of a name.',
        )
    try:
        return parse_target(path)
    except KvputError as error:
        raise _FaultyMemberError(name, error.detail) from None


def _content(members: Mapping[str, Value]) -> Content:
    """The value as content: its own text, moved to the start of the line."""
    text = reindented(members["value"].text, _LINE_START)
    return Content(text, parse(text), transformed=False)


def _conditions(members: Mapping[str, Value]) -> Preconditions:
    return Preconditions(
        if_match=_tags(members, "ifMatch", "If-Match"),
        if_none_match=_tags(members, "ifNoneMatch", "If-None-Match"),
    )


def _tags(members: Mapping[str, Value], name: str, field: str) -> EntityTags | None:
    if name not in members:
        return None
    try:
        return parse_entity_tags(field, _text(members, name))
    except KvputError as error:
        raise _FaultyMemberError(name, error.detail) from None


def _text(members: Mapping[str, Value], name: str) -> str:
    text = parse(members[name].text)
    if not isinstance(text, str):
        raise _FaultyMemberError(name, f'"{name}" must be a text, and is {members[name].kind}.')
    return text


def _invalid(detail: str, pointer: str) -> InvalidContent:
    return InvalidContent(detail, members={"pointer": pointer})

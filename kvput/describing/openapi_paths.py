"""Operations of the API's description: what methods do to collections and resources.

Belongs here: the operations at the address of a collection, and of a resource.
Does not belong here: the server's own pages (`openapi_own`), what operations share
(`openapi_parts`, `openapi_problems`), and which of them there are (`openapi`).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from kvput.content.media_types import POST_TYPES, PUT_TYPES
from kvput.describing.openapi_answers import answer, options, responses, without_content
from kvput.describing.openapi_parameters import conditions
from kvput.describing.openapi_parts import JSON_TYPE, WRITTEN, Json, headers, parameters, schema
from kvput.describing.openapi_problems import Kind
from kvput.describing.openapi_uses import Uses

_PATCHES: Final[Mapping[str, Callable[[Uses], Json]]] = {
    "application/merge-patch+json": lambda uses: uses.merge_patch,
    "application/json-patch+json": lambda _: schema("JsonPatch"),
    "application/json": lambda uses: uses.shallow_patch,
}
"""The schema of a patch, by its media type."""

_FORMS: Final = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
_MANY: Final[Mapping[str, str]] = {
    "application/x-ndjson": "On each line the JSON of a resource; all are created, or none.",
    "application/jsonl": "On each line the JSON of a resource; all are created, or none.",
    "text/csv": "The names of members, and on each further line the values of a resource; all "
    "are created, or none.",
}
_LIST_PARAMETERS: Final = (
    "search", "where", "sort", "page", "limit", "per-page", "start", "end",
)  # fmt: skip
_READ_CONDITIONS: Final = ("if-match", "if-none-match")
_DATED_CONDITIONS: Final = (*_READ_CONDITIONS, "if-modified-since", "if-unmodified-since")
_WRITE_FIELDS: Final = (*_READ_CONDITIONS, "if-unmodified-since", "prefer")
_VALIDATED: Final = ("ETag", "Last-Modified", "Content-Location", *WRITTEN)


@dataclass(frozen=True, slots=True)
class Named:
    """What operations of a collection, or of a single resource, are called.

    `url` is its address, `tag` what it is shown under; `many` and `one` are the words
    in `operationId` for the collection and for a resource, each used nowhere else.
    """

    url: str
    tag: str
    many: str
    one: str


# --- a collection -----------------------------------------------------------


def of_collection(
    named: Named,
    uses: Uses,
    outer: list[Json],
    related: list[Json],
    *,
    is_readonly: bool,
    links: Json,
) -> Json:
    """The path item of a collection.

    `outer` are the parameters of its own address, `related` those that bring others
    along, `links` lead from a new resource to what can be done with it.
    """
    tag, many, one = named.tag, named.many, named.one
    asked = [*parameters(*_LIST_PARAMETERS), *related, conditions(uses.members, required=False)]
    conditional = parameters(*_READ_CONDITIONS)
    shown = headers(
        "ETag-always", "Cache-Control", "X-Total-Count-always", "Link", "Content-Range", "Left-Out"
    )
    listed: Json = {"type": "array", "items": uses.shown}
    envelope: Json = schema("Envelope") | {"properties": {"data": listed}}
    item: Json = {
        "get": {
            "operationId": f"list{many}",
            "tags": [tag],
            "summary": f"List the resources of {named.url}",
            "description": _ABOUT_LISTS,
            "parameters": [*asked, *conditional],
            "responses": responses(
                Kind.LIST,
                {
                    "200": answer("The list.", {"anyOf": [listed, envelope]}, shown),
                    "304": without_content("It has not changed.", headers("ETag-always")),
                },
            ),
        },
        "head": {
            "operationId": f"count{many}",
            "tags": [tag],
            "summary": f"Count the resources of {named.url}",
            "description": "What GET tells beside the list: `X-Total-Count` is the number.",
            "parameters": [*asked, *conditional],
            "responses": responses(
                Kind.LIST,
                {
                    "200": without_content("There is such a list.", shown),
                    "304": without_content("It has not changed.", headers("ETag-always")),
                },
                has_content=False,
            ),
        },
        "post": {
            "operationId": f"create{one}",
            "tags": [tag],
            "summary": f"Create a resource in {named.url}, or many",
            "description": _ABOUT_POST,
            "parameters": parameters("types", *_WRITE_FIELDS, "idempotency-key"),
            "requestBody": {
                "required": uses.needs_content,
                "content": {
                    media_range: {"schema": _schema_for_post(media_range, uses)}
                    for media_range, _ in POST_TYPES.rows
                },
            },
            "responses": responses(
                Kind.POST,
                {
                    "201": answer(
                        "What was created: a resource, or the list of many.",
                        {"anyOf": [uses.listed, {"type": "array", "items": uses.listed}]},
                        headers("Location-always", *_VALIDATED),
                        links,
                    ),
                },
            ),
        },
        "delete": {
            "operationId": f"delete{many}",
            "tags": [tag],
            "summary": f"Delete the resources of {named.url} that meet conditions",
            "description": "Removes up to 10,000 resources, and shows them a last time. Without a "
            "condition, nothing is removed (400).",
            "parameters": [
                conditions(uses.members, required=True),
                *parameters(*_READ_CONDITIONS, "prefer"),
            ],
            "responses": responses(
                Kind.DELETE_MANY,
                {
                    "200": answer(
                        "What was removed, as a list.",
                        {"type": "array", "items": uses.listed},
                        headers("X-Total-Count-always", *WRITTEN),
                    ),
                    "204": without_content(
                        "They are removed.", headers("X-Total-Count-always", *WRITTEN)
                    ),
                },
            ),
        },
        "options": options(f"options{many}", tag, named.url, ("Accept-Post",)),
    }
    return _path_item(item, outer, is_readonly=is_readonly)


_ABOUT_LISTS: Final = (
    "All resources as one array, each object with its `id`; or those that meet conditions, sorted, "
    "a page of them. Parameters of json-server 0.17 and 1.x and of react-admin's simple-rest "
    "(`filter`, `range`, `sort` and `embed`, as JSON) are understood. One that is not known is "
    "refused, and so are those that contradict one another."
)
_ABOUT_POST: Final = (
    "An object may say its own name as its `id`; else it gets the next number. Lines and tables "
    "create many resources: all, or none."
)


def _schema_for_post(media_range: str, uses: Uses) -> Json:
    if media_range in _FORMS:
        return uses.form
    if media_range in _MANY:
        return {"type": "string", "description": _MANY[media_range]}
    return uses.new


# --- a resource -------------------------------------------------------------


def of_resource(
    named: Named,
    uses: Uses,
    outer: list[Json],
    related: list[Json],
    patch_types: Iterable[str],
    *,
    is_readonly: bool,
    links: Json,
) -> Json:
    """The path item of a resource. `patch_types` are the media types that PATCH takes.

    `outer` are the parameters of its address, `related` those that bring others along, `links`
    lead to the resources that it names.
    """
    tag, one = named.tag, named.one
    unchanged = headers("ETag-always", "Last-Modified")
    reads = [*related, *parameters(*_DATED_CONDITIONS)]
    item: Json = {
        "get": {
            "operationId": f"get{one}",
            "tags": [tag],
            "summary": f"Read {named.url}",
            "description": "The very bytes that were stored. With `_embed` or `_expand`, as a list "
            "would show it.",
            "parameters": [*reads, *parameters("range", "if-range")],
            "responses": responses(
                Kind.READ,
                {
                    "200": answer(
                        "What is stored.",
                        uses.single,
                        headers("ETag-always", "Last-Modified", "Cache-Control", "Accept-Ranges"),
                        links,
                    ),
                    "204": without_content("Zero bytes are stored.", unchanged),
                    "206": {
                        "description": "The bytes that `Range` asks for; several parts as "
                        "`multipart/byteranges`.",
                        "headers": headers("ETag-always", "Last-Modified", "Content-Range"),
                        "content": {JSON_TYPE: {}, "multipart/byteranges": {}},
                    },
                    "304": without_content("It has not changed.", unchanged),
                },
            ),
        },
        "head": {
            "operationId": f"head{one}",
            "tags": [tag],
            "summary": f"Ask whether there is {named.url}",
            "description": "What GET tells beside the content.",
            "parameters": reads,
            "responses": responses(
                Kind.READ,
                {
                    "200": without_content("There is such a resource.", headers("ETag-always")),
                    "204": without_content("Zero bytes are stored.", unchanged),
                    "304": without_content("It has not changed.", unchanged),
                },
                has_content=False,
            ),
        },
        "put": {
            "operationId": f"put{one}",
            "tags": [tag],
            "summary": f"Create or replace {named.url}",
            "description": "JSON is stored byte for byte. JSON5 is stored as JSON.",
            "parameters": parameters(*_WRITE_FIELDS),
            "requestBody": {
                "required": uses.needs_content,
                "content": {media_range: {"schema": uses.put} for media_range, _ in PUT_TYPES.rows},
            },
            "responses": responses(
                Kind.PUT,
                {
                    "200": answer("It is replaced.", uses.stored, headers(*_VALIDATED)),
                    "201": answer(
                        "It is created.", uses.stored, headers("Location-always", *_VALIDATED)
                    ),
                    "204": without_content(
                        "It is replaced by nothing, or no content was wanted.", headers(*_VALIDATED)
                    ),
                },
            ),
        },
        "patch": {
            "operationId": f"patch{one}",
            "tags": [tag],
            "summary": f"Change {named.url} in part",
            "description": "What the patch does not name keeps its bytes.",
            "parameters": parameters(*_WRITE_FIELDS),
            "requestBody": {
                "required": True,
                "content": {
                    each: {"schema": _schema_for_patch(each, uses)} for each in patch_types
                },
            },
            "responses": responses(
                Kind.PATCH,
                {
                    "200": answer("What is stored now.", uses.stored, headers(*_VALIDATED)),
                    "204": without_content("It is changed.", headers(*_VALIDATED)),
                },
            ),
        },
        "delete": {
            "operationId": f"delete{one}",
            "tags": [tag],
            "summary": f"Delete {named.url}",
            "parameters": parameters(*_WRITE_FIELDS),
            "responses": responses(
                Kind.DELETE,
                {
                    "200": answer("What was removed.", uses.stored, headers(*WRITTEN)),
                    "204": without_content("It is removed.", headers(*WRITTEN)),
                },
            ),
        },
        "options": options(f"options{one}", tag, named.url, ("Accept-Patch",)),
    }
    return _path_item(item, outer, is_readonly=is_readonly)


def _schema_for_patch(media_type: str, uses: Uses) -> Json:
    of_patch = _PATCHES.get(media_type)
    return {} if of_patch is None else of_patch(uses)


_SAFE: Final = frozenset({"get", "head", "options"})


def _path_item(operations: Json, outer: list[Json], *, is_readonly: bool) -> Json:
    item: Json = {"parameters": outer} if outer else {}
    return item | {
        method: operation
        for method, operation in operations.items()
        if not is_readonly or method in _SAFE
    }

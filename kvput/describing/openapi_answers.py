"""Pieces of operations in the API's description: answers, and the operation OPTIONS."""

from collections.abc import Mapping

from kvput.describing.openapi_parts import JSON_TYPE, Json, headers
from kvput.describing.openapi_problems import Kind, problem_responses


def responses(kind: Kind, successes: Mapping[str, Json], *, has_content: bool = True) -> Json:
    """The responses of an operation, by their statuses: these, and what may go wrong."""
    return {**successes, **problem_responses(kind, has_content=has_content)}


def answer(
    description: str, content: Json, fields: Mapping[str, object], links: Json | None = None
) -> Json:
    """A response with JSON of this schema, header fields, and links to other operations."""
    response = without_content(description, fields) | {"content": {JSON_TYPE: {"schema": content}}}
    return response | {"links": links} if links else response


def without_content(description: str, fields: Mapping[str, object]) -> Json:
    """A response with header fields alone."""
    return {"description": description} | ({"headers": dict(fields)} if fields else {})


def options(operation: str, tag: str, url: str, fields: tuple[str, ...]) -> Json:
    """The operation OPTIONS; `fields` are those of the answer beside Allow."""
    return {
        "operationId": operation,
        "tags": [tag],
        "summary": f"Ask what {url} takes",
        "responses": responses(
            Kind.OWN,
            {
                "204": without_content("What it takes.", headers("Allow-always", *fields)),
            },
        ),
    }

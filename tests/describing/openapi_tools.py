"""Whether values meet the schemas of the API's description."""

from collections.abc import Mapping
from typing import Final

import jsonschema_rs

from kvput.describing.openapi import FIXED

_COMPONENTS: Final[dict[str, object]] = {"components": {"schemas": dict(FIXED)}}


def meets(schema: Mapping[str, object], value: object) -> bool:
    """Whether a value meets a schema, which may refer to those that are always there."""
    return jsonschema_rs.Draft202012Validator({**_COMPONENTS, **schema}).is_valid(value)


def named(name: str) -> dict[str, object]:
    """The schema of this name."""
    return {"$ref": f"#/components/schemas/{name}"}

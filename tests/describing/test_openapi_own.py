"""Batches in the API's description: they say just what the server takes."""

import json
from collections.abc import Mapping
from typing import Final

from hypothesis import assume, given
from hypothesis import strategies as st

from kvput.content.json_slices import value_in
from kvput.describing.openapi_own import batch_schema, of_own
from kvput.errors import InvalidContent
from kvput.resources.batch_document import FORMS, steps_in
from kvput.resources.patch import PATCH_TYPES
from kvput.server.routes import OWN_PAGES
from tests.describing.openapi_tools import meets

TYPES: Final = [media_range for media_range, _ in PATCH_TYPES.rows]
BATCH: Final = batch_schema({verb: (f.required, f.optional) for verb, f in FORMS.items()}, TYPES)

PATHS: Final = st.sampled_from([
    "/a", "/a/1", "/a%20b/%41", "/-", "/-/x", "/a/-", "/", "//", "/a//b", "a", "/a/.", "/a/..",
    "/a/...", "/a?b", "/a#b", "/a b", "/a%", "/a%zz",
])  # fmt: skip
OPERATIONS: Final[st.SearchStrategy[Mapping[str, object]]] = st.fixed_dictionaries(
    {},
    optional={
        "op": st.sampled_from([*FORMS, "odd"]),
        "path": PATHS,
        "from": PATHS,
        "collection": st.sampled_from(["/a", "/-/x", "/", "a"]),
        "value": st.none() | st.just([]),
        "type": st.sampled_from([*TYPES, "odd/type"]),
        "ifMatch": st.just("*"),
        "further": st.none(),
    },
)


@given(st.lists(OPERATIONS, max_size=2), st.booleans())
def test_batches_are_those_that_are_taken(
    operations: list[Mapping[str, object]], is_object: bool
) -> None:
    """A value meets the schema if, and only if, it is a batch."""
    # No schema can tell that a resource is moved to where it is.
    assume(
        all(each.get("op") != "move" or each.get("from") != each.get("path") for each in operations)
    )
    # A merge patch may be anything; that a JSON Patch is none, its operation tells later.
    batch: object = {"operations": operations} if is_object else operations
    try:
        steps_in(value_in(json.dumps(batch).encode()))
    except InvalidContent:
        is_taken = False
    else:
        is_taken = True
    assert meets(BATCH, batch) == is_taken


def test_each_own_page_that_is_no_page_for_people_is_described() -> None:
    """What the routes know is in the document, with the same methods."""
    described = {
        path.removeprefix("/-/"): {method.upper() for method in item}
        for path, item in of_own(BATCH).items()
        if path != "/"
    }
    assert described == {
        name: set(methods) for name, methods in OWN_PAGES.items() if name != "docs"
    }

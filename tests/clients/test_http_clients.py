"""fetch, axios and ky, each as it comes, over the data set whose contents have numbers as ids."""

import json
from pathlib import Path
from typing import Final

import pytest

from tests.clients.data_sets import DATA_SETS, Record
from tests.clients.node import needs_node, run_script
from tests.serving import ServerProcess

pytestmark = needs_node

_NUMBERS: Final = DATA_SETS[0]
_PATCHED: Final = _NUMBERS.stored[1] | {"views": 41, "place": None}
_NOTHING: Final = "Nothing is stored under /posts/none."
_FORM: Final[Record] = {"title": "Mending a seam", "tags": ["thread", "ü & ö"]}


def _created(number: int, content: Record) -> list[object]:
    """A POST with axios: the status, the answer, and what is stored."""
    numbered = {"id": number, **content}
    return [201, numbered, numbered]


_CLIENTS: dict[str, Record] = {
    "fetch.mjs": {
        "GET again, whatever the cache mode says": [304] * 5,
        "PUT with the tag that GET gave": [200, 412, 200, [1]],
        "PUT that only creates": [201, 412],
        "PUT of a stream": [201, '{"big": 12345678901234567890}'],
        "PUT of bytes without a type": [201, {"title": "JSON5"}],
        "POST of URLSearchParams": [201, {"id": 1, **_FORM}],
        "POST of FormData": [201, {"id": 2, **_FORM}],
        "POST of a text": [415, "urn:kvput:problem:unsupported-media-type", True],
        "POST of a text that says it is JSON": [201, {"id": 3, "title": "JSON"}],
        "PATCH": [200, 41],
        "DELETE twice": [200, 3, 404],
        "preflight": [204, "http://localhost:3000", True, "content-type, if-match, range"],
        "fields that a page may read": [],
        "PUT from a foreign page": 403,
    },
    "axios.mjs": {
        "GET again": [304, ""],
        "GET of one page": [[12, 1], "6", True],
        "GET of several, with repeated names": [5, 6],
        "GET of several, with brackets": [5, 6],
        "PUT with the tag that GET gave": [200, {"title": "New"}, 412],
        "PATCH with an object": [200, _PATCHED],
        "PUT of nothing over something": [204, ""],
        "POST of an object": _created(1, {"title": "Object"}),
        "POST of URLSearchParams": _created(2, {"title": "A & B"}),
        "POST of a multipart form": _created(3, _FORM | {"place": {"city": "Ghent"}}),
        "POST of an urlencoded form": _created(4, _FORM | {"place": {"city": "Ghent"}}),
        "DELETE with content": [200, 4, 404],
        "HEAD and OPTIONS": [True, "", True],
        "GET of nothing": [404, _NOTHING],
    },
    "ky.mjs": {
        "GET again": 304,
        "GET of one page": [[12, 1], "6"],
        "PUT with the tag that GET gave": [{"title": "New"}, 412],
        "PATCH of JSON": _PATCHED,
        "PUT of nothing over something": "",
        "POST of JSON": {"id": 1, "title": "Object"},
        "POST of URLSearchParams": {"id": 2, "title": "A & B"},
        "DELETE": _NUMBERS.stored[3],
        "GET of nothing": [404, _NOTHING],
    },
}


@pytest.mark.parametrize("script", _CLIENTS)
def test_each_step_gives_what_it_should(script: str, tmp_path: Path) -> None:
    """What the client sends of its own accord is understood, and it understands the answers."""
    _NUMBERS.write(tmp_path)
    with ServerProcess(tmp_path) as server:
        assert server.address is not None
        url = f"http://{server.address.host}:{server.address.port}"
        given = json.loads(run_script(script, url))
    assert given == _CLIENTS[script]

"""The page on batches: its examples are answered as it shows, and it leaves out no operation."""

import json
import re
import shutil
from pathlib import Path

import pytest

from kvput.config import Config
from kvput.resources.batch_document import FORMS, MAX_OPERATIONS
from kvput.store import open_store
from tests.serving import serving

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "batch.md").read_text("utf-8")
EXAMPLES = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]


async def test_examples_are_answered_as_the_page_shows(tmp_path: Path) -> None:
    """In their order, over the sample content; of validators, that there are some."""
    shutil.copytree(ROOT / "data", tmp_path / "data", ignore=shutil.ignore_patterns(".kvput"))
    store = open_store(tmp_path / "data", read_cache=2**20)
    pairs = list(zip(EXAMPLES[::2], EXAMPLES[1::2], strict=True))
    assert len(pairs) == 2
    try:
        async with serving(store, Config(data=tmp_path)) as address:
            for sent, shown in pairs:
                reply = await address.request(
                    "POST",
                    "/-/batch",
                    {"Content-Type": "application/json"},
                    json.dumps(sent).encode(),
                )
                assert reply.status == shown.get("status", 200)
                assert _without_validators(reply.json()) == shown
    finally:
        await store.close()


def _without_validators(answer: object) -> object:
    assert isinstance(answer, dict)
    for result in answer.get("results", []):
        for name in ("etag", "lastModified"):
            if name in result:
                result[name] = "..."
    return answer


@pytest.mark.parametrize("verb", FORMS)
def test_each_operation_stands_in_the_table_with_its_members(verb: str) -> None:
    """None is missing, and none has a member that the page does not tell of."""
    row = re.search(rf"^\| `{verb}` \| (.+?) \|", PAGE, re.MULTILINE)
    assert row is not None
    named = set(re.findall(r"`(\w+)`", row[1]))
    assert named == {*FORMS[verb].required, *FORMS[verb].optional}


def test_no_other_operation_is_on_the_page() -> None:
    """And the limit is the one that holds."""
    rows = re.findall(r"^\| `(\w+)` \| `", PAGE, re.MULTILINE)
    assert rows == list(FORMS)
    assert f"up to {MAX_OPERATIONS:,} operations" in PAGE

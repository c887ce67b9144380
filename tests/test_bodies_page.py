"""The page on what POST takes: each example on it is read as the page says, and no type is missing.

An example is a block of HTTP, and the block of JSON that follows it.
"""

import json
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from kvput.content import csv_text, field_names, form, media_types, multipart, yaml_text
from kvput.content.media_types import POST_TYPES, ManyContents, Terms, reader_for
from kvput.content.text_types import PARAMETER
from kvput.semantics.fields import parse_media_type

PAGE = (Path(__file__).parents[1] / "docs" / "bodies.md").read_text("utf-8")
EXAMPLES = re.findall(
    r"^```http\n(.*?)\n```\n\n```json\n(.*?)\n```$", PAGE, re.MULTILINE | re.DOTALL
)


def test_no_example_is_overlooked() -> None:
    """Each block of HTTP has its block of JSON."""
    assert len(EXAMPLES) == PAGE.count("```http") == PAGE.count("```json") > 6


@pytest.mark.parametrize(("request_text", "due"), EXAMPLES)
def test_example_is_read_as_it_says(request_text: str, due: str) -> None:
    """By the reader that its Content-Type calls for."""
    head, _, body = request_text.partition("\n\n")
    first, field = head.split("\n")
    media_type = parse_media_type(field.removeprefix("Content-Type: "))
    (types,) = parse_qs(urlsplit(first.split()[1]).query).get(PARAMETER, [None])
    terms = Terms(media_type.parameters, types)
    if media_type.type == "multipart":
        body = body.replace("\n", "\r\n")
    elif "form" not in media_type.subtype:
        body += "\n"
    read = reader_for(POST_TYPES, media_type.essence, None, terms)(body.encode())
    value = [row.value for row in read.rows] if isinstance(read, ManyContents) else read.value
    assert value == json.loads(due)


@pytest.mark.parametrize("media_range", [media_range for media_range, _ in POST_TYPES.rows])
def test_each_type_is_named(media_range: str) -> None:
    """In the table at the page's head."""
    assert re.search(rf"^\| \[.*`{re.escape(media_range)}`", PAGE, re.MULTILINE)


@pytest.mark.parametrize(
    "words",
    [
        f"A form may have {form.MAX_FIELDS:,} fields",
        f"A form may have {multipart.MAX_PARTS:,} fields",
        f"as deep as {field_names.MAX_DEPTH} levels",
        f"numbers end at {field_names.MAX_ITEMS - 1:,}",
        f"up to {field_names.MAX_MISSING} of them",
        f"nested {yaml_text.MAX_DEPTH} levels deep",
        f"A table may have {csv_text.MAX_COLUMNS:,} columns",
        f"may create {media_types.MAX_ROWS:,} resources",
    ],
)
def test_limits_are_those_of_the_code(words: str) -> None:
    """Each stands on the page with its number."""
    assert words in PAGE

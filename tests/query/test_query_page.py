"""docs/query.md: it leaves out no parameter, operator or limit, and its examples are true."""

import json
import re
from pathlib import Path
from typing import Final

import pytest

from kvput.query import conditions, json_conditions, json_server, simple_rest, url
from kvput.query.paging import envelope_members
from kvput.query.parameters import parse_query
from tests.query.naive import select

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = (ROOT / "docs" / "query.md").read_text("utf-8")

# A row whose last two columns are a request and what it finds; in a table, `\|` is a `|`.
_EXAMPLE: Final = re.compile(r"`/([a-z]+)\?((?:[^`|]|\\\|)+)` \| ([^|]+) \|$", re.MULTILINE)
EXAMPLES: Final = _EXAMPLE.findall(PAGE)


def collection(name: str) -> dict[str, object]:
    """The values of a collection of the sample content, by name."""
    files = (ROOT / "data" / name).glob("*.json")
    return {file.stem: json.loads(file.read_bytes()) for file in files}


@pytest.mark.parametrize(("name", "raw", "finds"), EXAMPLES, ids=[row[1] for row in EXAMPLES])
def test_example_finds_what_the_page_says(name: str, raw: str, finds: str) -> None:
    """Asked of the sample content, each request on the page finds those ids, in that order."""
    items = collection(name)
    query = parse_query(raw.replace(r"\|", "|"))
    _, total = select(items, query.selection)
    names, total = select(items, query.within(total).selection)
    found = ", ".join(names) or "none"
    assert finds == (found if total == len(names) else f"{found} of {total}")


def test_page_has_examples() -> None:
    """The examples are found on the page at all."""
    assert len(EXAMPLES) > 50
    assert len(EXAMPLES) == len(re.findall(r"`/[a-z]+\?[^`]+` \| (?!array)", PAGE))


@pytest.mark.parametrize("name", [*json_server.PARAMETERS, *simple_rest.PARAMETERS])
def test_each_parameter_stands_on_the_page(name: str) -> None:
    """No parameter of a dialect is left out."""
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize("name", [*json_server.PARAMETERS, *simple_rest.PARAMETERS])
def test_each_parameter_has_an_example(name: str) -> None:
    """Each parameter is shown in a request."""
    assert re.search(rf"`/[a-z]+\?(?:[^`]*&)?{name}=", PAGE) or name == "_"


@pytest.mark.parametrize("operator", conditions.OPERATORS.values(), ids=lambda each: each.name)
def test_each_operator_has_its_row(operator: conditions.WrittenOperator) -> None:
    """The table of operators has them all, in the order of the code, with their suffixes."""
    rows = re.findall(r"^\| `:([A-Za-z]+)`[^|]*\| (?:`(_[a-z]+)`|none) \|", PAGE, re.MULTILINE)
    assert [name for name, _ in rows] == list(conditions.OPERATORS)
    suffix = dict(rows)[operator.name]
    assert conditions.SUFFIXES.get(f"_{operator.name}") is (operator if suffix else None)
    assert suffix in {"", f"_{operator.name}"}


@pytest.mark.parametrize(
    "limit",
    [
        f"{url.MAX_PARAMETERS:,} parameters",
        f"{conditions.MAX_CONDITIONS} conditions",
        f"{conditions.MAX_FIELDS} fields",
        f"{json_server.MAX_NAMES} names",
        f"{json_conditions.MAX_DEPTH} levels",
        f"pages of {json_server.DEFAULT_PAGE_SIZE}",
    ],
)
def test_each_limit_is_that_of_the_code(limit: str) -> None:
    """The numbers on the page are those that the code refuses by."""
    assert limit in PAGE


def test_envelope_on_the_page_is_the_one_of_its_example() -> None:
    """The envelope shown has the members of the second page of three articles."""
    query = parse_query("_page=2&_per_page=3")
    assert query.page is not None
    names, total = select(collection("articles"), query.selection)
    (block,) = re.findall(r"^```json\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    envelope = {
        **envelope_members(query.page, total),
        "data": [{"id": int(name)} for name in names],
    }
    assert list(json.loads(block).items()) == list(envelope.items())

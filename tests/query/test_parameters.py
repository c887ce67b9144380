"""What the query of a URL asks for: the table of queries, and everything that is refused."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvput.errors import MalformedParameter
from kvput.query.filters import Condition, Operator
from kvput.query.paging import Page, Style
from kvput.query.parameters import NO_QUERY, Query, parse_query
from kvput.query.selection import EVERYTHING, Selection, SortBy
from kvput.query.values import Field
from tests.query.cases import CASES, Case
from tests.query.content import CONTENT
from tests.query.naive import select


def answer(raw: str) -> tuple[list[str], int]:
    """The names that a query finds and how many there are, as a server answers it."""
    query = parse_query(raw)
    names, total = select(CONTENT, query.selection)
    within = query.within(total)
    return (names, total) if within is query else select(CONTENT, within.selection)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.query)
def test_query_finds_what_the_table_says(case: Case) -> None:
    """Each query of the table finds its resources, in their order, and counts them all."""
    assert answer(case.url_query) == (list(case.names), case.total)


def test_table_of_queries_is_large_and_repeats_nothing() -> None:
    """The table holds at least 200 queries, no two of them the same."""
    queries = [case.query for case in CASES]
    assert len(queries) >= 200
    assert len(set(queries)) == len(queries)


@pytest.mark.parametrize(
    "raw",
    [
        '_where={"or":[{"price":{"gt":100}},{"price":{"lt":0}}]}',
        'filter={"tags":"wood"}&range=[0,1]&sort=["price","DESC"]',
        "title_like=^S|e$",
    ],
)
def test_what_clients_leave_unencoded_is_read_as_well(raw: str) -> None:
    """Brackets, quotation marks and the like count as themselves, as in browsers and in curl."""
    (case,) = (case for case in CASES if case.query == raw)
    assert answer(raw) == (list(case.names), case.total)


# --- values


def test_no_query_asks_for_everything() -> None:
    """An empty query is the one value that restricts nothing."""
    assert parse_query("") is NO_QUERY
    assert Query(EVERYTHING, None, (), ()) == NO_QUERY


def test_query_as_a_value() -> None:
    """The parts of a query stand where they are looked for."""
    assert parse_query(
        "views_gte=5&views_gte=9&_sort=-views&_page=2&_limit=5&_embed=tags,notes&_expand=author"
    ) == Query(
        Selection(
            Condition(Field("views"), Operator.GREATER_OR_EQUAL, ("5", "9")),
            (SortBy(Field("views"), descending=True),),
            start=5,
            stop=10,
        ),
        Page(Style.ARRAY, 5, 5),
        embed=("tags", "notes"),
        expand=("author",),
    )


@pytest.mark.parametrize(
    ("raw", "embed", "expand"),
    [
        ("_embed=comments", ("comments",), ()),
        ("_embed=comments,tags&_embed=notes", ("comments", "tags", "notes"), ()),
        ("_embed=comments&_embed=comments", ("comments",), ()),
        ("_embed=", (), ()),
        ("_embed=,+comments+,", ("comments",), ()),
        ("_expand=author&_expand=editor,author", (), ("author", "editor")),
        ('embed=["comments","tags"]&_embed=notes', ("notes", "comments", "tags"), ()),
        ("embed=[]", (), ()),
        ("embed=comments", (), ()),
    ],
)
def test_names_of_related_resources(
    raw: str, embed: tuple[str, ...], expand: tuple[str, ...]
) -> None:
    """Names repeat, or stand between commas, or in a list; each counts once."""
    query = parse_query(raw)
    assert (query.embed, query.expand) == (embed, expand)


@pytest.mark.parametrize(
    ("raw", "is_filtered"),
    [
        ("", False),
        ("_=5", False),
        ("_page=1", False),
        ("_start=0&_end=5", False),
        ("_sort=title&_embed=x", False),
        ("range=[0,9]", False),
        ("q=", False),
        ("filter={}", False),
        ("_where={}", False),
        ('_where={"and":[]}', False),
        ('_where={"or":[{"a":1},{}]}', False),
        ('filter={"q":""}', False),
        ('filter={"author":{}}', False),
        ("title=x", True),
        ("title=", True),
        ("title_ne=x", True),
        ("q=x", True),
        ('filter={"id":[]}', True),
        ('_where={"or":[]}', True),
        ("_page=1&title=x", True),
        ("title:contains=", False),
        ('_where={"or":[{"a":1},{"b:like":""}]}', False),
    ],
)
def test_whether_a_query_is_filtered(raw: str, *, is_filtered: bool) -> None:
    """Only what can leave a resource out counts as a condition, and a page does not."""
    assert parse_query(raw).is_filtered is is_filtered


def test_numbers_of_json_stay_numbers() -> None:
    """What JSON calls a number or a boolean is one in the condition; a URL has texts alone."""
    filter_ = parse_query('filter={"a":[1,2.5,"3",true,null]}').selection.filter
    assert filter_ == Condition(Field("a"), Operator.EQUAL, (1, 2.5, "3", True, None))
    assert parse_query("a=1").selection.filter == Condition(Field("a"), Operator.EQUAL, ("1",))


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("a[b]:eq=5", "a[b]"),
        ("tags[]=5", "tags"),
        ('_where={"$ref:eq":"5"}', "$ref"),
        ('_where={"a[b]":"5"}', "a[b]"),
        ('_where={"a":{"not":"5"}}', "a.not"),
        ('_where={"a$":"5"}', "a$"),
        ("$ref=5", "$ref"),
    ],
)
def test_names_of_fields_that_look_like_something_else(raw: str, name: str) -> None:
    """An operator after a colon says that the name is meant."""
    filter_ = parse_query(raw).selection.filter
    assert filter_ == Condition(Field(name), Operator.EQUAL, ("5",))


@pytest.mark.parametrize(
    ("raw", "total", "start", "stop"),
    [
        ("_page=9&_per_page=4", 10, 8, 12),
        ("_page=9&_per_page=4", 8, 4, 8),
        ("_page=9&_per_page=4", 0, 0, 4),
        ("_page=3&_per_page=4", 10, 8, 12),
        ("_page=9&_limit=4", 10, 32, 36),
        ("_start=90&_end=95", 10, 90, 95),
        ("range=[90,95]", 10, 90, 96),
        ("", 10, 0, None),
    ],
)
def test_envelope_beyond_the_last_page_is_the_last_page(
    raw: str, total: int, start: int, stop: int | None
) -> None:
    """As in json-server: 1.x gives the last page, 0.17 an empty one."""
    query = parse_query(raw).within(total)
    assert (query.selection.start, query.selection.stop) == (start, stop)
    if query.page is not None:
        assert (query.page.start, query.page.stop) == (start, stop)


# --- what is refused

REFUSED = [
    # Names that are not known.
    ("_id=5", '"_id" is not known', '"_id:eq=5"'),
    ("_Page=5", '"_Page" is not known', "_page"),
    ("__proto__=5", '"__proto__" is not known', "_where"),
    ("_id_gte=5", '"_id_gte" is not known', ""),
    ("views:above=5", '"views:above"', "eq, ne, lt, lte, gt, gte, in, contains, startsWith"),
    ("views:=5", '"views:"', '"views::eq"'),
    ("a:b=5", '"a:b"', '"a:b:eq"'),
    ("views:GT=5", '"views:GT"', "gt"),
    (":eq=5", '":eq"', "no field"),
    # Brackets.
    ("author[gte]=2", '"author[gte]" has a bracket', 'write "author:gte"'),
    ("author[name]=Ada", '"author[name]" has a bracket', '"author.name"'),
    ("a%5Bb%5D%5B0%5D=1", '"a[b][0]" has a bracket', '"a.b.0"'),
    ("tags[0][]=1", '"tags[0][]" has a bracket', '"tags[0]:eq"'),
    ("a[b=1", '"a[b" has a bracket', '"a[b:eq"'),
    ("[gte]=1", '"[gte]" has a bracket', '"[gte]:eq"'),
    # Pages.
    ("_page=0", '"_page" is "0"', "from 1"),
    ("_page=-1", '"_page" is "-1"', ""),
    ("_page=two", '"_page" is "two"', ""),
    ("_page=", '"_page" is ""', ""),
    ("_page=1.5", '"_page" is "1.5"', ""),
    ("_page=%D9%A1", '"_page" is "%D9%A1"', ""),
    ("_page=99999999999999999", '"_page"', ""),
    ("_page=9007199254740992", '"_page"', ""),
    ("_page=1&_page=2", '"_page" is given 2 times', "once"),
    ("_page=1&_limit=0", '"_limit" is "0"', "from 1"),
    ("_page=1&_per_page=0", '"_per_page" is "0"', "from 1"),
    ("_limit=-1", '"_limit" is "-1"', "from 0"),
    ("_start=-1&_end=3", '"_start" is "-1"', ""),
    ("_start=x", '"_start" is "x"', ""),
    ("_end=1e3", '"_end" is "1e3"', ""),
    ("_per_page=10", '"_per_page"', "_page=1"),
    ("_page=1&_start=0", '"_start" does not go together with _page', "_limit"),
    ("_page=1&_end=5", '"_end" does not go together with _page', "_start"),
    ("_page=1&_limit=5&_per_page=5", '"_limit" does not go together with _per_page', ""),
    ("_limit=5&_per_page=5", '"_limit" does not go together with _per_page', ""),
    ("_start=0&_end=5&_limit=5", '"_end" does not go together with _limit', ""),
    ("range=[0,9]&_page=1", '"range" does not go together', "_page"),
    ("range=[0,9]&_limit=5", '"range" does not go together', "_limit"),
    ("range=[0,9]&range=[0,9]", '"range" is given 2 times', ""),
    ("range=[9,0]", '"range"', "[0,9]"),
    ("range=[-1,5]", '"range"', "[0,9]"),
    ("range=[0]", '"range"', "[0,9]"),
    ("range=[0,1,2]", '"range"', "[0,9]"),
    ("range=[0,9.5]", '"range"', "[0,9]"),
    ("range=[true,true]", '"range"', "[0,9]"),
    ('range=["0","9"]', '"range"', "[0,9]"),
    ('range={"from":0}', '"range"', "[0,9]"),
    ("range=[0,9007199254740991]", '"range"', ""),
    ("range=[0,9", '"range" is no JSON', ""),
    # Order.
    ("_sort=title&_order=up", '"_order" is "up"', "asc and desc"),
    ("_order=desc", '"_order" gives more directions (1) than _sort has fields (0)', ""),
    ("_sort=a&_order=asc,desc", '"_order" gives more directions (2)', ""),
    ("_sort=a,,b", '"_sort" has an empty name', ""),
    ("_sort=a,", '"_sort" has an empty name', ""),
    ("_sort=-", '"_sort" has an empty name', ""),
    ("_sort=-a&_order=asc", '"_sort" says descending by "-a"', "_order"),
    ('sort=["a"]', '"sort"', '["title","ASC"]'),
    ('sort=["a","UP"]', '"sort"', '["title","ASC"]'),
    ('sort=["","ASC"]', '"sort"', '["title","ASC"]'),
    ('sort=["a",1]', '"sort"', '["title","ASC"]'),
    ('sort=["a","ASC","b"]', '"sort"', '["title","ASC"]'),
    ('sort=[["a","ASC"],"b"]', '"sort"', '["title","ASC"]'),
    ('sort={"a":"ASC"}', '"sort"', '["title","ASC"]'),
    # JSON.
    ("_where=", '"_where" is no JSON', ""),
    ("_where={", '"_where" is no JSON, at character 2', ""),
    ("_where={'a':1}", '"_where" is no JSON, at character 2', ""),
    ('_where={"a":NaN}', '"_where" is no JSON', ""),
    ("_where=[]", '"_where" takes a JSON object', ""),
    ("_where=5", '"_where" takes a JSON object', ""),
    ("filter=[1]", '"filter" takes a JSON object', ""),
    ("filter={]", '"filter" is no JSON', ""),
    ('_where={"or":{"a":1}}', '"_where" takes a list of objects for "or"', '"or:eq"'),
    ('_where={"and":[1]}', '"_where" takes a list of objects for "and"', '"and:eq"'),
    ('filter={"q":5}', '"filter" takes a text for "q"', '"q:eq"'),
    ('filter={"a":[[1]]}', '"filter" compares with an array or an object', ""),
    ('filter={"a":[{"b":1}]}', '"filter" compares with an array or an object', ""),
    ('_where={"a":{"gt":null}}', '"_where" compares "a" with null by "gt"', "eq, ne and in"),
    ('_where={"a":{"in":[1,[2]]}}', '"_where" compares with an array', ""),
    ('_where={"a:above":1}', '"_where" has no operator "above" in "a:above"', "contains"),
    ('_where={"":1}', '"_where" names no field', ""),
    ('_where={"views":{"$gt":1}}', '"_where" has "$gt", which is no operator', "eq, ne, lt"),
    ('filter={"$or":[{"a":1}]}', '"filter" has "$or"', '"and" or "or"'),
    ('filter={"$ref":{"gt":1}}', '"filter" has "$ref"', '"$ref:eq"'),
    ('_where={"or":[{"a":{"$in":[1]}}]}', '"_where" has "$in"', ""),
    ('_where={"a":1,"a":2}', '"_where" has the member "a" twice', '"and"'),
    ('_where={"or":[{"a":{"lt":1,"lt":2}}]}', '"_where" has the member "lt" twice', ""),
    (r'filter={"a":"\ud800"}', '"filter" escapes half a surrogate pair', ""),
    ("_where=" + '{"a":' * 33 + "1" + "}" * 33, '"_where" nests', "32 levels"),
    ("filter=" + "[" * 5000, '"filter" is no JSON', ""),
    ("embed=[1]", '"embed" takes a list of names', '["author"]'),
    ('embed={"a":1}', '"embed" takes a list of names', '["author"]'),
    # Encoding.
    ("title=%", '"title" has a "%"', '"%25"'),
    ("title=100%zz", '"title" has a "%"', '"%25"'),
    ("ti%4tle=1", '"ti%4tle" has a "%"', ""),
    ("title=%FF", '"title" is not UTF-8', ""),
    ("title=%C3", '"title" is not UTF-8', ""),
    ("title=%ED%A0%80", '"title" is not UTF-8', ""),
    ("%FF=1", '"%FF" is not UTF-8', ""),
    ("title=é", '"title" holds a space or a character beyond ASCII', ""),
    ("title=a b", '"title" holds a space', ""),
    ("title=a\r\nX: y", '"title" holds a space', ""),
    ("=5", '"=5" has no name', ""),
    ("=", '"=" has no name', ""),
    # Too much.
    ("&".join(["a=1"] * 1001), "more than 1,000 parameters", ""),
    ("a=" + "1" * 65536, "more than 65,536 characters", ""),
    ("&".join(f"a{number}=1" for number in range(33)), "more than 32 fields", ""),
    ("_sort=" + ",".join(f"a{number}" for number in range(33)), "more than 32 fields", ""),
    ("&".join(f"q={number}" for number in range(11)), "more than 100 conditions", ":in"),
    ("&".join(f"a_gt={number}" for number in range(101)), "more than 100 conditions", ""),
    ("a_like=" + "|".join("x" * 98), "more than 100 conditions", "as 3"),
    ("a_like=" + ".*".join("x" * 98), "more than 100 conditions", '".*"'),
    ("&".join(f"a_like={number}" for number in range(26)), "more than 100 conditions", ""),
    ("_embed=" + ",".join(f"a{number}" for number in range(33)), '"_embed"', "32 names"),
]


@pytest.mark.parametrize(
    ("raw", "fault", "advice"), REFUSED, ids=[raw[:40] for raw, _, _ in REFUSED]
)
def test_refused_query_names_the_parameter_and_what_to_do(
    raw: str, fault: str, advice: str
) -> None:
    """The one sentence says which parameter is wrong, how, and what would be right."""
    with pytest.raises(MalformedParameter) as raised:
        parse_query(raw)
    detail = raised.value.detail
    assert fault in detail
    assert advice in detail
    assert detail.endswith(".")
    assert detail.isascii()
    assert len(detail) < 500


@pytest.mark.parametrize(
    "raw",
    [
        "&".join(["a=1"] * 1000),
        "&".join(f"a{number}=1" for number in range(32)),
        "&".join(f"q={number}" for number in range(10)),
        "id:in=" + ",".join(map(str, range(10_000))),
        "a_like=" + "|".join("x" * 97),
        "a_like=" + ".*".join("x" * 97),
        "&".join(f"a_like={number}" for number in range(25)),
        "_where=" + '{"a":' * 32 + "1" + "}" * 32,
        "_sort=" + ",".join(["a"] * 1000),
        "_embed=" + ",".join(f"a{number}" for number in range(32)),
        "_page=9007199254740991&_limit=9007199254740991",
    ],
    ids=lambda raw: raw[:20],
)
def test_query_up_to_the_limits_is_taken(raw: str) -> None:
    """The limits are the last that is taken, not the first that is refused."""
    assert parse_query(raw) != NO_QUERY


# --- whatever is sent

PIECES = st.sampled_from(
    [
        *"&=,:.-_%+[]{}\"|^$*\\'/?#; \t\r\n\0é😀",
        *("_page", "_limit", "_per_page", "_start", "_end", "_sort", "_order", "_where", "_embed"),
        *("filter=", "range=", "sort=", "embed=", "q", "id", "a", "a.b", ":gt", ":in", "_like"),
        *("%", "%2", "%5B", "%C3", "%FF", "%00", "0", "1", "-1", "9" * 20, "1e9", "null", "true"),
        *('{"a":1}', '{"or":[', '{"a":{"gt":', '["a","ASC"]', "[0,9]", "]}", "asc", "desc"),
    ]
)


@given(st.one_of(st.text(), st.lists(PIECES, max_size=30).map("".join)))
def test_any_text_is_a_query_or_a_malformed_parameter(raw: str) -> None:
    """No text makes the parser fail in another way, and no query fails to be answered."""
    try:
        query = parse_query(raw)
    except MalformedParameter:
        return
    names, total = select(CONTENT, query.selection)
    assert len(names) <= total <= len(CONTENT)


def hostile(size: int) -> list[str]:
    """Queries of about this many characters that ask for much work in few of them."""
    return [
        "a" * size,
        "&" * size,
        "a&" * (size // 2),
        "%41" * (size // 3),
        "%" * size,
        "a=" + "+" * size,
        "a:in=" + "," * size,
        "_sort=" + "," * size,
        "_sort=" + ",".join(map(str, range(size // 6))),
        "_embed=" + ",".join(map(str, range(size // 6))),
        "_order=" + "," * size,
        "_page=" + "9" * size,
        "_" * size,
        ":" * size,
        "a" + "_gte" * (size // 4) + "=1",
        "a=" + "9" * size,
        "a.b=" + "1." * (size // 2),
        "." * size + "=1",
        "_where=" + "[" * size,
        "_where=" + '{"a":' * (size // 6) + "1" + "}" * (size // 6),
        '_where={"a":"' + "\\\\" * (size // 2) + '"}',
        '_where={"a":[' + ",".join(["1"] * (size // 2)) + "]}",
        "_where={" + ",".join(f'"{number}":1' for number in range(size // 9)) + "}",
        '_where={"or":[' + ",".join(["{}"] * (size // 3)) + "]}",
        '_where={"a":' + "9" * size + "}",
        "range=[" + "9" * (size // 2) + "," + "9" * (size // 2) + "]",
        "sort=[" + ",".join(['["a","ASC"]'] * (size // 12)) + "]",
        "a_like=" + ".*a" * (size // 3),
        "a_like=" + "\\" * size,
        "a_like=" + "|" * size,
        "a_like=(a*)*" + "a" * size + "b",
        "q=" + "a" * size,
    ]


@pytest.mark.parametrize("raw", hostile(60_000), ids=lambda raw: raw[:14])
def test_hostile_query_takes_no_time(raw: str) -> None:
    """What takes time quadratic in 60,000 characters would take minutes; this takes none."""
    begun = time.process_time()
    try:
        selection = parse_query(raw).selection
    except MalformedParameter:
        pass
    else:
        select({"1": {"a": "a" * 1000, "b": ["aab" * 300]}}, selection)
    assert time.process_time() - begun < 1

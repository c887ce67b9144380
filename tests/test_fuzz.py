"""Requests that nobody in their right mind sends: whatever they hold, the server does not fail.

FUZZ_ROUNDS is how many of each kind are made (`make fuzz` makes 20,000). Each
kind has a seed of its own, so that a failure comes again.
"""

import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import quote

import pytest

from kvput.config import Config
from kvput.store import open_store
from tests.serving import Address, Reply, serving

ROUNDS: Final = int(os.environ.get("FUZZ_ROUNDS", "300"))

_FIELDS: Final = ("id", "title", "n", "author.name", "tags", "tags.0", "a.b.c", "_id", "", "é", "q")
_OPERATORS: Final = ("", "_gte", "_lte", "_ne", "_like", "_lt", "_gt", "[]", ":eq", ":ne", ":lt",
                     ":gt", ":gte", ":lte", ":in", ":contains", ":startsWith", ":endsWith",
                     ":like", ":odd", ":")  # fmt: skip
_PARAMETERS: Final = ("_sort", "_order", "_start", "_end", "_limit", "_page", "_per_page", "_embed",
                      "_expand", "_where", "q", "filter", "range", "sort", "embed", "_", "_odd",
                      "_dependent", "types")  # fmt: skip
_TEXTS: Final = ("1", "0", "-1", "9" * 30, "1e999", "NaN", "true", "null", "asc", "DESC", "title",
                 "-n,title", "comments", "author", "", " ", "*", ".*", "^a|b$", "(a+)+$", "\\",
                 "[0,9]", "[9,0]", '["n","ASC"]', "[]", "{}", '{"a":{"gt":1}}', "[", "{", "\0",
                 "é\U0001f9f5", "\ud800", "%", "&", "=", "a" * 300)  # fmt: skip
_TYPES: Final = ("application/merge-patch+json", "application/json-patch+json", "application/json")
_POINTERS: Final = ("", "/", "/id", "/n", "/tags", "/tags/0", "/tags/-", "/tags/01", "/tags/99",
                    "/author/name", "/a~1b", "/a~0", "/~2", "/é", "n", "//", "/\ud800")  # fmt: skip
_OPS: Final = ("add", "remove", "replace", "move", "copy", "test", "odd", None)
_BODIES: Final = ("application/json", "application/json5", "application/x-www-form-urlencoded",
                  "multipart/form-data; boundary=b", "application/yaml", "application/x-ndjson",
                  "text/csv", "text/csv; header=absent", "multipart/form-data", "")  # fmt: skip
_PART: Final = "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--b--\r\n"
_SNIPPETS: Final = (
    "a=1&a[b]=2",
    "a[0][b]=1",
    "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--b--\r\n",
    "a: &x [1]\nb: *x\n",
    "a: 1\n? [b]\n: c\n",
    "a,b\n1,2\n",
    'a,"b\n1,2',
    '{"a":1}\n{"id":2}\n',
    "{a:1,}",
    "[" * 2000,
    "%zz",
    "\ufeffa,b\n",
)


def _value(chance: random.Random, depth: int = 0) -> object:
    """Any JSON value."""
    kind = chance.randrange(8 if depth < 4 else 6)
    if kind == 0:
        return chance.choice((None, True, False))
    if kind == 1:
        return chance.choice((0, 1, -1, 1.5, 2**53, 2**70, 1e300, float("inf"), float("nan")))
    if kind < 6:
        return chance.choice(_TEXTS)
    if kind == 6:
        return [_value(chance, depth + 1) for _ in range(chance.randrange(4))]
    return {chance.choice(_FIELDS): _value(chance, depth + 1) for _ in range(chance.randrange(4))}


def _query(chance: random.Random) -> str:
    """A query, mostly of what there is, now and then broken as a URL."""
    parts = []
    for _ in range(chance.randrange(1, 6)):
        if chance.random() < 0.5:
            name = chance.choice(_FIELDS) + chance.choice(_OPERATORS)
        else:
            name = chance.choice(_PARAMETERS)
        text = chance.choice(_TEXTS) if chance.random() < 0.7 else json.dumps(_value(chance))
        part = f"{name}={text}" if chance.random() < 0.9 else name
        parts.append(quote(part, safe='=,:[]{}"-_.*', errors="surrogatepass"))
    query = "&".join(parts)
    if chance.random() < 0.1:
        place = chance.randrange(len(query) + 1)
        query = (
            query[:place] + chance.choice(("%", "%f", "%ff", "&&", "=", "?", ";")) + query[place:]
        )
    return query.replace(" ", "+")


def _broken(chance: random.Random, body: bytes) -> bytes:
    """The same, but for a byte here and there."""
    if chance.random() < 0.2 and body:
        place = chance.randrange(len(body))
        body = body[:place] + chance.randbytes(chance.randrange(3)) + body[place + 1 :]
    return body


def _text(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _patch(chance: random.Random) -> tuple[str, bytes]:
    """A media type, and a patch that is one of it, or of another."""
    if chance.random() < 0.4:
        return chance.choice(_TYPES), _broken(chance, _text(_value(chance)))
    operations = []
    for _ in range(chance.randrange(5)):
        operation: dict[str, object] = {"op": chance.choice(_OPS)}
        for name in ("path", "from", "value"):
            if chance.random() < 0.8:
                pointer = chance.choice(_POINTERS)
                operation[name] = _value(chance) if name == "value" else pointer
        operations.append(operation)
    return chance.choice(_TYPES), _broken(chance, _text(operations))


def _batch(chance: random.Random) -> bytes:
    """A batch, or nearly one."""
    operations = []
    for _ in range(chance.randrange(4)):
        operation: dict[str, object] = {
            "op": chance.choice(("put", "create", "patch", "delete", "move", "odd", 1))
        }
        for name in ("path", "from", "collection"):
            if chance.random() < 0.7:
                operation[name] = chance.choice(
                    ("/posts/1", "/posts/2", "/posts", "/posts/", "/", "/-/x", "posts", "/a/%", 7)
                )
        if chance.random() < 0.8:
            operation["value"] = _value(chance)
        if chance.random() < 0.3:
            operation["type"] = chance.choice((*_TYPES, "odd", 1))
        if chance.random() < 0.3:
            operation[chance.choice(("ifMatch", "ifNoneMatch", "odd"))] = chance.choice(
                ("*", '"x"', "x", 1)
            )
        operations.append(operation)
    document = {"operations": operations} if chance.random() < 0.8 else operations
    return _broken(chance, _text(document))


Ask = tuple[str, str, dict[str, str], bytes | None]


def _ask_query(chance: random.Random) -> Ask:
    method = chance.choice(("GET", "GET", "GET", "HEAD", "DELETE"))
    target = chance.choice(("/posts", "/posts/", "/posts/1", "/posts/1/comments", "/none"))
    fields = {"Prefer": "handling=dry-run"} if chance.random() < 0.5 else {}
    return method, f"{target}?{_query(chance)}", fields, None


def _ask_patch(chance: random.Random) -> Ask:
    media_type, body = _patch(chance)
    target = f"/posts/{chance.randrange(1, 8)}"
    return "PATCH", target, {"Content-Type": media_type}, body


def _ask_batch(chance: random.Random) -> Ask:
    return "POST", "/-/batch", {"Content-Type": "application/json"}, _batch(chance)


def _ask_post(chance: random.Random) -> Ask:
    body = "".join(chance.choices(_SNIPPETS, k=chance.randrange(3))).encode()
    query = chance.choice(("", "?types=guess", "?types=strings", "?types=odd"))
    media_type = chance.choice(_BODIES)
    fields = {"Content-Type": media_type} if media_type else {}
    if chance.random() < 0.2:
        fields["Idempotency-Key"] = chance.choice(("a", '"b"', '"', "c d"))
    return "POST", f"/posts{query}", fields, _broken(chance, body)


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("make", [_ask_query, _ask_patch, _ask_batch, _ask_post])
async def test_no_request_makes_the_server_fail(
    tmp_path: Path, make: Callable[[random.Random], Ask]
) -> None:
    """Each is answered with what it asks for, or with what is wrong with it."""
    store = open_store(tmp_path, read_cache=1 << 20)
    chance = random.Random(make.__name__)  # noqa: S311  # for variety, not for secrets
    statuses: dict[int, int] = {}
    try:
        async with serving(store, Config(data=tmp_path)) as address:
            for number in range(ROUNDS):
                if number % 50 == 0:
                    await _fill(address)
                ask = make(chance)
                reply = await _answered(address, ask)
                assert reply.status < 500, (ask, reply.body)
                statuses[reply.status] = statuses.get(reply.status, 0) + 1
    finally:
        await store.close()
    # Not all of it is refused for the same reason, or at all.
    assert len(statuses) >= 3
    assert max(statuses.values()) < 0.98 * ROUNDS


async def _answered(address: Address, ask: Ask) -> Reply:
    method, target, fields, body = ask
    return await address.request(method, target, fields, body)


async def _fill(address: Address) -> None:
    """Put back what there is to ask for."""
    for number in range(1, 6):
        content = _text({
            "id": number, "title": f"t{number}", "n": number % 3, "tags": ["a", "b"],
            "author": {"name": "x"}, "a": {"b": {"c": None}},
        })  # fmt: skip
        fields = {"Content-Type": "application/json"}
        for path in (f"/posts/{number}", f"/comments/{number}"):
            assert (await address.request("PUT", path, fields, content)).status in (200, 201)

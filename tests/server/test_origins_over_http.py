"""Who may read and write, as it goes over the wire: hosts, origins, preflights, grants."""

import gc
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web

from kvput.config import Config
from kvput.store.memory import MemoryStore
from tests.serving import Address, Reply, serving

HAT = b'{"color": "blue"}'
SHOE = b'{"color": "red"}'
EXPOSED = {
    "Accept-Post",
    "Accept-Ranges",
    "Allow",
    "Content-Location",
    "Content-Range",
    "ETag",
    "Last-Modified",
    "Location",
    "Preference-Applied",
}
PAGE_HERE = "http://localhost:3000"
FOREIGN_PAGE = "https://evil.example"


@dataclass(frozen=True, slots=True)
class Served:
    """A server that has `/a/1`, and a way to see whether a write has gone through."""

    address: Address

    async def send(
        self, method: str, target: str, fields: dict[str, str], content: bytes | None = None
    ) -> Reply:
        """One request; whatever it is answered, no answer may be open to all."""
        reply = await self.address.request(method, target, fields, content)
        assert "*" not in reply.all_fields("Access-Control-Allow-Origin")
        assert reply.all_fields("Access-Control-Allow-Credentials") == []
        assert "Origin" in (reply.field("Vary") or "").split(", ")
        return reply

    async def unchanged(self) -> bool:
        """Whether all is as it was at first."""
        kept = await self.address.request("GET", "/a/1")
        made = [await self.address.request("GET", url) for url in ("/a/2", "/b/")]
        return kept.body == SHOE and [reply.status for reply in made] == [404, 404]


@asynccontextmanager
async def _served(config: Config) -> AsyncIterator[Served]:
    async with serving(MemoryStore(), config) as address:
        assert (await address.request("PUT", "/a/1", {}, SHOE)).status == 201
        yield Served(address)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Served]:
    """A server as it is without options."""
    async with _served(Config(data=tmp_path)) as served:
        yield served


@pytest.fixture
def configured(tmp_path: Path) -> AbstractAsyncContextManager[Served]:
    """A server that answers for a host and an origin beside this machine's own."""
    hosts, origins = frozenset({"data.example"}), frozenset({"https://app.example"})
    return _served(Config(data=tmp_path, allow_hosts=hosts, allow_origins=origins))


# --- Host


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:80", "localhost.", "app.localhost:3000", "127.0.0.1", "[::1]:8080"],
)
async def test_a_host_of_this_machine_is_served(server: Served, host: str) -> None:
    """Any loopback name will do, and its port is not looked at."""
    assert (await server.send("GET", "/a/1", {"Host": host})).body == SHOE


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "192.168.0.2:8080", "127.1", "0.0.0.0:80"]
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "POST"])
async def test_a_foreign_host_is_refused(server: Served, host: str, method: str) -> None:
    """A page that rebinds its name to this machine's address neither reads nor writes."""
    target = "/b" if method == "POST" else "/a/1"
    content = HAT if method in ("PUT", "POST") else None
    reply = await server.send(method, target, {"Host": host}, content)
    assert reply.status == 403
    assert SHOE not in reply.body
    if method != "HEAD":
        assert reply.problem == "host-not-allowed"
    assert await server.unchanged()


@pytest.mark.parametrize("host", ["", "a b", "localhost, evil.example", "user@localhost", "[::1"])
async def test_a_host_that_is_none_is_refused(server: Served, host: str) -> None:
    """An invalid Host is 400, an empty one is not this machine's (RFC 9112 section 3.2)."""
    reply = await server.send("PUT", "/a/1", {"Host": host}, HAT)
    assert reply.status == (400 if host else 403)
    assert await server.unchanged()


async def test_the_authority_of_an_absolute_target_stands_for_host(server: Served) -> None:
    """RFC 9112 section 3.2.2: Host is ignored beside an absolute target."""
    here = await server.send("GET", "http://localhost/a/1", {"Host": "evil.example"})
    foreign = await server.send("PUT", "http://evil.example/a/1", {"Host": "localhost"}, HAT)
    assert here.body == SHOE
    assert (foreign.status, foreign.problem) == (403, "host-not-allowed")
    assert await server.unchanged()


async def test_a_configured_host_is_served(
    configured: AbstractAsyncContextManager[Served],
) -> None:
    """--allow-host adds a name, and no more than that name."""
    async with configured as server:
        named = await server.send("GET", "/a/1", {"Host": "Data.Example:8080"})
        below = await server.send("GET", "/a/1", {"Host": "x.data.example"})
    assert named.body == SHOE
    assert below.problem == "host-not-allowed"


# --- pages that may read and write


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        (PAGE_HERE, "localhost:8080"),
        ("http://127.0.0.1:5173", "localhost:8080"),
        ("https://app.localhost", "127.0.0.1"),
        ("http://[::1]:3000", "localhost"),
    ],
)
async def test_a_page_of_this_machine_reads_and_writes(
    server: Served, origin: str, host: str
) -> None:
    """Its origin, as it was sent, and the exposed fields stand on every answer."""
    fields = {"Origin": origin, "Host": host}
    replies = [
        await server.send("GET", "/a/1", fields),
        await server.send("PUT", "/a/1", fields, HAT),
        await server.send("POST", "/b", fields, HAT),
        await server.send("DELETE", "/a/1", fields),
    ]
    assert [reply.status for reply in replies] == [200, 200, 201, 200]
    for reply in replies:
        assert reply.field("Access-Control-Allow-Origin") == origin
        exposed = set((reply.field("Access-Control-Expose-Headers") or "").split(", "))
        assert exposed >= EXPOSED


async def test_the_server_s_own_pages_read_and_write(
    configured: AbstractAsyncContextManager[Served],
) -> None:
    """An origin that is the host's own is no foreign one."""
    async with configured as server:
        fields = {"Host": "data.example:8080", "Origin": "http://data.example:8080"}
        reply = await server.send("PUT", "/a/1", fields, HAT)
        other_port = fields | {"Origin": "http://data.example:9090"}
        refused = await server.send("PUT", "/a/1", other_port, SHOE)
    assert reply.status == 200
    assert reply.field("Access-Control-Allow-Origin") == "http://data.example:8080"
    assert refused.problem == "origin-not-allowed"


async def test_a_configured_origin_reads_and_writes(
    configured: AbstractAsyncContextManager[Served],
) -> None:
    """--allow-origin adds an origin: its scheme, host and port, and no other."""
    async with configured as server:
        reply = await server.send("PUT", "/a/1", {"Origin": "https://app.example"}, HAT)
        others = [
            await server.send("PUT", "/a/1", {"Origin": origin}, SHOE)
            for origin in (
                "http://app.example",
                "https://app.example:8443",
                "https://x.app.example",
            )
        ]
    assert reply.field("Access-Control-Allow-Origin") == "https://app.example"
    assert {other.problem for other in others} == {"origin-not-allowed"}


@pytest.mark.parametrize(
    ("method", "target", "fields", "status"),
    [
        ("GET", "/a/2", {}, 404),
        ("GET", "/a/1", {"If-None-Match": "*"}, 304),
        ("GET", "/a/1", {"Range": "bytes=50-"}, 416),
        ("PUT", "/a/1", {"If-Match": '"x"'}, 412),
        ("PUT", "/a/1", {"Content-Type": "text/plain"}, 415),
        ("PATCH", "/a/", {}, 405),
        ("PUT", "/a/..", {}, 400),
        ("LOCK", "/a/1", {}, 501),
    ],
)
async def test_a_page_may_read_why_it_was_refused(
    server: Served, method: str, target: str, fields: dict[str, str], status: int
) -> None:
    """Answers other than 200 carry the grant too."""
    content = b"" if method == "PUT" else None
    reply = await server.send(method, target, {**fields, "Origin": PAGE_HERE}, content)
    assert reply.status == status
    assert reply.field("Access-Control-Allow-Origin") == PAGE_HERE
    assert reply.field("Access-Control-Expose-Headers")


# --- pages that may not


@pytest.mark.parametrize(
    "origin",
    [FOREIGN_PAGE, "null", "http://localhost.evil.example", "file://", "nonsense", "*", ""],
)
@pytest.mark.parametrize(
    ("method", "target", "content_type"),
    [
        ("POST", "/a", "text/plain"),
        ("POST", "/b", "application/x-www-form-urlencoded"),
        ("POST", "/b", "application/json"),
        ("PUT", "/a/1", "application/json"),
        ("PUT", "/a/2", None),
        ("DELETE", "/a/1", None),
        ("PATCH", "/a/1", "application/json"),
    ],
)
async def test_a_foreign_page_writes_nothing(
    server: Served, origin: str, method: str, target: str, content_type: str | None
) -> None:
    """Not even what a browser sends without a preflight: 403, and all is as it was."""
    fields = {"Origin": origin} | ({"Content-Type": content_type} if content_type else {})
    reply = await server.send(method, target, fields, b"color=blue")
    assert (reply.status, reply.problem) == (403, "origin-not-allowed")
    assert reply.field("Access-Control-Allow-Origin") is None
    assert await server.unchanged()


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
async def test_a_foreign_page_gets_no_grant_to_read(server: Served, method: str) -> None:
    """The request is answered, as a program's is, but the browser keeps it from the page."""
    reply = await server.send(method, "/a/1", {"Origin": FOREIGN_PAGE})
    assert reply.status == (204 if method == "OPTIONS" else 200)
    assert reply.field("Access-Control-Allow-Origin") is None
    assert reply.field("Access-Control-Expose-Headers") is None
    assert reply.field("X-Content-Type-Options") == "nosniff"


def _requests_in_memory() -> int:
    gc.collect()
    return sum(type(each) is web.BaseRequest for each in gc.get_objects())


@pytest.mark.parametrize("fields", [{"Origin": FOREIGN_PAGE}, {"Host": "evil.example"}], ids=str)
async def test_a_refused_request_is_forgotten(server: Served, fields: dict[str, str]) -> None:
    """Not one of many that are refused alike is kept in memory."""
    before = _requests_in_memory()
    for _ in range(20):
        assert (await server.send("PUT", "/a/1", fields, HAT)).status == 403
    assert _requests_in_memory() - before < 5


async def test_two_origins_are_none(server: Served) -> None:
    """A trusted origin beside another one is not trusted."""
    fields = {"Origin": PAGE_HERE, "origin": FOREIGN_PAGE}
    reply = await server.send("PUT", "/a/1", fields, HAT)
    assert reply.problem == "origin-not-allowed"
    assert await server.unchanged()


# --- Sec-Fetch-Site


@pytest.mark.parametrize(
    ("site", "origin", "status"),
    [
        ("cross-site", None, 403),
        ("same-site", None, 200),
        ("same-origin", None, 200),
        ("none", None, 200),
        (None, None, 200),
        ("cross-site", PAGE_HERE, 200),
        ("same-origin", FOREIGN_PAGE, 403),
    ],
)
async def test_a_cross_site_write_without_origin_is_refused(
    server: Served, site: str | None, origin: str | None, status: int
) -> None:
    """Sec-Fetch-Site counts where Origin is missing; Origin decides where it is not."""
    fields = {"Sec-Fetch-Site": site, "Origin": origin}
    sent = {name: value for name, value in fields.items() if value is not None}
    assert (await server.send("PUT", "/a/1", sent, HAT)).status == status
    assert await server.unchanged() is (status == 403)


async def test_a_cross_site_read_is_answered(server: Served) -> None:
    """A link on a foreign page leads here, as links do."""
    reply = await server.send("GET", "/a/1", {"Sec-Fetch-Site": "cross-site"})
    assert reply.body == SHOE


# --- preflight


@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST", "GET", "PATCH"])
@pytest.mark.parametrize("target", ["/a/1", "/a", "/nothing/here", "/a/..", "*"])
async def test_a_preflight_of_a_page_of_this_machine_is_granted(
    server: Served, method: str, target: str
) -> None:
    """Whatever stands at the target: the request itself will tell."""
    fields = {
        "Origin": PAGE_HERE,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "content-type,if-match, x-custom",
    }
    reply = await server.send("OPTIONS", target, fields)
    assert (reply.status, reply.body) == (204, b"")
    assert reply.field("Access-Control-Allow-Origin") == PAGE_HERE
    assert method in (reply.field("Access-Control-Allow-Methods") or "").split(", ")
    assert reply.field("Access-Control-Allow-Headers") == "content-type, if-match, x-custom"
    assert reply.field("Access-Control-Max-Age") == "7200"
    assert reply.field("Vary") == (
        "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
    )


@pytest.mark.parametrize("requested", [None, "", "*", "x, *", 'a"b', "a b"])
async def test_a_preflight_is_never_told_that_all_fields_are_allowed(
    server: Served, requested: str | None
) -> None:
    """Names that are none, and the one that would mean all, allow nothing."""
    fields = {"Origin": PAGE_HERE, "Access-Control-Request-Method": "PUT"}
    if requested is not None:
        fields["Access-Control-Request-Headers"] = requested
    reply = await server.send("OPTIONS", "/a/1", fields)
    assert reply.status == 204
    assert reply.field("Access-Control-Allow-Headers") is None


@pytest.mark.parametrize("origin", [FOREIGN_PAGE, "null"])
async def test_a_preflight_of_a_foreign_page_is_refused(server: Served, origin: str) -> None:
    """403 without a grant, so that the browser does not send the request."""
    fields = {"Origin": origin, "Access-Control-Request-Method": "PUT"}
    reply = await server.send("OPTIONS", "/a/1", fields)
    assert (reply.status, reply.problem) == (403, "origin-not-allowed")
    assert not [name for name, _ in reply.fields if name.startswith("Access-Control")]


async def test_options_without_a_requested_method_is_no_preflight(server: Served) -> None:
    """A page may ask for the methods of a resource."""
    reply = await server.send("OPTIONS", "/a/1", {"Origin": PAGE_HERE})
    assert reply.field("Allow") == "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"
    assert reply.field("Access-Control-Allow-Origin") == PAGE_HERE
    assert reply.field("Access-Control-Allow-Methods") is None


async def test_a_requested_method_without_an_origin_is_no_preflight(server: Served) -> None:
    """Without an origin there is nobody to grant anything to."""
    reply = await server.send("OPTIONS", "/a/1", {"Access-Control-Request-Method": "PUT"})
    assert reply.status == 204
    assert reply.field("Access-Control-Allow-Origin") is None

"""kvput.semantics.origins: hosts, origins and the fields of the CORS protocol."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvput.errors import (
    ConfigError,
    HostNotAllowed,
    KvputError,
    MalformedRequest,
    OriginNotAllowed,
)
from kvput.semantics.origins import (
    ALLOWED_METHODS,
    EXPOSED_FIELDS,
    PREFLIGHT_VARY,
    VARY,
    OriginPolicy,
    Verdict,
    grant_fields,
    is_loopback_name,
    judge,
    normalise_host,
    normalise_origin,
    preflight_fields,
)

CLOSED = OriginPolicy()
OPEN = OriginPolicy(
    allowed_hosts=frozenset({"data.example.org", "192.168.1.5", "fe80::1"}),
    allowed_origins=frozenset(
        {"https://app.example.org", "https://app.example.org:8443", "tauri://shell"}
    ),
)


def _error(verdict: Verdict) -> type[KvputError] | None:
    """The class of the error that a request is refused with; None when it is served."""
    return None if verdict.refusal is None else verdict.refusal.error


# --- hosts ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("LocalHost", True),
        ("localhost.", True),
        ("app.localhost", True),
        ("a.b-c.LOCALHOST", True),
        ("127.0.0.1", True),
        ("127.0.0.1.", True),
        ("127.1.2.3", True),
        ("127.255.255.255", True),
        ("::1", True),
        ("[::1]", True),
        ("0:0:0:0:0:0:0:1", True),
        ("[0000::0001]", True),
        ("::ffff:127.0.0.1", True),
        ("[::ffff:7f00:1]", True),
        ("", False),
        (".", False),
        ("localhost..", False),
        (".localhost", False),
        ("a..localhost", False),
        ("localhost.evil.com", False),
        ("evil-localhost", False),
        ("evillocalhost", False),
        ("localhost\n", False),
        (" localhost", False),
        ("localhost:80", False),
        ("user@localhost", False),
        ("evil.com/.localhost", False),
        ("loc\u017flhost", False),
        ("0.0.0.0", False),  # noqa: S104 - a name to judge, nothing is bound
        ("::", False),
        ("[::]", False),
        ("127.1", False),
        ("127.0.0.1.evil.com", False),
        ("127.0.0.01", False),
        ("127.0.0.256", False),
        ("128.0.0.1", False),
        ("0x7f.0.0.1", False),
        ("2130706433", False),
        ("017700000001", False),
        ("[127.0.0.1]", False),
        ("[localhost]", False),
        ("[::1", False),
        ("::2", False),
        ("::ffff:128.0.0.1", False),
        ("::127.0.0.1", False),
        ("192.168.1.5", False),
        ("example.com", False),
        ("\uff11\uff12\uff17.0.0.1", False),
    ],
)
def test_only_this_machine_is_loopback(host: str, loopback: bool) -> None:
    """Names and addresses of this machine count, look-alikes and short forms do not."""
    assert is_loopback_name(host) is loopback


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:8080",
        "localhost:",
        "localhost:65535",
        "LOCALHOST:1",
        "localhost.:8080",
        "app.localhost:8080",
        "127.0.0.1",
        "127.9.9.9:8080",
        "[::1]",
        "[::1]:8080",
        "[0:0::1]:8080",
        "data.example.org",
        "Data.Example.ORG:443",
        "data.example.org.",
        "192.168.1.5:8080",
        "[fe80::1]",
        "[FE80:0::1]:80",
    ],
)
def test_a_host_of_this_machine_or_of_the_configuration_is_served(host: str) -> None:
    """Case, port, a closing dot and the form of an address do not matter."""
    assert judge(OPEN, host, None, None, unsafe=True) == Verdict()


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        "evil.com",
        "evil.com:8080",
        "localhost.evil.com",
        "127.0.0.1.evil.com",
        "data.example.org.evil.com",
        "x.data.example.org",
        "data.example.org..",
        "xdata.example.org",
        "192.168.1.50",
        "0.0.0.0",  # noqa: S104 - a name to judge, nothing is bound
        "[::]",
        "[fe80::2]",
        "2130706433",
        "127.1",
        "*",
        "%6Cocalhost",
        "null",
        ".",
    ],
)
@pytest.mark.parametrize("unsafe", [True, False])
def test_another_host_is_refused(host: str | None, unsafe: bool) -> None:
    """A page that rebinds its name to this machine neither reads nor writes."""
    verdict = judge(OPEN, host, "http://localhost:3000", "same-origin", unsafe)
    assert _error(verdict) is HostNotAllowed
    assert verdict.grant is None


@pytest.mark.parametrize(
    "host",
    [
        "localhost, evil.com",
        "localhost,localhost",
        "local host",
        " localhost",
        "localhost\t",
        "localhost\n",
        "user@localhost",
        "user:password@localhost",
        "localhost:80a",
        "localhost:-1",
        "localhost:65536",
        "localhost:000080",
        "localhost:80:80",
        ":8080",
        "http://localhost",
        "localhost/",
        "localhost?a",
        "localhost#a",
        "local%host",
        "localh\udcffst",
        "l\u00f6calhost",
        "::1",
        "[::1",
        "[::1]x",
        "[::1]]",
        "[localhost]",
        "[127.0.0.1]",
        "[::1%25lo]",
        "[:::1]",
        "[]",
        "\0",
    ],
)
def test_a_malformed_host_is_a_malformed_request(host: str) -> None:
    """What is no host with an optional port cannot be judged, only refused."""
    verdict = judge(OPEN, host, None, None, unsafe=False)
    assert _error(verdict) is MalformedRequest
    assert verdict.grant is None


def test_a_refused_host_says_how_to_allow_it() -> None:
    """The sentence names the option and its value without the port."""
    verdict = judge(CLOSED, "Data.example.org:8080", None, None, unsafe=False)
    assert verdict.refusal is not None
    assert "--allow-host data.example.org " in verdict.refusal.detail


# --- origins ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        # The server's own pages.
        ("localhost:8080", "http://localhost:8080"),
        ("data.example.org", "http://data.example.org"),
        ("data.example.org", "https://data.example.org"),
        ("data.example.org", "https://DATA.example.org"),
        ("data.example.org:443", "https://data.example.org"),
        ("data.example.org:80", "http://data.example.org"),
        ("data.example.org:", "http://data.example.org"),
        ("data.example.org:8080", "http://data.example.org:8080"),
        ("DATA.EXAMPLE.ORG:8080", "http://data.example.org:8080"),
        ("192.168.1.5:8080", "http://192.168.1.5:8080"),
        ("[fe80::1]:8080", "http://[fe80::1]:8080"),
        ("[FE80:0::1]:8080", "http://[fe80::1]:8080"),
        # Pages of this machine.
        ("localhost:8080", "http://localhost"),
        ("localhost:8080", "http://localhost:3000"),
        ("localhost:8080", "https://localhost:3000"),
        ("localhost:8080", "http://app.localhost:5173"),
        ("localhost:8080", "http://127.0.0.1:3000"),
        ("localhost:8080", "http://[::1]:3000"),
        ("data.example.org", "http://localhost:3000"),
        # Pages of the configuration.
        ("localhost:8080", "https://app.example.org"),
        ("localhost:8080", "https://app.example.org:443"),
        ("localhost:8080", "https://app.example.org:8443"),
        ("localhost:8080", "HTTPS://App.Example.Org"),
        ("localhost:8080", "tauri://shell"),
    ],
)
@pytest.mark.parametrize("unsafe", [True, False])
@pytest.mark.parametrize("fetch_site", [None, "cross-site", "same-origin"])
def test_a_trusted_origin_is_granted_as_sent(
    host: str, origin: str, fetch_site: str | None, unsafe: bool
) -> None:
    """The server's own, this machine's and configured origins read and write."""
    assert judge(OPEN, host, origin, fetch_site, unsafe) == Verdict(grant=origin)


FOREIGN = [
    "http://evil.com",
    "https://evil.com:8080",
    "http://localhost.evil.com",
    "http://localhost.evil.com:3000",
    "http://127.0.0.1.evil.com",
    "http://localhost@evil.com",
    "http://evil.com@localhost",
    "http://localhost:3000@evil.com",
    "http://evil-localhost",
    "http://evil.com#.localhost",
    "http://evil.com/.localhost",
    "http://evil.com?.localhost",
    "http://evil.com\\.localhost",
    "http://evil.com:80.localhost",
    "http://.localhost",
    "http://localhost..",
    "http://0.0.0.0:3000",
    "http://127.1",
    "http://2130706433",
    "http://0x7f000001",
    "http://[::]",
    "http://[::2]",
    "http://[127.0.0.1]",
    # Another host, port or scheme than the server's or a configured one's.
    "http://data.example.org:8081",
    "https://data.example.org",
    "http://data.example.org",
    "ftp://data.example.org:8080",
    "http://x.data.example.org:8080",
    "http://data.example.org.evil.com:8080",
    "http://data.example.org:0",
    "http://app.example.org",
    "https://app.example.org:8444",
    "https://app.example.org.evil.com",
    "https://x.app.example.org",
    "https://app.example.orgevil.com",
    "https://xapp.example.org",
    "https://app.example.org.",
    "tauri://other",
    "https://shell",
    # Other schemes, even of this machine.
    "file://localhost",
    "ws://localhost:3000",
    "chrome-extension://localhost",
    "capacitor://localhost",
    # No origin at all.
    "",
    "null",
    "Null",
    "*",
    "localhost",
    "localhost:3000",
    "//localhost",
    "://localhost",
    "http:localhost",
    "http:/localhost",
    "http:///localhost",
    "http://",
    "http://:3000",
    "http://localhost:",
    "http://localhost:3000/",
    "http://localhost:65536",
    "http://localhost:3000a",
    "http://localhost:3000 http://evil.com",
    "http://localhost:3000, http://evil.com",
    "http://localhost:3000,http://localhost:3000",
    " http://localhost",
    "http://localhost ",
    "http://localhost\n",
    "http://localhost\r\nX: y",
    "http://l\u00f6calhost",
    "http://localhost\udcff",
    "file://",
    "data:",
]


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("data.example.org", "http://data.example.org:8080"),
        ("data.example.org", "http://data.example.org:443"),
        ("data.example.org", "http://data.example.org:0"),
        ("data.example.org:443", "http://data.example.org"),
        ("data.example.org:0", "http://data.example.org"),
        ("data.example.org", "http://192.168.1.5"),
    ],
)
def test_another_port_of_the_server_is_another_origin(host: str, origin: str) -> None:
    """Only the scheme's default port may be left out, on either side."""
    assert judge(OPEN, host, origin, None, unsafe=False) == Verdict()
    assert _error(judge(OPEN, host, origin, None, unsafe=True)) is OriginNotAllowed


@pytest.mark.parametrize("origin", FOREIGN)
@pytest.mark.parametrize("fetch_site", [None, "cross-site", "same-origin", "none"])
def test_a_foreign_origin_neither_reads_nor_writes(origin: str, fetch_site: str | None) -> None:
    """Without a grant the browser withholds the answer, and a write is refused whatever else."""
    host = "data.example.org:8080"
    assert judge(OPEN, host, origin, fetch_site, unsafe=False) == Verdict()
    verdict = judge(OPEN, host, origin, fetch_site, unsafe=True)
    assert _error(verdict) is OriginNotAllowed
    assert verdict.grant is None


@pytest.mark.parametrize("origin", FOREIGN)
def test_a_refused_origin_stands_in_the_sentence_only_if_it_is_one(origin: str) -> None:
    """No raw text of the field reaches the answer, and the option named is one that works."""
    refusal = judge(OPEN, "localhost", origin, None, unsafe=True).refusal
    if refusal is None:
        pytest.fail("the origin was not refused")
    named = re.search(r"--allow-origin (\S+) ", refusal.detail)
    assert refusal.detail.isascii()
    assert refusal.detail.isprintable()
    assert (named is None) or normalise_origin(named[1]) == named[1]


def test_a_refused_origin_says_how_to_allow_it() -> None:
    """The sentence names the option and its value."""
    refusal = judge(CLOSED, "localhost", "https://App.example.org:443", None, unsafe=True).refusal
    assert refusal is not None
    assert "--allow-origin https://app.example.org " in refusal.detail


@pytest.mark.parametrize(
    ("fetch_site", "unsafe", "refused"),
    [
        ("cross-site", True, True),
        ("cross-site", False, False),
        ("same-site", True, False),
        ("same-origin", True, False),
        ("none", True, False),
        (None, True, False),
        (None, False, False),
        ("unheard-of", True, False),
    ],
)
def test_a_request_without_an_origin_is_refused_only_as_a_cross_site_write(
    fetch_site: str | None, unsafe: bool, refused: bool
) -> None:
    """Programs send neither field; a browser whose `Origin` got lost still says `cross-site`."""
    verdict = judge(CLOSED, "localhost", None, fetch_site, unsafe)
    assert (_error(verdict) is OriginNotAllowed) is refused
    assert verdict.grant is None


@given(
    st.text(st.sampled_from("localhost127.:/@#?[]%,* \\e\u0131\u3002"), max_size=30),
    st.sampled_from([".evil.com", ".evil.com:80", "@evil.com", ":80@evil.com"]),
)
def test_no_prefix_makes_a_foreign_origin_trusted(prefix: str, ending: str) -> None:
    """However an origin begins, it is judged by the host at its end."""
    for scheme in ("http://", "https://"):
        assert judge(OPEN, "localhost", scheme + prefix + ending, None, unsafe=False) == Verdict()


@given(st.text(max_size=20), st.text(max_size=20), st.booleans())
def test_any_fields_get_a_verdict(host: str, origin: str, unsafe: bool) -> None:
    """No text of a field makes the judgement fail, and there is never a grant with a refusal."""
    for sent in (host, "localhost"):
        verdict = judge(OPEN, sent, origin, None, unsafe)
        assert verdict.grant in {None, origin}
        assert verdict.grant is None or verdict.refusal is None


# --- configuration ----------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("https://app.example.org", "https://app.example.org"),
        ("HTTPS://App.Example.ORG", "https://app.example.org"),
        ("https://app.example.org:443", "https://app.example.org"),
        ("http://app.example.org:80", "http://app.example.org"),
        ("http://app.example.org:443", "http://app.example.org:443"),
        ("https://app.example.org:08443", "https://app.example.org:8443"),
        ("http://[::0:1]:3000", "http://[::1]:3000"),
        ("http://192.168.1.5:3000", "http://192.168.1.5:3000"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("chrome-extension://abcdef", "chrome-extension://abcdef"),
        ("tauri://localhost:80", "tauri://localhost:80"),
    ],
)
def test_a_configured_origin_is_brought_to_normal_form(text: str, normal: str) -> None:
    """Lower case and no default port; the normal form is its own normal form."""
    assert normalise_origin(text) == normal
    assert normalise_origin(normal) == normal
    assert OriginPolicy(allowed_origins=frozenset({text})).allowed_origins == {normal}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "has no scheme"),
        ("*", "wildcard"),
        ("https://*", "wildcard"),
        ("https://*.example.org", "wildcard"),
        ("null", "has no scheme"),
        ("app.example.org", "has no scheme"),
        ("localhost:3000", "has no scheme"),
        ("https://app.example.org/", "has a path"),
        ("https://app.example.org/a", "has a path"),
        ("https://app.example.org?a", "has a path"),
        ("https://app.example.org:8443#a", "has a path"),
        ("https://", "is no origin"),
        ("://app.example.org", "is no origin"),
        ("1http://app.example.org", "is no origin"),
        ("https://user@app.example.org", "is no origin"),
        ("https://app.example.org:", "is no origin"),
        ("https://app.example.org:x", "is no origin"),
        ("https://app.example.org:65536", "is no origin"),
        ("https://a.example, https://b.example", "is no origin"),
        ("https://b\u00fccher.example", "is no origin"),
        (" https://app.example.org", "is no origin"),
    ],
)
def test_a_configured_origin_that_is_none_is_an_error(text: str, says: str) -> None:
    """The sentence says what is wrong with it, and names the option."""
    with pytest.raises(ConfigError, match=says):
        normalise_origin(text)
    with pytest.raises(ConfigError, match=r"^--allow-origin \(allow_origins\): '"):
        OriginPolicy(allowed_origins=frozenset({text}))


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("Data.Example.org", "data.example.org"),
        ("data.example.org.", "data.example.org"),
        ("192.168.1.5", "192.168.1.5"),
        ("fe80::1", "fe80::1"),
        ("[FE80:0::1]", "fe80::1"),
        ("my_host", "my_host"),
    ],
)
def test_a_configured_host_is_brought_to_normal_form(text: str, normal: str) -> None:
    """Lower case, no brackets, no closing dot; the normal form is its own normal form."""
    assert normalise_host(text) == normal
    assert normalise_host(normal) == normal
    assert OriginPolicy(allowed_hosts=frozenset({text})).allowed_hosts == {normal}


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "*",
        "*.example.org",
        "data.example.org:8080",
        "data.example.org:",
        "[::1]:8080",
        "[::1",
        "https://data.example.org",
        "data.example.org/",
        "a b",
        "a,b",
        "user@host",
        "b\u00fccher.example",
    ],
)
def test_a_configured_host_that_is_none_is_an_error(text: str) -> None:
    """Ports, schemes, wildcards and lists are refused at the start, not ignored."""
    with pytest.raises(ConfigError, match=r"^--allow-host \(allow_hosts\): '.*' is no host: "):
        OriginPolicy(allowed_hosts=frozenset({text}))


# --- header fields ----------------------------------------------------------

ORIGIN = "http://localhost:3000"


def test_a_grant_names_the_origin_and_exposes_the_fields() -> None:
    """The answer to a trusted page names its origin alone and lets it read kvput's fields."""
    exposed = (
        "Accept-Patch, Accept-Post, Accept-Ranges, Allow, Content-Location, Content-Range, ETag,"
        " Last-Modified, Left-Out, Link, Location, Preference-Applied, Related-Count,"
        " X-Total-Count"
    )
    assert grant_fields(ORIGIN) == (
        ("Access-Control-Allow-Origin", ORIGIN),
        ("Access-Control-Expose-Headers", exposed),
    )
    assert EXPOSED_FIELDS.split(", ") == sorted(EXPOSED_FIELDS.split(", "))


@pytest.mark.parametrize(
    ("requested", "allowed"),
    [
        ("content-type", "content-type"),
        ("content-type,if-match", "content-type, if-match"),
        (" content-type ,\tIf-Match ", "content-type, If-Match"),
        (",a,,b,", "a, b"),
        ("x-custom!#$%&'*+.^_`|~9", "x-custom!#$%&'*+.^_`|~9"),
        (None, None),
        ("", None),
        (",", None),
        ("*", None),
        ("content-type, *", None),
        ("content type", None),
        ("a, b c", None),
        ("a\r\nSet-Cookie: b", None),
        ("a:b", None),
        ('"a"', None),
        ("\u00e4", None),
        ("a\udcff", None),
        ("a, \0", None),
    ],
)
def test_a_preflight_allows_the_requested_fields_if_each_is_a_name(
    requested: str | None, allowed: str | None
) -> None:
    """Names are echoed in one form; a wildcard or what is no token allows none of them."""
    fields = dict(preflight_fields(ORIGIN, requested))
    assert fields.pop("Access-Control-Allow-Headers", None) == allowed
    assert fields == {
        "Access-Control-Allow-Origin": ORIGIN,
        "Access-Control-Allow-Methods": ALLOWED_METHODS,
        "Access-Control-Max-Age": "7200",
    }


@given(st.text(max_size=30) | st.text("ab*,-: \t\r\n", max_size=12))
def test_no_requested_fields_open_more_than_their_names(requested: str) -> None:
    """Whatever is asked for, the answer holds tokens only, no wildcard and no credentials."""
    for name, value in preflight_fields(ORIGIN, requested):
        assert name != "Access-Control-Allow-Credentials"
        assert "*" not in value.split(", ")
        assert value.isascii()
        assert value.isprintable()


def test_an_answer_varies_with_what_it_depends_on() -> None:
    """Caches keep answers to different origins, and different preflights, apart."""
    assert VARY == "Origin"
    assert PREFLIGHT_VARY.split(", ") == [
        "Origin",
        "Access-Control-Request-Method",
        "Access-Control-Request-Headers",
    ]

"""Whom the server answers: `Host`, `Origin` and `Sec-Fetch-Site` (law 6: closed by default).

A web page anywhere can make its visitor's browser send requests to a server on
the visitor's machine. Two things tell such a request: `Host`, which a page
that rebinds its own name to 127.0.0.1 cannot change, and `Origin`, which no
page can forge. So `Host` must name this machine or be configured, and a page of
another origin neither reads (no CORS grant) nor writes (refused) unless it
comes from this machine, from this server or is configured.

This module holds: that judgement, the syntax of hosts and origins, and the
field values of the CORS protocol (Fetch Standard, "HTTP CORS protocol"). It
does not hold: tokens and other credentials, nor which methods are safe.
"""

import re
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Final

from kvput.errors import (
    ConfigError,
    HostNotAllowed,
    KvputError,
    MalformedRequest,
    OriginNotAllowed,
)

EXPOSED_FIELDS: Final = (
    "Accept-Patch, Accept-Post, Accept-Ranges, Allow, Content-Location, Content-Range, ETag,"
    " Last-Modified, Left-Out, Link, Location, Preference-Applied, Related-Count,"
    " X-Total-Count"
)
ALLOWED_METHODS: Final = "GET, HEAD, PUT, POST, PATCH, DELETE, OPTIONS"
MAX_AGE: Final = "7200"
"""Seconds for which a browser keeps a preflight's answer; Chromium takes no more."""

# Fetch Standard, "CORS protocol and HTTP caches": `Vary` stands on every answer that would
# differ for another origin, with a grant or without.
VARY: Final = "Origin"
PREFLIGHT_VARY: Final = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"

# RFC 3986 section 3.2.2: host = IP-literal / IPv4address / reg-name, here without "," (a joined
# list of fields is no host). Section 3.2.3: port = *DIGIT. No userinfo: RFC 9110 section 7.2.
_AUTHORITY: Final = re.compile(
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|(?:[0-9A-Za-z._~!$&'()*+;=-]|%[0-9A-Fa-f]{2})+)"
    r"(?::(?P<port>[0-9]{0,5}))?"
)
# RFC 3986 section 3.1.
_SCHEME: Final = re.compile(r"[A-Za-z][0-9A-Za-z+.-]*")
# RFC 6761 section 6.3: "localhost." and any names falling within ".localhost.".
_LOCALHOST: Final = re.compile(r"(?:[0-9a-z_-]+\.)*localhost", re.IGNORECASE | re.ASCII)
# RFC 9110 section 5.6.2: token.
_TOKEN: Final = re.compile(r"[0-9A-Za-z!#$%&'*+.^_`|~-]+")

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_CROSS_SITE: Final = "cross-site"


@dataclass(frozen=True, slots=True)
class OriginPolicy:
    """The hosts and origins that the configuration allows beside this machine's own.

    Both are taken as people write them and kept in normal form; ConfigError
    where one is no host or no origin.
    """

    allowed_hosts: frozenset[str] = frozenset()
    allowed_origins: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        hosts = frozenset(map(normalise_host, self.allowed_hosts))
        origins = frozenset(map(normalise_origin, self.allowed_origins))
        object.__setattr__(self, "allowed_hosts", hosts)
        object.__setattr__(self, "allowed_origins", origins)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not served: the error's class and its sentence.

    Not the error itself: a verdict may be kept for requests to come, and an
    exception that is raised once more holds on to the frames of each time.
    """

    error: type[KvputError]
    detail: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows from a request's host and origin.

    `grant` is the origin whose pages may read the answer, for `grant_fields`;
    `refusal` what to answer instead of serving the request.
    """

    grant: str | None = None
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class _Authority:
    """A host in lower case, an address without its brackets, and the port if one is given."""

    host: str
    port: int | None

    @property
    def name(self) -> str:
        # RFC 1034 section 3.1: a closing dot marks a complete name; it is the same name.
        return self.host.removesuffix(".")

    def port_or(self, default: int) -> int:
        return default if self.port is None else self.port


@dataclass(frozen=True, slots=True)
class _Origin:
    """A tuple origin (RFC 6454 section 4) in lower case; `port` None where it is the default."""

    scheme: str
    authority: _Authority

    def __str__(self) -> str:
        # RFC 6454 section 6.2: the port only where it is not the default of the scheme.
        host = self.authority.host
        literal = f"[{host}]" if ":" in host else host
        port = "" if self.authority.port is None else f":{self.authority.port}"
        return f"{self.scheme}://{literal}{port}"


# --- the judgement ----------------------------------------------------------


def judge(
    policy: OriginPolicy,
    host: str | None,
    origin: str | None,
    fetch_site: str | None,
    unsafe: bool,
) -> Verdict:
    """Judge a request by its `Host`, `Origin` and `Sec-Fetch-Site`, each None where not sent.

    `unsafe` says that its method (for a preflight: the method that it asks for)
    is not safe (RFC 9110 section 9.2.1). Several lines of one field come joined
    by a comma. The refusal's error is MalformedRequest, HostNotAllowed or
    OriginNotAllowed.
    """
    authority = _allowed_host(policy, host)
    if isinstance(authority, Refusal):
        return Verdict(refusal=authority)
    if origin is None:
        # Fetch Metadata section 2.3. Browsers send `Origin` with every unsafe method; this
        # catches one whose field was dropped on the way. Programs send neither field.
        foreign = unsafe and fetch_site == _CROSS_SITE
        return Verdict(refusal=_CROSS_SITE_WRITE if foreign else None)
    parsed = _parse_origin(origin)
    if parsed is not None and _is_trusted(policy, authority, parsed):
        # Fetch Standard, "CORS check": the origin in the answer must be the one sent, byte
        # for byte.
        return Verdict(grant=origin)
    return Verdict(refusal=_foreign(parsed) if unsafe else None)


def is_loopback_name(host: str) -> bool:
    """Whether a host, without a port, is this machine under whatever resolver.

    True for `localhost` and names below it (RFC 6761 section 6.3), for
    127.0.0.0/8, ::1, and 127.0.0.0/8 mapped to IPv6, which the same sockets
    take. Case and one closing dot do not count, an IPv6 address may stand in
    brackets. False for the short and numeric forms of addresses, which some
    resolvers take and others look up ("127.1", "2130706433").
    """
    name = host.removesuffix(".")
    if _LOCALHOST.fullmatch(name):
        return True
    literal = host.startswith("[") and host.endswith("]")
    try:
        address = IPv6Address(host[1:-1]) if literal else ip_address(name)
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        mapped = address.ipv4_mapped
        return mapped.is_loopback if mapped else address == IPv6Address(1)
    return address.is_loopback


def _allowed_host(policy: OriginPolicy, host: str | None) -> _Authority | Refusal:
    if not host:
        return Refusal(
            HostNotAllowed,
            "The request has no Host field: send the name of the server in it.",
        )
    authority = _parse_authority(host)
    if authority is None:
        # RFC 9112 section 3.2: "A server MUST respond with a 400 (Bad Request) status code to
        # [...] any request message that contains more than one Host header field line or a
        # Host header field with an invalid field value."
        return Refusal(
            MalformedRequest,
            "The Host field must hold one host, and a port if there is one.",
        )
    if not is_loopback_name(authority.host) and authority.name not in policy.allowed_hosts:
        return Refusal(
            HostNotAllowed,
            f'This server does not answer for the host "{authority.name}":'
            f" start it with --allow-host {authority.name} to allow that.",
        )
    return authority


def _is_trusted(policy: OriginPolicy, server: _Authority, origin: _Origin) -> bool:
    if str(origin) in policy.allowed_origins:
        return True
    default = _DEFAULT_PORTS.get(origin.scheme)
    if default is None:
        return False
    if is_loopback_name(origin.authority.host):
        return True
    # The server's own pages. Whether they came by http or https, only a proxy before the
    # server knows, so a missing port in `Host` is the default of the origin's scheme.
    return (server.host, server.port_or(default)) == (
        origin.authority.host,
        origin.authority.port_or(default),
    )


_CROSS_SITE_WRITE: Final = Refusal(
    OriginNotAllowed,
    "A web page of another site may not change data here: send the request from a page of"
    " this server, or start the server with --allow-origin and the page's origin.",
)


def _foreign(origin: _Origin | None) -> Refusal:
    if origin is None:
        return Refusal(
            OriginNotAllowed,
            "The Origin field names no origin that could be allowed to change data:"
            " send the request from a page that has one, such as http://localhost:3000.",
        )
    return Refusal(
        OriginNotAllowed,
        f"Web pages of {origin} may not change data here:"
        f" start the server with --allow-origin {origin} to allow that.",
    )


# --- syntax -----------------------------------------------------------------


def normalise_host(text: str) -> str:
    """A configured host in normal form: lower case, no brackets, no closing dot.

    Raises ConfigError when it is no host, or more than that (a port, a scheme).
    """
    try:
        return str(IPv6Address(text))
    except ValueError:
        authority = _parse_authority(text)
    is_host_only = authority is not None and authority.port is None and not text.endswith(":")
    if authority is None or not is_host_only or not authority.name or "*" in text:
        raise ConfigError(
            f"--allow-host (allow_hosts): {text!r} is no host: write a name or an address without"
            ' scheme, port or wildcard, such as "data.example.org".'
        )
    return authority.name


def normalise_origin(text: str) -> str:
    """A configured origin in normal form: lower case, without its scheme's default port.

    Raises ConfigError when it is no origin: RFC 6454 section 7.1, without "null".
    """
    scheme, separator, rest = text.partition("://")
    origin = _parse_origin(text)
    if origin is not None and "*" not in text:
        return str(origin)
    if "*" in text:
        fault = "holds a wildcard: list each origin by itself"
    elif not separator:
        fault = 'has no scheme: write it out, such as "https://app.example.org"'
    elif _parse_origin(f"{scheme}://{re.split('[/?#]', rest)[0]}"):
        fault = "has a path: leave out what follows the host and port"
    else:
        fault = 'is no origin: write scheme, host and port, such as "https://app.example.org:8443"'
    raise ConfigError(f"--allow-origin (allow_origins): {text!r} {fault}.")


def _parse_origin(text: str) -> _Origin | None:
    """One serialised origin; None for anything else, "null" and lists of origins included."""
    scheme, _, rest = text.partition("://")
    authority = _parse_authority(rest)
    if authority is None or not _SCHEME.fullmatch(scheme) or text.endswith(":"):
        return None
    scheme = scheme.lower()
    is_default = authority.port == _DEFAULT_PORTS.get(scheme)
    return _Origin(scheme, _Authority(authority.host, None if is_default else authority.port))


def _parse_authority(text: str) -> _Authority | None:
    """A host and its port; None for anything else, userinfo included."""
    match = _AUTHORITY.fullmatch(text)
    if match is None:
        return None
    host = match["host"].lower()
    if host.startswith("["):
        try:
            host = str(IPv6Address(host[1:-1]))
        except ValueError:
            return None
    port = int(match["port"]) if match["port"] else None
    return None if port is not None and port > 65535 else _Authority(host, port)


# --- header fields ----------------------------------------------------------


def grant_fields(origin: str) -> tuple[tuple[str, str], ...]:
    """The fields that let pages of a granted origin read the answer.

    Never a wildcard, never `Access-Control-Allow-Credentials`. `Vary` is not
    among them, since it stands on answers without a grant too.
    """
    return (
        ("Access-Control-Allow-Origin", origin),
        ("Access-Control-Expose-Headers", EXPOSED_FIELDS),
    )


def preflight_fields(origin: str, requested_headers: str | None) -> tuple[tuple[str, str], ...]:
    """The fields that answer a preflight from a granted origin.

    `requested_headers` is the value of `Access-Control-Request-Headers`, None
    where not sent. Its names are all allowed, if each is a token: a custom field
    does no harm to a server that ignores it.
    """
    allowed = _allowed_headers(requested_headers or "")
    return (
        ("Access-Control-Allow-Origin", origin),
        ("Access-Control-Allow-Methods", ALLOWED_METHODS),
        *((("Access-Control-Allow-Headers", allowed),) if allowed else ()),
        ("Access-Control-Max-Age", MAX_AGE),
    )


def _allowed_headers(requested: str) -> str:
    # RFC 9110 section 5.6.1.2: "A recipient MUST parse and ignore a reasonable number of empty
    # list elements".
    names = [name for element in requested.split(",") if (name := element.strip(" \t"))]
    # "*" is a token too, but in the answer it would stand for every name.
    harmless = all(_TOKEN.fullmatch(name) and name != "*" for name in names)
    return ", ".join(names) if harmless else ""

"""Routing: from the kind of target and the method to the handler."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from kvput.errors import MethodNotImplemented
from kvput.paths import Target
from kvput.resources.resource import method_not_allowed
from kvput.server.answer import Answer
from kvput.server.exchange import Exchange
from kvput.server.handlers import (
    batches,
    collections,
    description,
    lists,
    own,
    page,
    patches,
    resources,
    root,
)

Handler = Callable[[Exchange], Awaitable[Answer]]
Methods = Mapping[str, Handler]

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""RFC 9110 section 9.2.1."""

_KNOWN_METHODS: Final = SAFE_METHODS | {"PUT", "POST", "PATCH", "DELETE", "CONNECT", "QUERY"}
"""A method outside these is not implemented anywhere here (RFC 9110 9.1: 501).

TRACE, CONNECT and QUERY are known, and no resource takes them (RFC 9110 15.5.6: 405).
"""

# `/articles/1`: a resource, a collection's bare name, or nothing yet. Which it is, is known
# only when the store is asked.
_NAME: Final[Methods] = {
    "GET": resources.get,
    "HEAD": resources.get,
    "PUT": resources.put,
    "PATCH": patches.patch,
    "POST": collections.post,
    "DELETE": resources.delete,
    "OPTIONS": resources.options,
}
# `/articles/`
_COLLECTION: Final[Methods] = {
    "GET": lists.get,
    "HEAD": lists.get,
    "POST": collections.post,
    "DELETE": lists.delete,
    "OPTIONS": collections.options,
}
# `/`
_ROOT: Final[Methods] = {"GET": root.get, "HEAD": root.get, "OPTIONS": root.options}
# `*`
_SERVER: Final[Methods] = {"OPTIONS": root.options_of_server}
OWN_PAGES: Final[Mapping[str, Methods]] = {
    "health": {"GET": own.health, "HEAD": own.health, "OPTIONS": own.options_of_health},
    "batch": {"POST": batches.post, "OPTIONS": batches.options},
    "openapi.json": {
        "GET": description.get,
        "HEAD": description.get,
        "OPTIONS": description.options,
    },
    "docs": {"GET": page.get, "HEAD": page.get, "OPTIONS": page.options},
}
"""`/-/health` and its like, by their names."""


def route(exchange: Exchange) -> Handler:
    """The handler for a request. Raises MethodNotImplemented, and NotFound for no own page."""
    methods = _methods(exchange.target)
    handler = methods.get(exchange.method)
    if handler is not None:
        return handler
    if exchange.method in _KNOWN_METHODS:
        return resources.refuse if methods is _NAME else _refuse
    raise MethodNotImplemented(
        f"The method {exchange.method} is unknown here: use one of {', '.join(methods)}."
    )


async def _refuse(exchange: Exchange) -> Answer:
    # RFC 9110 8.6: to HEAD, Content-Length is what it would be to GET.
    method = "GET" if exchange.method == "HEAD" else exchange.method
    raise method_not_allowed(method, ", ".join(_methods(exchange.target)))


def _methods(target: Target) -> Methods:
    if target.resource is not None:
        return _NAME
    if target.own is not None:
        if target.own.name not in OWN_PAGES:
            raise own.no_page()
        return OWN_PAGES[target.own.name]
    if target.collection is None:
        return _SERVER
    return _COLLECTION if target.collection.segments else _ROOT

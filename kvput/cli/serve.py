"""`kvput serve`: opens the store, listens, prints where, and stops cleanly."""

import asyncio
import dataclasses
import errno
import gc
import ipaddress
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import Final

import click
from aiohttp import web

from kvput import __version__
from kvput.cli.indexing import IndexingProgress
from kvput.cli.link_watch import watching_links
from kvput.cli.printable import printable
from kvput.cli.schema_watch import watching_schemas
from kvput.config import Config
from kvput.declarations import Declarations
from kvput.declared import LiveDeclarations
from kvput.errors import ConfigError, KvputError
from kvput.resources.declared_view import with_declared
from kvput.resources.root import top_level
from kvput.semantics.origins import is_loopback_name
from kvput.server.answer import Answer, Stream
from kvput.server.app import Edge, make_app
from kvput.store import open_store
from kvput.store.base import Store

_logger = logging.getLogger("kvput")

_GRACE_SECONDS: Final = 10.0
"""How long requests may take to be finished after the server was told to stop."""
_CUT_OFF_SECONDS: Final = 0.1
"""How long aiohttp then waits for those that are not, before and after it cancels them."""
_BACKLOG: Final = 128
_GARBAGE_THRESHOLD: Final = 50_000
"""New objects, above those that went, after which Python looks for cycles; its own is 700."""
_SHOWN_URLS: Final = 12
_STATUS_COLOURS: Final = {2: "green", 3: "cyan", 4: "yellow", 5: "red"}


class ListenError(KvputError):
    """The address cannot be listened on."""


def serve(config: Config) -> None:
    """Serve until SIGINT or SIGTERM. Raises ConfigError, DataUnusable, DataInUse, ListenError."""
    _log_to_stderr()
    config = _checked(config)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(config))


async def _serve(config: Config) -> None:
    declared = LiveDeclarations(config.data, _logger.warning)
    store = open_store(config.data, read_cache=config.read_cache, indexing=IndexingProgress())
    try:
        edge = make_app(store, config, _access_log(config), declared.current)
        server = edge.server()
        runner = web.ServerRunner(server, shutdown_timeout=_CUT_OFF_SECONDS)
        await runner.setup()
        try:
            site = web.SockSite(runner, _listen(config.host, config.port))
            signals = _stop_signals()
            await site.start()
            _collect_garbage_less_often()
            with suppress(OSError):  # that nobody can be told does not stop the server
                await _announce(config, store, runner, declared.current())
            async with (
                watching_schemas(store, lambda: edge.rules.now),
                watching_links(store, declared.current, config.data, _logger.warning),
            ):
                await signals.get()
            await site.stop()
            # A second signal says not to wait.
            finishing = asyncio.ensure_future(_finish_requests(edge, server))
            hurry = asyncio.ensure_future(signals.get())
            await asyncio.wait({finishing, hurry}, return_when=asyncio.FIRST_COMPLETED)
            finishing.cancel()
            hurry.cancel()
        finally:
            await runner.cleanup()
            await edge.close()
    finally:
        await store.close()


def _collect_garbage_less_often() -> None:
    """Leave alone what stays for as long as the server runs, and wait longer for the rest.

    Requests leave no cycles behind; at Python's thresholds looking for some takes 7 %
    of a PUT's time, and doubles the time that one in a hundred takes.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GARBAGE_THRESHOLD)


def _checked(config: Config) -> Config:
    """The configuration with the host's own name allowed; ConfigError where it is not safe.

    Raises ListenError where the host is no address, which then is what is to be mended.
    """
    if is_loopback_name(config.host):
        return config
    _resolve(config.host, config.port)
    if not config.insecure:
        raise ConfigError(
            f"--host {config.host}: other machines could reach this address, and whoever reaches "
            "it may read and write everything: keep to 127.0.0.1, or add --insecure if you want "
            "just that."
        )
    if config.host in ("0.0.0.0", "::"):  # noqa: S104  # compared with, not bound to
        return config
    return dataclasses.replace(config, allow_hosts=config.allow_hosts | {config.host})


def _resolve(host: str, port: int) -> tuple[socket.AddressFamily, tuple[object, ...]]:
    """The first address of a host, as a socket takes it. Raises ListenError."""
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (socket.gaierror, ValueError):
        raise ListenError(
            f"--host {host}: there is no such address here: name one of this machine, such as "
            "127.0.0.1, and the port with --port."
        ) from None
    return family, address


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises ListenError."""
    place = f"{host}:{port}"
    family, address = _resolve(host, port)
    try:
        with ExitStack() as until_listening:
            listener = socket.socket(family, socket.SOCK_STREAM)
            until_listening.callback(listener.close)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            # Now, not when the loop does it: two servers that start at once may both have bound.
            listener.listen(_BACKLOG)
            until_listening.pop_all()
            return listener
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ListenError(
                f"{place} is in use by another program: stop it, or choose another --port."
            ) from None
        raise ListenError(
            f"{place} cannot be listened on: {os.strerror(error.errno or 0)}."
        ) from None


def _stop_signals() -> asyncio.Queue[int]:
    signals: asyncio.Queue[int] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, signals.put_nowait, number)
    return signals


async def _finish_requests(edge: Edge, server: web.Server) -> None:
    """Let the requests that have begun be answered in full, for as long as the grace lasts."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_GRACE_SECONDS):
            # A connection that aiohttp shuts down reads no more: first all content must be in,
            # then the answers may take the rest of the time to go out.
            await edge.drain()
            server.pre_shutdown()
            await server.shutdown(_GRACE_SECONDS)


# --- what is printed


async def _announce(
    config: Config, store: Store, runner: web.ServerRunner, declarations: Declarations
) -> None:
    host, port = runner.addresses[0][:2]
    base = f"http://{_url_host(config.host, str(host))}:{port}"
    top = await store.read(lambda view: top_level(with_declared(view, declarations)))
    urls = (*top.collections, *top.resources)
    click.echo(f"kvput {__version__} serves {printable(str(config.data.resolve()))}")
    if store.read_only is not None:
        click.echo(store.read_only)
    click.echo(f"\n  {base}/")
    for url in urls[:_SHOWN_URLS]:
        click.echo(f"  {base}{url}")
    if len(urls) > _SHOWN_URLS:
        click.echo(f"  and {len(urls) - _SHOWN_URLS} more")
    click.echo(f"  {base}/-/docs")
    if not urls:
        click.echo(f"\nNothing is in it yet: PUT or POST something, for example to {base}/posts")
    click.echo("\nPress Ctrl+C to stop.")


def _url_host(asked: str, bound: str) -> str:
    try:
        address = ipaddress.ip_address(bound)
    except ValueError:
        return asked
    if address.is_unspecified:
        return "localhost"
    return f"[{bound}]" if address.version == 6 else bound


def _access_log(config: Config) -> Callable[[str, str, Answer, float], None] | None:
    on_terminal = sys.stderr is not None and sys.stderr.isatty()
    wanted = config.access_log == "always" or (config.access_log == "auto" and on_terminal)
    return _log_answer if wanted else None


def _log_answer(method: str, target: str, answer: Answer, seconds: float) -> None:
    size = answer.content.length if isinstance(answer.content, Stream) else len(answer.content)
    status = click.style(str(answer.status), fg=_STATUS_COLOURS.get(answer.status // 100))
    shown = printable(f"{method:<7} {target}")
    now = time.strftime("%H:%M:%S")
    problem = "" if answer.problem is None else f"  {answer.problem}"
    line = f"{now}  {status}  {shown}  {size:,} B  {seconds * 1000:.1f} ms{problem}"
    # A log that nobody takes, because its disk is full or its reader gone, stops no answer.
    with suppress(OSError):
        click.echo(line, err=True)


def _log_to_stderr() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("kvput: %(message)s"))
    logging.getLogger().addHandler(handler)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # noqa: PLC0415  # not on every platform
    except ImportError:
        return None
    return uvloop.new_event_loop

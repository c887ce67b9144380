"""A server in this process that gives the answers of a test."""

import contextlib
import http.server
import threading
from collections.abc import Callable, Iterator

Reply = Callable[[str, str, bytes], tuple[int, bytes]]
"""Gives the status and the content of an answer to a method, a target and a content."""


@contextlib.contextmanager
def answering(reply: Reply) -> Iterator[int]:
    """The port of a server that answers so while the block runs."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, content = reply(self.command, self.path, sent)
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(content)

        do_GET = do_PUT = do_DELETE = _answer  # noqa: N815 - the names that http.server looks for

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

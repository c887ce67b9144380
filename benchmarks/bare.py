"""A bare aiohttp application under uvloop: a catch-all handler that answers constants.

It is what aiohttp costs without a store. The answer is the one that kvput gives, status,
fields and all; to a PUT or POST it reads the content and, as kvput does, sends it back.
"""

import argparse
import asyncio
import json
from pathlib import Path

import uvloop
from aiohttp import web


async def serve(port: int, status: int, fields: dict[str, str], content: bytes | None) -> None:
    """Answer every request alike until the process is ended."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, headers=fields, body=content)

    async def echo(request: web.Request) -> web.Response:
        return web.Response(status=status, headers=fields, body=await request.read())

    app = web.Application()
    app.router.add_put("/{path:.*}", echo)
    app.router.add_post("/{path:.*}", echo)
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


def main() -> None:
    """Arguments: the port, and a file with the answer: status, fields, content."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bare")
    parser.add_argument("port", type=int)
    parser.add_argument("answer", type=Path, help="JSON: status, fields, content (text or null)")
    options = parser.parse_args()
    answer = json.loads(options.answer.read_bytes())
    content = None if answer["content"] is None else answer["content"].encode()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(options.port, answer["status"], dict(answer["fields"]), content))


if __name__ == "__main__":
    main()

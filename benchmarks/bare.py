"""A bare aiohttp application: a catch-all handler that answers constants. See `__main__`."""

import asyncio
import json
import sys
from pathlib import Path

import uvloop
from aiohttp import web


async def serve(status: int, fields: dict[str, str], content: bytes | None) -> None:
    """Answer every request alike until the process is ended."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, headers=fields, body=content)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}/", flush=True)
    await asyncio.Event().wait()


def main() -> None:
    """Arguments: the status, the fields as JSON pairs, the file with the content or nothing."""
    status, fields, file = sys.argv[1:]
    content = Path(file).read_bytes() if file else None
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(int(status), dict(json.loads(fields)), content))


if __name__ == "__main__":
    main()

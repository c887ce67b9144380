"""A disk that is gone while the server runs: what still comes from memory, and what is refused."""

from pathlib import Path

import pytest

from tests.crash.disks import new_disk
from tests.crash.starts import started


@pytest.mark.parametrize("kind", ["ext4", "xfs"])
async def test_requests_to_a_dead_disk_are_refused_with_a_reason(kind: str, tmp_path: Path) -> None:
    """Each answer is one, or a 503 that says what to do; what was acknowledged is there later."""
    with new_disk(tmp_path / "disk", kind) as disk:
        data = disk.place / "data"
        data.mkdir()
        async with started(data) as (server, _):
            for name in ("1", "2"):
                assert server.request("PUT", f"/a/{name}", b'{"n": 1}').status == 201
            assert server.request("GET", "/a?n=1").status == 200
            disk.lose_power()
            for method, path, body in (
                ("GET", "/a?n=1", None),
                ("GET", "/a/1", None),
                ("PUT", "/a/1", b'{"n": 2}'),
                ("POST", "/a", b'{"n": 2}'),
                ("DELETE", "/a?n=1", None),
                ("DELETE", "/a/2", None),
                ("GET", "/a", None),
                ("GET", "/b", None),
                ("GET", "/", None),
                ("GET", "/-/openapi.json", None),
            ):
                reply = server.request(method, path, body)
                is_refused = reply.status == 503 and b'"detail"' in reply.body
                is_read = method == "GET" and reply.status in (200, 404)
                assert is_refused or is_read, (method, path, reply)
            server.process.kill()
            server.process.wait()
        disk.mount_again()
        async with started(data) as (server, _):
            for name in ("1", "2"):
                assert server.request("GET", f"/a/{name}").body == b'{"n": 1}'
            assert server.stop()[0] == 0

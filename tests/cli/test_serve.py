import os
import pty
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from kvput import __version__
from tests.serving import Address, Reply, ServerProcess, request_bytes

WITH_A_SHORT_GRACE = """\
import sys
from kvput.cli import main
sys.modules["kvput.cli.serve"]._GRACE_SECONDS = 1.0
main(["serve", *sys.argv[1:]])
"""
LARGE = 24 * 2**20
"""More bytes than the sockets' buffers hold."""


@contextmanager
def started(
    *arguments: str, environment: Mapping[str, str] | None = None, stderr: int | None = None
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A `kvput serve` with just these arguments, and what it has printed once it listens."""
    process = subprocess.Popen(
        [sys.executable, "-m", "kvput", "serve", *arguments],
        stdout=subprocess.PIPE,
        stderr=stderr,
        env={**os.environ, **(environment or {})},
    )
    try:
        assert process.stdout is not None
        printed = []
        for line in process.stdout:
            printed.append(line.decode("utf-8", "surrogateescape"))
            if line.startswith(b"Press"):
                break
        yield process, "".join(printed)
    finally:
        process.kill()
        process.communicate()


def port_in(printed: str) -> int:
    match = re.search(r":([0-9]+)/$", printed, re.MULTILINE)
    assert match, printed
    return int(match[1])


def connect(address: Address | None) -> socket.socket:
    """A connection whose reads end after a while, so that no test hangs."""
    assert address is not None
    return socket.create_connection((address.host, address.port), timeout=15)


def exchange(connection: socket.socket, raw: bytes) -> bytes:
    """Send a request and read what comes back, in one go."""
    connection.sendall(raw)
    return connection.recv(65536)


def read_to_end(connection: socket.socket) -> bytes:
    pieces = []
    while piece := connection.recv(65536):
        pieces.append(piece)
    return b"".join(pieces)


def wait_until(condition: Callable[[], bool]) -> None:
    """Return as soon as it is true; fail when that takes seconds."""
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def refuses_connections(address: Address | None) -> bool:
    try:
        connect(address).close()
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:
        # The socket was closed at the very moment when it was asked.
        return False
    return False


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


# --- what is printed


def test_the_urls_of_the_top_level_are_printed(data: Path) -> None:
    """Each collection and resource of the top level has an address that can be clicked."""
    for file in ("articles/1.json", "authors/ada.json", "site.json", "a b.json"):
        (data / file).parent.mkdir(exist_ok=True)
        (data / file).write_text("{}")
    with ServerProcess(data) as server:
        assert server.address is not None
        base = f"http://127.0.0.1:{server.address.port}"
        assert "".join(server.printed).splitlines() == [
            f"kvput {__version__} serves {data}",
            "",
            f"  {base}/",
            f"  {base}/articles",
            f"  {base}/authors",
            f"  {base}/a%20b",
            f"  {base}/site",
            f"  {base}/-/docs",
            "",
            "Press Ctrl+C to stop.",
        ]
        for path in ("/", "/articles", "/authors", "/a%20b", "/site", "/-/docs"):
            assert server.request("GET", path).status == 200


def test_every_url_leads_somewhere(data: Path) -> None:
    """A collection that its bare name does not name is printed with its closing slash."""
    for file in ("deep/er/1.json", "site/1.json", "site.json"):
        (data / file).parent.mkdir(parents=True, exist_ok=True)
        (data / file).write_text("{}")
    with ServerProcess(data) as server:
        assert server.address is not None
        base = f"http://127.0.0.1:{server.address.port}"
        urls = [line.strip() for line in server.printed if line.startswith("  http")]
        assert urls == [f"{base}{path}" for path in ("/", "/deep/", "/site/", "/site", "/-/docs")]
        for path in ("/deep/", "/site/", "/site", "/-/docs"):
            assert server.request("GET", path).status == 200


def test_an_empty_folder_says_what_to_do(data: Path) -> None:
    """There is no address to click on, but one to begin with."""
    with ServerProcess(data) as server:
        assert server.address is not None
        base = f"http://127.0.0.1:{server.address.port}"
        assert server.printed[-6:] == [
            f"  {base}/\n",
            f"  {base}/-/docs\n",
            "\n",
            f"Nothing is in it yet: PUT or POST something, for example to {base}/posts\n",
            "\n",
            "Press Ctrl+C to stop.\n",
        ]
        assert server.request("POST", "/posts", b"{}").status == 201


def test_a_long_list_of_urls_is_cut(data: Path) -> None:
    """A folder of many resources leaves the terminal its first lines, and says how many more."""
    for number in range(30):
        (data / f"{number}.json").write_text("{}")
    with ServerProcess(data) as server:
        assert server.address is not None
        assert server.printed[-4:] == [
            "  and 18 more\n",
            f"  http://127.0.0.1:{server.address.port}/-/docs\n",
            "\n",
            "Press Ctrl+C to stop.\n",
        ]
        assert len(server.printed) == 19


def test_a_folder_whose_name_is_not_utf8_is_served(tmp_path: Path) -> None:
    """What cannot be printed of a folder's name does not keep it from being served."""
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\x1b[31m"))
    folder.mkdir()
    with started(str(folder), "--port", "0") as (_, printed):
        assert printed.startswith(f"kvput {__version__} serves {tmp_path}/??[31m\n")


def test_ipv6_has_its_brackets(data: Path) -> None:
    """With --host ::1 the printed address is one that a browser takes."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("there is no IPv6 here")
    with started(str(data), "--host", "::1", "--port", "0") as (_, printed):
        port = port_in(printed)
        assert f"\n  http://[::1]:{port}/\n" in printed
        with socket.create_connection(("::1", port), timeout=15) as connection:
            raw = request_bytes("GET", "/", host=f"[::1]:{port}")
            assert exchange(connection, raw).startswith(b"HTTP/1.1 200 ")


def test_all_addresses_are_printed_as_localhost(data: Path) -> None:
    """0.0.0.0 can be listened on with --insecure, but no browser goes there."""
    with started(str(data), "--host", "0.0.0.0", "--port", "0", "--insecure") as (_, printed):  # noqa: S104
        assert f"\n  http://localhost:{port_in(printed)}/\n" in printed


# --- options: flags over variables over the file


@pytest.mark.parametrize(
    ("toml", "environment", "flags", "expected"),
    [
        ("", {}, (), "no-cache"),
        ('cache_control = "toml"', {}, (), "toml"),
        ('cache_control = "toml"', {"KVPUT_CACHE_CONTROL": "env"}, (), "env"),
        ('cache_control = "toml"', {}, ("--cache-control", "flag"), "flag"),
        ("", {"KVPUT_CACHE_CONTROL": "env"}, ("--cache-control", "flag"), "flag"),
    ],
)
def test_flags_come_before_variables_before_the_file(
    toml: str, environment: dict[str, str], flags: tuple[str, ...], expected: str, data: Path
) -> None:
    """Of the layers that set an option, the nearest to the command line counts."""
    (data / "kvput.toml").write_text(toml)
    with ServerProcess(data, *flags, environment=environment) as server:
        assert server.request("GET", "/").field("Cache-Control") == expected


TOML_OF_ALL = """\
max_body = "1 KiB"
allow_hosts = ["data.example.org"]
allow_origins = ["https://app.example.org"]
read_cache = 0
"""
ENVIRONMENT_OF_ALL = {
    "KVPUT_MAX_BODY": "1 KiB",
    "KVPUT_ALLOW_HOSTS": "data.example.org, other.example.org",
    "KVPUT_ALLOW_ORIGINS": "https://app.example.org,https://other.example.org",
    "KVPUT_READ_CACHE": "0",
}
FLAGS_OF_ALL = (
    *("--max-body", "1KiB", "--read-cache", "0"),
    *("--allow-host", "other.example.org", "--allow-host", "data.example.org"),
    *("--allow-origin", "https://other.example.org", "--allow-origin", "https://app.example.org"),
)


@pytest.mark.parametrize(
    ("toml", "environment", "flags"),
    [
        pytest.param(TOML_OF_ALL, {}, (), id="file"),
        pytest.param("", ENVIRONMENT_OF_ALL, (), id="environment"),
        pytest.param("", {}, FLAGS_OF_ALL, id="flags"),
    ],
)
def test_each_layer_sets_each_option(
    toml: str, environment: dict[str, str], flags: tuple[str, ...], data: Path
) -> None:
    """Size, list and number do the same, whether a flag, a variable or the file sets them."""
    (data / "kvput.toml").write_text(toml)
    with ServerProcess(data, *flags, environment=environment) as server:
        content = b'"' + b"a" * 1022 + b'"'
        assert server.request("PUT", "/a", content).status == 201
        assert server.request("PUT", "/b", content + b" ").status == 413
        for _ in range(2):
            assert server.request("GET", "/a").body == content

        def with_field(name: str, value: str) -> Reply:
            return server.request("GET", "/a", fields={name: value})

        assert with_field("Host", "data.example.org").status == 200
        assert with_field("Host", "evil.example.org").status == 403
        granted = with_field("Origin", "https://app.example.org")
        assert granted.field("Access-Control-Allow-Origin") == "https://app.example.org"
        refused = with_field("Origin", "https://evil.example.org")
        assert refused.field("Access-Control-Allow-Origin") is None


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@pytest.mark.parametrize("layer", ["file", "environment"])
def test_host_port_and_folder_need_no_flag(layer: str, data: Path) -> None:
    """The address can stand in the file or in variables, the folder in KVPUT_DATA."""
    port = free_port()
    environment = {"KVPUT_DATA": str(data)}
    if layer == "file":
        (data / "kvput.toml").write_text(f'host = "localhost"\nport = {port}')
    else:
        (data / "kvput.toml").write_text('host = "192.0.2.1"\nport = 1')
        environment |= {"KVPUT_HOST": "localhost", "KVPUT_PORT": str(port)}
    with started(environment=environment) as (_, printed):
        assert printed.startswith(f"kvput {__version__} serves {data}\n")
        assert port_in(printed) == port


# --- the access log

PUT_AND_GET = (
    request_bytes("PUT", "/a", body=b"[1]"),
    request_bytes("GET", "/a?q=1"),
    request_bytes("GET", "/none"),
)
LINE = re.compile(
    r"[0-9]{2}:[0-9]{2}:[0-9]{2}  (?P<status>[0-9]{3})  (?P<method>[A-Z]+|-) +"
    r"(?P<target>\S+)  (?P<size>[0-9,]+) B  [0-9]+\.[0-9] ms(?:  (?P<problem>[a-z-]+))?"
)
COLOUR = re.compile("\x1b\\[[0-9]+m")


def lines_of_log(text: str) -> list[tuple[str | None, ...]]:
    """Status, method, target and size of each line."""
    matches = [LINE.fullmatch(COLOUR.sub("", line)) for line in text.splitlines()]
    assert all(matches), text
    return [match.group("status", "method", "target", "size") for match in matches if match]


def log_of(server: ServerProcess, *requests: bytes) -> str:
    """What the server says on stderr while it answers the requests."""
    for raw in requests:
        with connect(server.address) as connection:
            assert exchange(connection, raw).startswith(b"HTTP/1.1 ")
    code, said = server.stop()
    assert code == 0
    return said


def test_the_access_log_has_a_line_per_request(data: Path) -> None:
    """--access-log always writes time, status, method, target, size and duration to stderr."""
    with ServerProcess(data, "--access-log", "always") as server:
        lines = lines_of_log(log_of(server, *PUT_AND_GET))
    assert lines[:2] == [("201", "PUT", "/a", "3"), ("200", "GET", "/a?q=1", "3")]
    assert lines[2][:3] == ("404", "GET", "/none")


def test_a_refusal_is_told_in_the_access_log(data: Path) -> None:
    """The problem's name says why; of what is no request, method and target are unknown."""
    foreign = {"Origin": "https://evil.example"}
    requests = (
        request_bytes("PUT", "/a", body=b"1"),
        request_bytes("PUT", "/a", foreign, b"2"),
        request_bytes("PUT", "/a", {"Host": "evil.example"}, b"2"),
        request_bytes("GET", "/none"),
        b"NONSENSE\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 1000 + b"\r\n",
    )
    with ServerProcess(data, "--access-log", "always") as server:
        said = log_of(server, *requests).splitlines()
    matches = [LINE.fullmatch(line) for line in said]
    assert [match and match.group("status", "method", "problem") for match in matches] == [
        ("201", "PUT", None),
        ("403", "PUT", "origin-not-allowed"),
        ("403", "PUT", "host-not-allowed"),
        ("404", "GET", "not-found"),
        ("501", "-", "method-not-implemented"),
        ("431", "-", "fields-too-large"),
    ]


@pytest.mark.parametrize("options", [(), ("--access-log", "never")])
def test_a_pipe_gets_no_access_log(options: tuple[str, ...], data: Path) -> None:
    """What is piped into a file or another program is silent while all is well."""
    with ServerProcess(data, *options) as server:
        assert log_of(server, *PUT_AND_GET) == ""


@pytest.mark.parametrize(
    ("options", "lines"),
    [
        ((), [("201", "PUT", "/a", "3"), ("200", "GET", "/a?q=1", "3")]),
        (("--access-log", "never"), []),
    ],
)
def test_a_terminal_gets_the_access_log(
    options: tuple[str, ...], lines: list[tuple[str, ...]], data: Path
) -> None:
    """On a terminal each request shows, in colour, unless that is switched off."""
    terminal, end = pty.openpty()
    try:
        with started(str(data), "--port", "0", *options, stderr=end) as (process, printed):
            for raw in PUT_AND_GET[:2]:
                with connect(Address("127.0.0.1", port_in(printed))) as connection:
                    exchange(connection, raw)
            process.send_signal(signal.SIGINT)
            assert process.wait(15) == 0
        os.write(end, b"end\n")
        said = ""
        while not said.endswith("end\r\n"):
            said += os.read(terminal, 65536).decode()
    finally:
        os.close(end)
        os.close(terminal)
    assert lines_of_log(said.removesuffix("end\r\n")) == lines
    assert bool(COLOUR.search(said)) == bool(lines)


HOSTILE_TARGETS = (
    b"/\x1b[31m",  # escape
    b"/\x7f",  # delete
    b"/\xc2\x9b31m",  # control sequence introducer, in UTF-8
    b"/\xe2\x80\xae",  # right-to-left override
    b"/\xff",  # not UTF-8
    b"/%1b[31m",
)


def test_a_log_line_does_not_steer_the_terminal(data: Path) -> None:
    """What a client sends comes out printable: no colour, no cursor movement, no new line."""
    requests = [b"GET %b HTTP/1.1\r\nHost: localhost\r\n\r\n" % t for t in HOSTILE_TARGETS]
    with ServerProcess(data, "--access-log", "always") as server:
        said = log_of(server, *requests).splitlines()
    assert all(line.isprintable() for line in said)
    assert "  GET     /%1b[31m  " in said[-1]


# --- stopping


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_requests_finish(number: signal.Signals, data: Path) -> None:
    """A request that has begun is answered; nobody new comes in; then the server is gone."""
    with ServerProcess(data) as server:
        idle, sending = connect(server.address), connect(server.address)
        with idle, sending:
            assert exchange(idle, request_bytes("GET", "/")).startswith(b"HTTP/1.1 200 ")
            raw = request_bytes("PUT", "/a", body=b'{"a": 1}')
            sending.sendall(raw[:-3])
            # The server has read so far what another connection was answered after.
            exchange(idle, request_bytes("GET", "/"))
            server.process.send_signal(number)
            wait_until(lambda: refuses_connections(server.address))
            sending.sendall(raw[-3:])
            answer = read_to_end(sending)
            assert answer.startswith(b"HTTP/1.1 201 ")
            assert b"\r\nConnection: close\r\n" in answer
            assert read_to_end(idle) == b""
        _, said = server.process.communicate(timeout=5)
        assert (server.process.returncode, said) == (0, b"")
    assert (data / "a.json").read_bytes() == b'{"a": 1}'


def test_another_server_can_start_at_once(data: Path) -> None:
    """A server that has ended keeps neither the folder nor the port."""
    with ServerProcess(data) as first:
        assert first.address is not None
        port = str(first.address.port)
        assert first.request("PUT", "/a", b"1").status == 201
        assert first.stop() == (0, "")
    with started(str(data), "--port", port) as (_, printed):
        assert port_in(printed) == int(port)


def test_an_answer_that_has_begun_is_sent_in_full(data: Path) -> None:
    """A client that reads slowly still gets all of a large resource."""
    content = b'"' + b"a" * LARGE + b'"'
    (data / "large.json").write_bytes(content)
    with ServerProcess(data) as server, connect(server.address) as reading:
        begin = exchange(reading, request_bytes("GET", "/large"))
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: refuses_connections(server.address))
        _, _, received = (begin + read_to_end(reading)).partition(b"\r\n\r\n")
        assert received == content
        server.process.communicate(timeout=5)
        assert server.process.returncode == 0


def test_a_client_that_never_finishes_does_not_keep_the_server(data: Path) -> None:
    """Neither half a body nor an answer that nobody reads lasts longer than the time of grace."""
    (data / "large.json").write_bytes(b'"' + b"a" * LARGE + b'"')
    process = subprocess.Popen(
        [sys.executable, "-c", WITH_A_SHORT_GRACE, str(data), "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, b"Press Ctrl+C to stop.\n")
        address = Address("127.0.0.1", port_in("".join(line.decode() for line in lines)))
        sending, reading = connect(address), connect(address)
        with sending, reading:
            sending.sendall(request_bytes("PUT", "/a", body=b'{"a": 1}')[:-3])
            exchange(reading, request_bytes("GET", "/large"))
            begun = time.monotonic()
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=15)
            assert (process.returncode, said) == (0, b"")
            assert 0.9 < time.monotonic() - begun < 4
    finally:
        process.kill()
    assert not (data / "a.json").exists()


def test_a_second_signal_does_not_wait(data: Path) -> None:
    """Who presses Ctrl+C again means now: the time of grace is not waited for."""
    with ServerProcess(data) as server, connect(server.address) as sending:
        sending.sendall(request_bytes("PUT", "/a", body=b'{"a": 1}')[:-3])
        # The server has begun with that request when it has answered a later one.
        assert server.request("GET", "/-/health").status == 200
        begun = time.monotonic()
        server.process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        assert server.process.poll() is None
        server.process.send_signal(signal.SIGINT)
        server.process.communicate(timeout=8)
        assert server.process.returncode == 0
        assert time.monotonic() - begun < 8
    assert not (data / "a.json").exists()


# --- streams that are closed or full


KVPUT_SERVE = (sys.executable, "-m", "kvput", "serve")


def test_a_log_that_nobody_takes_stops_no_answer(data: Path) -> None:
    """A full disk behind the log is no reason to leave a client without an answer."""
    with Path("/dev/full").open("w") as full:
        process = subprocess.Popen(
            [*KVPUT_SERVE, str(data), "--port", "0", "--access-log", "always"],
            stdout=subprocess.PIPE,
            stderr=full,
        )
    try:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, b"Press Ctrl+C to stop.\n")
        address = Address("127.0.0.1", port_in("".join(line.decode() for line in lines)))
        for _ in range(3):
            with connect(address) as connection:
                answer = exchange(connection, request_bytes("PUT", "/a", body=b"1"))
                assert answer.startswith(b"HTTP/1.1 20")
    finally:
        process.terminate()
        process.communicate(timeout=15)


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)], ids=str)
def test_a_server_without_standard_streams(data: Path, closed: tuple[int, ...]) -> None:
    """Started as a daemon is, it serves and stops like any other."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    redirections = " ".join(f"{descriptor}>&-" for descriptor in closed)
    command = f'exec "$0" -m kvput serve "$1" --port {port} {redirections}'
    process = subprocess.Popen(["sh", "-c", command, sys.executable, str(data)])
    try:
        answer = health_at(Address("127.0.0.1", port), process)
        assert answer.startswith(b"HTTP/1.1 200")
        process.terminate()
        assert process.wait(timeout=15) == 0
    finally:
        process.kill()
        process.wait()


def health_at(address: Address, process: "subprocess.Popen[bytes]") -> bytes:
    """The answer of a server that is starting and prints nothing."""
    deadline = time.monotonic() + 15
    while True:
        try:
            with connect(address) as connection:
                return exchange(connection, request_bytes("GET", "/-/health"))
        except ConnectionRefusedError:
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.05)

"""The runs of wrk, and the requests that they are made of."""

import pytest

from benchmarks.load import Failure, Figure, Load, Skip, read_figure
from benchmarks.works import STRIDE, WORKS, Work

LINE = "figures requests=8000 microseconds=4000000 p50=1500 p99=20250 status=0 broken=0\n"
PRINTED = f"Running 4s test\n  1 threads and 32 connections\nRequests/sec:   1999.0\n{LINE}"


def test_figures_are_read_out_of_what_wrk_prints() -> None:
    """Rates are per second, times in milliseconds."""
    assert read_figure(PRINTED, 4) == Figure(8000, 2000.0, 1.5, 20.25)


@pytest.mark.parametrize(
    ("printed", "error", "words"),
    [
        (PRINTED.replace("status=0", "status=3"), Failure, "3 of 8000 answers had an error status"),
        (PRINTED.replace("broken=0", "broken=2"), Failure, "2 connections broke"),
        (PRINTED.replace("requests=8000", "requests=0"), Skip, "no request finished in 4 s"),
        ("unable to connect", Failure, "unable to connect"),
    ],
)
def test_run_that_measured_nothing_gives_no_figure(
    printed: str, error: type[Exception], words: str
) -> None:
    """Errors fail a run; a server that is too slow is left out of it."""
    with pytest.raises(error, match=words):
        read_figure(printed, 4)


@pytest.mark.parametrize("work", WORKS, ids=lambda work: work.key)
def test_command_says_what_is_loaded_and_how(work: Work) -> None:
    """Connections, length and fields are wrk's; the rest is for the script."""
    load = Load(work, 8080, 1, "what is sent", {"If-None-Match": '"x"'})
    given = load.command(7, 4)
    own, script = given[: given.index("--")], given[given.index("--") + 1 :]
    assert f"--connections={work.connections}" in own
    assert {"--duration=4", "--timeout=5"} <= set(own)
    assert 'If-None-Match: "x"' in own
    assert ("Content-Type: application/json" in own) == work.kind.writes
    assert script == [work.kind.value, "7", str(work.choices), str(STRIDE), "what is sent"]

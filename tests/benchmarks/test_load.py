"""The runs of wrk, and the requests that they are made of."""

import json

import pytest

from benchmarks.load import Failure, Figure, Skip, command, read_figure
from benchmarks.works import (
    BYTES,
    SIZES,
    WORKS,
    Kind,
    Work,
    content,
    key_of,
    version,
    version_of,
)

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
    given = command(work, 8080, 7, 4, {"If-None-Match": '"x"'})
    own, script = given[: given.index("--")], given[given.index("--") + 1 :]
    assert f"--connections={work.connections}" in own
    assert "--duration=4" in own
    assert 'If-None-Match: "x"' in own
    assert ("Content-Type: application/json" in own) == work.kind.writes
    assert script[:3] == [work.kind.value, "7", str(work.resources)]
    assert len(script[4]) == BYTES


def test_content_has_its_length_and_its_version() -> None:
    """A version changes nothing but itself, and is found again in any layout."""
    one, other = content(version(1, 2)), content(version(1, 3))
    assert len(one) == len(other) == BYTES
    assert one != other
    assert json.dumps(json.loads(one), separators=(",", ":")).encode() == one
    assert version_of(json.dumps(json.loads(one), indent=2).encode()) == "0000100002"


@pytest.mark.parametrize("resources", SIZES)
def test_walk_meets_each_resource_once_in_a_lap(resources: int) -> None:
    """So that no PUT of a lap finds the bytes of the same lap."""
    keys = {key_of(turn, resources) for turn in range(resources)}
    assert keys == {str(number) for number in range(1, resources + 1)}


def test_keys_of_works_are_their_own() -> None:
    """A key names one work."""
    keys = [work.key for work in WORKS]
    assert len(set(keys)) == len(keys)
    assert set(SIZES.values()) <= set(keys)
    assert {work.kind for work in WORKS} == set(Kind)

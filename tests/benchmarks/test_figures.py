"""Medians, ratios, targets and the file that keeps them."""

import dataclasses
import json

import pytest

from benchmarks.figures import Results, from_json, to_json
from benchmarks.peers import JSON_SERVER_0, JSON_SERVER_1, KVPUT, NGINX
from benchmarks.targets import TARGETS, Target, Verdict, lone_floor, ratio
from tests.benchmarks.sample import results


def test_medians_are_those_of_the_rounds() -> None:
    """One slow and one fast round do not count."""
    medians = results().medians("hot-get", KVPUT)
    assert medians is not None
    assert (medians.requests_per_second, medians.p99_ms) == (9500, 2 * medians.p50_ms)


def test_what_was_not_measured_has_no_median() -> None:
    """A server that did not run, or not do this work, is no zero."""
    assert results().medians("hot-get", JSON_SERVER_0) is None
    assert results().medians("put-10000", JSON_SERVER_1) is None
    assert results().reason("put-10000", JSON_SERVER_1) == "no request finished in 4 s"
    assert results().reason("hot-get", JSON_SERVER_0) == "node is not installed"
    assert results().reason("hot-get", NGINX) is None


def test_server_that_fails_in_a_later_round_loses_its_figures() -> None:
    """A median of some of the rounds would not be compared with the same."""
    found = results()
    found.skip("put", NGINX, "failed: it did not start")
    assert found.rate("put", NGINX) is None


def test_file_gives_back_what_was_written() -> None:
    """Nothing of a run is lost in its JSON."""
    written = to_json(results())
    assert to_json(from_json(written)) == written
    again = from_json(written)
    assert dataclasses.replace(again, runs={}) == dataclasses.replace(results(), runs={})
    assert again.rate("put", KVPUT) == results().rate("put", KVPUT)
    assert json.loads(written)["runs"]["put"][KVPUT]["requests_per_second"] == [2500, 5000, 15000]


@pytest.mark.parametrize(
    ("over", "under", "quotient"),
    [(3.0, 2.0, 1.5), (None, 2.0, None), (3.0, None, None), (3.0, 0.0, None)],
)
def test_ratio_needs_both_sides(
    over: float | None, under: float | None, quotient: float | None
) -> None:
    """There is no ratio to what was not measured."""
    assert ratio(over, under) == quotient


FOUND = {
    "hot GET, beside bare aiohttp": ("0.95 times", Verdict.REACHED),
    "GET over 1,000, beside bare aiohttp": ("0.95 times", Verdict.REACHED),
    "304, beside bare aiohttp": ("1.10 times", Verdict.REACHED),
    "hot GET, beside json-server 1.0": ("4.75 times", Verdict.REACHED),
    "GET over 1,000, beside json-server 1.0": ("4.75 times", Verdict.REACHED),
    "PUT over 1,000, beside nginx": ("1.25 times", Verdict.REACHED),
    "PUT create, beside nginx": ("0.40 times", Verdict.SHORT),
    "PUT over 1,000, beside json-server 1.0": ("5.00 times", Verdict.REACHED),
    "PUT create, beside json-server 1.0's POST": ("5.00 times", Verdict.REACHED),
    "PUT over 100,000, beside PUT over 100": ("0.95 times", Verdict.REACHED),
    "start with 100,000, beyond that with none": ("0.20 s", Verdict.REACHED),
    "memory after it, beyond that with none": ("5.00 MB", Verdict.REACHED),
    "PUT of a lone writer, p50, beside a synced append and a bare answer": (
        "1.03 times",
        Verdict.REACHED,
    ),
    "page over 1,000, beside json-server 1.0": ("50.00 times", Verdict.REACHED),
    "filter over 1,000, beside json-server 1.0": ("7.00 times", Verdict.SHORT),
    "page over 100,000, beside page over 1,000": ("0.75 times", Verdict.REACHED),
    "the same, with 50 PUT/s beside each": ("0.53 times", Verdict.SHORT),
    "first list of 100,000, files cached": ("2.50 s", Verdict.REACHED),
    "memory that lists of 100,000 take, beside the bytes of the files": (
        "2.25 times",
        Verdict.REACHED,
    ),
    "move over 100,000, relation, beside that over 100": ("0.75 times", Verdict.SHORT),
    "move over 100,000, relation, beside that over 100, lone writer": (
        "0.90 times",
        Verdict.REACHED,
    ),
}


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.title)
def test_target_is_judged_by_its_own_figures(target: Target) -> None:
    """Each is found from the medians that its title names, and kept to its bound."""
    assert (target.found(results()), target.verdict(results())) == FOUND[target.title]


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.title)
def test_target_of_nothing_is_not_reached(target: Target) -> None:
    """What was not measured is neither reached nor short."""
    nothing = Results("2020-02-02", 1, 1, {}, {}, {})
    assert (target.found(nothing), target.verdict(nothing)) == ("-", Verdict.NOT_MEASURED)


@pytest.mark.parametrize(
    ("found", "at_most", "verdict"),
    [
        (0.89, False, Verdict.SHORT),
        (0.9, False, Verdict.REACHED),
        (0.9, True, Verdict.REACHED),
        (0.91, True, Verdict.SHORT),
    ],
)
def test_bound_itself_reaches_a_target(found: float, at_most: bool, verdict: Verdict) -> None:
    """Bounds are inclusive, from either side."""
    target = Target("", 0.9, lambda _: found, at_most=at_most)
    assert target.verdict(results()) is verdict


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (-0.02, "MB", "about 0 MB"),
        (0.02, "MB", "about 0 MB"),
        (-3.0, "MB", "-3.00 MB"),
        (0.02, "times", "0.02 times"),
    ],
)
def test_difference_that_is_noise_is_about_nothing(value: float, unit: str, words: str) -> None:
    """Only a difference can be next to nothing; a small ratio is a finding."""
    assert Target("", 20.0, lambda _: value, unit).found(results()) == words


def test_file_of_an_earlier_run_can_be_read() -> None:
    """What it did not measure yet is not there, and all else is."""
    value = json.loads(to_json(results()))
    del value["first_lists"], value["list_bytes"], value["deletes"]
    found = from_json(json.dumps(value))
    assert (found.first_lists, found.list_bytes, found.deletes) == ({}, [], {})
    assert found.rate("put", KVPUT) == results().rate("put", KVPUT)


def test_lone_writer_is_held_against_an_append_and_a_bare_answer() -> None:
    """The floor is the sum of two medians."""
    assert lone_floor(results()) == pytest.approx(0.4 + 0.25)

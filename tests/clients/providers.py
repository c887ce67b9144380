"""Data providers: calls of their methods, made in one process, and what must come of each."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.clients.data_sets import DataSet
from tests.clients.node import run_script
from tests.serving import ServerProcess

URL = "http://server.example"
"""Stands in calls for where the server listens."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An error with the status of the answer, and a message that holds these words."""

    status: int
    words: str


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a method, and the value or the failure that it must come to."""

    method: str
    arguments: tuple[object, ...]
    expected: object

    def is_met_by(self, answer: object) -> bool:
        """Whether `answer`, as provider.mjs prints it, is what was expected."""
        match answer, self.expected:
            case {"error": {"status": status, "message": message}}, Failure():
                return status == self.expected.status and self.expected.words in message
            case _:
                return answer == {"value": self.expected}


def differences(package: str, data: DataSet, calls: Sequence[Call], folder: Path) -> list[str]:
    """Make the calls against a server over the data set; say what comes out otherwise."""
    data.write(folder)
    with ServerProcess(folder) as server:
        assert server.address is not None
        url = f"http://{server.address.host}:{server.address.port}"
        given = json.dumps([[call.method, call.arguments] for call in calls])
        said = run_script("provider.mjs", package, url, given=given.replace(URL, url))
    answers = json.loads(said.replace(url, URL))
    return [
        f"{call.method}{call.arguments}\n--- expected {call.expected}\n--- came     {answer}"
        for call, answer in zip(calls, answers, strict=True)
        if not call.is_met_by(answer)
    ]

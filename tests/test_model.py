"""The server over the file store beside a plain model of it, under random requests and restarts."""

import asyncio
import itertools
import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Protocol

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from kvput.config import Config
from kvput.semantics.validators import content_digest
from kvput.store import open_store
from tests.serving import Address, Reply, ServerProcess, serving

Segments = tuple[str, ...]

# --- the system under test


class System(Protocol):
    """A server over a folder, seen from outside."""

    def request(
        self, method: str, target: str, fields: Mapping[str, str], body: bytes | None
    ) -> Reply: ...

    def restart(self) -> None: ...

    def close(self) -> None: ...


class InThisProcess:
    """A server that runs whenever a request is made; a restart opens the folder anew."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._runner = asyncio.Runner()
        self._parts = AsyncExitStack()
        self._address = self._runner.run(self._start())

    async def _start(self) -> Address:
        store = open_store(self._data, read_cache=4096)
        self._parts.push_async_callback(store.close)
        return await self._parts.enter_async_context(serving(store, Config(data=self._data)))

    def request(
        self, method: str, target: str, fields: Mapping[str, str], body: bytes | None
    ) -> Reply:
        return self._runner.run(self._address.request(method, target, fields, body))

    def restart(self) -> None:
        self._runner.run(self._parts.aclose())
        self._address = self._runner.run(self._start())

    def close(self) -> None:
        self._runner.run(self._parts.aclose())
        self._runner.close()


class InItsOwnProcess:
    """`kvput serve`; a restart kills it first."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._server = ServerProcess(data)

    def request(
        self, method: str, target: str, fields: Mapping[str, str], body: bytes | None
    ) -> Reply:
        return self._server.request(method, target, body, fields)

    def restart(self) -> None:
        self._server.kill()
        self._server = ServerProcess(self._data)

    def close(self) -> None:
        assert self._server.stop() == (0, "")


# --- the model


def url(segments: Segments) -> str:
    return "/" + "/".join(segments)


def order(name: str) -> tuple[bool, int, str]:
    """Numbers first, by their value; then texts."""
    return (not name.isdigit(), int(name) if name.isdigit() else 0, name)


def tag_of(body: bytes) -> str:
    return f'"{content_digest(body)}"'


def is_empty_set(body: bytes) -> bool:
    return not body or json.loads(body) in ({}, [])


class Model:
    """What the documentation promises, over three plain containers."""

    def __init__(self) -> None:
        self.resources: dict[Segments, bytes] = {}
        self.counters: dict[Segments, int] = {}
        self.directories: set[Segments] = {()}

    def within(self, collection: Segments) -> dict[str, bytes]:
        """Names and bodies of the collection's own resources, in order."""
        found = {path[-1]: body for path, body in self.resources.items() if path[:-1] == collection}
        return {name: found[name] for name in sorted(found, key=order)}

    def is_collection(self, path: Segments) -> bool:
        """Whether the bare name is a collection's: no mere stretch of a longer path."""
        if path not in self.directories:
            return False
        stretch = any(inner[:-1] == path for inner in self.directories if inner)
        return bool(self.within(path)) or path in self.counters or not stretch

    def hides(self, path: Segments) -> bool:
        """Whether a new resource here would hide a collection, or make a hidden one."""
        above = path[:-1]
        return self.is_collection(path) or (
            bool(above) and not self.is_collection(above) and above in self.resources
        )

    def store(self, path: Segments, body: bytes) -> None:
        self.resources[path] = body
        self.directories |= {path[:depth] for depth in range(len(path))}

    def is_nested_route(self, path: Segments) -> bool:
        """Whether the path is what belongs to a resource, in the collection of the last name."""
        if len(path) < 3:
            return False
        *beside, _, _, last = path
        return (
            path not in self.directories
            and path[:-1] in self.resources
            and self.is_collection((*beside, last))
        )

    def next_number(self, collection: Segments) -> int:
        numbers = [int(name) for name in self.within(collection) if name.isdigit()]
        number = max([self.counters.get(collection, 0), *numbers]) + 1
        while self.is_collection((*collection, str(number))):
            number += 1
        return number

    def items(self, collection: Segments) -> list[object]:
        """The list's elements: an object without `id` gets one from its name."""
        listed: list[object] = []
        for name, body in self.within(collection).items():
            value = json.loads(body or b"{}")
            if isinstance(value, dict):
                value = {"id": int(name) if name.isdigit() else name, **value}
            listed.append(value)
        return listed


# --- the requests

COLLECTIONS: list[Segments] = [("a",), ("b",), ("b", "1", "c")]
NAMES = ["1", "2", "10", "x", "y"]
RESOURCES: list[Segments] = [
    *((*collection, name) for collection in COLLECTIONS for name in NAMES),
    *[("a",), ("b",), ("r",), ("b", "1", "c")],
]
VALID = [
    *(b"", b"{}", b"[]", b" { }\n", b"null", b"0", b"1.50", b'"text"', b"[1,\t2]"),
    *(b'{"n":1}', b'{ "n" : 2 }\n', b'{"n":1,"n":2}', b'{"big":123456789012345678901.0}'),
    *(b'{"id":"x"}', b'{"id": 7}', b'{"id":null}', b'{"id":"."}', b'{"id":"10"}'),
]
MALFORMED = [b"{", b"[1,]", b" ", b"\xff", b"nul"]
JSON = {"Content-Type": "application/json"}

# Any path, or one under which something is stored: else most requests would meet nothing.
resources = st.sampled_from(RESOURCES) | st.runner().flatmap(
    lambda machine: st.sampled_from(sorted(machine.model.resources) or RESOURCES)
)
bodies = st.sampled_from([*VALID, *VALID, *MALFORMED])
# A condition: the field, and which tag it names. Most requests have none.
conditions = st.sampled_from(
    [
        *(None for _ in range(8)),
        *itertools.product(["If-Match", "If-None-Match"], ["*", "current", "other"]),
    ]
)
Condition = tuple[str, str] | None


def condition_fields(condition: Condition, current: bytes | None) -> dict[str, str]:
    if condition is None:
        return {}
    name, kind = condition
    tag = tag_of(b"other" if current is None or kind == "other" else current)
    return {name: "*" if kind == "*" else tag}


def holds(condition: Condition, current: bytes | None) -> bool:
    if condition is None:
        return True
    name, kind = condition
    named = current is not None and kind != "other"
    return named if name == "If-Match" else not named


class Machine(RuleBasedStateMachine):
    """Makes a request of server and model alike, and compares."""

    system_class: type[InThisProcess] | type[InItsOwnProcess] = InThisProcess

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.data = Path(self.folder.name)
        self.system: System = self.system_class(self.data)
        self.model = Model()

    def teardown(self) -> None:
        self.system.close()
        self.folder.cleanup()

    def request(
        self,
        method: str,
        target: str,
        fields: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Reply:
        reply = self.system.request(method, target, fields or {}, body)
        assert reply.status < 500, reply
        return reply

    @rule(path=resources, body=bodies, condition=conditions)
    def put(self, path: Segments, body: bytes, condition: Condition) -> None:
        model, before = self.model, self.model.resources.get(path)
        fields = condition_fields(condition, before) | JSON
        reply = self.request("PUT", url(path), fields, body)
        if before is None and model.hides(path):
            assert (reply.status, reply.problem) == (409, "hidden-name")
        elif not holds(condition, before):
            assert (reply.status, reply.problem) == (412, "precondition-failed")
        elif body in MALFORMED:
            assert (reply.status, reply.problem) == (400, "malformed-content")
        else:
            model.store(path, body)
            assert reply.field("ETag") == tag_of(body)
            if before is None:
                assert (reply.status, reply.body) == (201, body)
                assert reply.field("Location") == url(path)
            elif is_empty_set(body):
                assert reply.status == 204
            else:
                assert (reply.status, reply.body) == (200, body)

    @rule(path=resources, condition=conditions)
    def delete(self, path: Segments, condition: Condition) -> None:
        model, before = self.model, self.model.resources.get(path)
        reply = self.request("DELETE", url(path), condition_fields(condition, before))
        if before is None:
            assert reply.status == (400 if model.is_collection(path) else 404)
        elif not holds(condition, before):
            assert reply.status == 412
        else:
            assert (reply.status, reply.body) == (200 if before else 204, before)
            del model.resources[path]
            *above, name = path
            collection = tuple(above)
            if name.isdigit() and collection:
                highest = max(int(name), model.counters.get(collection, 0))
                model.counters[collection] = highest

    @rule(
        collection=st.sampled_from([*COLLECTIONS, ("b", "1"), ("r",)]),
        body=bodies,
        closing_slash=st.booleans(),
    )
    def post(self, collection: Segments, body: bytes, *, closing_slash: bool) -> None:
        model = self.model
        reply = self.request("POST", url(collection) + "/" * closing_slash, JSON, body)
        if collection in model.resources and not closing_slash:
            assert reply.status == 405
        elif collection in model.resources and not model.is_collection(collection):
            assert (reply.status, reply.problem) == (409, "hidden-name")
        elif body in MALFORMED:
            assert (reply.status, reply.problem) == (400, "malformed-content")
        else:
            value = json.loads(body or b"{}")
            if isinstance(value, dict) and value.get("id") is not None:
                self._post_with_id(collection, value["id"], body, reply)
            else:
                self._post_without_id(collection, value, reply)

    def _post_with_id(
        self, collection: Segments, identifier: object, body: bytes, reply: Reply
    ) -> None:
        path = (*collection, str(identifier))
        if identifier == ".":
            assert (reply.status, reply.problem) == (422, "invalid-content")
        elif path in self.model.resources:
            assert (reply.status, reply.problem) == (409, "id-taken")
        elif self.model.hides(path):
            assert (reply.status, reply.problem) == (409, "hidden-name")
        else:
            assert (reply.status, reply.field("Location"), reply.body) == (201, url(path), body)
            self.model.store(path, body)

    def _post_without_id(self, collection: Segments, value: object, reply: Reply) -> None:
        number = self.model.next_number(collection)
        path = (*collection, str(number))
        assert (reply.status, reply.field("Location")) == (201, url(path))
        expected = {**value, "id": number} if isinstance(value, dict) else value
        assert reply.json() == expected
        assert reply.field("ETag") == tag_of(reply.body)
        self.model.store(path, reply.body)
        self.model.counters[collection] = number

    @rule(path=resources, condition=conditions, method=st.sampled_from(["GET", "HEAD"]))
    def get(self, path: Segments, condition: Condition, method: str) -> None:
        body = self.model.resources.get(path)
        if body is None and self.model.is_collection(path):
            return  # The lists have a rule of their own.
        if body is None and self.model.is_nested_route(path):
            reply = self.request(method, url(path))
            # Nothing that is stored here names what it belongs to.
            assert (reply.status, reply.field("X-Total-Count")) == (200, "0")
            return
        reply = self.request(method, url(path), condition_fields(condition, body))
        if body is None:
            assert reply.status == 404
        elif not holds(condition, body):
            assert reply.status == (412 if condition and condition[0] == "If-Match" else 304)
        else:
            assert reply.status == (200 if body else 204)
            assert reply.field("ETag") == tag_of(body)
            assert reply.body == (b"" if method == "HEAD" else body)
            length = str(len(body)) if body else None
            assert reply.field("Content-Length") == length

    @rule(collection=st.sampled_from([*COLLECTIONS, ("b", "1"), ("r",)]))
    def read_lists(self, collection: Segments) -> None:
        self.list_with_a_closing_slash(collection)
        self.list_by_its_bare_name(collection)
        self.list_the_root()

    def list_with_a_closing_slash(self, collection: Segments) -> None:
        reply = self.request("GET", url(collection) + "/")
        if collection in self.model.directories:
            assert (reply.status, reply.json()) == (200, self.model.items(collection))
            again = {"If-None-Match": reply.field("ETag") or ""}
            assert self.request("GET", url(collection) + "/", again).status == 304
        else:
            assert reply.status == 404

    def list_by_its_bare_name(self, collection: Segments) -> None:
        if collection in self.model.resources:
            return  # Then the bare name is the resource's.
        reply = self.request("GET", url(collection))
        if self.model.is_collection(collection):
            assert (reply.status, reply.json()) == (200, self.model.items(collection))
        else:
            assert reply.status == 404

    def list_the_root(self) -> None:
        top = sorted({path[0] for path in self.model.directories if path})
        assert self.request("GET", "/").json() == {
            "collections": [self.address_that_works((name,)) for name in top],
            "resources": [url((name,)) for name in self.model.within(())],
        }

    def address_that_works(self, collection: Segments) -> str:
        """A collection's bare name, unless that names something else or nothing."""
        hidden = collection in self.model.resources
        bare_name = self.model.is_collection(collection) and not hidden
        return url(collection) if bare_name else url(collection) + "/"

    @rule()
    def restart(self) -> None:
        self.system.restart()
        self.read_everything()

    @invariant()
    def the_folder_holds_the_resources_and_nothing_else(self) -> None:
        model = self.model
        expected = {url(path)[1:] + ".json": body for path, body in model.resources.items()}
        assert expected == dict(self._files(".json"))
        counters = {url((*path, ".counter"))[1:]: n for path, n in model.counters.items()}
        assert counters == {place: int(text) for place, text in self._files(".counter")}

    def _files(self, end: str) -> Iterator[tuple[str, bytes]]:
        for file in self.data.rglob(f"*{end}"):
            yield str(file.relative_to(self.data)), file.read_bytes()

    def read_everything(self) -> None:
        for path in RESOURCES:
            self.get(path, None, "GET")
        for collection in COLLECTIONS:
            self.read_lists(collection)


class MachineOfItsOwn(Machine):
    system_class = InItsOwnProcess


@pytest.mark.timeout(400)  # On a busy machine, its servers start and stop slowly.
@pytest.mark.parametrize(
    ("machine", "examples", "steps", "phases"),
    [
        (Machine, 20, 50, list(Phase)),
        # A failure here is not made smaller: each try starts processes anew.
        (MachineOfItsOwn, 2, 25, [Phase.generate]),
    ],
)
def test_the_server_does_what_its_model_does(
    machine: type[Machine], examples: int, steps: int, phases: list[Phase]
) -> None:
    """Whatever is asked in whatever order, with restarts between: answers and files agree."""
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            phases=phases,
            suppress_health_check=list(HealthCheck),
        ),
    )

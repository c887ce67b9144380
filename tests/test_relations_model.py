"""Related collections beside a model of edges, under random writes and restarts.

After each request all resources are read, and held against the model: what each
names, which have changed, and which may have. RELATION_EXAMPLES is how many
sequences of requests are made over each store (`make fuzz` makes more).
"""

import json
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from kvput.semantics.validators import content_digest
from tests.edges import Choose, End, Graph, Path, Refused, Said, outcomes
from tests.related import (
    COLLECTIONS,
    ENDS,
    GROUPS,
    READONLY,
    InItsOwnProcess,
    OverFiles,
    OverMemory,
    State,
    System,
)
from tests.serving import Reply

EXAMPLES = int(os.environ.get("RELATION_EXAMPLES", "50"))
NAMES = ["1", "2", "3", "x"]
ODD: list[object] = [True, 1.5, {}, "..", [[]]]
"""What names nothing and nobody."""
JSON = {"Content-Type": "application/json"}
LINES = {"Content-Type": "application/x-ndjson"}
MERGE_PATCH = {"Content-Type": "application/merge-patch+json"}

Value = dict[str, object]
Act = Callable[[Graph], None]
"""What a request, or a step of one, means for the model."""


@dataclass(frozen=True)
class Request:
    """A request, and what it means."""

    method: str
    target: str
    fields: Mapping[str, str]
    body: bytes | None
    acts: Sequence[Act]


class Machine(RuleBasedStateMachine):
    """Makes a request of server and model alike, and compares."""

    system_class: Callable[[], System] = OverMemory

    def __init__(self) -> None:
        super().__init__()
        self.system = self.system_class()
        self.graph = Graph(ENDS)
        self.state: State = {}
        self.collections: Sequence[str] = COLLECTIONS
        self.coming: list[Path] = []
        """What the request that is being drawn speaks of."""

    def teardown(self) -> None:
        self.system.close()

    @initialize(group=st.sampled_from([*GROUPS, COLLECTIONS]), data=st.data())
    def keep_to(self, group: Sequence[str], data: st.DataObject) -> None:
        """Most sequences keep to a few collections, so that they meet the same resources."""
        self.collections = group
        for collection in group:
            for name in NAMES[: data.draw(st.integers(1, 3))]:
                self.put_value(data, (collection, name), self.draw_object(data, collection))

    # --- the requests

    @rule(data=st.data())
    def put(self, data: st.DataObject) -> None:
        path = self.draw_path(data)
        odd = data.draw(st.integers(0, 19)) == 0
        value = [path[1]] if odd else self.draw_object(data, path[0])
        self.put_value(data, path, value)

    def put_value(self, data: st.DataObject, path: Path, value: object) -> None:
        request = Request("PUT", url(path), JSON, text(value), [putting(path, value)])
        is_done = self.make(data, request)
        if is_done and data.draw(st.booleans()):
            # RFC 9110 9.2.2: PUT is idempotent.
            assert self.send(request).status < 300
            assert self.system.state() == self.state

    @rule(data=st.data())
    def put_nothing(self, data: st.DataObject) -> None:
        """Zero bytes count as the empty object."""
        path = self.draw_path(data)
        self.make(data, Request("PUT", url(path), JSON, b"", [putting(path, {})]))

    @rule(data=st.data())
    def patch(self, data: st.DataObject) -> None:
        path = self.draw_path(data)
        value = self.draw_patch(data, path[0])
        request = Request("PATCH", url(path), MERGE_PATCH, text(value), [patching(path, value)])
        self.make(data, request)

    @rule(data=st.data())
    def post(self, data: st.DataObject) -> None:
        """One, or several on a line each; some with a name of their own."""
        collection = self.draw_collection(data)
        ids = st.none() | st.sampled_from([*NAMES, "7", "8", "9"])
        chosen = [data.draw(ids) for _ in range(data.draw(st.integers(1, 3)))]
        self.coming = [(collection, name) for name in chosen if name is not None]
        rows = [
            self.draw_object(data, collection) | ({} if name is None else {"id": name})
            for name in chosen
        ]
        fields = LINES if len(rows) > 1 else JSON
        body = b"\n".join(map(text, rows))
        request = Request("POST", f"/{collection}", fields, body, [creating(collection, rows)])
        self.make(data, request)

    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        path = self.draw_path(data)
        self.make(data, Request("DELETE", url(path), {}, None, [lambda graph: graph.delete(path)]))

    @rule(data=st.data())
    def delete_by_query(self, data: st.DataObject) -> None:
        collection, number = self.draw_collection(data), data.draw(st.integers(0, 2))
        found = [
            path
            for path in self.graph.objects
            if path[0] == collection and number_in(self.state[path][0]) == number
        ]
        if found:
            act: Act = lambda graph: graph.delete(*found)  # noqa: E731  # as the others are
            self.make(data, Request("DELETE", f"/{collection}?n={number}", {}, None, [act]))

    @rule(data=st.data())
    def batch(self, data: st.DataObject) -> None:
        verbs = st.sampled_from(["put", "put", "create", "patch", "delete", "delete", "move"])
        operations, acts = [], []
        for _ in range(data.draw(st.integers(1, 4))):
            operation, act = self.operation(data, data.draw(verbs))
            operations.append(operation)
            acts.append(act)
        self.make(data, Request("POST", "/-/batch", JSON, text(operations), acts))

    def operation(self, data: st.DataObject, verb: str) -> tuple[Value, Act]:
        """One of a batch, as it is written and as it is meant."""
        path = self.draw_path(data)
        self.coming.append(path)
        operation: Value = {"op": verb, "path": url(path)}
        match verb:
            case "delete":
                return operation, lambda graph: graph.delete(path)
            case "move":
                # What stands in the way may be replaced, if no step before has to do with it.
                is_first = len(self.coming) == 1
                names = [*NAMES, "y"] if is_first else ["y", "z"]
                others = [name for name in names if name != path[1]]
                target = path[0], data.draw(st.sampled_from(others))
                replacing = target in self.graph.objects
                operation |= {"from": url(path), "path": url(target)}
                operation |= {"ifMatch": "*"} if replacing else {}
                return operation, lambda graph: graph.move(path, target, replacing=replacing)
            case "create":
                value = self.draw_object(data, path[0])
                operation |= {"path": f"/{path[0]}", "value": value}
                return operation, creating(path[0], [value])
            case "patch":
                value = self.draw_patch(data, path[0])
                return operation | {"value": value}, patching(path, value)
            case _:
                value = self.draw_object(data, path[0])
                return operation | {"value": value}, putting(path, value)

    @rule(data=st.data())
    def get(self, data: st.DataObject) -> None:
        """What is served is what is stored."""
        path = self.draw_path(data)
        reply = self.system.request("GET", url(path), {}, None)
        if path not in self.state:
            assert reply.status == 404
        else:
            body, _ = self.state[path]
            assert (reply.status, reply.body) == (200 if body else 204, body)
            assert reply.field("ETag") == tag(body)

    @rule()
    def restart(self) -> None:
        self.system.restart()
        assert self.system.state() == self.state

    # --- what is drawn

    def draw_collection(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(self.collections))

    def draw_path(self, data: st.DataObject) -> Path:
        """Mostly of a resource that is there."""
        collection = self.draw_collection(data)
        names = self.graph.names_in(collection)
        rare = data.draw(st.integers(0, 4)) == 0
        return collection, data.draw(st.sampled_from(NAMES if rare or not names else names))

    def names_in(self, collection: str) -> list[str]:
        """Those that are there, and those that the same request has to do with."""
        coming = (path[1] for path in self.coming if path[0] == collection)
        return list(dict.fromkeys((*self.graph.names_in(collection), *coming)))

    def draw_id(self, data: st.DataObject, end: End) -> object:
        """Mostly of a resource that is there, as a number or a text."""
        names = self.names_in(end.to)
        rare = data.draw(st.integers(0, 29)) == 0
        name = data.draw(st.sampled_from([*NAMES, "9"] if rare or not names else names))
        return int(name) if name.isdigit() and data.draw(st.booleans()) else name

    def draw_member(self, data: st.DataObject, end: End) -> object:
        kind = data.draw(st.integers(0, 59))
        if kind == 0:
            return data.draw(st.sampled_from(ODD))
        is_required = end.owns and end.relation.required
        if kind < 8 and not is_required:
            return data.draw(st.sampled_from([None, "", *([[], [""]] if end.many else [])]))
        if not end.many:
            return self.draw_id(data, end)
        ids = [self.draw_id(data, end) for _ in range(data.draw(st.integers(is_required, 3)))]
        return ids if kind < 55 else ["", *ids]

    def draw_object(self, data: st.DataObject, collection: str) -> Value:
        value: Value = {"n": data.draw(st.integers(0, 2))}
        for end in ENDS.get(collection, ()):
            if (collection, end.member) in READONLY:
                # It may only be sent as it stands, which is tried elsewhere.
                if data.draw(st.integers(0, 29)) == 0:
                    value[end.member] = ["nobody"]
                continue
            is_required = end.owns and end.relation.required
            # Where there is nobody to be named, most say nothing.
            odds = 2 if self.names_in(end.to) else 30
            if data.draw(st.integers(1, odds)) == 1 or is_required:
                value[end.member] = self.draw_member(data, end)
        return value

    def draw_patch(self, data: st.DataObject, collection: str) -> Value:
        value = self.draw_object(data, collection)
        if data.draw(st.booleans()):
            del value["n"]
        return value

    # --- having them done

    def make(self, data: st.DataObject, request: Request) -> bool:
        """Have it done, perhaps after a dry run, and hold all that comes of it against the model.

        Tells whether it was done.
        """
        self.coming = []
        prefers = data.draw(st.sampled_from(["", "", "return=representation; changes"]))
        rehearsal = self.rehearse(request, prefers) if data.draw(st.booleans()) else None
        reply = self.send(request, prefers)
        try:
            expected = outcomes(lambda choose: self.commit(request, choose))
        except Refused as refused:
            self.compare_refusal(refused, reply, rehearsal)
            return False
        assert reply.status < 300, reply
        after = self.system.state()
        named = all_named(after)
        fitting = [graph for graph in expected if named_by(graph) == named]
        assert fitting, differences(named, named_by(expected[0]))
        self.compare(fitting[0].asked, after)
        self.compare_changes(fitting[0].asked, reply, after)
        if rehearsal is not None:
            assert told(rehearsal) == told(reply)
        self.graph, self.state = fitting[0].copy(), after
        self.graph.shown = shown_in(after)
        return True

    def commit(self, request: Request, choose: Choose) -> Graph:
        """What the model makes of a request."""
        graph = self.graph.copy()
        graph.choose = choose
        for act in request.acts:
            act(graph)
        graph.judge()
        return graph

    def send(self, request: Request, prefers: str = "") -> Reply:
        note(f"{request.method} {request.target} {(request.body or b'').decode()} {prefers}")
        fields = {**request.fields, "Prefer": prefers} if prefers else request.fields
        reply = self.system.request(request.method, request.target, fields, request.body)
        assert reply.status < 500, reply
        return reply

    def rehearse(self, request: Request, prefers: str) -> Reply:
        """Make a dry run, which changes nothing."""
        reply = self.send(request, ", ".join(filter(None, [prefers, "handling=dry-run"])))
        assert self.system.state() == self.state
        return reply

    def compare_refusal(self, refused: Refused, reply: Reply, rehearsal: Reply | None) -> None:
        """Nothing has changed, and the reason is one of those that there are."""
        assert reply.status in refused.statuses, f"{refused.statuses}, not {reply}"
        assert self.system.state() == self.state
        assert rehearsal is None or rehearsal.body == reply.body

    def compare(self, asked: Collection[Path], after: State) -> None:
        """Of what was not asked to be written, only links have changed."""
        for path in (after.keys() & self.state.keys()) - set(asked):
            (body, _), (before, _) = after[path], self.state[path]
            assert after[path] == self.state[path] or body != before, f"{url(path)} was touched"
            assert without_links(path, body) == without_links(path, before)

    def compare_changes(self, asked: Collection[Path], reply: Reply, after: State) -> None:
        """The answer names exactly what has changed."""
        before = self.state
        changed = {path for path in before | after if before.get(path) != after.get(path)}
        related = {url(path) for path in changed - set(asked)}
        assert related_in(reply) == sorted(related)
        listed = changes_in(reply)
        if listed is not None:
            assert {url(path) for path in changed} <= listed.keys()
            assert listed.keys() <= related | set(map(url, asked))
            for path in before | after:
                if url(path) in listed:
                    assert listed[url(path)] == became(before.get(path), after.get(path))


# --- what is asked for, as it is meant


def putting(path: Path, value: object) -> Act:
    return lambda graph: graph.write({path: said_in(value, path[0])})


def patching(path: Path, value: Value) -> Act:
    def act(graph: Graph) -> None:
        if path not in graph.objects:
            raise Refused(404)
        members: dict[str, Collection[str] | None] = {}
        for end in ENDS.get(path[0], ()):
            if end.member in value:
                # RFC 7396 section 2: null takes a member out.
                is_out = value[end.member] is None
                members[end.member] = None if is_out else names_in(value, end)
        graph.patch(path, members)

    return act


def creating(collection: str, rows: Sequence[Value]) -> Act:
    def act(graph: Graph) -> None:
        chosen = [str(row["id"]) for row in rows if "id" in row]
        if len(chosen) > len(set(chosen)) or set(chosen) & set(graph.names_in(collection)):
            raise Refused(409)
        number = max([graph.next_number(collection) - 1, *map(int, filter(str.isdigit, chosen))])
        written = {}
        for row in rows:
            if "id" not in row:
                number += 1
                graph.numbers[collection] = number
            written[collection, str(row.get("id", number))] = said_in(row, collection)
        graph.write(written)

    return act


def said_in(value: object, collection: str) -> Said:
    """What a content says. Refused where it cannot be understood."""
    if not isinstance(value, dict) and any(collection == kept for kept, _ in READONLY):
        raise Refused(422)
    members = {end.member: names_in(value, end) for end in ENDS.get(collection, ())}
    return Said(
        {member: names for member, names in members.items() if names is not None},
        isinstance(value, dict),
    )


def names_in(value: object, end: End) -> list[str] | None:
    """Whom a value names on an end; None where it has no such member."""
    if not isinstance(value, dict) or end.member not in value:
        return None
    held = value[end.member]
    if held == ["nobody"]:
        raise Refused(422)
    if held in (None, ""):
        return []
    if end.many != isinstance(held, list):
        raise Refused(422)
    names = [name for name in held if name != ""] if isinstance(held, list) else [held]
    if not all(map(is_id, names)):
        raise Refused(422)
    return list(dict.fromkeys(map(str, names)))


def is_id(value: object) -> bool:
    """Of what is drawn here."""
    return type(value) is int or (isinstance(value, str) and value != "..")


# --- what has come of it


def url(path: Path) -> str:
    return "/" + "/".join(path)


def text(value: object) -> bytes:
    return json.dumps(value).encode()


def tag(body: bytes) -> str:
    return f'"{content_digest(body)}"'


def number_in(body: bytes) -> object:
    value = json.loads(body or b"{}")
    return value.get("n") if isinstance(value, dict) else None


Named = dict[str, set[str]]
"""By the URL of a resource and a member, whom it names."""


def all_named(state: State) -> Named:
    """What the contents say."""
    named = {}
    for path, (body, _) in state.items():
        value = json.loads(body or b"{}")
        for end in ENDS.get(path[0], ()):
            named[f"{url(path)} {end.member}"] = set(names_in(value, end) or ())
    return named


def shown_in(state: State) -> dict[Path, set[str]]:
    """By resource, the members of relations that its content has."""
    return {
        path: {end.member for end in ENDS.get(path[0], ())} & members_of(body)
        for path, (body, _) in state.items()
    }


def members_of(body: bytes) -> set[str]:
    value = json.loads(body or b"{}")
    return set(value) if isinstance(value, dict) else set()


def named_by(graph: Graph) -> Named:
    """What the model says."""
    return {
        f"{url(path)} {end.member}": set(graph.named(path, end))
        for path in graph.objects
        for end in ENDS.get(path[0], ())
    }


def differences(found: Named, expected: Named) -> str:
    places = sorted(found.keys() | expected.keys())
    lines = [
        f"{place} is {found.get(place)}, not {expected.get(place)}"
        for place in places
        if found.get(place) != expected.get(place)
    ]
    return "\n".join(lines)


def without_links(path: Path, body: bytes) -> object:
    """The value of a content, and the order of its members, without those of relations."""
    value = json.loads(body or b"{}")
    members = {end.member for end in ENDS.get(path[0], ())}
    if not isinstance(value, dict):
        return value
    return [(name, held) for name, held in value.items() if name not in members]


def became(before: tuple[bytes, int] | None, after: tuple[bytes, int] | None) -> tuple[str, object]:
    """What a list of changes says of a resource: the word for what became of it, and its tag."""
    if after is None:
        return "deleted", None
    if before is None:
        return "created", tag(after[0])
    return "unchanged" if before == after else "changed", tag(after[0])


# --- what is told of it


def related_in(reply: Reply) -> list[str]:
    """The URLs that an answer links to as related, sorted; all of them, as their count tells."""
    links = [link.partition(">;") for link in reply.all_fields("Link")]
    found = [place[1:] for place, _, more in links if more == ' rel="related"']
    assert reply.field("Related-Count") == (str(len(found)) if found else None)
    return sorted(found)


def changes_in(reply: Reply) -> dict[str, tuple[str, object]] | None:
    """What became of each resource that an answer lists, and its tag; None without a list."""
    answer = json.loads(reply.body or b"0")
    if not isinstance(answer, dict) or "changes" not in answer:
        return None
    return {each["path"]: (each["status"], each.get("etag")) for each in answer["changes"]}


def told(reply: Reply) -> object:
    """What a dry run tells as the run does."""
    location, changes = reply.field("Location"), changes_in(reply)
    return reply.status, location, related_in(reply), changes


# --- the test


class MachineOverFiles(Machine):
    system_class = OverFiles


class MachineOfItsOwn(Machine):
    system_class = InItsOwnProcess


@pytest.mark.timeout(600)  # On a busy machine, its servers start and stop slowly.
@pytest.mark.parametrize(
    ("machine", "examples", "steps"),
    [
        (Machine, EXAMPLES, 30),
        (MachineOverFiles, EXAMPLES, 30),
        (MachineOfItsOwn, max(EXAMPLES // 30, 1), 25),
    ],
)
def test_both_sides_of_each_relation_agree(
    machine: type[Machine], examples: int, steps: int
) -> None:
    """Whatever is written in whatever order: links, answers and what is untouched."""
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            # A failure is not made smaller, which would take minutes: its requests are told.
            phases=[Phase.explicit, Phase.reuse, Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )

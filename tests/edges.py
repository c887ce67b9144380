"""A model of related resources: which there are, and for each relation a set of edges.

An edge is a pair of names: the one of the resource whose member the relation is
declared of, and the one that it names. Both ends hold it if they are there, so
that two sides cannot disagree. What a write does is said of edges alone; that
members, texts and requests follow from it is for whoever holds a server against this.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from kvput.declarations import Dangling, Declarations, OnDelete, Relation
from kvput.paths import CollectionPath

Path = tuple[str, str]
"""A resource: its collection's URL without slashes at the ends, and its name."""
Edge = tuple[str, str]


class Refused(Exception):
    """What is asked for cannot be done; the answer has one of these statuses."""

    def __init__(self, *statuses: int) -> None:
        super().__init__(*statuses)
        self.statuses = set(statuses)


@dataclass(frozen=True)
class End:
    """One end of a relation: the member in which a collection's resources hold their edges."""

    relation: Relation
    owns: bool

    @property
    def collection(self) -> str:
        return _name(self.relation.collection if self.owns else self.relation.to)

    @property
    def to(self) -> str:
        return _name(self.relation.to if self.owns else self.relation.collection)

    @property
    def member(self) -> str:
        return self.relation.member if self.owns else self.relation.inverse or ""

    @property
    def many(self) -> bool:
        return self.relation.many if self.owns else self.relation.inverse_many

    @property
    def is_kept(self) -> bool:
        """Whether a member that a PUT leaves out stays as it is."""
        return not self.owns or self.relation.is_symmetric

    @property
    def other(self) -> "End | None":
        if self.relation.is_symmetric:
            return self
        if self.relation.inverse is None and self.owns:
            return None
        return End(self.relation, not self.owns)

    @property
    def joins_one_to_itself(self) -> bool:
        """Whether the two ends are two members of the same resources."""
        return self.collection == self.to and self.other not in (None, self)

    def edge(self, own: str, other: str) -> Edge:
        if self.relation.is_symmetric:
            return (min(own, other), max(own, other))
        return (own, other) if self.owns else (other, own)


def _name(collection: CollectionPath) -> str:
    return collection.url.strip("/")


def ends_of(declarations: Declarations) -> dict[str, list[End]]:
    """The ends by collection, those that are declared of it before those that are kept for it."""
    ends: dict[str, list[End]] = {}
    for relation in declarations.relations:
        owner = End(relation, owns=True)
        ends.setdefault(owner.collection, []).append(owner)
        if owner.other not in (None, owner):
            ends.setdefault(owner.to, []).append(End(relation, owns=False))
    return {name: sorted(found, key=lambda end: not end.owns) for name, found in ends.items()}


@dataclass(frozen=True)
class Said:
    """What a content says: by member, the names that it holds. No object says nothing.

    Where it `is_patched`, a member that is missing was taken out, and names nobody.
    """

    members: Mapping[str, Collection[str]]
    is_object: bool = True
    is_patched: bool = False


Choose = Callable[[list[str]], str]
"""Which of several resources that name a new one it takes, where it can only take one."""


@dataclass
class Graph:
    """The resources and their edges, in the middle of a commit or between two."""

    ends: Mapping[str, list[End]]
    objects: dict[Path, bool] = field(default_factory=dict)
    """The resources that are there, and whether each is an object."""
    edges: dict[Relation, set[Edge]] = field(default_factory=dict)
    shown: dict[Path, set[str]] = field(default_factory=dict)
    """The members of ends that a content has, be it as null or an empty list."""
    numbers: dict[str, int] = field(default_factory=dict)
    """By collection, the highest number that was given or deleted."""
    # Of one commit:
    asked: set[Path] = field(default_factory=set)
    gone: set[Path] = field(default_factory=set)
    new: set[tuple[Relation, Edge]] = field(default_factory=set)
    choose: Choose = lambda names: names[0]

    def __post_init__(self) -> None:
        for relation, _ in self._owners():
            self.edges.setdefault(relation, set())

    def copy(self) -> "Graph":
        """The same, between two commits."""
        return Graph(
            self.ends,
            dict(self.objects),
            {relation: set(edges) for relation, edges in self.edges.items()},
            {path: set(members) for path, members in self.shown.items()},
            dict(self.numbers),
        )

    def named(self, path: Path, end: End) -> list[str]:
        """Whom a resource names on this end."""
        name, edges = path[1], sorted(self.edges[end.relation])
        if end.relation.is_symmetric:
            return [a if b == name else b for a, b in edges if name in (a, b)]
        here, there = (0, 1) if end.owns else (1, 0)
        return [edge[there] for edge in edges if edge[here] == name]

    def names_in(self, collection: str) -> list[str]:
        return [path[1] for path in self.objects if path[0] == collection]

    def next_number(self, collection: str) -> int:
        numbers = [int(name) for name in self.names_in(collection) if name.isdigit()]
        return max([self.numbers.get(collection, 0), *numbers]) + 1

    # --- a commit

    def judge(self) -> None:
        """Refused where what the commit has made must not be."""
        statuses = set(self._faults())
        if statuses:
            raise Refused(*statuses)

    def _faults(self) -> Iterator[int]:
        for relation, end in self._owners():
            for edge in self.edges[relation]:
                there = [
                    (end.collection, edge[0]) in self.objects,
                    (end.to, edge[1]) in self.objects,
                ]
                is_gone = (end.to, edge[1]) in self.gone and there == [True, False]
                if is_gone and relation.on_delete is OnDelete.RESTRICT:
                    yield 409
                is_dangling = (relation, edge) in self.new and not all(there)
                if is_dangling and relation.dangling is Dangling.REFUSE:
                    yield 422
            if relation.required:
                for path in self.objects:
                    if path[0] == end.collection and not self.named(path, end):
                        yield 422 if path in self.asked else 409

    def _owners(self) -> Iterator[tuple[Relation, End]]:
        for ends in self.ends.values():
            for end in ends:
                if end.owns:
                    yield end.relation, end

    # --- its steps

    def write(self, rows: Mapping[Path, Said], *, moved: bool = False) -> None:
        """Put one resource, or make several new ones at once; the last of them wins.

        One that was `moved` brings along who names it.
        """
        self.asked |= rows.keys()
        old = {path for path in rows if path in self.objects}
        for path, said in rows.items():
            self.objects[path] = said.is_object
            self.shown[path] = set(said.members)
        for path, said in rows.items():
            members = self._with_itself(path, said, is_new=path not in old)
            for end in self.ends.get(path[0], ()):
                names = members.get(end.member, () if said.is_patched else None)
                if path in old:
                    self._say(path, end, names)
                else:
                    self._introduce(path, end, names, is_open=moved)
        self._settle()

    def patch(self, path: Path, members: Mapping[str, Collection[str] | None]) -> None:
        """Change some members of a resource that is there; None takes one out."""
        said: dict[str, Collection[str]] = {
            end.member: self.named(path, end)
            for end in self.ends.get(path[0], ())
            if end.member in self.shown[path]
        }
        for member, names in members.items():
            if names is not None:
                said[member] = names
            else:
                said.pop(member, None)
        self.write({path: Said(said, is_patched=True)})

    def move(self, path: Path, target: Path, *, replacing: bool = False) -> None:
        """Give a resource another name: whoever names it does so under the new one.

        `replacing` tells that another one is expected there.
        """
        if path not in self.objects:
            raise Refused(404)
        if replacing != (target in self.objects):
            raise Refused(412 if replacing else 409)
        rename = {path[1]: target[1]}
        members = {
            end.member: [
                rename.get(name, name) if end.to == path[0] else name
                for name in self.named(path, end)
            ]
            for end in self.ends.get(path[0], ())
            if end.member in self.shown[path]
        }
        for relation, owner in self._owners():
            self.edges[relation] = {
                self._renamed(owner, edge, path[0], rename) for edge in self.edges[relation]
            }
            self.new |= {
                (relation, self._renamed(owner, edge, path[0], rename))
                for each, edge in self.new
                if each == relation
            }
        said = Said(members, self.objects.pop(path))
        del self.shown[path]
        self._use_up(path)
        self.gone.add(path)
        self.asked.add(path)
        self.write({target: said}, moved=True)

    def delete(self, *paths: Path) -> None:
        """Delete some resources, and what goes with them. Refused where one is not there."""
        if any(path not in self.objects for path in paths):
            raise Refused(404)
        self.asked |= set(paths)
        waiting = list(paths)
        while waiting:
            path = waiting.pop()
            if path in self.objects:
                waiting += self._delete_one(path)
        self._settle()

    def _delete_one(self, path: Path) -> list[Path]:
        """Delete one; gives those that are to go with it."""
        collection, name = path
        del self.objects[path], self.shown[path]
        self.gone.add(path)
        self._use_up(path)
        going: list[Path] = []
        for end in self.ends.get(collection, ()):
            # What others name of their own stays, until it is known what becomes of them.
            others = [
                other
                for other in self.named(path, end)
                if end.owns or (end.to, other) not in self.objects
            ]
            self._cut(end, name, others)
        for relation, owner in self._owners():
            if owner.to != collection or relation.is_symmetric:
                continue
            owners = [edge[0] for edge in self.edges[relation] if edge[1] == name]
            if relation.on_delete is OnDelete.UNLINK:
                self.edges[relation] -= {(each, name) for each in owners}
            elif relation.on_delete is OnDelete.CASCADE:
                going += [(owner.collection, each) for each in owners]
        return going

    @staticmethod
    def _renamed(owner: End, edge: Edge, collection: str, rename: Mapping[str, str]) -> Edge:
        """The edge, with another name for its ends in the collection."""
        own, other = edge
        return owner.edge(
            rename.get(own, own) if owner.collection == collection else own,
            rename.get(other, other) if owner.to == collection else other,
        )

    def _use_up(self, path: Path) -> None:
        collection, name = path
        if name.isdigit():
            self.numbers[collection] = max(self.numbers.get(collection, 0), int(name))

    # --- edges

    def _with_itself(
        self, path: Path, said: Said, *, is_new: bool
    ) -> Mapping[str, Collection[str] | None]:
        """What is said, where both members of a resource may speak of itself.

        Of the edge from a resource to itself, the member that the relation is declared of
        decides; the other one where that is left out.
        """
        name = path[1]
        decided: dict[str, Collection[str] | None] = dict(said.members)
        for owner in self.ends.get(path[0], ()):
            other = owner.other
            if not owner.owns or not owner.joins_one_to_itself or other is None:
                continue
            own, kept = said.members.get(owner.member), said.members.get(other.member)
            is_there = name in (own if own is not None else kept or ())
            if own is None and is_there:
                decided[owner.member] = [name]
            if kept is None and not is_new:
                kept = () if said.is_patched else self.named(path, other)
            if kept is not None:
                others = [each for each in kept if each != name]
                together = [*others, name] if other.many else [name]
                decided[other.member] = together if is_there else others
        return decided

    def _say(self, path: Path, end: End, names: Collection[str] | None) -> None:
        """Have a resource that was there before name these, and no others."""
        before = self.named(path, end)
        if names is None:
            names = before if end.is_kept else ()
        self._cut(end, path[1], [name for name in before if name not in names])
        for name in names:
            if name not in before:
                self._join(path, end, name)

    def _introduce(
        self, path: Path, end: End, names: Collection[str] | None, *, is_open: bool
    ) -> None:
        """Have a new resource name these, and of those that name it already, whom it may."""
        known = {(end.to, each) for each in names or ()} | {path}
        claims = [each for each in self.named(path, end) if (end.to, each) not in known]
        is_open |= end.is_kept and names is None
        welcome = [each for each in claims if is_open or (end.to, each) in self.asked]
        if not end.many:
            taken = bool(names) or (end.to == path[0] and path[1] in self.named(path, end))
            welcome = [] if taken or not welcome else [self._choose(welcome)]
        self._cut(end, path[1], [each for each in claims if each not in welcome])
        for name in names or ():
            self._join(path, end, name)

    def _choose(self, names: list[str]) -> str:
        return names[0] if len(names) == 1 else self.choose(names)

    def _join(self, path: Path, end: End, name: str) -> None:
        """Have two name each other. Who can name only one names no other then."""
        edges = self.edges[end.relation]
        edge = end.edge(path[1], name)
        self.new.add((end.relation, edge))
        other = end.other
        if other is not None and not other.many and (end.to, name) in self.objects:
            self._cut(other, name, self.named((end.to, name), other))
        edges.add(edge)

    def _cut(self, end: End, own: str, others: Collection[str]) -> None:
        self.edges[end.relation].difference_update({end.edge(own, other) for other in others})

    def _settle(self) -> None:
        """See that what is no object names none, and that a name which is held is shown."""
        for path, is_object in self.objects.items():
            for end in self.ends.get(path[0], ()):
                if self.named(path, end):
                    if not is_object:
                        raise Refused(422 if path in self.asked else 409)
                    self.shown[path].add(end.member)


def outcomes(commit: Callable[[Choose], Graph]) -> list[Graph]:
    """What a commit may lead to, one for each way to choose. Refused where it cannot be done."""
    found: list[Graph] = []
    scripts: list[list[int]] = [[]]
    while scripts:
        script = scripts.pop()
        made: list[int] = []

        def choose(names: list[str], script: list[int] = script, made: list[int] = made) -> str:
            turn = len(made)
            if turn == len(script):
                scripts.extend([*made, other] for other in range(1, len(names)))
            made.append(script[turn] if turn < len(script) else 0)
            return names[made[-1]]

        found.append(commit(choose))
    return found

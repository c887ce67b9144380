"""What follows from the writes of a commit by what is declared of collections.

A request's own decision says what it writes; here the rules have their turn:
members that the server keeps, relations, schemas, unique values. Each rule is in
a module of its own; this one says in which order they come.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from kvput.content.json_text import parse
from kvput.declarations import Declaration, Declarations
from kvput.errors import InvalidContent, MalformedContent, MethodNotAllowed, Referenced
from kvput.paths import CollectionPath, ResourcePath
from kvput.resources.declared_view import with_declared
from kvput.resources.located import about
from kvput.resources.members import kept, kept_in_move, members_kept, members_put_in
from kvput.resources.needed import ContentNeeded
from kvput.resources.pending import PendingView
from kvput.resources.relations.graph import LinkGraph
from kvput.resources.relations.keeper import Move, RelationKeeper
from kvput.resources.relations.sides import Sides, sides_of
from kvput.resources.schemas.in_use import (
    Schemas,
    fault_in_full,
    for_whom_it_is,
    part_of,
    require_valid,
)
from kvput.resources.unique import require_unique
from kvput.store.base import Batch, Decision, Delete, Entry, Put, View, Write

READ_ONLY_METHODS: Final = "GET, HEAD, OPTIONS"
"""What a collection takes that is declared to be read-only, and each resource in it."""


def refuse_read_only(declaration: Declaration | None) -> None:
    """Raise MethodNotAllowed for a write in a collection of which this is declared."""
    if declaration is not None and declaration.readonly:
        raise MethodNotAllowed(
            f"{declaration.collection.url} is declared to be read-only in kvput.toml: read it "
            f"with one of {READ_ONLY_METHODS}, or declare it otherwise.",
            fields=(("Allow", READ_ONLY_METHODS),),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Rules:
    """What is declared, in the form in which it is looked up; and the schemas, compiled."""

    declarations: Declarations
    schemas: Schemas
    sides: Sides = field(init=False)
    described: Mapping[ResourcePath, Declaration] = field(init=False)
    """The resources that are schemas, each with what is declared of a collection that has it."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "sides", sides_of(self.declarations))
        declared = self.declarations.collections.values()
        described = {each.schema: each for each in declared if each.schema is not None}
        object.__setattr__(self, "described", described)

    def declared_of(self, collection: CollectionPath) -> Declaration | None:
        """What is declared of a collection; None for nothing, though others may name it."""
        return self.declarations.collections.get(collection)

    def concern(self, path: ResourcePath) -> bool:
        """Whether anything may follow from a write of this resource."""
        collection = path.parent
        return (
            collection in self.declarations.collections
            or collection in self.sides.of
            or collection in self.sides.naming
        )

    def make_up_a_schema(self, paths: Collection[ResourcePath], view: View) -> bool:
        """Whether a schema that is declared is made of any of these resources."""
        return bool(self.described) and self.schemas.are_parts(view, self.described, paths)


class Consequences:
    """The writes of one commit, step by step, with what follows from them.

    `view` shows all of them laid over what there was. `held` has contents, by their
    digests, that no view holds.
    """

    def __init__(self, rules: Rules, below: View, held: Mapping[str, bytes]) -> None:
        self.view = PendingView(below)
        self.asked: dict[ResourcePath, None] = {}
        """The resources that the steps themselves write."""
        self.transformed: set[ResourcePath] = set()
        """Those of them whose content is not what the step says."""
        # Those that were changed with what another step writes.
        self._changed: dict[ResourcePath, None] = {}
        self._rules = rules
        self._below = below
        self._held = held
        self._relations = RelationKeeper(LinkGraph(rules.sides, below, self.view, self._content_of))
        self._now = datetime.now(UTC)

    def add(self, batch: Batch, moved: Move | None = None, *, in_part: bool = False) -> None:
        """Make the writes of one step.

        `moved` tells where they move a resource, `in_part` that what they put is what a patch
        has left.

        Raises MethodNotAllowed, InvalidContent, InvalidReference, SchemaViolated, ContentTooLarge,
        StoredContentMalformed, and ContentNeeded for what is to be put into `held` first.
        """
        before: dict[ResourcePath, Entry | None] = {}
        writes: list[Write] = []
        for write in batch.writes:
            if isinstance(write, Put | Delete):
                self.asked[write.path] = None
                if self._rules.concern(write.path):
                    before[write.path] = self.view.get(write.path)
                    writes.append(self._kept(write, before[write.path], moved, in_part=in_part))
                    continue
            writes.append(write)
        self.view.add(Batch(tuple(writes)))
        changed = self._relations.step(before, moved, in_part=in_part)
        self.transformed.update(path for path in changed if path in self.asked)
        self._require_unlocked(path for path in changed if path not in self.asked)
        self._changed |= dict.fromkeys(path for path in changed if path not in before)
        for path, entry in before.items():
            with about(path):
                self.view.get(path)  # What relations make of it may be what cannot be.
            self._require_valid(path, entry, lenient=False)

    def require(self) -> None:
        """See to what only holds when all steps are done.

        Raises Referenced, InvalidReference, SchemaViolated, NotUnique, StoredContentMalformed,
        ContentNeeded.
        """
        self.view.write_late()
        self._relations.require()
        for path in self._changed:
            self._require_valid(path, self._below.get(path), lenient=True)
        self._require_unlocked(path for path in self._relations.deleted if path not in self.asked)
        declared = self._rules.declarations.collections
        puts = [entry for path in self.view.written if (entry := self.view.get(path)) is not None]
        require_unique(self.view, declared, puts, self._held, self._below.get)
        if self._rules.make_up_a_schema(self.view.written, self._below):
            for schema, declaration in self._rules.described.items():
                self._require_usable(schema, declaration)

    def batch(self) -> Batch:
        """All that is to be written: nothing that one step has changed and another changed back."""
        writes = self.view.writes()
        return Batch(tuple(write for write in writes if not self._is_back(write)))

    def _is_back(self, write: Write) -> bool:
        if not isinstance(write, Put) or write.path in self.asked:
            return False
        before, after = self._below.get(write.path), self.view.get(write.path)
        return before is not None and after is not None and before.digest == after.digest

    # --- the rules

    def _kept(
        self, write: Put | Delete, before: Entry | None, moved: Move | None, *, in_part: bool
    ) -> Put | Delete:
        """A write with the members that the server keeps."""
        declaration = self._rules.declared_of(write.path.parent)
        if declaration is None:
            return write
        refuse_read_only(declaration)
        if isinstance(write, Delete) or not members_kept(declaration):
            return write
        with about(write.path):
            if moved is not None:
                source = self._rules.declared_of(moved[0].parent)
                content = kept_in_move(declaration, source, write.path, write.content, self._now)
            else:
                stands = None if before is None else self._content_of(before)
                sides = () if in_part else self._rules.sides.at(write.path)
                inverses = [side.member for side in sides if side.is_kept]
                content = kept(declaration, write.path, stands, write.content, self._now, inverses)
        if content == write.content:
            return write
        self.transformed.add(write.path)
        return Put(write.path, content)

    def _require_unlocked(self, paths: Iterable[ResourcePath]) -> None:
        """Raise Referenced where what is read-only would change with what is written."""
        for path in paths:
            declaration = self._rules.declared_of(path.parent)
            if declaration is not None and declaration.readonly:
                raise Referenced(
                    f"{path.url} would change as well, and {path.parent.url} is declared to be "
                    "read-only: write what has nothing to do with it.",
                    members={"referrers": [path.url]},
                )

    def _require_valid(self, path: ResourcePath, before: Entry | None, *, lenient: bool) -> None:
        """Raise SchemaViolated; where `lenient`, not for what was as wrong before."""
        declaration = self._rules.declared_of(path.parent)
        entry = self.view.get(path)
        if declaration is None or declaration.schema is None or entry is None:
            return
        schemas, schema = self._rules.schemas, declaration.schema
        # As it stands: one that the same commit changes may yet not come to stand.
        found = schemas.violations(self._below, declaration, self._value(entry))
        if not found:
            return
        if lenient and before is not None:
            try:
                was_valid = not schemas.violations(self._below, declaration, self._value(before))
            except MalformedContent:
                was_valid = False
            if not was_valid:
                return
        put_in = members_put_in(declaration, self._rules.sides)
        with about(path):
            require_valid(for_whom_it_is(found, put_in, schema), path, schema)

    def _require_usable(self, schema: ResourcePath, declaration: Declaration) -> None:
        """Raise Referenced where a part goes that a schema cannot do without.

        Raises InvalidContent where it could not be used with what its parts are to hold. One that
        could not be used before, is mended file by file: only what is written must be right.
        """
        parts = self._rules.schemas.parts(self._below, schema)
        written = self.view.written
        changed = [path for path in written if path in parts and self._is_changed(path)]
        gone = [path for path in changed if path in parts.files and self.view.get(path) is None]
        if schema in gone:
            with about(schema):
                raise Referenced(
                    f"{schema.url} is {part_of(declaration, schema)}: take it out there first."
                )
        fault = self._rules.schemas.fault(self.view, schema) if changed else None
        if fault is None:
            return
        at_fault = [path for path in fault.paths if path in written and self._is_changed(path)]
        if not at_fault and self._rules.schemas.fault(self._below, schema) is not None:
            return
        if gone and not at_fault:
            with about(gone[0]):
                raise Referenced(
                    f"{gone[0].url} is {part_of(declaration, gone[0])}, and {schema.url} could not "
                    "be used without it: take out what refers to it first.",
                    members={"referrers": [schema.url]},
                )
        # Where the fault shows elsewhere, it comes of a part rather than of what might become one.
        changed.sort(key=lambda path: path not in parts.files)
        with about((at_fault or changed)[0]):
            raise InvalidContent(fault_in_full(fault, declaration))

    def _is_changed(self, path: ResourcePath) -> bool:
        before, after = self._below.get(path), self.view.get(path)
        digests = {None if entry is None else entry.digest for entry in (before, after)}
        return len(digests) > 1

    def _value(self, entry: Entry) -> object:
        return parse(self._content_of(entry) or b"{}")

    def _content_of(self, entry: Entry) -> bytes:
        content = entry.content if entry.content is not None else self._held.get(entry.digest)
        if content is None:
            raise ContentNeeded(entry)
        return content


class Ruled(ABC):
    """A decision with what follows from it, and what is known of it once it is made.

    `asked` and `transformed` are those of `Consequences`, of the time that it was made last;
    `asked` is None where nothing can follow. `held` is what ContentNeeded has asked for.
    """

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}
        self.asked: Mapping[ResourcePath, None] | None = None
        self.transformed: frozenset[ResourcePath] = frozenset()

    @abstractmethod
    def __call__(self, view: View) -> Batch:
        """See `kvput.store.base.Decision`."""

    def _note(self, consequences: Consequences) -> Batch:
        self.asked = consequences.asked
        self.transformed = frozenset(consequences.transformed)
        return consequences.batch()


class RuledDecision(Ruled):
    """The decision of one request. It raises what that raises and what `Consequences` raises."""

    def __init__(
        self, rules: Callable[[], Rules], decide: Decision, *, in_part: bool = False
    ) -> None:
        """`rules` gives those that hold; `in_part` is as for `Consequences.add`.

        They are asked for where the decision is made, and not before: to look at a file there
        keeps nobody from taking in further requests.
        """
        super().__init__()
        self._rules = rules
        self._decide = decide
        self._in_part = in_part

    def __call__(self, view: View) -> Batch:
        """See `kvput.store.base.Decision`."""
        # It may be made several times, and the rules be others by then.
        self.asked, self.transformed = None, frozenset()
        rules = self._rules()
        if not rules.declarations.collections:
            return self._decide(view)
        # Both see the same, even where a hand changes a file in between.
        view = PendingView(view)
        batch = self._decide(with_declared(view, rules.declarations))
        paths = [write.path for write in batch.writes if isinstance(write, Put | Delete)]
        concerned = any(map(rules.concern, paths))
        if not concerned and not rules.make_up_a_schema(paths, view):
            return batch
        consequences = Consequences(rules, view, self.held)
        consequences.add(batch, in_part=self._in_part)
        consequences.require()
        return self._note(consequences)

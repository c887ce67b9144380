"""Members that are not for the client to write: timestamps, and those that are read-only.

Belongs here: which they are, and what becomes of them in a content that is to be
stored. Does not belong here: members that name other resources (`relations`), what a
schema asks of members (`schemas`), and collections that are read-only as a whole.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from kvput.content.json_document import Document
from kvput.content.json_members import members_in
from kvput.content.json_slices import value_in
from kvput.content.json_text import parse
from kvput.content.source_text import shown
from kvput.declarations import Declaration, Timestamps
from kvput.errors import InvalidContent, MalformedContent
from kvput.patching.equality import equal
from kvput.paths import ResourcePath
from kvput.resources.ids import ID_MEMBER, is_id_of
from kvput.resources.relations.sides import Sides
from kvput.resources.violations import refused, violation

_NO_LIMIT: Final = 2**62
"""Bytes: what is put into a content is a time, or stood in the resource before."""

_NOTHING: Final = b"null"
"""A member that is null counts as one that is not there: many clients write it so."""


def members_kept(declaration: Declaration) -> bool:
    """Whether any members are declared that `kept` looks after."""
    return bool(declaration.readonly_members or _timestamps(declaration))


def members_put_in(declaration: Declaration, sides: Sides) -> tuple[str, ...]:
    """The members that the server puts into resources of a collection, in its own time."""
    kept_sides = (side.member for side in sides.of.get(declaration.collection, ()) if side.is_kept)
    return tuple(dict.fromkeys((ID_MEMBER, *kept_sides, *_timestamps(declaration))))


def kept(
    declaration: Declaration,
    path: ResourcePath,
    before: bytes | None,
    content: bytes,
    now: datetime,
    left_to_us: Collection[str] = (),
) -> bytes:
    """The content to be stored where a client sends `content`; what it may write keeps its bytes.

    `before` is what stands there, None for a new resource; what is no JSON object, by a hand
    on the file, has no members. `now` has a time zone. Zero bytes count as the empty object.

    Timestamps, whatever the client sends for them: a new resource has both of now. Later on
    `created` stays as it stands, and `updated` becomes now, but never earlier than it was,
    even where the clock goes back. Where a resource has no `created`, nobody knows it: then
    it is what the client sends, and nothing is made up.

    Read-only members may be left out, and stay as they stand, or be sent with an equal value.
    Where nothing stands, in a new resource above all, only null is equal to it. A member that
    is a timestamp as well is a timestamp.

    A content that changes nothing but these members, and where they stand, gives back
    `before`: so what GET gave may be sent back, and a PUT be repeated, to no effect. It need
    not have the members that are `left_to_us`, which others put in if it says nothing of them.

    Raises InvalidContent for what is no object, and where a read-only member would change.
    """
    timestamps = _timestamps(declaration)
    guarded = declaration.readonly_members.difference(timestamps)
    names = guarded.union(timestamps)
    if not names:
        return content
    sent = members_in(content)
    if sent is None:
        raise _no_object(path, content, names)
    stored = (None if before is None else members_in(before)) or {}
    _require_unchanged(guarded, path, sent, stored)
    if before is None:
        return _with_members(content, dict.fromkeys(timestamps, _time(now)))
    put_in = _as_they_stand(timestamps, guarded, sent, stored)
    updated = declaration.timestamps.updated
    not_sent = put_in.keys() | {name for name in left_to_us if name not in sent}
    if updated is not None:
        not_sent |= {updated}
    # Values tell most contents apart, without writing any.
    if _others(sent, not_sent) == _others(stored, not_sent):
        same = _with_members(content, put_in)
        if same == before or (stored and _without(not_sent, same) == _without(not_sent, before)):
            return before
    if updated is not None:
        put_in[updated] = _not_earlier(stored.get(updated), now)
    return _with_members(content, put_in)


def kept_in_move(
    declaration: Declaration,
    source: Declaration | None,
    path: ResourcePath,
    content: bytes,
    now: datetime,
) -> bytes:
    """The content to be stored where a resource is moved to `path`, with its new name in it.

    `source` is what is declared of the collection that it comes from. What the server keeps in
    both stays as it is, so that a resource that gets another name is as old as it was, and keeps
    all its bytes. The other members are as in a new resource. Raises as `kept` does.
    """
    return kept(
        declaration if source is None else _beyond(declaration, source), path, None, content, now
    )


def _beyond(declaration: Declaration, source: Declaration) -> Declaration:
    """The declaration, without the members that the server keeps for another one as well."""
    wanted, there = declaration.timestamps, source.timestamps
    known = source.readonly_members.union(_timestamps(source))
    return replace(
        declaration,
        readonly_members=declaration.readonly_members - known,
        timestamps=Timestamps(
            None if wanted.created == there.created else wanted.created,
            None if wanted.updated == there.updated else wanted.updated,
        ),
    )


def _timestamps(declaration: Declaration) -> tuple[str, ...]:
    timestamps = declaration.timestamps
    return tuple(name for name in (timestamps.created, timestamps.updated) if name is not None)


def _as_they_stand(
    timestamps: tuple[str, ...],
    guarded: frozenset[str],
    sent: Mapping[str, bytes],
    stored: Mapping[str, bytes],
) -> dict[str, bytes]:
    """The timestamps that are known, and the read-only members that the client has left out.

    Their order is always the same, so that one content always becomes the same bytes.
    """
    left_out = [name for name in sorted(guarded) if name in stored and name not in sent]
    known = [name for name in timestamps if stored.get(name, _NOTHING) != _NOTHING]
    return {name: stored[name] for name in (*left_out, *known)}


# --- members in a text


def _others(members: Mapping[str, bytes], names: Collection[str]) -> dict[str, bytes]:
    return {name: text for name, text in members.items() if name not in names}


def _with_members(content: bytes, members: Mapping[str, bytes]) -> bytes:
    """The content with these members, each in its place, or behind all others if it has none."""
    if not members:
        return content
    document = Document(content or b"{}", _NO_LIMIT)
    for name, text in members.items():
        document.add((name,), text)
    return document.text()


def _without(names: Iterable[str], text: bytes) -> bytes:
    """The object without these members, wherever they stand."""
    document = Document(text or b"{}", _NO_LIMIT)
    members = document.root_object()
    for name in names:
        if name in members:
            members.remove(name)
    return document.text()


# --- times


def _time(now: datetime) -> bytes:
    """The time as a JSON text: UTC with milliseconds (RFC 3339 section 5.6)."""
    text = now.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00")
    return f'"{text}Z"'.encode()


def _not_earlier(stored: bytes | None, now: datetime) -> bytes:
    """The time as a JSON text; the stored one where that is later."""
    time = _time(now)
    if stored is None:
        return time
    before, after = _instant(stored), _instant(time)
    return stored if before is not None and after is not None and before > after else time


def _instant(text: bytes) -> datetime | None:
    """The time that a JSON text tells; None where it tells none that could be compared."""
    value = parse(text)
    if not isinstance(value, str):
        return None
    try:
        # RFC 3339 section 5.6: "T" and "Z" "may alternatively be lower case".
        instant = datetime.fromisoformat(value.upper())
    except ValueError:
        return None
    return None if instant.tzinfo is None else instant


# --- what may be sent


def _require_unchanged(
    guarded: frozenset[str],
    path: ResourcePath,
    sent: Mapping[str, bytes],
    stored: Mapping[str, bytes],
) -> None:
    """Raise InvalidContent unless all read-only members that are sent are as they stand."""
    faults = []
    for name in sorted(guarded & sent.keys()):
        if equal(sent[name], stored.get(name, _NOTHING)):
            continue
        # What a POST stores under the next number has it as its id.
        if name == ID_MEMBER and is_id_of(parse(sent[name]), path):
            continue
        faults.append(violation((name,), _CHANGED if name in stored else _NOT_THERE))
    if faults:
        raise refused(InvalidContent, path, faults)


_CHANGED: Final = "is read-only and has another value: leave it out, or send the value that it has"
_NOT_THERE: Final = "is read-only and has no value yet: leave it out, or send null"


def _no_object(path: ResourcePath, content: bytes, names: frozenset[str]) -> InvalidContent:
    try:
        parse(content)
    except MalformedContent:
        kind = "no JSON"
    else:
        kind = value_in(content).kind
    return InvalidContent(
        f"The content is {kind}, and the resources of {path.parent.url} have members that are not "
        f"for clients to write ({', '.join(map(shown, sorted(names)))}): send an object.",
        members={"pointer": ""},
    )

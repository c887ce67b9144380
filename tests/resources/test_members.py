"""Timestamps and read-only members: what is stored of what a client sends."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kvput.content.json_text import parse
from kvput.declarations import Declaration, Timestamps
from kvput.errors import InvalidContent
from kvput.resources.members import kept, kept_in_move, members_kept
from tests.odd_json import exact, json_texts
from tests.store.tools import collection, resource

ARTICLES = collection("/articles/")
PATH = resource("/articles/7")

EARLY = '"2025-01-02T03:04:05.678Z"'
NOW = datetime(2026, 11, 22, 18, 21, 56, 123_999, UTC)
LATER = NOW + timedelta(seconds=1)
AT_NOW = '"2026-11-22T18:21:56.123Z"'
AT_LATER = '"2026-11-22T18:21:57.123Z"'

STAMPED = Declaration(ARTICLES, timestamps=Timestamps("made", "changed"))
GUARDED = Declaration(ARTICLES, readonly_members=frozenset({"views", "likes"}))
BOTH = Declaration(
    ARTICLES, readonly_members=frozenset({"views"}), timestamps=Timestamps("made", "changed")
)


def stored(
    declaration: Declaration, before: str | None, content: str, now: datetime = LATER
) -> str:
    """What is stored of texts."""
    text = None if before is None else before.encode()
    return kept(declaration, PATH, text, content.encode(), now).decode()


@pytest.mark.parametrize(
    ("declaration", "are_kept"),
    [
        (Declaration(ARTICLES), False),
        (Declaration(ARTICLES, unique=("slug",), readonly=True), False),
        (Declaration(ARTICLES, timestamps=Timestamps(created="made")), True),
        (Declaration(ARTICLES, timestamps=Timestamps(updated="changed")), True),
        (GUARDED, True),
    ],
)
def test_whether_there_is_anything_to_keep(declaration: Declaration, *, are_kept: bool) -> None:
    """Only where timestamps or read-only members are declared."""
    assert members_kept(declaration) is are_kept


@pytest.mark.parametrize("content", [b"", b"[1]", b"{ }", b"no JSON"])
def test_without_a_declaration_content_stays(content: bytes) -> None:
    """Whatever it is."""
    assert kept(Declaration(ARTICLES), PATH, None, content, NOW) is content


# --- timestamps


@pytest.mark.parametrize(
    ("content", "result"),
    [
        ("", f'{{"made": {AT_NOW}, "changed": {AT_NOW}}}'),
        ("{}", f'{{"made": {AT_NOW}, "changed": {AT_NOW}}}'),
        ('{"a":1.0}', f'{{"a":1.0,"made":{AT_NOW},"changed":{AT_NOW}}}'),
        (
            '{\n  "a": 1\n}\n',
            f'{{\n  "a": 1,\n  "made": {AT_NOW},\n  "changed": {AT_NOW}\n}}\n',
        ),
        (
            '{"changed": null, "a": 1, "made": {"by": "me"}}',
            f'{{"changed": {AT_NOW}, "a": 1, "made": {AT_NOW}}}',
        ),
    ],
)
def test_new_resource_has_both_timestamps_of_now(content: str, result: str) -> None:
    """In the place of what the client sends for them, else behind its members; the rest stays."""
    assert stored(STAMPED, None, content, NOW) == result


@pytest.mark.parametrize(
    ("timestamps", "result"),
    [
        (Timestamps(created="made"), f'{{"a": 2, "made": {EARLY}}}'),
        (Timestamps(updated="changed"), f'{{"a": 2, "changed": {AT_NOW}}}'),
    ],
)
def test_each_timestamp_may_be_declared_alone(timestamps: Timestamps, result: str) -> None:
    """The other member is then like any other."""
    declaration = Declaration(ARTICLES, timestamps=timestamps)
    before = f'{{"a": 1, "made": {EARLY}, "changed": {EARLY}}}'
    assert stored(declaration, before, '{"a": 2}', NOW) == result


@pytest.mark.parametrize(
    ("before", "content", "result"),
    [
        (
            f'{{"a": 1, "made": {EARLY}, "changed": {EARLY}}}',
            '{"a": 2}',
            f'{{"a": 2, "made": {EARLY}, "changed": {AT_LATER}}}',
        ),
        (
            f'{{"a": 1, "made": {EARLY}, "changed": {EARLY}}}',
            f'{{"changed": {AT_NOW}, "made": {AT_NOW}, "a": 2}}',
            f'{{"changed": {AT_LATER}, "made": {EARLY}, "a": 2}}',
        ),
        (
            '{"made": "long ago"}',
            '{"a": 2}',
            f'{{"a": 2, "made": "long ago", "changed": {AT_LATER}}}',
        ),
        ("", '{"a": 2}', f'{{"a": 2, "changed": {AT_LATER}}}'),
        ("", "{}", f'{{"changed": {AT_LATER}}}'),
        ('{"a": 1}', '{"a": 2}', f'{{"a": 2, "changed": {AT_LATER}}}'),
        (
            '{"a": 1, "made": null}',
            f'{{"a": 1, "made": {EARLY}}}',
            f'{{"a": 1, "made": {EARLY}, "changed": {AT_LATER}}}',
        ),
        ("[1]", f'{{"made": {EARLY}}}', f'{{"made": {EARLY}, "changed": {AT_LATER}}}'),
        ("{broken", '{"a": 2}', f'{{"a": 2, "changed": {AT_LATER}}}'),
    ],
    ids=[
        "left out",
        "sent in other places",
        "created as a hand wrote it",
        "created unknown: zero bytes",
        "zero bytes are not kept for an empty object",
        "created unknown",
        "created unknown, and sent",
        "was no object",
        "was no JSON",
    ],
)
def test_changed_resource_keeps_when_it_was_created(before: str, content: str, result: str) -> None:
    """Where that is not known, it is what the client says; when it was changed is now."""
    assert stored(STAMPED, before, content) == result


def test_zero_bytes_leave_what_others_put_in() -> None:
    """They say nothing that the resource does not hold, and so change nothing."""
    before = b'{"articles": [5]}'
    assert kept(STAMPED, PATH, before, b"", LATER, ["articles"]) == before


@pytest.mark.parametrize(
    ("changed", "becomes"),
    [
        ('"2026-11-22T18:21:56.122Z"', AT_NOW),
        ('"2026-11-22T18:21:56.124Z"', '"2026-11-22T18:21:56.124Z"'),
        ('"2026-11-22T18:21:56.1235Z"', '"2026-11-22T18:21:56.1235Z"'),
        ('"2026-11-22t18:21:57z"', '"2026-11-22t18:21:57z"'),
        ('"2026-11-22T19:00:00+01:00"', AT_NOW),
        ('"2026-11-22T19:22:00+01:00"', '"2026-11-22T19:22:00+01:00"'),
        ('"9999-12-31T23:59:59-23:59"', '"9999-12-31T23:59:59-23:59"'),
        ('"2999-01-01T00:00:00"', AT_NOW),
        ('"2999-01-01"', AT_NOW),
        ('"tomorrow"', AT_NOW),
        ('"\\ud800"', AT_NOW),
        ("99999999999", AT_NOW),
        ("[]", AT_NOW),
    ],
)
def test_last_change_is_never_earlier_than_the_one_before(changed: str, becomes: str) -> None:
    """A later time stays as it is written; what is no time with a zone is not compared."""
    before = f'{{"a": 1, "made": {EARLY}, "changed": {changed}}}'
    result = stored(STAMPED, before, '{"a": 2}', NOW)
    assert result == f'{{"a": 2, "made": {EARLY}, "changed": {becomes}}}'


def test_time_is_written_in_utc() -> None:
    """Whatever the zone that it comes in."""
    elsewhere = NOW.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert stored(STAMPED, None, "{}", elsewhere) == stored(STAMPED, None, "{}", NOW)


@pytest.mark.parametrize(
    ("before", "content"),
    [
        (f'{{"a": 1, "made": {EARLY}, "changed": {EARLY}}}', '{"a": 1}'),
        (f'{{"changed": {EARLY}, "made": {EARLY}, "a": 1}}', '{"a": 1}'),
        (f'{{"a": 1, "made": {EARLY}, "b": 2, "changed": {EARLY}}}', '{"a": 1, "b": 2}'),
        (
            f'{{"a": 1, "made": {EARLY}, "changed": {EARLY}}}',
            f'{{"made": {EARLY}, "a": 1, "changed": {AT_NOW}}}',
        ),
        (f'{{"a": 1, "made": {EARLY}, "changed": {EARLY}}}', '{"changed": null, "a": 1}'),
        ('{"a": 1}', '{"a": 1}'),
        ("", ""),
    ],
    ids=["left out", "at the front", "in between", "sent elsewhere", "null", "had none", "empty"],
)
def test_change_of_nothing_but_timestamps_is_none(before: str, content: str) -> None:
    """What stands there is given back, whatever is sent for them and in which place."""
    assert stored(STAMPED, before, content) == before


@pytest.mark.parametrize(
    ("before", "content"),
    [
        (f'{{"a": 1, "made": {EARLY}, "changed": {EARLY}}}', '{"a": 1.0}'),
        (f'{{"a": 1, "made": {EARLY}, "changed": {EARLY}}}', '{"a":1}'),
        (f'{{"a": 1, "made": {EARLY}, "changed": {EARLY}}}', '{"a": 1}\n'),
        (f'{{"a": 1, "b": 2, "made": {EARLY}, "changed": {EARLY}}}', '{"b": 2, "a": 1}'),
        (f'{{"a": 1, "b": 2, "made": {EARLY}, "changed": {EARLY}}}', '{"a": 1}'),
        (f'{{"a": 1, "made": {EARLY}, "changed": {EARLY}}}', '{"a": 1, "b": 2}'),
    ],
    ids=["number", "white space", "line break", "order", "member gone", "member new"],
)
def test_any_other_byte_is_a_change(before: str, content: str) -> None:
    """It is stored as it was sent, with the time of the change."""
    result = stored(STAMPED, before, content)
    assert result != before
    assert json.loads(result) == {
        **json.loads(content),
        "made": json.loads(EARLY),
        "changed": json.loads(AT_LATER),
    }


# --- read-only members


@pytest.mark.parametrize(
    ("before", "content", "result"),
    [
        ('{"a": 1, "views": 5}', '{"a": 2}', '{"a": 2, "views": 5}'),
        ('{"views": 5.0, "a": 1}', '{"a": 2}', '{"a": 2, "views": 5.0}'),
        ('{"views": {"x":[1]}, "a": 1}', '{"a": 2}', '{"a": 2, "views": {"x": [1]}}'),
        ('{"views": 5, "likes": 1}', '{"a": 2}', '{"a": 2, "likes": 1, "views": 5}'),
        ('{"views": 5, "a": 1}', '{"a": 2, "views": 50e-1}', '{"a": 2, "views": 50e-1}'),
        ('{"views": {"x": 1, "y": 2}}', '{"views": {"y":2,"x":1}}', '{"views": {"y":2,"x":1}}'),
        ('{"a": 1}', '{"a": 2, "views": null}', '{"a": 2, "views": null}'),
        ('{"views": null}', '{"a": 2}', '{"a": 2, "views": null}'),
        ('{"views": 5}', "", '{"views": 5}'),
        ("{broken", '{"a": 2}', '{"a": 2}'),
        (None, '{"a": 2, "views": null}', '{"a": 2, "views": null}'),
        (None, "", ""),
        (None, "{ }", "{ }"),
    ],
)
def test_read_only_members_stay(before: str | None, content: str, result: str) -> None:
    """Those that are left out are put in; an equal value is stored as the client writes it."""
    assert stored(GUARDED, before, content) == result


@pytest.mark.parametrize(
    ("before", "content"),
    [
        ('{"views": 5, "a": 1}', '{"a": 1}'),
        ('{"likes": 1, "a": 1, "views": 5}', '{"a": 1, "views": 5}'),
        ('{"views": {"x":[1]}, "a": 1}', '{"a": 1}'),
    ],
)
def test_leaving_out_read_only_members_alone_is_no_change(before: str, content: str) -> None:
    """Wherever they stand, and however they are written there."""
    assert stored(GUARDED, before, content) == before


_HAS = "Is read-only and has another value: leave it out, or send the value that it has."
_HAS_NOT = "Is read-only and has no value yet: leave it out, or send null."


@pytest.mark.parametrize(
    ("before", "content", "pointer", "errors"),
    [
        ('{"views": 5}', '{"views": 6}', "/views", {"views": _HAS}),
        ('{"views": 5}', '{"views": "5"}', "/views", {"views": _HAS}),
        ('{"views": 5}', '{"views": null}', "/views", {"views": _HAS}),
        ('{"views": 0}', '{"views": false}', "/views", {"views": _HAS}),
        ('{"views": 5}', '{"views": 5, "views": 6}', "/views", {"views": _HAS}),
        ('{"a": 1}', '{"views": 5}', "/views", {"views": _HAS_NOT}),
        ("[5]", '{"views": 5}', "/views", {"views": _HAS_NOT}),
        (None, '{"views": 0}', "/views", {"views": _HAS_NOT}),
        (None, '{"likes": []}', "/likes", {"likes": _HAS_NOT}),
        (
            '{"views": 5}',
            '{"views": 6, "likes": 1}',
            "/likes",
            {"likes": _HAS_NOT, "views": _HAS},
        ),
    ],
)
def test_read_only_members_cannot_be_changed(
    before: str | None, content: str, pointer: str, errors: dict[str, str]
) -> None:
    """Nor set; the error has a sentence for each, and points to the first."""
    with pytest.raises(InvalidContent) as raised:
        stored(GUARDED, before, content)
    assert raised.value.members == {
        "resource": "/articles/7",
        "pointer": pointer,
        "errors": errors,
        "pointers": [{"pointer": f"/{name}", "message": errors[name]} for name in errors],
    }
    assert f'The member "{pointer[1:]}" of /articles/7 is read-only' in raised.value.detail


def test_pointer_of_an_odd_name_is_escaped() -> None:
    """RFC 6901 section 3: "~" becomes "~0", and "/" becomes "~1"."""
    declaration = Declaration(ARTICLES, readonly_members=frozenset({"a/~b"}))
    with pytest.raises(InvalidContent) as raised:
        stored(declaration, None, '{"a/~b": 1}')
    assert raised.value.members["pointer"] == "/a~1~0b"


def test_read_only_id_may_be_the_name() -> None:
    """A POST puts it in; any other is refused, unless it stood there."""
    declaration = Declaration(ARTICLES, readonly_members=frozenset({"id"}))
    assert stored(declaration, None, '{"id": 7}') == '{"id": 7}'
    assert stored(declaration, '{"id": 9}', '{"a": 1, "id": 9}') == '{"a": 1, "id": 9}'
    with pytest.raises(InvalidContent):
        stored(declaration, None, '{"id": 8}')


def test_timestamp_that_is_read_only_too_is_a_timestamp() -> None:
    """What the client sends for it is no error, but overwritten."""
    declaration = Declaration(
        ARTICLES, readonly_members=frozenset({"made"}), timestamps=Timestamps(created="made")
    )
    assert stored(declaration, None, '{"made": 1}', NOW) == f'{{"made": {AT_NOW}}}'


# --- both, and what is no object


@pytest.mark.parametrize(
    ("content", "kind"),
    [("[]", "an array"), (" 1", "a number"), ("null", "null"), ("{", "no JSON"), (" ", "no JSON")],
)
@pytest.mark.parametrize("before", [None, "{}", '{"views": 1}'])
def test_what_is_no_object_has_no_room_for_members(
    content: str, kind: str, before: str | None
) -> None:
    """The error says what it is, and which members it would need."""
    with pytest.raises(InvalidContent) as raised:
        stored(BOTH, before, content)
    assert raised.value.detail == (
        f"The content is {kind}, and the resources of /articles have members that are not for "
        'clients to write ("changed", "made", "views"): send an object.'
    )
    assert raised.value.members == {"pointer": ""}


# --- moves


@pytest.mark.parametrize(
    ("source", "content", "result"),
    [
        (BOTH, '{"made": 1, "views": 5}', '{"made": 1, "views": 5}'),
        (BOTH, "[]", "[]"),
        (BOTH, "{broken", "{broken"),
        (STAMPED, '{"made": 1, "changed": 2}', '{"made": 1, "changed": 2}'),
        (GUARDED, '{"views": 5}', f'{{"views": 5, "made": {AT_NOW}, "changed": {AT_NOW}}}'),
        (None, '{"made": 1}', f'{{"made": {AT_NOW}, "changed": {AT_NOW}}}'),
        (
            Declaration(ARTICLES, timestamps=Timestamps("made", "views")),
            '{"made": 1, "views": 2}',
            f'{{"made": 1, "views": 2, "changed": {AT_NOW}}}',
        ),
        (
            Declaration(ARTICLES, timestamps=Timestamps("changed", "made")),
            '{"made": 1, "changed": 2}',
            f'{{"made": {AT_NOW}, "changed": {AT_NOW}}}',
        ),
    ],
)
def test_what_is_moved_keeps_what_was_kept_before(
    source: Declaration | None, content: str, result: str
) -> None:
    """What only the new collection keeps is as in a new resource."""
    assert kept_in_move(BOTH, source, PATH, content.encode(), NOW).decode() == result


@pytest.mark.parametrize("source", [None, STAMPED])
def test_no_move_brings_in_what_clients_may_not_write(source: Declaration | None) -> None:
    """Where it comes from, anybody may have written it."""
    with pytest.raises(InvalidContent, match="is read-only and has no value yet"):
        kept_in_move(GUARDED, source, PATH, b'{"views": 5}', NOW)


# Names that meet those of the strategy often: "a" and "b" are timestamps, "0" is read-only.
_ODD = Declaration(
    ARTICLES, readonly_members=frozenset({"0"}), timestamps=Timestamps(created="a", updated="b")
)
_objects = json_texts.filter(lambda text: isinstance(parse(text), dict))


def _accepted(before: bytes | None, content: bytes, now: datetime) -> bytes:
    """What is stored; contents that are refused are passed over."""
    try:
        return kept(_ODD, PATH, before, content, now)
    except InvalidContent:
        assume(False)
        raise


@settings(deadline=None)
@given(st.none() | json_texts, _objects)
def test_same_request_again_changes_nothing(before: bytes | None, content: bytes) -> None:
    """Nor does what GET gives, sent back; whatever the text looks like."""
    first = _accepted(before, content, NOW)
    assert _accepted(first, content, LATER) == first
    assert _accepted(first, first, LATER) == first


@settings(deadline=None)
@given(st.none() | json_texts, _objects)
def test_nothing_but_these_members_is_touched(before: bytes | None, content: bytes) -> None:
    """All other values are those that were sent, to the letter."""
    result = exact(_accepted(before, content, NOW))
    sent = exact(content)
    assert isinstance(result, dict)
    assert isinstance(sent, dict)
    own = {"a", "b", "0"}
    others = {name: value for name, value in result.items() if name not in own}
    assert others == {name: value for name, value in sent.items() if name not in own}
    if before is None:
        assert result["a"] == result["b"] == json.loads(AT_NOW)

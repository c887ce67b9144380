"""Names that no address leads to: why, and which name would have one.

Text only. Which entries of a directory are asked about is decided in
`kvput.store.files.check.files`.
"""

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from typing import Final
from urllib.parse import unquote_to_bytes

from kvput.errors import InvalidPath
from kvput.names import SUFFIX, file_name, fold, normalised
from kvput.paths import MAX_PATH_BYTES, SERVER_SEGMENT
from kvput.store.files.check.findings import Finding, Kind

_NEVER_SERVED: Final = "so that it is never served"


def looks_like_a_resource(name: str) -> bool:
    """Whether somebody who named a file so will have meant it for a resource."""
    return name[-len(SUFFIX) :].lower() == SUFFIX


def wrong_file_name(prefix: str, name: str, siblings: Collection[str]) -> Finding:
    """The finding for a file that looks like a resource, and that no path leads to.

    `prefix` is its directory's place with a closing slash, empty for the root;
    `siblings` are the names beside it.
    """
    stem, suffix = name[: -len(SUFFIX)], name[-len(SUFFIX) :]
    reason = "Its name does not end in .json, in small letters" if suffix != SUFFIX else None
    fault = _fault(prefix, name, stem, SUFFIX, siblings, reason)
    return Finding(Kind.FILE_NAME, prefix + name, fault)


def wrong_directory_name(prefix: str, name: str, siblings: Collection[str]) -> Finding:
    """As `wrong_file_name`, for a directory."""
    is_like_a_file = looks_like_a_resource(name)
    reason = "It is a folder whose name ends as a file's" if is_like_a_file else None
    fault = _fault(prefix, name, name, "", siblings, reason)
    return Finding(Kind.FOLDER_NAME, prefix + name, fault)


def _fault(
    prefix: str, name: str, stem: str, suffix: str, siblings: Collection[str], reason: str | None
) -> str:
    if any("\udc80" <= character <= "\udcff" for character in stem):
        return f"Its name is not UTF-8, {_NEVER_SERVED}: rename it."
    try:
        wanted = file_name(_meant(stem)) + suffix
    except InvalidPath as error:
        return f"No address leads to its name: rename it. {error.detail}"
    if wanted == name:
        if prefix == "" and stem == SERVER_SEGMENT:
            return (
                f'The name "{SERVER_SEGMENT}" is for the server\'s own addresses here, '
                f"{_NEVER_SERVED}: rename it."
            )
        return (
            f"Its path is longer than {MAX_PATH_BYTES} bytes, {_NEVER_SERVED}: shorten its name, "
            "or that of a folder above it."
        )
    if reason is None and not unicodedata.is_normalized("NFC", stem):
        reason = "Its name is not in Unicode's normal form C"
    reason = reason or "Its name is not written as an address gives it"
    advice = (
        f'its right name, "{wanted}", is taken: choose another one, or remove one of the two'
        if wanted in siblings
        else f'rename it to "{wanted}"'
    )
    return f"{reason}, {_NEVER_SERVED}: {advice}."


def _meant(text: str) -> str:
    """The segment that a name will have been meant for. Raises InvalidPath."""
    try:
        decoded = unquote_to_bytes(text).decode()
    except UnicodeError:
        decoded = text
    return normalised(decoded)


def clashes(names: Iterable[str]) -> Mapping[str, str]:
    """Names that some disks take for another one of these: each with that one."""
    first: dict[str, str] = {}
    found: dict[str, str] = {}
    for name in names:
        other = first.setdefault(fold(name), name)
        if other != name:
            found[name] = other
    return found


def clash(place: str, other: str) -> Finding:
    """The finding for a name that some disks take for `other` beside it."""
    return Finding(
        Kind.NAME_CLASH,
        place,
        f'A disk that ignores case or normalisation takes it for "{other}", and a copy there loses '
        "one of the two: rename one of them.",
    )


def not_a_file(place: str) -> Finding:
    """The finding for what has a resource's name and is no regular file."""
    return Finding(
        Kind.NOT_A_FILE,
        place,
        "It is named like a resource's file, and is none (a pipe, a socket, a link to a folder), "
        "so that it is never served: rename or remove it.",
    )

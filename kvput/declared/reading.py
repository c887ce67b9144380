"""Declarations from the file `kvput.toml`: its fields become values, which are then examined.

What each key may hold is in `keys`, what contradicts what in `contradictions`.
"""

from dataclasses import replace
from pathlib import Path

from kvput.config_file import (
    COLLECTIONS,
    CONFIG_FILE,
    ConfigFile,
    likely_meant,
    read_config_file,
)
from kvput.declarations import NOTHING_DECLARED, Declaration, Declarations, OnDelete, Relation
from kvput.declared.contradictions import Found, IsThere, examine
from kvput.declared.keys import COLLECTION, Fields, Place, collection, fields, table
from kvput.paths import CollectionPath


def declarations_of(folder: Path) -> Declarations:
    """What the data folder's `kvput.toml` declares. Raises ConfigError."""
    return declarations_in(read_config_file(folder / CONFIG_FILE), folders_in(folder))


def folders_in(folder: Path) -> IsThere:
    """Tells which collections have a folder in this one."""

    def is_there(path: CollectionPath) -> bool:
        try:
            return (folder / path.directory).is_dir()
        except OSError:  # behind a folder that may not be entered
            return False

    return is_there


def declarations_in(file: ConfigFile, is_there: IsThere) -> Declarations:
    """What the file declares. Raises ConfigError, with the line, for the first fault.

    `is_there` is asked for a collection that a relation leads to and the file does not declare.
    """
    if COLLECTIONS not in file.table:
        return NOTHING_DECLARED
    top = Place(file, (COLLECTIONS,), COLLECTIONS)
    found: Found = {}
    for name, value in table(top, file.table[COLLECTIONS]).items():
        path = collection(top.key(name), name)
        if path in found:
            raise top.key(name).refusal(name, f"declares {path.url} again: declare it once")
        found[path] = top.at(name), _declaration(top.at(name), path, value)
    examine(found, is_there)
    return Declarations({path: declaration for path, (_, declaration) in found.items()})


def _declaration(place: Place, path: CollectionPath, value: object) -> Declaration:
    _refuse_a_path_of_keys(place, value)
    given = fields(place, value, COLLECTION)
    readonly = given.pop("readonly", False)
    relations = given.pop("relations", {})
    return Declaration(
        path,
        tuple(
            _relation(place.at("relations", member), path, member, relations[member])
            for member in relations
        ),
        readonly=readonly is True,
        readonly_members=frozenset() if isinstance(readonly, bool) else readonly,
        schema_line=place.file.line_of((*place.keys, "schema")) if "schema" in given else None,
        **given,
    )


def _refuse_a_path_of_keys(place: Place, value: object) -> None:
    """Say how a collection in another is written, where it is written as `[collections.a.b]`."""
    for key, inner in table(place, value).items():
        if isinstance(inner, dict) and likely_meant(key, COLLECTION) is None:
            raise place.key(key).refusal(
                key,
                "is unknown; a collection in another is declared by its whole path, as in "
                f'[{COLLECTIONS}."shop/orders"]',
            )


def _relation(place: Place, path: CollectionPath, member: str, given: Fields) -> Relation:
    if "to" not in given:
        raise place.fault('leads nowhere: add to = "COLLECTION"')
    if "inverse_many" in given and "inverse" not in given:
        raise place.at("inverse_many").fault(
            "says how many an inverse holds, and there is none: add inverse, or leave this out"
        )
    relation = Relation(path, member, **given)
    if not relation.is_symmetric:
        return relation
    defaults: Fields = {"inverse_many": relation.many, "on_delete": OnDelete.UNLINK}
    return replace(relation, **(defaults | given))

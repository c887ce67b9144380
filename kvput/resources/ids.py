"""Ids: what a resource is called in its collection, as text in a path and as a JSON member.

The id of a resource is its name in its address. A name that is a number, up to
HIGHEST_NUMBER, is a JSON number, any other a string. Where numbers are kept is
the store's affair.
"""

from typing import Final

from kvput.errors import IdTaken, InvalidContent, InvalidPath, KvputError, PathTooLong
from kvput.names import HIGHEST_NUMBER, file_name, normalised, number_of
from kvput.paths import CollectionPath, ResourcePath
from kvput.store.base import View

ID_MEMBER: Final = "id"


def id_of(path: ResourcePath) -> str | int:
    """The id that a resource of this name has: a number where the name is one."""
    number = number_of(path.name)
    return path.name if number is None else number


def name_for_id(identifier: object) -> str:
    """The name that a content's own `id` member asks for, in whichever collection.

    Raises InvalidContent when the id is no text or whole number, a number that
    not every client reads exactly, or no name.
    """
    # Digits are a name as they are. Lists of ids are read with each write that has to do
    # with them: this makes reading them three times as fast.
    if type(identifier) is int and 0 <= identifier <= HIGHEST_NUMBER:
        return str(identifier)
    if isinstance(identifier, int | float) and abs(identifier) > HIGHEST_NUMBER:
        # The value that was sent may be rounded already, and a list would be read so.
        raise InvalidContent(
            f"The id is too large for a number, which ends at {HIGHEST_NUMBER}: send it as a "
            "text, in quotation marks."
        )
    if isinstance(identifier, bool) or not isinstance(identifier, str | int):
        raise InvalidContent(
            "The id must be a text or a whole number: correct it, or leave it out to get the "
            "next number."
        )
    try:
        name = normalised(str(identifier))
        file_name(name)
    except InvalidPath as error:
        raise _no_name(error) from None
    return name


def path_for_name(collection: CollectionPath, name: str) -> ResourcePath:
    """The path of the resource whose name a content's own `id` member asks for.

    Raises InvalidContent for one that this collection has no resource of.
    """
    try:
        return collection.resource(name)
    except (InvalidPath, PathTooLong) as error:
        raise _no_name(error) from None


def path_for_id(collection: CollectionPath, identifier: object) -> ResourcePath:
    """The path of the resource that an `id` asks for; InvalidContent where there can be none."""
    return path_for_name(collection, name_for_id(identifier))


def _no_name(error: KvputError) -> InvalidContent:
    return InvalidContent(f"The id cannot be a resource's name. {error}")


def is_id_of(identifier: object, path: ResourcePath) -> bool:
    """Whether a content's own `id` member is the resource's name, as a number or as a text.

    7.0 is the number 7.
    """
    if isinstance(identifier, float) and identifier.is_integer():
        identifier = int(identifier)
    try:
        return path_for_id(path.parent, identifier) == path
    except InvalidContent:
        return False


def next_number(view: View, collection: CollectionPath) -> int:
    """A number that the collection has never given: above its counter and above all names.

    It may be above HIGHEST_NUMBER; `path_for_number` tells.
    """
    return max(view.counter(collection), view.highest_number(collection)) + 1


def path_for_number(collection: CollectionPath, number: int) -> ResourcePath:
    """The path of the resource that gets the number; IdTaken above HIGHEST_NUMBER."""
    if number > HIGHEST_NUMBER:
        raise IdTaken(
            f"The numbers of {collection.url} are used up, because {HIGHEST_NUMBER}, the last "
            "one, has been taken: send an id of your own."
        )
    return collection.resource(str(number))

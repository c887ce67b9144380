"""What `kvput check` notes of the `id` that a resource gives itself.

How files are read and findings printed does not belong here.
"""

from kvput.content.json_places import place_in
from kvput.content.source_text import shown
from kvput.paths import resource_at
from kvput.resources.ids import ID_MEMBER, is_id_of
from kvput.resources.root import ROOT
from kvput.store import Finding, Kind


def other_id(place: str, content: bytes, value: object) -> Finding | None:
    """The note on a file whose content has another `id` than its name; None where all is well.

    See `kvput.store.Look`. What lies directly in the folder is in no list, and may have any `id`.
    """
    if not isinstance(value, dict) or ID_MEMBER not in value:
        return None
    path = resource_at(place)
    if path is None or path.parent == ROOT or is_id_of(value[ID_MEMBER], path):
        return None
    return Finding(
        Kind.OTHER_ID,
        place,
        f'Its "{ID_MEMBER}" is not its name, which is {shown(path.name)}, so that lists show an '
        "id under which it is not found: make the two the same, or take the member out.",
        *place_in(content, (ID_MEMBER,)),
    )

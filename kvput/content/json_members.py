"""The members of an object as they are written, to be compared or kept byte for byte.

Belongs here: an object's own members alone. What lies deeper, and how a text is taken
apart, is in `json_slices`.
"""

from kvput.content.json_slices import value_in
from kvput.content.json_text import parse
from kvput.errors import MalformedContent


def members_in(text: bytes) -> dict[str, bytes] | None:
    """The JSON text of each member, the last of its name; None for what is no JSON object.

    Zero bytes count as the empty object.
    """
    text = text or b"{}"
    try:
        value = parse(text)
    except MalformedContent:
        return None
    if not isinstance(value, dict):
        return None
    return {name: member.text for name, member in value_in(text).members()}

"""Shallow assignment: each member of the patch takes the place of the one of its name.

That is what clients of json-server expect of `application/json`. Unlike in a
merge patch, null is a value and objects are replaced as a whole.
"""

from dataclasses import dataclass

from kvput.content.json_document import Document
from kvput.content.json_slices import Value
from kvput.errors import InvalidPatch, PatchConflict


@dataclass(frozen=True, slots=True)
class ShallowPatch:
    """An object whose members are assigned."""

    patch: Value

    def apply(self, document: Document) -> None:
        """Assign the members. Raises InvalidPatch, PatchConflict, ContentTooLarge."""
        if not self.patch.is_object:
            raise InvalidPatch(
                f"A patch of the type application/json is an object, and this is {self.patch.kind}:"
                " send the members that are to change in an object, or use PUT.",
                members={"pointer": ""},
            )
        whole = document.value(())
        if not whole.is_object:
            raise PatchConflict(
                f"What is stored is {whole.kind}, and has no members to change: use PUT, or send "
                "a patch of the type application/merge-patch+json.",
                members={"pointer": ""},
            )
        for name, value in self.patch.members():
            document.add((name,), value.text)

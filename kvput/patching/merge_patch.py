"""JSON Merge Patch (RFC 7396): a patch that looks like what it changes."""

from dataclasses import dataclass

from kvput.content.json_document import Document
from kvput.content.json_slices import Value


@dataclass(frozen=True, slots=True)
class MergePatch:
    """A merge patch; any JSON value is one."""

    patch: Value

    def apply(self, document: Document) -> None:
        """Merge the patch into the document. Raises ContentTooLarge."""
        # RFC 7396 section 2: what is no object replaces the whole target, and an object makes
        # an object of a target that is none.
        if not self.patch.is_object:
            document.replace((), self.patch.text)
            return
        waiting = [(document.root_object(), self.patch)]
        # No recursion: depth costs no stack.
        while waiting:
            target, patch = waiting.pop()
            for name, value in patch.members():
                if value.is_object:
                    waiting.append((target.object_at(name), value))
                elif value.text != b"null":
                    target.add(name, value.text)
                elif name in target:
                    target.remove(name)

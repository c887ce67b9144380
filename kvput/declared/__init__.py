"""What `kvput.toml` declares of collections: read, examined, and read again when it changes.

What the declarations mean is in `kvput.declarations`; what they make the server do
is not decided here. Whoever gets declarations from here need not doubt them: what
contradicts itself is an error of the file.
"""

from kvput.declared.contradictions import IsThere
from kvput.declared.live import LiveDeclarations
from kvput.declared.reading import declarations_in, declarations_of, folders_in

__all__ = ["IsThere", "LiveDeclarations", "declarations_in", "declarations_of", "folders_in"]

"""The log of the files that lists leave out, for those who edit them by hand.

Here belongs when and how such a file is named in the log. Which files a list
leaves out, `kvput.query.table` decides.
"""

import logging
from collections import OrderedDict
from typing import Final

from kvput.paths import CollectionPath
from kvput.query.selection import Fault

_logger = logging.getLogger("kvput")

_MOST_COLLECTIONS: Final = 1024
_MOST_FILES: Final = 100
"""Of one list: whoever has more to mend reads on when the first are mended."""


class LeftOutLog:
    """Names each file once, and again when it has changed and is still left out."""

    def __init__(self) -> None:
        # What the last list of each collection left out, the collection listed last at the end.
        self._last: OrderedDict[CollectionPath, frozenset[Fault]] = OrderedDict()

    def tell(self, collection: CollectionPath, left_out: tuple[Fault, ...]) -> None:
        """Log what this list of the collection leaves out and the one before it did not."""
        known = self._last.pop(collection, frozenset())
        named = left_out[:_MOST_FILES]
        new = [fault for fault in named if fault not in known]
        if named:
            self._last[collection] = frozenset(named)
            if len(self._last) > _MOST_COLLECTIONS:
                self._last.popitem(last=False)
        for fault in new:
            # The form in which editors and terminals find the place.
            _logger.warning(
                "%s:%s:%s: %s The list of %s leaves the file out until it is corrected.",
                collection.resource(fault.name).file,
                fault.line,
                fault.column,
                fault.detail,
                collection.url,
            )
        if new and len(left_out) > len(named):
            more = len(left_out) - len(named)
            _logger.warning("The list of %s leaves out %d more files.", collection.url, more)

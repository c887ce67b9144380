"""What a decision may ask for instead of making up its mind: content that no view holds."""

from kvput.store.base import Entry


class ContentNeeded(Exception):  # no error: there is work to do first
    """The content of this resource is too large for a view to hold, and must be read first.

    Whoever had the decision made reads it, hands it in by its digest, and has the
    decision made again.
    """

    def __init__(self, entry: Entry) -> None:
        super().__init__(entry.path.url)
        self.entry = entry

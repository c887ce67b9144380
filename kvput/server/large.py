"""Content that a store does not hold in memory, read for a decision that needs it."""

from kvput.store.base import Entry, Store


async def content_of_large(store: Store, entry: Entry) -> bytes | None:
    """The content of an entry; None when the resource has changed since it was read."""
    if entry.content is not None:
        return entry.content
    opened = await store.open(entry)
    if opened is None:
        return None
    try:
        return b"".join([piece async for piece in opened.read(0, entry.size)])
    finally:
        await opened.close()
